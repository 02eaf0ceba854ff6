//! Statements: what a member says. Encoded as `u16 tag, u32 length, body` (SPEC section 8).

use crate::codec::{Canonical, CodecDefect, ascending, invalid, refuse};
use crate::document::{Commitment, DocumentId, DocumentKind, DocumentStatus, ProductKey, ReasonCode};
use crate::fingerprint::{Fingerprint, Method, SignatureHash};
use crate::limits::{LINKS_MAX, PRODUCT_KEYS_MAX, SIGNED_ENTRY_BYTES_MAX};
use crate::name::{Revision, Timestamp};
use crate::number::ReferenceKey;
use alloc::vec::Vec;
use borsh::{BorshDeserialize, BorshSerialize, io};

mod attest;
mod present;
mod recognise;

pub use attest::{Attest, WithdrawAttest};
pub use present::{Present, PresentationState};
pub use recognise::{Recognise, WithdrawRecognise};

/// Numbers of all statements of version 1. Those without a type here are reserved: a node of this
/// version refuses them, a reader can still prove that such an entry is on the log.
pub mod tag {
    /// Records a document.
    pub const ANCHOR: u16 = 1;
    /// Suspends, reactivates or revokes a document.
    pub const CHANGE_STATUS: u16 = 2;
    /// A verification body stands behind a passport.
    pub const ATTEST: u16 = 3;
    /// It no longer does.
    pub const WITHDRAW_ATTEST: u16 = 4;
    /// A country's authority or an accreditation body recognises a body.
    pub const RECOGNISE: u16 = 5;
    /// It no longer does.
    pub const WITHDRAW_RECOGNISE: u16 = 6;
    /// A customs was shown a certificate.
    pub const PRESENT: u16 = 7;
    /// Reserved: enrolment of an organisation.
    pub const ENROL: u16 = 8;
    /// Reserved: end of an enrolment.
    pub const DISENROL: u16 = 9;
    /// Reserved: delegation to an agent.
    pub const DELEGATE: u16 = 10;
    /// Reserved: end of a delegation.
    pub const WITHDRAW_DELEGATE: u16 = 11;
    /// Reserved: revocation of a key.
    pub const REVOKE_KEY: u16 = 12;
    /// Reserved: a change of the network's rules or members.
    pub const GOVERN: u16 = 13;
}

/// Records a document. It must not exist yet: its base revision is 0 by definition.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Anchor {
    /// Fingerprint of the signed content.
    pub fingerprint: Fingerprint,
    /// What kind of document.
    pub kind: DocumentKind,
    /// Which signature of it; required for `pdf` and `jcs`, absent for `file`.
    pub signature_hash: Option<SignatureHash>,
    /// Index of its number under the author; required for certificates and declarations.
    pub reference: Option<ReferenceKey>,
    /// Products a passport is about, ascending; none on other kinds.
    pub product_keys: Vec<ProductKey>,
    /// Commitments to linked documents, ascending.
    pub links: Vec<Commitment>,
    /// Commitment to the compact printed fields.
    pub summary: Option<Commitment>,
    /// Start of validity, if the document states one.
    pub valid_from: Option<Timestamp>,
    /// End of validity, exclusive, if the document states one.
    pub valid_until: Option<Timestamp>,
    /// The author's own document that this one replaces, and its revision.
    pub supersedes: Option<Supersedes>,
}

/// A document that an Anchor replaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Supersedes {
    /// The replaced document, of the same author, active or suspended.
    pub document: DocumentId,
    /// The revision of its record that the author has seen.
    pub base: Revision,
}

/// Suspends, reactivates (also reaffirms) or revokes a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct ChangeStatus {
    /// The author's own document.
    pub document: DocumentId,
    /// The revision of its record that the author has seen.
    pub base: Revision,
    /// The new status: active, suspended or revoked.
    pub status: DocumentStatus,
    /// Why.
    pub reason: ReasonCode,
}

/// What a member says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Statement {
    /// See [`Anchor`].
    Anchor(Anchor),
    /// See [`ChangeStatus`].
    ChangeStatus(ChangeStatus),
    /// See [`Attest`].
    Attest(Attest),
    /// See [`WithdrawAttest`].
    WithdrawAttest(WithdrawAttest),
    /// See [`Recognise`].
    Recognise(Recognise),
    /// See [`WithdrawRecognise`].
    WithdrawRecognise(WithdrawRecognise),
    /// See [`Present`].
    Present(Present),
    /// A statement of a later version: inclusion can be proven, meaning cannot.
    Unknown {
        /// Its number.
        tag: u16,
        /// Its body, not interpreted.
        body: Vec<u8>,
    },
}

impl Statement {
    /// The number.
    #[must_use]
    pub const fn tag(&self) -> u16 {
        match self {
            Self::Anchor(_) => tag::ANCHOR,
            Self::ChangeStatus(_) => tag::CHANGE_STATUS,
            Self::Attest(_) => tag::ATTEST,
            Self::WithdrawAttest(_) => tag::WITHDRAW_ATTEST,
            Self::Recognise(_) => tag::RECOGNISE,
            Self::WithdrawRecognise(_) => tag::WITHDRAW_RECOGNISE,
            Self::Present(_) => tag::PRESENT,
            Self::Unknown { tag, .. } => *tag,
        }
    }

