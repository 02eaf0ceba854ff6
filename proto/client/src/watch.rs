//! Following the log: entries are given out once they hash into a sealed root.

use crate::client::Client;
use crate::error::ClientError;
use crate::head::SealedHead;
use crate::node::Node;
use eco_core::entry::SignedEntry;
use eco_core::limits::BLOCK_ENTRIES_MAX;
use eco_core::log::{Frontier, LogHash, leaf_hash};
use eco_proto::convert::bytes32;
use eco_proto::v1;
use eco_proto::v1::watch_response::Event as Wire;
use std::time::Duration;
use tonic::Streaming;

/// How long a node may be silent: it sends a heartbeat when there is nothing else.
const SILENCE_MAX: Duration = Duration::from_secs(60);
/// Blocks after which the head is pinned again with a consistency proof.
const PIN_EVERY_BLOCKS: u64 = 32;

/// What a watcher is shown.
#[expect(clippy::large_enum_variant, reason = "nearly all events are blocks")]
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A block whose entries hash into its sealed log root.
    Block {
        /// Its header and seal.
        head: SealedHead,
        /// Its entries, or those from where the watch began, each with its index.
        entries: Vec<(u64, SignedEntry)>,
    },
    /// Nothing new, and the node still answers.
    Heartbeat,
}

/// A stream of verified blocks. After an error or the end of the stream, `next` connects again where it was.
#[derive(Debug)]
pub struct Watch {
    client: Client,
    /// Entries that were given out end here.
    position: u64,
    /// Which node comes next.
    turn: usize,
    stream: Option<Open>,
}

#[derive(Debug)]
struct Open {
    node: Node,
    events: Streaming<v1::WatchResponse>,
    frontier: Frontier,
    pending: Vec<(u64, SignedEntry)>,
    last: Option<SealedHead>,
    blocks: u64,
}

impl Client {
    /// Follows the log from an index on. Nothing is asked before the first [`Watch::next`].
    #[must_use]
    pub fn watch(&self, from: u64) -> Watch {
        Watch { client: self.clone(), position: from, turn: 0, stream: None }
    }
}

impl Watch {
    /// The index from which the next call goes on.
    #[must_use]
    pub const fn position(&self) -> u64 {
        self.position
    }

    /// The next event. After an error the next call asks the next node.
    ///
    /// # Errors
    /// The stream broke, or what came does not hold.
    pub async fn next(&mut self) -> Result<Event, ClientError> {
        let mut open = match self.stream.take() {
            Some(open) => open,
            None => self.open().await?,
        };
        let event = open.next_event(&self.client).await;
        match &event {
            Ok(shown) => {
                if let Event::Block { head, .. } = shown {
                    self.position = self.position.max(head.header.tree_size);
                }
                self.stream = Some(open);
            }
            Err(_) => self.turn = self.turn.wrapping_add(1),
        }
        event
    }

    async fn open(&mut self) -> Result<Open, ClientError> {
        let nodes = self.client.nodes();
        let node = nodes.get(self.turn.checked_rem(nodes.len()).unwrap_or(0)).ok_or(ClientError::NoNode)?.clone();
        match Open::start(&node, self.position).await {
            Ok(open) => Ok(open),
            Err(failure) => {
                self.turn = self.turn.wrapping_add(1);
                Err(failure)
            }
        }
    }
}

impl Open {
    async fn start(node: &Node, from: u64) -> Result<Self, ClientError> {
        let answer = node.log().watch(v1::WatchRequest { from_index: from }).await.map_err(|s| node.failure(&s).0)?;
        let mut events = answer.into_inner();
        let Some(Wire::Start(start)) = receive(node, &mut events).await? else {
            return Err(node.invalid("watch", "it does not begin with its start"));
        };
        if start.from_index != from {
            return Err(node.invalid("watch", format!("it begins at index {}, asked for was {from}", start.from_index)));
        }
        let root = |bytes: &Vec<u8>| bytes32("subtree_roots", bytes).map(LogHash).map_err(|defect| node.invalid("watch", defect));
        // At most one root per bit of a size, so a longer list fits no size.
        let roots = start.subtree_roots.iter().take(65).map(root).collect::<Result<Vec<_>, _>>()?;
        // Whether these are the log's is shown by the first sealed root that follows from them.
        let frontier = Frontier::from_parts(from, roots).map_err(|defect| node.invalid("watch", defect))?;
        Ok(Self { node: node.clone(), events, frontier, pending: Vec::new(), last: None, blocks: 0 })
    }

    async fn next_event(&mut self, client: &Client) -> Result<Event, ClientError> {
        loop {
            match receive(&self.node, &mut self.events).await? {
                Some(Wire::Entry(entry)) => self.take_entry(entry)?,
                Some(Wire::BlockEnd(wire)) => return self.take_block(client, wire).await,
                Some(Wire::Heartbeat(_)) => return Ok(Event::Heartbeat),
                Some(Wire::Start(_)) => return Err(self.node.invalid("watch", "it begins twice")),
                None => {
                    return Err(ClientError::Unreachable { node: self.node.address.clone(), detail: "the node ended the stream".into() });
                }
            }
        }
    }

    fn take_entry(&mut self, wire: v1::LogEntry) -> Result<(), ClientError> {
        let expected = self.frontier.size();
        if wire.index != expected {
            return Err(self.node.invalid("watch", format!("entry {} comes where entry {expected} is next", wire.index)));
        }
        if self.pending.len() >= BLOCK_ENTRIES_MAX {
            return Err(self.node.invalid("watch", format!("more than {BLOCK_ENTRIES_MAX} entries without a header")));
        }
        let entry = SignedEntry::decode(&wire.signed_entry).map_err(|defect| self.node.invalid("entry", defect))?;
        self.frontier.push(leaf_hash(entry.as_bytes()));
        self.pending.push((wire.index, entry));
        Ok(())
    }

    async fn take_block(&mut self, client: &Client, wire: v1::SealedHeader) -> Result<Event, ClientError> {
        let head = SealedHead::read(&self.node, Some(wire), &client.trust())?;
        let header = &head.header;
        let (size, root) = (self.frontier.size(), self.frontier.root());
        if header.tree_size != size || header.log_root != root {
            return Err(self.node.invalid(
                "watch",
                format!(
                    "block {} seals {} entries under {}, the entries shown give {size} under {root}",
                    header.height, header.tree_size, header.log_root
                ),
            ));
        }
        if let Some(last) = &self.last
            && (header.previous != last.header.id() || header.height != last.header.height.next())
        {
            return Err(self.node.invalid("watch", format!("block {} does not follow block {}", header.height, last.header.height)));
        }
        if self.blocks.is_multiple_of(PIN_EVERY_BLOCKS) {
            client.pin(&self.node, &head).await?;
        }
        self.blocks = self.blocks.wrapping_add(1);
        self.last = Some(head.clone());
        Ok(Event::Block { head, entries: std::mem::take(&mut self.pending) })
    }
}

async fn receive(node: &Node, events: &mut Streaming<v1::WatchResponse>) -> Result<Option<Wire>, ClientError> {
    let silent = |_| ClientError::Unreachable { node: node.address.clone(), detail: format!("silent for {} s", SILENCE_MAX.as_secs()) };
    match tokio::time::timeout(SILENCE_MAX, events.message()).await.map_err(silent)? {
        Ok(Some(message)) => {
            message.event.map(Some).ok_or_else(|| node.invalid("watch", "an event of a kind that this version does not know"))
        }
        Ok(None) => Ok(None),
        Err(status) => Err(node.failure(&status).0),
    }
}
