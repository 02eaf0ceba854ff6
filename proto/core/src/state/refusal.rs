//! Why an entry may not enter: always the caller's to mend, always with both sides.

use crate::codec::CodecDefect;
use crate::commitment::StatementHash;
use crate::document::{DocumentId, DocumentKind, DocumentStatus};
use crate::name::{Country, OrgId, Revision, Timestamp};
use crate::recognition::RecognitionScope;
use crate::registry::Purpose;
use crate::sign::{NetworkId, PublicKey, SignatureDefect};
use crate::statement::PresentationState;
use alloc::string::String;

/// An entry that cannot enter the log, and what would have to change.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The bytes are not a signed entry.
    #[error("not a canonical signed entry: {0}")]
    Malformed(#[from] CodecDefect),
    /// Meant for another network.
    #[error("the entry is for network {found}, this is network {expected}; sign it for this network")]
    WrongNetwork {
        /// This network.
        expected: NetworkId,
        /// In the entry.
        found: NetworkId,
    },
    /// A signature that does not hold.
    #[error("{0}; sign the entry again with the key it names")]
    BadSignature(#[from] SignatureDefect),
    /// More signatures than the statement takes.
    #[error("{found} signatures; this statement takes exactly one, by a key of its author")]
    SignatureCount {
        /// In the entry.
        found: usize,
    },
    /// The author is no member.
    #[error("{author} is not a member of this network")]
    UnknownAuthor {
        /// In the entry.
        author: OrgId,
    },
    /// The author is suspended.
    #[error("{author} is suspended since {since} ms; a suspended member may only suspend, revoke or withdraw what it recorded")]
    AuthorSuspended {
        /// In the entry.
        author: OrgId,
        /// Since when.
        since: Timestamp,
    },
    /// The author lacks the role for the statement.
    #[error("{author} has the roles [{has}]; this statement needs {needs}")]
    MissingRole {
        /// In the entry.
        author: OrgId,
        /// Its roles.
        has: String,
        /// The role needed.
        needs: &'static str,
    },
    /// The key is not in the registry.
    #[error("key {key} is not in the registry; use an admitted key of {author}")]
    UnknownKey {
        /// In the entry.
        key: PublicKey,
        /// In the entry.
        author: OrgId,
    },
    /// The key belongs to another member.
    #[error("key {key} belongs to {owner}, the entry is by {author}")]
    KeyOfAnother {
        /// In the entry.
        key: PublicKey,
        /// Whose it is.
        owner: OrgId,
        /// In the entry.
        author: OrgId,
    },
    /// The key is for something else.
    #[error("key {key} has the purpose {}, this statement needs {}", has.name(), needs.name())]
    KeyPurpose {
        /// In the entry.
        key: PublicKey,
        /// Its purpose.
        has: Purpose,
        /// The purpose needed.
        needs: Purpose,
    },
    /// Before or after the key's validity.
    #[error("key {key} is valid from {from} ms until {until:?}; the time is {at} ms")]
    KeyNotValid {
        /// In the entry.
        key: PublicKey,
        /// Its start.
        from: Timestamp,
        /// Its end.
        until: Option<Timestamp>,
        /// The time that counts.
        at: Timestamp,
    },
    /// The key was revoked.
    #[error("key {key} was revoked at {revoked} ms; use another key of {author}")]
    KeyRevoked {
        /// In the entry.
        key: PublicKey,
        /// When.
        revoked: Timestamp,
        /// In the entry.
        author: OrgId,
    },
    /// An agent without a delegation.
    #[error("{agent} has no delegation from {author}")]
    NotDelegated {
        /// In the entry.
        agent: OrgId,
        /// In the entry.
        author: OrgId,
    },
    /// A statement of a later version.
    #[error("statement {tag} is not known to this version of the network")]
    StatementUnsupported {
        /// Its number.
        tag: u16,
    },
    /// Too late.
    #[error("the entry was to be on the log by {not_after} ms, the time is {now} ms; sign it again")]
    Expired {
        /// In the entry.
        not_after: Timestamp,
        /// The time that counts.
        now: Timestamp,
    },
    /// Too far ahead.
    #[error("not_after {not_after} ms is more than 30 days after {now} ms")]
    NotAfterTooFar {
        /// In the entry.
        not_after: Timestamp,
        /// The time that counts.
        now: Timestamp,
    },
    /// The author recorded these bytes already, with another statement.
    #[error("{document} is on the log already, at index {index}; a document is recorded once")]
    DocumentExists {
        /// The document.
        document: DocumentId,
        /// Index of its Anchor.
        index: u64,
    },
    /// The number belongs to another document of the author.
    #[error("this certificate number belongs to document {document}, recorded at index {index}; numbers are used once")]
    NumberTaken {
        /// The document that has it.
        document: DocumentId,
        /// Index of its Anchor.
        index: u64,
    },
    /// The document is not on the log under this author.
    #[error("{author} has recorded no document {document}")]
    NoSuchDocument {
        /// In the statement.
        document: DocumentId,
        /// In the entry.
        author: OrgId,
    },
    /// The author has not seen the latest change.
    #[error("document {document} is at revision {found}, the statement was made for revision {base}; its last change is at index {index}")]
    RevisionConflict {
        /// In the statement.
        document: DocumentId,
        /// In the statement.
        base: Revision,
        /// In the state.
        found: Revision,
        /// Index of the change that came in between.
        index: u64,
    },
    /// Nothing can follow the present status.
    #[error("document {document} is {} since index {index}, which is final", status.name())]
    StatusFinal {
        /// In the statement.
        document: DocumentId,
        /// Its status.
        status: DocumentStatus,
        /// Index of the change that made it so.
        index: u64,
    },
    /// Suspended already.
    #[error("document {document} is {} already", status.name())]
    StatusUnchanged {
        /// In the statement.
        document: DocumentId,
        /// Its status.
        status: DocumentStatus,
    },
    /// The history is full but for a final change.
    #[error("document {document} has had {changes} changes; only a final one can follow")]
    HistoryFull {
        /// In the statement.
        document: DocumentId,
        /// Changes so far.
        changes: usize,
    },
    /// A replacement of another kind than what it replaces.
    #[error("document {document} is a {}, it cannot be superseded by a {}", found.name(), given.name())]
    SupersedesOtherKind {
        /// In the statement.
        document: DocumentId,
        /// Its kind.
        found: DocumentKind,
        /// The new document's kind.
        given: DocumentKind,
    },
    /// The document is not on the log.
    #[error("no document {document} is on the log; it must be recorded first")]
    DocumentUnknown {
        /// In the statement.
        document: DocumentId,
    },
    /// The statement is not about documents of this kind.
    #[error("document {document} is a {}; {statement} is about {needs}", found.name())]
    WrongKind {
        /// In the statement.
        document: DocumentId,
        /// Its kind.
        found: DocumentKind,
        /// The statement.
        statement: &'static str,
        /// The kinds it is about.
        needs: &'static str,
    },
    /// Only an active passport can be attested.
    #[error("passport {document} is {} since index {index}; only an active one can be attested", status.name())]
    NotActive {
        /// In the statement.
        document: DocumentId,
        /// Its status.
        status: DocumentStatus,
        /// Index of the change that made it so.
        index: u64,
    },
    /// It would be over before it begins.
    #[error("it ends at {until} ms, the time is {now} ms; give an end that lies ahead")]
    OverAlready {
        /// In the statement.
        until: Timestamp,
        /// The time that counts.
        now: Timestamp,
    },
    /// The author has not seen the latest change of its own record.
    #[error("the {record} is at revision {found}, the statement was made for revision {base}; read it again{}", Behind(*index))]
    StaleRecord {
        /// Which record.
        record: &'static str,
        /// In the statement.
        base: Revision,
        /// In the state; 0 if there is none.
        found: Revision,
        /// Index of the change that came in between, if there is the record at all.
        index: Option<u64>,
    },
    /// A body attests a verification statement once.
    #[error(
        "{body} attested document {document} for statement hash {statement} at index {index}; a renewal has a statement number of its own"
    )]
    AttestationExists {
        /// In the statement.
        document: DocumentId,
        /// The author.
        body: OrgId,
        /// In the statement.
        statement: StatementHash,
        /// Index of the Attest.
        index: u64,
    },
    /// There is no such attestation.
    #[error("{body} has not attested document {document} for statement hash {statement}")]
    NoSuchAttestation {
        /// In the statement.
        document: DocumentId,
        /// The author.
        body: OrgId,
        /// In the statement.
        statement: StatementHash,
    },
    /// A withdrawal is final.
    #[error("it was withdrawn at index {index}, which is final")]
    WithdrawnAlready {
        /// Index of the withdrawal.
        index: u64,
    },
    /// A record is full.
    #[error("the {record} holds {max}, its bound; {remedy}")]
    RecordFull {
        /// Which record.
        record: &'static str,
        /// Its bound.
        max: usize,
        /// What can be done.
        remedy: &'static str,
    },
    /// Another organisation, or none, recognises for the country.
    #[error("{author} does not recognise for {country}; {}", Authority(*authority))]
    NotTheAuthority {
        /// In the entry.
        author: OrgId,
        /// In the statement.
        country: Country,
        /// Who does.
        authority: Option<OrgId>,
    },
    /// An accreditation body speaks for itself alone.
    #[error("the statement is in the name of {named}, the entry is by {author}; an accreditation body speaks for itself alone")]
    OtherScope {
        /// In the entry.
        author: OrgId,
        /// In the statement.
        named: OrgId,
    },
    /// Only bodies can be recognised.
    #[error("{body} has the roles [{has}]; only {needs} can be recognised here")]
    NotABody {
        /// In the statement.
        body: OrgId,
        /// Its roles; empty if it is no member.
        has: String,
        /// The role needed.
        needs: &'static str,
    },
    /// There is no such row.
    #[error("{scope} has no row {number} for {body}; there are {count}, numbered from 0")]
    NoSuchRecognition {
        /// In the statement.
        scope: RecognitionScope,
        /// In the statement.
        body: OrgId,
        /// In the statement.
        number: u32,
        /// Rows there are.
        count: u32,
    },
    /// A state that cannot follow.
    #[error("the presentation is {} since index {index}; {} cannot follow", before.name(), state.name())]
    PresentationOrder {
        /// Where it stands.
        before: PresentationState,
        /// In the statement.
        state: PresentationState,
        /// Index of the state's entry.
        index: u64,
    },
    /// The member's hourly rate is used up.
    #[error("{author} may record {max} entries an hour; try again after {retry_at} ms")]
    RateExceeded {
        /// In the entry.
        author: OrgId,
        /// The limit.
        max: u32,
        /// When the next hour begins.
        retry_at: Timestamp,
    },
}

