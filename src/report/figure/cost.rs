//! What a proxy costs against how well it ranks.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

use super::super::Settings;
use super::super::error::Result;
use super::super::measure::Measure;
use super::super::summary::SummaryRow;
use super::paint::{
    Axes, CHARACTER, Drawing, INK, MUTED, axes, colour, plain, power_of_ten, range_of, shortened, style, svg,
};
use super::{Figure, Section, failed, file_part};

const SIZE: (u32, u32) = (520, 360);

/// Height of a line of text, so that names do not overlap.
const LINE: i32 = 15;
/// How many positions above and below its point are tried for a name.
const STEPS: i32 = 40;
/// A name further from its point than this is joined to it by a line.
const NEAR: i32 = 18;

/// Kendall's tau against seconds per architecture; `None` where no proxy was timed.
pub(super) fn cost(target: &str, rows: &[&SummaryRow], settings: &Settings) -> Result<Option<Figure>> {
    let timed: Vec<_> = rows
        .iter()
        .enumerate()
        .filter_map(|(place, row)| {
            let seconds = row.seconds_mean.filter(|seconds| *seconds > 0.0)?;
            let tau = row.estimate(Measure::Kendall);
            Some((place, row.proxy.as_str(), seconds.log10(), tau.value?, tau.interval))
        })
        .collect();
    if timed.is_empty() {
        return Ok(None);
    }
    let name = format!("cost_{}", file_part(target));
    let svg = draw(&timed).map_err(failed(&name))?;
    let title = format!("Seconds an architecture against Kendall's τ with {target}");
    let note = if settings.bootstrap > 0 { "Bars are 95 % intervals." } else { "" };
    Ok(Some(Figure {
        name,
        section: Section::Cost,
        target: Some(target.to_owned()),
        title,
        note: note.into(),
        width: SIZE.0,
        points: None,
        svg,
    }))
}

type Point<'a> = (usize, &'a str, f64, f64, Option<(f64, f64)>);

fn draw(points: &[Point<'_>]) -> Drawing<String> {
    let x = range_of(points.iter().map(|point| point.2)).unwrap_or(0.0..0.0);
    let ends = points.iter().flat_map(|point| [point.4.map_or(point.3, |i| i.0), point.4.map_or(point.3, |i| i.1)]);
    let y = range_of(ends).unwrap_or(0.0..0.0);
    let (svg, ()) = svg(SIZE, |area| {
        // Room for the names at the right.
        let labels =
            Axes { x: "seconds an architecture", y: "Kendall's τ", format_x: &power_of_ten, format_y: &plain };
        let margin = 0.05 * (y.end - y.start).max(0.1);
        let mut chart =
            axes(area, x.start.floor()..(x.end + 0.6).ceil(), y.start.min(0.0) - margin..y.end + margin, &labels)?;
        let mut drawn: Vec<(i32, i32)> = Vec::new();
        for (place, _, x, tau, interval) in points {
            let colour = colour(*place);
            // A point on top of earlier ones is smaller, so that they remain visible around it.
            let at = chart.backend_coord(&(*x, *tau));
            let beneath = drawn.iter().filter(|other| (other.0 - at.0).abs() + (other.1 - at.1).abs() < 6).count();
            drawn.push(at);
            if let Some((lo, hi)) = interval {
                chart.draw_series([PathElement::new([(*x, *lo), (*x, *hi)], colour.stroke_width(2))])?;
            }
            chart.draw_series([Circle::new((*x, *tau), (6 - 2 * beneath as i32).max(1), colour.filled())])?;
        }
        // From the top, so that names stand in the order of their points.
        let mut named: Vec<&Point<'_>> = points.iter().collect();
        named.sort_by(|a, b| b.3.total_cmp(&a.3));
        let mut taken: Vec<(i32, i32, i32)> = Vec::new();
        for (_, name, x, tau, _) in named {
            let (x, y) = chart.backend_coord(&(*x, *tau));
            let name = shortened(name, 24);
            let width = (CHARACTER * name.chars().count() as f64) as i32;
            let free = |at: &i32| {
                let clear =
                    |(left, right, y): &(i32, i32, i32)| (at - y).abs() >= LINE || x + width < *left || x > *right;
                (LINE..SIZE.1 as i32 - 4 * LINE).contains(at) && taken.iter().all(clear)
            };
            let mut tried = (0..STEPS).map(|step| y + (8 + 4 * (step / 2)) * if step % 2 == 0 { -1 } else { 1 });
            let at = tried.find(free).unwrap_or(y);
            taken.push((x, x + width, at));
            if (at - y).abs() > NEAR {
                area.draw(&PathElement::new([(x + 4, y), (x + 9, at)], MUTED))?;
            }
            area.draw(&Text::new(name, (x + 11, at), style(INK, HPos::Left, VPos::Center)))?;
        }
        Ok(())
    })?;
    Ok(svg)
}
