//! Second derivatives on another engine than everything else.

use super::{Outcome, Watcher};
use crate::Result;
use std::time::Duration;

/// Runs a pass past those who watch its curvature on `other`, and past everyone else on `fast`.
pub(super) fn curvature_apart(
    watchers: &mut [Watcher<'_>],
    fast: impl FnOnce(&mut [Watcher<'_>]) -> Result<Outcome>,
    other: impl FnOnce(&mut [Watcher<'_>]) -> Result<Outcome>,
) -> Result<Outcome> {
    let (mut curved, mut plain): (Vec<_>, Vec<_>) =
        watchers.iter_mut().map(Watcher::reborrow).partition(|watcher| watcher.watch().curvature);
    if curved.is_empty() {
        return fast(&mut plain);
    }
    if plain.is_empty() {
        return other(&mut curved);
    }
    let on_fast = fast(&mut plain)?;
    let on_other = other(&mut curved)?;
    // What second derivatives cost by themselves is all that the other engine has done.
    let backward: Duration = on_other.backward.iter().map(|(_, spent)| *spent).sum();
    Ok(Outcome { curvature: on_other.forward + backward + on_other.curvature, ..on_fast })
}
