//! The results of a confirmation: one row per architecture, with its scores.

use super::ties::tied;
use crate::report::average::{ProxyReadings, Reading, Readings};
use crate::report::benchmark::rows;
use crate::report::page::frame::{Page, Section};
use crate::report::page::table::breakable;
use crate::report::page::text::listed;
use crate::report::page::{drawing, frames};
use crate::report::ranking;
use crate::report::tables::column;
use crate::space::{Arch, SearchSpace, arch_cell};
use crate::text::{Cell, Column, Table, Text};
use crate::train::{Judge, Standing};
use crate::words::counted;
use crate::{Error, Result};
use polars::prelude::*;
use std::path::PathBuf;
use zeronas_datasets::BenchmarkTable;

/// The benchmark's values for the candidates.
#[derive(Debug)]
pub struct Benchmark {
    target: String,
    /// A value per candidate.
    values: Vec<Option<f64>>,
}

impl Benchmark {
    /// Looks up the candidates' values in a column of `table`.
    ///
    /// # Errors
    /// If there is no such column, or it has no value for any candidate.
    pub fn of(
        candidates: &[(Arch, PathBuf)],
        table: &BenchmarkTable,
        target: &str,
        space: &dyn SearchSpace,
    ) -> Result<Self> {
        let column = table.column(target)?;
        let archs: Vec<String> = candidates.iter().map(|(arch, _)| arch.to_string()).collect();
        let rows = rows(table, &archs, Some(space))?;
        let value = |row: Option<usize>| column[row?].filter(|value| value.is_finite());
        let values: Vec<Option<f64>> = rows.into_iter().map(value).collect();
        if values.iter().all(Option::is_none) {
            let reason = format!("has no `{target}` of any of the {} architectures to be trained", values.len());
            return Err(Error::setting("benchmark", reason));
        }
        Ok(Benchmark { target: target.to_owned(), values })
    }
}

/// The architectures trained, from the best to the worst.
pub struct Confirmed {
    /// The scores of the proxies.
    pub readings: Readings,
    /// Mean ranks by the proxies, in the order of `readings`.
    pub ranks: Vec<f64>,
    /// The candidates, by their places in `readings`.
    pub places: Vec<(usize, Arch)>,
    /// How many of the candidates are the best by rank; those after them were drawn at random.
    pub best: usize,
    /// The results of the trainings.
    pub standings: Vec<Standing>,
    /// Trainings of each that reached the last rung.
    pub seeds: usize,
    /// What they were judged by.
    pub judge: Judge,
    /// Images that were held out to choose by.
    pub valid_images: usize,
    /// The benchmark to compare with, if any.
    pub benchmark: Option<Benchmark>,
}

impl Confirmed {
    fn place(&self, standing: &Standing) -> usize {
        self.places[standing.candidate].0
    }

    fn arch(&self, standing: &Standing) -> &str {
        self.places[standing.candidate].1.as_str()
    }

    fn benchmark_value(&self, standing: &Standing) -> Option<f64> {
        self.benchmark.as_ref()?.values[standing.candidate]
    }

