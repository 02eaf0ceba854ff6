//! Keys in a PKCS#11 token: the key signs where it is, and only its name is known here.
//!
//! The key is named by a PKCS#11 URI (RFC 7512). One session, opened again once if the token was away in between.

use crate::args::PassphraseArgs;
use crate::fault::Fault;
use crate::secrets;
use anyhow::Result;
use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::{Error, RvError};
use cryptoki::mechanism::eddsa::{EddsaParams, EddsaSignatureScheme};
use cryptoki::mechanism::rsa::{PkcsMgfType, PkcsPssParams};
use cryptoki::mechanism::{Mechanism, MechanismType};
use cryptoki::object::{Attribute, ObjectClass, ObjectHandle};
use cryptoki::session::{Session, UserType};
use cryptoki::slot::Slot;
use cryptoki::types::AuthPin;
use eco_documents::pdf::{SignError, SignatureProfile, Signer, SignerIdentity, ecdsa_der};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

/// How a key in a token is named.
const FORM: &str = "pkcs11:token=LABEL;object=LABEL?module-path=/LIBRARY; id=, serial= may stand beside or in place of a label";

/// What a PKCS#11 URI names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct TokenUri {
    /// The token's library, an absolute path: code is run from it.
    module: PathBuf,
    /// Label of the token.
    token: Option<String>,
    /// Serial number of the token.
    serial: Option<String>,
    /// Label of the key.
    object: Option<String>,
    /// CKA_ID of the key.
    id: Option<Vec<u8>>,
}

impl TokenUri {
    /// Reads a URI. A PIN in it is refused: command lines are seen by others.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let refuse = |what: String| Err(format!("{what}; expected {FORM}"));
        let Some(rest) = text.strip_prefix("pkcs11:") else { return refuse("no PKCS#11 URI".into()) };
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        let mut uri = Self::default();
        for part in path.split(';').chain(query.split('&')).filter(|part| !part.is_empty()) {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            let Some(octets) = unescape(value) else { return refuse(format!("{name} is wrongly escaped")) };
            let Ok(value) = String::from_utf8(octets.clone()).or_else(|e| if name == "id" { Ok(String::new()) } else { Err(e) }) else {
                return refuse(format!("{name} is no text"));
            };
            let is_new = match name {
                "token" => uri.token.replace(value).is_none(),
                "serial" => uri.serial.replace(value).is_none(),
                "object" => uri.object.replace(value).is_none(),
                "id" => uri.id.replace(octets).is_none(),
                "module-path" => core::mem::replace(&mut uri.module, value.into()).as_os_str().is_empty(),
                "type" if value == "private" => true,
                "pin-value" | "pin-source" => {
                    return refuse("a PIN does not belong into the URI: it is asked for, or --passphrase-fd".into());
                }
                other => return refuse(format!("{other:?} is not known")),
            };
            if !is_new {
                return refuse(format!("{name} stands twice"));
            }
        }
        if !uri.module.is_absolute() {
            return refuse("module-path is missing or not absolute".into());
        }
        if (uri.token.is_none() && uri.serial.is_none()) || (uri.object.is_none() && uri.id.is_none()) {
            return refuse("it names no token, or no key".into());
        }
        Ok(uri)
    }

    fn token_name(&self) -> &str {
        self.token.as_deref().or(self.serial.as_deref()).unwrap_or_default()
    }

    fn template(&self) -> Vec<Attribute> {
        let label = self.object.iter().map(|label| Attribute::Label(label.as_bytes().to_vec()));
        let id = self.id.iter().map(|id| Attribute::Id(id.clone()));
        [Attribute::Class(ObjectClass::PRIVATE_KEY)].into_iter().chain(label).chain(id).collect()
    }
}

/// `%xx` resolved.
fn unescape(text: &str) -> Option<Vec<u8>> {
    let (mut out, mut bytes) = (Vec::new(), text.bytes());
    while let Some(byte) = bytes.next() {
        out.push(match byte {
            b'%' => {
                let mut octet = [0];
                hex::decode_to_slice([bytes.next()?, bytes.next()?], &mut octet).ok()?;
                let [octet] = octet;
                octet
            }
            other => other,
        });
    }
    Some(out)
}

fn failed(what: &str) -> impl Fn(Error) -> SignError + '_ {
    move |error| SignError::Key(format!("{what}: {error}"))
}

/// A key in a token, ready to sign.
#[derive(Debug)]
pub(crate) struct TokenSigner {
    identity: SignerIdentity,
    uri: TokenUri,
    context: Pkcs11,
    slot: Slot,
    pin: AuthPin,
    session: Mutex<(Session, ObjectHandle)>,
}

