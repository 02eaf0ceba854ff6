//! When the next height starts: blocks on demand, and one now and then when nobody asks.
//!
//! The wait lies between heights, by delaying the answer to the engine's `Finalized`: no timer of
//! the engine runs then. A resting node is woken by an entry, by anything another validator sends
//! for the next height, or by the heartbeat. It never waits while it is to build a block.

use std::time::{Duration, Instant};

use tokio::sync::watch;

/// Why a height starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wake {
    /// There are entries to put on the log.
    Entries,
    /// Another validator has started the height already.
    Others,
    /// It is time for a block, so that the age of the head stays bounded.
    Heartbeat,
}

/// How far above its own height a node remembers what it heard. Nobody is believed further: whoever
/// claims an absurd height keeps nobody awake for longer.
const AHEAD_MAX: u64 = 8;

/// The highest height of which anything was heard, shortly above our own.
#[derive(Clone, Debug)]
pub(crate) struct Heard(watch::Sender<Heights>);

#[derive(Clone, Copy, Debug, Default)]
struct Heights {
    own: u64,
    highest: u64,
}

impl Default for Heard {
    fn default() -> Self {
        Self(watch::Sender::new(Heights::default()))
    }
}

impl Heard {
    /// Something for `height` came in.
    pub(crate) fn hear(&self, height: u64) {
        self.0.send_if_modified(|heights| {
            let height = height.min(heights.own.saturating_add(AHEAD_MAX));
            let higher = height > heights.highest;
            heights.highest = height.max(heights.highest);
            higher
        });
    }

    /// This node works on `height` now.
    pub(crate) fn advance(&self, height: u64) {
        self.0.send_modify(|heights| heights.own = height);
    }
}

/// How long a node rests.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    /// A block is due this long after the last one, entries or not.
    pub heartbeat: Duration,
    /// How long to collect further entries after the first.
    pub linger: Duration,
}

impl Pace {
    /// Returns when height `next` is to start.
    ///
    /// `arrivals` changes with every entry that comes into the pool, `waiting` tells whether any is in it.
    pub(crate) async fn rest(
        self,
        next: u64,
        last_block: Instant,
        mut arrivals: watch::Receiver<u64>,
        waiting: impl Fn() -> bool,
        heard: &Heard,
    ) -> Wake {
        let mut heard = heard.0.subscribe();
        let entries = async {
            // The receiver has seen all arrivals up to here, so one that comes between look and wait is not missed.
            arrivals.mark_unchanged(); // before the first look
            while !waiting() {
                // A closed receiver never wakes: the heartbeat still does.
                if arrivals.changed().await.is_err() {
                    std::future::pending::<()>().await;
                }
            }
        };
        let others = async {
            if heard.wait_for(|heights| heights.highest >= next).await.is_err() {
                std::future::pending::<()>().await;
            }
        };
        let heartbeat = tokio::time::sleep_until((last_block + self.heartbeat).into());
        tokio::pin!(others);
        tokio::select! {
            biased;
            () = &mut others => Wake::Others,
            () = entries => {
                // Others may have started meanwhile: then there is nothing to collect for.
                let _ = tokio::time::timeout(self.linger, others).await;
                Wake::Entries
            }
            () = heartbeat => Wake::Heartbeat,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEVER: Duration = Duration::from_secs(3600);
    const SOON: Duration = Duration::from_secs(10);

    fn pace(heartbeat: Duration) -> Pace {
        Pace { heartbeat, linger: Duration::ZERO }
    }

    /// Entries in the pool; every change of it is an arrival.
    type Pool = watch::Sender<u64>;

    async fn rest(pace: Pace, next: u64, pool: &Pool, heard: &Heard) -> Wake {
        pace.rest(next, Instant::now(), pool.subscribe(), || *pool.borrow() > 0, heard).await
    }

    async fn woken(pace: Pace, next: u64, pool: &Pool, heard: &Heard) -> Option<Wake> {
        tokio::time::timeout(SOON, rest(pace, next, pool, heard)).await.ok()
    }

    /// Whether a rest is still going on after everything ready has run.
    async fn rests(pace: Pace, next: u64, pool: &Pool, heard: &Heard) -> bool {
        tokio::time::timeout(Duration::from_millis(50), rest(pace, next, pool, heard)).await.is_err()
    }

    #[tokio::test]
    async fn an_idle_node_rests() {
        assert!(rests(pace(NEVER), 5, &watch::Sender::new(0), &Heard::default()).await);
    }

    /// An entry that came before the rest, or during it, wakes: none waits for the heartbeat.
    #[tokio::test]
    async fn an_entry_wakes_whenever_it_comes() {
        let heard = Heard::default();
        assert_eq!(woken(pace(NEVER), 5, &watch::Sender::new(1), &heard).await, Some(Wake::Entries));
        let pool = watch::Sender::new(0);
        let (woken, ()) = tokio::join!(woken(pace(NEVER), 5, &pool, &heard), async {
            tokio::task::yield_now().await;
            pool.send_replace(1);
        });
        assert_eq!(woken, Some(Wake::Entries));
    }

    #[tokio::test]
    async fn a_message_for_the_next_height_wakes_and_one_for_this_height_does_not() {
        let (pool, heard) = (watch::Sender::new(0), Heard::default());
        heard.advance(4);
        heard.hear(4);
        assert!(rests(pace(NEVER), 5, &pool, &heard).await);
        heard.hear(5);
        heard.hear(3); // the highest counts
        assert_eq!(woken(pace(NEVER), 5, &pool, &heard).await, Some(Wake::Others));
    }

    #[tokio::test]
    async fn the_heartbeat_wakes() {
        let woken = woken(pace(Duration::from_millis(1)), 5, &watch::Sender::new(0), &Heard::default()).await;
        assert_eq!(woken, Some(Wake::Heartbeat));
    }

    /// One absurd message must not keep the network making empty blocks for ever.
    #[tokio::test]
    async fn whoever_claims_an_absurd_height_keeps_nobody_awake() {
        let (pool, heard) = (watch::Sender::new(0), Heard::default());
        heard.advance(4);
        heard.hear(u64::MAX);
        assert_eq!(woken(pace(NEVER), 5, &pool, &heard).await, Some(Wake::Others));
        heard.advance(5 + AHEAD_MAX);
        assert!(rests(pace(NEVER), 5 + AHEAD_MAX + 1, &pool, &heard).await);
        heard.hear(5 + AHEAD_MAX + 1);
        assert_eq!(woken(pace(NEVER), 5 + AHEAD_MAX + 1, &pool, &heard).await, Some(Wake::Others));
    }

    #[tokio::test]
    async fn lingering_ends_when_another_validator_starts() {
        let (pool, heard) = (watch::Sender::new(1), Heard::default());
        let lingering = Pace { heartbeat: NEVER, linger: NEVER };
        let (woken, ()) = tokio::join!(woken(lingering, 5, &pool, &heard), async {
            tokio::task::yield_now().await;
            heard.hear(5);
        });
        assert_eq!(woken, Some(Wake::Entries));
    }
}
