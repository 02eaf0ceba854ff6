//! Passports on the command line: what is wrong is said before anyone signs, what is signed verifies.

use super::world::World;
use std::fs;
use std::os::unix::fs::PermissionsExt;

const BATTERY: &str = include_str!("../../documents/tests/documents/battery.json");
const CERTIFICATE: &str = include_str!("../../documents/tests/documents/certificate.json");

fn with_key() -> World {
    let world = World::new();
    world.write("phrase", b"correct horse\n");
    fs::set_permissions(world.path("phrase"), fs::Permissions::from_mode(0o600)).unwrap();
    let make = ["key", "generate", "--purpose", "document", "--out", "doc.pem", "--passphrase-file", "phrase"];
    assert_eq!(world.json(&make).0, 0);
    world
}

/// An exporter who learns of one flaw at a time, or of none, signs what customs then refuses.
#[test]
fn a_folder_is_checked_whole_and_every_flaw_shown() {
    let world = World::new();
    fs::create_dir(world.path("skus")).unwrap();
    world.write("skus/a.jsonld", BATTERY.as_bytes());
    world.write("skus/b.json", BATTERY.replace("\"407.4\"", "\"400-415\"").replace("\"piece\"", "\"box\"").as_bytes());
    world.write("skus/c.json", b"{\"a\": 1}");
    world.write("skus/readme.txt", b"not looked at");
    let (exit, answer) = world.json(&["passport", "check", "skus"]);
    assert_eq!((exit, answer["good"].as_u64(), answer["to_mend"].as_u64()), (1, Some(1), Some(2)), "{answer:#}");
    let codes =
        |at: usize| answer["files"][at]["flaws"].as_array().unwrap().iter().map(|f| f["code"].as_str().unwrap()).collect::<Vec<_>>();
    assert_eq!(codes(0), Vec::<&str>::new());
    assert!(codes(1).contains(&"CF_VALUE_RANGE") && codes(1).contains(&"FIELD_INVALID"), "{:?}", codes(1));
    assert_eq!(codes(2), ["JSON_NOT_STRICT"]);
    let (exit, answer) = world.json(&["passport", "check", "skus/a.jsonld", "missing.json"]);
    assert_eq!((exit, answer["good"].as_u64()), (3, Some(1)), "a file that is not there does not hide the others");
}

/// A signature that our own reader does not see, or that moves the fingerprint, is worse than none.
#[test]
fn a_signed_passport_is_read_by_verify_and_anchor_alike() {
    let world = with_key();
    world.write("p.json", BATTERY.as_bytes());
    let sign = ["passport", "sign", "p.json", "--key", "doc.pem", "--out", "p.jsonld", "--passphrase-file", "phrase"];
    let (exit, signed) = world.json(&sign);
    assert_eq!((exit, signed["proofs"].as_u64()), (0, Some(1)), "{signed:#}");
    let (exit, checked) = world.json(&["passport", "check", "p.jsonld"]);
    assert_eq!((exit, &checked["files"][0]["fingerprint"]), (0, &signed["fingerprint"]));
    let (exit, read) = world.json(&["verify", "p.jsonld", "--offline"]);
    assert_eq!((exit, read["method"].as_str()), (3, Some("jcs")), "no log evidence yet: {read:#}");
    assert_eq!(read["candidates"][0]["fingerprint"], signed["fingerprint"]);
    let prepare = ["entry", "prepare", "p.jsonld", "--org", "acme-battery", "--kind", "passport", "--out", "p.entry"];
    let (exit, entry) = world.json(&prepare);
    assert_eq!(exit, 0, "{entry:#}");
    let forged = fs::read_to_string(world.path("p.jsonld")).unwrap().replacen("\"407.4\"", "\"307.4\"", 1);
    world.write("forged.jsonld", forged.as_bytes());
    let (exit, read) = world.json(&["verify", "forged.jsonld", "--offline"]);
    assert_eq!(exit, 1, "{read:#}");
    let refused = ["entry", "prepare", "forged.jsonld", "--org", "acme-battery", "--kind", "passport", "--out", "f.entry"];
    assert_eq!(world.json(&refused).1["error"]["reason"].as_str(), Some("PROOF_INVALID"));
}

#[test]
fn certificate_metadata_is_checked() {
    let world = World::new();
    world.write("m.json", CERTIFICATE.as_bytes());
    assert_eq!(world.json(&["certificate", "check", "m.json"]).0, 0);
    world.write("m.json", CERTIFICATE.replace("\"CO\"", "\"DOC-AE\"").as_bytes());
    let (exit, answer) = world.json(&["certificate", "check", "m.json"]);
    assert_eq!(exit, 1, "{answer:#}");
}

/// A draft that was gone on with must not be lost by importing once more, nor a good one be made anew.
#[test]
fn an_import_goes_on_where_it_stopped() {
    let world = World::new();
    let footprint = |id: &str, member: &str| {
        format!(
            r#"{{"id":"91715e5e-fd0b-4d1c-8fab-76290c46e6{id}","specVersion":"3.0.0","pcf":{{"declaredUnitOfMeasurement":"kilogram",
                "declaredUnitAmount":"1","{member}":"1.5","referencePeriodStart":"2025-01-01T00:00:00Z","referencePeriodEnd":"2026-01-01T00:00:00Z"}}}}"#
        )
    };
    let good = |id: &str| footprint(id, "pcfExcludingBiogenicUptake");
    world.write("pact.json", format!("{{\"data\":[{},{}]}}", good("01"), good("02")).as_bytes());
    let import = || world.json(&["passport", "import", "pact.json", "--out", "drafts"]);
    let outcomes = |answer: &serde_json::Value| {
        let drafts = answer["drafts"].as_array().unwrap().iter();
        drafts.map(|draft| draft["outcome"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let (exit, answer) = import();
    assert_eq!((exit, outcomes(&answer)), (0, vec!["made".into(), "made".into()]), "{answer:#}");
    let (exit, answer) = import();
    assert_eq!((exit, outcomes(&answer)), (0, vec!["skipped".into(), "skipped".into()]), "{answer:#}");
    let draft = "drafts/91715e5e-fd0b-4d1c-8fab-76290c46e601.draft.json";
    let edited = fs::read_to_string(world.path(draft)).unwrap().replace("\"1.5\"", "\"1.6\"");
    world.write(draft, edited.as_bytes());
    let (exit, answer) = import();
    assert_eq!((exit, outcomes(&answer)), (2, vec!["failed".into(), "skipped".into()]), "{answer:#}");
    let difference = &answer["drafts"][0]["differences"][0];
    assert_eq!(difference["path"], "credentialSubject.carbonFootprint.pcfExcludingBiogenicUptake");
    assert_eq!((&difference["stated"], &difference["found"]), (&"1.6".into(), &"1.5".into()));
    assert_eq!(fs::read_to_string(world.path(draft)).unwrap(), edited);
    world.write("pact.json", format!("[{},{}]", good("02"), footprint("03", "pCfExcludingBiogenic")).as_bytes());
    let (exit, answer) = import();
    assert_eq!((exit, outcomes(&answer)), (1, vec!["skipped".into()]), "{answer:#}");
    let refused = answer["refused"][0].as_str().unwrap();
    for path in ["[1].pcf.pCfExcludingBiogenic: a member of PACT 2", "[1].pcf.pcfExcludingBiogenicUptake: is missing"] {
        assert!(refused.contains(path), "{path} in {refused}");
    }
}
