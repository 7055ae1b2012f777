//! Batch norm with the batch's own statistics, whose tangents count.

use super::super::batch_norm::{Saved, per_channel, total};
use candle_core::{Result, Tensor};

/// How what a batch norm has [`Saved`] moves.
pub(in super::super) struct Moved {
    /// Tangent of the normalised input, [N, C, P].
    normalised: Tensor,
    /// Tangent of the inverse deviation, [1, C, 1].
    inverse_deviation: Tensor,
}

/// Tangent of the output for the tangent `x` of the input; scale and shift stand still.
pub(super) fn forward(saved: &Saved, affine: &[Tensor], x: &Tensor) -> Result<(Tensor, Moved)> {
    let flat = x.flatten_from(2)?;
    let count = (flat.dim(0)? * flat.dim(2)?) as f64;
    let centred = flat.broadcast_sub(&(total(&flat)? / count)?)?;
    let along = (total(&(&centred * &saved.normalised)?)? / count)?;
    let across = (centred - saved.normalised.broadcast_mul(&along)?)?;
    let normalised = across.broadcast_mul(&saved.inverse_deviation)?;
    let inverse_deviation = (along * saved.inverse_deviation.sqr()?)?.neg()?;
    let y = scaled(&normalised, affine)?.reshape(x.shape())?;
    Ok((y, Moved { normalised, inverse_deviation }))
}

/// What the statistics' tangents add to the tangent of dL/dx; the rest is the backward step of the gradient's own tangent.
pub(super) fn backward(saved: &Saved, moved: &Moved, affine: &[Tensor], gradient: &Tensor) -> Result<Tensor> {
    let flat = gradient.flatten_from(2)?;
    let count = (flat.dim(0)? * flat.dim(2)?) as f64;
    let mean = (total(&flat)? / count)?;
    let product = (total(&(&flat * &saved.normalised)?)? / count)?;
    let product_moved = (total(&(&flat * &moved.normalised)?)? / count)?;
    let residual = (flat.broadcast_sub(&mean)? - saved.normalised.broadcast_mul(&product)?)?;
    let residual_moved =
        (saved.normalised.broadcast_mul(&product_moved)? + moved.normalised.broadcast_mul(&product)?)?;
    let sum = (residual.broadcast_mul(&moved.inverse_deviation)?
        - residual_moved.broadcast_mul(&saved.inverse_deviation)?)?;
    scaled(&sum, affine)?.reshape(gradient.shape())
}

/// Times the scale, if there is one.
fn scaled(x: &Tensor, affine: &[Tensor]) -> Result<Tensor> {
    affine.first().map_or(Ok(x.clone()), |scale| x.broadcast_mul(&per_channel(scale)?))
}
