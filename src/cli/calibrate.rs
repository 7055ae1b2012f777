//! `zeronas calibrate`: does anything that ranks without training carry signal here?

use super::process::threads;
use super::reading::{AskedAggregate, ReadArgs, space_of, target_names, targets};
use super::space::SpaceArgs;
use super::train::{Bar, ImageArgs, RecipeArgs, RunArgs};
use crate::calibrate::{CalibrateRequest, Calibrated, Calibration, Judged, Labelling, Progress, Settings, Trainings};
use crate::report::average::{Readings, average};
use crate::report::benchmark::rows;
use crate::report::scores::{Made, ScoreFile, Scores};
use crate::report::{display, terminal};
use crate::space::SearchSpace;
use crate::train::Event;
use crate::{Error, Result};
use clap::{ArgMatches, Args, Command, FromArgMatches};
use serde_json::json;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;

/// Find out on a few trainings whether any proxy carries signal on your own data and space, and what to rank by
///
/// Takes score files of the candidate architectures, draws --networks of them, spread over the range of the scores, and labels them: by
/// training each with a short recipe and judging it on images held out, the first --repeated of them with --seeds seeds; or, with
/// --benchmark, by a table's accuracies. Judges by these labels every proxy, the size, the default aggregate and a combination
/// fitted to them, and says by a fixed rule what to use: the combination, just the size or the default, or nothing, where no proxy carries
/// signal that these labels could show.
///
/// Writes candidates, curve (tau with the first 10, 20, ... labels) and networks as CSV and Parquet, calibrated.json, manifest.json and
/// the trainings into the folder of --out. calibrated.json is an aggregate wherever one is asked for: `zeronas search --evaluate
/// proxy:calibrated.json`, `zeronas report --aggregate calibrated.json`. With --resume a killed run continues.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  zeronas calibrate scores.parquet --networks 20 --recipe quick --images my-pictures --seeds 3 --repeated 5 --out calibrated
  zeronas calibrate scores.parquet --networks 20 --benchmark table.parquet --target c10_test_200 --out calibrated
  zeronas search --strategy genetic --evaluate proxy:calibrated/calibrated.json --budget evaluations=1000 --out found")]
pub struct CalibrateArgs {
    /// Score files of any tool, or folders of their parts, all of one search space
    #[arg(required = true)]
    scores: Vec<PathBuf>,

    #[command(flatten)]
    space: SpaceArgs,

    /// Networks to label
    #[arg(long, value_name = "N", default_value_t = 20)]
    networks: usize,

    #[command(flatten)]
    training: MaybeTraining,

    /// Label by this table instead of training
    #[arg(long, value_name = "TABLE")]
    benchmark: Option<PathBuf>,

    /// The table's numeric column of accuracies; may be left out where there is only one
    #[arg(long, value_name = "COLUMN", requires = "benchmark")]
    target: Option<String>,

    /// The table's columns of the single trainings of which --target is the mean
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',', requires = "benchmark")]
    repeats: Vec<String>,

    /// The aggregate that is trusted beforehand
    #[arg(long, value_name = "[NAME=]RULE(PROXIES)|default", default_value = "default")]
    aggregate: AskedAggregate,

    #[command(flatten)]
    read: ReadArgs,

    /// Bootstrap draws for the intervals, and shuffles of the labels
    #[arg(long, value_name = "N", default_value_t = 1000)]
    draws: usize,

    /// Seed of the draws and of the choice of networks
    #[arg(long, value_name = "SEED", default_value_t = 0)]
    draw_seed: u64,

    #[command(flatten)]
    run: RunArgs,
}

/// How networks are trained to be labelled.
#[derive(Debug, clap::Args)]
struct TrainingArgs {
    #[command(flatten)]
    images: ImageArgs,

    #[command(flatten)]
    recipe: RecipeArgs,

    /// Epochs, with a whole cosine over them [default: the recipe's]
    #[arg(long, value_name = "E")]
    epochs: Option<usize>,

    /// Seeds of the networks that are trained more than once; what they differ by is the noise of training
    #[arg(long, value_name = "N", default_value_t = 3)]
    seeds: usize,

