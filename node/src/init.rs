//! `eco-node init`: a directory with keys, genesis, and a commented configuration.

use crate::config::FILTER;
use crate::keys::{KeyError, NodeKeyPurpose, PublicKeys, generate, private_dir, public_keys};
use eco_core::eco_file::{FileDefect, FileKind, unwrap};
use eco_core::genesis::Genesis;
use std::path::{Path, PathBuf};

/// Name of the configuration in a node's directory.
pub const CONFIG_FILE: &str = "node.toml";
/// Name of the genesis in a node's directory.
pub const GENESIS_FILE: &str = "genesis.eco";
/// Name of the ledger's directory in a node's directory.
pub const DATA_DIR: &str = "data";
/// Name of the directory that is never restored from a backup.
pub const HOME_DIR: &str = "home";

/// What could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum InitError {
    /// The directory is a node's already.
    #[error("{} exists: this directory is set up already; nothing was changed", path.display())]
    Exists {
        /// The file in the way.
        path: PathBuf,
    },
    /// The disk.
    #[error("{}: {source}", path.display())]
    Disk {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// Not a genesis.
    #[error("{}: {defect}", path.display())]
    Genesis {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        defect: FileDefect,
    },
    /// Key files.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// No keys.
    #[error("there is no key in {}; give --generate-keys, or make them first with eco-node key --generate", dir.display())]
    NoKeys {
        /// Where they should be.
        dir: PathBuf,
    },
    /// The genesis knows another key.
    #[error(
        "consensus key {key} is not one of the {validators} validators of the genesis, so the node would never vote; give --follow if it should not"
    )]
    NotValidator {
        /// Of this node.
        key: eco_core::sign::PublicKey,
        /// In the genesis.
        validators: usize,
    },
    /// The record of signed votes.
    #[error(transparent)]
    SignerState(#[from] eco_consensus::SignerStateError),
}

/// What `init` is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Init {
    /// The node's directory.
    pub dir: PathBuf,
    /// The genesis file.
    pub genesis: PathBuf,
    /// The node's name in logs.
    pub moniker: String,
    /// Whether missing keys are made.
    pub keys: MissingKeys,
    /// Whether the node votes.
    pub role: Role,
}

/// What to do about missing keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MissingKeys {
    /// Make them.
    Generate,
    /// Refuse.
    Refuse,
}

/// What the node does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Votes: it has a consensus key.
    Validator,
    /// Follows.
    Follower,
}

/// Reads a genesis file.
///
/// # Errors
/// Not readable, or not a genesis.
pub fn read_genesis(path: &Path) -> Result<Genesis, InitError> {
    let bytes = std::fs::read(path).map_err(|source| InitError::Disk { path: path.to_owned(), source })?;
    unwrap(FileKind::Genesis, &bytes).map_err(|defect| InitError::Genesis { path: path.to_owned(), defect })
}

/// Makes the key files that a node of this role needs and has not.
///
/// # Errors
/// The disk fails.
pub fn generate_keys(dir: &Path, role: Role) -> Result<PublicKeys, KeyError> {
    let needed: &[NodeKeyPurpose] = match role {
        Role::Validator => &[NodeKeyPurpose::P2p, NodeKeyPurpose::Consensus],
        Role::Follower => &[NodeKeyPurpose::P2p],
    };
    for purpose in needed {
        let path = purpose.file(dir);
        if !path.exists() {
            generate(&path, *purpose)?;
        }
    }
    public_keys(dir)
}

