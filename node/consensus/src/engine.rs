//! Starting and stopping the engine: its settings, its identity, and whether it may vote.

use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::time::Duration;

use eco_core::header::HEADER_BYTES;
use eco_core::limits::SEAL_BYTES_MAX;
use eco_core::sign::NetworkId;
use libp2p::Multiaddr;
use libp2p::identity::Keypair;
use malachite::app::config::{
    ChannelNames, ConsensusConfig as EngineConsensusConfig, DiscoveryConfig, GossipSubConfig, NodeConfig, P2pConfig, ProtocolNames,
    PubSubMaxSizePerTopic, PubSubProtocol, ValuePayload, ValueSyncConfig,
};
use malachite::{
    Channels, ConsensusContext, EngineBuilder, EngineHandle, NetworkContext, NetworkIdentity, RequestContext, SyncContext, WalContext,
};
use malachite_signing::Signer;

use crate::codec::{COMMIT_HEAD_BYTES, NotaryCodec, SIGNED_BYTES, to_bytes};
use crate::config::{AddressSharing, ConsensusConfig, P2pKeyDefect, SeedDefect, multiaddr, peer_id};
use crate::context::{Address, Notary};
use crate::limits::{QUEUE_PER_HEIGHT, RESPONSE_BYTES_MAX, RPC_BYTES_MAX, SYNC_BATCH, SYNC_PARALLEL, VALIDATORS_MAX};
use crate::scheme::NotaryVerifier;
use crate::signer::NotarySigner;
use crate::signer_state::SignerStateError;
use crate::submission::SubmissionError;

/// The engine's WAL in the home directory.
const WAL_FILE: &str = "consensus.wal";
/// Requests to the engine that may wait.
const REQUESTS: usize = 64;
/// How long the engine's actors get to stop.
const STOPPING: Duration = Duration::from_secs(5);
/// How long to wait before an address is tried again, and how often it is.
const LISTEN_RETRY: Duration = Duration::from_millis(200);
const LISTEN_TRIES: u32 = 10;
/// A peer tells its height this often, and at once when it changes.
const STATUS_PERIOD: Duration = Duration::from_secs(2);
/// A sync request that is not answered by then is given to another peer.
const SYNC_TIMEOUT: Duration = Duration::from_secs(10);
/// Both sides may dial at once; with 1, each would close the connection that the other keeps.
const CONNECTIONS_PER_PEER: usize = 2;

