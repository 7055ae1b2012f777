//! Tables: columns that know how they may be shown, and rows of cells.

use super::Cell;
use std::fmt;

/// A table.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// What a row is, in one word: `correlation`.
    pub kind: &'static str,
    /// The columns.
    pub columns: Vec<Column>,
    /// The cells; a row that is short has empty ones at its end.
    pub rows: Vec<Vec<Cell>>,
    /// Whether columns that have no room stand below the others, instead of being left out.
    pub folds: bool,
}

/// A column of a table.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// What people read above it; it may have several lines.
    pub title: String,
    /// What programs call it.
    pub key: String,
    /// What its cells are like.
    pub form: Form,
    /// Whether it may be left out.
    pub weight: Weight,
}

/// What the cells of a column are like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Names, each on one line.
    Word,
    /// Numbers, to the right.
    Number,
    /// Text that may go on in the next line.
    Prose,
}

/// Which columns stay where there is no room for all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// This one in any case.
    Key,
    /// This one before details.
    Main,
    /// This one last.
    Detail,
    /// This one is for programs alone.
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

    /// A column of text that may go on in the next line.
    pub fn prose(title: impl Into<String>) -> Self {
        Column::new(title, Form::Prose, Weight::Main)
    }

    /// A column that programs are told, and people are not shown.
    pub fn hidden(title: &str) -> Self {
        Column::new(title, Form::Word, Weight::Hidden)
    }

    /// What people call it, in one line.
    pub(super) fn name(&self) -> String {
        if self.title.is_empty() { self.key.clone() } else { self.title.replace('\n', " ") }
    }

    /// Another name for programs than the one that the title makes: its words in small letters, with `_` between them.
    pub fn called(self, key: impl Into<String>) -> Self {
        Column { key: key.into(), ..self }
    }

    /// Stays where there is little room.
    pub fn key(self) -> Self {
        Column { weight: Weight::Key, ..self }
    }

    /// Goes first where there is little room.
    pub fn detail(self) -> Self {
        Column { weight: Weight::Detail, ..self }
    }
}

impl Table {
    /// A table without rows yet.
    pub fn new(kind: &'static str, columns: impl IntoIterator<Item = Column>) -> Self {
        Table { kind, columns: columns.into_iter().collect(), rows: Vec::new(), folds: false }
    }

    /// The same, with columns that have no room below the others.
    pub fn folding(self) -> Self {
        Table { folds: true, ..self }
    }

    /// Adds a row.
    pub fn row<C: Into<Cell>>(&mut self, cells: impl IntoIterator<Item = C>) {
        self.rows.push(cells.into_iter().map(Into::into).collect());
    }

    /// The places of the columns that people are shown.
    pub(super) fn shown(&self) -> Vec<usize> {
        let shown = self.columns.iter().enumerate().filter(|(_, column)| column.weight != Weight::Hidden);
        shown.map(|(place, _)| place).collect()
    }

    /// Whether any column has a title.
    pub(super) fn has_titles(&self) -> bool {
        self.columns.iter().any(|column| column.weight != Weight::Hidden && !column.title.is_empty())
    }
}

/// As wide as it is.
impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fitted = self.fit(usize::MAX);
        let lines: Vec<String> =
            fitted.blocks.into_iter().flat_map(|block| block.header.into_iter().chain(block.rows)).collect();
        f.write_str(&lines.join("\n"))
    }
}
