//! From your own pictures to a small trained network: architectures are sampled within limits and scored, some of them are trained against
//! each other, and the pick is trained, tested and exported.
//!
//! This module only combines scoring, confirming, training and exporting. Each step runs as its own command would, in a folder of its
//! own, so that it can be inspected, and repeated with other settings.

mod clock;
mod judged;
mod page;
mod story;

pub use story::Found;

use clock::Clock;
use judged::Judged;
use page::Story;

use crate::device::Device;
use crate::export::{ExportRequest, ExportSource, Format};
use crate::job::ScoreRequest;
use crate::listener::{Listener, Stop};
use crate::report::chosen::AskedAggregate;
use crate::results::{Folder, manifest_in};
use crate::space::{Arch, Archs, Constraint, Sampler, SpaceChoice, check_ranges};
use crate::train::{ConfirmRequest, Judge, RecipeChoice, RecipeName, TrainImages, TrainPlace, TrainRequest, Wall};
use crate::words::{Word, counted};
use crate::{Error, Result};
use serde_json::{Value, json};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use zeronas_datasets::{ImageSet, ValidSplit};
use zeronas_proxies::engine::FusedSettings;

/// Finds a network for your own pictures, and trains it.
#[derive(Clone, Debug)]
pub struct FindRequest {
    /// The pictures: a folder with a subfolder for each class, or any image set. Its test images do not influence any
    /// choice.
    pub images: TrainImages,
    /// The search space of the networks; `mobile` by default.
    pub space: SpaceChoice,
    /// Limits that the network must keep.
    pub limits: Vec<Constraint>,
    /// Number of architectures to sample and score.
    pub sample: NonZeroUsize,
    /// What they are ranked by; by default the space's default aggregate.
    pub aggregate: AskedAggregate,
    /// Number of architectures to train against each other.
    pub top: usize,
    /// How many of them are drawn at random among those that were scored; the others are the best by rank. By default half of them, because
    /// no ranking is right everywhere; and all of them if there are fewer than [`FEW_IMAGES`] training images and no aggregate is chosen.
    pub by_chance: Option<usize>,
    /// Epochs after which the worse of them drop out; the last number is the length of the longest of these trainings.
    pub rungs: Vec<usize>,
    /// Of the architectures that reach a rung, one in `factor` continues.
    pub factor: usize,
    /// Trainings of each architecture that reaches the last rung, with consecutive seeds; they are judged by their means.
    pub seeds: usize,
    /// What architectures that reach a rung are judged by.
    pub judge: Judge,
    /// How networks are trained.
    pub recipe: RecipeChoice,
    /// Epochs of the pick's training.
    pub epochs: usize,
    /// About how long everything should take; rungs and epochs are then chosen to fit.
    pub wall: Option<Wall>,
    /// Images in the minibatch that networks are scored on.
    pub batch_size: Option<usize>,
    /// Where networks run.
    pub device: Device,
    /// Threads; all cores by default.
    pub threads: Option<usize>,
    /// The folder for everything.
    pub out: PathBuf,
    /// Continue what an earlier run left there.
    pub resume: bool,
}

/// With fewer training images than this, all architectures to train are drawn at random by default. On a few hundred, the best by the
/// default aggregate ended behind those drawn at random; accuracies in benchmarks, which it does rank, come from tens of thousands. In
/// between nothing was measured.
pub const FEW_IMAGES: usize = 10_000;

/// Files and folders in the folder of the results.
const SCORES: &str = "scores.parquet";
const CONFIRMED: &str = "confirmed";
const TRAINED: &str = "trained";
const ONNX: &str = "model.onnx";
const TORCH: &str = "torch";

/// The summary as text, and for programs.
const STORY: &str = "found.txt";
const FOUND: &str = "found.json";

impl FindRequest {
    /// A request for a network for these images, in this folder, with default settings.
    pub fn new(images: &str, out: impl Into<PathBuf>) -> Self {
        FindRequest {
            images: images.into(),
            space: SpaceChoice::named("mobile"),
            limits: Vec::new(),
            sample: const { NonZeroUsize::new(500).unwrap() },
            aggregate: AskedAggregate::Default,
            top: 8,
            by_chance: None,
            rungs: vec![2, 6, 18],
            factor: 2,
            seeds: 1,
            judge: Judge::AccuracyAndSpeed,
            recipe: RecipeName::SMALL.into(),
            epochs: 200,
            wall: None,
            batch_size: None,
            device: Device::default(),
            threads: None,
            out: out.into(),
            resume: false,
        }
    }

