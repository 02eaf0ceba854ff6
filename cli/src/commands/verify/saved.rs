//! A verdict kept with its evidence: written, and later judged again to say what has changed since.

use super::{Examined, examine, network_json, reader};
use crate::anchors;
use crate::args::VerifyArgs;
use crate::dates::{now, rfc3339};
use crate::document::Document;
use crate::evidence::Gathered;
use crate::fault::Fault;
use crate::files;
use crate::home::Home;
use crate::judging;
use crate::nodes::Asking;
use crate::report::{Exit, Report};
use crate::show::{change_line, trust_word, verdict_json, verdict_lines};
use anyhow::Result;
use eco_core::Fingerprint;
use eco_core::eco_file::{FileKind, unwrap, wrap};
use eco_core::verdict::{Policy, Question, SavedDocument, SavedVerdict, Verdict};
use serde_json::json;
use std::path::{Path, PathBuf};

/// The file that keeps a verdict.
pub(super) fn file_of(path: &Path, question: &Question, policy: &Policy, examined: &Examined) -> Result<Vec<u8>> {
    let Examined { document, gathered, verdict } = examined;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let content = Fingerprint::of_file(&files::read(path, files::DOCUMENT_BYTES_MAX)?).hash;
    let about = SavedDocument { name: &name, content, findings: &document.findings };
    let saved = SavedVerdict::of(question, policy, about, &gathered.receipt_bytes(), &gathered.status_bytes(), verdict);
    Ok(wrap(FileKind::Verdict, &saved))
}

/// Judges a saved verdict again: whether its evidence gives what it states, and what is so now.
pub(super) async fn recheck(path: &Path, bytes: &[u8], args: &VerifyArgs, home: &Home) -> Result<Report> {
    refuse_what_is_saved(args)?;
    let shown = path.display();
    let saved: SavedVerdict =
        unwrap(FileKind::Verdict, bytes).map_err(|e| Fault::unverifiable("VERDICT_INVALID", format!("{shown}: {e}")))?;
    let trust = home.trust()?;
    let (then_question, then_policy) = (saved.question(), saved.policy());
    let policy = args.max_status_age.map_or(then_policy, |status_age_ms_max| Policy { status_age_ms_max, ..then_policy });
    let mut gathered = Gathered::from_files(None, &[])?;
    saved.receipts().iter().chain(saved.statuses()).for_each(|bytes| gathered.add(format!("{shown}"), bytes.clone()));

    let as_saved = Document::of_findings(Path::new(saved.name()), saved.findings());
    let then = judging::verdict(&then_question, Some(&as_saved), &gathered, trust.as_ref(), &then_policy);
    for named in &args.receipt {
        gathered.add(named.display().to_string(), files::read(named, files::ECO_BYTES_MAX)?);
    }
    let reread = read_again(path, &saved, args, home)?;
    let mut changed = Vec::new();
    if !saved.says_the_same(&then) {
        let (word, codes) = saved.stated();
        changed.push(format!(
            "the file states {word} ({}), its evidence gives {} ({}) here",
            codes.join(" "),
            then.trust.name(),
            codes_of(&then)
        ));
    }
    if let Some(again) = &reread {
        changed.extend(difference(&saved, &as_saved, again)?);
    }
    let examined_anew = reread.is_some();
    let question = Question { now: now(), as_of: args.as_of.map(|day| day.end().min(now())), ..then_question.clone() };
    let mut asking = (!args.offline).then(|| Asking::of(home, trust.as_ref()));
    let examined = examine(reread.unwrap_or(as_saved), gathered, &question, trust.as_ref(), &policy, asking.as_mut()).await;
    let present = &examined.verdict;
    changed.extend(since(&then, present));

    let about = if examined_anew { "" } else { ", which was not at hand: its findings are those saved" };
    let mut report = Report::new()
        .exit(Exit::of(present))
        .result(format!("{}  {shown}  (of {}{about})", trust_word(present.trust), saved.name()))
        .note(format!("saved {}: {}", rfc3339(then_question.now), saved.stated().0))
        .note(if changed.is_empty() { "nothing has changed since" } else { "changed since" })
        .notes(changed.iter().map(|line| format!("  {line}")))
        .notes(verdict_lines(&question, present))
        .field("file", shown.to_string())
        .field("document", saved.name())
        .field("document_examined", examined_anew)
        .field("network", trust.as_ref().map(network_json))
        .field("saved", json!({ "trust": saved.stated().0, "codes": saved.stated().1, "asked": rfc3339(then_question.now) }))
        .field("saved_verdict_holds", saved.says_the_same(&then))
        .field("then", verdict_json(&then_question, &then))
        .field("verdict", verdict_json(&question, present))
        .field("changed", changed);
    if let Some(error) = asking.and_then(|asking| asking.keep_head().err()) {
        report = report.note(format!("the newest head was not kept: {error:#}"));
    }
    Ok(report)
}

