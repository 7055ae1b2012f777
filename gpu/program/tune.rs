//! Finds the tuning that is best on a device, and keeps it for devices of its kind.
//!
//! Every variant of the kernels is measured once, and the fastest with other numbers of networks at a time. The fastest few of all then take
//! turns with the usual tuning. What is kept must be faster in its slowest turn than that in its fastest, and meet the golden cases
//! that are small.

use crate::device::Named;
use crate::sample::{self, BATCH};
use crate::{Flags, Outcome, golden, say};
use serde_json::json;
use std::time::{Duration, Instant};
use zeronas::device::cores;
use zeronas_proxies::Batch;
use zeronas_proxies::engine::cuda::{Tuning, worth_keeping};
use zeronas_proxies::network::Network;

/// Tunings that are measured in turns beside the usual one, and how often.
const FINALISTS: usize = 3;
const TURNS: usize = 5;

/// What is measured: naswot, synflow and grad_norm of these networks, so long.
struct Measured {
    named: Named,
    networks: Vec<Network>,
    batch: Batch,
    seconds: Duration,
}

impl Measured {
    /// Networks at a time.
    fn at_a_time(&self, tuning: &Tuning) -> usize {
        cores().max(tuning.networks as usize).min(self.networks.len())
    }

    /// Networks per second, which it says.
    fn rate(&self, tuning: Tuning) -> Outcome<f64> {
        let (start, at_a_time) = (Instant::now(), self.at_a_time(&tuning));
        let named = self.named.tuned(tuning);
        let cuda = named.open()?;
        let opened = start.elapsed();
        // The first networks find memory that is not there yet.
        sample::score(&cuda, &self.networks[..at_a_time], &self.batch, at_a_time, self.seconds)?;
        let (done, spent) = sample::score(&cuda, &self.networks, &self.batch, at_a_time, self.seconds)?;
        let rate = done as f64 / spent.as_secs_f64();
        say(&json!({
            "variant": named.tuning.to_string(), "in_flight": at_a_time, "networks_per_second": rate, "networks": done,
            "opened_s": opened.as_secs_f64(),
        }));
        Ok(rate)
    }

    /// The same of a variant, which is refused where a device has no room for it: that is no reason to stop.
    fn tried(&self, tuning: Tuning) -> Option<(Tuning, f64)> {
        match self.rate(tuning) {
            Ok(rate) => Some((tuning, rate)),
            Err(reason) => {
                say(&json!({ "variant": tuning.to_string(), "refused": reason }));
                None
            }
        }
    }

    /// Whether scores are as accurate as they have to be; says how many are not.
    fn accurate(&self, tuning: Tuning, flags: &Flags) -> Outcome<bool> {
        let met = golden::check(self.named.tuned(tuning).open()?, flags, &|_| ())?;
        if !met {
            say(&json!({ "variant": tuning.to_string(), "refused": "golden cases are not met" }));
        }
        Ok(met)
    }
}

fn middle(rates: &[f64]) -> f64 {
    let mut rates = rates.to_vec();
    rates.sort_by(f64::total_cmp);
    rates[rates.len() / 2]
}

/// Measures, chooses and keeps.
pub fn run(name: &str, flags: &Flags) -> Outcome<()> {
    let small = flags.has("--small");
    let seconds = Duration::from_secs_f64(flags.value("--seconds")?.unwrap_or(2.0));
    let count = flags.value("--networks")?.unwrap_or(512);
    let networks = sample::networks(sample::topologies(small)?.as_ref(), Some(count))?;
    let batch = sample::batch(&networks[0], if small { 2 } else { BATCH })?;
    let measured = Measured { named: Named::read(name)?, networks, batch, seconds };
    // While it is open once, opening it again is quick.
    let open = measured.named.open()?;

    let mut found: Vec<(Tuning, f64)> =
        Tuning::variants().into_iter().filter_map(|tuning| measured.tried(tuning)).collect();
    let fastest = |found: &mut Vec<(Tuning, f64)>| found.sort_by(|(_, one), (_, other)| other.total_cmp(one));
    fastest(&mut found);
    let Some(&(best, _)) = found.first() else { return Err("no variant runs".into()) };
    let mut numbers = vec![measured.at_a_time(&best)];
    for crowd in best.crowds() {
        let number = measured.at_a_time(&crowd);
        if !numbers.contains(&number) {
            numbers.push(number);
            found.extend(measured.tried(crowd));
        }
    }
    fastest(&mut found);

    let usual = Tuning::default();
    let finalists = found.iter().map(|(tuning, _)| *tuning).filter(|tuning| *tuning != usual).take(FINALISTS);
    let mut turns: Vec<(Tuning, Vec<f64>)> = std::iter::once(usual).chain(finalists).map(|t| (t, Vec::new())).collect();
    for _ in 0..TURNS {
        for (tuning, rates) in &mut turns {
            rates.extend(measured.tried(*tuning).map(|(_, rate)| rate));
        }
    }
    let (_, usual_rates) = turns.remove(0);
    if usual_rates.len() < TURNS {
        return Err("the usual tuning does not run".into());
    }
    // One that was refused in a turn is none.
    turns.retain(|(_, rates)| rates.len() == TURNS);
    turns.sort_by(|(_, one), (_, other)| middle(other).total_cmp(&middle(one)));
    let mut kept = (usual, usual_rates.clone());
    for (tuning, rates) in turns.into_iter().filter(|(_, rates)| worth_keeping(rates, &usual_rates)) {
        if measured.accurate(tuning, flags)? {
            kept = (tuning, rates);
            break;
        }
    }
    drop(open);
    let (tuning, rates) = kept;
    let path = measured.named.tuned(tuning).keep()?;
    say(&json!({
        "best": tuning.to_string(), "networks_per_second": middle(&rates), "usual_per_second": middle(&usual_rates),
        "kept": path.display().to_string(),
    }));
    Ok(())
}