    /// Runs all steps, or continues where an earlier run stopped.
    ///
    /// # Errors
    /// Names the file or setting at fault; the results of earlier steps are kept. After `stop`, returns the error of the step in progress.
    pub fn run(&self, stop: &Stop, listener: &dyn Listener) -> Result<Found> {
        let clock = Clock::new(self.wall);
        if !self.resume && self.out.join(SCORES).exists() {
            return Err(Error::file(
                &self.out,
                "there are results already; continue with `resume=`, or choose another folder",
            ));
        }
        check_ranges(&[
            ("top", self.top, 1..=1000),
            ("by_chance", self.by_chance(), 0..=self.top),
            ("epochs", self.epochs, 1..=100_000),
        ])?;
        self.confirming(self.out.join(SCORES), self.out.join(CONFIRMED)).halving().check()?;
        let images = self.images.find(self.space.classes())?.training_images();
        let nothing_said = self.by_chance.is_none() && matches!(self.aggregate, AskedAggregate::Default);
        let few = images.filter(|&images| nothing_said && images < FEW_IMAGES);
        let by_chance = if few.is_some() { self.top } else { self.by_chance() };
        // Settled once, so that every step runs on the same tuning and knows the same number.
        let settled = FindRequest { device: self.device.settled(listener), by_chance: Some(by_chance), ..self.clone() };
        let how = match few {
            Some(images) => format!("all drawn at random because {images} training images are few"),
            None => format!("{by_chance} drawn at random"),
        };
        settled.run_steps(&clock, &how, stop, listener)
    }

    /// Runs all steps; `how` says how those that are trained against each other are chosen.
    fn run_steps(&self, clock: &Clock, how: &str, stop: &Stop, listener: &dyn Listener) -> Result<Found> {
        let at = |name: &str| self.out.join(name);
        std::fs::create_dir_all(&self.out).map_err(Error::io(&self.out, "cannot be made"))?;

        listener.note(&format!("1 of 4: {} architectures are scored", self.sample));
        let scored = self.scoring(&at(SCORES)).run(stop, listener)?;
        listener.note(&format!("2 of 4: {} of them, {how}, are trained against each other", self.top));
        let confirming = ConfirmRequest { wall: clock.confirming(), ..self.confirming(at(SCORES), at(CONFIRMED)) };
        let confirmed = confirming.run(stop, listener)?;
        let pick = confirmed.pick().ok_or_else(|| {
            Error::file(at(CONFIRMED), "no training came to an end; a smaller `learning_rate=` may help".to_owned())
        })?;
        listener.note(&format!("3 of 4: {pick} is trained"));
        let mut space = self.space.clone();
        for (name, value) in scored.space.macro_settings() {
            space.settings.entry(name).or_insert(value);
        }
        // The images that were held out for the choice are trained on, too.
        let images = TrainImages { valid_split: Some(ValidSplit::Own), ..self.images.clone() };
        let mut trained = TrainRequest {
            space,
            images,
            recipe: self.recipe.clone(),
            epochs: Some(self.epochs),
            place: TrainPlace { device: self.device, threads: self.threads, out: at(TRAINED), resume: true },
            ..TrainRequest::new(pick.as_str(), &self.images.images, self.recipe.recipe, at(TRAINED))
        };
        let (own_space, images) = trained.loaded(listener)?;
        self.set_aside_other_than(pick, listener)?;
        let epochs = clock.epochs(&at(TRAINED), &confirmed, images.train.len())?.unwrap_or(self.epochs);
        if let Some(wall) = self.wall {
            listener.note(&format!("{wall} leaves time for {}", counted(epochs, "epoch", "epochs")));
        }
        trained.epochs = Some(epochs);
        let summary = trained.run_on(own_space.as_ref(), &images, stop, listener)?;
        listener.note("4 of 4: it is exported");
        for (format, out) in [(Format::Onnx, ONNX), (Format::Torch, TORCH)] {
            ExportRequest::new(ExportSource::Trained(at(TRAINED)), format, at(out)).run()?;
        }
        let found = Found::new(self, scored.space.as_ref(), &confirmed, &summary)?;
        let settings = FusedSettings { exact: self.recipe.exact, threads: trained.place.workers() };
        let judge = |test: &ImageSet| Judged::of(&at(TRAINED), test, settings, stop);
        let judged = images.test.as_ref().map(judge).transpose()?;
        let manifest = self.manifest(epochs);
        let story = Story {
            found: &found,
            space: own_space.as_ref(),
            history: &summary.history,
            judged: judged.as_ref().zip(images.test.as_ref()),
            manifest: &manifest,
        };
        let folder = Folder::create(&self.out, &manifest)?;
        folder.write_text("report.html", &story.html()?)?;
        folder.write_text(STORY, &found.text().to_string())?;
        folder.write_text(FOUND, &found.json()?)?;
        Ok(found)
    }

