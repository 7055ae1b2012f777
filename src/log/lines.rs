//! JSON lines: an object per step.

use crate::text::object;
use crate::{Error, Result};
use serde_json::Value;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

/// An open file of lines.
pub(super) struct Lines {
    path: PathBuf,
    file: File,
}

impl Lines {
    /// Opens the file to append to it.
    pub fn open(path: &Path) -> Result<Self> {
        let file = File::options().append(true).create(true).open(path).map_err(Error::io(path, "cannot be opened"))?;
        Ok(Lines { path: path.to_owned(), file })
    }

    /// Adds a step.
    pub fn add(&mut self, run: &str, step: u64, numbers: &[(&str, f64)]) -> Result<()> {
        let run = (!run.is_empty()).then(|| ("run".to_owned(), Value::from(run)));
        let numbers = numbers.iter().map(|(name, number)| ((*name).to_owned(), Value::from(*number)));
        let line = object(run.into_iter().chain([("step".to_owned(), step.into())]).chain(numbers));
        self.file.write_all(line.as_bytes()).map_err(Error::io(&self.path, "cannot be written"))
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Format, Log};

    #[test]
    fn each_step_is_a_line_behind_those_of_earlier_runs() {
        let dir = tempfile::tempdir().unwrap();
        for step in [1, 2] {
            let log = Log::new(dir.path(), &[Format::Lines]);
            log.add("a", step, &[("loss", 0.5), ("accuracy", f64::NAN)]);
            log.finish().unwrap();
        }
        let text = std::fs::read_to_string(dir.path().join("log.jsonl")).unwrap();
        let line = |step| format!("{{\"run\":\"a\",\"step\":{step},\"loss\":0.5,\"accuracy\":null}}\n");
        assert_eq!(text, line(1) + &line(2));
        let log = Log::new(dir.path().join("none"), &[Format::Lines]);
        log.add("", 1, &[]);
        assert!(log.finish().unwrap_err().to_string().contains("log.jsonl"));
    }
}
