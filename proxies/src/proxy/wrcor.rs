//! `wrcor`: how different a network's activations and gradients are from image to image, with later blocks weighted more.
//!
//! ```text
//! A_u   = input of ReLU u, a row for each image; G_u = loss gradient by that input through this ReLU
//! K     = sum over ReLUs u of 2^block(u) (|P(A_u)| + |P(G_u)|), P being the Pearson correlations between rows
//! score = ln | det K |
//! ```
//!
//! The loss is the mean cross entropy of the minibatch; batch norms use its statistics. A matrix with a row that does not vary is left out.
//! Blocks are numbered from 0: the stem if it holds a ReLU, the parts between the network's boundaries, each max pool of stride 2 between
//! two of them, and what follows the last boundary. Only scores with the same batch size are comparable. Status `singular` where K has
//! no inverse.

use super::spectrum::{correlations, log_determinant};
use super::{Cost, Direction, Measured, Measurement, Needs, PassKind, Proxy, ProxyInfo, Scale};
use crate::engine::{Numbers, Observer, View, Watch};
use crate::network::{LayerId, Network, Op, Pair};
use nalgebra::DMatrix;

/// Weighted correlations of activations and gradients.
pub struct WrCor;

/// K, and the weights with which the values and gradients of each layer count in it.
pub(super) struct Kernel {
    /// Weights of the layers' outputs.
    of_values: Vec<f64>,
    /// Weights of the gradients with respect to the inputs of ReLUs.
    of_passed: Vec<f64>,
    /// Weights of the gradients with respect to the layers' outputs.
    of_gradients: Vec<f64>,
    kernel: Option<DMatrix<f64>>,
}

impl Proxy for WrCor {
    fn info(&self) -> ProxyInfo {
        ProxyInfo {
            name: "wrcor",
            direction: Direction::Higher,
            scale: Scale::Linear,
            cost: Cost::Backward,
            summary: "correlations between images at ReLUs, of values and gradients",
            source: "Jing et al. 2024, WRCor",
        }
    }

    fn needs(&self) -> Needs {
        outputs_and_gradients()
    }

    fn measure(&self, net: &Network) -> Box<dyn Measurement> {
        Box::new(Kernel::new(net))
    }
}

impl Kernel {
    /// A kernel of `net` that has seen nothing yet.
    pub fn new(net: &Network) -> Self {
        let layers = net.layers().len();
        let (mut of_values, mut of_passed) = (vec![0.0; layers], vec![0.0; layers]);
        let blocks = blocks(net);
        for id in net.ids().filter(|&id| is_relu(net, id)) {
            let weight = 2f64.powi(blocks[id.index()]);
            of_passed[id.index()] = weight;
            of_values[net.layer(id).inputs[0].index()] += weight;
        }
        Kernel { of_values, of_passed, of_gradients: vec![0.0; layers], kernel: None }
    }

    /// The same with the weights of the published program, which takes the blocks that ReLUs open for ReLUs.
    pub fn of_program(net: &Network) -> Self {
        let mut kernel = Kernel::new(net);
        let openers = net.openers();
        if openers.is_empty() {
            return kernel;
        }
        for id in net.ids() {
            let input = |id: LayerId| net.layer(id).inputs[0];
            if openers.contains(&id) {
                kernel.of_values[input(id).index()] += kernel.of_passed[id.index()];
            } else if is_relu(net, id) {
                // It works in place, so the program sees its output instead of its input.
                let weight = kernel.of_passed[id.index()];
                kernel.of_values[input(id).index()] -= weight;
                kernel.of_values[id.index()] += weight;
            } else if matches!(net.layer(id).op, Op::Conv(_)) && openers.contains(&input(id)) {
                kernel.of_gradients[id.index()] += kernel.of_passed[input(id).index()];
            }
        }
        kernel
    }
}

/// The pass that shows the outputs of all layers and the gradients with respect to them.
pub(super) fn outputs_and_gradients() -> Needs {
    let watch = Watch { outputs: true, output_gradients: true, ..Watch::default() };
    Needs::Passes(&[PassKind::Data], watch)
}

fn is_relu(net: &Network, id: LayerId) -> bool {
    net.layer(id).op == Op::RELU
}

/// The number of each layer's block.
fn blocks(net: &Network) -> Vec<i32> {
    let ends: Vec<usize> = net.boundaries().iter().map(|id| id.index()).collect();
    let stem = ends.first().copied().unwrap_or(0);
    let first = i32::from(net.ids().any(|id| is_relu(net, id) && id.index() <= stem)) - 1;
    let is_pool = |id: LayerId| matches!(net.layer(id).op, Op::MaxPool(pool) if pool.stride == Pair::from(2));
    let pools: Vec<usize> = net.ids().filter(|&id| is_pool(id) && id.index() > stem).map(LayerId::index).collect();
    let before = |ends: &[usize], layer: usize| ends.iter().filter(|&&end| end < layer).count() as i32;
    (0..net.layers().len()).map(|layer| first + before(&ends, layer) + before(&pools, layer)).collect()
}

impl Kernel {
    fn add(&mut self, rows: Numbers, images: usize, weight: f64) {
        let length = rows.values().len() / images;
        let (correlations, varies) = correlations(rows, length);
        if varies.into_iter().all(|varies| varies) {
            let term = correlations.abs() * weight;
            self.kernel = Some(match self.kernel.take() {
                Some(kernel) => kernel + term,
                None => term,
            });
        }
    }
}

impl Observer for Kernel {
    fn output(&mut self, layer: LayerId, value: &View<'_>) {
        let weight = self.of_values[layer.index()];
        if weight > 0.0 {
            self.add(value.rows(), value.images(), weight);
        }
    }

    fn output_gradient(&mut self, layer: LayerId, value: &View<'_>, gradient: &View<'_>) {
        let images = gradient.images();
        if self.of_gradients[layer.index()] > 0.0 {
            self.add(gradient.rows(), images, self.of_gradients[layer.index()]);
        }
        if self.of_passed[layer.index()] > 0.0 {
            let passed = match (gradient.rows(), value.rows()) {
                (Numbers::F32(gradient), Numbers::F32(value)) => Numbers::F32(passed(gradient, &value)),
                (Numbers::F64(gradient), Numbers::F64(value)) => Numbers::F64(passed(gradient, &value)),
                (gradient, _) => gradient,
            };
            self.add(passed, images, self.of_passed[layer.index()]);
        }
    }
}

/// The gradient with respect to a ReLU's input, from the gradient with respect to its output and the output.
fn passed<F: Copy + Default + PartialOrd>(mut gradient: Vec<F>, value: &[F]) -> Vec<F> {
    for (gradient, &value) in gradient.iter_mut().zip(value) {
        *gradient = if value > F::default() { *gradient } else { F::default() };
    }
    gradient
}

impl Measurement for Kernel {
    fn finish(self: Box<Self>) -> Measured {
        log_determinant(self.kernel.unwrap_or_else(|| DMatrix::zeros(0, 0)))
    }
}
