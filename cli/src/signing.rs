//! Signing many documents: each once, whatever happened to an earlier run.

use crate::authorities;
use crate::document::Document;
use crate::fault::Fault;
use crate::files;
use crate::fonts;
use crate::prepared;
use crate::secrets;
use anyhow::Result;
use eco_core::verdict::Class;
use eco_documents::pdf::{PathMaterial, Prepared, SignError, SignOptions, Signer, inspect_pdf, prepare, sign_and_read};
use std::path::{Path, PathBuf};

/// A document to be worked on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Job {
    /// The file as it was given.
    pub(crate) source: PathBuf,
    /// The file that is recorded: the signed one, or the same.
    pub(crate) document: PathBuf,
}

/// How documents are signed.
pub(crate) struct Signing {
    /// Who signs.
    pub(crate) signer: Box<dyn Signer + Send + Sync>,
    /// Whether the files were prepared, and the signer has the signature that was made elsewhere.
    pub(crate) is_prepared: bool,
    /// Time claimed, Unix seconds.
    pub(crate) time: i64,
    /// Signature field to fill.
    pub(crate) field: Option<String>,
    /// Reason shown by viewers.
    pub(crate) reason: Option<String>,
    /// Place shown by viewers.
    pub(crate) location: Option<String>,
    /// Timestamp authority to ask, and whom to trust for its answer.
    pub(crate) timestamp: Option<(String, PathMaterial)>,
}

/// Whether a document was signed now or by an earlier run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Signed {
    /// Now.
    Now,
    /// Before: its bytes are not touched, since they may be on the log.
    Before,
}

impl Signing {
    /// Signs a file, unless it is signed already.
    pub(crate) fn ensure(&self, job: &Job) -> Result<(Document, Signed)> {
        let (source, out) = (&job.source, &job.document);
        let pdf = files::read(source, files::DOCUMENT_BYTES_MAX)?;
        let in_place = source == out;
        if let Some(existing) = files::read_if_present(out, files::DOCUMENT_BYTES_MAX)? {
            if let Some(document) = self.signed_version(&pdf, &existing, out, in_place) {
                // Of a run that ended before it put its papers away.
                if self.is_prepared {
                    prepared::forget(out)?;
                }
                return Ok((document, Signed::Before));
            }
            if !in_place {
                return Err(Fault::usage(
                    "FILE_EXISTS",
                    format!("{} exists and is not {} as this key signs it", out.display(), source.display()),
                )
                .hint("remove it if it may go, or name another --out")
                .into());
            }
        }
        let (signed, report) = match self.is_prepared {
            true => prepared::finish(&pdf, job, self.signer.as_ref())?,
            false => self.with_fonts(source, |options| sign_and_read(&pdf, options, self.signer.as_ref()))?,
        };
        let (signed, report) = match &self.timestamp {
            None => (signed, report),
            Some((authority, given)) => {
                let stamped = authorities::stamp(source, &signed, authority, secrets::nonce()?, given)?;
                let report = inspect_pdf(&stamped);
                (stamped, report)
            }
        };
        files::replace(out, &signed)?;
        if self.is_prepared {
            prepared::forget(out)?;
        }
        Ok((Document::of_report(out, report), Signed::Now))
    }

    /// Everything but the signature.
    pub(crate) fn prepare(&self, pdf: &[u8], source: &Path) -> Result<Prepared> {
        self.with_fonts(source, |options| prepare(pdf, self.signer.identity(), options))
    }

    /// Works on a file; a second time with fonts of this computer if the built-in one lacks letters.
    fn with_fonts<T>(&self, source: &Path, work: impl Fn(&SignOptions) -> Result<T, SignError>) -> Result<T> {
        let mut options = SignOptions::new(secrets::nonce()?, self.time);
        options.field.clone_from(&self.field);
        options.reason.clone_from(&self.reason);
        options.location.clone_from(&self.location);
        let done = match work(&options) {
            Err(SignError::Glyphs { letters }) => {
                options.fonts = fonts::for_letters(&letters);
                work(&options)
            }
            done => done,
        };
        done.map_err(|e| Fault::refused("PDF_NOT_SIGNABLE", format!("{}: {e}", source.display())).into())
    }

    /// The file at the output's place, if it is the source with this certificate's signature as the last.
    fn signed_version(&self, pdf: &[u8], existing: &[u8], out: &Path, in_place: bool) -> Option<Document> {
        if !in_place && (existing.len() <= pdf.len() || !existing.starts_with(pdf)) {
            return None;
        }
        let report = inspect_pdf(existing);
        let clean = report.findings.findings.iter().all(|f| f.class == Class::TrustNotice);
        let own = report.signatures.first().is_some_and(|s| s.certificate.as_ref() == Some(&self.signer.identity().certificate));
        (clean && own).then(|| Document::of_report(out, report))
    }
}

/// The documents that arguments name: files, or folders of them. `out` is where results go; `None`: in place.
///
/// A single file goes to `out` itself; several, or a folder's, go into the folder `out` under their names.
pub(crate) fn jobs(given: &[PathBuf], out: Option<&Path>, wanted: files::Wanted) -> Result<Vec<Job>> {
    let mut jobs: Vec<Job> = Vec::new();
    for path in given {
        if !path.is_dir() {
            let document = match out {
                None => path.clone(),
                Some(out) if given.len() == 1 && !out.is_dir() => out.to_path_buf(),
                Some(out) => out.join(path.file_name().unwrap_or_default()),
            };
            jobs.push(Job { source: path.clone(), document });
            continue;
        }
        for name in files::below(path, out, wanted)? {
            let source = path.join(&name);
            let document = out.map_or_else(|| source.clone(), |out| out.join(&name));
            jobs.push(Job { source, document });
        }
    }
    if jobs.is_empty() {
        return Err(Fault::usage("NO_FILES", "the folders named hold no file of the kind wanted").into());
    }
    let mut places: Vec<&Path> = jobs.iter().map(|job| job.document.as_path()).collect();
    places.sort_unstable();
    if let Some([twice, _]) = places.windows(2).find(|pair| matches!(pair, [a, b] if a == b)) {
        return Err(Fault::usage("FILE_TWICE", format!("two of the files would go to {}", twice.display())).into());
    }
    Ok(jobs)
}
