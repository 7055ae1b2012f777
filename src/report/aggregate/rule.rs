//! The rules by which aggregates are made of their members.

use super::super::join::LN_ZERO;
use super::super::statistics::average_ranks;

/// How the ranks or scores of the members become one number; higher is better for every rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// Sum of ln(rank / m), so that a good rank in one proxy does not make up for a bad one in another (AZ-NAS, Lee & Ham, CVPR 2024).
    LogRank,
    /// Mean of rank / m.
    MeanRank,
    /// Mean of z-scores: the distance of a value from the mean of all, in standard deviations; taken of the logarithms for proxies on
    /// a log scale. A bad architecture counts as the worst value there is.
    MeanZ,
    /// VKDNW's rule (Tybl & Neumann, CVPR 2025): ln of the dense rank (1, 2, ..., ties sharing one) by the first member, with its ties
    /// broken by the second, plus ln of the rank by each further member.
    Vkdnw,
    /// SWAP-NAS's regularisation (Peng et al., ICLR 2024): the first member times exp(-(P - mu)^2 / sigma), where P is the second over 1000,
    /// and mu and sigma are its mean and variance over the architectures. The authors publish no rule for mu and sigma; they set them by hand.
    Regularised,
}

impl Rule {
    /// Those that treat all members alike.
    pub const ALL: [Rule; 3] = [Rule::LogRank, Rule::MeanRank, Rule::MeanZ];

    /// Those in which members play different parts.
    const ORDERED: [Rule; 2] = [Rule::Vkdnw, Rule::Regularised];

    /// All of them.
    pub(super) fn known() -> impl Iterator<Item = Rule> {
        Rule::ALL.into_iter().chain(Rule::ORDERED)
    }

    /// Whether the rule takes this many members.
    pub(super) fn takes(self, members: usize) -> bool {
        match self {
            Rule::Vkdnw => members >= 2,
            Rule::Regularised => members == 2,
            _ => members >= 1,
        }
    }

    /// Returns the name of the rule in an expression.
    pub fn name(self) -> &'static str {
        match self {
            Rule::LogRank => "logrank",
            Rule::MeanRank => "meanrank",
            Rule::MeanZ => "meanz",
            Rule::Vkdnw => "vkdnw",
            Rule::Regularised => "regularised",
        }
    }

    /// Combines standings, one list per member, into one number per architecture. In a standing, higher is better, minus infinity is bad and
    /// NaN does not occur. `weights` multiply what each member adds; they are for rules that treat all members alike.
    pub fn combine(self, members: &[Vec<f64>], weights: Option<&[f64]>) -> Vec<f64> {
        let mut sums = vec![0.0; members.first().map_or(0, Vec::len)];
        let members = match (self, members) {
            (Rule::Vkdnw, [first, second, rest @ ..]) => {
                sums = dense_ranks(first, second).into_iter().map(f64::ln).collect();
                rest
            }
            (Rule::Regularised, [first, second]) => return regularised(first, second),
            (_, members) => members,
        };
        for (place, standings) in members.iter().enumerate() {
            let weight = weights.map_or(1.0, |weights| weights[place]);
            sums.iter_mut().zip(self.terms(standings, members.len())).for_each(|(sum, term)| *sum += weight * term);
        }
        sums
    }

    /// What one of `members` adds to the number of each architecture.
    fn terms(self, standings: &[f64], members: usize) -> Vec<f64> {
        let (count, members) = (standings.len() as f64, members as f64);
        let ranks = || average_ranks(standings).unwrap_or_default().into_iter();
        match self {
            Rule::LogRank => ranks().map(|rank| (rank / count).ln()).collect(),
            Rule::Vkdnw | Rule::Regularised => ranks().map(f64::ln).collect(),
            Rule::MeanRank => ranks().map(|rank| rank / count / members).collect(),
            Rule::MeanZ => z_scores(standings).into_iter().map(|z| z / members).collect(),
        }
    }
}

/// Dense ranks from 1 by the first standing, with ties broken by the second; those equal in both share a rank, and the next rank is one more.
pub(super) fn dense_ranks(first: &[f64], second: &[f64]) -> Vec<f64> {
    let compare = |&a: &usize, &b: &usize| first[a].total_cmp(&first[b]).then(second[a].total_cmp(&second[b]));
    let mut order: Vec<usize> = (0..first.len()).collect();
    order.sort_by(compare);
    let mut ranks = vec![0.0; order.len()];
    let mut rank = 0.0;
    for (place, &row) in order.iter().enumerate() {
        let same = place > 0 && compare(&order[place - 1], &row).is_eq();
        rank += if same { 0.0 } else { 1.0 };
        ranks[row] = rank;
    }
    ranks
}

/// [`Rule::Regularised`]: an architecture that lacks a number in one of the members is bad.
pub(super) fn regularised(scores: &[f64], sizes: &[f64]) -> Vec<f64> {
    let thousands: Vec<f64> = sizes.iter().map(|size| size / 1000.0).collect();
    let known: Vec<f64> = thousands.iter().copied().filter(|size| size.is_finite()).collect();
    let mean = known.iter().sum::<f64>() / known.len() as f64;
    let variance = known.iter().map(|size| (size - mean).powi(2)).sum::<f64>() / known.len() as f64;
    let factor = |size: f64| if variance > 0.0 { (-(size - mean).powi(2) / variance).exp() } else { 1.0 };
    let one = |(&score, &size): (&f64, &f64)| {
        if score.is_finite() && size.is_finite() { score * factor(size) } else { f64::NEG_INFINITY }
    };
    scores.iter().zip(&thousands).map(one).collect()
}

/// Distances from the mean in standard deviations, all 0 where nothing varies. What is infinite, or ln 0, counts as the least or largest
/// other value.
pub(super) fn z_scores(values: &[f64]) -> Vec<f64> {
    // ln 0 stands at the least finite double, or at the largest where lower is better; its square would be infinite.
    let numbers = || values.iter().copied().filter(|value| value.abs() < -LN_ZERO);
    let (least, most) = (numbers().fold(f64::INFINITY, f64::min), numbers().fold(f64::NEG_INFINITY, f64::max));
    if least >= most {
        return vec![0.0; values.len()];
    }
    let values: Vec<f64> = values.iter().map(|value| value.clamp(least, most)).collect();
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / values.len() as f64;
    values.iter().map(|value| (value - mean) / variance.sqrt()).collect()
}
