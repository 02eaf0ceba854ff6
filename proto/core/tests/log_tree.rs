//! The log tree against RFC 6962's own definitions, against forged proofs, and against its vectors.
#![allow(clippy::unit_arg, clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, missing_docs)]

use std::collections::{BTreeMap, BTreeSet};

use eco_core::log::{
    Bundle, Frontier, FrontierDefect, LOG_SIZE_MAX, LogHash, LogProofDefect, NodeId, ProveDefect, ReadNodes, Tile, TilePath, bundles,
    consistency_path, inclusion_path, leaf_hash, node_hash, root_of, tiles, verify_consistency, verify_inclusion,
};
use proptest::prelude::*;
use sha2::{Digest, Sha256};

// --- RFC 6962 sections 2.1, 2.1.1 and 2.1.2, as they are written.

fn sha(parts: &[&[u8]]) -> LogHash {
    LogHash(Sha256::digest(parts.concat()).into())
}

/// Greatest power of two below `n`.
fn k(n: usize) -> usize {
    n.next_power_of_two() / 2
}

fn mth(d: &[LogHash]) -> LogHash {
    match d {
        [] => sha(&[]),
        [leaf] => *leaf,
        _ => sha(&[&[1], &mth(&d[..k(d.len())]).0, &mth(&d[k(d.len())..]).0]),
    }
}

fn path(m: usize, d: &[LogHash]) -> Vec<LogHash> {
    let k = k(d.len());
    match d.len() {
        1 => vec![],
        _ if m < k => [path(m, &d[..k]), vec![mth(&d[k..])]].concat(),
        _ => [path(m - k, &d[k..]), vec![mth(&d[..k])]].concat(),
    }
}

fn subproof(m: usize, d: &[LogHash], whole: bool) -> Vec<LogHash> {
    let k = k(d.len());
    match m {
        _ if m == d.len() => {
            if whole {
                vec![]
            } else {
                vec![mth(d)]
            }
        }
        _ if m <= k => [subproof(m, &d[..k], whole), vec![mth(&d[k..])]].concat(),
        _ => [subproof(m - k, &d[k..], false), vec![mth(&d[..k])]].concat(),
    }
}

// --- A log that keeps what its frontier reports.

#[derive(Default)]
struct Log {
    leaves: Vec<LogHash>,
    frontier: Frontier,
    nodes: BTreeMap<NodeId, LogHash>,
}

impl ReadNodes for Log {
    type Error = NodeId;

    fn node(&self, id: NodeId) -> Result<LogHash, NodeId> {
        self.nodes.get(&id).copied().ok_or(id)
    }
}

fn entry(j: usize) -> LogHash {
    leaf_hash(format!("entry-{j}").as_bytes())
}

impl Log {
    fn push(&mut self, leaf: LogHash) {
        self.leaves.push(leaf);
        let nodes = &mut self.nodes;
        self.frontier.push_with(leaf, &mut |id, hash| assert_eq!(nodes.insert(id, hash), None, "{id:?} reported twice"));
    }

    fn of(size: usize) -> Self {
        let mut log = Self::default();
        (0..size).for_each(|j| log.push(entry(j)));
        log
    }
}

const SIZE: usize = 130;

#[test]
fn roots_and_complete_nodes_are_those_of_the_definition() {
    let mut log = Log::default();
    for size in 0..=SIZE {
        assert_eq!(log.frontier.size(), size as u64);
        assert_eq!(log.frontier.root(), mth(&log.leaves));
        assert_eq!(root_of(&log, size as u64), Ok(mth(&log.leaves)));
        assert_eq!(log.frontier.hashes().len(), size.count_ones() as usize);
        // Every complete subtree of every level, once, and nothing else.
        let complete: BTreeMap<NodeId, LogHash> = (0u8..8)
            .flat_map(|level| log.leaves.chunks_exact(1 << level).enumerate().map(move |(i, leaves)| (level, i, leaves)))
            .map(|(level, index, leaves)| (NodeId { level, index: index as u64 }, mth(leaves)))
            .collect();
        assert_eq!(log.nodes, complete);
        log.push(entry(size));
    }
    assert_eq!(Frontier::new().root(), LogHash::EMPTY_ROOT);
    assert_eq!(LogHash::EMPTY_ROOT, sha(&[]));
    assert_eq!(leaf_hash(b"x"), sha(&[&[0], b"x"]));
    assert_eq!(node_hash(&entry(0), &entry(1)), sha(&[&[1], &entry(0).0, &entry(1).0]));
}

