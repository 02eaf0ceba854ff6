//! The life of a block: proposed, judged, held, committed, read back, and found again after a restart.

use super::kit::{Kit, START, at, document};
use crate::{LedgerError, Rejected};
use eco_core::document::DocumentStatus;
use eco_core::header::Block;
use eco_core::name::{Height, Round};
use eco_core::state::record::DocumentRecord;
use eco_core::state::{BlockDefect, RecordKey};

#[test]
fn a_block_is_proposed_committed_and_read_back() {
    let (kit, dir) = (Kit::new(), tempfile::tempdir().unwrap());
    let ledger = kit.open(dir.path()).unwrap();
    let mut heights = ledger.subscribe();
    assert_eq!(ledger.tip().height, Height(0));
    let (block, seal) = kit.block_of(&ledger, at(1), 0..5);
    assert_eq!(block.entries.len(), 5);
    assert!(heights.has_changed().unwrap());
    assert_eq!(*heights.borrow_and_update(), Height(1));
    assert_eq!(ledger.block(Height(1)).unwrap(), Some((block.clone(), seal.clone())));
    assert_eq!(ledger.block(Height(2)).unwrap(), None);
    assert_eq!(ledger.header(Height(1)).unwrap(), Some(block.header.clone()));
    assert_eq!(ledger.seal(Height(1)).unwrap(), Some(seal));
    for (index, entry) in (0..).zip(&block.entries) {
        assert_eq!(ledger.entry(index).unwrap().as_deref(), Some(entry.as_bytes()));
        assert_eq!(ledger.index_of(&entry.id()).unwrap(), Some(index));
    }
    assert_eq!(ledger.entry(5).unwrap(), None);
    assert_eq!(ledger.pool_len(), 0);
    let record = ledger.record(&RecordKey::Document(document(0, 0))).unwrap().unwrap();
    let record: DocumentRecord = eco_core::codec::decode(&record).unwrap();
    assert_eq!(record.status(), DocumentStatus::Active);
    assert_eq!(ledger.record(&RecordKey::Document(document(0, 77))).unwrap(), None);
}

#[test]
fn an_empty_block_is_a_heartbeat_and_times_only_grow() {
    let (kit, dir) = (Kit::new(), tempfile::tempdir().unwrap());
    let ledger = kit.open(dir.path()).unwrap();
    let (first, _, _) = kit.step(&ledger, at(5)).unwrap();
    let (second, _, _) = kit.step(&ledger, at(5)).unwrap();
    let (third, _, _) = kit.step(&ledger, START).unwrap();
    assert!(first.entries.is_empty());
    assert_eq!(second.header.time, first.header.time.plus_ms(1));
    assert_eq!(third.header.time, first.header.time.plus_ms(2));
    assert_eq!(third.header.log_root, eco_core::log::LogHash::EMPTY_ROOT);
}

#[test]
fn a_restart_finds_the_same_head() {
    let (kit, dir) = (Kit::new(), tempfile::tempdir().unwrap());
    let ledger = kit.open(dir.path()).unwrap();
    for n in 0..12u64 {
        kit.block_of(&ledger, at(n), n * 7..n * 7 + n % 4);
    }
    let (tip, root, frontier) = (ledger.tip(), ledger.state().map().root(), ledger.state().frontier().clone());
    drop(ledger);
    let ledger = kit.open(dir.path()).unwrap();
    assert_eq!(ledger.tip(), tip);
    assert_eq!(ledger.state().map().root(), root);
    assert_eq!(ledger.state().frontier(), &frontier);
    kit.block_of(&ledger, at(20), 100..103);
    let seen = std::cell::RefCell::new(Vec::new());
    let found = ledger.fsck(|progress| seen.borrow_mut().push(progress.height)).unwrap();
    assert_eq!(found.blocks, 13);
    assert_eq!(found.header, ledger.tip().header);
    assert_eq!(seen.into_inner().len(), 26);
}

#[test]
fn a_peer_that_only_validates_and_commits_reaches_the_same_roots() {
    let kit = Kit::new();
    let (first_dir, second_dir) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (first, second) = (kit.open(first_dir.path()).unwrap(), kit.open(second_dir.path()).unwrap());
    for n in 0..6u64 {
        let (block, seal) = kit.block_of(&first, at(n), n * 10..n * 10 + 3);
        // Live for even heights, synced for odd ones: the same code either way.
        if n % 2 == 0 {
            second.validate(&block).unwrap();
            second.hold(Round(0), &block).unwrap();
        }
        second.commit(&block, &seal).unwrap();
    }
    assert_eq!(first.tip(), second.tip());
    assert_eq!(first.state().map().root(), second.state().map().root());
}

