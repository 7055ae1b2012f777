//! What each kind of pass runs on: its weights and images, what batch norms do, and its precision.

use super::Protocol;
use crate::engine::{Normalisation, Pass, Precision};
use crate::network::{Init, Network, RunningStatistics, Weights};
use crate::proxy::PassKind;
use crate::proxy::{epsinas, zen};
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

/// Images of noise. They are the same for all networks under one seed, so they are kept from one network to the next.
#[derive(Default)]
pub(super) struct Noise {
    drawn: Option<DrawnNoise>,
}

struct DrawnNoise {
    seed: u64,
    plain: Batch,
    shifted: Option<Batch>,
    /// A minibatch, and the same with a little noise added.
    shifted_data: Option<(Batch, Batch)>,
    directions: [Vec<f64>; 2],
}

impl Noise {
    /// As many images of noise as a batch has, with its labels.
    fn plain(&mut self, like: &Batch, seed: u64) -> &Batch {
        &self.drawn(like, seed).plain
    }

    /// The same with a little of other noise added.
    fn shifted(&mut self, like: &Batch, seed: u64) -> Result<&Batch> {
        let DrawnNoise { plain, shifted, .. } = self.drawn(like, seed);
        let images = match shifted.take() {
            Some(images) => images,
            None => slightly_shifted(plain, seed)?,
        };
        Ok(shifted.insert(images))
    }

    /// A minibatch with a little noise added.
    fn shifted_data(&mut self, data: &Batch, seed: u64) -> Result<&Batch> {
        let DrawnNoise { shifted_data, .. } = self.drawn(data, seed);
        let known = shifted_data.take().filter(|(of, _)| of == data);
        let pair = match known {
            Some(pair) => pair,
            None => (data.clone(), slightly_shifted(data, seed)?),
        };
        Ok(&shifted_data.insert(pair).1)
    }

    /// Two orthonormal images: the first two images of noise, orthonormalised.
    pub fn directions(&mut self, like: &Batch, seed: u64) -> [&[f64]; 2] {
        self.drawn(like, seed).directions.each_ref().map(Vec::as_slice)
    }

    fn drawn(&mut self, like: &Batch, seed: u64) -> &mut DrawnNoise {
        let same = |batch: &Batch| (batch.shape(), batch.labels()) == (like.shape(), like.labels());
        let drawn = self.drawn.take().filter(|drawn| drawn.seed == seed && same(&drawn.plain));
        self.drawn.insert(drawn.unwrap_or_else(|| {
            let plain = like.noise_like("noise.0", seed);
            let directions = orthonormal(Batch::noise(2, like.shape(), "noise.0", seed).images());
            DrawnNoise { seed, plain, shifted: None, shifted_data: None, directions }
        }))
    }
}

/// Adds a little noise of stream `noise.1` to images.
fn slightly_shifted(images: &Batch, seed: u64) -> Result<Batch> {
    images.shifted(&images.noise_like("noise.1", seed), zen::STEP)
}

/// The two halves of `images`, orthonormalised.
fn orthonormal(images: &[f64]) -> [Vec<f64>; 2] {
    let (first, second) = images.split_at(images.len() / 2);
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let unit = |v: Vec<f64>| {
        let length = dot(&v, &v).sqrt();
        v.into_iter().map(|x| x / length).collect::<Vec<f64>>()
    };
    let first = unit(first.to_vec());
    let along = dot(second, &first);
    let second = second.iter().zip(&first).map(|(x, u)| x - along * u).collect();
    [first, unit(second)]
}

/// Which weights there are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Drawn {
    Initial,
    Absolute,
    Gaussian,
    Constant(usize),
}

/// Which weights a pass runs with.
fn drawn(kind: PassKind) -> Drawn {
    match kind {
        PassKind::Flow | PassKind::NormalisedFlow | PassKind::ReductionFlow => Drawn::Absolute,
        PassKind::SmallConstant => Drawn::Constant(0),
        PassKind::LargeConstant => Drawn::Constant(1),
        PassKind::Zen | PassKind::ShiftedZen => Drawn::Gaussian,
        _ => Drawn::Initial,
    }
}

/// Returns the most bytes that weights and images take, if these passes run: weights once for each way of drawing them and once as
/// kernels take them, and each minibatch and all noise that is made like it.
pub(super) fn memory(net: &Network, batches: &[&Batch], kinds: &[PassKind]) -> usize {
    let mut sets = vec![Drawn::Initial];
    kinds.iter().map(|&kind| drawn(kind)).for_each(|set| {
        if !sets.contains(&set) {
            sets.push(set);
        }
    });
    let weights = net.parameter_count() as usize * size_of::<f32>();
    let images = batches.iter().map(|batch| size_of_val(batch.images())).sum::<usize>();
    // Plain and shifted, and a minibatch before and after its shift.
    let noise = 4 * size_of_val(batches[0].images());
    (sets.len() + 1) * weights + images + noise
}

