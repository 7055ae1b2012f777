//! How fast the direct kernels are, on one thread: `cargo test --release -p zeronas-proxies conv::speed -- --ignored
//! --nocapture`. In GFLOP/s, beside what the machine does on registers alone.

use super::super::layout::{Layout, Plane};
use super::*;
use crate::engine::fused::lanes::{Kernel, Lanes, dispatch};
use crate::network::Shape;
use std::hint::black_box;
use std::time::Instant;

const IMAGES: usize = 64;
const MULTIPLY_ADDS: usize = 1 << 24;

/// Seconds of the fastest of many runs: other work on the machine only ever slows one down.
fn best(mut run: impl FnMut()) -> f64 {
    let begin = Instant::now();
    let mut best = f64::INFINITY;
    while begin.elapsed().as_secs_f64() < 0.3 {
        let start = Instant::now();
        run();
        best = best.min(start.elapsed().as_secs_f64());
    }
    best
}

/// Twelve independent chains of multiply-adds.
struct Peak;

impl<F: Float> Kernel<F> for Peak {
    #[inline(always)]
    fn run<L: Lanes<F>>(self) {
        let (x, y) = (L::splat(black_box(F::from_f64(0.5))), L::splat(black_box(F::from_f64(0.25))));
        let mut totals = [y; 12];
        for _ in 0..MULTIPLY_ADDS / 12 / L::N {
            for total in &mut totals {
                *total = total.mul_add(x, y);
            }
        }
        let sum = totals.into_iter().fold(y, L::add);
        assert!(black_box(sum.positive_bits()) > 0);
    }
}

fn measure<F: Float>(inputs: usize, outputs: usize, side: usize, kernel: usize, stride: usize) {
    let conv = Conv::same(outputs, kernel, stride);
    let (input, output) = (Shape::new(inputs, side, side), Shape::new(outputs, side / stride, side / stride));
    let layer = Layer {
        conv,
        inputs,
        x: Layout::new(IMAGES, input, conv.padding),
        z: Layout::new(IMAGES, output, 0),
        winograd: false,
    };
    let x = Plane::<F>::zeros(layer.x);
    let mut z = Plane::<F>::zeros(layer.z);
    let by_z = Plane::<F>::zeros(Layout::new(IMAGES, output, layer.gradient_border()));
    let mut by_x = Plane::<F>::zeros(Layout::new(IMAGES, input, 0));
    let layout = by_x.layout();
    let numbers = |len: usize| Plane::<F>::zeros(Layout::flat(len));
    let packed = numbers(layer.packed_len());
    let transposed = numbers(layer.transposed_len(layout.channels));
    let mut sums = numbers(layer.sums_len());
    let mut scratch = Scratch::default();
    let (mut values, mut squares) = (vec![0.0; layer.z.channels], vec![0.0; layer.z.channels]);
    let chunk = |plane| Chunk { numbers: Plane::all(plane), layout: plane.layout() };
    let times = [
        best(|| {
            let sums = Some(Sums { values: &mut values, squares: &mut squares });
            layer.forward(chunk(&x), packed.all(), z.all_mut(), sums, &mut scratch);
        }),
        best(|| {
            let gate = Some(chunk(&x));
            layer.input_gradient(chunk(&by_z), transposed.all(), (by_x.all_mut(), layout), (gate, true), &mut scratch);
        }),
        best(|| layer.weight_gradient(chunk(&x), chunk(&by_z), sums.all_mut(), &mut scratch)),
    ];
    let flops = (2 * inputs * kernel * kernel * output.len() * IMAGES) as f64;
    let [forward, input, weight] = times.map(|time| flops / time * 1e-9);
    eprintln!(
        "{inputs:>3} -> {outputs:>3} channels, side {side:>2}, {kernel}x{kernel}, stride {stride}: forward {forward:.0}, input \
         gradient {input:.0}, weight gradient {weight:.0}"
    );
}

fn measure_all<F: Float>() {
    let peak = best(|| dispatch::<F>(Peak));
    eprintln!("{}: {:.0} GFLOP/s on registers", std::any::type_name::<F>(), 2e-9 * MULTIPLY_ADDS as f64 / peak);
    for (inputs, outputs, side, kernel, stride) in [
        (16, 16, 32, 3, 1),
        (32, 32, 16, 3, 1),
        (64, 64, 8, 3, 1),
        (16, 16, 32, 1, 1),
        (32, 32, 16, 1, 1),
        (64, 64, 8, 1, 1),
        (16, 32, 32, 3, 2),
        (32, 64, 16, 3, 2),
        (8, 16, 32, 3, 1),
        (43, 43, 16, 3, 1),
    ] {
        measure::<F>(inputs, outputs, side, kernel, stride);
    }
}

#[test]
#[ignore = "a measurement, not a test"]
fn gigaflops() {
    measure_all::<f32>();
    measure_all::<f64>();
}
