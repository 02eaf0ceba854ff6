//! `eco anchor`: record one document or thousands; their receipts appear beside them, or in them.

use crate::anchoring::{Done, FileState, Numbering, Run, Terms, document_of, record_all};
use crate::args::{AnchorArgs, AnchorTerms, NumberArgs};
use crate::dates::{now, rfc3339};
use crate::document::Document;
use crate::fault::Fault;
use crate::files::{self, ECO_BYTES_MAX, Wanted};
use crate::home::Home;
use crate::nodes::{Nodes, Query};
use crate::report::{Exit, Paint, Report, paint};
use crate::secrets::LogKey;
use crate::signing::{Job, Signing, jobs};
use crate::stapling::{Place, Placed};
use crate::{show, workers};
use anyhow::Result;
use eco_core::document::{DocumentId, DocumentKind, DocumentStatus};
use eco_core::limits::NOT_AFTER_AHEAD_MS_MAX;
use eco_core::name::{OrgId, Revision, Timestamp};
use eco_core::number::CertificateNumber;
use eco_core::receipt::{Dating, Receipt};
use eco_core::statement::Supersedes;
use eco_core::trust::TrustRoot;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// How long an entry may wait for the log. One that was never answered is not on the log after that.
pub(crate) const WAIT_MS: u64 = 3600 * 1000;

/// Runs `eco anchor`.
pub(crate) async fn run(args: &AnchorArgs, home: &Home, as_json: bool) -> Result<Report> {
    let wanted = match args.terms.kind {
        None | Some(DocumentKind::Certificate | DocumentKind::Declaration) => Wanted::Pdf,
        Some(DocumentKind::Passport) => Wanted::Json,
        Some(DocumentKind::Other) => Wanted::All,
    };
    let jobs = jobs(&args.files, None, wanted)?;
    let number_of = numbering(&args.numbers, jobs.len())?;
    let key = LogKey::open(&args.key, &args.passphrase)?;
    let recording = Recording {
        terms: &args.terms,
        replaced: BTreeMap::new(),
        number_of,
        key,
        method: args.method,
        place: if args.staple { Place::Inside } else { Place::Beside },
        pace: args.pace,
        signing: None,
    };
    record(recording, &jobs, home, as_json).await
}

/// What is recorded, and how.
pub(crate) struct Recording<'a> {
    /// What the Anchors say.
    pub(crate) terms: &'a AnchorTerms,
    /// What single files replace, by their sources, beside what the terms say.
    pub(crate) replaced: BTreeMap<PathBuf, Supersedes>,
    /// A file's certificate number.
    pub(crate) number_of: Numbering,
    /// Who signs the entries.
    pub(crate) key: LogKey,
    /// How files are read.
    pub(crate) method: crate::args::MethodName,
    /// Where receipts go.
    pub(crate) place: Place,
    /// How much at a time.
    pub(crate) pace: crate::args::PaceArgs,
    /// How documents are signed first, if they are.
    pub(crate) signing: Option<Signing>,
}

