//! gRPC services, tiles and metrics over the ledger.
//!
//! A handler converts, calls one verb of the ledger, and converts back; what is true is eco-core's. This crate
//! does not know the engine: what the node must tell about consensus comes in as [`NodeFacts`], and entries
//! that this node cannot bring into a block itself go out by a [`HandOver`].
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing))]

mod admin;
mod api;
mod connections;
mod health;
mod http;
pub mod limits;
mod log;
mod metrics;
mod registry;
mod server;
mod status;
mod submission;
#[cfg(test)]
mod tests;
mod verification;

pub use api::{Api, Clock, HandOver, HandOverAnswer, HandOverFailure, HandOverResult, NodeFacts};
pub use server::{Addresses, Bound, ServeError, serve};
