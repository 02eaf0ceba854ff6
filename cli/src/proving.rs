//! Signing JSON documents by Data Integrity: what is written has passed our own verifier.

use crate::args::ProofArgs;
use crate::checking::without_flaw;
use crate::dates::now;
use crate::fault::Fault;
use crate::files;
use crate::report::Report;
use crate::secrets;
use anyhow::Result;
use eco_core::Fingerprint;
use eco_core::verdict::DocumentFindings;
use eco_documents::json::{self, Node};
use eco_documents::profile::Flaw;
use eco_documents::proof;

/// Bytes of the largest JSON document read: a little more than the strict reader takes, so that it can say so.
pub(crate) const JSON_BYTES_MAX: u64 = 1 << 20;

/// What reading a document found.
pub(crate) struct Found {
    /// Its fingerprint, if it is strict JSON.
    pub(crate) fingerprint: Option<Fingerprint>,
    /// What breaks its profile.
    pub(crate) flaws: Vec<Flaw>,
    /// What schemes will say against it.
    pub(crate) advice: Vec<Flaw>,
    /// What `judge` takes.
    pub(crate) findings: DocumentFindings,
    /// The tree, and the identifier of whoever it says issued it.
    pub(crate) document: Option<(Node, String)>,
    /// The command that shows every flaw.
    pub(crate) check: &'static str,
}

/// Adds a proof to a document without flaw.
pub(crate) fn sign(args: &ProofArgs, read: impl Fn(&[u8]) -> Found) -> Result<Report> {
    let shown = args.file.display();
    let found = read(&files::read(&args.file, JSON_BYTES_MAX)?);
    without_flaw(&shown.to_string(), found.check, &found.flaws)?;
    let proofs = proofs(found.document.as_ref());
    if found.findings.candidates.len() < proofs {
        let wrong = found.findings.findings.iter().find(|f| f.path.as_deref() == Some("proof"));
        let what = wrong.map_or_else(|| "a proof does not hold".to_owned(), |f| f.detail.clone());
        return Err(Fault::refused("PROOF_INVALID", format!("{shown}: {what}")).hint("remove the proof that does not hold").into());
    }
    let (Some((document, issuer)), Some(fingerprint)) = (&found.document, found.fingerprint) else {
        return Err(Fault::refused("FIELD_INVALID", format!("{shown} cannot be read whole")).into());
    };
    let key = secrets::open(&args.key, &args.passphrase)?;
    let controller = args.controller.as_deref().unwrap_or(issuer);
    let signed = proof::sign(document, &key, controller, now()).map_err(|e| Fault::usage("NOT_SIGNABLE", format!("{shown}: {e}")))?;
    let written = json::pretty(&signed);
    let again = read(written.as_bytes());
    anyhow::ensure!(
        again.fingerprint == Some(fingerprint) && again.findings.candidates.len() == proofs.saturating_add(1),
        "the new proof does not verify"
    );
    files::write(&args.out, written.as_bytes())?;
    Ok(Report::new()
        .result(fingerprint.to_string())
        .note(format!("wrote {} with {} proof(s), the last for {controller}", args.out.display(), proofs.saturating_add(1)))
        .notes(found.advice.iter().map(|f| format!("  {}  {}: {}, found {}", f.code, f.path, f.rule, f.found)))
        .field("file", args.out.display().to_string())
        .field("fingerprint", fingerprint.to_string())
        .field("proofs", proofs.saturating_add(1)))
}

/// How many proofs a document has.
fn proofs(document: Option<&(Node, String)>) -> usize {
    let proof = document.and_then(|(node, _)| node.get("proof"));
    proof.map_or(0, |proof| proof.as_list().map_or(1, <[Node]>::len))
}
