//! The measures of a ranking, and rows prepared so that all of them can be had for any resample.

use std::num::NonZeroUsize;

use super::statistics::ndcg::Gains;
use super::statistics::ordered::Ordered;
use super::statistics::partial::Partial;
use super::statistics::precision::precision;
use super::statistics::top::best;
use super::statistics::{Linear, Ranked, RankedDraw};

/// A number that says how well a proxy ranks architectures by a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// Spearman's rho, signed.
    Spearman,
    /// Kendall's tau-b, signed.
    Kendall,
    /// Pearson's r of the values, signed.
    Pearson,
    /// Spearman's rho given a third reading (the number of parameters), signed.
    Partial,
    /// nDCG at k.
    Ndcg(NonZeroUsize),
    /// Share of the k best by score that are among the k best by target.
    Precision(NonZeroUsize),
    /// Best target among the k best by score.
    BestTop(NonZeroUsize),
    /// What that falls short of the best target there is.
    Regret(NonZeroUsize),
}

impl Measure {
    /// All measures, those at k for each k.
    pub fn all(top: &[NonZeroUsize]) -> Vec<Measure> {
        let at_k: [fn(NonZeroUsize) -> Measure; 4] =
            [Measure::Ndcg, Measure::Precision, Measure::BestTop, Measure::Regret];
        let mut all = vec![Measure::Spearman, Measure::Kendall, Measure::Pearson, Measure::Partial];
        all.extend(at_k.iter().flat_map(|of| top.iter().map(|&k| of(k))));
        all
    }

    /// What tables call it, without k.
    pub fn kind(self) -> &'static str {
        match self {
            Measure::Spearman => "spearman",
            Measure::Kendall => "kendall",
            Measure::Pearson => "pearson",
            Measure::Partial => "partial_spearman",
            Measure::Ndcg(_) => "ndcg",
            Measure::Precision(_) => "precision",
            Measure::BestTop(_) => "best",
            Measure::Regret(_) => "regret",
        }
    }

    /// Its k, if it has one.
    pub fn k(self) -> Option<NonZeroUsize> {
        match self {
            Measure::Spearman | Measure::Kendall | Measure::Pearson | Measure::Partial => None,
            Measure::Ndcg(k) | Measure::Precision(k) | Measure::BestTop(k) | Measure::Regret(k) => Some(k),
        }
    }

    /// What wide tables call it: `spearman`, `best_top10`.
    pub fn name(self) -> String {
        let kind = self.kind();
        self.k().map_or_else(|| kind.to_owned(), |k| format!("{kind}_top{k}"))
    }
}

/// One architecture as seen by a proxy and a target.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Observation {
    /// What it is ranked by; may be infinite.
    pub standing: f64,
    /// What enters Pearson's r; `None` leaves the architecture out of it.
    pub value: Option<f64>,
    /// The benchmark's number.
    pub target: f64,
    /// The third reading of the partial correlation; `None` leaves the architecture out of it.
    pub given: Option<f64>,
}

/// Observations prepared for some measures of any resample.
pub struct Prepared {
    n: usize,
    measures: Vec<Measure>,
    ranked: Option<Ranked>,
    linear: Option<Linear>,
    partial: Option<Partial>,
    ordered: Option<Ordered>,
    gains: Option<Gains>,
}

impl Prepared {
    /// Sorts the observations as the measures need them. `best_first` is 1 where a higher standing is better, and -1
    /// where a lower one is; it decides what the head of the ranking is, and no sign.
    pub fn new(observations: &[Observation], measures: Vec<Measure>, best_first: f64) -> Self {
        let asked = |wanted: fn(&Measure) -> bool| measures.iter().any(wanted);
        let rows = || observations.iter().enumerate();
        let ranked = asked(|m| matches!(m, Measure::Spearman | Measure::Kendall))
            .then(|| Ranked::new(&observations.iter().map(|seen| (seen.standing, seen.target)).collect::<Vec<_>>()));
        let linear = asked(|m| *m == Measure::Pearson)
            .then(|| Linear::new(rows().filter_map(|(row, seen)| Some((row, seen.value?, seen.target)))));
        let partial = asked(|m| *m == Measure::Partial).then(|| {
            let triple = |(row, seen): (usize, &Observation)| Some((row, [seen.standing, seen.target, seen.given?]));
            Partial::new(&rows().filter_map(triple).collect::<Vec<_>>())
        });
        let ordered = asked(|m| m.k().is_some()).then(|| {
            Ordered::new(&observations.iter().map(|seen| (best_first * seen.standing, seen.target)).collect::<Vec<_>>())
        });
        let largest_k = measures.iter().filter_map(|measure| measure.k()).max().map_or(0, NonZeroUsize::get);
        let gains = asked(|m| matches!(m, Measure::Ndcg(_)))
            .then(|| Gains::new(&observations.iter().map(|seen| seen.target).collect::<Vec<_>>(), largest_k));
        Prepared {
            n: observations.len(),
            measures,
            ranked: ranked.flatten(),
            linear: linear.flatten(),
            partial: partial.flatten(),
            ordered: ordered.flatten(),
            gains: gains.flatten(),
        }
    }

    /// Number of observations.
    #[expect(clippy::len_without_is_empty, reason = "nothing asks")]
    pub fn len(&self) -> usize {
        self.n
    }

    /// The measures asked for.
    pub fn measures(&self) -> &[Measure] {
        &self.measures
    }

    /// Each measure where observation `i` counts `counts[i]` times; `None` where it is undefined.
    pub fn evaluate(&self, counts: &[u32]) -> Vec<Option<f64>> {
        let drawn = self.ranked.as_ref().map(|ranked| ranked.draw(counts));
        self.measures.iter().map(|&measure| self.one(measure, counts, drawn.as_ref())).collect()
    }

    fn one(&self, measure: Measure, counts: &[u32], drawn: Option<&RankedDraw<'_>>) -> Option<f64> {
        let ordered = || self.ordered.as_ref();
        let best_top = |k: NonZeroUsize| Some(best(&ordered()?.head(counts, k.get())?, counts));
        match measure {
            Measure::Spearman => drawn?.spearman(),
            Measure::Kendall => drawn?.kendall(),
            Measure::Pearson => self.linear.as_ref()?.pearson(counts),
            Measure::Partial => self.partial.as_ref()?.spearman(counts),
            Measure::Ndcg(k) => self.gains.as_ref()?.ndcg(ordered()?, counts, k.get()),
            Measure::Precision(k) => precision(ordered()?, &ordered()?.head(counts, k.get())?, counts, k.get()),
            Measure::BestTop(k) => best_top(k),
            Measure::Regret(k) => Some((ordered()?.best(counts)? - best_top(k)?).max(0.0)),
        }
    }
}
