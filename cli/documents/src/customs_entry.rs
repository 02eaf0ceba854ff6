//! The customs entry record that a certificate is compared with: JSON or a line of a spreadsheet, every member optional.
//!
//! It is the asker's own data, of whatever system customs have: JSON numbers are read as their digits. A member that
//! this version does not know is refused, because it would silently not be compared.

use crate::json::{self, Value};
use crate::product::{ProductId, gtin14};
use eco_core::name::Country;
use eco_core::scheme::HsCode;
use eco_core::verdict::{EntryRecord, Quantity};

/// The members of an entry record: names in JSON, columns of a spreadsheet.
pub const ENTRY_FIELDS: [&str; 10] =
    ["certificateNumber", "issuer", "hs", "productId", "quantity", "unitCode", "countryOfOrigin", "invoiceNumber", "consignee", "exporter"];
/// Digits of an HS code that can be compared; national codes may go on.
const HS_DIGITS_MAX: usize = 10;

/// A member that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: expected {expected}, found {found}")]
pub struct EntryFlaw {
    /// Which; empty for the record itself.
    pub field: String,
    /// What is read there.
    pub expected: String,
    /// What stands there.
    pub found: String,
}

impl EntryFlaw {
    fn new(field: &str, expected: impl Into<String>, found: impl Into<String>) -> Self {
        Self { field: field.to_owned(), expected: expected.into(), found: found.into() }
    }
}

/// Reads an entry record from a JSON object.
///
/// # Errors
/// Every member that cannot be read.
pub fn read_entry(bytes: &[u8]) -> Result<EntryRecord, Vec<EntryFlaw>> {
    let document = json::read_foreign(bytes).map_err(|e| vec![EntryFlaw::new("", "a JSON object", e.to_string())])?;
    let members = document.as_object().ok_or_else(|| vec![EntryFlaw::new("", "a JSON object", document.shown())])?;
    let mut fields = Vec::new();
    let mut flaws = Vec::new();
    for member in members {
        match &member.node.value {
            Value::Null => {}
            Value::Text(text) => fields.push((member.name.as_str(), text.as_str())),
            _ => flaws.push(EntryFlaw::new(&member.name, "a text or a number", member.node.shown())),
        }
    }
    match entry_of(fields) {
        Ok(entry) if flaws.is_empty() => Ok(entry),
        Ok(_) => Err(flaws),
        Err(more) => Err(flaws.into_iter().chain(more).collect()),
    }
}

/// An entry record from names and texts; empty texts are left out.
///
/// # Errors
/// Every member that cannot be read.
pub fn entry_of<'a>(fields: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<EntryRecord, Vec<EntryFlaw>> {
    let (mut entry, mut flaws) = (EntryRecord::default(), Vec::new());
    let (mut amount, mut unit) = (None, None);
    for (field, text) in fields.into_iter().map(|(field, text)| (field, text.trim())).filter(|(_, text)| !text.is_empty()) {
        let own = || Some(text.to_owned());
        let mut refuse = |expected: &str| flaws.push(EntryFlaw::new(field, expected, format!("{text:?}")));
        match field {
            "certificateNumber" => entry.certificate_number = own(),
            "issuer" => entry.issuer = own(),
            "invoiceNumber" => entry.invoice_number = own(),
            "consignee" => entry.consignee = own(),
            "exporter" => entry.exporter = own(),
            "unitCode" => unit = own(),
            "hs" => match hs(text) {
                Some(code) => entry.hs = Some(code),
                None => refuse("2 to 14 digits of an HS code"),
            },
            "productId" => match product(text) {
                Ok(id) => entry.product = Some(id),
                Err(why) => refuse(&why),
            },
            "countryOfOrigin" => match text.parse::<Country>() {
                Ok(country) => entry.country_of_origin = Some(country),
                Err(_) => refuse("two upper-case letters (ISO 3166-1)"),
            },
            "quantity" => match text.parse() {
                Ok(number) => amount = Some(number),
                Err(_) => refuse("a decimal with a point and without separators, like 1200.5"),
            },
            _ => refuse(&format!("one of {}", ENTRY_FIELDS.join(", "))),
        }
    }
    match (amount, unit) {
        (Some(amount), Some(unit)) => entry.quantity = Some(Quantity { amount, unit }),
        (Some(_), None) => flaws.push(EntryFlaw::new("unitCode", "the unit of the quantity (UN/ECE Recommendation 20)", "nothing")),
        (None, _) => {}
    }
    if flaws.is_empty() { Ok(entry) } else { Err(flaws) }
}

