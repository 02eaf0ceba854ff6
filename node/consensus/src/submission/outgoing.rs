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
use crate::limits::{OUTBOUND_PER_PEER_MAX, QUEUED_PER_PEER_MAX};

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
    paused_until: Option<Instant>,
}

impl Lane {
    /// Takes a batch in; gives it back if the queue is full.
    pub(super) fn push(&mut self, batch: Outgoing) -> Result<(), Outgoing> {
        let queued = self.queued.saturating_add(batch.entries.len());
        if queued > QUEUED_PER_PEER_MAX {
            return Err(batch);
        }
        self.queued = queued;
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
        self.queued = 0;
        self.queue.drain(..).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
