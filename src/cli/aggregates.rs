//! `zeronas aggregates`: which proxies rank best together, and which to trust on a space without accuracies.

use super::reading::{Bad, ReadArgs, space_of, target_names, targets};
use crate::report::aggregate::{Aggregate, Rule};
use crate::report::average::average;
use crate::report::benchmark::rows;
use crate::report::choice::{
    Choice, Ground, Judged, candidates, choice_table, choices, common_proxies, judge, judged_table,
};
use crate::report::join::check_overlap;
use crate::report::{self, display, terminal};
use crate::results::Folder;
use crate::search::source::fingerprints;
use crate::space::check_ranges;
use crate::{Error, Result};
use serde_json::json;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

/// Find the aggregate that ranks best, and for each space the one that the other spaces recommend
///
/// Takes score files of several search spaces, each with its benchmark and target. Judges every set of two to --most proxies
/// under every rule by Kendall's tau-b on each space. For each space it then names the candidate with the highest mean tau on the
/// other spaces, and its tau on the space itself: an aggregate chosen in this way has not seen a label of the space it is used on.
/// `--aggregate default` of a report was chosen like this.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  zeronas aggregates one.parquet other.parquet third.parquet --benchmark one-table.parquet other-table.parquet third-table.parquet \\
      --target c10_test_200 c10_test_90 test_acc_108_mean3 --out aggregates")]
pub struct AggregatesArgs {
    /// Score files, one per search space
    #[arg(required = true, value_name = "SCORES")]
    scores: Vec<PathBuf>,

    /// Benchmark tables, one per score file, in their order
    #[arg(long = "benchmark", value_name = "TABLE", num_args = 1.., required = true)]
    benchmarks: Vec<PathBuf>,

    /// Columns of the benchmarks in which more is better, one per score file, in their order
    #[arg(long = "target", value_name = "COLUMN", num_args = 1.., required = true)]
    targets: Vec<String>,

    /// Proxies to combine [default: those that all files have]
    #[arg(long, value_name = "PROXIES", value_delimiter = ',')]
    proxies: Option<Vec<String>>,

    /// Rules to try: logrank, meanrank, meanz
    #[arg(long, value_name = "RULES", value_delimiter = ',', value_parser = rule, default_value = "logrank,meanrank,meanz")]
    rules: Vec<Rule>,

    /// Largest number of proxies in one aggregate
    #[arg(long, value_name = "N", default_value = "2")]
    most: NonZeroUsize,

    /// How architectures without a score count
    #[arg(long, value_enum, default_value_t = Bad::Worst)]
    bad: Bad,

    #[command(flatten)]
    read: ReadArgs,

    /// Print this many of the best
    #[arg(long, value_name = "N", default_value_t = 10)]
    rows: usize,

