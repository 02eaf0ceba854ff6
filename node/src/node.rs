//! The composition root: ledger, consensus and API, started in this order and stopped in the reverse.

use crate::config::{Addresses, ConfigError, NodeConfig, Timeouts};
use crate::init::{InitError, read_genesis};
use crate::keys::{KeyError, identity};
use bytes::Bytes;
use eco_api::{Api, Bound, HandOver, HandOverAnswer, HandOverFailure, NodeFacts, ServeError};
use eco_consensus::{
    AddressSharing, Clock, ConsensusConfig, ConsensusHandle, EntryAnswer, Health, PeerConfig, StartError, Status, StepTimeouts, Voting,
};
use eco_core::name::Timestamp;
use eco_core::sign::{NetworkId, PublicKey};
use eco_ledger::{Ledger, LedgerError, Options};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// A head older than this many heartbeats shows that the node is behind.
const HEARTBEATS_MISSED_MAX: u64 = 5;
/// No head is called old before this age, however fast the heartbeat.
const HEAD_AGE_MS_MIN: u64 = 15_000;
/// How often free space is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Entries in one batch that is handed over; a validator takes at most 512.
const HAND_OVER_ENTRIES_MAX: usize = 256;
/// Bytes in one batch that is handed over; a validator takes at most 1 MiB.
const HAND_OVER_BYTES_MAX: usize = 512 * 1024;

/// What does not start.
#[derive(Debug, thiserror::Error)]
pub enum NodeError {
    /// The configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The genesis.
    #[error(transparent)]
    Genesis(#[from] InitError),
    /// The key files.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The ledger.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// Consensus.
    #[error(transparent)]
    Consensus(#[from] StartError),
    /// The listeners.
    #[error(transparent)]
    Serve(#[from] ServeError),
    /// A task of this process ended abnormally.
    #[error("a task was cut off: {0}")]
    Task(String),
}

/// Who the node is and where it listens, once it does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ready {
    /// The network's name.
    pub network_name: String,
    /// The network.
    pub network: NetworkId,
    /// The last block on its disk.
    pub height: u64,
    /// gRPC, with the port taken.
    pub grpc: SocketAddr,
    /// HTTP, with the port taken.
    pub http: SocketAddr,
    /// The operator's gRPC, with the port taken.
    pub admin: Option<SocketAddr>,
    /// Consensus.
    pub consensus: SocketAddr,
    /// Entries between nodes.
    pub submission: SocketAddr,
    /// The key it proves to peers.
    pub p2p_key: Option<PublicKey>,
    /// The key it votes with.
    pub consensus_key: Option<PublicKey>,
}

impl Ready {
    /// The line that is printed on standard output: one JSON object.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::json!({
            "schema_version": 1,
            "event": "ready",
            "network_name": self.network_name,
            "network": self.network.to_string(),
            "height": self.height,
            "grpc": self.grpc,
            "http": self.http,
            "admin": self.admin,
            "consensus": self.consensus,
            "submission": self.submission,
            "p2p_key": self.p2p_key.map(|key| key.to_string()),
            "consensus_key": self.consensus_key.map(|key| key.to_string()),
        })
        .to_string()
    }
}

/// Why a node ends by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StopCause {
    /// Engine or ledger failed: a supervisor should start the process again.
    Failed(String),
    /// No block for too long although one is due: a supervisor should start the process again.
    Stuck(String),
}

/// A node in operation.
pub struct Node {
    ready: Ready,
    #[cfg(test)]
    pub(crate) ledger: Arc<Ledger>,
    consensus: Arc<ConsensusHandle>,
    bound: Bound,
    stop: watch::Sender<bool>,
    telling: JoinHandle<()>,
}

impl std::fmt::Debug for Node {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Node").field("ready", &self.ready).finish_non_exhaustive()
    }
}

/// The system's clock: milliseconds since 1970; 0 before.
#[allow(clippy::disallowed_methods, reason = "this is the composition root, which hands the clock to everything else")]
fn system_time() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

/// Bytes that may still be written on the file system of a path.
fn free_bytes(path: &Path) -> std::io::Result<u64> {
    let stat = rustix::fs::statvfs(path)?;
    Ok(stat.f_bavail.saturating_mul(stat.f_frsize))
}

/// Opens the ledger of a configuration.
///
/// # Errors
/// The genesis is none, or the directory is of another network or damaged.
pub fn open_ledger(config: &NodeConfig) -> Result<Ledger, NodeError> {
    let genesis = read_genesis(&config.genesis)?;
    let options = Options {
        free_space: Some(Box::new(free_bytes)),
        free_bytes_min: config.resources.free_bytes_min,
        cache_bytes: usize::try_from(config.resources.cache_bytes).unwrap_or(usize::MAX),
        ..Options::default()
    };
    Ok(Ledger::open(&config.data_dir, &genesis, options)?)
}

