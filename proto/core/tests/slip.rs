//! Proof slips: without these checks anybody could print fields of his own beside a genuine receipt.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, missing_docs)]

mod kit;

use eco_core::codec::encode;
use eco_core::commitment::{Nonce, SummaryHead, SummaryItem, SummaryKey, SummaryText};
use eco_core::document::{Commitment, DocumentId, DocumentKind};
use eco_core::eco_file::{FileKind, wrap};
use eco_core::genesis::NetworkPurpose;
use eco_core::limits::SLIP_BYTES_MAX;
use eco_core::name::{Epoch, Height};
use eco_core::receipt::Dating;
use eco_core::slip::{Slip, SlipDefect};
use eco_core::statement::Anchor;
use eco_core::trust::{EpochRecord, PinnedHead, TrustRoot};
use eco_core::verdict::Code;
use kit::golden::golden;
use kit::{Network, certificate, org};
use std::fmt::Write as _;

const KEY_NONCE: Nonce = Nonce([0x5b; 32]);
const ISSUER: &str = "cn-ccpit";

fn text(number: &str, issuer: &str, exporter: &str) -> SummaryText {
    let head = SummaryHead {
        number,
        issuer,
        proof_of_origin_type: "CO",
        agreement: "RCEP",
        issue_date: "2026-06-01",
        exporter,
        consignee: "日本商事株式会社",
        exported_to: "JP",
    };
    let item = SummaryItem { number: "1", hs: "850760", quantity: "120", unit: "C62", criterion: "RVC", origin: "CN" };
    SummaryText::write(&head, &[item]).unwrap()
}

fn key() -> SummaryKey {
    SummaryKey::of(&KEY_NONCE)
}

/// A network that recorded a certificate with this number, and the commitment to these fields.
fn recorded(number: &str, fields: &SummaryText) -> (Network, Slip) {
    let mut network = Network::production();
    let anchor = Anchor { summary: Some(Commitment::summary(&key(), fields)), ..certificate(ISSUER, "coo", number) };
    let index = network.record(vec![network.anchor(ISSUER, anchor)]);
    let receipt = network.receipt(index).to_file();
    let slip = Slip { key: key(), text: fields.clone(), receipt };
    (network, slip)
}

#[test]
fn a_slip_shows_who_recorded_the_fields_and_when() {
    let (network, slip) = recorded("CO-1", &text("CO-1", ISSUER, "Acme"));
    let bytes = slip.to_file().unwrap();
    let read = Slip::from_file(&bytes).unwrap();
    assert_eq!(read, slip);
    let view = read.verify(&network.trust()).unwrap();
    assert_eq!((view.issuer, view.kind, view.copy), (org(ISSUER), DocumentKind::Certificate, None));
    assert_eq!(view.document, DocumentId::of(&org(ISSUER), &certificate(ISSUER, "coo", "CO-1").fingerprint));
    assert!(matches!(view.dating, Dating::Dated { .. }));
}

/// A certified true copy shows the number of its original and is recorded under its own.
#[test]
fn a_copy_is_told_from_its_original() {
    let (network, slip) = recorded("CO-1/COPY2", &text("CO-1", ISSUER, "Acme"));
    assert_eq!(slip.verify(&network.trust()).unwrap().copy, Some(2));
}

#[test]
fn other_fields_issuers_and_numbers_are_refused() {
    let fields = text("CO-1", ISSUER, "Acme");
    let (network, slip) = recorded("CO-1", &fields);
    let trust = network.trust();
    let forged = Slip { text: text("CO-1", ISSUER, "Acme Forged"), ..slip.clone() };
    assert_eq!(forged.verify(&trust), Err(SlipDefect::Mismatch));
    assert_eq!(forged.verify(&trust).unwrap_err().code(), Code::SummaryMismatch);
    let other_key = Slip { key: SummaryKey::of(&Nonce([1; 32])), ..slip };
    assert_eq!(other_key.verify(&trust), Err(SlipDefect::Mismatch));
    // Committed to by their own issuer, and still not what the record is about.
    let (network, slip) = recorded("CO-1", &text("CO-1", "vn-vcci", "Acme"));
    assert!(matches!(slip.verify(&network.trust()), Err(SlipDefect::OtherIssuer { .. })));
    let (network, slip) = recorded("CO-1", &text("CO-2", ISSUER, "Acme"));
    assert!(matches!(slip.verify(&network.trust()), Err(SlipDefect::OtherNumber { .. })));
}

