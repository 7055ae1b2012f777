//! The answers of the benchmarks' own Python packages: `get_more_info` and `get_cost_info` of `nats_bench`, and `query` of
//! `nasbench`. Sums are computed in the same order as there, so the numbers are equal to the last bit.

use zeronas_random::Stream;

use super::Benchmark;
use super::record::{Point, Record, Run};
use crate::{Error, Result};

/// A choice among the repeated trainings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pick {
    /// The mean over all trainings.
    Mean,
    /// The training with this seed; for NAS-Bench-101, the run of this number, from 0.
    Seed(u32),
    /// A training drawn at random with this seed.
    Random(u64),
}

impl Pick {
    /// Returns the seed picked from `seeds`, or `None` for the mean of all. `seeds` is not empty.
    pub fn draw(self, seeds: &[u32]) -> Option<u32> {
        match self {
            Pick::Mean => None,
            Pick::Seed(seed) => Some(seed),
            Pick::Random(seed) => {
                let place = Stream::new("query", seed).below(0, seeds.len().max(1) as u64);
                seeds.get(place as usize).copied()
            }
        }
    }
}

/// Named numbers in the order of the package; `None` where the package has `None`.
pub type Answer = Vec<(String, Option<f64>)>;

/// Returns the image sets that networks of a data set were evaluated on: the name in answers, and the name in the files.
pub fn sets(benchmark: Benchmark, dataset: &str) -> &'static [(&'static str, &'static str)] {
    match dataset {
        _ if benchmark == Benchmark::Nb101 => &[("train", "train"), ("valid", "valid"), ("test", "test")],
        "cifar10-valid" => &[("train", "train"), ("valid", "x-valid"), ("test", "ori-test")],
        "cifar10" => &[("train", "train"), ("test", "ori-test")],
        _ => &[("train", "train"), ("valid", "x-valid"), ("test", "x-test"), ("valtest", "ori-test")],
    }
}

/// Answers `get_more_info`: losses, accuracies (percent), seconds per epoch and in total, after `at_epoch` (from 0) or at the end.
///
/// # Errors
/// If the architecture has no such training.
pub fn more_info(record: &Record, dataset: &str, epochs: u32, at_epoch: Option<u32>, pick: Pick) -> Result<Answer> {
    let runs = picked(record, runs(record, dataset, epochs)?, pick)?;
    let done = match at_epoch {
        Some(epoch) => f64::from(epoch) + 1.0,
        None => runs[0].train.last().map_or(0.0, |point| point.epochs),
    };
    let mut answer = Vec::new();
    for (label, set) in sets(Benchmark::NatsTss, dataset) {
        let points: Option<Vec<&Point>> = runs.iter().map(|run| run.curve(set)?.after(done)).collect();
        let Some(points) = points else {
            if *label == "train" {
                let known = runs[0].train.0.iter().map(|point| (point.epochs - 1.0).to_string()).collect();
                return Err(missing(record, format!("epoch {} (from 0)", done - 1.0), known));
            }
            continue;
        };
        let of = |value: fn(&Point) -> Option<f64>| mean(points.iter().map(|point| value(point)));
        let seconds = of(|point| point.seconds);
        answer.extend([
            (format!("{label}-loss"), of(|point| point.loss)),
            (format!("{label}-accuracy"), of(|point| point.accuracy)),
            (format!("{label}-per-time"), seconds.map(|seconds| seconds / done)),
            (format!("{label}-all-time"), seconds),
        ]);
    }
    Ok(answer)
}

/// Answers `get_cost_info`: `flops` and `params` in millions, `latency` in seconds, and the seconds of training and evaluating (`T-`).
///
/// # Errors
/// If the architecture has no such training.
pub fn cost_info(record: &Record, dataset: &str, epochs: u32) -> Result<Answer> {
    let runs = runs(record, dataset, epochs)?;
    let mut answer = costs(&runs);
    let names = std::iter::once("train").chain(runs[0].held_out.iter().map(|(name, _)| name.as_str()));
    for name in names {
        let ends: Vec<Option<&Point>> = runs.iter().map(|run| run.curve(name)?.last()).collect();
        let each = |point: &Option<&Point>| point.and_then(|point| Some(point.seconds? / point.epochs));
        answer.extend([
            (format!("T-{name}@epoch"), mean(ends.iter().map(each))),
            (format!("T-{name}@total"), mean(ends.iter().map(|point| point.and_then(|point| point.seconds)))),
        ]);
    }
    Ok(answer)
}

