//! Tests that need the inside of the ledger: faults at every write, crash images, hostile input.

mod chain;
mod damage;
mod faults;
pub(crate) mod kit;
mod measure;
mod pool;
mod proofs;
mod recorded;
mod submit;
