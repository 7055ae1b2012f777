//! The reference engine on random networks.

use super::super::tests::{self, random};
use super::super::{Engine, Normalisation, Objective, Observer, Pass, Precision, Values, Watch, Watcher};
use super::CandleEngine;
use crate::network::{Activation, Form, Init, Layer, Network, Op, Parameter, Weights, kinds};
use std::collections::BTreeSet;

/// Number of random networks that are tested.
const NETWORKS: u64 = 300;

macro_rules! names {
    (() $($(#[$doc:meta])* $Kind:ident $name:literal,)*) => { [$($name),*] };
}

fn every_kind(_: &Op) -> bool {
    true
}

/// The logits of a few images.
fn logits(net: &Network, precision: Precision) -> Vec<f64> {
    let batch = tests::batch(net.input_shape(), net.classes());
    let pass = Pass { batch: &batch, normalisation: Normalisation::Batch, precision };
    let weights = Weights::initialise(net, Init::Perturbed, 3);
    CandleEngine::cpu().run(net, &weights, &pass, &mut []).unwrap().logits
}

#[test]
fn random_networks_hold_every_kind_and_come_back_from_their_json() {
    let mut kinds = BTreeSet::new();
    for number in 0..NETWORKS {
        let net = random::network(number, &every_kind);
        kinds.extend(net.layers().iter().map(|layer| layer.op.kind()));
        let json = serde_json::to_string(&Form::of(&net, None).unwrap()).unwrap();
        let back: Form = serde_json::from_str(&json).unwrap();
        assert_eq!(back.network().unwrap(), net, "network {number}");
    }
    kinds.remove("input");
    let all: BTreeSet<&str> = kinds!(names).into_iter().chain(Activation::all().map(Activation::name)).collect();
    assert_eq!(kinds, all);
}

#[test]
fn the_live_part_has_the_logits_of_the_whole() {
    let mut smaller = 0;
    for number in 0..NETWORKS {
        let net = random::network(number, &every_kind);
        let Some(live) = net.live_part().unwrap() else { continue };
        assert_eq!(live.live_part().unwrap().as_ref(), Some(&live), "network {number}");
        if live.layers().len() == net.layers().len() {
            continue;
        }
        // The live part leaves out what norms and biases make of zeros, so logits are equal only for networks without zero layers.
        let cut = |layer: &Layer| matches!(layer.op, Op::Zero(_));
        if net.layers().iter().any(cut) {
            continue;
        }
        smaller += 1;
        let (whole, part) = (logits(&net, Precision::F64), logits(&live, Precision::F64));
        assert!(whole.iter().zip(&part).all(|(a, b)| (a - b).abs() <= 1e-12 * a.abs().max(1.0)), "network {number}");
    }
    assert!(smaller > 20, "{smaller} networks have dead layers");
}

#[test]
fn float32_follows_float64() {
    let mut errors = Vec::new();
    for number in 0..NETWORKS {
        let net = random::network(number, &every_kind);
        let (single, double) = (logits(&net, Precision::F32), logits(&net, Precision::F64));
        let largest = double.iter().fold(1e-3f64, |largest, logit| largest.max(logit.abs()));
        let error = single.iter().zip(&double).fold(0.0f64, |worst, (a, b)| worst.max((a - b).abs() / largest));
        assert!(error.is_finite(), "network {number}: {double:?}");
        errors.push(error);
    }
    errors.sort_by(f64::total_cmp);
    assert!(errors[errors.len() / 2] < 1e-6, "median {:e}", errors[errors.len() / 2]);
    assert!(errors[errors.len() * 95 / 100] < 1e-4, "one in twenty {:e}", errors[errors.len() * 95 / 100]);
}

/// Gradients predict how the loss changes. Each weight moves by a step along the sign of its gradient, far enough to show in the 32
/// bits in which weights are stored.
#[test]
fn gradients_are_slopes() {
    for number in 0..60 {
        let smooth = |op: &Op| !matches!(op, Op::MaxPool(_) | Op::GlobalMax(_));
        let net = random::network(number, &smooth);
        let batch = tests::batch(net.input_shape(), net.classes());
        let pass = Pass { batch: &batch, normalisation: Normalisation::Batch, precision: Precision::F64 };
        let weights = Weights::initialise(&net, Init::Perturbed, 3);
        let objective = Objective::CrossEntropy;
        let loss = |weights: &Weights| {
            let outcome = CandleEngine::cpu().run(&net, weights, &pass, &mut []).unwrap();
            objective.evaluate(&outcome.logits, batch.labels()).0
        };
        let mut gradients = Gradients(vec![Vec::new(); net.parameters().len()], &net);
        let watch = Watch { objective, weight_gradients: true, ..Watch::default() };
        let watcher = Watcher::new(watch, &mut gradients);
        CandleEngine::cpu().run(&net, &weights, &pass, &mut [watcher]).unwrap();
        let step = 2f32.powi(-14);
        let moved = |sign: f32| {
            let mut moved = weights.clone();
            for (tensor, gradient) in moved.tensors_mut().zip(&gradients.0) {
                let by = |g: f64| sign * step * if g > 0.0 { 1.0 } else { -1.0 };
                tensor.iter_mut().zip(gradient).for_each(|(w, &g)| *w += by(g));
            }
            moved
        };
        let (before, after) = (moved(-1.0), moved(1.0));
        let along: f64 = (before.tensors().iter().zip(after.tensors()).zip(&gradients.0))
            .flat_map(|((before, after), g)| before.iter().zip(after).zip(g))
            .map(|((before, after), g)| (f64::from(*after) - f64::from(*before)) * g)
            .sum();
        let difference = loss(&after) - loss(&before);
        // A step may cross a kink, and the prediction ignores curvature.
        assert!((difference - along).abs() <= 0.02 * along.abs() + 1e-7, "network {number}: {difference}, {along}");
    }
}

struct Gradients<'a>(Vec<Vec<f64>>, &'a Network);

impl Observer for Gradients<'_> {
    fn weight(&mut self, parameter: &Parameter, _value: Values<'_>, gradient: Values<'_>) {
        let place = self.1.parameters().iter().position(|other| other.name == parameter.name).unwrap();
        self.0[place] = (0..gradient.len()).map(|i| gradient.get(i)).collect();
    }
}
