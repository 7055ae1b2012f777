//! Scores a network with a set of proxies on its minibatches: plans the passes and runs each of them once.

mod setup;

use crate::engine::{Curve, Engine, Precision, Watch, Watcher};
use crate::network::{Init, Network};
use crate::proxy::{Measured, Measurement, Needs, PassKind, Proxy, ProxyInfo, Scale};
use crate::{Batch, Error, Result};
use setup::{Materials, Noise, TimedWeights};
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Whether a score is a number, and if not, why not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Status {
    /// A finite value.
    Ok,
    /// No path leads from the images to the logits.
    Disconnected,
    /// A matrix that must have an inverse has none.
    Singular,
    /// Something that must vary does not.
    Constant,
    /// The logarithm of zero.
    Zero,
    /// Beyond the range of floats.
    Overflow,
    /// The network lacks what the proxy looks at.
    Undefined,
}

impl Status {
    /// All statuses.
    pub const ALL: [Status; 7] = [
        Status::Ok,
        Status::Disconnected,
        Status::Singular,
        Status::Constant,
        Status::Zero,
        Status::Overflow,
        Status::Undefined,
    ];

    /// The word used in score files.
    pub fn as_str(self) -> &'static str {
        match self {
            Status::Ok => "ok",
            Status::Disconnected => "disconnected",
            Status::Singular => "singular",
            Status::Constant => "constant",
            Status::Zero => "zero",
            Status::Overflow => "overflow",
            Status::Undefined => "undefined",
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Status {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        let found = Status::ALL.into_iter().find(|status| status.as_str() == text);
        found.ok_or_else(|| format!("unknown status `{text}`"))
    }
}

/// One proxy's measurement of one network.
#[derive(Clone, Debug, PartialEq)]
pub struct Score {
    /// Name of the proxy.
    pub proxy: &'static str,
    /// The value; present exactly when the status is [`Status::Ok`], and finite.
    pub value: Option<f64>,
    /// Natural logarithm of a positive value, for proxies compared on a log scale.
    pub ln_value: Option<f64>,
    /// Whether there is a value, or why not.
    pub status: Status,
    /// Time this proxy takes by itself: weights, the passes it needs (shared or not) and its own arithmetic.
    pub seconds: f64,
}

impl Score {
    /// A score from what a proxy measured.
    pub fn new(info: &ProxyInfo, measured: Measured, seconds: f64) -> Self {
        let measured = measured.and_then(|value| if value.is_finite() { Ok(value) } else { Err(Status::Overflow) });
        let value = measured.ok();
        let ln_value = value.filter(|&value| info.scale == Scale::Log && value > 0.0).map(f64::ln);
        Score { proxy: info.name, value, ln_value, status: measured.err().unwrap_or(Status::Ok), seconds }
    }
}

/// How networks are set up for scoring.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Protocol {
    /// Initial weights.
    pub init: Init,
    /// Precision of the passes on data; some passes, such as those of the synflow family, always use 64 bits.
    pub precision: Precision,
}

/// Scores networks with a fixed set of proxies on one engine.
pub struct Scorer {
    proxies: Vec<Arc<dyn Proxy>>,
    protocol: Protocol,
    engine: Box<dyn Engine>,
    noise: Noise,
}

impl Scorer {
    /// A scorer for these proxies.
    pub fn new(proxies: Vec<Arc<dyn Proxy>>, protocol: Protocol, engine: impl Engine + 'static) -> Self {
        Scorer { proxies, protocol, engine: Box::new(engine), noise: Noise::default() }
    }

    /// How many minibatches [`Scorer::score`] takes: one, or two if any of the proxies compares two.
    pub fn minibatches(&self) -> usize {
        let compares = |needs| matches!(needs, Needs::Passes(kinds, _) if kinds.contains(&PassKind::SecondData));
        1 + usize::from(self.proxies.iter().any(|proxy| compares(proxy.needs())))
    }

