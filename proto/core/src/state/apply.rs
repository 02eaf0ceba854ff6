//! `admit` (may this entry enter?) and `apply` (what does it change?): pure and total.
//!
//! A block is executed on a [`State`] and gives the next one; the old one stays as it was, so that
//! a speculative block is a value that can be dropped. Registry reads of block h use the registry at
//! the end of h-1; document state is read in order.

use crate::checkpoint::Origin;
use crate::codec::encode;
use crate::date::HOUR_MS;
use crate::entry::Verified;
use crate::genesis::{Genesis, Limits, NetworkPurpose};
use crate::header::{Block, BlockId, Header};
use crate::log::{Frontier, LogHash, NodeId, leaf_hash};
use crate::name::{Epoch, Height, OrgId, Timestamp};
use crate::registry::Registry;
use crate::seal::{Seal, SealDefect, SealHash, ValidatorSet};
use crate::sign::NetworkId;
use crate::state::record::{RecordKey, SchemeKey, UsageRecord, value_hash};
use crate::state::refusal::Refusal;
use crate::state::slots;
use crate::state::tree::{StateKey, StateMap};
use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec::Vec;

mod rules;
use rules::Overlay;

/// Where records are read from. A record that the state tree does not hold is never asked for.
pub trait ReadRecords {
    /// Why reading failed: the node must stop.
    type Error;
    /// The record's bytes under a key that the state tree holds.
    ///
    /// # Errors
    /// The store failed.
    fn record(&self, key: &StateKey) -> Result<Vec<u8>, Self::Error>;
}

/// Either the input is at fault, or reading failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure<D, E> {
    /// The input is at fault.
    Defect(D),
    /// The store failed.
    Read(E),
}

/// Facts of a network that never change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Network {
    version: u8,
    id: NetworkId,
    origin: Origin,
    purpose: NetworkPurpose,
    limits: Limits,
}

/// The last block: height 0 is the genesis.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tip {
    /// Its height.
    pub height: Height,
    /// Its id; the network id at height 0.
    pub block: BlockId,
    /// Its time.
    pub time: Timestamp,
    /// Its header; none at height 0.
    pub header: Option<Header>,
}

/// Everything the next block builds on. Cloning is cheap.
#[derive(Debug, Clone)]
pub struct State {
    network: Arc<Network>,
    registry: Arc<Registry>,
    validators: Arc<ValidatorSet>,
    tip: Tip,
    frontier: Frontier,
    map: StateMap,
}

/// What a block changes.
#[derive(Debug, Clone)]
pub struct Effects {
    /// The header that follows from parent, time, seal and entries.
    pub header: Header,
    /// Records written: key in the tree, name, bytes. Ascending by key.
    pub records: Vec<(StateKey, RecordKey, Vec<u8>)>,
    /// Log tree nodes completed, each once.
    pub nodes: Vec<(NodeId, LogHash)>,
    /// The state after the block.
    pub next: State,
}

/// A block built by a proposer.
#[derive(Debug, Clone)]
pub struct Built {
    /// The block.
    pub block: Block,
    /// What it changes.
    pub effects: Effects,
    /// Candidates left out for good, each with the reason.
    pub refused: Vec<(crate::entry::EntryId, Refusal)>,
}

/// A block that is not the next one. Invalid as a whole, whatever part is at fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BlockDefect {
    /// An entry that `apply` refuses: there are no failed entries on the log.
    #[error("entry {place} is refused: {refusal}")]
    Entry {
        /// Place in the block, from 0.
        place: usize,
        /// Why.
        refusal: Refusal,
    },
    /// A header field that does not follow from parent and body.
    #[error("header field {field} is not the one that follows from parent and entries")]
    Header {
        /// The field.
        field: &'static str,
    },
    /// Not later than the previous block.
    #[error("block time {time} ms is not after the previous block's {previous} ms")]
    Time {
        /// The block's.
        time: Timestamp,
        /// The parent's.
        previous: Timestamp,
    },
    /// Block 1 carries no seal, every other one does.
    #[error("block {height} must {}carry the seal of the previous block", if height.0 == 1 { "not " } else { "" })]
    SealPresence {
        /// The block.
        height: Height,
    },
    /// The carried seal does not hold for the previous block.
    #[error("the carried seal of the previous block: {0}")]
    CarriedSeal(#[from] SealDefect),
    /// Above the network's limits.
    #[error("{what}: {found}, at most {max} allowed")]
    Limit {
        /// Which limit.
        what: &'static str,
        /// In the block.
        found: usize,
        /// Allowed.
        max: usize,
    },
}

