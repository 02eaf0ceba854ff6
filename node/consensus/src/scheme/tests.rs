//! A signature for one thing must never be one for another: kind, place, head, network, voter.

use super::*;
use crate::context::Vote;
use crate::testing::{head, part_init, signed_bytes, signer};
use eco_core::header::Header;
use eco_core::seal::{self, Seal, SealSignature};
use malachite_signing::Signer;

fn vote(kind: VoteType, round: u32, value: NilOrVal<Head>, address: Address) -> Vote {
    Vote { kind, height: Height(7), round: Round::new(round), value, address }
}

fn proposal(pol_round: Round, address: Address) -> Proposal {
    Proposal { height: Height(7), round: Round::new(2), value: head(1), pol_round, address }
}

/// The precommit for a head is the only message without a NUL, so nothing else reads as a checkpoint.
#[test]
fn no_other_message_reads_as_a_checkpoint() {
    let (bytes, address) = (signed_bytes(1), Address([3; 32]));
    let checkpoint = bytes.vote(&vote(VoteType::Precommit, 2, NilOrVal::Val(head(1)), address)).unwrap();
    assert!(!checkpoint.contains(&0));
    assert!(checkpoint.ends_with(b"\n"));
    let others = [
        bytes.vote(&vote(VoteType::Precommit, 2, NilOrVal::Nil, address)).unwrap(),
        bytes.vote(&vote(VoteType::Prevote, 2, NilOrVal::Nil, address)).unwrap(),
        bytes.vote(&vote(VoteType::Prevote, 2, NilOrVal::Val(head(1)), address)).unwrap(),
        bytes.proposal(&proposal(Round::Nil, address)).unwrap(),
        bytes.proposal(&proposal(Round::ZERO, address)).unwrap(),
        bytes.part_init(&part_init(7, 1)),
        ValidatorProof::<Notary>::signing_bytes(&address.0, &[1; 38]),
    ];
    for (at, other) in others.iter().enumerate() {
        assert!(other.contains(&0), "message {at} could be a checkpoint");
        assert!(others.iter().skip(at + 1).all(|later| later != other), "message {at} is another one too");
    }
}

#[tokio::test]
async fn a_vote_holds_for_itself_and_for_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let signer = signer(dir.path(), 3, signed_bytes(1));
    let (key, address) = (signer.public(), signer.address());
    let verifier = NotaryVerifier::new(signed_bytes(1));
    for kind in [VoteType::Prevote, VoteType::Precommit] {
        let signed = signer.sign_vote(vote(kind, 2, NilOrVal::Val(head(1)), address)).await.unwrap();
        let holds = async |verifier: &NotaryVerifier, vote: &Vote, key: &Key| {
            verifier.verify_signed_vote(vote, &signed.signature, key).await.unwrap().is_valid()
        };
        assert!(holds(&verifier, &signed.message, &key).await);
        let other_kind = if kind == VoteType::Prevote { VoteType::Precommit } else { VoteType::Prevote };
        for wrong in [
            Vote { kind: other_kind, ..signed.message.clone() },
            Vote { height: Height(8), ..signed.message.clone() },
            Vote { round: Round::new(3), ..signed.message.clone() },
            Vote { round: Round::Nil, ..signed.message.clone() },
            Vote { value: NilOrVal::Nil, ..signed.message.clone() },
            Vote { value: NilOrVal::Val(head(2)), ..signed.message.clone() },
        ] {
            assert!(!holds(&verifier, &wrong, &key).await, "{wrong:?}");
        }
        assert!(!holds(&NotaryVerifier::new(signed_bytes(2)), &signed.message, &key).await, "another network");
        assert!(!holds(&verifier, &signed.message, &Key([9; 32])).await, "another voter");
    }
}

