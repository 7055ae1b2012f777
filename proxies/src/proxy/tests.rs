//! The registry, and proxies on networks small enough to score by hand.

use super::*;
use crate::engine::{CandleEngine, FusedEngine, Objective, Precision};
use crate::network::{BatchNorm, Conv, GlobalAverage, Init, Linear, NetworkBuilder, Op, Shape};
use crate::{Batch, Protocol, Result, Score, Scorer};

const IMAGES: Shape = Shape { channels: 3, height: 8, width: 8 };

fn batch(images: usize) -> Batch {
    let pixels = (0..images * IMAGES.len()).map(|i| (i as f32 * 1.7).sin()).collect();
    Batch::new(pixels, (0..images as u32).map(|n| n % 2).collect(), IMAGES).unwrap()
}

/// conv-bn, then `blocks` times relu-conv-bn, then relu, pool and linear.
fn chain(blocks: usize) -> Result<Network> {
    let mut net = NetworkBuilder::new(IMAGES)?;
    let mut value = net.input();
    for block in 0..=blocks {
        if block > 0 {
            value = net.add(format!("{block}.relu"), Op::RELU, &[value])?;
        }
        value = net.add(format!("{block}.conv"), Op::Conv(Conv::same(4, 3, 1)), &[value])?;
        value = net.add(format!("{block}.bn"), Op::BatchNorm(BatchNorm::new()), &[value])?;
    }
    // A second norm marks the head of a network of ReLU-conv-bn blocks.
    let norm = net.add("head.bn", Op::BatchNorm(BatchNorm::new()), &[value])?;
    let relu = net.add("head.relu", Op::RELU, &[norm])?;
    let pool = net.add("head.pool", Op::GlobalAverage(GlobalAverage), &[relu])?;
    let logits = net.add("head.fc", Op::Linear(Linear::new(2)), &[pool])?;
    net.finish(logits)
}

/// Scores in the order of the names, which must all be numbers.
fn values(net: &Network, names: &[&str], batch: &Batch) -> Vec<f64> {
    let protocol = Protocol { init: Init::TorchDefault, precision: Precision::F64 };
    let scores = Scorer::new(find(names).unwrap(), protocol, CandleEngine::cpu()).score(net, &[batch], 3).unwrap();
    scores.iter().map(|score| score.value.unwrap()).collect()
}

#[test]
fn names_aliases_and_all_find_proxies_once() {
    let names = |asked: &[&str]| find(asked).map(|found| found.iter().map(|p| p.info().name).collect::<Vec<_>>());
    assert_eq!(names(&["snip", "nwot"]).unwrap(), ["snip", "naswot"]);
    assert_eq!(names(&["all"]).unwrap().len(), standard().len());
    assert!(names(&["naswot", "nwot"]).is_err());
    assert!(names(&["all", "snip"]).is_err());
    assert!(names(&["suite-zero", "jacov"]).is_err());
    let message = names(&["swop"]).unwrap_err().to_string();
    for part in ["`swop`", "grad_norm_global", "suite-zero", "nwot"] {
        assert!(message.contains(part), "{message}");
    }
    for (group, _, members) in GROUPS {
        assert_eq!(names(&[group]).unwrap(), members);
    }
}

#[test]
fn every_proxy_says_what_it_makes_run() {
    for proxy in standard() {
        let cost = match proxy.needs() {
            Needs::Written | Needs::Network | Needs::Weights => Cost::Static,
            Needs::Passes([PassKind::Flow | PassKind::NormalisedFlow | PassKind::ReductionFlow], _) => Cost::OneImage,
            Needs::Passes([PassKind::NormalImage], _) => Cost::OneImage,
            Needs::Passes([PassKind::SingleImages], _) => Cost::EachImage,
            Needs::Passes(_, watch) if watch.objective == Objective::ClassLogits => Cost::EachClass,
            Needs::Passes(_, watch) if watch.objective == Objective::ImageLogits => Cost::EachImage,
            Needs::Passes(_, watch) if watch.curvature => Cost::Curvature,
            Needs::Passes(_, watch) if watch.needs_backward() => Cost::Backward,
            Needs::Passes(..) => Cost::Forward,
        };
        assert_eq!(proxy.info().cost, cost, "{}", proxy.info().name);
    }
}

