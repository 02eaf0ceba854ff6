//! Value sync: blocks for nodes that are behind, and blocks from nodes that are ahead.

use std::ops::RangeInclusive;

use bytes::Bytes;
use eco_core::codec::{decode, encode};
use eco_core::header::Block;
use eco_core::name;
use eco_core::seal::Seal;
use eco_ledger::{LedgerError, Rejected};
use malachite::Reply;
use malachite::app::engine::host::SyncedValueOutcome;
use malachite::app::types::core::{CommitCertificate, CommitSignature, ExtendedCommitCertificate, Round, Validity, VoteExtensions};
use malachite::app::types::sync::RawDecidedValue;

use super::receive::Proposed;
use super::{App, Shared, answer, core_round, head_of};
use crate::context::{Address, Height, Notary};
use crate::limits::{RESPONSE_BYTES_MAX, SYNC_BATCH};
use crate::scheme::VoteSignature;
use crate::time_bounds::{self, Arrival};

impl App {
    /// Gives blocks with their seals. The engine does not check the range.
    pub(super) fn serve(&mut self, range: &RangeInclusive<Height>, reply: Reply<Vec<RawDecidedValue<Notary>>>) {
        let (shared, from, to) = (self.shared.clone(), range.start().0, range.end().0);
        self.tasks.spawn_blocking(move || {
            let values = decided_values(&shared, from, to);
            answer(
                reply,
                values.unwrap_or_else(|error| {
                    shared.failed("reading blocks for a peer", &error);
                    Vec::new()
                }),
            );
        });
    }

    /// Judges a block whose certificate the engine has verified.
    pub(super) fn synced(
        &mut self,
        height: Height,
        round: Round,
        proposer: Address,
        bytes: Bytes,
        reply: Reply<SyncedValueOutcome<Notary>>,
    ) {
        let shared = self.shared.clone();
        self.shared.heard.hear(height.0);
        self.tasks.spawn_blocking(move || {
            let outcome = match judge_synced(&shared, height, round, &bytes) {
                Ok(value) => SyncedValueOutcome::Verdict(Proposed {
                    height,
                    round,
                    valid_round: Round::Nil,
                    proposer,
                    value,
                    validity: Validity::Valid,
                }),
                Err(Fault::Peer(reason)) => {
                    tracing::warn!(%height, reason, "a synced block is refused");
                    SyncedValueOutcome::PeerFault
                }
                Err(Fault::Ours(error)) => {
                    shared.failed("validating a synced block", &error);
                    SyncedValueOutcome::LocalTransientError
                }
            };
            answer(reply, outcome);
        });
    }
}

#[derive(Debug)]
pub(super) enum Fault {
    Peer(String),
    Ours(LedgerError),
}

impl From<LedgerError> for Fault {
    fn from(error: LedgerError) -> Self {
        Self::Ours(error)
    }
}

/// The head of a synced block, once it is on the disk.
///
/// A quorum found the true block valid, so a body that is not valid is not the true one: the id binds
/// the header only. Calling the head invalid would block the height for ever; the peer is at fault.
pub(super) fn judge_synced(shared: &Shared, height: Height, round: Round, bytes: &Bytes) -> Result<crate::context::Head, Fault> {
    let peer = |reason: &dyn std::fmt::Display| Fault::Peer(reason.to_string());
    let round = round.as_u32().ok_or_else(|| peer(&"a certificate of the nil round"))?;
    let block: Block = decode(bytes).map_err(|defect| peer(&defect))?;
    if block.header.height.0 != height.0 {
        return Err(peer(&"a block of another height"));
    }
    let next = shared.ledger.tip().height.next();
    if block.header.height != next {
        return Err(Fault::Ours(LedgerError::NotNext { expected: next, found: block.header.height }));
    }
    let now = shared.clock.now();
    time_bounds::check(&block.header, now, now, Arrival::Sealed, shared.clocks).map_err(|defect| peer(&defect))?;
    match shared.ledger.validate(&block) {
        Ok(()) => {}
        Err(Rejected::Ledger(error)) => return Err(error.into()),
        Err(rejected @ (Rejected::Block(_) | Rejected::Signature { .. })) => return Err(peer(&rejected)),
    }
    shared.ledger.hold(core_round(round), &block)?;
    Ok(head_of(&block))
}

/// Blocks of a range, cut to what there is, to a batch, and to one response.
pub(super) fn decided_values(shared: &Shared, from: u64, to: u64) -> Result<Vec<RawDecidedValue<Notary>>, LedgerError> {
    let tip = shared.ledger.tip().height.0;
    let from = from.max(1);
    let to = to.min(tip).min(from.saturating_add(SYNC_BATCH as u64 - 1));
    let (mut values, mut bytes) = (Vec::new(), 0usize);
    for height in from..=to {
        let Some((block, seal)) = shared.ledger.block(name::Height(height))? else { break };
        let Some(certificate) = certificate_of(shared, &block, &seal) else { break };
        let encoded = encode(&block);
        bytes = bytes.saturating_add(encoded.len());
        if bytes > RESPONSE_BYTES_MAX && !values.is_empty() {
            break;
        }
        values.push(RawDecidedValue::new(encoded.into(), certificate));
    }
    Ok(values)
}

/// The engine's form of a seal. `None` for a block of another epoch, whose set is not at hand.
fn certificate_of(shared: &Shared, block: &Block, seal: &Seal) -> Option<ExtendedCommitCertificate<Notary>> {
    let state = shared.ledger.state();
    let set = state.validators();
    if block.header.validators != set.hash() {
        return None;
    }
    let votes = seal.signatures.iter().map(|vote| {
        let member = set.validators().get(usize::from(vote.validator))?;
        Some(CommitSignature::new(Address(*member.key.as_bytes()), VoteSignature(vote.signature.0)))
    });
    let certificate = CommitCertificate {
        height: Height(block.header.height.0),
        round: Round::new(seal.round.0),
        value_id: head_of(block),
        commit_signatures: votes.collect::<Option<_>>()?,
    };
    let extensions = VoteExtensions::new(Vec::new());
    Some(ExtendedCommitCertificate::from_commit_certificate_and_extensions(certificate, extensions))
}
