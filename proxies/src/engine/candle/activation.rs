//! Activations, number by number.

use super::step::{Context, Given, Gradients, Moving, Step, Tape, accumulate};
use crate::network::Activation;
use candle_core::{DType, Result, Tensor};

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
    if x.dtype() == DType::F32 {
        let numbers: Vec<f32> = flat.to_vec1::<f32>()?.into_iter().map(|x| f(f64::from(x)) as f32).collect();
        return Tensor::from_vec(numbers, x.shape(), x.device());
    }
    let numbers: Vec<f64> = flat.to_vec1::<f64>()?.into_iter().map(f).collect();
    Tensor::from_vec(numbers, x.shape(), x.device())
}

impl Step for Activation {
    fn forward(&self, at: &Given<'_>) -> Result<(Tensor, Tape)> {
        let y = match self {
            Activation::Relu => at.inputs[0].relu()?,
            _ => map(at.inputs[0], |x| self.value(x))?,
        };
        Ok((y, Tape::new()))
    }

    fn backward(&self, at: &Context<'_>, gradient: &Tensor, _with_parameters: bool) -> Result<Gradients> {
        Ok((vec![Some((gradient * slopes(*self, at.inputs[0])?)?)], vec![]))
    }

    fn tangent(&self, at: &Context<'_>, tangents: &[Option<&Tensor>]) -> Result<(Option<Tensor>, Tape)> {
        let tangent = tangents[0].map(|tangent| tangent * slopes(*self, at.inputs[0])?);
        Ok((tangent.transpose()?, Tape::new()))
    }

    fn tangent_backward(&self, at: &Context<'_>, moving: &Moving<'_>) -> Result<(Vec<Option<Tensor>>, Option<Tensor>)> {
        let x = at.inputs[0];
        let mut by_input = moving.tangent.map(|tangent| tangent * slopes(*self, x)?).transpose()?;
        if let (Some(moved), false) = (moving.inputs[0], self.is_piecewise_linear()) {
            let bends = map(x, |x| self.bend(x))?;
            accumulate(&mut by_input, ((bends * moved)? * moving.gradient)?)?;
        }
        Ok((vec![by_input], None))
    }
}
