//! [`Ledger`]: what is shared, and the small verbs. The large ones have files of their own.
//!
//! Locks, always taken in this order: `chain` (one block is built, judged or written at a time), then
//! `pool`. `head` and the verified entries are taken last and for a moment only. Signatures are verified
//! under no lock.

mod commit;
mod propose;
mod submit;

pub use commit::Committed;
pub use submit::{Duplicate, Submitted, Taken};

use crate::error::{LedgerError, Rejected, SubmitError};
use crate::high_water::HighWater;
use crate::options::{FreeSpace, Options};
use crate::pool::{Final, Offer, Pool};
use crate::recovery::recover;
use crate::store::Store;
use crate::verified::VerifiedEntries;
use crate::verifier::Verifier;
use crate::view::View;
use eco_core::entry::{EntryId, SignedEntry, Verified};
use eco_core::genesis::Genesis;
use eco_core::header::{Block, BlockId, Header};
use eco_core::name::Height;
use eco_core::seal::Seal;
use eco_core::state::{Effects, RecordKey, State, Tip};
use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{oneshot, watch};

/// Executed blocks kept in memory: those of the rounds of one height. A block and its effects take about
/// four times the block's bytes.
const EXECUTED_MAX: usize = 8;

/// The last block, as it is shown: state and seal together.
#[derive(Debug, Clone)]
pub struct Head {
    /// The state after the block.
    pub state: State,
    /// The seal this node stored for the block; none before the first.
    pub seal: Option<Seal>,
}

/// The head that readers see.
pub(crate) struct Shown {
    head: Mutex<Arc<Head>>,
    changed: Condvar,
}

impl Shown {
    pub(crate) fn head(&self) -> Arc<Head> {
        self.head.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, head: Arc<Head>) {
        *self.head.lock().unwrap_or_else(PoisonError::into_inner) = head;
        self.changed.notify_all();
    }

    /// Waits until another head is shown, or for a moment: the caller looks again whether the store has stopped.
    pub(crate) fn wait_for_other(&self, than: &Arc<Head>) {
        let head = self.head.lock().unwrap_or_else(PoisonError::into_inner);
        drop(self.changed.wait_timeout_while(head, Duration::from_millis(20), |head| Arc::ptr_eq(head, than)));
    }
}

/// What one block at a time is done with.
pub(crate) struct Chain {
    high_water: HighWater,
    /// Blocks on top of the head that were executed already, oldest first.
    executed: VecDeque<Executed>,
}

/// A block and what it changes.
pub(crate) struct Executed {
    id: BlockId,
    block: Arc<Block>,
    effects: Effects,
}

impl Chain {
    /// Whether this very block was executed: the id binds the header, so the body is compared.
    fn place_of(&self, id: &BlockId, block: &Block) -> Option<usize> {
        self.executed
            .iter()
            .position(|executed| executed.id == *id && (std::ptr::eq(&raw const *executed.block, block) || *executed.block == *block))
    }

    fn remember(&mut self, id: BlockId, block: Arc<Block>, effects: Effects) {
        if self.executed.len() >= EXECUTED_MAX {
            self.executed.pop_front();
        }
        self.executed.push_back(Executed { id, block, effects });
    }
}

/// Figures for metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Metrics {
    /// Height of the head.
    pub height: Height,
    /// Entries on the log.
    pub tree_size: u64,
    /// Keys of the state map; each takes about 88 bytes of memory.
    pub state_keys: usize,
    /// Entries that wait for a block.
    pub pool_entries: usize,
    /// Their bytes.
    pub pool_bytes: usize,
    /// Submitters that wait for an outcome.
    pub waiters: usize,
    /// Verified entries in memory.
    pub verified_entries: usize,
    /// Entries whose signatures were verified since the start.
    pub verifications: u64,
    /// Bytes of table files and write buffers.
    pub store_bytes: u64,
}

/// The node's only state. Shared as `Arc<Ledger>`; every call may block on the disk.
pub struct Ledger {
    store: Store,
    dir: PathBuf,
    genesis: Genesis,
    chain: Mutex<Chain>,
    shown: Shown,
    pool: Mutex<Pool>,
    verified: Arc<VerifiedEntries>,
    verifier: Verifier,
    heights: watch::Sender<Height>,
    arrivals: watch::Sender<u64>,
    behind: AtomicBool,
    free_space: Option<FreeSpace>,
    free_bytes_min: u64,
}

