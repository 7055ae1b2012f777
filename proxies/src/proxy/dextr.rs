//! `dextr`: how independent the channels of a network's maps are, and how sharply its logits turn as an image moves along a circle.
//!
//! ```text
//! S     = ln(1 + sum over maps of smallest / largest singular value of the map of one image, channels x pixels; 0 where it is 0)
//! v, w  = first and second derivatives of the logits by the angle, as one image goes round a circle
//! kappa = sqrt((v.v)(w.w) - (v.w)^2) / (v.v)^(3/2)
//! C     = ln(1 + kappa)
//! score = S C / (S + C), or S where the logits do not depend on the image
//! ```
//!
//! S is computed from the first image of the minibatch; batch norms use the minibatch's statistics. The circle lies in the plane of the
//! first two noise images, and batch norms use the statistics of the one image on it; its derivatives are always in 64-bit floats.
//! Maps are those of `meco`. The published program uses ten random logits and a random frame of the plane. Status `undefined` where
//! the second derivative of a layer is not known.

use super::maps::maps;
use super::spectrum::{products_of_rows, singular_values_of_products};
use super::{Cost, Direction, Measured, Measurement, Needs, PassKind, Proxy, ProxyInfo, Scale};
use crate::engine::{Curve, Observer, Values, View, Watch};
use crate::network::{LayerId, Network};
use crate::score::Status;
use nalgebra::DMatrix;

/// Independence of channels, and curvature of the logits.
pub struct Dextr;

struct Parts {
    maps: Vec<bool>,
    ratios: f64,
    kappa: Result<f64, Status>,
}

impl Proxy for Dextr {
    fn info(&self) -> ProxyInfo {
        ProxyInfo {
            name: "dextr",
            direction: Direction::Higher,
            scale: Scale::Linear,
            cost: Cost::Forward,
            summary: "independence of channels, and how the logits turn with the image",
            source: "Asthana et al. 2025, Dextr",
        }
    }

    fn needs(&self) -> Needs {
        Needs::Passes(&[PassKind::Data, PassKind::Circle], Watch { outputs: true, ..Watch::default() })
    }

    fn measure(&self, net: &Network) -> Box<dyn Measurement> {
        Box::new(Parts { maps: maps(net), ratios: 0.0, kappa: Err(Status::Undefined) })
    }
}

impl Observer for Parts {
    fn output(&mut self, layer: LayerId, value: &View<'_>) {
        if self.maps[layer.index()] {
            self.ratios += ratio(value.image(0), value.shape().area());
        }
    }
}

/// Ratio of the smallest to the largest singular value of rows of `pixels` numbers; 0 if all are 0.
fn ratio(map: Vec<f64>, pixels: usize) -> f64 {
    let channels = map.len() / pixels;
    let has_zeros = map.chunks_exact(pixels).any(|row| row.iter().all(|&x| x == 0.0));
    if channels <= pixels && has_zeros {
        return 0.0;
    }
    // Read column by column, the map is a matrix of pixels x channels.
    let matrix = DMatrix::from_vec(pixels, channels, map);
    let products = if channels <= pixels {
        products_of_rows(Values::F64(matrix.as_slice()), pixels)
    } else {
        products_of_rows(Values::F64(matrix.transpose().as_slice()), channels)
    };
    let values =
        singular_values_of_products(&products).unwrap_or_else(|| matrix.singular_values().iter().copied().collect());
    let (least, most) = values.iter().fold((f64::INFINITY, 0.0f64), |(least, most), &v| (least.min(v), most.max(v)));
    if most > 0.0 { least / most } else { 0.0 }
}

impl Measurement for Parts {
    fn curve(&mut self, curve: Option<&Curve>) {
        if let Some(Curve { velocity, acceleration }) = curve {
            let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
            let (vv, ww, vw) = (dot(velocity, velocity), dot(acceleration, acceleration), dot(velocity, acceleration));
            self.kappa = Ok((vv * ww - vw * vw).max(0.0).sqrt() / vv.powf(1.5));
        }
    }

    fn finish(self: Box<Self>) -> Measured {
        let independence = self.ratios.ln_1p();
        let curvature = self.kappa?.ln_1p();
        if curvature.is_nan() || independence + curvature == 0.0 {
            return Ok(independence);
        }
        Ok(independence * curvature / (independence + curvature))
    }
}