#[test]
fn a_linear_layer_alone_scores_what_its_weights_say() {
    let mut net = NetworkBuilder::new(IMAGES).unwrap();
    let pool = net.add("pool", Op::GlobalAverage(GlobalAverage), &[net.input()]).unwrap();
    let logits = net.add("fc", Op::Linear(Linear::new(2)), &[pool]).unwrap();
    let net = net.finish(logits).unwrap();
    let weights = Weights::initialise(&net, Init::TorchDefault, 3);
    let total: f64 = weights.tensors()[0].iter().map(|&w| f64::from(w.abs())).sum();
    let squares: f64 = weights.tensors()[0].iter().map(|&w| f64::from(w).powi(2)).sum();
    // dR/dW is 1 everywhere.
    let expected = [total, total * 2f64.ln(), squares.sqrt(), 8.0, 8.0];
    let names = ["synflow", "logsynflow", "l2_norm", "effective_params", "effective_flops"];
    for (got, expected) in values(&net, &names, &batch(2)).iter().zip(expected) {
        assert!((got - expected).abs() <= 1e-12 * expected, "{got}, {expected}");
    }
}

#[test]
fn one_relu_makes_all_kernels_of_codes_one() {
    let names = ["naswot", "lnwot", "naswot_bayeswatch"];
    let one = values(&chain(0).unwrap(), &names, &batch(4));
    assert_eq!(one, [one[0]; 3]);
    let three = values(&chain(2).unwrap(), &names, &batch(4));
    assert!(three[1] > three[0] && three[2] > three[0], "{three:?}");
}

#[test]
fn two_equal_images_are_singular_at_every_relu() {
    let pixels: Vec<f32> = batch(1).images().iter().map(|&x| x as f32).collect();
    let batch = Batch::new(pixels.repeat(2), vec![0, 1], IMAGES).unwrap();
    let proxies = find(&["naswot", "lnwot", "naswot_bayeswatch"]).unwrap();
    let scores = Scorer::new(proxies, Protocol::default(), CandleEngine::cpu()).score(&chain(1).unwrap(), &[&batch], 3);
    assert!(scores.unwrap().iter().all(|score| score.status == Status::Singular));
}

#[test]
fn no_score_depends_on_what_else_is_scored() {
    let net = chain(2).unwrap();
    let (batch, second) = (batch(4), batch(4).shifted(&batch(4), 1.5).unwrap());
    let score = |names: &[&str]| -> Vec<Score> {
        Scorer::new(find(names).unwrap(), Protocol::default(), FusedEngine::default())
            .score(&net, &[&batch, &second], 3)
            .unwrap()
    };
    for score_of_all in score(&["all"]) {
        let alone = &score(&[score_of_all.proxy])[0];
        assert_eq!((alone.value, alone.status), (score_of_all.value, score_of_all.status), "{}", alone.proxy);
    }
}

#[test]
fn equal_images_share_a_region() {
    let one = batch(3);
    let pixels: Vec<f32> = one.images().iter().chain(one.images()).map(|&x| x as f32).collect();
    let twice = Batch::new(pixels, vec![0; 6], IMAGES).unwrap();
    let [regions, again] = [&one, &twice].map(|batch| values(&chain(2).unwrap(), &["nregions", "swap"], batch));
    assert_eq!((regions[0], again[0]), (3.0, 3.0));
    assert!(regions[1] > 1.0 && regions[1] == again[1] && regions[1] <= 8.0, "{regions:?}");
}

#[test]
fn zen_draws_its_own_weights_and_images() {
    let net = chain(2).unwrap();
    let weights = Weights::initialise(&net, Init::Gaussian, 3);
    let [x, noise] = ["noise.0", "noise.1"].map(|stream| Batch::noise(4, IMAGES, stream, 3));
    let expected = zen::on(&mut CandleEngine::cpu(), &net, &weights, [&x, &noise], Precision::F64).unwrap();
    assert_eq!(values(&net, &["zen"], &batch(4)), [expected.unwrap()]);
    let fewer = Batch::noise(3, IMAGES, "noise.1", 3);
    assert!(zen::on(&mut CandleEngine::cpu(), &net, &weights, [&x, &fewer], Precision::F64).is_err());
}

#[test]
fn a_proxy_that_compares_minibatches_asks_for_two() {
    let scorer = |names: &[&str]| Scorer::new(find(names).unwrap(), Protocol::default(), CandleEngine::cpu());
    assert_eq!((scorer(&["snip"]).minibatches(), scorer(&["snip", "zico"]).minibatches()), (1, 2));
    let net = chain(1).unwrap();
    let (first, second) = (batch(4), batch(4).shifted(&batch(4), 0.5).unwrap());
    assert!(scorer(&["zico"]).score(&net, &[&first], 3).is_err());
    let status = |batches: &[&Batch]| scorer(&["zico"]).score(&net, batches, 3).unwrap()[0].status;
    assert_eq!(status(&[&first, &second]), Status::Ok);
    assert_eq!(status(&[&first, &first]), Status::Zero);
}
