//! NAS-Bench-101's records: `[module_hash, epochs, adjacency, operations, metrics]` as JSON, one per run, with three runs for
//! each cell and number of epochs; the metrics are a Protocol Buffers message in base64.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use prost::Message;
use serde::Deserialize;

use super::record::{Curve, Point, Record, Run};
use super::tfrecord::TfRecords;
use super::{Group, Sink, Wanted};
use crate::{Error, Result};

/// Repetitions of each training.
const REPETITIONS: usize = 3;
/// Progress is reported once per this many records.
const TOLD: u64 = 1024;
/// The benchmark has four: 4, 12, 36 and 108 epochs.
const MOST_SCHEDULES: usize = 16;
/// The names of the operations.
pub(in super::super) const OPERATIONS: [&str; 3] = ["conv3x3-bn-relu", "conv1x1-bn-relu", "maxpool3x3"];

#[derive(Deserialize)]
struct Row<'a>(
    #[serde(borrow)] Cow<'a, str>,
    u32,
    #[serde(borrow)] Cow<'a, str>,
    #[serde(borrow)] Cow<'a, str>,
    #[serde(borrow)] Cow<'a, str>,
);

#[derive(Message)]
struct ModelMetrics {
    #[prost(message, repeated, tag = "1")]
    evaluation_data: Vec<EvaluationData>,
    #[prost(int32, optional, tag = "2")]
    trainable_parameters: Option<i32>,
}

#[derive(Message)]
struct EvaluationData {
    #[prost(double, optional, tag = "1")]
    current_epoch: Option<f64>,
    #[prost(double, optional, tag = "2")]
    training_time: Option<f64>,
    #[prost(double, optional, tag = "3")]
    train_accuracy: Option<f64>,
    #[prost(double, optional, tag = "4")]
    validation_accuracy: Option<f64>,
    #[prost(double, optional, tag = "5")]
    test_accuracy: Option<f64>,
}

/// Hands out every cell as soon as its last run has been read. A first pass over the file counts the runs of each cell; the
/// second only notes where the runs of an incomplete cell are, and reads them again together with the last one. So memory does
/// not depend on the order of the file: a few dozen bytes per cell.
pub(super) fn read(path: &Path, sink: &mut dyn Sink) -> Result<()> {
    let size = fs::metadata(path).map_err(|source| Error::Read { path: path.to_owned(), source })?.len();
    let mut left: HashMap<u128, u16> = HashMap::new();
    let mut schedules: BTreeSet<u32> = BTreeSet::new();
    let mut read = 0_u64;
    let mut records = TfRecords::open(path)?;
    while let Some(data) = records.next()? {
        let key = parse(data).and_then(|row| Ok((hash_number(&row.0)?, row.1)));
        let (hash, epochs) = key.map_err(|reason| records.error_in_data(reason))?;
        schedules.insert(epochs);
        if schedules.len() > MOST_SCHEDULES {
            return Err(records.error_in_data(format!("more than {MOST_SCHEDULES} different numbers of epochs")));
        }
        let count = left.entry(hash).or_default();
        *count = count.checked_add(1).ok_or_else(|| records.error_in_data("the 65,536th run of one cell"))?;
        read += 1;
        if read.is_multiple_of(TOLD) {
            sink.progress(records.offset(), 2 * size);
        }
    }
    let seeds = Vec::from_iter(0..REPETITIONS as u32);
    let group = |&epochs| Group { dataset: "cifar10".to_owned(), epochs, seeds: seeds.clone() };
    sink.begin(&schedules.iter().rev().map(group).collect::<Vec<_>>());
    let mut open: HashMap<u128, Vec<u64>> = HashMap::new();
    let mut records = TfRecords::open(path)?;
    let mut again = TfRecords::open_for_few(path)?;
    loop {
        let offset = records.offset();
        let Some(data) = records.next()? else { return Ok(()) };
        let row = parse(data).and_then(|row| Ok((hash_number(&row.0)?, row)));
        let (hash, row) = match row {
            Ok(row) => row,
            Err(reason) => return Err(records.error_in_data(reason)),
        };
        // Only a file that grew between the passes has more.
        let count = left.entry(hash).or_insert(1);
        *count = count.saturating_sub(1);
        if *count > 0 {
            open.entry(hash).or_default().push(offset);
        } else {
            let mut record = no_runs();
            for offset in open.remove(&hash).unwrap_or_default() {
                let data = again.at(offset)?.unwrap_or_default();
                let added = parse(data).and_then(|row| add(&mut record, &row));
                added.map_err(|reason| again.error_in_data(reason))?;
            }
            let added = add(&mut record, &row);
            added.map_err(|reason| records.error_in_data(reason))?;
            if sink.record(record)?.is_break() {
                return Ok(());
            }
        }
        read += 1;
        if read.is_multiple_of(TOLD) {
            sink.progress(size + records.offset(), 2 * size);
        }
    }
}

