//! One file of a table, in any format.

use std::path::PathBuf;

use super::bytes::Bytes;
use super::columns::Columns;
use super::kind::Kind;
use super::number::Decimal;
use super::parquet::{Parquet, Values};
use super::text;
use crate::{Error, Result};

/// One file.
#[derive(Clone)]
pub(super) struct Part {
    pub(super) path: PathBuf,
    pub(super) content: Content,
}

#[derive(Clone)]
pub(super) enum Content {
    Parquet(Parquet),
    Text(Columns),
}

impl Part {
    /// Detects the format of a file and reads it.
    pub(super) fn read(path: PathBuf, bytes: Vec<u8>) -> Result<Self> {
        let content = match Bytes::of(&path, bytes)? {
            Bytes::Parquet(bytes) => Content::Parquet(Parquet::read(&path, bytes)?),
            Bytes::Text(text) => Content::Text(text::read(&path, &text)?),
        };
        Ok(Part { path, content })
    }

    pub(super) fn rows(&self) -> usize {
        match &self.content {
            Content::Parquet(parquet) => parquet.rows(),
            Content::Text(columns) => columns.rows(),
        }
    }

    pub(super) fn names(&self) -> Vec<String> {
        match &self.content {
            Content::Parquet(parquet) => parquet.names(),
            Content::Text(columns) => columns.names.clone(),
        }
    }

    pub(super) fn decimal(&self) -> Decimal {
        match &self.content {
            Content::Parquet(_) => Decimal::Point,
            Content::Text(columns) => columns.decimal,
        }
    }

    /// Checks that the columns are those of the first part, and that no two have the same name.
    pub(super) fn check_names(&self, first: &[String]) -> Result<()> {
        let names = self.names();
        let named = || names.iter().filter(|name| !name.is_empty());
        if let Some(twice) = named().find(|name| named().filter(|other| other == name).count() > 1) {
            return Err(Error::corrupt(&self.path, format!("it has two columns called `{twice}`")));
        }
        let lacking = first.iter().find(|name| !names.contains(name));
        let lacking = lacking.map(|name| format!("it lacks the column `{name}` of the first part"));
        let more = names.iter().find(|name| !first.contains(name));
        let more = more.map(|name| format!("it has a column `{name}`, which the first part lacks"));
        match lacking.or(more) {
            Some(reason) => Err(Error::corrupt(&self.path, reason)),
            None => Ok(()),
        }
    }

    fn place(&self, name: &str) -> Result<usize> {
        let names = self.names();
        names.iter().position(|known| known == name).ok_or_else(|| Error::no_column(&self.path, name, names))
    }

    pub(super) fn kind(&self, name: &str) -> Result<Kind> {
        let place = self.place(name)?;
        Ok(match &self.content {
            Content::Parquet(parquet) => parquet.kind(name),
            Content::Text(columns) if columns.nested.contains(&place) => Kind::Other("nested values"),
            Content::Text(_) => Kind::Text,
        })
    }

    pub(super) fn values(&self, name: &str) -> Result<Values> {
        let place = self.place(name)?;
        match &self.content {
            Content::Parquet(parquet) => match parquet.kind(name) {
                Kind::Other(what) => {
                    Err(Error::ColumnType { path: self.path.clone(), column: name.to_owned(), found: what })
                }
                _ => parquet.values(&self.path, name),
            },
            Content::Text(columns) => Ok(Values::Text(columns.columns[place].clone())),
        }
    }
}
