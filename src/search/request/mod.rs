//! Searches as they are asked for.

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

/// Searches for architectures with a strategy, many times over, and writes history, runs, summary and a page.
#[derive(Clone, Debug)]
pub struct SearchRequest {
    /// The space; that of the score files, where there are any.
    pub space: SpaceChoice,
    /// What the candidates have to keep to, by their networks or by a column of the tables; no other is evaluated.
    pub limits: Vec<Constraint>,
    /// What proposes architectures: one of [`NAMES`](crate::strategy::NAMES).
    pub strategy: String,
    /// Settings of the strategy by name; the others are those of its paper or published program.
    pub strategy_settings: BTreeMap<String, Value>,
    /// What architectures are worth to the strategy.
    pub evaluate: Method,
    /// Benchmark tables, joined by architecture, or by `index` where a table has nothing else.
    pub tables: Vec<PathBuf>,
    /// The tables' column with the result of a short training; more is better.
    pub feedback: Option<String>,
    /// With [`Method::Staged`]: the recipe by which the best are really trained, instead of looking them up in the tables.
    pub train: Option<RecipeName>,
    /// Epochs of that training; the recipe's unless it is said.
    pub epochs: Option<usize>,
    /// What the training of the tables takes in simulated seconds.
    pub cost: Option<Cost>,
    /// The tables' columns that say what the picks are worth in the end; the feedback, or what training gave, unless it is said.
    pub finals: Vec<String>,
    /// Further objectives that should be small: columns of the tables, or proxies.
    pub minimise: Vec<String>,
    /// Further objectives that should be large.
    pub maximise: Vec<String>,
    /// Score files to take proxies from; without them, networks are scored when needed.
    pub scores: Vec<PathBuf>,
    /// How tables and score files are read.
    pub read: ReadAs,
    /// Images that networks are scored and trained on: `embedded`, `synthetic`, `noise`, or the path of an image set.
    pub images: String,
    /// Leave damaged pictures out, instead of refusing the folder.
    pub skip_damaged: bool,
    /// Images in a minibatch of the networks that are scored; 64 unless it is said.
    pub batch_size: Option<usize>,
    /// Where networks are scored and trained.
    pub device: Device,
    /// Start with the best of this many random architectures by the guide.
    pub warmup: Option<NonZeroUsize>,
    /// Mutate to the best neighbour by the guide.
    pub moves: bool,
    /// Share of mutations that stay random all the same.
    pub random_moves: f64,
    /// The cheap score of warm-up and moves.
    pub guide: Expression,
    /// What ends a run, whichever comes first.
    pub budget: Vec<Limit>,
    /// Independent runs; 500, or 1 where networks are run and for the strategy `every`, unless it is said.
    pub runs: Option<u64>,
    /// Seed of all runs.
    pub seed: u64,
    /// Threads, or networks at a time on a GPU; as many as suit the device unless it is said.
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
    /// What came of it, in words.
    pub text: Text,
}

impl SearchRequest {
    /// This strategy, which goes by this worth of architectures, into this folder, with default settings. It needs a budget.
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

    /// Searches, and writes what came of it.
    ///
    /// # Errors
    /// Names the file or setting at fault; [`Interrupted`](crate::Error::Interrupted) after `stop`.
    pub fn run(&self, stop: &Stop, listener: &dyn Listener) -> Result<Searched> {
        // The networks are those that were scored.
        let choice = self.space.scored_in(&self.scores, listener)?;
        let images = self.find_images(choice.classes())?;
        let space: Arc<dyn SearchSpace> = match &images {
            Some(images) => images.space_for(&choice)?.into(),
            None => choice.space()?.into(),
        };
        self.run_on(space, images, stop, listener)
    }

    /// The same in a space that is there already: [`space`](Self::space) has no say.
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

    /// The search that this comes to.
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

    /// What the tables say of an architecture, where a limit is about a column of theirs.
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