#[test]
fn every_inclusion_of_every_small_log() {
    let log = Log::of(SIZE);
    for size in 1..=SIZE {
        let (leaves, root) = (&log.leaves[..size], mth(&log.leaves[..size]));
        for index in 0..size {
            let found = inclusion_path(&log, index as u64, size as u64).unwrap();
            assert_eq!(found, path(index, leaves));
            assert_eq!(verify_inclusion(&leaves[index], index as u64, size as u64, &found, &root), Ok(()));
        }
        let beyond = ProveDefect::IndexBeyondTree { index: size as u64, size: size as u64 };
        assert_eq!(inclusion_path(&log, size as u64, size as u64), Err(beyond));
    }
}

#[test]
fn every_consistency_of_every_small_log() {
    let log = Log::of(SIZE);
    let roots: Vec<LogHash> = (0..=SIZE).map(|size| mth(&log.leaves[..size])).collect();
    for new in 0..=SIZE {
        for old in 0..=new {
            let found = consistency_path(&log, old as u64, new as u64).unwrap();
            if old > 0 {
                assert_eq!(found, subproof(old, &log.leaves[..new], true));
            }
            assert_eq!(verify_consistency(old as u64, &roots[old], new as u64, &roots[new], &found), Ok(()));
        }
        let (old, new) = (new as u64 + 1, new as u64);
        assert_eq!(consistency_path(&log, old, new), Err(ProveDefect::SizesReversed { old, new }));
    }
}

/// Every way to spoil a path: cut, padded, altered, swapped.
fn spoiled(path: &[LogHash]) -> Vec<Vec<LogHash>> {
    let mut all: Vec<Vec<LogHash>> = (0..path.len()).map(|end| path[..end].to_vec()).collect();
    all.extend((1..path.len()).map(|start| path[start..].to_vec()));
    for pad in [LogHash([0; 32]), path.last().copied().unwrap_or(entry(0))] {
        all.push([path, &[pad]].concat());
        all.push([&[pad], path].concat());
    }
    for at in 0..path.len() {
        let mut altered = path.to_vec();
        altered[at].0[at % 32] ^= 1 << (at % 8);
        all.push(altered);
        let mut swapped = path.to_vec();
        swapped.swap(at, 0);
        all.push(swapped);
    }
    all.retain(|other| other != path);
    all
}

#[test]
fn spoiled_inclusion_is_refused() {
    let log = Log::of(40);
    for size in 1..=40 {
        let root = mth(&log.leaves[..size]);
        for index in 0..size {
            let good = path(index, &log.leaves[..size]);
            let refused = |leaf: &LogHash, index: usize, size: usize, path: &[LogHash], root: &LogHash| {
                assert!(verify_inclusion(leaf, index as u64, size as u64, path, root).is_err(), "{index} of {size}");
            };
            let leaf = &log.leaves[index];
            spoiled(&good).iter().for_each(|path| refused(leaf, index, size, path, &root));
            (0..=size).filter(|other| *other != index).for_each(|other| refused(leaf, other, size, &good, &root));
            (0..40).filter(|other| *other != index).for_each(|other| refused(&log.leaves[other], index, size, &good, &root));
            refused(leaf, index, size, &good, &mth(&log.leaves[..size - 1]));
            // A node as a leaf of the same log: the path from it on is too short, that of its leaf leads elsewhere.
            for up in 0..good.len() {
                let node = mth(&log.leaves[index & !1..(index | 1) + 1]);
                refused(&node, index, size, &good[up..], &root);
            }
        }
    }
}

