//! Compares the fused engine with the Candle engine on networks with every layer kind, in both precisions.

use super::run::peak;
use super::{FusedEngine, FusedSettings};
use crate::Batch;
use crate::engine::tests::random;
use crate::engine::tests::{
    IMAGES, Seen, assert_alike, batch, batch_of, mobile_networks, networks, norm_networks, odd_cell, passes, run,
    running, wide_cell,
};
use crate::engine::walk;
use crate::engine::{CandleEngine, Engine, Normalisation, Pass, Precision, Watch, Watcher};
use crate::network::{Init, Network, Weights};

fn all() -> impl Iterator<Item = (&'static str, Network)> {
    networks().into_iter().chain([odd_cell()]).chain(mobile_networks()).chain(norm_networks())
}

#[test]
fn every_layer_kind_and_fusion_gives_what_candle_gives() {
    for (name, net) in all() {
        let batch = batch(net.input_shape(), net.classes());
        let passes = [Precision::F64, Precision::F32].map(|precision| passes(&batch, precision));
        for (i, (double, single)) in passes[0].iter().zip(&passes[1]).enumerate() {
            let expected = run(&mut CandleEngine::cpu(), &net, *double);
            for exact in [true, false] {
                let mut engine = FusedEngine::new(FusedSettings { exact, ..FusedSettings::default() });
                let what = format!("{name}, pass {i}, exact {exact}");
                assert_alike(&what, &run(&mut engine, &net, *double), &expected, 1e-11, true);
                assert_alike(&what, &run(&mut engine, &net, *single), &expected, 1e-3, false);
            }
        }
    }
}

#[test]
fn running_statistics_give_what_candle_gives() {
    for (name, net) in all() {
        let (batch, running) = (batch(net.input_shape(), net.classes()), running(&net));
        let given = |(pass, watch)| {
            (Pass { normalisation: Normalisation::Running(&running), ..pass }, Watch { curvature: false, ..watch })
        };
        for i in 0..3 {
            let [double, single] =
                [Precision::F64, Precision::F32].map(|precision| given(passes(&batch, precision)[i]));
            let expected = run(&mut CandleEngine::cpu(), &net, double);
            assert!(expected.1[0].statistics.is_empty(), "the batch is not measured");
            let mut engine = FusedEngine::default();
            assert_alike(&format!("{name}, pass {i}"), &run(&mut engine, &net, double), &expected, 1e-11, true);
            assert_alike(&format!("{name}, pass {i}"), &run(&mut engine, &net, single), &expected, 1e-3, false);
        }
    }
}

#[test]
fn with_running_statistics_an_image_does_not_depend_on_its_batch() {
    for (name, net) in all() {
        let running = running(&net);
        let logits = |count: usize| {
            let batch = batch_of(count, net.input_shape(), net.classes());
            let (pass, watch) = passes(&batch, Precision::F32)[2];
            let pass = Pass { normalisation: Normalisation::Running(&running), ..pass };
            run(&mut FusedEngine::default(), &net, (pass, watch)).0.logits
        };
        let (few, many) = (logits(3), logits(21));
        assert_eq!(few[..], many[..few.len()], "{name}");
    }
}

#[test]
fn statistics_of_another_network_are_refused() {
    let [(_, one), (_, two), ..] = &networks()[..] else { return };
    let (batch, running) = (batch(one.input_shape(), one.classes()), running(two));
    let pass = Pass { normalisation: Normalisation::Running(&running), ..passes(&batch, Precision::F32)[2].0 };
    let weights = Weights::initialise(one, Init::default(), 0);
    assert!(FusedEngine::default().run(one, &weights, &pass, &mut []).is_err());
}

#[test]
fn a_run_depends_on_nothing_that_ran_before() {
    let nets = networks();
    let mut used = FusedEngine::default();
    for round in 0..2 {
        for (name, net) in nets.iter().rev() {
            let batch = batch(net.input_shape(), net.classes());
            for pass in [Precision::F32, Precision::F64].into_iter().flat_map(|precision| passes(&batch, precision)) {
                let (fresh, seen) = run(&mut FusedEngine::default(), net, pass);
                let (again, seen_again) = run(&mut used, net, pass);
                assert_eq!(fresh.logits, again.logits, "{name}, round {round}");
                assert_eq!(seen, seen_again, "{name}, round {round}");
            }
        }
    }
}

#[test]
fn values_that_are_computed_again_change_no_bit() {
    let mut spared = 0;
    let random = (0..100).map(|number| ("random", random_network(number)));
    for (name, net) in all().chain([wide_cell()]).chain(random) {
        let batch = batch(net.input_shape(), net.classes());
        let running = running(&net);
        for (pass, watch) in
            [Precision::F32, Precision::F64].into_iter().flat_map(|precision| passes(&batch, precision))
        {
            // Values that have tangents are never computed again.
            let plain = Watch { curvature: false, ..watch };
            let given = Pass { normalisation: Normalisation::Running(&running), ..pass };
            for pass in [(pass, watch), (pass, plain), (given, plain)] {
                let mut keeping = FusedEngine::default();
                let mut sparing = FusedEngine::default().keeping(0);
                let (expected, seen) = run(&mut keeping, &net, pass);
                let (outcome, seen_sparing) = run(&mut sparing, &net, pass);
                assert_eq!(outcome.logits, expected.logits, "{name}");
                assert_eq!(seen_sparing, seen, "{name}");
                spared += usize::from(sparing.held() < keeping.held());
            }
        }
    }
    assert!(spared > 100, "only {spared} runs took less memory");
}

