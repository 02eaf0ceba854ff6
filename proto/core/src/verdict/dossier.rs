//! The whole verdict from bytes: documents with their own evidence, and what status proofs list about all of them
//! (SPEC section 14.10).

use super::consignment::{documents, weigh};
use super::judge::is_retired;
use super::{
    Asked, AttestationFacts, CertificateAtHand, Consignment, Document, DocumentFindings, EntryRecord, Import, Judgement, Listed, PageFacts,
    PassportAtHand, Policy, PresentationFacts, Question, RecognitionFacts, Verdict,
};
use crate::commitment::DeclarationKey;
use crate::document::DocumentId;
use crate::name::{Country, OrgId};
use crate::scheme::{Scheme, SchemeId};
use crate::state::{RecordKey, SchemeKey};
use crate::status::{StatusDefect, StatusProof, StatusView};
use crate::trust::TrustRoot;
use alloc::collections::BTreeSet;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// Status proofs at hand that hold under a trust root, and what they show together.
///
/// Proofs of one head are read as one. Of the heads that show a list the newest decides, alone: an older one may hide
/// what was withdrawn since.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ProvenLists {
    files: Vec<(Vec<u8>, StatusView)>,
    /// Newest first, one for each head.
    heads: Vec<StatusView>,
    put_aside: Vec<String>,
}

impl ProvenLists {
    /// Checks status proof files; without a trust root none holds.
    #[must_use]
    pub fn of(files: &[Vec<u8>], trust: Option<&TrustRoot>) -> Self {
        let mut lists = Self::default();
        let Some(trust) = trust else { return lists };
        for bytes in files {
            if lists.files.iter().any(|(known, _)| known == bytes) {
                continue;
            }
            match holding(bytes, trust) {
                Ok(view) => lists.files.push((bytes.clone(), view)),
                Err(defect) => lists.put_aside.push(defect),
            }
        }
        for (_, view) in &lists.files {
            match lists.heads.iter_mut().find(|head| head.header == view.header) {
                Some(head) => {
                    if let Ok(joined) = head.clone().join(view.clone()) {
                        *head = joined;
                    }
                }
                None => lists.heads.push(view.clone()),
            }
        }
        lists.heads.sort_by_key(|head| core::cmp::Reverse(head.header.height));
        lists
    }

    /// Why proofs were put aside.
    #[must_use]
    pub fn put_aside(&self) -> &[String] {
        &self.put_aside
    }

    /// The proofs that show who claims a document's fingerprints: all others would be verified again for nothing.
    #[must_use]
    pub fn about(&self, findings: &DocumentFindings) -> Vec<Vec<u8>> {
        let shows = |view: &StatusView| findings.candidates.iter().any(|c| view.covers(&RecordKey::Claims(c.fingerprint)));
        self.files.iter().filter(|(_, view)| shows(view)).map(|(bytes, _)| bytes.clone()).collect()
    }

    /// The attestations of a passport.
    #[must_use]
    pub fn attestations(&self, passport: DocumentId) -> Listed<AttestationFacts> {
        self.newest(&[RecordKey::Attestations(passport)]).map_or_else(Listed::not_asked, |head| head.attestations(passport))
    }

    /// The presentations of a certificate; `own` is the asker's customs and declaration.
    #[must_use]
    pub fn presentations(&self, certificate: DocumentId, own: Option<(OrgId, DeclarationKey)>) -> Listed<PresentationFacts> {
        let head = self.newest(&[RecordKey::Presentations(certificate)]);
        head.map_or_else(Listed::not_asked, |head| head.presentations(certificate, own))
    }

    /// Who recognises these bodies for a country; `None` where no proof speaks of the country.
    #[must_use]
    pub fn recognition(&self, country: Country, bodies: &[OrgId]) -> Option<RecognitionFacts> {
        let authority = RecordKey::Authority(country);
        let whole: Vec<RecordKey> = [authority].into_iter().chain(bodies.iter().map(|body| RecordKey::Recognisers(*body))).collect();
        self.newest(&whole).or_else(|| self.newest(&[authority])).map(|head| head.recognition(country, bodies))
    }

