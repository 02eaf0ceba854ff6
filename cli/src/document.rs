//! A document as `eco` sees it: its bytes, and what reading them found.

use crate::args::MethodName;
use crate::fault::Fault;
use crate::files;
use crate::limited::Worker;
use anyhow::{Context, Result};
use eco_core::Fingerprint;
use eco_core::document::DocumentKind;
use eco_core::verdict::{Candidate, Class, DocumentFindings, Facts, SignerStanding};
use eco_documents::credential::read_credential;
use eco_documents::pdf::{Examined, PathMaterial, PdfReport, SignatureReport, inspect_pdf_with};
use eco_documents::profile::OWN_CONTEXT;
use std::path::{Path, PathBuf};

/// A file and its findings.
#[derive(Debug, Clone)]
pub(crate) struct Document {
    /// Where it is.
    pub(crate) path: PathBuf,
    /// How it was read.
    pub(crate) read_as: ReadAs,
    /// What was found.
    pub(crate) findings: DocumentFindings,
    /// Signatures and document timestamps of a PDF, newest first.
    pub(crate) signatures: Vec<SignatureReport>,
    /// What was examined, in order; for a PDF that was read here.
    pub(crate) examined: Vec<Examined>,
    /// The data inside a PDF that its facts are read from; for one that was read here.
    pub(crate) data: Option<Vec<u8>>,
}

/// How a file was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ReadAs {
    /// As a PDF.
    Pdf,
    /// As a JSON document of ours.
    Jcs,
    /// As bytes.
    File,
}

impl Document {
    /// Reads a document.
    pub(crate) fn read(path: &Path, method: MethodName) -> Result<Self> {
        Self::read_by(path, method, &PathMaterial::default())
    }

    /// A PDF that was read already.
    pub(crate) fn of_report(path: &Path, report: PdfReport) -> Self {
        let PdfReport { findings, signatures, examined, metadata: data, .. } = report;
        Self { path: path.to_path_buf(), read_as: ReadAs::Pdf, findings, signatures, examined, data }
    }

    /// A document of which only the findings are known.
    pub(crate) fn of_findings(path: &Path, findings: DocumentFindings) -> Self {
        Self { path: path.to_path_buf(), read_as: ReadAs::Pdf, findings, signatures: Vec::new(), examined: Vec::new(), data: None }
    }

    /// A JSON document of ours from its bytes.
    pub(crate) fn of_json(path: &Path, bytes: &[u8]) -> Self {
        Self { read_as: ReadAs::Jcs, ..Self::of_findings(path, read_credential(bytes, &[])) }
    }

    /// Reads a document, for someone who has trust anchors.
    pub(crate) fn read_by(path: &Path, method: MethodName, given: &PathMaterial) -> Result<Self> {
        let bytes = files::read(path, files::DOCUMENT_BYTES_MAX)?;
        Ok(Self::of(path, &bytes, method, given))
    }

    /// Reads a document; a PDF in a process of its own, with limits. Only what `judge` takes comes back from there.
    pub(crate) fn read_limited(path: &Path, method: MethodName, given: &PathMaterial) -> Result<Self> {
        let bytes = files::read(path, files::DOCUMENT_BYTES_MAX)?;
        let worker = Worker::new().context("the limited process")?;
        Ok(Self::with(path, &bytes, method, |bytes| Self::of_findings(path, worker.read_pdf(bytes, given))))
    }

    fn of(path: &Path, bytes: &[u8], method: MethodName, given: &PathMaterial) -> Self {
        Self::with(path, bytes, method, |bytes| Self::of_report(path, inspect_pdf_with(bytes, given)))
    }

