//! `zeronas confirm`: the best by their scores, really trained.

use super::confirmed::{Benchmark, Confirmed};
use super::process::{stop_flag, threads};
use super::ranking::ranked;
use super::reading::ReadArgs;
use super::space::SpaceArgs;
use super::train::{Bar, ImageArgs, RecipeArgs, RunArgs};
use crate::report::average::{Readings, average};
use crate::report::scores::{Made, ScoreFile};
use crate::results::{Claim, Folder};
use crate::space::{Arch, SearchSpace, guess};
use crate::train::halving::{Halving, Progress};
use crate::train::{Event, SAVE_AFTER, Training, folder_of};
use crate::{Error, Result};
use serde_json::json;
use std::collections::HashSet;
use std::path::PathBuf;

/// Train the best architectures of score files, and pick one by its validation accuracy
///
/// Takes the best architectures by the mean of their ranks over all proxies in the files, each network once, and trains them by
/// successive halving: all up to the first of --rungs, the better half of them (by accuracy on images held out) up to the
/// second, and so on. Where neither --valid-split nor the recipe holds images out, a tenth of the training images is. The recipe's
/// schedule is that of the last rung, so that the pick has had the whole recipe. A training that diverges drops out, and the next
/// best takes its place.
///
/// Writes confirmed.csv and confirmed.parquet (a row per architecture: what the proxies said, what training gave, and what the
/// benchmark says where a table is given) into the folder of --out, and each architecture's training into a folder of its own there,
/// named by its hash, as `zeronas train` makes it. With --resume a killed run continues; other score files find what is trained already.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  zeronas confirm scores.parquet --top 8 --rungs 1,3,12 --recipe nats-12 --images cifar-10-batches-bin --out confirmed
  zeronas confirm scores.parquet --top 4 --rungs 12 --recipe nats-12 --images cifar-10-batches-bin \\
      --benchmark table.parquet --target c10_test_12 --out confirmed --resume")]
pub struct ConfirmArgs {
    /// Score files of any tool, or folders of their parts, all of one search space; the networks trained are those that were scored
    #[arg(required = true)]
    scores: Vec<PathBuf>,

    #[command(flatten)]
    space: SpaceArgs,

    /// Architectures to train
    #[arg(long, value_name = "K", default_value_t = 8)]
    top: usize,

    /// Epochs after which architectures drop out, ascending; the last is the whole training
    #[arg(long, value_name = "EPOCHS", value_delimiter = ',', default_value = "1,3,12")]
    rungs: Vec<usize>,

    /// Of the architectures that reach a rung, one in N continues
    #[arg(long, value_name = "N", default_value_t = 2)]
    factor: usize,

    #[command(flatten)]
    images: ImageArgs,

    #[command(flatten)]
    recipe: RecipeArgs,

    /// Benchmark table to compare with
    #[arg(long, value_name = "TABLE", requires = "target")]
    benchmark: Option<PathBuf>,

    /// Numeric column of the benchmark table
    #[arg(long, value_name = "COLUMN", requires = "benchmark")]
    target: Option<String>,

    #[command(flatten)]
    read: ReadArgs,

    #[command(flatten)]
    run: RunArgs,
}

/// Trains and prints the pick.
pub fn run(args: ConfirmArgs) -> Result<()> {
    let halving = Halving { rungs: args.rungs.clone(), factor: args.factor };
    halving.check()?;
    let settings = args.recipe.settings_to(&args.rungs, args.run.device)?;
    let table = args.benchmark.as_deref().map(|path| args.read.archs.open(path)).transpose()?;
    let columns = args.read.columns(table.as_ref(), args.target.as_slice())?;
    let scores = args.read.scores(&args.scores, &columns)?;
    let guessed = scores.archs.first().and_then(|arch| guess(arch));
    let named = scores.space.as_deref().or(guessed.as_ref().map(|space| space.name()));
    let space = args.space.scored(Made::of(&scores.files)?.as_ref(), named)?;
    let images = args.images.find(space.classes())?;
    let space = space.space_for(&images)?;
    let images = args.images.read_to_choose(images, space.as_ref(), args.recipe.name())?;
    let readings = average(&scores)?;
    let (order, ranks) = ranked(&readings, &|proxy| args.read.direction(proxy));
    let places = distinct(&readings, &order, space.as_ref(), settings.as_written, args.top)?;
    let candidate = |(_, arch): &(usize, Arch)| (arch.clone(), folder_of(&args.run.out, arch));
    let candidates: Vec<(Arch, PathBuf)> = places.iter().map(candidate).collect();
    let Some((first, _)) = candidates.first() else {
        return Err(Error::flag("--top", "leaves no architecture to train"));
    };
    let benchmark = match (&table, &args.target) {
        (Some(table), Some(target)) => Some(Benchmark::of(&candidates, table, target, space.as_ref())?),
        _ => None,
    };
    let manifest = json!({
        "command": "confirm",
        "version": env!("CARGO_PKG_VERSION"),
        "scores": scores.files.iter().map(ScoreFile::described).collect::<Vec<_>>(),
        "proxies": readings.proxies.iter().map(|proxy| &proxy.proxy).collect::<Vec<_>>(),
        "top": args.top, "rungs": args.rungs, "factor": args.factor, "space": space.name(), "images": images.train.name(),
        "images-fingerprint": images.fingerprint(), "image-set": images.train.described(), "settings": settings,
        "figures": space.macro_settings(),
    });
    let training = Training {
        space: space.as_ref(),
        arch: first,
        images: &images,
        images_name: images.train.name(),
        settings,
        threads: threads(args.run.threads),
        out: args.run.out.clone(),
        // A candidate's folder is there from the second rung on.
        resume: true,
        save_after: SAVE_AFTER,
    };
    halving.check_with(&training)?;
    let _claim = Claim::new(&args.run.out, args.run.resume)?;
    let folder = Folder::create(&args.run.out, &manifest)?;
    let bar = Bar::new(training.settings.recipe.epochs);
    let standings = halving.run(&candidates, &training, &stop_flag(), &|progress| match progress {
        Progress::Candidate { candidate, of, rung } => {
            bar.say(&format!("candidate {} ({} go to epoch {rung}): {}", candidate + 1, of, candidates[candidate].0))
        }
        Progress::Training(event @ (Event::Step { .. } | Event::Epoch(_))) => bar.show(event),
        Progress::Diverged(error) => bar.say(&format!("{error}; it is out")),
    })?;
    bar.finish();
    let confirmed = Confirmed { readings: &readings, ranks: &ranks, places: &places, standings: &standings, benchmark };
    // The pick is told whatever becomes of the files.
    crate::print(&confirmed.text())?;
    folder.write("confirmed", confirmed.table())
}

/// The places in `readings` of the best architectures that are different networks and can be trained, with what they are.
fn distinct(
    readings: &Readings,
    order: &[usize],
    space: &dyn SearchSpace,
    as_written: bool,
    top: usize,
) -> Result<Vec<(usize, Arch)>> {
    let mut seen = HashSet::new();
    let mut found = Vec::new();
    for &place in order {
        if found.len() == top {
            break;
        }
        let arch = space.parse(&readings.archs[place])?;
        let key = if as_written { Some(arch.as_str().to_owned()) } else { space.key(&arch)? };
        if let Some(key) = key
            && seen.insert(key)
        {
            found.push((place, arch));
        }
    }
    Ok(found)
}
