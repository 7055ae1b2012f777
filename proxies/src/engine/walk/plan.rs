//! From a network to the steps that an engine runs, with layers fused into nodes.
//!
//! Batch norms and sums are not steps of their own: a *combination* adds up all its terms, each normalised on the way, and
//! yields the sum, its activation and its codes in one pass over memory. So a usual ReLU - convolution - batch norm edge of a
//! cell costs one convolution and a share of a combination. Skips and sums of a single value are aliases; equal activations of
//! a value are computed once, and so are equal pools.
//!
//! If observers want to see every layer's output, nothing is fused: each layer is a node by itself.

use crate::engine::{Normalisation, Pass, Watch};
use crate::network::{Activation, Conv, Layer, LayerId, Line, Network, Op, Shape};

/// Maximum number of terms of one combination; longer sums are made of several combinations.
pub(in crate::engine) const TERMS: usize = 4;

/// A value that a node yields: itself or its activation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::engine) struct Source {
    pub node: usize,
    pub activated: bool,
}

impl Source {
    /// A node's value and its activation.
    pub fn both(node: usize) -> [Source; 2] {
        [false, true].map(|activated| Source { node, activated })
    }
}

/// One term of a combination.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::engine) struct Term {
    pub source: Source,
    /// The batch norm it goes through.
    pub norm: Option<LayerId>,
}

/// The windows of a pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::engine) struct Pool {
    /// Down the rows and across the columns.
    pub windows: [Line; 2],
    /// Whether a mean counts the padding.
    pub padding_counts: bool,
    /// Whether it is a global pool, over all pixels.
    pub global: bool,
}

/// What a node computes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::engine) enum Kind {
    Images,
    /// A convolution; or a linear layer, which is a convolution of a single pixel; or a layer scale, which is a depthwise one.
    Conv {
        conv: Conv,
        input: Source,
        layer: LayerId,
    },
    /// The sum of at most [`TERMS`] terms; zeros if there are none.
    Combine(Vec<Term>),
    AveragePool(Pool, Source),
    MaxPool(Pool, Source),
    GlobalAverage(Source),
    /// The numbers of all pixels as one vector, channel by channel.
    Flatten(Source),
    /// The input without this many rows at the top and columns on the left, and without what exceeds the node's shape at the other sides.
    Crop([usize; 2], Source),
    /// The product of two values, one of which may be a vector.
    Product([Source; 2]),
    /// The channels of each pixel normalised.
    LayerNorm(LayerId, Source),
    Concat(Vec<Source>),
    /// The channels from this one on.
    Truncate(usize, Source),
    /// The channels of this many groups, interleaved: one of each group in turn.
    Shuffle(usize, Source),
}

impl Kind {
    /// What the node reads, including duplicates.
    pub fn sources(&self) -> Vec<Source> {
        match self {
            Kind::Images => Vec::new(),
            Kind::Conv { input, .. } => vec![*input],
            Kind::Combine(terms) => terms.iter().map(|term| term.source).collect(),
            Kind::Concat(inputs) => inputs.clone(),
            Kind::AveragePool(_, input) | Kind::MaxPool(_, input) => vec![*input],
            Kind::GlobalAverage(input) | Kind::Flatten(input) | Kind::Crop(_, input) => vec![*input],
            Kind::Truncate(_, input) | Kind::Shuffle(_, input) | Kind::LayerNorm(_, input) => vec![*input],
            Kind::Product(inputs) => inputs.to_vec(),
        }
    }

    /// The input of a global pool, if the node is one.
    pub fn pooled(&self) -> Option<Source> {
        match self {
            Kind::GlobalAverage(input) | Kind::MaxPool(Pool { global: true, .. }, input) => Some(*input),
            _ => None,
        }
    }

    /// Whether a batch norm is among its terms.
    pub fn normalises(&self) -> bool {
        matches!(self, Kind::Combine(terms) if terms.iter().any(|term| term.norm.is_some()))
    }
}

/// A fused step.
#[derive(Clone, Debug)]
pub(in crate::engine) struct Node {
    pub kind: Kind,
    pub shape: Shape,
    /// The activation of its value that it also yields; only combinations have one.
    pub activation: Option<Activation>,
    /// The layers of that activation, if they have codes.
    pub coded: Vec<LayerId>,
    /// The layer whose output it is, if every layer is a node.
    pub layer: Option<LayerId>,
}

