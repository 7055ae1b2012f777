//! `zeronas confirm`: the best by their scores, really trained.

use super::process::{stop_flag, threads};
use super::ranking::ranked;
use super::space::SpaceArgs;
use super::train::{Bar, ImageArgs, RecipeArgs, RunArgs};
use crate::report::average::{Reading, Readings, average};
use crate::report::output::Folder;
use crate::report::scores::{Scores, WideColumns};
use crate::space::{Arch, SearchSpace};
use crate::train::halving::{Halving, Progress, Standing};
use crate::train::{Event, Settings, Training};
use crate::{Error, Result};
use comfy_table::{CellAlignment, Table, presets};
use polars::prelude::*;
use serde_json::json;
use std::collections::HashSet;
use std::path::PathBuf;
use zeronas_datasets::BenchmarkTable;

/// Train the best architectures of score files, and pick one by its validation accuracy
///
/// Takes the best architectures by the mean of their ranks over all proxies in the files, each network once, and trains them by
/// successive halving: all up to the first of --rungs, the better half of them (by accuracy on images held out) up to the
/// second, and so on. Where neither --valid-split nor the recipe holds images out, a tenth of the training images is. The recipe's schedule is that of the last rung, so that the pick has had the whole recipe.
///
/// Writes confirmed.csv and confirmed.parquet (a row an architecture: what the proxies said, what training gave, and what the
/// benchmark says where a table is given) into the folder of --out, and each architecture's training into a folder there, as
/// `zeronas train` does. With --resume a killed run goes on.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  zeronas confirm scores.parquet --top 8 --rungs 1,3,12 --recipe nats-12 --images cifar-10-batches-bin --out confirmed
  zeronas confirm scores.parquet --top 4 --rungs 12 --recipe nats-12 --images cifar-10-batches-bin \\
      --benchmark nats_tss.parquet --target c10_test_12 --out confirmed --resume")]
pub struct ConfirmArgs {
    /// Score files (Parquet, or CSV where the name ends in .csv), all of one search space
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

    /// One in so many of those that reach a rung goes on
    #[arg(long, value_name = "N", default_value_t = 2)]
    factor: usize,

    #[command(flatten)]
    images: ImageArgs,

    #[command(flatten)]
    recipe: RecipeArgs,

    /// Benchmark table to compare with: Parquet or CSV with a column `arch` or `arch_str`
    #[arg(long, value_name = "TABLE", requires = "target")]
    benchmark: Option<PathBuf>,

    /// Numeric column of the benchmark table
    #[arg(long, value_name = "COLUMN", requires = "benchmark")]
    target: Option<String>,

    #[command(flatten)]
    run: RunArgs,
}

/// Trains and prints the pick.
pub fn run(args: ConfirmArgs) -> Result<()> {
    let halving = Halving { rungs: args.rungs.clone(), factor: args.factor };
    halving.check()?;
    let settings = Settings { device: args.run.device, ..args.recipe.settings_to(&args.rungs)? };
    let scores = Scores::read(&args.scores, &WideColumns::default())?;
    let (images, images_name) = args.images.read_to_choose(args.space.side(), args.recipe.name())?;
    let space = args.space.of(scores.space.as_deref()).space_for(&images.train)?;
    let readings = average(&scores)?;
    let (order, ranks) = ranked(&readings);
    let places = distinct(&readings, &order, space.as_ref(), settings.as_written, args.top)?;
    let candidates: Vec<(Arch, PathBuf)> = places
        .iter()
        .zip(1..)
        .map(|((_, arch), number)| (arch.clone(), args.run.out.join(format!("{number:03}"))))
        .collect();
    let Some((first, _)) = candidates.first() else {
        return Err(Error::flag("--top", "leaves no architecture to train"));
    };
    let benchmark = match (&args.benchmark, &args.target) {
        (Some(path), Some(target)) => {
            let table = BenchmarkTable::open(path)?;
            table.column(target)?;
            Some((table, target.clone()))
        }
        _ => None,
    };
    if args.run.out.exists() && !args.run.resume {
        return Err(Error::file(&args.run.out, "exists; --resume goes on with it, or choose another --out"));
    }
    let training = Training {
        space: space.as_ref(),
        arch: first,
        images: &images,
        images_name: &images_name,
        settings,
        threads: threads(args.run.threads),
        out: args.run.out.clone(),
        // A candidate's folder is there from the second rung on.
        resume: true,
    };
    let bar = Bar::new(training.settings.recipe.epochs);
    let standings = halving.run(&candidates, &training, &stop_flag(), &|progress| match progress {
        Progress::Candidate { candidate, of, rung } => {
            bar.say(&format!("candidate {} ({} go to epoch {rung}): {}", candidate + 1, of, candidates[candidate].0))
        }
        Progress::Training(event @ (Event::Step { .. } | Event::Epoch(_))) => bar.show(event),
    })?;
    bar.finish();
    let rows = Rows { readings: &readings, ranks: &ranks, places: &places, standings: &standings, benchmark };
    let manifest = json!({
        "version": env!("CARGO_PKG_VERSION"),
        "scores": args.scores.iter().map(|path| path.display().to_string()).collect::<Vec<_>>(),
        "top": args.top, "rungs": args.rungs, "factor": args.factor, "space": space.name(), "images": images_name,
        "images-fingerprint": images.fingerprint(), "settings": training.settings, "figures": space.figures(),
    });
    Folder::create(&args.run.out, &manifest)?.write("confirmed", rows.table())?;
    crate::print(&rows.text())
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

/// The architectures trained, from the best to the worst.
struct Rows<'a> {
    readings: &'a Readings,
    ranks: &'a [f64],
    places: &'a [(usize, Arch)],
    standings: &'a [Standing],
    benchmark: Option<(BenchmarkTable, String)>,
}

