//! A network in memory for tests: real keys, real seals, real proofs; no node, no clock.
#![allow(
    unreachable_pub,
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::wildcard_imports,
    clippy::missing_panics_doc,
    missing_docs
)]

pub mod ask;
pub mod carbon;
pub mod golden;
pub mod goods;
pub mod quorum;
pub mod trade;

use eco_core::checkpoint::note_text;
use eco_core::document::{DocumentId, DocumentKind, DocumentStatus, ReasonCode};
use eco_core::entry::{Entry, EntrySignature, SignedEntry, Verified};
use eco_core::genesis::{Genesis, GenesisValidator, Limits, NetworkPurpose};
use eco_core::header::{Block, Header};
use eco_core::log::{LogHash, NodeId, ReadNodes, inclusion_path};
use eco_core::name::{OrgId, Revision, Timestamp};
use eco_core::number::{CertificateNumber, ReferenceKey};
use eco_core::receipt::Receipt;
use eco_core::registry::{CertificateBinding, KeyRecord, Organisation, Purpose, Revocation, Roles};
use eco_core::seal::{Seal, SealSignature};
use eco_core::sign::{NetworkId, PublicKey, Signature};
use eco_core::state::tree::StateKey;
use eco_core::state::{Built, Effects, Failure, ReadRecords, RecordKey, Refusal, State};
use eco_core::statement::{Anchor, ChangeStatus, Statement};
use eco_core::status::{StatusItem, StatusProof};
use eco_core::trust::TrustRoot;
use eco_core::verdict::{Candidate, DocumentFindings, SignerStanding};
use eco_core::{Fingerprint, SignatureHash, SpkiHash};
use ed25519_dalek::{Signer, SigningKey};
use std::collections::{BTreeMap, HashMap};
use std::convert::Infallible;

/// 2026-01-01T00:00:00Z.
pub const START: Timestamp = Timestamp(1_767_225_600_000);
pub const DAY_MS: u64 = 86_400_000;

pub fn org(name: &str) -> OrgId {
    name.parse().unwrap()
}

/// The signing key of an organisation for a purpose: from a seed that anyone can recompute.
pub fn secret(organisation: &str, purpose: Purpose) -> SigningKey {
    SigningKey::from_bytes(blake3::hash(format!("test key {organisation} {}", purpose.name()).as_bytes()).as_bytes())
}

pub fn public(key: &SigningKey) -> PublicKey {
    PublicKey::ed25519(key.verifying_key().to_bytes())
}

/// The X.509 key of an issuing body, as far as the registry knows it.
pub fn signer(organisation: &str) -> SpkiHash {
    SpkiHash::of(organisation.as_bytes())
}

pub const VALIDATORS: [&str; 4] = ["cn-ccpit", "jp-customs", "kr-customs", "vn-vcci"];

/// Members: two issuing bodies, two customs, an exporter, an approved exporter, a suspended issuing body.
pub fn genesis(name: &str, purpose: NetworkPurpose) -> Genesis {
    genesis_of(name, purpose, &MEMBERS)
}

const MEMBERS: [(&str, &str, Roles); 7] = [
    ("acme-battery", "CN", Roles::EXPORTER),
    ("approved-co", "VN", Roles::APPROVED_EXPORTER),
    ("cn-ccpit", "CN", Roles::ISSUING_BODY),
    ("jp-customs", "JP", Roles::CUSTOMS),
    ("kr-customs", "KR", Roles::CUSTOMS),
    ("suspended-body", "KR", Roles::ISSUING_BODY),
    ("vn-vcci", "VN", Roles::ISSUING_BODY),
];

/// The same in version 3, where every member is `did:web:<its name>.example`.
pub fn identified(mut genesis: Genesis) -> Genesis {
    genesis.version = 3;
    for member in &mut genesis.organisations {
        member.identifiers = vec![format!("did:web:{}.example", member.id)];
    }
    genesis
}

fn genesis_of(name: &str, purpose: NetworkPurpose, members: &[(&str, &str, Roles)]) -> Genesis {
    let organisations = members
        .iter()
        .map(|(id, country, roles)| Organisation {
            id: org(id),
            name: format!("{id} Ltd."),
            country: country.parse().unwrap(),
            roles: *roles,
            admitted: START,
            suspended: (*id == "suspended-body").then_some(START.plus_ms(DAY_MS)),
            identifiers: Vec::new(),
        })
        .collect();
    let record = |organisation: &str, purpose: Purpose| KeyRecord {
        key: public(&secret(organisation, purpose)),
        organisation: org(organisation),
        purpose,
        office: 0,
        valid_from: START,
        valid_until: None,
        revoked: None,
    };
    let mut keys: Vec<KeyRecord> = Vec::new();
    for (id, ..) in members {
        keys.extend(Purpose::ALL.iter().map(|p| record(id, *p)));
    }
    // A second issuing key of cn-ccpit was lost on day 2.
    let lost = SigningKey::from_bytes(&[7; 32]);
    let mut revoked = record("cn-ccpit", Purpose::Issue);
    revoked.key = public(&lost);
    revoked.revoked = Some(Revocation { at: START, since: START });
    keys.push(revoked);
    keys.sort_by_key(|k| k.key);
    let mut certificates: Vec<CertificateBinding> = ["cn-ccpit", "vn-vcci", "approved-co"]
        .iter()
        .map(|id| CertificateBinding { spki: signer(id), organisation: org(id), valid_from: START, valid_until: None, revoked: None })
        .collect();
    certificates.sort_by_key(|c| c.spki);
    let mut validators: Vec<GenesisValidator> =
        VALIDATORS.iter().map(|id| GenesisValidator { key: public(&secret(id, Purpose::Consensus)), power: 1 }).collect();
    validators.sort();
    Genesis {
        version: 1,
        name: name.parse().unwrap(),
        purpose,
        time: START,
        organisations,
        keys,
        certificates,
        validators,
        limits: Limits { organisation_entries_per_hour_max: 50, ..Limits::default() },
        predecessor: None,
        authorities: vec![],
        schemes: Vec::new(),
    }
}

