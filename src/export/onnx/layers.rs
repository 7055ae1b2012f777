//! Layers as ONNX operators.

use super::Writer;
use super::messages::Attribute;
use crate::{Error, Result};
use std::cmp::Ordering;
use zeronas_proxies::network::{
    Activation, AveragePool, BatchNorm, ChannelShuffle, Conv, Crop, Layer, LayerId, LayerNorm, Linear, MaxPool, Op,
    Pair, Shape, Sides, Truncate, Zero,
};

/// Large enough to be the end of any slice.
const END: i64 = i64::MAX;

impl Writer<'_> {
    /// Adds the operators of a layer.
    pub(super) fn layer(&mut self, id: LayerId) -> Result<()> {
        let model = self.model;
        let layer = model.network.layer(id);
        let inputs: Vec<String> = layer.inputs.iter().map(|&input| self.value(input)).collect();
        let inputs: Vec<&str> = inputs.iter().map(String::as_str).collect();
        let (name, to) = (layer.name.as_str(), self.value(id));
        let mut plain = |op: &str, attributes: Vec<Attribute>| self.node(op, name, &inputs, attributes, &to);
        match &layer.op {
            Op::Input(_) => {}
            Op::Sum(_) => plain("Sum", vec![]),
            Op::Mul(_) => plain("Mul", vec![]),
            Op::Concat(_) => plain("Concat", vec![Attribute::int("axis", 1)]),
            Op::GlobalAverage(_) => plain("GlobalAveragePool", vec![]),
            Op::GlobalMax(_) => plain("GlobalMaxPool", vec![]),
            Op::Flatten(_) => self.vector(name, inputs[0], &to),
            Op::Activation(activation) => self.activation(*activation, layer, inputs[0], &to),
            Op::Conv(conv) => self.conv(conv, id, inputs[0], &to),
            Op::Linear(linear) => self.linear(linear, id, inputs[0], &to),
            Op::BatchNorm(norm) => self.batch_norm(norm, id, inputs[0], &to)?,
            Op::LayerNorm(norm) => self.layer_norm(norm, id, inputs[0], &to),
            Op::Scale(_) => {
                let weight = self.parameter(id, 0, Some(&[1, layer.shape.channels, 1, 1]));
                self.node("Mul", name, &[inputs[0], &weight], vec![], &to);
            }
            Op::Truncate(Truncate { channels, first }) => {
                self.slice(name, inputs[0], [(*first as i64, (first + channels) as i64, 1, 1)], &to);
            }
            Op::ChannelShuffle(ChannelShuffle { groups }) => self.shuffle(name, layer, *groups, inputs[0], &to),
            Op::Crop(Crop { margin }) => {
                let Sides { top, left, .. } = *margin;
                let Shape { height, width, .. } = layer.shape;
                let rows = (top as i64, (top + height) as i64, 2, 1);
                self.slice(name, inputs[0], [rows, (left as i64, (left + width) as i64, 3, 1)], &to);
            }
            Op::Zero(zero) => self.zero(zero, id, inputs[0], &to),
            Op::AveragePool(pool) => self.average_pool(pool, id, inputs[0], &to),
            Op::MaxPool(pool) => self.max_pool(pool, id, inputs[0], &to),
        }
        Ok(())
    }

    /// Adds a layer's parameter number `i`, in another shape if one is given, and returns its name.
    fn parameter(&mut self, id: LayerId, i: usize, shape: Option<&[usize]>) -> String {
        let model = self.model;
        let found = model.weights.of_layer(id).nth(i);
        let (place, values) = found.expect("weights fit their network");
        let parameter = &model.network.parameters()[place];
        self.floats(parameter.name.clone(), shape.unwrap_or(&parameter.shape), values)
    }

    fn conv(&mut self, conv: &Conv, id: LayerId, input: &str, to: &str) {
        let name = self.model.network.layer(id).name.clone();
        let mut inputs = vec![input.to_owned(), self.parameter(id, 0, None)];
        if conv.bias {
            inputs.push(self.parameter(id, 1, None));
        }
        let attributes = vec![
            Attribute::ints("kernel_shape", both(conv.kernel)),
            Attribute::ints("strides", both(conv.stride)),
            Attribute::ints("pads", around(conv.padding)),
            Attribute::ints("dilations", both(conv.dilation)),
            Attribute::int("group", conv.groups as i64),
        ];
        self.node("Conv", &name, &inputs.iter().map(String::as_str).collect::<Vec<_>>(), attributes, to);
    }

    fn linear(&mut self, linear: &Linear, id: LayerId, input: &str, to: &str) {
        let name = self.model.network.layer(id).name.clone();
        let (rows, product) = (format!("{name}.rows"), format!("{name}.product"));
        self.node("Flatten", &rows, &[input], vec![Attribute::int("axis", 1)], &rows);
        let mut inputs = vec![rows, self.parameter(id, 0, None)];
        if linear.bias {
            inputs.push(self.parameter(id, 1, None));
        }
        let inputs: Vec<&str> = inputs.iter().map(String::as_str).collect();
        self.node("Gemm", &name, &inputs, vec![Attribute::int("transB", 1)], &product);
        self.vector(&format!("{name}.vector"), &product, to);
    }

    /// Flattens each image to a vector, images x numbers x 1 x 1.
    fn vector(&mut self, name: &str, input: &str, to: &str) {
        let shape = self.ints(format!("{name}.shape"), &[0, -1, 1, 1]);
        self.node("Reshape", name, &[input, &shape], vec![], to);
    }

    fn batch_norm(&mut self, norm: &BatchNorm, id: LayerId, input: &str, to: &str) -> Result<()> {
        let model = self.model;
        let layer = model.network.layer(id);
        let name = layer.name.as_str();
        let channels = model.running.of_layer(id).ok_or_else(|| {
            let reason = "has no running statistics".to_owned();
            Error::from(zeronas_proxies::Error::Layer { layer: name.to_owned(), reason })
        })?;
        let count = channels.mean.len();
        let [scale, shift] = if norm.affine {
            [0, 1].map(|i| self.parameter(id, i, None))
        } else {
            // Named like the constants of PyTorch's exporter, so that readers of the file do not take them for parameters.
            [("weight", 1.0), ("bias", 0.0)]
                .map(|(what, value)| self.floats(format!("onnx::{name}.{what}"), &[count], &vec![value; count]))
        };
        let mean = self.floats(format!("{name}.running_mean"), &[count], &channels.mean);
        let variance = self.floats(format!("{name}.running_var"), &[count], &channels.variance);
        let attributes = vec![Attribute::float("epsilon", norm.eps as f32)];
        self.node("BatchNormalization", name, &[input, &scale, &shift, &mean, &variance], attributes, to);
        Ok(())
    }

    /// ONNX normalises over the last dimensions, so the channels have to be moved there and back.
    fn layer_norm(&mut self, norm: &LayerNorm, id: LayerId, input: &str, to: &str) {
        let layer = self.model.network.layer(id);
        let (name, count) = (layer.name.clone(), layer.shape.channels);
        let [last, normal] = ["last", "normal"].map(|part| format!("{name}.{part}"));
        self.node("Transpose", &last, &[input], vec![Attribute::ints("perm", [0, 2, 3, 1])], &last);
        let mut inputs = vec![last];
        if norm.affine {
            inputs.extend([0, 1].map(|i| self.parameter(id, i, None)));
        } else {
            inputs.push(self.floats(format!("onnx::{name}.weight"), &[count], &vec![1.0; count]));
        }
        let attributes = vec![Attribute::int("axis", -1), Attribute::float("epsilon", norm.eps as f32)];
        let inputs: Vec<&str> = inputs.iter().map(String::as_str).collect();
        self.node("LayerNormalization", &name, &inputs, attributes, &normal);
        let back = vec![Attribute::ints("perm", [0, 3, 1, 2])];
        self.node("Transpose", &format!("{name}.first"), &[&normal], back, to);
    }

    fn activation(&mut self, activation: Activation, layer: &Layer, x: &str, to: &str) {
        let name = layer.name.as_str();
        let part = |part: &str| format!("{name}.{part}");
        match activation {
            Activation::Relu => self.node("Relu", name, &[x], vec![], to),
            Activation::Sigmoid => self.node("Sigmoid", name, &[x], vec![], to),
            Activation::Tanh => self.node("Tanh", name, &[x], vec![], to),
            Activation::HardSwish => self.node("HardSwish", name, &[x], vec![], to),
            Activation::LeakyRelu { slope } => {
                self.node("LeakyRelu", name, &[x], vec![Attribute::float("alpha", slope as f32)], to);
            }
            Activation::HardSigmoid => {
                let sixth = Attribute::float("alpha", 1.0 / 6.0);
                self.node("HardSigmoid", name, &[x], vec![sixth, Attribute::float("beta", 0.5)], to);
            }
            Activation::Relu6 => {
                let least = self.floats(part("least"), &[], &[0.0]);
                let most = self.floats(part("most"), &[], &[6.0]);
                self.node("Clip", name, &[x, &least, &most], vec![], to);
            }
            Activation::Silu => {
                let gate = part("gate");
                self.node("Sigmoid", &gate, &[x], vec![], &gate);
                self.node("Mul", name, &[x, &gate], vec![], to);
            }
            Activation::Gelu => {
                let [root, half, one] = [std::f32::consts::FRAC_1_SQRT_2, 0.5, 1.0];
                let [root, half, one] = [("root", root), ("half", half), ("one", one)]
                    .map(|(what, value)| self.floats(part(what), &[], &[value]));
                let [scaled, erf, more, share] = ["scaled", "erf", "more", "share"].map(part);
                self.node("Mul", &scaled, &[x, &root], vec![], &scaled);
                self.node("Erf", &erf, &[&scaled], vec![], &erf);
                self.node("Add", &more, &[&erf, &one], vec![], &more);
                self.node("Mul", &share, &[&more, &half], vec![], &share);
                self.node("Mul", name, &[x, &share], vec![], to);
            }
        }
    }

    /// Slices the input; each cut is (start, end, axis, step).
    fn slice<const N: usize>(&mut self, name: &str, input: &str, cuts: [(i64, i64, i64, i64); N], to: &str) {
        let starts = self.ints(format!("{name}.starts"), &cuts.map(|cut| cut.0));
        let ends = self.ints(format!("{name}.ends"), &cuts.map(|cut| cut.1));
        let axes = self.ints(format!("{name}.axes"), &cuts.map(|cut| cut.2));
        let steps = self.ints(format!("{name}.steps"), &cuts.map(|cut| cut.3));
        self.node("Slice", name, &[input, &starts, &ends, &axes, &steps], vec![], to);
    }

    /// Shuffles channels: splits them into groups, swaps groups and channels, and merges them again.
    fn shuffle(&mut self, name: &str, layer: &Layer, groups: usize, input: &str, to: &str) {
        let [apart, dealt] = ["apart", "dealt"].map(|part| format!("{name}.{part}"));
        let Shape { channels, height, width } = layer.shape;
        let [groups, channels, height, width] = [groups, channels, height, width].map(|size| size as i64);
        let split = self.ints(format!("{apart}.shape"), &[0, groups, channels / groups, height, width]);
        self.node("Reshape", &apart, &[input, &split], vec![], &apart);
        self.node("Transpose", &dealt, &[&apart], vec![Attribute::ints("perm", vec![0, 2, 1, 3, 4])], &dealt);
        let whole = self.ints(format!("{name}.shape"), &[0, channels, height, width]);
        self.node("Reshape", name, &[&dealt, &whole], vec![], to);
    }

    /// Adds zeros: the input times 0, strided, with fewer or more channels.
    fn zero(&mut self, zero: &Zero, id: LayerId, input: &str, to: &str) {
        let network = &self.model.network;
        let layer = network.layer(id);
        let (name, channels) = (layer.name.as_str(), layer.shape.channels);
        let found = network.layer(layer.inputs[0]).shape.channels;
        let (thins, changes) = (zero.stride != Pair::ONE, channels != found);
        let value = |part: &str, is_last: bool| if is_last { to.to_owned() } else { format!("{name}.{part}") };
        let factor = self.floats(format!("{name}.factor"), &[], &[0.0]);
        let mut zeros = value("zeros", !thins && !changes);
        self.node("Mul", name, &[input, &factor], vec![], &zeros);
        if thins {
            let [down, across] = both(zero.stride).map(|stride| stride as i64);
            let thin = value("thin", !changes);
            self.slice(&format!("{name}.thin"), &zeros, [(0, END, 2, down), (0, END, 3, across)], &thin);
            zeros = thin;
        }
        match channels.cmp(&found) {
            Ordering::Equal => {}
            Ordering::Less => self.slice(&format!("{name}.fewer"), &zeros, [(0, channels as i64, 1, 1)], to),
            Ordering::Greater => {
                let more = [0, 0, 0, 0, 0, channels - found, 0, 0].map(|side| side as i64);
                let pads = self.ints(format!("{name}.pads"), &more);
                self.node("Pad", &format!("{name}.more"), &[&zeros, &pads], vec![], to);
            }
        }
    }

    fn average_pool(&mut self, pool: &AveragePool, id: LayerId, input: &str, to: &str) {
        let name = self.model.network.layer(id).name.clone();
        let overhang = self.overhang(id, pool.kernel, pool.stride, pool.padding);
        let mut input = input.to_owned();
        let mut pads = overhang;
        if pool.count_include_padding {
            // The part of a window beyond the padding must not count, so the padding is an operator of its own.
            let Sides { top, left, bottom, right } = pool.padding;
            let padded = format!("{name}.padded");
            let before = [0, 0, top, left, 0, 0, bottom, right].map(|side| side as i64);
            let amounts = self.ints(format!("{name}.pads"), &before);
            self.node("Pad", &padded, &[&input, &amounts], vec![], &padded);
            input = padded;
            pads = Sides { top: 0, left: 0, bottom: overhang.bottom - bottom, right: overhang.right - right };
        }
        let attributes = windows(pool.kernel, pool.stride, pads);
        self.node("AveragePool", &name, &[&input], attributes, to);
    }

    fn max_pool(&mut self, pool: &MaxPool, id: LayerId, input: &str, to: &str) {
        let name = self.model.network.layer(id).name.clone();
        let pads = self.overhang(id, pool.kernel, pool.stride, pool.padding);
        self.node("MaxPool", &name, &[input], windows(pool.kernel, pool.stride, pads), to);
    }

    /// The padding of a pool, extended at the end by as much as its last windows need. This replaces the attribute `ceil_mode`, which
    /// programs interpret in more than one way.
    fn overhang(&self, id: LayerId, kernel: Pair, stride: Pair, padding: Sides) -> Sides {
        let network = &self.model.network;
        let layer = network.layer(id);
        let input = network.layer(layer.inputs[0]).shape;
        let end = |count: usize, kernel: usize, stride: usize, before: usize, side: usize, after: usize| {
            ((count - 1) * stride + kernel).saturating_sub(before + side).max(after)
        };
        let Shape { height, width, .. } = layer.shape;
        let Sides { top, left, bottom, right } = padding;
        Sides {
            bottom: end(height, kernel.height, stride.height, top, input.height, bottom),
            right: end(width, kernel.width, stride.width, left, input.width, right),
            ..padding
        }
    }
}

fn both(pair: Pair) -> [usize; 2] {
    [pair.height, pair.width]
}

fn around(Sides { top, left, bottom, right }: Sides) -> [usize; 4] {
    [top, left, bottom, right]
}

fn windows(kernel: Pair, stride: Pair, pads: Sides) -> Vec<Attribute> {
    vec![
        Attribute::ints("kernel_shape", both(kernel)),
        Attribute::ints("strides", both(stride)),
        Attribute::ints("pads", around(pads)),
    ]
}
