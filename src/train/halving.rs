//! Successive halving: train many a little, the better half of them more, and so on (Karnin, Koren & Somekh 2013; Jamieson &
//! Talwalkar 2016).
//!
//! A training that goes on after a rung is the same training: whoever reaches the last rung ends with the weights that
//! training alone would have given. So all follow the learning rates of the longest. A training that diverges is out, and the
//! next best takes its place.

use std::cmp::Ordering;
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
    /// Epochs at the last rung that it reached.
    pub epochs: usize,
    /// The last of them, if it reached a rung.
    pub last: Option<EpochRow>,
    /// Whether its training diverged on the way to the next rung.
    pub diverged: bool,
}

impl Standing {
    /// `ok`, or `diverged`.
    pub fn status(&self) -> &'static str {
        if self.diverged { "diverged" } else { "ok" }
    }

    /// Accuracy on the validation images, in percent.
    fn accuracy(&self) -> f64 {
        self.last.as_ref().and_then(|last| last.valid).map_or(f64::NEG_INFINITY, |valid| valid.accuracy)
    }

    /// The better first: who did not diverge, who was trained longer, who has the higher validation accuracy, and then the
    /// earlier candidate.
    fn order(&self, other: &Self) -> Ordering {
        let diverged = self.diverged.cmp(&other.diverged);
        let epochs = other.epochs.cmp(&self.epochs);
        let accuracy = other.accuracy().total_cmp(&self.accuracy());
        diverged.then(epochs).then(accuracy).then(self.candidate.cmp(&other.candidate))
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
    /// Its training diverged, as the error says.
    Diverged(&'a Error),
}

impl Halving {
    /// Whether it makes sense; the error names the setting.
    pub fn check(&self) -> Result<()> {
        if self.rungs.is_empty() || self.rungs[0] == 0 || !self.rungs.is_sorted_by(|a, b| a < b) {
            return Err(Error::setting("rungs", "must be ascending numbers of epochs, such as 1,3,12"));
        }
        if self.factor < 2 {
            return Err(Error::setting("factor", "must be at least 2"));
        }
        Ok(())
    }

    /// Of each rung its epoch, the epochs before it, and how many of so many candidates are trained up to it.
    pub(crate) fn stages(&self, candidates: usize) -> impl Iterator<Item = (usize, usize, usize)> {
        self.rungs.iter().scan((0, candidates), |(before, places), &rung| {
            let stage = (rung, *before, *places);
            (*before, *places) = (rung, places.div_ceil(self.factor));
            Some(stage)
        })
    }

    /// The same, together with what is trained.
    pub(crate) fn check_with(&self, training: &Training<'_>) -> Result<()> {
        self.check()?;
        if training.images.valid.is_none() {
            return Err(Error::setting("valid_split", "without validation images there is nothing to choose by"));
        }
        training.check()
    }

    /// Trains `candidates`, `training` with its `arch` and `out` for each, and gives their standings from the best to the worst:
    /// who diverged is last; else who was trained longer stands higher, then who has the higher validation accuracy.
    ///
    /// # Errors
    /// Those of [`Training::run`], but [`Error::Diverged`] only where all trainings diverge; and where there are no validation
    /// images to choose by.
    pub fn run(
        &self,
        candidates: &[(Arch, PathBuf)],
        training: &Training<'_>,
        stop: &AtomicBool,
        watch: &(dyn Fn(Progress<'_>) + Sync),
    ) -> Result<Vec<Standing>> {
        self.check_with(training)?;
        let fresh = |candidate| Standing { candidate, epochs: 0, last: None, diverged: false };
        let mut standings: Vec<Standing> = (0..candidates.len()).map(fresh).collect();
        let mut places = candidates.len();
        for &rung in &self.rungs {
            let (mut reached, mut failure) = (0, None);
            for standing in standings.iter_mut().filter(|standing| !standing.diverged) {
                if reached == places {
                    break;
                }
                let candidate = standing.candidate;
                watch(Progress::Candidate { candidate, of: places, rung });
                let (arch, out) = &candidates[candidate];
                let one = Training { arch, out: out.clone(), settings: training.settings.clone(), ..*training };
                match one.run_to(rung, stop, &|event| watch(Progress::Training(event))) {
                    Ok(summary) => {
                        // One that was there already may have been trained further.
                        let last = summary.history.get(rung - 1).cloned();
                        let last = last.ok_or_else(|| Error::Internal(format!("`{arch}` has no epoch {rung}")))?;
                        (standing.epochs, standing.last) = (rung, Some(last));
                        reached += 1;
                    }
                    Err(error @ Error::Diverged { .. }) => {
                        watch(Progress::Diverged(&error));
                        standing.diverged = true;
                        failure = Some(error);
                    }
                    Err(error) => return Err(error),
                }
            }
            if let Some(error) = failure.filter(|_| reached == 0) {
                return Err(error);
            }
            standings.sort_by(Standing::order);
            places = reached.div_ceil(self.factor);
        }
        Ok(standings)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::Device;
    use crate::space::{NatsTss, SearchSpace, sample};
    use crate::train::checkpoint::Checkpoints;
    use crate::train::state::State;
    use crate::train::{RecipeName, SAVE_AFTER, Settings};
    use std::path::Path;
    use zeronas_datasets::{ImageSet, Splits, ValidSplit};

    const SPACE: NatsTss = NatsTss { channels: 4, cells: 1, classes: 10, resolution: 32 };

    /// Networks that let something through.
    fn archs(count: usize) -> Vec<Arch> {
        let archs = sample(&SPACE, crate::space::Sampler::Uniform, 12, 1).unwrap();
        archs.into_iter().filter(|arch| SPACE.key(arch).unwrap().is_some()).take(count).collect()
    }

    fn images() -> Splits {
        Splits::from(ImageSet::embedded()).with_valid(&ValidSplit::Images(156)).unwrap()
    }

    fn training<'a>(arch: &'a Arch, images: &'a Splits, out: &Path, resume: bool) -> Training<'a> {
        let mut recipe = RecipeName::QUICK.recipe();
        (recipe.epochs, recipe.batch_size) = (4, 20);
        Training {
            space: &SPACE,
            arch,
            images,
            images_name: "embedded",
            settings: Settings { recipe, seed: 0, as_written: false, exact: false, device: Device::Cpu },
            threads: 1,
            out: out.to_owned(),
            resume,
            save_after: SAVE_AFTER,
        }
    }

    fn in_folders(archs: &[Arch], folder: &Path) -> Vec<(Arch, PathBuf)> {
        archs.iter().cloned().zip((0..).map(|i: usize| folder.join(i.to_string()))).collect()
    }

    #[test]
    fn the_better_go_on_and_the_last_one_is_wholly_trained() {
        let (dir, archs, images) = (tempfile::tempdir().unwrap(), archs(5), images());
        let candidates = in_folders(&archs, dir.path());
        let halving = Halving { rungs: vec![1, 2, 4], factor: 2 };
        let stop = AtomicBool::new(false);
        let run = || halving.run(&candidates, &training(&archs[0], &images, dir.path(), true), &stop, &|_| ()).unwrap();
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
        let pick = &archs[standings[0].candidate];
        let alone = training(pick, &images, &dir.path().join("alone"), false).run(&stop, &|_| ()).unwrap();
        let last = standings[0].last.as_ref().unwrap();
        assert_eq!((alone.history[3].valid, alone.history[3].train), (last.valid, last.train));
    }

    /// Puts weights into a training's checkpoint that the next forward pass overflows with.
    fn poison(training: &Training<'_>) {
        let (net, manifest) = (training.network().unwrap(), training.manifest().unwrap());
        let checkpoints = Checkpoints::new(&training.out);
        let mut state = State::new(&net, &training.settings.recipe, 0);
        checkpoints.load(&checkpoints.current(), &mut state, &net, |_| Ok(())).unwrap();
        state.weights.tensors_mut().for_each(|tensor| tensor.fill(f32::MAX));
        checkpoints.save(&mut state, &net, &manifest).unwrap();
    }

    #[test]
    fn one_that_diverges_is_last_and_only_all_of_them_are_an_error() {
        let (dir, archs, images) = (tempfile::tempdir().unwrap(), archs(3), images());
        let candidates = in_folders(&archs, dir.path());
        let stop = AtomicBool::new(false);
        let one = |place: usize| training(&archs[place], &images, &candidates[place].1, true);
        one(0).run_to(1, &stop, &|_| ()).unwrap();
        poison(&one(0));
        let halving = Halving { rungs: vec![2, 4], factor: 2 };
        let template = training(&archs[0], &images, dir.path(), true);
        let told = std::sync::Mutex::new(Vec::new());
        let watch = |progress: Progress<'_>| {
            if let Progress::Diverged(error) = progress {
                told.lock().unwrap().push(error.to_string());
            }
        };
        let standings = halving.run(&candidates, &template, &stop, &watch).unwrap();
        let far: Vec<_> = standings.iter().map(|standing| (standing.epochs, standing.status())).collect();
        assert_eq!(far, [(4, "ok"), (2, "ok"), (0, "diverged")]);
        assert_eq!((standings[2].candidate, &standings[2].last), (0, &None));
        let told = told.into_inner().unwrap();
        assert!(told.len() == 1 && told[0].contains(archs[0].as_str()), "{told:?}");

        // The pick too, on its way to a last rung: the next best takes its place.
        let pick = standings[0].candidate;
        std::fs::remove_dir_all(&candidates[pick].1).unwrap();
        one(pick).run_to(2, &stop, &|_| ()).unwrap();
        poison(&one(pick));
        let standings = halving.run(&candidates, &template, &stop, &|_| ()).unwrap();
        let far: Vec<_> = standings.iter().map(|standing| (standing.epochs, standing.status())).collect();
        assert_eq!(far, [(4, "ok"), (2, "diverged"), (0, "diverged")]);
        assert_eq!(standings[1].candidate, pick);

        let mut bad = training(&archs[0], &images, dir.path(), true);
        bad.settings.recipe.schedule.peak = 1e36;
        let fresh = in_folders(&archs, &dir.path().join("bad"));
        let error = halving.run(&fresh, &bad, &stop, &|_| ()).unwrap_err();
        assert!(matches!(&error, Error::Diverged { arch, .. } if *arch == archs[2].to_string()), "{error}");
    }

    #[test]
    fn rungs_that_make_no_sense_are_refused() {
        for (rungs, factor) in [(vec![], 2), (vec![0, 1], 2), (vec![3, 1], 2), (vec![1, 1], 2), (vec![1], 1)] {
            assert!(Halving { rungs, factor }.check().is_err());
        }
    }
}
