//! The flags that say what evaluates the architectures of a search.

use super::evaluators::Evaluators;
use super::pictures::PictureArgs;
use super::reading::ReadArgs;
use super::recipe::RecipeParser;
use crate::images::{Images, Loaded};
use crate::job::Settings;
use crate::search::source::{Cost, Known, Tables, fingerprints};
use crate::search::{Evaluation, Evaluator, Expression, Guide, Journal, Method, Training};
use crate::space::SearchSpace;
use crate::train::RecipeName;
use crate::{Error, Result};
use serde_json::{Map, Value, json};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use zeronas_datasets::Source;

/// What evaluates, and on which data.
#[derive(Clone, Debug, clap::Args)]
pub struct EvaluationArgs {
    /// What architectures are worth to the strategy: `table` (the column of --feedback), `proxy:EXPR`, or `staged:EXPR,K`: by
    /// EXPR first, then the K best networks by --feedback. EXPR is a proxy, an aggregate: logrank(PROXY,...), meanrank(...) or
    /// meanz(...), or `default`: the aggregate that other search spaces recommend
    #[arg(long, value_name = "HOW")]
    pub(super) evaluate: Method,

    /// Benchmark tables (Parquet or CSV), joined by architecture, or by `index` where a table has nothing else
    #[arg(long = "table", value_name = "FILE", num_args = 1..)]
    pub(super) tables: Vec<PathBuf>,

    /// The tables' column with the result of a short training, such as the accuracy after 12 epochs; more is better
    #[arg(long, value_name = "COLUMN")]
    feedback: Option<String>,

    /// With staged: train the K best for real by this recipe, on --images, instead of looking them up in the tables; accuracy
    /// on images held out is what picks
    #[arg(long, value_name = "RECIPE", value_parser = RecipeParser, conflicts_with_all = ["feedback", "cost"])]
    train: Option<RecipeName>,

    /// With --train: epochs [default: the recipe's]
    #[arg(long, value_name = "E", requires = "train")]
    pub(super) epochs: Option<usize>,

    /// The tables' column with the simulated seconds of that training, or seconds per epoch times epochs
    #[arg(long, value_name = "COLUMN|COLUMN*EPOCHS")]
    pub(super) cost: Option<Cost>,

    /// The tables' columns that say what the picks are worth in the end [default: the feedback; with --train its accuracies]
    #[arg(long = "final", value_name = "COLUMN", num_args = 1.., value_delimiter = ',')]
    finals: Vec<String>,

    /// Further objectives that should be small: columns of the tables, or proxies
    #[arg(long, value_name = "NAME", num_args = 1.., value_delimiter = ',')]
    pub(super) minimise: Vec<String>,

    /// Further objectives that should be large
    #[arg(long, value_name = "NAME", num_args = 1.., value_delimiter = ',')]
    pub(super) maximise: Vec<String>,

    /// Score files to take proxies from; without them, networks are scored when needed
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub(super) scores: Vec<PathBuf>,

    #[command(flatten)]
    pub(super) read: ReadArgs,

    /// Images that networks are scored on, and trained on with --train, as of `zeronas score` and `zeronas train`
    #[arg(long, value_name = "IMAGES", default_value = "embedded")]
    images: String,

    #[command(flatten)]
    pictures: PictureArgs,

    /// Images in a minibatch of the networks that are scored [default: 64]
    #[arg(long, value_name = "N")]
    batch_size: Option<usize>,

    /// Start with the best of this many random architectures by --guide
    #[arg(long, value_name = "N")]
    pub(super) warmup: Option<NonZeroUsize>,

    /// Mutate to the best neighbour by --guide
    #[arg(long)]
    pub(super) moves: bool,

    /// With --moves: share of mutations that stay random
    #[arg(long, value_name = "P", default_value_t = 0.25, requires = "moves")]
    random_moves: f64,

    /// The cheap score of --warmup and --moves, a proxy or aggregate
    #[arg(long, value_name = "EXPR", default_value = "meanrank(naswot,synflow)")]
    guide: Expression,
}

/// Where networks are trained, if any are.
pub struct Place {
    /// Folder of the search.
    pub out: PathBuf,
    /// Threads that score, and of a training.
    pub threads: usize,
    /// Ends a training early.
    pub stop: Arc<AtomicBool>,
}

/// What a search is given of it.
pub struct Parts {
    pub evaluation: Evaluation,
    pub guide: Option<Arc<Guide>>,
    pub described: Map<String, Value>,
    pub known: Arc<Known>,
    pub journal: Arc<Journal>,
    /// Whether networks are really run.
    pub runs_networks: bool,
}

