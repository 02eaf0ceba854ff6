//! Verdicts, receipts and entries as text and as JSON.

use crate::dates::{age, rfc3339};
use crate::document::Document;
use crate::report::{Paint, paint};
use eco_core::document::{DocumentId, DocumentStatus};
use eco_core::entry::{Entry, SignedEntry};
use eco_core::name::Timestamp;
use eco_core::receipt::{Dating, Receipt};
use eco_core::state::Change;
use eco_core::statement::Statement;
use eco_core::trust::TrustRoot;
use eco_core::verdict::{Class, Code, Finding, Question, Recorded, Trust, Verdict};
use eco_documents::pdf::{Examined, PadesLevel, SignatureKind, SignatureReport};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};
use std::io::IsTerminal;

/// Progress over files, on a terminal only.
pub(crate) fn progress_bar(files: usize, as_json: bool) -> ProgressBar {
    if as_json || files < 2 || !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(u64::try_from(files).unwrap_or(u64::MAX));
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos}/{len}  {per_sec}  {eta} left") {
        bar.set_style(style);
    }
    bar
}

/// The word of a verdict, coloured.
pub(crate) fn trust_word(trust: Trust) -> String {
    paint(
        trust.name(),
        match trust {
            Trust::Trusted => Paint::Good,
            Trust::Unverifiable => Paint::Doubt,
            Trust::Untrustworthy => Paint::Bad,
        },
    )
}

/// The name of a class in JSON.
pub(crate) const fn class_word(class: Class) -> &'static str {
    match class {
        Class::Untrustworthy => "untrustworthy",
        Class::NotEstablished => "not_established",
        Class::Excluded => "excluded",
        Class::Deferred => "deferred",
        Class::TrustNotice | Class::EligibilityNotice => "notice",
    }
}

/// The sentence for a person, with what the verdict knows filled in.
pub(crate) fn sentence(finding: &Finding, question: &Question, verdict: &Verdict) -> String {
    let as_of = question.as_of.unwrap_or(question.now);
    let changes = verdict.recorded.iter().flat_map(|r| r.history.iter());
    let last = |status: DocumentStatus| changes.clone().rfind(|c| c.status == status && c.time <= as_of);
    let change = match finding.code {
        Code::Revoked => last(DocumentStatus::Revoked),
        Code::Suspended => last(DocumentStatus::Suspended),
        Code::Superseded => last(DocumentStatus::Superseded),
        Code::ChangedSince => changes.clone().find(|c| c.time > as_of),
        _ => None,
    };
    let issuer = verdict.recorded.as_ref().map(|r| r.author).or(question.issuer);
    let head = verdict.head.map(|h| h.time);
    let time = change.map(|c| c.time).or(head);
    let unknown = || "(see below)".to_string();
    finding
        .code
        .sentence()
        .replace("{time}", &time.map_or_else(unknown, rfc3339))
        .replace("{date}", "the date below")
        .replace("{reason}", &change.map_or_else(unknown, |c| c.reason.to_string()))
        .replace("{status}", change.map_or("changed", |c| c.status.name()))
        .replace("{age}", &verdict.head.map_or_else(unknown, |h| age(as_of.since(h.time))))
        .replace("{issuer}", &issuer.map_or_else(|| "Nobody".to_string(), |i| i.to_string()))
        .replace("{number or id}", "another document")
        .replace("{role}", "issuer of certificates")
        .replace("{names}", "Others")
        .replace("{method}", "this method")
        .replace("{path}", "A field")
}

/// Moments that core writes as `1795524626963 ms`, as dates for people.
pub(crate) fn with_dates(text: &str) -> String {
    let words: Vec<&str> = text.split(' ').collect();
    let mut out: Vec<String> = Vec::with_capacity(words.len());
    for (at, word) in words.iter().enumerate() {
        let is_moment = |word: &str| word.len() == 13 && word.bytes().all(|b| b.is_ascii_digit());
        let unit = word.strip_prefix("ms").filter(|_| at.checked_sub(1).and_then(|before| words.get(before)).is_some_and(|w| is_moment(w)));
        match (unit, word.parse()) {
            (Some(rest), _) => out.last_mut().into_iter().for_each(|moment| moment.push_str(rest)),
            (None, Ok(ms)) if is_moment(word) => out.push(rfc3339(Timestamp(ms))),
            (None, _) => out.push((*word).to_string()),
        }
    }
    out.join(" ")
}

