//! The authenticated map of SPEC section 6: hashed keys to value hashes, one root, proofs of presence and absence.
//!
//! The rule (`rule.rs`) is the format. This map only computes it: a persistent crit-bit trie whose
//! nodes are shared between versions, so that a speculative block is a value and a reader never
//! waits. It knows nothing of records, blocks or storage.

mod build;
mod proof;
mod rule;

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use crate::hash::id32;

pub use build::{RowsDefect, StateMapBuilder};
pub use proof::{PATH_MAX, PROOF_BYTES_MAX, ProofDefect, ProofPath, StateProof, Step};

use rule::{bit_of, first_difference, node_hash, root_of_leaves, split_at_bit};

id32! {
    /// Where a record lies in the state: BLAKE3 `derive_key` of its kind over its canonical name.
    StateKey
}
id32! {
    /// The hash of a record's bytes.
    ValueHash
}
id32! {
    /// The root of a state map.
    StateRoot
}

impl StateRoot {
    /// The root of the map without keys: 32 zero bytes.
    pub const EMPTY: Self = Self([0; 32]);
}

/// A subtree of at most this many leaves is stored as one sorted run: 87 bytes a key, instead of 224 without runs.
/// More would save little memory and cost hashes in every update.
const BUCKET_LEAVES_MAX: usize = 10;

/// "Parts from no key of the map": one more than the last bit of a key.
const SAME_KEY: u16 = 256;

/// One row of the map.
#[derive(Clone, Copy)]
struct Leaf {
    key: StateKey,
    value: ValueHash,
}

/// A subtree and its hash. The hash lies beside the link, not behind it: hashing a node or proving a
/// path touches no sibling's memory.
#[derive(Clone)]
struct Subtree {
    hash: [u8; 32],
    node: Node,
}

/// Which of the two it is follows from the number of leaves alone, so equal sets are equal tries.
#[derive(Clone)]
enum Node {
    /// More than `BUCKET_LEAVES_MAX` leaves.
    Inner(Arc<Inner>),
    /// 1 to `BUCKET_LEAVES_MAX` leaves, ascending by key.
    Bucket(Arc<[Leaf]>),
}

/// `bit` is the first bit in which the keys below differ.
struct Inner {
    bit: u8,
    zero: Subtree,
    one: Subtree,
}

impl Subtree {
    /// `leaves` is not empty and ascends.
    fn bucket(leaves: &[Leaf]) -> Self {
        Self { hash: root_of_leaves(leaves), node: Node::Bucket(Arc::from(leaves)) }
    }

    /// Two subtrees that part at `bit`; what is left of them if one is gone.
    fn join(bit: u8, zero: Option<Self>, one: Option<Self>) -> Option<Self> {
        let (zero, one) = match (zero, one) {
            (Some(zero), Some(one)) => (zero, one),
            (rest, None) | (None, rest) => return rest,
        };
        if let (Node::Bucket(low), Node::Bucket(high)) = (&zero.node, &one.node)
            && low.len() + high.len() <= BUCKET_LEAVES_MAX
        {
            let leaves: Vec<Leaf> = low.iter().chain(high.iter()).copied().collect();
            let hash = node_hash(bit, &zero.hash, &one.hash);
            return Some(Self { hash, node: Node::Bucket(Arc::from(leaves)) });
        }
        Some(Self::inner(bit, zero, one))
    }

    /// Two subtrees that part at `bit` and together have more leaves than a bucket.
    fn inner(bit: u8, zero: Self, one: Self) -> Self {
        let hash = node_hash(bit, &zero.hash, &one.hash);
        Self { hash, node: Node::Inner(Arc::new(Inner { bit, zero, one })) }
    }
}

/// One change of an update, with the place where it meets the map.
struct Change {
    key: StateKey,
    value: Option<ValueHash>,
    /// First bit in which the key parts from every key of the map; `SAME_KEY` if it is in the map.
    parts_at: u16,
}

/// A set of rows key -> value hash with its root. A value: `update` gives another one.
#[derive(Clone, Default)]
pub struct StateMap {
    top: Option<Subtree>,
    len: usize,
}

