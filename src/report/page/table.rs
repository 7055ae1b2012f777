//! Tables in HTML.

use std::fmt::Write;

use super::super::bootstrap::Estimate;
use super::super::display::number;
use super::escape;

/// A table in the making; its first column stays in sight when the others are scrolled.
pub(crate) struct Html {
    text: String,
}

/// A cell, already HTML.
pub(crate) struct Cell {
    class: &'static str,
    html: String,
}

impl Cell {
    pub(crate) fn text(text: &str) -> Self {
        Cell { class: "", html: escape(text) }
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

    /// The cell with a remark behind its number.
    pub(crate) fn with(mut self, remark: &str) -> Self {
        let place = self.html.find("<small>").unwrap_or(self.html.len());
        self.html.insert_str(place, &format!("<i>{}</i>", escape(remark)));
        self
    }
}

/// A true minus, as long as a digit.
fn minus(number: &str) -> String {
    if number == "-" { "–".into() } else { number.replace('-', "−") }
}

impl Html {
    pub(crate) fn new(header: &[&str]) -> Self {
        let cells: String = header.iter().map(|name| format!("<th scope=\"col\">{}</th>", escape(name))).collect();
        Html { text: format!("<div class=\"scroll\"><table>\n<thead><tr>{cells}</tr></thead>\n<tbody>\n") }
    }

    pub(crate) fn row(&mut self, cells: Vec<Cell>) {
        self.text += "<tr>";
        for (place, Cell { class, html }) in cells.iter().enumerate() {
            let _ = match (place, *class) {
                (0, _) => write!(self.text, "<th scope=\"row\">{html}</th>"),
                (_, "") => write!(self.text, "<td>{html}</td>"),
                (_, class) => write!(self.text, "<td class=\"{class}\">{html}</td>"),
            };
        }
        self.text += "</tr>\n";
    }

    pub(crate) fn finish(self) -> String {
        self.text + "</tbody></table></div>\n"
    }
}
