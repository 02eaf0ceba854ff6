//! What customs say about certificates that they were shown: every office sees it, only one's own can tell by which declaration.

use super::world::{NUMBER, World};
use crate::kit::{self, carbon};
use eco_core::commitment::{DeclarationKey, DeclarationSecret};
use eco_core::document::DocumentId;
use eco_core::eco_file::{FileKind, wrap};
use eco_core::fingerprint::Fingerprint;
use eco_core::name::Revision;
use eco_core::state::RecordKey;
use eco_core::statement::{Present, PresentationState};
use serde_json::Value;
use std::fs;
use std::os::unix::fs::PermissionsExt;

const SECRET: [u8; 32] = [0x5e; 32];
const NUMBER_LODGED: &str = "JP-2026-000017";

/// `coo.pdf`, recorded on a network that takes Present, and the secret of the customs of Japan.
struct Counter {
    world: World,
    document: DocumentId,
}

impl Counter {
    fn new() -> Self {
        let mut world = World::new();
        world.network = carbon::network();
        world.write("home/trust.eco", &wrap(FileKind::TrustRoot, &world.network.trust()));
        world.write("home/declarations.secret", format!("{}\n", "5e".repeat(32)).as_bytes());
        fs::set_permissions(world.path("home/declarations.secret"), fs::Permissions::from_mode(0o600)).unwrap();
        let mut anchor = kit::certificate("cn-ccpit", "", NUMBER);
        anchor.fingerprint = world.candidate.fingerprint;
        anchor.signature_hash = world.candidate.signature_hash;
        let passport = carbon::passport("p", "https://id.gs1.org/01/06901234567892");
        world.network.record(vec![world.network.anchor("cn-ccpit", anchor), world.network.anchor("cn-ccpit", passport)]);
        let document = world.document();
        Self { world, document }
    }

    fn key(number: &str) -> DeclarationKey {
        DeclarationKey::of(&DeclarationSecret(SECRET), number).unwrap()
    }

    fn records(&mut self, customs: &str, declaration: DeclarationKey, base: u32, state: PresentationState) {
        let present = Present { document: self.document, declaration, base: Revision(base), state };
        let entry = self.world.network.presents(customs, present);
        self.world.network.record(vec![entry]);
    }

    /// Keeps the proof of the certificate's presentations.
    fn proof(&self) {
        let mut keys = vec![RecordKey::Document(self.document), RecordKey::Presentations(self.document)];
        for (customs, declaration) in [("jp-customs", Self::key(NUMBER_LODGED)), ("kr-customs", carbon::declaration("kr-customs", "K1"))] {
            keys.extend([
                RecordKey::Organisation(kit::org(customs)),
                RecordKey::Presentation(self.document, kit::org(customs), declaration),
            ]);
        }
        self.world.write("proof.eco", &self.world.network.status(&keys).to_file());
    }

    fn present(&self, state: &str, more: &[&str]) -> (i32, Value) {
        self.proof();
        let common = ["present", state, "coo.pdf", "--issuer", "cn-ccpit", "--org", "jp-customs", "--proof", "proof.eco"];
        let prepare = ["--prepare", "entry.eco", "--declaration", NUMBER_LODGED];
        self.world.json(&[&common[..], &prepare, more].concat())
    }

    fn base(&self, state: &str) -> Option<u64> {
        self.present(state, &[]).1["entry"]["content"]["base_revision"].as_u64()
    }
}

fn reason(answer: &Value) -> &str {
    answer["error"]["reason"].as_str().unwrap_or_default()
}

/// One certificate lodged with two customs is how duty is evaded twice: who lodges the second must see the first.
#[test]
fn a_certificate_presented_twice_shows_to_the_second_office() {
    let mut counter = Counter::new();
    let (exit, first) = counter.present("lodged", &[]);
    assert_eq!((exit, first["presented_elsewhere"].as_u64()), (0, Some(0)), "{first:#}");
    assert_eq!(first["entry"]["content"]["declaration_key"].as_str(), Some(&*Counter::key(NUMBER_LODGED).to_string()));
    counter.records("kr-customs", carbon::declaration("kr-customs", "K1"), 0, PresentationState::Lodged);
    let (exit, second) = counter.present("lodged", &[]);
    assert_eq!((exit, second["presented_elsewhere"].as_u64()), (0, Some(1)), "{second:#}");
    let shown = &second["presentations_before"];
    assert_eq!((shown["complete"].as_bool(), shown["items"][0]["customs"].as_str()), (Some(true), Some("kr-customs")));
    counter.records("kr-customs", carbon::declaration("kr-customs", "K1"), 1, PresentationState::Withdrawn);
    let (_, third) = counter.present("lodged", &[]);
    assert_eq!(
        (third["presented_elsewhere"].as_u64(), third["presentations_before"]["items"][0]["withdrawn"].as_bool()),
        (Some(0), Some(true))
    );
}

