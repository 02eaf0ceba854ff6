//! A check of many files before they are filed: one row each, every code, the worst exit code.

use super::{Examined, gather, judge, policy, question, reader};
use crate::anchoring::fault_of;
use crate::anchors;
use crate::args::VerifyArgs;
use crate::dates::{now, rfc3339};
use crate::document::Document;
use crate::evidence::Gathered;
use crate::fault::Fault;
use crate::files::{self, Wanted};
use crate::home::Home;
use crate::nodes::Asking;
use crate::report::{Exit, Report};
use crate::show::{self, trust_word, verdict_json};
use crate::signing::jobs;
use crate::workers;
use anyhow::Result;
use eco_core::document::DocumentStatus;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Files read at a time, and kept in memory until they are judged: their findings, not their bytes.
const CHUNK: usize = 64;

/// Columns of the CSV.
const COLUMNS: [&str; 12] = [
    "file",
    "trust",
    "exit_code",
    "codes",
    "issuer",
    "kind",
    "recorded",
    "status",
    "evidence_up_to",
    "fingerprint",
    "document",
    "explanation",
];

/// Verifies files one by one and reports them together.
pub(super) async fn run(args: &VerifyArgs, home: &Home, as_json: bool) -> Result<Report> {
    let trust = Arc::new(home.trust()?);
    let paths: Vec<PathBuf> = jobs(&args.files, None, Wanted::All)?.into_iter().map(|job| job.document).collect();
    let mut asking = (!args.offline).then(|| Asking::of(home, trust.as_ref().as_ref()));
    let asked = Arc::new((question(args, now()), policy(args)));
    let bar = show::progress_bar(paths.len(), as_json);
    let (mut rows, mut worst) = (Vec::with_capacity(paths.len()), Exit::Done);
    let (method, read_one) = (args.method, reader(args));
    let given = Arc::new(anchors::material(&args.anchors, home)?);
    for chunk in paths.chunks(CHUNK) {
        let given = Arc::clone(&given);
        let read = move |path: PathBuf| {
            let found = read_one(&path, method, &given).and_then(|d| Gathered::from_files(Some(&path), &[]).map(|g| (d, g)));
            (path, found)
        };
        let mut found = workers::start(chunk.to_vec(), workers::usual(), read).finish().await?;
        for (_, found) in &mut found {
            if let Ok((document, gathered)) = found {
                gather(document, gathered, &asked.0, asking.as_mut()).await;
            }
        }
        let (trust, asked) = (Arc::clone(&trust), Arc::clone(&asked));
        let judged = move |(path, found): (PathBuf, Result<(Document, Gathered)>)| match found {
            Ok((document, gathered)) => {
                let (question, policy) = asked.as_ref();
                let examined = judge(document, gathered, question, trust.as_ref().as_ref(), policy);
                Row::of(&path, &examined, verdict_json(question, &examined.verdict))
            }
            Err(error) => Row::failed(&path, &fault_of(error)),
        };
        for row in workers::start(found, workers::usual(), judged).finish().await? {
            worst = worst.worse(row.exit);
            rows.push(row);
            bar.inc(1);
        }
    }
    bar.finish_and_clear();
    let unsaved = asking.and_then(|asking| asking.keep_head());
    if let Some(csv) = &args.csv {
        files::write(csv, csv_text(&rows).as_bytes())?;
    }
    Ok(report(&rows, worst, args.csv.as_deref()).notes(unsaved))
}

/// What one file came to.
struct Row {
    exit: Exit,
    word: String,
    file: String,
    cells: [String; COLUMNS.len()],
    json: Value,
}

