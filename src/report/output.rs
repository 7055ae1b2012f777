//! What a report leaves in its folder: the summary and the joined table, each as CSV and Parquet, and the manifest.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use polars::prelude::*;

use super::Settings;
use super::average::{ProxyReadings, Reading, Readings};
use super::bootstrap::Correlations;
use super::error::{Error, Result};
use super::join::{Direction, Target};
use super::summary::{SummaryRow, bad_text};
use crate::job::MANIFEST_KEY;

/// A folder for one report. Files of an earlier report there are replaced, others are left alone.
pub struct Folder {
    path: PathBuf,
    manifest: String,
}

impl Folder {
    /// Makes the folder where it is not there, and writes `manifest.json` into it; the Parquet files carry the same text.
    ///
    /// # Errors
    /// Where the folder or the file cannot be made.
    pub fn create(path: &Path, manifest: &serde_json::Value) -> Result<Self> {
        fs::create_dir_all(path).map_err(|source| Error::Write { file: path.to_owned(), source })?;
        let file = path.join("manifest.json");
        fs::write(&file, format!("{manifest:#}\n")).map_err(|source| Error::Write { file, source })?;
        Ok(Folder { path: path.to_owned(), manifest: manifest.to_string() })
    }

    /// Writes `NAME.csv` and `NAME.parquet`.
    ///
    /// # Errors
    /// Names the file that cannot be written, or for which `table` is an error.
    pub fn write(&self, name: &str, table: PolarsResult<DataFrame>) -> Result<()> {
        let parquet = self.path.join(format!("{name}.parquet"));
        let mut table = table.map_err(|source| Error::WriteTable { file: parquet.clone(), source })?;
        let metadata = KeyValueMetadata::from_static(vec![(MANIFEST_KEY.into(), self.manifest.clone())]);
        ParquetWriter::new(create(&parquet)?)
            .with_key_value_metadata(Some(metadata))
            .finish(&mut table)
            .map_err(|source| Error::WriteTable { file: parquet, source })?;
        let csv = self.path.join(format!("{name}.csv"));
        CsvWriter::new(create(&csv)?).finish(&mut table).map_err(|source| Error::WriteTable { file: csv, source })
    }
}

fn create(path: &Path) -> Result<File> {
    File::create(path).map_err(|source| Error::Write { file: path.to_owned(), source })
}

/// The summary as a table: a row a target and proxy, undefined numbers empty.
///
/// # Errors
/// Those of polars.
pub fn summary_table(rows: &[SummaryRow], settings: &Settings) -> PolarsResult<DataFrame> {
    let text =
        |name: &str, of: fn(&SummaryRow) -> String| Column::new(name.into(), rows.iter().map(of).collect::<Vec<_>>());
    let count = |name: &str, of: fn(&SummaryRow) -> usize| {
        Column::new(name.into(), rows.iter().map(|row| of(row) as u64).collect::<Vec<_>>())
    };
    let number = |name: &str, of: &dyn Fn(&SummaryRow) -> Option<f64>| {
        Column::new(name.into(), rows.iter().map(of).collect::<Vec<_>>())
    };
    let mut columns = vec![
        text("target", |row| row.target.clone()),
        text("proxy", |row| row.proxy.clone()),
        text("better", |row| match row.direction {
            Direction::Higher => "higher".into(),
            Direction::Lower => "lower".into(),
        }),
        text("pearson_scale", |row| if row.ln { "ln".into() } else { "linear".into() }),
        count("n", |row| row.n),
        count("ok", |row| row.ok),
        text("bad", |row| bad_text(&row.bad)),
        count("ln_zero", |row| row.ln_zero),
        count("missing", |row| row.missing),
    ];
    for (name, of) in Correlations::NAMED {
        columns.push(number(name, &|row| of(&row.correlations).value));
        columns.push(number(&format!("{name}_lo"), &|row| Some(of(&row.correlations).interval?.0)));
        columns.push(number(&format!("{name}_hi"), &|row| Some(of(&row.correlations).interval?.1)));
    }
    for (place, k) in settings.top.iter().enumerate() {
        columns.push(number(&format!("best_top{k}"), &|row| row.best_top[place]));
    }
    columns.push(number("best_possible", &|row| row.best_possible));
    columns.push(number("seconds_mean", &|row| row.seconds_mean));
    DataFrame::new(rows.len(), columns)
}

