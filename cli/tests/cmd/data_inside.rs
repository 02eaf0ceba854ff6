//! What is recorded with a PDF must be what the data inside it says: links, printed fields, number, kind.

use super::certificates::{METADATA, NUMBER, recorded_with};
use super::world::codes;
use crate::kit;
use eco_core::commitment::SummaryKey;
use eco_core::document::Commitment;
use eco_core::genesis::NetworkPurpose;
use eco_core::number::{CertificateNumber, ReferenceKey};
use eco_core::statement::Anchor;
use eco_documents::metadata::{Carried, read_metadata};

/// The example, with nothing that would need another document.
fn data() -> String {
    let from = METADATA.find("\"replaces\"").unwrap();
    let until = METADATA.find("\"exportedTo\"").unwrap();
    format!("{}{}", &METADATA[..from], &METADATA[until..])
}

/// Commits to the data as `eco anchor` does.
fn commit(anchor: &mut Anchor, data: &str) {
    let report = read_metadata(data.as_bytes());
    let (metadata, own) = (report.metadata.unwrap(), report.fingerprint.unwrap());
    anchor.links = metadata.links(&own, Carried::InPdf).unwrap();
    let text = metadata.summary(&kit::org("cn-ccpit")).unwrap();
    anchor.summary = Some(Commitment::summary(&SummaryKey::of(&metadata.nonce()), &text));
}

/// Codes of the verdict on a certificate with this data and this Anchor, and the checks that passed.
fn verdict(data: &str, change: impl FnOnce(&mut Anchor)) -> (Vec<String>, String) {
    let world = recorded_with(NetworkPurpose::Production, data, |anchor| {
        commit(anchor, data);
        change(anchor);
    });
    let (_, answer) = world.json(&["verify", "paper.pdf", "--offline"]);
    let compared = ["METADATA_", "SUMMARY_", "REFERENCE_", "KIND_", "PRINTED_"];
    let codes = codes(&answer).into_iter().filter(|code| compared.iter().any(|start| code.starts_with(start)));
    (codes.collect(), answer["verdict"]["checks"].to_string())
}

/// A child that reads the file gives back what the data says, too.
#[test]
fn the_limited_process_compares_the_data_as_well() {
    let world = recorded_with(NetworkPurpose::Production, &data(), |anchor| anchor.summary = Some(Commitment([7; 32])));
    let answers = [&["verify", "paper.pdf", "--offline"][..], &["verify", "paper.pdf", "--offline", "--limited"]].map(|a| world.json(a));
    let [(here_exit, here), (limited_exit, limited)] = answers;
    assert_eq!((here_exit, codes(&here)), (limited_exit, codes(&limited)), "{limited}");
    assert!(codes(&limited).contains(&"SUMMARY_MISMATCH".to_string()), "{limited}");
    assert!(codes(&limited).contains(&"METADATA_LINK_MISMATCH".to_string()), "{limited}");
}

const NOTICE: &str = "PRINTED_TEXT_NOT_COMPARED";

#[test]
fn data_that_was_recorded_agrees() {
    let (codes, checks) = verdict(&data(), |_| ());
    assert_eq!(codes, [NOTICE], "{checks}");
    assert!(checks.contains("metadata and links are those recorded with it"), "{checks}");
    assert!(checks.contains("the printed fields are those recorded with it"), "{checks}");
}

#[test]
fn each_contradiction_between_data_and_log_is_named() {
    type Change = fn(&mut Anchor);
    let cases: [(Change, &str); 5] = [
        (|a| a.links.clear(), "METADATA_LINK_MISMATCH"),
        (|a| a.links.truncate(1), "METADATA_LINK_MISMATCH"),
        (|a| a.summary = Some(a.links[0]), "SUMMARY_MISMATCH"),
        (|a| a.reference = Some(key("OTHER-1")), "REFERENCE_CONFLICT"),
        (|a| a.reference = Some(key(&format!("{NUMBER}/COPY1"))), "REFERENCE_CONFLICT"),
    ];
    for (change, code) in cases {
        assert_eq!(verdict(&data(), change).0, [code, NOTICE]);
    }
}

/// An exporter's declaration that an issuing body recorded as its certificate.
#[test]
fn a_declaration_is_no_certificate() {
    let data = data().replace("\"CO\"", "\"DOC-EP\"").replace("did:web:ccpit", "did:web:acme");
    let data = data.replace("Example Chamber of International Commerce", "Acme New Energy Co., Ltd.");
    let (from, until) = (data.find("\"issuingBody\"").unwrap(), data.find("\"exporter\"").unwrap());
    assert_eq!(verdict(&format!("{}{}", &data[..from], &data[until..]), |_| ()).0, ["KIND_MISMATCH", NOTICE]);
}

fn key(number: &str) -> ReferenceKey {
    ReferenceKey::of(&kit::org("cn-ccpit"), &CertificateNumber::normalise(number).unwrap())
}

/// A certified true copy prints the original's number and is recorded under a number of its own.
#[test]
fn a_true_copy_is_recorded_beside_its_original() {
    let copy = METADATA.replace("\"replaces\"", "\"trueCopyOf\"").replace("26C4403A000099998", NUMBER);
    assert_eq!(verdict(&copy, |a| a.reference = Some(key(&format!("{NUMBER}/COPY1")))).0, [NOTICE]);
    assert_eq!(verdict(&copy, |a| a.reference = Some(key(&format!("{NUMBER}/COPY0")))).0, ["REFERENCE_CONFLICT", NOTICE]);
}
