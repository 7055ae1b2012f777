//! The three directions of direct convolutions against plain loops in f64.

use super::super::layout::{Layout, Plane};
use super::*;
use crate::network::Shape;
use zeronas_random::Stream;

const IMAGES: usize = 2;

/// A plane of normal variates, channels past the real ones zero.
fn plane<F: Float>(name: &str, shape: Shape, layout: Layout) -> Plane<F> {
    let stream = Stream::new(name, 0);
    let mut plane = Plane::zeros(layout);
    for n in 0..layout.images {
        for i in 0..shape.len() {
            let (row, column, channel) =
                (i / shape.channels / shape.width, i / shape.channels % shape.width, i % shape.channels);
            let at = layout.row_at(row) + column * layout.channels + channel;
            plane.image_mut(n)[at] = F::from_f64(stream.normal((n * shape.len() + i) as u64));
        }
    }
    plane
}

fn chunk<F: Float>(plane: &Plane<F>) -> Chunk<'_, F> {
    Chunk { numbers: plane.all(), layout: plane.layout() }
}

/// Calls `product` with image, output channel, output place, input channel, input place and tap of every product.
fn products(
    conv: Conv,
    input: Shape,
    output: Shape,
    mut product: impl FnMut(usize, usize, (usize, usize), usize, (usize, usize), usize),
) {
    for i in 0..IMAGES * output.len() * input.channels * conv.kernel * conv.kernel {
        let (tap, i) = (i % (conv.kernel * conv.kernel), i / (conv.kernel * conv.kernel));
        let (from, i) = (i % input.channels, i / input.channels);
        let (to, i) = (i % output.channels, i / output.channels);
        let (place, n) = (i % output.area(), i / output.area());
        let place = (place / output.width, place % output.width);
        let row = place.0 * conv.stride + tap / conv.kernel;
        let column = place.1 * conv.stride + tap % conv.kernel;
        if let (Some(row), Some(column)) = (row.checked_sub(conv.padding), column.checked_sub(conv.padding))
            && row < input.height
            && column < input.width
        {
            product(n, to, place, from, (row, column), tap);
        }
    }
}

fn at<F: Float>(plane: &Plane<F>, n: usize, channel: usize, (row, column): (usize, usize)) -> f64 {
    let layout = plane.layout();
    plane.image(n)[layout.row_at(row) + column * layout.channels + channel].to_f64()
}

