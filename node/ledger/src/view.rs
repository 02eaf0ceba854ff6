//! Reads: everything of a [`View`] belongs to one block.
//!
//! The log only grows, so its rows are read as they are, up to the size of the view's head. Records
//! change, so they are read from a snapshot of the store that ends at the same block as the state in
//! memory; each is compared with the state map, and each log proof is checked, before it is given out.

use crate::error::LedgerError;
use crate::keys::{Family, META_TIP, TipRow, height_key, index_key, read_block_row, read_u64};
use crate::ledger::{Head, Shown};
use crate::nodes::Nodes;
use crate::store::{Snapshot, Store};
use eco_core::codec::decode;
use eco_core::entry::{EntryId, SignedEntry};
use eco_core::header::{Block, Header};
use eco_core::log::{Bundle, LogHash, ProveDefect, Tile, consistency_path, inclusion_path, leaf_hash, verify_inclusion};
use eco_core::name::Height;
use eco_core::receipt::Receipt;
use eco_core::seal::Seal;
use eco_core::state::record::value_hash;
use eco_core::state::tree::{StateKey, StateProof};
use eco_core::state::{ReadRecords, RecordKey, State};
use std::cell::RefCell;
use std::sync::Arc;

/// An entry with its path to the log root of a header, and that header's seal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inclusion {
    /// Its place on the log.
    pub index: u64,
    /// The signed entry: the leaf data.
    pub entry: Vec<u8>,
    /// From the leaf to the header's log root (RFC 6962), for the header's tree size.
    pub path: Vec<LogHash>,
    /// It dates the entry if [`Header::holds`] its index.
    pub header: Header,
    /// The seal this node stored for that header.
    pub seal: Seal,
}

impl Inclusion {
    /// The same as eco-core's receipt, which verifies and encodes itself.
    ///
    /// # Errors
    /// The stored bytes are no signed entry: the store is damaged.
    pub fn into_receipt(self) -> Result<Receipt, LedgerError> {
        let Self { index, entry, path, header, seal } = self;
        let entry =
            SignedEntry::decode(&entry).map_err(|defect| LedgerError::damaged(format!("entry {index}"), "a signed entry", defect))?;
        Ok(Receipt { entry, index, path, header, seal })
    }
}

/// The ledger at one block.
pub struct View<'a> {
    store: &'a Store,
    head: Arc<Head>,
    snapshot: Snapshot<'a>,
    /// Header and seal of the last receipt: receipts of one batch mostly share them.
    dated_by: RefCell<Option<(Header, Seal)>>,
}

impl<'a> View<'a> {
    /// Takes head and snapshot so that both end at one block. A block that is durable but not yet shown
    /// is about to be shown: the wait is that of the high-water file's sync.
    pub(crate) fn take(store: &'a Store, shown: &Shown) -> Result<Self, LedgerError> {
        loop {
            store.check()?;
            let head = shown.head();
            let snapshot = store.snapshot();
            let row = store.get_at(&snapshot, Family::Meta, META_TIP)?.unwrap_or_default();
            if TipRow::read(&row)?.height == head.state.tip().height {
                return Ok(Self { store, head, snapshot, dated_by: RefCell::default() });
            }
            shown.wait_for_other(&head);
        }
    }

    /// The state after the block.
    #[must_use]
    pub fn state(&self) -> &State {
        &self.head.state
    }

    /// The block's header; none before the first block.
    #[must_use]
    pub fn header(&self) -> Option<&Header> {
        self.head.state.tip().header.as_ref()
    }

    /// The block's seal; none before the first block.
    #[must_use]
    pub fn seal(&self) -> Option<&Seal> {
        self.head.seal.as_ref()
    }

    /// Entries on the log.
    #[must_use]
    pub fn tree_size(&self) -> u64 {
        self.head.state.frontier().size()
    }

    /// A record's bytes, if there is one.
    ///
    /// # Errors
    /// The store failed, or the row is not the one in the state tree.
    pub fn record(&self, key: &RecordKey) -> Result<Option<Vec<u8>>, LedgerError> {
        let key = key.state_key();
        if self.state().map().get(&key).is_none() {
            return Ok(None);
        }
        ReadRecords::record(self, &key).map(Some)
    }

    /// A record's bytes, if there is one, and the proof of its presence or absence under the header's state root.
    ///
    /// # Errors
    /// The store failed, or the row is not the one in the state tree.
    pub fn prove(&self, key: &RecordKey) -> Result<(Option<Vec<u8>>, StateProof), LedgerError> {
        Ok((self.record(key)?, self.state().map().prove(&key.state_key())))
    }

    /// An entry under the view's own header; none beyond its tree size.
    ///
    /// # Errors
    /// The store failed, or its rows contradict one another.
    pub fn inclusion(&self, index: u64) -> Result<Option<Inclusion>, LedgerError> {
        let (Some(header), Some(seal)) = (self.header(), self.seal()) else { return Ok(None) };
        if index >= header.tree_size {
            return Ok(None);
        }
        self.inclusion_in(index, header.clone(), seal.clone()).map(Some)
    }

