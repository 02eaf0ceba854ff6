//! `eco passport new`: one passport from values and answers, or one for each line of a CSV of SKUs.
//!
//! A line that does not make a whole passport writes nothing and does not stop the others; a file that says the same
//! already is left alone, so the same command goes on where it stopped.

use super::asking::ask;
use crate::args::PassportNewArgs;
use crate::fault::Fault;
use crate::files::{self, Secrecy};
use crate::home::Home;
use crate::proving::JSON_BYTES_MAX;
use crate::report::{Exit, Paint, Report, paint};
use crate::secrets;
use crate::sheet::{Row, Sheet, file_stem};
use crate::show;
use anyhow::{Context, Result};
use eco_core::name::OrgId;
use eco_documents::json::place::{NoPlace, without};
use eco_documents::json::{self, Node};
use eco_documents::passport::draft::{BASE, fill, path_of, says_the_same};
use eco_documents::passport::{PassportReport, read_passport};
use eco_documents::profile::Flaw;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{IsTerminal, stderr, stdin};
use std::path::{Path, PathBuf};

/// Columns that name a line and its file, and are no members of a passport.
const OWN_COLUMNS: [&str; 2] = ["sku", "file"];
/// Names of product codes, for the file of a line that names none.
const CODES: [&str; 3] = ["gtin", "gmn", "modelCode"];
/// Where a passport names the one that it replaces.
const SUPERSEDES: &str = "credentialSubject.carbonFootprint.supersedes";
/// Members that belong to one footprint alone.
const OWN: [&str; 3] = ["credentialSubject.carbonFootprint.id", "credentialSubject.carbonFootprint.created", "id"];

/// Values by name or path, the last of a name counts.
pub(super) type Values = Vec<(String, String)>;

/// Columns of a spreadsheet and the paths that they stand for.
type Columns = Vec<(String, String)>;

/// What became of one passport.
enum Outcome {
    /// Written, or it would be; with what a draft still lacks.
    Made(Vec<Flaw>),
    /// It was there before, and says the same.
    Before,
    /// It would not be whole.
    Flawed(Vec<Flaw>),
    /// It cannot be made at all.
    Refused(String),
}

/// One passport of the run.
struct Done {
    /// Line of the spreadsheet, and what it calls itself.
    line: Option<(u64, String)>,
    path: PathBuf,
    outcome: Outcome,
}

/// Runs `eco passport new`.
pub(super) fn run(args: &PassportNewArgs, home: &Home, as_json: bool) -> Result<Report> {
    let mut common = args.set.clone();
    let template = match (&args.template, &args.supersedes) {
        // A template of many gives no footprint's own id to all of them.
        (Some(path), _) if args.csv.is_some() => Some(without(&document(path)?, &OWN)),
        (Some(path), _) => Some(document(path)?),
        (None, Some(path)) => {
            let old = document(path)?;
            let id = old.get("id").and_then(Node::as_text);
            let id = id.ok_or_else(|| Fault::usage("FIELD_MISSING", format!("{} has no id to be named by", path.display())))?;
            common.insert(0, (SUPERSEDES.into(), id.into()));
            Some(without(&old, &OWN))
        }
        (None, None) => None,
    };
    for (name, _) in &common {
        path_of(name).map_err(|e| Fault::usage("NAME_UNKNOWN", format!("--set {e}")).hint("eco passport new --help lists the names"))?;
    }
    let maker = Maker { args, template, owner: home.organisation(args.org).ok() };
    let (done, columns) = match &args.csv {
        Some(csv) => maker.lines(csv, &common, as_json)?,
        None => (vec![maker.single(common, as_json)?], Vec::new()),
    };
    Ok(report(&done, &columns, args))
}

fn document(path: &Path) -> Result<Node> {
    let bytes = files::read(path, JSON_BYTES_MAX)?;
    json::read(&bytes).map_err(|e| Fault::usage("JSON_NOT_STRICT", format!("{}: {e}", path.display())).into())
}

/// What all passports of a run share.
struct Maker<'a> {
    args: &'a PassportNewArgs,
    template: Option<Node>,
    owner: Option<OrgId>,
}

