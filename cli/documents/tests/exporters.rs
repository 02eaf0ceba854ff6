//! Errors that exporters' programs make: each is answered with its code and its path, with what was found and how to mend it,
//! and none of them hides another.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use eco_core::verdict::Code::{self, *};
use eco_documents::metadata::read_metadata;
use eco_documents::passport::read_passport;
use eco_documents::profile::Flaw;
use serde_json::{Value, json};

const PASSPORT: &str = include_str!("documents/battery.json");
const CERTIFICATE: &str = include_str!("documents/certificate.json");

/// A document with another value at a path; `Value::Null` takes the member away.
fn with(source: &str, path: &str, value: &Value) -> String {
    let mut document: Value = serde_json::from_str(source).unwrap();
    let (parent, name) = path.rsplit_once('.').unwrap_or(("", path));
    let pointer: String = parent.split(['.', '[']).filter(|s| !s.is_empty()).map(|s| format!("/{}", s.trim_end_matches(']'))).collect();
    let parent = document.pointer_mut(&pointer).unwrap_or_else(|| panic!("{path}")).as_object_mut().unwrap();
    if value.is_null() {
        assert!(parent.remove(name).is_some(), "{path}");
    } else {
        parent.insert(name.to_owned(), value.clone());
    }
    document.to_string()
}

fn passport(document: &str) -> Vec<Flaw> {
    read_passport(document.as_bytes(), &[]).to_mend()
}

fn certificate(document: &str) -> Vec<Flaw> {
    read_metadata(document.as_bytes()).flaws.into_iter().filter(|flaw| flaw.code != ProofMissing).collect()
}

fn said(flaws: &[Flaw]) -> Vec<(Code, &str)> {
    flaws.iter().map(|flaw| (flaw.code, flaw.path.as_str())).collect()
}

/// One error of one member is answered by one flaw: with its path, the rule, what was found, and what to do.
fn one(flaws: &[Flaw], code: Code, path: &str, what: &str) {
    let answer = answered(flaws, code, path, what);
    assert!(answer.is_none(), "{}", answer.unwrap_or_default());
}

/// What is wrong with an answer.
fn answered(flaws: &[Flaw], code: Code, path: &str, what: &str) -> Option<String> {
    let whole = flaws.iter().all(|flaw| !flaw.rule.is_empty() && !flaw.found.is_empty() && !flaw.mend.is_empty());
    (said(flaws) != [(code, path)] || !whole).then(|| format!("{what}: {code} at {path} expected of {flaws:#?}\n"))
}

/// Every case: where it is edited, the value, the code, and the path of the flaw where that is another.
fn each(source: &str, check: fn(&str) -> Vec<Flaw>, cases: &[(String, Value, Code, &str)]) {
    let wrong = cases.iter().filter_map(|(path, value, code, inside)| {
        let flaws = check(&with(source, path, value));
        answered(&flaws, *code, &format!("{path}{inside}"), &format!("{path} = {value}"))
    });
    let wrong: String = wrong.collect();
    assert!(wrong.is_empty(), "{wrong}");
}

fn cases<const N: usize>(owner: &str, rows: [(&str, Value, Code); N]) -> Vec<(String, Value, Code, &'static str)> {
    rows.into_iter().map(|(member, value, code)| (format!("{owner}{member}"), value, code, "")).collect()
}

const FOOTPRINT: &str = "credentialSubject.carbonFootprint";

/// A range or an estimate must lose the lane by its own code; one number in another spelling must be told how it is written.
#[test]
fn the_carbon_value_in_every_spelling() {
    let at = format!("{FOOTPRINT}.pcfExcludingBiogenicUptake");
    for range in "400-415|~407|<415|407 ± 4|TBD|约407|約407|407左右|400〜415|およそ407|407以下|400～415|４００－４１５|max 415|حوالي ٤٠٧|ประมาณ 407|407 to 410|\
                  n/a|up to 410|khoảng 407|407程度|4e99"
        .split('|')
    {
        one(&passport(&with(PASSPORT, &at, &json!(range))), CfValueRange, &at, range);
    }
    one(&passport(&with(PASSPORT, &at, &json!(["400", "415"]))), CfValueRange, &at, "a list");
    one(&passport(&with(PASSPORT, &at, &json!({"min": "400", "max": "415"}))), CfValueRange, &at, "an object");
    let mended = "407,400.0=407400|4.074e2=407.4|４０７．４=407.4|٤٠٧٫٤=407.4|۴۰۷٫۴=407.4|๔๐๗=407|+407.4=407.4|0407.4=407.4| 407.4 =407.4|407.4\n=407.4|1e3=1000";
    for (odd, exact) in mended.split('|').filter_map(|pair| pair.split_once('=')) {
        let flaws = passport(&with(PASSPORT, &at, &json!(odd)));
        one(&flaws, FieldInvalid, &at, odd);
        assert!(flaws[0].mend.contains(&format!("{exact:?}")), "{odd}: {}", flaws[0].mend);
    }
    for bad in ["1.234,5", "407,4", "407.4 kg", "四百零七", "407.4.1", "0.1234567890123", "407.4%"] {
        one(&passport(&with(PASSPORT, &at, &json!(bad))), FieldInvalid, &at, bad);
    }
    one(&passport(&with(PASSPORT, &at, &json!("-407.4"))), FieldInvalid, &at, "negative");
    // A number without quotes is strict JSON nowhere.
    let number = with(PASSPORT, &at, &json!(407.4));
    one(&passport(&number), JsonNotStrict, "", "a JSON number");
}

