//! Code shared by the proxies that read their score off the network.

use super::{Measured, Measurement};
use crate::engine::Observer;

/// A score that is known before anything runs.
pub(super) struct Known(pub u64);

impl Observer for Known {}

impl Measurement for Known {
    fn finish(self: Box<Self>) -> Measured {
        Ok(self.0 as f64)
    }
}
