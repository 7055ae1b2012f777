//! Compares Winograd's kernels with a direct convolution in f64.

use super::*;
use zeronas_random::Stream;

fn normal(name: &str, len: usize) -> Vec<f32> {
    let stream = Stream::new(name, 7);
    (0..len).map(|i| stream.normal(i as u64) as f32).collect()
}

/// Lays `dense` out as `plane`, with `between` in all other places.
fn place(layer: &Layer, dense: &[f32], plane: Plane, channels: usize, len: usize, between: f32) -> Vec<f32> {
    let mut values = vec![between; len];
    for (at, pixel) in pixels(layer, plane).zip(dense.chunks(channels)) {
        values[at..at + channels].copy_from_slice(pixel);
    }
    values
}

fn pixels(layer: &Layer, plane: Plane) -> impl Iterator<Item = usize> + use<> {
    let Layer { images, height, width, .. } = *layer;
    (0..images * height * width).map(move |i| plane.at(i / width / height, i / width % height, i % width))
}

fn padded_len(layer: &Layer, channels: usize) -> usize {
    layer.images * (layer.height + 2) * (layer.width + 2) * channels
}

fn padded(layer: &Layer, dense: &[f32], channels: usize) -> Vec<f32> {
    let plane = Plane::padded(layer.height, layer.width, channels);
    place(layer, dense, plane, channels, padded_len(layer, channels), 0.0)
}

/// Calls `visit` with the indices of (output, input, weight) of every product of the convolution, all dense.
fn products(layer: &Layer, mut visit: impl FnMut(usize, usize, usize)) {
    let Layer { images, height, width, inputs, outputs } = *layer;
    for pixel in 0..images * height * width {
        let (image, row, column) = (pixel / width / height, pixel / width % height, pixel % width);
        for tap in 0..9 {
            let (y, x) = (row + tap / 3, column + tap % 3);
            if (1..=height).contains(&y) && (1..=width).contains(&x) {
                let from = (image * height + y - 1) * width + x - 1;
                for i in 0..inputs {
                    for o in 0..outputs {
                        visit(pixel * outputs + o, from * inputs + i, (tap * inputs + i) * outputs + o);
                    }
                }
            }
        }
    }
}

/// Relative L2 error.
fn error(got: impl IntoIterator<Item = f32>, expected: &[f64]) -> f64 {
    let (mut difference, mut norm, mut count) = (0.0, 0.0, 0);
    for (a, &b) in got.into_iter().zip(expected) {
        difference += (f64::from(a) - b).powi(2);
        norm += b * b;
        count += 1;
    }
    assert_eq!(count, expected.len());
    (difference / norm).sqrt()
}

/// Every layer on every kind of vectors.
fn cases() -> impl Iterator<Item = (&'static Layer, Scratch)> {
    let vectors = [Vectors::Plain, Vectors::Eight, Vectors::Sixteen];
    LAYERS.iter().flat_map(move |layer| vectors.map(|vectors| (layer, Scratch { vectors, ..Scratch::default() })))
}

/// Maximum relative L2 error; up to 9.5e-7 was observed.
const LIMIT: f64 = 1.5e-6;

const LAYERS: [Layer; 8] = [
    Layer { images: 2, height: 32, width: 32, inputs: 16, outputs: 16 },
    Layer { images: 3, height: 16, width: 16, inputs: 32, outputs: 32 },
    Layer { images: 5, height: 8, width: 8, inputs: 64, outputs: 64 },
    Layer { images: 1, height: 12, width: 8, inputs: 8, outputs: 24 },
    Layer { images: 2, height: 8, width: 20, inputs: 24, outputs: 8 },
    Layer { images: 3, height: 4, width: 4, inputs: 40, outputs: 56 },
    Layer { images: 1, height: 4, width: 4, inputs: 56, outputs: 40 },
    Layer { images: 1, height: 4, width: 8, inputs: 16, outputs: 48 },
];

/// Converts weights `[3][3][inputs][outputs]` by one of the transforms.
pub(super) fn packed(
    transform: impl Fn(&[f32], usize, usize, &mut [f32]),
    weights: &[f32],
    inputs: usize,
    outputs: usize,
) -> Vec<f32> {
    let mut packed = vec![0.0; transformed_len(inputs, outputs)];
    let ordered = (0..9 * inputs * outputs).map(|i| {
        let (output, input, tap) = (i / 9 / inputs, i / 9 % inputs, i % 9);
        weights[(tap * inputs + input) * outputs + output]
    });
    transform(&ordered.collect::<Vec<_>>(), inputs, outputs, &mut packed);
    packed
}

