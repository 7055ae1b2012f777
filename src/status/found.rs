//! The status of each kind of job, read from its files.

use super::{State, Status, Total};
use crate::results::{beside, manifest_of};
use crate::train::Judge;
use crate::train::halving::Halving;
use crate::{Error, Result};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;
use std::collections::HashSet;
use std::fs::{self, File, TryLockError};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::time::SystemTime;
use zeronas_datasets::table::file::TableFile;

/// Returns the job at a path; `None` if there is none.
pub(super) fn found(path: &Path) -> Result<Option<Status>> {
    if path.is_dir() { in_folder(path) } else { scoring(path) }
}

/// The status of a scoring, from its journal or its score file.
fn scoring(path: &Path) -> Result<Option<Status>> {
    let name = path.to_string_lossy();
    let out = name.strip_suffix(".journal").map_or_else(|| path.to_owned(), PathBuf::from);
    let journal = beside(&out, ".journal");
    if journal.is_file() {
        let Some((manifest, lines)) = lines(&journal)? else { return Ok(None) };
        let seeds = manifest["seeds"].as_u64().unwrap_or(1) as usize;
        let part = part(&manifest);
        let archs = manifest["archs"].as_u64().unwrap_or(0) as usize;
        let total = Total::AtMost(seeds * archs.div_ceil(part.map_or(1, |(_, count)| count)));
        let state = state(&journal);
        return Ok(Some(Status { part, ..status(&out, "score", state, lines.len(), total, "networks", &journal) }));
    }
    let named = ["csv", "parquet", "pq"].map(Some).contains(&out.extension().and_then(|end| end.to_str()));
    if !out.is_file() || !named && out.extension().is_some() {
        return Ok(None);
    }
    let table = TableFile::open(&out)?;
    let Some(manifest) = manifest_of(&table)?.filter(|manifest| manifest.get("archs_sha256").is_some()) else {
        return Ok(None);
    };
    let (keys, seeds) = (table.texts("key")?, table.full_wholes("seed")?);
    let networks: HashSet<(&String, &u64)> = keys.iter().zip(&seeds).filter(|(key, _)| !key.is_empty()).collect();
    let done = networks.len();
    let status = status(&out, "score", State::Finished, done, Total::Exactly(done), "networks", &out);
    Ok(Some(Status { part: part(&manifest), ..status }))
}

fn part(manifest: &Value) -> Option<(usize, usize)> {
    let shard = manifest.get("shard")?;
    Some((shard["index"].as_u64()? as usize, shard["count"].as_u64()? as usize))
}

fn in_folder(folder: &Path) -> Result<Option<Status>> {
    if let Some(status) = building(folder)? {
        return Ok(Some(status));
    }
    if folder.join("journal.jsonl").is_file() {
        return searching(folder);
    }
    let path = folder.join("manifest.json");
    let Ok(text) = fs::read_to_string(&path) else { return Ok(None) };
    let manifest: Value = serde_json::from_str(&text).map_err(|error| Error::file(&path, error.to_string()))?;
    match manifest["command"].as_str() {
        Some("search") if folder.join("history.parquet").exists() => {
            let runs = manifest["runs"].as_u64().unwrap_or(0) as usize;
            Ok(Some(status(folder, "search", State::Finished, runs, Total::Exactly(runs), "runs", &path)))
        }
        Some("confirm") => confirming(folder, &manifest).map(Some),
        Some("calibrate") => calibrating(folder, &manifest).map(Some),
        None if manifest.get("arch").is_some() && manifest.get("epochs").is_some() => {
            Ok(Some(training(folder, &manifest)))
        }
        _ => Ok(None),
    }
}

/// The relevant part of a line of a search's journal.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum SearchLine {
    Network(IgnoredAny),
    Steps { run: u64, first: usize, steps: Vec<SearchStep> },
    Ended(IgnoredAny),
}

#[derive(Deserialize)]
struct SearchStep {
    objectives: Vec<f64>,
}

fn searching(folder: &Path) -> Result<Option<Status>> {
    let journal = folder.join("journal.jsonl");
    let Some((manifest, lines)) = lines(&journal)? else { return Ok(None) };
    let (mut ended, mut best) = (0, None);
    let mut taken = std::collections::HashMap::new();
    for line in lines {
        match serde_json::from_str(&line) {
            Ok(SearchLine::Ended(_)) => ended += 1,
            Ok(SearchLine::Steps { run, first, steps }) => {
                taken.insert(run, first + steps.len());
                let values = steps.iter().filter_map(|step| step.objectives.first().copied());
                best = values.chain(best).reduce(f64::max);
            }
            Ok(SearchLine::Network(_)) | Err(_) => {}
        }
    }
    let evaluations: usize = taken.values().sum();
    let best = best.map_or_else(String::new, |best| format!(", best {best:.3}"));
    let total = Total::Exactly(manifest["runs"].as_u64().unwrap_or(0) as usize);
    let status = status(folder, "search", state(&journal), ended, total, "runs", &journal);
    Ok(Some(Status { about: format!("{evaluations} evaluations{best}"), ..status }))
}

fn training(folder: &Path, manifest: &Value) -> Status {
    let total = manifest["epochs"].as_u64().unwrap_or(0) as usize;
    let finished = folder.join("weights.safetensors").exists();
    let (done, state) = (epochs(folder), if finished { State::Finished } else { state(&folder.join(".lock")) });
    let about = manifest["arch"].as_str().unwrap_or_default().to_owned();
    let written = folder.join(if done > 0 { "history.csv" } else { "manifest.json" });
    let status = status(folder, "train", state, done, Total::Exactly(total), "epochs", &written);
    // The manifest is written again whenever a training is continued.
    Status { about, written: (created(&folder.join(".lock")), status.written.1), ..status }
}

