//! Other software judges our files: if pyHanko, poppler or qpdf refuse them, nobody outside can use them.
//!
//! A tool that is missing prints `skipped: ..`; with `ECO_REQUIRE_ORACLES=1` it is a failure.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod authority;
mod common;
#[path = "attacks/data.rs"]
mod data;
#[path = "attacks/description.rs"]
mod description;
#[path = "oracles/differences.rs"]
mod differences;
#[path = "oracles/elsewhere.rs"]
mod elsewhere;
#[path = "attacks/files.rs"]
mod files;
#[path = "oracles/foreign.rs"]
mod foreign;
#[path = "attacks/later.rs"]
mod later;
#[path = "attacks/octets.rs"]
mod octets;
#[path = "attacks/structure.rs"]
mod structure;

use authority::tsa::Tsa;
use authority::{Authority, DAY, Terms};
use eco_documents::pdf::{
    KeySigner, PathMaterial, add_signature_timestamp, add_store, finish_document_timestamp, prepare_document_timestamp,
    signature_timestamp_request,
};
use eco_documents::pki::TrustAnchors;

use common::{chamber, options, signed, signer, unsigned};
use eco_documents::keys::KeyAlgorithm;
use eco_documents::pdf::{Signer as _, Stapled, read_pdf, sign, staple};
use eco_documents::pki::certificate_request;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Versions that the test was written against.
const PYHANKO: [&str; 2] = ["pyHanko==0.38.0", "pyhanko-certvalidator==0.33.0"];

fn skip(what: &str) {
    println!("skipped: {what}");
    assert!(std::env::var("ECO_REQUIRE_ORACLES").is_err(), "{what}, and ECO_REQUIRE_ORACLES is set");
}

/// Runs a tool; `None` if it is not installed.
fn run(program: &Path, arguments: &[&str]) -> Option<Output> {
    match Command::new(program).args(arguments).output() {
        Ok(output) => Some(output),
        Err(_) => {
            skip(&format!("{} not installed", program.display()));
            None
        }
    }
}

fn directory(name: &str) -> PathBuf {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::create_dir_all(&directory).unwrap();
    directory
}

fn write(directory: &Path, name: &str, bytes: &[u8]) -> String {
    let path = directory.join(name);
    std::fs::write(&path, bytes).unwrap();
    path.to_str().unwrap().to_owned()
}

/// Python with pyHanko in an environment of its own, made once.
fn pyhanko() -> Option<PathBuf> {
    static MADE: std::sync::OnceLock<Option<PathBuf>> = std::sync::OnceLock::new();
    MADE.get_or_init(make_pyhanko).clone()
}

fn make_pyhanko() -> Option<PathBuf> {
    let environment = Path::new(env!("CARGO_TARGET_TMPDIR")).join("pyhanko-0.38.0");
    let python = environment.join("bin/python");
    let works = |python: &Path| {
        let check = Command::new(python).args(["-c", "import pyhanko.sign.validation"]).output();
        check.is_ok_and(|output| output.status.success())
    };
    if works(&python) {
        return Some(python);
    }
    let made = run(Path::new("python3"), &["-m", "venv", environment.to_str().unwrap()])?;
    let mut install = vec!["-m", "pip", "install", "-q", "--disable-pip-version-check"];
    install.extend(PYHANKO);
    if made.status.success() {
        let _ = Command::new(&python).args(&install).output();
    }
    if works(&python) {
        return Some(python);
    }
    skip("pyHanko could not be installed (no Python venv, pip or package index)");
    None
}

#[test]
fn pyhanko_finds_both_profiles_valid() {
    let Some(python) = pyhanko() else { return };
    let directory = directory("pyhanko");
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/oracles/validate.py");
    let exporter = signer(KeyAlgorithm::P256, 9, "Acme New Energy");
    let root = write(&directory, "exporter.der", &exporter.identity().certificate);
    for algorithm in [KeyAlgorithm::P256, KeyAlgorithm::Ed25519] {
        let chamber = chamber(algorithm);
        let own = write(&directory, "chamber.der", &chamber.identity().certificate);
        let alone = write(&directory, "alone.pdf", &signed(algorithm));
        let mut first = options(1);
        first.field = Some("Exporter".into());
        let certified = sign(&unsigned(), &first, &exporter).unwrap();
        let both = write(&directory, "both.pdf", &sign(&certified, &options(2), &chamber).unwrap());
        for (file, signatures) in [(&alone, 1), (&both, 2)] {
            let argument = format!("{file},{own},{root}");
            let output = run(&python, &[script, &argument]).unwrap();
            let said = String::from_utf8_lossy(&output.stdout).into_owned();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            assert_eq!(said.matches(" valid ").count(), signatures, "{said}");
            assert!(!said.contains("invalid"), "{said}");
        }
    }
}

