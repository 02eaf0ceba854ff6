//! Proof slips: the printed fields of a paper copy, and the receipt that they were recorded (SPEC section 15.2).
//!
//! Whoever holds the paper scans one code and compares the fields by eye. The slip shows that an issuer recorded
//! these fields, and when; not how the paper looks, and not today's status.

use crate::codec::{Canonical, CodecDefect, invalid};
use crate::commitment::{CommitmentDefect, SummaryKey, SummaryText};
use crate::document::{Commitment, DocumentId, DocumentKind};
use crate::eco_file::{FileDefect, FileKind, content, rewrap, unwrap, wrap};
use crate::limits::{SLIP_BYTES_MAX, SUMMARY_BYTES_MAX};
use crate::name::OrgId;
use crate::number::{CertificateNumber, NumberDefect, ReferenceKey};
use crate::receipt::{Dating, Receipt, ReceiptDefect};
use crate::statement::{Anchor, Statement};
use crate::trust::TrustRoot;
use crate::verdict::Code;
use alloc::string::String;
use alloc::vec::Vec;
use borsh::{BorshDeserialize, BorshSerialize};

/// Highest number of a certified true copy that a slip is matched with.
const COPIES_MAX: u32 = 99;

/// What the code on a slip holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slip {
    /// Opens the summary, and nothing else.
    pub key: SummaryKey,
    /// The printed fields.
    pub text: SummaryText,
    /// The receipt's file.
    pub receipt: Vec<u8>,
}

/// What a slip shows once it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SlipView {
    /// Who recorded the fields.
    pub issuer: OrgId,
    /// The recorded document.
    pub document: DocumentId,
    /// Certificate or declaration.
    pub kind: DocumentKind,
    /// Since when.
    pub dating: Dating,
    /// Which certified true copy it is, counted from 1; `None` for the certificate itself.
    pub copy: Option<u32>,
}