/// Finds all the runs of one cell.
pub(super) fn find(path: &Path, wanted: &Wanted) -> Result<Option<Record>> {
    let mut found: Option<Record> = None;
    let mut records = TfRecords::open(path)?;
    while let Some(data) = records.next()? {
        let read = parse(data).and_then(|row| {
            let is_it = match wanted {
                Wanted::Hash(hash) => row.0.eq_ignore_ascii_case(hash),
                Wanted::Architecture(text) => {
                    // Compare first, to avoid building the text of each of millions of records.
                    text.starts_with(row.2.as_ref()) && cell(&row)? == *text
                }
                Wanted::Index(_) => false,
            };
            if is_it { add(found.get_or_insert_with(no_runs), &row) } else { Ok(()) }
        });
        read.map_err(|reason| records.error_in_data(reason))?;
    }
    Ok(found)
}

fn no_runs() -> Record {
    Record { index: None, architecture: String::new(), module_hash: None, runs: Vec::new() }
}

fn parse(data: &[u8]) -> std::result::Result<Row<'_>, String> {
    serde_json::from_slice(data)
        .map_err(|error| format!("is not [hash, epochs, adjacency, operations, metrics]: {error}"))
}

fn hash_number(hash: &str) -> std::result::Result<u128, String> {
    let digits = hash.len() == 32 && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
    let number = digits.then(|| u128::from_str_radix(hash, 16).ok()).flatten();
    number.ok_or_else(|| format!("a module hash that is not 32 hexadecimal digits: {hash:?}"))
}

fn add(record: &mut Record, row: &Row<'_>) -> std::result::Result<(), String> {
    if record.runs.is_empty() {
        record.module_hash = Some(row.0.to_ascii_lowercase());
        record.architecture = cell(row)?;
    }
    let repetition = record.runs.iter().filter(|run| run.epochs == row.1).count();
    if repetition == REPETITIONS {
        return Err(format!("cell {} has more than {REPETITIONS} runs of {} epochs", row.0, row.1));
    }
    record.runs.push(run(row, repetition as u32)?);
    Ok(())
}

/// The cell as `BITS;op,op`.
fn cell(row: &Row<'_>) -> std::result::Result<String, String> {
    let Row(_, _, bits, operations, _) = row;
    let inner = operations.strip_prefix("input,").and_then(|rest| match rest {
        "output" => Some(""),
        rest => rest.strip_suffix(",output"),
    });
    let inner = inner.ok_or_else(|| format!("operations that do not go from input to output: {operations:?}"))?;
    if let Some(unknown) = inner.split(',').find(|op| !inner.is_empty() && !OPERATIONS.contains(op)) {
        return Err(format!("an unknown operation {unknown:?}"));
    }
    let vertices = operations.split(',').count();
    if bits.len() != vertices * vertices || bits.bytes().any(|bit| !matches!(bit, b'0' | b'1')) {
        return Err(format!("an adjacency that is not {vertices} x {vertices} digits 0 and 1: {bits:?}"));
    }
    Ok(format!("{bits};{inner}"))
}

fn run(row: &Row<'_>, repetition: u32) -> std::result::Result<Run, String> {
    let text: Cow<'_, [u8]> = match row.4.as_bytes() {
        // Old writers insert line breaks.
        text if text.contains(&b'\n') => text.iter().copied().filter(|byte| *byte != b'\n').collect::<Vec<_>>().into(),
        text => text.into(),
    };
    let bytes = STANDARD.decode(text).map_err(|error| format!("its metrics are not base64: {error}"))?;
    let metrics = ModelMetrics::decode(&*bytes).map_err(|error| format!("its metrics are damaged: {error}"))?;
    let missing = |name: &str| format!("its metrics have no {name}");
    // The first evaluation precedes any training, the second is halfway, the third at the end.
    let [_, evaluations @ ..] = &metrics.evaluation_data[..] else { return Err(missing("evaluations")) };
    let mut curves = [const { Vec::new() }; 3];
    for evaluation in evaluations {
        let epochs = evaluation.current_epoch.ok_or_else(|| missing("current_epoch"))?;
        let accuracies = [evaluation.train_accuracy, evaluation.validation_accuracy, evaluation.test_accuracy];
        for ((curve, accuracy), is_train) in curves.iter_mut().zip(accuracies).zip([true, false, false]) {
            let seconds = if is_train { evaluation.training_time } else { None };
            curve.push(Point { epochs, loss: None, accuracy, seconds });
        }
    }
    if evaluations.len() < 2 {
        return Err(missing("evaluation at the end"));
    }
    let [train, valid, test] = curves.map(Curve);
    Ok(Run {
        dataset: "cifar10".to_owned(),
        epochs: row.1,
        seed: repetition,
        params: metrics.trainable_parameters.ok_or_else(|| missing("trainable_parameters"))?.into(),
        flops: None,
        latency: None,
        train,
        held_out: vec![("valid".to_owned(), valid), ("test".to_owned(), test)],
    })
}
