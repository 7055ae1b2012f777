//! A cheap score inside a search, which chooses the first architectures or the mutations.

use super::bill::Bill;
use super::evaluator::Evaluator;
use crate::space::{Arch, SearchSpace, check_ranges};
use crate::strategy::{Moves, Scorer, Start, warm_up};
use crate::{Error, Result};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Number of architectures scored between two checks whether to stop.
const PIECE: usize = 64;

/// The cheap score and what it is for.
pub struct Guide {
    /// The evaluator of the score, which has one objective.
    pub evaluator: Evaluator,
    /// Number of architectures to draw for a warm-up; the best come first.
    pub warmup: Option<usize>,
    /// If the score chooses mutations, the share of them that stays random.
    pub moves: Option<f64>,
}

impl Guide {
    /// Checks the settings; the error names the one that is out of range.
    pub(super) fn check(&self) -> Result<()> {
        check_ranges(&[("warmup", self.warmup.unwrap_or(1), 1..=1_000_000)])
    }

    /// Prepares the start of a run for warm-up and moves; scoring for them goes on the run's bill.
    pub(super) fn lead(self: &Arc<Self>, start: &mut Start, bill: &Bill, stop: &Arc<AtomicBool>) -> Result<()> {
        let scorer = self.scorer(start.space.clone(), bill.clone(), stop.clone());
        if let Some(pool) = self.warmup {
            start.seeds = warm_up(start.space.as_ref(), &scorer, pool, pool, start.seed, start.run)?;
        }
        if let Some(random) = self.moves {
            start.moves = Some(Moves::new(scorer, random)?);
        }
        Ok(())
    }

    fn scorer(self: &Arc<Self>, space: Arc<dyn SearchSpace>, bill: Bill, stop: Arc<AtomicBool>) -> Scorer {
        let guide = self.clone();
        Arc::new(move |archs: &[Arch]| {
            let mut readings = Vec::with_capacity(archs.len());
            for piece in archs.chunks(PIECE) {
                if stop.load(Ordering::Relaxed) {
                    return Err(Error::Internal("stopped".into()));
                }
                readings.extend(guide.evaluator.read(piece)?);
            }
            for (arch, reading) in archs.iter().zip(&readings) {
                if let Some(reading) = reading {
                    bill.add(space.as_ref(), &guide.evaluator, arch, reading)?;
                }
            }
            let there: Vec<bool> = readings.iter().map(Option::is_some).collect();
            let found: Vec<_> = readings.into_iter().flatten().collect();
            let mut values = guide.evaluator.values(&found).into_iter();
            Ok(there.iter().map(|there| if *there { Some(values.next()?[0]) } else { None }).collect())
        })
    }
}
