//! One row for each question of a batch: a line, a row of the CSV, a JSON object.

use super::product::{self, Found};
use super::{exit_of, word};
use crate::dates::rfc3339;
use crate::fault::Fault;
use crate::report::{Exit, Report};
use crate::sheet::csv_line;
use crate::show::{trust_word, verdict_json};
use eco_core::document::{DocumentId, DocumentStatus};
use eco_core::name::Timestamp;
use eco_core::state::DocumentRecord;
use eco_core::verdict::{Question, Verdict};
use serde_json::{Value, json};
use std::path::Path;

/// Columns of the CSV.
const COLUMNS: [&str; 11] =
    ["asked", "status", "exit_code", "trust", "codes", "issuer", "kind", "recorded", "document", "evidence_up_to", "explanation"];

/// What one question came to.
pub(super) struct Row {
    exit: Exit,
    words: String,
    cells: [String; COLUMNS.len()],
    json: Value,
}

impl Row {
    /// A file or a number, judged.
    pub(super) fn judged(asked: &str, question: &Question, verdict: &Verdict) -> Self {
        let (exit, recorded) = (Exit::of(verdict), verdict.recorded.as_ref());
        let status = word(verdict);
        let codes: Vec<&str> = verdict.reasons.iter().map(|r| r.code.name()).collect();
        let cell = |text: Option<String>| text.unwrap_or_default();
        let cells = [
            asked.to_owned(),
            status.to_owned(),
            exit.code().to_string(),
            verdict.trust.name().to_owned(),
            codes.join(" "),
            cell(recorded.map(|r| r.author.to_string())),
            cell(recorded.map(|r| r.kind.name().to_owned())),
            cell(recorded.and_then(|r| r.anchored).map(|(_, time)| rfc3339(time))),
            cell(recorded.map(|r| r.document.to_string())),
            cell(verdict.head.map(|head| rfc3339(head.time))),
            cell(verdict.reasons.first().map(|r| format!("{}: {}", r.code.sentence(), r.detail))),
        ];
        let json = json!({ "asked": asked, "status": status, "exit_code": exit.code(), "verdict": verdict_json(question, verdict) });
        Self { exit, words: format!("{}  {asked}  ({status})", trust_word(verdict.trust)), cells, json }
    }

    /// A record as it is, or that there is none.
    pub(super) fn recorded(asked: &str, document: DocumentId, record: Option<&DocumentRecord>, head: Timestamp) -> Self {
        let status = record.map(DocumentRecord::status);
        let exit = exit_of(status);
        let status = status.map_or("not recorded", DocumentStatus::name);
        let recorded = record.and_then(DocumentRecord::anchored).map(|change| rfc3339(change.time));
        let (issuer, kind) = (record.map(|r| r.author.to_string()), record.map(|r| r.kind.name()));
        let mut cells: [String; COLUMNS.len()] = Default::default();
        let filled = [
            (0, asked.to_owned()),
            (1, status.to_owned()),
            (2, exit.code().to_string()),
            (5, issuer.clone().unwrap_or_default()),
            (6, kind.unwrap_or_default().to_owned()),
            (7, recorded.clone().unwrap_or_default()),
            (8, document.to_string()),
            (9, rfc3339(head)),
        ];
        fill(&mut cells, filled);
        let json = json!({
            "asked": asked, "status": status, "exit_code": exit.code(), "document": document.to_string(), "issuer": issuer, "kind": kind,
            "recorded": recorded, "revision": record.map(|r| r.revision.0), "evidence_up_to": rfc3339(head),
        });
        Self { exit, words: format!("{status}  {asked}"), cells, json }
    }

    /// The passports of a product.
    pub(super) fn product(asked: &str, found: &[Found]) -> Self {
        let exit = product::exit(found);
        let in_force = found.iter().rev().find(|f| f.record.status() == DocumentStatus::Active);
        let shown = in_force.or(found.last());
        let status = shown.map_or("not recorded", |f| f.record.status().name());
        let mut cells: [String; COLUMNS.len()] = Default::default();
        let filled = [
            (0, asked.to_owned()),
            (1, status.to_owned()),
            (2, exit.code().to_string()),
            (5, shown.map(|f| f.record.author.to_string()).unwrap_or_default()),
            (6, shown.map(|f| f.record.kind.name().to_owned()).unwrap_or_default()),
            (7, shown.and_then(|f| f.record.anchored()).map(|change| rfc3339(change.time)).unwrap_or_default()),
            (8, shown.map(|f| f.document.to_string()).unwrap_or_default()),
            (10, format!("{} passports, these are all", found.len())),
        ];
        fill(&mut cells, filled);
        let json =
            json!({ "asked": asked, "status": status, "exit_code": exit.code(), "passports": product::json(found), "complete": true });
        Self { exit, words: format!("{status}  {asked}"), cells, json }
    }

    /// A question that cannot be read or was not answered.
    pub(super) fn failed(asked: &str, fault: &Fault) -> Self {
        // What is proven to be nowhere is an answer; all else leaves the question open, whatever the reason.
        let is_proven = fault.reason == "LOG_ENTRY_MISSING";
        let exit = if fault.exit == Exit::Untrustworthy && !is_proven { Exit::Unverifiable } else { fault.exit };
        let status = if is_proven { "not recorded" } else { "not established" };
        let mut cells: [String; COLUMNS.len()] = Default::default();
        let filled = [
            (0, asked.to_owned()),
            (1, status.to_owned()),
            (2, exit.code().to_string()),
            (4, fault.reason.clone()),
            (10, fault.message.clone()),
        ];
        fill(&mut cells, filled);
        let error = json!({ "reason": fault.reason, "message": fault.message, "hint": fault.hint });
        let json = json!({ "asked": asked, "status": status, "exit_code": exit.code(), "error": error });
        let words = format!("{status}  {asked}  {}", fault.reason);
        Self { exit, words, cells, json }
    }
}

fn fill<const N: usize>(cells: &mut [String; COLUMNS.len()], filled: [(usize, String); N]) {
    for (at, text) in filled {
        if let Some(cell) = cells.get_mut(at) {
            *cell = text;
        }
    }
}

/// All rows as an answer, with the worst exit code.
pub(super) fn report(rows: &[Row], csv: Option<&Path>) -> Report {
    let worst = rows.iter().fold(Exit::Done, |worst, row| worst.worse(row.exit));
    let count = |exits: &[Exit]| rows.iter().filter(|row| exits.contains(&row.exit)).count();
    let (good, bad) = (count(&[Exit::Done]), count(&[Exit::Untrustworthy, Exit::Revoked]));
    let open = rows.len().saturating_sub(good).saturating_sub(bad);
    let report = rows.iter().fold(Report::new().exit(worst), |report, row| report.result(row.words.clone()));
    report
        .note(format!("{} asked: {good} in force, {bad} not in force, {open} not established", rows.len()))
        .notes(csv.map(|path| format!("wrote {}", path.display())))
        .field("rows", rows.iter().map(|row| row.json.clone()).collect::<Vec<_>>())
        .field("in_force", good)
        .field("not_in_force", bad)
        .field("not_established", open)
        .field("csv", csv.map(|path| path.display().to_string()))
}

/// All rows as a CSV with a header.
pub(super) fn csv_text(rows: &[Row]) -> String {
    rows.iter().fold(csv_line(&COLUMNS.map(str::to_owned)), |text, row| text + &csv_line(&row.cells))
}
