//! What `nasbench` answers: `query`.

use crate::space::query::{Answers, Part, Question, Reply, Row, repetition};
use crate::{Error, Result};
use serde_json::json;
use zeronas_datasets::table::official::Record;
use zeronas_datasets::table::official::api::{self, Answer};

/// The Python package of NAS-Bench-101.
pub(super) struct Package;

/// The word for a repetition.
const REPETITION: &str = "run";

impl Answers for Package {
    fn check(&self, question: &Question<'_>) -> Result<()> {
        match question {
            Question { at_epoch: Some(_), .. } => {
                Err(Error::setting("at_epoch", "NAS-Bench-101 has `halfway=` instead"))
            }
            Question { dataset: "cifar10", .. } => Ok(()),
            _ => Err(Error::setting("dataset", "NAS-Bench-101 has only cifar10")),
        }
    }

    fn of_record(&self, record: &Record, question: &Question<'_>, epochs: u32) -> Result<Reply> {
        let cell = api::cell(record, epochs, question.halfway, question.pick)?;
        Ok(query(&cell.module_adjacency, &cell.module_operations, cell.numbers))
    }

    fn knows(&self, columns: &[String]) -> bool {
        columns.iter().any(|name| name.ends_with("ep_run0"))
    }

    fn repetition(&self) -> &'static str {
        REPETITION
    }

    fn of_row(&self, row: &Row<'_>, question: &Question<'_>, epochs: u32, seed: Option<u32>) -> Reply {
        let (adjacency, operations) = api::matrix(row.architecture());
        query(&adjacency, &operations, cell(row, epochs, question.halfway, seed))
    }
}

fn query(adjacency: &[Vec<u8>], operations: &[String], numbers: Answer) -> Reply {
    let mut all =
        vec![("module_adjacency".to_owned(), json!(adjacency)), ("module_operations".to_owned(), json!(operations))];
    if let Part::Numbers(numbers) = Part::numbers(numbers) {
        all.extend(numbers);
    }
    vec![("query", Part::Numbers(all))]
}

/// The numbers of [`api::cell`].
fn cell(row: &Row<'_>, epochs: u32, halfway: bool, seed: Option<u32>) -> Answer {
    let halfway = if halfway { "_halfway" } else { "" };
    let end = format!("cifar10_{epochs}ep{halfway}_{}", repetition(seed, REPETITION));
    let of = |name: &str| row.value(&format!("{name}_{end}"));
    vec![
        ("trainable_parameters".to_owned(), row.value("params")),
        ("training_time".to_owned(), of("train_seconds")),
        ("train_accuracy".to_owned(), of("train_accuracy")),
        ("validation_accuracy".to_owned(), of("valid_accuracy")),
        ("test_accuracy".to_owned(), of("test_accuracy")),
    ]
}
