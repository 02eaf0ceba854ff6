//! `Watch`: one task per watcher reads block after block and waits for the next.
//!
//! The buffer of a watcher is bounded. Whoever does not read for a while is cut off with an error, which
//! says so, and resumes from the last header seen.

use super::{sealed_at, subtree_roots, wire_header};
use crate::api::Api;
use crate::limits::{RETRY_DELAY, WATCH_BUFFER_EVENTS, WATCH_HEARTBEAT, WATCH_STALL_MAX};
use crate::status::ApiError;
use eco_core::name::Height;
use eco_ledger::View;
use eco_proto::convert::WireDefect;
use eco_proto::limits::{PAGE_BYTES_MAX, PAGE_MAX};
use eco_proto::problem::{Problem, reason};
use eco_proto::v1;
use eco_proto::v1::watch_response::Event;
use futures::stream::{BoxStream, StreamExt as _};
use tokio::sync::{mpsc, oneshot, watch};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Status};

/// What a watcher reads.
pub(crate) type Events = BoxStream<'static, Result<v1::WatchResponse, Status>>;

struct Watcher {
    api: Api,
    sender: mpsc::Sender<v1::WatchResponse>,
    /// The next index to show.
    index: u64,
    /// The next block to show.
    height: u64,
}

/// Why a watch ends.
enum End {
    /// The watcher went away.
    Gone,
    /// It is told why.
    Told(ApiError),
}

impl From<ApiError> for End {
    fn from(error: ApiError) -> Self {
        Self::Told(error)
    }
}

/// Starts a watch from an index.
pub(crate) async fn begin(api: Api, from: u64) -> Result<Events, ApiError> {
    let Ok(permit) = api.watchers.clone().try_acquire_owned() else {
        let problem =
            Problem::new(Code::ResourceExhausted, reason::TOO_MANY_REQUESTS, "this node has as many watchers as it may; ask another node");
        return Err(problem.retry_after(RETRY_DELAY).into());
    };
    let (height, roots) = api.read(move |view| start(view, from)).await?;
    let (sender, receiver) = mpsc::channel(WATCH_BUFFER_EVENTS);
    let (tell, told) = oneshot::channel();
    let mut watcher = Watcher { api, sender, index: from, height };
    tokio::spawn(async move {
        let start = v1::WatchStart { from_index: from, subtree_roots: roots };
        let end = match watcher.send(Event::Start(start)).await {
            Ok(()) => watcher.run().await,
            Err(end) => end,
        };
        if let End::Told(ApiError(problem)) = end {
            // The watcher may be gone.
            drop(tell.send(problem.to_status()));
        }
        drop((watcher, permit));
    });
    // What is in the buffer comes first, then why it ended.
    let end = futures::stream::once(told).filter_map(|told| async move { told.ok().map(Err) });
    Ok(ReceiverStream::new(receiver).map(Ok).chain(end).boxed())
}

/// The block that ends after `from`, and the log before it.
fn start(view: &View<'_>, from: u64) -> Result<(u64, Vec<Vec<u8>>), ApiError> {
    let has = view.tree_size();
    if from > has {
        return Err(WireDefect::new("from_index", format!("{from} is beyond this node's log of {has} entries")).into());
    }
    let height = view.height_of_index(from)?.unwrap_or_else(|| view.state().tip().height.next());
    let roots = subtree_roots(view, from)?;
    Ok((height.0, roots.iter().map(|root| root.as_bytes().to_vec()).collect()))
}

/// Yields once the listeners stop.
async fn stopped(stopping: &mut watch::Receiver<bool>) {
    // The guard is dropped here: it must not be held over an await. A dropped sender is a stop too.
    drop(stopping.wait_for(|stop| *stop).await);
}

impl Watcher {
    async fn run(&mut self) -> End {
        match self.follow().await {
            Ok(()) => End::Gone,
            Err(end) => end,
        }
    }

    async fn follow(&mut self) -> Result<(), End> {
        let mut heights = self.api.ledger.subscribe();
        let mut stopping = self.api.stopping.clone();
        loop {
            let tip = heights.borrow_and_update().0;
            while self.height <= tip {
                self.block().await?;
            }
            tokio::select! {
                changed = heights.changed() => if changed.is_err() { return Ok(()) },
                () = tokio::time::sleep(WATCH_HEARTBEAT) => {
                    self.send(Event::Heartbeat(v1::WatchHeartbeat { head: Some(self.api.head()) })).await?;
                }
                () = self.sender.closed() => return Ok(()),
                () = stopped(&mut stopping) => {
                    return Err(End::Told(Problem::new(Code::Unavailable, reason::NODE_STOPPED, "the node is shutting down; resume at another").into()));
                }
            }
        }
    }

    /// Shows the entries of the next block that are not shown yet, page by page, and its header.
    async fn block(&mut self) -> Result<(), End> {
        let height = Height(self.height);
        let (header, seal) = self.api.read(move |view| sealed_at(view, height)).await?;
        while self.index < header.tree_size {
            let (from, left) = (self.index, header.tree_size.saturating_sub(self.index));
            let page = usize::try_from(left).unwrap_or(usize::MAX).min(PAGE_MAX);
            let entries = self.api.read(move |view| Ok(view.entries(from, page, PAGE_BYTES_MAX)?)).await?;
            for (index, signed_entry) in entries {
                self.send(Event::Entry(v1::LogEntry { index, signed_entry })).await?;
                self.index = index.saturating_add(1);
            }
        }
        self.send(Event::BlockEnd(wire_header(&header, &seal))).await?;
        self.height = self.height.saturating_add(1);
        Ok(())
    }

    async fn send(&self, event: Event) -> Result<(), End> {
        match self.sender.send_timeout(v1::WatchResponse { event: Some(event) }, WATCH_STALL_MAX).await {
            Ok(()) => Ok(()),
            Err(mpsc::error::SendTimeoutError::Closed(_)) => Err(End::Gone),
            Err(mpsc::error::SendTimeoutError::Timeout(_)) => {
                let message =
                    format!("{WATCH_BUFFER_EVENTS} events were not read for {} s; resume from the last header", WATCH_STALL_MAX.as_secs());
                Err(End::Told(Problem::new(Code::ResourceExhausted, reason::READER_TOO_SLOW, message).retry_after(RETRY_DELAY).into()))
            }
        }
    }
}
