//! Answers the engine: each message is one verb of the ledger, on a thread that may block.
//!
//! One serial actor of the engine waits for most of these answers, so this loop only routes, and
//! every path answers or drops the reply, which the engine takes as an error of its own. Nothing is
//! told to the engine before it is on the disk: its WAL remembers heads, not blocks.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use eco_ledger::{Ledger, LedgerError};
use malachite::app::engine::host::Next;
use malachite::app::types::core::{HeightParams, LinearTimeouts, Round};
use malachite::{AppMsg, Channels, NetworkMsg, Reply};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use crate::clock::Clock;
use crate::context::{self, Head, Height, Notary, PartInit, Validator, ValidatorSet};
use crate::demotion::{BlockRounds, Demotions, ERA_HEIGHTS, era_start, faulty};
use crate::limits::PART_HEIGHTS_AHEAD_MAX;
use crate::originals::Originals;
use crate::pace::{Heard, Pace};
use crate::parts::{Assembled, Assembler};
use crate::scheme::{Key, NotaryVerifier};
use crate::signer::NotarySigner;
use crate::time_bounds::ClockLimits;
use crate::watchdog::Progress;

mod decide;
mod propose;
mod receive;
mod sync;
#[cfg(test)]
mod tests;

/// Blocks that came in whole before their height began.
const EARLY_MAX: usize = 16;

/// What every task of the application needs.
pub(crate) struct Shared {
    pub(crate) ledger: Arc<Ledger>,
    pub(crate) clock: Clock,
    pub(crate) verifier: NotaryVerifier,
    pub(crate) signer: Option<NotarySigner>,
    pub(crate) pace: Pace,
    pub(crate) clocks: ClockLimits,
    pub(crate) timeouts: LinearTimeouts,
    pub(crate) collect_votes: Option<Duration>,
    pub(crate) evidence_dir: PathBuf,
    pub(crate) heard: Heard,
    pub(crate) progress: Progress,
    pub(crate) originals: Arc<Mutex<Originals>>,
    pub(crate) demotions: Arc<Mutex<Demotions>>,
}

impl Shared {
    fn originals(&self) -> MutexGuard<'_, Originals> {
        self.originals.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn demotions(&self) -> MutexGuard<'_, Demotions> {
        self.demotions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The same for another run of the engine in this process.
    pub(crate) fn again(&self) -> Self {
        Self {
            ledger: self.ledger.clone(),
            clock: self.clock.clone(),
            verifier: self.verifier.clone(),
            signer: None,
            evidence_dir: self.evidence_dir.clone(),
            heard: self.heard.clone(),
            progress: self.progress.clone(),
            originals: self.originals.clone(),
            demotions: self.demotions.clone(),
            pace: self.pace,
            clocks: self.clocks,
            timeouts: self.timeouts,
            collect_votes: self.collect_votes,
        }
    }

    /// A failure after which this node must not go on.
    fn failed(&self, doing: &'static str, error: &LedgerError) {
        tracing::error!(%error, doing, "the ledger failed");
        if error.must_stop() {
            self.progress.fail(format!("{doing}: {error}"));
        }
    }

    /// The validators of the next height, with those that propose last.
    ///
    /// `None` never happens with a genesis that eco-core accepted: a set has at least one member.
    fn next_set(&self) -> Option<(u64, ValidatorSet)> {
        let state = self.ledger.state();
        let height = state.tip().height.0.saturating_add(1);
        let members = members(state.validators());
        let demoted = self.demotions().at(height, faulty(members.len()));
        ValidatorSet::new(members, &demoted).ok().map(|set| (height, set))
    }

    fn params(&self, set: ValidatorSet) -> HeightParams<Notary> {
        HeightParams::new(set, self.timeouts, self.collect_votes)
    }
}

/// The members of a set of eco-core, in the same order.
pub(crate) fn members(set: &eco_core::seal::ValidatorSet) -> Vec<Validator> {
    set.validators().iter().map(|member| Validator::new(Key(*member.key.as_bytes()), member.power)).collect()
}

