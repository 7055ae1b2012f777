//! Reading and writing `BITS;op,op`: the whole matrix row by row, then the operations of the inner vertices. Also reads the operations of
//! all vertices, matrices and operations as Python writes them, NASLib's numbers and NNI's dictionaries.

use super::module::{Module, Operation, bit, check_vertices};
use crate::space::notation::{Literal, is_literal};
use crate::{Error, Result};
use std::fmt;

/// The names of input and output where the operations of all vertices are listed.
const ENDS: [&str; 2] = ["input", "output"];

/// Reads a cell; the error says what is wrong with it.
pub(super) fn parse(text: &str) -> Result<Module> {
    let read = if is_literal(text) { literal(text) } else { read(text) };
    read.map_err(|reason| Error::Architecture { text: text.into(), reason })
}

fn read(text: &str) -> std::result::Result<Module, String> {
    if text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err("is a module hash; a table with hashes must say which cell that is by `from=`".into());
    }
    let (bits, names) = text
        .split_once(';')
        .ok_or("must read `BITS;operation,operation`: the matrix row by row, then the operations")?;
    if let Some(other) = bits.chars().find(|bit| !matches!(bit, '0' | '1')) {
        return Err(format!("the matrix is written with 0 and 1, not `{other}`"));
    }
    let entries: Vec<bool> = bits.bytes().map(|bit| bit == b'1').collect();
    let names: Vec<&str> = if names.is_empty() { Vec::new() } else { names.split(',').map(str::trim).collect() };
    cell(&entries, &names)
}

/// The cell of a matrix, row by row, and the operations of the inner vertices or of all.
fn cell(entries: &[bool], names: &[&str]) -> std::result::Result<Module, String> {
    let vertices = entries.len().isqrt();
    if vertices * vertices != entries.len() {
        return Err(format!("a matrix of {} entries is not square", entries.len()));
    }
    check_vertices(vertices)?;
    let mut edges = 0;
    for (place, _) in entries.iter().enumerate().filter(|(_, entry)| **entry) {
        let (from, to) = (place / vertices, place % vertices);
        if from >= to {
            return Err(format!("edge {from} -> {to} makes a cycle: only entries above the diagonal may be 1"));
        }
        edges |= bit(from, to);
    }
    // Where there are more operations than inner vertices, those of input and output are among them.
    let more = names.len().saturating_sub(vertices - 2);
    let names = names.strip_prefix(&ENDS[..1]).filter(|_| more > 0).unwrap_or(names);
    let names = names.strip_suffix(&ENDS[1..]).filter(|_| more > 0).unwrap_or(names);
    let ops: std::result::Result<Vec<Operation>, String> = names.iter().map(|name| operation(name)).collect();
    Module::new(vertices, edges, &ops?)?.within_limits()
}

fn operation(name: &str) -> std::result::Result<Operation, String> {
    let known = Operation::ALL.into_iter().find(|operation| operation.name() == name);
    known.ok_or_else(|| {
        let names = Operation::ALL.map(Operation::name).join(", ");
        format!("no operation `{name}`; an inner vertex is one of {names}; input and output are first and last, or not listed")
    })
}

/// Reads a cell as programs write it.
fn literal(text: &str) -> std::result::Result<Module, String> {
    let read = Literal::read(text)?;
    if let Some(numbers) = read.counts() {
        return naslib(&numbers);
    }
    let field = |names: &[&str]| names.iter().find_map(|name| read.field(name));
    let (matrix, ops) = match read.list() {
        Some([matrix, ops]) => (Some(matrix), Some(ops)),
        Some(_) => (None, None),
        None => (
            field(&["matrix", "module_adjacency", "original_matrix", "adjacency"]),
            field(&["ops", "module_operations", "original_ops", "operations"]),
        ),
    };
    let (Some(matrix), Some(ops)) = (matrix, ops) else { return nni(&read) };
    let names: Option<Vec<&str>> = ops.list().and_then(|ops| ops.iter().map(Literal::word).collect());
    let names = names.ok_or("its operations are no list of names")?;
    cell(&entries(matrix).ok_or("its matrix is no list of rows of 0 and 1")?, &names)
}

/// The entries of a matrix row by row, given as a list of rows or as one list.
fn entries(matrix: &Literal) -> Option<Vec<bool>> {
    let bit = |number: &usize| (*number < 2).then_some(*number == 1);
    match matrix.counts() {
        Some(flat) => flat.iter().map(bit).collect(),
        None => {
            let rows: Vec<Vec<usize>> = matrix.list()?.iter().map(Literal::counts).collect::<Option<_>>()?;
            let square = rows.iter().all(|row| row.len() == rows.len());
            square.then(|| rows.iter().flatten().map(bit).collect()).flatten()
        }
    }
}

/// NASLib's tuple: the matrix of n vertices row by row, then a number for the operation of each vertex.
fn naslib(numbers: &[usize]) -> std::result::Result<Module, String> {
    const NAMES: [&str; 5] = [ENDS[0], ENDS[1], "maxpool3x3", "conv1x1-bn-relu", "conv3x3-bn-relu"];
    let vertices = (2..8).find(|n| n * (n + 1) == numbers.len());
    let vertices = vertices.ok_or_else(|| format!("{} numbers are no matrix and its operations", numbers.len()))?;
    let (matrix, ops) = numbers.split_at(vertices * vertices);
    let matrix: Option<Vec<bool>> = matrix.iter().map(|&bit| (bit < 2).then_some(bit == 1)).collect();
    let names: Option<Vec<&str>> = ops.iter().map(|&op| NAMES.get(op).copied()).collect();
    let (Some(matrix), Some(names)) = (matrix, names) else {
        return Err("a matrix holds 0 and 1, and the operations behind it are numbers from 0 to 4".into());
    };
    cell(&matrix, &names)
}

