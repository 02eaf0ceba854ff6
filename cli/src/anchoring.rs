//! Recording many documents: what is already done, what is to be signed, and what became of it.
//!
//! Knows nothing of nodes: whoever submits a batch is an argument. Only workers hold a document's bytes, one each.

use crate::args::MethodName;
use crate::document::Document;
use crate::fault::Fault;
use crate::secrets::LogKey;
use crate::signing::{Job, Signed, Signing};
use crate::stapling::{Place, Placed, at_hand, place};
use crate::workers::{self, Working};
use anyhow::Result;
use eco_core::document::{DocumentId, DocumentKind, DocumentStatus};
use eco_core::entry::{ENTRY_VERSION, Entry, SignedEntry};
use eco_core::name::{OrgId, Timestamp};
use eco_core::number::{CertificateNumber, ReferenceKey};
use eco_core::receipt::Receipt;
use eco_core::sign::NetworkId;
use eco_core::statement::{Anchor, Statement, Supersedes};
use eco_core::trust::TrustRoot;
use std::path::Path;
use std::sync::Arc;

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
        let number = (self.number_of)(&job.source)?;
        let entry = entry_of(&document, number.as_ref(), &self.terms)?;
        Ok(Prepared::Submit(Box::new(self.key.sign(entry)?)))
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
mod tests {
    use super::*;
    use crate::kit::{self, Network};
    use eco_core::registry::Purpose;
    use eco_documents::keys::{KeyAlgorithm, SecretKey};
    use std::path::PathBuf;

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
            let run = Run {
                signing: None,
                terms: self.terms(),
                key: self.key.clone(),
                trust: self.trust.clone(),
                method: MethodName::Auto,
                batch: 3,
                workers: 2,
                place: Place::Beside,
                number_of: Box::new(|_| Ok(None)),
            };
            let jobs: Vec<Job> = paths.iter().map(|p| Job { source: p.clone(), document: p.clone() }).collect();
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
            let run = Arc::new(run);
            let future = record_all(&run, &jobs, submit, |_| ());
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            let (done, stopped) = runtime.block_on(future);
            (done, stopped, batches)
        }
    }

    fn skipped(done: &[Done]) -> usize {
        done.iter().filter(|d| matches!(d.state, FileState::Skipped { .. })).count()
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
        assert!(
            matches!(&done.iter().find(|d| d.job.source == paths[1]).unwrap().state, FileState::Failed(f) if f.reason == "FILE_UNREADABLE")
        );
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

    /// Where a run of signing, recording and stapling is cut off, in its second batch.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    enum Cut {
        /// Signed, and no node has heard of it.
        BeforeRecording,
        /// On the log, and nobody here knows.
        BeforeTheAnswer,
        Never,
    }

    fn signing() -> Signing {
        use eco_documents::pki::{SubjectName, self_signed_certificate};
        let key = SecretKey::of_seed(KeyAlgorithm::P256, &[9; 32]).unwrap();
        let name = SubjectName { common_name: "Origin Office".into(), organization: "China Council".into(), country: "CN".into() };
        let time = i64::try_from(kit::START.0 / 1000).unwrap();
        let certificate = self_signed_certificate(&key, &name, time - 86_400, time + 86_400);
        let signer = eco_documents::pdf::KeySigner::new(key, certificate, Vec::new()).unwrap();
        Signing { signer: Box::new(signer), time, field: None, reason: None, location: None }
    }

    fn sign_record_staple(network: &mut Network, jobs: &[Job], cut: Cut) -> (Vec<Done>, Option<anyhow::Error>) {
        let seed = kit::secret("cn-ccpit", Purpose::Issue).to_bytes();
        let (author, kind, not_after) = (kit::org("cn-ccpit"), DocumentKind::Certificate, network.now().plus_ms(60_000));
        let run = Arc::new(Run {
            signing: Some(signing()),
            terms: Terms { network: network.id(), author, kind, valid_until: None, supersedes: None, not_after },
            key: LogKey::of(SecretKey::of_seed(KeyAlgorithm::Ed25519, &seed).unwrap()).unwrap(),
            trust: network.trust(),
            method: MethodName::Pdf,
            batch: 2,
            workers: 2,
            place: Place::Inside,
            number_of: Box::new(|path| Ok(CertificateNumber::normalise(&path.file_stem().unwrap().to_string_lossy()).ok())),
        });
        let mut batches = 0;
        let submit = async |entries: Vec<SignedEntry>| {
            batches += 1;
            anyhow::ensure!(batches != 2 || cut != Cut::BeforeRecording, "the power failed");
            let index = |network: &Network, entry: &SignedEntry| network.entries.iter().position(|known| known.id() == entry.id());
            let new: Vec<SignedEntry> = entries.iter().filter(|e| index(network, e).is_none()).cloned().collect();
            let known: Vec<bool> = entries.iter().map(|e| index(network, e).is_some()).collect();
            if !new.is_empty() {
                network.record(new);
            }
            anyhow::ensure!(batches != 2 || cut != Cut::BeforeTheAnswer, "the power failed");
            let receipt = |entry| Box::new(network.receipt(u64::try_from(index(network, entry).unwrap()).unwrap()));
            let answer = |(entry, already)| Outcome::Recorded { receipt: receipt(entry), already, status: None };
            Ok(entries.iter().zip(known).map(answer).collect())
        };
        let future = record_all(&run, jobs, submit, |_| ());
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
    }

    /// `eco sign --anchor` may be repeated after an interruption at any moment: one entry and one staple for each file.
    #[test]
    fn an_interrupted_run_of_everything_is_finished_by_the_next() {
        use eco_documents::pdf::{CertificateFields, read_pdf, sample_certificate};
        for cut in [Cut::BeforeRecording, Cut::BeforeTheAnswer, Cut::Never] {
            let directory = tempfile::tempdir().unwrap();
            let at = |folder: &str, number: usize| directory.path().join(folder).join(format!("CO-{number}.pdf"));
            let jobs: Vec<Job> = (1..6).map(|n| Job { source: at("forms", n), document: at("signed", n) }).collect();
            for (number, job) in jobs.iter().enumerate() {
                crate::files::replace(&job.source, &sample_certificate(&CertificateFields::sample(&format!("CO-{number}")))).unwrap();
            }
            let mut network = Network::production();
            let (_, stopped) = sign_record_staple(&mut network, &jobs, cut);
            assert_eq!(stopped.is_some(), cut != Cut::Never, "{stopped:?}");
            let signed_then: Vec<_> = jobs.iter().map(|j| std::fs::read(&j.document).ok().map(|b| read_pdf(&b).candidates)).collect();
            let (done, stopped) = sign_record_staple(&mut network, &jobs, Cut::Never);
            assert!(stopped.is_none() && done.len() == jobs.len(), "{stopped:?}");
            assert!(!done.iter().any(|d| matches!(d.state, FileState::Failed(_))), "{done:#?}");
            assert_eq!(network.entries.len(), jobs.len(), "{cut:?}: every certificate is on the log once");
            for (job, then) in jobs.iter().zip(signed_then) {
                let found = read_pdf(&std::fs::read(&job.document).unwrap());
                let receipt = Receipt::from_file(&found.stapled[0], &network.trust()).unwrap();
                assert!(receipt.verify(&network.trust()).is_ok());
                assert_eq!(document_of(&receipt), Some(DocumentId::of(&kit::org("cn-ccpit"), &found.candidates[0].fingerprint)));
                assert!(then.is_none_or(|then| then == found.candidates), "{cut:?}: what was signed is not signed again");
                assert!(!crate::files::sidecar(&job.document).exists(), "no second file");
            }
            let before: Vec<Vec<u8>> = jobs.iter().map(|j| std::fs::read(&j.document).unwrap()).collect();
            let (done, _) = sign_record_staple(&mut network, &jobs, Cut::Never);
            assert_eq!((skipped(&done), network.entries.len()), (jobs.len(), jobs.len()));
            assert_eq!(before, jobs.iter().map(|j| std::fs::read(&j.document).unwrap()).collect::<Vec<_>>());
        }
    }
}
