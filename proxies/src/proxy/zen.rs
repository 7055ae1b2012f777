//! `zen`: how strongly the features answer to a small change of the images, batch norms' scaling put back.
//!
//! ```text
//! f     = what the global average reads, weights N(0, 1)
//! x, x' = two batches of images, every pixel N(0, 1)
//! delta = mean over images of the sum of | f(x) - f(x + 0.01 x') |
//! v_m   = mean over channels of batch norm m's running variance: from 1, with momentum 0.1, after both passes, unbiased
//! score = ln delta + sum over batch norms of ln sqrt(v_m)
//! ```
//!
//! The weights and images are its own, drawn under the seed of the scoring; only the number of images is the minibatch's.
//! That is one repeat: the mean over several `--seeds` is that of several repeats (the published program takes 32 of 16 images).
//! The sum over batch norms counts dead ones of a network as written. Status `zero` where the features do not depend on
//! the images. [`on`] scores given weights and images.

use super::{Cost, Direction, Measured, Measurement, Needs, PassKind, Proxy, ProxyInfo, Scale};
use crate::engine::{Engine, Normalisation, Observer, Pass, Precision, View, Watch, Watcher};
use crate::network::{LayerId, Network, Op, Shape, Weights};
use crate::score::Status;
use crate::{Batch, Result};

/// How much of x' is added to x.
pub const STEP: f64 = 0.01;

/// Weight of a pass in the running variances.
const MOMENTUM: f64 = 0.1;

/// Sensitivity of the features of a network of Gaussian weights.
pub struct Zen;

struct Features {
    /// Whether the network has one global average, whose input its features are.
    defined: bool,
    /// f(x), image by image.
    first: Vec<f64>,
    delta: f64,
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

/// The score of a network with these weights, on images x and x' of the same number.
///
/// # Errors
/// If the images do not fit each other or the network, and if the engine fails.
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
        let averages = net.layers().iter().filter(|layer| matches!(layer.op, Op::GlobalAverage(_))).count();
        Features { defined: averages == 1, first: Vec::new(), delta: 0.0, running: vec![None; net.layers().len()] }
    }
}

impl Observer for Features {
    fn features(&mut self, value: &View<'_>) {
        let Shape { channels, height, width } = value.shape();
        let rows = (0..value.images()).flat_map(|n| (0..height).map(move |h| (n, h)));
        let pixels = rows.flat_map(|(n, h)| (0..width).map(move |w| (n, h, w)));
        let values = pixels.flat_map(|(n, h, w)| (0..channels).map(move |c| value.get(n, c, h, w)));
        if self.first.is_empty() {
            self.first = values.collect();
        } else {
            let total: f64 = self.first.iter().zip(values).map(|(first, second)| (first - second).abs()).sum();
            self.delta = total / value.images() as f64;
        }
    }

    fn batch_statistics(&mut self, layer: LayerId, _mean: &[f64], variance: &[f64], count: usize) {
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
        if self.delta == 0.0 {
            return Err(Status::Zero);
        }
        let norms = self.running.iter().flatten();
        let means = norms.map(|running| running.iter().sum::<f64>() / running.len() as f64);
        Ok(self.delta.ln() + means.map(|mean| mean.sqrt().ln()).sum::<f64>())
    }
}
