//! How each kind of layer runs. Every kind has a file of its own.

use crate::network::{Channels, Layer, Op, kinds};
use candle_core::{Error, Result, Tensor};

/// What a layer keeps from its forward step for later ones, beyond its inputs and its output.
pub(super) type Tape = Vec<Tensor>;

/// The input of a layer's forward step.
pub(super) struct Given<'a> {
    pub layer: &'a Layer,
    /// What it reads, each [N, C, H, W].
    pub inputs: &'a [&'a Tensor],
    /// In the order in which the kind declares them.
    pub parameters: &'a [Tensor],
    /// Statistics that a batch norm uses in place of the batch's own.
    pub running: Option<&'a Channels>,
}

/// The input of a layer's other steps.
pub(super) struct Context<'a> {
    pub layer: &'a Layer,
    pub inputs: &'a [&'a Tensor],
    pub parameters: &'a [Tensor],
    pub output: &'a Tensor,
    pub tape: &'a Tape,
    /// Which of the inputs' gradients are asked for.
    pub wanted: &'a [bool],
}

/// Gradients with respect to each input (`None`: not wanted, or zero) and each parameter.
pub(super) type Gradients = (Vec<Option<Tensor>>, Vec<Tensor>);

/// The gradient with respect to a layer's output, with its tangent along the weights and those of the layer's inputs.
pub(super) struct Moving<'a> {
    /// Tangents of the inputs; `None` is zero.
    pub inputs: &'a [Option<&'a Tensor>],
    /// What [`Step::tangent`] kept.
    pub tape: &'a Tape,
    /// The gradient with respect to the output.
    pub gradient: &'a Tensor,
    /// Its tangent; `None` is zero.
    pub tangent: Option<&'a Tensor>,
}

/// How the reference engine runs a kind of layer.
///
/// Tangents are along all convolution and linear weights together (w' = w); all other parameters stand still. A layer that is linear
/// in its inputs and has no such weight is its own tangent, which is what the default methods compute.
pub(super) trait Step {
    /// The layer's output, [N, C, H, W], and what later steps need.
    fn forward(&self, at: &Given<'_>) -> Result<(Tensor, Tape)>;

    /// Gradients, given `gradient` with respect to the output. Those of the parameters may be left out unless `with_parameters`.
    fn backward(&self, at: &Context<'_>, gradient: &Tensor, with_parameters: bool) -> Result<Gradients>;

    /// Tangent of the output for those of the inputs (`None` is zero), and what the tangent's backward step needs.
    fn tangent(&self, at: &Context<'_>, tangents: &[Option<&Tensor>]) -> Result<(Option<Tensor>, Tape)> {
        if tangents.iter().all(Option::is_none) {
            return Ok((None, Tape::new()));
        }
        let zeros = at.inputs.iter().map(|input| input.zeros_like()).collect::<Result<Vec<Tensor>>>()?;
        let inputs: Vec<&Tensor> = tangents.iter().zip(&zeros).map(|(tangent, zero)| tangent.unwrap_or(zero)).collect();
        let given = Given { layer: at.layer, inputs: &inputs, parameters: at.parameters, running: None };
        Ok((Some(self.forward(&given)?.0), Tape::new()))
    }

    /// Tangents of the gradients with respect to each input, and to the weight of a convolution or linear layer. `None` is zero.
    fn tangent_backward(&self, at: &Context<'_>, moving: &Moving<'_>) -> Result<(Vec<Option<Tensor>>, Option<Tensor>)> {
        match moving.tangent {
            Some(tangent) => Ok((self.backward(at, tangent, false)?.0, None)),
            None => Ok((vec![None; at.inputs.len()], None)),
        }
    }
}

macro_rules! dispatch {
    (($op:expr) $($(#[$doc:meta])* $Kind:ident $name:literal,)*) => {
        match $op {
            Op::Input(_) => Err(Error::Msg("images do not run".into())),
            Op::Activation(kind) => Ok(kind),
            $(Op::$Kind(kind) => Ok(kind),)*
        }
    };
}

/// How a layer of this kind runs.
pub(super) fn of(op: &Op) -> Result<&dyn Step> {
    kinds!(dispatch op)
}

/// Adds a gradient to those that a value has already received.
pub(super) fn accumulate(total: &mut Option<Tensor>, gradient: Tensor) -> Result<()> {
    *total = Some(match total.take() {
        Some(sum) => (sum + gradient)?,
        None => gradient,
    });
    Ok(())
}
