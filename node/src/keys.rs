//! Key files: an Ed25519 seed, its purpose, and nothing else.
//!
//! ```toml
//! # Secret. Whoever has this file is this node.
//! version = 1
//! purpose = "p2p"
//! seed = "<64 hex digits>"
//! ```
//!
//! A file is created with mode 0600 and refused if anyone but its owner may read it. Encryption at rest is
//! not done yet: protect the disk.

use eco_consensus::Identity;
use eco_core::hash::parse_hex32;
use eco_core::sign::PublicKey;
use serde::{Deserialize, Serialize};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use zeroize::{Zeroize as _, Zeroizing};

/// What a node key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NodeKeyPurpose {
    /// Proves the node on every connection.
    P2p,
    /// Votes.
    Consensus,
}

impl NodeKeyPurpose {
    /// The name in files and output.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::P2p => "p2p",
            Self::Consensus => "consensus",
        }
    }

    /// The file below the node's directory.
    #[must_use]
    pub fn file(self, dir: &Path) -> PathBuf {
        dir.join("keys").join(format!("{}.key", self.name()))
    }
}

/// A key file that cannot be used or made.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The disk.
    #[error("{}: {source}", path.display())]
    Disk {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// Others may read it.
    #[error("{}: mode {mode:o} lets others read it; run chmod 600, and think about replacing the key", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// Not a key file of this purpose.
    #[error("{}: not a {} key file: {detail}", path.display(), purpose.name())]
    Content {
        /// The file.
        path: PathBuf,
        /// The purpose expected.
        purpose: NodeKeyPurpose,
        /// What is wrong; never the content.
        detail: String,
    },
    /// No randomness.
    #[error("the system gives no random bytes: {0}")]
    Random(String),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: u32,
    purpose: NodeKeyPurpose,
    seed: String,
}

impl Drop for File {
    fn drop(&mut self) {
        self.seed.zeroize();
    }
}

/// The public keys of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PublicKeys {
    /// As peers list it.
    pub p2p: PublicKey,
    /// As the genesis lists it.
    pub consensus: Option<PublicKey>,
}

/// Reads the seed of a key file.
///
/// # Errors
/// Others may read it, or it is no such file.
pub fn read_seed(path: &Path, purpose: NodeKeyPurpose) -> Result<Zeroizing<[u8; 32]>, KeyError> {
    let disk = |source| KeyError::Disk { path: path.to_owned(), source };
    let content = |detail: &str| KeyError::Content { path: path.to_owned(), purpose, detail: detail.to_owned() };
    let mode = std::fs::metadata(path).map_err(disk)?.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(KeyError::Open { path: path.to_owned(), mode });
    }
    let text = Zeroizing::new(std::fs::read_to_string(path).map_err(disk)?);
    // The parser's message would quote the content.
    let file: File = toml::from_str(&text).map_err(|_| content("expected version, purpose and seed"))?;
    if file.version != 1 || file.purpose != purpose {
        return Err(content("another version or purpose"));
    }
    parse_hex32(&file.seed).map(Zeroizing::new).map_err(|_| content("the seed is not 64 lower-case hex digits"))
}

/// Makes a new key file. An existing one is never overwritten.
///
/// # Errors
/// It exists, or the disk fails.
pub fn generate(path: &Path, purpose: NodeKeyPurpose) -> Result<(), KeyError> {
    let disk = |source| KeyError::Disk { path: path.to_owned(), source };
    if let Some(dir) = path.parent() {
        private_dir(dir).map_err(disk)?;
    }
    let mut seed = Zeroizing::new([0u8; 32]);
    getrandom::fill(seed.as_mut()).map_err(|error| KeyError::Random(error.to_string()))?;
    let file = File { version: 1, purpose, seed: hex::encode(seed.as_ref()) };
    let body = Zeroizing::new(toml::to_string(&file).map_err(|error| disk(std::io::Error::other(error.to_string())))?);
    let mut out = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(disk)?;
    out.write_all(b"# Secret. Whoever has this file is this node. Not encrypted: protect the disk.\n").map_err(disk)?;
    out.write_all(body.as_bytes()).and_then(|()| out.sync_all()).map_err(disk)
}

/// Creates a directory that only its owner may enter.
pub(crate) fn private_dir(path: &Path) -> std::io::Result<()> {
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// Reads the identity of a node from its key files.
///
/// # Errors
/// A key file that cannot be used.
pub fn identity(p2p: &Path, consensus: Option<&Path>) -> Result<Identity, KeyError> {
    let p2p_seed = read_seed(p2p, NodeKeyPurpose::P2p)?;
    let consensus_seed = consensus.map(|path| read_seed(path, NodeKeyPurpose::Consensus)).transpose()?;
    Identity::from_seeds(consensus_seed.as_deref(), &p2p_seed).map_err(|defect| KeyError::Content {
        path: p2p.to_owned(),
        purpose: NodeKeyPurpose::P2p,
        detail: defect.to_string(),
    })
}

/// The public keys of the key files below a node's directory.
///
/// # Errors
/// A key file that cannot be used.
pub fn public_keys(dir: &Path) -> Result<PublicKeys, KeyError> {
    let (p2p, consensus) = (NodeKeyPurpose::P2p.file(dir), NodeKeyPurpose::Consensus.file(dir));
    let identity = identity(&p2p, consensus.exists().then_some(consensus.as_path()))?;
    let no_key = || KeyError::Content { path: p2p.clone(), purpose: NodeKeyPurpose::P2p, detail: "not an Ed25519 key".to_owned() };
    Ok(PublicKeys { p2p: identity.p2p_key().ok_or_else(no_key)?, consensus: identity.consensus_key() })
}

#[cfg(test)]
mod tests {
    use super::*;

    // A key that others can read, or that is used for another purpose, must not start a node.
    #[test]
    fn a_key_file_is_private_and_of_one_purpose() {
        let dir = tempfile::tempdir().unwrap();
        let path = NodeKeyPurpose::P2p.file(dir.path());
        generate(&path, NodeKeyPurpose::P2p).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let seed = read_seed(&path, NodeKeyPurpose::P2p).unwrap();
        assert!(matches!(read_seed(&path, NodeKeyPurpose::Consensus), Err(KeyError::Content { .. })));
        assert!(matches!(generate(&path, NodeKeyPurpose::P2p), Err(KeyError::Disk { .. })), "never overwritten");
        assert_eq!(read_seed(&path, NodeKeyPurpose::P2p).unwrap(), seed);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(read_seed(&path, NodeKeyPurpose::P2p), Err(KeyError::Open { mode: 0o640, .. })));
    }

    #[test]
    fn an_error_never_quotes_the_seed() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.key");
        std::fs::write(&path, "version = 1\npurpose = \"p2p\"\nseed = \"ABCDEF\"\nmore = 1\n").unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        assert!(!read_seed(&path, NodeKeyPurpose::P2p).unwrap_err().to_string().contains("ABCDEF"));
    }

    #[test]
    fn public_keys_are_those_of_the_files() {
        let dir = tempfile::tempdir().unwrap();
        generate(&NodeKeyPurpose::P2p.file(dir.path()), NodeKeyPurpose::P2p).unwrap();
        assert_eq!(public_keys(dir.path()).unwrap().consensus, None);
        generate(&NodeKeyPurpose::Consensus.file(dir.path()), NodeKeyPurpose::Consensus).unwrap();
        let keys = public_keys(dir.path()).unwrap();
        assert!(keys.consensus.is_some_and(|key| key != keys.p2p));
    }
}
