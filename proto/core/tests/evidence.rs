//! Receipts, status proofs, trust roots, forks: what holds, and everything that must not.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, missing_docs)]

mod kit;

use eco_core::checkpoint::{Origin, head_text, note_key_id, note_verifier_key};
use eco_core::codec::encode;
use eco_core::document::{DocumentId, DocumentStatus};
use eco_core::eco_file::{FileDefect, FileKind, unwrap, wrap};
use eco_core::evidence::{DoubleVote, EvidenceDefect, ForkEvidence};
use eco_core::genesis::NetworkPurpose;
use eco_core::header::{Header, TimeBound, TimeDefect};
use eco_core::log::consistency_path;
use eco_core::name::{Height, Round, Timestamp};
use eco_core::receipt::{Dating, Receipt, ReceiptDefect};
use eco_core::registry::Purpose;
use eco_core::seal::{Seal, SealDefect, SealSignature};
use eco_core::sign::{MessageKind, NetworkId, PublicKey, Signature, message};
use eco_core::state::{DocumentRecord, RecordKey};
use eco_core::status::{Shown, StatusDefect, StatusProof};
use eco_core::trust::{TrustDefect, TrustRoot};
use ed25519_dalek::Signer;
use kit::*;

fn with_certificates(count: usize) -> Network {
    let mut network = Network::production();
    for n in 0..count {
        network.record(vec![network.anchor("cn-ccpit", certificate("cn-ccpit", &format!("{n}"), &format!("CO-{n}")))]);
    }
    network
}

#[test]
fn a_receipt_dates_its_entry_under_its_own_block_only() {
    let network = with_certificates(5);
    let trust = network.trust();
    let own = network.receipt(2);
    let Dating::Dated { height, time } = own.verify(&trust).unwrap() else { panic!("not dated") };
    assert_eq!((height, time), (Height(3), network.blocks[2].0.header.time));
    let later = network.receipt_at(2, 4);
    assert!(matches!(later.verify(&trust).unwrap(), Dating::ExistenceOnly { height: Height(5), .. }));
    let file = own.to_file();
    assert_eq!(Receipt::from_file(&file, &trust).unwrap(), own);
    // Two levels of path, three signatures: about 0.8 KB; 20 levels add 18 x 32.
    assert!(file.len() + 18 * 32 <= 1400, "{} bytes", file.len());
}

/// A receipt that survives any change proves nothing.
#[test]
fn a_receipt_with_any_bit_flipped_is_refused() {
    let network = with_certificates(3);
    let trust = network.trust();
    let file = network.receipt(1).to_file();
    let holds = |bytes: &[u8]| Receipt::from_file(bytes, &trust).and_then(|r| r.verify(&trust)).is_ok();
    assert!(holds(&file));
    for bit in 0..file.len() * 8 {
        let mut bytes = file.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        assert!(!holds(&bytes), "bit {bit} of byte {} does not matter", bit / 8);
    }
    for cut in 0..file.len() {
        assert!(!holds(&file[..cut]), "truncated at {cut}");
    }
    let mut trailing = file;
    trailing.push(0);
    assert!(!holds(&trailing));
}

