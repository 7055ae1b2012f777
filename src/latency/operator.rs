//! The operators that a network is made of, as devices run them.

use crate::{Error, Result};
use serde_json::{Map, Value};
use std::fmt;
use zeronas_proxies::network::{
    Activation, Concat, Conv, Crop, GlobalAverage, LayerId, LayerKind, Network, NetworkBuilder, Op, Shape, Sides,
    Truncate,
};

/// A layer on inputs of certain shapes, with the activation after it if nothing else reads the layer: devices fuse the two.
#[derive(Clone, Debug, PartialEq)]
pub struct Operator {
    op: Op,
    inputs: Vec<Shape>,
    then: Option<Activation>,
}

/// The setting that names the activation.
const THEN: &str = "then";

/// Returns the operators of a network in order, without the batch norms that are folded. A layer that only reshapes its input takes no
/// time and is not an operator.
///
/// # Errors
/// Does not fail for a network that could be built.
pub fn operators(net: &Network) -> Result<Vec<Operator>> {
    let net = net.folded()?;
    let readers = net.readers();
    let mut operators: Vec<Operator> = Vec::new();
    // The place of the operator that each layer is part of.
    let mut places: Vec<Option<usize>> = vec![None; readers.len()];
    for id in net.ids() {
        let layer = net.layer(id);
        let before = layer.inputs.first().filter(|input| readers[input.index()] == 1);
        let before = before.and_then(|input| places[input.index()]);
        match (&layer.op, before) {
            (Op::Input(_) | Op::Flatten(_), _) => {}
            (Op::Activation(activation), Some(place)) if operators[place].takes_activation() => {
                operators[place].then = Some(*activation);
                places[id.index()] = Some(place);
            }
            (op, _) => {
                places[id.index()] = Some(operators.len());
                let inputs = layer.inputs.iter().map(|&input| net.layer(input).shape).collect();
                operators.push(Operator { op: op.clone(), inputs, then: None });
            }
        }
    }
    Ok(operators)
}

impl Operator {
    fn takes_activation(&self) -> bool {
        self.then.is_none() && !matches!(self.op, Op::Activation(_))
    }

