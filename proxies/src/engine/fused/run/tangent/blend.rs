//! Linear combinations of planes, image by image.

use super::super::super::combine::Blend;
use super::super::super::lanes::Float;
use super::super::super::layout::{Layout, Steps};
use super::super::super::plane::Plane;
use super::super::super::pool::ImageMut;
use super::super::Memory;
use super::super::combine::scaled;

/// The sum of scale * plane over some planes, plus shift, with one scale and shift per channel.
pub(super) struct Mixture<'a, F> {
    pub terms: Vec<(&'a Plane<F>, &'a [F])>,
    pub shift: &'a [F],
}

impl<F: Float> Mixture<'_, F> {
    /// Computes image `n`, with as many pixels as `like` has: stores it in `raw`, and where the gate is positive in `activated`.
    pub fn image(
        &self,
        n: usize,
        like: Layout,
        raw: Option<(&mut [F], Steps)>,
        activated: Option<(&mut [F], Steps)>,
        gate: Option<&Plane<F>>,
    ) {
        let terms: Vec<_> = self.terms.iter().map(|&(plane, scale)| scaled(plane, n, scale)).collect();
        Blend {
            rows: like.height,
            columns: like.width,
            channels: like.channels,
            coded: 0,
            terms: &terms,
            shift: self.shift,
            raw,
            rectified: activated,
            gate: gate.map(|gate| (gate.image(n), gate.layout().steps())),
            codes: None,
        }
        .run();
    }
}

impl<F: Float> Memory<F> {
    /// Computes all images of a mixture.
    pub(super) fn mix(&mut self, mixture: &Mixture<'_, F>, layout: Layout) -> Plane<F> {
        self.by_image(layout, 0, |ImageMut { numbers, layout }, _, n| {
            mixture.image(n, layout, Some((numbers, layout.steps())), None, None);
        })
    }
}

/// Returns factors and constants that change nothing, for the channels of a plane.
pub(super) fn unchanged<F: Float>(layout: Layout) -> (Vec<F>, Vec<F>) {
    (vec![F::from_f64(1.0); layout.channels], vec![F::default(); layout.channels])
}