#[test]
fn a_seal_needs_more_than_two_thirds_of_its_own_round_and_set() {
    let network = with_certificates(1);
    let (trust, state, header) = (network.trust(), &network.state, &network.blocks[0].0.header);
    let verify = |seal: &Seal| trust.verify_sealed(header, seal);
    let three = seal_by(state, header, 0, &["cn-ccpit", "jp-customs", "vn-vcci"]);
    verify(&three).unwrap();
    verify(&seal_by(state, header, 7, &VALIDATORS)).unwrap();
    let two = seal_by(state, header, 0, &["cn-ccpit", "jp-customs"]);
    assert_eq!(verify(&two), Err(TrustDefect::Seal(SealDefect::BelowQuorum { signed: 2, total: 4 })));
    // The planted fault: counting the same signature twice would reach the quorum.
    let mut repeated = two.clone();
    repeated.signatures.push(two.signatures[1]);
    assert_eq!(verify(&repeated), Err(TrustDefect::Seal(SealDefect::Order)));
    let mut swapped = three.clone();
    swapped.signatures.swap(0, 1);
    assert_eq!(verify(&swapped), Err(TrustDefect::Seal(SealDefect::Order)));
    let mut other_round = three.clone();
    other_round.round = Round(1);
    assert!(matches!(verify(&other_round), Err(TrustDefect::Seal(SealDefect::Signature { .. }))));
    let mut outside = two.clone();
    outside.signatures.push(SealSignature { validator: 4, signature: Signature([0; 64]) });
    assert_eq!(verify(&outside), Err(TrustDefect::Seal(SealDefect::NoSuchValidator { place: 4, size: 4 })));
    // A fourth, false signature beside a quorum: every signature must hold.
    let mut false_fourth = three.clone();
    let fourth = (0..4).find(|p| three.signatures.iter().all(|s| s.validator != *p)).unwrap();
    false_fourth.signatures.push(SealSignature { validator: fourth, signature: three.signatures[0].signature });
    false_fourth.signatures.sort();
    assert!(matches!(verify(&false_fourth), Err(TrustDefect::Seal(SealDefect::Signature { .. }))));
    // A network of another name and genesis has other validators' set and another origin.
    let foreign = Network::new("eco.example/other", NetworkPurpose::Production);
    assert!(matches!(foreign.trust().verify_sealed(header, &three), Err(TrustDefect::OtherNetwork { .. })));
}

/// A seal that is kept stands for its own bytes and no others: remembered by header alone, it would let every forgery
/// of that header pass.
#[test]
fn a_seal_that_was_verified_vouches_for_nothing_else() {
    let network = with_certificates(2);
    let (mut trust, header) = (network.trust(), &network.blocks[0].0.header);
    let genuine = seal_by(&network.state, header, 0, &["cn-ccpit", "jp-customs", "vn-vcci"]);
    let fresh = trust.clone();
    let verified = trust.verified_seal(header, &genuine).unwrap();
    trust.keep_verified(verified.clone());
    trust.verify_sealed(header, &genuine).unwrap();
    assert_eq!((&trust, encode(&trust)), (&fresh, encode(&fresh)), "it is the same trust root, and written as before");
    let refuses = |trust: &TrustRoot, header: &Header, seal: &Seal| {
        let (kept, anew) = (trust.verify_sealed(header, seal), fresh.verify_sealed(header, seal));
        assert_eq!(kept, anew, "what is kept changes no answer");
        assert!(kept.is_err());
    };
    for at in 0..genuine.signatures.len() {
        let mut forged = genuine.clone();
        forged.signatures[at].signature.0[at] ^= 1;
        refuses(&trust, header, &forged);
        let mut fewer = genuine.clone();
        fewer.signatures.remove(at);
        refuses(&trust, header, &fewer);
        let mut twice = genuine.clone();
        twice.signatures.push(genuine.signatures[at]);
        refuses(&trust, header, &twice);
    }
    refuses(&trust, header, &Seal { round: Round(1), ..genuine.clone() });
    let other_log = Header { log_root: network.blocks[1].0.header.log_root, ..header.clone() };
    refuses(&trust, &other_log, &genuine);
    refuses(&trust, &network.blocks[1].0.header, &genuine);
    // A fork of the pinned head stays one, and so does the network: what another trust root kept does not count here.
    let seal = seal_by(&network.state, &other_log, 0, &VALIDATORS);
    trust.keep_verified(trust.verified_seal(&other_log, &seal).unwrap());
    let pinned = trust.advance(header, &genuine, &[]).unwrap();
    assert!(matches!(pinned.verify_sealed(&other_log, &seal), Err(TrustDefect::Fork { .. })));
    let mut foreign = Network::new("eco.example/other", NetworkPurpose::Production).trust();
    foreign.keep_verified(verified);
    assert!(matches!(foreign.verify_sealed(header, &genuine), Err(TrustDefect::OtherNetwork { .. })));
}