#[test]
fn receipts_that_do_not_hold_or_are_of_something_else_are_refused() {
    let fields = text("CO-1", ISSUER, "Acme");
    let (network, slip) = recorded("CO-1", &fields);
    let stranger = Network::new("other/net", NetworkPurpose::Production).trust();
    assert_eq!(slip.verify(&stranger).unwrap_err().code(), Code::NetworkMismatch);
    let mut broken = slip;
    let last = broken.receipt.len() - 1;
    broken.receipt[last] ^= 1;
    assert!(matches!(broken.verify(&network.trust()), Err(SlipDefect::Receipt(_))));
    let mut network = Network::production();
    let without = network.record(vec![network.anchor(ISSUER, certificate(ISSUER, "a", "CO-1"))]);
    let summary = Some(Commitment::summary(&key(), &fields));
    let other = network.record(vec![network.anchor("acme-battery", Anchor { summary, ..kit::other("b") })]);
    for (index, defect) in [(without, SlipDefect::NoSummary), (other, SlipDefect::OtherStatement)] {
        let slip = Slip { key: key(), text: fields.clone(), receipt: network.receipt(index).to_file() };
        assert_eq!(slip.verify(&network.trust()), Err(defect));
    }
}

/// Whoever collects the keys of an epoch that is over could forge its blocks.
#[test]
fn a_slip_of_a_closed_epoch_needs_the_present_status() {
    let (network, slip) = recorded("CO-1", &text("CO-1", ISSUER, "Acme"));
    let trust = network.trust();
    let open = trust.epochs()[0].clone();
    let end = PinnedHead::of(&network.blocks.last().unwrap().0.header);
    let next = EpochRecord { number: Epoch(1), first_height: Height(end.height.0 + 1), closed: None, ..open.clone() };
    let epochs = vec![EpochRecord { closed: Some(end), ..open }, next];
    let bytes = encode(&(1u8, trust.name().clone(), trust.network(), trust.purpose(), epochs, end));
    let closed: TrustRoot = eco_core::codec::decode(&bytes).unwrap();
    assert_eq!(slip.verify(&closed), Err(SlipDefect::RetiredKeys));
    assert_eq!(slip.verify(&closed).unwrap_err().code(), Code::SealedByRetiredKeys);
}

#[test]
fn a_slip_fits_one_code() {
    let long = "长".repeat(250);
    let (_, slip) = recorded("CO-1", &text("CO-1", ISSUER, &long));
    let bytes = slip.to_file().unwrap();
    assert!(bytes.len() <= SLIP_BYTES_MAX, "{} bytes", bytes.len());
    let mut heavy = slip;
    heavy.receipt.resize(SLIP_BYTES_MAX, 0);
    assert!(matches!(heavy.to_file(), Err(SlipDefect::TooLong { .. })));
    assert!(Slip::from_file(&bytes[..bytes.len() - 1]).is_err());
    assert!(Slip::from_file(b"x").is_err());
}

/// The trust root and slips, as other programs must read them.
#[test]
fn golden_file() {
    let (network, slip) = recorded("CO-1", &text("CO-1", ISSUER, "Acme 新能源 Co., Ltd."));
    let trust = network.trust();
    let mut out = String::from("# Proof slips (SPEC 15.2). expect: issuer, document id, copy; or the code of the reason.\n");
    writeln!(out, "\ntrust-root: {}", hex::encode(wrap(FileKind::TrustRoot, &trust))).unwrap();
    let forged = Slip { text: text("CO-1", ISSUER, "Acme"), ..slip.clone() };
    let other_key = Slip { key: SummaryKey::of(&Nonce([1; 32])), ..slip.clone() };
    for (comment, case) in [("holds", &slip), ("other printed fields", &forged), ("a key of another certificate", &other_key)] {
        let expect = match case.verify(&trust) {
            Ok(view) => format!("{} {} {}", view.issuer, view.document, view.copy.unwrap_or(0)),
            Err(defect) => defect.code().name().to_owned(),
        };
        writeln!(out, "\ncomment: {comment}\nslip: {}\nexpect: {expect}", hex::encode(case.to_file().unwrap())).unwrap();
    }
    golden("slips.txt", &out);
}
