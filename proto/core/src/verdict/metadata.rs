//! The part of a verdict that compares what a document says with what was recorded with it.

use super::judge::Case;
use super::{CertificateFacts, Code, Facts, OriginalFacts, Party, PassportFacts, ProofOfOrigin};
use crate::commitment::{LinkRole, SummaryKey};
use crate::date::instant;
use crate::document::{Commitment, DocumentId, DocumentKind, DocumentStatus, ProductKey};
use crate::fingerprint::{Fingerprint, Method};
use crate::name::OrgId;
use crate::number::ReferenceKey;
use crate::registry::Organisation;
use crate::slip::copy_under;
use crate::state::{ClaimsRecord, DocumentRecord, RecordKey};
use crate::statement::Anchor;
use crate::status::{Shown, StatusView};
use alloc::format;
use alloc::string::ToString;

/// What the log says about the document, as far as it was shown.
pub(super) struct OnLog<'a> {
    pub(super) author: OrgId,
    pub(super) kind: DocumentKind,
    pub(super) fingerprint: Fingerprint,
    pub(super) reference: Option<ReferenceKey>,
    pub(super) supersedes: Option<DocumentId>,
    /// The author's record in the registry, as far as it was shown.
    pub(super) member: Option<&'a Organisation>,
    /// The Anchor itself, which alone holds links, summary and product keys; `None` without a receipt.
    pub(super) anchor: Option<&'a Anchor>,
}

