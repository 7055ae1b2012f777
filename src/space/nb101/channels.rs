//! How the channels of a module's output are shared out among its vertices.

use super::module::Module;

/// Channels of each vertex of a pruned cell that turns `input` channels into `output`.
///
/// The vertices that feed the output are concatenated, so they split its channels; if there is a remainder, the first ones
/// take one more each. Every other vertex is as wide as the widest that reads it. The split follows the vertices' order, so
/// isomorphic cells may differ in it by one channel.
pub(super) fn vertex_channels(module: &Module, input: usize, output: usize) -> Vec<usize> {
    let last = module.output();
    let mut channels = vec![0; module.vertices()];
    channels[0] = input;
    channels[last] = output;
    let feeding: Vec<usize> = module.sources(last).filter(|&vertex| vertex != 0).collect();
    for (place, &vertex) in feeding.iter().enumerate() {
        channels[vertex] = output / feeding.len() + usize::from(place < output % feeding.len());
    }
    for vertex in module.inner().rev().filter(|vertex| !feeding.contains(vertex)) {
        channels[vertex] = module.targets(vertex).map(|target| channels[target]).max().unwrap_or(0);
    }
    channels
}

#[cfg(test)]
mod tests {
    use super::super::module::{Operation, bit};
    use super::*;

    fn module(vertices: usize, edges: &[(usize, usize)]) -> Module {
        let edges = edges.iter().fold(0, |edges, &(from, to)| edges | bit(from, to));
        Module::new(vertices, edges, &vec![Operation::Conv3x3; vertices - 2]).unwrap()
    }

    /// The vectors of the benchmark's own tests of `compute_vertex_channels`.
    #[test]
    fn channels_are_the_benchmarks() {
        let chain = module(4, &[(0, 1), (1, 2), (2, 3)]);
        let direct = module(2, &[(0, 1)]);
        let diamond = module(4, &[(0, 1), (0, 2), (1, 3), (2, 3)]);
        let branches = module(5, &[(0, 1), (0, 2), (0, 3), (1, 4), (2, 4), (3, 4)]);
        let fork = module(5, &[(0, 1), (1, 2), (1, 3), (2, 4), (3, 4)]);
        let crossed = module(5, &[(0, 1), (0, 3), (1, 2), (1, 4), (2, 3), (3, 4)]);
        for (module, (input, output), expected) in [
            (chain, (8, 16), &[8, 16, 16, 16][..]),
            (direct, (1, 5), &[1, 5]),
            (diamond, (8, 8), &[8, 4, 4, 8]),
            (diamond, (8, 15), &[8, 8, 7, 15]),
            (branches, (8, 8), &[8, 3, 3, 2, 8]),
            (branches, (8, 15), &[8, 5, 5, 5, 15]),
            (fork, (8, 9), &[8, 5, 5, 4, 9]),
            (crossed, (8, 8), &[8, 4, 4, 4, 8]),
            (crossed, (8, 15), &[8, 8, 7, 7, 15]),
        ] {
            assert_eq!(vertex_channels(&module, input, output), expected, "{module}");
        }
    }
}
