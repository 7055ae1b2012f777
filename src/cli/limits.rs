//! The flag for limits that architectures have to meet.

use zeronas::space::Constraint;

/// Limits of architectures.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct LimitArgs {
    /// Leave out architectures beyond this limit: NAME=MOST, NAME=LEAST.. or NAME=LEAST..MOST, where NAME is params, flops,
    /// effective_params, effective_flops, depth, peak_memory, peak_memory_int8, latency_ms (measured here), latency_ms@FILE.csv (predicted,
    /// see `zeronas latency`), or a numeric column of the tables, if there are any; may be given several times. Units such as 200k, 30M or 256KiB are allowed
    #[arg(long = "limit", value_name = "LIMIT", help_heading = "Architectures")]
    pub limits: Vec<Constraint>,
}
