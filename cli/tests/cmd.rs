//! The `eco` command as a user runs it: one process per question, a network in memory, no node.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, unreachable_pub, missing_docs)]

#[path = "../../proto/core/tests/kit/mod.rs"]
mod kit;

#[path = "../documents/tests/authority/mod.rs"]
mod authority;

mod cmd {
    mod certificates;
    mod consignment_folders;
    mod consignments;
    mod data_inside;
    mod drafting;
    mod entries;
    mod folders;
    mod issuing;
    mod keys;
    mod levels;
    mod offline;
    mod packages;
    mod passports;
    mod presentations;
    mod recognitions;
    mod saved;
    mod schemes;
    mod shipment;
    mod staples;
    mod statements;
    mod tokens;
    mod world;
}
