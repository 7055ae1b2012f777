use super::*;
use crate::space::{NatsTss, SearchSpace, sample};
use crate::train::checkpoint::Checkpoints;
use crate::train::state::State;
use crate::train::{RecipeName, fixture};
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
    Training { resume, ..fixture::training(&SPACE, arch, images, recipe, out) }
}

fn in_folders(archs: &[Arch], folder: &Path) -> Vec<(Arch, PathBuf)> {
    archs.iter().cloned().zip((0..).map(|i: usize| folder.join(i.to_string()))).collect()
}

#[test]
fn the_better_go_on_and_the_last_one_is_wholly_trained() {
    let (dir, archs, images) = (tempfile::tempdir().unwrap(), archs(5), images());
    let candidates = in_folders(&archs, dir.path());
    let halving = Halving { rungs: vec![1, 2, 4], factor: 2, seeds: 1, judge: Judge::Accuracy };
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
    // Everything is there already, and the pick is what training it alone gives.
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
    let halving = Halving { rungs: vec![1, 2], factor: 2, seeds: 3, judge: Judge::Accuracy };
    let stop = AtomicBool::new(false);
    let template = training(&archs[0], &images, dir.path(), true);
    let seen = std::sync::Mutex::new(Vec::new());
    let watch = |progress: Progress<'_>| {
        if let Progress::Candidate { candidate, of, rung, stage, seed } = progress {
            seen.lock().unwrap().push((candidate, of, rung, stage, seed));
        }
    };
    let standings = halving.run(&candidates, &template, &stop, &watch).unwrap();
    let trainings: Vec<usize> = standings.iter().map(|standing| standing.trainings().count()).collect();
    assert_eq!(trainings, [3, 3, 1], "2 of 3 reach the last rung");
    let seen = seen.into_inner().unwrap();
    let stages: Vec<_> = seen.iter().map(|&(_, of, rung, stage, seed)| (of, rung, stage, seed)).collect();
    let planned =
        [[(3, 1, 0, 0)].repeat(3), [(2, 2, 1, 0)].repeat(2), [(2, 2, 2, 1)].repeat(2), [(2, 2, 3, 2)].repeat(2)];
    assert_eq!(stages, planned.concat());
    assert_eq!(halving.stages(3).iter().map(|stage| stage.places).sum::<usize>(), seen.len());
    // A further training is what training with that seed alone gives, and the pick has the higher mean.
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
    let halving = Halving { rungs: vec![2, 4], factor: 2, seeds: 1, judge: Judge::Accuracy };
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
fn one_that_diverges_with_a_further_seed_stands_behind_those_that_do_not() {
    let (dir, archs, images) = (tempfile::tempdir().unwrap(), archs(2), images());
    let candidates = in_folders(&archs, dir.path());
    let stop = AtomicBool::new(false);
    let template = training(&archs[0], &images, dir.path(), true);
    let halving = Halving { rungs: vec![2], factor: 2, seeds: 1, judge: Judge::Accuracy };
    let pick = halving.run(&candidates, &template, &stop, &|_| ()).unwrap()[0].candidate;
    let mut again = training(&archs[pick], &images, &folder_of_seed(&candidates[pick].1, 1), true);
    again.settings.seed = 1;
    again.run_to(1, &stop, &|_| ()).unwrap();
    poison(&again);
    let standings = Halving { seeds: 2, ..halving }.run(&candidates, &template, &stop, &|_| ()).unwrap();
    let told = |standing: &Standing| (standing.candidate, standing.further.len(), standing.diverged_further);
    assert_eq!([told(&standings[0]), told(&standings[1])], [(1 - pick, 1, 0), (pick, 0, 1)]);
    assert!(standings.iter().all(|standing| standing.status() == "ok"));
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
        (vec![1], 2, usize::MAX),
    ] {
        assert!(Halving { rungs, factor, seeds, judge: Judge::Accuracy }.check().is_err());
    }
}
