//! Networks as PyTorch modules: `model.py` in plain `torch.nn`, with `model.safetensors` next to it.

mod layers;

use super::{ExportedFile, Model, Preparation, Tensor, safetensors};
use crate::Result;
use layers::{step, symmetric};
use std::collections::HashSet;
use std::fmt::Write;
use zeronas_proxies::network::{LayerId, Network, Op, Shape};

/// Python's reserved words.
const KEYWORDS: [&str; 35] = [
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue", "def", "del",
    "elif", "else", "except", "finally", "for", "from", "global", "if", "import", "in", "is", "lambda", "nonlocal",
    "not", "or", "pass", "raise", "return", "try", "while", "with", "yield",
];

/// Names that the text uses and attributes that every module has: a layer with such a name would collide with them.
const TAKEN: [&str; 59] = [
    "self",
    "torch",
    "nn",
    "F",
    "average_pool",
    "T_destination",
    "add_module",
    "apply",
    "bfloat16",
    "buffers",
    "call_super_init",
    "children",
    "compile",
    "cpu",
    "cuda",
    "double",
    "dump_patches",
    "eval",
    "extra_repr",
    "float",
    "forward",
    "get_buffer",
    "get_extra_state",
    "get_parameter",
    "get_submodule",
    "half",
    "ipu",
    "load_state_dict",
    "modules",
    "mtia",
    "named_buffers",
    "named_children",
    "named_modules",
    "named_parameters",
    "parameters",
    "register_backward_hook",
    "register_buffer",
    "register_forward_hook",
    "register_forward_pre_hook",
    "register_full_backward_hook",
    "register_full_backward_pre_hook",
    "register_load_state_dict_post_hook",
    "register_load_state_dict_pre_hook",
    "register_module",
    "register_parameter",
    "register_state_dict_post_hook",
    "register_state_dict_pre_hook",
    "requires_grad_",
    "set_extra_state",
    "set_submodule",
    "share_memory",
    "state_dict",
    "to",
    "to_empty",
    "train",
    "training",
    "type",
    "xpu",
    "zero_grad",
];

/// The files.
///
/// # Errors
/// If the tensors cannot be serialised.
pub fn files(model: &Model) -> Result<[ExportedFile; 2]> {
    let names = Names::new(&model.network);
    let tensors: Vec<Tensor<'_>> = model.tensors().into_iter().map(|tensor| names.renamed(tensor)).collect();
    Ok([
        ExportedFile { name: "model.py", content: source(model, &names).into_bytes() },
        ExportedFile { name: "model.safetensors", content: safetensors(&tensors, &model.metadata())? },
    ])
}

/// The names of layers in Python, by place.
struct Names {
    of: Vec<String>,
    /// Their names in the network.
    were: Vec<String>,
}

impl Names {
    fn new(net: &Network) -> Self {
        let mut taken: HashSet<String> = KEYWORDS.iter().chain(&TAKEN).map(|&word| word.to_owned()).collect();
        let of = net.layers().iter().map(|layer| {
            let mut name: String =
                layer.name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
            if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
                name.insert_str(0, "layer_");
            }
            let mut unique = name.clone();
            let mut next = 2;
            while !taken.insert(unique.clone()) {
                unique = format!("{name}_{next}");
                next += 1;
            }
            unique
        });
        Names { of: of.collect(), were: net.layers().iter().map(|layer| layer.name.clone()).collect() }
    }

    fn get(&self, id: LayerId) -> &str {
        &self.of[id.index()]
    }

    /// A tensor under its layer's new name.
    fn renamed<'a>(&self, tensor: Tensor<'a>) -> Tensor<'a> {
        let parts = tensor.name.rsplit_once('.');
        let place = |layer: &str| self.were.iter().position(|were| were == layer);
        let name = parts.and_then(|(layer, kind)| Some(format!("{}.{kind}", self.of[place(layer)?])));
        Tensor { name: name.unwrap_or(tensor.name), ..tensor }
    }
}

/// Returns the module's source code.
fn source(model: &Model, names: &Names) -> String {
    let net = &model.network;
    let (mut modules, mut steps) = (String::new(), String::new());
    for id in net.ids() {
        let layer = net.layer(id);
        let inputs: Vec<&str> = layer.inputs.iter().map(|&input| names.get(input)).collect();
        let reads = layer.inputs.first().map(|&input| net.layer(input).shape);
        let Some(step) = step(layer, names.get(id), &inputs, reads) else { continue };
        // Writing to a String cannot fail.
        if let Some(module) = step.module {
            let _ = writeln!(modules, "        self.{} = {module}", names.get(id));
        }
        let _ = writeln!(steps, "        {} = {}", names.get(id), step.expression);
    }
    let images = names.get(net.ids().next().unwrap_or(net.output()));
    let Shape { channels, height, width } = net.input_shape();
    let mut notes = String::new();
    for (key, value) in &model.notes {
        let _ = writeln!(notes, "    {}: {},", quoted(key), quoted(value));
    }
    let is = |wanted: fn(&Op) -> bool| net.layers().iter().any(|layer| wanted(&layer.op));
    let scale = if is(|op| matches!(op, Op::Scale(_))) { include_str!("scale.py") } else { "" };
    let has_pool = is(|op| matches!(op, Op::AveragePool(pool) if symmetric(pool.padding).is_none()));
    let pool = if has_pool { include_str!("average_pool.py") } else { "" };
    let takes_pictures = model.preparation.as_ref().is_some_and(Preparation::takes_pictures);
    let preprocess = if takes_pictures { include_str!("preprocess.py") } else { "" };
    let constants = model.preparation.as_ref().map_or(String::new(), constants);
    let name = quoted(&model.name);
    format!(
        r#""""A network exported by zeronas. Takes images of {channels} x {height} x {width}, yields {classes} logits.

    from model import load
    network = load("model.safetensors")

`load` puts it in evaluation mode, so that batch norms normalise with their running statistics. It needs nothing but PyTorch.
"""

import json
import pathlib

import torch
import torch.nn.functional as F
from torch import nn

NAME = {name}
{constants}
# What else is known of it.
NOTES = {{
{notes}}}


{scale}{pool}class Network(nn.Module):
    def __init__(self):
        super().__init__()
{modules}
    def forward(self, {images}):
{steps}        return {output}.flatten(1)
{load}{preprocess}"#,
        classes = net.classes(),
        output = names.get(net.output()),
        load = include_str!("load.py"),
    )
}

/// Returns what is known about the images, as constants.
fn constants(preparation: &Preparation) -> String {
    let Preparation { class_names, side, resize, statistics, .. } = preparation;
    let classes: Vec<String> = class_names.iter().map(|name| format!("    {},\n", quoted(name))).collect();
    let (resize, pixels) = (quoted(resize), quoted(preparation.pixels()));
    format!(
        "
# Names of the classes in the order of the logits, where they have names.
CLASSES = [
{classes}]

# Images are squares of so many pixels a side; how the pictures of the training became such, and what their pixels are.
SIDE = {side}
RESIZE = {resize}
PIXELS = {pixels}

# Mean and standard deviation of red, green and blue: the network takes (pixel - mean) / deviation.
MEAN = {mean:?}
STD = {std:?}
",
        classes = classes.concat(),
        mean = statistics.mean,
        std = statistics.std,
    )
}

/// Returns a text as a Python string literal; JSON's notation is also valid Python.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
