//! Builds a state map from rows in ascending order, in one pass and with bounded extra memory.

use alloc::vec::Vec;

use super::rule::first_difference;
use super::{BUCKET_LEAVES_MAX, Leaf, StateKey, StateMap, Subtree, ValueHash};

/// A row out of order.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("rows of the state must ascend strictly by key: {found} came after {previous}")]
pub struct RowsDefect {
    /// The key before.
    pub previous: StateKey,
    /// The key that is not above it.
    pub found: StateKey,
}

/// A finished piece of the trie to the left of what is still to come.
enum Piece {
    /// The last so many of the builder's loose leaves, not yet hashed.
    Run(usize),
    /// A subtree.
    Tree(Subtree),
}

/// Takes rows one by one, so that a caller whose reads can fail need not collect them first.
#[derive(Default)]
pub struct StateMapBuilder {
    len: usize,
    last: Option<StateKey>,
    /// The leaves of all `Run`s, in order.
    loose: Vec<Leaf>,
    /// Each piece with the bit at which it parts from what follows; bits ascend, so there are at most 256.
    open: Vec<(Piece, u8)>,
    current: Option<Piece>,
}

impl StateMapBuilder {
    /// No rows yet.
    #[must_use]
    pub const fn new() -> Self {
        Self { len: 0, last: None, loose: Vec::new(), open: Vec::new(), current: None }
    }

    /// Adds a row.
    ///
    /// # Errors
    /// Its key is not above the one before; the builder is unchanged.
    pub fn push(&mut self, key: StateKey, value: ValueHash) -> Result<(), RowsDefect> {
        match self.last {
            Some(previous) if previous >= key => Err(RowsDefect { previous, found: key }),
            _ => {
                self.push_ascending(Leaf { key, value });
                Ok(())
            }
        }
    }

    /// Adds a leaf known to be above the one before.
    pub(super) fn push_ascending(&mut self, leaf: Leaf) {
        if let Some(bit) = self.last.and_then(|last| first_difference(&last, &leaf.key)) {
            self.close_below(Some(bit));
            self.open.extend(self.current.take().map(|piece| (piece, bit)));
        }
        self.last = Some(leaf.key);
        self.loose.push(leaf);
        self.current = Some(Piece::Run(1));
        self.len += 1;
    }

    /// The map of all rows.
    #[must_use]
    pub fn finish(mut self) -> StateMap {
        self.close_below(None);
        let top = self.current.take().map(|piece| self.close(piece));
        StateMap { top, len: self.len }
    }

    /// Joins to the current piece every open one that parts from it below `bit`.
    fn close_below(&mut self, bit: Option<u8>) {
        while let Some((left, at)) = self.open.pop_if(|(_, at)| bit.is_none_or(|bit| *at > bit)) {
            let Some(right) = self.current.take() else { return };
            self.current = Some(self.join(at, left, right));
        }
    }

    fn join(&mut self, bit: u8, left: Piece, right: Piece) -> Piece {
        match (left, right) {
            (Piece::Run(a), Piece::Run(b)) if a + b <= BUCKET_LEAVES_MAX => Piece::Run(a + b),
            (left, right) => {
                // The right one's leaves are the last: it must be closed first.
                let right = self.close(right);
                let left = self.close(left);
                Piece::Tree(Subtree::inner(bit, left, right))
            }
        }
    }

    fn close(&mut self, piece: Piece) -> Subtree {
        match piece {
            Piece::Tree(tree) => tree,
            Piece::Run(count) => {
                let start = self.loose.len().saturating_sub(count);
                let leaves = self.loose.split_off(start);
                Subtree::bucket(&leaves)
            }
        }
    }
}
