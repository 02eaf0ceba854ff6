//! Keys and trust roots from the command line.

use super::world::{World, run_in};
use eco_core::eco_file::{FileKind, wrap};
use std::fs;
use std::os::unix::fs::PermissionsExt;

fn passphrase(world: &World) {
    world.write("phrase", b"correct horse\n");
    fs::set_permissions(world.path("phrase"), fs::Permissions::from_mode(0o600)).unwrap();
}

/// A key that two runs make is two keys, one of them lost.
#[test]
fn a_log_key_is_made_once_private_and_proven() {
    let world = World::new();
    passphrase(&world);
    let make = ["key", "generate", "--purpose", "issue", "--org", "cn-ccpit", "--out", "issue.pem", "--passphrase-file", "phrase"];
    let (exit, answer) = world.json(&make);
    assert_eq!(exit, 0, "{answer:#}");
    assert!(answer["public_key"].as_str().unwrap().starts_with("ed25519:"));
    assert_eq!(answer["proof_of_possession"].as_str().unwrap().len(), 128);
    let mode = fs::metadata(world.path("issue.pem")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let (exit, refused) = world.json(&make);
    assert_eq!((exit, refused["error"]["reason"].as_str()), (2, Some("FILE_EXISTS")));
    let shown = run_in(world.directory.path(), &["key", "show", "issue.pem", "--passphrase-fd", "0"], b"correct horse\n");
    assert_eq!(String::from_utf8(shown.stdout).unwrap().trim(), answer["public_key"].as_str().unwrap());
    let wrong = run_in(world.directory.path(), &["key", "show", "issue.pem", "--passphrase-fd", "0"], b"wrong\n");
    assert_eq!(wrong.status.code(), Some(2));
}

/// A passphrase in a file that others read is known to others.
#[test]
fn an_exposed_passphrase_file_is_refused() {
    let world = World::new();
    passphrase(&world);
    fs::set_permissions(world.path("phrase"), fs::Permissions::from_mode(0o644)).unwrap();
    let (exit, answer) = world.json(&["key", "generate", "--purpose", "issue", "--out", "k.pem", "--passphrase-file", "phrase"]);
    assert_eq!((exit, answer["error"]["reason"].as_str()), (2, Some("SECRET_EXPOSED")));
    assert!(!world.path("k.pem").exists());
}

/// Signing is worth nothing if our own verifier, or the certificate's holder, cannot follow it.
#[test]
fn a_document_key_signs_what_verify_reads() {
    let world = World::new();
    passphrase(&world);
    for profile in ["viewer", "iso32002"] {
        let (key, out) = (format!("{profile}.pem"), format!("{profile}.pdf"));
        let subject = "CN=Origin Office,O=China Council,C=CN";
        let make =
            ["key", "generate", "--certificate", "--profile", profile, "--subject", subject, "--out", &key, "--passphrase-file", "phrase"];
        let (exit, answer) = world.json(&make);
        assert_eq!(exit, 0, "{answer:#}");
        let certificate = answer["certificate"].as_str().unwrap().to_string();
        let (_, shown) = world.json(&["key", "show", &certificate]);
        assert_eq!(shown["spki_hash"], answer["spki_hash"]);
        world.eco(&["certificate", "new", "--sample", "--number", "A-1", "--out", "form.pdf"]);
        let sign = ["sign", "form.pdf", "--key", &key, "--certificate", &certificate, "--out", &out, "--passphrase-file", "phrase"];
        let (exit, signed) = world.json(&sign);
        assert_eq!(exit, 0, "{signed:#}");
        assert!(signed["fingerprint"].as_str().unwrap().starts_with("pdf:"));
        let (_, read) = world.json(&["verify", &out, "--offline"]);
        assert_eq!(read["candidates"][0]["signer_spki_hash"], answer["spki_hash"]);
    }
    let request =
        ["key", "generate", "--certificate", "--csr", "--subject", "CN=a,O=b,C=CN", "--out", "r.pem", "--passphrase-file", "phrase"];
    let (exit, _) = world.json(&request);
    assert_eq!(exit, 0);
    assert!(fs::read_to_string(world.path("r.csr")).unwrap().starts_with("-----BEGIN CERTIFICATE REQUEST-----"));
}

/// Whoever replaces a pinned trust root unnoticed decides what is true.
#[test]
fn a_pinned_trust_root_is_not_replaced_by_another_network() {
    let world = World::new();
    fs::remove_file(world.path("home/trust.eco")).unwrap();
    world.write("genesis.eco", &wrap(FileKind::Genesis, &world.network.genesis));
    let id = world.network.id().to_string();
    let (exit, answer) = world.json(&["trust", "pin", "genesis.eco", "--expect", &id]);
    assert_eq!((exit, answer["network"]["id"].as_str()), (0, Some(id.as_str())), "{answer:#}");
    let other = crate::kit::Network::new("eco.example/other", eco_core::genesis::NetworkPurpose::Production);
    world.write("other.eco", &wrap(FileKind::TrustRoot, &other.trust()));
    assert_eq!(world.eco(&["trust", "pin", "other.eco", "--expect", &id]).status.code(), Some(1));
    let (exit, answer) = world.json(&["trust", "pin", "other.eco"]);
    assert_eq!((exit, answer["error"]["reason"].as_str()), (1, Some("TRUST_ROOT_OF_OTHER_NETWORK")));
    let (_, answer) = world.json(&["trust", "show"]);
    assert_eq!(answer["network"]["id"].as_str(), Some(id.as_str()));
    let (exit, answer) = world.json(&["trust", "genesis", "genesis.eco"]);
    assert_eq!((exit, answer["validators"].as_array().unwrap().len()), (0, 4));
}

/// Usage errors are 2 and nothing else, whatever the command.
#[test]
fn wrong_arguments_are_usage_errors() {
    let world = World::new();
    for arguments in [
        &["verify"][..],
        &["verify", "coo.pdf", "--as-of", "yesterday"],
        &["verify", "coo.pdf", "--max-status-age", "5"],
        &["verify", "coo.pdf", "--issuer", "NO SUCH"],
        &["key", "generate", "--out", "x.pem"],
        &["revoke", "coo.pdf", "--key", "k.pem", "--reason", "because"],
        &["anchor", "a.pdf", "--key", "k.pem", "--number", "1", "--number-from-name"],
        &["anchor", "a.pdf", "b.pdf", "--key", "k.pem", "--org", "cn-ccpit", "--number", "1"],
        &["status", "--number", "26C"],
    ] {
        assert_eq!(world.eco(arguments).status.code(), Some(2), "{arguments:?}");
    }
    assert_eq!(world.eco(&["verify", "missing.pdf", "--offline"]).status.code(), Some(3), "unreadable is not untrustworthy");
}

/// `doctor` is what a user runs when nothing works: it must not fail itself.
#[test]
fn doctor_says_what_is_missing() {
    let world = World::new();
    let (exit, answer) = world.json(&["doctor"]);
    assert_eq!((exit, answer["healthy"].as_bool()), (0, Some(true)), "offline verification works: {answer:#}");
    fs::remove_file(world.path("home/trust.eco")).unwrap();
    let (exit, answer) = world.json(&["doctor"]);
    assert_eq!(exit, 3);
    assert!(answer["examined"][0]["remedy"].as_str().unwrap().contains("eco trust pin"));
    let script = world.eco(&["completions", "bash"]);
    assert!(String::from_utf8(script.stdout).unwrap().contains("_eco"));
}
