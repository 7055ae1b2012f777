//! Gradients of combinations on their way to the terms, and signs from the host.

use super::super::arguments::{self, Spread};
use super::super::pool::Buffer;
use super::super::source::{Kernel, number};
use super::forward::PER_BLOCK;
use super::{Gpu, Walk, gate, len, value};
use crate::Result;
use crate::engine::Signs;
use crate::engine::values::Numbers;
use crate::engine::walk::Task;
use crate::engine::walk::plan::Source;
use crate::network::{Activation, Shape};

impl<'a> Gpu<'a> {
    /// Passes a combination's gradient on to a term, with the factors of the batch norm between the two, if there is one.
    pub(super) fn spread_to(
        &mut self,
        walk: &mut Walk<'_, '_, 'a>,
        source: Source,
        factors: Option<Buffer>,
        g: Buffer,
    ) -> Result<()> {
        let (to, add) = self.gradient_of(walk, source)?;
        let arguments = Spread {
            g: g.address,
            x: factors.map_or(0, |_| value(walk, source)),
            factors: factors.map_or(0, |factors| factors.address),
            gate: gate(walk, source),
            to: to.address,
            add: add.into(),
            ..sides(&walk.task, source.node)
        };
        self.launch_spread(&arguments);
        Ok(())
    }

    /// The gradient with respect to a node's value: that of its activation, taken through the activation, plus `g` if there is any.
    pub(super) fn through_activation(
        &mut self,
        walk: &Walk<'_, '_, 'a>,
        node: usize,
        activation: Activation,
        by_activation: Buffer,
        g: Option<Buffer>,
    ) -> Result<Buffer> {
        let length = len(&walk.task, node);
        let to = match g {
            Some(g) => g,
            None => self.numbers(length)?,
        };
        let (activation, slope) = number(activation);
        let arguments = arguments::Activation {
            x: value(walk, Source { node, activated: false }),
            g: by_activation.address,
            to: to.address,
            slope,
            length: length as i32,
            add: g.is_some().into(),
            activation,
        };
        self.launch(Kernel::ActivationBackward, [length.div_ceil(PER_BLOCK), 1], &arguments);
        Ok(to)
    }

    /// The gradient of a ReLU layer that is a node by itself, set to 0 where the layer's input is not positive.
    pub(super) fn mask(&mut self, walk: &Walk<'_, '_, 'a>, node: usize, g: Buffer) -> Result<Buffer> {
        let to = self.numbers(len(&walk.task, node))?;
        let gate = value(walk, Source { node, activated: true });
        let arguments = Spread { g: g.address, gate, to: to.address, ..sides(&walk.task, node) };
        self.launch_spread(&arguments);
        Ok(to)
    }

    fn launch_spread(&mut self, arguments: &Spread) {
        self.launch(Kernel::Spread, [(arguments.length as usize).div_ceil(PER_BLOCK), 1], arguments);
    }

    /// These signs, as a value of this shape.
    pub(super) fn upload_signs(&mut self, task: &Task<'_>, shape: Shape, signs: &Signs) -> Result<Buffer> {
        let by_plane = (0..task.images()).flat_map(|n| {
            let pixels = signs.images(n..n + 1);
            let place = move |i: usize| i % shape.area() * shape.channels + i / shape.area();
            (0..shape.len()).map(move |i| f64::from(pixels[place(i)]))
        });
        let signs = Numbers::rounded(self.precision, by_plane);
        self.memory.upload(&signs)
    }
}

/// Arguments for a node's value, without the addresses.
fn sides(task: &Task<'_>, node: usize) -> Spread {
    let shape = task.shape(node);
    Spread {
        channels: shape.channels as i32,
        area: shape.area() as i32,
        length: len(task, node) as i32,
        ..Spread::default()
    }
}
