//! What the fast engines are tested with: networks of every layer kind, passes that show everything, and the Candle engine's numbers to
//! compare with.

mod mobile;
mod networks;
pub(super) mod random;

use super::{
    BitMatrix, Distances, Engine, Normalisation, Objective, Observer, Outcome, Pass, Precision, Values, View, Watch,
    Watcher,
};
use crate::Batch;
use crate::network::{Init, LayerId, Network, Parameter, RunningStatistics, Shape, Weights};
pub(super) use mobile::{mobile_networks, norm_networks};
pub(super) use networks::{networks, odd_cell, wide_cell};
use zeronas_random::Stream;

pub(super) const IMAGES: usize = 5;

/// Everything that an observer can be shown, in one order for all engines.
#[derive(Default, Debug, PartialEq)]
pub(super) struct Seen {
    codes: Vec<(LayerId, Vec<u64>)>,
    /// Number of units, and pairs.
    distances: Vec<(LayerId, usize, Vec<u64>)>,
    outputs: Vec<(LayerId, Vec<f64>)>,
    features: Vec<f64>,
    gradients: Vec<(LayerId, Vec<f64>)>,
    saliencies: Vec<(LayerId, Vec<f64>)>,
    /// Name, Euclidean norm of the gradient, and sum of its product with the value.
    weights: Vec<(String, f64, f64)>,
    /// Name, sums of g^2, g * Hw and (Hw)^2.
    curvature: Vec<(String, [f64; 3])>,
    boundaries: Vec<(usize, Vec<f64>)>,
    boundary_gradients: Vec<(usize, Vec<f64>)>,
    input: Vec<f64>,
    /// Values per channel, then means and variances.
    pub(super) statistics: Vec<(LayerId, usize, Vec<f64>)>,
}

impl Seen {
    /// Sorts what engines show in an order of their own by layer.
    pub(super) fn in_order(mut self) -> Self {
        self.codes.sort();
        self.distances.sort();
        self.saliencies.sort_by_key(|(layer, _)| *layer);
        self.statistics.sort_by_key(|(layer, ..)| *layer);
        self.boundaries.sort_by_key(|(boundary, _)| *boundary);
        self
    }
}

fn dense(view: &View<'_>) -> Vec<f64> {
    let Shape { channels, height, width } = view.shape();
    let area = height * width;
    let at = |i: usize| view.get(i / area / channels, i / area % channels, i / width % height, i % width);
    (0..view.images() * channels * area).map(at).collect()
}

impl Observer for Seen {
    fn relu_codes(&mut self, layer: LayerId, codes: &BitMatrix) {
        let mut distances = vec![0; codes.rows() * (codes.rows() - 1) / 2];
        codes.distances(&mut distances);
        self.codes.push((layer, distances));
    }
    fn relu_distances(&mut self, layer: LayerId, distances: &Distances<'_>) {
        assert_eq!(distances.pairs.len(), distances.images * (distances.images - 1) / 2);
        self.distances.push((layer, distances.units, distances.pairs.to_vec()));
    }
    fn output(&mut self, layer: LayerId, value: &View<'_>) {
        self.outputs.push((layer, dense(value)));
    }
    fn features(&mut self, value: &View<'_>) {
        self.features = dense(value);
    }
    fn output_gradient(&mut self, layer: LayerId, value: &View<'_>, gradient: &View<'_>) {
        self.gradients.push((layer, [dense(value), dense(gradient)].concat()));
    }
    fn saliency(&mut self, layer: LayerId, products: &[f64]) {
        self.saliencies.push((layer, products.to_vec()));
    }
    fn weight(&mut self, parameter: &Parameter, value: Values<'_>, gradient: Values<'_>) {
        assert_eq!((value.len(), gradient.len()), (parameter.len(), parameter.len()));
        let product = value.sum_with(gradient, |w, g| w * g);
        self.weights.push((parameter.name.clone(), gradient.norm(), product));
    }
    fn curvature(&mut self, parameter: &Parameter, gradient: Values<'_>, product: Values<'_>) {
        assert_eq!((gradient.len(), product.len()), (parameter.len(), parameter.len()));
        let sums = [gradient.sum(|g| g * g), gradient.sum_with(product, |g, p| g * p), product.sum(|p| p * p)];
        self.curvature.push((parameter.name.clone(), sums));
    }
    fn boundary(&mut self, boundary: usize, value: &View<'_>) {
        self.boundaries.push((boundary, dense(value)));
    }
    fn boundary_gradient(&mut self, boundary: usize, gradient: &View<'_>) {
        self.boundary_gradients.push((boundary, dense(gradient)));
    }
    fn input_gradient(&mut self, gradient: &View<'_>) {
        self.input = dense(gradient);
    }
    fn batch_statistics(&mut self, layer: LayerId, mean: &[f64], variance: &[f64], count: usize) {
        self.statistics.push((layer, count, [mean, variance].concat()));
    }
}

