//! A certificate with its carbon passport on the command line: trust for each, eligibility by importing country.

use super::shipment::{ARRIVAL, AS_OF, SCHEME, STATEMENT, Shipment, recognises};
use crate::kit::{carbon, org};
use eco_core::eco_file::{FileKind, wrap};
use eco_core::state::RecordKey;
use eco_core::statement::PresentationState;
use eco_core::verdict::{Evidence, Policy, Question, Reach, SavedDocument, SavedVerdict, judge};
use serde_json::Value;

/// The codes that count for the scheme, notices apart.
fn codes(answer: &Value) -> Vec<&str> {
    let reasons = answer["eligibility"]["reasons"].as_array().unwrap();
    reasons.iter().filter(|r| r["class"] != "notice").map(|r| r["code"].as_str().unwrap()).collect()
}

fn notices(answer: &Value) -> Vec<&str> {
    let reasons = answer["eligibility"]["reasons"].as_array().unwrap();
    reasons.iter().filter(|r| r["class"] == "notice").map(|r| r["code"].as_str().unwrap()).collect()
}

fn words(answer: &Value) -> [&str; 3] {
    let word = |value: &Value| value.as_str().map(str::to_owned);
    let all = [&answer["verdict"]["trust"], &answer["passports"][0]["verdict"]["trust"], &answer["eligibility"]["eligibility"]];
    assert!(all.iter().all(|v| word(v).is_some()), "{answer:#}");
    all.map(|v| v.as_str().unwrap())
}

/// The point of it all: the same papers, offline, the lane here and not there, and no document the worse for it.
#[test]
fn eligible_in_one_country_and_not_in_another() {
    let shipment = Shipment::new();
    let (exit, answer) = shipment.verify("JP", &[]);
    assert_eq!((exit, words(&answer)), (0, ["TRUSTED", "TRUSTED", "ELIGIBLE"]), "{answer:#}");
    assert_eq!(answer["eligibility"]["mode"], "enforce");
    let (exit, answer) = shipment.verify("KR", &[]);
    assert_eq!((exit, words(&answer)), (1, ["TRUSTED", "TRUSTED", "NOT_ELIGIBLE"]), "{answer:#}");
    assert_eq!(codes(&answer), ["ACCREDITATION_NOT_RECOGNISED"]);
    let said = shipment.eco(&[
        "verify",
        "co.jsonld",
        "--passport",
        "battery.jsonld",
        "--offline",
        "--as-of",
        AS_OF,
        "--receipt",
        "lists.eco",
        "--receipt",
        "proofs.eco",
        "--scheme",
        SCHEME,
        "--importing",
        "KR",
        "--arrival",
        ARRIVAL,
    ]);
    let (out, err) = (String::from_utf8(said.stdout).unwrap(), String::from_utf8(said.stderr).unwrap());
    assert!(out.contains("NOT_ELIGIBLE  sample-lithium-battery") && err.contains("KR does not recognise this verifier here"), "{out}{err}");
    // Nobody speaks for VN, where the certificate says that the goods go.
    let asked = ["verify", "co.jsonld", "--passport", "battery.jsonld", "--offline", "--as-of", AS_OF, "--receipt", "lists.eco"];
    let (exit, answer) = shipment.json(&[&asked[..], &["--receipt", "proofs.eco", "--scheme", SCHEME, "--arrival", ARRIVAL]].concat());
    assert_eq!((exit, codes(&answer)), (3, vec!["RECOGNITION_NOT_CHECKED"]), "{answer:#}");
    assert_eq!(answer["eligibility"]["importing"], "VN");
}

