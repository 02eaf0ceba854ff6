//! Statements of members: the records that they build on, read from a node or a kept proof, and what becomes of them.

use crate::anchoring::Outcome;
use crate::args::StatingArgs;
use crate::commands::entry::{prepared, waiting};
use crate::dates::rfc3339;
use crate::fault::Fault;
use crate::files::{self, ECO_BYTES_MAX};
use crate::home::Home;
use crate::named::Named;
use crate::nodes::Nodes;
use crate::report::{Exit, Report};
use crate::secrets::LogKey;
use crate::show::{entry_json, entry_lines};
use anyhow::Result;
use eco_client::{ListQuery, ListsAnswer};
use eco_core::document::{DocumentId, DocumentStatus};
use eco_core::entry::{ENTRY_VERSION, Entry};
use eco_core::name::OrgId;
use eco_core::state::DocumentRecord;
use eco_core::statement::Statement;
use eco_core::status::StatusProof;
use eco_core::trust::TrustRoot;
use std::path::{Path, PathBuf};

/// One member about to say something.
pub(crate) struct Stating<'a> {
    args: &'a StatingArgs,
    home: &'a Home,
    trust: TrustRoot,
    /// Who speaks.
    pub(crate) author: OrgId,
    /// A kept proof stands in for the answers of nodes.
    kept: Option<ListsAnswer>,
}

impl<'a> Stating<'a> {
    /// Reads trust root and kept proof; asks nobody yet.
    pub(crate) fn of(args: &'a StatingArgs, home: &'a Home) -> Result<Self> {
        let (trust, author) = (home.trust_required()?, home.organisation(args.org)?);
        let kept = kept(&args.proof, &trust)?;
        Ok(Self { args, home, trust, author, kept })
    }

    /// The document's id, and its record or that it is proven absent.
    pub(crate) async fn document(&self, named: &Named) -> Result<(DocumentId, Option<DocumentRecord>)> {
        match &self.kept {
            Some(kept) => named.find(&kept.view),
            None => named.ask(&Nodes::connect(self.home, &self.trust)?).await,
        }
    }

    /// A whole list, with the records that it names.
    pub(crate) async fn list(&self, query: ListQuery) -> Result<ListsAnswer> {
        match &self.kept {
            Some(kept) => Ok(kept.clone()),
            None => Nodes::connect(self.home, &self.trust)?.lists(&[query]).await,
        }
    }

    /// Writes the entry to be signed elsewhere, or signs and submits it, shows its receipt and writes it where the
    /// arguments say, else to `beside`.
    pub(crate) async fn say(&self, statement: Statement, beside: Option<&Path>) -> Result<Report> {
        let (network, author, not_after) = (self.trust.network(), self.author, waiting(self.args.wait)?);
        let entry = Entry { version: ENTRY_VERSION, network, author, agent: None, not_after, statement };
        let key = match (&self.args.prepare, &self.args.key) {
            (Some(out), _) => return prepared(&entry, out),
            (None, Some(key)) => LogKey::open(key, &self.args.passphrase)?,
            (None, None) => return Err(Fault::usage("KEY_MISSING", "no key given").hint("--key FILE, or --prepare FILE").into()),
        };
        let signed = key.sign(entry)?;
        let entry = signed.entry().clone();
        match Nodes::connect(self.home, &self.trust)?.submit(vec![signed]).await?.pop() {
            Some(Outcome::Recorded { receipt, already, status }) => {
                let how = if already { "was on the log before" } else { "is on the log" };
                let time = rfc3339(receipt.header.time);
                let exit = if status == Some(DocumentStatus::Revoked) { Exit::Revoked } else { Exit::Done };
                let mut report = Report::new()
                    .exit(exit)
                    .result(entry.id().to_string())
                    .note(format!("{how}: entry {}, block {}, {time}", receipt.index, receipt.header.height))
                    .notes(entry_lines(&entry))
                    .field("entry", entry_json(&entry))
                    .field("already_applied", already)
                    .field("status", status.map(DocumentStatus::name))
                    .field("index", receipt.index)
                    .field("height", receipt.header.height.0)
                    .field("time", time);
                if let Some(out) = self.args.out.as_deref().or(beside) {
                    files::write(out, &receipt.to_file())?;
                    report = report.note(format!("wrote {}", out.display())).field("receipt_file", out.display().to_string());
                }
                Ok(report)
            }
            Some(Outcome::Refused(fault)) => Err(fault.into()),
            None => Err(Fault::unverifiable("NODE_ANSWER_INVALID", "no outcome for the entry").into()),
        }
    }
}

/// Status proofs that were kept, read as one answer.
pub(crate) fn kept(paths: &[PathBuf], trust: &TrustRoot) -> Result<Option<ListsAnswer>> {
    let mut answer: Option<ListsAnswer> = None;
    for path in paths {
        let shown = path.display();
        let invalid = |e: &dyn std::fmt::Display| Fault::unverifiable("LOG_PROOF_INVALID", format!("{shown}: {e}"));
        let bytes = files::read(path, ECO_BYTES_MAX)?;
        let view = StatusProof::from_file(&bytes, trust).and_then(|proof| proof.verify(trust)).map_err(|e| invalid(&e))?;
        answer = Some(match answer {
            None => ListsAnswer { node: shown.to_string(), files: vec![bytes], view },
            Some(ListsAnswer { node, mut files, view: first }) => {
                files.push(bytes);
                ListsAnswer { node, files, view: first.join(view).map_err(|e| invalid(&e))? }
            }
        });
    }
    Ok(answer)
}

/// Keeps status proofs: the first under this name, the others as FILE.2, FILE.3 and so on.
pub(crate) fn keep(path: &Path, proofs: &[Vec<u8>]) -> Result<Vec<PathBuf>> {
    let named = |at: usize| if at == 0 { path.to_path_buf() } else { files::with_suffix(path, &(at + 1).to_string()) };
    proofs.iter().enumerate().map(|(at, bytes)| files::write(&named(at), bytes).map(|()| named(at))).collect()
}

/// What a list does not show, or shows in a form of a later version.
pub(crate) fn unshown(detail: String) -> Fault {
    Fault::unverifiable("ABSENCE_NOT_PROVEN", detail)
}
