//! Which aggregate to trust on a search space for which no accuracy is known: the one that ranks best on other spaces.
//!
//! Every candidate (each proxy alone, and all sets of two or more under each rule) is judged by Kendall's tau-b with the accuracies of
//! several spaces; a space with several accuracies counts with the mean over them. For each space, the candidate with the highest mean tau
//! over all *other* spaces is chosen, so that no label of the space influences what is used there; its tau on that space shows what such a
//! choice is worth. Candidates within [`TIE`] of the best mean are tied; among them the one with the fewest proxies wins, then the cheapest.

use polars::prelude::{DataFrame, PolarsResult};
use rayon::prelude::*;

use super::aggregate::{Aggregate, Rule};
use super::average::Readings;
use super::error::Result;
use super::join::{BadPolicy, Direction, Target, join};
use super::statistics::kendall;
use super::tables::column;
use zeronas_proxies::proxy::find;

/// Scores of one search space and the accuracies they are judged by.
#[derive(Debug)]
pub struct Ground {
    /// Name of the space.
    pub name: String,
    /// The scores.
    pub readings: Readings,
    /// The accuracies, of one kind or several.
    pub targets: Vec<Target>,
}

impl Ground {
    /// Returns the names of the accuracies, separated by commas.
    pub fn target_names(&self) -> String {
        self.targets.iter().map(|target| target.name.as_str()).collect::<Vec<_>>().join(",")
    }
}

/// Mean taus that differ by less are tied.
pub const TIE: f64 = 0.001;

/// A candidate and how well it ranks.
#[derive(Clone, Debug)]
pub struct Judged {
    /// The candidate.
    pub aggregate: Aggregate,
    /// Kendall's tau-b with each target of each ground, in their order; where nothing varies it is 0.
    pub taus: Vec<Vec<f64>>,
}

impl Judged {
    /// Mean tau over the targets of a ground.
    pub fn tau(&self, ground: usize) -> f64 {
        self.taus[ground].iter().sum::<f64>() / self.taus[ground].len() as f64
    }

    /// Mean tau over all grounds.
    pub fn mean(&self) -> f64 {
        self.mean_over(|_| true)
    }

    /// Mean tau over all grounds but one.
    pub fn mean_without(&self, ground: usize) -> f64 {
        self.mean_over(|other| other != ground)
    }

    fn mean_over(&self, counts: impl Fn(usize) -> bool) -> f64 {
        let taus: Vec<f64> =
            (0..self.taus.len()).filter(|&ground| counts(ground)).map(|ground| self.tau(ground)).collect();
        taus.iter().sum::<f64>() / taus.len() as f64
    }

    /// The number of its proxies, and the cost of what they run.
    fn price(&self) -> (usize, usize) {
        let members = &self.aggregate.members;
        let cost = |name: &String| find(&[name]).ok().and_then(|found| found.first().map(|proxy| proxy.info().cost));
        // A proxy that is not ours may cost anything.
        (members.len(), members.iter().map(|name| cost(name).map_or(usize::MAX >> 8, |cost| cost as usize)).sum())
    }
}

/// The proxies that every ground has, in the order of the first.
pub fn common_proxies(grounds: &[Ground]) -> Vec<String> {
    let has = |ground: &Ground, name: &str| ground.readings.proxies.iter().any(|proxy| proxy.proxy == name);
    let first = grounds.first().map_or(&[][..], |ground| &ground.readings.proxies);
    let names = first.iter().map(|proxy| proxy.proxy.clone());
    names.filter(|name| grounds.iter().all(|ground| has(ground, name))).collect()
}

/// Returns each of these proxies alone, and all sets of two to `most` of them under every rule, smaller sets first.
pub fn candidates(proxies: &[String], rules: &[Rule], most: usize) -> Vec<Aggregate> {
    let mut sets: Vec<Vec<usize>> = vec![Vec::new()];
    let mut all = Vec::new();
    for size in 1..=most.min(proxies.len()) {
        let grow = |set: &Vec<usize>| {
            let set = set.clone();
            let next = set.last().map_or(0, |last| last + 1);
            (next..proxies.len()).map(move |member| [set.as_slice(), &[member]].concat())
        };
        sets = sets.iter().flat_map(grow).collect();
        // No rule changes the order that one proxy gives.
        let rules = if size == 1 { &rules[..rules.len().min(1)] } else { rules };
        for set in &sets {
            let members: Vec<String> = set.iter().map(|&member| proxies[member].clone()).collect();
            all.extend(rules.iter().map(|&rule| Aggregate::new(rule, members.clone())));
        }
    }
    all
}

