//! The command line, one file a subcommand.

mod aggregates;
mod archs;
mod bench;
mod calibrate;
mod compare;
mod completions;
mod confirm;
#[cfg(test)]
mod documented;
mod evaluation;
mod export;
mod find;
mod import;
mod limits;
mod merge;
mod predict;
mod process;
mod progress;
mod proxies;
mod query;
mod reading;
mod report;
mod score;
mod search;
mod search_report;
mod shortlist;
mod show;
mod slurm;
mod space;
mod strategy;
mod terminal;
mod train;
mod view;
mod words;

use clap::{Parser, Subcommand};
use zeronas::Result;

/// Score neural network architectures without training them, rank them, and see how far the ranking can be trusted
#[derive(Debug, Parser)]
#[command(
    name = "zeronas",
    version,
    propagate_version = true,
    after_help = "\
A first run, with no download:
  zeronas score --benchmark zeronas-mini --out scores.parquet

How far the scores can be trusted, given the benchmark's table of accuracies:
  zeronas report scores.parquet --benchmark table.parquet --target c10_test_200 --out report

Exit codes: 0 done, 1 failed or interrupted, 2 bad input."
)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Score(Box<score::ScoreArgs>),
    Merge(merge::MergeArgs),
    Report(report::ReportArgs),
    Compare(compare::CompareArgs),
    View(view::ViewArgs),
    Aggregates(aggregates::AggregatesArgs),
    Search(Box<search::SearchArgs>),
    SearchReport(search_report::SearchReportArgs),
    Shortlist(Box<shortlist::ShortlistArgs>),
    Train(Box<train::TrainArgs>),
    Confirm(Box<confirm::ConfirmArgs>),
    Find(Box<find::FindArgs>),
    Predict(predict::PredictArgs),
    Calibrate(Box<calibrate::CalibrateArgs>),
    Bench(bench::BenchArgs),
    Show(show::ShowArgs),
    Export(export::ExportArgs),
    Import(import::ImportArgs),
    Query(query::QueryArgs),
    Proxies(proxies::ProxiesArgs),
    Completions(completions::CompletionsArgs),
}

/// What a setting is called on the command line: its flag, or its place.
pub fn flag(setting: &str) -> String {
    match setting {
        "official" => "FILE-OR-FOLDER".into(),
        "parts" => "PART".into(),
        setting => format!("--{}", setting.replace('_', "-")),
    }
}

impl Cli {
    /// Runs the subcommand.
    ///
    /// # Errors
    /// Names the file, row or flag at fault.
    pub fn run(self) -> Result<()> {
        match self.command {
            Command::Score(args) => score::run(*args),
            Command::Merge(args) => merge::run(args),
            Command::Report(args) => report::run(args),
            Command::Compare(args) => compare::run(args),
            Command::View(args) => view::run(args),
            Command::Aggregates(args) => aggregates::run(args),
            Command::Search(args) => search::run(*args),
            Command::SearchReport(args) => search_report::run(args),
            Command::Shortlist(args) => shortlist::run(*args),
            Command::Train(args) => train::run(*args),
            Command::Confirm(args) => confirm::run(*args),
            Command::Find(args) => find::run(*args),
            Command::Predict(args) => predict::run(args),
            Command::Calibrate(args) => calibrate::run(*args),
            Command::Bench(args) => bench::run(args),
            Command::Show(args) => show::run(args),
            Command::Export(args) => export::run(args),
            Command::Import(args) => import::run(args),
            Command::Query(args) => query::run(args),
            Command::Proxies(args) => proxies::run(&args),
            Command::Completions(args) => completions::run(&args),
        }
    }
}
