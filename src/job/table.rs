//! The score file: from the journal to Parquet or CSV, a piece at a time.

use super::journal::{Entry, Journal};
use super::plan::{Item, Plan};
use super::run::split_proxies;
use super::{Job, MANIFEST_KEY, Manifest, beside};
use crate::device::Opened;
use crate::space::Arch;
use crate::{Error, Result};
use polars::prelude::*;
use serde_json::Value;
use std::collections::HashMap;
use std::fs::File;
use std::io::BufWriter;
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
    let text = if is_csv(path) {
        let manifest = manifest_beside(path);
        std::fs::read_to_string(&manifest).map_err(Error::io(&manifest, "cannot be read"))?
    } else {
        let file = File::open(path).map_err(Error::io(path, "cannot be read"))?;
        let metadata = ParquetReader::new(file).get_metadata().cloned();
        let metadata = metadata.map_err(|error| Error::file(path, format!("is not Parquet: {error}")))?;
        let pairs = metadata.key_value_metadata().clone().unwrap_or_default();
        let found = pairs.into_iter().find(|pair| pair.key == MANIFEST_KEY).and_then(|pair| pair.value);
        found.ok_or_else(missing)?
    };
    serde_json::from_str(&text).map_err(|error| Error::file(path, format!("its manifest is damaged: {error}")))
}

/// Writes the score file in one move: it is either whole or not there.
pub(super) fn write(job: &Job, plan: &Plan, manifest: &Manifest, journal: &Journal) -> Result<()> {
    let unfinished = beside(&job.out, ".unfinished");
    let io = |action| Error::io(&unfinished, action);
    let text = serde_json::to_string(manifest).map_err(|error| Error::Internal(error.to_string()))?;
    let file = File::create(&unfinished).map_err(io("cannot be written"))?;
    let result = fill(BufWriter::new(&file), job, plan, &text, journal);
    result.map_err(|error| match error {
        Error::Polars(source) => io("cannot be written")(std::io::Error::other(source)),
        other => other,
    })?;
    file.sync_all().map_err(io("cannot be written"))?;
    if is_csv(&job.out) {
        let manifest = manifest_beside(&job.out);
        std::fs::write(&manifest, text + "\n").map_err(Error::io(&manifest, "cannot be written"))?;
    }
    std::fs::rename(&unfinished, &job.out).map_err(Error::io(&job.out, "cannot be written"))
}

fn fill(file: BufWriter<&File>, job: &Job, plan: &Plan, manifest: &str, journal: &Journal) -> Result<()> {
    let mut rows = Rows::new(job, journal)?;
    let schema = rows.piece(&[])?.schema().clone();
    // Bounded pieces: memory does not grow with the number of architectures.
    let pieces = plan.archs.chunks(PIECE);
    if is_csv(&job.out) {
        let mut writer = CsvWriter::new(file).batched(&schema)?;
        for piece in pieces {
            writer.write_batch(&rows.piece(piece)?)?;
        }
        writer.finish()?;
    } else {
        let metadata = KeyValueMetadata::from_static(vec![(MANIFEST_KEY.into(), manifest.into())]);
        let writer = ParquetWriter::new(file).with_key_value_metadata(Some(metadata));
        let mut writer = writer.batched(&schema)?;
        for piece in pieces {
            writer.write_batch(&rows.piece(piece)?)?;
        }
        writer.finish()?;
    }
    Ok(())
}

/// Makes the rows of architectures.
struct Rows<'a> {
    job: &'a Job,
    journal: &'a Journal,
    /// Names of the proxies that a network was run for, as in the journal's lines.
    running: Vec<&'static str>,
    /// Scores the proxies that only read the network as written.
    written: Scorer,
}

impl<'a> Rows<'a> {
    fn new(job: &'a Job, journal: &'a Journal) -> Result<Self> {
        let (running, written) = split_proxies(job)?;
        let running = running.iter().map(|proxy| proxy.info().name).collect();
        let written = Scorer::new(written, job.settings.protocol(), job.settings.engine(&Opened::Cpu, 1));
        Ok(Rows { job, journal, running, written })
    }

    /// One row an (architecture, seed, proxy).
    fn piece(&mut self, archs: &[(Arch, Option<usize>)]) -> Result<DataFrame> {
        let mut names: Vec<(&str, Option<String>, &str, u64)> = Vec::new();
        let mut entries: Vec<Entry> = Vec::new();
        for (arch, network) in archs {
            let key = self.job.space.key(arch)?;
            let written = self.written_entries(arch)?;
            for seed in self.job.settings.seeds() {
                let measured = self.measured_entries(*network, seed)?;
                let mut found: HashMap<&str, Entry> = self.running.iter().copied().zip(measured).collect();
                found.extend(written.iter().map(|(name, entry)| (*name, entry.clone())));
                for proxy in &self.job.settings.proxies {
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
            text("space", &|_| Some(self.job.space.name().into())),
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
            Some(network) => self.journal.get(Item { network, seed }),
            None => {
                let status = Status::Disconnected.as_str().into();
                let disconnected = Entry { score: None, ln_score: None, status, seconds: 0.0 };
                Ok(vec![disconnected; self.running.len()])
            }
        }
    }

    fn written_entries(&mut self, arch: &Arch) -> Result<Vec<(&'static str, Entry)>> {
        if self.running.len() == self.job.settings.proxies.len() {
            return Ok(Vec::new());
        }
        let net = self.job.space.network(arch)?;
        let batch = zeronas_proxies::Batch::ones(net.input_shape());
        let scores = self.written.score(&net, &[&batch], 0)?;
        Ok(scores.iter().map(|score| (score.proxy, Entry::from(score))).collect())
    }
}
