//! The network as data: a graph of layers with static shapes.
//!
//! A search space builds a [`Network`]; parameters, costs, liveness and initial weights are derived from it, and engines run
//! it. Nothing here computes an activation or knows a search space.
//!
//! ```
//! use zeronas_proxies::network::{Conv, GlobalAverage, Linear, NetworkBuilder, Op, Shape};
//!
//! let mut net = NetworkBuilder::new(Shape::new(3, 32, 32))?;
//! let stem = net.add("stem.conv", Op::Conv(Conv::same(16, 3, 1)), &[net.input()])?;
//! let pooled = net.add("head.pool", Op::GlobalAverage(GlobalAverage), &[stem])?;
//! let logits = net.add("head.fc", Op::Linear(Linear::new(10)), &[pooled])?;
//! let net = net.finish(logits)?;
//! assert_eq!(net.parameter_count(), 16 * 3 * 9 + 16 * 10 + 10);
//! assert_eq!(net.flops(), 16 * 3 * 9 * 32 * 32 + 16 * 10 + 10);
//! # Ok::<(), zeronas_proxies::Error>(())
//! ```

mod balance;
mod boundaries;
mod cell;
mod extent;
mod fold;
mod form;
mod init;
mod layer;
mod live;
mod parameter;
mod running;
mod shape;
mod weights;

pub use cell::{Cell, Vertex};
pub use form::{Form, LayerForm};
pub use init::Init;
pub(crate) use init::Rule;
pub use layer::*;
pub(crate) use layer::{Line, kinds};
pub use parameter::{Parameter, ParameterSpec, Role};
pub use running::{Channels, RunningStatistics};
pub use shape::Shape;
pub(crate) use weights::Origin;
pub use weights::Weights;

use crate::{Error, Result};

/// Largest number of values in a layer's output for one image.
const MOST_OUT: usize = 1 << 24;
/// Largest number of values in a parameter.
const MOST_WEIGHTS: usize = 1 << 28;

/// The position of a layer in its network; inputs come before the layers that read them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LayerId(usize);

impl LayerId {
    /// Position in [`Network::layers`].
    pub fn index(self) -> usize {
        self.0
    }
}

/// One layer: its kind with settings, its inputs, and the shape of its output for one image.
#[derive(Clone, Debug, PartialEq)]
pub struct Layer {
    /// Name, unique in the network; parameters are called `NAME.weight` and `NAME.bias`.
    pub name: String,
    /// Kind and settings.
    pub op: Op,
    /// The layers whose outputs it reads.
    pub inputs: Vec<LayerId>,
    /// Shape of its output for one image.
    pub shape: Shape,
}

/// A feed-forward network from images to logits. Layer 0 is the input; layers are in order of execution.
#[derive(Clone, Debug, PartialEq)]
pub struct Network {
    layers: Vec<Layer>,
    output: LayerId,
    parameters: Vec<Parameter>,
    boundaries: Vec<LayerId>,
    flops: u64,
}

impl Network {
    /// All layers, inputs before their readers.
    pub fn layers(&self) -> &[Layer] {
        &self.layers
    }

    /// One layer.
    pub fn layer(&self, id: LayerId) -> &Layer {
        &self.layers[id.0]
    }

    /// Ids of all layers, in order.
    pub fn ids(&self) -> impl DoubleEndedIterator<Item = LayerId> + use<> {
        (0..self.layers.len()).map(LayerId)
    }

    /// The layer that yields the logits.
    pub fn output(&self) -> LayerId {
        self.output
    }

    /// Shape of one input image.
    pub fn input_shape(&self) -> Shape {
        self.layers[0].shape
    }

    /// Number of logits.
    pub fn classes(&self) -> usize {
        self.layer(self.output).shape.channels
    }

    /// All parameter tensors in order of execution, those of dead layers included.
    pub fn parameters(&self) -> &[Parameter] {
        &self.parameters
    }

    /// The layers that yield the values between the network's blocks: the stem's output, then each block's, in order. A block that
    /// passes its input on repeats the layer before it. If the builder marked none, they are found automatically: the feature maps
    /// through which every path from the images to the logits passes, one for each group with no weights between them.
    pub fn boundaries(&self) -> &[LayerId] {
        &self.boundaries
    }

