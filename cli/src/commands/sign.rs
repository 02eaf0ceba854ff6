//! `eco sign`: sign one PDF or a folder of them; with `--anchor` also record them and staple the receipts.

use crate::anchoring::fault_of;
use crate::anchors;
use crate::args::{KeyPlace, MethodName, PassphraseArgs, SignArgs, SignerArgs};
use crate::commands::anchor::{Recording, numbering, record};
use crate::commands::key::read_certificate;
use crate::dates::now;
use crate::document::Document;
use crate::fault::Fault;
use crate::files::Wanted;
use crate::home::Home;
use crate::prepared::{self, HeldElsewhere};
use crate::report::{Exit, Paint, Report, paint};
use crate::secrets::{self, LogKey};
use crate::show;
use crate::signing::{Job, Signed, Signing, jobs};
use crate::stapling::Place;
use crate::token::TokenSigner;
use crate::workers;
use anyhow::Result;
use eco_core::document::DocumentKind;
use eco_documents::pdf::{KeySigner, Signer, SignerIdentity};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

/// Files handed to the workers at a time: so often the progress is shown.
const CHUNK: usize = 32;

/// Runs `eco sign`. What it writes has passed our own verifier.
pub(crate) async fn run(args: &SignArgs, home: &Home, as_json: bool) -> Result<Report> {
    let jobs = jobs(&args.files, Some(&args.out), Wanted::Pdf)?;
    let is_elsewhere = args.prepare || args.signature.is_some();
    let signing = if is_elsewhere { signed_elsewhere(args, home)? } else { signing(&args.signer, home)? };
    match jobs.as_slice() {
        [job] if args.prepare => return prepared::prepare(&signing, job),
        [_] => {}
        _ if is_elsewhere => return Err(Fault::usage("ONE_FILE", "a key held elsewhere signs one file at a time").into()),
        _ => {}
    }
    let Some(log_key) = args.log_key.as_deref().filter(|_| args.anchor) else {
        return sign_all(signing, jobs, args, as_json).await;
    };
    let recording = Recording {
        terms: &args.terms,
        replaced: BTreeMap::new(),
        number_of: numbering(&args.numbers, jobs.len())?,
        key: log_key_of(log_key, args.log_passphrase_file.as_deref(), &args.signer)?,
        method: MethodName::Pdf,
        place: Place::Inside,
        pace: args.pace,
        signing: Some(signing),
    };
    record(recording, &jobs, home, as_json).await
}

/// Opens the log key; its passphrase comes from where that of the document key comes from, if nothing else is said.
pub(crate) fn log_key_of(path: &Path, passphrase_file: Option<&Path>, signer: &SignerArgs) -> Result<LogKey> {
    let from = match passphrase_file {
        Some(file) => PassphraseArgs { passphrase_fd: None, passphrase_file: Some(file.to_path_buf()) },
        None if signer.passphrase.passphrase_fd.is_some() => {
            return Err(Fault::usage("PASSPHRASE_MISSING", "a descriptor gives one passphrase; that of the log key is needed too")
                .hint("--log-passphrase-file FILE")
                .into());
        }
        None => signer.passphrase.clone(),
    };
    LogKey::open(path, &from)
}

/// How the documents of a command are signed: by a key file or a token.
pub(crate) fn signing(args: &SignerArgs, home: &Home) -> Result<Signing> {
    let identity = identity(args)?;
    let signer: Box<dyn Signer + Send + Sync> = match &args.key {
        Some(KeyPlace::File(path)) => {
            let key = secrets::open(path, &args.passphrase)?;
            let signer = KeySigner::new(key, identity.certificate, identity.chain);
            Box::new(signer.map_err(|e| Fault::usage("CERTIFICATE_INVALID", e.to_string()))?)
        }
        Some(KeyPlace::Token(uri)) => Box::new(TokenSigner::open(uri, &args.passphrase, identity)?),
        None => {
            let fault = Fault::usage("KEY_MISSING", "no --key is given, so nobody signs");
            return Err(fault.hint("--key FILE, --key 'pkcs11:..', or for a key held elsewhere: eco sign FILE .. --prepare").into());
        }
    };
    signed_by(signer, args, home)
}

/// How a document is signed by a key that is not here.
fn signed_elsewhere(args: &SignArgs, home: &Home) -> Result<Signing> {
    let signature = args.signature.as_deref().map(prepared::signature).transpose()?;
    let is_prepared = signature.is_some();
    let signer = HeldElsewhere { identity: identity(&args.signer)?, signature };
    Ok(Signing { is_prepared, ..signed_by(Box::new(signer), &args.signer, home)? })
}

