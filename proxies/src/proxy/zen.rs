//! `zen`: how strongly the features respond to a small change of the images, with the scaling by batch norms compensated.
//!
//! ```text
//! f     = what the last global average or global max reads, weights N(0, 1)
//! x, x' = two batches of images, every pixel N(0, 1)
//! delta = mean over images of the sum of | f(x) - f(x + 0.01 x') |
//! v_m   = mean over channels of batch norm m's running variance: from 1, with momentum 0.1, after both passes, unbiased
//! score = ln delta + sum over batch norms of ln sqrt(v_m)
//! ```
//!
//! The proxy draws its own weights and images under the seed of the scoring; only the number of images is the minibatch's.
//! This is one repeat: for several, take the mean over several `--seeds` (the published program uses 32 repeats of 16 images).
//! The sum over batch norms includes dead ones if the network is scored as written, and those without scale and shift, but not those
//! with one number per channel, which have no variance. Status `zero` where the features do not depend on the images, `undefined`
//! without a global pool. [`on`] computes the score for given weights and images.

use super::{Cost, Direction, Measured, Measurement, Needs, PassKind, Proxy, ProxyInfo, Scale};
use crate::engine::{Engine, Normalisation, Observer, Pass, Precision, View, Watch, Watcher};
use crate::network::{Layer, LayerId, Network, Op, Shape, Weights};
use crate::score::Status;
use crate::{Batch, Result};

/// How much of x' is added to x.
pub const STEP: f64 = 0.01;

/// Weight of a pass in the running variances.
const MOMENTUM: f64 = 0.1;

/// Sensitivity of the features of a network with Gaussian weights.
pub struct Zen;

struct Features {
    /// Whether the network has a global pool, so that it has features.
    defined: bool,
    /// Number of passes that have begun.
    passes: usize,
    /// f(x) and f(x + 0.01 x'), image by image.
    latest: [Vec<f64>; 2],
    images: usize,
    /// Running variances of each batch norm that has run.
    running: Vec<Option<Vec<f64>>>,
}

impl Proxy for Zen {
    fn info(&self) -> ProxyInfo {
        ProxyInfo {
            name: "zen",
            direction: Direction::Higher,
            scale: Scale::Linear,
            cost: Cost::Forward,
            summary: "how the features of a Gaussian network answer to noise",
            source: "Lin et al. 2021, Zen-NAS",
        }
    }

    fn needs(&self) -> Needs {
        Needs::Passes(&[PassKind::Zen, PassKind::ShiftedZen], watch())
    }

    fn measure(&self, net: &Network) -> Box<dyn Measurement> {
        Box::new(Features::new(net))
    }
}

fn watch() -> Watch {
    Watch { features: true, batch_statistics: true, ..Watch::default() }
}

/// Returns the score of a network with these weights, on images x and equally many images x'.
///
/// # Errors
/// If the images do not fit each other or the network, or if the engine fails.
pub fn on(
    engine: &mut dyn Engine,
    net: &Network,
    weights: &Weights,
    [x, noise]: [&Batch; 2],
    precision: Precision,
) -> Result<Measured> {
    let mut features = Box::new(Features::new(net));
    for batch in [x, &x.shifted(noise, STEP)?] {
        let pass = Pass { batch, normalisation: Normalisation::Batch, precision };
        engine.run(net, weights, &pass, &mut [Watcher::new(watch(), features.as_mut())])?;
    }
    Ok(features.finish())
}

impl Features {
    fn new(net: &Network) -> Self {
        let is_pool = |layer: &Layer| matches!(layer.op, Op::GlobalAverage(_) | Op::GlobalMax(_));
        let defined = net.layers().iter().any(is_pool);
        Features {
            defined,
            passes: 0,
            latest: [Vec::new(), Vec::new()],
            images: 0,
            running: vec![None; net.layers().len()],
        }
    }
}

impl Observer for Features {
    fn start(&mut self, pass: &Pass<'_>) {
        self.passes += 1;
        self.images = pass.batch.size();
    }

    fn features(&mut self, value: &View<'_>) {
        let Shape { channels, height, width } = value.shape();
        let rows = (0..value.images()).flat_map(|n| (0..height).map(move |h| (n, h)));
        let pixels = rows.flat_map(|(n, h)| (0..width).map(move |w| (n, h, w)));
        let values = pixels.flat_map(|(n, h, w)| (0..channels).map(move |c| value.get(n, c, h, w)));
        // The features of a later pool replace those of an earlier one.
        let latest = &mut self.latest[self.passes.saturating_sub(1).min(1)];
        latest.clear();
        latest.extend(values);
    }

    fn batch_statistics(&mut self, layer: LayerId, _mean: &[f64], variance: &[f64], count: usize) {
        // One number per channel has no variance.
        if count < 2 {
            return;
        }
        let count = count as f64;
        let running = self.running[layer.index()].get_or_insert_with(|| vec![1.0; variance.len()]);
        for (running, variance) in running.iter_mut().zip(variance) {
            *running = (1.0 - MOMENTUM) * *running + MOMENTUM * variance * count / (count - 1.0);
        }
    }
}

impl Measurement for Features {
    fn finish(self: Box<Self>) -> Measured {
        if !self.defined {
            return Err(Status::Undefined);
        }
        let [first, second] = &self.latest;
        let total: f64 = first.iter().zip(second).map(|(first, second)| (first - second).abs()).sum();
        let delta = total / self.images as f64;
        if delta == 0.0 {
            return Err(Status::Zero);
        }
        let norms = self.running.iter().flatten();
        let means = norms.map(|running| running.iter().sum::<f64>() / running.len() as f64);
        Ok(delta.ln() + means.map(|mean| mean.sqrt().ln()).sum::<f64>())
    }
}
