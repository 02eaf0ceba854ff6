//! New certificate metadata from values: the lines of a spreadsheet, one for each goods item. Nothing is invented but the
//! numbers of the items; a box that nobody ticks is not ticked.

pub use crate::json::place::says_the_same;
use crate::json::place::{Asked, Kinds, NoPlace, asked, get, path_in, prune, set, without};
use crate::json::{Node, Value, object, text};
use crate::profile::{CONTEXTS, begins, ends};

macro_rules! of {
    ($name:literal) => {
        concat!("credentialSubject.", $name)
    };
}
macro_rules! item {
    ($name:literal) => {
        concat!("credentialSubject.originItems[].", $name)
    };
}

/// The profile in the order in which it is written. Paths with `[]` are members of the line's goods item.
pub const COLUMNS: [Asked; 65] = [
    asked("id", "id", "Address of the certificate's data, if it has one"),
    asked("issuer", "issuer.id", "Identifier of the issuer; default: the issuing body's, or the declaring exporter's"),
    asked("issuerName", "issuer.name", "Name of the issuer; default: as above"),
    asked("validFrom", "validFrom", "Valid from (day, or time in UTC)"),
    asked("validUntil", "validUntil", "Valid until (last day, or time in UTC)"),
    asked("nonce", of!("nonce"), ""),
    asked("number", of!("certificateNumber"), "Number of the certificate; lines of one number are one certificate"),
    asked("agreement", of!("agreement"), "RCEP, NON-PREF .."),
    asked("type", of!("proofOfOriginType"), "CO, DOC-AE (approved exporter) or DOC-EP (exporter, producer)"),
    asked("issueDate", of!("issueDate"), "Day of issue"),
    asked("retroactive", of!("issuedRetroactively"), "Issued retroactively: yes or no"),
    asked("thirdParty", of!("thirdPartyInvoicing"), "Third-party invoicing: yes or no"),
    asked("replacesNumber", of!("replaces.originalCertificateNumber"), "Number of the certificate that it replaces"),
    asked("replacesDate", of!("replaces.originalIssueDate"), "That one's day of issue"),
    asked("replacesFingerprint", of!("replaces.fingerprint"), "That one's fingerprint"),
    asked("copyOfNumber", of!("trueCopyOf.originalCertificateNumber"), "Certified true copy: number of the original"),
    asked("copyOfDate", of!("trueCopyOf.originalIssueDate"), "The original's day of issue"),
    asked("copyOfFingerprint", of!("trueCopyOf.fingerprint"), "The original's fingerprint"),
    asked("backToBackNumber", of!("backToBackOf.originalCertificateNumber"), "Back-to-back: number of the first proof of origin"),
    asked("backToBackDate", of!("backToBackOf.originalIssueDate"), "That one's day of issue"),
    asked("backToBackOrigin", of!("backToBackOf.originCountryRcep"), "That one's country of origin"),
    asked("backToBackFingerprint", of!("backToBackOf.fingerprint"), "That one's fingerprint"),
    asked("exportedTo", of!("exportedTo"), "Importing country"),
    asked("issuingBody", of!("issuingBody.id"), "Identifier of the issuing body; only with CO"),
    asked("issuingBodyName", of!("issuingBody.legalName"), "Its legal name"),
    asked("issuingBodyCountry", of!("issuingBody.addressCountry"), "Its country"),
    asked("exporterId", of!("exporter.id"), "Identifier of the exporter"),
    asked("exporter", of!("exporter.legalName"), "Its legal name"),
    asked("exporterStreet", of!("exporter.streetAddress"), "Its street"),
    asked("exporterTown", of!("exporter.addressLocality"), "Its town"),
    asked("exporterCountry", of!("exporter.addressCountry"), "Its country"),
    asked("approvedExporterCode", of!("approvedExporterCode"), "Code of the approved exporter; only with DOC-AE"),
    asked("producerDisclosure", of!("producerDisclosure"), "same, named, several, confidential or unknown"),
    asked("producerId", of!("producer.id"), "Identifier of the producer, where named"),
    asked("producer", of!("producer.legalName"), "Its legal name"),
    asked("producerCountry", of!("producer.addressCountry"), "Its country"),
    asked("consigneeId", of!("consignee.id"), "Identifier of the consignee"),
    asked("consignee", of!("consignee.legalName"), "Its legal name"),
    asked("consigneeStreet", of!("consignee.streetAddress"), "Its street"),
    asked("consigneeTown", of!("consignee.addressLocality"), "Its town"),
    asked("consigneeCountry", of!("consignee.addressCountry"), "Its country"),
    asked("departureDate", of!("transport.departureDate"), "Day of departure"),
    asked("vessel", of!("transport.vesselOrFlight"), "Vessel, flight, train or truck"),
    asked("port", of!("transport.portOfDischarge"), "Port of discharge, UN/LOCODE"),
    asked("marks", item!("marksAndNumbers"), "Marks and numbers on packages"),
    asked("packages", item!("packageCount"), "How many packages"),
    asked("packageKind", item!("packageKind"), "Their kind, UN/ECE Recommendation 21"),
    asked("description", item!("goodsDescription"), "The goods in words"),
    asked("hs", item!("hsClassification.codeValue"), "HS code, 6 to 10 digits"),
    asked("hsEdition", item!("hsClassification.inCodeSet"), "HS2017, HS2022 or HS2028"),
    asked("criterion", item!("originCriterion"), "WO, PE, CTC, RVC or CR"),
    asked("qualifiers", item!("originQualifier"), "ACU, DMI; both with ;"),
    asked("rule", item!("productSpecificRule"), "Product specific rule in its own notation"),
    asked("origin", item!("originCountryRcep"), "RCEP country of origin"),
    asked("differential", item!("tariffDifferential"), "Tariff differential: * or **, else nothing"),
    asked("quantity", item!("quantity.quantityValue"), "How much"),
    asked("unit", item!("quantity.unitCode"), "Unit, UN/ECE Recommendation 20"),
    asked("fob", item!("fobValue.quantityValue"), "FOB value; with RVC only"),
    asked("currency", item!("fobValue.currency"), "Its currency"),
    asked("invoice", item!("invoice.invoiceNumber"), "Invoice number"),
    asked("invoiceDate", item!("invoice.invoiceDate"), "Invoice date"),
    asked("remarks", item!("remarks"), "Remarks"),
    asked("product", item!("originProduct.id"), "Product id"),
    asked("passportId", item!("carbonPassport.id"), "Address of the carbon passport"),
    asked("passport", item!("carbonPassport.fingerprint"), "Its fingerprint"),
];