impl Node {
    /// Opens the ledger, starts consensus, and listens.
    ///
    /// # Errors
    /// What does not start; nothing is left running.
    pub async fn start(config: NodeConfig) -> Result<Self, NodeError> {
        config.check()?;
        let identity = identity(&config.keys.p2p, config.keys.consensus.as_deref())?;
        let opened = config.clone();
        // Recovery reads the whole state: it may take a while.
        let ledger =
            tokio::task::spawn_blocking(move || open_ledger(&opened)).await.map_err(|error| NodeError::Task(error.to_string()))??;
        let ledger = Arc::new(ledger);
        let tip = ledger.tip();
        let (name, network) = (ledger.genesis().name.to_string(), ledger.state().network());
        let (p2p_key, consensus_key) = (identity.p2p_key(), identity.consensus_key());
        tracing::info!(%network, name, height = tip.height.0, "the ledger is open");
        let consensus = eco_consensus::start(consensus_config(&config)?, identity, ledger.clone(), Clock::new(system_time)).await?;
        let consensus = Arc::new(consensus);
        let (facts, receiver) = watch::channel(NodeFacts::default());
        let head_age_ms_max = config.consensus.heartbeat_ms.saturating_mul(HEARTBEATS_MISSED_MAX).max(HEAD_AGE_MS_MIN);
        let mut api = Api::new(ledger.clone(), Arc::new(system_time), receiver, head_age_ms_max);
        if consensus_key.is_none() {
            api = api.with_hand_over(hand_over(&consensus));
        }
        let teller = Teller { status: consensus.status(), facts, expected: config.peers.len(), config: config.clone() };
        let telling = tokio::spawn(teller.run());
        let (stop, stopping) = watch::channel(false);
        let addresses = eco_api::Addresses { grpc: config.listen.grpc, http: config.listen.http, admin: config.listen.admin };
        let bound = match eco_api::serve(api, addresses, stopping).await {
            Ok(bound) => bound,
            Err(error) => {
                telling.abort();
                stop_consensus(consensus).await;
                return Err(error.into());
            }
        };
        let ready = Ready {
            network_name: name,
            network,
            height: tip.height.0,
            grpc: bound.addresses.grpc,
            http: bound.addresses.http,
            admin: bound.addresses.admin,
            consensus: config.listen.consensus,
            submission: config.listen.submission,
            p2p_key,
            consensus_key,
        };
        Ok(Self {
            ready,
            #[cfg(test)]
            ledger,
            consensus,
            bound,
            stop,
            telling,
        })
    }

    /// Who the node is and where it listens.
    #[must_use]
    pub const fn ready(&self) -> &Ready {
        &self.ready
    }

    /// Yields when the node cannot go on by itself. After a safety failure it goes on serving reads.
    pub async fn ended(&self) -> StopCause {
        let mut status = self.consensus.status();
        let is_end = |status: &Status| matches!(status.health, Health::Stopped(_) | Health::Stuck(_));
        match status.wait_for(is_end).await {
            Ok(status) => match &status.health {
                Health::Stuck(why) => StopCause::Stuck(why.clone()),
                Health::Stopped(why) | Health::SafetyFailure(why) => StopCause::Failed(why.clone()),
                Health::Good => StopCause::Failed("consensus ended".to_owned()),
            },
            Err(_) => StopCause::Failed("consensus ended".to_owned()),
        }
    }

    /// Finishes requests under way, stops listening, then stops consensus.
    pub async fn shutdown(self) {
        self.stop.send_replace(true);
        self.bound.stopped().await;
        self.telling.abort();
        stop_consensus(self.consensus).await;
    }
}

async fn stop_consensus(consensus: Arc<ConsensusHandle>) {
    match Arc::into_inner(consensus) {
        Some(consensus) => consensus.shutdown().await,
        // A hand-over under way still holds it; the process ends anyway.
        None => tracing::warn!("consensus is in use and is cut off"),
    }
}

fn consensus_config(config: &NodeConfig) -> Result<ConsensusConfig, ConfigError> {
    let mut peers = Vec::with_capacity(config.peers.len());
    for peer in &config.peers {
        let known = peer.known()?;
        peers.push(PeerConfig {
            organisation: known.organisation,
            p2p_key: known.p2p_key,
            consensus_address: peer.consensus_address,
            submission_address: peer.submission_address,
            validator_key: known.validator_key,
        });
    }
    let pace = &config.consensus;
    Ok(ConsensusConfig {
        moniker: config.moniker.clone(),
        consensus_listen: config.listen.consensus,
        submission_listen: config.listen.submission,
        peers,
        home: config.home_dir.clone(),
        timeouts: match pace.timeouts {
            Timeouts::WideArea => StepTimeouts::wide_area(),
            Timeouts::LocalArea => StepTimeouts::local_area(),
        },
        heartbeat: Duration::from_millis(pace.heartbeat_ms),
        linger: Duration::from_millis(pace.linger_ms),
        collect_votes: (pace.collect_votes_ms > 0).then(|| Duration::from_millis(pace.collect_votes_ms)),
        stall_after: Duration::from_millis(pace.stall_after_ms),
        sharing: match pace.addresses {
            Addresses::Own => AddressSharing::Own,
            Addresses::Shared => AddressSharing::Shared,
        },
    })
}

