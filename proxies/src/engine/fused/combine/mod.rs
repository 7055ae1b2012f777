//! Combinations: sums of normalised terms, rectified and coded in the same pass over memory.
//!
//! Such passes are bound by memory, so everything that is known of a sum is done while it is in registers: the
//! normalisation of each term, the sum, its rectified copy and the packing of its ReLU codes.

mod activate;
mod blend;
mod codes;
mod reduce;
mod spread;

pub(super) use activate::{Activate, ActivateBackward};
pub(super) use blend::{Blend, Scaled};
pub(super) use codes::CodeWriter;
pub(super) use reduce::Reduce;
pub(super) use spread::{NormFactors, Spread};
