//! Records: what the state holds, and under which key (SPEC section 10).

use crate::codec::{Canonical, CodecDefect, encode, invalid};
use crate::commitment::DeclarationKey;
use crate::document::{DocumentId, DocumentKind, DocumentStatus, ProductKey, ReasonCode};
use crate::entry::EntryId;
use crate::fingerprint::{Fingerprint, SignatureHash, SpkiHash};
use crate::hash::{derive, id32};
use crate::limits::{HISTORY_MAX, RECORD_BYTES_MAX};
use crate::name::{Country, Height, OrgId, Revision, Timestamp};
use crate::number::ReferenceKey;
use crate::recognition::RecognitionScope;
use crate::scheme::SchemeId;
use crate::sign::PublicKey;
use crate::state::slots::Listing;
use crate::state::tree::{StateKey, ValueHash};
use alloc::vec::Vec;
use borsh::{BorshDeserialize, BorshSerialize};

mod recorded;
pub use recorded::{
    Attestation, AttestationRecord, AuthorityRecord, LogPlace, PresentationChange, PresentationName, PresentationRecord, RecognitionRecord,
    RecognitionsRecord, Withdrawal,
};

/// The name of a record: its type and what it is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub enum RecordKey {
    /// A member: [`crate::registry::Organisation`].
    Organisation(OrgId) = 1,
    /// A member's key: [`crate::registry::KeyRecord`].
    Key(PublicKey) = 2,
    /// An X.509 key of a member: [`crate::registry::CertificateBinding`].
    Certificate(SpkiHash) = 3,
    /// A document: [`DocumentRecord`].
    Document(DocumentId) = 4,
    /// A certificate number under its author: [`ReferenceRecord`]. The author is part of the name: anyone can
    /// compute another's reference key, nobody can occupy it.
    Reference(OrgId, ReferenceKey) = 5,
    /// Who recorded a fingerprint: [`ClaimsRecord`].
    Claims(Fingerprint) = 6,
    /// A claim beyond those in the claims record, numbered from 0 over all claims: [`Claim`].
    ClaimSlot(Fingerprint, u32) = 7,
    /// How much a member used of its rate: [`UsageRecord`].
    Usage(OrgId) = 8,
    /// Which bodies attested a document: [`Listing`] of [`OrgId`].
    Attestations(DocumentId) = 9,
    /// One of them.
    AttestationSlot(DocumentId, u32) = 10,
    /// What a body said about a document: [`AttestationRecord`].
    Attestation(DocumentId, OrgId) = 11,
    /// Where a document was presented: [`Listing`] of [`PresentationName`].
    Presentations(DocumentId) = 12,
    /// One of them.
    PresentationSlot(DocumentId, u32) = 13,
    /// What became of one presentation: [`PresentationRecord`].
    Presentation(DocumentId, OrgId, DeclarationKey) = 14,
    /// How many rows of recognition a body has in a scope: [`RecognitionsRecord`].
    Recognitions(RecognitionScope, OrgId) = 15,
    /// One row, numbered from 0: [`RecognitionRecord`].
    Recognition(RecognitionScope, OrgId, u32) = 16,
    /// Which bodies have rows in a scope: [`Listing`] of [`OrgId`].
    Recognised(RecognitionScope) = 17,
    /// One of them.
    RecognisedSlot(RecognitionScope, u32) = 18,
    /// In which scopes a body has rows: [`Listing`] of [`RecognitionScope`].
    Recognisers(OrgId) = 19,
    /// One of them.
    RecogniserSlot(OrgId, u32) = 20,
    /// Which documents an author recorded for a product: [`Listing`] of [`DocumentId`].
    Products(OrgId, ProductKey) = 21,
    /// One of them.
    ProductSlot(OrgId, ProductKey, u32) = 22,
    /// Who recognises for a country: [`AuthorityRecord`].
    Authority(Country) = 23,
    /// Which schemes there are: [`Listing`] of [`crate::scheme::SchemeId`].
    Schemes = 24,
    /// One of them.
    SchemeSlot(u32) = 25,
    /// A scheme: [`crate::scheme::Scheme`].
    Scheme(SchemeKey) = 26,
}

impl RecordKey {
    /// The derivation context of the record type.
    const fn context(&self) -> &'static str {
        match self {
            Self::Organisation(_) => "eco-notary/v1 state organisation",
            Self::Key(_) => "eco-notary/v1 state key",
            Self::Certificate(_) => "eco-notary/v1 state certificate",
            Self::Document(_) => "eco-notary/v1 state document",
            Self::Reference(..) => "eco-notary/v1 state reference",
            Self::Claims(_) => "eco-notary/v1 state claims",
            Self::ClaimSlot(..) => "eco-notary/v1 state claim-slot",
            Self::Usage(_) => "eco-notary/v1 state usage",
            Self::Attestations(_) => "eco-notary/v1 state attestations",
            Self::AttestationSlot(..) => "eco-notary/v1 state attestation-slot",
            Self::Attestation(..) => "eco-notary/v1 state attestation",
            Self::Presentations(_) => "eco-notary/v1 state presentations",
            Self::PresentationSlot(..) => "eco-notary/v1 state presentation-slot",
            Self::Presentation(..) => "eco-notary/v1 state presentation",
            Self::Recognitions(..) => "eco-notary/v1 state recognitions",
            Self::Recognition(..) => "eco-notary/v1 state recognition",
            Self::Recognised(_) => "eco-notary/v1 state recognised",
            Self::RecognisedSlot(..) => "eco-notary/v1 state recognised-slot",
            Self::Recognisers(_) => "eco-notary/v1 state recognisers",
            Self::RecogniserSlot(..) => "eco-notary/v1 state recogniser-slot",
            Self::Products(..) => "eco-notary/v1 state products",
            Self::ProductSlot(..) => "eco-notary/v1 state product-slot",
            Self::Authority(_) => "eco-notary/v1 state authority",
            Self::Schemes => "eco-notary/v1 state schemes",
            Self::SchemeSlot(_) => "eco-notary/v1 state scheme-slot",
            Self::Scheme(_) => "eco-notary/v1 state scheme",
        }
    }

    /// The key in the state tree: `derive_key` of the record's type over its canonical name.
    #[must_use]
    pub fn state_key(&self) -> StateKey {
        StateKey(derive(self.context(), &[&encode(self)]))
    }
}

