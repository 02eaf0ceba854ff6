//! What one entry may do, and what it changes, on top of the entries before it in the block.

use super::{Failure, ReadRecords, State, usage_after};
use crate::codec::{Canonical, decode, encode};
use crate::document::{DocumentId, DocumentKind, DocumentStatus, ReasonCode};
use crate::entry::{Entry, Verified};
use crate::limits::{HISTORY_MAX, NOT_AFTER_AHEAD_MS_MAX};
use crate::name::{Height, OrgId, Revision, Timestamp};
use crate::recognition::RecognitionScope;
use crate::registry::{Purpose, Registry, Roles};
use crate::sign::PublicKey;
use crate::state::record::{Change, Claim, DocumentRecord, LogPlace, RecordKey, ReferenceRecord, UsageRecord};
use crate::state::refusal::Refusal;
use crate::state::slots::{Listed, Listing};
use crate::state::tree::StateKey;
use crate::statement::{Anchor, ChangeStatus, Statement};
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

mod attestation;
mod presentation;
mod recognition;

type Outcome<T, E> = Result<T, Failure<Refusal, E>>;

fn refuse<T, E>(refusal: Refusal) -> Outcome<T, E> {
    Err(Failure::Defect(refusal))
}

/// Records as the entries so far have left them.
pub(super) struct Overlay<'a, R> {
    state: &'a State,
    reader: &'a R,
    time: Timestamp,
    height: Height,
    written: BTreeMap<StateKey, (RecordKey, Vec<u8>)>,
    usage: BTreeMap<OrgId, UsageRecord>,
}

impl<'a, R: ReadRecords> Overlay<'a, R> {
    pub(super) fn new(state: &'a State, reader: &'a R, time: Timestamp) -> Self {
        let height = state.tip().height.next();
        Self { state, reader, time, height, written: BTreeMap::new(), usage: BTreeMap::new() }
    }

    /// Records written by the entries applied so far.
    pub(super) fn into_records(mut self) -> BTreeMap<StateKey, (RecordKey, Vec<u8>)> {
        for (author, usage) in core::mem::take(&mut self.usage) {
            self.put(RecordKey::Usage(author), &usage);
        }
        self.written
    }

    /// Applies one entry that would get log index `index`; nothing is written if it is refused.
    pub(super) fn apply(&mut self, verified: &Verified, index: u64) -> Outcome<(), R::Error> {
        let signed = verified.signed();
        let entry = signed.entry();
        let network = self.state.network();
        if entry.network != network {
            return refuse(Refusal::WrongNetwork { expected: network, found: entry.network });
        }
        let key = match signed.signatures() {
            [one] => one.key,
            many => return refuse(Refusal::SignatureCount { found: many.len() }),
        };
        if entry.statement.since_version() > self.state.version() {
            return refuse(Refusal::StatementUnsupported { tag: entry.statement.tag() });
        }
        if entry.not_after < self.time {
            return refuse(Refusal::Expired { not_after: entry.not_after, now: self.time });
        }
        if entry.not_after.since(self.time) > NOT_AFTER_AHEAD_MS_MAX {
            return refuse(Refusal::NotAfterTooFar { not_after: entry.not_after, now: self.time });
        }
        authorise(self.state.registry(), entry, &key, self.time).map_err(Failure::Defect)?;
        let usage = self.usage(entry.author)?;
        let usage =
            usage_after(usage, entry.author, self.time, self.state.limits().organisation_entries_per_hour_max).map_err(Failure::Defect)?;
        match &entry.statement {
            Statement::Anchor(anchor) => self.anchor(verified, anchor, key, index)?,
            Statement::ChangeStatus(change) => self.change_status(entry.author, change, key, index)?,
            Statement::Attest(attest) => self.attest(entry.author, attest, key, index)?,
            Statement::WithdrawAttest(withdrawal) => self.withdraw_attest(entry.author, withdrawal, index)?,
            Statement::Recognise(row) => self.recognise(entry.author, row, key, index)?,
            Statement::WithdrawRecognise(withdrawal) => self.withdraw_recognise(entry.author, withdrawal, index)?,
            Statement::Present(present) => self.present(entry.author, present, key, index)?,
            Statement::Unknown { tag, .. } => return refuse(Refusal::StatementUnsupported { tag: *tag }),
        }
        self.usage.insert(entry.author, usage);
        Ok(())
    }

