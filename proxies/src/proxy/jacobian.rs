//! Code shared by the proxies that compare the gradients with respect to the images.
//!
//! ```text
//! J_n  = d(sum of all logits of the batch) / d(image n), all its pixels in a row
//! C_nm = Pearson correlation of J_n and J_m
//! ```
//!
//! Batch norms use the statistics of the batch, so J_n also contains the effect of image n on the logits of the other images.

use super::{Needs, PassKind};
use crate::engine::{Objective, View, Watch};
use crate::network::{Network, Shape};
use crate::score::Status;
use nalgebra::DMatrix;

/// Norm of a centred row, relative to that of the row, up to which it counts as rounding.
const ROUNDING: f64 = 1e-12;

/// The pass that shows J.
pub(super) fn input_gradient() -> Needs {
    let watch = Watch { objective: Objective::LogitSum, input_gradient: true, ..Watch::default() };
    Needs::Passes(&[PassKind::Data], watch)
}

/// What is known of C before a network has run: only its status. Where J is zero by construction, this is final, because everything
/// that a pass finds in J is rounding. See [`Network::sums_to_a_constant`].
pub(super) fn before(net: &Network) -> Correlation {
    Err(if net.sums_to_a_constant() { Status::Constant } else { Status::Disconnected })
}

/// C, or why there is none.
pub(super) type Correlation = Result<DMatrix<f64>, Status>;

/// C; [`Status::Constant`] where all pixels of an image have the same gradient.
pub(super) fn correlation(gradient: &View<'_>) -> Correlation {
    let Shape { channels, height, width } = gradient.shape();
    let mut rows = DMatrix::zeros(channels * height * width, gradient.images());
    for (n, mut row) in rows.column_iter_mut().enumerate() {
        let pixels = (0..channels).flat_map(|c| (0..height).flat_map(move |h| (0..width).map(move |w| (c, h, w))));
        row.iter_mut().zip(pixels).for_each(|(to, (c, h, w))| *to = gradient.get(n, c, h, w));
        let size = row.norm();
        row.add_scalar_mut(-row.mean());
        let deviation = row.norm();
        if !deviation.is_finite() {
            return Err(Status::Overflow);
        }
        if deviation <= ROUNDING * size {
            return Err(Status::Constant);
        }
        row /= deviation;
    }
    Ok((rows.transpose() * rows).map(|c| c.clamp(-1.0, 1.0)))
}
