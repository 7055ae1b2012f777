//! Tables of operators and their latencies.

use super::operator::{Operator, operators};
use crate::results::{replace, written};
use crate::{Error, Result};
use polars::prelude::*;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use zeronas_datasets::table::file::TableFile;
use zeronas_proxies::network::Network;

/// The latencies of operators for one image, as far as they were measured.
///
/// The file is a table with the columns `kind`, `settings`, `inputs`, `output` and `ms`, where `ms` is empty for operators that were not
/// measured. If you measure operators with a device's own tool, fill in `ms`; other columns are dropped when the file is written.
#[derive(Clone, Debug, Default)]
pub struct OperatorTable {
    path: PathBuf,
    /// Each operator once, in the order of the file.
    rows: Vec<(Operator, Option<f64>)>,
    /// The place of each operator, by its text.
    places: HashMap<String, usize>,
}

impl OperatorTable {
    /// Opens the table at `path`.
    ///
    /// # Errors
    /// Names the row and column at fault: an invalid or duplicate operator, or a time that is not a number of at least 0.
    pub fn open(path: &Path) -> Result<Self> {
        let file = TableFile::open(path)?;
        let [kinds, inputs] = [file.full_texts("kind")?, file.full_texts("inputs")?];
        let (settings, times) = (file.texts("settings")?, file.numbers("ms")?);
        let mut table = OperatorTable { path: path.to_owned(), ..OperatorTable::default() };
        for (row, (kind, time)) in kinds.iter().zip(times).enumerate() {
            let operator = Operator::read(kind, &settings[row], &inputs[row])
                .map_err(|reason| file.cell(row, "kind", &format!("`{kind}`: {reason}")))?;
            if time.is_some_and(|time| !time.is_finite() || time < 0.0) {
                return Err(file.cell(row, "ms", "is no number from 0").into());
            }
            if !table.add(operator, time) {
                return Err(file.cell(row, "kind", "the same operator stands further up").into());
            }
        }
        Ok(table)
    }

    /// Adds an operator unless it is already there; returns whether it was added.
    pub fn add(&mut self, operator: Operator, time: Option<f64>) -> bool {
        let told = operator.to_string();
        if self.places.contains_key(&told) {
            return false;
        }
        self.places.insert(told, self.rows.len());
        self.rows.push((operator, time));
        true
    }

    /// The operators with their milliseconds.
    pub fn rows(&self) -> &[(Operator, Option<f64>)] {
        &self.rows
    }

    /// Notes how many milliseconds the operator in this row takes.
    pub fn fill(&mut self, row: usize, time: f64) {
        self.rows[row].1 = Some(time);
    }

    /// The sum over the operators of a network, in milliseconds.
    ///
    /// # Errors
    /// Names the operator that is not there, or was not measured.
    pub fn predict(&self, net: &Network) -> Result<f64> {
        let mut sum = 0.0;
        for operator in operators(net)? {
            let known = self.places.get(&operator.to_string()).map(|&place| self.rows[place].1);
            sum += match known {
                Some(Some(time)) => time,
                Some(None) => return Err(Error::file(&self.path, format!("has no `ms` for {operator}"))),
                None => {
                    let reason =
                        format!("has no row for {operator}; `zeronas latency template` lists what a space needs");
                    return Err(Error::file(&self.path, reason));
                }
            };
        }
        Ok(sum)
    }

    /// Writes it as CSV.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn write(&self, path: &Path) -> Result<()> {
        let texts = |of: fn(&Operator) -> Result<String>| {
            self.rows.iter().map(|(operator, _)| of(operator)).collect::<Result<Vec<_>>>()
        };
        let (settings, outputs) = (texts(Operator::settings)?, texts(|operator| Ok(operator.output()?.to_string()))?);
        let kinds: Vec<&str> = self.rows.iter().map(|(operator, _)| operator.kind()).collect();
        let inputs: Vec<String> = self.rows.iter().map(|(operator, _)| operator.inputs()).collect();
        let times: Vec<Option<f64>> = self.rows.iter().map(|(_, time)| *time).collect();
        let mut table =
            df!("kind" => kinds, "settings" => settings, "inputs" => inputs, "output" => outputs, "ms" => times)?;
        replace(path, |file| written(path, CsvWriter::new(file).finish(&mut table)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::{NatsTss, SearchSpace};
    use std::fs;

    fn network(index: &str) -> Network {
        let space = NatsTss::default();
        space.canonical_network(&space.parse(index).unwrap()).unwrap().unwrap()
    }

    #[test]
    fn a_prediction_is_the_sum_over_the_operators() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("operators.csv");
        let mut table = OperatorTable::default();
        let all = operators(&network("0")).unwrap();
        for operator in &all {
            table.add(operator.clone(), Some(0.5));
        }
        assert!(table.rows().len() < all.len());
        table.write(&path).unwrap();
        let table = OperatorTable::open(&path).unwrap();
        assert_eq!(table.predict(&network("0")).unwrap(), 0.5 * all.len() as f64);

        let missing = table.predict(&network("1")).unwrap_err().to_string();
        assert!(missing.contains("operators.csv: has no row for "), "{missing}");
        let text = fs::read_to_string(&path).unwrap().replacen(",0.5\n", ",\n", 1);
        fs::write(&path, text).unwrap();
        let empty = OperatorTable::open(&path).unwrap().predict(&network("0")).unwrap_err().to_string();
        assert!(empty.contains("has no `ms` for conv "), "{empty}");
    }

    #[test]
    fn bad_rows_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("operators.csv");
        let header = "kind,settings,inputs,output,ms\n";
        for (rows, reason) in [
            ("relu,,4x8x8,4x8x8,1\nrulu,,4x8x8,4x8x8,1\n", "row 2"),
            ("relu,,4x8x8,4x8x8,-1\n", "is no number from 0"),
            ("relu,,4x8x8,4x8x8,1\nrelu,,4x8x8,4x8x8,2\n", "further up"),
            ("relu,,4x8x8,4x8x8,soon\n", "soon"),
        ] {
            fs::write(&path, format!("{header}{rows}")).unwrap();
            let error = OperatorTable::open(&path).unwrap_err().to_string();
            assert!(error.contains(reason) && error.contains("operators.csv"), "{error}");
        }
    }
}
