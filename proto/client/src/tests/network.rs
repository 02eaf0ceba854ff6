//! A network of one validator in memory: blocks, seals and proofs made with eco-core alone.

use eco_core::Fingerprint;
use eco_core::checkpoint::note_text;
use eco_core::document::DocumentId;
use eco_core::document::{DocumentKind, DocumentStatus, ReasonCode};
use eco_core::entry::{ENTRY_VERSION, Entry, EntrySignature, SignedEntry};
use eco_core::genesis::{Genesis, GenesisValidator, Limits, NetworkPurpose};
use eco_core::header::Header;
use eco_core::log::{LogHash, NodeId, ReadNodes, consistency_path, inclusion_path};
use eco_core::name::{OrgId, Revision, Round, Timestamp};
use eco_core::receipt::Receipt;
use eco_core::registry::{KeyRecord, Organisation, Purpose, Roles};
use eco_core::seal::{Seal, SealSignature};
use eco_core::sign::{PublicKey, Signature};
use eco_core::state::tree::StateKey;
use eco_core::state::{AuthorityRecord, ReadRecords, RecordKey, State};
use eco_core::statement::{Anchor, ChangeStatus, Statement};
use eco_core::status::{StatusItem, StatusProof};
use eco_core::trust::TrustRoot;
use ed25519_dalek::{Signer as _, SigningKey};
use std::collections::{BTreeSet, HashMap};

/// Start of the network.
const START_MS: u64 = 1_795_000_000_000;

fn key(n: u8) -> SigningKey {
    SigningKey::from_bytes(&[n; 32])
}

fn public(key: &SigningKey) -> PublicKey {
    PublicKey::ed25519(key.verifying_key().to_bytes())
}

pub(crate) fn chamber() -> OrgId {
    "chamber-a".parse().unwrap()
}

/// The state after a block, and what readers of it need.
#[derive(Clone)]
struct Moment {
    state: State,
    records: HashMap<StateKey, Vec<u8>>,
    sealed: Option<(Header, Seal)>,
}

impl ReadRecords for Moment {
    type Error = String;
    fn record(&self, key: &StateKey) -> Result<Vec<u8>, String> {
        self.records.get(key).cloned().ok_or_else(|| "no such record".into())
    }
}

/// Blocks, entries and log nodes of a network.
#[derive(Clone)]
pub(crate) struct Network {
    pub(crate) genesis: Genesis,
    moments: Vec<Moment>,
    pub(crate) entries: Vec<SignedEntry>,
    nodes: HashMap<NodeId, LogHash>,
}

impl ReadNodes for Network {
    type Error = String;
    fn node(&self, id: NodeId) -> Result<LogHash, String> {
        self.nodes.get(&id).copied().ok_or_else(|| "no such node".into())
    }
}

impl Network {
    pub(crate) fn new() -> Self {
        let organisation = chamber();
        let record = |n: u8, purpose| KeyRecord {
            key: public(&key(n)),
            organisation,
            purpose,
            office: 0,
            valid_from: Timestamp(START_MS),
            valid_until: None,
            revoked: None,
        };
        let mut keys = vec![record(1, Purpose::Consensus), record(2, Purpose::Issue), record(3, Purpose::Status)];
        keys.extend([record(4, Purpose::Attest), record(5, Purpose::Present)]);
        keys.sort_by_key(|key| key.key);
        let member = Organisation {
            id: organisation,
            name: "Chamber A".into(),
            country: "DE".parse().unwrap(),
            roles: Roles::ISSUING_BODY.with(Roles::CUSTOMS).with(Roles::VERIFICATION_BODY),
            admitted: Timestamp(START_MS),
            suspended: None,
            identifiers: Vec::new(),
        };
        let genesis = Genesis {
            version: Genesis::VERSION,
            name: "eco.example/test".parse().unwrap(),
            purpose: NetworkPurpose::Test,
            time: Timestamp(START_MS),
            organisations: vec![member],
            keys,
            certificates: Vec::new(),
            validators: vec![GenesisValidator { key: public(&key(1)), power: 1 }],
            limits: Limits::default(),
            predecessor: None,
            authorities: vec![AuthorityRecord { country: "DE".parse().unwrap(), organisation }],
            schemes: Vec::new(),
        };
        let (state, records) = State::genesis(&genesis);
        let records = records.into_iter().map(|(key, _, bytes)| (key, bytes)).collect();
        Self { genesis, moments: vec![Moment { state, records, sealed: None }], entries: Vec::new(), nodes: HashMap::new() }
    }

    /// A network with a block of `n` files.
    pub(crate) fn with_files(n: u8) -> Self {
        let mut network = Self::new();
        let entries = (0..n).map(|n| network.file(n)).collect();
        network.block(entries);
        network
    }

    pub(crate) fn trust(&self) -> TrustRoot {
        TrustRoot::of_genesis(&self.genesis)
    }