impl State {
    /// The state at height 0, and the records it holds.
    #[must_use]
    pub fn genesis(genesis: &Genesis) -> (Self, Vec<(StateKey, RecordKey, Vec<u8>)>) {
        let mut records: Vec<(StateKey, RecordKey, Vec<u8>)> = Vec::new();
        let mut put = |key: RecordKey, bytes: Vec<u8>| records.push((key.state_key(), key, bytes));
        genesis.organisations.iter().for_each(|o| put(RecordKey::Organisation(o.id), encode(o)));
        genesis.keys.iter().for_each(|k| put(RecordKey::Key(k.key), encode(k)));
        genesis.certificates.iter().for_each(|c| put(RecordKey::Certificate(c.spki), encode(c)));
        genesis.authorities.iter().for_each(|a| put(RecordKey::Authority(a.country), encode(a)));
        genesis.schemes.iter().for_each(|s| put(RecordKey::Scheme(SchemeKey::of(&s.id)), encode(s)));
        slots::rows(RecordKey::Schemes, genesis.schemes.iter().map(|s| s.id.clone())).into_iter().for_each(|(key, bytes)| put(key, bytes));
        records.sort_by_key(|(key, _, _)| *key);
        let map = StateMap::new().update(records.iter().map(|(key, _, bytes)| (*key, Some(value_hash(bytes)))));
        let id = genesis.network_id();
        let state = Self {
            network: Arc::new(Network {
                version: genesis.version,
                id,
                origin: Origin::of(&genesis.name, &id),
                purpose: genesis.purpose,
                limits: genesis.limits,
            }),
            registry: Arc::new(genesis.registry()),
            validators: Arc::new(genesis.validator_set()),
            tip: Tip { height: Height(0), block: BlockId(id.0), time: genesis.time, header: None },
            frontier: Frontier::default(),
            map,
        };
        (state, records)
    }

    /// The state after a committed block, from what a store keeps of it.
    ///
    /// # Errors
    /// The roots re-derived from the rows are not those of the header: the store is damaged.
    pub fn resume(genesis: &Genesis, header: Header, frontier: Frontier, map: StateMap) -> Result<Self, BlockDefect> {
        let (start, _) = Self::genesis(genesis);
        let wrong = |field| Err(BlockDefect::Header { field });
        if header.network != start.network.id {
            return wrong("network");
        }
        if header.tree_size != frontier.size() {
            return wrong("tree_size");
        }
        if header.log_root != frontier.root() {
            return wrong("log_root");
        }
        if header.state_root != map.root() {
            return wrong("state_root");
        }
        let tip = Tip { height: header.height, block: header.id(), time: header.time, header: Some(header) };
        Ok(Self { tip, frontier, map, ..start })
    }