/// The nodes of a network, in the order of execution.
#[derive(Clone, Debug)]
pub(in crate::engine) struct Plan {
    pub nodes: Vec<Node>,
    pub output: Source,
    /// The nodes of the network's boundaries, if observers see those.
    pub boundaries: Vec<usize>,
    /// Whether layers were fused.
    pub fused: bool,
    /// Whether batch norms take their statistics from the batch.
    pub measured: bool,
}

impl Plan {
    /// Plans a pass that shows what `seen` asks for.
    pub fn new(net: &Network, pass: &Pass<'_>, seen: Watch) -> Self {
        let fused = !seen.sees_layers();
        let mut readers = net.readers();
        let boundaries: &[LayerId] = if seen.sees_boundaries() { net.boundaries() } else { &[] };
        boundaries.iter().for_each(|boundary| readers[boundary.index()] += 1);
        let measured = !matches!(pass.normalisation, Normalisation::Running(_));
        let mut builder = Builder {
            net,
            fused,
            normalisation: pass.normalisation,
            readers,
            nodes: Vec::new(),
            values: Vec::new(),
            owner: Vec::new(),
        };
        for id in net.ids() {
            let mut value = builder.layer(id);
            if boundaries.contains(&id) && (value.activated || builder.owner[value.node] != id) {
                value = builder.copy(id, value);
            }
            builder.values.push(value);
        }
        let boundaries = boundaries.iter().map(|boundary| builder.values[boundary.index()].node).collect();
        Plan { output: builder.values[net.output().index()], boundaries, nodes: builder.nodes, fused, measured }
    }
}

impl Plan {
    /// Whether this value went through an activation whose slope is computed from the activation's input.
    pub fn slope_of_input(&self, source: Source) -> bool {
        source.activated && self.nodes[source.node].activation != Some(Activation::Relu)
    }
}

struct Builder<'a> {
    net: &'a Network,
    fused: bool,
    normalisation: Normalisation<'a>,
    /// How many layers read each layer.
    readers: Vec<usize>,
    nodes: Vec<Node>,
    /// Where each layer's output is.
    values: Vec<Source>,
    /// The layer that each node was made for.
    owner: Vec<LayerId>,
}

