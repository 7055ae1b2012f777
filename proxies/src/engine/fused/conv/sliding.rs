//! The one kernel behind convolutions and their input gradients: a window of taps slides over a plane.
//!
//! ```text
//! out[p][o] = sum over window rows k and run elements r of x[p][k][r] * w[k][r][o]
//! ```
//!
//! In NHWC the taps of one window row and all their channels lie in one run, so that a 3x3 kernel is three runs of
//! 3 * channels, a 1x1 kernel is one, and the inner loop knows neither kernel size nor stride. A register tile holds 6
//! pixels x 2 vectors of output channels; each step loads two vectors of weights and broadcasts six inputs for 12
//! multiply-adds. Tiles run on over the ends of rows.

use super::super::lanes::{Float, Kernel, Lanes, dispatch};
use super::super::layout::Steps;

/// What the window sees at one pixel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Window {
    /// Rows of the window.
    pub rows: usize,
    /// Numbers in one row of the window: columns x channels.
    pub run: usize,
    /// Numbers from one window row to the next.
    pub pitch: usize,
}

/// Sums of the outputs and of their squares, for each output channel: added to.
pub(super) struct PartialSums<'a, F> {
    pub sum: &'a mut [F],
    pub squares: &'a mut [F],
}

/// What happens to an output.
pub(super) enum Finish<'a, F> {
    /// It is stored, and counts in the sums.
    Store(Option<PartialSums<'a, F>>),
    /// It passes where the gate, laid out by the steps, is positive, and is added or, for the first, stored.
    Gradient { gate: Option<(&'a [F], Steps)>, add: bool },
}

/// A sliding product over one image.
pub(super) struct Slide<'a, F> {
    pub rows: usize,
    pub columns: usize,
    /// Output channels, a multiple of 8.
    pub channels: usize,
    pub window: Window,
    pub x: &'a [F],
    /// Where windows start in `x`.
    pub reads: Steps,
    /// `[window row][run][channels]`.
    pub weights: &'a [F],
    pub out: &'a mut [F],
    pub writes: Steps,
    pub finish: Finish<'a, F>,
}

impl<F: Float> Slide<'_, F> {
    /// Computes all outputs.
    ///
    /// # Panics
    /// If a buffer is too short for its steps.
    pub fn run(self) {
        if self.rows == 0 || self.columns == 0 || self.channels == 0 {
            return;
        }
        let (rows, columns, channels) = (self.rows, self.columns, self.channels);
        assert_eq!(channels % 8, 0, "channels come in eights");
        let window_end = self.window.rows.saturating_sub(1) * self.window.pitch + self.window.run;
        assert!(self.reads.last(rows, columns) + window_end <= self.x.len(), "input ends too early");
        assert!(self.writes.last(rows, columns) + channels <= self.out.len(), "output ends too early");
        assert!(self.window.rows * self.window.run * channels <= self.weights.len(), "too few weights");
        match &self.finish {
            Finish::Store(Some(sums)) => {
                assert!(sums.sum.len() >= channels && sums.squares.len() >= channels, "too few sums");
            }
            Finish::Gradient { gate: Some((gate, steps)), .. } => {
                assert!(steps.last(rows, columns) + channels <= gate.len(), "gate ends too early");
            }
            _ => {}
        }
        dispatch(self);
    }
}

// SAFETY of the blocks below: `Slide::run` has checked that every pixel's window, output and gate lie in their buffers,
// and `channel + B * N <= channels` holds for every call.
impl<F: Float> Kernel<F> for Slide<'_, F> {
    #[inline(always)]
    fn run<L: Lanes<F>>(mut self) {
        let mut channel = 0;
        while channel + 2 * L::N <= self.channels {
            self.channel_block::<L, 6, 2>(channel);
            channel += 2 * L::N;
        }
        if channel < self.channels {
            self.channel_block::<L, 12, 1>(channel);
        }
    }
}

