//! The rule of SPEC section 6: the two hashes, and the order of bits.
//!
//! - root of no keys = 32 zero bytes
//! - root of one key = K(LEAF, key || value)
//! - else b = first bit in which the keys differ; root = K(NODE || b, root of the keys with bit b = 0 || root of the others)
//!
//! K is BLAKE3's keyed hash. Every input is 64 bytes: one compression.

use super::{Leaf, StateKey, ValueHash};

/// Key of the leaf hash.
const LEAF: &[u8; 32] = b"eco-notary/state-leaf/v1........";

/// Key of the node hash, but for its last byte: the bit. Were it not hashed, a prover could choose it
/// and show a present key absent.
const NODE: &[u8; 31] = b"eco-notary/state-node/v1.......";

/// Root of the one row `key -> value`.
pub(super) fn leaf_hash(key: &StateKey, value: &ValueHash) -> [u8; 32] {
    keyed(LEAF, &key.0, &value.0)
}

/// Root of two sets of keys that agree before `bit` and differ in it.
pub(super) fn node_hash(bit: u8, zero: &[u8; 32], one: &[u8; 32]) -> [u8; 32] {
    let mut key = [bit; 32];
    for (to, from) in key.iter_mut().zip(NODE) {
        *to = *from;
    }
    keyed(&key, zero, one)
}

/// Root of `leaves`, which ascend; zero bytes for none. At most 256 deep: each call inside has a greater bit.
pub(super) fn root_of_leaves(leaves: &[Leaf]) -> [u8; 32] {
    match (leaves, super::split(leaves)) {
        (_, Some((bit, zero, one))) => node_hash(bit, &root_of_leaves(zero), &root_of_leaves(one)),
        ([leaf, ..], None) => leaf_hash(&leaf.key, &leaf.value),
        ([], None) => [0; 32],
    }
}

fn keyed(key: &[u8; 32], left: &[u8; 32], right: &[u8; 32]) -> [u8; 32] {
    let mut input = [0; 64];
    let (to_left, to_right) = input.split_at_mut(32);
    to_left.copy_from_slice(left);
    to_right.copy_from_slice(right);
    *blake3::keyed_hash(key, &input).as_bytes()
}

/// Bit `i` of a key: byte i / 8, most significant bit first.
pub(super) fn bit_of(key: &StateKey, i: u8) -> bool {
    key.0.get(usize::from(i >> 3)).is_some_and(|byte| byte & (0x80 >> (i & 7)) != 0)
}

/// The first bit in which two keys differ; none if they are equal.
pub(super) fn first_difference(a: &StateKey, b: &StateKey) -> Option<u8> {
    (0u8..32)
        .zip(a.0.iter().zip(&b.0))
        // `at` < 32 and a byte that is not zero has at most 7 leading zeros: at most 255.
        .find_map(|(at, (x, y))| (x != y).then(|| (at << 3) | ((x ^ y).leading_zeros() as u8)))
}

/// Cuts an ascending run, whose keys agree before `bit`, into those with `bit` 0 and those with `bit` 1.
pub(super) fn split_at_bit<T>(run: &[T], bit: u8, key: impl Fn(&T) -> &StateKey) -> (&[T], &[T]) {
    // The partition point is never past the end.
    run.split_at(run.partition_point(|item| !bit_of(key(item), bit)))
}
