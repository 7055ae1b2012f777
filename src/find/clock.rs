//! How the time for everything is divided over the steps.

use crate::Result;
use crate::results::manifest_in;
use crate::train::{Confirmed, Wall};
use std::path::Path;
use std::time::Instant;

/// The share of the time left after scoring that goes to the trainings by which the pick is chosen.
const CONFIRMING: f64 = 0.2;

/// The share of the time left after that for the pick's own training; the rest is for the export and the page.
const TRAINING: f64 = 0.95;

/// The largest number of epochs of the pick's training. Time beyond that is not used.
const MOST_EPOCHS: f64 = 500.0;

/// The available time, and when it began.
pub(super) struct Clock {
    wall: Option<Wall>,
    begun: Instant,
}

impl Clock {
    /// A clock that starts now.
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

    /// Returns how many epochs of the pick's own training on this many images fit; if an earlier run began it in `folder`, as many as then.
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
