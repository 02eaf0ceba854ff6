//! From metadata to paper: the sheet that `eco` makes is the one that is signed, recorded, and proven by a slip.

use super::world::{World, certificate, document_key};
use crate::kit;
use eco_core::commitment::{Nonce, SummaryHead, SummaryItem, SummaryKey, SummaryText};
use eco_core::document::Commitment;
use eco_core::eco_file::{FileKind, unwrap};
use eco_core::entry::Entry;
use eco_core::genesis::NetworkPurpose;
use eco_core::statement::{Anchor, Statement};
use eco_documents::pdf::{CHAMBER_FIELD, KeySigner, SignOptions, attached_metadata, read_pdf, sign};
use std::fs;

pub const METADATA: &str = include_str!("../../documents/tests/documents/certificate.json");
const NONCE: &str = "7f3c9be1d2a84c0f9a1e55c0d9b1a6e20c5d83f7416be92ad80537fc1e94b26a";
pub const NUMBER: &str = "26C4403A000100001";

/// The printed fields of the metadata, put together by hand.
fn summary(exporter: &str) -> SummaryText {
    let head = SummaryHead {
        number: NUMBER,
        issuer: "cn-ccpit",
        proof_of_origin_type: "CO",
        agreement: "RCEP",
        issue_date: "2026-05-10",
        exporter,
        consignee: "Saigon Storage JSC",
        exported_to: "VN",
    };
    let item = SummaryItem { number: "1", hs: "850760", quantity: "40", unit: "H87", criterion: "RVC", origin: "CN" };
    SummaryText::write(&head, &[item]).unwrap()
}

/// `new.pdf` made by `eco`, signed as `paper.pdf`, recorded with a commitment to these fields, its receipt beside it.
fn recorded(purpose: NetworkPurpose, fields: &SummaryText) -> World {
    let summary = Commitment::summary(&SummaryKey::of(&NONCE.parse::<Nonce>().unwrap()), fields);
    recorded_with(purpose, METADATA, |anchor| anchor.summary = Some(summary))
}

/// The same of any metadata, with an Anchor that is changed before it is recorded.
pub fn recorded_with(purpose: NetworkPurpose, metadata: &str, change: impl FnOnce(&mut Anchor)) -> World {
    let mut world = World::of(purpose);
    world.write("meta.json", metadata.as_bytes());
    let (exit, answer) = world.json(&["certificate", "new", "meta.json", "-o", "new.pdf", "--org", "cn-ccpit"]);
    assert_eq!(exit, 0, "{answer}");
    let unsigned = fs::read(world.path("new.pdf")).unwrap();
    let signer = KeySigner::new(document_key(), certificate(), Vec::new()).unwrap();
    let mut options = SignOptions::new([6; 16], 1_767_225_600);
    options.field = Some(CHAMBER_FIELD.into());
    let signed = sign(&unsigned, &options, &signer).unwrap();
    let candidate = read_pdf(&signed).candidates[0].clone();
    let mut anchor = kit::certificate("cn-ccpit", "", NUMBER);
    anchor.fingerprint = candidate.fingerprint;
    anchor.signature_hash = candidate.signature_hash;
    change(&mut anchor);
    let entry = world.network.anchor("cn-ccpit", anchor);
    let index = world.network.record(vec![entry]);
    world.write("paper.pdf", &signed);
    world.write("paper.pdf.eco", &world.network.receipt(index).to_file());
    world
}

#[test]
fn the_sheet_is_made_for_the_network_of_the_trust_root() {
    for (purpose, is_specimen) in [(NetworkPurpose::Production, false), (NetworkPurpose::Test, true)] {
        let world = World::of(purpose);
        world.write("meta.json", METADATA.as_bytes());
        let arguments =
            ["certificate", "new", "meta.json", "-o", "new.pdf", "--org", "cn-ccpit", "--gateway", "https://verify.example.org/eco/"];
        let (exit, answer) = world.json(&arguments);
        assert_eq!((exit, answer["specimen"].as_bool()), (0, Some(is_specimen)), "{answer}");
        let network = world.network.id().to_string();
        assert_eq!(answer["entry"], format!("https://verify.example.org/eco/v#{}/cn-ccpit/{NUMBER}", &network[..16]));
        let pdf = fs::read(world.path("new.pdf")).unwrap();
        assert_eq!(attached_metadata(&pdf).unwrap().as_deref(), Some(METADATA.as_bytes()));
    }
}

#[test]
fn metadata_with_flaws_and_missing_things_are_refused_with_the_reason() {
    let world = World::new();
    world.write("meta.json", METADATA.as_bytes());
    world.write("flawed.json", METADATA.replace("\"agreement\": \"RCEP\",", "").as_bytes());
    world.write("thai.json", METADATA.replace("Acme New Energy", "บริษัท").as_bytes());
    let new = |file: &str, more: &[&str]| world.json(&[&["certificate", "new", file, "-o", "x.pdf"], more].concat());
    let (exit, answer) = new("flawed.json", &["--org", "cn-ccpit"]);
    assert_eq!((exit, answer["error"]["reason"].as_str()), (1, Some("FIELD_MISSING")), "{answer}");
    let (exit, answer) = new("meta.json", &[]);
    assert_eq!((exit, answer["error"]["reason"].as_str()), (2, Some("ORGANISATION_MISSING")), "{answer}");
    let (exit, answer) = new("meta.json", &["--org", "cn-ccpit", "--gateway", "a b"]);
    assert_eq!((exit, answer["error"]["reason"].as_str()), (2, Some("GATEWAY_INVALID")), "{answer}");
    let (exit, answer) = new("thai.json", &["--org", "cn-ccpit"]);
    assert_eq!((exit, answer["error"]["reason"].as_str()), (2, Some("SHEET_NOT_PRINTABLE")), "{answer}");
    assert!(answer["error"]["message"].as_str().unwrap().contains("บ (U+0E1A)"), "{answer}");
    assert!(answer["error"]["hint"].as_str().unwrap().contains("fonts-noto-cjk"), "{answer}");
    assert!(!world.path("x.pdf").exists());
}

