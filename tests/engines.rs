//! The fused engine, and the engine for CUDA devices on an emulated one, against the Candle engine on random architectures of every
//! space, canonical and as written.

mod support;

use zeronas::space::{NatsSss, NatsTss, Nb101, SearchSpace};
use zeronas_proxies::engine::{CandleEngine, Engine, FusedEngine, FusedSettings, Precision};
use zeronas_proxies::network::{Init, Shape};
use zeronas_proxies::{Batch, Protocol, Score, Scorer, proxy};
use zeronas_random::Stream;

/// Random images of the size that the spaces below take, with the classes in turn as labels.
fn batch(images: usize) -> Batch {
    let shape = Shape::new(3, 16, 16);
    let stream = Stream::new("images", 0);
    let pixels = (0..images * shape.len()).map(|i| stream.normal(i as u64) as f32).collect();
    Batch::new(pixels, (0..images as u32).map(|n| n % 10).collect(), shape).unwrap()
}

/// Scores `count` architectures of `space` with this engine and the Candle engine, in f64, where only mistakes can make them
/// differ.
fn agree_on(space: &dyn SearchSpace, count: u64, engine: &dyn Fn() -> Box<dyn Engine>) {
    let (stream, batch) = (Stream::new("images", 0), batch(4));
    let proxies = || proxy::find(&["naswot", "synflow", "grad_norm"]).unwrap();
    let protocol = Protocol { init: Init::Perturbed, precision: Precision::F64 };
    let mut candle = Scorer::new(proxies(), protocol, CandleEngine::cpu());
    let mut tested = Scorer::new(proxies(), protocol, engine());
    for i in 0..count {
        let all = space.enumerable().unwrap();
        let arch = all.nth(stream.below(i, all.size() as u64).into());
        let written = space.network(&arch).unwrap();
        let canonical = space.canonical_network(&arch).unwrap();
        for net in [written].into_iter().chain(canonical) {
            let expected = candle.score(&net, &[&batch], i).unwrap();
            for (expected, got) in expected.iter().zip(tested.score(&net, &[&batch], i).unwrap()) {
                let what = format!("{arch}, {}", got.proxy);
                assert_eq!(expected.status, got.status, "{what}");
                if let (Some(expected), Some(value)) = (expected.value, got.value) {
                    assert!((value - expected).abs() <= 1e-9 * expected.abs(), "{what}: {value}, {expected}");
                }
            }
        }
    }
}

fn agree_on_the_topology_space(engine: &dyn Fn() -> Box<dyn Engine>) {
    for channels in 4..9 {
        agree_on(&NatsTss { channels, cells: 1, classes: 10, resolution: 16 }, 6, engine);
    }
}

fn agree_on_the_size_space(engine: &dyn Fn() -> Box<dyn Engine>) {
    agree_on(&NatsSss { classes: 10, resolution: 16 }, 6, engine);
}

fn agree_on_nas_bench_101(engine: &dyn Fn() -> Box<dyn Engine>) {
    for stem in 5..9 {
        agree_on(&Nb101 { stem, stacks: 3, modules: 1, classes: 10, resolution: 16 }, 6, engine);
    }
}

fn fused() -> Box<dyn Engine> {
    Box::new(FusedEngine::default())
}

#[test]
fn engines_agree_on_the_topology_space() {
    agree_on_the_topology_space(&fused);
}

#[test]
fn engines_agree_on_the_size_space() {
    agree_on_the_size_space(&fused);
}

#[test]
fn engines_agree_on_nas_bench_101() {
    agree_on_nas_bench_101(&fused);
}

#[test]
#[cfg_attr(not(feature = "emulation"), ignore = "needs --features emulation and a C++ compiler")]
fn the_emulation_agrees_in_every_space() {
    let emulated = || support::emulated(1 << 32);
    agree_on_the_topology_space(&emulated);
    agree_on_the_size_space(&emulated);
    agree_on_nas_bench_101(&emulated);
}

/// Scores some architectures of `space` with this many threads in each, in either precision.
fn scores_on(threads: usize, exact: bool, space: &dyn SearchSpace) -> Vec<Vec<Score>> {
    let (stream, batch) = (Stream::new("images", 0), batch(37));
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    let mut scores = Vec::new();
    for precision in [Precision::F32, Precision::F64] {
        let engine = FusedEngine::new(FusedSettings { exact, threads });
        let proxies = proxy::find(&["naswot", "synflow", "grad_norm"]).unwrap();
        let mut scorer = Scorer::new(proxies, Protocol { init: Init::Perturbed, precision }, engine);
        for i in 0..4 {
            let all = space.enumerable().unwrap();
            let arch = all.nth(stream.below(i, all.size() as u64).into());
            let net = space.network(&arch).unwrap();
            scores.push(pool.install(|| scorer.score(&net, &[&batch], i)).unwrap());
        }
    }
    scores
}

#[test]
fn threads_inside_a_network_change_no_bit() {
    let tss = NatsTss { channels: 16, cells: 1, classes: 10, resolution: 16 };
    let nb101 = Nb101 { stem: 16, stacks: 2, modules: 1, classes: 10, resolution: 16 };
    let spaces: [&dyn SearchSpace; 2] = [&tss, &nb101];
    for (space, exact) in spaces.into_iter().flat_map(|space| [(space, true), (space, false)]) {
        let one = scores_on(1, exact, space);
        for threads in [2, 3] {
            for (one, more) in one.iter().flatten().zip(scores_on(threads, exact, space).iter().flatten()) {
                let bits = [one, more].map(|score| score.value.map(f64::to_bits));
                assert_eq!(bits[0], bits[1], "{threads} threads, exact {exact}: {one:?}, {more:?}");
            }
        }
    }
}
