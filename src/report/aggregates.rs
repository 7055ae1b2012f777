//! The request that chooses aggregates.

use super::aggregate::{Aggregate, Rule};
use super::average::average;
use super::benchmark::rows;
use super::choice::{Choice, Ground, Judged, candidates, choice_table, choices, common_proxies, judge, judged_table};
use super::figure::{self, Figure};
use super::join::{BadPolicy, check_overlap};
use super::page::frame::{Page, Section};
use super::page::text::listed;
use super::page::{captioned, frames, write_figures};
use super::reading::{ReadAs, space_of, target_names, targets};
use crate::listener::Listener;
use crate::results::{Folder, fingerprints, table_fingerprints};
use crate::space::check_ranges;
use crate::text::{Cell, Column, Table, Text};
use crate::{Error, Result};
use polars::prelude::DataFrame;
use serde_json::json;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

/// Finds the aggregate that ranks best, and for each space the one that the other spaces recommend.
#[derive(Clone, Debug)]
pub struct AggregatesRequest {
    /// Score files, one per search space.
    pub scores: Vec<PathBuf>,
    /// Benchmark tables, one per score file, in their order.
    pub benchmarks: Vec<PathBuf>,
    /// Columns of the benchmarks in which more is better, one per score file, in their order. An entry may name several columns, separated
    /// by commas; the mean over them then counts.
    pub targets: Vec<String>,
    /// Proxies to combine; by default those that all files have.
    pub proxies: Option<Vec<String>>,
    /// Rules to try.
    pub rules: Vec<Rule>,
    /// Largest number of proxies in one aggregate; each proxy alone is a candidate, too.
    pub most: NonZeroUsize,
    /// What architectures without a score count as.
    pub bad: BadPolicy,
    /// How the files are read.
    pub read: ReadAs,
    /// How many of the best candidates the text lists.
    pub rows: usize,
    /// Folder for the tables and a page, if they are to be written.
    pub out: Option<PathBuf>,
}

/// The result of an [`AggregatesRequest`].
pub struct Aggregated {
    /// Every candidate with its correlations, the best first.
    pub judged: Vec<Judged>,
    /// The best of them, and what the other spaces recommend for each space.
    pub text: Text,
}

impl AggregatesRequest {
    /// Creates a request for these score files, each with its benchmark and target.
    pub fn new(grounds: impl IntoIterator<Item = (PathBuf, PathBuf, String)>) -> Self {
        let mut request = AggregatesRequest {
            scores: Vec::new(),
            benchmarks: Vec::new(),
            targets: Vec::new(),
            proxies: None,
            rules: Rule::ALL.into(),
            most: const { NonZeroUsize::new(2).unwrap() },
            bad: BadPolicy::default(),
            read: ReadAs::default(),
            rows: 10,
            out: None,
        };
        for (scores, benchmark, target) in grounds {
            request.scores.push(scores);
            request.benchmarks.push(benchmark);
            request.targets.push(target);
        }
        request
    }

    /// Judges every candidate, and writes the tables and the page if there is a folder for them.
    ///
    /// # Errors
    /// Names the file or setting at fault.
    pub fn run(&self, listener: &dyn Listener) -> Result<Aggregated> {
        check_ranges(&[("most", self.most.get(), 1..=4)])?;
        for (flag, count) in [("benchmark", self.benchmarks.len()), ("target", self.targets.len())] {
            if count != self.scores.len() {
                let problem = format!("{count} for {} score files; each needs one", self.scores.len());
                return Err(Error::setting(flag, problem));
            }
        }
        let grounds = self.scores.iter().zip(&self.benchmarks).zip(&self.targets);
        let grounds = grounds.map(|((scores, benchmark), target)| self.ground(scores, benchmark, target, listener));
        let grounds = grounds.collect::<Result<Vec<_>>>()?;
        if let Some(again) =
            (1..grounds.len()).find(|&i| grounds[..i].iter().any(|ground| ground.name == grounds[i].name))
        {
            let reason = format!(
                "two score files are of {}; one of them with all its targets, joined by commas, will do",
                grounds[again].name
            );
            return Err(Error::setting("scores", reason));
        }
        let candidates = self.candidates(&grounds)?;
        let judged = judge(&candidates, &grounds, &|proxy| self.read.direction(proxy), self.bad)?;
        let choices = choices(&judged, &grounds);
        if let Some(out) = &self.out {
            let manifest = json!({
                "command": "aggregates",
                "version": env!("CARGO_PKG_VERSION"),
                "scores": fingerprints(&self.scores)?,
                "benchmarks": table_fingerprints(&self.benchmarks)?,
                "targets": self.targets,
                "rules": self.rules.iter().map(|rule| rule.name()).collect::<Vec<_>>(),
                "most": self.most,
                "candidates": candidates.len(),
            });
            let folder = Folder::create(out, &manifest)?;
            let (best, chosen) = (judged_table(&judged, &grounds)?, choice_table(&choices, &grounds)?);
            let figure = drawn(&judged, &grounds)?;
            write_figures(&folder, std::slice::from_ref(&figure))?;
            folder.write_text("report.html", &page(&figure, best.clone(), chosen.clone(), &manifest))?;
            folder.write("aggregates", Ok(best))?;
            folder.write("choices", Ok(chosen))?;
        }
        let text = text(&judged, &choices, &grounds, self.rows);
        drop(choices);
        Ok(Aggregated { judged, text })
    }

