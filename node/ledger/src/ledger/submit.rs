//! `submit`: duplicate? signatures? admitted? room? In this order, so that nothing touches the pool whose
//! signatures do not hold.

use super::Ledger;
use crate::error::{LedgerError, SubmitError};
use crate::view::{Inclusion, View};
use eco_core::document::DocumentId;
use eco_core::entry::{EntryId, SignedEntry};
use eco_core::name::Timestamp;
use eco_core::state::{Failure, RecordKey, Refusal};

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

impl Ledger {
    /// Takes an entry into the pool, or says why not. `now` is the node's clock.
    ///
    /// # Errors
    /// The entry is refused, there is no room, or this node takes no submissions.
    pub fn submit(&self, signed_entry: &[u8], now: Timestamp) -> Result<Submitted, SubmitError> {
        let view = self.view()?;
        self.submit_at(&view, signed_entry, now)
    }

    /// The same for several entries, under one view; one outcome each, in order.
    ///
    /// # Errors
    /// The ledger has stopped, or the store failed.
    pub fn submit_batch<B: AsRef<[u8]>>(&self, entries: &[B], now: Timestamp) -> Result<Vec<Result<Submitted, SubmitError>>, LedgerError> {
        let view = self.view()?;
        Ok(entries.iter().map(|entry| self.submit_at(&view, entry.as_ref(), now)).collect())
    }

    /// What a peer passes on: the same rules, but of an entry that is on the log only that is said, without its receipt.
    ///
    /// # Errors
    /// The ledger has stopped, or the store failed.
    pub fn take_batch<B: AsRef<[u8]>>(&self, entries: &[B], now: Timestamp) -> Result<Vec<Result<Taken, SubmitError>>, LedgerError> {
        let view = self.view()?;
        let take = |bytes: &B| {
            let entry = SignedEntry::decode(bytes.as_ref()).map_err(Refusal::from)?;
            self.take(&view, &entry, now)
        };
        Ok(entries.iter().map(take).collect())
    }

    /// Which of these intents still wait in the pool.
    #[must_use]
    pub fn are_pending(&self, ids: &[EntryId]) -> Vec<bool> {
        let pool = self.pool();
        ids.iter().map(|id| pool.contains(id)).collect()
    }

    fn submit_at(&self, view: &View<'_>, signed_entry: &[u8], now: Timestamp) -> Result<Submitted, SubmitError> {
        let entry = SignedEntry::decode(signed_entry).map_err(Refusal::from)?;
        match self.take(view, &entry, now)? {
            Taken::Pending(id) => Ok(Submitted::Pending(id)),
            Taken::OnLog { index, .. } if index < view.tree_size() => Ok(Submitted::Duplicate(Box::new(duplicate(view, &entry, index)?))),
            // Committed since the view was taken.
            Taken::OnLog { index, .. } => Ok(Submitted::Duplicate(Box::new(duplicate(&self.view()?, &entry, index)?))),
        }
    }

    fn take(&self, view: &View<'_>, entry: &SignedEntry, now: Timestamp) -> Result<Taken, SubmitError> {
        self.store.check()?;
        let id = entry.id();
        if let Some(index) = view.index_of(&id)? {
            return Ok(Taken::OnLog { id, index });
        }
        self.check_open()?;
        let verified = self.verified.verify(entry).map_err(Refusal::from)?;
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

    /// Whether this node takes submissions at all.
    fn check_open(&self) -> Result<(), SubmitError> {
        if self.is_behind() {
            return Err(SubmitError::Behind);
        }
        let Some(free_space) = &self.free_space else { return Ok(()) };
        // A file system that does not tell is treated as full.
        let free = free_space(&self.dir).unwrap_or(0);
        if free < self.free_bytes_min {
            return Err(SubmitError::LowDisk { free, min: self.free_bytes_min });
        }
        Ok(())
    }
}

fn duplicate(view: &View<'_>, entry: &SignedEntry, index: u64) -> Result<Duplicate, LedgerError> {
    let receipt = view.receipt_parts(index)?;
    let receipt = receipt.ok_or_else(|| LedgerError::damaged(format!("entry {index}"), "on the log, as its id is", "not there"))?;
    let document = entry.entry().document();
    let record = document.map(|document| view.record(&RecordKey::Document(document))).transpose()?.flatten();
    Ok(Duplicate { id: entry.id(), receipt, document, record })
}