/// Parts a hair within the tolerance are in order, a hair beyond they are not.
#[test]
fn sums_to_the_last_digit() {
    // 407.4 within 0.1 % is 406.9926 to 407.8074; scopes 1 and 2 are 65.5.
    let scope3 = format!("{FOOTPRINT}.emissionsByScope.scope3Upstream");
    let sums = |value: &str| {
        let edited = with(PASSPORT, &scope3, &json!(value));
        let without = with(&edited, &format!("{FOOTPRINT}.scope3Categories"), &Value::Null);
        passport(&without).into_iter().map(|flaw| flaw.code).collect::<Vec<_>>()
    };
    for (value, codes) in [
        ("341.4926", vec![]),
        ("342.3074", vec![]),
        ("341.4925", vec![CfSumMismatch]),
        ("342.3075", vec![CfSumMismatch]),
        ("0", vec![CfSumMismatch]),
    ] {
        assert_eq!(sums(value), codes, "{value}");
    }
    for (member, value) in [
        ("fossilGhgEmissions", json!("407.8075")),
        ("components", json!([{"name": "cells", "emissions": "407.9"}])),
        ("components", json!([{"name": "pack", "emissions": "300", "components": [{"name": "cells", "emissions": "301"}]}])),
        ("lifeCycleStages", json!([{"stage": "RawMaterialAcquisition", "emissions": "300"}])),
        ("scope3Categories", json!([{"category": "1", "emissions": "300"}])),
        ("energyMix", json!([{"energySource": "grid", "sharePercent": "90"}, {"energySource": "solar", "sharePercent": "10.2"}])),
    ] {
        let flaws = passport(&with(PASSPORT, &format!("{FOOTPRINT}.{member}"), &value));
        assert_eq!(flaws.iter().map(|flaw| flaw.code).collect::<Vec<_>>(), [CfSumMismatch], "{member}: {flaws:#?}");
        assert!(flaws[0].path.contains(member) && !flaws[0].found.is_empty(), "{flaws:#?}");
    }
    for zero in ["0", "0.0", "-0"] {
        let flaws = passport(&with(PASSPORT, &format!("{FOOTPRINT}.biogenicCarbonContent"), &json!(zero)));
        assert_eq!(said(&flaws), [], "{zero} is zero");
    }
}

