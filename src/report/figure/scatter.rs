//! Score against target, as the density of architectures: legible for ten of them and for half a million.

use std::collections::BTreeMap;

use super::super::Report;
use super::super::average::{ProxyReadings, Reading, Readings};
use super::super::display::estimate;
use super::super::error::Result;
use super::super::join::Target;
use super::super::scale::Scale;
use super::paint::{Axes, Drawing, THEME, axes, plain, power_of_ten, range_of, shortened, svg, with_layer};
use super::{Figure, Points, Section, failed, file_part};

const SIZE: (u32, u32) = (360, 290);
/// Width and height of a cell of the density, in pixels.
const CELL: i32 = 5;
/// Shades of density, the last being opaque.
const SHADES: usize = 6;

/// All architectures that have both numbers; `None` where there are none.
pub(super) fn whole(readings: &Readings, proxy: &ProxyReadings, target: &Target) -> Result<Option<Figure>> {
    let name = format!("scatter_{}_{}", file_part(&target.name), file_part(&proxy.proxy));
    figure(name, Section::Scatter, proxy, target, &points(readings, proxy, target), None)
}

/// Only the best tenth by target.
pub(super) fn best_decile(
    report: &Report,
    readings: &Readings,
    proxy: &ProxyReadings,
    target: &Target,
) -> Result<Option<Figure>> {
    let found =
        report.deciles.iter().find(|part| part.decile == 1 && part.target == target.name && part.proxy == proxy.proxy);
    let Some(part) = found else { return Ok(None) };
    let mut points = points(readings, proxy, target);
    points.retain(|(_, target)| *target >= part.range.0);
    let name = format!("best_decile_{}_{}", file_part(&target.name), file_part(&proxy.proxy));
    let note = format!("ρ inside {}", estimate(&part.spearman));
    figure(name, Section::BestDecile, proxy, target, &points, Some((part.range.0, note)))
}

fn points(readings: &Readings, proxy: &ProxyReadings, target: &Target) -> Vec<(f64, f64)> {
    let number = |reading: &Option<Reading>| match reading {
        Some(Reading::Value(value)) => Some(*value),
        _ => None,
    };
    let all = readings.archs.iter().zip(&proxy.readings);
    all.filter_map(|(arch, reading)| Some((number(reading)?, *target.values.get(arch)?))).collect()
}

fn figure(
    name: String,
    section: Section,
    proxy: &ProxyReadings,
    target: &Target,
    points: &[(f64, f64)],
    extra: Option<(f64, String)>,
) -> Result<Option<Figure>> {
    if points.is_empty() {
        return Ok(None);
    }
    let mut notes = vec![format!("{} architectures", points.len())];
    let from = extra.as_ref().map(|extra| extra.0);
    notes.extend(extra.map(|extra| extra.1));
    let score = proxy.label();
    let across = Axis::new(points.iter().map(|point| point.0));
    let up = Axis::new(points.iter().map(|point| point.1));
    let drawn: Vec<(f64, f64)> =
        points.iter().filter_map(|point| Some((across.place(point.0)?, up.place(point.1)?))).collect();
    let left_out = points.len() - drawn.len();
    notes.extend((left_out > 0).then(|| format!("{left_out} of value 0 are not drawn")));
    let (format_x, format_y) = (|value: &f64| across.written(*value), |value: &f64| up.written(*value));
    let (x, y) = (across.called(&shortened(&score, 40)), up.called(&shortened(&target.name, 30)));
    let labels = Axes { x: &x, y: &y, format_x: &format_x, format_y: &format_y };
    let svg = draw(&drawn, &labels).map_err(failed(&name))?;
    let title = format!("{score} against {}", target.name);
    Ok(Some(Figure {
        name,
        section,
        target: Some(target.name.clone()),
        title,
        note: notes.join("; "),
        width: SIZE.0,
        points: Some(Points { x: proxy.proxy.clone(), y: target.name.clone(), from }),
        svg,
    }))
}

/// Maps numbers to positions on an axis.
struct Axis {
    scale: Scale,
    /// The numbers that are drawn by their ranks.
    sorted: Vec<f64>,
}

impl Axis {
    fn new(values: impl Iterator<Item = f64> + Clone) -> Self {
        let scale = Scale::of(values.clone());
        let mut sorted: Vec<f64> = if scale == Scale::Rank { values.collect() } else { Vec::new() };
        sorted.sort_unstable_by(f64::total_cmp);
        Axis { scale, sorted }
    }

