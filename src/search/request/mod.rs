//! Requests to search.

mod evaluation;
mod evaluators;
mod told;

use super::picks::{self, Pick};
use super::source::{Cost, Tables};
use super::{Budget, Expression, Limit, Method, Record, Search, report};
use crate::Result;
use crate::device::{Device, cores};
use crate::images::Images;
use crate::listener::{Listener, Stop};
use crate::report::reading::ReadAs;
use crate::results::Folder;
use crate::space::{Columns, Constrained, Constraint, Designed, SearchSpace, SpaceChoice};
use crate::strategy::{EVERY, find};
use crate::text::Text;
use crate::train::RecipeName;
use evaluation::Parts;
use serde_json::Value;
use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;
use told::Told;

/// Searches for architectures with a strategy, in many runs, and writes the history, runs, a summary and a page.
#[derive(Clone, Debug)]
pub struct SearchRequest {
    /// The space; by default that of the score files, if there are any.
    pub space: SpaceChoice,
    /// Limits that the candidates must satisfy, on their networks or on a column of the tables; no others are evaluated.
    pub limits: Vec<Constraint>,
    /// The strategy that proposes architectures: one of [`NAMES`](crate::strategy::NAMES).
    pub strategy: String,
    /// Settings of the strategy by name; the others keep the values of its paper or published program.
    pub strategy_settings: BTreeMap<String, Value>,
    /// How architectures are evaluated for the strategy.
    pub evaluate: Method,
    /// Benchmark tables, joined by architecture, or by `index` where a table has nothing else.
    pub tables: Vec<PathBuf>,
    /// The tables' column with the result of a short training; more is better.
    pub feedback: Option<String>,
    /// With [`Method::Staged`]: the recipe with which the best are really trained, instead of being looked up in the tables.
    pub train: Option<RecipeName>,
    /// Epochs of that training; by default those of the recipe.
    pub epochs: Option<usize>,
    /// The simulated seconds that a training of the tables takes.
    pub cost: Option<Cost>,
    /// The tables' columns that say what the picks are finally worth; by default the feedback, or the results of training.
    pub finals: Vec<String>,
    /// Further objectives to minimise: columns of the tables, or proxies.
    pub minimise: Vec<String>,
    /// Further objectives to maximise.
    pub maximise: Vec<String>,
    /// Score files to take proxies from; without them, networks are scored when needed.
    pub scores: Vec<PathBuf>,
    /// How tables and score files are read.
    pub read: ReadAs,
    /// Images that networks are scored and trained on: `embedded`, `synthetic`, `noise`, or the path of an image set.
    pub images: String,
    /// Leave damaged pictures out, instead of refusing the folder.
    pub skip_damaged: bool,
    /// Images in a minibatch when networks are scored; 64 by default.
    pub batch_size: Option<usize>,
    /// Where networks are scored and trained.
    pub device: Device,
    /// Start with the best of this many random architectures according to the guide.
    pub warmup: Option<NonZeroUsize>,
    /// Mutate to the best neighbour according to the guide.
    pub moves: bool,
    /// Share of mutations that stay random in spite of `moves`.
    pub random_moves: f64,
    /// The cheap score of warm-up and moves.
    pub guide: Expression,
    /// The limits that end a run, whichever is reached first.
    pub budget: Vec<Limit>,
    /// Number of independent runs; by default 500, or 1 if networks are run or the strategy is `every`.
    pub runs: Option<u64>,
    /// Seed of all runs.
    pub seed: u64,
    /// Number of threads, or of networks at a time on a GPU; by default what suits the device.
    pub threads: Option<usize>,
    /// Folder for the results.
    pub out: PathBuf,
    /// Continue what an earlier search left at [`out`](Self::out).
    pub resume: bool,
}

/// A finished search.
pub struct Searched {
    /// What it found.
    pub record: Record,
    /// The pick of each run.
    pub picks: Vec<Pick>,
    /// Its page.
    pub page: PathBuf,
    /// The results as text.
    pub text: Text,
}

impl SearchRequest {
    /// Creates a request to search with this strategy and evaluation into this folder, with default settings. A budget must be added.
    pub fn new(strategy: &str, evaluate: Method, out: impl Into<PathBuf>) -> Self {
        SearchRequest {
            space: SpaceChoice::default(),
            limits: Vec::new(),
            strategy: strategy.to_owned(),
            strategy_settings: BTreeMap::new(),
            evaluate,
            tables: Vec::new(),
            feedback: None,
            train: None,
            epochs: None,
            cost: None,
            finals: Vec::new(),
            minimise: Vec::new(),
            maximise: Vec::new(),
            scores: Vec::new(),
            read: ReadAs::default(),
            images: "embedded".into(),
            skip_damaged: false,
            batch_size: None,
            device: Device::default(),
            warmup: None,
            moves: false,
            random_moves: 0.25,
            guide: Expression::default(),
            budget: Vec::new(),
            runs: None,
            seed: 0,
            threads: None,
            out: out.into(),
            resume: false,
        }
    }

