//! Activations, number by number.

use crate::network::Activation;
use candle_core::{DType, Result, Tensor};

/// f(x).
pub(super) fn forward(activation: Activation, x: &Tensor) -> Result<Tensor> {
    match activation {
        Activation::Relu => x.relu(),
        _ => map(x, |x| activation.value(x)),
    }
}

/// dL/dx from `gradient` = dL/dy.
pub(super) fn backward(activation: Activation, x: &Tensor, gradient: &Tensor) -> Result<Tensor> {
    gradient * slopes(activation, x)?
}

/// What a move `x_moved` of x adds to the tangent of dL/dx; the rest is the backward step of the gradient's own tangent.
pub(super) fn bend(activation: Activation, x: &Tensor, x_moved: &Tensor, gradient: &Tensor) -> Result<Option<Tensor>> {
    if activation.is_piecewise_linear() {
        return Ok(None);
    }
    let bends = map(x, |x| activation.bend(x))?;
    Ok(Some(((bends * x_moved)? * gradient)?))
}

/// f'(x).
fn slopes(activation: Activation, x: &Tensor) -> Result<Tensor> {
    match activation {
        Activation::Relu => x.gt(0.0)?.to_dtype(x.dtype()),
        _ => map(x, |x| activation.slope(x)),
    }
}

/// `f` of every number, computed in 64 bits on the host and rounded once.
fn map(x: &Tensor, f: impl Fn(f64) -> f64) -> Result<Tensor> {
    let flat = x.flatten_all()?;
    let mapped = match x.dtype() {
        DType::F32 => {
            let numbers: Vec<f32> = flat.to_vec1::<f32>()?.into_iter().map(|x| f(f64::from(x)) as f32).collect();
            Tensor::from_vec(numbers, x.shape(), x.device())
        }
        _ => {
            let numbers: Vec<f64> = flat.to_vec1::<f64>()?.into_iter().map(f).collect();
            Tensor::from_vec(numbers, x.shape(), x.device())
        }
    };
    mapped?.to_dtype(x.dtype())
}