/// Where to look for the change that came in between.
struct Behind(Option<u64>);

impl core::fmt::Display for Behind {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self.0 {
            Some(index) => write!(f, "; its last change is at index {index}"),
            None => f.write_str("; there is no such record yet"),
        }
    }
}

/// Who recognises for a country.
struct Authority(Option<OrgId>);

impl core::fmt::Display for Authority {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self.0 {
            Some(authority) => write!(f, "its recognising authority is {authority}"),
            None => f.write_str("it has no recognising authority in this network"),
        }
    }
}

impl Refusal {
    /// The stable reason, UPPER_SNAKE: `ErrorInfo.reason` on the wire.
    #[must_use]
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "ENTRY_MALFORMED",
            Self::WrongNetwork { .. } => "WRONG_NETWORK",
            Self::BadSignature(_) => "BAD_SIGNATURE",
            Self::SignatureCount { .. } => "SIGNATURE_COUNT",
            Self::UnknownAuthor { .. } => "UNKNOWN_AUTHOR",
            Self::AuthorSuspended { .. } => "AUTHOR_SUSPENDED",
            Self::MissingRole { .. } => "MISSING_ROLE",
            Self::UnknownKey { .. } => "UNKNOWN_KEY",
            Self::KeyOfAnother { .. } => "KEY_OF_ANOTHER",
            Self::KeyPurpose { .. } => "KEY_PURPOSE",
            Self::KeyNotValid { .. } => "KEY_NOT_VALID",
            Self::KeyRevoked { .. } => "KEY_REVOKED",
            Self::NotDelegated { .. } => "NOT_DELEGATED",
            Self::StatementUnsupported { .. } => "STATEMENT_UNSUPPORTED",
            Self::Expired { .. } => "EXPIRED",
            Self::NotAfterTooFar { .. } => "NOT_AFTER_TOO_FAR",
            Self::DocumentExists { .. } => "DOCUMENT_EXISTS",
            Self::NumberTaken { .. } => "NUMBER_TAKEN",
            Self::NoSuchDocument { .. } => "NO_SUCH_DOCUMENT",
            Self::RevisionConflict { .. } => "REVISION_CONFLICT",
            Self::StatusFinal { .. } => "STATUS_FINAL",
            Self::StatusUnchanged { .. } => "STATUS_UNCHANGED",
            Self::HistoryFull { .. } => "HISTORY_FULL",
            Self::SupersedesOtherKind { .. } => "SUPERSEDES_OTHER_KIND",
            Self::DocumentUnknown { .. } => "DOCUMENT_UNKNOWN",
            Self::WrongKind { .. } => "WRONG_KIND",
            Self::NotActive { .. } => "NOT_ACTIVE",
            Self::OverAlready { .. } => "OVER_ALREADY",
            Self::StaleRecord { .. } => "RECORD_CONFLICT",
            Self::AttestationExists { .. } => "ATTESTATION_EXISTS",
            Self::NoSuchAttestation { .. } => "NO_SUCH_ATTESTATION",
            Self::WithdrawnAlready { .. } => "WITHDRAWN_ALREADY",
            Self::RecordFull { .. } => "RECORD_FULL",
            Self::NotTheAuthority { .. } => "NOT_THE_AUTHORITY",
            Self::OtherScope { .. } => "OTHER_SCOPE",
            Self::NotABody { .. } => "NOT_A_BODY",
            Self::NoSuchRecognition { .. } => "NO_SUCH_RECOGNITION",
            Self::PresentationOrder { .. } => "PRESENTATION_ORDER",
            Self::RateExceeded { .. } => "RATE_EXCEEDED",
        }
    }

    /// The log index of the entry that stands in the way, if one does: its receipt explains the refusal.
    #[must_use]
    pub const fn conflicting_index(&self) -> Option<u64> {
        match self {
            Self::DocumentExists { index, .. }
            | Self::NumberTaken { index, .. }
            | Self::RevisionConflict { index, .. }
            | Self::StatusFinal { index, .. }
            | Self::NotActive { index, .. }
            | Self::AttestationExists { index, .. }
            | Self::WithdrawnAlready { index }
            | Self::PresentationOrder { index, .. } => Some(*index),
            Self::StaleRecord { index, .. } => *index,
            _ => None,
        }
    }
}
