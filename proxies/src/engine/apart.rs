//! Second derivatives on a different engine from everything else.

use super::{Outcome, Watcher};
use crate::Result;
use std::time::Duration;

/// Runs a pass on `other` for the watchers of its curvature, and on `fast` for all other watchers.
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
    // Everything that the other engine has done counts as the cost of second derivatives.
    let backward: Duration = on_other.backward.iter().map(|(_, spent)| *spent).sum();
    Ok(Outcome { curvature: on_other.forward + backward + on_other.curvature, ..on_fast })
}