/// A saved verdict is about its own question: another one is asked of the document.
fn refuse_what_is_saved(args: &VerifyArgs) -> Result<()> {
    let given = [
        ("--issuer", args.issuer.is_some()),
        ("--number", args.number.is_some()),
        ("--kind", args.kind.is_some()),
        ("--save", args.save.is_some()),
        ("--save-status", args.save_status.is_some()),
        ("--passport, --scheme, --importing, --lodged, --arrival, --entry", args.consignment.any()),
    ];
    let Some((name, _)) = given.iter().find(|(_, given)| *given) else { return Ok(()) };
    let what = format!("a saved verdict answers the question that was saved; {name} asks another");
    Err(Fault::usage("QUESTION_SAVED", what).hint("eco verify the document itself").into())
}

/// The document, if it is named or lies beside the verdict under its name.
fn read_again(path: &Path, saved: &SavedVerdict, args: &VerifyArgs, home: &Home) -> Result<Option<Document>> {
    // A name with a folder in it would be the saver's way to have other files read.
    let plain = Path::new(saved.name()).file_name().filter(|name| *name == saved.name());
    let beside = || plain.map(|name| path.with_file_name(name)).filter(|path| path.is_file());
    let found: Option<PathBuf> = args.document.clone().or_else(beside);
    found.map(|found| reader(args)(&found, args.method, &anchors::material(&args.anchors, home)?)).transpose()
}

/// What is different in the document itself.
fn difference(saved: &SavedVerdict, then: &Document, again: &Document) -> Result<Option<String>> {
    let shown = again.path.display();
    if then.findings.candidates != again.findings.candidates {
        return Ok(Some(format!("{shown} is another document: its signatures or fingerprints are not those of the verdict")));
    }
    let content = Fingerprint::of_file(&files::read(&again.path, files::DOCUMENT_BYTES_MAX)?).hash;
    Ok((content != *saved.content()).then(|| format!("{shown} has other bytes around the same signed content")))
}

/// What is so now and was not then, in words.
fn since(then: &Verdict, present: &Verdict) -> Vec<String> {
    let mut lines = Vec::new();
    if then.trust != present.trust {
        lines.push(format!("{} then, {} now", then.trust.name(), present.trust.name()));
    }
    let gone = then.reasons.iter().filter(|r| !present.has(r.code)).map(|r| format!("no longer {}", r.code.name()));
    let new = present.reasons.iter().filter(|r| !then.has(r.code)).map(|r| format!("now {}: {}", r.code.name(), r.detail));
    lines.extend(gone.chain(new));
    if let Some(recorded) = &present.recorded {
        let known = then.recorded.as_ref().map(|r| r.history.len().max(1)).unwrap_or_default();
        lines.extend(recorded.history.iter().skip(known).map(|change| format!("status: {}", change_line(change))));
    }
    lines
}

fn codes_of(verdict: &Verdict) -> String {
    verdict.reasons.iter().map(|r| r.code.name()).collect::<Vec<_>>().join(" ")
}
