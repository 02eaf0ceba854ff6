//! The engine's vocabulary, in our types: what is proposed, what is voted on, who votes.
//!
//! The engine's value is the head of a block (72 bytes), never the block itself: votes, WAL and
//! certificates carry the head only, and block bytes travel as proposal parts (`parts.rs`).
//! What of these types is signed, and how, is in `scheme.rs`; their wire form is in `codec.rs`.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use eco_core::checkpoint::ProposedHead;
use malachite::app::types::core as engine;
use malachite::app::types::core::{NilOrVal, Round, VoteType};

use crate::scheme::{Ed25519, Key, VoteSignature};

/// The engine's context. It holds nothing: what a height depends on is in its validator set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Notary;

/// A height of the chain of blocks. Genesis is height 0; the first block has height 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Height(pub u64);

impl fmt::Display for Height {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl engine::Height for Height {
    const ZERO: Self = Self(0);
    const INITIAL: Self = Self(1);

    fn increment_by(&self, n: u64) -> Self {
        Self(self.0.saturating_add(n))
    }

    fn decrement_by(&self, n: u64) -> Option<Self> {
        self.0.checked_sub(n).map(Self)
    }

    fn as_u64(&self) -> u64 {
        self.0
    }
}

/// Who votes: the consensus public key itself, so that a key is the voter.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Address(pub [u8; 32]);

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({self})")
    }
}

impl engine::Address for Address {}

/// What validators vote on: eco-core's head, as the engine's value and value id.
///
/// From it, height and round follow the bytes of the checkpoint that a precommit signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Head(pub ProposedHead);

impl fmt::Display for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.0.block, self.0.tree_size)
    }
}

impl engine::Value for Head {
    type Id = Self;

    fn id(&self) -> Self {
        *self
    }
}

/// A prevote or a precommit. Vote extensions are off and not represented.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Vote {
    /// Prevote or precommit.
    pub kind: VoteType,
    /// The height voted at.
    pub height: Height,
    /// The round voted in.
    pub round: Round,
    /// A head, or nil.
    pub value: NilOrVal<Head>,
    /// The voter.
    pub address: Address,
}

impl engine::Vote<Notary> for Vote {
    fn height(&self) -> Height {
        self.height
    }

    fn round(&self) -> Round {
        self.round
    }

    fn value(&self) -> &NilOrVal<Head> {
        &self.value
    }

    fn take_value(self) -> NilOrVal<Head> {
        self.value
    }

    fn vote_type(&self) -> VoteType {
        self.kind
    }

    fn validator_address(&self) -> &Address {
        &self.address
    }

    fn extension(&self) -> Option<&engine::SignedExtension<Notary>> {
        None
    }

    fn take_extension(&mut self) -> Option<engine::SignedExtension<Notary>> {
        None
    }

    fn extend(self, _extension: engine::SignedExtension<Notary>) -> Self {
        self
    }
}

/// The proposer's signed statement of which head it proposes in a round.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Proposal {
    /// The height proposed at.
    pub height: Height,
    /// The round proposed in.
    pub round: Round,
    /// The proposed head.
    pub value: Head,
    /// The round in which the value had a quorum of prevotes, if it is proposed again.
    pub pol_round: Round,
    /// The proposer.
    pub address: Address,
}

impl engine::Proposal<Notary> for Proposal {
    fn height(&self) -> Height {
        self.height
    }

    fn round(&self) -> Round {
        self.round
    }

    fn value(&self) -> &Head {
        &self.value
    }

    fn take_value(self) -> Head {
        self.value
    }

    fn pol_round(&self) -> Round {
        self.pol_round
    }

    fn validator_address(&self) -> &Address {
        &self.address
    }
}

/// The signed announcement of a block that follows in parts.
///
/// The engine does not sign parts, so without this signature anyone could make us reassemble.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PartInit {
    /// The height of the block.
    pub height: Height,
    /// The round in which the block was first proposed.
    pub round: u32,
    /// Who proposed it then.
    pub proposer: Address,
    /// The head that the block must turn out to have.
    pub head: Head,
    /// The number of bytes of the block.
    pub length: u32,
    /// The proposer's signature over all of the above.
    pub signature: VoteSignature,
}

