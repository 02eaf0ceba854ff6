//! The part of a verdict that rests on a record or on a receipt: issuer, signer, dates, status.

use super::judge::Case;
use super::metadata::OnLog;
use super::receipts::Holding;
use super::{Candidate, Code, Recorded};
use crate::document::{DocumentId, DocumentKind, DocumentStatus};
use crate::fingerprint::{Method, SpkiHash};
use crate::name::{OrgId, Timestamp};
use crate::number::ReferenceKey;
use crate::receipt::Dating;
use crate::registry::{CertificateBinding, KeyRecord, Organisation, Purpose, Roles};
use crate::sign::PublicKey;
use crate::state::{ClaimsRecord, DocumentRecord, RecordKey, ReferenceRecord};
use crate::status::{Shown, StatusView};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

impl Case<'_> {
    /// Judges by the issuer's own record, or its proven absence.
    pub(super) fn by_status(&mut self, view: &StatusView, issuer: OrgId, holding: &[Holding]) {
        let organisation = match view.show::<Organisation>(&RecordKey::Organisation(issuer)) {
            Ok(shown) => shown,
            Err(unknown) => return self.reason(Code::ProfileVersionUnsupported, unknown),
        };
        match self.find(view, issuer) {
            Err(unknown) => self.reason(Code::ProfileVersionUnsupported, unknown),
            Ok(Some((document, record, candidate))) => {
                let member = organisation.present();
                self.check(format!("recorded by {issuer} as document {document}"));
                self.compare_receipts(&record, view, holding);
                self.by_record(view, document, &record, candidate.as_ref(), member.as_ref());
                let held = holding.iter().find(|h| h.receipt.entry.id() == record.entry);
                if let Some(held) = held {
                    self.agent(held);
                }
                let anchor = held.map(|h| &h.anchor);
                let DocumentRecord { author, kind, fingerprint, reference, supersedes, .. } = record;
                self.metadata(&OnLog { author, kind, fingerprint, reference, supersedes, member: member.as_ref(), anchor }, Some(view));
            }
            Ok(None) => self.absent(view, issuer, &organisation, holding),
        }
    }

    /// The first of the document's fingerprints, or its number, that the issuer has recorded.
    fn find(&self, view: &StatusView, issuer: OrgId) -> Result<Option<(DocumentId, DocumentRecord, Option<Candidate>)>, String> {
        for candidate in &self.findings.candidates {
            let id = DocumentId::of(&issuer, &candidate.fingerprint);
            if let Shown::Present(record) = view.show::<DocumentRecord>(&RecordKey::Document(id))? {
                // Several proofs on one document: the one that was recorded counts.
                let recorded = |c: &&Candidate| c.fingerprint == record.fingerprint && c.signature_hash == record.signature_hash;
                let candidate = self.findings.candidates.iter().find(recorded).unwrap_or(candidate);
                return Ok(Some((id, record, Some(candidate.clone()))));
            }
        }
        if self.findings.candidates.is_empty()
            && let Some(number) = &self.question.number
            && let Shown::Present(reference) =
                view.show::<ReferenceRecord>(&RecordKey::Reference(issuer, ReferenceKey::of(&issuer, number)))?
            && let Shown::Present(record) = view.show::<DocumentRecord>(&RecordKey::Document(reference.document))?
        {
            return Ok(Some((reference.document, record, None)));
        }
        Ok(None)
    }

    /// Nothing under the issuer: proven, or only said?
    fn absent(&mut self, view: &StatusView, issuer: OrgId, organisation: &Shown<Organisation>, holding: &[Holding]) {
        if let Some(newer) = holding.iter().find(|h| h.height() > view.header.height) {
            let (own, head) = (newer.height(), view.header.height);
            return self.reason(Code::NodeLagging, format!("a receipt is of height {own}, the node's answer of height {head}"));
        }
        if let Some(older) = holding.first() {
            return self.reason(
                Code::StateContradictsLog,
                format!("a receipt of height {} holds, the state at height {} denies the document", older.height(), view.header.height),
            );
        }
        let covered = if self.findings.candidates.is_empty() {
            self.question.number.as_ref().is_some_and(|number| {
                let key = RecordKey::Reference(issuer, ReferenceKey::of(&issuer, number));
                matches!(view.show::<ReferenceRecord>(&key), Ok(Shown::Absent))
            })
        } else {
            self.findings.candidates.iter().all(|c| {
                let key = RecordKey::Document(DocumentId::of(&issuer, &c.fingerprint));
                matches!(view.show::<DocumentRecord>(&key), Ok(Shown::Absent))
            })
        };
        let time = view.header.time;
        match organisation {
            _ if !covered => self.reason(Code::AbsenceNotProven, format!("the answer does not cover this document under {issuer}")),
            Shown::NotCovered => self.reason(Code::AbsenceNotProven, format!("the answer does not show whether {issuer} is a member")),
            Shown::Absent => self.reason(Code::IssuerNotAdmitted, format!("{issuer} is no member of the network")),
            Shown::Present(member) if !may_issue(member) && !self.is_plain_file() && !self.is_passport() => {
                let roles: Vec<&str> = member.roles.names().collect();
                self.reason(Code::IssuerNotAdmitted, format!("{issuer} has the roles [{}], none of which issues", roles.join(", ")));
            }
            Shown::Present(member) => {
                if self.fresh() {
                    let what = match (&self.question.number, self.findings.candidates.is_empty()) {
                        (Some(number), true) => {
                            format!("no certificate with the number {number} by {} ({issuer}) at {time} ms", member.name)
                        }
                        _ => format!("{} ({issuer}), an admitted member, had not recorded this document at {time} ms", member.name),
                    };
                    self.reason(Code::LogEntryMissing, what);
                }
                self.check(format!("absence proven under the head of height {}", view.header.height));
            }
        }
    }

    /// Whether the document is an unsigned file, which any member may record.
    fn is_plain_file(&self) -> bool {
        self.findings.candidates.iter().any(|c| c.fingerprint.method == Method::File)
    }

    /// Receipt and record must name one entry.
    fn compare_receipts(&mut self, record: &DocumentRecord, view: &StatusView, holding: &[Holding]) {
        let index = record.anchored().map_or(0, |c| c.index);
        for held in holding.iter().filter(|h| h.document == DocumentId::of(&record.author, &record.fingerprint)) {
            if held.receipt.index != index || held.receipt.entry.id() != record.entry {
                let own = held.receipt.index;
                self.reason(
                    Code::StateContradictsLog,
                    format!("the receipt is of index {own}, the record at height {} names index {index}", view.header.height),
                );
            } else {
                self.check(format!("receipt and record agree on index {index}"));
            }
        }
    }

    fn by_record(
        &mut self,
        view: &StatusView,
        document: DocumentId,
        record: &DocumentRecord,
        candidate: Option<&Candidate>,
        organisation: Option<&Organisation>,
    ) {
        let anchored = record.anchored().map(|c| (c.height, c.time));
        let as_of = self.as_of();
        let change = record.change_at(as_of).copied();
        self.recorded = Some(Recorded {
            document,
            author: record.author,
            author_name: organisation.map(|o| o.name.clone()),
            kind: record.kind,
            fingerprint: record.fingerprint,
            entry: record.entry,
            index: record.anchored().map_or(0, |c| c.index),
            supersedes: record.supersedes,
            anchored,
            status: change.map(|c| c.status),
            history: record.history.clone(),
        });
        self.kind(record.kind);
        self.number(record);
        if let Some(candidate) = candidate {
            self.signer(view, record, candidate, anchored.map(|(_, time)| time));
            self.other_claims(view, record);
        }
        self.member(record, organisation);
        self.key(view, record);
        self.dates(record.valid_from, record.valid_until);
        self.fresh();
        match change {
            None => {
                let time = anchored.map_or(Timestamp(0), |(_, time)| time);
                self.reason(Code::LogEntryMissing, format!("recorded at {time} ms only, after the time asked about ({as_of} ms)"));
            }
            Some(change) => self.status(record, &change),
        }
        for later in record.history.iter().filter(|c| c.time > as_of) {
            let replaced = self.is_passport() && later.status == DocumentStatus::Superseded;
            let code = if replaced { Code::PassportSupersededSince } else { Code::ChangedSince };
            self.reason(code, format!("{} on {} ms ({})", later.status.name(), later.time, later.reason));
        }
    }

    fn status(&mut self, record: &DocumentRecord, change: &crate::state::Change) {
        let (time, reason) = (change.time, change.reason);
        match change.status {
            DocumentStatus::Active => self.check("status active"),
            DocumentStatus::Suspended => self.reason(Code::Suspended, format!("suspended at {time} ms: {reason}")),
            DocumentStatus::Revoked => self.reason(Code::Revoked, format!("revoked at {time} ms: {reason}")),
            DocumentStatus::Superseded => {
                let by = record.superseded_by.map_or_else(String::new, |d| format!("{d} "));
                self.reason(Code::Superseded, format!("replaced by {by}at {time} ms"));
            }
        }
    }

    fn kind(&mut self, found: DocumentKind) {
        if let Some(expected) = self.question.kind
            && expected != found
        {
            self.reason(Code::KindMismatch, format!("recorded as {}, expected {}", found.name(), expected.name()));
        }
    }

    fn number(&mut self, record: &DocumentRecord) {
        let Some(number) = &self.question.number else { return };
        if record.reference == Some(ReferenceKey::of(&record.author, number)) {
            self.check(format!("recorded under the number {number}"));
        } else {
            self.reason(Code::ReferenceConflict, format!("this document was recorded under another number than {number}"));
        }
    }

    /// The signature in the file is the one that was anchored, by a certificate of the issuer.
    fn signer(&mut self, view: &StatusView, record: &DocumentRecord, candidate: &Candidate, anchored: Option<Timestamp>) {
        if candidate.signature_hash != record.signature_hash {
            self.reason(
                Code::SignerNotIssuer,
                format!("{} recorded these bytes with another signature than the one in this file", record.author),
            );
            return;
        }
        self.certificate_valid(candidate, anchored);
        if candidate.signer.is_some() || candidate.key.is_some() {
            self.check("the signature is the one that was recorded");
        }
        if let Some(spki) = candidate.signer {
            self.binding(view, record.author, spki, anchored);
        }
        if let Some(key) = candidate.key {
            self.document_key(view, record.author, key, anchored);
        }
    }

    /// The key of a Data Integrity proof is one of the issuer's, for documents, and was valid then.
    fn document_key(&mut self, view: &StatusView, issuer: OrgId, key: PublicKey, anchored: Option<Timestamp>) {
        match view.show::<KeyRecord>(&RecordKey::Key(key)) {
            Ok(Shown::Present(k)) if k.organisation != issuer => {
                let owner = k.organisation;
                self.reason(
                    Code::SignerNotIssuer,
                    format!("the key of the proof belongs to {owner}, the document was recorded by {issuer}"),
                );
            }
            Ok(Shown::Present(k)) if k.purpose != Purpose::Document => {
                let purpose = k.purpose.name();
                self.reason(Code::SignerNotIssuer, format!("the key of the proof is for the purpose {purpose}, not for documents"));
            }
            Ok(Shown::Present(k)) => {
                let at = anchored.unwrap_or(self.question.now);
                if k.revoked.is_some_and(|r| at >= r.since) {
                    self.reason(Code::KeyRevoked, format!("the key of the proof was revoked before {at} ms"));
                } else if at < k.valid_from || k.valid_until.is_some_and(|until| at >= until) {
                    self.reason(Code::SignerCertInvalid, format!("the key of the proof was not valid at {at} ms"));
                } else {
                    self.check(format!("the key of the proof belongs to {issuer}"));
                }
            }
            Ok(Shown::Absent) => {
                self.reason(Code::SignerNotIssuer, format!("the key of the proof is not one of {issuer}; it belongs to no member"));
            }
            Ok(Shown::NotCovered) => self.gap("whether the key of the proof belongs to the issuer: ask a node"),
            Err(unknown) => self.reason(Code::ProfileVersionUnsupported, unknown),
        }
    }

    /// The signer's certificate is bound to the issuer in the registry, then and now.
    fn binding(&mut self, view: &StatusView, issuer: OrgId, spki: SpkiHash, anchored: Option<Timestamp>) {
        match view.show::<CertificateBinding>(&RecordKey::Certificate(spki)) {
            Ok(Shown::Present(b)) if b.organisation != issuer => {
                self.reason(
                    Code::SignerNotIssuer,
                    format!("the signer's certificate belongs to {}, the document was recorded by {issuer}", b.organisation),
                );
            }
            Ok(Shown::Present(b)) => {
                let at = anchored.unwrap_or(self.question.now);
                let valid = b.valid_from <= at && b.valid_until.is_none_or(|until| at < until) && b.revoked.is_none_or(|r| at < r.since);
                if valid {
                    self.check(format!("the signer's certificate belongs to {issuer}"));
                } else {
                    self.reason(
                        Code::SignerCertInvalid,
                        format!("the binding of the signer's certificate to {issuer} was not in force at {at} ms"),
                    );
                }
            }
            Ok(Shown::Absent) => {
                self.reason(Code::SignerNotIssuer, format!("the signer's certificate is not one of {issuer}; it belongs to no member"));
            }
            Ok(Shown::NotCovered) => self.gap("whether the signer's certificate belongs to the issuer: ask a node"),
            Err(unknown) => self.reason(Code::ProfileVersionUnsupported, unknown),
        }
    }

    fn other_claims(&mut self, view: &StatusView, record: &DocumentRecord) {
        let Ok(Shown::Present(claims)) = view.show::<ClaimsRecord>(&RecordKey::Claims(record.fingerprint)) else { return };
        let others: Vec<String> = claims.first.iter().filter(|c| c.author != record.author).map(|c| format!("{}", c.author)).collect();
        let more = (claims.count as usize).saturating_sub(claims.first.len());
        if !others.is_empty() || more > 0 {
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            self.reason(Code::OtherClaims, format!("{}{more} recorded the same bytes too", others.join(", ")));
        }
    }

    fn member(&mut self, record: &DocumentRecord, organisation: Option<&Organisation>) {
        let Some(member) = organisation else {
            return self.gap(format!("the registry record of {}: ask a node", record.author));
        };
        self.check(format!("{} is a member of the network", member.name));
        let Some(since) = member.suspended else { return };
        match record.anchored() {
            Some(change) if change.time >= since => {
                self.reason(Code::IssuerSuspended, format!("{} was suspended at {since} ms", member.id))
            }
            _ => self.reason(Code::IssuerSuspendedSince, format!("{} was suspended at {since} ms, after it recorded this", member.id)),
        }
    }

    /// Entries of a revoked key since the date of its compromise do not hold until reaffirmed.
    fn key(&mut self, view: &StatusView, record: &DocumentRecord) {
        let Ok(Shown::Present(key)) = view.show::<KeyRecord>(&RecordKey::Key(record.key)) else { return };
        let signed = record.history.iter().rfind(|c| c.status == DocumentStatus::Active).map(|c| c.time);
        if let (Some(revocation), Some(signed)) = (key.revoked, signed)
            && signed >= revocation.since
        {
            self.reason(
                Code::KeyRevoked,
                format!("the issuer's key was revoked for everything since {} ms; this was signed at {signed} ms", revocation.since),
            );
        }
    }

    pub(super) fn dates(&mut self, from: Option<Timestamp>, until: Option<Timestamp>) {
        let as_of = self.as_of();
        if let Some(from) = from
            && as_of < from
        {
            self.reason(Code::NotYetValid, format!("valid from {from} ms, asked about {as_of} ms"));
        }
        if let Some(until) = until
            && as_of >= until
        {
            self.reason(Code::Expired, format!("valid until {until} ms, asked about {as_of} ms"));
        }
    }

    /// An agent may act for its principal; the reader should know.
    fn agent(&mut self, held: &Holding) {
        if let Some(agent) = held.receipt.entry.entry().agent {
            self.reason(Code::ActedByAgent, format!("{agent} acted for {}", held.author));
        }
    }

    /// Judges by a receipt alone: what was true at its head's time.
    pub(super) fn by_receipt(&mut self, held: &Holding) {
        let header = &held.receipt.header;
        self.rest_on(header);
        let as_of = self.as_of();
        let anchored = match held.dating {
            Dating::Dated { height, time } => Some((height, time)),
            Dating::ExistenceOnly { .. } => None,
        };
        self.check(format!("receipt: on the log at index {}, sealed at height {}", held.receipt.index, header.height));
        self.recorded = Some(Recorded {
            document: held.document,
            author: held.author,
            author_name: None,
            kind: held.anchor.kind,
            fingerprint: held.anchor.fingerprint,
            entry: held.receipt.entry.id(),
            index: held.receipt.index,
            supersedes: held.anchor.supersedes.map(|s| s.document),
            anchored,
            status: anchored.filter(|(_, time)| *time <= as_of).map(|_| DocumentStatus::Active),
            history: Vec::new(),
        });
        self.agent(held);
        self.kind(held.anchor.kind);
        if let Some(number) = &self.question.number {
            if held.anchor.reference == Some(ReferenceKey::of(&held.author, number)) {
                self.check(format!("recorded under the number {number}"));
            } else {
                self.reason(Code::ReferenceConflict, format!("this document was recorded under another number than {number}"));
            }
        }
        if let Some(candidate) = &held.candidate {
            self.check("the signature is the one that was recorded");
            self.certificate_valid(candidate, anchored.map(|(_, time)| time));
        }
        self.metadata(
            &OnLog {
                author: held.author,
                kind: held.anchor.kind,
                fingerprint: held.anchor.fingerprint,
                reference: held.anchor.reference,
                supersedes: held.anchor.supersedes.map(|s| s.document),
                member: None,
                anchor: Some(&held.anchor),
            },
            None,
        );
        self.dates(held.anchor.valid_from, held.anchor.valid_until);
        match anchored {
            None => self.reason(Code::StatusStale, "the receipt proves that the entry exists, not when it was recorded nor its status"),
            Some((_, time)) if as_of < time => {
                self.reason(Code::LogEntryMissing, format!("recorded at {time} ms only, after the time asked about ({as_of} ms)"));
            }
            Some(_) => {
                self.fresh();
            }
        }
        self.gap(format!("whether the status changed after {} ms: ask a node", header.time));
        self.gap("whether the signer's certificate is still bound to the issuer: ask a node");
    }
}

/// Whether a member has a role that issues proofs of origin.
fn may_issue(member: &Organisation) -> bool {
    member.roles.has(Roles::ISSUING_BODY) || member.roles.has(Roles::APPROVED_EXPORTER)
}
