//! A new passport from values: each has a short name or a JSON path. What is not given stays out, nothing is invented.

pub use crate::json::place::says_the_same;
use crate::json::place::{Asked, Kinds, NoPlace, asked, get, path_in, prune, set, without};
use crate::json::{Node, Value, object, text};
use crate::product::ProductId;
use crate::profile::{CONTEXTS, begins, ends};
use eco_core::name::OrgId;

macro_rules! footprint {
    ($($name:literal)*) => { concat!("credentialSubject.carbonFootprint" $(, ".", $name)*) };
}

/// The base profile in the order in which it is asked and written. Where several are alternatives, the first given counts.
pub const BASE: [Asked; 43] = [
    asked("id", "id", "Address at which it will be published, like https://acme.example/passports/BP-48100.jsonld"),
    asked("issuer", "issuer.id", "Your identifier in the registry, like did:web:acme.example"),
    asked("issuerName", "issuer.name", "Your legal name"),
    asked("validFrom", "validFrom", "Valid from (day, or time in UTC)"),
    asked("validUntil", "validUntil", "Valid until (last day, or time in UTC)"),
    asked("nonce", "credentialSubject.nonce", ""),
    asked("productId", "credentialSubject.id", ""),
    asked("gtin", "credentialSubject.gtin", "GTIN of the product (empty: it has another code)"),
    asked("gmn", "credentialSubject.gmn", "Global Model Number (empty: it has a code of your own)"),
    asked("modelCode", "credentialSubject.modelCode", "Your own model code, like LC-1390"),
    asked("name", "credentialSubject.name", "Name of the product"),
    asked("hs", "credentialSubject.hsClassification.codeValue", "HS code, 6 to 10 digits"),
    asked("hsEdition", "credentialSubject.hsClassification.inCodeSet", "HS edition: HS2017, HS2022 or HS2028"),
    asked("origin", "credentialSubject.countryOfOrigin", "Country of origin, like CN (may be left out)"),
    asked("valueKind", footprint!("valueKind"), "Is the value verified? Write verified, or what it is"),
    asked("value", footprint!("pcfExcludingBiogenicUptake"), "Carbon footprint in kg CO2e per declared unit, one number"),
    asked("unit", footprint!("declaredUnitOfMeasurement"), "Declared unit: piece, kilogram, kilowatt hour .."),
    asked("unitAmount", footprint!("declaredUnitAmount"), "How many of that unit, usually 1"),
    asked("standards", footprint!("crossSectoralStandards"), "Standards of the calculation, like ISO14067; several with ;"),
    asked("boundary", footprint!("boundary"), "Boundary: cradle-to-gate or cradle-to-grave"),
    asked("periodStart", footprint!("referencePeriodStart"), "First day of the data (or time in UTC)"),
    asked("periodEnd", footprint!("referencePeriodEnd"), "Last day of the data (or time in UTC)"),
    asked("country", footprint!("geographyCountry"), "Country of production, like CN (empty: a region)"),
    asked("region", footprint!("geographyCountrySubdivision"), "Region of production, like CN-GD"),
    asked("scope1", footprint!("emissionsByScope" "scope1"), "Scope 1 in kg"),
    asked("scope2Method", footprint!("emissionsByScope" "scope2Method"), "Method of scope 2: location-based or market-based"),
    asked("scope2Location", footprint!("emissionsByScope" "scope2LocationBased"), "Scope 2 by location in kg (empty: by market only)"),
    asked("scope2Market", footprint!("emissionsByScope" "scope2MarketBased"), "Scope 2 by market in kg (may be left out)"),
    asked("scope3", footprint!("emissionsByScope" "scope3Upstream"), "Scope 3 upstream in kg (may be left out)"),
    asked("factorName", footprint!("emissionFactorSources[0]" "name"), "Source of emission factors, like ecoinvent"),
    asked("factorVersion", footprint!("emissionFactorSources[0]" "sourceVersion"), "Its version"),
    asked("factorRegion", footprint!("emissionFactorSources[0]" "sourceRegion"), "Its region, like CN or GLO"),
    asked("factorYear", footprint!("emissionFactorSources[0]" "sourceYear"), "Its year"),
    asked("verificationStandard", footprint!("verification" "verificationStandard"), "Verified by which standard, like ISO 14064-3:2019"),
    asked("assurance", footprint!("verification" "levelOfAssurance"), "Level of assurance: reasonable or limited"),
    asked("statementNumber", footprint!("verification" "statementNumber"), "Number of the verification statement"),
    asked("completedAt", footprint!("verification" "completedAt"), "When the verification was completed (day, or time in UTC)"),
    asked("verifier", footprint!("verification" "verifier" "id"), "Identifier of the verification body, like did:web:verifier.example"),
    asked("verifierName", footprint!("verification" "verifier" "legalName"), "Its legal name"),
    asked("accreditationBody", footprint!("verification" "accreditation" "accreditationBody"), "Accredited by, like CNAS"),
    asked(
        "accreditationStandard",
        footprint!("verification" "accreditation" "accreditationStandard"),
        "By which standard, like ISO 14065:2020",
    ),
    asked("accreditationNumber", footprint!("verification" "accreditation" "accreditationNumber"), "Number of the accreditation"),
    asked("accreditedUntil", footprint!("verification" "accreditation" "accreditedUntil"), "Last day of the accreditation"),
];