#[test]
fn a_header_outside_its_epoch_or_with_another_set_is_refused() {
    let network = with_certificates(1);
    let trust = network.trust();
    let good = network.blocks[0].0.header.clone();
    let sealed = |header: &Header| trust.verify_sealed(header, &seal_by(&network.state, header, 0, &VALIDATORS));
    sealed(&good).unwrap();
    let mut later_epoch = good.clone();
    later_epoch.epoch.0 = 1;
    assert!(matches!(sealed(&later_epoch), Err(TrustDefect::UnknownEpoch { .. })));
    let mut other_set = good.clone();
    other_set.validators.0[0] ^= 1;
    assert!(matches!(sealed(&other_set), Err(TrustDefect::Seal(SealDefect::OtherSet { .. }))));
    let mut genesis_height = good;
    genesis_height.height = Height(0);
    assert!(matches!(sealed(&genesis_height), Err(TrustDefect::OutsideEpoch { .. })));
}

#[test]
fn the_pinned_head_only_moves_forward_along_one_history() {
    let network = with_certificates(6);
    let head = |n: usize| (&network.blocks[n].0.header, &network.blocks[n].1);
    let path = |old, new| consistency_path(&network.nodes, old, new).unwrap();
    let (header, seal) = head(2);
    let at_three = network.trust().advance(header, seal, &[]).unwrap();
    let (header, seal) = head(5);
    let at_six = at_three.clone().advance(header, seal, &path(3, 6)).unwrap();
    assert_eq!(at_six.head().height, Height(6));
    assert!(matches!(at_three.clone().advance(header, seal, &path(2, 6)), Err(TrustDefect::Inconsistent { .. })));
    let (header, seal) = head(3);
    assert!(matches!(at_six.clone().advance(header, seal, &[]), Err(TrustDefect::Older { .. })));
    // Another block at the pinned height, sealed all the same: a fork.
    let mut fork = network.blocks[5].0.header.clone();
    fork.time = fork.time.plus_ms(1);
    let seal = seal_by(&network.state, &fork, 0, &VALIDATORS);
    assert!(matches!(at_six.verify_sealed(&fork, &seal), Err(TrustDefect::Fork { .. })));
    let evidence = ForkEvidence { first: (network.blocks[5].0.header.clone(), network.blocks[5].1.clone()), second: (fork, seal) };
    let names: Vec<String> = evidence.verify(&at_six).unwrap().iter().map(ToString::to_string).collect();
    assert_eq!(names.len(), 3);
    let file = wrap(FileKind::ForkEvidence, &evidence);
    assert_eq!(unwrap::<ForkEvidence>(FileKind::ForkEvidence, &file).unwrap(), evidence);
    let none = ForkEvidence { first: evidence.first.clone(), second: evidence.first };
    assert_eq!(none.verify(&at_six), Err(EvidenceDefect::NoContradiction));
}

#[test]
fn a_trust_root_file_reads_back_and_nothing_else_does() {
    let network = with_certificates(1);
    let file = wrap(FileKind::TrustRoot, &network.trust());
    assert_eq!(unwrap::<TrustRoot>(FileKind::TrustRoot, &file).unwrap(), network.trust());
    assert!(matches!(unwrap::<TrustRoot>(FileKind::TrustRoot, &network.receipt(0).to_file()), Err(FileDefect::OtherKind { .. })));
    assert_eq!(unwrap::<TrustRoot>(FileKind::TrustRoot, b"%PDF-1.7"), Err(FileDefect::Magic));
    let mut version = file.clone();
    version[9] = 2;
    assert_eq!(unwrap::<TrustRoot>(FileKind::TrustRoot, &version), Err(FileDefect::Version { found: 2 }));
    // Text-mode transfer turns CR LF into LF.
    let text_mode: Vec<u8> = file.iter().copied().enumerate().filter(|(at, _)| *at != 4).map(|(_, b)| b).collect();
    assert_eq!(unwrap::<TrustRoot>(FileKind::TrustRoot, &text_mode), Err(FileDefect::Magic));
}

