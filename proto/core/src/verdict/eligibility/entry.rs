//! The customs entry record against the certificate, field by field (SPEC section 14.8).

use super::Weighing;
use super::text::{fold, names};
use crate::decimal::Decimal;
use crate::number::CertificateNumber;
use crate::scheme::{HsCode, product};
use crate::verdict::{CertificateFacts, Code, EntryRecord, Finding, ItemFacts, Party, Quantity, Subject};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// The outcome for one field.
enum Compared {
    Equal,
    /// Both values.
    Differs(String, String),
    /// Not on both sides, or not comparable.
    Not(&'static str),
}

type Fields = Vec<(&'static str, Compared)>;

impl Weighing<'_> {
    /// Differences are reasons, what cannot be compared is a notice.
    pub(super) fn entry(&mut self) {
        let Some(entry) = self.consignment.entry else { return };
        let Some(certificate) = self.certificate else {
            self.gap("how certificate and customs entry compare: the certificate carries no machine-readable data");
            return self.reason(Code::EntryFieldNotCompared, Subject::Entry, "all fields: the certificate carries no data");
        };
        let author = self.judged.certificate.as_ref().and_then(|v| v.recorded.as_ref()).map(|r| r.author);
        let issuer = Party { organisation: certificate.issuer.organisation.or(author), ..certificate.issuer.clone() };
        let mut fields: Fields = alloc::vec![
            ("certificateNumber", number(entry, certificate)),
            ("issuer", party(entry.issuer.as_deref(), &issuer)),
            ("consignee", party(entry.consignee.as_deref(), &certificate.consignee)),
            ("exporter", party(entry.exporter.as_deref(), &certificate.exporter)),
        ];
        // The item that the entry is about is the one that differs least.
        let differences = |fields: &Fields| fields.iter().filter(|(_, c)| matches!(c, Compared::Differs(..))).count();
        let best = certificate.items.iter().map(|item| (item.number, of_item(entry, item))).min_by_key(|(_, fields)| differences(fields));
        let item = best.as_ref().map(|(number, _)| *number);
        fields.extend(best.map(|(_, fields)| fields).unwrap_or_default());
        for (field, compared) in fields {
            let (code, detail) = match compared {
                Compared::Equal => {
                    self.check(format!("entry and certificate agree on {field}"));
                    continue;
                }
                Compared::Differs(own, other) => (Code::EntryRecordMismatch, format!("{field}: entry {own}, certificate {other}")),
                Compared::Not(why) => (Code::EntryFieldNotCompared, format!("{field}: {why}")),
            };
            self.add(Finding { item, ..Finding::new(code, Subject::Entry, detail) }.in_member(field));
        }
    }
}

const ABSENT: Compared = Compared::Not("not stated on both sides");

fn number(entry: &EntryRecord, certificate: &CertificateFacts) -> Compared {
    let (Some(own), Some(other)) = (&entry.certificate_number, &certificate.number) else { return ABSENT };
    match CertificateNumber::normalise(own) {
        Ok(own) if own == *other => Compared::Equal,
        Ok(own) => Compared::Differs(own.to_string(), other.to_string()),
        Err(_) => Compared::Differs(own.clone(), other.to_string()),
    }
}

fn party(entry: Option<&str>, certificate: &Party) -> Compared {
    let Some(own) = entry else { return ABSENT };
    if names(own, certificate) {
        return Compared::Equal;
    }
    let other = if certificate.name.is_empty() { &certificate.id } else { &certificate.name };
    // An identifier can be compared with an identifier only, a name with a name.
    let is_id = |text: &str| text.starts_with("did:") || text.starts_with("urn:");
    let comparable = if is_id(own) { is_id(&certificate.id) } else { !certificate.name.is_empty() };
    if comparable { Compared::Differs(own.to_string(), other.clone()) } else { Compared::Not("identifier and name cannot be compared") }
}

fn of_item(entry: &EntryRecord, item: &ItemFacts) -> Fields {
    let hs = entry.hs.zip(item.hs).map_or(ABSENT, |(own, other)| codes(own, other.code));
    let product = entry.product.as_ref().zip(item.product.as_ref()).map_or(ABSENT, |(own, other)| {
        if product::same(own, other) { Compared::Equal } else { Compared::Differs(own.clone(), other.clone()) }
    });
    let quantity = entry.quantity.as_ref().zip(item.quantity.as_ref()).map_or(ABSENT, |(own, other)| quantities(own, other));
    let country = entry
        .country_of_origin
        .zip(item.origin)
        .map_or(ABSENT, |(own, other)| if own == other { Compared::Equal } else { Compared::Differs(own.to_string(), other.to_string()) });
    let invoice = entry.invoice_number.as_ref().zip(item.invoice.as_ref()).map_or(ABSENT, |(own, other)| {
        if fold(own) == fold(other) { Compared::Equal } else { Compared::Differs(own.clone(), other.clone()) }
    });
    alloc::vec![("hs", hs), ("productId", product), ("quantity", quantity), ("countryOfOrigin", country), ("invoiceNumber", invoice)]
}

/// The first six digits, more where both have more.
fn codes(own: HsCode, other: HsCode) -> Compared {
    if own.digits() < 6 || other.digits() < 6 {
        return Compared::Not("an HS code with fewer than six digits");
    }
    if own.covers(&other) || other.covers(&own) { Compared::Equal } else { Compared::Differs(own.to_string(), other.to_string()) }
}

/// At most the certificate's quantity: partial shipments are allowed.
fn quantities(own: &Quantity, other: &Quantity) -> Compared {
    let fits = if own.unit == other.unit {
        Some(own.amount <= other.amount)
    } else {
        grams(own).zip(grams(other)).map(|(own, other)| own <= other)
    };
    match fits {
        Some(true) => Compared::Equal,
        Some(false) => Compared::Differs(format!("{} {}", own.amount, own.unit), format!("{} {}", other.amount, other.unit)),
        None => Compared::Not("the units cannot be converted"),
    }
}

/// A mass in grams; other units are never converted.
fn grams(quantity: &Quantity) -> Option<Decimal> {
    match quantity.unit.as_str() {
        "GRM" => Some(quantity.amount),
        "KGM" => quantity.amount.checked_shift_up(3),
        "TNE" => quantity.amount.checked_shift_up(6),
        _ => None,
    }
}
