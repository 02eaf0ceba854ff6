//! What each file came to: a line, a row of the CSV, a JSON object.

use super::super::Examined;
use crate::consignment::{Consignment, show as consignment};
use crate::dates::rfc3339;
use crate::fault::Fault;
use crate::report::{Exit, Report};
use crate::sheet::csv_line;
use crate::show::{trust_word, verdict_json};
use eco_core::document::DocumentStatus;
use eco_core::verdict::{DocumentFindings, Finding, Judgement, Question, Verdict};
use serde_json::{Value, json};
use std::path::Path;

/// Columns of the CSV.
const COLUMNS: [&str; 15] = [
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
    "eligibility",
    "eligibility_codes",
    "together_with",
];

/// What one file came to.
#[derive(Debug, Clone)]
pub(super) struct Row {
    /// Its exit code, as if it had been asked about by itself.
    pub(super) exit: Exit,
    words: String,
    file: String,
    cells: [String; COLUMNS.len()],
    json: Value,
}

impl Row {
    /// A document judged by itself.
    pub(super) fn of(path: &Path, examined: &Examined, question: &Question) -> Self {
        let Examined { verdict, document, .. } = examined;
        let file = path.display().to_string();
        let exit = Exit::of(verdict);
        let json = json!({ "file": file, "exit_code": exit.code(), "verdict": verdict_json(question, verdict) });
        Self { exit, words: trust_word(verdict.trust), json, cells: cells(&file, exit, verdict, &document.findings), file }
    }

    /// A certificate judged with its passports, or a passport alone; its exit code counts all of them and the scheme.
    pub(super) fn of_judgement(question: &Question, together: &Consignment, judgement: &Judgement) -> Option<Self> {
        let (piece, verdict) = together.pieces().zip(judgement.documents()).next()?;
        let (exit, file) = (Exit::of_judgement(judgement), piece.document.path.display().to_string());
        let others: Vec<String> = together.pieces().skip(1).map(|piece| piece.document.path.display().to_string()).collect();
        let mut cells = cells(&file, exit, verdict, &piece.document.findings);
        let scheme = judgement.scheme.as_ref();
        let answer = scheme.map(|scheme| scheme.eligibility.name().to_owned()).unwrap_or_default();
        let codes = scheme.map(|scheme| each_once(&scheme.reasons)).unwrap_or_default();
        let [.., eligibility, eligibility_codes, together_with] = &mut cells;
        (*eligibility, *eligibility_codes, *together_with) = (answer, codes, others.join("; "));
        let words = [Some(trust_word(verdict.trust)), consignment::eligibility_of(judgement)];
        let json = json!({
            "file": file, "exit_code": exit.code(),
            "verdict": verdict_json(question, verdict),
            "together_with": others,
            "eligibility": consignment::scheme_json(together, judgement),
            "aside": consignment::aside_json(together, judgement),
        });
        Some(Self { exit, words: words.into_iter().flatten().collect::<Vec<_>>().join("  "), file, cells, json })
    }

    /// The passports that were judged with a certificate.
    pub(super) fn of_passports(question: &Question, together: &Consignment, judgement: &Judgement) -> Vec<Self> {
        let Some(certificate) = together.issued() else { return Vec::new() };
        let certificate = certificate.document.path.display().to_string();
        let row = |(piece, verdict): (&crate::consignment::Piece, &Verdict)| {
            let (exit, file) = (Exit::of(verdict), piece.document.path.display().to_string());
            let mut cells = cells(&file, exit, verdict, &piece.document.findings);
            let [.., together_with] = &mut cells;
            together_with.clone_from(&certificate);
            let verdict_json = verdict_json(question, verdict);
            let json = json!({ "file": file, "exit_code": exit.code(), "verdict": verdict_json, "together_with": [certificate] });
            Self { exit, words: trust_word(verdict.trust), file, cells, json }
        };
        together.passports.iter().zip(&judgement.passports).map(row).collect()
    }

    /// The worse of two answers about one file.
    pub(super) fn worse(self, other: Self) -> Self {
        if self.exit.worse(other.exit) == self.exit { self } else { other }
    }

