//! `submit`: duplicate? signatures? admitted? room? In this order, so that nothing touches the pool whose
//! signatures do not hold.

use super::Ledger;
use crate::error::{LedgerError, SubmitError};
use crate::view::{Inclusion, View};
use eco_core::document::DocumentId;
use eco_core::entry::{EntryId, SignedEntry, Verified};
use eco_core::name::Timestamp;
use eco_core::state::{Failure, RecordKey, Refusal};
use std::sync::Arc;

/// What became of a submission. Neither is an acknowledgement of finality but the duplicate's receipt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Submitted {
    /// In the pool of this node: it may enter a block, see [`Ledger::wait_final`].
    Pending(EntryId),
    /// On the log already.
    Duplicate(Box<Duplicate>),
}

/// What became of an entry that a peer passed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// In the pool of this node.
    Pending(EntryId),
    /// On the log already.
    OnLog {
        /// The intent.
        id: EntryId,
        /// Its place on the log.
        index: u64,
    },
}

/// The same intent is on the log: author and statement are the same, whatever key signed them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Duplicate {
    /// The intent.
    pub id: EntryId,
    /// The original entry, under the header that dates it.
    pub receipt: Inclusion,
    /// The document that it is about, if this version knows the statement.
    pub document: Option<DocumentId>,
    /// That document's record now: it may have been revoked since.
    pub record: Option<Vec<u8>>,
}

/// An entry, and where on the log it is already.
type Looked = (SignedEntry, Option<u64>);

impl Ledger {
    /// Takes an entry into the pool, or says why not. `now` is the node's clock.
    ///
    /// # Errors
    /// The entry is refused, there is no room, or this node takes no submissions.
    pub fn submit(&self, signed_entry: &[u8], now: Timestamp) -> Result<Submitted, SubmitError> {
        let stopped = || SubmitError::Ledger(LedgerError::Stopped { reason: "an entry has no outcome".to_owned() });
        self.submit_batch(&[signed_entry], now)?.pop().unwrap_or_else(|| Err(stopped()))
    }

    /// The same for several entries, under one view; one outcome each, in order.
    ///
    /// # Errors
    /// The ledger has stopped, or the store failed.
    pub fn submit_batch<B: AsRef<[u8]>>(&self, entries: &[B], now: Timestamp) -> Result<Vec<Result<Submitted, SubmitError>>, LedgerError> {
        let view = self.view()?;
        let submitted = |taken: Result<(SignedEntry, Taken), SubmitError>| match taken? {
            (_, Taken::Pending(id)) => Ok(Submitted::Pending(id)),
            (entry, Taken::OnLog { index, .. }) if index < view.tree_size() => {
                Ok(Submitted::Duplicate(Box::new(duplicate(&view, &entry, index)?)))
            }
            // Committed since the view was taken.
            (entry, Taken::OnLog { index, .. }) => Ok(Submitted::Duplicate(Box::new(duplicate(&self.view()?, &entry, index)?))),
        };
        Ok(self.take_all(&view, entries, now).into_iter().map(submitted).collect())
    }

    /// What a peer passes on: the same rules, but of an entry that is on the log only that is said, without its receipt.
    ///
    /// # Errors
    /// The ledger has stopped, or the store failed.
    pub fn take_batch<B: AsRef<[u8]>>(&self, entries: &[B], now: Timestamp) -> Result<Vec<Result<Taken, SubmitError>>, LedgerError> {
        let view = self.view()?;
        Ok(self.take_all(&view, entries, now).into_iter().map(|taken| taken.map(|(_, taken)| taken)).collect())
    }

    /// Which of these intents still wait in the pool.
    #[must_use]
    pub fn are_pending(&self, ids: &[EntryId]) -> Vec<bool> {
        let pool = self.pool();
        ids.iter().map(|id| pool.contains(id)).collect()
    }

    /// What becomes of each entry, in order. Signatures of those that are not on the log are verified together.
    fn take_all<B: AsRef<[u8]>>(&self, view: &View<'_>, entries: &[B], now: Timestamp) -> Vec<Result<(SignedEntry, Taken), SubmitError>> {
        let look = |bytes: &B| -> Result<Looked, SubmitError> {
            let entry = SignedEntry::decode(bytes.as_ref()).map_err(Refusal::from)?;
            let index = view.index_of(&entry.id())?;
            Ok((entry, index))
        };
        let looked: Vec<_> = entries.iter().map(look).collect();
        // Once for all: asking the file system costs as much as a lookup.
        let free = self.free_bytes();
        let new: Vec<SignedEntry> = match self.check_open(free) {
            Ok(()) => looked.iter().flatten().filter(|(_, index)| index.is_none()).map(|(entry, _)| entry.clone()).collect(),
            Err(_) => Vec::new(),
        };
        let mut outcomes = self.verifier.verify(&new).into_iter();
        let mut take = |(entry, index): Looked| {
            if let Some(index) = index {
                let id = entry.id();
                return Ok((entry, Taken::OnLog { id, index }));
            }
            let outcome = outcomes.next();
            self.check_open(free)?;
            // There is none only if this node was closed a moment ago.
            let verified = outcome.unwrap_or_else(|| self.verified.verify(&entry)).map_err(Refusal::from)?;
            let taken = self.take(view, verified, now)?;
            Ok((entry, taken))
        };
        looked.into_iter().map(|looked| looked.and_then(&mut take)).collect()
    }

    fn take(&self, view: &View<'_>, verified: Arc<Verified>, now: Timestamp) -> Result<Taken, SubmitError> {
        self.store.check()?;
        let id = verified.signed().id();
        if self.pool().contains(&id) {
            return Ok(Taken::Pending(id));
        }
        view.state().admit(view, &verified, now).map_err(|failure| match failure {
            Failure::Defect(refusal) => SubmitError::Refusal(refusal),
            Failure::Read(error) => SubmitError::Ledger(error),
        })?;
        let mut pool = self.pool();
        // A block may have been committed since the view was taken: its rows are written before its
        // entries leave the pool, so this look, under the pool's lock, sees it.
        if let Some(index) = crate::view::index_of(&self.store, &id)? {
            return Ok(Taken::OnLog { id, index });
        }
        let before = pool.last_arrival();
        pool.insert(verified)?;
        let last = pool.last_arrival();
        drop(pool);
        if last != before {
            self.arrivals.send_replace(last);
        }
        Ok(Taken::Pending(id))
    }

    /// Free bytes under the ledger, where that matters. A file system that does not tell is treated as full.
    fn free_bytes(&self) -> Option<u64> {
        self.free_space.as_ref().map(|free_space| free_space(&self.dir).unwrap_or(0))
    }

    /// Whether this node takes submissions at all, with so many bytes free.
    fn check_open(&self, free: Option<u64>) -> Result<(), SubmitError> {
        if self.is_behind() {
            return Err(SubmitError::Behind);
        }
        match free {
            Some(free) if free < self.free_bytes_min => Err(SubmitError::LowDisk { free, min: self.free_bytes_min }),
            Some(_) | None => Ok(()),
        }
    }
}

fn duplicate(view: &View<'_>, entry: &SignedEntry, index: u64) -> Result<Duplicate, LedgerError> {
    let receipt = view.receipt_parts(index)?;
    let receipt = receipt.ok_or_else(|| LedgerError::damaged(format!("entry {index}"), "on the log, as its id is", "not there"))?;
    let document = entry.entry().document();
    let record = document.map(|document| view.record(&RecordKey::Document(document))).transpose()?.flatten();
    Ok(Duplicate { id: entry.id(), receipt, document, record })
}
