//! Reading and writing `|op~0|+|op~0|op~1|+|op~0|op~1|op~2|`, and reading what others write.

use super::{Edges, Operation, order};
use crate::space::complete::{EDGES, NODES};
use crate::space::notation::{Literal, index, is_literal};
use crate::{Error, Result};
use std::fmt;

/// Reads an architecture in any notation; the error says what is wrong with it.
pub(super) fn read(text: &str) -> Result<Edges> {
    let bad = |reason: String| Error::Architecture { text: text.into(), reason };
    if let Some(index) = index(text) {
        let last = order::SIZE - 1;
        return order::benchmarks(index).ok_or_else(|| bad(format!("the benchmark's indices end at {last}")));
    }
    if !is_literal(text) {
        return own(text);
    }
    match Literal::read(text).map_err(bad)? {
        Literal::List(numbers) => naslib(&numbers),
        fields => nni(&fields),
    }
    .map_err(bad)
}

/// NASLib's six numbers: edges by source, and operations in an order of its own.
fn naslib(numbers: &[Literal]) -> std::result::Result<Edges, String> {
    const EDGES_BY_SOURCE: [(usize, usize); 6] = [(1, 0), (2, 0), (3, 0), (2, 1), (3, 1), (3, 2)];
    const OPERATIONS: [Operation; 5] =
        [Operation::SkipConnect, Operation::None, Operation::Conv3x3, Operation::Conv1x1, Operation::AvgPool3x3];
    let known = |number: &Literal| number.count().and_then(|number| OPERATIONS.get(number).copied());
    let operations: Option<Vec<Operation>> = numbers.iter().map(known).collect();
    let operations: Option<[Operation; 6]> = operations.and_then(|operations| operations.try_into().ok());
    let operations =
        operations.ok_or("six numbers of operations, each from 0 to 4, make a cell in NASLib's notation")?;
    let of = |edge: (usize, usize)| EDGES_BY_SOURCE.into_iter().zip(operations).find(|(known, _)| *known == edge);
    Ok(Edges(EDGES.map(|edge| of(edge).map_or(Operation::None, |(_, operation)| operation))))
}

/// NNI's dictionary: `SOURCE_TARGET` to an operation.
fn nni(fields: &Literal) -> std::result::Result<Edges, String> {
    let mut operations = [Operation::None; EDGES.len()];
    for (place, (target, source)) in operations.iter_mut().zip(EDGES) {
        let name = format!("{source}_{target}");
        let word =
            fields.field(&name).and_then(Literal::word).ok_or_else(|| format!("says no operation for `{name}`"))?;
        // NNI calls the convolutions `conv_1x1` and `conv_3x3`.
        let known =
            |operation: &Operation| operation.name().trim_start_matches("nor_") == word.trim_start_matches("nor_");
        *place = Operation::ALL.into_iter().find(known).ok_or_else(|| unknown(&name, word))?;
    }
    Ok(Edges(operations))
}

fn unknown(edge: &str, name: &str) -> String {
    let names = Operation::ALL.map(Operation::name).join(", ");
    format!("edge {edge}: no operation `{name}`; there are {names}")
}

/// Reads an architecture string; the error says which edge is wrong and how.
pub(super) fn own(text: &str) -> Result<Edges> {
    let bad = |reason: String| Error::Architecture { text: text.into(), reason };
    let nodes: Vec<&str> = text.split('+').collect();
    if nodes.len() != NODES - 1 {
        return Err(bad(format!("a cell has {} nodes joined by `+`, this has {}", NODES - 1, nodes.len())));
    }
    let mut operations = Vec::with_capacity(EDGES.len());
    for (i, node) in nodes.into_iter().enumerate() {
        let number = i + 1;
        let inner = node
            .strip_prefix('|')
            .and_then(|rest| rest.strip_suffix('|'))
            .ok_or_else(|| bad(format!("node {number}, `{node}`, must start and end with `|`")))?;
        let edges: Vec<&str> = inner.split('|').collect();
        if edges.len() != number {
            return Err(bad(format!("node {number} takes {number} edges, this has {}", edges.len())));
        }
        for (source, edge) in edges.into_iter().enumerate() {
            let (name, from) = edge
                .split_once('~')
                .ok_or_else(|| bad(format!("edge `{edge}` of node {number} must read `operation~source`")))?;
            if from != source.to_string() {
                return Err(bad(format!("edge `{edge}` of node {number} must come from node {source}")));
            }
            let known = Operation::ALL.into_iter().find(|operation| operation.name() == name);
            operations.push(known.ok_or_else(|| bad(unknown(&format!("`{edge}` of node {number}"), name)))?);
        }
    }
    operations.try_into().map(Edges).map_err(|_| bad("a cell has six edges".into()))
}

impl fmt::Display for Edges {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut node = 1;
        f.write_str("|")?;
        for (target, source, operation) in self.iter() {
            if target != node {
                f.write_str("+|")?;
                node = target;
            }
            write!(f, "{operation}~{source}|")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEST: &str =
        "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|skip_connect~0|nor_conv_3x3~1|nor_conv_3x3~2|";

    #[test]
    fn what_is_read_is_written_back() {
        assert_eq!(read(BEST).unwrap().to_string(), BEST);
    }

    #[test]
    fn foreign_notations_are_read() {
        let nni = "{'0_1': 'conv_3x3', '0_2': 'conv_3x3', '1_2': 'conv_3x3', '0_3': 'skip_connect', '1_3': 'conv_3x3', \
            '2_3': 'conv_3x3'}";
        // NASLib: 1-2, 1-3, 1-4, 2-3, 2-4, 3-4; skip, none, 3x3, 1x1, pool.
        for text in ["9930", "9930.0", "(2, 2, 0, 2, 2, 2)", "[2,2,0,2,2,2]", nni, &nni.replace('\'', "\"")] {
            assert_eq!(read(text).unwrap().to_string(), BEST, "{text}");
        }
        let edges = read("(4, 0, 3, 1, 2, 3)").unwrap().to_string();
        assert_eq!(edges, "|avg_pool_3x3~0|+|skip_connect~0|none~1|+|nor_conv_1x1~0|nor_conv_3x3~1|nor_conv_1x1~2|");
    }

    #[test]
    fn mistakes_are_named() {
        for (text, reason) in [
            ("", "this has 1"),
            ("|none~0|+|none~0|none~1|", "this has 2"),
            ("|none~0|+|none~0|+|none~0|none~1|none~2|", "node 2 takes 2 edges, this has 1"),
            ("|none~0|+|none~0|none~0|+|none~0|none~1|none~2|", "`none~0` of node 2 must come from node 1"),
            ("|conv~0|+|none~0|none~1|+|none~0|none~1|none~2|", "no operation `conv`"),
            ("|none|+|none~0|none~1|+|none~0|none~1|none~2|", "must read `operation~source`"),
            ("none~0|+|none~0|none~1|+|none~0|none~1|none~2|", "must start and end with `|`"),
            ("|", "this has 1"),
            ("|+|+|", "must start and end"),
            ("15625", "indices end at 15624"),
            ("-1", "this has 1"),
            ("(1, 2, 3)", "six numbers"),
            ("(1, 2, 3, 4, 5, 0)", "from 0 to 4"),
            ("(1, 2, 3, 4, 0, 0", "ends where `)`"),
            ("{'0_1': 'none'}", "no operation for `0_2`"),
            (&"{'0_1': 'conv'}".replace("conv", "conv_5x5"), "no operation `conv_5x5`"),
        ] {
            let message = read(text).unwrap_err().to_string();
            assert!(message.contains(reason), "{text}: {message}");
        }
    }
}
