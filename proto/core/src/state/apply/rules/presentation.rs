//! What Present does (SPEC 8.9).

use super::{Outcome, Overlay, ReadRecords, refuse};
use crate::limits::PRESENTATION_STATES_MAX;
use crate::name::{OrgId, Revision};
use crate::sign::PublicKey;
use crate::state::record::{DocumentRecord, PresentationChange, PresentationName, PresentationRecord, RecordKey};
use crate::state::refusal::Refusal;
use crate::statement::Present;

impl<R: ReadRecords> Overlay<'_, R> {
    /// Whatever the certificate's status: that a revoked one was lodged is what other customs must see.
    pub(super) fn present(&mut self, customs: OrgId, present: &Present, key: PublicKey, index: u64) -> Outcome<(), R::Error> {
        let Present { document, declaration, base, state } = *present;
        let Some(shown) = self.get::<DocumentRecord>(RecordKey::Document(document))? else {
            return refuse(Refusal::DocumentUnknown { document });
        };
        if !shown.kind.is_numbered() {
            let needs = "certificates and declarations of origin";
            return refuse(Refusal::WrongKind { document, found: shown.kind, statement: "Present", needs });
        }
        let name = RecordKey::Presentation(document, customs, declaration);
        let mut record = self.get::<PresentationRecord>(name)?.unwrap_or_default();
        let last = record.history.last().copied();
        if record.revision != base {
            let (found, index) = (record.revision, last.map(|c| c.place.index));
            return refuse(Refusal::StaleRecord { record: "presentation record of this certificate and declaration", base, found, index });
        }
        if let Some(PresentationChange { state: before, place, .. }) = last
            && !state.may_follow(Some(before))
        {
            return refuse(Refusal::PresentationOrder { before, state, index: place.index });
        }
        // The last place is kept for a final state.
        if record.history.len() >= PRESENTATION_STATES_MAX - 1 && !state.is_final() {
            let remedy = "only refused or withdrawn can follow";
            return refuse(Refusal::RecordFull { record: "presentation record", max: PRESENTATION_STATES_MAX - 1, remedy });
        }
        if last.is_none() {
            self.append(RecordKey::Presentations(document), &PresentationName { customs, declaration })?;
        }
        record.history.push(PresentationChange { state, key, place: self.place(index) });
        record.revision = Revision(record.revision.0.saturating_add(1));
        self.put(name, &record);
        Ok(())
    }
}
