//! `fisher`: how much the loss would change if single channels were removed.
//!
//! ```text
//! a, g  = output of a convolution or linear layer (its bias included) and dL/da
//! t_nc  = sum over pixels of a * g, for image n and channel c
//! d_c   = mean over n of t_nc^2, halved
//! score = sum over layers and channels of d_c * (weights of one channel)
//! ```
//!
//! L is the mean cross entropy of one minibatch, so g shrinks as the batch grows and only scores with the same batch size are
//! comparable; batch norms use its statistics. The reference assigns a channel's value to each of its weights, hence the factor
//! of input channels x kernel area. Range: 0 and up; 0 where the logits do not depend on the images.

use super::{Cost, Direction, Measured, Measurement, Needs, PassKind, Proxy, ProxyInfo, Scale};
use crate::engine::{Observer, Watch};
use crate::network::{LayerId, Network, Role};

/// Sum of the saliencies of all channels.
pub struct Fisher;

struct Channels {
    /// For each layer with weights, the number of weights per channel and the number of channels.
    layers: Vec<Option<(usize, usize)>>,
    total: f64,
}

impl Proxy for Fisher {
    fn info(&self) -> ProxyInfo {
        ProxyInfo {
            name: "fisher",
            direction: Direction::Higher,
            scale: Scale::Linear,
            cost: Cost::Backward,
            summary: "loss change if single channels went",
            source: "Turner et al. 2020, BlockSwap; as a proxy: Abdelfattah et al. 2021",
        }
    }

    fn needs(&self) -> Needs {
        Needs::Passes(&[PassKind::Data], Watch { saliencies: true, ..Watch::default() })
    }

    fn measure(&self, net: &Network) -> Box<dyn Measurement> {
        let mut layers = vec![None; net.layers().len()];
        for parameter in net.parameters().iter().filter(|parameter| parameter.role == Role::Weight) {
            layers[parameter.layer.index()] = Some((parameter.fan_in(), parameter.shape[0]));
        }
        Box::new(Channels { layers, total: 0.0 })
    }
}

impl Observer for Channels {
    fn saliency(&mut self, layer: LayerId, products: &[f64]) {
        if let Some((weights, channels)) = self.layers[layer.index()] {
            let images = products.len() / channels;
            let squares: f64 = products.iter().map(|t| t * t).sum();
            self.total += weights as f64 * squares / (2.0 * images as f64);
        }
    }
}

impl Measurement for Channels {
    fn finish(self: Box<Self>) -> Measured {
        Ok(self.total)
    }
}
