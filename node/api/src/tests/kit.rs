//! A node of a network with one validator, on loopback sockets: the real ledger, and a task that makes blocks.

use crate::api::{Api, NodeFacts};
use crate::server::{Addresses, serve};
use eco_client::Client;
use eco_core::Fingerprint;
use eco_core::checkpoint::note_text;
use eco_core::document::{DocumentId, DocumentKind, DocumentStatus, ReasonCode};
use eco_core::entry::{ENTRY_VERSION, Entry, EntrySignature, SignedEntry};
use eco_core::fingerprint::{Method, SignatureHash};
use eco_core::genesis::{Genesis, GenesisValidator, Limits, NetworkPurpose};
use eco_core::name::{OrgId, Revision, Round, Timestamp};
use eco_core::number::{CertificateNumber, ReferenceKey};
use eco_core::registry::{KeyRecord, Organisation, Purpose, Roles};
use eco_core::seal::{Seal, SealSignature};
use eco_core::sign::{PublicKey, Signature};
use eco_core::state::AuthorityRecord;
use eco_core::statement::{Anchor, ChangeStatus, Statement};
use eco_core::trust::TrustRoot;
use eco_ledger::{Ledger, Options};
use ed25519_dalek::{Signer as _, SigningKey};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tempfile::TempDir;
use tokio::sync::watch;

const START_MS: u64 = 1_795_000_000_000;
/// Members: enough that claims to one fingerprint fill more than a page.
pub(crate) const MEMBERS: u8 = 40;

/// The signing key number `n`.
fn key(purpose: Purpose, n: u8) -> SigningKey {
    let mut seed = [n; 32];
    seed[0] = purpose as u8;
    SigningKey::from_bytes(&seed)
}

fn public(key: &SigningKey) -> PublicKey {
    PublicKey::ed25519(key.verifying_key().to_bytes())
}

/// Member number `n`.
pub(crate) fn member(n: u8) -> OrgId {
    format!("member-{n:02}").parse().unwrap()
}

pub(crate) fn fingerprint(n: u8) -> Fingerprint {
    Fingerprint { method: Method::Pdf, hash: [n; 32] }
}

pub(crate) fn document(author: u8, n: u8) -> DocumentId {
    DocumentId::of(&member(author), &fingerprint(n))
}

pub(crate) fn number(n: u8) -> CertificateNumber {
    CertificateNumber::normalise(&format!("26C-{n}")).unwrap()
}

fn genesis() -> Genesis {
    let mut keys = Vec::new();
    let mut add = |n: u8, purpose: Purpose| {
        keys.push(KeyRecord {
            key: public(&key(purpose, n)),
            organisation: member(n),
            purpose,
            office: 0,
            valid_from: Timestamp(START_MS),
            valid_until: None,
            revoked: None,
        });
    };
    [Purpose::Consensus, Purpose::Attest, Purpose::Present].into_iter().for_each(|purpose| add(0, purpose));
    (0..MEMBERS).for_each(|n| [Purpose::Issue, Purpose::Status].into_iter().for_each(|purpose| add(n, purpose)));
    keys.sort_by_key(|key| key.key);
    let organisation = |n| Organisation {
        id: member(n),
        name: format!("Member {n}"),
        country: "DE".parse().unwrap(),
        roles: Roles::ISSUING_BODY.with(Roles::VERIFICATION_BODY).with(Roles::CUSTOMS),
        admitted: Timestamp(START_MS),
        suspended: None,
        identifiers: Vec::new(),
    };
    Genesis {
        version: Genesis::VERSION,
        name: "eco.example/test".parse().unwrap(),
        purpose: NetworkPurpose::Test,
        time: Timestamp(START_MS),
        organisations: (0..MEMBERS).map(organisation).collect(),
        keys,
        certificates: Vec::new(),
        validators: vec![GenesisValidator { key: public(&key(Purpose::Consensus, 0)), power: 1 }],
        limits: Limits::default(),
        predecessor: None,
        authorities: vec![AuthorityRecord { country: "DE".parse().unwrap(), organisation: member(0) }],
        schemes: Vec::new(),
    }
}

/// A running node.
pub(crate) struct TestNode {
    pub(crate) ledger: Arc<Ledger>,
    pub(crate) addresses: Addresses,
    pub(crate) facts: watch::Sender<NodeFacts>,
    pub(crate) clock: Arc<AtomicU64>,
    pub(crate) stop: watch::Sender<bool>,
    pub(crate) bound: crate::server::Bound,
    _dir: TempDir,
}

