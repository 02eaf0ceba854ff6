//! `eco passport`: make, check, import, sign, record and replace carbon passports. They are verified as any document is.

mod asking;
mod new;
mod record;

use crate::args::{ImportArgs, PassportCommand};
use crate::checking;
use crate::fault::Fault;
use crate::files::{self, Secrecy};
use crate::home::Home;
use crate::package::{Difference, differences};
use crate::proving::{self, JSON_BYTES_MAX};
use crate::report::{Exit, Paint, Report, paint};
use anyhow::{Context, Result};
use eco_documents::json;
use eco_documents::passport::{pact, read_passport};
use serde_json::{Value, json};
use std::path::Path;

/// Runs `eco passport`.
pub(crate) async fn run(command: &PassportCommand, home: &Home, as_json: bool) -> Result<Report> {
    match command {
        PassportCommand::New(args) => new::run(args, home, as_json),
        PassportCommand::Check(args) => checking::run(&args.files, as_json, |bytes| {
            let report = read_passport(bytes, &[]);
            checking::Checked { fingerprint: report.fingerprint, flaws: report.to_mend() }
        }),
        PassportCommand::Import(args) => import(args),
        PassportCommand::Sign(args) => proving::sign(args, |bytes| {
            let report = read_passport(bytes, &[]);
            let findings = report.findings();
            proving::Found {
                fingerprint: report.fingerprint,
                flaws: report.flaws,
                advice: report.carbon,
                findings,
                document: report.document.zip(report.facts.map(|facts| facts.issuer.id)),
                check: "eco passport check",
            }
        }),
        PassportCommand::Anchor(args) => record::anchor(args, home, as_json).await,
        PassportCommand::Supersede(args) => record::supersede(args, home, as_json).await,
    }
}

/// Drafts from footprints of PACT 3.0. A draft that is there and says the same is left alone; one that was gone on with is not
/// overwritten, and stops no other.
fn import(args: &ImportArgs) -> Result<Report> {
    let bytes = files::read(&args.file, JSON_BYTES_MAX)?;
    let shown = args.file.display();
    let found = pact::import(&bytes).map_err(|e| Fault::refused("PACT_REFUSED", format!("{shown}: {e}")))?;
    std::fs::create_dir_all(&args.out).with_context(|| format!("cannot make {}", args.out.display()))?;
    let (mut report, mut exit) = (Report::new(), Exit::Done);
    let mut rows = Vec::new();
    for draft in &found.drafts {
        let path = args.out.join(format!("{}.draft.json", draft.id));
        let (word, differences) = written(&path, draft)?;
        report = match word {
            "skipped" => report.result(format!("{}  skipped, it is there and says the same", path.display())),
            "failed" => {
                exit = Exit::Usage;
                let lines = differences.iter().map(|d| format!("  {}: it has {}, the import gives {}", d.path, d.stated, d.found));
                let head = format!("{} {} is there and says something else [FILE_EXISTS]", paint("not made:", Paint::Bad), path.display());
                report.note(head).notes(lines).note("  remove it if it may go, or name another --out")
            }
            _ => report.result(path.display().to_string()),
        };
        if word != "failed" {
            report = report.note(format!("{}: a draft; to be added or mended:", path.display()));
            report = report.notes(draft.missing.iter().map(|m| format!("  {m}")));
        }
        if !draft.left_out.is_empty() {
            report = report.note(format!("  left out, the profile has no place for: {}", draft.left_out.join(", ")));
        }
        let differences: Vec<_> = differences.iter().map(Difference::json).collect();
        rows.push(json!({
            "file": path.display().to_string(), "outcome": word, "differences": differences, "missing": draft.missing,
            "left_out": draft.left_out,
        }));
    }
    let refused: Vec<String> = found.refused.iter().map(|(path, why)| format!("{path}: {why}")).collect();
    if !refused.is_empty() {
        exit = Exit::Untrustworthy;
        report = report.notes(refused.iter().map(|why| format!("{} {why} [PACT_REFUSED]", paint("not imported:", Paint::Bad))));
    }
    Ok(report.exit(exit).field("drafts", rows).field("refused", refused))
}

/// Writes a draft, unless a file has its name: what became of it, and in what that file differs.
fn written(path: &Path, draft: &pact::Draft) -> Result<(&'static str, Vec<Difference>)> {
    let made = json::pretty(&draft.document);
    let Some(existing) = files::read_if_present(path, JSON_BYTES_MAX)? else {
        files::write_new(path, made.as_bytes(), Secrecy::Public)?;
        return Ok(("made", Vec::new()));
    };
    let value = |bytes: &[u8]| serde_json::from_slice(bytes).unwrap_or_else(|_| Value::String(String::from_utf8_lossy(bytes).into_owned()));
    let differences = differences(&value(&existing), &value(made.as_bytes()));
    Ok((if differences.is_empty() { "skipped" } else { "failed" }, differences))
}