/// A state said again after a crash must be the same statement; one out of order must not be prepared.
#[test]
fn states_follow_one_another_and_may_be_repeated() {
    let mut counter = Counter::new();
    let own = Counter::key(NUMBER_LODGED);
    let (exit, answer) = counter.present("released", &[]);
    assert_eq!((exit, reason(&answer)), (1, "PRESENTATION_ORDER"), "{answer:#}");
    assert_eq!(counter.base("lodged"), Some(0));
    counter.records("jp-customs", own, 0, PresentationState::Lodged);
    assert_eq!((counter.base("lodged"), counter.base("released")), (Some(0), Some(1)));
    counter.records("jp-customs", own, 1, PresentationState::Released);
    let (_, answer) = counter.present("lodged", &[]);
    assert_eq!(answer["stands"].as_str(), Some("released"), "said again, and where it stands by now: {answer:#}");
    counter.records("jp-customs", own, 2, PresentationState::Referred);
    assert_eq!((counter.base("lodged"), counter.base("referred"), counter.base("released")), (Some(0), Some(2), Some(3)));
    counter.records("jp-customs", own, 3, PresentationState::Refused);
    assert_eq!((counter.base("refused"), counter.base("released")), (Some(3), Some(1)));
    assert_eq!(reason(&counter.present("withdrawn", &[]).1), "PRESENTATION_ORDER");
}

/// What is no certificate cannot be presented, and a customs without its secret must not invent another.
#[test]
fn only_certificates_are_presented_and_only_with_the_secret() {
    let counter = Counter::new();
    let passport = DocumentId::of(&kit::org("cn-ccpit"), &Fingerprint::of_jcs(b"p"));
    counter.world.write("passport.eco", &counter.world.network.status(&[RecordKey::Document(passport)]).to_file());
    let common = ["present", "lodged", "--org", "jp-customs", "--declaration", "1", "--prepare", "entry.eco"];
    let id = passport.to_string();
    let ask = |more: &[&str]| counter.world.json(&[&common[..], &["--document", &id, "--proof", "passport.eco"], more].concat());
    assert_eq!(reason(&ask(&[]).1), "WRONG_KIND");
    assert_eq!(reason(&ask(&["--secret", "nothing"]).1), "SECRET_MISSING");
    counter.world.write("short", b"5e5e\n");
    fs::set_permissions(counter.world.path("short"), fs::Permissions::from_mode(0o600)).unwrap();
    assert_eq!(reason(&ask(&["--secret", "short"]).1), "SECRET_INVALID");
    fs::set_permissions(counter.world.path("home/declarations.secret"), fs::Permissions::from_mode(0o644)).unwrap();
    assert_eq!(reason(&ask(&[]).1), "SECRET_EXPOSED");
    let (exit, made) = counter.world.json(&["key", "declaration-secret", "--out", "mine"]);
    assert_eq!(exit, 0, "{made:#}");
    assert_eq!(fs::read(counter.world.path("mine")).unwrap().len(), 65);
    assert_eq!(reason(&counter.world.json(&["key", "declaration-secret", "--out", "mine"]).1), "FILE_EXISTS");
    assert_eq!(reason(&ask(&["--secret", "mine"]).1), "WRONG_KIND", "the new secret is read");
}

/// The customs' own presentation is no duplicate; another customs' of the same certificate is, and so is one of the same
/// customs under another declaration. Who states nothing is told of all.
#[test]
fn the_own_presentation_is_none_elsewhere() {
    let mut counter = Counter::new();
    counter.records("jp-customs", Counter::key(NUMBER_LODGED), 0, PresentationState::Lodged);
    counter.proof();
    let verify = |counter: &Counter, more: &[&str]| {
        counter.world.write("status.eco", &counter.world.status());
        let common = ["verify", "coo.pdf", "--offline", "--issuer", "cn-ccpit", "--receipt", "status.eco", "--receipt", "proof.eco"];
        counter.world.json(&[&common[..], &["--importing", "JP", "--as-of", super::world::AS_OF], more].concat()).1
    };
    let duplicates = |answer: &Value| {
        let found = answer["aside"]["findings"].as_array().unwrap_or_else(|| panic!("{answer:#}"));
        found.iter().filter(|f| f["code"] == "DUPLICATE_PRESENTATION").map(|f| f["detail"].to_string()).collect::<Vec<_>>()
    };
    let own = ["--declaration", NUMBER_LODGED, "--customs", "jp-customs"];
    assert_eq!(duplicates(&verify(&counter, &[])).len(), 1, "nothing is stated");
    let answer = verify(&counter, &[&own[..], &["--save", "verdict.eco"]].concat());
    assert_eq!(duplicates(&answer), [""; 0], "{answer:#}");
    assert_eq!(answer["import"]["own"]["declaration_key"].as_str(), Some(&*Counter::key(NUMBER_LODGED).to_string()));
    let again = counter.world.json(&["verify", "verdict.eco", "--offline", "--as-of", super::world::AS_OF]).1;
    assert_eq!((duplicates(&again), &again["saved_verdict_holds"]), (vec![], &true.into()), "it is kept with the verdict: {again:#}");
    for stated in [["--declaration", "JP-OTHER", "--customs", "jp-customs"], ["--declaration", NUMBER_LODGED, "--customs", "kr-customs"]] {
        assert_eq!(duplicates(&verify(&counter, &stated)).len(), 1, "{stated:?}");
    }
    counter.records("kr-customs", carbon::declaration("kr-customs", "K1"), 0, PresentationState::Lodged);
    counter.proof();
    let found = duplicates(&verify(&counter, &own));
    assert!(found.len() == 1 && found[0].contains("kr-customs"), "{found:?}");
    let answer = verify(&counter, &["--declaration", NUMBER_LODGED]);
    assert_eq!(reason(&answer), "ORGANISATION_MISSING", "{answer:#}");
}
