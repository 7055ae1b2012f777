//! One training step, and the evaluation of images without one.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};

use zeronas_datasets::ImageSet;
use zeronas_datasets::image::Statistics;
use zeronas_proxies::Batch;
use zeronas_proxies::engine::{Engine, Normalisation, Observer, Pass, Precision, Values, Watch, Watcher};
use zeronas_proxies::network::{LayerId, Network, Parameter, RunningStatistics};

use super::loader::{ahead, plain_batch};
use super::state::State;
use super::tally::{Looked, Measures, Tally};
use crate::Result;

/// Images in a batch that is only evaluated. The number changes no result.
const LOOKED_AT: usize = 250;

/// Runs a network and changes its state.
pub struct Stepper<'a> {
    net: &'a Network,
    engine: Box<dyn Engine>,
    gradients: Gradients,
    norm_momentum: f32,
}

/// The gradients of all parameters, in the network's order.
struct Gradients {
    places: HashMap<String, usize>,
    tensors: Vec<Vec<f32>>,
}

/// What a step records of its pass.
struct Seen<'a> {
    gradients: &'a mut Gradients,
    running: &'a mut RunningStatistics,
    momentum: f32,
}

impl Observer for Seen<'_> {
    fn weight(&mut self, parameter: &Parameter, _value: Values<'_>, gradient: Values<'_>) {
        if let Some(&place) = self.gradients.places.get(&parameter.name) {
            let to = &mut self.gradients.tensors[place];
            match gradient {
                Values::F32(gradient) => to.copy_from_slice(gradient),
                Values::F64(gradient) => to.iter_mut().zip(gradient).for_each(|(to, &g)| *to = g as f32),
            }
        }
    }

    fn batch_statistics(&mut self, layer: LayerId, mean: &[f64], variance: &[f64], count: usize) {
        self.running.update(layer, mean, variance, count, self.momentum);
    }
}

impl<'a> Stepper<'a> {
    /// A stepper for `net` on an engine.
    pub fn new(net: &'a Network, engine: Box<dyn Engine>, norm_momentum: f32) -> Self {
        let places = net.parameters().iter().enumerate().map(|(place, p)| (p.name.clone(), place)).collect();
        let tensors = net.parameters().iter().map(|parameter| vec![0.0; parameter.len()]).collect();
        Stepper { net, engine, gradients: Gradients { places, tensors }, norm_momentum }
    }

    /// Takes a step at a learning rate. If the loss is not finite, the parameters are left as they were.
    ///
    /// # Errors
    /// Those of the engine.
    pub fn step(&mut self, state: &mut State, batch: &Batch, rate: f64) -> Result<Looked> {
        let watch = Watch { weight_gradients: true, batch_statistics: true, ..Watch::default() };
        let pass = Pass { batch, normalisation: Normalisation::Batch, precision: Precision::F32 };
        let State { weights, running, optimiser, .. } = state;
        let mut seen = Seen { gradients: &mut self.gradients, running, momentum: self.norm_momentum };
        let mut watchers = [Watcher::new(watch, &mut seen)];
        let looked = Looked::new(self.engine.run(self.net, weights, &pass, &mut watchers)?.logits, batch);
        if looked.loss.is_finite() {
            optimiser.step(weights, &self.gradients.tensors, rate);
        }
        Ok(looked)
    }

    /// Returns loss and accuracy on a set of images, using the running statistics of batch norms; `None` after `stop`.
    ///
    /// # Errors
    /// Those of the engine.
    pub fn evaluate(
        &mut self,
        state: &State,
        set: &ImageSet,
        statistics: Statistics,
        stop: &AtomicBool,
    ) -> Result<Option<Measures>> {
        let normaliser = statistics.into();
        let make = |index| plain_batch(set, &normaliser, LOOKED_AT, index);
        ahead(0..set.len().div_ceil(LOOKED_AT), make, |batches| {
            let mut tally = Tally::default();
            for batch in batches {
                if stop.load(Ordering::Relaxed) {
                    return Ok(None);
                }
                let batch = batch?;
                tally.add(&batch, &self.look(state, &batch)?);
            }
            Ok(tally.measures())
        })
    }

