//! Numbers that change while a request runs, for programs that plot them: TensorBoard's event files, or JSON lines.

mod events;
mod lines;

use crate::words::Word;
use crate::{Error, Result};
use events::Events;
use lines::Lines;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

/// The format of a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Event files, a folder per run.
    TensorBoard,
    /// One file, an object per line.
    Lines,
}

impl Word for Format {
    const ALL: &'static [(Self, &'static str, &'static str)] = &[
        (Format::TensorBoard, "tensorboard", "event files of TensorBoard in OUT/log, a folder per run"),
        (Format::Lines, "jsonl", "OUT/log.jsonl, an object per line: run, step, and the numbers by name"),
    ];
}

/// Where numbers are logged. The files are created with the first number.
pub struct Log {
    folder: PathBuf,
    formats: Vec<Format>,
    open: Mutex<Open>,
}

#[derive(Default)]
struct Open {
    events: HashMap<String, Events>,
    lines: Option<Lines>,
    /// The first error; nothing is written after it.
    failed: Option<Error>,
}

impl Log {
    /// A log in this folder of results, in these formats.
    pub fn new(folder: impl Into<PathBuf>, formats: &[Format]) -> Self {
        Log { folder: folder.into(), formats: formats.to_vec(), open: Mutex::default() }
    }

    /// Adds the numbers of one step of a run. If there is only one run, its name is empty.
    pub fn add(&self, run: &str, step: u64, numbers: &[(&str, f64)]) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if open.failed.is_none()
            && let Err(error) = self.write(&mut open, run, step, numbers)
        {
            open.failed = Some(error);
        }
    }

    fn write(&self, open: &mut Open, run: &str, step: u64, numbers: &[(&str, f64)]) -> Result<()> {
        for format in &self.formats {
            match format {
                Format::TensorBoard => {
                    if !open.events.contains_key(run) {
                        open.events.insert(run.to_owned(), Events::create(&self.folder.join("log").join(run))?);
                    }
                    let events = open.events.get_mut(run);
                    events.map_or(Ok(()), |events| events.add(step, numbers))?;
                }
                Format::Lines => {
                    if open.lines.is_none() {
                        open.lines = Some(Lines::open(&self.folder.join("log.jsonl"))?);
                    }
                    open.lines.as_mut().map_or(Ok(()), |lines| lines.add(run, step, numbers))?;
                }
            }
        }
        Ok(())
    }

    /// Returns the first error, if there was any.
    ///
    /// # Errors
    /// Names the file that could not be written.
    pub fn finish(self) -> Result<()> {
        let open = self.open.into_inner().unwrap_or_else(PoisonError::into_inner);
        open.failed.map_or(Ok(()), Err)
    }
}
