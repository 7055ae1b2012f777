//! The kinds of layers a network is made of, one file each.
//!
//! A kind knows three things about itself, all of them without running: the shape of its output, the parameters it
//! holds and its cost. Engines know how to run it.

mod average_pool;
mod batch_norm;
mod concat;
mod conv;
mod global_average;
mod linear;
mod max_pool;
mod relu;
mod sum;
mod truncate;
mod zero;

pub use average_pool::AveragePool;
pub use batch_norm::BatchNorm;
pub use concat::Concat;
pub use conv::Conv;
pub use global_average::GlobalAverage;
pub use linear::Linear;
pub use max_pool::MaxPool;
pub use relu::Relu;
pub use sum::Sum;
pub use truncate::Truncate;
pub use zero::Zero;

use super::parameter::ParameterSpec;
use super::shape::Shape;

/// What a kind of layer tells about itself. Errors are texts: the network adds the layer's name.
pub trait LayerKind {
    /// Shape of the output for inputs of these shapes, or why they do not fit.
    fn output_shape(&self, inputs: &[Shape]) -> Result<Shape, String>;

    /// The parameter tensors, in the order in which a forward pass uses them.
    fn parameters(&self, _inputs: &[Shape]) -> Vec<ParameterSpec> {
        Vec::new()
    }

    /// Multiply-accumulates for one image by the NATS-Bench counter: convolutions and linear layers count, a linear
    /// bias counts one per output, everything else is free.
    fn flops(&self, _inputs: &[Shape], _output: Shape) -> u64 {
        0
    }
}

/// A layer's kind with its settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Op {
    /// The images.
    Input(Shape),
    /// Convolution without bias.
    Conv(Conv),
    /// Batch norm with the statistics of the batch.
    BatchNorm(BatchNorm),
    /// max(x, 0).
    Relu(Relu),
    /// Sum of the inputs.
    Sum(Sum),
    /// The inputs' channels one after another.
    Concat(Concat),
    /// The first channels of the input.
    Truncate(Truncate),
    /// Average pool.
    AveragePool(AveragePool),
    /// Max pool.
    MaxPool(MaxPool),
    /// Mean over all pixels.
    GlobalAverage(GlobalAverage),
    /// Linear layer with bias.
    Linear(Linear),
    /// Zeros in the shape of the input.
    Zero(Zero),
}

impl Op {
    /// A word for the kind, for people.
    pub fn kind(&self) -> &'static str {
        match self {
            Op::Input(_) => "input",
            Op::Conv(_) => "conv",
            Op::BatchNorm(_) => "batch norm",
            Op::Relu(_) => "ReLU",
            Op::Sum(_) => "sum",
            Op::Concat(_) => "concat",
            Op::Truncate(_) => "truncate",
            Op::AveragePool(_) => "average pool",
            Op::MaxPool(_) => "max pool",
            Op::GlobalAverage(_) => "global average",
            Op::Linear(_) => "linear",
            Op::Zero(_) => "zero",
        }
    }

    fn as_kind(&self) -> &dyn LayerKind {
        match self {
            Op::Input(shape) => shape,
            Op::Conv(kind) => kind,
            Op::BatchNorm(kind) => kind,
            Op::Relu(kind) => kind,
            Op::Sum(kind) => kind,
            Op::Concat(kind) => kind,
            Op::Truncate(kind) => kind,
            Op::AveragePool(kind) => kind,
            Op::MaxPool(kind) => kind,
            Op::GlobalAverage(kind) => kind,
            Op::Linear(kind) => kind,
            Op::Zero(kind) => kind,
        }
    }
}

impl LayerKind for Op {
    fn output_shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        self.as_kind().output_shape(inputs)
    }

    fn parameters(&self, inputs: &[Shape]) -> Vec<ParameterSpec> {
        self.as_kind().parameters(inputs)
    }

    fn flops(&self, inputs: &[Shape], output: Shape) -> u64 {
        self.as_kind().flops(inputs, output)
    }
}

/// The images' own shape: a network's input layer has no settings beyond it.
impl LayerKind for Shape {
    fn output_shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        if !inputs.is_empty() {
            return Err(format!("takes no input, got {}", inputs.len()));
        }
        if self.is_empty() { Err(format!("images of shape {self} hold nothing")) } else { Ok(*self) }
    }
}

/// The one input of a layer that takes exactly one.
fn single(inputs: &[Shape]) -> Result<Shape, String> {
    match inputs {
        [one] => Ok(*one),
        _ => Err(format!("takes one input, got {}", inputs.len())),
    }
}

/// Side of a window's output: windows of `kernel` every `stride` over `side` pixels padded by `padding` on both ends.
fn windows(side: usize, kernel: usize, stride: usize, padding: usize) -> Result<usize, String> {
    if kernel == 0 || stride == 0 {
        return Err(format!("kernel {kernel} and stride {stride} must be at least 1"));
    }
    match (side + 2 * padding).checked_sub(kernel) {
        Some(room) => Ok(room / stride + 1),
        None => Err(format!("a side of {side} with padding {padding} is smaller than the kernel {kernel}")),
    }
}
