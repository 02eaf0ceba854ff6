//! The state tree against a literal reading of its rule, against forged proofs, and against its vectors.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, missing_docs)]

use std::collections::BTreeMap;

use eco_core::state::tree::{
    PATH_MAX, PROOF_BYTES_MAX, ProofDefect, StateKey, StateMap, StateMapBuilder, StateProof, StateRoot, Step, ValueHash,
};
use proptest::prelude::*;

type Rows = BTreeMap<StateKey, ValueHash>;
type Op = (StateKey, Option<ValueHash>);

// --- The rule, read literally: every bit is looked at.

fn bit(key: &StateKey, i: usize) -> bool {
    (key.0[i / 8] >> (7 - i % 8)) & 1 == 1
}

fn k(key: &[u8; 32], left: &[u8; 32], right: &[u8; 32]) -> [u8; 32] {
    *blake3::keyed_hash(key, &[*left, *right].concat()).as_bytes()
}

fn node_key(bit: usize) -> [u8; 32] {
    let mut key = *b"eco-notary/state-node/v1.......?";
    key[31] = u8::try_from(bit).unwrap();
    key
}

fn literal_root(rows: &[(StateKey, ValueHash)]) -> [u8; 32] {
    match rows {
        [] => [0; 32],
        [(key, value)] => k(b"eco-notary/state-leaf/v1........", &key.0, &value.0),
        _ => {
            let first = (0..256).find(|i| rows.iter().any(|(key, _)| bit(key, *i) != bit(&rows[0].0, *i))).unwrap();
            let (one, zero): (Vec<_>, Vec<_>) = rows.iter().partition(|(key, _)| bit(key, first));
            k(&node_key(first), &literal_root(&zero), &literal_root(&one))
        }
    }
}

fn literal(rows: &Rows) -> StateRoot {
    StateRoot(literal_root(&rows.iter().map(|(key, value)| (*key, *value)).collect::<Vec<_>>()))
}

// --- A verifier with faults that can be planted.

#[derive(Clone, Copy, Default)]
struct Planted {
    no_direction_check: bool,
    bit_not_hashed: bool,
}

/// What a verifier with the planted faults says: `None` refuses, `Some(None)` is absence.
fn planted(proof: &StateProof, root: [u8; 32], asked: &StateKey, faults: Planted) -> Option<Option<ValueHash>> {
    let (leaf, value, path) = match proof {
        StateProof::Empty => return (root == [0; 32]).then_some(None),
        StateProof::Present { value, path } => (asked, value, path),
        StateProof::Other { key, value, path } if key != asked => (key, value, path),
        StateProof::Other { .. } => return None,
    };
    let mut hash = k(b"eco-notary/state-leaf/v1........", &leaf.0, &value.0);
    for step in path.steps().iter().rev() {
        let at = usize::from(step.bit);
        if !faults.no_direction_check && bit(leaf, at) != bit(asked, at) {
            return None;
        }
        let key = node_key(if faults.bit_not_hashed { 0 } else { at });
        hash = if bit(leaf, at) { k(&key, &step.sibling, &hash) } else { k(&key, &hash, &step.sibling) };
    }
    (hash == root).then(|| (leaf == asked).then_some(*value))
}

// --- Keys and maps.

fn key_of(j: usize) -> StateKey {
    StateKey(*blake3::hash(format!("key-{j}").as_bytes()).as_bytes())
}

fn value_of(j: usize) -> ValueHash {
    ValueHash(*blake3::hash(format!("value-{j}").as_bytes()).as_bytes())
}

fn rows_of(count: usize) -> Rows {
    (0..count).map(|j| (key_of(j), value_of(j))).collect()
}

fn map_of(rows: &Rows) -> StateMap {
    StateMap::from_sorted(rows.iter().map(|(key, value)| (*key, *value))).unwrap()
}

fn single_bit(i: usize) -> StateKey {
    let mut key = [0; 32];
    key[i / 8] = 0x80 >> (i % 8);
    StateKey(key)
}

/// As absence: the same leaf and path.
fn as_other(proof: &StateProof, leaf: StateKey) -> StateProof {
    let StateProof::Present { value, path } = proof.clone() else { panic!("{leaf} is not present") };
    StateProof::Other { key: leaf, value, path }
}