impl Maker<'_> {
    fn single(&self, mut values: Values, as_json: bool) -> Result<Done> {
        let nonce = secrets::document_nonce()?;
        if stdin().is_terminal() && stderr().is_terminal() && !as_json && !self.args.draft {
            ask(&mut stdin().lock(), &mut stderr(), &mut values, |values| self.read(values, &nonce).map(|(_, report)| report))?;
        }
        let outcome = self.make(&values, &self.args.out)?;
        Ok(Done { line: None, path: self.args.out.clone(), outcome })
    }

    /// A passport for each line, and the paths of the columns.
    fn lines(&self, csv: &Path, common: &Values, as_json: bool) -> Result<(Vec<Done>, Columns)> {
        let sheet = Sheet::read(csv)?;
        let mut columns = Vec::new();
        for column in sheet.columns.iter().filter(|c| !OWN_COLUMNS.contains(&c.as_str())) {
            let path = path_of(column).map_err(|e| {
                let message = format!("{}: the column {e}", csv.display());
                Fault::usage("COLUMN_UNKNOWN", message).hint("eco passport new --help lists the names; sku and file name a line")
            })?;
            columns.push((column.clone(), path.to_owned()));
        }
        if !self.args.dry_run {
            std::fs::create_dir_all(&self.args.out).with_context(|| format!("cannot make {}", self.args.out.display()))?;
        }
        let bar = show::progress_bar(sheet.rows.len(), as_json);
        let (mut done, mut taken) = (Vec::new(), BTreeMap::new());
        for row in &sheet.rows {
            done.push(self.line(&sheet, row, common, &mut taken)?);
            bar.inc(1);
        }
        bar.finish_and_clear();
        Ok((done, columns))
    }

    fn line(&self, sheet: &Sheet, row: &Row, common: &Values, taken: &mut BTreeMap<PathBuf, u64>) -> Result<Done> {
        let refused = |name: &str, what: String| {
            Ok(Done { line: Some((row.line, name.into())), path: PathBuf::new(), outcome: Outcome::Refused(what) })
        };
        let cells = match &row.cells {
            Ok(cells) => cells,
            Err(what) => return refused("", what.clone()),
        };
        let cell = |name: &str| sheet.filled(cells).find(|(column, _)| *column == name).map(|(_, cell)| cell);
        let given = sheet.filled(cells).filter(|(column, _)| !OWN_COLUMNS.contains(column));
        let values: Values = common.iter().cloned().chain(given.map(|(column, cell)| (column.into(), cell.into()))).collect();
        let code = || CODES.iter().find_map(|code| values.iter().rev().find(|(name, _)| path_of(name) == path_of(code)));
        let label = cell("sku").map(str::to_owned).or_else(|| code().map(|(_, value)| value.clone())).unwrap_or_default();
        let name = match cell("file") {
            Some(file) if file_stem(file) != file => return refused(&label, format!("column file: {file:?} is no plain file name")),
            Some(file) => file.to_owned(),
            None if label.is_empty() => return refused("", "names no file: it needs a sku, a file or a product code".into()),
            None => format!("{}.json", file_stem(&label)),
        };
        let path = self.args.out.join(name);
        if let Some(other) = taken.insert(path.clone(), row.line) {
            return refused(&label, format!("line {other} makes the file {}, too", path.display()));
        }
        let outcome = self.make(&values, &path)?;
        Ok(Done { line: Some((row.line, label)), path, outcome })
    }

    /// The passport of these values as it would be written, and what reading it finds.
    fn read(&self, values: &Values, nonce: &[u8; 32]) -> Result<(Node, PassportReport), NoPlace> {
        let made = fill(self.template.as_ref(), values, self.owner.as_ref(), nonce)?;
        let report = read_passport(json::pretty(&made).as_bytes(), &[]);
        Ok((made, report))
    }

    fn make(&self, values: &Values, path: &Path) -> Result<Outcome> {
        let (made, checked) = match self.read(values, &secrets::document_nonce()?) {
            Ok(made) => made,
            Err(defect) => return Ok(Outcome::Refused(defect.to_string())),
        };
        if let Some(bytes) = files::read_if_present(path, JSON_BYTES_MAX)? {
            let same = json::read(&bytes).is_ok_and(|existing| says_the_same(&existing, &made));
            let other =
                || Outcome::Refused(format!("{} is there and says something else; remove it, or name another file", path.display()));
            return Ok(if same { Outcome::Before } else { other() });
        }
        let flaws: Vec<Flaw> = checked.flaws.into_iter().chain(checked.carbon).filter(|flaw| !flaw.is_notice()).collect();
        if !flaws.is_empty() && !self.args.draft {
            return Ok(Outcome::Flawed(flaws));
        }
        if !self.args.dry_run {
            files::write_new(path, json::pretty(&made).as_bytes(), Secrecy::Public)?;
        }
        Ok(Outcome::Made(flaws))
    }
}

