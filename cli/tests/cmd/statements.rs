//! What members say about documents and one another: built on proven records, refused before anyone signs what is wrong.

use super::world::World;
use crate::kit::{self, carbon};
use eco_core::commitment::StatementHash;
use eco_core::document::DocumentId;
use eco_core::eco_file::{FileKind, wrap};
use eco_core::state::RecordKey;
use eco_documents::passport::read_passport;
use serde_json::Value;
use std::fs;
use std::os::unix::fs::PermissionsExt;

const BATTERY: &str = include_str!("../../documents/tests/documents/battery.json");
const VERIFIER: &str = "did:web:verifier.example.cn";
const ISSUER: &str = "cn-ccpit";
const BODY: &str = "vn-vcci";

fn reason(answer: &Value) -> &str {
    answer["error"]["reason"].as_str().unwrap_or_default()
}

fn private(world: &World, name: &str, bytes: &[u8]) {
    world.write(name, bytes);
    fs::set_permissions(world.path(name), fs::Permissions::from_mode(0o600)).unwrap();
}

/// `p.jsonld` signed and recorded, and `proof.eco`, which shows that nobody attested it yet.
fn passport() -> (World, DocumentId) {
    passport_on(World::new(), BODY)
}

fn passport_on(mut world: World, body: &str) -> (World, DocumentId) {
    private(&world, "phrase", b"correct horse\n");
    assert_eq!(world.json(&["key", "generate", "--purpose", "document", "--out", "doc.pem", "--passphrase-file", "phrase"]).0, 0);
    world.write("p.json", BATTERY.as_bytes());
    let sign = ["passport", "sign", "p.json", "--key", "doc.pem", "--out", "p.jsonld", "--passphrase-file", "phrase"];
    assert_eq!(world.json(&sign).0, 0);
    let findings = read_passport(&fs::read(world.path("p.jsonld")).unwrap(), &[]).findings();
    let candidate = findings.candidates[0].clone();
    let mut anchor = kit::other("");
    anchor.kind = eco_core::document::DocumentKind::Passport;
    anchor.fingerprint = candidate.fingerprint;
    anchor.signature_hash = candidate.signature_hash;
    let entry = world.network.anchor(ISSUER, anchor);
    world.network.record(vec![entry]);
    let document = DocumentId::of(&kit::org(ISSUER), &candidate.fingerprint);
    let keys = [
        RecordKey::Document(document),
        RecordKey::Attestations(document),
        RecordKey::Attestation(document, kit::org(body)),
        RecordKey::Claims(candidate.fingerprint),
    ];
    world.write("proof.eco", &world.network.status(&keys).to_file());
    (world, document)
}

fn attest(world: &World, file: &str, more: &[&str]) -> (i32, Value) {
    let common = ["attest", file, "--issuer", ISSUER, "--org", BODY, "--proof", "proof.eco", "--prepare", "entry.eco"];
    world.json(&[&common, more].concat())
}

/// A verification body that attests another number, standard or verifier than the passport states vouches for what it never saw.
#[test]
fn what_is_attested_is_what_the_passport_states() {
    let (world, document) = passport();
    let said = |number, verifier, standard| {
        attest(&world, "p.jsonld", &["--statement-number", number, "--verifier", verifier, "--standard", standard])
    };
    let (exit, answer) = said("EV-2026-0417", VERIFIER, "iso 14065:2020");
    assert_eq!(exit, 0, "{answer:#}");
    let content = &answer["entry"]["content"];
    assert_eq!(content["document"].as_str(), Some(&*document.to_string()));
    assert_eq!((content["base_revision"].as_u64(), content["accreditation_standard"].as_str()), (Some(0), Some("ISO14065:2020")));
    fs::remove_file(world.path("entry.eco")).unwrap();
    for (number, verifier, standard, both) in [
        ("EV-2026-0418", VERIFIER, "ISO 14065:2020", ["EV-2026-0417", "EV-2026-0418"]),
        ("EV-2026-0417", "did:web:other.example", "ISO 14065:2020", [VERIFIER, "did:web:other.example"]),
        ("EV-2026-0417", VERIFIER, "ISO 17029:2019", ["ISO 14065:2020", "ISO17029:2019"]),
    ] {
        let (exit, answer) = said(number, verifier, standard);
        assert_eq!((exit, reason(&answer)), (1, "ATTESTATION_MISMATCH"), "{answer:#}");
        let message = answer["error"]["message"].as_str().unwrap();
        assert!(both.iter().all(|side| message.contains(side)), "{message}");
    }
    assert!(!world.path("entry.eco").exists(), "what is refused is not prepared");
}

