//! Crops of a run, forward and backward.

use super::super::arguments;
use super::super::pool::Buffer;
use super::super::source::{BLOCK, Kernel};
use super::{Gpu, Walk, gate, value};
use crate::Result;
use crate::engine::walk::plan::Source;
use crate::network::Shape;

impl<'a> Gpu<'a> {
    pub(super) fn crop_forward(
        &mut self,
        walk: &Walk<'_, '_, 'a>,
        i: usize,
        [top, left]: [usize; 2],
        input: Source,
        y: Buffer,
    ) {
        let corner = [top as i32, left as i32];
        let arguments = arguments::Crop { from: value(walk, input), to: y.address, ..arguments::Crop::default() };
        self.launch_crop(walk, arguments, [walk.task.shape(input.node), walk.task.shape(i)], corner);
    }

    /// Puts the gradient `g` of a crop back where the crop was taken from.
    pub(super) fn crop_backward(
        &mut self,
        walk: &mut Walk<'_, '_, 'a>,
        i: usize,
        [top, left]: [usize; 2],
        input: Source,
        g: Buffer,
    ) -> Result<()> {
        if !walk.reached(input.node) {
            return Ok(());
        }
        let (to, add) = self.gradient_of(walk, input)?;
        let arguments = arguments::Crop {
            from: g.address,
            gate: gate(walk, input),
            to: to.address,
            add: add.into(),
            ..arguments::Crop::default()
        };
        let corner = [-(top as i32), -(left as i32)];
        self.launch_crop(walk, arguments, [walk.task.shape(i), walk.task.shape(input.node)], corner);
        Ok(())
    }

    fn launch_crop(
        &mut self,
        walk: &Walk<'_, '_, 'a>,
        memory: arguments::Crop,
        [from, to]: [Shape; 2],
        [top, left]: [i32; 2],
    ) {
        let planes = walk.task.images() * to.channels;
        let arguments = arguments::Crop {
            planes: planes as i32,
            from_height: from.height as i32,
            from_width: from.width as i32,
            to_height: to.height as i32,
            to_width: to.width as i32,
            top,
            left,
            ..memory
        };
        self.launch(Kernel::Crop, [(planes * to.area()).div_ceil(BLOCK as usize), 1], &arguments);
    }
}
