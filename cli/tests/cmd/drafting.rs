//! Making passports: from values, from a spreadsheet of SKUs, and in place of earlier ones.

use super::world::World;
use serde_json::Value;
use std::fs;
use std::os::unix::fs::PermissionsExt;

const BATTERY: &str = include_str!("../../documents/tests/documents/battery.json");
const SHEET: &str = "sku,id,gtin,name,value,scope2Location\n\
    BP-1,https://acme.example/p/1.jsonld,6901234567892,Pack 1,407.4,62.4\n\
    BP-2,https://acme.example/p/2.jsonld,6901234567893,Pack 2,407.4,62.4\n\
    BP-3,https://acme.example/p/3.jsonld,96385074,Pack 3,400-415,\n\
    BP-4,too few\n";

/// A world whose `base.json` is the worked example without options, for the sheet to fill.
fn world() -> World {
    let world = World::new();
    let mut base: Value = serde_json::from_str(BATTERY).unwrap();
    let footprint = base["credentialSubject"]["carbonFootprint"].as_object_mut().unwrap();
    footprint["emissionsByScope"].as_object_mut().unwrap().retain(|name, _| !name.starts_with("scope2L"));
    for optional in ["lifeCycleStages", "scope3Categories", "components", "fossilGhgEmissions"] {
        footprint.remove(optional);
    }
    world.write("base.json", base.to_string().as_bytes());
    world.write("skus.csv", SHEET.as_bytes());
    world
}

fn outcomes(answer: &Value) -> Vec<&str> {
    answer["passports"].as_array().unwrap().iter().map(|row| row["outcome"].as_str().unwrap()).collect()
}

/// A line with a flaw must name line, column and remedy, make nothing, and not stop the others; what is done is not done twice.
#[test]
fn a_sheet_of_skus_makes_whole_passports_or_says_why_not() {
    let world = world();
    let new = ["passport", "new", "--template", "base.json", "--csv", "skus.csv", "--out", "made"];
    let (exit, answer) = world.json(&[&new[..], &["--dry-run"]].concat());
    assert_eq!((exit, outcomes(&answer)), (1, vec!["would be made", "failed", "failed", "failed"]), "{answer:#}");
    assert!(!world.path("made").exists(), "a dry run writes nothing");
    let (exit, answer) = world.json(&new);
    assert_eq!((exit, outcomes(&answer)), (1, vec!["made", "failed", "failed", "failed"]));
    let found = |row: usize| -> Vec<(u64, &str, &str)> {
        let row = &answer["passports"][row];
        let flaws = row["flaws"].as_array().unwrap().iter();
        flaws.map(|f| (row["line"].as_u64().unwrap(), f["column"].as_str().unwrap_or_default(), f["code"].as_str().unwrap())).collect()
    };
    assert!(found(1).iter().all(|f| *f == (3, "gtin", "FIELD_INVALID")) && !found(1).is_empty(), "{:?}", found(1));
    assert!(["scope2Location", "value"].iter().all(|column| found(2).iter().any(|f| f.0 == 4 && f.1 == *column)), "{:?}", found(2));
    assert_eq!(answer["passports"][3]["error"], "2 cells, the header names 6 columns");
    let text = world.eco(&new);
    let stderr = String::from_utf8(text.stderr).unwrap();
    assert!(stderr.contains("line 3 BP-2") && stderr.contains("column gtin") && stderr.contains("is 2"), "{stderr}");
    assert_eq!(fs::read_dir(world.path("made")).unwrap().count(), 1, "no half-written file, no file of a line with flaws");
    let one = fs::read(world.path("made/BP-1.json")).unwrap();
    world.write("skus.csv", SHEET.replace("6901234567893", "6901234567892").as_bytes());
    let (exit, answer) = world.json(&new);
    assert_eq!((exit, outcomes(&answer)), (1, vec!["skipped", "made", "failed", "failed"]), "{answer:#}");
    assert_eq!(fs::read(world.path("made/BP-1.json")).unwrap(), one, "a nonce that was recorded is kept");
    assert_eq!(world.json(&["passport", "check", "made"]).0, 0);
    world.write("skus.csv", SHEET.replace("Pack 1", "Another").as_bytes());
    let (_, answer) = world.json(&new);
    assert!(answer["passports"][0]["error"].as_str().unwrap().contains("says something else"), "{answer:#}");
    let nonce = |name: &str| {
        let made: Value = serde_json::from_slice(&fs::read(world.path(name)).unwrap()).unwrap();
        (made["credentialSubject"]["nonce"].clone(), made["credentialSubject"]["carbonFootprint"]["id"].clone())
    };
    assert_ne!(nonce("made/BP-1.json").0, nonce("made/BP-2.json").0);
    assert!(nonce("made/BP-1.json").1.is_null(), "the template's own footprint id is not every product's");
}

