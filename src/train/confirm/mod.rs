//! Confirmation: actually training the architectures with the best scores.

mod confirmed;
mod planned;
mod telling;
mod ties;
mod way;

pub use confirmed::{Benchmark, Confirmed};

use super::halving::Halving;
use super::request::{RecipeChoice, TrainImages, TrainPlace};
use super::within::Wall;
use super::{Judge, RecipeName, SAVE_AFTER, Training, folder_of};
use crate::listener::{Listener, Stop};
use crate::report::average::{Readings, average};
use crate::report::chosen::AskedAggregate;
use crate::report::join::BadPolicy;
use crate::report::ranking::ranked;
use crate::report::reading::ReadAs;
use crate::report::scores::ScoreFile;
use crate::results::{Claim, Folder, manifest_in, remove_leftover};
use crate::space::{
    Arch, Columns, Constrained, Constraint, Made, Measure, SearchSpace, SpaceChoice, check_ranges, guess,
};
use crate::words::{Word, counted, listed};
use crate::{Error, Result};
use planned::planned;
use serde_json::{Value, json};
use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use telling::Telling;
use zeronas_datasets::BenchmarkTable;
use zeronas_random::Stream;

/// Trains the best architectures of score files by successive halving, and picks the one that is judged to be the best.
#[derive(Clone, Debug)]
pub struct ConfirmRequest {
    /// Score files of any tool, or folders of their parts, all of one search space.
    pub scores: Vec<PathBuf>,
    /// The space; by default the one that the score files name.
    pub space: SpaceChoice,
    /// Limits that the architectures must keep, on their networks or on a column of the benchmark table; no others are trained.
    pub limits: Vec<Constraint>,
    /// What the architectures are ranked by; by default the mean of their ranks over all proxies.
    pub aggregate: Option<AskedAggregate>,
    /// Number of architectures to train.
    pub top: usize,
    /// How many of them are drawn at random, in proportion fewer if a time allows only fewer in all. The others are the best by rank.
    pub by_chance: usize,
    /// Epochs after which architectures drop out, ascending; the last number is the length of the whole training.
    pub rungs: Vec<usize>,
    /// Of the architectures that reach a rung, one in `factor` continues.
    pub factor: usize,
    /// Trainings of each architecture that reaches the last rung, with consecutive seeds; they are judged by their means.
    pub seeds: usize,
    /// What architectures that reach a rung are judged by.
    pub judge: Judge,
    /// About how long the trainings are to take together: rungs are stretched, up to four times, or shortened to that. Where that is not
    /// enough, further seeds are given up first, then rungs, and then architectures.
    pub wall: Option<Wall>,
    /// The images to train on.
    pub images: TrainImages,
    /// How to train.
    pub recipe: RecipeChoice,
    /// A benchmark table to compare with, and its numeric column.
    pub benchmark: Option<(PathBuf, String)>,
    /// How the files are read.
    pub read: ReadAs,
    /// Where to train, and the folder for the results.
    pub place: TrainPlace,
}

impl ConfirmRequest {
    /// A request to train the best of these scores on these images with this recipe, into this folder, with default settings.
    pub fn new(scores: Vec<PathBuf>, images: &str, recipe: RecipeName, out: impl Into<PathBuf>) -> Self {
        ConfirmRequest {
            scores,
            space: SpaceChoice::default(),
            limits: Vec::new(),
            aggregate: None,
            top: 8,
            by_chance: 0,
            rungs: vec![1, 3, 12],
            factor: 2,
            seeds: 1,
            judge: Judge::Accuracy,
            wall: None,
            images: images.into(),
            recipe: recipe.into(),
            benchmark: None,
            read: ReadAs::default(),
            place: TrainPlace::new(out),
        }
    }

