//! What all services share: the ledger, the clock, what is known of consensus, and bounded reads.

use crate::limits::{READ_TIMEOUT, READS_AT_ONCE_MAX, RETRY_DELAY, WATCHERS_MAX};
use crate::metrics::Counters;
use crate::status::ApiError;
use eco_core::header::Header;
use eco_core::name::Timestamp;
use eco_core::seal::Seal;
use eco_ledger::{Ledger, View};
use eco_proto::convert::timestamp;
use eco_proto::problem::{Problem, reason};
use eco_proto::v1;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use tokio::sync::{Semaphore, watch};
use tonic::Code;

/// The node's clock, handed in by the composition root.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// What the node knows about consensus; filled by the composition root.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NodeFacts {
    /// Peers connected for consensus.
    pub peers_connected: u32,
    /// Peers that should be.
    pub peers_expected: u32,
    /// Highest block that a peer is known to have.
    pub best_peer_height: u64,
    /// Whether the node is catching up.
    pub is_syncing: bool,
    /// Whether the node votes.
    pub is_validator: bool,
    /// Why no block is made although one is due, if so.
    pub stuck: Option<String>,
    /// Why the node stopped voting for safety, if it did.
    pub safety_failure: Option<String>,
    /// Whether free disk space is below the watermark.
    pub is_low_on_disk: bool,
}

/// What a validator said about an entry handed over to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HandOverAnswer {
    /// In its pool, or known to it.
    Taken,
    /// Not taken, and why.
    Refused(String),
}

/// Why entries could not be handed over; they stay in this node's pool, which is gossiped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandOverFailure(pub String);

/// The result of handing over: one answer per entry, in order.
pub type HandOverResult = Result<Vec<HandOverAnswer>, HandOverFailure>;

/// Brings entries to a validator; given by the composition root on nodes that do not vote.
pub type HandOver = Arc<dyn Fn(Vec<Vec<u8>>) -> Pin<Box<dyn Future<Output = HandOverResult> + Send>> + Send + Sync>;

/// Everything that the services need. Cloning is cheap.
#[derive(Clone)]
pub struct Api {
    pub(crate) ledger: Arc<Ledger>,
    pub(crate) clock: Clock,
    pub(crate) facts: watch::Receiver<NodeFacts>,
    pub(crate) hand_over: Option<HandOver>,
    pub(crate) counters: Arc<Counters>,
    /// A head older than this shows that the node is behind.
    pub(crate) head_age_ms_max: u64,
    pub(crate) software_version: &'static str,
    /// True once the listeners stop: streams end then. `serve` puts the real one in.
    pub(crate) stopping: watch::Receiver<bool>,
    reads: Arc<Semaphore>,
    pub(crate) watchers: Arc<Semaphore>,
    pub(crate) checks: Arc<Semaphore>,
}

impl Api {
    /// The services over a ledger. `head_age_ms_max`: several heartbeats.
    #[must_use]
    pub fn new(ledger: Arc<Ledger>, clock: Clock, facts: watch::Receiver<NodeFacts>, head_age_ms_max: u64) -> Self {
        Self {
            ledger,
            clock,
            facts,
            hand_over: None,
            counters: Arc::new(Counters::default()),
            head_age_ms_max,
            software_version: env!("CARGO_PKG_VERSION"),
            stopping: watch::Sender::new(false).subscribe(),
            reads: Arc::new(Semaphore::new(READS_AT_ONCE_MAX)),
            watchers: Arc::new(Semaphore::new(WATCHERS_MAX)),
            checks: Arc::new(Semaphore::new(1)),
        }
    }

    /// The same, on a node that does not vote.
    #[must_use]
    pub fn with_hand_over(mut self, hand_over: HandOver) -> Self {
        self.hand_over = Some(hand_over);
        self
    }

    pub(crate) fn now(&self) -> Timestamp {
        (self.clock)()
    }

    /// The node's head, as every answer carries it.
    pub(crate) fn head(&self) -> v1::NodeHead {
        let head = self.ledger.head();
        let tip = head.state.tip();
        v1::NodeHead {
            height: tip.height.0,
            time: Some(timestamp(tip.time)),
            age_ms: self.now().since(tip.time),
            tree_size: head.state.frontier().size(),
        }
    }

    /// Runs one call of the ledger where blocking is allowed, in bounded number.
    pub(crate) async fn blocking<T: Send + 'static>(
        &self,
        call: impl FnOnce(&Ledger) -> Result<T, ApiError> + Send + 'static,
    ) -> Result<T, ApiError> {
        let closed = |_| ApiError::from(Problem::new(Code::Unavailable, reason::NODE_STOPPED, "the node is shutting down"));
        let permit = self.reads.clone().acquire_owned().await.map_err(closed)?;
        let ledger = self.ledger.clone();
        let task = tokio::task::spawn_blocking(move || {
            let result = call(&ledger);
            drop(permit);
            result
        });
        task.await.map_err(|error| ApiError::from(Problem::new(Code::Internal, reason::NODE_INTERNAL, error.to_string())))?
    }

    /// Reads under one head, within the time a read may take.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&View<'_>) -> Result<T, ApiError> + Send + 'static,
    ) -> Result<T, ApiError> {
        let within = tokio::time::timeout(READ_TIMEOUT, self.blocking(move |ledger| read(&ledger.view()?)));
        within.await.unwrap_or_else(|_| {
            let problem = Problem::new(Code::DeadlineExceeded, reason::TOO_MANY_REQUESTS, "the node is too busy to read in time");
            Err(problem.retry_after(RETRY_DELAY).into())
        })
    }
}

/// Header and seal of a view; there are none before the first block.
pub(crate) fn sealed<'a>(view: &'a View<'_>) -> Result<(&'a Header, &'a Seal), ApiError> {
    view.header().zip(view.seal()).ok_or_else(|| {
        let problem = Problem::new(Code::Unavailable, reason::NO_BLOCK_YET, "no block has been made yet; ask again after the first");
        problem.retry_after(RETRY_DELAY).into()
    })
}

/// That something is not there, as far as this node knows: no proof.
pub(crate) fn not_found(message: impl Into<String>) -> ApiError {
    Problem::new(Code::NotFound, reason::NOT_FOUND, message).into()
}
