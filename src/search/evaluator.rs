//! Evaluates architectures: objectives made from the columns of sources, each with its sign such that more is better.

use super::source::Source;
use crate::Result;
use crate::report::aggregate::Rule;
use crate::space::Arch;

/// One objective.
#[derive(Clone, Debug)]
pub enum Objective {
    /// A column's value, or its negative if less is better. An architecture without a value is not evaluated.
    Column {
        /// Place among the evaluator's columns.
        column: usize,
        /// 1 where more is better, else -1.
        sign: f64,
    },
    /// Several columns combined over the architectures of a run; an architecture without a value in a column counts as the worst.
    Aggregate {
        /// The rule that combines them into one number.
        rule: Rule,
        /// Columns with their signs.
        members: Vec<(usize, f64)>,
        /// The weights of the columns, if they are not all equal.
        weights: Option<Vec<f64>>,
    },
}

/// What one evaluation found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reading {
    /// A value per column of the evaluator.
    pub values: Vec<Option<f64>>,
    /// Seconds of training, simulated or real.
    pub training: f64,
    /// Seconds of scoring, one value per column; `None` if they are not known.
    pub scoring: Vec<Option<f64>>,
}

/// Evaluates architectures.
pub struct Evaluator {
    columns: Vec<String>,
    sources: Vec<Box<dyn Source>>,
    objectives: Vec<Objective>,
}

impl Evaluator {
    /// An evaluator without objectives.
    pub fn new() -> Self {
        Evaluator { columns: Vec::new(), sources: Vec::new(), objectives: Vec::new() }
    }

    /// Adds a source with the names of its columns; `objective` turns them into an objective, given the place of the first.
    pub fn with(
        mut self,
        source: impl Source + 'static,
        columns: Vec<String>,
        objective: impl FnOnce(usize) -> Objective,
    ) -> Self {
        self.objectives.push(objective(self.columns.len()));
        self.columns.extend(columns);
        self.sources.push(Box::new(source));
        self
    }

    /// Names of the columns.
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// Whether the objectives of an architecture do not depend on which others are evaluated.
    pub fn is_settled(&self) -> bool {
        self.objectives.iter().all(|objective| matches!(objective, Objective::Column { .. }))
    }

    /// Evaluates architectures; `None` for one that a source lacks or that has no value for an objective.
    pub fn read(&self, archs: &[Arch]) -> Result<Vec<Option<Reading>>> {
        let mut readings = vec![Some(Reading::default()); archs.len()];
        for source in &self.sources {
            for (reading, row) in readings.iter_mut().zip(source.rows(archs)?) {
                match (reading.as_mut(), row) {
                    (Some(reading), Some(row)) => {
                        reading.values.extend(row.values);
                        reading.training += row.training;
                        reading.scoring.extend(row.scoring);
                    }
                    _ => *reading = None,
                }
            }
        }
        let valued = |reading: &Reading| {
            self.objectives.iter().all(|objective| match objective {
                Objective::Column { column, .. } => reading.values[*column].is_some(),
                Objective::Aggregate { .. } => true,
            })
        };
        Ok(readings.into_iter().map(|reading| reading.filter(valued)).collect())
    }

    /// The objectives of each of these architectures among all of them.
    pub fn values(&self, readings: &[Reading]) -> Vec<Vec<f64>> {
        let mut values = vec![Vec::with_capacity(self.objectives.len()); readings.len()];
        for objective in &self.objectives {
            let column = match objective {
                Objective::Column { column, sign } => standings(readings, *column, *sign),
                Objective::Aggregate { rule, members, weights } => {
                    let members = members.iter().map(|&(column, sign)| standings(readings, column, sign));
                    rule.combine(&members.collect::<Vec<_>>(), weights.as_deref())
                }
            };
            values.iter_mut().zip(column).for_each(|(values, value)| values.push(value));
        }
        values
    }
}

impl Default for Evaluator {
    fn default() -> Self {
        Evaluator::new()
    }
}

/// The values of a column, turned so that more is better, with minus infinity for missing ones.
fn standings(readings: &[Reading], column: usize, sign: f64) -> Vec<f64> {
    readings.iter().map(|reading| reading.values[column].map_or(f64::NEG_INFINITY, |value| sign * value)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::source::Row;
    use super::*;
    use crate::space::{NatsSss, SearchSpace};

    /// The first width of an architecture, and nothing for widths above 32.
    struct FirstWidth;

    impl Source for FirstWidth {
        fn rows(&self, archs: &[Arch]) -> Result<Vec<Option<Row>>> {
            let width = |arch: &Arch| Ok(NatsSss::default().widths(arch)?[0] as f64);
            let row = |width: f64| Row {
                values: vec![(width <= 32.0).then_some(width)],
                training: width,
                scoring: vec![Some(1.0)],
            };
            archs.iter().map(|arch| width(arch).map(row).map(Some)).collect()
        }
    }

    fn archs(texts: [&str; 3]) -> Vec<Arch> {
        texts.map(|text| NatsSss::default().parse(text).unwrap()).into()
    }

    #[test]
    fn a_column_without_a_value_is_no_evaluation_and_ranks_last() {
        let archs = archs(["8:8:8:8:8", "32:8:8:8:8", "40:8:8:8:8"]);
        let plain =
            Evaluator::new().with(FirstWidth, vec!["width".into()], |column| Objective::Column { column, sign: -1.0 });
        let readings = plain.read(&archs).unwrap();
        assert_eq!(readings.iter().map(Option::is_some).collect::<Vec<_>>(), [true, true, false]);
        assert!(plain.is_settled());
        let readings: Vec<Reading> = readings.into_iter().flatten().collect();
        assert_eq!(plain.values(&readings), [[-8.0], [-32.0]]);

        let rule = Rule::MeanRank;
        let ranks = Evaluator::new().with(FirstWidth, vec!["width".into()], |column| Objective::Aggregate {
            rule,
            members: vec![(column, 1.0)],
            weights: None,
        });
        let readings: Vec<Reading> = ranks.read(&archs).unwrap().into_iter().flatten().collect();
        assert_eq!(ranks.values(&readings), [[2.0 / 3.0], [1.0], [1.0 / 3.0]]);
        assert_eq!(ranks.values(&readings[..1]), [[1.0]], "ranks change with the set");
        assert!(!ranks.is_settled());
    }
}
