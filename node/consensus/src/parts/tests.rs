//! Whoever sends parts may send anything: reordered, repeated, endless, oversize, somebody else's.

use super::*;
use crate::context::{Address, Head, Height};
use crate::scheme::VoteSignature;
use eco_core::checkpoint::ProposedHead;
use eco_core::header::BlockId;
use eco_core::log::LogHash;

pub(crate) fn init(height: u64, round: u32, length: usize) -> PartInit {
    PartInit {
        height: Height(height),
        round,
        proposer: Address([7; 32]),
        head: Head(ProposedHead { block: BlockId([1; 32]), tree_size: 3, log_root: LogHash([2; 32]) }),
        length: u32::try_from(length).unwrap(),
        signature: VoteSignature([9; 64]),
    }
}

fn peer(n: u8) -> PeerId {
    let mut bytes = vec![0, 36, 8, 1, 18, 32];
    bytes.extend_from_slice(&[n; 32]);
    PeerId::from_bytes(&bytes).unwrap()
}

fn block(length: usize) -> Bytes {
    (0..length).map(|at| u8::try_from(at % 251).unwrap()).collect::<Vec<u8>>().into()
}

fn feed(
    assembler: &mut Assembler,
    from: PeerId,
    parts: impl IntoIterator<Item = StreamMessage<Part>>,
) -> Vec<Result<Option<Assembled>, PartDefect>> {
    parts.into_iter().map(|part| assembler.take(from, part, |_| Ok(()))).collect()
}

fn delivered(results: Vec<Result<Option<Assembled>, PartDefect>>) -> Vec<Assembled> {
    results.into_iter().filter_map(|result| result.unwrap()).collect()
}

/// For every length around a chunk's, in order and reversed, the block is delivered exactly once.
#[test]
fn parts_in_any_order_make_the_block_once() {
    for length in [0, 1, PART_BYTES_MAX - 1, PART_BYTES_MAX, PART_BYTES_MAX + 1, 3 * PART_BYTES_MAX] {
        let bytes = block(length);
        let parts = cut(&init(5, 0, length), &bytes, 0);
        let mut twice: Vec<_> = parts.iter().cloned().chain(parts.iter().cloned()).collect();
        let whole = Assembled { init: init(5, 0, length), bytes };
        for reverse in [false, true] {
            if reverse {
                twice.reverse();
            }
            let mut assembler = Assembler::default();
            let got = delivered(feed(&mut assembler, peer(1), twice.clone()));
            assert_eq!(got, std::slice::from_ref(&whole), "{length} bytes, reversed: {reverse}");
            assert_eq!(assembler.bytes(), 0, "a delivered block is not kept");
        }
    }
}

#[test]
fn a_missing_part_delivers_nothing() {
    let parts = cut(&init(5, 0, 3 * PART_BYTES_MAX), &block(3 * PART_BYTES_MAX), 0);
    for missing in 0..parts.len() {
        let some = parts.iter().enumerate().filter(|(at, _)| *at != missing).map(|(_, part)| part.clone());
        assert_eq!(delivered(feed(&mut Assembler::default(), peer(1), some)), [], "without part {missing}");
    }
}

/// Streams are per publisher: another node's parts, under the same id, never mix.
#[test]
fn parts_of_two_publishers_do_not_mix() {
    let (good, bad) = (block(2 * PART_BYTES_MAX), Bytes::from(vec![0; 2 * PART_BYTES_MAX]));
    let announced = init(5, 0, good.len());
    let mut assembler = Assembler::default();
    let mut got = Vec::new();
    for (a, b) in cut(&announced, &good, 0).into_iter().zip(cut(&announced, &bad, 0)) {
        got.extend(feed(&mut assembler, peer(2), [b]));
        got.extend(feed(&mut assembler, peer(1), [a]));
    }
    let bytes: Vec<_> = delivered(got).into_iter().map(|assembled| assembled.bytes).collect();
    assert_eq!(bytes, [bad, good]);
}

#[test]
fn an_announcement_that_is_refused_closes_the_stream() {
    let parts = cut(&init(5, 0, 10), &block(10), 0);
    let mut assembler = Assembler::default();
    let refused = assembler.take(peer(1), parts[0].clone(), |_| Err(PartDefect::Signature));
    assert_eq!(refused, Err(PartDefect::Signature));
    assert_eq!(delivered(feed(&mut assembler, peer(1), parts)), [], "nothing more of it is taken");
    assert_eq!(assembler.bytes(), 0);
}

#[test]
fn an_oversize_announcement_is_refused_before_anything_is_kept() {
    let parts = cut(&init(5, 0, BLOCK_BYTES_MAX + 1), &block(0), 0);
    let got = Assembler::default().take(peer(1), parts[0].clone(), |_| unreachable!());
    assert!(matches!(got, Err(PartDefect::TooLong { .. })), "{got:?}");
}

