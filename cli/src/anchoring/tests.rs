//! Batches that break off, files that fail, and runs of everything that are cut at their worst moments.

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
            kind: Some(DocumentKind::Other),
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
            replaced: BTreeMap::new(),
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
    let certificate = Terms { kind: Some(DocumentKind::Certificate), ..office.terms() };
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
    Signing { signer: Box::new(signer), is_prepared: false, time, field: None, reason: None, location: None, timestamp: None }
}

fn run_of_everything(network: &Network) -> Run {
    let seed = kit::secret("cn-ccpit", Purpose::Issue).to_bytes();
    let (author, kind, not_after) = (kit::org("cn-ccpit"), Some(DocumentKind::Certificate), network.now().plus_ms(60_000));
    Run {
        signing: Some(signing()),
        terms: Terms { network: network.id(), author, kind, valid_until: None, supersedes: None, not_after },
        replaced: BTreeMap::new(),
        key: LogKey::of(SecretKey::of_seed(KeyAlgorithm::Ed25519, &seed).unwrap()).unwrap(),
        trust: network.trust(),
        method: MethodName::Pdf,
        batch: 2,
        workers: 2,
        place: Place::Inside,
        number_of: Box::new(|path| Ok(CertificateNumber::normalise(&path.file_stem().unwrap().to_string_lossy()).ok())),
    }
}

fn sign_record_staple(network: &mut Network, jobs: &[Job], cut: Cut) -> (Vec<Done>, Option<anyhow::Error>) {
    let run = Arc::new(run_of_everything(network));
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

/// A signed certificate that the log refuses to hold would still look issued. One that was there before is not touched.
#[test]
fn what_cannot_be_recorded_is_not_left_signed() {
    use eco_documents::pdf::{CertificateFields, sample_certificate};
    let directory = tempfile::tempdir().unwrap();
    let (source, document) = (directory.path().join("form.pdf"), directory.path().join("signed.pdf"));
    std::fs::write(&source, sample_certificate(&CertificateFields::sample("CO-1"))).unwrap();
    let job = Job { source, document };
    let good = run_of_everything(&Network::production());
    let refusing = || Run { number_of: Box::new(|_| Ok(None)), ..run_of_everything(&Network::production()) };
    assert!(refusing().prepare(&job).is_err());
    assert!(!job.document.exists());
    assert!(matches!(good.prepare(&job), Ok(Prepared::Submit(_))), "the control");
    let signed = std::fs::read(&job.document).unwrap();
    assert!(refusing().prepare(&job).is_err());
    assert_eq!(std::fs::read(&job.document).unwrap(), signed);
}