#[test]
fn forward_agrees_with_a_direct_convolution() {
    for (layer, mut scratch) in cases() {
        let vectors = scratch.vectors;
        let Layer { images, height, width, inputs, outputs } = *layer;
        let x = normal("x", images * height * width * inputs);
        let w = normal("w", 9 * inputs * outputs);
        let mut expected = vec![0.0; images * height * width * outputs];
        products(layer, |o, i, k| expected[o] += f64::from(x[i]) * f64::from(w[k]));

        let u = packed(transform_weights, &w, inputs, outputs);
        let x = padded(layer, &x, inputs);
        let mut dense = vec![f32::NAN; expected.len()];
        forward(layer, &x, &u, Output::new(&mut dense, Plane::dense(height, width, outputs)), &mut scratch);
        let found = error(dense.iter().copied(), &expected);
        assert!(found < LIMIT, "{layer:?}, {vectors:?}: {found}");

        let mut bordered = vec![9.0; padded_len(layer, outputs)];
        forward(layer, &x, &u, Output::new(&mut bordered, Plane::padded(height, width, outputs)), &mut scratch);
        let plane = Plane::padded(height, width, outputs);
        assert_eq!(bordered, place(layer, &dense, plane, outputs, bordered.len(), 9.0), "{layer:?}");
    }
}

#[test]
fn channel_sums_are_those_of_the_output() {
    for (layer, mut scratch) in cases() {
        let Layer { images, height, width, inputs, outputs } = *layer;
        let x = padded(layer, &normal("x", images * height * width * inputs), inputs);
        let u = packed(transform_weights, &normal("w", 9 * inputs * outputs), inputs, outputs);
        let mut y = vec![0.0; images * height * width * outputs];
        let (mut values, mut squares) = (vec![1.0; outputs], vec![2.0; outputs]);
        let sums = Some(Sums { values: &mut values, squares: &mut squares });
        let output = Output { sums, ..Output::new(&mut y, Plane::dense(height, width, outputs)) };
        forward(layer, &x, &u, output, &mut scratch);
        for channel in 0..outputs {
            let of = || y.iter().skip(channel).step_by(outputs).map(|&y| f64::from(y));
            let (sum, square) = (1.0 + of().sum::<f64>(), 2.0 + of().map(|y| y * y).sum::<f64>());
            let magnitude = of().map(f64::abs).sum::<f64>();
            assert!((values[channel] - sum).abs() < 1e-6 * magnitude, "{layer:?}: {} {sum}", values[channel]);
            assert!((squares[channel] - square).abs() < 1e-6 * square, "{layer:?}: {} {square}", squares[channel]);
        }
    }
}

#[test]
fn input_gradient_adds_under_its_mask() {
    for (layer, mut scratch) in cases() {
        let vectors = scratch.vectors;
        let Layer { images, height, width, inputs, outputs } = *layer;
        let dy = normal("dy", images * height * width * outputs);
        let w = normal("w", 9 * inputs * outputs);
        let mut expected = vec![0.0; images * height * width * inputs];
        products(layer, |o, i, k| expected[i] += f64::from(dy[o]) * f64::from(w[k]));

        let u = packed(transform_transposed_weights, &w, inputs, outputs);
        let dy = padded(layer, &dy, outputs);
        let old = normal("old", expected.len());
        let gate: Vec<f32> = normal("gate", expected.len()).into_iter().map(|x| x.max(0.0)).collect();
        let plane = Plane::padded(height, width, inputs);
        let mask = padded(layer, &gate, inputs);
        for (accumulate, masked) in [(false, false), (true, false), (false, true), (true, true)] {
            let expected: Vec<f64> = (0..expected.len())
                .map(|i| {
                    let gradient = if masked && gate[i] <= 0.0 { 0.0 } else { expected[i] };
                    gradient + if accumulate { f64::from(old[i]) } else { 0.0 }
                })
                .collect();
            let mut dx = padded(layer, &old, inputs);
            let mask = masked.then_some((mask.as_slice(), plane));
            let output = Output { accumulate, mask, ..Output::new(&mut dx, plane) };
            forward(&layer.transposed(), &dy, &u, output, &mut scratch);
            let found = error(pixels(layer, plane).flat_map(|at| dx[at..at + inputs].iter().copied()), &expected);
            assert!(found < LIMIT, "{layer:?}, {vectors:?}, accumulate {accumulate}, masked {masked}: {found}");
        }
    }
}