/// Every key is shown with its value, and `absent` ones as absent, through the bytes and by both verifiers.
fn assert_proves(map: &StateMap, rows: &Rows, absent: &[StateKey]) {
    let root = map.root();
    for key in rows.keys().chain(absent) {
        let proof = map.prove(key);
        let bytes = proof.to_bytes();
        assert_eq!(StateProof::from_bytes(&bytes), Ok(proof.clone()));
        assert_eq!(proof.verify(&root, key), Ok(rows.get(key).copied()), "{key}");
        assert_eq!(planted(&proof, root.0, key, Planted::default()), Some(rows.get(key).copied()));
        assert_eq!(map.get(key), rows.get(key).copied());
    }
}

fn assert_is(map: &StateMap, rows: &Rows) {
    assert_eq!(map.root(), literal(rows));
    assert_eq!(map.len(), rows.len());
    assert_eq!(map.is_empty(), rows.is_empty());
    assert!(map.iter().eq(rows.iter().map(|(key, value)| (*key, *value))));
    assert_eq!(map_of(rows).root(), map.root());
}

// --- Properties.

/// Keys of all shapes, from a pool small enough that changes and deletes meet.
fn any_key() -> impl Strategy<Value = StateKey> {
    let short = prop::array::uniform2(0u8..4);
    prop_oneof![
        // random
        (0usize..60).prop_map(key_of),
        // one bit set, and none
        (0usize..256).prop_map(single_bit),
        Just(StateKey([0; 32])),
        // long common prefix: only the last bytes differ
        short.clone().prop_map(|tail| {
            let mut key = [0xa5; 32];
            key[30..].copy_from_slice(&tail);
            StateKey(key)
        }),
        // sparse: only two bytes in the middle are set
        short.prop_map(|middle| {
            let mut key = [0; 32];
            key[15..17].copy_from_slice(&middle);
            StateKey(key)
        }),
    ]
}

fn any_op() -> impl Strategy<Value = Op> {
    (any_key(), prop::option::weighted(0.7, (0usize..9).prop_map(value_of)))
}

fn batches() -> impl Strategy<Value = Vec<Vec<Op>>> {
    prop::collection::vec(prop::collection::vec(any_op(), 0..40), 1..6)
}

