//! What results are in words: text with tables in it. [`fmt::Display`] writes a table as wide as it is; a terminal may fit it in.

use std::fmt;

/// A table of texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// Titles of the columns, if they have any.
    pub header: Vec<String>,
    /// The cells; a row that is short has empty ones at its end.
    pub rows: Vec<Vec<String>>,
    /// Columns whose cells stand to the right.
    pub right: Vec<usize>,
    /// Whether their titles do, too.
    pub right_titles: bool,
    /// Whether lines part the columns, and the header from the rows. Such a table may be fitted into a terminal.
    pub ruled: bool,
}

impl Table {
    /// A table without lines, and without rows yet.
    pub fn plain<T: Into<String>>(header: impl IntoIterator<Item = T>) -> Self {
        let header = header.into_iter().map(Into::into).collect();
        Table { header, rows: Vec::new(), right: Vec::new(), right_titles: false, ruled: false }
    }

    /// A table with lines, and without rows yet.
    pub fn ruled<T: Into<String>>(header: impl IntoIterator<Item = T>) -> Self {
        Table { ruled: true, ..Table::plain(header) }
    }

    /// Sets the cells of these columns, but for their titles, to the right.
    pub fn right(self, columns: impl IntoIterator<Item = usize>) -> Self {
        Table { right: columns.into_iter().collect(), ..self }
    }

    /// Sets these columns and their titles to the right.
    pub fn right_with_titles(self, columns: impl IntoIterator<Item = usize>) -> Self {
        Table { right_titles: true, ..self.right(columns) }
    }

    /// Adds a row.
    pub fn row<T: Into<String>>(&mut self, cells: impl IntoIterator<Item = T>) {
        self.rows.push(cells.into_iter().map(Into::into).collect());
    }

    fn widths(&self) -> Vec<usize> {
        let rows = || std::iter::once(&self.header).chain(&self.rows);
        let columns = rows().map(Vec::len).max().unwrap_or(0);
        let width = |text: &String| text.lines().map(|line| line.chars().count()).max().unwrap_or(0);
        (0..columns).map(|column| rows().filter_map(|row| row.get(column)).map(width).max().unwrap_or(0)).collect()
    }

    /// The lines of a row.
    fn lines(&self, row: &[String], widths: &[usize], is_header: bool) -> Vec<String> {
        let cells: Vec<Vec<&str>> =
            (0..widths.len()).map(|column| row.get(column).map_or(Vec::new(), |cell| cell.lines().collect())).collect();
        let height = cells.iter().map(Vec::len).max().unwrap_or(0).max(1);
        let between = if self.ruled { "┆" } else { "" };
        let line = |at: usize| {
            let cell = |(column, width): (usize, &usize)| {
                let text = cells[column].get(at).copied().unwrap_or_default();
                let right = self.right.contains(&column) && (self.right_titles || !is_header);
                if right { format!(" {text:>width$} ") } else { format!(" {text:<width$} ") }
            };
            widths.iter().enumerate().map(cell).collect::<Vec<_>>().join(between)
        };
        (0..height).map(line).collect()
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let widths = self.widths();
        let mut lines = Vec::with_capacity(self.rows.len() + 2);
        if !self.header.is_empty() {
            lines.extend(self.lines(&self.header, &widths, true));
            if self.ruled {
                lines.push(widths.iter().map(|width| "═".repeat(width + 2)).collect::<Vec<_>>().join("╪"));
            }
        }
        lines.extend(self.rows.iter().flat_map(|row| self.lines(row, &widths, false)));
        f.write_str(&lines.join("\n"))
    }
}

/// Text with tables in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text(Vec<Part>);

/// A part of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// Words.
    Words(String),
    /// A table, without the line break behind it.
    Table(Table),
}

impl Text {
    /// The parts in their order.
    pub fn parts(&self) -> &[Part] {
        &self.0
    }

    /// This text and another behind it.
    pub fn and(mut self, other: impl Into<Text>) -> Self {
        self.0.extend(other.into().0);
        self
    }

    /// Texts one behind the other, with `between` between any two.
    pub fn joined(texts: impl IntoIterator<Item = Text>, between: &str) -> Self {
        let mut texts = texts.into_iter();
        let first = texts.next().unwrap_or_default();
        texts.fold(first, |joined, text| joined.and(between).and(text))
    }
}

impl From<&str> for Text {
    fn from(words: &str) -> Self {
        Text(vec![Part::Words(words.into())])
    }
}

impl From<String> for Text {
    fn from(words: String) -> Self {
        Text(vec![Part::Words(words)])
    }
}

impl From<Table> for Text {
    fn from(table: Table) -> Self {
        Text(vec![Part::Table(table)])
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|part| match part {
            Part::Words(words) => f.write_str(words),
            Part::Table(table) => table.fmt(f),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_stand_beneath_each_other() {
        let mut table = Table::ruled(["name", "a\nnumber"]).right([1]);
        table.row(["naswot", "1"]);
        table.row(["x"]);
        let text = Text::from("before\n").and(table.clone()).and("\nbehind");
        let shown = "before\n name   ┆ a      \n        ┆ number \n════════╪════════\n naswot ┆      1 \n x      ┆        \nbehind";
        assert_eq!(text.to_string(), shown);
        let plain = Table { ruled: false, header: Vec::new(), ..table };
        assert_eq!(plain.to_string(), " naswot  1 \n x         ");
    }
}