#[test]
fn a_slip_proves_the_printed_fields_offline() {
    for purpose in [NetworkPurpose::Production, NetworkPurpose::Test] {
        let world = recorded(purpose, &summary("Acme New Energy Co., Ltd."));
        let (exit, answer) = world.json(&["certificate", "slip", "paper.pdf", "--payload", "code.eco"]);
        assert_eq!(exit, 0, "{answer}");
        assert_eq!(answer["file"], "paper.slip.pdf");
        assert!(read_pdf(&fs::read(world.path("paper.slip.pdf")).unwrap()).candidates.is_empty());
        let (exit, answer) = world.json(&["certificate", "check-slip", "code.eco"]);
        assert_eq!((exit, answer["issuer"].as_str(), answer["number"].as_str()), (0, Some("cn-ccpit"), Some(NUMBER)), "{answer}");
        assert_eq!(answer["fields"][5], "Acme New Energy Co., Ltd.");
        assert_eq!(answer["specimen"], purpose == NetworkPurpose::Test);
        let mut bytes = fs::read(world.path("code.eco")).unwrap();
        let at = bytes.windows(4).position(|window| window == b"Acme").unwrap();
        bytes[at] = b'B';
        world.write("forged.eco", &bytes);
        let (exit, answer) = world.json(&["certificate", "check-slip", "forged.eco"]);
        assert_eq!((exit, answer["error"]["reason"].as_str()), (1, Some("SUMMARY_MISMATCH")), "{answer}");
        let (exit, answer) = world.json(&["certificate", "check-slip", "paper.pdf.eco"]);
        assert_eq!((exit, answer["error"]["reason"].as_str()), (3, Some("LOG_PROOF_INVALID")), "{answer}");
    }
}

/// A slip that would not hold is not printed.
#[test]
fn no_slip_without_receipt_metadata_or_recorded_fields() {
    let world = recorded(NetworkPurpose::Production, &summary("Another exporter"));
    let (exit, answer) = world.json(&["certificate", "slip", "paper.pdf"]);
    assert_eq!((exit, answer["error"]["reason"].as_str()), (1, Some("SUMMARY_MISMATCH")), "{answer}");
    let (exit, answer) = world.json(&["certificate", "slip", "coo.pdf"]);
    assert_eq!((exit, answer["error"]["reason"].as_str()), (1, Some("METADATA_MISSING")), "{answer}");
    fs::remove_file(world.path("paper.pdf.eco")).unwrap();
    let (exit, answer) = world.json(&["certificate", "slip", "paper.pdf"]);
    assert_eq!((exit, answer["error"]["reason"].as_str()), (3, Some("RECEIPT_MISSING")), "{answer}");
    let (exit, answer) = world.json(&["certificate", "slip", "paper.pdf", "--receipt", "coo.pdf.eco"]);
    assert_eq!((exit, answer["error"]["reason"].as_str()), (3, Some("RECEIPT_MISSING")), "{answer}");
    assert!(answer["error"]["message"].as_str().unwrap().contains("of another document"), "{answer}");
    assert!(!world.path("paper.slip.pdf").exists());
}

/// What `eco` records commits to the metadata, its passports and the printed fields: the slip opens it.
#[test]
fn an_entry_commits_to_what_the_metadata_says() {
    let (from, until) = (METADATA.find("\"replaces\"").unwrap(), METADATA.find("\"exportedTo\"").unwrap());
    let alone = format!("{}{}", &METADATA[..from], &METADATA[until..]);
    let world = recorded_with(NetworkPurpose::Production, &alone, |_| ());
    let prepare = |number: &str| {
        let arguments = ["entry", "prepare", "paper.pdf", "--org", "cn-ccpit", "--number", number, "--out", "entry.eco"];
        world.json(&arguments)
    };
    let (exit, answer) = prepare("OTHER-1");
    assert_eq!((exit, answer["error"]["reason"].as_str()), (1, Some("REFERENCE_CONFLICT")), "{answer}");
    let (exit, answer) = prepare(NUMBER);
    assert_eq!(exit, 0, "{answer}");
    let entry: Entry = unwrap(FileKind::Entry, &fs::read(world.path("entry.eco")).unwrap()).unwrap();
    let Statement::Anchor(anchor) = entry.statement else { panic!("an Anchor") };
    let key = SummaryKey::of(&NONCE.parse::<Nonce>().unwrap());
    assert_eq!(anchor.summary, Some(Commitment::summary(&key, &summary("Acme New Energy Co., Ltd."))));
    assert_eq!(anchor.links.len(), 2, "the metadata and one passport");
}
