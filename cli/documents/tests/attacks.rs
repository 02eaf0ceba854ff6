//! Generated attacks on signed files: if one passed, a forged certificate would be believed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod authority;
mod common;
#[path = "attacks/data.rs"]
mod data;
#[path = "attacks/description.rs"]
mod description;
#[path = "attacks/files.rs"]
mod files;
#[path = "attacks/later.rs"]
mod later;
#[path = "fuzz/mutate.rs"]
mod mutate;
#[path = "attacks/octets.rs"]
mod octets;
#[path = "fuzz/run.rs"]
mod run;
#[path = "attacks/structure.rs"]
mod structure;
#[path = "fuzz/targets.rs"]
mod targets;
#[path = "fuzz/texts.rs"]
mod texts;
