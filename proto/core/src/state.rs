//! State: records under hashed keys, the authenticated map over them, and what an entry changes.

pub mod apply;
pub mod record;
pub mod refusal;
pub mod slots;
pub mod tree;

pub use apply::{BlockDefect, Built, Effects, Failure, ReadRecords, State, Tip};
pub use record::{
    Attestation, AttestationRecord, AuthorityRecord, Change, Claim, ClaimsRecord, DocumentRecord, LogPlace, PresentationChange,
    PresentationName, PresentationRecord, RecognitionRecord, RecognitionsRecord, RecordKey, ReferenceRecord, SchemeKey, UsageRecord,
    Withdrawal,
};
pub use refusal::Refusal;
pub use slots::{Listed, Listing};
