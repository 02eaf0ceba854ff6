//! The configuration file. The comments on its fields are the manual; `eco-node init` writes them into the file.

use eco_core::name::OrgId;
use eco_core::sign::PublicKey;
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// Configuration of one node. Relative paths are relative to the directory of the file. Whom to trust and
/// where data lies has no default.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NodeConfig {
    /// The node's name in logs.
    pub moniker: String,
    /// The genesis file (`.eco`) of the network. Its hash is the network id; get it from someone you trust.
    pub genesis: PathBuf,
    /// Directory of the ledger: blocks, trees, records. Belongs to this node alone.
    pub data_dir: PathBuf,
    /// Directory of what must never be restored from a backup: which votes were signed, the engine's journal, evidence.
    pub home_dir: PathBuf,
    /// Key files.
    pub keys: KeyFiles,
    /// Where the node listens.
    pub listen: Listen,
    /// The only nodes that may connect for consensus and submissions.
    #[serde(default)]
    pub peers: Vec<Peer>,
    /// Pace of consensus.
    #[serde(default)]
    pub consensus: Consensus,
    /// Bounds of this node's resources.
    #[serde(default)]
    pub resources: Resources,
    /// Log output, on standard error.
    #[serde(default)]
    pub log: Log,
}

/// Key files, as `eco-node key --generate` writes them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyFiles {
    /// The key that the node proves on every connection to other nodes.
    pub p2p: PathBuf,
    /// The key that it votes with. Without it the node follows, and hands entries to nodes that vote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consensus: Option<PathBuf>,
}

/// Addresses, as IP and port.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Listen {
    /// Consensus, for the peers.
    pub consensus: SocketAddr,
    /// Entries handed over between nodes, for the peers.
    pub submission: SocketAddr,
    /// gRPC for everyone. Port 0 takes a free one.
    pub grpc: SocketAddr,
    /// Tiles, headers and metrics over HTTP. Port 0 takes a free one.
    pub http: SocketAddr,
    /// gRPC for the operator: it has no login, so it must be a loopback address. Without it there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub admin: Option<SocketAddr>,
}

/// Another node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Peer {
    /// Whose it is.
    pub organisation: String,
    /// Its p2p key, `ed25519:<64 hex>`.
    pub p2p_key: String,
    /// The key it votes with, if it votes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub validator_key: Option<String>,
    /// Where it runs consensus.
    pub consensus_address: SocketAddr,
    /// Where it takes entries.
    pub submission_address: SocketAddr,
}

/// Pace of consensus. The same on all nodes of a network, or their rounds drift apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Consensus {
    /// Milliseconds after the last block until an empty one is due, so that status stays fresh.
    pub heartbeat_ms: u64,
    /// Milliseconds to collect further entries after the first, for one block.
    pub linger_ms: u64,
    /// `wide-area`: nodes in different places. `local-area`: on one machine or in one building.
    pub timeouts: Timeouts,
    /// Milliseconds to collect late signatures into seals; 0 collects none.
    pub collect_votes_ms: u64,
    /// Milliseconds without a block that is due until the node says that it is stuck.
    pub stall_after_ms: u64,
    /// `own`: each node has an IP address of its own. `shared`: many share one, as in a test network.
    pub addresses: Addresses,
}

impl Default for Consensus {
    fn default() -> Self {
        Self {
            heartbeat_ms: 30_000,
            linger_ms: 5,
            timeouts: Timeouts::WideArea,
            collect_votes_ms: 0,
            stall_after_ms: 60_000,
            addresses: Addresses::Own,
        }
    }
}

/// How long the steps of a round may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Timeouts {
    /// Nodes in different places.
    WideArea,
    /// Nodes on one machine or in one building.
    LocalArea,
}

/// Whether nodes share an IP address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Addresses {
    /// Each has its own.
    Own,
    /// Many share one.
    Shared,
}

/// Bounds of this node's resources.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Resources {
    /// Free bytes on the disk of `data_dir` below which submissions are refused, well before writes fail.
    pub free_bytes_min: u64,
    /// Bytes of the database's block cache.
    pub cache_bytes: u64,
}

impl Default for Resources {
    fn default() -> Self {
        Self { free_bytes_min: 1024 * 1024 * 1024, cache_bytes: 64 * 1024 * 1024 }
    }
}

/// The engine tells every vote at level info.
pub(crate) const FILTER: &str = "info,arc_malachitebft_core_consensus=warn,arc_malachitebft_engine=warn,arc_malachitebft_network=warn";

/// Log output.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Log {
    /// `text` or `json`.
    pub format: LogFormat,
    /// What is logged: a level, or `target=level` pairs separated by commas.
    pub filter: String,
}

impl Default for Log {
    fn default() -> Self {
        Self { format: LogFormat::Text, filter: FILTER.to_owned() }
    }
}

/// Form of a log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object per line.
    Json,
}

/// A configuration that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// Not readable.
    #[error("{}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// Not the configuration of a node.
    #[error("{}: {detail}", path.display())]
    Parse {
        /// The file.
        path: PathBuf,
        /// What is wrong, and where.
        detail: String,
    },
    /// A field outside its bounds.
    #[error("{field}: {rule}, found {found}")]
    Field {
        /// The field.
        field: &'static str,
        /// What it must be.
        rule: &'static str,
        /// What it is.
        found: String,
    },
}

/// A peer whose names and keys are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownPeer {
    /// Whose it is.
    pub organisation: OrgId,
    /// Its p2p key.
    pub p2p_key: PublicKey,
    /// The key it votes with, if it votes.
    pub validator_key: Option<PublicKey>,
}

