//! Conversion of an architecture's unpickled NATS-Bench or NAS-Bench-201 result to its [`Run`]s.
//!
//! A result is a dictionary: `arch_index`, `arch_str`, `dataset_seed` (data set -> seeds) and `all_results` ((data set,
//! seed) -> the run's dictionary). Epochs count from 0 in it.

use std::collections::BTreeMap;

use super::record::{Curve, Point, Run};
use crate::pickle::{Heap, Value};

/// No training lasts longer; higher epochs are damage.
const MOST_EPOCHS: i64 = 100_000;

/// The trainings of an architecture under one schedule.
#[derive(Clone, Debug)]
pub(super) struct Trainings {
    pub(super) index: u64,
    pub(super) architecture: String,
    pub(super) runs: Vec<Run>,
}

/// Whether a value is such a result.
pub(super) fn is_result(heap: &Heap, value: Value) -> bool {
    heap.get(value, "arch_index").is_some() && heap.get(value, "all_results").is_some()
}

/// Reads a result that is stored under the name of its schedule.
pub(super) fn trainings(heap: &Heap, schedule: Value, result: Value) -> Result<Trainings, String> {
    let index = field(heap, result, "arch_index")?;
    let index = int(index).and_then(|index| u64::try_from(index).ok()).ok_or("an arch_index that is no index")?;
    let within = |reason: String| format!("architecture {index}: {reason}");
    let text = field(heap, result, "arch_str").map_err(within)?;
    let architecture = heap.str(text).ok_or_else(|| within("its arch_str is no text".to_owned()))?.to_owned();
    let runs = epochs_of(heap, schedule).and_then(|epochs| runs(heap, result, epochs)).map_err(within)?;
    Ok(Trainings { index, architecture, runs })
}

/// Returns the epochs of a schedule, which NATS-Bench names after them and NAS-Bench-201 calls `full` and `less`.
fn epochs_of(heap: &Heap, schedule: Value) -> Result<u32, String> {
    let number = match heap.str(schedule) {
        Some("full") => Some(200),
        Some("less") => Some(12),
        Some(text) => text.parse().ok(),
        None => int(schedule).and_then(|number| u32::try_from(number).ok()),
    };
    number
        .filter(|&epochs| epochs > 0)
        .ok_or_else(|| "a training schedule that is not named after its epochs".to_owned())
}

/// Returns the runs in the order in which the benchmark averages them.
fn runs(heap: &Heap, result: Value, epochs: u32) -> Result<Vec<Run>, String> {
    let all = field(heap, result, "all_results")?;
    let all = heap.dict(all).ok_or("its all_results are no dictionary")?;
    let seeds = field(heap, result, "dataset_seed")?;
    let mut runs: Vec<Run> = Vec::new();
    for &(dataset, seeds) in heap.dict(seeds).ok_or("its dataset_seed is no dictionary")? {
        let name = heap.str(dataset).ok_or("a data set whose name is no text")?;
        for &seed in heap.list(seeds).ok_or("seeds that are no list")? {
            let seed = int(seed).and_then(|seed| u32::try_from(seed).ok()).ok_or("a seed that is no number")?;
            let within = |reason: String| format!("{name}, {epochs} epochs, seed {seed}: {reason}");
            if runs.iter().any(|run| run.dataset == name && run.seed == seed) {
                return Err(within("stands there twice".to_owned()));
            }
            let is_it = |key| matches!(heap.list(key), Some(&[d, s]) if d == dataset && int(s) == Some(seed.into()));
            let found = all.iter().find(|(key, _)| is_it(*key)).ok_or_else(|| within("has no results".to_owned()))?;
            runs.push(run(heap, found.1, name, epochs, seed).map_err(within)?);
        }
    }
    if runs.is_empty() { Err(format!("has no run of {epochs} epochs")) } else { Ok(runs) }
}

fn run(heap: &Heap, run: Value, dataset: &str, epochs: u32, seed: u32) -> Result<Run, String> {
    let trained = epoch(heap, field(heap, run, "epochs")?)?;
    let millions = |name| -> Result<f64, String> {
        let millions = float(field(heap, run, name)?).ok_or_else(|| format!("its {name} is no number"))?;
        Ok(count(millions))
    };
    let train = Columns {
        accuracy: by_epoch(heap, run, "train_acc1es")?,
        loss: by_epoch(heap, run, "train_losses")?,
        seconds: by_epoch(heap, run, "train_times")?,
    };
    let mut sets: BTreeMap<String, Columns> = BTreeMap::new();
    for (field, column) in [("eval_acc1es", 0), ("eval_losses", 1), ("eval_times", 2)] {
        for (set, epoch, value) in by_set(heap, run, field)? {
            let columns = sets.entry(set.to_owned()).or_default();
            [&mut columns.accuracy, &mut columns.loss, &mut columns.seconds][column].insert(epoch, value);
        }
    }
    Ok(Run {
        dataset: dataset.to_owned(),
        epochs,
        seed,
        params: millions("params")?,
        flops: Some(millions("flop")?),
        latency: latency(heap, field(heap, run, "latency")?)?,
        train: train.curve(trained),
        held_out: sets.into_iter().map(|(set, columns)| (set, columns.curve(trained))).collect(),
    })
}

