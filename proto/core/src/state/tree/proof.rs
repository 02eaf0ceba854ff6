//! Proofs of presence and absence: their bytes and their verification.
//!
//! ```text
//! kind u8       0 empty map (ends here), 1 present, 2 another leaf
//! key 32        kind 2 only: the other leaf's key
//! value 32
//! n u8          <= 32
//! bitmap n      bit i set: the path has a node at bit i; its last byte is not 0
//! sibling 32    per set bit, from the root down
//! ```

use alloc::vec::Vec;

use super::rule::{bit_of, leaf_hash, node_hash};
use super::{StateKey, StateRoot, ValueHash};

/// Most nodes a path can have: one per bit of a key.
pub const PATH_MAX: usize = 256;

/// Longest proof in bytes: kind, key, value, n, 32 bytes of bitmap, 256 siblings.
pub const PROOF_BYTES_MAX: usize = 1 + 32 + 32 + 1 + 32 + 32 * PATH_MAX;

/// Longest bitmap in bytes.
const BITMAP_MAX: usize = 32;

/// Kind of a proof: the first byte.
const EMPTY: u8 = 0;
const PRESENT: u8 = 1;
const OTHER: u8 = 2;

/// What is wrong with a state proof.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProofDefect {
    /// It ends too early.
    #[error("state proof ends early: {needed} more bytes needed, {found} left")]
    Truncated {
        /// Bytes the next field takes.
        needed: usize,
        /// Bytes that are left.
        found: usize,
    },
    /// It goes on after its end.
    #[error("state proof has {found} bytes after its end, expected 0")]
    TrailingBytes {
        /// How many.
        found: usize,
    },
    /// Its first byte is no kind.
    #[error("state proof kind {found}, expected 0, 1 or 2")]
    UnknownKind {
        /// The byte.
        found: u8,
    },
    /// Its bitmap is longer than a key.
    #[error("state proof bitmap of {found} bytes, at most 32 expected")]
    BitmapTooLong {
        /// The length.
        found: u8,
    },
    /// Its bitmap could be shorter.
    #[error("state proof bitmap of {length} bytes ends in 0x00, expected a last byte with a bit set")]
    BitmapEndsInZero {
        /// The bitmap's length.
        length: u8,
    },
    /// It says that the map is empty, but the root says otherwise.
    #[error("state proof says that the map is empty, but the root is {root}")]
    MapNotEmpty {
        /// The root.
        root: StateRoot,
    },
    /// It shows "another leaf" that is the asked one.
    #[error("state proof of absence shows the asked key {key} itself, expected another one")]
    OtherKeyIsAsked {
        /// The key.
        key: StateKey,
    },
    /// A search for the asked key does not end at the leaf shown.
    #[error("state proof leads elsewhere: at bit {bit} the asked key {asked} and the leaf's key {found} differ")]
    WrongDirection {
        /// The node's bit.
        bit: u8,
        /// The asked key.
        asked: StateKey,
        /// The key of the leaf in the proof.
        found: StateKey,
    },
    /// It belongs to another map.
    #[error("state proof gives root {computed}, expected {expected}")]
    RootMismatch {
        /// The root to be shown.
        expected: StateRoot,
        /// The root that the proof gives.
        computed: StateRoot,
    },
}

impl From<ProofDefect> for borsh::io::Error {
    fn from(defect: ProofDefect) -> Self {
        Self::new(borsh::io::ErrorKind::InvalidData, alloc::format!("{defect}"))
    }
}

/// A node on the way from the root to a leaf.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// The bit at which the keys below the node part.
    pub bit: u8,
    /// Root of the half that the path does not enter.
    pub sibling: [u8; 32],
}

/// The nodes from the root to a leaf; their bits ascend strictly.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ProofPath {
    steps: Vec<Step>,
}

impl ProofPath {
    /// The caller's steps ascend strictly.
    pub(super) const fn from_ascending(steps: Vec<Step>) -> Self {
        Self { steps }
    }

    /// From the root down.
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    fn write(&self, out: &mut Vec<u8>) {
        let mut bitmap = [0u8; BITMAP_MAX];
        for step in &self.steps {
            if let Some(byte) = bitmap.get_mut(usize::from(step.bit >> 3)) {
                *byte |= 0x80 >> (step.bit & 7);
            }
        }
        let length = self.steps.last().map_or(0, |step| (step.bit >> 3) + 1);
        out.push(length);
        out.extend(bitmap.iter().take(usize::from(length)));
        self.steps.iter().for_each(|step| out.extend_from_slice(&step.sibling));
    }

    fn read<E: From<ProofDefect>>(fill: &mut impl FnMut(&mut [u8]) -> Result<(), E>) -> Result<Self, E> {
        let [length] = array(fill)?;
        let mut bitmap = StateKey([0; BITMAP_MAX]);
        let used = bitmap.0.get_mut(..usize::from(length)).ok_or(ProofDefect::BitmapTooLong { found: length })?;
        fill(used)?;
        if used.last() == Some(&0) {
            return Err(ProofDefect::BitmapEndsInZero { length }.into());
        }
        let mut steps = Vec::new();
        for bit in (0..=u8::MAX).filter(|bit| bit_of(&bitmap, *bit)) {
            steps.push(Step { bit, sibling: array(fill)? });
        }
        Ok(Self { steps })
    }
}

