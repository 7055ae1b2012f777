//! Settings that are a value or a list of values to choose from, and the words that files have for values.

use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;
use std::fmt;
use zeronas_proxies::network::Activation;

/// The values that a setting can have: one, or several to choose from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice<T>(pub Vec<T>);

impl<T> Choice<T> {
    /// A setting with this value alone.
    pub fn only(value: T) -> Self {
        Choice(vec![value])
    }
}

impl<'de, T: DeserializeOwned + PartialEq> Deserialize<'de> for Choice<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let of = |value| serde_json::from_value::<T>(value).map_err(D::Error::custom);
        let values = match Value::deserialize(deserializer)? {
            Value::Array(values) => values.into_iter().map(of).collect::<Result<Vec<T>, _>>()?,
            value => vec![of(value)?],
        };
        if values.is_empty() {
            return Err(D::Error::custom("the list is empty; a choice needs values"));
        }
        if let Some(place) = (1..values.len()).find(|&place| values[..place].contains(&values[place])) {
            return Err(D::Error::custom(format!("value {} of the list is there twice", place + 1)));
        }
        Ok(Choice(values))
    }
}

impl<T: Serialize> Serialize for Choice<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0.as_slice() {
            [value] => value.serialize(serializer),
            values => values.serialize(serializer),
        }
    }
}

/// A kind of block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Block {
    /// Convolution, batch norm, activation.
    Plain,
    /// Two convolutions beside a shortcut, activation last (ResNet's basic block).
    Residual,
    /// The same with activations first; where the shape changes, the shortcut has a 1x1 convolution, after an average pool if there is a stride.
    Preact,
    /// 1x1, kernel, 1x1 beside a shortcut (ResNet's bottleneck).
    Bottleneck,
    /// MobileNetV2's inverted residual block.
    Mbconv,
    /// A depthwise and a 1x1 convolution (MobileNet's block).
    Separable,
    /// A graph of operations.
    Cell,
    /// Nothing; where the shape changes, a 1x1 convolution and batch norm.
    Identity,
}

/// What follows a block's convolutions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Gate {
    /// Nothing.
    #[default]
    None,
    /// Squeeze-excite.
    Se,
}

/// An operation of a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Operation {
    /// Zeros.
    None,
    /// The input; where the shape changes, a 1x1 convolution and batch norm.
    Skip,
    /// Activation, 1x1 convolution, batch norm.
    Conv1x1,
    /// Activation, 3x3 convolution, batch norm.
    Conv3x3,
    /// Activation, 5x5 convolution, batch norm.
    Conv5x5,
    /// Activation, depthwise 3x3 convolution, 1x1 convolution, batch norm.
    Sep3x3,
    /// Activation, depthwise 5x5 convolution, 1x1 convolution, batch norm.
    Sep5x5,
    /// Average pool.
    AvgPool3x3,
    /// Maximum pool.
    MaxPool3x3,
}

/// An activation by its name.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Act(pub Activation);

impl Eq for Act {}

impl Serialize for Act {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.name())
    }
}

impl<'de> Deserialize<'de> for Act {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        let known = || Activation::all().map(Activation::name).collect::<Vec<_>>().join(", ");
        let found = Activation::all().find(|activation| activation.name() == name);
        found.map(Act).ok_or_else(|| D::Error::custom(format!("`{name}` is no activation; there are {}", known())))
    }
}

/// A value as architectures write it: numbers after `letter`, words as they are.
pub fn token(letter: &str, value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(Value::String(word)) => word,
        Ok(value) => format!("{letter}{value}"),
        // Cannot happen: values are numbers and words.
        Err(_) => String::new(),
    }
}

impl fmt::Display for Block {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&token("", self))
    }
}
