//! Who proposes last, because heights had to wait for them.
//!
//! Only agreed rounds count, those of the seals that blocks carry: if the seal of height h has
//! round r > 0, the proposers of rounds 0..r at h are demoted from h + 2 on, for 16 heights, and
//! never more than f at a time. Missing votes count nothing: a proposer chooses which it carries.
//!
//! Who proposed at h depends on who was demoted then. So that a node that starts at any height
//! comes to the same list, everything is forgotten at the start of an era and of an epoch, and the
//! list is a fold over the blocks of the current era.

use crate::context::{Address, Height, Validator, ValidatorSet};
use crate::limits::DEMOTION_HEIGHTS;

/// Heights after which all demotions are forgotten: the most blocks that are read at start.
pub(crate) const ERA_HEIGHTS: u64 = 128;

/// What demotion reads of a committed block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BlockRounds {
    /// The block's height.
    pub height: u64,
    /// The round of the seal it carries, which is of the height before.
    pub carried_round: Option<u32>,
    /// Whether the next block has another validator set.
    pub epoch_ends: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Demotion {
    address: Address,
    from: u64,
    until: u64,
}

/// The demotions of the current era and epoch.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub(crate) struct Demotions {
    /// The lowest height whose seal counts.
    counted_from: u64,
    list: Vec<Demotion>,
}

/// The first height of the era that `height` is in.
#[must_use]
pub(crate) fn era_start(height: u64) -> u64 {
    height - height % ERA_HEIGHTS
}

impl Demotions {
    /// Nobody is demoted at `height`, the first of an era or epoch.
    #[must_use]
    pub(crate) fn starting_at(height: u64) -> Self {
        Self { counted_from: height, list: Vec::new() }
    }

    /// Counts a committed block. `members` is the set of the height whose seal it carries.
    pub(crate) fn count(&mut self, block: BlockRounds, members: &[Validator]) {
        let sealed = block.height.saturating_sub(1);
        if let Some(round) = block.carried_round.filter(|round| *round > 0 && sealed >= self.counted_from) {
            self.demote(sealed, round, members);
        }
        self.list.retain(|demotion| demotion.until > block.height);
        let next = block.height.saturating_add(1);
        if block.epoch_ends || era_start(next) == next {
            *self = Self::starting_at(next);
        }
    }

    /// Who is demoted at a height: at most `faulty` members, those demoted first.
    #[must_use]
    pub(crate) fn at(&self, height: u64, faulty: usize) -> Vec<Address> {
        let standing = self.list.iter().filter(|demotion| (demotion.from..demotion.until).contains(&height));
        standing.take(faulty).map(|demotion| demotion.address).collect()
    }

    fn demote(&mut self, sealed: u64, round: u32, members: &[Validator]) {
        let Ok(set) = ValidatorSet::new(members.to_vec(), &self.at(sealed, faulty(members.len()))) else { return };
        let (from, until) = (sealed.saturating_add(2), sealed.saturating_add(2 + DEMOTION_HEIGHTS));
        // Proposers repeat after as many rounds as there are members.
        let rounds = round.min(u32::try_from(members.len()).unwrap_or(u32::MAX));
        for round in 0..rounds {
            let address = set.proposer(Height(sealed), round).address;
            match self.list.iter_mut().find(|demotion| demotion.address == address) {
                Some(demotion) => demotion.until = until,
                None => self.list.push(Demotion { address, from, until }),
            }
        }
    }
}

