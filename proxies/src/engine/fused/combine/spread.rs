//! The backward kernel of combinations: passes a sum's gradient on to one of its terms.

use super::super::lanes::{Float, Kernel, Lanes, dispatch};
use super::super::layout::Steps;

/// out = by_g * g + by_x * x + constant over one image, with separate factors and constants per channel: the backward step of a
/// batch norm, or, with factor 1 and no x, of a plain term.
pub(in super::super) struct Spread<'a, F> {
    pub rows: usize,
    pub columns: usize,
    /// Channels with their padding.
    pub channels: usize,
    pub g: (&'a [F], Steps),
    /// The factors; without them the gradient is passed on unchanged.
    pub norm: Option<NormFactors<'a, F>>,
    /// The gradient passes where this is positive.
    pub gate: Option<(&'a [F], Steps)>,
    pub out: (&'a mut [F], Steps),
    /// Whether to add to `out`.
    pub add: bool,
}

/// How a batch norm passes a gradient on.
#[derive(Clone, Copy)]
pub(in super::super) struct NormFactors<'a, F> {
    pub x: &'a [F],
    pub steps: Steps,
    pub by_g: &'a [F],
    pub by_x: &'a [F],
    pub constant: &'a [F],
}

impl<F: Float> Spread<'_, F> {
    /// Computes the image.
    ///
    /// # Panics
    /// If a buffer is too short for its steps.
    pub fn run(self) {
        let (rows, columns, channels) = (self.rows, self.columns, self.channels);
        if rows == 0 || columns == 0 || channels == 0 {
            return;
        }
        let fits = |steps: &Steps, len: usize| steps.column == channels && steps.last(rows, columns) + channels <= len;
        assert!(channels % 8 == 0 && fits(&self.g.1, self.g.0.len()) && fits(&self.out.1, self.out.0.len()));
        assert!(self.gate.is_none_or(|(gate, steps)| fits(&steps, gate.len())), "gate ends too early");
        assert!(self.norm.is_none_or(|norm| {
            let factors = [norm.by_g, norm.by_x, norm.constant];
            fits(&norm.steps, norm.x.len()) && factors.iter().all(|factors| factors.len() >= channels)
        }));
        dispatch(self);
    }
}

impl<F: Float> Kernel<F> for Spread<'_, F> {
    #[inline(always)]
    fn run<L: Lanes<F>>(self) {
        let len = self.columns * self.channels;
        for row in 0..self.rows {
            let at = |steps: &Steps| steps.start + row * steps.row;
            let g = self.g.0[at(&self.g.1)..].as_ptr();
            let gate = self.gate.map(|(gate, steps)| gate[at(&steps)..].as_ptr());
            let out = self.out.0[at(&self.out.1)..].as_mut_ptr();
            let x = self.norm.map(|norm| norm.x[at(&norm.steps)..].as_ptr());
            for pixel in (0..len).step_by(self.channels) {
                for channel in (0..self.channels).step_by(L::N) {
                    let i = pixel + channel;
                    // SAFETY: `run` has checked that each row of `len` numbers lies in its buffer and that there are as many
                    // factors as channels, a multiple of N.
                    unsafe {
                        let mut y = L::load(g.add(i));
                        if let (Some(norm), Some(x)) = (&self.norm, x) {
                            let constant = L::load(norm.constant.as_ptr().add(channel));
                            let by_x = L::load(x.add(i)).mul_add(L::load(norm.by_x.as_ptr().add(channel)), constant);
                            y = y.mul_add(L::load(norm.by_g.as_ptr().add(channel)), by_x);
                        }
                        if let Some(gate) = gate {
                            y = y.where_positive(L::load(gate.add(i)));
                        }
                        if self.add {
                            y = L::load(out.add(i)).add(y);
                        }
                        y.store(out.add(i));
                    }
                }
            }
        }
    }
}
