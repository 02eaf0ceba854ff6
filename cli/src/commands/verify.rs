//! `eco verify`: judge a document, a folder of them, or a verdict that was saved.

mod consignment;
mod folder;
mod saved;

use crate::anchors;
use crate::args::{MethodName, VerifyArgs};
use crate::consignment::Consignment;
use crate::dates::now;
use crate::document::{Document, ReadAs};
use crate::evidence::Gathered;
use crate::fault::Fault;
use crate::files::{self, ECO_BYTES_MAX};
use crate::home::Home;
use crate::judging;
use crate::nodes::{Asking, Query};
use crate::report::{Exit, Report};
use crate::show::{examination_json, examination_lines, signature_json, trust_word, verdict_json, verdict_lines};
use anyhow::Result;
use eco_core::eco_file::{FileKind, kind_of};
use eco_core::name::Timestamp;
use eco_core::trust::TrustRoot;
use eco_core::verdict::{Candidate, Facts, Judgement, Policy, Question, Verdict};
use eco_documents::pdf::PathMaterial;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::Path;

/// Runs `eco verify`.
pub(crate) async fn run(args: &VerifyArgs, home: &Home, as_json: bool) -> Result<Report> {
    match args.files.as_slice() {
        [file] if args.csv.is_none() && !file.is_dir() => match saved_verdict(file)? {
            Some(bytes) => saved::recheck(file, &bytes, args, home).await,
            None if args.together() => consignment::run(file, args, home).await,
            None => one(file, args, home).await,
        },
        _ if args.save.is_some() || args.save_status.is_some() || args.number.is_some() => {
            Err(Fault::usage("ONE_FILE_ONLY", "--save, --save-status and --number are for one file").into())
        }
        _ if !args.receipt.is_empty() && !args.together() => {
            Err(Fault::usage("ONE_FILE_ONLY", "--receipt is for one file").hint("a receipt lies beside its document: NAME.eco").into())
        }
        _ => folder::run(args, home, as_json).await,
    }
}

/// The bytes of a verdict file; `None` for anything else.
fn saved_verdict(file: &Path) -> Result<Option<Vec<u8>>> {
    if file.extension().is_none_or(|extension| extension != "eco") {
        return Ok(None);
    }
    let bytes = files::read(file, ECO_BYTES_MAX)?;
    Ok((kind_of(&bytes) == Ok(FileKind::Verdict)).then_some(bytes))
}

/// A document, what speaks for it, and the verdict.
struct Examined {
    document: Document,
    gathered: Gathered,
    verdict: Verdict,
}

/// Gathers what nodes know and has everything judged.
async fn examine(
    document: Document,
    mut gathered: Gathered,
    question: &Question,
    trust: Option<&TrustRoot>,
    policy: &Policy,
    asking: Option<&mut Asking<'_>>,
) -> Examined {
    gather(&document, &mut gathered, question, asking).await;
    judge(document, gathered, question, trust, policy)
}

/// Adds what lies in the document, and what nodes know.
async fn gather(document: &Document, gathered: &mut Gathered, question: &Question, asking: Option<&mut Asking<'_>>) {
    gathered.add_stapled(document);
    if let Some(asking) = asking {
        asking.ask(gathered, &Query::of(document, question.issuer)).await;
    }
}

fn judge(document: Document, gathered: Gathered, question: &Question, trust: Option<&TrustRoot>, policy: &Policy) -> Examined {
    let verdict = judging::verdict(question, Some(&document), &gathered, trust, policy);
    Examined { document, gathered, verdict }
}

/// How documents are read: here, or each in a process of its own where that is asked for.
fn reader(args: &VerifyArgs) -> fn(&Path, MethodName, &PathMaterial) -> Result<Document> {
    if args.limited { Document::read_limited } else { Document::read_by }
}

async fn one(file: &Path, args: &VerifyArgs, home: &Home) -> Result<Report> {
    let trust = home.trust()?;
    let document = reader(args)(file, args.method, &anchors::material(&args.anchors, home)?)?;
    let gathered = Gathered::from_files(Some(file), &args.receipt)?;
    let mut asking = (!args.offline).then(|| Asking::of(home, trust.as_ref()));
    let (question, policy) = (question(args, now()), policy(args));
    let examined = examine(document, gathered, &question, trust.as_ref(), &policy, asking.as_mut()).await;
    let Examined { document, gathered, verdict } = &examined;
    let mut report = Report::new()
        .notes(linked(document))
        .exit(Exit::of(verdict))
        .result(format!("{}  {}", trust_word(verdict.trust), file.display()))
        .notes(verdict_lines(&question, verdict))
        .notes(examination_lines(document))
        .field("examined", examination_json(document))
        .field("file", file.display().to_string())
        .field(
            "method",
            match document.read_as {
                ReadAs::Pdf => "pdf",
                ReadAs::Jcs => "jcs",
                ReadAs::File => "file",
            },
        )
        .field("network", trust.as_ref().map(network_json))
        .field("candidates", document.findings.candidates.iter().map(candidate_json).collect::<Vec<_>>())
        .field("signatures", document.signatures.iter().map(signature_json).collect::<Vec<_>>())
        .field("evidence", gathered.describe(trust.as_ref()))
        .field("policy", json!({ "status_age_ms_max": policy.status_age_ms_max }))
        .field("verdict", verdict_json(&question, verdict));
    if let Some(path) = &args.save_status {
        report = match trust.as_ref().and_then(|t| gathered.newest_status(t)) {
            Some(bytes) => {
                files::write(path, bytes)?;
                report.note(format!("kept the status proof in {}", path.display())).field("status_file", path.display().to_string())
            }
            None => report.note(format!("no status proof to keep in {}", path.display())),
        };
    }
    if let Some(path) = &args.save {
        let Examined { document, gathered, verdict } = examined;
        let judgement = Judgement { certificate: Some(verdict), passports: Vec::new(), scheme: None, aside: Vec::new() };
        files::write(path, &Consignment::alone(document, gathered).save(&question, &policy, &judgement)?)?;
        report = consignment::kept(report, path);
    }
    Ok(report.notes(asking.and_then(|asking| asking.keep_head())))
}

/// The passports that a certificate links, which were not given.
fn linked(document: &Document) -> Option<String> {
    let Facts::Certificate(facts) = &document.findings.facts else { return None };
    let named: BTreeSet<String> = facts.items.iter().filter_map(|item| item.passport.map(|passport| passport.to_string())).collect();
    let listed = named.iter().cloned().collect::<Vec<_>>().join(", ");
    let what = format!("this certificate links {} carbon passports ({listed})", named.len());
    (!named.is_empty()).then(|| format!("{what}, judged with --passport FILE and --scheme NAME"))
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
