//! Where a run's candidates come from: seeds, draws, mutations, crossovers.

use super::draw::draw;
use super::{Dice, Moves};
use crate::Result;
use crate::space::{Arch, SearchSpace, encoded};
use std::collections::VecDeque;
use std::sync::Arc;

/// How many crossovers of two parents are tried before the child is a copy of the first parent.
const CROSSOVER_PATIENCE: usize = 64;

/// How often a policy is asked before the missing architectures are drawn at random.
const POLICY_PATIENCE: usize = 10_000;

/// The candidates that a strategy can ask for without knowing the space, with the run's random numbers.
pub(super) struct Source {
    pub space: Arc<dyn SearchSpace>,
    pub dice: Dice,
    pub seeds: VecDeque<Arch>,
    pub moves: Option<Moves>,
}

impl Source {
    /// Returns the next seed, or a random architecture once the seeds are used up.
    pub fn next(&mut self) -> Result<Arch> {
        self.seeds.pop_front().map_or_else(|| draw(&*self.space, &mut self.dice), Ok)
    }

    /// Returns `count` architectures: seeds first, and then what `policy` chooses. It is asked for as many sequences of choices as are missing.
    /// Sequences that do not form an architecture are drawn again, and finally replaced by random architectures.
    pub fn by_policy(
        &mut self,
        count: usize,
        policy: impl Fn(usize, &mut Dice) -> Result<Vec<Vec<usize>>>,
    ) -> Result<Vec<Arch>> {
        let seeds = count.min(self.seeds.len());
        let mut archs: Vec<Arch> = self.seeds.drain(..seeds).collect();
        for _ in 0..POLICY_PATIENCE {
            if archs.len() == count {
                return Ok(archs);
            }
            let drawn = policy(count - archs.len(), &mut self.dice)?;
            let codes = encoded(&*self.space, "a policy")?;
            archs.extend(drawn.iter().filter_map(|choices| codes.decode(choices)));
        }
        for _ in archs.len()..count {
            archs.push(draw(&*self.space, &mut self.dice)?);
        }
        Ok(archs)
    }

    /// Mutates `parent` by the moves if there are any and they find a neighbour with a score, otherwise as the space does.
    pub fn mutate(&mut self, parent: &Arch) -> Result<Arch> {
        if let Some(moves) = &self.moves
            && let Some(arch) = moves.propose(&*self.space, parent, &mut self.dice)?
        {
            return Ok(arch);
        }
        self.space.mutate(parent, &mut |n| self.dice.below(n as usize) as u64)
    }

    /// Takes each choice from one parent or the other with equal probability, and draws again if the result is not an architecture.
    pub fn cross(&mut self, one: &Arch, other: &Arch) -> Result<Arch> {
        let codes = encoded(&*self.space, "a crossover")?;
        let parents = [codes.encode(one)?, codes.encode(other)?];
        for _ in 0..CROSSOVER_PATIENCE {
            let child: Vec<usize> = (0..parents[0].len()).map(|place| parents[self.dice.below(2)][place]).collect();
            if let Some(child) = codes.decode(&child) {
                return Ok(child);
            }
        }
        Ok(one.clone())
    }
}
