//! Decisions: the certificate becomes a seal, block and seal are committed, the node rests.

use std::sync::PoisonError;
use std::time::Instant;

use eco_core::name;
use eco_core::seal::{Seal, SealSignature};
use eco_core::sign::Signature;
use eco_ledger::LedgerError;
use malachite::Reply;
use malachite::app::engine::host::Next;
use malachite::app::types::MisbehaviorEvidence;
use malachite::app::types::core::CommitCertificate;

use super::{App, Done, Shared, answer, members, rounds_of};
use crate::context::{Height, Notary, ValidatorSet};
use crate::evidence;

impl App {
    /// Commits a decided block; the engine hears of it, and peers through it, once it is on the disk.
    pub(super) fn decided(&mut self, certificate: CommitCertificate<Notary>, reply: Reply<()>) {
        let Some(set) = self.set.clone() else { return };
        let (shared, committed, last_block) = (self.shared.clone(), self.committed.clone(), self.last_block.clone());
        self.tasks.spawn_blocking(move || match commit(&shared, &certificate, &set) {
            Ok(()) => {
                *last_block.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
                committed.send_replace(certificate.height.0);
                answer(reply, ());
            }
            Err(Defect::NotHeld) => {
                tracing::error!(height = %certificate.height, value = %certificate.value_id, "the WAL decides a block that the ledger has lost");
                shared.progress.lost(certificate.height.0);
            }
            Err(error) => {
                // A quorum has decided what this node cannot commit: it must not go on.
                tracing::error!(%error, height = %certificate.height, "a decided block cannot be committed");
                shared.progress.fail(error.to_string());
            }
        });
    }

    /// Keeps evidence, waits for the commit, rests, and then starts the next height.
    pub(super) fn finalized(&mut self, height: Height, evidence: MisbehaviorEvidence<Notary>, reply: Reply<Next<Notary>>) {
        let (shared, done, last_block) = (self.shared.clone(), self.done.clone(), self.last_block.clone());
        let mut committed = self.committed.subscribe();
        self.tasks.spawn(async move {
            if !evidence.is_empty() {
                let (dir, files) = (shared.evidence_dir.clone(), evidence::files(&evidence));
                tokio::task::spawn_blocking(move || match evidence::store(&dir, &files) {
                    Ok(written) => written.iter().for_each(|path| tracing::error!(?path, "evidence against a validator")),
                    Err(error) => tracing::error!(%error, "evidence against a validator cannot be written"),
                });
            }
            if committed.wait_for(|at| *at >= height.0).await.is_err() {
                return; // the loop has ended
            }
            // A node that does not vote holds nobody up: it is ready for what the others do.
            if shared.signer.is_some() {
                let last = *last_block.lock().unwrap_or_else(PoisonError::into_inner);
                let arrivals = shared.ledger.pool_arrivals();
                let waiting = || shared.ledger.pool_len() > 0;
                let next = height.0.saturating_add(1);
                let wake = shared.pace.rest(next, last, arrivals, waiting, &shared.heard).await;
                tracing::trace!(next, ?wake, "the next height starts");
            }
            let _ = done.send(Done::Due { reply }); // the loop has ended otherwise
        });
    }
}

/// Why a decided block is not on the log.
#[derive(Debug, thiserror::Error)]
pub(super) enum Defect {
    #[error("the certificate names no round, or no member of the set")]
    NoSeal,
    /// Every block is held before the engine hears of it: the ledger is older than the WAL.
    #[error("the block is decided and not held")]
    NotHeld,
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

/// Commits what a certificate decides.
pub(super) fn commit(shared: &Shared, certificate: &CommitCertificate<Notary>, set: &ValidatorSet) -> Result<(), Defect> {
    let seal = seal_of(certificate, set).ok_or(Defect::NoSeal)?;
    let block = shared.ledger.held(&certificate.value_id.0.block)?.ok_or(Defect::NotHeld)?;
    let before = members(shared.ledger.state().validators());
    shared.ledger.commit(&block, &seal)?;
    shared.demotions().count(rounds_of(&block), &before);
    shared.progress.committed(certificate.height.0);
    Ok(())
}

/// The certificate's signatures, by place in the set: eco-core's seal.
pub(super) fn seal_of(certificate: &CommitCertificate<Notary>, set: &ValidatorSet) -> Option<Seal> {
    let round = name::Round(certificate.round.as_u32()?);
    let mut signatures: Vec<SealSignature> = certificate
        .commit_signatures
        .iter()
        .filter_map(|vote| {
            let validator = u16::try_from(set.index_of(&vote.address)?).ok()?;
            Some(SealSignature { validator, signature: Signature(vote.signature.0) })
        })
        .collect();
    signatures.sort_unstable();
    signatures.dedup_by_key(|signature| signature.validator);
    (!signatures.is_empty()).then_some(Seal { round, signatures })
}
