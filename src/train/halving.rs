//! Successive halving: train many architectures briefly, the better half of them longer, and so on (Karnin, Koren & Somekh 2013;
//! Jamieson & Talwalkar 2016).
//!
//! A training that continues after a rung is still the same training: an architecture that reaches the last rung ends with the
//! weights that it would have had if trained alone. All trainings therefore follow the learning rates of the longest one. If a
//! training diverges, its architecture drops out and the next best takes its place.
//!
//! A single training is partly luck: architectures that reach the last rung can be trained again from the beginning with further
//! seeds, and are then judged by the mean.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use super::{EpochRow, Event, Settings, Standing, Training};
use crate::space::Arch;
use crate::{Error, Result};

/// Which architectures are trained for how long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Halving {
    /// Epochs after which architectures drop out, ascending; the last number is the length of the whole training.
    pub rungs: Vec<usize>,
    /// Of the architectures that reach a rung, one in `factor` continues; at least 2. At least one architecture always continues.
    pub factor: usize,
    /// Trainings of each architecture that reaches the last rung, with consecutive seeds; at least 1.
    pub seeds: usize,
}

/// Trainings that run one after another: all up to the same rung, or all with the same further seed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stage {
    /// Epochs after which they end.
    pub rung: usize,
    /// Epochs that were trained before.
    pub before: usize,
    /// How many there are.
    pub places: usize,
}

impl Stage {
    /// Epochs of all of them together.
    pub fn epochs(&self) -> usize {
        (self.rung - self.before) * self.places
    }
}

