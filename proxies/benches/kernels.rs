//! The convolution kernels, one thread, batch 64: `cargo bench -p zeronas-proxies --bench kernels`.
//!
//! Criterion's throughput in Gelem/s is GFLOP/s, counted as direct convolutions; `registers` is what this machine's
//! multiply-adds do on registers alone.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use std::time::Duration;
use zeronas_proxies::engine::measure::{Convolution, peak};
use zeronas_proxies::network::{Conv, Shape};

const IMAGES: usize = 64;

/// Channels in and out, side, kernel and stride of layers of the three spaces.
const LAYERS: [(usize, usize, usize, usize, usize); 9] = [
    (16, 16, 32, 3, 1),
    (32, 32, 16, 3, 1),
    (64, 64, 8, 3, 1),
    (16, 16, 32, 1, 1),
    (64, 64, 8, 1, 1),
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

    for (inputs, outputs, side, kernel, stride) in LAYERS {
        for method in ["direct", "winograd"] {
            let conv = Conv::same(outputs, kernel, stride);
            let input = Shape::new(inputs, side, side);
            let Some(mut layer) = Convolution::new(IMAGES, input, conv, method == "winograd") else { continue };
            let name =
                format!("{inputs} to {outputs} channels, side {side}, {kernel}x{kernel}, stride {stride}, {method}");
            let mut group = criterion.benchmark_group(name);
            group.throughput(Throughput::Elements(layer.flops()));
            group.bench_function("forward", |bencher| bencher.iter(|| layer.forward()));
            group.bench_function("input gradient", |bencher| bencher.iter(|| layer.input_gradient()));
            group.bench_function("weight gradient", |bencher| bencher.iter(|| layer.weight_gradient()));
            group.finish();
        }
    }
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