/// Judges how well each candidate ranks on each ground; the best by mean tau come first.
///
/// # Errors
/// Where a ground lacks a proxy of a candidate.
pub fn judge(
    candidates: &[Aggregate],
    grounds: &[Ground],
    direction: &(dyn Fn(&str) -> Direction + Sync),
    bad: BadPolicy,
) -> Result<Vec<Judged>> {
    let taus = |aggregate: &Aggregate, ground: &Ground| -> Result<Vec<f64>> {
        let made = aggregate.apply(&ground.readings, direction, bad)?;
        let tau = |target: &Target| {
            let sample = join(&ground.readings.archs, &made, target, None, Direction::Higher, bad);
            let pairs: Vec<(f64, f64)> = sample.observations.iter().map(|seen| (seen.standing, seen.target)).collect();
            kendall(&pairs).unwrap_or(0.0)
        };
        Ok(ground.targets.iter().map(tau).collect())
    };
    let one = |aggregate: &Aggregate| {
        let taus = grounds.iter().map(|ground| taus(aggregate, ground)).collect::<Result<_>>()?;
        Ok(Judged { aggregate: aggregate.clone(), taus })
    };
    let mut judged = candidates.par_iter().map(one).collect::<Result<Vec<Judged>>>()?;
    judged.sort_by(|a, b| b.mean().total_cmp(&a.mean()));
    Ok(judged)
}

/// What is recommended for one space, and what that is worth there.
#[derive(Clone, Copy, Debug)]
pub struct Choice<'a> {
    /// Index of the space.
    pub ground: usize,
    /// The candidate with the highest mean tau over the other spaces.
    pub chosen: &'a Judged,
    /// The candidate that ranks best on the space itself, which only its labels can tell.
    pub best: &'a Judged,
}

/// Makes a choice for every ground; empty where there are fewer than two grounds or no candidates.
pub fn choices<'a>(judged: &'a [Judged], grounds: &[Ground]) -> Vec<Choice<'a>> {
    let most = |value: &dyn Fn(&Judged) -> f64| {
        let highest = judged.iter().map(value).reduce(f64::max)?;
        judged.iter().filter(|judged| value(judged) > highest - TIE).min_by_key(|judged| judged.price())
    };
    let one = |ground: usize| {
        let chosen = most(&|judged| judged.mean_without(ground))?;
        let best = most(&|judged| judged.tau(ground))?;
        Some(Choice { ground, chosen, best })
    };
    let several = if grounds.len() > 1 { 0..grounds.len() } else { 0..0 };
    several.filter_map(one).collect()
}

/// Makes a table with a row per candidate: its members, its tau on each ground, the mean, and the mean over the others of each.
pub fn judged_table(judged: &[Judged], grounds: &[Ground]) -> PolarsResult<DataFrame> {
    let mut columns = vec![
        column("aggregate", judged, |one| one.aggregate.ranks_by()),
        column("rule", judged, |one| one.aggregate.rule.name()),
        column("proxies", judged, |one| one.aggregate.members.join(",")),
        column("kendall_mean", judged, |one| Some(one.mean())),
    ];
    for (place, ground) in grounds.iter().enumerate() {
        columns.push(column(&format!("kendall_{}", ground.name), judged, |one| Some(one.tau(place))));
        for (i, target) in ground.targets.iter().enumerate().filter(|_| ground.targets.len() > 1) {
            let name = format!("kendall_{}_{}", ground.name, target.name);
            columns.push(column(&name, judged, |one| Some(one.taus[place][i])));
        }
    }
    for (place, ground) in grounds.iter().enumerate().filter(|_| grounds.len() > 1) {
        columns.push(column(&format!("kendall_without_{}", ground.name), judged, |one| Some(one.mean_without(place))));
    }
    DataFrame::new(judged.len(), columns)
}

