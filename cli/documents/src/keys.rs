//! Signing keys: made from 32 random bytes of the caller, kept in encrypted PKCS#8 files.
//!
//! The same form serves document keys (P-256, Ed25519) and log keys (Ed25519). Randomness is an argument.

use crate::asn1::{self, INTEGER, OCTET_STRING, OID, SEQUENCE};
use crate::pki::oid;
use ed25519_dalek::Signer as _;
use p256::ecdsa::signature::Signer as _;
use pkcs8::der::{Decode, EncodePem};
use pkcs8::pkcs5::{pbes2, scrypt};
use zeroize::Zeroizing;

/// scrypt cost: 2^14 blocks of 1 KiB, 16 MiB. OpenSSL 3 refuses key files that want 32 MiB or more.
const SCRYPT_LOG_N: u8 = 14;
const SCRYPT_R: u32 = 8;
const SCRYPT_P: u32 = 1;
/// Largest key file read, in bytes.
const MAX_KEY_FILE_BYTES: usize = 16 << 10;

/// Kinds of signing keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyAlgorithm {
    /// ECDSA on P-256 with SHA-256, for signatures that common viewers show.
    P256,
    /// Ed25519, for PDF signatures by ISO/TS 32002 and for the log.
    Ed25519,
}

/// Why a key or key file cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyDefect {
    /// The 32 bytes are no scalar of the curve (one chance in 2^32): draw again.
    #[error("the random bytes are no P-256 key; draw 32 others")]
    Seed,
    /// Not an encrypted PKCS#8 file.
    #[error("the key file is not an encrypted PKCS#8 PEM file: {0}")]
    File(String),
    /// The passphrase does not open it.
    #[error("the passphrase does not open this key file")]
    Passphrase,
    /// A key of another kind.
    #[error("the key file holds a key that is neither P-256 nor Ed25519")]
    Algorithm,
}

/// Randomness for one encryption of a key file, drawn by the caller. Never used twice.
#[derive(Clone)]
pub struct KeyFileRandomness {
    /// Salt of scrypt.
    pub salt: [u8; 16],
    /// Initialisation vector of AES-256-CBC.
    pub iv: [u8; 16],
}

/// A secret key. Wiped from memory when dropped; never printed.
#[derive(Clone)]
pub struct SecretKey(Inner);

#[derive(Clone)]
enum Inner {
    P256(p256::ecdsa::SigningKey),
    Ed25519(ed25519_dalek::SigningKey),
}

impl core::fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "SecretKey({:?}, ..)", self.algorithm())
    }
}

impl SecretKey {
    /// The key that 32 random bytes are.
    pub fn of_seed(algorithm: KeyAlgorithm, seed: &[u8; 32]) -> Result<Self, KeyDefect> {
        match algorithm {
            KeyAlgorithm::P256 => {
                let key = p256::ecdsa::SigningKey::from_slice(seed).map_err(|_| KeyDefect::Seed)?;
                Ok(Self(Inner::P256(key)))
            }
            KeyAlgorithm::Ed25519 => Ok(Self(Inner::Ed25519(ed25519_dalek::SigningKey::from_bytes(seed)))),
        }
    }

    /// Which kind it is.
    #[must_use]
    pub const fn algorithm(&self) -> KeyAlgorithm {
        match self.0 {
            Inner::P256(_) => KeyAlgorithm::P256,
            Inner::Ed25519(_) => KeyAlgorithm::Ed25519,
        }
    }

