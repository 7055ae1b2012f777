//! How fast the kernels are, on one thread: `cargo test --release -p zeronas-proxies winograd::speed -- --ignored --nocapture`.

use super::tests::packed;
use super::*;
use std::hint::black_box;
use std::time::Instant;

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

struct Fma;

impl lanes::Kernel for Fma {
    #[inline(always)]
    fn run<const N: usize, L: lanes::Lanes<N>>(self) {
        let (factor, term) = (L::splat(black_box(0.999)), L::splat(black_box(0.001)));
        let mut sums = [L::splat(0.0); 12];
        for _ in 0..100_000 {
            for sum in &mut sums {
                *sum = sum.mul_add(factor, term);
            }
        }
        let total = sums.into_iter().fold(L::splat(0.0), L::add);
        let mut out = [0.0; N];
        total.store(&mut out);
        black_box(out);
    }
}

#[test]
#[ignore = "a measurement, not a test"]
fn gigaflops() {
    for (vectors, lanes) in [(Vectors::Sixteen, 16), (Vectors::Eight, 8), (Vectors::Plain, 8)] {
        let peak = 100_000.0 * 12.0 * 2.0 * f64::from(lanes) / best(|| vectors.run(Fma, true)) / 1e9;
        eprintln!("{vectors:?}: multiply-adds in registers {peak:.0}");
        for (channels, side) in [(16, 32), (32, 16), (64, 8), (128, 32), (24, 32), (8, 32)] {
            let layer = Layer { images: 8, height: side, width: side, inputs: channels, outputs: channels };
            measure("in cache", vectors, layer, 1);
            measure("from memory", vectors, Layer { images: 64, ..layer }, 16);
        }
    }
}

/// Prints what the kernels come to, counted as direct convolutions, on `planes` sets of activations taken in turn.
fn measure(place: &str, vectors: Vectors, layer: Layer, planes: usize) {
    let Layer { images, height, width, inputs, outputs } = layer;
    let buffers = |len: usize| (0..planes).map(|_| Buffer::zeros(len)).collect::<Vec<_>>();
    let weights: Vec<f32> = (0..9 * inputs * outputs).map(|i| (i as f32).sin()).collect();
    let u = packed(transform_weights, &weights, inputs, outputs);
    let flops = (2 * 9 * inputs * outputs * height * width * images) as f64;
    let padded_len = images * (height + 2) * (width + 2) * inputs;
    let (dense, padded) = (Plane::dense(height, width, outputs), Plane::padded(height, width, inputs));
    let mut x = buffers(padded_len);
    x.iter_mut().for_each(|x| x.fill(0.5));
    let mut y = buffers(images * height * width * outputs);
    let mut dx = buffers(padded_len);
    let mut sums = Buffer::zeros(36 * inputs * outputs);
    let (mut values, mut squares) = (vec![0.0; outputs], vec![0.0; outputs]);
    let mut scratch = Scratch { vectors, ..Scratch::default() };
    let mut turn = 0;
    let mut next = || {
        turn = (turn + 1) % planes;
        turn
    };
    let times = [
        best(|| {
            let i = next();
            let sums = Some(Sums { values: &mut values, squares: &mut squares });
            forward(&layer, &x[i], &u, Output { sums, ..Output::new(&mut y[i], dense) }, &mut scratch);
        }),
        best(|| {
            let i = next();
            let mask = Some((&x[(i + 1) % planes][..], padded));
            let output = Output { accumulate: true, mask, ..Output::new(&mut dx[i], padded) };
            forward(&layer, &x[i], &u, output, &mut scratch);
        }),
        best(|| {
            let i = next();
            weight_gradient(&layer, &x[i], &y[i], dense, &mut sums, &mut scratch);
        }),
    ];
    let [forward, input, weight] = times.map(|time| flops / time / 1e9);
    eprintln!(
        "{inputs:>3} channels, {height} x {width}, {place:<11}: forward with sums {forward:.0}, \
         input gradient added under a mask {input:.0}, weight gradient {weight:.0}"
    );
}
