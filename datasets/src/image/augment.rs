//! Augmentation as in the benchmarks: random horizontal flips, and random crops after padding with a black border.
//!
//! The change of an image is a function of a random stream and the image's number, so batches do not depend on who makes them or when.

use serde::Serialize;
use zeronas_random::Stream;

use super::pixels::Pixels;
use super::{CHANNELS, ImageSet, Normaliser};

/// Augmentation of training images; none by default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Augmentation {
    /// Mirror each image left to right with probability 1/2.
    pub flip: bool,
    /// Crop at random after padding all sides by an eighth of the side: 4 pixels of 32, 2 of 16.
    pub crop: bool,
}

/// The change of one image.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Change {
    flip: bool,
    /// Rows and columns by which the image moves up and to the left.
    shift: (isize, isize),
}

impl Augmentation {
    /// The augmentation of the benchmarks: both changes.
    pub const STANDARD: Augmentation = Augmentation { flip: true, crop: true };

    /// Returns the change of image number `image` of the set under these random numbers.
    pub fn change(&self, stream: &Stream, image: usize, side: usize) -> Change {
        let first = 3 * image as u64;
        let border = side / 8;
        let shift = |i| if self.crop { stream.below(i, 2 * border as u64 + 1) as isize - border as isize } else { 0 };
        Change { flip: self.flip && stream.below(first, 2) == 1, shift: (shift(first + 1), shift(first + 2)) }
    }
}

impl Change {
    /// Appends the changed and normalised image, channel by channel.
    pub fn write(&self, set: &ImageSet, image: usize, normaliser: &Normaliser, to: &mut Vec<f32>) {
        let (side, size) = (set.side(), CHANNELS * set.side() * set.side());
        let image = image * size..(image + 1) * size;
        match set.pixels.as_ref() {
            Pixels::Bytes(pixels) => self.planes(&pixels[image], side, |c, x| normaliser.byte(c, x), to),
            Pixels::Floats(pixels) => self.planes(&pixels[image], side, |c, x| normaliser.float(c, x), to),
        }
    }

    /// The border has the value that 0 is normalised to.
    fn planes<T: Copy + Default>(&self, image: &[T], side: usize, of: impl Fn(usize, T) -> f32, to: &mut Vec<f32>) {
        let inside = |i: isize| (0..side as isize).contains(&i).then_some(i as usize);
        for (c, channel) in image.chunks_exact(side * side).enumerate() {
            let black = of(c, T::default());
            for row in 0..side as isize {
                let Some(row) = inside(row + self.shift.0) else {
                    to.extend(std::iter::repeat_n(black, side));
                    continue;
                };
                let row = &channel[row * side..][..side];
                to.extend((0..side as isize).map(|column| match inside(column + self.shift.1) {
                    Some(column) if self.flip => of(c, row[side - 1 - column]),
                    Some(column) => of(c, row[column]),
                    None => black,
                }));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::Statistics;

    fn written(change: Change) -> Vec<f32> {
        let set = ImageSet::embedded();
        let mut pixels = Vec::new();
        change.write(&set, 7, &Statistics::NONE.into(), &mut pixels);
        pixels
    }

    #[test]
    fn an_image_is_mirrored_moved_and_bordered() {
        let set = ImageSet::embedded();
        let image = set.bytes(7).unwrap();
        let plain = written(Change::default());
        assert!(plain.iter().zip(image).all(|(&x, &pixel)| x == f32::from(pixel)));
        let moved = written(Change { flip: true, shift: (4, -3) });
        for (i, &x) in moved.iter().enumerate() {
            let (channel, row, column) = (i / 1024, i / 32 % 32, i % 32);
            let black = row + 4 >= 32 || column < 3;
            let expected = if black { 0 } else { image[channel * 1024 + (row + 4) * 32 + 31 - (column - 3)] };
            assert_eq!(x, f32::from(expected), "channel {channel}, row {row}, column {column}");
        }
    }

    #[test]
    fn changes_depend_on_the_stream_and_the_image_alone_and_are_uniform() {
        let changes = |name, seed| {
            let stream = Stream::new(name, seed);
            (0..20_000).map(|image| Augmentation::STANDARD.change(&stream, image, 32)).collect::<Vec<_>>()
        };
        let some = changes("one", 1);
        assert_eq!(some, changes("one", 1));
        assert_ne!(some, changes("two", 1));
        assert_ne!(some, changes("one", 2));
        let share = |of: &dyn Fn(&Change) -> bool| some.iter().filter(|change| of(change)).count() as f64 / 20_000.0;
        assert!((share(&|change| change.flip) - 0.5).abs() < 0.02);
        for shift in -4..=4 {
            for side in [0, 1] {
                let of = |change: &Change| [change.shift.0, change.shift.1][side] == shift;
                assert!((share(&of) - 1.0 / 9.0).abs() < 0.02, "shift {shift}");
            }
        }
        assert_eq!(Augmentation::default().change(&Stream::new("one", 1), 3, 32), Change::default());
    }
}
