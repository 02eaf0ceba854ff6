//! Consignments in a folder: each certificate is judged with the passports that are its own.

use super::shipment::{ARRIVAL, AS_OF, SCHEME, Shipment, battery};
use serde_json::Value;
use std::fs;

/// The shipment's papers in `filing`, with what else lies there.
fn filing(shipment: &Shipment, more: &[(&str, &[u8])]) {
    fs::create_dir(shipment.path("filing")).unwrap();
    for name in ["co.jsonld", "co.jsonld.eco", "battery.jsonld", "battery.jsonld.eco"] {
        fs::rename(shipment.path(name), shipment.path(&format!("filing/{name}"))).unwrap();
    }
    for (name, bytes) in more {
        shipment.write(&format!("filing/{name}"), bytes);
    }
}

fn check(shipment: &Shipment, importing: &str, more: &[&str]) -> (i32, Value) {
    let asked = ["verify", "filing", "--offline", "--as-of", AS_OF, "--arrival", ARRIVAL, "--scheme", SCHEME, "--importing", importing];
    shipment.json(&[&asked[..], &["--receipt", "proofs.eco", "--receipt", "lists.eco", "--csv", "report.csv"], more].concat())
}

/// The row of a file.
fn row<'a>(answer: &'a Value, file: &str) -> &'a Value {
    let rows = answer["files"].as_array().unwrap();
    rows.iter().find(|row| row["file"] == format!("filing/{file}").as_str()).unwrap_or_else(|| panic!("no {file} in {answer:#}"))
}

/// An office that files a hundred certificates must learn which of them loses the lane, and why, row by row.
#[test]
fn certificates_are_judged_with_their_own_passports() {
    let shipment = Shipment::new();
    let other = battery(|text| text.replacen("5b1e0c7a", "5b1e0c7c", 1));
    filing(&shipment, &[("other.jsonld", other.as_slice()), ("broken.jsonld", b"{")]);
    // A receipt that is too large costs its own document's row only.
    fs::File::create(shipment.path("filing/other.jsonld.eco")).unwrap().set_len(9 << 20).unwrap();
    let (exit, answer) = check(&shipment, "JP", &[]);
    let co = row(&answer, "co.jsonld");
    let of_co = (co["exit_code"].as_u64(), co["verdict"]["trust"].as_str(), co["eligibility"]["eligibility"].as_str());
    assert_eq!(of_co, (Some(0), Some("TRUSTED"), Some("ELIGIBLE")), "{answer:#}");
    assert_eq!(co["together_with"], serde_json::json!(["filing/battery.jsonld"]), "a stranger beside it does not disturb");
    assert_eq!(row(&answer, "battery.jsonld")["together_with"], serde_json::json!(["filing/co.jsonld"]));
    // A passport that nobody names is judged by itself, and a file that is none stops no other.
    assert!(row(&answer, "other.jsonld")["error"].is_object(), "{answer:#}");
    assert_ne!(row(&answer, "broken.jsonld")["exit_code"].as_u64(), Some(0));
    assert_eq!(exit, 1, "the worst of them: {answer:#}");
    let csv = fs::read_to_string(shipment.path("report.csv")).unwrap();
    let line = |file: &str| csv.lines().find(|line| line.starts_with(&format!("filing/{file},"))).unwrap().to_owned();
    assert!(csv.lines().next().unwrap().ends_with(",eligibility,eligibility_codes,together_with"), "{csv}");
    assert!(line("co.jsonld").starts_with("filing/co.jsonld,TRUSTED,0,") && line("co.jsonld").contains(",ELIGIBLE,"), "{csv}");
    assert!(line("battery.jsonld").ends_with(",,,filing/co.jsonld"), "{csv}");
    assert_eq!(csv.lines().count(), 5, "{csv}");
}

