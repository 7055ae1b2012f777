//! Counts of networks, notations and isomorphic cells.

use super::*;
use crate::space::SearchSpace;
use std::collections::HashSet;

const DARTS_V2: &str = "Genotype(normal=[('sep_conv_3x3', 0), ('sep_conv_3x3', 1), ('sep_conv_3x3', 0), ('sep_conv_3x3', 1), \
    ('sep_conv_3x3', 1), ('skip_connect', 0), ('skip_connect', 0), ('dil_conv_3x3', 2)], normal_concat=[2, 3, 4, 5], \
    reduce=[('max_pool_3x3', 0), ('max_pool_3x3', 1), ('skip_connect', 2), ('max_pool_3x3', 1), ('max_pool_3x3', 0), \
    ('skip_connect', 2), ('skip_connect', 2), ('max_pool_3x3', 1)], reduce_concat=[2, 3, 4, 5])";

fn counts(space: Nb301, text: &str) -> (u64, u64) {
    let net = space.network(&space.parse(text).unwrap()).unwrap();
    (net.parameter_count(), net.flops())
}

/// 3,349,342 parameters are the known figure of DARTS's second cell with 36 channels and 20 cells.
#[test]
fn counts_are_those_of_darts() {
    let space = Nb301::default();
    assert_eq!(counts(space, DARTS_V2), (919_722, 159_765_514));
    assert_eq!(counts(Nb301 { channels: 36, layers: 20, ..space }, DARTS_V2), (3_349_342, 528_359_050));
    assert_eq!(counts(Nb301 { variant: Variant::Naslib, ..space }, DARTS_V2).0, 909_866);
}

#[test]
fn genotypes_are_written_as_python_prints_them() {
    assert_eq!(Nb301::default().parse(DARTS_V2).unwrap().as_str(), DARTS_V2);
}

#[test]
fn every_notation_is_read() {
    let space = Nb301::default();
    let key = |text: &str| space.key(&space.parse(text).unwrap()).unwrap().unwrap();
    let short = space.parse(BENCHMARK.example).unwrap();
    assert_eq!(key(DARTS_V2), key(short.as_str()));
    assert_eq!(key(DARTS_V2), key(&DARTS_V2.replace("[2, 3, 4, 5]", "range(2, 6)")));
    let pairs = "[[(0, 3), (1, 3), (0, 3), (1, 3), (1, 3), (0, 2), (0, 2), (2, 5)], \
        [(0, 0), (1, 0), (2, 2), (1, 0), (0, 0), (2, 2), (2, 2), (1, 0)]]";
    assert_eq!(key(DARTS_V2), key(pairs));
    assert_eq!(key(DARTS_V2), key(&pairs.replace('[', "(").replace(']', ")")));
    let at = "NetworkSelectorDatasetInfo:darts:";
    let edge = |cell: &str, number: usize, name: &str| format!("\"{at}edge_{cell}_{number}\": \"{name}\"");
    let normal = [(0, "sep"), (1, "sep"), (2, "sep"), (3, "sep"), (5, "skip"), (6, "sep"), (9, "skip"), (11, "dil")];
    let reduce = [(0, "max"), (1, "max"), (3, "max"), (4, "skip"), (5, "max"), (7, "skip"), (10, "max"), (11, "skip")];
    let full = |name: &str| match name {
        "skip" => "skip_connect".to_owned(),
        "max" => "max_pool_3x3".into(),
        other => format!("{other}_conv_3x3"),
    };
    let edges = [("normal", normal), ("reduce", reduce)]
        .into_iter()
        .flat_map(|(cell, edges)| edges.map(|(number, name)| edge(cell, number, &full(name))));
    let configuration = format!("{{\"{at}layers\": 8, {}}}", edges.collect::<Vec<_>>().join(", "));
    assert_eq!(key(DARTS_V2), key(&configuration));
}

