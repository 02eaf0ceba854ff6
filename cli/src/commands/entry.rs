//! `eco entry`: prepare, sign and submit apart, so that the key may live in a room without network.

use crate::anchoring::{Outcome, entry_of};
use crate::args::{EntryCommand, EntryPrepareArgs, EntryPrepareChangeArgs};
use crate::commands::anchor::{superseded, terms};
use crate::commands::change;
use crate::dates::{now, rfc3339};
use crate::document::Document;
use crate::fault::Fault;
use crate::files::{self, ECO_BYTES_MAX};
use crate::home::Home;
use crate::named::Named;
use crate::nodes::Nodes;
use crate::report::{Exit, Report};
use crate::secrets::LogKey;
use crate::show::{entry_json, entry_lines, signature_lines};
use anyhow::Result;
use eco_core::document::DocumentStatus;
use eco_core::eco_file::{FileDefect, FileKind, content, kind_of, unwrap, wrap};
use eco_core::entry::{Entry, SignedEntry};
use eco_core::limits::NOT_AFTER_AHEAD_MS_MAX;
use eco_core::name::Timestamp;
use eco_core::status::StatusProof;
use std::path::{Path, PathBuf};

/// Runs `eco entry`.
pub(crate) async fn run(command: &EntryCommand, home: &Home) -> Result<Report> {
    match command {
        EntryCommand::Prepare(args) => prepare(args, home).await,
        EntryCommand::PrepareChange(args) => prepare_change(args, home).await,
        EntryCommand::Sign { entry, key, out, passphrase } => {
            let unsigned: Entry = unwrap(FileKind::Entry, &files::read(entry, ECO_BYTES_MAX)?).map_err(|e| invalid(entry, &e))?;
            let signed = LogKey::open(key, passphrase)?.sign(unsigned)?;
            files::write(out, &wrap(FileKind::SignedEntry, &signed))?;
            Ok(Report::new()
                .result(signed.id().to_string())
                .note(format!("signed, wrote {}:", out.display()))
                .notes(entry_lines(signed.entry()))
                .field("file", out.display().to_string())
                .field("entry", entry_json(signed.entry())))
        }
        EntryCommand::Submit { entry, out } => submit(entry, out.as_deref(), home).await,
        EntryCommand::Show { entry } => show(entry),
    }
}

async fn prepare(args: &EntryPrepareArgs, home: &Home) -> Result<Report> {
    let trust = home.trust_required()?;
    let author = home.organisation(args.terms.org)?;
    let not_after = waiting(args.wait)?;
    let supersedes = match &args.terms.supersedes {
        None => None,
        // The revision of the replaced document is the log's to say.
        Some(named) => Some(superseded(named, &author, None, &trust, &Nodes::connect(home, &trust)?).await?),
    };
    let document = Document::read(&args.file, args.method)?;
    let entry = entry_of(&document, args.number.as_ref(), &terms(&args.terms, author, &trust, supersedes, not_after))?;
    prepared(&entry, &args.out)
}

async fn prepare_change(args: &EntryPrepareChangeArgs, home: &Home) -> Result<Report> {
    let trust = home.trust_required()?;
    let author = home.organisation(args.org)?;
    let not_after = waiting(args.wait)?;
    let named = Named::of(&args.document, Some(author))?;
    let (document, record) = match &args.proof {
        None => named.ask(&Nodes::connect(home, &trust)?).await?,
        Some(path) => {
            let bytes = files::read(path, ECO_BYTES_MAX)?;
            let view = StatusProof::from_file(&bytes, &trust).and_then(|proof| proof.verify(&trust));
            named.find(&view.map_err(|e| Fault::unverifiable("LOG_PROOF_INVALID", format!("{}: {e}", path.display())))?)?
        }
    };
    prepared(&change::entry_of(&trust, author, document, record, args.status, args.reason, not_after)?, &args.out)
}

