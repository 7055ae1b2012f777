//! The summary as text.

use super::bootstrap::Estimate;
use super::join::{BadPolicy, Direction};
use super::measure::Measure;
use super::summary::bad_text;
use super::{Report, Settings};
use crate::text::{Cell, Column, Table, Text};

/// What stands for an undefined number.
const UNDEFINED: &str = "-";

/// The summary as a table with its explanation below.
pub fn summary_text(report: &Report, settings: &Settings) -> Text {
    Text::from(summary_table(report, settings)).and(format!("\n{}", notes(report, settings).join("\n")))
}

/// Makes a table of the summary. In machine-readable output, its columns are called as in `summary.csv`.
pub fn summary_table(report: &Report, settings: &Settings) -> Table {
    let lower = report.summary.iter().any(|row| row.direction == Direction::Lower);
    let mut columns = vec![Column::word("target").key(), Column::word("proxy").key()];
    let better = Column::word("better");
    columns.push(if lower { better } else { Column::hidden("better") });
    columns.extend([Column::number("n"), Column::word("bad").detail(), Column::number("missing").detail()]);
    columns.extend([Column::number("spearman").key(), Column::number("kendall")]);
    if let Some(given) = &report.given {
        columns.push(Column::number(format!("given {given}")).called(Measure::Partial.name()));
    }
    columns.extend([Column::number("pearson"), Column::hidden("pearson_scale")]);
    let top = settings.top.iter();
    columns.extend(top.map(|&k| Column::number(format!("top {k}")).called(Measure::BestTop(k).name()).detail()));
    columns.push(Column::number("best").called("best_possible").detail());
    columns.push(Column::number("s/eval").called("seconds_mean").detail());
    let mut table = Table::new("correlation", columns);
    for row in &report.summary {
        let better = match row.direction {
            Direction::Higher => "higher",
            Direction::Lower => "lower",
        };
        let mut cells: Vec<Cell> = vec![(&row.target).into(), (&row.proxy).into(), better.into(), row.n.into()];
        cells.push(if row.bad.is_empty() { "0".into() } else { bad_text(&row.bad).into() });
        cells.push(row.missing.into());
        cells.extend([Measure::Spearman, Measure::Kendall].map(|measure| Cell::from(&row.estimate(measure))));
        if report.given.is_some() {
            cells.push((&row.estimate(Measure::Partial)).into());
        }
        let mut pearson = Cell::from(&row.estimate(Measure::Pearson));
        if row.ln {
            pearson.text += " (ln)";
        }
        cells.extend([pearson, if row.ln { "ln" } else { "linear" }.into()]);
        cells.extend(settings.top.iter().map(|&k| Cell::number(row.estimate(Measure::BestTop(k)).value, 2)));
        cells.extend([Cell::number(row.best_possible, 2), Cell::number(row.seconds_mean, 4)]);
        table.row(cells);
    }
    table
}

/// The rank correlations alone.
pub fn correlations_text(report: &Report, settings: &Settings) -> Text {
    let names = ["target", "proxy"].map(|name| Column::word(name).key());
    let numbers = ["n", "spearman", "kendall"].map(Column::number);
    let mut table = Table::new("correlation", names.into_iter().chain(numbers));
    for row in &report.summary {
        let estimates = [Measure::Spearman, Measure::Kendall].map(|measure| Cell::from(&row.estimate(measure)));
        let cells = [Cell::from(&row.target), Cell::from(&row.proxy), row.n.into()];
        table.row(cells.into_iter().chain(estimates));
    }
    let (draws, seed) = (settings.bootstrap, settings.seed);
    let intervals = format!("\nin brackets: 95 % interval over {draws} resamples of the architectures, seed {seed}");
    Text::from(table).and(intervals)
}

/// Returns notes on how to read the numbers of the summary.
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

/// A number with its interval; the limits are NAME_lo and NAME_hi.
impl From<&Estimate> for Cell {
    fn from(found: &Estimate) -> Self {
        let (lo, hi) = found.interval.unzip();
        Cell::of(estimate(found), found.value).also("_lo", lo).also("_hi", hi)
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
