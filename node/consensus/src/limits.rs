//! Every bound and period of this crate that an operator does not choose, with unit and reason.
//!
//! What an operator may choose is in `config.rs`; what the network agreed on is in the genesis.

use std::time::Duration;

/// Validators in a set: the bound of SPEC.
pub(crate) const VALIDATORS_MAX: usize = eco_core::limits::VALIDATORS_MAX;
/// Bytes of a block in a sync response or in parts: the largest that the genesis may allow here.
pub(crate) const BLOCK_BYTES_MAX: usize = RESPONSE_BYTES_MAX;
/// Bytes of one chunk of a proposed block: well under the parts topic's bound.
pub(crate) const PART_BYTES_MAX: usize = 128 * 1024;
/// Bytes of a libp2p peer id: an Ed25519 one has 38, a hashed one 34.
pub(crate) const PEER_ID_BYTES_MAX: usize = 64;
/// Bytes of a stream id: height and round of the announcement, round in which it is sent.
pub(crate) const STREAM_ID_BYTES: usize = 16;

/// Blocks asked for in one sync request; 5, the engine's default, syncs at a third of the speed.
pub(crate) const SYNC_BATCH: usize = 50;
/// Blocks in a sync response that we still decode.
pub(crate) const SYNC_VALUES_MAX: usize = 256;
/// Sync requests in flight.
pub(crate) const SYNC_PARALLEL: usize = 5;
/// Bytes of a remote procedure message on the consensus swarm.
pub(crate) const RPC_BYTES_MAX: usize = 2 * 1024 * 1024;
/// Bytes of a sync response: below the transport's bound, which counts framing as well.
pub(crate) const RESPONSE_BYTES_MAX: usize = RPC_BYTES_MAX - 4096;

/// How many heights ahead of ours a proposal may be: more than one only while we lag by a moment.
pub(crate) const PART_HEIGHTS_AHEAD_MAX: u64 = 2;
/// Open part streams per peer: one per round that is plausibly still alive.
pub(crate) const STREAMS_PER_PEER_MAX: usize = 8;
/// Open part streams of all peers.
pub(crate) const STREAMS_MAX: usize = 64;
/// Bytes held in unfinished part streams of all peers.
pub(crate) const STREAM_BYTES_MAX: usize = 32 * 1024 * 1024;
/// Proposals whose parts we keep to send again: those of the current height.
pub(crate) const RESTREAM_MAX: usize = 64;

/// How long a proposer that was demoted proposes last, in heights.
pub(crate) const DEMOTION_HEIGHTS: u64 = 16;

/// How often the watchdog looks.
pub(crate) const WATCHDOG_PERIOD: Duration = Duration::from_secs(1);
/// How often a peer is asked for its height over the submission swarm.
pub(crate) const HELLO_PERIOD: Duration = Duration::from_secs(2);
/// How often lost connections of the submission swarm are dialled again.
pub(crate) const REDIAL_PERIOD: Duration = Duration::from_secs(1);
/// Heights by which a peer must be ahead before this node counts as syncing: one is ordinary gossip delay.
pub(crate) const SYNCING_LAG_HEIGHTS: u64 = 2;

/// Entries in one submission batch.
pub(crate) const BATCH_ENTRIES_MAX: usize = 512;
/// Bytes of one submission batch, framing included.
pub(crate) const BATCH_BYTES_MAX: usize = 1024 * 1024;
/// Bytes of the reason with which an entry is refused.
pub(crate) const REASON_BYTES_MAX: usize = 512;
/// Bytes of a submission answer.
pub(crate) const ANSWER_BYTES_MAX: usize = BATCH_ENTRIES_MAX * (8 + REASON_BYTES_MAX) + 64;
/// Batches being worked on for one peer; further ones are answered `Busy`.
pub(crate) const INBOUND_PER_PEER_MAX: usize = 4;
/// Batches sent to one peer and not answered.
pub(crate) const OUTBOUND_PER_PEER_MAX: usize = 4;
/// Entries that a peer may send per second in the long run.
pub(crate) const PEER_ENTRIES_PER_SECOND: u32 = 5_000;
/// Entries that a peer may send at once.
pub(crate) const PEER_ENTRIES_BURST: u32 = 20_000;
/// Entries queued for one peer beyond those under way; what does not fit is offered again later.
pub(crate) const QUEUED_PER_PEER_MAX: usize = 20_000;
/// Bytes of the entries queued for one peer: 16 full batches, and what 20,000 ordinary entries (300 bytes) fill to a third.
pub(crate) const QUEUED_BYTES_PER_PEER_MAX: usize = 16 * BATCH_BYTES_MAX;
/// How long a peer has to answer a batch, and a caller waits for one to be taken.
pub(crate) const BATCH_TIMEOUT: Duration = Duration::from_secs(10);
/// Entries waiting for the next gossip round; beyond it re-offering finds them in the pool.
pub(crate) const GOSSIP_QUEUE_MAX: usize = 20_000;
/// After how long an entry that is still in the pool is offered to all validators again.
pub(crate) const REOFFER_PERIOD: Duration = Duration::from_secs(5);
/// Requests of the node's own services waiting for the submission swarm.
pub(crate) const COMMANDS_MAX: usize = 256;

/// Inputs for one future height that the engine buffers: rounds x (2n - 1), and small.
pub(crate) const QUEUE_PER_HEIGHT: usize = 500;
/// Evidence files kept; one network needs few before its members act.
pub(crate) const EVIDENCE_FILES_MAX: usize = 1024;