fn reason_lines(finding: &Finding, question: &Question, verdict: &Verdict) -> Vec<String> {
    let tint = match finding.code.class() {
        Class::Untrustworthy | Class::Excluded => Paint::Bad,
        Class::NotEstablished | Class::Deferred => Paint::Doubt,
        Class::TrustNotice | Class::EligibilityNotice => Paint::Dim,
    };
    let mut lines = vec![format!("  {}  {}", paint(finding.code.name(), tint), sentence(finding, question, verdict))];
    if !finding.detail.is_empty() {
        lines.push(format!("      {}", with_dates(&finding.detail)));
    }
    if let Some(place) = &finding.place {
        let object = place.object.as_ref().map_or_else(String::new, |o| format!(", object {o}"));
        lines.push(format!("      in the file at byte {}{object}", place.offset));
    }
    lines
}

fn recorded_lines(recorded: &Recorded) -> Vec<String> {
    let name = recorded.author_name.as_ref().map_or_else(String::new, |n| format!(" ({n})"));
    let mut lines = vec![
        format!("  issuer       {}{name}", recorded.author),
        format!("  recorded as  {} {}", recorded.kind.name(), recorded.fingerprint),
        format!("  document     {}", recorded.document),
        format!(
            "  recorded     {}",
            recorded.anchored.map_or_else(
                || format!("entry {}, the evidence does not date it", recorded.index),
                |(height, time)| format!("{} (entry {}, block {height})", rfc3339(time), recorded.index)
            )
        ),
    ];
    if let Some(status) = recorded.status {
        lines.push(format!("  status       {}", status.name()));
    }
    lines.extend(recorded.history.iter().skip(1).map(|c| format!("               {}", change_line(c))));
    lines
}

/// One dated change of a status.
pub(crate) fn change_line(change: &Change) -> String {
    format!("{} {} ({})", rfc3339(change.time), change.status.name(), change.reason)
}

/// The examination of a PDF as lines: what was asked of the file, and what came of it.
pub(crate) fn examination_lines(document: &Document) -> Vec<String> {
    let line = |examined: &Examined| {
        let found = examined.findings.len();
        let answer = match (examined.passed, found) {
            (true, 0) => paint("yes", Paint::Good),
            (true, _) => format!("{}, with {found} notices", paint("yes", Paint::Good)),
            (false, _) => paint("NO", Paint::Bad),
        };
        format!("  {} {answer}", examined.check.question())
    };
    let mut lines: Vec<String> = document.examined.iter().map(line).collect();
    if !lines.is_empty() {
        lines.insert(0, "examined in the file".to_string());
    }
    lines
}

/// The examination of a PDF as JSON, with what each part found and where.
pub(crate) fn examination_json(document: &Document) -> Value {
    let found = |examined: &Examined| -> Vec<Value> {
        let findings = document.findings.findings.get(examined.findings.clone()).unwrap_or_default();
        let place = |finding: &Finding| finding.place.clone().map(|p| json!({ "offset": p.offset, "object": p.object }));
        findings.iter().map(|f| json!({ "code": f.code.name(), "detail": f.detail, "place": place(f) })).collect()
    };
    let part = |e: &Examined| json!({ "check": e.check.name(), "question": e.check.question(), "passed": e.passed, "found": found(e) });
    document.examined.iter().map(part).collect()
}

