//! Successive halving: train many a little, the better half of them more, and so on (Karnin, Koren & Somekh 2013; Jamieson &
//! Talwalkar 2016).
//!
//! A training that goes on after a rung is the same training: whoever reaches the last rung ends with the weights that
//! training alone would have given. So all follow the learning rates of the longest.

use std::path::PathBuf;
use std::sync::atomic::AtomicBool;

use super::{EpochRow, Event, Training};
use crate::space::Arch;
use crate::{Error, Result};

/// Who is trained how long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Halving {
    /// Epochs after which architectures drop out, ascending; the last ones are the whole training.
    pub rungs: Vec<usize>,
    /// Of those that reach a rung, one in so many goes on; at least 2, and at least one architecture always goes on.
    pub factor: usize,
}

/// How far an architecture came.
#[derive(Clone, Debug, PartialEq)]
pub struct Standing {
    /// Its place among the candidates.
    pub candidate: usize,
    /// Epochs it was trained.
    pub epochs: usize,
    /// The last of them.
    pub last: EpochRow,
}

impl Standing {
    /// Accuracy on the validation images, in percent.
    fn accuracy(&self) -> f64 {
        self.last.valid.map_or(f64::NEG_INFINITY, |valid| valid.accuracy)
    }
}

/// What happens, for whoever shows it.
#[derive(Clone, Copy, Debug)]
pub enum Progress<'a> {
    /// A candidate is trained up to a rung.
    Candidate {
        /// Its place among the candidates.
        candidate: usize,
        /// How many are trained up to this rung.
        of: usize,
        /// Epochs at its end.
        rung: usize,
    },
    /// Something happens in its training.
    Training(Event<'a>),
}

impl Halving {
    /// Whether it makes sense; the error names the flag.
    pub fn check(&self) -> Result<()> {
        if self.rungs.is_empty() || self.rungs[0] == 0 || !self.rungs.is_sorted_by(|a, b| a < b) {
            return Err(Error::flag("--rungs", "must be ascending numbers of epochs, such as 1,3,12"));
        }
        if self.factor < 2 {
            return Err(Error::flag("--factor", "must be at least 2"));
        }
        Ok(())
    }

    /// Trains `candidates`, `training` with its `arch` and `out` for each, and gives their standings from the best to the worst:
    /// who was trained longer stands higher, then who has the higher validation accuracy.
    ///
    /// # Errors
    /// Those of [`Training::run`], and where there are no validation images to choose by.
    pub fn run(
        &self,
        candidates: &[(Arch, PathBuf)],
        training: &Training<'_>,
        stop: &AtomicBool,
        watch: &(dyn Fn(Progress<'_>) + Sync),
    ) -> Result<Vec<Standing>> {
        self.check()?;
        if training.images.valid.is_none() {
            return Err(Error::flag("--valid-split", "without validation images there is nothing to choose by"));
        }
        let mut standings: Vec<Standing> = Vec::new();
        let mut left: Vec<usize> = (0..candidates.len()).collect();
        for &rung in &self.rungs {
            let mut reached = Vec::new();
            for &candidate in &left {
                watch(Progress::Candidate { candidate, of: left.len(), rung });
                let (arch, out) = &candidates[candidate];
                let one = Training { arch, out: out.clone(), settings: training.settings.clone(), ..*training };
                let summary = one.run_to(rung, stop, &|event| watch(Progress::Training(event)))?;
                let last = summary.history.get(rung - 1).cloned();
                let last = last.ok_or_else(|| Error::Internal(format!("`{arch}` has no epoch {rung}")))?;
                reached.push(Standing { candidate, epochs: rung, last });
            }
            reached.sort_by(|a, b| b.accuracy().total_cmp(&a.accuracy()).then(a.candidate.cmp(&b.candidate)));
            left = reached.iter().take(left.len().div_ceil(self.factor)).map(|standing| standing.candidate).collect();
            // Those that stand here already have stopped at lower rungs.
            standings.retain(|standing| reached.iter().all(|one| one.candidate != standing.candidate));
            reached.append(&mut standings);
            standings = reached;
        }
        Ok(standings)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::Device;
    use crate::space::{NatsTss, SearchSpace, sample};
    use crate::train::{RecipeName, Settings};
    use zeronas_datasets::{ImageSet, Splits, ValidSplit};

    #[test]
    fn the_better_go_on_and_the_last_one_is_wholly_trained() {
        let dir = tempfile::tempdir().unwrap();
        let space = NatsTss { channels: 4, cells: 1, classes: 10, resolution: 32 };
        let archs = sample(&space, crate::space::Sampler::Uniform, 12, 1).unwrap();
        let archs: Vec<Arch> = archs.into_iter().filter(|arch| space.key(arch).unwrap().is_some()).take(5).collect();
        let images = Splits::from(ImageSet::embedded()).with_valid(&ValidSplit::Images(156)).unwrap();
        let mut recipe = RecipeName::Quick.recipe();
        (recipe.epochs, recipe.batch_size) = (4, 20);
        let candidates: Vec<_> =
            archs.iter().cloned().zip((0..).map(|i: usize| dir.path().join(i.to_string()))).collect();
        let training = |out: &str, resume| Training {
            space: &space,
            arch: &archs[0],
            images: &images,
            images_name: "embedded",
            settings: Settings {
                recipe: recipe.clone(),
                seed: 0,
                as_written: false,
                exact: false,
                device: Device::Cpu,
            },
            threads: 1,
            out: dir.path().join(out),
            resume,
        };
        let halving = Halving { rungs: vec![1, 2, 4], factor: 2 };
        let stop = AtomicBool::new(false);
        let run = || halving.run(&candidates, &training("x", true), &stop, &|_| ()).unwrap();
        let standings = run();
        let epochs: Vec<usize> = standings.iter().map(|standing| standing.epochs).collect();
        assert_eq!(epochs, [4, 4, 2, 1, 1], "5, then 3, then 2 of them");
        for pair in standings.windows(2).filter(|pair| pair[0].epochs == pair[1].epochs) {
            assert!(pair[0].accuracy() >= pair[1].accuracy());
        }
        let mut places: Vec<usize> = standings.iter().map(|standing| standing.candidate).collect();
        places.sort_unstable();
        assert_eq!(places, [0, 1, 2, 3, 4]);
        // Everything is there already, and the pick is what training it alone gives.
        assert_eq!(run(), standings);
        let pick = Training { arch: &candidates[standings[0].candidate].0, ..training("alone", false) };
        let alone = pick.run(&stop, &|_| ()).unwrap();
        assert_eq!(alone.history[3].valid, standings[0].last.valid);
        assert_eq!(alone.history[3].train, standings[0].last.train);
    }

    #[test]
    fn rungs_that_make_no_sense_are_refused() {
        for (rungs, factor) in [(vec![], 2), (vec![0, 1], 2), (vec![3, 1], 2), (vec![1, 1], 2), (vec![1], 1)] {
            assert!(Halving { rungs, factor }.check().is_err());
        }
    }
}