    /// Runs a batch forward, using the running statistics of batch norms.
    fn look(&mut self, state: &State, batch: &Batch) -> Result<Looked> {
        let pass = Pass { batch, normalisation: Normalisation::Running(&state.running), precision: Precision::F32 };
        Ok(Looked::new(self.engine.run(self.net, &state.weights, &pass, &mut [])?.logits, batch))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recipe::optimiser::Rule;
    use crate::space::{NatsTss, Nb101, SearchSpace};
    use crate::train::{Recipe, RecipeName};
    use zeronas_datasets::image::Dimensions;
    use zeronas_datasets::{Order, Source};
    use zeronas_proxies::engine::FusedEngine;
    use zeronas_proxies::network::{Init, Shape};

    /// The results of a few steps in PyTorch.
    struct Expected {
        /// Losses of the steps.
        losses: [f64; 6],
        /// Loss afterwards, with running statistics.
        evaluated: f64,
        /// Euclidean norm of all parameters.
        norm: f64,
        /// Sums of all running means and variances.
        running: [f64; 2],
    }

    /// Trains on six synthetic batches from perturbed weights (both of seed 3), and evaluates on a seventh.
    fn compare(space: &dyn SearchSpace, arch: &str, recipe: &Recipe, rates: [f64; 6], expected: &Expected, limit: f64) {
        let net = space.network(&space.parse(arch).unwrap()).unwrap();
        let recipe = Recipe { init: Init::Perturbed, ..recipe.clone() };
        let batch = |index| {
            let drawn = Source::Synthetic { dimensions: Dimensions::square(16), classes: 4 }
                .minibatch(3, index, 16, Order::File)
                .unwrap();
            Batch::new(drawn.pixels, drawn.labels, Shape::new(3, 16, 16)).unwrap()
        };
        let mut state = State::new(&net, &recipe, 3);
        let mut stepper = Stepper::new(&net, Box::new(FusedEngine::default()), recipe.norm_momentum);
        let near = |what: &str, got: f64, expected: f64| {
            assert!((got - expected).abs() <= limit * expected.abs(), "{arch}, {what}: {got}, expected {expected}");
        };
        for (index, (rate, expected)) in rates.into_iter().zip(expected.losses).enumerate() {
            let outcome = stepper.step(&mut state, &batch(index), rate).unwrap();
            near(&format!("loss {index}"), outcome.loss, expected);
        }
        let last = batch(9);
        near("evaluated", stepper.look(&state, &last).unwrap().loss, expected.evaluated);
        let square = |x: &f32| f64::from(*x).powi(2);
        near("norm", state.weights.tensors().iter().flatten().map(square).sum::<f64>().sqrt(), expected.norm);
        let mut sums = [0.0; 2];
        for (_, channels) in state.running.layers_mut() {
            for (sum, values) in sums.iter_mut().zip([&channels.mean, &channels.variance]) {
                *sum += values.iter().map(|&x| f64::from(x)).sum::<f64>();
            }
        }
        near("running means", sums[0], expected.running[0]);
        near("running variances", sums[1], expected.running[1]);
    }

    /// Expected: PyTorch 2 in float64, `torch.optim.SGD` and `torch.nn.functional.batch_norm`; PyTorch itself deviates from that by
    /// 6e-4 in float32.
    #[test]
    fn nats_steps_are_pytorchs() {
        let space = NatsTss { channels: 16, cells: 1, classes: 4, resolution: 16 };
        let arch = "|nor_conv_3x3~0|+|avg_pool_3x3~0|nor_conv_1x1~1|+|skip_connect~0|nor_conv_3x3~1|nor_conv_1x1~2|";
        let expected = Expected {
            losses: [1.464_806_917, 1.387_287_429, 1.529_206_287, 1.415_601_866, 1.389_143_286, 1.390_462_139],
            evaluated: 2.121_583_564,
            norm: 48.049_102_369,
            running: [-13.030_558_377, 1_555.684_820_846],
        };
        let rates = [0.05, 0.05, 0.04, 0.03, 0.02, 0.01];
        compare(&space, arch, &RecipeName::find("nats-200").unwrap().recipe(), rates, &expected, 4e-3);
    }

    /// Expected: PyTorch 2 in float64 with TensorFlow's RMSProp.
    #[test]
    fn nas_bench_101_steps_are_tensorflows() {
        let space = Nb101 { stem: 16, stacks: 2, modules: 1, classes: 4, resolution: 16 };
        let arch = "0111001100010000;conv3x3-bn-relu,maxpool3x3";
        let expected = Expected {
            losses: [1.724_150_339, 2.008_737_070, 1.620_739_020, 1.776_106_170, 1.933_512_157, 2.800_160_212],
            evaluated: 7.722_381_553,
            norm: 20.714_778_322,
            running: [-0.045_204_645, 138.076_587_662],
        };
        let rates = [0.0, 0.05, 0.04, 0.03, 0.02, 0.01];
        let recipe = RecipeName::find("nb101-108").unwrap().recipe();
        assert!(matches!(recipe.optimiser, Rule::RmsProp(_)));
        compare(&space, arch, &recipe, rates, &expected, 1e-4);
    }

    #[test]
    fn a_loss_that_is_no_number_leaves_the_weights_alone() {
        let space = NatsTss { channels: 4, cells: 1, classes: 4, resolution: 16 };
        let arch = space.parse("|none~0|+|none~0|none~1|+|nor_conv_3x3~0|none~1|none~2|").unwrap();
        let net = space.network(&arch).unwrap();
        let recipe = RecipeName::QUICK.recipe();
        let mut state = State::new(&net, &recipe, 0);
        let before = state.weights.clone();
        let batch = Batch::new(vec![f32::NAN; 3 * 256], vec![0], Shape::new(3, 16, 16)).unwrap();
        let engine = Box::new(FusedEngine::default());
        let outcome = Stepper::new(&net, engine, 0.1).step(&mut state, &batch, 0.1).unwrap();
        assert!(outcome.loss.is_nan());
        assert_eq!(state.weights, before);
    }
}
