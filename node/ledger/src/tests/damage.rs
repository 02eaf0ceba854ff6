//! A damaged, foreign or rolled-back store is refused, with both sides.

use super::kit::{Kit, at, crash_image, document};
use crate::keys::{Family, height_key, index_key};
use crate::store::{Store, WritePoint};
use crate::{LedgerError, Options};
use eco_core::name::Height;
use eco_core::state::RecordKey;
use std::path::Path;

fn filled() -> (Kit, tempfile::TempDir) {
    let (kit, dir) = (Kit::new(), tempfile::tempdir().unwrap());
    let ledger = kit.open(dir.path()).unwrap();
    for n in 0..12u64 {
        kit.block_of(&ledger, at(n), n * 4..n * 4 + 4);
    }
    drop(ledger);
    (kit, dir)
}

/// Changes one row behind the ledger's back, with valid database check sums: a value corrupted before it was written.
fn spoil(dir: &Path, family: Family, key: &[u8], spoil: impl FnOnce(Option<Vec<u8>>) -> Vec<u8>) {
    let store = Store::open(&dir.join("db"), &Options::default()).unwrap();
    let row = spoil(store.get(family, key).unwrap());
    let mut batch = store.batch();
    batch.put(family, key, &row).unwrap();
    store.write(WritePoint::Commit, batch).unwrap();
}

fn flip(row: Option<Vec<u8>>) -> Vec<u8> {
    let mut row = row.expect("a row to spoil");
    let last = row.len() - 1;
    row[last] ^= 1;
    row
}

#[test]
fn a_spoiled_row_is_found_at_start() {
    let (kit, dir) = filled();
    let document = RecordKey::Document(document(0, 0)).state_key();
    let tip = height_key(Height(12));
    let cases: [(&str, Family, Vec<u8>); 6] = [
        ("a record", Family::State, document.as_bytes().to_vec()),
        ("the last entry", Family::Entries, index_key(47).to_vec()),
        ("an entry of the last blocks", Family::Entries, index_key(20).to_vec()),
        ("leaf hashes", Family::Nodes, [&[0u8][..], &1u64.to_be_bytes()].concat()),
        ("the last header or carried seal", Family::Blocks, tip.to_vec()),
        ("the seal of the tip", Family::Seals, tip.to_vec()),
    ];
    for (what, family, key) in cases {
        let image = crash_image(dir.path());
        spoil(image.path(), family, &key, flip);
        match kit.open(image.path()) {
            Err(LedgerError::Damaged { what: named, expected, found }) => assert_ne!(expected, found, "{what}: {named}"),
            Err(other) => panic!("{what}: {other}"),
            Ok(_) => panic!("{what}: opened"),
        }
    }
}

#[test]
fn rows_beyond_the_tip_are_found_at_start() {
    let (kit, dir) = filled();
    for (family, key) in [(Family::Entries, index_key(48)), (Family::Blocks, height_key(Height(13)))] {
        let image = crash_image(dir.path());
        spoil(image.path(), family, &key, |_| b"left over".to_vec());
        assert!(matches!(kit.open(image.path()), Err(LedgerError::Damaged { .. })), "{family:?}");
    }
}

#[test]
fn an_old_spoiled_entry_is_found_by_fsck_and_never_served_with_a_proof() {
    let (kit, dir) = filled();
    spoil(dir.path(), Family::Entries, &index_key(2), flip);
    let ledger = kit.open(dir.path()).unwrap();
    let view = ledger.view().unwrap();
    assert!(matches!(view.receipt_parts(2), Err(LedgerError::Damaged { .. })));
    assert!(matches!(view.inclusion(2), Err(LedgerError::Damaged { .. })));
    assert!(view.inclusion(3).unwrap().is_some());
    assert!(matches!(ledger.fsck_log(|_| ()), Err(LedgerError::Damaged { .. })));
    assert_eq!(ledger.failure(), None, "history is damaged, not the state that is executed on");
}

#[test]
fn a_record_spoiled_while_running_stops_the_ledger() {
    let (kit, dir) = (Kit::new(), tempfile::tempdir().unwrap());
    let ledger = kit.open(dir.path()).unwrap();
    kit.block_of(&ledger, at(1), 0..4);
    let key = RecordKey::Document(document(0, 0));
    let mut batch = ledger.store().batch();
    batch.put(Family::State, key.state_key().as_bytes(), b"not the record").unwrap();
    ledger.store().write(WritePoint::Commit, batch).unwrap();
    assert!(matches!(ledger.record(&key), Err(LedgerError::Damaged { .. })));
    assert!(matches!(ledger.view(), Err(LedgerError::Stopped { .. })));
}

#[test]
fn a_restored_older_copy_is_refused() {
    let (kit, dir) = (Kit::new(), tempfile::tempdir().unwrap());
    let ledger = kit.open(dir.path()).unwrap();
    kit.block_of(&ledger, at(1), 0..2);
    let backup = crash_image(dir.path());
    kit.block_of(&ledger, at(2), 2..4);
    drop(ledger);
    // The database is restored, the high-water file is not: it is newer.
    std::fs::remove_dir_all(dir.path().join("db")).unwrap();
    std::fs::create_dir(dir.path().join("db")).unwrap();
    super::kit::copy(&backup.path().join("db"), &dir.path().join("db"));
    assert_eq!(kit.open(dir.path()).err(), Some(LedgerError::RolledBack { acknowledged: Height(2), found: Height(1) }));
}

#[test]
fn a_missing_or_torn_high_water_file_is_noticed() {
    let (kit, dir) = filled();
    let torn = crash_image(dir.path());
    // A torn write spoils one slot; the other one still tells the height before.
    let path = torn.path().join("high-water");
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[10] ^= 1;
    std::fs::write(&path, &bytes).unwrap();
    assert_eq!(kit.open(torn.path()).unwrap().tip().height, Height(12));
    bytes[4096 + 10] ^= 1;
    bytes[10] ^= 2;
    std::fs::write(&path, &bytes).unwrap();
    assert!(matches!(kit.open(torn.path()), Err(LedgerError::Damaged { .. })));
    std::fs::remove_file(dir.path().join("high-water")).unwrap();
    assert!(matches!(kit.open(dir.path()), Err(LedgerError::Damaged { .. })));
}

#[test]
fn another_history_of_the_same_height_is_refused() {
    let (kit, dir) = filled();
    let other = tempfile::tempdir().unwrap();
    let ledger = kit.open(other.path()).unwrap();
    for n in 0..12u64 {
        kit.block_of(&ledger, at(n + 1), n * 4..n * 4 + 3);
    }
    drop(ledger);
    std::fs::copy(other.path().join("high-water"), dir.path().join("high-water")).unwrap();
    assert!(matches!(kit.open(dir.path()), Err(LedgerError::Damaged { .. })));
}