/// `type` of the objects that are made on the way.
const KINDS: &Kinds = &[
    ("credentialSubject", "OriginDeclaration"),
    ("replaces", "OriginalProof"),
    ("trueCopyOf", "OriginalProof"),
    ("backToBackOf", "OriginalProof"),
    ("issuingBody", "Organization"),
    ("exporter", "Organization"),
    ("producer", "Organization"),
    ("consignee", "Organization"),
    ("transport", "Transport"),
    ("originItems", "OriginItem"),
    ("hsClassification", "CategoryCode"),
    ("quantity", "QuantitativeValue"),
    ("fobValue", "MonetaryAmount"),
    ("invoice", "Invoice"),
    ("originProduct", "Product"),
    ("carbonPassport", "SecureLink"),
];

/// Boxes of the form.
const TICKED: [&str; 2] = [of!("issuedRetroactively"), of!("thirdPartyInvoicing")];
const ITEMS: &str = of!("originItems");
const NONCE: &str = of!("nonce");

/// Why lines make no certificate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DraftDefect {
    /// A value for which there is no place.
    #[error(transparent)]
    NoPlace(#[from] NoPlace),
    /// Lines of one certificate that say different things about it.
    #[error("{name}: {first:?} in one line, {other:?} in another of the same certificate")]
    Differs {
        /// The column.
        name: String,
        /// Its first value.
        first: String,
        /// The other one.
        other: String,
    },
}

/// The path that a column stands for, or the path itself.
///
/// # Errors
/// Neither of them.
pub fn path_of(name: &str) -> Result<&str, NoPlace> {
    path_in(&COLUMNS, name)
}

