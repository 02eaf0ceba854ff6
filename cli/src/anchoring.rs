//! Recording many documents: what is already done, what is to be signed, and what became of it.
//!
//! Knows nothing of nodes: whoever submits a batch is an argument.

use crate::document::Document;
use crate::fault::Fault;
use crate::files::{self, ECO_BYTES_MAX};
use crate::secrets::LogKey;
use anyhow::Result;
use eco_core::document::{DocumentId, DocumentKind, DocumentStatus};
use eco_core::entry::{ENTRY_VERSION, Entry, SignedEntry};
use eco_core::name::{OrgId, Timestamp};
use eco_core::number::{CertificateNumber, ReferenceKey};
use eco_core::receipt::Receipt;
use eco_core::sign::NetworkId;
use eco_core::statement::{Anchor, Statement, Supersedes};
use eco_core::trust::TrustRoot;
use std::path::{Path, PathBuf};

/// What all Anchors of one run say.
#[derive(Debug, Clone)]
pub(crate) struct Terms {
    /// For which network.
    pub(crate) network: NetworkId,
    /// Who records.
    pub(crate) author: OrgId,
    /// As what.
    pub(crate) kind: DocumentKind,
    /// Exclusive end of validity.
    pub(crate) valid_until: Option<Timestamp>,
    /// What the document replaces.
    pub(crate) supersedes: Option<Supersedes>,
    /// Until when the entries may wait.
    pub(crate) not_after: Timestamp,
}

/// The entry that records a document.
pub(crate) fn entry_of(document: &Document, number: Option<&CertificateNumber>, terms: &Terms) -> Result<Entry> {
    let candidate = document.recordable(terms.kind)?;
    let shown = document.path.display();
    let reference = match (terms.kind.is_numbered(), number) {
        (true, Some(number)) => Some(ReferenceKey::of(&terms.author, number)),
        (false, None) => None,
        (true, None) => {
            return Err(Fault::usage("NUMBER_MISSING", format!("{shown}: a {} needs its number", terms.kind.name()))
                .hint("--number N, --numbers CSV, or --number-from-name")
                .into());
        }
        (false, Some(number)) => {
            let kind = terms.kind.name();
            return Err(Fault::usage(
                "NUMBER_NOT_ALLOWED",
                format!("{shown}: kind {kind} carries no certificate number, {number} was given"),
            )
            .into());
        }
    };
    Ok(Entry {
        version: ENTRY_VERSION,
        network: terms.network,
        author: terms.author,
        agent: None,
        not_after: terms.not_after,
        statement: Statement::Anchor(Anchor {
            fingerprint: candidate.fingerprint,
            kind: terms.kind,
            signature_hash: candidate.signature_hash,
            reference,
            product_keys: Vec::new(),
            links: Vec::new(),
            summary: None,
            valid_from: None,
            valid_until: terms.valid_until,
            supersedes: terms.supersedes,
        }),
    })
}

/// Whether the file beside a document already holds its receipt by this author.
pub(crate) fn receipt_beside(document: &Document, author: &OrgId, trust: &TrustRoot) -> Result<Option<Receipt>> {
    let Some(bytes) = files::read_if_present(&files::sidecar(&document.path), ECO_BYTES_MAX)? else { return Ok(None) };
    let Ok(receipt) = Receipt::from_file(&bytes, trust) else { return Ok(None) };
    let entry = receipt.entry.entry();
    let own = matches!(&entry.statement, Statement::Anchor(anchor)
        if document.findings.candidates.iter().any(|c| c.fingerprint == anchor.fingerprint && c.signature_hash == anchor.signature_hash));
    Ok((own && entry.author == *author && receipt.verify(trust).is_ok()).then_some(receipt))
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
    pub(crate) path: PathBuf,
    /// Recorded now, before, or not.
    pub(crate) state: FileState,
}

/// Recorded now, before, or not.
#[derive(Debug, Clone)]
pub(crate) enum FileState {
    /// Its receipt lay beside it.
    Skipped(Box<Receipt>),
    /// Its receipt lies beside it now.
    Recorded {
        /// The proof.
        receipt: Box<Receipt>,
        /// The log had it before this run.
        already: bool,
        /// The document's status now, where the node shows it.
        status: Option<DocumentStatus>,
    },
    /// It was not recorded.
    Failed(Fault),
}

