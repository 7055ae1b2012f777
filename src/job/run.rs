//! Running the networks of a job: one a thread, or each on several threads where networks are fewer.

use super::journal::Journal;
use super::plan::{Item, Plan};
use super::{Job, Progress, Settings};
use crate::device::Opened;
use crate::space::Arch;
use crate::{Error, Result};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use zeronas_datasets::Source;
use zeronas_proxies::network::{Network, Shape};
use zeronas_proxies::proxy::{self, Needs, Proxy};
use zeronas_proxies::{Batch, Score, Scorer};

/// Scores what the journal lacks; how many networks that was.
pub(super) fn score_networks(
    job: &Job,
    device: &Opened,
    plan: &Plan,
    journal: &mut Journal,
    stop: &AtomicBool,
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<usize> {
    let (running, _) = split_proxies(job)?;
    let todo: Vec<Item> = plan.items.iter().copied().filter(|&item| !journal.has(item)).collect();
    if todo.is_empty() || running.is_empty() {
        return Ok(0);
    }
    let total = plan.items.len();
    progress(Progress { done: journal.len(), total });
    let next = AtomicUsize::new(0);
    let failed = AtomicBool::new(false);
    let journal = Mutex::new(journal);
    // Each worker keeps its engine and the minibatches of the seed it is at, and takes the next network when it is free.
    let work = |threads: usize| {
        let mut worker = Worker::new(job, device, threads)?;
        let mut scored = 0;
        while !stop.load(Ordering::Relaxed) && !failed.load(Ordering::Relaxed) {
            let Some(&item) = todo.get(next.fetch_add(1, Ordering::Relaxed)) else { break };
            let network = &plan.networks[item.network];
            let scores = worker.score(&network.arch, item.seed)?;
            let mut journal = journal.lock().map_err(|_| Error::Internal("another thread has failed".into()))?;
            journal.append(item, &network.label, &scores)?;
            scored += 1;
            progress(Progress { done: journal.len(), total });
        }
        Ok(scored)
    };
    let work = |threads| work(threads).inspect_err(|_| failed.store(true, Ordering::Relaxed));
    let outcomes = on_workers(job.threads, todo.len(), &work)?;
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

type Proxies = Vec<Arc<dyn Proxy>>;

/// The proxies that run the network, and those that only read it as written.
pub(super) fn split_proxies(job: &Job) -> Result<(Proxies, Proxies)> {
    let proxies = proxy::find(&job.settings.proxies)?;
    Ok(proxies.into_iter().partition(|proxy| proxy.needs() != Needs::Written))
}

/// One worker's engine and minibatches.
struct Worker<'a> {
    job: &'a Job,
    scorer: Scorer,
    batches: Option<(u64, Vec<Batch>)>,
}

impl<'a> Worker<'a> {
    fn new(job: &'a Job, device: &Opened, threads: usize) -> Result<Self> {
        let (running, _) = split_proxies(job)?;
        let scorer = Scorer::new(running, job.settings.protocol(), job.settings.engine(device, threads));
        Ok(Worker { job, scorer, batches: None })
    }

    fn score(&mut self, arch: &Arch, seed: u64) -> Result<Vec<Score>> {
        let net = self.network(arch)?;
        let batches = match self.batches.take() {
            Some((of, batches)) if of == seed => batches,
            _ => minibatches(&self.job.images, &self.job.settings, seed, self.scorer.minibatches())?,
        };
        let (_, batches) = self.batches.insert((seed, batches));
        Ok(self.scorer.score(&net, &batches.iter().collect::<Vec<_>>(), seed)?)
    }

    fn network(&self, arch: &Arch) -> Result<Network> {
        let space = &self.job.space;
        if self.job.settings.as_written {
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

/// Fails where the minibatches of the first seed cannot be drawn.
pub(super) fn check_minibatches(job: &Job) -> Result<()> {
    let (running, _) = split_proxies(job)?;
    let settings = &job.settings;
    let count = Scorer::new(running, settings.protocol(), settings.engine(&Opened::Cpu, 1)).minibatches();
    minibatches(&job.images, settings, settings.seed, count).map(drop)
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
