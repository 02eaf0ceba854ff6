//! Says how consensus is doing, and when it is not.
//!
//! Three things can be wrong. The engine gave up for safety's sake (its WAL cannot be trusted): the
//! process lives, reads are served, and only an operator may start it again. The engine stopped for
//! another reason: the process is to end, and its supervisor starts it again. Or nothing happens
//! although something should: that is said, and the composition root ends the process.

use std::sync::Arc;
use std::time::{Duration, Instant};

use eco_ledger::Ledger;
use malachite::NetworkRequest;
use tokio::sync::{mpsc, watch};

use crate::limits::{SYNCING_LAG_HEIGHTS, WATCHDOG_PERIOD};
use crate::pace::Heard;
use crate::submission::PeerView;

/// How far this node has come; written by the application loop.
#[derive(Clone, Debug)]
pub(crate) struct Progress(watch::Sender<Point>);

#[derive(Clone, Debug, Default)]
struct Point {
    round: Option<u32>,
    committed: u64,
    /// A height that the WAL decides again, of whose block the ledger knows nothing.
    lost: Option<u64>,
    failure: Option<String>,
}

impl Progress {
    pub(crate) fn at(height: u64) -> Self {
        Self(watch::Sender::new(Point { committed: height, ..Point::default() }))
    }

    pub(crate) fn round(&self, round: Option<u32>) {
        self.0.send_modify(|point| point.round = round);
    }

    pub(crate) fn committed(&self, height: u64) {
        self.0.send_modify(|point| point.committed = height);
    }

    /// The first failure stays.
    pub(crate) fn fail(&self, reason: String) {
        self.0.send_modify(|point| {
            point.failure.get_or_insert(reason);
        });
    }

    /// The WAL decides a block that the ledger does not hold: it had held it, and was put back.
    pub(crate) fn lost(&self, height: u64) {
        self.0.send_modify(|point| point.lost = Some(height));
    }

    pub(crate) fn take_lost(&self) -> Option<u64> {
        let mut lost = None;
        self.0.send_modify(|point| lost = point.lost.take());
        lost
    }

    pub(crate) async fn has_lost(&self) {
        let mut point = self.0.subscribe();
        drop(point.wait_for(|point| point.lost.is_some()).await); // the sender lives as long as `self`
    }

    pub(crate) fn failure(&self) -> Option<String> {
        self.0.borrow().failure.clone()
    }

    pub(crate) async fn failed(&self) -> String {
        let mut point = self.0.subscribe();
        let failed = point.wait_for(|point| point.failure.is_some()).await;
        failed.ok().and_then(|point| point.failure.clone()).unwrap_or_default()
    }
}

/// Whether this node votes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Voting {
    /// It has no consensus key.
    Follows,
    /// It votes, where its key is in the set.
    Votes,
    /// Its key has signed at a height that this node has not reached, or refused to contradict itself:
    /// it follows until that height is on the log, and then votes again.
    Withheld {
        /// The height.
        until: u64,
    },
}

/// How consensus is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Health {
    /// Nothing is wrong.
    Good,
    /// No new height, although one is due.
    Stuck(String),
    /// The engine gave up so as not to contradict itself. Serve reads, refuse submissions, do not restart.
    SafetyFailure(String),
    /// Engine or ledger failed otherwise: end the process.
    Stopped(String),
}

/// What is told about consensus.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// The last height on the log.
    pub height: u64,
    /// The round of the height under way, if it has begun.
    pub round: Option<u32>,
    /// Peers connected to the consensus swarm.
    pub consensus_peers: usize,
    /// Peers connected to the submission swarm.
    pub peers: PeerView,
    /// Whether peers are ahead, so that submissions are refused here.
    pub syncing: bool,
    /// Whether this node votes.
    pub voting: Voting,
    /// Whether anything is wrong.
    pub health: Health,
}

impl Status {
    pub(crate) fn starting(height: u64) -> Self {
        Self {
            height,
            round: None,
            consensus_peers: 0,
            peers: PeerView::default(),
            syncing: false,
            voting: Voting::Follows,
            health: Health::Good,
        }
    }
}

/// What the watchdog looks at to tell whether nothing happens although something should.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Observation {
    /// The last height here.
    pub height: u64,
    /// The highest height of a peer.
    pub best_peer_height: u64,
    /// Validators in the set.
    pub validators: usize,
    /// Of these, those that we are connected to, and ourselves if we vote.
    pub reachable: usize,
    /// Whether a block is due: entries wait, or the heartbeat has passed.
    pub block_due: bool,
    /// How long the height has been what it is.
    pub unchanged: Duration,
}