    /// The version of its genesis.
    #[must_use]
    pub fn version(&self) -> u8 {
        self.network.version
    }
    /// The network.
    #[must_use]
    pub fn network(&self) -> NetworkId {
        self.network.id
    }
    /// Origin line of its checkpoints.
    #[must_use]
    pub fn origin(&self) -> &Origin {
        &self.network.origin
    }
    /// What the network is for.
    #[must_use]
    pub fn purpose(&self) -> NetworkPurpose {
        self.network.purpose
    }
    /// Its limits.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.network.limits
    }
    /// Members and keys.
    #[must_use]
    pub const fn registry(&self) -> &Arc<Registry> {
        &self.registry
    }
    /// The set that seals the next block.
    #[must_use]
    pub const fn validators(&self) -> &Arc<ValidatorSet> {
        &self.validators
    }
    /// The last block.
    #[must_use]
    pub const fn tip(&self) -> &Tip {
        &self.tip
    }
    /// Right edge of the log tree.
    #[must_use]
    pub const fn frontier(&self) -> &Frontier {
        &self.frontier
    }
    /// The authenticated map.
    #[must_use]
    pub const fn map(&self) -> &StateMap {
        &self.map
    }

    /// May this entry enter now? The same rules as in a block, against the last block's state.
    ///
    /// # Errors
    /// Why not, or the store failed.
    pub fn admit<R: ReadRecords>(&self, reader: &R, entry: &Verified, now: Timestamp) -> Result<(), Failure<Refusal, R::Error>> {
        let at = now.max(self.tip.time.plus_ms(1));
        Overlay::new(self, reader, at).apply(entry, self.frontier.size())
    }

    /// Executes the next block: all entries or none.
    ///
    /// # Errors
    /// What of the block is at fault, or the store failed.
    pub fn execute<R: ReadRecords>(
        &self,
        reader: &R,
        time: Timestamp,
        carried: Option<&Seal>,
        entries: &[Verified],
    ) -> Result<Effects, Failure<BlockDefect, R::Error>> {
        self.check_frame(time, carried).map_err(Failure::Defect)?;
        let mut overlay = Overlay::new(self, reader, time);
        let mut index = self.frontier.size();
        for (place, entry) in entries.iter().enumerate() {
            overlay.apply(entry, index).map_err(|failure| match failure {
                Failure::Defect(refusal) => Failure::Defect(BlockDefect::Entry { place, refusal }),
                Failure::Read(e) => Failure::Read(e),
            })?;
            index = index.saturating_add(1);
        }
        let written = overlay.into_records();
        Ok(self.close(time, carried, entries.iter(), written))
    }

    /// Builds the next block from candidates, in their order, leaving out what is refused.
    ///
    /// # Errors
    /// Time or carried seal do not fit the parent, or the store failed.
    pub fn build<R: ReadRecords>(
        &self,
        reader: &R,
        time: Timestamp,
        carried: Option<Seal>,
        candidates: impl IntoIterator<Item = Verified>,
    ) -> Result<Built, Failure<BlockDefect, R::Error>> {
        self.check_frame(time, carried.as_ref()).map_err(Failure::Defect)?;
        let limits = self.limits();
        let mut overlay = Overlay::new(self, reader, time);
        let (mut taken, mut refused, mut bytes): (Vec<Verified>, Vec<_>, usize) = (Vec::new(), Vec::new(), 0);
        let mut index = self.frontier.size();
        for entry in candidates {
            let grown = bytes.saturating_add(entry.signed().as_bytes().len());
            if taken.len() >= limits.block_entries_max as usize || grown > limits.block_bytes_max as usize {
                break;
            }
            match overlay.apply(&entry, index) {
                Ok(()) => {
                    taken.push(entry);
                    bytes = grown;
                    index = index.saturating_add(1);
                }
                Err(Failure::Defect(refusal)) => refused.push((entry.signed().id(), refusal)),
                Err(Failure::Read(e)) => return Err(Failure::Read(e)),
            }
        }
        let written = overlay.into_records();
        let effects = self.close(time, carried.as_ref(), taken.iter(), written);
        let entries = taken.into_iter().map(Verified::into_signed).collect();
        Ok(Built { block: Block { header: effects.header.clone(), carried_seal: carried, entries }, effects, refused })
    }

    /// Re-executes a proposed or synced block and compares every header field.
    ///
    /// `entries` are the block's own, verified, in order.
    ///
    /// # Errors
    /// What of the block is at fault, or the store failed.
    pub fn validate<R: ReadRecords>(
        &self,
        reader: &R,
        block: &Block,
        entries: &[Verified],
    ) -> Result<Effects, Failure<BlockDefect, R::Error>> {
        let limit = |what, found, max: u32| {
            if found > max as usize { Err(Failure::Defect(BlockDefect::Limit { what, found, max: max as usize })) } else { Ok(()) }
        };
        limit("entries in a block", block.entries.len(), self.limits().block_entries_max)?;
        limit("bytes of entries in a block", block.entries.iter().map(|e| e.as_bytes().len()).sum(), self.limits().block_bytes_max)?;
        let own = block.entries.len() == entries.len() && block.entries.iter().zip(entries).all(|(e, v)| v.same_as(e));
        if !own {
            return Err(Failure::Defect(BlockDefect::Header { field: "entries" }));
        }
        // The parent is compared first, so that a block of another height says so.
        let header = &block.header;
        let expected = self.frame(header.time, block.carried_seal.as_ref());
        let frame_differs = [
            ("version", header.version != expected.version),
            ("network", header.network != expected.network),
            ("height", header.height != expected.height),
            ("epoch", header.epoch != expected.epoch),
            ("previous", header.previous != expected.previous),
            ("previous_seal", header.previous_seal != expected.previous_seal),
            ("first_index", header.first_index != expected.first_index),
            ("validators", header.validators != expected.validators),
            ("next_validators", header.next_validators != expected.next_validators),
        ];
        if let Some((field, _)) = frame_differs.into_iter().find(|(_, differs)| *differs) {
            return Err(Failure::Defect(BlockDefect::Header { field }));
        }
        let effects = self.execute(reader, header.time, block.carried_seal.as_ref(), entries)?;
        let roots_differ = [
            ("tree_size", header.tree_size != effects.header.tree_size),
            ("log_root", header.log_root != effects.header.log_root),
            ("state_root", header.state_root != effects.header.state_root),
        ];
        match roots_differ.into_iter().find(|(_, differs)| *differs) {
            Some((field, _)) => Err(Failure::Defect(BlockDefect::Header { field })),
            None => Ok(effects),
        }
    }

    fn check_frame(&self, time: Timestamp, carried: Option<&Seal>) -> Result<(), BlockDefect> {
        if time <= self.tip.time {
            return Err(BlockDefect::Time { time, previous: self.tip.time });
        }
        match (&self.tip.header, carried) {
            (None, None) => Ok(()),
            (Some(parent), Some(seal)) => Ok(seal.verify(parent, &self.validators, &self.network.origin)?),
            _ => Err(BlockDefect::SealPresence { height: self.tip.height.next() }),
        }
    }

    /// The next header as far as it follows from the parent; roots are filled in by `close`.
    fn frame(&self, time: Timestamp, carried: Option<&Seal>) -> Header {
        let set = self.validators.hash();
        Header {
            version: 1,
            network: self.network.id,
            height: self.tip.height.next(),
            epoch: Epoch(self.tip.header.as_ref().map_or(0, |h| h.epoch.0)),
            time,
            previous: self.tip.block,
            previous_seal: carried.map_or(SealHash([0; 32]), Seal::hash),
            first_index: self.frontier.size(),
            tree_size: self.frontier.size(),
            log_root: LogHash::EMPTY_ROOT,
            state_root: self.map.root(),
            validators: set,
            next_validators: set,
        }
    }

    fn close<'a>(
        &self,
        time: Timestamp,
        carried: Option<&Seal>,
        entries: impl Iterator<Item = &'a Verified>,
        records: BTreeMap<StateKey, (RecordKey, Vec<u8>)>,
    ) -> Effects {
        let mut header = self.frame(time, carried);
        let mut frontier = self.frontier.clone();
        let mut nodes = Vec::new();
        for entry in entries {
            frontier.push_with(leaf_hash(entry.signed().as_bytes()), &mut |id, hash| nodes.push((id, hash)));
        }
        let map = self.map.update(records.iter().map(|(key, (_, bytes))| (*key, Some(value_hash(bytes)))));
        header.tree_size = frontier.size();
        header.log_root = frontier.root();
        header.state_root = map.root();
        let tip = Tip { height: header.height, block: header.id(), time, header: Some(header.clone()) };
        let next = Self {
            network: self.network.clone(),
            registry: self.registry.clone(),
            validators: self.validators.clone(),
            tip,
            frontier,
            map,
        };
        let records = records.into_iter().map(|(key, (name, bytes))| (key, name, bytes)).collect();
        Effects { header, records, nodes, next }
    }
}

fn usage_after(before: UsageRecord, author: OrgId, time: Timestamp, max: u32) -> Result<UsageRecord, Refusal> {
    let hour = time.0 / HOUR_MS;
    let entries = if before.hour == hour { before.entries } else { 0 };
    if entries >= max {
        let retry_at = Timestamp(hour.saturating_add(1).saturating_mul(HOUR_MS));
        return Err(Refusal::RateExceeded { author, max, retry_at });
    }
    Ok(UsageRecord { hour, entries: entries.saturating_add(1) })
}