/// Largest error of the three directions, relative to the largest value of each.
fn errors<F: Float>(conv: Conv, input: Shape, output: Shape) -> [f64; 3] {
    let mut layer = Layer {
        conv,
        inputs: input.channels,
        x: Layout::new(IMAGES, input, conv.padding),
        z: Layout::new(IMAGES, output, 0),
        winograd: false,
    };
    if input.channels == 3 {
        layer.x.channels = 3;
    }
    let weights: Vec<f32> = {
        let stream = Stream::new("w", 0);
        let count = output.channels * input.channels * conv.kernel * conv.kernel;
        (0..count as u64).map(|i| stream.normal(i) as f32).collect()
    };
    let x = plane::<F>("x", input, layer.x);
    let by_z = plane::<F>("dz", output, Layout::new(IMAGES, output, layer.gradient_border()));
    let mut scratch = Scratch::default();

    let mut packed = vec![F::default(); layer.packed_len()];
    layer.pack(&weights, &mut packed);
    let mut z = Plane::zeros(layer.z);
    let (mut values, mut squares) = (vec![0.0; layer.z.channels], vec![0.0; layer.z.channels]);
    let sums = Sums { values: &mut values, squares: &mut squares };
    layer.forward(chunk(&x), &packed, z.all_mut(), Some(sums), &mut scratch);

    let layout = Layout::new(IMAGES, input, 0);
    let mut transposed = vec![F::default(); layer.transposed_len(layout.channels)];
    layer.pack_transposed(&weights, layout.channels, &mut transposed);
    let mut by_x = plane::<F>("before", input, layout);
    let before = plane::<F>("before", input, layout);
    let gate = plane::<F>("gate", input, Layout::new(IMAGES, input, 1));
    let gradient = (by_x.all_mut(), layout);
    layer.input_gradient(chunk(&by_z), &transposed, gradient, (Some(chunk(&gate)), true), &mut scratch);

    let mut sums = vec![F::default(); layer.sums_len()];
    layer.weight_gradient(chunk(&x), chunk(&by_z), &mut sums, &mut scratch);
    let mut by_weight = vec![F::default(); weights.len()];
    layer.finish_weight_gradient(&sums, &mut by_weight);

    let place = |shape: Shape, n: usize, c: usize, (h, w): (usize, usize)| {
        ((n * shape.channels + c) * shape.height + h) * shape.width + w
    };
    let mut expected = [vec![0.0; IMAGES * output.len()], vec![0.0; IMAGES * input.len()], vec![0.0; weights.len()]];
    let taps = conv.kernel * conv.kernel;
    products(conv, input, output, |n, to, out_at, from, in_at, tap| {
        let w = (to * input.channels + from) * taps + tap;
        expected[0][place(output, n, to, out_at)] += at(&x, n, from, in_at) * f64::from(weights[w]);
        expected[1][place(input, n, from, in_at)] += at(&by_z, n, to, out_at) * f64::from(weights[w]);
        expected[2][w] += at(&by_z, n, to, out_at) * at(&x, n, from, in_at);
    });
    let got = |plane: &Plane<F>, shape: Shape| -> Vec<f64> {
        let area = shape.area();
        let place =
            |i: usize| at(plane, i / shape.len(), i / area % shape.channels, (i % area / shape.width, i % shape.width));
        (0..IMAGES * shape.len()).map(place).collect()
    };
    let gate = got(&gate, input);
    for ((expected, gate), before) in expected[1].iter_mut().zip(gate).zip(got(&before, input)) {
        *expected = if gate > 0.0 { *expected } else { 0.0 } + before;
    }
    for c in 0..output.channels {
        let channel = |i: &usize| i / output.area() % output.channels == c;
        let total: f64 = (0..expected[0].len()).filter(channel).map(|i| expected[0][i]).sum();
        let square: f64 = (0..expected[0].len()).filter(channel).map(|i| expected[0][i].powi(2)).sum();
        assert!(
            (values[c] - total).abs() < 1e-4 * square.sqrt().max(1.0)
                && (squares[c] - square).abs() < 1e-4 * square.max(1.0)
        );
    }
    let found = [got(&z, output), got(&by_x, input), by_weight.into_iter().map(F::to_f64).collect()];
    std::array::from_fn(|i| {
        let largest = expected[i].iter().fold(f64::MIN_POSITIVE, |largest, value| largest.max(value.abs()));
        found[i].iter().zip(&expected[i]).map(|(a, b)| (a - b).abs() / largest).fold(0.0, f64::max)
    })
}

#[test]
fn all_directions_agree_with_plain_loops() {
    // Channels in, channels out, rows, columns, kernel, stride, padding.
    let cases = [
        (1, 1, 1, 1, 1, 1, 0),
        (3, 16, 8, 8, 3, 1, 1),
        (7, 24, 5, 9, 3, 1, 1),
        (16, 16, 6, 5, 3, 1, 1),
        (17, 70, 4, 4, 3, 1, 1),
        (64, 43, 3, 7, 1, 1, 0),
        (43, 8, 7, 3, 1, 1, 0),
        (16, 32, 8, 8, 3, 2, 1),
        (5, 9, 9, 6, 3, 2, 1),
        (6, 10, 7, 7, 1, 2, 0),
        (4, 3, 11, 10, 5, 3, 2),
        (2, 12, 6, 6, 2, 2, 0),
        (9, 2, 5, 5, 3, 1, 0),
        (2, 2, 4, 4, 3, 1, 2),
        (3, 5, 10, 4, 2, 3, 1),
        (8, 8, 4, 3, 1, 1, 1),
    ];
    for (inputs, outputs, height, width, kernel, stride, padding) in cases {
        let conv = Conv { channels: outputs, kernel, stride, padding };
        let side = |side: usize| (side + 2 * padding - kernel) / stride + 1;
        let input = Shape::new(inputs, height, width);
        let output = Shape::new(outputs, side(height), side(width));
        for (error, limit) in [(errors::<f64>(conv, input, output), 1e-14), (errors::<f32>(conv, input, output), 2e-6)]
        {
            assert!(error.iter().all(|&error| error < limit), "{conv:?} on {input}: {error:?}");
        }
    }
}