/// Makes a table with a row per ground: what the others choose for it, and what it would have chosen itself.
pub fn choice_table(choices: &[Choice<'_>], grounds: &[Ground]) -> PolarsResult<DataFrame> {
    let columns = vec![
        column("space", choices, |one| grounds[one.ground].name.clone()),
        column("target", choices, |one| grounds[one.ground].target_names()),
        column("chosen", choices, |one| one.chosen.aggregate.ranks_by()),
        column("kendall_elsewhere", choices, |one| Some(one.chosen.mean_without(one.ground))),
        column("kendall_here", choices, |one| Some(one.chosen.tau(one.ground))),
        column("best_here", choices, |one| one.best.aggregate.ranks_by()),
        column("kendall_best_here", choices, |one| Some(one.best.tau(one.ground))),
    ];
    DataFrame::new(choices.len(), columns)
}

#[cfg(test)]
mod tests {
    use super::super::average::average;
    use super::super::fixture::{scores, target};
    use super::*;

    /// Three architectures with accuracies 1, 2, 3 and the proxies `x`, `y`, `z` of these values.
    fn ground(name: &str, [x, y, z]: [[u8; 3]; 3]) -> Ground {
        let rows = |proxy: &str, values: [u8; 3]| {
            let row = |(arch, value)| format!("{arch},{proxy},0,{value},,ok,1\n");
            ["a", "b", "c"].into_iter().zip(values).map(row).collect::<String>()
        };
        let readings = average(&scores(&(rows("x", x) + &rows("y", y) + &rows("z", z)))).unwrap();
        Ground { name: name.into(), readings, targets: vec![target("acc", &[("a", 1.0), ("b", 2.0), ("c", 3.0)])] }
    }

    const GOOD: [u8; 3] = [1, 2, 3];
    const FAIR: [u8; 3] = [1, 3, 2];
    const POOR: [u8; 3] = [3, 2, 1];

    fn judged(grounds: &[Ground], most: usize) -> Vec<Judged> {
        let all = candidates(&common_proxies(grounds), &[Rule::MeanRank], most);
        judge(&all, grounds, &|_| Direction::Higher, BadPolicy::Worst).unwrap()
    }

    #[test]
    fn a_space_has_no_say_in_what_is_chosen_for_it() {
        let grounds =
            [ground("one", [GOOD, FAIR, POOR]), ground("two", [GOOD, FAIR, POOR]), ground("three", [POOR, GOOD, GOOD])];
        let judged = judged(&grounds, 2);
        let found = choices(&judged, &grounds);
        let named: Vec<_> = found.iter().map(|choice| choice.chosen.aggregate.members.concat()).collect();
        // x is best on `one` and `two`, so it is chosen for `three`, where y and z are best.
        assert_eq!(named[2], "x");
        assert_eq!((found[2].chosen.mean_without(2), found[2].chosen.tau(2)), (1.0, -1.0));
        // On `three`, y, z and both together are tied.
        assert_eq!((found[2].best.aggregate.members.concat(), found[2].best.tau(2)), ("y".into(), 1.0));
        assert_eq!(choice_table(&found, &grounds).unwrap().height(), 3);
        assert_eq!(judged_table(&judged, &grounds).unwrap().shape(), (6, 4 + 3 + 3));
    }

    #[test]
    fn candidates_are_all_proxies_and_their_sets_under_all_rules() {
        let proxies = ["x", "y", "z"].map(String::from);
        let all = candidates(&proxies, &[Rule::LogRank, Rule::MeanRank], 2);
        assert_eq!((all.len(), all[0].ranks_by()), (3 + 2 * 3, "x".into()));
        assert_eq!(all[3].to_string(), "logrank(x,y)");
        assert_eq!(candidates(&proxies, &Rule::ALL, 1).len(), 3);
        assert_eq!(candidates(&proxies, &Rule::ALL, 3).len(), 3 + 3 * 3 + 3);
        assert_eq!(candidates(&proxies, &Rule::ALL, 4).len(), 3 + 3 * 3 + 3);
    }

    #[test]
    fn one_space_alone_chooses_nothing() {
        let grounds = [ground("one", [GOOD, FAIR, POOR])];
        let judged = judged(&grounds, 2);
        assert_eq!(judged[0].aggregate.members, ["x"], "the best first");
        assert!(choices(&judged, &grounds).is_empty());
        assert_eq!(judged_table(&judged, &grounds).unwrap().width(), 5);
    }

    #[test]
    fn the_accuracies_of_a_space_count_together() {
        let mut grounds = [ground("one", [GOOD, FAIR, POOR]), ground("two", [FAIR, GOOD, POOR])];
        grounds[0].targets.push(target("other", &[("a", 3.0), ("b", 2.0), ("c", 1.0)]));
        let judged = judged(&grounds, 1);
        let x = judged.iter().find(|one| one.aggregate.members == ["x"]).unwrap();
        assert_eq!((x.taus[0].as_slice(), x.tau(0)), ([1.0, -1.0].as_slice(), 0.0));
        assert!((x.mean() - (0.0 + 1.0 / 3.0) / 2.0).abs() < 1e-12);
        let table = judged_table(&judged, &grounds).unwrap();
        assert!(table.column("kendall_one_other").is_ok() && table.column("kendall_two_acc").is_err());
    }
}
