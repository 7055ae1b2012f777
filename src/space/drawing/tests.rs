use super::super::{all, as_published};
use super::*;

/// The example of a benchmark, drawn.
fn example(space: &str) -> Drawing {
    let benchmark = super::super::benchmark(space).unwrap();
    let space = as_published(space).unwrap();
    space.drawing(&space.parse(benchmark.example).unwrap()).unwrap()
}

#[test]
fn every_space_is_drawn_with_edges_that_lead_to_the_right_and_do_not_overlap() {
    for benchmark in all() {
        let drawing = example(benchmark.name);
        for cell in &drawing.cells {
            assert!(cell.edges.iter().all(|edge| edge.from < edge.to && edge.to < cell.vertices.len()));
            let lanes = svg::lanes(&cell.edges);
            for (a, one) in cell.edges.iter().enumerate() {
                for (b, other) in cell.edges.iter().enumerate().skip(a + 1) {
                    let apart = one.to <= other.from || other.to <= one.from;
                    assert!(lanes[a] != lanes[b] || apart, "{}: {one:?} {other:?}", benchmark.name);
                }
            }
        }
        assert!(!drawing.operations().is_empty() && drawing.depth() > 0, "{}", benchmark.name);
        let svg = drawing.standalone("<example>");
        assert!(svg.starts_with("<svg xmlns") && svg.contains("<title>&lt;example&gt;</title>"), "{svg}");
        assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
    }
}

#[test]
fn dead_edges_are_drawn_as_such_and_counted() {
    let space = as_published("nats-tss").unwrap();
    let arch = "|nor_conv_3x3~0|+|none~0|nor_conv_1x1~1|+|skip_connect~0|none~1|none~2|";
    let drawing = space.drawing(&space.parse(arch).unwrap()).unwrap();
    // Nothing leads from node 2 to the output, so that only the skip is alive.
    assert_eq!((drawing.dead(), drawing.depth(), drawing.operations()), (2, 0, vec![("skip_connect", 1)]));
    let svg = drawing.svg(arch);
    assert_eq!(svg.matches("class=\"edge dead\"").count(), 2);
    assert_eq!(svg.matches("class=\"edge pass\"").count(), 1);
}

#[test]
fn a_network_is_drawn_by_its_layers_or_its_blocks() {
    let space = as_published("nats-tss").unwrap();
    let net = space.network(&space.enumerable().unwrap().nth(9000)).unwrap();
    let drawing = Drawing::of_network(&net);
    assert!(drawing.cells[0].vertices.len() <= MOST + 1);
    assert!(drawing.cells[0].edges.iter().all(|edge| edge.from < edge.to));
}

#[test]
fn a_chain_is_as_deep_as_its_blocks_that_do_something() {
    let drawing = Drawing::chain(["k3 e3", "skip", "k5 e6"].map(str::to_owned));
    assert_eq!((drawing.depth(), drawing.dead(), drawing.cells[0].edges.len()), (2, 0, 2));
    assert_eq!(
        ["nor_conv_1x1", "avg_pool_3x3", "sep_conv_5x5", "conv3x3", "linear"].map(kind),
        ["small", "pool", "wide", "conv", "other"]
    );
}

#[test]
fn no_edge_goes_through_the_label_of_another() {
    let edge = |from, to, label: &str| Edge { from, to, label: label.into(), live: true };
    let vertices: Vec<Vertex> = (0..5).map(|_| Vertex::node("v")).collect();
    // Lanes 1, 2 and 3: the last leaves vertex 1 upwards, where the middle of the first is.
    let edges = vec![edge(0, 2, "low"), edge(1, 3, "down"), edge(1, 4, "high")];
    let drawing = |edges| Drawing::from(Graph { title: String::new(), vertices: vertices.clone(), edges }).svg("");
    // Vertex 1 stands at 82, and vertices are 70 apart.
    assert!(drawing(edges[..2].to_vec()).contains("<text class=\"other\" x=\"82\""));
    assert!(drawing(edges).contains("<text class=\"other\" x=\"117\""));
}
