//! The arguments of kernels: each set is declared once, for Rust and for the kernels' C++.

/// An address in a device's memory; 0 stands for none.
pub type Address = u64;

/// The arguments of a kernel.
pub(super) trait Arguments {
    /// Addresses that it reads; 0 for what is not given.
    fn reads(&self) -> Vec<Address>;
    /// Addresses that it writes, and may read; 0 for what is not wanted.
    fn writes(&self) -> Vec<Address>;
    /// The bytes of the C++ structure.
    fn encode(&self) -> Vec<u8>;
}

macro_rules! arguments {
    ($($(#[$doc:meta])* $name:ident {
        reads { $($read:ident: $read_type:ident),* }
        writes { $($written:ident: $written_type:ident),* }
        $(reals { $($real:ident),* })?
        numbers { $($number:ident),* }
    })*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Copy, Debug, Default)]
            pub(super) struct $name {
                $(pub $read: Address,)*
                $(pub $written: Address,)*
                $($(pub $real: f64,)*)?
                $(pub $number: i32,)*
            }

            impl Arguments for $name {
                fn reads(&self) -> Vec<Address> {
                    vec![$(self.$read),*]
                }

                fn writes(&self) -> Vec<Address> {
                    vec![$(self.$written),*]
                }

                fn encode(&self) -> Vec<u8> {
                    let mut bytes = Vec::new();
                    $(bytes.extend(self.$read.to_ne_bytes());)*
                    $(bytes.extend(self.$written.to_ne_bytes());)*
                    $($(bytes.extend(self.$real.to_ne_bytes());)*)?
                    $(bytes.extend(self.$number.to_ne_bytes());)*
                    // The structure is as aligned as its pointers.
                    bytes.resize(bytes.len().next_multiple_of(size_of::<Address>()), 0);
                    bytes
                }
            }
        )*

        /// The structures in C++.
        pub(super) const DECLARATIONS: &str = concat!($(
            "struct ", stringify!($name), " {\n",
            $("    const ", stringify!($read_type), "* ", stringify!($read), ";\n",)*
            $("    ", stringify!($written_type), "* ", stringify!($written), ";\n",)*
            $($("    double ", stringify!($real), ";\n",)*)?
            $("    int ", stringify!($number), ";\n",)*
            "};\n",
        )*);
    };
}

arguments! {
    /// A convolution, or with `transposed` its gradient with respect to the input; then "in" refers to the incoming gradient. The weight
    /// of output channel o, input channel i of its group and tap t is at `o * weight_out + i * weight_in + t`; in a transposed convolution
    /// with several groups, o counts within its group and i over all groups. `sums` receives, for each block of pixels, the channels' sums
    /// and sums of squares.
    Conv {
        reads { x: real, w: real, bias: real, gate: real }
        writes { y: real, sums: double }
        numbers {
            images, in_channels, in_height, in_width, out_channels, out_height, out_width, kernel_height, kernel_width,
            stride_down, stride_across, padding_top, padding_left, dilation_down, dilation_across, groups,
            transposed, weight_out, weight_in, add
        }
    }

    /// The gradient with respect to a convolution's weight, in `parts` parts.
    WeightGradient {
        reads { g: real, x: real }
        writes { partial: real }
        numbers {
            images, parts, in_channels, in_height, in_width, out_channels, out_height, out_width, kernel_height, kernel_width,
            stride_down, stride_across, padding_top, padding_left, dilation_down, dilation_across, groups
        }
    }

    /// A parameter's values, generated from their counters by a rule with parameter `factor`. The key of their stream is in two halves.
    Generate {
        reads { }
        writes { to: real }
        reals { factor }
        numbers { key_high, key_low, length, rule, absolute }
    }

    /// Parts of equal length, and their sum.
    SumParts {
        reads { partial: real }
        writes { total: real }
        numbers { parts, length }
    }

    /// The sums over the batch of g and of g * x for each channel, in `parts` parts.
    ChannelSums {
        reads { g: real, x: real }
        writes { sums: double }
        numbers { images, channels, area, parts }
    }

    /// A batch norm's statistics and its factors and constants.
    NormForward {
        reads { sums: double, scale: real, shift: real }
        writes { statistics: double, factors: real }
        reals { epsilon }
        numbers { parts, channels, count }
    }

    /// A batch norm's backward step.
    NormBackward {
        reads { sums: double, statistics: double, scale: real }
        writes { factors: real, by_scale: real, by_shift: real }
        numbers { parts, channels, count, measured }
    }

    /// A sum of terms: its value, its activation, and its codes of `words` 32-bit words per image.
    Combine {
        reads {
            x0: real, x1: real, x2: real, x3: real, factors0: real, factors1: real, factors2: real, factors3: real
        }
        writes { raw: real, activated: real, codes: u32 }
        reals { slope }
        numbers { channels, area, words, activation }
    }

    /// A gradient that is passed on to a term.
    Spread {
        reads { g: real, x: real, factors: real, gate: real }
        writes { to: real }
        numbers { channels, area, length, add }
    }

    /// A gradient with respect to an activation's output, taken through the activation.
    Activation {
        reads { x: real, g: real }
        writes { to: real }
        reals { slope }
        numbers { length, add, activation }
    }

    /// The product of two values, or of a gradient and a factor. The one at b may be a vector, which has one number for each
    /// plane.
    Product {
        reads { a: real, b: real, gate: real }
        writes { to: real }
        numbers { planes, area, vector, add }
    }

    /// A copy of consecutive or evenly spaced channels.
    CopyChannels {
        reads { from: real, gate: real }
        writes { to: real }
        numbers { images, area, from_channels, from_first, from_between, to_channels, to_first, to_between, count, add, fill }
    }

    /// A pool over `planes` planes (one image, one channel) of height x width. In the backward step, y is the gradient with respect to x.
    Pool {
        reads { x: real, by_y: real, gate: real }
        writes { y: real }
        numbers {
            planes, height, width, out_height, out_width, kernel_height, kernel_width, stride_down, stride_across, padding_top,
            padding_left, padding_bottom, padding_right, padding_counts, add
        }
    }

    /// Cropped planes: pixel (0, 0) of a plane comes from (top, left), which may lie outside, where values are zero.
    Crop {
        reads { from: real, gate: real }
        writes { to: real }
        numbers { planes, from_height, from_width, to_height, to_width, top, left, add }
    }

    /// The channels of each pixel normalised. In the backward step, y is the gradient with respect to x.
    LayerNorm {
        reads { x: real, by_y: real, scale: real, shift: real, gate: real }
        writes { y: real }
        reals { epsilon }
        numbers { images, channels, area, add }
    }

    /// The sums over planes of value times gradient.
    PlaneProducts {
        reads { value: real, gradient: real }
        writes { sums: double }
        numbers { area }
    }

    /// The distances between the images' codes.
    CodeDistances {
        reads { codes: u32 }
        writes { distances: u32 }
        numbers { images, words }
    }
}
