//! The JSON form of a network: layers by name, each with its kind and settings.

use super::{LayerId, Network, NetworkBuilder, Op, Shape};
use crate::{Error, Result};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::HashMap;

/// A network in JSON: its layers by name, each with its kind, the settings of the kind, and the layers it reads.
///
/// ```
/// use zeronas_proxies::network::Form;
///
/// let text = r#"{"input": [3, 32, 32], "layers": [
///     {"name": "conv", "op": "conv", "channels": 16, "kernel": 3, "padding": 1},
///     {"name": "pool", "op": "global_average"},
///     {"name": "fc", "op": "linear", "features": 10}]}"#;
/// let form: Form = serde_json::from_str(text)?;
/// let net = form.network()?;
/// assert_eq!(net.parameter_count(), 16 * 3 * 9 + 16 * 10 + 10);
/// assert_eq!(Form::of(&net, None)?.network()?, net);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Form {
    /// Name of the network.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Channels, height and width of an image.
    pub input: [usize; 3],
    /// The layers, inputs before their readers.
    pub layers: Vec<LayerForm>,
    /// The layer that yields the logits; by default, the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<String>,
    /// The layers that yield the values between the network's blocks.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub boundaries: Vec<String>,
}

/// A layer in JSON. Its kind, an [`Op`], is read in a second step, so that an error can name the layer.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LayerForm {
    /// Name of the layer; the images are called `input`.
    pub name: String,
    /// The layers it reads; by default, the layer before it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inputs: Option<Vec<String>>,
    /// `op`, the name of its kind, together with the settings of the kind.
    #[serde(flatten)]
    pub kind: Map<String, Value>,
}

/// The name of the images.
const INPUT: &str = "input";

/// Largest number of channels, and of pixels per side, of the images.
const MOST: usize = 1 << 16;

impl Form {
    /// Builds the network.
    ///
    /// # Errors
    /// The error names the layer and the setting at fault.
    pub fn network(&self) -> Result<Network> {
        let [channels, height, width] = self.input;
        if self.input.iter().any(|size| !(1..=MOST).contains(size)) {
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
            let op: Op = serde_json::from_value(Value::Object(kind.clone()))
                .map_err(|error| refused(name, error.to_string()))?;
            let id = net.add(name.clone(), op, &inputs)?;
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
        net.finish(found("output", output)?)
    }

    /// Returns the form of a network, with every layer's inputs given by name.
    ///
    /// # Errors
    /// If a number in it cannot be written in JSON.
    pub fn of(net: &Network, name: Option<&str>) -> Result<Self> {
        let called = |id: LayerId| net.layer(id).name.clone();
        let layers = net.layers().iter().filter(|layer| !matches!(layer.op, Op::Input(_)));
        let layers = layers.map(|layer| match serde_json::to_value(&layer.op) {
            Ok(Value::Object(kind)) => {
                let inputs = Some(layer.inputs.iter().map(|&id| called(id)).collect());
                Ok(LayerForm { name: layer.name.clone(), inputs, kind })
            }
            _ => Err(refused(&layer.name, "has no form in JSON")),
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

/// The error that names a layer.
fn refused(layer: &str, reason: impl Into<String>) -> Error {
    Error::Layer { layer: layer.into(), reason: reason.into() }
}
