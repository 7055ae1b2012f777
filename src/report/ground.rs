//! Reports on subsets of the architectures, from scores, a benchmark and a request to the files.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use serde_json::json;
use zeronas_datasets::BenchmarkTable;

use super::aggregate::Aggregate;
use super::average::Readings;
use super::benchmark::target;
use super::join::Target;
use super::noise::noise;
use super::operations::operations;
use super::page::{self, About, Alternative};
use super::reading::ReadAs;
use super::scores::{ScoreFile, Scores};
use super::seeds::spread;
use super::subset::{self, Knowledge, Subset, select};
use super::{Error, Extra, Report, Settings, display, report, tables};
use crate::job::Preset;
use crate::results::Folder;
use crate::space::SearchSpace;
use crate::text::Text;
use crate::words::Word;

/// What reports on all subsets have in common.
pub(super) struct Ground<'a> {
    /// How files are read, and whether higher or lower scores of a proxy are better.
    pub read: &'a ReadAs,
    /// What partial correlations control for, where it is given.
    pub given: Option<&'a str>,
    /// The published protocol that supplies what is left open.
    pub protocol: Option<Preset>,
    /// The file of the benchmark.
    pub table: &'a Path,
    /// Settings of the reports.
    pub settings: Settings,
    pub benchmark: BenchmarkTable,
    pub targets: Vec<Target>,
    pub scores: Scores,
    pub scored: Readings,
    /// The benchmark's row of each architecture.
    pub rows: Vec<Option<usize>>,
    pub aggregates: Vec<Aggregate>,
    pub space: Option<Box<dyn SearchSpace>>,
}

/// A report on the architectures that some rules keep.
pub(super) struct Made {
    rules: Vec<Subset>,
    readings: Readings,
    pub report: Report,
}

impl Made {
    /// Returns the name of the folder that it is written to, unless it is the first.
    pub fn folder(&self) -> String {
        subset::folder(&self.rules)
    }
}

/// The page of a report.
pub(super) const PAGE: &str = "report.html";

impl Ground<'_> {
    /// The report on the architectures that these rules keep.
    pub fn make(&self, rules: Vec<Subset>) -> crate::Result<Made> {
        let Ground { benchmark, targets, scored, rows, aggregates, space, .. } = self;
        let settings = &self.settings;
        let direction = |proxy: &str| self.read.direction(proxy);
        let mut readings = scored.subset(&select_rows(&rules, scored, benchmark, rows, space.as_deref())?);
        for aggregate in aggregates {
            let made = aggregate.apply(&readings, direction, settings.bad)?;
            readings.proxies.push(made);
        }
        let given = given(self.given, &readings, benchmark, &scored.archs, rows)?;
        let report = report(&readings, targets, given.as_ref(), &direction, settings)?;
        Ok(Made { rules, readings, report })
    }

    /// Writes one of the reports into `out` and returns its summary.
    pub fn write(&self, all: &[Made], place: usize, out: &Path) -> crate::Result<Text> {
        let Ground { benchmark, targets, scores, scored, aggregates, space, .. } = self;
        let Made { rules, readings, report } = &all[place];
        let settings = &self.settings;
        let direction = |proxy: &str| self.read.direction(proxy);
        let subset = subset::text(rules);
        let manifest = json!({
            "command": "report",
            "version": env!("CARGO_PKG_VERSION"),
            "benchmark": { "file": self.table, "sha256": benchmark.fingerprint() },
            "targets": targets.iter().map(|target| &target.name).collect::<Vec<_>>(),
            "subset": { "rule": subset, "scored": scored.archs.len(), "kept": readings.archs.len() },
            "protocol": self.protocol,
            "bad": settings.bad.word(),
            "given": report.given,
            "aggregates": aggregates
                .iter()
                .map(|aggregate| json!({ "aggregate": aggregate.to_string(), "label_free": true }))
                .collect::<Vec<_>>(),
            "bootstrap": settings.bootstrap,
            "seed": settings.seed,
            "top": settings.top,
            "scores": scores.files.iter().map(ScoreFile::described).collect::<Vec<_>>(),
        });
        let folder = Folder::create(out, &manifest)?;
        let kept: HashMap<&str, Option<usize>> =
            scored.archs.iter().map(String::as_str).zip(self.rows.iter().copied()).collect();
        let row = |arch: &String| kept.get(arch.as_str()).copied().flatten();
        let rows: Vec<Option<usize>> = readings.archs.iter().map(row).collect();
        let known: Vec<usize> = rows.iter().copied().flatten().collect();
        let own: HashSet<&str> = readings.archs.iter().map(String::as_str).collect();
        let noise = targets.iter().filter_map(|target| noise(benchmark, &target.name, &known).transpose());
        let space = space.as_deref();
        let extra = Extra {
            operations: operations(readings, targets, &direction, space),
            seeds: spread(scores, &|arch| own.contains(arch), &direction, settings.bad)?,
            noise: noise.collect::<crate::Result<_>>()?,
        };
        tables::write(&folder, report, readings, targets, settings)?;
        tables::write_extra(&folder, &extra)?;
        let summary = display::summary_table(report, settings);
        folder.write_text("summary.md", &summary.markdown())?;
        folder.write_text("summary.tex", &summary.latex())?;
        let about = About {
            manifest: &manifest,
            files: &scores.files,
            settings,
            direction: &direction,
            space,
            extra: &extra,
            alternatives: &alternatives(all, place),
            at: place,
            columns: self.columns(&rows)?,
        };
        page::write(&folder, report, readings, targets, &about)?;
        let kept = match readings.archs.len() {
            kept if kept == scored.archs.len() => String::new(),
            kept => format!("subset {subset}: {kept} of {} scored architectures\n", scored.archs.len()),
        };
        let page = out.join(PAGE);
        let text = Text::from(kept).and(display::summary_text(report, settings));
        Ok(text.and(format!("\npage: {}", page.display())))
    }

    /// The benchmark's columns that are not targets, at these rows, for readers to explore by; sizes come first.
    fn columns(&self, rows: &[Option<usize>]) -> crate::Result<Vec<(String, Vec<Option<f64>>)>> {
        let of = |name: String| {
            let values = self.benchmark.column(&name)?;
            Ok((name, rows.iter().map(|row| values[(*row)?]).collect()))
        };
        let is_target = |name: &String| self.targets.iter().any(|target| target.name == *name);
        let mut names: Vec<String> = self.benchmark.numeric_columns();
        names.retain(|name| !is_target(name));
        names.sort_by_key(|name| !["params", "flops", "macs"].iter().any(|size| name.contains(size)));
        names.into_iter().map(of).collect()
    }
}

