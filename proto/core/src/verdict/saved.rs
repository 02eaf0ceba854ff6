//! A verdict kept with its evidence (SPEC 11.8): what was asked and found, what was said, and what it rested on.
//!
//! Whoever opens it judges the evidence again. The findings are the word of whoever saved them: only the document
//! itself shows that they are its own.

use super::{
    AtHand, Candidate, Class, Code, DocumentFindings, Eligibility, Finding, Notices, Place, Policy, Question, SavedConsignment,
    SchemeVerdict, SignerStanding, Subject, Trust, Verdict,
};
use crate::codec::{Canonical, CodecDefect, invalid};
use crate::document::DocumentKind;
use crate::fingerprint::{Fingerprint, SignatureHash, SpkiHash};
use crate::limits::VERDICT_BYTES_MAX;
use crate::name::{OrgId, Revision, Timestamp};
use crate::number::CertificateNumber;
use crate::sign::PublicKey;
use alloc::boxed::Box;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use borsh::{BorshDeserialize, BorshSerialize, io};

/// The version of the content where trust alone is stated.
const VERSION: u8 = 1;
/// The version of the content where the answer for a scheme stands beside it.
const VERSION_WITH_SCHEME: u8 = 2;
/// The version of the content that keeps all that was judged together.
const VERSION_WITH_CONSIGNMENT: u8 = 3;
/// The version of the content that also names the asker's own declaration.
const VERSION_WITH_DECLARATION: u8 = 4;

/// A verdict with its evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedVerdict {
    kept: Kept,
    rest: Rest,
}

/// What the versions add.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Rest {
    /// Version 1: nothing.
    Nothing,
    /// Version 2: the answer for the scheme that was asked for.
    Scheme(SavedScheme),
    /// Version 3: the document's data, and everything that was judged together; version 4: and the asker's own declaration.
    Consignment(Box<SavedConsignment>),
}

/// The answer for a scheme, as it was given.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct SavedScheme {
    /// The scheme's name.
    pub scheme: String,
    /// Its revision; `None` where no record described it.
    pub revision: Option<Revision>,
    /// The word: `ELIGIBLE`, `NOT_ELIGIBLE`, `UNDETERMINED`.
    pub eligibility: String,
    /// The day looked at.
    pub reference: Option<Timestamp>,
    /// Names of the reason codes, in order.
    pub codes: Vec<String>,
}