/// NNI's dictionary: `opI` of inner vertex I, and `inputI`, the vertices that lead to I.
fn nni(read: &Literal) -> std::result::Result<Module, String> {
    let ops = (1..).map_while(|vertex| read.field(&format!("op{vertex}")).and_then(Literal::word));
    let names: Vec<&str> = ops.take(super::MOST_VERTICES).collect();
    let vertices = names.len() + 2;
    let mut entries = vec![false; vertices * vertices];
    for to in 1..vertices {
        let field = format!("input{to}");
        let sources = read.field(&field).and_then(Literal::counts);
        let known = "neither `matrix` and `ops` nor NNI's `op1`, `input1`, ...";
        for from in sources.ok_or_else(|| format!("has {known}: `{field}` is missing or no list of vertices"))? {
            if from >= to {
                return Err(format!("`{field}`: vertex {from} does not come before {to}"));
            }
            entries[from * vertices + to] = true;
        }
    }
    cell(&entries, &names)
}

impl fmt::Display for Module {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for from in 0..self.vertices() {
            for to in 0..self.vertices() {
                f.write_str(if self.has_edge(from, to) { "1" } else { "0" })?;
            }
        }
        let names: Vec<&str> = self.ops().iter().map(|operation| operation.name()).collect();
        write!(f, ";{}", names.join(","))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_is_written_back() {
        for text in ["0100;", "010001000;maxpool3x3", "0101001000010000;conv3x3-bn-relu,conv1x1-bn-relu"] {
            assert_eq!(parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn foreign_notations_are_read() {
        let own = "0101001000010000;conv3x3-bn-relu,conv1x1-bn-relu";
        let matrix = "[[0, 1, 0, 1], [0, 0, 1, 0], [0, 0, 0, 1], [0, 0, 0, 0]]";
        let inner = "'conv3x3-bn-relu', 'conv1x1-bn-relu'";
        for text in [
            "0101001000010000;input,conv3x3-bn-relu,conv1x1-bn-relu,output",
            "0101001000010000;input,conv3x3-bn-relu,conv1x1-bn-relu",
            &format!("{{'matrix': {matrix}, 'ops': ['input', {inner}, 'output']}}"),
            &format!("{{'module_adjacency': array({matrix}, dtype=int8), 'module_operations': [{inner}]}}"),
            &format!("({matrix}, [{inner}, 'output'])"),
            "(0, 1, 0, 1, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 4, 3, 1)",
            "{'op1': 'conv3x3-bn-relu', 'op2': 'conv1x1-bn-relu', 'input1': [0], 'input2': [1], 'input3': [0, 2]}",
        ] {
            assert_eq!(parse(text).unwrap().to_string(), own, "{text}");
        }
    }

    #[test]
    fn mistakes_are_named() {
        let ten_edges = "0111100111000110000100000;maxpool3x3,maxpool3x3,maxpool3x3";
        let eight = format!("{};", "0".repeat(64));
        let huge = format!("0{};", "1".repeat(1023));
        for (text, reason) in [
            ("", "must read `BITS;"),
            ("0100", "must read `BITS;"),
            (";", "this has 0"),
            ("0;", "this has 1"),
            ("0x00;", "not `x`"),
            ("01000;", "5 entries is not square"),
            ("0110;", "edge 1 -> 0 makes a cycle"),
            ("1100;", "edge 0 -> 0 makes a cycle"),
            (&eight, "this has 8"),
            (&huge, "this has 32"),
            (ten_edges, "10 edges"),
            ("0100;maxpool3x3", "0 inner vertices, the operations are 1"),
            ("010001000;", "1 inner vertices, the operations are 0"),
            ("010001000;maxpool3x3,", "no operation ``"),
            ("010001000;conv5x5-bn-relu", "no operation `conv5x5-bn-relu`; an inner vertex is one of conv3x3-bn-relu"),
            ("010001000;input", "no operation `input`"),
            ("010001000;input,output,maxpool3x3", "no operation `output`"),
            ("00005c142e6f48ac74fdcf73e3439874", "is a module hash"),
            ("(0, 1, 0)", "3 numbers are no matrix"),
            ("(0, 1, 0, 0, 0, 7)", "numbers from 0 to 4"),
            ("([[0, 1], [0]], [])", "no list of rows"),
            ("([[0, 2], [0, 0]], [])", "no list of rows"),
            ("{'ops': []}", "`input1` is missing"),
            ("{'op1': 'maxpool3x3', 'input1': [1], 'input2': [0]}", "vertex 1 does not come before 1"),
            ("[1, 2", "ends where `]`"),
            ("010000000;maxpool3x3", "no path leads from the input to the output"),
            ("0000;", "no path"),
        ] {
            let message = parse(text).unwrap_err().to_string();
            assert!(message.contains(reason), "{text}: {message}");
        }
    }

    #[test]
    fn edges_on_no_path_do_not_count() {
        // Eleven edges; vertices 1, 2 and 5 do not reach the output.
        let text = concat!(
            "0111111",
            "0010010",
            "0000010",
            "0000100",
            "0000001",
            "0000000",
            "0000000",
            ";maxpool3x3,maxpool3x3,conv1x1-bn-relu,maxpool3x3,maxpool3x3"
        );
        let module = parse(text).unwrap();
        assert_eq!(module.to_string(), text);
        assert_eq!(module.edges().count_ones(), 11);
        assert_eq!(module.pruned().to_string(), "0111001000010000;conv1x1-bn-relu,maxpool3x3");
    }
}
