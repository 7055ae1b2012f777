//! Lists of architectures: one per line, a JSON array, or a column of a table.

use std::fs;
use std::path::Path;

use serde_json::Value;

use super::file::{TableFile, Text, text_of};
use super::keys::Key;
use super::mini;
use crate::{Error, Result};

/// An architecture of a list, as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The text.
    pub text: String,
    /// Where it was found: `line 3` or `row 3`.
    pub place: String,
}

/// Reads the architectures at `path`. The content determines the format: a table (see [`TableFile`]) if its header names a column
/// of architectures or `arch_column` is given; else text with an architecture per line and `#` before comments, or a JSON array.
///
/// # Errors
/// If the file cannot be read, is a table without such a column, or holds no architecture.
pub fn list(path: &Path, arch_column: Option<&str>) -> Result<Vec<Listed>> {
    let of_table = |table: &TableFile| {
        let texts = Key::of(table, arch_column)?.architectures(table)?;
        Ok(texts
            .into_iter()
            .enumerate()
            .map(|(row, text)| Listed { text, place: format!("row {}", row + 1) })
            .collect())
    };
    if path == Path::new(mini::NAME) {
        return of_table(&TableFile::of_bytes(path, mini::CSV.to_vec())?);
    }
    if path.is_dir() {
        return of_table(&TableFile::open(path)?);
    }
    let bytes = fs::read(path).map_err(|source| Error::Read { path: path.to_owned(), source })?;
    let listed = match text_of(path, &bytes)? {
        Some(Text { text, header }) if !is_table(path, &text, &header, arch_column) => {
            array(&text).unwrap_or_else(|| lines(&text))
        }
        _ => of_table(&TableFile::of_bytes(path, bytes)?)?,
    };
    if listed.is_empty() {
        return Err(Error::NoArchitecture { path: path.to_owned() });
    }
    Ok(listed)
}

fn is_table(path: &Path, text: &str, header: &[String], arch_column: Option<&str>) -> bool {
    // Text in several columns and with the extension of a table is a table, even if no column identifies the architectures.
    let called = path.extension().is_some_and(|end| end.eq_ignore_ascii_case("csv") || end.eq_ignore_ascii_case("tsv"));
    let json = text.trim_start().starts_with('{') || text.trim_start_matches(['[', ' ', '\n', '\r']).starts_with('{');
    arch_column.is_some() || Key::is_in(header) || (called && header.len() > 1) || json && rows_of_objects(text)
}

/// Whether JSON text has objects whose keys name architectures; a line may also be an architecture in braces.
fn rows_of_objects(text: &str) -> bool {
    let first = text.trim_start_matches(['[', ' ', '\n', '\r', '\t']);
    let mut values = serde_json::Deserializer::from_str(first).into_iter::<Value>();
    match values.next() {
        Some(Ok(Value::Object(object))) => Key::is_in(&object.keys().cloned().collect::<Vec<_>>()),
        _ => false,
    }
}

/// Returns the entries of a JSON array, or `None` if the text is not one.
fn array(text: &str) -> Option<Vec<Listed>> {
    let entries: Vec<Value> = serde_json::from_str(text.trim()).ok()?;
    // `[4, 0, 3, 1, 4, 3]` is one architecture.
    if entries.iter().all(Value::is_number) {
        return None;
    }
    let entry = |(row, entry): (usize, Value)| {
        let text = entry.as_str().map_or_else(|| entry.to_string(), str::to_owned);
        Listed { text, place: format!("row {}", row + 1) }
    };
    Some(entries.into_iter().enumerate().map(entry).collect())
}

fn lines(text: &str) -> Vec<Listed> {
    let without_comment = |line: &str| line.split_once('#').map_or(line, |(before, _)| before).trim().to_owned();
    let lines = text.lines().enumerate().map(|(number, line)| (number, without_comment(line)));
    let lines = lines.filter(|(_, line)| !line.is_empty());
    lines.map(|(number, text)| Listed { text, place: format!("line {}", number + 1) }).collect()
}
