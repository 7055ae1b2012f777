//! The JSON form of a network: layers by name, each with its kind and settings. `docs/network.md` describes it.

use crate::{Error, Result};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::HashMap;
use zeronas_proxies::network::{
    AveragePool, BatchNorm, Concat, Conv, GlobalAverage, LayerId, Linear, MaxPool, Network, NetworkBuilder, Op, Relu,
    Shape, Sum, Truncate, Zero,
};

/// A network as JSON has it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Form {
    /// What it is called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Channels, height and width of an image.
    pub input: [usize; 3],
    /// The layers, inputs before their readers.
    pub layers: Vec<LayerForm>,
    /// The layer that yields the logits; the last one where none is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<String>,
    /// The layers that yield the values between the network's blocks.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub boundaries: Vec<String>,
}

/// A layer as JSON has it. Its kind is read in a second step, so that an error can name the layer.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct LayerForm {
    name: String,
    /// The layers it reads; the one before it where none is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    inputs: Option<Vec<String>>,
    #[serde(flatten)]
    kind: Map<String, Value>,
}

/// A layer's kind and its settings.
#[derive(Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case", deny_unknown_fields)]
enum Kind {
    Conv {
        channels: usize,
        kernel: usize,
        #[serde(default = "one")]
        stride: usize,
        #[serde(default)]
        padding: usize,
    },
    BatchNorm {},
    Relu {},
    Sum {},
    Concat {},
    Truncate {
        channels: usize,
    },
    AveragePool {
        kernel: usize,
        #[serde(default = "one")]
        stride: usize,
        #[serde(default)]
        padding: usize,
    },
    MaxPool {
        kernel: usize,
        #[serde(default = "one")]
        stride: usize,
        #[serde(default)]
        padding: usize,
    },
    GlobalAverage {},
    Linear {
        features: usize,
    },
    Zero {},
}

fn one() -> usize {
    1
}

/// What the images are called.
const INPUT: &str = "input";

/// Most channels, features, and pixels a side.
const MOST: usize = 1 << 16;
/// Largest kernel, stride and padding.
const MOST_OF_WINDOW: usize = 62;
/// Most numbers in a layer's output for one image.
const MOST_OUT: usize = 1 << 24;
/// Most numbers in a layer's weights.
const MOST_WEIGHTS: usize = 1 << 28;

impl Form {
    /// The network; an error names the layer at fault.
    pub fn network(&self) -> Result<Network> {
        let [channels, height, width] = self.input;
        if self.input.iter().any(|&size| !(1..=MOST).contains(&size)) || height.max(width) > 1024 {
            return Err(refused("input", format!("{:?} is no [channels, height, width] of images", self.input)));
        }
        let mut net = NetworkBuilder::new(Shape::new(channels, height, width))?;
        let mut ids: HashMap<&str, LayerId> = HashMap::from([(INPUT, net.input())]);
        let mut last = (INPUT, net.input());
        for LayerForm { name, inputs, kind } in &self.layers {
            let named = |input: &String| {
                ids.get(input.as_str())
                    .copied()
                    .ok_or_else(|| refused(name, format!("no layer `{input}` stands before it")))
            };
            let inputs = match inputs {
                Some(inputs) => inputs.iter().map(named).collect::<Result<Vec<_>>>()?,
                None => vec![last.1],
            };
            let kind: Kind = serde_json::from_value(Value::Object(kind.clone()))
                .map_err(|error| refused(name, error.to_string()))?;
            let weights = kind.weights(inputs.iter().map(|&id| net.shape(id).channels).sum());
            let id = net.add(name.clone(), kind.op(name)?, &inputs)?;
            let out = net.shape(id);
            if out.len() > MOST_OUT || weights > MOST_WEIGHTS {
                let reason = format!(
                    "has {weights} weights and yields {out}; {MOST_WEIGHTS} weights and {MOST_OUT} numbers are the most"
                );
                return Err(refused(name, reason));
            }
            if ids.insert(name, id).is_some() {
                return Err(refused(name, "there is another layer of this name"));
            }
            last = (name, id);
        }
        let found = |what: &str, name: &str| {
            ids.get(name).copied().ok_or_else(|| refused(name, format!("is the {what}, and there is no such layer")))
        };
        for boundary in &self.boundaries {
            net.mark_boundary(found("end of a block", boundary)?);
        }
        let output = self.output.as_deref().unwrap_or(last.0);
        Ok(net.finish(found("output", output)?)?)
    }