#[test]
fn poppler_finds_the_viewer_profile_valid() {
    let file = write(&directory("pdfsig"), "viewer.pdf", &signed(KeyAlgorithm::P256));
    let Some(output) = run(Path::new("pdfsig"), &["-nocert", &file]) else { return };
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(said.contains("Signature is Valid") && said.contains("Total document signed"), "{said}");
}

/// What validates green without a receipt must do so with one: same words before and after.
#[test]
fn a_stapled_receipt_changes_nothing_for_others() {
    let directory = directory("stapled");
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/oracles/validate.py");
    for algorithm in [KeyAlgorithm::P256, KeyAlgorithm::Ed25519] {
        let before = signed(algorithm);
        let candidate = read_pdf(&before).candidates.remove(0);
        let stapled = staple(&before, &candidate.fingerprint, &candidate.signature_hash.unwrap(), &[0x5a; 1_400]).unwrap();
        let Stapled::Written(after) = stapled else { panic!("nothing was stapled before") };
        let own = write(&directory, "chamber.der", &chamber(algorithm).identity().certificate);
        // One name for both, since the tools print it.
        let said = |program: &Path, arguments: &[&str]| {
            [&before, &after].map(|bytes| {
                let file = write(&directory, "file.pdf", bytes);
                let arguments: Vec<String> = arguments.iter().map(|a| a.replace("FILE", &file)).collect();
                let output = run(program, &arguments.iter().map(String::as_str).collect::<Vec<_>>())?;
                Some(String::from_utf8_lossy(&output.stdout).into_owned())
            })
        };
        if let Some(python) = pyhanko()
            && let [Some(was), Some(is)] = said(&python, &[script, &format!("FILE,{own}")])
        {
            assert!(was.contains(" valid "), "{was}");
            assert_eq!(was, is, "pyHanko");
        }
        if let [Some(was), Some(is)] = said(Path::new("pdfsig"), &["-nocert", "FILE"]) {
            assert!(algorithm != KeyAlgorithm::P256 || was.contains("Signature is Valid"), "{was}");
            assert_eq!(was, is, "pdfsig");
        }
        if let [Some(was), Some(is)] = said(Path::new("qpdf"), &["--check", "FILE"]) {
            assert_eq!(was, is, "qpdf");
        }
    }
}

#[test]
fn qpdf_finds_no_syntax_errors() {
    for (name, bytes) in
        [("unsigned.pdf", unsigned()), ("viewer.pdf", signed(KeyAlgorithm::P256)), ("iso32002.pdf", signed(KeyAlgorithm::Ed25519))]
    {
        let file = write(&directory("qpdf"), name, &bytes);
        let Some(output) = run(Path::new("qpdf"), &["--check", &file]) else { return };
        assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stdout));
    }
}

/// Files of another writer, with object streams or linearized: read, signed, and valid for pyHanko.
#[test]
fn files_rewritten_by_qpdf_can_be_signed() {
    let directory = directory("rewritten");
    let source = write(&directory, "source.pdf", &unsigned());
    let chamber = chamber(KeyAlgorithm::Ed25519);
    let own = write(&directory, "chamber.der", &chamber.identity().certificate);
    for more in [&["--object-streams=generate"][..], &["--linearize"], &["--linearize", "--object-streams=generate"]] {
        let rewritten = directory.join("rewritten.pdf");
        let option = more.join(" ");
        let arguments = [&["--static-id"][..], more, &[source.as_str(), rewritten.to_str().unwrap()]].concat();
        let Some(output) = run(Path::new("qpdf"), &arguments) else { return };
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let bytes = std::fs::read(&rewritten).unwrap();
        assert_eq!(common::condemning(&bytes), [eco_core::verdict::Code::PdfSignatureMissing], "{option}");
        let signed = sign(&bytes, &options(5), &chamber).unwrap();
        assert_eq!(common::condemning(&signed), [], "{option}");
        let file = write(&directory, "signed.pdf", &signed);
        assert!(run(Path::new("qpdf"), &["--check", &file]).unwrap().status.success(), "{option}");
        let Some(python) = pyhanko() else { continue };
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/oracles/validate.py");
        let output = run(&python, &[script, &format!("{file},{own}")]).unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(said.contains(" valid "), "{option}: {said} {}", String::from_utf8_lossy(&output.stderr));
    }
}

/// lopdf, strict, reads what we write and sees the same page and field.
#[test]
fn lopdf_reads_our_files() {
    for algorithm in [KeyAlgorithm::P256, KeyAlgorithm::Ed25519] {
        let document = lopdf::Document::load_mem(&signed(algorithm)).unwrap();
        assert_eq!(document.get_pages().len(), 1);
        let fields = document.catalog().and_then(|catalog| catalog.get_deref(b"AcroForm", &document)).unwrap();
        assert_eq!(fields.as_dict().unwrap().get(b"Fields").unwrap().as_array().unwrap().len(), 1);
    }
}

