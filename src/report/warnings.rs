//! What a reader should know before believing the numbers of a report.

use super::average::{ProxyReadings, Reading, Readings};
use super::join::Target;
use super::measure::Measure;
use super::summary::SummaryRow;

/// The largest accuracy that is taken for a fraction.
const LARGEST_FRACTION: f64 = 1.5;

/// Words in the names of columns that hold accuracies.
const ACCURACY: [&str; 4] = ["acc", "test", "valid", "top1"];

/// Fewer architectures than this give intervals that say little.
const FEW: usize = 30;

/// Warnings about targets and about numbers that could not be computed.
pub(super) fn about(summary: &[SummaryRow], targets: &[Target], readings: &Readings) -> Vec<String> {
    let mut warnings: Vec<String> = targets.iter().filter_map(fractions).collect();
    warnings.extend(targets.iter().flat_map(|target| copies(target, readings)));
    for row in summary {
        let of = |what: &str| format!("{} against {}: {what}", row.proxy, row.target);
        if let Some(reason) = row.undefined {
            warnings.push(of(&format!("{reason}, so its correlations are undefined")));
        } else if row.n < FEW {
            warnings.push(of(&format!("only {} architectures; the intervals say little", row.n)));
        }
        let no_ndcg = row.estimates.iter().any(|(measure, estimate)| match measure {
            Measure::Ndcg(k) => row.n >= k.get() && estimate.value.is_none(),
            _ => false,
        });
        if no_ndcg && row.undefined.is_none() {
            warnings.push(of(
                "nDCG is undefined: its gain 2^t - 1 needs targets from 0 to some hundreds, not all of them 0",
            ));
        }
    }
    warnings
}

/// Proxies that are the target itself, on every architecture that has both.
fn copies(target: &Target, readings: &Readings) -> Vec<String> {
    let copy = |proxy: &&ProxyReadings| {
        let both = readings.archs.iter().zip(&proxy.readings);
        let mut both =
            both.filter_map(|(arch, reading)| Some((target.values.get(arch)?, reading.as_ref()?))).peekable();
        both.peek().is_some() && both.all(|(target, reading)| *reading == Reading::Value(*target))
    };
    let said = |proxy: &ProxyReadings| {
        format!("{} is equal to the target {} on every architecture: it is no score", proxy.proxy, target.name)
    };
    readings.proxies.iter().filter(copy).map(said).collect()
}

/// Warns of fractions: nDCG's gain and the regret are made for percent.
fn fractions(target: &Target) -> Option<String> {
    let name = target.name.to_lowercase();
    let largest = target.values.values().copied().max_by(f64::total_cmp)?;
    let smallest = target.values.values().copied().min_by(f64::total_cmp)?;
    let suspicious = ACCURACY.iter().any(|word| name.contains(word)) && smallest >= 0.0 && largest <= LARGEST_FRACTION;
    suspicious.then(|| {
        format!(
            "{} looks like fractions (its largest value is {largest}) where percent is expected: rank correlations and \
             precision do not care, but nDCG is flat and regrets are in fractions",
            target.name
        )
    })
}

#[cfg(test)]
mod tests {
    use super::super::fixture::target;
    use super::*;

    #[test]
    fn fractions_are_noticed_by_name_and_size() {
        let warns = |name: &str, value: f64| {
            let none = Readings { archs: Vec::new(), keys: Vec::new(), proxies: Vec::new() };
            !about(&[], &[target(name, &[("a", value), ("b", 0.1)])], &none).is_empty()
        };
        assert!(warns("c10_test_200", 0.94));
        assert!(!warns("c10_test_200", 94.0));
        assert!(!warns("seconds", 0.94));
    }
}
