//! A folder of results: tables, each as CSV and Parquet, texts, and the manifest that says how they came about.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use polars::prelude::*;

use super::error::{Error, Result};
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

    /// Writes a text; folders in its name are made.
    ///
    /// # Errors
    /// Names the file that cannot be written.
    pub fn write_text(&self, name: &str, text: &str) -> Result<()> {
        let file = self.path.join(name);
        let failed = |source| Error::Write { file: file.clone(), source };
        if let Some(folder) = file.parent() {
            fs::create_dir_all(folder).map_err(failed)?;
        }
        fs::write(&file, text).map_err(failed)
    }
}

fn create(path: &Path) -> Result<File> {
    File::create(path).map_err(|source| Error::Write { file: path.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_written_twice_alike_with_its_manifest() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/report");
        let written = Folder::create(&path, &serde_json::json!({"x": 1})).unwrap();
        written.write("table", df!("proxy" => ["zen"], "value" => [None::<f64>])).unwrap();
        written.write_text("figures/one.svg", "<svg/>").unwrap();
        let mut reader = ParquetReader::new(File::open(path.join("table.parquet")).unwrap());
        let metadata = reader.get_metadata().unwrap().key_value_metadata.clone().unwrap();
        assert!(metadata.iter().any(|entry| entry.key == "zeronas" && entry.value.as_deref() == Some(r#"{"x":1}"#)));
        assert_eq!(reader.finish().unwrap().height(), 1);
        assert_eq!(fs::read_to_string(path.join("table.csv")).unwrap(), "proxy,value\nzen,\n");
        assert_eq!(fs::read_to_string(path.join("figures/one.svg")).unwrap(), "<svg/>");
    }
}
