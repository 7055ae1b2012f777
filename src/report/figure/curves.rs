//! The head of each ranking: the best target among the top k, and how many of the top k belong there.

use plotters::prelude::*;

use super::super::Report;
use super::super::error::Result;
use super::super::summary::SummaryRow;
use super::paint::{
    Axes, Chart, Drawing, MUTED, axes, colour, legend, legend_height, plain, power_of_ten, range_of, shortened, svg,
};
use super::{Figure, Section, failed, file_part};

/// Width, and height without the legend.
pub(super) const SIZE: (u32, u32) = (520, 340);

type Line<'a> = (&'a str, Vec<(f64, f64)>);

/// The best target among the top k.
pub(super) fn best(report: &Report, target: &str, rows: &[&SummaryRow]) -> Result<Option<Figure>> {
    let lines = lines(report, target, |point| point.1);
    let Some(range) = range_of(lines.iter().flat_map(|line| &line.1).map(|point| point.1)) else { return Ok(None) };
    let ceiling = rows.iter().filter_map(|row| row.best_possible).fold(f64::NEG_INFINITY, f64::max);
    // The first few places of a poor proxy would flatten every other curve.
    let mut firsts: Vec<f64> = lines.iter().filter_map(|line| Some(line.1.first()?.1)).collect();
    firsts.sort_unstable_by(f64::total_cmp);
    let floor = firsts[firsts.len() / 4].min(ceiling - 0.05 * (ceiling - range.start));
    let floor = floor - 0.04 * (ceiling - floor);
    let name = format!("top_best_{}", file_part(target));
    let svg = draw(&lines, floor..ceiling, &format!("best {} among the top k", shortened(target, 22)), Some(ceiling))
        .map_err(failed(&name))?;
    let title = format!("Best {target} among the k best scores");
    let below = lines.iter().filter(|line| line.1.iter().any(|point| point.1 < floor)).count();
    let mut note = format!("The dashed line is the best there is, {}.", plain(&ceiling));
    if below > 0 {
        note += &format!(" {below} of the curves start below the figure.");
    }
    Ok(Some(Figure {
        name,
        section: Section::Top,
        target: Some(target.to_owned()),
        title,
        note,
        width: SIZE.0,
        points: None,
        svg,
    }))
}

/// Precision at k.
pub(super) fn precision(report: &Report, target: &str) -> Result<Option<Figure>> {
    let lines = lines(report, target, |point| point.2);
    if lines.is_empty() {
        return Ok(None);
    }
    let name = format!("top_precision_{}", file_part(target));
    let svg = draw(&lines, 0.0..1.0, "precision at k", None).map_err(failed(&name))?;
    let title = format!("Share of the k best scores that are among the k best by {target}");
    let note = "A ranking by chance has k / n.".into();
    Ok(Some(Figure {
        name,
        section: Section::Top,
        target: Some(target.to_owned()),
        title,
        note,
        width: SIZE.0,
        points: None,
        svg,
    }))
}

fn lines<'a>(report: &'a Report, target: &str, of: fn(&(usize, f64, f64)) -> f64) -> Vec<Line<'a>> {
    let curves = report.curves.iter().filter(|curve| curve.target == target && !curve.points.is_empty());
    curves
        .map(|curve| {
            let points = curve.points.iter().map(|point| ((point.0 as f64).log10(), of(point)));
            (curve.proxy.as_str(), points.collect())
        })
        .collect()
}

fn draw(lines: &[Line<'_>], range: std::ops::Range<f64>, y: &str, ceiling: Option<f64>) -> Drawing<String> {
    let names: Vec<&str> = lines.iter().map(|line| line.0).collect();
    let room = legend_height(&names, SIZE.0);
    let last = lines.iter().flat_map(|line| &line.1).map(|point| point.0).fold(0.0, f64::max);
    let (floor, top) = (range.start, range.end + 0.02 * (range.end - range.start));
    let (svg, ()) = svg((SIZE.0, SIZE.1 + room), |area| {
        let (chart_area, below) = area.split_vertically(SIZE.1);
        let labels = Axes { x: "k", y, format_x: &power_of_ten, format_y: &plain };
        let mut chart = axes(&chart_area, 0.0..last, floor..top, &labels)?;
        if let Some(ceiling) = ceiling {
            let line = [(0.0, ceiling), (last, ceiling)];
            chart.draw_series(DashedLineSeries::new(line, 6, 4, MUTED.stroke_width(1)))?;
        }
        draw_lines(&mut chart, lines)?;
        legend(&below, &names, SIZE.0)
    })?;
    Ok(svg)
}

/// Draws one line per series, cut off at the bottom of the chart.
pub(super) fn draw_lines(chart: &mut Chart<'_, '_>, lines: &[Line<'_>]) -> Drawing {
    let floor = chart.y_range().start;
    let near = 0.01 * (chart.y_range().end - floor);
    for (place, (_, points)) in lines.iter().enumerate() {
        let stroke = colour(place).stroke_width(2);
        let visible = from_floor(points, floor);
        // A line on top of an earlier one lets it show through.
        let covers = lines[..place].iter().any(|(_, earlier)| lie_on_each_other(earlier, points, near));
        // Colours repeat after eight series; from there on lines are dashed.
        if covers {
            chart.draw_series(DashedLineSeries::new(visible, 6, 9, stroke))?;
        } else if place < super::paint::SERIES.len() {
            chart.draw_series(LineSeries::new(visible, stroke))?;
        } else {
            chart.draw_series(DashedLineSeries::new(visible, 8, 4, stroke))?;
        }
    }
    Ok(())
}

/// Whether two lines are nowhere further apart than `near`.
fn lie_on_each_other(a: &[(f64, f64)], b: &[(f64, f64)], near: f64) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.0 == b.0 && (a.1 - b.1).abs() < near)
}

/// The part of a rising line that is not below the floor.
fn from_floor(points: &[(f64, f64)], floor: f64) -> Vec<(f64, f64)> {
    let Some(first) = points.iter().position(|point| point.1 >= floor) else { return Vec::new() };
    let mut visible = Vec::new();
    if let Some(&(x0, y0)) = first.checked_sub(1).and_then(|before| points.get(before)) {
        let (x1, y1) = points[first];
        visible.push((x0 + (x1 - x0) * (floor - y0) / (y1 - y0), floor));
    }
    visible.extend_from_slice(&points[first..]);
    visible
}
