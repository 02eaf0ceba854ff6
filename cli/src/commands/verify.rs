//! `eco verify`: judge a document.

use crate::args::VerifyArgs;
use crate::dates::now;
use crate::document::{Document, ReadAs};
use crate::evidence::Gathered;
use crate::files;
use crate::home::Home;
use crate::judging;
use crate::nodes::{self, Query};
use crate::report::{Exit, Report};
use crate::show::{trust_word, verdict_json, verdict_lines};
use anyhow::Result;
use eco_core::name::Timestamp;
use eco_core::trust::TrustRoot;
use eco_core::verdict::{Candidate, Policy, Question};
use serde_json::{Value, json};

/// Runs `eco verify`.
pub(crate) async fn run(args: &VerifyArgs, home: &Home) -> Result<Report> {
    let now = now();
    let trust = home.trust()?;
    let document = Document::read(&args.file, args.method)?;
    let mut gathered = Gathered::from_files(Some(&args.file), &args.receipt)?;
    if !args.offline {
        let query = Query::Document { candidates: document.findings.candidates.clone(), issuer: args.issuer };
        nodes::ask(&mut gathered, &query, home, trust.as_ref()).await;
    }
    let question = question(args, now);
    let policy = policy(args);
    let verdict = judging::verdict(&question, Some(&document), &gathered, trust.as_ref(), &policy);
    let mut report = Report::new()
        .exit(Exit::of(&verdict))
        .result(format!("{}  {}", trust_word(verdict.trust), args.file.display()))
        .notes(verdict_lines(&question, &verdict))
        .field("file", args.file.display().to_string())
        .field(
            "method",
            match document.read_as {
                ReadAs::Pdf => "pdf",
                ReadAs::File => "file",
            },
        )
        .field("network", trust.as_ref().map(network_json))
        .field("candidates", document.findings.candidates.iter().map(candidate_json).collect::<Vec<_>>())
        .field("evidence", gathered.describe(trust.as_ref()))
        .field("policy", json!({ "status_age_ms_max": policy.status_age_ms_max }))
        .field("verdict", verdict_json(&question, &verdict));
    if let Some(path) = &args.save_status {
        report = match trust.as_ref().and_then(|t| gathered.newest_status(t)) {
            Some(bytes) => {
                files::write(path, bytes)?;
                report.note(format!("kept the status proof in {}", path.display())).field("status_file", path.display().to_string())
            }
            None => report.note(format!("no status proof to keep in {}", path.display())),
        };
    }
    Ok(report)
}

fn question(args: &VerifyArgs, now: Timestamp) -> Question {
    // A day that is not over yet is judged as of now.
    let as_of = args.as_of.map(|day| day.end().min(now));
    Question { now, as_of, issuer: args.issuer, number: args.number.clone(), kind: args.kind }
}

fn policy(args: &VerifyArgs) -> Policy {
    args.max_status_age.map_or_else(Policy::default, |status_age_ms_max| Policy { status_age_ms_max, ..Policy::default() })
}

/// Name, id and purpose of the network that evidence was checked against.
pub(crate) fn network_json(trust: &TrustRoot) -> Value {
    json!({ "name": trust.name().as_str(), "id": trust.network().to_string(), "purpose": trust.purpose().name() })
}

fn candidate_json(candidate: &Candidate) -> Value {
    json!({
        "fingerprint": candidate.fingerprint.to_string(),
        "signature_hash": candidate.signature_hash.map(|h| h.to_string()),
        "signer_spki_hash": candidate.signer.map(|h| h.to_string()),
        "signer": candidate.signer_name,
    })
}