    fn with(path: &Path, bytes: &[u8], method: MethodName, read_pdf: impl FnOnce(&[u8]) -> Self) -> Self {
        let named_pdf = path.extension().is_some_and(|e| e.eq_ignore_ascii_case("pdf"));
        // A reader of PDF accepts the header anywhere in the first kilobyte, so a disguised PDF is one too.
        let holds_pdf = bytes.get(..bytes.len().min(1024)).unwrap_or_default().windows(5).any(|w| w == b"%PDF-");
        let read_as = match method {
            MethodName::Pdf => ReadAs::Pdf,
            MethodName::Jcs => ReadAs::Jcs,
            MethodName::File => ReadAs::File,
            MethodName::Auto if named_pdf || holds_pdf => ReadAs::Pdf,
            MethodName::Auto if is_own_json(path, bytes) => ReadAs::Jcs,
            MethodName::Auto => ReadAs::File,
        };
        let findings = match read_as {
            ReadAs::Pdf => return read_pdf(bytes),
            ReadAs::Jcs => read_credential(bytes, &[]),
            ReadAs::File => DocumentFindings {
                candidates: vec![Candidate {
                    fingerprint: Fingerprint::of_file(bytes),
                    signature_hash: None,
                    signer: None,
                    signer_name: None,
                    signer_valid: None,
                    standing: SignerStanding::default(),
                    key: None,
                }],
                checks: vec!["read as bytes".to_string()],
                ..DocumentFindings::default()
            },
        };
        Self { path: path.to_path_buf(), read_as, findings, signatures: Vec::new(), examined: Vec::new(), data: None }
    }

    /// Fingerprints of the certificates that this one copies or continues, where its data names them.
    pub(crate) fn originals(&self) -> Vec<Fingerprint> {
        let Facts::Certificate(facts) = &self.findings.facts else { return Vec::new() };
        [&facts.true_copy_of, &facts.back_to_back_of].into_iter().flatten().filter_map(|original| original.fingerprint).collect()
    }

    /// The signature to record the document by, if it may be recorded as this kind.
    pub(crate) fn recordable(&self, kind: DocumentKind) -> Result<&Candidate> {
        let shown = self.path.display();
        let condemned = self.findings.findings.iter().find(|f| f.code.class() != Class::TrustNotice);
        if let Some(finding) = condemned {
            let fault = Fault::refused(finding.code.name(), format!("{shown}: {}: {}", finding.code.sentence(), finding.detail));
            return Err(fault
                .hint(match self.read_as {
                    ReadAs::Pdf if self.findings.candidates.is_empty() => {
                        "sign it first: eco sign; or record its bytes: --kind other --method file"
                    }
                    ReadAs::Jcs => {
                        "eco passport check shows every flaw, eco passport sign signs; to record its bytes: --kind other --method file"
                    }
                    _ => "only a document that verifies may be recorded; to record its bytes: --kind other --method file",
                })
                .into());
        }
        let candidate = self.findings.candidates.first();
        let candidate =
            candidate.ok_or_else(|| Fault::refused("PDF_SIGNATURE_MISSING", format!("{shown} is not signed")).hint("eco sign"))?;
        if !kind.allows(candidate.fingerprint.method) {
            let (kind, method) = (kind.name(), candidate.fingerprint.method.name());
            let fault = Fault::refused("METHOD_NOT_ALLOWED", format!("{shown}: a {kind} cannot be recorded by method {method}"));
            return Err(fault.hint("a certificate is a signed PDF; any other file is recorded with --kind other").into());
        }
        Ok(candidate)
    }
}

/// Whether a file is a JSON document of ours: by its name `.jsonld`, or as `.json` that names our vocabulary.
fn is_own_json(path: &Path, bytes: &[u8]) -> bool {
    let named = |wanted: &str| path.extension().is_some_and(|e| e.eq_ignore_ascii_case(wanted));
    let ours = OWN_CONTEXT.as_bytes();
    named("jsonld") || (named("json") && bytes.windows(ours.len()).any(|w| w == ours))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes recorded as a certificate could never be shown to be signed by its issuer.
    #[test]
    fn plain_bytes_are_no_certificate() {
        let document = Document::of(Path::new("a.txt"), b"hello", MethodName::Auto, &PathMaterial::default());
        assert_eq!(document.read_as, ReadAs::File);
        assert!(document.recordable(DocumentKind::Other).is_ok());
        let error = document.recordable(DocumentKind::Certificate).unwrap_err();
        assert_eq!(error.downcast_ref::<Fault>().unwrap().reason, "METHOD_NOT_ALLOWED");
    }

    /// A PDF under another name must not slip past the checks of a PDF.
    #[test]
    fn a_pdf_is_one_whatever_its_name() {
        assert_eq!(Document::of(Path::new("a.bin"), b"junk\n%PDF-1.7\n", MethodName::Auto, &PathMaterial::default()).read_as, ReadAs::Pdf);
        let unsigned = Document::of(Path::new("a.pdf"), b"%PDF-1.7\n", MethodName::Auto, &PathMaterial::default());
        assert!(unsigned.recordable(DocumentKind::Certificate).is_err());
    }
}