/// An attested estimate is the very thing that the scheme is to keep out.
#[test]
fn a_passport_with_flaws_or_unproven_is_not_attested() {
    let (world, _) = passport();
    let good = ["--statement-number", "EV-2026-0417", "--verifier", VERIFIER, "--standard", "ISO 14065:2020"];
    let signed = fs::read_to_string(world.path("p.jsonld")).unwrap();
    world.write("range.jsonld", signed.replacen("\"407.4\"", "\"400-415\"", 1).as_bytes());
    world.write("forged.jsonld", signed.replacen("EV-2026-0417.pdf", "EV-2026-0418.pdf", 1).as_bytes());
    assert_eq!(reason(&attest(&world, "range.jsonld", &good).1), "CF_VALUE_RANGE");
    assert_eq!(reason(&attest(&world, "forged.jsonld", &good).1), "PROOF_INVALID");
    let (exit, answer) = attest(&world, "p.jsonld", &[&good[..], &["--from", "2026-03-01"]].concat());
    assert_eq!((exit, reason(&answer)), (1, "ATTESTATION_MISMATCH"), "a part of the passport's period: {answer:#}");
    world.write("proof.eco", &world.status());
    let (exit, answer) = attest(&world, "p.jsonld", &good);
    assert_eq!((exit, reason(&answer)), (3, "ABSENCE_NOT_PROVEN"), "{answer:#}");
}

/// A withdrawal names an attestation that is there, and says why.
#[test]
fn only_what_was_attested_is_withdrawn() {
    let (world, _) = passport();
    let (exit, answer) = attest(&world, "p.jsonld", &["--statement-number", "EV-2026-0417", "--withdraw", "--reason", "wrong-data"]);
    assert_eq!((exit, reason(&answer)), (1, "NO_SUCH_ATTESTATION"), "{answer:#}");
    let usage = world.eco(&["attest", "p.jsonld", "--statement-number", "EV-2026-0417", "--withdraw", "--prepare", "entry.eco"]);
    assert_eq!(usage.status.code(), Some(2), "a withdrawal needs its reason");
}

/// Who attests again what was withdrawn for ever must not read "on the log" as "it holds".
#[test]
fn an_attestation_that_was_withdrawn_does_not_hold_when_it_is_said_again() {
    let mut world = World::new();
    world.network = carbon::network();
    world.write("home/trust.eco", &wrap(FileKind::TrustRoot, &world.network.trust()));
    let (mut world, document) = passport_on(world, "cn-verify");
    let facts = read_passport(&fs::read(world.path("p.jsonld")).unwrap(), &[]).facts.unwrap();
    let statement = StatementHash::of(&facts.nonce, "EV-2026-0417").unwrap();
    let mut attests = carbon::attest(document, 0, "x");
    attests.statement = statement;
    let mut withdraws = carbon::withdraw_attest(document, 1, "x");
    withdraws.statement = statement;
    let again = |world: &World| {
        let stating = ["--issuer", ISSUER, "--org", "cn-verify", "--proof", "proof.eco", "--prepare", "entry.eco"];
        let said = ["attest", "p.jsonld", "--statement-number", "EV-2026-0417", "--verifier", VERIFIER, "--standard", "ISO 14065:2020"];
        world.json(&[&said[..], &stating].concat())
    };
    let keys = [RecordKey::Document(document), RecordKey::Attestations(document), RecordKey::Attestation(document, kit::org("cn-verify"))];
    let entry = world.network.attests("cn-verify", attests);
    world.network.record(vec![entry]);
    world.write("proof.eco", &world.network.status(&keys).to_file());
    let (exit, answer) = again(&world);
    assert_eq!((exit, answer["entry"]["content"]["base_revision"].as_u64()), (0, Some(0)), "the same statement: {answer:#}");
    let entry = world.network.withdraws("cn-verify", withdraws);
    world.network.record(vec![entry]);
    world.write("proof.eco", &world.network.status(&keys).to_file());
    let (exit, answer) = again(&world);
    assert_eq!((exit, answer["withdrawn"]["reason"].as_str()), (4, Some("wrong-data")), "{answer:#}");
}
