//! The fused engine against the Candle engine on random cells of `nats-tss`, canonical and as written.

use zeronas::space::{NatsTss, SearchSpace};
use zeronas_proxies::engine::{CandleEngine, FusedEngine};
use zeronas_proxies::network::{Init, Shape};
use zeronas_proxies::{Batch, Protocol, Scorer, proxy};
use zeronas_random::Stream;

#[test]
fn fused_scores_of_random_cells_are_candles() {
    let shape = Shape::new(3, 16, 16);
    let stream = Stream::new("images", 0);
    let images = (0..4 * shape.len()).map(|i| stream.normal(i as u64) as f32).collect();
    let batch = Batch::new(images, vec![0, 1, 2, 3], shape).unwrap();
    let proxies = || proxy::find(&["naswot", "synflow", "grad_norm"]).unwrap();
    let protocol = Protocol { init: Init::Perturbed, precision: zeronas_proxies::engine::Precision::F64 };
    let mut candle = Scorer::new(proxies(), protocol, CandleEngine::cpu());
    let mut fused = Scorer::new(proxies(), protocol, FusedEngine::default());
    for i in 0..30 {
        let space = NatsTss { channels: 4 + (i as usize) % 5, cells: 1, classes: 10, resolution: 16 };
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
