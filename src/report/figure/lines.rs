//! Line charts, such as the curves of a training.

use super::super::error::Result;
use super::curves::{SIZE, draw_lines};
use super::paint::{Axes, axes, legend, legend_height, plain, range_of, svg};
use super::{Figure, Section, failed};

/// A name and its points.
pub(crate) type Line = (String, Vec<(f64, f64)>);

/// What a figure of lines says in words.
pub(crate) struct Labels<'a> {
    /// Its file's name without `.svg`.
    pub name: &'a str,
    /// What it shows.
    pub title: &'a str,
    /// What a reader must know.
    pub note: &'a str,
    /// What stands on the two axes.
    pub axes: [&'a str; 2],
}

/// Draws lines; `None` if there is no point.
///
/// # Errors
/// Names the figure.
pub(crate) fn lines(labels: &Labels<'_>, lines: &[Line]) -> Result<Option<Figure>> {
    let points = || lines.iter().flat_map(|line| &line.1).filter(|point| point.1.is_finite());
    let (Some(x), Some(y)) = (range_of(points().map(|point| point.0)), range_of(points().map(|point| point.1))) else {
        return Ok(None);
    };
    let names: Vec<&str> = lines.iter().map(|line| line.0.as_str()).collect();
    let lines: Vec<_> = lines.iter().map(|(name, points)| (name.as_str(), points.clone())).collect();
    let room = legend_height(&names, SIZE.0);
    let margin = 0.04 * (y.end - y.start);
    let drawn = svg((SIZE.0, SIZE.1 + room), |area| {
        let (chart_area, below) = area.split_vertically(SIZE.1);
        let words = Axes { x: labels.axes[0], y: labels.axes[1], format_x: &plain, format_y: &plain };
        let mut chart = axes(&chart_area, x, y.start - margin..y.end + margin, &words)?;
        draw_lines(&mut chart, &lines)?;
        legend(&below, &names, SIZE.0)
    });
    let (svg, ()) = drawn.map_err(failed(labels.name))?;
    Ok(Some(Figure {
        name: labels.name.to_owned(),
        section: Section::Training,
        target: None,
        title: labels.title.to_owned(),
        note: labels.note.to_owned(),
        width: SIZE.0,
        points: None,
        svg,
    }))
}
