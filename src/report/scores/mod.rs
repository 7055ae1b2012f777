//! Scores of any tool, from one or several files (shards, reruns with other seeds).
//!
//! A score file has one row per architecture, proxy and seed. The columns `arch`, `proxy` and `score` are required. `status` is `ok` where
//! the score is a number, and otherwise says why there is none. `key`, where there is one, is the canonical key: equal for architectures
//! that are the same network, and empty where no path leads from input to output.
//!
//! A file without a column `proxy` has a column per proxy instead: see [`Columns`].

use std::collections::HashMap;
use std::path::Path;

use zeronas_datasets::table::Key;
use zeronas_datasets::table::file::{TableFile, parts};
use zeronas_proxies::Status;

use super::error::{Error, Result};
use crate::results::{ScoreRows, manifest_of};
use crate::space::{as_published, guess};

mod columns;
mod file;
mod wide;

pub use columns::{Column, Columns};
pub use file::ScoreFile;

/// Rows of score files, with architectures and proxies numbered in order of first appearance.
#[derive(Debug)]
pub struct Scores {
    /// The search space of every row, where a file says so.
    pub space: Option<String>,
    /// Architectures.
    pub archs: Vec<String>,
    /// The canonical key of each, empty where no path leads from input to output; `None` where no file has it.
    pub keys: Vec<Option<String>>,
    /// Proxies.
    pub proxies: Vec<String>,
    /// All evaluations, sorted by proxy, architecture and seed; each occurs once.
    pub rows: Vec<Row>,
    /// The files in the order given.
    pub files: Vec<ScoreFile>,
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
    /// Wall time in seconds, where it was measured.
    pub seconds: Option<f64>,
    /// Index into [`Scores::files`].
    pub file: usize,
    /// Row in that file, from 1.
    pub line: usize,
}

/// The result of an evaluation.
#[derive(Debug, PartialEq)]
pub enum Outcome {
    /// A finite score, and its logarithm where the proxy is on a log scale; at least one of the two.
    Ok {
        /// The score itself; where there is a logarithm, it may be missing because it exceeds the range of doubles.
        score: Option<f64>,
        /// Its natural logarithm.
        ln_score: Option<f64>,
    },
    /// No number, for the reason the status gives.
    Bad(String),
}

impl Scores {
    /// The search space that rows or manifests name.
    pub fn said_space(&self) -> Option<&str> {
        self.space
            .as_deref()
            .or_else(|| self.files.iter().find_map(|file| file.manifest.as_ref()?.get("space")?.as_str()))
    }

    /// Reads `paths`: files or folders of parts, see [`TableFile`]. `columns` says how tables of other tools are read.
    ///
    /// # Errors
    /// Names the file, and the row and column at fault, where a file cannot be read, lacks a column, has no rows, holds
    /// an `ok` row without a finite score, mixes search spaces, or repeats an evaluation of its own or of another file.
    pub fn read<P: AsRef<Path>>(paths: &[P], columns: &Columns) -> crate::Result<Self> {
        let mut reader = Reader::default();
        for path in paths {
            let path = path.as_ref();
            if path.is_dir() {
                // Each part is a file of its own, so that duplicates are reported by part; the manifest may be that of the folder.
                let manifest = manifest_of(&TableFile::open(path)?)?;
                for part in parts(path)? {
                    let own = reader.file(&part, columns)?;
                    own.manifest = own.manifest.take().or_else(|| manifest.clone());
                }
            } else {
                reader.file(path, columns)?;
            }
        }
        ScoreFile::check_found(&reader.files, columns)?;
        reader.write_alike(columns.space.as_deref());
        Ok(reader.finish()?)
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
    /// For each file, whether it has a column per proxy.
    wide: Vec<bool>,
}

impl Reader {
    fn file(&mut self, path: &Path, columns: &Columns) -> crate::Result<&mut ScoreFile> {
        let table = TableFile::open(path)?;
        let key = Key::of(&table, columns.arch_column.as_deref())?;
        let manifest = manifest_of(&table)?;
        let wide = !table.has("proxy");
        let read = if wide { self.wide(&table, &key, columns)? } else { self.long(&table, &key, columns)? };
        self.wide.push(wide);
        self.files.push(ScoreFile { path: path.to_owned(), manifest, columns: read });
        let last = self.files.len() - 1;
        Ok(&mut self.files[last])
    }

