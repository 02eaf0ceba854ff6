//! What the log lists about documents and bodies: attestations, recognitions, presentations (SPEC section 14.5).
//!
//! Built from verified status proofs alone. A list counts as complete only where a counter proves it.

use crate::commitment::StatementHash;
use crate::name::{Country, OrgId, Timestamp};
use crate::recognition::HsPrefix;
use crate::scheme::{HsCoverage, Source};
use crate::state::RecognitionRecord;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// A list from the log, and whether it is proven to be the whole list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed<T> {
    /// Proven members.
    pub items: Vec<T>,
    /// Whether there are no others, proven by the counter and every slot.
    pub complete: bool,
    /// Time of the head that it was read under; what came later is not in it.
    pub read_at: Timestamp,
}

impl<T> Listed<T> {
    /// A list of which nothing is known.
    #[must_use]
    pub const fn not_asked() -> Self {
        Self { items: Vec::new(), complete: false, read_at: Timestamp(0) }
    }
}

/// One verification body's attestation of a passport.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttestationFacts {
    /// Who attests.
    pub body: OrgId,
    /// Whether the body was an admitted verification body when it attested; `None` where its record was not shown.
    pub admitted: Option<bool>,
    /// The identifiers that the registry lists of the body; empty where it lists none, or its record was not shown.
    pub identifiers: Vec<String>,
    /// Under which accreditation standard: `ISO 14065:2020`.
    pub standard: String,
    /// Hash of the statement number, keyed by the passport's nonce.
    pub statement: StatementHash,
    /// Start of the period that the verified data are of.
    pub period_from: Timestamp,
    /// End of that period, exclusive.
    pub period_until: Timestamp,
    /// Until when it holds, exclusive.
    pub until: Timestamp,
    /// Block time of the Attest.
    pub attested: Timestamp,
    /// Block time of its withdrawal.
    pub withdrawn: Option<Timestamp>,
}

/// One row of a recognition list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecognitionRow {
    /// Who recognises: the country's authority, or an accreditation body.
    pub by: OrgId,
    /// Who is recognised.
    pub body: OrgId,
    /// For which accreditation standard.
    pub standard: String,
    /// For which goods.
    pub goods: HsCoverage,
    /// From when, inclusive, as stated.
    pub from: Timestamp,
    /// Until when, exclusive, as stated.
    pub until: Option<Timestamp>,
    /// Block time of the row: it has no effect before.
    pub recorded: Timestamp,
    /// Block time of its withdrawal.
    pub withdrawn: Option<Timestamp>,
    /// The published list that it repeats.
    pub source: Source,
}

/// How a row of recognition stands at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowStanding {
    /// It counts.
    InForce,
    /// It counts from then on.
    NotYet(Timestamp),
    /// It counted until then.
    Ended(Timestamp),
    /// It was withdrawn then.
    Withdrawn(Timestamp),
}

impl RecognitionRow {
    /// A row as it was recorded. `by` is who stands behind it: for a country its present authority.
    #[must_use]
    pub fn of(record: &RecognitionRecord, by: OrgId, body: OrgId) -> Self {
        let source = &record.source;
        Self {
            by,
            body,
            standard: record.standard.to_string(),
            goods: HsPrefix::coverage(&record.prefixes),
            from: record.valid_from,
            until: record.valid_until,
            recorded: record.recorded.time,
            withdrawn: record.withdrawn.map(|w| w.place.time),
            source: Source { url: source.url.clone(), list_date: source.list_date, fingerprint: Some(source.fingerprint) },
        }
    }

    /// How it stands at a moment. It has no effect before its block, whatever date it states.
    #[must_use]
    pub fn standing(&self, at: Timestamp) -> RowStanding {
        let begins = self.from.max(self.recorded);
        match (self.withdrawn, self.until) {
            (Some(withdrawn), _) if at >= withdrawn => RowStanding::Withdrawn(withdrawn),
            (_, Some(until)) if at >= until => RowStanding::Ended(until),
            _ if at < begins => RowStanding::NotYet(begins),
            _ => RowStanding::InForce,
        }
    }
}

/// What is known about recognition for one importing country.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecognitionFacts {
    /// The importing country.
    pub country: Country,
    /// Its one recognising authority; `None` where there is none.
    pub authority: Option<OrgId>,
    /// Rows of the authority and of accreditation bodies about the attesting bodies. Complete means: every row
    /// that could recognise them for this country, directly or in two steps, is among them.
    pub rows: Listed<RecognitionRow>,
}

/// One presentation of the certificate, or of the original it is a true copy of, to a customs office.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PresentationFacts {
    /// To whom.
    pub customs: OrgId,
    /// Its legal name, where known; else the slug.
    pub customs_name: String,
    /// Block time of the first lodging.
    pub lodged: Timestamp,
    /// Present standing, in words: lodged, referred, released, refused.
    pub standing: &'static str,
    /// Whether it was withdrawn and counts no more.
    pub withdrawn: bool,
    /// Whether it is the asker's own, under the declaration asked about.
    pub own: bool,
}
