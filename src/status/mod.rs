//! How far jobs are, by the files that they leave: running, cut off, or finished. Nothing is changed.

mod found;
mod text;

use crate::{Error, Result};
use found::found;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

pub use text::text;

/// Says how far jobs are.
#[derive(Clone, Debug)]
pub struct StatusRequest {
    /// Score files, journals and folders of results, or folders that hold such.
    pub paths: Vec<PathBuf>,
}

/// How far a job is.
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
    /// Which part of a split job it is, and of how many.
    pub part: Option<(usize, usize)>,
    /// When the first and the last of it was written.
    pub written: (Option<SystemTime>, Option<SystemTime>),
    /// What else there is to say.
    pub about: String,
}

/// Whether a job is under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// A process is at work.
    Running,
    /// It is not finished, and no process is at work: with `resume` it goes on.
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
    /// So much.
    Exactly(usize),
    /// Not more than that: which architectures are one network is known to the job alone.
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
    /// How many seconds the rest takes, if it goes on as fast as so far; `None` where nothing is under way, or nothing can be said.
    pub fn seconds_left(&self, now: SystemTime) -> Option<f64> {
        let gone = now.duration_since(self.written.0?).ok()?.as_secs_f64();
        let left = self.total.number().saturating_sub(self.done);
        (self.state == State::Running && self.done > 0).then(|| gone / self.done as f64 * left as f64)
    }
}

/// What was found at some paths.
#[derive(Debug, Default)]
pub struct Found {
    /// The jobs, in the order of the paths, and in folders of jobs by name.
    pub jobs: Vec<Status>,
    /// Why nothing can be said of the other paths; each error names its path.
    pub errors: Vec<Error>,
}

impl StatusRequest {
    /// How far each job is. A path where there is no job keeps nobody from hearing of the others.
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
    // A file of another kind beside the jobs is none of ours.
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