/// A verdict as lines: what is recorded, reasons, checks, head, gaps.
pub(crate) fn verdict_lines(question: &Question, verdict: &Verdict) -> Vec<String> {
    let mut lines = Vec::new();
    lines.extend(verdict.recorded.iter().flat_map(recorded_lines));
    if !verdict.reasons.is_empty() {
        lines.push("reasons and notices".to_string());
        lines.extend(verdict.reasons.iter().flat_map(|r| reason_lines(r, question, verdict)));
    }
    if !verdict.checks.is_empty() {
        lines.push("checked".to_string());
        lines.extend(verdict.checks.iter().map(|c| format!("  {} {c}", paint("+", Paint::Good))));
    }
    if let Some(head) = &verdict.head {
        let asked = question.as_of.map_or_else(String::new, |at| format!("; judged as of {}", rfc3339(at)));
        lines.push(format!("evidence up to {} (block {}), {} old{asked}", rfc3339(head.time), head.height, age(head.age_ms)));
    }
    if !verdict.not_established.is_empty() {
        lines.push("not established".to_string());
        lines.extend(verdict.not_established.iter().map(|n| format!("  - {}", with_dates(n))));
    }
    lines
}

fn time_json(time: Timestamp) -> Value {
    json!({ "time": rfc3339(time), "time_ms": time.0 })
}

fn finding_json(finding: &Finding, question: &Question, verdict: &Verdict) -> Value {
    json!({
        "code": finding.code.name(),
        "class": class_word(finding.code.class()),
        "subject": finding.subject.name(),
        "sentence": sentence(finding, question, verdict),
        "detail": finding.detail,
        "offset": finding.place.as_ref().map(|p| p.offset),
        "object": finding.place.as_ref().and_then(|p| p.object.clone()),
    })
}

/// A signature or document timestamp as JSON: its PAdES level, why it is no higher, and its timestamps.
pub(crate) fn signature_json(signature: &SignatureReport) -> Value {
    let seconds = |time: i64| time_json(Timestamp(u64::try_from(time).unwrap_or(0).saturating_mul(1000)));
    let timestamps: Vec<Value> = signature
        .timestamps
        .iter()
        .map(|t| json!({ "time": seconds(t.time), "authority": t.authority, "anchor": t.anchor, "defect": t.defect }))
        .collect();
    json!({
        "field": signature.field,
        "kind": match signature.kind {
            SignatureKind::Signature => "signature",
            SignatureKind::DocumentTimestamp => "document_timestamp",
        },
        "revision": signature.revision,
        "intact": signature.is_intact,
        "signer": signature.signer_name,
        "method": signature.method,
        "claimed_time": signature.claimed_time.map(seconds),
        "certificate_from": signature.not_before.map(seconds),
        "certificate_until": signature.not_after.map(seconds),
        "level": signature.level.map(PadesLevel::name),
        "level_gap": signature.level_gap,
        "timestamps": timestamps,
    })
}

/// A dated change as JSON.
pub(crate) fn change_json(change: &Change) -> Value {
    json!({
        "status": change.status.name(),
        "reason": change.reason.to_string(),
        "reason_code": change.reason.0,
        "index": change.index,
        "height": change.height.0,
        "time": rfc3339(change.time),
        "time_ms": change.time.0,
    })
}

fn recorded_json(recorded: &Recorded) -> Value {
    json!({
        "document": recorded.document.to_string(),
        "issuer": recorded.author.as_str(),
        "issuer_name": recorded.author_name,
        "kind": recorded.kind.name(),
        "fingerprint": recorded.fingerprint.to_string(),
        "entry": recorded.entry.to_string(),
        "index": recorded.index,
        "height": recorded.anchored.map(|(height, _)| height.0),
        "time": recorded.anchored.map(|(_, time)| rfc3339(time)),
        "time_ms": recorded.anchored.map(|(_, time)| time.0),
        "status": recorded.status.map(DocumentStatus::name),
        "history": recorded.history.iter().map(change_json).collect::<Vec<_>>(),
    })
}

