//! A receipt in the signature that it is of: or every certificate needs a second file that gets lost on the way.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod common;

use common::{chamber, condemning, options, replace, signed, signer, unsigned};
use eco_core::verdict::{Code, DocumentFindings};
use eco_documents::keys::KeyAlgorithm;
use eco_documents::pdf::{STAPLE_TYPE, StapleError, Stapled, inspect_pdf, read_pdf, sign, staple};

/// As long as a receipt at a million entries.
fn receipt(seed: u8) -> Vec<u8> {
    (0..1_400u32).map(|n| (n as u8).wrapping_mul(seed)).collect()
}

fn put(pdf: &[u8], receipt: &[u8]) -> Result<Stapled, StapleError> {
    let candidate = read_pdf(pdf).candidates.remove(0);
    staple(pdf, &candidate.fingerprint, &candidate.signature_hash.unwrap(), receipt)
}

fn stapled(pdf: &[u8], receipt: &[u8]) -> Vec<u8> {
    match put(pdf, receipt).unwrap() {
        Stapled::Written(bytes) => bytes,
        Stapled::Already => panic!("it was not there before"),
    }
}

/// Everything but the staple itself.
fn without_staple(pdf: &[u8]) -> DocumentFindings {
    DocumentFindings { stapled: Vec::new(), ..read_pdf(pdf) }
}

/// What is on the log must stay what the file is.
#[test]
fn fingerprint_length_and_findings_stay() {
    for algorithm in [KeyAlgorithm::P256, KeyAlgorithm::Ed25519] {
        let before = signed(algorithm);
        let after = stapled(&before, &receipt(3));
        assert_eq!(after.len(), before.len());
        assert_eq!(without_staple(&after), read_pdf(&before));
        assert_eq!(read_pdf(&after).stapled, [receipt(3)]);
        let [_, start, end, _] = inspect_pdf(&before).signatures[0].byte_range;
        assert_eq!((&after[..start], &after[end..]), (&before[..start], &before[end..]), "only /Contents changes");
        assert_eq!(condemning(&after), []);
    }
}

/// Re-running a batch must not change files again, and a fresh receipt must not need a second place.
#[test]
fn the_same_receipt_changes_nothing_and_a_newer_one_replaces() {
    let once = stapled(&signed(KeyAlgorithm::P256), &receipt(3));
    assert_eq!(put(&once, &receipt(3)).unwrap(), Stapled::Already);
    let newer = stapled(&once, &receipt(5));
    assert_eq!(read_pdf(&newer).stapled, [receipt(5)]);
    // The shorter one leaves nothing of the longer behind: the padding is zero again.
    let shorter = stapled(&newer, b"short");
    assert_eq!(shorter, stapled(&signed(KeyAlgorithm::P256), b"short"));
}

/// A later signature covers the place: stapling then would break it.
#[test]
fn only_the_last_signature_is_stapled() {
    let exporter = signer(KeyAlgorithm::P256, 9, "Acme New Energy");
    let mut first = options(1);
    first.field = Some("Exporter".into());
    let certified = sign(&unsigned(), &first, &exporter).unwrap();
    let both = sign(&certified, &options(2), &chamber(KeyAlgorithm::P256)).unwrap();
    let candidates = read_pdf(&both).candidates;
    let [newest, oldest] = candidates.as_slice() else { panic!("two signatures") };
    let refused = staple(&both, &oldest.fingerprint, &oldest.signature_hash.unwrap(), &receipt(3)).unwrap_err();
    assert_eq!(refused, StapleError::NotLast { field: "Exporter".into(), later: "IssuingBody".into() });
    let written = staple(&both, &newest.fingerprint, &newest.signature_hash.unwrap(), &receipt(3)).unwrap();
    assert!(matches!(written, Stapled::Written(_)));
    // One stapled first and then countersigned keeps its receipt, and both signatures hold.
    let late = sign(&stapled(&certified, &receipt(3)), &options(2), &chamber(KeyAlgorithm::P256)).unwrap();
    assert_eq!((condemning(&late), read_pdf(&late).stapled), (vec![], vec![receipt(3)]));
}

