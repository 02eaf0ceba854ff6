//! A verdict kept with its evidence, judged again later to say what has changed since.

use super::consignment::report;
use super::{network_json, reader};
use crate::anchors;
use crate::args::VerifyArgs;
use crate::consignment::Consignment;
use crate::dates::{now, rfc3339};
use crate::document::Document;
use crate::fault::Fault;
use crate::files;
use crate::home::Home;
use crate::nodes::Asking;
use crate::report::{Exit, Report};
use crate::show::{change_line, trust_word, verdict_json, verdict_lines};
use anyhow::Result;
use eco_core::Fingerprint;
use eco_core::eco_file::{FileKind, unwrap};
use eco_core::verdict::{Finding, Judgement, Policy, Question, SavedVerdict, SchemeVerdict, Verdict};
use serde_json::json;
use std::path::{Path, PathBuf};

/// Judges a saved verdict again: whether its evidence gives what it states, and what is so now.
pub(super) async fn recheck(path: &Path, bytes: &[u8], args: &VerifyArgs, home: &Home) -> Result<Report> {
    refuse_what_is_saved(args)?;
    let shown = path.display().to_string();
    let saved: SavedVerdict =
        unwrap(FileKind::Verdict, bytes).map_err(|e| Fault::unverifiable("VERDICT_INVALID", format!("{shown}: {e}")))?;
    let trust = home.trust()?;
    let (then_question, then_policy) = (saved.question(), saved.policy());
    let policy = args.max_status_age.map_or(then_policy, |status_age_ms_max| Policy { status_age_ms_max, ..then_policy });
    let mut present = Consignment::saved(&saved, &shown)?;
    let then = present.judge(&then_question, trust.as_ref(), &then_policy);
    let mut changed = misstated(&saved, &then);
    let reread = read_again(path, &saved, args, home)?;
    let examined_anew = reread.is_some();
    let own = then.documents().next();
    if let Some(first) = present.pieces_mut().next() {
        match reread {
            Some(again) => {
                changed.extend(difference(&saved, &first.document, &again)?);
                first.gathered.add_stapled(&again);
                first.document = again;
            }
            None => first.document.findings.findings.extend(own.map(|then| saved.unexplained(then)).unwrap_or_default()),
        }
    }
    present.add_files(&args.receipt, trust.as_ref())?;
    let question = Question { now: now(), as_of: args.as_of.map(|day| day.end().min(now())), ..then_question.clone() };
    let mut asking = (!args.offline).then(|| Asking::of(home, trust.as_ref()));
    if let Some(asking) = &mut asking {
        let countries: Vec<_> = present.importing().into_iter().collect();
        present.ask(asking, &question, trust.as_ref(), &countries).await;
    }
    let judgement = present.judge(&question, trust.as_ref(), &policy);
    changed.extend(since(&present, &then, &judgement));

    let (word, codes) = saved.stated();
    let base = Report::new()
        .note(format!(
            "saved {}: {word}{}",
            rfc3339(then_question.now),
            saved.stated_scheme().map_or_else(String::new, |s| format!(", {}", s.eligibility))
        ))
        .note(if changed.is_empty() { "nothing has changed since" } else { "changed since" })
        .notes(changed.iter().map(|line| format!("  {line}")))
        .field("document", saved.name())
        .field("document_examined", examined_anew)
        .field(
            "saved",
            json!({ "trust": word, "codes": codes, "asked": rfc3339(then_question.now),
            "eligibility": saved.stated_scheme().map(|scheme| &scheme.eligibility) }),
        )
        .field("saved_verdict_holds", misstated(&saved, &then).is_empty())
        .field("then", own.map(|then| verdict_json(&then_question, then)))
        .field("eligibility_then", then.scheme.as_ref().map(|scheme| scheme.eligibility.name()))
        .field("changed", changed);
    let mut answer = if present.is_alone() {
        alone(base, &question, &saved, &judgement, examined_anew, &shown).field("network", trust.as_ref().map(network_json))
    } else {
        report(base, &question, &policy, &present, &judgement, trust.as_ref())
    };
    answer = answer.field("file", shown);
    Ok(answer.notes(asking.and_then(|asking| asking.keep_head())))
}

/// The answer about one document by itself.
fn alone(base: Report, question: &Question, saved: &SavedVerdict, judgement: &Judgement, examined_anew: bool, shown: &str) -> Report {
    let about = if examined_anew { "" } else { ", which was not at hand: its findings are those saved" };
    let Some(present) = judgement.documents().next() else { return base.exit(Exit::Unverifiable) };
    base.exit(Exit::of(present))
        .result(format!("{}  {shown}  (of {}{about})", trust_word(present.trust), saved.name()))
        .notes(verdict_lines(question, present))
        .field("verdict", verdict_json(question, present))
}

