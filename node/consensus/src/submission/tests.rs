//! Real swarms on loopback: who gets in, what is answered, what is bounded.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use super::message::BatchKind;
use super::network::{Behaviour, BehaviourEvent, dial, swarm};
use super::*;
use crate::config::{Identity, multiaddr, peer_id};
use crate::testing::{genesis, open_ledger};
use eco_core::name::Timestamp;
use eco_core::sign::NetworkId;

const DEADLINE: Duration = Duration::from_secs(30);

/// An address that only this process uses: where the system picks a port, it may give it to a connection
/// of anybody while the node that listened there is down.
fn own_address() -> SocketAddr {
    static NEXT: AtomicU16 = AtomicU16::new(20_000);
    let [_, a, b, c] = std::process::id().to_be_bytes();
    SocketAddr::from(([127, a | 64, b, c], NEXT.fetch_add(1, Ordering::Relaxed)))
}

struct Member {
    identity: Identity,
    listen: std::net::SocketAddr,
}

fn member(seed: u8) -> Member {
    Member { identity: Identity::from_seeds(None, &[seed; 32]).unwrap(), listen: own_address() }
}

impl Member {
    fn id(&self) -> PeerId {
        peer_id(&self.identity.p2p_key().unwrap()).unwrap()
    }

    fn settings(&self, network: NetworkId, peers: &[&Member]) -> SubmissionSettings {
        let listed = |peer: &&Member| ListedPeer { peer: peer.id(), address: multiaddr(peer.listen, Some(peer.id())), votes: true };
        SubmissionSettings { keypair: self.identity.p2p.clone(), listen: self.listen, network, peers: peers.iter().map(listed).collect() }
    }
}

fn clock() -> Clock {
    Clock::new(|| Timestamp(1_000_000))
}

/// Whether the other side lets this one in: an open connection that it does not close again.
///
/// Both sides may dial, and one of two simultaneous connections may end: only having none left is being out.
async fn gets_in(swarm: &mut Swarm<Behaviour>, to: &Member) -> bool {
    // An attempt may meet a listener that is not there yet; being refused time and again is an answer.
    for _ in 0..3 {
        dial(swarm, to.id(), multiaddr(to.listen, Some(to.id())));
        let out = async {
            loop {
                match swarm.select_next_some().await {
                    SwarmEvent::ConnectionClosed { num_established: 0, .. } => return,
                    SwarmEvent::OutgoingConnectionError { .. } if !swarm.is_connected(&to.id()) => return,
                    _ => {}
                }
            }
        };
        // A refused connection is closed right after the handshake: staying open for a while means in.
        if tokio::time::timeout(Duration::from_secs(2), out).await.is_err() {
            return swarm.is_connected(&to.id());
        }
    }
    false
}

/// P1: an unknown key is closed at once and hears nothing. The control: a listed one gets in.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_listed_peers_get_in() {
    let (node, friend, stranger) = (member(1), member(2), member(3));
    let (_dir, ledger) = open_ledger();
    let network = genesis().network_id();
    let (_submission, _task) = Submission::start(&node.settings(network, &[&friend]), ledger, clock()).unwrap();
    let mut listed = swarm(&friend.settings(network, &[&node])).unwrap();
    let mut unlisted = swarm(&stranger.settings(network, &[&node])).unwrap();
    assert!(gets_in(&mut listed, &node).await, "the listed peer");
    assert!(!gets_in(&mut unlisted, &node).await, "the stranger");
}

async fn ask(swarm: &mut Swarm<Behaviour>, to: PeerId, batch: Batch) -> Result<Answer, String> {
    swarm.behaviour_mut().batches.send_request(&to, batch);
    let answered = async {
        loop {
            match swarm.select_next_some().await {
                SwarmEvent::Behaviour(BehaviourEvent::Batches(request_response::Event::Message {
                    message: request_response::Message::Response { response, .. },
                    ..
                })) => return Ok(response),
                SwarmEvent::Behaviour(BehaviourEvent::Batches(request_response::Event::OutboundFailure { error, .. })) => {
                    return Err(error.to_string());
                }
                _ => {}
            }
        }
    };
    tokio::time::timeout(DEADLINE, answered).await.unwrap()
}

fn batch(kind: BatchKind, entries: Vec<Bytes>) -> Batch {
    Batch { kind, height: 0, entries }
}

