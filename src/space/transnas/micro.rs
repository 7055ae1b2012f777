//! `transnas-micro`: the search is over the cell.
//!
//! A cell has four nodes, every pair of which is joined by one of four operations: 4^6 = 4,096 architectures. There are five layers of two
//! cells each, with the codes 4, 1, 4, 1, 4. In a layer's first cell the edges from the input produce the new shape, and an identity among
//! them is a factorised reduction.

use super::{MICRO, Step, check, network};
use crate::space::blocks::{conv_bn, factorised_reduction};
use crate::space::complete::{self, Carries, EDGES};
use crate::space::notation::Literal;
use crate::space::{Arch, Drawing, Encoded, Enumerable, Part, SearchSpace, macro_settings, places};
use crate::{Error, Result};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::fmt;
use zeronas_proxies::network::{BatchNorm, Cell, Conv, LayerId, Network, NetworkBuilder, Op, Zero};

/// The operation on an edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Operation {
    /// Nothing gets through.
    Zero,
    /// The value itself; a factorised reduction where the shape changes.
    Identity,
    /// ReLU, 1x1 convolution, batch norm.
    Conv1x1,
    /// ReLU, 3x3 convolution, batch norm.
    Conv3x3,
}

impl Operation {
    /// All operations in the order of their digits.
    const ALL: [Operation; 4] = [Operation::Zero, Operation::Identity, Operation::Conv1x1, Operation::Conv3x3];

    fn name(self) -> &'static str {
        match self {
            Operation::Zero => "zero",
            Operation::Identity => "identity",
            Operation::Conv1x1 => "conv_1x1",
            Operation::Conv3x3 => "conv_3x3",
        }
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

type Edges = [Operation; EDGES.len()];

/// What the layers do to their inputs.
const CODES: [u8; 5] = [4, 1, 4, 1, 4];

/// The space with the macro settings of its networks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransnasMicro {
    /// Output channels of the stem.
    pub channels: usize,
    /// Number of logits.
    pub classes: usize,
    /// Side of the images.
    pub resolution: usize,
}

impl Default for TransnasMicro {
    /// 64 channels, 256 x 256 images, and 63 classes, with which the published proxies were computed.
    fn default() -> Self {
        TransnasMicro { channels: 64, classes: 63, resolution: 256 }
    }
}

fn read(text: &str) -> Result<Edges> {
    let bad = |reason: String| Error::Architecture { text: text.into(), reason };
    let listed = text.starts_with(['(', '[']).then(|| Literal::read(text).map_err(bad)).transpose()?;
    let digits = match (listed, text.strip_prefix("64-41414-")) {
        (Some(list), _) => {
            let numbers = list.counts().ok_or_else(|| bad("holds something else than numbers".into()))?;
            numbers.iter().map(usize::to_string).collect()
        }
        (None, Some(cell)) => match cell.split('_').map(str::len).eq([1, 2, 3]) {
            true => cell.replace('_', ""),
            false => return Err(bad("must read 64-41414-a_bc_def".into())),
        },
        (None, None) if text.contains('-') => {
            return Err(bad("must read 64-41414-a_bc_def; networks of other layers are not of this space".into()));
        }
        (None, None) => text.to_owned(),
    };
    let operation = |c: char| {
        let known = c.to_digit(10).and_then(|digit| Operation::ALL.get(digit as usize).copied());
        known.ok_or_else(|| bad(format!("an edge is a digit from 0 to 3, not `{c}`")))
    };
    let edges = digits.chars().map(operation).collect::<Result<Vec<Operation>>>()?;
    let count = edges.len();
    edges.try_into().map_err(|_| bad(format!("a cell has {} edges, this has {count}", EDGES.len())))
}

fn write(edges: Edges) -> Arch {
    let [a, b, c, d, e, f] = edges.map(|operation| operation as u8);
    Arch(format!("64-41414-{a}_{b}{c}_{d}{e}{f}").into())
}

/// What an edge carries in a cell that changes the shape.
fn reducing(i: usize, operation: Operation) -> Carries<Operation> {
    match operation {
        Operation::Zero => Carries::Nothing,
        Operation::Identity if EDGES[i].1 != 0 => Carries::Itself,
        _ => Carries::Result(operation),
    }
}

/// Returns the cell where it changes the shape. This tells all networks apart: cells that differ where the shape is kept differ here, too.
fn cell(edges: Edges) -> Option<Cell<Operation>> {
    complete::cell(std::array::from_fn(|i| reducing(i, edges[i]))).canonical()
}

/// Returns the same cell where it keeps the shape: identities are dissolved.
fn keeping(cell: &Cell<Operation>) -> Option<Cell<Operation>> {
    // For each value, which of the new values stand for it.
    let mut values: Vec<Vec<usize>> = vec![vec![0]];
    let mut vertices = Vec::new();
    let sum = |values: &[Vec<usize>], terms: &[usize]| -> Vec<usize> {
        terms.iter().flat_map(|&value| values[value].iter().copied()).collect()
    };
    for vertex in &cell.vertices {
        let inputs = sum(&values, &vertex.inputs);
        values.push(if vertex.op == Operation::Identity {
            inputs
        } else {
            vertices.push(zeronas_proxies::network::Vertex { op: vertex.op, inputs });
            vec![vertices.len()]
        });
    }
    Cell { vertices, output: sum(&values, &cell.output) }.canonical()
}

