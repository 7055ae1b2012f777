//! Runs the networks of a job: one per thread, or each on several threads if there are fewer networks than threads.

use super::Scoring;
use super::minibatches::minibatches;
use super::plan::{Item, Plan};
use super::results::Results;
use crate::device::Opened;
use crate::listener::Progress;
use crate::results::{Queue, on_workers};
use crate::space::Arch;
use crate::{Error, Result};
use std::ops::ControlFlow;
use std::sync::Mutex;
use std::sync::atomic::AtomicBool;
use zeronas_proxies::network::Network;
use zeronas_proxies::{Batch, Score, Scorer};

/// Scores the networks whose results are missing, and returns how many there were.
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
    let queue = Queue::new(&todo, stop);
    let results = Mutex::new(results);
    // Each worker keeps its engine and the minibatches of its current seed, and takes the next network when it is free.
    let work = |threads: usize| {
        let mut worker = Worker::new(scoring, device, threads)?;
        queue.work(|&item| {
            let network = &plan.networks[item.network];
            let (scores, on_reference) = worker.score(&network.arch, item.seed)?;
            let mut results = results.lock().map_err(|_| Error::Internal("another thread has failed".into()))?;
            results.append(item, &network.label, &scores, on_reference)?;
            progress(Progress { done: results.len(), total });
            Ok(ControlFlow::Continue(()))
        })
    };
    let at_once = scoring.at_once.map_or(todo.len(), |most| most.min(todo.len()));
    let outcomes = on_workers(scoring.threads, at_once, &work)?;
    let scored = outcomes.into_iter().sum::<Result<usize>>()?;
    if scored < todo.len() {
        return Err(Error::Interrupted { done: total - todo.len() + scored, total, what: "networks" });
    }
    Ok(scored)
}

/// One worker's engine and minibatches.
pub(super) struct Worker<'a> {
    scoring: &'a Scoring,
    scorer: Scorer,
    batches: Option<(u64, Vec<Batch>)>,
}

impl<'a> Worker<'a> {
    pub fn new(scoring: &'a Scoring, device: &Opened, threads: usize) -> Result<Self> {
        let (running, _) = scoring.split_proxies()?;
        let scorer = Scorer::new(running, scoring.settings.protocol(), scoring.settings.engine(device, threads));
        Ok(Worker { scoring, scorer, batches: None })
    }

    /// Scores a network; also returns whether it ran on the reference engine instead of the one asked for.
    fn score(&mut self, arch: &Arch, seed: u64) -> Result<(Vec<Score>, bool)> {
        let net = self.network(arch)?;
        let batches = self.batches(seed)?;
        let scores = self.scorer.score(&net, &batches.iter().collect::<Vec<_>>(), seed)?;
        let falls_back = self.scorer.falls_back(&net);
        self.batches = Some((seed, batches));
        Ok((scores, falls_back))
    }

    /// About how many bytes scoring a network takes at one time, if the engine can tell.
    pub fn memory(&mut self, arch: &Arch) -> Result<Option<u64>> {
        let (net, seed) = (self.network(arch)?, self.scoring.settings.seed);
        let batches = self.batches(seed)?;
        let bytes = self.scorer.memory(&net, &batches.iter().collect::<Vec<_>>())?;
        self.batches = Some((seed, batches));
        Ok(bytes.map(|bytes| bytes as u64))
    }

    /// The minibatches of a seed, which are kept from one network to the next.
    fn batches(&mut self, seed: u64) -> Result<Vec<Batch>> {
        match self.batches.take() {
            Some((of, batches)) if of == seed => Ok(batches),
            _ => minibatches(&self.scoring.images, &self.scoring.settings, seed, self.scorer.minibatches()),
        }
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
