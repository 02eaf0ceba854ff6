//! Reads a PDF and says what was found: every signature, every byte, every later change.
//!
//! Findings and candidates only: whether a document is trusted is `eco_core::verdict`'s to say. The order
//! is that of `pdf-signing.md` section 7; structure first, and nothing further if it is ambiguous.

mod pairing;
mod signature;
mod standing;
mod timestamp;

use super::active;
use super::diff::{self, Change};
use super::evidence::PathMaterial;
use super::metadata;
use super::raw::{DefectKind, MAX_DECODED_TOTAL_BYTES, ObjectId, Pdf, Span, StructureDefect};
use super::tree::{self, SignatureField};
use eco_core::verdict::{Code, DocumentFindings, Finding, Subject};
use eco_core::{Fingerprint, SignatureHash, SpkiHash};
pub use standing::{PadesLevel, TimestampReport};

/// Most bytes that all signatures of a file cover together: each is digested on its own.
const MAX_SIGNED_BYTES: usize = 256 << 20;

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
    /// Timestamps on the signature; of a document timestamp, itself.
    pub timestamps: Vec<TimestampReport>,
    /// PAdES level that the file reaches, given the asker's trust anchors; `None` below B-B and for timestamps.
    pub level: Option<PadesLevel>,
    /// Why it is not the next higher level.
    pub level_gap: Option<String>,
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
    /// The attached data that the facts among the findings are read from: strict JSON of our profile.
    pub metadata: Option<Vec<u8>>,
    /// What was examined, in this order, and how it ended. Ends where nothing further could be examined.
    pub examined: Vec<Examined>,
}

/// A part of the examination, in the order of `pdf-signing.md` section 7.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Check {
    /// Limits, and every byte in one object of one revision.
    Structure,
    /// Page tree and form fields, without circles and doubles.
    Tree,
    /// One signature dictionary, one field, one box on one page.
    Pairing,
    /// The signed bytes are all of a revision but the signature itself.
    Geometry,
    /// Digest, signature, profile, timestamps.
    Signatures,
    /// What the signed content could do instead of show.
    ActiveContent,
    /// What later revisions changed, and whether the signatures allow it.
    LaterChanges,
    /// The data inside: one attachment, covered by the first signature, in form.
    Metadata,
}

impl Check {
    /// Name in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Structure => "structure",
            Self::Tree => "tree",
            Self::Pairing => "pairing",
            Self::Geometry => "geometry",
            Self::Signatures => "signatures",
            Self::ActiveContent => "active_content",
            Self::LaterChanges => "later_changes",
            Self::Metadata => "metadata",
        }
    }

    /// What was asked, for a person.
    #[must_use]
    pub const fn question(self) -> &'static str {
        match self {
            Self::Structure => "Can the file be read in one way only, with no byte left over?",
            Self::Tree => "Are pages and form fields listed once each?",
            Self::Pairing => "Does each signature belong to one field and one box on a page?",
            Self::Geometry => "Do the signatures cover the whole file as it was when they were made?",
            Self::Signatures => "Do the signatures verify?",
            Self::ActiveContent => "Is the content fixed, without scripts or parts from elsewhere?",
            Self::LaterChanges => "Was nothing changed after signing?",
            Self::Metadata => "Is the data inside in form, if there is any?",
        }
    }
}

/// How one part of the examination ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Examined {
    /// Which.
    pub check: Check,
    /// Indices into the findings: what it found, notices too.
    pub findings: core::ops::Range<usize>,
    /// Whether nothing was found that counts against the document.
    pub passed: bool,
}

/// Reads a PDF certificate: fingerprints to look for, and what is wrong with it.
#[must_use]
pub fn read_pdf(bytes: &[u8]) -> DocumentFindings {
    inspect_pdf(bytes).findings
}

/// Reads a PDF and reports each signature too.
#[must_use]
pub fn inspect_pdf(bytes: &[u8]) -> PdfReport {
    inspect_pdf_with(bytes, &PathMaterial::default())
}

/// [`inspect_pdf`] by someone who has trust anchors, and perhaps certificates, CRLs and OCSP answers to consider.
#[must_use]
pub fn inspect_pdf_with(bytes: &[u8], given: &PathMaterial) -> PdfReport {
    let mut report = PdfReport::default();
    if let Err(defect) = inspect(bytes, given, &mut report) {
        report.findings.candidates.clear();
        report.findings.stapled.clear();
        let check = if report.revisions == 0 { Check::Structure } else { Check::Tree };
        report.findings.findings.push(structure_finding(&defect));
        report.examined(check);
    }
    report
}

