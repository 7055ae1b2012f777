//! Which of two searches finds better architectures, compared run by run.
//!
//! Runs are paired by number. Each strategy draws its own random numbers, so with equal seeds two searches share nothing except the pool of a
//! warm-up, and the intervals are those of independent runs.

use crate::report::bootstrap::interval;
use crate::search::Record;
use std::collections::HashMap;
use zeronas_random::Stream;

/// Resamples of the runs behind each interval.
pub const DRAWS: usize = 1000;

/// The comparison of two searches by one final column.
#[derive(Clone, Debug)]
pub struct Pair {
    /// Place of the first among those compared.
    pub a: usize,
    /// Place of the second.
    pub b: usize,
    /// The final column.
    pub column: String,
    /// Runs that both have.
    pub runs: usize,
    /// Mean value of the first search's picks.
    pub level: f64,
    /// Mean difference between the values of the first search's picks and the second's.
    pub difference: f64,
    /// The 95 % interval of the difference, over resamples of the runs.
    pub interval: Option<(f64, f64)>,
    /// Share of the runs in which the first search's pick is worth more.
    pub a_better: f64,
    /// Share of the runs in which the second search's pick is worth more.
    pub b_better: f64,
}

/// Every two searches by every final column that both have.
pub fn pairs(records: &[Record]) -> Vec<Pair> {
    let mut pairs = Vec::new();
    for (a, first) in records.iter().enumerate() {
        for (b, second) in records.iter().enumerate().skip(a + 1) {
            for (column, name) in first.finals.iter().enumerate() {
                if let Some(other) = second.finals.iter().position(|other| other == name) {
                    pairs.extend(pair((a, first, column), (b, second, other), name));
                }
            }
        }
    }
    pairs
}

fn pair(a: (usize, &Record, usize), b: (usize, &Record, usize), name: &str) -> Option<Pair> {
    let worth = |(_, record, column): (usize, &Record, usize)| -> HashMap<u64, f64> {
        let runs = record.runs.iter().zip(record.picks(column));
        runs.filter_map(|(run, worth)| Some((run.number, worth?))).collect()
    };
    let (first, second) = (worth(a), worth(b));
    let mut numbers: Vec<u64> = first.keys().filter(|number| second.contains_key(number)).copied().collect();
    numbers.sort_unstable();
    let differences: Vec<f64> = numbers.iter().map(|number| first[number] - second[number]).collect();
    if differences.is_empty() {
        return None;
    }
    let count = differences.len() as f64;
    let share = |of: fn(f64) -> bool| differences.iter().filter(|difference| of(**difference)).count() as f64 / count;
    Some(Pair {
        a: a.0,
        b: b.0,
        column: name.to_owned(),
        runs: differences.len(),
        level: numbers.iter().map(|number| first[number]).sum::<f64>() / count,
        difference: differences.iter().sum::<f64>() / count,
        interval: interval((0..DRAWS).map(|draw| resampled_mean(&differences, draw))),
        a_better: share(|difference| difference > 0.0),
        b_better: share(|difference| difference < 0.0),
    })
}

/// The mean of one resample; `None` for a single run, whose spread is not known.
fn resampled_mean(values: &[f64], draw: usize) -> Option<f64> {
    if values.len() < 2 {
        return None;
    }
    let stream = Stream::new(&format!("search.report.{draw}"), 0);
    let count = values.len() as u64;
    let sum: f64 = (0..count).map(|place| values[stream.below(place, count) as usize]).sum();
    Some(sum / count as f64)
}

#[cfg(test)]
mod tests {
    use super::super::fixture::record;
    use super::*;

    #[test]
    fn runs_of_one_number_are_compared() {
        let a = record("a", &[&[3.0], &[2.0], &[5.0], &[9.0]]);
        let b = record("b", &[&[1.0], &[2.0], &[6.0]]);
        let found = pairs(&[a, b]).remove(0);
        assert_eq!((found.runs, found.difference), (3, 1.0 / 3.0));
        assert_eq!((found.a_better, found.b_better), (1.0 / 3.0, 1.0 / 3.0));
        let (lo, hi) = found.interval.unwrap();
        assert!(lo >= -1.0 && hi <= 2.0 && lo < 0.0 && hi > 0.0);
    }
}
