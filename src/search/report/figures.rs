//! The figures of a report on searches.

use super::Report;
use super::curves::{Clock, Curve, Quartiles};
use super::front::Front;
use crate::report::Result;
use crate::report::figure::paint::{
    Axes, Drawing, MUTED, axes, colour, legend, legend_height, plain, power_of_ten, range_of, svg,
};
use crate::report::figure::{Figure, Section, failed, file_part};
use crate::search::Record;
use plotters::prelude::*;
use std::ops::Range;

/// Width, and height without the legend.
const SIZE: (u32, u32) = (560, 340);

/// Smaller regrets are drawn at this value, as a logarithmic axis has no zero.
const LEAST_REGRET: f64 = 0.01;

/// A named line with a band around it; `search` determines its colour.
struct Line<'a> {
    search: usize,
    name: &'a str,
    points: Vec<(f64, Quartiles)>,
}

/// Draws every figure for which there are numbers.
///
/// # Errors
/// Names the figure that cannot be drawn.
pub(super) fn all(report: &Report, records: &[Record]) -> Result<Vec<Figure>> {
    let mut figures = Vec::new();
    for column in report.columns() {
        for clock in Clock::ALL {
            let curves: Vec<&Curve> =
                report.curves.iter().filter(|curve| curve.column == column && curve.clock == clock).collect();
            if curves.is_empty() {
                continue;
            }
            figures.push(incumbent(&curves, records, report.best_possible(column))?);
            if let Some(best) = report.best_possible(column) {
                figures.push(regret(&curves, records, best)?);
            }
        }
    }
    if !report.fronts.is_empty() {
        figures.push(hypervolume(&report.fronts, records)?);
    }
    figures.extend(fronts(&report.fronts, records)?);
    Ok(figures)
}

fn along(clock: Clock) -> &'static str {
    match clock {
        Clock::Evaluations => "evaluations",
        Clock::Seconds => "simulated seconds",
    }
}

fn incumbent(curves: &[&Curve], records: &[Record], best: Option<f64>) -> Result<Figure> {
    let (column, clock) = (&curves[0].column, curves[0].clock);
    let lines: Vec<Line<'_>> = curves
        .iter()
        .map(|curve| Line { search: curve.search, name: &records[curve.search].label, points: curve.points.clone() })
        .collect();
    let name = format!("incumbent_{}_{}", file_part(column), clock.name());
    let top = lines.iter().flat_map(|line| &line.points).map(|point| point.1.upper).fold(f64::NEG_INFINITY, f64::max);
    let top = best.unwrap_or(top);
    // The first picks would flatten all that follows.
    let early = lines.iter().filter_map(|line| Some(line.points.get(line.points.len() / 20)?.1.lower));
    let floor = early.fold(f64::INFINITY, f64::min);
    let labels = Axes { x: along(clock), y: column, format_x: &plain, format_y: &plain };
    let svg = draw(&lines, floor..top, &labels, best).map_err(failed(&name))?;
    let ceiling = best.map(|best| format!(" The dashed line is the best there is, {}.", plain(&best)));
    Ok(Figure {
        title: format!("{column} of the incumbent by {}", along(clock)),
        note: format!("Median over the runs, the band from lower to upper quartile.{}", ceiling.unwrap_or_default()),
        section: Section::Incumbent,
        target: Some(column.clone()),
        width: SIZE.0,
        name,
        points: None,
        svg,
    })
}

fn regret(curves: &[&Curve], records: &[Record], best: f64) -> Result<Figure> {
    let (column, clock) = (&curves[0].column, curves[0].clock);
    let log = |value: f64| (best - value).max(LEAST_REGRET).log10();
    let turned = |(at, quartiles): &(f64, Quartiles)| {
        let Quartiles { lower, median, upper } = *quartiles;
        (*at, Quartiles { lower: log(upper), median: log(median), upper: log(lower) })
    };
    let lines: Vec<Line<'_>> = curves
        .iter()
        .map(|curve| Line {
            search: curve.search,
            name: &records[curve.search].label,
            points: curve.points.iter().map(turned).collect(),
        })
        .collect();
    let name = format!("regret_{}_{}", file_part(column), clock.name());
    let ends = lines.iter().flat_map(|line| &line.points).flat_map(|point| [point.1.lower, point.1.upper]);
    let range = range_of(ends).unwrap_or(0.0..0.0);
    let labels = Axes { x: along(clock), y: "regret", format_x: &plain, format_y: &power_of_ten };
    let svg = draw(&lines, range.start.floor()..range.end.ceil(), &labels, None).map_err(failed(&name))?;
    Ok(Figure {
        title: format!("Regret: what the incumbent's {column} falls short of {}", plain(&best)),
        note: format!("Median and quartiles over the runs; below {LEAST_REGRET} drawn as {LEAST_REGRET}."),
        section: Section::Regret,
        target: Some(column.clone()),
        width: SIZE.0,
        name,
        points: None,
        svg,
    })
}

