//! Benchmark tables joined into one: by architecture, or by the benchmark's index where a table has nothing else.

use super::index::Index;
use super::{Row, Source};
use crate::results::fingerprint;
use crate::space::{Arch, Columns, Constraint, Measure, SearchSpace};
use crate::{Error, Result};
use serde_json::Value;
use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use zeronas_datasets::table::Key;
use zeronas_datasets::{BenchmarkTable, nearest};

/// Several files as one table. The rows are those of the first file that names architectures. The columns are those of all files; if a name
/// occurs twice, the first file wins.
pub struct Tables {
    space: Arc<dyn SearchSpace>,
    index: Index,
    architectures: Vec<Arch>,
    columns: Vec<(String, Vec<Option<f64>>)>,
    files: Vec<(PathBuf, String)>,
}

impl Tables {
    /// Reads and joins the files.
    ///
    /// # Errors
    /// Names the file that cannot be read, holds architectures of another space, or cannot be joined.
    pub fn open(paths: &[PathBuf], arch_column: Option<&str>, space: Arc<dyn SearchSpace>) -> Result<Self> {
        let mut keyed = Vec::new();
        let mut numbered = Vec::new();
        for path in paths {
            let table = BenchmarkTable::open_by(path, arch_column)?;
            let tables = if matches!(table.key(), Key::Index(_)) { &mut numbered } else { &mut keyed };
            tables.push((path, table));
        }
        if keyed.is_empty() {
            // The space's own order says which architectures they are, if it has one.
            keyed.append(&mut numbered);
        }
        let Some((path, first)) = keyed.first() else { return Err(Error::setting("table", "names no table")) };
        let index = Index::new(space.as_ref(), first.architectures(), path)?;
        let architectures = first.architectures().map(|text| space.parse(text)).collect::<Result<_>>()?;
        let mut tables = Tables { space, index, architectures, columns: Vec::new(), files: Vec::new() };
        let numbers = || -> Result<HashMap<u64, usize>> {
            let numbers = first
                .column("index")
                .map_err(|_| Error::file(*path, "has no column `index`, by which another table is to be joined"))?;
            let whole = |number: &f64| *number >= 0.0 && number.fract() == 0.0;
            let numbered = numbers.into_iter().enumerate();
            Ok(numbered.filter_map(|(row, number)| Some((number.filter(whole)? as u64, row))).collect())
        };
        for (path, table) in &keyed {
            tables.join_by_architecture(path, table)?;
        }
        for (path, columns) in &numbered {
            tables.join_by_index(path, columns, &numbers()?)?;
        }
        Ok(tables)
    }

    fn join_by_architecture(&mut self, path: &Path, table: &BenchmarkTable) -> Result<()> {
        let rows: Vec<Option<usize>> = if self.files.is_empty() {
            (0..table.len()).map(Some).collect()
        } else {
            let other = Index::new(self.space.as_ref(), table.architectures(), path)?;
            self.architectures.iter().map(|arch| other.find(self.space.as_ref(), arch)).collect::<Result<_>>()?
        };
        if rows.iter().all(Option::is_none) {
            return Err(Error::file(path, "has no architecture of the table that it is to be joined with"));
        }
        for name in table.numeric_columns() {
            let values = table.column(&name)?;
            self.add(name, rows.iter().map(|row| values[(*row)?]).collect());
        }
        self.files.push((path.into(), table.fingerprint().into()));
        Ok(())
    }

    fn join_by_index(&mut self, path: &Path, table: &BenchmarkTable, numbers: &HashMap<u64, usize>) -> Result<()> {
        let mut places = vec![None; self.architectures.len()];
        for (&number, &place) in numbers {
            places[place] = table.row_of_index(number);
        }
        if places.iter().all(Option::is_none) {
            return Err(Error::file(path, "has no `index` of the table that it is to be joined with"));
        }
        for name in table.numeric_columns() {
            let values = table.column(&name)?;
            self.add(name, places.iter().map(|row| values[(*row)?]).collect());
        }
        self.files.push((path.into(), table.fingerprint().into()));
        Ok(())
    }

    fn add(&mut self, name: String, values: Vec<Option<f64>>) {
        if self.position(&name).is_none() {
            let finite = |value: Option<f64>| value.filter(|value| value.is_finite());
            self.columns.push((name, values.into_iter().map(finite).collect()));
        }
    }