#[test]
fn a_status_proof_shows_records_and_absence_under_one_head() {
    let mut network = with_certificates(2);
    let document = DocumentId::of(&org("cn-ccpit"), &fingerprint("0"));
    network.record(vec![network.change("cn-ccpit", document, 1, DocumentStatus::Suspended)]);
    let absent = DocumentId::of(&org("cn-ccpit"), &fingerprint("never"));
    let keys = [RecordKey::Document(document), RecordKey::Document(absent), RecordKey::Organisation(org("cn-ccpit"))];
    let (trust, proof) = (network.trust(), network.status(&keys));
    let file = proof.to_file();
    let view = StatusProof::from_file(&file, &trust).unwrap().verify(&trust).unwrap();
    let Shown::Present(record) = view.show::<DocumentRecord>(&keys[0]).unwrap() else { panic!("absent") };
    assert_eq!((record.status(), record.history.len()), (DocumentStatus::Suspended, 2));
    assert_eq!(view.show::<DocumentRecord>(&keys[1]).unwrap(), Shown::Absent);
    assert_eq!(view.show::<DocumentRecord>(&RecordKey::Document(DocumentId([9; 32]))).unwrap(), Shown::NotCovered);
    assert!(file.len() < 6 * 1024, "{} bytes", file.len());
    for bit in 0..file.len() * 8 {
        let mut bytes = file.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        let Ok(view) = StatusProof::from_file(&bytes, &trust).and_then(|p| p.verify(&trust)) else { continue };
        // One leaf shows every key absent that the search would lead to it: another true statement, never a false one.
        for key in view.keys().filter(|k| !keys.contains(k)) {
            assert!(!network.records.0.contains_key(&key.state_key()), "bit {bit}: {key:?} is there");
            assert_eq!(view.show::<DocumentRecord>(key).unwrap(), Shown::Absent);
        }
        assert!(!view.keys().any(|k| *k == keys[1]), "bit {bit} of byte {} does not matter", bit / 8);
    }
}

#[test]
fn records_cannot_be_hidden_swapped_or_mixed() {
    let mut network = with_certificates(2);
    let trust = network.trust();
    let document = DocumentId::of(&org("cn-ccpit"), &fingerprint("0"));
    let old = network.status(&[RecordKey::Document(document)]);
    network.record(vec![network.change("cn-ccpit", document, 1, DocumentStatus::Revoked)]);
    let new = network.status(&[RecordKey::Document(document)]);
    old.verify(&trust).unwrap();
    new.verify(&trust).unwrap();
    // The active record of yesterday under today's head.
    let mixed = StatusProof { items: old.items.clone(), ..new.clone() };
    assert!(matches!(mixed.verify(&trust), Err(StatusDefect::Proof { .. })));
    let mut older_record = new.clone();
    older_record.items[0].record.clone_from(&old.items[0].record);
    assert!(matches!(older_record.verify(&trust), Err(StatusDefect::OtherRecord { .. })));
    let mut hidden = new.clone();
    hidden.items[0].record = None;
    assert!(matches!(hidden.verify(&trust), Err(StatusDefect::OtherRecord { .. })));
    let absent = RecordKey::Document(DocumentId([9; 32]));
    let mut borrowed = new;
    borrowed.items[0].record = None;
    borrowed.items[0].proof = network.status(&[absent]).items[0].proof.clone();
    assert!(borrowed.verify(&trust).is_err(), "another key's absence");
}

