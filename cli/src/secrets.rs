//! Passphrases and key files. A secret comes from the terminal, a descriptor or a private file, never from
//! an argument, and leaves memory when it is no longer needed.

use crate::args::PassphraseArgs;
use crate::fault::Fault;
use crate::files;
use crate::home::Home;
use anyhow::Result;
use eco_core::commitment::{DeclarationKey, DeclarationSecret};
use eco_core::entry::{Entry, EntrySignature, SignedEntry};
use eco_core::registry::KeyRecord;
use eco_core::sign::{NetworkId, PublicKey, Signature};
use eco_documents::keys::{KeyAlgorithm, KeyFileRandomness, SecretKey};
use std::io::{IsTerminal, Read};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// Bytes of the longest passphrase.
const PASSPHRASE_BYTES_MAX: u64 = 1024;

/// Whether the passphrase opens a key or will protect a new one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Use {
    Open,
    Protect,
}

fn passphrase(from: &PassphraseArgs, key: &Path, what_for: Use) -> Result<Zeroizing<Vec<u8>>> {
    let file = from.passphrase_file.clone().or_else(|| {
        let named = std::env::var_os("ECO_PASSPHRASE_FILE").filter(|v| !v.is_empty());
        named.filter(|_| from.passphrase_fd.is_none()).map(PathBuf::from)
    });
    let found = match (from.passphrase_fd, file) {
        (Some(descriptor), _) => first_line(Path::new(&format!("/dev/fd/{descriptor}")))?,
        (None, Some(file)) => {
            files::check_secret(&file)?;
            first_line(&file)?
        }
        (None, None) if std::io::stdin().is_terminal() => ask(key, what_for)?,
        (None, None) => {
            return Err(Fault::usage(
                "PASSPHRASE_MISSING",
                format!("the passphrase of {} is needed, and there is no terminal", key.display()),
            )
            .hint("--passphrase-fd N, or --passphrase-file FILE with mode 0600")
            .into());
        }
    };
    if found.is_empty() {
        return Err(Fault::usage("PASSPHRASE_EMPTY", "the passphrase is empty").into());
    }
    Ok(found)
}

/// The PIN of a token: from where a passphrase comes from.
pub(crate) fn pin(from: &PassphraseArgs, token: &str) -> Result<Zeroizing<Vec<u8>>> {
    passphrase(from, Path::new(&format!("token {token}")), Use::Open)
}

fn ask(key: &Path, what_for: Use) -> Result<Zeroizing<Vec<u8>>> {
    let prompt = |text: String| -> Result<Zeroizing<Vec<u8>>> { Ok(Zeroizing::new(rpassword::prompt_password(text)?.into_bytes())) };
    let first = prompt(format!("Passphrase of {}: ", key.display()))?;
    if what_for == Use::Protect && *first != *prompt("Once more: ".to_string())? {
        return Err(Fault::usage("PASSPHRASE_MISMATCH", "the two passphrases differ").into());
    }
    Ok(first)
}

fn first_line(path: &Path) -> Result<Zeroizing<Vec<u8>>> {
    let unreadable = |e| Fault::usage("PASSPHRASE_UNREADABLE", format!("{}: {e}", path.display()));
    let mut bytes = Zeroizing::new(Vec::new());
    std::fs::File::open(path).and_then(|f| f.take(PASSPHRASE_BYTES_MAX).read_to_end(&mut bytes)).map_err(unreadable)?;
    let end = bytes.iter().position(|b| matches!(b, b'\n' | b'\r')).unwrap_or(bytes.len());
    bytes.truncate(end);
    Ok(bytes)
}

fn random<const N: usize>() -> Result<Zeroizing<[u8; N]>> {
    let mut bytes = Zeroizing::new([0u8; N]);
    getrandom::fill(bytes.as_mut_slice()).map_err(|e| anyhow::anyhow!("no randomness: {e}"))?;
    Ok(bytes)
}

/// 16 random bytes: the nonce of a PDF's `/ID`.
pub(crate) fn nonce() -> Result<[u8; 16]> {
    Ok(*random::<16>()?)
}

/// 32 random bytes: the nonce of a passport or of certificate metadata.
pub(crate) fn document_nonce() -> Result<[u8; 32]> {
    Ok(*random::<32>()?)
}