    fn position(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|(known, _)| known == name)
    }

    /// The position of a column.
    fn column(&self, setting: &str, name: &str) -> Result<usize> {
        self.position(name).ok_or_else(|| {
            let known: Vec<&str> = self.columns.iter().map(|(name, _)| name.as_str()).collect();
            let files: Vec<String> = self.files.iter().map(|(path, _)| path.display().to_string()).collect();
            let hint = nearest(name, &known).map(|near| format!(" (did you mean `{near}`?)")).unwrap_or_default();
            let (files, known) = (files.join(" with "), known.join(", "));
            let reason = format!("{files} has no numeric column `{name}`{hint}; it has {known}");
            Error::setting(setting, reason)
        })
    }

    /// Makes sure that there is a numeric column of this name; `setting` asked for it.
    ///
    /// # Errors
    /// Names the setting, and the columns there are.
    pub fn expect(&self, setting: &str, name: &str) -> Result<()> {
        self.column(setting, name).map(drop)
    }

    /// Whether there is a numeric column of this name.
    pub fn has(&self, name: &str) -> bool {
        self.position(name).is_some()
    }

    /// The largest value of a column; `None` if there is no such column or it is empty.
    pub fn largest(&self, name: &str) -> Option<f64> {
        let (_, values) = &self.columns[self.position(name)?];
        values.iter().copied().flatten().max_by(f64::total_cmp)
    }

    /// The value of an architecture in a column; `None` if the tables do not have it.
    pub fn value(&self, arch: &Arch, name: &str) -> Result<Option<f64>> {
        let Some(column) = self.position(name) else { return Ok(None) };
        Ok(self.index.find(self.space.as_ref(), arch)?.and_then(|row| self.columns[column].1[row]))
    }

    /// What the tables say about an architecture, for limits.
    ///
    /// # Errors
    /// Names the column that a limit needs and no table has.
    pub(crate) fn columns(self, limits: &[Constraint]) -> Result<Columns> {
        for limit in limits {
            if let Measure::Column(name) = &limit.measure {
                self.expect("limit", name)?;
            }
        }
        Ok(Arc::new(move |arch, name| self.value(arch, name)))
    }

    /// The files with the SHA-256 of their bytes, for a manifest.
    pub(crate) fn fingerprints(&self) -> Vec<Value> {
        self.files.iter().map(|(path, sha256)| fingerprint(path, sha256)).collect()
    }
}

/// What an evaluation costs in simulated seconds: a column of the tables, times a number.
#[derive(Clone, Debug, PartialEq)]
pub struct Cost {
    /// The column.
    pub column: String,
    /// The factor, such as a number of epochs.
    pub factor: f64,
}

impl FromStr for Cost {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        let (column, factor) = match text.rsplit_once('*') {
            None => (text, 1.0),
            Some((column, factor)) => match factor.trim().parse::<f64>() {
                Ok(number) if number.is_finite() && number > 0.0 => (column, number),
                _ => return Err(format!("`{factor}` is not a number above 0; write COLUMN or COLUMN*12")),
            },
        };
        match column.trim() {
            "" => Err("names no column; write COLUMN or COLUMN*12".into()),
            column => Ok(Cost { column: column.into(), factor }),
        }
    }
}

impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.factor == 1.0 { f.write_str(&self.column) } else { write!(f, "{}*{}", self.column, self.factor) }
    }
}

/// Some columns of the tables as a source, with simulated seconds.
pub struct TableColumns {
    tables: Arc<Tables>,
    columns: Vec<usize>,
    cost: Option<(usize, f64)>,
}

impl TableColumns {
    /// Creates a source of these columns, each with the setting that asked for it; `cost` gives the simulated seconds of one evaluation.
    ///
    /// # Errors
    /// Names the setting whose column the tables lack.
    pub fn new(tables: Arc<Tables>, columns: &[(&str, &str)], cost: Option<&Cost>) -> Result<Self> {
        let places = columns.iter().map(|(setting, name)| tables.column(setting, name)).collect::<Result<_>>()?;
        let cost = cost.map(|cost| Ok::<_, Error>((tables.column("cost", &cost.column)?, cost.factor))).transpose()?;
        Ok(TableColumns { columns: places, cost, tables })
    }
}