/// Hands entries to validators, in batches that they take. The API holds no handle that would keep consensus alive.
fn hand_over(consensus: &Arc<ConsensusHandle>) -> HandOver {
    let consensus = Arc::downgrade(consensus);
    Arc::new(move |entries| {
        let consensus = consensus.clone();
        Box::pin(async move {
            let mut answers = Vec::with_capacity(entries.len());
            for batch in batches(entries) {
                let Some(consensus) = consensus.upgrade() else { return Err(HandOverFailure("the node is shutting down".to_owned())) };
                let taken = consensus.hand_over(batch).await.map_err(|error| HandOverFailure(error.to_string()))?;
                answers.extend(taken.into_iter().map(|answer| match answer {
                    EntryAnswer::Accepted | EntryAnswer::Known => HandOverAnswer::Taken,
                    EntryAnswer::Refused(why) => HandOverAnswer::Refused(why),
                }));
            }
            Ok(answers)
        })
    })
}

fn batches(entries: Vec<Vec<u8>>) -> Vec<Vec<Bytes>> {
    let (mut batches, mut bytes) = (vec![Vec::new()], 0usize);
    for entry in entries {
        let grown = bytes.saturating_add(entry.len());
        let is_full = batches
            .last()
            .is_some_and(|batch: &Vec<Bytes>| batch.len() >= HAND_OVER_ENTRIES_MAX || (!batch.is_empty() && grown > HAND_OVER_BYTES_MAX));
        bytes = if is_full { entry.len() } else { grown };
        if is_full {
            batches.push(Vec::new());
        }
        if let Some(batch) = batches.last_mut() {
            batch.push(Bytes::from(entry));
        }
    }
    batches.retain(|batch| !batch.is_empty());
    batches
}

/// Tells the API what consensus and the disk are like.
struct Teller {
    status: watch::Receiver<Status>,
    facts: watch::Sender<NodeFacts>,
    expected: usize,
    config: NodeConfig,
}

impl Teller {
    async fn run(mut self) {
        loop {
            let status = self.status.borrow_and_update().clone();
            let facts = self.facts_of(&status);
            self.facts.send_if_modified(|told| {
                let differs = *told != facts;
                *told = facts;
                differs
            });
            tokio::select! {
                changed = self.status.changed() => if changed.is_err() { return },
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
        }
    }

    fn facts_of(&self, status: &Status) -> NodeFacts {
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        NodeFacts {
            peers_connected: count(status.consensus_peers),
            peers_expected: count(self.expected),
            best_peer_height: status.peers.best_height,
            is_syncing: status.syncing,
            is_validator: match status.voting {
                Voting::Votes => true,
                Voting::Follows | Voting::Withheld { .. } => false,
            },
            stuck: match &status.health {
                Health::Stuck(why) | Health::Stopped(why) => Some(why.clone()),
                Health::Good | Health::SafetyFailure(_) => None,
            },
            safety_failure: match &status.health {
                Health::SafetyFailure(why) => Some(why.clone()),
                Health::Good | Health::Stuck(_) | Health::Stopped(_) => None,
            },
            // A file system that does not tell is treated as full, as the ledger does.
            is_low_on_disk: free_bytes(&self.config.data_dir).unwrap_or(0) < self.config.resources.free_bytes_min,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // A validator refuses a batch above its bounds as a whole, so the cut must respect them.
    #[test]
    fn batches_keep_order_and_bounds() {
        let entries: Vec<Vec<u8>> = (0..600u32).map(|n| n.to_le_bytes().to_vec()).collect();
        let cut = batches(entries.clone());
        assert_eq!(cut.iter().map(Vec::len).collect::<Vec<_>>(), [256, 256, 88]);
        assert_eq!(cut.concat().iter().map(|entry| entry.to_vec()).collect::<Vec<_>>(), entries);
        let large = batches(vec![vec![0; 32 * 1024]; 20]);
        assert_eq!(large.iter().map(Vec::len).collect::<Vec<_>>(), [16, 4]);
        assert!(batches(Vec::new()).is_empty());
    }

    #[test]
    fn the_readiness_line_is_one_json_object() {
        let any: SocketAddr = "127.0.0.1:1".parse().unwrap();
        let ready = Ready {
            network_name: "eco.example/test".into(),
            network: NetworkId([1; 32]),
            height: 3,
            grpc: any,
            http: any,
            admin: None,
            consensus: any,
            submission: any,
            p2p_key: Some(PublicKey::ed25519([2; 32])),
            consensus_key: None,
        };
        let line = ready.to_json();
        let read: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert!(!line.contains('\n'));
        assert_eq!((read["event"].as_str(), read["grpc"].as_str(), read["height"].as_u64()), (Some("ready"), Some("127.0.0.1:1"), Some(3)));
    }
}
