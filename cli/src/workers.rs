//! The same work on many items by several threads; results come back in the order of the items.

use anyhow::Result;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::task::JoinHandle;

/// Work that has begun.
pub(crate) struct Working<R> {
    threads: Vec<JoinHandle<Vec<(usize, R)>>>,
}

/// Begins work on all items. Only as many are in memory at a time as there are workers.
pub(crate) fn start<T, R>(items: Vec<T>, workers: usize, work: impl Fn(T) -> R + Send + Sync + 'static) -> Working<R>
where
    T: Send + 'static,
    R: Send + 'static,
{
    let workers = workers.clamp(1, items.len().max(1));
    let (queue, work) = (Arc::new(Mutex::new(items.into_iter().enumerate())), Arc::new(work));
    let thread = |_| {
        let (queue, work) = (Arc::clone(&queue), Arc::clone(&work));
        tokio::task::spawn_blocking(move || {
            let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).next();
            std::iter::from_fn(next).map(|(at, item)| (at, work(item))).collect()
        })
    };
    Working { threads: (0..workers).map(thread).collect() }
}

impl<R> Working<R> {
    /// Waits for all of it.
    pub(crate) async fn finish(self) -> Result<Vec<R>> {
        let mut results = Vec::new();
        for thread in self.threads {
            results.extend(thread.await?);
        }
        results.sort_by_key(|(at, _)| *at);
        Ok(results.into_iter().map(|(_, result)| result).collect())
    }
}

/// Workers if the user says nothing: one for each processor.
pub(crate) fn usual() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Results in another order would put one certificate's receipt beside another.
    #[test]
    fn results_keep_the_order_of_the_items() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let results = runtime.block_on(async { start((0..500u32).collect(), 4, |n| n * 2).finish().await.unwrap() });
        assert_eq!(results, (0..500u32).map(|n| n * 2).collect::<Vec<_>>());
    }
}
