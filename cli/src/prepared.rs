//! Signing in two phases, for a key that is held elsewhere: what is to be signed goes out as a file, its signature comes in.
//!
//! Between the two lies the prepared PDF. What is to be signed is computed from it again when the signature comes, so a
//! file that changed meanwhile takes no signature.

use crate::fault::Fault;
use crate::files::{self, Secrecy, with_suffix};
use crate::report::Report;
use crate::signing::{Job, Signing};
use anyhow::Result;
use eco_documents::pdf::{self, PdfReport, Prepared, SignError, SignatureProfile, Signer, SignerIdentity};
use std::path::{Path, PathBuf};

/// Bytes of the longest signature file: RSA of 8192 bits.
const SIGNATURE_BYTES_MAX: u64 = 1024;

/// A key that is not here: its signature may be.
pub(crate) struct HeldElsewhere {
    pub(crate) identity: SignerIdentity,
    pub(crate) signature: Option<Vec<u8>>,
}

impl Signer for HeldElsewhere {
    fn identity(&self) -> &SignerIdentity {
        &self.identity
    }

    fn sign(&self, _to_sign: &[u8]) -> Result<Vec<u8>, SignError> {
        self.signature.clone().ok_or_else(|| SignError::Key("its key is held elsewhere".into()))
    }
}

/// The prepared PDF that waits for its signature.
fn waiting(out: &Path) -> PathBuf {
    with_suffix(out, "prepared")
}

/// The octets to be signed.
fn to_sign(out: &Path) -> PathBuf {
    with_suffix(out, "to-sign")
}

/// Reads a signature that was made elsewhere.
pub(crate) fn signature(path: &Path) -> Result<Vec<u8>> {
    files::read(path, SIGNATURE_BYTES_MAX)
}

/// First phase: writes the prepared PDF and what is to be signed. One that waits already is not replaced.
pub(crate) fn prepare(signing: &Signing, job: &Job) -> Result<Report> {
    let (waiting, to_sign) = (waiting(&job.document), to_sign(&job.document));
    for path in [&job.document, &waiting, &to_sign] {
        if path.exists() {
            let fault = Fault::usage("FILE_EXISTS", format!("{} exists: a signature for it may be under way", path.display()));
            return Err(fault.hint("remove it if it may go, or name another --out").into());
        }
    }
    let pdf = files::read(&job.source, files::DOCUMENT_BYTES_MAX)?;
    let prepared = signing.prepare(&pdf, &job.source)?;
    files::write_new(&waiting, prepared.bytes(), Secrecy::Public)?;
    files::write_new(&to_sign, prepared.to_sign(), Secrecy::Public)?;
    let profile = signing.signer.identity().profile;
    Ok(Report::new()
        .result(to_sign.display().to_string())
        .note(format!(
            "sign the octets of {} ({}), then: eco sign {} .. --signature FILE",
            to_sign.display(),
            method(profile),
            job.source.display()
        ))
        .field("to_sign", to_sign.display().to_string())
        .field("prepared", waiting.display().to_string())
        .field("method", method(profile))
        .field("digest", hex::encode(profile.digest().digest(&[prepared.to_sign()])))
        .field("field", prepared.field().to_string()))
}

/// Second phase: the signed file. [`forget`] what waited once that is written.
pub(crate) fn finish(pdf: &[u8], job: &Job, signer: &dyn Signer) -> Result<(Vec<u8>, PdfReport)> {
    let (source, waiting) = (job.source.display(), waiting(&job.document));
    let Some(bytes) = files::read_if_present(&waiting, files::DOCUMENT_BYTES_MAX)? else {
        let fault = Fault::usage("NOT_PREPARED", format!("{} is missing: nothing waits for a signature", waiting.display()));
        return Err(fault.hint("eco sign .. --prepare makes it").into());
    };
    if !bytes.starts_with(pdf) {
        let fault = Fault::refused("PREPARED_OTHERWISE", format!("{} was not made from {source} as it is now", waiting.display()));
        return Err(fault.hint("one of the two was changed: prepare and sign again").into());
    }
    let refused = |e: SignError| {
        let fault = Fault::refused("PDF_NOT_SIGNABLE", format!("{}: {e}", waiting.display()));
        fault.hint("the signature must be by the certificate's key, over the octets of the .to-sign file; an ECDSA signature is DER")
    };
    let prepared = Prepared::reopen(bytes, signer.identity().clone()).map_err(refused)?;
    let signature = signer.sign(prepared.to_sign()).map_err(refused)?;
    let signed = pdf::finish(prepared, &signature).map_err(refused)?;
    let report = pdf::inspect_pdf(&signed);
    Ok((signed, report))
}

/// How the key is to sign, for people.
const fn method(profile: SignatureProfile) -> &'static str {
    match profile {
        SignatureProfile::Viewer => "ECDSA P-256 with SHA-256",
        SignatureProfile::Iso32002 => "Ed25519",
        SignatureProfile::Rsa => "RSA PKCS#1 v1.5 with SHA-256",
        SignatureProfile::RsaPss => "RSA-PSS with SHA-256 and 32 bytes of salt",
    }
}

/// Removes what waited for its signature, which has come.
pub(crate) fn forget(out: &Path) -> Result<()> {
    for path in [waiting(out), to_sign(out)] {
        match std::fs::remove_file(&path) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(e.into()),
            _ => {}
        }
    }
    Ok(())
}
