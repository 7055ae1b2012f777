//! Arrays of numbers as images and as labels.

use super::CHANNELS;
use super::pixels::Pixels;
use crate::pickle::{NumberType, Value};

/// The result of a check, or what is wrong with an array.
pub(super) type Checked<T> = Result<T, String>;

/// An array of numbers, row-major and little-endian.
pub(super) struct Numbers {
    shape: Vec<usize>,
    number: NumberType,
    bytes: Vec<u8>,
}

impl Numbers {
    /// Checks that there are as many bytes as the shape requires.
    pub fn new(shape: Vec<usize>, number: NumberType, fortran: bool, bytes: Vec<u8>) -> Checked<Self> {
        let expected = shape.iter().try_fold(number.size(), |all, &side| all.checked_mul(side));
        if expected != Some(bytes.len()) {
            return Err(format!("has {} bytes, which are no array of {}", bytes.len(), words(&shape)));
        }
        let bytes = if fortran && shape.len() > 1 { row_major(&shape, number.size(), &bytes) } else { bytes };
        Ok(Numbers { shape, number, bytes })
    }

    fn values(&self) -> impl Iterator<Item = Checked<Value>> {
        self.bytes
            .chunks_exact(self.number.size())
            .map(|bytes| self.number.number(bytes).map_err(|_| "is damaged".into()))
    }

    /// Returns the array as whole numbers, one per image.
    pub fn labels(&self) -> Checked<Vec<i64>> {
        if !matches!(self.shape[..], [_] | [_, 1]) {
            return Err(format!("is an array of {}, where one number per image is a label", words(&self.shape)));
        }
        let label = |value| match value {
            Value::Int(label) => Some(label),
            Value::Bool(label) => Some(label.into()),
            Value::Float(label) if label.fract() == 0.0 && label.abs() < 1e15 => Some(label as i64),
            _ => None,
        };
        let label = |(i, value): (usize, Checked<Value>)| {
            label(value?).ok_or_else(|| format!("has a label at image {} that is no whole number", i + 1))
        };
        self.values().enumerate().map(label).collect()
    }

    /// Returns the images, channel by channel, their side, and whether they were grey.
    pub fn images(self) -> Checked<(Pixels, usize, bool)> {
        let form = Form::of(&self.shape)?;
        let pixels = match self.number {
            NumberType::U8 => Pixels::Bytes(form.planes(&self.bytes)),
            NumberType::F16 | NumberType::F32 | NumberType::F64 => Pixels::Floats(form.planes(&self.floats(&form)?)),
            _ => {
                let byte = |value| match value {
                    Value::Int(pixel) => u8::try_from(pixel).ok(),
                    Value::Bool(pixel) => Some(255 * u8::from(pixel)),
                    _ => None,
                };
                let byte = |value: Checked<Value>| {
                    let beyond = "has whole numbers beyond 0 to 255, which are no pixels; save bytes or floats";
                    byte(value?).ok_or_else(|| beyond.to_owned())
                };
                Pixels::Bytes(form.planes(&self.values().map(byte).collect::<Checked<Vec<u8>>>()?))
            }
        };
        Ok((pixels, form.side, form.channels == 1))
    }

    fn floats(&self, form: &Form) -> Checked<Vec<f32>> {
        let size = form.channels * form.side * form.side;
        let float = |(i, value): (usize, Checked<Value>)| match value? {
            Value::Float(pixel) if (pixel as f32).is_finite() => Ok(pixel as f32),
            Value::Float(pixel) => Err(format!("has a pixel in image {} that is {pixel}", i / size.max(1) + 1)),
            _ => Err("is damaged".into()),
        };
        self.values().enumerate().map(float).collect()
    }
}

/// How images are laid out in an array.
struct Form {
    side: usize,
    channels: usize,
    channels_last: bool,
}

impl Form {
    fn of(shape: &[usize]) -> Checked<Self> {
        let is_color = |channels| matches!(channels, 1 | CHANNELS);
        let form = match *shape {
            [_, channels, height, width] if is_color(channels) && height == width => (width, channels, false),
            [_, height, width, channels] if is_color(channels) && height == width => (width, channels, true),
            [_, height, width] if height == width => (width, 1, false),
            [_, size] => match (exact_root(size / CHANNELS), exact_root(size)) {
                (Some(side), _) if size.is_multiple_of(CHANNELS) => (side, CHANNELS, false),
                (_, Some(side)) => (side, 1, false),
                _ => (0, 0, false),
            },
            _ => (0, 0, false),
        };
        match form {
            (side, channels, channels_last) if side > 0 && shape[0] > 0 => Ok(Form { side, channels, channels_last }),
            _ => Err(format!(
                "is an array of {}, which are no square images: those are N x 3 x side x side, N x side x side x 3, or of one \
                 channel",
                words(shape)
            )),
        }
    }

    /// Returns the images' numbers, channel by channel; the channel of grey ones is repeated three times.
    fn planes<T: Copy>(&self, numbers: &[T]) -> Vec<T> {
        let plane = self.side * self.side;
        let mut planes = Vec::with_capacity(numbers.len() / self.channels * CHANNELS);
        for image in numbers.chunks_exact(self.channels * plane) {
            for channel in 0..CHANNELS {
                let channel = channel % self.channels;
                if self.channels_last {
                    planes.extend(image.iter().skip(channel).step_by(self.channels));
                } else {
                    planes.extend_from_slice(&image[channel * plane..(channel + 1) * plane]);
                }
            }
        }
        planes
    }
}

fn exact_root(number: usize) -> Option<usize> {
    let root = number.isqrt();
    (root * root == number).then_some(root)
}

/// Reorders the bytes of a column-major array (first index fastest) to row-major (last index fastest).
fn row_major(shape: &[usize], size: usize, bytes: &[u8]) -> Vec<u8> {
    let strides: Vec<usize> = shape.iter().scan(size, |all, &side| Some(std::mem::replace(all, *all * side))).collect();
    let mut place = vec![0; shape.len()];
    let mut ordered = Vec::with_capacity(bytes.len());
    while ordered.len() < bytes.len() {
        let at: usize = place.iter().zip(&strides).map(|(index, stride)| index * stride).sum();
        ordered.extend_from_slice(&bytes[at..at + size]);
        for (index, &side) in place.iter_mut().zip(shape).rev() {
            *index += 1;
            if *index < side {
                break;
            }
            *index = 0;
        }
    }
    ordered
}

fn words(shape: &[usize]) -> String {
    if shape.is_empty() {
        return "a single number".into();
    }
    shape.iter().map(usize::to_string).collect::<Vec<_>>().join(" x ")
}
