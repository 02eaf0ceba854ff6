//! Digests and signature checks by algorithm identifier and public key.
//!
//! Ed25519, ECDSA P-256 and P-384, RSA (PKCS#1 v1.5 and PSS, at least 2048 bits). Weak ones are told
//! apart from unknown ones: the first condemn, the second leave open.

use super::oid;
use crate::asn1::{self, INTEGER, NULL, OID, Reader, SEQUENCE};
use eco_core::sign::{PublicKey, Signature};
use ring::signature::VerificationAlgorithm;
use sha2::Digest as _;

/// Smallest RSA modulus accepted, in bits.
pub const MIN_RSA_BITS: usize = 2048;

/// A digest that signatures here may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DigestAlgorithm {
    /// SHA-256
    Sha256,
    /// SHA-384
    Sha384,
    /// SHA-512
    Sha512,
}

/// Why a signature was not found good.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AlgorithmDefect {
    /// The method is no longer safe.
    #[error("weak method: {0}")]
    Weak(String),
    /// The method is not known here.
    #[error("unknown method: {0}")]
    Unsupported(String),
    /// The signature or its encoding is wrong.
    #[error("{0}")]
    Bad(String),
}

impl From<asn1::Asn1Defect> for AlgorithmDefect {
    fn from(defect: asn1::Asn1Defect) -> Self {
        Self::Bad(defect.to_string())
    }
}

fn bad<T>(what: &str) -> Result<T, AlgorithmDefect> {
    Err(AlgorithmDefect::Bad(what.into()))
}

/// OID (whole DER) and parameters (whole DER, empty if absent) of an AlgorithmIdentifier.
pub fn identifier(whole: &[u8]) -> Result<(&[u8], &[u8]), AlgorithmDefect> {
    let mut inside = asn1::only(whole, SEQUENCE)?.inside();
    let oid = inside.expect(OID)?;
    let parameters = inside.rest();
    if !inside.is_empty() {
        inside.read()?;
        inside.finish()?;
    }
    Ok((oid.whole, parameters))
}

impl DigestAlgorithm {
    /// From an AlgorithmIdentifier; parameters absent or NULL.
    pub fn of_identifier(whole: &[u8]) -> Result<Self, AlgorithmDefect> {
        let (oid, parameters) = identifier(whole)?;
        if !parameters.is_empty() && parameters != NULL {
            return bad("a digest algorithm has parameters");
        }
        match oid {
            oid::SHA256 => Ok(Self::Sha256),
            oid::SHA384 => Ok(Self::Sha384),
            oid::SHA512 => Ok(Self::Sha512),
            oid::SHA1 => Err(AlgorithmDefect::Weak("SHA-1".into())),
            oid::MD5 => Err(AlgorithmDefect::Weak("MD5".into())),
            other => Err(AlgorithmDefect::Unsupported(format!("digest {}", hex(other)))),
        }
    }