    /// The layer's kind.
    pub fn kind(&self) -> &'static str {
        self.op.kind()
    }

    /// Returns its settings as `NAME=VALUE`, separated by spaces; the activation after it is `then`.
    ///
    /// # Errors
    /// If a number in them cannot be written in JSON.
    pub fn settings(&self) -> Result<String> {
        let mut settings = form(&self.op)?;
        settings.remove("op");
        if let Some(activation) = self.then {
            let mut then = form(&Op::Activation(activation))?;
            let name = if then.len() == 1 { then.remove("op") } else { None };
            settings.insert(THEN.into(), name.unwrap_or_else(|| then.into()));
        }
        let word = |value: Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let texts: Vec<String> = settings.into_iter().map(|(name, value)| format!("{name}={}", word(value))).collect();
        Ok(texts.join(" "))
    }

    /// Returns the shapes of its inputs, channels x height x width, separated by spaces.
    pub fn inputs(&self) -> String {
        self.inputs.iter().map(Shape::to_string).collect::<Vec<_>>().join(" ")
    }

    /// The shape of its output.
    ///
    /// # Errors
    /// If its settings and inputs do not fit.
    pub fn output(&self) -> Result<Shape> {
        self.op.output_shape(&self.inputs).map_err(|reason| Error::Internal(format!("{self}: {reason}")))
    }

    /// Parses an operator from what [`Operator::kind`], [`Operator::settings`] and [`Operator::inputs`] return.
    ///
    /// # Errors
    /// Says which of them makes no sense.
    pub fn read(kind: &str, settings: &str, inputs: &str) -> std::result::Result<Self, String> {
        let mut form = Map::from_iter([("op".to_owned(), Value::from(kind))]);
        for setting in settings.split_whitespace() {
            let (name, value) = setting.split_once('=').ok_or_else(|| format!("`{setting}` is not NAME=VALUE"))?;
            form.insert(name.into(), serde_json::from_str(value).unwrap_or_else(|_| value.into()));
        }
        let then = form.remove(THEN).map(|then| match then {
            Value::String(name) => Value::from(Map::from_iter([("op".to_owned(), Value::from(name))])),
            then => then,
        });
        let op = |form: Value| serde_json::from_value::<Op>(form).map_err(|error| error.to_string());
        let then = match then.map(op).transpose()? {
            None => None,
            Some(Op::Activation(activation)) => Some(activation),
            Some(other) => return Err(format!("`{THEN}` is {}, which is no activation", other.kind())),
        };
        let inputs: Vec<Shape> = inputs.split_whitespace().map(shape).collect::<std::result::Result<_, _>>()?;
        if inputs.is_empty() || inputs.iter().any(Shape::is_empty) {
            return Err("it has no `inputs`, or one that holds nothing".into());
        }
        let operator = Operator { op: op(form.into())?, inputs, then };
        operator.op.output_shape(&operator.inputs)?;
        Ok(operator)
    }

    /// Returns two networks whose times give that of the operator: the first takes longer than the second by the operator's time and that
    /// of [`reading`] its output. A layer reads the output as in a real network, since some engines defer an operator until it is read.
    ///
    /// # Errors
    /// If the operator cannot be fed from images.
    pub(super) fn networks(&self) -> Result<[Network; 2]> {
        let most = |size: fn(&Shape) -> usize| self.inputs.iter().map(size).max().unwrap_or(1);
        let images = Shape::new(most(|shape| shape.channels), most(|shape| shape.height), most(|shape| shape.width));
        let fed = || -> Result<(NetworkBuilder, Vec<LayerId>)> {
            let mut net = NetworkBuilder::new(images)?;
            let mut inputs = Vec::new();
            for (i, &shape) in self.inputs.iter().enumerate() {
                inputs.push(self.fed(&mut net, i, shape)?);
            }
            Ok((net, inputs))
        };
        let (mut with, inputs) = fed()?;
        let mut last = with.add("operator", self.op.clone(), &inputs)?;
        if let Some(activation) = self.then {
            last = with.add(THEN, Op::Activation(activation), &[last])?;
        }
        let last = read(&mut with, last)?;
        let (mut without, mut inputs) = fed()?;
        inputs.dedup();
        let mut pixels = Vec::new();
        for (i, id) in inputs.into_iter().enumerate() {
            pixels.push(pixel(&mut without, i, id)?);
        }
        let output = match pixels[..] {
            [one] => one,
            _ => without.add("pixels", Op::Concat(Concat), &pixels)?,
        };
        Ok([with.finish(last)?, without.finish(output)?])
    }

    /// Makes a value of this shape from the images with as little work as possible.
    fn fed(&self, net: &mut NetworkBuilder, i: usize, shape: Shape) -> Result<LayerId> {
        let mut id = net.input();
        let images = net.shape(id);
        if shape.area() != images.area() {
            if shape.area() != 1 {
                return Err(Error::Internal(format!("{self}: its inputs are of different sides")));
            }
            id = net.add(format!("gate.{i}"), Op::GlobalAverage(GlobalAverage), &[id])?;
        }
        if shape.channels != images.channels {
            id = net.add(format!("channels.{i}"), Op::Truncate(Truncate::to(shape.channels)), &[id])?;
        }
        Ok(id)
    }
}

/// Returns two networks whose times give that of reading a whole value of this shape: the first takes longer than the second by that.
///
/// # Errors
/// If no network can read it.
pub(super) fn reading(shape: Shape) -> Result<[Network; 2]> {
    let [mut all, mut one] = [NetworkBuilder::new(shape)?, NetworkBuilder::new(shape)?];
    let [images, same] = [all.input(), one.input()];
    let (last, first) = (read(&mut all, images)?, pixel(&mut one, 0, same)?);
    Ok([all.finish(last)?, one.finish(first)?])
}

/// Reads all of a value: a convolution to one channel.
fn read(net: &mut NetworkBuilder, id: LayerId) -> Result<LayerId> {
    let id = net.add("reader", Op::Conv(Conv::new(1, 1)), &[id])?;
    pixel(net, 0, id)
}

/// Crops a value to one pixel, which takes no time.
fn pixel(net: &mut NetworkBuilder, i: usize, id: LayerId) -> Result<LayerId> {
    let Shape { height, width, .. } = net.shape(id);
    let margin = Sides { top: 0, left: 0, bottom: height - 1, right: width - 1 };
    Ok(net.add(format!("pixel.{i}"), Op::Crop(Crop { margin }), &[id])?)
}

/// The operator in one line.
impl fmt::Display for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let settings = self.settings().map_err(|_| fmt::Error)?;
        let space = if settings.is_empty() { "" } else { " " };
        write!(f, "{}{space}{settings} on {}", self.kind(), self.inputs())
    }
}

