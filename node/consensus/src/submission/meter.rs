//! How much a peer may send, and which entries were offered when.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// A token bucket: so many at once, so many per second in the long run.
#[derive(Clone, Debug)]
pub(crate) struct Bucket {
    burst: u32,
    per_second: u32,
    left: f64,
    at: Instant,
}

impl Bucket {
    /// A full bucket.
    #[must_use]
    pub(crate) fn full(burst: u32, per_second: u32, now: Instant) -> Self {
        Self { burst, per_second, left: f64::from(burst), at: now }
    }

    /// Takes `count`, if that many are there; else nothing.
    pub(crate) fn take(&mut self, count: u32, now: Instant) -> bool {
        let passed = now.saturating_duration_since(self.at).as_secs_f64();
        self.left = (self.left + passed * f64::from(self.per_second)).min(f64::from(self.burst));
        self.at = now;
        let fits = self.left >= f64::from(count);
        if fits {
            self.left -= f64::from(count);
        }
        fits
    }
}

/// When which entry was offered to the validators last.
///
/// An entry that is still in the pool after a period is offered again: whoever had it may have
/// crashed, or been cut off.
#[derive(Debug)]
pub(crate) struct Offers<Id> {
    period: Duration,
    offered: BTreeMap<Id, Instant>,
}

impl<Id: Ord> Offers<Id> {
    /// Nothing has been offered yet.
    #[must_use]
    pub(crate) fn every(period: Duration) -> Self {
        Self { period, offered: BTreeMap::new() }
    }

    /// Whether it is time to offer this entry; if so, it is taken as offered now.
    pub(crate) fn due(&mut self, id: Id, now: Instant) -> bool {
        let due = self.offered.get(&id).is_none_or(|at| now.saturating_duration_since(*at) >= self.period);
        if due {
            self.offered.insert(id, now);
        }
        due
    }

    /// The validators have it from somebody else.
    pub(crate) fn heard(&mut self, id: Id, now: Instant) {
        self.offered.insert(id, now);
    }

    /// Forgets what would be offered again anyway.
    pub(crate) fn forget_old(&mut self, now: Instant) {
        self.offered.retain(|_, at| now.saturating_duration_since(*at) < self.period);
    }

    #[cfg(test)]
    /// Entries remembered.
    #[must_use]
    pub(crate) fn len(&self) -> usize {
        self.offered.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Without it, one member fills every validator's pool and disk queue.
    #[test]
    fn a_peer_gets_its_burst_and_then_its_rate() {
        let start = Instant::now();
        let mut bucket = Bucket::full(100, 10, start);
        assert!(bucket.take(100, start));
        assert!(!bucket.take(1, start));
        assert!(!bucket.take(11, start + Duration::from_secs(1)));
        assert!(bucket.take(10, start + Duration::from_secs(1)));
        let later = start + Duration::from_secs(3600);
        assert!(!bucket.take(101, later), "never more than the burst");
        assert!(bucket.take(100, later));
    }

    #[test]
    fn a_refused_take_costs_nothing() {
        let start = Instant::now();
        let mut bucket = Bucket::full(10, 1, start);
        assert!(!bucket.take(11, start));
        assert!(bucket.take(10, start));
    }

    /// An entry that was accepted by a node that crashed must reach the log all the same.
    #[test]
    fn an_entry_is_offered_again_after_the_period_and_not_before() {
        let start = Instant::now();
        let mut offers = Offers::every(Duration::from_secs(5));
        assert!(offers.due("a", start));
        assert!(!offers.due("a", start + Duration::from_secs(4)));
        assert!(offers.due("a", start + Duration::from_secs(5)));
        offers.heard("b", start);
        assert!(!offers.due("b", start + Duration::from_secs(1)));
        offers.forget_old(start + Duration::from_secs(60));
        assert_eq!(offers.len(), 0);
    }
}
