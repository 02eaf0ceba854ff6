//! Settings of a ledger. Defaults fit four validators on one small machine.

use std::fmt;
use std::path::Path;

/// Tells the free bytes of the file system that holds a path.
pub type FreeSpace = Box<dyn Fn(&Path) -> std::io::Result<u64> + Send + Sync>;

/// Bounds of the pool of entries that wait for a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolLimits {
    /// Entries of all members.
    pub entries_max: usize,
    /// Bytes of all members' entries.
    pub bytes_max: usize,
    /// Entries of one member: its share, so that none crowds out the others.
    pub organisation_entries_max: usize,
    /// Bytes of one member's entries.
    pub organisation_bytes_max: usize,
    /// Entries that exclude one another (same document, number or revision).
    pub conflict_entries_max: usize,
    /// Submitters that wait for an outcome.
    pub waiters_max: usize,
}

impl Default for PoolLimits {
    fn default() -> Self {
        Self {
            entries_max: 60_000,
            bytes_max: 64 * 1024 * 1024,
            organisation_entries_max: 20_000,
            organisation_bytes_max: 24 * 1024 * 1024,
            conflict_entries_max: 4,
            waiters_max: 100_000,
        }
    }
}

/// Settings of a ledger.
pub struct Options {
    /// Bounds of the pool.
    pub pool: PoolLimits,
    /// Verified entries remembered, so that a block verifies only what this node has not seen.
    pub verified_entries_max: usize,
    /// Bytes of remembered entries.
    pub verified_bytes_max: usize,
    /// Bytes of the database's block cache.
    pub cache_bytes: usize,
    /// Bytes of a column family's write buffer (16 to 32 MiB).
    pub write_buffer_bytes: usize,
    /// Bytes of all write buffers together.
    pub write_buffers_bytes_max: usize,
    /// Bytes of all write-ahead logs; above it, buffers are flushed.
    pub wal_bytes_max: u64,
    /// How to ask for free space; none: never refused for it.
    pub free_space: Option<FreeSpace>,
    /// Free bytes below which submissions are refused, well before writes fail.
    pub free_bytes_min: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            pool: PoolLimits::default(),
            verified_entries_max: 100_000,
            verified_bytes_max: 64 * 1024 * 1024,
            cache_bytes: 64 * 1024 * 1024,
            write_buffer_bytes: 16 * 1024 * 1024,
            write_buffers_bytes_max: 64 * 1024 * 1024,
            wal_bytes_max: 128 * 1024 * 1024,
            free_space: None,
            free_bytes_min: 256 * 1024 * 1024,
        }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options").field("pool", &self.pool).field("free_bytes_min", &self.free_bytes_min).finish_non_exhaustive()
    }
}
