//! Requests for shortlists.

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

/// Determines for every proxy and each K what a short training of its K best architectures would pick.
#[derive(Clone, Debug)]
pub struct ShortlistRequest {
    /// Score files of any tool.
    pub scores: Vec<PathBuf>,
    /// The space; by default that of the score files, if they name it.
    pub space: SpaceChoice,
    /// Limits that the architectures must satisfy, on their networks or on a column of the tables; no others are trained.
    pub limits: Vec<Constraint>,
    /// Benchmark tables, joined by architecture, or by `index` where a table has nothing else.
    pub tables: Vec<PathBuf>,
    /// The tables' column with the result of the short training; more is better.
    pub feedback: String,
    /// The simulated seconds that this training takes.
    pub cost: Option<Cost>,
    /// The tables' columns that say what the picks are worth.
    pub finals: Vec<String>,
    /// Aggregates to rank by, besides the proxies.
    pub aggregates: Vec<AskedAggregate>,
    /// How the files are read.
    pub read: ReadAs,
    /// Length of the longest shortlist.
    pub most: NonZeroUsize,
    /// Number of ways to break ties between equal scores.
    pub draws: NonZeroUsize,
    /// Seed for breaking ties.
    pub seed: u64,
    /// Folder for the table; without one it is not written.
    pub out: Option<PathBuf>,
}

/// The result of a [`ShortlistRequest`].
pub struct Shortlisted {
    /// A shortlist for each proxy and aggregate.
    pub shortlists: Vec<Shortlist>,
    /// The shortlists side by side, as text.
    pub text: Text,
}

impl ShortlistRequest {
    /// Creates a request for shortlists by these scores, with trainings and values from these columns of these tables, and default settings.
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

    /// Ranks the architectures and looks up their trainings, and writes the table if there is a folder for it.
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
