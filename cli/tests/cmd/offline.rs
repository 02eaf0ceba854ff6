//! Verification without any node: what a file, its receipt and a trust root prove, and what they do not.

use super::world::{AS_OF, NUMBER, World, codes, day};
use crate::kit::{self, Network};
use eco_core::document::DocumentStatus;
use eco_core::eco_file::{FileKind, wrap};
use eco_core::genesis::NetworkPurpose;
use std::fs;

/// The promise of the whole system: a file and its receipt convince a stranger without network.
#[test]
fn a_certificate_with_its_receipt_is_trusted() {
    let world = World::new();
    let (exit, answer) = world.verify(&["--as-of", AS_OF, "--issuer", "cn-ccpit", "--number", NUMBER, "--kind", "certificate"]);
    assert_eq!(answer["verdict"]["trust"], "TRUSTED", "{answer:#}");
    assert_eq!(exit, 0);
    assert_eq!(answer["schema_version"], 1);
    let recorded = &answer["verdict"]["recorded"];
    assert_eq!((recorded["issuer"].as_str(), recorded["time"].as_str()), (Some("cn-ccpit"), Some("2026-01-01T00:00:01Z")));
    let receipt = &answer["evidence"][0]["receipt"];
    assert_eq!(receipt["dates_entry"], true);
    assert_eq!(receipt["sealed_by"].as_array().unwrap().len(), 3);
    assert_ne!(answer["verdict"]["not_established"].as_array().unwrap().len(), 0, "offline, something is always open");
}

/// A change that nobody notices is what forgers live from.
#[test]
fn one_altered_byte_is_untrustworthy() {
    let world = World::new();
    let mut pdf = fs::read(world.path("coo.pdf")).unwrap();
    let at = pdf.windows(21).position(|w| w == b"Certificate of Origin").unwrap();
    pdf[at] ^= 0x20;
    world.write("coo.pdf", &pdf);
    let (exit, answer) = world.verify(&["--as-of", AS_OF]);
    assert_eq!(exit, 1, "{answer:#}");
    assert_eq!(answer["verdict"]["trust"], "UNTRUSTWORTHY");
    assert!(codes(&answer).contains(&"PDF_SIGNATURE_INVALID".to_string()), "{:?}", codes(&answer));
    assert_eq!(answer["verdict"]["recorded"], serde_json::Value::Null, "the receipt beside it is of the genuine file");
}

/// Whoever carries a file can put junk beside it: that must neither help nor harm.
#[test]
fn garbage_beside_a_good_receipt_is_discarded() {
    let world = World::new();
    world.write("coo.eco", b"not a receipt");
    let (exit, answer) = world.verify(&["--as-of", AS_OF]);
    assert_eq!(exit, 0, "{answer:#}");
    assert!(codes(&answer).contains(&"RECEIPT_DISCARDED".to_string()));
}

/// "Not recorded" is a statement about the log: without an answer there is none to make.
#[test]
fn a_status_that_nobody_answered_is_not_established() {
    let world = World::new();
    let output = world.eco(&["status", "coo.pdf", "--node", "http://127.0.0.1:9"]);
    assert_eq!(output.status.code(), Some(3));
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "UNVERIFIABLE  coo.pdf  (not established)\n");
}

/// Garbage alone proves nothing, and condemns nothing.
#[test]
fn garbage_alone_leaves_the_document_unverifiable() {
    let world = World::new();
    world.write("coo.pdf.eco", b"not a receipt");
    let (exit, answer) = world.verify(&["--as-of", AS_OF]);
    assert_eq!((exit, answer["verdict"]["trust"].as_str()), (3, Some("UNVERIFIABLE")), "{answer:#}");
    assert!(codes(&answer).contains(&"LOG_PROOF_INVALID".to_string()));
}

/// A specimen must never pass at a border.
#[test]
fn a_receipt_of_a_test_network_proves_nothing_in_production() {
    let world = World::of(NetworkPurpose::Test);
    let (exit, answer) = world.verify(&["--as-of", AS_OF]);
    assert_eq!(exit, 0, "under its own trust root it holds");
    assert!(codes(&answer).contains(&"SPECIMEN".to_string()));
    world.write("production.eco", &wrap(FileKind::TrustRoot, &Network::production().trust()));
    let (exit, answer) = world.verify(&["--as-of", AS_OF, "--trust", "production.eco"]);
    assert_eq!(exit, 3, "{answer:#}");
    assert!(codes(&answer).contains(&"NETWORK_MISMATCH".to_string()));
}

/// Without a trust root anybody could have sealed the receipt.
#[test]
fn without_a_trust_root_nothing_is_established() {
    let world = World::new();
    fs::remove_file(world.path("home/trust.eco")).unwrap();
    let (exit, answer) = world.verify(&["--as-of", AS_OF]);
    assert_eq!(exit, 3);
    assert_eq!(codes(&answer)[0], "TRUST_ROOT_MISSING");
    assert_eq!(answer["verdict"]["recorded"], serde_json::Value::Null);
}

/// An old receipt does not show that nothing was revoked since.
#[test]
fn an_old_receipt_alone_is_stale() {
    let world = World::new();
    let (exit, answer) = world.verify(&["--as-of", &day(30)]);
    assert_eq!(exit, 5, "{answer:#}");
    assert!(codes(&answer).contains(&"STATUS_STALE".to_string()));
    let (exit, _) = world.verify(&["--as-of", &day(30), "--max-status-age", "31d"]);
    assert_eq!(exit, 0, "the policy is the asker's");
}