    /// Moves the training of another pick, which an earlier run with other settings left, out of the way.
    fn set_aside_other_than(&self, pick: &Arch, listener: &dyn Listener) -> Result<()> {
        let trained = self.out.join(TRAINED);
        let manifest = manifest_in(&trained)?;
        let Some(other) = manifest.as_ref().and_then(|manifest| manifest["arch"].as_str()) else { return Ok(()) };
        if other == pick.as_str() {
            return Ok(());
        }
        let mut names = (1..).map(|number| self.out.join(format!("{TRAINED}-{number}")));
        let aside = names.find(|path| !path.exists()).ok_or_else(|| Error::Internal("no folder is free".into()))?;
        std::fs::rename(&trained, &aside).map_err(Error::io(&trained, "cannot be renamed"))?;
        listener.note(&format!("the training of {other}, the pick before, is kept in {}", aside.display()));
        Ok(())
    }

    fn scoring(&self, out: &Path) -> ScoreRequest {
        let archs = Archs::Sample { number: self.sample, seed: self.recipe.seed, sampler: Sampler::Benchmark };
        let aggregate = self.aggregate.in_space(self.space.name.as_deref());
        let mut proxies = aggregate.members;
        for size in ["params", "flops"] {
            if !proxies.iter().any(|proxy| proxy == size) {
                proxies.push(size.to_owned());
            }
        }
        ScoreRequest {
            space: self.space.clone(),
            limits: self.limits.clone(),
            proxies: Some(proxies),
            images: Some(self.images.images.clone()),
            skip_damaged: self.images.skip_damaged,
            batch_size: self.batch_size,
            seed: self.recipe.seed,
            device: self.device,
            threads: self.threads,
            resume: self.resume,
            ..ScoreRequest::new(archs, out)
        }
    }

    /// How many of those that are trained against each other are drawn at random, if the number of images does not matter.
    fn by_chance(&self) -> usize {
        self.by_chance.unwrap_or(self.top / 2)
    }

    fn confirming(&self, scores: PathBuf, out: PathBuf) -> ConfirmRequest {
        ConfirmRequest {
            aggregate: Some(self.aggregate.clone()),
            limits: self.limits.clone(),
            top: self.top,
            by_chance: self.by_chance(),
            rungs: self.rungs.clone(),
            factor: self.factor,
            seeds: self.seeds,
            judge: self.judge,
            images: self.images.clone(),
            recipe: self.recipe.clone(),
            place: TrainPlace { device: self.device, threads: self.threads, out: out.clone(), resume: self.resume },
            ..ConfirmRequest::new(vec![scores], &self.images.images, self.recipe.recipe, out)
        }
    }

    /// All settings; those of each step are also in its own folder.
    fn manifest(&self, epochs: usize) -> Value {
        json!({
            "command": "find",
            "version": env!("CARGO_PKG_VERSION"),
            "images": self.images.images,
            "skip_damaged": self.images.skip_damaged,
            "space": self.space.name(),
            "figures": self.space.settings,
            "limits": self.limits.iter().map(Constraint::to_string).collect::<Vec<_>>(),
            "sample": self.sample,
            "aggregate": self.ranked_by(),
            "top": self.top,
            "by_chance": self.by_chance(),
            "rungs": self.rungs,
            "factor": self.factor,
            "seeds": self.seeds,
            "judge": self.judge.word(),
            "recipe": self.recipe.recipe.name(),
            "train_batch_size": self.recipe.batch_size,
            "learning_rate": self.recipe.learning_rate,
            "epochs": epochs,
            "wall": self.wall.map(|wall| wall.seconds),
            "batch_size": self.batch_size,
            "seed": self.recipe.seed,
            "device": String::from(self.device),
        })
    }

    /// What the architectures are ranked by, spelt out.
    fn ranked_by(&self) -> String {
        self.aggregate.in_space(self.space.name.as_deref()).ranks_by()
    }
}
