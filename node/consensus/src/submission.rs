//! The submission swarm: handing entries to other nodes, beside consensus and unable to stall it.
//!
//! A second libp2p swarm under the same identity and on its own port. Only listed peers get past the
//! handshake. A batch is answered entry by entry; validators push what is new in their pools to one
//! another, and whoever keeps an entry that is not final offers it again. Every answer tells the
//! peer's height, which is how a node learns that it is behind.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use eco_core::entry::EntryId;
use eco_ledger::Ledger;
use futures::StreamExt;
use libp2p::request_response::{self, OutboundRequestId, ResponseChannel};
use libp2p::swarm::SwarmEvent;
use libp2p::{PeerId, Swarm};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::{JoinHandle, JoinSet};

use crate::clock::Clock;
use crate::demotion::faulty;
use crate::limits::{
    BATCH_BYTES_MAX, BATCH_ENTRIES_MAX, BATCH_TIMEOUT, COMMANDS_MAX, GOSSIP_QUEUE_MAX, HELLO_PERIOD, INBOUND_PER_PEER_MAX,
    PEER_ENTRIES_BURST, PEER_ENTRIES_PER_SECOND, REDIAL_PERIOD, REOFFER_PERIOD,
};

mod incoming;
pub(crate) mod message;
pub(crate) mod meter;
mod network;
mod outgoing;

use incoming::judge;
use message::{Answer, Batch, BatchAnswer, BatchKind, EntryAnswer};
use meter::{Bucket, Offers};
pub use network::SubmissionError;
use network::{Behaviour, BehaviourEvent};
pub(crate) use network::{ListedPeer, SubmissionSettings};
use outgoing::{BUSY_PAUSE, Lane, Outgoing};

/// What this node knows of the others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PeerView {
    /// Peers connected.
    pub connected: usize,
    /// Of these, validators.
    pub validators: usize,
    /// The height that more than f connected peers say they have, or all where they are fewer: no
    /// single peer makes this node believe that it is behind.
    pub best_height: u64,
}

/// Why a batch could not be handed over.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HandOverError {
    /// No validator is connected.
    #[error("no validator is connected")]
    NoValidator,
    /// All connected validators, or this node, have too much to do.
    #[error("too many batches are under way; try again later")]
    Busy,
    /// The validator did not answer, or not in time.
    #[error("{peer} did not answer: {detail}")]
    NoAnswer {
        /// Which.
        peer: String,
        /// What happened.
        detail: String,
    },
    /// A batch above its bounds.
    #[error("a batch has at most {entries_max} entries and {bytes_max} bytes")]
    TooLarge {
        /// Entries allowed.
        entries_max: usize,
        /// Bytes allowed.
        bytes_max: usize,
    },
    /// This node is shutting down.
    #[error("the node is shutting down")]
    Stopped,
}

type HandOver = Result<Vec<EntryAnswer>, HandOverError>;

#[derive(Debug)]
struct Command {
    entries: Vec<Bytes>,
    reply: oneshot::Sender<HandOver>,
}

/// A handle of the swarm's task, which ends with the last one.
#[derive(Clone, Debug)]
pub(crate) struct Submission {
    commands: mpsc::Sender<Command>,
    peers: watch::Receiver<PeerView>,
}

impl Submission {
    /// Starts the swarm.
    ///
    /// # Errors
    /// It cannot listen, or a peer's key is unusable.
    pub(crate) fn start(
        settings: &SubmissionSettings,
        ledger: Arc<Ledger>,
        clock: Clock,
    ) -> Result<(Self, JoinHandle<()>), SubmissionError> {
        let swarm = network::swarm(settings)?;
        let (commands, inbox) = mpsc::channel(COMMANDS_MAX);
        let (view, peers) = watch::channel(PeerView::default());
        let task = Task::new(swarm, settings, ledger, clock, view);
        let task = tokio::spawn(task.run(inbox));
        Ok((Self { commands, peers }, task))
    }

    /// Hands a batch to one connected validator and waits for its answers.
    ///
    /// Accepted means in that node's pool; it is no acknowledgement.
    ///
    /// # Errors
    /// No validator took the batch.
    pub(crate) async fn hand_over(&self, entries: Vec<Bytes>) -> HandOver {
        self.hand_over_within(entries, BATCH_TIMEOUT).await
    }

    /// A peer that stays busy must not hold the caller: after `limit` the batch is on its own.
    async fn hand_over_within(&self, entries: Vec<Bytes>, limit: Duration) -> HandOver {
        if message::batches(entries.clone()).len() > 1 {
            return Err(HandOverError::TooLarge { entries_max: BATCH_ENTRIES_MAX, bytes_max: BATCH_BYTES_MAX });
        }
        let (reply, answer) = oneshot::channel();
        self.commands.try_send(Command { entries, reply }).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => HandOverError::Busy,
            mpsc::error::TrySendError::Closed(_) => HandOverError::Stopped,
        })?;
        tokio::time::timeout(limit, answer).await.map_or(Err(HandOverError::Busy), |answer| answer.unwrap_or(Err(HandOverError::Stopped)))
    }

    /// What is known of the peers.
    #[must_use]
    pub(crate) fn peers(&self) -> watch::Receiver<PeerView> {
        self.peers.clone()
    }
}

