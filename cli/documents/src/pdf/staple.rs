//! A log receipt inside the signature that it is of: one unsigned attribute, in the zero padding of
//! `/Contents` (SPEC section 11.7, `pdf-signing.md` section 5).
//!
//! Fingerprint, file length and what other validators say stay as they were. Whoever carries the file can
//! replace the attribute, so what is read back is a candidate, never believed here.

use super::cms::{self, attach};
use super::contents::{TooLittle, fill};
use super::raw::Span;
use super::verify::{PdfReport, SignatureReport, inspect_pdf};
use crate::asn1::{self, Asn1Defect, OCTET_STRING};
use eco_core::verdict::Code;
use eco_core::{Fingerprint, SignatureHash};

/// The attribute's type, DER: the UUID 8a7c024a-fd52-4eac-b62e-ef67a0672457 in the arc 2.25. Compared as
/// bytes; its last arc has 128 bits, which readers of object identifiers rarely hold.
pub const STAPLE_TYPE: &[u8] =
    &[0x06, 0x14, 0x69, 0x82, 0x94, 0xfc, 0x81, 0x92, 0xdf, 0xd5, 0x92, 0xba, 0xd9, 0xb6, 0x97, 0xbb, 0xec, 0xfa, 0x83, 0x9c, 0xc8, 0x57];

/// What stapling gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stapled {
    /// The file with the receipt in it, of the same length.
    Written(Vec<u8>),
    /// This very receipt is in the file already.
    Already,
}

/// Why a receipt does not go into the file. It can always lie beside it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StapleError {
    /// The file has no such signature.
    #[error("no signature of the file has the fingerprint and signature hash that the receipt is of ({receipt}); found: {found}")]
    OtherDocument {
        /// Fingerprint in the receipt.
        receipt: Fingerprint,
        /// Fingerprints in the file.
        found: String,
    },
    /// The file is not in order.
    #[error("the file is not stapled: {code}: {detail}")]
    NotClean {
        /// What is wrong with it.
        code: Code,
        /// In which way.
        detail: String,
    },
    /// Later signatures cover the place.
    #[error("signature {field} is not the last: {later} came after it and would no longer verify")]
    NotLast {
        /// Field of the anchored signature.
        field: String,
        /// Fields of the later signatures and timestamps.
        later: String,
    },
    /// The padding is too short.
    #[error("signature {field} with the receipt takes {needed} bytes, its /Contents has room for {reserved}")]
    Room {
        /// Field of the anchored signature.
        field: String,
        /// Bytes of the CMS with the receipt.
        needed: usize,
        /// Bytes reserved for it when the file was signed.
        reserved: usize,
    },
    /// Our own verifier does not find the same in the result: nothing is given out.
    #[error("the stapled file does not verify as before: {0}")]
    SelfCheck(String),
}

/// Puts a receipt into the signature that it is of, in place of another.
///
/// `fingerprint` and `signature_hash` are those in the receipt; that it holds is the caller's to check.
pub fn staple(pdf: &[u8], fingerprint: &Fingerprint, signature_hash: &SignatureHash, receipt: &[u8]) -> Result<Stapled, StapleError> {
    staple_unless(pdf, fingerprint, signature_hash, receipt, |_| false)
}

/// [`staple`], unless a receipt found in the file is one to keep.
pub fn staple_unless(
    pdf: &[u8],
    fingerprint: &Fingerprint,
    signature_hash: &SignatureHash,
    receipt: &[u8],
    keep: impl Fn(&[u8]) -> bool,
) -> Result<Stapled, StapleError> {
    let report = inspect_pdf(pdf);
    if let Some(bad) = report.findings.findings.iter().find(|finding| super::condemns(finding.code)) {
        return Err(StapleError::NotClean { code: bad.code, detail: bad.detail.clone() });
    }
    let own = |s: &&SignatureReport| s.fingerprint.as_ref() == Some(fingerprint) && s.signature_hash.as_ref() == Some(signature_hash);
    let Some(signature) = report.signatures.iter().find(own) else {
        let found: Vec<String> = report.findings.candidates.iter().map(|c| c.fingerprint.to_string()).collect();
        return Err(StapleError::OtherDocument { receipt: *fingerprint, found: found.join(", ") });
    };
    let field = signature.field.clone();
    let later: Vec<&str> = report.signatures.iter().filter(|s| s.revision > signature.revision).map(|s| s.field.as_str()).collect();
    if !later.is_empty() {
        return Err(StapleError::NotLast { field, later: later.join(", ") });
    }
    if report.findings.stapled.iter().any(|found| keep(found)) {
        return Ok(Stapled::Already);
    }
    let [_, start, end, _] = signature.byte_range;
    let inside = Span { start: start.saturating_add(1), end: end.saturating_sub(1) };
    let unreadable = |defect: Asn1Defect| StapleError::NotClean { code: Code::PdfSignatureInvalid, detail: defect.to_string() };
    let contents = octets(inside.of(pdf));
    let old = cms::strip_padding(&contents).map_err(unreadable)?;
    let new = attach::with_unsigned(old, STAPLE_TYPE, &asn1::tlv(OCTET_STRING, receipt)).map_err(unreadable)?;
    if new == old {
        return Ok(Stapled::Already);
    }
    let mut bytes = pdf.to_vec();
    if let Err(TooLittle { needed, reserved }) = fill(&mut bytes, Span { start, end }, &new) {
        return Err(StapleError::Room { field, needed, reserved });
    }
    check_same(&report, &bytes, receipt)?;
    Ok(Stapled::Written(bytes))
}