    /// Networks that are trained with so many seeds
    #[arg(long, value_name = "K", default_value_t = 5)]
    repeated: usize,
}

/// The same where labels are not a table's: none of its flags goes with `--benchmark`.
#[derive(Debug)]
struct MaybeTraining(Option<TrainingArgs>);

impl Args for MaybeTraining {
    fn augment_args(command: Command) -> Command {
        let flags = TrainingArgs::augment_args(Command::new("flags"));
        let flags: Vec<_> = flags.get_arguments().map(|arg| (arg.get_id().clone(), arg.is_required_set())).collect();
        let command = TrainingArgs::augment_args(command);
        flags.into_iter().fold(command, |command, (flag, required)| {
            command.mut_arg(flag, |arg| {
                let arg = arg.conflicts_with(BENCHMARK).required(false);
                if required { arg.required_unless_present(BENCHMARK) } else { arg }
            })
        })
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for MaybeTraining {
    fn from_arg_matches(matches: &ArgMatches) -> std::result::Result<Self, clap::Error> {
        let table = matches.contains_id(BENCHMARK);
        Ok(MaybeTraining(if table { None } else { Some(TrainingArgs::from_arg_matches(matches)?) }))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> std::result::Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

/// The flag of the table that labels may come from.
const BENCHMARK: &str = "benchmark";

/// Calibrates, until `stop` is set; what it came to.
///
/// # Errors
/// Names the file, flag or column at fault.
pub fn run(args: &CalibrateArgs, stop: &AtomicBool) -> Result<String> {
    let table = args.benchmark.as_deref().map(|path| args.read.archs.open(path)).transpose()?;
    let target = table.as_ref().map(|table| target_names(table, args.target.as_slice())).transpose()?;
    let names: Vec<String> = target.into_iter().flatten().chain(args.repeats.iter().cloned()).collect();
    let scores = args.read.scores(&args.scores, &args.read.columns(table.as_ref(), &names)?)?;
    let readings = average(&scores)?;
    let guessed = space_of(scores.said_space(), table.as_ref(), &scores.archs);
    let space = args.space.scored(Made::of(&scores.files)?.as_ref(), guessed.as_ref().map(|space| space.name()))?;
    let request = Request { args, scores: &scores, readings, stop };
    match (&args.training.0, &table) {
        (Some(training), _) => {
            let settings = training.recipe.settings(training.epochs, args.run.device)?;
            let images = training.images.find(space.classes())?;
            let space = space.space_for(&images)?;
            let images = training.images.read_to_choose(images, space.as_ref(), training.recipe.name())?;
            let TrainingArgs { seeds, repeated, .. } = *training;
            let threads = threads(args.run.threads);
            let trainings = Trainings { images: &images, settings, threads, seeds, repeated };
            request.run(Some(space.as_ref()), Labelling::Trainings(trainings))
        }
        (None, Some(table)) => {
            let rows = rows(table, &request.readings.archs, guessed.as_deref())?;
            let mut targets = targets(table, &names, &request.readings.archs, &rows)?;
            let repeats = targets.split_off(1);
            let described = json!({
                "file": args.benchmark, "sha256": table.fingerprint(), "target": names[0], "repeats": args.repeats,
            });
            let space = guessed.map(|_| space.space()).transpose()?;
            request.run(space.as_deref(), Labelling::Table { target: targets.remove(0), repeats, described })
        }
        (None, None) => Err(Error::Internal("labels come from nowhere".into())),
    }
}

/// What both ways to labels have in common.
struct Request<'a> {
    args: &'a CalibrateArgs,
    scores: &'a Scores,
    readings: Readings,
    stop: &'a AtomicBool,
}

impl Request<'_> {
    fn run(self, space: Option<&dyn SearchSpace>, labels: Labelling<'_>) -> Result<String> {
        let Request { args, scores, readings, stop } = self;
        let bar = Bar::new(match &labels {
            Labelling::Trainings(trainings) => trainings.settings.recipe.epochs,
            Labelling::Table { .. } => 0,
        });
        let request = CalibrateRequest {
            readings,
            space,
            direction: &|proxy| args.read.direction(proxy),
            prior: match &args.aggregate {
                AskedAggregate::Default => None,
                spelt => Some(spelt.in_space(None)),
            },
            networks: args.networks,
            labels,
            settings: Settings { draws: args.draws, shuffles: args.draws, seed: args.draw_seed },
            scores: scores.files.iter().map(ScoreFile::described).collect(),
            out: args.run.out.clone(),
            resume: args.run.resume,
        };
        let calibrated = request.run(stop, &|progress| match progress {
            Progress::Network { arch, done, of, seed } => {
                bar.say(&format!("training {} of {of}, seed {seed}: {arch}", done + 1))
            }
            Progress::Training(event @ (Event::Step { .. } | Event::Epoch(_))) => bar.show(event),
            Progress::Diverged(error) => bar.say(&format!("{error}; it has no label")),
        })?;
        bar.finish();
        Ok(text(&calibrated))
    }
}

/// For a terminal, the verdict at the end.
fn text(calibrated: &Calibrated) -> String {
    let Calibrated { calibration, archs, notes, file } = calibrated;
    let first = calibration.judged.first();
    let steps: Vec<usize> = first.map(|one| one.curve.iter().map(|point| point.0).collect()).unwrap_or_default();
    let header = ["candidate", "kind", "kendall", "spearman\ngiven params"].map(String::from).into_iter();
    let earlier = steps.iter().rev().skip(1).rev();
    let mut table = terminal::table(header.chain(earlier.map(|step| format!("first {step}"))).collect::<Vec<_>>());
    let mut judged: Vec<&Judged> = calibration.judged.iter().collect();
    let tau = |one: &Judged| one.kendall.value.unwrap_or(f64::NEG_INFINITY);
    judged.sort_by(|a, b| tau(b).total_cmp(&tau(a)));
    for one in judged {
        let earlier = one.curve.iter().rev().skip(1).rev().map(|point| &point.1);
        let numbers = [&one.kendall, &one.partial].into_iter().chain(earlier).map(display::estimate);
        let names = [one.name.clone(), one.kind.name().to_owned()].map(Into::into).into_iter();
        table.add_row(names.chain(numbers.map(terminal::right)).collect::<Vec<_>>());
    }
    let ceiling = calibration.ceiling.map(|ceiling| {
        let (tau, noise) = (display::estimate(&ceiling.kendall), ceiling.noise);
        format!("ceiling: perfect knowledge would reach {tau}; one training has a standard deviation of {noise:.3}, from {} networks\n", ceiling.repeated)
    });
    let notes: String = notes.iter().map(|note| format!("note: {note}\n")).collect();
    let Calibration { networks, by_chance, verdict, .. } = calibration;
    format!(
        "Kendall's tau-b with the labels of {networks} of {archs} architectures, 95 % intervals in brackets; the combination's by leaving one out\n\
         {table}\n{}{notes}best tau by chance as high: {:.1} % of shuffled labels\nverdict: {}\nwritten: {}\n",
        ceiling.unwrap_or_default(),
        100.0 * by_chance,
        verdict.says(),
        file.display(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Cli {
        #[command(flatten)]
        args: CalibrateArgs,
    }

    #[test]
    fn labels_come_from_a_table_or_from_trainings() {
        let parsed = |words: &str| Cli::try_parse_from(format!("calibrate {words}").split_whitespace());
        let table = parsed("a.parquet --benchmark t.csv --out o").unwrap();
        assert!(table.args.training.0.is_none());
        let trained = parsed("a.parquet --images embedded --recipe quick --seeds 2 --out o").unwrap();
        assert_eq!(trained.args.training.0.map(|training| (training.seeds, training.repeated)), Some((2, 5)));
        for words in [
            "a.parquet --out o",
            "a.parquet --images embedded --out o",
            "a.parquet --recipe quick --out o",
            "a.parquet --benchmark t.csv --seeds 2 --out o",
            "a.parquet --benchmark t.csv --images embedded --out o",
            "a.parquet --images embedded --recipe quick --target acc --out o",
        ] {
            assert!(parsed(words).is_err(), "{words}");
        }
    }
}