    fn anchor(&mut self, verified: &Verified, anchor: &Anchor, key: PublicKey, index: u64) -> Outcome<(), R::Error> {
        let author = verified.signed().entry().author;
        let document = DocumentId::of(&author, &anchor.fingerprint);
        if let Some(existing) = self.get::<DocumentRecord>(RecordKey::Document(document))? {
            return refuse(Refusal::DocumentExists { document, index: first_index(&existing) });
        }
        if let Some(reference) = anchor.reference
            && let Some(taken) = self.get::<ReferenceRecord>(RecordKey::Reference(author, reference))?
        {
            let index = self.get::<DocumentRecord>(RecordKey::Document(taken.document))?.map_or(0, |r| first_index(&r));
            return refuse(Refusal::NumberTaken { document: taken.document, index });
        }
        let change = |status, reason| Change { status, reason, index, height: self.height, time: self.time };
        let replaced = match anchor.supersedes {
            None => None,
            Some(supersedes) => {
                let mut old = self.own_document(author, supersedes.document, supersedes.base)?;
                if self.state.version() >= 2 && old.kind != anchor.kind {
                    let (found, given) = (old.kind, anchor.kind);
                    return refuse(Refusal::SupersedesOtherKind { document: supersedes.document, found, given });
                }
                old.history.push(change(DocumentStatus::Superseded, REASON_REPLACED));
                old.revision = Revision(old.revision.0.saturating_add(1));
                old.superseded_by = Some(document);
                Some((supersedes.document, old))
            }
        };
        let record = DocumentRecord {
            revision: Revision(1),
            author,
            fingerprint: anchor.fingerprint,
            kind: anchor.kind,
            signature_hash: anchor.signature_hash,
            reference: anchor.reference,
            entry: verified.signed().id(),
            key,
            valid_from: anchor.valid_from,
            valid_until: anchor.valid_until,
            supersedes: anchor.supersedes.map(|s| s.document),
            superseded_by: None,
            history: alloc::vec![change(DocumentStatus::Active, ReasonCode(0))],
        };
        self.append(RecordKey::Claims(anchor.fingerprint), &Claim { author, document })?;
        if self.state.version() >= 2 {
            anchor.product_keys.iter().try_for_each(|product| self.append(RecordKey::Products(author, *product), &document))?;
        }
        self.put(RecordKey::Document(document), &record);
        if let Some(reference) = anchor.reference {
            self.put(RecordKey::Reference(author, reference), &ReferenceRecord { document });
        }
        if let Some((id, old)) = replaced {
            self.put(RecordKey::Document(id), &old);
        }
        Ok(())
    }

    fn change_status(&mut self, author: OrgId, change: &ChangeStatus, key: PublicKey, index: u64) -> Outcome<(), R::Error> {
        let ChangeStatus { document, base, status, reason } = *change;
        let mut record = self.own_document(author, document, base)?;
        if record.status() == DocumentStatus::Suspended && status == DocumentStatus::Suspended {
            return refuse(Refusal::StatusUnchanged { document, status });
        }
        // The last place of the history is kept for a final change.
        let changes = record.history.len();
        if changes >= HISTORY_MAX - 1 && !status.is_final() {
            return refuse(Refusal::HistoryFull { document, changes });
        }
        if status == DocumentStatus::Active {
            record.key = key;
        }
        record.history.push(Change { status, reason, index, height: self.height, time: self.time });
        record.revision = Revision(record.revision.0.saturating_add(1));
        self.put(RecordKey::Document(document), &record);
        Ok(())
    }

    /// A document of the author at the named revision, whose status is not final.
    fn own_document(&self, author: OrgId, document: DocumentId, base: Revision) -> Outcome<DocumentRecord, R::Error> {
        let record = match self.get::<DocumentRecord>(RecordKey::Document(document))? {
            Some(record) if record.author == author => record,
            _ => return refuse(Refusal::NoSuchDocument { document, author }),
        };
        let index = record.history.last().map_or(0, |c| c.index);
        if record.status().is_final() {
            return refuse(Refusal::StatusFinal { document, status: record.status(), index });
        }
        if record.revision != base {
            return refuse(Refusal::RevisionConflict { document, base, found: record.revision, index });
        }
        Ok(record)
    }

    fn usage(&self, author: OrgId) -> Outcome<UsageRecord, R::Error> {
        match self.usage.get(&author) {
            Some(usage) => Ok(*usage),
            None => Ok(self.get(RecordKey::Usage(author))?.unwrap_or_default()),
        }
    }

    /// A record as the entries so far have left it. Absence is known from memory alone.
    fn get<T: Canonical>(&self, name: RecordKey) -> Outcome<Option<T>, R::Error> {
        let key = name.state_key();
        let bytes = match self.written.get(&key) {
            Some((_, bytes)) => bytes.clone(),
            None if self.state.map().get(&key).is_none() => return Ok(None),
            None => self.reader.record(&key).map_err(Failure::Read)?,
        };
        // Only `put` writes records, so they decode; a damaged row changes the state root and is found at start.
        decode(&bytes).map(Some).map_err(|defect| Failure::Defect(Refusal::Malformed(defect)))
    }