#[test]
fn weight_gradient_agrees_with_a_direct_one() {
    for (layer, mut scratch) in cases() {
        let vectors = scratch.vectors;
        let Layer { images, height, width, inputs, outputs } = *layer;
        let x = normal("x", images * height * width * inputs);
        let dy = normal("dy", images * height * width * outputs);
        let mut expected = vec![0.0; 9 * inputs * outputs];
        products(layer, |o, i, k| expected[k] += f64::from(x[i]) * f64::from(dy[o]));

        let x = padded(layer, &x, inputs);
        let mut gradient_in = |dy: &[f32], plane: Plane| {
            let mut sums = vec![0.0; 36 * inputs * outputs];
            weight_gradient(layer, &x, dy, plane, &mut sums, &mut scratch);
            let mut gradient = vec![0.0; expected.len()];
            finish_weight_gradient(layer, &sums, &mut gradient);
            let ordered = (0..9 * inputs * outputs).map(|i| {
                let (tap, input, output) = (i / outputs / inputs, i / outputs % inputs, i % outputs);
                gradient[(output * inputs + input) * 9 + tap]
            });
            ordered.collect::<Vec<f32>>()
        };
        let dense = gradient_in(&dy, Plane::dense(height, width, outputs));
        let found = error(dense.iter().copied(), &expected);
        assert!(found < LIMIT, "{layer:?}, {vectors:?}: {found}");
        assert_eq!(
            dense,
            gradient_in(&padded(layer, &dy, outputs), Plane::padded(height, width, outputs)),
            "{layer:?}"
        );
    }
}

#[test]
fn outputs_do_not_depend_on_the_chunks_of_images() {
    let layer = Layer { images: 3, height: 8, width: 8, inputs: 16, outputs: 24 };
    let one = Layer { images: 1, ..layer };
    let x = padded(&layer, &normal("x", 3 * 64 * 16), 16);
    let u = packed(transform_weights, &normal("w", 9 * 16 * 24), 16, 24);
    let plane = Plane::dense(8, 8, 24);
    let mut scratch = Scratch::default();
    let mut whole = vec![0.0; 3 * 64 * 24];
    forward(&layer, &x, &u, Output::new(&mut whole, plane), &mut scratch);
    for (x, whole) in x.chunks(10 * 10 * 16).zip(whole.chunks(64 * 24)) {
        let mut y = vec![0.0; 64 * 24];
        forward(&one, x, &u, Output::new(&mut y, plane), &mut scratch);
        assert_eq!(y, whole);
    }
}

#[test]
fn eight_lanes_and_sixteen_give_the_same_bits() {
    let layer = LAYERS[1];
    let Layer { images, height, width, inputs, outputs } = layer;
    let x = padded(&layer, &normal("x", images * height * width * inputs), inputs);
    let u = packed(transform_weights, &normal("w", 9 * inputs * outputs), inputs, outputs);
    let plane = Plane::dense(height, width, outputs);
    let [eight, sixteen] = [Vectors::Eight, Vectors::Sixteen].map(|vectors| {
        let mut scratch = Scratch { vectors, ..Scratch::default() };
        let mut y = vec![0.0; images * height * width * outputs];
        forward(&layer, &x, &u, Output::new(&mut y, plane), &mut scratch);
        let mut sums = vec![0.0; 36 * inputs * outputs];
        weight_gradient(&layer, &x, &y, plane, &mut sums, &mut scratch);
        (y, sums)
    });
    assert!(eight == sixteen);
}

#[test]
fn layers_that_do_not_tile_are_refused() {
    let layer = LAYERS[0];
    assert!(layer.fits());
    for bad in [
        Layer { images: 0, ..layer },
        Layer { height: 30, ..layer },
        Layer { width: 6, ..layer },
        Layer { inputs: 12, ..layer },
        Layer { outputs: 0, ..layer },
        Layer { width: 1 << 60, ..layer },
    ] {
        assert!(!bad.fits(), "{bad:?}");
    }
}