impl Row {
    fn of(path: &Path, examined: &Examined, verdict: Value) -> Self {
        let Examined { verdict: found, document, .. } = examined;
        let (exit, file) = (Exit::of(found), path.display().to_string());
        let codes: Vec<&str> = found.reasons.iter().map(|r| r.code.name()).collect();
        let recorded = found.recorded.as_ref();
        let cell = |text: Option<String>| text.unwrap_or_default();
        let cells = [
            file.clone(),
            found.trust.name().into(),
            exit.code().to_string(),
            codes.join(" "),
            cell(recorded.map(|r| r.author.to_string())),
            cell(recorded.map(|r| r.kind.name().into())),
            cell(recorded.and_then(|r| r.anchored).map(|(_, time)| rfc3339(time))),
            cell(recorded.and_then(|r| r.status).map(|s| DocumentStatus::name(s).into())),
            cell(found.head.map(|head| rfc3339(head.time))),
            cell(document.findings.candidates.first().map(|c| c.fingerprint.to_string())),
            cell(recorded.map(|r| r.document.to_string())),
            cell(found.reasons.first().map(|r| format!("{}: {}", r.code.sentence(), r.detail))),
        ];
        Self {
            exit,
            word: trust_word(found.trust),
            json: json!({ "file": file, "exit_code": exit.code(), "verdict": verdict }),
            file,
            cells,
        }
    }

    /// A file that could not be read is unverifiable, whatever the reason.
    fn failed(path: &Path, fault: &Fault) -> Self {
        let file = path.display().to_string();
        let mut cells: [String; COLUMNS.len()] = Default::default();
        let exit = Exit::Unverifiable;
        for (cell, text) in cells.iter_mut().zip([file.clone(), "UNVERIFIABLE".into(), exit.code().to_string(), fault.reason.clone()]) {
            *cell = text;
        }
        if let Some(last) = cells.last_mut() {
            last.clone_from(&fault.message);
        }
        let error = json!({ "reason": fault.reason, "message": fault.message });
        Self { exit, word: "UNVERIFIABLE".into(), json: json!({ "file": file, "exit_code": exit.code(), "error": error }), file, cells }
    }
}

fn report(rows: &[Row], worst: Exit, csv: Option<&Path>) -> Report {
    let count = |exits: &[Exit]| rows.iter().filter(|row| exits.contains(&row.exit)).count();
    let (trusted, bad) = (count(&[Exit::Done]), count(&[Exit::Untrustworthy, Exit::Revoked]));
    let open = rows.len().saturating_sub(trusted).saturating_sub(bad);
    let mut report = Report::new().exit(worst);
    for row in rows {
        let codes = row.cells.get(3).filter(|codes| row.exit != Exit::Done && !codes.is_empty());
        report = report.result(format!("{}  {}{}", row.word, row.file, codes.map_or_else(String::new, |codes| format!("  {codes}"))));
    }
    report
        .note(format!("{} files: {trusted} trusted, {bad} untrustworthy, {open} not established", rows.len()))
        .notes(csv.map(|path| format!("wrote {}", path.display())))
        .field("files", rows.iter().map(|row| row.json.clone()).collect::<Vec<_>>())
        .field("trusted", trusted)
        .field("untrustworthy", bad)
        .field("not_established", open)
        .field("csv", csv.map(|path| path.display().to_string()))
}

fn csv_text(rows: &[Row]) -> String {
    let line = |cells: &[String]| cells.iter().map(|cell| quoted(cell)).collect::<Vec<_>>().join(",") + "\r\n";
    let head = COLUMNS.join(",") + "\r\n";
    rows.iter().fold(head, |text, row| text + &line(&row.cells))
}

/// A cell by RFC 4180. What a spreadsheet would take for a formula gets an apostrophe: file names are strangers' words.
fn quoted(cell: &str) -> String {
    let formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let cell = if formula { format!("'{cell}") } else { cell.to_string() };
    if cell.contains([',', '"', '\n', '\r']) { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file name must neither move the columns nor run in a customs officer's spreadsheet.
    #[test]
    fn cells_are_quoted_and_no_formulas() {
        let table = [("a.pdf", "a.pdf"), ("a,b", "\"a,b\""), ("a\"b", "\"a\"\"b\""), ("=1+1", "'=1+1"), ("@x,y", "\"'@x,y\"")];
        for (cell, expected) in table {
            assert_eq!(quoted(cell), expected);
        }
    }
}
