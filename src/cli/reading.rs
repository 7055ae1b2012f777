//! What subcommands that compare scores with each other or with a benchmark have in common.

use std::path::Path;
use std::str::FromStr;

use clap::ValueEnum;
use zeronas_datasets::BenchmarkTable;
use zeronas_datasets::table::Key;

use crate::report::Error;
use crate::report::aggregate::Aggregate;
use crate::report::benchmark::target;
use crate::report::chosen::{self, default_aggregate};
use crate::report::join::{BadPolicy, Direction, Target, choose_targets};
use crate::report::scores::{Columns, ScoreFile, Scores};
use crate::space::{SearchSpace, as_published, guess};

/// How score files are read, and which end of a proxy is good.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct ReadArgs {
    /// In another tool's table, the columns that are proxies, where a file has them [default: all numeric ones but keys, times, ranks
    /// and the target]
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',')]
    proxy_columns: Vec<String>,

    #[command(flatten)]
    pub(super) archs: ArchColumnArg,

    /// Proxies whose lower scores are better, besides those known to be so
    #[arg(long, value_name = "PROXIES", value_delimiter = ',')]
    pub(super) lower_is_better: Vec<String>,
}

/// Which column names architectures.
#[derive(Clone, Debug, Default, clap::Args)]
pub(super) struct ArchColumnArg {
    /// In tables, the column that names the architectures [default: arch, arch_str, architecture, net_str, net, module_hash, hash or
    /// index]
    #[arg(long, value_name = "NAME")]
    pub arch_column: Option<String>,
}

impl ArchColumnArg {
    /// The benchmark table at `path`.
    pub fn open(&self, path: &Path) -> crate::Result<BenchmarkTable> {
        Ok(BenchmarkTable::open_by(path, self.arch_column.as_deref())?)
    }
}

impl ReadArgs {
    /// How the columns of score files are read, beside this benchmark table and with these targets.
    pub(super) fn columns(&self, benchmark: Option<&BenchmarkTable>, targets: &[String]) -> crate::Result<Columns> {
        let has_index = |table: &&BenchmarkTable| table.numeric_columns().iter().any(|name| name == "index");
        let keyed = |table: &&BenchmarkTable| !matches!(table.key(), Key::Index(_));
        let archs_by_index = match benchmark.filter(has_index).filter(keyed) {
            Some(table) => {
                let column = table.column("index")?;
                let whole = |index: f64| (index >= 0.0 && index.fract() == 0.0).then_some(index as u64);
                let known = column.into_iter().zip(table.architectures());
                known.filter_map(|(index, arch)| Some((whole(index?)?, arch.to_owned()))).collect()
            }
            None => Default::default(),
        };
        let first = benchmark.and_then(|table| table.architectures().next());
        Ok(Columns {
            proxies: self.proxy_columns.clone(),
            arch_column: self.archs.arch_column.clone(),
            space: first.and_then(guess).map(|space| space.name().to_owned()),
            archs_by_index,
            targets: targets.to_vec(),
        })
    }

    /// Reads score files, and says what was made of the columns of those of other tools.
    pub(super) fn scores<P: AsRef<Path>>(&self, paths: &[P], columns: &Columns) -> crate::Result<Scores> {
        let scores = Scores::read(paths, columns)?;
        ScoreFile::told(&scores.files).iter().for_each(|told| eprintln!("{told}"));
        Ok(scores)
    }

    /// What the proxy declares; scores of proxies that are not ours are taken to be the better the higher.
    pub(super) fn direction(&self, proxy: &str) -> Direction {
        if self.lower_is_better.iter().any(|lower| lower == proxy) {
            return Direction::Lower;
        }
        declared(proxy)
    }
}

/// What a proxy declares; others are taken to be the better the higher.
pub(super) fn declared(proxy: &str) -> Direction {
    zeronas_proxies::proxy::find(&[proxy]).map_or(Direction::Higher, |found| found[0].info().direction)
}

/// The benchmark columns to compare with.
///
/// # Errors
/// Lists the numeric columns where those asked for are not among them, or where none was asked for and there are several.
pub(super) fn target_names(benchmark: &BenchmarkTable, asked: &[String]) -> Result<Vec<String>, Error> {
    choose_targets(asked, &benchmark.numeric_columns(), benchmark.target())
}

/// These columns by the architectures scored, without what is missing or infinite.
pub(super) fn targets(
    benchmark: &BenchmarkTable,
    names: &[String],
    archs: &[String],
    rows: &[Option<usize>],
) -> crate::Result<Vec<Target>> {
    names.iter().map(|name| target(benchmark, name, archs, rows)).collect()
}

/// The space of scored architectures: the one that is named, else the one that a benchmark's or their own notation shows.
pub(super) fn space_of(
    named: Option<&str>,
    benchmark: Option<&BenchmarkTable>,
    archs: &[String],
) -> Option<Box<dyn SearchSpace>> {
    match named {
        Some(name) => as_published(name).ok(),
        None => {
            let first = benchmark.and_then(|table| table.architectures().next());
            first.and_then(guess).or_else(|| guess(archs.first()?))
        }
    }
}

/// An aggregate as asked for: spelt out, or `default`.
#[derive(Clone, Debug)]
pub(super) enum AskedAggregate {
    /// The default one of the search space.
    Default,
    /// This one.
    Spelt(Aggregate),
}

impl FromStr for AskedAggregate {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == chosen::NAME { Ok(AskedAggregate::Default) } else { text.parse().map(AskedAggregate::Spelt) }
    }
}

impl AskedAggregate {
    /// What it is in this space.
    pub(super) fn in_space(&self, space: Option<&str>) -> Aggregate {
        match self {
            AskedAggregate::Default => default_aggregate(space),
            AskedAggregate::Spelt(aggregate) => aggregate.clone(),
        }
    }
}

/// What architectures without a number count as.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Bad {
    /// They share the worst rank, and are left out of Pearson's r
    Worst,
    /// They are left out of everything
    Drop,
}

impl From<Bad> for BadPolicy {
    fn from(bad: Bad) -> Self {
        match bad {
            Bad::Worst => BadPolicy::Worst,
            Bad::Drop => BadPolicy::Drop,
        }
    }
}
