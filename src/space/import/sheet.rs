//! A table under construction: one row per architecture, one column per number.

use crate::space::{Arch, SearchSpace};
use crate::{Error, Result};
use polars::prelude::{Column, DataFrame, IntoColumn, NamedFrom, ParquetWriter, Series};
use std::collections::HashMap;
use std::fs::File;
use std::path::Path;
use zeronas_datasets::table::official::api::Answer;

/// A table under construction.
#[derive(Debug, Default)]
pub struct Sheet {
    rows: HashMap<Arch, usize>,
    archs: Vec<Arch>,
    names: HashMap<String, usize>,
    columns: Vec<(String, Vec<Option<f64>>)>,
}

impl Sheet {
    /// Returns the row of the architecture that is written as `text`, which is added if it is new.
    ///
    /// # Errors
    /// What is wrong with the text.
    pub fn row(&mut self, space: &dyn SearchSpace, text: &str) -> Result<usize> {
        let arch = space.parse(text)?;
        let next = self.archs.len();
        let row = *self.rows.entry(arch.clone()).or_insert(next);
        if row == next {
            self.archs.push(arch);
        }
        Ok(row)
    }

    /// Sets a number. If the row already has a different one, it goes into the column `NAME_repeat1`, and so on.
    pub fn put(&mut self, row: usize, name: &str, value: f64) {
        if !value.is_finite() {
            return;
        }
        for repeat in 0.. {
            let name = if repeat == 0 { name.to_owned() } else { format!("{name}_repeat{repeat}") };
            let next = self.columns.len();
            let column = *self.names.entry(name.clone()).or_insert(next);
            if column == next {
                self.columns.push((name, Vec::new()));
            }
            let values = &mut self.columns[column].1;
            if values.len() <= row {
                values.resize(row + 1, None);
            }
            match values[row] {
                None => return values[row] = Some(value),
                Some(known) if known == value => return,
                Some(_) => {}
            }
        }
    }

    /// Sets a count that is given in millions.
    pub fn put_millions(&mut self, row: usize, name: &str, millions: f64) {
        self.put(row, name, (millions * 1e6).round());
    }

    /// The number of rows.
    pub fn len(&self) -> usize {
        self.archs.len()
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.archs.is_empty()
    }

    /// The architectures, row by row.
    pub fn archs(&self) -> &[Arch] {
        &self.archs
    }

    /// The names of the columns.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().map(|(name, _)| name.as_str())
    }

    /// Returns the numbers of an architecture, or of another architecture with the same network.
    ///
    /// # Errors
    /// If a key cannot be computed.
    pub fn find(&self, space: &dyn SearchSpace, arch: &Arch) -> Result<Option<Answer>> {
        let mut row = self.rows.get(arch).copied();
        if row.is_none() {
            let key = space.key(arch)?;
            for (place, other) in self.archs.iter().enumerate().filter(|_| key.is_some()) {
                if space.key(other)? == key {
                    row = Some(place);
                    break;
                }
            }
        }
        let Some(row) = row else { return Ok(None) };
        let columns = self.columns.iter().map(|(name, values)| (name.clone(), values.get(row).copied().flatten()));
        Ok(Some(columns.collect()))
    }

    /// Writes the table as Parquet: `arch`, then the columns; whole numbers of parameters, FLOPs and MACs as integers.
    ///
    /// # Errors
    /// If the file already exists or cannot be written.
    pub fn write(self, out: &Path) -> Result<()> {
        let rows = self.len();
        let archs: Vec<&str> = self.archs.iter().map(Arch::as_str).collect();
        let arch = Series::new("arch".into(), archs).into_column();
        let columns = self.columns.into_iter().map(|(name, mut values)| {
            values.resize(rows, None);
            let whole = values.iter().flatten().all(|value| value.fract() == 0.0 && value.abs() < 9e15);
            match whole && (name.ends_with("params") || name.ends_with("flops") || name.ends_with("macs")) {
                true => Series::new(name.as_str().into(), whole_numbers(&values)).into_column(),
                false => Series::new(name.as_str().into(), values).into_column(),
            }
        });
        let columns: Vec<Column> = std::iter::once(arch).chain(columns).collect();
        let mut frame = DataFrame::new(rows, columns).map_err(|error| Error::file(out, error.to_string()))?;
        let file = File::create_new(out).map_err(Error::io(out, "cannot be made"))?;
        let written = ParquetWriter::new(file).finish(&mut frame);
        written.map(drop).map_err(|error| {
            // Half a table would be taken for a whole one.
            let _ = std::fs::remove_file(out);
            Error::file(out, error.to_string())
        })
    }
}

fn whole_numbers(values: &[Option<f64>]) -> Vec<Option<i64>> {
    values.iter().map(|value| value.map(|value| value as i64)).collect()
}
