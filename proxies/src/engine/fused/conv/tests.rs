//! Compares the three directions of direct convolutions with plain loops in f64.

use super::super::layout::Layout;
use super::super::plane::Plane;
use super::super::winograd::Vectors;
use super::*;
use crate::network::{LayerKind, Shape};
use zeronas_random::Stream;

const IMAGES: usize = 2;

/// Returns a plane of normal variates, with zeros in padded channels.
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

/// Calls `product` with image, output channel, output place, input channel, input place and weight of each product.
fn products(
    conv: Conv,
    input: Shape,
    output: Shape,
    mut product: impl FnMut(usize, usize, (usize, usize), usize, (usize, usize), usize),
) {
    let (filter, [down, across]) = (input.channels / conv.groups, conv.windows());
    let taps = conv.kernel.area();
    for i in 0..IMAGES * output.len() * filter * taps {
        let (tap, i) = (i % taps, i / taps);
        let (from, i) = (i % filter, i / filter);
        let (to, i) = (i % output.channels, i / output.channels);
        let (place, n) = (i % output.area(), i / output.area());
        let place = (place / output.width, place % output.width);
        let row = place.0 * down.stride + tap / conv.kernel.width * down.dilation;
        let column = place.1 * across.stride + tap % conv.kernel.width * across.dilation;
        if let (Some(row), Some(column)) = (row.checked_sub(down.padding[0]), column.checked_sub(across.padding[0]))
            && row < input.height
            && column < input.width
        {
            let channel = to / (output.channels / conv.groups) * filter + from;
            product(n, to, place, channel, (row, column), (to * filter + from) * taps + tap);
        }
    }
}

fn at<F: Float>(plane: &Plane<F>, n: usize, channel: usize, (row, column): (usize, usize)) -> f64 {
    let layout = plane.layout();
    plane.image(n)[layout.row_at(row) + column * layout.channels + channel].to_f64()
}

