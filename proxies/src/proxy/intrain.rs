//! `intrain`: how many directions a network's features fill, and how even the gradients of its parameters are.
//!
//! ```text
//! C_l   = covariances (over n - 1) of the channels of layer l's output over all images and pixels, 1e-10 added to the diagonal
//! gamma = sum over convolutions and linear layers l of ln[(tr C_l)^2 / tr(C_l^2)]
//! h_i   = min(1, std(g_i) / (max|g_i| + 1e-10)), g_i the loss gradient by parameter tensor i, std over n - 1
//! o     = sum over all parameter tensors i of h_i
//! score = gamma (1 + o) / ln(layers + 1), layers being the number of convolutions and linear layers
//! ```
//!
//! The images are noise, every pixel N(0, 1), as many as the minibatch has and with its labels; batch norms use their statistics; the
//! loss is the mean cross entropy. **From a description: no program was published.** Decided here: which layers and tensors count; h_i
//! is 0 for a tensor of one number, and where max|g_i| is at most a millionth of the largest of all tensors, because such a gradient is
//! zero up to rounding; images have the network's own size, where the paper uses 64 images of 64 x 64 pixels.

use super::{Cost, Direction, Measured, Measurement, Needs, PassKind, Proxy, ProxyInfo, Scale};
use crate::engine::{Observer, Values, View, Watch};
use crate::network::{LayerId, Network, Op, Parameter};
use crate::score::Status;

/// Participation of channels and health of gradients.
pub struct InTrain;

/// Added to each variance and to each largest gradient.
const SMALL: f64 = 1e-10;

/// Largest gradient of a tensor, relative to that of all tensors, up to which it counts as rounding.
const ROUNDING: f64 = 1e-6;

struct Parts {
    layers: Vec<bool>,
    gamma: f64,
    /// For each parameter tensor of more than one number, the largest gradient and the standard deviation of the gradients.
    tensors: Vec<(f64, f64)>,
}

impl Proxy for InTrain {
    fn info(&self) -> ProxyInfo {
        ProxyInfo {
            name: "intrain",
            direction: Direction::Higher,
            scale: Scale::Linear,
            cost: Cost::Backward,
            summary: "directions that features fill, and evenness of the loss gradients",
            source: "Zhou et al. 2026, InTrain (from a description)",
        }
    }

    fn needs(&self) -> Needs {
        Needs::Passes(&[PassKind::NormalImages], Watch { outputs: true, weight_gradients: true, ..Watch::default() })
    }

    fn measure(&self, net: &Network) -> Box<dyn Measurement> {
        let counts = |op: &Op| matches!(op, Op::Conv(_) | Op::Linear(_));
        let layers = net.layers().iter().map(|layer| counts(&layer.op)).collect();
        Box::new(Parts { layers, gamma: 0.0, tensors: Vec::new() })
    }
}

impl Observer for Parts {
    fn output(&mut self, layer: LayerId, value: &View<'_>) {
        if self.layers[layer.index()] {
            self.gamma += participation(value).ln();
        }
    }

    fn weight(&mut self, _parameter: &Parameter, _value: Values<'_>, gradient: Values<'_>) {
        let count = gradient.len() as f64;
        if gradient.len() > 1 {
            let mean = gradient.sum(|g| g) / count;
            let variance = gradient.sum(|g| (g - mean).powi(2)) / (count - 1.0);
            let largest = (0..gradient.len()).map(|i| gradient.get(i).abs()).fold(0.0, f64::max);
            self.tensors.push((largest, variance.sqrt()));
        }
    }
}

/// (tr C)^2 / tr(C^2).
fn participation(value: &View<'_>) -> f64 {
    let channels = value.shape().channels;
    let count = (value.images() * value.shape().area()) as f64;
    let mut covariance = value.covariance();
    covariance.iter_mut().for_each(|c| *c *= count / (count - 1.0));
    (0..channels).for_each(|c| covariance[c * channels + c] += SMALL);
    let trace: f64 = (0..channels).map(|c| covariance[c * channels + c]).sum();
    trace * trace / covariance.iter().map(|c| c * c).sum::<f64>()
}

impl Measurement for Parts {
    fn finish(self: Box<Self>) -> Measured {
        let layers = self.layers.iter().filter(|counts| **counts).count();
        if layers == 0 {
            return Err(Status::Undefined);
        }
        let largest = self.tensors.iter().map(|(largest, _)| *largest).fold(0.0, f64::max);
        let pulled = self.tensors.iter().filter(|(of_tensor, _)| *of_tensor > ROUNDING * largest);
        let health: f64 = pulled.map(|(of_tensor, deviation)| (deviation / (of_tensor + SMALL)).min(1.0)).sum();
        Ok(self.gamma * (1.0 + health) / ((layers + 1) as f64).ln())
    }
}
