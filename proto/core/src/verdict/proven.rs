//! From proven records to what eligibility is judged on. What a view does not prove whole is never called complete.

use super::listed::{AttestationFacts, Listed, PresentationFacts, RecognitionFacts, RecognitionRow};
use crate::codec::Canonical;
use crate::commitment::DeclarationKey;
use crate::document::DocumentId;
use crate::name::{Country, OrgId, Timestamp};
use crate::recognition::RecognitionScope;
use crate::registry::{Organisation, Roles};
use crate::state::{
    AttestationRecord, AuthorityRecord, PresentationName, PresentationRecord, RecognitionRecord, RecognitionsRecord, RecordKey,
};
use crate::statement::PresentationState;
use crate::status::{Shown, StatusView};
use alloc::string::{String, ToString};
use alloc::vec::Vec;

impl StatusView {
    /// Every attestation of a document that is shown, and whether these are all.
    #[must_use]
    pub fn attestations(&self, document: DocumentId) -> Listed<AttestationFacts> {
        let (bodies, mut complete) = whole(self.list::<OrgId>(&RecordKey::Attestations(document)));
        let mut items = Vec::new();
        for body in bodies {
            let Some(record) = self.proven::<AttestationRecord>(&RecordKey::Attestation(document, body)) else {
                complete = false;
                continue;
            };
            let member = self.proven::<Organisation>(&RecordKey::Organisation(body));
            items.extend(record.attestations.into_iter().map(|a| AttestationFacts {
                body,
                admitted: member.as_ref().map(|member| verified_at(member, a.recorded.time)),
                identifiers: member.as_ref().map(|member| member.identifiers.clone()).unwrap_or_default(),
                standard: a.standard.to_string(),
                statement: a.statement,
                period_from: a.period_from,
                period_until: a.period_until,
                until: a.until,
                attested: a.recorded.time,
                withdrawn: a.withdrawn.map(|w| w.place.time),
            }));
        }
        Listed { items, complete, read_at: self.header.time }
    }

    /// Who recognises these bodies for a country, directly or through an accreditation body, and whether these rows are all.
    #[must_use]
    pub fn recognition(&self, country: Country, bodies: &[OrgId]) -> RecognitionFacts {
        let shown = self.show::<AuthorityRecord>(&RecordKey::Authority(country));
        let known = !matches!(shown, Ok(Shown::NotCovered) | Err(_));
        let authority = shown.ok().and_then(Shown::present).map(|record| record.organisation);
        let mut rows = Listed { items: Vec::new(), complete: known, read_at: self.header.time };
        let own = RecognitionScope::Country(country);
        let add = |rows: &mut Listed<RecognitionRow>, scope, body| {
            let (found, complete) = self.rows(scope, body, authority);
            rows.complete &= complete;
            for row in found {
                // Two bodies may share an accreditation body, whose rows count once.
                if !rows.items.contains(&row) {
                    rows.items.push(row);
                }
            }
        };
        for body in bodies {
            let (scopes, complete) = whole(self.list::<RecognitionScope>(&RecordKey::Recognisers(*body)));
            rows.complete &= complete;
            if scopes.contains(&own) {
                add(&mut rows, own, *body);
            }
            for scope in scopes {
                if let RecognitionScope::Accreditation(accreditor) = scope {
                    add(&mut rows, scope, *body);
                    add(&mut rows, own, accreditor);
                }
            }
        }
        RecognitionFacts { country, authority, rows }
    }

    /// All rows of a scope about a body, and whether these are all.
    fn rows(&self, scope: RecognitionScope, body: OrgId, authority: Option<OrgId>) -> (Vec<RecognitionRow>, bool) {
        let count = match self.show::<RecognitionsRecord>(&RecordKey::Recognitions(scope, body)) {
            Ok(Shown::Absent) => 0,
            Ok(Shown::Present(record)) => record.count,
            Ok(Shown::NotCovered) | Err(_) => return (Vec::new(), false),
        };
        let mut rows = Vec::new();
        for number in 0..count {
            let key = RecordKey::Recognition(scope, body, number);
            let Some(record) = self.proven::<RecognitionRecord>(&key) else { return (rows, false) };
            let by = match scope {
                // Whoever speaks for the country now stands behind its rows.
                RecognitionScope::Country(_) => authority.unwrap_or(record.author),
                RecognitionScope::Accreditation(accreditor) => accreditor,
            };
            rows.push(RecognitionRow::of(&record, by, body));
        }
        (rows, true)
    }

    /// Every presentation of a certificate that is shown, and whether these are all. `own` is the asker's customs and declaration.
    #[must_use]
    pub fn presentations(&self, document: DocumentId, own: Option<(OrgId, DeclarationKey)>) -> Listed<PresentationFacts> {
        let (names, mut complete) = whole(self.list::<PresentationName>(&RecordKey::Presentations(document)));
        let mut items = Vec::new();
        for PresentationName { customs, declaration } in names {
            let record = self.proven::<PresentationRecord>(&RecordKey::Presentation(document, customs, declaration));
            let Some((first, state)) = record.and_then(|r| r.history.first().map(|c| c.place.time).zip(r.state())) else {
                complete = false;
                continue;
            };
            let member = self.proven::<Organisation>(&RecordKey::Organisation(customs));
            items.push(PresentationFacts {
                customs,
                customs_name: member.map_or_else(|| String::from(customs.as_str()), |m| m.name),
                lodged: first,
                standing: state.name(),
                withdrawn: state == PresentationState::Withdrawn,
                own: own == Some((customs, declaration)),
            });
        }
        Listed { items, complete, read_at: self.header.time }
    }

    fn proven<T: Canonical>(&self, key: &RecordKey) -> Option<T> {
        self.show(key).ok().and_then(Shown::present)
    }
}

/// A list, and whether it is proven whole.
fn whole<T>(shown: Result<Shown<Vec<T>>, String>) -> (Vec<T>, bool) {
    match shown {
        Ok(Shown::Present(items)) => (items, true),
        Ok(Shown::Absent) => (Vec::new(), true),
        Ok(Shown::NotCovered) | Err(_) => (Vec::new(), false),
    }
}

/// Whether a member was an admitted verification body then.
fn verified_at(member: &Organisation, time: Timestamp) -> bool {
    member.roles.has(Roles::VERIFICATION_BODY) && member.admitted <= time && member.suspended.is_none_or(|since| time < since)
}