/// Steps of small networks need as much working memory as their values take; that is not part of it.
#[test]
fn the_memory_of_a_run_is_known_beforehand() {
    for (name, net) in all().chain([wide_cell()]) {
        let batch = batch_of(39, net.input_shape(), net.classes());
        for (pass, watch) in
            [Precision::F32, Precision::F64].into_iter().flat_map(|precision| passes(&batch, precision))
        {
            if watch.curvature && !walk::knows_curvature(&net) {
                assert_eq!(FusedEngine::default().memory(&net, &pass, &[watch]), None, "{name}");
                continue;
            }
            for most_kept in [0, usize::MAX] {
                let settings = FusedSettings::default();
                let expected = peak(settings, most_kept, &net, &pass, &[watch]);
                let mut engine = FusedEngine::new(settings).keeping(most_kept);
                let weights = Weights::initialise(&net, Init::Perturbed, 3);
                engine.run(&net, &weights, &pass, &mut [Watcher::new(watch, &mut Seen::default())]).unwrap();
                let ratio = expected as f64 / engine.held() as f64;
                let most = if watch.sees_boundaries() { 5.0 } else { 1.35 };
                assert!((0.6..most).contains(&ratio), "{name}: {expected} expected, {} held", engine.held());
            }
        }
    }
}

/// 39 images make up several chunks in several groups, the last of which are not full.
#[test]
fn results_do_not_depend_on_threads() {
    for (name, net) in networks().into_iter().chain([wide_cell(), odd_cell()]).chain(norm_networks()) {
        let batch = batch_of(39, net.input_shape(), net.classes());
        for pass in [Precision::F32, Precision::F64].into_iter().flat_map(|precision| passes(&batch, precision)) {
            for exact in [true, false] {
                let [one, two, three] = [1, 2, 3].map(|threads| {
                    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
                    let mut engine = FusedEngine::new(FusedSettings { exact, threads });
                    pool.install(|| {
                        let (outcome, seen) = run(&mut engine, &net, pass);
                        (outcome.logits, seen)
                    })
                });
                assert_eq!(one, two, "{name}, exact {exact}");
                assert_eq!(one, three, "{name}, exact {exact}");
            }
        }
    }
}

#[test]
fn an_objective_gives_the_same_bits_whatever_else_is_seen_of_a_run() {
    for (name, net) in networks().into_iter().chain([wide_cell(), odd_cell()]) {
        let batch = batch(net.input_shape(), net.classes());
        let weights = Weights::initialise(&net, Init::Perturbed, 3);
        for (pass, watch) in
            [Precision::F32, Precision::F64].into_iter().flat_map(|precision| passes(&batch, precision))
        {
            let mut alone = Seen::default();
            let mut watchers = [Watcher::new(watch, &mut alone)];
            FusedEngine::default().run(&net, &weights, &pass, &mut watchers).unwrap();
            let alone = alone.in_order();
            let (_, [together, _]) = run(&mut FusedEngine::default(), &net, (pass, watch));
            assert_eq!(alone, together, "{name}");
            if watch.needs_backward() && !watch.sees_boundaries() {
                let mut beside = [Seen::default(), Seen::default()];
                let [observer, other] = &mut beside;
                let input = Watch { objective: watch.objective, input_gradient: true, ..Watch::default() };
                let mut watchers = [Watcher::new(watch, observer), Watcher::new(input, other)];
                FusedEngine::default().run(&net, &weights, &pass, &mut watchers).unwrap();
                let [together, _] = beside;
                assert_eq!(alone, together.in_order(), "{name}, with the gradient by the images");
            }
        }
    }
}

#[test]
fn what_is_not_a_number_stays_so() {
    for (name, net) in all() {
        let shape = net.input_shape();
        let mut images: Vec<f32> = batch(shape, net.classes()).images().iter().map(|&x| x as f32).collect();
        images[0] = f32::NAN;
        let labels = (0..IMAGES as u32).map(|n| n % net.classes() as u32).collect();
        let batch = Batch::new(images, labels, shape).unwrap();
        let (outcome, _) = run(&mut FusedEngine::default(), &net, passes(&batch, Precision::F32)[2]);
        assert!(outcome.logits.iter().any(|logit| logit.is_nan()), "{name}: {:?}", outcome.logits);
    }
}

fn random_network(number: u64) -> Network {
    random::network(number, &|op| walk::refused(op).is_none())
}

/// In 64 bits, only mistakes can make the engines differ.
#[test]
fn random_networks_give_what_candle_gives() {
    for number in 0..300 {
        let net = random_network(number);
        let batch = batch(net.input_shape(), net.classes());
        for (i, pass) in passes(&batch, Precision::F64).into_iter().enumerate() {
            let expected = run(&mut CandleEngine::cpu(), &net, pass);
            let what = format!("network {number}, pass {i}");
            assert_alike(&what, &run(&mut FusedEngine::default(), &net, pass), &expected, 1e-9, true);
        }
    }
}