/// Shows that a key is in the map with a value hash, or that it is not in the map.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StateProof {
    /// The map has no keys, so not this one.
    Empty,
    /// The key is in the map.
    Present {
        /// Its value hash.
        value: ValueHash,
        /// From the root to its leaf.
        path: ProofPath,
    },
    /// A search for the key ends at another leaf, so the key is not in the map.
    Other {
        /// The other leaf's key.
        key: StateKey,
        /// The other leaf's value hash.
        value: ValueHash,
        /// From the root to the other leaf.
        path: ProofPath,
    },
}

impl StateProof {
    /// What the proof shows about `key` in the map with `root`: its value hash, or `None` if it is absent.
    ///
    /// # Errors
    /// It shows nothing about that key in that map.
    pub fn verify(&self, root: &StateRoot, key: &StateKey) -> Result<Option<ValueHash>, ProofDefect> {
        let (leaf, value, path) = match self {
            Self::Empty if *root == StateRoot::EMPTY => return Ok(None),
            Self::Empty => return Err(ProofDefect::MapNotEmpty { root: *root }),
            Self::Other { key: other, .. } if other == key => {
                return Err(ProofDefect::OtherKeyIsAsked { key: *key });
            }
            Self::Present { value, path } => (key, value, path),
            Self::Other { key: other, value, path } => (other, value, path),
        };
        let mut hash = leaf_hash(leaf, value);
        for Step { bit, sibling } in path.steps.iter().rev() {
            let side = bit_of(leaf, *bit);
            if side != bit_of(key, *bit) {
                return Err(ProofDefect::WrongDirection { bit: *bit, asked: *key, found: *leaf });
            }
            hash = if side { node_hash(*bit, sibling, &hash) } else { node_hash(*bit, &hash, sibling) };
        }
        if hash != root.0 {
            return Err(ProofDefect::RootMismatch { expected: *root, computed: StateRoot(hash) });
        }
        Ok((leaf == key).then_some(*value))
    }

    /// The proof's bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        match self {
            Self::Empty => out.push(EMPTY),
            Self::Present { value, path } => {
                out.push(PRESENT);
                out.extend_from_slice(&value.0);
                path.write(&mut out);
            }
            Self::Other { key, value, path } => {
                out.push(OTHER);
                out.extend_from_slice(&key.0);
                out.extend_from_slice(&value.0);
                path.write(&mut out);
            }
        }
        out
    }

    /// Reads exactly the bytes that `to_bytes` writes.
    ///
    /// # Errors
    /// Any other bytes; nothing is allocated beyond what they hold.
    pub fn from_bytes(mut bytes: &[u8]) -> Result<Self, ProofDefect> {
        let proof = Self::read(&mut |field: &mut [u8]| {
            let short = ProofDefect::Truncated { needed: field.len(), found: bytes.len() };
            let (head, rest) = bytes.split_at_checked(field.len()).ok_or(short)?;
            field.copy_from_slice(head);
            bytes = rest;
            Ok::<(), ProofDefect>(())
        })?;
        match bytes.len() {
            0 => Ok(proof),
            found => Err(ProofDefect::TrailingBytes { found }),
        }
    }

    fn read<E: From<ProofDefect>>(fill: &mut impl FnMut(&mut [u8]) -> Result<(), E>) -> Result<Self, E> {
        match array(fill)? {
            [EMPTY] => Ok(Self::Empty),
            [PRESENT] => Ok(Self::Present { value: ValueHash(array(fill)?), path: ProofPath::read(fill)? }),
            [OTHER] => Ok(Self::Other { key: StateKey(array(fill)?), value: ValueHash(array(fill)?), path: ProofPath::read(fill)? }),
            [found] => Err(ProofDefect::UnknownKind { found }.into()),
        }
    }
}

/// The next `N` bytes.
fn array<const N: usize, E>(fill: &mut impl FnMut(&mut [u8]) -> Result<(), E>) -> Result<[u8; N], E> {
    let mut field = [0; N];
    fill(&mut field)?;
    Ok(field)
}

// The bytes end themselves, so inside a larger Borsh value a proof is written as it is, without a length.
impl borsh::BorshSerialize for StateProof {
    fn serialize<W: borsh::io::Write>(&self, writer: &mut W) -> borsh::io::Result<()> {
        writer.write_all(&self.to_bytes())
    }
}

impl borsh::BorshDeserialize for StateProof {
    fn deserialize_reader<R: borsh::io::Read>(reader: &mut R) -> borsh::io::Result<Self> {
        Self::read(&mut |field: &mut [u8]| reader.read_exact(field))
    }
}