    /// Trains the architectures, and writes a table of the results and each architecture's training in a folder of its own. If the table
    /// cannot be written, the results are reported as a note.
    ///
    /// # Errors
    /// Names the file or setting at fault; [`Stopped`](Error::Stopped) after `stop`.
    pub fn run(&self, stop: &Stop, listener: &dyn Listener) -> Result<Confirmed> {
        let mut halving = self.halving();
        halving.check()?;
        check_ranges(&[("by_chance", self.by_chance, 0..=self.top)])?;
        let device = self.place.device.settled(listener);
        // All follow the learning rates of the longest training.
        let settings_of = |halving: &Halving| self.recipe.settings(halving.rungs.last().copied(), device);
        let mut settings = settings_of(&halving)?;
        let (table, target) = match &self.benchmark {
            Some((path, target)) => (Some(self.read.open(path)?), Some(target)),
            None => (None, None),
        };
        let columns = self.read.columns(table.as_ref(), target.cloned().as_slice())?;
        let scores = self.read.scores(&self.scores, &columns, listener)?;
        let guessed = scores.archs.first().and_then(|arch| guess(arch));
        let named = scores.space.as_deref().or(guessed.as_ref().map(|space| space.name()));
        let manifests = scores.files.iter().map(|file| (file.path.as_path(), file.manifest.as_ref()));
        let choice = self.space.scored(Made::of(manifests)?.as_ref(), named, listener)?;
        let images = self.images.find(choice.classes())?;
        let space: Arc<dyn SearchSpace> = images.space_for(&choice)?.into();
        let columns = table.as_ref().map(|table| self.columns(table)).transpose()?;
        let space = Constrained::of(space, &self.limits, columns)?;
        let images = self.images.read_to_choose(images, space.as_ref(), self.recipe.recipe, listener)?;
        let mut readings = average(&scores)?;
        if let Some(asked) = &self.aggregate {
            let aggregate = asked.in_space(Some(space.name()));
            let made = aggregate.apply(&readings, |proxy| self.read.direction(proxy), BadPolicy::Worst)?;
            readings = Readings { proxies: vec![made], ..readings };
        }
        let (order, ranks) = ranked(&readings, &|proxy| self.read.direction(proxy));
        let (as_written, seed) = (settings.as_written, settings.seed);
        // The best, and then those drawn at random; how many are the best.
        let chosen = |top: usize| -> Result<(Vec<(usize, Arch)>, usize)> {
            let by_chance = self.by_chance * top / self.top.max(1);
            let mut distinct = Distinct::new(&readings, space.as_ref(), as_written);
            distinct.add(&order, top - by_chance)?;
            let best = distinct.found.len();
            distinct.add(&Stream::new("confirm.chance", seed).permutation(order.len()), by_chance)?;
            Ok((distinct.found, best))
        };
        let (mut places, mut best) = chosen(self.top)?;
        space.refusals().iter().for_each(|told| listener.note(told));
        let candidate = |(_, arch): &(usize, Arch)| (arch.clone(), folder_of(&self.place.out, arch));
        let mut candidates: Vec<(Arch, PathBuf)> = places.iter().map(candidate).collect();
        let Some((first, _)) = candidates.first().cloned() else {
            return Err(Error::setting("top", "leaves no architecture to train"));
        };
        let training = |settings| Training {
            space: space.as_ref(),
            arch: &first,
            images: &images,
            images_name: images.train.name(),
            settings,
            threads: self.place.workers(),
            out: self.place.out.clone(),
            // From the second rung on, a candidate's folder already exists.
            resume: true,
            save_after: SAVE_AFTER,
        };
        halving.check_with(&training(settings.clone()))?;
        if let Some(wall) = self.wall {
            let begun = self.place.resume.then_some(self.place.out.as_path());
            let top;
            (halving, top) = planned(&halving, wall, &candidates, &training(settings), begun)?;
            settings = settings_of(&halving)?;
            listener.note(&format!(
                "{wall} is about enough for {} and {} epochs{}",
                counted(top, "architecture", "architectures"),
                listed(&halving.rungs),
                if self.seeds > 1 {
                    format!(", with seeds at the last rung: {}", halving.seeds)
                } else {
                    String::new()
                }
            ));
            (places, best) = chosen(top)?;
            candidates = places.iter().map(candidate).collect();
        }
        let benchmark = match (&table, target) {
            (Some(table), Some(target)) => Some(Benchmark::of(&candidates, table, target, space.as_ref())?),
            _ => None,
        };
        let training = training(settings);
        let top = if self.wall.is_some() { candidates.len() } else { self.top };
        let manifest = self.manifest(&scores.files, &readings, &halving, top, &training);
        if halving.seeds > 1 && halving.stages(candidates.len()).last().is_some_and(|stage| stage.places == 1) {
            listener.note("only one architecture reaches the last rung, so that further seeds cannot change the pick");
        }
        let _claim = Claim::new(&self.place.out, self.place.resume)?;
        if manifest_in(&self.place.out)?.is_some_and(|before| before != manifest) {
            forget_results(&self.place.out)?;
        }
        let folder = Folder::create(&self.place.out, &manifest)?;
        let telling = Telling::new(listener, &halving, &candidates);
        let standings = halving.run(&candidates, &training, stop, &|progress| telling.tell(progress))?;
        let valid_images = images.valid.as_ref().map_or(0, |valid| valid.len());
        let Halving { seeds, judge, .. } = halving;
        let confirmed = Confirmed { readings, ranks, places, best, standings, seeds, judge, valid_images, benchmark };
        // The pick is told whatever becomes of the files.
        let written = folder.write(CONFIRMED, confirmed.table()).and_then(|()| {
            let page = confirmed.page(space.as_ref(), &manifest)?;
            folder.write_text(PAGE, &page)
        });
        if written.is_err() {
            listener.note(&confirmed.text().to_string());
        }
        written.map(|()| confirmed)
    }
}

