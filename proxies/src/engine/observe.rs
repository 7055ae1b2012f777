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
    /// What the backward pass differentiates, if the observer sees anything of it.
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
    /// Returns whether the observer sees individual layers. Engines that usually fuse layers do not fuse them then, and round
    /// differently.
    pub fn sees_layers(self) -> bool {
        self.outputs || self.output_gradients
    }

    /// Whether the codes of ReLUs have to be computed.
    pub(super) fn sees_codes(self) -> bool {
        self.relu_codes || self.relu_distances
    }

    /// Returns whether the observer sees the values between the blocks of the network. Engines that fuse layers keep these values
    /// separate then.
    pub fn sees_boundaries(self) -> bool {
        self.boundaries || self.boundary_gradients
    }

    /// Returns whether anything in it needs a backward pass.
    pub fn needs_backward(self) -> bool {
        let of_values = self.output_gradients || self.saliencies || self.boundary_gradients || self.input_gradient;
        of_values || self.weight_gradients || self.curvature
    }

    /// Everything that either of the two sees, with the objective of `self`.
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

/// Everything that any of these sees of a run.
pub(super) fn all_of(watches: impl Iterator<Item = Watch>) -> Watch {
    watches.fold(Watch::default(), Watch::or)
}

/// The backward passes that these need, each with everything that is seen of it.
pub(super) fn backward_passes(watches: impl Iterator<Item = Watch>) -> Vec<Watch> {
    let mut passes: Vec<Watch> = Vec::new();
    for watch in watches.filter(|watch| watch.needs_backward()) {
        match passes.iter_mut().find(|pass| pass.objective == watch.objective) {
            Some(pass) => *pass = pass.or(watch),
            None => passes.push(watch),
        }
    }
    passes
}

