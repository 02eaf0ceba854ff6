//! The log tree on disk: complete nodes of every fourth level, 32 to a row.
//!
//! 34 bytes an entry instead of 64: a node between stored levels is hashed from at most eight stored
//! ones, which lie in one row. Tiles (levels 0, 8, 16, ...) are stored as they are served. A row only
//! grows, so readers of an older size find their prefix unchanged.

use crate::error::LedgerError;
use crate::keys::Family;
use crate::store::Store;
use eco_core::log::{Frontier, LogHash, NodeId, ReadNodes, node_hash};
use std::collections::BTreeMap;

/// Every so many levels are stored.
const LEVEL_STEP: u8 = 4;
/// Nodes in a row: small, so that a block of one entry rewrites half a kilobyte and not a tile.
const ROW_NODES: u64 = 32;
/// Bytes of a hash.
const HASH_BYTES: usize = 32;

/// Key of a row: level, then its number.
type RowKey = [u8; 9];

fn row_key(level: u8, row: u64) -> RowKey {
    let mut key = [level; 9];
    if let Some(number) = key.last_chunk_mut::<8>() {
        *number = row.to_be_bytes();
    }
    key
}

/// Stored nodes of a log.
#[derive(Clone, Copy)]
pub(crate) struct Nodes<'a>(pub(crate) &'a Store);

impl Nodes<'_> {
    /// `count` neighbouring nodes of a stored level, all in one row.
    fn run(&self, level: u8, first: u64, count: u64) -> Result<Vec<LogHash>, LedgerError> {
        let row = self.0.get(Family::Nodes, &row_key(level, first / ROW_NODES))?.unwrap_or_default();
        let hashes = hashes_of(&row).skip(usize_of(first % ROW_NODES)).take(usize_of(count)).collect::<Vec<_>>();
        if hashes.len() == usize_of(count) {
            return Ok(hashes);
        }
        let what = format!("log nodes of level {level} from {first}");
        Err(LedgerError::damaged(what, format!("{count} hashes"), format!("{} hashes", hashes.len())))
    }

    /// The hashes of a tile: nodes of one level, a multiple of eight, from `first` on.
    pub(crate) fn tile(&self, level: u8, first: u64, count: u64) -> Result<Vec<u8>, LedgerError> {
        let mut bytes = Vec::with_capacity(usize_of(count) * HASH_BYTES);
        let end = first.saturating_add(count);
        let mut at = first;
        while at < end {
            let in_row = (ROW_NODES - at % ROW_NODES).min(end - at);
            self.run(level, at, in_row)?.iter().for_each(|hash| bytes.extend_from_slice(hash.as_bytes()));
            at += in_row;
        }
        Ok(bytes)
    }

    /// The right edge of the log of `size` leaves.
    pub(crate) fn frontier(&self, size: u64) -> Result<Frontier, LedgerError> {
        let mut hashes = Vec::new();
        let mut start = 0u64;
        for level in (0..64u8).rev().filter(|level| size >> level & 1 == 1) {
            hashes.push(self.node(NodeId { level, index: start >> level })?);
            start += 1 << level;
        }
        Frontier::from_parts(size, hashes)
            .map_err(|defect| LedgerError::damaged("the log's right edge", "a hash per bit of its size", defect))
    }
}

impl ReadNodes for Nodes<'_> {
    type Error = LedgerError;

    fn node(&self, id: NodeId) -> Result<LogHash, LedgerError> {
        let above = id.level % LEVEL_STEP;
        // Eight neighbours from a multiple of eight on lie in one row of 32.
        let mut hashes = self.run(id.level - above, id.index << above, 1 << above)?;
        while hashes.len() > 1 {
            hashes = hashes.chunks_exact(2).filter_map(|pair| if let [a, b] = pair { Some(node_hash(a, b)) } else { None }).collect();
        }
        hashes.pop().ok_or_else(|| LedgerError::damaged("a log node", "one hash", "none"))
    }
}

/// Rows to write for nodes that a block completed, in the order in which they were completed.
pub(crate) fn rows_with(store: &Store, completed: &[(NodeId, LogHash)]) -> Result<Vec<(RowKey, Vec<u8>)>, LedgerError> {
    let mut rows: BTreeMap<RowKey, Vec<u8>> = BTreeMap::new();
    for (id, hash) in completed.iter().filter(|(id, _)| id.level % LEVEL_STEP == 0) {
        let key = row_key(id.level, id.index / ROW_NODES);
        let before = usize_of(id.index % ROW_NODES) * HASH_BYTES;
        let row = match rows.entry(key) {
            std::collections::btree_map::Entry::Occupied(row) => row.into_mut(),
            std::collections::btree_map::Entry::Vacant(place) if before == 0 => place.insert(Vec::new()),
            std::collections::btree_map::Entry::Vacant(place) => place.insert(store.get(Family::Nodes, &key)?.unwrap_or_default()),
        };
        if row.len() != before {
            let what = format!("the row before log node {} of level {}", id.index, id.level);
            return Err(store.stop_at(LedgerError::damaged(what, format!("{before} bytes"), format!("{} bytes", row.len()))));
        }
        row.extend_from_slice(hash.as_bytes());
    }
    Ok(rows.into_iter().collect())
}

fn hashes_of(row: &[u8]) -> impl Iterator<Item = LogHash> {
    row.chunks_exact(HASH_BYTES).filter_map(|bytes| bytes.try_into().ok().map(LogHash))
}

/// Counts inside a row or tile: far below 2^32.
fn usize_of(count: u64) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}
