//! Reading certificate metadata: one walk over the strict tree, every flaw at once.

use super::rules;
use super::{
    CertificateMetadata, Invoice, MetadataItem, Money, OriginCriterion, OriginQualifier, OriginalProof, PassportLink, ProducerDisclosure,
    ProofType, Quantity, TariffDifferential, Transport,
};
use crate::jcs;
use crate::json::{self, Node, NotStrict};
use crate::product::ProductId;
use crate::profile::{Check, Demands, Envelope, Flaw, Named, hs, organization, same_as_issuer};
use eco_core::Fingerprint;
use eco_core::fingerprint::Method;
use eco_core::number::CertificateNumber;
use eco_core::verdict::Code;

/// What reading certificate metadata found.
#[derive(Debug, Clone)]
pub struct MetadataReport {
    /// Fingerprint of method `jcs`; `None` where it is not strict JSON.
    pub fingerprint: Option<Fingerprint>,
    /// Every way in which it breaks the profile, in the order of the file.
    pub flaws: Vec<Flaw>,
    /// What it says, if every required member could be read.
    pub metadata: Option<CertificateMetadata>,
    /// The tree, for whatever else is to be read from it (proofs).
    pub document: Option<Node>,
}

/// Reads certificate metadata.
#[must_use]
pub fn read_metadata(bytes: &[u8]) -> MetadataReport {
    read_tree(json::read(bytes))
}

/// The same of a document that was read already.
pub(crate) fn read_tree(read: Result<Node, NotStrict>) -> MetadataReport {
    let document = match read {
        Ok(document) => document,
        Err(defect) => {
            return MetadataReport { fingerprint: None, flaws: vec![Flaw::not_strict(&defect)], metadata: None, document: None };
        }
    };
    let mut check = Check::of(&document);
    let metadata = metadata(&mut check, &document);
    let flaws = check.flaws();
    MetadataReport { fingerprint: Some(jcs::fingerprint(&document)), flaws, metadata, document: Some(document) }
}

