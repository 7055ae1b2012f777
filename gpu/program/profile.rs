//! What each kernel took and how near it came to what it has to do at the least.

use crate::device::Named;
use crate::sample::{self, BATCH};
use crate::{Flags, Outcome, say};
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use zeronas_proxies::engine::cuda::source::Kernel;
use zeronas_proxies::engine::cuda::{Cuda, Entry, Meter};

/// Scores networks launch by launch, each timed, and says so by kernel; the longest first.
pub fn run(name: &str, flags: &Flags) -> Outcome<()> {
    let small = flags.has("--small");
    let networks =
        sample::networks(sample::topologies(small)?.as_ref(), Some(flags.value("--networks")?.unwrap_or(64)))?;
    let batch = sample::batch(&networks[0], if small { 8 } else { BATCH })?;
    let meter = Meter::new(Named::read(name)?.device()?, true);
    let cuda = Cuda::on(Arc::clone(&meter));
    let in_flight = if small { 2 } else { 32 };
    let long = Duration::from_secs(3600);
    sample::score(&cuda, &networks[..networks.len().min(in_flight)], &batch, in_flight, long)?;
    meter.reset();
    let (done, spent) = sample::score(&cuda, &networks, &batch, in_flight, long)?;
    let [up, down] = meter.copied();
    let kernels: Duration = meter.read().values().map(|entry| entry.time).sum();
    say(&json!({
        "networks": done, "seconds": spent.as_secs_f64(), "in_kernels_s": kernels.as_secs_f64(),
        "uploaded_mb": up as f64 / 1e6, "downloaded_mb": down as f64 / 1e6,
    }));
    entries(&meter.read()).into_iter().for_each(|line| say(&line));
    Ok(())
}

/// The accounts as lines, by time and then by bytes.
pub fn entries(read: &BTreeMap<(Kernel, bool), Entry>) -> Vec<serde_json::Value> {
    let mut entries: Vec<_> = read.iter().collect();
    entries.sort_by_key(|(_, entry)| std::cmp::Reverse((entry.time, entry.work.bytes)));
    let line = |((kernel, double), entry): (&(Kernel, bool), &Entry)| {
        let seconds = entry.time.as_secs_f64();
        let per_second = |count: u64| if seconds > 0.0 { Some(count as f64 / seconds / 1e9) } else { None };
        json!({
            "kernel": kernel.name(), "bits": if *double { 64 } else { 32 }, "launches": entry.launches, "blocks": entry.blocks,
            "gop": entry.work.operations as f64 / 1e9, "gb": entry.work.bytes as f64 / 1e9, "ms": seconds * 1e3,
            "gop_s": per_second(entry.work.operations), "gb_s": per_second(entry.work.bytes),
        })
    };
    entries.into_iter().map(line).collect()
}