impl Rows<'_> {
    fn place(&self, standing: &Standing) -> usize {
        self.places[standing.candidate].0
    }

    fn arch(&self, standing: &Standing) -> &str {
        self.places[standing.candidate].1.as_str()
    }

    fn benchmark_value(&self, standing: &Standing) -> Option<f64> {
        let (table, column) = self.benchmark.as_ref()?;
        table.value(table.row_of(self.arch(standing))?, column)
    }

    fn readings_of(&self, standing: &Standing) -> impl Iterator<Item = Option<f64>> {
        let place = self.place(standing);
        self.readings.proxies.iter().map(move |proxy| match proxy.readings[place] {
            Some(Reading::Value(value)) => Some(value),
            _ => None,
        })
    }

    fn table(&self) -> PolarsResult<DataFrame> {
        let number = |name: String, of: &dyn Fn(&Standing) -> Option<f64>| {
            Column::new(name.into(), self.standings.iter().map(of).collect::<Vec<_>>())
        };
        let whole = |name: &str, of: &dyn Fn(&Standing) -> usize| {
            Column::new(name.into(), self.standings.iter().map(|one| of(one) as u64).collect::<Vec<_>>())
        };
        let archs: Vec<&str> = self.standings.iter().map(|standing| self.arch(standing)).collect();
        let mut columns = vec![
            Column::new("arch".into(), archs),
            whole("candidate", &|standing| standing.candidate + 1),
            number("mean_rank".into(), &|standing| Some(self.ranks[self.place(standing)])),
            whole("epochs", &|standing| standing.epochs),
        ];
        for (place, proxy) in self.readings.proxies.iter().enumerate() {
            let name = if proxy.ln { format!("ln_{}", proxy.proxy) } else { proxy.proxy.clone() };
            columns.push(number(name, &|standing| self.readings_of(standing).nth(place).flatten()));
        }
        columns.push(number("valid_accuracy".into(), &|standing| standing.last.valid.map(|valid| valid.accuracy)));
        columns.push(number("test_accuracy".into(), &|standing| standing.last.test.map(|test| test.accuracy)));
        if let Some((_, target)) = &self.benchmark {
            columns.push(number(format!("benchmark_{target}"), &|standing| self.benchmark_value(standing)));
        }
        DataFrame::new(self.standings.len(), columns)
    }

    fn text(&self) -> String {
        let percent = |value: Option<f64>| value.map_or("-".into(), |value| format!("{value:.2}"));
        let mut table = Table::new();
        table.load_style(presets::NOTHING);
        let mut header: Vec<String> = ["#", "by scores", "epochs", "valid %", "test %"].map(String::from).into();
        header.extend(self.benchmark.as_ref().map(|(_, target)| target.clone()));
        header.push("architecture".into());
        let numbers = header.len() - 1;
        table.set_header(header);
        for (place, standing) in self.standings.iter().enumerate() {
            let mut row =
                vec![(place + 1).to_string(), (standing.candidate + 1).to_string(), standing.epochs.to_string()];
            row.push(percent(standing.last.valid.map(|valid| valid.accuracy)));
            row.push(percent(standing.last.test.map(|test| test.accuracy)));
            row.extend(self.benchmark.as_ref().map(|_| percent(self.benchmark_value(standing))));
            row.push(self.arch(standing).to_owned());
            table.add_row(row);
        }
        for column in 0..numbers {
            if let Some(column) = table.column_mut(column) {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        let pick = self.standings.first().map(|standing| self.arch(standing)).unwrap_or_default();
        format!("{table}\npick: {pick}\n")
    }
}
