//! Halvings that fit into a given time.

use crate::results::manifest_in;
use crate::space::Arch;
use crate::train::Training;
use crate::train::halving::Halving;
use crate::train::within::Wall;
use crate::{Error, Result};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// Returns the halving that takes about this long, and how many of the candidates take part. If a halving with a time budget was already
/// begun in the folder `begun`, it is that one, since the trainings there follow its learning rates.
pub(super) fn planned(
    halving: &Halving,
    wall: Wall,
    candidates: &[(Arch, PathBuf)],
    training: &Training<'_>,
    begun: Option<&Path>,
) -> Result<(Halving, usize)> {
    if let Some(folder) = begun
        && let Some((rungs, seeds, top)) = manifest_in(folder)?.and_then(|manifest| read(&manifest))
    {
        return Ok((Halving { rungs, seeds, ..halving.clone() }, top.min(candidates.len())));
    }
    let mut seconds = 0.0;
    for (arch, _) in candidates {
        let one = Training { arch, out: PathBuf::new(), settings: training.settings.clone(), ..*training };
        seconds += one.seconds_per_epoch()?;
    }
    let mean = seconds / candidates.len() as f64;
    if mean <= 0.0 {
        return Err(Error::Internal("an epoch took no time".into()));
    }
    Ok(halving.within(wall.seconds / mean, candidates.len()))
}

/// The rungs and seeds of a halving within some time, and how many take part.
fn read(manifest: &Value) -> Option<(Vec<usize>, usize, usize)> {
    manifest["wall"].as_f64()?;
    let whole = |value: &Value| value.as_u64().map(|number| number as usize);
    let rungs = manifest["rungs"].as_array()?.iter().map(whole).collect::<Option<_>>()?;
    Some((rungs, whole(&manifest["seeds"]).unwrap_or(1), whole(&manifest["top"])?))
}