#[test]
fn a_committed_block_may_be_committed_again_but_not_another_one() {
    let (kit, dir) = (Kit::new(), tempfile::tempdir().unwrap());
    let ledger = kit.open(dir.path()).unwrap();
    let (block, seal) = kit.block_of(&ledger, at(1), 0..2);
    kit.block_of(&ledger, at(2), 2..3);
    let again = ledger.commit(&block, &seal).unwrap();
    assert_eq!((again.height, again.block, again.tree_size), (Height(1), block.header.id(), 2));
    let mut other = block.clone();
    other.header.time = other.header.time.plus_ms(1);
    let given = other.header.id();
    assert_eq!(ledger.commit(&other, &seal), Err(LedgerError::Fork { height: Height(1), committed: block.header.id(), given }));
    let mut ahead = block;
    ahead.header.height = Height(9);
    assert_eq!(ledger.commit(&ahead, &seal), Err(LedgerError::NotNext { expected: Height(3), found: Height(9) }));
    assert_eq!(ledger.failure(), None);
}

#[test]
fn a_block_is_committed_only_under_a_quorum() {
    let (kit, dir) = (Kit::new(), tempfile::tempdir().unwrap());
    let ledger = kit.open(dir.path()).unwrap();
    let block = ledger.propose(at(1), Round(0)).unwrap();
    for signers in 0..3 {
        let short = kit.seal_by(&block.header, Round(0), signers);
        assert!(matches!(ledger.commit(&block, &short), Err(LedgerError::Seal { height: Height(1), .. })), "{signers} signers");
    }
    let mut wrong = kit.seal_by(&block.header, Round(0), 4);
    wrong.round = Round(1);
    assert!(matches!(ledger.commit(&block, &wrong), Err(LedgerError::Seal { .. })));
    assert_eq!(ledger.tip().height, Height(0));
    ledger.commit(&block, &kit.seal_by(&block.header, Round(0), 3)).unwrap();
    assert_eq!(ledger.tip().height, Height(1));
}

#[test]
fn a_block_changed_in_any_field_is_refused() {
    let kit = Kit::new();
    let (first_dir, second_dir) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (first, second) = (kit.open(first_dir.path()).unwrap(), kit.open(second_dir.path()).unwrap());
    let (one, one_seal) = kit.block_of(&first, at(1), 0..3);
    second.commit(&one, &one_seal).unwrap();
    let (good, seal) = kit.block_of(&first, at(2), 3..6);
    type Mutation = Box<dyn Fn(&mut Block)>;
    let mutations: Vec<(&str, Mutation)> = vec![
        ("height", Box::new(|b| b.header.height = Height(3))),
        ("epoch", Box::new(|b| b.header.epoch.0 += 1)),
        ("time", Box::new(|b| b.header.time = at(1))),
        ("previous", Box::new(|b| b.header.previous.0[0] ^= 1)),
        ("seal hash", Box::new(|b| b.header.previous_seal.0[0] ^= 1)),
        ("first index", Box::new(|b| b.header.first_index -= 1)),
        ("tree size", Box::new(|b| b.header.tree_size += 1)),
        ("log root", Box::new(|b| b.header.log_root.0[3] ^= 1)),
        ("state root", Box::new(|b| b.header.state_root.0[3] ^= 1)),
        ("validators", Box::new(|b| b.header.validators.0[3] ^= 1)),
        ("next validators", Box::new(|b| b.header.next_validators.0[3] ^= 1)),
        ("no carried seal", Box::new(|b| b.carried_seal = None)),
        ("short carried seal", Box::new(|b| b.carried_seal.as_mut().unwrap().signatures.truncate(2))),
        ("entry left out", Box::new(|b| drop(b.entries.pop()))),
        ("entries in another order", Box::new(|b| b.entries.swap(0, 1))),
        ("entry twice", Box::new(|b| b.entries.push(b.entries[0].clone()))),
    ];
    for (what, mutate) in &mutations {
        let mut bad = good.clone();
        mutate(&mut bad);
        assert!(matches!(second.validate(&bad), Err(Rejected::Block(_))), "{what}: validated");
        assert!(second.commit(&bad, &seal).is_err(), "{what}: committed");
        // A good block in memory must not vouch for a bad one with the same header.
        second.validate(&good).unwrap();
        assert!(second.validate(&bad).is_err(), "{what}: validated after the good one");
        assert!(second.commit(&bad, &seal).is_err(), "{what}: committed after the good one");
    }
    assert_eq!(second.tip().height, Height(1));
    second.commit(&good, &seal).unwrap();
    assert_eq!(second.tip(), first.tip());
}