impl Builder<'_> {
    fn push(&mut self, kind: Kind, shape: Shape, owner: LayerId) -> Source {
        self.nodes.push(Node { kind, shape, activation: None, coded: Vec::new(), layer: None });
        self.owner.push(owner);
        Source { node: self.nodes.len() - 1, activated: false }
    }

    /// A node for a boundary whose layer has none of its own: a boundary has to be the plain value of a node.
    fn copy(&mut self, id: LayerId, source: Source) -> Source {
        self.push(Kind::Combine(vec![Term { source, norm: None }]), self.net.layer(id).shape, id)
    }

    /// A node of this kind; if layers are fused, an equal node is reused.
    fn shared(&mut self, kind: Kind, shape: Shape, owner: LayerId) -> Source {
        match self.nodes.iter().position(|node| self.fused && node.kind == kind) {
            Some(node) => Source { node, activated: false },
            None => self.push(kind, shape, owner),
        }
    }

    fn layer(&mut self, id: LayerId) -> Source {
        let layer = self.net.layer(id);
        let input = |i: usize| self.values[layer.inputs[i].index()];
        let shape = layer.shape;
        let value = match &layer.op {
            Op::Input(_) => self.push(Kind::Images, shape, id),
            Op::Conv(conv) => self.push(Kind::Conv { conv: *conv, input: input(0), layer: id }, shape, id),
            Op::Linear(linear) => {
                let conv = Conv { bias: linear.bias, ..Conv::new(linear.features, 1) };
                self.push(Kind::Conv { conv, input: input(0), layer: id }, shape, id)
            }
            Op::BatchNorm(_) if !self.normalisation.removes(layer) => {
                let term = Term { source: input(0), norm: Some(id) };
                self.push(Kind::Combine(vec![term]), shape, id)
            }
            Op::BatchNorm(_) if self.fused => return input(0),
            Op::BatchNorm(_) => {
                let term = Term { source: input(0), norm: None };
                self.push(Kind::Combine(vec![term]), shape, id)
            }
            Op::Activation(activation) => self.activation(id, *activation, input(0)),
            Op::Sum(_) => self.sum(id, layer),
            Op::Concat(_) => {
                let inputs = layer.inputs.iter().map(|input| self.values[input.index()]).collect();
                self.push(Kind::Concat(inputs), shape, id)
            }
            Op::Truncate(truncate) => self.shared(Kind::Truncate(truncate.first, input(0)), shape, id),
            Op::ChannelShuffle(shuffle) => self.shared(Kind::Shuffle(shuffle.groups, input(0)), shape, id),
            Op::Scale(_) => {
                let conv = Conv::new(shape.channels, 1).grouped(shape.channels);
                self.push(Kind::Conv { conv, input: input(0), layer: id }, shape, id)
            }
            Op::AveragePool(pool) => {
                let pool = Pool { windows: pool.windows(), padding_counts: pool.count_include_padding, global: false };
                self.shared(Kind::AveragePool(pool, input(0)), shape, id)
            }
            Op::MaxPool(pool) => {
                let pool = Pool { windows: pool.windows(), padding_counts: false, global: false };
                self.shared(Kind::MaxPool(pool, input(0)), shape, id)
            }
            Op::GlobalAverage(_) => self.push(Kind::GlobalAverage(input(0)), shape, id),
            Op::GlobalMax(_) => {
                let Shape { height, width, .. } = self.net.layer(layer.inputs[0]).shape;
                let line = |side| Line { kernel: side, stride: 1, dilation: 1, padding: [0, 0], ceil: false };
                let pool = Pool { windows: [line(height), line(width)], padding_counts: false, global: true };
                self.push(Kind::MaxPool(pool, input(0)), shape, id)
            }
            Op::Mul(_) => self.push(Kind::Product([input(0), input(1)]), shape, id),
            Op::Flatten(_) => self.push(Kind::Flatten(input(0)), shape, id),
            Op::Crop(crop) => self.shared(Kind::Crop([crop.margin.top, crop.margin.left], input(0)), shape, id),
            Op::Zero(_) => self.push(Kind::Combine(Vec::new()), shape, id),
            Op::LayerNorm(_) => self.push(Kind::LayerNorm(id, input(0)), shape, id),
        };
        if !self.fused {
            self.nodes[value.node].layer = Some(id);
        }
        value
    }

    fn activation(&mut self, id: LayerId, activation: Activation, input: Source) -> Source {
        let suits = |node: &Node| node.activation.is_none_or(|other| other == activation);
        let is_combination = matches!(self.nodes[input.node].kind, Kind::Combine(_));
        let node = if self.fused && is_combination && !input.activated && suits(&self.nodes[input.node]) {
            input.node
        } else {
            let kind = Kind::Combine(vec![Term { source: input, norm: None }]);
            let same = |node: &Node| self.fused && node.kind == kind && suits(node);
            match self.nodes.iter().position(same) {
                Some(node) => node,
                None => self.push(kind, self.net.layer(id).shape, id).node,
            }
        };
        self.nodes[node].activation = Some(activation);
        if activation.has_codes() {
            self.nodes[node].coded.push(id);
        }
        Source { node, activated: true }
    }

    fn sum(&mut self, id: LayerId, layer: &Layer) -> Source {
        let mut terms = Vec::new();
        for &input in &layer.inputs {
            let source = self.values[input.index()];
            let alone = self.fused && !source.activated;
            let read_here = self.readers[input.index()] == 1 && self.owner[source.node] == input;
            match &mut self.nodes[source.node].kind {
                Kind::Combine(inner) if alone && inner.is_empty() => {}
                // A batch norm or sum that nothing else reads needs no node of its own.
                Kind::Combine(inner) if alone && read_here => terms.append(inner),
                _ => terms.push(Term { source, norm: None }),
            }
        }
        if let ([Term { source, norm: None }], true) = (terms.as_slice(), self.fused) {
            return *source;
        }
        while terms.len() > TERMS {
            let rest = terms.split_off(TERMS);
            let source = self.push(Kind::Combine(terms), layer.shape, id);
            terms = vec![Term { source, norm: None }];
            terms.extend(rest);
        }
        self.push(Kind::Combine(terms), layer.shape, id)
    }
}