id32! {
    /// The name of a scheme in the state: from its id, which may be longer.
    SchemeKey
}

impl SchemeKey {
    /// Of a scheme's id.
    #[must_use]
    pub fn of(id: &SchemeId) -> Self {
        Self(derive("eco-notary/v1 scheme", &[id.as_str().as_bytes()]))
    }
}

/// Hash of a record's bytes: its value in the state tree. Never zero.
#[must_use]
pub fn value_hash(record: &[u8]) -> ValueHash {
    ValueHash(derive("eco-notary/v1 record", &[record]))
}

/// One dated change of a document's status. The first is the Anchor itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Change {
    /// The status from then on.
    pub status: DocumentStatus,
    /// Why.
    pub reason: ReasonCode,
    /// Index of the entry that caused it.
    pub index: u64,
    /// Its block.
    pub height: Height,
    /// Its block's time: when it took effect.
    pub time: Timestamp,
}

/// A recorded document and its dated history.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct DocumentRecord {
    /// Grows by one with every change; 1 after the Anchor.
    pub revision: Revision,
    /// Who recorded it.
    pub author: OrgId,
    /// Fingerprint of its signed content.
    pub fingerprint: Fingerprint,
    /// What kind of document.
    pub kind: DocumentKind,
    /// Which signature of it.
    pub signature_hash: Option<SignatureHash>,
    /// Index of its number.
    pub reference: Option<ReferenceKey>,
    /// The Anchor's entry id.
    pub entry: EntryId,
    /// The key that signed the Anchor, or the last reaffirmation.
    pub key: PublicKey,
    /// Stated start of validity.
    pub valid_from: Option<Timestamp>,
    /// Stated end of validity, exclusive.
    pub valid_until: Option<Timestamp>,
    /// The document it replaces.
    pub supersedes: Option<DocumentId>,
    /// The document that replaces it.
    pub superseded_by: Option<DocumentId>,
    /// All changes, oldest first; at least the Anchor's.
    pub history: Vec<Change>,
}

impl Canonical for DocumentRecord {
    const NAME: &'static str = "document record";
    const BYTES_MAX: usize = RECORD_BYTES_MAX;
    fn check(&self) -> Result<(), CodecDefect> {
        if self.history.is_empty() || self.history.len() > HISTORY_MAX {
            return Err(invalid::<Self>("a document has 1 to 32 changes"));
        }
        if self.history.windows(2).any(|w| matches!(w, [a, b] if a.index >= b.index || a.height > b.height || a.time > b.time)) {
            return Err(invalid::<Self>("changes are not in log order"));
        }
        Ok(())
    }
}

impl DocumentRecord {
    /// The status now, i.e. at the head that the record was read under.
    #[must_use]
    pub fn status(&self) -> DocumentStatus {
        self.history.last().map_or(DocumentStatus::Active, |c| c.status)
    }

    /// The last change at or before a time; `None` if the document was not yet on the log.
    #[must_use]
    pub fn change_at(&self, time: Timestamp) -> Option<&Change> {
        self.history.iter().rev().find(|c| c.time <= time)
    }

    /// The Anchor: when and where the document was recorded.
    #[must_use]
    pub fn anchored(&self) -> Option<&Change> {
        self.history.first()
    }
}

/// Which document has a certificate number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct ReferenceRecord {
    /// The document.
    pub document: DocumentId,
}

impl Canonical for ReferenceRecord {
    const NAME: &'static str = "reference record";
    const BYTES_MAX: usize = 32;
}

/// One member's claim to a fingerprint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Claim {
    /// Who recorded it.
    pub author: OrgId,
    /// As which document.
    pub document: DocumentId,
}

impl Canonical for Claim {
    const NAME: &'static str = "claim";
    const BYTES_MAX: usize = 128;
}

/// All members that recorded a fingerprint.
pub type ClaimsRecord = Listing<Claim>;

/// How many entries a member put on the log in an hour of block time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, BorshSerialize, BorshDeserialize)]
pub struct UsageRecord {
    /// Block time in whole hours since 1970.
    pub hour: u64,
    /// Entries in that hour.
    pub entries: u32,
}

impl Canonical for UsageRecord {
    const NAME: &'static str = "usage record";
    const BYTES_MAX: usize = 12;
}
