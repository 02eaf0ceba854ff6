//! Certificates from spreadsheets and in place of earlier ones: whole, or the line and column that stand in the way.

use super::world::World;
use eco_core::eco_file::{FileKind, unwrap};
use eco_core::entry::Entry;
use eco_core::statement::{Anchor, Statement};
use eco_documents::pdf::attached_metadata;
use serde_json::{Value, json};
use std::fs;
use std::os::unix::fs::PermissionsExt;

const METADATA: &str = include_str!("../../documents/tests/documents/certificate.json");
const BATTERY: &str = include_str!("../../documents/tests/documents/battery.json");
const SHEET: &str = "number,description,hs,criterion,quantity,fob,currency,passportFile\n\
    26C-1,Packs,8507.60,RVC,40,38400.00,USD,p.jsonld\n\
    26C-1,Cells,850760,WO,4000,,,\n\
    26C-2,Packs,850760,PSR,40,,,\n\
    26C-3,Packs,850760,RVC,many,100.00,USD,none.jsonld\n\
    ,Packs,850760,WO,40,,,\n";

/// A world with keys, a signed passport, and a template without numbers, goods of its own and the other certificates it names.
fn world() -> World {
    let world = World::new();
    world.write("phrase", b"correct horse\n");
    fs::set_permissions(world.path("phrase"), fs::Permissions::from_mode(0o600)).unwrap();
    for purpose in ["document", "issue"] {
        let out = format!("{purpose}.pem");
        assert_eq!(world.json(&["key", "generate", "--purpose", purpose, "--out", &out, "--passphrase-file", "phrase"]).0, 0);
    }
    let subject = "CN=Origin Office,O=Example Chamber,C=CN";
    let make = ["key", "generate", "--certificate", "--subject", subject, "--out", "x509.pem", "--passphrase-file", "phrase"];
    assert_eq!(world.json(&make).0, 0);
    world.write("p.json", BATTERY.as_bytes());
    let sign = ["passport", "sign", "p.json", "--key", "document.pem", "--out", "p.jsonld", "--passphrase-file", "phrase"];
    assert_eq!(world.json(&sign).0, 0);
    let mut template: Value = serde_json::from_str(METADATA).unwrap();
    let subject = template["credentialSubject"].as_object_mut().unwrap();
    for own in ["certificateNumber", "replaces", "id"] {
        subject.remove(own);
    }
    let item = subject["originItems"][0].as_object_mut().unwrap();
    item.retain(|name, _| !["originQualifier", "originCriterion", "carbonPassport", "originProduct", "fobValue"].contains(&name.as_str()));
    template.as_object_mut().unwrap().remove("id");
    world.write("template.json", template.to_string().as_bytes());
    world.write("sheet.csv", SHEET.as_bytes());
    world
}

fn new<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&["certificate", "new", "--csv", "sheet.csv", "--template", "template.json", "--out", "made", "--org", "cn-ccpit"], more].concat()
}

fn outcomes(answer: &Value) -> Vec<&str> {
    answer["certificates"].as_array().unwrap().iter().map(|row| row["outcome"].as_str().unwrap()).collect()
}

fn inside(world: &World, pdf: &str) -> Value {
    let data = attached_metadata(&fs::read(world.path(pdf)).unwrap()).unwrap().unwrap();
    serde_json::from_slice::<Value>(&data).unwrap()["credentialSubject"].clone()
}

/// The Anchor that would record a signed certificate.
fn anchored(world: &World, file: &str, more: &[&str]) -> Result<Anchor, String> {
    let prepare = ["entry", "prepare", file, "--org", "cn-ccpit", "--out", "entry.eco"];
    let (exit, answer) = world.json(&[&prepare[..], more].concat());
    if exit != 0 {
        return Err(answer["error"]["reason"].as_str().unwrap().to_owned());
    }
    let entry: Entry = unwrap(FileKind::Entry, &fs::read(world.path("entry.eco")).unwrap()).unwrap();
    let Statement::Anchor(anchor) = entry.statement else { panic!("an Anchor") };
    Ok(anchor)
}

