//! What a lying node gets a verifying client to believe: nothing. Every lie has its control, the same answer without it.

mod liar;
mod lists;
mod network;

use crate::{Client, ClientError, EntryName, Event, StatusCandidate, StatusQuery, Wait};
use eco_core::document::DocumentStatus;
use eco_core::name::Height;
use liar::{Lie, Node};
use network::{Network, chamber, document, fingerprint};

fn candidate(n: u8) -> StatusCandidate {
    StatusCandidate { fingerprint: fingerprint(n), signer: None, key: None }
}

/// A network with two files, one of them revoked in block 2.
fn revoked() -> Network {
    let mut network = Network::with_files(2);
    let revocation = network.revoke(0);
    network.block(vec![revocation]);
    network
}

async fn client_of(node: &Node) -> Client {
    let trust = node.0.lock().unwrap().0.trust();
    Client::connect([node.serve().await], trust).unwrap()
}

fn is_invalid(error: &ClientError) -> bool {
    matches!(error, ClientError::InvalidAnswer { .. })
}

#[tokio::test]
async fn a_true_answer_is_believed_and_its_head_is_pinned() {
    let network = revoked();
    let client = client_of(&Node::new(network.clone(), Lie::None)).await;
    let answer = client.status_of(&[candidate(0)], None).await.unwrap();
    assert_eq!(answer.documents.len(), 1);
    assert_eq!((answer.documents[0].0, answer.documents[0].1.status()), (document(0), DocumentStatus::Revoked));
    assert_eq!(answer.receipts.len(), 1);
    assert_eq!(answer.receipts[0].receipt.entry, network.entries[0]);
    assert_eq!(client.trust().head().height, Height(2));
    let absent = client.status_of(&[candidate(9)], Some(chamber())).await.unwrap();
    assert!(absent.documents.is_empty() && absent.receipts.is_empty());
    let receipt = client.receipt(EntryName::Id(network.entries[1].id())).await.unwrap();
    assert_eq!(receipt.receipt.index, 1);
}

#[tokio::test]
async fn no_lie_about_a_status_is_believed() {
    let node = Node::new(revoked(), Lie::None);
    let client = client_of(&node).await;
    for lie in [Lie::HidesDocument, Lie::DeniesDocument, Lie::ForgesStatus, Lie::SwapsReceipt, Lie::BreaksSeal] {
        node.set(revoked(), lie);
        let error = client.status_of(&[candidate(0)], Some(chamber())).await.unwrap_err();
        assert!(is_invalid(&error), "{lie:?}: {error}");
        assert!(matches!(error.reach(), eco_core::verdict::Reach::Invalid(_)));
        node.set(revoked(), Lie::None);
        assert!(client.status_of(&[candidate(0)], Some(chamber())).await.is_ok());
    }
}

/// A node of an earlier version must be told from one that is down: waiting does not mend it.
#[tokio::test]
async fn a_node_that_does_not_know_the_call_is_called_too_old() {
    let client = client_of(&Node::new(revoked(), Lie::None)).await;
    // This node serves no registry.
    let error = client.network().await.unwrap_err();
    let ClientError::Unavailable { reason, message, .. } = error else { panic!("{error}") };
    assert!(reason == "NODE_TOO_OLD" && message.contains("older than this program"), "{reason}: {message}");
    assert!(client.status_of(&[candidate(0)], None).await.is_ok(), "the control: what it knows it answers");
}

#[tokio::test]
async fn a_receipt_of_another_entry_is_refused() {
    let network = revoked();
    let node = Node::new(network.clone(), Lie::SwapsReceipt);
    let client = client_of(&node).await;
    let entry = &network.entries[0];
    assert!(is_invalid(&client.receipt(EntryName::Id(entry.id())).await.unwrap_err()));
    assert!(is_invalid(&client.submit(entry, Wait::Final).await.unwrap_err()));
    node.set(network.clone(), Lie::None);
    let submitted = client.submit(entry, Wait::Final).await.unwrap();
    assert!(submitted.already_applied);
    // A duplicate of a document that was revoked since says so, and proves it.
    assert_eq!(submitted.standing.unwrap().status, DocumentStatus::Revoked);
}

#[tokio::test]
async fn an_older_head_than_one_seen_is_lagging() {
    let node = Node::new(revoked(), Lie::AnswersOld);
    let client = client_of(&node).await;
    // Before anything newer was seen there is nothing to compare with.
    assert_eq!(client.advance().await.unwrap().header.height, Height(1));
    assert!(client.status_of(&[candidate(0)], None).await.is_ok());
    node.set(revoked(), Lie::None);
    assert_eq!(client.advance().await.unwrap().header.height, Height(2));
    node.set(revoked(), Lie::AnswersOld);
    let error = client.status_of(&[candidate(0)], None).await.unwrap_err();
    assert!(matches!(error, ClientError::Lagging { pinned: Height(2), found: Height(1), .. }), "{error}");
    assert!(matches!(client.advance().await.unwrap_err(), ClientError::Lagging { .. }));
}