/// A verdict as JSON.
pub(crate) fn verdict_json(question: &Question, verdict: &Verdict) -> Value {
    json!({
        "trust": verdict.trust.name(),
        "reasons": verdict.reasons.iter().map(|r| finding_json(r, question, verdict)).collect::<Vec<_>>(),
        "checks": verdict.checks,
        "recorded": verdict.recorded.as_ref().map(recorded_json),
        "head": verdict.head.map(|h| json!({
            "height": h.height.0, "time": rfc3339(h.time), "time_ms": h.time.0, "age_ms": h.age_ms,
        })),
        "asked": { "now": time_json(question.now), "as_of": question.as_of.map(time_json) },
        "not_established": verdict.not_established,
    })
}

/// Organisations whose validators sealed a receipt's header.
pub(crate) fn sealed_by(receipt: &Receipt, trust: &TrustRoot) -> Vec<String> {
    let Ok(epoch) = trust.epoch(receipt.header.epoch) else { return Vec::new() };
    let set = epoch.validators.validators();
    let named = |place: u16| set.get(usize::from(place)).map(|v| v.organisation.to_string());
    receipt.seal.signatures.iter().filter_map(|s| named(s.validator)).collect()
}

/// A receipt that was checked, as JSON.
pub(crate) fn receipt_json(receipt: &Receipt, dating: Dating, trust: &TrustRoot) -> Value {
    let (dated, height, time) = match dating {
        Dating::Dated { height, time } => (true, height, time),
        Dating::ExistenceOnly { height, time } => (false, height, time),
    };
    json!({
        "entry": entry_json(receipt.entry.entry()),
        "keys": receipt.entry.signatures().iter().map(|s| s.key.to_string()).collect::<Vec<_>>(),
        "index": receipt.index,
        "dates_entry": dated,
        "height": height.0,
        "time": rfc3339(time),
        "time_ms": time.0,
        "epoch": receipt.header.epoch.0,
        "tree_size": receipt.header.tree_size,
        "round": receipt.seal.round.0,
        "sealed_by": sealed_by(receipt, trust),
    })
}

/// An entry as JSON.
pub(crate) fn entry_json(entry: &Entry) -> Value {
    let statement = match &entry.statement {
        Statement::Anchor(anchor) => json!({
            "kind": anchor.kind.name(),
            "document": DocumentId::of(&entry.author, &anchor.fingerprint).to_string(),
            "fingerprint": anchor.fingerprint.to_string(),
            "signature_hash": anchor.signature_hash.map(|h| h.to_string()),
            "reference_key": anchor.reference.map(|r| r.to_string()),
            "valid_from": anchor.valid_from.map(rfc3339),
            "valid_until": anchor.valid_until.map(rfc3339),
            "supersedes": anchor.supersedes.map(|s| s.document.to_string()),
        }),
        Statement::ChangeStatus(change) => json!({
            "document": change.document.to_string(),
            "base_revision": change.base.0,
            "status": change.status.name(),
            "reason": change.reason.to_string(),
        }),
        Statement::Attest(attest) => json!({
            "document": attest.document.to_string(),
            "base_revision": attest.base.0,
            "accreditation_standard": attest.standard.as_str(),
            "statement_hash": attest.statement.to_string(),
            "period_from": rfc3339(attest.period_from),
            "period_until": rfc3339(attest.period_until),
            "until": rfc3339(attest.until),
        }),
        Statement::WithdrawAttest(withdrawal) => json!({
            "document": withdrawal.document.to_string(),
            "base_revision": withdrawal.base.0,
            "statement_hash": withdrawal.statement.to_string(),
            "reason": withdrawal.reason.to_string(),
        }),
        Statement::Recognise(row) => json!({
            "scope": row.scope.to_string(),
            "body": row.body.as_str(),
            "base_revision": row.base.0,
            "accreditation_standard": row.standard.as_str(),
            "hs_prefixes": row.prefixes.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "valid_from": rfc3339(row.valid_from),
            "valid_until": row.valid_until.map(rfc3339),
            "source": { "url": row.source.url, "list_date": row.source.list_date.to_string(), "fingerprint": row.source.fingerprint.to_string() },
        }),
        Statement::WithdrawRecognise(withdrawal) => json!({
            "scope": withdrawal.scope.to_string(),
            "body": withdrawal.body.as_str(),
            "number": withdrawal.number,
            "base_revision": withdrawal.base.0,
            "reason": withdrawal.reason.to_string(),
        }),
        Statement::Present(present) => json!({
            "document": present.document.to_string(),
            "declaration_key": present.declaration.to_string(),
            "base_revision": present.base.0,
            "state": present.state.name(),
        }),
        Statement::Unknown { tag, .. } => json!({ "tag": tag }),
    };
    json!({
        "id": entry.id().to_string(),
        "network": entry.network.to_string(),
        "author": entry.author.as_str(),
        "agent": entry.agent.map(|a| a.to_string()),
        "not_after": rfc3339(entry.not_after),
        "statement": entry.statement.name(),
        "content": statement,
    })
}

