//! The command line, one file per subcommand.

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
mod help;
mod import;
mod latency;
mod limits;
mod logged;
mod man;
mod merge;
mod output;
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
mod settings;
mod shortlist;
mod show;
mod slurm;
mod space;
mod status;
mod strategy;
mod terminal;
mod train;
mod view;
mod words;

pub use terminal::complain;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use std::ffi::OsString;
use std::time::Instant;
use zeronas::{Error, Result, memory};

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

    #[command(flatten)]
    output: output::OutputArgs,

    #[command(flatten)]
    settings: settings::SettingsArgs,
}

/// A command line that has been understood.
pub struct Asked {
    cli: Cli,
    record: settings::Record,
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
    Latency(latency::LatencyArgs),
    Calibrate(Box<calibrate::CalibrateArgs>),
    Bench(bench::BenchArgs),
    Show(show::ShowArgs),
    Export(export::ExportArgs),
    Import(import::ImportArgs),
    Query(query::QueryArgs),
    Proxies(proxies::ProxiesArgs),
    Status(status::StatusArgs),
    Completions(completions::CompletionsArgs),
    Man(man::ManArgs),
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
    /// The names of all commands, `bench build` among them.
    fn commands() -> Vec<String> {
        let inner = |command: &clap::Command| -> Vec<String> {
            let name = command.get_name();
            let below = command.get_subcommands().map(|inner| format!("{name} {}", inner.get_name()));
            std::iter::once(name.to_owned()).chain(below).collect()
        };
        Cli::command().get_subcommands().flat_map(inner).collect()
    }
}

impl Asked {
    /// What these words ask for; where they make no sense, or ask for help, the process says so and ends.
    ///
    /// # Errors
    /// Names the file of settings at fault.
    pub fn of(words: Vec<OsString>) -> Result<Self> {
        let color = output::color(&words);
        let global = match color {
            clap::ColorChoice::Auto => anstream::ColorChoice::Auto,
            clap::ColorChoice::Always => anstream::ColorChoice::Always,
            clap::ColorChoice::Never => anstream::ColorChoice::Never,
        };
        global.write_global();
        let mut command = help::helped(Cli::command(), help::columns()).color(color);
        let words = settings::expanded(&command, words)?;
        let matches = command.try_get_matches_from_mut(&words);
        let cli = matches.and_then(|matches| {
            let record = settings::Record::of(&command, &matches, &words);
            Ok(Asked { cli: Cli::from_arg_matches(&matches)?, record })
        });
        Ok(cli.unwrap_or_else(|error| error.format(&mut command).exit()))
    }

    /// What is logged unless ZERONAS_LOG says otherwise.
    pub fn log(&self) -> &'static str {
        self.cli.output.log()
    }

    /// Runs the subcommand.
    ///
    /// # Errors
    /// Names the file, row or flag at fault.
    pub fn run(self) -> Result<()> {
        let Asked { cli, record } = self;
        cli.output.apply();
        let started = Instant::now();
        let verbose = cli.output.is_verbose();
        let result = cli.command.run();
        if matches!(result, Ok(()) | Err(Error::Interrupted { .. } | Error::Stopped { .. })) {
            record.keep()?;
        }
        if verbose {
            let memory =
                memory::in_use().map_or_else(String::new, |(_, most)| format!(", at most {}", memory::text(most)));
            terminal::say(&format!("took {:.1} s{memory}", started.elapsed().as_secs_f64()));
        }
        result
    }
}

impl Command {
    fn run(self) -> Result<()> {
        match self {
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
            Command::Latency(args) => latency::run(args),
            Command::Calibrate(args) => calibrate::run(*args),
            Command::Bench(args) => bench::run(args),
            Command::Show(args) => show::run(args),
            Command::Export(args) => export::run(args),
            Command::Import(args) => import::run(args),
            Command::Query(args) => query::run(args),
            Command::Proxies(args) => proxies::run(&args),
            Command::Status(args) => status::run(args),
            Command::Completions(args) => completions::run(&args),
            Command::Man(args) => man::run(&args),
        }
    }
}
