//! Entries that wait for a block, and who waits for them.
//!
//! Only verified entries get here. Bounded in all, per member and per conflict key, so that no member
//! crowds out another and no crowd of entries that exclude one another fills it. Members take turns;
//! within one member, first come is first served. An entry leaves with its outcome: committed, or refused
//! with the reason; nothing is tried again. Whoever removes an entry touches a fixed number of index places
//! (each of logarithmic depth in a bounded pool), never the whole pool.

use crate::error::PoolFull;
use crate::options::PoolLimits;
use eco_core::Fingerprint;
use eco_core::entry::{Entry, EntryId, Verified};
use eco_core::name::{Height, OrgId, Revision, Timestamp};
use eco_core::number::ReferenceKey;
use eco_core::state::{RecordKey, Refusal};
use eco_core::statement::Statement;
use std::collections::btree_map::Entry as Place;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Bound;
use std::sync::Arc;
use tokio::sync::oneshot;

/// What became of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Final {
    /// On the log: final and durable.
    Committed {
        /// Its index.
        index: u64,
        /// Its block.
        height: Height,
    },
    /// It will not enter unless it is mended and submitted anew.
    Refused(Refusal),
    /// Neither on the log nor in this node's pool.
    Unknown,
}

/// What two entries cannot both do: at most one of them enters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum ConflictKey {
    /// Record this fingerprint.
    Fingerprint(OrgId, Fingerprint),
    /// Take this certificate number.
    Reference(OrgId, ReferenceKey),
    /// Change this revision of a record.
    Revision(RecordKey, Revision),
}

/// The conflict keys of an entry: at most three.
pub(crate) fn conflict_keys(entry: &Entry) -> Vec<ConflictKey> {
    match &entry.statement {
        Statement::Anchor(anchor) => {
            let fingerprint = ConflictKey::Fingerprint(entry.author, anchor.fingerprint);
            let reference = anchor.reference.map(|reference| ConflictKey::Reference(entry.author, reference));
            let replaced = anchor.supersedes.map(|old| ConflictKey::Revision(RecordKey::Document(old.document), old.base));
            [Some(fingerprint), reference, replaced].into_iter().flatten().collect()
        }
        _ => entry.base().map(|(record, base)| ConflictKey::Revision(record, base)).into_iter().collect(),
    }
}

/// Entries of the pool that came after a point, for gossip.
#[derive(Debug, Clone)]
pub struct Offer {
    /// In order of arrival.
    pub entries: Vec<Arc<Verified>>,
    /// Where the next offer begins.
    pub next: u64,
}

struct Slot {
    entry: Arc<Verified>,
    arrival: u64,
    keys: Vec<ConflictKey>,
}

#[derive(Default)]
struct Share {
    arrivals: BTreeMap<u64, EntryId>,
    bytes: usize,
}

/// The pool.
pub(crate) struct Pool {
    limits: PoolLimits,
    slots: HashMap<EntryId, Slot>,
    arrivals: BTreeMap<u64, EntryId>,
    organisations: BTreeMap<OrgId, Share>,
    conflicts: HashMap<ConflictKey, Vec<EntryId>>,
    expiry: BTreeSet<(Timestamp, u64)>,
    waiters: HashMap<EntryId, Vec<oneshot::Sender<Final>>>,
    waiting: usize,
    bytes: usize,
    next_arrival: u64,
    /// Whose turn was first in the last block; the next one begins after it.
    last_first: Option<OrgId>,
}

