//! The report as one HTML page that opens from disk, loads nothing from anywhere, and prints. It is complete without scripts; with them,
//! its tables can be sorted and its architectures explored.

mod best;
pub(crate) mod ceilings;
pub(crate) mod data;
pub(crate) mod frame;
pub(crate) mod frames;
mod packed;
mod structure;
mod subsets;
pub(crate) mod table;
pub(crate) mod text;

use std::fmt::Write;
use std::num::NonZeroUsize;

use super::average::Readings;
use super::figure::{self, Figure, Section as Place};
use super::join::{Direction, Target};
use super::measure::Measure;
use super::scores::ScoreFile;
use super::summary::SummaryRow;
use super::{Extra, Report, Settings, tables};
use crate::Result;
pub(crate) use crate::markup::escape;
use crate::results::Folder;
use crate::space::SearchSpace;
use best::Best;
pub(crate) use best::{drawing, drawn};
use data::Column;
use frame::{Page, Section};
pub use subsets::Alternative;
use table::{Cell, Html};

/// What the page says of how the report came about, and of what its architectures are.
pub struct About<'a> {
    /// The manifest of the report.
    pub manifest: &'a serde_json::Value,
    /// The score files.
    pub files: &'a [ScoreFile],
    /// Settings of the report.
    pub settings: &'a Settings,
    /// Whether higher or lower scores of a proxy are better.
    pub direction: &'a dyn Fn(&str) -> Direction,
    /// The search space, where it is known: its architectures are drawn then.
    pub space: Option<&'a dyn SearchSpace>,
    /// What the report says about the scores besides their correlations.
    pub extra: &'a Extra,
    /// The reports on all subsets, this one among them.
    pub alternatives: &'a [Alternative<'a>],
    /// The index of this report among them.
    pub at: usize,
    /// Further columns to explore by.
    pub columns: Vec<(String, Vec<Option<f64>>)>,
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
    write_figures(folder, &figures)?;
    folder.write_text("report.html", &page(report, readings, targets, about, &figures))
}

/// Folded tables with more rows than this are not printed.
const LONG: usize = 60;

/// Writes every figure as `figures/NAME.svg`.
///
/// # Errors
/// Names the file that cannot be written.
pub(crate) fn write_figures(folder: &Folder, figures: &[Figure]) -> Result<()> {
    figures
        .iter()
        .try_for_each(|figure| folder.write_text(&format!("figures/{}.svg", figure.name), &figure.standalone()))
}

fn page(report: &Report, readings: &Readings, targets: &[Target], about: &About<'_>, figures: &[Figure]) -> String {
    let names = targets.iter().map(|target| target.name.as_str()).collect::<Vec<_>>().join(", ");
    let mut head = text::head(readings, targets, about);
    for warning in &report.warnings {
        push(&mut head, &format!("<p class=\"warning\">{}</p>", escape(warning)));
    }
    let &About { direction, space, extra, .. } = about;
    let operations = &extra.operations;
    let mut page = Page::new(format!("zeronas report: {names}"), head)
        .section(Best { report, operations, readings, targets, direction, space }.section())
        .explore(explored(report, readings, targets, about))
        .section(subsets::section(about.alternatives, about.at));
    for target in targets {
        page = page.section(of_target(report, target, about.settings, figures));
    }
    if readings.proxies.len() > 1 {
        let alike = of_section(figures, Place::Alike, None);
        page = page.section(Section::new("Which proxies say the same").html(&alike));
    }
    page.section(ceilings::section(&extra.noise, &extra.seeds))
        .section(Section::new("Statuses").html(&statuses(report)))
        .section(Section::new("How the numbers are defined").html(&text::methods(report, about)))
        .section(Section::new("Where the scores come from").html(&text::provenance(about)))
        .html()
}

