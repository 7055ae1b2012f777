//! The kernels and their source text.

use super::arguments::DECLARATIONS;
use super::tuning::Tuning;
use crate::engine::Precision;
use crate::network::{Activation, Rule};

macro_rules! kernels {
    ($($variant:ident => $name:literal),* $(,)?) => {
        /// A kernel.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Kernel {
            $(#[doc = concat!("`", $name, "`")] $variant,)*
        }

        impl Kernel {
            /// All kernels.
            pub const ALL: &[Kernel] = &[$(Kernel::$variant),*];

            /// Returns its name in the source.
            pub fn name(self) -> &'static str {
                match self {
                    $(Kernel::$variant => $name,)*
                }
            }
        }
    };
}

kernels! {
    Conv16 => "conv_16",
    Conv32 => "conv_32",
    Conv64 => "conv_64",
    ConvGrouped => "conv_grouped",
    WeightGradient16 => "weight_gradient_16",
    WeightGradient32 => "weight_gradient_32",
    WeightGradientGrouped => "weight_gradient_grouped",
    SumParts => "sum_parts",
    ChannelSums => "channel_sums",
    NormForward => "norm_forward",
    NormBackward => "norm_backward",
    Combine => "combine",
    ActivationBackward => "activation_backward",
    Spread => "spread",
    CopyChannels => "copy_channels",
    AveragePool => "average_pool",
    MaxPool => "max_pool",
    AveragePoolBackward => "average_pool_backward",
    MaxPoolBackward => "max_pool_backward",
    GlobalAverage => "global_average",
    GlobalAverageBackward => "global_average_backward",
    Product => "product",
    ProductSums => "product_sums",
    Crop => "crop",
    LayerNorm => "layer_norm",
    LayerNormBackward => "layer_norm_backward",
    Generate => "generate",
    PlaneProducts => "plane_products",
    CodeDistances => "code_distances",
}

/// Number of threads per block.
pub const BLOCK: u32 = 128;

/// The number by which kernels know an activation, and its slope if it has a setting of that name.
pub(super) fn number(activation: Activation) -> (i32, f64) {
    let place = Activation::all().position(|other| other.name() == activation.name()).unwrap_or(0);
    let slope = if let Activation::LeakyRelu { slope } = activation { slope } else { 0.0 };
    (place as i32, slope)
}

/// The names of those numbers.
fn activations() -> String {
    let names = Activation::all().map(|activation| activation.name().to_uppercase());
    names.enumerate().map(|(place, name)| format!("#define {name} {place}\n")).collect()
}

/// The number by which kernels know a rule for a parameter's values, and the rule's own parameter.
pub(super) fn rule_number(rule: Rule) -> (i32, f64) {
    match rule {
        Rule::Constant(value) => (0, value),
        Rule::Symmetric(bound) => (1, bound),
        Rule::Around(start) => (2, start),
        Rule::Normal(deviation) => (3, deviation),
        Rule::TruncatedNormal(deviation) => (4, deviation),
    }
}

/// The names of those numbers.
const RULES: &str = "#define SYMMETRIC 1\n#define AROUND 2\n#define NORMAL 3\n#define TRUNCATED_NORMAL 4\n";

/// Returns the source of all kernels in one precision: CUDA C++ for NVRTC, C++ for any other compiler.
pub fn source(precision: Precision, tuning: &Tuning) -> String {
    let real = match precision {
        Precision::F32 => "float",
        Precision::F64 => "double",
    };
    [
        &format!("#define REAL {real}\n"),
        &activations(),
        RULES,
        &tuning.definitions(),
        include_str!("kernels/prelude.cu"),
        DECLARATIONS,
        include_str!("kernels/activation.cu"),
        include_str!("kernels/conv.cu"),
        include_str!("kernels/weight_gradient.cu"),
        include_str!("kernels/norm.cu"),
        include_str!("kernels/combine.cu"),
        include_str!("kernels/pool.cu"),
        include_str!("kernels/layer_norm.cu"),
        include_str!("kernels/measure.cu"),
        include_str!("kernels/generate.cu"),
    ]
    .concat()
}
