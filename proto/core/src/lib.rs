//! Rules of truth of Eco Notary.
//!
//! Everything that decides whether a statement may enter the log, what it changes, whether evidence
//! holds, and what a verifier may conclude from it, is in this crate, and nowhere else. It is pure:
//! no input or output, no clock, no randomness, no map iteration order, no floating point.
//! `proto/SPEC.md` describes the same rules in bytes.
#![no_std]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing))]

extern crate alloc;

pub mod checkpoint;
pub mod codec;
pub mod commitment;
pub mod date;
pub mod decimal;
pub mod document;
pub mod eco_file;
pub mod entry;
pub mod evidence;
pub mod fingerprint;
pub mod genesis;
pub mod hash;
pub mod header;
pub mod limits;
pub mod log;
pub mod name;
pub mod number;
pub mod receipt;
pub mod recognition;
pub mod registry;
pub mod scheme;
pub mod seal;
pub mod sign;
mod slim;
pub mod slip;
pub mod state;
pub mod statement;
pub mod status;
pub mod trust;
pub mod verdict;

pub use fingerprint::{Fingerprint, Method, SignatureHash, SpkiHash};
