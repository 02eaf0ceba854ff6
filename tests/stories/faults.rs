//! Nodes that die: what goes on, what stops, and that nothing acknowledged is lost.

use crate::net::{EXPORTER, Net};
use eco_client::{Client, Wait};
use eco_core::entry::SignedEntry;
use std::time::{Duration, Instant};

/// How long a network may take to do something that it must do.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long a network that has no quorum is watched while it must do nothing.
const NO_QUORUM_WATCH: Duration = Duration::from_secs(8);

async fn submitted_in_time(client: &Client, entry: &SignedEntry, limit: Duration) -> bool {
    matches!(tokio::time::timeout(limit, client.submit(entry, Wait::Final)).await, Ok(Ok(s)) if s.receipt.is_some())
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_four_may_die_and_come_back() {
    let mut net = Net::start().await;
    let client = net.network.client("cn-ccpit").unwrap();
    client.submit(&net.entry("before"), Wait::Final).await.unwrap();
    net.network.kill("vn-vcci").await.unwrap();
    let mut worst = Duration::ZERO;
    for n in 0..20 {
        let start = Instant::now();
        assert!(submitted_in_time(&client, &net.entry(&format!("while dead {n}")), PATIENCE).await);
        worst = worst.max(start.elapsed());
    }
    println!("one of four dead: slowest of 20 submissions {} ms", worst.as_millis());
    let height = net.network.height("cn-ccpit").await.unwrap();
    net.network.restart("vn-vcci").await.unwrap();
    net.network.wait_for_height("vn-vcci", height, PATIENCE).await.unwrap();
    let late = net.network.client("vn-vcci").unwrap();
    assert!(submitted_in_time(&late, &net.entry("at the one that was dead"), PATIENCE).await);
}

/// Two of four are no quorum: whoever would seal a block with them could fork the log.
#[tokio::test(flavor = "multi_thread")]
async fn two_of_four_stop_the_network_without_harm() {
    let mut net = Net::start().await;
    let client = net.network.client("cn-ccpit").unwrap();
    client.submit(&net.entry("before"), Wait::Final).await.unwrap();
    net.network.kill("vn-vcci").await.unwrap();
    net.network.kill("kr-customs").await.unwrap();
    let height = net.network.height("cn-ccpit").await.unwrap();
    let waiting = net.entry("while there is no quorum");
    assert!(!submitted_in_time(&client, &waiting, NO_QUORUM_WATCH).await, "sealed by two of four");
    // At most the block that was already sealed when they died.
    let stalled = net.network.height("cn-ccpit").await.unwrap();
    assert!(stalled.0 <= height.0 + 1, "{stalled} after {height}");
    net.network.restart("kr-customs").await.unwrap();
    assert!(submitted_in_time(&client, &waiting, PATIENCE).await, "it resumes by itself");
    net.network.restart("vn-vcci").await.unwrap();
    let height = net.network.height("cn-ccpit").await.unwrap();
    net.network.wait_for_height("vn-vcci", height, PATIENCE).await.unwrap();
}

/// An acknowledgement means final and durable.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_acknowledged_is_lost_when_all_are_killed_under_load() {
    let mut net = Net::start().await;
    let client = net.network.client("cn-ccpit").unwrap();
    let mut acknowledged = Vec::new();
    for round in 0..3 {
        let entries: Vec<SignedEntry> = (0..200).map(|n| net.entry(&format!("{round} {n}"))).collect();
        for outcome in client.submit_batch(&entries, Wait::Final).await.unwrap() {
            acknowledged.push(outcome.unwrap().receipt.expect("final"));
        }
        // More that is under way while the power fails.
        let more: Vec<SignedEntry> = (0..200).map(|n| net.entry(&format!("{round} under way {n}"))).collect();
        let under_way = net.network.client(EXPORTER).unwrap();
        let handed_in = tokio::spawn(async move { under_way.submit_batch(&more, Wait::Final).await });
        for organisation in ["cn-ccpit", "vn-vcci", "jp-customs", "kr-customs"] {
            net.network.kill(organisation).await.unwrap();
        }
        handed_in.abort();
        for organisation in ["cn-ccpit", "vn-vcci", "jp-customs", "kr-customs"] {
            net.network.restart(organisation).await.unwrap();
        }
        assert!(submitted_in_time(&client, &net.entry(&format!("{round} afterwards")), PATIENCE).await);
    }
    let height = net.network.height("cn-ccpit").await.unwrap();
    for organisation in ["cn-ccpit", "vn-vcci", "jp-customs", "kr-customs"] {
        net.network.wait_for_height(organisation, height, PATIENCE).await.unwrap();
        let client = net.network.client(organisation).unwrap();
        for known in &acknowledged {
            let found = client.receipt(eco_client::EntryName::Index(known.receipt.index)).await.unwrap();
            assert_eq!(found.receipt.entry, known.receipt.entry, "{organisation} has another entry at index {}", known.receipt.index);
            assert_eq!(found.receipt.header.id(), known.receipt.header.id(), "{organisation} has another block");
        }
    }
    println!("{} acknowledged entries, 3 kills of all nodes, 0 lost", acknowledged.len());
}