fn apply_to(rows: &mut Rows, ops: &[Op]) {
    for (key, value) in ops {
        match value {
            Some(value) => drop(rows.insert(*key, *value)),
            None => drop(rows.remove(key)),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn batches_give_the_root_of_the_rule(batches in batches(), absent in prop::collection::vec(any_key(), 20)) {
        let (mut rows, mut map, mut one_by_one) = (Rows::new(), StateMap::new(), StateMap::new());
        let mut versions = vec![(map.clone(), rows.clone())];
        for ops in &batches {
            apply_to(&mut rows, ops);
            map = map.update(ops.iter().copied());
            for op in ops {
                one_by_one = one_by_one.update([*op]);
            }
            assert_is(&map, &rows);
            assert_eq!(one_by_one.root(), map.root());
            versions.push((map.clone(), rows.clone()));
        }
        assert_proves(&map, &rows, &absent);
        // Old versions are as they were, also after the newer ones are gone.
        drop((map, one_by_one));
        for (map, rows) in &versions {
            assert_is(map, rows);
        }
    }

    #[test]
    fn order_does_not_matter(ops in prop::collection::btree_map(any_key(), prop::option::of(Just(value_of(1))), 0..50)) {
        let ops: Vec<Op> = ops.into_iter().collect();
        let forward = map_of(&rows_of(30)).update(ops.iter().copied());
        let backward = map_of(&rows_of(30)).update(ops.iter().rev().copied());
        prop_assert_eq!(forward.root(), backward.root());
        let (low, high) = ops.split_at(ops.len() / 2);
        let halves = map_of(&rows_of(30)).update(high.iter().copied()).update(low.iter().copied());
        prop_assert_eq!(forward.root(), halves.root());
    }

    #[test]
    fn what_is_read_is_written_back(bytes in prop::collection::vec(any::<u8>(), 0..200), kind in 0u8..4, n in 0u8..4) {
        let mut bytes = bytes;
        if let Some(first) = bytes.first_mut() { *first = kind; }
        let at = if kind == 2 { 65 } else { 33 };
        if let Some(length) = bytes.get_mut(at) { *length = n; }
        // Cut to the length that the bitmap asks for, so that some are well-formed.
        let end = bytes.get(at + 1..at + 1 + usize::from(n)).map(|bitmap| {
            at + 1 + usize::from(n) + 32 * bitmap.iter().map(|byte| byte.count_ones() as usize).sum::<usize>()
        });
        if let Some(end) = end { bytes.resize(end, 7); }
        if let Ok(proof) = StateProof::from_bytes(&bytes) {
            prop_assert_eq!(proof.to_bytes(), bytes);
        }
    }

    #[test]
    fn altered_proofs_are_refused(count in 1usize..60, index in 0usize..90, at in any::<prop::sample::Index>(), flip in 1u8..) {
        let map = map_of(&rows_of(count));
        let (root, key) = (map.root(), key_of(index));
        let mut bytes = map.prove(&key).to_bytes();
        let at = at.index(bytes.len());
        bytes[at] ^= flip;
        prop_assert!(StateProof::from_bytes(&bytes).and_then(|proof| proof.verify(&root, &key)).is_err());
    }
}

// --- Shapes.

#[test]
fn small_sets_are_exhausted() {
    // Every subset of 12 keys of all shapes; the limit of a run of leaves lies within.
    let mut pool: Vec<StateKey> = (0..7).map(key_of).collect();
    pool.extend([StateKey([0; 32]), StateKey([0xff; 32]), single_bit(255), single_bit(254), single_bit(8)]);
    let full: Vec<Op> = pool.iter().map(|key| (*key, Some(value_of(7)))).collect();
    let all = StateMap::new().update(full);
    for mask in 0u32..1 << pool.len() {
        let chosen = |i: &usize| mask >> i & 1 == 1;
        let rows: Rows = (0..pool.len()).filter(chosen).map(|i| (pool[i], value_of(7))).collect();
        let absent: Vec<StateKey> = (0..pool.len()).filter(|i| !chosen(i)).map(|i| pool[i]).collect();
        let grown = StateMap::new().update(rows.iter().map(|(key, value)| (*key, Some(*value))));
        let shrunk = all.update(absent.iter().map(|key| (*key, None)));
        assert_is(&grown, &rows);
        assert_is(&shrunk, &rows);
        assert_proves(&shrunk, &rows, &absent);
        // No leaf's proof shows another key that is present as absent.
        for leaf in rows.keys() {
            let forged = as_other(&grown.prove(leaf), *leaf);
            for asked in rows.keys() {
                assert!(forged.verify(&grown.root(), asked).is_err(), "{leaf} shows {asked} absent");
            }
        }
    }
}

#[test]
fn a_path_of_256_nodes() {
    let mut rows: Rows = (0..256).map(|i| (single_bit(i), value_of(i))).collect();
    rows.insert(StateKey([0; 32]), value_of(256));
    let map = map_of(&rows);
    assert_is(&map, &rows);
    assert_is(&StateMap::new().update(rows.iter().rev().map(|(key, value)| (*key, Some(*value)))), &rows);
    let one_by_one = rows.iter().rev().fold(StateMap::new(), |map, (key, value)| map.update([(*key, Some(*value))]));
    assert_is(&one_by_one, &rows);
    let mut two = [0; 32];
    (two[0], two[31]) = (0x80, 1);
    assert_proves(&map, &rows, &[StateKey([0xff; 32]), StateKey(two)]);

    let proof = map.prove(&StateKey([0; 32]));
    assert_eq!(steps_of(&proof).len(), PATH_MAX);
    assert_eq!(proof.to_bytes().len(), PROOF_BYTES_MAX - 32);
    let forged = as_other(&proof, StateKey([0; 32])).to_bytes();
    assert_eq!(forged.len(), PROOF_BYTES_MAX);
    assert_eq!(PROOF_BYTES_MAX, 8290);
    assert!(StateProof::from_bytes(&forged).is_ok());
    // The deepest leaf gone, then its neighbour: the trie shrinks from below.
    let shrunk = map.update([(StateKey([0; 32]), None), (single_bit(255), None)]);
    rows.retain(|key, _| *key != StateKey([0; 32]) && *key != single_bit(255));
    assert_is(&shrunk, &rows);
}

#[test]
fn a_large_map_by_every_way() {
    let rows = rows_of(20_000);
    let map = map_of(&rows);
    assert_eq!(map.root(), literal(&rows));
    let ops: Vec<Op> = rows.iter().map(|(key, value)| (*key, Some(*value))).collect();
    let grown = ops.chunks(777).fold(StateMap::new(), |map, ops| map.update(ops.iter().copied()));
    assert_eq!(grown.root(), map.root());
    let emptied = ops.chunks(501).fold(grown, |map, ops| map.update(ops.iter().map(|(key, _)| (*key, None))));
    assert_is(&emptied, &Rows::new());
    assert_eq!(map.len(), 20_000);
    let absent: Vec<StateKey> = (20_000..20_500).map(key_of).collect();
    assert_proves(&map, &(0..500).map(|j| (key_of(j), value_of(j))).collect(), &absent);
    let longest = rows.keys().chain(&absent).map(|key| map.prove(key).to_bytes().len()).max().unwrap();
    assert!(longest < 900, "{longest} bytes");
}

#[test]
fn the_last_of_equal_keys_counts() {
    let map = map_of(&rows_of(20));
    let (old, new) = (key_of(3), key_of(99));
    let ops =
        [(new, Some(value_of(1))), (old, None), (new, None), (old, Some(value_of(5))), (new, Some(value_of(2))), (old, Some(value_of(6)))];
    let after = map.update(ops);
    assert_eq!(after.get(&new), Some(value_of(2)));
    assert_eq!(after.get(&old), Some(value_of(6)));
    assert_eq!(after.len(), 21);
    let undone = after.update([(new, Some(value_of(3))), (new, None), (old, Some(value_of(3)))]);
    assert_eq!(undone.root(), map.root());
    assert_is(&StateMap::new().update([(old, None), (new, Some(value_of(1))), (new, None)]), &Rows::new());
    assert_eq!(map.update([]).root(), map.root());
}

#[test]
fn rows_out_of_order_are_refused() {
    let mut builder = StateMapBuilder::new();
    let (low, high) = (single_bit(9), single_bit(3));
    builder.push(high, value_of(0)).unwrap();
    for found in [high, low] {
        let defect = builder.push(found, value_of(0)).unwrap_err();
        assert_eq!((defect.previous, defect.found), (high, found));
    }
    assert_eq!(builder.finish().root(), literal(&Rows::from([(high, value_of(0))])));
    assert!(StateMap::from_sorted([(high, value_of(0)), (low, value_of(0))]).is_err());
    assert_eq!(StateMap::from_sorted([]).unwrap().root(), StateRoot::EMPTY);
}

#[test]
fn a_map_is_shared_between_threads() {
    const fn shared<T: Send + Sync + Clone + 'static>() {}
    shared::<StateMap>();
    let map = map_of(&rows_of(1000));
    let reader = map.clone();
    let prover =
        std::thread::spawn(move || (0..1000).all(|j| reader.prove(&key_of(j)).verify(&reader.root(), &key_of(j)) == Ok(Some(value_of(j)))));
    let newer = (0..50).fold(map, |map, j| map.update([(key_of(j), None), (key_of(2000 + j), Some(value_of(j)))]));
    assert!(prover.join().unwrap());
    assert_eq!(newer.len(), 1000);
}

// --- Forgeries.

#[test]
fn foreign_and_cut_proofs_are_refused() {
    let (map, newer) = (map_of(&rows_of(40)), map_of(&rows_of(41)));
    for index in [0, 7, 39, 60, 61] {
        let key = key_of(index);
        let proof = map.prove(&key);
        let bytes = proof.to_bytes();
        for end in 0..bytes.len() {
            assert!(matches!(StateProof::from_bytes(&bytes[..end]), Err(ProofDefect::Truncated { .. })));
        }
        for extra in [1, 32] {
            let longer = [bytes.clone(), vec![0; extra]].concat();
            assert_eq!(StateProof::from_bytes(&longer), Err(ProofDefect::TrailingBytes { found: extra }));
        }
        assert!(matches!(proof.verify(&newer.root(), &key), Err(ProofDefect::RootMismatch { .. })));
        assert!(proof.verify(&StateRoot::EMPTY, &key).is_err());
        for foreign in (0..70).filter(|j| *j != index).map(key_of) {
            // Absence by the same leaf is the only thing that one proof may show about two keys.
            let said = proof.verify(&map.root(), &foreign);
            assert!(said.is_err() || (said == Ok(None) && map.get(&foreign).is_none()));
        }
        // Every pair of neighbouring siblings swapped.
        let siblings = bytes.len() - 32 * steps_of(&proof).len();
        for pair in 1..steps_of(&proof).len() {
            let mut swapped = bytes.clone();
            let (left, right) = swapped[siblings + 32 * (pair - 1)..siblings + 32 * (pair + 1)].split_at_mut(32);
            left.swap_with_slice(right);
            assert!(StateProof::from_bytes(&swapped).unwrap().verify(&map.root(), &key).is_err());
        }
    }
    assert_eq!(StateProof::Empty.verify(&map.root(), &key_of(0)), Err(ProofDefect::MapNotEmpty { root: map.root() }));
}

fn steps_of(proof: &StateProof) -> &[Step] {
    match proof {
        StateProof::Empty => &[],
        StateProof::Present { path, .. } | StateProof::Other { path, .. } => path.steps(),
    }
}

/// The proof with the node at `from` moved to bit `to`, by its bytes.
fn with_node_moved(proof: &StateProof, from: usize, to: usize) -> StateProof {
    let bytes = proof.to_bytes();
    let at = if bytes[0] == 2 { 65 } else { 33 };
    let length = usize::from(bytes[at]);
    let mut bitmap = [0; 32];
    bitmap[..length].copy_from_slice(&bytes[at + 1..at + 1 + length]);
    bitmap[from / 8] &= !(0x80 >> (from % 8));
    bitmap[to / 8] |= 0x80 >> (to % 8);
    let length = bitmap.iter().rposition(|byte| *byte != 0).unwrap() + 1;
    let siblings = &bytes[at + 1 + usize::from(bytes[at])..];
    let moved = [&bytes[..at], &[u8::try_from(length).unwrap()], &bitmap[..length], siblings].concat();
    StateProof::from_bytes(&moved).unwrap()
}

/// Control: without the direction check, any leaf would show any other key absent.
#[test]
fn planted_fault_no_direction_check_accepts_a_forgery_that_is_refused() {
    let map = map_of(&rows_of(50));
    let faulty = Planted { no_direction_check: true, ..Planted::default() };
    for (leaf, asked) in [(0, 1), (1, 0), (12, 49)].map(|(a, b)| (key_of(a), key_of(b))) {
        let forged = as_other(&map.prove(&leaf), leaf);
        assert_eq!(planted(&forged, map.root().0, &asked, faulty), Some(None), "the planted fault shows nothing");
        let defect = forged.verify(&map.root(), &asked).unwrap_err();
        let ProofDefect::WrongDirection { bit: at, asked: a, found } = defect else { panic!("{defect}") };
        assert_eq!((a, found), (asked, leaf));
        assert_ne!(bit(&asked, at.into()), bit(&leaf, at.into()));
    }
}

/// Control: were the bit not hashed, a prover would move the node to a bit in which the two keys agree.
#[test]
fn planted_fault_bit_not_hashed_accepts_a_forgery_that_is_refused() {
    let faulty = Planted { bit_not_hashed: true, ..Planted::default() };
    for (leaf, asked) in [(0, 1), (1, 0), (3, 4)].map(|(a, b)| (key_of(a), key_of(b))) {
        let rows = Rows::from([(leaf, value_of(0)), (asked, value_of(1))]);
        let map = map_of(&rows);
        let parts = (0..256).find(|i| bit(&leaf, *i) != bit(&asked, *i)).unwrap();
        let agree = (0..256).find(|i| bit(&leaf, *i) == bit(&asked, *i) && bit(&leaf, *i) == bit(&leaf, parts)).unwrap();
        let forged = with_node_moved(&as_other(&map.prove(&leaf), leaf), parts, agree);

        // The same two leaves under a rule that does not hash the bit: the forgery gives that rule's very root.
        let leaf_root = |key: &StateKey| literal_root(&[(*key, rows[key])]);
        let (zero, one) = if bit(&leaf, parts) { (asked, leaf) } else { (leaf, asked) };
        let faulty_root = k(&node_key(0), &leaf_root(&zero), &leaf_root(&one));
        assert_eq!(planted(&forged, faulty_root, &asked, faulty), Some(None), "the planted fault shows nothing");

        assert!(matches!(forged.verify(&map.root(), &asked), Err(ProofDefect::RootMismatch { .. })));
        assert!(matches!(forged.verify(&StateRoot(faulty_root), &asked), Err(ProofDefect::RootMismatch { .. })));
    }
}

#[test]
fn no_node_can_be_moved_to_another_bit() {
    let map = map_of(&rows_of(30));
    for key in [key_of(0), key_of(29), key_of(70)] {
        let proof = map.prove(&key);
        let bits: Vec<usize> = steps_of(&proof).iter().map(|step| usize::from(step.bit)).collect();
        for from in bits.iter().copied() {
            for to in (0..256).filter(|to| !bits.contains(to)) {
                assert!(with_node_moved(&proof, from, to).verify(&map.root(), &key).is_err(), "{from} to {to}");
            }
        }
    }
}

#[test]
fn a_proof_lies_in_borsh_as_it_is() {
    let map = map_of(&rows_of(30));
    let proofs: Vec<StateProof> = (0..60).map(|j| map.prove(&key_of(j))).chain([StateProof::Empty]).collect();
    let bytes = borsh::to_vec(&proofs).unwrap();
    assert_eq!(bytes.len(), 4 + proofs.iter().map(|proof| proof.to_bytes().len()).sum::<usize>());
    assert_eq!(borsh::from_slice::<Vec<StateProof>>(&bytes).unwrap(), proofs);
    assert!(borsh::from_slice::<Vec<StateProof>>(&bytes[..bytes.len() - 1]).is_err());
    assert!(borsh::from_slice::<StateProof>(&[3]).unwrap_err().to_string().contains("kind 3"));
}

// --- Vectors.

/// A defect's name in the vectors: `TrailingBytes { .. }` is `trailing-bytes`.
fn name(defect: &ProofDefect) -> String {
    let variant = format!("{defect:?}");
    let letters = variant.chars().take_while(char::is_ascii_alphabetic);
    letters.flat_map(|c| c.is_ascii_uppercase().then_some('-').into_iter().chain([c.to_ascii_lowercase()])).skip(1).collect()
}

#[test]
fn the_vectors_hold() {
    let (mut positive, mut negative) = (0, std::collections::BTreeSet::new());
    let lines = include_str!("../vectors/state-tree.txt").lines();
    for line in lines.filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (fields, expect) = line.split_once(" expect: ").map_or((line, None), |(fields, defect)| (fields, Some(defect)));
        // An empty proof is an empty last field.
        let [count, root, index, key, proof] = fields.split(' ').collect::<Vec<_>>()[..] else { panic!("{line}") };
        let (count, index): (usize, usize) = (count.parse().unwrap(), index.parse().unwrap());
        let (root, key): (StateRoot, StateKey) = (root.parse().unwrap(), key.parse().unwrap());
        let bytes = hex::decode(proof).unwrap();
        assert_eq!(key, key_of(index), "{line}");
        let said = StateProof::from_bytes(&bytes).and_then(|proof| proof.verify(&root, &key));
        if let Some(expect) = expect {
            assert_eq!(said.as_ref().map_err(name), Err(expect.to_string()), "{line}");
            negative.insert(expect);
        } else {
            let map = map_of(&rows_of(count));
            assert_eq!(map.root(), root, "{line}");
            assert_eq!(map.prove(&key).to_bytes(), bytes, "{line}");
            assert_eq!(said, Ok((index < count).then(|| value_of(index))), "{line}");
            positive += 1;
        }
    }
    assert_eq!(positive, 36);
    assert_eq!(negative.len(), 9, "every defect has a vector: {negative:?}");
}
