//! From a network to the steps the engine runs: layers fused into nodes, and what each node has to keep.
//!
//! Batch norms and sums are not computed where they stand: a *combination* adds up all it reads, each term normalised on
//! the way, and yields the sum, the sum rectified, and its ReLU codes in one pass over memory. So the usual
//! ReLU - convolution - batch norm edges of a cell take one pass of a convolution and a share of a combination. Skips and
//! sums of one value are aliases, ReLU layers of one value share its rectified form, equal pools of one value are one.
//!
//! Where observers want to see every layer's output, nothing is fused: each layer is a node by itself.

use super::plain::{Conv, Pool};
use super::{Normalisation, Pass, Watch};
use crate::network::{Layer, LayerId, Network, Op, Shape};

/// Most terms of one combination; longer sums are made of several.
pub(super) const TERMS: usize = 4;

/// A value that a node yields: itself or rectified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Source {
    pub node: usize,
    pub rectified: bool,
}

/// One term of a combination.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Term {
    pub source: Source,
    /// The batch norm it goes through.
    pub norm: Option<LayerId>,
}

/// What a node computes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Images,
    /// A convolution, or a linear layer, which is one of a single pixel with a bias.
    Conv {
        conv: Conv,
        input: Source,
        layer: LayerId,
        bias: bool,
    },
    /// The sum of at most [`TERMS`] terms; of none, zeros.
    Combine(Vec<Term>),
    AveragePool(Pool, Source),
    MaxPool(Pool, Source),
    GlobalAverage(Source),
    Concat(Vec<Source>),
    Truncate(Source),
}

impl Kind {
    /// What the node reads; duplicates stand twice.
    pub fn sources(&self) -> Vec<Source> {
        match self {
            Kind::Images => Vec::new(),
            Kind::Conv { input, .. } => vec![*input],
            Kind::Combine(terms) => terms.iter().map(|term| term.source).collect(),
            Kind::Concat(inputs) => inputs.clone(),
            Kind::AveragePool(_, input) | Kind::MaxPool(_, input) => vec![*input],
            Kind::GlobalAverage(input) | Kind::Truncate(input) => vec![*input],
        }
    }

    /// Whether a batch norm is among its terms.
    pub fn normalises(&self) -> bool {
        matches!(self, Kind::Combine(terms) if terms.iter().any(|term| term.norm.is_some()))
    }
}

/// A fused step.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub kind: Kind,
    pub shape: Shape,
    /// The ReLU layers that read its value.
    pub relus: Vec<LayerId>,
    /// The layer whose output it is, where every layer is a node.
    pub layer: Option<LayerId>,
}

/// The nodes of a network, in an order of execution.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub nodes: Vec<Node>,
    pub output: Source,
    /// The nodes of the network's boundaries, where those are seen.
    pub boundaries: Vec<usize>,
    /// Whether layers were fused.
    pub fused: bool,
    /// Whether batch norms take their statistics from the batch.
    pub measured: bool,
}