/// A kept status proof carries a revocation to where there is no network.
#[test]
fn a_revocation_reaches_an_offline_verifier_and_does_not_reach_back() {
    let mut world = World::new();
    world.write("before.eco", &world.status());
    let change = world.network.change("cn-ccpit", world.document(), 1, DocumentStatus::Revoked);
    world.network.record(vec![change]);
    world.write("after.eco", &world.status());
    let (exit, answer) = world.verify(&["--as-of", AS_OF, "--receipt", "before.eco", "--receipt", "after.eco"]);
    assert_eq!(exit, 4, "{answer:#}");
    let reason = &answer["verdict"]["reasons"][0];
    assert_eq!(reason["code"], "REVOKED");
    assert_eq!(reason["sentence"], "Revoked on 2026-01-01T00:00:02Z: wrong-data");
    let earlier = ["--as-of", "2026-01-01T00:00:01Z", "--receipt", "after.eco"];
    let (exit, answer) = world.verify(&earlier);
    assert_eq!((exit, answer["verdict"]["trust"].as_str()), (0, Some("TRUSTED")), "it was in force then: {answer:#}");
    assert!(codes(&answer).contains(&"CHANGED_SINCE".to_string()));
}

/// A genuine certificate must not serve for another shipment's number.
#[test]
fn another_number_is_a_conflict() {
    let world = World::new();
    let (exit, answer) = world.verify(&["--as-of", AS_OF, "--number", "26C4403A/00002"]);
    assert_eq!(exit, 1);
    assert!(codes(&answer).contains(&"REFERENCE_CONFLICT".to_string()));
}

/// Any file can be recorded; read as bytes it needs no signature.
#[test]
fn a_plain_file_is_judged_by_its_bytes() {
    let mut world = World::new();
    let index = world.network.record(vec![world.network.anchor("acme-battery", kit::other("packing list"))]);
    world.write("list.txt", b"packing list");
    world.write("list.txt.eco", &world.network.receipt(index).to_file());
    let (exit, answer) = world.json(&["verify", "list.txt", "--offline", "--as-of", "2026-01-01T00:00:03Z"]);
    assert_eq!((exit, answer["method"].as_str()), (0, Some("file")), "{answer:#}");
    world.write("list.txt", b"packing list.");
    let (exit, answer) = world.json(&["verify", "list.txt", "--offline", "--as-of", "2026-01-01T00:00:03Z"]);
    assert_eq!(exit, 3, "a receipt of other bytes establishes nothing about these");
    assert!(codes(&answer).contains(&"FINGERPRINT_MISMATCH".to_string()));
}

/// An unsigned PDF is what the schemes call no certificate at all.
#[test]
fn an_unsigned_pdf_is_untrustworthy() {
    let world = World::new();
    let output = world.eco(&["certificate", "new", "--sample", "--number", NUMBER, "--out", "coo.pdf"]);
    assert!(output.status.success());
    let (exit, answer) = world.verify(&[]);
    assert_eq!(exit, 1, "{answer:#}");
    assert!(codes(&answer).contains(&"PDF_SIGNATURE_MISSING".to_string()));
}

/// Human text and result must not mix: scripts read stdout.
#[test]
fn the_word_is_on_stdout_and_the_explanation_on_stderr() {
    let world = World::new();
    let output = world.eco(&["verify", "coo.pdf", "--offline", "--as-of", AS_OF]);
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "TRUSTED  coo.pdf\n");
    let explained = String::from_utf8(output.stderr).unwrap();
    assert!(explained.contains("recorded     2026-01-01T00:00:01Z (entry 0, block 1)"), "{explained}");
    assert!(!explained.contains('\u{1b}'), "no colours where there is no terminal");
}

/// Other people's tools read the receipt as a C2SP proof.
#[test]
fn a_receipt_is_shown_and_exported() {
    let world = World::new();
    let (exit, answer) = world.json(&["receipt", "show", "coo.pdf.eco"]);
    assert_eq!((exit, answer["receipt"]["index"].as_u64()), (0, Some(0)));
    let output = world.eco(&["receipt", "export", "coo.pdf.eco", "--tlog-proof"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.starts_with("c2sp.org/tlog-proof@v1\nindex 0\n"), "{text}");
    world.write("bad.eco", b"junk");
    assert_eq!(world.eco(&["receipt", "show", "bad.eco"]).status.code(), Some(3));
}

/// A service reads strangers' files in a limited process: the verdict must be the same.
#[test]
fn the_limited_process_gives_the_same_verdict() {
    let world = World::new();
    let (exit, here) = world.verify(&["--as-of", AS_OF]);
    let (limited_exit, limited) = world.verify(&["--as-of", AS_OF, "--limited"]);
    assert_eq!((exit, limited_exit), (0, 0), "{limited:#}");
    assert_eq!(here["candidates"], limited["candidates"]);
    assert_eq!(here["verdict"]["trust"], limited["verdict"]["trust"]);
    assert_eq!(codes(&here), codes(&limited));
    world.write("coo.pdf", &[b"[".repeat(1 << 20).as_slice(), b"%PDF-"].concat());
    let (exit, answer) = world.verify(&["--as-of", AS_OF, "--limited"]);
    assert_eq!(exit, 1, "{answer:#}");
    assert!(codes(&answer).contains(&"PDF_STRUCTURE_AMBIGUOUS".to_string()));
}
