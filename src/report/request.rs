//! The request that makes a report.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use super::average::{Readings, average};
use super::benchmark::rows;
use super::chosen::AskedAggregate;
use super::ground::{Ground, Made, PAGE};
use super::join::BadPolicy;
use super::reading::{ReadAs, space_of, target_names, targets};
use super::scores::Columns;
use super::subset::{self, Subset};
use super::{Error, Report, Settings};
use crate::job::Preset;
use crate::listener::Listener;
use crate::text::Text;

/// Correlates scores with a benchmark, with the uncertainty of every number, and writes pages, figures and tables.
#[derive(Clone, Debug)]
pub struct ReportRequest {
    /// Score files of any tool, or folders of their parts, all of one search space.
    pub scores: Vec<PathBuf>,
    /// The benchmark's table: a file, or `zeronas-mini`, which is built into the program.
    pub benchmark: PathBuf,
    /// Its numeric columns to compare with, in which more is better; may be empty where there is only one.
    pub targets: Vec<String>,
    /// Folder for the results.
    pub out: PathBuf,
    /// Which architectures to report on; [`Subset::All`] beside other rules makes a report of each. By default those of the protocol, or all.
    pub subset: Option<Vec<Subset>>,
    /// Further columns, each made of several proxies.
    pub aggregates: Vec<AskedAggregate>,
    /// What partial correlations control for: a proxy or a benchmark column; by default `params`, where there is one.
    pub given: Option<String>,
    /// How the files are read.
    pub read: ReadAs,
    /// Search space of score files that do not name theirs.
    pub space: Option<String>,
    /// What architectures without a score count as; where it is not given, as the protocol says, or else the default.
    pub bad: Option<BadPolicy>,
    /// The published protocol that supplies what is left open.
    pub protocol: Option<Preset>,
    /// Bootstrap draws for the intervals; 0 leaves them out.
    pub bootstrap: usize,
    /// Seed of the draws.
    pub seed: u64,
    /// How many of the best each measure of the head of a ranking looks at.
    pub top: Vec<NonZeroUsize>,
}

/// The result of a [`ReportRequest`].
pub struct Reported {
    /// A report for each alternative of the subset.
    pub reports: Vec<Report>,
    /// The page of each.
    pub pages: Vec<PathBuf>,
    /// The summaries of all reports.
    pub text: Text,
}

impl ReportRequest {
    /// Creates a request for a report of these scores against this benchmark into this folder, with default settings.
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

    /// Makes the reports and writes their files; alternative subsets get folders of their own.
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
        let settings = self.settings();
        let (read, given, table, protocol) =
            (&self.read, self.given.as_deref(), self.benchmark.as_path(), self.protocol);
        let space = found;
        let ground = Ground {
            read,
            given,
            protocol,
            table,
            settings,
            benchmark,
            targets,
            scores,
            scored,
            rows,
            aggregates,
            space,
        };
        let made = subset::alternatives(&self.subset());
        let made = made.into_iter().map(|rules| ground.make(rules)).collect::<crate::Result<Vec<Made>>>()?;
        let folder = |place: usize| if place == 0 { self.out.clone() } else { self.out.join(made[place].folder()) };
        let mut texts = Vec::new();
        for place in 0..made.len() {
            texts.push(ground.write(&made, place, &folder(place))?);
        }
        let pages = (0..made.len()).map(|place| folder(place).join(PAGE)).collect();
        Ok(Reported {
            pages,
            reports: made.into_iter().map(|made| made.report).collect(),
            text: Text::joined(texts, "\n\n"),
        })
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

fn check_proxies(setting: &'static str, names: &[String], readings: &Readings) -> super::Result<()> {
    let known = || readings.proxies.iter().map(|proxy| proxy.proxy.clone());
    match names.iter().find(|name| known().all(|known| known != **name)) {
        None => Ok(()),
        Some(name) => {
            Err(Error::UnknownProxy { setting, name: name.clone(), known: known().collect::<Vec<_>>().join(", ") })
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use serde_json::json;

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
        // The folder of a subset is named after its rules, without characters that the name of a folder cannot have.
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
