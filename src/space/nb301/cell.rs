//! The two cells of an architecture as values, their orders, and the choices that make them.

/// The operation on an edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Operation {
    MaxPool3x3,
    AvgPool3x3,
    SkipConnect,
    SepConv3x3,
    SepConv5x5,
    DilConv3x3,
    DilConv5x5,
}

impl Operation {
    /// All operations in NASLib's order.
    pub const ALL: [Operation; 7] = [
        Operation::MaxPool3x3,
        Operation::AvgPool3x3,
        Operation::SkipConnect,
        Operation::SepConv3x3,
        Operation::SepConv5x5,
        Operation::DilConv3x3,
        Operation::DilConv5x5,
    ];

    /// The benchmark's name.
    pub fn name(self) -> &'static str {
        match self {
            Operation::MaxPool3x3 => "max_pool_3x3",
            Operation::AvgPool3x3 => "avg_pool_3x3",
            Operation::SkipConnect => "skip_connect",
            Operation::SepConv3x3 => "sep_conv_3x3",
            Operation::SepConv5x5 => "sep_conv_5x5",
            Operation::DilConv3x3 => "dil_conv_3x3",
            Operation::DilConv5x5 => "dil_conv_5x5",
        }
    }
}

/// Nodes of a cell that compute something, numbered from 2; 0 and 1 are its inputs.
pub(super) const NODES: usize = 4;

/// Edges into a node.
pub(super) const EDGES: usize = 2;

/// An operation and the node that it reads.
pub(super) type Edge = (Operation, usize);

/// The edges into each node, in the order in which they are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Cell(pub [[Edge; EDGES]; NODES]);

/// The two cells of an architecture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Genotype {
    /// The cell that keeps the shape.
    pub normal: Cell,
    /// The cell that doubles the channels and halves the side.
    pub reduce: Cell,
}

/// Pairs of different values that node number `node`, from 0, can read.
const fn pairs(node: usize) -> usize {
    (node + 2) * (node + 1) / 2
}

/// Number of places in a cell: the first node has no choice of what it reads, since there are only the two inputs.
const OF_CELL: usize = NODES * (EDGES + 1) - 1;

/// The number of choices at each place, of the normal cell and then the reduction cell.
pub(super) const CHOICES: [usize; 2 * OF_CELL] = {
    let mut choices = [Operation::ALL.len(); 2 * OF_CELL];
    let mut node = 1;
    while node < NODES {
        choices[(EDGES + 1) * node - 1] = pairs(node);
        choices[OF_CELL + (EDGES + 1) * node - 1] = pairs(node);
        node += 1;
    }
    choices
};

impl Cell {
    /// A cell whose nodes read two different earlier values each.
    ///
    /// # Errors
    /// What is wrong with it, as a text.
    pub fn new(edges: &[Edge]) -> Result<Self, String> {
        let nodes: Vec<[Edge; EDGES]> = edges.as_chunks().0.to_vec();
        let whole = nodes.len() * EDGES == edges.len();
        let nodes: Option<[[Edge; EDGES]; NODES]> = nodes.try_into().ok().filter(|_| whole);
        let nodes = nodes.ok_or_else(|| format!("a cell has {} edges, this has {}", EDGES * NODES, edges.len()))?;
        for (node, [(_, one), (_, other)]) in nodes.into_iter().enumerate() {
            let node = node + 2;
            if one.max(other) >= node {
                return Err(format!("node {node} reads node {}, which does not come before it", one.max(other)));
            }
            if one == other {
                return Err(format!("node {node} reads node {one} twice"));
            }
        }
        Ok(Cell(nodes))
    }

    /// Sorts each node's edges by what they read.
    pub fn sorted(self) -> Self {
        Cell(self.0.map(|mut edges| {
            edges.sort_by_key(|&(_, source)| source);
            edges
        }))
    }

    /// The smallest of all cells that differ in the order of nodes and edges only.
    fn canonical(self) -> Self {
        let orders = orders().filter_map(|order| self.reordered(order));
        orders.min().unwrap_or_else(|| self.sorted())
    }

    /// The cell whose node number `place` is this one's `order[place]`, both from 0; `None` where one would read a later one.
    fn reordered(self, order: [usize; NODES]) -> Option<Self> {
        let mut places = [0; NODES];
        order.into_iter().enumerate().for_each(|(place, node)| places[node] = place);
        let moved = |source: usize| if source < 2 { source } else { places[source - 2] + 2 };
        let mut nodes = order.map(|node| self.0[node].map(|(operation, source)| (operation, moved(source))));
        nodes.iter_mut().for_each(|edges| edges.sort_by_key(|&(_, source)| source));
        let ordered = nodes.iter().enumerate().all(|(node, edges)| edges.iter().all(|&(_, source)| source < node + 2));
        ordered.then_some(Cell(nodes))
    }

    fn choices(self) -> impl Iterator<Item = usize> {
        self.sorted().0.into_iter().enumerate().flat_map(|(node, [(one, a), (other, b)])| {
            // Pairs a < b in the order of b, then a.
            let pair = (node > 0).then_some(a + b * (b - 1) / 2);
            pair.into_iter().chain([one as usize, other as usize])
        })
    }

    fn of_choices(choices: &[usize]) -> Self {
        let mut rest = choices.iter().copied();
        let mut next = || rest.next().unwrap_or(0);
        Cell(std::array::from_fn(|node| {
            let pair = if node == 0 { 0 } else { next() };
            let b = (1..node + 2).rev().find(|b| b * (b - 1) / 2 <= pair).unwrap_or(1);
            [pair - b * (b - 1) / 2, b].map(|source| (Operation::ALL[next()], source))
        }))
    }
}

/// All orders of the nodes.
fn orders() -> impl Iterator<Item = [usize; NODES]> {
    let all = (0..NODES.pow(NODES as u32))
        .map(|number| std::array::from_fn(|place| number / NODES.pow(place as u32) % NODES));
    all.filter(|order: &[usize; NODES]| (0..NODES).all(|node| order.contains(&node)))
}

impl Genotype {
    /// The genotype that stands for all whose networks are equal up to the order of channels.
    pub fn canonical(&self) -> Self {
        Genotype { normal: self.normal.canonical(), reduce: self.reduce.canonical() }
    }

    /// The choices that make it.
    pub fn choices(&self) -> Vec<usize> {
        self.normal.choices().chain(self.reduce.choices()).collect()
    }

    /// The genotype of choices, as many as [`CHOICES`] has and each below its number there.
    pub fn of_choices(choices: &[usize]) -> Self {
        let (normal, reduce) = choices.split_at(OF_CELL);
        Genotype { normal: Cell::of_choices(normal), reduce: Cell::of_choices(reduce) }
    }
}