#[tokio::test]
async fn a_batch_is_under_one_head() {
    let node = Node::new(revoked(), Lie::None);
    let client = client_of(&node).await;
    let queries = [StatusQuery::Document(document(0)), StatusQuery::Document(document(1))];
    let answers = client.status_batch(&queries).await.unwrap();
    assert_eq!(answers.iter().map(|a| a.documents[0].1.status()).collect::<Vec<_>>(), [DocumentStatus::Revoked, DocumentStatus::Active]);
    node.set(revoked(), Lie::AnswersOld);
    assert!(is_invalid(&client.status_batch(&queries).await.unwrap_err()));
}

#[tokio::test]
async fn a_head_that_does_not_extend_the_last_one_is_refused() {
    let node = Node::new(Network::with_files(3), Lie::None);
    let client = client_of(&node).await;
    client.advance().await.unwrap();
    let mut longer = node.0.lock().unwrap().0.clone();
    let more = longer.file(7);
    longer.block(vec![more]);
    node.set(longer.clone(), Lie::BreaksConsistency);
    assert!(is_invalid(&client.advance().await.unwrap_err()));
    assert_eq!(client.trust().head().height, Height(1));
    node.set(longer, Lie::None);
    assert_eq!(client.advance().await.unwrap().header.height, Height(2));
}

// The one thing that must never be explained away: two sealed histories.
#[tokio::test]
async fn a_fork_comes_back_with_evidence_that_verifies_offline() {
    let mut one = Network::new();
    let mut other = one.clone();
    let (a, b) = (one.file(1), other.file(2));
    one.block_at(vec![a], 1000);
    other.block_at(vec![b], 1500);
    let node = Node::new(one.clone(), Lie::None);
    let client = client_of(&node).await;
    client.advance().await.unwrap();
    // The same height, shown as such; and the same history some blocks later.
    for n in [3, 4] {
        node.set(other.clone(), Lie::None);
        let error = client.advance().await.unwrap_err();
        let ClientError::Fork { evidence: Some(evidence), height: Height(1), .. } = &error else { panic!("{error}") };
        assert_eq!(evidence.verify(&one.trust()).unwrap(), [chamber()]);
        assert!(matches!(client.status_of(&[candidate(2)], None).await.unwrap_err(), ClientError::Fork { .. }));
        let more = other.file(n);
        other.block(vec![more]);
    }
    assert_eq!(client.trust().head().block, one.sealed(1).0.id());
}

#[tokio::test]
async fn a_refusal_carries_the_checked_receipt_of_the_entry_in_the_way() {
    let network = Network::with_files(2);
    let node = Node::new(network.clone(), Lie::None);
    let client = client_of(&node).await;
    let stranger = network.file(8);
    let error = client.submit(&stranger, Wait::Final).await.unwrap_err();
    let ClientError::Refused(refused) = error else { panic!("{error}") };
    assert_eq!(refused.reason, "NUMBER_TAKEN");
    assert_eq!(refused.conflicting.unwrap().receipt.entry, network.entries[0]);
    node.set(network, Lie::BreaksSeal);
    assert!(is_invalid(&client.submit(&stranger, Wait::Final).await.unwrap_err()));
}

#[tokio::test]
async fn a_watcher_is_shown_what_hashes_into_the_sealed_root() {
    let mut network = revoked();
    network.block(Vec::new());
    let node = Node::new(network.clone(), Lie::None);
    let client = client_of(&node).await;
    for from in 0..=3u64 {
        let mut watch = client.watch(from);
        let mut seen = from;
        while seen < 3 {
            let Event::Block { head, entries } = watch.next().await.unwrap() else { continue };
            for (index, entry) in entries {
                assert_eq!((index, &entry), (seen, &network.entries[seen as usize]));
                seen += 1;
            }
            assert_eq!(head.header.tree_size, seen);
        }
        assert_eq!(watch.position(), 3);
    }
    node.set(network, Lie::SwapsEntry);
    let mut watch = client.watch(0);
    assert!(is_invalid(&watch.next().await.unwrap_err()));
    assert_eq!(watch.position(), 0);
}

#[tokio::test]
async fn an_honest_node_is_asked_after_a_liar_and_the_lie_is_reported() {
    let (liar, honest) = (Node::new(revoked(), Lie::ForgesStatus), Node::new(revoked(), Lie::None));
    let addresses = ["http://127.0.0.1:1".to_owned(), liar.serve().await, honest.serve().await];
    let client = Client::connect(&addresses, revoked().trust()).unwrap();
    let answer = client.status_of(&[candidate(0)], Some(chamber())).await.unwrap();
    assert_eq!(answer.node, addresses[2]);
    assert!(matches!(answer.passed_over.as_slice(), [ClientError::Unreachable { .. }, ClientError::InvalidAnswer { .. }]));
}

#[tokio::test]
async fn addresses_are_checked_before_anything_is_sent() {
    let trust = Network::new().trust();
    assert!(matches!(Client::connect(Vec::<String>::new(), trust.clone()), Err(ClientError::NoNode)));
    assert!(matches!(Client::connect(["http://"], trust.clone()), Err(ClientError::Address { .. })));
    assert!(Client::connect(["127.0.0.1:7403"], trust).is_ok());
}
