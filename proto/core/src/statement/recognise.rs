//! A country's authority, or an accreditation body, recognises a body, or no longer does (SPEC 8.8).

use crate::codec::{Canonical, CodecDefect, ascending, invalid};
use crate::document::ReasonCode;
use crate::limits::{HS_PREFIXES_MAX, SIGNED_ENTRY_BYTES_MAX};
use crate::name::{OrgId, Revision, Timestamp};
use crate::recognition::{AccreditationStandard, HsPrefix, RecognitionScope, RecognitionSource};
use alloc::vec::Vec;
use borsh::{BorshDeserialize, BorshSerialize};

/// One row of a published list: a body, for one standard, for some goods, for some time.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Recognise {
    /// For whom the author speaks.
    pub scope: RecognitionScope,
    /// Who is recognised: a verification body; for a country also an accreditation body.
    pub body: OrgId,
    /// How many rows of this scope and body there are already; 0 = none yet.
    pub base: Revision,
    /// The accreditation standard that counts.
    pub standard: AccreditationStandard,
    /// For which goods, 1 to 32, ascending; `*` for all, and then alone.
    pub prefixes: Vec<HsPrefix>,
    /// From when.
    pub valid_from: Timestamp,
    /// Until when, exclusive, if it ends.
    pub valid_until: Option<Timestamp>,
    /// The published list.
    pub source: RecognitionSource,
}

impl Canonical for Recognise {
    const NAME: &'static str = "Recognise";
    const BYTES_MAX: usize = SIGNED_ENTRY_BYTES_MAX;
    fn check(&self) -> Result<(), CodecDefect> {
        if self.prefixes.is_empty() || self.prefixes.len() > HS_PREFIXES_MAX || !ascending(&self.prefixes) {
            return Err(invalid::<Self>("HS prefixes must be 1 to 32, strictly ascending; none would recognise nothing"));
        }
        if self.prefixes.len() > 1 && self.prefixes.contains(&HsPrefix::Any) {
            return Err(invalid::<Self>("the HS prefix * covers all codes and stands alone"));
        }
        if self.valid_until.is_some_and(|until| until <= self.valid_from) {
            return Err(invalid::<Self>("valid from must be before valid until"));
        }
        Ok(())
    }
}

/// A row no longer holds, from its block on, for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct WithdrawRecognise {
    /// For whom the author speaks.
    pub scope: RecognitionScope,
    /// Who was recognised.
    pub body: OrgId,
    /// Which row of scope and body, from 0.
    pub number: u32,
    /// The revision of that row that the author has seen.
    pub base: Revision,
    /// Why.
    pub reason: ReasonCode,
}

impl Canonical for WithdrawRecognise {
    const NAME: &'static str = "WithdrawRecognise";
    const BYTES_MAX: usize = SIGNED_ENTRY_BYTES_MAX;
    fn check(&self) -> Result<(), CodecDefect> {
        if self.base.0 == 0 { Err(invalid::<Self>("base revision 0 would mean a row that does not exist")) } else { Ok(()) }
    }
}
