//! The tables that commands write, as tables of a page.

use polars::prelude::DataFrame;

use super::best::drawn;
use super::table::{Cell, Html, breakable};
use crate::space::SearchSpace;

/// The first `most` rows of a table; architectures are drawn where their space is known.
pub(crate) fn rows(table: &DataFrame, most: usize, space: Option<&dyn SearchSpace>) -> String {
    let columns = table.columns();
    let header: Vec<String> = columns.iter().map(|column| column.name().replace('_', " ")).collect();
    let mut html = Html::new(&header);
    let shown = table.height().min(most);
    for row in 0..shown {
        let cells = columns.iter().map(|column| {
            if let Ok(texts) = column.str() {
                let text = texts.get(row).unwrap_or_default();
                return if column.name() == "arch" { drawn(text, space) } else { Cell::html(breakable(text)) };
            }
            if let Ok(counts) = column.u64() {
                return counts.get(row).map_or_else(|| Cell::number(None, 0), |count| Cell::count(count as usize));
            }
            let number = column.f64().ok().and_then(|numbers| numbers.get(row));
            number.map_or_else(|| Cell::number(None, 0), Cell::figures)
        });
        html.row(cells.collect());
    }
    let left_out = table.height() - shown;
    let note = match left_out {
        0 => String::new(),
        more => format!("<p class=\"note\">{more} more rows are in the tables beside this page.</p>\n"),
    };
    html.finish() + &note
}

#[cfg(test)]
mod tests {
    use polars::prelude::*;

    use super::*;

    #[test]
    fn columns_are_written_as_what_they_are() {
        let table =
            df!("arch" => ["<a>", "b"], "n_runs" => [Some(3u64), None], "mean" => [Some(0.25), Some(-1e-7)]).unwrap();
        let html = rows(&table, 1, None);
        assert!(
            html.contains("&lt;a&gt;") && html.contains("<th scope=\"col\" class=\"number\">n runs</th>"),
            "{html}"
        );
        assert!(html.contains("<td class=\"number\">3</td><td class=\"number\">0.25</td>"), "{html}");
        assert!(html.contains("1 more rows"), "{html}");
        assert!(rows(&table, 9, None).contains("<td class=\"number\">–</td><td class=\"number\">−1e−7</td>"));
    }
}
