//! Requests to calibrate.

use super::Settings;
use super::job::{Calibrated, Job, Labels};
use super::trainings::Trainings;
use crate::listener::{Listener, Stop};
use crate::report::average::average;
use crate::report::benchmark::rows;
use crate::report::chosen::AskedAggregate;
use crate::report::reading::{ReadAs, space_of, target_names, targets};
use crate::report::scores::ScoreFile;
use crate::space::{Made, SpaceChoice};
use crate::train::{RecipeChoice, RecipeName, TrainImages, TrainPlace};
use crate::{Error, Result};
use serde_json::json;
use std::path::PathBuf;

/// Asks whether anything that ranks without training carries signal on your own data and space.
#[derive(Clone, Debug)]
pub struct CalibrateRequest {
    /// Score files of any tool, or folders of their parts, all of one search space.
    pub scores: Vec<PathBuf>,
    /// The space; by default that of the score files, if they name it.
    pub space: SpaceChoice,
    /// How many networks are labelled.
    pub networks: usize,
    /// Where labels come from.
    pub labels: Labelling,
    /// The aggregate that is trusted beforehand.
    pub aggregate: AskedAggregate,
    /// How the files are read.
    pub read: ReadAs,
    /// Settings of the statistics.
    pub settings: Settings,
    /// Where networks are trained, and the folder for the results.
    pub place: TrainPlace,
}

/// Where labels come from.
#[derive(Clone, Debug)]
pub enum Labelling {
    /// A table's accuracies.
    Table {
        /// The benchmark's table.
        benchmark: PathBuf,
        /// Its numeric column of accuracies; may be left out where there is only one.
        target: Option<String>,
        /// Its columns of the single trainings of which the accuracies are means.
        repeats: Vec<String>,
    },
    /// Trainings; the label is the accuracy on images held out.
    Trainings {
        /// The images to train on.
        images: TrainImages,
        /// The training recipe.
        recipe: RecipeChoice,
        /// Epochs, with a full schedule over them; by default those of the recipe.
        epochs: Option<usize>,
        /// Number of seeds for the networks that are trained more than once.
        seeds: usize,
        /// How many networks are trained more than once.
        repeated: usize,
    },
}

impl Labelling {
    /// Labels from a column of a table.
    pub fn table(benchmark: impl Into<PathBuf>, target: &str) -> Self {
        Labelling::Table { benchmark: benchmark.into(), target: Some(target.to_owned()), repeats: Vec::new() }
    }

    /// Labels from trainings on these images with this recipe, five networks with three seeds.
    pub fn trainings(images: &str, recipe: RecipeName) -> Self {
        let (images, recipe) = (images.into(), recipe.into());
        Labelling::Trainings { images, recipe, epochs: None, seeds: 3, repeated: 5 }
    }
}

impl CalibrateRequest {
    /// Creates a request that labels twenty of the scored architectures and writes into this folder, with default settings.
    pub fn new(scores: Vec<PathBuf>, labels: Labelling, out: impl Into<PathBuf>) -> Self {
        CalibrateRequest {
            scores,
            space: SpaceChoice::default(),
            networks: 20,
            labels,
            aggregate: AskedAggregate::Default,
            read: ReadAs::default(),
            settings: Settings::default(),
            place: TrainPlace::new(out),
        }
    }

    /// Labels networks, judges everything that ranks by them, and writes the results.
    ///
    /// # Errors
    /// Names the file, setting or column at fault; [`Stopped`](Error::Stopped) after `stop`.
    pub fn run(&self, stop: &Stop, listener: &dyn Listener) -> Result<Calibrated> {
        let (table, names) = match &self.labels {
            Labelling::Table { benchmark, target, repeats } => {
                let table = self.read.open(benchmark)?;
                let target = target_names(&table, target.as_slice())?;
                (Some(table), [target, repeats.clone()].concat())
            }
            Labelling::Trainings { .. } => (None, Vec::new()),
        };
        let scores = self.read.scores(&self.scores, &self.read.columns(table.as_ref(), &names)?, listener)?;
        let readings = average(&scores)?;
        let guessed = space_of(scores.said_space(), table.as_ref(), &scores.archs);
        let named = guessed.as_ref().map(|space| space.name());
        let manifests = scores.files.iter().map(|file| (file.path.as_path(), file.manifest.as_ref()));
        let choice = self.space.scored(Made::of(manifests)?.as_ref(), named, listener)?;
        let job = |space, labels| Job {
            readings: readings.clone(),
            space,
            read: &self.read,
            prior: match &self.aggregate {
                AskedAggregate::Default => None,
                AskedAggregate::Spelt(aggregate) => Some(aggregate.clone()),
            },
            networks: self.networks,
            labels,
            settings: self.settings,
            scores: scores.files.iter().map(ScoreFile::described).collect(),
            out: &self.place.out,
            resume: self.place.resume,
        };
        match (&self.labels, &table) {
            (Labelling::Trainings { images, recipe, epochs, seeds, repeated }, _) => {
                let settings = recipe.settings(*epochs, self.place.device.settled(listener))?;
                let found = images.find(choice.classes())?;
                let space = found.space_for(&choice)?;
                let images = images.read_to_choose(found, space.as_ref(), recipe.recipe, listener)?;
                let (threads, seeds, repeated) = (self.place.workers(), *seeds, *repeated);
                let trainings = Trainings { images: &images, settings, threads, seeds, repeated };
                job(Some(space.as_ref()), Labels::Trainings(trainings)).run(stop, listener)
            }
            (Labelling::Table { benchmark, repeats, .. }, Some(table)) => {
                let rows = rows(table, &readings.archs, guessed.as_deref())?;
                let mut targets = targets(table, &names, &readings.archs, &rows)?;
                let trainings = targets.split_off(1);
                let described = json!({
                    "file": benchmark, "sha256": table.fingerprint(), "target": names[0], "repeats": repeats,
                });
                let space = match self.space.name.is_some() || guessed.is_some() {
                    true => Some(choice.space()?),
                    false => None,
                };
                let labels = Labels::Table { target: targets.remove(0), repeats: trainings, described };
                job(space.as_deref(), labels).run(stop, listener)
            }
            (Labelling::Table { .. }, None) => Err(Error::Internal("a table was not opened".into())),
        }
    }
}
