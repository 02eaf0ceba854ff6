//! Consensus as one thing: started, told about, stopped.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use eco_core::name::Height;
use eco_ledger::Ledger;
use malachite::app::engine::util::events::Event;
use malachite::app::types::core::LinearTimeouts;
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

use crate::app::{self, App, Ended, Shared};
use crate::clock::Clock;
use crate::config::{ConsensusConfig, Identity, StepTimeouts, multiaddr, peer_id};
use crate::engine::{self, EngineEnd, Running, Settings, StartError, withheld_until};
use crate::originals::Originals;
use crate::pace::{Heard, Pace};
use crate::scheme::{NotaryVerifier, SignedBytes};
use crate::signer::NotarySigner;
use crate::signer_state::{SignerState, SignerStateError};
use crate::submission::message::EntryAnswer;
use crate::submission::{HandOverError, ListedPeer, Submission, SubmissionSettings};
use crate::time_bounds::ClockLimits;
use crate::watchdog::{Health, Progress, Status, Voting, Watchdog};
use crate::withheld::{Withheld, put_aside};

/// The signer state in the home directory.
pub(crate) const SIGNER_STATE_FILE: &str = "signer-state";
/// Pause between two runs of the engine, so that one that ends at once does not spin.
const RESTART_PAUSE: Duration = Duration::from_millis(200);

/// Creates the signer state of a new consensus key: once, when the node is set up.
///
/// # Errors
/// There is one already, or the disk fails.
pub fn create_signer_state(home: &Path) -> Result<(), SignerStateError> {
    let disk = |source| SignerStateError::Disk { path: home.into(), source };
    std::fs::create_dir_all(home).map_err(disk)?;
    SignerState::create(&home.join(SIGNER_STATE_FILE))
}

/// Consensus in operation.
#[derive(Debug)]
pub struct ConsensusHandle {
    submission: Submission,
    status: watch::Receiver<Status>,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
    swarm: JoinHandle<()>,
}

impl ConsensusHandle {
    /// Hands a batch of signed entries to one connected validator: what a node does that does not vote.
    ///
    /// Accepted means in that validator's pool. It is no acknowledgement: that is the entry's block.
    ///
    /// # Errors
    /// No validator took the batch.
    pub async fn hand_over(&self, entries: Vec<Bytes>) -> Result<Vec<EntryAnswer>, HandOverError> {
        self.submission.hand_over(entries).await
    }

    /// How consensus is doing, and every change.
    #[must_use]
    pub fn status(&self) -> watch::Receiver<Status> {
        self.status.clone()
    }

    /// Stops everything; when it returns, the ports are free and nothing of it holds the ledger.
    pub async fn shutdown(self) {
        let Self { submission, stop, task, swarm, .. } = self;
        stop.send_replace(true);
        drop(submission);
        for task in [task, swarm] {
            if let Err(error) = task.await {
                tracing::error!(%error, "consensus was cut off");
            }
        }
    }
}

/// Starts consensus and the submission swarm on a ledger.
///
/// # Errors
/// Keys, peers, addresses or directories cannot be used, or the network's blocks cannot be synced.
pub async fn start(config: ConsensusConfig, identity: Identity, ledger: Arc<Ledger>, clock: Clock) -> Result<ConsensusHandle, StartError> {
    let home = |source| StartError::Home { path: config.home.clone(), source };
    std::fs::create_dir_all(&config.home).map_err(home)?;
    let state = ledger.state();
    let limits = *state.limits();
    engine::check_block_bytes(limits.block_bytes_max)?;
    let bytes = SignedBytes::new(state.origin().clone(), state.network());
    let signer = match identity.consensus.clone() {
        None => None,
        Some(key) => {
            let opened = SignerState::open(&config.home.join(SIGNER_STATE_FILE))?;
            Some(NotarySigner::new(key, bytes.clone(), opened))
        }
    };
    let (submission, swarm) = start_submission(&config, &identity, &ledger, clock.clone())?;
    let settings = Settings::new(&config, &identity.p2p, &state.network())?;
    let (status, receiver) = watch::channel(Status::starting(state.tip().height.0));
    let shared = Shared {
        clock,
        verifier: NotaryVerifier::new(bytes),
        signer: None,
        pace: Pace { heartbeat: config.heartbeat, linger: config.linger },
        clocks: ClockLimits { precision_ms: limits.clock_precision_ms.into(), delay_ms: limits.proposal_delay_ms.into() },
        timeouts: timeouts(&config.timeouts),
        collect_votes: config.collect_votes,
        evidence_dir: config.home.join("evidence"),
        heard: Heard::default(),
        progress: Progress::at(state.tip().height.0),
        originals: Arc::new(Mutex::new(Originals::open(&config.home.join("proposals")).map_err(home)?)),
        demotions: Arc::new(Mutex::new(app::demotions_of(&ledger)?)),
        ledger,
    };
    let (stop, stopped) = watch::channel(false);
    let mut runner = Runner { config, settings, signer, status, stopped, submission: submission.clone() };
    let first = runner.begin(shared, None).await?;
    let task = tokio::spawn(runner.run(first));
    Ok(ConsensusHandle { submission, status: receiver, stop, task, swarm })
}

