//! Score against target, as the density of architectures: legible for ten of them and for half a million.

use std::collections::BTreeMap;

use super::super::Report;
use super::super::average::{ProxyReadings, Reading, Readings};
use super::super::display::estimate;
use super::super::error::Result;
use super::super::join::Target;
use super::paint::{Axes, Drawing, THEME, axes, plain, power_of_ten, range_of, shortened, svg, with_layer};
use super::{Figure, Section, failed, file_part};

const SIZE: (u32, u32) = (360, 290);
/// Width and height of a cell of the density, in pixels.
const CELL: i32 = 4;
/// Shades of density, the last being opaque.
const SHADES: usize = 6;
/// Positive scores whose middle 98 % range over more than this factor are drawn by their logarithm.
const WIDE: f64 = 1e4;
/// A range this much wider than that of the middle 98 % hides them, and is cut.
const STRETCHED: f64 = 4.0;

/// All architectures that have both numbers; `None` where there are none.
pub(super) fn whole(readings: &Readings, proxy: &ProxyReadings, target: &Target) -> Result<Option<Figure>> {
    let name = format!("scatter_{}_{}", file_part(&target.name), file_part(&proxy.proxy));
    figure(name, Section::Scatter, proxy, target, &points(readings, proxy, target), String::new())
}

/// The best tenth by target alone.
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
    figure(name, Section::BestDecile, proxy, target, &points, note)
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
    extra: String,
) -> Result<Option<Figure>> {
    if points.is_empty() {
        return Ok(None);
    }
    let mut notes = vec![format!("{} architectures", points.len())];
    notes.extend((!extra.is_empty()).then_some(extra));
    let score = proxy.label();
    let scores: Vec<f64> = points.iter().map(|point| point.0).collect();
    let logarithmic = scores.iter().all(|score| *score >= 0.0)
        && middle(scores.iter().copied().filter(|score| *score > 0.0)).is_some_and(|(lo, hi)| hi / lo > WIDE);
    let mut drawn: Vec<(f64, f64)> = points.to_vec();
    if logarithmic {
        drawn = points.iter().filter(|point| point.0 > 0.0).map(|point| (point.0.log10(), point.1)).collect();
        let zeros = points.len() - drawn.len();
        notes.extend((zeros > 0).then(|| format!("{zeros} scores of 0 are not drawn")));
    }
    let outside = cut(&mut drawn);
    notes.extend((outside > 0).then(|| format!("{outside} of extreme scores lie outside")));
    let format_x = if logarithmic { power_of_ten } else { plain };
    let labels =
        Axes { x: &shortened(&score, 40), y: &shortened(&target.name, 30), format_x: &format_x, format_y: &plain };
    let svg = draw(&drawn, &labels).map_err(failed(&name))?;
    let title = format!("{score} against {}", target.name);
    Ok(Some(Figure {
        name,
        section,
        target: Some(target.name.clone()),
        title,
        note: notes.join("; "),
        width: SIZE.0,
        svg,
    }))
}

/// Leaves out the extreme scores where they would squeeze all others into a line; how many.
fn cut(points: &mut Vec<(f64, f64)>) -> usize {
    let scores = || points.iter().map(|point| point.0);
    let (Some(all), Some((lo, hi))) = (range_of(scores()), middle(scores())) else { return 0 };
    let before = points.len();
    if hi > lo && all.end - all.start > STRETCHED * (hi - lo) {
        points.retain(|point| (lo..=hi).contains(&point.0));
    }
    before - points.len()
}

/// The ends of the middle 98 %.
fn middle(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    let mut values: Vec<f64> = values.collect();
    values.sort_unstable_by(f64::total_cmp);
    let at = |share: f64| values.get((values.len().checked_sub(1)? as f64 * share) as usize).copied();
    Some((at(0.01)?, at(0.99)?))
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

/// One path a shade: a thousand cells in some ten kilobytes.
fn density(cells: &BTreeMap<(i32, i32), u32>) -> String {
    let most = cells.values().copied().max().unwrap_or(1);
    let mut shades = vec![String::new(); SHADES];
    for ((x, y), count) in cells {
        let share = f64::from(1 + count).ln() / f64::from(1 + most).ln();
        let shade = ((share * SHADES as f64).ceil() as usize).clamp(1, SHADES);
        shades[shade - 1] += &format!("M{} {}h{CELL}v{CELL}h-{CELL}z", x * CELL, y * CELL);
    }
    let colour = THEME[3].0;
    let path = |(place, path): (usize, &String)| {
        let opacity = 0.25 + 0.75 * (place + 1) as f64 / SHADES as f64;
        format!("<path fill=\"{colour}\" fill-opacity=\"{opacity:.2}\" d=\"{path}\"/>")
    };
    shades.iter().enumerate().filter(|(_, path)| !path.is_empty()).map(path).collect::<Vec<_>>().join("\n")
}
