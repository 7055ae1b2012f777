//! The measurements of `benches/kernels.rs`: the convolution kernels of one layer on a batch, and the multiply-adds that this
//! machine executes on registers alone. Not for use by other programs.

use super::buffers::Buffers;
use super::conv::{Chunk, InputGradient, Layer, Scratch, Sums};
use super::lanes::{Float, Kernel, Lanes, dispatch};
use super::layout::Layout;
use super::plane::Plane;
use crate::network::{Conv, LayerKind, Shape};
use std::hint::black_box;

const CHAINS: usize = 12;
const MULTIPLY_ADDS: usize = 1 << 24;

struct Peak;

impl<F: Float> Kernel<F> for Peak {
    #[inline(always)]
    fn run<L: Lanes<F>>(self) {
        let (x, y) = (L::splat(black_box(F::from_f64(0.5))), L::splat(black_box(F::from_f64(0.25))));
        let mut totals = [y; CHAINS];
        for _ in 0..MULTIPLY_ADDS / CHAINS / L::N {
            for total in &mut totals {
                *total = total.mul_add(x, y);
            }
        }
        black_box(totals.into_iter().fold(y, L::add).positive_bits());
    }
}

/// Executes independent chains of f32 multiply-adds on registers and returns the number of floating-point operations.
pub fn peak() -> u64 {
    dispatch::<f32>(Peak);
    2 * MULTIPLY_ADDS as u64
}

/// A stream over numbers in a cache or in memory: each of `to` becomes that of `from` times a factor.
pub struct Stream {
    from: Plane<f32>,
    to: Plane<f32>,
}

struct Scale<'a> {
    from: &'a [f32],
    to: &'a mut [f32],
}

impl Kernel<f32> for Scale<'_> {
    #[inline(always)]
    fn run<L: Lanes<f32>>(self) {
        let factor = L::splat(black_box(0.5));
        for (to, from) in self.to.chunks_exact_mut(L::N).zip(self.from.chunks_exact(L::N)) {
            // SAFETY: both chunks hold N numbers.
            unsafe { L::load(from.as_ptr()).mul(factor).store(to.as_mut_ptr()) };
        }
    }
}

impl Stream {
    /// Creates a stream over `len` numbers.
    pub fn new(len: usize) -> Self {
        let mut buffers = Buffers::default();
        let mut numbers = || written(&mut buffers, Layout::flat(len));
        Stream { from: numbers(), to: numbers() }
    }

    /// Returns the number of bytes read and written.
    pub fn bytes(&self) -> u64 {
        2 * size_of_val(self.from.all()) as u64
    }

    /// Scales all numbers once.
    pub fn run(&mut self) {
        dispatch(Scale { from: self.from.all(), to: self.to.all_mut() });
    }
}

/// A plane in memory like that of a run, which was written to: the system may show one and the same page of zeros wherever nothing was
/// written, and reads of it have other speeds.
fn written(buffers: &mut Buffers<f32>, layout: Layout) -> Plane<f32> {
    let mut plane = buffers.take(layout);
    plane.all_mut().fill(0.5);
    plane
}

/// A convolution in f32 with its own batch.
pub struct Convolution {
    layer: Layer,
    flops: u64,
    x: Plane<f32>,
    z: Plane<f32>,
    by_z: Plane<f32>,
    by_x: Plane<f32>,
    packed: Plane<f32>,
    transposed: Plane<f32>,
    weight_sums: Plane<f32>,
    channel_sums: [Vec<f64>; 2],
    scratch: Scratch,
}

impl Convolution {
    /// Creates a convolution of `conv` on `images` images of this shape. Returns `None` if it does not fit them, or if `winograd`
    /// is requested but does not suit it.
    pub fn new(images: usize, input: Shape, conv: Conv, winograd: bool) -> Option<Self> {
        let output = conv.output_shape(&[input]).ok()?;
        let (x, z) = (Layout::new(images, input, Layer::border(&conv)), Layout::new(images, output, 0));
        let layer = Layer { winograd, ..Layer::new(&conv, input.channels, x, z) };
        if winograd && !layer.suits_winograd() {
            return None;
        }
        let mut buffers = Buffers::default();
        let mut plane = |layout: Layout| written(&mut buffers, layout);
        let by_x = plane(Layout::new(images, input, 0));
        Some(Convolution {
            layer,
            flops: 2 * conv.flops(&[input], output) * images as u64,
            x: plane(layer.x),
            z: plane(layer.z),
            by_z: plane(Layout::new(images, output, layer.gradient_border())),
            packed: plane(Layout::flat(layer.packed_len())),
            transposed: plane(Layout::flat(layer.transposed_len(by_x.layout().channels))),
            weight_sums: plane(Layout::flat(layer.sums_len())),
            channel_sums: [vec![0.0; layer.z.channels], vec![0.0; layer.z.channels]],
            scratch: Scratch::default(),
            by_x,
        })
    }

    /// Returns the floating-point operations of each direction, counted as a direct convolution.
    pub fn flops(&self) -> u64 {
        self.flops
    }

    /// Returns the bytes of input and output, without borders.
    pub fn bytes(&self) -> u64 {
        let plane = |layout: Layout| layout.images * layout.height * layout.row_len() * size_of::<f32>();
        (plane(self.layer.x) + plane(self.layer.z)) as u64
    }

    /// Computes the output, with its sums for batch norm.
    pub fn forward(&mut self) {
        let [values, squares] = &mut self.channel_sums;
        let sums = Some(Sums { values, squares });
        self.layer.forward(chunk(&self.x), (self.packed.all(), None), self.z.all_mut(), sums, &mut self.scratch);
    }

    /// Computes the input gradient, added under a ReLU's mask.
    pub fn input_gradient(&mut self) {
        let layout = self.by_x.layout();
        let (by_z, gate) = (chunk(&self.by_z), Some(chunk(&self.x)));
        let gradient = InputGradient { by_z, by_x: self.by_x.all_mut(), layout, gate, add: true };
        self.layer.input_gradient(gradient, self.transposed.all(), &mut self.scratch);
    }

    /// Computes the weight gradient.
    pub fn weight_gradient(&mut self) {
        let (x, by_z) = (chunk(&self.x), chunk(&self.by_z));
        self.layer.weight_gradient(x, by_z, self.weight_sums.all_mut(), &mut self.scratch);
    }
}

fn chunk(plane: &Plane<f32>) -> Chunk<'_, f32> {
    Chunk { numbers: plane.all(), layout: plane.layout() }
}
