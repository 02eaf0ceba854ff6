//! The data package: built in one command, checked offline in one, for every country whose recognition was packed.

use super::certificates::{METADATA, recorded_with};
use super::shipment::{ARRIVAL, AS_OF, SCHEME, Shipment};
use eco_core::genesis::NetworkPurpose;
use eco_documents::pdf::{attached_metadata, read_pdf};
use serde_json::Value;
use std::fs;

const FILES: [&str; 6] = ["co.jsonld", "co.jsonld.eco", "battery.jsonld", "battery.jsonld.eco", "proofs.eco", "lists.eco"];

fn build(shipment: &Shipment, proofs: &[&str]) -> (i32, Value) {
    let asked = ["--importing", "JP", "--importing", "KR", "--scheme", SCHEME, "--arrival", ARRIVAL, "--as-of", AS_OF, "--offline"];
    let what = ["package", "build", "co.jsonld", "--passport", "battery.jsonld", "--out", "package"];
    shipment.json(&[&what[..], &asked, proofs].concat())
}

/// A shipment whose papers are in the package and nowhere else.
fn packed() -> Shipment {
    let shipment = Shipment::new();
    let (exit, answer) = build(&shipment, &["--receipt", "proofs.eco", "--receipt", "lists.eco"]);
    assert_eq!((exit, answer["missing"].as_array().unwrap().len()), (0, 0), "{answer:#}");
    FILES.iter().for_each(|name| fs::remove_file(shipment.path(name)).unwrap());
    shipment
}

fn verify(shipment: &Shipment, more: &[&str]) -> (i32, Value) {
    shipment.json(&[&["package", "verify", "package", "--as-of", AS_OF], more].concat())
}

fn differences(answer: &Value) -> Vec<&str> {
    answer["differences"].as_array().unwrap().iter().map(|d| d["path"].as_str().unwrap()).collect()
}

fn eligibility(answer: &Value) -> Vec<(&str, &str)> {
    let answers = answer["answers"].as_array().unwrap();
    answers.iter().map(|a| (a["country"].as_str().unwrap(), a["eligibility"]["eligibility"].as_str().unwrap())).collect()
}

/// One folder answers for both countries, with nothing else at hand.
#[test]
fn a_package_answers_by_itself_on_both_axes() {
    let shipment = packed();
    let (exit, answer) = verify(&shipment, &[]);
    assert_eq!((exit, &answer["manifest_holds"]), (1, &true.into()), "{answer:#}");
    assert_eq!(eligibility(&answer), [("JP", "ELIGIBLE"), ("KR", "NOT_ELIGIBLE")]);
    assert!(
        answer["answers"]
            .as_array()
            .unwrap()
            .iter()
            .all(|a| a["verdict"]["trust"] == "TRUSTED" && a["passports"][0]["verdict"]["trust"] == "TRUSTED")
    );
    assert_eq!(verify(&shipment, &["--importing", "JP"]).0, 0);
    // A country that was not packed is not guessed at.
    let (exit, answer) = verify(&shipment, &["--importing", "VN"]);
    assert_eq!((exit, eligibility(&answer)), (3, vec![("VN", "UNDETERMINED")]), "{answer:#}");
    assert!(answer["missing"][0].as_str().unwrap().contains("VN recognises"), "{answer:#}");
    // Today the packed status is old, and the answer says so.
    let (exit, answer) = shipment.json(&["package", "verify", "package", "--importing", "JP"]);
    assert_eq!((exit, &answer["manifest_holds"]), (5, &true.into()), "{answer:#}");
}

