//! Running the networks of a job: one a thread, or each on several threads where networks are fewer.

use super::plan::{Item, Plan};
use super::results::Results;
use super::{Progress, Scoring, Settings};
use crate::device::Opened;
use crate::space::Arch;
use crate::{Error, Result};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use zeronas_datasets::Source;
use zeronas_proxies::network::{Network, Shape};
use zeronas_proxies::{Batch, Score, Scorer};

/// Scores what the results lack; how many networks that was.
pub(super) fn score_networks(
    scoring: &Scoring,
    device: &Opened,
    plan: &Plan,
    results: &mut dyn Results,
    stop: &AtomicBool,
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<usize> {
    let (running, _) = scoring.split_proxies()?;
    let todo: Vec<Item> = plan.items.iter().copied().filter(|&item| !results.has(item)).collect();
    if todo.is_empty() || running.is_empty() {
        return Ok(0);
    }
    let total = plan.items.len();
    progress(Progress { done: results.len(), total });
    let next = AtomicUsize::new(0);
    let failed = AtomicBool::new(false);
    let results = Mutex::new(results);
    // Each worker keeps its engine and the minibatches of the seed it is at, and takes the next network when it is free.
    let work = |threads: usize| {
        let mut worker = Worker::new(scoring, device, threads)?;
        let mut scored = 0;
        while !stop.load(Ordering::Relaxed) && !failed.load(Ordering::Relaxed) {
            let Some(&item) = todo.get(next.fetch_add(1, Ordering::Relaxed)) else { break };
            let network = &plan.networks[item.network];
            let scores = worker.score(&network.arch, item.seed)?;
            let mut results = results.lock().map_err(|_| Error::Internal("another thread has failed".into()))?;
            results.append(item, &network.label, &scores)?;
            scored += 1;
            progress(Progress { done: results.len(), total });
        }
        Ok(scored)
    };
    let work = |threads| work(threads).inspect_err(|_| failed.store(true, Ordering::Relaxed));
    let at_once = scoring.at_once.map_or(todo.len(), |most| most.min(todo.len()));
    let outcomes = on_workers(scoring.threads, at_once, &work)?;
    let scored = outcomes.into_iter().sum::<Result<usize>>()?;
    if scored < todo.len() {
        return Err(Error::Interrupted { done: total - todo.len() + scored, total, what: "networks" });
    }
    Ok(scored)
}

/// Calls `work` on as many workers as there are items, at most one a thread, and tells each how many threads it may use:
/// its share, in a rayon pool of its own. What they return.
pub(crate) fn on_workers<T: Send>(threads: usize, items: usize, work: &(impl Fn(usize) -> T + Sync)) -> Result<Vec<T>> {
    let workers = threads.min(items);
    let share = |worker: usize| threads / workers + usize::from(worker < threads % workers);
    let pool = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        pool.map_err(|error| Error::flag("--threads", error.to_string()))
    };
    let inside = (0..workers).map(|worker| pool(share(worker))).collect::<Result<Vec<_>>>()?;
    Ok(pool(workers)?.broadcast(|worker| {
        let worker = worker.index();
        inside[worker].install(|| work(share(worker)))
    }))
}

/// One worker's engine and minibatches.
struct Worker<'a> {
    scoring: &'a Scoring,
    scorer: Scorer,
    batches: Option<(u64, Vec<Batch>)>,
}

impl<'a> Worker<'a> {
    fn new(scoring: &'a Scoring, device: &Opened, threads: usize) -> Result<Self> {
        let (running, _) = scoring.split_proxies()?;
        let scorer = Scorer::new(running, scoring.settings.protocol(), scoring.settings.engine(device, threads));
        Ok(Worker { scoring, scorer, batches: None })
    }

    fn score(&mut self, arch: &Arch, seed: u64) -> Result<Vec<Score>> {
        let net = self.network(arch)?;
        let batches = match self.batches.take() {
            Some((of, batches)) if of == seed => batches,
            _ => minibatches(&self.scoring.images, &self.scoring.settings, seed, self.scorer.minibatches())?,
        };
        let (_, batches) = self.batches.insert((seed, batches));
        Ok(self.scorer.score(&net, &batches.iter().collect::<Vec<_>>(), seed)?)
    }

    fn network(&self, arch: &Arch) -> Result<Network> {
        let space = &self.scoring.space;
        if self.scoring.settings.as_written {
            return space.network(arch);
        }
        let network = space.canonical_network(arch)?;
        network.ok_or_else(|| Error::Internal(format!("`{arch}` has no canonical network")))
    }
}

/// The first minibatches of a seed, which all architectures see.
pub(crate) fn minibatches(images: &Source, settings: &Settings, seed: u64, count: usize) -> Result<Vec<Batch>> {
    let shape = |side| Shape::new(zeronas_datasets::image::CHANNELS, side, side);
    let batches = (0..count).map(|index| {
        let drawn = images.minibatch(seed, index, settings.batch_size, settings.drawing())?;
        Ok(Batch::new(drawn.pixels, drawn.labels, shape(drawn.side))?)
    });
    batches.collect()
}

#[cfg(test)]
mod tests {
    use super::on_workers;

    #[test]
    fn threads_are_spread_over_the_items() {
        for (threads, items, shares) in [(1, 9, vec![1]), (4, 9, vec![1; 4]), (4, 1, vec![4]), (5, 2, vec![3, 2])] {
            let told = on_workers(threads, items, &|share| (share, rayon::current_num_threads())).unwrap();
            let shares: Vec<(usize, usize)> = shares.into_iter().map(|share| (share, share)).collect();
            assert_eq!(told, shares, "{threads} threads, {items} items");
        }
    }
}
