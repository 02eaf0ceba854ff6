//! A battery shipment on a network in memory: passport, attestation, recognition for JP and none for KR, certificate.

use super::world::{json_in, run_in};
use crate::kit::{self, Network, carbon, org, public};
use eco_core::commitment::{Nonce, StatementHash, SummaryKey};
use eco_core::document::{Commitment, DocumentId, DocumentKind, ProductKey};
use eco_core::eco_file::{FileKind, wrap};
use eco_core::name::{Country, Revision, Timestamp};
use eco_core::recognition::RecognitionScope;
use eco_core::registry::Purpose;
use eco_core::scheme::SchemeId;
use eco_core::state::{RecordKey, SchemeKey};
use eco_core::statement::{Anchor, Attest, Supersedes};
use eco_core::verdict::{Candidate, DocumentFindings, Facts};
use eco_documents::credential::read_credential;
use eco_documents::json::{self, pretty};
use eco_documents::keys::{KeyAlgorithm, SecretKey};
use eco_documents::metadata::{Carried, read_metadata};
use eco_documents::proof;
use eco_documents::scheme::{SAMPLES, read_scheme};
use serde_json::Value;
use std::fs;
use std::path::PathBuf;

const BATTERY: &str = include_str!("../../documents/tests/documents/battery.json");
const CERTIFICATE: &str = include_str!("../../documents/tests/documents/certificate.json");
pub const SCHEME: &str = "sample-lithium-battery";
pub const STATEMENT: &str = "EV-2026-0417";
/// The network begins 2026-07-10, when the sample scheme is enforced.
const BEGIN: Timestamp = Timestamp(1_783_641_600_000);
/// A minute after that: every block is older, none by five minutes.
pub const AS_OF: &str = "2026-07-10T00:01:00Z";
pub const ARRIVAL: &str = "2026-08-01";

pub struct Shipment {
    pub directory: tempfile::TempDir,
    pub network: Network,
    pub passport: DocumentFindings,
    pub certificate: DocumentFindings,
}

/// A member's key for documents, as the registry knows it.
fn document_key(member: &str) -> SecretKey {
    SecretKey::of_seed(KeyAlgorithm::Ed25519, kit::secret(member, Purpose::Document).as_bytes()).unwrap()
}

pub fn signed(text: &str, member: &str, controller: &str) -> Vec<u8> {
    let document = json::read(text.as_bytes()).unwrap();
    pretty(&proof::sign(&document, &document_key(member), controller, BEGIN).unwrap()).into_bytes()
}

pub fn battery(change: impl Fn(String) -> String) -> Vec<u8> {
    signed(&change(BATTERY.into()), "acme-battery", "did:web:acme.example.cn")
}

fn network() -> Network {
    let mut genesis = carbon::genesis();
    genesis.time = BEGIN;
    genesis.schemes.push(read_scheme(SAMPLES[0].1.as_bytes()).scheme.unwrap());
    Network::of(genesis)
}

fn candidate(findings: &DocumentFindings) -> &Candidate {
    assert!(findings.findings.is_empty(), "{:?}", findings.findings);
    &findings.candidates[0]
}

fn anchor(findings: &DocumentFindings, kind: DocumentKind) -> Anchor {
    let candidate = candidate(findings);
    Anchor {
        fingerprint: candidate.fingerprint,
        kind,
        signature_hash: candidate.signature_hash,
        reference: None,
        product_keys: vec![],
        ..kit::certificate("cn-ccpit", "", "1")
    }
}

fn passport_anchor(findings: &DocumentFindings) -> Anchor {
    let Facts::Passport(facts) = &findings.facts else { panic!("{:?}", findings.facts) };
    Anchor { product_keys: vec![ProductKey::of(&facts.product).unwrap()], ..anchor(findings, DocumentKind::Passport) }
}

pub fn recognises(network: &Network, authority: &str, country: &str, body: &str) -> eco_core::entry::SignedEntry {
    network.recognises(authority, carbon::recognise(RecognitionScope::Country(country.parse().unwrap()), body, 0))
}