    /// An entry under the header of its own block, which dates it; none beyond the tree size.
    ///
    /// # Errors
    /// The store failed, or its rows contradict one another.
    pub fn receipt_parts(&self, index: u64) -> Result<Option<Inclusion>, LedgerError> {
        let known = self.dated_by.borrow().as_ref().filter(|(header, _)| header.holds(index)).cloned();
        let (header, seal) = match known {
            Some(known) => known,
            None => {
                let Some(height) = self.height_of_index(index)? else { return Ok(None) };
                let header = self.header_at(height)?.ok_or_else(|| missing("header", height))?;
                let seal = self.seal_at(height)?.ok_or_else(|| missing("seal", height))?;
                self.dated_by.borrow_mut().insert((header, seal)).clone()
            }
        };
        self.inclusion_in(index, header, seal).map(Some)
    }

    fn inclusion_in(&self, index: u64, header: Header, seal: Seal) -> Result<Inclusion, LedgerError> {
        let entry = self.entry(index)?.ok_or_else(|| LedgerError::damaged(format!("entry {index}"), "a row", "none"))?;
        let path = inclusion_path(&Nodes(self.store), index, header.tree_size).map_err(read_failure)?;
        verify_inclusion(&leaf_hash(&entry), index, header.tree_size, &path, &header.log_root)
            .map_err(|defect| LedgerError::damaged(format!("entry {index} or its log nodes"), "provable under its header", defect))?;
        Ok(Inclusion { index, entry, path, header, seal })
    }

    /// The proof that the log of `new` entries begins with that of `old`; none beyond the view's tree size.
    ///
    /// # Errors
    /// The store failed.
    pub fn consistency(&self, old: u64, new: u64) -> Result<Option<Vec<LogHash>>, LedgerError> {
        if old > new || new > self.tree_size() {
            return Ok(None);
        }
        consistency_path(&Nodes(self.store), old, new).map(Some).map_err(read_failure)
    }

    /// The hashes of a tile, as C2SP `tlog-tiles` serves them; none if the view's log does not have it.
    ///
    /// # Errors
    /// The store failed.
    pub fn tile(&self, tile: &Tile) -> Result<Option<Vec<u8>>, LedgerError> {
        if !tile.is_in(self.tree_size()) {
            return Ok(None);
        }
        let Some(first) = tile.nodes().next() else { return Ok(None) };
        Nodes(self.store).tile(first.level, first.index, u64::from(tile.width())).map(Some)
    }

    /// Entries of a bundle, each with its length (u16 BE) in front; none if the view's log does not have it.
    ///
    /// # Errors
    /// The store failed.
    pub fn entry_bundle(&self, bundle: &Bundle) -> Result<Option<Vec<u8>>, LedgerError> {
        if !bundle.is_in(self.tree_size()) {
            return Ok(None);
        }
        let mut bytes = Vec::new();
        self.each_entry(bundle.entries(), |_, entry| {
            // An entry has at most 32 KiB.
            bytes.extend_from_slice(&u16::try_from(entry.len()).unwrap_or(u16::MAX).to_be_bytes());
            bytes.extend_from_slice(entry);
            Ok(true)
        })?;
        Ok(Some(bytes))
    }

    /// Entries from an index on, at most so many and, but for the first, so many bytes.
    ///
    /// # Errors
    /// The store failed.
    pub fn entries(&self, from: u64, entries_max: usize, bytes_max: usize) -> Result<Vec<(u64, Vec<u8>)>, LedgerError> {
        let (mut entries, mut bytes) = (Vec::new(), 0usize);
        self.each_entry(from..self.tree_size(), |index, entry| {
            bytes = bytes.saturating_add(entry.len());
            if entries.len() >= entries_max || (bytes > bytes_max && !entries.is_empty()) {
                return Ok(false);
            }
            entries.push((index, entry.to_vec()));
            Ok(true)
        })?;
        Ok(entries)
    }

    fn each_entry(&self, range: std::ops::Range<u64>, see: impl FnMut(u64, &[u8]) -> Result<bool, LedgerError>) -> Result<(), LedgerError> {
        each_entry(self.store, range, see)
    }

    /// The bytes of an entry; none beyond the tree size.
    ///
    /// # Errors
    /// The store failed.
    pub fn entry(&self, index: u64) -> Result<Option<Vec<u8>>, LedgerError> {
        if index >= self.tree_size() {
            return Ok(None);
        }
        self.store.get(Family::Entries, &index_key(index))
    }

    /// Where on the log an intent is.
    ///
    /// # Errors
    /// The store failed.
    pub fn index_of(&self, id: &EntryId) -> Result<Option<u64>, LedgerError> {
        Ok(index_of(self.store, id)?.filter(|index| *index < self.tree_size()))
    }

    /// The block that holds an entry; none beyond the tree size.
    ///
    /// # Errors
    /// The store failed.
    pub fn height_of_index(&self, index: u64) -> Result<Option<Height>, LedgerError> {
        if index >= self.tree_size() {
            return Ok(None);
        }
        let row = self.store.last(Family::FirstIndexes, Some(&index_key(index)))?;
        let (_, height) = row.ok_or_else(|| LedgerError::damaged(format!("the block of entry {index}"), "a row", "none"))?;
        read_u64("a row of the first indexes", &height).map(|height| Some(Height(height)))
    }

