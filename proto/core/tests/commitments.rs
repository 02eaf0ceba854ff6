//! Commitments and keys that stand on the log instead of what they are made from, and their golden file.
//! Without these a public log would tell who ships what, or two programs would disagree on what was recorded.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, missing_docs)]

mod kit;

use eco_core::Fingerprint;
use eco_core::commitment::{
    CommitmentDefect, DeclarationKey, DeclarationSecret, LinkRole, Nonce, StatementHash, SummaryHead, SummaryItem, SummaryKey, SummaryText,
};
use eco_core::document::{Commitment, ProductKey};
use kit::golden::golden;
use std::fmt::Write as _;

const NONCE: Nonce = Nonce([0x5b; 32]);
const ROLES: [LinkRole; 3] = [LinkRole::Metadata, LinkRole::Passport, LinkRole::Original];

fn head() -> SummaryHead<'static> {
    SummaryHead {
        number: "26C4403A-0001",
        issuer: "cn-ccpit",
        proof_of_origin_type: "CO",
        agreement: "RCEP",
        issue_date: "2026-06-01",
        exporter: "Acme 新能源 Co., Ltd.",
        consignee: "日本商事株式会社",
        exported_to: "JP",
    }
}

const ITEM: SummaryItem<'static> = SummaryItem { number: "1", hs: "850760", quantity: "120", unit: "C62", criterion: "RVC", origin: "CN" };

#[test]
fn a_link_depends_on_nonce_role_method_and_hash() {
    let jcs = Fingerprint::of_jcs(b"a passport");
    let mut seen = std::collections::BTreeSet::new();
    for nonce in [NONCE, Nonce([0x5c; 32])] {
        for role in ROLES {
            for print in [jcs, Fingerprint::of_file(b"a passport"), Fingerprint::of_jcs(b"another")] {
                assert!(seen.insert(Commitment::link(&nonce, role, &print)), "{role:?} {print}");
            }
        }
    }
    assert_eq!(seen.len(), 2 * 3 * 3);
}

#[test]
fn links_are_a_set_of_at_most_sixteen() {
    let prints: Vec<Fingerprint> = (0..17u8).map(|n| Fingerprint::of_jcs(&[n])).collect();
    let of = |n: usize| Commitment::links(&NONCE, prints[..n].iter().map(|p| (LinkRole::Passport, p)));
    assert!(of(16).unwrap().windows(2).all(|w| w[0] < w[1]));
    assert_eq!(of(17), Err(CommitmentDefect::TooManyLinks { found: 17, max: 16 }));
    // The same passport for two items is one link; order says nothing.
    let twice = Commitment::links(&NONCE, prints[..2].iter().rev().chain(&prints[..1]).map(|p| (LinkRole::Passport, p))).unwrap();
    assert_eq!(twice, of(2).unwrap());
}

#[test]
fn a_summary_has_one_form() {
    let good = SummaryText::write(&head(), &[ITEM]).unwrap();
    assert!(good.as_str().ends_with("\n1|850760|120 C62|RVC|CN\n"));
    assert_eq!(SummaryText::read(good.as_str()).unwrap(), good);
    for bad in [
        good.as_str().trim_end().to_owned(),
        good.as_str().replace('\n', "\r\n"),
        good.as_str().replace("eco-summary-1", "eco-summary-2"),
        good.as_str().replace("RCEP", ""),
        good.as_str().replace("RCEP", "RC\tEP"),
        good.as_str().replace("RCEP\n", ""),
        good.as_str().replace("RCEP", &"x".repeat(1000)),
        String::new(),
        "\n".into(),
    ] {
        assert!(SummaryText::read(&bad).is_err(), "{bad:?}");
    }
    for bad in [SummaryHead { exporter: "two\nlines", ..head() }, SummaryHead { consignee: "", ..head() }] {
        assert!(SummaryText::write(&bad, &[ITEM]).is_err(), "{bad:?}");
    }
    assert!(SummaryText::write(&head(), &[]).is_err());
    let long = "n".repeat(990);
    assert!(matches!(SummaryText::write(&SummaryHead { exporter: &long, ..head() }, &[ITEM]), Err(CommitmentDefect::Length { .. })));
}

