//! Reads a PDF in a child process with little of everything: what a hostile file can take, it takes from the child.
//!
//! The data attached to it comes back as the text that it is and is read here again, as a JSON document by itself is:
//! that reader takes 256 KiB at most.
//!
//! The child is this program again. It limits itself before it reads a byte: memory, processor time, no further
//! file or socket, no file to write. Trust anchors and bytes come on stdin, findings go out as JSON on stdout. A child that ends in
//! any other way than with findings is a finding of its own, INPUT_LIMIT_EXCEEDED, never an error of the parent.

use eco_core::name::Timestamp;
use eco_core::verdict::{Candidate, Code, DocumentFindings, Facts, Finding, SignerPath, SignerStanding, Subject};
use eco_core::{Fingerprint, Method, SignatureHash, SpkiHash};
use eco_documents::metadata::read_metadata;
use eco_documents::pdf::{PathMaterial, PdfReport, inspect_pdf_with};
use eco_documents::pki::TrustAnchors;
use rustix::process::{Resource, Rlimit, setrlimit};
use serde::{Deserialize, Serialize};
use std::ffi::OsString;
use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::mpsc;
use std::time::Duration;

/// First argument of a child.
const ARGUMENT: &str = "__read-pdf";
/// Address space of a child, in bytes. The reader's own limits end before: see eco-documents.
pub(crate) const MEMORY_BYTES_MAX: u64 = 1 << 30;
/// Processor time of a child, in seconds.
pub(crate) const CPU_SECONDS_MAX: u64 = 10;
/// How long a parent waits for a child, in seconds.
const WAIT_SECONDS_MAX: u64 = 60;
/// Most bytes of an answer.
const ANSWER_BYTES_MAX: u64 = 4 << 20;

/// What a child reads first, before the PDF: whom the asker trusts, and proofs, as hexadecimal digits.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Given {
    anchors: Vec<String>,
    certificates: Vec<String>,
    crls: Vec<String>,
    ocsps: Vec<String>,
}

