//! Reading and writing `BITS;op,op`: the whole matrix row by row, then the operations of the inner vertices.

use super::module::{Module, Operation, bit, check_vertices};
use crate::{Error, Result};
use std::fmt;

/// Reads a cell; the error says what is wrong with it.
pub(super) fn parse(text: &str) -> Result<Module> {
    read(text.trim()).map_err(|reason| Error::Architecture { text: text.into(), reason })
}

fn read(text: &str) -> std::result::Result<Module, String> {
    let (bits, names) = text
        .split_once(';')
        .ok_or("must read `BITS;operation,operation`: the matrix row by row, then the operations")?;
    if let Some(other) = bits.chars().find(|bit| !matches!(bit, '0' | '1')) {
        return Err(format!("the matrix is written with 0 and 1, not `{other}`"));
    }
    let vertices = bits.len().isqrt();
    if vertices * vertices != bits.len() {
        return Err(format!("a matrix of {} entries is not square", bits.len()));
    }
    check_vertices(vertices)?;
    let mut edges = 0;
    for (place, _) in bits.bytes().enumerate().filter(|(_, entry)| *entry == b'1') {
        let (from, to) = (place / vertices, place % vertices);
        if from >= to {
            return Err(format!("edge {from} -> {to} makes a cycle: only entries above the diagonal may be 1"));
        }
        edges |= bit(from, to);
    }
    let names: Vec<&str> = if names.is_empty() { Vec::new() } else { names.split(',').collect() };
    let ops: std::result::Result<Vec<Operation>, String> = names.into_iter().map(operation).collect();
    Module::new(vertices, edges, &ops?)?.within_limits()
}

fn operation(name: &str) -> std::result::Result<Operation, String> {
    let known = Operation::ALL.into_iter().find(|operation| operation.name() == name);
    known.ok_or_else(|| {
        let names = Operation::ALL.map(Operation::name).join(", ");
        format!("no operation `{name}`; an inner vertex is one of {names}, input and output are not listed")
    })
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
            assert_eq!(parse(&format!(" {text}\n")).unwrap().to_string(), text);
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
            ("010001000;input", "input and output are not listed"),
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
