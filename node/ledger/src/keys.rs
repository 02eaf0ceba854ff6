//! Key layout of the store: which row lies where, and what its bytes are.
//!
//! | family | key | value |
//! |---|---|---|
//! | `blocks` | height u64 BE | header (265 B), then the carried seal, if any |
//! | `seals` | height u64 BE | the seal this node stored for that block |
//! | `entries` | index u64 BE | the signed entry, as it is the leaf data |
//! | `entry_ids` | entry id | index u64 BE |
//! | `first_indexes` | first index u64 BE | height u64 BE; only blocks with entries |
//! | `nodes` | level u8, row u64 BE | up to 32 hashes of neighbouring nodes; levels 0, 4, 8, ... |
//! | `state` | state key | the record |
//! | `undecided` | height u64 BE, round u32 BE, block id | origin u8, then the block |
//! | `meta` | `format`, `genesis`, `tip` | see `recovery.rs` |
//!
//! Entries are stored once: a block is put together from its row and its entries.

use crate::error::LedgerError;
use eco_core::codec::{decode, encode};
use eco_core::header::{BlockId, HEADER_BYTES, Header};
use eco_core::name::{Height, Round};
use eco_core::seal::Seal;

/// Column families.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Family {
    Blocks,
    Seals,
    Entries,
    EntryIds,
    FirstIndexes,
    Nodes,
    State,
    Undecided,
    Meta,
}

impl Family {
    pub(crate) const ALL: [Self; 9] = [
        Self::Blocks,
        Self::Seals,
        Self::Entries,
        Self::EntryIds,
        Self::FirstIndexes,
        Self::Nodes,
        Self::State,
        Self::Undecided,
        Self::Meta,
    ];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Blocks => "blocks",
            Self::Seals => "seals",
            Self::Entries => "entries",
            Self::EntryIds => "entry_ids",
            Self::FirstIndexes => "first_indexes",
            Self::Nodes => "nodes",
            Self::State => "state",
            Self::Undecided => "undecided",
            Self::Meta => "meta",
        }
    }
}

/// Format of the store; another one is refused.
pub(crate) const FORMAT: u8 = 1;
pub(crate) const META_FORMAT: &[u8] = b"format";
pub(crate) const META_GENESIS: &[u8] = b"genesis";
pub(crate) const META_TIP: &[u8] = b"tip";

pub(crate) const fn height_key(height: Height) -> [u8; 8] {
    height.0.to_be_bytes()
}

pub(crate) const fn index_key(index: u64) -> [u8; 8] {
    index.to_be_bytes()
}

/// Reads a row of eight bytes, big-endian.
pub(crate) fn read_u64(what: &str, bytes: &[u8]) -> Result<u64, LedgerError> {
    bytes.try_into().map(u64::from_be_bytes).map_err(|_| LedgerError::damaged(what, "8 bytes", format!("{} bytes", bytes.len())))
}

/// The last committed block, as the `tip` row has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TipRow {
    pub(crate) height: Height,
    pub(crate) block: BlockId,
}

impl TipRow {
    pub(crate) fn to_bytes(self) -> Vec<u8> {
        [&self.height.0.to_be_bytes()[..], self.block.as_bytes()].concat()
    }

    pub(crate) fn read(bytes: &[u8]) -> Result<Self, LedgerError> {
        let damaged = || LedgerError::damaged("the tip row", "40 bytes", format!("{} bytes", bytes.len()));
        let (height, block) = bytes.split_first_chunk::<8>().ok_or_else(damaged)?;
        Ok(Self { height: Height(u64::from_be_bytes(*height)), block: BlockId(block.try_into().map_err(|_| damaged())?) })
    }
}

/// A block's row without its entries.
pub(crate) fn block_row(header: &Header, carried: Option<&Seal>) -> Vec<u8> {
    let mut row = encode(header);
    if let Some(seal) = carried {
        row.extend_from_slice(&encode(seal));
    }
    row
}

/// Reads a block's row.
pub(crate) fn read_block_row(height: Height, row: &[u8]) -> Result<(Header, Option<Seal>), LedgerError> {
    let damaged = |detail: String| LedgerError::damaged(format!("the row of block {height}"), "a header and a seal", detail);
    let (header, seal) = row.split_at_checked(HEADER_BYTES).ok_or_else(|| damaged(format!("{} bytes", row.len())))?;
    let header: Header = decode(header).map_err(|e| damaged(e.to_string()))?;
    if header.height != height {
        return Err(damaged(format!("the header of block {}", header.height)));
    }
    let seal = if seal.is_empty() { None } else { Some(decode(seal).map_err(|e| damaged(e.to_string()))?) };
    Ok((header, seal))
}

/// Key of an undecided block.
pub(crate) fn undecided_key(height: Height, round: Round, block: &BlockId) -> Vec<u8> {
    [&height.0.to_be_bytes()[..], &round.0.to_be_bytes(), block.as_bytes()].concat()
}

/// Reads a key of an undecided block.
pub(crate) fn read_undecided_key(key: &[u8]) -> Result<(Height, Round, BlockId), LedgerError> {
    let damaged = || LedgerError::damaged("a key of the undecided blocks", "44 bytes", format!("{} bytes", key.len()));
    let (height, rest) = key.split_first_chunk::<8>().ok_or_else(damaged)?;
    let (round, block) = rest.split_first_chunk::<4>().ok_or_else(damaged)?;
    let block = BlockId(block.try_into().map_err(|_| damaged())?);
    Ok((Height(u64::from_be_bytes(*height)), Round(u32::from_be_bytes(*round)), block))
}
