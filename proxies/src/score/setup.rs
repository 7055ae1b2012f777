//! What each kind of pass runs on: its weights, its images, what batch norms do and how precise it is.

use super::Protocol;
use crate::engine::{Normalisation, Pass, Precision};
use crate::network::{Init, Network, Weights};
use crate::proxy::PassKind;
use crate::proxy::zen;
use crate::{Batch, Result};
use std::borrow::Cow;
use std::cell::OnceCell;
use std::time::{Duration, Instant};

/// Weights, and how long it took to make them.
pub(super) struct TimedWeights {
    pub values: Weights,
    pub spent: Duration,
}

impl TimedWeights {
    fn new(make: impl FnOnce() -> Weights) -> Self {
        let start = Instant::now();
        let values = make();
        TimedWeights { values, spent: start.elapsed() }
    }
}

/// Images of noise: the same for all networks of a seed, so they are kept from one to the next.
#[derive(Default)]
pub(super) struct Noise {
    drawn: Option<DrawnNoise>,
}

struct DrawnNoise {
    seed: u64,
    plain: Batch,
    shifted: Option<Batch>,
}

impl Noise {
    /// As many images as there are in a batch.
    fn plain(&mut self, like: &Batch, seed: u64) -> &Batch {
        &self.drawn(like, seed).plain
    }

    /// The same with a little of other noise added.
    fn shifted(&mut self, like: &Batch, seed: u64) -> Result<&Batch> {
        let DrawnNoise { plain, shifted, .. } = self.drawn(like, seed);
        let images = match shifted.take() {
            Some(images) => images,
            None => plain.shifted(&Batch::noise(like.size(), like.shape(), "noise.1", seed), zen::STEP)?,
        };
        Ok(shifted.insert(images))
    }

    fn drawn(&mut self, like: &Batch, seed: u64) -> &mut DrawnNoise {
        let sizes = |batch: &Batch| (batch.size(), batch.shape());
        let drawn = self.drawn.take().filter(|drawn| drawn.seed == seed && sizes(&drawn.plain) == sizes(like));
        self.drawn.insert(drawn.unwrap_or_else(|| {
            let plain = Batch::noise(like.size(), like.shape(), "noise.0", seed);
            DrawnNoise { seed, plain, shifted: None }
        }))
    }
}

/// All that the passes of one network run on; weights are made when they are first asked for.
pub(super) struct Materials<'a> {
    net: &'a Network,
    /// At least one.
    batches: &'a [&'a Batch],
    seed: u64,
    protocol: Protocol,
    initial: OnceCell<TimedWeights>,
    absolute: OnceCell<TimedWeights>,
    gaussian: OnceCell<TimedWeights>,
}

/// What one pass runs on.
pub(super) struct Setup<'a> {
    pub weights: &'a TimedWeights,
    batch: Cow<'a, Batch>,
    normalisation: Normalisation<'a>,
    precision: Precision,
}

impl<'a> Materials<'a> {
    /// Materials for a network, and at least one batch.
    pub fn new(net: &'a Network, batches: &'a [&'a Batch], seed: u64, protocol: Protocol) -> Self {
        let none = || OnceCell::new();
        Materials { net, batches, seed, protocol, initial: none(), absolute: none(), gaussian: none() }
    }

    /// The network's initial weights.
    pub fn initial(&self) -> &TimedWeights {
        let Materials { net, protocol, seed, .. } = self;
        self.initial.get_or_init(|| TimedWeights::new(|| Weights::initialise(net, protocol.init, *seed)))
    }

    fn absolute(&self) -> &TimedWeights {
        self.absolute.get_or_init(|| {
            let initial = self.initial();
            let absolute = TimedWeights::new(|| initial.values.absolute());
            TimedWeights { spent: initial.spent + absolute.spent, ..absolute }
        })
    }

    fn gaussian(&self) -> &TimedWeights {
        self.gaussian.get_or_init(|| TimedWeights::new(|| Weights::initialise(self.net, Init::Gaussian, self.seed)))
    }

    /// What a pass runs on.
    pub fn setup<'s>(&'s self, kind: PassKind, noise: &'s mut Noise) -> Result<Setup<'s>> {
        let on = |weights, batch| {
            let precision = self.protocol.precision;
            Setup { weights, batch: Cow::Borrowed(batch), normalisation: Normalisation::Batch, precision }
        };
        let flow = |normalisation| {
            let batch = Cow::Owned(Batch::ones(self.net.input_shape()));
            Setup { weights: self.absolute(), batch, normalisation, precision: Precision::F64 }
        };
        Ok(match kind {
            PassKind::Data => on(self.initial(), self.batches[0]),
            PassKind::SecondData => on(self.initial(), self.batches[1]),
            PassKind::Flow => flow(Normalisation::Removed),
            PassKind::NormalisedFlow => flow(Normalisation::Batch),
            PassKind::ReductionFlow => flow(Normalisation::RemovedBut("reduce")),
            PassKind::NormalImages => on(self.initial(), noise.plain(self.batches[0], self.seed)),
            PassKind::Zen => on(self.gaussian(), noise.plain(self.batches[0], self.seed)),
            PassKind::ShiftedZen => on(self.gaussian(), noise.shifted(self.batches[0], self.seed)?),
        })
    }
}

impl Setup<'_> {
    pub fn pass(&self) -> Pass<'_> {
        Pass { batch: &self.batch, normalisation: self.normalisation, precision: self.precision }
    }
}
