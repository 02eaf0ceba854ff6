//! Who stands behind a passport, and whether the importing country recognises them (SPEC section 14.7).

use super::text::same_standard;
use super::{Held, Weighing};
use crate::commitment::StatementHash;
use crate::date::instant;
use crate::name::{OrgId, Timestamp};
use crate::scheme::HsCode;
use crate::verdict::{
    AttestationFacts, Class, Code, Finding, ItemFacts, PassportFacts, RecognitionFacts, RecognitionRow, RowStanding, Subject,
    VerificationFacts,
};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

impl Weighing<'_> {
    /// A verification body attested this passport, the attestation holds, and the country recognises the body.
    pub(super) fn attestation(&mut self, item: Option<&ItemFacts>, held: &Held<'_>) {
        let Some(verification) = &held.facts.footprint.verification else { return };
        let hash = StatementHash::of(&held.facts.nonce, &verification.statement_number).ok();
        // What was said after the days that count is no answer for them.
        let last = self.reference.map_or(self.asked(), |reference| reference.max(self.asked()));
        let fits = |a: &&AttestationFacts| a.attested <= last && Some(a.statement) == hash && misfit(a, held.facts, verification).is_none();
        let day = |a: &AttestationFacts| self.day_for(a.attested);
        let mut own: Vec<&AttestationFacts> = held.attestations.items.iter().filter(fits).collect();
        // One that holds counts; of those that do not, the newest is told about.
        own.sort_by_key(|a| (failing(a, day(a)).is_some(), core::cmp::Reverse(a.attested)));
        let Some(attestation) = own.first().copied() else { return self.nobody_attested(held, hash, verification) };
        let day = day(attestation);
        if !self.reaches(held.attestations.read_at, day) {
            return self.not_proven(held, verification);
        }
        match failing(attestation, day) {
            Some((code, detail)) => return self.reason(code, Subject::Attestation, detail),
            None => self.check(format!("{} attested the passport on {}", attestation.body, instant(attestation.attested))),
        }
        for (what, at) in [("withdrawn", attestation.withdrawn), ("expired", Some(attestation.until).filter(|u| *u <= self.question.now))] {
            if let Some(at) = at {
                let detail = format!("the attestation by {} is {what} since {}", attestation.body, instant(at));
                self.reason(Code::ChangedSince, Subject::Attestation, detail);
            }
        }
        if attestation.admitted.is_none() {
            self.gap(format!("whether {} was an admitted verification body: ask a node for its record", attestation.body));
        }
        if verification.verifier.organisation.is_none() && attestation.identifiers.is_empty() {
            let verifier = &verification.verifier.id;
            self.gap(format!("whether {verifier} is {}: the registry does not bind this identifier", attestation.body));
        }
        self.in_time(attestation);
        self.recognition(item, held.facts, verification, attestation, day);
    }

    /// The reference date; for what was said after it, the day asked about.
    fn day_for(&self, said: Timestamp) -> Timestamp {
        let asked = self.asked().max(said);
        self.reference.filter(|r| *r >= said).unwrap_or(asked)
    }

    fn nobody_attested(&mut self, held: &Held<'_>, hash: Option<StatementHash>, verification: &VerificationFacts) {
        let (number, verifier) = (&verification.statement_number, &verification.verifier.id);
        if !held.attestations.complete || !self.reaches(held.attestations.read_at, self.asked()) {
            return self.not_proven(held, verification);
        }
        let near = held.attestations.items.iter().find(|a| Some(a.statement) == hash).and_then(|a| misfit(a, held.facts, verification));
        let others = held.attestations.items.len();
        let detail = near.unwrap_or_else(|| format!("{verifier} did not attest the statement {number}; {others} other attestations"));
        self.reason(Code::AttestationMissing, Subject::Attestation, detail);
    }

    /// The list of attestations is not whole, or was read under a head before the day that counts.
    fn not_proven(&mut self, held: &Held<'_>, verification: &VerificationFacts) {
        let (number, verifier) = (&verification.statement_number, &verification.verifier.id);
        let read_at = instant(held.attestations.read_at);
        let detail = format!("whether {verifier} attested {number} is not proven; the list is of {read_at}");
        self.add(Finding { class: Class::Deferred, ..Finding::new(Code::DocumentNotTrusted, Subject::Attestation, detail) });
        self.gap("the passport's attestations: ask a node for the whole list");
    }

    fn in_time(&mut self, attestation: &AttestationFacts) {
        let Some(limit) = self.arrival_limit() else { return };
        if attestation.attested > limit {
            let required = self.scheme.and_then(|s| s.before_arrival).is_some_and(|r| r.attestation);
            let detail = format!("attested {}, needed by {}", instant(attestation.attested), instant(limit));
            self.starred(required, Finding::new(Code::AttestedAfterArrival, Subject::Attestation, detail));
        } else {
            self.check("the passport was attested before arrival");
        }
    }

    /// A row of the country's authority for the body, or for an accreditation body that has one for it.
    fn recognition(
        &mut self,
        item: Option<&ItemFacts>,
        passport: &PassportFacts,
        verification: &VerificationFacts,
        attestation: &AttestationFacts,
        day: Timestamp,
    ) {
        let accepted = self.scheme.map_or(&[][..], |s| &s.requires.accreditation_standards);
        let standard = &attestation.standard;
        if !accepted.is_empty() && !accepted.iter().any(|wanted| same_standard(wanted, standard)) {
            let detail = format!("accredited by {standard}, the scheme accepts {}", accepted.join(", "));
            return self.reason(Code::AccreditationNotRecognised, Subject::Attestation, detail);
        }
        let Some(country) = self.importing() else {
            return self.reason(Code::RecognitionNotChecked, Subject::Attestation, "the importing country is not known");
        };
        let consignment = self.consignment;
        let known = consignment.recognition.as_ref().filter(|r| r.country == country);
        let Some((facts, authority)) = known.and_then(|r| Some((r, r.authority?))) else {
            self.gap(format!("what {country} recognises: ask a node for its authority's list"));
            let detail = format!("no recognising authority of {country} is proven");
            return self.reason(Code::RecognitionNotChecked, Subject::Attestation, detail);
        };
        let Some(hs) = item.map_or(passport.hs, |i| i.hs) else { return };
        let asked =
            Recognised { standard, accreditation: &verification.accreditation_standard, hs: hs.code, times: [attestation.attested, day] };
        let known = self.reaches(facts.rows.read_at, day);
        match path(facts, authority, attestation.body, &asked).filter(|_| known) {
            Some(rows) => {
                for row in rows {
                    let source = format!("{} of {}", row.source.url, row.source.list_date);
                    self.check(format!("{country} recognises {} through {} ({source})", row.body, row.by));
                }
            }
            None if facts.rows.complete && known => {
                let nearest = facts.rows.items.iter().find(|r| r.body == attestation.body).map(|r| asked.refusal(r));
                let why =
                    nearest.flatten().unwrap_or_else(|| format!("{authority} lists it neither directly nor through an accreditation body"));
                let detail = format!("{}, {standard}, HS {}: {why}", attestation.body, hs.code.hs6());
                let finding = Finding::new(Code::AccreditationNotRecognised, Subject::Attestation, detail);
                self.add(Finding { item: item.map(|i| i.number), ..finding });
            }
            None => {
                self.gap(format!("whether {country} recognises {}: ask a node for the whole list", attestation.body));
                let detail = format!("the recognition list of {country}, of {}, is not proven complete", instant(facts.rows.read_at));
                self.reason(Code::RecognitionNotChecked, Subject::Attestation, detail);
            }
        }
    }
}

