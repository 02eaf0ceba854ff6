//! The node's only state: blocks, trees, records and pool.
//!
//! Consensus writes through [`Ledger::submit`], [`Ledger::propose`], [`Ledger::validate`],
//! [`Ledger::hold`] and [`Ledger::commit`]; the API reads through [`Ledger::view`]. What is true is
//! decided by eco-core alone: this crate stores, and calls it.
//!
//! Two rules carry the promise of the network. **Durable before visible**: a block is shown, and its
//! submitters are answered, after one synced write of everything that it changes. **Fail stop**: after
//! any failed write or read of the store the handle refuses all further work; opening it anew re-derives
//! the roots from what was really written.
//!
//! Calls block on the disk; an async caller uses `spawn_blocking`.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing))]

mod error;
#[cfg(any(test, feature = "fault-injection"))]
pub mod fault;
mod fsck;
mod high_water;
mod keys;
mod ledger;
mod nodes;
mod options;
mod pool;
mod recovery;
mod store;
#[cfg(test)]
mod tests;
mod verified;
mod verifier;
mod view;

pub use error::{LedgerError, PoolFull, Rejected, SubmitError};
pub use fsck::{Fsck, FsckProgress, FsckStage};
pub use ledger::{Committed, Duplicate, Head, Ledger, Metrics, Submitted, Taken};
pub use options::{FreeSpace, Options, PoolLimits};
pub use pool::{Final, Offer};
#[cfg(any(test, feature = "fault-injection"))]
pub use store::{Fault, Planted, WritePoint};
pub use view::{Inclusion, View};
