//! The whole verdict: a certificate and its passports together, trust for each, eligibility for a scheme.

use super::eligibility::Weighing;
use super::{
    AttestationFacts, CertificateFacts, Class, Code, DocumentFindings, EntryRecord, Evidence, Facts, Finding, Listed, PageFacts, Policy,
    PresentationFacts, Question, RecognitionFacts, Trust, Verdict, judge,
};
use crate::document::DocumentKind;
use crate::name::{Country, Revision, Timestamp};
use crate::scheme::{Effect, Mode, ReferenceDate, Scheme, SchemeId};
use crate::trust::TrustRoot;
use alloc::string::String;
use alloc::vec::Vec;

/// One document and everything at hand that may prove something about it.
#[derive(Debug, Clone)]
pub struct Document<'a> {
    /// What reading it found.
    pub findings: &'a DocumentFindings,
    /// Receipts and status proofs, not yet believed.
    pub evidence: Evidence<'a>,
}

/// The certificate that is asked about.
#[derive(Debug, Clone)]
pub enum CertificateAtHand<'a> {
    /// None: passports alone are judged.
    None,
    /// Its data, before it is issued: nothing of it is on the log yet.
    Draft(&'a CertificateFacts),
    /// An issued one.
    Issued(Document<'a>),
}

/// A passport at hand and who attested it.
#[derive(Debug, Clone)]
pub struct PassportAtHand<'a> {
    /// The passport; its findings hold `Facts::Passport`.
    pub document: Document<'a>,
    /// Its attestations on the log.
    pub attestations: Listed<AttestationFacts>,
}

/// What the asker says about the import.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Import {
    /// The importing country; `None` = as the certificate says.
    pub country: Option<Country>,
    /// When the customs declaration was lodged.
    pub lodging: Option<Timestamp>,
    /// When the goods arrive or arrived.
    pub arrival: Option<Timestamp>,
}

/// The scheme asked for.
#[derive(Debug, Clone)]
pub enum Asked<'a> {
    /// None: what would count for a scheme is shown aside.
    Nothing,
    /// One that no record describes.
    Unknown(SchemeId),
    /// One with its record, proven by whoever asks.
    Scheme(&'a Scheme),
}

/// Everything that is judged together.
#[derive(Debug, Clone)]
pub struct Consignment<'a> {
    /// The certificate.
    pub certificate: CertificateAtHand<'a>,
    /// Passports at hand: those the certificate names, and others.
    pub passports: &'a [PassportAtHand<'a>],
    /// Presentations of the certificate to customs.
    pub presentations: Listed<PresentationFacts>,
    /// Recognition for the importing country.
    pub recognition: Option<RecognitionFacts>,
    /// What the asker says about the import.
    pub import: Import,
    /// The scheme.
    pub asked: Asked<'a>,
    /// The customs entry record.
    pub entry: Option<&'a EntryRecord>,
    /// What capturing the product page found.
    pub page: Option<&'a PageFacts>,
}

/// Whether documents, together, meet a scheme.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Eligibility {
    /// All that the scheme states is met.
    Eligible,
    /// Something needed could not be established.
    Undetermined,
    /// Something is not met.
    NotEligible,
}

impl Eligibility {
    /// The name used in schema and output.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Eligible => "ELIGIBLE",
            Self::Undetermined => "UNDETERMINED",
            Self::NotEligible => "NOT_ELIGIBLE",
        }
    }

    /// The rule of the classes: any X, else any D, else eligible.
    pub(super) fn of(reasons: &[Finding]) -> Self {
        let any = |class| reasons.iter().any(|r| r.class == class);
        match () {
            () if any(Class::Excluded) => Self::NotEligible,
            () if any(Class::Deferred) => Self::Undetermined,
            () => Self::Eligible,
        }
    }
}