/// What a child writes.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Answer {
    findings: Vec<FindingText>,
    candidates: Vec<CandidateText>,
    checks: Vec<String>,
    /// Receipts inside the document, as hexadecimal digits.
    stapled: Vec<String>,
    /// The attached data that the facts are read from.
    data: Option<String>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FindingText {
    code: String,
    detail: String,
    place: Option<(u64, Option<String>)>,
    item: Option<u32>,
    path: Option<String>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CandidateText {
    fingerprint: [u8; 32],
    signature_hash: Option<[u8; 32]>,
    signer: Option<[u8; 32]>,
    signer_name: Option<String>,
    signer_valid: Option<(u64, u64)>,
    timestamped: Option<u64>,
    archived: Option<u64>,
    path: Option<PathText>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PathText {
    anchor: String,
    valid: (u64, u64),
    revoked: Option<u64>,
    status_until: Option<u64>,
}

/// If this process was started as a child: reads, answers, and gives its exit code.
pub(crate) fn run_if_child() -> Option<ExitCode> {
    let mut arguments = std::env::args_os().skip(1);
    if arguments.next()? != ARGUMENT || arguments.next().is_some() {
        return None;
    }
    Some(if child().is_some() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn child() -> Option<()> {
    limit()?;
    let (mut input, mut length) = (std::io::stdin().lock(), [0; 8]);
    input.read_exact(&mut length).ok()?;
    let (mut given, mut bytes) = (Vec::new(), Vec::new());
    input.by_ref().take(u64::from_be_bytes(length)).read_to_end(&mut given).ok()?;
    input.take(crate::files::DOCUMENT_BYTES_MAX + 1).read_to_end(&mut bytes).ok()?;
    let given = serde_json::from_slice::<Given>(&given).ok()?.material()?;
    let answer = Answer::of(&inspect_pdf_with(&bytes, &given))?;
    std::io::stdout().lock().write_all(&serde_json::to_vec(&answer).ok()?).ok()
}

/// Limits this process, for good.
fn limit() -> Option<()> {
    let set = |resource, most: u64| setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) }).ok();
    set(Resource::As, MEMORY_BYTES_MAX)?;
    set(Resource::Cpu, CPU_SECONDS_MAX)?;
    set(Resource::Fsize, 0)?;
    set(Resource::Core, 0)?;
    set(Resource::Nofile, 3)
}

/// How a child is started.
#[derive(Debug, Clone)]
pub(crate) struct Worker {
    program: PathBuf,
    arguments: Vec<OsString>,
    environment: Vec<(OsString, OsString)>,
    wait: Duration,
}

impl Worker {
    /// This program as its own child.
    pub(crate) fn new() -> std::io::Result<Self> {
        let program = std::env::current_exe()?;
        Ok(Self { program, arguments: vec![ARGUMENT.into()], environment: Vec::new(), wait: Duration::from_secs(WAIT_SECONDS_MAX) })
    }

    /// Reads a PDF in a child, for someone who has trust anchors.
    pub(crate) fn read_pdf(&self, bytes: &[u8], given: &PathMaterial) -> DocumentFindings {
        self.answer(bytes, given).unwrap_or_else(|what| {
            let mut findings = DocumentFindings::default();
            let detail =
                format!("the process that read it did not answer: {what}; it may take {MEMORY_BYTES_MAX} bytes and {CPU_SECONDS_MAX} s");
            findings.findings.push(Finding::new(Code::InputLimitExceeded, Subject::Certificate, detail));
            findings
        })
    }

    fn answer(&self, bytes: &[u8], given: &PathMaterial) -> Result<DocumentFindings, String> {
        let given = serde_json::to_vec(&Given::of(given)).map_err(|error| error.to_string())?;
        let head = [&(given.len() as u64).to_be_bytes(), given.as_slice()].concat();
        let mut command = Command::new(&self.program);
        command.args(&self.arguments).env_clear().envs(self.environment.iter().cloned()).current_dir("/");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().map_err(|error| format!("it was not started: {error}"))?;
        let (input, output) = (child.stdin.take(), child.stdout.take());
        let (done, finished) = mpsc::channel();
        let answer = std::thread::scope(|scope| {
            scope.spawn(move || {
                // A child that ended does not read to the end; its answer tells why.
                let _ = input.map(|mut input| input.write_all(&head).and_then(|()| input.write_all(bytes)));
            });
            scope.spawn(move || {
                let mut text = Vec::new();
                let read = output.map(|output| output.take(ANSWER_BYTES_MAX).read_to_end(&mut text));
                let _ = done.send(read.and_then(Result::ok).map(|_| text));
            });
            let answer = finished.recv_timeout(self.wait).ok().flatten();
            if answer.is_none() {
                let _ = child.kill();
            }
            answer
        });
        let ended = ended(&mut child)?;
        match answer {
            Some(text) if ended.is_empty() => {
                serde_json::from_slice::<Answer>(&text).ok().and_then(Answer::findings).ok_or_else(|| "no findings".into())
            }
            Some(_) => Err(ended),
            None => Err(format!("nothing after {} s", self.wait.as_secs())),
        }
    }
}

/// Empty if the child ended well, else how it ended.
fn ended(child: &mut Child) -> Result<String, String> {
    use std::os::unix::process::ExitStatusExt;
    let status = child.wait().map_err(|error| error.to_string())?;
    Ok(match (status.success(), status.signal()) {
        (true, _) => String::new(),
        (false, Some(signal)) => format!("ended by signal {signal}"),
        (false, None) => "ended without an answer".into(),
    })
}

impl Given {
    fn of(material: &PathMaterial) -> Self {
        let digits = |list: &[Vec<u8>]| list.iter().map(hex::encode).collect();
        let PathMaterial { anchors, certificates, crls, ocsps } = material;
        Self { anchors: digits(anchors.certificates()), certificates: digits(certificates), crls: digits(crls), ocsps: digits(ocsps) }
    }

    fn material(self) -> Option<PathMaterial> {
        let bytes = |list: Vec<String>| list.iter().map(|digits| hex::decode(digits).ok()).collect::<Option<Vec<_>>>();
        let anchors = TrustAnchors::new(bytes(self.anchors)?).ok()?;
        Some(PathMaterial { anchors, certificates: bytes(self.certificates)?, crls: bytes(self.crls)?, ocsps: bytes(self.ocsps)? })
    }
}

impl CandidateText {
    fn of(candidate: &Candidate) -> Self {
        let SignerStanding { timestamped, archived, path } = &candidate.standing;
        Self {
            fingerprint: candidate.fingerprint.hash,
            signature_hash: candidate.signature_hash.map(|hash| hash.0),
            signer: candidate.signer.map(|hash| hash.0),
            signer_name: candidate.signer_name.clone(),
            signer_valid: candidate.signer_valid.map(|(from, to)| (from.0, to.0)),
            timestamped: timestamped.map(|time| time.0),
            archived: archived.map(|time| time.0),
            path: path.as_ref().map(|path| PathText {
                anchor: path.anchor.clone(),
                valid: (path.valid.0.0, path.valid.1.0),
                revoked: path.revoked.map(|time| time.0),
                status_until: path.status_until.map(|time| time.0),
            }),
        }
    }

    fn candidate(self) -> Candidate {
        let path = self.path.map(|path| SignerPath {
            anchor: path.anchor,
            valid: (Timestamp(path.valid.0), Timestamp(path.valid.1)),
            revoked: path.revoked.map(Timestamp),
            status_until: path.status_until.map(Timestamp),
        });
        Candidate {
            fingerprint: Fingerprint { method: Method::Pdf, hash: self.fingerprint },
            signature_hash: self.signature_hash.map(SignatureHash),
            signer: self.signer.map(SpkiHash),
            key: None,
            signer_name: self.signer_name,
            signer_valid: self.signer_valid.map(|(from, to)| (Timestamp(from), Timestamp(to))),
            standing: SignerStanding { timestamped: self.timestamped.map(Timestamp), archived: self.archived.map(Timestamp), path },
        }
    }
}

/// What attached data says.
fn facts_of(data: Option<&str>) -> Facts {
    data.map_or(Facts::None, |text| read_metadata(text.as_bytes()).findings(&[]).facts)
}

impl Answer {
    /// `None` for what an answer cannot carry: reading a PDF gives no facts but those of its data, no keys, and findings
    /// about the certificate alone.
    fn of(report: &PdfReport) -> Option<Self> {
        let read = &report.findings;
        let carried = |finding: &Finding| finding.subject == Subject::Certificate && finding.class == finding.code.class();
        let keyed = read.candidates.iter().any(|candidate| candidate.key.is_some() || candidate.fingerprint.method != Method::Pdf);
        let data = report.metadata.clone().map(String::from_utf8).transpose().ok()?;
        if read.facts != facts_of(data.as_deref()) || keyed || !read.findings.iter().all(carried) {
            return None;
        }
        let findings = read.findings.iter().map(|finding| FindingText {
            code: finding.code.name().into(),
            detail: finding.detail.clone(),
            place: finding.place.as_ref().map(|place| (place.offset, place.object.clone())),
            item: finding.item,
            path: finding.path.clone(),
        });
        Some(Self {
            findings: findings.collect(),
            candidates: read.candidates.iter().map(CandidateText::of).collect(),
            checks: read.checks.clone(),
            stapled: read.stapled.iter().map(hex::encode).collect(),
            data,
        })
    }

    fn findings(self) -> Option<DocumentFindings> {
        let facts = facts_of(self.data.as_deref());
        if self.data.is_some() && facts == Facts::None {
            return None;
        }
        let mut read = DocumentFindings { facts, checks: self.checks, ..DocumentFindings::default() };
        for text in self.stapled {
            read.stapled.push(hex::decode(text).ok()?);
        }
        for text in self.findings {
            let code = Code::ALL.iter().copied().find(|code| code.name() == text.code)?;
            let finding = Finding { item: text.item, path: text.path, ..Finding::new(code, Subject::Certificate, text.detail) };
            read.findings.push(match text.place {
                Some((offset, object)) => finding.at(offset, object),
                None => finding,
            });
        }
        read.candidates = self.candidates.into_iter().map(CandidateText::candidate).collect();
        Some(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::hint::black_box;

    /// This test binary as a child that does what `PLANT` says, after limiting itself as a real one does.
    fn planted(fault: &str) -> Worker {
        let arguments = ["--exact", "limited::tests::a_child_with_a_planted_fault", "--nocapture"];
        Worker {
            program: std::env::current_exe().unwrap(),
            arguments: arguments.map(OsString::from).to_vec(),
            environment: vec![("PLANT".into(), fault.into())],
            wait: Duration::from_secs(WAIT_SECONDS_MAX),
        }
    }

    /// Not a test of its own: the child of the others.
    #[test]
    fn a_child_with_a_planted_fault() {
        let Ok(fault) = std::env::var("PLANT") else { return };
        limit().unwrap();
        match fault.as_str() {
            "abort" => std::process::abort(),
            "panic" => panic!("planted"),
            "memory" => {
                let mut held: Vec<Vec<u8>> = Vec::new();
                loop {
                    held.push(vec![1; 64 << 20]);
                    black_box(&held);
                }
            }
            "stack" => {
                fn deeper(depth: u64) -> u64 {
                    let frame = black_box([depth; 512]);
                    if depth == u64::MAX { 0 } else { black_box(deeper(depth + 1) + frame[7]) }
                }
                black_box(deeper(0));
            }
            "spin" => {
                setrlimit(Resource::Cpu, Rlimit { current: Some(1), maximum: Some(1) }).unwrap();
                loop {
                    black_box(0);
                }
            }
            "open" => assert!(std::fs::File::open("/dev/null").is_ok()),
            "connect" => assert!(std::net::TcpListener::bind("127.0.0.1:0").is_ok()),
            _ => {}
        }
    }

    /// Whatever a file does to the process that reads it, the parent has an answer for that file and goes on.
    #[test]
    fn a_child_that_fails_is_a_finding() {
        for (fault, why) in [
            ("abort", "signal 6"),
            ("panic", "without an answer"),
            ("memory", "signal 6"),
            ("stack", "signal"),
            ("spin", "signal"),
            ("open", "without an answer"),
            ("connect", "without an answer"),
            ("talk", "no findings"),
        ] {
            let read = planted(fault).read_pdf(b"%PDF-1.7", &PathMaterial::default());
            let [finding] = read.findings.as_slice() else { panic!("{fault}: {read:?}") };
            assert_eq!(finding.code, Code::InputLimitExceeded, "{fault}");
            assert!(finding.detail.contains(why), "{fault}: {}", finding.detail);
            assert!(read.candidates.is_empty());
        }
    }

    /// A child that says nothing and ends not.
    #[test]
    fn a_child_that_hangs_is_ended() {
        let hanging = Worker {
            program: "/bin/sleep".into(),
            arguments: vec!["86400".into()],
            environment: Vec::new(),
            wait: Duration::from_millis(200),
        };
        let read = hanging.read_pdf(&vec![0; 1 << 20], &PathMaterial::default());
        assert_eq!(read.findings.first().map(|finding| finding.code), Some(Code::InputLimitExceeded));
        assert!(hanging.answer(b"", &PathMaterial::default()).unwrap_err().contains("nothing after"));
    }

    /// The answer carries everything that reading found, and nothing else is an answer.
    #[test]
    fn an_answer_is_read_back_whole() {
        let key = eco_documents::keys::SecretKey::of_seed(eco_documents::keys::KeyAlgorithm::P256, &[7; 32]).unwrap();
        let name = eco_documents::pki::SubjectName { common_name: "A".into(), organization: "A".into(), country: "CN".into() };
        let certificate = eco_documents::pki::self_signed_certificate(&key, &name, 1_767_225_600, 1_893_456_000);
        let signer = eco_documents::pdf::KeySigner::new(key, certificate, Vec::new()).unwrap();
        let mut fields = eco_documents::pdf::CertificateFields::sample("1");
        fields.metadata = Some(include_bytes!("../documents/tests/documents/certificate.json").to_vec());
        let unsigned = eco_documents::pdf::sample_certificate(&fields);
        let options = eco_documents::pdf::SignOptions::new([1; 16], 1_778_400_900);
        let mut report = eco_documents::pdf::inspect_pdf(&eco_documents::pdf::sign(&unsigned, &options, &signer).unwrap());
        let read = &mut report.findings;
        let (from, until) = (Timestamp(1), Timestamp(2));
        let path = SignerPath { anchor: "Root".into(), valid: (from, until), revoked: Some(until), status_until: Some(from) };
        read.candidates[0].standing = SignerStanding { timestamped: Some(from), archived: Some(until), path: Some(path) };
        read.stapled.push(vec![7; 40]);
        let text = serde_json::to_string(&Answer::of(&report).unwrap()).unwrap();
        let back = |text: &str| serde_json::from_str::<Answer>(text).unwrap().findings();
        assert!(matches!(report.findings.facts, Facts::Certificate(_)));
        assert_eq!(back(&text).unwrap(), report.findings);
        // A code that no reader gives, data that no reader takes.
        assert!(back(&text.replace("SIGNER_PATH_NOT_ESTABLISHED", "TRUSTED")).is_none());
        assert!(back(&text.replace("credentialSubject", "subject")).is_none());
    }

    /// Whom the asker trusts reaches the child unchanged.
    #[test]
    fn trust_anchors_are_read_back_whole() {
        let key = eco_documents::keys::SecretKey::of_seed(eco_documents::keys::KeyAlgorithm::P256, &[7; 32]).unwrap();
        let name = eco_documents::pki::SubjectName { common_name: "A".into(), organization: "A".into(), country: "CN".into() };
        let certificate = eco_documents::pki::self_signed_certificate(&key, &name, 1_767_225_600, 1_893_456_000);
        let anchors = TrustAnchors::new(vec![certificate.clone()]).unwrap();
        let given = PathMaterial { anchors, certificates: vec![certificate], crls: vec![vec![1, 2]], ocsps: vec![vec![3]] };
        let text = serde_json::to_vec(&Given::of(&given)).unwrap();
        assert_eq!(serde_json::from_slice::<Given>(&text).unwrap().material().unwrap(), given);
    }

    /// What an answer cannot carry is no answer, rather than one that says less.
    #[test]
    fn what_cannot_be_carried_is_no_answer() {
        let mut report = PdfReport::default();
        assert!(Answer::of(&report).is_some());
        report.metadata = Some(b"\xff".to_vec());
        assert!(Answer::of(&report).is_none());
        report.metadata = None;
        report.findings.findings.push(Finding::new(Code::InputLimitExceeded, Subject::Passport, "a"));
        assert!(Answer::of(&report).is_none());
    }
}
