//! The flags that say what evaluates the architectures of a search.

use super::reading::ReadArgs;
use super::words::recipes;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use zeronas::device::Device;
use zeronas::search::source::Cost;
use zeronas::search::{Expression, Method};
use zeronas::train::RecipeName;

/// What evaluates, and on which data.
#[derive(Clone, Debug, clap::Args)]
pub struct EvaluationArgs {
    /// How the strategy's proposals are evaluated: by `table` (the column of --feedback), `proxy:EXPR`, or `staged:EXPR,K` (by EXPR
    /// first, then the K best networks by --feedback). EXPR is a proxy, an aggregate (logrank(PROXY,...), meanrank(...) or meanz(...)),
    /// `default` (the aggregate that other search spaces recommend), or a calibrated.json
    #[arg(long, value_name = "HOW", help_heading = "Evaluation")]
    pub(super) evaluate: Method,

    /// Benchmark tables (Parquet or CSV), joined by architecture, or by `index` if a table has nothing else
    #[arg(long = "table", value_name = "FILE", num_args = 1.., help_heading = "Evaluation")]
    pub(super) tables: Vec<PathBuf>,

    /// The tables' column with the result of a short training, such as the accuracy after 12 epochs; more is better
    #[arg(long, value_name = "COLUMN", help_heading = "Evaluation")]
    pub(super) feedback: Option<String>,

    /// With staged: train the K best for real by this recipe, on --images, instead of looking them up in the tables; the pick is the one
    /// with the best accuracy on held-out images
    #[arg(long, value_name = "RECIPE", value_parser = recipes(), conflicts_with_all = ["feedback", "cost"], help_heading = "Evaluation")]
    pub(super) train: Option<RecipeName>,

    /// With --train: epochs [default: the recipe's]
    #[arg(long, value_name = "E", requires = "train", help_heading = "Evaluation")]
    pub(super) epochs: Option<usize>,

    /// The tables' column with the simulated seconds of that training, or seconds per epoch times epochs
    #[arg(long, value_name = "COLUMN|COLUMN*EPOCHS", help_heading = "Evaluation")]
    pub(super) cost: Option<Cost>,

    /// The tables' columns by which the picks are finally judged [default: the feedback; with --train its accuracies]
    #[arg(long = "final", value_name = "COLUMN", num_args = 1.., value_delimiter = ',', help_heading = "Evaluation")]
    pub(super) finals: Vec<String>,

    /// Further objectives to minimise: columns of the tables, or proxies
    #[arg(long, value_name = "NAME", num_args = 1.., value_delimiter = ',', help_heading = "Evaluation")]
    pub(super) minimise: Vec<String>,

    /// Further objectives to maximise
    #[arg(long, value_name = "NAME", num_args = 1.., value_delimiter = ',', help_heading = "Evaluation", hide_short_help = true)]
    pub(super) maximise: Vec<String>,

    /// Score files to take proxies from; without them, networks are scored when needed
    #[arg(long, value_name = "FILE", num_args = 1.., help_heading = "Evaluation")]
    pub(super) scores: Vec<PathBuf>,

    #[command(flatten)]
    pub(super) read: ReadArgs,

    /// Images to score networks on, and to train on with --train, as in `zeronas score` and `zeronas train`
    #[arg(long, value_name = "IMAGES", default_value = "embedded", help_heading = "Evaluation")]
    pub(super) images: String,

    /// Leave out damaged pictures in --images and say how many, instead of refusing the folder
    #[arg(long, help_heading = "Evaluation", hide_short_help = true)]
    pub(super) skip_damaged: bool,

    /// Images in the minibatch that networks are scored on [default: 64]
    #[arg(long, value_name = "N", help_heading = "Evaluation", hide_short_help = true)]
    pub(super) batch_size: Option<usize>,

    /// Where networks are scored and trained: cpu, or cuda or cuda:N for an NVIDIA GPU
    #[arg(long, value_name = "DEVICE", default_value_t)]
    pub(super) device: Device,

    /// Start with the best of this many random architectures by --guide
    #[arg(long, value_name = "N", help_heading = "Evaluation", hide_short_help = true)]
    pub(super) warmup: Option<NonZeroUsize>,

    /// Mutate to the best neighbour by --guide
    #[arg(long, help_heading = "Evaluation", hide_short_help = true)]
    pub(super) moves: bool,

    /// With --moves: share of mutations that stay random
    #[arg(
        long,
        value_name = "P",
        default_value_t = 0.25,
        requires = "moves",
        help_heading = "Evaluation",
        hide_short_help = true
    )]
    pub(super) random_moves: f64,

    /// The cheap score of --warmup and --moves, a proxy or aggregate
    #[arg(
        long,
        value_name = "EXPR",
        default_value = "meanrank(naswot,synflow)",
        help_heading = "Evaluation",
        hide_short_help = true
    )]
    pub(super) guide: Expression,
}
