//! A verdict kept with its evidence (SPEC 11.8): what was asked and found, what was said, and what it rested on.
//!
//! Whoever opens it judges the evidence again. The findings are the word of whoever saved them: only the document
//! itself shows that they are its own.

use super::{
    AtHand, Candidate, Code, DocumentFindings, Finding, Notices, Place, Policy, Question, SignerStanding, Subject, Trust, Verdict,
};
use crate::codec::{Canonical, CodecDefect, invalid};
use crate::document::DocumentKind;
use crate::fingerprint::{Fingerprint, SignatureHash, SpkiHash};
use crate::limits::VERDICT_BYTES_MAX;
use crate::name::{OrgId, Timestamp};
use crate::number::CertificateNumber;
use crate::sign::PublicKey;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use borsh::{BorshDeserialize, BorshSerialize};

/// The version of the content written by this software.
const VERSION: u8 = 1;

/// A verdict with its evidence.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct SavedVerdict {
    version: u8,
    now: Timestamp,
    as_of: Option<Timestamp>,
    issuer: Option<OrgId>,
    number: Option<String>,
    kind: Option<DocumentKind>,
    status_age_ms_max: u64,
    retroactive_days: u16,
    raised: Vec<String>,
    name: String,
    content: [u8; 32],
    candidates: Vec<SavedCandidate>,
    findings: Vec<SavedFinding>,
    checks: Vec<String>,
    receipts: Vec<Vec<u8>>,
    statuses: Vec<Vec<u8>>,
    trust: String,
    codes: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
struct SavedCandidate {
    fingerprint: Fingerprint,
    signature_hash: Option<SignatureHash>,
    signer: Option<SpkiHash>,
    key: Option<PublicKey>,
    signer_name: Option<String>,
    signer_valid: Option<(Timestamp, Timestamp)>,
    standing: SignerStanding,
}

#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
struct SavedFinding {
    code: String,
    detail: String,
    place: Option<(u64, Option<String>)>,
}

impl Canonical for SavedVerdict {
    const NAME: &'static str = "saved verdict";
    const BYTES_MAX: usize = VERDICT_BYTES_MAX;
    fn check(&self) -> Result<(), CodecDefect> {
        let known = |name: &String| Code::ALL.iter().any(|code| code.name() == name);
        if self.version != VERSION {
            return Err(invalid::<Self>("its version is not 1"));
        }
        if !self.findings.iter().all(|finding| known(&finding.code)) || !self.codes.iter().chain(&self.raised).all(known) {
            return Err(invalid::<Self>("a reason code that this version does not know"));
        }
        if ![Trust::Trusted, Trust::Untrustworthy, Trust::Unverifiable].iter().any(|trust| trust.name() == self.trust) {
            return Err(invalid::<Self>("its verdict is none of TRUSTED, UNTRUSTWORTHY, UNVERIFIABLE"));
        }
        let normal = |number: &String| CertificateNumber::normalise(number).is_ok_and(|normal| normal.as_str() == number);
        if !self.number.as_ref().is_none_or(normal) {
            return Err(invalid::<Self>("its certificate number is not normalised"));
        }
        Ok(())
    }
}

/// The document that a saved verdict is about.
#[derive(Debug, Clone, Copy)]
pub struct SavedDocument<'a> {
    /// Its name, for people.
    pub name: &'a str,
    /// BLAKE3-256 of all its bytes: whether it is the same file, not only the same signed content.
    pub content: [u8; 32],
    /// What reading it found.
    pub findings: &'a DocumentFindings,
}