/// Returns the largest error of the three directions, relative to the largest value of each.
fn errors<F: Float>(conv: Conv, input: Shape, output: Shape, winograd: bool) -> [f64; 3] {
    let x = Layout::new(IMAGES, input, Layer::border(&conv));
    let mut layer = Layer::new(&conv, input.channels, x, Layout::new(IMAGES, output, 0));
    if input.channels == 3 && !layer.is_depthwise() {
        layer.x.channels = 3;
    }
    layer.winograd = winograd;
    assert!(!winograd || layer.suits_winograd(), "{conv:?} on {input}");
    let weights: Vec<f32> = {
        let stream = Stream::new("w", 0);
        let count = output.channels * input.channels / conv.groups * conv.kernel.area();
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
    let bias: Vec<F> = (0..layer.z.channels)
        .map(|c| F::from_f64(if c < output.channels { c as f64 / 8.0 - 1.0 } else { 0.0 }))
        .collect();
    let bias = conv.bias.then_some(bias.as_slice());
    layer.forward(chunk(&x), (&packed, bias), z.all_mut(), Some(sums), &mut scratch);

    let layout = Layout::new(IMAGES, input, 0);
    let mut transposed = vec![F::default(); layer.transposed_len(layout.channels)];
    layer.pack_transposed(&weights, layout.channels, &mut transposed);
    let mut by_x = plane::<F>("before", input, layout);
    let before = plane::<F>("before", input, layout);
    let gate = plane::<F>("gate", input, Layout::new(IMAGES, input, 1));
    let gradient =
        InputGradient { by_z: chunk(&by_z), by_x: by_x.all_mut(), layout, gate: Some(chunk(&gate)), add: true };
    layer.input_gradient(gradient, &transposed, &mut scratch);

    let mut sums = vec![F::default(); layer.sums_len()];
    layer.weight_gradient(chunk(&x), chunk(&by_z), &mut sums, &mut scratch);
    let mut by_weight = vec![F::default(); weights.len()];
    layer.finish_weight_gradient(&sums, &mut by_weight);

    let place = |shape: Shape, n: usize, c: usize, (h, w): (usize, usize)| {
        ((n * shape.channels + c) * shape.height + h) * shape.width + w
    };
    let mut expected = [vec![0.0; IMAGES * output.len()], vec![0.0; IMAGES * input.len()], vec![0.0; weights.len()]];
    if let Some(bias) = bias {
        for (i, z) in expected[0].iter_mut().enumerate() {
            *z = bias[i / output.area() % output.channels].to_f64();
        }
    }
    products(conv, input, output, |n, to, out_at, from, in_at, w| {
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
        // Several parts in an image, several images in a part, and weight gradients from copies, also of long runs piece by piece and
        // of a last panel of 8 channels.
        (36, 136, 9, 8, 1, 1, 0),
        (136, 24, 17, 15, 1, 1, 0),
        (24, 8, 2, 3, 1, 1, 0),
        (300, 72, 9, 5, 1, 1, 0),
        (200, 64, 6, 5, 1, 2, 0),
        (264, 16, 4, 4, 3, 1, 1),
    ];
    for (inputs, outputs, height, width, kernel, stride, padding) in cases {
        let conv = Conv::new(outputs, kernel).strided(stride).padded(padding);
        check(conv, Shape::new(inputs, height, width));
    }
}

fn check(conv: Conv, input: Shape) {
    let output = conv.output_shape(&[input]).unwrap();
    for (error, limit) in
        [(errors::<f64>(conv, input, output, false), 1e-14), (errors::<f32>(conv, input, output, false), 2e-6)]
    {
        assert!(error.iter().all(|&error| error < limit), "{conv:?} on {input}: {error:?}");
    }
}

#[test]
fn groups_dilation_bias_and_rectangles_agree_with_plain_loops() {
    for (conv, input) in [
        (Conv::same(16, 3, 1).grouped(16), Shape::new(16, 9, 8)),
        (Conv::same(24, 3, 2).grouped(24), Shape::new(24, 7, 10)),
        (Conv::same(40, 5, 1).grouped(40), Shape::new(40, 6, 6)),
        (Conv::same(9, 5, 2).grouped(9), Shape::new(9, 9, 7)),
        (Conv::same(33, 7, 1).grouped(33).with_bias(), Shape::new(33, 8, 9)),
        (Conv::same(8, 7, 2).grouped(8), Shape::new(8, 11, 9)),
        (Conv::same(3, 3, 1).grouped(3), Shape::new(3, 8, 8)),
        (Conv::new(16, 3).padded(2).dilated(2).grouped(16), Shape::new(16, 9, 7)),
        (Conv::new(16, 5).padded(4).dilated(2).strided(2).grouped(16), Shape::new(16, 9, 12)),
        (Conv::new(8, 3).padded(3).dilated(3).strided(2), Shape::new(5, 11, 10)),
        (Conv::new(8, 3).padded(2).dilated(2).strided(3), Shape::new(6, 10, 13)),
        (Conv::new(8, 3).dilated([1, 2]).padded([1, 2]), Shape::new(12, 6, 9)),
        (Conv::new(20, 3).padded(1).grouped(4), Shape::new(12, 6, 6)),
        (Conv::new(6, 3).padded(1).strided(2).grouped(2).with_bias(), Shape::new(20, 7, 6)),
        (Conv::new(9, 1).grouped(3), Shape::new(6, 5, 5)),
        (Conv::new(64, 3).padded(1).grouped(16), Shape::new(64, 5, 6)),
        (Conv::new(32, 3).padded(1).grouped(2), Shape::new(16, 5, 6)),
        (Conv::new(24, 3).padded(1).grouped(8), Shape::new(8, 5, 6)),
        (Conv::new(12, [10, 4]).padded([5, 1]).strided(2), Shape::new(1, 20, 9)),
        (Conv::new(5, [1, 7]).padded([0, 3]).with_bias(), Shape::new(7, 6, 9)),
        (Conv::new(5, 3).padded([2, 0, 1, 3]).strided([2, 1]), Shape::new(7, 6, 9)),
        (Conv::new(16, [3, 1]).padded([1, 0]).grouped(16), Shape::new(16, 6, 9)),
        (Conv::new(10, 1).strided(2).padded([0, 0, 1, 1]), Shape::new(7, 5, 5)),
        (Conv::new(8, 2).strided(3), Shape::new(8, 5, 8)),
    ] {
        check(conv, input);
    }
}

/// Rows of 15 pixels, so that tiles of all sizes take part.
#[test]
fn depthwise_windows_of_all_widths_strides_and_dilations_agree_with_plain_loops() {
    for kernel in 1..=9 {
        for (stride, dilation) in [(1, 1), (2, 1), (3, 1), (1, 2), (2, 2), (1, 3), (2, 3), (3, 2)] {
            let reach = (kernel - 1) * dilation;
            let conv = Conv::new(24, [2, kernel]).strided([1, stride]).dilated([1, dilation]).grouped(24);
            check(conv.padded([1, reach / 2, 0, reach.div_ceil(2)]), Shape::new(24, 3, 14 * stride + 1));
        }
    }
}

#[test]
fn depthwise_windows_that_read_copies_agree_with_plain_loops() {
    for (conv, [height, width]) in [
        (Conv::same(256, 5, 1).grouped(256), [4, 19]),
        (Conv::same(510, 3, 1).grouped(510).with_bias(), [5, 9]),
        (Conv::same(512, 3, 2).grouped(512), [5, 17]),
        (Conv::new(512, 3).padded(2).dilated(2).grouped(512), [3, 8]),
        (Conv::new(512, 5).padded(4).dilated(2).strided(2).grouped(512), [4, 15]),
    ] {
        check(conv, Shape::new(conv.groups, height, width));
    }
}

#[test]
fn winograds_kernels_agree_with_plain_loops_on_sides_that_tiles_do_not_divide() {
    if !Vectors::detected() {
        return;
    }
    for (height, width) in [(7, 7), (3, 3), (6, 9), (14, 5), (8, 7), (8, 6)] {
        let (conv, input) = (Conv::new(24, 3).padded(1), Shape::new(16, height, width));
        let output = conv.output_shape(&[input]).unwrap();
        let error = errors::<f32>(conv, input, output, true);
        assert!(error.iter().all(|&error| error < 5e-6), "{height} x {width}: {error:?}");
    }
}