    /// The name, for people.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Anchor(_) => Anchor::NAME,
            Self::ChangeStatus(_) => ChangeStatus::NAME,
            Self::Attest(_) => Attest::NAME,
            Self::WithdrawAttest(_) => WithdrawAttest::NAME,
            Self::Recognise(_) => Recognise::NAME,
            Self::WithdrawRecognise(_) => WithdrawRecognise::NAME,
            Self::Present(_) => Present::NAME,
            Self::Unknown { .. } => "unknown statement",
        }
    }

    /// The lowest genesis version of the networks that take it (SPEC 7).
    pub(crate) const fn since_version(&self) -> u8 {
        match self {
            Self::Anchor(_) | Self::ChangeStatus(_) => 1,
            Self::Attest(_) | Self::WithdrawAttest(_) | Self::Recognise(_) | Self::WithdrawRecognise(_) | Self::Present(_) => 2,
            Self::Unknown { .. } => u8::MAX,
        }
    }

    /// Structural rules of SPEC 8.3 to 8.9, without any state.
    pub(crate) fn check(&self) -> Result<(), CodecDefect> {
        match self {
            Self::Anchor(anchor) => anchor.check(),
            Self::ChangeStatus(change) => change.check(),
            Self::Attest(attest) => attest.check(),
            Self::WithdrawAttest(withdrawal) => withdrawal.check(),
            Self::Recognise(row) => row.check(),
            Self::WithdrawRecognise(withdrawal) => withdrawal.check(),
            Self::Present(present) => present.check(),
            Self::Unknown { .. } => Ok(()),
        }
    }
}

impl Canonical for ChangeStatus {
    const NAME: &'static str = "ChangeStatus";
    const BYTES_MAX: usize = SIGNED_ENTRY_BYTES_MAX;

    fn check(&self) -> Result<(), CodecDefect> {
        if self.status == DocumentStatus::Superseded {
            return Err(invalid::<Self>("superseded is reached by an Anchor that supersedes, not by ChangeStatus"));
        }
        if self.base.0 == 0 {
            return Err(invalid::<Self>("base revision 0 would mean a document that does not exist"));
        }
        Ok(())
    }
}

impl Canonical for Anchor {
    const NAME: &'static str = "Anchor";
    const BYTES_MAX: usize = SIGNED_ENTRY_BYTES_MAX;

    fn check(&self) -> Result<(), CodecDefect> {
        if !self.kind.allows(self.fingerprint.method) {
            return Err(invalid::<Self>("this kind of document cannot have a fingerprint of this method"));
        }
        if self.signature_hash.is_some() != (self.fingerprint.method != Method::File) {
            return Err(invalid::<Self>("a signature hash goes with methods pdf and jcs, and with them only"));
        }
        if self.reference.is_some() != self.kind.is_numbered() {
            return Err(invalid::<Self>("a reference key goes with certificates and declarations, and with them only"));
        }
        if self.product_keys.len() > PRODUCT_KEYS_MAX || !ascending(&self.product_keys) {
            return Err(invalid::<Self>("product keys must be at most 8, strictly ascending"));
        }
        if !self.product_keys.is_empty() && self.kind != DocumentKind::Passport {
            return Err(invalid::<Self>("product keys are for passports only"));
        }
        if self.links.len() > LINKS_MAX || !ascending(&self.links) {
            return Err(invalid::<Self>("links must be at most 16, strictly ascending"));
        }
        if matches!((self.valid_from, self.valid_until), (Some(from), Some(until)) if from >= until) {
            return Err(invalid::<Self>("valid from must be before valid until"));
        }
        if self.supersedes.is_some_and(|s| s.base.0 == 0) {
            return Err(invalid::<Self>("base revision 0 would mean a document that does not exist"));
        }
        Ok(())
    }
}

impl BorshSerialize for Statement {
    fn serialize<W: io::Write>(&self, writer: &mut W) -> io::Result<()> {
        self.tag().serialize(writer)?;
        match self {
            Self::Anchor(anchor) => borsh::to_vec(anchor)?.serialize(writer),
            Self::ChangeStatus(change) => borsh::to_vec(change)?.serialize(writer),
            Self::Attest(attest) => borsh::to_vec(attest)?.serialize(writer),
            Self::WithdrawAttest(withdrawal) => borsh::to_vec(withdrawal)?.serialize(writer),
            Self::Recognise(row) => borsh::to_vec(row)?.serialize(writer),
            Self::WithdrawRecognise(withdrawal) => borsh::to_vec(withdrawal)?.serialize(writer),
            Self::Present(present) => borsh::to_vec(present)?.serialize(writer),
            Self::Unknown { body, .. } => body.serialize(writer),
        }
    }
}

impl BorshDeserialize for Statement {
    fn deserialize_reader<R: io::Read>(reader: &mut R) -> io::Result<Self> {
        let number = u16::deserialize_reader(reader)?;
        let length = u32::deserialize_reader(reader)? as usize;
        if length > SIGNED_ENTRY_BYTES_MAX {
            return Err(refuse("statement body longer than an entry may be"));
        }
        let mut body = alloc::vec![0u8; length];
        reader.read_exact(&mut body)?;
        Ok(match number {
            tag::ANCHOR => Self::Anchor(borsh::from_slice(&body)?),
            tag::CHANGE_STATUS => Self::ChangeStatus(borsh::from_slice(&body)?),
            tag::ATTEST => Self::Attest(borsh::from_slice(&body)?),
            tag::WITHDRAW_ATTEST => Self::WithdrawAttest(borsh::from_slice(&body)?),
            tag::RECOGNISE => Self::Recognise(borsh::from_slice(&body)?),
            tag::WITHDRAW_RECOGNISE => Self::WithdrawRecognise(borsh::from_slice(&body)?),
            tag::PRESENT => Self::Present(borsh::from_slice(&body)?),
            tag => Self::Unknown { tag, body },
        })
    }
}