/// Members of which a passport has one only: a new value puts the others out.
const ALTERNATIVES: [&[&str]; 2] = [
    &["credentialSubject.gtin", "credentialSubject.gmn", "credentialSubject.modelCode"],
    &[footprint!("geographyCountry"), footprint!("geographyCountrySubdivision")],
];

/// `type` of the objects that are made on the way.
const KINDS: &Kinds = &[
    ("credentialSubject", "Product"),
    ("carbonFootprint", "ProductCarbonFootprint"),
    ("hsClassification", "CategoryCode"),
    ("manufacturer", "Organization"),
    ("producedAt", "Facility"),
    ("dataProvider", "Organization"),
    ("emissionsByScope", "ScopeEmissions"),
    ("emissionFactorSources", "EmissionFactorSource"),
    ("lifeCycleStages", "StageEmissions"),
    ("scope3Categories", "ScopeCategory"),
    ("energyMix", "EnergyShare"),
    ("activityData", "ActivityData"),
    ("components", "Component"),
    ("dqi", "DataQuality"),
    ("verification", "Verification"),
    ("verifier", "Organization"),
    ("accreditation", "Accreditation"),
    ("evidenceLink", "SecureLink"),
];

/// Members that are lists of words.
const WORDS: [&str; 3] = ["crossSectoralStandards", "ipccCharacterizationFactors", "productOrSectorSpecificRules"];
/// Instants at which something begins or happens; a bare day is its first moment in UTC.
const STARTS: [&str; 5] = ["validFrom", "referencePeriodStart", "observedFrom", "completedAt", "created"];
/// Instants at which something ends, exclusive; a bare day counts as a whole.
const ENDS: [&str; 3] = ["validUntil", "referencePeriodEnd", "observedTo"];

/// The path that a short name stands for, or the path itself.
///
/// # Errors
/// Neither of them.
pub fn path_of(name: &str) -> Result<&str, NoPlace> {
    path_in(&BASE, name)
}

/// A passport of these values, later ones over earlier ones, in the order and on top of a template (without its proof).
/// `owner` is whose model codes they are; the nonce must never have been used.
///
/// # Errors
/// A name for which there is no place.
pub fn fill(template: Option<&Node>, values: &[(String, String)], owner: Option<&OrgId>, nonce: &[u8; 32]) -> Result<Node, NoPlace> {
    let mut document = template.map_or_else(skeleton, |node| without(node, &["proof"]));
    let mut place = |path: &str, value: Value| set(&mut document, path, value, KINDS);
    let (mut coded, mut named) = (false, false);
    for (name, value) in values {
        let path = path_of(name)?;
        let others = ALTERNATIVES.iter().filter(|group| group.contains(&path)).flat_map(|group| group.iter());
        for other in others.filter(|other| **other != path) {
            place(other, Value::Null)?;
        }
        place(path, value_of(path, value))?;
        coded |= ALTERNATIVES.first().is_some_and(|codes| codes.contains(&path));
        named |= path == "credentialSubject.id";
    }
    place("credentialSubject.nonce", Value::Text(crate::metadata::hex(nonce)))?;
    if !named && (coded || get(&document, "credentialSubject.id").is_none()) {
        let id = product_of(&document, owner).map_or(Value::Null, |id| Value::Text(id.to_string()));
        set(&mut document, "credentialSubject.id", id, KINDS)?;
    }
    prune(&mut document);
    Ok(document)
}

/// An empty passport with a place for everything that is asked, in that order.
fn skeleton() -> Node {
    let list = |words: &[&str]| Some(Node::new(Value::List(words.iter().map(|w| text(*w)).collect())));
    let empty = || Some(Node::new(Value::Null));
    let mut document =
        object([("@context", list(&CONTEXTS)), ("id", empty()), ("type", list(&["VerifiableCredential", "CarbonPassport"]))]);
    for asked in &BASE {
        // All of these are places.
        let _ = set(&mut document, asked.path, Value::Null, KINDS);
    }
    document
}

/// A value as the profile writes it; what cannot be understood stays as it is, for the check to object to.
fn value_of(path: &str, written: &str) -> Value {
    let last = path.rsplit('.').next().unwrap_or_default();
    match last {
        // Padded as it is read; whether its check digit is right is the check's to say.
        "gtin" if matches!(written.len(), 8 | 12 | 13) => Value::Text(format!("{written:0>14}")),
        // Spreadsheets hold codes as 8507.60.
        "codeValue" => Value::Text(written.replace(['.', ' '], "")),
        _ if STARTS.contains(&last) => Value::Text(begins(written)),
        _ if ENDS.contains(&last) => Value::Text(ends(written)),
        _ if WORDS.contains(&last) => Value::List(written.split(';').map(|word| text(word.trim())).collect()),
        _ => Value::Text(written.to_owned()),
    }
}

