//! What a country's authority says about verification bodies: rows of a published list, each said once, and withdrawn by its number.

use super::world::run_in;
use crate::kit::{self, Network, carbon};
use eco_core::eco_file::{FileKind, wrap};
use eco_core::recognition::RecognitionScope;
use eco_core::state::RecordKey;
use eco_core::statement::Statement;
use serde_json::Value;
use std::fs;

const LIST: [&str; 6] = ["--source", "https://lists.example/recognised.csv", "--list-date", "2026-01-01", "--list", "list.csv"];

/// A directory with the trust root of a network in memory, and a published list.
struct Room {
    directory: tempfile::TempDir,
    network: Network,
}

impl Room {
    fn new() -> Self {
        let room = Self { directory: tempfile::tempdir().unwrap(), network: carbon::network() };
        fs::create_dir(room.directory.path().join("home")).unwrap();
        room.write("home/trust.eco", &wrap(FileKind::TrustRoot, &room.network.trust()));
        room.write("list.csv", b"list");
        room
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        fs::write(self.directory.path().join(name), bytes).unwrap();
    }

    /// Records what was said, and keeps the proof of JP's list as `proof.eco`.
    fn record(&mut self, statements: Vec<Statement>) {
        let entries = statements.into_iter().map(|s| self.network.entry("jp-standards", s, eco_core::registry::Purpose::Attest)).collect();
        self.network.record(entries);
        let (scope, body) = (carbon::country("JP"), kit::org("cn-verify"));
        let RecognitionScope::Country(country) = scope else { panic!() };
        let mut keys = vec![RecordKey::Recognised(scope), RecordKey::Authority(country), RecordKey::Recognitions(scope, body)];
        keys.extend((0..4).map(|number| RecordKey::Recognition(scope, body, number)));
        self.write("proof.eco", &self.network.status(&keys).to_file());
    }

    fn json(&self, arguments: &[&str]) -> (i32, Value) {
        let output = run_in(self.directory.path(), &[arguments, &["--json"]].concat(), b"");
        let value = serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&output.stderr)));
        (output.status.code().unwrap(), value)
    }

    /// The entry that `eco recognise` prepares for JP about cn-verify.
    fn prepared(&self, verb: &str, more: &[&str]) -> (i32, Value) {
        let common = ["recognise", verb, "cn-verify", "--for", "JP", "--org", "jp-standards", "--proof", "proof.eco"];
        let (exit, answer) = self.json(&[&common[..], &["--prepare", "entry.eco"], more].concat());
        (exit, if exit == 0 { answer["entry"]["content"].clone() } else { answer["error"]["reason"].clone() })
    }

    fn add(&self, hs: &str, more: &[&str]) -> (i32, Value) {
        self.prepared("add", &[&["--standard", "iso 14065:2020", "--hs", hs][..], &LIST, more].concat())
    }
}

fn row(base: u32) -> Statement {
    let mut row = carbon::recognise(carbon::country("JP"), "cn-verify", base);
    row.source.list_date = "2026-01-01".parse().unwrap();
    Statement::Recognise(row)
}

/// A row that is said twice under another base would stand twice, and its withdrawal would leave one in force.
#[test]
fn a_row_is_said_once_and_anew_after_its_withdrawal() {
    let mut room = Room::new();
    room.record(Vec::new());
    let (exit, first) = room.add("8507,845611", &[]);
    assert_eq!(exit, 0, "{first:#}");
    assert_eq!((first["scope"].as_str(), first["base_revision"].as_u64()), (Some("country JP"), Some(0)));
    assert_eq!(first["hs_prefixes"], serde_json::json!(["845611", "8507"]));
    assert_eq!((first["valid_from"].as_str(), first["valid_until"].as_str()), (Some("2026-01-01T00:00:00Z"), None));
    room.record(vec![row(0)]);
    assert_eq!(room.add("845611,8507", &[]).1, first, "the same again is the same statement");
    assert_eq!(room.add("8507", &[]).1["base_revision"], 1, "other goods are another row");
    assert_eq!(room.add("8507,845611", &["--until", "2026-12-31"]).1["valid_until"], "2027-01-01T00:00:00Z");
    room.record(vec![Statement::WithdrawRecognise(carbon::withdraw_recognise(carbon::country("JP"), "cn-verify", 0, 1))]);
    assert_eq!(room.add("8507,845611", &[]).1["base_revision"], 1);
}

/// A withdrawal of the wrong row lets in what the authority shut out.
#[test]
fn a_withdrawal_names_its_row() {
    let mut room = Room::new();
    room.record(Vec::new());
    let withdraw = |room: &Room, more: &[&str]| room.prepared("withdraw", &[&["--reason", "wrong-data"], more].concat());
    assert_eq!(withdraw(&room, &["--row", "0"]), (1, "NO_SUCH_RECOGNITION".into()));
    assert_eq!(withdraw(&room, &[]), (2, "ROW_AMBIGUOUS".into()));
    room.record(vec![row(0)]);
    let (exit, only) = withdraw(&room, &[]);
    assert_eq!((exit, only["number"].as_u64(), only["base_revision"].as_u64()), (0, Some(0), Some(1)));
    room.record(vec![row(1)]);
    assert_eq!(withdraw(&room, &[]), (2, "ROW_AMBIGUOUS".into()));
    room.record(vec![Statement::WithdrawRecognise(carbon::withdraw_recognise(carbon::country("JP"), "cn-verify", 0, 1))]);
    assert_eq!(withdraw(&room, &[]).1["number"], 1, "the one that is left");
    assert_eq!(withdraw(&room, &["--row", "0"]).1, only, "said again it is the same statement");
}

