//! Signatures of entries for the pool, verified on threads of low priority: what a block or a vote waits for goes first.
//!
//! Without this, entries that come in under load take the processor from the block that would take them off the pool.

use crate::verified::VerifiedEntries;
use eco_core::entry::{SignedEntry, Verified};
use eco_core::sign::SignatureDefect;
use std::io;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};

/// Entries that one thread verifies at a time: about 3 ms of work.
const SHARE_ENTRIES: usize = 64;
/// Fewer entries than this are verified where they are, which is faster than handing them on.
const FEW_ENTRIES: usize = 8;
/// Shares that wait for a thread; whoever brings more waits.
const SHARES_MAX: usize = 64;
/// Niceness of the threads, 0 to 19: a tenth of the processor where others want it, all of it where nobody does.
const NICENESS: i32 = 10;

/// What became of one signature.
pub(crate) type Outcome = Result<Arc<Verified>, SignatureDefect>;

struct Share {
    place: usize,
    entries: Vec<SignedEntry>,
    done: SyncSender<(usize, Vec<Outcome>)>,
}

/// The threads. They end with this.
pub(crate) struct Verifier {
    verified: Arc<VerifiedEntries>,
    shares: SyncSender<Share>,
}

impl Verifier {
    /// One thread for each processor.
    pub(crate) fn start(verified: Arc<VerifiedEntries>) -> io::Result<Self> {
        let (shares, waiting) = sync_channel(SHARES_MAX);
        let waiting = Arc::new(Mutex::new(waiting));
        for n in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            let (verified, waiting) = (verified.clone(), waiting.clone());
            std::thread::Builder::new().name(format!("verify-{n}")).spawn(move || work(&verified, &waiting))?;
        }
        Ok(Self { verified, shares })
    }

    /// Verifies entries, in order. Blocks until all are done.
    pub(crate) fn verify(&self, entries: &[SignedEntry]) -> Vec<Outcome> {
        if entries.len() < FEW_ENTRIES {
            return entries.iter().map(|entry| self.verified.verify(entry)).collect();
        }
        let count = entries.len().div_ceil(SHARE_ENTRIES);
        let (done, finished) = sync_channel(count);
        for (place, share) in entries.chunks(SHARE_ENTRIES).enumerate() {
            let share = Share { place, entries: share.to_vec(), done: done.clone() };
            // The threads live as long as this; a share that is not taken is verified below.
            drop(self.shares.send(share));
        }
        drop(done);
        let mut outcomes: Vec<(usize, Vec<Outcome>)> = finished.iter().collect();
        outcomes.sort_unstable_by_key(|(place, _)| *place);
        let outcomes: Vec<Outcome> = outcomes.into_iter().flat_map(|(_, outcomes)| outcomes).collect();
        if outcomes.len() == entries.len() {
            return outcomes;
        }
        entries.iter().map(|entry| self.verified.verify(entry)).collect()
    }
}

fn work(verified: &VerifiedEntries, waiting: &Mutex<Receiver<Share>>) {
    // Of this thread alone. Where the system refuses, its priority is that of the others.
    if let Err(error) = rustix::process::setpriority_process(None, NICENESS) {
        tracing::debug!(%error, "signatures are verified at full priority");
    }
    loop {
        let share = waiting.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(Share { place, entries, done }) = share else { return };
        let outcomes = entries.iter().map(|entry| verified.verify(entry)).collect();
        drop(done.send((place, outcomes))); // whoever asked waits, or is gone
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::kit::{Kit, author_of};

    // Shares come back in any order: an outcome at another's place would take a forged entry in.
    #[test]
    fn outcomes_come_in_the_order_of_the_entries() {
        let kit = Kit::new();
        let verifier = Verifier::start(Arc::new(VerifiedEntries::new(1000, 1 << 20))).unwrap();
        let is_forged = |n: u64| n % 7 == 3;
        let entry = |n: u64| {
            let entry = kit.certificate(author_of(n), n);
            if !is_forged(n) {
                return entry;
            }
            let mut bytes = entry.as_bytes().to_vec();
            *bytes.last_mut().unwrap() ^= 1;
            SignedEntry::decode(&bytes).unwrap()
        };
        let entries: Vec<SignedEntry> = (0..300).map(entry).collect();
        let outcomes = verifier.verify(&entries);
        assert_eq!(outcomes.len(), entries.len());
        for (n, (outcome, entry)) in (0..).zip(outcomes.iter().zip(&entries)) {
            match outcome {
                Ok(verified) => assert!(!is_forged(n) && verified.same_as(entry), "{n}"),
                Err(_) => assert!(is_forged(n), "{n}"),
            }
        }
    }
}