fn field(field: &'static str, rule: &'static str, found: impl ToString) -> ConfigError {
    ConfigError::Field { field, rule, found: found.to_string() }
}

fn key(name: &'static str, text: &str) -> Result<PublicKey, ConfigError> {
    PublicKey::from_str(text).map_err(|_| field(name, "must be ed25519: and 64 lower-case hex digits", text))
}

impl Peer {
    /// Reads names and keys.
    ///
    /// # Errors
    /// The field that holds none.
    pub fn known(&self) -> Result<KnownPeer, ConfigError> {
        let organisation =
            self.organisation.parse().map_err(|_| field("peers.organisation", "must be 3 to 32 of a-z 0-9 -", &self.organisation))?;
        let validator_key = self.validator_key.as_deref().map(|text| key("peers.validator_key", text)).transpose()?;
        Ok(KnownPeer { organisation, p2p_key: key("peers.p2p_key", &self.p2p_key)?, validator_key })
    }
}

impl NodeConfig {
    /// Reads and checks a configuration; relative paths become relative to its directory.
    ///
    /// # Errors
    /// Not readable, an unknown field, or one outside its bounds.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path).map_err(|source| ConfigError::Read { path: path.to_owned(), source })?;
        let mut config = Self::parse(&text).map_err(|error| match error {
            ConfigError::Parse { detail, .. } => ConfigError::Parse { path: path.to_owned(), detail },
            other => other,
        })?;
        let base = path.parent().unwrap_or(Path::new("."));
        let paths = [&mut config.genesis, &mut config.data_dir, &mut config.home_dir, &mut config.keys.p2p];
        paths.into_iter().chain(config.keys.consensus.as_mut()).for_each(|path| *path = base.join(&*path));
        Ok(config)
    }

    /// Reads and checks the text of a configuration.
    ///
    /// # Errors
    /// An unknown field, or one outside its bounds.
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        let config: Self = toml::from_str(text).map_err(|error| ConfigError::Parse { path: PathBuf::new(), detail: error.to_string() })?;
        config.check()?;
        Ok(config)
    }

    /// The text of the configuration, without comments.
    ///
    /// # Errors
    /// A path that is not UTF-8.
    pub fn to_toml(&self) -> Result<String, ConfigError> {
        toml::to_string_pretty(self).map_err(|error| ConfigError::Parse { path: PathBuf::new(), detail: error.to_string() })
    }

    /// Rules that the types do not express.
    ///
    /// # Errors
    /// The field that breaks one.
    pub fn check(&self) -> Result<(), ConfigError> {
        let Listen { consensus, submission, admin, .. } = self.listen;
        for (name, address) in [("listen.consensus", consensus), ("listen.submission", submission)] {
            // Peers must know the port beforehand.
            if address.port() == 0 {
                return Err(field(name, "must have a port that peers can list", address));
            }
        }
        if let Some(address) = admin.filter(|address| !address.ip().is_loopback()) {
            return Err(field("listen.admin", "must be a loopback address: it has no login", address));
        }
        let pace = &self.consensus;
        if !(200..=600_000).contains(&pace.heartbeat_ms) {
            return Err(field("consensus.heartbeat_ms", "must be 200 to 600000", pace.heartbeat_ms));
        }
        if pace.linger_ms > 1000 {
            return Err(field("consensus.linger_ms", "must be at most 1000", pace.linger_ms));
        }
        if pace.stall_after_ms < pace.heartbeat_ms {
            return Err(field("consensus.stall_after_ms", "must not be below heartbeat_ms", pace.stall_after_ms));
        }
        self.peers.iter().try_for_each(|peer| peer.known().map(|_| ()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::init::template;

    fn text() -> String {
        template("node-a", true)
    }

    // The template is the manual: it must be readable, and it must show every field.
    #[test]
    fn the_template_is_a_configuration_and_shows_every_field() {
        let config = NodeConfig::parse(&text()).unwrap();
        assert_eq!(config.consensus, Consensus::default());
        assert_eq!(config.resources, Resources::default());
        assert_eq!(config.log, Log::default());
        let peer = Peer {
            organisation: "chamber-b".into(),
            p2p_key: format!("ed25519:{}", "00".repeat(32)),
            validator_key: Some(format!("ed25519:{}", "01".repeat(32))),
            consensus_address: "192.0.2.1:1".parse().unwrap(),
            submission_address: "192.0.2.1:2".parse().unwrap(),
        };
        let full = NodeConfig { peers: vec![peer], ..config };
        for line in full.to_toml().unwrap().lines().filter_map(|line| line.split_once(" = ")) {
            assert!(text().contains(&format!("{} = ", line.0)), "the template does not show {}", line.0);
        }
        assert_eq!(NodeConfig::parse(&full.to_toml().unwrap()).unwrap(), full);
    }

    #[test]
    fn unknown_fields_and_dangerous_values_are_refused() {
        let refused = |from: &str, to: &str| {
            assert!(text().contains(from), "{from}");
            NodeConfig::parse(&text().replace(from, to)).unwrap_err().to_string()
        };
        assert!(refused("linger_ms = 5", "lingers_ms = 5").contains("lingers_ms"));
        assert!(refused("admin = \"127.0.0.1:7404\"", "admin = \"0.0.0.0:7404\"").contains("loopback"));
        assert!(refused("consensus = \"0.0.0.0:7401\"", "consensus = \"0.0.0.0:0\"").contains("port"));
        assert!(refused("heartbeat_ms = 30000", "heartbeat_ms = 0").contains("heartbeat_ms"));
        assert!(refused("stall_after_ms = 60000", "stall_after_ms = 20000").contains("heartbeat_ms"));
        assert!(refused("data_dir = \"data\"", "").contains("data_dir"));
    }
}
