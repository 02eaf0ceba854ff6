//! `eco certificate replace`: a new certificate takes the place of a recorded one, on paper, in its data and on the log.

use crate::args::{AnchorTerms, CertificateReplaceArgs, MethodName, NumberArgs, PaceArgs};
use crate::attached;
use crate::commands::anchor::{Recording, numbering, record};
use crate::commands::sign::{log_key_of, signing};
use crate::fault::Fault;
use crate::files::{self, Wanted};
use crate::home::Home;
use crate::report::Report;
use crate::signing::jobs;
use crate::stapling::Place;
use anyhow::Result;
use eco_core::document::DocumentId;
use eco_documents::metadata::OriginalProof;
use std::collections::BTreeMap;

/// Runs `eco certificate replace`: the new one is looked at before it is signed. Safe to repeat.
pub(super) async fn run(args: &CertificateReplaceArgs, home: &Home, as_json: bool) -> Result<Report> {
    let old = attached::original(&args.old)?;
    names(args, &old)?;
    let author = home.organisation(args.issuer.org)?;
    let replaced = DocumentId::of(&author, &old.fingerprint).to_string();
    let jobs = jobs(std::slice::from_ref(&args.new), Some(&args.out), Wanted::Pdf)?;
    let terms = AnchorTerms { org: Some(author), kind: None, valid_until: None, supersedes: Some(replaced.clone()) };
    let own_numbers = NumberArgs { number: None, numbers: None, number_from_name: false };
    let recording = Recording {
        terms: &terms,
        replaced: BTreeMap::new(),
        number_of: numbering(&own_numbers, jobs.len())?,
        key: log_key_of(&args.issuer.log_key, args.issuer.log_passphrase_file.as_deref(), &args.signer)?,
        method: MethodName::Pdf,
        place: Place::Inside,
        pace: PaceArgs { batch: 1, workers: Some(1) },
        signing: Some(signing(&args.signer, home)?),
    };
    let report = record(recording, &jobs, home, as_json).await?;
    Ok(report.field("replaces", old.number).field("supersedes", replaced))
}

/// The new certificate's data name the old one: its number, and the very document.
fn names(args: &CertificateReplaceArgs, old: &OriginalProof) -> Result<()> {
    let (old_at, new_at) = (args.old.display(), args.new.display().to_string());
    let pdf = files::read(&args.new, files::DOCUMENT_BYTES_MAX)?;
    let data = attached::inside(&pdf, &new_at)?;
    let hint = format!("eco certificate new METADATA --replaces {old_at} --out FILE makes one that does");
    let stated = data.as_ref().and_then(|(_, data)| data.replaces.as_ref());
    let what = match stated {
        Some(stated) if stated.fingerprint == old.fingerprint && stated.number == old.number => return Ok(()),
        Some(stated) => {
            let (a, b) = (&stated.number, &stated.fingerprint);
            format!("{new_at} says that it replaces {a} ({b}), {old_at} is {} ({})", old.number, old.fingerprint)
        }
        None => format!("{new_at} does not say that it replaces {}", old.number),
    };
    Err(Fault::refused("METADATA_LINK_MISMATCH", what).hint(hint).into())
}
