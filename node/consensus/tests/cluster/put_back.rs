//! A ledger that was put back under the WAL that goes on from there.

use crate::network::Network;
use eco_consensus::{Health, Voting};

/// The WAL decides a block again that the ledger has lost. Without the mend the node ends at every start; and if it took the WAL
/// that it begins for the lost one, its key would vote again where it has voted.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ledger_put_back_under_its_wal_catches_up_and_only_then_votes() {
    let mut network = Network::of(4);
    network.start_all().await;
    let mut entries = 0;
    // A resting node's WAL still holds the height that was decided last; one that has gone on is of no use here.
    let decided = loop {
        network.submit(0, 1);
        entries += 1;
        network.wait_entries(&[0, 1, 2, 3], entries).await;
        let height = network.wait_quiet(&[0, 1, 2, 3]).await;
        network.stop(0).await;
        if network.wal_height(0) == height {
            break height;
        }
        network.start(0).await;
    };
    network.put_ledger_back(0, decided - 1, 1);
    for other in 1..4 {
        network.stop(other).await;
    }
    let signed = network.signer_state(0);

    network.start(0).await;
    let withheld = |voting| matches!(voting, Voting::Withheld { until } if until == decided);
    network.wait_status(0, |status| withheld(status.voting)).await;
    assert_eq!(network.wals_put_aside(0), 1, "kept for whoever wants to know");
    // Started again it finds the new WAL at the same height, and is withheld none the less.
    network.stop(0).await;
    network.start(0).await;
    let status = network.wait_status(0, |status| status.voting != Voting::Follows).await;
    assert!(withheld(status.voting) && status.health == Health::Good, "{status:?}");
    assert_eq!(network.signer_state(0), signed, "nothing was signed");

    for other in 1..4 {
        network.start(other).await;
    }
    network.wait_entries(&[0], entries).await;
    network.wait_status(0, |status| status.voting == Voting::Votes).await;
    network.submit(0, 1);
    network.wait_entries(&[0, 1, 2, 3], entries + 1).await;
    network.assert_same_blocks(&[0, 1, 2, 3]);
    network.shutdown().await;
}