/// Members of a passport, one error each.
#[test]
fn passports_with_one_error() {
    let rows = [
        ("valueKind", json!("estimated"), CfNotVerified),
        ("valueKind", json!("Verified"), CfNotVerified),
        ("crossSectoralStandards", json!(["ISO 14067"]), CfStandardMissing),
        ("declaredUnitOfMeasurement", json!("kWh"), FieldInvalid),
        ("declaredUnitOfMeasurement", json!("kg"), FieldInvalid),
        ("declaredUnitAmount", json!("0"), FieldInvalid),
        ("declaredUnitAmount", json!("-1"), FieldInvalid),
        ("boundary", json!("cradle to gate"), FieldInvalid),
        ("referencePeriodEnd", json!("2026-02-30T00:00:00Z"), FieldInvalid),
        ("referencePeriodEnd", json!("2025-12-31T23:59:60Z"), FieldInvalid),
        ("referencePeriodEnd", json!("2025-12-31T23:59:59+08:00"), FieldInvalid),
        ("referencePeriodEnd", json!("2025-12-31"), FieldInvalid),
        ("referencePeriodEnd", json!("31.12.2025"), FieldInvalid),
        ("referencePeriodEnd", json!("2024-12-31T00:00:00Z"), CfPeriodInvalid),
        ("geographyCountrySubdivision", json!("cn-gd"), FieldInvalid),
        ("geographyCountrySubdivision", json!("ZZ-GD"), FieldInvalid),
        ("geographyCountrySubdivision", json!("JP-13"), FieldInvalid),
        ("primaryDataShare", json!("150"), FieldInvalid),
        ("exemptedEmissionsPercent", json!("-0.1"), FieldInvalid),
        ("status", json!("Deprecated"), CfDeprecated),
        ("status", json!("active"), FieldInvalid),
        ("specVersion", json!("v3"), FieldInvalid),
        ("id", json!("3f0c2a52-5d2b-4c52-9a51-0b7f3d9f6a11"), FieldInvalid),
        ("ipccCharacterizationFactors", json!(["AR4"]), FieldInvalid),
        ("boundaryProcessesDescription", json!("x".repeat(2001)), FieldInvalid),
        ("boundaryProcessesDescription", json!(""), FieldInvalid),
        ("pCfExcludingBiogenic", json!("1"), UnknownField),
    ];
    each(PASSPORT, passport, &cases("credentialSubject.carbonFootprint.", rows));
    let (country, place) = (format!("{FOOTPRINT}.geographyCountry"), format!("{FOOTPRINT}.geographyCountrySubdivision"));
    one(&passport(&with(PASSPORT, &country, &json!("CN"))), FieldInvalid, &place, "two places");
    let hidden = with(PASSPORT, &format!("{FOOTPRINT}.__proto__"), &json!({"valueKind": "verified"}));
    one(&passport(&hidden), UnknownField, &format!("{FOOTPRINT}[\"__proto__\"]"), "a member that programs of JavaScript act on");
    let twice = (format!("{FOOTPRINT}.crossSectoralStandards"), json!(["ISO14067", "ISO14067"]), FieldInvalid, "[1]");
    each(PASSPORT, passport, &[twice]);
    let rows = [
        ("gtin", json!("06901234567893"), FieldInvalid),
        ("gtin", json!("6901234567892"), FieldInvalid),
        ("name", json!("48 V\u{202E}kcap"), FieldInvalid),
        ("name", json!("48\u{200B}V"), FieldInvalid),
        ("name", json!("Caf\u{65}\u{301}"), StringNotNfc),
        ("model", json!("BP\u{0}"), FieldInvalid),
        ("idGranularity", json!("item"), FieldInvalid),
        ("countryOfOrigin", json!("cn"), FieldInvalid),
        ("countryOfOrigin", json!("ZZ"), FieldInvalid),
        ("countryOfOrigin", json!("EU"), FieldInvalid),
        ("countryOfOrigin", json!("CHN"), FieldInvalid),
        ("nonce", json!("5B1E"), FieldInvalid),
        ("type", json!("product"), FieldInvalid),
        ("constructor", json!("x"), UnknownField),
    ];
    each(PASSPORT, passport, &cases("credentialSubject.", rows));
    let rows = [
        ("credentialSubject.hsClassification.codeValue", json!("8507.60"), FieldInvalid),
        ("credentialSubject.hsClassification.codeValue", json!("8507"), FieldInvalid),
        ("credentialSubject.hsClassification.codeValue", json!("85076000000"), FieldInvalid),
        ("credentialSubject.hsClassification.inCodeSet", json!("HS 2022"), FieldInvalid),
        ("credentialSubject.hsClassification.inCodeSet", json!("HS2012"), FieldInvalid),
        ("credentialSubject.producedAt.id", json!("https://id.gs1.org/414/6901234000017"), FieldInvalid),
        ("issuer.id", json!("https://acme.example.cn"), FieldInvalid),
        ("issuer.id", json!("did:ethr:0x1"), FieldInvalid),
        ("validUntil", json!("2030-12-31T23:59:59Z"), FieldInvalid),
    ];
    each(PASSPORT, passport, &cases("", rows));
    // Three levels of components, the innermost refused by its own path.
    let deep = json!([{"name": "a", "components": [{"name": "b", "components": [{"name": "c"}]}]}]);
    let path = format!("{FOOTPRINT}.components[0].components[0].components");
    one(&passport(&with(PASSPORT, &format!("{FOOTPRINT}.components"), &deep)), FieldInvalid, &path, "depth 3");
    // Two names that look alike are two names: the second is Cyrillic, and none is hidden by the other.
    let alike = json!([{"name": "Cell", "emissions": "1"}, {"name": "\u{421}ell", "emissions": "1"}]);
    assert_eq!(said(&passport(&with(PASSPORT, &format!("{FOOTPRINT}.components"), &alike))), []);
}