#[derive(Default)]
pub struct Records(pub HashMap<StateKey, Vec<u8>>);

impl ReadRecords for Records {
    type Error = Infallible;
    fn record(&self, key: &StateKey) -> Result<Vec<u8>, Infallible> {
        Ok(self.0[key].clone())
    }
}

#[derive(Default)]
pub struct Nodes(pub BTreeMap<(u8, u64), LogHash>);

impl ReadNodes for Nodes {
    type Error = Infallible;
    fn node(&self, id: NodeId) -> Result<LogHash, Infallible> {
        Ok(self.0[&(id.level, id.index)])
    }
}

/// A network that four validators seal.
pub struct Network {
    pub genesis: Genesis,
    pub state: State,
    pub records: Records,
    pub nodes: Nodes,
    pub entries: Vec<SignedEntry>,
    pub blocks: Vec<(Block, Seal)>,
}

impl Network {
    pub fn new(name: &str, purpose: NetworkPurpose) -> Self {
        Self::of(genesis(name, purpose))
    }

    pub fn of(genesis: Genesis) -> Self {
        let (state, rows) = State::genesis(&genesis);
        let records = Records(rows.into_iter().map(|(key, _, bytes)| (key, bytes)).collect());
        Self { genesis, state, records, nodes: Nodes::default(), entries: Vec::new(), blocks: Vec::new() }
    }

    pub fn production() -> Self {
        Self::new("eco.example/main", NetworkPurpose::Production)
    }

    pub fn id(&self) -> NetworkId {
        self.state.network()
    }

    pub fn trust(&self) -> TrustRoot {
        TrustRoot::of_genesis(&self.genesis)
    }

    pub fn now(&self) -> Timestamp {
        self.state.tip().time
    }

    pub fn last_seal(&self) -> Option<Seal> {
        self.blocks.last().map(|(_, seal)| seal.clone())
    }

    /// Builds the next block one second later; refused candidates are returned.
    pub fn build(&self, entries: Vec<Verified>) -> Built {
        self.state.build(&self.records, self.now().plus_ms(1000), self.last_seal(), entries).unwrap()
    }

    /// Seals a block with three of four validators, and commits it.
    pub fn commit(&mut self, built: Built) -> &Header {
        let seal = seal_by(&self.state, &built.block.header, 0, &["cn-ccpit", "jp-customs", "kr-customs"]);
        let Effects { records, nodes, next, .. } = built.effects;
        self.records.0.extend(records.into_iter().map(|(key, _, bytes)| (key, bytes)));
        self.nodes.0.extend(nodes.into_iter().map(|(id, hash)| ((id.level, id.index), hash)));
        self.entries.extend(built.block.entries.iter().cloned());
        self.state = next;
        self.blocks.push((built.block, seal));
        &self.blocks.last().unwrap().0.header
    }

    /// Records entries in one block; panics if one is refused.
    pub fn record(&mut self, entries: Vec<SignedEntry>) -> u64 {
        let first = self.state.frontier().size();
        let verified = entries.into_iter().map(|e| e.verify().unwrap()).collect();
        let built = self.build(verified);
        assert_eq!(built.refused, []);
        self.commit(built);
        first
    }

    /// What admission says to an entry now.
    pub fn admit(&self, entry: SignedEntry) -> Result<(), Refusal> {
        let verified = entry.verify().map_err(Refusal::BadSignature)?;
        match self.state.admit(&self.records, &verified, self.now().plus_ms(1)) {
            Ok(()) => Ok(()),
            Err(Failure::Defect(refusal)) => Err(refusal),
            Err(Failure::Read(never)) => match never {},
        }
    }

    /// A receipt of an entry under the block that holds it, or under a later one.
    pub fn receipt_at(&self, index: u64, block: usize) -> Receipt {
        let (block, seal) = &self.blocks[block];
        let path = inclusion_path(&self.nodes, index, block.header.tree_size).unwrap();
        let entry = self.entries[usize::try_from(index).unwrap()].clone();
        Receipt { entry, index, path, header: block.header.clone(), seal: seal.clone() }
    }