fn signed(world: &World, source: &str, out: &str) {
    let key = ["--key", "x509.pem", "--certificate", "x509.crt", "--passphrase-file", "phrase"];
    let (exit, answer) = world.json(&[&["certificate", "sign", source, "--out", out], &key[..]].concat());
    assert_eq!(exit, 0, "{answer:#}");
}

/// A row that is issued with a flaw, or half of a certificate whose other line has one, cannot be taken back.
#[test]
fn a_sheet_makes_whole_certificates_or_says_why_not() {
    let world = world();
    let (exit, answer) = world.json(&new(&["--dry-run"]));
    assert_eq!((exit, outcomes(&answer)), (1, vec!["would be made", "failed", "failed", "failed"]), "{answer:#}");
    assert!(!world.path("made").exists(), "a dry run writes nothing");
    let (exit, answer) = world.json(&new(&[]));
    assert_eq!((exit, outcomes(&answer)), (1, vec!["made", "failed", "failed", "failed"]));
    let fault = |at: usize| answer["certificates"][at]["faults"].as_array().unwrap().iter().map(Value::to_string).collect::<String>();
    assert!(fault(1).contains("line 4, column criterion") && fault(1).contains("PSR"), "{}", fault(1));
    assert!(fault(2).contains("line 5, column passportFile"), "{}", fault(2));
    assert!(fault(3).contains("line 6, column number"), "{}", fault(3));
    assert_eq!(fs::read_dir(world.path("made")).unwrap().count(), 1);
    let subject = inside(&world, "made/26C-1.pdf");
    assert_eq!(subject["certificateNumber"], "26C-1");
    let items = subject["originItems"].as_array().unwrap();
    assert_eq!(items.iter().map(|i| i["itemNumber"].as_str().unwrap()).collect::<Vec<_>>(), ["1", "2"]);
    assert_eq!(
        (&items[0]["hsClassification"]["codeValue"], &items[0]["fobValue"]["quantityValue"]),
        (&json!("850760"), &json!("38400.00"))
    );
    assert!(items[1].get("fobValue").is_none() && items[1].get("carbonPassport").is_none(), "{items:#?}");
    let (_, passport) = world.json(&["passport", "check", "p.jsonld"]);
    assert_eq!(items[0]["carbonPassport"]["fingerprint"], passport["files"][0]["fingerprint"]);
    let first = fs::read(world.path("made/26C-1.pdf")).unwrap();
    world.write("sheet.csv", SHEET.replace("PSR", "CTC").as_bytes());
    assert_eq!(outcomes(&world.json(&new(&[])).1), ["skipped", "made", "failed", "failed"]);
    assert_eq!(fs::read(world.path("made/26C-1.pdf")).unwrap(), first, "what may be signed already is not made again");
    world.write("sheet.csv", SHEET.replace("Cells", "Others").as_bytes());
    assert_eq!(outcomes(&world.json(&new(&[])).1)[0], "failed", "the same number with other goods");
    let two_ways = "number,exportedTo,description\n26C-9,VN,a\n26C-9,JP,b\n";
    world.write("sheet.csv", two_ways.as_bytes());
    let (_, answer) = world.json(&new(&[]));
    assert!(answer["certificates"][0]["faults"][0].as_str().unwrap().contains("exportedTo"), "{answer:#}");
}

