//! A network of real ledgers and engines in this process.

use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU16, AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use eco_consensus::{
    AddressSharing, Clock, ConsensusConfig, ConsensusHandle, Identity, PeerConfig, StartError, Status, StepTimeouts, create_signer_state,
    start,
};
use eco_core::Fingerprint;
use eco_core::document::DocumentKind;
use eco_core::entry::{Entry, EntrySignature, SignedEntry};
use eco_core::genesis::{Genesis, GenesisValidator, Limits, NetworkPurpose};
use eco_core::name::{Height, OrgId, Timestamp};
use eco_core::registry::{KeyRecord, Organisation, Purpose, Roles};
use eco_core::sign::{PublicKey, Signature};
use eco_core::statement::{Anchor, Statement};
use eco_ledger::{Ledger, Options, SubmitError, Submitted};
use ed25519_dalek::{Signer, SigningKey};

/// However slow the machine: a test that takes longer has failed.
const DEADLINE: Duration = Duration::from_secs(90);

#[expect(clippy::disallowed_methods, reason = "a test is its own composition root")]
pub(crate) fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    Timestamp(u64::try_from(since.as_millis()).unwrap())
}

/// The secret of a node's key; kind 1 votes.
pub(crate) fn seed(kind: u8, node: usize) -> [u8; 32] {
    [kind.wrapping_mul(16).wrapping_add(u8::try_from(node).unwrap()); 32]
}

fn public(seed: &[u8; 32]) -> PublicKey {
    PublicKey::ed25519(SigningKey::from_bytes(seed).verifying_key().to_bytes())
}

fn org(node: usize) -> OrgId {
    format!("member-{node}").parse().unwrap()
}

struct Running {
    handle: ConsensusHandle,
    ledger: Arc<Ledger>,
}

struct Place {
    votes: bool,
    dir: PathBuf,
    consensus: SocketAddr,
    submission: SocketAddr,
    /// By how much its clock is wrong.
    skew_ms: Arc<AtomicI64>,
    running: Option<Running>,
}

pub(crate) struct Network {
    _dir: tempfile::TempDir,
    genesis: Genesis,
    places: Vec<Place>,
    next_entry: AtomicU64,
}

/// An address that only this process uses: where the system picks a port, it may give it to a connection
/// of anybody while the node that listened there is down.
fn own_address() -> SocketAddr {
    static NEXT: AtomicU16 = AtomicU16::new(20_000);
    let [_, a, b, c] = std::process::id().to_be_bytes();
    SocketAddr::from(([127, a | 64, b, c], NEXT.fetch_add(1, Ordering::Relaxed)))
}

fn genesis(validators: usize) -> Genesis {
    let organisation = |node| Organisation {
        id: org(node),
        name: format!("Member {node}"),
        country: "CH".parse().unwrap(),
        roles: Roles::default(),
        admitted: Timestamp(0),
        suspended: None,
        identifiers: Vec::new(),
    };
    let key = |key, node, purpose| KeyRecord {
        key,
        organisation: org(node),
        purpose,
        office: 0,
        valid_from: Timestamp(0),
        valid_until: None,
        revoked: None,
    };
    let mut keys: Vec<KeyRecord> = (0..validators)
        .flat_map(|node| [key(public(&seed(1, node)), node, Purpose::Consensus), key(public(&seed(2, node)), node, Purpose::Issue)])
        .collect();
    keys.sort_by_key(|record| record.key);
    let mut set: Vec<_> = (0..validators).map(|node| GenesisValidator { key: public(&seed(1, node)), power: 1 }).collect();
    set.sort();
    Genesis {
        version: Genesis::VERSION,
        name: "eco.test/cluster".parse().unwrap(),
        purpose: NetworkPurpose::Test,
        time: Timestamp(now().0 - 1_000),
        organisations: (0..validators).map(organisation).collect(),
        keys,
        certificates: Vec::new(),
        validators: set,
        limits: Limits::default(),
        predecessor: None,
        authorities: Vec::new(),
        schemes: Vec::new(),
    }
}

