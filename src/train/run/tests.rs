use super::*;
use crate::export;
use crate::space::networks::Networks;
use crate::space::{Arch, Enumerable, NatsTss, SearchSpace};
use crate::train::memory::{self, Outcome};
use crate::train::{Recipe, RecipeName, fixture};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use zeronas_datasets::{ImageSet, Splits, ValidSplit};

const SPACE: NatsTss = NatsTss { channels: 4, cells: 1, classes: 10, resolution: 32 };
const ARCH: &str = "|nor_conv_3x3~0|+|none~0|none~1|+|skip_connect~0|none~1|nor_conv_1x1~2|";

fn training<'a>(arch: &'a Arch, images: &'a Splits, out: &Path) -> Training<'a> {
    training_in(&SPACE, arch, images, out)
}

fn training_in<'a>(space: &'a dyn SearchSpace, arch: &'a Arch, images: &'a Splits, out: &Path) -> Training<'a> {
    let mut recipe = RecipeName::find("nb101-108").unwrap().recipe();
    (recipe.epochs, recipe.batch_size, recipe.schedule.peak) = (4, 48, 0.05);
    fixture::training(space, arch, images, recipe, out)
}

fn images() -> Splits {
    Splits::from(ImageSet::embedded()).with_valid(&ValidSplit::Images(50)).unwrap()
}

fn no_clock(history: &[EpochRow]) -> Vec<EpochRow> {
    let timeless =
        |row: &EpochRow| EpochRow { seconds: 0.0, evaluation_seconds: 0.0, images_per_second: 0.0, ..row.clone() };
    history.iter().map(timeless).collect()
}

/// With this recipe, batches continue across epochs, so that every kind of cut occurs.
#[test]
fn a_training_stopped_after_any_step_comes_to_the_same() {
    let (dir, arch, images) = (tempfile::tempdir().unwrap(), SPACE.parse(ARCH).unwrap(), images());
    let stop = AtomicBool::new(false);
    let whole = training(&arch, &images, &dir.path().join("whole")).run(&stop, &|_| ()).unwrap();
    assert_eq!(whole.history.iter().map(|row| row.steps).collect::<Vec<_>>(), [4, 8, 12, 17]);
    let cut = training(&arch, &images, &dir.path().join("cut"));
    let mut stops = 0;
    let summary = loop {
        let stop = AtomicBool::new(false);
        let after_a_step = |event: Event<'_>| {
            if let Event::Step { .. } = event {
                stop.store(true, Ordering::Relaxed);
            }
        };
        match cut.run(&stop, &after_a_step) {
            Ok(summary) => break summary,
            Err(Error::Stopped { steps, .. }) => {
                stops += 1;
                assert!(steps >= stops);
            }
            Err(other) => panic!("{other}"),
        }
    };
    assert!(stops > 10);
    assert_eq!(no_clock(&summary.history), no_clock(&whole.history));
    assert!(trained(&dir.path().join("whole")) == trained(&dir.path().join("cut")));
}

/// The tensors of a finished training, by name.
fn trained(out: &Path) -> Vec<(String, Vec<u8>)> {
    let bytes = std::fs::read(out.join("weights.safetensors")).unwrap();
    let file = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    let mut tensors: Vec<_> = file.iter().map(|(name, view)| (name.to_owned(), view.data().to_vec())).collect();
    tensors.sort();
    tensors
}

/// A kill leaves the last checkpoint: training can continue from every checkpoint within the epochs.
#[test]
fn a_training_goes_on_from_any_checkpoint_within_an_epoch() {
    let (dir, arch, images) = (tempfile::tempdir().unwrap(), SPACE.parse(ARCH).unwrap(), images());
    let folder = |name: &str| dir.path().join(name);
    let stop = AtomicBool::new(false);
    let whole = Training { save_after: Duration::ZERO, ..training(&arch, &images, &folder("whole")) };
    let copies = AtomicUsize::new(0);
    let copy = |event: Event<'_>| {
        if let Event::Step { done, steps, .. } = event
            && done < steps
        {
            let to = folder(&copies.fetch_add(1, Ordering::Relaxed).to_string());
            std::fs::create_dir(&to).unwrap();
            std::fs::copy(Checkpoints::new(&whole.out).current(), Checkpoints::new(&to).current()).unwrap();
        }
    };
    let summary = whole.run(&stop, &copy).unwrap();
    let copies = copies.into_inner();
    assert_eq!(copies, 13, "17 steps, of which 4 end an epoch");
    for name in (0..copies).map(|copy| copy.to_string()) {
        let rest = training(&arch, &images, &folder(&name)).run(&stop, &|_| ()).unwrap();
        assert_eq!(no_clock(&rest.history), no_clock(&summary.history), "{name}");
        assert!(rest.history.iter().all(|row| row.seconds > 0.0 && row.images_per_second > 0.0), "{rest:?}");
        assert!(trained(&folder(&name)) == trained(&folder("whole")), "{name}");
    }
}

