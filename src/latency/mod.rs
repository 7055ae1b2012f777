//! How long a network takes for one image: measured on this machine, or predicted from a table of operators measured on any device.
//!
//! Measurements are of inference: the live part of the network, batch norms folded into the layers before them, one image, one thread
//! unless more are asked for. A prediction is the sum over the network's [operators](Operator), so that only the operators need to be
//! measured on a device, not every network.

mod check;
mod measure;
mod operator;
mod stopwatch;
mod table;
mod template;

pub use check::{CheckRequest, Checked};
pub use measure::{MeasureRequest, Measured};
pub use operator::{Operator, operators};
pub use stopwatch::{Stopwatch, Timing};
pub use table::OperatorTable;
pub use template::{Template, TemplateRequest};

use crate::Result;
use std::path::Path;
use std::sync::Arc;
use zeronas_proxies::network::Network;

/// Computes the milliseconds that a network takes for one image.
pub type Latency = Arc<dyn Fn(&Network) -> Result<f64> + Send + Sync>;

/// The latency that is measured on this machine, or that the operator table at `table` predicts.
///
/// # Errors
/// If the table cannot be read.
pub fn latency(table: Option<&Path>) -> Result<Latency> {
    Ok(match table {
        Some(path) => {
            let table = OperatorTable::open(path)?;
            Arc::new(move |net| table.predict(net))
        }
        None => {
            let stopwatch = Stopwatch::new(1, Stopwatch::REPEATS)?;
            Arc::new(move |net| Ok(stopwatch.time(&net.folded()?)?.median_ms))
        }
    })
}
