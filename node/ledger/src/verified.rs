//! Entries whose signatures this node has verified: a block verifies only what is not here.
//!
//! Successes only. An entry id does not cover signatures, so a hit compares the whole signed entry.

use eco_core::entry::{EntryId, SignedEntry, Verified};
use eco_core::sign::{PreparedKey, PublicKey, SignatureDefect};
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

/// Remembered entries, oldest dropped first.
pub(crate) struct VerifiedEntries {
    entries_max: usize,
    bytes_max: usize,
    inner: Mutex<Inner>,
    keys: RwLock<HashMap<PublicKey, PreparedKey>>,
}

/// Keys kept prepared: as many as a registry of version 1 has at most.
const PREPARED_KEYS_MAX: usize = 4096;

#[derive(Default)]
struct Inner {
    entries: HashMap<EntryId, (Arc<Verified>, u64)>,
    /// In order of arrival; an id that is no longer there, or there with another number, is skipped.
    order: VecDeque<(EntryId, u64)>,
    bytes: usize,
    next: u64,
    verified: u64,
}

impl VerifiedEntries {
    pub(crate) fn new(entries_max: usize, bytes_max: usize) -> Self {
        Self { entries_max, bytes_max, inner: Mutex::default(), keys: RwLock::default() }
    }

    /// The entry, verified: from memory if these very bytes were verified before.
    pub(crate) fn verify(&self, entry: &SignedEntry) -> Result<Arc<Verified>, SignatureDefect> {
        let id = entry.id();
        if let Some((known, _)) = self.lock().entries.get(&id)
            && known.same_as(entry)
        {
            return Ok(known.clone());
        }
        // Not under the lock: this is what takes time.
        let verified = Arc::new(entry.clone().verify_with(|key| self.prepare(key))?);
        self.insert(id, verified.clone());
        Ok(verified)
    }

    /// The key's point: decompressed once, for members' keys come again with every entry.
    fn prepare(&self, key: &PublicKey) -> Result<PreparedKey, SignatureDefect> {
        if let Some(known) = self.keys.read().unwrap_or_else(PoisonError::into_inner).get(key) {
            return Ok(*known);
        }
        let prepared = key.prepare()?;
        let mut keys = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        // Strangers' keys may fill it; members' are soon back.
        if keys.len() >= PREPARED_KEYS_MAX {
            keys.clear();
        }
        keys.insert(*key, prepared);
        Ok(prepared)
    }

    /// Forgets entries that are on the log.
    pub(crate) fn forget<'a>(&self, ids: impl Iterator<Item = &'a EntryId>) {
        let mut inner = self.lock();
        ids.for_each(|id| inner.remove(id));
    }

    /// Entries remembered, and signatures verified so far.
    pub(crate) fn counts(&self) -> (usize, u64) {
        let inner = self.lock();
        (inner.entries.len(), inner.verified)
    }

    fn insert(&self, id: EntryId, verified: Arc<Verified>) {
        let mut inner = self.lock();
        inner.verified = inner.verified.saturating_add(1);
        inner.remove(&id);
        let number = inner.next;
        inner.next = number.saturating_add(1);
        inner.bytes = inner.bytes.saturating_add(verified.signed().as_bytes().len());
        inner.entries.insert(id, (verified, number));
        inner.order.push_back((id, number));
        // Every id of `entries` is in `order`, so the loop ends. The second bound keeps stale places few.
        while inner.entries.len() > self.entries_max
            || inner.bytes > self.bytes_max
            || inner.order.len() > self.entries_max.saturating_mul(2)
        {
            let Some((oldest, number)) = inner.order.pop_front() else { break };
            if inner.entries.get(&oldest).is_some_and(|(_, n)| *n == number) {
                inner.remove(&oldest);
            }
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn remove(&mut self, id: &EntryId) {
        if let Some((gone, _)) = self.entries.remove(id) {
            self.bytes = self.bytes.saturating_sub(gone.signed().as_bytes().len());
        }
    }
}