/// One part of a proposed block. The end of the stream is the engine's own `Fin`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// Always the first part.
    Init(Box<PartInit>),
    /// A chunk of the block's canonical bytes.
    Data(Bytes),
}

impl engine::ProposalPart<Notary> for Part {
    fn is_first(&self) -> bool {
        matches!(self, Self::Init(_))
    }

    fn is_last(&self) -> bool {
        false // only the stream's `Fin` ends it
    }
}

/// A member of the set, as the engine sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Validator {
    /// Its address: the bytes of its key.
    pub address: Address,
    /// Its consensus key.
    pub key: Key,
    /// Its voting power.
    pub power: u64,
}

impl Validator {
    /// A validator with this key and power.
    #[must_use]
    pub(crate) fn new(key: Key, power: u64) -> Self {
        Self { address: Address(key.0), key, power }
    }
}

impl engine::Validator<Notary> for Validator {
    fn address(&self) -> &Address {
        &self.address
    }

    fn public_key(&self) -> &Key {
        &self.key
    }

    fn voting_power(&self) -> u64 {
        self.power
    }
}

/// The validators of one height, and which of them propose last at it (`demotion.rs`).
///
/// Never empty: the proposer of a round is always defined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ValidatorSet {
    /// Ascending by address, as in the set's canonical bytes.
    members: Arc<[Validator]>,
    /// Indexes into `members` in the order of proposing: those in good standing, then the demoted.
    order: Arc<[usize]>,
    /// How many of `order` are in good standing.
    standing: usize,
}

/// A validator set without a single member has no proposer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a validator set needs at least one member")]
pub(crate) struct EmptySet;

impl ValidatorSet {
    /// A set of these members, of whom the demoted propose last.
    ///
    /// # Errors
    /// If there is no member.
    pub(crate) fn new(mut members: Vec<Validator>, demoted: &[Address]) -> Result<Self, EmptySet> {
        if members.is_empty() {
            return Err(EmptySet);
        }
        members.sort_by_key(|member| member.address);
        let is_demoted = |index: &usize| members.get(*index).is_some_and(|member| demoted.contains(&member.address));
        let (last, mut order): (Vec<usize>, Vec<usize>) = (0..members.len()).partition(is_demoted);
        let standing = order.len();
        order.extend(last);
        Ok(Self { members: members.into(), order: order.into(), standing })
    }

    #[cfg(test)]
    /// The members, ascending by address.
    #[must_use]
    pub(crate) fn members(&self) -> &[Validator] {
        &self.members
    }

    /// The position of a member in the set's canonical order.
    #[must_use]
    pub(crate) fn index_of(&self, address: &Address) -> Option<usize> {
        self.members.binary_search_by_key(address, |member| member.address).ok()
    }

    /// Who proposes: a rotation by height and round over those in good standing, then the demoted.
    #[must_use]
    pub(crate) fn proposer(&self, height: Height, round: u32) -> &Validator {
        let count = self.order.len();
        let turn = round as usize % count; // count > 0: the set is never empty
        let (first, length, step) =
            if turn < self.standing { (0, self.standing, turn) } else { (self.standing, count - self.standing, turn - self.standing) };
        // The remainder of a division by a usize fits usize; `length` > 0 since `turn` fell into this part.
        let start = usize::try_from(height.0 % length as u64).unwrap_or(0);
        let place = first + (start + step) % length;
        #[expect(clippy::indexing_slicing, reason = "place < order.len(), and order holds indexes of members")]
        &self.members[self.order[place]]
    }
}

impl engine::ValidatorSet<Notary> for ValidatorSet {
    fn count(&self) -> usize {
        self.members.len()
    }

