//! `eco sign`: put a signature into a PDF.

use crate::args::{ProfileName, SignArgs};
use crate::commands::key::read_certificate;
use crate::dates::now;
use crate::document::Document;
use crate::fault::Fault;
use crate::files;
use crate::report::Report;
use crate::secrets;
use anyhow::Result;
use eco_documents::pdf::{KeySigner, SignOptions, SignatureProfile, Signer, sign};

/// Runs `eco sign`. What it writes has passed our own verifier.
pub(crate) fn run(args: &SignArgs) -> Result<Report> {
    let pdf = files::read(&args.file, files::DOCUMENT_BYTES_MAX)?;
    let certificate = read_certificate(&args.certificate)?;
    let key = secrets::open(&args.key, &args.passphrase)?;
    let signer = KeySigner::new(key, certificate, Vec::new()).map_err(|e| Fault::usage("CERTIFICATE_INVALID", e.to_string()))?;
    check_profile(args.profile, signer.identity().profile)?;
    let seconds = i64::try_from(now().0 / 1000).unwrap_or(i64::MAX);
    let mut options = SignOptions::new(secrets::nonce()?, seconds);
    options.field = args.field.clone();
    options.reason = args.reason.clone();
    options.location = args.location.clone();
    let signed = sign(&pdf, &options, &signer).map_err(|e| Fault::refused("PDF_NOT_SIGNABLE", format!("{}: {e}", args.file.display())))?;
    files::write(&args.out, &signed)?;
    let document = Document::read(&args.out, crate::args::MethodName::Pdf)?;
    let candidate = document.recordable(eco_core::document::DocumentKind::Certificate)?;
    let fingerprint = candidate.fingerprint.to_string();
    let by = candidate.signer_name.clone().unwrap_or_default();
    Ok(Report::new()
        .result(fingerprint.clone())
        .note(format!("wrote {}, signed by {by}", args.out.display()))
        .field("file", args.out.display().to_string())
        .field("fingerprint", fingerprint)
        .field("signature_hash", candidate.signature_hash.map(|h| h.to_string()))
        .field("signer", by))
}

fn check_profile(asked: Option<ProfileName>, found: SignatureProfile) -> Result<()> {
    let fits = match asked {
        None => true,
        Some(ProfileName::Viewer) => found == SignatureProfile::Viewer,
        Some(ProfileName::Iso32002) => found == SignatureProfile::Iso32002,
    };
    if fits {
        return Ok(());
    }
    Err(Fault::usage("PROFILE_MISMATCH", "the key is not one of the profile asked for")
        .hint("viewer signs with P-256 keys, iso32002 with Ed25519 keys: eco key generate --certificate --profile ..")
        .into())
}