    /// `None` for 0 on a logarithmic axis.
    fn place(&self, value: f64) -> Option<f64> {
        match self.scale {
            Scale::Value => Some(value),
            Scale::Log => (value > 0.0).then(|| value.log10()),
            Scale::Rank => {
                // Equal numbers share the middle of their ranks.
                let below = self.sorted.partition_point(|other| *other < value);
                let up_to = self.sorted.partition_point(|other| *other <= value);
                Some((below + up_to - 1) as f64 / 2.0 / (self.sorted.len() - 1).max(1) as f64)
            }
        }
    }

    /// The number that stands at a place.
    fn written(&self, place: f64) -> String {
        match self.scale {
            Scale::Value => plain(&place),
            Scale::Log => power_of_ten(&place),
            Scale::Rank => {
                let last = (self.sorted.len() - 1) as f64;
                let at = (place * last).round();
                if (0.0..=last).contains(&at) { plain(&self.sorted[at as usize]) } else { String::new() }
            }
        }
    }

    fn called(&self, name: &str) -> String {
        match self.scale {
            Scale::Rank => format!("{name}, by rank"),
            Scale::Value | Scale::Log => name.to_owned(),
        }
    }
}

fn draw(points: &[(f64, f64)], labels: &Axes<'_>) -> Drawing<String> {
    let padded = |range: std::ops::Range<f64>| {
        let margin = (range.end - range.start) * 0.03;
        range.start - margin..range.end + margin
    };
    let x = padded(range_of(points.iter().map(|point| point.0)).unwrap_or(0.0..1.0));
    let y = padded(range_of(points.iter().map(|point| point.1)).unwrap_or(0.0..1.0));
    let (svg, cells) = svg(SIZE, |area| {
        let chart = axes(area, x, y, labels)?;
        let mut cells: BTreeMap<(i32, i32), u32> = BTreeMap::new();
        for point in points {
            let (x, y) = chart.backend_coord(point);
            *cells.entry((x.div_euclid(CELL), y.div_euclid(CELL))).or_default() += 1;
        }
        Ok(cells)
    })?;
    Ok(with_layer(&svg, &density(&cells)))
}

/// One path per shade, made of vertical strokes as wide as a cell: a thousand cells take a few kilobytes.
fn density(cells: &BTreeMap<(i32, i32), u32>) -> String {
    let most = cells.values().copied().max().unwrap_or(1);
    let mut shades = vec![Strokes::default(); SHADES];
    for (&cell, count) in cells {
        let share = f64::from(1 + count).ln() / f64::from(1 + most).ln();
        let shade = ((share * SHADES as f64).ceil() as usize).clamp(1, SHADES);
        shades[shade - 1].add(cell);
    }
    let path = |(place, strokes): (usize, Strokes)| {
        let opacity = 0.25 + 0.75 * (place + 1) as f64 / SHADES as f64;
        let path = strokes.path();
        if path.is_empty() { path } else { format!("<path stroke-opacity=\"{opacity:.2}\" d=\"{path}\"/>\n") }
    };
    let paths: String = shades.into_iter().enumerate().map(path).collect();
    let colour = THEME[3].0;
    format!("<g fill=\"none\" stroke=\"{colour}\" transform=\"scale({CELL}) translate(.5)\">\n{paths}</g>")
}

/// Cells as strokes of a path; cells directly below one another share a stroke.
#[derive(Clone, Default)]
struct Strokes {
    path: String,
    /// Where the pen stands at the end of `path`.
    pen: (i32, i32),
    /// The two ends of the last stroke, which is not in `path` yet.
    last: Option<((i32, i32), i32)>,
}

impl Strokes {
    /// Adds a cell that is right of the others, or below those of its column.
    fn add(&mut self, (x, y): (i32, i32)) {
        match &mut self.last {
            Some((start, end)) if (start.0, *end) == (x, y) => *end += 1,
            _ => {
                self.end_stroke();
                self.last = Some(((x, y), y + 1));
            }
        }
    }

    fn end_stroke(&mut self) {
        if let Some(((x, y), end)) = self.last.take() {
            self.path += &format!("m{} {}v{}", x - self.pen.0, y - self.pen.1, end - y);
            self.pen = (x, end);
        }
    }

    fn path(mut self) -> String {
        self.end_stroke();
        self.path
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_one_below_the_other_are_one_stroke() {
        let mut strokes = Strokes::default();
        [(1, 3), (1, 4), (1, 6), (2, 0)].into_iter().for_each(|cell| strokes.add(cell));
        assert_eq!(strokes.path(), "m1 3v2m0 1v1m1 -7v1");
        assert_eq!(Strokes::default().path(), "");
    }
}
