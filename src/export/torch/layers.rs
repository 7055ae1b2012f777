//! Layers in Python.

use std::fmt::Write;
use zeronas_proxies::network::{Activation, AveragePool, Conv, Layer, MaxPool, Op, Pair, Scale, Shape, Sides};

/// A layer in Python: a module, if it has parameters, and the expression for its output.
pub(super) struct Expressed {
    pub module: Option<String>,
    pub expression: String,
}

/// Expresses the layer called `name` that reads `inputs`, the first of shape `reads`; `None` for the images.
pub(super) fn step(layer: &Layer, name: &str, inputs: &[&str], reads: Option<Shape>) -> Option<Expressed> {
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

fn python(truth: bool) -> &'static str {
    if truth { "True" } else { "False" }
}

fn both(pair: Pair) -> String {
    pair.square().map_or(format!("({}, {})", pair.height, pair.width), |side| side.to_string())
}

/// Returns the padding as a pair if it is the same above and below, and left and right.
pub(super) fn symmetric(Sides { top, left, bottom, right }: Sides) -> Option<Pair> {
    ((top, left) == (bottom, right)).then_some(Pair { height: top, width: left })
}

/// Returns a convolution's module, and the argument that it is called with.
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

/// The padding, extended at the end by as much as the last windows need.
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