    /// Searches, and writes the results.
    ///
    /// # Errors
    /// Names the file or setting at fault; [`Interrupted`](crate::Error::Interrupted) after `stop`.
    pub fn run(&self, stop: &Stop, listener: &dyn Listener) -> Result<Searched> {
        // The search uses the networks that were scored.
        let choice = self.space.scored_in(&self.scores, listener)?;
        let images = self.find_images(choice.classes())?;
        let space: Arc<dyn SearchSpace> = match &images {
            Some(images) => images.space_for(&choice)?.into(),
            None => choice.space()?.into(),
        };
        self.run_on(space, images, stop, listener)
    }

    /// Like [`run`](Self::run), but in an existing space; [`space`](Self::space) is ignored.
    ///
    /// # Errors
    /// As [`SearchRequest::run`].
    pub fn run_in(&self, space: Arc<dyn SearchSpace>, stop: &Stop, listener: &dyn Listener) -> Result<Searched> {
        let images = self.find_images(Some(space.classes()))?;
        self.run_on(space, images, stop, listener)
    }

    fn run_on(
        &self,
        space: Arc<dyn SearchSpace>,
        images: Option<Images>,
        stop: &Stop,
        listener: &dyn Listener,
    ) -> Result<Searched> {
        let search = self.search(space, images, stop, listener)?;
        search.run(stop, &Told::new(&search, listener))?;
        search.space.refusals().iter().for_each(|told| listener.note(told));
        let record = Record::read(&self.out)?;
        let records = std::slice::from_ref(&record);
        report::write(records, &self.out, &record.manifest)?;
        let found = picks::picks(&record, search.space.as_ref())?;
        let folder = Folder::create(&self.out, &record.manifest)?;
        folder.write("picks", picks::table(&found, &record))?;
        picks::write_networks(&found, search.space.as_ref(), &folder)?;
        let page = self.out.join("report.html");
        let text = Text::joined(vec![report::text(records), picks::text(&found, &record).into()], "\n\n");
        let space = search.space.as_ref();
        let file = self.space.name.as_deref().filter(|name| Designed::is_file(name));
        let next =
            found.first().map(|pick| picks::next(pick, space, file, &self.images, &self.out)).unwrap_or_default();
        let text = text.and(format!("\npage: {}\n{next}", page.display()));
        Ok(Searched { record, picks: found, page, text })
    }

    /// Builds the search of this request.
    fn search(
        &self,
        space: Arc<dyn SearchSpace>,
        images: Option<Images>,
        stop: &Stop,
        listener: &dyn Listener,
    ) -> Result<Search> {
        let space = Constrained::of(space.clone(), &self.limits, self.columns(&space)?)?;
        let images = images.map(|images| images.read_noted(space.as_ref(), listener)).transpose()?;
        let settings = self.strategy_settings.iter().map(|(name, value)| (name.replace('_', "-"), value.clone()));
        let settings: Vec<(String, Value)> = settings.collect();
        let settings: Vec<(&str, Value)> =
            settings.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
        let recipe = find(&self.strategy, &settings)?;
        let budget = Budget::new(&self.budget)?;
        let name = space.name();
        let spelt = SearchRequest {
            evaluate: self.evaluate.in_space(name),
            guide: self.guide.in_space(name),
            device: self.device.settled(listener),
            ..self.clone()
        };
        let threads = spelt.workers();
        let Parts { evaluation, guide, described, known, journal, runs_networks } =
            spelt.parts(&space, images, stop, listener)?;
        let alone = runs_networks || recipe.name() == EVERY;
        Ok(Search {
            space,
            recipe,
            budget,
            evaluation,
            guide,
            runs: self.runs.unwrap_or(if alone { 1 } else { 500 }),
            seed: self.seed,
            threads,
            described,
            known,
            journal,
            out: self.out.clone(),
            resume: self.resume,
        })
    }

    /// What the tables say about an architecture, if limits may concern their columns.
    fn columns(&self, space: &Arc<dyn SearchSpace>) -> Result<Option<Columns>> {
        if self.tables.is_empty() || self.limits.is_empty() {
            return Ok(None);
        }
        let tables = Tables::open(&self.tables, self.read.arch_column.as_deref(), space.clone())?;
        tables.columns(&self.limits).map(Some)
    }

    fn workers(&self) -> usize {
        self.device.networks(self.threads, cores())
    }
}
