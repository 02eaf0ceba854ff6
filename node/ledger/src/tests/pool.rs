//! The pool is bounded, fair and quick to forget.

use super::kit::{Kit, at, author_of, org, small};
use crate::pool::Pool;
use crate::{Final, Ledger, Options, PoolFull, PoolLimits, SubmitError};
use eco_core::document::DocumentStatus;
use eco_core::entry::Verified;
use eco_core::name::Round;
use std::sync::Arc;

fn verified(kit: &Kit, author: usize, number: u64) -> Arc<Verified> {
    Arc::new(kit.certificate(author, number).verify().unwrap())
}

fn authors(candidates: &[Arc<Verified>]) -> Vec<String> {
    candidates.iter().map(|entry| entry.signed().entry().author.as_str().trim_start_matches("chamber-").to_owned()).collect()
}

#[test]
fn members_take_turns_and_each_is_served_in_order() {
    let kit = Kit::new();
    let mut pool = Pool::new(PoolLimits::default());
    (0..6).for_each(|n| pool.insert(verified(&kit, 0, n)).unwrap());
    (10..12).for_each(|n| pool.insert(verified(&kit, 2, n)).unwrap());
    pool.insert(verified(&kit, 3, 20)).unwrap();
    let first = pool.candidates(7);
    assert_eq!(authors(&first), ["0", "2", "3", "0", "2", "0", "0"]);
    let own: Vec<_> = first.iter().filter(|e| e.signed().entry().author == org(0)).map(|e| e.signed().id()).collect();
    assert_eq!(own, (0..4).map(|n| kit.certificate(0, n).id()).collect::<Vec<_>>());
    // The next block begins with the next member, and wraps around.
    assert_eq!(authors(&pool.candidates(4)), ["2", "3", "0", "2"]);
    assert_eq!(authors(&pool.candidates(2)), ["3", "0"]);
    assert_eq!(authors(&pool.candidates(1)), ["0"]);
    assert_eq!(pool.candidates(100).len(), 9);
}

#[test]
fn every_bound_holds_and_is_named() {
    let kit = Kit::new();
    let bytes = kit.certificate(0, 1).as_bytes().len();
    let limits = PoolLimits { entries_max: 4, organisation_entries_max: 2, conflict_entries_max: 2, ..PoolLimits::default() };
    let mut pool = Pool::new(limits);
    pool.insert(verified(&kit, 0, 1)).unwrap();
    pool.insert(Arc::new(kit.rival(0, 1).verify().unwrap())).unwrap();
    assert_eq!(pool.insert(verified(&kit, 0, 2)), Err(PoolFull::Organisation { organisation: org(0), what: "entries", found: 2, max: 2 }));
    pool.insert(verified(&kit, 1, 3)).unwrap();
    pool.insert(verified(&kit, 2, 4)).unwrap();
    assert_eq!(pool.insert(verified(&kit, 3, 5)), Err(PoolFull::Total { what: "entries", found: 4, max: 4 }));
    // What is there already is there already, however full it is.
    pool.insert(verified(&kit, 2, 4)).unwrap();

    let mut narrow = Pool::new(PoolLimits { bytes_max: 2 * bytes, organisation_bytes_max: bytes, ..PoolLimits::default() });
    narrow.insert(verified(&kit, 0, 1)).unwrap();
    assert!(matches!(narrow.insert(verified(&kit, 0, 2)), Err(PoolFull::Organisation { what: "bytes", .. })));
    narrow.insert(verified(&kit, 1, 1)).unwrap();
    assert!(matches!(narrow.insert(verified(&kit, 2, 1)), Err(PoolFull::Total { what: "bytes", .. })));

    let mut rivals = Pool::new(PoolLimits { conflict_entries_max: 1, ..PoolLimits::default() });
    rivals.insert(verified(&kit, 0, 1)).unwrap();
    let rival = Arc::new(kit.rival(0, 1).verify().unwrap());
    assert_eq!(rivals.insert(rival), Err(PoolFull::Conflict { found: 1, max: 1 }));
    // The same number by another member is no rival: nobody can occupy what is another's.
    rivals.insert(verified(&kit, 1, 1)).unwrap();

    let mut crowded = Pool::new(PoolLimits { waiters_max: 1, ..PoolLimits::default() });
    let id = kit.certificate(0, 1).id();
    let gone = crowded.wait(id).unwrap();
    assert!(matches!(crowded.wait(id), Err(PoolFull::Total { what: "waiters", .. })));
    drop(gone);
    crowded.wait(id).unwrap();
}

#[test]
fn an_emptied_pool_keeps_nothing() {
    let kit = Kit::new();
    let mut pool = Pool::new(PoolLimits::default());
    for n in 0..40 {
        pool.insert(verified(&kit, author_of(n), n)).unwrap();
    }
    for n in 0..40 {
        pool.finish(&kit.certificate(author_of(n), n).id(), &Final::Unknown);
    }
    assert_eq!((pool.len(), pool.bytes(), pool.waiting()), (0, 0, 0));
    assert!(pool.is_clean());
}

