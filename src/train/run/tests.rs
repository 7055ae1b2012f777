use super::*;
use crate::device::Device;
use crate::space::{Arch, NatsTss, SearchSpace};
use crate::train::{RecipeName, Settings};
use std::path::Path;
use zeronas_datasets::{ImageSet, Splits, ValidSplit};

const SPACE: NatsTss = NatsTss { channels: 4, cells: 1, classes: 10, resolution: 32 };
const ARCH: &str = "|nor_conv_3x3~0|+|none~0|none~1|+|skip_connect~0|none~1|nor_conv_1x1~2|";

fn training<'a>(arch: &'a Arch, images: &'a Splits, out: &Path) -> Training<'a> {
    let mut recipe = RecipeName::Nb101.recipe();
    (recipe.epochs, recipe.batch_size, recipe.schedule.peak) = (4, 48, 0.05);
    Training {
        space: &SPACE,
        arch,
        images,
        images_name: "embedded",
        settings: Settings { recipe, seed: 0, as_written: false, exact: false, device: Device::Cpu },
        threads: 1,
        out: out.to_owned(),
        resume: true,
    }
}

fn images() -> Splits {
    Splits::from(ImageSet::embedded()).with_valid(&ValidSplit::Images(50)).unwrap()
}

fn no_clock(history: &[EpochRow]) -> Vec<EpochRow> {
    let timeless =
        |row: &EpochRow| EpochRow { seconds: 0.0, evaluation_seconds: 0.0, images_per_second: 0.0, ..row.clone() };
    history.iter().map(timeless).collect()
}

/// Batches of this recipe run on from epoch to epoch, so that every kind of cut is there.
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
    let weights = |out: &str| std::fs::read(dir.path().join(out).join("weights.safetensors")).unwrap();
    let tensors = |bytes: &[u8]| {
        let file = safetensors::SafeTensors::deserialize(bytes).unwrap();
        let mut tensors: Vec<_> = file.iter().map(|(name, view)| (name.to_owned(), view.data().to_vec())).collect();
        tensors.sort();
        tensors
    };
    assert!(tensors(&weights("whole")) == tensors(&weights("cut")));
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
    let train = |stop: &AtomicBool| {
        let net = training.network().unwrap();
        crate::train::memory::train(&net, &images, &training.settings.recipe, 0, stop).unwrap()
    };
    assert_eq!(train(&stop), Some([last.train, last.test.unwrap()]));
    assert_eq!(train(&AtomicBool::new(true)), None);
}
