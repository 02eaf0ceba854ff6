//! The data inside a signed certificate, read strictly, as facts and findings for `judge`.
//!
//! Only data that the first signature covers counts. What is printed is not compared with it: nothing in a PDF
//! shows that its text was made from its data, so that notice stands beside all data (`pdf-signing.md` section 8).

use super::METADATA_FILE;
use super::attachment::attached_at;
use super::raw::Pdf;
use super::verify::{finding, structure_finding};
use crate::metadata::read_metadata;
use eco_core::verdict::{Code, DocumentFindings, Facts};

/// Adds what the data says and what is wrong with it. `signed` is the revision that the oldest signature closes.
///
/// The data's own proof is for those who have it without the PDF; here one may be missing, but not be wrong.
/// Gives the attachment, if it gave the facts.
pub(super) fn read(pdf: &Pdf<'_>, signed: usize, report: &mut DocumentFindings) -> Option<Vec<u8>> {
    let last = pdf.revisions.len().saturating_sub(1);
    let (first, newest) = match attached_at(pdf, signed).and_then(|first| Ok((first, attached_at(pdf, last)?))) {
        Ok(both) => both,
        Err(defect) => {
            report.findings.push(structure_finding(&defect));
            return None;
        }
    };
    if first != newest {
        let detail = format!("the attachment {METADATA_FILE} is not the one that the first signature covers");
        report.findings.push(finding(Code::PdfModifiedAfterSigning, detail, 0, None));
    }
    let Some(bytes) = first else {
        let detail =
            format!("the first signature covers no attachment {METADATA_FILE}: links to metadata and passports cannot be compared");
        report.findings.push(finding(Code::MetadataMissing, detail, 0, None));
        return None;
    };
    let data = read_metadata(&bytes).findings(&[]);
    let of_data = data.findings.into_iter().filter(|found| found.code != Code::ProofMissing);
    report.findings.extend(of_data.map(|mut found| {
        // An offset into the attachment is none into the file.
        found.place = None;
        found.detail = format!("{METADATA_FILE}: {}", found.detail);
        found
    }));
    report.checks.extend(data.checks.into_iter().map(|check| format!("{METADATA_FILE}: {check}")));
    if data.facts == Facts::None {
        return None;
    }
    let detail = format!("whether the pages print what {METADATA_FILE} says was not compared; do so by eye");
    report.findings.push(finding(Code::PrintedTextNotCompared, detail, 0, None));
    report.facts = data.facts;
    Some(bytes)
}
