//! The column of a table that identifies the architecture of each row.

use super::file::{Kind, TableFile};
use super::official::OPERATIONS;
use crate::{Error, Result};

/// Names of columns of architectures, in order of preference and in any case.
const NAMES: [&str; 6] = ["arch", "arch_str", "architecture", "net_str", "net", "arch_string"];
/// NAS-Bench-101's cells: the edges as bits of a number, and the operations as digits.
const CELL: [&str; 2] = ["edge_bits", "ops"];
/// Names of columns of NAS-Bench-101's module hashes.
const HASHES: [&str; 2] = ["module_hash", "hash"];
/// The place in the benchmark's order.
const INDEX: &str = "index";

/// What identifies the architecture of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Key {
    /// A column of architectures in some notation.
    Notation(String),
    /// Two columns that make a cell of NAS-Bench-101.
    Cell,
    /// A column of module hashes.
    Hash(String),
    /// A column of places in the benchmark's order, from 0.
    Index(String),
}

impl Key {
    /// Returns the key of a table: the column `asked` for if the table has it, else one of the usual ones.
    ///
    /// # Errors
    /// If it has none of them.
    pub fn of(table: &TableFile, asked: Option<&str>) -> Result<Key> {
        let find = |wanted: &str| table.names().iter().find(|name| name.eq_ignore_ascii_case(wanted)).cloned();
        if let Some(asked) = asked {
            if let Some(name) = find(asked) {
                return Ok(match name.to_ascii_lowercase().as_str() {
                    INDEX => Key::Index(name),
                    known if HASHES.contains(&known) => Key::Hash(name),
                    _ => Key::Notation(name),
                });
            }
            // Of several files, one may have the requested column and another one of the usual ones.
            let usual = Key::of(table, None);
            return usual.map_err(|_| Error::no_column(table.path(), asked, table.names().to_vec()));
        }
        if let Some(name) = NAMES.into_iter().find_map(find) {
            return Ok(Key::Notation(name));
        }
        if CELL.into_iter().all(|name| table.has(name)) {
            return Ok(Key::Cell);
        }
        if let Some(name) = HASHES.into_iter().find_map(find) {
            return Ok(Key::Hash(name));
        }
        find(INDEX).map(Key::Index).ok_or_else(|| Error::NoArchitectureColumn {
            path: table.path().to_owned(),
            columns: table.names().to_vec(),
        })
    }

    /// Whether a line is the header of a table with a column that identifies architectures.
    pub fn is_in(header: &[String]) -> bool {
        let known = NAMES.into_iter().chain(HASHES).chain([INDEX, CELL[0]]);
        known.into_iter().any(|known| header.iter().any(|name| name.eq_ignore_ascii_case(known)))
    }

    /// Returns the columns that make up the key.
    pub fn columns(&self) -> Vec<&str> {
        match self {
            Key::Notation(name) | Key::Hash(name) | Key::Index(name) => vec![name],
            Key::Cell => CELL.into(),
        }
    }

    /// Whether a column of this name holds no values but identifies architectures.
    pub fn is_name_of_key(name: &str) -> bool {
        let known = NAMES.into_iter().chain(CELL).chain(HASHES);
        known
            .chain([INDEX, "id", "idx", "arch_id", "arch_index", "arch_idx", "arch_hash", "key", "uid"])
            .any(|known| name.eq_ignore_ascii_case(known))
    }

    /// Returns the architectures, one text per row: as written, cells as `BITS;op,op`, hashes and places unchanged.
    ///
    /// # Errors
    /// If a row has none, or a column cannot be decoded.
    pub fn architectures(&self, table: &TableFile) -> Result<Vec<String>> {
        match self {
            Key::Notation(name) => match table.kind(name)? {
                // Places as pandas writes them: with a decimal point if one is missing.
                Kind::Number => Ok(table.full_wholes(name)?.iter().map(u64::to_string).collect()),
                _ => table.full_texts(name),
            },
            Key::Hash(name) => Ok(table.full_texts(name)?.iter().map(|hash| hash.to_ascii_lowercase()).collect()),
            Key::Index(name) => Ok(table.full_wholes(name)?.iter().map(u64::to_string).collect()),
            Key::Cell => {
                let edges = table.full_wholes(CELL[0])?;
                // A cell of two vertices has no operations.
                let cells = table.texts(CELL[1])?.into_iter().zip(edges).enumerate();
                let cell = |(row, (ops, edges)): (usize, (String, u64))| {
                    cell(edges, &ops).map_err(|reason| table.cell(row, CELL[1], &reason))
                };
                cells.map(cell).collect()
            }
        }
    }

    /// Returns the column of places in the benchmark's order, if there is one.
    pub(super) fn index(table: &TableFile) -> Option<&str> {
        table.names().iter().find(|name| name.eq_ignore_ascii_case(INDEX)).map(String::as_str)
    }

    /// Returns the column of module hashes, if there is one.
    pub(super) fn hash(table: &TableFile) -> Option<&str> {
        let find = |wanted: &str| table.names().iter().find(|name| name.eq_ignore_ascii_case(wanted));
        HASHES.into_iter().find_map(find).map(String::as_str)
    }
}

/// A NAS-Bench-101 cell as `BITS;op,op`: bit `x + y (y - 1) / 2` of `edges` is the edge from x to y, and `ops` has a digit for each
/// inner vertex.
fn cell(edges: u64, ops: &str) -> std::result::Result<String, String> {
    let names: Option<Vec<&str>> =
        ops.chars().map(|digit| OPERATIONS.get(digit.to_digit(10)? as usize).copied()).collect();
    let names = names.ok_or_else(|| format!("operations {ops:?} are not digits 0 to 2"))?;
    let vertices = names.len() + 2;
    let pairs = vertices * (vertices - 1) / 2;
    if pairs >= 64 || edges >> pairs != 0 {
        return Err(format!("edges {edges} do not fit {vertices} vertices"));
    }
    let edge = |x: usize, y: usize| x < y && edges >> (x + y * (y - 1) / 2) & 1 == 1;
    let bits = (0..vertices * vertices).map(|place| if edge(place / vertices, place % vertices) { '1' } else { '0' });
    Ok(format!("{};{}", bits.collect::<String>(), names.join(",")))
}
