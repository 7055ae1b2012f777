//! Matrices: how alike two proxies rank, how certain it is that one is better, and how well candidates rank on each space.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

use super::super::Report;
use super::super::alike::{Alike, clustered};
use super::super::error::Result;
use super::super::measure::Measure;
use super::paint::{Area, CHARACTER, Drawing, INK, SERIES, TEXT, shortened, style, svg};
use super::{Figure, Section, failed, file_part};

/// Side of a cell, in pixels.
const CELL: i32 = 44;
/// Characters of a name that are shown.
const NAME: usize = 36;

/// Spearman's rho of every two proxies; `None` for fewer than two.
pub(super) fn alike(alike: &[Alike]) -> Result<Option<Figure>> {
    let names = clustered(alike);
    if names.len() < 2 {
        return Ok(None);
    }
    let cell = |a: &str, b: &str| {
        let two = alike.iter().find(|two| two.a == a && two.b == b);
        two.and_then(|two| two.spearman).map(|rho| (rho, format!("{rho:.2}")))
    };
    let name = "proxy_spearman".to_owned();
    let (svg, width) = draw([&names, &names], &cell).map_err(failed(&name))?;
    let title = "Spearman's ρ between proxies".into();
    let note = "Over the architectures that both rank. Blue ranks alike, orange ranks in reverse; what ranks alike stands together.".into();
    Ok(Some(Figure { name, section: Section::Alike, target: None, title, note, width, points: None, svg }))
}

/// The share of draws in which the row's proxy is better than the column's; `None` without pairs or draws.
pub(super) fn better(report: &Report, target: &str, measure: Measure) -> Result<Option<Figure>> {
    let pairs: Vec<_> = report
        .pairs
        .iter()
        .filter(|pair| pair.target == target && pair.measure == measure && pair.a_better.is_some())
        .collect();
    if pairs.is_empty() {
        return Ok(None);
    }
    let names = distinct(pairs.iter().flat_map(|pair| [pair.a.as_str(), pair.b.as_str()]));
    let cell = |a: &str, b: &str| {
        let share = pairs.iter().find_map(|pair| match (pair.a.as_str(), pair.b.as_str()) {
            (first, second) if (first, second) == (a, b) => pair.a_better,
            (first, second) if (first, second) == (b, a) => pair.a_better.map(|share| 1.0 - share),
            _ => None,
        })?;
        Some((2.0 * share - 1.0, format!("{share:.2}")))
    };
    // Those that win most stand first.
    let wins = |name: &str| names.iter().filter_map(|other| cell(name, other)).map(|cell| cell.0).sum::<f64>();
    let mut ordered = names.clone();
    ordered.sort_by(|a, b| wins(b).total_cmp(&wins(a)));
    let name = format!("better_{}", file_part(target));
    let (svg, width) = draw([&ordered, &ordered], &cell).map_err(failed(&name))?;
    let title = format!("Share of draws in which the row beats the column by Kendall's τ on {target}");
    let note = "Both on the same architectures in every draw. 0.50 is a toss-up; 0.98 and more, or 0.02 and less, is a \
                difference that a 95 % interval would confirm.";
    Ok(Some(Figure {
        name,
        section: Section::Better,
        target: Some(target.to_owned()),
        title,
        note: note.into(),
        width,
        points: None,
        svg,
    }))
}

/// Kendall's tau of each candidate on each space.
pub(super) fn spaces(candidates: &[&str], spaces: &[&str], tau: &dyn Fn(usize, usize) -> f64) -> Result<Figure> {
    let place = |names: &[&str], name: &str| names.iter().position(|known| *known == name);
    let cell = |candidate: &str, space: &str| {
        let tau = tau(place(candidates, candidate)?, place(spaces, space)?);
        Some((tau, format!("{tau:.2}")))
    };
    let name = "kendall_by_space".to_owned();
    let (svg, width) = draw([candidates, spaces], &cell).map_err(failed(&name))?;
    let title = "Kendall's τ of each candidate on each space".into();
    let note = "Blue ranks well, orange in reverse. The best by the mean stands first.".into();
    Ok(Figure { name, section: Section::Spaces, target: None, title, note, width, points: None, svg })
}

fn distinct<'a>(names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut seen = Vec::new();
    names.for_each(|name| {
        if !seen.contains(&name) {
            seen.push(name);
        }
    });
    seen
}

/// For the names of a row and a column: a number from -1 to 1 that gives the cell its colour, and the text of the cell.
type Cells<'a> = dyn Fn(&str, &str) -> Option<(f64, String)> + 'a;

fn draw([rows, columns]: [&[&str]; 2], cell: &Cells<'_>) -> Drawing<(String, u32)> {
    let label = |names: &[&str]| {
        let longest = names.iter().map(|name| name.chars().count().min(NAME)).max().unwrap_or(0);
        (CHARACTER * longest as f64) as i32 + 12
    };
    let (left, below) = (label(rows), CELL * rows.len() as i32);
    let size = ((left + CELL * columns.len() as i32 + 8) as u32, (below + label(columns) + 8) as u32);
    let (svg, ()) = svg(size, |area: &Area<'_>| {
        for (row, a) in rows.iter().enumerate() {
            let y = row as i32 * CELL + 4;
            let name = style(INK, HPos::Right, VPos::Center);
            area.draw(&Text::new(shortened(a, NAME), (left - 6, y + CELL / 2), name))?;
            for (column, b) in columns.iter().enumerate() {
                let Some((value, text)) = cell(a, b) else { continue };
                let x = left + column as i32 * CELL;
                let colour = SERIES[usize::from(value < 0.0)];
                let fill = colour.mix((75.0 * value.abs()).round() / 100.0).filled();
                area.draw(&Rectangle::new([(x + 1, y + 1), (x + CELL - 1, y + CELL - 1)], fill))?;
                let centred = style(INK, HPos::Center, VPos::Center);
                area.draw(&Text::new(text, (x + CELL / 2, y + CELL / 2), centred))?;
            }
        }
        for (column, b) in columns.iter().enumerate() {
            let font = ("sans-serif", TEXT).into_font().transform(FontTransform::Rotate90).color(&INK);
            let place = (left + column as i32 * CELL + CELL / 2 + 6, below + 10);
            area.draw(&Text::new(shortened(b, NAME), place, font))?;
        }
        Ok(())
    })?;
    Ok((svg, size.0))
}