impl Shipment {
    /// Everything in order for JP: documents with their receipts beside them, `proofs.eco` and `lists.eco` from "a node".
    pub fn new() -> Self {
        Self::with(|text| text, |network| vec![recognises(network, "jp-standards", "JP", "cn-verify")])
    }

    /// With a change to the passport before it is signed, and other statements beside the attestation.
    pub fn with(passport: impl Fn(String) -> String, more: impl Fn(&Network) -> Vec<eco_core::entry::SignedEntry>) -> Self {
        Self::of(passport, more, |_| {})
    }

    /// In order for JP but for what the certificate is recorded as.
    pub fn recorded(change: impl Fn(&mut Anchor)) -> Self {
        Self::of(|text| text, |network| vec![recognises(network, "jp-standards", "JP", "cn-verify")], change)
    }

    fn of(
        passport: impl Fn(String) -> String,
        more: impl Fn(&Network) -> Vec<eco_core::entry::SignedEntry>,
        change: impl Fn(&mut Anchor),
    ) -> Self {
        let (directory, mut network) = (tempfile::tempdir().unwrap(), network());
        let battery = battery(passport);
        let passport = read_credential(&battery, &[]);
        let passport_at = network.record(vec![network.anchor("acme-battery", passport_anchor(&passport))]);
        let attest = Self::attest(&passport);
        let mut statements = vec![network.attests("cn-verify", attest)];
        statements.extend(more(&network));
        network.record(statements);
        let (bytes, certificate) = certified(&passport);
        let mut anchor = certificate_anchor(&bytes, &certificate);
        change(&mut anchor);
        let certificate_at = network.record(vec![network.anchor("cn-ccpit", anchor)]);
        let shipment = Self { directory, network, passport, certificate };
        shipment.write("battery.jsonld", &battery);
        shipment.write("battery.jsonld.eco", &shipment.network.receipt(passport_at).to_file());
        shipment.write("co.jsonld", &bytes);
        shipment.write("co.jsonld.eco", &shipment.network.receipt(certificate_at).to_file());
        fs::create_dir(shipment.path("home")).unwrap();
        shipment.write("home/trust.eco", &wrap(FileKind::TrustRoot, &shipment.network.trust()));
        shipment.prove();
        shipment
    }

    fn attest(passport: &DocumentFindings) -> Attest {
        let Facts::Passport(facts) = &passport.facts else { panic!("{:?}", passport.facts) };
        Attest {
            document: DocumentId::of(&org("acme-battery"), &facts.fingerprint),
            base: Revision(0),
            standard: "ISO14065:2020".parse().unwrap(),
            statement: StatementHash::of(&Nonce(facts.nonce.0), STATEMENT).unwrap(),
            period_from: facts.footprint.period_start.unwrap(),
            period_until: facts.footprint.period_end.unwrap(),
            until: BEGIN.plus_ms(365 * kit::DAY_MS),
        }
    }

    /// The issuer publishes another version of the passport.
    pub fn supersede(&mut self) {
        let newer =
            read_credential(&battery(|text| text.replacen("5b1e0c7a", "5b1e0c7b", 1).replace("2026-1.jsonld", "2026-2.jsonld")), &[]);
        let supersedes = Some(Supersedes { document: self.passport_id(), base: Revision(1) });
        let anchor = Anchor { supersedes, ..passport_anchor(&newer) };
        self.network.record(vec![self.network.anchor("acme-battery", anchor)]);
        self.prove();
    }

    pub fn passport_id(&self) -> DocumentId {
        DocumentId::of(&org("acme-battery"), &candidate(&self.passport).fingerprint)
    }

    pub fn certificate_id(&self) -> DocumentId {
        DocumentId::of(&org("cn-ccpit"), &candidate(&self.certificate).fingerprint)
    }