impl SavedScheme {
    /// From the answer.
    #[must_use]
    pub fn of(verdict: &SchemeVerdict) -> Self {
        Self {
            scheme: verdict.scheme.clone(),
            revision: verdict.revision,
            eligibility: verdict.eligibility.name().to_string(),
            reference: verdict.reference,
            codes: verdict.reasons.iter().map(|reason| reason.code.name().to_string()).collect(),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
struct Kept {
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

impl BorshSerialize for SavedVerdict {
    fn serialize<W: io::Write>(&self, writer: &mut W) -> io::Result<()> {
        self.kept.serialize(writer)?;
        match &self.rest {
            Rest::Nothing => Ok(()),
            Rest::Scheme(scheme) => scheme.serialize(writer),
            Rest::Consignment(consignment) => {
                consignment.serialize(writer)?;
                consignment.own.map_or(Ok(()), |own| own.serialize(writer))
            }
        }
    }
}

impl BorshDeserialize for SavedVerdict {
    fn deserialize_reader<R: io::Read>(reader: &mut R) -> io::Result<Self> {
        let kept = Kept::deserialize_reader(reader)?;
        let rest = match kept.version {
            VERSION_WITH_SCHEME => Rest::Scheme(SavedScheme::deserialize_reader(reader)?),
            version @ (VERSION_WITH_CONSIGNMENT | VERSION_WITH_DECLARATION) => {
                let mut consignment = SavedConsignment::deserialize_reader(reader)?;
                if version == VERSION_WITH_DECLARATION {
                    consignment.own = Some(BorshDeserialize::deserialize_reader(reader)?);
                }
                Rest::Consignment(Box::new(consignment))
            }
            _ => Rest::Nothing,
        };
        Ok(Self { kept, rest })
    }
}

impl Canonical for SavedVerdict {
    const NAME: &'static str = "saved verdict";
    const BYTES_MAX: usize = VERDICT_BYTES_MAX;
    fn check(&self) -> Result<(), CodecDefect> {
        let known = |name: &String| Code::ALL.iter().any(|code| code.name() == name);
        let version = match &self.rest {
            Rest::Nothing => VERSION,
            Rest::Scheme(_) => VERSION_WITH_SCHEME,
            Rest::Consignment(consignment) => consignment.version(),
        };
        if version != self.kept.version {
            return Err(invalid::<Self>(
                "its version is not 1 (trust alone), 2 (with a scheme), 3 (with all that was judged together) or 4 (and the own declaration)",
            ));
        }
        if !self.kept.findings.iter().all(|finding| known(&finding.code)) || !self.all_codes().all(known) {
            return Err(invalid::<Self>("a reason code that this version does not know"));
        }
        if Trust::named(&self.kept.trust).is_none() {
            return Err(invalid::<Self>("its verdict is none of TRUSTED, UNTRUSTWORTHY, UNVERIFIABLE"));
        }
        let words = [Eligibility::Eligible, Eligibility::NotEligible, Eligibility::Undetermined];
        if !self.stated_scheme().is_none_or(|s| words.iter().any(|word| word.name() == s.eligibility)) {
            return Err(invalid::<Self>("its answer for the scheme is none of ELIGIBLE, NOT_ELIGIBLE, UNDETERMINED"));
        }
        let normal = |number: &String| CertificateNumber::normalise(number).is_ok_and(|normal| normal.as_str() == number);
        if !self.kept.number.as_ref().is_none_or(normal) {
            return Err(invalid::<Self>("its certificate number is not normalised"));
        }
        self.consignment().map_or(Ok(()), SavedConsignment::check)
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

impl SavedConsignment {
    fn version(&self) -> u8 {
        if self.own.is_some() { VERSION_WITH_DECLARATION } else { VERSION_WITH_CONSIGNMENT }
    }
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
        let mut at_hand: Vec<Vec<u8>> = Vec::new();
        for receipt in receipts.iter().chain(&findings.stapled) {
            if !at_hand.contains(receipt) {
                at_hand.push(receipt.clone());
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
        let kept = Kept {
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
            receipts: at_hand,
            statuses: statuses.to_vec(),
            trust: verdict.trust.name().to_string(),
            codes: codes(verdict),
        };
        Self { kept, rest: Rest::Nothing }
    }

    /// The same, with the answer for a scheme. Like the word on the document it is what was said, not what is so.
    #[must_use]
    pub fn with_scheme(mut self, verdict: &SchemeVerdict) -> Self {
        self.kept.version = VERSION_WITH_SCHEME;
        self.rest = Rest::Scheme(SavedScheme::of(verdict));
        self
    }

    /// The same, with everything that was judged together: nothing is lost when the document is not at hand.
    #[must_use]
    pub fn with_consignment(mut self, consignment: SavedConsignment) -> Self {
        self.kept.version = consignment.version();
        self.rest = Rest::Consignment(Box::new(consignment));
        self
    }

    /// Everything that was judged together; `None` before version 3.
    #[must_use]
    pub fn consignment(&self) -> Option<&SavedConsignment> {
        if let Rest::Consignment(consignment) = &self.rest { Some(consignment) } else { None }
    }

    /// The answer that was given for a scheme, if one was asked for.
    #[must_use]
    pub fn stated_scheme(&self) -> Option<&SavedScheme> {
        match &self.rest {
            Rest::Nothing => None,
            Rest::Scheme(scheme) => Some(scheme),
            Rest::Consignment(consignment) => consignment.scheme.as_ref(),
        }
    }

    /// Whether another answer for the scheme says the same: the word and the codes.
    #[must_use]
    pub fn says_the_same_of_scheme(&self, verdict: &SchemeVerdict) -> bool {
        let other = SavedScheme::of(verdict);
        self.stated_scheme().is_some_and(|s| (&s.scheme, &s.eligibility, &s.codes) == (&other.scheme, &other.eligibility, &other.codes))
    }

    fn all_codes(&self) -> impl Iterator<Item = &String> {
        let scheme = if let Rest::Scheme(scheme) = &self.rest { Some(scheme) } else { None };
        let together = self.consignment().into_iter().flat_map(SavedConsignment::codes);
        self.kept.codes.iter().chain(&self.kept.raised).chain(scheme.into_iter().flat_map(|s| &s.codes)).chain(together)
    }

    /// What was asked.
    #[must_use]
    pub fn question(&self) -> Question {
        let number = self.kept.number.as_ref().and_then(|number| CertificateNumber::normalise(number).ok());
        Question { now: self.kept.now, as_of: self.kept.as_of, issuer: self.kept.issuer, number, kind: self.kept.kind }
    }

    /// The asker's rules.
    #[must_use]
    pub fn policy(&self) -> Policy {
        let raised = Code::ALL.iter().filter(|code| self.kept.raised.iter().any(|name| name == code.name()));
        let raised = raised.fold(Notices::NONE, |set, code| set.with(*code));
        Policy { status_age_ms_max: self.kept.status_age_ms_max, retroactive_days: self.kept.retroactive_days, raised }
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
            candidates: self.kept.candidates.iter().map(candidate).collect(),
            findings: self.kept.findings.iter().filter_map(finding).collect(),
            checks: self.kept.checks.clone(),
            ..DocumentFindings::default()
        }
    }

    /// The document's name, for people.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.kept.name
    }

    /// BLAKE3-256 of all bytes of the document.
    #[must_use]
    pub const fn content(&self) -> &[u8; 32] {
        &self.kept.content
    }

    /// The receipts at hand then, those stapled in the document among them.
    #[must_use]
    pub fn receipts(&self) -> &[Vec<u8>] {
        &self.kept.receipts
    }

    /// The status proofs at hand then.
    #[must_use]
    pub fn statuses(&self) -> &[Vec<u8>] {
        &self.kept.statuses
    }

    /// The word that was given, and its reason codes in order.
    #[must_use]
    pub fn stated(&self) -> (&str, &[String]) {
        (&self.kept.trust, &self.kept.codes)
    }

    /// What was said against the document and its evidence does not give again. Without the document it cannot be judged
    /// anew, so it stands: a verdict never rises because something is not at hand.
    #[must_use]
    pub fn unexplained(&self, then: &Verdict) -> Vec<Finding> {
        let given = |code: &Code| self.kept.codes.iter().any(|name| name == code.name());
        let against = Code::ALL.iter().filter(|code| code.class() == Class::Untrustworthy);
        let open = against.filter(|code| given(code) && !then.has(**code));
        open.map(|code| Finding::new(*code, Subject::Certificate, "stated by whoever saved the verdict; the document is not at hand"))
            .collect()
    }

    /// Whether another verdict says the same: the word and the codes.
    #[must_use]
    pub fn says_the_same(&self, verdict: &Verdict) -> bool {
        self.kept.trust == verdict.trust.name() && self.kept.codes == codes(verdict)
    }
}

/// Names of a verdict's codes, in order.
pub(super) fn codes(verdict: &Verdict) -> Vec<String> {
    verdict.reasons.iter().map(|reason| reason.code.name().to_string()).collect()
}
