//! Re-derives everything from the log, as an auditor would.

use crate::error::LedgerError;
use crate::ledger::Ledger;
use crate::nodes::Nodes;
use crate::view::{View, missing};
use eco_core::entry::Verified;
use eco_core::header::{Block, Header};
use eco_core::log::{Frontier, NodeId, ReadNodes, leaf_hash};
use eco_core::name::Height;
use eco_core::seal::SealHash;
use eco_core::state::tree::StateKey;
use eco_core::state::{Failure, ReadRecords, State};
use std::collections::HashMap;

/// What is being checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FsckStage {
    /// Entries, log nodes, log roots and links of all blocks.
    Log,
    /// All blocks executed anew from the genesis, signatures and seals included.
    Replay,
}

/// How far a check has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FsckProgress {
    /// What is being checked.
    pub stage: FsckStage,
    /// Blocks done in this stage.
    pub height: Height,
    /// Entries done in this stage.
    pub entries: u64,
    /// Blocks in all.
    pub heights: Height,
}

/// What was found right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fsck {
    /// Blocks checked.
    pub blocks: u64,
    /// Entries checked.
    pub entries: u64,
    /// The last header; none before the first block.
    pub header: Option<Header>,
}

/// Records as the replay has left them. It needs memory for all of them.
struct Replayed(HashMap<StateKey, Vec<u8>>);

impl ReadRecords for Replayed {
    type Error = LedgerError;
    fn record(&self, key: &StateKey) -> Result<Vec<u8>, LedgerError> {
        self.0.get(key).cloned().ok_or_else(|| LedgerError::damaged(format!("the replayed record under {key}"), "a record", "none"))
    }
}

impl Ledger {
    /// Hashes every entry anew and compares it with log nodes, entry ids, headers and their links. Reads
    /// the store without changing it; the ledger may go on meanwhile, blocks after the call are not seen.
    ///
    /// # Errors
    /// The first difference, with both sides; or the store failed.
    pub fn fsck_log(&self, mut progress: impl FnMut(FsckProgress)) -> Result<Fsck, LedgerError> {
        let view = self.view()?;
        let heights = view.state().tip().height;
        let mut frontier = Frontier::new();
        let mut before: Option<Header> = None;
        for height in (1..=heights.0).map(Height) {
            let (block, seal) = view.block_at(height)?.ok_or_else(|| missing("header", height))?;
            seal.verify(&block.header, view.state().validators(), view.state().origin())
                .map_err(|defect| LedgerError::damaged(format!("the seal of block {height}"), "a seal that holds", defect))?;
            self.check_log_block(&view, before.as_ref(), &block, &mut frontier)?;
            progress(FsckProgress { stage: FsckStage::Log, height, entries: frontier.size(), heights });
            before = Some(block.header);
        }
        Ok(Fsck { blocks: heights.0, entries: frontier.size(), header: before })
    }

    fn check_log_block(&self, view: &View<'_>, before: Option<&Header>, block: &Block, frontier: &mut Frontier) -> Result<(), LedgerError> {
        let header = &block.header;
        let height = header.height;
        let differs = |what: &str, expected: String, found: String| {
            Err(LedgerError::damaged(format!("the {what} of block {height}"), expected, found))
        };
        let previous = before.map_or(eco_core::header::BlockId(view.state().network().0), Header::id);
        if header.previous != previous {
            return differs("previous id", previous.to_string(), header.previous.to_string());
        }
        let carried = block.carried_seal.as_ref().map_or(SealHash([0; 32]), eco_core::seal::Seal::hash);
        if header.previous_seal != carried {
            return differs("carried seal", header.previous_seal.to_string(), carried.to_string());
        }
        if header.first_index != frontier.size() {
            return differs("first index", frontier.size().to_string(), header.first_index.to_string());
        }
        let nodes = Nodes(self.store());
        for entry in &block.entries {
            let index = frontier.size();
            if view.index_of(&entry.id())? != Some(index) || view.height_of_index(index)? != Some(height) {
                return Err(LedgerError::damaged(
                    format!("the index rows of entry {index}"),
                    format!("entry {index} in block {height}"),
                    "others",
                ));
            }
            let mut wrong = None;
            let mut failure = None;
            frontier.push_with(leaf_hash(entry.as_bytes()), &mut |id: NodeId, hash| match nodes.node(id) {
                Ok(stored) if stored == hash => {}
                Ok(stored) => wrong = wrong.or(Some((id, hash, stored))),
                Err(error) => failure = Some(error),
            });
            if let Some(error) = failure {
                return Err(error);
            }
            if let Some((id, expected, found)) = wrong {
                return Err(LedgerError::damaged(format!("log node {} of level {}", id.index, id.level), expected, found));
            }
        }
        if header.tree_size != frontier.size() {
            return differs("tree size", frontier.size().to_string(), header.tree_size.to_string());
        }
        if header.log_root != frontier.root() {
            return differs("log root", frontier.root().to_string(), header.log_root.to_string());
        }
        Ok(())
    }

    /// [`Ledger::fsck_log`], and then every block executed anew from the genesis, with all signatures, and
    /// the resulting records compared with the stored ones. Needs memory for all records.
    ///
    /// # Errors
    /// The first difference, with both sides; or the store failed.
    pub fn fsck(&self, mut progress: impl FnMut(FsckProgress)) -> Result<Fsck, LedgerError> {
        let found = self.fsck_log(&mut progress)?;
        let view = self.view()?;
        let (mut state, records) = State::genesis(self.genesis());
        let mut replayed = Replayed(records.into_iter().map(|(key, _, record)| (key, record)).collect());
        for height in (1..=found.blocks).map(Height) {
            let (block, _) = view.block_at(height)?.ok_or_else(|| missing("header", height))?;
            let verify = |(place, entry): (usize, &eco_core::entry::SignedEntry)| -> Result<Verified, LedgerError> {
                entry.clone().verify().map_err(|defect| LedgerError::Signature { height, place, defect })
            };
            let entries = block.entries.iter().enumerate().map(verify).collect::<Result<Vec<_>, _>>()?;
            let effects = state.validate(&replayed, &block, &entries).map_err(|failure| match failure {
                Failure::Defect(defect) => LedgerError::Block { height, defect: Box::new(defect) },
                Failure::Read(error) => error,
            })?;
            effects.records.into_iter().for_each(|(key, _, record)| drop(replayed.0.insert(key, record)));
            state = effects.next;
            progress(FsckProgress { stage: FsckStage::Replay, height, entries: state.frontier().size(), heights: Height(found.blocks) });
        }
        if view.state().tip().height == state.tip().height && view.state().map().root() != state.map().root() {
            return Err(LedgerError::damaged("the state root", state.map().root(), view.state().map().root()));
        }
        let rows = crate::recovery::map_of_rows(self.store())?;
        if self.tip().height == state.tip().height && rows.root() != state.map().root() {
            return Err(LedgerError::damaged("the root of the stored records", state.map().root(), rows.root()));
        }
        Ok(found)
    }
}
