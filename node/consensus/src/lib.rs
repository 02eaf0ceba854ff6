//! Malachite glue and the submission swarm: the only crate that knows the engine.
//!
//! [`start`] runs consensus over an `eco_ledger::Ledger`: the engine decides heads, the ledger builds,
//! judges, holds and commits the blocks behind them, and nothing is answered that is not on the disk.
//! A second libp2p swarm carries entries between nodes. What is true is decided by eco-core alone; this
//! crate signs, sends, and keeps time.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing))]

mod app;
mod clock;
mod codec;
mod config;
mod context;
mod demotion;
mod engine;
mod evidence;
#[cfg(feature = "fault-injection")]
pub mod fault;
mod limits;
mod node;
mod originals;
mod pace;
mod parts;
mod scheme;
mod signer;
mod signer_state;
mod submission;
#[cfg(test)]
mod testing;
mod time_bounds;
mod watchdog;
mod wire;
mod withheld;

pub use clock::Clock;
pub use config::{AddressSharing, ConsensusConfig, Identity, P2pKeyDefect, PeerConfig, SeedDefect, StepTimeouts, peer_id};
pub use engine::StartError;
pub use node::{ConsensusHandle, create_signer_state, start};
pub use signer_state::SignerStateError;
pub use submission::message::EntryAnswer;
pub use submission::{HandOverError, PeerView, SubmissionError};
pub use watchdog::{Health, Status, Voting};
