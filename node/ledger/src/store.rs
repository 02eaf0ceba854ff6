//! The database: opened with every check on, read with checksums, written by synced batches only.
//!
//! Every durable write of this crate goes through [`Store::durably`], which is also where a test makes
//! it fail. After a failure of any kind the store refuses all further work.

use crate::error::LedgerError;
use crate::keys::Family;
use crate::options::Options;
use rocksdb::{
    BlockBasedOptions, Cache, ChecksumType, ColumnFamily, ColumnFamilyDescriptor, DB, DBCompressionType, DBRecoveryMode, Direction,
    IteratorMode, ReadOptions, SnapshotWithThreadMode, WriteBatch, WriteOptions,
};
use std::path::Path;
use std::sync::OnceLock;

#[cfg(any(test, feature = "fault-injection"))]
mod fault;
#[cfg(any(test, feature = "fault-injection"))]
pub use fault::{Fault, Planted};

/// A durable write, by name.
#[cfg_attr(not(any(test, feature = "fault-injection")), expect(unreachable_pub, reason = "public for tests that make writes fail"))]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WritePoint {
    /// The rows of the genesis in a new store.
    Create,
    /// The high-water file of a new store.
    CreateHighWater,
    /// An undecided block.
    Hold,
    /// All rows of a block.
    Commit,
    /// The height that is about to be acknowledged.
    HighWater,
}

impl WritePoint {
    /// Every one.
    #[cfg(any(test, feature = "fault-injection"))]
    pub const ALL: &'static [Self] = &[Self::Create, Self::CreateHighWater, Self::Hold, Self::Commit, Self::HighWater];

    /// Its name for a test program's command line.
    #[cfg(any(test, feature = "fault-injection"))]
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::CreateHighWater => "create-high-water",
            Self::Hold => "hold",
            Self::Commit => "commit",
            Self::HighWater => "high-water",
        }
    }

    const fn operation(self) -> &'static str {
        match self {
            Self::Create => "write the genesis",
            Self::CreateHighWater => "create the high-water file",
            Self::Hold => "write an undecided block",
            Self::Commit => "write a block",
            Self::HighWater => "write the high-water file",
        }
    }
}

/// The database and whether it has failed.
pub(crate) struct Store {
    db: DB,
    failed: OnceLock<String>,
    #[cfg(any(test, feature = "fault-injection"))]
    pub(crate) faults: fault::Faults,
}

/// Rows to be written together.
pub(crate) struct Batch<'a> {
    store: &'a Store,
    rows: WriteBatch,
}

impl Batch<'_> {
    pub(crate) fn put(&mut self, family: Family, key: &[u8], value: &[u8]) -> Result<(), LedgerError> {
        self.rows.put_cf(self.store.family(family)?, key, value);
        Ok(())
    }

    pub(crate) fn delete(&mut self, family: Family, key: &[u8]) -> Result<(), LedgerError> {
        self.rows.delete_cf(self.store.family(family)?, key);
        Ok(())
    }
}

/// A row: key and value.
pub(crate) type Row = (Box<[u8]>, Box<[u8]>);

impl Store {
    /// Opens the database in `dir`, or creates an empty one.
    pub(crate) fn open(dir: &Path, options: &Options) -> Result<Self, LedgerError> {
        let cache = Cache::new_lru_cache(options.cache_bytes);
        let families = Family::ALL.map(|family| ColumnFamilyDescriptor::new(family.name(), family_options(family, &cache, options)));
        let db = DB::open_cf_descriptors(&database_options(options), dir, families).map_err(|e| store_error("open the store", &e))?;
        Ok(Self {
            db,
            failed: OnceLock::new(),
            #[cfg(any(test, feature = "fault-injection"))]
            faults: fault::Faults::default(),
        })
    }

    /// Refuses work after a failure.
    pub(crate) fn check(&self) -> Result<(), LedgerError> {
        match self.failed.get() {
            Some(reason) => Err(LedgerError::Stopped { reason: reason.clone() }),
            None => Ok(()),
        }
    }

