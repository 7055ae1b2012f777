//! The content of all official files about an architecture, in one common form.

/// One architecture and its trainings.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// Place in the benchmark's own order; NAS-Bench-101's files do not have it.
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
    /// Returns the runs on a data set with a number of epochs, in the order of the file.
    pub fn runs_of(&self, dataset: &str, epochs: u32) -> Vec<&Run> {
        self.runs.iter().filter(|run| run.dataset == dataset && run.epochs == epochs).collect()
    }
}

/// One training of an architecture.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// `cifar10-valid` (trained on half of CIFAR-10's training images), `cifar10`, `cifar100` or `ImageNet16-120`.
    pub dataset: String,
    /// The training schedule, identified by its number of epochs.
    pub epochs: u32,
    /// The seed; for NAS-Bench-101, the number of the run among the repetitions, from 0.
    pub seed: u32,
    /// Number of parameters of the network.
    pub params: f64,
    /// Number of multiply-accumulates for one image.
    pub flops: Option<f64>,
    /// Measured time of one batch, in seconds.
    pub latency: Option<f64>,
    /// Measurements on the training images.
    pub train: Curve,
    /// Measurements on held-out images, by the file's name of the set: `x-valid`, `x-test`, `ori-test`; for NAS-Bench-101
    /// `valid`, `test`.
    pub held_out: Vec<(String, Curve)>,
}

impl Run {
    /// Returns the curve of a set; `train` is one of them.
    pub fn curve(&self, set: &str) -> Option<&Curve> {
        if set == "train" {
            return Some(&self.train);
        }
        self.held_out.iter().find(|(name, _)| name == set).map(|(_, curve)| curve)
    }
}

/// The measurements after some epochs of a training, in order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Curve(pub Vec<Point>);

impl Curve {
    /// Returns the measurement after this many epochs.
    pub fn after(&self, epochs: f64) -> Option<&Point> {
        self.0.iter().find(|point| point.epochs == epochs)
    }

    /// Returns the last measurement.
    pub fn last(&self) -> Option<&Point> {
        self.0.last()
    }
}

/// The measurements at one point of a training.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// Number of completed epochs.
    pub epochs: f64,
    /// Mean cross entropy over the images.
    pub loss: Option<f64>,
    /// In percent for NATS-Bench and NAS-Bench-201, a fraction for NAS-Bench-101, as the files have it.
    pub accuracy: Option<f64>,
    /// Seconds spent on this set (training or evaluating) in all the epochs so far.
    pub seconds: Option<f64>,
}
