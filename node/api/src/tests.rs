//! The services over a real ledger and real sockets.

mod ask;
mod kit;
mod listeners;
mod lists;