    /// Writes what a node proves now: `proofs.eco` about each document, `lists.eco` with every list for JP and KR.
    pub fn prove(&self) {
        let of = |author: &str, findings: &DocumentFindings| {
            let fingerprint = candidate(findings).fingerprint;
            [
                RecordKey::Organisation(org(author)),
                RecordKey::Key(candidate(findings).key.unwrap()),
                RecordKey::Key(public(&kit::secret(author, Purpose::Issue))),
                RecordKey::Document(DocumentId::of(&org(author), &fingerprint)),
                RecordKey::Claims(fingerprint),
            ]
        };
        let documents = [of("acme-battery", &self.passport), of("cn-ccpit", &self.certificate)].concat();
        self.write("proofs.eco", &self.network.status(&documents).to_file());
        self.write("lists.eco", &self.network.status(&self.lists()).to_file());
    }

    /// The records of every list that the verdict needs.
    pub fn lists(&self) -> Vec<RecordKey> {
        let (body, scheme): (_, SchemeId) = (org("cn-verify"), SCHEME.parse().unwrap());
        let passport = self.passport_id();
        let mut keys = vec![
            RecordKey::Attestations(passport),
            RecordKey::Attestation(passport, body),
            RecordKey::Organisation(body),
            RecordKey::Presentations(self.certificate_id()),
            RecordKey::Recognisers(body),
            RecordKey::Schemes,
            RecordKey::Scheme(SchemeKey::of(&scheme)),
        ];
        for country in ["JP", "KR"] {
            let country: Country = country.parse().unwrap();
            let own = RecognitionScope::Country(country);
            keys.push(RecordKey::Authority(country));
            keys.extend([RecordKey::Recognitions(own, body), RecordKey::Recognition(own, body, 0)]);
        }
        keys
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub fn write(&self, name: &str, bytes: &[u8]) {
        fs::write(self.path(name), bytes).unwrap();
    }

    pub fn eco(&self, arguments: &[&str]) -> std::process::Output {
        run_in(self.directory.path(), arguments, b"")
    }

    /// Exit code and JSON answer.
    pub fn json(&self, arguments: &[&str]) -> (i32, Value) {
        json_in(self.directory.path(), arguments)
    }

    /// The certificate with its passport, offline, for an importing country.
    pub fn verify(&self, importing: &str, more: &[&str]) -> (i32, Value) {
        let asked = ["verify", "co.jsonld", "--passport", "battery.jsonld", "--offline", "--as-of", AS_OF, "--arrival", ARRIVAL];
        let evidence = ["--receipt", "proofs.eco", "--receipt", "lists.eco", "--scheme", SCHEME, "--importing", importing];
        self.json(&[&asked[..], &evidence, more].concat())
    }
}

fn certified(passport: &DocumentFindings) -> (Vec<u8>, DocumentFindings) {
    let mut text: Value = serde_json::from_str(CERTIFICATE).unwrap();
    let subject = text["credentialSubject"].as_object_mut().unwrap();
    subject.remove("replaces");
    subject["originItems"][0]["carbonPassport"]["fingerprint"] = candidate(passport).fingerprint.to_string().into();
    let bytes = signed(&text.to_string(), "cn-ccpit", "did:web:ccpit.example.cn");
    let findings = read_credential(&bytes, &[]);
    (bytes, findings)
}

fn certificate_anchor(bytes: &[u8], findings: &DocumentFindings) -> Anchor {
    let read = read_metadata(bytes);
    let (fingerprint, metadata) = (read.fingerprint.unwrap(), read.metadata.unwrap());
    let number = metadata.number_normal.as_str();
    Anchor {
        links: metadata.links(&fingerprint, Carried::Alone).unwrap(),
        summary: Some(Commitment::summary(&SummaryKey::of(&metadata.nonce()), &metadata.summary(&org("cn-ccpit")).unwrap())),
        reference: kit::certificate("cn-ccpit", "", number).reference,
        ..anchor(findings, DocumentKind::Certificate)
    }
}
