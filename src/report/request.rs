//! Reports as they are asked for.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use serde_json::json;
use zeronas_datasets::BenchmarkTable;

use super::aggregate::Aggregate;
use super::average::{Readings, average};
use super::benchmark::{rows, target};
use super::chosen::AskedAggregate;
use super::join::{BadPolicy, Target};
use super::page::{self, About};
use super::reading::{ReadAs, space_of, target_names, targets};
use super::scores::{Columns, ScoreFile, Scores};
use super::subset::{self, Knowledge, Subset, select};
use super::{Error, Report, Settings, display, report, tables};
use crate::job::Preset;
use crate::listener::Listener;
use crate::results::Folder;
use crate::space::SearchSpace;
use crate::text::Text;
use crate::words::Word;

/// Correlates scores with a benchmark, each number with its uncertainty, and writes pages, figures and tables.
#[derive(Clone, Debug)]
pub struct ReportRequest {
    /// Score files of any tool, or folders of their parts, all of one search space.
    pub scores: Vec<PathBuf>,
    /// The benchmark's table: a file, or `zeronas-mini`, the one in the program.
    pub benchmark: PathBuf,
    /// Its numeric columns to compare with, where more is better; may be left out where there is only one.
    pub targets: Vec<String>,
    /// Folder for the results.
    pub out: PathBuf,
    /// Which architectures; [`Subset::All`] beside others makes a report of each. The protocol's, or all, unless it is said.
    pub subset: Option<Vec<Subset>>,
    /// Further columns, each made of several proxies.
    pub aggregates: Vec<AskedAggregate>,
    /// What partial correlations are given: a proxy or a benchmark column; `params` where there is one unless it is said.
    pub given: Option<String>,
    /// How the files are read.
    pub read: ReadAs,
    /// Search space of score files that do not name theirs.
    pub space: Option<String>,
    /// What architectures without a score count as. The protocol's, or the default, unless it is said.
    pub bad: Option<BadPolicy>,
    /// The published protocol that says what is left open.
    pub protocol: Option<Preset>,
    /// Bootstrap draws for the intervals; 0 leaves them out.
    pub bootstrap: usize,
    /// Seed of the draws.
    pub seed: u64,
    /// How many of the best each measure of the head of a ranking looks at.
    pub top: Vec<NonZeroUsize>,
}

/// What a [`ReportRequest`] came to.
pub struct Reported {
    /// A report for each alternative of the subset.
    pub reports: Vec<Report>,
    /// The page of each.
    pub pages: Vec<PathBuf>,
    /// Their summaries.
    pub text: Text,
}

impl ReportRequest {
    /// A report of these scores against this benchmark into this folder, with default settings.
    pub fn new(scores: Vec<PathBuf>, benchmark: impl Into<PathBuf>, out: impl Into<PathBuf>) -> Self {
        let Settings { bootstrap, seed, top, .. } = Settings::default();
        ReportRequest {
            scores,
            benchmark: benchmark.into(),
            targets: Vec::new(),
            out: out.into(),
            subset: None,
            aggregates: Vec::new(),
            given: None,
            read: ReadAs::default(),
            space: None,
            bad: None,
            protocol: None,
            bootstrap,
            seed,
            top,
        }
    }

    /// Makes the report and writes its files, those of alternative subsets into folders of their own.
    ///
    /// # Errors
    /// Names the file, row, column, target or setting at fault.
    pub fn run(&self, listener: &dyn Listener) -> crate::Result<Reported> {
        let benchmark = self.read.open(&self.benchmark)?;
        let names = target_names(&benchmark, &self.targets)?;
        let columns = self.read.columns(Some(&benchmark), &names)?;
        let columns = Columns { space: self.space.clone().or(columns.space), ..columns };
        let scores = self.read.scores(&self.scores, &columns, listener)?;
        let scored = average(&scores)?;
        check_proxies("lower_is_better", &self.read.lower_is_better, &scored)?;
        let said = scores.said_space();
        if let (Some(asked), Some(said)) = (self.space.as_deref(), said)
            && asked != said
        {
            return Err(crate::Error::setting("space", format!("is {asked}, and the score files are of {said}")));
        }
        let named = said.or(self.space.as_deref());
        let found = space_of(named, Some(&benchmark), &scored.archs);
        let space = named.or(found.as_ref().map(|space| space.name()));
        let rows = rows(&benchmark, &scored.archs, found.as_deref())?;
        let targets = targets(&benchmark, &names, &scored.archs, &rows)?;
        let aggregates = self.aggregates.iter().map(|asked| asked.in_space(space)).collect();
        let ground = Ground { request: self, benchmark, targets, scores, scored, rows, aggregates, space: found };
        let (mut reports, mut pages, mut texts) = (Vec::new(), Vec::new(), Vec::new());
        for rules in subset::alternatives(&self.subset()) {
            let folder = if texts.is_empty() { self.out.clone() } else { self.out.join(subset::folder(&rules)) };
            let (report, text) = ground.write(&rules, &folder)?;
            reports.push(report);
            pages.push(folder.join("report.html"));
            texts.push(text);
        }
        Ok(Reported { reports, pages, text: Text::joined(texts, "\n\n") })
    }

    fn settings(&self) -> Settings {
        let mut top = self.top.clone();
        top.sort_unstable();
        top.dedup();
        let bad = self.bad.unwrap_or_else(|| self.of_protocol().1);
        Settings { bad, bootstrap: self.bootstrap, seed: self.seed, top }
    }

