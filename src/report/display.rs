//! The summary in words.

use super::bootstrap::Estimate;
use super::join::{BadPolicy, Direction};
use super::measure::Measure;
use super::summary::bad_text;
use super::{Report, Settings};
use crate::text::{Table, Text};

/// What stands for an undefined number.
const UNDEFINED: &str = "-";

/// The summary as a table with its explanation below.
pub fn summary_text(report: &Report, settings: &Settings) -> Text {
    let mut header: Vec<String> =
        ["target", "proxy", "n", "bad", "missing", "spearman", "kendall"].map(String::from).into();
    if let Some(given) = &report.given {
        header.push(format!("given {given}"));
    }
    header.push("pearson".into());
    header.extend(settings.top.iter().map(|k| format!("top {k}")));
    header.extend(["best".into(), "s/eval".into()]);
    let numbers = 2..header.len();
    let mut table = Table::ruled(header).right(numbers);
    for row in &report.summary {
        let proxy = match row.direction {
            Direction::Higher => row.proxy.clone(),
            Direction::Lower => format!("{} (lower is better)", row.proxy),
        };
        let pearson = estimate(&row.estimate(Measure::Pearson));
        let mut numbers = vec![
            row.n.to_string(),
            if row.bad.is_empty() { "0".into() } else { bad_text(&row.bad) },
            row.missing.to_string(),
            estimate(&row.estimate(Measure::Spearman)),
            estimate(&row.estimate(Measure::Kendall)),
        ];
        if report.given.is_some() {
            numbers.push(estimate(&row.estimate(Measure::Partial)));
        }
        numbers.push(if row.ln { format!("{pearson} (ln)") } else { pearson });
        numbers.extend(settings.top.iter().map(|&k| number(row.estimate(Measure::BestTop(k)).value, 2)));
        numbers.push(number(row.best_possible, 2));
        numbers.push(number(row.seconds_mean, 4));
        table.row([row.target.clone(), proxy].into_iter().chain(numbers));
    }
    Text::from(table).and(format!("\n{}", notes(report, settings).join("\n")))
}

/// The rank correlations alone.
pub fn correlations_text(report: &Report, settings: &Settings) -> Text {
    let mut table = Table::plain(["target", "proxy", "n", "spearman", "kendall"]);
    for row in &report.summary {
        let estimates = [Measure::Spearman, Measure::Kendall].map(|measure| estimate(&row.estimate(measure)));
        let cells = [row.target.clone(), row.proxy.clone(), row.n.to_string()].into_iter().chain(estimates);
        table.row(cells);
    }
    let (draws, seed) = (settings.bootstrap, settings.seed);
    let intervals = format!("\nin brackets: 95 % interval over {draws} resamples of the architectures, seed {seed}");
    Text::from(table).and(intervals)
}

/// How the numbers of the summary are to be read.
pub fn notes(report: &Report, settings: &Settings) -> Vec<String> {
    let rows = &report.summary;
    let mut notes: Vec<String> = report.warnings.iter().map(|warning| format!("warning: {warning}")).collect();
    if settings.bootstrap > 0 {
        let (draws, seed) = (settings.bootstrap, settings.seed);
        notes.push(format!("in brackets: 95 % interval over {draws} resamples of the architectures, seed {seed}"));
    }
    if rows.iter().any(|row| !row.bad.is_empty()) {
        notes.push(match settings.bad {
            BadPolicy::Worst => "bad: share the worst rank, left out of pearson".into(),
            BadPolicy::Drop => "bad: left out of everything".into(),
        });
    }
    let zeros: Vec<String> = rows
        .iter()
        .filter(|row| row.ln_zero > 0)
        .map(|row| format!("{} of {} for {}", row.ln_zero, row.proxy, row.target))
        .collect();
    if !zeros.is_empty() {
        notes.push(format!("scores of 0 rank below all others and are left out of pearson (ln): {}", zeros.join(", ")));
    }
    if let Some(given) = &report.given {
        notes.push(format!("given {given}: Spearman's partial correlation, what is left once size explains its part"));
    }
    notes.push("top k: best target among the k best scores, ties by expectation".into());
    notes
}

/// A number with this many digits after the point.
pub fn number(value: Option<f64>, digits: usize) -> String {
    value.map_or_else(|| UNDEFINED.into(), |value| format!("{value:.digits$}"))
}

/// A number with its interval, to three digits.
pub fn estimate(estimate: &Estimate) -> String {
    let value = number(estimate.value, 3);
    match estimate.interval {
        Some((lo, hi)) => format!("{value} [{lo:.3}, {hi:.3}]"),
        None => value,
    }
}

#[cfg(test)]
mod tests {
    use super::super::average::average;
    use super::super::fixture::{scores, target};
    use super::super::report;
    use super::*;

    #[test]
    fn estimates_keep_sign_and_interval() {
        let known = Estimate { value: Some(-0.7621), interval: Some((-0.781, -0.7405)) };
        assert_eq!(estimate(&known), "-0.762 [-0.781, -0.741]");
        assert_eq!(estimate(&Estimate::default()), "-");
    }

    #[test]
    fn the_text_names_what_was_left_out() {
        let lines = "a,synflow,0,,3,ok,1\nb,synflow,0,0,,ok,1\nc,synflow,0,,,singular,1\n";
        let readings = average(&scores(lines)).unwrap();
        let acc = target("acc", &[("a", 1.0), ("b", 2.0), ("c", 3.0)]);
        let size = target("params", &[("a", 1.0), ("b", 5.0), ("c", 3.0)]);
        let settings = Settings { bootstrap: 10, ..Settings::default() };
        let made = report(&readings, &[acc], Some(&size), &|_| Direction::Higher, &settings).unwrap();
        let text = summary_text(&made, &settings).to_string();
        for part in [
            "singular 1",
            "1 of synflow for acc",
            "10 resamples",
            "share the worst rank",
            "top 100",
            "given params",
            "warning: synflow against acc: only 3 architectures",
        ] {
            assert!(text.contains(part), "`{part}` is not in\n{text}");
        }
    }
}