/// All reports, each with the path of its page as seen from the page of the report `at`.
fn alternatives(all: &[Made], at: usize) -> Vec<Alternative<'_>> {
    let page = |place: usize, made: &Made| match (at, place) {
        (0, 0) => PAGE.to_owned(),
        (0, _) => format!("{}/{PAGE}", made.folder()),
        (_, 0) => format!("../{PAGE}"),
        (_, _) => format!("../{}/{PAGE}", made.folder()),
    };
    let mut alternatives = Vec::with_capacity(all.len());
    for (place, made) in all.iter().enumerate() {
        let Made { rules, readings, report } = made;
        let (rule, kept, page) = (subset::text(rules), readings.archs.len(), page(place, made));
        alternatives.push(Alternative { rule, kept, page, report });
    }
    alternatives
}

/// Selects the architectures that these rules keep.
fn select_rows(
    asked: &[Subset],
    readings: &Readings,
    benchmark: &BenchmarkTable,
    rows: &[Option<usize>],
    space: Option<&dyn SearchSpace>,
) -> super::Result<Vec<bool>> {
    let column = |name: &str| {
        let values = benchmark.column(name).ok()?;
        Some(rows.iter().map(|row| values[(*row)?]).collect())
    };
    let no_dead_edges = |arch: &str| -> Result<bool, String> {
        let space = space.ok_or("the score files do not name their search space; name it by `space=`")?;
        let parts = space.parse(arch).and_then(|arch| space.graph(&arch)).map_err(|error| error.to_string())?;
        Ok(parts.iter().all(|part| part.live))
    };
    select(readings, asked, &Knowledge { column: &column, no_dead_edges: &no_dead_edges })
}

/// What partial correlations control for: a proxy or a benchmark column; `params`, if there is one, where nothing is asked for.
fn given(
    asked: Option<&str>,
    readings: &Readings,
    benchmark: &BenchmarkTable,
    archs: &[String],
    rows: &[Option<usize>],
) -> crate::Result<Option<Target>> {
    let name = asked.unwrap_or("params");
    if let Some(numbers) = readings.numbers(name) {
        let values = readings.archs.iter().zip(numbers);
        let values = values.filter_map(|(arch, number)| Some((arch.clone(), number?))).collect();
        return Ok(Some(Target { name: name.to_owned(), values }));
    }
    if benchmark.numeric_columns().iter().any(|column| column == name) {
        return target(benchmark, name, archs, rows).map(Some);
    }
    match asked {
        None => Ok(None),
        Some(name) => {
            let proxies = readings.proxies.iter().map(|proxy| proxy.proxy.clone());
            let known = proxies.chain(benchmark.numeric_columns()).collect::<Vec<_>>().join(", ");
            Err(Error::Given { name: name.to_owned(), known }.into())
        }
    }
}
