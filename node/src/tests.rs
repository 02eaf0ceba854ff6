//! Nodes as an operator sets them up: `init`, keys, a configuration file, real consensus, a restart.

use crate::config::{Addresses, NodeConfig, Peer, Timeouts};
use crate::init::{CONFIG_FILE, Init, InitError, MissingKeys, Role, generate_keys, init};
use crate::keys::PublicKeys;
use crate::node::{Node, NodeError};
use eco_core::eco_file::{FileKind, wrap};
use eco_core::genesis::{Genesis, GenesisValidator, Limits, NetworkPurpose};
use eco_core::name::{Height, OrgId, Timestamp};
use eco_core::registry::{KeyRecord, Organisation, Purpose, Roles};
use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU16, Ordering};

const START_MS: u64 = 1_700_000_000_000;

fn chamber() -> OrgId {
    "chamber-a".parse().unwrap()
}

/// A genesis file whose only validator has these keys.
fn genesis(dir: &Path, keys: &PublicKeys) -> PathBuf {
    let consensus = keys.consensus.unwrap();
    let record = KeyRecord {
        key: consensus,
        organisation: chamber(),
        purpose: Purpose::Consensus,
        office: 0,
        valid_from: Timestamp(START_MS),
        valid_until: None,
        revoked: None,
    };
    let member = Organisation {
        id: chamber(),
        name: "Chamber A".into(),
        country: "DE".parse().unwrap(),
        roles: Roles::ISSUING_BODY,
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
        keys: vec![record],
        certificates: Vec::new(),
        validators: vec![GenesisValidator { key: consensus, power: 1 }],
        limits: Limits::default(),
        predecessor: None,
        authorities: Vec::new(),
        schemes: Vec::new(),
    };
    let path = dir.join("given.eco");
    std::fs::write(&path, wrap(FileKind::Genesis, &genesis)).unwrap();
    path
}

fn request(dir: &Path, genesis: &Path, role: Role) -> Init {
    Init { dir: dir.to_owned(), genesis: genesis.to_owned(), moniker: "test".into(), keys: MissingKeys::Generate, role }
}

/// An address that only this process uses: where the system picks a port, it may give it to a connection
/// of anybody while the node that listened there is down.
fn own_address() -> SocketAddr {
    static NEXT: AtomicU16 = AtomicU16::new(20_000);
    let [_, a, b, c] = std::process::id().to_be_bytes();
    SocketAddr::from(([127, a | 64, b, c], NEXT.fetch_add(1, Ordering::Relaxed)))
}

/// The configuration that `init` wrote, on free loopback ports and with a fast heartbeat.
fn config(dir: &Path) -> NodeConfig {
    let mut config = NodeConfig::load(&dir.join(CONFIG_FILE)).unwrap();
    let any = "127.0.0.1:0".parse().unwrap();
    (config.listen.consensus, config.listen.submission) = (own_address(), own_address());
    (config.listen.grpc, config.listen.http, config.listen.admin) = (any, any, Some(any));
    config.consensus.heartbeat_ms = 300;
    config.consensus.timeouts = Timeouts::LocalArea;
    config.consensus.addresses = Addresses::Shared;
    config.resources.free_bytes_min = 0;
    config
}

fn peer(config: &NodeConfig, keys: &PublicKeys) -> Peer {
    Peer {
        organisation: "chamber-a".into(),
        p2p_key: keys.p2p.to_string(),
        validator_key: keys.consensus.map(|key| key.to_string()),
        consensus_address: config.listen.consensus,
        submission_address: config.listen.submission,
    }
}

async fn reach(node: &Node, height: u64) {
    let mut heights = node.ledger.subscribe();
    let reached = heights.wait_for(|now| *now >= Height(height)).await;
    assert!(reached.is_ok());
}

