//! `zeronas report`: correlations of scores with a benchmark, printed and written with their uncertainty.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use serde_json::json;
use zeronas_datasets::BenchmarkTable;

use super::reading::{AskedAggregate, Bad, ReadArgs, space_of, target_names, targets};
use crate::job::Preset;
use crate::report::aggregate::Aggregate;
use crate::report::average::{Readings, average};
use crate::report::benchmark::{rows, target};
use crate::report::join::{BadPolicy, Target};
use crate::report::page::{self, About};
use crate::report::scores::Columns;
use crate::report::scores::{ScoreFile, Scores};
use crate::report::subset::{self, Knowledge, Subset, select};
use crate::report::{Error, Settings, display, report, tables};
use crate::results::Folder;
use crate::space::SearchSpace;

/// Correlate scores with a benchmark, each number with its uncertainty
///
/// Joins score files with a benchmark table by architecture and gives, for each target and proxy, Spearman's rho,
/// Kendall's tau-b and Pearson's r, Spearman's rho given the number of parameters, and for each k nDCG, precision, the best
/// architecture among the top k and its regret, all with 95 % bootstrap intervals; the correlations inside each tenth by
/// target; and for every two proxies which is better. Correlations are signed. Scores are averaged over seeds before
/// ranking; a proxy with a column ln_score (synflow) is averaged, and enters Pearson's r, as logarithm.
///
/// Score files are those of `zeronas score`, or another tool's: a table with a row per architecture (`arch`, `net`, ..., or the
/// benchmark's `index`) and a column per proxy, or a row per architecture and proxy. docs/tables.md says what is read.
///
/// Writes report.html (one file, for any browser), figures/*.svg, the tables behind them as CSV and Parquet, each wide and
/// long (NAME_long), and manifest.json into the folder of --out.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  zeronas report scores.parquet --benchmark table.parquet --target c10_test_200 --out report
  zeronas report shard-*.parquet --benchmark table.parquet --target c10_test_200,c100_test_200 \\
      --bad drop --top 1,5,10,50 --out report
  zeronas report ours.parquet theirs.csv --benchmark table.parquet --target c10_test_200 --given c10_params \\
      --subset no-dead-edges --aggregate 'both=logrank(naswot,synflow)' --out report")]
pub struct ReportArgs {
    /// Score files of any tool, or folders of their parts, all of one search space; parts and other seeds are combined
    #[arg(required = true)]
    scores: Vec<PathBuf>,

    /// Benchmark table: Parquet, CSV or JSON lines with a column that names architectures and numeric columns, or `zeronas-mini`, the one
    /// that comes with the program
    #[arg(long, value_name = "TABLE")]
    benchmark: PathBuf,

    /// Numeric benchmark columns to compare with, where more is better; may be left out where there is only one
    #[arg(long = "target", value_name = "COLUMN", value_delimiter = ',')]
    targets: Vec<String>,

    /// Folder for the results; created if missing, and an earlier report in it is replaced
    #[arg(long, value_name = "DIR")]
    out: PathBuf,

    /// Which architectures: all, valid (no bad status), no-dead-edges, unique (one a network), or a condition on a
    /// benchmark column or proxy, as params>100000; of several, all must hold. `all` with others is a report of all architectures, and
    /// one of those that the others keep in a folder of its own inside it: all,no-dead-edges
    /// [default: all]
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    subset: Option<Vec<Subset>>,

    /// Another column made of several proxies: NAME=logrank(proxy,proxy) sums ln(rank/m), meanrank(...) averages ranks, meanz(...)
    /// z-scores; none uses a target. Without NAME= it is called by its expression. `default` is the one that other search spaces
    /// recommend, see `zeronas aggregates`; `vkdnw_single`, `vkdnw_agg` and `swap_regularised` are the published ones
    #[arg(long = "aggregate", value_name = "[NAME=]RULE(PROXIES)|NAME|default")]
    aggregates: Vec<AskedAggregate>,

    /// The proxy or benchmark column that partial correlations are given [default: `params`, where there is one]
    #[arg(long, value_name = "NAME")]
    given: Option<String>,

    #[command(flatten)]
    read: ReadArgs,

    /// Search space of score files that do not name theirs, for --subset no-dead-edges
    #[arg(long, value_name = "SPACE")]
    space: Option<String>,

