//! `commit`: one synced batch, the high-water mark, and only then the new head.

use super::{Chain, Head, Ledger};
use crate::error::LedgerError;
use crate::keys::{Family, META_TIP, TipRow, block_row, height_key, index_key};
use crate::nodes::rows_with;
use crate::pool::Final;
use crate::store::WritePoint;
use eco_core::codec::encode;
use eco_core::entry::EntryId;
use eco_core::header::{Block, BlockId};
use eco_core::name::Height;
use eco_core::seal::Seal;
use eco_core::state::{Effects, Failure};
use std::sync::Arc;

/// A block that is final, durable and shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Committed {
    /// Its height.
    pub height: Height,
    /// Its id.
    pub block: BlockId,
    /// Entries on the log after it.
    pub tree_size: u64,
}

impl Ledger {
    /// Writes a decided block. When this returns, the block is sealed, on the disk and shown; a block that
    /// was committed before is told again, and nothing is written.
    ///
    /// # Errors
    /// The seal or the block does not hold, it is not the next one, another one was committed at its
    /// height; or the ledger has stopped, or the write failed: then opening again tells what was written.
    pub fn commit(&self, block: &Block, seal: &Seal) -> Result<Committed, LedgerError> {
        self.store.check()?;
        let chain = self.chain();
        let head = self.head();
        let (height, id) = (block.header.height, block.header.id());
        let expected = head.state.tip().height.next();
        if height < expected {
            return self.committed_before(height, id);
        }
        if height > expected {
            return Err(LedgerError::NotNext { expected, found: height });
        }
        seal.verify(&block.header, head.state.validators(), head.state.origin())
            .map_err(|defect| LedgerError::Seal { height, defect: Box::new(defect) })?;
        let (effects, mut chain) = match chain.place_of(&id, block) {
            Some(_) => (None, chain),
            // Signatures are verified under no lock; should another commit of this height come between, the
            // block no longer fits the head and is refused.
            None => {
                drop(chain);
                let (effects, chain) = self.execute(block).map_err(|rejected| rejected.at(height))?;
                (Some(effects), chain)
            }
        };
        let effects = match effects {
            Some(effects) => effects,
            None => {
                let executed = chain.place_of(&id, block).and_then(|place| chain.executed.remove(place));
                // It was found under this lock a moment ago.
                executed.ok_or_else(|| LedgerError::damaged("memory", "an executed block", "none"))?.effects
            }
        };
        self.write(&mut chain, block, seal, effects)
    }

    /// The block at a height that is on the log already must be this one.
    fn committed_before(&self, height: Height, given: BlockId) -> Result<Committed, LedgerError> {
        let header = self.view()?.header_at(height)?.ok_or(LedgerError::NotNext { expected: Height(1), found: height })?;
        let committed = header.id();
        if committed != given {
            return Err(LedgerError::Fork { height, committed, given });
        }
        Ok(Committed { height, block: committed, tree_size: header.tree_size })
    }

    fn write(&self, chain: &mut Chain, block: &Block, seal: &Seal, effects: Effects) -> Result<Committed, LedgerError> {
        let header = &effects.header;
        let mark = TipRow { height: header.height, block: header.id() };
        let committed = Committed { height: mark.height, block: mark.block, tree_size: header.tree_size };
        let mut batch = self.store.batch();
        batch.put(Family::Blocks, &height_key(mark.height), &block_row(header, block.carried_seal.as_ref()))?;
        batch.put(Family::Seals, &height_key(mark.height), &encode(seal))?;
        if !block.entries.is_empty() {
            batch.put(Family::FirstIndexes, &index_key(header.first_index), &height_key(mark.height))?;
        }
        for (index, entry) in (header.first_index..).zip(&block.entries) {
            batch.put(Family::Entries, &index_key(index), entry.as_bytes())?;
            batch.put(Family::EntryIds, entry.id().as_bytes(), &index_key(index))?;
        }
        for (key, row) in rows_with(&self.store, &effects.nodes)? {
            batch.put(Family::Nodes, &key, &row)?;
        }
        for (key, _, record) in &effects.records {
            batch.put(Family::State, key.as_bytes(), record)?;
        }
        // Single keys: a range tombstone per block would slow down every later look.
        for key in self.held_keys(mark.height)? {
            batch.delete(Family::Undecided, &key)?;
        }
        batch.put(Family::Meta, META_TIP, &mark.to_bytes())?;
        let first_index = header.first_index;
        let head = Arc::new(Head { state: effects.next, seal: Some(seal.clone()) });

        #[cfg(any(test, feature = "fault-injection"))]
        if self.store.faults.is_planted(crate::Planted::VisibleBeforeDurable) {
            self.show(head.clone());
        }
        let written = self.store.write(WritePoint::Commit, batch).and_then(|()| chain.high_water.raise(&self.store, mark));
        if let Err(error) = written {
            // Whether the block is on the log is not known, so nobody is told anything.
            self.pool().abandon();
            return Err(error);
        }
        chain.executed.clear();
        self.show(head.clone());
        self.settle(&head, block, first_index)?;
        Ok(committed)
    }

    /// The block becomes the head for readers and subscribers.
    fn show(&self, head: Arc<Head>) {
        let height = head.state.tip().height;
        self.shown.set(head);
        self.heights.send_replace(height);
    }

    /// Tells the waiters, and takes out of the pool what is on the log, what it excludes, and what is too late.
    fn settle(&self, head: &Head, block: &Block, first_index: u64) -> Result<(), LedgerError> {
        let (height, time) = (head.state.tip().height, head.state.tip().time);
        let ids: Vec<EntryId> = block.entries.iter().map(eco_core::entry::SignedEntry::id).collect();
        self.verified.forget(ids.iter());
        let view = self.view()?;
        let mut pool = self.pool();
        let mut rivals = Vec::new();
        for ((index, id), entry) in (first_index..).zip(&ids).zip(&block.entries) {
            pool.finish(id, &Final::Committed { index, height });
            rivals.append(&mut pool.rivals(entry.entry(), id));
        }
        for rival in rivals {
            match head.state.admit(&view, &rival, time) {
                Ok(()) => {}
                Err(Failure::Defect(refusal)) => pool.finish(&rival.signed().id(), &Final::Refused(refusal)),
                Err(Failure::Read(error)) => return Err(error),
            }
        }
        pool.expire(time);
        Ok(())
    }
}
