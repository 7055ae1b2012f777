//! The score file: a row per architecture, seed and proxy, as Parquet or CSV. Written and read here and nowhere else.

use super::files::replace;
use super::manifest::{MANIFEST_KEY, manifest_beside};
use super::places::{self, PLACES_KEY, places_beside};
use crate::{Error, Result};
use polars::prelude::*;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::BufWriter;
use std::path::Path;
use zeronas_datasets::table::Key;
use zeronas_datasets::table::file::TableFile;
use zeronas_proxies::Score;

/// The columns of a score file, in their order.
const COLUMNS: [&str; 9] = ["space", "arch", "key", "proxy", "seed", "score", "ln_score", "status", "seconds"];

/// What one proxy measured, as journals and the score file hold it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Entry {
    pub score: Option<f64>,
    pub ln_score: Option<f64>,
    pub status: String,
    pub seconds: f64,
}

impl From<&Score> for Entry {
    fn from(score: &Score) -> Self {
        Entry {
            score: score.value,
            ln_score: score.ln_value,
            status: score.status.as_str().into(),
            seconds: score.seconds,
        }
    }
}

/// Whether the name of a table asks for CSV; otherwise the table is written as Parquet.
///
/// # Errors
/// Fails if the name has any other extension, which would misstate the format.
pub(crate) fn is_csv(path: &Path) -> Result<bool> {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    let ends = |ends: &[&str]| ends.iter().any(|end| name.ends_with(end));
    match () {
        () if ends(&[".csv"]) => Ok(true),
        () if ends(&[".parquet", ".pq"]) || !name.contains('.') => Ok(false),
        () => {
            let reason = format!("{}: a table is written as .parquet or .csv, by the end of its name", path.display());
            Err(Error::setting("out", reason))
        }
    }
}

/// Checks that a table can be written to `path`, by its extension and its folder, and returns whether it is CSV.
///
/// # Errors
/// The error says what is wrong with the path.
pub(crate) fn check_out(path: &Path) -> Result<bool> {
    let csv = is_csv(path)?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    match folder {
        Some(folder) if !folder.is_dir() => {
            Err(Error::setting("out", format!("{}: there is no folder `{}`", path.display(), folder.display())))
        }
        _ if path.is_dir() => Err(Error::setting("out", format!("{} is a folder", path.display()))),
        _ => Ok(csv),
    }
}

/// The rows of a score file, column by column. Long tables of other tools may lack some columns.
#[derive(Debug)]
pub(crate) struct ScoreRows {
    pub space: Option<Vec<String>>,
    pub arch: Vec<String>,
    /// The canonical key, empty if the network is cut off from its images.
    pub key: Option<Vec<String>>,
    pub proxy: Vec<String>,
    pub seed: Vec<u64>,
    pub score: Vec<Option<f64>>,
    pub ln_score: Vec<Option<f64>>,
    pub status: Option<Vec<String>>,
    pub seconds: Vec<Option<f64>>,
}

impl ScoreRows {
    /// Whether a column is one of a score file.
    pub fn knows(name: &str) -> bool {
        COLUMNS.contains(&name)
    }

    /// Reads the rows of a table whose architectures are given by `key`.
    ///
    /// # Errors
    /// Names the row and column at fault.
    pub fn read(table: &TableFile, key: &Key) -> Result<Self> {
        let rows = table.rows();
        let text = |name: &str| table.has(name).then(|| table.full_texts(name)).transpose();
        let number = |name: &str| if table.has(name) { table.numbers(name) } else { Ok(vec![None; rows]) };
        Ok(ScoreRows {
            space: text("space")?,
            arch: key.architectures(table)?,
            key: table.has("key").then(|| table.texts("key")).transpose()?,
            proxy: table.full_texts("proxy")?,
            seed: if table.has("seed") { table.full_wholes("seed")? } else { vec![0; rows] },
            score: table.numbers("score")?,
            ln_score: number("ln_score")?,
            status: text("status")?,
            seconds: number("seconds")?,
        })
    }