/// A layer's kind and settings in JSON.
fn form(op: &Op) -> Result<Map<String, Value>> {
    match serde_json::to_value(op) {
        Ok(Value::Object(form)) => Ok(form),
        _ => Err(Error::Internal(format!("a {} has no form in JSON", op.kind()))),
    }
}

/// Parses a shape written as `16x32x32`.
fn shape(text: &str) -> std::result::Result<Shape, String> {
    let sides: Vec<usize> = text.split('x').filter_map(|side| side.parse().ok()).collect();
    match sides[..] {
        [channels, height, width] if sides.len() == text.split('x').count() => Ok(Shape::new(channels, height, width)),
        _ => Err(format!("`{text}` is no shape such as 16x32x32")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use zeronas_proxies::network::Form;

    fn network(layers: &str) -> Network {
        let text = format!(r#"{{"input": [3, 8, 8], "layers": [{layers}]}}"#);
        serde_json::from_str::<Form>(&text).unwrap().network().unwrap()
    }

    #[test]
    fn norms_and_activations_are_part_of_the_layer_before_them() {
        let net = network(
            r#"{"name": "c", "op": "conv", "channels": 4, "kernel": 3, "padding": 1}, {"name": "b", "op": "batch_norm"},
               {"name": "r", "op": "leaky_relu", "slope": 0.2}, {"name": "d", "op": "conv", "channels": 4, "kernel": 1},
               {"name": "s", "op": "sum", "inputs": ["d", "r"]}, {"name": "t", "op": "relu"},
               {"name": "p", "op": "global_average"}, {"name": "f", "op": "linear", "features": 2}"#,
        );
        let told: Vec<String> = operators(&net).unwrap().iter().map(Operator::to_string).collect();
        let first =
            r#"conv bias=true channels=4 kernel=3 padding=1 stride=1 then={"op":"leaky_relu","slope":0.2} on 3x8x8"#;
        let expected = [
            first,
            "conv channels=4 kernel=1 padding=0 stride=1 on 4x8x8",
            "sum then=relu on 4x8x8 4x8x8",
            "global_average on 4x8x8",
            "linear features=2 on 4x1x1",
        ];
        assert_eq!(told, expected);
    }

    #[test]
    fn an_activation_that_is_not_the_only_reader_stands_alone() {
        let net = network(
            r#"{"name": "c", "op": "conv", "channels": 4, "kernel": 1}, {"name": "r", "op": "relu"},
               {"name": "s", "op": "sum", "inputs": ["c", "r"]}, {"name": "p", "op": "global_average"}"#,
        );
        let kinds: Vec<&str> = operators(&net).unwrap().iter().map(Operator::kind).collect();
        assert_eq!(kinds, ["conv", "relu", "sum", "global_average"]);
    }

    #[test]
    fn words_are_read_back() {
        for (kind, settings, inputs) in [
            ("conv", "channels=8 kernel=[3,1] padding=1 stride=2 then=relu6", "4x8x8"),
            ("mul", r#"then={"op":"leaky_relu","slope":0.2}"#, "4x8x8 4x1x1"),
            ("concat", "", "4x8x8 2x8x8"),
        ] {
            let operator = Operator::read(kind, settings, inputs).unwrap();
            let written = operator.settings().unwrap();
            assert_eq!(Operator::read(operator.kind(), &written, &operator.inputs()).unwrap(), operator);
            let [with, without] = operator.networks().unwrap();
            let has = |net: &Network| net.layers().iter().any(|layer| layer.name == "operator");
            assert!(has(&with) && !has(&without) && with.is_connected(), "{operator}");
        }
        for (kind, settings, inputs, reason) in [
            ("conv", "channels=8", "4x8x8", "missing field `kernel`"),
            ("conv", "channels", "4x8x8", "`channels` is not NAME=VALUE"),
            ("cnov", "", "4x8x8", "unknown op `cnov`"),
            ("sum", "then=conv", "4x8x8 4x8x8", "missing field"),
            ("sum", "", "4x8x8 4x8x9", "cannot add"),
            ("sum", "", "4x8", "`4x8` is no shape"),
            ("relu", "", "", "no `inputs`"),
        ] {
            let error = Operator::read(kind, settings, inputs).unwrap_err();
            assert!(error.contains(reason), "{error}");
        }
    }
}
