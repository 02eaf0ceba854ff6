//! Schemes from the command line: the samples check, and a scan says which rule decided.

use super::world::World;
use std::fs;

#[test]
fn samples_are_sound_and_a_scan_names_the_rule() {
    let world = World::new();
    let (exit, made) = world.json(&["scheme", "samples", "--out", "schemes"]);
    assert_eq!((exit, made["files"].as_array().unwrap().len()), (0, 4));
    let lithium = "schemes/sample-lithium-battery.json";
    let laser = "schemes/sample-laser-cutting.json";
    assert_eq!(world.json(&["scheme", "check", lithium, laser]).0, 0);

    let (exit, recorded) = world.json(&["scheme", "record", lithium, laser, "--out", "records"]);
    assert_eq!(
        (exit, &recorded["files"]),
        (0, &serde_json::json!(["records/sample-lithium-battery.record", "records/sample-laser-cutting.record"]))
    );
    let record: eco_core::scheme::Scheme =
        eco_core::codec::decode(&fs::read(world.path("records/sample-laser-cutting.record")).unwrap()).unwrap();
    assert_eq!(record.id.as_str(), "sample-laser-cutting");

    world.write("skus.csv", "sku,hs,laserSource\npack,8507.60,\ntool,846721,\ncutter,845611,fibre\ncoarse,8507,\nbad,85x,\n".as_bytes());
    let scan = ["scheme", "scan", "skus.csv", "--scheme", lithium, "--scheme", laser, "--to", "JP", "--on", "2026-08-01"];
    let (exit, answer) = world.json(&scan);
    assert_eq!(exit, 2, "one line cannot be read");
    assert_eq!(answer["faults"].as_array().unwrap().len(), 1);
    assert!(answer["faults"][0].as_str().unwrap().starts_with("line 6: hs:"), "{answer:#}");
    let rows = answer["rows"].as_array().unwrap();
    let of = |sku: &str, scheme: &str| {
        let row = rows.iter().find(|r| r["sku"] == sku && r["scheme"] == scheme).unwrap();
        (row["ruling"].as_str().unwrap(), row["rule"].as_str().unwrap())
    };
    assert_eq!(of("pack", "sample-lithium-battery"), ("in", "HS 850760 is included"));
    assert_eq!(of("tool", "sample-lithium-battery").0, "out");
    assert_eq!(of("cutter", "sample-laser-cutting"), ("out", "laserSource is fibre, not CO2"));
    assert_eq!(of("coarse", "sample-lithium-battery").0, "undetermined");
    assert!(rows.iter().all(|r| r["mode"] == "enforce"));
    let outside = ["scheme", "scan", "skus.csv", "--scheme", lithium, "--to", "US", "--on", "2025-08-01"];
    let (_, answer) = world.json(&outside);
    assert!(answer["rows"].as_array().unwrap().iter().all(|r| r["ruling"] == "out" && r["mode"] == "none"), "{answer:#}");
}

#[test]
fn a_broken_scheme_is_refused_with_every_flaw() {
    let world = World::new();
    world.json(&["scheme", "samples", "--out", "schemes"]);
    let good = fs::read_to_string(world.path("schemes/sample-power-tools.json")).unwrap();
    let bad = good.replace("HS2022", "HS2023").replace("\"846729\"", "\"8467-29\"");
    world.write("bad.json", bad.as_bytes());
    let (exit, answer) = world.json(&["scheme", "record", "schemes/sample-power-tools.json", "bad.json", "--out", "records"]);
    assert_eq!((exit, answer["error"]["reason"].as_str()), (2, Some("SCHEME_INVALID")));
    assert!(!world.path("records").exists(), "nothing is written where one file is no scheme");
    let (exit, answer) = world.json(&["scheme", "check", "bad.json"]);
    assert_eq!((exit, answer["files"][0]["flaws"].as_array().unwrap().len()), (1, 2), "{answer:#}");
    world.write("skus.csv", b"sku,hs\na,846721\n");
    let (exit, answer) = world.json(&["scheme", "scan", "skus.csv", "--scheme", "bad.json"]);
    assert_eq!((exit, answer["error"]["reason"].as_str()), (2, Some("SCHEME_INVALID")));
    world.write("skus.csv", b"item,code\na,846721\n");
    let (exit, answer) = world.json(&["scheme", "scan", "skus.csv", "--scheme", "schemes/sample-power-tools.json"]);
    assert_eq!((exit, answer["error"]["reason"].as_str()), (2, Some("COLUMN_MISSING")));
}