    /// Reads a file that `zeronas score` wrote, with all its columns.
    ///
    /// # Errors
    /// As [`ScoreRows::read`]; also fails if the columns are not exactly those of a score file.
    pub fn read_whole(table: &TableFile) -> Result<Self> {
        if table.names() != COLUMNS {
            let found = table.names().join(", ");
            return Err(Error::file(table.path(), format!("has other columns than a score file: {found}")));
        }
        ScoreRows::read(table, &Key::Notation("arch".into()))
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.arch.len()
    }

    /// Some of the rows, in this order, as they are written.
    ///
    /// # Errors
    /// Errors of polars.
    pub fn frame(&self, rows: &[usize]) -> Result<DataFrame> {
        let text = |name: &str, of: &dyn Fn(usize) -> Option<String>| {
            Column::new(name.into(), rows.iter().map(|&row| of(row)).collect::<Vec<_>>())
        };
        let number = |name: &str, values: &[Option<f64>]| {
            Column::new(name.into(), rows.iter().map(|&row| values[row]).collect::<Vec<_>>())
        };
        let of = |column: &Option<Vec<String>>, row: usize| column.as_ref().map(|column| column[row].clone());
        let columns = vec![
            text("space", &|row| of(&self.space, row)),
            text("arch", &|row| Some(self.arch[row].clone())),
            text("key", &|row| of(&self.key, row).filter(|key| !key.is_empty())),
            text("proxy", &|row| Some(self.proxy[row].clone())),
            Column::new("seed".into(), rows.iter().map(|&row| self.seed[row]).collect::<Vec<_>>()),
            number("score", &self.score),
            number("ln_score", &self.ln_score),
            text("status", &|row| of(&self.status, row)),
            number("seconds", &self.seconds),
        ];
        Ok(DataFrame::new(rows.len(), columns)?)
    }
}

/// The types of the columns.
fn schema() -> Schema {
    let dtype = |name: &str| match name {
        "seed" => DataType::UInt64,
        "score" | "ln_score" | "seconds" => DataType::Float64,
        _ => DataType::String,
    };
    Schema::from_iter(COLUMNS.map(|name| Field::new(name.into(), dtype(name))))
}

/// Writes a score file atomically: it is either complete or absent. `places` are those of a part's architectures in the whole job.
///
/// # Errors
/// Fails if the file cannot be written or a piece is an error.
pub(crate) fn write(
    out: &Path,
    pieces: impl Iterator<Item = Result<DataFrame>>,
    manifest: &impl Serialize,
    places: Option<&[usize]>,
) -> Result<()> {
    let csv = is_csv(out)?;
    let text = serde_json::to_string(manifest).map_err(|error| Error::Internal(error.to_string()))?;
    let places = places.map(places::text).transpose()?;
    let mut metadata = vec![(MANIFEST_KEY.into(), text.clone())];
    metadata.extend(places.clone().map(|places| (PLACES_KEY.into(), places)));
    replace(out, |file| {
        fill(file, csv, pieces, metadata).map_err(|error| match error {
            Error::Polars(source) => Error::io(out, "cannot be written")(std::io::Error::other(source)),
            other => other,
        })?;
        // The files next to the table are written before the table itself appears.
        if csv {
            let beside = [(manifest_beside(out), Some(text)), (places_beside(out), places)];
            for (path, text) in beside.into_iter().filter_map(|(path, text)| Some((path, text?))) {
                std::fs::write(&path, text + "\n").map_err(Error::io(&path, "cannot be written"))?;
            }
        }
        Ok(())
    })
}

fn fill(
    file: &File,
    csv: bool,
    pieces: impl Iterator<Item = Result<DataFrame>>,
    metadata: Vec<(String, String)>,
) -> Result<()> {
    let file = BufWriter::new(file);
    if csv {
        let mut writer = CsvWriter::new(file).batched(&schema())?;
        for piece in pieces {
            writer.write_batch(&piece?)?;
        }
        writer.finish()?;
    } else {
        let metadata = KeyValueMetadata::from_static(metadata);
        let mut writer = ParquetWriter::new(file).with_key_value_metadata(Some(metadata)).batched(&schema())?;
        for piece in pieces {
            writer.write_batch(&piece?)?;
        }
        writer.finish()?;
    }
    Ok(())
}
