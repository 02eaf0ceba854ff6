//! `eco certificate new --csv`: certificates from a spreadsheet, one line for each goods item.
//!
//! Lines of one number are one certificate. One with a flaw in any line writes nothing and does not stop the others; a file
//! that says the same already is left alone, so the same command goes on where it stopped.

use super::sheet_of;
use crate::args::CertificateNewArgs;
use crate::attached;
use crate::fault::Fault;
use crate::files::{self, Secrecy};
use crate::home::Home;
use crate::report::{Exit, Paint, Report, paint};
use crate::secrets;
use crate::sheet::{Sheet, file_stem};
use crate::show;
use anyhow::{Context, Result};
use eco_core::number::CertificateNumber;
use eco_documents::json::{self, Node};
use eco_documents::metadata::draft::{COLUMNS, fill, path_of, says_the_same};
use eco_documents::metadata::read_metadata;
use eco_documents::pdf::attached_metadata;
use eco_documents::profile::Flaw;
use serde_json::json;
use std::path::{Path, PathBuf};

/// Columns that name files to be read, and which columns they fill.
const FILE_COLUMNS: [&str; 4] = [PASSPORT_FILE, "replacesFile", "copyOfFile", "backToBackFile"];
const PASSPORT_FILE: &str = "passportFile";
const NUMBER: &str = "number";

type Values = Vec<(String, String)>;

/// The lines of one certificate.
struct Group {
    number: String,
    lines: Vec<(u64, Values)>,
    /// Files of the passports that they name.
    passports: Vec<PathBuf>,
    /// What is wrong with a line before anything is made.
    faults: Vec<String>,
}

/// What became of one certificate.
enum Outcome {
    Made,
    Before,
    Flawed(Vec<String>),
}

/// The data of one certificate.
pub(super) enum Data {
    /// Made now: nothing is written yet.
    New(Vec<u8>),
    /// A file of an earlier run holds what says the same.
    Held(Vec<u8>),
    /// They would not be whole.
    Flawed(Vec<String>),
}

/// One certificate of a sheet.
pub(super) struct Drafted {
    /// Its number; empty where the sheet gives none.
    pub(super) number: String,
    /// Its lines in the sheet.
    pub(super) lines: Vec<u64>,
    /// Files of the passports that they name.
    pub(super) passports: Vec<PathBuf>,
    /// Its file in the folder of results.
    pub(super) out: PathBuf,
    /// What is to be certified.
    pub(super) data: Data,
}

