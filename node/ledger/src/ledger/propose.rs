//! `propose`, `validate` and `hold`: blocks that are not decided yet. They change nothing of the state.

use super::{Chain, Ledger};
use crate::error::{LedgerError, Rejected};
use crate::keys::{Family, height_key, read_undecided_key, undecided_key};
use crate::pool::Final;
use crate::store::WritePoint;
use crate::view::View;
use eco_core::codec::{decode, encode};
use eco_core::entry::EntryId;
use eco_core::header::{Block, BlockId};
use eco_core::name::{Height, Round, Timestamp};
use eco_core::state::{BlockDefect, Effects, Failure};
use std::sync::Arc;

/// Undecided blocks of one height: an honest run has one per round.
const HELD_MAX: usize = 64;

/// Where an undecided block comes from.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Origin {
    /// From a peer.
    Received = 0,
    /// Built here.
    Proposed = 1,
}

/// An undecided block and its row's key.
struct Held {
    round: Round,
    id: BlockId,
    origin: u8,
    block: Block,
}

impl Ledger {
    /// Builds the next block from the pool and holds it on the disk. Asked again for the same height and
    /// round it gives the same block, also after a restart. Without entries it is a heartbeat.
    ///
    /// Its time is `now`, but later than the previous block's: a caller whose clock is behind waits until
    /// the block would not be ahead of it by more than the allowed precision.
    ///
    /// # Errors
    /// The ledger has stopped, or the store failed.
    pub fn propose(&self, now: Timestamp, round: Round) -> Result<Block, LedgerError> {
        self.store.check()?;
        let mut chain = self.chain();
        let view = self.view()?;
        let height = view.state().tip().height.next();
        if let Some(block) = self.proposed_before(height, round)? {
            return Ok(block);
        }
        let time = now.max(view.state().tip().time.plus_ms(1));
        // Twice a block: what is refused on the way does not leave it half empty.
        let wanted = (view.state().limits().block_entries_max as usize).saturating_mul(2);
        let candidates = self.pool().candidates(wanted);
        let built = view
            .state()
            .build(&view, time, view.seal().cloned(), candidates.iter().map(|entry| (**entry).clone()))
            .map_err(|failure| failed(failure, |defect| LedgerError::Block { height, defect: Box::new(defect) }))?;
        self.drop_refused(&view, now, built.refused.iter().map(|(id, _)| id), &candidates)?;
        self.write_held(height, round, &built.block, Origin::Proposed)?;
        chain.remember(built.block.header.id(), Arc::new(built.block.clone()), built.effects);
        Ok(built.block)
    }

