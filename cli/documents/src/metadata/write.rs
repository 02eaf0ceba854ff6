//! Writing certificate metadata: the inverse of reading it.

use super::{CertificateMetadata, MetadataItem, OriginalProof};
use crate::json::{Node, Value, object, text};
use crate::profile::{document, hs_node};

impl CertificateMetadata {
    /// The document, without proof. Reading it gives this model again.
    #[must_use]
    pub fn to_node(&self) -> Node {
        let truth = |b: bool| Some(Node::new(Value::Bool(b)));
        let subject = object([
            ("id", self.subject_id.as_deref().map(text)),
            ("type", Some(text("OriginDeclaration"))),
            ("nonce", Some(text(hex(&self.nonce)))),
            ("certificateNumber", Some(text(&self.number))),
            ("agreement", Some(text(&self.agreement))),
            ("proofOfOriginType", Some(text(self.proof_type.name()))),
            ("issueDate", Some(text(self.issue_date.to_string()))),
            ("issuedRetroactively", truth(self.issued_retroactively)),
            ("thirdPartyInvoicing", truth(self.third_party_invoicing)),
            ("replaces", self.replaces.as_ref().map(original)),
            ("trueCopyOf", self.true_copy_of.as_ref().map(original)),
            ("backToBackOf", self.back_to_back_of.as_ref().map(original)),
            ("exportedTo", Some(text(self.exported_to.to_string()))),
            ("issuingBody", self.issuing_body.as_ref().map(|o| o.to_node())),
            ("exporter", Some(self.exporter.to_node())),
            ("approvedExporterCode", self.approved_exporter_code.as_deref().map(text)),
            ("producerDisclosure", Some(text(self.producer_disclosure.name()))),
            ("producer", self.producer.as_ref().map(|o| o.to_node())),
            ("consignee", Some(self.consignee.to_node())),
            (
                "transport",
                Some(object([
                    ("type", Some(text("Transport"))),
                    ("departureDate", Some(text(self.transport.departure_date.to_string()))),
                    ("vesselOrFlight", Some(text(&self.transport.vessel_or_flight))),
                    ("portOfDischarge", Some(text(&self.transport.port_of_discharge))),
                ])),
            ),
            ("originItems", Some(Node::new(Value::List(self.items.iter().map(item).collect())))),
        ]);
        document("CertificateOfOrigin", self.id.as_deref(), &self.issuer, (self.valid_from, self.valid_until), subject)
    }
}

fn item(item: &MetadataItem) -> Node {
    let amount = |kind: &str, written: &str, name: &str, unit: &str| {
        Some(object([("type", Some(text(kind))), ("quantityValue", Some(text(written))), (name, Some(text(unit)))]))
    };
    let qualifiers = Node::new(Value::List(item.qualifiers.iter().map(|q| text(q.name())).collect()));
    object([
        ("type", Some(text("OriginItem"))),
        ("itemNumber", Some(text(item.number.to_string()))),
        ("marksAndNumbers", Some(text(&item.marks_and_numbers))),
        ("packageCount", Some(text(&item.package_count))),
        ("packageKind", Some(text(&item.package_kind))),
        ("goodsDescription", Some(text(&item.description))),
        ("hsClassification", Some(hs_node(&item.hs))),
        ("originCriterion", Some(text(item.criterion.name()))),
        ("originQualifier", (!item.qualifiers.is_empty()).then_some(qualifiers)),
        ("productSpecificRule", item.specific_rule.as_deref().map(text)),
        ("originCountryRcep", Some(text(item.origin.to_string()))),
        ("tariffDifferential", Some(text(item.tariff_differential.name()))),
        ("quantity", amount("QuantitativeValue", &item.quantity.written, "unitCode", &item.quantity.unit)),
        ("fobValue", item.fob_value.as_ref().and_then(|m| amount("MonetaryAmount", &m.written, "currency", &m.currency))),
        (
            "invoice",
            Some(object([
                ("type", Some(text("Invoice"))),
                ("invoiceNumber", Some(text(&item.invoice.number))),
                ("invoiceDate", Some(text(item.invoice.date.to_string()))),
            ])),
        ),
        ("remarks", item.remarks.as_deref().map(text)),
        ("originProduct", item.product.as_ref().map(|id| object([("id", Some(text(id.to_string()))), ("type", Some(text("Product")))]))),
        (
            "carbonPassport",
            item.passport.as_ref().map(|p| {
                let fingerprint = Some(text(p.fingerprint.to_string()));
                object([("id", Some(text(&p.id))), ("type", Some(text("SecureLink"))), ("fingerprint", fingerprint)])
            }),
        ),
    ])
}

fn original(proof: &OriginalProof) -> Node {
    object([
        ("type", Some(text("OriginalProof"))),
        ("originalCertificateNumber", Some(text(&proof.number))),
        ("originalIssueDate", Some(text(proof.issue_date.to_string()))),
        ("originCountryRcep", proof.origin.map(|c| text(c.to_string()))),
        ("fingerprint", Some(text(proof.fingerprint.to_string()))),
    ])
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
