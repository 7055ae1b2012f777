//! Counts of units that change between the images of a minibatch and under a little noise, the basis of `epads` and `epads_mean`.

use super::{Measured, Measurement, Needs, PassKind};
use crate::engine::{BitMatrix, Observer, Pass, Watch};
use crate::network::{LayerId, Network, Op};

/// A sum over ReLUs of (units that change between images) * (units that change under noise).
pub(super) struct Changes<F> {
    /// How many units differ between images, given a ReLU's codes.
    between: F,
    /// For each layer, the index of its input: all ReLUs that read one input share its codes.
    inputs: Vec<usize>,
    /// Codes of the unchanged images, by input.
    codes: Vec<Option<BitMatrix>>,
    noisy: bool,
    total: f64,
    seed: u64,
}

/// The passes over the images without and with noise, in which no image affects another.
pub(super) fn twice() -> Needs {
    let watch = Watch { relu_codes: true, ..Watch::default() };
    Needs::Passes(&[PassKind::RunningData, PassKind::ShiftedRunningData], watch)
}

impl<F: Fn(LayerId, &BitMatrix, u64) -> f64> Changes<F> {
    /// A measurement of `net` that has seen nothing yet. `between` gets a ReLU, its codes and the seed.
    pub fn of(net: &Network, between: F) -> Self {
        let input = |id: LayerId| match net.layer(id).op {
            Op::Input(_) => id.index(),
            _ => net.layer(id).inputs[0].index(),
        };
        let inputs: Vec<usize> = net.ids().map(input).collect();
        Changes { between, codes: vec![None; inputs.len()], inputs, noisy: false, total: 0.0, seed: 0 }
    }
}

impl<F: Fn(LayerId, &BitMatrix, u64) -> f64> Observer for Changes<F> {
    fn start(&mut self, _pass: &Pass<'_>) {
        self.noisy = self.codes.iter().any(Option::is_some);
    }

    fn relu_codes(&mut self, layer: LayerId, codes: &BitMatrix) {
        let first = &mut self.codes[self.inputs[layer.index()]];
        match first {
            Some(first) if self.noisy => {
                let changed: u64 = (0..codes.rows()).map(|n| differences(codes.row(n), first.row(n))).sum();
                self.total += (self.between)(layer, first, self.seed) * changed as f64;
            }
            Some(_) => {}
            None => *first = Some(codes.clone()),
        }
    }
}

impl<F: Fn(LayerId, &BitMatrix, u64) -> f64> Measurement for Changes<F> {
    fn seed(&mut self, seed: u64) {
        self.seed = seed;
    }

    fn finish(self: Box<Self>) -> Measured {
        Ok(self.total)
    }
}

/// Number of positions in which two rows of codes differ.
pub(super) fn differences(one: &[u64], other: &[u64]) -> u64 {
    one.iter().zip(other).map(|(one, other)| u64::from((one ^ other).count_ones())).sum()
}