/// Until when an entry that may wait so long is good.
pub(crate) fn waiting(wait: u64) -> Result<Timestamp> {
    if wait > NOT_AFTER_AHEAD_MS_MAX {
        return Err(Fault::usage("WAIT_TOO_LONG", "an entry may wait 30 days at most").into());
    }
    // A minute less than the limit, so that a clock a little ahead does not make the entry inadmissible.
    Ok(now().plus_ms(wait.min(NOT_AFTER_AHEAD_MS_MAX.saturating_sub(60_000))))
}

/// Writes an entry to be signed elsewhere.
pub(crate) fn prepared(entry: &Entry, out: &Path) -> Result<Report> {
    files::write(out, &wrap(FileKind::Entry, entry))?;
    Ok(Report::new()
        .result(entry.id().to_string())
        .note(format!("wrote {}, to be signed:", out.display()))
        .notes(entry_lines(entry))
        .field("file", out.display().to_string())
        .field("entry", entry_json(entry)))
}

async fn submit(path: &Path, out: Option<&Path>, home: &Home) -> Result<Report> {
    let trust = home.trust_required()?;
    let signed = read_signed(path)?;
    if signed.entry().network != trust.network() {
        let (found, own) = (signed.entry().network, trust.network());
        return Err(Fault::usage("NETWORK_MISMATCH", format!("the entry is for network {found}, the trust root is for {own}")).into());
    }
    let out = out.map_or_else(|| path.with_extension("receipt.eco"), PathBuf::from);
    let nodes = Nodes::connect(home, &trust)?;
    match nodes.submit(vec![signed]).await?.pop() {
        Some(Outcome::Recorded { receipt, already, status }) => {
            files::write(&out, &receipt.to_file())?;
            let how = if already { "was on the log before" } else { "is on the log" };
            let exit = if status == Some(DocumentStatus::Revoked) { Exit::Revoked } else { Exit::Done };
            Ok(Report::new()
                .exit(exit)
                .result(out.display().to_string())
                .note(format!("{how}: entry {}, block {}, {}", receipt.index, receipt.header.height, rfc3339(receipt.header.time)))
                .field("receipt_file", out.display().to_string())
                .field("already_applied", already)
                .field("status", status.map(DocumentStatus::name))
                .field("index", receipt.index))
        }
        Some(Outcome::Refused(fault)) => Err(fault.into()),
        None => Err(Fault::unverifiable("NODE_ANSWER_INVALID", "no outcome for the entry").into()),
    }
}

fn show(path: &Path) -> Result<Report> {
    let bytes = files::read(path, ECO_BYTES_MAX)?;
    let (entry, signatures) = match kind_of(&bytes).map_err(|e| invalid(path, &e))? {
        FileKind::SignedEntry => {
            let signed = read_signed(path)?;
            let held = match signed.clone().verify() {
                Ok(_) => "  every signature holds (whose keys they are, the registry says)".to_string(),
                Err(defect) => format!("  INVALID: {defect}"),
            };
            let lines: Vec<String> = signature_lines(&signed).into_iter().chain([held]).collect();
            (signed.entry().clone(), lines)
        }
        _ => (unwrap::<Entry>(FileKind::Entry, &bytes).map_err(|e| invalid(path, &e))?, vec!["  not signed".to_string()]),
    };
    Ok(Report::new()
        .result(entry.id().to_string())
        .notes(entry_lines(&entry))
        .notes(signatures.clone())
        .field("entry", entry_json(&entry))
        .field("signatures", signatures))
}

fn read_signed(path: &Path) -> Result<SignedEntry> {
    let bytes = files::read(path, ECO_BYTES_MAX)?;
    let inside = content(FileKind::SignedEntry, &bytes).map_err(|e| invalid(path, &e))?;
    SignedEntry::decode(inside).map_err(|e| invalid(path, &FileDefect::Content(e)))
}

fn invalid(path: &Path, defect: &FileDefect) -> anyhow::Error {
    Fault::usage("ENTRY_INVALID", format!("{}: {defect}", path.display())).into()
}