    /// Number of trainable values: all weights, biases, scales and shifts.
    pub fn parameter_count(&self) -> u64 {
        self.parameters.iter().map(|parameter| parameter.len() as u64).sum()
    }

    /// Multiply-accumulates for one image as NATS-Bench counts them (see [`LayerKind::flops`]).
    pub fn flops(&self) -> u64 {
        self.flops
    }

    /// For each layer, whether it lies on a path from the input to the output that is not cut by a [`Zero`] or a product with one. The
    /// other layers do not affect the logits or contribute only constants.
    pub fn live(&self) -> Vec<bool> {
        live::of(self, &live::flow(self))
    }

    /// Whether the sum of all logits of a batch is the same for all images when batch norms use the batch's own statistics. This is so
    /// if only sums, averages and linear layers follow the last batch norms, because the output of a batch norm averages to its shift.
    pub fn sums_to_a_constant(&self) -> bool {
        balance::of(self)[self.output.0] && self.is_connected()
    }

    /// Where [`Network::sums_to_a_constant`] holds, the layers that determine the constant: the last batch norms and all after them.
    pub(crate) fn constant_tail(&self) -> Vec<bool> {
        balance::tail(self)
    }

    /// How many times each layer is read, by later layers and as the logits.
    pub fn readers(&self) -> Vec<usize> {
        let mut readers = vec![0; self.layers.len()];
        readers[self.output.0] = 1;
        self.layers.iter().flat_map(|layer| &layer.inputs).for_each(|input| readers[input.0] += 1);
        readers
    }

    /// Whether any path leads from the images to the logits.
    pub fn is_connected(&self) -> bool {
        self.live()[self.output.0]
    }
}

/// Builds a [`Network`] layer by layer; shapes are checked as layers are added.
#[derive(Debug)]
pub struct NetworkBuilder {
    layers: Vec<Layer>,
    parameters: Vec<Parameter>,
    boundaries: Vec<LayerId>,
    flops: u64,
}

impl NetworkBuilder {
    /// Starts a network for images of this shape.
    pub fn new(images: Shape) -> Result<Self> {
        let mut builder =
            NetworkBuilder { layers: Vec::new(), parameters: Vec::new(), boundaries: Vec::new(), flops: 0 };
        builder.add("input", Op::Input(images), &[])?;
        Ok(builder)
    }

    /// The input layer, which yields the images.
    pub fn input(&self) -> LayerId {
        LayerId(0)
    }

    /// Shape of a layer's output.
    pub fn shape(&self, id: LayerId) -> Shape {
        self.layers[id.0].shape
    }

    /// Adds a layer that reads `inputs`. Fails if their shapes do not fit or the layer is too large.
    pub fn add(&mut self, name: impl Into<String>, op: Op, inputs: &[LayerId]) -> Result<LayerId> {
        let name = name.into();
        let shapes: Vec<Shape> = inputs.iter().map(|&id| self.shape(id)).collect();
        let refused = |reason| Error::Layer { layer: name.clone(), reason };
        let shape = op.output_shape(&shapes).map_err(refused)?;
        check_output(shape).map_err(refused)?;
        let specs = op.parameters(&shapes);
        specs.iter().try_for_each(check_parameter).map_err(refused)?;
        let id = LayerId(self.layers.len());
        self.flops = self.flops.saturating_add(op.flops(&shapes, shape));
        self.parameters.extend(specs.into_iter().map(|spec| Parameter {
            name: format!("{name}.{}", spec.suffix),
            layer: id,
            role: spec.role,
            shape: spec.shape,
        }));
        self.layers.push(Layer { name, op, inputs: inputs.to_vec(), shape });
        Ok(id)
    }

    /// Returns the sum of `terms`: a new [`Sum`] layer, or the term itself if there is only one.
    pub fn sum(&mut self, name: impl Into<String>, terms: &[LayerId]) -> Result<LayerId> {
        match terms {
            [one] => Ok(*one),
            _ => self.add(name, Op::Sum(Sum), terms),
        }
    }

