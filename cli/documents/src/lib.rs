//! Documents of Eco Notary: bytes in, findings out.
//!
//! Reads, signs and verifies PDF certificates of origin, carbon passports and certificate metadata, reads schemes,
//! lays out certificates and proof slips, and handles key files. Decides nothing about trust: `eco_core::verdict` does. No network, no clock; randomness and times
//! are arguments.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing))]

mod asn1;
mod country;
pub mod credential;
pub mod customs_entry;
pub mod jcs;
pub mod json;
pub mod keys;
pub mod metadata;
pub mod passport;
pub mod pdf;
pub mod pki;
pub mod product;
pub mod profile;
pub mod proof;
pub mod scheme;
pub mod time;