impl Network {
    pub(crate) fn of(validators: usize) -> Self {
        Self::build(validators, 0)
    }

    /// Whose members agreed that a block may be so far ahead of their clocks.
    pub(crate) fn of_precision(validators: usize, clock_precision_ms: u32) -> Self {
        let mut network = Self::build(validators, 0);
        network.genesis.limits.clock_precision_ms = clock_precision_ms;
        network
    }

    pub(crate) fn with_follower(validators: usize) -> Self {
        Self::build(validators, 1)
    }

    fn build(validators: usize, followers: usize) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let places = (0..validators + followers).map(|node| {
            let place = Place {
                votes: node < validators,
                dir: dir.path().join(node.to_string()),
                consensus: own_address(),
                submission: own_address(),
                skew_ms: Arc::default(),
                running: None,
            };
            if place.votes {
                create_signer_state(&place.dir.join("consensus")).unwrap();
            }
            place
        });
        let places = places.collect();
        Self { genesis: genesis(validators), places, next_entry: AtomicU64::new(0), _dir: dir }
    }

    fn config(&self, node: usize) -> ConsensusConfig {
        let peers = self.places.iter().enumerate().filter(|(other, _)| *other != node);
        let peers = peers.map(|(other, place)| PeerConfig {
            organisation: org(other),
            p2p_key: public(&seed(3, other)),
            consensus_address: place.consensus,
            submission_address: place.submission,
            validator_key: place.votes.then(|| public(&seed(1, other))),
        });
        ConsensusConfig {
            moniker: format!("node-{node}"),
            consensus_listen: self.places[node].consensus,
            submission_listen: self.places[node].submission,
            peers: peers.collect(),
            home: self.places[node].dir.join("consensus"),
            timeouts: StepTimeouts::local_area(),
            heartbeat: Duration::from_secs(3600),
            linger: Duration::ZERO,
            collect_votes: None,
            stall_after: Duration::from_secs(3600),
            sharing: AddressSharing::Shared,
        }
    }

    pub(crate) async fn try_start(&mut self, node: usize) -> Result<(), StartError> {
        let (config, place) = (self.config(node), &self.places[node]);
        let ledger = Ledger::open(&place.dir.join("ledger"), &self.genesis, Options::default()).unwrap();
        let ledger = Arc::new(ledger);
        let vote = place.votes.then(|| seed(1, node));
        let identity = Identity::from_seeds(vote.as_ref(), &seed(3, node)).unwrap();
        let skew_ms = place.skew_ms.clone();
        let clock = Clock::new(move || Timestamp(now().0.saturating_add_signed(skew_ms.load(Ordering::SeqCst))));
        let handle = start(config, identity, ledger.clone(), clock).await?;
        self.places[node].running = Some(Running { handle, ledger });
        Ok(())
    }

    pub(crate) async fn start(&mut self, node: usize) {
        self.try_start(node).await.unwrap();
    }

    pub(crate) async fn start_all(&mut self) {
        for node in 0..self.places.len() {
            self.start(node).await;
        }
    }

    /// Makes a node's clock wrong by so much.
    pub(crate) fn skew(&self, node: usize, skew_ms: i64) {
        self.places[node].skew_ms.store(skew_ms, Ordering::SeqCst);
    }

    /// Times of all blocks of a node.
    pub(crate) fn times(&self, node: usize) -> Vec<Timestamp> {
        let heights = 1..=self.height(node);
        let blocks = heights.map(|height| self.ledger(node).block(Height(height)).unwrap().unwrap());
        blocks.map(|(block, _)| block.header.time).collect()
    }

    pub(crate) async fn stop(&mut self, node: usize) {
        let Running { handle, ledger } = self.places[node].running.take().unwrap();
        tokio::time::timeout(DEADLINE, handle.shutdown()).await.expect("shuts down");
        assert_eq!(Arc::strong_count(&ledger), 1, "nothing of consensus holds the ledger after shutdown");
        for address in [self.places[node].consensus, self.places[node].submission] {
            TcpListener::bind(address).unwrap_or_else(|error| panic!("{address} is still in use after shutdown: {error}"));
        }
    }

    pub(crate) async fn shutdown(mut self) {
        for node in 0..self.places.len() {
            if self.places[node].running.is_some() {
                self.stop(node).await;
            }
        }
    }

    pub(crate) fn forget_signer_state(&self, node: usize) {
        std::fs::remove_file(self.places[node].dir.join("consensus/signer-state")).unwrap();
    }

    pub(crate) fn signer_state(&self, node: usize) -> Vec<u8> {
        std::fs::read(self.places[node].dir.join("consensus/signer-state")).unwrap()
    }

    /// Waits until a node has signed something more: its file is the only witness outside the engine.
    pub(crate) async fn wait_signed(&self, node: usize, before: &[u8]) {
        let mut look = tokio::time::interval(Duration::from_millis(20));
        let signed = async {
            while self.signer_state(node) == before {
                look.tick().await;
            }
        };
        tokio::time::timeout(DEADLINE, signed).await.expect("signs");
    }

    /// Waits until a node's WAL holds more than its header.
    pub(crate) async fn wait_wal(&self, node: usize) {
        let mut look = tokio::time::interval(Duration::from_millis(20));
        let path = self.places[node].dir.join("consensus/consensus.wal");
        let filled = async {
            while std::fs::metadata(&path).unwrap().len() < 300 {
                look.tick().await;
            }
        };
        tokio::time::timeout(DEADLINE, filled).await.expect("writes to the WAL");
    }

    /// Flips a bit in the WAL's last entry.
    pub(crate) fn damage_wal(&self, node: usize) {
        let path = self.places[node].dir.join("consensus/consensus.wal");
        let mut bytes = std::fs::read(&path).unwrap();
        let at = bytes.len() - 20;
        bytes[at] ^= 1;
        std::fs::write(&path, bytes).unwrap();
    }

    /// The height that a stopped node's WAL is of: after the version, in its header.
    pub(crate) fn wal_height(&self, node: usize) -> u64 {
        let bytes = std::fs::read(self.places[node].dir.join("consensus/consensus.wal")).unwrap();
        u64::from_be_bytes(bytes[4..12].try_into().unwrap())
    }

    /// Puts a stopped node's ledger back to a height, with the blocks of another.
    pub(crate) fn put_ledger_back(&self, node: usize, height: u64, other: usize) {
        let dir = self.places[node].dir.join("ledger");
        std::fs::remove_dir_all(&dir).unwrap();
        let ledger = Ledger::open(&dir, &self.genesis, Options::default()).unwrap();
        for at in 1..=height {
            let (block, seal) = self.ledger(other).block(Height(at)).unwrap().unwrap();
            ledger.commit(&block, &seal).unwrap();
        }
    }

    /// WALs of a node that were put aside.
    pub(crate) fn wals_put_aside(&self, node: usize) -> usize {
        let files = std::fs::read_dir(self.places[node].dir.join("consensus")).unwrap();
        files.filter(|file| file.as_ref().unwrap().file_name().to_string_lossy().contains(".wal.aside-")).count()
    }

    pub(crate) fn try_submit(&self, node: usize) -> Result<Submitted, SubmitError> {
        self.ledger(node).submit(&self.entry(), now())
    }

    pub(crate) fn lose_wal(&self, node: usize) {
        std::fs::remove_file(self.places[node].dir.join("consensus/consensus.wal")).unwrap();
    }

    pub(crate) fn handle(&self, node: usize) -> &ConsensusHandle {
        &self.places[node].running.as_ref().unwrap().handle
    }

    pub(crate) fn ledger(&self, node: usize) -> &Arc<Ledger> {
        &self.places[node].running.as_ref().unwrap().ledger
    }

    /// A new entry by some member.
    pub(crate) fn entry(&self) -> Bytes {
        let number = self.next_entry.fetch_add(1, Ordering::Relaxed);
        let author = usize::try_from(number).unwrap() % self.genesis.organisations.len();
        let entry = Entry {
            version: 1,
            network: self.genesis.network_id(),
            author: org(author),
            agent: None,
            not_after: now().plus_ms(3_600_000),
            statement: Statement::Anchor(Anchor {
                fingerprint: Fingerprint::of_file(&number.to_le_bytes()),
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
        };
        let key = SigningKey::from_bytes(&seed(2, author));
        let signature = Signature(key.sign(&entry.message()).to_bytes());
        let signatures = vec![EntrySignature { key: public(&seed(2, author)), signature }];
        SignedEntry::new(entry, signatures).unwrap().as_bytes().to_vec().into()
    }

    pub(crate) fn submit(&self, node: usize, count: usize) {
        for _ in 0..count {
            self.submit_bytes(node, &self.entry());
        }
    }

    pub(crate) fn submit_bytes(&self, node: usize, entry: &Bytes) {
        let outcome = self.ledger(node).submit(entry, now());
        assert!(matches!(outcome, Ok(Submitted::Pending(_))), "{outcome:?}");
    }

    pub(crate) fn height(&self, node: usize) -> u64 {
        self.ledger(node).tip().height.0
    }

    pub(crate) fn entries(&self, node: usize) -> u64 {
        self.ledger(node).state().frontier().size()
    }

    async fn reach(&self, node: usize, entries: u64) {
        let mut heights = self.ledger(node).subscribe();
        while self.entries(node) < entries {
            heights.changed().await.unwrap();
        }
    }

    pub(crate) async fn wait_entries(&self, nodes: &[usize], entries: u64) {
        for node in nodes {
            if tokio::time::timeout(DEADLINE, self.reach(*node, entries)).await.is_err() {
                let status = self.handle(*node).status().borrow().clone();
                panic!("node {node} has {} of {entries} entries: {status:?}", self.entries(*node));
            }
        }
        for node in nodes {
            assert_eq!(self.entries(*node), entries, "node {node}: no entry that was not submitted, none twice");
        }
    }

    /// Whether any of the nodes gets beyond so many entries within the time.
    pub(crate) async fn grows(&self, nodes: &[usize], entries: u64, within: Duration) -> bool {
        let grown = nodes.iter().map(|node| Box::pin(self.reach(*node, entries + 1)));
        tokio::time::timeout(within, futures::future::select_all(grown)).await.is_ok()
    }

    /// Waits until the nodes agree on a height and keep it for a second.
    pub(crate) async fn wait_quiet(&self, nodes: &[usize]) -> u64 {
        loop {
            let mut heights = self.ledger(nodes[0]).subscribe();
            let height = heights.borrow_and_update().0;
            let changed = tokio::time::timeout(Duration::from_secs(1), heights.changed()).await.is_ok();
            if !changed && nodes.iter().all(|node| self.height(*node) == height) {
                return height;
            }
        }
    }

    pub(crate) async fn wait_status(&self, node: usize, holds: impl Fn(&Status) -> bool) -> Status {
        let mut status = self.handle(node).status();
        let waited = tokio::time::timeout(DEADLINE, status.wait_for(|status| holds(status))).await;
        let reached = waited.map(|status| status.unwrap().clone());
        reached.unwrap_or_else(|_| panic!("node {node} stays at {:?}", self.handle(node).status().borrow()))
    }

    /// Every block that two nodes both have is the same.
    pub(crate) fn assert_same_blocks(&self, nodes: &[usize]) {
        let lowest = nodes.iter().map(|node| self.height(*node)).min().unwrap();
        for height in 1..=lowest {
            let mut blocks = nodes.iter().map(|node| self.ledger(*node).block(Height(height)).unwrap().unwrap().0);
            let first = blocks.next().unwrap();
            assert!(blocks.all(|block| block == first), "block {height} differs");
        }
    }
}
