//! Activations: functions of one number, applied to every element of a value.

use super::{LayerKind, Shape, single};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::f64::consts::FRAC_1_SQRT_2;

/// A function of one number with its first and second derivatives. At kinks the first derivative is PyTorch's, which the variants
/// state.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Activation {
    /// max(x, 0); slope 0 at 0.
    Relu,
    /// min(max(x, 0), 6); slope 0 at 0 and at 6.
    Relu6,
    /// x where x > 0, else `slope` x; `slope` at 0.
    LeakyRelu {
        /// The slope of the negative side.
        slope: f64,
    },
    /// x sigmoid(x).
    Silu,
    /// x relu6(x + 3) / 6; slope 0 at -3 and 1 at 3.
    HardSwish,
    /// x (1 + erf(x / sqrt 2)) / 2.
    Gelu,
    /// 1 / (1 + exp(-x)).
    Sigmoid,
    /// relu6(x + 3) / 6; slope 0 at -3 and 3.
    HardSigmoid,
    /// The hyperbolic tangent.
    Tanh,
}

/// The names in JSON, with the default settings.
const ALL: [(&str, Activation); 9] = [
    ("relu", Activation::Relu),
    ("relu6", Activation::Relu6),
    ("leaky_relu", Activation::LeakyRelu { slope: 0.01 }),
    ("silu", Activation::Silu),
    ("hard_swish", Activation::HardSwish),
    ("gelu", Activation::Gelu),
    ("sigmoid", Activation::Sigmoid),
    ("hard_sigmoid", Activation::HardSigmoid),
    ("tanh", Activation::Tanh),
];

/// The settings of a leaky ReLU.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Leak {
    #[serde(default = "usual_leak")]
    slope: f64,
}

/// PyTorch's default slope.
fn usual_leak() -> f64 {
    0.01
}

impl Activation {
    /// All activations, with their default settings.
    pub fn all() -> impl Iterator<Item = Activation> {
        ALL.into_iter().map(|(_, activation)| activation)
    }

    /// Its name in JSON.
    pub fn name(self) -> &'static str {
        let same = |other: &Activation| std::mem::discriminant(other) == std::mem::discriminant(&self);
        ALL.iter().find(|(_, other)| same(other)).map_or("", |(name, _)| name)
    }

    /// Whether its units count as on (x > 0) or off for proxies that count linear regions: true for activations that let positive
    /// numbers through and hold negative ones back, false for gates (sigmoids, tanh), which have no such codes.
    pub fn has_codes(self) -> bool {
        use Activation::{Gelu, HardSwish, LeakyRelu, Relu, Relu6, Silu};
        matches!(self, Relu | Relu6 | LeakyRelu { .. } | Silu | HardSwish | Gelu)
    }

    /// f(x).
    pub fn value(self, x: f64) -> f64 {
        match self {
            Activation::Relu => x.max(0.0),
            Activation::Relu6 => x.clamp(0.0, 6.0),
            Activation::LeakyRelu { slope } => {
                if x > 0.0 {
                    x
                } else {
                    slope * x
                }
            }
            Activation::Silu => x * sigmoid(x),
            Activation::HardSwish => x * hard_sigmoid(x),
            Activation::Gelu => x * normal(x),
            Activation::Sigmoid => sigmoid(x),
            Activation::HardSigmoid => hard_sigmoid(x),
            Activation::Tanh => x.tanh(),
        }
    }

    /// f'(x).
    pub fn slope(self, x: f64) -> f64 {
        let within = |low: f64, high: f64| if x > low && x < high { 1.0 } else { 0.0 };
        match self {
            Activation::Relu => within(0.0, f64::INFINITY),
            Activation::Relu6 => within(0.0, 6.0),
            Activation::LeakyRelu { slope } => {
                if x > 0.0 {
                    1.0
                } else {
                    slope
                }
            }
            Activation::Silu => {
                let s = sigmoid(x);
                s + x * s * (1.0 - s)
            }
            Activation::HardSwish => hard_sigmoid(x) + x * within(-3.0, 3.0) / 6.0,
            Activation::Gelu => normal(x) + x * density(x),
            Activation::Sigmoid => {
                let s = sigmoid(x);
                s * (1.0 - s)
            }
            Activation::HardSigmoid => within(-3.0, 3.0) / 6.0,
            Activation::Tanh => {
                let t = x.tanh();
                1.0 - t * t
            }
        }
    }

    /// f''(x), ignoring kinks.
    pub fn bend(self, x: f64) -> f64 {
        match self {
            Activation::Relu | Activation::Relu6 | Activation::LeakyRelu { .. } | Activation::HardSigmoid => 0.0,
            Activation::Silu => {
                let s = sigmoid(x);
                s * (1.0 - s) * (2.0 + x * (1.0 - 2.0 * s))
            }
            Activation::HardSwish => {
                if x > -3.0 && x < 3.0 {
                    1.0 / 3.0
                } else {
                    0.0
                }
            }
            // Far out the density is 0 and x^2 may be infinite.
            Activation::Gelu if x.abs() > 40.0 => 0.0,
            Activation::Gelu => density(x) * (2.0 - x * x),
            Activation::Sigmoid => {
                let s = sigmoid(x);
                s * (1.0 - s) * (1.0 - 2.0 * s)
            }
            Activation::Tanh => {
                let t = x.tanh();
                -2.0 * t * (1.0 - t * t)
            }
        }
    }

    /// Whether f'' is 0 everywhere, kinks aside.
    pub fn is_piecewise_linear(self) -> bool {
        matches!(self, Activation::Relu | Activation::Relu6 | Activation::LeakyRelu { .. } | Activation::HardSigmoid)
    }

    /// The names in JSON.
    pub(super) fn names() -> impl Iterator<Item = &'static str> {
        ALL.into_iter().map(|(name, _)| name)
    }

    /// Reads the activation of this name in JSON, with these settings.
    pub(super) fn read(name: &str, settings: &Map<String, Value>) -> Option<Result<Self, serde_json::Error>> {
        let (_, usual) = ALL.into_iter().find(|(known, _)| *known == name)?;
        Some(match usual {
            Activation::LeakyRelu { .. } => super::settings(settings).map(|Leak { slope }| Self::LeakyRelu { slope }),
            usual => super::settings(settings).map(|super::NoSettings {}| usual),
        })
    }

    /// Its settings in JSON.
    pub(super) fn write(self) -> Result<Value, serde_json::Error> {
        match self {
            Activation::LeakyRelu { slope } => serde_json::to_value(Leak { slope }),
            _ => serde_json::to_value(super::NoSettings {}),
        }
    }
}

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

