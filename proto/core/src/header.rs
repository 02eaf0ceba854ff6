//! Headers and blocks (SPEC section 9). Every byte of a block is bound by its header.

use crate::codec::{Canonical, CodecDefect, encode, invalid};
use crate::entry::SignedEntry;
use crate::hash::{derive, id32};
use crate::limits::{BLOCK_BYTES_MAX, BLOCK_ENTRIES_MAX};
use crate::log::LogHash;
use crate::name::{Epoch, Height, Timestamp};
use crate::seal::{Seal, SealHash, ValidatorSetHash};
use crate::sign::NetworkId;
use crate::state::tree::StateRoot;
use alloc::vec::Vec;
use borsh::{BorshDeserialize, BorshSerialize};

id32! {
    /// A block: BLAKE3 of its header.
    BlockId
}

/// What the quorum signs for, through the block id. Roots are those after the block.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Header {
    /// Format version, 1.
    pub version: u8,
    /// The network.
    pub network: NetworkId,
    /// From 1.
    pub height: Height,
    /// The period of the validator set.
    pub epoch: Epoch,
    /// Strictly later than the previous block.
    pub time: Timestamp,
    /// The previous block; the network id in header 1.
    pub previous: BlockId,
    /// Hash of the seal of the previous block that this block carries; zero in header 1.
    pub previous_seal: SealHash,
    /// Index of the block's first entry: the previous tree size.
    pub first_index: u64,
    /// Entries on the log after the block.
    pub tree_size: u64,
    /// RFC 6962 root after the block.
    pub log_root: LogHash,
    /// State root after the block.
    pub state_root: StateRoot,
    /// The set that seals this block.
    pub validators: ValidatorSetHash,
    /// The set that seals the next one.
    pub next_validators: ValidatorSetHash,
}

/// Bytes of a header.
pub const HEADER_BYTES: usize = 265;

impl Canonical for Header {
    const NAME: &'static str = "header";
    const BYTES_MAX: usize = HEADER_BYTES;
    fn check(&self) -> Result<(), CodecDefect> {
        if self.version != 1 {
            return Err(invalid::<Self>("version is not 1"));
        }
        if self.height.0 == 0 {
            return Err(invalid::<Self>("height 0 is the genesis, which has no header"));
        }
        if self.first_index > self.tree_size {
            return Err(invalid::<Self>("first index is beyond the tree size"));
        }
        if self.height.0 == 1 && (self.previous.0 != self.network.0 || self.previous_seal.0 != [0; 32] || self.first_index != 0) {
            return Err(invalid::<Self>("header 1 has previous id = network id, seal hash 0 and first index 0"));
        }
        Ok(())
    }
}

/// Which bounds against a node's own clock apply to a block (SPEC 9.4): it depends on how it arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeBound {
    /// Sealed already, or persisted before a restart.
    None,
    /// Seen live, but not for the first time or from an earlier round: it may be old, not early.
    Upper {
        /// Milliseconds that clocks may differ.
        precision_ms: u64,
    },
    /// First reception of a proposal of the current round.
    Both {
        /// Milliseconds that clocks may differ.
        precision_ms: u64,
        /// Milliseconds that a proposal may take; grows with the round.
        delay_ms: u64,
    },
}

/// A block time outside the bounds against the local clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TimeDefect {
    /// Ahead of the clock.
    #[error("block time {time} ms is ahead of the clock {now} ms by more than {precision_ms} ms")]
    Early {
        /// The block's time.
        time: Timestamp,
        /// The clock.
        now: Timestamp,
        /// The allowance.
        precision_ms: u64,
    },
    /// Behind the clock.
    #[error("block time {time} ms is behind the clock {now} ms by more than {allowed_ms} ms")]
    Late {
        /// The block's time.
        time: Timestamp,
        /// The clock.
        now: Timestamp,
        /// The allowance.
        allowed_ms: u64,
    },
}

impl Header {
    /// The block's id.
    #[must_use]
    pub fn id(&self) -> BlockId {
        BlockId(derive("eco-notary/v1 block", &[&encode(self)]))
    }

    /// Whether an entry's index is one of this block's.
    #[must_use]
    pub const fn holds(&self, index: u64) -> bool {
        self.first_index <= index && index < self.tree_size
    }

    /// Compares the block's time with a clock. Once the upper bound is met it stays met.
    ///
    /// # Errors
    /// Which bound is missed, with both times.
    pub const fn check_time(&self, now: Timestamp, bound: TimeBound) -> Result<(), TimeDefect> {
        let (precision_ms, delay_ms) = match bound {
            TimeBound::None => return Ok(()),
            TimeBound::Upper { precision_ms } => (precision_ms, None),
            TimeBound::Both { precision_ms, delay_ms } => (precision_ms, Some(delay_ms)),
        };
        if self.time.0 > now.plus_ms(precision_ms).0 {
            return Err(TimeDefect::Early { time: self.time, now, precision_ms });
        }
        if let Some(delay_ms) = delay_ms {
            let allowed_ms = delay_ms.saturating_add(precision_ms);
            if now.since(self.time) > allowed_ms {
                return Err(TimeDefect::Late { time: self.time, now, allowed_ms });
            }
        }
        Ok(())
    }
}

/// A header and its body: the previous block's seal, and the entries.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Block {
    /// The header.
    pub header: Header,
    /// The seal of the previous block; none in block 1.
    pub carried_seal: Option<Seal>,
    /// The entries, in log order.
    pub entries: Vec<SignedEntry>,
}

impl Canonical for Block {
    const NAME: &'static str = "block";
    const BYTES_MAX: usize = BLOCK_BYTES_MAX;
    fn check(&self) -> Result<(), CodecDefect> {
        self.header.check()?;
        if self.entries.len() > BLOCK_ENTRIES_MAX {
            return Err(invalid::<Self>("more than 20000 entries"));
        }
        self.carried_seal.as_ref().map_or(Ok(()), Canonical::check)
    }
}
