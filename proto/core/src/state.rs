//! State: records under hashed keys, the authenticated map over them, and what an entry changes.

pub mod apply;
pub mod record;
pub mod refusal;
pub mod tree;

pub use apply::{BlockDefect, Built, Effects, Failure, ReadRecords, State, Tip};
pub use record::{Change, Claim, ClaimsRecord, DocumentRecord, RecordKey, ReferenceRecord, UsageRecord};
pub use refusal::Refusal;
