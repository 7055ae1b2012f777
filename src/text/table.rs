//! Tables: columns that know how they may be shown, and rows of cells.

use super::Cell;
use std::fmt;

/// A table.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// What a row is, in one word, such as `correlation`.
    pub kind: &'static str,
    /// The columns.
    pub columns: Vec<Column>,
    /// The cells; a short row has empty cells at its end.
    pub rows: Vec<Vec<Cell>>,
    /// Whether columns that do not fit are moved below the others instead of being left out.
    pub folds: bool,
}

/// A column of a table.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// The title for people; it may have several lines.
    pub title: String,
    /// The name for programs.
    pub key: String,
    /// The form of its cells.
    pub form: Form,
    /// How important it is when columns have to be left out.
    pub weight: Weight,
}

/// The form of a column's cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Names, each on one line.
    Word,
    /// Numbers, aligned to the right.
    Number,
    /// Text that may continue on the next line.
    Prose,
}

/// Which columns are kept when there is no room for all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// Always kept.
    Key,
    /// Left out after all details.
    Main,
    /// Left out first.
    Detail,
    /// Never shown; only for programs.
    Hidden,
}

impl Column {
    fn new(title: impl Into<String>, form: Form, weight: Weight) -> Self {
        let title = title.into();
        let words = title.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
        let key = words.map(str::to_lowercase).collect::<Vec<_>>().join("_");
        Column { title, key, form, weight }
    }

    /// A column of names.
    pub fn word(title: impl Into<String>) -> Self {
        Column::new(title, Form::Word, Weight::Main)
    }

    /// A column of numbers.
    pub fn number(title: impl Into<String>) -> Self {
        Column::new(title, Form::Number, Weight::Main)
    }

    /// A column of text that may continue on the next line.
    pub fn prose(title: impl Into<String>) -> Self {
        Column::new(title, Form::Prose, Weight::Main)
    }

    /// A column that is only for programs.
    pub fn hidden(title: &str) -> Self {
        Column::new(title, Form::Word, Weight::Hidden)
    }

    /// Returns its name for people, in one line.
    pub(super) fn name(&self) -> String {
        if self.title.is_empty() { self.key.clone() } else { self.title.replace('\n', " ") }
    }

    /// Sets the name for programs. By default it is made from the title: its words in lower case, joined by `_`.
    pub fn called(self, key: impl Into<String>) -> Self {
        Column { key: key.into(), ..self }
    }

    /// Keeps the column even if there is little room.
    pub fn key(self) -> Self {
        Column { weight: Weight::Key, ..self }
    }

    /// Lets the column be left out first if there is little room.
    pub fn detail(self) -> Self {
        Column { weight: Weight::Detail, ..self }
    }
}

impl Table {
    /// A table without rows yet.
    pub fn new(kind: &'static str, columns: impl IntoIterator<Item = Column>) -> Self {
        Table { kind, columns: columns.into_iter().collect(), rows: Vec::new(), folds: false }
    }

    /// Makes columns that do not fit move below the others.
    pub fn folding(self) -> Self {
        Table { folds: true, ..self }
    }

    /// Adds a row.
    pub fn row<C: Into<Cell>>(&mut self, cells: impl IntoIterator<Item = C>) {
        self.rows.push(cells.into_iter().map(Into::into).collect());
    }

    /// Returns the indices of the columns that people see.
    pub(super) fn shown(&self) -> Vec<usize> {
        let shown = self.columns.iter().enumerate().filter(|(_, column)| column.weight != Weight::Hidden);
        shown.map(|(place, _)| place).collect()
    }

    /// Whether any column has a title.
    pub(super) fn has_titles(&self) -> bool {
        self.columns.iter().any(|column| column.weight != Weight::Hidden && !column.title.is_empty())
    }
}

/// At its full width.
impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fitted = self.fit(usize::MAX);
        let lines: Vec<String> =
            fitted.blocks.into_iter().flat_map(|block| block.header.into_iter().chain(block.rows)).collect();
        f.write_str(&lines.join("\n"))
    }
}