    /// Whether scoring the network uses the reference engine in place of the scorer's own.
    pub fn falls_back(&self, net: &Network) -> bool {
        let runs = |proxy: &Arc<dyn Proxy>| matches!(proxy.needs(), Needs::Passes(..));
        self.proxies.iter().any(runs) && self.engine.falls_back(net)
    }

    /// Returns about how many bytes scoring the network on such minibatches holds at one time, if the engine can tell: the values of its
    /// passes, its weights, and images. What proxies themselves keep is left out, and so is [`PassKind::Circle`], which takes two images
    /// at a time.
    ///
    /// # Errors
    /// If there are fewer minibatches than [`Scorer::minibatches`], or if they do not fit the network.
    pub fn memory(&mut self, net: &Network, batches: &[&Batch]) -> Result<Option<usize>> {
        self.check(batches)?;
        let materials = Materials::new(net, batches, 0, self.protocol);
        let (mut most, mut kinds) = (0, Vec::new());
        for run in Run::all() {
            let watches: Vec<Watch> = self.proxies.iter().filter_map(|proxy| run.watch_of(proxy.needs())).collect();
            if watches.is_empty() || run.kind == PassKind::Circle {
                continue;
            }
            kinds.push(run.kind);
            let setup = materials.setup(run.kind, 0, &mut self.noise)?;
            let Some(memory) = self.engine.memory(net, &setup.pass(), &watches) else { return Ok(None) };
            most = most.max(memory);
        }
        Ok(Some(most + setup::memory(net, batches, &kinds)))
    }

    fn check(&self, batches: &[&Batch]) -> Result<()> {
        if batches.len() < self.minibatches() {
            let message = format!("the proxies take {}, there are {}", self.minibatches(), batches.len());
            return Err(Error::Batch(message));
        }
        Ok(())
    }

    /// Returns one score for each proxy, in the scorer's order. Nearly all proxies see only the first minibatch. `seed` determines the
    /// weights and whatever else a proxy draws. Proxies that need the network as written also get `net`.
    ///
    /// # Errors
    /// If there are fewer minibatches than [`Scorer::minibatches`], if they do not fit the network, or if the engine fails.
    pub fn score(&mut self, net: &Network, batches: &[&Batch], seed: u64) -> Result<Vec<Score>> {
        self.check(batches)?;
        loop {
            match self.score_once(net, batches, seed) {
                Err(Error::DeviceMemory { .. }) if self.engine.make_room() => {}
                scores => return scores,
            }
        }
    }

    fn score_once(&mut self, net: &Network, batches: &[&Batch], seed: u64) -> Result<Vec<Score>> {
        let mut entries: Vec<Entry> = self.proxies.iter().map(|proxy| Entry::new(proxy.as_ref(), net)).collect();
        let materials = Materials::new(net, batches, seed, self.protocol);
        if entries.iter().any(|entry| entry.needs == Needs::Weights) {
            let initial = materials.initial();
            entries.iter_mut().for_each(|entry| entry.show_weights(net, initial));
        }
        entries.iter_mut().for_each(|entry| entry.measurement.seed(seed));
        for run in Run::all() {
            self.run(run, net, &materials, &mut entries)?;
        }
        Ok(entries.into_iter().map(Entry::finish).collect())
    }

    /// Runs the engine for the entries that take part in this run, if there are any.
    fn run(&mut self, run: Run, net: &Network, materials: &Materials<'_>, entries: &mut [Entry]) -> Result<()> {
        if !entries.iter().any(|entry| run.watch_of(entry.needs).is_some()) {
            return Ok(());
        }
        if run.kind == PassKind::Circle {
            return self.go_round(run, net, materials, entries);
        }
        for number in 0..materials.runs(run.kind) {
            let weights = materials.weights(run.kind);
            let setup = materials.setup(run.kind, number, &mut self.noise)?;
            let watchers = entries.iter_mut().filter_map(|entry| {
                let watch = run.watch_of(entry.needs)?;
                Some(Watcher::new(watch, entry.measurement.as_mut()))
            });
            let mut watchers: Vec<Watcher<'_>> = watchers.collect();
            let outcome = self.engine.run(net, &weights.values, &setup.pass(), &mut watchers)?;
            let spent: Vec<Duration> = watchers.iter().map(Watcher::spent).collect();
            let part = entries.iter_mut().filter_map(|entry| Some((run.watch_of(entry.needs)?, entry)));
            for ((watch, entry), spent) in part.zip(spent) {
                entry.charge(outcome.cost(watch) + spent, weights);
                entry.show(|measurement| measurement.logits(run.kind, &outcome.logits));
            }
        }
        Ok(())
    }