/// Records documents at the nodes of the configuration.
pub(crate) async fn record(recording: Recording<'_>, jobs: &[Job], home: &Home, as_json: bool) -> Result<Report> {
    let trust = home.trust_required()?;
    let author = home.organisation(recording.terms.org)?;
    let nodes = Nodes::connect(home, &trust)?;
    let supersedes = match &recording.terms.supersedes {
        Some(_) if jobs.len() > 1 => {
            let message = format!("--supersedes names one document, {} files are given", jobs.len());
            return Err(Fault::usage("SUPERSEDES_AMBIGUOUS", message).into());
        }
        Some(named) => {
            let own = jobs.first().filter(|job| job.document.is_file());
            let own = own.map(|job| Document::read(&job.document, recording.method)).transpose()?;
            let candidate = own.as_ref().and_then(|document| document.findings.candidates.first());
            let by = candidate.map(|candidate| DocumentId::of(&author, &candidate.fingerprint));
            Some(superseded(named, &author, by, &trust, &nodes).await?)
        }
        None => None,
    };
    let run = Arc::new(Run {
        signing: recording.signing,
        terms: terms(recording.terms, author, &trust, supersedes, now().plus_ms(WAIT_MS)),
        replaced: recording.replaced,
        key: recording.key,
        trust,
        method: recording.method,
        batch: usize::from(recording.pace.batch),
        workers: recording.pace.workers.map_or_else(workers::usual, usize::from),
        place: recording.place,
        number_of: recording.number_of,
    });
    let bar = show::progress_bar(jobs.len(), as_json);
    let (done, stopped) = record_all(&run, jobs, async |entries| nodes.submit(entries).await, |_| bar.inc(1)).await;
    bar.finish_and_clear();
    Ok(report(&done, stopped, jobs.len(), &run.trust))
}

/// The terms that all Anchors of a command share.
pub(crate) fn terms(args: &AnchorTerms, author: OrgId, trust: &TrustRoot, supersedes: Option<Supersedes>, not_after: Timestamp) -> Terms {
    Terms {
        network: trust.network(),
        author,
        kind: args.kind,
        valid_until: args.valid_until.map(crate::dates::Day::after),
        supersedes,
        not_after: Timestamp(not_after.0.min(now().0.saturating_add(NOT_AFTER_AHEAD_MS_MAX))),
    }
}

/// The document that is replaced, by id or receipt, and the revision that a node shows of it. If `by` has replaced it
/// already, the revision before that: the same statement again gets its original receipt.
pub(crate) async fn superseded(
    named: &str,
    author: &OrgId,
    by: Option<DocumentId>,
    trust: &TrustRoot,
    nodes: &Nodes,
) -> Result<Supersedes> {
    let document = superseded_id(named, trust)?;
    let (view, _) = nodes.status(&Query::Id(document)).await?;
    let record = crate::nodes::record_of(&view, &document)?;
    let record = record.ok_or_else(|| Fault::refused("LOG_ENTRY_MISSING", format!("{author} has recorded no document {document}")))?;
    let already = by.is_some() && record.superseded_by == by;
    if !already && matches!(record.status(), DocumentStatus::Revoked | DocumentStatus::Superseded) {
        let what = format!("{document} is {}, it cannot be replaced", record.status().name());
        return Err(Fault::refused("NOT_ACTIVE", what).into());
    }
    Ok(Supersedes { document, base: if already { Revision(record.revision.0.saturating_sub(1)) } else { record.revision } })
}

fn superseded_id(named: &str, trust: &TrustRoot) -> Result<DocumentId> {
    if let Ok(id) = named.parse() {
        return Ok(id);
    }
    let bytes = files::read(Path::new(named), ECO_BYTES_MAX)?;
    let receipt = Receipt::from_file(&bytes, trust).map_err(|e| Fault::usage("RECEIPT_INVALID", format!("{named}: {e}")))?;
    document_of(&receipt).ok_or_else(|| Fault::usage("RECEIPT_INVALID", format!("{named} is of a statement about no document")).into())
}

/// Where the number of each file comes from.
pub(crate) fn numbering(args: &NumberArgs, files: usize) -> Result<Numbering> {
    if args.number.is_some() && files > 1 {
        return Err(Fault::usage("NUMBER_AMBIGUOUS", format!("--number names one certificate, {files} files are given"))
            .hint("--numbers CSV, or --number-from-name")
            .into());
    }
    let numbers = args.numbers.as_deref().map(read_numbers).transpose()?;
    let args = args.clone();
    Ok(Box::new(move |path| number_of(&args, numbers.as_ref(), path)))
}

