//! Networks in ONNX, operator set 17. Every value between layers has the shape images x channels x height x width.
//!
//! Layers keep their names from the network; the images are called `input` and the result `logits`. Layers for which ONNX has no
//! operator are built from several, called `LAYER.PART`.
//!
//! ONNX cannot express where blocks end, how a parameter is initialised, or what a pool does beyond its padding. The file's metadata
//! therefore hold the network itself, with a fingerprint of its operators. A reader thus gets the same network back, and can see
//! whether somebody has changed the operators since.

mod layers;
mod messages;

use super::Model;
use crate::Result;
use crate::space::networks::json_of;
use messages::{Attribute, Entry, FLOAT, Graph, Node, OperatorSet, Tensor, ValueInfo};
use prost::Message;
use std::collections::BTreeMap;
use zeronas_datasets::sha256_hex;
use zeronas_proxies::network::{LayerId, Op, Shape};

/// The names of the images and of the result.
const INPUT: &str = "input";
const LOGITS: &str = "logits";

/// Keys in the metadata: the network in JSON, and the fingerprint of the operators it was converted to.
const NETWORK: &str = "zeronas_network";
const GRAPH: &str = "zeronas_graph_sha256";

/// The versions of the file format and of the operator set.
const IR_VERSION: i64 = 8;
const OPERATORS: i64 = 17;

/// The model as an ONNX file.
///
/// # Errors
/// If a layer cannot be expressed in ONNX; the error names it.
pub fn file(model: &Model) -> Result<Vec<u8>> {
    let mut writer = Writer { model, nodes: Vec::new(), initializers: Vec::new() };
    for id in model.network.ids() {
        writer.layer(id)?;
    }
    let output = writer.value(model.network.output());
    writer.node("Flatten", LOGITS, &[&output], vec![Attribute::int("axis", 1)], LOGITS);
    let Shape { channels, height, width } = model.network.input_shape();
    let graph = Graph {
        name: model.name.clone(),
        node: writer.nodes,
        initializer: writer.initializers,
        input: vec![ValueInfo::batch_of(INPUT, &[channels, height, width])],
        output: vec![ValueInfo::batch_of(LOGITS, &[model.network.classes()])],
    };
    let form = json_of(&model.network, Some(&model.name))?;
    let fingerprint = fingerprint(&form, &graph);
    let own = BTreeMap::from([(NETWORK.to_owned(), form), (GRAPH.to_owned(), fingerprint)]);
    let metadata = model.metadata().into_iter().chain(own).map(|(key, value)| Entry { key, value });
    let file = messages::Model {
        ir_version: IR_VERSION,
        producer_name: "zeronas".into(),
        producer_version: env!("CARGO_PKG_VERSION").into(),
        graph: Some(graph),
        opset_import: vec![OperatorSet { domain: String::new(), version: OPERATORS }],
        metadata_props: metadata.collect(),
    };
    Ok(file.encode_to_vec())
}

/// The SHA-256 of the network in JSON, all operators, their constants without the values of weights, and the graph's inputs and outputs.
fn fingerprint(form: &str, graph: &Graph) -> String {
    let nodes = graph.node.iter().map(Message::encode_to_vec);
    let tensors = graph.initializer.iter().map(|tensor| {
        let is_weight = tensor.data_type == FLOAT && !tensor.dims.is_empty();
        let raw_data = if is_weight { Vec::new() } else { tensor.raw_data.clone() };
        Tensor { raw_data, dims: tensor.dims.clone(), name: tensor.name.clone(), ..*tensor }.encode_to_vec()
    });
    let ends = graph.input.iter().chain(&graph.output).map(Message::encode_to_vec);
    let parts: Vec<Vec<u8>> = [form.as_bytes().to_vec()].into_iter().chain(nodes).chain(tensors).chain(ends).collect();
    sha256_hex(parts.iter().map(Vec::as_slice))
}

struct Writer<'a> {
    model: &'a Model,
    nodes: Vec<Node>,
    initializers: Vec<Tensor>,
}

impl Writer<'_> {
    /// Returns the name of a layer's output.
    fn value(&self, id: LayerId) -> String {
        match self.model.network.layer(id) {
            layer if matches!(layer.op, Op::Input(_)) => INPUT.into(),
            layer => format!("{}.out", layer.name),
        }
    }

    fn node(&mut self, op: &str, name: &str, inputs: &[&str], attribute: Vec<Attribute>, output: &str) {
        self.nodes.push(Node {
            input: inputs.iter().map(|&input| input.into()).collect(),
            output: vec![output.into()],
            name: name.into(),
            op_type: op.into(),
            attribute,
        });
    }

    /// Adds floats and returns their name.
    fn floats(&mut self, name: String, shape: &[usize], values: &[f32]) -> String {
        self.initializers.push(Tensor::floats(&name, shape, values));
        name
    }

    /// Adds integers and returns their name.
    fn ints(&mut self, name: String, values: &[i64]) -> String {
        self.initializers.push(Tensor::ints(&name, values));
        name
    }
}
