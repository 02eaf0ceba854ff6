//! Opening a store: create it, or re-derive from its rows what memory held, or refuse.
//!
//! Nothing is believed that can be computed. The state map is rebuilt from the records, the log's right
//! edge from the stored nodes, and both roots must be those of the last header, whose seal must hold. The
//! last blocks are hashed anew from their entries. A store that fails any of this is moved away and synced
//! from peers; a node that voted on top of it could sign what contradicts its own acknowledgements.

use crate::error::LedgerError;
use crate::high_water::HighWater;
use crate::keys::{FORMAT, Family, META_FORMAT, META_GENESIS, META_TIP, TipRow, read_u64};
use crate::ledger::Head;
use crate::nodes::Nodes;
use crate::store::{Store, WritePoint};
use crate::view::{each_entry, missing, read_block, read_seal};
use eco_core::codec::{decode, encode};
use eco_core::genesis::Genesis;
use eco_core::header::{BlockId, Header};
use eco_core::log::{NodeId, ReadNodes, leaf_hash, root_of};
use eco_core::name::Height;
use eco_core::seal::{Seal, SealHash};
use eco_core::state::State;
use eco_core::state::record::value_hash;
use eco_core::state::tree::{StateKey, StateMap, StateMapBuilder};
use std::path::Path;

/// Blocks that are hashed anew from their entries at every start.
pub(crate) const REHASHED_BLOCKS: u64 = 8;

/// Creates or recovers what lies in `dir` and the store.
pub(crate) fn recover(store: &Store, dir: &Path, genesis: &Genesis) -> Result<(Head, HighWater), LedgerError> {
    let tip = match store.get(Family::Meta, META_FORMAT)? {
        None => create(store, genesis)?,
        Some(format) => check_genesis(store, genesis, &format)?,
    };
    let (high_water, mark) = check_high_water(store, dir, tip)?;
    let head = if tip.height.0 == 0 { at_genesis(store, genesis)? } else { at_block(store, genesis, tip)? };
    if mark != tip {
        high_water.raise(store, tip)?;
    }
    tracing::info!(height = %tip.height, entries = head.state.frontier().size(), state_keys = head.state.map().len(), "ledger open");
    Ok((head, high_water))
}

fn create(store: &Store, genesis: &Genesis) -> Result<TipRow, LedgerError> {
    if store.last(Family::State, None)?.is_some() || store.last(Family::Blocks, None)?.is_some() {
        return Err(LedgerError::damaged("the format row", FORMAT, "none, beside other rows"));
    }
    let (state, records) = State::genesis(genesis);
    let tip = TipRow { height: Height(0), block: state.tip().block };
    let mut batch = store.batch();
    batch.put(Family::Meta, META_FORMAT, &[FORMAT])?;
    batch.put(Family::Meta, META_GENESIS, &encode(genesis))?;
    batch.put(Family::Meta, META_TIP, &tip.to_bytes())?;
    for (key, _, record) in &records {
        batch.put(Family::State, key.as_bytes(), record)?;
    }
    store.write(WritePoint::Create, batch)?;
    Ok(tip)
}

fn check_genesis(store: &Store, genesis: &Genesis, format: &[u8]) -> Result<TipRow, LedgerError> {
    if *format != [FORMAT] {
        return Err(LedgerError::Format { found: format.first().copied().unwrap_or(0), supported: FORMAT });
    }
    let stored = store.get(Family::Meta, META_GENESIS)?.ok_or_else(|| LedgerError::damaged("the genesis row", "the genesis", "none"))?;
    if stored != encode(genesis) {
        let stored: Genesis = decode(&stored).map_err(|defect| LedgerError::damaged("the genesis row", "a genesis", defect))?;
        return Err(LedgerError::OtherNetwork { stored: stored.network_id(), given: genesis.network_id() });
    }
    TipRow::read(&store.get(Family::Meta, META_TIP)?.ok_or_else(|| LedgerError::damaged("the tip row", "the last block", "none"))?)
}

/// Compares the store with the last height that this node acknowledged.
fn check_high_water(store: &Store, dir: &Path, tip: TipRow) -> Result<(HighWater, TipRow), LedgerError> {
    let (file, mark) = match HighWater::open(dir)? {
        Some((file, Some(mark))) => (file, mark),
        // The file is created right after the genesis rows: without it no block was ever acknowledged.
        _ if tip.height.0 == 0 => return Ok((HighWater::create(store, dir, tip)?, tip)),
        none => {
            let found = none.map_or("no file", |_| "no readable mark");
            return Err(LedgerError::damaged("the high-water file", format!("a mark up to block {}", tip.height), found));
        }
    };
    if mark.height > tip.height {
        return Err(LedgerError::RolledBack { acknowledged: mark.height, found: tip.height });
    }
    let stored = id_at(store, mark.height, tip)?;
    if stored != mark.block {
        return Err(LedgerError::damaged(format!("block {} of the store", mark.height), mark.block, stored));
    }
    Ok((file, mark))
}

fn id_at(store: &Store, height: Height, tip: TipRow) -> Result<BlockId, LedgerError> {
    if height == tip.height {
        return Ok(tip.block);
    }
    if height.0 == 0 {
        // Header 1 names the genesis.
        return Ok(read_block(store, Height(1))?.ok_or_else(|| missing("header", Height(1)))?.0.previous);
    }
    Ok(read_block(store, height)?.ok_or_else(|| missing("header", height))?.0.id())
}

