//! What every official file says of an architecture, in one shape.

/// One architecture and its trainings.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// Place in the benchmark's own order; NAS-Bench-101 has none in its files.
    pub index: Option<u64>,
    /// The architecture as its benchmark writes it; a NAS-Bench-101 cell as `BITS;op,op`: the adjacency matrix row by row,
    /// then the operations of the inner vertices.
    pub architecture: String,
    /// NAS-Bench-101's name for the cell.
    pub module_hash: Option<String>,
    /// The trainings, in the order of the file.
    pub runs: Vec<Run>,
}

impl Record {
    /// The runs on a data set with a number of epochs, in the order of the file.
    pub fn runs_of(&self, dataset: &str, epochs: u32) -> Vec<&Run> {
        self.runs.iter().filter(|run| run.dataset == dataset && run.epochs == epochs).collect()
    }
}

/// One training of an architecture.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// `cifar10-valid` (trained on half of CIFAR-10's training images), `cifar10`, `cifar100` or `ImageNet16-120`.
    pub dataset: String,
    /// The training schedule, called after its number of epochs.
    pub epochs: u32,
    /// The seed, or for NAS-Bench-101 the place of the run among the repetitions, from 0.
    pub seed: u32,
    /// Parameters of the network, a count.
    pub params: f64,
    /// Multiply-accumulates for one image, a count.
    pub flops: Option<f64>,
    /// Measured time of one batch, in seconds.
    pub latency: Option<f64>,
    /// On the images trained on.
    pub train: Curve,
    /// On the images held out, by the file's name of the set: `x-valid`, `x-test`, `ori-test`; NAS-Bench-101 `valid`, `test`.
    pub held_out: Vec<(String, Curve)>,
}

impl Run {
    /// The curve of a set, `train` among them.
    pub fn curve(&self, set: &str) -> Option<&Curve> {
        if set == "train" {
            return Some(&self.train);
        }
        self.held_out.iter().find(|(name, _)| name == set).map(|(_, curve)| curve)
    }
}

/// What was measured after some of a training's epochs, in their order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Curve(pub Vec<Point>);

impl Curve {
    /// What was measured after this many epochs.
    pub fn after(&self, epochs: f64) -> Option<&Point> {
        self.0.iter().find(|point| point.epochs == epochs)
    }

    /// What was measured last.
    pub fn last(&self) -> Option<&Point> {
        self.0.last()
    }
}

/// What was measured at one moment of a training.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// Epochs done.
    pub epochs: f64,
    /// Cross entropy, mean over the images.
    pub loss: Option<f64>,
    /// In percent for NATS-Bench and NAS-Bench-201, a fraction for NAS-Bench-101, as the files have it.
    pub accuracy: Option<f64>,
    /// Seconds spent on this set (training or evaluating) in all the epochs so far.
    pub seconds: Option<f64>,
}
