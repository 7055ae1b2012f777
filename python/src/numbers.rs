//! Conversion of an engine's numbers for numpy: as bytes, the name of their type, and a shape. They are copied once, so that
//! Python may keep what the engine releases.

use pyo3::prelude::*;
use pyo3::types::PyBytes;
use zeronas_proxies::engine::{BitMatrix, Values, View};

/// A named array.
pub struct Numbers<'a> {
    pub name: &'static str,
    source: Source<'a>,
    shape: Vec<usize>,
}

enum Source<'a> {
    Values(Values<'a>),
    View(&'a View<'a>),
    Codes(&'a BitMatrix),
}

impl<'a> Numbers<'a> {
    /// Row-major values of this shape.
    pub fn of(name: &'static str, values: Values<'a>, shape: &[usize]) -> Self {
        Numbers { name, source: Source::Values(values), shape: shape.to_vec() }
    }

    /// Images x channels x rows x columns in 64 bits, whatever the engine's layout.
    pub fn of_view(name: &'static str, view: &'a View<'a>) -> Self {
        let (images, shape) = (view.images(), view.shape());
        Numbers { name, source: Source::View(view), shape: vec![images, shape.channels, shape.height, shape.width] }
    }

    /// Images x units, eight per byte, the first in the lowest bit.
    pub fn of_codes(name: &'static str, codes: &'a BitMatrix) -> Self {
        Numbers { name, source: Source::Codes(codes), shape: vec![codes.rows(), codes.columns()] }
    }

    /// Bytes, type and shape.
    pub fn shown<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyBytes>, &'static str, Vec<usize>)> {
        let (length, dtype) = match self.source {
            Source::Values(Values::F32(values)) => (4 * values.len(), "float32"),
            Source::Values(Values::F64(values)) => (8 * values.len(), "float64"),
            Source::View(_) => (8 * self.shape.iter().product::<usize>(), "float64"),
            Source::Codes(codes) => (codes.rows() * codes.columns().div_ceil(8), "uint8"),
        };
        let bytes = PyBytes::new_with(py, length, |buffer| {
            self.write(buffer);
            Ok(())
        })?;
        Ok((bytes, dtype, self.shape.clone()))
    }

    fn write(&self, buffer: &mut [u8]) {
        match self.source {
            Source::Values(Values::F32(values)) => fill(buffer, values.iter().map(|value| value.to_ne_bytes())),
            Source::Values(Values::F64(values)) => fill(buffer, values.iter().map(|value| value.to_ne_bytes())),
            Source::View(view) => {
                let shape = view.shape();
                let places = 0..view.images() * shape.len();
                let value = |i: usize| {
                    let (column, i) = (i % shape.width, i / shape.width);
                    let (row, i) = (i % shape.height, i / shape.height);
                    view.get(i / shape.channels, i % shape.channels, row, column)
                };
                fill(buffer, places.map(|i| value(i).to_ne_bytes()));
            }
            Source::Codes(codes) => {
                let bytes = codes.columns().div_ceil(8);
                for (row, packed) in buffer.chunks_exact_mut(bytes.max(1)).enumerate() {
                    let words = codes.row(row).iter().flat_map(|word| word.to_le_bytes());
                    packed.iter_mut().zip(words).for_each(|(byte, bits)| *byte = bits);
                }
            }
        }
    }
}

fn fill<const SIZE: usize>(buffer: &mut [u8], numbers: impl Iterator<Item = [u8; SIZE]>) {
    buffer.chunks_exact_mut(SIZE).zip(numbers).for_each(|(bytes, number)| bytes.copy_from_slice(&number));
}
