//! Four validators on loopback: what one dead, two dead, and a returning node mean for the log.
//!
//! Nothing sleeps to synchronise: tests wait on the ledgers' own height watches, with a deadline.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, missing_docs)]

mod clocks;
mod network;
mod put_back;

use std::time::Duration;

use eco_consensus::{EntryAnswer, Health, StartError, Voting};
use eco_ledger::SubmitError;
use network::Network;

/// Every member must come to the same blocks, with entries, from whichever node an entry came in.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn four_validators_commit_the_same_blocks() {
    let mut network = Network::of(4);
    network.start_all().await;
    for node in 0..4 {
        network.submit(node, 5);
    }
    network.wait_entries(&[0, 1, 2, 3], 20).await;
    network.assert_same_blocks(&[0, 1, 2, 3]);
    network.shutdown().await;
}

/// An idle network makes no blocks until its heartbeat, and one entry wakes it at once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_idle_network_rests_and_an_entry_wakes_it() {
    let mut network = Network::of(4);
    network.start_all().await;
    network.submit(0, 1);
    network.wait_entries(&[0, 1, 2, 3], 1).await;
    // Which height the entry found open depends on timing; after it, nothing is due for an hour.
    let height = network.wait_quiet(&[0, 1, 2, 3]).await;
    for round in 0..5 {
        network.submit(round % 4, 1);
        network.wait_entries(&[0, 1, 2, 3], 2 + round as u64).await;
    }
    let after = network.height(0);
    assert!(after > height && after <= height + 10, "{height} -> {after}: one or two blocks per entry");
    network.shutdown().await;
}

/// One of four may die at any time; when it returns it catches up and votes again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_one_dead_the_log_grows_and_the_node_catches_up() {
    let mut network = Network::of(4);
    network.start_all().await;
    network.submit(0, 3);
    network.wait_entries(&[0, 1, 2, 3], 3).await;

    network.stop(3).await;
    for wave in 0..6 {
        network.submit(wave % 3, 3);
        network.wait_entries(&[0, 1, 2], 3 + 3 * (wave as u64 + 1)).await;
    }
    network.assert_same_blocks(&[0, 1, 2]);

    network.start(3).await;
    network.wait_entries(&[3], 21).await;
    network.wait_status(3, |status| !status.syncing && status.voting == Voting::Votes).await;
    network.submit(3, 2);
    network.wait_entries(&[0, 1, 2, 3], 23).await;
    network.assert_same_blocks(&[0, 1, 2, 3]);
    network.shutdown().await;
}

/// Two of four stop the log, without a fork; with one back it goes on, and nothing submitted is lost.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_two_dead_nothing_is_committed_until_one_is_back() {
    let mut network = Network::of(4);
    network.start_all().await;
    network.submit(0, 1);
    network.wait_entries(&[0, 1, 2, 3], 1).await;

    network.stop(2).await;
    network.stop(3).await;
    network.submit(0, 4);
    let before = network.entries(0);
    assert!(!network.grows(&[0, 1], before, Duration::from_secs(4)).await, "two of four are no quorum");

    network.start(2).await;
    network.wait_entries(&[0, 1, 2], 5).await;
    network.start(3).await;
    network.wait_entries(&[3], 5).await;
    network.assert_same_blocks(&[0, 1, 2, 3]);
    network.shutdown().await;
}

/// A node without a consensus key follows, and hands entries to those that vote.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_does_not_vote_follows_and_hands_over() {
    let mut network = Network::with_follower(4);
    network.start_all().await;
    network.wait_status(4, |status| status.peers.validators > 0 && status.voting == Voting::Follows).await;
    let (entry, other) = (network.entry(), network.entry());
    let answers = network.handle(4).hand_over(vec![entry.clone(), b"garbage".as_slice().into()]).await.unwrap();
    assert_eq!(answers[0], EntryAnswer::Accepted);
    assert!(matches!(answers[1], EntryAnswer::Refused(_)), "{answers:?}");
    network.wait_entries(&[0, 1, 2, 3, 4], 1).await;
    assert_eq!(network.handle(4).hand_over(vec![entry]).await.unwrap(), [EntryAnswer::Known]);
    // What is in the follower's own pool is pushed by gossip.
    network.submit_bytes(4, &other);
    network.wait_entries(&[0, 1, 2, 3, 4], 2).await;
    network.assert_same_blocks(&[0, 1, 2, 3, 4]);
    network.shutdown().await;
}

/// Without a signer state, a key whose past is unknown would vote.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_validator_without_signer_state_does_not_start() {
    let mut network = Network::of(4);
    network.forget_signer_state(0);
    let error = network.try_start(0).await.unwrap_err();
    assert!(matches!(error, StartError::SignerState(_)), "{error}");
}

/// A WAL that cannot be trusted ends voting for good: reads are served, nothing is taken in, nothing restarts.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_wal_stops_voting_and_leaves_reads() {
    let mut network = Network::of(4);
    network.start_all().await;
    network.submit(0, 1);
    network.wait_entries(&[0, 1, 2, 3], 1).await;
    network.stop(2).await;
    network.stop(3).await;
    let before = network.signer_state(0);
    network.submit(1, 1);
    network.wait_signed(0, &before).await;
    network.wait_wal(0).await;
    network.stop(0).await;
    network.damage_wal(0);
    let before = network.signer_state(0);
    network.start(0).await;
    network.wait_status(0, |status| matches!(status.health, Health::SafetyFailure(_))).await;
    assert_eq!(network.signer_state(0), before, "nothing was signed");
    assert_eq!(network.entries(0), 1, "reads are served");
    assert!(matches!(network.try_submit(0), Err(SubmitError::Behind)), "and nothing is taken in");
    // The others go on without it.
    network.start(2).await;
    network.start(3).await;
    network.wait_entries(&[1, 2, 3], 2).await;
    network.shutdown().await;
}

/// A validator whose WAL is lost does not vote at the height where its key may have voted, and votes
/// again once that height is on the log.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_wal_withholds_the_vote_until_the_height_is_over() {
    let mut network = Network::of(4);
    network.start_all().await;
    network.submit(0, 1);
    network.wait_entries(&[0, 1, 2, 3], 1).await;
    // With two dead, the others vote at a height that is not decided.
    network.stop(2).await;
    network.stop(3).await;
    let before = network.signer_state(0);
    network.submit(0, 1);
    network.wait_signed(0, &before).await;
    network.stop(0).await;
    network.lose_wal(0);
    network.start(0).await;
    network.wait_status(0, |status| matches!(status.voting, Voting::Withheld { .. })).await;
    network.start(2).await;
    network.start(3).await;
    network.wait_entries(&[0, 1, 2, 3], 2).await;
    let status = network.wait_status(0, |status| status.voting == Voting::Votes).await;
    assert_eq!(status.health, Health::Good);
    network.submit(0, 1);
    network.wait_entries(&[0, 1, 2, 3], 3).await;
    network.assert_same_blocks(&[0, 1, 2, 3]);
    network.shutdown().await;
}
