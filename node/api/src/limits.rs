//! What the listeners allow. Sizes of requests and answers are in `eco_proto::limits`, which clients share.

use std::time::Duration;

/// Requests under way on one connection; more are refused.
pub const REQUESTS_PER_CONNECTION_MAX: usize = 32;
/// HTTP/2 streams of one connection.
pub const STREAMS_PER_CONNECTION_MAX: u32 = 64;
/// Streams that a client reset before they were answered (rapid reset).
pub const PENDING_RESETS_MAX: usize = 20;
/// Connections of one listener.
pub const CONNECTIONS_MAX: usize = 1024;
/// Connections of one IP address. A test network shares one address, so it is not smaller.
pub const CONNECTIONS_PER_ADDRESS_MAX: usize = 256;
/// How often an idle connection is probed.
pub const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(20);
/// How long a probe may take.
pub const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(20);
/// After this age a connection is closed, so that clients spread over nodes again.
pub const CONNECTION_AGE_MAX: Duration = Duration::from_secs(600);
/// How long requests of such a connection may still take. A `Watch` ends with it and resumes.
pub const CONNECTION_AGE_GRACE: Duration = Duration::from_secs(30);
/// How long an HTTP connection may take to send its next request: from its opening, or from the last bytes of an answer.
pub const HTTP_SILENCE_MAX: Duration = Duration::from_secs(30);
/// How long a read may take.
pub const READ_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a submission waits for finality before it answers "accepted".
pub const FINAL_WAIT_MAX: Duration = Duration::from_secs(60);
/// How long any request may take: longer than the wait for finality and the reads around it.
pub const REQUEST_TIMEOUT: Duration = Duration::from_secs(75);
/// Reads of the store at once; more wait for their turn.
pub const READS_AT_ONCE_MAX: usize = 16;
/// Watchers of one node.
pub const WATCHERS_MAX: usize = 256;
/// Events buffered for one watcher.
pub const WATCH_BUFFER_EVENTS: usize = 256;
/// How long a watcher may leave its buffer full before it is cut off.
pub const WATCH_STALL_MAX: Duration = Duration::from_secs(10);
/// A watcher hears something at least this often.
pub const WATCH_HEARTBEAT: Duration = Duration::from_secs(15);
/// When a client that was turned away for load should come back.
pub const RETRY_DELAY: Duration = Duration::from_secs(1);
/// Headers in one page of `/eco/headers`.
pub const HTTP_HEADERS_PAGE: u64 = 256;