/// The same papers, not recognised: the certificate's row says so, the documents stay trusted.
#[test]
fn a_row_carries_the_answer_for_the_scheme() {
    let shipment = Shipment::new();
    filing(&shipment, &[]);
    let (exit, answer) = check(&shipment, "KR", &[]);
    let co = row(&answer, "co.jsonld");
    assert_eq!((exit, co["exit_code"].as_u64(), co["verdict"]["trust"].as_str()), (1, Some(1), Some("TRUSTED")), "{answer:#}");
    assert_eq!(row(&answer, "battery.jsonld")["exit_code"].as_u64(), Some(0));
    let csv = fs::read_to_string(shipment.path("report.csv")).unwrap();
    assert!(csv.contains(",NOT_ELIGIBLE,") && csv.contains("ACCREDITATION_NOT_RECOGNISED"), "{csv}");
    let said = shipment.eco(&["verify", "filing", "--offline", "--as-of", AS_OF, "--importing", "KR", "--scheme", SCHEME]);
    assert!(String::from_utf8(said.stdout).unwrap().contains("filing/co.jsonld"), "without lists there is an answer too");
}

/// Another passport of these goods in the place of the one named is found out, and one that lies elsewhere can be given.
#[test]
fn a_passport_in_the_place_of_the_one_named_is_found_out() {
    let shipment = Shipment::new();
    let other = battery(|text| text.replacen("5b1e0c7a", "5b1e0c7c", 1));
    filing(&shipment, &[("other.jsonld", other.as_slice())]);
    for name in ["battery.jsonld", "battery.jsonld.eco"] {
        fs::rename(shipment.path(&format!("filing/{name}")), shipment.path(name)).unwrap();
    }
    let (_, answer) = check(&shipment, "JP", &[]);
    let co = row(&answer, "co.jsonld");
    let reasons = co["eligibility"]["reasons"].to_string();
    assert!(reasons.contains("PASSPORT_FINGERPRINT_MISMATCH") && co["exit_code"] != 0, "{answer:#}");
    let (_, answer) = check(&shipment, "JP", &["--passport", "battery.jsonld"]);
    assert_eq!(row(&answer, "co.jsonld")["exit_code"].as_u64(), Some(0), "{answer:#}");
    assert!(answer["files"].as_array().unwrap().iter().any(|row| row["file"] == "battery.jsonld" && row["exit_code"] == 0));
}

/// An entry record is compared with the certificate whose number it names, and with no other.
#[test]
fn an_entry_record_is_for_its_own_certificate() {
    let shipment = Shipment::new();
    filing(&shipment, &[]);
    let differences = |answer: &Value| row(answer, "co.jsonld")["eligibility"]["differences"].as_array().map_or(0, Vec::len);
    shipment.write("entries.csv", b"certificateNumber,hs\n\n26C4403A000100001,850750\n");
    assert_eq!(differences(&check(&shipment, "JP", &["--entry", "entries.csv"]).1), 1);
    shipment.write("entries.csv", b"certificateNumber,hs\nOTHER-1,850750\n");
    let (exit, answer) = check(&shipment, "JP", &["--entry", "entries.csv"]);
    assert_eq!((exit, differences(&answer)), (0, 0), "the only line is of another certificate: {answer:#}");
    shipment.write("entries.csv", b"certificateNumber,hs\n\nX-1,850760\n\nX-2,battery\n");
    let (exit, answer) = check(&shipment, "JP", &["--entry", "entries.csv"]);
    assert!(exit == 2 && answer["error"]["message"].as_str().unwrap().contains("line 5"), "{answer:#}");
}

/// What is for one file is refused, before anything is read.
#[test]
fn what_is_for_one_file_is_refused_for_a_folder() {
    let shipment = Shipment::new();
    filing(&shipment, &[]);
    let reason = |more: &[&str]| check(&shipment, "JP", more).1["error"]["reason"].as_str().map(str::to_owned);
    assert_eq!(reason(&["--receipt", "filing/co.jsonld.eco"]).as_deref(), Some("ONE_FILE_ONLY"));
    let (exit, answer) = shipment.json(&["verify", "filing", "--offline", "--receipt", "lists.eco"]);
    assert_eq!((exit, answer["error"]["reason"].as_str()), (2, Some("ONE_FILE_ONLY")), "alone, each has its own beside it");
}