fn metadata(check: &mut Check<'_>, root: &Node) -> Option<CertificateMetadata> {
    let envelope = Envelope::read(check, root, "CertificateOfOrigin", Demands::Until)?;
    let subject = envelope.subject?;
    let mut f = check.fields(subject)?;
    let kind = f.must(check, "type");
    if let Some(node) = kind.filter(|n| n.as_text() != Some("OriginDeclaration")) {
        check.invalid(node, "the type OriginDeclaration", "write \"OriginDeclaration\"");
    }
    let subject_id = f.may("id").and_then(|n| check.iri(n)).map(str::to_owned);
    let nonce = f.must(check, "nonce").and_then(|n| check.nonce(n));
    let number_at = f.must(check, "certificateNumber");
    let number = number_at.and_then(|n| number(check, n));
    let agreement_form =
        |t: &str| (1..=20).contains(&t.len()) && t.bytes().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == b'-');
    let agreement = f.must(check, "agreement");
    let agreement =
        agreement.and_then(|n| check.formed(n, "the agreement, like RCEP or NON-PREF", "write its short name in capitals", agreement_form));
    let proof_type = f.must(check, "proofOfOriginType").and_then(|n| check.choice(n, ProofType::NAMED));
    let (issuing_body, exporter) = parties(check, &mut f, proof_type, &envelope);
    let approved_exporter_code = rules::iff(
        check,
        &mut f,
        "approvedExporterCode",
        proof_type.map(|t| t == ProofType::ApprovedExporter),
        "of approved exporters' declarations (DOC-AE)",
    );
    let approved_exporter_code = approved_exporter_code.and_then(|n| check.text_of(n, 100)).map(str::to_owned);
    let issue_date = f.must(check, "issueDate").and_then(|n| check.date(n));
    let issued_retroactively = f.must(check, "issuedRetroactively").and_then(|n| check.truth(n));
    let third_party_invoicing = f.must(check, "thirdPartyInvoicing").and_then(|n| check.truth(n));
    let [replaces, true_copy_of, back_to_back_of] =
        ["replaces", "trueCopyOf", "backToBackOf"].map(|name| f.may(name).and_then(|n| Some((n, original(check, n)?))));
    rules::originals(check, number.as_ref().map(|(_, normal)| normal), replaces.as_ref(), true_copy_of.as_ref());
    let producer_disclosure = f.must(check, "producerDisclosure").and_then(|n| check.choice(n, ProducerDisclosure::NAMED));
    let named = producer_disclosure.map(|d| d == ProducerDisclosure::Named);
    let producer = rules::iff(check, &mut f, "producer", named, "where producerDisclosure is named");
    let producer = producer.and_then(|n| organization(check, n, Named::Country));
    let consignee = f.must(check, "consignee").and_then(|n| organization(check, n, Named::Country));
    let exported_to = f.must(check, "exportedTo").and_then(|n| check.country(n));
    let transport = f.must(check, "transport").and_then(|n| transport(check, n));
    let items_at = f.must(check, "originItems");
    let items = items_at.and_then(|n| items(check, n));
    f.close(check);
    rules::validity(check, &envelope, agreement, issue_date);
    let (number, number_normal) = number?;
    Some(CertificateMetadata {
        id: envelope.id.map(str::to_owned),
        issuer: envelope.issuer?,
        valid_from: envelope.valid_from,
        valid_until: envelope.valid_until?,
        subject_id,
        nonce: nonce?,
        number,
        number_normal,
        agreement: agreement?.to_owned(),
        proof_type: proof_type?,
        issuing_body,
        exporter: exporter?,
        approved_exporter_code,
        issue_date: issue_date?,
        issued_retroactively: issued_retroactively?,
        third_party_invoicing: third_party_invoicing?,
        replaces: replaces.map(|(_, o)| o),
        true_copy_of: true_copy_of.map(|(_, o)| o),
        back_to_back_of: back_to_back_of.map(|(_, o)| o),
        producer_disclosure: producer_disclosure?,
        producer,
        consignee: consignee?,
        exported_to: exported_to?,
        transport: transport?,
        items: items?,
    })
}

type Party = Option<crate::profile::Organization>;

/// Issuing body and exporter: whichever issues the document is its issuer.
fn parties(
    check: &mut Check<'_>,
    f: &mut crate::profile::Fields<'_>,
    proof_type: Option<ProofType>,
    envelope: &Envelope<'_>,
) -> (Party, Party) {
    let certificate = proof_type.map(|t| t == ProofType::Certificate);
    let issuing_at = rules::iff(check, f, "issuingBody", certificate, "of certificates (CO)");
    let issuing_body = issuing_at.and_then(|n| organization(check, n, Named::IdCountry));
    let exporter_at = f.must(check, "exporter");
    let declared = if certificate == Some(false) { Named::IdCountry } else { Named::Country };
    let exporter = exporter_at.and_then(|n| organization(check, n, declared));
    let (issues_at, issues) = if certificate == Some(false) { (exporter_at, &exporter) } else { (issuing_at, &issuing_body) };
    if let (Some(node), Some(party), true) = (issues_at, issues, certificate.is_some()) {
        same_as_issuer(check, node, party.id.as_deref(), envelope.issuer.as_ref());
    }
    (issuing_body, exporter)
}

fn number(check: &mut Check<'_>, node: &Node) -> Option<(String, CertificateNumber)> {
    let text = check.text_of(node, 80)?;
    match CertificateNumber::normalise(text) {
        Ok(normal) => Some((text.to_owned(), normal)),
        Err(defect) => {
            check.flaw_found(Code::FieldInvalid, node, "a certificate number", defect.to_string(), "write it as it is printed");
            None
        }
    }
}

