//! Which bounds against the local clock apply to a block: it depends on how it arrived.
//!
//! The engine keeps one verdict per value, lets invalid become valid and never the reverse. The
//! upper bound fits that: once met it stays met. A lower bound does not, so it applies once, when a
//! block of the current round is seen for the first time; a block that was locked before a
//! partition and is proposed again after it is old, and right.

use eco_core::header::{Header, TimeBound, TimeDefect};
use eco_core::name::Timestamp;

/// How far clocks may differ and proposals be late, in milliseconds: agreed on in the genesis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ClockLimits {
    /// How far the clocks of two members may differ.
    pub precision_ms: u64,
    /// How long a proposal of round 0 may take.
    pub delay_ms: u64,
}

/// How a block came to us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arrival {
    /// Sealed by a quorum, or on our disk since before a restart.
    Sealed,
    /// In parts: announced in `announced`, while we were in round `current` of its height (`None`
    /// before its first round), for the first time or not.
    Live {
        /// The round of the announcement.
        announced: u32,
        /// Our round.
        current: Option<u32>,
        /// Whether this head was seen before.
        first: bool,
    },
}

/// The bound for a block that arrived in this way.
#[must_use]
pub(crate) fn bound(arrival: Arrival, limits: ClockLimits) -> TimeBound {
    let precision_ms = limits.precision_ms;
    match arrival {
        Arrival::Sealed => TimeBound::None,
        Arrival::Live { announced, current, first: true } if current.is_none_or(|current| announced >= current) => {
            // Later rounds give more time, as the engine's own timeouts do.
            let delay_ms = limits.delay_ms.saturating_mul(u64::from(announced).saturating_add(1));
            TimeBound::Both { precision_ms, delay_ms }
        }
        Arrival::Live { .. } => TimeBound::Upper { precision_ms },
    }
}

/// Compares a block's time with the clock when it arrived; if it was early then, with the clock now.
///
/// # Errors
/// Which bound is missed.
pub(crate) fn check(header: &Header, arrived: Timestamp, now: Timestamp, arrival: Arrival, limits: ClockLimits) -> Result<(), TimeDefect> {
    match header.check_time(arrived, bound(arrival, limits)) {
        Err(TimeDefect::Early { .. }) => header.check_time(now, TimeBound::Upper { precision_ms: limits.precision_ms }),
        other => other,
    }
}

/// The time of a block that we propose now, after one of time `previous`; `None` while our clock is
/// so far behind that every time after `previous` would be early.
#[must_use]
pub(crate) fn proposal_time(previous: Timestamp, now: Timestamp, limits: ClockLimits) -> Option<Timestamp> {
    let after = previous.plus_ms(1).max(now);
    (after <= now.plus_ms(limits.precision_ms)).then_some(after)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::header_at;

    const LIMITS: ClockLimits = ClockLimits { precision_ms: 500, delay_ms: 2_000 };
    const NOW: u64 = 1_000_000;

    fn live(announced: u32, current: u32, first: bool) -> Arrival {
        Arrival::Live { announced, current: Some(current), first }
    }

    fn holds(time: u64, arrival: Arrival) -> bool {
        check(&header_at(time), Timestamp(NOW), Timestamp(NOW), arrival, LIMITS).is_ok()
    }

    #[test]
    fn a_live_block_is_neither_early_nor_late() {
        let first = live(0, 0, true);
        assert!(holds(NOW, first) && holds(NOW + 500, first) && holds(NOW - 2_500, first));
        assert!(!holds(NOW + 501, first), "early");
        assert!(!holds(NOW - 2_501, first), "late");
        assert!(holds(NOW - 6_500, live(2, 2, true)), "a later round has more time");
        assert!(!holds(NOW - 6_501, live(2, 2, true)));
    }

    /// A block locked in round 0 and proposed again after a long partition must not be refused for ever.
    #[test]
    fn a_block_proposed_again_may_be_old_but_not_early() {
        for again in [live(0, 3, true), live(0, 0, false), live(3, 3, false)] {
            assert!(holds(1, again), "{again:?}");
            assert!(!holds(NOW + 501, again), "{again:?}");
        }
    }

    #[test]
    fn a_sealed_block_is_whatever_the_quorum_says() {
        assert!(holds(1, Arrival::Sealed) && holds(u64::MAX, Arrival::Sealed));
    }

    #[test]
    fn what_was_early_on_arrival_may_be_right_now() {
        let early = header_at(NOW + 1_000);
        let at = |now| check(&early, Timestamp(NOW), Timestamp(now), live(0, 0, true), LIMITS);
        assert!(at(NOW).is_err());
        assert!(at(NOW + 500).is_ok());
    }

    #[test]
    fn a_proposer_whose_clock_is_behind_waits() {
        let time = |previous, now| proposal_time(Timestamp(previous), Timestamp(now), LIMITS).map(|time| time.0);
        assert_eq!(time(10, NOW), Some(NOW));
        assert_eq!(time(NOW, NOW), Some(NOW + 1));
        assert_eq!(time(NOW + 499, NOW), Some(NOW + 500));
        assert_eq!(time(NOW + 500, NOW), None);
    }
}