#[test]
fn what_a_kill_left_unwritten_after_the_last_checkpoint_is_written_on_resuming() {
    let (dir, arch, images) = (tempfile::tempdir().unwrap(), SPACE.parse(ARCH).unwrap(), images());
    let training = training(&arch, &images, dir.path());
    let stop = AtomicBool::new(false);
    training.run(&stop, &|_| ()).unwrap();
    let files = ["history.csv", "history.parquet", "curves.html", "figures/loss.svg"];
    let read = || files.map(|name| std::fs::read(dir.path().join(name)).unwrap());
    let (before, weights) = (read(), trained(dir.path()));
    files.iter().chain(&["weights.safetensors"]).for_each(|name| std::fs::remove_file(dir.path().join(name)).unwrap());
    assert_eq!(training.run(&stop, &|_| ()).unwrap().trained, 0);
    for ((name, before), now) in files.iter().zip(before).zip(read()) {
        assert!(now == before, "{name}");
    }
    assert!(trained(dir.path()) == weights);
}

#[test]
fn results_without_a_checkpoint_are_not_overwritten_by_others() {
    let (dir, arch, images) = (tempfile::tempdir().unwrap(), SPACE.parse(ARCH).unwrap(), images());
    let mut training = training(&arch, &images, dir.path());
    training.settings.recipe.epochs = 1;
    let stop = AtomicBool::new(false);
    training.run(&stop, &|_| ()).unwrap();
    let checkpoints = Checkpoints::new(dir.path());
    std::fs::remove_file(checkpoints.current()).unwrap();
    training.resume = false;
    let error = training.run(&stop, &|_| ()).unwrap_err().to_string();
    assert!(error.contains("weights.safetensors: exists; `resume=`"), "{error}");
    training.resume = true;
    training.settings.seed = 5;
    let error = training.run(&stop, &|_| ()).unwrap_err().to_string();
    assert!(error.contains("manifest.json") && error.contains("seed was 0 and is 5 now"), "{error}");
}

/// Sixteen channels, so that every kernel of the engine is at work, and a batch that three threads do not share evenly.
#[test]
fn threads_change_no_bit() {
    let space = NatsTss { channels: 16, cells: 1, classes: 10, resolution: 32 };
    let arch = space.parse("|nor_conv_3x3~0|+|nor_conv_1x1~0|avg_pool_3x3~1|+|skip_connect~0|nor_conv_3x3~1|none~2|");
    let (dir, arch, images) = (tempfile::tempdir().unwrap(), arch.unwrap(), images());
    let run = |threads: usize| {
        let mut training = training(&arch, &images, &dir.path().join(threads.to_string()));
        (training.space, training.threads) = (&space, threads);
        (training.settings.recipe.epochs, training.settings.recipe.batch_size) = (1, 60);
        let history = training.run(&AtomicBool::new(false), &|_| ()).unwrap().history;
        (no_clock(&history), trained(&training.out))
    };
    assert!(run(1) == run(3));
}

#[test]
fn a_loss_that_is_no_number_names_the_step_and_keeps_the_checkpoint() {
    let (dir, arch, images) = (tempfile::tempdir().unwrap(), SPACE.parse(ARCH).unwrap(), images());
    let training = training(&arch, &images, dir.path());
    let stop = AtomicBool::new(false);
    training.run_to(1, &stop, &|_| ()).unwrap();
    // Weights so large that the next forward pass overflows.
    let (net, manifest) = (training.network().unwrap(), training.manifest().unwrap());
    let checkpoints = Checkpoints::new(dir.path());
    let mut state = State::new(&net, &training.settings.recipe, 0);
    checkpoints.load(&checkpoints.current(), &mut state, &net, |_| Ok(())).unwrap();
    state.weights.tensors_mut().for_each(|tensor| tensor.fill(f32::MAX));
    checkpoints.save(&mut state, &net, &manifest).unwrap();
    let before = std::fs::read(checkpoints.current()).unwrap();
    let error = training.run(&stop, &|_| ()).unwrap_err();
    let message = error.to_string();
    assert!(
        message.contains("in epoch 2, step 5, at learning rate 4.") && message.contains("checkpoint.safetensors"),
        "{message}"
    );
    assert!(message.contains(ARCH), "{message}");
    assert_eq!(error.exit_code(), 1);
    assert_eq!(std::fs::read(checkpoints.current()).unwrap(), before);
}

