//! What a submitter is told.

use super::kit::{Kit, START, at, document, small};
use crate::{Final, Ledger, Options, SubmitError, Submitted};
use eco_core::document::DocumentStatus;
use eco_core::log::{leaf_hash, verify_inclusion};
use eco_core::name::{Height, Round};
use eco_core::state::Refusal;
use eco_core::state::record::DocumentRecord;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

#[test]
fn a_duplicate_gets_the_original_receipt_and_the_current_record() {
    let (kit, dir) = (Kit::new(), tempfile::tempdir().unwrap());
    let ledger = kit.open(dir.path()).unwrap();
    let entry = kit.certificate(0, 4);
    assert_eq!(ledger.submit(entry.as_bytes(), at(1)), Ok(Submitted::Pending(entry.id())));
    assert_eq!(ledger.submit(entry.as_bytes(), at(1)), Ok(Submitted::Pending(entry.id())));
    assert_eq!(ledger.pool_len(), 1);
    kit.block_of(&ledger, at(2), 0..4);
    ledger.submit(kit.status(0, 4, 1, DocumentStatus::Revoked).as_bytes(), at(3)).unwrap();
    kit.step(&ledger, at(3)).unwrap();
    // Signed anew, with another expiry, long after: still the same intent. Checked before expiry.
    let again = kit.certificate_until(0, 4, at(100));
    assert_ne!(again.as_bytes(), entry.as_bytes());
    let Submitted::Duplicate(found) = ledger.submit(again.as_bytes(), at(1_000_000)).unwrap() else { panic!("not a duplicate") };
    assert_eq!(found.receipt.entry, entry.as_bytes());
    assert_eq!(found.document, Some(document(0, 4)));
    assert_eq!(found.receipt.header.height, Height(1));
    assert!(found.receipt.header.holds(found.receipt.index));
    let receipt = &found.receipt;
    verify_inclusion(&leaf_hash(&receipt.entry), receipt.index, receipt.header.tree_size, &receipt.path, &receipt.header.log_root).unwrap();
    let record: DocumentRecord = eco_core::codec::decode(found.record.as_ref().unwrap()).unwrap();
    assert_eq!(record.status(), DocumentStatus::Revoked);
}

#[test]
fn a_conflict_names_the_entry_in_the_way() {
    let (kit, dir) = (Kit::new(), tempfile::tempdir().unwrap());
    let ledger = kit.open(dir.path()).unwrap();
    kit.block_of(&ledger, at(1), 0..8);
    let index = ledger.index_of(&kit.certificate(1, 5).id()).unwrap().unwrap();
    let Err(SubmitError::Refusal(refusal)) = ledger.submit(kit.rival(1, 5).as_bytes(), at(2)) else { panic!("taken") };
    assert!(matches!(refusal, Refusal::NumberTaken { .. }));
    assert_eq!(refusal.conflicting_index(), Some(index));
}

#[test]
fn a_bad_signature_touches_nothing() {
    let (kit, dir) = (Kit::new(), tempfile::tempdir().unwrap());
    let ledger = kit.open(dir.path()).unwrap();
    let mut bytes = kit.certificate(0, 1).as_bytes().to_vec();
    *bytes.last_mut().unwrap() ^= 1;
    let arrivals = ledger.pool_arrivals();
    assert!(matches!(ledger.submit(&bytes, at(1)), Err(SubmitError::Refusal(Refusal::BadSignature(_)))));
    // The good one was seen: its id is the same, its bytes are not.
    ledger.submit(kit.certificate(0, 1).as_bytes(), at(1)).unwrap();
    assert!(matches!(ledger.submit(&bytes, at(1)), Err(SubmitError::Refusal(Refusal::BadSignature(_)))));
    assert!(matches!(ledger.submit(b"nonsense", at(1)), Err(SubmitError::Refusal(Refusal::Malformed(_)))));
    assert_eq!(ledger.pool_len(), 1);
    assert_eq!(*arrivals.borrow(), 1);
}

#[test]
fn a_block_verifies_only_what_was_not_seen() {
    let (kit, dir) = (Kit::new(), tempfile::tempdir().unwrap());
    let ledger = kit.open(dir.path()).unwrap();
    kit.block_of(&ledger, at(1), 0..20);
    assert_eq!(ledger.metrics().verifications, 20);
    let other_dir = tempfile::tempdir().unwrap();
    let other = kit.open(other_dir.path()).unwrap();
    for number in 0..15 {
        other.submit(kit.certificate(super::kit::author_of(number), number).as_bytes(), at(1)).unwrap();
    }
    let (block, seal) = ledger.block(Height(1)).unwrap().unwrap();
    other.validate(&block).unwrap();
    other.commit(&block, &seal).unwrap();
    assert_eq!(other.metrics().verifications, 20);
    assert_eq!(other.metrics().verified_entries, 0);
    assert_eq!(other.pool_len(), 0);
}