fn original(check: &mut Check<'_>, node: &Node) -> Option<OriginalProof> {
    let mut f = check.fields(node)?;
    f.kind(check, "OriginalProof");
    let number = f.must(check, "originalCertificateNumber").and_then(|n| self::number(check, n));
    let issue_date = f.must(check, "originalIssueDate").and_then(|n| check.date(n));
    let origin = f.may("originCountryRcep").and_then(|n| check.country(n));
    let fingerprint = f.must(check, "fingerprint").and_then(|n| check.fingerprint(n, &[Method::Pdf, Method::Jcs, Method::File]));
    f.close(check);
    Some(OriginalProof { number: number?.0, issue_date: issue_date?, origin, fingerprint: fingerprint? })
}

fn transport(check: &mut Check<'_>, node: &Node) -> Option<Transport> {
    let mut f = check.fields(node)?;
    f.kind(check, "Transport");
    let departure_date = f.must(check, "departureDate").and_then(|n| check.date(n));
    let vessel = f.must(check, "vesselOrFlight").and_then(|n| check.text_of(n, 200));
    let locode = |t: &str| match t.as_bytes() {
        [a, b, place @ ..] => {
            a.is_ascii_uppercase()
                && b.is_ascii_uppercase()
                && place.len() == 3
                && place.iter().all(|c| c.is_ascii_uppercase() || (b'2'..=b'9').contains(c))
        }
        _ => false,
    };
    let port = f.must(check, "portOfDischarge");
    let port = port.and_then(|n| check.formed(n, "a UN/LOCODE, five characters", "write it like VNSGN", locode));
    f.close(check);
    Some(Transport { departure_date: departure_date?, vessel_or_flight: vessel?.to_owned(), port_of_discharge: port?.to_owned() })
}

fn items(check: &mut Check<'_>, node: &Node) -> Option<Vec<MetadataItem>> {
    let list = check.list(node, 1, super::ITEMS_MAX)?;
    let mut items = Vec::with_capacity(list.len());
    let mut whole = true;
    for element in list {
        match item(check, element) {
            Some(item) => items.push(item),
            None => whole = false,
        }
    }
    rules::numbering(check, list);
    whole.then_some(items)
}

fn item(check: &mut Check<'_>, node: &Node) -> Option<MetadataItem> {
    let mut f = check.fields(node)?;
    f.kind(check, "OriginItem");
    let count = |t: &str| (1..=9).contains(&t.len()) && t.bytes().all(|c| c.is_ascii_digit());
    let number = f.must(check, "itemNumber");
    let number =
        number.and_then(|n| check.formed(n, "a whole number from 1", "number the items 1, 2, 3 ..", |t| count(t) && !t.starts_with('0')));
    let marks = f.must(check, "marksAndNumbers").and_then(|n| check.text(n));
    let package_count = f.must(check, "packageCount").and_then(|n| check.formed(n, "a whole number", "write digits only", count));
    let kind = |t: &str| t.len() == 2 && t.bytes().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit());
    let package_kind = f.must(check, "packageKind");
    let package_kind = package_kind
        .and_then(|n| check.formed(n, "a package code of UN/ECE Recommendation 21", "write two characters like CT or PX", kind));
    let description = f.must(check, "goodsDescription").and_then(|n| check.text(n));
    let hs = f.must(check, "hsClassification").and_then(|n| hs(check, n));
    let criterion = f.must(check, "originCriterion").and_then(|n| check.choice(n, OriginCriterion::NAMED));
    let qualifiers = f.may("originQualifier").map_or(Some(Vec::new()), |n| qualifiers(check, n));
    let specific_rule = f.may("productSpecificRule").and_then(|n| check.text(n)).map(str::to_owned);
    let origin = f.must(check, "originCountryRcep").and_then(|n| check.country(n));
    let differential = f.must(check, "tariffDifferential").and_then(|n| check.choice(n, TariffDifferential::NAMED));
    let quantity = f.must(check, "quantity").and_then(|n| quantity(check, n));
    let by_value = criterion.map(|c| c == OriginCriterion::ValueContent);
    let fob_value = rules::iff(check, &mut f, "fobValue", by_value, "with the criterion RVC").and_then(|n| money(check, n));
    let invoice = f.must(check, "invoice").and_then(|n| invoice(check, n));
    let remarks = f.may("remarks").and_then(|n| check.text(n)).map(str::to_owned);
    let product = f.may("originProduct").and_then(|n| product(check, n));
    let passport = f.may("carbonPassport").and_then(|n| passport(check, n));
    f.close(check);
    Some(MetadataItem {
        number: number?.parse().ok()?,
        marks_and_numbers: marks?.to_owned(),
        package_count: package_count?.to_owned(),
        package_kind: package_kind?.to_owned(),
        description: description?.to_owned(),
        hs: hs?,
        criterion: criterion?,
        qualifiers: qualifiers?,
        specific_rule,
        origin: origin?,
        tariff_differential: differential?,
        quantity: quantity?,
        fob_value,
        invoice: invoice?,
        remarks,
        product,
        passport,
    })
}

