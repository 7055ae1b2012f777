//! What a proxy's shortlist is worth: rank all architectures without training, train the K best of them for a short time, and pick the best
//! of those. This is computed for every proxy and every K at once.

mod page;
mod request;

pub use request::{ShortlistRequest, Shortlisted};

use super::evaluator::{Evaluator, Reading};
use super::source::Tables;
use super::spread::{Spread, digits};
use crate::Result;
use crate::report::average::{ProxyReadings, Readings};
use crate::report::join::{BadPolicy, Direction, standing};
use crate::report::tables::column;
use crate::space::{Arch, SearchSpace};
use crate::text::{Cell, Column, Table, Text};
use polars::prelude::{DataFrame, PolarsResult};
use rayon::prelude::*;
use std::collections::HashSet;
use zeronas_random::Stream;

/// The results of short trainings of the K best architectures by one proxy.
#[derive(Clone, Debug)]
pub struct Shortlist {
    /// The proxy or aggregate.
    pub proxy: String,
    /// Architectures ranked.
    pub ranked: usize,
    /// Seconds that scoring took, over each network once and all seeds; `None` if one was not timed.
    pub scoring: Option<f64>,
    /// One row for each K, from 1.
    pub rows: Vec<Row>,
}

/// The results for one K, over several ways to break ties.
#[derive(Clone, Debug)]
pub struct Row {
    /// How many architectures are trained.
    pub k: usize,
    /// Simulated seconds of their training.
    pub seconds: Option<Spread>,
    /// What the picks are worth, one value per final column.
    pub finals: Vec<Option<Spread>>,
}

/// The data that shortlists are made from.
pub struct Ground<'a> {
    /// Where architectures come from.
    pub space: &'a dyn SearchSpace,
    /// Scores, averaged over seeds.
    pub readings: &'a Readings,
    /// The short training: one objective, and its simulated seconds.
    pub training: &'a Evaluator,
    /// The tables with the final columns.
    pub tables: &'a Tables,
    /// The final columns.
    pub finals: &'a [String],
    /// Length of the longest shortlist.
    pub most: usize,
    /// Number of ways to break ties between equal scores.
    pub draws: usize,
    /// Seed for breaking ties.
    pub seed: u64,
}

/// A scored architecture.
struct Candidate {
    network: String,
    reading: Option<Reading>,
    finals: Vec<Option<f64>>,
}

impl Ground<'_> {
    /// Makes a shortlist for each proxy of the scores.
    pub fn shortlists(&self, direction: impl Fn(&str) -> Direction + Sync) -> Result<Vec<Shortlist>> {
        let archs = self.readings.archs.iter().map(|arch| self.space.parse(arch)).collect::<Result<Vec<Arch>>>()?;
        let candidate = |(arch, reading): (&Arch, Option<Reading>)| -> Result<Candidate> {
            let network = self.space.key(arch)?.unwrap_or_else(|| arch.to_string());
            let finals = self.finals.iter().map(|name| self.tables.value(arch, name)).collect::<Result<_>>()?;
            let reading = if self.space.admits(arch)? { reading } else { None };
            Ok(Candidate { network, reading, finals })
        };
        let trained = self.training.read(&archs)?;
        let candidates: Vec<Candidate> = archs.iter().zip(trained).map(candidate).collect::<Result<_>>()?;
        let of = |proxy: &ProxyReadings| self.shortlist(proxy, direction(&proxy.proxy), &candidates);
        Ok(self.readings.proxies.par_iter().map(of).collect())
    }

    fn shortlist(&self, proxy: &ProxyReadings, direction: Direction, candidates: &[Candidate]) -> Shortlist {
        let standing = |reading| Some(direction.sign() * standing(reading, direction, BadPolicy::Drop)?);
        let scored = proxy.readings.iter().enumerate();
        let scored: Vec<(usize, f64)> =
            scored.filter_map(|(place, reading)| Some((place, standing(reading.as_ref()?)?))).collect();
        let draws: Vec<Vec<Outcome>> = (0..self.draws).map(|draw| self.draw(draw, &scored, candidates)).collect();
        let row = |k: usize| {
            let outcomes: Vec<&Outcome> = draws.iter().filter_map(|draw| draw.get(k - 1)).collect();
            Row {
                k,
                seconds: Spread::of(outcomes.iter().map(|outcome| outcome.seconds)),
                finals: (0..self.finals.len())
                    .map(|column| {
                        Spread::of(outcomes.iter().filter_map(|outcome| candidates[outcome.pick].finals[column]))
                    })
                    .collect(),
            }
        };
        Shortlist {
            proxy: proxy.proxy.clone(),
            ranked: scored.len(),
            scoring: scoring(proxy, candidates),
            rows: (1..=self.most).map(row).collect(),
        }
    }

    /// The shortlists of one way to break ties, the shortest first.
    fn draw(&self, draw: usize, scored: &[(usize, f64)], candidates: &[Candidate]) -> Vec<Outcome> {
        let ties = Stream::new(&format!("shortlist.{draw}"), self.seed);
        let mut order: Vec<(usize, f64, u64)> =
            scored.iter().map(|&(place, score)| (place, score, ties.bits(place as u64))).collect();
        order.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.2.cmp(&b.2)));
        let mut networks = HashSet::new();
        let mut outcomes: Vec<Outcome> = Vec::with_capacity(self.most.min(scored.len()));
        let mut best = f64::NEG_INFINITY;
        for (place, ..) in order {
            let candidate = &candidates[place];
            let Some(reading) = &candidate.reading else { continue };
            if !networks.insert(candidate.network.as_str()) {
                continue;
            }
            let feedback = self.training.values(std::slice::from_ref(reading))[0][0];
            let before = outcomes.last().map_or((place, 0.0), |outcome| (outcome.pick, outcome.seconds));
            let pick = if feedback > best { place } else { before.0 };
            best = best.max(feedback);
            outcomes.push(Outcome { pick, seconds: before.1 + reading.training });
            if outcomes.len() == self.most {
                break;
            }
        }
        outcomes
    }
}

