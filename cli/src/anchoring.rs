//! Recording many documents: what is already done, what is to be signed, and what became of it.
//!
//! Knows nothing of nodes: whoever submits a batch is an argument. Only workers hold a document's bytes, one each.

use crate::args::MethodName;
use crate::attached::{self, Commitments};
use crate::document::Document;
use crate::fault::Fault;
use crate::secrets::LogKey;
use crate::signing::{Job, Signed, Signing};
use crate::stapling::{Place, Placed, at_hand, place};
use crate::workers::{self, Working};
use anyhow::Result;
use eco_core::document::{DocumentId, DocumentKind, DocumentStatus, ProductKey};
use eco_core::entry::{ENTRY_VERSION, Entry, SignedEntry};
use eco_core::name::{OrgId, Timestamp};
use eco_core::number::{CertificateNumber, ReferenceKey};
use eco_core::receipt::Receipt;
use eco_core::sign::NetworkId;
use eco_core::statement::{Anchor, Statement, Supersedes};
use eco_core::trust::TrustRoot;
use eco_core::verdict::{Facts, PassportFacts};
use eco_documents::metadata::CertificateMetadata;
use eco_documents::product::ProductId;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What all Anchors of one run say.
#[derive(Debug, Clone)]
pub(crate) struct Terms {
    /// For which network.
    pub(crate) network: NetworkId,
    /// Who records.
    pub(crate) author: OrgId,
    /// As what; `None`: as what their data says.
    pub(crate) kind: Option<DocumentKind>,
    /// Exclusive end of validity.
    pub(crate) valid_until: Option<Timestamp>,
    /// What the document replaces.
    pub(crate) supersedes: Option<Supersedes>,
    /// Until when the entries may wait.
    pub(crate) not_after: Timestamp,
}

/// As what a document is recorded: what is said, else what its data says, else as a certificate.
fn kind_of(document: &Document, data: Option<&CertificateMetadata>, said: Option<DocumentKind>) -> Result<DocumentKind> {
    let passport = matches!(document.findings.facts, Facts::Passport(_)).then_some(DocumentKind::Passport);
    let stated = data.map(|data| data.proof_type.kind()).or(passport);
    match (said, stated) {
        // Bytes of others may be recorded for what they are: bytes.
        (Some(DocumentKind::Other), _) => Ok(DocumentKind::Other),
        (Some(said), Some(stated)) if said != stated => {
            let (said, stated) = (said.name(), stated.name());
            let message = format!("{}: it would be recorded as {said}, its data is of a {stated}", document.path.display());
            Err(Fault::refused("KIND_MISMATCH", message).hint(format!("--kind {stated}")).into())
        }
        (said, stated) => Ok(said.or(stated).unwrap_or(DocumentKind::Certificate)),
    }
}

/// The entry that records a document.
pub(crate) fn entry_of(document: &Document, number: Option<&CertificateNumber>, terms: &Terms) -> Result<Entry> {
    // What has no signature that holds is refused for that, whatever its data says.
    let has_data = terms.kind != Some(DocumentKind::Other) && !document.findings.candidates.is_empty();
    let data = if has_data { attached::data(document)? } else { None };
    let stated = data.as_ref().map(|(_, data, _)| data);
    let kind = kind_of(document, stated, terms.kind)?;
    let candidate = document.recordable(kind)?;
    let reference = match (kind.is_numbered(), number) {
        (true, number) => Some(ReferenceKey::of(&terms.author, &attached::number_of(document, stated, number)?)),
        (false, None) => None,
        (false, Some(number)) => {
            let what = format!("{}: kind {} carries no certificate number, {number} was given", document.path.display(), kind.name());
            return Err(Fault::usage("NUMBER_NOT_ALLOWED", what).into());
        }
    };
    if let Some(stated) = stated {
        attached::replaced_as_stated(document, &terms.author, stated, terms.supersedes.map(|s| s.document))?;
    }
    let committed = data.as_ref().map(|data| attached::commitments(document, &terms.author, data)).transpose()?;
    let Commitments { links, summary } = committed.unwrap_or_default();
    let validity = stated.map(|data| (data.valid_from, Some(data.valid_until)));
    let passport = match (&document.findings.facts, kind) {
        (Facts::Passport(facts), DocumentKind::Passport) => Some(facts.as_ref()),
        _ => None,
    };
    let product_keys = passport.map(|p| product_key(p, &terms.author)).transpose()?;
    if let Some(passport) = passport {
        replaced_as_stated(&document.path, passport, terms.supersedes.is_some())?;
    }
    let (valid_from, valid_until) = validity.or_else(|| passport.map(|p| (p.valid_from, p.valid_until))).unwrap_or_default();
    Ok(Entry {
        version: ENTRY_VERSION,
        network: terms.network,
        author: terms.author,
        agent: None,
        not_after: terms.not_after,
        statement: Statement::Anchor(Anchor {
            fingerprint: candidate.fingerprint,
            kind,
            signature_hash: candidate.signature_hash,
            reference,
            product_keys: product_keys.into_iter().collect(),
            links,
            summary,
            valid_from,
            valid_until: terms.valid_until.or(valid_until),
            supersedes: terms.supersedes,
        }),
    })
}

