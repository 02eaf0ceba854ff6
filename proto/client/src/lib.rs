//! A gRPC client that believes no answer it has not checked.
//!
//! Every verb of [`Client`] verifies what a node says under the caller's trust root, with eco-core, and gives
//! checked values only. The client remembers the last head it saw: a newer one must extend it, an older one
//! shows that the node lags, another one of the same height is a fork and comes back as evidence. Nothing is
//! written to disk: the caller keeps [`Client::trust`].
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing))]

mod client;
mod error;
mod head;
mod lists;
mod node;
mod registry;
mod status;
mod submit;
#[cfg(test)]
mod tests;
mod watch;

pub use client::Client;
pub use eco_proto::convert::{EntryName, StatusCandidate, StatusQuery};
pub use eco_proto::lists::ListQuery;
pub use error::{ClientError, Refused};
pub use head::SealedHead;
pub use lists::ListsAnswer;
pub use registry::Network;
pub use status::{CheckedReceipt, ClaimsAnswer, StatusAnswer};
pub use submit::{Standing, Submitted, Wait};
pub use watch::{Event, Watch};
