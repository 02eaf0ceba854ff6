//! `eco status`: what the log says about a document now, or the proof that it says nothing.

mod many;
mod product;
mod row;

use crate::args::StatusArgs;
use crate::dates::{age, now, rfc3339};
use crate::document::Document;
use crate::evidence::Gathered;
use crate::fault::Fault;
use crate::files;
use crate::home::Home;
use crate::judging;
use crate::listing::Listing;
use crate::nodes::{Asking, Nodes, Query, record_of};
use crate::report::{Exit, Report};
use crate::show::{change_json, change_line, trust_word, verdict_json, verdict_lines};
use crate::stating::keep;
use anyhow::Result;
use eco_core::document::{DocumentId, DocumentKind, DocumentStatus};
use eco_core::trust::TrustRoot;
use eco_core::verdict::{Code, Policy, Verdict};
use serde_json::json;
use std::path::{Path, PathBuf};

/// Runs `eco status`.
pub(crate) async fn run(args: &StatusArgs, home: &Home, as_json: bool) -> Result<Report> {
    let trust = home.trust_required()?;
    if let Some(product) = &args.product {
        return product::run(product, args, home, &trust).await;
    }
    let single = match args.documents.as_slice() {
        [] => args.batch.is_none(),
        [only] => !only.is_dir() && args.csv.is_none(),
        _ => false,
    };
    if !single {
        if args.save_status.is_some() || args.save_lists.is_some() {
            return Err(Fault::usage("ONE_DOCUMENT_ONLY", "--save-status and --save-lists are for one document").into());
        }
        return many::run(args, home, trust, as_json).await;
    }
    let file = args.documents.first();
    match args.document.or_else(|| file.and_then(|file| id_of(file))) {
        Some(id) => by_id(&id, args, home, &trust).await,
        None => by_question(file.map(PathBuf::as_path), args, home, &trust).await,
    }
}

/// The document id that stands in a file's place; a file of that name is a file.
fn id_of(given: &Path) -> Option<DocumentId> {
    given.to_str().and_then(|text| text.parse().ok()).filter(|_| !given.exists())
}

/// The status in one word.
fn word(verdict: &Verdict) -> &'static str {
    match verdict.recorded.as_ref().and_then(|recorded| recorded.status) {
        Some(status) => status.name(),
        None if verdict.has(Code::LogEntryMissing) => "not recorded",
        None => "not established",
    }
}

/// The exit code of a record's status, or of its absence.
const fn exit_of(status: Option<DocumentStatus>) -> Exit {
    match status {
        Some(DocumentStatus::Active) => Exit::Done,
        Some(DocumentStatus::Revoked) => Exit::Revoked,
        Some(DocumentStatus::Suspended | DocumentStatus::Superseded) | None => Exit::Untrustworthy,
    }
}

/// Adds where the document was presented, or who attested it. That nobody answers is told, and changes no answer.
async fn with_lists(report: Report, document: DocumentId, kind: DocumentKind, nodes: &Nodes, args: &StatusArgs) -> Result<Report> {
    match Listing::ask(nodes, document, kind).await {
        Ok(Some(listing)) => {
            let kept = args.save_lists.as_deref().map(|path| keep(path, &listing.files)).transpose()?.unwrap_or_default();
            let kept = kept.iter().map(|path| format!("kept the proof of its {} in {}", listing.name, path.display()));
            Ok(report.notes(listing.lines).notes(kept).field(listing.name, listing.json))
        }
        Ok(None) => Ok(report),
        Err(error) => Ok(report.note(format!("its presentations and attestations are not established: {error:#}"))),
    }
}

/// By file, or by issuer and number: the question is one for the judge.
async fn by_question(file: Option<&Path>, args: &StatusArgs, home: &Home, trust: &TrustRoot) -> Result<Report> {
    let document = file.map(|file| Document::read(file, args.method)).transpose()?;
    let mut question = judging::question_now(now());
    question.issuer = args.issuer;
    let (subject, query) = match (&document, &args.number) {
        (Some(document), _) => (document.path.display().to_string(), Query::of(document, args.issuer)),
        (None, Some(number)) => {
            let issuer = home
                .organisation(args.issuer)
                .map_err(|_| Fault::usage("ISSUER_MISSING", "a number needs its issuer").hint("--issuer SLUG"))?;
            question.issuer = Some(issuer);
            question.number = Some(number.clone());
            (format!("{number} by {issuer}"), Query::Number { issuer, number: number.clone() })
        }
        (None, None) => return Err(Fault::usage("DOCUMENT_MISSING", "no file, document id or number given").into()),
    };
    let mut gathered = Gathered::from_files(None, &[])?;
    Asking::of(home, Some(trust)).ask(&mut gathered, &query).await;
    let verdict = judging::verdict(&question, document.as_ref(), &gathered, Some(trust), &Policy::default());
    let recorded = verdict.recorded.as_ref();
    let report = Report::new()
        .exit(Exit::of(&verdict))
        .result(format!("{}  {subject}  ({})", trust_word(verdict.trust), word(&verdict)))
        .notes(recorded.iter().flat_map(|r| r.history.iter()).map(|c| format!("  {}", change_line(c))))
        .notes(verdict_lines(&question, &verdict))
        .field("subject", subject)
        .field("verdict", verdict_json(&question, &verdict));
    let report = match recorded {
        Some(recorded) => with_lists(report, recorded.document, recorded.kind, &Nodes::connect(home, trust)?, args).await?,
        None => report,
    };
    match (args.save_status.as_deref(), gathered.newest_status(trust)) {
        (Some(path), Some(bytes)) => {
            files::write(path, bytes)?;
            Ok(report.note(format!("kept the status proof in {}", path.display())))
        }
        (Some(path), None) => Ok(report.note(format!("no status proof to keep in {}", path.display()))),
        (None, _) => Ok(report),
    }
}

/// By document id: the record as it is, or the proof that there is none.
async fn by_id(id: &DocumentId, args: &StatusArgs, home: &Home, trust: &TrustRoot) -> Result<Report> {
    let nodes = Nodes::connect(home, trust)?;
    let (view, bytes) = nodes.status(&Query::Id(*id)).await?;
    if let Some(path) = &args.save_status {
        files::write(path, &bytes)?;
    }
    let header = &view.header;
    let head = format!("head: block {}, {}, {} old", header.height, rfc3339(header.time), age(now().since(header.time)));
    let report = Report::new()
        .field("document", id.to_string())
        .field("head", json!({ "height": header.height.0, "time": rfc3339(header.time), "time_ms": header.time.0 }));
    let Some(record) = record_of(&view, id)? else {
        return Ok(report
            .exit(Exit::Untrustworthy)
            .result(format!("NOT RECORDED  {id}"))
            .note("absence is proven under the sealed head")
            .note(head)
            .field("status", "absent"));
    };
    let status = record.status();
    let report = report
        .exit(exit_of(Some(status)))
        .result(format!("{}  {id}", status.name()))
        .note(format!("  {} by {}, revision {}", record.kind.name(), record.author, record.revision))
        .notes(record.history.iter().map(|c| format!("  {}", change_line(c))))
        .note(head)
        .field("status", status.name())
        .field("issuer", record.author.as_str())
        .field("kind", record.kind.name())
        .field("revision", record.revision.0)
        .field("history", record.history.iter().map(change_json).collect::<Vec<_>>());
    with_lists(report, *id, record.kind, &nodes, args).await
}
