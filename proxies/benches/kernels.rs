//! The convolution kernels, one thread, batch 64: `cargo bench -p zeronas-proxies --bench kernels`.
//!
//! Criterion's throughput in Gelem/s is GFLOP/s, counted as direct convolutions; `registers` is the rate of this machine's
//! multiply-adds on registers alone. Depthwise convolutions, which multiply little for each number, are reported in bytes of input and
//! output per second, as is `stream`, which scales as many numbers.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use std::time::Duration;
use zeronas_proxies::engine::measure::{Convolution, Stream, peak};
use zeronas_proxies::network::{Conv, Shape};

const IMAGES: usize = 64;

/// Number of images of a depthwise layer: few, so that its planes fit the second-level cache like a chunk of a pass.
const FEW_IMAGES: usize = 2;

/// Channels, side, kernel, stride and dilation of depthwise layers.
const DEPTHWISE: [(usize, usize, usize, usize, usize); 16] = [
    (64, 32, 3, 1, 1),
    (64, 32, 5, 1, 1),
    (64, 32, 7, 1, 1),
    (64, 32, 3, 2, 1),
    (64, 32, 5, 2, 1),
    (64, 32, 7, 2, 1),
    (64, 32, 3, 1, 2),
    (240, 14, 5, 1, 1),
    (128, 16, 3, 1, 1),
    (128, 16, 5, 1, 1),
    (256, 8, 3, 1, 1),
    (192, 32, 3, 1, 1),
    (384, 16, 5, 1, 1),
    (384, 16, 3, 1, 1),
    (768, 8, 5, 1, 1),
    (1536, 4, 3, 1, 1),
];

/// Channels, side and groups of grouped 3x3 layers.
const GROUPED: [(usize, usize, usize); 3] = [(128, 16, 32), (128, 16, 16), (128, 16, 4)];

/// Channels in and out, side, kernel and stride of layers from the search spaces.
const LAYERS: [(usize, usize, usize, usize, usize); 14] = [
    (16, 16, 32, 3, 1),
    (32, 32, 16, 3, 1),
    (64, 64, 8, 3, 1),
    (16, 16, 32, 1, 1),
    (64, 64, 8, 1, 1),
    (32, 192, 32, 1, 1),
    (192, 64, 16, 1, 1),
    (128, 768, 8, 1, 1),
    (768, 128, 8, 1, 1),
    (1536, 256, 4, 1, 1),
    (16, 32, 32, 3, 2),
    (8, 16, 32, 3, 1),
    (43, 43, 16, 3, 1),
    (128, 128, 32, 3, 1),
];

fn kernels(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("multiply-adds");
    group.throughput(Throughput::Elements(peak()));
    group.bench_function("registers", |bencher| bencher.iter(peak));
    group.finish();

    for len in [1 << 15, 1 << 17, 1 << 20] {
        let mut stream = Stream::new(len);
        let mut group = criterion.benchmark_group("stream");
        group.throughput(Throughput::Bytes(stream.bytes()));
        group.bench_function(format!("{} KiB", stream.bytes() >> 10), |bencher| bencher.iter(|| stream.run()));
        group.finish();
    }
    for (channels, side, kernel, stride, dilation) in DEPTHWISE {
        let conv =
            Conv::same(channels, kernel, stride).dilated(dilation).padded(kernel / 2 * dilation).grouped(channels);
        let Some(layer) = Convolution::new(FEW_IMAGES, Shape::new(channels, side, side), conv, false) else { continue };
        let name = format!(
            "depthwise, {channels} channels, side {side}, {kernel}x{kernel}, stride {stride}, dilation {dilation}"
        );
        let bytes = Throughput::Bytes(layer.bytes());
        directions(criterion, &name, bytes, layer);
    }
    for (channels, side, groups) in GROUPED {
        let conv = Conv::same(channels, 3, 1).grouped(groups);
        let Some(layer) = Convolution::new(IMAGES, Shape::new(channels, side, side), conv, false) else { continue };
        let name = format!("{channels} channels in {groups} groups, side {side}, 3x3");
        let flops = Throughput::Elements(layer.flops());
        directions(criterion, &name, flops, layer);
    }

    for (inputs, outputs, side, kernel, stride) in LAYERS {
        for method in ["direct", "winograd"] {
            let conv = Conv::same(outputs, kernel, stride);
            let input = Shape::new(inputs, side, side);
            let Some(layer) = Convolution::new(IMAGES, input, conv, method == "winograd") else { continue };
            let name =
                format!("{inputs} to {outputs} channels, side {side}, {kernel}x{kernel}, stride {stride}, {method}");
            let flops = Throughput::Elements(layer.flops());
            directions(criterion, &name, flops, layer);
        }
    }
}

fn directions(criterion: &mut Criterion, name: &str, throughput: Throughput, mut layer: Convolution) {
    let mut group = criterion.benchmark_group(name);
    group.throughput(throughput);
    group.bench_function("forward", |bencher| bencher.iter(|| layer.forward()));
    group.bench_function("input gradient", |bencher| bencher.iter(|| layer.input_gradient()));
    group.bench_function("weight gradient", |bencher| bencher.iter(|| layer.weight_gradient()));
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_secs(1))
        .sample_size(20)
        .without_plots();
    targets = kernels
}
criterion_main!(benches);
