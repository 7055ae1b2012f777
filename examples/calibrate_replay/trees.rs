//! Gradient-boosted regression trees (Friedman 2001) with squared loss, small and exact, to compare with.

/// Number of trees in the ensemble.
const TREES: usize = 100;
/// Number of splits on the way to a leaf.
const DEPTH: usize = 3;
/// The learning rate: the factor by which each tree is scaled.
const RATE: f64 = 0.1;
/// The smallest number of rows in a leaf.
const LEAF: usize = 2;

enum Node {
    Leaf(f64),
    Split { column: usize, at: f64, below: Box<Node>, above: Box<Node> },
}

/// A fitted ensemble.
pub struct Boosted {
    mean: f64,
    trees: Vec<Node>,
}

impl Boosted {
    /// Fits trees to rows of features and their targets.
    pub fn new(rows: &[Vec<f64>], targets: &[f64]) -> Self {
        let mean = targets.iter().sum::<f64>() / targets.len() as f64;
        let mut left: Vec<f64> = targets.iter().map(|target| target - mean).collect();
        let all: Vec<usize> = (0..rows.len()).collect();
        let mut boosted = Boosted { mean, trees: Vec::new() };
        for _ in 0..TREES {
            let tree = grow(rows, &left, &all, DEPTH);
            left.iter_mut().zip(rows).for_each(|(left, row)| *left -= RATE * tree.value(row));
            boosted.trees.push(tree);
        }
        boosted
    }

    /// Returns the prediction for a row.
    pub fn value(&self, row: &[f64]) -> f64 {
        self.mean + RATE * self.trees.iter().map(|tree| tree.value(row)).sum::<f64>()
    }
}

impl Node {
    fn value(&self, row: &[f64]) -> f64 {
        match self {
            Node::Leaf(value) => *value,
            Node::Split { column, at, below, above } => {
                let branch = if row[*column] <= *at { below } else { above };
                branch.value(row)
            }
        }
    }
}

fn grow(rows: &[Vec<f64>], targets: &[f64], members: &[usize], depth: usize) -> Node {
    let sum: f64 = members.iter().map(|&row| targets[row]).sum();
    let leaf = Node::Leaf(sum / members.len() as f64);
    if depth == 0 || members.len() < 2 * LEAF {
        return leaf;
    }
    // The split that reduces the squared error most: (gain, column, at).
    let mut best: Option<(f64, usize, f64)> = None;
    let value = |row: usize, column: usize| rows[row][column];
    for column in 0..rows[0].len() {
        let mut order = members.to_vec();
        order.sort_by(|&a, &b| value(a, column).total_cmp(&value(b, column)));
        let mut below = 0.0;
        for (count, pair) in (1..).zip(order.windows(2)) {
            below += targets[pair[0]];
            let (low, high) = (value(pair[0], column), value(pair[1], column));
            let others = order.len() - count;
            if low == high || count < LEAF || others < LEAF {
                continue;
            }
            let above = sum - below;
            let gain = below * below / count as f64 + above * above / others as f64;
            if best.is_none_or(|(known, ..)| gain > known) {
                best = Some((gain, column, (low + high) / 2.0));
            }
        }
    }
    let Some((gain, column, at)) = best else { return leaf };
    if gain <= sum * sum / members.len() as f64 + 1e-12 {
        return leaf;
    }
    let (low, high): (Vec<usize>, Vec<usize>) = members.iter().partition(|&&row| rows[row][column] <= at);
    let branch = |members: &[usize]| Box::new(grow(rows, targets, members, depth - 1));
    Node::Split { column, at, below: branch(&low), above: branch(&high) }
}
