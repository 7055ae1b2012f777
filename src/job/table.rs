//! The score file: from the journal to Parquet or CSV, a piece at a time.

use super::journal::{Entry, Journal};
use super::places::{self, PLACES_KEY, places_beside};
use super::plan::{Item, Plan, PlannedArch};
use super::results::Results;
use super::{Job, MANIFEST_KEY, Manifest, Scoring, beside};
use crate::device::Opened;
use crate::space::Arch;
use crate::{Error, Result};
use polars::prelude::*;
use serde_json::Value;
use std::collections::HashMap;
use std::fs::File;
use std::io::BufWriter;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use zeronas_proxies::{Scorer, Status};

/// Architectures whose rows are in memory at once.
const PIECE: usize = 4096;

/// Whether a score file of this name is CSV; otherwise it is Parquet.
fn is_csv(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("csv"))
}

/// A CSV file's manifest stands beside it: `scores.csv.manifest.json`.
pub(crate) fn manifest_beside(csv: &Path) -> PathBuf {
    beside(csv, ".manifest.json")
}

/// The manifest of a finished score file.
pub(super) fn read_manifest(path: &Path) -> Result<Value> {
    let missing = || Error::file(path, "has no manifest; it was not written by `zeronas score`");
    let text = kept(path, MANIFEST_KEY, &manifest_beside(path))?.ok_or_else(missing)?;
    serde_json::from_str(&text).map_err(|error| Error::file(path, format!("its manifest is damaged: {error}")))
}

/// The columns of a score file.
fn schema() -> Schema {
    let text = |name: &str| Field::new(name.into(), DataType::String);
    let number = |name: &str| Field::new(name.into(), DataType::Float64);
    Schema::from_iter([
        text("space"),
        text("arch"),
        text("key"),
        text("proxy"),
        Field::new("seed".into(), DataType::UInt64),
        number("score"),
        number("ln_score"),
        text("status"),
        number("seconds"),
    ])
}

/// The rows of a finished score file.
pub(super) fn read_frame(path: &Path) -> Result<DataFrame> {
    let damaged = |error: PolarsError| Error::file(path, format!("is damaged: {error}"));
    let file = File::open(path).map_err(Error::io(path, "cannot be read"))?;
    let frame = if is_csv(path) {
        // By name: a whole schema would take columns by their place, whatever they are called.
        let options = CsvReadOptions::default().with_schema_overwrite(Some(schema().into()));
        options.into_reader_with_file_handle(file).finish()
    } else {
        guarded(path, || ParquetReader::new(file).finish())?
    };
    let frame = frame.map_err(damaged)?;
    if **frame.schema() != schema() {
        return Err(Error::file(path, format!("has other columns than a score file: {:?}", frame.schema())));
    }
    Ok(frame)
}

/// What a score file says beside its rows: an entry of a Parquet file's metadata, or the text at `beside` for CSV.
pub(super) fn kept(path: &Path, key: &str, beside: &Path) -> Result<Option<String>> {
    if is_csv(path) {
        return std::fs::read_to_string(beside).map(Some).map_err(Error::io(beside, "cannot be read"));
    }
    let file = File::open(path).map_err(Error::io(path, "cannot be read"))?;
    let metadata = guarded(path, || ParquetReader::new(file).get_metadata().cloned())?;
    let metadata = metadata.map_err(|error| Error::file(path, format!("is not Parquet: {error}")))?;
    let pairs = metadata.key_value_metadata().clone().unwrap_or_default();
    Ok(pairs.into_iter().find(|pair| pair.key == key).and_then(|pair| pair.value))
}

/// What polars reads of the file at `path`. It asserts what a damaged file can break, so that it panics on some; nothing outlives the
/// reading but its result.
fn guarded<T>(path: &Path, read: impl FnOnce() -> T) -> Result<T> {
    let broken = |_| Error::file(path, "is damaged: its parts contradict each other");
    catch_unwind(AssertUnwindSafe(read)).map_err(broken)
}

/// Writes a job's score file.
pub(super) fn write(job: &Job, plan: &Plan, manifest: &Manifest, journal: &Journal) -> Result<()> {
    let mut rows = Rows::new(&job.scoring, journal)?;
    let places: Vec<usize> = plan.archs.iter().map(|arch| arch.place).collect();
    let places = job.scoring.settings.shard.map(|_| places);
    // Bounded pieces: memory does not grow with the number of architectures.
    let pieces = plan.archs.chunks(PIECE).map(|piece| rows.of(piece));
    write_pieces(&job.out, pieces, manifest, places.as_deref())
}