/// The verdict for one scheme.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchemeVerdict {
    /// The scheme's name; `entry` for the comparison with the customs entry alone.
    pub scheme: String,
    /// Its revision; `None` where no record describes it.
    pub revision: Option<Revision>,
    /// Met or not.
    pub eligibility: Eligibility,
    /// What follows: `enforce` = the effect; `warn` and `observe` = nothing; `None` = the scheme has not begun.
    pub mode: Option<Mode>,
    /// What an eligible consignment gets.
    pub effect: Option<Effect>,
    /// The day looked at; `None` where it is not known.
    pub reference: Option<Timestamp>,
    /// Reasons and notices: first X, then D, then notices.
    pub reasons: Vec<Finding>,
    /// Checks that were made and passed.
    pub checks: Vec<String>,
    /// What was not established, and what would settle it.
    pub not_established: Vec<String>,
}

/// The whole verdict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// Trust of the certificate; `None` where none was issued.
    pub certificate: Option<Verdict>,
    /// Trust of each passport, in the order given.
    pub passports: Vec<Verdict>,
    /// Eligibility, where a scheme or an entry comparison was asked for.
    pub scheme: Option<SchemeVerdict>,
    /// What would count for a scheme, where none was asked for. Decides nothing.
    pub aside: Vec<Finding>,
}

impl Judgement {
    /// The documents' verdicts, certificate first.
    pub fn documents(&self) -> impl Iterator<Item = &Verdict> {
        self.certificate.iter().chain(&self.passports)
    }

    /// The exit code (SPEC 12.8): 4 if revoked; else 1 for U; 5 if a stale status is all that is missing; else 3 for
    /// N; then, where a scheme was asked for that is enforced or unknown, 1 for X and 3 for D; else 0.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        let trust = self.documents().map(|d| d.trust).max().unwrap_or(Trust::Trusted);
        if self.documents().any(|d| d.has(Code::Revoked)) {
            return 4;
        }
        let mut missing = self.documents().flat_map(|d| &d.reasons).filter(|r| r.class == Class::NotEstablished).peekable();
        match (trust, &self.scheme) {
            (Trust::Untrustworthy, _) => 1,
            (Trust::Unverifiable, _) => {
                if missing.peek().is_some() && missing.all(|r| r.code == Code::StatusStale) {
                    5
                } else {
                    3
                }
            }
            (Trust::Trusted, Some(scheme)) if !matches!(scheme.mode, Some(Mode::Observe | Mode::Warn)) => match scheme.eligibility {
                Eligibility::NotEligible => 1,
                Eligibility::Undetermined => 3,
                Eligibility::Eligible => 0,
            },
            (Trust::Trusted, _) => 0,
        }
    }

    /// What stands in the way of issuing the certificate (SPEC 12, after the exit codes): what makes a document no trusted one, what keeps the
    /// goods from the scheme that is asked for and enforced, and, beside the question, what would keep them from any.
    #[must_use]
    pub fn objections(&self) -> Vec<&Finding> {
        let of = |classes: &'static [Class]| move |finding: &&Finding| classes.contains(&finding.class);
        let documents = self.documents().flat_map(|verdict| &verdict.reasons);
        let mut found: Vec<&Finding> = documents.filter(of(&[Class::Untrustworthy, Class::NotEstablished])).collect();
        let counts = self.exit_code() != 0;
        let scheme = self.scheme.iter().filter(|_| counts).flat_map(|scheme| &scheme.reasons);
        found.extend(scheme.filter(of(&[Class::Excluded, Class::Deferred])));
        found.extend(self.aside.iter().filter(of(&[Class::Excluded])));
        found
    }
}

/// Judges a consignment: each document by its own evidence, then all together.
///
/// The certificate is judged as of the time asked about; passports beside a certificate as of the scheme's
/// reference date (without a scheme: when the certificate was recorded; now, if it lies ahead), so that an
/// update while the goods are at sea changes nothing. What counts for the scheme never changes the trust in a document.
#[must_use]
pub fn judge_consignment(question: &Question, consignment: &Consignment<'_>, trust: Option<&TrustRoot>, policy: &Policy) -> Judgement {
    let (judged, reference, policy) = documents(question, consignment, trust, policy);
    weigh(question, consignment, &policy, reference, judged)
}