    /// Marks the output of a layer as the next of [`Network::boundaries`]. If none are marked, they are found automatically.
    pub fn mark_boundary(&mut self, id: LayerId) {
        self.boundaries.push(id);
    }

    /// Returns the finished network, with `output` yielding the logits. Layer names must be unique, because they key the weights.
    pub fn finish(self, output: LayerId) -> Result<Network> {
        let mut names: Vec<&str> = self.layers.iter().map(|layer| layer.name.as_str()).collect();
        names.sort_unstable();
        if let Some(twice) = names.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(Error::Network(format!("two layers are called `{}`", twice[0])));
        }
        let shape = self.shape(output);
        if shape.area() != 1 {
            return Err(Error::Network(format!("the output must be a vector of logits, not {shape}")));
        }
        let NetworkBuilder { layers, parameters, boundaries, flops } = self;
        let mut net = Network { layers, output, parameters, boundaries, flops };
        if net.boundaries.is_empty() {
            net.boundaries = net.find_boundaries();
        }
        Ok(net)
    }
}

/// Checks that a layer does not yield too many values for one image.
fn check_output(shape: Shape) -> std::result::Result<(), String> {
    let Shape { channels, height, width } = shape;
    match channels.checked_mul(height).and_then(|rows| rows.checked_mul(width)) {
        Some(len) if len <= MOST_OUT => Ok(()),
        _ => Err(format!("yields {shape}; {MOST_OUT} numbers for one image are the most")),
    }
}

/// Checks that a parameter does not have too many values.
fn check_parameter(spec: &ParameterSpec) -> std::result::Result<(), String> {
    match spec.shape.iter().try_fold(1usize, |len, &side| len.checked_mul(side)) {
        Some(len) if len <= MOST_WEIGHTS => Ok(()),
        _ => Err(format!("its {} is {:?}; {MOST_WEIGHTS} numbers are the most", spec.suffix, spec.shape)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn builder() -> NetworkBuilder {
        NetworkBuilder::new(Shape::new(3, 8, 8)).unwrap()
    }

    #[test]
    fn layers_that_do_not_fit_are_refused_by_name() {
        let mut net = builder();
        let narrow = net.add("narrow", Op::Conv(Conv::same(4, 3, 1)), &[net.input()]).unwrap();
        let error = net.add("bad", Op::Sum(Sum), &[net.input(), narrow]).unwrap_err();
        assert_eq!(error.to_string(), "layer `bad`: cannot add 4x8x8 to 3x8x8");
        let error = net.add("wide", Op::Conv(Conv::new(4, 9)), &[narrow]);
        assert!(error.unwrap_err().to_string().contains("smaller than the kernel"));
        assert!(net.add("fc", Op::Linear(Linear::new(2)), &[narrow]).is_err());
    }

    #[test]
    fn names_must_be_unique_and_the_output_a_vector() {
        let mut net = builder();
        let a = net.add("a", Op::RELU, &[net.input()]).unwrap();
        assert!(net.finish(a).unwrap_err().to_string().contains("vector of logits"));
        let mut net = builder();
        let a = net.add("a", Op::GlobalAverage(GlobalAverage), &[net.input()]).unwrap();
        let b = net.add("a", Op::RELU, &[a]).unwrap();
        assert!(net.finish(b).unwrap_err().to_string().contains("two layers are called `a`"));
    }

    #[test]
    fn a_zero_cuts_what_lies_behind_it() {
        let mut net = builder();
        let cut = net.add("cut", Op::Zero(Zero::new()), &[net.input()]).unwrap();
        let behind = net.add("behind", Op::RELU, &[cut]).unwrap();
        let live = net.add("live", Op::RELU, &[net.input()]).unwrap();
        let dangling = net.add("dangling", Op::RELU, &[live]).unwrap();
        let sum = net.add("sum", Op::Sum(Sum), &[behind, live]).unwrap();
        let out = net.add("out", Op::GlobalAverage(GlobalAverage), &[sum]).unwrap();
        let net = net.finish(out).unwrap();
        let dead: Vec<usize> = [cut, behind, dangling].iter().map(|id| id.index()).collect();
        let live = net.live();
        assert!((0..live.len()).all(|i| live[i] != dead.contains(&i)));
        assert!(net.is_connected());
    }
}