impl SavedVerdict {
    /// Puts a verdict and everything it rests on together.
    #[must_use]
    pub fn of(
        question: &Question,
        policy: &Policy,
        document: SavedDocument<'_>,
        receipts: &[Vec<u8>],
        statuses: &[Vec<u8>],
        verdict: &Verdict,
    ) -> Self {
        let SavedDocument { name, content, findings } = document;
        let mut kept: Vec<Vec<u8>> = Vec::new();
        for receipt in receipts.iter().chain(&findings.stapled) {
            if !kept.contains(receipt) {
                kept.push(receipt.clone());
            }
        }
        let candidate = |c: &Candidate| SavedCandidate {
            fingerprint: c.fingerprint,
            signature_hash: c.signature_hash,
            signer: c.signer,
            key: c.key,
            signer_name: c.signer_name.clone(),
            signer_valid: c.signer_valid,
            standing: c.standing.clone(),
        };
        let finding = |f: &Finding| SavedFinding {
            code: f.code.name().to_string(),
            detail: f.detail.clone(),
            place: f.place.as_ref().map(|p| (p.offset, p.object.clone())),
        };
        Self {
            version: VERSION,
            now: question.now,
            as_of: question.as_of,
            issuer: question.issuer,
            number: question.number.as_ref().map(|n| n.as_str().to_string()),
            kind: question.kind,
            status_age_ms_max: policy.status_age_ms_max,
            retroactive_days: policy.retroactive_days,
            raised: Code::ALL.iter().filter(|code| policy.raised.has(**code)).map(|code| code.name().to_string()).collect(),
            name: name.to_string(),
            content,
            candidates: findings.candidates.iter().map(candidate).collect(),
            findings: findings.findings.iter().map(finding).collect(),
            checks: findings.checks.clone(),
            receipts: kept,
            statuses: statuses.to_vec(),
            trust: verdict.trust.name().to_string(),
            codes: codes(verdict),
        }
    }

    /// What was asked.
    #[must_use]
    pub fn question(&self) -> Question {
        let number = self.number.as_ref().and_then(|number| CertificateNumber::normalise(number).ok());
        Question { now: self.now, as_of: self.as_of, issuer: self.issuer, number, kind: self.kind }
    }

    /// The asker's rules.
    #[must_use]
    pub fn policy(&self) -> Policy {
        let raised = Code::ALL.iter().filter(|code| self.raised.iter().any(|name| name == code.name()));
        let raised = raised.fold(Notices::NONE, |set, code| set.with(*code));
        Policy { status_age_ms_max: self.status_age_ms_max, retroactive_days: self.retroactive_days, raised }
    }

    /// What reading the document found, as whoever saved it says.
    #[must_use]
    pub fn findings(&self) -> DocumentFindings {
        let candidate = |c: &SavedCandidate| Candidate {
            fingerprint: c.fingerprint,
            signature_hash: c.signature_hash,
            signer: c.signer,
            key: c.key,
            signer_name: c.signer_name.clone(),
            signer_valid: c.signer_valid,
            standing: c.standing.clone(),
        };
        let finding = |f: &SavedFinding| {
            let code = Code::ALL.iter().find(|code| code.name() == f.code)?;
            let mut finding = Finding::new(*code, Subject::Certificate, f.detail.clone());
            finding.place = f.place.clone().map(|(offset, object)| Place { offset, object });
            Some(finding)
        };
        DocumentFindings {
            at_hand: AtHand::Document,
            candidates: self.candidates.iter().map(candidate).collect(),
            findings: self.findings.iter().filter_map(finding).collect(),
            checks: self.checks.clone(),
            ..DocumentFindings::default()
        }
    }

    /// The document's name, for people.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// BLAKE3-256 of all bytes of the document.
    #[must_use]
    pub const fn content(&self) -> &[u8; 32] {
        &self.content
    }

    /// The receipts at hand then, those stapled in the document among them.
    #[must_use]
    pub fn receipts(&self) -> &[Vec<u8>] {
        &self.receipts
    }

    /// The status proofs at hand then.
    #[must_use]
    pub fn statuses(&self) -> &[Vec<u8>] {
        &self.statuses
    }

    /// The word that was given, and its reason codes in order.
    #[must_use]
    pub fn stated(&self) -> (&str, &[String]) {
        (&self.trust, &self.codes)
    }

    /// Whether another verdict says the same: the word and the codes.
    #[must_use]
    pub fn says_the_same(&self, verdict: &Verdict) -> bool {
        self.trust == verdict.trust.name() && self.codes == codes(verdict)
    }
}

fn codes(verdict: &Verdict) -> Vec<String> {
    verdict.reasons.iter().map(|reason| reason.code.name().to_string()).collect()
}
