//! The printed fields of a certificate, in words, from its metadata alone.

use super::wording;
use super::{CertificateFields, Marks, OriginItem, OriginalProof, Party, Producer, ProofKind};
use crate::metadata::{self, CertificateMetadata, MetadataItem, ProducerDisclosure, ProofType, TariffDifferential};
use crate::profile::Organization;

/// What is not in the metadata.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issuance {
    /// Address of the verification entry.
    pub entry: String,
    /// Whether the network is a test network.
    pub is_specimen: bool,
    /// 16 random bytes for `/ID`.
    pub nonce: [u8; 16],
}

impl CertificateFields {
    /// The fields that metadata stands for, with the metadata itself as the file to attach: `bytes` is what `metadata`
    /// was read from.
    #[must_use]
    pub fn of_metadata(metadata: &CertificateMetadata, bytes: &[u8], issuance: &Issuance) -> Self {
        let exporter = party(&metadata.exporter);
        let issuing = metadata.issuing_body.as_ref().unwrap_or(&metadata.exporter);
        let (agreement, form) = match metadata.agreement.as_str() {
            "RCEP" => ("Regional Comprehensive Economic Partnership Agreement".to_owned(), "Form RCEP".to_owned()),
            "NON-PREF" => ("non-preferential rules of origin".to_owned(), String::new()),
            other => (other.to_owned(), format!("Form {other}")),
        };
        let kind = match metadata.proof_type {
            ProofType::Certificate => ProofKind::Certificate,
            ProofType::ApprovedExporter | ProofType::AnyExporter => {
                ProofKind::Declaration { approved_exporter_code: metadata.approved_exporter_code.clone() }
            }
        };
        let port = &metadata.transport.port_of_discharge;
        let port_country = port.get(..2).map_or_else(String::new, |code| format!(" ({})", wording::country(code)));
        let remarks = metadata.items.iter().filter_map(|item| Some(format!("Item {}: {}", item.number, item.remarks.as_ref()?)));
        Self {
            number: metadata.number.clone(),
            kind,
            agreement,
            form,
            exporting_country: wording::country(&exporter.country),
            exporter,
            consignee: party(&metadata.consignee),
            producer: producer(metadata),
            departure_date: metadata.transport.departure_date.to_string(),
            vessel: metadata.transport.vessel_or_flight.clone(),
            port_of_discharge: format!("{port}{port_country}"),
            importing_country: wording::country(&metadata.exported_to.to_string()),
            items: metadata.items.iter().map(item).collect(),
            remarks: remarks.collect::<Vec<_>>().join("\n"),
            marks: Marks {
                issued_retroactively: metadata.issued_retroactively,
                third_party_invoicing: metadata.third_party_invoicing,
                true_copy_of: metadata.true_copy_of.as_ref().map(original),
                back_to_back_of: metadata.back_to_back_of.as_ref().map(original),
                replaces: metadata.replaces.as_ref().map(original),
            },
            issuing_body: issuing.legal_name.clone(),
            issuing_country: code_of(issuing),
            declared: place(&metadata.exporter),
            issued_at: place(issuing),
            issue_date: metadata.issue_date.to_string(),
            entry: issuance.entry.clone(),
            is_specimen: issuance.is_specimen,
            nonce: issuance.nonce,
            metadata: Some(bytes.to_vec()),
        }
    }
}

fn code_of(organization: &Organization) -> String {
    organization.country.map_or_else(String::new, |country| country.to_string())
}

fn party(organization: &Organization) -> Party {
    let country = code_of(organization);
    let name = wording::country(&country);
    let parts = [organization.street.as_deref(), organization.locality.as_deref(), Some(name.as_str())];
    let present: Vec<&str> = parts.into_iter().flatten().filter(|part| !part.is_empty()).collect();
    Party { name: organization.legal_name.clone(), address: present.join("\n"), country }
}

/// Town, else country.
fn place(organization: &Organization) -> String {
    organization.locality.clone().unwrap_or_else(|| wording::country(&code_of(organization)))
}

fn producer(metadata: &CertificateMetadata) -> Producer {
    let word = match metadata.producer_disclosure {
        ProducerDisclosure::Named => match &metadata.producer {
            Some(organization) => return Producer::Named(party(organization)),
            None => "NOT AVAILABLE",
        },
        ProducerDisclosure::Same => "SAME",
        ProducerDisclosure::Several => "SEVERAL PRODUCERS",
        ProducerDisclosure::Confidential => "CONFIDENTIAL",
        ProducerDisclosure::Unknown => "NOT AVAILABLE",
    };
    Producer::Word(word.into())
}

fn original(proof: &metadata::OriginalProof) -> OriginalProof {
    OriginalProof {
        number: proof.number.clone(),
        issue_date: proof.issue_date.to_string(),
        country_of_origin: proof.origin.map(|country| wording::country(&country.to_string())),
    }
}

fn item(item: &MetadataItem) -> OriginItem {
    let mut criterion = vec![item.criterion.name().to_owned()];
    criterion.extend(item.qualifiers.iter().map(|qualifier| qualifier.name().to_owned()));
    criterion.extend(item.specific_rule.clone());
    let mark = match item.tariff_differential {
        TariffDifferential::None => "",
        marked => marked.name(),
    };
    OriginItem {
        number: item.number.to_string(),
        marks: item.marks_and_numbers.clone(),
        packages: wording::packages(&item.package_count, &item.package_kind),
        description: item.description.clone(),
        hs_code: wording::hs(item.hs.code.as_str()),
        origin_criterion: criterion.join(", "),
        country_of_origin: format!("{}{mark}", wording::country(&item.origin.to_string())),
        quantity: wording::quantity(&item.quantity.written, &item.quantity.unit),
        fob_value: item
            .fob_value
            .as_ref()
            .map_or_else(String::new, |value| format!("{} {}", value.currency, wording::grouped(&value.written))),
        invoice_number: item.invoice.number.clone(),
        invoice_date: item.invoice.date.to_string(),
    }
}
