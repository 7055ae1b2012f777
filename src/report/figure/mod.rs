//! The figures of a report, as SVG: drawn once, saved as they are, and embedded in the page with its colours.

mod cost;
mod curves;
mod deciles;
mod forest;
pub(crate) mod lines;
mod matrix;
pub(crate) mod paint;
mod scatter;

use super::alike::Alike;
use super::average::Readings;
use super::error::{Error, Result};
use super::join::Target;
use super::measure::Measure;
use super::{Report, Settings};
use paint::{BACKGROUND, THEME};

/// Where in the page a figure belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    /// Correlations of all proxies at a glance.
    Correlations,
    /// Which proxy is better than which.
    Better,
    /// Scores against the target.
    Scatter,
    /// The same for the best tenth.
    BestDecile,
    /// Correlations by tenth.
    Deciles,
    /// The head of the ranking.
    Top,
    /// Which proxies rank alike.
    Alike,
    /// Cost against quality.
    Cost,
    /// Candidates for an aggregate on every space.
    Spaces,
    /// What searches have found so far.
    Incumbent,
    /// How far that falls short of the best.
    Regret,
    /// Pareto fronts.
    Front,
    /// The course of a training, epoch by epoch.
    Training,
}

/// One figure.
pub struct Figure {
    /// Its file's name without `.svg`.
    pub name: String,
    /// The section it belongs to.
    pub section: Section,
    /// The target it is about, if it is about one.
    pub target: Option<String>,
    /// What it shows.
    pub title: String,
    /// What a reader must know to read it.
    pub note: String,
    /// Width as drawn, in pixels.
    pub width: u32,
    /// The columns it plots, where it shows architectures one by one.
    pub points: Option<Points>,
    pub(crate) svg: String,
}

/// The columns of a scatter plot.
pub struct Points {
    /// The column on the horizontal axis.
    pub x: String,
    /// The column on the vertical axis.
    pub y: String,
    /// The lowest value of `y` that is shown, where the rest is left out.
    pub from: Option<f64>,
}

impl Figure {
    /// Returns the SVG as a file of its own, in the colours of the light scheme.
    pub fn standalone(&self) -> String {
        let (head, body) = self.svg.split_once('>').unwrap_or((&self.svg, ""));
        let title = super::page::escape(&self.title);
        format!("{head}>\n<title>{title}</title>\n<rect width=\"100%\" height=\"100%\" fill=\"{BACKGROUND}\"/>{body}")
    }

    /// Returns the SVG for the page, with the page's colours, which follow the reader's light or dark scheme.
    pub fn inline(&self) -> String {
        let themed = THEME
            .iter()
            .fold(self.svg.clone(), |svg, (colour, variable)| svg.replace(colour, &format!("var({variable})")));
        let label = super::page::escape(&self.title);
        themed.replacen("<svg ", &format!("<svg role=\"img\" aria-label=\"{label}\" "), 1)
    }
}

/// Draws every figure that the report has numbers for.
///
/// # Errors
/// [`Error::Draw`] names the figure that cannot be drawn.
pub fn all(report: &Report, readings: &Readings, targets: &[Target], settings: &Settings) -> Result<Vec<Figure>> {
    let mut figures = Vec::new();
    for target in targets {
        let rows: Vec<_> = report.summary.iter().filter(|row| row.target == target.name).collect();
        figures.push(forest::correlations(report, &target.name, &rows)?);
        figures.extend(matrix::better(report, &target.name, Measure::Kendall)?);
        for proxy in &readings.proxies {
            figures.extend(scatter::whole(readings, proxy, target)?);
        }
        for proxy in &readings.proxies {
            figures.extend(scatter::best_decile(report, readings, proxy, target)?);
        }
        figures.extend(deciles::deciles(report, &target.name)?);
        figures.extend(curves::best(report, &target.name, &rows)?);
        figures.extend(curves::precision(report, &target.name)?);
        figures.extend(cost::cost(&target.name, &rows, settings)?);
    }
    figures.extend(alike(&report.alike)?);
    Ok(figures)
}

/// Spearman's rho of every two proxies; `None` for fewer than two.
///
/// # Errors
/// [`Error::Draw`] where it cannot be drawn.
pub(crate) fn alike(alike: &[Alike]) -> Result<Option<Figure>> {
    matrix::alike(alike)
}

/// Draws Kendall's tau of each candidate on each space; `tau` takes the indices of both.
///
/// # Errors
/// [`Error::Draw`] where it cannot be drawn.
pub(crate) fn spaces(candidates: &[&str], spaces: &[&str], tau: &dyn Fn(usize, usize) -> f64) -> Result<Figure> {
    matrix::spaces(candidates, spaces, tau)
}

pub(crate) fn failed(name: &str) -> impl FnOnce(Box<dyn std::error::Error>) -> Error + use<'_> {
    move |error| Error::Draw { figure: name.to_owned(), reason: error.to_string() }
}

/// Turns a name into part of a file name that is safe on every system.
pub(crate) fn file_part(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '_' }).collect()
}

#[cfg(test)]
mod tests;
