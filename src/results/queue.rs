//! A work queue for several threads: each takes the next item when it is free, until all are taken, one fails, or the work is stopped.

use crate::Result;
use crate::device::pool;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// Items that are still to be done, in their order.
pub(crate) struct Queue<'a, T> {
    items: &'a [T],
    next: AtomicUsize,
    failed: AtomicBool,
    stop: &'a AtomicBool,
}

impl<'a, T> Queue<'a, T> {
    /// A queue that hands out no more items once `stop` is set.
    pub fn new(items: &'a [T], stop: &'a AtomicBool) -> Self {
        Queue { items, next: AtomicUsize::new(0), failed: AtomicBool::new(false), stop }
    }

    /// Works through the items as one of several workers, and returns how many it finished. `each` breaks off if it was stopped in the middle
    /// of an item.
    ///
    /// # Errors
    /// The error of an item; after it, no worker takes another one.
    pub fn work(&self, mut each: impl FnMut(&'a T) -> Result<ControlFlow<()>>) -> Result<usize> {
        let mut done = 0;
        while !self.stop.load(Ordering::Relaxed) && !self.failed.load(Ordering::Relaxed) {
            let Some(item) = self.items.get(self.next.fetch_add(1, Ordering::Relaxed)) else { break };
            match each(item).inspect_err(|_| self.failed.store(true, Ordering::Relaxed))? {
                ControlFlow::Continue(()) => done += 1,
                ControlFlow::Break(()) => break,
            }
        }
        Ok(done)
    }
}

/// Calls `work` on as many workers as there are items, but at most one per thread, and returns their results. Each worker runs in a rayon
/// pool of its own and is passed the number of threads in it, its share.
///
/// # Errors
/// Fails if threads cannot be started.
pub(crate) fn on_workers<T: Send>(threads: usize, items: usize, work: &(impl Fn(usize) -> T + Sync)) -> Result<Vec<T>> {
    let workers = threads.min(items);
    let share = |worker: usize| threads / workers + usize::from(worker < threads % workers);
    let inside = (0..workers).map(|worker| pool(share(worker))).collect::<Result<Vec<_>>>()?;
    Ok(pool(workers)?.broadcast(|worker| {
        let worker = worker.index();
        inside[worker].install(|| work(share(worker)))
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Error;
    use std::sync::Mutex;

    #[test]
    fn threads_are_spread_over_the_items() {
        for (threads, items, shares) in [(1, 9, vec![1]), (4, 9, vec![1; 4]), (4, 1, vec![4]), (5, 2, vec![3, 2])] {
            let told = on_workers(threads, items, &|share| (share, rayon::current_num_threads())).unwrap();
            let shares: Vec<(usize, usize)> = shares.into_iter().map(|share| (share, share)).collect();
            assert_eq!(told, shares, "{threads} threads, {items} items");
        }
    }

    #[test]
    fn every_item_is_done_once_and_none_after_a_failure_or_a_stop() {
        let (items, stop): (Vec<usize>, _) = ((0..100).collect(), AtomicBool::new(false));
        let queue = Queue::new(&items, &stop);
        let seen = Mutex::new(Vec::new());
        let counts = on_workers(3, 100, &|_| {
            queue.work(|&item| {
                seen.lock().unwrap().push(item);
                Ok(ControlFlow::Continue(()))
            })
        });
        assert_eq!(counts.unwrap().into_iter().sum::<Result<usize>>().unwrap(), 100);
        let mut seen = seen.into_inner().unwrap();
        seen.sort_unstable();
        assert_eq!(seen, items);

        let queue = Queue::new(&items, &stop);
        let failing =
            |&item: &usize| if item == 5 { Err(Error::Internal("5".into())) } else { Ok(ControlFlow::Continue(())) };
        assert!(queue.work(failing).is_err());
        assert_eq!(queue.work(|_| Ok(ControlFlow::Continue(()))).unwrap(), 0);
        let queue = Queue::new(&items, &stop);
        let stopping = |&item: &usize| {
            stop.store(item == 3, Ordering::Relaxed);
            Ok(ControlFlow::Continue(()))
        };
        assert_eq!(queue.work(stopping).unwrap(), 4);
    }
}