/// Records files in batches. A file that fails does not stop the others; a batch that nobody answers does.
///
/// `number_of` names a file's certificate number; `submit` gives one outcome per entry, in order;
/// `progress` is called with every file that is done.
pub(crate) async fn record_all(
    run: &Run<'_>,
    paths: &[PathBuf],
    mut submit: impl AsyncFnMut(Vec<SignedEntry>) -> Result<Vec<Outcome>>,
    mut progress: impl FnMut(&Done),
) -> (Vec<Done>, Option<anyhow::Error>) {
    let mut done: Vec<Done> = Vec::new();
    for chunk in paths.chunks(run.batch.max(1)) {
        let (mut waiting, mut entries) = (Vec::new(), Vec::new());
        for path in chunk {
            match run.prepare(path) {
                Ok(Prepared::Skip(receipt)) => note(&mut done, &mut progress, path, FileState::Skipped(receipt)),
                Ok(Prepared::Submit(entry)) => {
                    waiting.push(path);
                    entries.push(*entry);
                }
                Err(error) => note(&mut done, &mut progress, path, FileState::Failed(fault_of(error))),
            }
        }
        if entries.is_empty() {
            continue;
        }
        let outcomes = match submit(entries).await {
            Ok(outcomes) if outcomes.len() == waiting.len() => outcomes,
            Ok(outcomes) => {
                let error =
                    Fault::unverifiable("NODE_ANSWER_INVALID", format!("{} outcomes for {} entries", outcomes.len(), waiting.len()));
                return (done, Some(error.into()));
            }
            Err(error) => return (done, Some(error)),
        };
        for (path, outcome) in waiting.into_iter().zip(outcomes) {
            let state = settle(path, outcome).unwrap_or_else(|error| FileState::Failed(fault_of(error)));
            note(&mut done, &mut progress, path, state);
        }
    }
    (done, None)
}

fn note(done: &mut Vec<Done>, progress: &mut impl FnMut(&Done), path: &Path, state: FileState) {
    let one = Done { path: path.to_path_buf(), state };
    progress(&one);
    done.push(one);
}

fn settle(path: &Path, outcome: Outcome) -> Result<FileState> {
    match outcome {
        Outcome::Recorded { receipt, already, status } => {
            files::write(&files::sidecar(path), &receipt.to_file())?;
            Ok(FileState::Recorded { receipt, already, status })
        }
        Outcome::Refused(fault) => Ok(FileState::Failed(fault)),
    }
}

fn fault_of(error: anyhow::Error) -> Fault {
    match error.downcast::<Fault>() {
        Ok(fault) => fault,
        Err(other) => Fault::unverifiable("FAILED", format!("{other:#}")),
    }
}

/// One run over many files.
pub(crate) struct Run<'a> {
    /// What the Anchors say.
    pub(crate) terms: Terms,
    /// Who signs them.
    pub(crate) key: &'a LogKey,
    /// What receipts beside files are checked with.
    pub(crate) trust: &'a TrustRoot,
    /// How files are read.
    pub(crate) method: crate::args::MethodName,
    /// Entries in one request.
    pub(crate) batch: usize,
    /// A file's certificate number.
    pub(crate) number_of: &'a dyn Fn(&Path) -> Result<Option<CertificateNumber>>,
}

enum Prepared {
    Skip(Box<Receipt>),
    Submit(Box<SignedEntry>),
}

