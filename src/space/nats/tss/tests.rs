//! Counts of the whole space against the literature's, and edits.

use super::*;
use std::collections::{BTreeMap, HashSet};
use zeronas_proxies::network::Vertex;

fn all() -> impl Iterator<Item = Edges> {
    let space = NatsTss::default();
    (0..space.size()).map(move |index| space.edges(&space.nth(index)).unwrap())
}

#[test]
fn neighbours_differ_on_one_edge() {
    let space = NatsTss::default();
    let arch = space.nth(1234);
    let neighbours = space.neighbours(&arch).unwrap();
    assert_eq!(neighbours.iter().collect::<HashSet<_>>().len(), 24);
    let edges = space.edges(&arch).unwrap().0;
    for neighbour in neighbours {
        let other = space.edges(&neighbour).unwrap().0;
        assert_eq!(edges.iter().zip(other).filter(|(a, b)| *a != b).count(), 1, "{neighbour}");
    }
}

#[test]
fn the_space_has_15625_architectures_of_which_15284_are_connected() {
    let distinct: HashSet<Edges> = all().collect();
    assert_eq!(distinct.len(), 15_625);
    assert_eq!(distinct.iter().filter(|edges| edges.cell().canonical().is_some()).count(), 15_284);
}

/// The counts below are the literature's; they include the network without any path as one more.
#[test]
fn of_which_9445_have_no_dead_edges() {
    // A dead edge carries something (it is not `none`) but lies on no path: NAS-Bench-Suite-Zero's subset.
    let clean = all().filter(|edges| edges.0.iter().zip(edges.live()).all(|(op, live)| live || *op == Operation::None));
    assert_eq!(clean.count(), 9_445);
}

#[test]
fn and_5425_canonical_networks() {
    let keys: HashSet<Option<String>> = all().map(|edges| edges.cell().canonical().map(|c| c.to_string())).collect();
    assert_eq!(keys.len(), 5_425);
}

#[test]
fn or_5260_if_equal_pools_of_one_value_were_merged() {
    let merged = |edges: Edges| edges.cell().canonical().and_then(|cell| merge_pools(&cell).canonical());
    assert_eq!(all().map(merged).collect::<HashSet<_>>().len(), 5_260);
}

#[test]
fn the_official_unique_strings_are_6466() {
    assert_eq!(all().map(unique_string).collect::<HashSet<_>>().len(), 6_466);
}

#[test]
fn liveness_of_edges_agrees_with_the_canonical_cell() {
    for edges in all() {
        let live = edges.live();
        let operations = |keep: &dyn Fn(usize) -> bool| {
            let mut counts = BTreeMap::new();
            for (i, op) in edges.0.iter().enumerate().filter(|(i, op)| keep(*i) && **op >= Operation::Conv1x1) {
                *counts.entry(*op).or_insert(0) += usize::from(i < 6);
            }
            counts
        };
        let mut expected = BTreeMap::new();
        for vertex in edges.cell().canonical().map(|cell| cell.vertices).unwrap_or_default() {
            *expected.entry(vertex.op).or_insert(0) += 1;
        }
        assert_eq!(operations(&|i| live[i]), expected, "{edges}");
    }
}

/// Pools have no weights, so pools of one sum are one value.
fn merge_pools(cell: &Cell<Operation>) -> Cell<Operation> {
    let mut places = vec![0];
    let mut vertices: Vec<Vertex<Operation>> = Vec::new();
    for vertex in &cell.vertices {
        let mut inputs: Vec<usize> = vertex.inputs.iter().map(|&value| places[value]).collect();
        inputs.sort_unstable();
        let vertex = Vertex { op: vertex.op, inputs };
        let twin = vertices.iter().position(|other| vertex.op == Operation::AvgPool3x3 && *other == vertex);
        places.push(twin.unwrap_or(vertices.len()) + 1);
        if twin.is_none() {
            vertices.push(vertex);
        }
    }
    Cell { vertices, output: cell.output.iter().map(|&value| places[value]).collect() }
}

/// The benchmark's `to_unique_str(consider_zero=True)`, which unfolds shared nodes.
fn unique_string(edges: Edges) -> String {
    let mut nodes = vec!["0".to_string()];
    for node in 1..NODES {
        let mut terms: Vec<String> = edges
            .iter()
            .filter(|(target, ..)| *target == node)
            .map(|(_, source, op)| match (op, nodes[source].as_str()) {
                (Operation::None, _) | (_, "#") => "#".into(),
                (Operation::SkipConnect, text) => text.into(),
                (op, text) => format!("({text})@{op}"),
            })
            .collect();
        terms.sort();
        nodes.push(terms.join("+"));
    }
    nodes.pop().unwrap()
}

#[test]
fn choices_are_read_back() {
    let space = NatsTss::default();
    for index in (0..space.size()).step_by(31) {
        let arch = space.nth(index);
        assert_eq!(space.decode(&space.encode(&arch).unwrap()), Some(arch));
    }
    assert_eq!((space.decode(&[0; 5]), space.decode(&[5; 6])), (None, None));
}

/// The edges' shares of the mutations in D-X-Y/AutoDL-Projects, exps/NATS-algos/regularized_ea.py.
#[test]
fn a_mutation_draws_the_node_then_the_edge_then_another_operation() {
    let space = NatsTss::default();
    let parent = space.nth(777);
    let before = space.encode(&parent).unwrap();
    let mut counts = [0; 6];
    for roll in 0..3 * 6 * 4 {
        // Every outcome of the three draws; those with two and three outcomes are spread evenly over six.
        let mut rolls = [roll % 3, roll / 3 % 6, roll / 18].into_iter();
        let mutant = space.mutate(&parent, &mut |n| rolls.next().unwrap() % n).unwrap();
        let after = space.encode(&mutant).unwrap();
        let changed: Vec<usize> = (0..6).filter(|&edge| before[edge] != after[edge]).collect();
        assert_eq!(changed.len(), 1);
        counts[changed[0]] += 1;
    }
    assert_eq!(counts, [24, 12, 12, 8, 8, 8]);
}
