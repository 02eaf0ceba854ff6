//! Every message type: one encoding, bounded, and nothing else accepted.

use super::*;
use crate::context::{Address, Head, Height, PartInit, Proposal, Vote};
use crate::limits::{BLOCK_BYTES_MAX, PART_BYTES_MAX, SYNC_VALUES_MAX, VALIDATORS_MAX};
use crate::scheme::VoteSignature;
use eco_core::checkpoint::ProposedHead;
use eco_core::header::BlockId;
use eco_core::log::LogHash;
use malachite::app::streaming::StreamContent;
use malachite::app::types::PeerId;
use malachite::app::types::core::{
    ExtendedCommitCertificate, ExtendedCommitSignature, NilOrVal, PolkaSignature, Round, RoundCertificate, RoundCertificateType,
    RoundSignature, SignedMessage, Validity, VoteType,
};
use malachite::app::types::streaming::StreamId;
use malachite::app::types::sync::RawDecidedValue;
use malachite_sync::{ValueRequest, ValueResponse};

fn head() -> Head {
    Head(ProposedHead { block: BlockId([1; 32]), tree_size: 1 << 40, log_root: LogHash([2; 32]) })
}

fn address(n: u8) -> Address {
    Address([n; 32])
}

fn signature() -> VoteSignature {
    VoteSignature([9; 64])
}

fn vote(kind: VoteType, round: Round, value: NilOrVal<Head>) -> SignedMessage<Notary, Vote> {
    let vote = Vote { kind, height: Height(7), round, value, address: address(3) };
    SignedMessage::new(vote, signature())
}

fn proposal(pol_round: Round) -> SignedMessage<Notary, Proposal> {
    let proposal = Proposal { height: Height(7), round: Round::new(2), value: head(), pol_round, address: address(3) };
    SignedMessage::new(proposal, signature())
}

fn polka() -> PolkaCertificate<Notary> {
    let polka_signatures = (0..3).map(|n| PolkaSignature::new(address(n), signature())).collect();
    PolkaCertificate { height: Height(7), round: Round::new(1), value_id: head(), polka_signatures }
}

fn commit(signatures: u8) -> ExtendedCommitCertificate<Notary> {
    let commit_signatures = (0..signatures).map(|n| ExtendedCommitSignature::new(address(n), signature(), None)).collect();
    ExtendedCommitCertificate { height: Height(7), round: Round::new(1), value_id: head(), commit_signatures }
}

fn peer() -> PeerId {
    let mut bytes = vec![0, 36, 8, 1, 18, 32];
    bytes.extend_from_slice(&[5; 32]);
    PeerId::from_bytes(&bytes).unwrap()
}

fn init() -> Part {
    Part::Init(Box::new(PartInit {
        height: Height(7),
        round: 3,
        proposer: address(1),
        head: head(),
        length: 1_000,
        signature: signature(),
    }))
}

#[test]
fn consensus_messages() {
    for value in [NilOrVal::Nil, NilOrVal::Val(head())] {
        for kind in [VoteType::Prevote, VoteType::Precommit] {
            check_wire(&SignedConsensusMsg::Vote(vote(kind, Round::new(4), value)));
            check_wire(&LivenessMsg::Vote(vote(kind, Round::Nil, value)));
        }
    }
    for pol_round in [Round::Nil, Round::ZERO, Round::new(u32::MAX)] {
        check_wire(&SignedConsensusMsg::Proposal(proposal(pol_round)));
    }
}

#[test]
fn certificates() {
    check_wire(&polka());
    check_wire(&LivenessMsg::PolkaCertificate(polka()));
    for (cert_type, value) in [(RoundCertificateType::Skip, NilOrVal::Nil), (RoundCertificateType::Precommit, NilOrVal::Val(head()))] {
        let round_signatures = vec![RoundSignature::new(VoteType::Precommit, value, address(1), signature()); 2];
        let certificate = RoundCertificate { height: Height(7), round: Round::new(1), cert_type, round_signatures };
        check_wire(&LivenessMsg::SkipRoundCertificate(certificate));
    }
}

