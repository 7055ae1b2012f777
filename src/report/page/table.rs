//! Tables in HTML.

use std::fmt::Write;

use super::super::average::Reading;
use super::super::bootstrap::Estimate;
use super::super::display::number;
use super::escape;

/// A table in the making; its first column stays in sight when the others are scrolled.
pub(crate) struct Html {
    header: Vec<String>,
    /// The class of each column: that of its first cell.
    classes: Vec<&'static str>,
    rows: String,
}

/// A cell, already HTML.
pub(crate) struct Cell {
    class: &'static str,
    html: String,
}

/// Text that wraps only after a part of an architecture or an aggregate, never within one.
pub(crate) fn breakable(text: &str) -> String {
    escape(text).replace('|', "|<wbr>").replace(',', ",<wbr>")
}

impl Cell {
    pub(crate) fn text(text: &str) -> Self {
        Cell::html(escape(text))
    }

    /// A cell of what is HTML already.
    pub(crate) fn html(html: String) -> Self {
        Cell { class: "", html }
    }

    /// Text that may be long and matters little.
    pub(crate) fn small(text: &str) -> Self {
        Cell { class: "counts", html: format!("<small>{}</small>", escape(text)) }
    }

    pub(crate) fn count(count: usize) -> Self {
        Cell { class: "number", html: count.to_string() }
    }

    pub(crate) fn number(value: Option<f64>, digits: usize) -> Self {
        Cell { class: "number", html: minus(&number(value, digits)) }
    }

    /// A number to five significant digits; counts in full.
    pub(crate) fn figures(value: f64) -> Self {
        Cell { class: "number", html: minus(&figures(value)) }
    }

    /// A proxy's reading of an architecture: its number, or why there is none.
    pub(crate) fn reading(reading: Option<&Reading>) -> Self {
        match reading {
            Some(Reading::Value(value)) => Cell::figures(*value),
            Some(Reading::LnZero) => Cell { class: "number", html: "ln 0".into() },
            Some(Reading::Bad(status)) => Cell { class: "number", html: escape(status) },
            None => Cell::number(None, 0),
        }
    }

    /// A number above its interval.
    pub(crate) fn estimate(estimate: Estimate, digits: usize) -> Self {
        let mut cell = Cell::number(estimate.value, digits);
        if let Some((lo, hi)) = estimate.interval {
            let _ = write!(cell.html, "<small>{}</small>", minus(&format!("{lo:.digits$}, {hi:.digits$}")));
        }
        cell
    }

    /// The cell with another, named, below it.
    pub(crate) fn above(mut self, name: &str, below: Cell) -> Self {
        let _ = write!(self.html, "<div><i>{}</i> {}</div>", escape(name), below.html);
        self
    }

    /// The cell with a remark after its number.
    pub(crate) fn with(mut self, remark: &str) -> Self {
        let place = self.html.find("<small>").unwrap_or(self.html.len());
        self.html.insert_str(place, &format!("<i>{}</i>", escape(remark)));
        self
    }

    /// The cell with a remark below it.
    pub(crate) fn noted(mut self, remark: &str) -> Self {
        let _ = write!(self.html, "<small>{}</small>", escape(remark));
        self
    }
}

fn figures(value: f64) -> String {
    let magnitude = value.abs();
    if value.fract() == 0.0 && magnitude < 1e15 {
        return format!("{value:.0}");
    }
    let trimmed = |text: &str| text.trim_end_matches('0').trim_end_matches('.').to_owned();
    if (1e-3..1e7).contains(&magnitude) {
        let digits = (4 - magnitude.log10().floor() as i32).clamp(0, 7) as usize;
        let text = format!("{value:.digits$}");
        return if text.contains('.') { trimmed(&text) } else { text };
    }
    let text = format!("{value:.3e}");
    text.split_once('e').map_or_else(|| text.clone(), |(digits, power)| format!("{}e{power}", trimmed(digits)))
}

/// Writes a true minus sign, as wide as a digit.
fn minus(number: &str) -> String {
    if number == "-" { "–".into() } else { number.replace('-', "−") }
}

impl Html {
    pub(crate) fn new<S: AsRef<str>>(header: &[S]) -> Self {
        let header: Vec<String> = header.iter().map(|name| escape(name.as_ref())).collect();
        Html { classes: Vec::new(), header, rows: String::new() }
    }

    pub(crate) fn row(&mut self, cells: Vec<Cell>) {
        if self.classes.is_empty() {
            self.classes = cells.iter().map(|cell| cell.class).collect();
        }
        self.rows += "<tr>";
        for (place, Cell { class, html }) in cells.iter().enumerate() {
            let _ = match (place, *class) {
                (0, _) => write!(self.rows, "<th scope=\"row\">{html}</th>"),
                (_, "") => write!(self.rows, "<td>{html}</td>"),
                (_, class) => write!(self.rows, "<td class=\"{class}\">{html}</td>"),
            };
        }
        self.rows += "</tr>\n";
    }

    pub(crate) fn finish(self) -> String {
        let mut text = "<div class=\"scroll\"><table>\n<thead><tr>".to_owned();
        for (place, name) in self.header.iter().enumerate() {
            // A heading is aligned like its column.
            let class = self.classes.get(place).filter(|class| place > 0 && !class.is_empty());
            let class = class.map(|class| format!(" class=\"{class}\"")).unwrap_or_default();
            let _ = write!(text, "<th scope=\"col\"{class}>{name}</th>");
        }
        text + "</tr></thead>\n<tbody>\n" + &self.rows + "</tbody></table></div>\n"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_five_digits_and_counts_all() {
        let cases = [
            (7_633_610.0, "7633610"),
            (-65.563, "-65.563"),
            (0.0097412345, "0.0097412"),
            (123_456.78, "123457"),
            (1e-7, "1e-7"),
            (-2.5e20, "-2.5e20"),
            (0.5, "0.5"),
            (0.0, "0"),
        ];
        for (value, text) in cases {
            assert_eq!(figures(value), text);
        }
    }
}
