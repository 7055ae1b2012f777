//! Initialisers: what value each parameter starts from.

use super::parameter::{Parameter, Role};
use zeronas_random::Stream;

/// How weights, biases and batch norms are initialised. Every value is a function of (seed, parameter name, index): see
/// `zeronas_random`. Values are computed in f64 and rounded once to f32.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Init {
    /// PyTorch's default: weights and linear bias uniform in +-1/sqrt(fan_in); batch norm 1 and 0.
    #[default]
    TorchDefault,
    /// Weights uniform in +-sqrt(6/fan_in) (He et al. 2015); biases 0; batch norm 1 and 0.
    KaimingUniform,
    /// Weights N(0, 2/fan_in) (He et al. 2015); biases 0; batch norm 1 and 0.
    KaimingNormal,
    /// Weights N(0, 1); biases 0; batch norm 1 and 0.
    Gaussian,
    /// As `kaiming-uniform`, with batch norms off their fixed point, for tests: scale in (0.5, 1.5), shift in
    /// +-0.25, linear bias in +-0.125.
    Perturbed,
}

impl Init {
    /// The parameter's values under `seed`, row-major.
    pub fn values(self, parameter: &Parameter, seed: u64) -> Vec<f32> {
        let stream = Stream::new(&parameter.name, seed);
        let len = parameter.len() as u64;
        let symmetric = |bound: f64| fill(len, |i| (2.0 * stream.uniform(i) - 1.0) * bound);
        let constant = |value: f32| vec![value; parameter.len()];
        match parameter.role {
            Role::Weight => {
                let fan_in = parameter.fan_in() as f64;
                match self {
                    Init::TorchDefault => symmetric(1.0 / fan_in.sqrt()),
                    Init::KaimingUniform | Init::Perturbed => symmetric((6.0 / fan_in).sqrt()),
                    Init::KaimingNormal => {
                        let deviation = (2.0 / fan_in).sqrt();
                        fill(len, |i| stream.normal(i) * deviation)
                    }
                    Init::Gaussian => fill(len, |i| stream.normal(i)),
                }
            }
            Role::Bias { fan_in } => match self {
                Init::TorchDefault => symmetric(1.0 / (fan_in as f64).sqrt()),
                Init::Perturbed => symmetric(0.125),
                Init::KaimingUniform | Init::KaimingNormal | Init::Gaussian => constant(0.0),
            },
            Role::Scale if self == Init::Perturbed => fill(len, |i| 0.5 + stream.uniform(i)),
            Role::Shift if self == Init::Perturbed => symmetric(0.25),
            Role::Scale => constant(1.0),
            Role::Shift => constant(0.0),
        }
    }
}

/// The values at 0, 1, ..., each rounded once. Generic, so that every kind of value is a loop of its own.
fn fill(len: u64, value: impl Fn(u64) -> f64) -> Vec<f32> {
    (0..len).map(|i| value(i) as f32).collect()
}