    fn reading<'r>(&self, proxy: &'r ProxyReadings, standing: &Standing) -> Option<&'r Reading> {
        proxy.readings[self.place(standing)].as_ref()
    }

    /// Returns one row per architecture. Scores are called `score_PROXY`, or `ln_score_PROXY` on a log scale; accuracies are means over its
    /// trainings.
    pub fn table(&self) -> PolarsResult<DataFrame> {
        let rows = self.standings.as_slice();
        let mut columns = vec![
            column("arch", rows, |standing| self.arch(standing).to_owned()),
            column("status", rows, |standing| standing.status().to_owned()),
            column("candidate", rows, |standing| standing.candidate + 1),
            column("mean_rank", rows, |standing| Some(self.ranks[self.place(standing)])),
            column("epochs", rows, |standing| standing.epochs),
        ];
        for proxy in &self.readings.proxies {
            let scale = if proxy.ln { "ln_" } else { "" };
            columns.push(column(&format!("{scale}score_{}", proxy.proxy), rows, |standing| {
                match self.reading(proxy, standing)? {
                    Reading::Value(value) => Some(*value),
                    Reading::LnZero | Reading::Bad(_) => None,
                }
            }));
        }
        columns.push(column("without_score", rows, |standing| self.without_score(standing)));
        columns.push(column("valid_accuracy", rows, Standing::valid_accuracy));
        columns.push(column("test_accuracy", rows, Standing::test_accuracy));
        if self.judge == Judge::AccuracyAndSpeed {
            columns.push(column("mean_train_loss", rows, Standing::loss));
        }
        if self.by_chance() > 0 {
            let source = |standing: &Standing| if standing.candidate < self.best { "rank" } else { "chance" };
            columns.push(column("chosen_by", rows, source));
        }
        if self.seeds > 1 {
            columns.push(column("valid_accuracy_sd", rows, Standing::valid_deviation));
            columns.push(column("trainings", rows, |standing| standing.trainings().count()));
            columns.push(column("diverged_trainings", rows, |standing| standing.diverged_further));
        }
        if let Some(Benchmark { target, .. }) = &self.benchmark {
            columns.push(column(&format!("benchmark_{target}"), rows, |standing| self.benchmark_value(standing)));
        }
        DataFrame::new(rows.len(), columns)
    }

    /// The proxies that gave no number, with what they gave instead.
    fn without_score(&self, standing: &Standing) -> String {
        let bad = |proxy: &ProxyReadings| match self.reading(proxy, standing)? {
            Reading::Value(_) => None,
            reading => Some(format!("{} {}", proxy.label(), ranking::cell(Some(reading)))),
        };
        self.readings.proxies.iter().filter_map(bad).collect::<Vec<_>>().join(", ")
    }

    /// Returns how many of the candidates were drawn at random.
    pub fn by_chance(&self) -> usize {
        self.places.len() - self.best
    }

    /// The same in words, and whether the pick is one of them.
    pub(crate) fn told_chance(&self) -> Option<String> {
        let pick = self.standings.first()?;
        let (drawn, all) = (self.by_chance(), self.places.len());
        if drawn == all {
            return Some("all were drawn at random".to_owned());
        }
        let source = if pick.candidate < self.best { "one of the best by rank" } else { "one of those" };
        (drawn > 0).then(|| format!("{drawn} of the {all} were drawn at random; the pick is {source}"))
    }

    /// The architecture that was judged to be the best.
    pub fn pick(&self) -> Option<&Arch> {
        self.standings.first().map(|standing| &self.places[standing.candidate].1)
    }

    /// Returns how many others were trained as long as the pick and are so close to it that the difference may be chance (95 %), given the
    /// number of images held out and, with several seeds, the variation between trainings.
    pub fn tied(&self) -> usize {
        tied(&self.standings, self.valid_images)
    }

    /// The same in words, where there are any.
    pub(crate) fn told_ties(&self) -> Option<String> {
        let tied = self.tied();
        let others = counted(tied, "other", "others");
        let trainings = if self.seeds > 1 { format!(" and {} trainings of each", self.seeds) } else { String::new() };
        (tied > 0)
            .then(|| format!("{} validation images{trainings} cannot tell the pick from {others}", self.valid_images))
    }

    /// Returns a page with the pick, and with the scores and accuracies of all that were trained.
    pub(crate) fn page(&self, space: &dyn SearchSpace, manifest: &serde_json::Value) -> Result<String> {
        let picked = self.standings.first().map(|standing| (self.arch(standing), standing));
        let said = picked.map(|(arch, standing)| {
            let accuracy = standing.valid_accuracy();
            let accuracy =
                accuracy.map(|valid| format!(" with {valid:.2} % on the validation images")).unwrap_or_default();
            let drawing = drawing(arch, Some(space));
            let ties = self.told_ties().map(|ties| format!("; {ties}")).unwrap_or_default();
            let chance = self.told_chance().map(|chance| format!(" Of the candidates, {chance}.")).unwrap_or_default();
            format!("<p>The pick is <code>{}</code>{accuracy}{ties}.{chance}</p>\n{drawing}\n", breakable(arch))
        });
        // The results come right after the architecture, followed by what it was chosen by.
        let table = self.table()?;
        let mut names: Vec<String> = table.get_column_names().into_iter().map(ToString::to_string).collect();
        names.sort_by_key(|name| match name.as_str() {
            "arch" => 0,
            "valid_accuracy_sd" | "trainings" | "diverged_trainings" => 1,
            name if name.ends_with("accuracy") || name.starts_with("benchmark_") => 1,
            _ => 2,
        });
        let table = frames::rows(&table.select(names)?, usize::MAX, Some(space));
        let head = format!(
            "<h1>Confirmed: {}</h1>\n{}",
            counted(self.standings.len(), "architecture", "architectures"),
            said.unwrap_or_default()
        );
        Ok(Page::new("zeronas confirm", head)
            .section(Section::new("What was trained, the best first").html(&table))
            .section(Section::new("How it was trained").html(&listed(manifest)))
            .html())
    }

    /// Returns a table of the architectures, and the pick.
    pub fn text(&self) -> Text {
        let percent = |value: Option<f64>| Cell::number(value, 2);
        let mut columns = vec![
            Column::number("#").called("place").key(),
            Column::number("by scores").called("candidate").detail(),
            Column::number("mean rank").detail(),
        ];
        columns.extend(self.readings.proxies.iter().map(ranking::reading_column));
        columns.extend([Column::number("epochs"), Column::number("valid %").called("valid_accuracy")]);
        let has_seeds = self.seeds > 1;
        if has_seeds {
            columns.extend([Column::number("sd").called("valid_accuracy_sd"), Column::number("trainings")]);
        }
        columns.push(Column::number("test %").called("test_accuracy"));
        let target =
            |benchmark: &Benchmark| Column::number(&benchmark.target).called(format!("benchmark_{}", benchmark.target));
        columns.extend(self.benchmark.as_ref().map(target));
        columns.push(Column::word("architecture").called("arch").key());
        let mut table = Table::new("confirmed", columns);
        for (place, standing) in self.standings.iter().enumerate() {
            let mut row = vec![Cell::from(place + 1), (standing.candidate + 1).into()];
            row.push(Cell::number(Some(self.ranks[self.place(standing)]), 1));
            let reading = |proxy| ranking::reading_cell(self.reading(proxy, standing));
            row.extend(self.readings.proxies.iter().map(reading));
            row.push(if standing.diverged { standing.status().into() } else { standing.epochs.into() });
            row.push(percent(standing.valid_accuracy()));
            if has_seeds {
                row.extend([percent(standing.valid_deviation()), standing.trainings().count().into()]);
            }
            row.push(percent(standing.test_accuracy()));
            row.extend(self.benchmark.as_ref().map(|_| percent(self.benchmark_value(standing))));
            row.push(arch_cell(None, self.arch(standing)));
            table.row(row);
        }
        let pick = self.pick().map(Arch::as_str).unwrap_or_default();
        let ties = self.told_ties().map(|ties| format!("{ties}\n")).unwrap_or_default();
        let chance = self.told_chance().map(|chance| format!("{chance}\n")).unwrap_or_default();
        Text::from(table).and(format!("\npick: {pick}\n{chance}{ties}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::Nb101;

    /// A cell with its two convolutions in either order is the same cell, and the table has only its hash.
    #[test]
    fn a_table_of_nas_bench_101_knows_a_cell_in_any_writing() {
        let space = Nb101::default();
        let writings =
            ["0110000100010000;conv3x3-bn-relu,conv1x1-bn-relu", "0110000100010000;conv1x1-bn-relu,conv3x3-bn-relu"];
        let candidates = writings.map(|text| (space.parse(text).unwrap(), PathBuf::new()));
        let hash = space.key(&candidates[0].0).unwrap().unwrap();
        let dir = tempfile::tempdir().unwrap();
        let open = |hash: &str| {
            let path = dir.path().join("table.csv");
            std::fs::write(&path, format!("module_hash,accuracy\n{hash},90.5\n")).unwrap();
            BenchmarkTable::open(&path).unwrap()
        };
        let found = Benchmark::of(&candidates, &open(&hash), "accuracy", &space).unwrap();
        assert_eq!(found.values, [Some(90.5); 2]);
        let error = Benchmark::of(&candidates, &open(&"f".repeat(32)), "accuracy", &space).err().unwrap().to_string();
        assert!(error.contains("`benchmark=`") && error.contains("2 architectures"), "{error}");
    }
}
