//! A document on its way: recorded at one node, asked for at another, absent where it is not.

use crate::net::{EXPORTER, Net};
use eco_client::{ClientError, Wait};
use eco_core::Fingerprint;
use eco_core::document::DocumentId;
use eco_core::receipt::Dating;
use std::time::Duration;

/// Without this an exporter's node could keep an entry to itself, or a duplicate could get a second leaf.
#[tokio::test(flavor = "multi_thread")]
async fn recorded_through_a_non_voting_node_and_seen_at_customs() {
    let mut net = Net::start().await;
    let exporter = net.network.client(EXPORTER).unwrap();
    let entry = net.entry("a document");
    let submitted = exporter.submit(&entry, Wait::Final).await.unwrap();
    let receipt = submitted.receipt.expect("final");
    assert!(!submitted.already_applied);
    assert!(matches!(receipt.receipt.verify(&exporter.trust()).unwrap(), Dating::Dated { .. }));

    // Again, at another node that has the block: the original receipt, and no second leaf.
    let sealed = receipt.receipt.header.height;
    net.network.wait_for_height("jp-customs", sealed, Duration::from_secs(60)).await.unwrap();
    let customs = net.network.client("jp-customs").unwrap();
    let again = customs.submit(&entry, Wait::Final).await.unwrap();
    assert!(again.already_applied);
    let index = receipt.receipt.index;
    assert_eq!(again.receipt.expect("final").receipt.index, index);

    let document = DocumentId::of(&EXPORTER.parse().unwrap(), &Fingerprint::of_file(b"a document"));
    let answer = customs.status_of_document(document).await.unwrap();
    assert!(!answer.receipts.is_empty(), "the answer brings the receipt");

    // A forged signature is refused with its reason, wherever it is handed in.
    let mut bytes = net.entry("another").as_bytes().to_vec();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    let forged = eco_core::entry::SignedEntry::decode(&bytes).unwrap();
    let refusal = exporter.submit(&forged, Wait::Final).await.unwrap_err();
    let ClientError::Refused(refused) = refusal else { panic!("{refusal}") };
    assert_eq!(refused.reason, "BAD_SIGNATURE");
}