#[test]
fn a_double_vote_names_the_key_and_one_vote_does_not() {
    let network = with_certificates(1);
    let origin = network.trust().origin();
    let key = secret("jp-customs", Purpose::Consensus);
    let head = network.blocks[0].0.header.head();
    let mut other = head;
    other.block.0[0] ^= 1;
    let vote = |round, head| Signature(key.sign(&head_text(&origin, Height(1), Round(round), head)).to_bytes());
    let both = DoubleVote {
        key: public(&key),
        height: Height(1),
        round: Round(0),
        first: (head, vote(0, &head)),
        second: (other, vote(0, &other)),
    };
    both.verify(&origin).unwrap();
    // Different rounds are no double vote: the text holds the round.
    let two_rounds = DoubleVote { second: (other, vote(1, &other)), ..both.clone() };
    assert!(matches!(two_rounds.verify(&origin), Err(EvidenceDefect::Signature(_))));
    let once = DoubleVote { second: (head, vote(0, &head)), ..both };
    assert_eq!(once.verify(&origin), Err(EvidenceDefect::NoContradiction));
}

/// If another signed message could be read as a checkpoint, a vote for nothing could seal a block.
#[test]
fn no_other_message_reads_as_a_checkpoint_or_cosignature() {
    let origin = Origin::of(&"eco.example/main".parse().unwrap(), &NetworkId([0xab; 32]));
    let header = with_certificates(1).blocks[0].0.header.clone();
    let text = eco_core::checkpoint::note_text(&origin, &header, Round(0));
    assert!(!text.contains(&0) && std::str::from_utf8(&text).unwrap().starts_with("eco.example/main/abababababababab\n"));
    for kind in MessageKind::ALL {
        let message = message(*kind, &NetworkId([0xab; 32]), &text);
        assert!(message.contains(&0) && message.starts_with(b"eco-notary/v1/") && !message.starts_with(b"cosignature/v1\n"));
    }
    // The engine's validator proof begins with "PoV" and a length, which holds zero bytes.
    let proof = [b"PoV".as_slice(), &32u32.to_be_bytes()].concat();
    assert!(proof.contains(&0));
}

#[test]
fn note_keys_are_those_of_the_c2sp_vector() {
    let mut key = [0u8; 32];
    use base64::Engine as _;
    let typed = base64::engine::general_purpose::STANDARD.decode("AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k").unwrap();
    key.copy_from_slice(&typed[1..]);
    let key = PublicKey::ed25519(key);
    assert_eq!(note_key_id("example.com/foo", &key), [0x53, 0x0d, 0x90, 0x3a]);
    assert_eq!(note_verifier_key("example.com/foo", &key), "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k");
}

/// Once the upper bound is met it stays met, so a verdict of a validator never turns from valid to invalid.
#[test]
fn time_bounds_depend_on_how_a_block_arrived() {
    let header = with_certificates(1).blocks[0].0.header.clone();
    let at = |ms: i64| Timestamp(header.time.0.checked_add_signed(ms).unwrap());
    let both = TimeBound::Both { precision_ms: 500, delay_ms: 2000 };
    let upper = TimeBound::Upper { precision_ms: 500 };
    header.check_time(at(0), both).unwrap();
    header.check_time(at(-500), both).unwrap();
    assert!(matches!(header.check_time(at(-501), both), Err(TimeDefect::Early { .. })));
    assert!(matches!(header.check_time(at(-3_600_000), upper), Err(TimeDefect::Early { .. })));
    header.check_time(at(2500), both).unwrap();
    assert!(matches!(header.check_time(at(2501), both), Err(TimeDefect::Late { .. })));
    header.check_time(at(30_000), upper).unwrap();
    header.check_time(at(-3_600_000), TimeBound::None).unwrap();
}

#[test]
fn a_receipt_of_another_network_says_so() {
    let network = with_certificates(1);
    let foreign = Network::new("eco.example/other", NetworkPurpose::Test);
    let defect = Receipt::from_file(&network.receipt(0).to_file(), &foreign.trust()).unwrap_err();
    assert!(matches!(defect, ReceiptDefect::OtherNetwork { .. }), "{defect}");
}