impl TokenSigner {
    /// Loads the token's library, logs in, finds the key. A library is loaded once in a process.
    pub(crate) fn open(uri: &TokenUri, from: &PassphraseArgs, identity: SignerIdentity) -> Result<Self> {
        let refuse = |e: SignError| Fault::usage("TOKEN_UNUSABLE", e.to_string());
        let (context, slot) = slot(uri).map_err(refuse)?;
        let pin = String::from_utf8(secrets::pin(from, uri.token_name())?.to_vec());
        let pin = AuthPin::from(pin.map_err(|_| Fault::usage("PASSPHRASE_UNREADABLE", "the PIN is no UTF-8 text"))?);
        let session = Mutex::new(session(&context, slot, &pin, uri).map_err(refuse)?);
        Ok(Self { identity, uri: uri.clone(), context, slot, pin, session })
    }
}

fn slot(uri: &TokenUri) -> Result<(Pkcs11, Slot), SignError> {
    let module = uri.module.display();
    let context = Pkcs11::new(&uri.module).map_err(failed(&format!("{module} does not load")))?;
    context.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)).map_err(failed(&format!("{module} does not start")))?;
    let mut found = Vec::new();
    for slot in context.get_slots_with_initialized_token().map_err(failed("the slots cannot be listed"))? {
        let info = context.get_token_info(slot).map_err(failed("a token does not say what it is"))?;
        let fits = |wanted: &Option<String>, is: &str| wanted.as_deref().is_none_or(|wanted| wanted == is);
        if fits(&uri.token, info.label()) && fits(&uri.serial, info.serial_number()) {
            return Ok((context, slot));
        }
        found.push(info.label().to_owned());
    }
    Err(SignError::Key(format!("no token {:?} in {module}; there are {found:?}", uri.token_name())))
}