/// Who reads a list must see that nothing is left out, and what no longer counts.
#[test]
fn a_list_is_shown_whole_with_the_standing_of_each_row() {
    let mut room = Room::new();
    room.record(Vec::new());
    let list = |room: &Room, more: &[&str]| room.json(&[&["recognise", "list", "--for", "JP", "--proof", "proof.eco"], more].concat());
    let (exit, empty) = list(&room, &[]);
    assert_eq!((exit, empty["complete"].as_bool(), empty["authority"].as_str()), (0, Some(true), Some("jp-standards")));
    assert_eq!(empty["rows"], serde_json::json!([]));
    room.record(vec![row(0)]);
    room.record(vec![row(1), Statement::WithdrawRecognise(carbon::withdraw_recognise(carbon::country("JP"), "cn-verify", 0, 1))]);
    let standings = |answer: &Value| -> Vec<String> {
        answer["rows"].as_array().unwrap().iter().map(|r| r["standing"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(standings(&list(&room, &[]).1), ["withdrawn", "in_force"]);
    assert_eq!(standings(&list(&room, &["--on", "2025-12-31"]).1), ["not_yet", "not_yet"]);
    assert_eq!(standings(&list(&room, &["--body", "vn-verify"]).1), [""; 0]);
    // The proof of another list proves nothing about this one.
    let (exit, other) = room.json(&["recognise", "list", "--for", "KR", "--proof", "proof.eco"]);
    assert_eq!((exit, other["error"]["reason"].as_str()), (3, Some("ABSENCE_NOT_PROVEN")));
}

/// An address that the log would refuse, or goods that nobody named, are better refused before anyone signs.
#[test]
fn a_row_that_the_log_would_refuse_is_not_prepared() {
    let mut room = Room::new();
    room.record(Vec::new());
    assert_eq!(room.add("*,8507", &[]), (2, "ROW_INVALID".into()));
    assert_eq!(room.add("8507", &["--until", "2025-06-01"]), (2, "ROW_INVALID".into()));
    let source = ["--source", "ftp://lists.example", "--list-date", "2026-01-01", "--list", "list.csv"];
    assert_eq!(room.prepared("add", &[&["--standard", "ISO14065", "--hs", "*"][..], &source].concat()), (2, "SOURCE_INVALID".into()));
    assert!(!room.directory.path().join("entry.eco").exists());
}

/// A list that is applied unread withdraws what nobody meant to withdraw; one with a bad line must say nothing at all.
#[test]
fn a_published_list_is_compared_before_anything_is_said() {
    let mut room = Room::new();
    room.record(vec![row(0)]);
    let import = |room: &Room, sheet: &str, more: &[&str]| {
        room.write("list.csv", format!("body,standard,hs,from,until\n{sheet}").as_bytes());
        let common = ["recognise", "import", "list.csv", "--for", "JP", "--source", "https://lists.example/l", "--list-date", "2026-02-01"];
        room.json(&[&common[..], &["--org", "jp-standards", "--dry-run", "--proof", "proof.eco"], more].concat())
    };
    let same = "cn-verify,ISO 14065:2020,845611 8507,2026-01-01,\n";
    let (exit, answer) = import(&room, same, &[]);
    assert_eq!((exit, answer["unchanged"].as_u64(), answer["applied"].as_bool()), (0, Some(1), Some(true)), "{answer:#}");
    let (exit, answer) = import(&room, "vn-verify,ISO 14065:2020,*,2026-01-01,2030-12-31\n", &[]);
    assert_eq!((exit, answer["applied"].as_bool()), (0, Some(false)));
    assert_eq!(
        (answer["new"][0]["line"].as_u64(), answer["new"][0]["row"]["valid_until"].as_str()),
        (Some(2), Some("2031-01-01T00:00:00Z"))
    );
    assert_eq!(answer["withdrawn"][0]["row"]["body"].as_str(), Some("cn-verify"));
    let (_, answer) = import(&room, "cn-verify,ISO 14065:2020,8507,2026-01-01,\n", &[]);
    assert_eq!(answer["new"][0]["instead_of"]["withdrawn"], true, "narrowed: {answer:#}");
    assert_eq!(answer["withdrawn"], serde_json::json!([]), "what is changed is not counted as withdrawn too");
    let (_, answer) = import(&room, "cn-verify,ISO 14065:2020,8507 84,2026-01-01,\n", &[]);
    assert_eq!(answer["new"][0]["instead_of"]["withdrawn"], false, "widened: {answer:#}");
    let (exit, answer) = import(&room, &format!("{same}CN VERIFY,ISO 14065:2020,8507,2026-01-01,\n"), &[]);
    assert_eq!((exit, answer["applied"].as_bool()), (2, Some(false)));
    assert!(answer["faults"][0].as_str().unwrap().starts_with("line 3: body"), "{answer:#}");
    let other = ["recognise", "import", "list.csv", "--for", "KR", "--source", "https://lists.example/l", "--list-date", "2026-02-01"];
    room.write("kr.eco", &room.network.status(&[RecordKey::Authority("KR".parse().unwrap())]).to_file());
    let (exit, answer) = room.json(&[&other[..], &["--org", "jp-standards", "--dry-run", "--proof", "kr.eco"]].concat());
    assert_eq!((exit, answer["error"]["reason"].as_str()), (1, Some("NOT_THE_AUTHORITY")), "{answer:#}");
}
