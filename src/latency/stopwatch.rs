//! Measures latencies on this machine.

use crate::Result;
use crate::device::{Device, pool};
use crate::percentile::percentile;
use crate::space::check_ranges;
use std::sync::{Mutex, PoisonError};
use zeronas_proxies::Batch;
use zeronas_proxies::engine::{Engine, FusedSettings, Normalisation, Pass, Precision};
use zeronas_proxies::network::{Init, Network, RunningStatistics, Weights};

/// Untimed runs before the first that is measured; they fill caches and buffers.
const WARM_UP: usize = 3;

/// Measures how long networks take for one image, one network at a time.
pub struct Stopwatch {
    engine: Mutex<Box<dyn Engine>>,
    pool: rayon::ThreadPool,
    repeats: usize,
}

/// The time of repeated inferences on one image.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Timing {
    /// Median, in milliseconds.
    pub median_ms: f64,
    /// First and third quartile, in milliseconds.
    pub quartiles_ms: [f64; 2],
}

impl Stopwatch {
    /// Default number of inferences that are measured.
    pub const REPEATS: usize = 25;

    /// A stopwatch for inference on `threads` threads, repeated `repeats` times.
    ///
    /// # Errors
    /// If one of the two is 0 or too large.
    pub fn new(threads: usize, repeats: usize) -> Result<Self> {
        check_ranges(&[("threads", threads, 1..=1024), ("repeats", repeats, 1..=100_000)])?;
        let engine = Device::Cpu.open()?.engine(FusedSettings { exact: false, threads });
        Ok(Stopwatch { engine: Mutex::new(engine), pool: pool(threads)?, repeats })
    }

    /// Measures the time of this network as it is; the values of weights do not matter.
    ///
    /// # Errors
    /// If the network cannot be run.
    pub fn time(&self, net: &Network) -> Result<Timing> {
        let weights = Weights::initialise(net, Init::default(), 0);
        let running = RunningStatistics::new(net);
        let batch = Batch::noise(1, net.input_shape(), "latency", 0);
        let pass = Pass { batch: &batch, normalisation: Normalisation::Running(&running), precision: Precision::F32 };
        let times: Result<Vec<f64>> = self.pool.install(|| {
            let mut engine = self.engine.lock().unwrap_or_else(PoisonError::into_inner);
            let once = |_| Ok(engine.run(net, &weights, &pass, &mut [])?.forward.as_secs_f64() * 1e3);
            (0..WARM_UP + self.repeats).map(once).collect()
        });
        Ok(Timing::of(&times?[WARM_UP..]))
    }
}

impl Timing {
    fn of(times: &[f64]) -> Self {
        let mut times = times.to_vec();
        times.sort_by(f64::total_cmp);
        // There is at least one time.
        let at = |share: f64| percentile(&times, share).unwrap_or_default();
        Timing { median_ms: at(0.5), quartiles_ms: [at(0.25), at(0.75)] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::{NatsTss, SearchSpace};

    #[test]
    fn the_median_and_the_quartiles_lie_between_neighbours() {
        let timing = Timing::of(&[4.0, 1.0, 3.0, 2.0]);
        assert_eq!(timing, Timing { median_ms: 2.5, quartiles_ms: [1.75, 3.25] });
        assert_eq!(Timing::of(&[7.0]), Timing { median_ms: 7.0, quartiles_ms: [7.0; 2] });
    }

    #[test]
    fn a_network_takes_some_time() {
        let space = NatsTss::default();
        let net = space.network(&space.parse("0").unwrap()).unwrap().folded().unwrap();
        let timing = Stopwatch::new(1, 3).unwrap().time(&net).unwrap();
        let [low, high] = timing.quartiles_ms;
        assert!(0.0 < low && low <= timing.median_ms && timing.median_ms <= high, "{timing:?}");
        assert!(Stopwatch::new(0, 3).is_err() && Stopwatch::new(1, 0).is_err());
    }
}
