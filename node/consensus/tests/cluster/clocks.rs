//! A validator whose clock is an hour off: it dates no block, the others go on, and it follows.

use super::network::{Network, now};

const HOUR_MS: i64 = 3_600_000;
/// More than a test takes, and much less than an hour.
const TRUE_TIME_MS: u64 = 1_200_000;

/// Hands in one entry after the other, so that every validator's turn to propose comes.
async fn turns(network: &Network, able: &[usize], from: u64, turns: u64) {
    for turn in 0..turns {
        network.submit(able[turn as usize % able.len()], 1);
        network.wait_entries(able, from + turn + 1).await;
    }
}

fn all_times_are_true(network: &Network, node: usize) -> bool {
    network.times(node).iter().all(|time| time.0.abs_diff(now().0) < TRUE_TIME_MS)
}

async fn one_clock_is_off(skew_ms: i64) {
    let mut network = Network::of(4);
    network.skew(3, skew_ms);
    network.start_all().await;
    turns(&network, &[0, 1, 2], 0, 12).await;
    // It takes part in nothing that its clock calls wrong, and has every block all the same.
    network.wait_entries(&[3], 12).await;
    network.assert_same_blocks(&[0, 1, 2, 3]);
    assert!(all_times_are_true(&network, 0), "{:?}", network.times(0));
    // Once its clock is right it votes, and what it called invalid before holds it up no longer.
    network.skew(3, 0);
    network.stop(2).await;
    turns(&network, &[0, 1, 3], 12, 6).await;
    network.assert_same_blocks(&[0, 1, 3]);
    network.shutdown().await;
}

/// Blocks dated ahead would let a proposer make entries late, or early, at its will.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_proposer_whose_clock_is_an_hour_ahead_holds_nobody_up() {
    one_clock_is_off(HOUR_MS).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_proposer_whose_clock_is_an_hour_behind_holds_nobody_up() {
    one_clock_is_off(-HOUR_MS).await;
}

/// The test of the test: where the members allow a block to be two hours ahead, the wrong clock dates one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_bound_the_wrong_clock_dates_a_block() {
    let mut network = Network::of_precision(4, 7_200_000);
    // Half an hour, so that entries of the test are not late by then.
    network.skew(3, HOUR_MS / 2);
    network.start_all().await;
    turns(&network, &[0, 1, 2], 0, 12).await;
    assert!(!all_times_are_true(&network, 0));
    network.shutdown().await;
}