impl EvaluationArgs {
    /// With the default aggregate of the space in place of its name.
    pub fn in_space(self, space: &str) -> Self {
        let (evaluate, guide) = (self.evaluate.in_space(space), self.guide.in_space(space));
        EvaluationArgs { evaluate, guide, ..self }
    }

    /// The images, found, where networks may be run: trained, or scored because no score file says their scores. `classes` is
    /// what a flag says of their number.
    pub fn images(&self, classes: Option<usize>) -> Result<Option<Images>> {
        let proxies = self.evaluate.expression().is_some() || self.warmup.is_some() || self.moves;
        let further = !self.minimise.is_empty() || !self.maximise.is_empty();
        let runs_networks = self.train.is_some() || self.scores.is_empty() && (proxies || further);
        runs_networks.then(|| Images::find(&self.images, &self.pictures.reading(classes))).transpose()
    }

    /// The evaluators asked for, which run networks on `images`; an error names the flag or file at fault.
    pub fn parts(&self, space: &Arc<dyn SearchSpace>, images: Option<Loaded>, place: &Place) -> Result<Parts> {
        if let (Some(cost), Method::Proxy(_)) = (&self.cost, &self.evaluate) {
            let reason = format!("{cost} is what a training takes, and --evaluate {} trains nothing", self.evaluate);
            return Err(Error::flag("--cost", reason));
        }
        let evaluators = Evaluators::new(self, space, images, place.threads)?;
        let tables = evaluators.tables.clone();
        let mut first = match &self.evaluate {
            Method::Table => evaluators.feedback(Evaluator::new())?,
            Method::Proxy(expression) | Method::Staged(expression, _) => {
                evaluators.expression(Evaluator::new(), "--evaluate", expression)?
            }
        };
        let (training, trained) = match (&self.evaluate, self.train) {
            (Method::Staged(_, keep), Some(recipe)) => {
                let (evaluator, described, columns) = evaluators.trained(recipe, place)?;
                (Some(Training { keep: *keep, evaluator }), Some((described, columns)))
            }
            (Method::Staged(_, keep), None) => {
                (Some(Training { keep: *keep, evaluator: evaluators.feedback(Evaluator::new())? }), None)
            }
            (_, None) => (None, None),
            (other, Some(_)) => {
                return Err(Error::flag("--train", format!("goes with --evaluate staged:EXPR,K, not with {other}")));
            }
        };
        let mut objectives = vec![self.evaluate.expression().map_or_else(|| self.feedback(), |e| Ok(e.to_string()))?];
        for (flag, names, sign) in [("--minimise", &self.minimise, -1.0), ("--maximise", &self.maximise, 1.0)] {
            for name in names {
                if objectives.contains(name) {
                    return Err(Error::flag(flag, format!("`{name}` is an objective already")));
                }
                first = evaluators.further(first, flag, name, sign)?;
                objectives.push(name.clone());
            }
        }
        let mut finals = self.finals(tables.as_deref())?;
        let trained = trained.map(|(described, columns)| {
            if finals.is_empty() {
                finals = columns;
            }
            described
        });
        let asked = self.warmup.is_some() || self.moves;
        let guide = asked.then(|| {
            Ok::<_, Error>(Arc::new(Guide {
                evaluator: evaluators.expression(Evaluator::new(), "--guide", &self.guide)?,
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

    pub(super) fn feedback(&self) -> Result<String> {
        self.feedback.clone().ok_or_else(|| {
            Error::flag("--feedback", format!("must name a column of the tables for --evaluate {}", self.evaluate))
        })
    }

    /// How networks are scored that no score file knows, but for the proxies.
    pub(super) fn scoring(&self) -> Settings {
        let usual = Settings::default();
        Settings { batch_size: self.batch_size.unwrap_or(usual.batch_size), ..usual }
    }

    fn finals(&self, tables: Option<&Tables>) -> Result<Vec<String>> {
        let Some(tables) = tables else {
            return match self.finals.first() {
                None => Ok(Vec::new()),
                Some(name) => Err(Error::flag("--final", format!("`{name}` is a column of no table; give --table"))),
            };
        };
        let asked = if self.finals.is_empty() { self.feedback.iter().cloned().collect() } else { self.finals.clone() };
        let mut finals: Vec<String> = Vec::new();
        for name in asked {
            tables.expect("--final", &name)?;
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
        match described {
            Value::Object(described) => Ok(described),
            _ => Ok(Map::new()),
        }
    }
}