impl Source for TableColumns {
    /// An architecture without a known cost has no row, as its evaluation could not be paid for.
    fn rows(&self, archs: &[Arch]) -> Result<Vec<Option<Row>>> {
        let tables = self.tables.as_ref();
        let row = |arch: &Arch| -> Result<Option<Row>> {
            let Some(row) = tables.index.find(tables.space.as_ref(), arch)? else { return Ok(None) };
            let training = match self.cost {
                None => Some(0.0),
                Some((column, factor)) => tables.columns[column].1[row].map(|seconds| seconds * factor),
            };
            Ok(training.map(|training| Row {
                values: self.columns.iter().map(|&column| tables.columns[column].1[row]).collect(),
                training,
                scoring: vec![Some(0.0); self.columns.len()],
            }))
        };
        archs.iter().map(row).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::{Enumerable, NatsSss};
    use std::fs;

    fn open(files: &[(&str, &str)]) -> Result<Tables> {
        let folder = tempfile::tempdir().unwrap();
        let write = |(name, text): &(&str, &str)| {
            let path = folder.path().join(name);
            fs::write(&path, text).unwrap();
            path
        };
        let paths: Vec<PathBuf> = files.iter().map(write).collect();
        Tables::open(&paths, None, Arc::new(NatsSss::default()))
    }

    const FIRST: (&str, &str) = ("a.csv", "index,arch,acc\n7,8:8:8:8:8,50\n9,8:8:8:8:16,60\n");

    #[test]
    fn tables_are_joined_by_index_or_architecture() {
        let by_index = ("b.csv", "index,seconds\n9,2.5\n3,1\n7,1.5\n");
        let by_name = ("c.csv", "arch_str,acc,flops\n8:8:8:8:16,0,4\n");
        let tables = open(&[by_index, FIRST, by_name]).unwrap();
        let source = TableColumns::new(
            Arc::new(tables),
            &[("feedback", "acc"), ("minimise", "flops")],
            Some(&"seconds*2".parse().unwrap()),
        );
        let space = NatsSss::default();
        let archs: Vec<Arch> = [0, 1, 2].map(|index| space.nth(index)).into();
        let rows = source.unwrap().rows(&archs).unwrap();
        let row = |values: [Option<f64>; 2], training| {
            Some(Row { values: values.into(), training, scoring: vec![Some(0.0); 2] })
        };
        assert_eq!(rows, [row([Some(50.0), None], 3.0), row([Some(60.0), Some(4.0)], 5.0), None]);
    }

    #[test]
    fn what_cannot_be_joined_is_named() {
        let error = |files: &[(&str, &str)]| open(files).err().unwrap().to_string();
        // The space knows its benchmark's order itself.
        assert!(open(&[("b.csv", "index,seconds\n9,2\n")]).unwrap().has("seconds"));
        let unnumbered = ("a.csv", "arch,acc\n8:8:8:8:8,50\n");
        assert!(error(&[unnumbered, ("b.csv", "index,seconds\n9,2\n")]).contains("a.csv: has no column `index`"));
        assert!(error(&[FIRST, ("b.csv", "index,seconds\n1,2\n")]).contains("b.csv: has no `index` of"));
        assert!(
            error(&[FIRST, ("b.csv", "index,seconds\n9,2\n9,3\n")]).contains("9 stands in row 1 and again in row 2")
        );
        assert!(error(&[FIRST, ("c.csv", "arch,flops\n8:8:8:8:24,4\n")]).contains("c.csv: has no architecture of"));
        assert!(error(&[("a.csv", "arch,acc\n8:8:8:8:9,50\n")]).contains("row 1: architecture `8:8:8:8:9`"));
        let tables = Arc::new(open(&[FIRST]).unwrap());
        let error = TableColumns::new(tables, &[("final", "test")], None).err().unwrap().to_string();
        assert!(error.starts_with("`final=`:") && error.ends_with("it has index, acc"), "{error}");
    }

    #[test]
    fn a_cost_is_a_column_times_a_number() {
        for text in ["seconds", "per_epoch*12"] {
            assert_eq!(text.parse::<Cost>().unwrap().to_string(), text);
        }
        assert!("x*0".parse::<Cost>().is_err() && "*12".parse::<Cost>().is_err() && "x*y".parse::<Cost>().is_err());
    }
}