    /// A file that could not be read is unverifiable, whatever the reason.
    pub(super) fn failed(path: &Path, fault: &Fault) -> Self {
        let file = path.display().to_string();
        let mut cells: [String; COLUMNS.len()] = Default::default();
        let exit = Exit::Unverifiable;
        for (cell, text) in cells.iter_mut().zip([file.clone(), "UNVERIFIABLE".into(), exit.code().to_string(), fault.reason.clone()]) {
            *cell = text;
        }
        let [.., explanation, _, _, _] = &mut cells;
        explanation.clone_from(&fault.message);
        let error = json!({ "reason": fault.reason, "message": fault.message });
        Self { exit, words: "UNVERIFIABLE".into(), json: json!({ "file": file, "exit_code": exit.code(), "error": error }), file, cells }
    }

    fn line(&self) -> String {
        let [_, _, _, codes, .., eligibility_codes, _] = &self.cells;
        let shown: Vec<&str> = [codes, eligibility_codes].into_iter().map(String::as_str).filter(|codes| !codes.is_empty()).collect();
        let codes = if self.exit == Exit::Done || shown.is_empty() { String::new() } else { format!("  {}", shown.join(" ")) };
        format!("{}  {}{codes}", self.words, self.file)
    }
}

fn cells(file: &str, exit: Exit, found: &Verdict, findings: &DocumentFindings) -> [String; COLUMNS.len()] {
    let recorded = found.recorded.as_ref();
    let cell = |text: Option<String>| text.unwrap_or_default();
    [
        file.to_owned(),
        found.trust.name().into(),
        exit.code().to_string(),
        each_once(&found.reasons),
        cell(recorded.map(|r| r.author.to_string())),
        cell(recorded.map(|r| r.kind.name().into())),
        cell(recorded.and_then(|r| r.anchored).map(|(_, time)| rfc3339(time))),
        cell(recorded.and_then(|r| r.status).map(|s| DocumentStatus::name(s).into())),
        cell(found.head.map(|head| rfc3339(head.time))),
        cell(findings.candidates.first().map(|c| c.fingerprint.to_string())),
        cell(recorded.map(|r| r.document.to_string())),
        cell(found.reasons.first().map(|r| format!("{}: {}", r.code.sentence(), r.detail))),
        String::new(),
        String::new(),
        String::new(),
    ]
}

/// All rows as an answer, with the worst exit code.
pub(super) fn report(rows: &[Row], csv: Option<&Path>) -> Report {
    let worst = rows.iter().fold(Exit::Done, |worst, row| worst.worse(row.exit));
    let count = |exits: &[Exit]| rows.iter().filter(|row| exits.contains(&row.exit)).count();
    let (trusted, bad) = (count(&[Exit::Done]), count(&[Exit::Untrustworthy, Exit::Revoked]));
    let open = rows.len().saturating_sub(trusted).saturating_sub(bad);
    let mut report = Report::new().exit(worst);
    for row in rows {
        report = report.result(row.line());
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

/// All rows as a CSV with a header.
pub(super) fn csv_text(rows: &[Row]) -> String {
    rows.iter().fold(csv_line(&COLUMNS.map(str::to_owned)), |text, row| text + &csv_line(&row.cells))
}

/// Names of the reason codes in their order, each once: how often one holds is for the whole answer.
fn each_once(reasons: &[Finding]) -> String {
    let mut names: Vec<&str> = Vec::new();
    for name in reasons.iter().map(|reason| reason.code.name()) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use eco_core::verdict::{Code, Subject};

    /// A file with four changes would fill the line with one word.
    #[test]
    fn a_code_stands_once_in_a_row() {
        let found = [Code::PdfModifiedAfterSigning, Code::OtherClaims, Code::PdfModifiedAfterSigning];
        let reasons = found.map(|code| Finding::new(code, Subject::Certificate, "found"));
        assert_eq!(each_once(&reasons), "PDF_MODIFIED_AFTER_SIGNING OTHER_CLAIMS");
    }
}