    /// The form of a network.
    pub fn of(net: &Network, name: Option<&str>) -> Result<Self> {
        let called = |id: LayerId| net.layer(id).name.clone();
        let layers = net.layers().iter().filter_map(|layer| Some((layer, Kind::of(&layer.op)?)));
        let layers = layers.map(|(layer, kind)| match serde_json::to_value(kind) {
            Ok(Value::Object(kind)) => {
                let inputs = Some(layer.inputs.iter().map(|&id| called(id)).collect());
                Ok(LayerForm { name: layer.name.clone(), inputs, kind })
            }
            _ => Err(Error::Internal(format!("layer `{}` has no JSON form", layer.name))),
        });
        let Shape { channels, height, width } = net.input_shape();
        Ok(Form {
            name: name.map(str::to_owned),
            input: [channels, height, width],
            layers: layers.collect::<Result<_>>()?,
            output: Some(called(net.output())),
            boundaries: net.boundaries().iter().map(|&id| called(id)).collect(),
        })
    }
}

impl Kind {
    /// The layer, if its settings are within what any network has.
    fn op(&self, name: &str) -> Result<Op> {
        let (width, window) = self.sizes();
        if width > MOST || window.iter().any(|&size| size > MOST_OF_WINDOW) {
            let most = format!("at most {MOST} channels and windows of {MOST_OF_WINDOW}");
            return Err(refused(name, format!("is too large: there are {most}")));
        }
        Ok(match *self {
            Kind::Conv { channels, kernel, stride, padding } => Op::Conv(Conv { channels, kernel, stride, padding }),
            Kind::BatchNorm {} => Op::BatchNorm(BatchNorm),
            Kind::Relu {} => Op::Relu(Relu),
            Kind::Sum {} => Op::Sum(Sum),
            Kind::Concat {} => Op::Concat(Concat),
            Kind::Truncate { channels } => Op::Truncate(Truncate { channels }),
            Kind::AveragePool { kernel, stride, padding } => Op::AveragePool(AveragePool { kernel, stride, padding }),
            Kind::MaxPool { kernel, stride, padding } => Op::MaxPool(MaxPool { kernel, stride, padding }),
            Kind::GlobalAverage {} => Op::GlobalAverage(GlobalAverage),
            Kind::Linear { features } => Op::Linear(Linear { features }),
            Kind::Zero {} => Op::Zero(Zero),
        })
    }

    /// The kind of a layer; the images have none.
    fn of(op: &Op) -> Option<Self> {
        Some(match *op {
            Op::Input(_) => return None,
            Op::Conv(Conv { channels, kernel, stride, padding }) => Kind::Conv { channels, kernel, stride, padding },
            Op::BatchNorm(_) => Kind::BatchNorm {},
            Op::Relu(_) => Kind::Relu {},
            Op::Sum(_) => Kind::Sum {},
            Op::Concat(_) => Kind::Concat {},
            Op::Truncate(Truncate { channels }) => Kind::Truncate { channels },
            Op::AveragePool(AveragePool { kernel, stride, padding }) => Kind::AveragePool { kernel, stride, padding },
            Op::MaxPool(MaxPool { kernel, stride, padding }) => Kind::MaxPool { kernel, stride, padding },
            Op::GlobalAverage(_) => Kind::GlobalAverage {},
            Op::Linear(Linear { features }) => Kind::Linear { features },
            Op::Zero(_) => Kind::Zero {},
        })
    }

    /// Channels or features, and the numbers of the window.
    fn sizes(&self) -> (usize, [usize; 3]) {
        match *self {
            Kind::Conv { channels, kernel, stride, padding } => (channels, [kernel, stride, padding]),
            Kind::AveragePool { kernel, stride, padding } | Kind::MaxPool { kernel, stride, padding } => {
                (0, [kernel, stride, padding])
            }
            Kind::Truncate { channels } => (channels, [0; 3]),
            Kind::Linear { features } => (features, [0; 3]),
            _ => (0, [0; 3]),
        }
    }

    /// Numbers in the weights of a layer that reads so many channels.
    fn weights(&self, into: usize) -> usize {
        match *self {
            Kind::Conv { channels, kernel, .. } => {
                into.saturating_mul(channels).saturating_mul(kernel.saturating_mul(kernel))
            }
            Kind::Linear { features } => into.saturating_mul(features),
            _ => 0,
        }
    }
}

/// The error that names a layer.
fn refused(layer: &str, reason: impl Into<String>) -> Error {
    zeronas_proxies::Error::Layer { layer: layer.into(), reason: reason.into() }.into()
}