#[test]
fn mistakes_are_named() {
    let space = Nb301::default();
    for (text, reason) in [
        (String::new(), "must read Genotype("),
        ("|a~0|".into(), "two cells"),
        (DARTS_V2.replace("sep_conv_3x3", "sep_conv_7x7"), "no operation `sep_conv_7x7`"),
        (
            DARTS_V2.replace("('skip_connect', 2), ('max_pool_3x3', 1)]", "('skip_connect', 6), ('max_pool_3x3', 1)]"),
            "node 5 reads node 6",
        ),
        (DARTS_V2.replacen("('sep_conv_3x3', 1)", "('sep_conv_3x3', 0)", 1), "node 2 reads node 0 twice"),
        (DARTS_V2.replacen("('sep_conv_3x3', 0), ", "", 1), "this has 7"),
        (DARTS_V2.replace("reduce=", "reduction="), "no list `reduce`"),
        (DARTS_V2.replacen("[2, 3, 4, 5]", "[3, 4, 5]", 1), "all nodes"),
        ("((1, 2), (3, 4))".into(), "eight pairs"),
        ("{}".into(), "the normal cell has not two edges into node 2"),
    ] {
        let message = space.parse(&text).unwrap_err().to_string();
        assert!(message.contains(reason), "{text}: {message}");
    }
}

#[test]
fn the_space_has_as_many_architectures_as_pairs_and_operations_make() {
    let cell = 7_u128.pow(8) * 3 * 6 * 10;
    assert_eq!(Nb301::default().size(), cell * cell);
    let space = Nb301::default();
    for index in [0, 1, 1 << 40, space.size() / 3, space.size() - 1] {
        let arch = space.nth(index);
        let choices = space.encode(&arch).unwrap();
        let number = choices
            .iter()
            .zip(cell::CHOICES)
            .fold(0, |number, (&choice, count)| number * count as u128 + choice as u128);
        assert_eq!((number, space.decode(&choices)), (index, Some(arch)));
    }
}

#[test]
fn cells_that_differ_in_the_order_of_nodes_are_one_network() {
    let space = Nb301 { channels: 4, layers: 3, classes: 3, resolution: 8, ..Nb301::default() };
    let cell = |nodes: [&str; 4]| nodes.join("+");
    let one = [
        "|skip_connect~0|sep_conv_3x3~1|",
        "|max_pool_3x3~0|dil_conv_5x5~1|",
        "|sep_conv_5x5~0|avg_pool_3x3~2|",
        "|skip_connect~1|skip_connect~3|",
    ];
    // Nodes 2 and 3 swapped.
    let two = [
        "|max_pool_3x3~0|dil_conv_5x5~1|",
        "|skip_connect~0|sep_conv_3x3~1|",
        "|avg_pool_3x3~3|sep_conv_5x5~0|",
        "|skip_connect~1|skip_connect~2|",
    ];
    let other = [
        "|max_pool_3x3~0|dil_conv_5x5~1|",
        "|skip_connect~0|sep_conv_3x3~1|",
        "|avg_pool_3x3~2|sep_conv_5x5~0|",
        "|skip_connect~1|skip_connect~2|",
    ];
    let [one, two, other] =
        [one, two, other].map(|nodes| space.parse(&format!("{};{}", cell(nodes), cell(one))).unwrap());
    assert_eq!(space.key(&one).unwrap(), space.key(&two).unwrap());
    assert_ne!(space.network(&one).unwrap(), space.network(&two).unwrap());
    assert_eq!(space.canonical_network(&one).unwrap(), space.canonical_network(&two).unwrap());
    assert_ne!(space.key(&one).unwrap(), space.key(&other).unwrap());
    // With two cells there are reduction cells only.
    let two_cells = Nb301 { layers: 2, ..space };
    assert_eq!(two_cells.key(&one).unwrap(), two_cells.key(&other).unwrap());
}

#[test]
fn neighbours_differ_in_one_choice() {
    let space = Nb301::default();
    let arch = space.parse(DARTS_V2).unwrap();
    let neighbours = space.neighbours(&arch).unwrap();
    // Two cells of eight operations and pairs of 3, 6 and 10.
    assert_eq!(neighbours.iter().collect::<HashSet<_>>().len(), 2 * (8 * 6 + 2 + 5 + 9));
}
