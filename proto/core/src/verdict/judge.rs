//! `judge`: the one place where it is decided whether a document is to be believed (SPEC section 12).

use super::receipts::{Discarded, Holding, sift, trust_code};
use super::{
    AtHand, Candidate, Class, Code, DocumentFindings, Evidence, Facts, Finding, HeadSeen, Policy, Question, Reach, Recorded, Subject,
    Trust, Verdict,
};
use crate::document::{DocumentId, DocumentKind};
use crate::fingerprint::Method;
use crate::genesis::NetworkPurpose;
use crate::header::Header;
use crate::limits::HEAD_AHEAD_MS_MAX;
use crate::name::{OrgId, Timestamp};
use crate::number::ReferenceKey;
use crate::registry::{CertificateBinding, KeyRecord};
use crate::state::{DocumentRecord, RecordKey};
use crate::status::{Shown, StatusDefect, StatusProof, StatusView};
use crate::trust::TrustRoot;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// What has been gathered on the way to a verdict.
pub(super) struct Case<'a> {
    pub(super) question: &'a Question,
    pub(super) policy: &'a Policy,
    pub(super) findings: &'a DocumentFindings,
    pub(super) reasons: Vec<Finding>,
    pub(super) checks: Vec<String>,
    pub(super) not_established: Vec<String>,
    pub(super) recorded: Option<Recorded>,
    pub(super) head: Option<HeadSeen>,
}

/// Judges one document, or one certificate number, by everything that is at hand.
///
/// Receipts and status proofs are candidates: those that do not hold are put aside with a notice and
/// neither help nor harm. Of the status proofs that hold and show the document the newest decides, alone.
#[must_use]
pub fn judge(
    question: &Question,
    findings: &DocumentFindings,
    evidence: &Evidence<'_>,
    trust: Option<&TrustRoot>,
    policy: &Policy,
) -> Verdict {
    let mut case = Case {
        question,
        policy,
        findings,
        reasons: findings.findings.clone(),
        checks: findings.checks.clone(),
        not_established: Vec::new(),
        recorded: None,
        head: None,
    };
    match trust {
        None => {
            case.reason(Code::TrustRootMissing, "there is no trust root to check log evidence with");
            case.gap("whether the document is on the log: pin a trust root obtained from someone you trust");
        }
        Some(trust) => case.weigh(evidence, trust),
    }
    case.close()
}

