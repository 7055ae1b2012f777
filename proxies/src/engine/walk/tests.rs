//! What a plan fuses.

use super::plan::{Kind, Node, Plan, Source};
use crate::Batch;
use crate::engine::{Normalisation, Pass, Precision, Watch};
use crate::network::{AveragePool, BatchNorm, Conv, GlobalAverage, LayerId, Network, NetworkBuilder, Op, Shape, Sum};

/// A node read by two ReLU - convolution - batch norm edges, twice by a pool and once as it is.
fn cell() -> Network {
    let mut net = NetworkBuilder::new(Shape::new(8, 4, 4)).unwrap();
    let stem = net.add("stem", Op::BatchNorm(BatchNorm::new()), &[net.input()]).unwrap();
    let mut terms = vec![stem];
    for edge in ["a", "b"] {
        let relu = net.add(format!("{edge}.relu"), Op::RELU, &[stem]).unwrap();
        let conv = net.add(format!("{edge}.conv"), Op::Conv(Conv::same(8, 3, 1)), &[relu]).unwrap();
        terms.push(net.add(format!("{edge}.bn"), Op::BatchNorm(BatchNorm::new()), &[conv]).unwrap());
        let pool = AveragePool::new(3, 1, 1);
        terms.push(net.add(format!("{edge}.pool"), Op::AveragePool(pool), &[stem]).unwrap());
    }
    let sum = net.add("sum", Op::Sum(Sum), &terms).unwrap();
    let logits = net.add("pool", Op::GlobalAverage(GlobalAverage), &[sum]).unwrap();
    net.finish(logits).unwrap()
}

fn plan(watch: Watch) -> Plan {
    let net = cell();
    let pass =
        Pass { batch: &Batch::ones(net.input_shape()), normalisation: Normalisation::Batch, precision: Precision::F32 };
    Plan::new(&net, &pass, watch)
}

#[test]
fn batch_norms_and_pools_are_terms_of_the_sum_that_reads_them() {
    let plan = plan(Watch::default());
    let (stem, rectified) = (Source { node: 1, activated: false }, Source { node: 1, activated: true });
    assert_eq!(plan.nodes[stem.node].coded.len(), 2);
    let is_conv = |node: &&Node| matches!(node.kind, Kind::Conv { input, .. } if input == rectified);
    assert_eq!(plan.nodes.iter().filter(is_conv).count(), 2);
    assert_eq!(plan.nodes.iter().filter(|node| matches!(node.kind, Kind::AveragePool(..))).count(), 1);
    // Five terms: the first four by themselves, then their sum and the fifth.
    let sums = plan.nodes.iter().filter_map(|node| match &node.kind {
        Kind::Combine(terms) if terms.len() > 1 => Some(terms.iter().filter(|term| term.norm.is_some()).count()),
        _ => None,
    });
    assert_eq!(sums.collect::<Vec<_>>(), [2, 0]);
}

#[test]
fn every_layer_is_a_node_where_all_outputs_are_shown() {
    let plan = plan(Watch { outputs: true, ..Watch::default() });
    let layers = plan.nodes.iter().filter_map(|node| node.layer).map(LayerId::index);
    assert_eq!(layers.collect::<Vec<_>>(), (0..cell().layers().len()).collect::<Vec<_>>());
}
