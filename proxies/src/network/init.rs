//! Initialisers: what value each parameter starts from.

use super::parameter::{Parameter, Role};
use zeronas_random::Stream;

/// How weights, biases, norms and layer scales are initialised. Every value is a function of (seed, parameter name, index): see
/// `zeronas_random`. Values are computed in f64 and rounded once to f32.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Init {
    /// PyTorch's default: weights and biases uniform in +-1/sqrt(fan_in); norms 1 and 0. Layer scales start from their own `init` under
    /// every initialiser; only `perturbed` multiplies it.
    #[default]
    TorchDefault,
    /// Weights uniform in +-sqrt(6/fan_in) (He et al. 2015); biases 0; norms 1 and 0.
    KaimingUniform,
    /// Weights N(0, 2/fan_in) (He et al. 2015); biases 0; norms 1 and 0.
    KaimingNormal,
    /// Weights N(0, 1); biases 0; norms 1 and 0.
    Gaussian,
    /// The default of NAS-Bench-101 and TensorFlow: convolutions from N(0, 1/fan_in) truncated at two standard deviations and rescaled
    /// to that variance (He et al. 2015); linear weights uniform in +-sqrt(6/(fan_in + fan_out)) (Glorot & Bengio 2010); biases
    /// 0; norms 1 and 0.
    VarianceScaling,
    /// Like `kaiming-uniform`, but with norms and biases moved away from 1 and 0, for tests: scales times a factor in (0.5, 1.5),
    /// shifts in +-0.25, biases in +-0.125.
    Perturbed,
}

impl Init {
    /// The rule by which the parameter's values are drawn.
    pub(crate) fn rule(self, parameter: &Parameter) -> Rule {
        match parameter.role {
            Role::Weight => {
                let fan_in = parameter.fan_in() as f64;
                match self {
                    Init::TorchDefault => Rule::Symmetric(1.0 / fan_in.sqrt()),
                    Init::KaimingUniform | Init::Perturbed => Rule::Symmetric((6.0 / fan_in).sqrt()),
                    Init::KaimingNormal => Rule::Normal((2.0 / fan_in).sqrt()),
                    Init::Gaussian => Rule::Normal(1.0),
                    Init::VarianceScaling if parameter.shape.len() == 2 => {
                        Rule::Symmetric((6.0 / (fan_in + parameter.shape[0] as f64)).sqrt())
                    }
                    Init::VarianceScaling => Rule::TruncatedNormal(1.0 / fan_in.sqrt() / TRUNCATED_DEVIATION),
                }
            }
            Role::Bias { fan_in } => match self {
                Init::TorchDefault => Rule::Symmetric(1.0 / (fan_in as f64).sqrt()),
                Init::Perturbed => Rule::Symmetric(0.125),
                Init::KaimingUniform | Init::KaimingNormal | Init::Gaussian | Init::VarianceScaling => {
                    Rule::Constant(0.0)
                }
            },
            Role::Scale { start } if self == Init::Perturbed => Rule::Around(start),
            Role::Shift if self == Init::Perturbed => Rule::Symmetric(0.25),
            Role::Scale { start } => Rule::Constant(start),
            Role::Shift => Rule::Constant(0.0),
        }
    }

    /// The parameter's values under `seed`, row-major.
    pub fn values(self, parameter: &Parameter, seed: u64) -> Vec<f32> {
        let stream = Stream::new(&parameter.name, seed);
        let len = parameter.len() as u64;
        match self.rule(parameter) {
            Rule::Constant(value) => vec![value as f32; parameter.len()],
            Rule::Symmetric(bound) => fill(len, |i| (2.0 * stream.uniform(i) - 1.0) * bound),
            Rule::Around(start) => fill(len, |i| start * (0.5 + stream.uniform(i))),
            Rule::Normal(deviation) => fill(len, |i| stream.normal(i) * deviation),
            Rule::TruncatedNormal(deviation) => fill(len, |i| truncated_normal(&stream, i, len) * deviation),
        }
    }
}

/// How a value is computed from its position in a stream.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Rule {
    /// This number.
    Constant(f64),
    /// Uniform between minus this number and this number.
    Symmetric(f64),
    /// This number times a factor that is uniform in 0.5 to 1.5.
    Around(f64),
    /// Normal with mean 0 and this standard deviation.
    Normal(f64),
    /// The same, with the standard normal variate truncated at two standard deviations before it is multiplied.
    TruncatedNormal(f64),
}

/// Standard deviation of a standard normal variate truncated at two standard deviations, as in TensorFlow.
const TRUNCATED_DEVIATION: f64 = 0.879_625_661_034_239_8;

/// Value `i` of `len`: the first of the normal variates i, i + len, i + 2 len, ... that lies within two deviations.
fn truncated_normal(stream: &Stream, i: u64, len: u64) -> f64 {
    (0..).map(|round| stream.normal(i + round * len)).find(|z| z.abs() < 2.0).unwrap_or(0.0)
}

/// The values at 0, 1, ..., each rounded once. Generic, so that every rule compiles to a loop of its own.
fn fill(len: u64, value: impl Fn(u64) -> f64) -> Vec<f32> {
    (0..len).map(|i| value(i) as f32).collect()
}