impl Run<'_> {
    fn prepare(&self, path: &Path) -> Result<Prepared> {
        let document = Document::read(path, self.method)?;
        if let Some(receipt) = receipt_beside(&document, &self.terms.author, self.trust)? {
            return Ok(Prepared::Skip(Box::new(receipt)));
        }
        let number = (self.number_of)(path)?;
        let entry = entry_of(&document, number.as_ref(), &self.terms)?;
        Ok(Prepared::Submit(Box::new(self.key.sign(entry)?)))
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
mod tests {
    use super::*;
    use crate::args::MethodName;
    use crate::kit::{self, Network};
    use eco_core::registry::Purpose;
    use eco_documents::keys::{KeyAlgorithm, SecretKey};

    /// A directory of files of kind other, a network in memory, and the exporter's key.
    struct Office {
        directory: tempfile::TempDir,
        network: Network,
        key: LogKey,
        trust: TrustRoot,
    }

    impl Office {
        fn with_files(count: usize) -> (Self, Vec<PathBuf>) {
            let directory = tempfile::tempdir().unwrap();
            let paths: Vec<PathBuf> = (0..count).map(|n| directory.path().join(format!("{n}.txt"))).collect();
            paths.iter().for_each(|p| std::fs::write(p, p.display().to_string()).unwrap());
            let network = Network::production();
            let seed = kit::secret("acme-battery", Purpose::Issue).to_bytes();
            let key = LogKey::of(SecretKey::of_seed(KeyAlgorithm::Ed25519, &seed).unwrap()).unwrap();
            let trust = network.trust();
            (Self { directory, network, key, trust }, paths)
        }

        fn terms(&self) -> Terms {
            Terms {
                network: self.network.id(),
                author: kit::org("acme-battery"),
                kind: DocumentKind::Other,
                valid_until: None,
                supersedes: None,
                not_after: self.network.now().plus_ms(60_000),
            }
        }

        /// One run with batches of three; the node dies before batch `fail_at`. Gives what each batch held.
        fn run(&mut self, paths: &[PathBuf], fail_at: usize) -> (Vec<Done>, Option<anyhow::Error>, Vec<usize>) {
            let (trust, terms) = (self.trust.clone(), self.terms());
            let number_of = |_: &Path| Ok(None);
            let run = Run { terms, key: &self.key, trust: &trust, method: MethodName::Auto, batch: 3, number_of: &number_of };
            let mut batches = Vec::new();
            let network = &mut self.network;
            let submit = async |entries: Vec<SignedEntry>| {
                if batches.len() == fail_at {
                    anyhow::bail!("the node is gone");
                }
                batches.push(entries.len());
                let first = network.record(entries.clone());
                Ok((first..network.state.frontier().size())
                    .map(|index| Outcome::Recorded { receipt: Box::new(network.receipt(index)), already: false, status: None })
                    .collect())
            };
            let future = record_all(&run, paths, submit, |_| ());
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            let (done, stopped) = runtime.block_on(future);
            (done, stopped, batches)
        }
    }

    fn skipped(done: &[Done]) -> usize {
        done.iter().filter(|d| matches!(d.state, FileState::Skipped(_))).count()
    }

    /// Without it, a batch that broke off after hours starts again from nothing, or records twice.
    #[test]
    fn an_interrupted_batch_goes_on_where_it_stopped() {
        let (mut office, paths) = Office::with_files(8);
        let (done, stopped, batches) = office.run(&paths, 2);
        assert_eq!((done.len(), batches), (6, vec![3, 3]));
        assert!(stopped.unwrap().to_string().contains("the node is gone"));
        let (done, stopped, batches) = office.run(&paths, usize::MAX);
        assert!(stopped.is_none());
        assert_eq!((done.len(), skipped(&done), batches), (8, 6, vec![2]));
        let (done, _, batches) = office.run(&paths, usize::MAX);
        assert_eq!((skipped(&done), batches), (8, vec![]));
        assert_eq!(office.network.entries.len(), 8, "every file is on the log once");
    }

    /// A receipt of the bytes as they were is no receipt of the bytes as they are.
    #[test]
    fn a_changed_file_is_recorded_anew() {
        let (mut office, paths) = Office::with_files(1);
        office.run(&paths, usize::MAX);
        std::fs::write(&paths[0], b"changed").unwrap();
        let (done, _, batches) = office.run(&paths, usize::MAX);
        assert_eq!((skipped(&done), batches), (0, vec![1]));
    }

    /// One unreadable file among thousands must not keep the others from the log.
    #[test]
    fn a_bad_file_does_not_stop_the_others() {
        let (mut office, mut paths) = Office::with_files(2);
        paths.insert(1, office.directory.path().join("missing.txt"));
        let (done, stopped, batches) = office.run(&paths, usize::MAX);
        assert!(stopped.is_none());
        assert_eq!(batches, vec![2]);
        assert!(matches!(&done.iter().find(|d| d.path == paths[1]).unwrap().state, FileState::Failed(f) if f.reason == "FILE_UNREADABLE"));
    }

    /// Kinds that carry a number, and kinds that do not, are never mixed up.
    #[test]
    fn numbers_go_with_certificates_only() {
        let (office, paths) = Office::with_files(1);
        let document = Document::read(&paths[0], MethodName::Auto).unwrap();
        let number = CertificateNumber::normalise("1").unwrap();
        let reason = |result: Result<Entry>| result.unwrap_err().downcast::<Fault>().unwrap().reason;
        assert_eq!(reason(entry_of(&document, Some(&number), &office.terms())), "NUMBER_NOT_ALLOWED");
        let certificate = Terms { kind: DocumentKind::Certificate, ..office.terms() };
        assert_eq!(reason(entry_of(&document, Some(&number), &certificate)), "METHOD_NOT_ALLOWED");
    }
}
