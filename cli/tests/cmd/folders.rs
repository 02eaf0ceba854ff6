//! Many files at once: signed, checked before filing, and never twice.

use super::world::{AS_OF, NUMBER, World, signed_pdf};
use std::fs;
use std::os::unix::fs::PermissionsExt;

/// A document key in `doc.pem` with its certificate in `doc.crt`.
fn office() -> World {
    let world = World::new();
    world.write("phrase", b"correct horse\n");
    fs::set_permissions(world.path("phrase"), fs::Permissions::from_mode(0o600)).unwrap();
    let make = [
        "key",
        "generate",
        "--certificate",
        "--subject",
        "CN=Origin Office,O=China Council,C=CN",
        "--out",
        "doc.pem",
        "--passphrase-file",
        "phrase",
    ];
    assert!(world.eco(&make).status.success());
    fs::create_dir_all(world.path("forms/january")).unwrap();
    for name in ["forms/a.pdf", "forms/b.pdf", "forms/january/c.pdf"] {
        assert!(world.eco(&["certificate", "new", "--sample", "--number", "A-1", "--out", name]).status.success());
    }
    world
}

const SIGN: [&str; 8] = ["sign", "forms", "--key", "doc.pem", "--certificate", "doc.crt", "--passphrase-file", "phrase"];

/// A run that broke off goes on; what was signed keeps its bytes, since they may be on the log.
#[test]
fn a_folder_is_signed_once() {
    let world = office();
    let sign = [&SIGN[..], &["--out", "signed"]].concat();
    world.write("forms/broken.pdf", b"%PDF-1.7\nno more");
    let (exit, answer) = world.json(&sign);
    assert_eq!((exit, answer["signed"].as_u64(), answer["failed"].as_u64()), (1, Some(3), Some(1)), "{answer:#}");
    let failed = answer["files"].as_array().unwrap().iter().find(|f| f["outcome"] == "failed").unwrap();
    assert_eq!((failed["source"].as_str(), failed["error"]["reason"].as_str()), (Some("forms/broken.pdf"), Some("PDF_NOT_SIGNABLE")));
    fs::remove_file(world.path("forms/broken.pdf")).unwrap();
    let kept = fs::read(world.path("signed/january/c.pdf")).unwrap();
    fs::remove_file(world.path("signed/a.pdf")).unwrap();
    let (exit, answer) = world.json(&sign);
    assert_eq!((exit, answer["signed"].as_u64(), answer["signed_before"].as_u64()), (0, Some(1), Some(2)), "{answer:#}");
    assert_eq!(fs::read(world.path("signed/january/c.pdf")).unwrap(), kept);
    // What is not this file signed by this key is nobody's to overwrite.
    world.write("signed/b.pdf", &signed_pdf(NUMBER));
    let (exit, answer) = world.json(&sign);
    assert_eq!((exit, answer["failed"].as_u64()), (2, Some(1)), "{answer:#}");
    assert_eq!(fs::read(world.path("signed/b.pdf")).unwrap(), signed_pdf(NUMBER));
}

/// Two certificates under one name would become one, the other lost.
#[test]
fn two_files_for_one_place_are_refused() {
    let world = office();
    let sign = ["sign", "forms/a.pdf", "forms/january/../a.pdf", "--key", "doc.pem", "--certificate", "doc.crt", "--out", "signed"];
    let (exit, answer) = world.json(&[&sign[..], &["--passphrase-file", "phrase"]].concat());
    assert_eq!((exit, answer["error"]["reason"].as_str()), (2, Some("FILE_TWICE")), "{answer:#}");
}

/// Anchoring is asked for with all that it needs, before anything is signed.
#[test]
fn anchoring_in_one_go_needs_a_log_key_and_a_node() {
    let world = office();
    let sign = [&SIGN[..], &["--out", "signed", "--anchor"]].concat();
    assert_eq!(world.eco(&sign).status.code(), Some(2), "--anchor without --log-key");
    let make = ["key", "generate", "--purpose", "issue", "--out", "issue.pem", "--passphrase-file", "phrase"];
    assert!(world.eco(&make).status.success());
    let more = ["--log-key", "issue.pem", "--org", "cn-ccpit", "--number-from-name", "--node", "http://127.0.0.1:9"];
    let (exit, answer) = world.json(&[&sign[..], &more].concat());
    assert_eq!((exit, answer["not_settled"].as_u64()), (3, Some(3)), "{answer:#}");
    assert!(world.path("signed/a.pdf").exists(), "what was signed stays, to be anchored by the next run");
}

/// One row for each file, every code in it, and the worst exit code for the script that asks.
#[test]
fn a_folder_is_checked_before_filing() {
    let world = office();
    fs::create_dir(world.path("filing")).unwrap();
    fs::rename(world.path("coo.pdf"), world.path("filing/coo.pdf")).unwrap();
    fs::rename(world.path("coo.pdf.eco"), world.path("filing/coo.pdf.eco")).unwrap();
    let check = ["verify", "filing", "--offline", "--as-of", AS_OF, "--csv", "report.csv"];
    let (exit, answer) = world.json(&check);
    assert_eq!((exit, answer["trusted"].as_u64()), (0, Some(1)), "{answer:#}");
    let mut altered = fs::read(world.path("filing/coo.pdf")).unwrap();
    let at = altered.windows(21).position(|w| w == b"Certificate of Origin").unwrap();
    altered[at] ^= 0x20;
    world.write("filing/=altered.pdf", &altered);
    world.write("filing/unknown.pdf", &signed_pdf("ANOTHER"));
    let (exit, answer) = world.json(&check);
    assert_eq!(exit, 1, "{answer:#}");
    assert_eq!(
        (answer["trusted"].as_u64(), answer["untrustworthy"].as_u64(), answer["not_established"].as_u64()),
        (Some(1), Some(1), Some(1))
    );
    let csv = fs::read_to_string(world.path("report.csv")).unwrap();
    let lines: Vec<&str> = csv.lines().collect();
    assert_eq!(lines.len(), 4, "{csv}");
    assert!(lines[0].starts_with("file,trust,exit_code,codes,issuer,"));
    assert!(lines[1].starts_with("filing/=altered.pdf,UNTRUSTWORTHY,1,PDF_SIGNATURE_INVALID"), "{csv}");
    assert!(lines[2].starts_with("filing/coo.pdf,TRUSTED,0,"), "{csv}");
    assert!(lines[3].starts_with("filing/unknown.pdf,UNVERIFIABLE,3,NODE_UNREACHABLE"), "{csv}");
    let columns = |line: &str| line.matches(',').count();
    assert!(columns(lines[2]) == columns(lines[0]), "{csv}");
    assert_eq!(world.eco(&["verify", "filing", "--save", "x.eco"]).status.code(), Some(2), "one verdict is of one file");
}

/// A script reads exit 0 as trusted: a folder in which nothing was looked at must not give it.
#[test]
fn a_folder_with_nothing_in_it_is_no_success() {
    let world = office();
    fs::create_dir(world.path("empty")).unwrap();
    world.write("empty/readme.eco", b"not a document");
    let sign = [&["sign", "empty"][..], &SIGN[2..], &["--out", "signed"]].concat();
    for command in [&["verify", "empty", "--offline"][..], &sign] {
        let (exit, answer) = world.json(command);
        assert_eq!((exit, answer["error"]["reason"].as_str()), (2, Some("NO_FILES")), "{answer:#}");
    }
}
