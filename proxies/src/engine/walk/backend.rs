//! What a device has to bring: memory and kernels. The walk decides what runs, in which order and how long values live.

use super::plan::{Source, Term};
use super::{Convolution, Task, Walk};
use crate::Result;
use crate::engine::{Signs, View, Watch};
use crate::network::{Activation, LayerId};
use std::time::Duration;

/// Kernels over buffers of a device. Each step reads what the walk has at hand and yields buffers, which the walk keeps until nothing
/// needs them. A device may put steps off, as long as it has done them when the walk asks to see numbers or to [`settle`](Self::settle).
pub(in crate::engine) trait Backend: Sized {
    /// Memory that holds a value or a gradient of a node, for the whole batch.
    type Buffer;

    /// The backward step of a batch norm.
    type NormBackward;

    /// Whether convolutions that one combination alone reads take their backward step together with it
    /// ([`combination_backward`](Self::combination_backward)).
    const FUSES_BACKWARD: bool;

    /// The batch's images.
    fn images(&mut self, walk: &mut Walk<'_, '_, Self>, node: usize) -> Result<Self::Buffer>;

    /// A convolution or linear layer.
    fn convolve(&mut self, walk: &mut Walk<'_, '_, Self>, node: usize, conv: Convolution) -> Result<Self::Buffer>;

    /// Readies a batch norm for the combinations that its output goes into; shows its statistics if it takes them from the batch.
    fn normalise(&mut self, walk: &mut Walk<'_, '_, Self>, source: Source, layer: LayerId) -> Result<()>;

    /// A combination: itself and its activation, as far as something reads it. Shows its codes.
    fn combine(
        &mut self,
        walk: &mut Walk<'_, '_, Self>,
        node: usize,
        terms: &[Term],
    ) -> Result<[Option<Self::Buffer>; 2]>;

    /// A pool, a product, a layer norm, or channels put elsewhere.
    fn rearrange(&mut self, walk: &mut Walk<'_, '_, Self>, node: usize) -> Result<Self::Buffer>;

    /// A node has its value: whatever a device does beside it.
    fn beside_forward(&mut self, _walk: &mut Walk<'_, '_, Self>, _node: usize) -> Result<()> {
        Ok(())
    }

    /// The numbers of the output, row-major.
    fn logits(&mut self, walk: &mut Walk<'_, '_, Self>) -> Result<Vec<f64>>;

    /// A backward pass begins that shows what this watch asks for.
    fn begin_backward(&mut self, walk: &mut Walk<'_, '_, Self>, seen: Watch, logits: &[f64]) -> Result<()>;

    /// The gradient by the output, which is `by_logits` row-major, but 0 behind a ReLU that is off.
    fn by_logits(&mut self, walk: &mut Walk<'_, '_, Self>, by_logits: Vec<f64>, logits: &[f64])
    -> Result<Self::Buffer>;

    /// These signs as the gradient by a node's value; `buffer` held what came in there and may serve again.
    fn signs(
        &mut self,
        walk: &mut Walk<'_, '_, Self>,
        node: usize,
        signs: &Signs,
        buffer: Option<Self::Buffer>,
    ) -> Result<Self::Buffer>;

    /// The gradient `g` by a node's value is there: whatever a device does beside handing it on.
    fn beside_backward(&mut self, _walk: &mut Walk<'_, '_, Self>, _node: usize, _g: &Self::Buffer) -> Result<()> {
        Ok(())
    }

    /// Takes the gradient by a convolution's output to its weight and on to its input.
    fn convolve_backward(&mut self, walk: &mut Walk<'_, '_, Self>, node: usize, g: &Self::Buffer) -> Result<()>;

    /// The gradient by a combination's value from that by its activation, added to what else has come in.
    fn activation_backward(
        &mut self,
        walk: &mut Walk<'_, '_, Self>,
        node: usize,
        activation: Activation,
        by_activation: &Self::Buffer,
        g: Option<Self::Buffer>,
    ) -> Result<Self::Buffer>;

    /// The gradient `g` by a combination whose ReLU layers are nodes by themselves, where their inputs are positive.
    fn masked(&mut self, walk: &mut Walk<'_, '_, Self>, node: usize, g: &Self::Buffer) -> Result<Self::Buffer>;

    /// The backward step of a batch norm of `source`; gives the gradients by its parameters.
    fn norm_backward(
        &mut self,
        walk: &mut Walk<'_, '_, Self>,
        source: Source,
        layer: LayerId,
        g: &Self::Buffer,
    ) -> Result<Self::NormBackward>;

    /// The backward steps of convolutions that a combination owns, each with the batch norm between the two.
    fn combination_backward(
        &mut self,
        walk: &mut Walk<'_, '_, Self>,
        convs: Vec<(usize, Option<Self::NormBackward>)>,
        g: &Self::Buffer,
    ) -> Result<()>;

    /// Hands a combination's gradient on to one of its terms, which comes with the batch norm it goes through.
    fn spread(
        &mut self,
        walk: &mut Walk<'_, '_, Self>,
        source: Source,
        norm: Option<&Self::NormBackward>,
        g: &Self::Buffer,
    ) -> Result<()>;

    /// Whether `g` is laid out as the gradient by this node's value.
    fn suits(&self, walk: &Walk<'_, '_, Self>, g: &Self::Buffer, node: usize) -> bool;

    /// Hands the gradient of a pool, a product, a layer norm or of channels put elsewhere on.
    fn rearrange_backward(&mut self, walk: &mut Walk<'_, '_, Self>, node: usize, g: &Self::Buffer) -> Result<()>;

    /// All steps of the forward pass or of a backward pass have been asked for; what is to be shown of them and has not been is shown.
    fn settle(&mut self, walk: &mut Walk<'_, '_, Self>) -> Result<()>;

    /// Ends a backward pass: shows the gradients by parameters ([`Walk::show_weights`]).
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

    /// A value of a node is given back: so is what goes with it.
    fn release_beside(&mut self, _source: Source) {}

    /// Takes back what a batch norm's backward step holds.
    fn give_norm(&mut self, norm: Self::NormBackward);

    /// What of this much time since the last call the pass itself took.
    fn own_time(&mut self, elapsed: Duration) -> Duration;

    /// The pass is over; the time that [`Watch::curvature`] took.
    fn finish(&mut self) -> Duration {
        Duration::ZERO
    }
}
