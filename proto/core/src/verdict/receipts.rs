//! Receipts as candidates: which hold, which belong to the document, which are put aside.

use super::{Candidate, Code, DocumentFindings, Question};
use crate::document::{DocumentId, DocumentKind};
use crate::eco_file::FileDefect;
use crate::name::{Height, OrgId};
use crate::number::ReferenceKey;
use crate::receipt::{Dating, Receipt, ReceiptDefect};
use crate::statement::{Anchor, Statement};
use crate::trust::{TrustDefect, TrustRoot};
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// A receipt that holds and is of one of the document's signatures.
#[derive(Debug, Clone)]
pub(super) struct Holding {
    pub(super) author: OrgId,
    pub(super) document: DocumentId,
    pub(super) anchor: Anchor,
    pub(super) receipt: Receipt,
    pub(super) dating: Dating,
    /// The candidate whose fingerprint it has; `None` where only a number was asked for.
    pub(super) candidate: Option<Candidate>,
}

impl Holding {
    pub(super) const fn height(&self) -> Height {
        self.receipt.header.height
    }

    /// Whether the receipt is of the very signature that the document carries.
    pub(super) fn same_signature(&self) -> bool {
        self.candidate.as_ref().is_none_or(|c| c.signature_hash == self.anchor.signature_hash)
    }
}

/// A receipt that was put aside: how far it got, and why.
#[derive(Debug, Clone)]
pub(super) struct Discarded {
    pub(super) code: Code,
    pub(super) detail: String,
}

impl Discarded {
    /// Which of several says most: the one that got furthest.
    pub(super) fn progress(&self) -> u8 {
        match self.code {
            Code::FingerprintMismatch => 4,
            Code::ForkDetected => 3,
            Code::TrustRootTooOld => 2,
            Code::NetworkMismatch => 1,
            _ => 0,
        }
    }
}

/// Sorts receipts into those that hold for the document, newest head first, and those put aside.
pub(super) fn sift(files: &[&[u8]], findings: &DocumentFindings, question: &Question, trust: &TrustRoot) -> (Vec<Holding>, Vec<Discarded>) {
    let (mut holding, mut discarded) = (Vec::new(), Vec::new());
    for bytes in files {
        match hold(bytes, findings, question, trust) {
            Ok(held) => holding.push(held),
            Err(put_aside) => discarded.push(put_aside),
        }
    }
    holding.sort_by_key(|h: &Holding| core::cmp::Reverse(h.height()));
    (holding, discarded)
}

fn hold(bytes: &[u8], findings: &DocumentFindings, question: &Question, trust: &TrustRoot) -> Result<Holding, Discarded> {
    let put_aside = |defect: ReceiptDefect| Discarded { code: code_of(&defect), detail: defect.to_string() };
    let receipt = Receipt::from_file(bytes, trust).map_err(put_aside)?;
    let dating = receipt.verify(trust).map_err(put_aside)?;
    let entry = receipt.entry.entry();
    let Statement::Anchor(anchor) = &entry.statement else {
        return Err(Discarded { code: Code::FingerprintMismatch, detail: "the receipt is of a statement that records no document".into() });
    };
    let candidate = findings.candidates.iter().find(|c| c.fingerprint == anchor.fingerprint).cloned();
    let by_number = || {
        let number = question.number.as_ref()?;
        Some(anchor.reference == Some(ReferenceKey::of(&entry.author, number)))
    };
    if findings.candidates.is_empty() && by_number() != Some(true) {
        let detail = "the document has no fingerprint that a receipt could be of".into();
        return Err(Discarded { code: Code::FingerprintMismatch, detail });
    }
    if candidate.is_none() && !findings.candidates.is_empty() {
        let own: Vec<String> = findings.candidates.iter().map(|c| c.fingerprint.to_string()).collect();
        let detail = alloc::format!("the receipt is of {}, the document is {}", anchor.fingerprint, own.join(" or "));
        return Err(Discarded { code: Code::FingerprintMismatch, detail });
    }
    let held = Holding {
        author: entry.author,
        document: DocumentId::of(&entry.author, &anchor.fingerprint),
        anchor: anchor.clone(),
        dating,
        candidate,
        receipt: receipt.clone(),
    };
    // Anyone may record the bytes of a genuine file again as something else: that says nothing about it.
    if !held.same_signature() && matches!(anchor.kind, DocumentKind::Other | DocumentKind::Passport) {
        let detail = alloc::format!("{} recorded these bytes as {} with another signature", entry.author, anchor.kind.name());
        return Err(Discarded { code: Code::FingerprintMismatch, detail });
    }
    Ok(held)
}

fn code_of(defect: &ReceiptDefect) -> Code {
    match defect {
        ReceiptDefect::OtherNetwork { .. } => Code::NetworkMismatch,
        ReceiptDefect::Trust(trust) => trust_code(trust),
        ReceiptDefect::File(FileDefect::Version { .. } | FileDefect::UnknownKind { .. }) => Code::LogProofInvalid,
        ReceiptDefect::File(_) | ReceiptDefect::Entry(_) | ReceiptDefect::EntrySignature(_) | ReceiptDefect::Inclusion { .. } => {
            Code::LogProofInvalid
        }
    }
}

/// The code for a header or seal that does not fit the trust root.
pub(super) fn trust_code(defect: &TrustDefect) -> Code {
    match defect {
        TrustDefect::OtherNetwork { .. } => Code::NetworkMismatch,
        TrustDefect::UnknownEpoch { .. } => Code::TrustRootTooOld,
        TrustDefect::Fork { .. } => Code::ForkDetected,
        TrustDefect::OutsideEpoch { .. } | TrustDefect::Seal(_) | TrustDefect::Older { .. } | TrustDefect::Inconsistent { .. } => {
            Code::LogProofInvalid
        }
    }
}