fn hypervolume(fronts: &[Front], records: &[Record]) -> Result<Figure> {
    let lines: Vec<Line<'_>> = fronts
        .iter()
        .map(|front| Line { search: front.search, name: &records[front.search].label, points: front.curve.clone() })
        .collect();
    let name = "hypervolume".to_owned();
    let labels = Axes { x: "evaluations", y: "hypervolume", format_x: &plain, format_y: &plain };
    let svg = draw(&lines, 0.0..1.0, &labels, None).map_err(failed(&name))?;
    Ok(Figure {
        title: "Hypervolume by evaluations".into(),
        note: "Share of the box between the worst and the best of each objective; median and quartiles over the runs."
            .into(),
        section: Section::Front,
        target: None,
        width: SIZE.0,
        name,
        points: None,
        svg,
    })
}

/// Lines with their bands, and a dashed ceiling.
fn draw(lines: &[Line<'_>], range: Range<f64>, labels: &Axes<'_>, ceiling: Option<f64>) -> Drawing<String> {
    let (names, room) = names(lines.iter().map(|line| (line.search, line.name)));
    let end = lines.iter().flat_map(|line| &line.points).map(|point| point.0).fold(0.0, f64::max);
    let margin = 0.03 * (range.end - range.start);
    let (floor, top) = (range.start, range.end + margin);
    let (svg, ()) = svg((SIZE.0, SIZE.1 + room), |area| {
        let (chart_area, below) = area.split_vertically(SIZE.1);
        let mut chart = axes(&chart_area, 0.0..end, floor..top, labels)?;
        if let Some(ceiling) = ceiling {
            let line = [(0.0, ceiling), (end, ceiling)];
            chart.draw_series(DashedLineSeries::new(line, 6, 4, MUTED.stroke_width(1)))?;
        }
        let inside = |y: f64| y.clamp(floor, top);
        for line in lines {
            let above = line.points.iter().map(|(at, quartiles)| (*at, inside(quartiles.upper)));
            let below = line.points.iter().rev().map(|(at, quartiles)| (*at, inside(quartiles.lower)));
            let band: Vec<(f64, f64)> = above.chain(below).collect();
            chart.draw_series([Polygon::new(band, colour(line.search).mix(0.15).filled())])?;
        }
        for line in lines {
            let visible = line.points.iter().filter(|point| point.1.median >= floor);
            let median = visible.map(|(at, quartiles)| (*at, quartiles.median));
            chart.draw_series(LineSeries::new(median, colour(line.search).stroke_width(2)))?;
        }
        legend(&below, &names, SIZE.0)
    })?;
    Ok(svg)
}

/// The names of searches at the places of their colours, up to the last that is drawn, and the height of their legend.
fn names<'a>(searches: impl Iterator<Item = (usize, &'a str)>) -> (Vec<&'a str>, u32) {
    let mut names = Vec::new();
    for (search, name) in searches {
        if names.len() <= search {
            names.resize(search + 1, "");
        }
        names[search] = name;
    }
    let room = legend_height(&names, SIZE.0);
    (names, room)
}

/// The fronts of searches with two objectives; searches with the same objectives share a figure.
fn fronts(fronts: &[Front], records: &[Record]) -> Result<Vec<Figure>> {
    let two: Vec<&Front> = fronts.iter().filter(|front| front.objectives.len() == 2).collect();
    let mut figures: Vec<Figure> = Vec::new();
    for (place, front) in two.iter().enumerate() {
        if two[..place].iter().any(|earlier| earlier.objectives == front.objectives) {
            continue;
        }
        let alike: Vec<&Front> = two.iter().filter(|other| other.objectives == front.objectives).copied().collect();
        let [x, y] = [&front.objectives[1], &front.objectives[0]];
        let name = format!("front_{}_{}", file_part(y), file_part(x));
        figures.push(Figure {
            title: format!("{y} and {x}: what no evaluated architecture betters in both"),
            note: "Over all runs of a search.".into(),
            points: None,
            svg: draw_fronts(&alike, records).map_err(failed(&name))?,
            section: Section::Front,
            target: None,
            width: SIZE.0,
            name,
        });
    }
    Ok(figures)
}

fn draw_fronts(fronts: &[&Front], records: &[Record]) -> Drawing<String> {
    let (names, room) = names(fronts.iter().map(|front| (front.search, records[front.search].label.as_str())));
    let points = |front: &Front| -> Vec<(f64, f64)> {
        front.points.iter().map(|(_, values)| (front.signs[1] * values[1], front.signs[0] * values[0])).collect()
    };
    let all: Vec<(f64, f64)> = fronts.iter().flat_map(|front| points(front)).collect();
    let padded = |range: Option<Range<f64>>| {
        let range = range.unwrap_or(0.0..1.0);
        let margin = 0.04 * (range.end - range.start);
        range.start - margin..range.end + margin
    };
    let x = padded(range_of(all.iter().map(|point| point.0)));
    let y = padded(range_of(all.iter().map(|point| point.1)));
    let labels = Axes { x: &fronts[0].objectives[1], y: &fronts[0].objectives[0], format_x: &plain, format_y: &plain };
    let (svg, ()) = svg((SIZE.0, SIZE.1 + room), |area| {
        let (chart_area, below) = area.split_vertically(SIZE.1);
        let mut chart = axes(&chart_area, x, y, &labels)?;
        for front in fronts {
            let colour = colour(front.search);
            chart.draw_series(LineSeries::new(points(front), colour.mix(0.4).stroke_width(1)))?;
            chart.draw_series(points(front).into_iter().map(|point| Circle::new(point, 3, colour.filled())))?;
        }
        legend(&below, &names, SIZE.0)
    })?;
    Ok(svg)
}