fn identity(args: &SignerArgs) -> Result<SignerIdentity> {
    let identity = SignerIdentity::of_certificate(read_certificate(&args.certificate)?, args.profile.map(Into::into));
    identity.map_err(|e| {
        let fault = Fault::usage("CERTIFICATE_INVALID", e.to_string());
        fault
            .hint(
                "P-256 keys sign by viewer, Ed25519 keys by iso32002, RSA keys by rsa or rsa-pss: leave --profile out, or name another key",
            )
            .into()
    })
}

fn signed_by(signer: Box<dyn Signer + Send + Sync>, args: &SignerArgs, home: &Home) -> Result<Signing> {
    Ok(Signing {
        signer,
        is_prepared: false,
        time: i64::try_from(now().0 / 1000).unwrap_or(i64::MAX),
        field: args.field.clone(),
        reason: args.reason.clone(),
        location: args.location.clone(),
        timestamp: match &args.timestamp {
            None => None,
            Some(authority) => Some((authority.clone(), anchors::material(&args.anchors, home)?)),
        },
    })
}

/// Signs and does no more. A file that fails does not stop the others.
async fn sign_all(signing: Signing, jobs: Vec<Job>, args: &SignArgs, as_json: bool) -> Result<Report> {
    let signing = Arc::new(signing);
    let threads = args.pace.workers.map_or_else(workers::usual, usize::from);
    let bar = show::progress_bar(jobs.len(), as_json);
    let mut done = Vec::with_capacity(jobs.len());
    for chunk in jobs.chunks(CHUNK) {
        let signing = Arc::clone(&signing);
        let work = move |job: Job| {
            let outcome = signing.ensure(&job).and_then(|(document, signed)| Outcome::of(&document, signed));
            (job, outcome.map_err(fault_of))
        };
        done.extend(workers::start(chunk.to_vec(), threads, work).finish().await?);
        bar.inc(u64::try_from(chunk.len()).unwrap_or_default());
    }
    bar.finish_and_clear();
    match done.as_slice() {
        [(_, Err(fault))] => Err(fault.clone().into()),
        [(job, Ok(outcome))] => Ok(single(job, outcome)),
        _ => Ok(report(&done)),
    }
}

/// What a signed file is known by.
struct Outcome {
    signed: Signed,
    fingerprint: String,
    signature_hash: Option<String>,
    signer: String,
}

impl Outcome {
    fn of(document: &Document, signed: Signed) -> Result<Self> {
        let candidate = document.recordable(DocumentKind::Certificate)?;
        Ok(Self {
            signed,
            fingerprint: candidate.fingerprint.to_string(),
            signature_hash: candidate.signature_hash.map(|h| h.to_string()),
            signer: candidate.signer_name.clone().unwrap_or_default(),
        })
    }

    const fn word(&self) -> &'static str {
        match self.signed {
            Signed::Now => "signed",
            Signed::Before => "signed before",
        }
    }
}

fn single(job: &Job, outcome: &Outcome) -> Report {
    let shown = job.document.display();
    let note = match outcome.signed {
        Signed::Now => format!("wrote {shown}, signed by {}", outcome.signer),
        Signed::Before => format!("{shown} was signed before by {}; nothing was changed", outcome.signer),
    };
    Report::new()
        .result(outcome.fingerprint.clone())
        .note(note)
        .field("file", shown.to_string())
        .field("outcome", outcome.word())
        .field("fingerprint", outcome.fingerprint.clone())
        .field("signature_hash", outcome.signature_hash.clone())
        .field("signer", outcome.signer.clone())
}

fn report(done: &[(Job, Result<Outcome, Fault>)]) -> Report {
    let (mut report, mut exit) = (Report::new(), Exit::Done);
    let (mut now, mut before, mut failed) = (0usize, 0usize, 0usize);
    let mut rows: Vec<Value> = Vec::with_capacity(done.len());
    for (job, outcome) in done {
        let (source, file) = (job.source.display().to_string(), job.document.display().to_string());
        match outcome {
            Ok(outcome) => {
                match outcome.signed {
                    Signed::Now => now += 1,
                    Signed::Before => before += 1,
                }
                report = report.result(format!("{file}  {}", outcome.word()));
                rows.push(json!({
                    "source": source, "file": file, "outcome": outcome.word(), "fingerprint": outcome.fingerprint,
                    "signature_hash": outcome.signature_hash, "signer": outcome.signer,
                }));
            }
            Err(fault) => {
                failed += 1;
                if exit == Exit::Done || fault.exit == Exit::Usage {
                    exit = fault.exit;
                }
                report = report.note(format!("{} {fault} [{}]", paint("error:", Paint::Bad), fault.reason));
                let error = json!({ "reason": fault.reason, "message": fault.message, "hint": fault.hint });
                rows.push(json!({ "source": source, "file": file, "outcome": "failed", "error": error }));
            }
        }
    }
    report
        .exit(exit)
        .note(format!("{now} signed, {before} signed before, {failed} failed"))
        .field("files", rows)
        .field("signed", now)
        .field("signed_before", before)
        .field("failed", failed)
}
