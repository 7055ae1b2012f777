//! The kinds of layers a network is made of, one file each.
//!
//! A kind describes four things about itself, none of which requires running it: its settings with their form in JSON, the shape of
//! its output, the parameters it holds and its cost. Engines know how to run it.

/// Implements serde for a kind that has no settings: in JSON, anything besides its name is rejected.
macro_rules! settingless {
    ($Kind:ident) => {
        impl serde::Serialize for $Kind {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                super::NoSettings {}.serialize(serializer)
            }
        }

        impl<'de> serde::Deserialize<'de> for $Kind {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                super::NoSettings::deserialize(deserializer).map(|super::NoSettings {}| $Kind)
            }
        }
    };
}

mod activation;
mod average_pool;
mod batch_norm;
mod channel_shuffle;
mod concat;
mod conv;
mod crop;
mod flatten;
mod global_average;
mod global_max;
mod layer_norm;
mod linear;
mod max_pool;
mod mul;
mod scale;
mod sum;
mod truncate;
mod window;
mod zero;

pub use activation::Activation;
pub use average_pool::AveragePool;
pub use batch_norm::BatchNorm;
pub use channel_shuffle::ChannelShuffle;
pub use concat::Concat;
pub use conv::Conv;
pub use crop::Crop;
pub use flatten::Flatten;
pub use global_average::GlobalAverage;
pub use global_max::GlobalMax;
pub use layer_norm::LayerNorm;
pub use linear::Linear;
pub use max_pool::MaxPool;
pub use mul::Mul;
pub use scale::Scale;
pub use sum::Sum;
pub use truncate::Truncate;
pub(crate) use window::Line;
pub use window::{Pair, Sides};
pub use zero::Zero;

use super::parameter::ParameterSpec;
use super::shape::Shape;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

/// Largest number of channels that a setting may ask for.
const MOST_CHANNELS: usize = 1 << 16;

/// What a kind of layer says about itself. Errors are plain messages, to which the network adds the layer's name.
pub trait LayerKind {
    /// Shape of the output for inputs of these shapes, or why the settings or the inputs do not fit.
    fn output_shape(&self, inputs: &[Shape]) -> Result<Shape, String>;

    /// The parameter tensors, in the order in which a forward pass uses them.
    fn parameters(&self, _inputs: &[Shape]) -> Vec<ParameterSpec> {
        Vec::new()
    }

    /// Multiply-accumulates for one image by the NATS-Bench counter: convolutions and linear layers count, a bias counts one
    /// per output, everything else is free.
    fn flops(&self, _inputs: &[Shape], _output: Shape) -> u64 {
        0
    }
}

/// The list of kinds: calls the macro `with` for all of them. Each has a variant of [`Op`], after which its file is named, and a
/// name in JSON.
macro_rules! kinds {
    ($with:ident $($arguments:tt)*) => {
        $with! { ($($arguments)*)
            /// Convolution.
            Conv "conv",
            /// Batch norm.
            BatchNorm "batch_norm",
            /// Norm over the channels of each pixel.
            LayerNorm "layer_norm",
            /// Each channel times its own weight.
            Scale "scale",
            /// Sum of the inputs.
            Sum "sum",
            /// Product of two inputs, one of which may be a gate.
            Mul "mul",
            /// The inputs' channels one after another.
            Concat "concat",
            /// The channels, taken from each group in turn.
            ChannelShuffle "channel_shuffle",
            /// Some of the input's channels.
            Truncate "truncate",
            /// The image without its margins.
            Crop "crop",
            /// Average pool.
            AveragePool "average_pool",
            /// Max pool.
            MaxPool "max_pool",
            /// Mean over all pixels.
            GlobalAverage "global_average",
            /// Maximum over all pixels.
            GlobalMax "global_max",
            /// All numbers as a vector.
            Flatten "flatten",
            /// Linear layer.
            Linear "linear",
            /// Zeros.
            Zero "zero",
        }
    };
}
pub(crate) use kinds;