/// A list with one entry left out must not pass for the whole list: what is hidden may be what forbids the lane.
#[test]
fn a_list_with_an_entry_left_out_is_not_taken_for_the_whole() {
    let shipment = Shipment::with(
        |text| text,
        |n| vec![recognises(n, "kr-customs", "KR", "cn-verify"), recognises(n, "jp-standards", "JP", "cn-verify")],
    );
    assert_eq!(shipment.verify("KR", &[]).0, 0, "recognised: with the whole list it is seen");
    let without = |left_out: RecordKey| {
        let keys: Vec<RecordKey> = shipment.lists().into_iter().filter(|key| *key != left_out).collect();
        assert_eq!(keys.len() + 1, shipment.lists().len());
        shipment.write("lists.eco", &shipment.network.status(&keys).to_file());
        let (exit, answer) = shipment.verify("KR", &[]);
        assert_eq!(words(&answer)[..2], ["TRUSTED", "TRUSTED"], "{answer:#}");
        (exit, codes(&answer).into_iter().map(str::to_owned).collect::<Vec<_>>())
    };
    let own = carbon::country("KR");
    let verify = org("cn-verify");
    assert_eq!(without(RecordKey::Recognition(own, verify, 0)), (3, vec!["RECOGNITION_NOT_CHECKED".into()]));
    assert_eq!(without(RecordKey::Recognisers(verify)), (3, vec!["RECOGNITION_NOT_CHECKED".into()]));
    assert_eq!(without(RecordKey::Authority("KR".parse().unwrap())), (3, vec!["RECOGNITION_NOT_CHECKED".into()]));
    assert_eq!(without(RecordKey::Attestation(shipment.passport_id(), verify)), (3, vec!["DOCUMENT_NOT_TRUSTED".into()]));
    assert_eq!(without(RecordKey::Attestations(shipment.passport_id())), (3, vec!["DOCUMENT_NOT_TRUSTED".into()]));
    let scheme = RecordKey::Scheme(eco_core::state::SchemeKey::of(&SCHEME.parse().unwrap()));
    assert_eq!(without(scheme), (3, vec!["SCHEME_UNKNOWN".into()]));
}

/// The newest head that shows a list decides: an old proof must not bring back an attestation that was withdrawn.
#[test]
fn an_older_list_does_not_outvote_a_newer_one() {
    let mut shipment = Shipment::new();
    let old = std::fs::read(shipment.path("lists.eco")).unwrap();
    let mut withdrawal = carbon::withdraw_attest(shipment.passport_id(), 1, STATEMENT);
    let eco_core::verdict::Facts::Passport(facts) = &shipment.passport.facts else { panic!() };
    withdrawal.statement = eco_core::commitment::StatementHash::of(&facts.nonce, STATEMENT).unwrap();
    shipment.network.record(vec![shipment.network.withdraws("cn-verify", withdrawal)]);
    shipment.prove();
    shipment.write("old.eco", &old);
    for order in [["lists.eco", "old.eco"], ["old.eco", "lists.eco"]] {
        let (_, answer) = shipment.verify("JP", &["--receipt", order[0], "--receipt", order[1]]);
        assert!(notices(&answer).contains(&"CHANGED_SINCE"), "{answer:#}");
    }
    // By the issue date it was in force: the goods were at sea, and the lane stays.
    assert_eq!(words(&shipment.verify("JP", &[]).1), ["TRUSTED", "TRUSTED", "ELIGIBLE"]);
}

/// A newer passport, published while the goods are at sea, changes no answer, and is told.
#[test]
fn an_update_at_sea_is_a_notice() {
    let mut shipment = Shipment::new();
    shipment.supersede();
    let presented = carbon::present(shipment.certificate_id(), "kr-customs", "1", 0, PresentationState::Lodged);
    shipment.network.record(vec![shipment.network.presents("kr-customs", presented)]);
    shipment.prove();
    let keys = [
        shipment.lists(),
        vec![RecordKey::Presentation(shipment.certificate_id(), org("kr-customs"), carbon::declaration("kr-customs", "1"))],
    ]
    .concat();
    shipment.write("lists.eco", &shipment.network.status(&keys).to_file());
    let (exit, answer) = shipment.verify("JP", &[]);
    assert_eq!((exit, words(&answer)), (0, ["TRUSTED", "TRUSTED", "ELIGIBLE"]), "{answer:#}");
    assert!(notices(&answer).contains(&"PASSPORT_SUPERSEDED_SINCE") && notices(&answer).contains(&"DUPLICATE_PRESENTATION"), "{answer:#}");
}

