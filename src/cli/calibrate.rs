//! `zeronas calibrate`: does anything that ranks without training carry signal here?

use super::process::stop_flag;
use super::progress::Bar;
use super::reading::ReadArgs;
use super::space::SpaceArgs;
use super::terminal::print;
use super::train::{ImageArgs, RecipeArgs, RunArgs};
use clap::{ArgMatches, Args, Command, FromArgMatches};
use std::path::PathBuf;
use zeronas::calibrate::{CalibrateRequest, Labelling, Settings};
use zeronas::report::chosen::AskedAggregate;
use zeronas::{Error, Result};

/// Find out from a few trainings whether any proxy carries signal on your own data and space, and what to rank by
///
/// Takes score files of the candidate architectures, draws --networks of them, spread over the range of the scores, and labels them: by
/// training each with a short recipe and testing it on held-out images, the first --repeated of them with --seeds seeds; or, with
/// --benchmark, by the accuracies in a table. Uses the labels to judge every proxy, the size, the default aggregate and a combination
/// fitted to them, and says by a fixed rule what to use: the combination, just the size or the default, or nothing if no proxy carries
/// signal that these labels could show.
///
/// Writes candidates, curve (tau with the first 10, 20, ... labels) and networks as CSV and Parquet, calibrated.json, manifest.json and
/// the trainings into the folder of --out. calibrated.json can be given wherever an aggregate is expected: `zeronas search --evaluate
/// proxy:calibrated.json`, `zeronas report --aggregate calibrated.json`. A killed run continues with --resume.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  zeronas calibrate scores.parquet --networks 20 --recipe quick --images my-pictures --seeds 3 --repeated 5 --out calibrated
  zeronas calibrate scores.parquet --networks 20 --benchmark table.parquet --target c10_test_200 --out calibrated
  zeronas search --strategy genetic --evaluate proxy:calibrated/calibrated.json --budget evaluations=1000 --out found")]
pub struct CalibrateArgs {
    /// Score files from any tool, or folders of their parts, all of one search space
    #[arg(required = true)]
    scores: Vec<PathBuf>,

    #[command(flatten)]
    space: SpaceArgs,

    /// Networks to label
    #[arg(long, value_name = "N", default_value_t = 20)]
    networks: usize,

    #[command(flatten)]
    training: MaybeTraining,

    /// Take labels from this table instead of training
    #[arg(long, value_name = "TABLE")]
    benchmark: Option<PathBuf>,

    /// The table's numeric column of accuracies; may be left out if there is only one
    #[arg(long, value_name = "COLUMN", requires = "benchmark")]
    target: Option<String>,

    /// The table's columns for the single trainings that --target is the mean of
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',', requires = "benchmark", hide_short_help = true)]
    repeats: Vec<String>,

    /// The aggregate to trust before any label is seen
    #[arg(long, value_name = "[NAME=]RULE(PROXIES)|default", default_value = "default")]
    aggregate: AskedAggregate,

    #[command(flatten)]
    read: ReadArgs,

    /// Bootstrap draws for the intervals, and shuffles of the labels
    #[arg(long, value_name = "N", default_value_t = 1000, hide_short_help = true)]
    draws: usize,

    /// Seed of the draws and of the choice of networks
    #[arg(long, value_name = "SEED", default_value_t = 0, hide_short_help = true)]
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

    /// Number of epochs; the recipe's cosine schedule spans them [default: the recipe's]
    #[arg(long, value_name = "E")]
    epochs: Option<usize>,

    /// Seeds for each network that is trained more than once; their differences are the noise of training
    #[arg(long, value_name = "N", default_value_t = 3)]
    seeds: usize,

    /// Number of networks to train with --seeds seeds each
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

/// Calibrates and prints what it came to.
///
/// # Errors
/// Names the file, flag or column at fault.
pub fn run(args: CalibrateArgs) -> Result<()> {
    args.check()?;
    let labels = match (args.training.0, args.benchmark) {
        (Some(TrainingArgs { images, recipe, epochs, seeds, repeated }), _) => {
            Labelling::Trainings { images: images.into(), recipe: recipe.into(), epochs, seeds, repeated }
        }
        (None, Some(benchmark)) => Labelling::Table { benchmark, target: args.target, repeats: args.repeats },
        (None, None) => {
            return Err(Error::setting(BENCHMARK, "or `images=` and `recipe=` must say where labels come from"));
        }
    };
    let request = CalibrateRequest {
        scores: args.scores,
        space: args.space.into(),
        networks: args.networks,
        labels,
        aggregate: args.aggregate,
        read: args.read.into(),
        settings: Settings { draws: args.draws, shuffles: args.draws, seed: args.draw_seed, ..Settings::default() },
        place: args.run.into(),
    };
    let bar = Bar::of_parts("steps");
    let calibrated = request.run(&stop_flag(), &bar)?;
    drop(bar);
    print(&calibrated.text())
}

impl CalibrateArgs {
    /// Clap does not insist on a table where what conflicts with one is given.
    fn check(&self) -> Result<()> {
        let columns = [("target", self.target.is_some()), ("repeats", !self.repeats.is_empty())];
        match columns.into_iter().find(|(_, given)| *given && self.benchmark.is_none()) {
            Some((setting, _)) => Err(Error::setting(setting, "names a column of `benchmark=`, which is not given")),
            None => Ok(()),
        }
    }
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
        ] {
            assert!(parsed(words).is_err(), "{words}");
        }
        for columns in ["--target acc", "--repeats one,two"] {
            let args = parsed(&format!("a.parquet --images embedded --recipe quick {columns} --out o")).unwrap().args;
            let error = args.check().unwrap_err().to_string();
            assert!(error.contains("`benchmark=`"), "{columns}: {error}");
        }
    }
}