/// An inclusion proof does not bind the size (a lone node may be taken for a pair): the checkpoint signs it
/// beside the root. With the other log's own root it must fail.
#[test]
fn a_proof_shows_nothing_in_a_log_of_another_size() {
    let log = Log::of(33);
    let roots: Vec<LogHash> = (0..=33).map(|size| mth(&log.leaves[..size])).collect();
    for (size, other) in (1..=33).flat_map(|size| (1..=33).map(move |other| (size, other))).filter(|(a, b)| a != b) {
        for index in 0..size.min(other) {
            let good = path(index, &log.leaves[..size]);
            let said = verify_inclusion(&log.leaves[index], index as u64, other as u64, &good, &roots[other]);
            assert!(said.is_err(), "{index} of {size} as of {other}");
        }
    }
}

#[test]
fn spoiled_consistency_is_refused() {
    let log = Log::of(34);
    let roots: Vec<LogHash> = (0..=34).map(|size| mth(&log.leaves[..size])).collect();
    for new in 1..=33 {
        for old in 1..=new {
            let good = consistency_path(&log, old as u64, new as u64).unwrap();
            let refused = |old: usize, old_root: &LogHash, new: usize, new_root: &LogHash, path: &[LogHash]| {
                assert!(verify_consistency(old as u64, old_root, new as u64, new_root, path).is_err(), "{old} to {new}");
            };
            spoiled(&good).iter().for_each(|path| refused(old, &roots[old], new, &roots[new], path));
            refused(old, &roots[old - 1], new, &roots[new], &good);
            refused(old, &roots[old], new, &roots[new + 1], &good);
            refused(old - 1, &roots[old], new, &roots[new], &good);
            refused(new + 1, &roots[old], new, &roots[new], &good);
            // A log with one leaf of the older part rewritten, with its own honest proof.
            let mut fork = log.leaves[..new].to_vec();
            fork[old / 2] = leaf_hash(b"fork");
            refused(old, &roots[old], new, &mth(&fork), &subproof(old, &fork, true));
        }
    }
}

#[test]
fn a_large_log() {
    const LARGE: usize = 100_000;
    let log = Log::of(LARGE);
    assert_eq!(log.frontier.root(), mth(&log.leaves));
    // As many nodes as there are full subtrees.
    assert_eq!(log.nodes.len(), (0..17).map(|level| LARGE >> level).sum::<usize>());
    let mut seed = 1u64;
    let mut below = |limit: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % limit
    };
    for _ in 0..2_000 {
        let new = 1 + below(LARGE as u64);
        let (old, index) = (below(new + 1), below(new));
        let (old_root, root) = (root_of(&log, old).unwrap(), root_of(&log, new).unwrap());
        let path = inclusion_path(&log, index, new).unwrap();
        assert_eq!(verify_inclusion(&entry(index as usize), index, new, &path, &root), Ok(()));
        assert!(path.len() <= 17);
        assert!(verify_inclusion(&entry(index as usize), (index + 1) % new, new, &path, &root).is_err() || new == 1);
        let path = consistency_path(&log, old, new).unwrap();
        assert_eq!(verify_consistency(old, &old_root, new, &root, &path), Ok(()));
    }
    assert_eq!(root_of(&log, LARGE as u64 + 1), Err(NodeId { level: 0, index: LARGE as u64 }));
    let missing = inclusion_path(&log, 0, LARGE as u64 + 1);
    assert_eq!(missing, Err(ProveDefect::Read(NodeId { level: 0, index: LARGE as u64 })));
}

#[test]
fn sizes_at_the_end_of_u64_are_only_refused() {
    let leaf = entry(0);
    for (index, size) in [(0, u64::MAX), (u64::MAX - 1, u64::MAX), (u64::MAX, u64::MAX), (1 << 63, u64::MAX)] {
        assert!(verify_inclusion(&leaf, index, size, &[], &leaf).is_err());
        assert!(verify_inclusion(&leaf, index, size, &[leaf; 64], &leaf).is_err());
        for count in 0..70 {
            assert!(verify_consistency(index, &leaf, size, &entry(1), &vec![leaf; count]).is_err());
        }
    }
}

