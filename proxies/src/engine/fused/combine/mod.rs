//! Combinations: sums of normalised terms, with ReLU and its codes in the same pass over memory.
//!
//! Such passes are bound by memory, so everything is done while a sum is in registers: the normalisation of each term, the sum,
//! its rectified copy and the packing of its ReLU codes.

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
