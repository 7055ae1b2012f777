//! A folder of results: tables, each as CSV and Parquet, texts, and the manifest that says how they came about.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use polars::prelude::*;

use super::error::{Error, Result};
use crate::job::MANIFEST_KEY;

/// A folder for one report. Files of an earlier report there are replaced once the new ones are whole, others are left alone.
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
        let folder = Folder { path: path.to_owned(), manifest: manifest.to_string() };
        folder.write_text("manifest.json", &format!("{manifest:#}\n"))?;
        Ok(folder)
    }

    /// Writes `NAME.csv` and `NAME.parquet`.
    ///
    /// # Errors
    /// Names the file that cannot be written, or for which `table` is an error.
    pub fn write(&self, name: &str, table: PolarsResult<DataFrame>) -> Result<()> {
        let parquet = self.path.join(format!("{name}.parquet"));
        let mut table = table.map_err(|source| Error::WriteTable { file: parquet.clone(), source })?;
        let metadata = KeyValueMetadata::from_static(vec![(MANIFEST_KEY.into(), self.manifest.clone())]);
        replace(&parquet, |file| {
            let written = ParquetWriter::new(file).with_key_value_metadata(Some(metadata)).finish(&mut table);
            written.map(drop).map_err(|source| Error::WriteTable { file: parquet.clone(), source })
        })?;
        let csv = self.path.join(format!("{name}.csv"));
        replace(&csv, |file| {
            CsvWriter::new(file).finish(&mut table).map_err(|source| Error::WriteTable { file: csv.clone(), source })
        })
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
        replace(&file, |to| to.write_all(text.as_bytes()).map_err(failed))
    }
}

/// Writes a file beside `path` and moves it there: a full disk or a kill leaves what was there before.
fn replace(path: &Path, write: impl FnOnce(&mut File) -> Result<()>) -> Result<()> {
    let failed = |source| Error::Write { file: path.to_owned(), source };
    let mut unfinished = path.as_os_str().to_owned();
    unfinished.push(".unfinished");
    let unfinished = PathBuf::from(unfinished);
    let written = File::create(&unfinished).map_err(failed).and_then(|mut file| write(&mut file));
    let moved = written.and_then(|()| fs::rename(&unfinished, path).map_err(failed));
    if moved.is_err() {
        // The failure itself is what is told; the rest of the file may not even be there.
        let _ = fs::remove_file(&unfinished);
    }
    moved
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

    #[test]
    fn a_file_that_cannot_be_written_whole_leaves_the_one_before() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("text");
        fs::write(&path, "before").unwrap();
        let error = replace(&path, |file| {
            file.write_all(b"hal").unwrap();
            Err(Error::Write { file: path.clone(), source: std::io::ErrorKind::StorageFull.into() })
        });
        assert!(matches!(error, Err(Error::Write { .. })));
        assert_eq!(fs::read_to_string(&path).unwrap(), "before");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