/// The product that the code in the document names.
fn product_of(document: &Node, owner: Option<&OrgId>) -> Option<ProductId> {
    let code = |name: &str| get(document, &format!("credentialSubject.{name}")).and_then(Node::as_text).map(str::to_owned);
    let gtin = code("gtin").map(|gtin| ProductId::Gtin { gtin, variant: None, batch: None, serial: None });
    let model = || Some(ProductId::Model { author: *owner?, code: code("modelCode")? });
    gtin.or_else(|| code("gmn").map(ProductId::Gmn)).or_else(model)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json;
    use crate::passport::read_passport;

    fn values(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    /// The base profile of the worked example, by short names.
    fn battery() -> Vec<(String, String)> {
        let example = json::read(include_bytes!("../../tests/documents/battery.json")).unwrap();
        let at = |path: &str| {
            let node = get(&example, path)?;
            node.as_text().map(str::to_owned).or_else(|| node.as_list()?.first()?.as_text().map(str::to_owned))
        };
        let asked = BASE.iter().filter(|a| a.name != "nonce" && a.name != "productId");
        asked.filter_map(|a| Some((a.name.to_owned(), at(a.path)?))).collect()
    }

    /// A passport that its own check refuses, or that shares its nonce, is worse than none.
    #[test]
    fn the_base_profile_by_short_names_is_a_whole_passport() {
        let made = fill(None, &battery(), None, &[7; 32]).unwrap();
        let report = read_passport(json::pretty(&made).as_bytes(), &[]);
        assert_eq!((report.flaws, report.carbon), (vec![], vec![]));
        let facts = report.facts.unwrap();
        assert_eq!(facts.product, "https://id.gs1.org/01/06901234567892");
        assert_eq!(facts.nonce.0, [7; 32]);
        let other = fill(Some(&made), &[], None, &[8; 32]).unwrap();
        assert!(says_the_same(&made, &other) && made != other);
        let changed = fill(Some(&made), &values(&[("value", "407.5")]), None, &[7; 32]).unwrap();
        assert!(!says_the_same(&made, &changed));
    }

    /// What is left out is named by the check, never filled in.
    #[test]
    fn nothing_is_invented() {
        let made = fill(None, &values(&[("gtin", "6901234567892")]), None, &[7; 32]).unwrap();
        let subject = made.get("credentialSubject").unwrap();
        assert_eq!(subject.get("gtin"), Some(&text("06901234567892")));
        let names: Vec<&str> = subject.as_object().unwrap().iter().map(|m| m.name.as_str()).collect();
        assert_eq!(names, ["type", "nonce", "id", "gtin"]);
        let missing = read_passport(json::pretty(&made).as_bytes(), &[]).flaws;
        assert!(
            ["id", "issuer", "validFrom", "credentialSubject.name"].iter().all(|p| missing.iter().any(|f| f.path == *p)),
            "{missing:?}"
        );
    }

    #[test]
    fn values_take_the_profile_s_form_and_put_alternatives_out() {
        let owner: OrgId = "acme".parse().unwrap();
        let given = values(&[
            ("gtin", "6901234567892"),
            ("modelCode", "LC-1390"),
            ("hs", "8456.11"),
            ("periodEnd", "2025-12-31"),
            ("validFrom", "2026-04-01"),
            ("standards", "ISO14067; ISO14044"),
        ]);
        let made = fill(None, &given, Some(&owner), &[7; 32]).unwrap();
        let shown = crate::jcs::canonical(&made);
        for part in [
            r#""id":"urn:eco:model:acme:LC-1390","modelCode":"LC-1390""#,
            r#""codeValue":"845611""#,
            r#""referencePeriodEnd":"2026-01-01T00:00:00Z""#,
            r#""validFrom":"2026-04-01T00:00:00Z""#,
            r#"["ISO14067","ISO14044"]"#,
        ] {
            assert!(shown.contains(part), "{part} in {shown}");
        }
        assert!(!shown.contains("gtin"), "{shown}");
    }

    /// A cell without a place that is dropped in silence would be missed by nobody.
    #[test]
    fn names_without_a_place_are_refused() {
        for bad in ["", "sku", "colour", "a..b", "credentialSubject.x[", "credentialSubject.x[a]", ".a", "a b.c"] {
            assert!(path_of(bad).is_err(), "{bad}");
        }
        let into_text = values(&[("credentialSubject.name", "x"), ("credentialSubject.name.deep", "y")]);
        assert!(fill(None, &into_text, None, &[7; 32]).is_err());
        let hole = values(&[(footprint!("components[1]" "name"), "x")]);
        assert!(fill(None, &hole, None, &[7; 32]).is_err(), "element 1 of an empty list");
    }
}
