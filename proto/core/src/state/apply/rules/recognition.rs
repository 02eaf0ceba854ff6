//! What Recognise and its withdrawal do (SPEC 8.8).

use super::{Outcome, Overlay, ReadRecords, refuse};
use crate::name::{OrgId, Revision};
use crate::recognition::RecognitionScope;
use crate::registry::Roles;
use crate::sign::PublicKey;
use crate::state::record::{RecognitionRecord, RecognitionsRecord, RecordKey, Withdrawal};
use crate::state::refusal::Refusal;
use crate::statement::{Recognise, WithdrawRecognise};
use alloc::string::String;
use alloc::vec::Vec;

impl<R: ReadRecords> Overlay<'_, R> {
    pub(super) fn recognise(&mut self, author: OrgId, row: &Recognise, key: PublicKey, index: u64) -> Outcome<(), R::Error> {
        let Recognise { scope, body, base, .. } = *row;
        self.speaks_for(author, scope)?;
        self.recognisable(scope, body)?;
        if let Some(until) = row.valid_until
            && until <= self.time
        {
            return refuse(Refusal::OverAlready { until, now: self.time });
        }
        let counter = RecordKey::Recognitions(scope, body);
        let count = self.get::<RecognitionsRecord>(counter)?.unwrap_or_default().count;
        if count != base.0 {
            let last = self.get::<RecognitionRecord>(RecordKey::Recognition(scope, body, count.saturating_sub(1)))?;
            let index = last.map(|r| r.recorded.index);
            let record = "list of rows of this scope and body";
            return refuse(Refusal::StaleRecord { record, base, found: Revision(count), index });
        }
        if count == 0 {
            self.append(RecordKey::Recognised(scope), &body)?;
            self.append(RecordKey::Recognisers(body), &scope)?;
        }
        let record = RecognitionRecord {
            revision: Revision(1),
            author,
            standard: row.standard.clone(),
            prefixes: row.prefixes.clone(),
            valid_from: row.valid_from,
            valid_until: row.valid_until,
            source: row.source.clone(),
            key,
            recorded: self.place(index),
            withdrawn: None,
        };
        self.put(RecordKey::Recognition(scope, body, count), &record);
        self.put(counter, &RecognitionsRecord { count: count.saturating_add(1) });
        Ok(())
    }

    pub(super) fn withdraw_recognise(&mut self, author: OrgId, withdrawal: &WithdrawRecognise, index: u64) -> Outcome<(), R::Error> {
        let WithdrawRecognise { scope, body, number, base, reason } = *withdrawal;
        self.speaks_for(author, scope)?;
        let name = RecordKey::Recognition(scope, body, number);
        let Some(mut record) = self.get::<RecognitionRecord>(name)? else {
            let count = self.get::<RecognitionsRecord>(RecordKey::Recognitions(scope, body))?.unwrap_or_default().count;
            return refuse(Refusal::NoSuchRecognition { scope, body, number, count });
        };
        if let Some(before) = record.withdrawn {
            return refuse(Refusal::WithdrawnAlready { index: before.place.index });
        }
        if record.revision != base {
            let index = Some(record.recorded.index);
            return refuse(Refusal::StaleRecord { record: "row of recognition", base, found: record.revision, index });
        }
        record.withdrawn = Some(Withdrawal { reason, place: self.place(index) });
        record.revision = Revision(record.revision.0.saturating_add(1));
        self.put(name, &record);
        Ok(())
    }

    /// A country has one authority; an accreditation body speaks for itself.
    fn speaks_for(&self, author: OrgId, scope: RecognitionScope) -> Outcome<(), R::Error> {
        match scope {
            RecognitionScope::Country(country) => match self.state.registry().authority(&country) {
                Some(authority) if authority == author => Ok(()),
                authority => refuse(Refusal::NotTheAuthority { author, country, authority }),
            },
            RecognitionScope::Accreditation(named) if named == author => Ok(()),
            RecognitionScope::Accreditation(named) => refuse(Refusal::OtherScope { author, named }),
        }
    }

    /// Countries recognise verification and accreditation bodies, accreditation bodies the former only: two steps at most.
    fn recognisable(&self, scope: RecognitionScope, body: OrgId) -> Outcome<(), R::Error> {
        let (needs, accreditation_too) = match scope {
            RecognitionScope::Country(_) => ("verification-body or accreditation-body", true),
            RecognitionScope::Accreditation(_) => ("verification-body", false),
        };
        let roles = self.state.registry().organisation(&body).map(|o| o.roles).unwrap_or_default();
        if roles.has(Roles::VERIFICATION_BODY) || (accreditation_too && roles.has(Roles::ACCREDITATION_BODY)) {
            return Ok(());
        }
        let has = roles.names().collect::<Vec<_>>().join(", ");
        refuse(Refusal::NotABody { body, has: String::from(has.as_str()), needs })
    }
}
