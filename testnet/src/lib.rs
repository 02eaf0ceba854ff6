//! Networks of real `eco-node` processes on one machine: for the demo, for tests, and to try things out.
//!
//! Drives the binaries `eco` and `eco-node` that stand beside it. Decides nothing: what is true is printed
//! by `eco`, and checked by exit code and reason code.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing))]

pub mod demo;
pub mod entries;
mod error;
pub mod genesis;
mod network;
mod node_files;
mod process;
pub mod sandbox;
pub mod shipment;
pub mod tool;

pub use error::TestnetError;
pub use network::{FIRST_BLOCK_LIMIT, Network, Node, Size};
pub use node_files::Ports;
pub use process::{READY_LIMIT, STOP_LIMIT};
