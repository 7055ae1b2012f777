//! The measures of a ranking, and rows prepared so that all of them can be computed for any resample.

use std::num::NonZeroUsize;

use super::statistics::ndcg::Gains;
use super::statistics::ordered::{Head, Ordered};
use super::statistics::partial::Partial;
use super::statistics::precision::precision;
use super::statistics::top::best;
use super::statistics::{Linear, Ranked, RankedDraw};

/// The list of measures: what tables call each, and how it is computed from what is prepared.
macro_rules! measures {
    (
        alone: { $($(#[$about:meta])* $Alone:ident $name:literal $of:expr,)* }
        at_k: { $($(#[$about_at_k:meta])* $AtK:ident $name_at_k:literal $of_at_k:expr,)* }
    ) => {
        /// A measure of how well a proxy ranks architectures by a target.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Measure {
            $($(#[$about])* $Alone,)*
            $($(#[$about_at_k])* $AtK(NonZeroUsize),)*
        }

        impl Measure {
            /// All measures, those at k for each k.
            pub fn all(top: &[NonZeroUsize]) -> Vec<Measure> {
                let mut all = vec![$(Measure::$Alone),*];
                $(all.extend(top.iter().map(|&k| Measure::$AtK(k)));)*
                all
            }

            /// What tables call it, without k.
            pub fn kind(self) -> &'static str {
                match self {
                    $(Measure::$Alone => $name,)*
                    $(Measure::$AtK(_) => $name_at_k,)*
                }
            }

            /// Its k, if it has one.
            pub fn k(self) -> Option<NonZeroUsize> {
                match self {
                    $(Measure::$Alone => None,)*
                    $(Measure::$AtK(k) => Some(k),)*
                }
            }

            fn of(self, draw: &Draw<'_>) -> Option<f64> {
                match self {
                    $(Measure::$Alone => {
                        let of: fn(&Draw<'_>) -> Option<f64> = $of;
                        of(draw)
                    })*
                    $(Measure::$AtK(k) => {
                        let of: fn(&Draw<'_>, usize) -> Option<f64> = $of_at_k;
                        of(draw, k.get())
                    })*
                }
            }
        }
    };
}

measures! {
    alone: {
        /// Spearman's rho, signed.
        Spearman "spearman" |draw| draw.ranked?.spearman(),
        /// Kendall's tau-b, signed.
        Kendall "kendall" |draw| draw.ranked?.kendall(),
        /// Pearson's r of the values, signed.
        Pearson "pearson" |draw| draw.of.linear.as_ref()?.pearson(draw.counts),
        /// Spearman's rho given a third reading (the number of parameters), signed.
        Partial "partial_spearman" |draw| draw.of.partial.as_ref()?.spearman(draw.counts),
    }
    at_k: {
        /// nDCG at k.
        Ndcg "ndcg" |draw, k| draw.of.gains.as_ref()?.ndcg(draw.ordered()?, draw.counts, k),
        /// Share of the k best by score that are among the k best by target.
        Precision "precision" |draw, k| precision(draw.ordered()?, &draw.head(k)?, draw.counts, k),
        /// Best target among the k best by score.
        BestTop "best" |draw, k| Some(best(&draw.head(k)?, draw.counts)),
        /// How far that falls short of the best target there is.
        Regret "regret" |draw, k| {
            Some((draw.ordered()?.best(draw.counts)? - best(&draw.head(k)?, draw.counts)).max(0.0))
        },
    }
}

impl Measure {
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

/// Observations prepared so that some measures can be computed for any resample.
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
    /// where a lower one is; it decides which end is the head of the ranking, but changes no sign.
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

    /// Computes each measure with observation `i` counted `counts[i]` times; `None` where it is undefined.
    pub fn evaluate(&self, counts: &[u32]) -> Vec<Option<f64>> {
        let ranked = self.ranked.as_ref().map(|ranked| ranked.draw(counts));
        let draw = Draw { of: self, counts, ranked: ranked.as_ref() };
        self.measures.iter().map(|measure| measure.of(&draw)).collect()
    }
}

/// Observations, each with how often it counts.
struct Draw<'a> {
    of: &'a Prepared,
    counts: &'a [u32],
    ranked: Option<&'a RankedDraw<'a>>,
}

impl Draw<'_> {
    fn ordered(&self) -> Option<&Ordered> {
        self.of.ordered.as_ref()
    }

    /// The k best by score.
    fn head(&self, k: usize) -> Option<Head<'_>> {
        self.ordered()?.head(self.counts, k)
    }
}