macro_rules! define_op {
    (() $($(#[$doc:meta])* $Kind:ident $name:literal,)*) => {
        /// A layer's kind with its settings.
        ///
        /// Its serde form is that of a layer in JSON: `op`, the name of the kind, together with its settings.
        #[derive(Clone, Debug, PartialEq)]
        pub enum Op {
            /// The images.
            Input(Shape),
            /// A function of each number; its name in JSON is [`Activation::name`].
            Activation(Activation),
            $($(#[$doc])* $Kind($Kind),)*
        }

        impl Op {
            /// The name of the kind: in JSON, the layer's `op`.
            pub fn kind(&self) -> &'static str {
                match self {
                    Op::Input(_) => "input",
                    Op::Activation(activation) => activation.name(),
                    $(Op::$Kind(_) => $name,)*
                }
            }

            fn as_kind(&self) -> &dyn LayerKind {
                match self {
                    Op::Input(shape) => shape,
                    Op::Activation(kind) => kind,
                    $(Op::$Kind(kind) => kind,)*
                }
            }

            /// Reads the kind of this name with these settings.
            fn read(name: &str, given: &Map<String, Value>) -> Result<Self, serde_json::Error> {
                match name {
                    $($name => settings(given).map(Op::$Kind),)*
                    _ => match Activation::read(name, given) {
                        Some(activation) => activation.map(Op::Activation),
                        None => {
                            let known: Vec<&str> = [$($name),*].into_iter().chain(Activation::names()).collect();
                            let message = format!("unknown op `{name}`; there are {}", known.join(", "));
                            Err(serde::de::Error::custom(message))
                        }
                    },
                }
            }

            /// Its settings in JSON.
            fn settings(&self) -> Result<Value, serde_json::Error> {
                match self {
                    Op::Input(_) => Err(serde::ser::Error::custom("images are no layer")),
                    Op::Activation(activation) => activation.write(),
                    $(Op::$Kind(kind) => serde_json::to_value(kind),)*
                }
            }
        }
    };
}
kinds!(define_op);

impl Op {
    /// max(x, 0).
    pub const RELU: Op = Op::Activation(Activation::Relu);
}

impl LayerKind for Op {
    fn output_shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        self.as_kind().output_shape(inputs)
    }

    fn parameters(&self, inputs: &[Shape]) -> Vec<ParameterSpec> {
        self.as_kind().parameters(inputs)
    }

    fn flops(&self, inputs: &[Shape], output: Shape) -> u64 {
        self.as_kind().flops(inputs, output)
    }
}

impl Serialize for Op {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut form = Map::from_iter([("op".to_owned(), Value::from(self.kind()))]);
        if let Value::Object(settings) = self.settings().map_err(serde::ser::Error::custom)? {
            form.extend(settings);
        }
        form.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Op {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut form = Map::deserialize(deserializer)?;
        let op = form.remove("op").ok_or_else(|| serde::de::Error::missing_field("op"))?;
        let name = op.as_str().ok_or_else(|| serde::de::Error::custom(format!("`op` is {op}, not a name")))?;
        Op::read(name, &form).map_err(serde::de::Error::custom)
    }
}

/// The settings of a kind that has none.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct NoSettings {}

/// Reads settings; an error names the one at fault.
fn settings<T: DeserializeOwned>(given: &Map<String, Value>) -> Result<T, serde_json::Error> {
    T::deserialize(given)
}

/// The input layer, whose only setting is the shape of the images.
impl LayerKind for Shape {
    fn output_shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        if !inputs.is_empty() {
            return Err(format!("takes no input, got {}", inputs.len()));
        }
        if self.is_empty() { Err(format!("images of shape {self} hold nothing")) } else { Ok(*self) }
    }
}

/// The one input of a layer that takes exactly one.
fn single(inputs: &[Shape]) -> Result<Shape, String> {
    match inputs {
        [one] => Ok(*one),
        _ => Err(format!("takes one input, got {}", inputs.len())),
    }
}

/// Checks a number of channels that a setting asks for.
fn check_channels(what: &str, channels: usize) -> Result<(), String> {
    match channels {
        1..=MOST_CHANNELS => Ok(()),
        _ => Err(format!("`{what}` is {channels}; it must be from 1 to {MOST_CHANNELS}")),
    }
}

fn yes() -> bool {
    true
}

fn is_true(setting: &bool) -> bool {
    *setting
}

fn is_default<T: Default + PartialEq>(setting: &T) -> bool {
    *setting == T::default()
}