/// Returns `flops`, `params` (millions) and `latency` (seconds) as means over the runs.
pub(super) fn costs(runs: &[&Run]) -> Answer {
    let millions = |value: fn(&Run) -> Option<f64>| {
        let all: Option<Vec<f64>> = runs.iter().map(|run| value(run).map(|count| count / 1e6)).collect();
        all.and_then(|all| mean(consistent(runs, &all).iter().copied().map(Some)))
    };
    let measured: Vec<_> = runs.iter().filter_map(|run| run.latency).map(Some).collect();
    vec![
        ("flops".to_owned(), millions(|run| run.flops)),
        ("params".to_owned(), millions(|run| Some(run.params))),
        ("latency".to_owned(), mean(measured.into_iter())),
    ]
}

/// If the costs differ between seeds, only that of seed 888 is right, according to the package.
fn consistent<'a>(runs: &[&Run], costs: &'a [f64]) -> &'a [f64] {
    let written = |cost: f64| format!("{cost:.5}");
    let differ = costs.iter().any(|&cost| written(cost) != written(costs[0]));
    match runs.iter().position(|run| run.seed == 888) {
        Some(place) if differ => &costs[place..=place],
        _ => costs,
    }
}

/// The answer of NAS-Bench-101's `query`.
#[derive(Clone, Debug, PartialEq)]
pub struct CellAnswer {
    /// The rows of the adjacency matrix.
    pub module_adjacency: Vec<Vec<u8>>,
    /// The operations, including `input` and `output`.
    pub module_operations: Vec<String>,
    /// `trainable_parameters`, `training_time` (seconds), `train_accuracy`, `validation_accuracy`, `test_accuracy`
    /// (fractions).
    pub numbers: Answer,
}

/// Answers `query`: a cell's accuracies and training time at the end of its training, or halfway.
///
/// # Errors
/// If the cell has no such training.
pub fn cell(record: &Record, epochs: u32, halfway: bool, pick: Pick) -> Result<CellAnswer> {
    let runs = picked(record, runs(record, "cifar10", epochs)?, pick)?;
    let of = |set: &str, value: fn(&Point) -> Option<f64>| {
        mean(runs.iter().map(|run| {
            let points = &run.curve(set)?.0;
            value(if halfway { points.first()? } else { points.last()? })
        }))
    };
    let accuracy = |point: &Point| point.accuracy;
    let (module_adjacency, module_operations) = matrix(&record.architecture);
    let numbers = vec![
        ("trainable_parameters".to_owned(), record.runs.first().map(|run| run.params)),
        ("training_time".to_owned(), of("train", |point| point.seconds)),
        ("train_accuracy".to_owned(), of("train", accuracy)),
        ("validation_accuracy".to_owned(), of("valid", accuracy)),
        ("test_accuracy".to_owned(), of("test", accuracy)),
    ];
    Ok(CellAnswer { module_adjacency, module_operations, numbers })
}

/// Converts a cell `BITS;op,op` to an adjacency matrix and operations.
pub fn matrix(cell: &str) -> (Vec<Vec<u8>>, Vec<String>) {
    let (bits, inner) = cell.split_once(';').unwrap_or((cell, ""));
    let inner = inner.split(',').filter(|op| !op.is_empty());
    let operations: Vec<String> = std::iter::once("input").chain(inner).chain(["output"]).map(str::to_owned).collect();
    let rows = bits.as_bytes().chunks(operations.len());
    (rows.map(|row| row.iter().map(|bit| u8::from(*bit == b'1')).collect()).collect(), operations)
}

fn runs<'a>(record: &'a Record, dataset: &str, epochs: u32) -> Result<Vec<&'a Run>> {
    let runs = record.runs_of(dataset, epochs);
    if !runs.is_empty() {
        return Ok(runs);
    }
    let mut known: Vec<String> = Vec::new();
    for run in &record.runs {
        let training = format!("{} with {} epochs", run.dataset, run.epochs);
        if !known.contains(&training) {
            known.push(training);
        }
    }
    Err(missing(record, format!("training on {dataset} with {epochs} epochs"), known))
}

fn picked<'a>(record: &Record, runs: Vec<&'a Run>, pick: Pick) -> Result<Vec<&'a Run>> {
    let seeds: Vec<u32> = runs.iter().map(|run| run.seed).collect();
    let Some(seed) = pick.draw(&seeds) else { return Ok(runs) };
    match runs.into_iter().find(|run| run.seed == seed) {
        Some(run) => Ok(vec![run]),
        None => Err(missing(record, format!("run of seed {seed}"), seeds.iter().map(u32::to_string).collect())),
    }
}

fn missing(record: &Record, asked: String, known: Vec<String>) -> Error {
    Error::NoSuchRun { architecture: record.architecture.clone(), asked, known }
}

/// Returns the mean, summed from the left; `None` if there are no values or one is missing.
pub(super) fn mean(values: impl Iterator<Item = Option<f64>>) -> Option<f64> {
    let (mut sum, mut count) = (0.0, 0_u32);
    for value in values {
        sum += value?;
        count += 1;
    }
    (count > 0).then(|| sum / f64::from(count))
}