/// Each kind of certificate reaches data, sheet and log; else customs would take a copy or a replacement for an original.
#[test]
fn every_kind_of_the_form_is_carried_from_the_sheet_to_the_log() {
    let world = world();
    let fingerprint = format!("pdf:{}", "ab".repeat(32));
    let of_others = "replacesNumber,replacesDate,replacesFingerprint,copyOfNumber,copyOfDate,copyOfFingerprint,backToBackNumber,\
        backToBackDate,backToBackOrigin,backToBackFingerprint";
    let row = |number: &str, retroactive: &str, differential: &str, others: &str| {
        format!("{number},{retroactive},{retroactive},{differential},WO,40,{others}\n")
    };
    let back = format!(",,,,,,VN-7,2026-05-01,VN,{fingerprint}");
    let copy = format!(",,,K-3,2026-05-01,{fingerprint},,,,");
    let instead = format!("K-0,2026-05-01,{fingerprint},,,,,,,");
    let sheet = [
        format!("number,retroactive,thirdParty,differential,criterion,quantity,{of_others}\n"),
        row("K-1", "yes", "**", ",,,,,,,,,"),
        row("K-2", "no", "", &back),
        row("K-3", "no", "*", &copy),
        row("K-4", "no", "", &instead),
    ];
    world.write("sheet.csv", sheet.concat().as_bytes());
    let (exit, answer) = world.json(&new(&[]));
    assert_eq!(exit, 0, "{answer:#}");
    let first = inside(&world, "made/K-1.pdf");
    assert_eq!((&first["issuedRetroactively"], &first["thirdPartyInvoicing"]), (&json!(true), &json!(true)));
    assert_eq!(first["originItems"][0]["tariffDifferential"], "**");
    let members = |number: &str| inside(&world, &format!("made/{number}.pdf")).as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    for (number, member) in [("K-2", "backToBackOf"), ("K-3", "trueCopyOf"), ("K-4", "replaces")] {
        assert!(members(number).contains(&member.to_owned()), "{number}");
        assert!(!members("K-1").contains(&member.to_owned()), "{member}");
    }
    for number in ["K-1", "K-2", "K-3", "K-4"] {
        signed(&world, &format!("made/{number}.pdf"), &format!("{number}.pdf"));
    }
    let one = anchored(&world, "K-1.pdf", &[]).unwrap();
    assert_eq!((one.links.len(), one.summary.is_some(), one.valid_until.is_some()), (1, true, true), "number and validity from the data");
    assert_eq!(anchored(&world, "K-2.pdf", &[]).unwrap().links.len(), 2, "the metadata and the original");
    assert_eq!(anchored(&world, "K-3.pdf", &[]), Err("NUMBER_MISSING".into()), "a copy has a number of its own on the log");
    assert_eq!(anchored(&world, "K-3.pdf", &["--number", "K-3"]), Err("REFERENCE_CONFLICT".into()));
    assert!(anchored(&world, "K-3.pdf", &["--number", "K-3/COPY1"]).is_ok());
    assert_eq!(anchored(&world, "K-4.pdf", &[]), Err("METADATA_LINK_MISMATCH".into()), "its Anchor would not say what it says");
    assert_eq!(anchored(&world, "K-1.pdf", &["--kind", "declaration"]), Err("KIND_MISMATCH".into()));
}

/// A declaration is no certificate, and a certificate without PDF commits to its passports all the same.
#[test]
fn declarations_and_certificates_without_pdf_are_recorded_as_what_they_are() {
    let world = world();
    let mut template: Value = serde_json::from_slice(&fs::read(world.path("template.json")).unwrap()).unwrap();
    template["credentialSubject"].as_object_mut().unwrap().remove("issuingBody");
    template["issuer"] = json!({ "id": "did:web:acme.example.cn", "name": "Acme New Energy Co., Ltd." });
    world.write("template.json", template.to_string().as_bytes());
    let sheet = "number,type,approvedExporterCode,criterion,quantity,passportFile\nD-1,DOC-AE,AE-7,WO,40,p.jsonld\nD-2,DOC-EP,,WO,40,\n";
    world.write("sheet.csv", sheet.as_bytes());
    let (exit, answer) = world.json(&new(&["--data"]));
    assert_eq!(exit, 0, "{answer:#}");
    let key = ["--key", "document.pem", "--passphrase-file", "phrase"];
    for number in ["D-1", "D-2"] {
        let (source, out) = (format!("made/{number}.json"), format!("{number}.jsonld"));
        assert_eq!(world.json(&[&["certificate", "sign-data", &source, "--out", &out], &key[..]].concat()).0, 0);
        let anchor = anchored(&world, &out, &[]).unwrap();
        assert_eq!((anchor.kind.name(), anchor.reference.is_some(), anchor.summary.is_some()), ("declaration", true, true));
        assert_eq!(anchor.links.len(), usize::from(number == "D-1"), "its passport; the data themselves are the document");
    }
    assert_eq!(anchored(&world, "D-1.jsonld", &["--kind", "certificate"]), Err("KIND_MISMATCH".into()));
}

