//! Signatures by methods that we have no keys for, made by pyHanko: RSA, RSA-PSS and P-384 must be read as others read them.

use crate::common::{condemning, unsigned};
use crate::{directory, pyhanko, run, write};
use eco_core::verdict::Code;
use eco_documents::pdf::inspect_pdf;
use std::path::PathBuf;

/// Files that pyHanko signed, in this directory; `None` if it is not there.
pub(crate) fn files() -> Option<PathBuf> {
    static MADE: std::sync::OnceLock<Option<PathBuf>> = std::sync::OnceLock::new();
    let make = || {
        let (python, directory) = (pyhanko()?, directory("foreign"));
        let source = write(&directory, "unsigned.form", &unsigned());
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/oracles/foreign.py");
        let output = run(&python, &[script, &source, directory.to_str().unwrap()])?;
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        Some(directory)
    };
    MADE.get_or_init(make).clone()
}

/// A time proves that something was there, not that anybody stands behind it; a notice about the token does not hide that.
#[test]
fn a_timestamp_alone_is_no_signature() {
    let Some(directory) = files() else { return };
    let file = std::fs::read(directory.join("only-timestamp.pdf")).unwrap();
    assert_eq!((inspect_pdf(&file).signatures.len(), condemning(&file)), (1, vec![Code::PdfSignatureMissing]));
    let report = inspect_pdf(&with_other_signature(&file));
    let found = |code: Code| report.findings.findings.iter().any(|finding| finding.code == code);
    assert!(found(Code::TimestampInvalid) && found(Code::PdfSignatureMissing), "{:?}", report.findings.findings);
    assert!(report.findings.candidates.is_empty());
}

/// The file with one bit of the last octet of its CMS, which is of the signature, turned.
fn with_other_signature(file: &[u8]) -> Vec<u8> {
    let [_, start, end, _] = inspect_pdf(file).signatures[0].byte_range;
    let digit = |at: usize| usize::from_str_radix(std::str::from_utf8(&file[at..at + 2]).unwrap(), 16).unwrap();
    // SEQUENCE with a length of two octets: what follows the CMS are zeros.
    assert_eq!((digit(start + 1), digit(start + 3)), (0x30, 0x82));
    let length = 4 + (digit(start + 5) << 8) + digit(start + 7);
    let last = start + 2 * length;
    assert!(last < end);
    let mut other = file.to_vec();
    other[last] = if other[last] == b'0' { b'1' } else { b'0' };
    other
}

#[test]
fn rsa_pss_and_p384_are_verified_and_their_forgeries_are_not() {
    let Some(directory) = files() else { return };
    for (name, method) in [
        ("rsa-sha256", "RSA with SHA-256, 2048 bits"),
        ("rsa-sha512", "RSA with SHA-512, 2048 bits"),
        ("pss-sha256", "RSA-PSS with SHA-256, 2048 bits"),
        ("pss-sha384", "RSA-PSS with SHA-384, 2048 bits"),
        ("p384-sha384", "ECDSA P-384 with SHA-384"),
    ] {
        let file = std::fs::read(directory.join(format!("{name}.pdf"))).unwrap();
        assert_eq!(condemning(&file), [], "{name}");
        assert_eq!(inspect_pdf(&file).signatures[0].method.as_deref(), Some(method));
        // The controls: another signature, another page.
        assert_eq!(condemning(&with_other_signature(&file)), [Code::PdfSignatureInvalid], "{name}");
        let mut other = file.clone();
        let at = other.windows(6).position(|window| window == b"stream").unwrap() + 20;
        other[at] ^= 1;
        assert!(condemning(&other).contains(&Code::PdfSignatureInvalid), "{name}");
    }
    for (name, code) in [
        ("weak-rsa", Code::AlgorithmWeak),
        ("weak-pss", Code::AlgorithmWeak),
        ("weak-digest", Code::AlgorithmWeak),
        ("pss-long-salt", Code::AlgorithmUnsupported),
    ] {
        assert_eq!(condemning(&std::fs::read(directory.join(format!("{name}.pdf"))).unwrap()), [code], "{name}");
    }
}