/// Folds the demotions of the current era from the blocks of the ledger.
pub(crate) fn demotions_of(ledger: &Ledger) -> Result<Demotions, LedgerError> {
    let state = ledger.state();
    let tip = state.tip().height.0;
    let members = members(state.validators());
    let start = era_start(tip.saturating_add(1));
    debug_assert!(tip.saturating_add(1).saturating_sub(start) <= ERA_HEIGHTS);
    let mut demotions = Demotions::starting_at(start);
    for height in start.max(1)..=tip {
        let Some((block, _)) = ledger.block(eco_core::name::Height(height))? else { break };
        demotions.count(rounds_of(&block), &members);
    }
    Ok(demotions)
}

fn rounds_of(block: &eco_core::header::Block) -> BlockRounds {
    BlockRounds {
        height: block.header.height.0,
        carried_round: block.carried_seal.as_ref().map(|seal| seal.round.0),
        epoch_ends: block.header.validators != block.header.next_validators,
    }
}

/// What the tasks tell the loop.
enum Done {
    /// The next height is due.
    Due { reply: Reply<Next<Notary>> },
}

/// The state of the loop: what belongs to the current height.
pub(crate) struct App {
    shared: Arc<Shared>,
    network: mpsc::Sender<NetworkMsg<Notary>>,
    done: mpsc::UnboundedSender<Done>,
    committed: watch::Sender<u64>,
    height: u64,
    round: Option<u32>,
    set: Option<ValidatorSet>,
    assembler: Assembler,
    early: BTreeMap<(u64, u32, Head), (Assembled, eco_core::name::Timestamp)>,
    seen: BTreeSet<Head>,
    last_block: Arc<Mutex<Instant>>,
    /// Everything started here: it ends with the loop, so that nothing holds the ledger after that.
    tasks: JoinSet<()>,
}

/// Why the loop ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// The engine closed its side.
    EngineGone,
    /// We were asked to stop.
    Asked,
}

impl App {
    /// Answers the engine until either side ends it.
    pub(crate) async fn run(shared: Arc<Shared>, channels: &mut Channels<Notary>, mut stop: impl Future<Output = ()> + Unpin) -> Ended {
        // Bounded by the engine: it asks for one next height at a time.
        let (done, mut finished) = mpsc::unbounded_channel();
        let mut app = Self {
            committed: watch::Sender::new(shared.ledger.tip().height.0),
            network: channels.network.clone(),
            done,
            height: 0,
            round: None,
            set: None,
            assembler: Assembler::default(),
            early: BTreeMap::new(),
            seen: BTreeSet::new(),
            last_block: Arc::new(Mutex::new(Instant::now())),
            tasks: JoinSet::new(),
            shared,
        };
        let ended = loop {
            tokio::select! {
                biased;
                () = &mut stop => break Ended::Asked,
                Some(Done::Due { reply }) = finished.recv() => app.start_next(reply),
                message = channels.consensus.recv() => match message {
                    Some(message) => app.on(message),
                    None => break Ended::EngineGone,
                },
                Some(task) = app.tasks.join_next() => if let Err(error) = task {
                    tracing::error!(%error, "a task of the application was cut off");
                },
            }
        };
        app.tasks.shutdown().await;
        ended
    }

    fn on(&mut self, message: AppMsg<Notary>) {
        match message {
            AppMsg::ConsensusReady { reply } => self.ready(reply),
            AppMsg::StartedRound { height, round, reply_value, .. } => self.started_round(height, round, reply_value),
            AppMsg::GetValue { height, round, timeout, reply } => self.propose(height, round, timeout, reply),
            AppMsg::RestreamProposal { round, value_id, .. } => self.send_again(round, value_id),
            AppMsg::ReceivedProposalPart { from, published_by, part, reply } => {
                self.received(published_by.unwrap_or(from), part, reply);
            }
            AppMsg::Decided { certificate, reply, .. } => self.decided(certificate, reply),
            AppMsg::Finalized { certificate, evidence, reply, .. } => {
                self.finalized(certificate.height, evidence, reply);
            }
            AppMsg::GetDecidedValues { range, reply } => self.serve(&range, reply),
            AppMsg::ProcessSyncedValue { height, round, proposer, value_bytes, reply } => {
                self.synced(height, round, proposer, value_bytes, reply);
            }
            AppMsg::GetHistoryMinHeight { reply } => answer(reply, Height(1)),
            AppMsg::ExtendVote { reply, .. } => answer(reply, None),
            AppMsg::VerifyVoteExtensions { extensions, reply, .. } => {
                // They are off, so there are none; whatever there is passes nobody.
                let refused = |(address, ())| (address, Err(malachite::app::consensus::VoteExtensionError::InvalidVoteExtension));
                answer(reply, extensions.into_iter().map(refused).collect());
            }
        }
    }

