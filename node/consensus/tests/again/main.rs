//! A block that has the prevotes of a quorum and is proposed again after 30 seconds: old by every clock, and the right one.
//!
//! In a process of its own: the gate before votes is that of the whole process, and other networks have the same keys.
#![cfg(feature = "fault-injection")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, missing_docs)]

#[path = "../cluster/network.rs"]
#[allow(dead_code, reason = "the kit of all tests with clusters")]
mod network;

use eco_consensus::fault::{Position, Step, before_votes};
use ed25519_dalek::SigningKey;
use network::Network;
use std::collections::BTreeSet;
use std::sync::{Condvar, Mutex};

/// How much older the block is when it is proposed again.
const LATER_MS: i64 = 30_000;

/// Keys whose precommits for a block wait, and those that do so now.
struct Held {
    closed: BTreeSet<[u8; 32]>,
    waiting: BTreeSet<[u8; 32]>,
}

struct Gate {
    held: Mutex<Held>,
    changed: Condvar,
}

static GATE: Gate = Gate { held: Mutex::new(Held { closed: BTreeSet::new(), waiting: BTreeSet::new() }), changed: Condvar::new() };

impl Gate {
    fn pass(&self, key: [u8; 32], position: Position) {
        if position.step != Step::Precommit {
            return;
        }
        let mut held = self.held.lock().unwrap();
        while held.closed.contains(&key) {
            held.waiting.insert(key);
            self.changed.notify_all();
            held = self.changed.wait(held).unwrap();
        }
        held.waiting.remove(&key);
    }

    fn close(&self, keys: impl IntoIterator<Item = [u8; 32]>) {
        self.held.lock().unwrap().closed.extend(keys);
    }

    fn open(&self, key: [u8; 32]) {
        self.held.lock().unwrap().closed.remove(&key);
        self.changed.notify_all();
    }

    fn wait_until_waiting(&self, count: usize) {
        let held = self.held.lock().unwrap();
        drop(self.changed.wait_while(held, |held| held.waiting.len() < count).unwrap());
    }
}

fn key(node: usize) -> [u8; 32] {
    SigningKey::from_bytes(&network::seed(1, node)).verifying_key().to_bytes()
}

/// Without this a network that was cut in the wrong moment would refuse its own locked block for ever.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_locked_block_is_decided_when_it_is_proposed_again() {
    let mut network = Network::of(4);
    assert!(before_votes(|key, position| GATE.pass(key, position)));
    network.start_all().await;
    network.submit(0, 1);
    network.wait_entries(&[0, 1, 2, 3], 1).await;
    let height = network.wait_quiet(&[0, 1, 2, 3]).await;
    network.stop(3).await;
    // Three prevote a block, and none of their precommits leaves.
    GATE.close((0..3).map(key));
    network.submit(0, 1);
    tokio::task::spawn_blocking(|| GATE.wait_until_waiting(3)).await.unwrap();
    assert_eq!(network.height(0), height);
    // By now it is old; the third is cut off for good, and one comes that has never seen the block.
    (0..4).for_each(|node| network.skew(node, LATER_MS));
    network.start(3).await;
    GATE.open(key(0));
    GATE.open(key(1));
    network.wait_entries(&[0, 1, 3], 2).await;
    let (time, round) = network.times(0)[height as usize];
    assert!(round > 0, "decided in round {round}: it was not proposed again");
    assert!(network::now().0.saturating_add_signed(LATER_MS) - time.0 >= LATER_MS.unsigned_abs(), "the old block, not a new one");
    GATE.open(key(2));
    network.wait_entries(&[2], 2).await;
    network.assert_same_blocks(&[0, 1, 2, 3]);
    network.shutdown().await;
}
