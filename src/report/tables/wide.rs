//! Numbers by row and column, put in one at a time.

use std::collections::HashMap;

use polars::prelude::*;

/// A wide table in the making: rows and columns are in the order of their first number, and cells without a number are empty.
pub(super) struct Wide {
    key_names: Vec<&'static str>,
    rows: Vec<Vec<String>>,
    row_places: HashMap<Vec<String>, usize>,
    columns: Vec<(String, Vec<Option<f64>>)>,
    column_places: HashMap<String, usize>,
}

impl Wide {
    /// A table whose rows are known by these columns.
    pub(super) fn new(key_names: &[&'static str]) -> Self {
        Wide {
            key_names: key_names.to_vec(),
            rows: Vec::new(),
            row_places: HashMap::new(),
            columns: Vec::new(),
            column_places: HashMap::new(),
        }
    }

    /// Puts a number into its cell; `key` has one text per key column.
    pub(super) fn put(&mut self, key: &[&str], column: &str, value: Option<f64>) {
        let key: Vec<String> = key.iter().map(|part| (*part).to_owned()).collect();
        let row = *self.row_places.entry(key).or_insert_with_key(|key| {
            self.rows.push(key.clone());
            self.rows.len() - 1
        });
        let place = *self.column_places.entry(column.to_owned()).or_insert_with(|| {
            self.columns.push((column.to_owned(), Vec::new()));
            self.columns.len() - 1
        });
        let cells = &mut self.columns[place].1;
        cells.resize(cells.len().max(row + 1), None);
        cells[row] = value;
    }

    /// The table. A key column `k` holds whole numbers.
    pub(super) fn frame(self) -> PolarsResult<DataFrame> {
        let height = self.rows.len();
        let mut all = Vec::new();
        for (place, name) in self.key_names.iter().enumerate() {
            let cells = self.rows.iter().map(|row| row[place].as_str());
            all.push(match *name {
                "k" => Column::new("k".into(), cells.map(|cell| cell.parse().ok()).collect::<Vec<Option<u64>>>()),
                name => Column::new(name.into(), cells.collect::<Vec<_>>()),
            });
        }
        for (name, mut cells) in self.columns {
            cells.resize(height, None);
            all.push(Column::new(name.into(), cells));
        }
        DataFrame::new(height, all)
    }
}
