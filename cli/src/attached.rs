//! The data of a certificate and of what it refers to: read with every flaw named, and what an Anchor commits to because of it.

use crate::args::MethodName;
use crate::checking::without_flaw;
use crate::document::{Document, ReadAs};
use crate::fault::Fault;
use crate::files;
use anyhow::Result;
use eco_core::Fingerprint;
use eco_core::commitment::{CommitmentDefect, SummaryKey};
use eco_core::document::{Commitment, DocumentId};
use eco_core::name::OrgId;
use eco_core::number::CertificateNumber;
use eco_core::verdict::{Class, Code, Facts, PassportFacts};
use eco_documents::metadata::{Carried, CertificateMetadata, OriginalProof, read_metadata};
use eco_documents::passport::read_passport;
use eco_documents::pdf::{METADATA_FILE, attached_metadata};
use std::path::Path;

/// What the log holds in place of passports and printed fields.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Commitments {
    /// To the metadata, its passports and its original, ascending.
    pub(crate) links: Vec<Commitment>,
    /// To the printed fields.
    pub(crate) summary: Option<Commitment>,
}

/// Reads metadata; `shown` names it in messages.
pub(crate) fn metadata(bytes: &[u8], shown: &str) -> Result<(Fingerprint, CertificateMetadata)> {
    let report = read_metadata(bytes);
    let condemning = |code: Code| matches!(code.class(), Class::Untrustworthy | Class::NotEstablished);
    // A proof may be added after the sheet was made: its absence is no flaw of the text.
    let flaws: Vec<_> = report.flaws.iter().filter(|flaw| condemning(flaw.code) && flaw.code != Code::ProofMissing).collect();
    match (flaws.first(), report.fingerprint.zip(report.metadata)) {
        (None, Some(read)) => Ok(read),
        (Some(first), _) => {
            let all: Vec<String> = flaws.iter().map(|f| format!("{} {}: {}, found {}", f.code, f.path, f.rule, f.found)).collect();
            Err(Fault::refused(first.code.name(), format!("{shown}: {}", all.join("; "))).hint(first.mend.clone()).into())
        }
        (None, None) => Err(Fault::refused(Code::JsonNotStrict.name(), format!("{shown} is no certificate metadata")).into()),
    }
}

/// The metadata inside a certificate, if it has some.
pub(crate) fn inside(pdf: &[u8], shown: &str) -> Result<Option<(Fingerprint, CertificateMetadata)>> {
    let data = attached_metadata(pdf).map_err(|e| Fault::refused(Code::PdfStructureAmbiguous.name(), format!("{shown}: {e}")))?;
    data.map(|data| metadata(&data, &format!("{shown}, {METADATA_FILE}"))).transpose()
}

/// The data of a certificate, and where it stands; none, if the document is no certificate with data.
pub(crate) fn data(document: &Document) -> Result<Option<(Fingerprint, CertificateMetadata, Carried)>> {
    let shown = document.path.display().to_string();
    let bytes = || files::read(&document.path, files::DOCUMENT_BYTES_MAX);
    match document.read_as {
        ReadAs::Pdf => Ok(inside(&bytes()?, &shown)?.map(|(fingerprint, data)| (fingerprint, data, Carried::InPdf))),
        ReadAs::Jcs if matches!(document.findings.facts, Facts::Certificate(_)) => {
            metadata(&bytes()?, &shown).map(|(fingerprint, data)| Some((fingerprint, data, Carried::Alone)))
        }
        ReadAs::Jcs | ReadAs::File => Ok(None),
    }
}

/// The number under which data are recorded: a certified true copy has its original's with /COPY and which copy it is.
pub(crate) fn reference_number(data: &CertificateMetadata, copy: Option<u16>) -> Result<CertificateNumber> {
    let printed = &data.number_normal;
    match (&data.true_copy_of, copy) {
        (None, None) => Ok(printed.clone()),
        (Some(_), Some(copy)) => {
            CertificateNumber::normalise(&format!("{printed}/COPY{copy}")).map_err(|e| Fault::usage("NUMBER_INVALID", e.to_string()).into())
        }
        (Some(_), None) => Err(Fault::usage("NUMBER_MISSING", format!("{printed} is a certified true copy: which one?"))
            .hint(format!("--number {printed}/COPY1 and so on"))
            .into()),
        (None, Some(copy)) => {
            Err(Fault::usage("NUMBER_NOT_ALLOWED", format!("{printed} is no certified true copy, copy {copy} was given")).into())
        }
    }
}

