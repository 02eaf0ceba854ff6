//! What we sign verifies, stays byte for byte the same, and can be co-signed: or certificates could not be issued.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod common;

use common::{SIGNING_TIME, chamber, condemning, corpus, options, signed, signer, unsigned};
use eco_core::verdict::Code;
use eco_documents::keys::KeyAlgorithm;
use eco_documents::pdf::Signer as _;
use eco_documents::pdf::{Placement, Prepared, SignError, finish, inspect_pdf, prepare, read_pdf, sign};

const BOTH: [KeyAlgorithm; 2] = [KeyAlgorithm::P256, KeyAlgorithm::Ed25519];

#[test]
fn a_signed_certificate_is_clean_and_has_one_candidate() {
    for algorithm in BOTH {
        let bytes = signed(algorithm);
        assert_eq!(condemning(&bytes), []);
        let report = inspect_pdf(&bytes);
        let [signature] = report.signatures.as_slice() else { panic!("one signature") };
        assert_eq!(signature.field, "IssuingBody");
        assert_eq!(signature.claimed_time, Some(SIGNING_TIME));
        assert_eq!(signature.certification, Some(2));
        assert!(signature.is_intact && signature.names_certificate);
        let [candidate] = report.findings.candidates.as_slice() else { panic!("one candidate") };
        assert_eq!(Some(candidate.fingerprint), signature.fingerprint);
        assert_eq!(candidate.signer_name.as_deref(), Some("Example Chamber of International Commerce"));
        assert!(bytes.starts_with(&unsigned()), "old bytes stay verbatim");
        let codes: Vec<Code> = report.findings.findings.iter().map(|finding| finding.code).collect();
        assert_eq!(codes, [Code::SignerPathNotEstablished, Code::MetadataMissing]);
    }
}

/// One nonce, one file; two nonces, two fingerprints.
#[test]
fn signing_is_deterministic_and_the_nonce_counts() {
    for algorithm in BOTH {
        let (first, again) = (signed(algorithm), signed(algorithm));
        assert_eq!(first, again);
        let other = sign(&unsigned(), &options(6), &chamber(algorithm)).unwrap();
        let fingerprint = |bytes: &[u8]| read_pdf(bytes).candidates[0].fingerprint;
        assert_ne!(fingerprint(&first), fingerprint(&other));
    }
}

/// Bytes of a release must not drift unseen: whoever changes them changes this line.
#[test]
fn golden_fingerprints() {
    let golden = BOTH.map(|algorithm| read_pdf(&signed(algorithm)).candidates[0].fingerprint.to_string());
    let expected = include_str!("golden/fingerprints.txt");
    assert_eq!(golden.join("\n"), expected.trim_end());
}

/// The key may be elsewhere: two phases give the file that one call gives.
#[test]
fn two_phases_give_the_same_file() {
    let chamber = chamber(KeyAlgorithm::P256);
    let prepared = prepare(&unsigned(), chamber.identity(), &options(5)).unwrap();
    let signature = chamber.sign(prepared.to_sign()).unwrap();
    assert_eq!(finish(prepared.clone(), &signature).unwrap(), signed(KeyAlgorithm::P256));
    let again = Prepared::reopen(prepared.bytes().to_vec(), chamber.identity().clone()).unwrap();
    assert_eq!((again.field(), again.to_sign()), (prepared.field(), prepared.to_sign()));
    assert_eq!(finish(again, &signature).unwrap(), signed(KeyAlgorithm::P256), "put away and taken up again");
    assert!(Prepared::reopen(signed(KeyAlgorithm::P256), chamber.identity().clone()).is_err(), "nothing is empty");
    let wrong = chamber.sign(b"something else").unwrap();
    assert!(matches!(finish(prepared, &wrong), Err(SignError::SelfCheck(_))));
}

