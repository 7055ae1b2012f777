//! Separated values in the dialects that programs write: the separator is inferred from the header, `#` begins a comment, blank
//! lines and spaces around cells are dropped, and a quoted cell may contain anything.

use std::borrow::Cow;

use super::cells::Cells;
use super::columns::Columns;
use super::number::{Decimal, decimal};

/// Possible separators.
const SEPARATORS: [char; 3] = [',', ';', '\t'];

/// Reads the columns of a text with a header, or says what is wrong with it.
pub(super) fn read(text: &str) -> Result<Columns, String> {
    let separator = separator(text);
    let mut records = Records { rest: text, line: 1, separator };
    let Some((_, header)) = records.next_record()? else { return Ok(Columns::default()) };
    let names: Vec<String> = header.iter().map(|name| name.trim().to_owned()).collect();
    let mut columns = vec![Cells::default(); names.len()];
    while let Some((line, record)) = records.next_record()? {
        // Trailing separators are common, but cells without a column name are an error.
        let filled = record.iter().rposition(|cell| !cell.is_empty()).map_or(0, |last| last + 1);
        if filled == 0 {
            continue;
        }
        if record.len() < names.len() || filled > names.len() {
            let (found, expected) = (record.len(), names.len());
            return Err(format!("line {line} has {found} cells, and the header names {expected} columns"));
        }
        columns.iter_mut().zip(record).for_each(|(column, cell)| column.push(&cell));
    }
    let usual = if separator == Some(';') { Decimal::Comma } else { Decimal::Point };
    let decimal =
        if text.contains(',') { decimal(columns.iter().flat_map(Cells::iter), usual) } else { Decimal::Point };
    Ok(Columns { names, columns, decimal, nested: Vec::new() })
}

/// Returns the cells of the first line that is neither blank nor a comment, split like the rest of the file.
pub(super) fn header(text: &str) -> Vec<String> {
    let mut records = Records { rest: text, line: 1, separator: separator(text) };
    let record = records.next_record().ok().flatten();
    record.map(|(_, cells)| cells.iter().map(|cell| cell.trim().to_owned()).collect()).unwrap_or_default()
}

/// Returns the separator: of the candidates in the header, the one that occurs as often in the next line, else the most frequent
/// one; `None` if there is only one column.
fn separator(text: &str) -> Option<char> {
    let mut lines = text.lines().filter(|line| !is_left_out(line));
    let (header, next) = (lines.next()?, lines.next());
    let mut candidates: Vec<(usize, char)> =
        SEPARATORS.into_iter().map(|sign| (count(header, sign), sign)).filter(|(count, _)| *count > 0).collect();
    candidates.sort_by_key(|&(count, _)| std::cmp::Reverse(count));
    let alike = candidates.iter().find(|&&(found, sign)| next.is_some_and(|next| count(next, sign) == found));
    alike.or(candidates.first()).map(|&(_, sign)| sign)
}

/// Counts how often a character occurs in a line outside quotes.
fn count(line: &str, sign: char) -> usize {
    line.split('"').step_by(2).map(|outside| outside.matches(sign).count()).sum()
}

/// Whether a line is blank or a comment.
pub(super) fn is_left_out(line: &str) -> bool {
    let line = line.trim();
    line.is_empty() || line.starts_with('#')
}

/// The number of a record's first line, and its cells.
type Record<'a> = (usize, Vec<Cow<'a, str>>);

struct Records<'a> {
    rest: &'a str,
    line: usize,
    separator: Option<char>,
}

impl<'a> Records<'a> {
    /// Returns the cells of the next record with the number of its first line.
    fn next_record(&mut self) -> Result<Option<Record<'a>>, String> {
        loop {
            if self.rest.is_empty() {
                return Ok(None);
            }
            let end = self.rest.find(['\n', '\r']).unwrap_or(self.rest.len());
            let line = &self.rest[..end];
            if is_left_out(line) {
                self.rest = &self.rest[end..];
                self.end_line();
                continue;
            }
            let number = self.line;
            let Some(separator) = self.separator else {
                self.rest = &self.rest[end..];
                self.end_line();
                let line = line.trim();
                let bare = line.strip_prefix('"').and_then(|line| line.strip_suffix('"'));
                return Ok(Some((number, vec![bare.map_or(line.into(), |bare| bare.replace("\"\"", "\"").into())])));
            };
            let mut cells = Vec::new();
            loop {
                cells.push(self.cell(separator)?);
                match self.rest.chars().next() {
                    Some(sign) if sign == separator => self.rest = &self.rest[1..],
                    _ => break,
                }
            }
            self.end_line();
            return Ok(Some((number, cells)));
        }
    }

    /// Returns the next cell, up to its separator or the end of the line.
    fn cell(&mut self, separator: char) -> Result<Cow<'a, str>, String> {
        let blank = |sign: char| sign == ' ' || (sign == '\t' && separator != '\t') || sign == '\u{a0}';
        self.rest = self.rest.trim_start_matches(blank);
        let Some(quoted) = self.rest.strip_prefix('"') else {
            let end = self.rest.find([separator, '\n', '\r']).unwrap_or(self.rest.len());
            let (cell, rest) = self.rest.split_at(end);
            self.rest = rest;
            return Ok(cell.trim_end_matches(blank).into());
        };
        let opened = self.line;
        let mut end = 0;
        loop {
            let Some(quote) = quoted[end..].find('"') else {
                return Err(format!("a quote that is opened in line {opened} is not closed"));
            };
            end += quote;
            if !quoted[end + 1..].starts_with('"') {
                break;
            }
            end += 2;
        }
        let cell = &quoted[..end];
        self.line += cell.matches('\n').count();
        self.rest = quoted[end + 1..].trim_start_matches(blank);
        if !(self.rest.is_empty() || self.rest.starts_with([separator, '\n', '\r'])) {
            return Err(format!("line {} goes on after a closing quote", self.line));
        }
        let cell = cell.trim();
        Ok(if cell.contains("\"\"") { cell.replace("\"\"", "\"").into() } else { cell.into() })
    }

    /// Skips the end of a line: LF, CRLF or CR.
    fn end_line(&mut self) {
        let rest = self.rest.strip_prefix("\r\n").or_else(|| self.rest.strip_prefix(['\n', '\r']));
        self.rest = rest.unwrap_or(self.rest);
        self.line += 1;
    }
}