    /// The record of a scheme; `None` where none is proven.
    #[must_use]
    pub fn scheme(&self, id: &SchemeId) -> Option<Scheme> {
        let key = RecordKey::Scheme(SchemeKey::of(id));
        self.newest(&[key])?.show(&key).ok()?.present()
    }

    /// The newest head that shows all of these.
    fn newest(&self, keys: &[RecordKey]) -> Option<&StatusView> {
        self.heads.iter().find(|head| keys.iter().all(|key| head.covers(key)))
    }
}

fn holding(bytes: &[u8], trust: &TrustRoot) -> Result<StatusView, String> {
    let view =
        StatusProof::from_file(bytes, trust).and_then(|proof| proof.verify(trust)).map_err(|defect: StatusDefect| defect.to_string())?;
    if is_retired(trust, &view.header) {
        return Err(alloc::format!("the status proof is sealed by the keys of epoch {}, which is closed", view.header.epoch));
    }
    Ok(view)
}

/// What is at hand about a consignment. Attestations, recognition and presentations are looked up in lists.
#[derive(Debug, Clone)]
pub struct Dossier<'a> {
    /// The certificate.
    pub certificate: CertificateAtHand<'a>,
    /// Passports at hand.
    pub passports: &'a [Document<'a>],
    /// What the asker says about the import.
    pub import: Import,
    /// The scheme.
    pub asked: Asked<'a>,
    /// The customs entry record.
    pub entry: Option<&'a EntryRecord>,
    /// What capturing the product page found.
    pub page: Option<&'a PageFacts>,
    /// The asker's own customs office and declaration: its presentation is no duplicate.
    pub own: Option<(OrgId, DeclarationKey)>,
}

/// Judges a consignment by what is at hand, as [`super::judge_consignment`] does, with the lists that status proofs show.
#[must_use]
pub fn judge_dossier(
    question: &Question,
    dossier: &Dossier<'_>,
    lists: &ProvenLists,
    trust: Option<&TrustRoot>,
    policy: &Policy,
) -> Judgement {
    let mut passports: Vec<PassportAtHand<'_>> =
        dossier.passports.iter().map(|document| PassportAtHand { document: document.clone(), attestations: Listed::not_asked() }).collect();
    let bare = dossier.consignment(&passports, Listed::not_asked(), None);
    let (judged, reference, policy) = documents(question, &bare, trust, policy);
    let importing = dossier.import.country.or_else(|| bare.certificate_facts()?.exported_to);
    let mut bodies = BTreeSet::new();
    for (passport, verdict) in passports.iter_mut().zip(&judged.passports) {
        if let Some(document) = document_of(verdict) {
            passport.attestations = lists.attestations(document);
            bodies.extend(passport.attestations.items.iter().map(|a| a.body));
        }
    }
    let bodies: Vec<OrgId> = bodies.into_iter().collect();
    let recognition = importing.and_then(|country| lists.recognition(country, &bodies));
    let certificate = judged.certificate.as_ref().and_then(document_of);
    let presentations = certificate.map_or_else(Listed::not_asked, |document| lists.presentations(document, dossier.own));
    weigh(question, &dossier.consignment(&passports, presentations, recognition), &policy, reference, judged)
}

fn document_of(verdict: &Verdict) -> Option<DocumentId> {
    verdict.recorded.as_ref().map(|recorded| recorded.document)
}

impl<'a> Dossier<'a> {
    fn consignment<'c>(
        &'c self,
        passports: &'c [PassportAtHand<'c>],
        presentations: Listed<PresentationFacts>,
        recognition: Option<RecognitionFacts>,
    ) -> Consignment<'c>
    where
        'a: 'c,
    {
        Consignment {
            certificate: self.certificate.clone(),
            passports,
            presentations,
            recognition,
            import: self.import,
            asked: self.asked.clone(),
            entry: self.entry,
            page: self.page,
        }
    }
}