/// What a passport says of its predecessor is what the log will say.
fn replaced_as_stated(path: &Path, passport: &PassportFacts, recorded: bool) -> Result<()> {
    let shown = path.display();
    let what = match (&passport.supersedes, recorded) {
        (Some(stated), false) => format!("{shown} says that it replaces {stated}, the entry would not"),
        (None, true) => format!("the entry would replace a passport that {shown} does not name"),
        _ => return Ok(()),
    };
    Err(Fault::refused("METADATA_LINK_MISMATCH", what).hint("eco passport supersede OLD NEW, where NEW names OLD").into())
}

/// The product's key. A model code belongs to the organisation that the id names.
fn product_key(passport: &PassportFacts, author: &OrgId) -> Result<ProductKey> {
    if let Ok(ProductId::Model { author: owner, code }) = ProductId::normalise(&passport.product)
        && owner != *author
    {
        return Err(Fault::refused(
            "SIGNER_NOT_ISSUER",
            format!("the model code {code} is of {owner}, the passport would be recorded by {author}"),
        )
        .hint("record it as that organisation, or use a code of your own")
        .into());
    }
    ProductKey::of(&passport.product).map_err(|e| Fault::refused("FIELD_INVALID", e.to_string()).into())
}

/// What a node says to one entry, checked.
#[derive(Debug, Clone)]
pub(crate) enum Outcome {
    /// On the log.
    Recorded {
        /// The proof.
        receipt: Box<Receipt>,
        /// It was there before.
        already: bool,
        /// The document's status now, where the node shows it.
        status: Option<DocumentStatus>,
    },
    /// Not taken, or not settled.
    Refused(Fault),
}

/// What became of one file.
#[derive(Debug, Clone)]
pub(crate) struct Done {
    /// The file.
    pub(crate) job: Job,
    /// Recorded now, before, or not.
    pub(crate) state: FileState,
}

/// Recorded now, before, or not.
#[derive(Debug, Clone)]
pub(crate) enum FileState {
    /// Its receipt lay in or beside it.
    Skipped {
        /// The proof.
        receipt: Box<Receipt>,
        /// Where it is now, if that was to be seen to.
        placed: Option<Placed>,
    },
    /// Its receipt lies in or beside it now.
    Recorded {
        /// The proof.
        receipt: Box<Receipt>,
        /// The log had it before this run.
        already: bool,
        /// The document's status now, where the node shows it.
        status: Option<DocumentStatus>,
        /// Where the receipt is.
        placed: Placed,
    },
    /// It was not recorded.
    Failed(Fault),
}

/// One run over many files.
pub(crate) struct Run {
    /// How documents are signed first, if they are.
    pub(crate) signing: Option<Signing>,
    /// What the Anchors say.
    pub(crate) terms: Terms,
    /// What single files replace, by their sources.
    pub(crate) replaced: BTreeMap<PathBuf, Supersedes>,
    /// Who signs them.
    pub(crate) key: LogKey,
    /// What receipts at hand are checked with.
    pub(crate) trust: TrustRoot,
    /// How files are read.
    pub(crate) method: MethodName,
    /// Entries in one request.
    pub(crate) batch: usize,
    /// Threads that sign, read and write documents.
    pub(crate) workers: usize,
    /// Where receipts go.
    pub(crate) place: Place,
    /// A file's certificate number.
    pub(crate) number_of: Numbering,
}

/// Names a file's certificate number.
pub(crate) type Numbering = Box<dyn Fn(&Path) -> Result<Option<CertificateNumber>> + Send + Sync>;

/// Records files in batches. A file that fails does not stop the others; a batch that nobody answers does.
///
/// While a batch is on its way to the log the next one is prepared, and the receipts of the one before are put in
/// their places. `submit` gives one outcome per entry, in order; `progress` is called with every file that is done.
pub(crate) async fn record_all(
    run: &Arc<Run>,
    jobs: &[Job],
    mut submit: impl AsyncFnMut(Vec<SignedEntry>) -> Result<Vec<Outcome>>,
    mut progress: impl FnMut(&Done),
) -> (Vec<Done>, Option<anyhow::Error>) {
    let mut done: Vec<Done> = Vec::new();
    let mut note = |one: Done| {
        progress(&one);
        done.push(one);
    };
    let mut chunks = jobs.chunks(run.batch.max(1));
    let mut ahead = chunks.next().map(|chunk| run.start_preparing(chunk));
    let mut settling: Option<Working<Done>> = None;
    let mut stopped = None;
    while let Some(working) = ahead.take() {
        let prepared = match working.finish().await {
            Ok(prepared) => prepared,
            Err(error) => {
                stopped = Some(error);
                break;
            }
        };
        ahead = chunks.next().map(|chunk| run.start_preparing(chunk));
        let (mut waiting, mut entries) = (Vec::new(), Vec::new());
        for (job, prepared) in prepared {
            match prepared {
                Ok(Prepared::Skip(receipt, placed)) => note(Done { job, state: FileState::Skipped { receipt, placed } }),
                Ok(Prepared::Submit(entry)) => {
                    waiting.push(job);
                    entries.push(*entry);
                }
                Err(error) => note(Done { job, state: FileState::Failed(fault_of(error)) }),
            }
        }
        let outcomes = if entries.is_empty() { Ok(Vec::new()) } else { submit(entries).await };
        let outcomes = outcomes.and_then(|outcomes| all_answered(outcomes, waiting.len()));
        if let Some(Ok(settled)) = settle(&mut settling).await {
            settled.into_iter().for_each(&mut note);
        }
        match outcomes {
            Ok(outcomes) => settling = Some(run.start_settling(waiting.into_iter().zip(outcomes).collect())),
            Err(error) => {
                stopped = Some(error);
                break;
            }
        }
    }
    if let Some(Ok(settled)) = settle(&mut settling).await {
        settled.into_iter().for_each(&mut note);
    }
    (done, stopped)
}

