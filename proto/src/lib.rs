//! The gRPC schema `eco.notary.v1`, generated code, and conversions to and from eco-core.
//!
//! Protobuf only carries: what decides anything travels in the canonical bytes of SPEC, which the receiver
//! decodes and verifies with eco-core. Nothing here knows a rule, a clock or a file.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing))]

pub mod convert;
pub mod limits;
pub mod lists;
pub mod needed;
pub mod problem;

/// Messages, clients and servers of package `eco.notary.v1`.
#[allow(missing_docs, unreachable_pub, clippy::all, clippy::wildcard_imports, clippy::too_many_lines)]
pub mod v1 {
    tonic::include_proto!("eco.notary.v1");
}

/// The protobuf package.
pub const PACKAGE: &str = "eco.notary.v1";

/// Descriptors of the public services, for reflection.
pub const PUBLIC_DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/public.bin"));

/// Descriptors of all services, for reflection on the admin listener.
pub const ALL_DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/all.bin"));
