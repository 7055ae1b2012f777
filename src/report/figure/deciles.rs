//! Correlations inside each tenth by target, a line per proxy.

use super::super::Report;
use super::super::deciles::PARTS;
use super::super::error::Result;
use super::paint::{Axes, Drawing, axes, legend, legend_height, plain, range_of, svg};
use super::{Figure, Section, curves, failed, file_part};

/// Kendall's tau in each tenth; `None` where none is defined.
pub(super) fn deciles(report: &Report, target: &str) -> Result<Option<Figure>> {
    let mut lines: Vec<(&str, Vec<(f64, f64)>)> = Vec::new();
    for part in report.deciles.iter().filter(|part| part.target == target) {
        let Some(tau) = part.kendall.value else { continue };
        let point = (part.decile as f64, tau);
        match lines.last_mut() {
            Some((proxy, points)) if *proxy == part.proxy => points.push(point),
            _ => lines.push((&part.proxy, vec![point])),
        }
    }
    let Some(range) = range_of(lines.iter().flat_map(|line| &line.1).map(|point| point.1)) else { return Ok(None) };
    let name = format!("deciles_{}", file_part(target));
    let svg = draw(&lines, range.start.min(0.0)..range.end.max(0.0)).map_err(failed(&name))?;
    let title = format!("Kendall's τ inside each tenth by {target}");
    let note = "1 is the best tenth. What sorts good from bad need not sort the good.".into();
    Ok(Some(Figure {
        name,
        section: Section::Deciles,
        target: Some(target.to_owned()),
        title,
        note,
        width: curves::SIZE.0,
        points: None,
        svg,
    }))
}

fn draw(lines: &[(&str, Vec<(f64, f64)>)], range: std::ops::Range<f64>) -> Drawing<String> {
    let names: Vec<&str> = lines.iter().map(|line| line.0).collect();
    let (width, height) = curves::SIZE;
    let room = legend_height(&names, width);
    let (svg, ()) = svg((width, height + room), |area| {
        let (chart_area, below) = area.split_vertically(height);
        let labels =
            Axes { x: "tenth by target, best first", y: "Kendall's τ inside", format_x: &plain, format_y: &plain };
        let mut chart = axes(&chart_area, 1.0..PARTS as f64, range, &labels)?;
        curves::draw_lines(&mut chart, lines)?;
        legend(&below, &names, width)
    })?;
    Ok(svg)
}
