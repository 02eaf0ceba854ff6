//! Certificate metadata as the typed values that `eco_core` judges, and the commitments an Anchor must hold.

use super::{CertificateMetadata, OriginalProof, ProducerDisclosure, ProofType};
use crate::profile::Organization;
use eco_core::Fingerprint;
use eco_core::commitment::{CommitmentDefect, LinkRole, Nonce, SummaryFields, SummaryHead, SummaryItem, SummaryText};
use eco_core::document::Commitment;
use eco_core::name::OrgId;
use eco_core::verdict::{CertificateFacts, ItemFacts, OriginalFacts, Party, Producer, ProofOfOrigin, Quantity};

/// Where the metadata stands: that decides whether the Anchor links it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Carried {
    /// Embedded in a PDF, which is the document that is recorded.
    InPdf,
    /// By itself: it is the document that is recorded.
    Alone,
}

impl CertificateMetadata {
    /// The nonce.
    #[must_use]
    pub const fn nonce(&self) -> Nonce {
        Nonce(self.nonce)
    }

    /// The links that the Anchor must hold: the metadata (if the document is a PDF), each passport, the
    /// original of a back-to-back certificate.
    ///
    /// # Errors
    /// More than an Anchor can hold.
    pub fn links(&self, fingerprint: &Fingerprint, carried: Carried) -> Result<Vec<Commitment>, CommitmentDefect> {
        let own = (carried == Carried::InPdf).then_some((LinkRole::Metadata, fingerprint));
        let passports = self.items.iter().filter_map(|i| i.passport.as_ref()).map(|p| (LinkRole::Passport, &p.fingerprint));
        let original = self.back_to_back_of.as_ref().map(|o| (LinkRole::Original, &o.fingerprint));
        Commitment::links(&self.nonce(), own.into_iter().chain(passports).chain(original))
    }

    /// The compact printed fields, as the Anchor's summary commits to them.
    ///
    /// # Errors
    /// A field with a control character, or a head that is too long.
    pub fn summary(&self, issuer: &OrgId) -> Result<SummaryText, CommitmentDefect> {
        self.summary_fields().recorded_by(issuer)
    }

    fn summary_fields(&self) -> SummaryFields {
        let (date, country) = (self.issue_date.to_string(), self.exported_to.to_string());
        let head = SummaryHead {
            number: self.number_normal.as_str(),
            issuer: "",
            proof_of_origin_type: self.proof_type.name(),
            agreement: &self.agreement,
            issue_date: &date,
            exporter: &self.exporter.legal_name,
            consignee: &self.consignee.legal_name,
            exported_to: &country,
        };
        let texts: Vec<(String, String)> = self.items.iter().map(|i| (i.number.to_string(), i.origin.to_string())).collect();
        let items: Vec<SummaryItem<'_>> = self
            .items
            .iter()
            .zip(&texts)
            .map(|(item, (number, origin))| SummaryItem {
                number,
                hs: item.hs.code.as_str(),
                quantity: &item.quantity.written,
                unit: &item.quantity.unit,
                criterion: item.criterion.name(),
                origin,
            })
            .collect();
        SummaryFields::of(&head, &items)
    }

    /// The values that are judged. `issuer` is the organisation that the registry binds the issuer to, if known.
    #[must_use]
    pub fn facts(&self, fingerprint: Fingerprint, issuer: Option<OrgId>) -> CertificateFacts {
        let original = |o: &OriginalProof| OriginalFacts { number: o.number.clone(), fingerprint: Some(o.fingerprint) };
        CertificateFacts {
            fingerprint,
            nonce: self.nonce(),
            summary: self.summary_fields(),
            number: Some(self.number_normal.clone()),
            proof: Some(match self.proof_type {
                ProofType::Certificate => ProofOfOrigin::Certificate,
                ProofType::ApprovedExporter => ProofOfOrigin::ApprovedExporter,
                ProofType::AnyExporter => ProofOfOrigin::ExporterOrProducer,
            }),
            issuer: Party { id: self.issuer.id.clone(), name: self.issuer.name.clone(), organisation: issuer },
            issue_date: Some(self.issue_date),
            valid_from: self.valid_from,
            valid_until: Some(self.valid_until),
            issued_retroactively: self.issued_retroactively,
            replaces: self.replaces.as_ref().map(original),
            true_copy_of: self.true_copy_of.as_ref().map(original),
            back_to_back_of: self.back_to_back_of.as_ref().map(original),
            exporter: self.exporter.party(),
            producer: match (self.producer_disclosure, &self.producer) {
                (ProducerDisclosure::Same, _) => Producer::Same,
                (ProducerDisclosure::Named, Some(producer)) => Producer::Named(producer.party()),
                _ => Producer::NotNamed,
            },
            consignee: self.consignee.party(),
            exported_to: Some(self.exported_to),
            departure: Some(self.transport.departure_date),
            items: self
                .items
                .iter()
                .map(|item| ItemFacts {
                    number: item.number,
                    hs: Some(item.hs),
                    origin: Some(item.origin),
                    quantity: Some(Quantity { amount: item.quantity.value, unit: item.quantity.unit.clone() }),
                    invoice: Some(item.invoice.number.clone()),
                    product: item.product.as_ref().map(ToString::to_string),
                    passport: item.passport.as_ref().map(|p| p.fingerprint),
                })
                .collect(),
        }
    }
}

impl Organization {
    /// The organisation as a party that is judged.
    #[must_use]
    pub fn party(&self) -> Party {
        Party { id: self.id.clone().unwrap_or_default(), name: self.legal_name.clone(), organisation: None }
    }
}
