//! Stories about whole networks of real processes, one file each.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, missing_docs)]

mod faults;
mod gate;
mod mortal;
mod net;
mod outside;
mod paper_trail;
mod shipment;
