//! A cheap score inside a search: it picks the first architectures, or the mutations.

use super::evaluator::Evaluator;
use crate::space::{Arch, SearchSpace};
use crate::strategy::{Moves, Scorer, Start, warm_up};
use crate::{Error, Result};
use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

/// Architectures scored between two looks at whether to stop.
const PIECE: usize = 64;

/// The cheap score and what it is for.
pub struct Guide {
    /// It has one objective.
    pub evaluator: Evaluator,
    /// Draws this many architectures, of which the best come first.
    pub warmup: Option<usize>,
    /// Picks mutations, but for this share of them, which are random.
    pub moves: Option<f64>,
}

/// What the guide of one run has taken and no step has been charged with.
#[derive(Clone, Default)]
pub(super) struct Owed(Arc<Mutex<Bill>>);

#[derive(Default)]
struct Bill {
    /// Networks that were scored: equal ones are scored once, and paid for once.
    networks: HashSet<String>,
    seconds: f64,
}

impl Owed {
    fn add(&self, network: String, seconds: f64) {
        if let Ok(mut bill) = self.0.lock()
            && bill.networks.insert(network)
        {
            bill.seconds += seconds;
        }
    }

    pub fn take(&self) -> f64 {
        self.0.lock().map_or(0.0, |mut bill| std::mem::take(&mut bill.seconds))
    }
}

impl Guide {
    /// Adds what the guide is for to the start of a run.
    pub(super) fn lead(self: &Arc<Self>, start: &mut Start, owed: &Owed, stop: &Arc<AtomicBool>) -> Result<()> {
        let scorer = self.scorer(start.space.clone(), owed.clone(), stop.clone());
        if let Some(pool) = self.warmup {
            start.seeds = warm_up(start.space.as_ref(), &scorer, pool, pool, start.seed, start.run)?;
        }
        if let Some(random) = self.moves {
            start.moves = Some(Moves::new(scorer, random)?);
        }
        Ok(())
    }

    fn scorer(self: &Arc<Self>, space: Arc<dyn SearchSpace>, owed: Owed, stop: Arc<AtomicBool>) -> Scorer {
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
                if let Some(seconds) =
                    reading.as_ref().map(|reading| reading.spent.scoring).filter(|&taken| taken > 0.0)
                {
                    owed.add(space.key(arch)?.unwrap_or_else(|| arch.to_string()), seconds);
                }
            }
            let there: Vec<bool> = readings.iter().map(Option::is_some).collect();
            let found: Vec<_> = readings.into_iter().flatten().collect();
            let mut values = guide.evaluator.values(&found).into_iter();
            Ok(there.iter().map(|there| if *there { Some(values.next()?[0]) } else { None }).collect())
        })
    }
}
