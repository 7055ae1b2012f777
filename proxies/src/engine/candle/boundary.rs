//! What is shown at the boundaries between a network's blocks, and the signs that go back from there.

use super::super::signs::{Signs, boundaries_at};
use super::{Objective, Run, View, numbers};
use crate::network::LayerId;
use candle_core::{Result, Tensor};

impl Run<'_, '_> {
    pub(super) fn show_boundary(&mut self, id: LayerId, output: &Tensor) -> Result<()> {
        let boundaries = boundaries_at(self.net.boundaries(), id);
        if !self.audience.seen.boundaries || boundaries.is_empty() {
            return Ok(());
        }
        let host = numbers(output)?;
        let view = View::contiguous(host.values(), self.pass.batch.size(), self.net.layer(id).shape);
        for boundary in boundaries {
            self.audience.show(|watch| watch.boundaries, |to| to.boundary(boundary, &view));
        }
        Ok(())
    }

    /// The gradient that continues backward from a layer's output, where `gradient` has arrived. Only [`Objective::Signs`] changes it.
    pub(super) fn turn_at_boundary(&mut self, id: LayerId, mut gradient: Option<Tensor>) -> Result<Option<Tensor>> {
        if self.audience.seen.objective != Objective::Signs {
            return Ok(gradient);
        }
        let (images, shape) = (self.pass.batch.size(), self.net.layer(id).shape);
        for boundary in boundaries_at(self.net.boundaries(), id).into_iter().rev() {
            if boundary + 1 < self.net.boundaries().len() {
                let zeros = self.output(id).zeros_like()?;
                let host = numbers(gradient.as_ref().unwrap_or(&zeros))?;
                let view = View::contiguous(host.values(), images, shape);
                self.audience.show(|watch| watch.boundary_gradients, |to| to.boundary_gradient(boundary, &view));
            }
            gradient = None;
            if boundary > 0 {
                let signs = Signs::new(boundary, shape).images(0..images);
                let dims = (images, shape.height, shape.width, shape.channels);
                let signs = Tensor::from_vec(signs, dims, self.device)?.to_dtype(self.dtype)?;
                gradient = Some(signs.permute((0, 3, 1, 2))?.contiguous()?);
            }
        }
        Ok(gradient)
    }
}
