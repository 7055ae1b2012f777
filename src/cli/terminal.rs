//! What is printed.

use comfy_table::{CellAlignment, ContentArrangement, LineStyle, presets};
use std::io::{ErrorKind, Write};
use zeronas::text::{Part, Table, Text};
use zeronas::{Error, Result};

/// Prints to stdout, tables as wide as the terminal allows; a reader that has gone away, as `head` does, is no error.
pub(super) fn print(text: &Text) -> Result<()> {
    let shown: String = text.parts().iter().map(shown).collect();
    match std::io::stdout().write_all(shown.as_bytes()) {
        Err(source) if source.kind() != ErrorKind::BrokenPipe => {
            Err(Error::io("stdout".as_ref(), "cannot be written")(source))
        }
        _ => Ok(()),
    }
}

fn shown(part: &Part) -> String {
    match part {
        Part::Words(words) => words.clone(),
        Part::Table(table) if table.ruled => fitted(table).to_string(),
        Part::Table(table) => table.to_string(),
    }
}

/// A table with its cells wrapped where the terminal is narrow.
fn fitted(table: &Table) -> comfy_table::Table {
    let mut fitted = comfy_table::Table::new();
    fitted
        .load_style(presets::UTF8_NO_BORDERS.row_separator(LineStyle::none()))
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_header(aligned(table, &table.header, table.right_titles));
    for row in &table.rows {
        fitted.add_row(aligned(table, row, true));
    }
    fitted
}

fn aligned(table: &Table, row: &[String], right: bool) -> Vec<comfy_table::Cell> {
    let alignment = |column| match right && table.right.contains(&column) {
        true => CellAlignment::Right,
        false => CellAlignment::Left,
    };
    let cell = |(column, text)| comfy_table::Cell::new(text).set_alignment(alignment(column));
    row.iter().enumerate().map(cell).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_that_fits_is_shown_as_it_is() {
        let mut table = Table::ruled(["proxy", "mean ± std", "two\nlines"]).right([1]);
        table.row(["naswot", "1.5 ± 2", "x"]);
        table.row(["synflow", "-", "a longer cell"]);
        for table in [table.clone(), table.right_with_titles([0, 2])] {
            assert_eq!(fitted(&table).to_string(), table.to_string());
        }
    }
}
