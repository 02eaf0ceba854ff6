//! `eco extend`: raise a signed PDF to PAdES B-T, B-LT or B-LTA, and renew its document timestamp.

use crate::anchors;
use crate::args::{ExtendArgs, LevelName};
use crate::authorities::{fetch, refused, stamp, timestamp};
use crate::dates::now;
use crate::fault::Fault;
use crate::files;
use crate::home::Home;
use crate::report::Report;
use crate::secrets;
use crate::show::signature_json;
use anyhow::Result;
use eco_documents::pdf::{
    PadesLevel, PathMaterial, SignatureKind, SignatureReport, add_store, finish_document_timestamp, inspect_pdf_with,
    prepare_document_timestamp,
};
use serde_json::Value;

/// Runs `eco extend`. Each step is checked by our own verifier; the file is written once, at the end.
pub(crate) fn run(args: &ExtendArgs, home: &Home) -> Result<Report> {
    let mut material = anchors::material(&args.anchors, home)?;
    let trusting = PathMaterial { anchors: material.anchors.clone(), ..PathMaterial::default() };
    let original = files::read(&args.file, files::DOCUMENT_BYTES_MAX)?;
    let mut pdf = original.clone();
    let mut notes = Vec::new();
    let newest = newest(&pdf, &trusting).ok_or_else(|| {
        Fault::refused("PDF_SIGNATURE_MISSING", format!("{} has no signature that verifies", args.file.display())).hint("eco sign")
    })?;
    if newest.timestamps.is_empty() {
        pdf = stamp(&args.file, &pdf, authority(args)?, secrets::nonce()?, &trusting)?;
        notes.push("put a timestamp on the signature".to_string());
    }
    if args.level >= LevelName::Lt {
        if !args.no_fetch {
            let seconds = i64::try_from(now().0 / 1000).unwrap_or(i64::MAX);
            notes.extend(fetch(&args.file, &pdf, &mut material, seconds)?.into_iter().map(|why| format!("not fetched: {why}")));
        }
        if let Some(stored) = add_store(&pdf, &material, secrets::nonce()?).map_err(|e| refused(&args.file, &e))? {
            pdf = stored;
            notes.push("put certificates and proofs into the file".to_string());
        }
    }
    let reached = self::newest(&pdf, &trusting).and_then(|signature| signature.level);
    if args.level == LevelName::Lta && (args.renew || reached < Some(PadesLevel::LTA)) {
        let nonces = [secrets::nonce()?, secrets::nonce()?];
        let prepared = prepare_document_timestamp(&pdf, &trusting, nonces).map_err(|e| refused(&args.file, &e))?;
        let answer = timestamp(authority(args)?, prepared.request())?;
        pdf = finish_document_timestamp(prepared, &answer, &trusting).map_err(|e| refused(&args.file, &e))?;
        notes.push("put a document timestamp over the file".to_string());
    }
    let out = args.out.as_ref().unwrap_or(&args.file);
    if pdf != original || args.out.is_some() {
        files::write(out, &pdf)?;
    }
    let report = inspect_pdf_with(&pdf, &trusting);
    let level = self::newest(&pdf, &trusting).and_then(|signature| signature.level);
    let word = level.map_or("below B-B", PadesLevel::name);
    if notes.is_empty() {
        notes.push("nothing was lacking".to_string());
    }
    Ok(Report::new()
        .result(format!("{word}  {}", out.display()))
        .notes(notes.clone())
        .field("file", out.display().to_string())
        .field("level", word)
        .field("steps", notes)
        .field("signatures", report.signatures.iter().map(signature_json).collect::<Vec<Value>>()))
}

/// The newest signature that is no timestamp and verifies.
fn newest(pdf: &[u8], given: &PathMaterial) -> Option<SignatureReport> {
    let signatures = inspect_pdf_with(pdf, given).signatures;
    signatures.into_iter().find(|signature| signature.kind == SignatureKind::Signature && signature.is_intact)
}

fn authority(args: &ExtendArgs) -> Result<&str> {
    args.timestamp.as_deref().ok_or_else(|| {
        Fault::usage("TIMESTAMP_AUTHORITY_MISSING", format!("level {:?} takes a timestamp, and no authority was named", args.level))
            .hint("--timestamp URL")
            .into()
    })
}
