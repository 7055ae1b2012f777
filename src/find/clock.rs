//! How the time for everything is divided over the steps.

use crate::Result;
use crate::results::manifest_in;
use crate::train::{Confirmed, Wall};
use std::path::Path;
use std::time::Instant;

/// The share of the time left after scoring that goes to the trainings by which the pick is chosen.
const CONFIRMING: f64 = 0.45;

/// The share of what is left then that the pick's own training takes: export and the page come after it.
const TRAINING: f64 = 0.95;

/// Most epochs of the pick's training. Time beyond that is left.
const MOST_EPOCHS: f64 = 500.0;

/// The time that there is, and when it began.
pub(super) struct Clock {
    wall: Option<Wall>,
    begun: Instant,
}

impl Clock {
    /// One that starts now.
    pub fn new(wall: Option<Wall>) -> Self {
        Clock { wall, begun: Instant::now() }
    }

    fn left(&self) -> Option<f64> {
        Some((self.wall?.seconds - self.begun.elapsed().as_secs_f64()).max(0.0))
    }

    /// The time for the trainings by which the pick is chosen.
    pub fn confirming(&self) -> Option<Wall> {
        Some(Wall { seconds: CONFIRMING * self.left()? })
    }

    /// The epochs that are left for the pick's own training on so many images, which an earlier run may have begun in `folder`.
    pub fn epochs(&self, folder: &Path, confirmed: &Confirmed, images: usize) -> Result<Option<usize>> {
        let Some(left) = self.left() else { return Ok(None) };
        if let Some(begun) = manifest_in(folder)?.and_then(|manifest| manifest["epochs"].as_u64()) {
            return Ok(Some(begun as usize));
        }
        let last = confirmed.standings.first().and_then(|pick| pick.last.as_ref());
        let seconds = last.map_or(f64::INFINITY, |row| images as f64 / row.images_per_second + row.evaluation_seconds);
        Ok(Some((TRAINING * left / seconds).clamp(1.0, MOST_EPOCHS) as usize))
    }
}
