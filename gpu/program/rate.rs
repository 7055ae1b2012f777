//! How many networks a device scores per second, with kernels as they come and with every variant.

use crate::device::Named;
use crate::sample::{self, BATCH};
use crate::{Flags, Outcome, say};
use serde_json::json;
use std::time::{Duration, Instant};
use zeronas_proxies::engine::cuda::Tuning;

/// Measures, and says what is best.
pub fn run(name: &str, flags: &Flags) -> Outcome<()> {
    let named = Named::read(name)?;
    let seconds = Duration::from_secs_f64(flags.value("--seconds")?.unwrap_or(2.0));
    let count = flags.value("--networks")?.unwrap_or(512);
    let in_flight: String = flags.value("--in-flight")?.unwrap_or_else(|| "32".into());
    let in_flight: Result<Vec<usize>, _> = in_flight.split(',').map(str::parse).collect();
    let in_flight = in_flight.map_err(|error| format!("--in-flight: {error}"))?;
    let networks = sample::networks(sample::topologies(flags.has("--small"))?.as_ref(), Some(count))?;
    let batch = sample::batch(&networks[0], if flags.has("--small") { 8 } else { BATCH })?;

    let measure = |tuning: Tuning, at_a_time: usize| -> Outcome<f64> {
        let start = Instant::now();
        let cuda = named.tuned(tuning).open()?;
        let opened = start.elapsed();
        // The first networks find memory that is not there yet.
        let warm = networks.len().min(at_a_time);
        sample::score(&cuda, &networks[..warm], &batch, at_a_time, seconds)?;
        let (done, spent) = sample::score(&cuda, &networks, &batch, at_a_time, seconds)?;
        let rate = done as f64 / spent.as_secs_f64();
        say(&json!({
            "variant": tuning.to_string(), "in_flight": at_a_time, "networks_per_second": rate, "networks": done, "opened_s": opened.as_secs_f64(),
        }));
        Ok(rate)
    };
    let tunings = if flags.has("--variants") { Tuning::variants() } else { vec![named.tuning] };
    let mut best = (0.0, named.tuning, in_flight[0]);
    let mut try_out = |tuning: Tuning, at_a_time: usize| match measure(tuning, at_a_time) {
        Ok(rate) if rate > best.0 => best = (rate, tuning, at_a_time),
        Ok(_) => {}
        // A variant that a device has no room for is no reason to stop.
        Err(reason) => say(&json!({ "variant": tuning.to_string(), "in_flight": at_a_time, "refused": reason })),
    };
    tunings.iter().for_each(|&tuning| try_out(tuning, in_flight[0]));
    let tuning = best.1;
    in_flight[1..].iter().for_each(|&at_a_time| {
        let mut more = (0.0, tuning, at_a_time);
        match measure(tuning, at_a_time) {
            Ok(rate) => more.0 = rate,
            Err(reason) => say(&json!({ "variant": tuning.to_string(), "in_flight": at_a_time, "refused": reason })),
        }
        if more.0 > best.0 {
            best = more;
        }
    });
    let (rate, tuning, at_a_time) = best;
    if rate == 0.0 {
        return Err("no variant ran".into());
    }
    say(&json!({ "best": tuning.to_string(), "in_flight": at_a_time, "networks_per_second": rate }));
    Ok(())
}