/// The pick of a shortlist, and the seconds of its training.
struct Outcome {
    pick: usize,
    seconds: f64,
}

/// Seconds that a proxy took for all networks over all seeds, as it is their mean that ranks; `None` if one is not timed.
fn scoring(proxy: &ProxyReadings, candidates: &[Candidate]) -> Option<f64> {
    let mut networks = HashSet::new();
    let scored = proxy.readings.iter().zip(&proxy.took).zip(candidates);
    let scored = scored.filter(|((reading, _), candidate)| reading.is_some() && networks.insert(&candidate.network));
    scored.map(|((_, took), _)| took.whole).sum()
}

/// A row per proxy and K.
pub fn table(lists: &[Shortlist], finals: &[String]) -> PolarsResult<DataFrame> {
    let rows: Vec<(&Shortlist, &Row)> =
        lists.iter().flat_map(|list| list.rows.iter().map(move |row| (list, row))).collect();
    let mut columns = vec![
        column("proxy", &rows, |(list, _)| list.proxy.clone()),
        column("k", &rows, |(_, row)| row.k),
        column("ranked", &rows, |(list, _)| list.ranked),
        column("scoring_seconds", &rows, |(list, _)| list.scoring),
        column("seconds", &rows, |(_, row)| row.seconds.map(|seconds| seconds.mean)),
    ];
    for (place, name) in finals.iter().enumerate() {
        columns.push(column(&format!("{name}_mean"), &rows, |(_, row)| row.finals[place].map(|found| found.mean)));
        columns.push(column(&format!("{name}_std"), &rows, |(_, row)| row.finals[place].map(|found| found.std)));
    }
    DataFrame::new(rows.len(), columns)
}

/// The results as text: a table per final column, with a row per K and a column per proxy.
pub fn text(lists: &[Shortlist], finals: &[String]) -> Text {
    let mut parts: Vec<Text> = Vec::new();
    for (place, name) in finals.iter().enumerate() {
        parts.push(format!("{name} of the best of the K best, and what training those K takes (simulated)").into());
        parts.push(beside(lists, place, name).into());
    }
    parts.push("scoring: what all networks take one after the other, on one thread, over all seeds".into());
    Text::joined(parts, "\n\n")
}