/// Which column, or which name, a flaw is about.
fn column_of<'a>(path: &str, columns: &'a [(String, String)]) -> Option<&'a str> {
    // The id is made from the code.
    let code = || columns.iter().find(|(_, own)| CODES.iter().any(|code| path_of(code) == Ok(own)));
    if path == "credentialSubject.id" && !columns.iter().any(|(_, own)| own == path) {
        return code().map(|(column, _)| column.as_str());
    }
    let within = |inner: &str, outer: &str| inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']));
    let given = columns.iter().find(|(_, own)| within(path, own)).or_else(|| columns.iter().find(|(_, own)| within(own, path)));
    given.map(|(column, _)| column.as_str())
}

/// What is wrong, for whoever holds the spreadsheet or the values.
fn said(flaw: &Flaw, columns: &[(String, String)]) -> String {
    let name = || BASE.iter().find(|asked| asked.path == flaw.path).map_or(flaw.path.as_str(), |asked| asked.name);
    let place = match column_of(&flaw.path, columns) {
        Some(column) => format!("column {column}"),
        None => name().to_owned(),
    };
    format!("  {}  {place}: must be {}; found {}; {}", paint(flaw.code.name(), Paint::Bad), flaw.rule, flaw.found, flaw.mend)
}

fn report(done: &[Done], columns: &[(String, String)], args: &PassportNewArgs) -> Report {
    let (mut report, mut rows) = (Report::new(), Vec::new());
    let (mut made, mut before, mut failed) = (0usize, 0usize, 0usize);
    for Done { line, path, outcome } in done {
        let file = path.display();
        let place = line.as_ref().map_or_else(String::new, |(line, name)| format!("line {line} {name}: "));
        let (word, flaws, refusal) = match outcome {
            Outcome::Made(flaws) => {
                made += 1;
                let how = if args.dry_run { "would be made" } else { "made" };
                let draft = if flaws.is_empty() { "" } else { ", a draft: not whole yet" };
                report = report.result(format!("{file}  {how}{draft}"));
                (if args.dry_run { "would be made" } else { "made" }, flaws.as_slice(), None)
            }
            Outcome::Before => {
                before += 1;
                report = report.result(format!("{file}  skipped, it is there and says the same"));
                ("skipped", [].as_slice(), None)
            }
            Outcome::Flawed(flaws) => {
                failed += 1;
                report = report.note(format!("{place}{file}  {}: {} to mend", paint("not made", Paint::Bad), flaws.len()));
                ("failed", flaws.as_slice(), None)
            }
            Outcome::Refused(what) => {
                failed += 1;
                report = report.note(format!("{place}{} {what}", paint("not made:", Paint::Bad)));
                ("failed", [].as_slice(), Some(what))
            }
        };
        report = report.notes(flaws.iter().map(|flaw| said(flaw, columns)));
        rows.push(json!({
            "line": line.as_ref().map(|(line, _)| line), "sku": line.as_ref().map(|(_, name)| name), "file": file.to_string(),
            "outcome": word, "error": refusal, "flaws": flaws.iter().map(|f| flaw_json(f, columns)).collect::<Vec<_>>(),
        }));
    }
    if done.len() > 1 {
        report = report.note(format!("{made} made, {before} skipped, {failed} not made"));
    }
    if failed > 0 {
        report = report.note("mend what is named and run the same command again: what is done is skipped");
    }
    let exit = if failed > 0 { Exit::Untrustworthy } else { Exit::Done };
    report
        .exit(exit)
        .field("passports", rows)
        .field("made", made)
        .field("skipped", before)
        .field("failed", failed)
        .field("dry_run", args.dry_run)
}

fn flaw_json(flaw: &Flaw, columns: &[(String, String)]) -> Value {
    json!({
        "column": column_of(&flaw.path, columns), "code": flaw.code.name(), "path": flaw.path, "rule": flaw.rule, "found": flaw.found,
        "mend": flaw.mend,
    })
}
