//! Roots and proofs of a stored log, from its complete nodes.

use alloc::vec::Vec;

use super::{LogHash, NodeId, fold_right};

/// Where the complete nodes of a log are kept: the ledger's store, or tiles.
pub trait ReadNodes {
    /// Why a node could not be read.
    type Error;

    /// The hash of a complete node.
    ///
    /// # Errors
    /// It is not there or cannot be read.
    fn node(&self, id: NodeId) -> Result<LogHash, Self::Error>;
}

/// Why no proof was made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProveDefect<E> {
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
    /// A node could not be read.
    #[error("log node not readable: {0}")]
    Read(E),
}

/// The root of the first `size` leaves.
///
/// # Errors
/// A node could not be read.
pub fn root_of<R: ReadNodes>(reader: &R, size: u64) -> Result<LogHash, R::Error> {
    root_of_range(reader, 0, size)
}

/// The path from leaf `index` to the root of the first `size` leaves, from below (RFC 6962 2.1.1).
///
/// # Errors
/// There is no such leaf, or a node could not be read.
pub fn inclusion_path<R: ReadNodes>(reader: &R, index: u64, size: u64) -> Result<Vec<LogHash>, ProveDefect<R::Error>> {
    if index >= size {
        return Err(ProveDefect::IndexBeyondTree { index, size });
    }
    let mut path = Vec::new();
    let (mut start, mut end) = (0, size);
    while end - start > 1 {
        let middle = middle_of(start, end);
        let sibling = if index < middle { (middle, end) } else { (start, middle) };
        (start, end) = if index < middle { (start, middle) } else { (middle, end) };
        path.push(root_of_range(reader, sibling.0, sibling.1).map_err(ProveDefect::Read)?);
    }
    path.reverse();
    Ok(path)
}

/// The proof that the log of `new` leaves begins with that of `old` leaves, from below (RFC 6962 2.1.2).
///
/// Empty if `old` is 0 or equals `new`.
///
/// # Errors
/// `old` is greater than `new`, or a node could not be read.
pub fn consistency_path<R: ReadNodes>(reader: &R, old: u64, new: u64) -> Result<Vec<LogHash>, ProveDefect<R::Error>> {
    if old > new {
        return Err(ProveDefect::SizesReversed { old, new });
    }
    let mut path = Vec::new();
    if old == 0 {
        return Ok(path);
    }
    let (mut start, mut end) = (0, new);
    while old < end {
        let middle = middle_of(start, end);
        let sibling = if old <= middle { (middle, end) } else { (start, middle) };
        (start, end) = if old <= middle { (start, middle) } else { (middle, end) };
        path.push(root_of_range(reader, sibling.0, sibling.1).map_err(ProveDefect::Read)?);
    }
    // Now `end` = `old`. If the range is the whole older log, the verifier has its root already.
    if start > 0 {
        path.push(root_of_range(reader, start, end).map_err(ProveDefect::Read)?);
    }
    path.reverse();
    Ok(path)
}

/// Where RFC 6962 parts the leaves from `start` to `end`: after the greatest power of two below their number, which is > 1.
fn middle_of(start: u64, end: u64) -> u64 {
    let last = end - start - 1;
    start + (1 << last.ilog2())
}

/// The root of the leaves from `start` to `end`, a range that RFC 6962's partition yields: `start` is a multiple of every complete subtree in it.
fn root_of_range<R: ReadNodes>(reader: &R, start: u64, end: u64) -> Result<LogHash, R::Error> {
    let mut subtrees = Vec::new();
    let mut from = start;
    while from < end {
        let level = (end - from).ilog2();
        // A level is below 64.
        subtrees.push(reader.node(NodeId { level: level as u8, index: from >> level })?);
        from += 1 << level;
    }
    Ok(fold_right(&subtrees))
}