#[test]
fn a_block_with_a_forged_signature_is_refused() {
    let kit = Kit::new();
    let dir = tempfile::tempdir().unwrap();
    let ledger = kit.open(dir.path()).unwrap();
    let mut bytes = kit.certificate(0, 1).as_bytes().to_vec();
    *bytes.last_mut().unwrap() ^= 1;
    let forged = eco_core::entry::SignedEntry::decode(&bytes).unwrap();
    let mut block = ledger.propose(at(1), Round(0)).unwrap();
    block.entries.push(forged);
    assert!(matches!(ledger.validate(&block), Err(Rejected::Signature { place: 0, .. })));
}

#[test]
fn the_same_round_gives_the_same_block_also_after_a_restart() {
    let (kit, dir) = (Kit::new(), tempfile::tempdir().unwrap());
    let ledger = kit.open(dir.path()).unwrap();
    ledger.submit(kit.certificate(0, 1).as_bytes(), at(1)).unwrap();
    let block = ledger.propose(at(1), Round(0)).unwrap();
    ledger.submit(kit.certificate(1, 2).as_bytes(), at(2)).unwrap();
    assert_eq!(ledger.propose(at(3), Round(0)).unwrap(), block);
    let next_round = ledger.propose(at(3), Round(1)).unwrap();
    assert_eq!(next_round.entries.len(), 2);
    let image = super::kit::crash_image(dir.path());
    let restarted = kit.open(image.path()).unwrap();
    assert_eq!(restarted.propose(at(9), Round(0)).unwrap(), block);
    assert_eq!(restarted.propose(at(9), Round(1)).unwrap(), next_round);
    let ids: Vec<_> = restarted.held_at(Height(1)).unwrap().into_iter().map(|(round, b)| (round, b.header.id())).collect();
    assert_eq!(ids, [(Round(0), block.header.id()), (Round(1), next_round.header.id())]);
    assert_eq!(restarted.held(&block.header.id()).unwrap().as_deref(), Some(&block));
    restarted.commit(&next_round, &kit.seal_by(&next_round.header, Round(0), 4)).unwrap();
    assert_eq!(restarted.held_at(Height(1)).unwrap(), []);
    assert_eq!(restarted.held(&block.header.id()).unwrap(), None);
}

#[test]
fn only_blocks_of_the_next_height_are_held() {
    let (kit, dir) = (Kit::new(), tempfile::tempdir().unwrap());
    let ledger = kit.open(dir.path()).unwrap();
    let (block, _) = kit.block_of(&ledger, at(1), 0..1);
    assert_eq!(ledger.hold(Round(0), &block), Err(LedgerError::NotNext { expected: Height(2), found: Height(1) }));
}

#[test]
fn a_directory_of_another_network_is_refused() {
    let (kit, dir) = (Kit::new(), tempfile::tempdir().unwrap());
    drop(kit.open(dir.path()).unwrap());
    let mut other = Kit::new();
    other.genesis.time = at(1);
    let expected = LedgerError::OtherNetwork { stored: kit.genesis.network_id(), given: other.genesis.network_id() };
    assert_eq!(other.open(dir.path()).err(), Some(expected));
}

#[test]
fn two_handles_on_one_directory_are_refused() {
    let (kit, dir) = (Kit::new(), tempfile::tempdir().unwrap());
    let _first = kit.open(dir.path()).unwrap();
    assert!(matches!(kit.open(dir.path()), Err(LedgerError::Store { .. })));
}

#[test]
fn a_rejected_block_says_which_parent_it_misses() {
    let (kit, dir) = (Kit::new(), tempfile::tempdir().unwrap());
    let ledger = kit.open(dir.path()).unwrap();
    let (block, _) = kit.block_of(&ledger, at(1), 0..1);
    assert_eq!(ledger.validate(&block), Err(Rejected::Block(BlockDefect::Header { field: "height" })));
}
