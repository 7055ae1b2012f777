//! Results as values: text that contains tables. It can be shown at its full width ([`fmt::Display`]), fitted to a width, or written
//! for programs as JSON, tab-separated values, Markdown or LaTeX.

mod cell;
mod fit;
mod lines;
mod markup;
mod table;
mod wrap;

pub use cell::Cell;
pub use fit::{Block, Fitted};
pub use lines::object;
pub use table::{Column, Form, Table, Weight};
pub use wrap::wrapped;

use std::fmt;

/// Text with tables in it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Text(Vec<Part>);

/// A part of a text.
#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    /// Words.
    Words(String),
    /// A table, without the line break after it.
    Table(Table),
}

impl Text {
    /// The parts in their order.
    pub fn parts(&self) -> &[Part] {
        &self.0
    }

    /// Returns only the tables.
    pub fn tables(&self) -> impl Iterator<Item = &Table> {
        self.0.iter().filter_map(|part| match part {
            Part::Table(table) => Some(table),
            Part::Words(_) => None,
        })
    }

    /// Returns this text followed by another.
    pub fn and(mut self, other: impl Into<Text>) -> Self {
        self.0.extend(other.into().0);
        self
    }

    /// Joins texts, with `between` between any two.
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
