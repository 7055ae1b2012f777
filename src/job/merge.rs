//! Merging the parts of a job into the score file that the job would have written had it not been split.

use super::manifest::{fingerprint, on_reference};
use super::{Manifest, Shard};
use crate::results::{ScoreRows, check_out, differing, manifest_of, places_of, write_score_file};
use crate::{Error, Result};
use polars::prelude::{DataFrame, IdxCa, IdxSize};
use serde_json::Value;
use std::cmp::Ordering;
use std::path::{Path, PathBuf};
use zeronas_datasets::table::file::TableFile;

/// The maximum number of missing parts that an error names.
const MOST_NAMED: usize = 20;

/// The result of a merge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Merged {
    /// Architectures in the merged file.
    pub archs: usize,
    /// Rows in the merged file.
    pub rows: usize,
}

/// Puts the parts of a split job together.
#[derive(Clone, Debug)]
pub struct MergeRequest {
    /// The score files of all parts, in any order.
    pub parts: Vec<PathBuf>,
    /// The merged file: CSV if its name ends in `.csv`, otherwise Parquet.
    pub out: PathBuf,
}

impl MergeRequest {
    /// Creates a request that merges these parts into this file.
    pub fn new(parts: Vec<PathBuf>, out: impl Into<PathBuf>) -> Self {
        MergeRequest { parts, out: out.into() }
    }

    /// Writes the file that the job would have written had it not been split.
    ///
    /// # Errors
    /// Names the file at fault: one that is not a part of a job, was made with other settings than the first, occurs twice or is
    /// damaged. Also names missing parts, and an output that exists or cannot be written.
    pub fn run(&self) -> Result<Merged> {
        merge(&self.parts, &self.out)
    }
}

fn merge(parts: &[PathBuf], out: &Path) -> Result<Merged> {
    check_out(out)?;
    if out.exists() {
        return Err(Error::file(out, "exists; choose another `out=`"));
    }
    let mut parts = parts.iter().map(|path| Part::open(path)).collect::<Result<Vec<_>>>()?;
    let Some((first, others)) = parts.split_first() else {
        return Err(Error::setting("parts", "there is none"));
    };
    others.iter().try_for_each(|part| part.check_against(first))?;
    let mut manifest = first.whole()?;
    parts.sort_by_key(|part| part.shard.index);
    check_complete(&parts)?;
    // No network is in two parts.
    manifest.on_reference = parts.iter().map(|part| on_reference(&part.manifest)).sum();

    let mut whole: Option<DataFrame> = None;
    let mut places = Vec::new();
    for part in &parts {
        let (frame, of_part) = part.read(&manifest)?;
        places.extend(of_part);
        match &mut whole {
            Some(whole) => drop(whole.vstack_mut(&frame)?),
            None => whole = Some(frame),
        }
    }
    let Some(whole) = whole else { return Err(Error::Internal("there is no part".into())) };
    let whole = whole.take(&order(&places, &manifest, out)?)?;
    let found = fingerprint(whole.column("arch")?.str()?.iter().step_by(rows_each(&manifest)).flatten());
    if found != manifest.archs_sha256 {
        return Err(Error::file(out, "not written: the parts' architectures are not those of their manifests"));
    }
    let merged = Merged { archs: manifest.archs, rows: whole.height() };
    write_score_file(out, std::iter::once(Ok(whole)), &manifest, None)?;
    Ok(merged)
}

/// One part and how it was made.
struct Part<'a> {
    path: &'a Path,
    table: TableFile,
    manifest: Value,
    shard: Shard,
}

impl<'a> Part<'a> {
    fn open(path: &'a Path) -> Result<Self> {
        let table = TableFile::open(path)?;
        let missing = || Error::file(path, "has no manifest; it was not written by `zeronas score`");
        let manifest = manifest_of(&table)?.ok_or_else(missing)?;
        let shard: Option<Shard> = serde_json::from_value(manifest["shard"].clone()).ok();
        match shard.filter(|shard| (1..=shard.count).contains(&shard.index)) {
            Some(shard) => Ok(Part { path, table, manifest, shard }),
            None => Err(Error::file(path, "is no part: it was not scored with `shard=`")),
        }
    }