/// An entry as lines.
pub(crate) fn entry_lines(entry: &Entry) -> Vec<String> {
    let mut lines = vec![
        format!("  {} by {}", entry.statement.name(), entry.author),
        format!("  entry        {}", entry.id()),
        format!("  network      {}", entry.network),
        format!("  not after    {}", rfc3339(entry.not_after)),
    ];
    match &entry.statement {
        Statement::Anchor(anchor) => {
            lines.push(format!("  kind         {}", anchor.kind.name()));
            lines.push(format!("  fingerprint  {}", anchor.fingerprint));
            lines.push(format!("  document     {}", DocumentId::of(&entry.author, &anchor.fingerprint)));
            lines.extend(anchor.reference.map(|r| format!("  number key   {r}")));
            lines.extend(anchor.valid_until.map(|t| format!("  valid until  {}", rfc3339(t))));
            lines.extend(anchor.supersedes.map(|s| format!("  supersedes   {}", s.document)));
        }
        Statement::ChangeStatus(change) => {
            lines.push(format!("  document     {}", change.document));
            lines.push(format!("  status       {} ({})", change.status.name(), change.reason));
        }
        Statement::Attest(attest) => {
            lines.push(format!("  document     {}", attest.document));
            lines.push(format!("  standard     {}", attest.standard));
            lines.push(format!("  statement    {}", attest.statement));
            lines.push(format!("  until        {}", rfc3339(attest.until)));
        }
        Statement::WithdrawAttest(withdrawal) => {
            lines.push(format!("  document     {}", withdrawal.document));
            lines.push(format!("  statement    {} ({})", withdrawal.statement, withdrawal.reason));
        }
        Statement::Recognise(row) => {
            lines.push(format!("  for          {}", row.scope));
            lines.push(format!("  body         {} ({})", row.body, row.standard));
            lines.push(format!("  goods        {}", row.prefixes.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")));
            lines.push(format!("  source       {} of {}", row.source.url, row.source.list_date));
        }
        Statement::WithdrawRecognise(withdrawal) => {
            lines.push(format!("  for          {}", withdrawal.scope));
            lines.push(format!("  body         {}, row {} ({})", withdrawal.body, withdrawal.number, withdrawal.reason));
        }
        Statement::Present(present) => {
            lines.push(format!("  document     {}", present.document));
            lines.push(format!("  declaration  {}", present.declaration));
            lines.push(format!("  state        {}", present.state.name()));
        }
        Statement::Unknown { tag, .. } => lines.push(format!("  a statement of a later version, number {tag}")),
    }
    lines
}

/// Signatures on an entry as lines.
pub(crate) fn signature_lines(entry: &SignedEntry) -> Vec<String> {
    entry.signatures().iter().map(|s| format!("  signed by    {}", s.key)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Nobody at a counter reads milliseconds since 1970.
    #[test]
    fn moments_are_shown_as_dates() {
        assert_eq!(with_dates("after 1767225601000 ms: ask"), "after 2026-01-01T00:00:01Z: ask");
        assert_eq!(
            with_dates("valid from 1767225601000 to 1767225602000 ms, now"),
            "valid from 2026-01-01T00:00:01Z to 2026-01-01T00:00:02Z, now"
        );
        assert_eq!(with_dates("380 ms old, entry 12"), "380 ms old, entry 12");
    }
}