#[test]
fn a_training_in_memory_comes_to_the_same() {
    let (dir, arch) = (tempfile::tempdir().unwrap(), SPACE.parse(ARCH).unwrap());
    let held = images();
    let images = Splits { test: held.valid.clone(), ..held };
    let training = training(&arch, &images, dir.path());
    let stop = AtomicBool::new(false);
    let summary = training.run(&stop, &|_| ()).unwrap();
    let last = summary.history.last().unwrap();
    let net = training.network().unwrap();
    let mut recipe = training.settings.recipe.clone();
    let train = |recipe: &Recipe, stop: bool| memory::train(&net, &images, recipe, 0, &AtomicBool::new(stop)).unwrap();
    assert_eq!(train(&recipe, false), Outcome::Trained([last.train, last.test.unwrap()]));
    assert_eq!(train(&recipe, true), Outcome::Stopped);
    recipe.schedule.peak = 1e36;
    assert_eq!(train(&recipe, false), Outcome::Diverged);
}

/// Layers that the first three benchmarks do not have; the reference engine runs those that no other engine supports.
const OTHER_LAYERS: &str = r#"{"input": [3, 32, 32], "layers": [
    {"name": "stem", "op": "conv", "channels": 8, "kernel": 4, "stride": 4, "bias": true},
    {"name": "stem_bn", "op": "batch_norm", "affine": false, "eps": 0.001},
    {"name": "stem_act", "op": "silu"},
    {"name": "depthwise", "op": "conv", "channels": 8, "kernel": [3, 5], "padding": [2, 4], "dilation": 2, "groups": 8},
    {"name": "depthwise_bn", "op": "batch_norm"},
    {"name": "depthwise_act", "op": "hard_swish"},
    {"name": "pool", "op": "global_average"},
    {"name": "reduce", "op": "conv", "channels": 4, "kernel": 1, "bias": true},
    {"name": "reduce_act", "op": "leaky_relu", "slope": 0.1},
    {"name": "expand", "op": "conv", "channels": 8, "kernel": 1, "bias": true},
    {"name": "gate", "op": "sigmoid"},
    {"name": "gated", "op": "mul", "inputs": ["depthwise_act", "gate"]},
    {"name": "norm", "op": "layer_norm"},
    {"name": "layer_scale", "op": "scale", "init": 0.5},
    {"name": "sum", "op": "sum", "inputs": ["layer_scale", "stem_act"]},
    {"name": "down", "op": "max_pool", "kernel": 3, "stride": 2, "ceil": true},
    {"name": "act", "op": "gelu"},
    {"name": "vector", "op": "flatten"},
    {"name": "fc", "op": "linear", "features": 10, "bias": false}]}"#;

#[test]
fn layers_of_all_kinds_learn_and_a_training_cut_short_comes_to_the_same() {
    let (dir, images, space) = (tempfile::tempdir().unwrap(), images(), Networks::parse(&[OTHER_LAYERS]).unwrap());
    let (arch, stop) = (space.nth(0), AtomicBool::new(false));
    let [whole, cut] = ["whole", "cut"].map(|name| training_in(&space, &arch, &images, &dir.path().join(name)));
    let summary = whole.run(&stop, &|_| ()).unwrap();
    let losses: Vec<f64> = summary.history.iter().map(|row| row.train.loss).collect();
    assert!(losses[3] < losses[0] - 0.1, "{losses:?}");
    let stop_at_once = |event: Event<'_>| {
        if let Event::Step { .. } = event {
            stop.store(true, Ordering::Relaxed);
        }
    };
    assert!(matches!(cut.run(&stop, &stop_at_once), Err(Error::Stopped { .. })));
    stop.store(false, Ordering::Relaxed);
    cut.run(&stop, &|_| ()).unwrap();
    let tensors = trained(&whole.out);
    assert!(tensors == trained(&cut.out));
    let model = export::from_training(&whole.out).unwrap();
    assert_eq!(model.network, space.network(&arch).unwrap());
    assert_eq!(model.tensors().len(), tensors.len());
}
