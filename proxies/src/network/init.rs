//! Initialisers: what value each parameter starts from.

use super::parameter::{Parameter, Role};
use zeronas_random::Stream;

/// How weights, biases, norms and layer scales are initialised. Every value is a function of (seed, parameter name, index): see
/// `zeronas_random`. Values are computed in f64 and rounded once to f32.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Init {
    /// PyTorch's default: weights and biases uniform in +-1/sqrt(fan_in); norms 1 and 0. A layer scale starts from its own number here
    /// and with all others.
    #[default]
    TorchDefault,
    /// Weights uniform in +-sqrt(6/fan_in) (He et al. 2015); biases 0; norms 1 and 0.
    KaimingUniform,
    /// Weights N(0, 2/fan_in) (He et al. 2015); biases 0; norms 1 and 0.
    KaimingNormal,
    /// Weights N(0, 1); biases 0; norms 1 and 0.
    Gaussian,
    /// NAS-Bench-101's, TensorFlow's default: convolutions N(0, 1/fan_in) without what lies beyond two deviations, scaled back to
    /// that variance (He et al. 2015); linear weights uniform in +-sqrt(6/(fan_in + fan_out)) (Glorot & Bengio 2010); biases
    /// 0; norms 1 and 0.
    VarianceScaling,
    /// As `kaiming-uniform`, with norms off their fixed point, for tests: scale times (0.5, 1.5), shift in +-0.25, bias in
    /// +-0.125.
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
                    Init::VarianceScaling if parameter.shape.len() == 2 => {
                        symmetric((6.0 / (fan_in + parameter.shape[0] as f64)).sqrt())
                    }
                    Init::VarianceScaling => {
                        let deviation = 1.0 / fan_in.sqrt() / TRUNCATED_DEVIATION;
                        fill(len, |i| truncated_normal(&stream, i, len) * deviation)
                    }
                }
            }
            Role::Bias { fan_in } => match self {
                Init::TorchDefault => symmetric(1.0 / (fan_in as f64).sqrt()),
                Init::Perturbed => symmetric(0.125),
                Init::KaimingUniform | Init::KaimingNormal | Init::Gaussian | Init::VarianceScaling => constant(0.0),
            },
            Role::Scale { start } if self == Init::Perturbed => fill(len, |i| start * (0.5 + stream.uniform(i))),
            Role::Shift if self == Init::Perturbed => symmetric(0.25),
            Role::Scale { start } => constant(start as f32),
            Role::Shift => constant(0.0),
        }
    }
}

/// Deviation of a standard normal variate cut at two deviations, as TensorFlow has it.
const TRUNCATED_DEVIATION: f64 = 0.879_625_661_034_239_8;

/// Value `i` of `len`: the first of the normal variates i, i + len, i + 2 len, ... that lies within two deviations.
fn truncated_normal(stream: &Stream, i: u64, len: u64) -> f64 {
    (0..).map(|round| stream.normal(i + round * len)).find(|z| z.abs() < 2.0).unwrap_or(0.0)
}

/// The values at 0, 1, ..., each rounded once. Generic, so that every kind of value is a loop of its own.
fn fill(len: u64, value: impl Fn(u64) -> f64) -> Vec<f32> {
    (0..len).map(|i| value(i) as f32).collect()
}
