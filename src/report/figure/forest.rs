//! Correlations of all proxies with their intervals, over all architectures and inside the best tenth.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

use super::super::Report;
use super::super::bootstrap::Estimate;
use super::super::error::Result;
use super::super::measure::Measure;
use super::super::summary::SummaryRow;
use super::paint::{CHARACTER, Drawing, GRID, INK, MUTED, SERIES, plain, shortened, style, svg};
use super::{Figure, Section, failed, file_part};

const WIDTH: u32 = 460;
const ROW: i32 = 34;
/// Characters of a name that are shown.
const NAME: usize = 26;

/// Spearman's rho of every proxy with a target.
pub(super) fn correlations(report: &Report, target: &str, rows: &[&SummaryRow]) -> Result<Figure> {
    let name = format!("correlations_{}", file_part(target));
    let best = |proxy: &str| {
        let mut parts = report.deciles.iter().filter(|part| part.target == target && part.proxy == proxy);
        parts.find(|part| part.decile == 1).map_or_else(Estimate::default, |part| part.spearman)
    };
    let lines: Vec<(&str, Estimate, Estimate)> =
        rows.iter().map(|row| (row.proxy.as_str(), row.estimate(Measure::Spearman), best(&row.proxy))).collect();
    let svg = draw(&lines).map_err(failed(&name))?;
    let title = format!("Spearman's ρ with {target}");
    let note = "Blue: over all architectures. Orange: inside the best tenth by target. Bars are 95 % intervals.".into();
    Ok(Figure {
        name,
        section: Section::Correlations,
        target: Some(target.to_owned()),
        title,
        note,
        width: WIDTH,
        points: None,
        svg,
    })
}

fn draw(lines: &[(&str, Estimate, Estimate)]) -> Drawing<String> {
    let all = lines.iter().flat_map(|(_, whole, best)| [whole, best]);
    let ends = all.flat_map(|one| [one.value, one.interval.map(|i| i.0), one.interval.map(|i| i.1)]).flatten();
    let (lo, hi) = ends.fold((0.0_f64, 0.0_f64), |(lo, hi), value| (lo.min(value), hi.max(value)));
    let (lo, hi) = ((lo * 5.0).floor() / 5.0, ((hi * 5.0).ceil() / 5.0).max(0.2));
    let longest = lines.iter().map(|line| line.0.chars().count().min(NAME)).max().unwrap_or(0);
    let label = (CHARACTER * longest as f64) as i32 + 12;
    let bottom = ROW * lines.len() as i32 + 6;
    let at = |value: f64| label + 6 + ((value - lo) / (hi - lo) * f64::from(WIDTH as i32 - label - 30)).round() as i32;
    let (svg, ()) = svg((WIDTH, bottom as u32 + 24), |area| {
        let steps = ((hi - lo) / 0.2).round() as i32;
        for step in 0..=steps {
            let value = lo + 0.2 * f64::from(step);
            let colour = if value.abs() < 1e-9 { MUTED } else { GRID };
            area.draw(&PathElement::new([(at(value), 4), (at(value), bottom)], colour))?;
            let rounded = (value * 10.0).round() / 10.0;
            area.draw(&Text::new(plain(&rounded), (at(value), bottom + 12), style(MUTED, HPos::Center, VPos::Center)))?;
        }
        for (place, (name, whole, best)) in lines.iter().enumerate() {
            let y = 4 + ROW * place as i32 + ROW / 2;
            area.draw(&Text::new(shortened(name, NAME), (label, y), style(INK, HPos::Right, VPos::Center)))?;
            for (colour, y, one) in [(SERIES[0], y - 5, whole), (SERIES[1], y + 5, best)] {
                if let Some((from, to)) = one.interval {
                    area.draw(&PathElement::new([(at(from), y), (at(to), y)], colour.stroke_width(2)))?;
                }
                if let Some(value) = one.value {
                    area.draw(&Circle::new((at(value), y), 4, colour.filled()))?;
                }
            }
        }
        Ok(())
    })?;
    Ok(svg)
}
