//! The dimensions of a window: a kernel or stride in both directions, and padding or margins on each side of an image.

use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// Largest kernel, stride, dilation, padding or margin.
pub(super) const MOST: usize = 1024;

/// A number for each direction. In JSON, one number if both are equal, otherwise `[height, width]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Pair {
    /// Down the rows.
    pub height: usize,
    /// Across the columns.
    pub width: usize,
}

/// Numbers of rows and columns around an image. In JSON, one number if all are equal, otherwise `[height, width]` or
/// `[top, left, bottom, right]`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Sides {
    /// Rows above the image.
    pub top: usize,
    /// Columns left of the image.
    pub left: usize,
    /// Rows below the image.
    pub bottom: usize,
    /// Columns right of the image.
    pub right: usize,
}

impl Pair {
    /// One in each direction: the default of strides and dilations.
    pub const ONE: Pair = Pair { height: 1, width: 1 };

    /// The common number, if both are equal.
    pub fn square(self) -> Option<usize> {
        (self.height == self.width).then_some(self.height)
    }

    /// The product of both.
    pub fn area(self) -> usize {
        self.height * self.width
    }

    /// Fails with an error that calls them `what` if either is not in 1..=1024.
    pub(super) fn check(self, what: &str) -> Result<(), String> {
        if [self.height, self.width].iter().all(|n| (1..=MOST).contains(n)) {
            return Ok(());
        }
        Err(format!("`{what}` is {self}; it must be from 1 to {MOST}"))
    }
}

impl Sides {
    /// The common number, if all are equal.
    pub fn equal(self) -> Option<usize> {
        let Sides { top, left, bottom, right } = self;
        (top == left && top == bottom && top == right).then_some(top)
    }

    /// Whether all are zero.
    pub fn is_zero(self) -> bool {
        self == Sides::default()
    }

    /// Fails with an error that calls them `what` if any is above 1024.
    pub(super) fn check(self, what: &str) -> Result<(), String> {
        let Sides { top, left, bottom, right } = self;
        if [top, left, bottom, right].iter().all(|&n| n <= MOST) {
            return Ok(());
        }
        Err(format!("`{what}` is {self}; it must be at most {MOST}"))
    }
}

impl Default for Pair {
    fn default() -> Self {
        Pair::ONE
    }
}

impl From<usize> for Pair {
    fn from(both: usize) -> Self {
        Pair { height: both, width: both }
    }
}

impl From<[usize; 2]> for Pair {
    fn from([height, width]: [usize; 2]) -> Self {
        Pair { height, width }
    }
}

impl From<usize> for Sides {
    fn from(all: usize) -> Self {
        [all; 4].into()
    }
}

impl From<[usize; 2]> for Sides {
    fn from([height, width]: [usize; 2]) -> Self {
        [height, width, height, width].into()
    }
}

impl From<[usize; 4]> for Sides {
    fn from([top, left, bottom, right]: [usize; 4]) -> Self {
        Sides { top, left, bottom, right }
    }
}

impl fmt::Display for Pair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.square() {
            Some(both) => write!(f, "{both}"),
            None => write!(f, "[{}, {}]", self.height, self.width),
        }
    }
}

impl fmt::Display for Sides {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Sides { top, left, bottom, right } = self;
        match self.equal() {
            Some(all) => write!(f, "{all}"),
            None if (top, left) == (bottom, right) => write!(f, "[{top}, {left}]"),
            None => write!(f, "[{top}, {left}, {bottom}, {right}]"),
        }
    }
}

impl Serialize for Pair {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.square() {
            Some(both) => both.serialize(serializer),
            None => [self.height, self.width].serialize(serializer),
        }
    }
}

impl Serialize for Sides {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Sides { top, left, bottom, right } = *self;
        match self.equal() {
            Some(all) => all.serialize(serializer),
            None if (top, left) == (bottom, right) => [top, left].serialize(serializer),
            None => [top, left, bottom, right].serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Pair {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let numbers = deserializer.deserialize_any(Numbers("a number or [height, width]"))?;
        match numbers[..] {
            [both] => Ok(both.into()),
            [height, width] => Ok([height, width].into()),
            _ => Err(serde::de::Error::invalid_length(numbers.len(), &"a number or [height, width]")),
        }
    }
}

impl<'de> Deserialize<'de> for Sides {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        const EXPECTED: &str = "a number, [height, width] or [top, left, bottom, right]";
        let numbers = deserializer.deserialize_any(Numbers(EXPECTED))?;
        match numbers[..] {
            [all] => Ok(all.into()),
            [height, width] => Ok([height, width].into()),
            [top, left, bottom, right] => Ok([top, left, bottom, right].into()),
            _ => Err(serde::de::Error::invalid_length(numbers.len(), &EXPECTED)),
        }
    }
}