/// The stapled file must say what it said before, and the receipt with it.
fn check_same(before: &PdfReport, bytes: &[u8], receipt: &[u8]) -> Result<(), StapleError> {
    let after = inspect_pdf(bytes);
    let codes = |report: &PdfReport| -> Vec<Code> { report.findings.findings.iter().map(|finding| finding.code).collect() };
    let what = if after.findings.candidates != before.findings.candidates || after.signatures != before.signatures {
        "its signatures are read differently"
    } else if codes(&after).iter().any(|code| super::condemns(*code)) {
        "it is found to be invalid"
    } else if !after.findings.stapled.iter().any(|found| found == receipt) {
        "the receipt is not found"
    } else {
        return Ok(());
    };
    Err(StapleError::SelfCheck(what.into()))
}

/// The octets of a hexadecimal string, white space left out; a last odd digit is followed by 0.
fn octets(digits: &[u8]) -> Vec<u8> {
    let value = |digit: u8| char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok());
    let values: Vec<u8> = digits.iter().filter_map(|digit| value(*digit)).collect();
    values.chunks(2).map(|pair| pair.first().copied().unwrap_or(0) << 4 | pair.get(1).copied().unwrap_or(0)).collect()
}

/// What unsigned attributes other than timestamps say: the stapled receipt, and what is ignored.
#[derive(Debug, Default)]
pub(crate) struct Unsigned {
    /// The octets of the first stapled receipt, whatever they are.
    pub(crate) staple: Option<Vec<u8>>,
    /// Stapled receipts beyond the first.
    pub(crate) surplus: usize,
    /// Attributes of types that are not ours.
    pub(crate) others: usize,
}

/// Sorts unsigned attributes, given as type and contents of the value set.
pub(crate) fn sort(attributes: &[(&[u8], &[u8])]) -> Unsigned {
    let mut sorted = Unsigned::default();
    for (kind, values) in attributes {
        if *kind == STAPLE_TYPE {
            // Octets that are no OCTET STRING are no receipt either: judged as such, they establish nothing.
            let octets = asn1::only(values, OCTET_STRING).map_or(*values, |octets| octets.value);
            match sorted.staple {
                None => sorted.staple = Some(octets.to_vec()),
                Some(_) => sorted.surplus += 1,
            }
        } else if *kind != crate::pki::oid::TIMESTAMP_TOKEN {
            sorted.others += 1;
        }
    }
    sorted
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::asn1::{OID, SEQUENCE, SET};

    fn bytes(hex: &str) -> Vec<u8> {
        octets(hex.trim().as_bytes())
    }

    /// What is read from the vectors' attributes, junk among them: no form of it may be an error.
    #[test]
    fn the_vectors_are_read_as_they_say() {
        let vectors = include_str!("../../../../proto/core/vectors/staples.txt");
        let mut seen = 0;
        for block in vectors.split("\n\n").skip(1) {
            let field = |name: &str| block.lines().find_map(|line| line.strip_prefix(name)).unwrap();
            let attribute = bytes(field("attribute: "));
            let mut inside = asn1::only(&attribute, SEQUENCE).unwrap().inside();
            let (kind, values) = (inside.expect(OID).unwrap().whole, inside.expect(SET).unwrap().value);
            let sorted = sort(&[(kind, values)]);
            match field("expect: ") {
                "other" => assert_eq!((sorted.staple, sorted.others), (None, 1), "{block}"),
                staple => assert_eq!(sorted.staple, Some(bytes(staple.strip_prefix("staple").unwrap())), "{block}"),
            }
            seen += 1;
        }
        assert_eq!(seen, 7);
    }

    /// Two receipts: the first is the candidate, the second is said to be ignored.
    #[test]
    fn one_staple_counts() {
        let values = |octet: u8| asn1::tlv(OCTET_STRING, &[octet]);
        let (first, second) = (values(1), values(2));
        let sorted = sort(&[(STAPLE_TYPE, &first), (STAPLE_TYPE, &second)]);
        assert_eq!((sorted.staple, sorted.surplus), (Some(vec![1]), 1));
    }
}