impl<F: Float> Slide<'_, F> {
    #[inline(always)]
    fn channel_block<L: Lanes<F>, const T: usize, const B: usize>(&mut self, channel: usize) {
        let pixels = self.rows * self.columns;
        let mut cursor = Cursor { row: 0, column: 0, columns: self.columns };
        let mut done = 0;
        while done + T <= pixels {
            self.tile::<L, T, B>(channel, &mut cursor);
            done += T;
        }
        while done + 4 <= pixels {
            self.tile::<L, 4, B>(channel, &mut cursor);
            done += 4;
        }
        while done < pixels {
            self.tile::<L, 1, B>(channel, &mut cursor);
            done += 1;
        }
    }

    /// The next `T` pixels x `B` vectors of output channels from `channel`.
    #[inline(always)]
    fn tile<L: Lanes<F>, const T: usize, const B: usize>(&mut self, channel: usize, cursor: &mut Cursor) {
        let places: [(usize, usize); T] = std::array::from_fn(|_| cursor.next());
        let reads = places.map(|(row, column)| {
            // SAFETY: see above.
            unsafe { self.x.as_ptr().add(self.reads.start + row * self.reads.row + column * self.reads.column) }
        });
        let mut totals = [[L::splat(F::default()); B]; T];
        // SAFETY: see above.
        let mut weights = unsafe { self.weights.as_ptr().add(channel) };
        for k in 0..self.window.rows {
            let first = k * self.window.pitch;
            for r in first..first + self.window.run {
                // SAFETY: see above.
                let w: [L; B] = std::array::from_fn(|b| unsafe { L::load(weights.add(b * L::N)) });
                for (total, read) in totals.iter_mut().zip(&reads) {
                    // SAFETY: see above.
                    let x = L::splat(unsafe { *read.add(r) });
                    for (total, w) in total.iter_mut().zip(w) {
                        *total = x.mul_add(w, *total);
                    }
                }
                weights = weights.wrapping_add(self.channels);
            }
        }
        self.finish::<L, T, B>(channel, &places, totals);
    }

    #[inline(always)]
    fn finish<L: Lanes<F>, const T: usize, const B: usize>(
        &mut self,
        channel: usize,
        places: &[(usize, usize); T],
        totals: [[L; B]; T],
    ) {
        let at = |steps: &Steps, (row, column): (usize, usize), b: usize| {
            steps.start + row * steps.row + column * steps.column + channel + b * L::N
        };
        match &mut self.finish {
            Finish::Store(sums) => {
                for (total, &place) in totals.iter().zip(places) {
                    for (b, total) in total.iter().enumerate() {
                        // SAFETY: see above.
                        unsafe { total.store(self.out.as_mut_ptr().add(at(&self.writes, place, b))) };
                    }
                }
                let Some(sums) = sums else { return };
                for b in 0..B {
                    let (mut sum, mut squares) = (L::splat(F::default()), L::splat(F::default()));
                    for total in &totals {
                        sum = sum.add(total[b]);
                        squares = total[b].mul_add(total[b], squares);
                    }
                    // SAFETY: see above.
                    unsafe {
                        let to = sums.sum.as_mut_ptr().add(channel + b * L::N);
                        L::load(to).add(sum).store(to);
                        let to = sums.squares.as_mut_ptr().add(channel + b * L::N);
                        L::load(to).add(squares).store(to);
                    }
                }
            }
            Finish::Gradient { gate, add } => {
                for (total, &place) in totals.iter().zip(places) {
                    for (b, &total) in total.iter().enumerate() {
                        let mut total = total;
                        // SAFETY: see above.
                        unsafe {
                            if let Some((gate, steps)) = gate {
                                total = total.where_positive(L::load(gate.as_ptr().add(at(steps, place, b))));
                            }
                            let to = self.out.as_mut_ptr().add(at(&self.writes, place, b));
                            if *add {
                                total = L::load(to).add(total);
                            }
                            total.store(to);
                        }
                    }
                }
            }
        }
    }
}

/// Walks over the pixels of a rectangle, row by row.
struct Cursor {
    row: usize,
    column: usize,
    columns: usize,
}

impl Cursor {
    #[inline(always)]
    fn next(&mut self) -> (usize, usize) {
        let place = (self.row, self.column);
        self.column += 1;
        if self.column == self.columns {
            (self.row, self.column) = (self.row + 1, 0);
        }
        place
    }
}