impl Observation {
    /// Why this is a silent stall, if it is one. Without a quorum nothing is due: a restart helps nothing.
    #[must_use]
    pub(crate) fn stall(&self, stall_after: Duration) -> Option<String> {
        if self.unchanged < stall_after {
            return None;
        }
        let seconds = self.unchanged.as_secs();
        if self.best_peer_height > self.height {
            let (ours, theirs) = (self.height, self.best_peer_height);
            return Some(format!("height {ours} for {seconds} s, although a peer is at {theirs}"));
        }
        let quorum = self.reachable.saturating_mul(3) > self.validators.saturating_mul(2);
        (quorum && self.block_due).then(|| {
            let (reachable, validators) = (self.reachable, self.validators);
            format!("no block for {seconds} s, although {reachable} of {validators} validators are connected")
        })
    }

    /// Whether peers are so far ahead that our state is old.
    #[must_use]
    pub(crate) fn syncing(&self) -> bool {
        self.best_peer_height >= self.height.saturating_add(SYNCING_LAG_HEIGHTS)
    }
}

/// Looks once a second, and whenever something is told.
pub(crate) struct Watchdog {
    pub(crate) ledger: Arc<Ledger>,
    pub(crate) progress: Progress,
    pub(crate) peers: watch::Receiver<PeerView>,
    pub(crate) status: watch::Sender<Status>,
    pub(crate) heartbeat: Duration,
    pub(crate) stall_after: Duration,
    pub(crate) own_vote: bool,
    pub(crate) heard: Heard,
}

impl Watchdog {
    /// Runs as long as the engine's network task does.
    pub(crate) async fn watch(mut self, network: mpsc::Sender<NetworkRequest>) {
        let mut tick = tokio::time::interval(WATCHDOG_PERIOD);
        let mut heights = self.ledger.subscribe();
        let (mut height, mut since) = (heights.borrow().0, Instant::now());
        let mut consensus_peers = 0;
        loop {
            tokio::select! {
                changed = heights.changed() => if changed.is_err() { return },
                changed = self.peers.changed() => if changed.is_err() { return },
                _ = tick.tick() => match NetworkRequest::dump_state(&network).await {
                    Ok(dump) => consensus_peers = dump.map_or(0, |dump| dump.peers.len()),
                    Err(_) if network.is_closed() => return,
                    Err(_) => {}
                },
            }
            let now = heights.borrow_and_update().0;
            if now != height {
                (height, since) = (now, Instant::now());
            }
            self.look(height, since.elapsed(), consensus_peers);
        }
    }

    fn look(&mut self, height: u64, unchanged: Duration, consensus_peers: usize) {
        let peers = *self.peers.borrow_and_update();
        // A peer that has the next height need not have reached us with a message of it.
        self.heard.hear(peers.best_height);
        let observation = Observation {
            height,
            best_peer_height: peers.best_height,
            validators: self.ledger.state().validators().validators().len(),
            reachable: peers.validators + usize::from(self.own_vote),
            block_due: self.ledger.pool_len() > 0 || unchanged > self.heartbeat,
            unchanged,
        };
        let syncing = observation.syncing();
        self.ledger.set_behind(syncing);
        let stall = observation.stall(self.stall_after);
        let round = self.progress.0.borrow().round;
        self.status.send_if_modified(|status| {
            let before = status.clone();
            (status.height, status.round, status.syncing) = (height, round, syncing);
            (status.consensus_peers, status.peers) = (consensus_peers, peers);
            status.health = match (&status.health, stall) {
                // What the engine's end means is not for us to take back.
                (Health::SafetyFailure(_) | Health::Stopped(_), _) => return *status != before,
                (_, Some(reason)) => Health::Stuck(reason),
                (_, None) => Health::Good,
            };
            *status != before
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AFTER: Duration = Duration::from_secs(60);

    fn quiet() -> Observation {
        Observation {
            height: 10,
            best_peer_height: 10,
            validators: 4,
            reachable: 4,
            block_due: false,
            unchanged: Duration::from_secs(3600),
        }
    }

    #[test]
    fn an_idle_network_is_no_stall() {
        assert_eq!(quiet().stall(AFTER), None);
    }

    #[test]
    fn a_due_block_that_a_quorum_could_make_is_a_stall() {
        let due = Observation { block_due: true, ..quiet() };
        assert!(due.stall(AFTER).is_some());
        assert!(Observation { reachable: 3, ..due }.stall(AFTER).is_some());
        assert_eq!(Observation { unchanged: Duration::from_secs(59), ..due }.stall(AFTER), None);
    }

    /// A restart loop during an outage of others would only make recovery slower.
    #[test]
    fn without_a_quorum_nothing_is_due() {
        assert_eq!(Observation { block_due: true, reachable: 2, ..quiet() }.stall(AFTER), None);
    }

    #[test]
    fn a_peer_ahead_is_a_stall_with_or_without_quorum() {
        let behind = Observation { best_peer_height: 11, reachable: 1, ..quiet() };
        assert!(behind.stall(AFTER).is_some());
        assert!(!behind.syncing(), "one height is ordinary delay");
        assert!(Observation { best_peer_height: 12, ..behind }.syncing());
    }
}