#[test]
fn wal_values() {
    for validity in [Validity::Valid, Validity::Invalid] {
        check_wire(&ProposedValue {
            height: Height(7),
            round: Round::new(1),
            valid_round: Round::Nil,
            proposer: address(1),
            value: head(),
            validity,
        });
    }
}

#[test]
fn parts() {
    check_wire(&init());
    check_wire(&Part::Data(Bytes::from_static(b"chunk")));
    let id = StreamId::new(Bytes::from_static(&[4; 16]));
    for content in [StreamContent::Data(init()), StreamContent::Data(Part::Data(Bytes::new())), StreamContent::Fin] {
        check_wire(&StreamMessage::new(id.clone(), 5, content));
    }
}

#[test]
fn sync_messages() {
    check_wire(&Status::<Notary> { peer_id: peer(), tip_height: Height(9), history_min_height: Height(1) });
    check_wire(&Request::<Notary>::ValueRequest(ValueRequest::new(Height(3)..=Height(9))));
    let values = (0..3).map(|n| RawDecidedValue::new(Bytes::from(vec![n; 9]), commit(n))).collect();
    check_wire(&Response::<Notary>::ValueResponse(ValueResponse::new(Height(5), values)));
    check_wire(&ValidatorProof::<Notary>::new(vec![1; 32], peer().to_bytes(), signature()));
}

/// The engine cuts responses by this number: too low, and a response is refused by the transport.
#[test]
fn the_encoded_length_of_a_response_is_exact() {
    for count in [0, 1, 5] {
        let values = (0..count).map(|n| RawDecidedValue::new(Bytes::from(vec![1; 100 + n]), commit(4))).collect();
        let response = Response::<Notary>::ValueResponse(ValueResponse::new(Height(5), values));
        let length = Codec::encode(&NotaryCodec, &response).unwrap().len();
        assert_eq!(NotaryCodec.encoded_len(&response).unwrap(), length);
    }
}

#[test]
fn what_is_above_a_bound_is_neither_written_nor_read() {
    let long = Part::Data(Bytes::from(vec![0; PART_BYTES_MAX + 1]));
    assert!(matches!(to_bytes(&long), Err(WireDefect::TooLong { .. })));
    let mut claims_length = vec![1];
    claims_length.extend_from_slice(&u32::MAX.to_le_bytes());
    assert!(matches!(from_bytes::<Part>(claims_length.into()), Err(WireDefect::TooLong { .. })));

    let mut certificate = polka();
    certificate.polka_signatures = vec![PolkaSignature::new(address(1), signature()); VALIDATORS_MAX + 1];
    assert!(matches!(to_bytes(&certificate), Err(WireDefect::TooLong { .. })));

    let value = RawDecidedValue::new(Bytes::from(vec![0; BLOCK_BYTES_MAX + 1]), commit(1));
    let response = Response::<Notary>::ValueResponse(ValueResponse::new(Height(5), vec![value]));
    assert!(matches!(to_bytes(&response), Err(WireDefect::TooLong { .. })));
    let value = RawDecidedValue::new(Bytes::new(), commit(1));
    let response = Response::<Notary>::ValueResponse(ValueResponse::new(Height(5), vec![value; SYNC_VALUES_MAX + 1]));
    assert!(matches!(to_bytes(&response), Err(WireDefect::TooLong { .. })));
}

/// A vote extension would have to be signed and counted: it must not slip through unseen.
#[test]
fn a_certificate_with_an_extension_is_not_written() {
    let mut certificate = commit(1);
    certificate.commit_signatures[0].extension = Some(SignedMessage::new((), signature()));
    assert_eq!(to_bytes(&certificate), Err(WireDefect::Extension));
}

#[test]
fn a_peer_id_has_one_encoding() {
    let mut long = vec![0x80, 0x00]; // identity multihash code, in two varint bytes
    long.extend_from_slice(&peer().to_bytes()[1..]);
    let mut out = Writer::default();
    out.bytes("peer id", 64, &long).unwrap();
    out.u64(1).u64(1);
    assert!(from_bytes::<Status<Notary>>(out.finish()).is_err());
}