    fn ready(&mut self, reply: Reply<(Height, HeightParams<Notary>)>) {
        let Some((height, set)) = self.shared.next_set() else { return };
        self.begin(height, &set);
        answer(reply, (Height(height), self.shared.params(set)));
    }

    fn start_next(&mut self, reply: Reply<Next<Notary>>) {
        let Some((height, set)) = self.shared.next_set() else { return };
        self.begin(height, &set);
        answer(reply, Next::Start(Height(height), self.shared.params(set)));
    }

    /// Forgets what belongs to heights before this one.
    fn begin(&mut self, height: u64, set: &ValidatorSet) {
        (self.height, self.round, self.set) = (height, None, Some(set.clone()));
        self.assembler.advance(height);
        self.early.retain(|(of, _, _), _| *of >= height);
        self.seen.clear();
        self.shared.originals().advance(height);
        self.shared.heard.advance(height);
        self.shared.progress.round(None);
    }

    fn started_round(&mut self, height: Height, round: Round, reply: Reply<Vec<receive::Proposed>>) {
        let (Some(round), Some(set)) = (round.as_u32(), self.set.clone()) else { return answer(reply, Vec::new()) };
        self.round = Some(round);
        self.shared.progress.round(Some(round));
        let ready = |(of, at, _): &(u64, u32, Head)| *of == height.0 && *at <= round;
        let (now_due, later) = std::mem::take(&mut self.early).into_iter().partition(|(key, _)| ready(key));
        self.early = later;
        let early: BTreeMap<_, _> = now_due;
        let judged: Vec<_> = early.into_values().map(|(assembled, arrived)| (self.judgement(assembled, arrived), set.clone())).collect();
        let shared = self.shared.clone();
        self.tasks.spawn_blocking(move || {
            let mut values: Vec<_> = judged.into_iter().filter_map(|(judgement, set)| judgement.judge(&shared, &set)).collect();
            receive::add_held(&shared, height, round, &set, &mut values);
            answer(reply, values);
        });
    }

    /// A block of parts, with what is known about its arrival.
    fn judgement(&mut self, assembled: Assembled, arrived: eco_core::name::Timestamp) -> receive::Judgement {
        let first = self.seen.insert(assembled.init.head);
        receive::Judgement { assembled, arrived, current: self.round, first }
    }

    /// Keeps a block for when its height begins.
    fn keep_early(&mut self, assembled: Assembled) {
        let key = (assembled.init.height.0, assembled.init.round, assembled.init.head);
        if self.early.len() < EARLY_MAX {
            let now = self.shared.clock.now();
            self.early.entry(key).or_insert((assembled, now));
        }
    }

    /// Whether a part of this height is worth anything to us.
    fn wants(&self, height: u64) -> bool {
        (self.height..=self.height.saturating_add(PART_HEIGHTS_AHEAD_MAX)).contains(&height)
    }
}

/// Publishes parts without ever keeping the loop waiting.
fn publish(network: &mpsc::Sender<NetworkMsg<Notary>>, init: &PartInit, bytes: &bytes::Bytes, sent_in: u32) {
    let (network, parts) = (network.clone(), crate::parts::cut(init, bytes, sent_in));
    tokio::spawn(async move {
        for part in parts {
            if network.send(NetworkMsg::PublishProposalPart(part)).await.is_err() {
                return; // the engine is gone
            }
        }
    });
}

/// Answers; the engine may have given up waiting.
fn answer<T>(reply: Reply<T>, value: T) {
    if reply.send(value).is_err() {
        tracing::debug!("the engine no longer waits for this answer");
    }
}

/// An engine round as eco-core has it.
fn core_round(round: u32) -> eco_core::name::Round {
    eco_core::name::Round(round)
}

/// The head of a block as the engine sees it.
fn head_of(block: &eco_core::header::Block) -> Head {
    context::Head(block.header.head())
}
