//! `eco passport anchor` and `supersede`: signed passports go on the log as any document does, under their products.

use crate::args::{AnchorTerms, MethodName, NumberArgs, PaceArgs, PassportAnchorArgs, PassportRecordingArgs, PassportSupersedeArgs};
use crate::commands::anchor::{self, Recording, numbering};
use crate::fault::Fault;
use crate::files::{self, Wanted};
use crate::home::Home;
use crate::proving::JSON_BYTES_MAX;
use crate::report::Report;
use crate::secrets::LogKey;
use crate::signing::jobs;
use crate::stapling::Place;
use anyhow::Result;
use eco_core::document::{DocumentId, DocumentKind};
use eco_core::scheme::product;
use eco_core::verdict::PassportFacts;
use eco_documents::passport::read_passport;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Runs `eco passport anchor`.
pub(super) async fn anchor(args: &PassportAnchorArgs, home: &Home, as_json: bool) -> Result<Report> {
    record(&args.files, &args.recording, args.pace, None, home, as_json).await
}

/// Runs `eco passport supersede`.
pub(super) async fn supersede(args: &PassportSupersedeArgs, home: &Home, as_json: bool) -> Result<Report> {
    let (old, new) = (facts(&args.old)?, facts(&args.new)?);
    succeeds((&args.old, &old), (&args.new, &new))?;
    let replaced = DocumentId::of(&home.organisation(args.recording.org)?, &old.fingerprint).to_string();
    let pace = PaceArgs { batch: 1, workers: None };
    let files = std::slice::from_ref(&args.new);
    let report = record(files, &args.recording, pace, Some(replaced.clone()), home, as_json).await?;
    Ok(report.field("supersedes", replaced))
}

async fn record(
    files: &[PathBuf],
    how: &PassportRecordingArgs,
    pace: PaceArgs,
    supersedes: Option<String>,
    home: &Home,
    as_json: bool,
) -> Result<Report> {
    let jobs = jobs(files, None, Wanted::Json)?;
    let terms = AnchorTerms { org: how.org, kind: Some(DocumentKind::Passport), valid_until: how.valid_until, supersedes };
    let unnumbered = NumberArgs { number: None, numbers: None, number_from_name: false };
    let recording = Recording {
        terms: &terms,
        replaced: BTreeMap::new(),
        number_of: numbering(&unnumbered, jobs.len())?,
        key: LogKey::open(&how.key, &how.passphrase)?,
        method: MethodName::Jcs,
        place: Place::Beside,
        pace,
        signing: None,
    };
    anchor::record(recording, &jobs, home, as_json).await
}

fn facts(path: &Path) -> Result<PassportFacts> {
    let shown = path.display();
    let facts = read_passport(&files::read(path, JSON_BYTES_MAX)?, &[]).facts;
    facts.ok_or_else(|| {
        Fault::refused("FIELD_INVALID", format!("{shown} is no whole passport")).hint(format!("eco passport check {shown}")).into()
    })
}

/// The new passport names the old one, and is about the same product by the same issuer.
fn succeeds((old_at, old): (&Path, &PassportFacts), (new_at, new): (&Path, &PassportFacts)) -> Result<()> {
    let (old_at, new_at) = (old_at.display(), new_at.display());
    if new.supersedes.as_ref() != Some(&old.id) {
        let named = new.supersedes.as_deref().map_or_else(|| "no passport".to_owned(), |id| format!("{id} as the one"));
        let message = format!("{new_at} names {named} that it replaces, {old_at} is {}", old.id);
        let hint = format!("eco passport new --supersedes {old_at} --out FILE, then eco passport sign");
        return Err(Fault::refused("METADATA_LINK_MISMATCH", message).hint(hint).into());
    }
    let same =
        [("id", new.id != old.id), ("issuer", new.issuer.id == old.issuer.id), ("product", product::same(&new.product, &old.product))];
    let what = match same.iter().find(|(_, holds)| !holds).map(|(what, _)| *what) {
        None => return Ok(()),
        Some("id") => format!("both passports have the id {}, each version needs its own", new.id),
        Some("issuer") => format!("{old_at} is by {}, {new_at} by {}", old.issuer.id, new.issuer.id),
        Some(_) => format!("{old_at} is about {}, {new_at} about {}", old.product, new.product),
    };
    Err(Fault::refused("ORIGIN_LINK_MISMATCH", what).hint("a passport is replaced by its own next version only").into())
}