impl Ledger {
    /// Opens the ledger in `dir`, or creates it. Roots are re-derived before it serves.
    ///
    /// # Errors
    /// The directory holds another network, is damaged or rolled back, or cannot be read or written.
    pub fn open(dir: &Path, genesis: &Genesis, options: Options) -> Result<Self, LedgerError> {
        let failed = |e: std::io::Error| LedgerError::Store { operation: "create the directory", detail: e.to_string() };
        std::fs::create_dir_all(dir).map_err(failed)?;
        let store = Store::open(&dir.join("db"), &options)?;
        Self::start(store, dir, genesis, options)
    }

    /// Recovers what the opened store holds.
    pub(crate) fn start(store: Store, dir: &Path, genesis: &Genesis, options: Options) -> Result<Self, LedgerError> {
        let (head, high_water) = recover(&store, dir, genesis)?;
        let verified = Arc::new(VerifiedEntries::new(options.verified_entries_max, options.verified_bytes_max));
        let failed =
            |e: std::io::Error| LedgerError::Store { operation: "start the threads that verify signatures", detail: e.to_string() };
        let verifier = Verifier::start(verified.clone()).map_err(failed)?;
        Ok(Self {
            heights: watch::Sender::new(head.state.tip().height),
            arrivals: watch::Sender::new(0),
            chain: Mutex::new(Chain { high_water, executed: VecDeque::new() }),
            shown: Shown { head: Mutex::new(Arc::new(head)), changed: Condvar::new() },
            pool: Mutex::new(Pool::new(options.pool)),
            verified,
            verifier,
            behind: AtomicBool::new(false),
            free_space: options.free_space,
            free_bytes_min: options.free_bytes_min,
            store,
            dir: dir.to_owned(),
            genesis: genesis.clone(),
        })
    }

    /// The genesis that the ledger was opened with.
    #[must_use]
    pub const fn genesis(&self) -> &Genesis {
        &self.genesis
    }

    /// The last block.
    #[must_use]
    pub fn tip(&self) -> Tip {
        self.head().state.tip().clone()
    }

    /// The state after the last block.
    #[must_use]
    pub fn state(&self) -> State {
        self.head().state.clone()
    }

    /// The last block's state and seal, together.
    #[must_use]
    pub fn head(&self) -> Arc<Head> {
        self.shown.head()
    }

