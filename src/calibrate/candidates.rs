//! The candidates that rank architectures without training, and the form in which they enter a combination.

use crate::report::aggregate::{Aggregate, Rule};
use crate::report::average::{Reading, Readings};
use crate::report::join::{BadPolicy, Direction, standing};
use crate::report::statistics::average_ranks;
use crate::report::{Error, Result};

/// The kind of a candidate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The number of parameters.
    Params,
    /// FLOPs.
    Flops,
    /// The aggregate that is trusted beforehand.
    Default,
    /// Any other proxy.
    Proxy,
    /// The combination fitted to the labels.
    Combination,
}

impl Kind {
    /// The name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Params | Kind::Flops => "size",
            Kind::Default => "default",
            Kind::Proxy => "proxy",
            Kind::Combination => "combination",
        }
    }

    /// Whether it is trusted before there are any labels.
    pub fn is_prior(self) -> bool {
        matches!(self, Kind::Params | Kind::Flops | Kind::Default)
    }
}

/// One way to rank all architectures of a field.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// Its name.
    pub name: String,
    /// Its kind.
    pub kind: Kind,
    /// What each architecture is ranked by: higher is better, minus infinity is worst.
    pub standings: Vec<f64>,
    /// The log-rank sum that this candidate is, as proxies with weights; empty if it is not one.
    pub(super) terms: Vec<(String, f64)>,
    /// That sum for each architecture, minus its mean, divided by [`Candidate::scale`].
    pub(super) input: Vec<f64>,
    /// The standard deviation of the sum; 0 if the candidate is not a log-rank sum or has the same value for all architectures.
    pub(super) scale: f64,
}

/// Architectures and everything that ranks them.
#[derive(Clone, Debug)]
pub struct Field {
    /// The architectures that every proxy has scored, in the order of their text.
    pub archs: Vec<String>,
    /// The candidates: parameters, FLOPs, the default aggregate where there is one, and the proxies.
    pub candidates: Vec<Candidate>,
    /// How many architectures lack a score of some proxy; they are in no ranking.
    pub left_out: usize,
}

impl Field {
    /// The candidates in these readings, which must have `params` and `flops`. `default` is the aggregate that is trusted beforehand.
    ///
    /// # Errors
    /// Fails if a size or a member of the aggregate is missing, or if no architecture has scores of all proxies.
    pub fn new(
        readings: &Readings,
        default: Option<&Aggregate>,
        direction: &dyn Fn(&str) -> Direction,
    ) -> Result<Field> {
        let keep: Vec<bool> = (0..readings.archs.len())
            .map(|arch| readings.proxies.iter().all(|proxy| proxy.readings[arch].is_some()))
            .collect();
        let kept = readings.subset(&keep);
        let ranks = |name: &str, readings: &[Option<Reading>]| {
            let direction = direction(name);
            let rank = |reading: &Option<Reading>| {
                let standing = reading.as_ref().and_then(|reading| standing(reading, direction, BadPolicy::Worst));
                direction.sign() * standing.unwrap_or(direction.worst())
            };
            readings.iter().map(rank).collect::<Vec<f64>>()
        };
        let known = || kept.proxies.iter().map(|proxy| proxy.proxy.clone()).collect::<Vec<_>>().join(", ");
        let find = |name: &str, kind: Kind| -> Result<Candidate> {
            let proxy = kept.proxies.iter().find(|proxy| proxy.proxy == name);
            let missing = || Error::Aggregate { name: name.into(), reason: format!("is not among {}", known()) };
            let proxy = proxy.ok_or_else(missing)?;
            Ok(Candidate::new(name, kind, ranks(name, &proxy.readings)))
        };
        let mut candidates = vec![find("params", Kind::Params)?, find("flops", Kind::Flops)?];
        if let Some(aggregate) = default {
            let made = aggregate.apply(&kept, direction, BadPolicy::Worst)?;
            let value = |reading: &Option<Reading>| match reading {
                Some(Reading::Value(value)) => *value,
                _ => f64::NEG_INFINITY,
            };
            candidates.push(Candidate::aggregate(aggregate, made.readings.iter().map(value).collect()));
        }
        let others = kept.proxies.iter().filter(|proxy| !["params", "flops"].contains(&proxy.proxy.as_str()));
        candidates.extend(
            others.map(|proxy| Candidate::new(&proxy.proxy, Kind::Proxy, ranks(&proxy.proxy, &proxy.readings))),
        );
        Ok(Field { left_out: readings.archs.len() - kept.archs.len(), archs: kept.archs, candidates })
    }

    /// The mean rank of each architecture over all candidates, by which a sample is spread.
    pub fn mean_ranks(&self) -> Vec<f64> {
        let mut sums = vec![0.0; self.archs.len()];
        for candidate in &self.candidates {
            let ranks = average_ranks(&candidate.standings).unwrap_or_default();
            sums.iter_mut().zip(ranks).for_each(|(sum, rank)| *sum += rank / self.candidates.len() as f64);
        }
        sums
    }

    /// The places of the candidates that are trusted beforehand.
    pub(super) fn priors(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.candidates.len()).filter(|&place| self.candidates[place].kind.is_prior())
    }
}

impl Candidate {
    /// The input of a combination: the log-rank sum of each architecture, minus its mean, divided by its standard deviation. All are 0 if the
    /// candidate is not a log-rank sum or has the same value for all architectures.
    pub fn input(&self) -> &[f64] {
        &self.input
    }

    fn new(name: &str, kind: Kind, standings: Vec<f64>) -> Self {
        let count = standings.len() as f64;
        let ranks = average_ranks(&standings).unwrap_or_default();
        let sum = ranks.into_iter().map(|rank| (rank / count).ln()).collect();
        Candidate::with(name.to_owned(), kind, standings, vec![(name.to_owned(), 1.0)], sum)
    }

    fn aggregate(aggregate: &Aggregate, standings: Vec<f64>) -> Self {
        // A combination is made of log-rank sums only.
        let terms = match aggregate.rule {
            Rule::LogRank => aggregate.weighted_members().map(|(name, weight)| (name.to_owned(), weight)).collect(),
            _ => Vec::new(),
        };
        let sum = standings.clone();
        Candidate::with(aggregate.to_string(), Kind::Default, standings, terms, sum)
    }

    fn with(name: String, kind: Kind, standings: Vec<f64>, terms: Vec<(String, f64)>, sum: Vec<f64>) -> Self {
        let count = sum.len() as f64;
        let mean = sum.iter().sum::<f64>() / count;
        let scale = (sum.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / count).sqrt();
        let usable = scale.is_finite() && scale > 1e-12 && !terms.is_empty();
        let input =
            if usable { sum.iter().map(|value| (value - mean) / scale).collect() } else { vec![0.0; sum.len()] };
        Candidate { name, kind, standings, terms, input, scale: if usable { scale } else { 0.0 } }
    }
}