/// The architectures with everything that is known about them, for the scripts.
fn explored(report: &Report, readings: &Readings, targets: &[Target], about: &About<'_>) -> Option<String> {
    let strength = |proxy: &str| {
        let row = report.summary.iter().find(|row| row.proxy == proxy)?;
        row.estimate(Measure::Spearman).value
    };
    let mut columns: Vec<Column> = targets.iter().map(|target| Column::target(target, &readings.archs)).collect();
    columns.extend(
        readings
            .proxies
            .iter()
            .map(|proxy| Column::proxy(proxy, (about.direction)(&proxy.proxy), strength(&proxy.proxy))),
    );
    let named = |name: &String| readings.proxies.iter().any(|proxy| proxy.proxy == *name);
    let others = about.columns.iter().filter(|column| !named(&column.0));
    columns.extend(others.map(|(name, values)| Column::other(name, values.clone())));
    data::json(&readings.archs, &columns, about.space)
}

pub(crate) fn push(body: &mut String, line: &str) {
    // Writing to a String cannot fail.
    let _ = writeln!(body, "{line}");
}

fn of_target(report: &Report, target: &Target, settings: &Settings, figures: &[Figure]) -> Section {
    let rows: Vec<&SummaryRow> = report.summary.iter().filter(|row| row.target == target.name).collect();
    let figure = |section| of_section(figures, section, Some(&target.name));
    let glance = of_sections(figures, &[Place::Correlations, Place::Cost, Place::Deciles], Some(&target.name));
    let better = figure(Place::Better);
    let pairs = if better.is_empty() { String::new() } else { better + &pairs(report, &target.name) };
    Section::new(&target.name)
        .part("Correlations", correlations(report, &rows) + &glance)
        .part("The head of the ranking", head(&rows, settings) + &figure(Place::Top))
        .part("Is one better than another?", pairs)
        .part("Scores and accuracy", figure(Place::Scatter))
        .part("The best tenth by itself", figure(Place::BestDecile))
        .part("Tenth by tenth", deciles(report, &target.name))
}

/// The figures of a section, of one target where there is one.
pub(crate) fn of_section(figures: &[Figure], section: Place, target: Option<&str>) -> String {
    of_sections(figures, &[section], target)
}

/// The figures of several sections side by side.
pub(crate) fn of_sections(figures: &[Figure], sections: &[Place], target: Option<&str>) -> String {
    let of_target = |figure: &&Figure| target.is_none_or(|target| figure.target.as_deref() == Some(target));
    let of_section = |&section: &Place| figures.iter().filter(move |figure| figure.section == section);
    let wanted: Vec<&Figure> = sections.iter().flat_map(of_section).filter(of_target).collect();
    if wanted.is_empty() {
        return String::new();
    }
    let small = matches!(sections, [Place::Scatter | Place::BestDecile]);
    let mut body = String::new();
    push(&mut body, if small { "<div class=\"figures small\">" } else { "<div class=\"figures\">" });
    for figure in wanted {
        push(&mut body, &captioned(figure));
    }
    push(&mut body, "</div>");
    body
}

/// A figure with its caption.
pub(crate) fn captioned(figure: &Figure) -> String {
    let (title, note) = (escape(&figure.title), escape(&figure.note));
    // A wide matrix is scrolled rather than shrunk until nobody can read it.
    let matrix = matches!(figure.section, Place::Better | Place::Alike | Place::Spaces);
    let least = if matrix { figure.width * 7 / 10 } else { 0 };
    // With scripts, the same points are drawn again, so that a reader can point at them.
    let live = figure.points.as_ref().map(|points| {
        let from = points.from.map(|from| format!(" data-from=\"{from}\"")).unwrap_or_default();
        format!(" data-x=\"{}\" data-y=\"{}\"{from}", escape(&points.x), escape(&points.y))
    });
    format!(
        "<figure{}><div class=\"scroll\" style=\"--width:{}px;--least:{least}px\">{}</div>\
         <figcaption><b>{title}.</b> {note}</figcaption></figure>",
        live.unwrap_or_default(),
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
        let lower = if row.direction == Direction::Lower { " (lower is better)" } else { "" };
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
    let mut html = Html::new(&header);
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

/// Content that is folded until a reader opens it; on paper it is shown unless it is long.
pub(crate) fn details(summary: &str, content: &str) -> String {
    let class = if content.matches("<tr>").count() > LONG { " class=\"long\"" } else { "" };
    format!("<details{class}><summary>{summary}</summary>\n{content}</details>\n")
}

#[cfg(test)]
mod tests;