    /// How architectures without a score (disconnected, singular, ...) count [default: worst]
    #[arg(long, value_enum)]
    bad: Option<Bad>,

    /// Use a published comparison's --subset and --bad where they are not given
    #[arg(long, value_enum)]
    protocol: Option<Preset>,

    /// Bootstrap draws for the intervals; 0 leaves them out
    #[arg(long, value_name = "N", default_value_t = 1000)]
    bootstrap: usize,

    /// Seed of the bootstrap draws
    #[arg(long, default_value_t = 0)]
    seed: u64,

    /// Look at the K best scores (best target, regret, precision, nDCG) for each K; ties at the K-th place by expectation
    #[arg(long, value_name = "K", value_delimiter = ',', default_value = "1,10,100,1000")]
    top: Vec<NonZeroUsize>,
}

impl ReportArgs {
    fn settings(&self) -> Settings {
        let mut top = self.top.clone();
        top.sort_unstable();
        top.dedup();
        let bad = self.bad.map_or(self.reading().1, BadPolicy::from);
        Settings { bad, bootstrap: self.bootstrap, seed: self.seed, top }
    }

    fn subset(&self) -> Vec<Subset> {
        self.subset.clone().unwrap_or_else(|| self.reading().0)
    }

    fn reading(&self) -> (Vec<Subset>, BadPolicy) {
        self.protocol.map_or((vec![Subset::All], BadPolicy::default()), Preset::reading)
    }
}

/// Makes the report; its summary.
///
/// # Errors
/// Names the file, row, column or target at fault.
pub fn run(args: &ReportArgs) -> crate::Result<String> {
    Ok(make(args)? + "\n")
}

/// Writes the report's files, those of alternative subsets in folders of their own, and gives the summaries as text.
fn make(args: &ReportArgs) -> crate::Result<String> {
    let benchmark = args.read.archs.open(&args.benchmark)?;
    let names = target_names(&benchmark, &args.targets)?;
    let columns = args.read.columns(Some(&benchmark), &names)?;
    let columns = Columns { space: args.space.clone().or(columns.space), ..columns };
    let scores = args.read.scores(&args.scores, &columns)?;
    let scored = average(&scores)?;
    check_proxies("--lower-is-better", &args.read.lower_is_better, &scored)?;
    let said = scores.said_space();
    if let (Some(asked), Some(said)) = (args.space.as_deref(), said)
        && asked != said
    {
        return Err(crate::Error::flag("--space", format!("is {asked}, and the score files are of {said}")));
    }
    let named = said.or(args.space.as_deref());
    let found = space_of(named, Some(&benchmark), &scored.archs);
    let space = named.or(found.as_ref().map(|space| space.name()));
    let rows = rows(&benchmark, &scored.archs, found.as_deref())?;
    let targets = targets(&benchmark, &names, &scored.archs, &rows)?;
    let aggregates = args.aggregates.iter().map(|asked| asked.in_space(space)).collect();
    let ground = Ground { args, benchmark, targets, scores, scored, rows, aggregates, space: found };
    let mut texts = Vec::new();
    for rules in subset::alternatives(&args.subset()) {
        let folder = if texts.is_empty() { args.out.clone() } else { args.out.join(subset::folder(&rules)) };
        texts.push(ground.write(&rules, &folder)?);
    }
    Ok(texts.join("\n\n"))
}

