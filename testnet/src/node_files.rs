//! A node's own files: keys and configuration, as `eco-node` reads them.

use crate::error::{TestnetError, file};
use crate::genesis::{Equipped, Member, NodeKeys, Seat};
use eco_node::config::{Addresses, Consensus, Listen, NodeConfig, Peer, Resources, Timeouts};
use eco_node::init::{CONFIG_FILE, Init, InitError, MissingKeys, Role, generate_keys, init};
use eco_node::keys::PublicKeys;
use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

/// Pace of empty blocks: the first is soon there, and an idle network on one machine stays quiet.
const HEARTBEAT_MS: u64 = 2_000;
/// Free bytes below which a node of a test network takes nothing more.
const FREE_BYTES_MIN: u64 = 128 << 20;
/// Bytes of a node's block cache: five nodes share one machine.
const CACHE_BYTES: u64 = 16 << 20;

/// Ports to choose from.
const PORTS: Range<u16> = 10_240..32_000;

/// Ports of one node on 127.0.0.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ports {
    /// gRPC, for `eco`.
    pub grpc: u16,
    /// Tiles and metrics.
    pub http: u16,
    /// Administration.
    pub admin: u16,
    /// Consensus among nodes.
    pub consensus: u16,
    /// Submissions among nodes.
    pub submission: u16,
}

impl Ports {
    /// Free ports for so many nodes, below those that the system gives to outgoing connections: else a
    /// connection of anybody could take the port of a node that is down. Held open together, so that none is given twice.
    ///
    /// # Errors
    /// None is left.
    pub fn free(nodes: usize) -> Result<Vec<Self>, TestnetError> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        // Networks of other processes begin elsewhere, so that they seldom meet.
        let begin = std::process::id().wrapping_mul(211);
        let mut held = Vec::new();
        let mut take = || -> Result<u16, TestnetError> {
            let candidates = (0..PORTS.len()).filter_map(|_| {
                let at = begin.wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed)) as usize % PORTS.len();
                PORTS.clone().nth(at)
            });
            let mut free = candidates.filter_map(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, port)).ok().map(|held| (port, held)));
            let none = || TestnetError::Process { what: "a free port".into(), source: std::io::ErrorKind::AddrInUse.into() };
            let (port, listener) = free.next().ok_or_else(none)?;
            held.push(listener);
            Ok(port)
        };
        (0..nodes).map(|_| Ok(Self { grpc: take()?, http: take()?, admin: take()?, consensus: take()?, submission: take()? })).collect()
    }
}

/// Where a node's configuration lies.
pub(crate) fn config_path(home: &Path) -> PathBuf {
    home.join(CONFIG_FILE)
}

const fn role(member: &Member) -> Role {
    match member.seat {
        Seat::Validator => Role::Validator,
        Seat::Follower | Seat::Guest => Role::Follower,
    }
}

/// Makes a node's keys, as `eco-node init --generate-keys` does.
pub(crate) fn keys(home: &Path, member: &Member) -> Result<NodeKeys, TestnetError> {
    let PublicKeys { p2p, consensus } = generate_keys(home, role(member)).map_err(InitError::from)?;
    Ok(NodeKeys { consensus, p2p })
}

/// Sets a node's directory up, and writes its configuration: everybody else is a peer, on one machine.
pub(crate) fn configure(
    home: &Path,
    genesis: &Path,
    own: &Equipped,
    all: &[Equipped],
    ports: &BTreeMap<&str, Ports>,
) -> Result<(), TestnetError> {
    let slug = own.member.slug;
    init(&Init {
        dir: home.to_path_buf(),
        genesis: genesis.to_path_buf(),
        moniker: slug.to_string(),
        keys: MissingKeys::Refuse,
        role: role(&own.member),
    })?;
    let no_ports = |slug: &str| TestnetError::NoSuchNode { organisation: slug.to_string() };
    let at = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let free = ports.get(slug).ok_or_else(|| no_ports(slug))?;
    let mut peers = Vec::new();
    for (other, keys) in all.iter().filter_map(|o| Some((o, o.node?))).filter(|(o, _)| o.member.slug != slug) {
        let there = ports.get(other.member.slug).ok_or_else(|| no_ports(other.member.slug))?;
        peers.push(Peer {
            organisation: other.member.slug.to_string(),
            p2p_key: keys.p2p.to_string(),
            validator_key: keys.consensus.map(|key| key.to_string()),
            consensus_address: at(there.consensus),
            submission_address: at(there.submission),
        });
    }
    let path = config_path(home);
    let template = NodeConfig::load(&path)?;
    let config = NodeConfig {
        listen: Listen {
            consensus: at(free.consensus),
            submission: at(free.submission),
            grpc: at(free.grpc),
            http: at(free.http),
            admin: Some(at(free.admin)),
        },
        peers,
        consensus: Consensus {
            heartbeat_ms: HEARTBEAT_MS,
            timeouts: Timeouts::LocalArea,
            addresses: Addresses::Shared,
            ..template.consensus
        },
        resources: Resources { free_bytes_min: FREE_BYTES_MIN, cache_bytes: CACHE_BYTES },
        ..template
    };
    std::fs::write(&path, config.to_toml()?).map_err(file(path))
}
