//! The evaluation part of a search request.

use super::SearchRequest;
use super::evaluators::Evaluators;
use crate::images::{Images, Loaded};
use crate::job::{EngineChoice, Settings};
use crate::listener::{Listener, Stop};
use crate::results::fingerprints;
use crate::search::source::{Cost, Known, Tables};
use crate::search::{Evaluation, Evaluator, Guide, Journal, Method, Training};
use crate::space::{Constraint, SearchSpace};
use crate::{Error, Result};
use serde_json::{Map, Value, json};
use std::num::NonZeroUsize;
use std::sync::Arc;
use zeronas_datasets::Source;
use zeronas_datasets::image::Reading;

/// The parts of a search that the evaluation provides.
pub(super) struct Parts {
    pub evaluation: Evaluation,
    pub guide: Option<Arc<Guide>>,
    pub described: Map<String, Value>,
    pub known: Arc<Known>,
    pub journal: Arc<Journal>,
    /// Whether networks are really run.
    pub runs_networks: bool,
}

impl SearchRequest {
    /// Finds the images if networks may have to run, either to be trained or to be scored because there are no score files. `classes` is the
    /// number of classes asked for.
    pub(super) fn find_images(&self, classes: Option<usize>) -> Result<Option<Images>> {
        let proxies = self.evaluate.expression().is_some() || self.warmup.is_some() || self.moves;
        let further = !self.minimise.is_empty() || !self.maximise.is_empty();
        let runs_networks = self.train.is_some() || self.scores.is_empty() && (proxies || further);
        let reading = Reading { classes, skip_damaged: self.skip_damaged };
        runs_networks.then(|| Images::find(&self.images, &reading)).transpose()
    }

    /// The evaluators asked for, which run networks on `images`; an error names the setting or file at fault.
    pub(super) fn parts(
        &self,
        space: &Arc<dyn SearchSpace>,
        images: Option<Loaded>,
        stop: &Stop,
        listener: &dyn Listener,
    ) -> Result<Parts> {
        if let (Some(cost), Method::Proxy(_)) = (&self.cost, &self.evaluate) {
            let reason = format!("{cost} is what a training takes, and `evaluate=` {} trains nothing", self.evaluate);
            return Err(Error::setting("cost", reason));
        }
        let evaluators = Evaluators::new(self, space, images, listener)?;
        let tables = evaluators.tables.clone();
        let mut first = match &self.evaluate {
            Method::Table => evaluators.feedback(Evaluator::new())?,
            Method::Proxy(expression) | Method::Staged(expression, _) => {
                evaluators.expression(Evaluator::new(), "evaluate", expression)?
            }
        };
        let (training, trained) = match (&self.evaluate, self.train) {
            (Method::Staged(_, keep), Some(recipe)) => {
                let (evaluator, described, columns) = evaluators.trained(recipe, stop)?;
                (Some(Training { keep: *keep, evaluator }), Some((described, columns)))
            }
            (Method::Staged(_, keep), None) => {
                (Some(Training { keep: *keep, evaluator: evaluators.feedback(Evaluator::new())? }), None)
            }
            (_, None) => (None, None),
            (other, Some(_)) => {
                return Err(Error::setting("train", format!("goes with `evaluate=` staged:EXPR,K, not with {other}")));
            }
        };
        let mut objectives =
            vec![self.evaluate.expression().map_or_else(|| self.named_feedback(), |e| Ok(e.to_string()))?];
        for (setting, names, sign) in [("minimise", &self.minimise, -1.0), ("maximise", &self.maximise, 1.0)] {
            for name in names {
                if objectives.contains(name) {
                    return Err(Error::setting(setting, format!("`{name}` is an objective already")));
                }
                first = evaluators.further(first, setting, name, sign)?;
                objectives.push(name.clone());
            }
        }
        let mut finals = self.checked_finals(tables.as_deref())?;
        let trained = trained.map(|(described, columns)| {
            if finals.is_empty() {
                finals = columns;
            }
            described
        });
        let asked = self.warmup.is_some() || self.moves;
        let guide = asked.then(|| {
            Ok::<_, Error>(Arc::new(Guide {
                evaluator: evaluators.expression(Evaluator::new(), "guide", &self.guide)?,
                warmup: self.warmup.map(NonZeroUsize::get),
                moves: self.moves.then_some(self.random_moves),
            }))
        });
        let timed = self.cost.is_some() || self.train.is_some();
        Ok(Parts {
            guide: guide.transpose()?,
            described: self.described(trained, &finals, &evaluators)?,
            evaluation: Evaluation { first, training, objectives, finals, tables, timed },
            runs_networks: evaluators.measures() || self.train.is_some(),
            known: evaluators.known,
            journal: evaluators.journal,
        })
    }

    pub(super) fn named_feedback(&self) -> Result<String> {
        self.feedback.clone().ok_or_else(|| {
            Error::setting("feedback", format!("must name a column of the tables for `evaluate=` {}", self.evaluate))
        })
    }

    /// The settings for scoring networks that are in no score file, without the proxies.
    pub(super) fn scoring(&self) -> Settings {
        let usual = Settings::default();
        let engine = EngineChoice::of(self.device, usual.dtype);
        Settings { batch_size: self.batch_size.unwrap_or(usual.batch_size), device: self.device, engine, ..usual }
    }

    fn checked_finals(&self, tables: Option<&Tables>) -> Result<Vec<String>> {
        let Some(tables) = tables else {
            return match self.finals.first() {
                None => Ok(Vec::new()),
                Some(name) => Err(Error::setting("final", format!("`{name}` is a column of no table; give `table=`"))),
            };
        };
        let asked = if self.finals.is_empty() { self.feedback.iter().cloned().collect() } else { self.finals.clone() };
        let mut finals: Vec<String> = Vec::new();
        for name in asked {
            tables.expect("final", &name)?;
            if !finals.contains(&name) {
                finals.push(name);
            }
        }
        Ok(finals)
    }

    fn described(
        &self,
        trained: Option<Value>,
        finals: &[String],
        evaluators: &Evaluators<'_>,
    ) -> Result<Map<String, Value>> {
        let tables = evaluators.tables.as_deref();
        let guide = (self.warmup.is_some() || self.moves).then(|| {
            json!({
                "by": self.guide.to_string(),
                "warmup": self.warmup,
                "random_moves": self.moves.then_some(self.random_moves),
            })
        });
        let best = |name: &String| (name.clone(), json!(tables.and_then(|tables| tables.largest(name))));
        let best: Map<String, Value> = finals.iter().map(best).collect();
        let images = evaluators.images.as_ref().map(Loaded::source);
        let measured = images.as_ref().filter(|_| evaluators.measures());
        let described = json!({
            "evaluate": self.evaluate.to_string(),
            "train": trained,
            "feedback": self.feedback,
            "cost": self.cost.as_ref().map(Cost::to_string),
            "minimise": self.minimise,
            "maximise": self.maximise,
            "guide": guide,
            "tables": tables.map(Tables::fingerprints),
            "scores": fingerprints(&self.scores)?,
            "images_fingerprint": measured.map(Source::fingerprint),
            "batch_size": measured.map(|_| self.scoring().batch_size),
            "image_set": images.as_ref().and_then(Source::described),
            "best_possible": best,
        });
        let Value::Object(mut described) = described else { return Ok(Map::new()) };
        if !self.device.is_cpu() {
            described.insert("device".into(), json!(self.device));
        }
        if !self.limits.is_empty() {
            described.insert("limits".into(), self.limits.iter().map(Constraint::to_string).collect());
        }
        Ok(described)
    }
}