/// What reports on all subsets have in common.
struct Ground<'a> {
    args: &'a ReportArgs,
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
    /// Writes the report on the architectures that these rules keep into `out`; its summary.
    fn write(&self, rules: &[Subset], out: &Path) -> crate::Result<String> {
        let Ground { args, benchmark, targets, scores, scored, rows, aggregates, space } = self;
        let settings = args.settings();
        let direction = |proxy: &str| args.read.direction(proxy);
        let mut readings = scored.subset(&select_rows(rules, scored, benchmark, rows, space.as_deref())?);
        for aggregate in aggregates {
            let made = aggregate.apply(&readings, direction, settings.bad)?;
            readings.proxies.push(made);
        }
        let given = given(args.given.as_deref(), &readings, benchmark, &scored.archs, rows)?;
        let report = report(&readings, targets, given.as_ref(), &direction, &settings)?;

        let subset = subset::text(rules);
        let manifest = json!({
            "command": "report",
            "version": env!("CARGO_PKG_VERSION"),
            "benchmark": { "file": args.benchmark, "sha256": benchmark.fingerprint() },
            "targets": targets.iter().map(|target| &target.name).collect::<Vec<_>>(),
            "subset": { "rule": subset, "scored": scored.archs.len(), "kept": readings.archs.len() },
            "protocol": args.protocol,
            "bad": settings.bad.name(),
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
        let about = About { manifest: &manifest, files: &scores.files, settings: &settings };
        page::write(&folder, &report, &readings, targets, &about)?;
        let kept = match readings.archs.len() {
            kept if kept == scored.archs.len() => String::new(),
            kept => format!("subset {subset}: {kept} of {} scored architectures\n", scored.archs.len()),
        };
        let page = out.join("report.html");
        Ok(format!("{kept}{}\npage: {}", display::summary_text(&report, &settings), page.display()))
    }
}

fn check_proxies(flag: &'static str, names: &[String], readings: &Readings) -> Result<(), Error> {
    let known = || readings.proxies.iter().map(|proxy| proxy.proxy.clone());
    match names.iter().find(|name| known().all(|known| known != **name)) {
        None => Ok(()),
        Some(name) => {
            Err(Error::UnknownProxy { flag, name: name.clone(), known: known().collect::<Vec<_>>().join(", ") })
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
) -> Result<Vec<bool>, Error> {
    let column = |name: &str| {
        let values = benchmark.column(name).ok()?;
        Some(rows.iter().map(|row| values[(*row)?]).collect())
    };
    let no_dead_edges = |arch: &str| -> Result<bool, String> {
        let space = space.ok_or("the score files do not name their search space; name it by --space")?;
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

    use clap::Parser;

    use super::*;
    use crate::report::join::BadPolicy;

    #[derive(Parser)]
    struct Cli {
        #[command(flatten)]
        report: ReportArgs,
    }

    fn parse(line: &str) -> ReportArgs {
        Cli::try_parse_from(line.split_whitespace()).unwrap().report
    }

    #[test]
    fn arguments_become_settings() {
        let defaults = parse("report a.parquet --benchmark t.csv --out d");
        assert_eq!(defaults.settings(), Settings::default());
        let asked = parse("report a.csv b.csv --benchmark t.csv --out d --target x,y --bad drop --top 5,1,5");
        assert_eq!((asked.scores.len(), asked.targets.len(), asked.settings().bad), (2, 2, BadPolicy::Drop));
        assert_eq!(asked.settings().top.iter().map(|k| k.get()).collect::<Vec<_>>(), [1, 5]);
        assert!(Cli::try_parse_from("report a --benchmark t --out d --top 0".split(' ')).is_err());
    }

    #[test]
    fn a_report_goes_from_files_to_files() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name).display().to_string();
        fs::write(at("scores.csv"), crate::report::fixture::csv("a,naswot,0,1,,ok,1\nb,naswot,0,2,,ok,1\n")).unwrap();
        fs::write(at("scores.csv.manifest.json"), r#"{"version": "0"}"#).unwrap();
        fs::write(at("table.csv"), "arch,acc\na,50\nb,60\nc,\n").unwrap();
        let line = format!("report {} --benchmark {} --out {}", at("scores.csv"), at("table.csv"), at("out"));
        assert!(make(&parse(&line)).unwrap().contains("naswot"));
        make(&parse(&line)).expect("an earlier report is replaced");
        for name in ["summary.csv", "summary_long.parquet", "joined.csv", "joined.parquet", "report.html"] {
            assert!(fs::metadata(folder.path().join("out").join(name)).unwrap().len() > 0, "{name}");
        }
        // A folder of its own is called as the rules are, without what no folder can be called.
        fs::write(at("table.csv"), "arch,acc\na,50\nb,60\n").unwrap();
        let text = make(&parse(&format!("{line} --subset all,acc>=60"))).unwrap();
        assert!(text.contains("subset acc>=60: 1 of 2"), "{text}");
        assert!(fs::metadata(folder.path().join("out/acc_60/report.html")).is_ok());
        let manifest: serde_json::Value =
            serde_json::from_str(&fs::read_to_string(folder.path().join("out/manifest.json")).unwrap()).unwrap();
        assert_eq!(manifest["scores"][0]["manifest"]["version"], "0");
        assert_eq!(manifest["targets"], json!(["acc"]));
    }
}
