//! What there is to do, counted: networks are run on a device that computes nothing.

use crate::profile::entries;
use crate::sample::{self, BATCH};
use crate::{Flags, Outcome, say};
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use zeronas::space::{SearchSpace, as_published};
use zeronas_proxies::engine::cuda::{Cuda, Idle, Meter, Work};

/// What a GPU does at the most: 32-bit and 64-bit operations per second and bytes per second.
struct Peak {
    name: &'static str,
    single: f64,
    double: f64,
    memory: f64,
}

/// As their data sheets have it, without tensor cores.
const PEAKS: [Peak; 2] = [
    Peak { name: "H100 SXM", single: 67e12, double: 34e12, memory: 3.35e12 },
    Peak { name: "H200", single: 67e12, double: 34e12, memory: 4.8e12 },
];

/// Counts naswot, synflow and grad_norm of all topologies of NATS-Bench, of one network of NAS-Bench-101 and of one of Accel-NASBench,
/// which are like MobileNet.
pub fn run(flags: &Flags) -> Outcome<()> {
    let told = |error: zeronas::Error| error.to_string();
    let count = flags.value("--networks")?;
    of("nats-tss", sample::topologies(false)?.as_ref(), count)?;
    of("nb101, one network", as_published("nb101").map_err(told)?.as_ref(), Some(1))?;
    of("accel-nb, one network", as_published("accel-nb").map_err(told)?.as_ref(), Some(1))
}

fn of(name: &str, space: &dyn SearchSpace, count: Option<usize>) -> Outcome<()> {
    let networks = sample::networks(space, count)?;
    let batch = sample::batch(&networks[0], BATCH)?;
    let idle = Idle::new(usize::MAX);
    let meter = Meter::new(Box::new(Arc::clone(&idle)), false);
    let cuda = Cuda::on(Arc::clone(&meter));
    let (done, spent) = sample::score(&cuda, &networks, &batch, 1, Duration::MAX)?;
    let read = meter.read();
    let total: Work = read.values().map(|entry| entry.work).sum();
    let [up, down] = meter.copied();
    say(&json!({
        "space": name, "networks": done, "gop": total.operations as f64 / 1e9, "gb": total.bytes as f64 / 1e9,
        "launches": read.values().map(|entry| entry.launches).sum::<u64>(), "memory_gb": idle.most() as f64 / 1e9,
        "uploaded_gb": up as f64 / 1e9, "downloaded_gb": down as f64 / 1e9, "host_s": spent.as_secs_f64(),
    }));
    for Peak { name: peak, single, double, memory } in PEAKS {
        let floor = |(&(_, is_double), entry): (&(_, bool), &zeronas_proxies::engine::cuda::Entry)| {
            let arithmetic = entry.work.operations as f64 / if is_double { double } else { single };
            arithmetic.max(entry.work.bytes as f64 / memory)
        };
        say(&json!({ "space": name, "on": peak, "floor_s": read.iter().map(floor).sum::<f64>() }));
    }
    entries(&read).into_iter().for_each(|line| say(&line));
    Ok(())
}
