//! Footprints of PACT: version 3 becomes a draft that says what it lacks; what is not version 3 is refused by name.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod common;

use common::shared;
use eco_documents::json::Node;
use eco_documents::passport::pact::{PactDefect, import};

/// A draft that hides what it lacks would be signed as it is; one that invents it would be a forgery.
#[test]
fn version_three_becomes_a_draft_with_its_gaps() {
    let Some(directory) = shared("passports") else { return };
    for (name, value) in [("v3-example-1", "0.384"), ("v3-example-2", "5.14"), ("v3-list-footprints-response", "1.85")] {
        let found = import(&std::fs::read(directory.join(format!("{name}.json"))).unwrap()).unwrap();
        let draft = &found.drafts[0];
        let footprint = draft.document.get("credentialSubject").and_then(|s| s.get("carbonFootprint")).unwrap();
        assert_eq!(footprint.get("pcfExcludingBiogenicUptake").and_then(Node::as_text), Some(value), "{name}");
        for member in
            ["issuer", "credentialSubject.nonce", "credentialSubject.hsClassification", "credentialSubject.carbonFootprint.verification"]
        {
            assert!(draft.missing.iter().any(|m| m.starts_with(member)), "{name}: {member} in {:?}", draft.missing);
        }
        assert!(draft.left_out.iter().any(|m| m == "pcf.secondaryEmissionFactorSources"), "{name}: {:?}", draft.left_out);
    }
}

#[test]
fn what_is_not_version_three_is_refused_with_its_reason() {
    let Some(directory) = shared("passports") else { return };
    let refused = |name: &str| import(&std::fs::read(directory.join(name)).unwrap()).unwrap_err();
    assert_eq!(refused("v2-get-footprint-response.json"), PactDefect::Version("2.0.0".into()));
    assert!(matches!(refused("v3-invalid-response-all-properties.json"), PactDefect::Members(wrong) if wrong[0].0 == "data[0].updated"));
    assert!(matches!(refused("CarbonFootprint-payload-utf16.json"), PactDefect::NotStrict(_)));
    assert_eq!(refused("Pcf-9.0.0.json"), PactDefect::NoFootprint, "Catena-X is another format");
    assert_eq!(refused("issue-3230-1.jsonld"), PactDefect::NoFootprint);
    assert_eq!(import(b"{\"data\":[]}").unwrap_err(), PactDefect::NoFootprint);
}

/// None of the corpus is a passport, and every one of them is answered.
#[test]
fn foreign_documents_are_no_passports() {
    let Some(directory) = shared("passports") else { return };
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let report = eco_documents::passport::read_passport(&std::fs::read(&path).unwrap(), &[]);
        assert!(!report.flaws.is_empty() && report.facts.is_none(), "{}", path.display());
    }
}

/// A footprint with these members of `pcf` in place of its own; `null` removes one.
fn variant(edits: &[(&str, &str)]) -> String {
    let mut pcf = vec![
        ("declaredUnitOfMeasurement", "\"kilogram\""),
        ("declaredUnitAmount", "\"1\""),
        ("pcfExcludingBiogenicUptake", "\"1.5\""),
        ("referencePeriodStart", "\"2025-01-01T00:00:00Z\""),
        ("referencePeriodEnd", "\"2026-01-01T00:00:00Z\""),
        ("geographyCountry", "\"CN\""),
    ];
    for (name, value) in edits {
        pcf.retain(|(known, _)| known != name);
        pcf.extend((*value != "null").then_some((*name, *value)));
    }
    let pcf: Vec<String> = pcf.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
    format!(r#"{{"id":"91715e5e-fd0b-4d1c-8fab-76290c46e6ed","specVersion":"3.0.0","pcf":{{{}}}}}"#, pcf.join(","))
}

/// An importer that names one gap at a time costs a supplier a day for each; one that takes half of a list hides the rest.
#[test]
fn every_gap_of_a_variant_is_named() {
    let import = |text: String| import(text.as_bytes());
    let good = || variant(&[]);
    for wrapped in [good(), format!("[{}]", good()), format!("{{\"data\":{}}}", good()), format!("{{\"data\":[{},{}]}}", good(), good())] {
        let found = import(wrapped.clone()).unwrap();
        assert!(found.refused.is_empty() && !found.drafts[0].missing.is_empty(), "{wrapped}");
        assert!(found.drafts[0].missing.iter().all(|m| !m.contains("pcfExcludingBiogenicUptake")), "{:?}", found.drafts[0].missing);
    }
    let wrong = |text: String| match import(text) {
        Err(PactDefect::Members(wrong)) => wrong.into_iter().map(|(path, _)| path).collect::<Vec<_>>(),
        other => panic!("{other:?}"),
    };
    let old = variant(&[("pcfExcludingBiogenicUptake", "null"), ("declaredUnitAmount", "null"), ("unitaryProductAmount", "\"1\"")]);
    let all = ["pcf.unitaryProductAmount", "pcf.declaredUnitAmount", "pcf.pcfExcludingBiogenicUptake"];
    assert_eq!(wrong(old), all, "PACT 2 under the name of 3");
    assert_eq!(wrong(variant(&[("declaredUnitAmount", "[\"1\"]"), ("referencePeriodEnd", "\"2026-01-01\"")])).len(), 2);
    let mixed = import(format!("{{\"data\":[{},{}]}}", good(), variant(&[("referencePeriodEnd", "null")]))).unwrap();
    assert_eq!((mixed.drafts.len(), mixed.refused.len()), (1, 1), "one that is broken stops no other");
    // PACT writes decimals as strings. A number's digits are taken as they are written, and what is no decimal of the profile is said.
    let value = |text: &str| import(variant(&[("pcfExcludingBiogenicUptake", text)])).unwrap().drafts[0].missing.join("\n");
    assert!(!value("1.50").contains("pcfExcludingBiogenicUptake"));
    for odd in ["1e3", "\"1e3\"", "\"12-15\"", "-0.5"] {
        assert!(value(odd).contains("pcfExcludingBiogenicUptake"), "{odd}: {}", value(odd));
    }
}