/// The joined table: a row an architecture that has a value of some target, in the order of its text.
///
/// A proxy has two columns: `NAME`, the mean over seeds, or `ln_NAME` on a log scale; and `NAME_status`, which is `ok`,
/// `ln_zero` or the bad status where there is no number, and empty where the proxy was not evaluated. A target keeps its
/// name, or is called `target_NAME` where a proxy has taken it.
///
/// # Errors
/// Those of polars, as for a proxy called `arch`.
pub fn joined_table(readings: &Readings, targets: &[Target]) -> PolarsResult<DataFrame> {
    let in_benchmark = |arch: &String| targets.iter().any(|target| target.values.contains_key(arch));
    let rows: Vec<usize> = (0..readings.archs.len()).filter(|&row| in_benchmark(&readings.archs[row])).collect();
    let archs: Vec<&str> = rows.iter().map(|&row| readings.archs[row].as_str()).collect();
    let mut columns = vec![Column::new("arch".into(), &archs)];
    for proxy in &readings.proxies {
        columns.extend(proxy_columns(proxy, &rows));
    }
    for target in targets {
        let taken = columns.iter().any(|column| column.name() == target.name.as_str());
        let name = if taken { format!("target_{}", target.name) } else { target.name.clone() };
        let values: Vec<Option<f64>> = archs.iter().map(|&arch| target.values.get(arch).copied()).collect();
        columns.push(Column::new(name.into(), values));
    }
    DataFrame::new(rows.len(), columns)
}

fn proxy_columns(proxy: &ProxyReadings, rows: &[usize]) -> [Column; 2] {
    let (values, statuses): (Vec<Option<f64>>, Vec<Option<&str>>) = rows
        .iter()
        .map(|&row| match &proxy.readings[row] {
            None => (None, None),
            Some(Reading::Value(value)) => (Some(*value), Some("ok")),
            Some(Reading::LnZero) => (None, Some("ln_zero")),
            Some(Reading::Bad(status)) => (None, Some(status.as_str())),
        })
        .unzip();
    let name = if proxy.ln { format!("ln_{}", proxy.proxy) } else { proxy.proxy.clone() };
    [Column::new(name.into(), values), Column::new(format!("{}_status", proxy.proxy).into(), statuses)]
}

#[cfg(test)]
mod tests {
    use super::super::average::average;
    use super::super::fixture::{scores, target};
    use super::super::summary::summarise;
    use super::*;

    fn readings() -> Readings {
        average(&scores(
            "b,params,0,7,,ok,1\n\
             a,synflow,0,,3.5,ok,1\n\
             b,synflow,0,0,,ok,1\n\
             c,synflow,0,,,overflow,1\n\
             unknown,synflow,0,,1,ok,1\n",
        ))
        .unwrap()
    }

    fn targets() -> [Target; 2] {
        let params = target("params", &[("b", 70.0)]);
        [target("acc", &[("a", 1.0), ("b", 2.0), ("c", 3.0)]), params]
    }

    #[test]
    fn the_joined_table_holds_values_statuses_and_targets() {
        let folder = tempfile::tempdir().unwrap();
        let written = Folder::create(&folder.path().join("new/report"), &serde_json::json!({"x": 1})).unwrap();
        written.write("joined", joined_table(&readings(), &targets())).unwrap();
        let text = fs::read_to_string(folder.path().join("new/report/joined.csv")).unwrap();
        assert_eq!(
            text,
            "arch,params,params_status,ln_synflow,synflow_status,acc,target_params\n\
             a,,,3.5,ok,1.0,\n\
             b,7.0,ok,,ln_zero,2.0,70.0\n\
             c,,,,overflow,3.0,\n"
        );
    }

    #[test]
    fn the_summary_is_written_twice_alike_with_its_manifest() {
        let settings = Settings { bootstrap: 0, ..Settings::default() };
        let rows = summarise(&readings(), &targets(), |_| Direction::Higher, &settings).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let written = Folder::create(folder.path(), &serde_json::json!({"x": 1})).unwrap();
        written.write("summary", summary_table(&rows, &settings)).unwrap();
        let mut reader = ParquetReader::new(File::open(folder.path().join("summary.parquet")).unwrap());
        let metadata = reader.get_metadata().unwrap().key_value_metadata.clone().unwrap();
        assert!(metadata.iter().any(|entry| entry.key == "zeronas" && entry.value.as_deref() == Some(r#"{"x":1}"#)));
        let table = reader.finish().unwrap();
        let csv = fs::read_to_string(folder.path().join("summary.csv")).unwrap();
        assert_eq!(table.height(), 4);
        let header = csv.lines().next().unwrap();
        assert_eq!(table.get_column_names().iter().map(|name| name.as_str()).collect::<Vec<_>>().join(","), header);
        assert_eq!(
            header,
            "target,proxy,better,pearson_scale,n,ok,bad,ln_zero,missing,spearman,spearman_lo,spearman_hi,\
             kendall,kendall_lo,kendall_hi,pearson,pearson_lo,pearson_hi,best_top1,best_top10,best_top100,\
             best_possible,seconds_mean"
        );
    }
}