    fn long(&mut self, table: &TableFile, key: &Key, columns: &Columns) -> crate::Result<Vec<Column>> {
        let file = self.files.len();
        let mut rows = ScoreRows::read(table, key)?;
        let archs = columns.architectures(table, key, std::mem::take(&mut rows.arch))?;
        let finite = |row: usize, name: &str, value: Option<f64>| match value {
            Some(value) if !value.is_finite() => Err(table.cell(row, name, &format!("{value} is not a finite number"))),
            _ => Ok(value),
        };
        for (row, arch) in archs.iter().enumerate() {
            if let Some(space) = &rows.space {
                let first = self.space.get_or_insert_with(|| space[row].clone());
                if *first != space[row] {
                    let (found, first) = (space[row].clone(), first.clone());
                    return Err(Error::MixedSpaces { file: table.path().into(), row: row + 1, found, first }.into());
                }
            }
            let (score, ln_score) = (rows.score[row], rows.ln_score[row]);
            let outcome = match rows.status.as_ref().map(|status| status[row].as_str()) {
                None if ln_score.is_none() => wide::outcome(score),
                Some(status) if status != Status::Ok.as_str() => Outcome::Bad(status.to_owned()),
                _ => {
                    if score.is_none() && ln_score.is_none() {
                        return Err(table.cell(row, "score", "the status is ok and there is no score").into());
                    }
                    Outcome::Ok { score: finite(row, "score", score)?, ln_score: finite(row, "ln_score", ln_score)? }
                }
            };
            let arch = self.archs.index_of(arch);
            if let Some(key) = &rows.key {
                self.keys.entry(arch).or_insert_with(|| key[row].clone());
            }
            self.rows.push(Row {
                proxy: self.proxies.index_of(&rows.proxy[row]),
                arch,
                seed: rows.seed[row],
                outcome,
                seconds: finite(row, "seconds", rows.seconds[row])?,
                file,
                line: row + 1,
            });
        }
        let named = table.names().iter().filter(|name| !key.columns().contains(&name.as_str()));
        let left_out = named.filter(|name| !ScoreRows::knows(name));
        Ok(left_out.map(|name| Column::left_out(name, "is no column of a score file")).collect())
    }

    /// Rewrites all architectures in the notation of their space, so that those of several tools are the same. What the space cannot read
    /// stays as it is, as does everything where the space is unknown.
    fn write_alike(&mut self, named: Option<&str>) {
        let manifest = || self.files.iter().find_map(|file| file.manifest.as_ref()?.get("space")?.as_str());
        let named = self.space.as_deref().or(named).or_else(manifest);
        let space = match named {
            Some(name) => as_published(name).ok(),
            None => self.archs.list.first().and_then(|arch| guess(arch)),
        };
        let Some(space) = space else { return };
        let mut alike = Names::default();
        let written = |arch: &String| space.parse(arch).map_or_else(|_| arch.clone(), |arch| arch.to_string());
        let places: Vec<usize> = self.archs.list.iter().map(|arch| alike.index_of(&written(arch))).collect();
        self.rows.iter_mut().for_each(|row| row.arch = places[row.arch]);
        let mut keys = HashMap::new();
        for (arch, key) in std::mem::take(&mut self.keys) {
            keys.entry(places[arch]).or_insert(key);
        }
        (self.keys, self.archs) = (keys, alike);
    }

    fn finish(mut self) -> Result<Scores> {
        self.rows.sort_by_key(|row| (row.proxy, row.arch, row.seed));
        let same = |one: &Row, other: &Row| (one.proxy, one.arch, one.seed) == (other.proxy, other.arch, other.seed);
        // Files of one tool share columns beside their proxies; where both say the same, one is kept.
        let wide = &self.wide;
        self.rows.dedup_by(|later, first| {
            same(first, later)
                && first.file != later.file
                && wide[first.file]
                && wide[later.file]
                && first.outcome == later.outcome
        });
        let repeated = self.rows.windows(2).find(|pair| same(&pair[0], &pair[1]));
        if let Some([first, second]) = repeated {
            let (proxy, arch) = (&self.proxies.list[first.proxy], &self.archs.list[first.arch]);
            return Err(Error::Duplicate {
                evaluation: format!("{proxy} of {arch} with seed {}", first.seed),
                first: self.files[first.file].path.clone(),
                first_row: first.line,
                second: self.files[second.file].path.clone(),
                second_row: second.line,
                wide: self.wide[first.file] && self.wide[second.file],
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