/// What customs hold in their own entry is compared field by field, by JSON and by a table.
#[test]
fn differences_to_the_customs_entry_are_listed() {
    let shipment = Shipment::new();
    let good = r#"{ "certificateNumber": "26c4403a000100001", "hs": "8507.60.00", "productId": "06901234567892", "quantity": 12,
        "unitCode": "H87", "countryOfOrigin": "CN", "consignee": "SAIGON STORAGE JSC" }"#;
    shipment.write("entry.json", good.as_bytes());
    let (exit, answer) = shipment.verify("JP", &["--entry", "entry.json"]);
    assert_eq!((exit, codes(&answer)), (0, vec![]), "{answer:#}");
    let bad = good.replace("8507.60", "8507.50").replace(": 12", ": 41").replace("SAIGON", "HANOI").replace("00001", "00002");
    shipment.write("entry.json", bad.as_bytes());
    let (exit, answer) = shipment.verify("JP", &["--entry", "entry.json"]);
    let mut fields: Vec<&str> =
        answer["eligibility"]["differences"].as_array().unwrap().iter().map(|d| d["path"].as_str().unwrap()).collect();
    fields.sort_unstable();
    assert_eq!((exit, fields), (1, vec!["certificateNumber", "consignee", "hs", "quantity"]), "{answer:#}");
    // Without a scheme the comparison alone is asked for.
    let alone = ["verify", "co.jsonld", "--offline", "--as-of", AS_OF, "--receipt", "proofs.eco", "--entry"];
    let (exit, answer) = shipment.json(&[&alone[..], &["entry.json"]].concat());
    assert_eq!((exit, answer["eligibility"]["scheme"].as_str()), (1, Some("entry")), "{answer:#}");
    shipment.write("entries.csv", b"certificateNumber,hs,quantity,unitCode\nOTHER-1,850750,1,H87\n26C4403A000100001,850760,40,H87\n");
    let (exit, answer) = shipment.json(&[&alone[..], &["entries.csv"]].concat());
    assert_eq!((exit, codes(&answer)), (0, vec![]), "the line of this certificate: {answer:#}");
    shipment.write("entries.csv", b"certificateNumber,hs\nOTHER-1,850750\nOTHER-2,850750\n");
    let (_, answer) = shipment.json(&[&alone[..], &["entries.csv"]].concat());
    assert!(answer["aside"]["remarks"][0].as_str().unwrap().contains("no line"), "nothing compared is said: {answer:#}");
    shipment.write("entry.json", br#"{ "hsCode": "850760" }"#);
    let (exit, answer) = shipment.json(&[&alone[..], &["entry.json"]].concat());
    assert_eq!((exit, answer["error"]["reason"].as_str()), (2, Some("ENTRY_RECORD_INVALID")), "a misspelt member is not silently skipped");
}

/// What is missing is said, with what would settle it; a passport in another's place is found out.
#[test]
fn what_is_missing_or_another_is_said() {
    let shipment = Shipment::new();
    let scheme = ["--scheme", SCHEME, "--importing", "JP", "--receipt", "lists.eco", "--receipt", "proofs.eco", "--as-of", AS_OF];
    let (exit, answer) = shipment.json(&[&["verify", "co.jsonld", "--offline"], &scheme[..]].concat());
    assert_eq!(exit, 1, "{answer:#}");
    assert!(codes(&answer).contains(&"PASSPORT_MISSING") && codes(&answer).contains(&"ARRIVAL_NOT_GIVEN"), "{answer:#}");
    shipment.write("other.jsonld", &super::shipment::battery(|text| text.replacen("5b1e0c7a", "5b1e0c7c", 1)));
    let other = ["verify", "co.jsonld", "--passport", "other.jsonld", "--arrival", ARRIVAL, "--offline"];
    let (exit, answer) = shipment.json(&[&other[..], &scheme].concat());
    assert!(exit == 3 && codes(&answer).contains(&"PASSPORT_FINGERPRINT_MISMATCH"), "{exit} {answer:#}");
    // The linked passport is named where nobody asked for it.
    let said = shipment.eco(&["verify", "co.jsonld", "--offline", "--as-of", AS_OF]);
    assert!(String::from_utf8(said.stderr).unwrap().contains("links 1 carbon passports"));
    // A passport alone has an answer too.
    let alone = ["verify", "battery.jsonld", "--arrival", ARRIVAL, "--offline"];
    let (exit, answer) = shipment.json(&[&alone[..], &scheme].concat());
    assert_eq!((exit, answer["eligibility"]["eligibility"].as_str()), (0, Some("ELIGIBLE")), "{answer:#}");
}

