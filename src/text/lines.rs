//! Texts for programs: JSON with one object per line, and tables with tabs between their cells.

use super::{Cell, Part, Table, Text};
use serde_json::Value;

impl Text {
    /// Returns one object per line: for each row of a table, one of the table's `kind` with a value per column; for each line of words, one
    /// of the kind `note` with its `text`.
    pub fn json_lines(&self) -> String {
        let part = |part: &Part| match part {
            Part::Words(words) => words.lines().filter(|line| !line.trim().is_empty()).map(note).collect(),
            Part::Table(table) => table.json_lines(),
        };
        self.parts().iter().map(part).collect()
    }

    /// Words as they are, and tables with tabs between their cells.
    pub fn tab_separated(&self) -> String {
        let part = |part: &Part| match part {
            Part::Words(words) => words.clone(),
            Part::Table(table) => table.tab_separated(),
        };
        self.parts().iter().map(part).collect()
    }
}

fn note(line: &str) -> String {
    object([("kind".to_owned(), "note".into()), ("text".to_owned(), line.trim().into())])
}

/// Returns a line of JSON with these entries, in their order.
pub fn object(entries: impl IntoIterator<Item = (String, Value)>) -> String {
    let entry = |(key, value): (String, Value)| format!("{}:{value}", Value::from(key));
    format!("{{{}}}\n", entries.into_iter().map(entry).collect::<Vec<_>>().join(","))
}

impl Table {
    fn json_lines(&self) -> String {
        let row = |row: &Vec<Cell>| {
            let cells = self.columns.iter().zip(row).flat_map(|(column, cell)| {
                cell.values.iter().map(|(behind, value)| (format!("{}{behind}", column.key), value.clone()))
            });
            object([("kind".to_owned(), self.kind.into())].into_iter().chain(cells))
        };
        self.rows.iter().map(row).collect()
    }

    fn tab_separated(&self) -> String {
        let shown = self.shown();
        let line = |of: &dyn Fn(usize) -> String| shown.iter().map(|&column| of(column)).collect::<Vec<_>>().join("\t");
        let plain = |text: &str| text.replace(['\t', '\n'], " ");
        let header = self.has_titles().then(|| line(&|column| plain(&self.columns[column].title)));
        let rows =
            self.rows.iter().map(|row| line(&|column| row.get(column).map_or(String::new(), |cell| plain(&cell.text))));
        header.into_iter().chain(rows).collect::<Vec<_>>().join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::super::Column;
    use super::*;

    #[test]
    fn programs_get_every_value_in_full() {
        let columns =
            [Column::word("proxy").key(), Column::number("Mean rank"), Column::hidden("n"), Column::word("a\nb")];
        let mut table = Table::new("correlation", columns);
        let rank = Cell::number(Some(0.123_456), 2).also("_lo", Value::Null);
        table.row([Cell::from("nas\twot"), rank, 7usize.into(), Cell::from("\"x\"").or(Some("#1".into()))]);
        let text = Text::from("two\n\n  notes\n").and(table).and("\n");
        assert_eq!(text.tab_separated(), "two\n\n  notes\nproxy\tMean rank\ta b\nnas wot\t0.12\t\"x\"\n");
        let lines = "{\"kind\":\"note\",\"text\":\"two\"}\n{\"kind\":\"note\",\"text\":\"notes\"}\n\
                     {\"kind\":\"correlation\",\"proxy\":\"nas\\twot\",\"mean_rank\":0.123456,\"mean_rank_lo\":null,\"n\":7,\"a_b\":\"\\\"x\\\"\"}\n";
        assert_eq!(text.json_lines(), lines);
    }
}
