//! A directory with a signed certificate, its receipt, and a trust root; and a way to run `eco` in it.

use crate::kit::{self, DAY_MS, Network, START};
use eco_core::eco_file::{FileKind, wrap};
use eco_core::genesis::{Genesis, NetworkPurpose};
use eco_core::registry::CertificateBinding;
use eco_core::state::{RecordKey, State};
use eco_core::verdict::Candidate;
use eco_core::{SpkiHash, document::DocumentId};
use eco_documents::keys::{KeyAlgorithm, SecretKey};
use eco_documents::pdf::{CHAMBER_FIELD, CertificateFields, KeySigner, SignOptions, read_pdf, sample_certificate, sign};
use eco_documents::pki::{SubjectName, self_signed_certificate};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

pub const NUMBER: &str = "26C4403A/00001";
/// Two seconds after the start: the receipt's block is one second old.
pub const AS_OF: &str = "2026-01-01T00:00:02Z";

pub struct World {
    pub directory: tempfile::TempDir,
    pub network: Network,
    pub candidate: Candidate,
}

/// The issuing body's document key.
pub fn document_key() -> SecretKey {
    SecretKey::of_seed(KeyAlgorithm::P256, &[9; 32]).unwrap()
}

pub fn certificate() -> Vec<u8> {
    let name = SubjectName { common_name: "Origin Office".into(), organization: "China Council".into(), country: "CN".into() };
    let start = i64::try_from(START.0 / 1000).unwrap();
    self_signed_certificate(&document_key(), &name, start - 86_400, start + 800 * 86_400)
}

pub fn signed_pdf(number: &str) -> Vec<u8> {
    let pdf = sample_certificate(&CertificateFields::sample(number));
    let signer = KeySigner::new(document_key(), certificate(), Vec::new()).unwrap();
    let mut options = SignOptions::new([5; 16], i64::try_from(START.0 / 1000).unwrap());
    options.field = Some(CHAMBER_FIELD.into());
    sign(&pdf, &options, &signer).unwrap()
}

fn network(name: &str, purpose: NetworkPurpose) -> Network {
    let mut genesis: Genesis = kit::genesis(name, purpose);
    let binding = CertificateBinding {
        spki: SpkiHash::of(&document_key().spki()),
        organisation: kit::org("cn-ccpit"),
        valid_from: START,
        valid_until: None,
        revoked: None,
    };
    genesis.certificates.push(binding);
    genesis.certificates.sort_by_key(|c| c.spki);
    let (state, rows) = State::genesis(&genesis);
    let records = kit::Records(rows.into_iter().map(|(key, _, bytes)| (key, bytes)).collect());
    Network { genesis, state, records, nodes: kit::Nodes::default(), entries: Vec::new(), blocks: Vec::new() }
}

impl World {
    /// `coo.pdf` signed and recorded by `cn-ccpit`, its receipt beside it, the trust root pinned.
    pub fn new() -> Self {
        Self::of(NetworkPurpose::Production)
    }

    pub fn of(purpose: NetworkPurpose) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let mut network = network("eco.example/main", purpose);
        let pdf = signed_pdf(NUMBER);
        let candidate = read_pdf(&pdf).candidates[0].clone();
        let mut anchor = kit::certificate("cn-ccpit", "", NUMBER);
        anchor.fingerprint = candidate.fingerprint;
        anchor.signature_hash = candidate.signature_hash;
        let index = network.record(vec![network.anchor("cn-ccpit", anchor)]);
        let world = Self { directory, network, candidate };
        world.write("coo.pdf", &pdf);
        world.write("coo.pdf.eco", &world.network.receipt(index).to_file());
        fs::create_dir(world.path("home")).unwrap();
        world.write("home/trust.eco", &wrap(FileKind::TrustRoot, &world.network.trust()));
        world
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub fn write(&self, name: &str, bytes: &[u8]) {
        fs::write(self.path(name), bytes).unwrap();
    }

    pub fn document(&self) -> DocumentId {
        DocumentId::of(&kit::org("cn-ccpit"), &self.candidate.fingerprint)
    }

    /// A status proof of the last head about the certificate, as a node would give it.
    pub fn status(&self) -> Vec<u8> {
        let issuer = kit::org("cn-ccpit");
        let keys = [
            RecordKey::Organisation(issuer),
            RecordKey::Key(kit::public(&kit::secret("cn-ccpit", eco_core::registry::Purpose::Issue))),
            RecordKey::Certificate(self.candidate.signer.unwrap()),
            RecordKey::Document(self.document()),
            RecordKey::Claims(self.candidate.fingerprint),
        ];
        self.network.status(&keys).to_file()
    }

    pub fn eco(&self, arguments: &[&str]) -> Output {
        run_in(self.directory.path(), arguments, b"")
    }

    /// Exit code and JSON answer.
    pub fn json(&self, arguments: &[&str]) -> (i32, Value) {
        json_in(self.directory.path(), arguments)
    }

    /// The answer to `eco verify coo.pdf --offline` with further arguments.
    pub fn verify(&self, arguments: &[&str]) -> (i32, Value) {
        self.json(&[&["verify", "coo.pdf", "--offline"], arguments].concat())
    }
}

/// Exit code and JSON answer of `eco` in a directory.
pub fn json_in(directory: &Path, arguments: &[&str]) -> (i32, Value) {
    let output = run_in(directory, &[arguments, &["--json"]].concat(), b"");
    let value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|e| panic!("{e}: {}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr)));
    (output.status.code().unwrap(), value)
}

/// Runs `eco` in a directory whose `home` is ECO_HOME, without the caller's environment.
pub fn run_in(directory: &Path, arguments: &[&str], stdin: &[u8]) -> Output {
    use std::io::Write;
    let mut child = Command::new(env!("CARGO_BIN_EXE_eco"))
        .args(arguments)
        .current_dir(directory)
        .env_clear()
        .env("ECO_HOME", directory.join("home"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that asks for nothing may be gone before it is told.
    let _ = child.stdin.take().unwrap().write_all(stdin);
    child.wait_with_output().unwrap()
}

/// The codes among a verdict's reasons.
pub fn codes(answer: &Value) -> Vec<String> {
    let reasons = answer["verdict"]["reasons"].as_array().unwrap();
    reasons.iter().map(|r| r["code"].as_str().unwrap().to_string()).collect()
}

/// A moment in days after the network's start.
pub fn day(days: u64) -> String {
    let seconds = i64::try_from((START.0 + days * DAY_MS) / 1000).unwrap();
    let civil = eco_documents::time::Civil::of_unix(seconds);
    format!("{:04}-{:02}-{:02}T00:00:00Z", civil.year, civil.month, civil.day)
}