#[derive(Debug)]
struct Peer {
    votes: bool,
    connections: usize,
    height: u64,
    bucket: Bucket,
    inbound: usize,
    lane: Lane,
}

#[derive(Debug)]
enum Waiting {
    Nobody,
    Client(oneshot::Sender<HandOver>),
}

struct Task {
    swarm: Swarm<Behaviour>,
    dial: Vec<(PeerId, libp2p::Multiaddr)>,
    ledger: Arc<Ledger>,
    clock: Clock,
    peers: BTreeMap<PeerId, Peer>,
    view: watch::Sender<PeerView>,
    waiting: BTreeMap<OutboundRequestId, (PeerId, Outgoing)>,
    work: JoinSet<(PeerId, ResponseChannel<Answer>, Answer, Vec<EntryId>)>,
    offers: Offers<EntryId>,
    offered_to: u64,
    next_validator: usize,
}

impl Task {
    fn new(
        swarm: Swarm<Behaviour>,
        settings: &SubmissionSettings,
        ledger: Arc<Ledger>,
        clock: Clock,
        view: watch::Sender<PeerView>,
    ) -> Self {
        let now = Instant::now();
        let peer = |votes| Peer {
            votes,
            connections: 0,
            height: 0,
            bucket: Bucket::full(PEER_ENTRIES_BURST, PEER_ENTRIES_PER_SECOND, now),
            inbound: 0,
            lane: Lane::default(),
        };
        Self {
            swarm,
            dial: settings.peers.iter().map(|listed| (listed.peer, listed.address.clone())).collect(),
            ledger,
            clock,
            peers: settings.peers.iter().map(|listed| (listed.peer, peer(listed.votes))).collect(),
            view,
            waiting: BTreeMap::new(),
            work: JoinSet::new(),
            offers: Offers::every(REOFFER_PERIOD),
            offered_to: 0,
            next_validator: 0,
        }
    }

    async fn run(mut self, mut inbox: mpsc::Receiver<Command>) {
        let mut hello = tokio::time::interval(HELLO_PERIOD);
        let mut redial = tokio::time::interval(REDIAL_PERIOD);
        let mut reoffer = tokio::time::interval(REOFFER_PERIOD);
        let mut resume = tokio::time::interval(BUSY_PAUSE);
        let mut arrivals = self.ledger.pool_arrivals();
        loop {
            tokio::select! {
                command = inbox.recv() => match command {
                    Some(command) => self.hand_over(command),
                    None => return self.work.shutdown().await,
                },
                event = self.swarm.select_next_some() => self.on_event(event),
                Some(done) = self.work.join_next() => {
                    if let Ok((peer, channel, answer, taken)) = done {
                        self.answer(peer, channel, answer, taken);
                    }
                }
                Ok(()) = arrivals.changed() => self.offer_new(),
                _ = hello.tick() => self.hello(),
                _ = redial.tick() => self.redial(),
                _ = reoffer.tick() => self.offer_again(),
                _ = resume.tick() => self.resume(),
            }
        }
    }

    fn on_event(&mut self, event: SwarmEvent<BehaviourEvent>) {
        match event {
            SwarmEvent::ConnectionEstablished { peer_id, .. } => self.connected(&peer_id, true),
            SwarmEvent::ConnectionClosed { peer_id, .. } => self.connected(&peer_id, false),
            SwarmEvent::Behaviour(BehaviourEvent::Batches(event)) => self.on_message(event),
            SwarmEvent::OutgoingConnectionError { peer_id, error, .. } => {
                tracing::debug!(?peer_id, %error, "cannot reach a peer's submission swarm");
            }
            SwarmEvent::IncomingConnectionError { error, .. } => {
                tracing::debug!(%error, "refused a connection to the submission swarm");
            }
            _ => {} // the swarm's other events need nothing from us
        }
    }

    fn connected(&mut self, peer: &PeerId, up: bool) {
        let Some(peer) = self.peers.get_mut(peer) else { return };
        peer.connections = if up { peer.connections + 1 } else { peer.connections.saturating_sub(1) };
        let unsent = if peer.connections == 0 {
            peer.height = 0;
            peer.lane.drain()
        } else {
            Vec::new()
        };
        for batch in unsent {
            if let Waiting::Client(reply) = batch.waiting {
                let _ = reply.send(Err(HandOverError::NoValidator)); // the client may be gone
            }
        }
        self.show();
    }

