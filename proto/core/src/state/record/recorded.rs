//! Records of attestations, recognitions and presentations: dated, and never forgotten (SPEC section 10).

use crate::codec::{Canonical, CodecDefect, invalid};
use crate::commitment::{DeclarationKey, StatementHash};
use crate::document::ReasonCode;
use crate::limits::{ATTESTATIONS_MAX, PRESENTATION_STATES_MAX, RECORD_BYTES_MAX};
use crate::name::{Country, Height, OrgId, Revision, Timestamp};
use crate::recognition::{AccreditationStandard, HsPrefix, RecognitionSource};
use crate::sign::PublicKey;
use crate::statement::PresentationState;
use alloc::vec::Vec;
use borsh::{BorshDeserialize, BorshSerialize};

/// Where and when something was recorded: everything takes effect at block time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct LogPlace {
    /// Index of the entry.
    pub index: u64,
    /// Its block.
    pub height: Height,
    /// Its block's time.
    pub time: Timestamp,
}

/// The end of an attestation or recognition, for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Withdrawal {
    /// Why.
    pub reason: ReasonCode,
    /// From when on.
    pub place: LogPlace,
}

/// One attestation of a passport.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Attestation {
    /// The standard that the body is accredited by.
    pub standard: AccreditationStandard,
    /// Which verification statement.
    pub statement: StatementHash,
    /// Start of the period of the verified data.
    pub period_from: Timestamp,
    /// Its end, exclusive.
    pub period_until: Timestamp,
    /// Until when the attestation holds, exclusive.
    pub until: Timestamp,
    /// The key that signed it.
    pub key: PublicKey,
    /// When it was recorded.
    pub recorded: LogPlace,
    /// Whether it was withdrawn.
    pub withdrawn: Option<Withdrawal>,
}

/// What one verification body said about one passport.
#[derive(Debug, Clone, PartialEq, Eq, Default, BorshSerialize, BorshDeserialize)]
pub struct AttestationRecord {
    /// Grows by one with every Attest and withdrawal.
    pub revision: Revision,
    /// In log order, withdrawn ones included; each has another statement hash.
    pub attestations: Vec<Attestation>,
}

impl Canonical for AttestationRecord {
    const NAME: &'static str = "attestation record";
    const BYTES_MAX: usize = RECORD_BYTES_MAX;
    fn check(&self) -> Result<(), CodecDefect> {
        if self.attestations.is_empty() || self.attestations.len() > ATTESTATIONS_MAX {
            return Err(invalid::<Self>("a body has 1 to 8 attestations of a document"));
        }
        Ok(())
    }
}

/// How many rows of recognition there are for one scope and body; they are numbered from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, BorshSerialize, BorshDeserialize)]
pub struct RecognitionsRecord {
    /// The count: the list is complete with the rows 0 to count - 1.
    pub count: u32,
}

impl Canonical for RecognitionsRecord {
    const NAME: &'static str = "recognitions record";
    const BYTES_MAX: usize = 4;
}

/// One row of recognition.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct RecognitionRecord {
    /// 1 as recorded, 2 once withdrawn.
    pub revision: Revision,
    /// The authority or accreditation body that said so.
    pub author: OrgId,
    /// The accreditation standard that counts.
    pub standard: AccreditationStandard,
    /// For which goods; ascending.
    pub prefixes: Vec<HsPrefix>,
    /// From when.
    pub valid_from: Timestamp,
    /// Until when, exclusive, if it ends.
    pub valid_until: Option<Timestamp>,
    /// The published list.
    pub source: RecognitionSource,
    /// The key that signed it.
    pub key: PublicKey,
    /// When it was recorded.
    pub recorded: LogPlace,
    /// Whether it was withdrawn.
    pub withdrawn: Option<Withdrawal>,
}

impl Canonical for RecognitionRecord {
    const NAME: &'static str = "recognition record";
    const BYTES_MAX: usize = RECORD_BYTES_MAX;
}

/// Which customs, with which of its declarations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, BorshSerialize, BorshDeserialize)]
pub struct PresentationName {
    /// The customs.
    pub customs: OrgId,
    /// Its declaration.
    pub declaration: DeclarationKey,
}

impl Canonical for PresentationName {
    const NAME: &'static str = "presentation name";
    const BYTES_MAX: usize = 68;
}

/// One dated state of a presentation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct PresentationChange {
    /// The state from then on.
    pub state: PresentationState,
    /// The key that signed it.
    pub key: PublicKey,
    /// When it was recorded.
    pub place: LogPlace,
}

/// What became of one presentation of a certificate; the first state is lodged.
#[derive(Debug, Clone, PartialEq, Eq, Default, BorshSerialize, BorshDeserialize)]
pub struct PresentationRecord {
    /// Grows by one with every state.
    pub revision: Revision,
    /// In log order.
    pub history: Vec<PresentationChange>,
}

impl PresentationRecord {
    /// The state now, i.e. at the head that the record was read under; `None`: not lodged.
    #[must_use]
    pub fn state(&self) -> Option<PresentationState> {
        self.history.last().map(|change| change.state)
    }
}

impl Canonical for PresentationRecord {
    const NAME: &'static str = "presentation record";
    const BYTES_MAX: usize = RECORD_BYTES_MAX;
    fn check(&self) -> Result<(), CodecDefect> {
        if self.history.is_empty() || self.history.len() > PRESENTATION_STATES_MAX {
            return Err(invalid::<Self>("a presentation has 1 to 16 states"));
        }
        Ok(())
    }
}

/// The one organisation that recognises bodies for a country.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, BorshSerialize, BorshDeserialize)]
pub struct AuthorityRecord {
    /// The country.
    pub country: Country,
    /// A customs or standards authority.
    pub organisation: OrgId,
}

impl Canonical for AuthorityRecord {
    const NAME: &'static str = "authority record";
    const BYTES_MAX: usize = 38;
}
