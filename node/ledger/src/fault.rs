//! Faults of a whole process: who watches its durable writes, and which mistake it makes. Nothing of it acts unless a test program arms it.
//!
//! Nothing here is reachable from a command line, a configuration or an environment: a test program that is
//! built with the feature `fault-injection` calls [`arm`] before it starts anything.

use crate::store::Planted;
use std::sync::OnceLock;

/// Which side of a durable write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// Nothing of it is written.
    Before,
    /// It is on the disk, and nobody has been told.
    After,
}

/// Called at both sides of every durable write, with its name.
pub type Passing = Box<dyn Fn(&str, Moment) + Send + Sync>;

/// What this process does to itself.
pub struct Arming {
    /// Who watches.
    pub passing: Passing,
    /// A mistake that the tests must notice.
    pub planted: Option<Planted>,
}

static ARMING: OnceLock<Arming> = OnceLock::new();

/// Arms this process, once; whether that was the first time.
pub fn arm(arming: Arming) -> bool {
    ARMING.set(arming).is_ok()
}

/// Tells the watcher that a durable write is about to be done, or done.
pub fn pass(write: &str, moment: Moment) {
    if let Some(arming) = ARMING.get() {
        (arming.passing)(write, moment);
    }
}

/// Whether this process makes that mistake.
#[must_use]
pub fn makes(mistake: Planted) -> bool {
    ARMING.get().is_some_and(|arming| arming.planted == Some(mistake))
}