/// Metadata of one certificate. Each line holds what it says of the certificate and of one goods item; `template` (without
/// its proof) gives what no line says, its first item that of every item. The nonce must never have been used.
///
/// # Errors
/// A name without a place, or lines that contradict one another.
pub fn fill(template: Option<&Node>, lines: &[Vec<(String, String)>], nonce: &[u8; 32]) -> Result<Node, DraftDefect> {
    let mut document = template.map_or_else(skeleton, |node| without(node, &["proof"]));
    let mut said: Vec<(&str, &str)> = Vec::new();
    let (mut goods, mut on_items) = (0usize, Vec::new());
    for line in lines {
        let before = on_items.len();
        for (name, value) in line {
            let path = path_of(name)?;
            if let Some((_, member)) = path.split_once("[].") {
                on_items.push((format!("{ITEMS}[{goods}].{member}"), value));
                continue;
            }
            match said.iter().find(|(other, _)| *other == path) {
                Some((_, first)) if first != value => {
                    return Err(DraftDefect::Differs { name: name.clone(), first: (*first).into(), other: value.clone() });
                }
                Some(_) => {}
                None => said.push((path, value)),
            }
        }
        goods += usize::from(on_items.len() > before);
    }
    for (path, value) in said {
        set(&mut document, path, value_of(path, value), KINDS)?;
    }
    if goods > 0 {
        let usual = get(&document, &format!("{ITEMS}[0]")).map_or(Value::Null, |item| item.value.clone());
        set(&mut document, ITEMS, Value::Null, KINDS)?;
        for at in 0..goods {
            set(&mut document, &format!("{ITEMS}[{at}]"), usual.clone(), KINDS)?;
            set(&mut document, &format!("{ITEMS}[{at}].itemNumber"), Value::Text((at + 1).to_string()), KINDS)?;
            for asked in COLUMNS.iter().filter_map(|asked| asked.path.split_once("[].")) {
                let path = format!("{ITEMS}[{at}].{}", asked.1);
                if get(&document, &path).is_none() {
                    set(&mut document, &path, Value::Null, KINDS)?;
                }
            }
        }
        for (path, value) in on_items {
            set(&mut document, &path, value_of(&path, value), KINDS)?;
        }
        untouched(&mut document, goods)?;
    }
    issued_by(&mut document)?;
    set(&mut document, NONCE, Value::Text(super::hex(nonce)), KINDS)?;
    prune(&mut document);
    Ok(document)
}

/// Items without a mark of a tariff differential have none.
fn untouched(document: &mut Node, goods: usize) -> Result<(), NoPlace> {
    for at in 0..goods {
        let path = format!("{ITEMS}[{at}].tariffDifferential");
        if get(document, &path).is_none() {
            set(document, &path, Value::Text("none".into()), KINDS)?;
        }
    }
    Ok(())
}

/// The issuer, where nobody names one: the issuing body of a certificate, the exporter of a declaration.
fn issued_by(document: &mut Node) -> Result<(), NoPlace> {
    let of = |name: &str| get(document, &format!("credentialSubject.{name}")).cloned();
    let Some(party) = of("issuingBody").or_else(|| of("exporter")) else { return Ok(()) };
    for (name, from) in [("id", "id"), ("name", "legalName")] {
        let path = format!("issuer.{name}");
        if let (None, Some(found)) = (get(document, &path), party.get(from)) {
            set(document, &path, found.value.clone(), KINDS)?;
        }
    }
    Ok(())
}

/// An empty document with a place for everything, in order.
fn skeleton() -> Node {
    let list = |words: &[&str]| Some(Node::new(Value::List(words.iter().map(|w| text(*w)).collect())));
    let empty = || Some(Node::new(Value::Null));
    let mut document =
        object([("@context", list(&CONTEXTS)), ("id", empty()), ("type", list(&["VerifiableCredential", "CertificateOfOrigin"]))]);
    for asked in COLUMNS.iter().filter(|asked| !asked.path.contains("[]")) {
        let value = if TICKED.contains(&asked.path) { Value::Bool(false) } else { Value::Null };
        // All of these are places.
        let _ = set(&mut document, asked.path, value, KINDS);
    }
    document
}

/// A value as the profile writes it; what cannot be understood stays as it is, for the check to object to.
fn value_of(path: &str, written: &str) -> Value {
    let last = path.rsplit('.').next().unwrap_or_default();
    if TICKED.contains(&path) {
        return match written.to_ascii_lowercase().as_str() {
            "true" | "yes" | "x" | "1" => Value::Bool(true),
            "false" | "no" | "0" => Value::Bool(false),
            _ => Value::Text(written.to_owned()),
        };
    }
    match last {
        // Spreadsheets hold codes as 8507.60.
        "codeValue" => Value::Text(written.replace(['.', ' '], "")),
        "originQualifier" => Value::List(written.split(';').map(|word| text(word.trim())).collect()),
        "validFrom" => Value::Text(begins(written)),
        "validUntil" => Value::Text(ends(written)),
        _ => Value::Text(written.to_owned()),
    }
}