/// Trust alone, the day that eligibility looks at, and the policy under the scheme.
pub(super) fn documents(
    question: &Question,
    consignment: &Consignment<'_>,
    trust: Option<&TrustRoot>,
    policy: &Policy,
) -> (Judgement, Option<Timestamp>, Policy) {
    let scheme = match &consignment.asked {
        Asked::Scheme(scheme) => Some(*scheme),
        Asked::Nothing | Asked::Unknown(_) => None,
    };
    let policy = &policy.stricter(scheme.and_then(|s| s.status_age_ms_max));
    let certificate = match &consignment.certificate {
        CertificateAtHand::Issued(document) => Some(judge(question, document.findings, &document.evidence, trust, policy)),
        CertificateAtHand::None | CertificateAtHand::Draft(_) => None,
    };
    let reference = reference(question, consignment, scheme, certificate.as_ref());
    let passports = consignment
        .passports
        .iter()
        .map(|passport| {
            let question = Question {
                as_of: if consignment.counts(passport) {
                    reference.map(|r| r.min(question.now)).or(question.as_of)
                } else {
                    question.as_of
                },
                issuer: None,
                number: None,
                kind: Some(DocumentKind::Passport),
                ..*question
            };
            judge(&question, passport.document.findings, &passport.document.evidence, trust, policy)
        })
        .collect();
    (Judgement { certificate, passports, scheme: None, aside: Vec::new() }, reference, *policy)
}

/// The rules of eligibility alone, over documents that [`judge`] has judged already. [`judge_consignment`] calls it.
pub(super) fn weigh(
    question: &Question,
    consignment: &Consignment<'_>,
    policy: &Policy,
    reference: Option<Timestamp>,
    mut judged: Judgement,
) -> Judgement {
    let carry = |verdict: &mut Verdict| {
        let (carried, own): (Vec<Finding>, Vec<Finding>) = core::mem::take(&mut verdict.reasons).into_iter().partition(on_eligibility);
        verdict.reasons = own;
        carried
    };
    let carried = Carried {
        certificate: judged.certificate.as_mut().map(carry).unwrap_or_default(),
        passports: judged.passports.iter_mut().map(carry).collect(),
    };
    let (scheme, aside) = Weighing::new(question, consignment, policy, reference, &judged, &carried).decide();
    Judgement { scheme, aside, ..judged }
}

/// What reading and judging the documents found on the other axis.
pub(super) struct Carried {
    pub(super) certificate: Vec<Finding>,
    pub(super) passports: Vec<Vec<Finding>>,
}

const fn on_eligibility(finding: &Finding) -> bool {
    matches!(finding.code.class(), Class::Excluded | Class::Deferred | Class::EligibilityNotice)
}

/// The day that eligibility looks at; `None` where the asker did not give it, or the log does not date it.
fn reference(
    question: &Question,
    consignment: &Consignment<'_>,
    scheme: Option<&Scheme>,
    certificate: Option<&Verdict>,
) -> Option<Timestamp> {
    let asked = question.as_of.unwrap_or(question.now);
    match scheme.map_or(ReferenceDate::Issue, |s| s.reference_date) {
        ReferenceDate::Issue => match &consignment.certificate {
            CertificateAtHand::Issued(_) => Some(certificate?.recorded.as_ref()?.anchored?.1),
            CertificateAtHand::Draft(_) | CertificateAtHand::None => Some(asked),
        },
        ReferenceDate::Lodging => consignment.import.lodging.or(question.as_of),
        ReferenceDate::Arrival => consignment.import.arrival,
    }
}

impl Consignment<'_> {
    /// Whether a passport is one that the certificate names; others are versions or strangers, judged as of the
    /// time asked about. Where nothing is named, every passport counts.
    fn counts(&self, passport: &PassportAtHand<'_>) -> bool {
        match (self.certificate_facts(), &passport.document.findings.facts) {
            (Some(facts), Facts::Passport(p)) => facts.items.iter().any(|i| i.passport == Some(p.fingerprint)),
            _ => true,
        }
    }

    /// The certificate's data, where there is any.
    pub(super) fn certificate_facts(&self) -> Option<&CertificateFacts> {
        match &self.certificate {
            CertificateAtHand::None => None,
            CertificateAtHand::Draft(facts) => Some(facts),
            CertificateAtHand::Issued(document) => match &document.findings.facts {
                Facts::Certificate(facts) => Some(facts),
                Facts::None | Facts::Passport(_) => None,
            },
        }
    }
}
