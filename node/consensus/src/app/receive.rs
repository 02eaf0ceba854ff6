//! Blocks that others propose: parts in, verdict out.

use eco_core::codec::decode;
use eco_core::header::Block;
use eco_core::name::Timestamp;
use eco_ledger::Rejected;
use malachite::Reply;
use malachite::app::types::core::{Round, Validity};
use malachite::app::types::streaming::StreamMessage;
use malachite::app::types::{PeerId, ProposedValue};

use super::{App, Shared, answer, core_round, head_of};
use crate::context::{Height, Notary, Part, PartInit, ValidatorSet};
use crate::parts::{Assembled, PartDefect, height_of};
use crate::time_bounds::{self, Arrival};

/// A value with our verdict on it.
pub(super) type Proposed = ProposedValue<Notary>;

impl App {
    /// Takes a part; if it was the last one missing, judges the block.
    pub(super) fn received(&mut self, publisher: PeerId, part: StreamMessage<Part>, reply: Reply<Option<Proposed>>) {
        let Some(height) = height_of(&part.stream_id) else { return answer(reply, None) };
        self.shared.heard.hear(height);
        let Some(set) = self.set.clone().filter(|_| self.wants(height)) else { return answer(reply, None) };
        let (current, verifier) = (self.height, &self.shared.verifier);
        let taken = self.assembler.take(publisher, part, |init| {
            may_announce(init, current, &set)?;
            if verifier.part_init_holds(init) { Ok(()) } else { Err(PartDefect::Signature) }
        });
        match taken {
            Ok(None) => answer(reply, None),
            Err(defect) => {
                tracing::warn!(%publisher, height, %defect, "a part of a proposed block is refused");
                answer(reply, None);
            }
            Ok(Some(assembled)) if height > current => {
                self.keep_early(assembled);
                answer(reply, None);
            }
            Ok(Some(assembled)) => {
                let judgement = self.judgement(assembled, self.shared.clock.now());
                let shared = self.shared.clone();
                self.tasks.spawn_blocking(move || answer(reply, judgement.judge(&shared, &set)));
            }
        }
    }
}

/// Whether this validator may announce a block at all. The proposer of a height that has not begun
/// is not known, as it follows from the block before: any validator may be it, and it is looked at again.
fn may_announce(init: &PartInit, current: u64, set: &ValidatorSet) -> Result<(), PartDefect> {
    let proposes = if init.height.0 > current {
        set.index_of(&init.proposer).is_some()
    } else {
        set.proposer(init.height, init.round).address == init.proposer
    };
    if proposes {
        return Ok(());
    }
    Err(PartDefect::Proposer { found: init.proposer.to_string(), height: init.height.0, round: init.round })
}

/// A block that is there as a whole, and how it came.
pub(super) struct Judgement {
    pub(super) assembled: Assembled,
    pub(super) arrived: Timestamp,
    pub(super) current: Option<u32>,
    pub(super) first: bool,
}

impl Judgement {
    /// Our verdict, once a valid block is on the disk; none if there is nothing to say about the head.
    pub(super) fn judge(self, shared: &Shared, set: &ValidatorSet) -> Option<Proposed> {
        let Self { assembled: Assembled { init, bytes }, arrived, current, first } = self;
        let (height, round, proposer) = (init.height, init.round, init.proposer);
        if let Err(defect) = may_announce(&init, height.0, set) {
            tracing::warn!(%defect, "a block that came early is refused");
            return None;
        }
        let blame = |reason: &dyn std::fmt::Display| {
            tracing::warn!(%height, round, %proposer, head = %init.head, %reason, "a proposed block is invalid");
        };
        // Bytes that are not the announced block say nothing about that block: another node may have it.
        let block: Block = match decode(&bytes) {
            Ok(block) => block,
            Err(defect) => {
                blame(&defect);
                return None;
            }
        };
        let head = head_of(&block);
        if head.0.block != init.head.0.block || block.header.height.0 != height.0 {
            blame(&"the bytes are another block than announced");
            return None;
        }
        let arrival = Arrival::Live { announced: round, current, first };
        #[cfg(feature = "fault-injection")]
        let arrival = match &shared.signer {
            Some(signer) if crate::fault::forgets(signer.address().0) => Arrival::Live { announced: round, current: None, first: true },
            _ => arrival,
        };
        let outcome = if head == init.head {
            time_bounds::check(&block.header, arrived, shared.clock.now(), arrival, shared.clocks)
                .map_err(|defect| defect.to_string())
                .and_then(|()| match shared.ledger.validate(&block) {
                    Ok(()) => Ok(()),
                    Err(rejected @ (Rejected::Block(_) | Rejected::Signature { .. })) => Err(rejected.to_string()),
                    Err(Rejected::Ledger(error)) => {
                        shared.failed("validating a proposed block", &error);
                        Err(String::new())
                    }
                })
        } else {
            Err("the announced head is not that of the header".to_owned())
        };
        let validity = match outcome {
            Ok(()) => {
                if let Err(error) = shared.ledger.hold(core_round(round), &block) {
                    shared.failed("holding a proposed block", &error);
                    return None;
                }
                if let Err(error) = shared.originals().keep(&init) {
                    tracing::warn!(%error, "the announcement of a block cannot be kept");
                }
                Validity::Valid
            }
            Err(reason) if reason.is_empty() => return None, // our failure, not the proposer's
            Err(reason) => {
                blame(&reason);
                Validity::Invalid
            }
        };
        Some(Proposed { height, round: Round::new(round), valid_round: Round::Nil, proposer, value: init.head, validity })
    }
}

/// Adds the blocks of this height and round that are on the disk: valid, since only such are held.
pub(super) fn add_held(shared: &Shared, height: Height, round: u32, set: &ValidatorSet, values: &mut Vec<Proposed>) {
    let held = match shared.ledger.held_at(eco_core::name::Height(height.0)) {
        Ok(held) => held,
        Err(error) => return shared.failed("reading held blocks", &error),
    };
    for (_, block) in held.into_iter().filter(|(at, _)| at.0 == round) {
        let value = head_of(&block);
        if values.iter().all(|known| known.value != value) {
            let proposer = set.proposer(height, round).address;
            let (round, valid_round) = (Round::new(round), Round::Nil);
            values.push(Proposed { height, round, valid_round, proposer, value, validity: Validity::Valid });
        }
    }
}