    /// Takes out of the pool what the committed state refuses. What only the block just built stands
    /// against stays: that block may never be decided.
    fn drop_refused<'a>(
        &self,
        view: &View<'_>,
        now: Timestamp,
        refused: impl Iterator<Item = &'a EntryId>,
        candidates: &[Arc<eco_core::entry::Verified>],
    ) -> Result<(), LedgerError> {
        let refused: std::collections::HashSet<&EntryId> = refused.collect();
        if refused.is_empty() {
            return Ok(());
        }
        for entry in candidates.iter().filter(|entry| refused.contains(&entry.signed().id())) {
            match view.state().admit(view, entry, now) {
                Ok(()) => {}
                Err(Failure::Defect(refusal)) => self.pool().finish(&entry.signed().id(), &Final::Refused(refusal)),
                Err(Failure::Read(error)) => return Err(error),
            }
        }
        Ok(())
    }

    /// Judges a proposed block completely: signatures, then every rule, then every header field. Pure but
    /// for memory: bounds against the local clock are `Header::check_time`, beside this.
    ///
    /// # Errors
    /// What of the block is at fault; or this node failed and must not vote.
    pub fn validate(&self, block: &Block) -> Result<(), Rejected> {
        self.store.check()?;
        let id = block.header.id();
        if self.chain().place_of(&id, block).is_some() {
            return Ok(());
        }
        let (effects, mut chain) = self.execute(block)?;
        chain.remember(id, Arc::new(block.clone()), effects);
        Ok(())
    }

    /// Executes a block on the head, which stays the head while the returned lock is held.
    pub(super) fn execute(&self, block: &Block) -> Result<(Effects, std::sync::MutexGuard<'_, Chain>), Rejected> {
        // A block of another parent is refused before its signatures cost anything.
        let head = self.head();
        let (header, tip) = (&block.header, head.state.tip());
        if header.height != tip.height.next() {
            return Err(BlockDefect::Header { field: "height" }.into());
        }
        if header.previous != tip.block {
            return Err(BlockDefect::Header { field: "previous" }.into());
        }
        let (found, max) = (block.entries.len(), head.state.limits().block_entries_max as usize);
        if found > max {
            return Err(BlockDefect::Limit { what: "entries in a block", found, max }.into());
        }
        let entries = self.verify_entries(&block.entries)?;
        let chain = self.chain();
        let view = self.view()?;
        let effects = view.state().validate(&view, block, &entries).map_err(|failure| failed(failure, Rejected::Block))?;
        Ok((effects, chain))
    }

    /// Keeps an undecided block of the next height on the disk, before it is voted for. Again is no write.
    ///
    /// # Errors
    /// It is no block of the next height, too many are held, the ledger has stopped, or the store failed.
    pub fn hold(&self, round: Round, block: &Block) -> Result<(), LedgerError> {
        self.store.check()?;
        let _chain = self.chain();
        let expected = self.head().state.tip().height.next();
        if block.header.height != expected {
            return Err(LedgerError::NotNext { expected, found: block.header.height });
        }
        if self.store.get(Family::Undecided, &undecided_key(expected, round, &block.header.id()))?.is_some() {
            return Ok(());
        }
        self.write_held(expected, round, block, Origin::Received)
    }

    /// An undecided block by its id: from memory where it was executed a moment ago.
    ///
    /// # Errors
    /// The ledger has stopped, or the store failed.
    pub fn held(&self, block: &BlockId) -> Result<Option<Arc<Block>>, LedgerError> {
        self.store.check()?;
        let executed = self.chain().executed.iter().find(|executed| executed.id == *block).map(|executed| executed.block.clone());
        if executed.is_some() {
            return Ok(executed);
        }
        let next = self.head().state.tip().height.next();
        let found = self.held_rows(next)?.into_iter().find(|held| held.id == *block);
        Ok(found.map(|held| Arc::new(held.block)))
    }

    /// All undecided blocks of a height, with their rounds, ascending.
    ///
    /// # Errors
    /// The ledger has stopped, or the store failed.
    pub fn held_at(&self, height: Height) -> Result<Vec<(Round, Block)>, LedgerError> {
        Ok(self.held_rows(height)?.into_iter().map(|held| (held.round, held.block)).collect())
    }

    fn proposed_before(&self, height: Height, round: Round) -> Result<Option<Block>, LedgerError> {
        let own = |held: &Held| held.round == round && held.origin == Origin::Proposed as u8;
        Ok(self.held_rows(height)?.into_iter().find(own).map(|held| held.block))
    }

    fn held_rows(&self, height: Height) -> Result<Vec<Held>, LedgerError> {
        self.store.check()?;
        let mut held = Vec::new();
        for row in self.store.scan(Family::Undecided, &height_key(height))? {
            let (key, value) = row?;
            let (at, round, id) = read_undecided_key(&key)?;
            if at != height {
                break;
            }
            let damaged =
                |found: String| LedgerError::damaged(format!("undecided block {id} of height {height}"), "an origin and the block", found);
            let (origin, bytes) = value.split_first().ok_or_else(|| damaged("nothing".to_owned()))?;
            let block: Block = decode(bytes).map_err(|defect| damaged(defect.to_string()))?;
            held.push(Held { round, id, origin: *origin, block });
        }
        Ok(held)
    }

    /// Keys of the undecided blocks of a height. Those of lower heights went when those were committed.
    pub(super) fn held_keys(&self, height: Height) -> Result<Vec<Box<[u8]>>, LedgerError> {
        let mut keys = Vec::new();
        for row in self.store.scan(Family::Undecided, &height_key(height))? {
            let (key, _) = row?;
            if read_undecided_key(&key)?.0 != height {
                break;
            }
            keys.push(key);
        }
        Ok(keys)
    }

    fn write_held(&self, height: Height, round: Round, block: &Block, origin: Origin) -> Result<(), LedgerError> {
        let found = self.held_keys(height)?.len();
        if found >= HELD_MAX {
            return Err(LedgerError::TooManyHeld { height, found, max: HELD_MAX });
        }
        let mut batch = self.store.batch();
        let mut value = vec![origin as u8];
        value.extend_from_slice(&encode(block));
        batch.put(Family::Undecided, &undecided_key(height, round, &block.header.id()), &value)?;
        self.store.write(WritePoint::Hold, batch)
    }
}

/// Tells a fault of the input from one of the store.
fn failed<D, E: From<LedgerError>>(failure: Failure<D, LedgerError>, defect: impl FnOnce(D) -> E) -> E {
    match failure {
        Failure::Defect(d) => defect(d),
        Failure::Read(error) => error.into(),
    }
}