/// A chamber's authority works with openssl: it must take our keys, certificates and requests.
#[test]
fn openssl_reads_keys_certificates_and_requests() {
    let directory = directory("openssl");
    for algorithm in [KeyAlgorithm::P256, KeyAlgorithm::Ed25519] {
        let key = eco_documents::keys::SecretKey::of_seed(algorithm, &[7; 32]).unwrap();
        let request = write(&directory, "request.der", &certificate_request(&key, &common::subject("A chamber")));
        let Some(output) = run(Path::new("openssl"), &["req", "-inform", "DER", "-in", &request, "-verify", "-noout"]) else {
            return;
        };
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let certificate = write(&directory, "certificate.der", &chamber(algorithm).identity().certificate);
        let output = run(Path::new("openssl"), &["x509", "-inform", "DER", "-in", &certificate, "-noout", "-text"]).unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(said.contains("Digital Signature, Non Repudiation") && said.contains("CA:FALSE"), "{said}");
        let random = eco_documents::keys::KeyFileRandomness { salt: [1; 16], iv: [2; 16] };
        let pem = write(&directory, "key.pem", key.to_encrypted_pem(b"correct horse", &random).unwrap().as_bytes());
        let output = run(Path::new("openssl"), &["pkey", "-in", &pem, "-passin", "pass:correct horse", "-pubout", "-outform", "DER"]);
        assert_eq!(output.unwrap().stdout, key.spki());
    }
}

/// Levels that we claim, judged by pyHanko: with our test authorities' roots, from the file alone.
#[test]
fn pyhanko_reaches_the_levels_that_we_claim() {
    let Some(python) = pyhanko() else { return };
    let directory = directory("levels");
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/oracles/levels.py");
    let (root, stamps) = (Authority::root(1, "Root"), Authority::root(2, "Stamp Root"));
    let certificate = root.issue(&authority::key(7), &Terms::signer("Chamber", 7).published_at("http://ca.invalid"));
    let signer = KeySigner::new(authority::key(7), certificate, Vec::new()).unwrap();
    let tsa = Tsa::new(&stamps, 5, &Terms::timestamps("TSA", 5).published_at("http://tsa.invalid"));
    let anchors = TrustAnchors::new(vec![root.certificate.clone(), stamps.certificate.clone()]).unwrap();
    let trusting = PathMaterial { anchors, ..PathMaterial::default() };
    let time = common::SIGNING_TIME;
    // Lists that reach to today, whenever that is: pyHanko judges the timestamp as of now.
    let crls = [&root, &stamps].map(|by| by.crl(time + DAY, authority::UNTIL, &[], &[])).to_vec();
    let proofs = PathMaterial { crls, ..trusting.clone() };
    let pdf = sign(&unsigned(), &options(5), &signer).unwrap();
    let request = signature_timestamp_request(&pdf, [9; 16]).unwrap();
    let answer = tsa.answer(&request.der(), time + 60);
    let stamped = add_signature_timestamp(&pdf, &request, &answer, &trusting).unwrap();
    let stored = add_store(&stamped, &proofs, [10; 16]).unwrap().unwrap();
    let archive = |pdf: &[u8], nonce: u8| {
        let prepared = prepare_document_timestamp(pdf, &trusting, [[nonce; 16], [nonce + 1; 16]]).unwrap();
        let answer = tsa.answer(&prepared.request().der(), time + DAY * i64::from(nonce));
        finish_document_timestamp(prepared, &answer, &trusting).unwrap()
    };
    let archived = archive(&stored, 20);
    let renewed = archive(&archived, 40);
    let roots = [write(&directory, "root.der", &root.certificate), write(&directory, "stamps.der", &stamps.certificate)];
    for (name, bytes, level) in
        [("t.pdf", &stamped, "T"), ("lt.pdf", &stored, "LT"), ("lta.pdf", &archived, "LTA"), ("renewed.pdf", &renewed, "LTA")]
    {
        let file = write(&directory, name, bytes);
        let output = run(&python, &[script, &file, level, &roots[0], &roots[1]]).unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(said.contains(" valid "), "{name}: {said} {}", String::from_utf8_lossy(&output.stderr));
        if let Some(output) = run(Path::new("qpdf"), &["--check", &file]) {
            assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stdout));
        }
    }
    // The control: without the store the same file is not long-term valid.
    let file = write(&directory, "t.pdf", &stamped);
    let output = run(&python, &[script, &file, "LTA", &roots[0], &roots[1]]).unwrap();
    assert!(!String::from_utf8_lossy(&output.stdout).contains(" valid "));
    // openssl's own check of the token that our code accepted.
    let token = write(&directory, "answer.tsr", &answer);
    let query = write(&directory, "query.tsq", &request.der());
    let pem = directory.join("stamps.pem");
    let pem = pem.to_str().unwrap();
    let Some(output) = run(Path::new("openssl"), &["x509", "-inform", "DER", "-in", &roots[1], "-out", pem]) else { return };
    assert!(output.status.success());
    let output = run(Path::new("openssl"), &["ts", "-verify", "-in", &token, "-queryfile", &query, "-CAfile", pem]).unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("Verification: OK"), "{said}");
}