fn start_submission(
    config: &ConsensusConfig,
    identity: &Identity,
    ledger: &Arc<Ledger>,
    clock: Clock,
) -> Result<(Submission, JoinHandle<()>), StartError> {
    let mut peers = Vec::with_capacity(config.peers.len());
    for peer in &config.peers {
        let id = peer_id(&peer.p2p_key)?;
        let address = multiaddr(peer.submission_address, Some(id));
        peers.push(ListedPeer { peer: id, address, votes: peer.validator_key.is_some() });
    }
    let (keypair, listen) = (identity.p2p.clone(), config.submission_listen);
    let network = ledger.state().network();
    let settings = SubmissionSettings { keypair, listen, network, peers };
    Ok(Submission::start(&settings, ledger.clone(), clock)?)
}

fn timeouts(steps: &StepTimeouts) -> LinearTimeouts {
    LinearTimeouts {
        propose: steps.propose,
        propose_delta: steps.propose_delta,
        prevote: steps.prevote,
        prevote_delta: steps.prevote_delta,
        precommit: steps.precommit,
        precommit_delta: steps.precommit_delta,
        rebroadcast: steps.rebroadcast,
        max_timeout: steps.max,
    }
}

/// One run of the engine in one role.
struct Turn {
    running: Running,
    shared: Arc<Shared>,
    /// The height after which a key that is withheld may vote.
    until: Option<u64>,
    /// Watchdog and listener.
    tasks: JoinSet<()>,
}

/// Runs the engine, in another role when that is due, until it is stopped or ends.
struct Runner {
    config: ConsensusConfig,
    settings: Settings,
    signer: Option<NotarySigner>,
    status: watch::Sender<Status>,
    stopped: watch::Receiver<bool>,
    submission: Submission,
}

impl Runner {
    /// Until which height the key must not vote, if there is one. That it is withheld is on the disk before the engine runs.
    fn withheld(&self, tip: u64, refused: Option<u64>) -> std::io::Result<Option<u64>> {
        let Some(signer) = &self.signer else { return Ok(None) };
        let withheld = Withheld::of(&self.config.home);
        let seen = refused.or_else(|| withheld_until(signer.highest_signed(), tip, &self.settings.wal()));
        let until = seen.max(withheld.above(tip)?);
        until.map_or(Ok(()), |height| withheld.until(height))?;
        Ok(until)
    }

    /// The ledger was put back under a WAL that goes on from there: whatever the WAL decides, its blocks are gone. Without it
    /// the node gets them from the others; where the key may have voted it does not vote again.
    fn put_wal_aside(&self, height: u64) -> std::io::Result<u64> {
        let until = self.signer.as_ref().and_then(NotarySigner::highest_signed).unwrap_or(height).max(height);
        if self.signer.is_some() {
            Withheld::of(&self.config.home).until(until)?;
        }
        let aside = put_aside(&self.settings.wal(), height)?;
        tracing::error!(height, until, ?aside, "the ledger was put back: the WAL is put aside, blocks come from the others, the key waits");
        Ok(until)
    }