pub(super) fn batch(shape: Shape, classes: usize) -> Batch {
    batch_of(IMAGES, shape, classes)
}

pub(super) fn batch_of(count: usize, shape: Shape, classes: usize) -> Batch {
    let stream = Stream::new("images", 1);
    let images = (0..count * shape.len()).map(|i| stream.normal(i as u64) as f32).collect();
    Batch::new(images, (0..count).map(|n| (n % classes) as u32).collect(), shape).unwrap()
}

/// One run with two observers: one sees what the watch asks for, the other the gradients of another objective in the same run.
pub(super) fn run(engine: &mut dyn Engine, net: &Network, (pass, watch): (Pass<'_>, Watch)) -> (Outcome, [Seen; 2]) {
    let weights = Weights::initialise(net, Init::Perturbed, 3);
    let mut seen = [Seen::default(), Seen::default()];
    let [observer, other] = &mut seen;
    let objective = match watch.objective {
        Objective::CrossEntropy | Objective::ImageLogits | Objective::ClassLogits => Objective::LogitSum,
        Objective::LogitSum | Objective::Signs => Objective::CrossEntropy,
    };
    let other_watch = Watch { objective, input_gradient: true, saliencies: watch.saliencies, ..Watch::default() };
    let mut watchers = vec![Watcher::new(watch, observer)];
    if watch.needs_backward() {
        watchers.insert(0, Watcher::new(other_watch, other));
    }
    let outcome = engine.run(net, &weights, &pass, &mut watchers).unwrap();
    (outcome, seen.map(Seen::in_order))
}

/// Passes that show everything; everything but single layers (so that layers fuse); codes only; gradients without batch norms, and with
/// some of them; gradients of single images and of single classes; and the values between blocks, without single layers and with them.
pub(super) fn passes(batch: &Batch, precision: Precision) -> [(Pass<'_>, Watch); 9] {
    let all = Watch {
        relu_codes: true,
        relu_distances: true,
        outputs: true,
        features: true,
        objective: Objective::CrossEntropy,
        output_gradients: true,
        saliencies: true,
        weight_gradients: true,
        input_gradient: true,
        batch_statistics: true,
        curvature: true,
        ..Watch::default()
    };
    let pass = Pass { batch, normalisation: Normalisation::Batch, precision };
    let fused = Watch { outputs: false, output_gradients: false, ..all };
    let codes = Watch { relu_codes: true, relu_distances: true, ..Watch::default() };
    let flow = Watch {
        objective: Objective::LogitSum,
        weight_gradients: true,
        saliencies: true,
        curvature: true,
        ..Watch::default()
    };
    let single = Watch { objective: Objective::ImageLogits, weight_gradients: true, ..Watch::default() };
    let class = Watch { objective: Objective::ClassLogits, output_gradients: true, ..Watch::default() };
    let between = Watch { objective: Objective::Signs, boundaries: true, boundary_gradients: true, ..Watch::default() };
    let layers = Watch { outputs: true, ..between };
    let [without, with_some] = [Normalisation::Removed, Normalisation::RemovedBut("b")]
        .map(|normalisation| (Pass { normalisation, ..pass }, flow));
    let [single, class] = [single, class].map(|watch| (pass, watch));
    [(pass, all), (pass, fused), (pass, codes), without, with_some, single, class, (pass, between), (pass, layers)]
}

/// Asserts that `got` and `expected` differ by at most `limit` times the largest expected number.
fn assert_close(what: &str, got: &[f64], expected: &[f64], limit: f64) {
    assert_eq!(got.len(), expected.len(), "{what}");
    // If terms cancel out, as in the gradient of a bias before a batch norm, only their rounding errors remain. So with the narrow limit of
    // 64 bits, the largest number counts as at least a tenth.
    let least: f64 = if limit < 1e-8 { 0.1 } else { 1e-3 };
    let largest = expected.iter().fold(least, |largest, value| largest.max(value.abs()));
    for (i, (got, expected)) in got.iter().zip(expected).enumerate() {
        assert!((got - expected).abs() <= limit * largest, "{what}: number {i} is {got}, expected {expected}");
    }
}

pub(super) fn assert_alike(
    what: &str,
    got: &(Outcome, [Seen; 2]),
    expected: &(Outcome, [Seen; 2]),
    limit: f64,
    codes: bool,
) {
    assert_close(&format!("{what}: logits"), &got.0.logits, &expected.0.logits, limit);
    for (got, expected) in got.1.iter().zip(&expected.1) {
        assert_seen_alike(what, got, expected, limit, codes);
    }
}

fn assert_seen_alike(what: &str, got: &Seen, expected: &Seen, limit: f64, codes: bool) {
    if codes {
        assert_eq!(got.codes, expected.codes, "{what}");
        assert_eq!(got.distances, expected.distances, "{what}");
    }
    for (kind, got, expected) in [
        ("output", &got.outputs, &expected.outputs),
        ("gradient", &got.gradients, &expected.gradients),
        ("saliency", &got.saliencies, &expected.saliencies),
    ] {
        assert_eq!(got.len(), expected.len(), "{what}: {kind}s");
        for ((layer, got), (expected_layer, expected)) in got.iter().zip(expected) {
            assert_eq!(layer, expected_layer, "{what}: {kind}");
            assert_close(&format!("{what}: {kind} of layer {}", layer.index()), got, expected, limit);
        }
    }
    assert_eq!(got.weights.len(), expected.weights.len(), "{what}");
    for ((name, norm, product), expected) in got.weights.iter().zip(&expected.weights) {
        assert_eq!(name, &expected.0, "{what}");
        assert_close(&format!("{what}: {name}"), &[*norm, *product], &[expected.1, expected.2], limit);
    }
    assert_eq!(got.curvature.len(), expected.curvature.len(), "{what}");
    for ((name, sums), expected) in got.curvature.iter().zip(&expected.curvature) {
        assert_eq!(name, &expected.0, "{what}");
        assert_close(&format!("{what}: curvature of {name}"), sums, &expected.1, limit);
    }
    for (kind, got, expected) in [
        ("boundary", &got.boundaries, &expected.boundaries),
        ("gradient of boundary", &got.boundary_gradients, &expected.boundary_gradients),
    ] {
        assert_eq!(got.len(), expected.len(), "{what}: {kind}");
        for ((boundary, got), (expected_boundary, expected)) in got.iter().zip(expected) {
            assert_eq!(boundary, expected_boundary, "{what}: {kind}");
            assert_close(&format!("{what}: {kind} {boundary}"), got, expected, limit);
        }
    }
    assert_close(&format!("{what}: input gradient"), &got.input, &expected.input, limit);
    assert_close(&format!("{what}: features"), &got.features, &expected.features, limit);
    assert_eq!(got.statistics.len(), expected.statistics.len(), "{what}: statistics");
    for ((layer, count, values), expected) in got.statistics.iter().zip(&expected.statistics) {
        assert_eq!((layer, count), (&expected.0, &expected.1), "{what}: statistics");
        assert_close(&format!("{what}: statistics of layer {}", layer.index()), values, &expected.2, limit);
    }
}

/// Running statistics that differ from their initial values, as after training.
pub(super) fn running(net: &Network) -> RunningStatistics {
    let mut running = RunningStatistics::new(net);
    for (layer, channels) in running.layers_mut() {
        let stream = Stream::new(&format!("running.{}", layer.index()), 0);
        channels.mean.iter_mut().zip(0..).for_each(|(mean, i)| *mean = stream.normal(i) as f32);
        channels
            .variance
            .iter_mut()
            .zip(0..)
            .for_each(|(variance, i)| *variance = 0.2 + stream.uniform(1000 + i) as f32);
    }
    running
}