/// Converts millions to a count. Whole counts are recovered exactly.
fn count(millions: f64) -> f64 {
    let count = millions * 1e6;
    if (count - count.round()).abs() < 1e-3 { count.round() } else { count }
}

/// Returns the mean of the measured batches; -1 in the file stands for none.
fn latency(heap: &Heap, value: Value) -> Result<Option<f64>, String> {
    if value == Value::None {
        return Ok(None);
    }
    let measured = heap.list(value).ok_or("its latency is no list")?;
    let total =
        measured.iter().map(|&seconds| float(seconds)).sum::<Option<f64>>().ok_or("a latency that is no number")?;
    Ok(Some(total / measured.len() as f64).filter(|&mean| mean > 0.0))
}

/// The measurements on a set, by epoch from 0.
#[derive(Default)]
struct Columns {
    accuracy: BTreeMap<u32, f64>,
    loss: BTreeMap<u32, f64>,
    seconds: BTreeMap<u32, f64>,
}

impl Columns {
    /// Returns one point for each epoch that has an accuracy or a loss, up to the last of the training.
    fn curve(&self, epochs: u32) -> Curve {
        let mut points = Vec::new();
        let mut seconds = Some(0.0);
        for epoch in 0..epochs {
            seconds = self.seconds.get(&epoch).and_then(|more| Some(seconds? + more));
            let (loss, accuracy) = (self.loss.get(&epoch).copied(), self.accuracy.get(&epoch).copied());
            if loss.is_some() || accuracy.is_some() {
                points.push(Point { epochs: f64::from(epoch) + 1.0, loss, accuracy, seconds });
            }
        }
        Curve(points)
    }
}

/// A dictionary epoch -> number; none is empty.
fn by_epoch(heap: &Heap, run: Value, name: &str) -> Result<BTreeMap<u32, f64>, String> {
    let pairs = pairs(heap, run, name)?.iter();
    pairs.map(|&(key, value)| Ok((epoch(heap, key)?, number(value, name)?))).collect()
}

/// A dictionary "SET@EPOCH" -> number; none is empty.
fn by_set<'a>(heap: &'a Heap, run: Value, name: &str) -> Result<Vec<(&'a str, u32, f64)>, String> {
    let key = |key| {
        let (set, epoch) = heap.str(key)?.rsplit_once('@')?;
        Some((set, epoch.parse().ok().filter(|&epoch: &u32| i64::from(epoch) < MOST_EPOCHS)?))
    };
    let read = |&(k, value)| {
        let (set, epoch) = key(k).ok_or_else(|| format!("{name} with a key that is not SET@EPOCH"))?;
        Ok((set, epoch, number(value, name)?))
    };
    pairs(heap, run, name)?.iter().map(read).collect()
}

fn pairs<'a>(heap: &'a Heap, run: Value, name: &str) -> Result<&'a [(Value, Value)], String> {
    match field(heap, run, name)? {
        Value::None => Ok(&[]),
        value => heap.dict(value).ok_or_else(|| format!("its {name} are no dictionary")),
    }
}

fn field(heap: &Heap, dict: Value, name: &str) -> Result<Value, String> {
    heap.get(dict, name).ok_or_else(|| format!("has no {name}"))
}

fn epoch(heap: &Heap, value: Value) -> Result<u32, String> {
    let number =
        int(value).or_else(|| heap.str(value)?.parse().ok()).filter(|number| (0..=MOST_EPOCHS).contains(number));
    number.and_then(|number| u32::try_from(number).ok()).ok_or_else(|| "an epoch that is no number".to_owned())
}

fn number(value: Value, name: &str) -> Result<f64, String> {
    float(value).ok_or_else(|| format!("a value of {name} that is no number"))
}

fn int(value: Value) -> Option<i64> {
    match value {
        Value::Int(number) => Some(number),
        _ => None,
    }
}

fn float(value: Value) -> Option<f64> {
    match value {
        Value::Float(number) => Some(number),
        Value::Int(number) => Some(number as f64),
        _ => None,
    }
}