/// Adds an operation that gives the shape of `step`, and returns its result.
fn apply(net: &mut NetworkBuilder, name: &str, op: Operation, step: Step, input: LayerId) -> Result<LayerId> {
    let keeps = step.keeps(net.shape(input).channels);
    let conv = |net: &mut NetworkBuilder, kernel| {
        let active = net.add(format!("{name}.relu"), Op::RELU, &[input])?;
        let kind = Conv::same(step.channels, kernel, step.stride);
        conv_bn(net, &format!("{name}."), ["conv", "bn"], kind, active)
    };
    match op {
        Operation::Zero => {
            let zero =
                if keeps { Zero::new() } else { Zero { channels: Some(step.channels), stride: step.stride.into() } };
            Ok(net.add(format!("{name}.zero"), Op::Zero(zero), &[input])?)
        }
        Operation::Identity if keeps => Ok(input),
        Operation::Identity => factorised_reduction(net, name, input, step.channels, true, BatchNorm::new()),
        Operation::Conv1x1 => conv(net, 1),
        Operation::Conv3x3 => conv(net, 3),
    }
}

impl TransnasMicro {
    fn sizes(&self) -> [usize; 3] {
        [self.channels, self.classes, self.resolution]
    }
}

impl SearchSpace for TransnasMicro {
    fn name(&self) -> &str {
        MICRO.name
    }

    fn macro_settings(&self) -> Map<String, Value> {
        macro_settings::of(self)
    }

    fn check(&self) -> Result<()> {
        check(self.channels, self.classes, self.resolution)
    }

    fn read(&self, text: &str) -> Result<Arch> {
        read(text).map(write)
    }

    fn network(&self, arch: &Arch) -> Result<Network> {
        let edges = read(arch.as_str())?;
        network(self.sizes(), &CODES, |net, [layer, place], step, input| {
            complete::written(net, &format!("layer{layer}.cell{place}"), input, |net, i, name, x| {
                let step = if EDGES[i].1 == 0 { step } else { Step { stride: 1, ..step } };
                apply(net, name, edges[i], step, x)
            })
        })
    }

    fn canonical_network(&self, arch: &Arch) -> Result<Option<Network>> {
        let Some(reducing) = cell(read(arch.as_str())?) else { return Ok(None) };
        let Some(keeping) = keeping(&reducing) else { return Ok(None) };
        let net = network(self.sizes(), &CODES, |net, [layer, place], step, input| {
            let entry = net.shape(input);
            let cell = if step.keeps(entry.channels) { &keeping } else { &reducing };
            complete::canonical(net, &format!("layer{layer}.cell{place}"), cell, input, |net, name, op, x| {
                // Only what reads the cell's input changes the shape.
                let step = if net.shape(x) == entry { step } else { Step { stride: 1, ..step } };
                apply(net, name, op, step, x)
            })
        });
        net.map(Some)
    }

    fn key(&self, arch: &Arch) -> Result<Option<String>> {
        Ok(cell(read(arch.as_str())?).map(|cell| cell.to_string()))
    }

    fn graph(&self, arch: &Arch) -> Result<Vec<Part>> {
        let edges = read(arch.as_str())?;
        let live = complete::live(edges.map(|operation| operation != Operation::Zero));
        let parts = EDGES.into_iter().zip(edges).zip(live).filter(|((_, operation), _)| *operation != Operation::Zero);
        Ok(parts
            .map(|(((target, source), operation), live)| Part {
                text: format!("node {source} -> node {target}: {operation}"),
                live,
            })
            .collect())
    }

    fn drawing(&self, arch: &Arch) -> Result<Drawing> {
        let carries = |operation: Operation| (operation != Operation::Zero).then(|| operation.name());
        Ok(complete::drawing(read(arch.as_str())?.map(carries)))
    }

    fn enumerable(&self) -> Option<&dyn Enumerable> {
        Some(self)
    }

    fn encoded(&self) -> Option<&dyn Encoded> {
        Some(self)
    }
}

impl Enumerable for TransnasMicro {
    fn size(&self) -> u128 {
        places::count(self.choices())
    }

    /// The last edge varies fastest.
    fn nth(&self, index: u128) -> Arch {
        let digits = places::nth(self.choices(), index);
        write(std::array::from_fn(|edge| Operation::ALL[digits[edge]]))
    }
}

impl Encoded for TransnasMicro {
    fn choices(&self) -> &[usize] {
        const { &[Operation::ALL.len(); EDGES.len()] }
    }

    fn encode(&self, arch: &Arch) -> Result<Vec<usize>> {
        Ok(read(arch.as_str())?.map(|operation| operation as usize).to_vec())
    }

    fn decode(&self, choices: &[usize]) -> Option<Arch> {
        let edges: Option<Vec<Operation>> = choices.iter().map(|&choice| Operation::ALL.get(choice).copied()).collect();
        Some(write(edges?.try_into().ok()?))
    }
}