    /// Why the store stopped, if it did.
    pub(crate) fn failure(&self) -> Option<&str> {
        self.failed.get().map(String::as_str)
    }

    /// Stops the store if the error demands it, and passes the error on.
    pub(crate) fn stop_at(&self, error: LedgerError) -> LedgerError {
        #[cfg(any(test, feature = "fault-injection"))]
        if self.faults.is_planted(Planted::WorkAfterFailure) {
            return error;
        }
        if error.must_stop() && self.failed.set(error.to_string()).is_ok() {
            tracing::error!(%error, "the ledger stops");
        }
        error
    }

    fn read_error(&self, operation: &'static str, error: &rocksdb::Error) -> LedgerError {
        self.stop_at(store_error(operation, error))
    }

    fn family(&self, family: Family) -> Result<&ColumnFamily, LedgerError> {
        // `open` opened every family.
        self.db.cf_handle(family.name()).ok_or(LedgerError::Store { operation: "find a column family", detail: family.name().to_owned() })
    }

    /// The row of a key.
    pub(crate) fn get(&self, family: Family, key: &[u8]) -> Result<Option<Vec<u8>>, LedgerError> {
        self.db.get_cf_opt(self.family(family)?, key, &checked_reads()).map_err(|e| self.read_error("read a row", &e))
    }

    /// The row of a key as a snapshot has it.
    pub(crate) fn get_at(&self, snapshot: &Snapshot<'_>, family: Family, key: &[u8]) -> Result<Option<Vec<u8>>, LedgerError> {
        snapshot.get_cf_opt(self.family(family)?, key, checked_reads()).map_err(|e| self.read_error("read a row", &e))
    }

    /// All rows as they are now.
    pub(crate) fn snapshot(&self) -> Snapshot<'_> {
        self.db.snapshot()
    }

    /// Rows from a key on, ascending. Does not fill the cache.
    pub(crate) fn scan(&self, family: Family, from: &[u8]) -> Result<impl Iterator<Item = Result<Row, LedgerError>> + '_, LedgerError> {
        let mut reads = checked_reads();
        reads.fill_cache(false);
        let rows = self.db.iterator_cf_opt(self.family(family)?, reads, IteratorMode::From(from, Direction::Forward));
        Ok(rows.map(|row| row.map_err(|e| self.read_error("scan rows", &e))))
    }

    /// The last row at or before a key; of all rows, if no key is given.
    pub(crate) fn last(&self, family: Family, at_most: Option<&[u8]>) -> Result<Option<Row>, LedgerError> {
        let mode = at_most.map_or(IteratorMode::End, |key| IteratorMode::From(key, Direction::Reverse));
        let mut rows = self.db.iterator_cf_opt(self.family(family)?, checked_reads(), mode);
        rows.next().transpose().map_err(|e| self.read_error("read the last row", &e))
    }

    /// An empty batch.
    pub(crate) fn batch(&self) -> Batch<'_> {
        Batch { store: self, rows: WriteBatch::default() }
    }

    /// Writes a batch: all of it or nothing, and on the disk when this returns.
    pub(crate) fn write(&self, point: WritePoint, batch: Batch<'_>) -> Result<(), LedgerError> {
        self.durably(point, || {
            let mut synced = WriteOptions::default();
            synced.set_sync(true);
            #[cfg(any(test, feature = "fault-injection"))]
            if self.faults.is_planted(Planted::NotLogged(point)) {
                synced.set_sync(false);
                synced.disable_wal(true);
            }
            self.db.write_opt(batch.rows, &synced).map_err(|e| e.to_string())
        })
    }

    /// Does one durable write; the only place where one is done. A failed sync is never tried again: the
    /// system may have dropped the pages, so a second success would prove nothing.
    pub(crate) fn durably(&self, point: WritePoint, write: impl FnOnce() -> Result<(), String>) -> Result<(), LedgerError> {
        self.check()?;
        #[cfg(any(test, feature = "fault-injection"))]
        let write = || self.faults.run(point, write);
        write().map_err(|detail| self.stop_at(LedgerError::Store { operation: point.operation(), detail }))
    }

    /// Bytes of all live table files and write buffers, as the database counts them.
    pub(crate) fn bytes(&self) -> u64 {
        let property = |family, name: &str| {
            let handle = self.family(family).ok()?;
            self.db.property_int_value_cf(handle, name).ok().flatten()
        };
        let of = |family| {
            let tables = property(family, "rocksdb.live-sst-files-size").unwrap_or(0);
            tables.saturating_add(property(family, "rocksdb.cur-size-all-mem-tables").unwrap_or(0))
        };
        Family::ALL.into_iter().map(of).fold(0, u64::saturating_add)
    }

    /// Flushes and compacts everything: for measurements and before a backup.
    pub(crate) fn compact(&self) -> Result<(), LedgerError> {
        for family in Family::ALL {
            let handle = self.family(family)?;
            self.db.flush_cf(handle).map_err(|e| self.read_error("flush", &e))?;
            self.db.compact_range_cf(handle, None::<&[u8]>, None::<&[u8]>);
        }
        Ok(())
    }

    /// Bytes of the table files of one family.
    #[cfg(test)]
    pub(crate) fn table_bytes(&self, family: Family) -> u64 {
        self.db.property_int_value_cf(self.family(family).unwrap(), "rocksdb.live-sst-files-size").unwrap().unwrap()
    }
}

