//! What observers see of a run, and who sees what.

use super::{BitMatrix, Distances, Objective, Pass, Values, View};
use crate::network::{LayerId, Parameter};
use std::time::{Duration, Instant};

/// What an observer sees of a run. Gradients are those of one objective.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Watch {
    /// [`Observer::relu_codes`].
    pub relu_codes: bool,
    /// [`Observer::relu_distances`].
    pub relu_distances: bool,
    /// [`Observer::output`].
    pub outputs: bool,
    /// [`Observer::features`].
    pub features: bool,
    /// [`Observer::boundary`].
    pub boundaries: bool,
    /// What the backward pass differentiates, if anything of it is seen.
    pub objective: Objective,
    /// [`Observer::output_gradient`].
    pub output_gradients: bool,
    /// [`Observer::saliency`].
    pub saliencies: bool,
    /// [`Observer::weight`].
    pub weight_gradients: bool,
    /// [`Observer::input_gradient`].
    pub input_gradient: bool,
    /// [`Observer::batch_statistics`].
    pub batch_statistics: bool,
    /// [`Observer::boundary_gradient`].
    pub boundary_gradients: bool,
    /// [`Observer::curvature`]; not with [`Normalisation::Running`](super::Normalisation::Running).
    pub curvature: bool,
}

impl Watch {
    /// Whether layers are seen one by one. Engines that fuse layers do not then, and round differently.
    pub fn sees_layers(self) -> bool {
        self.outputs || self.output_gradients
    }

    /// Whether ReLUs have to be coded.
    pub(super) fn sees_codes(self) -> bool {
        self.relu_codes || self.relu_distances
    }

    /// Whether the values between the blocks of the network are seen. Engines that fuse layers keep these apart then.
    pub fn sees_boundaries(self) -> bool {
        self.boundaries || self.boundary_gradients
    }

    /// Whether any of it takes a backward pass.
    pub fn needs_backward(self) -> bool {
        let of_values = self.output_gradients || self.saliencies || self.boundary_gradients || self.input_gradient;
        of_values || self.weight_gradients || self.curvature
    }

    /// What either sees, of the first one's objective.
    fn or(self, other: Watch) -> Watch {
        Watch {
            relu_codes: self.relu_codes || other.relu_codes,
            relu_distances: self.relu_distances || other.relu_distances,
            outputs: self.outputs || other.outputs,
            features: self.features || other.features,
            boundaries: self.boundaries || other.boundaries,
            objective: self.objective,
            output_gradients: self.output_gradients || other.output_gradients,
            saliencies: self.saliencies || other.saliencies,
            weight_gradients: self.weight_gradients || other.weight_gradients,
            input_gradient: self.input_gradient || other.input_gradient,
            batch_statistics: self.batch_statistics || other.batch_statistics,
            boundary_gradients: self.boundary_gradients || other.boundary_gradients,
            curvature: self.curvature || other.curvature,
        }
    }
}

