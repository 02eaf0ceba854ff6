//! Makes writes fail, and plants faults that the tests must notice. Not in a node that serves.

use super::WritePoint;
use crate::fault::Moment;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How a write goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Nothing is written, and the write reports failure.
    Failed,
    /// Everything is written, and the write reports failure.
    FailedButPersisted,
}

/// A planted mistake: a test that does not notice it proves nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Planted {
    /// Batches of a point are neither logged nor synced: readers see them, a crash loses them.
    NotLogged(WritePoint),
    /// A block is shown before it is written.
    VisibleBeforeDurable,
    /// A vote is signed before the signer state says so.
    VoteBeforeState,
    /// The handle goes on after a failed write.
    WorkAfterFailure,
}

/// Faults armed in one store.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    armed: Mutex<Option<(WritePoint, Fault)>>,
    planted: Mutex<Option<Planted>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Faults {
    /// The next write at `point` goes wrong, once.
    pub(crate) fn arm(&self, point: WritePoint, fault: Fault) {
        *lock(&self.armed) = Some((point, fault));
    }

    pub(crate) fn plant(&self, planted: Planted) {
        *lock(&self.planted) = Some(planted);
    }

    pub(crate) fn is_planted(&self, planted: Planted) -> bool {
        *lock(&self.planted) == Some(planted) || crate::fault::makes(planted)
    }

    pub(super) fn run(&self, point: WritePoint, write: impl FnOnce() -> Result<(), String>) -> Result<(), String> {
        let fault = lock(&self.armed).take_if(|(at, _)| *at == point);
        match fault {
            None => {
                crate::fault::pass(point.name(), Moment::Before);
                write()?;
                crate::fault::pass(point.name(), Moment::After);
                Ok(())
            }
            Some((_, Fault::Failed)) => Err("injected: nothing was written".to_owned()),
            Some((_, Fault::FailedButPersisted)) => {
                write()?;
                Err("injected: written, but reported as failed".to_owned())
            }
        }
    }
}
