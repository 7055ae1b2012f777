//! `zeronas report`: correlations of scores with a benchmark, printed and written with their uncertainty.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::ValueEnum;
use serde_json::json;
use zeronas_datasets::BenchmarkTable;

use crate::report::average::average;
use crate::report::join::{BadPolicy, Direction, Target, choose_targets};
use crate::report::output::{Folder, joined_table, summary_table};
use crate::report::scores::{ScoreFile, Scores};
use crate::report::summary::summarise;
use crate::report::{Error, Settings, display};

/// Correlate scores with a benchmark, each number with its uncertainty
///
/// Joins score files with a benchmark table by architecture and gives, for each target and proxy, Spearman's rho,
/// Kendall's tau-b and Pearson's r with 95 % bootstrap intervals, and the best architecture among the top k.
/// Correlations are signed. Scores are averaged over seeds before ranking; a proxy with a column ln_score (synflow) is
/// averaged, and enters Pearson's r, as logarithm.
///
/// Writes summary.csv, summary.parquet, joined.csv, joined.parquet and manifest.json into the folder of --out.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  zeronas report scores.parquet --benchmark nats_tss.parquet --target c10_test_200 --out report
  zeronas report shard-*.parquet --benchmark nats_tss.parquet --target c10_test_200,c100_test_200 \\
      --bad drop --top 1,5,10,50 --out report")]
pub struct ReportArgs {
    /// Score files (Parquet, or CSV where the name ends in .csv), all of one search space; shards and other seeds add up
    #[arg(required = true)]
    scores: Vec<PathBuf>,

    /// Benchmark table: Parquet or CSV with a column `arch` or `arch_str` and numeric columns
    #[arg(long, value_name = "TABLE")]
    benchmark: PathBuf,

    /// Numeric benchmark columns to compare with, where more is better; may be left out where there is only one
    #[arg(long = "target", value_name = "COLUMN", value_delimiter = ',')]
    targets: Vec<String>,

    /// Folder for the results; made where it is not there, and an earlier report in it is replaced
    #[arg(long, value_name = "DIR")]
    out: PathBuf,

    /// What architectures without a number (disconnected, singular, ...) count as
    #[arg(long, value_enum, default_value_t = Bad::Worst)]
    bad: Bad,

    /// Bootstrap draws for the intervals; 0 leaves them out
    #[arg(long, value_name = "N", default_value_t = 1000)]
    bootstrap: usize,

    /// Seed of the bootstrap draws
    #[arg(long, default_value_t = 0)]
    seed: u64,

    /// Give the best target among the K best scores, for each K; ties at the K-th place by expectation
    #[arg(long, value_name = "K", value_delimiter = ',', default_value = "1,10,100")]
    top: Vec<NonZeroUsize>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Bad {
    /// They share the worst rank, and are left out of Pearson's r
    Worst,
    /// They are left out of everything
    Drop,
}

impl ReportArgs {
    fn settings(&self) -> Settings {
        let bad = match self.bad {
            Bad::Worst => BadPolicy::Worst,
            Bad::Drop => BadPolicy::Drop,
        };
        let mut top = self.top.clone();
        top.sort_unstable();
        top.dedup();
        Settings { bad, bootstrap: self.bootstrap, seed: self.seed, top }
    }
}

/// Makes the report and prints its summary.
///
/// # Errors
/// Names the file, row, column or target at fault.
pub fn run(args: &ReportArgs) -> crate::Result<()> {
    let summary = make(args)?;
    crate::print(&(summary + "\n"))
}

/// Writes the report's files and gives its summary as text.
fn make(args: &ReportArgs) -> Result<String, Error> {
    let settings = args.settings();
    let benchmark = BenchmarkTable::open(&args.benchmark)?;
    let targets = targets(&benchmark, &args.targets)?;
    let scores = Scores::read(&args.scores)?;
    let readings = average(&scores)?;
    let rows = summarise(&readings, &targets, direction, &settings)?;

    let folder = Folder::create(&args.out, &manifest(args, &benchmark, &targets, &settings, &scores.files))?;
    folder.write("summary", summary_table(&rows, &settings))?;
    folder.write("joined", joined_table(&readings, &targets))?;
    Ok(display::summary_text(&rows, &settings))
}

/// What the proxy declares; scores of proxies that are not ours are taken to be the better the higher.
fn direction(proxy: &str) -> Direction {
    match zeronas_proxies::proxy::find(&[proxy]) {
        Ok(found) if found[0].info().direction == zeronas_proxies::proxy::Direction::Lower => Direction::Lower,
        _ => Direction::Higher,
    }
}

fn targets(benchmark: &BenchmarkTable, asked: &[String]) -> Result<Vec<Target>, Error> {
    let load = |name: String| {
        let column = benchmark.column(&name)?;
        let known = benchmark
            .architectures()
            .zip(column)
            .filter_map(|(arch, value)| value.filter(|value| value.is_finite()).map(|value| (arch.to_owned(), value)));
        Ok(Target { values: known.collect(), name })
    };
    choose_targets(asked, &benchmark.numeric_columns())?.into_iter().map(load).collect()
}

fn manifest(
    args: &ReportArgs,
    benchmark: &BenchmarkTable,
    targets: &[Target],
    settings: &Settings,
    scores: &[ScoreFile],
) -> serde_json::Value {
    let scores: Vec<_> = scores.iter().map(|file| json!({ "file": file.path, "manifest": file.manifest })).collect();
    json!({
        "command": "report",
        "version": env!("CARGO_PKG_VERSION"),
        "benchmark": { "file": args.benchmark, "sha256": benchmark.fingerprint() },
        "targets": targets.iter().map(|target| &target.name).collect::<Vec<_>>(),
        "bad": match settings.bad { BadPolicy::Worst => "worst", BadPolicy::Drop => "drop" },
        "bootstrap": settings.bootstrap,
        "seed": settings.seed,
        "top": settings.top,
        "scores": scores,
    })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use clap::Parser;

    use super::*;

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
        for name in ["summary.csv", "summary.parquet", "joined.csv", "joined.parquet"] {
            assert!(fs::metadata(folder.path().join("out").join(name)).unwrap().len() > 0, "{name}");
        }
        let manifest: serde_json::Value =
            serde_json::from_str(&fs::read_to_string(folder.path().join("out/manifest.json")).unwrap()).unwrap();
        assert_eq!(manifest["scores"][0]["manifest"]["version"], "0");
        assert_eq!(manifest["targets"], json!(["acc"]));
    }
}