/// Events of a halving, for whoever shows them.
#[derive(Clone, Copy, Debug)]
pub enum Progress<'a> {
    /// A candidate is trained up to a rung.
    Candidate {
        /// Its place among the candidates.
        candidate: usize,
        /// How many are trained up to this rung.
        of: usize,
        /// The epoch at which the rung is.
        rung: usize,
        /// The index of the rung among all stages; the stages of the further seeds come after the rungs.
        stage: usize,
        /// Which of its trainings this is; those from the second on run from the beginning to the last rung.
        training: usize,
    },
    /// An event in its training.
    Training(Event<'a>),
    /// Its training diverged; this is the error.
    Diverged(&'a Error),
}

impl Halving {
    /// Checks that the numbers make sense; the error names the setting.
    pub fn check(&self) -> Result<()> {
        if self.rungs.is_empty() || self.rungs[0] == 0 || !self.rungs.is_sorted_by(|a, b| a < b) {
            return Err(Error::setting("rungs", "must be ascending numbers of epochs, such as 1,3,12"));
        }
        if self.factor < 2 {
            return Err(Error::setting("factor", "must be at least 2"));
        }
        if self.seeds == 0 {
            return Err(Error::setting("seeds", "must be at least 1"));
        }
        Ok(())
    }

    /// Returns the stages for this number of candidates.
    pub(crate) fn stages(&self, candidates: usize) -> Vec<Stage> {
        let (mut before, mut places) = (0, candidates);
        let mut stages = Vec::with_capacity(self.rungs.len() + self.seeds - 1);
        for &rung in &self.rungs {
            stages.push(Stage { rung, before, places });
            (before, places) = (rung, places.div_ceil(self.factor));
        }
        let again = stages.last().map(|last| Stage { before: 0, ..*last });
        stages.extend(again.into_iter().flat_map(|again| std::iter::repeat_n(again, self.seeds - 1)));
        stages
    }

    /// Returns the folder of an architecture's training with the `nth` seed; that of the first one is `out`.
    pub(crate) fn folder(out: &Path, nth: usize) -> PathBuf {
        if nth == 0 { out.to_owned() } else { out.join(format!("seed{nth}")) }
    }

    /// Checks them together with what is trained.
    pub(crate) fn check_with(&self, training: &Training<'_>) -> Result<()> {
        self.check()?;
        if training.images.valid.is_none() {
            return Err(Error::setting("valid_split", "without validation images there is nothing to choose by"));
        }
        training.check()
    }

    /// Trains `candidates`, each as `training` with its own `arch` and `out`, and returns their standings from best to worst: those
    /// that diverged come last; of the others, those trained longer come first, then those with a higher validation accuracy.
    ///
    /// # Errors
    /// Those of [`Training::run`], but [`Error::Diverged`] only if all trainings diverge. Also fails if there are no validation
    /// images to choose by.
    pub fn run(
        &self,
        candidates: &[(Arch, PathBuf)],
        training: &Training<'_>,
        stop: &AtomicBool,
        watch: &(dyn Fn(Progress<'_>) + Sync),
    ) -> Result<Vec<Standing>> {
        self.check_with(training)?;
        let mut standings: Vec<Standing> = (0..candidates.len()).map(Standing::fresh).collect();
        let train = |candidate: usize, nth: usize, rung: usize| {
            let (arch, out) = &candidates[candidate];
            let settings =
                Settings { seed: training.settings.seed.wrapping_add(nth as u64), ..training.settings.clone() };
            let one = Training { arch, out: Self::folder(out, nth), settings, ..*training };
            let summary = one.run_to(rung, stop, &|event| watch(Progress::Training(event)));
            if let Err(error @ Error::Diverged { .. }) = &summary {
                watch(Progress::Diverged(error));
            }
            // A training that was already there may have gone further.
            let last = summary?.history.get(rung - 1).cloned();
            last.ok_or_else(|| Error::Internal(format!("`{arch}` has no epoch {rung}")))
        };
        let mut places = candidates.len();
        for (stage, &rung) in self.rungs.iter().enumerate() {
            let (mut reached, mut failure) = (0, None);
            for standing in standings.iter_mut().filter(|standing| !standing.diverged) {
                if reached == places {
                    break;
                }
                let candidate = standing.candidate;
                watch(Progress::Candidate { candidate, of: places, rung, stage, training: 0 });
                match train(candidate, 0, rung) {
                    Ok(last) => {
                        (standing.epochs, standing.last) = (rung, Some(last));
                        reached += 1;
                    }
                    Err(error @ Error::Diverged { .. }) => (standing.diverged, failure) = (true, Some(error)),
                    Err(error) => return Err(error),
                }
            }
            if let Some(error) = failure.filter(|_| reached == 0) {
                return Err(error);
            }
            standings.sort_by(Standing::order);
            places = reached.div_ceil(self.factor);
        }
        self.again(&mut standings, &train, watch)?;
        Ok(standings)
    }

    /// Trains those that reached the last rung with the further seeds. An architecture that diverges with one seed has one training less.
    fn again(
        &self,
        standings: &mut [Standing],
        train: &dyn Fn(usize, usize, usize) -> Result<EpochRow>,
        watch: &dyn Fn(Progress<'_>),
    ) -> Result<()> {
        let Some(&rung) = self.rungs.last() else { return Ok(()) };
        let reached = |standing: &&mut Standing| !standing.diverged && standing.epochs == rung;
        let of = standings.iter_mut().filter(reached).count();
        for nth in 1..self.seeds {
            let stage = self.rungs.len() - 1 + nth;
            for standing in standings.iter_mut().filter(reached) {
                let candidate = standing.candidate;
                watch(Progress::Candidate { candidate, of, rung, stage, training: nth });
                match train(candidate, nth, rung) {
                    Ok(last) => standing.further.push(last),
                    Err(Error::Diverged { .. }) => {}
                    Err(error) => return Err(error),
                }
            }
        }
        standings.sort_by(Standing::order);
        Ok(())
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
    use zeronas_datasets::{ImageSet, Splits, ValidSplit};

    const SPACE: NatsTss = NatsTss { channels: 4, cells: 1, classes: 10, resolution: 32 };

    /// Architectures whose networks have a path from input to output.
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
        let halving = Halving { rungs: vec![1, 2, 4], factor: 2, seeds: 1 };
        let stop = AtomicBool::new(false);
        let run = || halving.run(&candidates, &training(&archs[0], &images, dir.path(), true), &stop, &|_| ()).unwrap();
        let standings = run();
        let epochs: Vec<usize> = standings.iter().map(|standing| standing.epochs).collect();
        assert_eq!(epochs, [4, 4, 2, 1, 1], "5, then 3, then 2 of them");
        for pair in standings.windows(2).filter(|pair| pair[0].epochs == pair[1].epochs) {
            assert!(pair[0].valid_accuracy() >= pair[1].valid_accuracy());
        }
        let mut places: Vec<usize> = standings.iter().map(|standing| standing.candidate).collect();
        places.sort_unstable();
        assert_eq!(places, [0, 1, 2, 3, 4]);
        // Everything is there already, and the pick is the same as when it is trained alone.
        assert_eq!(run(), standings);
        let pick = &archs[standings[0].candidate];
        let alone = training(pick, &images, &dir.path().join("alone"), false).run(&stop, &|_| ()).unwrap();
        let last = standings[0].last.as_ref().unwrap();
        assert_eq!((alone.history[3].valid, alone.history[3].train), (last.valid, last.train));
    }

    #[test]
    fn those_at_the_last_rung_are_trained_with_further_seeds_and_judged_by_the_mean() {
        let (dir, archs, images) = (tempfile::tempdir().unwrap(), archs(3), images());
        let candidates = in_folders(&archs, dir.path());
        let halving = Halving { rungs: vec![1, 2], factor: 2, seeds: 3 };
        let stop = AtomicBool::new(false);
        let template = training(&archs[0], &images, dir.path(), true);
        let seen = std::sync::Mutex::new(Vec::new());
        let watch = |progress: Progress<'_>| {
            if let Progress::Candidate { candidate, of, rung, stage, training } = progress {
                seen.lock().unwrap().push((candidate, of, rung, stage, training));
            }
        };
        let standings = halving.run(&candidates, &template, &stop, &watch).unwrap();
        let trainings: Vec<usize> = standings.iter().map(|standing| standing.trainings().count()).collect();
        assert_eq!(trainings, [3, 3, 1], "2 of 3 reach the last rung");
        let seen = seen.into_inner().unwrap();
        let stages: Vec<_> = seen.iter().map(|&(_, of, rung, stage, training)| (of, rung, stage, training)).collect();
        let planned =
            [[(3, 1, 0, 0)].repeat(3), [(2, 2, 1, 0)].repeat(2), [(2, 2, 2, 1)].repeat(2), [(2, 2, 3, 2)].repeat(2)];
        assert_eq!(stages, planned.concat());
        assert_eq!(halving.stages(3).iter().map(|stage| stage.places).sum::<usize>(), seen.len());
        // A further training is the same as training alone with that seed, and the pick has the higher mean.
        let pick = &standings[0];
        let mut alone = training(&archs[pick.candidate], &images, &dir.path().join("alone"), false);
        alone.settings.seed = 2;
        let alone = alone.run_to(2, &stop, &|_| ()).unwrap();
        assert_eq!(alone.history[1].valid, pick.further[1].valid);
        let accuracies = pick.valid_accuracies();
        assert_eq!(pick.valid_accuracy(), Some(accuracies.iter().sum::<f64>() / 3.0));
        assert!(pick.valid_accuracy() >= standings[1].valid_accuracy());
        assert_eq!(halving.run(&candidates, &template, &stop, &|_| ()).unwrap(), standings, "all is there already");
    }

    /// Replaces the weights in a training's checkpoint with weights that make the next forward pass overflow.
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
        let halving = Halving { rungs: vec![2, 4], factor: 2, seeds: 1 };
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
        for (rungs, factor, seeds) in [
            (vec![], 2, 1),
            (vec![0, 1], 2, 1),
            (vec![3, 1], 2, 1),
            (vec![1, 1], 2, 1),
            (vec![1], 1, 1),
            (vec![1], 2, 0),
        ] {
            assert!(Halving { rungs, factor, seeds }.check().is_err());
        }
    }
}
