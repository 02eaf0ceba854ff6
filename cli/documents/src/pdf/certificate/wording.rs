//! Codes of the metadata in words: countries, packages, units, amounts. A code that has no word here is printed itself.

/// Kinds of packages, UN/ECE Recommendation 21: code, one, several.
const PACKAGES: [(&str, &str, &str); 26] = [
    ("BA", "barrel", "barrels"),
    ("BE", "bundle", "bundles"),
    ("BG", "bag", "bags"),
    ("BL", "bale", "bales"),
    ("BX", "box", "boxes"),
    ("CA", "can", "cans"),
    ("CN", "container", "containers"),
    ("CR", "crate", "crates"),
    ("CS", "case", "cases"),
    ("CT", "carton", "cartons"),
    ("CX", "can", "cans"),
    ("CY", "cylinder", "cylinders"),
    ("DR", "drum", "drums"),
    ("EN", "envelope", "envelopes"),
    ("JR", "jar", "jars"),
    ("NE", "unpacked", "unpacked"),
    ("PA", "packet", "packets"),
    ("PC", "parcel", "parcels"),
    ("PK", "package", "packages"),
    ("PX", "pallet", "pallets"),
    ("RL", "reel", "reels"),
    ("RO", "roll", "rolls"),
    ("SA", "sack", "sacks"),
    ("TY", "tank", "tanks"),
    ("VR", "bulk", "bulk"),
    ("WC", "container", "containers"),
];

/// Units, UN/ECE Recommendation 20: code, one, several.
const UNITS: [(&str, &str, &str); 24] = [
    ("BX", "box", "boxes"),
    ("C62", "unit", "units"),
    ("CMT", "cm", "cm"),
    ("DZN", "dozen", "dozens"),
    ("EA", "piece", "pieces"),
    ("GRM", "g", "g"),
    ("H87", "piece", "pieces"),
    ("KGM", "kg", "kg"),
    ("KMT", "km", "km"),
    ("KWH", "kWh", "kWh"),
    ("KWT", "kW", "kW"),
    ("LTR", "l", "l"),
    ("MGM", "mg", "mg"),
    ("MTK", "m²", "m²"),
    ("MTQ", "m³", "m³"),
    ("MTR", "m", "m"),
    ("MWH", "MWh", "MWh"),
    ("NAR", "article", "articles"),
    ("NPR", "pair", "pairs"),
    ("PR", "pair", "pairs"),
    ("RO", "roll", "rolls"),
    ("SET", "set", "sets"),
    ("TNE", "t", "t"),
    ("WTT", "W", "W"),
];

/// The name of a country.
pub(super) fn country(code: &str) -> String {
    crate::country::name(code).unwrap_or(code).to_owned()
}

fn counted(table: &[(&str, &str, &str)], number: &str, code: &str) -> String {
    let grouped = grouped(number);
    match table.iter().find(|(found, ..)| *found == code) {
        Some((_, one, _)) if number == "1" => format!("{grouped} {one}"),
        Some((_, _, several)) => format!("{grouped} {several}"),
        None => format!("{grouped} {code}"),
    }
}

/// `40 cartons`
pub(super) fn packages(number: &str, code: &str) -> String {
    counted(&PACKAGES, number, code)
}

/// `1,200 kg`
pub(super) fn quantity(number: &str, code: &str) -> String {
    counted(&UNITS, number, code)
}

/// A decimal with its thousands set apart: `38,400.00`. What is no decimal is left as it is.
pub(super) fn grouped(number: &str) -> String {
    let (whole, rest) = number.find('.').map_or((number, ""), |at| number.split_at(at));
    if whole.is_empty() || !whole.bytes().all(|digit| digit.is_ascii_digit()) {
        return number.to_owned();
    }
    let mut out = String::new();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out + rest
}

/// An HS code with its points: `8507.60`, `8507.60.20`.
pub(super) fn hs(digits: &str) -> String {
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at >= 4 && at.is_multiple_of(2) {
            out.push('.');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A quantity that reads a thousand times larger would be a false certificate.
    #[test]
    fn codes_become_words_and_numbers_keep_their_value() {
        assert_eq!(packages("40", "CT"), "40 cartons");
        assert_eq!(packages("1", "CT"), "1 carton");
        assert_eq!(packages("3", "ZZ"), "3 ZZ");
        assert_eq!(quantity("1234567.50", "KGM"), "1,234,567.50 kg");
        assert_eq!(grouped("999"), "999");
        assert_eq!(grouped("1000"), "1,000");
        assert_eq!(grouped("forty"), "forty");
        assert_eq!(hs("850760"), "8507.60");
        assert_eq!(hs("8507602000"), "8507.60.20.00");
        assert_eq!(country("VN"), "Viet Nam");
        assert_eq!(country("XX"), "XX");
    }
}