#[test]
fn a_frontier_is_read_strictly() {
    let mut frontier = Frontier::new();
    for size in 0..70u64 {
        let bytes = borsh::to_vec(&frontier).unwrap();
        assert_eq!(bytes.len(), 12 + 32 * size.count_ones() as usize);
        let mut read: Frontier = borsh::from_slice(&bytes).unwrap();
        assert_eq!(read, frontier);
        read.extend([entry(1), entry(2)]);
        frontier.push(entry(1));
        assert_eq!(Frontier::from_parts(size + 1, frontier.hashes().to_vec()), Ok(frontier.clone()));
        let mut other = bytes;
        other[0] ^= 1;
        let said = borsh::from_slice::<Frontier>(&other).unwrap_err().to_string();
        assert!(said.contains("right edge"), "{said}");
    }
    let size = LOG_SIZE_MAX + 1;
    assert_eq!(Frontier::from_parts(size, vec![entry(0); 2]), Err(FrontierDefect::Size { size }));
    assert!(Frontier::from_parts(LOG_SIZE_MAX, vec![entry(0)]).is_ok());
}

// --- Tiles.

#[test]
fn tiles_hold_every_node_that_clients_ask_for() {
    let log = Log::of(70_000);
    // The example of the specification.
    let all: Vec<Tile> = tiles(70_000).collect();
    let count = |level, width| all.iter().filter(|tile| (tile.level(), tile.width()) == (level, width)).count();
    assert_eq!((count(0, 256), count(0, 112), count(1, 256), count(1, 17), count(2, 1)), (273, 1, 1, 1, 1));
    assert_eq!(all.len(), 277);
    // The n-th tile at level l holds MTH(D[(n * 256 + i) * 256^l : (n * 256 + i + 1) * 256^l]).
    for tile in &all {
        let span = 256usize.pow(tile.level().into());
        for (i, id) in tile.nodes().enumerate() {
            let at = (tile.index() as usize * 256 + i) * span;
            if tile.level() > 0 || tile.index() % 50 == 0 {
                assert_eq!(log.nodes[&id], mth(&log.leaves[at..at + span]));
            }
        }
        assert_eq!(tile.nodes().count(), usize::from(tile.width()));
        assert!(tile.is_in(70_000));
        let path = TilePath::Hashes(*tile);
        assert_eq!(path.to_string().parse(), Ok(path));
    }
    // The last node of the partial tile is there only from its size on.
    let last = Tile::of_log(0, 273, 70_000).unwrap();
    assert!(!last.is_in(69_999) && last.is_in(70_001));
    assert_eq!(Tile::of_log(0, 274, 70_000), None);
    assert_eq!(Tile::of_log(8, 0, u64::MAX), None);
    assert_eq!(Tile::of_log(7, 0, u64::MAX).unwrap().width(), 255);
    assert_eq!(tiles(256).map(|tile| (tile.level(), tile.width())).collect::<Vec<_>>(), [(0, 256), (1, 1)]);
    assert_eq!(tiles(0).count(), 0);

    let entries: Vec<u64> = bundles(70_000).flat_map(|bundle| bundle.entries()).collect();
    assert!(entries.into_iter().eq(0..70_000));
    assert_eq!(Bundle::of_log(273, 70_000).map(|bundle| (bundle.index(), bundle.width())), Some((273, 112)));
    assert_eq!(Bundle::of_log(274, 70_000), None);
    assert!(!Bundle::of_log(273, 70_000).unwrap().is_in(69_999));
}

proptest! {
    #[test]
    fn what_is_read_as_a_path_is_written_so(text in "tile/([0-9]{1,2}|entries)/(x?[0-9]{1,4}/){0,3}x?[0-9]{1,4}(\\.p/[0-9]{1,3})?") {
        if let Ok(path) = text.parse::<TilePath>() {
            prop_assert_eq!(path.to_string(), text);
        }
    }

    #[test]
    fn a_tile_of_any_log_has_a_path(level in 0u8..8, index in any::<u64>(), shift in 0u32..64, size in any::<u64>()) {
        if let Some(tile) = Tile::of_log(level, index >> shift, size) {
            let path = TilePath::Hashes(tile);
            prop_assert_eq!(path.to_string().parse(), Ok(path));
            prop_assert!(tile.nodes().all(|id| (id.index + 1).checked_mul(1 << id.level).is_some_and(|end| end <= size)));
        }
    }
}

// --- Vectors.

fn bytes(field: &str) -> Vec<u8> {
    hex::decode(field.trim_start_matches('-')).unwrap()
}

