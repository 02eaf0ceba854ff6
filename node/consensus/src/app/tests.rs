//! Judgements on real blocks of a real ledger with one validator.

use bytes::Bytes;
use eco_core::codec::{decode, encode};
use eco_core::header::Block;
use eco_core::name::{Round, Timestamp};
use malachite::app::types::core::{CommitCertificate, CommitSignature, NilOrVal, Validity, VoteType};
use malachite_signing::Signer;

use super::*;
use crate::context::Vote;
use crate::scheme::{SignedBytes, VoteSignature};
use crate::testing::{entry, open_ledger, signer};

const NOW: u64 = 1_000_000;

struct Fixture {
    shared: Shared,
    signer: NotarySigner,
    set: ValidatorSet,
    _dirs: [tempfile::TempDir; 2],
}

fn fixture() -> Fixture {
    let (ledger_dir, ledger) = open_ledger();
    let dir = tempfile::tempdir().unwrap();
    let state = ledger.state();
    let bytes = SignedBytes::new(state.origin().clone(), state.network());
    let signer = signer(dir.path(), 1, bytes.clone());
    let shared = Shared {
        clock: Clock::new(|| Timestamp(NOW)),
        verifier: NotaryVerifier::new(bytes),
        signer: Some(signer.clone()),
        pace: Pace { heartbeat: Duration::from_secs(3600), linger: Duration::ZERO },
        clocks: ClockLimits { precision_ms: 500, delay_ms: 2_000 },
        timeouts: LinearTimeouts::default(),
        collect_votes: None,
        evidence_dir: dir.path().join("evidence"),
        heard: Heard::default(),
        progress: Progress::at(0),
        originals: Arc::new(Mutex::new(Originals::open(&dir.path().join("proposals")).unwrap())),
        demotions: Arc::new(Mutex::new(demotions_of(&ledger).unwrap())),
        ledger,
    };
    let (height, set) = shared.next_set().unwrap();
    assert_eq!(height, 1);
    Fixture { shared, signer, set, _dirs: [ledger_dir, dir] }
}

impl Fixture {
    /// A block that another ledger of the same network built.
    fn block(&self, time: u64, entries: u8) -> Block {
        let (_dir, other) = open_ledger();
        for n in 0..entries {
            other.submit(&entry(n), Timestamp(time)).unwrap();
        }
        other.propose(Timestamp(time), Round(0)).unwrap()
    }

    fn announced(&self, block: &Block, round: u32) -> Assembled {
        let bytes = Bytes::from(encode(block));
        let init = PartInit {
            height: Height(1),
            round,
            proposer: self.signer.address(),
            head: head_of(block),
            length: u32::try_from(bytes.len()).unwrap(),
            signature: VoteSignature([0; 64]),
        };
        Assembled { init: PartInit { signature: self.signer.sign_part_init(&init), ..init }, bytes }
    }

    fn judge(&self, assembled: Assembled, current: u32, first: bool) -> Option<Validity> {
        let judgement = receive::Judgement { assembled, arrived: Timestamp(NOW), current: Some(current), first };
        judgement.judge(&self.shared, &self.set).map(|value| value.validity)
    }

    fn held(&self) -> usize {
        self.shared.ledger.held_at(eco_core::name::Height(1)).unwrap().len()
    }

    async fn certificate(&self, block: &Block, round: u32) -> CommitCertificate<Notary> {
        let (height, round, value) = (Height(1), malachite::app::types::core::Round::new(round), head_of(block));
        let address = self.signer.address();
        let vote = Vote { kind: VoteType::Precommit, height, round, value: NilOrVal::Val(value), address };
        let signature = self.signer.sign_vote(vote).await.unwrap().signature;
        let commit_signatures = vec![CommitSignature::new(address, signature)];
        CommitCertificate { height, round, value_id: value, commit_signatures }
    }
}