    fn subset(&self) -> Vec<Subset> {
        self.subset.clone().unwrap_or_else(|| self.of_protocol().0)
    }

    fn of_protocol(&self) -> (Vec<Subset>, BadPolicy) {
        self.protocol.map_or((vec![Subset::All], BadPolicy::default()), Preset::reading)
    }
}

/// What reports on all subsets have in common.
struct Ground<'a> {
    request: &'a ReportRequest,
    benchmark: BenchmarkTable,
    targets: Vec<Target>,
    scores: Scores,
    scored: Readings,
    /// The benchmark's row of each architecture.
    rows: Vec<Option<usize>>,
    aggregates: Vec<Aggregate>,
    space: Option<Box<dyn SearchSpace>>,
}

impl Ground<'_> {
    /// Writes the report on the architectures that these rules keep into `out`; the report and its summary.
    fn write(&self, rules: &[Subset], out: &Path) -> crate::Result<(Report, Text)> {
        let Ground { request, benchmark, targets, scores, scored, rows, aggregates, space } = self;
        let settings = request.settings();
        let direction = |proxy: &str| request.read.direction(proxy);
        let mut readings = scored.subset(&select_rows(rules, scored, benchmark, rows, space.as_deref())?);
        for aggregate in aggregates {
            let made = aggregate.apply(&readings, direction, settings.bad)?;
            readings.proxies.push(made);
        }
        let given = given(request.given.as_deref(), &readings, benchmark, &scored.archs, rows)?;
        let report = report(&readings, targets, given.as_ref(), &direction, &settings)?;

        let subset = subset::text(rules);
        let manifest = json!({
            "command": "report",
            "version": env!("CARGO_PKG_VERSION"),
            "benchmark": { "file": request.benchmark, "sha256": benchmark.fingerprint() },
            "targets": targets.iter().map(|target| &target.name).collect::<Vec<_>>(),
            "subset": { "rule": subset, "scored": scored.archs.len(), "kept": readings.archs.len() },
            "protocol": request.protocol,
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
        tables::write(&folder, &report, &readings, targets, &settings)?;
        let summary = display::summary_table(&report, &settings);
        folder.write_text("summary.md", &summary.markdown())?;
        folder.write_text("summary.tex", &summary.latex())?;
        let about = About { manifest: &manifest, files: &scores.files, settings: &settings };
        page::write(&folder, &report, &readings, targets, &about)?;
        let kept = match readings.archs.len() {
            kept if kept == scored.archs.len() => String::new(),
            kept => format!("subset {subset}: {kept} of {} scored architectures\n", scored.archs.len()),
        };
        let page = out.join("report.html");
        let text = Text::from(kept).and(display::summary_text(&report, &settings));
        Ok((report, text.and(format!("\npage: {}", page.display()))))
    }
}

fn check_proxies(setting: &'static str, names: &[String], readings: &Readings) -> super::Result<()> {
    let known = || readings.proxies.iter().map(|proxy| proxy.proxy.clone());
    match names.iter().find(|name| known().all(|known| known != **name)) {
        None => Ok(()),
        Some(name) => {
            Err(Error::UnknownProxy { setting, name: name.clone(), known: known().collect::<Vec<_>>().join(", ") })
        }
    }
}

/// The architectures that these rules keep.
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

/// What partial correlations are given: a proxy or a benchmark column, `params` where nothing is asked for.
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

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_report_goes_from_files_to_files() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("scores.csv"), crate::report::fixture::csv("a,naswot,0,1,,ok,1\nb,naswot,0,2,,ok,1\n")).unwrap();
        fs::write(at("scores.csv.manifest.json"), r#"{"version": "0"}"#).unwrap();
        fs::write(at("table.csv"), "arch,acc\na,50\nb,60\nc,\n").unwrap();
        let mut request = ReportRequest::new(vec![at("scores.csv")], at("table.csv"), at("out"));
        let text = |request: &ReportRequest| request.run(&()).unwrap().text.to_string();
        assert!(text(&request).contains("naswot"));
        request.run(&()).expect("an earlier report is replaced");
        for name in [
            "summary.csv",
            "summary.md",
            "summary.tex",
            "summary_long.parquet",
            "joined.csv",
            "joined.parquet",
            "report.html",
        ] {
            assert!(fs::metadata(at("out").join(name)).unwrap().len() > 0, "{name}");
        }
        // A folder of its own is called as the rules are, without what no folder can be called.
        fs::write(at("table.csv"), "arch,acc\na,50\nb,60\n").unwrap();
        request.subset = Some(vec![Subset::All, "acc>=60".parse().unwrap()]);
        assert!(text(&request).contains("subset acc>=60: 1 of 2"));
        assert!(fs::metadata(at("out/acc_60/report.html")).is_ok());
        let manifest: serde_json::Value =
            serde_json::from_str(&fs::read_to_string(at("out/manifest.json")).unwrap()).unwrap();
        assert_eq!(manifest["scores"][0]["manifest"]["version"], "0");
        assert_eq!(manifest["targets"], json!(["acc"]));
    }

    #[test]
    fn settings_left_out_are_the_defaults() {
        let request = ReportRequest::new(Vec::new(), "table.csv", "out");
        assert_eq!(request.settings(), Settings::default());
        let top = [5, 1, 5].into_iter().filter_map(NonZeroUsize::new).collect();
        let sorted = ReportRequest { top, ..request }.settings().top;
        assert_eq!(sorted.iter().map(|k| k.get()).collect::<Vec<_>>(), [1, 5]);
    }
}
