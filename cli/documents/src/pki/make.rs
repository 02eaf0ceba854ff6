//! Self-signed certificates and signing requests, byte for byte reproducible from their arguments.

use super::{algorithm, oid};
use crate::asn1::{self, BIT_STRING, GENERALIZED_TIME, OCTET_STRING, TRUE, UTC_TIME};
use crate::keys::{KeyAlgorithm, SecretKey};
use crate::time::Civil;

/// Who a certificate is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubjectName {
    /// Common name: the office or officer, as readers of the signature see it.
    pub common_name: String,
    /// Organisation.
    pub organization: String,
    /// Country, ISO 3166-1 alpha-2.
    pub country: String,
}

impl SubjectName {
    fn der(&self) -> Vec<u8> {
        let part = |oid: &[u8], text: Vec<u8>| asn1::set_of(vec![asn1::sequence(&[oid, &text])]);
        asn1::sequence(&[
            &part(oid::COUNTRY, asn1::tlv(0x13, self.country.as_bytes())),
            &part(oid::ORGANIZATION, asn1::utf8(&self.organization)),
            &part(oid::COMMON_NAME, asn1::utf8(&self.common_name)),
        ])
    }
}

/// AlgorithmIdentifier of a key's signatures; parameters absent (RFC 5758, RFC 8410).
pub(crate) fn signature_algorithm(key: KeyAlgorithm) -> Vec<u8> {
    match key {
        KeyAlgorithm::P256 => asn1::sequence(&[oid::ECDSA_SHA256]),
        KeyAlgorithm::Ed25519 => asn1::sequence(&[oid::ED25519]),
    }
}

fn time(seconds: i64) -> Vec<u8> {
    let civil = Civil::of_unix(seconds);
    let digits = civil.digits();
    // RFC 5280 4.1.2.5: UTCTime through 2049.
    if civil.year < 2050 {
        let short = digits.get(2..).unwrap_or_default();
        asn1::tlv(UTC_TIME, format!("{short}Z").as_bytes())
    } else {
        asn1::tlv(GENERALIZED_TIME, format!("{digits}Z").as_bytes())
    }
}

/// keyUsage digitalSignature and nonRepudiation, and basicConstraints CA:FALSE, both critical.
fn signer_extensions() -> Vec<Vec<u8>> {
    // Two bits used, six unused: 1100 0000.
    let usage = asn1::tlv(BIT_STRING, &[6, 0xc0]);
    let constraints = asn1::sequence(&[]);
    vec![
        asn1::sequence(&[oid::KEY_USAGE, TRUE, &asn1::tlv(OCTET_STRING, &usage)]),
        asn1::sequence(&[oid::BASIC_CONSTRAINTS, TRUE, &asn1::tlv(OCTET_STRING, &constraints)]),
    ]
}

/// A self-signed X.509 v3 certificate, DER, valid from `not_before` to `not_after` (Unix seconds, both in).
///
/// Its serial number is derived from key, name and validity, so equal arguments give equal bytes (with
/// Ed25519 and RFC 6979). Subject and authority key identifiers are the first 20 octets of SHA-256 of the key.
#[must_use]
pub fn self_signed_certificate(key: &SecretKey, name: &SubjectName, not_before: i64, not_after: i64) -> Vec<u8> {
    let name = name.der();
    let spki = key.spki();
    let validity = asn1::sequence(&[&time(not_before), &time(not_after)]);
    let mut serial = algorithm::DigestAlgorithm::Sha256.digest(&[&spki, &name, &validity]);
    serial.truncate(16);
    // Positive, and never zero (RFC 5280 4.1.2.2).
    if let Some(first) = serial.first_mut() {
        *first = (*first & 0x7f) | 0x40;
    }
    let identifier = algorithm::key_identifier(&key.public_key());
    let mut extensions = signer_extensions();
    let subject_id = asn1::tlv(OCTET_STRING, &asn1::tlv(OCTET_STRING, &identifier));
    extensions.push(asn1::sequence(&[oid::SUBJECT_KEY_IDENTIFIER, &subject_id]));
    let authority_id = asn1::sequence(&[&asn1::tlv(0x80, &identifier)]);
    extensions.push(asn1::sequence(&[oid::AUTHORITY_KEY_IDENTIFIER, &asn1::tlv(OCTET_STRING, &authority_id)]));
    let extensions = asn1::of(0xa3, &[&asn1::tlv(asn1::SEQUENCE, &extensions.concat())]);
    let signature_algorithm = signature_algorithm(key.algorithm());
    let signed = asn1::sequence(&[
        &asn1::of(0xa0, &[&asn1::unsigned(&[2])]),
        &asn1::unsigned(&serial),
        &signature_algorithm,
        &name,
        &validity,
        &name,
        &spki,
        &extensions,
    ]);
    let signature = asn1::bit_string(&key.sign(&signed));
    asn1::sequence(&[&signed, &signature_algorithm, &signature])
}

/// A PKCS#10 certification request, DER, asking for the same extensions: for a chamber's own authority.
#[must_use]
pub fn certificate_request(key: &SecretKey, name: &SubjectName) -> Vec<u8> {
    // extensionRequest, 1.2.840.113549.1.9.14
    const EXTENSION_REQUEST: &[u8] = &[0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x0e];
    let extensions = asn1::tlv(asn1::SEQUENCE, &signer_extensions().concat());
    let attribute = asn1::sequence(&[EXTENSION_REQUEST, &asn1::tlv(asn1::SET, &extensions)]);
    let info = asn1::sequence(&[&asn1::unsigned(&[0]), &name.der(), &key.spki(), &asn1::of(0xa0, &[&attribute])]);
    let signature = asn1::bit_string(&key.sign(&info));
    asn1::sequence(&[&info, &signature_algorithm(key.algorithm()), &signature])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pki::Certificate;
    use der::Decode as _;

    fn name() -> SubjectName {
        SubjectName { common_name: "Example Chamber".into(), organization: "Example Chamber of Commerce".into(), country: "CN".into() }
    }

    /// A certificate that other software cannot read makes every signature with it useless.
    #[test]
    fn certificates_are_read_back_by_us_and_by_x509_cert() {
        for algorithm in [KeyAlgorithm::P256, KeyAlgorithm::Ed25519] {
            let key = SecretKey::of_seed(algorithm, &[9; 32]).unwrap();
            let der = self_signed_certificate(&key, &name(), 1_767_225_600, 4_102_444_800);
            let ours = Certificate::parse(&der).unwrap();
            assert!(ours.is_self_signed() && ours.may_sign());
            assert_eq!((ours.not_before, ours.not_after), (1_767_225_600, 4_102_444_800));
            assert_eq!(ours.subject_name().as_deref(), Some("Example Chamber"));
            assert_eq!(ours.spki, key.spki());
            let theirs = x509_cert::Certificate::from_der(&der).unwrap();
            assert_eq!(theirs.tbs_certificate().subject().to_string(), "CN=Example Chamber,O=Example Chamber of Commerce,C=CN");
            x509_cert::request::CertReq::from_der(&certificate_request(&key, &name())).unwrap();
        }
    }
}