    /// Folder for aggregates (a row per candidate) and choices (a row per space) as CSV and Parquet
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

fn rule(text: &str) -> std::result::Result<Rule, String> {
    let found = Rule::ALL.into_iter().find(|rule| rule.name() == text);
    found.ok_or_else(|| format!("the rules are {}", Rule::ALL.map(Rule::name).join(", ")))
}

/// Judges and prints.
///
/// # Errors
/// Names the file or flag at fault.
pub fn run(args: &AggregatesArgs) -> Result<()> {
    check_ranges(&[("most", args.most.get(), 2..=4)])?;
    for (flag, count) in [("--benchmark", args.benchmarks.len()), ("--target", args.targets.len())] {
        if count != args.scores.len() {
            let problem = format!("{count} for {} score files; each needs one", args.scores.len());
            return Err(Error::flag(flag, problem));
        }
    }
    let grounds = args.scores.iter().zip(&args.benchmarks).zip(&args.targets);
    let grounds = grounds.map(|((scores, benchmark), target)| ground(args, scores, benchmark, target));
    let grounds = grounds.collect::<Result<Vec<_>>>()?;
    let candidates = args.candidates(&grounds)?;
    let judged = judge(&candidates, &grounds, &|proxy| args.read.direction(proxy), args.bad.into())?;
    let choices = choices(&judged, &grounds);
    if let Some(out) = &args.out {
        let manifest = json!({
            "command": "aggregates",
            "version": env!("CARGO_PKG_VERSION"),
            "scores": fingerprints(&args.scores)?,
            "benchmarks": fingerprints(&args.benchmarks)?,
            "targets": args.targets,
            "rules": args.rules.iter().map(|rule| rule.name()).collect::<Vec<_>>(),
            "most": args.most,
            "candidates": candidates.len(),
        });
        let folder = Folder::create(out, &manifest)?;
        folder.write("aggregates", judged_table(&judged, &grounds))?;
        folder.write("choices", choice_table(&choices, &grounds))?;
    }
    crate::print(&text(&judged, &choices, &grounds, args.rows))
}

impl AggregatesArgs {
    fn candidates(&self, grounds: &[Ground]) -> Result<Vec<Aggregate>> {
        let common = common_proxies(grounds);
        let unknown = self.proxies.iter().flatten().find(|name| !common.contains(name));
        if let Some(name) = unknown {
            let known = common.join(", ");
            return Err(report::Error::UnknownProxy { flag: "--proxies", name: name.clone(), known }.into());
        }
        let proxies = self.proxies.clone().unwrap_or(common);
        if proxies.len() < 2 {
            return Err(Error::flag(
                "--proxies",
                "an aggregate is made of two proxies or more that all score files have",
            ));
        }
        Ok(candidates(&proxies, &self.rules, self.most.get()))
    }
}

fn ground(args: &AggregatesArgs, scores: &Path, benchmark: &Path, target: &str) -> Result<Ground> {
    let benchmark = args.read.archs.open(benchmark)?;
    let names = target_names(&benchmark, &[target.to_owned()])?;
    let read = args.read.scores(&[scores], &args.read.columns(Some(&benchmark), &names)?)?;
    let stem = || scores.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let name = read.space.clone().unwrap_or_else(stem);
    let readings = average(&read)?;
    let space = space_of(read.space.as_deref(), Some(&benchmark), &readings.archs);
    let rows = rows(&benchmark, &readings.archs, space.as_deref())?;
    let mut target = targets(&benchmark, &names, &readings.archs, &rows)?;
    check_overlap(&readings, &target)?;
    Ok(Ground { name, readings, target: target.remove(0) })
}

fn text(judged: &[Judged], choices: &[Choice<'_>], grounds: &[Ground], rows: usize) -> String {
    let tau = |value: f64| terminal::right(display::number(Some(value), 3));
    let names = grounds.iter().map(|ground| format!("{}\n{}", ground.name, ground.target.name));
    let header = ["aggregate".to_owned(), "mean".to_owned()].into_iter().chain(names);
    let mut best = terminal::table(header.collect::<Vec<_>>());
    for one in judged.iter().take(rows) {
        let numbers = std::iter::once(one.mean()).chain(one.taus.iter().copied()).map(tau);
        best.add_row(std::iter::once(one.aggregate.to_string().into()).chain(numbers));
    }
    let shown = rows.min(judged.len());
    let mut text = format!("Kendall's tau-b, the best {shown} of {} candidates\n{best}\n", judged.len());
    if !choices.is_empty() {
        let mut chosen =
            terminal::table(["space", "chosen by the others", "mean tau there", "tau here", "best here", "its tau"]);
        for one in choices {
            chosen.add_row([
                grounds[one.ground].name.clone().into(),
                one.chosen.aggregate.to_string().into(),
                tau(one.chosen.mean_without(one.ground)),
                tau(one.chosen.taus[one.ground]),
                one.best.aggregate.to_string().into(),
                tau(one.best.taus[one.ground]),
            ]);
        }
        text += &format!("\nfor each space, what ranks best on the others\n{chosen}\n");
    }
    text
}