/// Returns the number of finished epochs in a training's folder.
fn epochs(folder: &Path) -> usize {
    let history = fs::read_to_string(folder.join("history.csv"));
    history.map_or(0, |text| text.lines().count().saturating_sub(1))
}

fn confirming(folder: &Path, manifest: &Value) -> Result<Status> {
    let number = |key: &str| manifest[key].as_u64().unwrap_or(0) as usize;
    let rungs = manifest["rungs"].as_array().into_iter().flatten().filter_map(Value::as_u64);
    let rungs = rungs.map(|rung| rung as usize).collect();
    let halving = Halving { rungs, factor: number("factor"), seeds: number("seeds").max(1), judge: Judge::default() };
    let total = if halving.check().is_ok() { halving.epochs(number("top")) } else { 0 };
    let done = trainings(folder, 2)?.iter().map(|folder| epochs(folder)).sum();
    let confirmed = folder.join("confirmed.csv");
    let (state, total) = match confirmed.exists() {
        true => (State::Finished, Total::Exactly(done)),
        false => (state(&folder.join(".lock")), Total::AtMost(total)),
    };
    of_trainings(status(folder, "confirm", state, done, total, "epochs", &folder.join("manifest.json")), folder)
}

fn calibrating(folder: &Path, manifest: &Value) -> Result<Status> {
    let number = |value: &Value| value.as_u64().unwrap_or(0) as usize;
    let (networks, labels) = (number(&manifest["networks"]), &manifest["labels"]);
    let further = number(&labels["seeds"]).saturating_sub(1) * number(&labels["repeated"]).min(networks);
    let done = trainings(folder, 3)?.iter().filter(|folder| folder.join("weights.safetensors").exists()).count();
    let state = match folder.join("calibrated.json").exists() {
        true => State::Finished,
        false => state(&folder.join(".lock")),
    };
    let total = Total::Exactly(if labels.get("seeds").is_some() { networks + further } else { done });
    let status = status(folder, "calibrate", state, done, total, "trainings", &folder.join("manifest.json"));
    of_trainings(status, folder)
}

/// Returns the folders of trainings inside a folder, at most `depth` levels deep.
fn trainings(folder: &Path, depth: usize) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).map_err(Error::io(folder, "cannot be read"))?;
    let mut found = Vec::new();
    for path in entries.filter_map(|entry| Some(entry.ok()?.path())).filter(|path| path.is_dir()) {
        let deeper = if depth > 1 { trainings(&path, depth - 1)? } else { Vec::new() };
        found.extend(path.join("manifest.json").exists().then_some(path));
        found.extend(deeper);
    }
    Ok(found)
}

/// The status with the times of the trainings in its folder.
fn of_trainings(status: Status, folder: &Path) -> Result<Status> {
    let last = trainings(folder, 3)?.into_iter().filter_map(|path| modified(&path.join("history.csv"))).max();
    Ok(Status { written: (created(&folder.join(".lock")), last.or(status.written.1)), ..status })
}

fn building(folder: &Path) -> Result<Option<Status>> {
    let journal = folder.join("trainings.jsonl");
    if !journal.is_file() {
        return Ok(None);
    }
    let Some((manifest, lines)) = lines(&journal)? else { return Ok(None) };
    let number = |key: &str| manifest[key].as_u64().unwrap_or(0) as usize;
    let total = number("archs") + number("seeds").saturating_sub(1) * number("repeated").min(number("archs"));
    let state = if folder.join("zeronas_mini.csv").exists() { State::Finished } else { state(&journal) };
    Ok(Some(status(folder, "bench build", state, lines.len(), Total::Exactly(total), "trainings", &journal)))
}

/// Returns the manifest from the first line of a journal, and its other complete lines; `None` if it has no manifest yet.
fn lines(path: &Path) -> Result<Option<(Value, Vec<String>)>> {
    let io = |action| Error::io(path, action);
    let mut reader = BufReader::new(File::open(path).map_err(io("cannot be opened"))?);
    let mut whole = Vec::new();
    let mut line = String::new();
    while reader.read_line(&mut line).map_err(io("cannot be read"))? > 0 && line.ends_with('\n') {
        whole.push(std::mem::take(&mut line));
    }
    if whole.is_empty() {
        return Ok(None);
    }
    let manifest = whole.remove(0);
    let manifest = serde_json::from_str(&manifest).map_err(|error| Error::file(path, format!("line 1: {error}")))?;
    Ok(Some((manifest, whole)))
}

/// Whether an unfinished job is running, that is, a process has locked its file.
fn state(path: &Path) -> State {
    match File::open(path).map(|file| file.try_lock_shared()) {
        Ok(Err(TryLockError::WouldBlock)) => State::Running,
        _ => State::CutOff,
    }
}

fn modified(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).ok()?.modified().ok()
}

fn created(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).ok()?.created().ok()
}

fn status(
    path: &Path,
    command: &'static str,
    state: State,
    done: usize,
    total: Total,
    unit: &'static str,
    file: &Path,
) -> Status {
    let written = (created(file).or_else(|| modified(file)), modified(file));
    Status { path: path.to_owned(), command, state, done, total, unit, part: None, written, about: String::new() }
}
