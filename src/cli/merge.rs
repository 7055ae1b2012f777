//! `zeronas merge`: combines the parts of a split job.

use super::terminal::done;
use std::path::PathBuf;
use zeronas::Result;
use zeronas::job::{MergeRequest, Merged};

/// Combine the parts of a job that was split with --shard
///
/// The combined file has the rows of the unsplit job, in the same order. All parts must come from one job: their manifests may differ only
/// in the part, and together they must hold every architecture once. Missing and duplicate parts are named.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  zeronas merge part-*.parquet --out scores.parquet
  zeronas merge part1.csv part2.csv --out scores.csv")]
pub struct MergeArgs {
    /// Score files of all parts, Parquet or CSV, in any order
    #[arg(required = true, value_name = "PART")]
    parts: Vec<PathBuf>,

    /// The combined file: CSV if the name ends in .csv, otherwise Parquet
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// Merges and says so.
pub fn run(args: MergeArgs) -> Result<()> {
    let request = MergeRequest { parts: args.parts, out: args.out };
    let Merged { archs, rows } = request.run()?;
    let (out, parts) = (request.out.display(), request.parts.len());
    done(
        &format!("{out}: {archs} architectures, {rows} rows, from {parts} parts"),
        [
            ("out", out.to_string().into()),
            ("architectures", archs.into()),
            ("rows", rows.into()),
            ("parts", parts.into()),
        ],
    )
}