#[test]
fn an_offer_holds_what_came_since() {
    let kit = Kit::new();
    let mut pool = Pool::new(PoolLimits::default());
    (0..5).for_each(|n| pool.insert(verified(&kit, author_of(n), n)).unwrap());
    let first = pool.offer(0, 3, usize::MAX);
    assert_eq!((first.entries.len(), first.next), (3, 3));
    let second = pool.offer(first.next, 3, usize::MAX);
    assert_eq!((second.entries.len(), second.next), (2, 5));
    assert!(pool.offer(second.next, 3, usize::MAX).entries.is_empty());
    pool.insert(verified(&kit, 1, 9)).unwrap();
    let third = pool.offer(second.next, 3, usize::MAX);
    assert_eq!(third.entries.iter().map(|e| e.signed().id()).collect::<Vec<_>>(), [kit.certificate(1, 9).id()]);
    assert_eq!(pool.offer(0, 9, 1).entries.len(), 1, "one entry goes, however large");
}

#[test]
fn a_flooding_member_does_not_keep_others_out_of_blocks() {
    let limits = eco_core::genesis::Limits { block_entries_max: 10, ..Default::default() };
    let (kit, dir) = (Kit::with_limits(limits), tempfile::tempdir().unwrap());
    let pool = PoolLimits { organisation_entries_max: 50, ..PoolLimits::default() };
    let ledger = Ledger::open(dir.path(), &kit.genesis, Options { pool, ..small() }).unwrap();
    let mut refused = 0;
    for n in 0..80 {
        refused += usize::from(matches!(ledger.submit(kit.certificate(0, n).as_bytes(), at(1)), Err(SubmitError::PoolFull(_))));
    }
    assert_eq!(refused, 30);
    ledger.submit(kit.certificate(3, 1).as_bytes(), at(1)).unwrap();
    let block = ledger.propose(at(1), Round(0)).unwrap();
    assert_eq!(block.entries.len(), 10);
    assert!(block.entries.iter().any(|entry| entry.entry().author == org(3)), "in the very next block");
}

#[test]
fn changes_of_one_revision_exclude_one_another() {
    let (kit, dir) = (Kit::new(), tempfile::tempdir().unwrap());
    let ledger = kit.open(dir.path()).unwrap();
    kit.block_of(&ledger, at(1), 0..1);
    let (suspend, revoke) = (kit.status(0, 0, 1, DocumentStatus::Suspended), kit.status(0, 0, 1, DocumentStatus::Revoked));
    ledger.submit(suspend.as_bytes(), at(2)).unwrap();
    ledger.submit(revoke.as_bytes(), at(2)).unwrap();
    let loser = ledger.wait_final(revoke.id()).unwrap();
    kit.step(&ledger, at(2)).unwrap();
    let Final::Refused(refusal) = loser.blocking_recv().unwrap() else { panic!("not refused") };
    assert_eq!((refusal.reason(), refusal.conflicting_index()), ("REVISION_CONFLICT", Some(1)));
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]

    /// Whatever comes and goes, in whatever order: bounds hold, nothing is counted twice, nothing is left behind.
    #[test]
    fn any_history_leaves_a_consistent_pool(steps in proptest::collection::vec((0u8..6, 0usize..4, 0u64..12), 1..120)) {
        let kit = KIT.get_or_init(Kit::new);
        let limits = PoolLimits { entries_max: 14, organisation_entries_max: 5, conflict_entries_max: 1, ..PoolLimits::default() };
        let mut pool = Pool::new(limits);
        let mut inside: std::collections::BTreeMap<_, (usize, u64, usize)> = std::collections::BTreeMap::new();
        for (kind, author, number) in steps {
            // Odd numbers expire early.
            let entry = kit.certificate_until(author, number, at(if number % 2 == 1 { 10 } else { 1000 }));
            match kind {
                0..=3 => {
                    let room = inside.len() < 14 && inside.values().filter(|(a, _, _)| *a == author).count() < 5;
                    let known = inside.contains_key(&entry.id());
                    let taken = pool.insert(Arc::new(entry.clone().verify().unwrap()));
                    proptest::prop_assert_eq!(taken.is_ok(), known || room);
                    if taken.is_ok() {
                        inside.insert(entry.id(), (author, number, entry.as_bytes().len()));
                    }
                }
                4 => {
                    pool.finish(&entry.id(), &Final::Unknown);
                    inside.remove(&entry.id());
                }
                _ => {
                    let before = inside.len();
                    inside.retain(|_, (_, n, _)| *n % 2 == 0);
                    proptest::prop_assert_eq!(pool.expire(at(11)), before - inside.len());
                }
            }
            proptest::prop_assert_eq!(pool.len(), inside.len());
            proptest::prop_assert_eq!(pool.bytes(), inside.values().map(|(_, _, bytes)| bytes).sum::<usize>());
            proptest::prop_assert_eq!(pool.candidates(100).len(), inside.len());
            proptest::prop_assert_eq!(pool.offer(0, 100, usize::MAX).entries.len(), inside.len());
        }
        inside.keys().for_each(|id| pool.finish(id, &Final::Unknown));
        proptest::prop_assert!(pool.is_clean());
    }
}

static KIT: std::sync::OnceLock<Kit> = std::sync::OnceLock::new();