/// Why consensus does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The signer state is missing, damaged, or cannot be read.
    #[error(transparent)]
    SignerState(#[from] SignerStateError),
    /// A peer cannot be named.
    #[error(transparent)]
    PeerKey(#[from] P2pKeyDefect),
    /// The node's own keys.
    #[error(transparent)]
    Seed(#[from] SeedDefect),
    /// The home directory.
    #[error("{}: {source}", path.display())]
    Home {
        /// The directory.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The address for consensus is taken or not ours.
    #[error("cannot listen for consensus on {address}: {source}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system says.
        source: std::io::Error,
    },
    /// The genesis allows blocks that a peer could not send to a follower.
    #[error("a block of this network has up to {block} bytes, a sync response at most {max}; followers would be stuck")]
    BlocksTooLarge {
        /// The largest block with its seal.
        block: usize,
        /// The bound of a response.
        max: usize,
    },
    /// The submission swarm.
    #[error(transparent)]
    Submission(#[from] SubmissionError),
    /// The ledger.
    #[error(transparent)]
    Ledger(#[from] eco_ledger::LedgerError),
    /// The engine itself.
    #[error("the engine does not start: {0}")]
    Engine(String),
}

/// The largest block of a network on the sync wire: header, entries, carried seal, certificate, framing.
#[must_use]
pub(crate) fn synced_block_bytes_max(block_bytes_max: u32) -> usize {
    const FRAMING: usize = 64; // tags, counts and lengths
    let certificate = COMMIT_HEAD_BYTES + VALIDATORS_MAX * SIGNED_BYTES;
    HEADER_BYTES + SEAL_BYTES_MAX + certificate + FRAMING + block_bytes_max as usize
}

/// A single block above the bound of a response would give an empty response, and followers that hang.
pub(crate) fn check_block_bytes(block_bytes_max: u32) -> Result<(), StartError> {
    let block = synced_block_bytes_max(block_bytes_max);
    if block < RESPONSE_BYTES_MAX && RESPONSE_BYTES_MAX <= RPC_BYTES_MAX {
        return Ok(());
    }
    Err(StartError::BlocksTooLarge { block, max: RESPONSE_BYTES_MAX })
}

/// Everything the engine is started with.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) engine: EngineConfig,
    pub(crate) keypair: Keypair,
    pub(crate) listen: SocketAddr,
    pub(crate) home: PathBuf,
}

/// The engine's configuration.
#[derive(Clone, Debug)]
pub(crate) struct EngineConfig {
    moniker: String,
    consensus: EngineConsensusConfig,
    sync: ValueSyncConfig,
}

impl NodeConfig for EngineConfig {
    fn moniker(&self) -> &str {
        &self.moniker
    }

    fn consensus(&self) -> &EngineConsensusConfig {
        &self.consensus
    }

    fn consensus_mut(&mut self) -> &mut EngineConsensusConfig {
        &mut self.consensus
    }

    fn value_sync(&self) -> &ValueSyncConfig {
        &self.sync
    }

    fn value_sync_mut(&mut self) -> &mut ValueSyncConfig {
        &mut self.sync
    }
}

/// A size as the engine's configuration has it; all sizes here are constants below 4 GiB.
fn size<T: std::str::FromStr + Default>(bytes: usize) -> T {
    format!("{bytes} B").parse().unwrap_or_default()
}

impl Settings {
    pub(crate) fn new(config: &ConsensusConfig, keypair: &Keypair, network: &NetworkId) -> Result<Self, StartError> {
        let peers = config.peers.iter().map(|peer| {
            let id = peer_id(&peer.p2p_key)?;
            Ok(multiaddr(peer.consensus_address, Some(id)))
        });
        let peers: Vec<Multiaddr> = peers.collect::<Result<_, P2pKeyDefect>>()?;
        let consensus = EngineConsensusConfig {
            enabled: true,
            p2p: p2p(config, peers, network),
            value_payload: ValuePayload::ProposalAndParts,
            queue_per_height_capacity: QUEUE_PER_HEIGHT,
            ..EngineConsensusConfig::default()
        };
        let sync = ValueSyncConfig {
            enabled: true,
            status_update_interval: STATUS_PERIOD,
            request_timeout: SYNC_TIMEOUT,
            max_response_size: size(RESPONSE_BYTES_MAX),
            parallel_requests: SYNC_PARALLEL,
            batch_size: SYNC_BATCH,
            ..ValueSyncConfig::default()
        };
        Ok(Self {
            engine: EngineConfig { moniker: config.moniker.clone(), consensus, sync },
            keypair: keypair.clone(),
            listen: config.consensus_listen,
            home: config.home.clone(),
        })
    }

    pub(crate) fn wal(&self) -> PathBuf {
        self.home.join(WAL_FILE)
    }
}

fn p2p(config: &ConsensusConfig, persistent_peers: Vec<Multiaddr>, network: &NetworkId) -> P2pConfig {
    let id = network.to_string();
    let id = id.get(..16).unwrap_or(&id);
    let name = |part: &str| format!("/eco-notary/{id}/{part}/1");
    // The limit that the engine derives is four times this.
    let peers = config.peers.len().max(8);
    let own = DiscoveryConfig {
        enabled: false,
        num_inbound_peers: peers,
        num_outbound_peers: peers,
        max_connections_per_peer: CONNECTIONS_PER_PEER,
        ..DiscoveryConfig::default()
    };
    let discovery = match config.sharing {
        AddressSharing::Own => own,
        // Peers on one address count together, and a restarted one must not wait for 30 s.
        AddressSharing::Shared => {
            DiscoveryConfig { max_connections_per_ip: (peers + 1) * CONNECTIONS_PER_PEER * 4, ip_throttle_duration: Duration::ZERO, ..own }
        }
    };
    P2pConfig {
        listen_addr: multiaddr(config.consensus_listen, None),
        persistent_peers,
        persistent_peers_only: true,
        discovery,
        // Flood publishing: each message goes to every peer at once.
        protocol: PubSubProtocol::GossipSub(GossipSubConfig::new(6, 12, 4, 2, false, false, true)),
        pubsub_max_size: size(512 * 1024),
        pubsub_max_size_per_topic: PubSubMaxSizePerTopic {
            consensus: Some(size(64 * 1024)),
            proposal_parts: Some(size(256 * 1024)),
            liveness: Some(size(64 * 1024)),
        },
        rpc_max_size: size(RPC_BYTES_MAX),
        protocol_names: ProtocolNames {
            consensus: name("consensus"),
            discovery_kad: name("kad"),
            discovery_regres: name("discovery"),
            sync: name("sync"),
            validator_proof: name("validator-proof"),
        },
        channel_names: ChannelNames {
            consensus: name("votes"),
            proposal_parts: name("parts"),
            sync: name("status"),
            liveness: name("liveness"),
        },
    }
}

/// The engine in operation.
pub(crate) struct Running {
    pub(crate) channels: Channels<Notary>,
    handle: EngineHandle,
}

/// Starts the engine: with a signer it votes, without one it follows.
pub(crate) async fn start(settings: &Settings, verifier: NotaryVerifier, signer: Option<NotarySigner>) -> Result<Running, StartError> {
    free(settings.listen).await?;
    let moniker = settings.engine.moniker.clone();
    let (identity, context) = match signer {
        Some(signer) => {
            let address = signer.address();
            let peer = settings.keypair.public().to_peer_id().to_bytes();
            let proof = signer.sign_validator_proof(address.0.to_vec(), peer).await;
            let proof = proof.map_err(|error| StartError::Engine(error.to_string()))?;
            let proof = to_bytes(&proof).map_err(|defect| StartError::Engine(defect.to_string()))?;
            let identity = NetworkIdentity::new_validator(moniker, settings.keypair.clone(), address.to_string(), proof);
            (identity, ConsensusContext::new_validator(address, Box::new(verifier), Box::new(signer)))
        }
        None => {
            let identity = NetworkIdentity::new(moniker, settings.keypair.clone(), None);
            // Nobody's address: all zero is no admissible key.
            (identity, ConsensusContext::new_full_node(Address([0; 32]), Box::new(verifier)))
        }
    };
    let built = EngineBuilder::new(Notary, settings.engine.clone())
        .with_default_wal(WalContext::new(settings.wal(), NotaryCodec))
        .with_default_network(NetworkContext::new(identity, NotaryCodec))
        .with_default_sync(SyncContext::new(NotaryCodec))
        .with_default_consensus(context)
        .with_default_request(RequestContext::new(REQUESTS))
        .build()
        .await;
    let (channels, handle) = built.map_err(|error| StartError::Engine(error.to_string()))?;
    Ok(Running { channels, handle })
}

/// Makes sure that the address can be listened on: the engine would only log that it cannot, and then
/// wait for ever. A run before this one may take a moment to let go of it.
async fn free(address: SocketAddr) -> Result<(), StartError> {
    let mut tries = tokio::time::interval(LISTEN_RETRY);
    let mut left = LISTEN_TRIES;
    loop {
        tries.tick().await;
        left -= 1;
        match TcpListener::bind(address) {
            Ok(_) => return Ok(()),
            Err(source) if left == 0 => return Err(StartError::Listen { address, source }),
            Err(_) => {}
        }
    }
}

/// How the engine ended by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EngineEnd {
    /// Its supervisor lives on and has stopped everything else: it must not be started again.
    Safety,
    /// Its supervisor is gone as well.
    Failure,
}

impl Running {
    /// Waits until the ports are free again.
    ///
    /// The supervisor kills its other children as soon as one has ended, and a killed network actor
    /// leaves its swarm behind, listening. So the children are taken from it first, and each gets to end.
    pub(crate) async fn stop(self) {
        let Self { channels, handle } = self;
        drop(channels);
        let supervisor = handle.actor.get_cell();
        let children = supervisor.get_children();
        children.iter().for_each(|child| child.unlink(supervisor.clone()));
        let ending = children.iter().map(|child| child.stop_and_wait(Some("shutdown".to_owned()), Some(STOPPING)));
        for ended in futures::future::join_all(ending).await {
            if let Err(error) = ended {
                tracing::debug!(%error, "a part of the engine had ended before, or does not end in time");
            }
        }
        handle.actor.stop(Some("shutdown".to_owned()));
        if tokio::time::timeout(STOPPING, handle.handle).await.is_err() {
            tracing::warn!("the engine does not stop in time");
        }
    }

    /// After the engine has closed its side: what kind of end it is.
    pub(crate) async fn end(&mut self) -> EngineEnd {
        match tokio::time::timeout(STOPPING, &mut self.handle.handle).await {
            Ok(_) => EngineEnd::Failure,
            Err(_) => EngineEnd::Safety,
        }
    }
}

/// Until which height this key must not vote, if there is one: it has signed there, and the WAL that
/// would keep it consistent is not at hand.
pub(crate) fn withheld_until(highest_signed: Option<u64>, tip: u64, wal: &Path) -> Option<u64> {
    let signed = highest_signed.filter(|signed| *signed > tip)?;
    let has_wal = fs::metadata(wal).is_ok_and(|file| file.len() > 0);
    (signed > tip.saturating_add(1) || !has_wal).then_some(signed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use eco_core::genesis::Limits;

    #[test]
    fn the_default_limits_of_a_genesis_can_be_synced() {
        check_block_bytes(Limits::default().block_bytes_max).unwrap();
    }

    /// A block that fills more than one response leaves followers stuck without any error.
    #[test]
    fn blocks_above_a_response_are_refused_at_start() {
        let fits = u32::try_from(RESPONSE_BYTES_MAX - synced_block_bytes_max(0) - 1).unwrap();
        check_block_bytes(fits).unwrap();
        assert!(matches!(check_block_bytes(fits + 1), Err(StartError::BlocksTooLarge { .. })));
    }

    #[test]
    fn sizes_are_what_they_say() {
        let engine: ValueSyncConfig = ValueSyncConfig { max_response_size: size(12_345), ..Default::default() };
        assert_eq!(engine.max_response_size.as_u64(), 12_345);
    }

    /// A restored disk has an old ledger: its key has voted at heights that the disk does not know.
    #[test]
    fn a_key_that_has_signed_ahead_of_the_disk_does_not_vote() {
        let dir = tempfile::tempdir().unwrap();
        let wal = dir.path().join("wal");
        assert_eq!(withheld_until(None, 5, &wal), None, "a fresh key");
        assert_eq!(withheld_until(Some(5), 5, &wal), None, "the height is on the log");
        assert_eq!(withheld_until(Some(6), 5, &wal), Some(6), "no WAL");
        fs::write(&wal, b"entries").unwrap();
        assert_eq!(withheld_until(Some(6), 5, &wal), None, "an ordinary restart");
        assert_eq!(withheld_until(Some(7), 5, &wal), Some(7), "an old ledger");
    }
}