    pub fn receipt(&self, index: u64) -> Receipt {
        let block = self.blocks.iter().position(|(b, _)| b.header.holds(index)).unwrap();
        self.receipt_at(index, block)
    }

    /// A status proof of the last head over these records.
    pub fn status(&self, keys: &[RecordKey]) -> StatusProof {
        let mut keys = keys.to_vec();
        keys.sort();
        keys.dedup();
        let (block, seal) = self.blocks.last().unwrap();
        let items = keys
            .into_iter()
            .map(|key| StatusItem {
                key,
                record: self.records.0.get(&key.state_key()).cloned(),
                proof: self.state.map().prove(&key.state_key()).to_bytes(),
            })
            .collect();
        StatusProof { header: block.header.clone(), seal: seal.clone(), items }
    }

    /// A record as it stands in the state.
    pub fn shown<T: eco_core::codec::Canonical>(&self, key: &RecordKey) -> T {
        eco_core::codec::decode(&self.records.0[&key.state_key()]).unwrap()
    }

    /// Everything that a node shows about a PDF of an issuer.
    pub fn status_of(&self, issuer: &str, fingerprint: Fingerprint, spki: Option<SpkiHash>) -> StatusProof {
        let issuer = org(issuer);
        let mut keys = vec![
            RecordKey::Organisation(issuer),
            RecordKey::Document(DocumentId::of(&issuer, &fingerprint)),
            RecordKey::Claims(fingerprint),
        ];
        keys.extend(spki.map(RecordKey::Certificate));
        self.status(&keys)
    }

    /// An entry signed for this network.
    pub fn entry(&self, author: &str, statement: Statement, purpose: Purpose) -> SignedEntry {
        self.entry_with(author, statement, &[secret(author, purpose)], self.now().plus_ms(DAY_MS))
    }

    pub fn entry_with(&self, author: &str, statement: Statement, keys: &[SigningKey], not_after: Timestamp) -> SignedEntry {
        let entry = Entry { version: 1, network: self.id(), author: org(author), agent: None, not_after, statement };
        sign_entry(entry, keys)
    }

    pub fn anchor(&self, author: &str, anchor: Anchor) -> SignedEntry {
        self.entry(author, Statement::Anchor(anchor), Purpose::Issue)
    }

    pub fn change(&self, author: &str, document: DocumentId, base: u32, status: DocumentStatus) -> SignedEntry {
        let change = ChangeStatus { document, base: Revision(base), status, reason: ReasonCode(2) };
        self.entry(author, Statement::ChangeStatus(change), Purpose::Status)
    }
}

pub fn sign_entry(entry: Entry, keys: &[SigningKey]) -> SignedEntry {
    let message = entry.message();
    let signatures = keys.iter().map(|k| EntrySignature { key: public(k), signature: Signature(k.sign(&message).to_bytes()) }).collect();
    SignedEntry::new(entry, signatures).unwrap()
}

pub fn seal_by(state: &State, header: &Header, round: u32, who: &[&str]) -> Seal {
    let round = eco_core::name::Round(round);
    let text = note_text(state.origin(), header, round);
    let mut signatures: Vec<SealSignature> = who
        .iter()
        .map(|id| {
            let key = secret(id, Purpose::Consensus);
            SealSignature {
                validator: state.validators().index_of(&public(&key)).unwrap(),
                signature: Signature(key.sign(&text).to_bytes()),
            }
        })
        .collect();
    signatures.sort();
    Seal { round, signatures }
}

/// An Anchor of a signed PDF with a number.
pub fn certificate(author: &str, content: &str, number: &str) -> Anchor {
    let number = CertificateNumber::normalise(number).unwrap();
    Anchor {
        fingerprint: fingerprint(content),
        kind: DocumentKind::Certificate,
        signature_hash: Some(signature_hash(content)),
        reference: Some(ReferenceKey::of(&org(author), &number)),
        product_keys: vec![],
        links: vec![],
        summary: None,
        valid_from: None,
        valid_until: None,
        supersedes: None,
    }
}

pub fn other(content: &str) -> Anchor {
    Anchor {
        fingerprint: Fingerprint::of_file(content.as_bytes()),
        kind: DocumentKind::Other,
        signature_hash: None,
        reference: None,
        ..certificate("cn-ccpit", content, "1")
    }
}

pub fn fingerprint(content: &str) -> Fingerprint {
    Fingerprint::of_pdf_ranges(content.as_bytes(), b"")
}

pub fn signature_hash(content: &str) -> SignatureHash {
    SignatureHash::of_pdf(content.as_bytes(), b"certificate")
}

/// What reading a clean PDF signed by an organisation finds.
pub fn findings(content: &str, signer_of: &str) -> DocumentFindings {
    DocumentFindings {
        candidates: vec![Candidate {
            fingerprint: fingerprint(content),
            signature_hash: Some(signature_hash(content)),
            signer: Some(signer(signer_of)),
            signer_name: Some(signer_of.to_owned()),
            signer_valid: None,
            standing: SignerStanding::default(),
            key: None,
        }],
        ..DocumentFindings::default()
    }
}
