//! 3x3 convolutions of stride 1 and padding 1 by Winograd's F(4x4, 3x3), with a quarter of the multiplications.
//!
//! One block of tiles at a time stays in cache: input transform, 36 small matrix products, output transform. Activations are
//! NHWC, the input with a zero border of one pixel; weights are transformed once per network. The relative L2 error of one layer
//! is 4e-7 to 9e-7, that of a direct convolution in f32 about 2e-7.
//!
//! Every call takes one chunk of images and runs on the calling thread. Outputs do not depend on how images are divided into
//! chunks, but channel sums and weight gradients do. So callers that need the same bits for any number of threads must divide the
//! batch into fixed chunks and add their sums in order.

mod ahead;
mod buffer;
mod forward;
mod gradient;
mod lanes;
mod layer;
mod product;
#[cfg(test)]
mod tests;
mod transform;
mod weights;

pub use buffer::Buffer;
pub use forward::{Output, Sums, forward};
pub use gradient::weight_gradient;
pub use lanes::Vectors;
pub use layer::{Layer, Plane};
pub use weights::{finish_weight_gradient, transform_transposed_weights, transform_weights, transformed_len};

use super::layout::odd_lines;
use transform::PLACES;

/// Buffers of the kernels, one set per thread, reused from call to call.
#[derive(Debug, Default)]
pub struct Scratch {
    /// The vectors to compute with: 8 and 16 lanes give the same bits, plain arrays may give others.
    pub vectors: Vectors,
    tiles: Buffer,
    sums: Buffer,
}

/// Returns room for blocks of `tiles` in two transformed forms, `[36][tiles][channels]`, each with its stride.
fn places(room: &mut Buffer, tiles: usize, first: usize, second: usize) -> [(&mut [f32], usize); 2] {
    // The 36 places of a tile map to different sets of the cache.
    let (a, b) = (odd_lines::<f32>(tiles * first), odd_lines::<f32>(tiles * second));
    let (v, m) = room.at_least(PLACES * (a + b)).split_at_mut(PLACES * a);
    [(v, a), (m, b)]
}

/// Tiles in a block: enough to amortise fetching the weights, few enough for the second-level cache.
const BLOCK: usize = 32;

/// Returns the vector at `at`.
///
/// # Safety
/// `at + N` must not exceed the length of `from`.
#[inline(always)]
unsafe fn vector<const N: usize>(from: &[f32], at: usize) -> &[f32; N] {
    debug_assert!(at + N <= from.len());
    // SAFETY: within the slice, as the caller promises.
    unsafe { &*from.as_ptr().add(at).cast() }
}

/// Returns the vector at `at`, for writing.
///
/// # Safety
/// `at + N` must not exceed the length of `to`.
#[inline(always)]
unsafe fn vector_mut<const N: usize>(to: &mut [f32], at: usize) -> &mut [f32; N] {
    debug_assert!(at + N <= to.len());
    // SAFETY: within the slice, as the caller promises.
    unsafe { &mut *to.as_mut_ptr().add(at).cast() }
}