/// Runs `eco certificate new --csv`.
pub(super) fn run(csv: &Path, args: &CertificateNewArgs, home: &Home, as_json: bool) -> Result<Report> {
    let (groups, template) = read(csv, args.template.as_deref())?;
    if !args.dry_run {
        std::fs::create_dir_all(&args.out).with_context(|| format!("cannot make {}", args.out.display()))?;
    }
    let bar = show::progress_bar(groups.len(), as_json);
    let mut done = Vec::new();
    for group in groups {
        let (path, outcome) = make(&group, template.as_ref(), args, home)?;
        done.push((group, path, outcome));
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(report(&done, args.dry_run))
}

/// Every certificate of a sheet, for the gate; `places` of a certificate's file are where an earlier run may have left its data.
pub(super) fn drafted(csv: &Path, template: Option<&Path>, folder: &Path, places: impl Fn(&Path) -> Vec<PathBuf>) -> Result<Vec<Drafted>> {
    let (groups, template) = read(csv, template)?;
    let draft = |group: Group| {
        let out = folder.join(format!("{}.pdf", file_stem(&group.number)));
        let data = data_of(&group, template.as_ref(), &places(&out))?;
        let lines = group.lines.iter().map(|(line, _)| *line).collect();
        Ok(Drafted { number: group.number, lines, passports: group.passports, out, data })
    };
    groups.into_iter().map(draft).collect()
}

fn read(csv: &Path, template: Option<&Path>) -> Result<(Vec<Group>, Option<Node>)> {
    let sheet = Sheet::read(csv)?;
    for column in sheet.columns.iter().filter(|c| !FILE_COLUMNS.contains(&c.as_str())) {
        path_of(column).map_err(|e| {
            let message = format!("{}: the column {e}", csv.display());
            Fault::usage("COLUMN_UNKNOWN", message).hint("eco certificate new --help lists the columns")
        })?;
    }
    Ok((groups(&sheet, csv.parent().unwrap_or(Path::new("."))), template.map(document).transpose()?))
}

fn document(path: &Path) -> Result<Node> {
    let bytes = files::read(path, super::METADATA_BYTES_MAX)?;
    json::read(&bytes).map_err(|e| Fault::usage("JSON_NOT_STRICT", format!("{}: {e}", path.display())).into())
}

/// The certificates of a sheet in the order of their first lines. A line without a number stands alone, with its fault.
fn groups(sheet: &Sheet, folder: &Path) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for row in &sheet.rows {
        let line = row.line;
        let cells = match &row.cells {
            Ok(cells) => cells,
            Err(what) => {
                groups.push(Group {
                    number: String::new(),
                    lines: Vec::new(),
                    passports: Vec::new(),
                    faults: vec![format!("line {line}: {what}")],
                });
                continue;
            }
        };
        let mut faults = Vec::new();
        let mut values: Values = Vec::new();
        let mut passports: Vec<PathBuf> = Vec::new();
        for (column, cell) in sheet.filled(cells) {
            if FILE_COLUMNS.contains(&column) {
                passports.extend((column == PASSPORT_FILE).then(|| folder.join(cell)));
                match from_file(column, &folder.join(cell)) {
                    Ok(read) => values.extend(read),
                    Err(error) => faults.push(format!("line {line}, column {column}: {error:#}")),
                }
            } else {
                values.push((column.to_owned(), cell.to_owned()));
            }
        }
        let written = values.iter().find(|(name, _)| path_of(name) == path_of(NUMBER)).map(|(_, value)| value.clone());
        let number = match written.as_deref().map(CertificateNumber::normalise) {
            Some(Ok(number)) => number.to_string(),
            Some(Err(defect)) => {
                faults.push(format!("line {line}, column {NUMBER}: {defect}"));
                String::new()
            }
            None => {
                faults.push(format!("line {line}, column {NUMBER}: empty; a certificate needs its number"));
                String::new()
            }
        };
        match groups.iter_mut().find(|group| !number.is_empty() && group.number == number) {
            Some(group) => {
                group.lines.push((line, values));
                group.passports.extend(passports);
                group.faults.extend(faults);
            }
            None => groups.push(Group { number, lines: vec![(line, values)], passports, faults }),
        }
    }
    groups
}

/// The cells that a named file stands for: a passport, or another proof of origin.
fn from_file(column: &str, path: &Path) -> Result<Values> {
    let pairs = |pairs: Vec<(&str, String)>| pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    if column == PASSPORT_FILE {
        let passport = attached::passport(path)?;
        return Ok(pairs(vec![("passportId", passport.id), ("passport", passport.fingerprint.to_string()), ("product", passport.product)]));
    }
    let original = attached::original(path)?;
    let stem = column.strip_suffix("File").unwrap_or(column);
    let mut values: Values = pairs(vec![]);
    values.push((format!("{stem}Number"), original.number));
    values.push((format!("{stem}Date"), original.issue_date.to_string()));
    values.push((format!("{stem}Fingerprint"), original.fingerprint.to_string()));
    if let Some(origin) = original.origin.filter(|_| stem == "backToBack") {
        values.push((format!("{stem}Origin"), origin.to_string()));
    }
    Ok(values)
}

fn make(group: &Group, template: Option<&Node>, args: &CertificateNewArgs, home: &Home) -> Result<(PathBuf, Outcome)> {
    let extension = if args.data { "json" } else { "pdf" };
    let path = args.out.join(format!("{}.{extension}", file_stem(&group.number)));
    let data = match data_of(group, template, std::slice::from_ref(&path))? {
        Data::New(data) => data,
        Data::Held(_) => return Ok((path, Outcome::Before)),
        Data::Flawed(faults) => {
            let path = if group.number.is_empty() { PathBuf::new() } else { path };
            return Ok((path, Outcome::Flawed(faults)));
        }
    };
    let bytes = if args.data {
        data
    } else {
        let (_, metadata) = attached::metadata(&data, &path.display().to_string())?;
        sheet_of(&metadata, &data, &args.sheet, home.organisation(args.org)?, home)?.1
    };
    if !args.dry_run {
        files::write_new(&path, &bytes, Secrecy::Public)?;
    }
    Ok((path, Outcome::Made))
}

