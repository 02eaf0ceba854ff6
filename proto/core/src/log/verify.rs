//! Verification of inclusion and consistency proofs, as RFC 9162 sections 2.1.3.2 and 2.1.4.2 have it.

use super::{LogHash, node_hash};

/// What is wrong with a proof about the log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LogProofDefect {
    /// The leaf is not in a log of that size.
    #[error("leaf {index} is not in a log of {size} leaves")]
    IndexBeyondTree {
        /// The leaf's index.
        index: u64,
        /// Number of leaves.
        size: u64,
    },
    /// The older log is the larger one.
    #[error("a log of {old} leaves is not older than one of {new}")]
    SizesReversed {
        /// Number of leaves of the older log.
        old: u64,
        /// Number of leaves of the newer log.
        new: u64,
    },
    /// The path has another length than these sizes need.
    #[error("log proof of {found} hashes, expected {expected}")]
    PathLength {
        /// Number of hashes for these sizes.
        expected: u64,
        /// Number of hashes given.
        found: u64,
    },
    /// The path does not lead to the root (consistency: to the newer root).
    #[error("log proof gives root {computed}, expected {expected}")]
    RootMismatch {
        /// The root to be shown.
        expected: LogHash,
        /// The root that the proof gives.
        computed: LogHash,
    },
    /// The path does not lead to the older root.
    #[error("log proof gives older root {computed}, expected {expected}")]
    OldRootMismatch {
        /// The older root to be shown.
        expected: LogHash,
        /// The older root that the proof gives.
        computed: LogHash,
    },
}

/// Shows that the leaf with this hash is number `index` of the log of `size` leaves with this root.
///
/// `size` must come from where `root` comes from (the path does not bind it), and `leaf` must have been
/// made from the leaf's data (a node's hash looks like a leaf's).
///
/// # Errors
/// The path does not show that.
pub fn verify_inclusion(leaf: &LogHash, index: u64, size: u64, path: &[LogHash], root: &LogHash) -> Result<(), LogProofDefect> {
    if index >= size {
        return Err(LogProofDefect::IndexBeyondTree { index, size });
    }
    check_length(inclusion_length(index, size), path)?;
    let (mut fnode, mut snode) = (index, size - 1);
    let mut computed = *leaf;
    for sibling in path {
        if fnode & 1 == 1 || fnode == snode {
            computed = node_hash(sibling, &computed);
            (fnode, snode) = skip_lone(fnode, snode);
        } else {
            computed = node_hash(&computed, sibling);
        }
        (fnode, snode) = (fnode >> 1, snode >> 1);
    }
    check_root(root, computed)
}

/// Shows that the log of `new_size` leaves with `new_root` begins with the log of `old_size` leaves with `old_root`.
///
/// Every log begins with the empty one: for `old_size` 0 the path is empty and nothing is shown about `new_root`.
///
/// # Errors
/// The path does not show that.
pub fn verify_consistency(
    old_size: u64,
    old_root: &LogHash,
    new_size: u64,
    new_root: &LogHash,
    path: &[LogHash],
) -> Result<(), LogProofDefect> {
    if old_size > new_size {
        return Err(LogProofDefect::SizesReversed { old: old_size, new: new_size });
    }
    check_length(consistency_length(old_size, new_size), path)?;
    if old_size == 0 {
        check_old_root(old_root, LogHash::EMPTY_ROOT)?;
        return if new_size == 0 { check_root(new_root, LogHash::EMPTY_ROOT) } else { Ok(()) };
    }
    if old_size == new_size {
        return check_root(new_root, *old_root);
    }
    // Where the older log is one complete subtree of the newer one, its root is the path's first hash.
    let (seed, path) = match path.split_first() {
        Some((first, rest)) if !old_size.is_power_of_two() => (first, rest),
        _ => (old_root, path),
    };
    let (mut fnode, mut snode) = (old_size - 1, new_size - 1);
    (fnode, snode) = (fnode >> fnode.trailing_ones(), snode >> fnode.trailing_ones());
    let (mut old_computed, mut new_computed) = (*seed, *seed);
    for sibling in path {
        if fnode & 1 == 1 || fnode == snode {
            old_computed = node_hash(sibling, &old_computed);
            new_computed = node_hash(sibling, &new_computed);
            (fnode, snode) = skip_lone(fnode, snode);
        } else {
            new_computed = node_hash(&new_computed, sibling);
        }
        (fnode, snode) = (fnode >> 1, snode >> 1);
    }
    check_old_root(old_root, old_computed)?;
    check_root(new_root, new_computed)
}

/// RFC 9162: "if LSB(fn) is not set, right-shift both until LSB(fn) is set or fn is 0".
fn skip_lone(fnode: u64, snode: u64) -> (u64, u64) {
    let levels = if fnode == 0 { 0 } else { fnode.trailing_zeros() };
    (fnode >> levels, snode >> levels)
}

/// Number of hashes that show leaf `index` of `size`; `index` < `size`.
///
/// Up to the level where the paths of the leaf and of the last leaf meet there is a sibling at every
/// level, above it only where the path is a right child.
fn inclusion_length(index: u64, size: u64) -> u64 {
    let below = u64::BITS - (index ^ (size - 1)).leading_zeros();
    let above = index.checked_shr(below).unwrap_or(0).count_ones();
    u64::from(below + above)
}

/// Number of hashes that show that the log of `new` leaves begins with that of `old`; `old` <= `new`.
fn consistency_length(old: u64, new: u64) -> u64 {
    if old == 0 || old == new {
        return 0;
    }
    // The path of the older log's last complete subtree, and that subtree's own root unless it is the whole.
    let subtree_level = u64::from(old.trailing_zeros());
    // Its trailing zeros are trailing ones of `old - 1`, each a hash of that path: no underflow.
    inclusion_length(old - 1, new) - subtree_level + u64::from(!old.is_power_of_two())
}

fn check_length(expected: u64, path: &[LogHash]) -> Result<(), LogProofDefect> {
    let found = u64::try_from(path.len()).unwrap_or(u64::MAX);
    if found == expected { Ok(()) } else { Err(LogProofDefect::PathLength { expected, found }) }
}

fn check_root(expected: &LogHash, computed: LogHash) -> Result<(), LogProofDefect> {
    if *expected == computed {
        return Ok(());
    }
    Err(LogProofDefect::RootMismatch { expected: *expected, computed })
}

fn check_old_root(expected: &LogHash, computed: LogHash) -> Result<(), LogProofDefect> {
    if *expected == computed {
        return Ok(());
    }
    Err(LogProofDefect::OldRootMismatch { expected: *expected, computed })
}
