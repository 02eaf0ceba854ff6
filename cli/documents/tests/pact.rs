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
    assert!(matches!(refused("v3-invalid-response-all-properties.json"), PactDefect::Member { path, .. } if path == "data[0].updated"));
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
