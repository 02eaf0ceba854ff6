//! Our own blocks: built, held on the disk, announced, sent; and sent again.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use eco_core::codec::encode;
use eco_core::header::Block;
use malachite::Reply;
use malachite::app::types::LocallyProposedValue;
use malachite::app::types::core::Round;

use super::{App, Shared, answer, core_round, head_of, publish};
use crate::context::{Head, Height, Notary, PartInit, ValidatorSet};
use crate::scheme::VoteSignature;
use crate::signer::NotarySigner;
use crate::time_bounds::proposal_time;

/// How often a proposer whose clock is behind looks at it again.
const CLOCK_WAIT: Duration = Duration::from_millis(10);

impl App {
    /// Builds the block of a height and round: always the same one, also after a crash.
    pub(super) fn propose(&mut self, height: Height, round: Round, timeout: Duration, reply: Reply<LocallyProposedValue<Notary>>) {
        let (Some(signer), Some(at)) = (self.shared.signer.clone(), round.as_u32()) else { return };
        let (shared, network) = (self.shared.clone(), self.network.clone());
        self.tasks.spawn(async move {
            // Without a block in time the engine goes on to the next round by itself.
            let built = tokio::time::timeout(timeout, build(shared.clone(), height, at)).await;
            let Ok(Some(block)) = built else {
                tracing::warn!(%height, at, "no block to propose in time");
                return;
            };
            let bytes = Bytes::from(encode(&block));
            let Some(init) = announce(&signer, height, at, head_of(&block), &bytes) else { return };
            if let Err(error) = shared.originals().keep(&init) {
                tracing::warn!(%error, "the announcement of our block cannot be kept");
            }
            answer(reply, LocallyProposedValue::new(height, round, init.head));
            publish(&network, &init, &bytes, at);
        });
    }

    /// Sends a block again, as it was first sent.
    pub(super) fn send_again(&mut self, round: Round, head: Head) {
        let (Some(sent_in), Some(set)) = (round.as_u32(), self.set.clone()) else { return };
        let (shared, network, height) = (self.shared.clone(), self.network.clone(), Height(self.height));
        let runtime = tokio::runtime::Handle::current();
        self.tasks.spawn_blocking(move || {
            let block = match shared.ledger.held(&head.0.block) {
                Ok(Some(block)) => block,
                Ok(None) => return tracing::warn!(%head, "a block to send again is not held"),
                Err(error) => return shared.failed("reading a held block", &error),
            };
            let bytes = Bytes::from(encode(&*block));
            let original = shared.originals().of(&head).cloned();
            let init = original.or_else(|| announce_anew(&shared, &set, height, sent_in, head, &bytes));
            let Some(init) = init else { return tracing::warn!(%head, "the announcement of a block is lost") };
            let _entered = runtime.enter();
            publish(&network, &init, &bytes, sent_in);
        });
    }
}

/// A new announcement by us, where the first proposer's is lost and we propose the round.
fn announce_anew(shared: &Shared, set: &ValidatorSet, height: Height, round: u32, head: Head, bytes: &Bytes) -> Option<PartInit> {
    let signer = shared.signer.as_ref()?;
    (set.proposer(height, round).address == signer.address()).then(|| announce(signer, height, round, head, bytes))?
}

fn announce(signer: &NotarySigner, height: Height, round: u32, head: Head, bytes: &Bytes) -> Option<PartInit> {
    // A block above 4 GiB is impossible: the genesis bounds it far below.
    let length = u32::try_from(bytes.len()).ok()?;
    let proposer = signer.address();
    let init = PartInit { height, round, proposer, head, length, signature: VoteSignature([0; 64]) };
    Some(PartInit { signature: signer.sign_part_init(&init), ..init })
}

async fn build(shared: Arc<Shared>, height: Height, round: u32) -> Option<Block> {
    let previous = shared.ledger.tip().time;
    let time = loop {
        match proposal_time(previous, shared.clock.now(), shared.clocks) {
            Some(time) => break time,
            None => tokio::time::sleep(CLOCK_WAIT).await,
        }
    };
    let ledger = shared.ledger.clone();
    let built = tokio::task::spawn_blocking(move || ledger.propose(time, core_round(round))).await;
    match built {
        Ok(Ok(block)) => (block.header.height.0 == height.0).then_some(block),
        Ok(Err(error)) => {
            shared.failed("building a block", &error);
            None
        }
        Err(stopped) => {
            tracing::error!(%stopped, "building a block was cut off");
            None
        }
    }
}