fn hashes(field: &str) -> Vec<LogHash> {
    bytes(field).chunks(32).map(|hash| LogHash(hash.try_into().unwrap())).collect()
}

/// A defect's name in the vectors: `PathLength { .. }` is `path-length`.
fn name(defect: &LogProofDefect) -> String {
    let variant = format!("{defect:?}");
    let letters = variant.chars().take_while(char::is_ascii_alphabetic);
    letters.flat_map(|c| c.is_ascii_uppercase().then_some('-').into_iter().chain([c.to_ascii_lowercase()])).skip(1).collect()
}

/// Full tiles and partial width per level, as the vectors write it.
fn geometry(size: u64) -> String {
    let levels = (0..8).take_while(|level| size >> (8 * level) > 0).map(|level| {
        let full = size.checked_shr(8 * (level + 1)).unwrap_or(0);
        let partial = Tile::of_log(level as u8, full, size).map_or(0, |tile| tile.width());
        assert!(full == 0 || Tile::of_log(level as u8, full - 1, size).unwrap().width() == 256);
        format!(" {full} {partial}")
    });
    levels.collect()
}

#[test]
fn the_vectors_hold() {
    let log = Log::of(1000);
    let ct = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];
    let ct: Vec<LogHash> = ct.iter().map(|data| leaf_hash(&bytes(data))).collect();
    let (mut seen, mut defects) = (BTreeMap::<&str, usize>::new(), BTreeSet::new());
    let lines = include_str!("../vectors/log-tree.txt").lines();
    for line in lines.filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (fields, expect) = line.split_once(" expect: ").map_or((line, None), |(fields, defect)| (fields, Some(defect)));
        let (kind, rest) = fields.split_once(' ').unwrap();
        let fields: Vec<&str> = rest.split(' ').collect();
        let number = |at: usize| fields[at].parse::<u64>().unwrap();
        let hash = |at: usize| fields[at].parse::<LogHash>().unwrap();
        *seen.entry(kind).or_default() += 1;
        let said = match kind {
            "leaf" => Ok(assert_eq!(leaf_hash(&bytes(fields[0])), hash(1), "{line}")),
            "root" => {
                let leaves = if fields[0] == "ct" { &ct } else { &log.leaves };
                let mut frontier = Frontier::new();
                frontier.extend(leaves.iter().take(number(1) as usize).copied());
                Ok(assert_eq!(frontier.root(), hash(2), "{line}"))
            }
            "inclusion" => {
                let path = hashes(fields[4]);
                if expect.is_none() && root_of(&log, number(1)) == Ok(hash(3)) {
                    assert_eq!(inclusion_path(&log, number(0), number(1)).unwrap(), path, "{line}");
                }
                verify_inclusion(&hash(2), number(0), number(1), &path, &hash(3))
            }
            "consistency" => {
                let path = hashes(fields[4]);
                if expect.is_none() {
                    assert_eq!(consistency_path(&log, number(0), number(1)).unwrap(), path, "{line}");
                }
                verify_consistency(number(0), &hash(2), number(1), &hash(3), &path)
            }
            "tiles" => Ok(assert_eq!(format!("{}{}", number(0), geometry(number(0))), rest, "{line}")),
            "tile-path" => {
                let (level, index, width) = match fields[3].parse::<TilePath>().unwrap() {
                    TilePath::Hashes(tile) => (tile.level().to_string(), tile.index(), tile.width()),
                    TilePath::Entries(bundle) => ("entries".to_string(), bundle.index(), bundle.width()),
                };
                Ok(assert_eq!(format!("{level} {index} {width} {}", fields[3]), rest))
            }
            "tile-path-refused" => {
                let defect = rest.parse::<TilePath>().unwrap_err();
                Ok(assert_eq!(defect.found, rest))
            }
            _ => panic!("{line}"),
        };
        assert_eq!(said.as_ref().map_err(name), expect.map_or(Ok(&()), |defect| Err(defect.to_string())), "{line}");
        defects.extend(expect);
    }
    assert_eq!(defects.len(), 5, "every defect has a vector: {defects:?}");
    assert_eq!(seen.len(), 7, "{seen:?}");
}
