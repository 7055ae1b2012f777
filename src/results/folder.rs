//! A results folder: tables, each as CSV and Parquet, texts, and a manifest that says how they were made.

use super::files::{replace, replace_text};
use super::manifest::MANIFEST_KEY;
use crate::{Error, Result};
use polars::prelude::*;
use std::fs;
use std::path::{Path, PathBuf};

/// The folder of one report. Each file of an earlier report is replaced once the new one is complete; other files are left alone.
pub struct Folder {
    path: PathBuf,
    manifest: String,
}

impl Folder {
    /// Creates the folder if necessary and writes `manifest.json` into it; the Parquet files carry the same text.
    ///
    /// # Errors
    /// Fails if the folder or the file cannot be created.
    pub fn create(path: &Path, manifest: &serde_json::Value) -> Result<Self> {
        fs::create_dir_all(path).map_err(Error::io(path, "cannot be made"))?;
        let folder = Folder { path: path.to_owned(), manifest: manifest.to_string() };
        folder.write_text("manifest.json", &format!("{manifest:#}\n"))?;
        Ok(folder)
    }

    /// Writes `NAME.csv` and `NAME.parquet`.
    ///
    /// # Errors
    /// Names the file that cannot be written; an error in `table` is passed on.
    pub fn write(&self, name: &str, table: PolarsResult<DataFrame>) -> Result<()> {
        let mut table = table?;
        self.write_parquet(&format!("{name}.parquet"), &mut table)?;
        let csv = self.path.join(format!("{name}.csv"));
        replace(&csv, |file| written(&csv, CsvWriter::new(file).finish(&mut table)))
    }

    /// Writes a table as Parquet, with the manifest.
    ///
    /// # Errors
    /// Names the file that cannot be written.
    pub fn write_parquet(&self, name: &str, table: &mut DataFrame) -> Result<()> {
        let path = self.path.join(name);
        let metadata = KeyValueMetadata::from_static(vec![(MANIFEST_KEY.into(), self.manifest.clone())]);
        replace(&path, |file| {
            let writer = ParquetWriter::new(file).with_key_value_metadata(Some(metadata));
            written(&path, writer.finish(table).map(drop))
        })
    }

    /// Writes a text file and creates the folders in its name.
    ///
    /// # Errors
    /// Names the file that cannot be written.
    pub fn write_text(&self, name: &str, text: &str) -> Result<()> {
        let file = self.path.join(name);
        if let Some(folder) = file.parent() {
            fs::create_dir_all(folder).map_err(Error::io(folder, "cannot be made"))?;
        }
        replace_text(&file, text)
    }
}

/// Turns an error of polars in writing `path` into one that names the file.
pub(crate) fn written(path: &Path, result: PolarsResult<()>) -> Result<()> {
    result.map_err(|error| Error::io(path, "cannot be written")(std::io::Error::other(error)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::File;

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
