//! Tables within a width: titles are broken between words, long cells are replaced by shorter texts, prose continues on the next line,
//! and columns that still do not fit are left out or moved below. Words and numbers are never broken.

use super::{Cell, Form, Table, Weight, wrapped};

/// Between two columns.
const GAP: &str = "  ";

/// The smallest width for prose that continues on the next line.
const NARROWEST: usize = 24;

/// A table laid out in lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fitted {
    /// The table, or its parts one below the other.
    pub blocks: Vec<Block>,
    /// The titles of the columns that are left out.
    pub left_out: Vec<String>,
    /// Whether any cells show their shorter text.
    pub shortened: bool,
}

/// Lines of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// The lines of the titles; empty if no column has a title.
    pub header: Vec<String>,
    /// The rows.
    pub rows: Vec<String>,
}

/// A way to lay out a table.
struct Layout<'a> {
    table: &'a Table,
    /// Whether titles are broken between words.
    broken: bool,
    /// Whether cells show their shorter text.
    short: bool,
}

impl Table {
    /// Lays the table out in lines of at most `width`, if its narrowest columns allow that.
    pub fn fit(&self, width: usize) -> Fitted {
        let mut columns = self.shown();
        let ways = [(false, false), (true, false), (false, true), (true, true)];
        let layouts = ways.map(|(broken, short)| Layout { table: self, broken, short });
        let roomy = layouts.iter().find(|layout| layout.width(&columns, Layout::natural) <= width);
        let layout = roomy.unwrap_or(&layouts[3]);
        let mut groups = Vec::new();
        let mut left_out = Vec::new();
        if self.folds {
            groups = layout.folded(columns, width);
        } else {
            while layout.width(&columns, Layout::least) > width
                && let Some(place) = self.dispensable(&columns)
            {
                left_out.push(columns.remove(place));
            }
            groups.push(columns);
        }
        left_out.sort_unstable();
        Fitted {
            blocks: groups.iter().map(|columns| layout.block(columns, width)).collect(),
            left_out: left_out.into_iter().map(|column| self.columns[column].name()).collect(),
            shortened: layout.short && self.rows.iter().flatten().any(|cell| cell.short.is_some()),
        }
    }

    /// Returns the place of the column to leave out first: the last one of the least important weight.
    fn dispensable(&self, columns: &[usize]) -> Option<usize> {
        let weights = columns.iter().map(|&column| self.columns[column].weight).enumerate();
        let weights = weights.filter(|(_, weight)| *weight != Weight::Key);
        weights.max_by_key(|(_, weight)| *weight).map(|(place, _)| place)
    }
}

impl Layout<'_> {
    /// The width of a title.
    fn title(&self, column: usize) -> usize {
        let title = &self.table.columns[column].title;
        let widest =
            if self.broken { title.split_whitespace().map(length).max() } else { title.lines().map(length).max() };
        widest.unwrap_or(0)
    }

    fn cells(&self, column: usize) -> impl Iterator<Item = &str> {
        self.table.rows.iter().filter_map(move |row| Some(row.get(column)?.shown(self.short)))
    }

    /// The width of a column with every cell on one line.
    fn natural(&self, column: usize) -> usize {
        let cells = self.cells(column).flat_map(str::lines).map(length).max();
        self.title(column).max(cells.unwrap_or(0))
    }

    /// The smallest width of a column.
    fn least(&self, column: usize) -> usize {
        let natural = self.natural(column);
        if self.table.columns[column].form != Form::Prose {
            return natural;
        }
        let word = self.cells(column).flat_map(str::split_whitespace).map(length).max();
        self.title(column).max(word.unwrap_or(0)).max(natural.min(NARROWEST))
    }

    fn width(&self, columns: &[usize], of: fn(&Self, usize) -> usize) -> usize {
        let gaps = GAP.len() * columns.len().saturating_sub(1);
        columns.iter().map(|&column| of(self, column)).sum::<usize>() + gaps
    }

    /// Splits the columns into groups that fit, each with the key columns.
    fn folded(&self, columns: Vec<usize>, width: usize) -> Vec<Vec<usize>> {
        let is_key = |column: &usize| self.table.columns[*column].weight == Weight::Key;
        let (keys, others): (Vec<usize>, Vec<usize>) = columns.into_iter().partition(is_key);
        let mut groups = vec![keys.clone()];
        for column in others {
            let mut wider = groups.last().cloned().unwrap_or_default();
            wider.push(column);
            if wider.len() > keys.len() + 1 && self.width(&wider, Layout::least) > width {
                groups.push(keys.iter().copied().chain([column]).collect());
            } else if let Some(last) = groups.last_mut() {
                *last = wider;
            }
        }
        groups
    }

    fn block<'s>(&'s self, columns: &[usize], width: usize) -> Block {
        let widths = self.widths(columns, width);
        let line = |of: &dyn Fn(usize) -> &'s str| {
            let cells = columns.iter().zip(&widths).map(|(&column, &width)| wrapped(of(column), width));
            self.lines(columns, &widths, &cells.collect::<Vec<_>>())
        };
        let title = |column: usize| self.table.columns[column].title.as_str();
        let header = if self.table.has_titles() { line(&title) } else { Vec::new() };
        let row = |row: &'s Vec<Cell>| line(&|column| row.get(column).map_or("", |cell| cell.shown(self.short)));
        Block { header, rows: self.table.rows.iter().flat_map(row).collect() }
    }

    /// Returns the widths of columns: the smallest widths, with the remaining width shared among prose.
    fn widths(&self, columns: &[usize], width: usize) -> Vec<usize> {
        let mut widths: Vec<usize> = columns.iter().map(|&column| self.least(column)).collect();
        let natural: Vec<usize> = columns.iter().map(|&column| self.natural(column)).collect();
        let mut left = width.saturating_sub(self.width(columns, Layout::least));
        while left > 0
            && let Some(place) = (0..widths.len()).filter(|&at| widths[at] < natural[at]).min_by_key(|&at| widths[at])
        {
            widths[place] += 1;
            left -= 1;
        }
        widths
    }

    /// The lines of a row whose cells have these lines.
    fn lines(&self, columns: &[usize], widths: &[usize], cells: &[Vec<String>]) -> Vec<String> {
        let height = cells.iter().map(Vec::len).max().unwrap_or(0).max(1);
        let line = |at: usize| {
            let cell = |(place, &column): (usize, &usize)| {
                let (text, width) = (cells[place].get(at).map_or("", String::as_str), widths[place]);
                let right = self.table.columns[column].form == Form::Number;
                if right { format!("{text:>width$}") } else { format!("{text:<width$}") }
            };
            columns.iter().enumerate().map(cell).collect::<Vec<_>>().join(GAP).trim_end().to_owned()
        };
        (0..height).map(line).collect()
    }
}