/// Observes a run as it happens. Every method does nothing by default.
pub trait Observer {
    /// Called when a run begins.
    fn start(&mut self, _pass: &Pass<'_>) {}

    /// Receives which units of a ReLU are on (input > 0), one row per image. Called once for every ReLU, including dead ones; ReLUs
    /// that read the same value may be shown together.
    fn relu_codes(&mut self, _layer: LayerId, _codes: &BitMatrix) {}

    /// Receives, for every pair of images, how many units of a ReLU are on for one and off for the other. Called once for every
    /// ReLU, including dead ones. This is less data than the codes, and much less to copy if it comes from a GPU.
    fn relu_distances(&mut self, _layer: LayerId, _distances: &Distances<'_>) {}

    /// Receives a layer's output, in forward order.
    fn output(&mut self, _layer: LayerId, _value: &View<'_>) {}

    /// Receives the input of a global pool, in forward order. In most networks, the last such input holds the final feature maps.
    fn features(&mut self, _value: &View<'_>) {}

    /// Called when the next round, that is the next backward pass of the objective, begins. There is one round, or one per image under
    /// [`Objective::ImageLogits`] and one per class under [`Objective::ClassLogits`].
    fn round(&mut self, _round: usize) {}

    /// Receives the value at one of the network's [boundaries](crate::network::Network::boundaries), in forward order.
    fn boundary(&mut self, _boundary: usize, _value: &View<'_>) {}

    /// Receives, for every boundary but the last and in backward order, the gradient with respect to its value of the sum of the next
    /// boundary's values times their [`Signs`](super::Signs); zeros if no gradient reaches it. Called only under [`Objective::Signs`].
    fn boundary_gradient(&mut self, _boundary: usize, _gradient: &View<'_>) {}

    /// Receives a layer's output and the objective's gradient with respect to it, in backward order. Layers that no gradient reaches
    /// are left out.
    fn output_gradient(&mut self, _layer: LayerId, _value: &View<'_>, _gradient: &View<'_>) {}

    /// Receives, image by image, for each channel of the output of a convolution or linear layer (its bias included): the sum over the
    /// pixels of the output times the objective's gradient with respect to it. Layers that no gradient reaches are left out.
    fn saliency(&mut self, _layer: LayerId, _products: &[f64]) {}

    /// Receives a parameter and the objective's gradient with respect to it (zeros if none reaches it), in backward order. Both are
    /// row-major, as in [`Weights`](crate::network::Weights).
    fn weight(&mut self, _parameter: &Parameter, _value: Values<'_>, _gradient: Values<'_>) {}

    /// Receives the means and biased variances that a batch norm computed from its batch, over `count` values per channel. Called once
    /// for every batch norm that computes them, including dead ones.
    fn batch_statistics(&mut self, _layer: LayerId, _mean: &[f64], _variance: &[f64], _count: usize) {}

    /// Receives, for the weight w of a convolution or linear layer and in backward order, the objective's gradient g with respect to w
    /// and the Hessian-vector product H w; zeros if no gradient reaches it. H is the Hessian with respect to all such weights of the
    /// network together, so H w says how g changes as all of them grow in proportion. Both have the same layout, which is the engine's own.
    fn curvature(&mut self, _parameter: &Parameter, _gradient: Values<'_>, _product: Values<'_>) {}

    /// Receives the objective's gradient with respect to the images.
    fn input_gradient(&mut self, _gradient: &View<'_>) {}
}

/// An observer and what it sees. It sees no more than that, whatever others see of the same run.
pub struct Watcher<'a> {
    watch: Watch,
    observer: &'a mut dyn Observer,
    spent: Spent<'a>,
}

/// Where the time that an observer has taken is counted.
enum Spent<'a> {
    Own(Duration),
    Lent(&'a mut Duration),
}

impl<'a> Watcher<'a> {
    /// Creates a watcher that shows `observer` what `watch` asks for.
    pub fn new(watch: Watch, observer: &'a mut dyn Observer) -> Self {
        Watcher { watch, observer, spent: Spent::Own(Duration::ZERO) }
    }

    /// What it sees.
    pub(super) fn watch(&self) -> Watch {
        self.watch
    }

    /// Returns how much time the observer has taken so far.
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

    /// The same watcher, to be passed on. Its time is counted here.
    pub(super) fn reborrow(&mut self) -> Watcher<'_> {
        let spent = match &mut self.spent {
            Spent::Own(spent) => spent,
            Spent::Lent(spent) => spent,
        };
        Watcher { watch: self.watch, observer: self.observer, spent: Spent::Lent(spent) }
    }
}

/// All watchers of a run, and what they see of it at the moment.
pub(super) struct Audience<'a, 'o> {
    watchers: &'a mut [Watcher<'o>],
    /// Everything that any watcher sees of the run or, once a backward pass has begun, of that pass.
    pub seen: Watch,
    /// What the current backward pass differentiates.
    objective: Option<Objective>,
    /// Time that observers have taken since the last call of [`Audience::since`].
    spent: Duration,
    /// A buffer for the distances between codes.
    pairs: Vec<u64>,
}

impl<'a, 'o> Audience<'a, 'o> {
    /// The audience at the start of a run's forward pass. Until a backward pass begins, `seen` is all that any of them sees of
    /// the run.
    pub fn new(watchers: &'a mut [Watcher<'o>], pass: &Pass<'_>) -> Self {
        let seen = all_of(watchers.iter().map(Watcher::watch));
        watchers.iter_mut().for_each(|watcher| watcher.observer.start(pass));
        Audience { watchers, seen, objective: None, spent: Duration::ZERO, pairs: Vec::new() }
    }

    /// The backward passes that the watchers need, each with everything that is seen of it.
    pub fn backward_passes(&self) -> Vec<Watch> {
        backward_passes(self.watchers.iter().map(Watcher::watch))
    }

    /// Turns to one of the backward passes.
    pub fn turn_to(&mut self, pass: Watch) {
        (self.seen, self.objective) = (pass, Some(pass.objective));
    }

    /// Shows an event to all watchers that see it.
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

    /// Shows the codes of ReLUs that read the same value, and the distances between them. Watchers of the distances are charged the
    /// time to compute them.
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

    /// Time since the start of a pass, without the time that observers have taken.
    pub fn since(&mut self, start: Instant) -> Duration {
        start.elapsed().saturating_sub(std::mem::take(&mut self.spent))
    }
}
