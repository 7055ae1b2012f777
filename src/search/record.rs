//! A finished search, read back from its folder.

use super::history::{FILE, RUNS, final_column, objective_column};
use crate::results::manifest_of;
use crate::{Error, Result};
use serde_json::Value;
use std::collections::HashMap;
use std::path::Path;
use zeronas_datasets::table::file::TableFile;

/// A search as recorded in its folder.
pub struct Record {
    /// The folder's name.
    pub label: String,
    /// How the search was made.
    pub manifest: Value,
    /// The runs, by number.
    pub runs: Vec<RecordedRun>,
    /// Names of the objectives.
    pub objectives: Vec<String>,
    /// The final columns; the first objective where the search had neither a table nor a training.
    pub finals: Vec<String>,
}

/// One run of the search.
#[derive(Clone, Debug, Default)]
pub struct RecordedRun {
    /// Its number.
    pub number: u64,
    /// Its steps.
    pub steps: Vec<RecordedStep>,
    /// Proposals that had no value.
    pub missing: u64,
}

/// One step of a run.
#[derive(Clone, Debug)]
pub struct RecordedStep {
    /// The architecture.
    pub arch: String,
    /// The objectives as the search was told them.
    pub objectives: Vec<Option<f64>>,
    /// What the architecture is worth, a value per final column.
    pub finals: Vec<Option<f64>>,
    /// Simulated seconds so far.
    pub seconds: f64,
    /// Scoring seconds so far, where they are known.
    pub scoring: Option<f64>,
    /// Place of the incumbent among the run's steps.
    pub incumbent: usize,
}

impl RecordedRun {
    /// The value, in a final column, of the incumbent after this many steps.
    pub fn worth(&self, steps: usize, column: usize) -> Option<f64> {
        let incumbent = self.steps[steps.checked_sub(1)?].incumbent;
        self.steps[incumbent].finals[column]
    }
}

/// The manifest of a finished search.
pub(super) fn read_manifest(folder: &Path) -> Result<Value> {
    let path = folder.join(FILE);
    own_manifest(&TableFile::open(&path)?)
}

fn own_manifest(history: &TableFile) -> Result<Value> {
    let missing = || Error::file(history.path(), "has no manifest; it was not written by `zeronas search`");
    manifest_of(history)?.ok_or_else(missing)
}

impl Record {
    /// Reads a search's folder.
    ///
    /// # Errors
    /// Fails if the folder does not hold a finished search.
    pub fn read(folder: &Path) -> Result<Self> {
        let path = folder.join(FILE);
        if !path.exists() {
            return Err(Error::file(folder, format!("holds no finished search (no {FILE})")));
        }
        let columns = TableFile::open(&path)?;
        let manifest = own_manifest(&columns)?;
        let names = |key: &str| -> Vec<String> {
            let list = manifest[key].as_array().into_iter().flatten();
            list.filter_map(|name| name.as_str().map(str::to_owned)).collect()
        };
        let (objectives, mut finals) = (names("objectives"), names("finals"));
        let read = |names: Vec<String>| names.iter().map(|name| Ok(columns.numbers(name)?)).collect::<Result<Vec<_>>>();
        let of_objectives = read((0..objectives.len()).map(objective_column).collect())?;
        let mut of_finals = read(finals.iter().map(|name| final_column(name)).collect())?;
        if let ([], Some(values)) = (finals.as_slice(), of_objectives.first()) {
            // Without a table or a training, the value of an architecture is the one the search went by.
            finals = objectives[..1].to_vec();
            of_finals = vec![values.clone()];
        }
        let mut runs = steps(&columns, &path, &of_objectives, &of_finals)?;
        let missing = missing(&folder.join(RUNS))?;
        for run in &mut runs {
            run.missing = missing.get(&run.number).copied().unwrap_or_default();
        }
        let absolute = std::path::absolute(folder).unwrap_or_else(|_| folder.into());
        let label = absolute.file_name().unwrap_or(folder.as_os_str()).to_string_lossy().into_owned();
        Ok(Record { label, manifest, runs, objectives, finals })
    }

    /// Whether objectives, and finals made of them, are standings among the architectures of one run.
    pub fn is_relative(&self) -> bool {
        self.manifest["relative"] == true
    }

    /// The values of the runs' picks in a final column.
    pub fn picks(&self, column: usize) -> Vec<Option<f64>> {
        self.runs.iter().map(|run| run.worth(run.steps.len(), column)).collect()
    }
}

/// The runs with their steps; `objectives` and `finals` hold one value per row for each column.
fn steps(
    columns: &TableFile,
    path: &Path,
    objectives: &[Vec<Option<f64>>],
    finals: &[Vec<Option<f64>>],
) -> Result<Vec<RecordedRun>> {
    let arch = columns.full_texts("arch")?;
    let (number, incumbent) = (columns.full_wholes("run")?, columns.full_wholes("incumbent")?);
    let (seconds, scoring) = (columns.numbers("seconds")?, columns.numbers("scoring_seconds")?);
    let mut runs: Vec<RecordedRun> = Vec::new();
    for (row, arch) in arch.into_iter().enumerate() {
        if runs.last().is_none_or(|run| run.number != number[row]) {
            runs.push(RecordedRun { number: number[row], ..RecordedRun::default() });
        }
        let Some(run) = runs.last_mut() else { continue };
        let incumbent = (incumbent[row] as usize).wrapping_sub(1);
        if incumbent > run.steps.len() {
            return Err(Error::file(path, format!("row {}: the incumbent is no step so far", row + 1)));
        }
        run.steps.push(RecordedStep {
            arch,
            objectives: objectives.iter().map(|values| values[row]).collect(),
            finals: finals.iter().map(|values| values[row]).collect(),
            seconds: seconds[row].unwrap_or_default(),
            scoring: scoring[row],
            incumbent,
        });
    }
    Ok(runs)
}

/// For each run, the number of its proposals without a value.
fn missing(path: &Path) -> Result<HashMap<u64, u64>> {
    let columns = TableFile::open(path)?;
    Ok(columns.full_wholes("run")?.into_iter().zip(columns.full_wholes("missing")?).collect())
}