    /// Signs, deterministically: RFC 6979 ECDSA as a DER `SEQUENCE { r, s }`, or 64 octets of Ed25519.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        match &self.0 {
            Inner::P256(key) => {
                let signature: p256::ecdsa::Signature = key.sign(message);
                signature.to_der().as_bytes().to_vec()
            }
            Inner::Ed25519(key) => key.sign(message).to_bytes().to_vec(),
        }
    }

    /// The 32 secret bytes, as `of_seed` takes them: the log key of eco-core is made from these.
    #[must_use]
    pub fn seed(&self) -> Zeroizing<[u8; 32]> {
        match &self.0 {
            Inner::P256(key) => Zeroizing::new(key.to_bytes().into()),
            Inner::Ed25519(key) => Zeroizing::new(key.to_bytes()),
        }
    }

    /// The public key: 65 octets uncompressed point (P-256) or 32 octets (Ed25519).
    #[must_use]
    pub fn public_key(&self) -> Vec<u8> {
        match &self.0 {
            Inner::P256(key) => key.verifying_key().to_sec1_point(false).as_bytes().to_vec(),
            Inner::Ed25519(key) => key.verifying_key().to_bytes().to_vec(),
        }
    }

    /// SubjectPublicKeyInfo, DER: what `SpkiHash` is over.
    #[must_use]
    pub fn spki(&self) -> Vec<u8> {
        asn1::sequence(&[&self.key_identifier_der(), &asn1::bit_string(&self.public_key())])
    }

    /// AlgorithmIdentifier of the key.
    fn key_identifier_der(&self) -> Vec<u8> {
        match self.algorithm() {
            KeyAlgorithm::P256 => asn1::sequence(&[oid::EC_PUBLIC_KEY, oid::P256]),
            KeyAlgorithm::Ed25519 => asn1::sequence(&[oid::ED25519]),
        }
    }

    /// PKCS#8 PrivateKeyInfo (RFC 5208; RFC 8410 for Ed25519), DER, not encrypted.
    fn pkcs8(&self) -> Zeroizing<Vec<u8>> {
        let seed = self.seed();
        let octets = Zeroizing::new(asn1::tlv(OCTET_STRING, seed.as_slice()));
        let key = Zeroizing::new(match self.algorithm() {
            KeyAlgorithm::Ed25519 => octets.to_vec(),
            KeyAlgorithm::P256 => {
                let public = asn1::of(0xa1, &[&asn1::bit_string(&self.public_key())]);
                asn1::sequence(&[&asn1::unsigned(&[1]), &octets, &public])
            }
        });
        let wrapped = Zeroizing::new(asn1::tlv(OCTET_STRING, &key));
        Zeroizing::new(asn1::sequence(&[&asn1::unsigned(&[0]), &self.key_identifier_der(), &wrapped]))
    }

    fn of_pkcs8(der: &[u8]) -> Result<Self, KeyDefect> {
        let malformed = |defect: asn1::Asn1Defect| KeyDefect::File(defect.to_string());
        let mut inside = asn1::only(der, SEQUENCE).map_err(malformed)?.inside();
        inside.expect(INTEGER).map_err(malformed)?;
        let mut algorithm = inside.expect(SEQUENCE).map_err(malformed)?.inside();
        let kind = algorithm.expect(OID).map_err(malformed)?.whole;
        let key = inside.expect(OCTET_STRING).map_err(malformed)?.value;
        let (algorithm, octets) = match kind {
            oid::ED25519 => (KeyAlgorithm::Ed25519, asn1::only(key, OCTET_STRING).map_err(malformed)?),
            oid::EC_PUBLIC_KEY if algorithm.rest() == oid::P256 => {
                let mut private = asn1::only(key, SEQUENCE).map_err(malformed)?.inside();
                private.expect(INTEGER).map_err(malformed)?;
                (KeyAlgorithm::P256, private.expect(OCTET_STRING).map_err(malformed)?)
            }
            _ => return Err(KeyDefect::Algorithm),
        };
        let seed: &[u8; 32] = octets.value.try_into().map_err(|_| KeyDefect::File("the key is not 32 octets".into()))?;
        Self::of_seed(algorithm, seed)
    }

    /// The key as a PEM file `ENCRYPTED PRIVATE KEY`: PBES2 with scrypt and AES-256-CBC.
    pub fn to_encrypted_pem(&self, passphrase: &[u8], random: &KeyFileRandomness) -> Result<String, KeyDefect> {
        let failed = |error: &dyn core::fmt::Display| KeyDefect::File(error.to_string());
        let cost = scrypt::Params::new(SCRYPT_LOG_N, SCRYPT_R, SCRYPT_P).map_err(|error| failed(&error))?;
        let parameters = pbes2::Parameters::generate_scrypt_aes256cbc(cost, &random.salt, random.iv).map_err(|error| failed(&error))?;
        let encrypted = parameters.encrypt(passphrase, &self.pkcs8()).map_err(|error| failed(&error))?;
        let info = pkcs8::EncryptedPrivateKeyInfoOwned {
            encryption_algorithm: parameters.into(),
            encrypted_data: pkcs8::der::asn1::OctetString::new(encrypted).map_err(|error| failed(&error))?,
        };
        info.to_pem(pkcs8::LineEnding::LF).map_err(|error| failed(&error))
    }

    /// Opens a PEM file that [`Self::to_encrypted_pem`] or another tool (PBES2) wrote.
    pub fn of_encrypted_pem(pem: &str, passphrase: &[u8]) -> Result<Self, KeyDefect> {
        if pem.len() > MAX_KEY_FILE_BYTES {
            return Err(KeyDefect::File(format!("{} bytes, at most {MAX_KEY_FILE_BYTES}", pem.len())));
        }
        let (label, document) = pkcs8::SecretDocument::from_pem(pem).map_err(|error| KeyDefect::File(error.to_string()))?;
        if label != "ENCRYPTED PRIVATE KEY" {
            return Err(KeyDefect::File(format!("it holds {label:?}, expected ENCRYPTED PRIVATE KEY")));
        }
        Self::of_encrypted_der(document.as_bytes(), passphrase)
    }

    /// Opens the DER form of the same.
    pub fn of_encrypted_der(der: &[u8], passphrase: &[u8]) -> Result<Self, KeyDefect> {
        let info = pkcs8::EncryptedPrivateKeyInfoOwned::from_der(der).map_err(|error| KeyDefect::File(error.to_string()))?;
        let der = info.decrypt(passphrase).map_err(|_| KeyDefect::Passphrase)?;
        Self::of_pkcs8(der.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A key file that does not open again is a lost key; one that opens with any passphrase is a leaked one.
    #[test]
    fn key_files_open_with_their_passphrase_only() {
        for algorithm in [KeyAlgorithm::P256, KeyAlgorithm::Ed25519] {
            let key = SecretKey::of_seed(algorithm, &[7; 32]).unwrap();
            let random = KeyFileRandomness { salt: [1; 16], iv: [2; 16] };
            let pem = key.to_encrypted_pem(b"correct horse", &random).unwrap();
            assert!(pem.starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----"));
            let again = SecretKey::of_encrypted_pem(&pem, b"correct horse").unwrap();
            assert_eq!(again.spki(), key.spki());
            assert_eq!(*again.seed(), [7; 32]);
            assert_eq!(SecretKey::of_encrypted_pem(&pem, b"wrong").unwrap_err(), KeyDefect::Passphrase);
            assert!(format!("{key:?}").ends_with(", ..)"));
        }
    }
}