#[test]
fn waiters_are_told_the_outcome() {
    let (kit, dir) = (Kit::new(), tempfile::tempdir().unwrap());
    let ledger = kit.open(dir.path()).unwrap();
    let (good, rival) = (kit.certificate(0, 8), kit.rival(0, 8));
    for entry in [&good, &rival] {
        ledger.submit(entry.as_bytes(), at(1)).unwrap();
    }
    let mut first = ledger.wait_final(good.id()).unwrap();
    let second = ledger.wait_final(good.id()).unwrap();
    let loser = ledger.wait_final(rival.id()).unwrap();
    assert!(first.try_recv().is_err());
    assert_eq!(ledger.metrics().waiters, 3);
    kit.step(&ledger, at(2)).unwrap();
    let committed = Final::Committed { index: 0, height: Height(1) };
    assert_eq!(first.try_recv().unwrap(), committed);
    assert_eq!(second.blocking_recv().unwrap(), committed);
    let Final::Refused(refusal) = loser.blocking_recv().unwrap() else { panic!("not refused") };
    assert_eq!(refusal.conflicting_index(), Some(0));
    assert_eq!(ledger.wait_final(good.id()).unwrap().blocking_recv().unwrap(), committed);
    assert_eq!(ledger.wait_final(rival.id()).unwrap().blocking_recv().unwrap(), Final::Unknown);
    assert_eq!((ledger.pool_len(), ledger.metrics().waiters), (0, 0));
}

#[test]
fn a_rival_of_an_undecided_block_stays_until_one_is_committed() {
    let (kit, dir) = (Kit::new(), tempfile::tempdir().unwrap());
    let ledger = kit.open(dir.path()).unwrap();
    ledger.submit(kit.certificate(0, 8).as_bytes(), at(1)).unwrap();
    ledger.submit(kit.rival(0, 8).as_bytes(), at(1)).unwrap();
    let block = ledger.propose(at(1), Round(0)).unwrap();
    assert_eq!(block.entries.len(), 1);
    assert_eq!(ledger.pool_len(), 2, "the block may never be decided");
    ledger.commit(&block, &kit.seal(&block.header)).unwrap();
    assert_eq!(ledger.pool_len(), 0);
}

#[test]
fn what_is_too_late_leaves_the_pool() {
    let (kit, dir) = (Kit::new(), tempfile::tempdir().unwrap());
    let ledger = kit.open(dir.path()).unwrap();
    let entry = kit.certificate_until(0, 1, at(10));
    ledger.submit(entry.as_bytes(), at(1)).unwrap();
    let waiter = ledger.wait_final(entry.id()).unwrap();
    // Another node's block, made without this entry.
    let other_dir = tempfile::tempdir().unwrap();
    let (block, seal, _) = kit.step(&kit.open(other_dir.path()).unwrap(), at(11)).unwrap();
    ledger.commit(&block, &seal).unwrap();
    assert_eq!(waiter.blocking_recv().unwrap(), Final::Refused(Refusal::Expired { not_after: at(10), now: at(11) }));
    assert!(matches!(ledger.submit(entry.as_bytes(), at(12)), Err(SubmitError::Refusal(Refusal::Expired { .. }))));
}

#[test]
fn a_node_that_is_behind_or_low_on_disk_says_so() {
    let (kit, dir) = (Kit::new(), tempfile::tempdir().unwrap());
    let free = Arc::new(AtomicU64::new(1000));
    let told = free.clone();
    let options = Options { free_space: Some(Box::new(move |_| Ok(told.load(Ordering::SeqCst)))), free_bytes_min: 500, ..small() };
    let ledger = Ledger::open(dir.path(), &kit.genesis, options).unwrap();
    let entry = kit.certificate(0, 1);
    ledger.set_behind(true);
    assert_eq!(ledger.submit(entry.as_bytes(), at(1)), Err(SubmitError::Behind));
    ledger.set_behind(false);
    free.store(499, Ordering::SeqCst);
    assert_eq!(ledger.submit(entry.as_bytes(), at(1)), Err(SubmitError::LowDisk { free: 499, min: 500 }));
    // Blocks of the others are still written: the watermark keeps room for them.
    kit.step(&ledger, at(1)).unwrap();
    free.store(500, Ordering::SeqCst);
    ledger.submit(entry.as_bytes(), at(1)).unwrap();
    kit.step(&ledger, at(2)).unwrap();
    free.store(0, Ordering::SeqCst);
    assert!(matches!(ledger.submit(entry.as_bytes(), at(3)), Ok(Submitted::Duplicate(_))), "a duplicate is a read");
}

#[test]
fn a_batch_gets_one_answer_each() {
    let (kit, dir) = (Kit::new(), tempfile::tempdir().unwrap());
    let ledger = kit.open(dir.path()).unwrap();
    kit.block_of(&ledger, at(1), 0..1);
    let batch = [
        kit.certificate(0, 0).as_bytes().to_vec(),
        kit.certificate(1, 1).as_bytes().to_vec(),
        b"?".to_vec(),
        kit.rival(0, 0).as_bytes().to_vec(),
    ];
    let answers = ledger.submit_batch(&batch, at(2)).unwrap();
    assert!(matches!(answers[0], Ok(Submitted::Duplicate(_))));
    assert!(matches!(answers[1], Ok(Submitted::Pending(_))));
    assert!(matches!(answers[2], Err(SubmitError::Refusal(Refusal::Malformed(_)))));
    assert!(matches!(answers[3], Err(SubmitError::Refusal(Refusal::NumberTaken { .. }))));
    assert!(START < at(1));
}
