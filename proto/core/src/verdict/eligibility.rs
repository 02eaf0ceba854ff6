//! Eligibility: whether documents, together, meet a scheme as of its reference date (SPEC section 14).
//!
//! Facts in, reasons out. Every rule states its code; none knows another. A document that is not trusted
//! makes nothing eligible, and nothing here changes the trust in a document.

mod attestation;
mod entry;
mod footprint;
mod links;
mod page;
mod text;

use self::links::Linked;
use super::consignment::{Asked, Carried, CertificateAtHand, Consignment, Eligibility, Judgement, PassportAtHand, SchemeVerdict};
use super::{
    AttestationFacts, CertificateFacts, Class, Code, Facts, Finding, ItemFacts, Listed, PassportFacts, Policy, Question, Subject, Trust,
    Verdict,
};
use crate::date::instant;
use crate::name::{Country, Timestamp};
use crate::scheme::{Goods, Missing, Ruling, Scheme, ScopeRule};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// A passport at hand with its data and its verdict.
#[derive(Clone, Copy)]
struct Held<'a> {
    facts: &'a PassportFacts,
    verdict: &'a Verdict,
    attestations: &'a Listed<AttestationFacts>,
    carried: &'a [Finding],
}

impl Held<'_> {
    fn recorded_at(&self) -> Option<Timestamp> {
        self.verdict.recorded.as_ref()?.anchored.map(|(_, time)| time)
    }
}

/// What has been gathered on the way to eligibility.
pub(super) struct Weighing<'a> {
    question: &'a Question,
    consignment: &'a Consignment<'a>,
    policy: &'a Policy,
    scheme: Option<&'a Scheme>,
    certificate: Option<&'a CertificateFacts>,
    judged: &'a Judgement,
    passports: Vec<Held<'a>>,
    reference: Option<Timestamp>,
    reasons: Vec<Finding>,
    checks: Vec<String>,
    not_established: Vec<String>,
}

impl<'a> Weighing<'a> {
    pub(super) fn new(
        question: &'a Question,
        consignment: &'a Consignment<'a>,
        policy: &'a Policy,
        reference: Option<Timestamp>,
        judged: &'a Judgement,
        carried: &'a Carried,
    ) -> Self {
        let mut reasons = carried.certificate.clone();
        let mut passports = Vec::new();
        for ((at_hand, verdict), carried) in consignment.passports.iter().zip(&judged.passports).zip(&carried.passports) {
            match &at_hand.document.findings.facts {
                Facts::Passport(facts) => passports.push(Held { facts, verdict, attestations: &at_hand.attestations, carried }),
                // Not readable as a passport: what was found counts as it stands.
                Facts::None | Facts::Certificate(_) => reasons.extend(carried.iter().cloned()),
            }
        }
        let scheme = match consignment.asked {
            Asked::Scheme(scheme) => Some(scheme),
            Asked::Nothing | Asked::Unknown(_) => None,
        };
        Self {
            question,
            consignment,
            policy,
            scheme,
            certificate: consignment.certificate_facts(),
            judged,
            passports,
            reference,
            reasons,
            checks: Vec::new(),
            not_established: Vec::new(),
        }
    }

    /// Weighs everything: the verdict for what was asked, and what stands aside.
    pub(super) fn decide(mut self) -> (Option<SchemeVerdict>, Vec<Finding>) {
        self.dates();
        self.scope();
        let linked = self.links();
        self.documents(&linked);
        for held in &linked.used {
            self.footprint(held.facts);
            self.demands(held.facts);
            self.before_arrival(held);
        }
        for (item, held) in &linked.pairs {
            self.attestation(*item, held);
        }
        self.certificate();
        self.page(&linked);
        self.entry();
        self.close()
    }

    fn reason(&mut self, code: Code, subject: Subject, detail: impl Into<String>) {
        self.add(Finding::new(code, subject, detail));
    }

    fn add(&mut self, finding: Finding) {
        if !self.reasons.contains(&finding) {
            self.reasons.push(finding);
        }
    }

    /// A code with `*`: it counts where the scheme requires it, else it is a notice.
    fn starred(&mut self, required: bool, mut finding: Finding) {
        if !required {
            finding.class = Class::EligibilityNotice;
        }
        self.add(finding);
    }

    fn check(&mut self, what: impl Into<String>) {
        let what = what.into();
        if !self.checks.contains(&what) {
            self.checks.push(what);
        }
    }

    fn gap(&mut self, what: impl Into<String>) {
        let what = what.into();
        if !self.not_established.contains(&what) {
            self.not_established.push(what);
        }
    }

    /// The day asked about.
    fn asked(&self) -> Timestamp {
        self.question.as_of.unwrap_or(self.question.now)
    }

    /// Whether a list that was read under a head of this time says what held on a day, up to now.
    fn reaches(&self, read_at: Timestamp, day: Timestamp) -> bool {
        day.min(self.question.now).since(read_at) <= self.policy.status_age_ms_max
    }

    fn importing(&self) -> Option<Country> {
        self.consignment.import.country.or_else(|| self.certificate?.exported_to)
    }

