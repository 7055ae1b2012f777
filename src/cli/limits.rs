//! The flag that says what architectures have to keep to.

use zeronas::space::Constraint;

/// Limits of architectures.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct LimitArgs {
    /// Leave out architectures beyond this limit: NAME=MOST, NAME=LEAST.. or NAME=LEAST..MOST of params, flops, effective_params,
    /// effective_flops, depth, peak_memory, peak_memory_int8, latency_ms (measured here; latency_ms@FILE.csv as `zeronas latency`
    /// predicts), or a numeric column of the tables, with units such as 200k, 30M or 256KiB; may be given several times
    #[arg(long = "limit", value_name = "LIMIT", help_heading = "Architectures")]
    pub limits: Vec<Constraint>,
}
