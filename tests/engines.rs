//! The fused engine against the Candle engine on random architectures of every space, canonical and as written.

use zeronas::space::{NatsSss, NatsTss, Nb101, SearchSpace};
use zeronas_proxies::engine::{CandleEngine, FusedEngine, Precision};
use zeronas_proxies::network::{Init, Shape};
use zeronas_proxies::{Batch, Protocol, Scorer, proxy};
use zeronas_random::Stream;

/// Scores `count` architectures of `space` with both engines, in f64 where nothing but mistakes can tell them apart.
fn agree_on(space: &dyn SearchSpace, count: u64) {
    let shape = Shape::new(3, 16, 16);
    let stream = Stream::new("images", 0);
    let images = (0..4 * shape.len()).map(|i| stream.normal(i as u64) as f32).collect();
    let batch = Batch::new(images, vec![0, 1, 2, 3], shape).unwrap();
    let proxies = || proxy::find(&["naswot", "synflow", "grad_norm"]).unwrap();
    let protocol = Protocol { init: Init::Perturbed, precision: Precision::F64 };
    let mut candle = Scorer::new(proxies(), protocol, CandleEngine::cpu());
    let mut fused = Scorer::new(proxies(), protocol, FusedEngine::default());
    for i in 0..count {
        let arch = space.nth(stream.below(i, space.size() as u64) as usize);
        let written = space.network(&arch).unwrap();
        let canonical = space.canonical_network(&arch).unwrap();
        for net in [written].into_iter().chain(canonical) {
            let expected = candle.score(&net, &batch, i).unwrap();
            for (expected, got) in expected.iter().zip(fused.score(&net, &batch, i).unwrap()) {
                let what = format!("{arch}, {}", got.proxy);
                assert_eq!(expected.status, got.status, "{what}");
                if let (Some(expected), Some(value)) = (expected.value, got.value) {
                    assert!((value - expected).abs() <= 1e-9 * expected.abs(), "{what}: {value}, {expected}");
                }
            }
        }
    }
}

#[test]
fn engines_agree_on_the_topology_space() {
    for channels in 4..9 {
        agree_on(&NatsTss { channels, cells: 1, classes: 10, resolution: 16 }, 6);
    }
}

#[test]
fn engines_agree_on_the_size_space() {
    agree_on(&NatsSss { classes: 10, resolution: 16 }, 6);
}

#[test]
fn engines_agree_on_nas_bench_101() {
    for stem in 5..9 {
        agree_on(&Nb101 { stem, stacks: 3, modules: 1, classes: 10, resolution: 16 }, 6);
    }
}
