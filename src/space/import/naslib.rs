//! NASLib's files of zero-cost proxies, for any space: `zc_*.json`, which holds all architectures, and `benchmark--SPACE--DATASET--N.json`,
//! each of which holds a part of them; these come in ZIP archives.
//!
//! A column is called `DATASET_PROXY`, and `DATASET_PROXY_seconds` if times are given. The benchmark says what NASLib's `val_accuracy` is
//! called ([`Naslib::metrics`](super::super::Naslib)), by default `DATASET_val_accuracy`. NASLib writes parameters and FLOPs in millions,
//! and -1e8 if a proxy failed; in the table, the former are counts and the latter is missing.

use super::{Published, Sheet};
use crate::space::{self, Benchmark, Naslib, SearchSpace};
use crate::{Error, Result};
use serde_json::{Map, Value};

/// The score of a proxy that failed.
const FAILED: f64 = -1e8;

type Found = Option<(&'static Benchmark, Sheet)>;

/// Reads such files into a table.
pub(super) fn read(published: &Published<'_>) -> Result<Found> {
    let mut found: Option<Reader> = None;
    for (name, value) in &published.files {
        let at_fault = |error: Error| published.fault(name, error);
        match value {
            Value::Array(entries) => {
                let Some((space, dataset)) = parts(name) else { return Ok(None) };
                let Some(reader) = Reader::of(&mut found, space)? else { return Ok(None) };
                for entry in entries {
                    let entry = entry.as_object().filter(|entry| entry.contains_key("arch"));
                    let entry = entry.ok_or_else(|| published.fault(name, "an entry has no `arch`"))?;
                    let arch = entry["arch"].as_str().map_or_else(|| entry["arch"].to_string(), str::to_owned);
                    reader.add(dataset, &arch, entry).map_err(at_fault)?;
                }
            }
            Value::Object(spaces) => {
                for (space, datasets) in spaces {
                    let Some(datasets) = datasets.as_object() else { return Ok(None) };
                    let Some(reader) = Reader::of(&mut found, space)? else { return Ok(None) };
                    for (dataset, archs) in datasets {
                        for (arch, values) in archs.as_object().into_iter().flatten() {
                            let values = values.as_object();
                            let values =
                                values.ok_or_else(|| published.fault(name, format!("`{arch}` has no values")))?;
                            reader.add(dataset, arch, values).map_err(at_fault)?;
                        }
                    }
                }
            }
            _ => return Ok(None),
        }
    }
    Ok(found.map(|reader| (reader.benchmark, reader.sheet)))
}

/// Space and data set in a name like `zen/benchmark--SPACE--DATASET--1000.json`.
fn parts(name: &str) -> Option<(&str, &str)> {
    let file = name.rsplit('/').next()?.strip_suffix(".json")?;
    let mut parts = file.strip_prefix("benchmark--")?.split("--");
    Some((parts.next()?, parts.next()?))
}

struct Reader {
    benchmark: &'static Benchmark,
    naslib: &'static Naslib,
    space: Box<dyn SearchSpace>,
    sheet: Sheet,
}

impl Reader {
    /// Returns the reader for the space that NASLib calls `name`; all files share one.
    fn of<'a>(found: &'a mut Option<Reader>, name: &str) -> Result<Option<&'a mut Reader>> {
        let of = |benchmark: &'static Benchmark| {
            Some((benchmark, benchmark.naslib.as_ref().filter(|naslib| naslib.name == name)?))
        };
        let Some((benchmark, naslib)) = space::all().find_map(of) else { return Ok(None) };
        if let Some(other) = found.as_ref().filter(|reader| reader.benchmark.name != benchmark.name) {
            let reason = format!("files of {} and {} make no one table", other.benchmark.name, benchmark.name);
            return Err(Error::setting("official", reason));
        }
        if found.is_none() {
            let space = space::as_published(benchmark.name)?;
            *found = Some(Reader { benchmark, naslib, space, sheet: Sheet::default() });
        }
        Ok(found.as_mut())
    }

    fn add(&mut self, dataset: &str, arch: &str, values: &Map<String, Value>) -> Result<()> {
        let row = self.sheet.row(self.space.as_ref(), arch)?;
        for (name, value) in values.iter().filter(|(name, _)| !matches!(name.as_str(), "idx" | "arch")) {
            let (score, seconds) = match value {
                Value::Object(both) => (both.get("score"), both.get("time").and_then(Value::as_f64)),
                value => (Some(value), None),
            };
            let column = match name.as_str() {
                "val_accuracy" => self.naslib.metric(dataset),
                _ => format!("{dataset}_{name}"),
            };
            if let Some(score) = score.and_then(Value::as_f64).filter(|score| *score != FAILED) {
                match name.as_str() {
                    "params" | "flops" => self.sheet.put_millions(row, &column, score),
                    _ => self.sheet.put(row, &column, score),
                }
            }
            if let Some(seconds) = seconds {
                self.sheet.put(row, &format!("{column}_seconds"), seconds);
            }
        }
        Ok(())
    }
}
