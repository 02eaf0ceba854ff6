//! Everything a view gives out is checked here by eco-core's verifiers, for many sizes of the log.

use super::kit::{Kit, at, author_of, document, org};
use eco_core::codec::encode;
use eco_core::entry::SignedEntry;
use eco_core::log::{Bundle, Tile, bundles, leaf_hash, tiles, verify_consistency, verify_inclusion};
use eco_core::name::Height;
use eco_core::state::RecordKey;
use eco_core::state::record::value_hash;
use eco_core::state::tree::StateProof;

#[test]
fn every_entry_is_proven_under_its_own_header_and_under_the_head() {
    let (kit, dir) = (Kit::new(), tempfile::tempdir().unwrap());
    let ledger = kit.open(dir.path()).unwrap();
    // Uneven blocks, some empty, across several rows of nodes and a full tile.
    let (mut next, mut sizes) = (0u64, vec![0u64]);
    for n in 0..26u64 {
        let count = [1, 0, 17, 5, 31, 2][usize::try_from(n % 6).unwrap()];
        kit.block_of(&ledger, at(n), next..next + count);
        next += count;
        sizes.push(next);
    }
    let view = ledger.view().unwrap();
    let head = view.header().unwrap().clone();
    assert_eq!(head.tree_size, next);
    for index in 0..next {
        let own = view.receipt_parts(index).unwrap().unwrap();
        assert!(own.header.holds(index));
        assert_eq!(view.height_of_index(index).unwrap(), Some(own.header.height));
        own.seal.verify(&own.header, ledger.state().validators(), ledger.state().origin()).unwrap();
        let leaf = leaf_hash(&own.entry);
        verify_inclusion(&leaf, index, own.header.tree_size, &own.path, &own.header.log_root).unwrap();
        assert_eq!(own.clone().into_receipt().unwrap().entry.as_bytes(), own.entry);
        let late = view.inclusion(index).unwrap().unwrap();
        assert_eq!((&late.entry, &late.header), (&own.entry, &head));
        verify_inclusion(&leaf, index, head.tree_size, &late.path, &head.log_root).unwrap();
    }
    assert_eq!(view.receipt_parts(next).unwrap(), None);
    assert_eq!(view.inclusion(next).unwrap(), None);
    let root = |height: usize| match height {
        0 => eco_core::log::LogHash::EMPTY_ROOT,
        h => view.header_at(Height(h as u64)).unwrap().unwrap().log_root,
    };
    for old in 0..sizes.len() {
        for new in old..sizes.len() {
            let path = view.consistency(sizes[old], sizes[new]).unwrap().unwrap();
            verify_consistency(sizes[old], &root(old), sizes[new], &root(new), &path).unwrap();
        }
    }
    assert_eq!(view.consistency(3, 2).unwrap(), None);
    assert_eq!(view.consistency(3, next + 1).unwrap(), None);
}

#[test]
fn tiles_and_bundles_hold_the_log_exactly() {
    let (kit, dir) = (Kit::new(), tempfile::tempdir().unwrap());
    let ledger = kit.open(dir.path()).unwrap();
    for n in 0..9u64 {
        kit.block_of(&ledger, at(n), n * 61..(n + 1) * 61);
    }
    let view = ledger.view().unwrap();
    let size = view.tree_size();
    let mut leaves = Vec::new();
    for bundle in bundles(size) {
        let bytes = view.entry_bundle(&bundle).unwrap().unwrap();
        let mut rest = bytes.as_slice();
        while let Some((length, tail)) = rest.split_first_chunk::<2>() {
            let (entry, tail) = tail.split_at(usize::from(u16::from_be_bytes(*length)));
            SignedEntry::decode(entry).unwrap();
            leaves.push(leaf_hash(entry));
            rest = tail;
        }
    }
    assert_eq!(leaves.len() as u64, size);
    let mut frontier = eco_core::log::Frontier::new();
    let mut nodes = std::collections::BTreeMap::new();
    leaves.iter().for_each(|leaf| {
        frontier.push_with(*leaf, &mut |id, hash| {
            nodes.insert(id, hash);
        })
    });
    assert_eq!(frontier.root(), view.header().unwrap().log_root);
    for tile in tiles(size) {
        let expected: Vec<u8> = tile.nodes().flat_map(|id| nodes[&id].0).collect();
        assert_eq!(view.tile(&tile).unwrap(), Some(expected), "{tile:?}");
    }
    // Partial tiles of older sizes are served too; what the log does not have is not.
    let older = Tile::of_log(0, 0, 61).unwrap();
    assert_eq!(view.tile(&older).unwrap().unwrap().len(), 61 * 32);
    assert_eq!(view.tile(&Tile::of_log(0, 9, 9 * 256 + 1).unwrap()).unwrap(), None);
    assert_eq!(view.entry_bundle(&Bundle::of_log(9, 9 * 256 + 1).unwrap()).unwrap(), None);
    assert_eq!(view.entries(540, 100, usize::MAX).unwrap().len(), 9);
    assert_eq!(view.entries(10, 3, usize::MAX).unwrap().iter().map(|(index, _)| *index).collect::<Vec<_>>(), [10, 11, 12]);
    assert_eq!(view.entries(10, 3, 1).unwrap().len(), 1);
}

