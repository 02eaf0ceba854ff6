//! The metadata of a certificate: read with every flaw named, and what an Anchor commits to because of it.

use crate::document::{Document, ReadAs};
use crate::fault::Fault;
use crate::files;
use anyhow::Result;
use eco_core::Fingerprint;
use eco_core::commitment::SummaryKey;
use eco_core::document::Commitment;
use eco_core::name::OrgId;
use eco_core::number::CertificateNumber;
use eco_core::verdict::{Class, Code};
use eco_documents::metadata::{Carried, CertificateMetadata, read_metadata};
use eco_documents::pdf::{METADATA_FILE, attached_metadata};

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

/// What the Anchor of a document commits to: nothing, if it is no certificate with metadata inside.
pub(crate) fn commitments(document: &Document, author: &OrgId, number: Option<&CertificateNumber>) -> Result<Commitments> {
    let (ReadAs::Pdf, Some(number)) = (document.read_as, number) else { return Ok(Commitments::default()) };
    let shown = document.path.display().to_string();
    let Some((fingerprint, metadata)) = inside(&files::read(&document.path, files::DOCUMENT_BYTES_MAX)?, &shown)? else {
        return Ok(Commitments::default());
    };
    let printed = metadata.number_normal.as_str();
    let is_copy = metadata.true_copy_of.is_some() && number.as_str().strip_prefix(printed).is_some_and(|rest| rest.starts_with("/COPY"));
    if number.as_str() != printed && !is_copy {
        return Err(Fault::refused(
            Code::ReferenceConflict.name(),
            format!("{shown}: it would be recorded under the number {number}, its metadata says {printed}"),
        )
        .hint(format!("--number {printed}; a certified true copy has {printed}/COPY1 and so on"))
        .into());
    }
    let refuse = |e: eco_core::commitment::CommitmentDefect| Fault::refused(Code::FieldInvalid.name(), format!("{shown}: {e}"));
    let links = metadata.links(&fingerprint, Carried::InPdf).map_err(refuse)?;
    let text = metadata.summary(author).map_err(refuse)?;
    Ok(Commitments { links, summary: Some(Commitment::summary(&SummaryKey::of(&metadata.nonce()), &text)) })
}
