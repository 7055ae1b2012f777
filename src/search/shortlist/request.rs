//! Shortlists as they are asked for.

use super::{Ground, Shortlist, page, table, text};
use crate::listener::Listener;
use crate::report::aggregate::Aggregate;
use crate::report::chosen::AskedAggregate;
use crate::report::join::BadPolicy;
use crate::report::reading::ReadAs;
use crate::report::scores::ScoreFile;
use crate::results::{Folder, fingerprints, table_fingerprints};
use crate::search::source::{Cost, TableColumns, Tables, read_scores};
use crate::search::{Evaluator, Objective};
use crate::space::{Constrained, Constraint, SearchSpace, SpaceChoice, check_ranges};
use crate::text::Text;
use crate::{Error, Result};
use serde_json::json;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;

/// Says for every proxy what a short training of its K best would pick, for each K.
#[derive(Clone, Debug)]
pub struct ShortlistRequest {
    /// Score files of any tool.
    pub scores: Vec<PathBuf>,
    /// The space; that of the score files, where they say it.
    pub space: SpaceChoice,
    /// What the architectures have to keep to, by their networks or by a column of the tables; no other is trained.
    pub limits: Vec<Constraint>,
    /// Benchmark tables, joined by architecture, or by `index` where a table has nothing else.
    pub tables: Vec<PathBuf>,
    /// The tables' column that the short training gives; more is better.
    pub feedback: String,
    /// What that training takes in simulated seconds.
    pub cost: Option<Cost>,
    /// The tables' columns that say what the picks are worth.
    pub finals: Vec<String>,
    /// Further columns, each made of several proxies.
    pub aggregates: Vec<AskedAggregate>,
    /// How the files are read.
    pub read: ReadAs,
    /// The longest shortlist.
    pub most: NonZeroUsize,
    /// Ways to put equal scores in order.
    pub draws: NonZeroUsize,
    /// Seed of those.
    pub seed: u64,
    /// Folder for the table, if it is to be written.
    pub out: Option<PathBuf>,
}

/// What a [`ShortlistRequest`] came to.
pub struct Shortlisted {
    /// A shortlist for each proxy and aggregate.
    pub shortlists: Vec<Shortlist>,
    /// Them side by side.
    pub text: Text,
}

impl ShortlistRequest {
    /// Shortlists by these scores, trained and judged by these columns of these tables, with default settings.
    pub fn new(scores: Vec<PathBuf>, tables: Vec<PathBuf>, feedback: &str, finals: Vec<String>) -> Self {
        ShortlistRequest {
            scores,
            space: SpaceChoice::default(),
            limits: Vec::new(),
            tables,
            feedback: feedback.to_owned(),
            cost: None,
            finals,
            aggregates: Vec::new(),
            read: ReadAs::default(),
            most: const { NonZeroUsize::new(20).unwrap() },
            draws: const { NonZeroUsize::new(100).unwrap() },
            seed: 0,
            out: None,
        }
    }

    /// Ranks and looks up, and writes the table if it is to be written.
    ///
    /// # Errors
    /// Names the file or setting at fault.
    pub fn run(&self, listener: &dyn Listener) -> Result<Shortlisted> {
        check_ranges(&[("most", self.most.get(), 1..=100_000), ("draws", self.draws.get(), 1..=100_000)])?;
        let space: Arc<dyn SearchSpace> = self.space.scored_in(&self.scores, listener)?.space()?.into();
        let space = if self.limits.is_empty() {
            space
        } else {
            let tables = Tables::open(&self.tables, self.read.arch_column.as_deref(), space.clone())?;
            Constrained::of(space, &self.limits, Some(tables.columns(&self.limits)?))?
        };
        let aggregates = self.aggregates.iter().map(|asked| asked.in_space(Some(space.name())));
        let aggregates: Vec<Aggregate> = aggregates.collect();
        let shortlists = self.shortlists(&space, &aggregates, listener)?;
        space.refusals().iter().for_each(|told| listener.note(told));
        if let Some(out) = &self.out {
            let manifest = json!({
                "command": "shortlist",
                "version": env!("CARGO_PKG_VERSION"),
                "scores": fingerprints(&self.scores)?,
                "tables": table_fingerprints(&self.tables)?,
                "feedback": self.feedback,
                "cost": self.cost.as_ref().map(Cost::to_string),
                "finals": self.finals,
                "limits": self.limits.iter().map(Constraint::to_string).collect::<Vec<_>>(),
                "aggregates": aggregates.iter().map(Aggregate::to_string).collect::<Vec<_>>(),
                "most": self.most,
                "draws": self.draws,
                "seed": self.seed,
            });
            let folder = Folder::create(out, &manifest)?;
            folder.write("shortlist", table(&shortlists, &self.finals))?;
            page::write(&folder, &shortlists, &self.finals, &manifest)?;
        }
        let text = text(&shortlists, &self.finals);
        Ok(Shortlisted { shortlists, text })
    }

    fn shortlists(
        &self,
        space: &Arc<dyn SearchSpace>,
        aggregates: &[Aggregate],
        listener: &dyn Listener,
    ) -> Result<Vec<Shortlist>> {
        let tables = Arc::new(Tables::open(&self.tables, self.read.arch_column.as_deref(), space.clone())?);
        for name in &self.finals {
            tables.expect("final", name)?;
        }
        let feedback = TableColumns::new(tables.clone(), &[("feedback", &self.feedback)], self.cost.as_ref())?;
        let training = Evaluator::new()
            .with(feedback, vec![self.feedback.clone()], |column| Objective::Column { column, sign: 1.0 });
        let (mut readings, files) = read_scores(&self.scores, &self.read.columns(None, &self.finals)?, space.as_ref())?;
        ScoreFile::told(&files).iter().for_each(|told| listener.note(told));
        let direction = |proxy: &str| self.read.direction(proxy);
        for aggregate in aggregates {
            let made = aggregate.apply(&readings, direction, BadPolicy::Worst)?;
            readings.proxies.push(made);
        }
        let ground = Ground {
            space: space.as_ref(),
            readings: &readings,
            training: &training,
            tables: &tables,
            finals: &self.finals,
            most: self.most.get(),
            draws: self.draws.get(),
            seed: self.seed,
        };
        let lists = ground.shortlists(direction)?;
        if lists.iter().all(|list| list.rows.iter().all(|row| row.seconds.is_none())) {
            let path = self.scores.first().cloned().unwrap_or_default();
            return Err(Error::file(path, "has no scored architecture that the tables hold"));
        }
        Ok(lists)
    }
}