/// Whatever the manifest or a file states otherwise is reported with both sides.
#[test]
fn a_manifest_that_the_files_do_not_give_is_found_out() {
    let shipment = packed();
    let manifest = fs::read_to_string(shipment.path("package/manifest.json")).unwrap();
    let planted = manifest.replace("NOT_ELIGIBLE", "ELIGIBLE").replace("ACCREDITATION_NOT_RECOGNISED", "PRODUCER_NOT_COMPARED");
    assert_ne!(planted, manifest);
    shipment.write("package/manifest.json", planted.as_bytes());
    let (exit, answer) = verify(&shipment, &["--importing", "JP"]);
    assert_eq!((exit, differences(&answer)), (1, vec!["answers[1].codes[0]", "answers[1].eligibility"]), "{answer:#}");
    assert_eq!((&answer["differences"][1]["stated"], &answer["differences"][1]["found"]), (&"ELIGIBLE".into(), &"NOT_ELIGIBLE".into()));
    shipment.write("package/manifest.json", manifest.as_bytes());

    let passport = fs::read_to_string(shipment.path("package/passports/battery.jsonld")).unwrap();
    shipment.write("package/passports/battery.jsonld", passport.replace("407.4", "307.4").as_bytes());
    let (exit, answer) = verify(&shipment, &["--importing", "JP"]);
    let paths = differences(&answer);
    assert!(
        exit == 1 && paths.contains(&"documents[1].fingerprint") && paths.contains(&"files.passports/battery.jsonld.blake3"),
        "{answer:#}"
    );
    assert!(
        paths.contains(&"documents[1].trust") && answer["answers"][0]["passports"][0]["verdict"]["trust"] == "UNTRUSTWORTHY",
        "{answer:#}"
    );
    shipment.write("package/passports/battery.jsonld", passport.as_bytes());

    shipment.write("package/proofs/extra.eco", b"x");
    assert!(differences(&verify(&shipment, &[]).1).contains(&"files.proofs/extra.eco"));
    fs::remove_file(shipment.path("package/proofs/extra.eco")).unwrap();
    let list = shipment.path("package/proofs").read_dir().unwrap().map(|e| e.unwrap().path());
    let lists = list.filter(|p| p.file_name().unwrap().to_str().unwrap().starts_with("status-")).max().unwrap();
    fs::remove_file(lists).unwrap();
    let (exit, answer) = verify(&shipment, &["--importing", "JP"]);
    assert!(exit != 0 && !differences(&answer).is_empty() && !answer["missing"].as_array().unwrap().is_empty(), "{answer:#}");

    shipment.write("package/manifest.json", manifest.replacen("\"co.jsonld\"", "\"../home/trust.eco\"", 1).as_bytes());
    let (exit, answer) = verify(&shipment, &[]);
    assert_eq!((exit, answer["error"]["reason"].as_str()), (3, Some("MANIFEST_INVALID")), "files from elsewhere are not read: {answer:#}");
}

/// A package that cannot answer says what it lacks; one that is there is not touched.
#[test]
fn what_is_missing_is_said_and_nothing_is_overwritten() {
    let shipment = Shipment::new();
    let (exit, answer) = build(&shipment, &["--receipt", "proofs.eco"]);
    let missing = answer["missing"].to_string();
    assert_eq!(exit, 3, "{answer:#}");
    for what in ["attestations of passports/battery.jsonld", "presentations of co.jsonld", "JP recognises", "KR recognises", SCHEME] {
        assert!(missing.contains(what), "{what}: {missing}");
    }
    let before = fs::read(shipment.path("package/manifest.json")).unwrap();
    let (exit, answer) = build(&shipment, &["--receipt", "proofs.eco", "--receipt", "lists.eco"]);
    assert_eq!((exit, answer["error"]["reason"].as_str()), (2, Some("FILE_EXISTS")), "{answer:#}");
    assert_eq!(fs::read(shipment.path("package/manifest.json")).unwrap(), before);
    // Two documents of one name: refused after the folder was begun.
    for folder in ["x", "y"] {
        fs::create_dir(shipment.path(folder)).unwrap();
        fs::copy(shipment.path("battery.jsonld"), shipment.path(&format!("{folder}/battery.jsonld"))).unwrap();
    }
    let twice = [
        "package",
        "build",
        "co.jsonld",
        "--passport",
        "x/battery.jsonld",
        "--passport",
        "y/battery.jsonld",
        "--out",
        "other",
        "--offline",
    ];
    let (exit, answer) = shipment.json(&twice);
    assert_eq!((exit, answer["error"]["reason"].as_str()), (2, Some("FILE_EXISTS")), "{answer:#}");
    let left =
        fs::read_dir(shipment.directory.path()).unwrap().filter(|e| e.as_ref().unwrap().file_name().to_string_lossy().starts_with('.'));
    assert_eq!(left.count(), 0, "nothing half made stays behind");
}

/// A PDF goes in with its receipt stapled and its data as a file of its own.
#[test]
fn a_pdf_is_packed_with_its_receipt_and_its_data() {
    let world = recorded_with(NetworkPurpose::Production, METADATA, |_| ());
    assert!(read_pdf(&fs::read(world.path("paper.pdf")).unwrap()).stapled.is_empty());
    let (exit, answer) = world.json(&["package", "build", "paper.pdf", "--out", "package", "--offline"]);
    assert!(exit != 0 && answer["missing"].to_string().contains("which the certificate links"), "{answer:#}");
    let pdf = fs::read(world.path("package/paper.pdf")).unwrap();
    assert_eq!(read_pdf(&pdf).stapled.len(), 1);
    assert_eq!(fs::read(world.path("package/metadata.jsonld")).unwrap(), attached_metadata(&pdf).unwrap().unwrap());
    let (_, answer) = world.json(&["package", "verify", "package"]);
    assert_eq!(answer["manifest_holds"], true, "{answer:#}");
    world.write("package/metadata.jsonld", b"{}");
    let (_, answer) = world.json(&["package", "verify", "package"]);
    assert!(differences(&answer).contains(&"metadata.jsonld"), "{answer:#}");
}
