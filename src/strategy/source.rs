//! Where a run's candidates come from: seeds, draws, mutations, crossovers.

use super::draw::draw;
use super::{Dice, Moves};
use crate::Result;
use crate::space::{Arch, SearchSpace, encoded};
use std::collections::VecDeque;
use std::sync::Arc;

/// Crossovers of two parents that are tried before the child is a copy of the first.
const CROSSOVER_PATIENCE: usize = 64;

/// Times that a policy is asked before what is still missing is drawn at random.
const POLICY_PATIENCE: usize = 10_000;

/// The candidates that a strategy can ask for without knowing the space, with the run's random numbers.
pub(super) struct Source {
    pub space: Arc<dyn SearchSpace>,
    pub dice: Dice,
    pub seeds: VecDeque<Arch>,
    pub moves: Option<Moves>,
}

impl Source {
    /// The next of the seeds; when they are used up, a random architecture.
    pub fn next(&mut self) -> Result<Arch> {
        self.seeds.pop_front().map_or_else(|| draw(&*self.space, &mut self.dice), Ok)
    }

    /// So many of the seeds; when they are used up, what the choices of `policy` make, which is asked for as many sequences
    /// of choices as are missing. Those that make no architecture are drawn again, at last at random.
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

    /// A mutation of `parent`: picked by the moves where there are any and they know one, else the space's own.
    pub fn mutate(&mut self, parent: &Arch) -> Result<Arch> {
        if let Some(moves) = &self.moves
            && let Some(arch) = moves.propose(&*self.space, parent, &mut self.dice)?
        {
            return Ok(arch);
        }
        self.space.mutate(parent, &mut |n| self.dice.below(n as usize) as u64)
    }

    /// Each choice of one parent or the other, as likely; drawn again where they make no architecture.
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
