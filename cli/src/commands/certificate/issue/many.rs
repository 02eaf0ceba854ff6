//! The gate before many certificates: a folder of metadata, or a spreadsheet. Every one is judged before the first is signed;
//! what is not in order says why and stops no other, and what an earlier run issued is skipped.

use super::{Case, Gate, Looked, is_passport, unsigned};
use crate::anchoring::fault_of;
use crate::args::MethodName;
use crate::commands::certificate::lines::{Data, drafted};
use crate::document::Document;
use crate::fault::Fault;
use crate::files::{self, Wanted};
use crate::report::{Exit, Paint, Report, paint};
use crate::show::progress_bar;
use anyhow::Result;
use eco_core::verdict::Facts;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// One certificate of the run.
struct Row {
    /// Its source, as messages name it.
    source: String,
    /// Its lines in a spreadsheet.
    lines: Vec<u64>,
    out: PathBuf,
    state: State,
}

enum State {
    /// Still to be judged.
    Read(Box<Case>),
    /// It may be issued.
    Passed(Box<(Case, Looked)>),
    /// It may not, or its data are not whole: codes, what is wrong, and the exit code of that.
    Refused(Vec<&'static str>, Vec<String>, Exit),
    /// It could not be looked at.
    Failed(Fault),
}

/// Judges all, then issues what is in order.
pub(super) async fn run(gate: &Gate<'_>, as_json: bool) -> Result<Report> {
    if let Some(copy) = gate.args.copy {
        let what = format!("--copy {copy} names one certificate, many are given");
        return Err(Fault::usage("NUMBER_AMBIGUOUS", what).hint("issue certified true copies one by one").into());
    }
    let mut passports = given(&gate.args.consignment.passport)?;
    let rows = match (&gate.args.metadata, &gate.args.csv) {
        (Some(folder), _) => of_folder(folder, &gate.args.out)?,
        (None, Some(csv)) => of_sheet(gate, csv, &mut passports)?,
        (None, None) => Vec::new(),
    };
    let rows = judge(gate, alone(gate, rows), &passports, as_json).await?;
    let (mut passed, mut others) = (Vec::new(), Vec::new());
    let mut told = Vec::new();
    for row in rows {
        told.push(row_json(&row));
        match row.state {
            State::Passed(one) => passed.push(*one),
            state => others.push(Row { state, ..row }),
        }
    }
    let report = if gate.args.dry_run || passed.is_empty() {
        passed.iter().fold(Report::new(), |report, (case, looked)| {
            let word = if looked.is_signed() { "was signed before".into() } else { paint("may be issued", Paint::Good) };
            report.result(format!("{}  {word}", case.out.display()))
        })
    } else {
        gate.record(&passed, as_json).await?
    };
    Ok(refusals(report, &others).field("passed", passed.len()).field("certificates", told).field("dry_run", gate.args.dry_run))
}

/// The passports that arguments name: files, or folders of them.
fn given(named: &[PathBuf]) -> Result<Vec<Document>> {
    let mut passports = Vec::new();
    for path in named {
        let within = if path.is_dir() { files::below(path, None, Wanted::Json)? } else { vec![PathBuf::new()] };
        for name in within {
            let path = if name.as_os_str().is_empty() { path.clone() } else { path.join(name) };
            passports.push(Document::read(&path, MethodName::Jcs)?);
        }
    }
    Ok(passports)
}

fn of_folder(folder: &Path, out: &Path) -> Result<Vec<Row>> {
    let names = files::below(folder, Some(out), Wanted::Json)?;
    if names.is_empty() {
        return Err(Fault::usage("NO_FILES", format!("{} holds no .json or .jsonld file", folder.display())).into());
    }
    let row = |name: &PathBuf| {
        let (path, out) = (folder.join(name), out.join(name).with_extension("pdf"));
        let state = Case::read(&path, out.clone()).map_or_else(|e| State::Failed(fault_of(e)), |case| State::Read(Box::new(case)));
        Row { source: path.display().to_string(), lines: Vec::new(), out, state }
    };
    Ok(names.iter().map(row).collect())
}

fn of_sheet(gate: &Gate<'_>, csv: &Path, passports: &mut Vec<Document>) -> Result<Vec<Row>> {
    let places = |out: &Path| vec![out.to_path_buf(), unsigned(out)];
    let mut rows = Vec::new();
    for one in drafted(csv, gate.args.template.as_deref(), &gate.args.out, places)? {
        let number = if one.number.is_empty() { "a certificate without a number" } else { one.number.as_str() };
        let source = format!("{}, {number}", csv.display());
        let state = match one.data {
            Data::New(bytes) | Data::Held(bytes) => Case::of(bytes, source.clone(), one.out.clone())
                .map_or_else(|e| State::Failed(fault_of(e)), |case| State::Read(Box::new(case))),
            Data::Flawed(faults) => State::Refused(Vec::new(), faults, Exit::Untrustworthy),
        };
        // One that cannot be read is a fault of its line already.
        passports.extend(one.passports.iter().filter_map(|path| Document::read(path, MethodName::Jcs).ok()));
        rows.push(Row { source, lines: one.lines, out: one.out, state });
    }
    Ok(rows)
}

/// Two of a run that would take one number, one file or the place of one certificate: the second would be signed in vain.
fn alone(gate: &Gate<'_>, mut rows: Vec<Row>) -> Vec<Row> {
    let mut taken: BTreeMap<String, String> = BTreeMap::new();
    for row in &mut rows {
        let State::Read(case) = &row.state else { continue };
        let replaced = case.replaced(&gate.author).map(|id| format!("the certificate {id}, to be replaced,"));
        let claims =
            [Some(format!("the number {}", case.metadata.number_normal)), Some(format!("the file {}", row.out.display())), replaced];
        let claims: Vec<String> = claims.into_iter().flatten().collect();
        let other = claims.iter().find_map(|claim| taken.get(claim).map(|other| (claim, other)));
        if let Some((claim, other)) = other {
            let what = format!("{claim} is {other}'s in this run, too");
            row.state = State::Refused(vec!["REFERENCE_CONFLICT"], vec![format!("REFERENCE_CONFLICT: {what}")], Exit::Untrustworthy);
        } else {
            taken.extend(claims.into_iter().map(|claim| (claim, row.source.clone())));
        }
    }
    rows
}

/// What the gate says to each. Where no node answers, the run ends: nothing is signed yet.
async fn judge(gate: &Gate<'_>, rows: Vec<Row>, passports: &[Document], as_json: bool) -> Result<Vec<Row>> {
    let bar = progress_bar(rows.len(), as_json);
    let mut judged = Vec::new();
    for mut row in rows {
        if let State::Read(case) = row.state {
            row.state = one(gate, case, passports).await?;
        }
        judged.push(row);
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(judged)
}

async fn one(gate: &Gate<'_>, case: Box<Case>, passports: &[Document]) -> Result<State> {
    let named = case.metadata.items.iter().filter_map(|item| Some(item.passport.as_ref()?.fingerprint));
    let named: Vec<_> = named.collect();
    let mut own: Vec<Document> = Vec::new();
    for passport in passports.iter().filter(|passport| named.iter().any(|fingerprint| is_passport(passport, fingerprint))) {
        let known = |held: &Document| matches!(&held.findings.facts, Facts::Passport(facts) if is_passport(passport, &facts.fingerprint));
        if !own.iter().any(known) {
            own.push(passport.clone());
        }
    }
    let looked = match gate.look(&case, own).await {
        Ok(looked) if looked.objections.is_empty() => match made(gate, &case, &looked) {
            Ok(()) => return Ok(State::Passed(Box::new((*case, looked)))),
            Err(error) => return Ok(State::Failed(fault_of(error))),
        },
        looked => looked,
    };
    let fault = match looked {
        Ok(looked) => {
            let faults = looked.objections.iter().map(|(code, detail)| format!("{code}: {detail}")).collect();
            return Ok(State::Refused(looked.objections.iter().map(|(code, _)| *code).collect(), faults, looked.exit));
        }
        Err(error) => fault_of(error),
    };
    if fault.reason == "NODE_UNREACHABLE" { Err(fault.into()) } else { Ok(State::Failed(fault)) }
}

fn made(gate: &Gate<'_>, case: &Case, looked: &Looked) -> Result<()> {
    if gate.args.dry_run { Ok(()) } else { gate.make(case, looked.before) }
}

/// Says of each that was not issued what stood in its way.
fn refusals(mut report: Report, rows: &[Row]) -> Report {
    for row in rows {
        let (faults, exit) = match &row.state {
            State::Refused(_, faults, exit) => (faults.clone(), *exit),
            State::Failed(fault) => {
                let hint = fault.hint.iter().map(|hint| format!("{} {hint}", paint("hint:", Paint::Dim)));
                ([format!("{}: {}", fault.reason, fault.message)].into_iter().chain(hint).collect(), fault.exit)
            }
            State::Read(_) | State::Passed(_) => continue,
        };
        report = report.note(format!("{} {}", paint("not issued:", Paint::Bad), row.source));
        report = report.notes(faults.into_iter().map(|fault| format!("  {fault}"))).at_least(exit);
    }
    if !rows.is_empty() {
        report = report.note(format!("{} not issued; mend them and run the same command again: what is done is skipped", rows.len()));
    }
    report.field("not_issued", rows.len())
}

fn row_json(row: &Row) -> Value {
    let (outcome, codes, faults) = match &row.state {
        State::Passed(passed) if passed.1.is_signed() => ("signed before", Vec::new(), Vec::new()),
        State::Passed(_) | State::Read(_) => ("may be issued", Vec::new(), Vec::new()),
        State::Refused(codes, faults, _) => ("refused", codes.iter().map(ToString::to_string).collect(), faults.clone()),
        State::Failed(fault) => ("refused", vec![fault.reason.clone()], vec![fault.message.clone()]),
    };
    let file = row.out.display().to_string();
    json!({ "source": row.source, "lines": row.lines, "file": file, "outcome": outcome, "codes": codes, "faults": faults })
}