impl fmt::Debug for StateMap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StateMap").field("len", &self.len).field("root", &self.root()).finish()
    }
}

impl StateMap {
    /// The map without keys.
    #[must_use]
    pub const fn new() -> Self {
        Self { top: None, len: 0 }
    }

    /// The map of rows that ascend strictly by key, in one pass: what a node does at start.
    ///
    /// # Errors
    /// A row whose key is not above the key before it.
    pub fn from_sorted(rows: impl IntoIterator<Item = (StateKey, ValueHash)>) -> Result<Self, RowsDefect> {
        let mut builder = StateMapBuilder::new();
        rows.into_iter().try_for_each(|(key, value)| builder.push(key, value))?;
        Ok(builder.finish())
    }

    /// Number of keys.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Whether there are no keys.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The root by the rule of SPEC section 6.
    #[must_use]
    pub fn root(&self) -> StateRoot {
        self.top.as_ref().map_or(StateRoot::EMPTY, |top| StateRoot(top.hash))
    }

    /// The value hash of a key.
    #[must_use]
    pub fn get(&self, key: &StateKey) -> Option<ValueHash> {
        let leaf = search(self.top.as_ref()?, key)?;
        (leaf.key == *key).then_some(leaf.value)
    }

    /// The map after `ops`: `Some` sets a key, `None` deletes it. Of several ops on one key the last
    /// counts. This map stays as it is. Every node above a change is hashed once.
    #[must_use]
    pub fn update(&self, ops: impl IntoIterator<Item = (StateKey, Option<ValueHash>)>) -> Self {
        let mut ops: Vec<(StateKey, Option<ValueHash>)> = ops.into_iter().collect();
        // The sort is stable, so the last of equal keys stays last.
        ops.sort_by_key(|(key, _)| *key);
        let mut last: Vec<(StateKey, Option<ValueHash>)> = Vec::with_capacity(ops.len());
        for op in ops {
            match last.last_mut() {
                Some(previous) if previous.0 == op.0 => *previous = op,
                _ => last.push(op),
            }
        }
        let Some(top) = &self.top else {
            let mut builder = StateMapBuilder::new();
            last.into_iter().filter_map(|(key, value)| Some(Leaf { key, value: value? })).for_each(|leaf| builder.push_ascending(leaf));
            return builder.finish();
        };
        let changes: Vec<Change> = last.into_iter().filter_map(|(key, value)| place(top, key, value)).collect();
        let inserted = changes.iter().filter(|c| c.parts_at != SAME_KEY).count();
        let deleted = changes.iter().filter(|c| c.value.is_none()).count();
        // A change deletes only what is in the map, so `deleted` <= `self.len`.
        Self { top: apply(top, &changes), len: self.len - deleted + inserted }
    }

    /// The proof that shows `key` present with its value hash, or absent.
    #[must_use]
    pub fn prove(&self, key: &StateKey) -> StateProof {
        let mut steps = Vec::new();
        let Some(mut at) = self.top.as_ref() else { return StateProof::Empty };
        let leaves = loop {
            match &at.node {
                Node::Inner(inner) => {
                    let (next, sibling) = if bit_of(key, inner.bit) { (&inner.one, &inner.zero) } else { (&inner.zero, &inner.one) };
                    steps.push(Step { bit: inner.bit, sibling: sibling.hash });
                    at = next;
                }
                Node::Bucket(leaves) => break leaves,
            }
        };
        let mut run: &[Leaf] = leaves;
        while let Some((bit, zero, one)) = split(run) {
            let (next, sibling) = if bit_of(key, bit) { (one, zero) } else { (zero, one) };
            steps.push(Step { bit, sibling: root_of_leaves(sibling) });
            run = next;
        }
        let path = ProofPath::from_ascending(steps);
        match run.first() {
            Some(leaf) if leaf.key == *key => StateProof::Present { value: leaf.value, path },
            Some(leaf) => StateProof::Other { key: leaf.key, value: leaf.value, path },
            // A bucket has a leaf.
            None => StateProof::Empty,
        }
    }

