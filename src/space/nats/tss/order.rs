//! The orders of the space: a plain one, and the benchmark's own, which its index follows.

use super::{Edges, Operation};
use crate::space::complete::EDGES;
use std::sync::OnceLock;
use zeronas_datasets::python_shuffled;

/// The number of architectures.
pub(super) const SIZE: u32 = Operation::ALL.len().pow(EDGES.len() as u32) as u32;

/// The seed of Python's generator with which the benchmark's authors shuffled the plain order.
const SEED: u32 = 88;

/// Architecture `place` of the plain order: the last edge varies fastest, operations in the benchmark's order.
pub(super) fn plain(place: usize) -> Edges {
    let base = Operation::ALL.len();
    Edges(std::array::from_fn(|edge| Operation::ALL[place / base.pow((EDGES.len() - 1 - edge) as u32) % base]))
}

/// The places in the plain order by the benchmark's index.
fn order() -> &'static [usize] {
    static ORDER: OnceLock<Vec<usize>> = OnceLock::new();
    ORDER.get_or_init(|| python_shuffled(SIZE, SEED))
}

/// The architecture of this index in the benchmark, if it has one.
pub(super) fn benchmarks(index: u64) -> Option<Edges> {
    order().get(usize::try_from(index).ok()?).map(|&place| plain(place))
}

/// The index of an architecture in the benchmark.
pub(super) fn index(edges: Edges) -> Option<u64> {
    let digit = |operation: Operation| Operation::ALL.iter().position(|other| *other == operation);
    let place =
        edges.0.into_iter().try_fold(0, |place, operation| Some(place * Operation::ALL.len() + digit(operation)?))?;
    order().iter().position(|other| *other == place).map(|index| index as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first architecture of the list in the official files, and the cell of `nats-sss`, which the benchmark's authors name by its
    /// index.
    #[test]
    fn indices_are_the_benchmarks() {
        for (index, text) in [
            (0, "|avg_pool_3x3~0|+|nor_conv_1x1~0|skip_connect~1|+|nor_conv_1x1~0|skip_connect~1|skip_connect~2|"),
            (9_930, "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|skip_connect~0|nor_conv_3x3~1|nor_conv_3x3~2|"),
        ] {
            let edges = benchmarks(index).unwrap();
            assert_eq!(edges.to_string(), text);
            assert_eq!(super::index(edges), Some(index));
        }
        assert_eq!(benchmarks(u64::from(SIZE)), None);
        assert_eq!(benchmarks(u64::MAX), None);
    }

    #[test]
    #[ignore = "needs ../shared/data/nats_tss.parquet, the whole table in the official order"]
    fn all_indices_are_the_benchmarks() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data/nats_tss.parquet");
        let table = zeronas_datasets::BenchmarkTable::open(path.as_ref()).unwrap();
        let indices = table.column("index").unwrap();
        for (text, index) in table.architectures().zip(indices) {
            assert_eq!(benchmarks(index.unwrap() as u64).unwrap().to_string(), text);
        }
    }
}