    /// Appends to a list that its counter proves complete.
    fn append<T: Listed + Clone>(&mut self, counter: RecordKey, item: &T) -> Outcome<(), R::Error> {
        let mut list = self.get::<Listing<T>>(counter)?.unwrap_or_default();
        if let Some((slot, bytes)) = list.push(&counter, item.clone()) {
            self.written.insert(slot.state_key(), (slot, bytes));
        }
        self.put(counter, &list);
        Ok(())
    }

    /// Where an entry with this index is recorded.
    fn place(&self, index: u64) -> LogPlace {
        LogPlace { index, height: self.height, time: self.time }
    }

    fn put<T: Canonical>(&mut self, name: RecordKey, record: &T) {
        self.written.insert(name.state_key(), (name, encode(record)));
    }
}

/// Reason of a status that an Anchor with `supersedes` sets.
const REASON_REPLACED: ReasonCode = ReasonCode(10);

fn first_index(record: &DocumentRecord) -> u64 {
    record.anchored().map_or(0, |c| c.index)
}

/// The purpose a statement's key must have, and the role its author must have.
fn demands(statement: &Statement) -> (Purpose, Option<(Roles, &'static str)>) {
    match statement {
        Statement::Anchor(anchor) => {
            let role = match anchor.kind {
                DocumentKind::Certificate => Some((Roles::ISSUING_BODY, "issuing-body")),
                DocumentKind::Declaration => Some((Roles::APPROVED_EXPORTER, "approved-exporter")),
                DocumentKind::Passport | DocumentKind::Other => None,
            };
            (Purpose::Issue, role)
        }
        Statement::Attest(_) => (Purpose::Attest, Some((Roles::VERIFICATION_BODY, "verification-body"))),
        Statement::Recognise(row) => match row.scope {
            // The registry names the one authority of a country, whatever its role.
            RecognitionScope::Country(_) => (Purpose::Attest, None),
            RecognitionScope::Accreditation(_) => (Purpose::Attest, Some((Roles::ACCREDITATION_BODY, "accreditation-body"))),
        },
        // Whoever said something may take it back, also without the role.
        Statement::WithdrawAttest(_) | Statement::WithdrawRecognise(_) => (Purpose::Attest, None),
        Statement::Present(_) => (Purpose::Present, Some((Roles::CUSTOMS, "customs"))),
        Statement::ChangeStatus(_) | Statement::Unknown { .. } => (Purpose::Status, None),
    }
}

/// Whether a suspended member may still say this.
fn allowed_while_suspended(statement: &Statement) -> bool {
    match statement {
        Statement::ChangeStatus(change) => change.status != DocumentStatus::Active,
        Statement::WithdrawAttest(_) | Statement::WithdrawRecognise(_) => true,
        _ => false,
    }
}

/// May this key say this for this author at this time?
fn authorise(registry: &Registry, entry: &Entry, key: &PublicKey, at: Timestamp) -> Result<(), Refusal> {
    let author = entry.author;
    let organisation = registry.organisation(&author).ok_or(Refusal::UnknownAuthor { author })?;
    if let Some(agent) = entry.agent {
        return Err(Refusal::NotDelegated { agent, author });
    }
    let (needs, role) = demands(&entry.statement);
    if let Some((role, name)) = role
        && !organisation.roles.has(role)
    {
        let has = organisation.roles.names().collect::<Vec<_>>().join(", ");
        return Err(Refusal::MissingRole { author, has: String::from(has.as_str()), needs: name });
    }
    if let Some(since) = organisation.suspended
        && since <= at
        && !allowed_while_suspended(&entry.statement)
    {
        return Err(Refusal::AuthorSuspended { author, since });
    }
    let record = registry.key(key).ok_or(Refusal::UnknownKey { key: *key, author })?;
    if record.organisation != author {
        return Err(Refusal::KeyOfAnother { key: *key, owner: record.organisation, author });
    }
    if record.purpose != needs {
        return Err(Refusal::KeyPurpose { key: *key, has: record.purpose, needs });
    }
    if at < record.valid_from || record.valid_until.is_some_and(|until| at >= until) {
        return Err(Refusal::KeyNotValid { key: *key, from: record.valid_from, until: record.valid_until, at });
    }
    if let Some(revocation) = record.revoked {
        return Err(Refusal::KeyRevoked { key: *key, revoked: revocation.at, author });
    }
    Ok(())
}
