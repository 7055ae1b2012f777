//! Networks as a PyTorch module: `model.py`, plain `torch.nn`, and `model.safetensors` beside it.

use super::{ExportedFile, Model, Tensor, safetensors};
use crate::Result;
use std::collections::HashSet;
use std::fmt::Write;
use zeronas_proxies::network::{
    Activation, AveragePool, Conv, Layer, LayerId, MaxPool, Network, Op, Pair, Scale, Shape, Sides,
};

/// Words that Python keeps for itself, and names that the module needs.
const RESERVED: [&str; 45] = [
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue", "def", "del",
    "elif", "else", "except", "finally", "for", "from", "global", "if", "import", "in", "is", "lambda", "nonlocal",
    "not", "or", "pass", "raise", "return", "try", "while", "with", "yield", "self", "torch", "nn", "F", "x",
    "forward", "train", "eval", "load", "training",
];

/// The files.
///
/// # Errors
/// If the tensors cannot be written down.
pub fn files(model: &Model) -> Result<[ExportedFile; 2]> {
    let names = Names::new(&model.network);
    let tensors: Vec<Tensor<'_>> = model.tensors().into_iter().map(|tensor| names.renamed(tensor)).collect();
    Ok([
        ExportedFile { name: "model.py", content: source(model, &names).into_bytes() },
        ExportedFile { name: "model.safetensors", content: safetensors(&tensors, &model.notes)? },
    ])
}

/// What layers are called in Python, by place.
struct Names {
    of: Vec<String>,
    /// What they are called in the network.
    were: Vec<String>,
}

