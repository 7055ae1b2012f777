//! `near_all`: how many directions the outputs of a network's layers fill.
//!
//! ```text
//! M_l   = the output of layer l: a row for each pixel of each image, a column for each channel
//! p     = singular values of M_l, each as a share of their sum
//! score = sum over layers l of exp(- sum of p ln p), 0 where all of M_l is 0
//! ```
//!
//! Layers are convolutions, batch norms, activations and linear layers. On the minibatch; batch norms use its statistics. Range: up to
//! the total number of channels. The published program computes `near`, which takes only C rows of each M_l.

use super::spectrum::{effective_rank, singular_values_of_products};
use super::{Cost, Direction, Measured, Measurement, Needs, PassKind, Proxy, ProxyInfo, Scale};
use crate::engine::{Observer, View, Watch};
use crate::network::{LayerId, Network, Op, Shape};
use nalgebra::DMatrix;

/// Effective ranks of layers' outputs.
pub struct NearAll;

struct Ranks {
    layers: Vec<bool>,
    total: f64,
}

impl Proxy for NearAll {
    fn info(&self) -> ProxyInfo {
        ProxyInfo {
            name: "near_all",
            direction: Direction::Higher,
            scale: Scale::Linear,
            cost: Cost::Forward,
            summary: "effective ranks of layers' outputs, of all pixels",
            source: "Husistein et al. 2024, NEAR (without its sampling)",
        }
    }

    fn needs(&self) -> Needs {
        all_outputs()
    }

    fn measure(&self, net: &Network) -> Box<dyn Measurement> {
        Box::new(Ranks { layers: layers(net), total: 0.0 })
    }
}

/// The pass that shows the outputs of all layers.
pub(super) fn all_outputs() -> Needs {
    Needs::Passes(&[PassKind::Data], Watch { outputs: true, ..Watch::default() })
}

/// For each layer, whether it counts.
pub(super) fn layers(net: &Network) -> Vec<bool> {
    let counts = |op: &Op| matches!(op, Op::Conv(_) | Op::BatchNorm(_) | Op::Activation(_) | Op::Linear(_));
    net.layers().iter().map(|layer| counts(&layer.op)).collect()
}

impl Observer for Ranks {
    fn output(&mut self, layer: LayerId, value: &View<'_>) {
        if self.layers[layer.index()] {
            let channels = value.shape().channels;
            let products = DMatrix::from_vec(channels, channels, value.squares_in_f64());
            let values = singular_values_of_products(&products).unwrap_or_else(|| singular_values(value));
            self.total += effective_rank(&values);
        }
    }
}

/// The singular values of the matrix of all pixels, from its triangular factor, which is updated by a few pixels at a time.
fn singular_values(value: &View<'_>) -> Vec<f64> {
    let Shape { channels, height, width } = value.shape();
    let mut factor = DMatrix::<f64>::zeros(0, channels);
    let pixels = (0..value.images()).flat_map(|n| (0..height).flat_map(move |h| (0..width).map(move |w| [n, h, w])));
    let pixels: Vec<[usize; 3]> = pixels.collect();
    for some in pixels.chunks(2 * channels) {
        let kept = factor.nrows();
        let mut stacked = factor.resize_vertically(kept + some.len(), 0.0);
        for (row, &pixel) in some.iter().enumerate() {
            let (numbers, step) = value.pixel(pixel);
            (0..channels).for_each(|c| stacked[(kept + row, c)] = numbers.get(c * step));
        }
        factor = stacked.qr().unpack_r();
    }
    factor.singular_values().iter().copied().collect()
}

impl Measurement for Ranks {
    fn finish(self: Box<Self>) -> Measured {
        Ok(self.total)
    }
}