impl Case<'_> {
    /// Compares the document's data with the log. Without data there is nothing to compare.
    pub(super) fn metadata(&mut self, log: &OnLog<'_>, view: Option<&StatusView>) {
        let findings = self.findings;
        match &findings.facts {
            Facts::None => {}
            Facts::Certificate(facts) => {
                self.certificate_data(facts, log);
                self.links(facts, log);
                self.original(facts, log.author, view);
            }
            Facts::Passport(facts) => self.passport_data(facts, log),
        }
    }

    fn certificate_data(&mut self, facts: &CertificateFacts, log: &OnLog<'_>) {
        if let Some(number) = &facts.number
            && log.reference != Some(ReferenceKey::of(&log.author, number))
            && (facts.true_copy_of.is_none() || copy_under(&log.author, number, log.reference).is_none())
        {
            self.reason(
                Code::ReferenceConflict,
                format!("the data has the number {number}, the log has recorded this document under another"),
            );
        }
        let expected = match facts.proof {
            None => log.kind,
            Some(ProofOfOrigin::Certificate) => DocumentKind::Certificate,
            Some(ProofOfOrigin::ApprovedExporter | ProofOfOrigin::ExporterOrProducer) => DocumentKind::Declaration,
        };
        if log.kind != expected {
            self.reason(Code::KindMismatch, format!("recorded as {}, the data is of a {}", log.kind.name(), expected.name()));
        }
        self.issued_by(&facts.issuer, log);
        self.dates(facts.valid_from, facts.valid_until);
        let replaced = facts.replaces.as_ref();
        let stated = replaced.and_then(|o| o.fingerprint).map(|f| DocumentId::of(&log.author, &f));
        match (replaced, log.supersedes) {
            (None, Some(on_log)) => {
                self.linkless(format!("the log says that it replaces {on_log}, the data names no replaced certificate"))
            }
            (Some(o), None) => self.linkless(format!("the data says that it replaces {}, the log does not", o.number)),
            (Some(o), Some(on_log)) if stated.is_some_and(|s| s != on_log) => {
                self.linkless(format!("the data says that it replaces {}, the log says that it replaces {on_log}", o.number));
            }
            _ => {}
        }
    }

    fn linkless(&mut self, detail: alloc::string::String) {
        self.reason(Code::MetadataLinkMismatch, detail);
    }

    /// The named issuer must be the author: by the identifiers that the registry lists of it, where it lists any.
    fn issued_by(&mut self, issuer: &Party, log: &OnLog<'_>) {
        let author = log.author;
        let called = log.member.filter(|_| !issuer.id.is_empty()).and_then(|member| member.is_called(&issuer.id));
        match issuer.organisation {
            _ if called == Some(false) => {
                let own = log.member.map(|member| member.identifiers.join(", ")).unwrap_or_default();
                self.reason(
                    Code::SignerNotIssuer,
                    format!("the document names {} as its issuer; {author}, which recorded it, is {own}", issuer.id),
                );
            }
            Some(named) if named != author => {
                self.reason(
                    Code::SignerNotIssuer,
                    format!("the document names {} ({named}) as its issuer, {author} recorded it", issuer.id),
                );
            }
            _ if called == Some(true) => self.check("the issuer named is the one that recorded it, by the registry's identifiers"),
            Some(_) => self.check("the issuer named is the one that recorded it"),
            None if issuer.id.is_empty() => {}
            None => self.gap(format!("whether {} is {author}: the registry does not bind this identifier", issuer.id)),
        }
    }

    /// Links and summary: recomputed from the metadata, compared as whole sets.
    fn links(&mut self, facts: &CertificateFacts, log: &OnLog<'_>) {
        let Some(anchor) = log.anchor else {
            return self.gap("whether metadata and passports are those recorded with it: give the certificate's receipt");
        };
        let own = (log.fingerprint.method == Method::Pdf).then_some((LinkRole::Metadata, &facts.fingerprint));
        let passports = facts.items.iter().filter_map(|i| i.passport.as_ref()).map(|f| (LinkRole::Passport, f));
        let original = facts.back_to_back_of.as_ref().and_then(|o| o.fingerprint.as_ref()).map(|f| (LinkRole::Original, f));
        match Commitment::links(&facts.nonce, own.into_iter().chain(passports).chain(original)) {
            Err(defect) => self.linkless(defect.to_string()),
            Ok(expected) if expected != anchor.links => {
                let missing = expected.iter().filter(|l| !anchor.links.contains(l)).count();
                let surplus = anchor.links.iter().filter(|l| !expected.contains(l)).count();
                self.linkless(format!(
                    "of the links recorded with it, {missing} expected by the data are missing and {surplus} are of something else"
                ));
            }
            Ok(_) => self.check("metadata and links are those recorded with it"),
        }
        let expected = |text| Commitment::summary(&SummaryKey::of(&facts.nonce), &text);
        match anchor.summary.map(|recorded| facts.summary.recorded_by(&log.author).map(|text| recorded == expected(text))) {
            Some(Ok(true)) => self.check("the printed fields are those recorded with it"),
            Some(Ok(false)) => self.reason(Code::SummaryMismatch, "the data gives other printed fields than those recorded"),
            Some(Err(defect)) => self.reason(Code::SummaryMismatch, format!("the data gives no printed fields: {defect}")),
            None => self.gap("the printed fields: nothing about them was recorded"),
        }
    }

    /// A true copy falls with its original; a back-to-back original should be on the log.
    fn original(&mut self, facts: &CertificateFacts, author: OrgId, view: Option<&StatusView>) {
        if let Some(original) = &facts.true_copy_of {
            self.copied(original, author, view);
        }
        let Some(original) = &facts.back_to_back_of else { return };
        let claims = view.zip(original.fingerprint).map(|(view, f)| view.show::<ClaimsRecord>(&RecordKey::Claims(f)));
        match claims {
            Some(Ok(Shown::Present(_))) => self.check("the original of the back-to-back certificate is on the log"),
            Some(Ok(Shown::Absent)) => {
                self.reason(Code::BackToBackOriginalMissing, format!("nobody has recorded the original {}", original.number));
            }
            _ => self.gap(format!("whether the original {} is on the log: it needs its fingerprint, and a node's answer", original.number)),
        }
    }

    fn copied(&mut self, original: &OriginalFacts, author: OrgId, view: Option<&StatusView>) {
        let number = &original.number;
        let key = original.fingerprint.map(|f| RecordKey::Document(DocumentId::of(&author, &f)));
        match view.zip(key).map(|(view, key)| view.show::<DocumentRecord>(&key)) {
            Some(Ok(Shown::Present(record))) => {
                let Some(change) = record.change_at(self.as_of()) else { return };
                let what = format!("the original {number} is {} since {}: {}", change.status.name(), instant(change.time), change.reason);
                match change.status {
                    DocumentStatus::Active => self.check(format!("the original {number} is active")),
                    DocumentStatus::Suspended => self.reason(Code::Suspended, what),
                    DocumentStatus::Revoked => self.reason(Code::Revoked, what),
                    DocumentStatus::Superseded => self.reason(Code::Superseded, what),
                }
            }
            Some(Ok(Shown::Absent)) => self.linkless(format!("the original {number} that it copies was not recorded by {author}")),
            _ => self.gap(format!("the status of the original {number}, which counts for this copy: ask a node")),
        }
    }

    fn passport_data(&mut self, facts: &PassportFacts, log: &OnLog<'_>) {
        if log.kind != DocumentKind::Passport {
            self.reason(Code::KindMismatch, format!("recorded as {}, the data is a carbon passport", log.kind.name()));
        }
        self.issued_by(&facts.issuer, log);
        self.dates(facts.valid_from, facts.valid_until);
        match (&facts.supersedes, log.supersedes) {
            (Some(stated), None) => self.linkless(format!("the passport says that it replaces {stated}, the log does not")),
            (None, Some(on_log)) => self.linkless(format!("the log says that it replaces {on_log}, the passport does not")),
            _ => {}
        }
        let Some(anchor) = log.anchor else { return };
        let expected = ProductKey::of(&facts.product);
        if !anchor.product_keys.is_empty() && !expected.is_ok_and(|key| anchor.product_keys.contains(&key)) {
            self.linkless(format!("recorded for other products than {}", facts.product));
        }
    }
}