/// The whole judgement in one file: years later, with nothing else at hand, it gives the same on both axes.
#[test]
fn a_saved_consignment_is_judged_again_by_itself() {
    for (country, exit, word) in [("JP", 0, "ELIGIBLE"), ("KR", 1, "NOT_ELIGIBLE")] {
        let shipment = Shipment::new();
        shipment.write("entry.json", br#"{ "hs": "850760", "quantity": "12", "unitCode": "H87", "consignee": "Saigon Storage JSC" }"#);
        let (first, answer) = shipment.verify(country, &["--save", "verdict.eco", "--entry", "entry.json"]);
        assert_eq!((first, answer["verdict_file"].as_str()), (exit, Some("verdict.eco")), "{answer:#}");
        for name in ["co.jsonld", "co.jsonld.eco", "battery.jsonld", "battery.jsonld.eco", "proofs.eco", "lists.eco", "entry.json"] {
            std::fs::remove_file(shipment.path(name)).unwrap();
        }
        let (again, answer) = shipment.json(&["verify", "verdict.eco", "--offline", "--as-of", AS_OF]);
        assert_eq!((again, words(&answer)), (exit, ["TRUSTED", "TRUSTED", word]), "{answer:#}");
        assert_eq!((&answer["saved_verdict_holds"], &answer["changed"]), (&true.into(), &serde_json::json!([])), "{answer:#}");
        assert!(
            answer["eligibility"]["checks"].as_array().unwrap().iter().any(|c| c.as_str().unwrap().contains("agree on hs")),
            "{answer:#}"
        );
    }
}

/// What has become of it since is said, on both axes.
#[test]
fn what_changed_since_a_consignment_was_saved_is_said() {
    let mut shipment = Shipment::new();
    assert_eq!(shipment.verify("JP", &["--save", "verdict.eco"]).0, 0);
    shipment.supersede();
    let newer = ["--receipt", "proofs.eco", "--receipt", "lists.eco"];
    let (exit, answer) = shipment.json(&[&["verify", "verdict.eco", "--offline", "--as-of", AS_OF], &newer[..]].concat());
    let changed: Vec<&str> = answer["changed"].as_array().unwrap().iter().map(|line| line.as_str().unwrap()).collect();
    assert!(exit == 0 && changed.iter().any(|line| line.contains("now PASSPORT_SUPERSEDED_SINCE")), "{exit} {answer:#}");
}

/// A certificate that was condemned by its own data stays so when nothing but the verdict is left, in every version of the
/// file: what is not at hand never raises trust.
#[test]
fn without_the_document_trust_does_not_rise() {
    let shipment = Shipment::recorded(|anchor| anchor.links.clear());
    let (exit, answer) = shipment.verify("JP", &["--save", "verdict.eco"]);
    assert_eq!((exit, words(&answer)[0]), (1, "UNTRUSTWORTHY"), "{answer:#}");
    let codes = |answer: &Value| answer["verdict"]["reasons"].to_string();
    assert!(codes(&answer).contains("METADATA_LINK_MISMATCH"), "{answer:#}");
    let (receipt, status) = (std::fs::read(shipment.path("co.jsonld.eco")).unwrap(), std::fs::read(shipment.path("proofs.eco")).unwrap());
    let question = Question { now: shipment.network.now().plus_ms(1_000), as_of: None, issuer: None, number: None, kind: None };
    let (receipts, statuses) = (vec![receipt], vec![status]);
    let evidence = Evidence { receipts: &receipts, statuses: &statuses, reach: Reach::NotAsked };
    let verdict = judge(&question, &shipment.certificate, &evidence, Some(&shipment.network.trust()), &Policy::default());
    let about = SavedDocument { name: "co.jsonld", content: [7; 32], findings: &shipment.certificate };
    let first = SavedVerdict::of(&question, &Policy::default(), about, &receipts, &statuses, &verdict);
    shipment.write("v1.eco", &wrap(FileKind::Verdict, &first));
    std::fs::remove_file(shipment.path("co.jsonld")).unwrap();
    for file in ["verdict.eco", "v1.eco"] {
        let (exit, answer) = shipment.json(&["verify", file, "--offline", "--as-of", AS_OF]);
        assert_eq!((exit, answer["verdict"]["trust"].as_str()), (1, Some("UNTRUSTWORTHY")), "{file}: {answer:#}");
        assert!(codes(&answer).contains("METADATA_LINK_MISMATCH"), "{file}: {answer:#}");
    }
}

/// A file that states an answer which its lists do not give is found out.
#[test]
fn a_saved_answer_that_its_lists_do_not_give_is_said() {
    let shipment = Shipment::new();
    assert_eq!(shipment.verify("JP", &["--save", "verdict.eco"]).0, 0);
    let mut bytes = std::fs::read(shipment.path("verdict.eco")).unwrap();
    let lists = std::fs::read(shipment.path("lists.eco")).unwrap();
    let at = bytes.windows(lists.len()).position(|window| window == lists).unwrap();
    bytes[at + lists.len() - 1] ^= 1;
    shipment.write("verdict.eco", &bytes);
    let (exit, answer) = shipment.json(&["verify", "verdict.eco", "--offline", "--as-of", AS_OF]);
    assert_eq!((exit, &answer["saved_verdict_holds"]), (3, &false.into()), "{answer:#}");
    assert!(answer["changed"][0].as_str().unwrap().starts_with("the file states ELIGIBLE"), "{answer:#}");
}