#[test]
fn more_bytes_than_announced_are_refused() {
    let mut parts = cut(&init(5, 0, 2 * PART_BYTES_MAX), &block(2 * PART_BYTES_MAX), 0);
    parts[0].content = StreamContent::Data(Part::Init(Box::new(init(5, 0, PART_BYTES_MAX + 1))));
    let got = feed(&mut Assembler::default(), peer(1), parts);
    assert!(matches!(got[2], Err(PartDefect::TooLong { .. })), "{got:?}");
}

#[test]
fn fewer_bytes_than_announced_are_refused() {
    let mut parts = cut(&init(5, 0, 100), &block(100), 0);
    parts[0].content = StreamContent::Data(Part::Init(Box::new(init(5, 0, 101))));
    let got = feed(&mut Assembler::default(), peer(1), parts);
    assert!(matches!(got[2], Err(PartDefect::Length { .. })), "{got:?}");
}

/// A stream without an announcement and without end holds at most one block's bytes.
#[test]
fn an_endless_stream_is_cut_off() {
    let mut assembler = Assembler::default();
    let id = stream_id(&init(5, 0, 0), 0);
    let chunk = Bytes::from(vec![0; PART_BYTES_MAX]);
    let mut refused = None;
    for sequence in 1..10_000 {
        let part = StreamMessage::new(id.clone(), sequence, StreamContent::Data(Part::Data(chunk.clone())));
        if let Err(defect) = assembler.take(peer(1), part, |_| Ok(())) {
            refused = Some((sequence, defect));
            break;
        }
        assert!(assembler.bytes() <= BLOCK_BYTES_MAX);
    }
    let (sequence, _) = refused.expect("cut off");
    assert!(sequence <= CHUNKS_MAX + 2, "{sequence}");
    assert_eq!(assembler.bytes(), 0, "and what it held is given back");
}

#[test]
fn tiny_chunks_cannot_make_a_stream_long() {
    let id = stream_id(&init(5, 0, 0), 0);
    let part = StreamMessage::new(id, u64::MAX, StreamContent::Data(Part::Data(Bytes::from_static(b"x"))));
    let got = Assembler::default().take(peer(1), part, |_| Ok(()));
    assert!(matches!(got, Err(PartDefect::Endless { .. })), "{got:?}");
}

#[test]
fn parts_of_the_wrong_kind_for_their_place_are_refused() {
    let parts = cut(&init(5, 0, 10), &block(10), 0);
    for (sequence, content) in [(1, parts[0].content.clone()), (0, parts[1].content.clone()), (0, StreamContent::Fin)] {
        let part = StreamMessage::new(stream_id(&init(5, 0, 10), 0), sequence, content);
        let got = Assembler::default().take(peer(1), part, |_| Ok(()));
        assert!(matches!(got, Err(PartDefect::OutOfPlace { .. })), "{got:?}");
    }
}

#[test]
fn a_stream_that_announces_another_height_than_its_id_is_refused() {
    let mut parts = cut(&init(5, 0, 10), &block(10), 0);
    parts[0].content = StreamContent::Data(Part::Init(Box::new(init(6, 0, 10))));
    let got = Assembler::default().take(peer(1), parts[0].clone(), |_| Ok(()));
    assert!(matches!(got, Err(PartDefect::OtherHeight { .. })), "{got:?}");
}

/// One peer that opens streams without end loses its own, not the others'.
#[test]
fn a_peer_that_floods_evicts_only_itself() {
    let mut assembler = Assembler::default();
    let honest = cut(&init(5, 0, 2 * PART_BYTES_MAX), &block(2 * PART_BYTES_MAX), 0);
    feed(&mut assembler, peer(1), honest[..2].iter().cloned());
    for round in 0..1_000 {
        let flood = cut(&init(5, round, PART_BYTES_MAX), &block(PART_BYTES_MAX), round);
        feed(&mut assembler, peer(2), flood[..2].iter().cloned());
        assert!(assembler.streams() <= STREAMS_PER_PEER_MAX + 1);
        assert!(assembler.bytes() <= STREAM_BYTES_MAX);
    }
    assert_eq!(delivered(feed(&mut assembler, peer(1), honest[2..].iter().cloned())).len(), 1);
}

#[test]
fn streams_end_with_their_height() {
    let mut assembler = Assembler::default();
    for height in 5..8 {
        let parts = cut(&init(height, 0, PART_BYTES_MAX), &block(PART_BYTES_MAX), 0);
        feed(&mut assembler, peer(1), parts[..2].iter().cloned());
    }
    assembler.advance(7);
    assert_eq!((assembler.streams(), assembler.bytes()), (1, PART_BYTES_MAX));
}

/// A block that is sent again in a later round is a new stream: a node that refused it may take it now.
#[test]
fn a_block_sent_again_in_a_later_round_is_delivered_again() {
    let (announced, bytes) = (init(5, 0, 10), block(10));
    let mut assembler = Assembler::default();
    for sent_in in [0, 3] {
        assert_eq!(delivered(feed(&mut assembler, peer(1), cut(&announced, &bytes, sent_in))).len(), 1);
    }
}
