//! What the figures share: colours, text, axes, and the step from a drawing to SVG.

use std::error::Error;
use std::ops::Range;

use plotters::coord::Shift;
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

/// Result of drawing.
pub(crate) type Drawing<T = ()> = Result<T, Box<dyn Error>>;
/// A rectangle to draw on.
pub(crate) type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
/// Axes on a rectangle. Logarithmic ones hold the logarithm to base 10.
pub(crate) type Chart<'a, 'b> = ChartContext<'a, SVGBackend<'b>, Cartesian2d<RangedCoordf64, RangedCoordf64>>;

/// Background of figures that are files of their own.
pub(crate) const BACKGROUND: &str = "#FFFFFF";
pub(crate) const INK: RGBColor = RGBColor(0x1F, 0x23, 0x28);
pub(crate) const MUTED: RGBColor = RGBColor(0x57, 0x60, 0x6A);
pub(crate) const GRID: RGBColor = RGBColor(0xDD, 0xE1, 0xE6);
/// Colours of series that colour-blind readers can tell apart (after Okabe & Ito).
pub(crate) const SERIES: [RGBColor; 8] = [
    RGBColor(0x00, 0x72, 0xB2),
    RGBColor(0xD5, 0x5E, 0x00),
    RGBColor(0x00, 0x9E, 0x73),
    RGBColor(0xCC, 0x79, 0xA7),
    RGBColor(0xB8, 0x86, 0x0B),
    RGBColor(0x56, 0xB4, 0xE9),
    RGBColor(0x8C, 0x56, 0x4B),
    RGBColor(0x7A, 0x51, 0x95),
];
/// Colours as they appear in the SVG, and the page's CSS variables for them.
pub(crate) const THEME: [(&str, &str); 11] = [
    ("#1F2328", "--ink"),
    ("#57606A", "--muted"),
    ("#DDE1E6", "--grid"),
    ("#0072B2", "--s0"),
    ("#D55E00", "--s1"),
    ("#009E73", "--s2"),
    ("#CC79A7", "--s3"),
    ("#B8860B", "--s4"),
    ("#56B4E9", "--s5"),
    ("#8C564B", "--s6"),
    ("#7A5195", "--s7"),
];

/// Height of text, in pixels.
pub(crate) const TEXT: u32 = 15;
/// Height of a row of a legend.
const LEGEND_ROW: u32 = 18;
/// Characters of a name that a legend shows.
const LEGEND_NAME: usize = 30;
/// Room for one character of it, about.
pub(crate) const CHARACTER: f64 = 7.0;

/// Draws on a fresh area and gives the SVG with what the painter returns.
pub(crate) fn svg<T>(size: (u32, u32), painter: impl FnOnce(&Area<'_>) -> Drawing<T>) -> Drawing<(String, T)> {
    let mut text = String::new();
    let area = SVGBackend::with_string(&mut text, size).into_drawing_area();
    let painted = painter(&area)?;
    area.present()?;
    drop(area);
    Ok((tidied(&text), painted))
}

/// Removes what Plotters writes into every element although it is the default, and shortens the number of the font size.
fn tidied(svg: &str) -> String {
    let size = format!("font-size=\"{}\"", f64::from(TEXT) / 1.24);
    let family = " font-family=\"sans-serif\"";
    svg.replace(" opacity=\"1\"", "").replace(&size, "font-size=\"12.1\"").replace(family, "").replacen(
        "<svg ",
        &format!("<svg{family} "),
        1,
    )
}

/// Puts an SVG fragment on top of a drawing.
pub(crate) fn with_layer(svg: &str, layer: &str) -> String {
    match svg.rsplit_once("</svg>") {
        Some((body, _)) => format!("{body}{layer}\n</svg>\n"),
        None => svg.to_owned(),
    }
}

/// Text of a colour, anchored.
pub(crate) fn style(colour: RGBColor, horizontal: HPos, vertical: VPos) -> TextStyle<'static> {
    let mut style = TextStyle::from(("sans-serif", TEXT).into_font()).pos(Pos::new(horizontal, vertical));
    style.color = colour.to_backend_color();
    style
}

/// What stands on the two axes, and how their numbers are written.
pub(crate) struct Axes<'a> {
    pub x: &'a str,
    pub y: &'a str,
    pub format_x: &'a dyn Fn(&f64) -> String,
    pub format_y: &'a dyn Fn(&f64) -> String,
}

