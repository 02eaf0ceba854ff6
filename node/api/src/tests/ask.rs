//! What an issuer and a customs officer do, over a real socket, with the client that checks everything.

use super::kit::{MEMBERS, TestNode, document, fingerprint, member, number};
use crate::api::NodeFacts;
use eco_client::{ClientError, EntryName, Event, StatusCandidate, StatusQuery, Wait};
use eco_core::document::DocumentStatus;
use eco_core::name::Height;
use eco_core::number::ReferenceKey;
use eco_core::receipt::Dating;
use eco_core::state::{RecordKey, ReferenceRecord};
use eco_core::status::Shown;

fn candidate(n: u8) -> StatusCandidate {
    StatusCandidate { fingerprint: fingerprint(n), signer: None, key: None }
}

fn reason(error: ClientError) -> String {
    match error {
        ClientError::Refused(refused) => refused.reason,
        ClientError::Unavailable { reason, .. } => reason,
        other => panic!("{other}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_becomes_a_receipt_a_status_and_no_longer_an_absence() {
    let node = TestNode::start_making_blocks().await;
    let client = node.client();
    let other = node.certificate(1, 50);
    client.submit(&other, Wait::Final).await.unwrap();
    let absent = client.status_of(&[candidate(1)], Some(member(0))).await.unwrap();
    assert!(absent.documents.is_empty());
    assert_eq!(absent.view.show::<eco_core::state::DocumentRecord>(&RecordKey::Document(document(0, 1))), Ok(Shown::Absent));

    let entry = node.certificate(0, 1);
    let submitted = client.submit(&entry, Wait::Final).await.unwrap();
    let receipt = submitted.receipt.unwrap();
    assert_eq!(receipt.receipt.entry, entry);
    assert!(matches!(receipt.dating, Dating::Dated { height: Height(2), .. }));
    for name in [EntryName::Id(entry.id()), EntryName::Index(1), EntryName::Document(document(0, 1))] {
        assert_eq!(client.receipt(name).await.unwrap().receipt, receipt.receipt);
    }
    for answer in [
        client.status_of(&[candidate(1)], None).await.unwrap(),
        client.status_of(&[candidate(9), candidate(1)], Some(member(0))).await.unwrap(),
        client.status_of_number(member(0), &number(1)).await.unwrap(),
        client.status_of_document(document(0, 1)).await.unwrap(),
    ] {
        assert_eq!(answer.documents[0].0, document(0, 1));
        assert_eq!(answer.receipts[0].receipt, receipt.receipt);
    }
    let free = client.status_of_number(member(0), &number(99)).await.unwrap();
    let key = RecordKey::Reference(member(0), ReferenceKey::of(&member(0), &number(99)));
    assert_eq!(free.view.show::<ReferenceRecord>(&key), Ok(Shown::Absent));
    assert_eq!(client.trust().head().height, Height(2));
    let network = client.network().await.unwrap();
    assert_eq!((network.id, network.head.unwrap().header.height), (node.ledger.state().network(), Height(2)));
    assert_eq!(&client.genesis().await.unwrap(), node.ledger.genesis());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_handed_in_twice_has_one_receipt_and_the_status_of_today() {
    let node = TestNode::start_making_blocks().await;
    let client = node.client();
    let entry = node.certificate(0, 1);
    let first = client.submit(&entry, Wait::Final).await.unwrap();
    assert!(!first.already_applied);
    client.submit(&node.revocation(0, 1), Wait::Final).await.unwrap();
    let again = client.submit(&entry, Wait::AtOnce).await.unwrap();
    assert!(again.already_applied);
    assert_eq!(again.receipt.unwrap().receipt, first.receipt.unwrap().receipt);
    assert_eq!(again.standing.unwrap().status, DocumentStatus::Revoked);
    assert_eq!(node.ledger.metrics().tree_size, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_has_an_outcome_for_each_entry() {
    let node = TestNode::start_making_blocks().await;
    let client = node.client();
    client.submit(&node.certificate(0, 1), Wait::Final).await.unwrap();
    let entries = [node.certificate(0, 2), node.certificate(0, 1), node.certificate_numbered(0, 3, 1), node.certificate(1, 2)];
    let outcomes = client.submit_batch(&entries, Wait::Final).await.unwrap();
    assert!(outcomes[0].as_ref().is_ok_and(|taken| taken.receipt.is_some() && !taken.already_applied));
    assert!(outcomes[1].as_ref().is_ok_and(|taken| taken.already_applied && taken.standing.is_some()));
    let Err(ClientError::Refused(refused)) = &outcomes[2] else { panic!("{:?}", outcomes[2]) };
    assert_eq!(refused.reason, "NUMBER_TAKEN");
    assert_eq!(refused.conflicting.as_ref().unwrap().receipt.entry, entries[1]);
    assert!(outcomes[3].as_ref().is_ok_and(|taken| taken.receipt.is_some()));
    let all: Vec<_> = (100..=255u8).map(|n| node.certificate(2, n)).collect();
    assert!(
        client.submit_batch(&all, Wait::Final).await.unwrap().iter().all(|outcome| outcome.as_ref().is_ok_and(|o| o.receipt.is_some()))
    );
    let queries: Vec<_> = (100..=255u8).map(|n| StatusQuery::Document(document(2, n))).collect();
    let answers = client.status_batch(&queries).await.unwrap();
    assert!(answers.iter().all(|answer| answer.documents.len() == 1));
    assert!(answers.iter().all(|answer| answer.view.header == answers[0].view.header));
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_keep_their_reason_and_the_entry_in_the_way() {
    let node = TestNode::start_making_blocks().await;
    let client = node.client();
    let first = node.certificate(0, 1);
    client.submit(&first, Wait::Final).await.unwrap();
    let Err(ClientError::Refused(refused)) = client.submit(&node.certificate_numbered(0, 1, 2), Wait::Final).await else { panic!() };
    assert_eq!((refused.reason.as_str(), &refused.conflicting.unwrap().receipt.entry), ("DOCUMENT_EXISTS", &first));
    assert_eq!(reason(client.submit(&node.revocation(0, 7), Wait::Final).await.unwrap_err()), "NO_SUCH_DOCUMENT");
    node.ledger.set_behind(true);
    assert_eq!(reason(client.submit(&node.certificate(0, 5), Wait::Final).await.unwrap_err()), "NODE_BEHIND");
    node.ledger.set_behind(false);
    assert!(client.submit(&node.certificate(0, 5), Wait::Final).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn before_the_first_block_nothing_can_be_proven_and_the_node_says_so() {
    let node = TestNode::start().await;
    let client = node.client();
    assert_eq!(reason(client.advance().await.unwrap_err()), "NO_BLOCK_YET");
    assert_eq!(reason(client.status_of(&[candidate(1)], None).await.unwrap_err()), "NO_BLOCK_YET");
    assert_eq!(client.network().await.unwrap().head, None);
    let accepted = client.submit(&node.certificate(0, 1), Wait::AtOnce).await.unwrap();
    assert_eq!(accepted.receipt, None);
    assert!(matches!(client.receipt(EntryName::Id(accepted.entry)).await, Err(ClientError::NotFound { .. })));
    node.block();
    assert!(client.receipt(EntryName::Id(accepted.entry)).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn everyone_who_recorded_a_fingerprint_is_listed_and_nobody_is_left_out() {
    let node = TestNode::start().await;
    let client = node.client();
    let entries: Vec<_> = (0..MEMBERS).map(|by| node.certificate(by, 1)).collect();
    node.record(&entries[..3]);
    assert_eq!(client.claims(fingerprint(1)).await.unwrap().claims.len(), 3);
    assert_eq!(client.claims(fingerprint(2)).await.unwrap().claims.len(), 0);
    node.record(&entries[3..]);
    let claims = client.claims(fingerprint(1)).await.unwrap().claims;
    let mut authors: Vec<_> = claims.iter().map(|claim| claim.author).collect();
    authors.sort();
    assert_eq!(authors, (0..MEMBERS).map(member).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watcher_sees_every_entry_once_and_resumes() {
    let node = TestNode::start().await;
    let client = node.client();
    node.record(&[node.certificate(0, 1), node.certificate(0, 2), node.certificate(0, 3)]);
    let mut watch = client.watch(1);
    let Event::Block { entries, .. } = watch.next().await.unwrap() else { panic!() };
    assert_eq!(entries.iter().map(|(index, _)| *index).collect::<Vec<_>>(), [1, 2]);
    node.block();
    let Event::Block { entries, head } = watch.next().await.unwrap() else { panic!() };
    assert!(entries.is_empty() && head.header.height == Height(2));
    node.record(&[node.certificate(0, 4)]);
    let Event::Block { entries, .. } = watch.next().await.unwrap() else { panic!() };
    assert_eq!((entries[0].0, watch.position()), (3, 4));
    // A new watch from there sees what comes, and nothing twice.
    let mut resumed = client.watch(watch.position());
    let (event, ()) = tokio::join!(resumed.next(), async { node.record(&[node.certificate(0, 5)]) });
    let Event::Block { entries, .. } = event.unwrap() else { panic!() };
    assert_eq!(entries[0].0, 4);
    assert!(matches!(client.watch(99).next().await, Err(ClientError::Refused(_))));
}

// A stopping node must not wait for watchers, who never end by themselves.
#[tokio::test(flavor = "multi_thread")]
async fn a_stopping_node_ends_its_watches_and_says_so() {
    let node = TestNode::start().await;
    node.block();
    let mut watch = node.client().watch(0);
    assert!(watch.next().await.is_ok());
    node.stop.send_replace(true);
    assert!(matches!(watch.next().await, Err(ClientError::Unavailable { .. })));
    node.bound.stopped().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_does_not_vote_hands_entries_over() {
    use crate::api::{Api, HandOverAnswer};
    use std::sync::{Arc, Mutex};
    let node = TestNode::start().await;
    let given: Arc<Mutex<Vec<Vec<u8>>>> = Arc::default();
    let seen = given.clone();
    let refused = node.certificate(0, 2);
    let refused_bytes = refused.as_bytes().to_vec();
    let api = Api::new(
        node.ledger.clone(),
        Arc::new(|| eco_core::name::Timestamp(1_795_000_000_001)),
        tokio::sync::watch::channel(NodeFacts::default()).1,
        60_000,
    )
    .with_hand_over(Arc::new(move |entries| {
        let answers = entries
            .iter()
            .map(|entry| if *entry == refused_bytes { HandOverAnswer::Refused("no".into()) } else { HandOverAnswer::Taken })
            .collect();
        seen.lock().unwrap().extend(entries);
        Box::pin(async move { Ok(answers) })
    }));
    let any = "127.0.0.1:0".parse().unwrap();
    let (_stop, stopping) = tokio::sync::watch::channel(false);
    let bound = crate::server::serve(api, crate::server::Addresses { grpc: any, http: any, admin: None }, stopping).await.unwrap();
    let client = eco_client::Client::connect([format!("http://{}", bound.addresses.grpc)], node.trust()).unwrap();
    let taken = node.certificate(0, 1);
    let outcomes = client.submit_batch(&[taken.clone(), refused.clone()], Wait::AtOnce).await.unwrap();
    assert!(outcomes[0].is_ok());
    assert_eq!(reason(outcomes.into_iter().nth(1).unwrap().unwrap_err()), "REFUSED_BY_VALIDATOR");
    assert_eq!(*given.lock().unwrap(), [taken.as_bytes(), refused.as_bytes()]);
}