impl Case<'_> {
    pub(super) fn reason(&mut self, code: Code, detail: impl Into<String>) {
        let subject = match code {
            Code::LogProofInvalid
            | Code::NetworkMismatch
            | Code::NodeUnreachable
            | Code::NodeAnswerInvalid
            | Code::NodeLagging
            | Code::StateContradictsLog
            | Code::ForkDetected
            | Code::TrustRootMissing
            | Code::TrustRootTooOld
            | Code::LocalClockWrong
            | Code::StatusStale
            | Code::AbsenceNotProven
            | Code::ReceiptDiscarded
            | Code::Specimen => Subject::Network,
            _ if self.is_passport() => Subject::Passport,
            _ => Subject::Certificate,
        };
        let finding = Finding::new(code, subject, detail);
        if !self.reasons.contains(&finding) {
            self.reasons.push(finding);
        }
    }

    /// Whether the document is a carbon passport, by its data or by what the asker expects.
    pub(super) fn is_passport(&self) -> bool {
        match self.findings.facts {
            Facts::Passport(_) => true,
            Facts::Certificate(_) => false,
            Facts::None => self.question.kind == Some(DocumentKind::Passport),
        }
    }

    pub(super) fn check(&mut self, what: impl Into<String>) {
        let what = what.into();
        if !self.checks.contains(&what) {
            self.checks.push(what);
        }
    }

    pub(super) fn gap(&mut self, what: impl Into<String>) {
        self.not_established.push(what.into());
    }

    /// The time asked about. "Now" is never before a head that the validators sealed already.
    pub(super) fn as_of(&self) -> Timestamp {
        let now = self.head.map_or(self.question.now, |head| head.time.max(self.question.now));
        self.question.as_of.unwrap_or(now)
    }

    /// Notes the head that the verdict rests on; a head from the future means that this clock is wrong.
    pub(super) fn rest_on(&mut self, header: &Header) {
        let (now, time, height) = (self.question.now, header.time, header.height);
        self.head = Some(HeadSeen { height, time, age_ms: now.since(time) });
        if time.since(now) > HEAD_AHEAD_MS_MAX {
            self.reason(Code::LocalClockWrong, format!("the head's time is {time} ms, this clock says {now} ms"));
        }
    }

    fn weigh(&mut self, evidence: &Evidence<'_>, trust: &TrustRoot) {
        if trust.purpose() == NetworkPurpose::Test {
            self.reason(Code::Specimen, format!("{} is a test network", trust.name()));
        }
        if self.findings.at_hand == AtHand::Document && self.findings.candidates.is_empty() {
            // A receipt beside it is of another document, a status proof about another.
            return self.gap("whether the document is on the log: it has no signature that holds, so no fingerprint to look for");
        }
        // The same receipt from two places is one.
        let mut receipts: Vec<&[u8]> = Vec::new();
        for receipt in evidence.receipts.iter().chain(&self.findings.stapled) {
            if !receipts.contains(&receipt.as_slice()) {
                receipts.push(receipt);
            }
        }
        let (mut holding, mut discarded) = sift(&receipts, self.findings, self.question, trust);
        let view = self.newest_status(evidence.statuses, trust, &holding, &mut discarded);
        let issuer = self.issuer(view.as_ref(), &holding);
        if let Some(issuer) = issuer {
            holding.retain(|h| {
                let own = h.author == issuer;
                if !own {
                    discarded.push(Discarded {
                        code: Code::FingerprintMismatch,
                        detail: format!("the receipt is of a claim by {}, not by {issuer}", h.author),
                    });
                }
                own
            });
        }
        match (&view, issuer) {
            (Some(view), Some(issuer)) => self.by_status(view, issuer, &holding),
            (Some(_), None) if !self.findings.candidates.is_empty() => self.nobody(view.as_ref()),
            _ => self.by_receipts(&holding, &mut discarded, &evidence.reach, trust),
        }
        if self.recorded.is_some() {
            for d in &discarded {
                self.reason(Code::ReceiptDiscarded, d.detail.clone());
            }
        }
    }

    /// The newest status proof that holds and shows what is asked about; where none shows it, the newest.
    fn newest_status(
        &mut self,
        files: &[Vec<u8>],
        trust: &TrustRoot,
        holding: &[Holding],
        discarded: &mut Vec<Discarded>,
    ) -> Option<StatusView> {
        let mut newest: Option<StatusView> = None;
        let rank = |view: &StatusView| (self.is_shown_by(view, holding), view.header.height);
        for bytes in files {
            match StatusProof::from_file(bytes, trust).and_then(|p| p.verify(trust)) {
                Ok(view) if is_retired(trust, &view.header) => {
                    let detail = format!("the status proof is sealed by the keys of epoch {}, which is closed", view.header.epoch);
                    discarded.push(Discarded { code: Code::SealedByRetiredKeys, detail });
                }
                Ok(view) if newest.as_ref().is_none_or(|n| rank(n) < rank(&view)) => newest = Some(view),
                Ok(_) => {}
                Err(defect) => {
                    let code = match &defect {
                        StatusDefect::OtherNetwork { .. } => Code::NetworkMismatch,
                        StatusDefect::Trust(t) => trust_code(t),
                        StatusDefect::File(_) | StatusDefect::Proof { .. } | StatusDefect::OtherRecord { .. } => Code::LogProofInvalid,
                    };
                    discarded.push(Discarded { code, detail: defect.to_string() });
                }
            }
        }
        let view = newest?;
        self.rest_on(&view.header);
        self.check(format!("status proof sealed by the validators at height {}", view.header.height));
        Some(view)
    }

    /// Whether a status proof shows who claims the document, or the issuer's record of it; for a number alone, its reference.
    fn is_shown_by(&self, view: &StatusView, holding: &[Holding]) -> bool {
        let issuer = self.issuer(Some(view), holding);
        let of_number =
            issuer.zip(self.question.number.as_ref()).map(|(by, number)| RecordKey::Reference(by, ReferenceKey::of(&by, number)));
        match self.findings.candidates.as_slice() {
            [] => of_number.is_some_and(|key| view.covers(&key)),
            candidates => candidates.iter().any(|c| {
                let record = issuer.map(|by| RecordKey::Document(DocumentId::of(&by, &c.fingerprint)));
                view.covers(&RecordKey::Claims(c.fingerprint)) || record.is_some_and(|key| view.covers(&key))
            }),
        }
    }

    /// Whose record counts: the asker's word, else whoever the signer's certificate or key is bound to, or whom the
    /// document names (the first of them that has a record of it), else whoever a receipt that holds names.
    fn issuer(&self, view: Option<&StatusView>, holding: &[Holding]) -> Option<OrgId> {
        if let Some(issuer) = self.question.issuer {
            return Some(issuer);
        }
        let bound = view.and_then(|view| {
            self.findings.candidates.iter().find_map(|c| {
                let by_certificate = || view.show::<CertificateBinding>(&RecordKey::Certificate(c.signer?)).ok()?.present();
                let by_key = || view.show::<KeyRecord>(&RecordKey::Key(c.key?)).ok()?.present();
                by_certificate().map(|b| b.organisation).or_else(|| by_key().map(|k| k.organisation))
            })
        });
        let by_receipt = || holding.iter().find(|h| h.same_signature()).or_else(|| holding.first()).map(|h| h.author);
        let named = match &self.findings.facts {
            Facts::Certificate(facts) => facts.issuer.organisation,
            Facts::Passport(facts) => facts.issuer.organisation,
            Facts::None => None,
        };
        let recorded = |by: &OrgId| {
            let under = |c: &Candidate| RecordKey::Document(DocumentId::of(by, &c.fingerprint));
            self.findings
                .candidates
                .iter()
                .any(|c| view.is_some_and(|v| matches!(v.show::<DocumentRecord>(&under(c)), Ok(Shown::Present(_)))))
        };
        let with_record = [bound, named].into_iter().flatten().find(recorded);
        with_record.or(bound).or_else(by_receipt).or(named.filter(|_| view.is_some())).or_else(|| self.sole_claimant(view))
    }

    /// A file without signer (`file`) names nobody: if one member alone recorded it, that one.
    fn sole_claimant(&self, view: Option<&StatusView>) -> Option<OrgId> {
        let view = view?;
        self.findings.candidates.iter().filter(|c| c.fingerprint.method == Method::File).find_map(|c| {
            let claims = view.show::<crate::state::ClaimsRecord>(&RecordKey::Claims(c.fingerprint)).ok()?.present()?;
            claims.first.first().map(|claim| claim.author)
        })
    }

    /// A status proof, but nobody whose record could be looked for.
    fn nobody(&mut self, view: Option<&StatusView>) {
        let signer = self.findings.candidates.iter().find_map(|c| c.signer.map(|s| (s, c.signer_name.clone())));
        let key = self.findings.candidates.iter().find_map(|c| c.key);
        match (view, signer) {
            (Some(view), None) if key.is_some() => {
                let shown = key.map(|key| view.show::<KeyRecord>(&RecordKey::Key(key)));
                match shown {
                    Some(Ok(Shown::Absent)) => {
                        self.reason(Code::SignerNotIssuer, "the key of the proof belongs to no member of the network")
                    }
                    _ => self.reason(Code::AbsenceNotProven, "the node did not show to whom the key of the proof belongs"),
                }
            }
            (Some(view), Some((spki, name))) => match view.show::<CertificateBinding>(&RecordKey::Certificate(spki)) {
                Ok(Shown::Absent) => self.reason(
                    Code::SignerNotIssuer,
                    format!("the signer's certificate ({}) belongs to no member of the network", name.unwrap_or_else(|| "unnamed".into())),
                ),
                _ => self.reason(Code::AbsenceNotProven, "the node did not show to whom the signer's certificate belongs"),
            },
            _ => {
                let shown = view.is_some_and(|view| {
                    self.findings
                        .candidates
                        .iter()
                        .all(|c| matches!(view.show::<crate::state::ClaimsRecord>(&RecordKey::Claims(c.fingerprint)), Ok(Shown::Absent)))
                });
                if shown && self.fresh() {
                    self.reason(Code::LogEntryMissing, "no member has recorded this file");
                } else {
                    self.reason(Code::AbsenceNotProven, "the node did not show whether anyone recorded this file");
                }
            }
        }
    }

    /// Only receipts, or nothing at all.
    fn by_receipts(&mut self, holding: &[Holding], discarded: &mut Vec<Discarded>, reach: &Reach, trust: &TrustRoot) {
        let best = holding.iter().find(|h| h.same_signature());
        if let Some(best) = best {
            self.by_receipt(best);
            if is_retired(trust, &best.receipt.header) {
                let epoch = best.receipt.header.epoch;
                self.reason(Code::SealedByRetiredKeys, format!("epoch {epoch} is closed; whoever collects its keys could seal this today"));
                self.gap("whether the present log holds this entry: ask a node for its status");
            }
            return;
        }
        if let Some(other) = holding.first() {
            self.reason(
                Code::SignerNotIssuer,
                format!("{} recorded these bytes with another signature than the one in this file", other.author),
            );
            return;
        }
        discarded.sort_by_key(Discarded::progress);
        if let Some(furthest) = discarded.pop() {
            self.reason(furthest.code, furthest.detail);
            self.gap("whether the document is on the log: ask a node, or the issuer for a new receipt");
            return;
        }
        let (code, detail) = match reach {
            Reach::NotAsked => (Code::NodeUnreachable, "there is no receipt, and no node was asked".to_string()),
            Reach::Unreachable(detail) => (Code::NodeUnreachable, detail.clone()),
            Reach::Invalid(detail) => (Code::NodeAnswerInvalid, detail.clone()),
            Reach::Lagging(detail) => (Code::NodeLagging, detail.clone()),
            Reach::NoProof(detail) => (Code::AbsenceNotProven, detail.clone()),
            Reach::Answered => (Code::AbsenceNotProven, "the answer holds no evidence about this document".to_string()),
        };
        self.reason(code, detail);
        self.gap("whether the document is on the log: ask a node, or give a receipt");
    }

    /// Whether the status at hand is recent enough for the time asked about; says so if not.
    pub(super) fn fresh(&mut self) -> bool {
        let Some(head) = self.head else { return false };
        let missing = self.as_of().since(head.time);
        if missing > self.policy.status_age_ms_max {
            let allowed = self.policy.status_age_ms_max / 1000;
            self.reason(
                Code::StatusStale,
                format!("the newest evidence ends {} s before the time asked about; the policy allows {allowed} s", missing / 1000),
            );
            self.gap("whether the document was revoked since then: ask a node for its present status");
            return false;
        }
        true
    }

    fn close(mut self) -> Verdict {
        for reason in &mut self.reasons {
            reason.class = self.policy.raise(reason.code, reason.class);
        }
        let rank = |class: Class| match class {
            Class::Untrustworthy => 0u8,
            Class::NotEstablished => 1,
            Class::Excluded | Class::Deferred => 2,
            Class::TrustNotice | Class::EligibilityNotice => 3,
        };
        self.reasons.sort_by_key(|r| rank(r.class));
        self.reasons.dedup();
        let trust = match self.reasons.first().map(|r| rank(r.class)) {
            Some(0) => Trust::Untrustworthy,
            Some(1) => Trust::Unverifiable,
            // Nothing speaks against it; but without a record nothing speaks for it either.
            _ if self.recorded.is_none() => {
                self.reasons.insert(0, Finding::new(Code::AbsenceNotProven, Subject::Network, "no evidence of a log entry"));
                Trust::Unverifiable
            }
            _ => Trust::Trusted,
        };
        Verdict {
            trust,
            reasons: self.reasons,
            checks: self.checks,
            recorded: self.recorded,
            head: self.head,
            not_established: self.not_established,
        }
    }
}

/// Whether a header is sealed by keys that no longer seal: only the closing block of a closed epoch is pinned.
pub(super) fn is_retired(trust: &TrustRoot, header: &Header) -> bool {
    trust.epoch(header.epoch).is_ok_and(|epoch| epoch.closed.is_some_and(|end| end.block != header.id()))
}
