//! Figures that the design promises, asserted with room; printed with `--nocapture`.

use super::kit::{Kit, at};
use crate::Ledger;
use crate::keys::Family;
use std::time::{Duration, Instant};

/// Bytes stored for one certificate, all in; the promise is 1 KB.
const BYTES_PER_ANCHOR_MAX: u64 = 1024;

#[test]
fn an_anchor_takes_less_than_a_kilobyte() {
    let (kit, dir) = (Kit::new(), tempfile::tempdir().unwrap());
    let ledger = Ledger::open(dir.path(), &kit.genesis, crate::Options::default()).unwrap();
    let (blocks, per_block) = (20u64, 200u64);
    let mut times = Vec::new();
    let mut submitted = Duration::ZERO;
    for n in 0..blocks {
        let numbers = n * per_block..(n + 1) * per_block;
        let entries: Vec<_> = numbers.map(|number| kit.certificate(super::kit::author_of(number), number)).collect();
        let start = Instant::now();
        for entry in &entries {
            ledger.submit(entry.as_bytes(), at(n)).unwrap();
        }
        submitted += start.elapsed();
        let block = ledger.propose(at(n), eco_core::name::Round(0)).unwrap();
        assert_eq!(block.entries.len() as u64, per_block);
        let seal = kit.seal(&block.header);
        let start = Instant::now();
        ledger.commit(&block, &seal).unwrap();
        times.push(start.elapsed());
    }
    let start = Instant::now();
    ledger.fsck_log(|_| ()).unwrap();
    let log_checked = start.elapsed();
    let start = Instant::now();
    ledger.fsck(|_| ()).unwrap();
    let replayed = start.elapsed();
    ledger.compact().unwrap();
    times.sort();
    let anchors = blocks * per_block;
    let of = |family| ledger.store().table_bytes(family) as f64 / anchors as f64;
    let per_anchor: f64 = Family::ALL.into_iter().map(of).sum();
    for family in Family::ALL {
        println!("{:<14} {:>7.1} B per anchor", family.name(), of(family));
    }
    println!("all            {per_anchor:>7.1} B per anchor; entry {} B as signed", kit.certificate(0, 1).as_bytes().len());
    println!("commit of {per_block}: p50 {:?}, max {:?}", times[times.len() / 2], times[times.len() - 1]);
    println!("submit: {:?} an entry; fsck log {:?}, with replay {:?} for {anchors}", submitted / anchors as u32, log_checked, replayed);
    drop(ledger);
    let start = Instant::now();
    let ledger = kit.open(dir.path()).unwrap();
    println!("open: {:?} at {} state keys", start.elapsed(), ledger.state().map().len());
    assert!(per_anchor < BYTES_PER_ANCHOR_MAX as f64);
}

#[test]
fn a_block_of_one_entry_is_committed_quickly() {
    let (kit, dir) = (Kit::new(), tempfile::tempdir().unwrap());
    let ledger = kit.open(dir.path()).unwrap();
    let mut times = Vec::new();
    for n in 0..100 {
        ledger.submit(kit.certificate(super::kit::author_of(n), n).as_bytes(), at(n)).unwrap();
        let block = ledger.propose(at(n), eco_core::name::Round(0)).unwrap();
        let seal = kit.seal(&block.header);
        let start = Instant::now();
        ledger.commit(&block, &seal).unwrap();
        times.push(start.elapsed());
    }
    times.sort();
    println!("commit of 1: p50 {:?}, p99 {:?}", times[50], times[98]);
    assert!(times[50] < Duration::from_millis(500), "{:?}", times[50]);
}
