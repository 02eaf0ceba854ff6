//! Batches on their way to one peer: a few under way, the rest in a bounded queue.
//!
//! Without the queue a batch that finds its peer busy would wait until it is offered again, seconds later.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use bytes::Bytes;
use eco_core::entry::EntryId;
use eco_ledger::Ledger;

use super::Waiting;
use super::message::BatchKind;
use crate::limits::{OUTBOUND_PER_PEER_MAX, QUEUED_BYTES_PER_PEER_MAX, QUEUED_PER_PEER_MAX};

/// How long a peer that says it is busy is left alone.
pub(super) const BUSY_PAUSE: Duration = Duration::from_millis(100);

/// A batch for one peer, and who waits for its answers.
#[derive(Debug)]
pub(super) struct Outgoing {
    pub(super) kind: BatchKind,
    pub(super) entries: Vec<Bytes>,
    /// Of gossip: what the entries are, in their order.
    pub(super) ids: Vec<EntryId>,
    pub(super) waiting: Waiting,
}

impl Outgoing {
    fn bytes(&self) -> usize {
        self.entries.iter().map(Bytes::len).sum()
    }

    /// Leaves out gossip that became final, or was dropped, while it waited for its turn.
    pub(super) fn forget_final(&mut self, ledger: &Ledger) {
        if self.ids.is_empty() {
            return;
        }
        let pending = ledger.are_pending(&self.ids);
        let mut keep = pending.iter();
        self.entries.retain(|_| keep.next() == Some(&true));
        let mut keep = pending.iter();
        self.ids.retain(|_| keep.next() == Some(&true));
    }
}

/// The way to one peer.
#[derive(Debug, Default)]
pub(super) struct Lane {
    under_way: usize,
    queue: VecDeque<Outgoing>,
    /// Entries in the queue.
    queued: usize,
    /// Their bytes.
    queued_bytes: usize,
    paused_until: Option<Instant>,
}

impl Lane {
    /// Takes a batch in; gives it back if the queue is full.
    pub(super) fn push(&mut self, batch: Outgoing) -> Result<(), Outgoing> {
        let queued = self.queued.saturating_add(batch.entries.len());
        let queued_bytes = self.queued_bytes.saturating_add(batch.bytes());
        if queued > QUEUED_PER_PEER_MAX || queued_bytes > QUEUED_BYTES_PER_PEER_MAX {
            return Err(batch);
        }
        (self.queued, self.queued_bytes) = (queued, queued_bytes);
        self.queue.push_back(batch);
        Ok(())
    }

    /// The next batch to send now, counted as under way.
    pub(super) fn next(&mut self, now: Instant) -> Option<Outgoing> {
        if self.under_way >= OUTBOUND_PER_PEER_MAX || self.paused_until.is_some_and(|until| now < until) {
            return None;
        }
        self.paused_until = None;
        let batch = self.queue.pop_front()?;
        self.queued = self.queued.saturating_sub(batch.entries.len());
        self.queued_bytes = self.queued_bytes.saturating_sub(batch.bytes());
        self.under_way += 1;
        Some(batch)
    }

    /// A batch came to its end.
    pub(super) fn ended(&mut self) {
        self.under_way = self.under_way.saturating_sub(1);
    }

    /// The peer had too much to do: the batch goes first again, after a pause.
    pub(super) fn busy(&mut self, batch: Outgoing, now: Instant) {
        self.queued = self.queued.saturating_add(batch.entries.len());
        self.queued_bytes = self.queued_bytes.saturating_add(batch.bytes());
        self.queue.push_front(batch);
        self.paused_until = Some(now + BUSY_PAUSE);
    }

    /// Whether nothing is under way or queued: then a hello may go.
    pub(super) fn is_idle(&self) -> bool {
        self.under_way == 0 && self.queue.is_empty()
    }

    /// Entries waiting for their turn.
    pub(super) const fn queued(&self) -> usize {
        self.queued
    }

    /// Everything that was not sent: the peer is gone.
    pub(super) fn drain(&mut self) -> Vec<Outgoing> {
        (self.queued, self.queued_bytes) = (0, 0);
        self.queue.drain(..).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use eco_core::entry::SignedEntry;
    use eco_core::name::Timestamp;

    fn batch(entries: usize) -> Outgoing {
        Outgoing { kind: BatchKind::Gossip, entries: vec![Bytes::new(); entries], ids: vec![], waiting: Waiting::Nobody }
    }

    /// A batch that is dropped because a peer is busy for a moment waits seconds until it is offered again.
    #[test]
    fn a_busy_peer_gets_the_batch_a_moment_later() {
        let (mut lane, now) = (Lane::default(), Instant::now());
        for _ in 0..OUTBOUND_PER_PEER_MAX + 1 {
            lane.push(batch(1)).unwrap();
        }
        let first = lane.next(now).unwrap();
        while lane.next(now).is_some() {}
        assert_eq!(lane.queued(), 1, "no more than so many under way");
        lane.ended();
        lane.busy(first, now);
        assert_eq!(lane.queued(), 2);
        assert!(lane.next(now).is_none(), "left alone");
        assert!(lane.next(now + BUSY_PAUSE).is_some());
    }

    #[test]
    fn the_queue_is_bounded_and_gives_back_what_does_not_fit() {
        let mut lane = Lane::default();
        lane.push(batch(QUEUED_PER_PEER_MAX)).unwrap();
        assert_eq!(lane.push(batch(1)).unwrap_err().entries.len(), 1);
        assert_eq!(lane.drain().len(), 1);
        assert!(lane.is_idle());
        lane.push(batch(1)).unwrap();
    }

    /// Few entries of 32 KiB fill the memory that many small ones may.
    #[test]
    fn the_queue_is_bounded_in_bytes_as_well() {
        let (mut lane, now) = (Lane::default(), Instant::now());
        let large = || Outgoing { entries: vec![Bytes::from(vec![0; 1 << 20])], ..batch(0) };
        while lane.push(large()).is_ok() {}
        assert_eq!(lane.queued(), QUEUED_BYTES_PER_PEER_MAX >> 20);
        let sent = lane.next(now).unwrap();
        lane.push(large()).unwrap();
        lane.busy(sent, now);
        assert!(lane.push(large()).is_err(), "what comes back counts again");
        assert_eq!(lane.drain().len(), (QUEUED_BYTES_PER_PEER_MAX >> 20) + 1);
        lane.push(large()).unwrap();
    }

    /// What came onto the log while it waited would be refused by the peer, entry by entry.
    #[test]
    fn gossip_that_is_no_longer_pending_is_left_out() {
        let (_dir, ledger) = crate::testing::open_ledger();
        let entries = [crate::testing::entry(1), crate::testing::entry(2), crate::testing::entry(3)];
        let ids = entries.iter().map(|bytes| SignedEntry::decode(bytes).unwrap().id()).collect();
        for waits in [&entries[0], &entries[2]] {
            ledger.submit(waits, Timestamp(1_000_000)).unwrap();
        }
        let mut gossip = Outgoing { entries: entries.to_vec(), ids, ..batch(0) };
        gossip.forget_final(&ledger);
        assert_eq!(gossip.entries, [entries[0].clone(), entries[2].clone()]);
        assert_eq!(gossip.ids.len(), 2);
        let mut submitted = Outgoing { kind: BatchKind::Submit, entries: entries.to_vec(), ..batch(0) };
        submitted.forget_final(&ledger);
        assert_eq!(submitted.entries.len(), 3, "a client's batch is answered entry by entry");
    }
}