/// Two lines for one file: the second would be the first's, or overwrite it. A column without a place would be lost.
#[test]
fn a_sheet_that_can_be_read_in_two_ways_is_refused() {
    let world = world();
    let new = ["passport", "new", "--template", "base.json", "--csv", "skus.csv", "--out", "made"];
    world.write("skus.csv", SHEET.replace("BP-3", "BP-1").as_bytes());
    let (_, answer) = world.json(&new);
    assert!(answer["passports"][2]["error"].as_str().unwrap().starts_with("line 2 makes the file"), "{answer:#}");
    world.write("skus.csv", b"sku,colour\nBP-1,red\n");
    let (exit, answer) = world.json(&new);
    assert_eq!((exit, answer["error"]["reason"].as_str()), (2, Some("COLUMN_UNKNOWN")), "{answer:#}");
    world.write("skus.csv", b"file,value\n../up.json,1\n");
    assert!(world.json(&new).1["passports"][0]["error"].as_str().unwrap().contains("no plain file name"));
}

/// What is missing is listed; only a draft is written without it.
#[test]
fn one_passport_from_values_and_gaps() {
    let world = world();
    let set = ["passport", "new", "--template", "base.json", "--out", "p.json", "--set"];
    let (exit, answer) = world.json(&[&set[..], &["value=407.4"]].concat());
    assert_eq!((exit, answer["passports"][0]["flaws"][0]["code"].as_str()), (1, Some("CF_SCOPE_INCOMPLETE")), "{answer:#}");
    assert!(!world.path("p.json").exists());
    let (exit, answer) = world.json(&[&set[..], &["value=407.4", "--draft"]].concat());
    assert_eq!((exit, outcomes(&answer)), (0, vec!["made"]), "{answer:#}");
    let (exit, _) = world.json(&["passport", "new", "--template", "p.json", "--out", "whole.json", "--set", "scope2Location=62.4"]);
    assert_eq!((exit, world.json(&["passport", "check", "whole.json"]).0), (0, 0));
    let (exit, answer) = world.json(&[&set[..], &["colour=red"]].concat());
    assert_eq!((exit, answer["error"]["reason"].as_str()), (2, Some("NAME_UNKNOWN")), "{answer:#}");
}

/// A passport that replaces another must say so, and be of the same product; else the log and the document tell two stories.
#[test]
fn a_successor_names_its_predecessor() {
    let world = world();
    world.write("phrase", b"correct horse\n");
    fs::set_permissions(world.path("phrase"), fs::Permissions::from_mode(0o600)).unwrap();
    for purpose in ["document", "issue"] {
        let out = format!("{purpose}.pem");
        assert_eq!(world.json(&["key", "generate", "--purpose", purpose, "--out", &out, "--passphrase-file", "phrase"]).0, 0);
    }
    world.write("old.jsonld", BATTERY.as_bytes());
    let new = ["passport", "new", "--supersedes", "old.jsonld", "--out", "new.json"];
    let (exit, answer) = world.json(&new);
    assert_eq!((exit, answer["passports"][0]["flaws"][0]["path"].as_str()), (1, Some("id")), "its own id: {answer:#}");
    assert_eq!(world.json(&[&new[..], &["--set", "id=https://acme.example.cn/products/BP-48100/carbon/2026-2.jsonld"]].concat()).0, 0);
    for (file, out) in [("old.jsonld", "old.jsonld"), ("new.json", "new.jsonld")] {
        let sign = ["passport", "sign", file, "--key", "document.pem", "--out", out, "--passphrase-file", "phrase"];
        assert_eq!(world.json(&sign).0, 0, "{file}");
    }
    let record = |command: &[&str]| {
        let more = ["--org", "acme-battery", "--key", "issue.pem", "--passphrase-file", "phrase", "--node", "http://127.0.0.1:9"];
        let (exit, answer) = world.json(&[&["passport"], command, &more].concat());
        (exit, answer["error"]["reason"].as_str().or(answer["files"][0]["error"]["reason"].as_str()).unwrap_or_default().to_owned())
    };
    assert_eq!(record(&["supersede", "old.jsonld", "new.jsonld"]), (3, "NODE_UNREACHABLE".into()), "all that stops it is the node");
    assert_eq!(record(&["supersede", "new.jsonld", "old.jsonld"]), (1, "METADATA_LINK_MISMATCH".into()));
    assert_eq!(record(&["anchor", "new.jsonld"]), (1, "METADATA_LINK_MISMATCH".into()), "its Anchor would not say what it says");
    let signed = fs::read_to_string(world.path("new.jsonld")).unwrap();
    world.write("other.jsonld", signed.replace("06901234567892", "00000096385074").as_bytes());
    assert_eq!(record(&["supersede", "old.jsonld", "other.jsonld"]), (1, "ORIGIN_LINK_MISMATCH".into()));
}
