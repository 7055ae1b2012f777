//! What subcommands that compare scores with each other or with a benchmark have in common.

use std::str::FromStr;

use clap::ValueEnum;
use zeronas_datasets::BenchmarkTable;

use crate::report::Error;
use crate::report::aggregate::Aggregate;
use crate::report::chosen::{self, default_aggregate};
use crate::report::join::{BadPolicy, Direction, Target, choose_targets};
use crate::report::scores::WideColumns;

/// How score files are read, and which end of a proxy is good.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct ReadArgs {
    /// In another tool's table, the columns that are proxies [default: all numeric ones]
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',')]
    proxy_columns: Vec<String>,

    /// Proxies of which lower is better, beside those known to be so
    #[arg(long, value_name = "PROXIES", value_delimiter = ',')]
    pub(super) lower_is_better: Vec<String>,
}

impl ReadArgs {
    pub(super) fn wide(&self, benchmark: Option<&BenchmarkTable>) -> Result<WideColumns, Error> {
        let has_index = |table: &&BenchmarkTable| table.numeric_columns().iter().any(|name| name == "index");
        let archs_by_index = match benchmark.filter(has_index) {
            Some(table) => {
                let column = table.column("index")?;
                let whole = |index: f64| (index >= 0.0 && index.fract() == 0.0).then_some(index as u64);
                let known = column.into_iter().zip(table.architectures());
                known.filter_map(|(index, arch)| Some((whole(index?)?, arch.to_owned()))).collect()
            }
            None => Default::default(),
        };
        Ok(WideColumns { proxies: self.proxy_columns.clone(), archs_by_index })
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
    match zeronas_proxies::proxy::find(&[proxy]) {
        Ok(found) if found[0].info().direction == zeronas_proxies::proxy::Direction::Lower => Direction::Lower,
        _ => Direction::Higher,
    }
}

/// The benchmark columns to compare with, without what is missing or infinite.
///
/// # Errors
/// Lists the numeric columns where those asked for are not among them, or where none was asked for and there are several.
pub(super) fn targets(benchmark: &BenchmarkTable, asked: &[String]) -> Result<Vec<Target>, Error> {
    let chosen = choose_targets(asked, &benchmark.numeric_columns(), benchmark.target())?;
    chosen.into_iter().map(|name| load(benchmark, name)).collect()
}

/// A benchmark column by architecture, without what is missing or infinite.
pub(super) fn load(benchmark: &BenchmarkTable, name: String) -> Result<Target, Error> {
    let column = benchmark.column(&name)?;
    let known = benchmark
        .architectures()
        .zip(column)
        .filter_map(|(arch, value)| value.filter(|value| value.is_finite()).map(|value| (arch.to_owned(), value)));
    Ok(Target { values: known.collect(), name })
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