    /// Everything at the last block, for reading and proving.
    ///
    /// # Errors
    /// The ledger has stopped, or the store failed.
    pub fn view(&self) -> Result<View<'_>, LedgerError> {
        View::take(&self.store, &self.shown)
    }

    /// Why the ledger has stopped, if it has.
    #[must_use]
    pub fn failure(&self) -> Option<String> {
        self.store.failure().map(str::to_owned)
    }

    /// The height of the last block, and every later one: a height is sent when it is durable and shown.
    #[must_use]
    pub fn subscribe(&self) -> watch::Receiver<Height> {
        self.heights.subscribe()
    }

    /// Number of the last entry that came into the pool: wakes whoever makes blocks.
    #[must_use]
    pub fn pool_arrivals(&self) -> watch::Receiver<u64> {
        self.arrivals.subscribe()
    }

    /// Whether this node is behind its peers: it then refuses submissions.
    pub fn set_behind(&self, behind: bool) {
        self.behind.store(behind, Ordering::Relaxed);
    }

    /// Whether this node is behind its peers.
    #[must_use]
    pub fn is_behind(&self) -> bool {
        self.behind.load(Ordering::Relaxed)
    }

    /// Entries that wait for a block.
    #[must_use]
    pub fn pool_len(&self) -> usize {
        self.pool().len()
    }

    /// Entries that came into the pool after arrival `since`, for gossip; from 0 for all.
    #[must_use]
    pub fn offer(&self, since: u64, entries_max: usize, bytes_max: usize) -> Offer {
        self.pool().offer(since, entries_max, bytes_max)
    }

    /// Waits for an entry: the receiver yields once. It fails if the ledger stops before the outcome is known.
    ///
    /// # Errors
    /// The ledger has stopped, or too many wait.
    pub fn wait_final(&self, id: EntryId) -> Result<oneshot::Receiver<Final>, SubmitError> {
        self.store.check()?;
        let mut pool = self.pool();
        // A commit takes the pool's lock to tell the waiters, so a waiter that registers under the lock while
        // the entry is in the pool misses nothing; an entry that is not was told before, and is in the index.
        if pool.contains(&id) {
            return Ok(pool.wait(id)?);
        }
        let outcome = match self.view()?.index_of(&id)? {
            Some(index) => self.committed(index)?,
            None => Final::Unknown,
        };
        let (sender, receiver) = oneshot::channel();
        drop(sender.send(outcome));
        Ok(receiver)
    }

    fn committed(&self, index: u64) -> Result<Final, LedgerError> {
        let height = self.view()?.height_of_index(index)?;
        let height = height.ok_or_else(|| LedgerError::damaged(format!("the block of entry {index}"), "a row", "none"))?;
        Ok(Final::Committed { index, height })
    }

    /// A block and the seal this node stored for it; none beyond the last.
    ///
    /// # Errors
    /// The ledger has stopped, or the store failed.
    pub fn block(&self, height: Height) -> Result<Option<(Block, Seal)>, LedgerError> {
        self.view()?.block_at(height)
    }

    /// The header of a block; none beyond the last.
    ///
    /// # Errors
    /// The ledger has stopped, or the store failed.
    pub fn header(&self, height: Height) -> Result<Option<Header>, LedgerError> {
        self.view()?.header_at(height)
    }

    /// The seal this node stored for a block; none beyond the last.
    ///
    /// # Errors
    /// The ledger has stopped, or the store failed.
    pub fn seal(&self, height: Height) -> Result<Option<Seal>, LedgerError> {
        self.view()?.seal_at(height)
    }

    /// The bytes of an entry; none beyond the tree size.
    ///
    /// # Errors
    /// The ledger has stopped, or the store failed.
    pub fn entry(&self, index: u64) -> Result<Option<Vec<u8>>, LedgerError> {
        self.view()?.entry(index)
    }

    /// Where on the log an intent is.
    ///
    /// # Errors
    /// The ledger has stopped, or the store failed.
    pub fn index_of(&self, id: &EntryId) -> Result<Option<u64>, LedgerError> {
        self.view()?.index_of(id)
    }

    /// A record's bytes, if there is one.
    ///
    /// # Errors
    /// The ledger has stopped, or the store failed.
    pub fn record(&self, key: &RecordKey) -> Result<Option<Vec<u8>>, LedgerError> {
        self.view()?.record(key)
    }

    /// Figures for metrics.
    #[must_use]
    pub fn metrics(&self) -> Metrics {
        let head = self.head();
        let (verified_entries, verifications) = self.verified.counts();
        let pool = self.pool();
        Metrics {
            height: head.state.tip().height,
            tree_size: head.state.frontier().size(),
            state_keys: head.state.map().len(),
            pool_entries: pool.len(),
            pool_bytes: pool.bytes(),
            waiters: pool.waiting(),
            verified_entries,
            verifications,
            store_bytes: self.store.bytes(),
        }
    }

    /// Flushes and compacts the whole store: before a backup, and for measurements.
    ///
    /// # Errors
    /// The ledger has stopped, or the store failed.
    pub fn compact(&self) -> Result<(), LedgerError> {
        self.store.check()?;
        self.store.compact()
    }

    pub(crate) const fn store(&self) -> &Store {
        &self.store
    }

    fn chain(&self) -> MutexGuard<'_, Chain> {
        self.chain.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn pool(&self) -> MutexGuard<'_, Pool> {
        self.pool.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The entries of a block, verified one by one where this node has not seen them.
    fn verify_entries(&self, entries: &[SignedEntry]) -> Result<Vec<Verified>, Rejected> {
        let verify = |(place, entry)| {
            let verified = self.verified.verify(entry).map_err(|defect| Rejected::Signature { place, defect })?;
            Ok((*verified).clone())
        };
        entries.iter().enumerate().map(verify).collect()
    }
}

#[cfg(any(test, feature = "fault-injection"))]
impl Ledger {
    /// The next write at `point` goes wrong, once.
    pub fn arm_fault(&self, point: crate::WritePoint, fault: crate::Fault) {
        self.store.faults.arm(point, fault);
    }

    /// Plants a mistake that a test must notice.
    pub fn plant(&self, planted: crate::Planted) {
        self.store.faults.plant(planted);
    }
}
