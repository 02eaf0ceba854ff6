//! The verdict: one pure function, `judge`, and what goes into and comes out of it.

mod code;
mod consignment;
mod dossier;
mod eligibility;
mod facts;
mod findings;
mod judge;
mod listed;
mod metadata;
mod proven;
mod proven_time;
mod receipts;
mod record;
mod saved;
mod saved_consignment;
mod sums;

pub use code::{Class, Code};
pub use consignment::{
    Asked, CertificateAtHand, Consignment, Document, Eligibility, Import, Judgement, PassportAtHand, SchemeVerdict, judge_consignment,
};
pub use dossier::{Dossier, ProvenLists, judge_dossier};
pub use facts::{
    ActivityFacts, CertificateFacts, ComponentFacts, EntryRecord, FactorFacts, Facts, FootprintFacts, ItemFacts, OriginalFacts, PageFacts,
    Part, Party, PassportFacts, Producer, ProofOfOrigin, Quantity, ScopeFacts, Stated, VerificationFacts,
};
pub use findings::{AtHand, Candidate, DocumentFindings, Finding, Place, SignerPath, SignerStanding, Subject};
pub use judge::judge;
pub use listed::{AttestationFacts, Listed, PresentationFacts, RecognitionFacts, RecognitionRow, RowStanding};
pub use saved::{SavedDocument, SavedScheme, SavedVerdict};
pub use saved_consignment::{SavedAsked, SavedConsignment, SavedPassport};
pub use sums::{PartsSum, Relation, SUM_TOLERANCE_PERCENT};

use crate::document::{DocumentId, DocumentKind, DocumentStatus};
use crate::entry::EntryId;
use crate::fingerprint::Fingerprint;
use crate::name::{Height, OrgId, Timestamp};
use crate::number::CertificateNumber;
use crate::state::Change;
use alloc::string::String;
use alloc::vec::Vec;

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// The asker's clock.
    pub now: Timestamp,
    /// The day asked about; `None` is now.
    pub as_of: Option<Timestamp>,
    /// The issuer that the document names, if the asker knows it.
    pub issuer: Option<OrgId>,
    /// The number that the document shows, if the asker knows it; with `issuer` and no document,
    /// the question is whether there is a certificate with this number.
    pub number: Option<CertificateNumber>,
    /// The kind that is expected, if the asker expects one.
    pub kind: Option<DocumentKind>,
}

/// What the asker's rules are. Data, never constants of the code that judges.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// How old a status may be at the time asked about, in milliseconds.
    pub status_age_ms_max: u64,
    /// How many days after departure a certificate may be issued without saying so.
    pub retroactive_days: u16,
    /// Notices that count: one on the trust axis makes a document UNTRUSTWORTHY, one on the other NOT_ELIGIBLE.
    pub raised: Notices,
}

/// A set of notices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Notices(u128);

impl Notices {
    /// No notice.
    pub const NONE: Self = Self(0);

    /// The set with one more; a code that is no notice counts already and changes nothing.
    #[must_use]
    pub const fn with(self, code: Code) -> Self {
        if code.class().is_notice() { Self(self.0 | 1 << code as u32) } else { self }
    }

    /// Whether a notice is in the set.
    #[must_use]
    pub const fn has(self, code: Code) -> bool {
        self.0 & 1 << code as u32 != 0
    }
}

// Every code has a bit.
const _: () = assert!(Code::ALL.len() <= u128::BITS as usize);

impl Default for Policy {
    fn default() -> Self {
        Self { status_age_ms_max: 5 * 60 * 1000, retroactive_days: 0, raised: Notices::NONE }
    }
}

impl Policy {
    /// The class of a finding under this policy: a notice may rise on its axis, nothing ever falls.
    #[must_use]
    pub const fn raise(&self, code: Code, class: Class) -> Class {
        match class {
            Class::TrustNotice if self.raised.has(code) => Class::Untrustworthy,
            Class::EligibilityNotice if self.raised.has(code) => Class::Excluded,
            class => class,
        }
    }

    /// This policy with another bound on the age of a status, if that is stricter.
    #[must_use]
    pub(crate) fn stricter(self, status_age_ms_max: Option<u64>) -> Self {
        let status_age_ms_max = status_age_ms_max.map_or(self.status_age_ms_max, |other| other.min(self.status_age_ms_max));
        Self { status_age_ms_max, ..self }
    }
}

/// How asking nodes went, where it gave no evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach {
    /// No node was asked.
    NotAsked,
    /// Every node that was asked answered with evidence.
    Answered,
    /// No node answered.
    Unreachable(String),
    /// An answer did not hold.
    Invalid(String),
    /// A node found nothing, without proof.
    NoProof(String),
    /// A node said that it is behind.
    Lagging(String),
}

/// Everything at hand that may prove something: bytes, not yet believed.
#[derive(Debug, Clone)]
pub struct Evidence<'a> {
    /// Receipt files from the document, beside it, or from nodes: candidates.
    pub receipts: &'a [Vec<u8>],
    /// Status proof files.
    pub statuses: &'a [Vec<u8>],
    /// How asking nodes went.
    pub reach: Reach,
}

/// Whether a document is to be believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Trust {
    /// Genuine, unmodified, by an admitted issuer, in force as of the time asked about.
    Trusted,
    /// Something needed could not be established.
    Unverifiable,
    /// Something is wrong with it.
    Untrustworthy,
}

impl Trust {
    /// The value of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        [Self::Trusted, Self::Unverifiable, Self::Untrustworthy].into_iter().find(|trust| trust.name() == name)
    }

    /// The name used in schema and output.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Trusted => "TRUSTED",
            Self::Unverifiable => "UNVERIFIABLE",
            Self::Untrustworthy => "UNTRUSTWORTHY",
        }
    }
}

/// What the log says about a document, as far as it was proven.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// The document.
    pub document: DocumentId,
    /// Who recorded it.
    pub author: OrgId,
    /// Its legal name, where the registry record was shown.
    pub author_name: Option<String>,
    /// As what.
    pub kind: DocumentKind,
    /// Under which fingerprint.
    pub fingerprint: Fingerprint,
    /// The Anchor's entry.
    pub entry: EntryId,
    /// The Anchor's place on the log.
    pub index: u64,
    /// When it was recorded; `None` where the evidence does not date it.
    pub anchored: Option<(Height, Timestamp)>,
    /// The status as of the time asked about; `None` where no evidence reaches it.
    pub status: Option<DocumentStatus>,
    /// The document that it replaces.
    pub supersedes: Option<DocumentId>,
    /// The dated history, where a status proof was at hand.
    pub history: Vec<Change>,
}

/// The head that the status in a verdict was read under.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeadSeen {
    /// Its height.
    pub height: Height,
    /// Its time.
    pub time: Timestamp,
    /// How old it was when asked: `max(0, now - time)`, in milliseconds.
    pub age_ms: u64,
}

/// The verdict on one document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// To be believed or not.
    pub trust: Trust,
    /// Reasons and notices: first those that make it untrustworthy, then what is not established, then notices.
    pub reasons: Vec<Finding>,
    /// Checks that were made and passed.
    pub checks: Vec<String>,
    /// What the log says.
    pub recorded: Option<Recorded>,
    /// Under which head.
    pub head: Option<HeadSeen>,
    /// What was not established, and what would settle it.
    pub not_established: Vec<String>,
}

impl Verdict {
    /// Whether a reason is among the reasons.
    #[must_use]
    pub fn has(&self, code: Code) -> bool {
        self.reasons.iter().any(|r| r.code == code)
    }
}
