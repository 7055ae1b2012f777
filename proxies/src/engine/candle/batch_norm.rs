//! Batch norm, forward and backward.

use crate::network::{BatchNorm, Channels};
use candle_core::{Result, Tensor};

/// What is known of a batch once it is normalised: the statistics for observers, the rest for the backward pass.
pub(super) struct Saved {
    /// The normalised input, [N, C, P].
    pub normalised: Tensor,
    /// 1 / sqrt(variance + epsilon), [1, C, 1].
    pub inverse_deviation: Tensor,
    /// Where the statistics are the batch's own: means and biased variances, [1, C, 1].
    measured: Option<[Tensor; 2]>,
}

impl Saved {
    /// The means and variances of the batch, where they were taken.
    pub(super) fn measured(&self) -> Option<&[Tensor; 2]> {
        self.measured.as_ref()
    }
}

/// Sum over images and pixels of [N, C, P]: [1, C, 1]. Pixels first: sums of short runs lose less in f32.
pub(super) fn total(x: &Tensor) -> Result<Tensor> {
    x.sum_keepdim(2)?.sum_keepdim(0)
}

pub(super) fn per_channel(parameter: &Tensor) -> Result<Tensor> {
    parameter.reshape((1, parameter.elem_count(), 1))
}

/// y = scale * (x - mean) / sqrt(variance + epsilon) + shift, per channel, with the batch's own mean and biased variance or
/// with running ones. `affine` holds the scale and the shift, if there are any.
pub(super) fn forward(
    norm: BatchNorm,
    x: &Tensor,
    affine: &[Tensor],
    running: Option<&Channels>,
) -> Result<(Tensor, Saved)> {
    let flat = x.flatten_from(2)?;
    let count = (flat.dim(0)? * flat.dim(2)?) as f64;
    let given = |values: &[f32]| Tensor::from_slice(values, (1, values.len(), 1), x.device())?.to_dtype(x.dtype());
    let mean = match running {
        Some(running) => given(&running.mean)?,
        None => (total(&flat)? / count)?,
    };
    let centred = flat.broadcast_sub(&mean)?;
    let variance = match running {
        Some(running) => given(&running.variance)?,
        None => (total(&centred.sqr()?)? / count)?,
    };
    let measured = running.is_none().then(|| [mean, variance.clone()]);
    let inverse_deviation = (variance + norm.eps)?.sqrt()?.recip()?;
    let normalised = centred.broadcast_mul(&inverse_deviation)?;
    let y = match affine {
        [scale, shift] => normalised.broadcast_mul(&per_channel(scale)?)?.broadcast_add(&per_channel(shift)?)?,
        _ => normalised.clone(),
    };
    Ok((y.reshape(x.shape())?, Saved { normalised, inverse_deviation, measured }))
}

/// The scale, if there is one, over the deviation.
pub(super) fn factor(saved: &Saved, affine: &[Tensor]) -> Result<Tensor> {
    match affine.first() {
        Some(scale) => per_channel(scale)? * &saved.inverse_deviation,
        None => Ok(saved.inverse_deviation.clone()),
    }
}

/// Gradients by the input, and by the scale and the shift if there are any.
pub(super) fn backward(saved: &Saved, affine: &[Tensor], gradient: &Tensor) -> Result<(Tensor, Vec<Tensor>)> {
    let flat = gradient.flatten_from(2)?;
    let count = (flat.dim(0)? * flat.dim(2)?) as f64;
    let by_shift = total(&flat)?;
    let by_scale = total(&(&flat * &saved.normalised)?)?;
    let centred = if saved.measured.is_some() {
        let common = saved.normalised.broadcast_mul(&(&by_scale / count)?)?.broadcast_add(&(&by_shift / count)?)?;
        (flat - common)?
    } else {
        flat
    };
    let by_input = centred.broadcast_mul(&factor(saved, affine)?)?.reshape(gradient.shape())?;
    let by_affine = if affine.is_empty() { vec![] } else { vec![by_scale.flatten_all()?, by_shift.flatten_all()?] };
    Ok((by_input, by_affine))
}