    fn total_voting_power(&self) -> u64 {
        self.members.iter().fold(0, |sum, member| sum.saturating_add(member.power))
    }

    fn get_by_address(&self, address: &Address) -> Option<&Validator> {
        self.index_of(address).and_then(|index| self.members.get(index))
    }

    fn get_by_index(&self, index: usize) -> Option<&Validator> {
        self.members.get(index)
    }
}

impl engine::Context for Notary {
    type Address = Address;
    type Height = Height;
    type ProposalPart = Part;
    type Proposal = Proposal;
    type Validator = Validator;
    type ValidatorSet = ValidatorSet;
    type Timeouts = engine::LinearTimeouts;
    type Value = Head;
    type Vote = Vote;
    type Extension = ();
    type SigningScheme = Ed25519;

    fn select_proposer<'a>(&self, set: &'a ValidatorSet, height: Height, round: Round) -> &'a Validator {
        set.proposer(height, round.as_u32().unwrap_or(0))
    }

    fn new_proposal(&self, height: Height, round: Round, value: Head, pol_round: Round, address: Address) -> Proposal {
        Proposal { height, round, value, pol_round, address }
    }

    fn new_prevote(&self, height: Height, round: Round, value: NilOrVal<Head>, address: Address) -> Vote {
        Vote { kind: VoteType::Prevote, height, round, value, address }
    }

    fn new_precommit(&self, height: Height, round: Round, value: NilOrVal<Head>, address: Address) -> Vote {
        Vote { kind: VoteType::Precommit, height, round, value, address }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(count: u8, demoted: &[u8]) -> ValidatorSet {
        let members = (0..count).map(|n| Validator::new(Key([n; 32]), 1)).collect();
        let demoted: Vec<_> = demoted.iter().map(|n| Address([*n; 32])).collect();
        ValidatorSet::new(members, &demoted).unwrap()
    }

    fn proposers(set: &ValidatorSet, height: u64, rounds: u32) -> Vec<u8> {
        (0..rounds).map(|round| set.proposer(Height(height), round).address.0[0]).collect()
    }

    /// Without rotation one dead node could hold up every height.
    #[test]
    fn the_proposer_rotates_by_height_and_round() {
        let set = set(4, &[]);
        assert_eq!(proposers(&set, 0, 5), [0, 1, 2, 3, 0]);
        assert_eq!(proposers(&set, 1, 5), [1, 2, 3, 0, 1]);
        assert_eq!(proposers(&set, u64::MAX, 4).len(), 4);
    }

    /// A demoted node proposes, but only once all others have had their turn.
    #[test]
    fn the_demoted_propose_last() {
        let set = set(4, &[2]);
        for height in 0..8 {
            let order = proposers(&set, height, 4);
            assert_eq!(order[3], 2, "height {height}: {order:?}");
            let mut all = order.clone();
            all.sort_unstable();
            assert_eq!(all, [0, 1, 2, 3], "every validator has a turn");
        }
    }

    #[test]
    fn with_everyone_demoted_the_rotation_is_the_plain_one() {
        let (all, none) = (set(3, &[0, 1, 2]), set(3, &[]));
        for height in 0..6 {
            assert_eq!(proposers(&all, height, 7), proposers(&none, height, 7));
        }
    }

    #[test]
    fn a_set_has_at_least_one_member() {
        assert_eq!(ValidatorSet::new(Vec::new(), &[]), Err(EmptySet));
    }

    #[test]
    fn members_are_in_canonical_order_whatever_order_they_came_in() {
        let members = [3u8, 1, 2].map(|n| Validator::new(Key([n; 32]), 1)).to_vec();
        let set = ValidatorSet::new(members, &[]).unwrap();
        let order: Vec<u8> = set.members().iter().map(|member| member.address.0[0]).collect();
        assert_eq!(order, [1, 2, 3]);
        assert_eq!(set.index_of(&Address([2; 32])), Some(1));
        assert_eq!(set.index_of(&Address([9; 32])), None);
    }
}