/// Everything that the passes of one network run on; weights are made when they are first needed.
pub(super) struct Materials<'a> {
    net: &'a Network,
    /// The minibatches, at least one.
    batches: &'a [&'a Batch],
    seed: u64,
    protocol: Protocol,
    initial: OnceCell<TimedWeights>,
    absolute: OnceCell<TimedWeights>,
    gaussian: OnceCell<TimedWeights>,
    constants: [OnceCell<TimedWeights>; 2],
    /// The initial running statistics of batch norms.
    fresh: OnceCell<RunningStatistics>,
}

/// What one pass runs on, besides weights.
pub(super) struct Setup<'a> {
    batch: Cow<'a, Batch>,
    normalisation: Normalisation<'a>,
    precision: Precision,
}

impl<'a> Materials<'a> {
    /// Materials for a network, and at least one batch.
    pub fn new(net: &'a Network, batches: &'a [&'a Batch], seed: u64, protocol: Protocol) -> Self {
        let none = || OnceCell::new();
        let [initial, absolute, gaussian, first, second] = [(); 5].map(|()| none());
        let constants = [first, second];
        Materials { net, batches, seed, protocol, initial, absolute, gaussian, constants, fresh: OnceCell::new() }
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

    /// Weights that are all one number, the smaller or the larger of those that [`epsinas`] compares.
    fn constant(&self, which: usize) -> &TimedWeights {
        let weight = epsinas::constants(self.net)[which];
        self.constants[which].get_or_init(|| TimedWeights::new(|| Weights::constant(self.net, weight)))
    }

    fn fresh(&self) -> Normalisation<'_> {
        Normalisation::Running(self.fresh.get_or_init(|| RunningStatistics::new(self.net)))
    }

    /// How many runs of the engine a kind of pass takes.
    pub fn runs(&self, kind: PassKind) -> usize {
        if kind == PassKind::SingleImages { self.batches[0].size() } else { 1 }
    }

    /// Two images that span the plane of [`PassKind::Circle`].
    pub fn directions<'s>(&self, noise: &'s mut Noise) -> [&'s [f64]; 2] {
        noise.directions(self.batches[0], self.seed)
    }

    /// The weights that a pass runs with.
    pub fn weights(&self, kind: PassKind) -> &TimedWeights {
        match drawn(kind) {
            Drawn::Initial => self.initial(),
            Drawn::Absolute => self.absolute(),
            Drawn::Gaussian => self.gaussian(),
            Drawn::Constant(which) => self.constant(which),
        }
    }

    /// What else a run of a pass runs on.
    pub fn setup<'s>(&'s self, kind: PassKind, run: usize, noise: &'s mut Noise) -> Result<Setup<'s>> {
        let data = self.batches[0];
        let precision = self.protocol.precision;
        let on = |batch| Setup { batch: Cow::Borrowed(batch), normalisation: Normalisation::Batch, precision };
        let single = |images: &Batch, n| Setup { batch: Cow::Owned(images.single(n)), ..on(data) };
        let flow = |normalisation| {
            let batch = Cow::Owned(Batch::ones(self.net.input_shape()));
            Setup { batch, normalisation, precision: Precision::F64 }
        };
        Ok(match kind {
            PassKind::Data => on(data),
            PassKind::SecondData => on(self.batches[1]),
            PassKind::Flow => flow(Normalisation::Removed),
            PassKind::NormalisedFlow => flow(Normalisation::Batch),
            PassKind::ReductionFlow => flow(Normalisation::RemovedBut("reduce")),
            PassKind::SingleImages => single(data, run),
            PassKind::RunningData => Setup { normalisation: self.fresh(), ..on(data) },
            PassKind::ShiftedRunningData => {
                Setup { normalisation: self.fresh(), ..on(noise.shifted_data(data, self.seed)?) }
            }
            PassKind::SmallConstant | PassKind::LargeConstant => Setup { precision: Precision::F64, ..on(data) },
            PassKind::NormalImages | PassKind::Zen => on(noise.plain(data, self.seed)),
            PassKind::RunningNormalImages => Setup { normalisation: self.fresh(), ..on(noise.plain(data, self.seed)) },
            PassKind::NormalImage | PassKind::Circle => single(noise.plain(data, self.seed), 0),
            PassKind::ShiftedZen => on(noise.shifted(data, self.seed)?),
        })
    }
}

impl Setup<'_> {
    pub fn pass(&self) -> Pass<'_> {
        Pass { batch: &self.batch, normalisation: self.normalisation, precision: self.precision }
    }
}