fn at_genesis(store: &Store, genesis: &Genesis) -> Result<Head, LedgerError> {
    let (state, _) = State::genesis(genesis);
    let map = map_of_rows(store)?;
    if map.root() != state.map().root() {
        return Err(LedgerError::damaged("the state root of the genesis", state.map().root(), map.root()));
    }
    nothing_beyond(store, TipRow { height: Height(0), block: state.tip().block }, 0)?;
    Ok(Head { state, seal: None })
}

fn at_block(store: &Store, genesis: &Genesis, tip: TipRow) -> Result<Head, LedgerError> {
    let (header, seal) = check_last_blocks(store, tip)?;
    nothing_beyond(store, tip, header.tree_size)?;
    let frontier = Nodes(store).frontier(header.tree_size)?;
    let map = map_of_rows(store)?;
    // Both sides are told here, since eco-core names only the field.
    if frontier.root() != header.log_root {
        return Err(LedgerError::damaged(format!("the log root of block {}", tip.height), header.log_root, frontier.root()));
    }
    if map.root() != header.state_root {
        return Err(LedgerError::damaged(format!("the state root of block {}", tip.height), header.state_root, map.root()));
    }
    let state = State::resume(genesis, header.clone(), frontier, map)
        .map_err(|defect| LedgerError::damaged(format!("block {}", tip.height), "the end of this network's chain", defect))?;
    seal.verify(&header, state.validators(), state.origin())
        .map_err(|defect| LedgerError::damaged(format!("the seal of block {}", tip.height), "a seal that holds", defect))?;
    Ok(Head { state, seal: Some(seal) })
}

/// Hashes the last blocks anew: entries, log nodes, roots, links. Gives the last header and its seal.
fn check_last_blocks(store: &Store, tip: TipRow) -> Result<(Header, Seal), LedgerError> {
    let mut height = tip.height;
    let mut named: (BlockId, Option<SealHash>, Option<u64>) = (tip.block, None, None);
    let mut last: Option<Header> = None;
    while height.0 > 0 && tip.height.0 - height.0 < REHASHED_BLOCKS {
        let (header, carried) = read_block(store, height)?.ok_or_else(|| missing("header", height))?;
        let differs = |what: &str, expected: String, found: String| {
            Err(LedgerError::damaged(format!("the {what} of block {height}"), expected, found))
        };
        if header.id() != named.0 {
            return differs("id", named.0.to_string(), header.id().to_string());
        }
        if let Some(size) = named.2.filter(|size| *size != header.tree_size) {
            return differs("tree size", size.to_string(), header.tree_size.to_string());
        }
        let carried_hash = carried.as_ref().map_or(SealHash([0; 32]), Seal::hash);
        if carried_hash != header.previous_seal {
            return differs("carried seal", header.previous_seal.to_string(), carried_hash.to_string());
        }
        check_entries(store, &header)?;
        named = (header.previous, Some(header.previous_seal), Some(header.first_index));
        last.get_or_insert(header);
        height = Height(height.0 - 1);
    }
    let header = last.ok_or_else(|| missing("header", tip.height))?;
    let seal = read_seal(store, tip.height)?.ok_or_else(|| missing("seal", tip.height))?;
    Ok((header, seal))
}

/// The entries of a block are the leaves of the stored tree, and that tree has the header's root.
fn check_entries(store: &Store, header: &Header) -> Result<(), LedgerError> {
    let nodes = Nodes(store);
    each_entry(store, header.first_index..header.tree_size, |index, entry| {
        let (found, expected) = (leaf_hash(entry), nodes.node(NodeId { level: 0, index })?);
        if found == expected { Ok(true) } else { Err(LedgerError::damaged(format!("the leaf hash of entry {index}"), expected, found)) }
    })?;
    let root = root_of(&nodes, header.tree_size)?;
    if root == header.log_root {
        return Ok(());
    }
    Err(LedgerError::damaged(format!("the log root of block {}", header.height), header.log_root, root))
}

/// No rows of a later block: one batch writes all of a block or nothing.
fn nothing_beyond(store: &Store, tip: TipRow, tree_size: u64) -> Result<(), LedgerError> {
    let last = |family| store.last(family, None)?.map(|(key, _)| read_u64("a key", &key)).transpose();
    let blocks = last(Family::Blocks)?.unwrap_or(0);
    if blocks != tip.height.0 {
        return Err(LedgerError::damaged("the last block", tip.height, blocks));
    }
    let entries = last(Family::Entries)?.map_or(0, |index| index.saturating_add(1));
    if entries != tree_size {
        return Err(LedgerError::damaged("the number of entries", tree_size, entries));
    }
    Ok(())
}

/// The state map, from the records in one ordered scan.
pub(crate) fn map_of_rows(store: &Store) -> Result<StateMap, LedgerError> {
    let mut builder = StateMapBuilder::new();
    for row in store.scan(Family::State, &[])? {
        let (key, record) = row?;
        let key =
            key.as_ref().try_into().map_err(|_| LedgerError::damaged("a key of the state", "32 bytes", format!("{} bytes", key.len())))?;
        builder.push(StateKey(key), value_hash(&record)).map_err(|defect| LedgerError::damaged("the state", "ascending keys", defect))?;
    }
    Ok(builder.finish())
}
