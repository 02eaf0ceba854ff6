//! What Attest and its withdrawal do (SPEC 8.7).

use super::{Outcome, Overlay, ReadRecords, refuse};
use crate::document::{DocumentKind, DocumentStatus};
use crate::limits::ATTESTATIONS_MAX;
use crate::name::{OrgId, Revision};
use crate::sign::PublicKey;
use crate::state::record::{Attestation, AttestationRecord, DocumentRecord, RecordKey, Withdrawal};
use crate::state::refusal::Refusal;
use crate::statement::{Attest, WithdrawAttest};

impl<R: ReadRecords> Overlay<'_, R> {
    pub(super) fn attest(&mut self, author: OrgId, attest: &Attest, key: PublicKey, index: u64) -> Outcome<(), R::Error> {
        let document = attest.document;
        let Some(passport) = self.get::<DocumentRecord>(RecordKey::Document(document))? else {
            return refuse(Refusal::DocumentUnknown { document });
        };
        if passport.kind != DocumentKind::Passport {
            return refuse(Refusal::WrongKind { document, found: passport.kind, statement: "Attest", needs: "passports" });
        }
        if passport.status() != DocumentStatus::Active {
            let index = passport.history.last().map_or(0, |c| c.index);
            return refuse(Refusal::NotActive { document, status: passport.status(), index });
        }
        if attest.until <= self.time {
            return refuse(Refusal::OverAlready { until: attest.until, now: self.time });
        }
        let name = RecordKey::Attestation(document, author);
        let mut record = self.get::<AttestationRecord>(name)?.unwrap_or_default();
        if let Some(same) = record.attestations.iter().find(|a| a.statement == attest.statement) {
            let index = same.recorded.index;
            return refuse(Refusal::AttestationExists { document, body: author, statement: attest.statement, index });
        }
        check_base(&record, attest.base)?;
        if record.attestations.len() >= ATTESTATIONS_MAX {
            let remedy = "a changed passport is a new document that supersedes this one";
            return refuse(Refusal::RecordFull { record: AttestationRecord::RECORD, max: ATTESTATIONS_MAX, remedy });
        }
        if record.attestations.is_empty() {
            self.append(RecordKey::Attestations(document), &author)?;
        }
        let Attest { ref standard, statement, period_from, period_until, until, .. } = *attest;
        let (standard, recorded) = (standard.clone(), self.place(index));
        record.attestations.push(Attestation { standard, statement, period_from, period_until, until, key, recorded, withdrawn: None });
        record.revision = Revision(record.revision.0.saturating_add(1));
        self.put(name, &record);
        Ok(())
    }

    pub(super) fn withdraw_attest(&mut self, author: OrgId, withdrawal: &WithdrawAttest, index: u64) -> Outcome<(), R::Error> {
        let WithdrawAttest { document, base, statement, reason } = *withdrawal;
        let name = RecordKey::Attestation(document, author);
        let mut record = self.get::<AttestationRecord>(name)?.unwrap_or_default();
        let place = self.place(index);
        let Some(at) = record.attestations.iter().position(|a| a.statement == statement) else {
            return refuse(Refusal::NoSuchAttestation { document, body: author, statement });
        };
        if let Some(before) = record.attestations.get(at).and_then(|a| a.withdrawn) {
            return refuse(Refusal::WithdrawnAlready { index: before.place.index });
        }
        check_base(&record, base)?;
        if let Some(attestation) = record.attestations.get_mut(at) {
            attestation.withdrawn = Some(Withdrawal { reason, place });
        }
        record.revision = Revision(record.revision.0.saturating_add(1));
        self.put(name, &record);
        Ok(())
    }
}

impl AttestationRecord {
    const RECORD: &'static str = "attestation record of this body and document";

    /// Index of the last entry that changed it.
    fn changed_at(&self) -> Option<u64> {
        self.attestations.iter().map(|a| a.withdrawn.map_or(a.recorded.index, |w| w.place.index)).max()
    }
}

fn check_base<E>(record: &AttestationRecord, base: Revision) -> Outcome<(), E> {
    if record.revision == base {
        return Ok(());
    }
    refuse(Refusal::StaleRecord { record: AttestationRecord::RECORD, base, found: record.revision, index: record.changed_at() })
}
