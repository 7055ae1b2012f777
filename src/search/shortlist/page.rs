//! The page of shortlists: for each proxy and K, the value of the pick among the K best.

use serde_json::Value;

use super::{Shortlist, table};
use crate::Result;
use crate::report::figure::lines::{Labels, Line, lines};
use crate::report::page::frame::{Page, Section};
use crate::report::page::text::listed;
use crate::report::page::{captioned, frames, write_figures};
use crate::results::Folder;

/// Writes `report.html` and its figures as `figures/NAME.svg`.
///
/// # Errors
/// Names the file that cannot be written or the figure that cannot be drawn.
pub(super) fn write(folder: &Folder, lists: &[Shortlist], finals: &[String], manifest: &Value) -> Result<()> {
    let mut figures = Vec::new();
    for (place, name) in finals.iter().enumerate() {
        let line = |list: &Shortlist| -> Line {
            let points = list.rows.iter().filter_map(|row| Some((row.k as f64, row.finals[place]?.mean)));
            (list.proxy.clone(), points.collect())
        };
        let labels = Labels {
            name: &format!("shortlist_{}", crate::report::figure::file_part(name)),
            title: &format!("{name} of the best of the K best"),
            note: "Mean over ways to break ties between equal scores.",
            axes: ["K", name],
        };
        figures.extend(lines(&labels, &lists.iter().map(line).collect::<Vec<_>>())?);
    }
    write_figures(folder, &figures)?;
    let drawn: String = figures.iter().map(captioned).collect();
    let table = table(lists, finals)?;
    let title = "What a short training of the K best would pick";
    let page = Page::new(format!("zeronas shortlist: {}", finals.join(", ")), format!("<h1>{title}</h1>\n"))
        .section(Section::new("At a glance").html(&format!("<div class=\"figures\">\n{drawn}</div>\n")))
        .section(Section::new("In numbers").html(&frames::rows(&table, usize::MAX, None)))
        .section(Section::new("How it was made").html(&listed(manifest)));
    folder.write_text("report.html", &page.html())
}