/// Axes with a light grid.
pub(crate) fn axes<'a, 'b>(
    area: &'a Area<'b>,
    x: Range<f64>,
    y: Range<f64>,
    axes: &Axes<'_>,
) -> Drawing<Chart<'a, 'b>> {
    let mut chart = ChartBuilder::on(area)
        .margin(6)
        .margin_right(26)
        .x_label_area_size(46)
        .y_label_area_size(58)
        .build_cartesian_2d(widened(x), widened(y))?;
    chart
        .configure_mesh()
        .bold_line_style(GRID)
        .light_line_style(TRANSPARENT)
        .axis_style(MUTED)
        .x_labels(5)
        .y_labels(6)
        .x_label_formatter(&|value| (axes.format_x)(value))
        .y_label_formatter(&|value| (axes.format_y)(value))
        .label_style(("sans-serif", TEXT).into_font().color(&MUTED))
        .axis_desc_style(("sans-serif", TEXT).into_font().color(&INK))
        .x_desc(axes.x)
        .y_desc(axes.y)
        .draw()?;
    Ok(chart)
}

/// Widens a range that is a single point.
fn widened(range: Range<f64>) -> Range<f64> {
    if range.start < range.end { range } else { range.start - 0.5..range.end + 0.5 }
}

/// Formats a number for an axis: short, and without rounding noise.
pub(crate) fn plain(value: &f64) -> String {
    let magnitude = value.abs();
    if magnitude < 1e-12 {
        "0".into()
    } else if !(1e-3..1e5).contains(&magnitude) {
        format!("{value:.1e}").replace(".0e", "e")
    } else {
        let digits = (3 - magnitude.log10().floor() as i32).clamp(0, 6) as usize;
        let text = format!("{value:.digits$}");
        if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
    }
}

/// Formats a logarithm to base 10 as the number itself, at whole powers only.
pub(crate) fn power_of_ten(value: &f64) -> String {
    let whole = value.round();
    match (value - whole).abs() < 1e-9 {
        true if (-3.0..=5.0).contains(&whole) => plain(&10_f64.powf(whole)),
        true => format!("1e{whole}"),
        false => String::new(),
    }
}

/// The colour of series number `place`; colours repeat every eight series, told apart by dashes.
pub(crate) fn colour(place: usize) -> RGBColor {
    SERIES[place % SERIES.len()]
}

/// A name that fits into this many characters.
pub(crate) fn shortened(name: &str, most: usize) -> String {
    if name.chars().count() <= most {
        return name.to_owned();
    }
    let head: String = name.chars().take(most.saturating_sub(1)).collect();
    head + "…"
}

/// Smallest and largest of some numbers.
pub(crate) fn range_of(values: impl Iterator<Item = f64>) -> Option<Range<f64>> {
    values.fold(None, |range, value| match range {
        None => Some(value..value),
        Some(range) => Some(range.start.min(value)..range.end.max(value)),
    })
}

/// Columns of a legend and the width of each.
fn legend_columns(names: &[&str], width: u32) -> (u32, u32) {
    let longest = names.iter().map(|name| name.chars().count()).max().unwrap_or(0).min(LEGEND_NAME);
    let column = (40.0 + CHARACTER * longest as f64) as u32;
    ((width / column).max(1), column)
}

/// How high a legend is.
pub(crate) fn legend_height(names: &[&str], width: u32) -> u32 {
    (names.len() as u32).div_ceil(legend_columns(names, width).0) * LEGEND_ROW + 12
}

/// A name and a stroke for each series, in columns.
pub(crate) fn legend(area: &Area<'_>, names: &[&str], width: u32) -> Drawing {
    let (columns, column) = legend_columns(names, width);
    for (place, name) in (0..).zip(names) {
        let x = (14 + place % columns * column) as i32;
        let y = (9 + place / columns * LEGEND_ROW) as i32;
        let stroke = colour(place as usize).stroke_width(3);
        // Like the lines: dashed once colours repeat.
        let ends = if (place as usize) < SERIES.len() { vec![(0, 20)] } else { vec![(0, 8), (12, 20)] };
        for (from, to) in ends {
            area.draw(&PathElement::new([(x + from, y), (x + to, y)], stroke))?;
        }
        area.draw(&Text::new(shortened(name, LEGEND_NAME), (x + 26, y), style(INK, HPos::Left, VPos::Center)))?;
    }
    Ok(())
}