/// Writes a score file in one move: it is either whole or not there. A part of a whole says the places of its architectures.
pub(super) fn write_pieces(
    out: &Path,
    pieces: impl Iterator<Item = Result<DataFrame>>,
    manifest: &Manifest,
    places: Option<&[usize]>,
) -> Result<()> {
    let unfinished = beside(out, ".unfinished");
    let io = |action| Error::io(&unfinished, action);
    let text = serde_json::to_string(manifest).map_err(|error| Error::Internal(error.to_string()))?;
    let places = places.map(places::text).transpose()?;
    let file = File::create(&unfinished).map_err(io("cannot be written"))?;
    let mut metadata = vec![(MANIFEST_KEY.into(), text.clone())];
    metadata.extend(places.clone().map(|places| (PLACES_KEY.into(), places)));
    let result = fill(&file, is_csv(out), pieces, metadata);
    result.map_err(|error| match error {
        Error::Polars(source) => io("cannot be written")(std::io::Error::other(source)),
        other => other,
    })?;
    file.sync_all().map_err(io("cannot be written"))?;
    if is_csv(out) {
        let beside = [(manifest_beside(out), Some(text)), (places_beside(out), places)];
        for (path, text) in beside.into_iter().filter_map(|(path, text)| Some((path, text?))) {
            std::fs::write(&path, text + "\n").map_err(Error::io(&path, "cannot be written"))?;
        }
    }
    std::fs::rename(&unfinished, out).map_err(Error::io(out, "cannot be written"))
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

/// Makes the rows of architectures.
pub(super) struct Rows<'a> {
    scoring: &'a Scoring,
    results: &'a dyn Results,
    /// Names of the proxies that a network was run for, as in the journal's lines.
    running: Vec<&'static str>,
    /// Scores the proxies that only read the network as written.
    written: Scorer,
}

impl<'a> Rows<'a> {
    pub fn new(scoring: &'a Scoring, results: &'a dyn Results) -> Result<Self> {
        let (running, written) = scoring.split_proxies()?;
        let running = running.iter().map(|proxy| proxy.info().name).collect();
        let written = Scorer::new(written, scoring.settings.protocol(), scoring.settings.engine(&Opened::Cpu, 1));
        Ok(Rows { scoring, results, running, written })
    }

    /// One row an (architecture, seed, proxy).
    pub fn of(&mut self, archs: &[PlannedArch]) -> Result<DataFrame> {
        let mut names: Vec<(&str, Option<String>, &str, u64)> = Vec::new();
        let mut entries: Vec<Entry> = Vec::new();
        for PlannedArch { arch, network, .. } in archs {
            let key = self.scoring.space.key(arch)?;
            let written = self.written_entries(arch)?;
            for seed in self.scoring.settings.seeds() {
                let measured = self.measured_entries(*network, seed)?;
                let mut found: HashMap<&str, Entry> = self.running.iter().copied().zip(measured).collect();
                found.extend(written.iter().map(|(name, entry)| (*name, entry.clone())));
                for proxy in &self.scoring.settings.proxies {
                    let entry = found.remove(proxy.as_str());
                    entries.push(entry.ok_or_else(|| Error::Internal(format!("{proxy} has no result for `{arch}`")))?);
                    names.push((arch.as_str(), key.clone(), proxy, seed));
                }
            }
        }
        let text = |name: &str, of: &dyn Fn(usize) -> Option<String>| {
            Column::new(name.into(), (0..entries.len()).map(of).collect::<Vec<_>>())
        };
        let number = |name: &str, of: &dyn Fn(&Entry) -> Option<f64>| {
            Column::new(name.into(), entries.iter().map(of).collect::<Vec<_>>())
        };
        let columns = vec![
            text("space", &|_| Some(self.scoring.space.name().into())),
            text("arch", &|row| Some(names[row].0.into())),
            text("key", &|row| names[row].1.clone()),
            text("proxy", &|row| Some(names[row].2.into())),
            Column::new("seed".into(), names.iter().map(|row| row.3).collect::<Vec<_>>()),
            number("score", &|entry| entry.score),
            number("ln_score", &|entry| entry.ln_score),
            text("status", &|row| Some(entries[row].status.clone())),
            number("seconds", &|entry| Some(entry.seconds)),
        ];
        Ok(DataFrame::new(entries.len(), columns)?)
    }

    /// What the running proxies measured of a network; nothing was run where there is none.
    fn measured_entries(&self, network: Option<usize>, seed: u64) -> Result<Vec<Entry>> {
        if self.running.is_empty() {
            return Ok(Vec::new());
        }
        match network {
            Some(network) => self.results.get(Item { network, seed }),
            None => {
                let status = Status::Disconnected.as_str().into();
                let disconnected = Entry { score: None, ln_score: None, status, seconds: 0.0 };
                Ok(vec![disconnected; self.running.len()])
            }
        }
    }

    fn written_entries(&mut self, arch: &Arch) -> Result<Vec<(&'static str, Entry)>> {
        if self.running.len() == self.scoring.settings.proxies.len() {
            return Ok(Vec::new());
        }
        let net = self.scoring.space.network(arch)?;
        let batch = zeronas_proxies::Batch::ones(net.input_shape());
        let scores = self.written.score(&net, &[&batch], 0)?;
        Ok(scores.iter().map(|score| (score.proxy, Entry::from(score))).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_damaged_file_makes_of_its_reader_is_an_error() {
        let error = guarded(Path::new("part.parquet"), || panic!("the values are more than there are")).err().unwrap();
        assert_eq!(error.to_string(), "part.parquet: is damaged: its parts contradict each other");
    }
}
