//! The report as one HTML page: opens from disk, asks for nothing from anywhere, and prints.

pub(crate) mod table;
pub(crate) mod text;

use std::fmt::Write;
use std::num::NonZeroUsize;

use super::average::Readings;
use super::figure::{self, Figure, Section};
use super::join::Target;
use super::measure::Measure;
use super::scores::ScoreFile;
use super::summary::SummaryRow;
use super::{Report, Settings, tables};
use crate::Result;
use crate::results::Folder;
use table::{Cell, Html};

/// What the page says of how the report came about.
pub struct About<'a> {
    /// The manifest of the report.
    pub manifest: &'a serde_json::Value,
    /// The score files.
    pub files: &'a [ScoreFile],
    /// How it counts.
    pub settings: &'a Settings,
}

/// Writes `report.html` and every figure as `figures/NAME.svg`.
///
/// # Errors
/// Names the file that cannot be written or the figure that cannot be drawn.
pub fn write(
    folder: &Folder,
    report: &Report,
    readings: &Readings,
    targets: &[Target],
    about: &About<'_>,
) -> Result<()> {
    let figures = figure::all(report, readings, targets, about.settings)?;
    for figure in &figures {
        folder.write_text(&format!("figures/{}.svg", figure.name), &figure.standalone())?;
    }
    folder.write_text("report.html", &page(report, readings, targets, about, &figures))
}

/// Text that means itself in HTML.
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}

fn page(report: &Report, readings: &Readings, targets: &[Target], about: &About<'_>, figures: &[Figure]) -> String {
    let mut body = String::new();
    body += &text::head(readings, targets, about);
    for warning in &report.warnings {
        push(&mut body, &format!("<p class=\"warning\">{}</p>", escape(warning)));
    }
    for target in targets {
        body += &of_target(report, target, about.settings, figures);
    }
    if readings.proxies.len() > 1 {
        push(&mut body, "<h2>Which proxies say the same</h2>");
        body += &of_section(figures, Section::Alike, None);
    }
    push(&mut body, "<h2>Statuses</h2>");
    body += &statuses(report);
    body += &text::methods(report, about);
    body += &text::provenance(about);
    let names = targets.iter().map(|target| target.name.as_str()).collect::<Vec<_>>().join(", ");
    document(&format!("zeronas report: {names}"), &body)
}

/// A whole page, from the HTML of its body.
pub(crate) fn document(title: &str, body: &str) -> String {
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<link rel=\"icon\" href=\"data:,\">\n\
         <title>{}</title>\n<style>\n{}</style>\n</head>\n<body>\n<main>\n{body}</main>\n</body>\n</html>\n",
        escape(title),
        include_str!("style.css"),
    )
}

pub(crate) fn push(body: &mut String, line: &str) {
    // Writing to a String cannot fail.
    let _ = writeln!(body, "{line}");
}

fn of_target(report: &Report, target: &Target, settings: &Settings, figures: &[Figure]) -> String {
    let rows: Vec<&SummaryRow> = report.summary.iter().filter(|row| row.target == target.name).collect();
    let name = escape(&target.name);
    let figure = |section| of_section(figures, section, Some(&target.name));
    let mut body = String::new();
    push(&mut body, &format!("<h2>{name}</h2>\n<h3>Correlations</h3>"));
    body += &correlations(report, &rows);
    body += &figure(Section::Correlations);
    push(&mut body, "<h3>The head of the ranking</h3>");
    body += &head(&rows, settings);
    body += &figure(Section::Top);
    let better = figure(Section::Better);
    if !better.is_empty() {
        push(&mut body, "<h3>Is one better than another?</h3>");
        body += &better;
        body += &pairs(report, &target.name);
    }
    let cost = figure(Section::Cost);
    if !cost.is_empty() {
        push(&mut body, "<h3>Cost and quality</h3>");
        body += &cost;
    }
    push(&mut body, "<h3>Scores and accuracy</h3>");
    body += &figure(Section::Scatter);
    push(&mut body, "<h3>The best tenth by itself</h3>");
    body += &figure(Section::BestDecile);
    push(&mut body, "<h3>Tenth by tenth</h3>");
    body += &figure(Section::Deciles);
    body += &deciles(report, &target.name);
    body
}

/// The figures of a section, of one target where there is one.
pub(crate) fn of_section(figures: &[Figure], section: Section, target: Option<&str>) -> String {
    let of_target = |figure: &&Figure| target.is_none_or(|target| figure.target.as_deref() == Some(target));
    let wanted: Vec<&Figure> = figures.iter().filter(|figure| figure.section == section).filter(of_target).collect();
    if wanted.is_empty() {
        return String::new();
    }
    let small = matches!(section, Section::Scatter | Section::BestDecile);
    let mut body = String::new();
    push(&mut body, if small { "<div class=\"figures small\">" } else { "<div class=\"figures\">" });
    for figure in wanted {
        push(&mut body, &captioned(figure));
    }
    push(&mut body, "</div>");
    body
}