#[test]
fn init_sets_a_directory_up_once_and_for_its_owner_alone() {
    let dir = tempfile::tempdir().unwrap();
    let home = dir.path().join("node");
    let keys = generate_keys(&home, Role::Validator).unwrap();
    let genesis = genesis(dir.path(), &keys);
    let (network, public) = init(&request(&home, &genesis, Role::Validator)).unwrap();
    assert_eq!((public, network.name.as_str()), (keys, "eco.example/test"));
    for part in ["", "keys", "data", "home"] {
        assert_eq!(std::fs::metadata(home.join(part)).unwrap().permissions().mode() & 0o777, 0o700, "{part}");
    }
    assert!(NodeConfig::load(&home.join(CONFIG_FILE)).is_ok());
    assert!(matches!(init(&request(&home, &genesis, Role::Validator)), Err(InitError::Exists { .. })));
    // A validator that the genesis does not know would never vote.
    let stranger = dir.path().join("stranger");
    assert!(matches!(init(&request(&stranger, &genesis, Role::Validator)), Err(InitError::NotValidator { .. })));
    assert!(init(&request(&stranger, &genesis, Role::Follower)).is_ok());
    let keyless = Init { keys: MissingKeys::Refuse, ..request(&dir.path().join("keyless"), &genesis, Role::Follower) };
    assert!(matches!(init(&keyless), Err(InitError::NoKeys { .. })));
    std::fs::write(&genesis, b"not a genesis").unwrap();
    assert!(matches!(init(&request(&dir.path().join("other"), &genesis, Role::Follower)), Err(InitError::Genesis { .. })));
}

// The whole composition: without it the parts may each work and the node not.
#[tokio::test(flavor = "multi_thread")]
async fn a_validator_makes_blocks_a_follower_has_them_and_a_restart_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let (home_a, home_b) = (dir.path().join("a"), dir.path().join("b"));
    let keys_a = generate_keys(&home_a, Role::Validator).unwrap();
    let genesis = genesis(dir.path(), &keys_a);
    init(&request(&home_a, &genesis, Role::Validator)).unwrap();
    let (_, keys_b) = init(&request(&home_b, &genesis, Role::Follower)).unwrap();
    let (mut config_a, mut config_b) = (config(&home_a), config(&home_b));
    (config_a.peers, config_b.peers) = (vec![peer(&config_b, &keys_b)], vec![peer(&config_a, &keys_a)]);
    let a = Node::start(config_a.clone()).await.unwrap();
    let b = Node::start(config_b).await.unwrap();
    assert_ne!(a.ready().grpc.port(), 0);
    assert_eq!((a.ready().consensus_key, b.ready().consensus_key), (keys_a.consensus, None));
    reach(&a, 2).await;
    reach(&b, 2).await;
    let header = |node: &Node| node.ledger.header(Height(2)).unwrap().unwrap();
    assert_eq!(header(&a), header(&b));
    let second = header(&a);
    a.shutdown().await;
    let again = Node::start(config_a).await.unwrap();
    assert!(again.ready().height >= 2);
    assert_eq!(header(&again), second);
    reach(&again, again.ready().height + 2).await;
    reach(&b, again.ready().height + 1).await;
    again.shutdown().await;
    b.shutdown().await;
}

#[tokio::test]
async fn a_node_without_its_keys_or_ports_does_not_start() {
    let dir = tempfile::tempdir().unwrap();
    let home = dir.path().join("node");
    let keys = generate_keys(&home, Role::Validator).unwrap();
    init(&request(&home, &genesis(dir.path(), &keys), Role::Validator)).unwrap();
    let mut taken = config(&home);
    let held = TcpListener::bind("127.0.0.1:0").unwrap();
    taken.listen.grpc = held.local_addr().unwrap();
    assert!(matches!(Node::start(taken).await, Err(NodeError::Serve(_))));
    std::fs::remove_file(home.join("keys/p2p.key")).unwrap();
    assert!(matches!(Node::start(config(&home)).await, Err(NodeError::Key(_))));
}
