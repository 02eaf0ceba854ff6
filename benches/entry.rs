//! Where the time of an entry goes, and what it takes on disk: one node's work, without network.
//!
//! `entry [entries] [entries a block] [one]`, by default 100,000 and 5,000. Every block is built, validated by a second
//! ledger as another validator would, and committed by both with a synced write. With `one` there is no second
//! ledger: the memory is that of one node's ledger, pool and caches.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, missing_docs)]

#[path = "../proto/core/tests/kit/mod.rs"]
mod kit;

use eco_core::entry::SignedEntry;
use eco_core::log::{Frontier, leaf_hash};
use eco_core::name::Round;
use eco_core::registry::Purpose;
use eco_core::state::record::value_hash;
use eco_core::state::tree::{StateKey, StateMap};
use eco_core::statement::Statement;
use eco_ledger::{Ledger, Options};
use kit::{DAY_MS, certificate, genesis, org, seal_by, secret, sign_entry};
use std::time::{Duration, Instant};

fn main() {
    let mut numbers = std::env::args().skip(1).filter_map(|a| a.parse::<usize>().ok());
    let (total, per_block) = (numbers.next().unwrap_or(100_000), numbers.next().unwrap_or(5_000).min(5_000));
    let mut genesis = genesis("eco.example/bench", eco_core::genesis::NetworkPurpose::Test);
    genesis.limits.organisation_entries_per_hour_max = u32::MAX;
    let (dir_a, dir_b) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let open = |dir: &tempfile::TempDir| Ledger::open(dir.path(), &genesis, Options::default()).unwrap();
    let proposer = open(&dir_a);
    let validator = (!std::env::args().any(|a| a == "one")).then(|| open(&dir_b));
    let network = genesis.network_id();
    let key = [secret("cn-ccpit", Purpose::Issue)];
    let mut spent: Vec<(&str, Duration)> = Vec::new();
    let mut made = 0;
    while made < total {
        let now = proposer.tip().time.plus_ms(1000);
        let entries: Vec<Vec<u8>> = (made..(made + per_block).min(total))
            .map(|n| {
                let name = format!("CO-{n}");
                let anchor = Statement::Anchor(certificate("cn-ccpit", &name, &name));
                let entry = eco_core::entry::Entry {
                    version: 1,
                    network,
                    author: org("cn-ccpit"),
                    agent: None,
                    not_after: now.plus_ms(DAY_MS),
                    statement: anchor,
                };
                sign_entry(entry, &key).as_bytes().to_vec()
            })
            .collect();
        made += entries.len();
        let mut timed = |what: &'static str, start: Instant| match spent.iter_mut().find(|(w, _)| *w == what) {
            Some((_, sum)) => *sum += start.elapsed(),
            None => spent.push((what, start.elapsed())),
        };
        let start = Instant::now();
        for outcome in proposer.submit_batch(&entries, now).unwrap() {
            outcome.unwrap();
        }
        timed("proposer: decode, verify signature, admit, pool", start);
        let start = Instant::now();
        let block = proposer.propose(now, Round(0)).unwrap();
        timed("proposer: build (apply, state tree, log tree)", start);
        let start = Instant::now();
        if let Some(validator) = &validator {
            validator.validate(&block).unwrap();
            timed("validator: verify signatures, re-execute", start);
            let start = Instant::now();
            validator.hold(Round(0), &block).unwrap();
            timed("validator: hold the undecided block (synced)", start);
        }
        let seal = seal_by(&proposer.state(), &block.header, 0, &["cn-ccpit", "jp-customs", "kr-customs"]);
        let start = Instant::now();
        proposer.commit(&block, &seal).unwrap();
        timed("commit (one synced batch)", start);
        if let Some(validator) = &validator {
            validator.commit(&block, &seal).unwrap();
            assert_eq!(validator.tip(), proposer.tip());
            parts(&block.entries, &mut timed);
        }
        if made.is_multiple_of(100_000) {
            println!("{made:>8} entries, {:.1} MiB resident", resident_mib());
        }
    }
    proposer.compact().unwrap();
    println!("{made} anchored certificates, {per_block} a block; microseconds per entry");
    for (what, sum) in &spent {
        println!("{:>8.2}  {what}", sum.as_secs_f64() * 1e6 / made as f64);
    }
    let bytes: u64 = walk(dir_a.path());
    let entry = bytes_of_entry(&proposer);
    println!("{:>8}  bytes stored per anchor after compaction, all in ({entry} of them the signed entry)", bytes / made as u64);
    println!("{:>8.1}  MiB resident", resident_mib());
}

/// Parts of the above that cannot be timed from outside the ledger, run again on their own.
fn parts(entries: &[SignedEntry], timed: &mut impl FnMut(&'static str, Instant)) {
    let start = Instant::now();
    for entry in entries {
        entry.clone().verify().unwrap();
    }
    timed("  part: one signature", start);
    let mut frontier = Frontier::default();
    let start = Instant::now();
    for entry in entries {
        frontier.push(leaf_hash(entry.as_bytes()));
    }
    timed("  part: log tree", start);
    let ops: Vec<_> = entries
        .iter()
        .flat_map(|e| (0u8..3).map(|n| (StateKey(*blake3::hash(&[e.as_bytes(), &[n]].concat()).as_bytes()), Some(value_hash(&[n])))))
        .collect();
    let map = StateMap::new();
    let start = Instant::now();
    std::hint::black_box(map.update(ops).root());
    timed("  part: state tree, three keys, into an empty map", start);
}

fn walk(dir: &std::path::Path) -> u64 {
    std::fs::read_dir(dir)
        .unwrap()
        .map(|e| e.unwrap())
        .map(|e| if e.path().is_dir() { walk(&e.path()) } else { e.metadata().unwrap().len() })
        .sum()
}

fn bytes_of_entry(ledger: &Ledger) -> usize {
    ledger.entry(0).unwrap().unwrap().len()
}

fn resident_mib() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|l| l.starts_with("VmRSS:")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kb| kb.parse::<f64>().ok()).unwrap_or(0.0) / 1024.0
}
