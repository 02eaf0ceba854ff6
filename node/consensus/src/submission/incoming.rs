//! What comes from a peer goes to the ledger, entry by entry.

use eco_core::entry::{EntryId, SignedEntry};
use eco_ledger::{Ledger, SubmitError, Taken};

use super::message::{Batch, BatchKind, EntryAnswer};

/// What the ledger says to each entry; of a gossiped batch, also which entries it knows now.
pub(super) fn judge(ledger: &Ledger, batch: &Batch, now: eco_core::name::Timestamp) -> (Vec<EntryAnswer>, Vec<EntryId>) {
    let mut taken = Vec::new();
    let outcomes = match ledger.take_batch(&batch.entries, now) {
        Ok(outcomes) => outcomes,
        Err(error) => return (vec![EntryAnswer::refused(&error.to_string()); batch.entries.len()], taken),
    };
    let answers = outcomes.into_iter().zip(&batch.entries).map(|(outcome, bytes)| match outcome {
        Ok(Taken::Pending(id)) => {
            if batch.kind == BatchKind::Gossip {
                taken.push(id);
            }
            EntryAnswer::Accepted
        }
        Ok(Taken::OnLog { .. }) => EntryAnswer::Known,
        Err(error) => {
            if let (SubmitError::Ledger(error), Ok(entry)) = (&error, SignedEntry::decode(bytes)) {
                tracing::error!(%error, entry = %entry.id(), "the ledger failed at a peer's entry");
            }
            EntryAnswer::refused(&error.to_string())
        }
    });
    let answers = answers.collect();
    (answers, taken)
}
