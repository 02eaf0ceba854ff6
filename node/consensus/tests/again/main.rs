//! A block that a quorum has prevoted and that is proposed again a minute later: late by every clock, and the right one.
//!
//! In a process of its own: what is done to votes is done to all validators of a process, and other networks have the same keys.
#![cfg(feature = "fault-injection")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, missing_docs)]

#[path = "../cluster/network.rs"]
#[allow(dead_code, reason = "the kit of all tests with clusters")]
mod network;

use eco_consensus::fault::{Key, Position, Step, Tampering, tamper};
use eco_core::name::Height;
use ed25519_dalek::SigningKey;
use network::{Network, now};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;
use std::time::Duration;
use tokio::sync::watch;

/// By how much the block is older when it is proposed again: more than any round gives a proposal.
const LATER_MS: i64 = 60_000;
/// Its disk hangs when it is to precommit, and then fails, so that two of the three who could decide are left.
const BROKEN: usize = 2;
/// It comes when the two have locked the block, and has never seen it: without its vote nothing is decided.
const NEW: usize = 3;
/// However slow the machine.
const DEADLINE: Duration = Duration::from_secs(90);

/// Votes for a block, by round.
type Votes = BTreeMap<u32, BTreeSet<Key>>;

/// What is going on at the height that is watched.
#[derive(Default)]
struct Scene {
    height: u64,
    prevotes: Votes,
    precommits: Votes,
    /// The round in which the others precommitted, and the broken one waits for its disk.
    locked: Option<u32>,
    /// The broken one is off the network: its disk may fail.
    gone: bool,
    /// The new one makes the mistake.
    forgets: bool,
}

static SCENE: LazyLock<watch::Sender<Scene>> = LazyLock::new(watch::Sender::default);

impl Scene {
    /// Who prevoted in the rounds in which those who are locked saw their block again.
    fn again(&self) -> Vec<&BTreeSet<Key>> {
        let later = self.prevotes.iter().filter(|(round, _)| self.locked.is_some_and(|locked| **round > locked));
        later.map(|(_, voters)| voters).filter(|voters| voters.contains(&key(0)) || voters.contains(&key(1))).collect()
    }
}

fn key(node: usize) -> Key {
    SigningKey::from_bytes(&network::seed(1, node)).verifying_key().to_bytes()
}

/// Waits until something holds of the scene.
async fn wait_scene(what: &str, holds: impl Fn(&Scene) -> bool) {
    let mut scene = SCENE.subscribe();
    let waited = tokio::time::timeout(DEADLINE, scene.wait_for(holds)).await;
    assert!(waited.is_ok(), "{what}: not within {DEADLINE:?}");
}

/// Notes a vote. The broken one waits until it is off the network, and then cannot precommit.
fn disk_works(voter: Key, at: Position) -> bool {
    if at.height != SCENE.borrow().height {
        return true;
    }
    if voter == key(BROKEN) && at.step == Step::Precommit {
        let others = |scene: &Scene| scene.precommits.get(&at.round).is_some_and(|voters| voters.len() == 2);
        tokio::runtime::Handle::current().block_on(wait_scene("two precommits", others));
        SCENE.send_modify(|scene| scene.locked = Some(at.round));
        tokio::runtime::Handle::current().block_on(wait_scene("a network without it", |scene| scene.gone));
        return false;
    }
    SCENE.send_modify(|scene| {
        let votes = if at.step == Step::Prevote { &mut scene.prevotes } else { &mut scene.precommits };
        votes.entry(at.round).or_default().insert(voter);
    });
    true
}

fn forgets(validator: Key) -> bool {
    validator == key(NEW) && SCENE.borrow().forgets
}

/// Two are locked on a block of which the third cannot tell; a minute later the fourth comes in place of the third.
async fn a_locked_block_is_decided_later(mistaken: bool) {
    let mut network = Network::of(4);
    network.start_all().await;
    network.submit(0, 1);
    network.wait_entries(&[0, 1, 2, 3], 1).await;
    let before = network.wait_quiet(&[0, 1, 2, 3]).await;
    let height = before + 1;
    network.stop(NEW).await;
    SCENE.send_replace(Scene { height, forgets: mistaken, ..Scene::default() });
    network.submit(0, 1);
    wait_scene("a locked block", |scene| scene.locked.is_some()).await;
    let locked = SCENE.borrow().locked.unwrap();
    network.stop(BROKEN).await;
    SCENE.send_modify(|scene| scene.gone = true);
    let held = network.ledger(0).held_at(Height(height)).unwrap();
    let (_, block) = held.into_iter().find(|(round, _)| round.0 == locked).unwrap();
    (0..4).for_each(|node| network.skew(node, LATER_MS));
    network.start(NEW).await;
    if mistaken {
        wait_scene("proposed again and again", |scene| scene.again().len() == 3).await;
        // The first two of these rounds are over.
        assert!(SCENE.borrow().again()[..2].iter().all(|voters| !voters.contains(&key(NEW))), "the mistake is not one");
        assert_eq!(network.height(0), before);
        SCENE.send_modify(|scene| scene.forgets = false);
    }
    network.wait_entries(&[0, 1, NEW], 2).await;
    let (decided, seal) = network.ledger(NEW).block(Height(height)).unwrap().unwrap();
    assert_eq!(decided, block, "another block than the one that two had locked");
    assert!(seal.round.0 > locked, "decided in round {} and not proposed again after round {locked}", seal.round.0);
    assert!(now().0.saturating_add_signed(LATER_MS) - block.header.time.0 > 30_000, "it is not old");

    SCENE.send_replace(Scene::default());
    network.start(BROKEN).await;
    network.wait_entries(&[BROKEN], 2).await;
    network.assert_same_blocks(&[0, 1, 2, 3]);
    network.shutdown().await;
}

/// Without the rule, a network that was cut in the wrong moment would refuse its own locked block for ever; the mistaken validator
/// shows it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_block_proposed_again_may_be_late_and_without_that_rule_nothing_is_decided() {
    assert!(tamper(Tampering { disk_works: Box::new(disk_works), forgets: Box::new(forgets) }));
    a_locked_block_is_decided_later(false).await;
    a_locked_block_is_decided_later(true).await;
}
