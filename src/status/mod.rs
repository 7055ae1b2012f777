//! The progress of jobs, read from the files that they leave: running, cut off, or finished. Nothing is changed.

mod found;
mod text;

use crate::{Error, Result};
use found::found;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

pub use text::text;

/// Reports the progress of jobs.
#[derive(Clone, Debug)]
pub struct StatusRequest {
    /// Score files, journals and folders of results, or folders that contain them.
    pub paths: Vec<PathBuf>,
}

/// The progress of a job.
#[derive(Clone, Debug, PartialEq)]
pub struct Status {
    /// Its score file or folder.
    pub path: PathBuf,
    /// The command that runs it.
    pub command: &'static str,
    /// Whether it is under way.
    pub state: State,
    /// How much is done.
    pub done: usize,
    /// How much there is to do.
    pub total: Total,
    /// What is counted.
    pub unit: &'static str,
    /// Which part of a split job it is, and the number of parts.
    pub part: Option<(usize, usize)>,
    /// When its first and its last result was written.
    pub written: (Option<SystemTime>, Option<SystemTime>),
    /// Other information about it.
    pub about: String,
}

/// Whether a job is under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// A process is at work.
    Running,
    /// It is not finished, and no process is working on it; it can be continued with `resume`.
    CutOff,
    /// All is done.
    Finished,
}

impl State {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            State::Running => "running",
            State::CutOff => "cut off",
            State::Finished => "finished",
        }
    }
}

/// How much there is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Total {
    /// Exactly this much.
    Exactly(usize),
    /// At most this much: only the job itself knows which architectures are the same network.
    AtMost(usize),
}

impl Total {
    /// The number.
    pub fn number(self) -> usize {
        match self {
            Total::Exactly(number) | Total::AtMost(number) => number,
        }
    }
}

impl Status {
    /// Estimates the seconds until it is finished from its speed so far; `None` if it is not running or nothing is done yet.
    pub fn seconds_left(&self, now: SystemTime) -> Option<f64> {
        let gone = now.duration_since(self.written.0?).ok()?.as_secs_f64();
        let left = self.total.number().saturating_sub(self.done);
        (self.state == State::Running && self.done > 0).then(|| gone / self.done as f64 * left as f64)
    }
}

/// The jobs that were found at some paths.
#[derive(Debug, Default)]
pub struct Found {
    /// The jobs, in the order of the paths, and in folders of jobs by name.
    pub jobs: Vec<Status>,
    /// Why other paths have no status; each error names its path.
    pub errors: Vec<Error>,
}

impl StatusRequest {
    /// Returns the progress of each job. A path without a job does not prevent the others from being reported.
    pub fn run(&self) -> Found {
        let mut found = Found::default();
        for path in &self.paths {
            match jobs(path) {
                Ok(jobs) => found.jobs.extend(jobs),
                Err(error) => found.errors.push(error),
            }
        }
        found
    }
}

/// The job at a path, or those in a folder.
fn jobs(path: &Path) -> Result<Vec<Status>> {
    if let Some(status) = found(path)? {
        return Ok(vec![status]);
    }
    let none = || Error::file(path, "there is no job: no score file, journal, or folder of results");
    if !path.is_dir() {
        return Err(none());
    }
    let entries = std::fs::read_dir(path).map_err(Error::io(path, "cannot be read"))?;
    let mut inner: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    inner.sort_unstable();
    // A file of another kind next to the jobs is ignored.
    let found: Vec<Status> = inner.iter().filter_map(|path| found(path).ok().flatten()).collect();
    let mut jobs: Vec<Status> = Vec::new();
    for status in found {
        // A score file and its journal are one job.
        if jobs.last().is_none_or(|last| last.path != status.path) {
            jobs.push(status);
        }
    }
    if jobs.is_empty() { Err(none()) } else { Ok(jobs) }
}

#[cfg(test)]
mod tests;
