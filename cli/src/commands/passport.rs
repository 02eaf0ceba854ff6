//! `eco passport`: make, check, import, sign, record and replace carbon passports. They are verified as any document is.

mod asking;
mod new;
mod record;

use crate::args::{ImportArgs, PassportCommand};
use crate::checking;
use crate::fault::Fault;
use crate::files::{self, Secrecy};
use crate::home::Home;
use crate::proving::{self, JSON_BYTES_MAX};
use crate::report::Report;
use anyhow::{Context, Result};
use eco_documents::json;
use eco_documents::passport::{pact, read_passport};
use serde_json::json;

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

fn import(args: &ImportArgs) -> Result<Report> {
    let bytes = files::read(&args.file, JSON_BYTES_MAX)?;
    let found = pact::import(&bytes).map_err(|e| Fault::refused("PACT_REFUSED", format!("{}: {e}", args.file.display())))?;
    std::fs::create_dir_all(&args.out).with_context(|| format!("cannot make {}", args.out.display()))?;
    let mut report = Report::new();
    let mut rows = Vec::new();
    for draft in &found.drafts {
        let path = args.out.join(format!("{}.draft.json", draft.id));
        files::write_new(&path, json::pretty(&draft.document).as_bytes(), Secrecy::Public)?;
        report = report.result(path.display().to_string()).note(format!("{}: a draft; to be added or mended:", path.display()));
        report = report.notes(draft.missing.iter().map(|m| format!("  {m}")));
        if !draft.left_out.is_empty() {
            report = report.note(format!("  left out, the profile has no place for: {}", draft.left_out.join(", ")));
        }
        rows.push(json!({ "file": path.display().to_string(), "missing": draft.missing, "left_out": draft.left_out }));
    }
    Ok(report.field("drafts", rows))
}