    /// Checks that this part belongs to the same job as another one.
    fn check_against(&self, first: &Part<'_>) -> Result<()> {
        let (Value::Object(own), Value::Object(others)) = (&self.manifest, &first.manifest) else {
            return Err(Error::file(self.path, "its manifest is not one of zeronas"));
        };
        let mut differences: Vec<String> =
            differing(own, others, &["shard", "images", "image_set", "sampler", "on_reference"])
                .map(|(name, own, other)| format!("{} is {own}, there {other}", name.replace('_', "-")))
                .collect();
        if self.shard.count != first.shard.count {
            differences.push(format!("it is one of {} parts, that of {}", self.shard.count, first.shard.count));
        }
        if differences.is_empty() {
            return Ok(());
        }
        let reason = format!("is of another job than {}: {}", first.path.display(), differences.join("; "));
        Err(Error::file(self.path, reason))
    }

    /// The manifest of the whole.
    fn whole(&self) -> Result<Manifest> {
        let damaged = |error: String| Error::file(self.path, format!("its manifest is damaged: {error}"));
        let mut manifest: Manifest =
            serde_json::from_value(self.manifest.clone()).map_err(|error| damaged(error.to_string()))?;
        manifest.settings.check_rows().map_err(|error| damaged(error.to_string()))?;
        manifest.settings.shard = None;
        Ok(manifest)
    }

    /// Its rows, and the places of its architectures.
    fn read(&self, manifest: &Manifest) -> Result<(DataFrame, Vec<usize>)> {
        let places = places_of(&self.table)?;
        let rows = ScoreRows::read_whole(&self.table)?;
        let each = rows_each(manifest);
        if rows.len() != places.len().saturating_mul(each) {
            let reason = format!("has {} rows for {} architectures of {each} each", rows.len(), places.len());
            return Err(Error::file(self.path, reason));
        }
        let proxies = &manifest.settings.proxies;
        let wrong = (0..rows.len()).find(|&row| {
            let of_arch = row % each;
            rows.arch[row] != rows.arch[row - of_arch]
                || rows.proxy[row] != proxies[of_arch % proxies.len()]
                || rows.seed[row] != manifest.settings.seed + (of_arch / proxies.len()) as u64
        });
        match wrong {
            Some(row) => Err(Error::file(self.path, format!("row {} is out of place", row + 1))),
            None => Ok((rows.frame(&(0..rows.len()).collect::<Vec<_>>())?, places)),
        }
    }
}

/// Number of rows per architecture.
fn rows_each(manifest: &Manifest) -> usize {
    manifest.settings.proxies.len().saturating_mul(manifest.settings.seeds as usize)
}

/// Checks that each part occurs exactly once; the parts are in order.
fn check_complete(parts: &[Part<'_>]) -> Result<()> {
    if let Some([one, two]) = parts.windows(2).find(|pair| pair[0].shard == pair[1].shard) {
        let Shard { index, count } = one.shard;
        return Err(Error::file(two.path, format!("is part {index}/{count}, as is {}", one.path.display())));
    }
    let count = parts[0].shard.count;
    let lacking = count - parts.len();
    if lacking == 0 {
        return Ok(());
    }
    let missing = (1..=count).filter(|index| parts.iter().all(|part| part.shard.index != *index));
    let mut named: Vec<String> = missing.take(MOST_NAMED).map(|index| format!("{index}/{count}")).collect();
    if lacking > MOST_NAMED {
        named.push(format!("{} more", lacking - MOST_NAMED));
    }
    Err(Error::setting("parts", format!("missing: {}", named.join(", "))))
}

/// The row numbers of the concatenated parts, in the order of the whole job.
fn order(places: &[usize], manifest: &Manifest, out: &Path) -> Result<IdxCa> {
    let mut found: Vec<(usize, usize)> = places.iter().enumerate().map(|(row, &place)| (place, row)).collect();
    found.sort_unstable();
    let fault = |place: usize, fault: &str| {
        Error::file(out, format!("not written: architecture {} of {} {fault}", place + 1, manifest.archs))
    };
    for (expected, &(place, _)) in found.iter().enumerate() {
        if place >= manifest.archs {
            return Err(fault(place, "is beyond the last"));
        }
        match place.cmp(&expected) {
            Ordering::Less => return Err(fault(place, "is there twice")),
            Ordering::Equal => {}
            Ordering::Greater => return Err(fault(expected, "is missing")),
        }
    }
    if found.len() < manifest.archs {
        return Err(fault(found.len(), "is missing"));
    }
    let each = rows_each(manifest);
    let rows = found.iter().flat_map(|(_, row)| row * each..(row + 1) * each);
    Ok(IdxCa::from_vec("order".into(), rows.map(|row| row as IdxSize).collect()))
}