fn number_of(args: &NumberArgs, numbers: Option<&BTreeMap<String, CertificateNumber>>, path: &Path) -> Result<Option<CertificateNumber>> {
    if let Some(number) = &args.number {
        return Ok(Some(number.clone()));
    }
    let shown = path.display().to_string();
    let name = |part: Option<&std::ffi::OsStr>| part.map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    if let Some(numbers) = numbers {
        let found = numbers.get(&shown).or_else(|| numbers.get(&name(path.file_name())));
        return found
            .cloned()
            .map(Some)
            .ok_or_else(|| Fault::usage("NUMBER_MISSING", format!("{shown}: the CSV has no line for it")).into());
    }
    if args.number_from_name {
        let stem = name(path.file_stem());
        return CertificateNumber::normalise(&stem).map(Some).map_err(|e| Fault::usage("NUMBER_INVALID", format!("{shown}: {e}")).into());
    }
    Ok(None)
}

/// Reads `file,number` lines. A first line `file,number` is a heading; quotes may surround either.
fn read_numbers(path: &Path) -> Result<BTreeMap<String, CertificateNumber>> {
    let bytes = files::read(path, 64 << 20)?;
    let shown = path.display();
    let text = String::from_utf8(bytes).map_err(|_| Fault::usage("CSV_INVALID", format!("{shown} is not UTF-8")))?;
    parse_numbers(text.trim_start_matches('\u{feff}')).map_err(|what| Fault::usage("CSV_INVALID", format!("{shown}: {what}")).into())
}

fn parse_numbers(text: &str) -> Result<BTreeMap<String, CertificateNumber>, String> {
    let mut numbers = BTreeMap::new();
    for (at, line) in text.lines().enumerate().map(|(at, line)| (at + 1, line.trim())) {
        if line.is_empty() || (at == 1 && line.eq_ignore_ascii_case("file,number")) {
            continue;
        }
        // File names may hold commas, numbers cannot.
        let (file, number) = line.rsplit_once(',').ok_or_else(|| format!("line {at} is not file,number"))?;
        let plain = |field: &str| field.trim().trim_matches('"').to_string();
        let number = CertificateNumber::normalise(&plain(number)).map_err(|e| format!("line {at}: {e}"))?;
        if numbers.insert(plain(file), number).is_some() {
            return Err(format!("line {at}: {} is listed twice", plain(file)));
        }
    }
    Ok(numbers)
}

fn report(done: &[Done], stopped: Option<anyhow::Error>, files: usize, trust: &TrustRoot) -> Report {
    let mut report = Report::new();
    let (mut recorded, mut skipped, mut failed) = (0usize, 0usize, 0usize);
    let mut exit = Exit::Done;
    for one in done {
        let shown = one.job.document.display();
        match &one.state {
            FileState::Recorded { receipt, already, status, placed: place } => {
                recorded += 1;
                let how = if *already { "was recorded before" } else { "recorded" };
                let standing = status.filter(|s| *s != DocumentStatus::Active).map_or_else(String::new, |s| format!(", now {}", s.name()));
                let inside = if *place == Placed::Inside { ", its receipt is in the file" } else { "" };
                report = report.result(format!("{shown}  {how}: {}{inside}{standing}", placed(receipt))).notes(not_inside(one, place));
                if *status == Some(DocumentStatus::Revoked) {
                    exit = Exit::Revoked;
                }
            }
            FileState::Skipped { receipt, placed: place } => {
                skipped += 1;
                report = report.result(format!("{shown}  skipped, its receipt holds: {}", placed(receipt)));
                report = report.notes(place.iter().filter_map(|place| not_inside(one, place)));
            }
            FileState::Failed(fault) => {
                failed += 1;
                if exit == Exit::Done || fault.exit == Exit::Usage {
                    exit = fault.exit;
                }
                report = report.note(format!("{} {fault} [{}]", paint("error:", Paint::Bad), fault.reason));
                report = report.notes(fault.hint.iter().map(|h| format!("{} {h}", paint("hint:", Paint::Dim))));
            }
        }
    }
    let rows: Vec<Value> = done.iter().map(|d| row(d, trust)).collect();
    report = report.field("files", rows).field("recorded", recorded).field("skipped", skipped).field("failed", failed);
    if let Some(error) = stopped {
        let open = files.saturating_sub(done.len());
        let fault = error.downcast_ref::<Fault>();
        exit = fault.map_or(Exit::Unverifiable, |f| f.exit);
        report = report
            .note(format!("{} {error:#}", paint("error:", Paint::Bad)))
            .note(format!("{open} of {files} files are not settled; run the same command again, it skips what is done"))
            .field("not_settled", open)
            .field("error", json!({ "reason": fault.map_or("FAILED", |f| f.reason.as_str()), "message": format!("{error:#}") }));
    } else if files > 1 {
        report = report.note(format!("{recorded} recorded, {skipped} skipped, {failed} failed"));
    }
    report.exit(exit)
}