/// The members of an entry record that are stated, as [`entry_of`] reads them.
#[must_use]
pub fn entry_fields(entry: &EntryRecord) -> Vec<(String, String)> {
    let quantity = entry.quantity.as_ref();
    let all = [
        ("certificateNumber", entry.certificate_number.clone()),
        ("issuer", entry.issuer.clone()),
        ("hs", entry.hs.map(|hs| hs.to_string())),
        ("productId", entry.product.clone()),
        ("quantity", quantity.map(|quantity| quantity.amount.to_string())),
        ("unitCode", quantity.map(|quantity| quantity.unit.clone())),
        ("countryOfOrigin", entry.country_of_origin.map(|country| country.to_string())),
        ("invoiceNumber", entry.invoice_number.clone()),
        ("consignee", entry.consignee.clone()),
        ("exporter", entry.exporter.clone()),
    ];
    all.into_iter().filter_map(|(name, text)| text.map(|text| (name.to_owned(), text))).collect()
}

/// As customs write it: with points or spaces, and with national digits behind the tenth, which are not compared.
fn hs(text: &str) -> Option<HsCode> {
    let digits = text.replace(['.', ' '], "");
    let fits = digits.len() <= 14 && digits.bytes().all(|c| c.is_ascii_digit());
    digits.get(..digits.len().min(HS_DIGITS_MAX)).filter(|_| fits)?.parse().ok()
}

/// A bare GTIN, or anything that [`ProductId::normalise`] reads.
fn product(text: &str) -> Result<String, String> {
    let id = if text.bytes().all(|c| c.is_ascii_digit()) {
        gtin14(text).and_then(|gtin| ProductId::normalise(&format!("https://id.gs1.org/01/{gtin}")))
    } else {
        ProductId::normalise(text)
    };
    id.map(|id| id.to_string()).map_err(|defect| defect.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What customs systems write is read; what would be compared wrongly or not at all is refused by its name.
    #[test]
    fn a_record_is_read_as_customs_write_it() {
        let entry = read_entry(
            br#"{ "certificateNumber": "CO-1", "hs": "8507.60.00 19", "productId": "6901234567892", "quantity": 120, "unitCode": "H87",
                  "countryOfOrigin": "CN", "consignee": "Nippon Denchi", "exporter": null }"#,
        )
        .unwrap();
        assert_eq!(entry.hs.unwrap().to_string(), "8507600019");
        let code = |text: &str| entry_of([("hs", text)]).map(|entry| entry.hs.unwrap().to_string());
        assert_eq!(code("8507.60.0019 1234").as_deref(), Ok("8507600019"), "national digits are not compared");
        assert!(code("850760001912345").is_err() && code("8").is_err());
        assert_eq!(entry.product.as_deref(), Some("https://id.gs1.org/01/06901234567892"));
        assert_eq!(entry.quantity.as_ref().unwrap().amount, "120".parse().unwrap());
        assert_eq!((&entry.exporter, &entry.invoice_number), (&None, &None));
        let again = entry_of(entry_fields(&entry).iter().map(|(name, text)| (name.as_str(), text.as_str())));
        assert_eq!(again.as_ref(), Ok(&entry), "kept and read again it is the same");
        let flaws = read_entry(
            br#"{ "hscode": "850760", "hs": "85x", "productId": "6901234567893", "quantity": "1,200", "countryOfOrigin": "China", "issuer": [] }"#,
        )
        .unwrap_err();
        let fields: Vec<&str> = flaws.iter().map(|f| f.field.as_str()).collect();
        assert_eq!(fields, ["issuer", "hscode", "hs", "productId", "quantity", "countryOfOrigin"]);
        assert!(flaws[3].expected.contains("check digit") && flaws[1].expected.contains("productId"), "{flaws:?}");
        assert_eq!(read_entry(br#"{"quantity": 3}"#).unwrap_err()[0].field, "unitCode");
        assert_eq!(read_entry(b"[]").unwrap_err()[0].field, "");
        assert!(read_entry(br#"{"hs": "850760", "hs": "850750"}"#).is_err(), "one reading only");
    }
}