#[test]
fn too_many_items_are_folded_into_their_hash() {
    let folded = SummaryText::write(&head(), &[ITEM; 40]).unwrap();
    let lines = "1|850760|120 C62|RVC|CN\n".repeat(40);
    assert!(folded.as_str().ends_with(&format!("\n*|40|{}\n", blake3::hash(lines.as_bytes()).to_hex())));
    assert_ne!(folded, SummaryText::write(&head(), &[ITEM; 41]).unwrap());
    let key = SummaryKey::of(&NONCE);
    assert_ne!(Commitment::summary(&key, &folded), Commitment::summary(&SummaryKey::of(&Nonce([1; 32])), &folded));
}

#[test]
fn keys_are_refused_what_they_cannot_name() {
    let secret = DeclarationSecret([7; 32]);
    for bad in ["", "a\nb", "a\u{85}b"] {
        assert!(ProductKey::of(bad).is_err() && StatementHash::of(&NONCE, bad).is_err() && DeclarationKey::of(&secret, bad).is_err());
    }
    assert!(DeclarationKey::of(&secret, &"1".repeat(257)).is_err());
    assert!(ProductKey::of(&"1".repeat(2001)).is_err());
    // Another customs' key of the same number is another key: only its own secret opens it.
    assert_ne!(DeclarationKey::of(&secret, "123").unwrap(), DeclarationKey::of(&DeclarationSecret([8; 32]), "123").unwrap());
    assert_eq!(format!("{secret:?} {NONCE:?}"), "DeclarationSecret(..) Nonce(..)", "secrets are not printed");
}

#[test]
fn golden_file() {
    let mut out = String::from("# Commitments and keys (SPEC 4.4). Texts are UTF-8 in hex.\n");
    for role in ROLES {
        for print in [Fingerprint::of_jcs(b"{}"), Fingerprint::of_file(b"{}"), Fingerprint::of_pdf_ranges(b"{", b"}")] {
            let link = Commitment::link(&NONCE, role, &print);
            writeln!(out, "\nnonce: {}\nrole: {}\nfingerprint: {print}\nlink: {link}", hex::encode(NONCE.0), role as u8).unwrap();
        }
    }
    writeln!(out, "\nnonce: {}\nsummary-key: {}", hex::encode(NONCE.0), SummaryKey::of(&NONCE)).unwrap();
    let good = SummaryText::write(&head(), &[ITEM]).unwrap();
    let folded = SummaryText::write(&head(), &[ITEM; 40]).unwrap();
    let texts = [good.as_str(), folded.as_str(), good.as_str().trim_end(), "eco-summary-1\n"].map(String::from);
    for text in texts.iter().cloned().chain([good.as_str().replace("CO\n", "C\u{1}O\n"), good.as_str().replace('\n', "\r\n")]) {
        let expect = SummaryText::read(&text).map(|t| Commitment::summary(&SummaryKey::of(&NONCE), &t).to_string());
        writeln!(out, "\ntext: {}\nsummary: {}", hex::encode(&text), expect.unwrap_or_else(|_| "refused".into())).unwrap();
    }
    for text in ["EV-2026-0417", "检验 2026-1", "", "EV\n1"] {
        let expect = StatementHash::of(&NONCE, text).map_or_else(|_| "refused".into(), |h| h.to_string());
        writeln!(out, "\nstatement-number: {}\nstatement-hash: {expect}", hex::encode(text)).unwrap();
    }
    for text in ["https://id.gs1.org/01/06901234567892", "urn:eco:model:acme:LC-1", "", "a\0"] {
        let expect = ProductKey::of(text).map_or_else(|_| "refused".into(), |h| h.to_string());
        writeln!(out, "\nproduct-id: {}\nproduct-key: {expect}", hex::encode(text)).unwrap();
    }
    let secret = DeclarationSecret([7; 32]);
    for text in ["1234567890", "1234567890 ", "", "1\u{7f}"] {
        let expect = DeclarationKey::of(&secret, text).map_or_else(|_| "refused".into(), |h| h.to_string());
        writeln!(out, "\nsecret: {}\ndeclaration-number: {}\ndeclaration-key: {expect}", hex::encode(secret.0), hex::encode(text)).unwrap();
    }
    golden("commitments.txt", &out);
}
