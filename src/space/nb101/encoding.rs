//! A cell as a sequence of choices: 21 edges and 5 operations of seven vertices.

use super::module::{MOST_VERTICES, Module, Operation, bit, pairs};

/// Pairs of vertices.
const PAIRS: usize = MOST_VERTICES * (MOST_VERTICES - 1) / 2;

/// Vertices that have an operation.
const INNER: usize = MOST_VERTICES - 2;

/// The number of choices at each place: first the edges in the order of their bits, then the operations.
pub(super) const CHOICES: [usize; PAIRS + INNER] = {
    let mut choices = [2; PAIRS + INNER];
    let mut place = PAIRS;
    while place < choices.len() {
        choices[place] = Operation::ALL.len();
        place += 1;
    }
    choices
};

/// Returns the choices of a cell; a cell with fewer vertices gets dead ones before its output.
pub(super) fn encode(module: &Module) -> Vec<usize> {
    let output = module.output();
    let inner = module.edges() & (bit(0, output) - 1);
    let edges = module.sources(output).fold(inner, |edges, source| edges | bit(source, MOST_VERTICES - 1));
    let set = (0..PAIRS).map(|place| (edges >> place & 1) as usize);
    let ops = (0..INNER).map(|place| module.ops().get(place).map_or(0, |&operation| operation as usize));
    set.chain(ops).collect()
}

/// The cell of these choices if the benchmark has it.
pub(super) fn decode(choices: &[usize]) -> Option<Module> {
    let (set, ops) = choices.split_at_checked(pairs(MOST_VERTICES))?;
    let edges = set.iter().enumerate().fold(0, |edges, (place, &set)| edges | u32::from(set != 0) << place);
    let ops: Option<Vec<Operation>> = ops.iter().map(|&choice| Operation::ALL.get(choice).copied()).collect();
    Module::new(MOST_VERTICES, edges, &ops?).ok()?.within_limits().ok()
}

/// Largest number of operations on a path that counts as a feature.
const LONGEST: usize = 3;

/// For each sequence of at most [`LONGEST`] operations, whether a path from input to output has it: shorter sequences first,
/// those of the same length in the order of their numbers, with one digit per operation.
pub(super) fn paths(module: &Module) -> Vec<f64> {
    let base = Operation::ALL.len();
    let mut found = vec![0.0; (0..=LONGEST).map(|length| base.pow(length as u32)).sum()];
    // The vertex that a path has reached, the number of operations on it, and the number whose digits they are.
    let mut open = vec![(0, 0, 0)];
    while let Some((vertex, length, number)) = open.pop() {
        for target in module.targets(vertex) {
            if target == module.output() {
                let shorter: usize = (0..length).map(|length| base.pow(length)).sum();
                found[shorter + number] = 1.0;
            } else if length < LONGEST as u32 {
                open.push((target, length + 1, base * number + module.ops()[target - 1] as usize));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::enumeration;
    use super::*;

    #[test]
    fn choices_are_read_back_as_the_same_cell() {
        for module in enumeration::all().iter().step_by(997) {
            let choices = encode(module);
            assert!(choices.iter().zip(CHOICES).all(|(&choice, count)| choice < count));
            assert_eq!(decode(&choices).map(|decoded| decoded.pruned()), Some(*module));
        }
    }

    #[test]
    fn choices_that_make_no_cell_are_refused() {
        let mut choices = encode(&enumeration::all()[0]);
        assert_eq!(choices.iter().sum::<usize>(), 1, "input straight to output");
        assert!(decode(&choices[..25]).is_none());
        choices[pairs(MOST_VERTICES - 1)] = 0;
        assert!(decode(&choices).is_none(), "no path");
        choices[..PAIRS].fill(1);
        assert!(decode(&choices).is_none(), "21 edges");
    }

    #[test]
    fn paths_are_those_of_the_cell() {
        // Input to output directly, over a pool, and over a pool and a 1x1 convolution; vertex 3 leads nowhere.
        let edges = [(0, 4), (0, 1), (1, 2), (1, 3), (1, 4), (2, 4)].map(|(from, to)| bit(from, to)).iter().sum();
        let ops = [Operation::MaxPool3x3, Operation::Conv1x1, Operation::Conv3x3];
        let found = paths(&Module::new(5, edges, &ops).unwrap());
        let places: Vec<usize> = (0..found.len()).filter(|&place| found[place] == 1.0).collect();
        // 1 and 4 sequences are shorter than one and two operations; pool, then 1x1 convolution is 2 * 3 + 1.
        assert_eq!((found.len(), places), (40, vec![0, 1 + 2, 4 + 7]));
    }
}
