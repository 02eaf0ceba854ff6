//! The verdict: one pure function, `judge`, and what goes into and comes out of it.

mod code;
mod findings;

pub use code::{Class, Code};
pub use findings::{Candidate, DocumentFindings, Finding, Place, Subject};