/// A verdict of valid is given only for a block that is on the disk by then.
#[test]
fn a_valid_block_is_held_before_it_is_called_valid() {
    let fixture = fixture();
    let block = fixture.block(NOW, 2);
    assert_eq!(fixture.judge(fixture.announced(&block, 0), 0, true), Some(Validity::Valid));
    assert_eq!(fixture.shared.ledger.held_at(eco_core::name::Height(1)).unwrap(), [(Round(0), block.clone())]);
    let original = fixture.announced(&block, 0).init;
    assert_eq!(fixture.shared.originals().of(&head_of(&block)), Some(&original), "to be sent again as it was");
}

/// Each header field, and the body: whatever does not follow from the parent is no valid block.
#[test]
fn a_block_with_any_field_changed_is_not_valid() {
    let fixture = fixture();
    let block = fixture.block(NOW, 2);
    let change: [fn(&mut Block); 9] = [
        |b| b.header.network.0[0] ^= 1,
        |b| b.header.epoch.0 += 1,
        |b| b.header.first_index += 1,
        |b| b.header.tree_size += 1,
        |b| b.header.log_root.0[0] ^= 1,
        |b| b.header.state_root.0[0] ^= 1,
        |b| b.header.validators.0[0] ^= 1,
        |b| b.header.next_validators.0[0] ^= 1,
        |b| b.entries.truncate(1),
    ];
    for (at, change) in change.into_iter().enumerate() {
        let mut bad = block.clone();
        change(&mut bad);
        let verdict = fixture.judge(fixture.announced(&bad, 0), 0, true);
        assert_ne!(verdict, Some(Validity::Valid), "change {at}");
    }
    assert_eq!(fixture.held(), 0, "and none is kept");
    assert_eq!(fixture.judge(fixture.announced(&block, 0), 0, true), Some(Validity::Valid), "the control");
}

/// Whoever announces another's head over garbage must not make us call that head invalid.
#[test]
fn garbage_under_anothers_head_says_nothing_about_that_head() {
    let fixture = fixture();
    let (good, other) = (fixture.block(NOW, 2), fixture.block(NOW, 1));
    for bytes in [Bytes::from_static(b"garbage"), Bytes::from(encode(&other))] {
        let mut announced = fixture.announced(&good, 0);
        announced.bytes = bytes;
        assert_eq!(fixture.judge(announced, 0, true), None);
    }
    let mut lying = fixture.announced(&good, 0);
    lying.init.head.0.tree_size += 1;
    assert_eq!(fixture.judge(lying, 0, true), Some(Validity::Invalid), "such a head is nobody's");
    assert_eq!(fixture.judge(fixture.announced(&good, 0), 0, true), Some(Validity::Valid));
}

/// The block of a locked round, proposed again after a partition, must become valid.
#[test]
fn a_late_block_is_refused_once_and_taken_when_proposed_again() {
    let fixture = fixture();
    let old = fixture.block(NOW - 30_000, 1);
    assert_eq!(fixture.judge(fixture.announced(&old, 0), 0, true), Some(Validity::Invalid), "late");
    assert_eq!(fixture.judge(fixture.announced(&old, 0), 3, false), Some(Validity::Valid), "locked before");
    let early = fixture.block(NOW + 3_600_000, 0);
    assert_eq!(fixture.judge(fixture.announced(&early, 0), 3, false), Some(Validity::Invalid), "early, always");
}

#[test]
fn only_a_member_announces_and_only_in_its_turn() {
    let fixture = fixture();
    let block = fixture.block(NOW, 0);
    let mut announced = fixture.announced(&block, 0);
    announced.init.proposer = context::Address([9; 32]);
    assert_eq!(fixture.judge(announced, 0, true), None);
}