    /// Handles [`PassKind::Circle`], which is not a run of the engine.
    fn go_round(&mut self, run: Run, net: &Network, materials: &Materials<'_>, entries: &mut [Entry]) -> Result<()> {
        let (weights, start) = (materials.initial(), Instant::now());
        let curve = Curve::circle(net, &weights.values, materials.directions(&mut self.noise))?;
        let spent = start.elapsed();
        for entry in entries.iter_mut().filter(|entry| run.watch_of(entry.needs).is_some()) {
            entry.charge(spent, weights);
            entry.show(|measurement| measurement.curve(curve.as_ref()));
        }
        Ok(())
    }
}

/// One run of the engine. Proxies that observe single layers, or the values between blocks, get separate runs: observing
/// them changes how an engine rounds, and no score may depend on what else is scored.
#[derive(Clone, Copy)]
struct Run {
    kind: PassKind,
    detail: Detail,
}

impl Run {
    /// All runs, in their order.
    fn all() -> impl Iterator<Item = Run> {
        let details = [Detail::Nodes, Detail::Boundaries, Detail::Layers];
        PassKind::ALL.into_iter().flat_map(move |kind| details.map(|detail| Run { kind, detail }))
    }

    /// What a proxy with these needs sees of this run, if it takes part.
    fn watch_of(self, needs: Needs) -> Option<Watch> {
        match needs {
            Needs::Passes(kinds, watch) if kinds.contains(&self.kind) && Detail::of(watch) == self.detail => {
                Some(watch)
            }
            _ => None,
        }
    }
}

/// The values that an engine must not fuse away.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Detail {
    Nodes,
    Boundaries,
    Layers,
}

impl Detail {
    fn of(watch: Watch) -> Self {
        match (watch.sees_layers(), watch.sees_boundaries()) {
            (true, _) => Detail::Layers,
            (false, true) => Detail::Boundaries,
            (false, false) => Detail::Nodes,
        }
    }
}

/// One proxy on its way to a score.
struct Entry {
    info: ProxyInfo,
    needs: Needs,
    measurement: Box<dyn Measurement>,
    /// Whether it has taken part in a run.
    ran: bool,
    spent: Duration,
}

impl Entry {
    fn new(proxy: &dyn Proxy, net: &Network) -> Self {
        let start = Instant::now();
        let measurement = proxy.measure(net);
        Entry { info: proxy.info(), needs: proxy.needs(), measurement, ran: false, spent: start.elapsed() }
    }

    fn show_weights(&mut self, net: &Network, weights: &TimedWeights) {
        if self.needs == Needs::Weights {
            let start = Instant::now();
            self.measurement.weights(net, &weights.values);
            self.spent += weights.spent + start.elapsed();
        }
    }

    /// Adds what a run would have cost this proxy alone.
    fn charge(&mut self, run: Duration, weights: &TimedWeights) {
        // Runs of one proxy share their weights.
        self.spent += run + if self.ran { Duration::ZERO } else { weights.spent };
        self.ran = true;
    }

    /// Passes an event to the measurement; the time it takes counts.
    fn show(&mut self, event: impl FnOnce(&mut dyn Measurement)) {
        let start = Instant::now();
        event(self.measurement.as_mut());
        self.spent += start.elapsed();
    }

    fn finish(self) -> Score {
        let start = Instant::now();
        let measured = self.measurement.finish();
        Score::new(&self.info, measured, (self.spent + start.elapsed()).as_secs_f64())
    }
}
