//! Tests with forged CMS: what the signature octets alone do not bind (`pdf-signing.md` 1.4, attacks a and b).

use super::cms::{SignatureProfile, build};
use super::*;
use crate::asn1;
use crate::keys::{KeyAlgorithm, SecretKey};
use crate::pki::{SubjectName, oid, self_signed_certificate};
use eco_core::verdict::Code;
use p256::ecdsa::{RecoveryId, Signature, VerifyingKey};

const PROFILE: SignatureProfile = SignatureProfile::Viewer;

struct Forge {
    key: SecretKey,
    certificate: Vec<u8>,
    file: Vec<u8>,
}

impl Forge {
    fn new() -> Self {
        let key = SecretKey::of_seed(KeyAlgorithm::P256, &[7; 32]).unwrap();
        let name = SubjectName { common_name: "A".into(), organization: "A".into(), country: "CN".into() };
        let certificate = self_signed_certificate(&key, &name, 1_767_225_600, 1_893_456_000);
        let signer = KeySigner::new(key.clone(), certificate.clone(), Vec::new()).unwrap();
        let unsigned = sample_certificate(&CertificateFields::sample("1"));
        let file = sign(&unsigned, &SignOptions::new([1; 16], 1_778_400_900), &signer).unwrap();
        Self { key, certificate, file }
    }

    fn ranges(&self) -> [usize; 4] {
        inspect_pdf(&self.file).signatures[0].byte_range
    }

    fn attributes(&self) -> Vec<u8> {
        let [_, start, end, _] = self.ranges();
        let digest = PROFILE.digest().digest(&[&self.file[..start], &self.file[end..]]);
        build::signed_attributes(PROFILE, &digest, &self.certificate)
    }

    /// The file with this CMS in its `/Contents`.
    fn with(&self, attributes: &[u8], certificate: &[u8], signature: &[u8]) -> Vec<u8> {
        let cms = build::signed_data(PROFILE, attributes, certificate, &[], signature).unwrap();
        let [_, start, end, _] = self.ranges();
        let mut file = self.file.clone();
        file[start + 1..end - 1].fill(b'0');
        let digits = text::hex(&cms);
        file[start + 1..start + 1 + digits.len()].copy_from_slice(digits.as_bytes());
        file
    }
}

/// What was found, but that the sheet has no data inside, which no forged CMS changes.
fn codes(file: &[u8]) -> Vec<Code> {
    read_pdf(file).findings.iter().map(|finding| finding.code).filter(|code| *code != Code::MetadataMissing).collect()
}

/// The certificate with another public key of the same length in place of its own.
fn with_key(certificate: &[u8], old: &[u8], new: &[u8]) -> Vec<u8> {
    let at = certificate.windows(old.len()).position(|window| window == old).unwrap();
    let mut out = certificate.to_vec();
    out[at..at + new.len()].copy_from_slice(new);
    out
}

/// Public keys under which these octets verify over these attributes.
fn recovered(attributes: &[u8], signature: &[u8]) -> Vec<Vec<u8>> {
    let signature = Signature::from_der(signature).unwrap();
    let digest = PROFILE.digest().digest(&[attributes]);
    (0..2u8)
        .filter_map(|id| VerifyingKey::recover_from_prehash(&digest, &signature, RecoveryId::from_byte(id)?).ok())
        .map(|key| key.to_sec1_point(false).as_bytes().to_vec())
        .collect()
}

/// Control: the same parts put together give the same file.
#[test]
fn honest_parts_are_accepted() {
    let forge = Forge::new();
    let attributes = forge.attributes();
    let file = forge.with(&attributes, &forge.certificate, &forge.key.sign(&attributes));
    assert_eq!(file, forge.file);
    assert_eq!(codes(&file), [Code::SignerPathNotEstablished]);
}