/// How many of `members` may fail.
#[must_use]
pub(crate) fn faulty(members: usize) -> usize {
    members.saturating_sub(1) / 3
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scheme::Key;

    fn members(count: u8) -> Vec<Validator> {
        (0..count).map(|n| Validator::new(Key([n; 32]), 1)).collect()
    }

    fn set_at(demotions: &Demotions, height: u64, members: &[Validator]) -> ValidatorSet {
        ValidatorSet::new(members.to_vec(), &demotions.at(height, faulty(members.len()))).unwrap()
    }

    /// Plays heights with some validators dead: the round each height needs, and the final list.
    fn play(from: u64, to: u64, dead: impl Fn(u64, u8) -> bool, members: &[Validator]) -> (Vec<u32>, Demotions) {
        let mut demotions = Demotions::starting_at(era_start(from));
        let (mut rounds, mut carried) = (Vec::new(), None);
        for height in from..to {
            let set = set_at(&demotions, height, members);
            let round = (0..).find(|round| !dead(height, set.proposer(Height(height), *round).address.0[0])).unwrap();
            rounds.push(round);
            demotions.count(BlockRounds { height, carried_round: carried, epoch_ends: false }, members);
            carried = Some(round);
        }
        (rounds, demotions)
    }

    /// Without demotion, one dead node of four costs a timeout at every fourth height.
    #[test]
    fn one_dead_of_four_costs_at_most_one_height_in_sixteen() {
        let (rounds, _) = play(1, ERA_HEIGHTS, |_, n| n == 2, &members(4));
        let slow = rounds.iter().filter(|round| **round > 0).count();
        let allowed = rounds.len().div_ceil(usize::try_from(DEMOTION_HEIGHTS).unwrap());
        assert!(slow <= allowed, "{slow} slow heights, {allowed} allowed: {rounds:?}");
        assert!(rounds.iter().all(|round| *round <= 1));
    }

    /// The control: the same without demotion.
    #[test]
    fn without_demotion_every_fourth_height_is_slow() {
        let members = members(4);
        let set = ValidatorSet::new(members, &[]).unwrap();
        let slow = (1..101).filter(|height| set.proposer(Height(*height), 0).address.0[0] == 2).count();
        assert_eq!(slow, 25);
    }

    #[test]
    fn a_node_that_came_back_proposes_again() {
        let members = members(4);
        let (rounds, demotions) = play(1, 60, |height, n| n == 2 && height < 10, &members);
        assert!(rounds[10..].iter().filter(|round| **round > 0).count() <= 1);
        let proposers: Vec<u8> =
            (60..64).map(|height| set_at(&demotions, height, &members).proposer(Height(height), 0).address.0[0]).collect();
        assert!(proposers.contains(&2), "{proposers:?}");
    }

    /// A node that starts at any height reads one era at most, and has the list of those that ran all along.
    #[test]
    fn the_list_is_the_same_wherever_a_node_starts() {
        let members = members(7);
        let dead = |height: u64, n: u8| (n == 2 && height % 90 < 45) || (n == 5 && height % 50 < 20);
        let to = 3 * ERA_HEIGHTS + 20;
        let mut running = Demotions::starting_at(0);
        let (mut blocks, mut carried) = (vec![BlockRounds { height: 0, carried_round: None, epoch_ends: false }], None);
        for height in 1..to {
            let set = set_at(&running, height, &members);
            let round = (0..).find(|round| !dead(height, set.proposer(Height(height), *round).address.0[0])).unwrap();
            let block = BlockRounds { height, carried_round: carried, epoch_ends: height == 300 };
            running.count(block, &members);
            blocks.push(block);
            carried = Some(round);
            let mut started = Demotions::starting_at(era_start(height + 1));
            for block in &blocks[usize::try_from(era_start(height + 1)).unwrap().min(blocks.len())..] {
                started.count(*block, &members);
            }
            assert_eq!(started.at(height + 1, 2), running.at(height + 1, 2), "after height {height}");
        }
    }

    #[test]
    fn never_more_than_f_are_demoted() {
        let members = members(4);
        let mut demotions = Demotions::starting_at(0);
        demotions.count(BlockRounds { height: 6, carried_round: Some(9), epoch_ends: false }, &members);
        assert_eq!(demotions.at(7, faulty(4)).len(), 1);
        assert_eq!(faulty(3), 0);
        assert_eq!(faulty(7), 2);
    }

    #[test]
    fn demotion_starts_two_heights_later_and_ends() {
        let members = members(4);
        let mut demotions = Demotions::starting_at(0);
        demotions.count(BlockRounds { height: 6, carried_round: Some(1), epoch_ends: false }, &members);
        let demoted: Vec<u64> = (0..40).filter(|height| !demotions.at(*height, 1).is_empty()).collect();
        assert_eq!(demoted, (7..7 + DEMOTION_HEIGHTS).collect::<Vec<_>>());
    }

    #[test]
    fn a_new_epoch_starts_with_nobody_demoted() {
        let members = members(4);
        let mut demotions = Demotions::starting_at(0);
        demotions.count(BlockRounds { height: 6, carried_round: Some(1), epoch_ends: true }, &members);
        assert_eq!(demotions, Demotions::starting_at(7));
        // The seal of height 6, the old epoch's, does not count either.
        demotions.count(BlockRounds { height: 7, carried_round: Some(3), epoch_ends: false }, &members);
        assert!(demotions.at(8, 1).is_empty());
    }
}