/// A member that floods is told so; it costs nobody else anything.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_is_answered_entry_by_entry_until_the_bucket_is_empty() {
    let (node, friend) = (member(1), member(2));
    let (_dir, ledger) = open_ledger();
    let network = genesis().network_id();
    let (_submission, _task) = Submission::start(&node.settings(network, &[&friend]), ledger.clone(), clock()).unwrap();
    let mut swarm = swarm(&friend.settings(network, &[&node])).unwrap();
    assert!(gets_in(&mut swarm, &node).await);

    let hello = ask(&mut swarm, node.id(), batch(BatchKind::Hello, Vec::new())).await.unwrap();
    assert_eq!(hello, Answer { height: 0, outcome: BatchAnswer::Done(Vec::new()) });
    let garbage = batch(BatchKind::Submit, vec![Bytes::from_static(b"x"), Bytes::new()]);
    let BatchAnswer::Done(answers) = ask(&mut swarm, node.id(), garbage).await.unwrap().outcome else { panic!() };
    assert!(answers.iter().all(|answer| matches!(answer, EntryAnswer::Refused(_))) && answers.len() == 2);

    ledger.set_behind(true);
    let entry = crate::testing::entry(1);
    let one = batch(BatchKind::Submit, vec![entry.clone()]);
    let BatchAnswer::Done(answers) = ask(&mut swarm, node.id(), one.clone()).await.unwrap().outcome else { panic!() };
    assert!(matches!(&answers[..], [EntryAnswer::Refused(reason)] if reason.contains("behind")), "{answers:?}");
    ledger.set_behind(false);
    assert_eq!(ask(&mut swarm, node.id(), one).await.unwrap().outcome, BatchAnswer::Done(vec![EntryAnswer::Accepted]));
    assert_eq!(ledger.pool_len(), 1);

    let many = batch(BatchKind::Gossip, vec![Bytes::from_static(b"x"); BATCH_ENTRIES_MAX]);
    let rounds = usize::try_from(2 * PEER_ENTRIES_BURST).unwrap() / BATCH_ENTRIES_MAX;
    let mut busy = false;
    for _ in 0..rounds {
        busy |= ask(&mut swarm, node.id(), many.clone()).await.unwrap().outcome == BatchAnswer::Busy;
    }
    assert!(busy, "{rounds} full batches in a row pass no bucket");
    assert_eq!(ledger.pool_len(), 1);
}

/// Two networks that share a peer by mistake do not exchange entries.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_network_speaks_another_protocol() {
    let (node, friend) = (member(1), member(2));
    let (_dir, ledger) = open_ledger();
    let (_submission, _task) = Submission::start(&node.settings(genesis().network_id(), &[&friend]), ledger, clock()).unwrap();
    let mut swarm = swarm(&friend.settings(NetworkId([9; 32]), &[&node])).unwrap();
    assert!(gets_in(&mut swarm, &node).await);
    assert!(ask(&mut swarm, node.id(), batch(BatchKind::Hello, Vec::new())).await.is_err());
}

/// One liar of four must not make the others refuse submissions as if they were behind.
#[test]
fn one_peer_alone_is_not_believed() {
    assert_eq!(believed(vec![10, u64::MAX, 11], 1), 11);
    assert_eq!(believed(vec![10, 12, 11], 0), 12);
    assert_eq!(believed(vec![12], 1), 12, "where only one is connected, there is nobody else to ask");
    assert_eq!(believed(Vec::new(), 1), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_validator_nothing_is_handed_over() {
    let node = member(1);
    let (_dir, ledger) = open_ledger();
    let (submission, task) = Submission::start(&node.settings(genesis().network_id(), &[]), ledger, clock()).unwrap();
    assert_eq!(submission.hand_over(vec![Bytes::from_static(b"x")]).await, Err(HandOverError::NoValidator));
    let many = vec![Bytes::from_static(b"x"); BATCH_ENTRIES_MAX + 1];
    assert!(matches!(submission.hand_over(many).await, Err(HandOverError::TooLarge { .. })));
    drop(submission);
    tokio::time::timeout(DEADLINE, task).await.expect("the swarm ends with its last handle").unwrap();
}

/// A validator that gives every batch the same answer, and tells how many it was asked.
async fn answer_all(mut swarm: Swarm<Behaviour>, outcome: watch::Receiver<BatchAnswer>, asked: watch::Sender<usize>) {
    loop {
        let SwarmEvent::Behaviour(BehaviourEvent::Batches(request_response::Event::Message {
            message: request_response::Message::Request { request, channel, .. },
            ..
        })) = swarm.select_next_some().await
        else {
            continue;
        };
        let is_hello = request.entries.is_empty();
        let outcome = if is_hello { BatchAnswer::Done(Vec::new()) } else { outcome.borrow().clone() };
        swarm.behaviour_mut().batches.send_response(channel, Answer { height: 0, outcome }).unwrap();
        asked.send_modify(|asked| *asked += usize::from(!is_hello));
    }
}

/// A client would hang on a validator that is busy for ever. The batch itself is sent again; once there is an answer, it is heard.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_busy_validator_holds_no_caller_beyond_the_limit() {
    let (node, friend) = (member(1), member(2));
    let (_dir, ledger) = open_ledger();
    let network = genesis().network_id();
    let (submission, _task) = Submission::start(&node.settings(network, &[&friend]), ledger, clock()).unwrap();
    let (outcome, says) = watch::channel(BatchAnswer::Busy);
    let (asked, mut times) = watch::channel(0);
    let serving = tokio::spawn(answer_all(swarm(&friend.settings(network, &[&node])).unwrap(), says, asked));
    tokio::time::timeout(DEADLINE, submission.peers().wait_for(|view| view.validators == 1)).await.unwrap().unwrap();

    let batch = vec![Bytes::from_static(b"x")];
    assert_eq!(submission.hand_over_within(batch.clone(), Duration::from_millis(1)).await, Err(HandOverError::Busy));
    tokio::time::timeout(DEADLINE, times.wait_for(|asked| *asked > 1)).await.unwrap().unwrap();
    outcome.send_replace(BatchAnswer::Done(vec![EntryAnswer::Known]));
    assert_eq!(submission.hand_over_within(batch, DEADLINE).await, Ok(vec![EntryAnswer::Known]));
    serving.abort();
}
