//! Curves of what searches have found by a number of evaluations or simulated seconds: median and quartiles over their runs.

use crate::percentile::percentile;
use crate::search::record::{Record, RecordedRun};

/// Number of points on a curve.
const PLACES: usize = 200;

/// What a curve is plotted against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// Evaluations.
    Evaluations,
    /// Simulated seconds.
    Seconds,
}

impl Clock {
    /// Both.
    pub const ALL: [Clock; 2] = [Clock::Evaluations, Clock::Seconds];

    /// The name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Clock::Evaluations => "evaluations",
            Clock::Seconds => "seconds",
        }
    }

    /// How many steps a run has made by then.
    fn steps(self, run: &RecordedRun, by: f64) -> usize {
        match self {
            Clock::Evaluations => (by as usize).min(run.steps.len()),
            Clock::Seconds => run.steps.partition_point(|step| step.seconds <= by),
        }
    }

    /// The value of the clock at the end of a run.
    fn end(self, run: &RecordedRun) -> f64 {
        match self {
            Clock::Evaluations => run.steps.len() as f64,
            Clock::Seconds => run.steps.last().map_or(0.0, |step| step.seconds),
        }
    }
}

/// Median and quartiles of some numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quartiles {
    /// A quarter is below.
    pub lower: f64,
    /// Half is below.
    pub median: f64,
    /// Three quarters are below.
    pub upper: f64,
}

impl Quartiles {
    /// Computes the quartiles of some values; `None` if there are none.
    pub fn of(values: impl Iterator<Item = f64>) -> Option<Self> {
        let mut values: Vec<f64> = values.collect();
        values.sort_unstable_by(f64::total_cmp);
        let at = |share| percentile(&values, share);
        Some(Quartiles { lower: at(0.25)?, median: at(0.5)?, upper: at(0.75)? })
    }
}

/// One search's curve for one final column.
#[derive(Clone, Debug)]
pub struct Curve {
    /// Place of the search among those compared.
    pub search: usize,
    /// The final column.
    pub column: String,
    /// What the curve is plotted against.
    pub clock: Clock,
    /// The points: clock values, and the quartiles of the runs' incumbents there. A run that has ended keeps its last incumbent.
    pub points: Vec<(f64, Quartiles)>,
}

/// Computes the curve of a search. It begins where every run has an incumbent, and has no points if the clock stands still.
pub fn curve(search: usize, record: &Record, column: usize, clock: Clock) -> Curve {
    let end = record.runs.iter().map(|run| clock.end(run)).fold(0.0, f64::max);
    let places: Vec<f64> = match clock {
        Clock::Evaluations => {
            let step = (end / PLACES as f64).max(1.0);
            let mut places: Vec<f64> = (0..PLACES).map(|place| (1.0 + step * place as f64).floor()).collect();
            places.retain(|place| *place < end);
            places.push(end);
            places
        }
        Clock::Seconds => (1..=PLACES).map(|place| end * place as f64 / PLACES as f64).collect(),
    };
    let point = |at: f64| {
        let steps: Vec<usize> = record.runs.iter().map(|run| clock.steps(run, at)).collect();
        if steps.contains(&0) {
            return None;
        }
        let worth = record.runs.iter().zip(steps).filter_map(|(run, steps)| run.worth(steps, column));
        Some((at, Quartiles::of(worth)?))
    };
    let points = if end > 0.0 { places.into_iter().filter_map(point).collect() } else { Vec::new() };
    Curve { search, column: record.finals[column].clone(), clock, points }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::record;
    use super::*;

    #[test]
    fn a_curve_is_the_middle_of_the_runs_incumbents() {
        // Finals of three runs' steps; a step takes 10 seconds.
        let record = record("a", &[&[1.0, 5.0, 3.0], &[2.0, 2.0], &[3.0, 4.0, 9.0]]);
        let found = curve(0, &record, 0, Clock::Evaluations).points;
        let medians: Vec<(f64, f64)> = found.iter().map(|(at, quartiles)| (*at, quartiles.median)).collect();
        assert_eq!(medians, [(1.0, 2.0), (2.0, 4.0), (3.0, 5.0)], "the second run keeps its last");
        assert_eq!(found[2].1, Quartiles { lower: 3.5, median: 5.0, upper: 7.0 });
        let seconds = curve(0, &record, 0, Clock::Seconds).points;
        assert!(seconds[0].0 >= 10.0 && seconds.last().unwrap().0 == 30.0);
        assert_eq!(seconds.last().unwrap().1.median, 5.0);
    }
}