#[tokio::test]
async fn proposals_announcements_and_proofs_hold_for_themselves_only() {
    let dir = tempfile::tempdir().unwrap();
    let signer = signer(dir.path(), 3, signed_bytes(1));
    let (key, address) = (signer.public(), signer.address());
    let verifier = NotaryVerifier::new(signed_bytes(1));

    let signed = signer.sign_proposal(proposal(Round::Nil, address)).await.unwrap();
    let holds = async |proposal: &Proposal| verifier.verify_signed_proposal(proposal, &signed.signature, &key).await.unwrap().is_valid();
    assert!(holds(&signed.message).await);
    assert!(!holds(&proposal(Round::ZERO, address)).await, "another round of proof");
    assert!(!holds(&Proposal { value: head(2), ..signed.message.clone() }).await);

    let mut init = PartInit { proposer: address, ..part_init(7, 1) };
    init.signature = signer.sign_part_init(&init);
    assert!(verifier.part_init_holds(&init));
    assert!(!verifier.part_init_holds(&PartInit { length: 101, ..init.clone() }));
    assert!(!verifier.part_init_holds(&PartInit { round: 1, ..init }));

    let proof = signer.sign_validator_proof(key.0.to_vec(), vec![1; 38]).await.unwrap();
    assert!(verifier.verify_validator_proof(&proof).await.unwrap().is_valid());
    let stolen = ValidatorProof::<Notary>::new(proof.public_key.clone(), vec![2; 38], proof.signature);
    assert!(!verifier.verify_validator_proof(&stolen).await.unwrap().is_valid(), "another peer's");
}

/// The engine's certificate must be a seal that eco-core accepts without knowing the engine.
#[tokio::test]
async fn precommits_make_a_seal_of_eco_core() {
    let dirs: Vec<_> = (0..4).map(|_| tempfile::tempdir().unwrap()).collect();
    let signers: Vec<_> = (1u8..).zip(&dirs).map(|(seed, dir)| signer(dir.path(), seed, signed_bytes(1))).collect();
    let member = |key: Key| seal::Validator {
        key: key.public(),
        organisation: "member".parse().unwrap(),
        roles: eco_core::registry::Roles::default(),
        country: "CH".parse().unwrap(),
        power: 1,
    };
    let set = seal::ValidatorSet::new(signers.iter().map(|signer| member(signer.public())).collect());
    let header = Header { validators: set.hash(), height: core::Height(7), ..crate::testing::header_at(1) };
    let head = NilOrVal::Val(Head(header.head()));
    let mut signatures = Vec::new();
    for signer in &signers[..3] {
        let signed = signer.sign_vote(vote(VoteType::Precommit, 2, head, signer.address())).await.unwrap();
        let validator = set.index_of(&signer.public().public()).unwrap();
        signatures.push(SealSignature { validator, signature: Signature(signed.signature.0) });
    }
    signatures.sort();
    let origin = signed_bytes(1).origin;
    let seal = Seal { round: core::Round(2), signatures };
    seal.verify(&header, &set, &origin).unwrap();
    assert!(Seal { round: core::Round(3), ..seal.clone() }.verify(&header, &set, &origin).is_err(), "another round");
    let few = Seal { signatures: seal.signatures[..2].to_vec(), ..seal };
    assert!(few.verify(&header, &set, &origin).is_err(), "no quorum");
}

/// Signing goes through the signer state: the second of two contradicting votes does not exist.
#[tokio::test]
async fn the_signer_does_not_contradict_itself() {
    let dir = tempfile::tempdir().unwrap();
    let signer = signer(dir.path(), 3, signed_bytes(1));
    let cast = |n| vote(VoteType::Precommit, 2, NilOrVal::Val(head(n)), signer.address());
    let first = signer.sign_vote(cast(1)).await.unwrap();
    assert_eq!(signer.take_refusal(), None);
    assert!(signer.sign_vote(cast(2)).await.is_err());
    assert!(signer.take_refusal().is_some());
    assert_eq!(signer.sign_vote(cast(1)).await.unwrap(), first, "the same vote again, for WAL replay");
    assert_eq!(signer.highest_signed(), Some(7));
}