/// A session that is logged in, and the key.
fn session(context: &Pkcs11, slot: Slot, pin: &AuthPin, uri: &TokenUri) -> Result<(Session, ObjectHandle), SignError> {
    let session = context.open_ro_session(slot).map_err(failed("the token opens no session"))?;
    match session.login(UserType::User, Some(pin)) {
        Ok(()) | Err(Error::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => {}
        Err(Error::Pkcs11(RvError::PinIncorrect, _)) => {
            return Err(SignError::Key(format!("the PIN does not open token {:?}", uri.token_name())));
        }
        Err(error) => return Err(failed("the token does not let us in")(error)),
    }
    let found = session.find_objects(&uri.template()).map_err(failed("the token does not search"))?;
    match found.as_slice() {
        [key] => Ok((session, *key)),
        keys => Err(SignError::Key(format!("token {:?} has {} private keys of that name, expected one", uri.token_name(), keys.len()))),
    }
}

impl Signer for TokenSigner {
    fn identity(&self) -> &SignerIdentity {
        &self.identity
    }

    fn sign(&self, to_sign: &[u8]) -> Result<Vec<u8>, SignError> {
        let mut held = self.session.lock().unwrap_or_else(PoisonError::into_inner);
        if let Ok(signature) = sign_in(self.identity.profile, &held.0, held.1, to_sign) {
            return Ok(signature);
        }
        // A token that was asleep or taken out: once more, with a new session.
        *held = session(&self.context, self.slot, &self.pin, &self.uri)?;
        sign_in(self.identity.profile, &held.0, held.1, to_sign)
    }
}

fn sign_in(profile: SignatureProfile, session: &Session, key: ObjectHandle, to_sign: &[u8]) -> Result<Vec<u8>, SignError> {
    let mechanism = match profile {
        SignatureProfile::Viewer => Mechanism::Ecdsa,
        SignatureProfile::Iso32002 => Mechanism::Eddsa(EddsaParams::new(EddsaSignatureScheme::Ed25519)),
        SignatureProfile::Rsa => Mechanism::Sha256RsaPkcs,
        SignatureProfile::RsaPss => {
            Mechanism::Sha256RsaPkcsPss(PkcsPssParams { hash_alg: MechanismType::SHA256, mgf: PkcsMgfType::MGF1_SHA256, s_len: 32.into() })
        }
    };
    let refused = failed("the token did not sign");
    if profile != SignatureProfile::Viewer {
        return session.sign(&mechanism, key, to_sign).map_err(refused);
    }
    let octets = session.sign(&mechanism, key, &profile.digest().digest(&[to_sign])).map_err(refused)?;
    ecdsa_der(&octets)
        .ok_or_else(|| SignError::Key(format!("the token gave {} octets for an ECDSA P-256 signature, expected 64", octets.len())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files;
    use eco_documents::keys::{KeyAlgorithm, SecretKey};
    use eco_documents::pki::{SubjectName, self_signed_certificate};
    use std::path::Path;

    const LIBRARIES: [&str; 2] = ["/usr/lib/softhsm/libsofthsm2.so", "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so"];
    /// Names the directory of the test's token; its library reads its settings from the environment when it is loaded.
    const STORE: &str = "ECO_TEST_TOKEN_STORE";

    fn skip(what: &str) {
        println!("skipped: {what} not installed");
        assert!(std::env::var("ECO_REQUIRE_ORACLES").is_err(), "{what} is not installed, and ECO_REQUIRE_ORACLES is set");
    }

    /// A token that was asleep or taken out must not stop a folder in the middle; one whose key is gone must, and with
    /// the reason. The test runs itself again as a process whose environment names the token.
    #[test]
    fn a_lost_session_is_opened_once_more() {
        let Some(library) = LIBRARIES.iter().find(|library| Path::new(library).is_file()) else { return skip("softhsm2") };
        let Ok(store) = std::env::var(STORE) else { return run_again("token::tests::a_lost_session_is_opened_once_more") };
        let uri = TokenUri::parse(&format!("pkcs11:token=T;object=k?module-path={library}")).unwrap();
        let key = SecretKey::of_seed(KeyAlgorithm::P256, &[9; 32]).unwrap();
        let name = SubjectName { common_name: "T".into(), organization: "T".into(), country: "CN".into() };
        let identity = SignerIdentity::of_certificate(self_signed_certificate(&key, &name, 0, 4_102_444_800), None).unwrap();
        let from = PassphraseArgs { passphrase_fd: None, passphrase_file: Some(Path::new(&store).join("pin")) };
        let signer = TokenSigner::open(&uri, &from, identity).unwrap();
        assert!(signer.sign(b"first").is_ok());
        let (context, slot) = (signer.context.clone(), signer.slot);
        // Who logs out anywhere in a process logs out everywhere in it.
        context.open_ro_session(slot).unwrap().logout().unwrap();
        // The control: what was held is of no use any more.
        {
            let held = signer.session.lock().unwrap();
            assert!(sign_in(SignatureProfile::Viewer, &held.0, held.1, b"second").is_err());
        }
        let signature = signer.sign(b"second").unwrap();
        assert_eq!(signature.first(), Some(&0x30));
        // The key is gone, so a second session does not help.
        let session = context.open_rw_session(slot).unwrap();
        let keys = session.find_objects(&uri.template()).unwrap();
        session.destroy_object(keys[0]).unwrap();
        let said = signer.sign(b"third").unwrap_err().to_string();
        assert!(said.contains("0 private keys"), "{said}");
    }

    /// Makes a token with a P-256 key `k`, and runs a test of this program with it.
    fn run_again(test: &str) {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name);
        std::fs::create_dir(path("tokens")).unwrap();
        std::fs::write(path("conf"), format!("directories.tokendir = {}\n", path("tokens").display())).unwrap();
        files::write_new(&path("pin"), b"271828\n", files::Secrecy::Secret).unwrap();
        let key = path("k.pem").display().to_string();
        let init = ["--init-token", "--free", "--label", "T", "--so-pin", "314159", "--pin", "271828"];
        let import = ["--import", &key, "--token", "T", "--label", "k", "--id", "01", "--pin", "271828"];
        let make = ["genpkey", "-out", &key, "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"];
        let this = std::env::current_exe().unwrap().display().to_string();
        let again = [test, "--exact", "--nocapture"];
        let steps: [(&str, &[&str]); 4] = [("openssl", &make), ("softhsm2-util", &init), ("softhsm2-util", &import), (&this, &again)];
        for (program, arguments) in steps {
            let mut command = std::process::Command::new(program);
            command.args(arguments).env("SOFTHSM2_CONF", path("conf")).env(STORE, directory.path());
            let Ok(output) = command.output() else { return skip(program) };
            let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{program}: {said}");
            assert!(program != this || said.contains("1 passed"), "{said}");
        }
    }

    /// A PIN on a command line is a PIN that every process of the machine can read; a library found by a relative
    /// path is whatever lies in the folder that one happens to stand in.
    #[test]
    fn uris_name_module_token_and_key_and_no_pin() {
        let uri = TokenUri::parse("pkcs11:token=Chamber%20of%20X;object=sign;id=%01%ff;type=private?module-path=/usr/lib/libsofthsm2.so")
            .unwrap();
        assert_eq!(
            (uri.token.as_deref(), uri.object.as_deref(), uri.id.as_deref()),
            (Some("Chamber of X"), Some("sign"), Some(&[1, 255][..]))
        );
        assert_eq!(uri.template().len(), 3);
        for (wrong, why) in [
            ("token=a;object=b?module-path=/m", "no PKCS#11 URI"),
            ("pkcs11:token=a?module-path=/m", "no key"),
            ("pkcs11:object=a?module-path=/m", "no token"),
            ("pkcs11:token=a;object=b", "module-path"),
            ("pkcs11:token=a;object=b?module-path=m.so", "not absolute"),
            ("pkcs11:token=a;object=b?module-path=/m&pin-value=1234", "PIN"),
            ("pkcs11:token=a;object=b;pin-source=/f?module-path=/m", "PIN"),
            ("pkcs11:token=%zz;object=b?module-path=/m", "escaped"),
            ("pkcs11:token=%+f;object=b?module-path=/m", "escaped"),
            ("pkcs11:token=%ff;object=b?module-path=/m", "no text"),
            ("pkcs11:token=a;object=b;slot-id=1?module-path=/m", "not known"),
            ("pkcs11:token=a;token=b;object=b?module-path=/m", "twice"),
        ] {
            let said = TokenUri::parse(wrong).unwrap_err();
            assert!(said.contains(why), "{wrong}: {said}");
        }
    }
}
