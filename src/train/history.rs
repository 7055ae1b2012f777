//! The results of each epoch, as a table.

use polars::prelude::*;
use serde::{Deserialize, Serialize};

use super::tally::Measures;
use crate::text::{Cell, Column as Shown, Table};

/// One epoch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EpochRow {
    /// Its number, from 1.
    pub epoch: usize,
    /// Steps taken up to its end.
    pub steps: usize,
    /// Learning rate of its last step.
    pub learning_rate: f64,
    /// On the training images as the network saw them: augmented, each before its step.
    pub train: Measures,
    /// On the validation images at its end, if there are any.
    pub valid: Option<Measures>,
    /// On the test images at its end, if there are any.
    pub test: Option<Measures>,
    /// Seconds of training.
    pub seconds: f64,
    /// Seconds of validation and testing.
    pub evaluation_seconds: f64,
    /// Training images per second.
    pub images_per_second: f64,
}

/// Returns one row per epoch: accuracies in percent, times in seconds. Columns for images that the set does not have are empty.
///
/// # Errors
/// If polars cannot make it.
pub fn table(history: &[EpochRow]) -> PolarsResult<DataFrame> {
    let whole = |name: &str, of: fn(&EpochRow) -> usize| {
        Column::new(name.into(), history.iter().map(|row| of(row) as u64).collect::<Vec<_>>())
    };
    let number = |name: String, of: &dyn Fn(&EpochRow) -> Option<f64>| {
        Column::new(name.into(), history.iter().map(of).collect::<Vec<_>>())
    };
    let mut columns = vec![whole("epoch", |row| row.epoch), whole("steps", |row| row.steps)];
    columns.push(number("learning_rate".into(), &|row| Some(row.learning_rate)));
    for (part, of) in PARTS {
        columns.push(number(format!("{part}_loss"), &|row| of(row).map(|measures| measures.loss)));
        columns.push(number(format!("{part}_accuracy"), &|row| of(row).map(|measures| measures.accuracy)));
        columns.push(number(format!("{part}_top5"), &|row| of(row).map(|measures| measures.top5)));
    }
    columns.push(number("seconds".into(), &|row| Some(row.seconds)));
    columns.push(number("evaluation_seconds".into(), &|row| Some(row.evaluation_seconds)));
    columns.push(number("images_per_second".into(), &|row| Some(row.images_per_second)));
    DataFrame::new(history.len(), columns)
}

/// The same as text; times and losses are details.
pub fn epochs(history: &[EpochRow]) -> Table {
    let mut columns = vec![Shown::number("epoch").key(), Shown::number("steps").detail()];
    columns.push(Shown::number("learning rate").detail());
    for (part, _) in PARTS {
        columns.push(Shown::number(format!("{part} loss")).detail());
        columns.push(Shown::number(format!("{part} accuracy")));
        columns.push(Shown::number(format!("{part} top5")).detail());
    }
    columns.extend(["seconds", "evaluation seconds", "images per second"].map(|title| Shown::number(title).detail()));
    let mut table = Table::new("epoch", columns);
    for row in history {
        let mut cells = vec![row.epoch.into(), row.steps.into(), Cell::number(Some(row.learning_rate), 6)];
        for (_, of) in PARTS {
            let measures = of(row);
            cells.push(Cell::number(measures.map(|measures| measures.loss), 4));
            cells.push(Cell::number(measures.map(|measures| measures.accuracy), 2));
            cells.push(Cell::number(measures.map(|measures| measures.top5), 2));
        }
        let times = [row.seconds, row.evaluation_seconds, row.images_per_second];
        cells.extend(times.map(|number| Cell::number(Some(number), 1)));
        table.row(cells);
    }
    table
}

/// Returns an epoch's numbers for programs that plot them.
pub(crate) fn numbers(row: &EpochRow) -> Vec<(&'static str, f64)> {
    let mut numbers = vec![("learning_rate", row.learning_rate), ("images_per_second", row.images_per_second)];
    for (names, measures) in [
        (["loss/train", "accuracy/train", "top5/train"], Some(row.train)),
        (["loss/valid", "accuracy/valid", "top5/valid"], row.valid),
        (["loss/test", "accuracy/test", "top5/test"], row.test),
    ] {
        let values = measures.map(|measures| [measures.loss, measures.accuracy, measures.top5]);
        numbers.extend(values.into_iter().flat_map(|values| names.into_iter().zip(values)));
    }
    numbers
}

type Part = (&'static str, fn(&EpochRow) -> Option<Measures>);

/// The parts of an image set on which the network is measured.
pub(super) const PARTS: [Part; 3] =
    [("train", |row| Some(row.train)), ("valid", |row| row.valid), ("test", |row| row.test)];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_a_row_an_epoch_and_a_column_a_measure() {
        let train = Measures { loss: 1.5, accuracy: 40.0, top5: 90.0 };
        let row = EpochRow {
            epoch: 1,
            steps: 8,
            learning_rate: 0.1,
            train,
            valid: None,
            test: Some(Measures { loss: 2.0, ..train }),
            seconds: 2.0,
            evaluation_seconds: 0.5,
            images_per_second: 128.0,
        };
        let table = table(std::slice::from_ref(&row)).unwrap();
        assert_eq!(table.shape(), (1, 15));
        let value = |column: &str| table.column(column).unwrap().f64().unwrap().get(0);
        assert_eq!((value("train_accuracy"), value("valid_loss"), value("test_loss")), (Some(40.0), None, Some(2.0)));
        // The text output has the same columns under the same names.
        let shown = epochs(std::slice::from_ref(&row));
        let keys: Vec<&str> = shown.columns.iter().map(|column| column.key.as_str()).collect();
        let names: Vec<&str> = table.get_column_names().iter().map(|name| name.as_str()).collect();
        assert_eq!(keys, names);
    }
}
