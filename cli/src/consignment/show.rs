//! The whole verdict as text and as JSON: each document, the scheme, and how certificate and customs entry compare.

use super::{Consignment, SchemeAsked};
use crate::dates::rfc3339;
use crate::report::{Paint, paint};
use crate::show::{class_word, trust_word, verdict_json, verdict_lines, with_dates};
use eco_core::name::{Country, Timestamp};
use eco_core::verdict::{Class, Code, Eligibility, Finding, Judgement, Question, SchemeVerdict, Subject};
use serde_json::{Value, json};

/// The words of a judgement, one line for each document and one for the scheme.
pub(crate) fn headlines(consignment: &Consignment, judgement: &Judgement) -> Vec<String> {
    let documents = consignment.pieces().zip(judgement.documents());
    let mut lines: Vec<String> =
        documents.map(|(piece, verdict)| format!("{}  {}", trust_word(verdict.trust), piece.document.path.display())).collect();
    lines.extend(scheme_headline(judgement));
    lines
}

/// The word for the scheme, if one was asked for.
pub(crate) fn scheme_headline(judgement: &Judgement) -> Option<String> {
    judgement.scheme.as_ref().map(|scheme| format!("{}  {}", eligibility_word(scheme.eligibility), scheme_name(scheme)))
}

/// The word for the scheme by itself, if one was asked for.
pub(crate) fn eligibility_of(judgement: &Judgement) -> Option<String> {
    judgement.scheme.as_ref().map(|scheme| eligibility_word(scheme.eligibility))
}

fn eligibility_word(eligibility: Eligibility) -> String {
    let tint = match eligibility {
        Eligibility::Eligible => Paint::Good,
        Eligibility::Undetermined => Paint::Doubt,
        Eligibility::NotEligible => Paint::Bad,
    };
    paint(eligibility.name(), tint)
}

fn scheme_name(scheme: &SchemeVerdict) -> String {
    match (scheme.revision, scheme.scheme.as_str()) {
        (None, "entry") => "customs entry against certificate".into(),
        (None, name) => name.into(),
        (Some(revision), name) => format!("{name} revision {revision}"),
    }
}

/// Everything behind the words.
pub(crate) fn lines(question: &Question, consignment: &Consignment, judgement: &Judgement) -> Vec<String> {
    let importing = consignment.importing();
    let mut lines = Vec::new();
    for (piece, verdict) in consignment.pieces().zip(judgement.documents()) {
        lines.push(format!("{}  {}", paint("--", Paint::Dim), piece.document.path.display()));
        lines.extend(verdict_lines(question, verdict));
    }
    lines.extend(scheme_section(consignment, judgement));
    if !judgement.aside.is_empty() {
        lines.push("beside the question; decides nothing".into());
        lines.extend(judgement.aside.iter().flat_map(|finding| finding_lines(finding, importing)));
    }
    lines.extend(remarks(consignment).into_iter().map(|remark| format!("note: {remark}")));
    lines
}

/// The answer for the scheme, with everything behind it.
pub(crate) fn scheme_section(consignment: &Consignment, judgement: &Judgement) -> Vec<String> {
    let Some(scheme) = &judgement.scheme else { return Vec::new() };
    let head = format!("{}  {}", paint("--", Paint::Dim), scheme_name(scheme));
    [head].into_iter().chain(scheme_lines(consignment, scheme, consignment.importing())).collect()
}

fn scheme_lines(consignment: &Consignment, scheme: &SchemeVerdict, importing: Option<Country>) -> Vec<String> {
    let mut lines = Vec::new();
    if let SchemeAsked::Given(_) = consignment.terms.scheme {
        lines.push("  the rules are those of the file given, not of the log".into());
    }
    lines.push(format!("  importing    {}", importing.map_or_else(|| "not known".into(), |country| country.to_string())));
    lines.push(format!("  as of        {}", scheme.reference.map_or_else(|| "not known".into(), rfc3339)));
    if scheme.revision.is_some() {
        let mode = scheme.mode.map_or("the scheme has not begun then", |mode| mode.name());
        let effect = scheme.effect.as_ref().map(|effect| format!(": {} ({})", effect.kind.name(), effect.text));
        lines.push(format!("  what follows {mode}{}", effect.unwrap_or_default()));
    }
    if !scheme.reasons.is_empty() {
        lines.push("reasons and notices".into());
        lines.extend(scheme.reasons.iter().flat_map(|finding| finding_lines(finding, importing)));
    }
    if !scheme.checks.is_empty() {
        lines.push("checked".into());
        lines.extend(scheme.checks.iter().map(|check| format!("  {} {check}", paint("+", Paint::Good))));
    }
    if !scheme.not_established.is_empty() {
        lines.push("not established".into());
        lines.extend(scheme.not_established.iter().map(|gap| format!("  - {}", with_dates(gap))));
    }
    lines
}

