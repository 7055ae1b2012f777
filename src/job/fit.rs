//! How many networks fit into memory at a time.

use super::Scoring;
use super::plan::{Plan, PlannedNetwork};
use super::run::Worker;
use crate::device::{Device, Opened};
use crate::listener::Listener;
use crate::memory::{in_use, text};
use crate::results::{Queue, on_workers};
use crate::{Error, Result};
use std::fmt;
use std::ops::ControlFlow;
use std::sync::atomic::AtomicBool;

/// What the process is taken to use by itself where the system does not say.
const PROCESS: u64 = 256 << 20;

/// How many networks run at a time.
#[derive(Debug, PartialEq, Eq)]
struct Fit {
    networks: usize,
    /// How many would without a limit.
    wanted: usize,
    /// The bytes that the largest of them takes.
    largest: u64,
}

impl Fit {
    /// How many networks of this size fit into `bytes`, of which the process itself takes some, if no more than `wanted` are to run;
    /// `None` if not even one does.
    fn of(largest: u64, bytes: u64, process: u64, wanted: usize) -> Option<Self> {
        let networks = bytes.saturating_sub(process) / largest.max(1);
        let networks = wanted.min(usize::try_from(networks).unwrap_or(wanted));
        (networks > 0).then_some(Fit { networks, wanted, largest })
    }
}

impl fmt::Display for Fit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Fit { networks, wanted, largest } = self;
        let instead = if networks < wanted { format!(" instead of {wanted}") } else { String::new() };
        write!(f, "networks at a time: {networks}{instead}, each of which takes up to {}", text(*largest))
    }
}

/// The most networks that run at a time: [`Scoring::at_once`], and if memory is limited to so many bytes, no more than fit. That is found out
/// without running any, and told.
///
/// # Errors
/// If not even one fits, or if that cannot be known.
pub(super) fn at_once(
    memory: Option<u64>,
    scoring: &Scoring,
    device: &Opened,
    plan: &Plan,
    stop: &AtomicBool,
    listener: &dyn Listener,
) -> Result<Option<usize>> {
    let Some(bytes) = memory else { return Ok(scoring.at_once) };
    if !matches!(scoring.settings.device, Device::Cpu) {
        return Err(Error::setting("memory", "is for the CPU; on a GPU, networks share the memory that it has"));
    }
    let (running, _) = scoring.split_proxies()?;
    if plan.networks.is_empty() || running.is_empty() {
        return Ok(scoring.at_once);
    }
    let queue = Queue::new(&plan.networks, stop);
    let work = |_| largest_of(scoring, device, &queue);
    let found = on_workers(scoring.threads, plan.networks.len(), &work)?.into_iter().collect::<Result<Vec<_>>>()?;
    let Some((largest, network)) = found.into_iter().flatten().max_by_key(|(bytes, _)| *bytes) else {
        // Stopped before the first.
        return Ok(scoring.at_once);
    };
    let wanted = scoring.threads.min(scoring.at_once.unwrap_or(usize::MAX)).min(plan.networks.len());
    let process = in_use().map_or(PROCESS, |(now, _)| now);
    let fit = Fit::of(largest, bytes, process, wanted).ok_or_else(|| {
        let [largest, process] = [largest, process].map(text);
        let reason = format!(
            "is too little: `{}` takes {largest} by itself, beside {process} for everything else; a smaller `batch_size=` takes less",
            network.arch
        );
        Error::setting("memory", reason)
    })?;
    listener.note(&fit.to_string());
    Ok(Some(fit.networks))
}

/// The largest of the networks that one worker takes from the queue, and what it takes.
fn largest_of<'a>(
    scoring: &Scoring,
    device: &Opened,
    queue: &Queue<'a, PlannedNetwork>,
) -> Result<Option<(u64, &'a PlannedNetwork)>> {
    let mut worker = Worker::new(scoring, device, 1)?;
    let mut largest = None;
    queue.work(|network| {
        let Some(bytes) = worker.memory(&network.arch)? else {
            let reason = format!(
                "cannot be kept to: `{}` runs on the reference engine, which does not say what it takes; use `at_once=`",
                network.arch
            );
            return Err(Error::setting("memory", reason));
        };
        if largest.is_none_or(|(most, _)| bytes > most) {
            largest = Some((bytes, network));
        }
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(largest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_networks_run_at_a_time_as_fit_beside_the_process() {
        const GIB: u64 = 1 << 30;
        let told = |bytes| Fit::of(2 * GIB, bytes, GIB, 8).map(|fit| fit.to_string());
        assert_eq!(told(2 * GIB), None);
        let each = "each of which takes up to 2.0 GiB";
        assert_eq!(told(3 * GIB), Some(format!("networks at a time: 1 instead of 8, {each}")));
        assert_eq!(told(8 * GIB), Some(format!("networks at a time: 3 instead of 8, {each}")));
        assert_eq!(told(64 * GIB), Some(format!("networks at a time: 8, {each}")));
    }
}
