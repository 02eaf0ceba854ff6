//! What of a document is put on the log: its fingerprint, and which signature was anchored.

use crate::hash::{HexDefect, derive, id32, parse_hex32, write_hex};
use core::fmt;
use core::str::FromStr;

/// Which bytes of a document a fingerprint covers (SPEC section 3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, borsh::BorshSerialize, borsh::BorshDeserialize)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub enum Method {
    /// All bytes of the file, as `b3sum` prints it.
    File = 1,
    /// The bytes covered by the `ByteRange` of the anchored PDF signature.
    Pdf = 2,
    /// RFC 8785 canonical bytes of a JSON document without its top-level `proof`.
    Jcs = 3,
}

impl Method {
    /// The name used in schema, links and on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Pdf => "pdf",
            Self::Jcs => "jcs",
        }
    }
}

/// Method and BLAKE3-256 of a document's signed content. Written `pdf:<64 hex>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, borsh::BorshSerialize, borsh::BorshDeserialize)]
pub struct Fingerprint {
    /// Which bytes are covered.
    pub method: Method,
    /// BLAKE3-256 of those bytes.
    pub hash: [u8; 32],
}

impl Fingerprint {
    /// Fingerprint of all bytes of a file.
    #[must_use]
    pub fn of_file(bytes: &[u8]) -> Self {
        Self { method: Method::File, hash: *blake3::hash(bytes).as_bytes() }
    }

    /// Fingerprint of the two byte ranges that the anchored PDF signature covers, in order.
    ///
    /// The caller has checked the geometry: only then are these the signed bytes.
    #[must_use]
    pub fn of_pdf_ranges(before: &[u8], after: &[u8]) -> Self {
        let mut hasher = blake3::Hasher::new();
        hasher.update(before).update(after);
        Self { method: Method::Pdf, hash: *hasher.finalize().as_bytes() }
    }

    /// Fingerprint of RFC 8785 canonical bytes (without the top-level `proof`).
    #[must_use]
    pub fn of_jcs(canonical: &[u8]) -> Self {
        Self { method: Method::Jcs, hash: *blake3::hash(canonical).as_bytes() }
    }

    /// Method byte and hash, as they enter derived identifiers.
    #[must_use]
    pub fn to_bytes(self) -> [u8; 33] {
        let mut out = [0u8; 33];
        out[0] = self.method as u8;
        out[1..].copy_from_slice(&self.hash);
        out
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.method.name())?;
        write_hex(&self.hash, f)
    }
}

/// A text that is not `<method>:<64 hex>`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FingerprintDefect {
    /// The method is missing or unknown.
    #[error("a fingerprint starts with file:, pdf: or jcs:")]
    Method,
    /// The rest is not 64 hex digits.
    #[error(transparent)]
    Hex(#[from] HexDefect),
}

impl FromStr for Fingerprint {
    type Err = FingerprintDefect;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (name, digits) = text.split_once(':').ok_or(FingerprintDefect::Method)?;
        let method =
            [Method::File, Method::Pdf, Method::Jcs].into_iter().find(|method| method.name() == name).ok_or(FingerprintDefect::Method)?;
        Ok(Self { method, hash: parse_hex32(digits)? })
    }
}

id32! {
    /// Which signature of a document was anchored: who signed, over which attributes (SPEC section 3).
    SignatureHash
}

impl SignatureHash {
    /// For `pdf`: over the DER of the signed attributes (tag SET, as received) and of the signer certificate.
    ///
    /// Not over the signature octets, which bind neither signer nor message.
    #[must_use]
    pub fn of_pdf(signed_attributes_der: &[u8], signer_certificate_der: &[u8]) -> Self {
        Self(derive("eco-notary/v1 signature-hash pdf", &[signed_attributes_der, signer_certificate_der]))
    }

    /// For `jcs`: over the verification key and the canonical proof options.
    #[must_use]
    pub fn of_jcs(verification_key: &[u8], canonical_proof_options: &[u8]) -> Self {
        Self(derive("eco-notary/v1 signature-hash jcs", &[verification_key, canonical_proof_options]))
    }
}

id32! {
    /// BLAKE3-256 of a certificate's `SubjectPublicKeyInfo` DER: binds X.509 keys to an organisation.
    SpkiHash
}

impl SpkiHash {
    /// Hash of the DER of a `SubjectPublicKeyInfo`.
    #[must_use]
    pub fn of(spki_der: &[u8]) -> Self {
        Self(derive("eco-notary/v1 spki", &[spki_der]))
    }
}
