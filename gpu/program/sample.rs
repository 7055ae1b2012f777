//! Networks to measure on, and how they are scored.

use crate::Outcome;
use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use zeronas::space::{Sampler, SearchSpace, as_published, find, sample};
use zeronas_proxies::engine::cuda::Cuda;
use zeronas_proxies::engine::{CudaEngine, Precision};
use zeronas_proxies::network::{Network, Shape};
use zeronas_proxies::{Batch, Protocol, Scorer, proxy};
use zeronas_random::Stream;

/// Images of a minibatch.
pub const BATCH: usize = 64;

/// The proxies.
const TRIO: [&str; 3] = ["naswot", "synflow", "grad_norm"];

/// NATS-Bench's topologies as they are published, or small ones for slow devices.
pub fn topologies(small: bool) -> Outcome<Box<dyn SearchSpace>> {
    let space = if small { find("nats-tss", &[("channels", 4), ("cells", 1)]) } else { as_published("nats-tss") };
    space.map_err(|error| error.to_string())
}

/// The canonical networks of so many architectures, each network once; of all that the space has where none is said.
pub fn networks(space: &dyn SearchSpace, count: Option<usize>) -> Outcome<Vec<Network>> {
    let told = |error: zeronas::Error| error.to_string();
    let archs = match (count, space.enumerable()) {
        (None, Some(all)) => (0..all.size()).map(|place| all.nth(place)).collect(),
        (count, _) => sample(space, Sampler::Benchmark, count.unwrap_or(1000), 7).map_err(told)?,
    };
    let (mut known, mut networks) = (HashSet::new(), Vec::new());
    for arch in archs {
        let Some(key) = space.key(&arch).map_err(told)? else { continue };
        if known.insert(key) {
            networks.extend(space.canonical_network(&arch).map_err(told)?);
        }
    }
    Ok(networks)
}

/// Random images for such networks.
pub fn batch(net: &Network, images: usize) -> Outcome<Batch> {
    let shape: Shape = net.input_shape();
    let stream = Stream::new("images", 0);
    let pixels = (0..images * shape.len()).map(|i| stream.normal(i as u64) as f32).collect();
    let labels = (0..images).map(|n| (n % net.classes()) as u32).collect();
    Batch::new(pixels, labels, shape).map_err(|error| error.to_string())
}

/// Scores networks, so many at a time, until all are scored or the time is over; how many that was, and how long it took.
pub fn score(
    cuda: &Arc<Cuda>,
    networks: &[Network],
    batch: &Batch,
    in_flight: usize,
    most: Duration,
) -> Outcome<(usize, Duration)> {
    let (next, failure) = (AtomicUsize::new(0), Mutex::new(None));
    let start = Instant::now();
    let done: usize = std::thread::scope(|scope| {
        let work = || {
            let protocol = Protocol { precision: Precision::F32, ..Protocol::default() };
            let mut scorer = match proxy::find(&TRIO) {
                Ok(proxies) => Scorer::new(proxies, protocol, CudaEngine::new(Arc::clone(cuda))),
                Err(error) => return Err(error.to_string()),
            };
            let mut done = 0;
            while start.elapsed() < most {
                let Some(net) = networks.get(next.fetch_add(1, Ordering::Relaxed)) else { break };
                scorer.score(net, &[batch], 0).map_err(|error| error.to_string())?;
                done += 1;
            }
            Ok(done)
        };
        let threads: Vec<_> = (0..in_flight).map(|_| scope.spawn(work)).collect();
        let outcomes =
            threads.into_iter().map(|thread| thread.join().unwrap_or_else(|_| Err("a thread failed".into())));
        outcomes
            .map(|outcome: Outcome<usize>| {
                outcome.unwrap_or_else(|error| {
                    *failure.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(error);
                    0
                })
            })
            .sum()
    });
    match failure.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner) {
        Some(error) => Err(error),
        None => Ok((done, start.elapsed())),
    }
}