impl ConfirmRequest {
    pub(crate) fn halving(&self) -> Halving {
        let Self { factor, seeds, judge, .. } = *self;
        Halving { rungs: self.rungs.clone(), factor, seeds, judge }
    }

    /// Describes everything that decides the trainings and the choice.
    fn manifest(
        &self,
        scores: &[ScoreFile],
        readings: &Readings,
        halving: &Halving,
        top: usize,
        training: &Training<'_>,
    ) -> Value {
        let Training { space, images, settings, .. } = training;
        let mut manifest = json!({
            "command": "confirm",
            "version": env!("CARGO_PKG_VERSION"),
            "scores": scores.iter().map(ScoreFile::described).collect::<Vec<_>>(),
            "proxies": readings.proxies.iter().map(|proxy| &proxy.proxy).collect::<Vec<_>>(),
            "top": top, "by_chance": self.by_chance, "rungs": halving.rungs, "factor": halving.factor, "seeds": halving.seeds,
            "judge": halving.judge.word(), "space": space.name(),
            "images": images.train.name(), "images-fingerprint": images.fingerprint(),
            "image-set": images.train.described(), "settings": settings, "figures": space.macro_settings(),
        });
        if let Some(asked) = &self.aggregate {
            manifest["aggregate"] = asked.in_space(Some(space.name())).to_string().into();
        }
        if let Some(wall) = self.wall {
            manifest["wall"] = wall.seconds.into();
        }
        if !self.limits.is_empty() {
            manifest["limits"] = self.limits.iter().map(Constraint::to_string).collect();
        }
        manifest
    }

    /// Returns the benchmark's values in the columns that limits refer to.
    fn columns(&self, table: &BenchmarkTable) -> Result<Columns> {
        let mut columns: HashMap<String, HashMap<String, f64>> = HashMap::new();
        for limit in self.limits.iter().filter(|limit| matches!(limit.measure, Measure::Column(_))) {
            let values = table.column(limit.name())?;
            let values = table.architectures().zip(values).filter_map(|(arch, value)| Some((arch.to_owned(), value?)));
            columns.insert(limit.name().to_owned(), values.collect());
        }
        Ok(Arc::new(move |arch, name| Ok(columns.get(name).and_then(|column| column.get(arch.as_str()).copied()))))
    }
}

/// What the table of results is called, and the page about them.
const CONFIRMED: &str = "confirmed";
const PAGE: &str = "report.html";

/// Removes the results of a run with other settings from its folder. Its trainings stay.
fn forget_results(folder: &Path) -> Result<()> {
    for file in [format!("{CONFIRMED}.csv"), format!("{CONFIRMED}.parquet"), PAGE.to_owned()] {
        remove_leftover(&folder.join(file))?;
    }
    Ok(())
}

/// Architectures that are different networks and can be trained, with their places in the readings.
struct Distinct<'a> {
    readings: &'a Readings,
    space: &'a dyn SearchSpace,
    as_written: bool,
    seen: HashSet<String>,
    found: Vec<(usize, Arch)>,
}

impl<'a> Distinct<'a> {
    fn new(readings: &'a Readings, space: &'a dyn SearchSpace, as_written: bool) -> Self {
        Distinct { readings, space, as_written, seen: HashSet::new(), found: Vec::new() }
    }

    /// Adds the first `count` of these places that are networks of their own.
    fn add(&mut self, order: &[usize], count: usize) -> Result<()> {
        let upto = self.found.len() + count;
        for &place in order {
            if self.found.len() == upto {
                break;
            }
            let arch = self.space.parse(&self.readings.archs[place])?;
            if !self.space.admits(&arch)? {
                continue;
            }
            let key = if self.as_written { Some(arch.as_str().to_owned()) } else { self.space.key(&arch)? };
            if let Some(key) = key
                && self.seen.insert(key)
            {
                self.found.push((place, arch));
            }
        }
        Ok(())
    }
}
