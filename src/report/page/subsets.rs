//! The correlations of several subsets of the architectures side by side.

use super::super::Report;
use super::super::measure::Measure;
use super::frame::Section;
use super::table::{Cell, Html};
use super::{escape, push};

/// A report on a subset: its rule, how many architectures it keeps, and where its page is from here.
pub struct Alternative<'a> {
    /// Which architectures.
    pub rule: String,
    /// How many.
    pub kept: usize,
    /// The page, as a path relative to the current one.
    pub page: String,
    /// The report.
    pub report: &'a Report,
}

/// The section; empty where there is only one subset.
pub(super) fn section(alternatives: &[Alternative<'_>], at: usize) -> Section {
    let section = Section::new("Subsets side by side");
    let (Some(first), true) = (alternatives.first(), alternatives.len() > 1) else { return section };
    let mut links = String::new();
    for (place, other) in alternatives.iter().enumerate() {
        let name = format!("<code>{}</code>, {} architectures", escape(&other.rule), other.kept);
        let here = if place == at { " (this page)".to_owned() } else { String::new() };
        let name = if place == at { name } else { format!("<a href=\"{}\">{name}</a>", escape(&other.page)) };
        push(&mut links, &format!("<li>{name}{here}</li>"));
    }
    let mut header = vec!["target".to_owned(), "proxy".to_owned()];
    header.extend(alternatives.iter().map(|other| format!("ρ, {}", other.rule)));
    header.extend(alternatives.iter().map(|other| format!("τ, {}", other.rule)));
    let mut html = Html::new(&header);
    for row in &first.report.summary {
        let mut cells = vec![Cell::text(&row.target), Cell::text(&row.proxy)];
        for measure in [Measure::Spearman, Measure::Kendall] {
            cells.extend(alternatives.iter().map(|other| {
                let same =
                    other.report.summary.iter().find(|one| (&one.target, &one.proxy) == (&row.target, &row.proxy));
                Cell::estimate(same.map(|one| one.estimate(measure)).unwrap_or_default(), 3)
            }));
        }
        html.row(cells);
    }
    section.html(&format!("<ul>\n{links}</ul>\n{}", html.finish()))
}
