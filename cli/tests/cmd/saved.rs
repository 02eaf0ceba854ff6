//! A verdict kept with its evidence: judged again later, believed in nothing.

use super::world::{AS_OF, World, codes, day, signed_pdf};
use crate::kit;
use eco_core::document::DocumentStatus;
use std::fs;

fn saved() -> World {
    let world = World::new();
    let (exit, answer) = world.verify(&["--as-of", AS_OF, "--save", "verdict.eco"]);
    assert_eq!((exit, answer["verdict_file"].as_str()), (0, Some("verdict.eco")), "{answer:#}");
    world
}

fn recheck(world: &World, more: &[&str]) -> (i32, serde_json::Value) {
    world.json(&[&["verify", "verdict.eco", "--offline"], more].concat())
}

fn changed(answer: &serde_json::Value) -> Vec<String> {
    answer["changed"].as_array().unwrap().iter().map(|line| line.as_str().unwrap().to_string()).collect()
}

/// Years later, with the document gone from its place: the evidence in the file still gives what it states.
#[test]
fn a_saved_verdict_holds_by_its_own_evidence() {
    let world = saved();
    fs::remove_file(world.path("coo.pdf.eco")).unwrap();
    let (exit, answer) = recheck(&world, &["--as-of", AS_OF]);
    assert_eq!((exit, &answer["saved_verdict_holds"], &answer["document_examined"]), (0, &true.into(), &true.into()), "{answer:#}");
    assert!(changed(&answer).is_empty(), "{answer:#}");
    fs::remove_file(world.path("coo.pdf")).unwrap();
    let (_, answer) = recheck(&world, &["--as-of", AS_OF]);
    assert_eq!((&answer["saved_verdict_holds"], &answer["document_examined"]), (&true.into(), &false.into()), "{answer:#}");
    let said = world.eco(&["verify", "verdict.eco", "--offline", "--as-of", AS_OF]);
    assert!(String::from_utf8(said.stdout).unwrap().contains("not at hand"), "findings without the document are somebody's word");
}

/// What a customs officer comes back for: is it still so?
#[test]
fn what_changed_since_is_said() {
    let mut world = saved();
    let (exit, answer) = recheck(&world, &["--as-of", &day(30)]);
    assert_eq!(exit, 5, "the evidence has grown old: {answer:#}");
    assert!(changed(&answer).iter().any(|line| line.contains("TRUSTED then, UNVERIFIABLE now")), "{answer:#}");
    world.network.record(vec![world.network.change("cn-ccpit", world.document(), 1, DocumentStatus::Revoked)]);
    world.write("coo.pdf.status", &world.status());
    let end = world.network.now().plus_ms(1_000).0;
    let after = format!("2026-01-01T00:00:{:02}Z", (end - kit::START.0) / 1_000);
    let (exit, _) = world.verify(&["--as-of", &after, "--receipt", "coo.pdf.status", "--save", "verdict.eco"]);
    assert_eq!(exit, 4);
    let (exit, answer) = recheck(&world, &["--as-of", &after]);
    assert_eq!((exit, &answer["saved_verdict_holds"]), (4, &true.into()), "{answer:#}");
    assert!(codes(&answer).contains(&"REVOKED".to_string()));
}

/// Another document under the old name must not inherit its verdict.
#[test]
fn a_replaced_document_is_noticed() {
    let world = saved();
    world.write("coo.pdf", &signed_pdf("ANOTHER"));
    let (exit, answer) = recheck(&world, &["--as-of", AS_OF]);
    assert_eq!(exit, 3, "{answer:#}");
    assert!(changed(&answer).iter().any(|line| line.contains("another document")), "{answer:#}");
}

/// A file that states more than its evidence gives is found out.
#[test]
fn a_verdict_that_its_evidence_does_not_give_is_said() {
    let world = saved();
    let mut bytes = fs::read(world.path("verdict.eco")).unwrap();
    let receipt = fs::read(world.path("coo.pdf.eco")).unwrap();
    let at = bytes.windows(receipt.len()).position(|w| w == receipt).unwrap();
    bytes[at + receipt.len() - 1] ^= 1;
    world.write("verdict.eco", &bytes);
    fs::remove_file(world.path("coo.pdf.eco")).unwrap();
    let (exit, answer) = recheck(&world, &["--as-of", AS_OF]);
    assert_eq!((exit, &answer["saved_verdict_holds"]), (3, &false.into()), "{answer:#}");
    assert!(changed(&answer)[0].starts_with("the file states TRUSTED"), "{answer:#}");
    world.write("verdict.eco", &bytes[..bytes.len() - 1]);
    let (exit, answer) = recheck(&world, &[]);
    assert_eq!((exit, answer["error"]["reason"].as_str()), (3, Some("VERDICT_INVALID")), "{answer:#}");
}

/// An argument that is silently ignored would let the asker believe an answer to another question.
#[test]
fn arguments_are_used_or_refused() {
    let world = saved();
    let other: [&[&str]; 5] =
        [&["--issuer", "vn-vcci"], &["--number", "X"], &["--kind", "other"], &["--save", "v2.eco"], &["--scheme", "x"]];
    for arguments in other {
        let (exit, answer) = recheck(&world, arguments);
        assert_eq!((exit, answer["error"]["reason"].as_str()), (2, Some("QUESTION_SAVED")), "{arguments:?}: {answer:#}");
    }
    assert_eq!(recheck(&world, &["--as-of", &day(1)]).0, 5);
    assert_eq!(recheck(&world, &["--as-of", &day(1), "--max-status-age", "2d"]).0, 0, "the asker's own bound counts");
    world.write("coo.status", &world.status());
    let (_, answer) = recheck(&world, &["--as-of", AS_OF, "--receipt", "coo.status"]);
    let checks = answer["verdict"]["checks"].as_array().unwrap();
    assert!(checks.iter().any(|check| check.as_str().unwrap().contains("status proof")), "{answer:#}");
}
