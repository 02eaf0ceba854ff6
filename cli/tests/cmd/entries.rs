//! Prepare and sign apart: what a room without network needs, and what anchoring refuses before any node is asked.

use super::world::{NUMBER, World};
use eco_core::eco_file::{FileKind, content};
use eco_core::entry::SignedEntry;
use std::fs;
use std::os::unix::fs::PermissionsExt;

fn key(world: &World) {
    world.write("phrase", b"correct horse\n");
    fs::set_permissions(world.path("phrase"), fs::Permissions::from_mode(0o600)).unwrap();
    let make = ["key", "generate", "--purpose", "issue", "--out", "issue.pem", "--passphrase-file", "phrase"];
    assert!(world.eco(&make).status.success());
}

/// The key's room sees what it signs, and the signed entry is valid by the one rule.
#[test]
fn an_entry_is_prepared_shown_and_signed_without_network() {
    let world = World::new();
    key(&world);
    let prepare =
        ["entry", "prepare", "coo.pdf", "--org", "cn-ccpit", "--number", NUMBER, "--valid-until", "2099-12-31", "--out", "entry.eco"];
    let (exit, prepared) = world.json(&prepare);
    assert_eq!(exit, 0, "{prepared:#}");
    assert_eq!(prepared["entry"]["content"]["valid_until"], "2100-01-01T00:00:00Z");
    assert_eq!(prepared["entry"]["content"]["document"], world.document().to_string());
    let (exit, _) = world.json(&["entry", "show", "entry.eco"]);
    assert_eq!(exit, 0);
    let sign = ["entry", "sign", "entry.eco", "--key", "issue.pem", "--out", "signed.eco", "--passphrase-file", "phrase"];
    let (exit, signed) = world.json(&sign);
    assert_eq!((exit, &signed["entry"]["id"]), (0, &prepared["entry"]["id"]));
    let bytes = fs::read(world.path("signed.eco")).unwrap();
    SignedEntry::decode(content(FileKind::SignedEntry, &bytes).unwrap()).unwrap().verify().unwrap();
    let (exit, answer) = world.json(&["entry", "submit", "signed.eco", "--node", "http://127.0.0.1:9"]);
    assert_eq!((exit, answer["error"]["reason"].as_str()), (3, Some("NODE_UNREACHABLE")), "{answer:#}");
}

/// A certificate without its number could never be asked for.
#[test]
fn a_certificate_needs_its_number_and_its_signature() {
    let world = World::new();
    key(&world);
    let anchor = |file: &str, more: &[&str]| {
        let common =
            ["anchor", file, "--key", "issue.pem", "--org", "cn-ccpit", "--passphrase-file", "phrase", "--node", "http://127.0.0.1:9"];
        world.json(&[&common, more].concat())
    };
    let (exit, answer) = anchor("coo.pdf", &[]);
    assert_eq!((exit, answer["skipped"].as_u64()), (0, Some(1)), "its receipt holds, so no node is asked: {answer:#}");
    fs::remove_file(world.path("coo.pdf.eco")).unwrap();
    let (exit, answer) = anchor("coo.pdf", &[]);
    assert_eq!((exit, answer["files"][0]["error"]["reason"].as_str()), (2, Some("NUMBER_MISSING")), "{answer:#}");
    world.eco(&["certificate", "new", "--sample", "--number", "A-1", "--out", "form.pdf"]);
    let (exit, answer) = anchor("form.pdf", &["--number", "A-1"]);
    assert_eq!((exit, answer["files"][0]["error"]["reason"].as_str()), (1, Some("PDF_SIGNATURE_MISSING")), "{answer:#}");
    assert!(answer["files"][0]["error"]["hint"].as_str().unwrap().contains("eco sign"));
    let (exit, answer) = anchor("coo.pdf", &["--number", NUMBER]);
    assert_eq!((exit, answer["not_settled"].as_u64()), (3, Some(1)), "nobody answered: {answer:#}");
}

/// A stolen status key revokes what it likes: it belongs in a room without network, as the issue key does.
#[test]
fn a_change_of_status_is_prepared_and_signed_without_network() {
    let world = World::new();
    key(&world);
    world.write("status.eco", &world.status());
    let prepare = |more: &[&str]| {
        let common = ["entry", "prepare-change", "coo.pdf", "--status", "revoked", "--reason", "wrong-data", "--out", "entry.eco"];
        world.json(&[&common, more].concat())
    };
    let (exit, prepared) = prepare(&["--org", "cn-ccpit", "--proof", "status.eco"]);
    assert_eq!(exit, 0, "{prepared:#}");
    let content = &prepared["entry"]["content"];
    assert_eq!((content["document"].as_str(), content["status"].as_str()), (Some(&*world.document().to_string()), Some("revoked")));
    assert_eq!(content["base_revision"], 1);
    let sign = ["entry", "sign", "entry.eco", "--key", "issue.pem", "--out", "signed.eco", "--passphrase-file", "phrase"];
    let (exit, signed) = world.json(&sign);
    assert_eq!((exit, &signed["entry"]["id"]), (0, &prepared["entry"]["id"]));
    // The proof must show the record that is changed, and be one.
    let (exit, answer) = prepare(&["--org", "vn-vcci", "--proof", "status.eco"]);
    assert_eq!((exit, answer["error"]["reason"].as_str()), (3, Some("ABSENCE_NOT_PROVEN")), "{answer:#}");
    let (exit, answer) = prepare(&["--org", "cn-ccpit", "--proof", "coo.pdf.eco"]);
    assert_eq!((exit, answer["error"]["reason"].as_str()), (3, Some("LOG_PROOF_INVALID")), "{answer:#}");
}
