//! `zeronas status`: how far jobs are.

use super::terminal::print;
use std::path::PathBuf;
use std::time::SystemTime;
use zeronas::Result;
use zeronas::status::{StatusRequest, text};

/// Say how far jobs are: running, cut off or finished
///
/// Reads the job's files and changes nothing, so it works from any machine that can see them. A job that was cut off continues with the
/// same command and --resume. The parts of a split job are added up, and those that are not there are named.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  zeronas status scores.parquet
  zeronas status parts found confirmed
  zeronas status parts --json")]
pub struct StatusArgs {
    /// Score files, journals and folders of results, or folders with such in them
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
}

/// Looks and tells.
///
/// # Errors
/// Names the path where there is no job.
pub fn run(args: StatusArgs) -> Result<()> {
    let jobs = StatusRequest { paths: args.paths }.run()?;
    print(&text(&jobs, SystemTime::now()))
}