fn finding_lines(finding: &Finding, importing: Option<Country>) -> Vec<String> {
    let tint = match finding.class {
        Class::Untrustworthy | Class::Excluded => Paint::Bad,
        Class::NotEstablished | Class::Deferred => Paint::Doubt,
        Class::TrustNotice | Class::EligibilityNotice => Paint::Dim,
    };
    // Some sentences name the item themselves.
    let beside = finding.item.filter(|_| !finding.code.sentence().contains("{n}"));
    let item = beside.map_or_else(String::new, |item| format!(" (item {item})"));
    let mut lines = vec![format!("  {}  {}{item}", paint(finding.code.name(), tint), sentence(finding, importing))];
    if !finding.detail.is_empty() {
        lines.push(format!("      {}", with_dates(&finding.detail)));
    }
    lines
}

/// The sentence for a person; what only the detail knows is read there.
fn sentence(finding: &Finding, importing: Option<Country>) -> String {
    let path = finding.path.as_deref().unwrap_or("a field");
    let country = importing.map_or_else(|| "The importing country".into(), |country| country.to_string());
    let number = match (finding.code, finding.item) {
        (Code::PassportMissing, Some(item)) => item.to_string(),
        _ => "(see below)".into(),
    };
    // What is to be stated is stated: it is the list of that country which was not shown whole.
    if let (Code::RecognitionNotChecked, Some(_)) = (finding.code, importing) {
        return format!("Whether {country} recognises this verifier was not established");
    }
    finding
        .code
        .sentence()
        .replace("{document}", finding.subject.name())
        .replace("{country}", &country)
        .replace("{path}", path)
        .replace("{field}", path)
        .replace("{n}", &number)
        .replace("{customs}", "another customs office")
        .replace(" on {time}", "")
        .replace(" on {date}", "")
        .replace(": {status}", "")
        .replace(" ({what})", "")
}

/// What the asker should know about the question itself.
fn remarks(consignment: &Consignment) -> Vec<String> {
    let mut remarks = Vec::new();
    remarks.extend(consignment.silence.iter().map(|why| format!("no lists were given: {why}")));
    if consignment.terms.lacks_entry(consignment.facts()) {
        remarks.push("no line of the entry records is about this certificate's number; nothing was compared".into());
    }
    remarks
}

fn finding_json(finding: &Finding, importing: Option<Country>) -> Value {
    json!({
        "code": finding.code.name(),
        "class": class_word(finding.class),
        "subject": finding.subject.name(),
        "item": finding.item,
        "path": finding.path,
        "sentence": sentence(finding, importing),
        "detail": finding.detail,
    })
}

fn moment(time: Option<Timestamp>) -> Option<String> {
    time.map(rfc3339)
}

/// The answer for a scheme as JSON; `null` where none was asked for.
pub(crate) fn scheme_json(consignment: &Consignment, judgement: &Judgement) -> Value {
    let importing = consignment.importing();
    let Some(scheme) = &judgement.scheme else { return Value::Null };
    let findings = |wanted: fn(&Finding) -> bool| -> Vec<Value> {
        scheme.reasons.iter().filter(|finding| wanted(finding)).map(|finding| finding_json(finding, importing)).collect()
    };
    json!({
        "scheme": scheme.scheme,
        "revision": scheme.revision.map(|revision| revision.0),
        "rules": match consignment.terms.scheme {
            SchemeAsked::Given(_) => Some("file"),
            SchemeAsked::Named(_) => scheme.revision.map(|_| "log"),
            SchemeAsked::Nothing => None,
        },
        "eligibility": scheme.eligibility.name(),
        "mode": scheme.mode.map(eco_core::scheme::Mode::name),
        "effect": scheme.effect.as_ref().map(|effect| json!({ "kind": effect.kind.name(), "text": effect.text })),
        "importing": importing.map(|country| country.to_string()),
        "reference": moment(scheme.reference),
        "reasons": findings(|_| true),
        "differences": findings(|finding| finding.subject == Subject::Entry && finding.code == Code::EntryRecordMismatch),
        "checks": scheme.checks,
        "not_established": scheme.not_established,
    })
}

/// The passports as JSON, in the order given.
pub(crate) fn passports_json(question: &Question, consignment: &Consignment, judgement: &Judgement) -> Vec<Value> {
    let of = |(piece, verdict): (&super::Piece, &eco_core::verdict::Verdict)| {
        let candidate = piece.document.findings.candidates.first();
        json!({
            "file": piece.document.path.display().to_string(),
            "fingerprint": candidate.map(|candidate| candidate.fingerprint.to_string()),
            "verdict": verdict_json(question, verdict),
        })
    };
    consignment.passports.iter().zip(&judgement.passports).map(of).collect()
}

/// What stands beside the question as JSON: findings that decide nothing, and remarks.
pub(crate) fn aside_json(consignment: &Consignment, judgement: &Judgement) -> Value {
    let importing = consignment.importing();
    let aside: Vec<Value> = judgement.aside.iter().map(|finding| finding_json(finding, importing)).collect();
    json!({ "findings": aside, "remarks": remarks(consignment) })
}

/// The question as JSON.
pub(crate) fn import_json(consignment: &Consignment) -> Value {
    let import = &consignment.terms.import;
    json!({
        "country": import.country.map(|country| country.to_string()),
        "lodging": moment(import.lodging),
        "arrival": moment(import.arrival),
        "own": consignment.terms.own.map(|(customs, key)| json!({ "customs": customs.as_str(), "declaration_key": key.to_string() })),
    })
}
