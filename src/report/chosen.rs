//! The default aggregate of each search space, chosen by the other spaces alone.
//!
//! The rule is that of [`choice`](super::choice). The candidates are the proxies that are scored on all eight benchmarked spaces, each by
//! itself and in all log-rank sums of two; the default is the one with the highest mean Kendall's tau-b over the *other* spaces. No accuracy
//! of a space influences its own default; any other space gets what is best over all eight. Sums of three or four do worse on spaces that
//! had no say. `docs/aggregates.md` has the figures and the command that made them.

use super::aggregate::{Aggregate, Rule};
use crate::space;
use std::str::FromStr;

/// The name of the default on the command line and in results.
pub const NAME: &str = "default";

/// Returns the default aggregate of a space, whether or not there is a benchmark of it here.
pub fn default_aggregate(space: Option<&str>) -> Aggregate {
    let members = space::ranked_by(space).iter().map(|&member| member.to_owned()).collect();
    Aggregate { name: NAME.into(), ..Aggregate::new(Rule::LogRank, members) }
}

/// An aggregate as requested: spelt out, or `default`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AskedAggregate {
    /// The default of the search space.
    Default,
    /// This aggregate.
    Spelt(Aggregate),
}

impl FromStr for AskedAggregate {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == NAME { Ok(AskedAggregate::Default) } else { text.parse().map(AskedAggregate::Spelt) }
    }
}

impl AskedAggregate {
    /// Returns the aggregate that it stands for in this space.
    pub fn in_space(&self, space: Option<&str>) -> Aggregate {
        match self {
            AskedAggregate::Default => default_aggregate(space),
            AskedAggregate::Spelt(aggregate) => aggregate.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_those_of_the_documented_choice() {
        let page = include_str!("../../docs/aggregates.md");
        let expression = |space| default_aggregate(space).ranks_by();
        for space in space::all().filter(|benchmark| benchmark.aggregate.is_some()).map(|benchmark| benchmark.name) {
            let row = format!("| {space} | `{}` |", expression(Some(space)));
            assert!(page.contains(&row), "docs/aggregates.md has no row {row}");
        }
        let elsewhere = format!("| any other | `{}` |", expression(None));
        assert!(page.contains(&elsewhere), "docs/aggregates.md has no row {elsewhere}");
    }

    #[test]
    fn its_members_are_proxies_of_ours() {
        for space in space::all().map(|benchmark| Some(benchmark.name)).chain([None]) {
            assert!(zeronas_proxies::proxy::find(&default_aggregate(space).members).is_ok());
        }
    }
}
