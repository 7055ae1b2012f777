//! Reading and writing `|op~0|+|op~0|op~1|+|op~0|op~1|op~2|`.

use super::{EDGES, Edges, NODES, Operation};
use crate::{Error, Result};
use std::fmt;

/// Reads an architecture string; the error says which edge is wrong and how.
pub(super) fn parse(text: &str) -> Result<Edges> {
    let bad = |reason: String| Error::Architecture { text: text.into(), reason };
    let nodes: Vec<&str> = text.trim().split('+').collect();
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
            operations.push(known.ok_or_else(|| {
                let names = Operation::ALL.map(Operation::name).join(", ");
                bad(format!("edge `{edge}` of node {number}: no operation `{name}`; there are {names}"))
            })?);
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
        assert_eq!(parse(BEST).unwrap().to_string(), BEST);
        assert_eq!(parse(&format!(" {BEST}\n")).unwrap().to_string(), BEST);
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
        ] {
            let message = parse(text).unwrap_err().to_string();
            assert!(message.contains(reason), "{text}: {message}");
        }
    }
}
