//! Scores that `zeronas score` or another tool computed before.

use super::index::Index;
use super::{Row, Source};
use crate::report::average::{ProxyReadings, Reading, Readings, average};
use crate::report::scores::{self, Columns, Scores};
use crate::space::{Arch, SearchSpace};
use crate::{Error, Result};
use std::path::PathBuf;
use std::sync::Arc;
use zeronas_datasets::nearest;
use zeronas_proxies::proxy::{self, Needs};

/// Some proxies of score files as a source: means over seeds, and logarithms for proxies on a log scale.
pub struct ScoreFile {
    space: Arc<dyn SearchSpace>,
    index: Index,
    proxies: Vec<ProxyReadings>,
    /// Whether an equal network's scores may stand for those of an architecture that the files lack.
    shared: bool,
}

/// Reads score files; returns their scores, averaged over seeds, and information about each file.
///
/// # Errors
/// Names the file that cannot be read or belongs to another space.
pub fn read(
    paths: &[PathBuf],
    columns: &Columns,
    space: &dyn SearchSpace,
) -> Result<(Readings, Vec<scores::ScoreFile>)> {
    let columns = Columns { space: Some(space.name().to_owned()), ..columns.clone() };
    let scores = Scores::read(paths, &columns)?;
    if let Some(found) = scores.space.as_ref().filter(|found| *found != space.name()) {
        let path = paths.first().cloned().unwrap_or_default();
        return Err(Error::file(path, format!("holds scores of {found}, and `space=` is {}", space.name())));
    }
    Ok((average(&scores)?, scores.files))
}

impl ScoreFile {
    /// Creates a source of these proxies; `setting` asked for them.
    ///
    /// # Errors
    /// Names the setting if the files lack a proxy, or the file whose architectures are not in the space.
    pub fn new(
        space: Arc<dyn SearchSpace>,
        paths: &[PathBuf],
        readings: &Readings,
        setting: &str,
        names: &[String],
    ) -> Result<Self> {
        let find = |name: &String| {
            let found = readings.proxies.iter().find(|proxy| proxy.proxy == *name);
            found.cloned().ok_or_else(|| {
                let all: Vec<&str> = readings.proxies.iter().map(|proxy| proxy.proxy.as_str()).collect();
                let hint = nearest(name, &all).map(|near| format!(" (did you mean `{near}`?)")).unwrap_or_default();
                Error::setting(
                    setting,
                    format!("the score files have no proxy `{name}`{hint}; they have {}", all.join(", ")),
                )
            })
        };
        let proxies = names.iter().map(find).collect::<Result<_>>()?;
        let path = paths.first().cloned().unwrap_or_default();
        let index = Index::new(space.as_ref(), readings.archs.iter().map(String::as_str), &path)?;
        // Proxies that read the network as written, dead layers included, differ between architectures with the same network.
        let written = |name: &String| proxy::find(&[name]).is_ok_and(|found| found[0].needs() == Needs::Written);
        Ok(ScoreFile { space, index, proxies, shared: !names.iter().any(written) })
    }
}

impl Source for ScoreFile {
    fn rows(&self, archs: &[Arch]) -> Result<Vec<Option<Row>>> {
        let row = |arch: &Arch| -> Result<Option<Row>> {
            let found =
                if self.shared { self.index.find(self.space.as_ref(), arch)? } else { self.index.written(arch) };
            let Some(row) = found else { return Ok(None) };
            let mut values = Vec::with_capacity(self.proxies.len());
            let mut scoring = Vec::with_capacity(self.proxies.len());
            for proxy in &self.proxies {
                let Some(reading) = &proxy.readings[row] else { return Ok(None) };
                values.push(match reading {
                    Reading::Value(value) => Some(*value),
                    Reading::LnZero | Reading::Bad(_) => None,
                });
                scoring.push(proxy.took[row].whole);
            }
            Ok(Some(Row { values, training: 0.0, scoring }))
        };
        archs.iter().map(row).collect()
    }
}
