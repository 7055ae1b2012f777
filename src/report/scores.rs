//! Score files: one row an architecture, proxy and seed, from one or several files (shards, reruns with other seeds).
//!
//! Columns read: `space`, `arch`, `proxy`, `seed`, `score`, `ln_score`, `status`, `seconds`; others are let be.
//! `status` is `ok` where the score is a number, and says why there is none otherwise. `key`, where there is one, is the
//! canonical key: equal for architectures that are one network, empty for those that are cut off.
//!
//! A file with neither `proxy` nor `score` is another tool's table, with a column a proxy: see [`WideColumns`].

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::columns::Columns;
use super::error::{Error, Result};

mod wide;

pub use wide::WideColumns;

/// The status of a row that holds a number.
const OK: &str = "ok";

/// Rows of score files, with architectures and proxies as numbers in order of first appearance.
#[derive(Debug)]
pub struct Scores {
    /// The search space of every row, where a file says so.
    pub space: Option<String>,
    /// Architectures.
    pub archs: Vec<String>,
    /// The canonical key of each, empty for one that is cut off; `None` where no file says it.
    pub keys: Vec<Option<String>>,
    /// Proxies.
    pub proxies: Vec<String>,
    /// All evaluations, sorted by proxy, architecture and seed; each occurs once.
    pub rows: Vec<Row>,
    /// The files in the order given.
    pub files: Vec<ScoreFile>,
}

/// A score file and what it says of itself.
#[derive(Debug)]
pub struct ScoreFile {
    /// Its path, as given.
    pub path: PathBuf,
    /// How its scores were made, where the file carries or accompanies a manifest.
    pub manifest: Option<serde_json::Value>,
}

/// One evaluation.
#[derive(Debug)]
pub struct Row {
    /// Index into [`Scores::proxies`].
    pub proxy: usize,
    /// Index into [`Scores::archs`].
    pub arch: usize,
    /// Seed of the evaluation.
    pub seed: u64,
    /// What was measured.
    pub outcome: Outcome,
    /// Wall time, where it was taken.
    pub seconds: Option<f64>,
    /// Index into [`Scores::files`].
    pub file: usize,
    /// Row in that file, from 1.
    pub line: usize,
}

/// What an evaluation gave.
#[derive(Debug)]
pub enum Outcome {
    /// A finite score, and its logarithm where the proxy is on a log scale; at least one of the two.
    Ok {
        /// The score itself; it may be beyond the range of doubles where there is a logarithm.
        score: Option<f64>,
        /// Its natural logarithm.
        ln_score: Option<f64>,
    },
    /// No number, for the reason the status gives.
    Bad(String),
}

impl Scores {
    /// Reads `paths`: Parquet, or CSV where the name ends in `.csv`. `wide` says how tables of other tools are read.
    ///
    /// # Errors
    /// Names the file, and the row and column at fault, where a file cannot be read, lacks a column, has no rows, holds
    /// an `ok` row without a finite score, mixes search spaces, or repeats an evaluation of its own or of another file.
    pub fn read<P: AsRef<Path>>(paths: &[P], wide: &WideColumns) -> Result<Self> {
        let mut reader = Reader::default();
        for path in paths {
            let columns = Columns::open(path.as_ref())?;
            if columns.has("proxy") || columns.has("score") {
                reader.long(path.as_ref(), &columns)?;
            } else {
                reader.wide(path.as_ref(), &columns, wide)?;
            }
            let manifest = columns.manifest()?;
            reader.files.push(ScoreFile { path: path.as_ref().to_owned(), manifest });
        }
        reader.finish()
    }
}

#[derive(Default)]
struct Reader {
    space: Option<String>,
    archs: Names,
    keys: HashMap<usize, String>,
    proxies: Names,
    rows: Vec<Row>,
    files: Vec<ScoreFile>,
}

impl Reader {
    fn long(&mut self, path: &Path, columns: &Columns) -> Result<()> {
        let file = self.files.len();
        let (space, arch, proxy) = (columns.text("space")?, columns.text("arch")?, columns.text("proxy")?);
        let (status, seed) = (columns.text("status")?, columns.integer("seed")?);
        let (score, ln_score) = (columns.number("score")?, columns.number("ln_score")?);
        let seconds = columns.number("seconds")?;
        let key = if columns.has("key") { Some(columns.text_or_empty("key")?) } else { None };
        for row in 0..columns.len() {
            let first = self.space.get_or_insert_with(|| space[row].clone());
            if *first != space[row] {
                let (found, first) = (space[row].clone(), first.clone());
                return Err(Error::MixedSpaces { file: path.to_owned(), row: row + 1, found, first });
            }
            let outcome = if status[row] == OK {
                let (score, ln_score) = (score[row], ln_score[row]);
                if score.is_none() && ln_score.is_none() {
                    return Err(columns.cell(row, "score", "the status is ok and there is no score".into()));
                }
                Outcome::Ok {
                    score: columns.finite(row, "score", score)?,
                    ln_score: columns.finite(row, "ln_score", ln_score)?,
                }
            } else {
                Outcome::Bad(status[row].clone())
            };
            let arch = self.archs.index_of(&arch[row]);
            if let Some(key) = &key {
                self.keys.entry(arch).or_insert_with(|| key[row].clone());
            }
            self.rows.push(Row {
                proxy: self.proxies.index_of(&proxy[row]),
                arch,
                seed: seed[row],
                outcome,
                seconds: columns.finite(row, "seconds", seconds[row])?,
                file,
                line: row + 1,
            });
        }
        Ok(())
    }

    fn finish(mut self) -> Result<Scores> {
        self.rows.sort_by_key(|row| (row.proxy, row.arch, row.seed));
        let repeated = self
            .rows
            .windows(2)
            .find(|pair| (pair[0].proxy, pair[0].arch, pair[0].seed) == (pair[1].proxy, pair[1].arch, pair[1].seed));
        if let Some([first, second]) = repeated {
            return Err(Error::Duplicate {
                proxy: self.proxies.list[first.proxy].clone(),
                arch: self.archs.list[first.arch].clone(),
                seed: first.seed,
                first: self.files[first.file].path.clone(),
                first_row: first.line,
                second: self.files[second.file].path.clone(),
                second_row: second.line,
            });
        }
        Ok(Scores {
            space: self.space,
            keys: (0..self.archs.list.len()).map(|arch| self.keys.remove(&arch)).collect(),
            archs: self.archs.list,
            proxies: self.proxies.list,
            rows: self.rows,
            files: self.files,
        })
    }
}

/// Texts numbered in order of first appearance.
#[derive(Default)]
struct Names {
    list: Vec<String>,
    index: HashMap<String, usize>,
}

impl Names {
    fn index_of(&mut self, name: &str) -> usize {
        if let Some(&index) = self.index.get(name) {
            return index;
        }
        self.index.insert(name.to_owned(), self.list.len());
        self.list.push(name.to_owned());
        self.list.len() - 1
    }
}

#[cfg(test)]
mod tests;