    /// Its OID, whole DER.
    #[must_use]
    pub const fn oid(self) -> &'static [u8] {
        match self {
            Self::Sha256 => oid::SHA256,
            Self::Sha384 => oid::SHA384,
            Self::Sha512 => oid::SHA512,
        }
    }

    /// The digest of the parts, one after the other.
    #[must_use]
    pub fn digest(self, parts: &[&[u8]]) -> Vec<u8> {
        fn run<D: sha2::Digest>(parts: &[&[u8]]) -> Vec<u8> {
            let mut hasher = D::new();
            parts.iter().for_each(|part| hasher.update(part));
            hasher.finalize().to_vec()
        }
        match self {
            Self::Sha256 => run::<sha2::Sha256>(parts),
            Self::Sha384 => run::<sha2::Sha384>(parts),
            Self::Sha512 => run::<sha2::Sha512>(parts),
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Sha256 => "SHA-256",
            Self::Sha384 => "SHA-384",
            Self::Sha512 => "SHA-512",
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// SHA-1 is not offered; this one is for key identifiers only, where no security rests on it.
#[must_use]
pub fn key_identifier(public_key_bits: &[u8]) -> Vec<u8> {
    let mut digest = sha2::Sha256::digest(public_key_bits).to_vec();
    digest.truncate(20);
    digest
}

/// Checks a signature over `message` by the key in `spki` (whole DER).
///
/// `algorithm` is the AlgorithmIdentifier beside the signature; `digest` the one announced separately
/// (CMS), which must agree.
pub fn verify(
    spki: &[u8],
    algorithm: &[u8],
    digest: Option<DigestAlgorithm>,
    message: &[u8],
    signature: &[u8],
) -> Result<String, AlgorithmDefect> {
    let (oid, parameters) = identifier(algorithm)?;
    let mut inside = asn1::only(spki, SEQUENCE)?.inside();
    let key_algorithm = inside.expect(SEQUENCE)?.whole;
    let bits = asn1::whole_bits(inside.expect(asn1::BIT_STRING)?)?;
    inside.finish()?;
    let (key_oid, key_parameters) = identifier(key_algorithm)?;
    match oid {
        oid::ED25519 => {
            if key_oid != oid::ED25519 || !key_parameters.is_empty() {
                return bad("an Ed25519 signature by a key of another kind");
            }
            if digest.is_some_and(|digest| digest != DigestAlgorithm::Sha512) {
                return bad("Ed25519 with a digest other than SHA-512");
            }
            ed25519(bits, message, signature).map(|()| "Ed25519 with SHA-512".into())
        }
        oid::ECDSA_SHA256 | oid::ECDSA_SHA384 | oid::ECDSA_SHA512 => {
            if key_oid != oid::EC_PUBLIC_KEY || !parameters.is_empty() {
                return bad("an ECDSA signature by a key of another kind, or with parameters");
            }
            ecdsa(oid, key_parameters, digest, bits, message, signature)
        }
        oid::RSA | oid::RSA_SHA256 | oid::RSA_SHA384 | oid::RSA_SHA512 | oid::RSA_PSS => {
            if key_oid != oid::RSA && key_oid != oid::RSA_PSS {
                return bad("an RSA signature by a key of another kind");
            }
            let (method, name) = rsa_method(oid, parameters, digest)?;
            rsa(method, bits, message, signature).map(|bits| format!("{name}, {bits} bits"))
        }
        oid::RSA_SHA1 => Err(AlgorithmDefect::Weak("RSA with SHA-1".into())),
        other => Err(AlgorithmDefect::Unsupported(format!("signature {}", hex(other)))),
    }
}

/// By the one signature rule of eco-core.
fn ed25519(key: &[u8], message: &[u8], signature: &[u8]) -> Result<(), AlgorithmDefect> {
    let (Ok(key), Ok(signature)) = (key.try_into(), signature.try_into()) else {
        return bad("the Ed25519 key or signature has another length");
    };
    eco_core::sign::verify(&PublicKey::ed25519(key), message, &Signature(signature))
        .map_err(|defect| AlgorithmDefect::Bad(format!("the Ed25519 signature does not verify: {defect}")))
}

fn ecdsa(
    oid: &[u8],
    curve: &[u8],
    digest: Option<DigestAlgorithm>,
    key: &[u8],
    message: &[u8],
    signature: &[u8],
) -> Result<String, AlgorithmDefect> {
    let expected = match oid {
        oid::ECDSA_SHA256 => DigestAlgorithm::Sha256,
        oid::ECDSA_SHA384 => DigestAlgorithm::Sha384,
        _ => DigestAlgorithm::Sha512,
    };
    if digest.is_some_and(|digest| digest != expected) {
        return bad("digest and signature algorithm name different digests");
    }
    match (curve, expected) {
        (oid::P256, DigestAlgorithm::Sha256) => {
            // `ring` is several times as fast and takes uncompressed points only.
            let key = p256::ecdsa::VerifyingKey::from_sec1_bytes(key).map(|key| key.to_sec1_point(false));
            let method = &ring::signature::ECDSA_P256_SHA256_ASN1;
            let holds = |point: &[u8]| ring::signature::UnparsedPublicKey::new(method, point).verify(message, signature).is_ok();
            match key {
                Ok(point) if holds(point.as_bytes()) => Ok("ECDSA P-256 with SHA-256".into()),
                _ => bad("the ECDSA P-256 signature does not verify"),
            }
        }
        (oid::P384, DigestAlgorithm::Sha384) => {
            let method = &ring::signature::ECDSA_P384_SHA384_ASN1;
            match ring::signature::UnparsedPublicKey::new(method, key).verify(message, signature) {
                Ok(()) => Ok("ECDSA P-384 with SHA-384".into()),
                Err(_) => bad("the ECDSA P-384 signature does not verify"),
            }
        }
        (oid::P256 | oid::P384, _) => bad("a digest of another length than the curve"),
        (other, _) => Err(AlgorithmDefect::Unsupported(format!("curve {}", hex(other)))),
    }
}

type RsaMethod = (&'static dyn VerificationAlgorithm, String);

fn rsa_method(oid: &[u8], parameters: &[u8], digest: Option<DigestAlgorithm>) -> Result<RsaMethod, AlgorithmDefect> {
    use ring::signature as methods;
    let is_pss = oid == oid::RSA_PSS;
    let named = match oid {
        oid::RSA_SHA256 => Some(DigestAlgorithm::Sha256),
        oid::RSA_SHA384 => Some(DigestAlgorithm::Sha384),
        oid::RSA_SHA512 => Some(DigestAlgorithm::Sha512),
        oid::RSA_PSS => Some(pss_digest(parameters)?),
        _ => None,
    };
    if !is_pss && !parameters.is_empty() && parameters != NULL {
        return bad("RSA PKCS#1 v1.5 with parameters");
    }
    let digest = match (named, digest) {
        (Some(named), Some(digest)) if named != digest => {
            return bad("digest and signature algorithm name different digests");
        }
        (Some(digest), _) | (None, Some(digest)) => digest,
        (None, None) => return bad("an RSA signature without digest"),
    };
    let method: &'static dyn VerificationAlgorithm = match (is_pss, digest) {
        (false, DigestAlgorithm::Sha256) => &methods::RSA_PKCS1_2048_8192_SHA256,
        (false, DigestAlgorithm::Sha384) => &methods::RSA_PKCS1_2048_8192_SHA384,
        (false, DigestAlgorithm::Sha512) => &methods::RSA_PKCS1_2048_8192_SHA512,
        (true, DigestAlgorithm::Sha256) => &methods::RSA_PSS_2048_8192_SHA256,
        (true, DigestAlgorithm::Sha384) => &methods::RSA_PSS_2048_8192_SHA384,
        (true, DigestAlgorithm::Sha512) => &methods::RSA_PSS_2048_8192_SHA512,
    };
    let scheme = if is_pss { "RSA-PSS" } else { "RSA" };
    Ok((method, format!("{scheme} with {}", digest.name())))
}

/// RSASSA-PSS-params (RFC 4055): one digest for both, salt as long as the digest, trailer 1.
fn pss_digest(parameters: &[u8]) -> Result<DigestAlgorithm, AlgorithmDefect> {
    let mut inside = asn1::only(parameters, SEQUENCE)?.inside();
    let Some(hash) = inside.optional(0xa0)? else {
        return Err(AlgorithmDefect::Weak("RSA-PSS with SHA-1".into()));
    };
    let digest = DigestAlgorithm::of_identifier(hash.value)?;
    let Some(mask) = inside.optional(0xa1)? else {
        return Err(AlgorithmDefect::Weak("RSA-PSS with a SHA-1 mask".into()));
    };
    let (mask_oid, mask_digest) = identifier(mask.value)?;
    let same_digest = mask_oid == oid::MGF1 && DigestAlgorithm::of_identifier(mask_digest)? == digest;
    let salt = match inside.optional(0xa2)? {
        Some(salt) => asn1::only(salt.value, INTEGER)?.value.to_vec(),
        None => vec![20],
    };
    let length = digest.digest(&[]).len();
    if !same_digest || salt.as_slice() != [u8::try_from(length).unwrap_or_default()] {
        return Err(AlgorithmDefect::Unsupported("RSA-PSS with unusual parameters".into()));
    }
    Ok(digest)
}

fn rsa(method: &'static dyn VerificationAlgorithm, key: &[u8], message: &[u8], signature: &[u8]) -> Result<usize, AlgorithmDefect> {
    let mut inside: Reader<'_> = asn1::only(key, SEQUENCE)?.inside();
    let modulus = inside.expect(INTEGER)?.value;
    let digits = modulus.strip_prefix(&[0]).unwrap_or(modulus);
    let leading = digits.first().map_or(0, |first| first.leading_zeros() as usize);
    let bits = (digits.len() * 8).saturating_sub(leading);
    if bits < MIN_RSA_BITS {
        return Err(AlgorithmDefect::Weak(format!("RSA with {bits} bits, at least {MIN_RSA_BITS}")));
    }
    match ring::signature::UnparsedPublicKey::new(method, key).verify(message, signature) {
        Ok(()) => Ok(bits),
        Err(_) => bad("the RSA signature does not verify"),
    }
}