impl Pool {
    pub(crate) fn new(limits: PoolLimits) -> Self {
        Self {
            limits,
            slots: HashMap::new(),
            arrivals: BTreeMap::new(),
            organisations: BTreeMap::new(),
            conflicts: HashMap::new(),
            expiry: BTreeSet::new(),
            waiters: HashMap::new(),
            waiting: 0,
            bytes: 0,
            next_arrival: 1,
            last_first: None,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.slots.len()
    }

    pub(crate) const fn bytes(&self) -> usize {
        self.bytes
    }

    pub(crate) const fn waiting(&self) -> usize {
        self.waiting
    }

    pub(crate) fn contains(&self, id: &EntryId) -> bool {
        self.slots.contains_key(id)
    }

    /// Number of the last arrival.
    pub(crate) const fn last_arrival(&self) -> u64 {
        self.next_arrival.saturating_sub(1)
    }

    /// Takes an entry in. An intent that is in the pool already stays as it is.
    pub(crate) fn insert(&mut self, entry: Arc<Verified>) -> Result<(), PoolFull> {
        let signed = entry.signed();
        let (id, author, not_after, bytes) = (signed.id(), signed.entry().author, signed.entry().not_after, signed.as_bytes().len());
        if self.slots.contains_key(&id) {
            return Ok(());
        }
        let keys = conflict_keys(signed.entry());
        self.check_room(author, bytes, &keys)?;
        let arrival = self.next_arrival;
        self.next_arrival = arrival.saturating_add(1);
        self.bytes = self.bytes.saturating_add(bytes);
        self.arrivals.insert(arrival, id);
        let share = self.organisations.entry(author).or_default();
        share.arrivals.insert(arrival, id);
        share.bytes = share.bytes.saturating_add(bytes);
        self.expiry.insert((not_after, arrival));
        keys.iter().for_each(|key| self.conflicts.entry(*key).or_default().push(id));
        self.slots.insert(id, Slot { entry, arrival, keys });
        Ok(())
    }

    fn check_room(&self, organisation: OrgId, bytes: usize, keys: &[ConflictKey]) -> Result<(), PoolFull> {
        let limits = &self.limits;
        let total = |what, found: usize, more: usize, max| {
            if found.saturating_add(more) > max { Err(PoolFull::Total { what, found, max }) } else { Ok(()) }
        };
        total("entries", self.slots.len(), 1, limits.entries_max)?;
        total("bytes", self.bytes, bytes, limits.bytes_max)?;
        if let Some(share) = self.organisations.get(&organisation) {
            let own = |what, found: usize, more: usize, max| {
                if found.saturating_add(more) > max { Err(PoolFull::Organisation { organisation, what, found, max }) } else { Ok(()) }
            };
            own("entries", share.arrivals.len(), 1, limits.organisation_entries_max)?;
            own("bytes", share.bytes, bytes, limits.organisation_bytes_max)?;
        }
        let rivals = keys.iter().filter_map(|key| self.conflicts.get(key)).map(Vec::len).max().unwrap_or(0);
        if rivals >= limits.conflict_entries_max {
            return Err(PoolFull::Conflict { found: rivals, max: limits.conflict_entries_max });
        }
        Ok(())
    }

    /// Entries for the next block: members in turn, each its oldest first; at most `max`.
    pub(crate) fn candidates(&mut self, max: usize) -> Vec<Arc<Verified>> {
        let after = self.last_first.map_or(Bound::Unbounded, Bound::Excluded);
        let turns = self.organisations.range((after, Bound::Unbounded));
        let wrapped = self.organisations.iter().take_while(|(org, _)| self.last_first.is_some_and(|last| **org <= last));
        let mut queues: Vec<_> = turns.chain(wrapped).map(|(org, share)| (*org, share.arrivals.values())).collect();
        let first = queues.first().map(|(org, _)| *org);
        let mut taken = Vec::new();
        while taken.len() < max && !queues.is_empty() {
            queues.retain_mut(|(_, ids)| {
                if taken.len() >= max {
                    return true;
                }
                let Some(slot) = ids.next().and_then(|id| self.slots.get(id)) else { return false };
                taken.push(slot.entry.clone());
                true
            });
        }
        self.last_first = first.or(self.last_first);
        taken
    }

    /// Entries that came after arrival `since`, oldest first, within both bounds.
    pub(crate) fn offer(&self, since: u64, entries_max: usize, bytes_max: usize) -> Offer {
        let mut offer = Offer { entries: Vec::new(), next: since };
        let mut bytes = 0usize;
        for (arrival, id) in self.arrivals.range((Bound::Excluded(since), Bound::Unbounded)) {
            let Some(slot) = self.slots.get(id) else { continue };
            bytes = bytes.saturating_add(slot.entry.signed().as_bytes().len());
            if offer.entries.len() >= entries_max || (bytes > bytes_max && !offer.entries.is_empty()) {
                return offer;
            }
            offer.entries.push(slot.entry.clone());
            offer.next = *arrival;
        }
        offer.next = self.last_arrival().max(since);
        offer
    }

    /// Entries that exclude the given one, other than itself.
    pub(crate) fn rivals(&self, entry: &Entry, id: &EntryId) -> Vec<Arc<Verified>> {
        let keys = conflict_keys(entry);
        let ids = keys.iter().filter_map(|key| self.conflicts.get(key)).flatten().filter(|other| *other != id);
        ids.filter_map(|other| self.slots.get(other)).map(|slot| slot.entry.clone()).collect()
    }

    /// Takes an entry out with its outcome and tells whoever waits for it. It need not be in the pool.
    pub(crate) fn finish(&mut self, id: &EntryId, outcome: &Final) {
        self.remove(id);
        let waiters = self.waiters.remove(id).unwrap_or_default();
        self.waiting = self.waiting.saturating_sub(waiters.len());
        // A waiter that has gone away needs no answer.
        waiters.into_iter().for_each(|waiter| drop(waiter.send(outcome.clone())));
    }

    /// Takes out entries that may no longer be on the log at `now`.
    pub(crate) fn expire(&mut self, now: Timestamp) -> usize {
        let mut expired = 0;
        while self.expiry.first().is_some_and(|(not_after, _)| *not_after < now) {
            let Some((not_after, arrival)) = self.expiry.pop_first() else { break };
            if let Some(id) = self.arrivals.get(&arrival).copied() {
                self.finish(&id, &Final::Refused(Refusal::Expired { not_after, now }));
                expired += 1;
            }
        }
        expired
    }

    /// Registers a waiter. The caller has made sure that the entry is in the pool.
    pub(crate) fn wait(&mut self, id: EntryId) -> Result<oneshot::Receiver<Final>, PoolFull> {
        let waiters = self.waiters.entry(id).or_default();
        let before = waiters.len();
        waiters.retain(|waiter| !waiter.is_closed());
        self.waiting = self.waiting.saturating_sub(before.saturating_sub(waiters.len()));
        if self.waiting >= self.limits.waiters_max {
            return Err(PoolFull::Total { what: "waiters", found: self.waiting, max: self.limits.waiters_max });
        }
        let (sender, receiver) = oneshot::channel();
        waiters.push(sender);
        self.waiting = self.waiting.saturating_add(1);
        Ok(receiver)
    }

    /// Drops all waiters: the ledger has stopped, and their entries' fate is not known.
    pub(crate) fn abandon(&mut self) {
        self.waiters.clear();
        self.waiting = 0;
    }

    /// Whether no index holds anything.
    #[cfg(test)]
    pub(crate) fn is_clean(&self) -> bool {
        self.arrivals.is_empty()
            && self.organisations.is_empty()
            && self.conflicts.is_empty()
            && self.expiry.is_empty()
            && self.waiters.is_empty()
    }

    fn remove(&mut self, id: &EntryId) {
        let Some(slot) = self.slots.remove(id) else { return };
        let signed = slot.entry.signed();
        let bytes = signed.as_bytes().len();
        self.bytes = self.bytes.saturating_sub(bytes);
        self.arrivals.remove(&slot.arrival);
        self.expiry.remove(&(signed.entry().not_after, slot.arrival));
        if let Place::Occupied(mut share) = self.organisations.entry(signed.entry().author) {
            share.get_mut().arrivals.remove(&slot.arrival);
            share.get_mut().bytes = share.get().bytes.saturating_sub(bytes);
            if share.get().arrivals.is_empty() {
                share.remove();
            }
        }
        for key in &slot.keys {
            if let Some(ids) = self.conflicts.get_mut(key) {
                // At most `conflict_entries_max` long.
                ids.retain(|other| other != id);
                if ids.is_empty() {
                    self.conflicts.remove(key);
                }
            }
        }
    }
}
