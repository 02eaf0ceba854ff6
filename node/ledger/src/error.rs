//! What can go wrong, and whose fault it is.
//!
//! [`SubmitError`] is the submitter's or the moment's, [`Rejected`] the proposer's, [`LedgerError`] this
//! node's. No error type here is about evidence: that is eco-core's.

use eco_core::header::BlockId;
use eco_core::name::{Height, OrgId};
use eco_core::seal::SealDefect;
use eco_core::sign::{NetworkId, SignatureDefect};
use eco_core::state::{BlockDefect, Refusal};

/// The ledger cannot do what it was asked; see [`LedgerError::must_stop`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LedgerError {
    /// Disk or database failed. What was written is found out by opening the ledger again.
    #[error("cannot {operation}: {detail}; the node must stop, a restart finds out what was written")]
    Store {
        /// What was being done.
        operation: &'static str,
        /// What the database or the system says.
        detail: String,
    },
    /// A write or read failed before.
    #[error("the ledger stopped after a failure ({reason}); restart the node")]
    Stopped {
        /// The first failure.
        reason: String,
    },
    /// The directory holds another network.
    #[error(
        "the directory holds network {stored}, the genesis is that of network {given}; use the directory of this network, or an empty one"
    )]
    OtherNetwork {
        /// In the directory.
        stored: NetworkId,
        /// Of the genesis given.
        given: NetworkId,
    },
    /// Written by another version.
    #[error(
        "the store has format {found}, this version reads format {supported}; use the version that wrote it, or sync into an empty directory"
    )]
    Format {
        /// In the directory.
        found: u8,
        /// Known to this version.
        supported: u8,
    },
    /// Rows that contradict one another.
    #[error(
        "the store is damaged: {what} should be {expected}, found {found}; move the directory away and sync from peers, do not vote before"
    )]
    Damaged {
        /// Which row or root.
        what: String,
        /// What follows from the other rows.
        expected: String,
        /// What is there.
        found: String,
    },
    /// The store is older than what this node acknowledged: a restored backup or a disk that lied.
    #[error(
        "this node acknowledged block {acknowledged}, the store ends at block {found}; move the directory away and sync from peers, do not vote before"
    )]
    RolledBack {
        /// From the high-water file.
        acknowledged: Height,
        /// In the store.
        found: Height,
    },
    /// A block of another height than the next.
    #[error("block {found} cannot follow, the next is block {expected}")]
    NotNext {
        /// The next height.
        expected: Height,
        /// The block's.
        found: Height,
    },
    /// Two blocks with seals at one height: keep both, more than a third of the validators signed twice.
    #[error("block {height} is {committed} here, and was given as {given}: two sealed blocks of one height are a fork")]
    Fork {
        /// The height.
        height: Height,
        /// In the store.
        committed: BlockId,
        /// Given.
        given: BlockId,
    },
    /// A block to commit whose seal does not hold.
    #[error("the seal of block {height} does not hold: {defect}")]
    Seal {
        /// The height.
        height: Height,
        /// What is wrong.
        defect: Box<SealDefect>,
    },
    /// A block to build or commit that eco-core refuses.
    #[error("block {height} is not valid: {defect}")]
    Block {
        /// The height.
        height: Height,
        /// What is wrong.
        defect: Box<BlockDefect>,
    },
    /// A block to commit with an entry whose signature does not hold.
    #[error("entry {place} of block {height}: {defect}")]
    Signature {
        /// The height.
        height: Height,
        /// Place in the block, from 0.
        place: usize,
        /// What is wrong.
        defect: SignatureDefect,
    },
    /// More undecided blocks of one height than any honest run has.
    #[error("{found} undecided blocks of height {height} are held, at most {max} allowed")]
    TooManyHeld {
        /// The height.
        height: Height,
        /// Held.
        found: usize,
        /// Allowed.
        max: usize,
    },
}

impl LedgerError {
    /// Whether this is a failure of the node, rather than of one block. After most of them the ledger does
    /// nothing more; damage found in old entries alone spoils only the answer that needed them. What has
    /// happened to the ledger itself is told by `Ledger::failure`.
    #[must_use]
    pub const fn must_stop(&self) -> bool {
        match self {
            Self::Store { .. }
            | Self::Stopped { .. }
            | Self::OtherNetwork { .. }
            | Self::Format { .. }
            | Self::Damaged { .. }
            | Self::RolledBack { .. } => true,
            Self::NotNext { .. }
            | Self::Fork { .. }
            | Self::Seal { .. }
            | Self::Block { .. }
            | Self::Signature { .. }
            | Self::TooManyHeld { .. } => false,
        }
    }

    pub(crate) fn damaged(what: impl Into<String>, expected: impl ToString, found: impl ToString) -> Self {
        Self::Damaged { what: what.into(), expected: expected.to_string(), found: found.to_string() }
    }
}

/// The pool has no room for an entry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PoolFull {
    /// Of all members together.
    #[error("the pool holds {found} {what}, at most {max} allowed; try again when blocks have been made")]
    Total {
        /// `entries`, `bytes` or `waiters`.
        what: &'static str,
        /// Held.
        found: usize,
        /// Allowed.
        max: usize,
    },
    /// One member's share.
    #[error("{organisation} has {found} {what} in the pool, at most {max} allowed; try again when blocks have been made")]
    Organisation {
        /// The author.
        organisation: OrgId,
        /// `entries` or `bytes`.
        what: &'static str,
        /// Held.
        found: usize,
        /// Allowed.
        max: usize,
    },
    /// Entries that exclude one another.
    #[error(
        "{found} other entries about the same document, number or revision are pending, at most {max} allowed; at most one of them can enter"
    )]
    Conflict {
        /// Held.
        found: usize,
        /// Allowed.
        max: usize,
    },
}

/// Why an entry was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SubmitError {
    /// The submitter can mend it. [`Refusal::conflicting_index`] names the entry in the way, if there is one.
    #[error(transparent)]
    Refusal(#[from] Refusal),
    /// No room now.
    #[error(transparent)]
    PoolFull(#[from] PoolFull),
    /// This node is behind its peers and would judge by an old state.
    #[error("this node is behind its peers; submit again later, or to another node")]
    Behind,
    /// Below the watermark.
    #[error("{free} bytes are free on this node's disk, submissions need {min}; submit to another node")]
    LowDisk {
        /// Free.
        free: u64,
        /// The watermark.
        min: u64,
    },
    /// This node failed.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

/// Why a proposed block was not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Rejected {
    /// The proposer's fault: vote nil.
    #[error(transparent)]
    Block(#[from] BlockDefect),
    /// The proposer's fault: an entry whose signature does not hold.
    #[error("entry {place}: {defect}")]
    Signature {
        /// Place in the block, from 0.
        place: usize,
        /// What is wrong.
        defect: SignatureDefect,
    },
    /// This node failed: do not vote.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

impl Rejected {
    /// The same, for a block that was to be committed.
    pub(crate) fn at(self, height: Height) -> LedgerError {
        match self {
            Self::Block(defect) => LedgerError::Block { height, defect: Box::new(defect) },
            Self::Signature { place, defect } => LedgerError::Signature { height, place, defect },
            Self::Ledger(error) => error,
        }
    }
}