    fn on_message(&mut self, event: request_response::Event<Batch, Answer>) {
        match event {
            request_response::Event::Message { peer, message, .. } => match message {
                request_response::Message::Request { request, channel, .. } => self.on_batch(peer, request, channel),
                request_response::Message::Response { request_id, response } => {
                    self.heard(&peer, response.height);
                    let answers = match response.outcome {
                        BatchAnswer::Done(answers) => Ok(answers),
                        BatchAnswer::Busy => Err(HandOverError::Busy),
                    };
                    self.settle(&request_id, answers);
                }
            },
            request_response::Event::OutboundFailure { peer, request_id, error, .. } => {
                let failed = HandOverError::NoAnswer { peer: peer.to_string(), detail: error.to_string() };
                self.settle(&request_id, Err(failed));
            }
            request_response::Event::InboundFailure { peer, error, .. } => {
                tracing::debug!(%peer, %error, "a batch or its answer got lost");
            }
            request_response::Event::ResponseSent { .. } => {}
        }
    }

    fn heard(&mut self, peer: &PeerId, height: u64) {
        if let Some(peer) = self.peers.get_mut(peer) {
            peer.height = height;
        }
        self.show();
    }

    fn show(&mut self) {
        let connected = || self.peers.values().filter(|peer| peer.connections > 0);
        let validators = self.peers.values().filter(|peer| peer.votes).count();
        let view = PeerView {
            connected: connected().count(),
            validators: connected().filter(|peer| peer.votes).count(),
            best_height: believed(connected().map(|peer| peer.height).collect(), faulty(validators + 1)),
        };
        self.view.send_if_modified(|shown| {
            let changed = *shown != view;
            *shown = view;
            changed
        });
    }

    /// Takes a peer's batch to the ledger, or answers that it is too much.
    fn on_batch(&mut self, from: PeerId, batch: Batch, channel: ResponseChannel<Answer>) {
        self.heard(&from, batch.height);
        let height = self.ledger.tip().height.0;
        let Some(peer) = self.peers.get_mut(&from) else { return };
        let count = u32::try_from(batch.entries.len()).unwrap_or(u32::MAX);
        if peer.inbound >= INBOUND_PER_PEER_MAX || !peer.bucket.take(count, Instant::now()) {
            let busy = Answer { height, outcome: BatchAnswer::Busy };
            let _ = self.swarm.behaviour_mut().batches.send_response(channel, busy); // the peer may be gone
            return;
        }
        if batch.entries.is_empty() {
            let done = Answer { height, outcome: BatchAnswer::Done(Vec::new()) };
            let _ = self.swarm.behaviour_mut().batches.send_response(channel, done); // the peer may be gone
            return;
        }
        peer.inbound += 1;
        let (ledger, now) = (self.ledger.clone(), self.clock.now());
        self.work.spawn_blocking(move || {
            let (answers, taken) = judge(&ledger, &batch, now);
            let answer = Answer { height: ledger.tip().height.0, outcome: BatchAnswer::Done(answers) };
            (from, channel, answer, taken)
        });
    }

    fn answer(&mut self, to: PeerId, channel: ResponseChannel<Answer>, answer: Answer, taken: Vec<EntryId>) {
        if let Some(peer) = self.peers.get_mut(&to) {
            peer.inbound = peer.inbound.saturating_sub(1);
        }
        // What came by gossip is at the other validators already.
        let now = Instant::now();
        taken.into_iter().for_each(|id| self.offers.heard(id, now));
        let _ = self.swarm.behaviour_mut().batches.send_response(channel, answer); // the peer may be gone
    }

    /// Gives a client's batch to the next connected validator in turn.
    fn hand_over(&mut self, command: Command) {
        let able: Vec<PeerId> = self.validators().collect();
        if able.is_empty() {
            let _ = command.reply.send(Err(HandOverError::NoValidator)); // the client may be gone
            return;
        }
        // In turn, but to one that has less waiting before another.
        self.next_validator = self.next_validator.wrapping_add(1);
        let turn = self.next_validator % able.len(); // not empty
        let in_turn = able.iter().cycle().skip(turn).take(able.len());
        let least = in_turn.copied().min_by_key(|peer| self.peers.get(peer).map_or(usize::MAX, |peer| peer.lane.queued()));
        if let Some(peer) = least {
            let waiting = Waiting::Client(command.reply);
            self.send(peer, Outgoing { kind: BatchKind::Submit, entries: command.entries, ids: Vec::new(), waiting });
        }
    }