/// Sees a run go by. Every method has an empty default.
pub trait Observer {
    /// A run begins.
    fn start(&mut self, _pass: &Pass<'_>) {}

    /// Which units of a ReLU are on (input > 0): one row an image. Called once for every ReLU, dead ones too; those that read
    /// one value may come together.
    fn relu_codes(&mut self, _layer: LayerId, _codes: &BitMatrix) {}

    /// How many units of a ReLU are on for one image and off for another, for each two images. Called once for every ReLU, dead ones
    /// too. It is less to look at than the codes, and on a device that is not the host much less to fetch.
    fn relu_distances(&mut self, _layer: LayerId, _distances: &Distances<'_>) {}

    /// A layer's output, in forward order.
    fn output(&mut self, _layer: LayerId, _value: &View<'_>) {}

    /// What a global pool reads, in forward order: the last ones are the feature maps of most networks.
    fn features(&mut self, _value: &View<'_>) {}

    /// The next of the objective's backward passes begins: there is one, or under [`Objective::ImageLogits`] one for each image, and under
    /// [`Objective::ClassLogits`] one for each class.
    fn round(&mut self, _round: usize) {}

    /// The value at one of the network's [boundaries](crate::network::Network::boundaries), in forward order.
    fn boundary(&mut self, _boundary: usize, _value: &View<'_>) {}

    /// For every boundary but the last, in backward order: the gradient by its value of the sum over the next boundary's values
    /// times their [`Signs`](super::Signs), zeros if none reaches it. Only under [`Objective::Signs`].
    fn boundary_gradient(&mut self, _boundary: usize, _gradient: &View<'_>) {}

    /// A layer's output with the objective's gradient by it, in backward order; layers that no gradient reaches are left
    /// out.
    fn output_gradient(&mut self, _layer: LayerId, _value: &View<'_>, _gradient: &View<'_>) {}

    /// For each image of the batch, one after another, and each channel of the output of a convolution or linear layer (its
    /// bias included): the sum over the pixels of output times the objective's gradient by it. Layers that no gradient
    /// reaches are left out.
    fn saliency(&mut self, _layer: LayerId, _products: &[f64]) {}

    /// A parameter with the objective's gradient by it, zeros where none reaches it, in backward order. Both are row-major, as
    /// in [`Weights`](crate::network::Weights).
    fn weight(&mut self, _parameter: &Parameter, _value: Values<'_>, _gradient: Values<'_>) {}

    /// The means and the biased variances that a batch norm found in its batch, over `count` values a channel. Called once for
    /// every batch norm that takes them, dead ones too.
    fn batch_statistics(&mut self, _layer: LayerId, _mean: &[f64], _variance: &[f64], _count: usize) {}

    /// The weight w of a convolution or linear layer: the objective's gradient g by it, and H w, zeros where no gradient
    /// reaches it, in backward order. H is the matrix of second derivatives by all such weights of the network together, and H w
    /// tells how g moves as all of them grow in proportion. Both have one layout, which is the engine's own.
    fn curvature(&mut self, _parameter: &Parameter, _gradient: Values<'_>, _product: Values<'_>) {}

    /// The objective's gradient by the images.
    fn input_gradient(&mut self, _gradient: &View<'_>) {}
}

/// An observer and what it sees: that much and no more, whatever others see of the same run.
pub struct Watcher<'a> {
    watch: Watch,
    observer: &'a mut dyn Observer,
    spent: Spent<'a>,
}

/// Where it is counted how long an observer has taken.
enum Spent<'a> {
    Own(Duration),
    Lent(&'a mut Duration),
}

impl<'a> Watcher<'a> {
    /// An observer that sees so much.
    pub fn new(watch: Watch, observer: &'a mut dyn Observer) -> Self {
        Watcher { watch, observer, spent: Spent::Own(Duration::ZERO) }
    }

    /// What it sees.
    pub(super) fn watch(&self) -> Watch {
        self.watch
    }

    /// How long the observer has taken over what it saw.
    pub fn spent(&self) -> Duration {
        match &self.spent {
            Spent::Own(spent) => *spent,
            Spent::Lent(spent) => **spent,
        }
    }

    fn charge(&mut self, time: Duration) {
        match &mut self.spent {
            Spent::Own(spent) => *spent += time,
            Spent::Lent(spent) => **spent += time,
        }
    }

    /// The same watcher, to be handed on: its time counts here.
    pub(super) fn reborrow(&mut self) -> Watcher<'_> {
        let spent = match &mut self.spent {
            Spent::Own(spent) => spent,
            Spent::Lent(spent) => spent,
        };
        Watcher { watch: self.watch, observer: self.observer, spent: Spent::Lent(spent) }
    }
}

/// All that watch a run, and what of it goes by.
pub(super) struct Audience<'a, 'o> {
    watchers: &'a mut [Watcher<'o>],
    /// All that is seen of the forward pass or, once there is one, of the present backward pass.
    pub seen: Watch,
    /// What the present backward pass differentiates.
    objective: Option<Objective>,
    /// How long observers have taken since [`Audience::since`] was asked last.
    spent: Duration,
    /// Room for the distances between codes.
    pairs: Vec<u64>,
}

impl<'a, 'o> Audience<'a, 'o> {
    /// The audience at the start of a run's forward pass. Until a backward pass begins, `seen` is all that any of them sees of
    /// the run.
    pub fn new(watchers: &'a mut [Watcher<'o>], pass: &Pass<'_>) -> Self {
        let seen = watchers.iter().fold(Watch::default(), |all, watcher| all.or(watcher.watch));
        watchers.iter_mut().for_each(|watcher| watcher.observer.start(pass));
        Audience { watchers, seen, objective: None, spent: Duration::ZERO, pairs: Vec::new() }
    }

    /// The backward passes that there must be, each with all that is seen of it.
    pub fn backward_passes(&self) -> Vec<Watch> {
        let mut passes: Vec<Watch> = Vec::new();
        for watch in self.watchers.iter().map(|watcher| watcher.watch).filter(|watch| watch.needs_backward()) {
            match passes.iter_mut().find(|pass| pass.objective == watch.objective) {
                Some(pass) => *pass = pass.or(watch),
                None => passes.push(watch),
            }
        }
        passes
    }

    /// Turns to one of the backward passes.
    pub fn turn_to(&mut self, pass: Watch) {
        (self.seen, self.objective) = (pass, Some(pass.objective));
    }

    /// Shows something to all whose watch says that they see it.
    pub fn show(&mut self, sees: impl Fn(&Watch) -> bool, event: impl Fn(&mut dyn Observer)) {
        let objective = self.objective;
        let is_seen = |watch: &Watch| sees(watch) && objective.is_none_or(|objective| watch.objective == objective);
        for watcher in self.watchers.iter_mut().filter(|watcher| is_seen(&watcher.watch)) {
            let start = Instant::now();
            event(watcher.observer);
            let spent = start.elapsed();
            watcher.charge(spent);
            self.spent += spent;
        }
    }

    /// Shows the codes of ReLUs that read one value, and the distances between them. Who sees those is charged for finding them.
    pub fn show_codes(&mut self, relus: &[LayerId], codes: &BitMatrix) {
        for &relu in relus {
            self.show(|watch| watch.relu_codes, |to| to.relu_codes(relu, codes));
        }
        if !self.seen.relu_distances {
            return;
        }
        let start = Instant::now();
        let mut pairs = std::mem::take(&mut self.pairs);
        pairs.resize(codes.rows() * (codes.rows() - 1) / 2, 0);
        codes.distances(&mut pairs);
        let spent = start.elapsed();
        self.spent += spent;
        let charged = self.watchers.iter_mut().filter(|watcher| watcher.watch.relu_distances);
        charged.for_each(|watcher| watcher.charge(spent));
        let distances = Distances { images: codes.rows(), units: codes.columns(), pairs: &pairs };
        for &relu in relus {
            self.show(|watch| watch.relu_distances, |to| to.relu_distances(relu, &distances));
        }
        self.pairs = pairs;
    }

    /// Time since the start of a pass, but for what observers have taken of it.
    pub fn since(&mut self, start: Instant) -> Duration {
        start.elapsed().saturating_sub(std::mem::take(&mut self.spent))
    }
}