impl PdfReport {
    /// Closes a part of the examination: what was found since the last one belongs to it.
    fn examined(&mut self, check: Check) {
        let from = self.examined.last().map_or(0, |last| last.findings.end);
        let found = self.findings.findings.get(from..).unwrap_or_default();
        let passed = !found.iter().any(|finding| super::condemns(finding.code));
        self.examined.push(Examined { check, findings: from..self.findings.findings.len(), passed });
    }
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

/// A finding about a certificate at a byte offset. Names out of the file are shown without control characters.
pub(super) fn finding(code: Code, detail: impl Into<String>, offset: usize, object: Option<ObjectId>) -> Finding {
    let place = u64::try_from(offset).unwrap_or(u64::MAX);
    Finding::new(code, Subject::Certificate, printable(&detail.into())).at(place, object.map(|id| id.to_string()))
}

/// Text from a file as it may be printed: what moves a terminal or turns the reading direction is replaced.
fn printable(text: &str) -> String {
    let moves =
        |letter: char| letter.is_control() || matches!(letter, '\u{200e}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars().map(|letter| if moves(letter) { '\u{fffd}' } else { letter }).collect()
}

fn inspect(bytes: &[u8], given: &PathMaterial, report: &mut PdfReport) -> Result<(), StructureDefect> {
    let pdf = Pdf::parse(bytes)?;
    let last = pdf.revisions.len().saturating_sub(1);
    report.revisions = pdf.revisions.len();
    report.examined(Check::Structure);
    let pages = tree::pages(&pdf, last)?;
    report.pages = pages.len();
    let counted = format!("{} revisions, {} pages: every byte belongs to one object of one revision", last + 1, pages.len());
    report.findings.checks.push(counted);
    let fields = tree::signature_fields(&pdf, last)?;
    let shown = tree::widgets_shown(&pdf, last, &pages, &fields)?;
    report.examined(Check::Tree);

    let dictionaries = pairing::signature_dictionaries(&pdf);
    let signed: Vec<&SignatureField<'_>> = fields.iter().filter(|field| field.value.is_some()).collect();
    if signed.is_empty() && dictionaries.is_empty() {
        let detail = "no signature field of this file is signed";
        report.findings.findings.push(finding(Code::PdfSignatureMissing, detail, 0, None));
        report.examined(Check::Pairing);
        return Ok(());
    }
    let paired = pairing::pair(&pdf, &signed, &dictionaries, &shown, &mut report.findings.findings);
    report.examined(Check::Pairing);
    let placed = place(&pdf, paired, &mut report.findings.findings);
    report.examined(Check::Geometry);
    let newest = placed.iter().position(|found| found.kind == SignatureKind::Signature);
    let mut standing = standing::Standing::new(&pdf, given);
    for (index, found) in placed.iter().enumerate() {
        let mut outcome = signature::check(&pdf, found, newest == Some(index));
        standing.look(found, &mut outcome);
        report.findings.findings.extend(outcome.findings);
        report.findings.checks.extend(outcome.checks);
        report.findings.candidates.extend(outcome.candidate);
        report.findings.stapled.extend(outcome.stapled);
        report.signatures.push(outcome.report);
    }
    report.examined(Check::Signatures);
    if let Some(oldest) = placed.last() {
        for active in active::find(&pdf, oldest.revision) {
            report.findings.findings.push(finding(active.code(), active.what(), active.offset, Some(active.object)));
        }
    }
    report.examined(Check::ActiveContent);
    later_changes(&pdf, &placed, &mut report.findings);
    // A mere notice about a timestamp does not make up for the signature that is missing.
    if newest.is_none() && !report.findings.findings.iter().any(|finding| super::condemns(finding.code)) {
        let detail = "the file has timestamps but no signature";
        report.findings.findings.push(finding(Code::PdfSignatureMissing, detail, 0, None));
    }
    report.examined(Check::LaterChanges);
    if let Some(oldest) = placed.last() {
        report.metadata = metadata::read(&pdf, oldest.revision, &mut report.findings);
        report.examined(Check::Metadata);
    }
    Ok(())
}

/// Field, `/Contents` token and covered ranges of the signature that closes a file, if it has no octets yet.
pub(super) fn unfilled(bytes: &[u8]) -> Result<Option<(String, Span, [Span; 2])>, StructureDefect> {
    let pdf = Pdf::parse(bytes)?;
    let last = pdf.revisions.len().saturating_sub(1);
    let fields = tree::signature_fields(&pdf, last)?;
    let located = fields.iter().filter_map(|field| signature::locate(&pdf, field, field.value?.as_reference()?).ok());
    let mut empty = located.filter(|found| found.revision == last && found.contents.iter().all(|octet| *octet == 0));
    Ok(empty.next().map(|found| (found.field.clone(), found.gap, found.spans())))
}

/// Signatures whose geometry holds, newest first: one for each revision, and no more bytes to digest than the limit.
fn place<'p>(pdf: &'p Pdf<'_>, paired: Vec<(&SignatureField<'p>, ObjectId)>, findings: &mut Vec<Finding>) -> Vec<signature::Located<'p>> {
    let mut placed: Vec<signature::Located<'p>> = Vec::new();
    let mut covered = 0usize;
    for (field, id) in paired {
        match signature::locate(pdf, field, id) {
            Ok(found) => {
                covered = covered.saturating_add(found.covered_end());
                if covered > MAX_SIGNED_BYTES {
                    let what = format!("signatures cover more than {MAX_SIGNED_BYTES} bytes together");
                    findings.push(finding(Code::InputLimitExceeded, what, 0, Some(id)));
                    break;
                }
                if placed.iter().any(|other| other.revision == found.revision) {
                    let what = format!("signature {}: another one closes the same revision", field.name);
                    findings.push(finding(Code::PdfSignatureInvalid, what, 0, Some(id)));
                    continue;
                }
                placed.push(found);
            }
            Err(defect) => findings.push(defect),
        }
    }
    placed.sort_by_key(|found| core::cmp::Reverse(found.revision));
    placed
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
    let sealed: Vec<diff::Sealed> = placed.iter().map(|found| found.sealed(pdf)).collect();
    let mut decoded_left = MAX_DECODED_TOTAL_BYTES;
    let changes: Vec<Change> = diff::unpermitted(pdf, oldest + 1, &sealed, &mut decoded_left);
    if changes.is_empty() {
        let later = pdf.revisions.len() - oldest - 1;
        findings.checks.push(match later {
            0 => "nothing follows the signature".to_owned(),
            _ => format!("the {later} revisions after the first signature add signatures and proofs, and change nothing that is shown"),
        });
    }
    for change in changes {
        findings.findings.push(finding(Code::PdfModifiedAfterSigning, change.what, change.offset, change.object));
    }
}