/// Reads a number or a list of numbers.
struct Numbers(&'static str);

impl<'de> Visitor<'de> for Numbers {
    type Value = Vec<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }

    fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Vec<usize>, E> {
        let number = usize::try_from(number).map_err(|_| E::custom(format!("{number} is too large")))?;
        Ok(vec![number])
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Vec<usize>, A::Error> {
        let mut numbers = Vec::new();
        while let Some(number) = sequence.next_element()? {
            numbers.push(number);
        }
        Ok(numbers)
    }
}

/// A window along one direction of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    pub kernel: usize,
    pub stride: usize,
    pub dilation: usize,
    /// Padding before the first and after the last pixel.
    pub padding: [usize; 2],
    /// Whether the last window may extend beyond the end if it begins before the padding there.
    pub ceil: bool,
}

impl Line {
    /// Number of pixels from a window's first to its last, inclusive.
    pub fn span(self) -> usize {
        self.dilation * (self.kernel - 1) + 1
    }

    /// Number of windows over `side` pixels; `None` if not even one fits.
    pub fn count(self, side: usize) -> Option<usize> {
        let [before, after] = self.padding;
        let room = (side + before + after).checked_sub(self.span())?;
        if !self.ceil {
            return Some(room / self.stride + 1);
        }
        let last = room.div_ceil(self.stride);
        Some(if last * self.stride >= side + before { last } else { last + 1 })
    }
}

/// The windows of a layer down the rows and across the columns. The settings must be within limits.
pub(crate) fn lines(kernel: Pair, stride: Pair, dilation: Pair, padding: Sides, ceil: bool) -> [Line; 2] {
    let line = |kernel, stride, dilation, padding| Line { kernel, stride, dilation, padding, ceil };
    [
        line(kernel.height, stride.height, dilation.height, [padding.top, padding.bottom]),
        line(kernel.width, stride.width, dilation.width, [padding.left, padding.right]),
    ]
}

/// Number of windows over each of `sides`, or why there is none.
pub(super) fn counts(lines: [Line; 2], sides: [usize; 2]) -> Result<[usize; 2], String> {
    let count = |i: usize| {
        let (line, side) = (lines[i], sides[i]);
        line.count(side).ok_or_else(|| {
            let along = ["height", "width"][i];
            let padded = side + line.padding[0] + line.padding[1];
            format!(
                "a {along} of {side}, {padded} with padding, is smaller than the kernel, which spans {}",
                line.span()
            )
        })
    };
    Ok([count(0)?, count(1)?])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_that_begins_in_the_padding_at_the_end_is_dropped() {
        let line = |kernel, stride, padding, ceil| Line { kernel, stride, dilation: 1, padding: [padding; 2], ceil };
        // As in PyTorch's pools.
        assert_eq!(line(2, 2, 0, true).count(5), Some(3));
        assert_eq!(line(2, 2, 0, false).count(5), Some(2));
        assert_eq!(line(2, 2, 1, true).count(5), Some(3));
        assert_eq!(line(3, 2, 1, true).count(6), Some(4));
        assert_eq!(line(2, 3, 1, true).count(5), Some(2));
        assert_eq!(line(9, 1, 0, true).count(8), None);
    }

    #[test]
    fn numbers_are_written_as_short_as_they_can_be() {
        for (text, sides) in [("3", 3.into()), ("[1,2]", [1, 2].into()), ("[1,2,1,3]", [1, 2, 1, 3].into())] {
            assert_eq!(serde_json::to_string::<Sides>(&sides).unwrap(), text);
            assert_eq!(serde_json::from_str::<Sides>(text).unwrap(), sides);
        }
        assert_eq!(serde_json::from_str::<Pair>("[2,2]").unwrap(), 2.into());
        for text in ["[]", "[1,2,3]", "-1", "1.5", "\"1\"", "null"] {
            assert!(serde_json::from_str::<Sides>(text).is_err(), "{text}");
            assert!(serde_json::from_str::<Pair>(text).is_err(), "{text}");
        }
    }
}