/// A prepared form may say `/SigFlags 1`: the first signature raises it, for a later change would be suspected by other validators.
#[test]
fn only_the_first_signature_sets_the_form_flags() {
    let flags = |bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes).into_owned();
        text.match_indices("/SigFlags ").map(|(at, key)| text[at + key.len()..].trim_start().chars().next().unwrap()).collect::<String>()
    };
    let lowered = |bytes: &[u8]| {
        let at = bytes.windows(9).rposition(|window| window == b"/SigFlags").expect("a form with flags");
        let at = at + bytes[at..].iter().position(|byte| *byte == b'3').expect("flags of 3");
        let mut bytes = bytes.to_vec();
        bytes[at] = b'1';
        bytes
    };
    let prepared = lowered(&unsigned());
    assert_eq!(flags(&prepared), "1");
    let mut exporter = options(1);
    exporter.field = Some("Exporter".into());
    let first = sign(&prepared, &exporter, &signer(KeyAlgorithm::P256, 9, "Acme New Energy")).unwrap();
    assert_eq!(flags(&first), "13");
    let second = sign(&first, &options(2), &chamber(KeyAlgorithm::P256)).unwrap();
    let third = sign(&second, &options(3), &signer(KeyAlgorithm::P256, 11, "Inspector")).unwrap();
    assert_eq!(flags(&third), "133", "adding a field writes the form again, with the flags it has");
    assert_eq!(condemning(&third), []);
}

/// Exporter certifies, chamber fills its field: two candidates, newest first, nothing modified.
#[test]
fn exporter_certifies_and_chamber_fills_its_field() {
    for algorithm in BOTH {
        let exporter = signer(KeyAlgorithm::P256, 9, "Acme New Energy");
        let mut first = options(1);
        first.field = Some("Exporter".into());
        let certified = sign(&unsigned(), &first, &exporter).unwrap();
        assert_eq!(condemning(&certified), []);
        let both = sign(&certified, &options(2), &chamber(algorithm)).unwrap();
        assert_eq!(condemning(&both), [], "{:?}", inspect_pdf(&both).findings.findings);
        let report = inspect_pdf(&both);
        assert_eq!(report.signatures.iter().map(|s| s.field.as_str()).collect::<Vec<_>>(), ["IssuingBody", "Exporter"]);
        assert_eq!(report.findings.candidates.len(), 2);
        let third = sign(&both, &options(3), &signer(KeyAlgorithm::P256, 11, "Inspector")).unwrap();
        assert_eq!(condemning(&third), [], "an invisible co-signature is no modification");
    }
}

#[test]
fn ordinary_files_can_be_signed() {
    let Some(directory) = corpus("real") else { return };
    for name in ["p2-simple", "p2-incremental", "p2-utf8-annot", "ph-minimal-xref", "ph-empty-sigfield"] {
        let bytes = std::fs::read(directory.join(format!("{name}.pdf"))).unwrap();
        for algorithm in BOTH {
            let signed = sign(&bytes, &options(5), &chamber(algorithm)).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(condemning(&signed), [], "{name}");
        }
    }
    let simple = std::fs::read(directory.join("p2-simple.pdf")).unwrap();
    let mut visible = options(5);
    visible.placement = Placement::Visible { page: 0, rectangle: [40.0, 40.0, 280.0, 120.0] };
    assert_eq!(condemning(&sign(&simple, &visible, &chamber(KeyAlgorithm::P256)).unwrap()), []);
    let two = std::fs::read(directory.join("ph-two-empty-sigfields.pdf")).unwrap();
    let refused = sign(&two, &options(5), &chamber(KeyAlgorithm::P256));
    assert!(matches!(&refused, Err(SignError::Field { empty, .. }) if empty.len() == 2), "{refused:?}");
}

/// Never sign what our own reader would refuse.
#[test]
fn unsound_files_are_not_signed() {
    let chamber = chamber(KeyAlgorithm::P256);
    let mut broken = signed(KeyAlgorithm::P256);
    broken[100] ^= 1;
    assert!(matches!(sign(&broken, &options(1), &chamber), Err(SignError::NotClean { .. })));
    let junk = [b"junk\n".as_slice(), &unsigned()].concat();
    assert!(matches!(sign(&junk, &options(1), &chamber), Err(SignError::NotClean { code: Code::PdfStructureAmbiguous, .. })));
    let mut early = options(1);
    early.signing_time = 0;
    assert!(matches!(sign(&unsigned(), &early, &chamber), Err(SignError::Certificate(_))));
    if let Some(directory) = corpus("real") {
        for (name, code) in [("ph-aes256", Code::PdfEncrypted), ("ph-hybrid-xref", Code::PdfStructureAmbiguous)] {
            let bytes = std::fs::read(directory.join(format!("{name}.pdf"))).unwrap();
            let refused = sign(&bytes, &options(1), &chamber);
            assert!(matches!(&refused, Err(SignError::NotClean { code: found, .. }) if *found == code), "{name}: {refused:?}");
        }
    }
}
