//! `zeronas status`: the progress of jobs.

use super::terminal::{complain, print};
use std::path::PathBuf;
use std::time::SystemTime;
use zeronas::Result;
use zeronas::status::{Found, StatusRequest, text};

/// Show the progress of jobs: running, cut off or finished
///
/// Reads the jobs' files and changes nothing, so it works from any machine that can see them. A job that was cut off continues with the
/// same command and --resume. The parts of a split job are added up, and missing ones are named.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  zeronas status scores.parquet
  zeronas status parts found confirmed
  zeronas status parts --json")]
pub struct StatusArgs {
    /// Score files, journals and folders of results, or folders that contain them
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
}

/// Looks and tells.
///
/// # Errors
/// Names the paths where there is no job, after what there is to say of the others.
pub fn run(args: StatusArgs) -> Result<()> {
    let Found { jobs, mut errors } = StatusRequest { paths: args.paths }.run();
    if !jobs.is_empty() {
        print(&text(&jobs, SystemTime::now()))?;
    }
    let last = errors.pop();
    errors.iter().for_each(complain);
    last.map_or(Ok(()), Err)
}