/// A figure with what it shows below it.
pub(crate) fn captioned(figure: &Figure) -> String {
    let (title, note) = (escape(&figure.title), escape(&figure.note));
    // A wide matrix is scrolled rather than shrunk until nobody can read it.
    let matrix = matches!(figure.section, Section::Better | Section::Alike);
    let least = if matrix { figure.width * 7 / 10 } else { 0 };
    format!(
        "<figure><div class=\"scroll\" style=\"--width:{}px;--least:{least}px\">{}</div>\
         <figcaption><b>{title}.</b> {note}</figcaption></figure>",
        figure.width,
        figure.inline()
    )
}

fn correlations(report: &Report, rows: &[&SummaryRow]) -> String {
    let mut header = vec!["proxy", "Spearman's ρ", "Kendall's τ"];
    let given = report.given.as_ref().map(|given| format!("ρ given {given}"));
    header.extend(given.as_deref());
    header.extend(["Pearson's r", "ρ in the best tenth", "n", "no score", "missing"]);
    let mut html = Html::new(&header);
    for row in rows {
        let lower = if row.direction == super::join::Direction::Lower { " (lower is better)" } else { "" };
        let mut cells = vec![Cell::text(&format!("{}{lower}", row.proxy))];
        cells.extend([Measure::Spearman, Measure::Kendall].map(|measure| Cell::estimate(row.estimate(measure), 3)));
        if report.given.is_some() {
            cells.push(Cell::estimate(row.estimate(Measure::Partial), 3));
        }
        let pearson = Cell::estimate(row.estimate(Measure::Pearson), 3);
        cells.push(if row.ln { pearson.with(" of ln") } else { pearson });
        let best =
            report.deciles.iter().find(|part| part.decile == 1 && part.target == row.target && part.proxy == row.proxy);
        cells.push(Cell::estimate(best.map(|part| part.spearman).unwrap_or_default(), 3));
        let bad = if row.bad.is_empty() { "0".to_owned() } else { super::summary::bad_text(&row.bad) };
        cells.extend([Cell::count(row.n), Cell::small(&bad), Cell::count(row.missing)]);
        html.row(cells);
    }
    html.finish()
}

fn head(rows: &[&SummaryRow], settings: &Settings) -> String {
    let mut header = vec!["proxy".to_owned()];
    let defined = |k: &&NonZeroUsize| rows.iter().any(|row| row.n >= k.get());
    let top: Vec<NonZeroUsize> = settings.top.iter().filter(defined).copied().collect();
    for k in &top {
        header.extend([format!("best of {k}"), format!("precision at {k}"), format!("nDCG at {k}")]);
    }
    let mut html = Html::new(&header.iter().map(String::as_str).collect::<Vec<_>>());
    for row in rows {
        let mut cells = vec![Cell::text(&row.proxy)];
        for &k in &top {
            let of = |measure, digits| Cell::estimate(row.estimate(measure), digits);
            cells.extend([
                of(Measure::BestTop(k), 2).above("regret", of(Measure::Regret(k), 2)),
                of(Measure::Precision(k), 3),
                of(Measure::Ndcg(k), 3),
            ]);
        }
        html.row(cells);
    }
    let best = rows.iter().filter_map(|row| row.best_possible).max_by(f64::total_cmp);
    let best = best.map(|best| format!("<p class=\"note\">The best there is: {best:.2}.</p>\n")).unwrap_or_default();
    html.finish() + &best
}

fn pairs(report: &Report, target: &str) -> String {
    let mut html = Html::new(&["A", "B", "n", "measure", "A less B", "share of draws in which A is better"]);
    for pair in report.pairs.iter().filter(|pair| pair.target == target) {
        html.row(vec![
            Cell::text(&pair.a),
            Cell::text(&pair.b),
            Cell::count(pair.n),
            Cell::text(pair.measure.kind()),
            Cell::estimate(pair.difference, 3),
            Cell::number(pair.a_better, 3),
        ]);
    }
    details("Every pair", &html.finish())
}

fn deciles(report: &Report, target: &str) -> String {
    let mut html = Html::new(&["proxy", "tenth", "n", "targets", "Spearman's ρ", "Kendall's τ"]);
    for part in report.deciles.iter().filter(|part| part.target == target) {
        html.row(vec![
            Cell::text(&part.proxy),
            Cell::count(part.decile),
            Cell::count(part.n),
            Cell::text(&format!("{:.2} to {:.2}", part.range.0, part.range.1)),
            Cell::estimate(part.spearman, 3),
            Cell::estimate(part.kendall, 3),
        ]);
    }
    details("Every tenth", &html.finish())
}

fn statuses(report: &Report) -> String {
    let mut html = Html::new(&["target", "proxy", "status", "architectures"]);
    for (row, status, count) in tables::all_statuses(report) {
        html.row(vec![Cell::text(&row.target), Cell::text(&row.proxy), Cell::text(status), Cell::count(count)]);
    }
    html.finish()
}

pub(crate) fn details(summary: &str, content: &str) -> String {
    format!("<details><summary>{summary}</summary>\n{content}</details>\n")
}

#[cfg(test)]
mod tests;