/// Sets a directory up. Refuses to touch one that is set up.
///
/// # Errors
/// It is set up, the genesis is none, or keys are missing.
pub fn init(request: &Init) -> Result<(Genesis, PublicKeys), InitError> {
    let Init { dir, genesis, moniker, keys, role } = request;
    let disk = |path: &Path| {
        let path = path.to_owned();
        move |source| InitError::Disk { path: path.clone(), source }
    };
    let config = dir.join(CONFIG_FILE);
    if config.exists() {
        return Err(InitError::Exists { path: config });
    }
    let network = read_genesis(genesis)?;
    private_dir(dir).map_err(disk(dir))?;
    if *keys == MissingKeys::Generate {
        generate_keys(dir, *role)?;
    }
    if !NodeKeyPurpose::P2p.file(dir).exists() || (*role == Role::Validator && !NodeKeyPurpose::Consensus.file(dir).exists()) {
        return Err(InitError::NoKeys { dir: dir.join("keys") });
    }
    let public = public_keys(dir)?;
    let votes = *role == Role::Validator;
    if let (true, Some(key)) = (votes, public.consensus)
        && !network.validators.iter().any(|validator| validator.key == key)
    {
        return Err(InitError::NotValidator { key, validators: network.validators.len() });
    }
    for part in [DATA_DIR, HOME_DIR] {
        let path = dir.join(part);
        private_dir(&path).map_err(disk(&path))?;
    }
    let own = dir.join(GENESIS_FILE);
    if own != *genesis {
        std::fs::copy(genesis, &own).map_err(disk(&own))?;
    }
    if votes {
        eco_consensus::create_signer_state(&dir.join(HOME_DIR))?;
    }
    // Last, so that its presence means that all of it is there.
    std::fs::write(&config, template(moniker, votes)).map_err(disk(&config))?;
    Ok((network, public))
}

/// The commented configuration.
#[must_use]
pub fn template(moniker: &str, votes: bool) -> String {
    let off = if votes { "" } else { "# " };
    let moniker: String = moniker.chars().filter(|c| c.is_ascii_alphanumeric() || "-_.".contains(*c)).collect();
    format!(
        r#"# Configuration of an eco-node. Relative paths are relative to this file's directory.

# The node's name in logs.
moniker = "{moniker}"
# The genesis file of the network. Its hash is the network id; get it from someone you trust.
genesis = "{GENESIS_FILE}"
# Directory of the ledger: blocks, trees, records. Belongs to this node alone.
data_dir = "{DATA_DIR}"
# Directory of what must never be restored from a backup: which votes were signed, the engine's journal, evidence.
home_dir = "{HOME_DIR}"

[keys]
# The key that the node proves on every connection to other nodes.
p2p = "keys/p2p.key"
# The key that it votes with. Without it the node follows, and hands entries to nodes that vote.
{off}consensus = "keys/consensus.key"

[listen]
# Consensus, for the peers.
consensus = "0.0.0.0:7401"
# Entries handed over between nodes, for the peers.
submission = "0.0.0.0:7402"
# gRPC for everyone. Port 0 takes a free one.
grpc = "127.0.0.1:7403"
# gRPC for the operator: it has no login, so it must be a loopback address. Without it there is none.
admin = "127.0.0.1:7404"
# Tiles, headers and metrics over HTTP. Port 0 takes a free one.
http = "127.0.0.1:7405"

# The only nodes that may connect for consensus and submissions: one section for each.
# [[peers]]
# organisation = "chamber-b"
# p2p_key = "ed25519:<64 hex, as its operator's `eco-node key` prints it>"
# validator_key = "ed25519:<64 hex, if it votes>"
# consensus_address = "192.0.2.2:7401"
# submission_address = "192.0.2.2:7402"

# Pace of consensus. The same on all nodes of a network, or their rounds drift apart.
[consensus]
# Milliseconds after the last block until an empty one is due, so that status stays fresh.
heartbeat_ms = 30000
# Milliseconds to collect further entries after the first, for one block.
linger_ms = 5
# wide-area: nodes in different places. local-area: on one machine or in one building.
timeouts = "wide-area"
# Milliseconds to collect late signatures into seals; 0 collects none.
collect_votes_ms = 0
# Milliseconds without a block that is due until the node says that it is stuck.
stall_after_ms = 60000
# own: each node has an IP address of its own. shared: many share one, as in a test network.
addresses = "own"

[resources]
# Free bytes on the disk of data_dir below which submissions are refused, well before writes fail.
free_bytes_min = 1073741824
# Bytes of the database's block cache.
cache_bytes = 67108864

# Log output, on standard error.
[log]
# text or json.
format = "text"
# What is logged: a level, or target=level pairs separated by commas.
filter = "{FILTER}"
"#
    )
}