    fn candidates(&self, grounds: &[Ground]) -> Result<Vec<Aggregate>> {
        let common = common_proxies(grounds);
        let unknown = self.proxies.iter().flatten().find(|name| !common.contains(name));
        if let Some(name) = unknown {
            let known = common.join(", ");
            return Err(super::Error::UnknownProxy { setting: "proxies", name: name.clone(), known }.into());
        }
        let proxies = self.proxies.clone().unwrap_or(common);
        if proxies.is_empty() {
            return Err(Error::setting("proxies", "the score files have no proxy in common"));
        }
        Ok(candidates(&proxies, &self.rules, self.most.get()))
    }

    fn ground(&self, scores: &Path, benchmark: &Path, target: &str, listener: &dyn Listener) -> Result<Ground> {
        let benchmark = self.read.open(benchmark)?;
        let asked: Vec<String> = target.split(',').map(|name| name.trim().to_owned()).collect();
        let names = target_names(&benchmark, &asked)?;
        let read = self.read.scores(&[scores.to_owned()], &self.read.columns(Some(&benchmark), &names)?, listener)?;
        let stem = || scores.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let name = read.space.clone().unwrap_or_else(stem);
        let readings = average(&read)?;
        let space = space_of(read.space.as_deref(), Some(&benchmark), &readings.archs);
        let rows = rows(&benchmark, &readings.archs, space.as_deref())?;
        let targets = targets(&benchmark, &names, &readings.archs, &rows)?;
        check_overlap(&readings, &targets)?;
        Ok(Ground { name, readings, targets })
    }
}

/// Most candidates on the page.
const MOST_LISTED: usize = 100;

/// Most candidates in the figure.
const MOST_DRAWN: usize = 30;

fn drawn(judged: &[Judged], grounds: &[Ground]) -> Result<Figure> {
    let names: Vec<String> = judged.iter().take(MOST_DRAWN).map(|one| one.aggregate.ranks_by()).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let spaces: Vec<&str> = grounds.iter().map(|ground| ground.name.as_str()).collect();
    Ok(figure::spaces(&names, &spaces, &|candidate, space| judged[candidate].tau(space))?)
}

/// Makes a page of the best candidates and of what is recommended for each space.
fn page(figure: &Figure, best: DataFrame, chosen: DataFrame, manifest: &serde_json::Value) -> String {
    let title = format!("Aggregates: {} candidates", best.height());
    let mut page = Page::new(format!("zeronas {title}"), format!("<h1>{title}</h1>\n"));
    let note = "<p class=\"note\">Kendall's τ-b of each candidate on each space, and their mean.</p>\n";
    page = page.section(Section::new("The best").html(&(note.to_owned() + &frames::rows(&best, MOST_LISTED, None))));
    page = page.section(Section::new("Space by space").html(&captioned(figure)));
    if chosen.height() > 0 {
        let note = "<p class=\"note\">For each space, the candidate that ranks best on the others: no label of a space has a say in its \
            own.</p>\n";
        let chosen = note.to_owned() + &frames::rows(&chosen, MOST_LISTED, None);
        page = page.section(Section::new("What each space is recommended").html(&chosen));
    }
    page.section(Section::new("How they were found").html(&listed(manifest))).html()
}

fn text(judged: &[Judged], choices: &[Choice<'_>], grounds: &[Ground], rows: usize) -> Text {
    let tau = |value: f64| Cell::number(Some(value), 3);
    let of_ground = |ground: &Ground| {
        Column::number(format!("{}\n{}", ground.name, ground.target_names().replace(',', "\n")))
            .called(format!("kendall_{}", ground.name))
    };
    let fixed = [Column::word("aggregate").key(), Column::number("mean").called("kendall_mean")];
    let mut best = Table::new("aggregate", fixed.into_iter().chain(grounds.iter().map(of_ground)));
    for one in judged.iter().take(rows) {
        let numbers = std::iter::once(one.mean()).chain((0..grounds.len()).map(|ground| one.tau(ground))).map(tau);
        best.row(std::iter::once(one.aggregate.ranks_by().into()).chain(numbers));
    }
    let shown = rows.min(judged.len());
    let title = format!("Kendall's tau-b, the best {shown} of {} candidates\n", judged.len());
    let text = Text::from(title).and(best).and("\n");
    if choices.is_empty() {
        return text;
    }
    let columns = [
        Column::word("space").key(),
        Column::word("chosen by the others").called("chosen").key(),
        Column::number("mean tau there").called("kendall_elsewhere").detail(),
        Column::number("tau here").called("kendall_here"),
        Column::word("best here").called("best_here"),
        Column::number("its tau").called("kendall_best_here"),
    ];
    let mut chosen = Table::new("choice", columns);
    for one in choices {
        chosen.row([
            Cell::from(&grounds[one.ground].name),
            one.chosen.aggregate.ranks_by().into(),
            tau(one.chosen.mean_without(one.ground)),
            tau(one.chosen.tau(one.ground)),
            one.best.aggregate.ranks_by().into(),
            tau(one.best.tau(one.ground)),
        ]);
    }
    text.and("\nfor each space, what ranks best on the others\n").and(chosen).and("\n")
}