/// Why a receipt that was to be in the document lies beside it.
fn not_inside(done: &Done, placed: &Placed) -> Option<String> {
    let Placed::Beside { path, because: Some(because) } = placed else { return None };
    Some(format!("{}  not stapled: {because}; its receipt is {}", done.job.document.display(), path.display()))
}

fn placed(receipt: &Receipt) -> String {
    let header = &receipt.header;
    let since = if header.holds(receipt.index) { "" } else { "by " };
    format!("entry {}, block {}, {since}{}", receipt.index, header.height, rfc3339(header.time))
}

fn row(done: &Done, trust: &TrustRoot) -> Value {
    let document = &done.job.document;
    let dating = |r: &Receipt| {
        let (height, time) = (r.header.height, r.header.time);
        if r.header.holds(r.index) { Dating::Dated { height, time } } else { Dating::ExistenceOnly { height, time } }
    };
    let full = |r: &Receipt| show::receipt_json(r, dating(r), trust);
    let beside = || Some(files::sidecar(document)).filter(|path| path.is_file()).unwrap_or_else(|| document.clone());
    let where_it_is = |placed: Option<&Placed>| placed.map_or_else(beside, |p| p.file(document)).display().to_string();
    let because = |placed: Option<&Placed>| match placed {
        Some(Placed::Beside { because, .. }) => because.clone(),
        _ => None,
    };
    let (file, source) = (document.display().to_string(), done.job.source.display().to_string());
    match &done.state {
        FileState::Recorded { receipt, already, status, placed } => json!({
            "file": file, "source": source, "outcome": "recorded", "already_applied": already,
            "status": status.map(DocumentStatus::name), "receipt": full(receipt),
            "receipt_file": where_it_is(Some(placed)), "receipt_is": placed.name(), "not_stapled_because": because(Some(placed)),
        }),
        FileState::Skipped { receipt, placed } => json!({
            "file": file, "source": source, "outcome": "skipped", "receipt": full(receipt), "receipt_file": where_it_is(placed.as_ref()),
            "receipt_is": placed.as_ref().map(Placed::name), "not_stapled_because": because(placed.as_ref()),
        }),
        FileState::Failed(fault) => json!({
            "file": file, "source": source, "outcome": "failed",
            "error": { "reason": fault.reason, "message": fault.message, "hint": fault.hint },
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A number on the wrong line records a certificate under another's number, for ever.
    #[test]
    fn number_lists_are_read_strictly() {
        let numbers = parse_numbers("file,number\na.pdf,26C/0001\n\"b, c.pdf\",\"26c 0002\"\n").unwrap();
        assert_eq!(numbers["a.pdf"].as_str(), "26C/0001");
        assert_eq!(numbers["b, c.pdf"].as_str(), "26C0002");
        for bad in ["a.pdf", "a.pdf,", "a.pdf,1\na.pdf,2", "a.pdf,A_1"] {
            assert!(parse_numbers(bad).is_err(), "{bad}");
        }
    }
}
