//! Creates the evaluators that a request names.

use super::SearchRequest;
use crate::device::Opened;
use crate::images::Loaded;
use crate::job::Settings;
use crate::listener::{Listener, Stop};
use crate::report::aggregate::Aggregate;
use crate::report::average::Readings;
use crate::report::scores;
use crate::search::source::{Known, Measured, ScoreFile, TableColumns, Tables, Trained, read_scores};
use crate::search::{self, Evaluator, Expression, Journal, Objective};
use crate::space::SearchSpace;
use crate::train::{self, Recipe, RecipeName, to_choose};
use crate::{Error, Result};
use rayon::ThreadPool;
use serde_json::{Value, json};
use std::sync::{Arc, OnceLock};

/// Creates evaluators by name.
pub(super) struct Evaluators<'a> {
    request: &'a SearchRequest,
    pub space: &'a Arc<dyn SearchSpace>,
    pub tables: Option<Arc<Tables>>,
    /// The images that networks run on, if any are run.
    pub images: Option<Loaded>,
    readings: Option<Readings>,
    /// The threads on which networks are scored in parallel.
    pool: Arc<ThreadPool>,
    pub known: Arc<Known>,
    pub journal: Arc<Journal>,
    /// The device that scores networks, opened for the first one.
    device: OnceLock<Opened>,
}

impl<'a> Evaluators<'a> {
    /// Reads tables and score files.
    pub fn new(
        request: &'a SearchRequest,
        space: &'a Arc<dyn SearchSpace>,
        images: Option<Loaded>,
        listener: &dyn Listener,
    ) -> Result<Self> {
        Ok(Evaluators {
            request,
            space,
            images,
            pool: Arc::new(search::pool(request.workers())?),
            tables: match request.tables.as_slice() {
                [] => None,
                paths => Some(Arc::new(Tables::open(paths, request.read.arch_column.as_deref(), space.clone())?)),
            },
            readings: match request.scores.as_slice() {
                [] => None,
                paths => {
                    let (readings, files) = read_scores(paths, &request.read.columns(None, &[])?, space.as_ref())?;
                    scores::ScoreFile::told(&files).iter().for_each(|told| listener.note(told));
                    Some(readings)
                }
            },
            known: Arc::default(),
            journal: Arc::default(),
            device: OnceLock::new(),
        })
    }

    fn images(&self) -> Result<&Loaded> {
        self.images.as_ref().ok_or_else(|| Error::Internal("networks are run without images".into()))
    }

    /// Adds the feedback column with its cost.
    pub fn feedback(&self, evaluator: Evaluator) -> Result<Evaluator> {
        let name = self.request.named_feedback()?;
        let Some(tables) = &self.tables else {
            return Err(Error::setting("table", format!("is needed for `evaluate=` {}", self.request.evaluate)));
        };
        let source = TableColumns::new(tables.clone(), &[("feedback", &name)], self.request.cost.as_ref())?;
        Ok(evaluator.with(source, vec![name], |column| Objective::Column { column, sign: 1.0 }))
    }

    /// Creates the evaluator that really trains; also returns its description and those of its columns that have values.
    pub fn trained(&self, recipe: RecipeName, stop: &Stop) -> Result<(Evaluator, Value, Vec<String>)> {
        let images = to_choose(self.images()?, recipe)?;
        let named = recipe.recipe();
        let recipe = Recipe { epochs: self.request.epochs.unwrap_or(named.epochs), ..named };
        let settings =
            train::Settings { recipe, seed: 0, as_written: false, exact: false, device: self.request.device };
        let described = json!({ "settings": settings, "images_fingerprint": images.fingerprint() });
        let valued = [images.valid.is_some(), images.test.is_some()];
        let valued = Trained::COLUMNS.into_iter().zip(valued).filter(|(_, there)| *there);
        let valued = valued.map(|(name, _)| name.to_owned()).collect();
        let folder = self.request.out.join("trained");
        let source = Trained::new(self.space.clone(), images, settings, self.request.workers(), folder, stop.clone())?;
        let columns = Trained::COLUMNS.map(str::to_owned).to_vec();
        let evaluator = Evaluator::new().with(source, columns, |column| Objective::Column { column, sign: 1.0 });
        Ok((evaluator, described, valued))
    }

    /// Adds a column of the tables, or the proxy of this name if they have no such column.
    pub fn further(&self, evaluator: Evaluator, setting: &str, name: &str, sign: f64) -> Result<Evaluator> {
        let objective = |column| Objective::Column { column, sign };
        match self.tables.as_ref().filter(|tables| tables.has(name)) {
            Some(tables) => {
                let source = TableColumns::new(tables.clone(), &[(setting, name)], None)?;
                Ok(evaluator.with(source, vec![name.into()], objective))
            }
            None => self.proxies(evaluator, setting, &[name.into()], objective),
        }
    }

    /// Adds a proxy or an aggregate of them.
    pub fn expression(&self, evaluator: Evaluator, setting: &str, expression: &Expression) -> Result<Evaluator> {
        let sign = |name: &String| self.request.read.direction(name).sign();
        match expression {
            Expression::Proxy(name) => {
                let sign = sign(name);
                self.proxies(evaluator, setting, std::slice::from_ref(name), |column| Objective::Column {
                    column,
                    sign,
                })
            }
            Expression::Aggregate(Aggregate { rule, members, weights, .. }) => {
                let objective = |first| {
                    let members = members.iter().enumerate().map(|(place, name)| (first + place, sign(name)));
                    Objective::Aggregate { rule: *rule, members: members.collect(), weights: weights.clone() }
                };
                self.proxies(evaluator, setting, members, objective)
            }
        }
    }

    fn proxies(
        &self,
        evaluator: Evaluator,
        setting: &str,
        names: &[String],
        objective: impl FnOnce(usize) -> Objective,
    ) -> Result<Evaluator> {
        let space = self.space.clone();
        if let Some(readings) = &self.readings {
            let source = ScoreFile::new(space, &self.request.scores, readings, setting, names)?;
            return Ok(evaluator.with(source, names.to_vec(), objective));
        }
        let images = self.images()?.source();
        let settings = Settings { proxies: names.to_vec(), ..self.request.scoring() };
        let journal = self.journal.clone();
        let record =
            Box::new(move |network: &str, proxies: &[String], scores: &[_]| journal.network(network, proxies, scores));
        let source =
            Measured::new(space, &images, settings, self.device()?, self.known.clone(), record, self.pool.clone())?;
        let columns = source.names().to_vec();
        Ok(evaluator.with(source, columns, objective))
    }

    fn device(&self) -> Result<Opened> {
        if let Some(device) = self.device.get() {
            return Ok(device.clone());
        }
        let opened = self.request.device.open()?;
        Ok(self.device.get_or_init(|| opened).clone())
    }

    /// Whether networks are really run to be scored.
    pub fn measures(&self) -> bool {
        let by_table = |name: &String| self.tables.as_ref().is_some_and(|tables| tables.has(name));
        let guided = self.request.warmup.is_some() || self.request.moves;
        let further = self.request.minimise.iter().chain(&self.request.maximise).any(|name| !by_table(name));
        self.readings.is_none() && (guided || further || self.request.evaluate.expression().is_some())
    }
}
