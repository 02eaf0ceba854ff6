//! Reads a PDF and says what was found: every signature, every byte, every later change.
//!
//! Findings and candidates only: whether a document is trusted is `eco_core::verdict`'s to say. The order
//! is that of `pdf-signing.md` section 7; structure first, and nothing further if it is ambiguous.

mod signature;
mod timestamp;

use super::diff::{self, Change};
use super::raw::{DefectKind, ObjectId, Pdf, StructureDefect};
use super::tree::{self, SignatureField};
use eco_core::verdict::{Code, DocumentFindings, Finding, Subject};
use eco_core::{Fingerprint, SignatureHash, SpkiHash};
use std::collections::{BTreeMap, BTreeSet};

/// What a signature dictionary is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignatureKind {
    /// A person's or organisation's signature.
    Signature,
    /// A document timestamp (`/SubFilter /ETSI.RFC3161`).
    DocumentTimestamp,
}

/// One signature of a PDF.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignatureReport {
    /// Full name of its field.
    pub field: String,
    /// The signature dictionary.
    pub dictionary: ObjectId,
    /// What it is for.
    pub kind: SignatureKind,
    /// Index of the revision it closes, 0 the oldest.
    pub revision: usize,
    /// The covered bytes: two half-open ranges as offset and length, as in `/ByteRange`.
    pub byte_range: [usize; 4],
    /// Whether digest and signature hold. Says nothing about the signer.
    pub is_intact: bool,
    /// Fingerprint of the covered bytes, if it is intact.
    pub fingerprint: Option<Fingerprint>,
    /// Which signature it is, if it is intact and names its certificate inside.
    pub signature_hash: Option<SignatureHash>,
    /// Hash of the signer's public key info.
    pub signer: Option<SpkiHash>,
    /// The signer as its certificate names it.
    pub signer_name: Option<String>,
    /// The signer's certificate, DER.
    pub certificate: Option<Vec<u8>>,
    /// Start of the certificate's validity, Unix seconds. Judged by core at the proven time.
    pub not_before: Option<i64>,
    /// End of the certificate's validity, Unix seconds.
    pub not_after: Option<i64>,
    /// Time that the signer claims (`/M`), or genTime of a timestamp, Unix seconds. Proves nothing by itself.
    pub claimed_time: Option<i64>,
    /// The method, for people: `ECDSA P-256 with SHA-256`.
    pub method: Option<String>,
    /// `/P` of a DocMDP certification: what its author allowed later.
    pub certification: Option<u8>,
    /// Whether signing-certificate-v2 is there and names the certificate.
    pub names_certificate: bool,
}

/// Everything that reading a PDF found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PdfReport {
    /// For `judge`.
    pub findings: DocumentFindings,
    /// Every signature and document timestamp, newest first.
    pub signatures: Vec<SignatureReport>,
    /// Number of revisions, 0 if the structure was refused.
    pub revisions: usize,
    /// Number of pages, 0 if the structure was refused.
    pub pages: usize,
}

/// Reads a PDF certificate: fingerprints to look for, and what is wrong with it.
#[must_use]
pub fn read_pdf(bytes: &[u8]) -> DocumentFindings {
    inspect_pdf(bytes).findings
}

/// Reads a PDF and reports each signature too.
#[must_use]
pub fn inspect_pdf(bytes: &[u8]) -> PdfReport {
    let mut report = PdfReport::default();
    if let Err(defect) = inspect(bytes, &mut report) {
        report.findings.candidates.clear();
        report.findings.findings.push(structure_finding(&defect));
    }
    report
}

/// The finding that a structural defect is.
pub(crate) fn structure_finding(defect: &StructureDefect) -> Finding {
    let code = match defect.kind {
        DefectKind::Limit => Code::InputLimitExceeded,
        DefectKind::Ambiguous => Code::PdfStructureAmbiguous,
        DefectKind::Encrypted => Code::PdfEncrypted,
    };
    finding(code, defect.what.clone(), defect.offset, None)
}

/// A finding about a certificate at a byte offset.
fn finding(code: Code, detail: impl Into<String>, offset: usize, object: Option<ObjectId>) -> Finding {
    let place = u64::try_from(offset).unwrap_or(u64::MAX);
    Finding::new(code, Subject::Certificate, detail).at(place, object.map(|id| id.to_string()))
}