/// The number under which a certificate is recorded: the one given, else that of its data.
///
/// # Errors
/// Another number than its data has; none, where it has no data; a certified true copy without a number of its own.
pub(crate) fn number_of(
    document: &Document,
    data: Option<&CertificateMetadata>,
    given: Option<&CertificateNumber>,
) -> Result<CertificateNumber> {
    let shown = document.path.display();
    let missing = |hint: String| Fault::usage("NUMBER_MISSING", format!("{shown}: a certificate needs its number")).hint(hint);
    let Some(data) = data else {
        return given.cloned().ok_or_else(|| missing("--number N, --numbers CSV, or --number-from-name".into()).into());
    };
    let printed = &data.number_normal;
    let Some(given) = given else { return reference_number(data, None) };
    let copy = given.as_str().strip_prefix(printed.as_str()).and_then(|rest| rest.strip_prefix("/COPY")?.parse().ok());
    if reference_number(data, copy.filter(|copy| (1..=99).contains(copy))).is_ok_and(|number| number == *given) {
        return Ok(given.clone());
    }
    let message = format!("{shown}: it would be recorded under the number {given}, its data says {printed}");
    let hint = format!("--number {printed}; a certified true copy has {printed}/COPY1 and so on");
    Err(Fault::refused(Code::ReferenceConflict.name(), message).hint(hint).into())
}

/// What the Anchor of a certificate commits to.
pub(crate) fn commitments(
    document: &Document,
    author: &OrgId,
    (fingerprint, data, carried): &(Fingerprint, CertificateMetadata, Carried),
) -> Result<Commitments> {
    let refuse = |e: CommitmentDefect| Fault::refused(Code::FieldInvalid.name(), format!("{}: {e}", document.path.display()));
    let links = data.links(fingerprint, *carried).map_err(refuse)?;
    let text = data.summary(author).map_err(refuse)?;
    Ok(Commitments { links, summary: Some(Commitment::summary(&SummaryKey::of(&data.nonce()), &text)) })
}

/// A certificate is recorded as replacing the one that its data names, or none.
pub(crate) fn replaced_as_stated(
    document: &Document,
    author: &OrgId,
    data: &CertificateMetadata,
    recorded: Option<DocumentId>,
) -> Result<()> {
    let shown = document.path.display();
    let stated = data.replaces.as_ref().map(|o| (&o.number, DocumentId::of(author, &o.fingerprint)));
    let what = match (stated, recorded) {
        (None, None) => return Ok(()),
        (Some((_, stated)), Some(recorded)) if stated == recorded => return Ok(()),
        (Some((number, _)), None) => format!("{shown} says that it replaces {number}, the entry would not"),
        (None, Some(recorded)) => format!("the entry would replace {recorded}, {shown} names no certificate that it replaces"),
        (Some((number, stated)), Some(recorded)) => format!("{shown} says that it replaces {number} ({stated}), the entry {recorded}"),
    };
    Err(Fault::refused(Code::MetadataLinkMismatch.name(), what).hint("eco certificate replace OLD NEW, where NEW names OLD").into())
}

/// A passport that a certificate refers to, without flaw.
pub(crate) fn passport(path: &Path) -> Result<PassportFacts> {
    let shown = path.display();
    let report = read_passport(&files::read(path, files::DOCUMENT_BYTES_MAX)?, &[]);
    without_flaw(&shown.to_string(), "eco passport check", report.flaws.iter().chain(&report.carbon))?;
    report.facts.ok_or_else(|| Fault::refused("FIELD_MISSING", format!("{shown} is no whole passport")).into())
}

/// Another proof of origin that a certificate refers to: a signed one with its data.
pub(crate) fn original(path: &Path) -> Result<OriginalProof> {
    let shown = path.display();
    let document = Document::read(path, MethodName::Auto)?;
    let candidate = document.findings.candidates.first();
    let unsigned = || Fault::refused("PDF_SIGNATURE_MISSING", format!("{shown} has no signature that holds"));
    let fingerprint = candidate.ok_or_else(unsigned)?.fingerprint;
    let unknown = || {
        Fault::refused("METADATA_MISSING", format!("{shown} has no data that says its number and date"))
            .hint("give number, date and fingerprint by themselves")
    };
    let (_, data, _) = data(&document)?.ok_or_else(unknown)?;
    let origin = data.items.first().map(|item| item.origin);
    Ok(OriginalProof { number: data.number, issue_date: data.issue_date, origin, fingerprint })
}