    fn now(&self) -> &Moment {
        self.moments.last().unwrap()
    }

    pub(crate) fn height(&self) -> usize {
        self.moments.len() - 1
    }

    pub(crate) fn sealed(&self, height: usize) -> (Header, Seal) {
        self.moments[height].sealed.clone().unwrap()
    }

    fn sign(&self, by: u8, statement: Statement) -> SignedEntry {
        let entry = Entry {
            version: ENTRY_VERSION,
            network: self.genesis.network_id(),
            author: chamber(),
            agent: None,
            not_after: Timestamp(START_MS + 1_000_000),
            statement,
        };
        let signature = Signature(key(by).sign(&entry.message()).to_bytes());
        SignedEntry::new(entry, vec![EntrySignature { key: public(&key(by)), signature }]).unwrap()
    }

    /// An Anchor of file `n`.
    pub(crate) fn file(&self, n: u8) -> SignedEntry {
        self.sign(
            2,
            Statement::Anchor(Anchor {
                fingerprint: fingerprint(n),
                kind: DocumentKind::Other,
                signature_hash: None,
                reference: None,
                product_keys: Vec::new(),
                links: Vec::new(),
                summary: None,
                valid_from: None,
                valid_until: None,
                supersedes: None,
            }),
        )
    }

    /// The revocation of file `n`.
    pub(crate) fn revoke(&self, n: u8) -> SignedEntry {
        let change = ChangeStatus { document: document(n), base: Revision(1), status: DocumentStatus::Revoked, reason: ReasonCode(2) };
        self.sign(3, Statement::ChangeStatus(change))
    }

    /// The one member is issuing body, customs, verification body and authority at once: it says anything.
    pub(crate) fn says(&self, statement: Statement) -> SignedEntry {
        let by = match &statement {
            Statement::Anchor(_) => 2,
            Statement::ChangeStatus(_) => 3,
            Statement::Present(_) => 5,
            _ => 4,
        };
        self.sign(by, statement)
    }

    /// Makes and seals the next block. Its time tells apart two blocks of one height.
    pub(crate) fn block_at(&mut self, entries: Vec<SignedEntry>, time_ms: u64) {
        let before = self.now().clone();
        let carried = before.sealed.as_ref().map(|(_, seal)| seal.clone());
        let verified: Vec<_> = entries.iter().map(|entry| entry.clone().verify().unwrap()).collect();
        let effects = before.state.execute(&before, Timestamp(START_MS + time_ms), carried.as_ref(), &verified).unwrap();
        let text = note_text(before.state.origin(), &effects.header, Round(0));
        let signature = Signature(key(1).sign(&text).to_bytes());
        let seal = Seal { round: Round(0), signatures: vec![SealSignature { validator: 0, signature }] };
        let mut records = before.records;
        records.extend(effects.records.into_iter().map(|(key, _, bytes)| (key, bytes)));
        self.nodes.extend(effects.nodes);
        self.entries.extend(entries);
        self.moments.push(Moment { state: effects.next, records, sealed: Some((effects.header, seal)) });
    }

    pub(crate) fn block(&mut self, entries: Vec<SignedEntry>) {
        self.block_at(entries, 1000 * self.moments.len() as u64);
    }

    /// A record at a height.
    pub(crate) fn record(&self, height: usize, key: &RecordKey) -> Option<Vec<u8>> {
        let moment = &self.moments[height];
        let key = key.state_key();
        moment.state.map().get(&key).map(|_| moment.records[&key].clone())
    }

    /// A status proof at a height.
    pub(crate) fn proof(&self, height: usize, keys: &BTreeSet<RecordKey>) -> StatusProof {
        let (header, seal) = self.sealed(height);
        let map = self.moments[height].state.map();
        let item =
            |key: &RecordKey| StatusItem { key: *key, record: self.record(height, key), proof: map.prove(&key.state_key()).to_bytes() };
        StatusProof { header, seal, items: keys.iter().map(item).collect() }
    }

    /// The receipt of an entry under its own block.
    pub(crate) fn receipt(&self, index: u64) -> Receipt {
        let sealed = self.moments.iter().filter_map(|moment| moment.sealed.clone()).find(|(header, _)| header.holds(index));
        let (header, seal) = sealed.unwrap();
        let path = inclusion_path(self, index, header.tree_size).unwrap();
        Receipt { entry: self.entries[index as usize].clone(), index, path, header, seal }
    }

    pub(crate) fn consistency(&self, old: u64, new: u64) -> Vec<LogHash> {
        consistency_path(self, old, new).unwrap()
    }
}

pub(crate) fn fingerprint(n: u8) -> Fingerprint {
    Fingerprint::of_file(&[n])
}

pub(crate) fn document(n: u8) -> DocumentId {
    DocumentId::of(&chamber(), &fingerprint(n))
}
