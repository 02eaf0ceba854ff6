//! Makes the CMS of a PAdES B-B signature: signed attributes first, the whole once they are signed.

use super::{SignatureProfile, attribute};
use crate::asn1::{self, Asn1Defect, INTEGER, OCTET_STRING};
use crate::pki::algorithm::DigestAlgorithm;
use crate::pki::{Certificate, oid};

/// Signed attributes, DER with tag SET: exactly the bytes to be signed.
///
/// content-type, message-digest, CMSAlgorithmProtection and signing-certificate-v2; no signing-time (`/M`
/// carries the time). `document_digest` is the digest of the two byte ranges by the profile's algorithm.
#[must_use]
pub(crate) fn signed_attributes(profile: SignatureProfile, document_digest: &[u8], certificate: &[u8]) -> Vec<u8> {
    let digest = profile.digest();
    let certificate_hash = asn1::tlv(OCTET_STRING, &digest.digest(&[certificate]));
    // RFC 5035: hashAlgorithm DEFAULT SHA-256, so DER omits it there.
    let essential = match digest {
        DigestAlgorithm::Sha256 => asn1::sequence(&[&certificate_hash]),
        _ => asn1::sequence(&[&profile.digest_algorithm(), &certificate_hash]),
    };
    let signing_certificate = asn1::sequence(&[&asn1::sequence(&[&essential])]);
    let signature_algorithm = profile.signature_algorithm();
    let mut tagged = signature_algorithm;
    if let Some(tag) = tagged.first_mut() {
        *tag = 0xa1;
    }
    let protection = asn1::sequence(&[&profile.digest_algorithm(), &tagged]);
    asn1::set_of(vec![
        attribute(oid::CONTENT_TYPE, oid::DATA),
        attribute(oid::MESSAGE_DIGEST, &asn1::tlv(OCTET_STRING, document_digest)),
        attribute(oid::ALGORITHM_PROTECTION, &protection),
        attribute(oid::SIGNING_CERTIFICATE_V2, &signing_certificate),
    ])
}

/// The whole ContentInfo, DER.
///
/// `attributes` are those of [`signed_attributes`]; `chain` further certificates, signer's excluded.
pub(crate) fn signed_data(
    profile: SignatureProfile,
    attributes: &[u8],
    certificate: &[u8],
    chain: &[Vec<u8>],
    signature: &[u8],
) -> Result<Vec<u8>, Asn1Defect> {
    let signer = Certificate::parse(certificate)?;
    let identifier = asn1::sequence(&[signer.issuer, &asn1::tlv(INTEGER, signer.serial)]);
    let mut tagged = attributes.to_vec();
    if let Some(tag) = tagged.first_mut() {
        *tag = 0xa0;
    }
    let digest_algorithm = profile.digest_algorithm();
    let version = asn1::unsigned(&[1]);
    let info = asn1::sequence(&[
        &version,
        &identifier,
        &digest_algorithm,
        &tagged,
        &profile.signature_algorithm(),
        &asn1::tlv(OCTET_STRING, signature),
    ]);
    let mut certificates: Vec<Vec<u8>> = chain.to_vec();
    certificates.push(certificate.to_vec());
    certificates.sort_unstable();
    certificates.dedup();
    let data = asn1::sequence(&[
        &version,
        &asn1::set_of(vec![digest_algorithm]),
        &asn1::sequence(&[oid::DATA]),
        &asn1::tlv(0xa0, &certificates.concat()),
        &asn1::set_of(vec![info]),
    ]);
    Ok(asn1::sequence(&[oid::SIGNED_DATA, &asn1::of(0xa0, &[&data])]))
}
