//! Which operations the best and the worst architectures are made of.

use std::collections::BTreeSet;

use super::average::Readings;
use super::join::{BadPolicy, Direction, Target, standing};
use crate::space::SearchSpace;

/// A group of architectures by their place in a ranking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// The best hundredth.
    BestHundredth,
    /// The best tenth.
    BestTenth,
    /// All.
    All,
    /// The worst tenth.
    WorstTenth,
}

impl Group {
    /// All groups, the best first.
    pub const ALL: [Group; 4] = [Group::BestHundredth, Group::BestTenth, Group::All, Group::WorstTenth];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Group::BestHundredth => "best 1 %",
            Group::BestTenth => "best 10 %",
            Group::All => "all",
            Group::WorstTenth => "worst 10 %",
        }
    }

    /// Returns its members among architectures ranked from the best; at least one where there is any.
    fn of(self, ranked: &[usize]) -> &[usize] {
        let share = |part: usize| ranked.len().div_ceil(part);
        match self {
            Group::BestHundredth => &ranked[..share(100)],
            Group::BestTenth => &ranked[..share(10)],
            Group::All => ranked,
            Group::WorstTenth => &ranked[ranked.len() - share(10)..],
        }
    }
}

/// How often a group of architectures has each operation.
#[derive(Clone, Debug, PartialEq)]
pub struct Made {
    /// The target or proxy that ranks.
    pub by: String,
    /// Whether that is a target.
    pub is_target: bool,
    /// The group.
    pub group: Group,
    /// How many architectures are in it.
    pub n: usize,
    /// The mean number of each operation that an architecture has on paths from input to output, in the order of [`Operations::names`].
    pub means: Vec<f64>,
}

/// What groups of architectures are made of.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Operations {
    /// The operations.
    pub names: Vec<String>,
    /// Each group by each target and proxy.
    pub groups: Vec<Made>,
}

/// Largest number of operations that is worth a table; chains of blocks with many settings have more.
const MOST: usize = 12;

/// Counts the operations of every group by every target and proxy. Empty where the space is unknown, where there are too many operations
/// for a table, or where all architectures have the same number of each.
pub fn operations(
    readings: &Readings,
    targets: &[Target],
    direction: &dyn Fn(&str) -> Direction,
    space: Option<&dyn SearchSpace>,
) -> Operations {
    let Some(space) = space else { return Operations::default() };
    let count = |arch: &String| {
        let drawing = space.parse(arch).and_then(|arch| space.drawing(&arch)).ok()?;
        Some(drawing.operations().into_iter().map(|(name, count)| (name.to_owned(), count)).collect::<Vec<_>>())
    };
    let counts: Vec<Option<Vec<(String, usize)>>> = readings.archs.iter().map(count).collect();
    let names: BTreeSet<&String> = counts.iter().flatten().flatten().map(|count| &count.0).collect();
    let differ = counts.iter().flatten().any(|one| Some(one) != counts.iter().flatten().next());
    if names.is_empty() || names.len() > MOST || !differ {
        return Operations::default();
    }
    let mut groups = Vec::new();
    let mut add = |by: &str, is_target, standings: Vec<Option<f64>>| {
        let known = |place: &usize| standings[*place].is_some() && counts[*place].is_some();
        let mut ranked: Vec<usize> = (0..counts.len()).filter(known).collect();
        ranked.sort_by(|&a, &b| standings[b].unwrap_or(0.0).total_cmp(&standings[a].unwrap_or(0.0)));
        if ranked.is_empty() {
            return;
        }
        for group in Group::ALL {
            let members = group.of(&ranked);
            let mean = |name: &&String| {
                let own = members.iter().flat_map(|&place| counts[place].iter().flatten());
                own.filter(|count| count.0 == **name).map(|count| count.1).sum::<usize>() as f64 / members.len() as f64
            };
            let means = names.iter().map(mean).collect();
            groups.push(Made { by: by.to_owned(), is_target, group, n: members.len(), means });
        }
    };
    for target in targets {
        add(&target.name, true, readings.archs.iter().map(|arch| target.values.get(arch).copied()).collect());
    }
    for proxy in &readings.proxies {
        let direction = direction(&proxy.proxy);
        let of =
            |reading: &Option<_>| Some(direction.sign() * standing(reading.as_ref()?, direction, BadPolicy::Worst)?);
        add(&proxy.proxy, false, proxy.readings.iter().map(of).collect());
    }
    Operations { names: names.into_iter().cloned().collect(), groups }
}

#[cfg(test)]
mod tests {
    use super::super::average::average;
    use super::super::fixture::{scores, target};
    use super::*;

    #[test]
    fn operations_are_counted_among_the_best_and_the_worst() {
        let arch = |op: &str| format!("|{op}~0|+|none~0|none~1|+|skip_connect~0|nor_conv_1x1~1|none~2|");
        let (good, bad, dead) = (arch("nor_conv_3x3"), arch("avg_pool_3x3"), arch("none"));
        let lines = format!("{good},loss,0,1,,ok,1\n{bad},loss,0,2,,ok,1\n{dead},loss,0,,,singular,1\n");
        let readings = average(&scores(&lines)).unwrap();
        let acc = target("acc", &[(&good, 90.0), (&bad, 80.0), (&dead, 10.0)]);
        let space = crate::space::guess(&good);
        let found = operations(&readings, &[acc], &|_| Direction::Lower, space.as_deref());
        assert_eq!(found.names, ["avg_pool_3x3", "nor_conv_1x1", "nor_conv_3x3", "skip_connect"]);
        let means =
            |by: &str, group| &found.groups.iter().find(|made| made.by == by && made.group == group).unwrap().means;
        for by in ["acc", "loss"] {
            assert_eq!(*means(by, Group::BestTenth), [0.0, 1.0, 1.0, 1.0], "{by}");
            // Behind an edge that carries nothing, the convolution is dead.
            assert_eq!(*means(by, Group::WorstTenth), [0.0, 0.0, 0.0, 1.0], "{by}");
        }
        assert_eq!(operations(&readings, &[], &|_| Direction::Lower, None), Operations::default());
    }
}