/// Attack (b): same octets, same attributes, second public key in a foreign certificate.
#[test]
fn a_second_key_for_the_same_octets_is_refused() {
    let forge = Forge::new();
    let attributes = forge.attributes();
    let signature = forge.key.sign(&attributes);
    let own = forge.key.public_key();
    let foreign = recovered(&attributes, &signature).into_iter().find(|key| *key != own).unwrap();
    let certificate = with_key(&forge.certificate, &own, &foreign);
    assert_eq!(codes(&forge.with(&attributes, &certificate, &signature)), [Code::PdfSignatureInvalid]);
}

/// Attack (a): same octets over other attributes under a key recovered to fit. Attributes that name the
/// foreign certificate cannot be made first, so they name none.
#[test]
fn a_key_recovered_for_other_attributes_is_refused() {
    let forge = Forge::new();
    let signature = forge.key.sign(&forge.attributes());
    let attributes = without(&forge.attributes(), oid::SIGNING_CERTIFICATE_V2);
    let foreign = recovered(&attributes, &signature).swap_remove(0);
    let certificate = with_key(&forge.certificate, &forge.key.public_key(), &foreign);
    assert_eq!(codes(&forge.with(&attributes, &certificate, &signature)), [Code::PdfSignatureInvalid]);
}

fn without(attributes: &[u8], kind: &[u8]) -> Vec<u8> {
    let elements = asn1::only(attributes, asn1::SET).unwrap().inside().all().unwrap();
    let kept = elements.iter().filter(|element| element.inside().expect(asn1::OID).unwrap().whole != kind);
    asn1::set_of(kept.map(|element| element.whole.to_vec()).collect())
}

/// A genuine signer that leaves signing-certificate-v2 out.
#[test]
fn signing_certificate_is_mandatory() {
    let forge = Forge::new();
    let attributes = without(&forge.attributes(), oid::SIGNING_CERTIFICATE_V2);
    let file = forge.with(&attributes, &forge.certificate, &forge.key.sign(&attributes));
    assert_eq!(codes(&file), [Code::PdfSignatureInvalid]);
    assert!(read_pdf(&file).candidates.is_empty());
}

/// Attributes out of order, doubled or missing.
#[test]
fn attributes_are_exact() {
    let forge = Forge::new();
    let attributes = forge.attributes();
    let elements = asn1::only(&attributes, asn1::SET).unwrap().inside().all().unwrap();
    let parts: Vec<Vec<u8>> = elements.iter().map(|element| element.whole.to_vec()).collect();
    let mut reversed = parts.clone();
    reversed.reverse();
    let mut doubled = parts.clone();
    doubled.push(parts[0].clone());
    doubled.sort();
    let cases = [
        asn1::tlv(asn1::SET, &reversed.concat()),
        asn1::tlv(asn1::SET, &doubled.concat()),
        without(&attributes, oid::MESSAGE_DIGEST),
        without(&attributes, oid::CONTENT_TYPE),
    ];
    for case in cases {
        assert_eq!(codes(&forge.with(&case, &forge.certificate, &forge.key.sign(&case))), [Code::PdfSignatureInvalid]);
    }
    // signing-time is no forgery, but not PAdES.
    let time = asn1::sequence(&[oid::SIGNING_TIME, &asn1::tlv(asn1::SET, &asn1::tlv(asn1::UTC_TIME, b"260510081500Z"))]);
    let mut more = parts;
    more.push(time);
    let more = asn1::set_of(more);
    let found = codes(&forge.with(&more, &forge.certificate, &forge.key.sign(&more)));
    assert_eq!(found, [Code::PdfProfileViolation, Code::SignerPathNotEstablished]);
}

/// (r, n-s) verifies as well: it must not make a genuine file look foreign.
#[test]
fn the_other_s_leaves_the_signature_hash() {
    let forge = Forge::new();
    let attributes = forge.attributes();
    let signature = Signature::from_der(&forge.key.sign(&attributes)).unwrap();
    let (r, s) = signature.split_scalars();
    let other = Signature::from_scalars(r, -*s).unwrap().to_der().as_bytes().to_vec();
    let file = forge.with(&attributes, &forge.certificate, &other);
    assert_ne!(file, forge.file);
    assert_eq!(read_pdf(&file), read_pdf(&forge.file));
}
