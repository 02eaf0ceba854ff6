//! Shared by the tests of this crate: known keys, signed files, the corpus, one way to see findings.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use eco_core::verdict::{Class, Code};
use eco_documents::keys::{KeyAlgorithm, SecretKey};
use eco_documents::pdf::{CertificateFields, KeySigner, SignOptions, inspect_pdf, sample_certificate, sign};
use eco_documents::pki::{SubjectName, self_signed_certificate};
use std::cell::RefCell;
use std::path::PathBuf;

/// 2026-05-10 08:15:00 UTC.
pub const SIGNING_TIME: i64 = 1_778_400_900;

pub fn subject(name: &str) -> SubjectName {
    SubjectName { common_name: name.into(), organization: name.into(), country: "CN".into() }
}

/// A key that everyone knows, with its certificate for 2026 to 2029.
pub fn signer(algorithm: KeyAlgorithm, seed: u8, name: &str) -> KeySigner {
    let key = SecretKey::of_seed(algorithm, &[seed; 32]).unwrap();
    let certificate = self_signed_certificate(&key, &subject(name), 1_767_225_600, 1_893_456_000);
    KeySigner::new(key, certificate, Vec::new()).unwrap()
}

pub fn chamber(algorithm: KeyAlgorithm) -> KeySigner {
    signer(algorithm, 7, "Example Chamber of International Commerce")
}

pub fn options(nonce: u8) -> SignOptions {
    SignOptions::new([nonce; 16], SIGNING_TIME)
}

pub fn unsigned() -> Vec<u8> {
    sample_certificate(&CertificateFields::sample("26C4403A000100001"))
}

pub fn signed(algorithm: KeyAlgorithm) -> Vec<u8> {
    sign(&unsigned(), &options(5), &chamber(algorithm)).unwrap()
}

thread_local! {
    static SEEN: RefCell<Option<Vec<Vec<u8>>>> = const { RefCell::new(None) };
}

/// Every file that [`condemning`] is asked about meanwhile.
pub fn seen(work: impl FnOnce()) -> Vec<Vec<u8>> {
    SEEN.set(Some(Vec::new()));
    work();
    SEEN.take().unwrap_or_default()
}

/// Codes that make a document untrustworthy or leave it open, in the order found.
pub fn condemning(bytes: &[u8]) -> Vec<Code> {
    SEEN.with_borrow_mut(|seen| seen.iter_mut().for_each(|seen| seen.push(bytes.to_vec())));
    let report = inspect_pdf(bytes);
    let codes = report.findings.findings.iter().map(|finding| finding.code);
    codes.filter(|code| matches!(code.class(), Class::Untrustworthy | Class::NotEstablished)).collect()
}

/// The directory of PDF files in the corpus, or a line that says it is not there.
pub fn corpus(part: &str) -> Option<PathBuf> {
    shared(&format!("pdf/{part}"))
}

/// A directory of the corpus, or a line that says it is not there.
pub fn shared(part: &str) -> Option<PathBuf> {
    let default = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/corpus");
    let root = std::env::var_os("ECO_CORPUS").map_or_else(|| PathBuf::from(default), PathBuf::from);
    let directory = root.join(part);
    if directory.is_dir() {
        return Some(directory);
    }
    println!("skipped: no corpus at {} (set ECO_CORPUS)", directory.display());
    None
}

/// Replaces the one place where `from` stands.
pub fn replace(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let at = find(bytes, from);
    [&bytes[..at], to, &bytes[at + from.len()..]].concat()
}

pub fn find(bytes: &[u8], what: &[u8]) -> usize {
    bytes.windows(what.len()).position(|window| window == what).expect("the text stands in the file")
}

/// Adds an incremental update: objects by number, and a table for them.
pub fn update(bytes: &[u8], objects: &[(u32, &str)], trailer: &str) -> Vec<u8> {
    let text = String::from_utf8_lossy(bytes);
    let prev: usize = text.rsplit("startxref").next().unwrap().lines().nth(1).unwrap().trim().parse().unwrap();
    let mut out = bytes.to_vec();
    let mut table = String::new();
    for (number, body) in objects {
        table.push_str(&format!("{number} 1\n{:010} 00000 n \n", out.len()));
        out.extend_from_slice(format!("{number} 0 obj\n{body}\nendobj\n").as_bytes());
    }
    let at = out.len();
    let size = 1 + objects.iter().map(|(number, _)| *number).max().unwrap_or(0).max(500);
    out.extend_from_slice(
        format!("xref\n{table}trailer\n<</Size {size}/Root 1 0 R/Prev {prev}{trailer}>>\nstartxref\n{at}\n%%EOF\n").as_bytes(),
    );
    out
}