/// Makes a key and writes its file, which must not exist yet.
pub(crate) fn create(algorithm: KeyAlgorithm, path: &Path, from: &PassphraseArgs) -> Result<SecretKey> {
    if path.exists() {
        return Err(Fault::usage("FILE_EXISTS", format!("{} exists and is not overwritten", path.display())).into());
    }
    let phrase = passphrase(from, path, Use::Protect)?;
    // One seed in 2^32 is no P-256 key.
    let draw = |_| {
        let seed = random::<32>().ok()?;
        SecretKey::of_seed(algorithm, &seed).ok()
    };
    let key = (0..4).find_map(draw);
    let key = key.ok_or_else(|| anyhow::anyhow!("no key could be made: the source of randomness is broken"))?;
    let randomness = KeyFileRandomness { salt: *random::<16>()?, iv: *random::<16>()? };
    let pem = Zeroizing::new(key.to_encrypted_pem(&phrase, &randomness)?);
    files::write_new(path, pem.as_bytes(), files::Secrecy::Secret)?;
    Ok(key)
}

/// Opens a key file.
pub(crate) fn open(path: &Path, from: &PassphraseArgs) -> Result<SecretKey> {
    let bytes = Zeroizing::new(files::read(path, 64 << 10)?);
    files::check_secret(path)?;
    let invalid = |what: String| Fault::usage("KEY_INVALID", format!("{}: {what}", path.display()));
    let pem = core::str::from_utf8(&bytes).map_err(|_| invalid("not a PEM file".to_string()))?;
    let phrase = passphrase(from, path, Use::Open)?;
    SecretKey::of_encrypted_pem(pem, &phrase).map_err(|e| invalid(e.to_string()).into())
}

/// Makes a customs' secret for declaration keys and writes it as 64 hex digits into a file that must not exist yet.
pub(crate) fn create_declaration_secret(path: &Path) -> Result<()> {
    let text = Zeroizing::new(format!("{}\n", hex::encode(random::<32>()?.as_slice())));
    files::write_new(path, text.as_bytes(), files::Secrecy::Secret)
}

/// The key of a declaration: of its number, under the customs' own secret, by default the one in the home directory.
pub(crate) fn declaration_key(number: &str, secret: Option<&Path>, home: &Home) -> Result<DeclarationKey> {
    let usual = home.directory().join("declarations.secret");
    let secret = declaration_secret(secret.unwrap_or(&usual))?;
    DeclarationKey::of(&secret, number).map_err(|e| Fault::usage("DECLARATION_INVALID", e.to_string()).into())
}

/// Reads a customs' secret for declaration keys.
fn declaration_secret(path: &Path) -> Result<DeclarationSecret> {
    let shown = path.display();
    if !path.exists() {
        return Err(Fault::usage("SECRET_MISSING", format!("no secret for declaration keys at {shown}"))
            .hint(format!("--secret FILE, the one of your customs; the first office makes it: eco key declaration-secret --out {shown}"))
            .into());
    }
    files::check_secret(path)?;
    let line = first_line(path)?;
    let mut secret = [0u8; 32];
    hex::decode_to_slice(line.as_slice(), &mut secret)
        .map_err(|_| Fault::usage("SECRET_INVALID", format!("{shown} does not hold 64 hex digits")))?;
    Ok(DeclarationSecret(secret))
}

/// A key that signs statements for the log.
#[derive(Clone)]
pub(crate) struct LogKey {
    secret: SecretKey,
    public: PublicKey,
}

impl LogKey {
    /// Opens a key file that must hold an Ed25519 key.
    pub(crate) fn open(path: &Path, from: &PassphraseArgs) -> Result<Self> {
        Self::of(open(path, from)?).ok_or_else(|| {
            Fault::usage("KEY_INVALID", format!("{} holds a document key; the log needs an Ed25519 key", path.display()))
                .hint("eco key generate --purpose issue --out FILE")
                .into()
        })
    }

    /// The log key that a secret key is, if it is one.
    pub(crate) fn of(secret: SecretKey) -> Option<Self> {
        let bytes = (secret.algorithm() == KeyAlgorithm::Ed25519).then(|| secret.public_key())?;
        let public = PublicKey::ed25519(bytes.try_into().ok()?);
        Some(Self { secret, public })
    }

    /// The public key.
    pub(crate) const fn public(&self) -> PublicKey {
        self.public
    }

    fn sign_bytes(&self, message: &[u8]) -> Result<Signature> {
        let octets: [u8; 64] =
            self.secret.sign(message).try_into().map_err(|_| anyhow::anyhow!("an Ed25519 signature that has not 64 octets"))?;
        Ok(Signature(octets))
    }

    /// Signs an entry.
    pub(crate) fn sign(&self, entry: Entry) -> Result<SignedEntry> {
        let signature = self.sign_bytes(&entry.message())?;
        SignedEntry::new(entry, vec![EntrySignature { key: self.public, signature }])
            .map_err(|e| Fault::usage("ENTRY_INVALID", e.to_string()).into())
    }

    /// Proves possession of a key that is to enter the registry.
    pub(crate) fn prove_possession(&self, record: &KeyRecord, network: &NetworkId) -> Result<Signature> {
        self.sign_bytes(&record.possession_message(network))
    }
}