    fn validators(&self) -> impl Iterator<Item = PeerId> + '_ {
        self.peers.iter().filter(|(_, peer)| peer.votes && peer.connections > 0).map(|(id, _)| *id)
    }

    /// Sends a batch when its turn comes; where too much waits already, a client hears that, and gossip is offered again later.
    fn send(&mut self, to: PeerId, batch: Outgoing) {
        let Some(peer) = self.peers.get_mut(&to) else { return };
        if let Err(Outgoing { waiting: Waiting::Client(reply), .. }) = peer.lane.push(batch) {
            let _ = reply.send(Err(HandOverError::Busy)); // the client may be gone
        }
        self.pump(to);
    }

    /// Sends what may be sent to a peer now.
    fn pump(&mut self, to: PeerId) {
        let height = self.ledger.tip().height.0;
        let Some(peer) = self.peers.get_mut(&to) else { return };
        while let Some(mut outgoing) = peer.lane.next(Instant::now()) {
            outgoing.forget_final(&self.ledger);
            if outgoing.entries.is_empty() && outgoing.kind == BatchKind::Gossip {
                peer.lane.ended();
                continue;
            }
            let batch = Batch { kind: outgoing.kind, height, entries: outgoing.entries.clone() };
            let id = self.swarm.behaviour_mut().batches.send_request(&to, batch);
            self.waiting.insert(id, (to, outgoing));
        }
    }

    fn resume(&mut self) {
        for peer in self.peers.keys().copied().collect::<Vec<_>>() {
            self.pump(peer);
        }
    }

    fn settle(&mut self, request: &OutboundRequestId, answers: HandOver) {
        let Some((to, outgoing)) = self.waiting.remove(request) else { return };
        if let Some(peer) = self.peers.get_mut(&to) {
            peer.lane.ended();
            if answers == Err(HandOverError::Busy) && peer.connections > 0 {
                peer.lane.busy(outgoing, Instant::now());
                return;
            }
        }
        if let Waiting::Client(reply) = outgoing.waiting {
            let _ = reply.send(answers); // the client may be gone
        }
        self.pump(to);
    }

    fn hello(&mut self) {
        let connected: Vec<PeerId> = self.peers.iter().filter(|(_, peer)| peer.connections > 0).map(|(id, _)| *id).collect();
        let idle = |peer: &PeerId| self.peers.get(peer).is_some_and(|peer| peer.lane.is_idle());
        for peer in connected.into_iter().filter(idle).collect::<Vec<_>>() {
            self.send(peer, Outgoing { kind: BatchKind::Hello, entries: Vec::new(), ids: Vec::new(), waiting: Waiting::Nobody });
        }
    }

    fn redial(&mut self) {
        for (peer, address) in self.dial.clone() {
            if self.peers.get(&peer).is_none_or(|peer| peer.connections == 0) {
                network::dial(&mut self.swarm, peer, address);
            }
        }
    }

    /// Entries that came into the pool since the last look.
    fn offer_new(&mut self) {
        let from = self.offered_to;
        self.offered_to = self.offer_from(from);
    }

    /// Entries that are still in the pool after a while: whoever had them may have crashed.
    fn offer_again(&mut self) {
        self.offers.forget_old(Instant::now());
        let reached = self.offer_from(0);
        self.offered_to = self.offered_to.max(reached);
    }

    fn offer_from(&mut self, mut since: u64) -> u64 {
        // While behind, entries are judged by an old state: they wait until this node has caught up.
        if self.ledger.is_behind() {
            return since;
        }
        let now = Instant::now();
        let mut due: Vec<(EntryId, Bytes)> = Vec::new();
        loop {
            let offer = self.ledger.offer(since, BATCH_ENTRIES_MAX, BATCH_BYTES_MAX);
            let done = offer.next == since || offer.entries.is_empty();
            for entry in &offer.entries {
                let id = entry.signed().id();
                if due.len() < GOSSIP_QUEUE_MAX && self.offers.due(id, now) {
                    due.push((id, Bytes::copy_from_slice(entry.signed().as_bytes())));
                }
            }
            since = offer.next;
            if done {
                break;
            }
        }
        let validators: Vec<PeerId> = self.validators().collect();
        let (ids, entries): (Vec<EntryId>, Vec<Bytes>) = due.into_iter().unzip();
        let mut ids = ids.into_iter();
        for batch in message::batches(entries) {
            let ids: Vec<EntryId> = ids.by_ref().take(batch.len()).collect();
            for peer in &validators {
                let gossip = Outgoing { kind: BatchKind::Gossip, entries: batch.clone(), ids: ids.clone(), waiting: Waiting::Nobody };
                self.send(*peer, gossip);
            }
        }
        since
    }
}

/// The height that more than `faulty` of those who told theirs have, or all where they are fewer.
fn believed(mut heights: Vec<u64>, faulty: usize) -> u64 {
    heights.sort_unstable_by(|a, b| b.cmp(a));
    heights.get(faulty.min(heights.len().saturating_sub(1))).copied().unwrap_or(0)
}

#[cfg(test)]
mod tests;
