//! Reading and writing genotypes: as Python prints them, in a short form, as NASLib's pairs, and as NAS-Bench-301's configurations.

use super::Arch;
use super::cell::{Cell, Edge, Genotype, NODES, Operation};
use crate::space::notation::{Literal, is_literal};
use crate::{Error, Result};
use std::fmt;

/// The prefix of the names in NAS-Bench-301's configurations.
const CONFIGURATION: &str = "NetworkSelectorDatasetInfo:darts:";

/// Reads a genotype in any notation; the error says what is wrong with it.
pub(super) fn read(text: &str) -> Result<Genotype> {
    if text.starts_with('|') || text.starts_with("Genotype") {
        return own(text);
    }
    let bad = |reason: String| Error::Architecture { text: text.into(), reason };
    if !is_literal(text) {
        return Err(bad("must read Genotype(normal=[('op', i), ...], ..., reduce=[...], ...)".into()));
    }
    match Literal::read(text).map_err(bad)? {
        Literal::List(cells) => pairs(&cells),
        fields if fields.field("normal").is_some() => named(&fields),
        fields => configuration(&fields),
    }
    .map_err(bad)
}

/// Reads a genotype as it is written here: in Python's form or the short one.
pub(super) fn own(text: &str) -> Result<Genotype> {
    let read = if text.starts_with('|') { short(text) } else { Literal::read(text).and_then(|read| named(&read)) };
    read.map_err(|reason| Error::Architecture { text: text.into(), reason })
}

type Read<T> = std::result::Result<T, String>;

fn operation(name: &str) -> Read<Operation> {
    let known = Operation::ALL.into_iter().find(|operation| operation.name() == name);
    known.ok_or_else(|| format!("no operation `{name}`; there are {}", Operation::ALL.map(Operation::name).join(", ")))
}

/// A genotype by the names of its cells.
fn named(read: &Literal) -> Read<Genotype> {
    let cell = |name: &str| {
        let edges = read.field(name).and_then(Literal::list).ok_or_else(|| format!("has no list `{name}`"))?;
        let edge = |edge: &Literal| match edge.list() {
            Some([Literal::Word(name), source]) => {
                Ok((operation(name)?, source.count().ok_or("a source is no number")?))
            }
            _ => Err("an edge must read ('operation', source)".to_owned()),
        };
        let edges = edges.iter().map(edge).collect::<Read<Vec<Edge>>>()?;
        let concat = read.field(&format!("{name}_concat")).map(Literal::counts);
        if concat.is_some_and(|nodes| nodes.is_none_or(|nodes| !nodes.into_iter().eq(2..2 + NODES))) {
            return Err(format!(
                "`{name}_concat` is not [2, 3, 4, 5]: all nodes make the output of a cell in this space"
            ));
        }
        Cell::new(&edges).map_err(|reason| format!("`{name}`: {reason}"))
    };
    Ok(Genotype { normal: cell("normal")?, reduce: cell("reduce")? })
}

/// `|op~i|op~j|+...;|op~i|op~j|+...`, the normal cell and the reduction cell.
fn short(text: &str) -> Read<Genotype> {
    let cell = |text: &str| {
        let words = text.split('+').flat_map(|node| node.trim_matches('|').split('|'));
        let edge = |word: &str| {
            let (name, source) =
                word.split_once('~').ok_or_else(|| format!("edge `{word}` must read `operation~source`"))?;
            Ok((operation(name)?, source.parse().map_err(|_| format!("edge `{word}` reads no node"))?))
        };
        Cell::new(&words.map(edge).collect::<Read<Vec<Edge>>>()?)
    };
    let (normal, reduce) = text.split_once(';').ok_or("must have two cells, NORMAL;REDUCTION")?;
    Ok(Genotype { normal: cell(normal)?, reduce: cell(reduce)? })
}

/// Reads NASLib's notation: eight pairs (source, operation) for each of the two cells.
fn pairs(cells: &[Literal]) -> Read<Genotype> {
    let cell = |cell: &Literal| {
        let edge = |pair: &Literal| match pair.counts().as_deref() {
            Some([source, number]) => Operation::ALL.get(*number).map(|operation| (*operation, *source)),
            _ => None,
        };
        let edges: Option<Vec<Edge>> = cell.list().and_then(|pairs| pairs.iter().map(edge).collect());
        Cell::new(&edges.ok_or("a cell is written as eight pairs (source, operation from 0 to 6)")?)
    };
    match cells {
        [normal, reduce] => Ok(Genotype { normal: cell(normal)?, reduce: cell(reduce)? }),
        _ => Err("must have two cells, (NORMAL, REDUCTION)".into()),
    }
}

/// Reads NAS-Bench-301's notation: the operations of the edges that exist; edges are numbered node by node and then by source.
fn configuration(read: &Literal) -> Read<Genotype> {
    let cell = |name: &str| {
        let mut edges = Vec::new();
        let mut number = 0;
        for node in 2..2 + NODES {
            for source in 0..node {
                let edge = format!("edge_{name}_{number}");
                let found = read.field(&format!("{CONFIGURATION}{edge}")).or_else(|| read.field(&edge));
                if let Some(found) = found {
                    edges.push((operation(found.word().ok_or_else(|| format!("`{edge}` is no name"))?)?, source));
                }
                number += 1;
            }
            if edges.len() != 2 * (node - 1) {
                return Err(format!("the {name} cell has not two edges into node {node}"));
            }
        }
        Cell::new(&edges)
    };
    Ok(Genotype { normal: cell("normal")?, reduce: cell("reduce")? })
}

impl Genotype {
    /// The short form, with each node's edges ordered by what they read.
    pub fn short(&self) -> String {
        let cell = |cell: Cell| {
            let edge = |(operation, source): Edge| format!("{}~{source}|", operation.name());
            let nodes = cell.sorted().0.map(|edges| format!("|{}", edges.map(edge).concat()));
            nodes.join("+")
        };
        format!("{};{}", cell(self.normal), cell(self.reduce))
    }
}

/// As Python prints it.
impl fmt::Display for Genotype {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let concat: Vec<String> = (2..2 + NODES).map(|node| node.to_string()).collect();
        f.write_str("Genotype(")?;
        for (name, cell) in [("normal", self.normal), ("reduce", self.reduce)] {
            let edges =
                cell.0.as_flattened().iter().map(|(operation, source)| format!("('{}', {source})", operation.name()));
            let comma = if name == "normal" { "" } else { ", " };
            write!(f, "{comma}{name}=[{}], ", edges.collect::<Vec<_>>().join(", "))?;
            write!(f, "{name}_concat=[{}]", concat.join(", "))?;
        }
        f.write_str(")")
    }
}

impl From<Genotype> for Arch {
    fn from(genotype: Genotype) -> Self {
        Arch(genotype.to_string().into())
    }
}