    /// Starts the engine in the role that is right now. `refused` is where the signer refused to go on.
    async fn begin(&mut self, shared: Shared, refused: Option<u64>) -> Result<Turn, StartError> {
        let tip = shared.ledger.tip().height.0;
        let until = self.withheld(tip, refused).map_err(|source| StartError::Home { path: self.config.home.clone(), source })?;
        let voter = self.signer.clone().filter(|_| until.is_none());
        let voting = match (&self.signer, until) {
            (None, _) => Voting::Follows,
            (Some(_), None) => Voting::Votes,
            (Some(_), Some(until)) => Voting::Withheld { until },
        };
        if let Some(until) = until {
            tracing::error!(until, tip, "this key has signed ahead of this disk: it does not vote until that height");
        }
        self.status.send_modify(|status| status.voting = voting);
        let running = engine::start(&self.settings, shared.verifier.clone(), voter.clone()).await?;
        let shared = Arc::new(Shared { signer: voter, ..shared });
        let watchdog = Watchdog {
            ledger: shared.ledger.clone(),
            progress: shared.progress.clone(),
            peers: self.submission.peers(),
            status: self.status.clone(),
            heartbeat: self.config.heartbeat,
            stall_after: self.config.stall_after,
            own_vote: shared.signer.is_some(),
            heard: shared.heard.clone(),
        };
        let mut tasks = JoinSet::new();
        tasks.spawn(watchdog.watch(running.channels.net_requests.clone()));
        tasks.spawn(listen(running.channels.events.subscribe(), shared.heard.clone()));
        Ok(Turn { running, shared, until, tasks })
    }

    async fn run(mut self, first: Turn) {
        let mut turn = first;
        loop {
            let Turn { mut running, shared, until, mut tasks } = turn;
            let end = {
                let due = Box::pin(self.turn_over(&shared, until));
                App::run(shared.clone(), &mut running.channels, due).await
            };
            tasks.shutdown().await;
            let failure = shared.progress.failure();
            let lost = shared.progress.take_lost();
            let refused = shared.signer.as_ref().and_then(|signer| signer.take_refusal().and(signer.highest_signed()));
            match (end, failure) {
                (_, Some(reason)) => {
                    shared.ledger.set_behind(true); // nothing is taken in that cannot get on the log
                    self.status.send_modify(|status| status.health = Health::Stopped(reason));
                    return running.stop().await;
                }
                (Ended::EngineGone, None) if refused.is_none() && lost.is_none() => {
                    let end = running.end().await;
                    shared.ledger.set_behind(true); // nothing is taken in that cannot get on the log
                    return self.ended(end);
                }
                (Ended::EngineGone | Ended::Asked, None) => running.stop().await,
            }
            if *self.stopped.borrow() {
                return;
            }
            tokio::time::sleep(RESTART_PAUSE).await;
            let home = |source| StartError::Home { path: self.config.home.clone(), source };
            let next = match lost.map(|height| self.put_wal_aside(height)).transpose().map_err(home) {
                Ok(lost) => self.begin(shared.again(), lost.max(refused)).await,
                Err(error) => Err(error),
            };
            match next {
                Ok(next) => turn = next,
                Err(error) => {
                    let reason = Health::Stopped(error.to_string());
                    return self.status.send_modify(|status| status.health = reason);
                }
            }
        }
    }

    /// Returns when the engine is to end: asked, failed, or in the wrong role.
    fn turn_over(&self, shared: &Arc<Shared>, until: Option<u64>) -> impl Future<Output = ()> + use<> {
        let (mut stopped, mut heights, progress) = (self.stopped.clone(), shared.ledger.subscribe(), shared.progress.clone());
        async move {
            let may_vote = async {
                match until {
                    Some(until) => drop(heights.wait_for(|height| *height >= Height(until)).await),
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                _ = stopped.wait_for(|stop| *stop) => {}
                reason = progress.failed() => tracing::error!(reason, "consensus stops"),
                () = may_vote => {}
                () = progress.has_lost() => {}
            }
        }
    }

    fn ended(&self, end: EngineEnd) {
        let health = match end {
            EngineEnd::Safety => Health::SafetyFailure("the engine cannot trust its WAL; an operator decides".to_owned()),
            EngineEnd::Failure => Health::Stopped("the engine failed".to_owned()),
        };
        tracing::error!(?health, "the engine has ended");
        self.status.send_modify(|status| status.health = health);
    }
}

/// Hears for which heights others send messages: a resting node is woken by them.
async fn listen(mut events: tokio::sync::broadcast::Receiver<Event<crate::context::Notary>>, heard: Heard) {
    loop {
        match events.recv().await {
            Ok(Event::Received(message)) => heard.hear(message.height().0),
            Ok(Event::WalCorrupted(error)) => tracing::error!(%error, "the WAL is damaged"),
            Ok(Event::WalReplayError(error)) => tracing::error!(%error, "the WAL cannot be replayed"),
            Ok(_) | Err(tokio::sync::broadcast::error::RecvError::Lagged(_)) => {}
            Err(tokio::sync::broadcast::error::RecvError::Closed) => return,
        }
    }
}
