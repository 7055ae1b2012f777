//! `zeronas search-report`: several searches side by side.

use super::terminal::print;
use std::path::PathBuf;
use zeronas::Result;
use zeronas::search::report::SearchReportRequest;

/// Compare searches: what they found, how fast, and which is better in paired runs
///
/// Prints means and standard deviations as papers do, and compares every two searches in pairs of runs with the same
/// number. Warns if searches differ in more than their strategy. Writes report.html (curves of the incumbents and their
/// regret against evaluations and simulated seconds, and Pareto fronts with their hypervolume), the figures as SVG, and
/// every table as CSV and Parquet.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  zeronas search-report random rea staged --out strategies")]
pub struct SearchReportArgs {
    /// Folders of finished searches
    #[arg(required = true, value_name = "DIR")]
    searches: Vec<PathBuf>,

    /// Folder for the report; created if missing, and an earlier report in it is replaced
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

/// Reads, compares, prints and writes.
///
/// # Errors
/// Names the folder or file at fault.
pub fn run(args: SearchReportArgs) -> Result<()> {
    print(&SearchReportRequest { searches: args.searches, out: args.out }.run()?.text)
}