fn inspect(bytes: &[u8], report: &mut PdfReport) -> Result<(), StructureDefect> {
    let pdf = Pdf::parse(bytes)?;
    let last = pdf.revisions.len().saturating_sub(1);
    let pages = tree::pages(&pdf, last)?.len();
    (report.revisions, report.pages) = (pdf.revisions.len(), pages);
    let findings = &mut report.findings;
    let counted = format!("{} revisions, {pages} pages: every byte belongs to one object of one revision", last + 1);
    findings.checks.push(counted);

    let fields = tree::signature_fields(&pdf, last)?;
    let dictionaries = signature_dictionaries(&pdf);
    let signed: Vec<&SignatureField<'_>> = fields.iter().filter(|field| field.value.is_some()).collect();
    if signed.is_empty() && dictionaries.is_empty() {
        let detail = "no signature field of this file is signed";
        findings.findings.push(finding(Code::PdfSignatureMissing, detail, 0, None));
        return Ok(());
    }
    let paired = pair(&pdf, &signed, &dictionaries, &mut findings.findings);
    let mut placed = Vec::new();
    for (field, id) in paired {
        match signature::locate(&pdf, field, id) {
            Ok(found) => placed.push(found),
            Err(defect) => findings.findings.push(defect),
        }
    }
    placed.sort_by_key(|found| core::cmp::Reverse(found.revision));
    let newest = placed.iter().position(|found| found.kind == SignatureKind::Signature);
    for (index, found) in placed.iter().enumerate() {
        let outcome = signature::check(&pdf, found, newest == Some(index));
        findings.findings.extend(outcome.findings);
        findings.checks.extend(outcome.checks);
        findings.candidates.extend(outcome.candidate);
        report.signatures.push(outcome.report);
    }
    later_changes(&pdf, &placed, findings);
    if newest.is_none() && findings.findings.is_empty() {
        let detail = "the file has timestamps but no signature";
        findings.findings.push(finding(Code::PdfSignatureMissing, detail, 0, None));
    }
    Ok(())
}

/// Numbers of all objects, of any revision, that are signature dictionaries.
fn signature_dictionaries(pdf: &Pdf<'_>) -> BTreeMap<u32, Vec<usize>> {
    let mut found: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    for (index, revision) in pdf.revisions.iter().enumerate() {
        for (number, object) in &revision.objects {
            let is_signature = object
                .value
                .as_dict()
                .is_some_and(|dict| dict.get("ByteRange").is_some() || dict.is("Type", "Sig") || dict.is("Type", "DocTimeStamp"));
            if is_signature {
                found.entry(*number).or_default().push(index);
            }
        }
    }
    found
}

/// One dictionary, one field, one widget; what breaks that is a finding.
fn pair<'f, 'p>(
    pdf: &Pdf<'_>,
    signed: &[&'f SignatureField<'p>],
    dictionaries: &BTreeMap<u32, Vec<usize>>,
    findings: &mut Vec<Finding>,
) -> Vec<(&'f SignatureField<'p>, ObjectId)> {
    let (mut pairs, mut used) = (Vec::new(), BTreeSet::new());
    let mut fail = |code, detail: String, offset: usize, id| findings.push(finding(code, detail, offset, id));
    for field in signed {
        let at = field.value.map_or(0, |value| value.span.start);
        let name = &field.name;
        let Some(id) = field.value.and_then(super::raw::Value::as_reference) else {
            fail(Code::PdfSignatureInvalid, format!("field {name}: its value is no signature object"), at, Some(field.id));
            continue;
        };
        let Some(revisions) = dictionaries.get(&id.number) else {
            fail(Code::PdfSignatureInvalid, format!("field {name}: object {id} is no signature"), at, Some(field.id));
            continue;
        };
        let [_] = revisions.as_slice() else {
            let what = format!("signature dictionary {id} is defined in {} revisions", revisions.len());
            fail(Code::PdfModifiedAfterSigning, what, at, Some(id));
            continue;
        };
        let [widget] = field.widgets.as_slice() else {
            let what = format!("field {name} has {} widgets, expected one", field.widgets.len());
            fail(Code::PdfSignatureInvalid, what, at, Some(field.id));
            continue;
        };
        if !used.insert(id.number) {
            fail(Code::PdfSignatureInvalid, format!("signature {id} is shown by two fields"), at, Some(*widget));
            continue;
        }
        pairs.push((*field, id));
    }
    for (number, revisions) in dictionaries {
        if !used.contains(number) {
            let object = revisions.first().and_then(|index| pdf.revisions.get(*index)?.objects.get(number));
            let (at, id) = object.map_or((0, None), |object| (object.span.start, Some(object.id)));
            fail(Code::PdfSignatureInvalid, format!("signature dictionary {number} belongs to no valid field"), at, id);
        }
    }
    pairs
}

/// Bytes and revisions after the signatures.
fn later_changes(pdf: &Pdf<'_>, placed: &[signature::Located<'_>], findings: &mut DocumentFindings) {
    let Some(oldest) = placed.iter().map(|found| found.revision).min() else { return };
    if let Some(newest) = placed.first() {
        let end = newest.covered_end();
        let is_last = newest.revision + 1 == pdf.revisions.len();
        if is_last && end != pdf.bytes.len() {
            let detail = format!("{} bytes after the signed range", pdf.bytes.len().saturating_sub(end));
            findings.findings.push(finding(Code::PdfStructureAmbiguous, detail, end, None));
        }
    }
    let sealed: Vec<diff::Sealed> = placed.iter().map(signature::Located::sealed).collect();
    let mut changes: Vec<Change> = Vec::new();
    for revision in oldest + 1..pdf.revisions.len() {
        changes.extend(diff::unpermitted(pdf, revision, &sealed));
    }
    if changes.is_empty() {
        let later = pdf.revisions.len() - oldest - 1;
        findings.checks.push(match later {
            0 => "nothing follows the signature".to_owned(),
            _ => format!("the {later} revisions after the first signature add only signatures and proofs"),
        });
    }
    for change in changes {
        findings.findings.push(finding(Code::PdfModifiedAfterSigning, change.what, change.offset, change.object));
    }
}
