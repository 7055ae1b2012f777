//! What `nats_bench` answers: `get_more_info` and `get_cost_info`.

use crate::space::query::{Answers, Part, Question, Reply, Row, in_names, repetition};
use crate::{Error, Result};
use zeronas_datasets::table::official::api::{self, Answer};
use zeronas_datasets::table::official::{Benchmark, Record};

/// The Python package of NATS-Bench.
pub(super) struct Package;

/// The word for a repetition.
const REPETITION: &str = "seed";

impl Answers for Package {
    fn check(&self, question: &Question<'_>) -> Result<()> {
        match question.halfway {
            true => Err(Error::setting("halfway", "only NAS-Bench-101 has this")),
            false => Ok(()),
        }
    }

    fn of_record(&self, record: &Record, question: &Question<'_>, epochs: u32) -> Result<Reply> {
        let info = api::more_info(record, question.dataset, epochs, question.at_epoch, question.pick)?;
        let cost = api::cost_info(record, question.dataset, epochs)?;
        Ok(vec![("more_info", Part::numbers(info)), ("cost_info", Part::numbers(cost))])
    }

    fn knows(&self, columns: &[String]) -> bool {
        let of_trainings = columns.iter().any(|name| name.starts_with("train_accuracy_") && name.ends_with("ep_mean"));
        // NAS-Bench-101 calls its repetitions runs.
        of_trainings && !columns.iter().any(|name| name.ends_with("ep_run0"))
    }

    fn repetition(&self) -> &'static str {
        REPETITION
    }

    fn of_row(&self, row: &Row<'_>, question: &Question<'_>, epochs: u32, seed: Option<u32>) -> Reply {
        let info = Part::numbers(more_info(row, question.dataset, epochs, seed));
        vec![("more_info", info), ("cost_info", Part::numbers(cost_info(row, question.dataset, epochs)))]
    }
}

/// As [`api::more_info`].
fn more_info(row: &Row<'_>, dataset: &str, epochs: u32, seed: Option<u32>) -> Answer {
    let end = format!("{}_{epochs}ep_{}", in_names(dataset), repetition(seed, REPETITION));
    let mut answer = Vec::new();
    for (label, _) in api::sets(Benchmark::NatsTss, dataset) {
        let of = |what: &str| row.value(&format!("{label}_{what}_{end}"));
        let (loss, accuracy, seconds) = (of("loss"), of("accuracy"), of("seconds"));
        if loss.is_none() && accuracy.is_none() {
            continue;
        }
        answer.extend([
            (format!("{label}-loss"), loss),
            (format!("{label}-accuracy"), accuracy),
            (format!("{label}-per-time"), seconds.map(|seconds| seconds / f64::from(epochs))),
            (format!("{label}-all-time"), seconds),
        ]);
    }
    answer
}

/// As [`api::cost_info`], without the times.
fn cost_info(row: &Row<'_>, dataset: &str, epochs: u32) -> Answer {
    let dataset = in_names(dataset);
    let millions = |name: &str| row.value(&format!("{name}_{dataset}")).map(|count| count / 1e6);
    vec![
        ("flops".to_owned(), millions("flops")),
        ("params".to_owned(), millions("params")),
        ("latency".to_owned(), row.value(&format!("latency_seconds_{dataset}_{epochs}ep"))),
    ]
}