impl Plan {
    /// Plans a pass of which so much is seen, through a network that [`takes`](super::plain::takes) lets in.
    pub fn new(net: &Network, pass: &Pass<'_>, seen: Watch) -> Self {
        let fused = !seen.sees_layers();
        let mut readers = vec![0; net.layers().len()];
        readers[net.output().index()] = 1;
        net.layers().iter().flat_map(|layer| &layer.inputs).for_each(|input| readers[input.index()] += 1);
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
            if boundaries.contains(&id) && (value.rectified || builder.owner[value.node] != id) {
                value = builder.copy(id, value);
            }
            builder.values.push(value);
        }
        let boundaries = boundaries.iter().map(|boundary| builder.values[boundary.index()].node).collect();
        Plan { output: builder.values[net.output().index()], boundaries, nodes: builder.nodes, fused, measured }
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
        self.nodes.push(Node { kind, shape, relus: Vec::new(), layer: None });
        self.owner.push(owner);
        Source { node: self.nodes.len() - 1, rectified: false }
    }

    /// A node for a boundary whose layer has none of its own: what goes by there is the unrectified value of one node.
    fn copy(&mut self, id: LayerId, source: Source) -> Source {
        self.push(Kind::Combine(vec![Term { source, norm: None }]), self.net.layer(id).shape, id)
    }

    /// A node of this kind; where layers fuse, an equal one serves.
    fn shared(&mut self, kind: Kind, shape: Shape, owner: LayerId) -> Source {
        match self.nodes.iter().position(|node| self.fused && node.kind == kind) {
            Some(node) => Source { node, rectified: false },
            None => self.push(kind, shape, owner),
        }
    }

    fn layer(&mut self, id: LayerId) -> Source {
        let layer = self.net.layer(id);
        let input = |i: usize| self.values[layer.inputs[i].index()];
        let shape = layer.shape;
        const TAKEN: &str = "a network whose settings are plain";
        let value = match &layer.op {
            Op::Input(_) => self.push(Kind::Images, shape, id),
            Op::Conv(conv) => {
                let conv = Conv::of(conv).expect(TAKEN);
                self.push(Kind::Conv { conv, input: input(0), layer: id, bias: false }, shape, id)
            }
            Op::Linear(linear) => {
                let conv = Conv::linear(linear.features);
                self.push(Kind::Conv { conv, input: input(0), layer: id, bias: true }, shape, id)
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
            Op::Activation(_) => self.relu(id, input(0)),
            Op::Sum(_) => self.sum(id, layer),
            Op::Concat(_) => {
                let inputs = layer.inputs.iter().map(|input| self.values[input.index()]).collect();
                self.push(Kind::Concat(inputs), shape, id)
            }
            Op::Truncate(_) => self.shared(Kind::Truncate(input(0)), shape, id),
            Op::AveragePool(pool) => {
                self.shared(Kind::AveragePool(Pool::average(pool).expect(TAKEN), input(0)), shape, id)
            }
            Op::MaxPool(pool) => self.shared(Kind::MaxPool(Pool::max(pool).expect(TAKEN), input(0)), shape, id),
            Op::GlobalAverage(_) => self.push(Kind::GlobalAverage(input(0)), shape, id),
            Op::Zero(_) => self.push(Kind::Combine(Vec::new()), shape, id),
            Op::LayerNorm(_)
            | Op::Scale(_)
            | Op::Mul(_)
            | Op::Crop(_)
            | Op::GlobalMax(_)
            | Op::Flatten(_)
            | Op::ChannelShuffle(_) => unreachable!("{TAKEN}"),
        };
        if !self.fused {
            self.nodes[value.node].layer = Some(id);
        }
        value
    }

    fn relu(&mut self, id: LayerId, input: Source) -> Source {
        let is_combination = matches!(self.nodes[input.node].kind, Kind::Combine(_));
        let node = if self.fused && is_combination && !input.rectified {
            input.node
        } else {
            let term = Term { source: input, norm: None };
            self.shared(Kind::Combine(vec![term]), self.net.layer(id).shape, id).node
        };
        self.nodes[node].relus.push(id);
        Source { node, rectified: true }
    }

    fn sum(&mut self, id: LayerId, layer: &Layer) -> Source {
        let mut terms = Vec::new();
        for &input in &layer.inputs {
            let source = self.values[input.index()];
            let alone = self.fused && !source.rectified;
            let read_here = self.readers[input.index()] == 1 && self.owner[source.node] == input;
            match &mut self.nodes[source.node].kind {
                Kind::Combine(inner) if alone && inner.is_empty() => {}
                // A batch norm or sum that nothing else reads need not be there by itself.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Batch;
    use crate::engine::Precision;
    use crate::network::{AveragePool, BatchNorm, Conv, GlobalAverage, NetworkBuilder, Sum};

    /// A node read by two ReLU - convolution - batch norm edges, twice by a pool and once as it is.
    fn cell() -> Network {
        let mut net = NetworkBuilder::new(Shape::new(8, 4, 4)).unwrap();
        let stem = net.add("stem", Op::BatchNorm(BatchNorm::new()), &[net.input()]).unwrap();
        let mut terms = vec![stem];
        for edge in ["a", "b"] {
            let relu = net.add(format!("{edge}.relu"), Op::RELU, &[stem]).unwrap();
            let conv = net.add(format!("{edge}.conv"), Op::Conv(Conv::same(8, 3, 1)), &[relu]).unwrap();
            terms.push(net.add(format!("{edge}.bn"), Op::BatchNorm(BatchNorm::new()), &[conv]).unwrap());
            let pool = AveragePool::new(3, 1, 1);
            terms.push(net.add(format!("{edge}.pool"), Op::AveragePool(pool), &[stem]).unwrap());
        }
        let sum = net.add("sum", Op::Sum(Sum), &terms).unwrap();
        let logits = net.add("pool", Op::GlobalAverage(GlobalAverage), &[sum]).unwrap();
        net.finish(logits).unwrap()
    }

    fn plan(watch: Watch) -> Plan {
        let net = cell();
        let pass = Pass {
            batch: &Batch::ones(net.input_shape()),
            normalisation: Normalisation::Batch,
            precision: Precision::F32,
        };
        Plan::new(&net, &pass, watch)
    }

    #[test]
    fn batch_norms_and_pools_are_terms_of_the_sum_that_reads_them() {
        let plan = plan(Watch::default());
        let (stem, rectified) = (Source { node: 1, rectified: false }, Source { node: 1, rectified: true });
        assert_eq!(plan.nodes[stem.node].relus.len(), 2);
        let is_conv = |node: &&Node| matches!(node.kind, Kind::Conv { input, .. } if input == rectified);
        assert_eq!(plan.nodes.iter().filter(is_conv).count(), 2);
        assert_eq!(plan.nodes.iter().filter(|node| matches!(node.kind, Kind::AveragePool(..))).count(), 1);
        // Five terms: the first four by themselves, then their sum and the fifth.
        let sums = plan.nodes.iter().filter_map(|node| match &node.kind {
            Kind::Combine(terms) if terms.len() > 1 => Some(terms.iter().filter(|term| term.norm.is_some()).count()),
            _ => None,
        });
        assert_eq!(sums.collect::<Vec<_>>(), [2, 0]);
    }

    #[test]
    fn every_layer_is_a_node_where_all_outputs_are_shown() {
        let plan = plan(Watch { outputs: true, ..Watch::default() });
        let layers = plan.nodes.iter().filter_map(|node| node.layer).map(LayerId::index);
        assert_eq!(layers.collect::<Vec<_>>(), (0..cell().layers().len()).collect::<Vec<_>>());
    }
}
