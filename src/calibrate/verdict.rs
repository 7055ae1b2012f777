//! The verdict, by the rule in the documentation of the [module](super).

use super::Judged;
use super::candidates::Kind;
use crate::report::aggregate::Aggregate;
use crate::report::pairs::share_above_zero;

/// The largest share of shuffles that may reach the best tau before it counts as chance.
const MOST_BY_CHANCE: f64 = 0.05;

/// The share of draws in which something simple must beat the combination to take its place.
const SIMPLER: f64 = 0.8;

/// What to rank by.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// These labels show no signal: train.
    Train,
    /// Rank by this.
    Use {
        /// The kind of what to rank by.
        kind: Kind,
        /// Its expression.
        aggregate: Aggregate,
    },
}

impl Verdict {
    /// Applies the rule to all that was judged, with the combination last. `by_chance` is the share of shuffles that reach the best tau;
    /// `aggregate` returns the expression of a candidate, given its place.
    pub(super) fn of(judged: &[Judged], by_chance: f64, aggregate: impl Fn(usize) -> Option<Aggregate>) -> Verdict {
        if by_chance > MOST_BY_CHANCE {
            return Verdict::Train;
        }
        let tau = |place: usize| judged[place].kendall.value.unwrap_or(f64::NEG_INFINITY);
        let simple = (0..judged.len()).filter(|&place| judged[place].kind.is_prior());
        // On equal tau the first one wins: parameters before FLOPs before an aggregate.
        let simple = simple.reduce(|best, other| if tau(other) > tau(best) { other } else { best });
        let combination = (0..judged.len()).find(|&place| judged[place].kind == Kind::Combination);
        let beaten = |(simple, combination): (usize, usize)| {
            let pairs = judged[simple].draws.iter().zip(&judged[combination].draws);
            let differences: Vec<Option<f64>> = pairs.map(|(a, b)| Some((*a)? - (*b)?)).collect();
            // If no draw can be compared, nothing speaks for fitting.
            share_above_zero(&differences).is_none_or(|share| share > SIMPLER)
        };
        let chosen = match (simple, combination) {
            (Some(simple), Some(combination)) if beaten((simple, combination)) => Some(simple),
            (simple, combination) => combination.or(simple),
        };
        let made = |place: usize| Some((judged[place].kind, aggregate(place)?));
        match chosen.and_then(made).or_else(|| simple.and_then(made)) {
            Some((kind, aggregate)) => Verdict::Use { kind, aggregate },
            None => Verdict::Train,
        }
    }

    /// The verdict in words.
    pub fn says(&self) -> String {
        match self {
            Verdict::Train => "nothing carries signal that these labels could show: train".into(),
            Verdict::Use { kind: Kind::Params, .. } => "just use the number of parameters".into(),
            Verdict::Use { kind: Kind::Flops, .. } => "just use FLOPs".into(),
            Verdict::Use { kind: Kind::Default, aggregate } => format!("just use the default, {aggregate}"),
            Verdict::Use { aggregate, .. } => format!("use {aggregate}"),
        }
    }

    /// The expression to rank by.
    pub fn aggregate(&self) -> Option<&Aggregate> {
        match self {
            Verdict::Train => None,
            Verdict::Use { aggregate, .. } => Some(aggregate),
        }
    }
}
