//! A small fully connected network that predicts a number from an architecture's features.
//!
//! It has ReLU between layers and is trained on the absolute error, by Adam on shuffled minibatches. Targets should be around 0, about 1 apart.

use super::Dice;
use super::adam::Adam;

/// Widths of the hidden layers: the 20 units of BANANAS, but fewer layers.
const HIDDEN: [usize; 3] = [20; 3];
const RATE: f64 = 0.01;
const BATCH: usize = 32;
const EPOCHS: usize = 200;

/// A fully connected layer.
struct Layer {
    inputs: usize,
    outputs: usize,
    /// Where its parameters begin: for each output the weights, then the bias.
    start: usize,
}

impl Layer {
    /// Number of parameters per output.
    fn row(&self) -> usize {
        self.inputs + 1
    }
}

/// The network.
pub(super) struct Mlp {
    layers: Vec<Layer>,
    parameters: Vec<f64>,
}

impl Mlp {
    /// Trains a network on examples, given by their features (at least one, all of the same length) and targets.
    pub fn fit(features: &[Vec<f64>], targets: &[f64], dice: &mut Dice) -> Self {
        let mut mlp = Mlp::new(features[0].len(), dice);
        let mut adam = Adam::new(RATE, mlp.parameters.len());
        let mut order: Vec<usize> = (0..features.len()).collect();
        let mut gradient = vec![0.0; mlp.parameters.len()];
        for _ in 0..EPOCHS {
            dice.shuffle(&mut order);
            for batch in order.chunks(BATCH) {
                gradient.fill(0.0);
                for &example in batch {
                    mlp.accumulate(&features[example], targets[example], 1.0 / batch.len() as f64, &mut gradient);
                }
                adam.step(&mut mlp.parameters, &gradient);
            }
        }
        mlp
    }

    /// Initialises weights as Glorot & Bengio 2010 and biases to 0.
    fn new(features: usize, dice: &mut Dice) -> Self {
        let sizes = [&[features], &HIDDEN[..], &[1]].concat();
        let mut layers = Vec::new();
        let mut parameters = Vec::new();
        for size in sizes.windows(2) {
            let (inputs, outputs) = (size[0], size[1]);
            layers.push(Layer { inputs, outputs, start: parameters.len() });
            let most = (6.0 / (inputs + outputs) as f64).sqrt();
            for _ in 0..outputs {
                parameters.extend((0..inputs).map(|_| most * (2.0 * dice.uniform() - 1.0)));
                parameters.push(0.0);
            }
        }
        Mlp { layers, parameters }
    }

    /// Predicts the target of an architecture with these features.
    pub fn predict(&self, features: &[f64]) -> f64 {
        self.forward(features).last().map_or(0.0, |last| last[0])
    }

    /// The outputs of every layer, those of the hidden ones after their ReLU.
    fn forward(&self, features: &[f64]) -> Vec<Vec<f64>> {
        let mut outputs: Vec<Vec<f64>> = Vec::with_capacity(self.layers.len());
        for (number, layer) in self.layers.iter().enumerate() {
            let input = outputs.last().map_or(features, |output| output);
            let rows = self.parameters[layer.start..].chunks(layer.row()).take(layer.outputs);
            let sums = rows.map(|row| {
                let (weights, bias) = row.split_at(layer.inputs);
                bias[0] + weights.iter().zip(input).map(|(weight, input)| weight * input).sum::<f64>()
            });
            let hidden = number + 1 < self.layers.len();
            let output = sums.map(|sum| if hidden { sum.max(0.0) } else { sum }).collect();
            outputs.push(output);
        }
        outputs
    }

    /// Adds the gradient of `weight |output - target|` to `gradient`.
    fn accumulate(&self, features: &[f64], target: f64, weight: f64, gradient: &mut [f64]) {
        let outputs = self.forward(features);
        let error = outputs.last().map_or(0.0, |last| last[0]) - target;
        let mut slopes = vec![if error == 0.0 { 0.0 } else { weight * error.signum() }];
        for (number, layer) in self.layers.iter().enumerate().rev() {
            let input = if number == 0 { features } else { &outputs[number - 1] };
            let mut before = vec![0.0; layer.inputs];
            for (unit, &slope) in slopes.iter().enumerate().filter(|(_, slope)| **slope != 0.0) {
                let place = layer.start + unit * layer.row();
                let row = place..place + layer.row();
                for (gradient, value) in gradient[row.clone()].iter_mut().zip(input.iter().chain([&1.0])) {
                    *gradient += slope * value;
                }
                for (before, weight) in before.iter_mut().zip(&self.parameters[row]) {
                    *before += slope * weight;
                }
            }
            // The ReLU before this layer passes the gradient back where it passed its input on.
            for (before, _) in before.iter_mut().zip(input).filter(|(_, value)| **value <= 0.0) {
                *before = 0.0;
            }
            slopes = before;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gradient_is_that_of_finite_differences() {
        let mut mlp = Mlp::new(4, &mut Dice::new("test", 5, 0));
        let (features, target) = ([0.5, -1.0, 2.0, 0.25], 3.0);
        let mut gradient = vec![0.0; mlp.parameters.len()];
        mlp.accumulate(&features, target, 1.0, &mut gradient);
        assert!(gradient.iter().filter(|slope| **slope != 0.0).count() > 100);
        for (place, slope) in gradient.into_iter().enumerate() {
            let step = 1e-6;
            let parameter = mlp.parameters[place];
            let [above, below] = [parameter + step, parameter - step].map(|moved| {
                mlp.parameters[place] = moved;
                (mlp.predict(&features) - target).abs()
            });
            mlp.parameters[place] = parameter;
            let found = (above - below) / (2.0 * step);
            assert!((found - slope).abs() < 1e-6, "{place}: {found}, {slope}");
        }
    }

    #[test]
    fn it_learns_a_sum_and_finds_new_ones_by_it() {
        let mut dice = Dice::new("test", 2, 0);
        let mut examples = |count: usize| -> (Vec<Vec<f64>>, Vec<f64>) {
            let features: Vec<Vec<f64>> = (0..count).map(|_| (0..8).map(|_| dice.below(2) as f64).collect()).collect();
            let targets = features.iter().map(|bits| (bits.iter().sum::<f64>() - 4.0) / 1.4).collect();
            (features, targets)
        };
        let (features, targets) = examples(60);
        let (unseen, truth) = examples(40);
        let mlp = Mlp::fit(&features, &targets, &mut Dice::new("fit", 0, 0));
        let errors = unseen.iter().zip(&truth).map(|(bits, truth)| (mlp.predict(bits) - truth).abs());
        let error = errors.sum::<f64>() / truth.len() as f64;
        assert!(error < 0.35, "mean absolute error {error} of targets that deviate by 1");
    }
}