/// The data that the lines of a certificate give: those of an earlier run, if a file at one of the places holds the same.
fn data_of(group: &Group, template: Option<&Node>, places: &[PathBuf]) -> Result<Data> {
    if !group.faults.is_empty() {
        return Ok(Data::Flawed(group.faults.clone()));
    }
    let lines: Vec<Values> = group.lines.iter().map(|(_, values)| values.clone()).collect();
    let made = match fill(template, &lines, &secrets::document_nonce()?) {
        Ok(made) => made,
        Err(defect) => {
            let (first, last) = (group.lines.first().map_or(0, |(l, _)| *l), group.lines.last().map_or(0, |(l, _)| *l));
            return Ok(Data::Flawed(vec![format!("lines {first} to {last}: {defect}")]));
        }
    };
    for path in places {
        let Some(bytes) = files::read_if_present(path, files::DOCUMENT_BYTES_MAX)? else { continue };
        let is_data = path.extension().is_some_and(|e| e == "json");
        let held = if is_data { Some(bytes) } else { attached_metadata(&bytes).ok().flatten() };
        let same = held.filter(|held| json::read(held).is_ok_and(|existing| says_the_same(&existing, &made)));
        let other = || Data::Flawed(vec![format!("{} is there and says something else; remove it if it was not signed", path.display())]);
        return Ok(same.map_or_else(other, Data::Held));
    }
    let written = json::pretty(&made);
    let checked = read_metadata(written.as_bytes());
    let flaws: Vec<String> = checked.flaws.iter().filter(|f| !f.is_notice()).map(|flaw| said(flaw, group)).collect();
    Ok(if checked.metadata.is_some() && flaws.is_empty() { Data::New(written.into_bytes()) } else { Data::Flawed(flaws) })
}

/// What is wrong, by line and column.
fn said(flaw: &Flaw, group: &Group) -> String {
    let (item, general) = match flaw.path.split_once("originItems[").and_then(|(head, rest)| rest.split_once(']').map(|r| (head, r))) {
        Some((head, (at, rest))) => (at.parse::<usize>().ok(), format!("{head}originItems[]{rest}")),
        None => (None, flaw.path.clone()),
    };
    // Lines without goods have no item.
    let of_goods = |values: &Values| values.iter().any(|(name, _)| path_of(name).is_ok_and(|path| path.contains("[].")));
    let goods: Vec<u64> = group.lines.iter().filter(|(_, values)| of_goods(values)).map(|(line, _)| *line).collect();
    let line = item.and_then(|at| goods.get(at).copied()).or_else(|| group.lines.first().map(|(line, _)| *line)).unwrap_or_default();
    let within = |inner: &str, outer: &str| inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']));
    let column = COLUMNS.iter().find(|c| within(&general, c.path)).or_else(|| COLUMNS.iter().find(|c| within(c.path, &general)));
    let place = column.map_or_else(|| flaw.path.clone(), |column| format!("column {}", column.name));
    format!("line {line}, {place}: {}: must be {}; found {}; {}", flaw.code, flaw.rule, flaw.found, flaw.mend)
}

fn report(done: &[(Group, PathBuf, Outcome)], dry_run: bool) -> Report {
    let (mut report, mut rows) = (Report::new(), Vec::new());
    let (mut made, mut before, mut failed) = (0usize, 0usize, 0usize);
    for (group, path, outcome) in done {
        let file = path.display();
        let (word, faults) = match outcome {
            Outcome::Made => {
                made += 1;
                let word = if dry_run { "would be made" } else { "made" };
                report = report.result(format!("{file}  {word}"));
                (word, [].as_slice())
            }
            Outcome::Before => {
                before += 1;
                report = report.result(format!("{file}  skipped, it is there and says the same"));
                ("skipped", [].as_slice())
            }
            Outcome::Flawed(faults) => {
                failed += 1;
                let name = if group.number.is_empty() { "a certificate without a number" } else { group.number.as_str() };
                report = report.note(format!("{} {name}", paint("not made:", Paint::Bad)));
                ("failed", faults.as_slice())
            }
        };
        report = report.notes(faults.iter().map(|fault| format!("  {fault}")));
        let lines: Vec<u64> = group.lines.iter().map(|(line, _)| *line).collect();
        let number = Some(&group.number).filter(|number| !number.is_empty());
        rows.push(json!({ "number": number, "lines": lines, "file": file.to_string(), "outcome": word, "faults": faults }));
    }
    report = report.note(format!("{made} made, {before} skipped, {failed} not made"));
    if failed > 0 {
        report = report.note("mend the lines named and run the same command again: what is done is skipped");
    }
    let exit = if failed > 0 { Exit::Untrustworthy } else { Exit::Done };
    report
        .exit(exit)
        .field("certificates", rows)
        .field("made", made)
        .field("skipped", before)
        .field("failed", failed)
        .field("dry_run", dry_run)
}