/// Asked again for a height and round, also by a restarted process, the same head is the answer.
#[test]
fn the_same_height_and_round_gives_the_same_block() {
    let fixture = fixture();
    let ledger = &fixture.shared.ledger;
    let first = ledger.propose(Timestamp(NOW), Round(0)).unwrap();
    ledger.submit(&entry(1), Timestamp(NOW)).unwrap();
    assert_eq!(ledger.propose(Timestamp(NOW + 9_000), Round(0)).unwrap(), first);
    let mut values = Vec::new();
    receive::add_held(&fixture.shared, Height(1), 0, &fixture.set, &mut values);
    assert_eq!(values.iter().map(|value| value.value).collect::<Vec<_>>(), [head_of(&first)]);
    receive::add_held(&fixture.shared, Height(1), 0, &fixture.set, &mut values);
    assert_eq!(values.len(), 1, "told once");
}

#[tokio::test]
async fn a_decided_block_is_committed_under_the_certificates_seal() {
    let fixture = fixture();
    let block = fixture.block(NOW, 2);
    fixture.judge(fixture.announced(&block, 0), 0, true);
    let certificate = fixture.certificate(&block, 2).await;
    decide::commit(&fixture.shared, &certificate, &fixture.set).unwrap();
    let (committed, seal) = fixture.shared.ledger.block(eco_core::name::Height(1)).unwrap().unwrap();
    assert_eq!((committed, seal.round), (block.clone(), Round(2)));
    // The next block carries exactly this seal.
    let next = fixture.shared.ledger.propose(Timestamp(NOW + 1), Round(0)).unwrap();
    assert_eq!(next.carried_seal, Some(seal));
    // And the certificate that is served to others is the one that came in.
    let served = sync::decided_values(&fixture.shared, 0, u64::MAX).unwrap();
    assert_eq!(served.len(), 1, "the range is cut to what there is");
    assert_eq!(served[0].certificate.trim_vote_extensions(), certificate);
    assert_eq!(decode::<Block>(&served[0].value_bytes).unwrap(), block);
}

#[tokio::test]
async fn a_decision_without_block_or_with_a_bad_seal_is_not_committed() {
    let fixture = fixture();
    let block = fixture.block(NOW, 2);
    let certificate = fixture.certificate(&block, 0).await;
    assert!(matches!(decide::commit(&fixture.shared, &certificate, &fixture.set), Err(decide::Defect::NotHeld)));
    fixture.judge(fixture.announced(&block, 0), 0, true);
    let mut bad = certificate.clone();
    bad.commit_signatures[0].signature = VoteSignature([1; 64]);
    assert!(matches!(decide::commit(&fixture.shared, &bad, &fixture.set), Err(decide::Defect::Ledger(_))));
    assert_eq!(fixture.shared.ledger.tip().height.0, 0);
    decide::commit(&fixture.shared, &certificate, &fixture.set).unwrap();
}

/// The id binds the header only: a peer that sends the right header over a wrong body is at fault, and
/// the head stays good.
#[test]
fn a_synced_block_with_another_body_is_the_peers_fault() {
    let fixture = fixture();
    let block = fixture.block(NOW, 2);
    let judge = |block: &Block| {
        let round = malachite::app::types::core::Round::new(0);
        sync::judge_synced(&fixture.shared, Height(1), round, &encode(block).into())
    };
    let mut other = block.clone();
    other.entries.truncate(1);
    assert_eq!(other.header.id(), block.header.id());
    assert!(matches!(judge(&other), Err(sync::Fault::Peer(_))));
    let garbage = Bytes::from_static(b"garbage");
    let round = malachite::app::types::core::Round::new(0);
    assert!(matches!(sync::judge_synced(&fixture.shared, Height(1), round, &garbage), Err(sync::Fault::Peer(_))));
    assert_eq!(fixture.held(), 0);
    assert!(judge(&block).is_ok_and(|head| head == head_of(&block)));
    assert_eq!(fixture.held(), 1);
}

/// However old a sealed block is, this node's clock has no say.
#[test]
fn a_synced_block_may_be_of_any_age() {
    let fixture = fixture();
    let round = malachite::app::types::core::Round::new(0);
    let old = fixture.block(1, 0);
    assert!(sync::judge_synced(&fixture.shared, Height(1), round, &encode(&old).into()).is_ok());
}