    /// All rows, ascending by key.
    pub fn iter(&self) -> impl Iterator<Item = (StateKey, ValueHash)> + '_ {
        let mut open: Vec<&Subtree> = self.top.iter().collect();
        core::iter::from_fn(move || {
            loop {
                match &open.pop()?.node {
                    Node::Inner(inner) => open.extend([&inner.one, &inner.zero]),
                    Node::Bucket(leaves) => return Some(&**leaves),
                }
            }
        })
        .flatten()
        .map(|leaf| (leaf.key, leaf.value))
    }
}

/// The bit at which a run of leaves parts, and its two halves; none for a single leaf.
fn split(leaves: &[Leaf]) -> Option<(u8, &[Leaf], &[Leaf])> {
    let bit = first_difference(&leaves.first()?.key, &leaves.last()?.key)?;
    let (zero, one) = split_at_bit(leaves, bit, |leaf| &leaf.key);
    Some((bit, zero, one))
}

/// The one leaf at which a search for `key` ends. It shares more leading bits with `key` than any other.
fn search<'a>(top: &'a Subtree, key: &StateKey) -> Option<&'a Leaf> {
    let mut at = top;
    let leaves = loop {
        match &at.node {
            Node::Inner(inner) => at = if bit_of(key, inner.bit) { &inner.one } else { &inner.zero },
            Node::Bucket(leaves) => break leaves,
        }
    };
    let mut run: &[Leaf] = leaves;
    while let Some((bit, zero, one)) = split(run) {
        run = if bit_of(key, bit) { one } else { zero };
    }
    run.first()
}

/// Where a change meets the map; none if it changes nothing.
fn place(top: &Subtree, key: StateKey, value: Option<ValueHash>) -> Option<Change> {
    let nearest = search(top, &key)?;
    let parts_at = first_difference(&nearest.key, &key).map_or(SAME_KEY, u16::from);
    let before = (parts_at == SAME_KEY).then_some(nearest.value);
    (before != value).then_some(Change { key, value, parts_at })
}

/// The subtree after `changes`, which ascend and all belong at or above it.
///
/// Every call inside has a greater bit than this one, so it goes at most 256 deep.
fn apply(tree: &Subtree, changes: &[Change]) -> Option<Subtree> {
    let Some(parts_at) = changes.iter().map(|change| change.parts_at).min() else {
        return Some(tree.clone());
    };
    let inner = match &tree.node {
        Node::Bucket(leaves) => return merge(leaves, changes),
        Node::Inner(inner) => inner,
    };
    match u8::try_from(parts_at) {
        // Some keys part from the whole subtree: a new node above it. Those on its other side are all new.
        Ok(bit) if bit < inner.bit => {
            let (zero, one) = split_at_bit(changes, bit, |change| &change.key);
            let zero_is_new = zero.first().is_some_and(|change| change.parts_at == parts_at);
            if zero_is_new {
                Subtree::join(bit, merge(&[], zero), apply(tree, one))
            } else {
                Subtree::join(bit, apply(tree, zero), merge(&[], one))
            }
        }
        _ => {
            let (zero, one) = split_at_bit(changes, inner.bit, |change| &change.key);
            Subtree::join(inner.bit, apply(&inner.zero, zero), apply(&inner.one, one))
        }
    }
}

/// The subtree of `leaves` after `changes`; both ascend.
fn merge(leaves: &[Leaf], changes: &[Change]) -> Option<Subtree> {
    let mut builder = StateMapBuilder::new();
    let mut old = leaves.iter().copied().peekable();
    for change in changes {
        while let Some(leaf) = old.next_if(|leaf| leaf.key < change.key) {
            builder.push_ascending(leaf);
        }
        old.next_if(|leaf| leaf.key == change.key);
        if let Some(value) = change.value {
            builder.push_ascending(Leaf { key: change.key, value });
        }
    }
    old.for_each(|leaf| builder.push_ascending(leaf));
    builder.finish().top
}