async fn settle(settling: &mut Option<Working<Done>>) -> Option<Result<Vec<Done>>> {
    match settling.take() {
        Some(working) => Some(working.finish().await),
        None => None,
    }
}

fn all_answered(outcomes: Vec<Outcome>, asked: usize) -> Result<Vec<Outcome>> {
    if outcomes.len() == asked {
        return Ok(outcomes);
    }
    Err(Fault::unverifiable("NODE_ANSWER_INVALID", format!("{} outcomes for {asked} entries", outcomes.len())).into())
}

/// The fault that an error is; what has no name of its own is FAILED.
pub(crate) fn fault_of(error: anyhow::Error) -> Fault {
    match error.downcast::<Fault>() {
        Ok(fault) => fault,
        Err(other) => Fault::unverifiable("FAILED", format!("{other:#}")),
    }
}

enum Prepared {
    Skip(Box<Receipt>, Option<Placed>),
    Submit(Box<SignedEntry>),
}

impl Run {
    fn start_preparing(self: &Arc<Self>, chunk: &[Job]) -> Working<(Job, Result<Prepared>)> {
        let run = Arc::clone(self);
        workers::start(chunk.to_vec(), self.workers, move |job| {
            let prepared = run.prepare(&job);
            (job, prepared)
        })
    }

    fn start_settling(self: &Arc<Self>, answered: Vec<(Job, Outcome)>) -> Working<Done> {
        let run = Arc::clone(self);
        workers::start(answered, self.workers, move |(job, outcome)| {
            let state = run.settle(&job, outcome).unwrap_or_else(|error| FileState::Failed(fault_of(error)));
            Done { job, state }
        })
    }

    fn prepare(&self, job: &Job) -> Result<Prepared> {
        let (document, signed) = match &self.signing {
            Some(signing) => signing.ensure(job)?,
            None => (Document::read(&job.document, self.method)?, Signed::Before),
        };
        // What was signed just now cannot be on the log.
        let before = match signed {
            Signed::Now => None,
            Signed::Before => at_hand(&document, &self.trust, |receipt| receipt.entry.entry().author == self.terms.author)?,
        };
        if let Some(receipt) = before {
            let placed = match self.place {
                Place::Inside => Some(place(&document.path, &receipt, Place::Inside, &self.trust)?),
                Place::Beside => None,
            };
            return Ok(Prepared::Skip(Box::new(receipt), placed));
        }
        let supersedes = self.replaced.get(&job.source).copied().or(self.terms.supersedes);
        let terms = Terms { supersedes, ..self.terms.clone() };
        let entry = (self.number_of)(&job.source).and_then(|number| entry_of(&document, number.as_ref(), &terms));
        let entry = entry.and_then(|entry| self.key.sign(entry));
        if entry.is_err() && signed == Signed::Now {
            self.take_back(job)?;
        }
        Ok(Prepared::Submit(Box::new(entry?)))
    }

    /// Removes a file that was signed just now and cannot be recorded: no entry left for it, and it must not pass for one
    /// that was issued. A signature made elsewhere, or put into its source, stays.
    fn take_back(&self, job: &Job) -> Result<()> {
        let is_ours = self.signing.as_ref().is_some_and(|signing| !signing.is_prepared);
        if is_ours && job.source != job.document {
            std::fs::remove_file(&job.document)?;
        }
        Ok(())
    }

    fn settle(&self, job: &Job, outcome: Outcome) -> Result<FileState> {
        match outcome {
            Outcome::Recorded { receipt, already, status } => {
                let placed = place(&job.document, &receipt, self.place, &self.trust)?;
                Ok(FileState::Recorded { receipt, already, status, placed })
            }
            Outcome::Refused(fault) => Ok(FileState::Failed(fault)),
        }
    }
}

/// The document that an Anchor's receipt is of.
pub(crate) fn document_of(receipt: &Receipt) -> Option<DocumentId> {
    let entry = receipt.entry.entry();
    match &entry.statement {
        Statement::Anchor(anchor) => Some(DocumentId::of(&entry.author, &anchor.fingerprint)),
        Statement::ChangeStatus(change) => Some(change.document),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