/// Where the file states something else than its evidence gives here.
fn misstated(saved: &SavedVerdict, then: &Judgement) -> Vec<String> {
    let mut lines = Vec::new();
    let mut verdicts = then.documents();
    if let Some(own) = verdicts.next().filter(|own| !saved.says_the_same(own)) {
        let (word, codes) = saved.stated();
        let given = codes_of(&own.reasons);
        lines.push(format!("the file states {word} ({}), its evidence gives {} ({given}) here", codes.join(" "), own.trust.name()));
    }
    let passports = saved.consignment().map(|together| together.passports.as_slice()).unwrap_or_default();
    for (passport, own) in passports.iter().zip(verdicts).filter(|(passport, own)| !passport.says_the_same(own)) {
        let (name, word, given) = (&passport.name, &passport.trust, own.trust.name());
        lines.push(format!("the file states {word} of {name}, its evidence gives {given} ({}) here", codes_of(&own.reasons)));
    }
    match (saved.stated_scheme(), &then.scheme) {
        (Some(stated), Some(own)) if !saved.says_the_same_of_scheme(own) => {
            let given = codes_of(&own.reasons);
            let (word, now) = (&stated.eligibility, own.eligibility.name());
            lines.push(format!("the file states {word} ({}), its evidence gives {now} ({given}) here", stated.codes.join(" ")));
        }
        (Some(stated), None) => lines.push(format!("the file states {} without what that rests on", stated.eligibility)),
        _ => {}
    }
    lines
}

/// A saved verdict is about its own question: another one is asked of the document.
fn refuse_what_is_saved(args: &VerifyArgs) -> Result<()> {
    let given = [
        ("--issuer", args.issuer.is_some()),
        ("--number", args.number.is_some()),
        ("--kind", args.kind.is_some()),
        ("--save", args.save.is_some()),
        ("--save-status", args.save_status.is_some()),
        ("--passport, --scheme, --importing, --lodged, --arrival, --entry, --declaration", args.together()),
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
fn since(consignment: &Consignment, then: &Judgement, present: &Judgement) -> Vec<String> {
    let mut lines = Vec::new();
    let alone = consignment.is_alone();
    for (piece, (then, present)) in consignment.pieces().zip(then.documents().zip(present.documents())) {
        let name = if alone { String::new() } else { format!("{}: ", piece.document.path.display()) };
        lines.extend(of_document(then, present).into_iter().map(|line| format!("{name}{line}")));
    }
    if let (Some(then), Some(present)) = (&then.scheme, &present.scheme) {
        lines.extend(of_scheme(then, present));
    }
    lines
}

fn of_document(then: &Verdict, present: &Verdict) -> Vec<String> {
    let mut lines = Vec::new();
    if then.trust != present.trust {
        lines.push(format!("{} then, {} now", then.trust.name(), present.trust.name()));
    }
    lines.extend(of_reasons(&then.reasons, &present.reasons));
    if let Some(recorded) = &present.recorded {
        let known = then.recorded.as_ref().map(|r| r.history.len().max(1)).unwrap_or_default();
        lines.extend(recorded.history.iter().skip(known).map(|change| format!("status: {}", change_line(change))));
    }
    lines
}

fn of_scheme(then: &SchemeVerdict, present: &SchemeVerdict) -> Vec<String> {
    let mut lines = Vec::new();
    if then.eligibility != present.eligibility {
        lines.push(format!("{}: {} then, {} now", present.scheme, then.eligibility.name(), present.eligibility.name()));
    }
    if then.revision != present.revision {
        lines.push(format!("{}: its rules have changed", present.scheme));
    }
    lines.extend(of_reasons(&then.reasons, &present.reasons).into_iter().map(|line| format!("{}: {line}", present.scheme)));
    lines
}

fn of_reasons(then: &[Finding], present: &[Finding]) -> Vec<String> {
    let has = |reasons: &[Finding], finding: &Finding| reasons.iter().any(|r| r.code == finding.code);
    let gone = then.iter().filter(|r| !has(present, r)).map(|r| format!("no longer {}", r.code.name()));
    let new = present.iter().filter(|r| !has(then, r)).map(|r| format!("now {}: {}", r.code.name(), r.detail));
    gone.chain(new).collect()
}

fn codes_of(reasons: &[Finding]) -> String {
    reasons.iter().map(|r| r.code.name()).collect::<Vec<_>>().join(" ")
}
