//! The log tree of RFC 6962 (SHA-256): hashes, the right edge of a growing log, and verification of proofs.
//!
//! `prove.rs` makes the proofs, `tile.rs` knows how C2SP `tlog-tiles` cuts the tree. Nothing here
//! knows what a leaf holds or where nodes are stored.

mod prove;
mod tile;
mod verify;

use alloc::vec::Vec;

use sha2::{Digest, Sha256};

use crate::hash::id32;

pub use prove::{ProveDefect, ReadNodes, consistency_path, inclusion_path, root_of};
pub use tile::{Bundle, TILE_LEVEL_MAX, TILE_WIDTH, Tile, TilePath, TilePathDefect, bundles, tiles};
pub use verify::{LogProofDefect, verify_consistency, verify_inclusion};

id32! {
    /// A hash of the log tree: of a leaf, of a node, or of the whole log.
    LogHash
}

impl LogHash {
    /// The root of the log without leaves: SHA-256 of nothing.
    pub const EMPTY_ROOT: Self = Self([
        0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24, //
        0x27, 0xae, 0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55,
    ]);
}

/// Hash of a leaf: SHA-256 of 0x00 and the leaf's bytes.
#[must_use]
pub fn leaf_hash(data: &[u8]) -> LogHash {
    LogHash(Sha256::new().chain_update([0x00]).chain_update(data).finalize().into())
}

/// Hash of a node: SHA-256 of 0x01 and its two children.
#[must_use]
pub fn node_hash(left: &LogHash, right: &LogHash) -> LogHash {
    LogHash(Sha256::new().chain_update([0x01]).chain_update(left.0).chain_update(right.0).finalize().into())
}

/// A complete node: the root of leaves `index << level` to `(index + 1) << level`. Once it is, it never changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId {
    /// 0 for leaves.
    pub level: u8,
    /// Number within its level, from the left.
    pub index: u64,
}

/// More leaves than any log will have; below it no sum of sizes overflows.
pub const LOG_SIZE_MAX: u64 = 1 << 62;

/// Bytes that are no right edge of a log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FrontierDefect {
    /// The number of hashes does not fit the size.
    #[error("a log of {size} leaves has {expected} complete subtrees at its right edge, found {found}")]
    HashCount {
        /// Number of leaves.
        size: u64,
        /// Number of hashes for that size.
        expected: u32,
        /// Number of hashes given.
        found: usize,
    },
    /// No log is that large.
    #[error("a log of {size} leaves, at most {LOG_SIZE_MAX} expected")]
    Size {
        /// Number of leaves.
        size: u64,
    },
}

/// The right edge of a log: enough to append to it and to know its root, without its nodes.
///
/// As bytes: size u64, count u32, then the roots of the complete subtrees from the left, largest first.
#[derive(Debug, Clone, PartialEq, Eq, Default, borsh::BorshSerialize)]
pub struct Frontier {
    size: u64,
    hashes: Vec<LogHash>,
}

impl Frontier {
    /// The log without leaves.
    #[must_use]
    pub const fn new() -> Self {
        Self { size: 0, hashes: Vec::new() }
    }

    /// The log of `size` leaves whose complete subtrees have these roots, from the left.
    ///
    /// # Errors
    /// Another number of hashes than the size has, or an impossible size.
    pub fn from_parts(size: u64, hashes: Vec<LogHash>) -> Result<Self, FrontierDefect> {
        let expected = size.count_ones();
        if size > LOG_SIZE_MAX {
            return Err(FrontierDefect::Size { size });
        }
        if u32::try_from(hashes.len()) != Ok(expected) {
            return Err(FrontierDefect::HashCount { size, expected, found: hashes.len() });
        }
        Ok(Self { size, hashes })
    }

    /// Number of leaves.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Roots of the complete subtrees at the right edge, from the left, one per bit set in the size.
    #[must_use]
    pub fn hashes(&self) -> &[LogHash] {
        &self.hashes
    }

    /// The root of the log.
    #[must_use]
    pub fn root(&self) -> LogHash {
        fold_right(&self.hashes)
    }

    /// Appends a leaf by its hash.
    pub fn push(&mut self, leaf: LogHash) {
        self.push_with(leaf, &mut |_, _| ());
    }

    /// Appends a leaf by its hash and reports every node that it completes, itself included, from below.
    ///
    /// Over the life of a log every complete node is reported exactly once.
    pub fn push_with(&mut self, leaf: LogHash, sink: &mut impl FnMut(NodeId, LogHash)) {
        let mut id = NodeId { level: 0, index: self.size };
        let mut hash = leaf;
        sink(id, hash);
        // An odd node is a right child: it completes its parent.
        while id.index & 1 == 1 {
            // There is a hash for every bit set in the size, which is what the loop walks over.
            let Some(left) = self.hashes.pop() else { break };
            hash = node_hash(&left, &hash);
            id = NodeId { level: id.level + 1, index: id.index >> 1 };
            sink(id, hash);
        }
        self.hashes.push(hash);
        // `from_parts` admits sizes up to 2^62, from where 2^64 is out of reach.
        self.size += 1;
    }

    /// Appends leaves by their hashes.
    pub fn extend(&mut self, leaves: impl IntoIterator<Item = LogHash>) {
        leaves.into_iter().for_each(|leaf| self.push(leaf));
    }
}

impl borsh::BorshDeserialize for Frontier {
    fn deserialize_reader<R: borsh::io::Read>(reader: &mut R) -> borsh::io::Result<Self> {
        let size = u64::deserialize_reader(reader)?;
        let hashes = Vec::deserialize_reader(reader)?;
        Self::from_parts(size, hashes)
            .map_err(|defect| borsh::io::Error::new(borsh::io::ErrorKind::InvalidData, alloc::format!("{defect}")))
    }
}

/// The root over complete subtrees, from the left, that shrink towards the right.
fn fold_right(subtrees: &[LogHash]) -> LogHash {
    subtrees.iter().rev().copied().reduce(|right, left| node_hash(&left, &right)).unwrap_or(LogHash::EMPTY_ROOT)
}