/// A slip that does not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SlipDefect {
    /// Not a slip.
    #[error(transparent)]
    File(#[from] FileDefect),
    /// Its text is none.
    #[error("the printed fields: {0}")]
    Text(#[from] CommitmentDefect),
    /// Too large for one code.
    #[error("the slip would have {found} bytes, a QR code holds {max}: the receipt or the names are too long")]
    TooLong {
        /// Its bytes.
        found: usize,
        /// The bound.
        max: usize,
    },
    /// The receipt in it does not hold.
    #[error("the receipt on the slip: {0}")]
    Receipt(#[from] ReceiptDefect),
    /// Sealed by the keys of an epoch that is over: whoever collects them could forge the past.
    #[error("the receipt on the slip is sealed by retired keys; ask a node for the present status of the printed number")]
    RetiredKeys,
    /// The receipt is of something else than a certificate or declaration.
    #[error("the receipt on the slip is not of a certificate or declaration of origin")]
    OtherStatement,
    /// Nothing was recorded about printed fields.
    #[error("no printed fields were recorded with this document")]
    NoSummary,
    /// The recorded commitment is to other fields.
    #[error("the printed fields are not those that were recorded")]
    Mismatch,
    /// The fields name another issuer than the one that recorded them.
    #[error("the printed fields name the issuer {printed}, they were recorded by {recorded}")]
    OtherIssuer {
        /// In the fields.
        printed: String,
        /// Author of the entry.
        recorded: OrgId,
    },
    /// The number has no normal form.
    #[error("the printed number: {0}")]
    Number(NumberDefect),
    /// The fields show another number than the one recorded.
    #[error("the printed number {printed} is not the recorded one")]
    OtherNumber {
        /// In the fields.
        printed: String,
    },
}

impl SlipDefect {
    /// The stable code of a verdict that this is a reason for.
    #[must_use]
    pub const fn code(&self) -> Code {
        match self {
            Self::Mismatch | Self::OtherIssuer { .. } | Self::Number(_) | Self::OtherNumber { .. } => Code::SummaryMismatch,
            Self::RetiredKeys => Code::SealedByRetiredKeys,
            Self::Receipt(ReceiptDefect::OtherNetwork { .. }) => Code::NetworkMismatch,
            Self::Receipt(_) | Self::File(_) | Self::Text(_) | Self::TooLong { .. } | Self::OtherStatement | Self::NoSummary => {
                Code::LogProofInvalid
            }
        }
    }
}

#[derive(BorshSerialize, BorshDeserialize)]
struct Wire {
    key: SummaryKey,
    text: String,
    /// The receipt without its container.
    receipt: Vec<u8>,
}

impl Canonical for Wire {
    const NAME: &'static str = "slip";
    // Magic, kind and version are in front.
    const BYTES_MAX: usize = SLIP_BYTES_MAX - 10;
    fn check(&self) -> Result<(), CodecDefect> {
        if self.text.len() > SUMMARY_BYTES_MAX {
            return Err(invalid::<Self>("the printed fields have at most 1000 bytes"));
        }
        Ok(())
    }
}

impl Slip {
    /// The bytes of the code.
    ///
    /// # Errors
    /// Not a receipt, or too long for one code.
    pub fn to_file(&self) -> Result<Vec<u8>, SlipDefect> {
        let receipt = content(FileKind::Receipt, &self.receipt)?.to_vec();
        let bytes = wrap(FileKind::Slip, &Wire { key: self.key, text: self.text.as_str().into(), receipt });
        match bytes.len() {
            0..=SLIP_BYTES_MAX => Ok(bytes),
            found => Err(SlipDefect::TooLong { found, max: SLIP_BYTES_MAX }),
        }
    }

    /// Reads the bytes of a code. Nothing is verified yet.
    ///
    /// # Errors
    /// Not a slip.
    pub fn from_file(bytes: &[u8]) -> Result<Self, SlipDefect> {
        let Wire { key, text, receipt } = unwrap(FileKind::Slip, bytes)?;
        Ok(Self { key, text: SummaryText::read(&text)?, receipt: rewrap(FileKind::Receipt, &receipt) })
    }

    /// Checks receipt, commitment, issuer and number.
    ///
    /// # Errors
    /// What does not hold.
    pub fn verify(&self, trust: &TrustRoot) -> Result<SlipView, SlipDefect> {
        let receipt = Receipt::from_file(&self.receipt, trust)?;
        let dating = receipt.verify(trust)?;
        if trust.epoch(receipt.header.epoch).map_err(ReceiptDefect::Trust)?.closed.is_some() {
            return Err(SlipDefect::RetiredKeys);
        }
        let Statement::Anchor(anchor) = &receipt.entry.entry().statement else { return Err(SlipDefect::OtherStatement) };
        if !matches!(anchor.kind, DocumentKind::Certificate | DocumentKind::Declaration) {
            return Err(SlipDefect::OtherStatement);
        }
        let recorded = anchor.summary.ok_or(SlipDefect::NoSummary)?;
        if recorded != Commitment::summary(&self.key, &self.text) {
            return Err(SlipDefect::Mismatch);
        }
        let issuer = receipt.entry.entry().author;
        let mut lines = self.text.as_str().lines().skip(1);
        let (number, named) = (lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
        if named != issuer.as_str() {
            return Err(SlipDefect::OtherIssuer { printed: named.into(), recorded: issuer });
        }
        let copy = copy_of(&issuer, number, anchor)?;
        Ok(SlipView { issuer, document: DocumentId::of(&issuer, &anchor.fingerprint), kind: anchor.kind, dating, copy })
    }
}

/// Which copy of the printed number was recorded. A copy has the same number on paper, and its own on the log.
fn copy_of(issuer: &OrgId, printed: &str, anchor: &Anchor) -> Result<Option<u32>, SlipDefect> {
    let number = CertificateNumber::normalise(printed).map_err(SlipDefect::Number)?;
    if anchor.reference == Some(ReferenceKey::of(issuer, &number)) {
        return Ok(None);
    }
    let copy = copy_under(issuer, &number, anchor.reference);
    copy.map(Some).ok_or_else(|| SlipDefect::OtherNumber { printed: printed.into() })
}

/// Which certified true copy of a printed number a reference key is of, from 1.
pub(crate) fn copy_under(issuer: &OrgId, printed: &CertificateNumber, reference: Option<ReferenceKey>) -> Option<u32> {
    let is_of = |copy: &u32| {
        let number = CertificateNumber::normalise(&alloc::format!("{printed}/COPY{copy}"));
        number.is_ok_and(|number| reference == Some(ReferenceKey::of(issuer, &number)))
    };
    (1..=COPIES_MAX).find(is_of)
}