fn beside(lists: &[Shortlist], place: usize, name: &str) -> Table {
    let of_proxy = lists.iter().map(|list| {
        let scoring = list.scoring.map_or_else(|| "not timed".into(), |seconds| format!("scoring {seconds:.0} s"));
        Column::number(format!("{}\n{scoring}", list.proxy)).called(&list.proxy)
    });
    let columns = [Column::hidden("final"), Column::number("K").key()].into_iter().chain(of_proxy);
    let mut table = Table::new("shortlist", columns).folding();
    for k in 0..lists.first().map_or(0, |list| list.rows.len()) {
        let cells = lists.iter().map(|list| cell(&list.rows[k], place));
        table.row([Cell::from(name), (k + 1).into()].into_iter().chain(cells));
    }
    table
}

/// The value of a row's picks by a final column, and the seconds of training.
fn cell(row: &Row, place: usize) -> Cell {
    let found = match row.finals[place] {
        None => "-".into(),
        // No ties, or none that matter.
        Some(found) if found.std < 1e-9 => format!("{:.*}", digits(found.mean), found.mean),
        Some(found) => found.to_string(),
    };
    let seconds = row.seconds.map(|seconds| seconds.mean);
    let text = match seconds.filter(|seconds| *seconds > 0.0) {
        Some(seconds) => format!("{found} ({seconds:.0} s)"),
        None => found,
    };
    let worth = row.finals[place];
    Cell::bare(text)
        .also("_mean", worth.map(|found| found.mean))
        .also("_std", worth.map(|found| found.std))
        .also("_seconds", seconds)
}

#[cfg(test)]
mod tests {
    use super::super::evaluator::Objective;
    use super::super::source::TableColumns;
    use super::*;
    use crate::report::average::average;
    use crate::report::fixture::scores;
    use crate::space::NatsTss;
    use std::sync::Arc;

    /// Two notations of the same network (they differ in a dead edge), one better architecture, and one worse.
    const ARCHS: [&str; 4] = [
        "|nor_conv_3x3~0|+|none~0|none~1|+|skip_connect~0|none~1|none~2|",
        "|none~0|+|none~0|none~1|+|skip_connect~0|none~1|none~2|",
        "|none~0|+|none~0|none~1|+|nor_conv_3x3~0|none~1|none~2|",
        "|none~0|+|none~0|none~1|+|nor_conv_1x1~0|none~1|none~2|",
    ];

    #[test]
    fn each_network_is_trained_once_and_the_best_by_feedback_is_picked() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.csv");
        let rows: String = [(10, 1), (11, 2), (30, 4), (20, 8)]
            .iter()
            .zip(ARCHS)
            .map(|((accuracy, cost), arch)| format!("{arch},{accuracy},{cost},{}\n", accuracy * 2))
            .collect();
        std::fs::write(&path, format!("arch,short,cost,long\n{rows}")).unwrap();
        let space: Arc<dyn SearchSpace> = Arc::new(NatsTss::default());
        let tables = Arc::new(Tables::open(&[path], None, space.clone()).unwrap());
        let source =
            TableColumns::new(tables.clone(), &[("feedback", "short")], Some(&"cost".parse().unwrap())).unwrap();
        let training =
            Evaluator::new().with(source, vec!["short".into()], |column| Objective::Column { column, sign: 1.0 });
        // Order by the proxy: the two equal networks, then the worse one, then the better one.
        let lines: String = ARCHS
            .iter()
            .zip([9.0, 9.0, 1.0, 5.0])
            .map(|(arch, score)| format!("{arch},naswot,0,{score},,ok,0.5\n"))
            .collect();
        let readings = average(&scores(&lines)).unwrap();
        let ground = Ground {
            space: space.as_ref(),
            readings: &readings,
            training: &training,
            tables: &tables,
            finals: &["long".into()],
            most: 4,
            draws: 200,
            seed: 0,
        };
        let list = ground.shortlists(|_| Direction::Higher).unwrap().remove(0);
        assert_eq!((list.ranked, list.scoring), (4, Some(1.5)), "three networks of half a second");
        let first = list.rows[0].finals[0].unwrap();
        assert!((first.mean - 21.0).abs() < 0.3 && first.std > 0.8, "either twin: 20 or 22, {first:?}");
        assert_eq!(list.rows[1].finals[0].unwrap().mean, 40.0);
        assert_eq!(list.rows[2].finals[0].unwrap().mean, 60.0);
        assert!(list.rows[3].seconds.is_none(), "there are no four networks");
        assert!((list.rows[2].seconds.unwrap().mean - 13.5).abs() < 0.2);
    }
}