impl Names {
    fn new(net: &Network) -> Self {
        let mut taken: HashSet<String> = RESERVED.iter().map(|&word| word.to_owned()).collect();
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

/// The module's text.
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
    let scale = if is(|op| matches!(op, Op::Scale(_))) { SCALE } else { "" };
    let pool =
        if is(|op| matches!(op, Op::AveragePool(pool) if symmetric(pool.padding).is_none())) { POOL } else { "" };
    let name = quoted(&model.name);
    format!(
        r#""""A network exported by zeronas. Takes images of {channels} x {height} x {width}, yields {classes} logits.

    from model import load
    network = load("model.safetensors")

The network is as it was at the end of its training: `load` puts it in evaluation mode.
"""

import pathlib

import torch
import torch.nn.functional as F
from torch import nn

NAME = {name}

# What else is known of it.
NOTES = {{
{notes}}}

{scale}{pool}
class Network(nn.Module):
    def __init__(self):
        super().__init__()
{modules}
    def forward(self, {images}):
{steps}        return {output}.flatten(1)


def load(path=pathlib.Path(__file__).with_name("model.safetensors")):
    """The network with the weights in a file, in evaluation mode."""
    from safetensors.torch import load_file

    network = Network()
    missing, unexpected = network.load_state_dict(load_file(path), strict=False)
    missing = [name for name in missing if not name.endswith("num_batches_tracked")]
    if missing or unexpected:
        raise ValueError(f"{{path}}: tensors are missing: {{missing}}; not known: {{unexpected}}")
    return network.eval()
"#,
        classes = net.classes(),
        output = names.get(net.output()),
    )
}

/// A layer scale, as part of the text.
const SCALE: &str = "
class Scale(nn.Module):
    \"\"\"Every channel times a weight of its own.\"\"\"

    def __init__(self, channels):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))

    def forward(self, x):
        return x * self.weight[:, None, None]

";

/// An average pool that PyTorch has not, as part of the text.
const POOL: &str = "
def average_pool(x, kernel, stride, padding, end, count_include_padding):
    \"\"\"Padding and end (what the last windows overhang, the padding included) are (top, left, bottom, right).\"\"\"
    top, left, bottom, right = padding
    counted = x.new_ones((1, 1, *x.shape[2:]))
    if count_include_padding:
        counted = F.pad(F.pad(counted, (left, right, top, bottom), value=1.0), (0, end[3] - right, 0, end[2] - bottom))
    else:
        counted = F.pad(counted, (left, end[3], top, end[2]))
    total = F.avg_pool2d(F.pad(x, (left, end[3], top, end[2])), kernel, stride, divisor_override=1)
    return total / F.avg_pool2d(counted, kernel, stride, divisor_override=1)

";

/// What a layer is in Python: a module, where it has parameters, and what its output is.
struct Expressed {
    module: Option<String>,
    expression: String,
}

/// `name` of a layer that reads `inputs`, the first of this shape; `None` for the images.
fn step(layer: &Layer, name: &str, inputs: &[&str], reads: Option<Shape>) -> Option<Expressed> {
    let (x, reads) = (*inputs.first()?, reads?);
    let Shape { channels, height, width } = layer.shape;
    let functional = |expression: String| Expressed { module: None, expression };
    let module = |module: String, expression: String| Expressed { module: Some(module), expression };
    Some(match &layer.op {
        Op::Input(_) => return None,
        Op::Conv(conv) => {
            let (module_text, input) = convolution(conv, reads.channels, x);
            module(module_text, format!("self.{name}({input})"))
        }
        Op::BatchNorm(norm) => module(
            format!("nn.BatchNorm2d({channels}, eps={:?}, affine={})", norm.eps, python(norm.affine)),
            format!("self.{name}({x})"),
        ),
        Op::LayerNorm(norm) => module(
            format!("nn.LayerNorm({channels}, eps={:?}, elementwise_affine={})", norm.eps, python(norm.affine)),
            format!("self.{name}({x}.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)"),
        ),
        Op::Scale(Scale { .. }) => module(format!("Scale({channels})"), format!("self.{name}({x})")),
        Op::Linear(linear) => module(
            format!("nn.Linear({}, {}, bias={})", reads.channels, linear.features, python(linear.bias)),
            format!("self.{name}({x}.flatten(1))[:, :, None, None]"),
        ),
        Op::Activation(kind) => functional(activation(*kind, x)),
        Op::Sum(_) => functional(inputs.join(" + ")),
        Op::Mul(_) => functional(inputs.join(" * ")),
        Op::Concat(_) => functional(format!("torch.cat([{}], 1)", inputs.join(", "))),
        Op::Truncate(truncate) => {
            let first = truncate.first;
            functional(format!("{x}[:, {first}:{}]", first + channels))
        }
        Op::ChannelShuffle(shuffle) => functional(format!("F.channel_shuffle({x}, {})", shuffle.groups)),
        Op::Crop(crop) => {
            let Sides { top, left, .. } = crop.margin;
            functional(format!("{x}[:, :, {top}:{}, {left}:{}]", top + height, left + width))
        }
        Op::Zero(_) => functional(format!("{x}.new_zeros(({x}.shape[0], {channels}, {height}, {width}))")),
        Op::AveragePool(pool) => functional(average_pool(pool, layer.shape, reads, x)),
        Op::MaxPool(pool) => functional(max_pool(pool, layer.shape, reads, x)),
        Op::GlobalAverage(_) => functional(format!("{x}.mean((2, 3), keepdim=True)")),
        Op::GlobalMax(_) => functional(format!("{x}.amax((2, 3), keepdim=True)")),
        Op::Flatten(_) => functional(format!("{x}.flatten(1)[:, :, None, None]")),
    })
}

/// A text as Python writes it: JSON's way is also Python's.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn python(truth: bool) -> &'static str {
    if truth { "True" } else { "False" }
}

fn both(pair: Pair) -> String {
    pair.square().map_or(format!("({}, {})", pair.height, pair.width), |side| side.to_string())
}

/// The same rows above and below, the same columns left and right.
fn symmetric(Sides { top, left, bottom, right }: Sides) -> Option<Pair> {
    ((top, left) == (bottom, right)).then_some(Pair { height: top, width: left })
}

/// A convolution's module, and what it is called with.
fn convolution(conv: &Conv, channels: usize, x: &str) -> (String, String) {
    let mut text = format!("nn.Conv2d({channels}, {}, {}", conv.channels, both(conv.kernel));
    let mut setting = |name: &str, value: String, usual: &str| {
        if value != usual {
            // Writing to a String cannot fail.
            let _ = write!(text, ", {name}={value}");
        }
    };
    let padding = symmetric(conv.padding);
    setting("stride", both(conv.stride), "1");
    setting("padding", padding.map_or("0".into(), both), "0");
    setting("dilation", both(conv.dilation), "1");
    setting("groups", conv.groups.to_string(), "1");
    setting("bias", python(conv.bias).into(), "True");
    text.push(')');
    let Sides { top, left, bottom, right } = conv.padding;
    let input = match padding {
        Some(_) => x.to_owned(),
        None => format!("F.pad({x}, ({left}, {right}, {top}, {bottom}))"),
    };
    (text, input)
}

fn activation(activation: Activation, x: &str) -> String {
    match activation {
        Activation::Relu => format!("F.relu({x})"),
        Activation::Relu6 => format!("F.relu6({x})"),
        Activation::LeakyRelu { slope } => format!("F.leaky_relu({x}, {slope:?})"),
        Activation::Silu => format!("F.silu({x})"),
        Activation::HardSwish => format!("F.hardswish({x})"),
        Activation::Gelu => format!("F.gelu({x})"),
        Activation::Sigmoid => format!("torch.sigmoid({x})"),
        Activation::HardSigmoid => format!("F.hardsigmoid({x})"),
        Activation::Tanh => format!("torch.tanh({x})"),
    }
}

/// What the last windows reach beyond the image, the padding included.
fn end(out: Shape, reads: Shape, [kernel, stride]: [Pair; 2], padding: Sides) -> Sides {
    let end = |count: usize, kernel: usize, stride: usize, before: usize, side: usize, after: usize| {
        ((count - 1) * stride + kernel).saturating_sub(before + side).max(after)
    };
    Sides {
        bottom: end(out.height, kernel.height, stride.height, padding.top, reads.height, padding.bottom),
        right: end(out.width, kernel.width, stride.width, padding.left, reads.width, padding.right),
        ..padding
    }
}

fn average_pool(pool: &AveragePool, out: Shape, reads: Shape, x: &str) -> String {
    let (kernel, stride) = (both(pool.kernel), both(pool.stride));
    let (ceil, count) = (python(pool.ceil), python(pool.count_include_padding));
    if let Some(padding) = symmetric(pool.padding) {
        let settings = format!("ceil_mode={ceil}, count_include_pad={count}");
        return format!("F.avg_pool2d({x}, {kernel}, {stride}, {}, {settings})", both(padding));
    }
    let Sides { top, left, bottom, right } = pool.padding;
    let end = end(out, reads, [pool.kernel, pool.stride], pool.padding);
    let end = format!("({top}, {left}, {}, {})", end.bottom, end.right);
    format!("average_pool({x}, {kernel}, {stride}, ({top}, {left}, {bottom}, {right}), {end}, {count})")
}

fn max_pool(pool: &MaxPool, out: Shape, reads: Shape, x: &str) -> String {
    let (kernel, stride) = (both(pool.kernel), both(pool.stride));
    if let Some(padding) = symmetric(pool.padding) {
        return format!("F.max_pool2d({x}, {kernel}, {stride}, {}, ceil_mode={})", both(padding), python(pool.ceil));
    }
    let Sides { top, left, bottom, right } = end(out, reads, [pool.kernel, pool.stride], pool.padding);
    format!("F.max_pool2d(F.pad({x}, ({left}, {right}, {top}, {bottom}), value=float(\"-inf\")), {kernel}, {stride})")
}
