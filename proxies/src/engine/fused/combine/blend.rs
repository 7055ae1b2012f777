//! The forward kernel of combinations.

use super::super::lanes::{Float, Kernel, Lanes, dispatch};
use super::super::layout::Steps;
use super::CodeWriter;
use crate::engine::walk::plan::TERMS;

/// Maximum number of terms of a blend: the tangent of a combination has two for each of its terms.
const MOST_TERMS: usize = 2 * TERMS;

/// One term of a sum: scale * x, with one scale per channel.
#[derive(Clone, Copy)]
pub(in super::super) struct Scaled<'a, F> {
    pub x: &'a [F],
    pub steps: Steps,
    pub scale: &'a [F],
}

/// y = sum of scale_i * x_i + shift over one image.
pub(in super::super) struct Blend<'a, 'c, F> {
    pub rows: usize,
    pub columns: usize,
    /// Channels with their padding.
    pub channels: usize,
    /// Channels without padding, for which codes are written.
    pub coded: usize,
    /// At most [`MOST_TERMS`].
    pub terms: &'a [Scaled<'a, F>],
    pub shift: &'a [F],
    /// Where to write y, if it is wanted.
    pub raw: Option<(&'a mut [F], Steps)>,
    /// Where to write max(y, 0), if it is wanted; with a gate, y where the gate is positive.
    pub rectified: Option<(&'a mut [F], Steps)>,
    pub gate: Option<(&'a [F], Steps)>,
    /// Where to write the bits y > 0, pixel by pixel, if they are wanted.
    pub codes: Option<&'a mut CodeWriter<'c>>,
}

impl<F: Float> Blend<'_, '_, F> {
    /// Computes the image.
    ///
    /// # Panics
    /// If there are too many terms or a buffer is too short for its steps.
    pub fn run(self) {
        let (rows, columns, channels) = (self.rows, self.columns, self.channels);
        if rows == 0 || columns == 0 || channels == 0 {
            return;
        }
        assert!(self.terms.len() <= MOST_TERMS && channels % 8 == 0 && self.shift.len() >= channels);
        let fits = |steps: &Steps, len| steps.column == channels && steps.last(rows, columns) + channels <= len;
        assert!(self.terms.iter().all(|term| fits(&term.steps, term.x.len()) && term.scale.len() >= channels));
        assert!(self.raw.as_ref().is_none_or(|(to, steps)| fits(steps, to.len())), "output ends too early");
        assert!(self.rectified.as_ref().is_none_or(|(to, steps)| fits(steps, to.len())), "output ends too early");
        assert!(self.gate.is_none_or(|(gate, steps)| fits(&steps, gate.len())), "gate ends too early");
        dispatch(self);
    }

    #[inline(always)]
    fn rows_of<L: Lanes<F>, const T: usize>(mut self) {
        let mut scales = [self.shift; T];
        for (scale, term) in scales.iter_mut().zip(self.terms) {
            *scale = term.scale;
        }
        let len = self.columns * self.channels;
        for row in 0..self.rows {
            let reads: [*const F; T] = std::array::from_fn(|t| {
                let term = &self.terms[t];
                term.x[term.steps.start + row * term.steps.row..].as_ptr()
            });
            let start = |steps: &Steps| steps.start + row * steps.row;
            let raw = self.raw.as_mut().map(|(to, steps)| to[start(steps)..].as_mut_ptr());
            let rectified = self.rectified.as_mut().map(|(to, steps)| to[start(steps)..].as_mut_ptr());
            let gate = self.gate.map(|(gate, steps)| gate[start(&steps)..].as_ptr());
            for pixel in (0..len).step_by(self.channels) {
                for channel in (0..self.channels).step_by(L::N) {
                    let at = pixel + channel;
                    // SAFETY: `run` has checked that each row of `len` numbers lies in its buffer and that scales and shifts
                    // are as long as the channels, which are a multiple of N.
                    let y = unsafe {
                        let mut y = L::load(self.shift.as_ptr().add(channel));
                        for (x, scale) in reads.iter().zip(&scales) {
                            y = L::load(x.add(at)).mul_add(L::load(scale.as_ptr().add(channel)), y);
                        }
                        if let Some(raw) = raw {
                            y.store(raw.add(at));
                        }
                        if let Some(rectified) = rectified {
                            let value = match gate {
                                Some(gate) => y.where_positive(L::load(gate.add(at))),
                                None => y.rectified(),
                            };
                            value.store(rectified.add(at));
                        }
                        y
                    };
                    if let Some(codes) = &mut self.codes
                        && channel < self.coded
                    {
                        codes.push(y.positive_bits(), L::N.min(self.coded - channel) as u32);
                    }
                }
            }
        }
    }
}

impl<F: Float> Kernel<F> for Blend<'_, '_, F> {
    #[inline(always)]
    fn run<L: Lanes<F>>(self) {
        match self.terms.len() {
            0 => self.rows_of::<L, 0>(),
            1 => self.rows_of::<L, 1>(),
            2 => self.rows_of::<L, 2>(),
            3 => self.rows_of::<L, 3>(),
            4 => self.rows_of::<L, 4>(),
            5 => self.rows_of::<L, 5>(),
            6 => self.rows_of::<L, 6>(),
            7 => self.rows_of::<L, 7>(),
            _ => self.rows_of::<L, 8>(),
        }
    }
}