/// All rows at one moment.
pub(crate) type Snapshot<'a> = SnapshotWithThreadMode<'a, DB>;

fn store_error(operation: &'static str, error: &rocksdb::Error) -> LedgerError {
    LedgerError::Store { operation, detail: error.to_string() }
}

fn checked_reads() -> ReadOptions {
    let mut reads = ReadOptions::default();
    reads.set_verify_checksums(true);
    reads
}

/// Settings of the database (reliability: WAL on, every check on, a torn tail is cut and then judged by `recovery`).
fn database_options(options: &Options) -> rocksdb::Options {
    let mut db = rocksdb::Options::default();
    db.create_if_missing(true);
    db.create_missing_column_families(true);
    db.set_paranoid_checks(true);
    db.set_manual_wal_flush(false);
    db.set_track_and_verify_wals_in_manifest(true);
    db.set_wal_recovery_mode(DBRecoveryMode::PointInTime);
    db.set_max_total_wal_size(options.wal_bytes_max);
    db.set_db_write_buffer_size(options.write_buffers_bytes_max);
    db.set_max_open_files(512);
    db.set_max_background_jobs(2);
    db.set_stats_dump_period_sec(0);
    db.set_keep_log_file_num(4);
    db.set_max_log_file_size(4 * 1024 * 1024);
    db
}

/// Part of a write buffer that the filter of entry ids takes: with rows of about 100 bytes in memory, 16 bits each.
const MEMTABLE_BLOOM_RATIO: f64 = 0.02;

fn family_options(family: Family, cache: &Cache, options: &Options) -> rocksdb::Options {
    let mut tables = BlockBasedOptions::default();
    tables.set_block_cache(cache);
    tables.set_checksum_type(ChecksumType::XXH3);
    tables.set_format_version(6);
    let mut rows = rocksdb::Options::default();
    rows.set_write_buffer_size(options.write_buffer_bytes);
    match family {
        // Looked up by hash, often for what is not there.
        Family::EntryIds => {
            tables.set_bloom_filter(10.0, false);
            rows.set_memtable_whole_key_filtering(true);
            rows.set_memtable_prefix_bloom_ratio(MEMTABLE_BLOOM_RATIO);
            rows.set_compression_type(DBCompressionType::None);
        }
        // Hashes do not compress.
        Family::Nodes => rows.set_compression_type(DBCompressionType::None),
        Family::State => {
            tables.set_bloom_filter(10.0, false);
            rows.set_compression_type(DBCompressionType::Lz4);
        }
        Family::Blocks | Family::Seals | Family::Entries | Family::FirstIndexes | Family::Undecided | Family::Meta => {
            rows.set_compression_type(DBCompressionType::Lz4);
            rows.set_bottommost_compression_type(DBCompressionType::Zstd);
        }
    }
    rows.set_block_based_table_factory(&tables);
    rows
}