#[test]
fn records_are_proven_present_and_absent_under_the_head() {
    let (kit, dir) = (Kit::new(), tempfile::tempdir().unwrap());
    let ledger = kit.open(dir.path()).unwrap();
    kit.block_of(&ledger, at(1), 0..50);
    let view = ledger.view().unwrap();
    let root = view.header().unwrap().state_root;
    for number in 0..60 {
        let key = RecordKey::Document(document(author_of(number), number));
        let (record, proof) = view.prove(&key).unwrap();
        assert_eq!(record.is_some(), number < 50);
        let proven = proof.verify(&root, &key.state_key()).unwrap();
        assert_eq!(proven, record.as_deref().map(value_hash));
        assert_eq!(matches!(proof, StateProof::Present { .. }), number < 50);
    }
    let (organisation, _) = view.prove(&RecordKey::Organisation(org(2))).unwrap();
    assert_eq!(organisation.unwrap(), encode(ledger.state().registry().organisation(&org(2)).unwrap()));
}

#[test]
fn a_view_stays_at_its_block_while_others_are_committed() {
    let (kit, dir) = (Kit::new(), tempfile::tempdir().unwrap());
    let ledger = kit.open(dir.path()).unwrap();
    kit.block_of(&ledger, at(1), 0..4);
    let view = ledger.view().unwrap();
    let key = RecordKey::Usage(org(0));
    let (before, _) = view.prove(&key).unwrap();
    kit.block_of(&ledger, at(2), 4..12);
    let (still, proof) = view.prove(&key).unwrap();
    assert_eq!(still, before);
    assert_eq!(proof.verify(&view.header().unwrap().state_root, &key.state_key()).unwrap(), before.as_deref().map(value_hash));
    assert_ne!(ledger.record(&key).unwrap(), before);
    assert_eq!((view.tree_size(), view.entry(4).unwrap()), (4, None));
    assert_eq!(view.index_of(&kit.certificate(0, 4).id()).unwrap(), None);
    assert_eq!(view.header_at(Height(2)).unwrap(), None);
}

#[test]
fn readers_see_whole_blocks_while_one_writes() {
    let (kit, dir) = (Kit::new(), tempfile::tempdir().unwrap());
    let ledger = kit.open(dir.path()).unwrap();
    let done = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|threads| {
        for _ in 0..2 {
            threads.spawn(|| {
                let (mut views, mut last) = (0u32, 0);
                while !done.load(std::sync::atomic::Ordering::SeqCst) || views == 0 {
                    let view = ledger.view().unwrap();
                    let size = view.tree_size();
                    assert!(size >= last, "the log only grows");
                    last = size;
                    // A record that changes with every block is proven under the view's own root, or the read fails.
                    let (record, proof) = view.prove(&RecordKey::Usage(org(1))).unwrap();
                    if let Some(header) = view.header() {
                        let proven = proof.verify(&header.state_root, &RecordKey::Usage(org(1)).state_key()).unwrap();
                        assert_eq!(proven, record.as_deref().map(value_hash));
                    }
                    if size > 0 {
                        view.inclusion(size - 1).unwrap().unwrap();
                    }
                    views += 1;
                }
            });
        }
        for n in 0..60u64 {
            kit.block_of(&ledger, at(n), n * 4..n * 4 + 4);
        }
        done.store(true, std::sync::atomic::Ordering::SeqCst);
    });
}