/// Why an attestation of this statement is not the one that the passport speaks of.
fn misfit(attestation: &AttestationFacts, passport: &PassportFacts, verification: &VerificationFacts) -> Option<String> {
    let body = attestation.body;
    if let Some(named) = verification.verifier.organisation.filter(|named| *named != body) {
        return Some(format!("attested by {body}, the passport names {named}"));
    }
    let verifier = &verification.verifier.id;
    if !attestation.identifiers.is_empty() && !attestation.identifiers.contains(verifier) {
        return Some(format!("attested by {body} ({}), the passport names {verifier}", attestation.identifiers.join(", ")));
    }
    if attestation.admitted == Some(false) {
        return Some(format!("{body} was no admitted verification body"));
    }
    let footprint = &passport.footprint;
    let outside = footprint.period_start.is_some_and(|s| s < attestation.period_from)
        || footprint.period_end.is_some_and(|e| e > attestation.period_until);
    outside.then(|| {
        let (from, until) = (instant(attestation.period_from), instant(attestation.period_until));
        format!("{body} attested data from {from} to {until}, the passport's period is another")
    })
}

/// Why an attestation does not hold on a day.
fn failing(attestation: &AttestationFacts, day: Timestamp) -> Option<(Code, String)> {
    let body = attestation.body;
    match (attestation.withdrawn, attestation.until) {
        (Some(at), _) if at <= day => Some((Code::AttestationWithdrawn, format!("withdrawn by {body} on {}", instant(at)))),
        (_, until) if until <= day => Some((Code::AttestationExpired, format!("{body} attested until {}", instant(until)))),
        _ => None,
    }
}

/// What a row of recognition must cover.
struct Recognised<'a> {
    /// The Attest's accreditation standard.
    standard: &'a str,
    /// The passport's.
    accreditation: &'a str,
    hs: HsCode,
    /// Block time of the Attest, and the reference date.
    times: [Timestamp; 2],
}

impl Recognised<'_> {
    /// Why a row does not count; `None` if it does.
    fn refusal(&self, row: &RecognitionRow) -> Option<String> {
        for stated in [self.standard, self.accreditation] {
            if !same_standard(&row.standard, stated) {
                return Some(format!("the row is for {}, the accreditation is by {stated}", row.standard));
            }
        }
        if !row.goods.covers(&self.hs) {
            return Some(format!("the row is for HS {}", row.goods));
        }
        self.times.iter().find_map(|at| match row.standing(*at) {
            RowStanding::InForce => None,
            RowStanding::Withdrawn(withdrawn) => Some(format!("the row was withdrawn on {}", instant(withdrawn))),
            RowStanding::Ended(until) => Some(format!("the row ended on {}", instant(until))),
            RowStanding::NotYet(begins) => Some(format!("the row is in effect from {}, needed on {}", instant(begins), instant(*at))),
        })
    }
}

/// The rows that recognise a body: one, or two through an accreditation body.
fn path<'r>(facts: &'r RecognitionFacts, authority: OrgId, body: OrgId, asked: &Recognised<'_>) -> Option<Vec<&'r RecognitionRow>> {
    let counts = |by: OrgId, of: OrgId| facts.rows.items.iter().find(move |r| r.by == by && r.body == of && asked.refusal(r).is_none());
    if let Some(direct) = counts(authority, body) {
        return Some(alloc::vec![direct]);
    }
    let through = facts.rows.items.iter().filter(|r| r.by == authority && asked.refusal(r).is_none());
    through.filter_map(|first| Some(alloc::vec![first, counts(first.body, body)?])).next()
}
