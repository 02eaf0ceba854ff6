//! The receipt checker of another language, written from SPEC alone, agrees with every vector; and notices a wrong one.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Each file of vectors, with an expectation in it and a wrong one to put in its place.
const FILES: [(&str, &str, &str); 6] = [
    ("receipts.txt", "expect: dated index=3", "expect: dated index=4"),
    ("status-proofs.txt", "expect: shown 110", "expect: shown 111"),
    ("status-carbon.txt", "expect: shown 1110", "expect: shown 1111"),
    ("state-tree.txt", "expect: trailing-bytes", "expect: truncated"),
    ("signatures.txt", "\nexpect: refused", "\nexpect: valid"),
    ("numbers.txt", "expect: refused empty", "expect: refused long"),
];

fn here() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn vectors() -> PathBuf {
    here().join("../proto/core/vectors")
}

/// Whether python3 can be run. Without it the tests pass, unless ECO_REQUIRE_ORACLES=1.
fn python_is_there() -> bool {
    let there = Command::new("python3").arg("--version").output().is_ok_and(|output| output.status.success());
    if !there {
        assert!(std::env::var("ECO_REQUIRE_ORACLES").as_deref() != Ok("1"), "python3 is not installed, and ECO_REQUIRE_ORACLES=1");
        println!("skipped: python3 not installed");
    }
    there
}

/// Whether the checker is content with these vectors, and what it prints.
fn check(vectors: &Path) -> (bool, String) {
    let mut command = Command::new("python3");
    let output = command.arg(here().join("receipt_check.py")).arg("--vectors").arg(vectors).output().unwrap();
    let printed = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    (output.status.success(), printed)
}

/// The cases of a file, counted without the checker, so that it cannot pass over any.
fn count(text: &str) -> usize {
    text.lines().filter(|line| line.starts_with("expect: ") || line.starts_with(|c: char| c.is_ascii_digit())).count()
}

#[test]
fn agrees_with_every_vector() {
    if !python_is_there() {
        return;
    }
    let (content, printed) = check(&vectors());
    assert!(content, "{printed}");
    for (file, _, _) in FILES {
        let cases = count(&fs::read_to_string(vectors().join(file)).unwrap());
        let line = format!("{file}: {cases} agree, 0 differ");
        assert!(cases > 0 && printed.lines().any(|printed| printed == line), "no line `{line}` in:\n{printed}");
    }
}

#[test]
fn notices_a_wrong_expectation() {
    if !python_is_there() {
        return;
    }
    for (wrong, _, _) in FILES {
        let copy = tempfile::tempdir().unwrap();
        for (file, expected, other) in FILES {
            let text = fs::read_to_string(vectors().join(file)).unwrap();
            let text = if file == wrong { text.replacen(expected, other, 1) } else { text };
            fs::write(copy.path().join(file), text).unwrap();
        }
        let (content, printed) = check(copy.path());
        assert!(!content, "{wrong} is wrong and nothing was noticed:\n{printed}");
        let noticed = |line: &str| line.starts_with(wrong) && line.ends_with(" agree, 1 differ");
        assert!(printed.lines().any(noticed), "{wrong} has one wrong expectation:\n{printed}");
        assert_eq!(printed.matches(", 0 differ").count(), FILES.len() - 1, "{printed}");
    }
}
