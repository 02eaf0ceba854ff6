//! `eco passport`: make, check, import, sign, record and replace carbon passports. They are verified as any document is.

mod asking;
mod new;
mod record;

use crate::args::{ImportArgs, PassportCommand, PassportSignArgs};
use crate::checking;
use crate::dates::now;
use crate::fault::Fault;
use crate::files::{self, Secrecy};
use crate::home::Home;
use crate::report::Report;
use crate::secrets;
use anyhow::{Context, Result};
use eco_documents::json;
use eco_documents::passport::{pact, read_passport};
use eco_documents::proof;
use serde_json::json;

/// Bytes of the largest JSON document read: a little more than the strict reader takes, so that it can say so.
const JSON_BYTES_MAX: u64 = 1 << 20;

/// Runs `eco passport`.
pub(crate) async fn run(command: &PassportCommand, home: &Home, as_json: bool) -> Result<Report> {
    match command {
        PassportCommand::New(args) => new::run(args, home, as_json),
        PassportCommand::Check(args) => checking::run(&args.files, as_json, |bytes| {
            let report = read_passport(bytes, &[]);
            checking::Checked { fingerprint: report.fingerprint, flaws: report.to_mend() }
        }),
        PassportCommand::Import(args) => import(args),
        PassportCommand::Sign(args) => sign(args),
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

fn sign(args: &PassportSignArgs) -> Result<Report> {
    let shown = args.file.display();
    let report = read_passport(&files::read(&args.file, JSON_BYTES_MAX)?, &[]);
    if let Some(flaw) = report.flaws.iter().find(|flaw| !flaw.is_notice()) {
        let what = format!("{shown}: {}: {}, found {}", flaw.path, flaw.rule, flaw.found);
        return Err(Fault::refused(flaw.code.name(), what).hint(format!("eco passport check {shown} shows every flaw")).into());
    }
    if let Some(defect) = report.proofs.iter().find_map(|p| p.outcome.as_ref().err()) {
        return Err(Fault::refused("PROOF_INVALID", format!("{shown}: {defect}")).hint("remove the proof that does not hold").into());
    }
    let (Some(document), Some(facts)) = (&report.document, &report.facts) else {
        return Err(Fault::refused("FIELD_INVALID", format!("{shown} cannot be read whole")).into());
    };
    let key = secrets::open(&args.key, &args.passphrase)?;
    let controller = args.controller.as_deref().unwrap_or(&facts.issuer.id);
    let signed = proof::sign(document, &key, controller, now()).map_err(|e| Fault::usage("NOT_SIGNABLE", format!("{shown}: {e}")))?;
    // What is written has passed our own verifier.
    let written = json::pretty(&signed);
    let again = read_passport(written.as_bytes(), &[]);
    anyhow::ensure!(
        again.fingerprint == report.fingerprint && again.findings().candidates.len() > report.findings().candidates.len(),
        "the new proof does not verify"
    );
    files::write(&args.out, written.as_bytes())?;
    let fingerprint = facts.fingerprint.to_string();
    let proofs = again.proofs.len();
    Ok(Report::new()
        .result(fingerprint.clone())
        .note(format!("wrote {} with {proofs} proof(s), the last for {controller}", args.out.display()))
        .notes(report.carbon.iter().map(|f| format!("  {}  {}: {}, found {}", f.code, f.path, f.rule, f.found)))
        .field("file", args.out.display().to_string())
        .field("fingerprint", fingerprint)
        .field("proofs", proofs))
}