    /// The header of a block; none beyond the head.
    ///
    /// # Errors
    /// The store failed.
    pub fn header_at(&self, height: Height) -> Result<Option<Header>, LedgerError> {
        Ok(self.block_row(height)?.map(|(header, _)| header))
    }

    /// The seal this node stored for a block; none beyond the head.
    ///
    /// # Errors
    /// The store failed.
    pub fn seal_at(&self, height: Height) -> Result<Option<Seal>, LedgerError> {
        if height > self.state().tip().height {
            return Ok(None);
        }
        read_seal(self.store, height)
    }

    /// A block and the seal this node stored for it; none beyond the head.
    ///
    /// # Errors
    /// The store failed, or its rows contradict one another.
    pub fn block_at(&self, height: Height) -> Result<Option<(Block, Seal)>, LedgerError> {
        let Some((header, carried_seal)) = self.block_row(height)? else { return Ok(None) };
        let seal = self.seal_at(height)?.ok_or_else(|| missing("seal", height))?;
        let entries = read_entries(self.store, &header)?;
        Ok(Some((Block { header, carried_seal, entries }, seal)))
    }

    fn block_row(&self, height: Height) -> Result<Option<(Header, Option<Seal>)>, LedgerError> {
        if height > self.state().tip().height {
            return Ok(None);
        }
        read_block(self.store, height)
    }
}

impl ReadRecords for View<'_> {
    type Error = LedgerError;

    fn record(&self, key: &StateKey) -> Result<Vec<u8>, LedgerError> {
        let record = self.store.get_at(&self.snapshot, Family::State, key.as_bytes())?;
        let expected = self.state().map().get(key);
        let found = record.as_deref().map(value_hash);
        match record {
            Some(record) if found == expected => Ok(record),
            _ => {
                let show =
                    |hash: Option<_>| hash.map_or_else(|| "no record".to_owned(), |h: eco_core::state::tree::ValueHash| h.to_string());
                Err(self.store.stop_at(LedgerError::damaged(format!("the record under {key}"), show(expected), show(found))))
            }
        }
    }
}

/// Shows each entry of a range to `see`, until it says false; every index must be there.
pub(crate) fn each_entry(
    store: &Store,
    range: std::ops::Range<u64>,
    mut see: impl FnMut(u64, &[u8]) -> Result<bool, LedgerError>,
) -> Result<(), LedgerError> {
    if range.is_empty() {
        return Ok(());
    }
    let mut expected = range.start;
    for row in store.scan(Family::Entries, &index_key(range.start))? {
        let (key, entry) = row?;
        let index = read_u64("a key of the entries", &key)?;
        if index != expected {
            return Err(LedgerError::damaged("the entries", format!("entry {expected}"), format!("entry {index}")));
        }
        expected = expected.saturating_add(1);
        if !see(index, &entry)? || expected == range.end {
            return Ok(());
        }
    }
    Err(LedgerError::damaged("the entries", format!("entry {expected}"), "none"))
}

/// The entries of a block.
pub(crate) fn read_entries(store: &Store, header: &Header) -> Result<Vec<SignedEntry>, LedgerError> {
    let mut entries = Vec::new();
    each_entry(store, header.first_index..header.tree_size, |index, bytes| {
        let entry =
            SignedEntry::decode(bytes).map_err(|defect| LedgerError::damaged(format!("entry {index}"), "a signed entry", defect))?;
        entries.push(entry);
        Ok(true)
    })?;
    Ok(entries)
}

/// Header and carried seal of a block.
pub(crate) fn read_block(store: &Store, height: Height) -> Result<Option<(Header, Option<Seal>)>, LedgerError> {
    store.get(Family::Blocks, &height_key(height))?.map(|row| read_block_row(height, &row)).transpose()
}

/// The stored seal of a block.
pub(crate) fn read_seal(store: &Store, height: Height) -> Result<Option<Seal>, LedgerError> {
    let read = |row: Vec<u8>| decode(&row).map_err(|defect| LedgerError::damaged(format!("the seal of block {height}"), "a seal", defect));
    store.get(Family::Seals, &height_key(height))?.map(read).transpose()
}

/// Where on the log an intent is.
pub(crate) fn index_of(store: &Store, id: &EntryId) -> Result<Option<u64>, LedgerError> {
    store.get(Family::EntryIds, id.as_bytes())?.map(|row| read_u64("a row of the entry ids", &row)).transpose()
}

pub(crate) fn missing(what: &str, height: Height) -> LedgerError {
    LedgerError::damaged(format!("the {what} of block {height}"), "a row", "none")
}

/// Sizes are checked before, so only reading can have failed.
pub(crate) fn read_failure(defect: ProveDefect<LedgerError>) -> LedgerError {
    match defect {
        ProveDefect::Read(error) => error,
        other => LedgerError::damaged("a log proof", "a size within the log", other),
    }
}
