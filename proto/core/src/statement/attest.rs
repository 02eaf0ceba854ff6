//! A verification body stands behind a passport's value, or no longer does (SPEC 8.7).

use crate::codec::{Canonical, CodecDefect, invalid};
use crate::commitment::StatementHash;
use crate::document::{DocumentId, ReasonCode};
use crate::limits::SIGNED_ENTRY_BYTES_MAX;
use crate::name::{Revision, Timestamp};
use crate::recognition::AccreditationStandard;
use borsh::{BorshDeserialize, BorshSerialize};

/// The author verified the carbon value of an active passport.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Attest {
    /// The passport.
    pub document: DocumentId,
    /// The revision of the author's own attestation record of it; 0 = there is none yet.
    pub base: Revision,
    /// The standard that the author is accredited by.
    pub standard: AccreditationStandard,
    /// Which verification statement, as the passport numbers it.
    pub statement: StatementHash,
    /// Start of the period that the verified data are of.
    pub period_from: Timestamp,
    /// End of that period, exclusive.
    pub period_until: Timestamp,
    /// Until when the attestation holds, exclusive.
    pub until: Timestamp,
}

impl Canonical for Attest {
    const NAME: &'static str = "Attest";
    const BYTES_MAX: usize = SIGNED_ENTRY_BYTES_MAX;
    fn check(&self) -> Result<(), CodecDefect> {
        if self.period_from >= self.period_until {
            return Err(invalid::<Self>("the period must begin before it ends"));
        }
        Ok(())
    }
}

/// The author no longer stands behind an attestation, from its block on, for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct WithdrawAttest {
    /// The passport.
    pub document: DocumentId,
    /// The revision of the author's attestation record that it has seen.
    pub base: Revision,
    /// Which of its attestations.
    pub statement: StatementHash,
    /// Why.
    pub reason: ReasonCode,
}

impl Canonical for WithdrawAttest {
    const NAME: &'static str = "WithdrawAttest";
    const BYTES_MAX: usize = SIGNED_ENTRY_BYTES_MAX;
    fn check(&self) -> Result<(), CodecDefect> {
        if self.base.0 == 0 { Err(invalid::<Self>("base revision 0 would mean an attestation that does not exist")) } else { Ok(()) }
    }
}