/// Truncating would make a file that proves nothing: the figures say what to do instead.
#[test]
fn too_little_room_is_said_with_the_figures() {
    let mut tight = options(1);
    tight.reserve_bytes = 500;
    let file = sign(&unsigned(), &tight, &chamber(KeyAlgorithm::P256)).unwrap();
    let Err(StapleError::Room { needed, reserved, .. }) = put(&file, &receipt(3)) else { panic!("it does not fit") };
    assert!(needed > reserved && needed - reserved < 1_000, "{needed} {reserved}");
    assert!(matches!(put(&file, &[7; 400]), Ok(Stapled::Written(_))), "the control: a smaller one fits");
}

/// A receipt in a signature that it is not of would be carried for nothing.
#[test]
fn a_receipt_of_another_document_is_refused() {
    let file = signed(KeyAlgorithm::P256);
    let other = read_pdf(&sign(&unsigned(), &options(6), &chamber(KeyAlgorithm::P256)).unwrap()).candidates.remove(0);
    let refused = staple(&file, &other.fingerprint, &other.signature_hash.unwrap(), &receipt(3)).unwrap_err();
    assert!(matches!(refused, StapleError::OtherDocument { .. }), "{refused}");
    let own = read_pdf(&file).candidates.remove(0);
    let refused = staple(&file, &own.fingerprint, &other.signature_hash.unwrap(), &receipt(3)).unwrap_err();
    assert!(matches!(refused, StapleError::OtherDocument { .. }), "equal bytes, another signature: {refused}");
    let altered = replace(&file, b"Certificate of Origin", b"certificate of Origin");
    let refused = staple(&altered, &own.fingerprint, &own.signature_hash.unwrap(), &receipt(3)).unwrap_err();
    assert!(matches!(refused, StapleError::NotClean { code: Code::PdfSignatureInvalid, .. }), "{refused}");
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// SPEC 11.7: the attribute is these bytes, in every language.
#[test]
fn the_attribute_is_the_one_of_the_vectors() {
    let vectors = include_str!("../../../proto/core/vectors/staples.txt");
    let golden = vectors.lines().find_map(|line| line.strip_prefix("attribute: ")).unwrap();
    let octets = vectors.lines().find_map(|line| line.strip_prefix("expect: staple ")).unwrap();
    let receipt: Vec<u8> = (0..octets.len()).step_by(2).map(|at| u8::from_str_radix(&octets[at..at + 2], 16).unwrap()).collect();
    let file = stapled(&signed(KeyAlgorithm::P256), &receipt);
    let text = String::from_utf8_lossy(&file).to_ascii_lowercase();
    assert!(text.contains(golden), "the attribute stands in the file as in the vector");
    assert!(golden.contains(&hex(STAPLE_TYPE)));
}

/// A type that differs in its last byte is somebody else's attribute: no error, no receipt.
#[test]
fn another_type_is_ignored() {
    let before = signed(KeyAlgorithm::P256);
    let file = stapled(&before, &receipt(3));
    let kind = hex(STAPLE_TYPE).to_ascii_uppercase();
    let other = format!("{}6", &kind[..kind.len() - 1]);
    let foreign = replace(&file, kind.as_bytes(), other.as_bytes());
    let found = read_pdf(&foreign);
    assert_eq!((found.stapled.len(), &found.findings), (0, &read_pdf(&before).findings));
    assert!(found.checks.iter().any(|check| check.contains("1 unsigned attributes of other kinds ignored")), "{:?}", found.checks);
    // Beside it our own attribute still has its place.
    assert_eq!(read_pdf(&stapled(&foreign, &receipt(5))).stapled, [receipt(5)]);
}