    /// When the certificate was recorded.
    fn certified_at(&self) -> Option<Timestamp> {
        self.judged.certificate.as_ref()?.recorded.as_ref()?.anchored.map(|(_, time)| time)
    }

    /// Eligibility needs every document trusted; a version that the certificate does not name does not count.
    fn documents(&mut self, linked: &Linked<'_>) {
        for held in self.passports.clone() {
            let newer = linked.newer.contains(&held.facts.fingerprint);
            for finding in held.carried {
                let class = if newer { Class::EligibilityNotice } else { finding.class };
                self.add(Finding { class, ..finding.clone() });
            }
        }
        let (judged, consignment) = (self.judged, self.consignment);
        let certificate = judged.certificate.iter().map(|v| (Subject::Certificate, v));
        let counts = |at_hand: &PassportAtHand<'_>| match &at_hand.document.findings.facts {
            Facts::Passport(facts) => !linked.newer.contains(&facts.fingerprint),
            Facts::None | Facts::Certificate(_) => true,
        };
        let passports = consignment.passports.iter().zip(&judged.passports).filter(|(at_hand, _)| counts(at_hand));
        for (subject, verdict) in certificate.chain(passports.map(|(_, v)| (Subject::Passport, v))) {
            let class = match verdict.trust {
                Trust::Trusted => continue,
                Trust::Untrustworthy => Class::Excluded,
                Trust::Unverifiable => Class::Deferred,
            };
            let why: Vec<&str> = verdict.reasons.iter().filter(|r| is_decisive(r.class)).map(|r| r.code.name()).collect();
            let detail = format!("the {} is {}: {}", subject.name(), verdict.trust.name(), why.join(", "));
            self.add(Finding { class, ..Finding::new(Code::DocumentNotTrusted, subject, detail) });
        }
        if let CertificateAtHand::Draft(_) = self.consignment.certificate {
            self.gap("trust in the certificate: it is not issued yet");
        }
    }

    /// Dates that the scheme needs and the asker has not given.
    fn dates(&mut self) {
        let Some(scheme) = self.scheme else { return };
        let needs_arrival = scheme.before_arrival.is_some() && self.consignment.import.arrival.is_none();
        if needs_arrival {
            self.reason(
                Code::ArrivalNotGiven,
                Subject::Entry,
                "the scheme looks at what was on the log before arrival: state the arrival time",
            );
        }
        match (self.reference, scheme.reference_date) {
            (Some(day), _) if day > self.question.now => {
                self.gap(format!("what changes until the scheme's reference date {}: judged as of now", instant(day)));
            }
            (Some(_), _) => {}
            (None, crate::scheme::ReferenceDate::Issue) => self.gap("the scheme's reference date: the log does not date the certificate"),
            (None, crate::scheme::ReferenceDate::Arrival) if needs_arrival => {}
            (None, date) => {
                let detail = format!("the scheme's reference date is the {}: state its time", date.name());
                self.reason(Code::ArrivalNotGiven, Subject::Entry, detail);
            }
        }
    }

    /// Whether scheme, day and goods fit together.
    fn scope(&mut self) {
        if let Asked::Unknown(id) = &self.consignment.asked {
            self.reason(Code::SchemeUnknown, Subject::Network, format!("no record describes the scheme {id}"));
            self.gap(format!("the rules of {id}: ask a node of the network that runs it"));
        }
        let Some(scheme) = self.scheme else { return };
        let day = self.reference.unwrap_or(self.question.now);
        if scheme.mode_at(day).is_none() {
            let from = scheme.modes.first().map_or(Timestamp(u64::MAX), |m| m.from);
            let detail = format!("{} begins {}, the reference date is {}", scheme.id, instant(from), instant(day));
            self.reason(Code::SchemeNotApplicable, Subject::Certificate, detail);
        }
        match self.certificate {
            Some(certificate) => certificate.items.iter().for_each(|item| self.goods(scheme, Some(item), self.named(item))),
            None => self.passports.clone().iter().for_each(|held| self.goods(scheme, None, Some(*held))),
        }
        let own = [
            scheme.before_arrival.is_none().then_some("what must be recorded before arrival"),
            scheme.page.is_none().then_some("product pages"),
            scheme.status_age_ms_max.is_none().then_some("age of the status"),
        ];
        let not_stated: Vec<&str> =
            scheme.scope.not_stated().chain(scheme.requires.not_stated()).chain(own.into_iter().flatten()).collect();
        if !not_stated.is_empty() {
            self.gap(format!("{} states nothing about {}: not checked", scheme.id, not_stated.join(", ")));
        }
    }

    fn goods(&mut self, scheme: &Scheme, item: Option<&ItemFacts>, passport: Option<Held<'_>>) {
        let facts = passport.map(|p| p.facts);
        let goods = Goods {
            hs: item.map_or_else(|| facts.and_then(|f| f.hs), |i| i.hs),
            product: item.and_then(|i| i.product.as_deref()).or_else(|| facts.map(|f| f.product.as_str())),
            origin: item.map_or_else(|| facts.and_then(|f| f.country_of_origin), |i| i.origin),
            destination: self.importing(),
            attributes: facts.map(|f| f.attributes.as_slice()),
        };
        let subject = if item.is_some() { Subject::Certificate } else { Subject::Passport };
        let (code, subject, path) = match scheme.ruling(&goods) {
            Ruling::In(rule) => return self.check(format!("inside the scheme: {rule}")),
            Ruling::Out(_) => (Code::SchemeNotApplicable, subject, None),
            Ruling::Undetermined(ScopeRule::TooCoarse { .. }) => (Code::HsTooCoarse, subject, None),
            Ruling::Undetermined(ScopeRule::Edition { .. }) => (Code::HsEditionMismatch, subject, None),
            Ruling::Undetermined(ScopeRule::NotKnown(Missing::Destination)) => (Code::RecognitionNotChecked, subject, None),
            // Without a passport nothing states it; that it is missing is said elsewhere.
            Ruling::Undetermined(ScopeRule::AttributeMissing(_)) if passport.is_none() && scheme.requires.passport => return,
            Ruling::Undetermined(ScopeRule::AttributeMissing(wanted)) => {
                (Code::RequiredFieldMissing, Subject::Passport, Some(format!("credentialSubject.{}", wanted.name)))
            }
            Ruling::Undetermined(_) => (Code::SchemeNotApplicable, subject, None),
        };
        let finding = Finding::new(code, subject, scheme.ruling(&goods).rule().to_string());
        self.add(Finding { item: item.map(|i| i.number), path, ..finding });
    }

    /// The passport at hand that an item names.
    fn named(&self, item: &ItemFacts) -> Option<Held<'a>> {
        self.passports.iter().find(|p| Some(p.facts.fingerprint) == item.passport).copied()
    }

    /// Presentations, and what the certificate says about its own issue.
    fn certificate(&mut self) {
        let consignment = self.consignment;
        for seen in consignment.presentations.items.iter().filter(|p| !p.own && !p.withdrawn) {
            let detail = format!("presented to {} on {}, now {}", seen.customs_name, instant(seen.lodged), seen.standing);
            self.reason(Code::DuplicatePresentation, Subject::Certificate, detail);
        }
        let shown = consignment.presentations.complete && self.reaches(consignment.presentations.read_at, self.asked());
        if !shown && matches!(consignment.certificate, CertificateAtHand::Issued(_)) {
            self.gap("whether the certificate was presented to another customs: ask a node for the whole list");
        }
        let Some(facts) = self.certificate else { return };
        if let (Some(issued), Some(departed)) = (facts.issue_date, facts.departure)
            && !facts.issued_retroactively
            && issued.days_since(departed) > u32::from(self.policy.retroactive_days)
        {
            let detail = format!("departed {departed}, issued {issued}, and it does not say that it was issued retroactively");
            self.reason(Code::RetroactiveFlagMissing, Subject::Certificate, detail);
        }
    }

    fn close(mut self) -> (Option<SchemeVerdict>, Vec<Finding>) {
        for reason in self.reasons.iter_mut().filter(|r| r.class == Class::EligibilityNotice) {
            reason.class = self.policy.raise(reason.code, reason.class);
        }
        self.reasons.sort_by(|a, b| {
            (rank(a.class), a.subject, a.code, a.item, &a.path, &a.detail).cmp(&(
                rank(b.class),
                b.subject,
                b.code,
                b.item,
                &b.path,
                &b.detail,
            ))
        });
        let (name, counts): (String, fn(&Finding) -> bool) = match (&self.consignment.asked, self.consignment.entry) {
            (Asked::Scheme(scheme), _) => (scheme.id.to_string(), |_| true),
            (Asked::Unknown(id), _) => (id.to_string(), |r| matches!(r.code, Code::SchemeUnknown) || of_entry(r)),
            (Asked::Nothing, Some(_)) => ("entry".into(), of_entry),
            (Asked::Nothing, None) => {
                self.reasons.retain(|r| r.code != Code::DocumentNotTrusted);
                return (None, self.reasons);
            }
        };
        let (reasons, aside): (Vec<Finding>, Vec<Finding>) = self.reasons.into_iter().partition(counts);
        let day = self.reference.unwrap_or(self.question.now);
        let verdict = SchemeVerdict {
            scheme: name,
            revision: self.scheme.map(|s| s.revision),
            eligibility: Eligibility::of(&reasons),
            mode: self.scheme.and_then(|s| s.mode_at(day)),
            effect: self.scheme.map(|s| s.effect.clone()),
            reference: self.reference,
            reasons,
            checks: self.checks,
            not_established: self.not_established,
        };
        (Some(verdict), aside)
    }
}

/// What counts where only the customs entry is compared.
fn of_entry(finding: &Finding) -> bool {
    finding.subject == Subject::Entry || finding.code == Code::DocumentNotTrusted
}

const fn is_decisive(class: Class) -> bool {
    matches!(class, Class::Untrustworthy | Class::NotEstablished)
}

const fn rank(class: Class) -> u8 {
    match class {
        Class::Untrustworthy | Class::Excluded => 0,
        Class::NotEstablished | Class::Deferred => 1,
        Class::TrustNotice | Class::EligibilityNotice => 2,
    }
}