/// Members of a certificate, one error each.
#[test]
fn certificates_with_one_error() {
    let rows = [
        ("credentialSubject.exportedTo", json!("vn"), FieldInvalid),
        ("credentialSubject.exportedTo", json!("EU"), FieldInvalid),
        ("credentialSubject.exportedTo", json!("ZZ"), FieldInvalid),
        ("credentialSubject.issueDate", json!("2026-02-30"), FieldInvalid),
        ("credentialSubject.issueDate", json!("10/05/2026"), FieldInvalid),
        ("credentialSubject.issuedRetroactively", json!("false"), FieldInvalid),
        ("credentialSubject.certificateNumber", json!("26C_1"), FieldInvalid),
        ("credentialSubject.certificateNumber", json!("\u{202E}26C"), FieldInvalid),
        ("credentialSubject.agreement", json!("rcep"), FieldInvalid),
        ("credentialSubject.proofOfOriginType", json!("Form RCEP"), FieldInvalid),
        ("credentialSubject.consignee.legalName", json!("Saigon\u{2066} Storage"), FieldInvalid),
        ("credentialSubject.transport.portOfDischarge", json!("VN SGN"), FieldInvalid),
        ("credentialSubject.replaces.fingerprint", json!("ab".repeat(32)), FieldInvalid),
        ("validUntil", json!("2027-05-12T00:00:01Z"), FieldInvalid),
    ];
    each(CERTIFICATE, certificate, &cases("", rows));
    let other = json!({"id": "did:web:other.example", "legalName": "Other Chamber", "addressCountry": "CN"});
    each(CERTIFICATE, certificate, &[("credentialSubject.issuingBody".into(), other, SignerNotIssuer, "")]);
    let rows = [
        ("packageKind", json!("CTN"), FieldInvalid),
        ("packageCount", json!("forty"), FieldInvalid),
        ("itemNumber", json!("01"), FieldInvalid),
        ("originCriterion", json!("CTH"), FieldInvalid),
        ("originQualifier", json!(["PSR"]), FieldInvalid),
        ("tariffDifferential", json!("***"), FieldInvalid),
        ("originCountryRcep", json!("China"), FieldInvalid),
        ("quantity.quantityValue", json!("0"), FieldInvalid),
        ("quantity.quantityValue", json!("1.234,5"), FieldInvalid),
        ("quantity.unitCode", json!("pcs"), FieldInvalid),
        ("fobValue.currency", json!("US$"), FieldInvalid),
        ("hsClassification.inCodeSet", json!("2022"), FieldInvalid),
        ("originProduct.id", json!("https://id.gs1.org/01/06901234567893"), FieldInvalid),
        ("carbonPassport.fingerprint", json!(format!("file:{}", "ab".repeat(32))), FieldInvalid),
        ("fobValue", Value::Null, FieldMissing),
    ];
    each(CERTIFICATE, certificate, &cases("credentialSubject.originItems[0].", rows));
}

/// A checker that shows one error at a time costs its user a day for each; so does one whose findings hide one another.
#[test]
fn all_errors_at_once() {
    let mut document = PASSPORT.to_owned();
    let edits = [
        ("credentialSubject.nonce", Value::Null),
        ("credentialSubject.hsClassification", json!("850760")),
        ("validFrom", json!("yesterday")),
        ("credentialSubject.carbonFootprint.valueKind", json!("estimated")),
        ("credentialSubject.carbonFootprint.emissionsByScope.scope1", json!("4.1")),
        ("credentialSubject.carbonFootprint.crossSectoralStandards", json!(["GHGP-Product"])),
        ("credentialSubject.carbonFootprint.geographyCountrySubdivision", json!("GD")),
    ];
    for (path, value) in &edits {
        document = with(&document, path, value);
    }
    let flaws = passport(&document);
    let found = said(&flaws);
    for expected in [
        (FieldMissing, "credentialSubject.nonce"),
        (FieldInvalid, "credentialSubject.hsClassification"),
        (FieldInvalid, "validFrom"),
        (FieldInvalid, "credentialSubject.carbonFootprint.geographyCountrySubdivision"),
        (CfNotVerified, "credentialSubject.carbonFootprint.valueKind"),
        (CfStandardMissing, "credentialSubject.carbonFootprint.crossSectoralStandards"),
        (CfSumMismatch, "credentialSubject.carbonFootprint.emissionsByScope"),
    ] {
        assert!(found.contains(&expected), "{expected:?} in {found:#?}");
    }
    assert_eq!(found.len(), edits.len(), "and nothing else: {found:#?}");
}