fn length(text: &str) -> usize {
    text.chars().count()
}

#[cfg(test)]
mod tests {
    use super::super::Column;
    use super::*;

    fn table() -> Table {
        let columns = [
            Column::word("proxy").key(),
            Column::number("status changed").detail(),
            Column::number("rho"),
            Column::word("architecture").key(),
        ];
        let mut table = Table::new("agreement", columns);
        let arch = |text: &str, short: &str| Cell::from(text).or(Some(short.to_owned()));
        table.row([Cell::from("naswot"), 1usize.into(), Cell::number(Some(0.5), 3), arch("|a~0|+|b~0|c~1|", "#61")]);
        table.row([Cell::from("zen"), 20usize.into(), Cell::number(None, 3), arch("|d~0|", "#7")]);
        table
    }

    fn shown(table: &Table, width: usize) -> (String, Vec<String>, bool) {
        let Fitted { blocks, left_out, shortened } = table.fit(width);
        let block = |block: Block| block.header.into_iter().chain(block.rows).collect::<Vec<_>>().join("\n");
        (blocks.into_iter().map(block).collect::<Vec<_>>().join("\n\n"), left_out, shortened)
    }

    #[test]
    fn a_table_gives_way_step_by_step() {
        let table = table();
        let wide = "proxy   status changed    rho  architecture\n\
                    naswot               1  0.500  |a~0|+|b~0|c~1|\n\
                    zen                 20      -  |d~0|";
        assert_eq!(shown(&table, 80), (wide.into(), vec![], false));
        assert_eq!(table.to_string(), wide);
        let broken = "proxy    status    rho  architecture\n\
                      \x20       changed\n\
                      naswot        1  0.500  |a~0|+|b~0|c~1|\n\
                      zen          20      -  |d~0|";
        assert_eq!(shown(&table, 40), (broken.into(), vec![], false));
        let short = "proxy    status    rho  architecture\n\
                     \x20       changed\n\
                     naswot        1  0.500  #61\n\
                     zen          20      -  #7";
        assert_eq!(shown(&table, 37), (short.into(), vec![], true));
        let less = "proxy     rho  architecture\nnaswot  0.500  #61\nzen         -  #7";
        assert_eq!(shown(&table, 30), (less.into(), vec!["status changed".into()], true));
        let least = "proxy   architecture\nnaswot  #61\nzen     #7";
        assert_eq!(shown(&table, 3), (least.into(), vec!["status changed".into(), "rho".into()], true));
    }

    #[test]
    fn text_goes_on_between_words_and_columns_below() {
        let mut table = Table::new("proxy", [Column::word("name").key(), Column::prose("what it is")]);
        table.row(["zen", "how far the outputs of two noises lie apart"]);
        assert_eq!(shown(&table, 30).0, "name  what it is\nzen   how far the outputs of\n      two noises lie apart");
        let mut table =
            Table::new("k", [Column::number("K").key(), Column::number("one"), Column::number("two")]).folding();
        table.row(["1", "93.67 ± 0.12", "94.01 ± 0.20"]);
        assert_eq!(shown(&table, 20).0, "K           one\n1  93.67 ± 0.12\n\nK           two\n1  94.01 ± 0.20");
        assert_eq!(shown(&table, 31).0, "K           one           two\n1  93.67 ± 0.12  94.01 ± 0.20");
    }
}
