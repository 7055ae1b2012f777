//! Cheap scores inside a search: moves and warm-up.

use super::draw::draw;
use super::{Dice, Scorer};
use crate::space::{Arch, SearchSpace};
use crate::{Error, Result};
use std::collections::HashSet;

/// Mutations chosen by a cheap score: the best of the architectures one edit away, or sometimes a random one of them.
///
/// Source: Abdelfattah et al. 2021 (Zero-Cost Proxies for Lightweight NAS), "move proposal"; their program takes a random
/// neighbour with probability .25.
#[derive(Clone)]
pub struct Moves {
    scorer: Scorer,
    random: f64,
}

impl Moves {
    /// Creates moves that follow `scorer`, except for a share `random` of them.
    ///
    /// # Errors
    /// Names the setting `random_moves` if `random` is not between 0 and 1.
    pub fn new(scorer: Scorer, random: f64) -> Result<Self> {
        if !(0.0..=1.0).contains(&random) {
            return Err(Error::setting("random_moves", format!("must be between 0 and 1, not {random}")));
        }
        Ok(Moves { scorer, random })
    }

    /// Proposes a move from `parent`; `None` if it has no neighbours or none of them has a score.
    pub(super) fn propose(&self, space: &dyn SearchSpace, parent: &Arch, dice: &mut Dice) -> Result<Option<Arch>> {
        let mut neighbours = space.neighbours(parent)?;
        if neighbours.is_empty() {
            return Ok(None);
        }
        let place = if dice.uniform() < self.random {
            Some(dice.below(neighbours.len()))
        } else {
            ranked((self.scorer)(&neighbours)?).next()
        };
        Ok(place.map(|place| neighbours.swap_remove(place)))
    }
}

/// Returns the best of a random pool by a cheap score, best first. A search can begin with them instead of random architectures. `pool`
/// architectures are drawn as the benchmark draws them; one drawn twice counts once, and those without a score are left out.
///
/// Source: Abdelfattah et al. 2021, "zero-cost warm-up": a pool of 3,000, of which evolution keeps its population of 64.
///
/// # Errors
/// Names the setting `warmup` if `keep` is 0 or more than `pool`; errors of the scorer are passed on.
pub fn warm_up(
    space: &dyn SearchSpace,
    scorer: &Scorer,
    pool: usize,
    keep: usize,
    seed: u64,
    run: u64,
) -> Result<Vec<Arch>> {
    if keep == 0 || keep > pool {
        return Err(Error::setting("warmup", format!("cannot keep {keep} of {pool} architectures")));
    }
    let mut dice = Dice::new("warm-up", seed, run);
    let mut seen = HashSet::new();
    let pool: Vec<Arch> = (0..pool).map(|_| draw(space, &mut dice)).collect::<Result<_>>()?;
    let pool: Vec<Arch> = pool.into_iter().filter(|arch| seen.insert(arch.clone())).collect();
    let scores = scorer(&pool)?;
    Ok(ranked(scores).take(keep).map(|place| pool[place].clone()).collect())
}

/// The places of the scores that exist, best first, equal ones in their order.
fn ranked(scores: Vec<Option<f64>>) -> impl Iterator<Item = usize> {
    let mut scored: Vec<(usize, f64)> =
        scores.into_iter().enumerate().filter_map(|(place, score)| Some((place, score?))).collect();
    scored.sort_by(|a, b| b.1.total_cmp(&a.1));
    scored.into_iter().map(|(place, _)| place)
}