impl TestNode {
    /// A node without a block.
    pub(crate) async fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let ledger = Arc::new(Ledger::open(dir.path(), &genesis(), Options::default()).unwrap());
        let clock = Arc::new(AtomicU64::new(START_MS));
        let (facts, receiver) = watch::channel(NodeFacts::default());
        let time = clock.clone();
        let api = Api::new(ledger.clone(), Arc::new(move || Timestamp(time.load(Ordering::Relaxed))), receiver, 60_000);
        let any: SocketAddr = "127.0.0.1:0".parse().unwrap();
        let (stop, stopping) = watch::channel(false);
        let bound = serve(api, Addresses { grpc: any, http: any, admin: Some(any) }, stopping).await.unwrap();
        Self { ledger, addresses: bound.addresses, facts, clock, stop, bound, _dir: dir }
    }

    /// A node that makes a block whenever an entry comes in.
    pub(crate) async fn start_making_blocks() -> Self {
        let node = Self::start().await;
        let (ledger, clock) = (node.ledger.clone(), node.clock.clone());
        let mut arrivals = ledger.pool_arrivals();
        tokio::spawn(async move {
            while arrivals.changed().await.is_ok() {
                let (ledger, clock) = (ledger.clone(), clock.clone());
                tokio::task::spawn_blocking(move || make_block(&ledger, &clock)).await.unwrap();
            }
        });
        node
    }

    /// A block with what is in the pool.
    pub(crate) fn block(&self) {
        make_block(&self.ledger, &self.clock);
    }

    pub(crate) fn trust(&self) -> TrustRoot {
        TrustRoot::of_genesis(self.ledger.genesis())
    }

    pub(crate) fn client(&self) -> Client {
        Client::connect([self.grpc()], self.trust()).unwrap()
    }

    pub(crate) fn grpc(&self) -> String {
        format!("http://{}", self.addresses.grpc)
    }

    pub(crate) fn sign(&self, purpose: Purpose, by: u8, statement: Statement) -> SignedEntry {
        let key = key(purpose, by);
        let entry = Entry {
            version: ENTRY_VERSION,
            network: self.ledger.state().network(),
            author: member(by),
            agent: None,
            not_after: Timestamp(START_MS + 24 * 3600 * 1000),
            statement,
        };
        let signature = Signature(key.sign(&entry.message()).to_bytes());
        SignedEntry::new(entry, vec![EntrySignature { key: public(&key), signature }]).unwrap()
    }

    /// Member `by` records certificate `n` under number `number_of`.
    pub(crate) fn certificate_numbered(&self, by: u8, n: u8, number_of: u8) -> SignedEntry {
        let anchor = Anchor {
            fingerprint: fingerprint(n),
            kind: DocumentKind::Certificate,
            signature_hash: Some(SignatureHash([n; 32])),
            reference: Some(ReferenceKey::of(&member(by), &number(number_of))),
            product_keys: Vec::new(),
            links: Vec::new(),
            summary: None,
            valid_from: None,
            valid_until: None,
            supersedes: None,
        };
        self.sign(Purpose::Issue, by, Statement::Anchor(anchor))
    }

    pub(crate) fn certificate(&self, by: u8, n: u8) -> SignedEntry {
        self.certificate_numbered(by, n, n)
    }

    pub(crate) fn revocation(&self, by: u8, n: u8) -> SignedEntry {
        let change = ChangeStatus { document: document(by, n), base: Revision(1), status: DocumentStatus::Revoked, reason: ReasonCode(2) };
        self.sign(Purpose::Status, by, Statement::ChangeStatus(change))
    }

    /// Puts entries into a block of their own.
    pub(crate) fn record(&self, entries: &[SignedEntry]) {
        let now = Timestamp(self.clock.load(Ordering::Relaxed));
        for entry in entries {
            self.ledger.submit(entry.as_bytes(), now).unwrap();
        }
        self.block();
    }
}

fn make_block(ledger: &Ledger, clock: &AtomicU64) {
    let now = Timestamp(clock.fetch_add(1000, Ordering::Relaxed) + 1000);
    let block = ledger.propose(now, Round(0)).unwrap();
    let text = note_text(ledger.state().origin(), &block.header, Round(0));
    let signature = Signature(key(Purpose::Consensus, 0).sign(&text).to_bytes());
    let seal = Seal { round: Round(0), signatures: vec![SealSignature { validator: 0, signature }] };
    ledger.commit(&block, &seal).unwrap();
}
