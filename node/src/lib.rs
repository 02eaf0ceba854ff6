//! The `eco-node` binary as a library: configuration, keys, and the composition of ledger, consensus and API.
//!
//! Nothing is decided here: this crate reads files, connects parts, and stops them in order.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing))]

pub mod config;
pub mod init;
pub mod keys;
mod node;
#[cfg(test)]
mod tests;

pub use node::{Node, NodeError, Ready, StopCause, open_ledger};