fn qualifiers(check: &mut Check<'_>, node: &Node) -> Option<Vec<OriginQualifier>> {
    let words = check.set(node, 2)?;
    let found: Vec<_> = words.iter().filter_map(|w| OriginQualifier::NAMED.iter().find(|(word, _)| word == w).map(|(_, q)| *q)).collect();
    if found.len() < words.len() {
        check.flaw_found(
            Code::FieldInvalid,
            node,
            "a set of ACU and DMI",
            format!("{words:?}"),
            "a product specific rule belongs in productSpecificRule",
        );
        return None;
    }
    Some(found)
}

fn quantity(check: &mut Check<'_>, node: &Node) -> Option<Quantity> {
    let mut f = check.fields(node)?;
    f.kind(check, "QuantitativeValue");
    let at = f.must(check, "quantityValue");
    let value = at.and_then(|n| check.positive(n));
    let unit = |t: &str| (2..=3).contains(&t.len()) && t.bytes().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit());
    let unit_code = f.must(check, "unitCode");
    let unit_code =
        unit_code.and_then(|n| check.formed(n, "a unit code of UN/ECE Recommendation 20", "write it like H87, KGM or MTR", unit));
    f.close(check);
    Some(Quantity { value: value?, written: at?.as_text()?.to_owned(), unit: unit_code?.to_owned() })
}

fn money(check: &mut Check<'_>, node: &Node) -> Option<Money> {
    let mut f = check.fields(node)?;
    f.kind(check, "MonetaryAmount");
    let at = f.must(check, "quantityValue");
    let value = at.and_then(|n| check.positive(n));
    let code = |t: &str| t.len() == 3 && t.bytes().all(|c| c.is_ascii_uppercase());
    let currency = f.must(check, "currency").and_then(|n| check.formed(n, "a currency of ISO 4217", "write it like USD or CNY", code));
    f.close(check);
    Some(Money { value: value?, written: at?.as_text()?.to_owned(), currency: currency?.to_owned() })
}

fn invoice(check: &mut Check<'_>, node: &Node) -> Option<Invoice> {
    let mut f = check.fields(node)?;
    f.kind(check, "Invoice");
    let number = f.must(check, "invoiceNumber").and_then(|n| check.text_of(n, 200));
    let date = f.must(check, "invoiceDate").and_then(|n| check.date(n));
    f.close(check);
    Some(Invoice { number: number?.to_owned(), date: date? })
}

fn product(check: &mut Check<'_>, node: &Node) -> Option<ProductId> {
    let mut f = check.fields(node)?;
    f.kind(check, "Product");
    let id = f.must(check, "id").and_then(|n| rules::product_id(check, n));
    f.close(check);
    id
}

fn passport(check: &mut Check<'_>, node: &Node) -> Option<PassportLink> {
    let mut f = check.fields(node)?;
    f.kind(check, "SecureLink");
    let id = f.must(check, "id").and_then(|n| check.iri(n));
    let fingerprint = f.must(check, "fingerprint").and_then(|n| check.fingerprint(n, &[Method::Jcs]));
    f.close(check);
    Some(PassportLink { id: id?.to_owned(), fingerprint: fingerprint? })
}
