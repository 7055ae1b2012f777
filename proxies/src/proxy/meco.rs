//! `meco`: how far the channels of a network's maps are from being linearly dependent, on one image.
//!
//! ```text
//! x_lc  = channel c of map l, all its pixels in a row
//! P_l   = Pearson correlations of the rows x_lc, channels x channels; one that does not exist, as of a constant channel, counts 0
//! score = sum over maps l of the least eigenvalue of P_l
//! ```
//!
//! Maps are the outputs of convolutions, batch norms, ReLUs, sums, concatenations and pools. The image is the first of the noise images,
//! every pixel N(0, 1), and batch norms use its statistics. Published figures are for images of 64 x 64 pixels: `--resolution 64`. A map
//! with at least as many channels as pixels contributes 0, so narrow networks score higher for that alone: on search spaces of widths
//! the proxy ranks in reverse. Each map counts once; the published program goes by modules and counts some of them several times.

use super::maps::maps;
use super::spectrum::{correlations, least_eigenvalue};
use super::{Cost, Direction, Measured, Measurement, Needs, PassKind, Proxy, ProxyInfo, Scale};
use crate::engine::{Numbers, Observer, View, Watch};
use crate::network::{LayerId, Network};

/// Least eigenvalues of the channels' correlations.
pub struct Meco;

struct Eigenvalues {
    maps: Vec<bool>,
    total: f64,
}

impl Proxy for Meco {
    fn info(&self) -> ProxyInfo {
        ProxyInfo {
            name: "meco",
            direction: Direction::Higher,
            scale: Scale::Linear,
            cost: Cost::OneImage,
            summary: "least eigenvalues of the correlations between channels",
            source: "Jiang et al. 2023, MeCo",
        }
    }

    fn needs(&self) -> Needs {
        one_image()
    }

    fn measure(&self, net: &Network) -> Box<dyn Measurement> {
        Box::new(Eigenvalues { maps: maps(net), total: 0.0 })
    }
}

/// A pass of one image that shows all maps.
pub(super) fn one_image() -> Needs {
    Needs::Passes(&[PassKind::NormalImage], Watch { outputs: true, ..Watch::default() })
}

/// The least eigenvalue of the correlations between channels of `pixels` values each.
pub(super) fn least(channels: Vec<f64>, pixels: usize) -> f64 {
    // Centred rows span fewer dimensions than they have pixels.
    if channels.len() / pixels >= pixels {
        0.0
    } else {
        least_eigenvalue(correlations(Numbers::F64(channels), pixels).0)
    }
}

impl Observer for Eigenvalues {
    fn output(&mut self, layer: LayerId, value: &View<'_>) {
        if self.maps[layer.index()] {
            self.total += least(value.image(0), value.shape().area());
        }
    }
}

impl Measurement for Eigenvalues {
    fn finish(self: Box<Self>) -> Measured {
        Ok(self.total)
    }
}
