//! The journal of a search: every step, every finished run and every network that was measured, as they come.
//!
//! A strategy is a function of its settings and of what it was told. An interrupted run is therefore not resumed from a saved state but run
//! again, and finds its networks already measured; only the wall times of its earlier steps come from the journal. Finished runs are not
//! repeated.

use super::source::Known;
use super::step::{Run, Seconds, Stage, Step};
use super::{Observer, Search};
use crate::results::{Entry, Lines, check_manifest};
use crate::space::SearchSpace;
use crate::{Error, Result};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::HashMap;
use std::path::Path;
use std::sync::{Mutex, MutexGuard};

/// A line below the manifest's.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Line {
    Network { network: String, proxies: Vec<String>, scores: Vec<Entry> },
    Steps { run: u64, first: usize, steps: Vec<StepLine> },
    Ended { run: u64, missing: usize, ended: String },
}

#[derive(Serialize, Deserialize)]
struct StepLine {
    stage: Stage,
    arch: String,
    values: Vec<Option<f64>>,
    objectives: Vec<f64>,
    training: f64,
    scoring: Option<f64>,
    wall: f64,
    incumbent: usize,
}

impl StepLine {
    fn new(step: &Step) -> Self {
        StepLine {
            stage: step.stage,
            arch: step.arch.to_string(),
            values: step.values.clone(),
            objectives: step.objectives.clone(),
            training: step.spent.training,
            scoring: step.spent.scoring,
            wall: step.wall,
            incumbent: step.incumbent,
        }
    }

    fn step(self, space: &dyn SearchSpace) -> Result<Step> {
        Ok(Step {
            stage: self.stage,
            arch: space.parse(&self.arch)?,
            values: self.values,
            objectives: self.objectives,
            spent: Seconds { training: self.training, scoring: self.scoring },
            wall: self.wall,
            incumbent: self.incumbent,
        })
    }
}

/// What an earlier process has left.
#[derive(Default)]
pub(super) struct Earlier {
    /// Finished runs by number.
    pub finished: HashMap<u64, Run>,
    /// For each unfinished run, the architectures and wall seconds of its steps.
    pub unfinished: HashMap<u64, Vec<(String, f64)>>,
}

/// The journal, which records lines once it has been opened.
#[derive(Default)]
pub struct Journal(Mutex<Option<Open>>);

struct Open {
    lines: Lines,
    /// For each unfinished run, how many steps are in the file already.
    recorded: HashMap<u64, usize>,
}

impl Journal {
    /// Opens or creates the journal at `path`. Measured networks in it are added to `known`.
    pub(super) fn open(&self, path: &Path, manifest: &Value, search: &Search, known: &Known) -> Result<Earlier> {
        let mut steps: HashMap<u64, Vec<StepLine>> = HashMap::new();
        let mut ends: Vec<(u64, usize, String)> = Vec::new();
        let mut lines = Lines::open(path, |line| {
            if line.number == 1 {
                return check_manifest(manifest, &line.parse()?, path, &["image_set"]);
            }
            match line.parse()? {
                Line::Network { network, proxies, scores } => known.add(&network, &proxies, scores)?,
                Line::Steps { run, first, steps: more } => {
                    let steps = steps.entry(run).or_default();
                    if first > steps.len() {
                        return Err(line.wrong(format!("holds steps of run {run} without those before them")));
                    }
                    steps.truncate(first);
                    steps.extend(more);
                }
                Line::Ended { run, missing, ended } => ends.push((run, missing, ended)),
            }
            Ok(())
        })?;
        if lines.is_empty() {
            lines.append(manifest)?;
        }
        let mut earlier = Earlier::default();
        for (number, missing, ended) in ends {
            let steps = steps.remove(&number).unwrap_or_default();
            let steps = steps.into_iter().map(|step| step.step(search.space.as_ref())).collect::<Result<_>>()?;
            earlier.finished.insert(number, Run { number, steps, missing, ended });
        }
        let walls = |steps: Vec<StepLine>| steps.into_iter().map(|step| (step.arch, step.wall)).collect();
        earlier.unfinished = steps.into_iter().map(|(run, steps)| (run, walls(steps))).collect();
        let recorded = earlier.unfinished.iter().map(|(run, steps)| (*run, steps.len())).collect();
        *self.lock()? = Some(Open { lines, recorded });
        Ok(earlier)
    }

    fn lock(&self) -> Result<MutexGuard<'_, Option<Open>>> {
        self.0.lock().map_err(|_| Error::Internal("another thread has failed".into()))
    }

    /// Number of steps of a run that are in the file already.
    fn recorded(&self, run: u64) -> Result<usize> {
        Ok(self.lock()?.as_ref().and_then(|open| open.recorded.get(&run).copied()).unwrap_or_default())
    }

    fn append(&self, line: &Line) -> Result<()> {
        match self.lock()?.as_mut() {
            Some(open) => open.lines.append(line).map(drop),
            None => Ok(()),
        }
    }

    /// Records the scores of a network.
    pub(crate) fn network(&self, network: &str, proxies: &[String], scores: &[Entry]) -> Result<()> {
        self.append(&Line::Network { network: network.into(), proxies: proxies.into(), scores: scores.into() })
    }

    /// Deletes the journal: everything is in the history.
    pub(super) fn remove(&self) -> Result<()> {
        self.lock()?.take().map_or(Ok(()), |open| open.lines.remove())
    }
}

impl Observer for Journal {
    fn steps(&self, run: u64, first: usize, steps: &[Step]) -> Result<()> {
        if steps.is_empty() || first + steps.len() <= self.recorded(run)? {
            return Ok(());
        }
        self.append(&Line::Steps { run, first, steps: steps.iter().map(StepLine::new).collect() })
    }

    /// Records all steps again, unless the file already has later ones, which were written after these values.
    fn revalued(&self, run: u64, steps: &[Step]) -> Result<()> {
        if steps.len() < self.recorded(run)? {
            return Ok(());
        }
        self.append(&Line::Steps { run, first: 0, steps: steps.iter().map(StepLine::new).collect() })
    }

    fn ended(&self, run: &Run) -> Result<()> {
        self.append(&Line::Ended { run: run.number, missing: run.missing, ended: run.ended.clone() })
    }
}