fn hard_sigmoid(x: f64) -> f64 {
    (x + 3.0).clamp(0.0, 6.0) / 6.0
}

/// The standard normal distribution function at x.
fn normal(x: f64) -> f64 {
    0.5 * (1.0 + libm::erf(x * FRAC_1_SQRT_2))
}

/// The standard normal density.
fn density(x: f64) -> f64 {
    const INVERSE_ROOT_TAU: f64 = 0.398_942_280_401_432_7;
    INVERSE_ROOT_TAU * (-0.5 * x * x).exp()
}

impl LayerKind for Activation {
    fn output_shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        match self {
            Activation::LeakyRelu { slope } if !slope.is_finite() => Err(format!("`slope` is {slope}")),
            _ => single(inputs),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slopes_and_bends_are_derivatives() {
        for activation in Activation::all() {
            for x in [-3.7, -2.1, -0.6, -0.05, 0.4, 1.9, 2.8, 3.3, 5.9, 6.4] {
                let h = 1e-4;
                let [before, after] = [x - h, x + h];
                let slope = (activation.value(after) - activation.value(before)) / (2.0 * h);
                assert!((activation.slope(x) - slope).abs() < 1e-7, "{activation:?} at {x}: {slope}");
                let bend = (activation.slope(after) - activation.slope(before)) / (2.0 * h);
                assert!((activation.bend(x) - bend).abs() < 1e-7, "{activation:?} at {x}: {bend}");
                assert!(!activation.is_piecewise_linear() || activation.bend(x) == 0.0);
            }
        }
    }

    #[test]
    fn slopes_at_kinks_are_those_of_pytorch() {
        let leaky = Activation::LeakyRelu { slope: 0.2 };
        for (activation, x, slope) in [
            (Activation::Relu, 0.0, 0.0),
            (Activation::Relu6, 0.0, 0.0),
            (Activation::Relu6, 6.0, 0.0),
            (leaky, 0.0, 0.2),
            (Activation::HardSigmoid, -3.0, 0.0),
            (Activation::HardSigmoid, 3.0, 0.0),
            (Activation::HardSwish, -3.0, 0.0),
            (Activation::HardSwish, 3.0, 1.0),
        ] {
            assert_eq!(activation.slope(x), slope, "{activation:?} at {x}");
        }
    }

    #[test]
    fn nothing_far_from_zero_is_lost() {
        for activation in Activation::all() {
            for x in [-1e300, -800.0, 800.0, 1e300] {
                let [value, slope, bend] = [activation.value(x), activation.slope(x), activation.bend(x)];
                assert!(
                    value.is_finite() && slope.is_finite() && bend == 0.0,
                    "{activation:?} at {x}: {value}, {slope}, {bend}"
                );
            }
        }
    }
}
