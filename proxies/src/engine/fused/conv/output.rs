//! The treatment of outputs while they are in a kernel's registers.

use super::super::lanes::{Float, Lanes};
use super::super::layout::Steps;
use std::ops::Range;

/// Sums of the outputs and of their squares, for each output channel: added to.
pub(super) struct PartialSums<'a, F> {
    pub sum: &'a mut [F],
    pub squares: &'a mut [F],
}

/// What happens to an output.
pub(super) enum Finish<'a, F> {
    /// The bias is added, the output is stored, and it counts in the sums.
    Store { bias: Option<&'a [F]>, sums: Option<PartialSums<'a, F>> },
    /// The output passes where the gate, laid out by the steps, is positive, and is added or, for the first, stored.
    Gradient { gate: Option<(&'a [F], Steps)>, add: bool },
}

/// Where the outputs go: `rows` x `columns` pixels of `channels` channels, a multiple of 8, in each of `images` images.
pub(super) struct Output<'a, F> {
    pub images: usize,
    pub rows: usize,
    pub columns: usize,
    pub channels: usize,
    pub numbers: &'a mut [F],
    pub writes: Steps,
    pub finish: Finish<'a, F>,
}

impl<F: Float> Output<'_, F> {
    /// Whether there are no outputs.
    pub fn is_empty(&self) -> bool {
        self.images == 0 || self.rows == 0 || self.columns == 0 || self.channels == 0
    }

    /// Some channels of one image.
    pub fn part(&mut self, image: usize, channels: Range<usize>) -> Output<'_, F> {
        let finish = match &mut self.finish {
            Finish::Store { bias, sums } => Finish::Store {
                bias: bias.map(|bias| &bias[channels.clone()]),
                sums: sums.as_mut().map(|sums| PartialSums {
                    sum: &mut sums.sum[channels.clone()],
                    squares: &mut sums.squares[channels.clone()],
                }),
            },
            Finish::Gradient { gate, add } => Finish::Gradient {
                gate: gate.map(|(gate, steps)| (gate, steps.beyond(image, channels.start))),
                add: *add,
            },
        };
        let writes = self.writes.beyond(image, channels.start);
        Output { images: 1, channels: channels.len(), numbers: &mut *self.numbers, writes, finish, ..*self }
    }

    /// Number of outputs of a channel in one image.
    pub fn pixels(&self) -> usize {
        self.rows * self.columns
    }

    /// # Panics
    /// If a buffer is too short for its steps.
    pub fn check(&self) {
        let (images, rows, columns, channels) = (self.images, self.rows, self.columns, self.channels);
        assert_eq!(channels % 8, 0, "channels come in eights");
        assert!(self.writes.last_of(images, rows, columns) + channels <= self.numbers.len(), "output ends too early");
        match &self.finish {
            Finish::Store { bias, sums } => {
                assert!(bias.is_none_or(|bias| bias.len() >= channels), "too few biases");
                if let Some(sums) = sums {
                    assert!(sums.sum.len() >= channels && sums.squares.len() >= channels, "too few sums");
                }
            }
            Finish::Gradient { gate: Some((gate, steps)), .. } => {
                assert!(steps.last_of(images, rows, columns) + channels <= gate.len(), "gate ends too early");
            }
            Finish::Gradient { gate: None, .. } => {}
        }
    }

    /// Neighbouring pixels of a row, given with its image, from one column on. They are read by these steps.
    #[inline(always)]
    pub fn places<const T: usize>(&self, reads: Steps, [image, row]: [usize; 2], column: usize) -> [Place; T] {
        let steps = self.steps(reads);
        let [read, write, gate] = steps.map(|steps| steps.at(image, row, column));
        std::array::from_fn(|t| Place {
            read: read + t * steps[0].column,
            write: write + t * steps[1].column,
            gate: gate + t * steps[2].column,
        })
    }

    /// Where its pixels are read, by these steps, and written, and where their gates lie.
    #[inline(always)]
    fn steps(&self, reads: Steps) -> [Steps; 3] {
        let gate = match &self.finish {
            Finish::Gradient { gate: Some((_, gate)), .. } => *gate,
            _ => self.writes,
        };
        [reads, self.writes, gate]
    }

    /// Walks over the pixels of an image from one of them on. They are read by these steps.
    pub fn cursor(&self, reads: Steps, image: usize, pixel: usize) -> Cursor {
        let steps = self.steps(reads);
        let (row, column) = (pixel / self.columns, pixel % self.columns);
        Cursor {
            next: steps.map(|steps| steps.at(image, row, column)),
            across: steps.map(|steps| steps.column),
            down: steps.map(|steps| steps.row.wrapping_sub((self.columns - 1) * steps.column)),
            column,
            columns: self.columns,
        }
    }

    /// Finishes `B` vectors of channels from `channel` on at `T` pixels.
    ///
    /// # Safety
    /// [`Output::check`] must have passed, the places come from an [`Output::cursor`] of this output that has not left its image, and
    /// `channel + B * N` be at most the channels.
    #[inline(always)]
    pub unsafe fn finish<L: Lanes<F>, const T: usize, const B: usize>(
        &mut self,
        channel: usize,
        places: &[Place; T],
        mut totals: [[L; B]; T],
    ) {
        match &mut self.finish {
            Finish::Store { bias, sums } => {
                if let Some(bias) = bias {
                    for b in 0..B {
                        // SAFETY: the caller's promise.
                        let bias = unsafe { L::load(bias.as_ptr().add(channel + b * L::N)) };
                        totals.iter_mut().for_each(|total| total[b] = total[b].add(bias));
                    }
                }
                for (total, place) in totals.iter().zip(places) {
                    for (b, total) in total.iter().enumerate() {
                        // SAFETY: the caller's promise.
                        unsafe { total.store(self.numbers.as_mut_ptr().add(place.write + channel + b * L::N)) };
                    }
                }
                let Some(sums) = sums else { return };
                for b in 0..B {
                    let (mut sum, mut squares) = (L::splat(F::default()), L::splat(F::default()));
                    for total in &totals {
                        sum = sum.add(total[b]);
                        squares = total[b].mul_add(total[b], squares);
                    }
                    // SAFETY: the caller's promise.
                    unsafe {
                        let to = sums.sum.as_mut_ptr().add(channel + b * L::N);
                        L::load(to).add(sum).store(to);
                        let to = sums.squares.as_mut_ptr().add(channel + b * L::N);
                        L::load(to).add(squares).store(to);
                    }
                }
            }
            Finish::Gradient { gate, add } => {
                for (total, place) in totals.iter().zip(places) {
                    for (b, &total) in total.iter().enumerate() {
                        let mut total = total;
                        let channel = channel + b * L::N;
                        // SAFETY: the caller's promise.
                        unsafe {
                            if let Some((gate, _)) = gate {
                                total = total.where_positive(L::load(gate.as_ptr().add(place.gate + channel)));
                            }
                            let to = self.numbers.as_mut_ptr().add(place.write + channel);
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

/// Where a pixel is read, where it is written, and where its gate lies.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub read: usize,
    write: usize,
    gate: usize,
}

/// Walks over the pixels of a rectangle, row by row. Its steps are only additions, since tiles are short if windows are small.
pub(super) struct Cursor {
    next: [usize; 3],
    /// To the next column.
    across: [usize; 3],
    /// From the last column to the first of the next row.
    down: [usize; 3],
    column: usize,
    columns: usize,
}

impl Cursor {
    #[inline(always)]
    pub fn next(&mut self) -> Place {
        let [read, write, gate] = self.next;
        self.column += 1;
        let mut by = &self.across;
        if self.column == self.columns {
            (self.column, by) = (0, &self.down);
        }
        self.next.iter_mut().zip(by).for_each(|(next, by)| *next = next.wrapping_add(*by));
        Place { read, write, gate }
    }
}
