//! `near`: how many directions a few pixels of a network's layers fill.
//!
//! ```text
//! M_l   = the output of layer l: a row for each pixel of each image (images outermost, then columns, then rows of pixels), a column
//!         for each channel
//! S_l   = C rows of M_l, one after another from row g_l W on, C being its channels and W its width (a vector's length), g_l
//!         drawn among the whole numbers below rows / W - 1; all rows where there are fewer than C
//! p     = singular values of S_l, each as a share of their sum
//! score = sum over layers l of exp(- sum of p ln p), 0 where all of S_l is 0
//! ```
//!
//! Layers are convolutions, batch norms, activations and linear layers. On the minibatch; batch norms use its statistics. So few pixels,
//! mostly of one image, make the score noisy: the mean over several `--seeds` is steadier, and `near_all` takes all pixels. Range: up to
//! the total number of channels.

use super::maps::names;
use super::near_all::{all_outputs, layers};
use super::spectrum::effective_rank;
use super::{Cost, Direction, Measured, Measurement, Needs, Proxy, ProxyInfo, Scale};
use crate::engine::{Observer, View};
use crate::network::{LayerId, Network, Op, Shape};
use nalgebra::DMatrix;
use zeronas_random::Stream;

/// Effective ranks of samples of layers' outputs.
pub struct Near;

struct Ranks {
    layers: Vec<bool>,
    /// Whether a layer yields a vector because it is linear, rather than a map of one pixel.
    linear: Vec<bool>,
    streams: Vec<String>,
    seed: u64,
    total: f64,
}

impl Proxy for Near {
    fn info(&self) -> ProxyInfo {
        ProxyInfo {
            name: "near",
            direction: Direction::Higher,
            scale: Scale::Linear,
            cost: Cost::Forward,
            summary: "effective ranks of layers' outputs, of as many pixels as channels",
            source: "Husistein et al. 2024, NEAR",
        }
    }

    fn needs(&self) -> Needs {
        all_outputs()
    }

    fn measure(&self, net: &Network) -> Box<dyn Measurement> {
        let linear = net.layers().iter().map(|layer| matches!(layer.op, Op::Linear(_))).collect();
        Box::new(Ranks { layers: layers(net), linear, streams: names(net, "near"), seed: 0, total: 0.0 })
    }
}

impl Observer for Ranks {
    fn output(&mut self, layer: LayerId, value: &View<'_>) {
        if self.layers[layer.index()] {
            let stream = Stream::new(&self.streams[layer.index()], self.seed);
            self.total +=
                effective_rank(sample(value, self.linear[layer.index()], stream).singular_values().as_slice());
        }
    }
}

/// S_l.
fn sample(value: &View<'_>, linear: bool, stream: Stream) -> DMatrix<f64> {
    let Shape { channels, height, width } = value.shape();
    let (area, rows) = (height * width, value.images() * height * width);
    let size = if linear { channels } else { width };
    let groups = (rows / size).saturating_sub(1);
    let first = if rows >= channels && groups > 0 { stream.below(0, groups as u64) as usize * size } else { 0 };
    let last = (first + channels).min(rows);
    DMatrix::from_fn(last - first, channels, |row, c| {
        let (n, pixel) = ((first + row) / area, (first + row) % area);
        value.get(n, c, pixel % height, pixel / height)
    })
}

impl Measurement for Ranks {
    fn seed(&mut self, seed: u64) {
        self.seed = seed;
    }

    fn finish(self: Box<Self>) -> Measured {
        Ok(self.total)
    }
}