/// A replacement that names no certificate, or another one, leaves two certificates in force for one consignment.
#[test]
fn a_replacement_names_the_certificate_that_it_replaces() {
    let world = world();
    world.write("sheet.csv", b"number,criterion,quantity\nR-1,WO,40\nR-2,WO,41\n");
    assert_eq!(world.json(&new(&[])).0, 0);
    assert_eq!(world.json(&new(&["--data"])).0, 0);
    signed(&world, "made/R-1.pdf", "old.pdf");
    let naming =
        |metadata: &str| world.json(&["certificate", "new", metadata, "--replaces", "old.pdf", "--out", "new.pdf", "--org", "cn-ccpit"]);
    let (exit, answer) = naming("made/R-1.json");
    assert_eq!((exit, answer["error"]["reason"].as_str()), (1, Some("FIELD_INVALID")), "its own number: {answer:#}");
    assert_eq!(naming("made/R-2.json").0, 0);
    assert_eq!(inside(&world, "new.pdf")["replaces"]["originalCertificateNumber"], "R-1");
    let replace = |new: &str| {
        let keys = ["--key", "x509.pem", "--certificate", "x509.crt", "--log-key", "issue.pem", "--passphrase-file", "phrase"];
        let to = ["--org", "cn-ccpit", "--out", "signed.pdf", "--node", "http://127.0.0.1:9"];
        let (exit, answer) = world.json(&[&["certificate", "replace", "old.pdf", new], &keys[..], &to].concat());
        (exit, answer["error"]["reason"].as_str().unwrap_or_default().to_owned())
    };
    assert_eq!(replace("made/R-2.pdf"), (1, "METADATA_LINK_MISMATCH".into()));
    assert_eq!(replace("new.pdf"), (3, "NODE_UNREACHABLE".into()), "all that stops it is the node");
    assert!(!world.path("signed.pdf").exists(), "nothing is signed before the log was asked about the old one");
}

/// The gate takes up only what an earlier run made of the same data, and signs nothing before the log was asked.
#[test]
fn the_gate_takes_up_its_own_work_only() {
    let world = world();
    world.write("sheet.csv", b"number,criterion,quantity\nG-1,WO,40\nG-2,WO,41\n");
    assert_eq!(world.json(&new(&[])).0, 0);
    assert_eq!(world.json(&new(&["--data"])).0, 0);
    let issue = |data: &str, more: &[&str]| {
        let keys = ["--key", "x509.pem", "--certificate", "x509.crt", "--log-key", "issue.pem", "--passphrase-file", "phrase"];
        let to = ["--org", "cn-ccpit", "--out", "out.pdf", "--node", "http://127.0.0.1:9"];
        let (exit, answer) = world.json(&[&["certificate", "issue", data], &keys[..], &to, more].concat());
        (exit, answer["error"]["reason"].as_str().unwrap_or_default().to_owned())
    };
    assert_eq!(issue("made/G-1.json", &[]), (3, "NODE_UNREACHABLE".into()));
    assert_eq!(issue("made/G-1.json", &["--dry-run"]), (3, "NODE_UNREACHABLE".into()));
    assert!(!world.path("out.pdf").exists() && !world.path("out.unsigned.pdf").exists(), "nothing is made before the log was asked");
    signed(&world, "made/G-1.pdf", "out.pdf");
    let other = fs::read(world.path("out.pdf")).unwrap();
    assert_eq!(issue("made/G-2.json", &[]), (2, "FILE_EXISTS".into()), "a certificate of other data");
    assert_eq!(fs::read(world.path("out.pdf")).unwrap(), other);
    fs::rename(world.path("out.pdf"), world.path("kept.pdf")).unwrap();
    fs::copy(world.path("made/G-1.pdf"), world.path("out.unsigned.pdf")).unwrap();
    assert_eq!(issue("made/G-2.json", &[]), (2, "FILE_EXISTS".into()), "a sheet of data that were edited since");
    fs::copy(world.path("made/G-2.pdf"), world.path("out.unsigned.pdf")).unwrap();
    let inside = attached_metadata(&fs::read(world.path("made/G-2.pdf")).unwrap()).unwrap().unwrap();
    world.write("same.json", &inside);
    assert_eq!(issue("same.json", &[]), (3, "NODE_UNREACHABLE".into()), "its own sheet: all that stops it is the node");
}
