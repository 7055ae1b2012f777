//! What a device has to provide: memory and kernels. The walk decides what runs, in which order, and how long values live.

use super::plan::{Source, Term};
use super::{Convolution, Task, Walk};
use crate::Result;
use crate::engine::{Signs, View, Watch};
use crate::network::{Activation, LayerId};
use std::time::Duration;

/// Kernels over buffers of a device. Each step reads values that the walk holds and returns buffers, which the walk keeps until nothing
/// needs them or releases to compute them again. A device may defer steps, as long as they are done when the walk asks to see numbers or
/// to [`settle`](Self::settle).
pub(in crate::engine) trait Backend: Sized {
    /// Memory that holds a value or a gradient of a node, for the whole batch.
    type Buffer;

    /// The backward step of a batch norm, ready to be applied.
    type NormBackward;

    /// Whether a convolution that only one combination reads runs its backward step together with that combination's
    /// ([`combination_backward`](Self::combination_backward)).
    const FUSES_BACKWARD: bool;

    /// The batch's images.
    fn images(&mut self, walk: &mut Walk<'_, '_, Self>, node: usize) -> Result<Self::Buffer>;

    /// A convolution or linear layer.
    fn convolve(&mut self, walk: &mut Walk<'_, '_, Self>, node: usize, conv: Convolution) -> Result<Self::Buffer>;

    /// Prepares a batch norm for the combinations that read its output, and shows its statistics if they are computed from the batch.
    fn normalise(&mut self, walk: &mut Walk<'_, '_, Self>, source: Source, layer: LayerId) -> Result<()>;

    /// A combination: its value and its activation, each if something reads it. Shows its codes, unless it runs again.
    fn combine(
        &mut self,
        walk: &mut Walk<'_, '_, Self>,
        node: usize,
        terms: &[Term],
    ) -> Result<[Option<Self::Buffer>; 2]>;

    /// A pool, a product, a layer norm, or rearranged channels.
    fn rearrange(&mut self, walk: &mut Walk<'_, '_, Self>, node: usize) -> Result<Self::Buffer>;

    /// Called once a node has its value, for anything else that a device does then.
    fn beside_forward(&mut self, _walk: &mut Walk<'_, '_, Self>, _node: usize) -> Result<()> {
        Ok(())
    }

    /// The numbers of the output, row-major.
    fn logits(&mut self, walk: &mut Walk<'_, '_, Self>) -> Result<Vec<f64>>;

    /// Begins a backward pass that shows what `seen` asks for.
    fn begin_backward(&mut self, walk: &mut Walk<'_, '_, Self>, seen: Watch, logits: &[f64]) -> Result<()>;

    /// The gradient with respect to the output: `by_logits`, row-major, but 0 where a final ReLU is off.
    fn by_logits(&mut self, walk: &mut Walk<'_, '_, Self>, by_logits: Vec<f64>, logits: &[f64])
    -> Result<Self::Buffer>;

    /// These signs as the gradient with respect to a node's value. `buffer` holds the gradient that has arrived there and may be reused.
    fn signs(
        &mut self,
        walk: &mut Walk<'_, '_, Self>,
        node: usize,
        signs: &Signs,
        buffer: Option<Self::Buffer>,
    ) -> Result<Self::Buffer>;

    /// Called once the gradient `g` with respect to a node's value is complete, for anything that a device does besides passing it on.
    fn beside_backward(&mut self, _walk: &mut Walk<'_, '_, Self>, _node: usize, _g: &Self::Buffer) -> Result<()> {
        Ok(())
    }

    /// Passes the gradient `g` with respect to a convolution's output on to its weight and its input.
    fn convolve_backward(&mut self, walk: &mut Walk<'_, '_, Self>, node: usize, g: &Self::Buffer) -> Result<()>;

    /// The gradient with respect to a combination's value: that of its activation, taken through the activation, plus `g` if there is any.
    fn activation_backward(
        &mut self,
        walk: &mut Walk<'_, '_, Self>,
        node: usize,
        activation: Activation,
        by_activation: &Self::Buffer,
        g: Option<Self::Buffer>,
    ) -> Result<Self::Buffer>;

    /// The gradient `g` of a ReLU layer that is a node by itself, set to 0 where the layer's input is not positive.
    fn masked(&mut self, walk: &mut Walk<'_, '_, Self>, node: usize, g: &Self::Buffer) -> Result<Self::Buffer>;

    /// Prepares the backward step of a batch norm of `source`, and computes the gradients with respect to its parameters.
    fn norm_backward(
        &mut self,
        walk: &mut Walk<'_, '_, Self>,
        source: Source,
        layer: LayerId,
        g: &Self::Buffer,
    ) -> Result<Self::NormBackward>;

    /// Runs the backward steps of convolutions that a combination owns, each with the batch norm between the two, if there is one.
    fn combination_backward(
        &mut self,
        walk: &mut Walk<'_, '_, Self>,
        convs: Vec<(usize, Option<Self::NormBackward>)>,
        g: &Self::Buffer,
    ) -> Result<()>;

    /// Passes a combination's gradient on to one of its terms, through the term's batch norm if it has one.
    fn spread(
        &mut self,
        walk: &mut Walk<'_, '_, Self>,
        source: Source,
        norm: Option<&Self::NormBackward>,
        g: &Self::Buffer,
    ) -> Result<()>;

    /// Whether `g` has the layout of a gradient with respect to this node's value.
    fn suits(&self, walk: &Walk<'_, '_, Self>, g: &Self::Buffer, node: usize) -> bool;

    /// Passes the gradient of a pool, a product, a layer norm or rearranged channels on to what the node reads.
    fn rearrange_backward(&mut self, walk: &mut Walk<'_, '_, Self>, node: usize, g: &Self::Buffer) -> Result<()>;

    /// Called after the last step of a forward or backward pass: shows observers whatever they have not been shown of it yet.
    fn settle(&mut self, walk: &mut Walk<'_, '_, Self>) -> Result<()>;

    /// Ends a backward pass: shows the gradients with respect to parameters ([`Walk::show_weights`]).
    fn end_backward(&mut self, walk: &mut Walk<'_, '_, Self>) -> Result<()>;

    /// Lets observers see values or gradients of nodes.
    fn see<const N: usize>(
        &mut self,
        task: &Task<'_>,
        buffers: [(&Self::Buffer, usize); N],
        show: impl FnOnce([View<'_>; N]),
    ) -> Result<()>;

    /// Takes a buffer back.
    fn give(&mut self, buffer: Self::Buffer);

    /// Called when a value of a node is released, to release what belongs to it.
    fn release_beside(&mut self, _source: Source) {}

    /// Takes back what a batch norm's backward step holds.
    fn give_norm(&mut self, norm: Self::NormBackward);

    /// How much of the time `elapsed` since the last call the pass itself took.
    fn own_time(&mut self, elapsed: Duration) -> Duration;

    /// Called at the end of the pass; returns the time that [`Watch::curvature`] took.
    fn finish(&mut self) -> Duration {
        Duration::ZERO
    }
}
