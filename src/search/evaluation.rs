//! What a search evaluates architectures by: a proxy, a table, or first a proxy and then a table for the best.

use super::evaluator::Evaluator;
use super::expression::Expression;
use super::source::Tables;
use super::step::{Stage, Step};
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// How architectures are evaluated, as asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Method {
    /// By a proxy or aggregate.
    Proxy(Expression),
    /// By the feedback column of a table.
    Table,
    /// By a proxy or aggregate, and afterwards this many of the best by the table.
    Staged(Expression, usize),
}

impl Method {
    /// The part that needs no training, if there is one.
    pub fn expression(&self) -> Option<&Expression> {
        match self {
            Method::Proxy(expression) | Method::Staged(expression, _) => Some(expression),
            Method::Table => None,
        }
    }

    /// The method in a given space: see [`Expression::in_space`].
    pub fn in_space(&self, space: &str) -> Method {
        match self {
            Method::Table => Method::Table,
            Method::Proxy(expression) => Method::Proxy(expression.in_space(space)),
            Method::Staged(expression, keep) => Method::Staged(expression.in_space(space), *keep),
        }
    }
}

impl FromStr for Method {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let malformed = || "must read table, proxy:EXPRESSION or staged:EXPRESSION,K".to_owned();
        match text.split_once(':') {
            None if text == "table" => Ok(Method::Table),
            Some(("proxy", expression)) => expression.parse().map(Method::Proxy),
            Some(("staged", both)) => {
                let (expression, keep) = both.rsplit_once(',').ok_or_else(malformed)?;
                match keep.trim().parse() {
                    Ok(0) => Err("K is 0; at least one architecture must be trained".into()),
                    Ok(keep) => Ok(Method::Staged(expression.parse()?, keep)),
                    Err(_) => Err(format!("K is `{keep}`, not a whole number; write staged:EXPRESSION,K")),
                }
            }
            _ => Err(malformed()),
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Method::Table => f.write_str("table"),
            Method::Proxy(expression) => write!(f, "proxy:{expression}"),
            Method::Staged(expression, keep) => write!(f, "staged:{expression},{keep}"),
        }
    }
}

/// Everything that evaluates in a search.
pub struct Evaluation {
    /// The evaluator whose values the strategy is told.
    pub first: Evaluator,
    /// The training that compares the best architectures after the search.
    pub training: Option<Training>,
    /// Names of the strategy's objectives.
    pub objectives: Vec<String>,
    /// Columns of the tables, or of a real training, that tell what a pick is worth.
    pub finals: Vec<String>,
    /// The tables, where there are any.
    pub tables: Option<Arc<Tables>>,
    /// Whether evaluations take training seconds, simulated or real.
    pub timed: bool,
}

impl Evaluation {
    /// The value that a step's evaluator found in a column.
    pub(super) fn value(&self, step: &Step, column: &str) -> Option<f64> {
        let columns = match (&self.training, step.stage) {
            (Some(training), Stage::Training) => training.evaluator.columns(),
            _ => self.first.columns(),
        };
        step.values[columns.iter().position(|known| known == column)?]
    }
}

/// The second stage of a search that begins without training.
pub struct Training {
    /// How many architectures are trained.
    pub keep: usize,
    /// The evaluator of the training, which has one objective.
    pub evaluator: Evaluator,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn methods_are_read_as_they_are_written() {
        for text in ["table", "proxy:naswot", "proxy:logrank(naswot,synflow)", "staged:meanrank(naswot,synflow),10"] {
            assert_eq!(text.parse::<Method>().unwrap().to_string(), text);
        }
        for (text, part) in [
            ("staged:synflow,0", "K is 0"),
            ("staged:synflow", "staged:EXPRESSION,K"),
            ("staged:synflow,many", "K is `many`"),
            ("proxy:", "names no proxy"),
            ("proxy", "must read"),
            ("oracle:x", "must read"),
        ] {
            let error = text.parse::<Method>().unwrap_err();
            assert!(error.contains(part), "{error}");
        }
    }
}
