//! A search space without the architectures that break a limit. Drawing, mutating and decoding yield only the others.

use super::{Constraint, Measure, Nets, names};
use crate::latency::{Latency, latency};
use crate::space::{Arch, Drawing, Encoded, Enumerable, Part, SearchSpace, encoded};
use crate::{Error, Result};
use serde_json::{Map, Value};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use zeronas_proxies::network::{Network, Shape};
use zeronas_random::Stream;

/// Looks up the value of an architecture in a column of tables; `None` if there is no value.
pub type Columns = Arc<dyn Fn(&Arch, &str) -> Result<Option<f64>> + Send + Sync>;

/// Number of architectures drawn to find out whether any keeps to the limits.
const PROBES: u64 = 1024;

/// Number of walks towards the limits tried after that.
const WALKS: usize = 2;

/// Number of mutations that a walk tries.
const STEPS: usize = 1000;

/// Number of draws tried before the closest of them walks towards the limits.
const FEW: usize = 32;

/// Number of mutations tried before the parent itself is returned.
const PATIENCE: usize = 1000;

/// Number of walks, each from the closest of some draws, tried before drawing gives up.
const TRIES: usize = 20;

/// A value for each limit.
type Values = Arc<[Option<f64>]>;

/// A space, and the limits that its architectures keep to.
pub struct Constrained {
    space: Arc<dyn SearchSpace>,
    limits: Vec<Constraint>,
    /// What measures the latency, for each limit on a latency.
    latencies: Vec<Option<Latency>>,
    columns: Option<Columns>,
    /// The limited values of each architecture that was looked at.
    seen: Mutex<HashMap<Arch, Values>>,
    /// The first reason why an architecture could not be measured, and how often that happened.
    unmeasured: Mutex<Option<(String, usize)>>,
}

impl Constrained {
    /// Returns the space with these limits, or the space itself if there are none. `columns` looks up what tables say.
    ///
    /// # Errors
    /// Names the limit on a column that no table has, or the limit that nothing keeps to.
    pub fn of(
        space: Arc<dyn SearchSpace>,
        limits: &[Constraint],
        columns: Option<Columns>,
    ) -> Result<Arc<dyn SearchSpace>> {
        if limits.is_empty() {
            return Ok(space);
        }
        for limit in limits {
            if matches!(limit.measure, Measure::Column(_)) && columns.is_none() {
                let reason = format!("`{}` is none of {}, and no table has such a column", limit.name(), names());
                return Err(Error::setting("limit", reason));
            }
        }
        let of = |limit: &Constraint| match &limit.measure {
            Measure::Latency(table) => latency(table.as_deref()).map(Some),
            _ => Ok(None),
        };
        let latencies = limits.iter().map(of).collect::<Result<_>>()?;
        let (limits, seen, unmeasured) = (limits.to_vec(), Mutex::default(), Mutex::default());
        let constrained = Constrained { space, limits, latencies, columns, seen, unmeasured };
        constrained.probe()?;
        Ok(Arc::new(constrained))
    }

    /// Returns the limited values. An architecture whose network cannot be built has no value for those measured on the network.
    fn values(&self, arch: &Arch) -> Result<Values> {
        let seen = || self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = seen().get(arch) {
            return Ok(known.clone());
        }
        let nets = Nets::new(self.space.as_ref(), arch);
        let value = |(limit, latency): (&Constraint, &Option<Latency>)| match &limit.measure {
            Measure::Network(extent) => Ok(extent.of(&nets)),
            Measure::Latency(_) => latency.as_ref().zip(nets.canonical()).map(|(of, net)| of(net)).transpose(),
            Measure::Column(name) => self.columns.as_ref().map_or(Ok(None), |columns| columns(arch, name)),
        };
        let values: Values = self.limits.iter().zip(&self.latencies).map(value).collect::<Result<_>>()?;
        seen().insert(arch.clone(), values.clone());
        Ok(values)
    }

    /// Returns the place of the first limit that is broken. A limit without a value counts as broken.
    fn first_broken(&self, values: &[Option<f64>]) -> Option<usize> {
        self.limits.iter().zip(values).position(|(limit, value)| !value.is_some_and(|value| limit.admits(value)))
    }

    /// Returns the limited values if they can be measured. Failures are counted and reported with the refusals.
    fn measured(&self, arch: &Arch) -> Option<Values> {
        self.values(arch)
            .map_err(|error| {
                let mut unmeasured = self.unmeasured.lock().unwrap_or_else(PoisonError::into_inner);
                unmeasured.get_or_insert_with(|| (error.told(), 0)).1 += 1;
            })
            .ok()
    }

    /// Whether an architecture keeps to the limits; one that cannot be measured does not.
    fn is_admitted(&self, arch: &Arch) -> bool {
        self.measured(arch).is_some_and(|values| self.first_broken(&values).is_none())
    }

    /// Returns how far an architecture is from keeping to all limits; infinite if a value is missing.
    fn gap(&self, arch: &Arch) -> f64 {
        let Some(values) = self.measured(arch) else { return f64::INFINITY };
        let of =
            |(limit, value): (&Constraint, &Option<f64>)| value.map_or(f64::INFINITY, |value| limit.distance(value));
        self.limits.iter().zip(values.iter()).map(of).sum()
    }

    /// Walks from an architecture to one that keeps to the limits, by mutations none of which leads away from them.
    fn walk(&self, from: Arch, below: &mut dyn FnMut(u64) -> u64) -> Option<Arch> {
        let (mut arch, mut gap) = (from.clone(), self.gap(&from));
        for _ in 0..STEPS {
            if gap == 0.0 {
                break;
            }
            let mutant = self.space.mutate(&arch, below).ok()?;
            let other = self.gap(&mutant);
            if other <= gap {
                (arch, gap) = (mutant, other);
            }
        }
        (gap == 0.0 && self.is_admitted(&arch)).then_some(arch)
    }

    /// Makes sure, by sampling, that some architecture keeps to the limits; the space may have any size.
    fn probe(&self) -> Result<()> {
        let stream = Stream::new("constraint", 0);
        let mut numbers = 0..;
        let mut below = |n| stream.below(numbers.next().unwrap_or(u64::MAX), n);
        let mut closest: Vec<(f64, Option<f64>)> = vec![(f64::INFINITY, None); self.limits.len()];
        let mut breaking = vec![0; self.limits.len()];
        for _ in 0..PROBES {
            let Some(arch) = self.space.draw(&mut below) else { return Ok(()) };
            let values = self.values(&arch)?;
            if self.first_broken(&values).is_none() {
                return Ok(());
            }
            for (place, (limit, value)) in self.limits.iter().zip(values.iter()).enumerate() {
                let Some(value) = *value else { continue };
                let distance = limit.distance(value);
                breaking[place] += u64::from(distance > 0.0);
                if distance < closest[place].0 {
                    closest[place] = (distance, Some(value));
                }
            }
        }
        for _ in 0..WALKS {
            let from = self.space.draw(&mut below);
            if from.and_then(|from| self.walk(from, &mut below)).is_some() {
                return Ok(());
            }
        }
        // The limit that the fewest keep to.
        let tightest = (0..self.limits.len()).max_by_key(|&place| breaking[place]).unwrap_or(0);
        let limit = &self.limits[tightest];
        let near = closest[tightest].1.map_or_else(
            || format!("none of them has a value of {}", limit.name()),
            |value| format!("the closest has {} {value}", limit.name()),
        );
        let others = if self.limits.len() > 1 { " together with the other limits" } else { "" };
        let reason = format!(
            "{limit}: of {PROBES} architectures of {} that were drawn none keeps to it{others}, and none was found from them; {near}",
            self.space.name()
        );
        Err(Error::setting("limit", reason))
    }
}

impl SearchSpace for Constrained {
    fn admits(&self, arch: &Arch) -> Result<bool> {
        Ok(self.first_broken(&self.values(arch)?).is_none())
    }

    fn limited(&self, arch: &Arch) -> Result<Vec<(String, Option<f64>)>> {
        let names = self.limits.iter().map(Constraint::spelt);
        Ok(names.zip(self.values(arch)?.iter().copied()).collect())
    }

    fn refusals(&self) -> Option<String> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let count = |place: Option<usize>| seen.values().filter(|values| self.first_broken(values) == place).count();
        let refused: Vec<String> = (0..self.limits.len())
            .map(|place| (place, count(Some(place))))
            .filter(|(_, count)| *count > 0)
            .map(|(place, count)| format!("{count} by {}", self.limits[place]))
            .collect();
        let told = if refused.is_empty() { "none".into() } else { refused.join(", ") };
        let unmeasured = self.unmeasured.lock().unwrap_or_else(PoisonError::into_inner);
        let unmeasured = unmeasured.as_ref().map_or_else(String::new, |(why, count)| {
            format!("; {count} times one that could not be measured was left out, the first because {why}")
        });
        Some(format!("limits: {} architectures looked at, left out: {told}{unmeasured}", seen.len()))
    }

    fn name(&self) -> &str {
        self.space.name()
    }

    fn macro_settings(&self) -> Map<String, Value> {
        self.space.macro_settings()
    }

    fn read(&self, text: &str) -> Result<Arch> {
        self.space.read(text)
    }

    fn network(&self, arch: &Arch) -> Result<Network> {
        self.space.network(arch)
    }

    fn parse(&self, text: &str) -> Result<Arch> {
        self.space.parse(text)
    }

    fn index_order(&self) -> Option<&'static str> {
        self.space.index_order()
    }

    fn index(&self, arch: &Arch) -> Option<u64> {
        self.space.index(arch)
    }

    fn check(&self) -> Result<()> {
        self.space.check()
    }

    fn classes(&self) -> usize {
        self.space.classes()
    }

    fn resolution(&self) -> usize {
        self.space.resolution()
    }

    fn input(&self) -> Shape {
        self.space.input()
    }

    /// All architectures of the space, within the limits or not: see [`SearchSpace::admits`].
    fn enumerable(&self) -> Option<&dyn Enumerable> {
        self.space.enumerable()
    }

    fn encoded(&self) -> Option<&dyn Encoded> {
        self.space.encoded().map(|_| self as &dyn Encoded)
    }

    /// Draws as the space draws, until an architecture keeps to the limits. If hardly any does, walks towards the limits from the closest draws.
    fn draw(&self, below: &mut dyn FnMut(u64) -> u64) -> Option<Arch> {
        for _ in 0..TRIES {
            let mut closest: Option<(f64, Arch)> = None;
            for _ in 0..FEW {
                let arch = self.space.draw(below)?;
                if self.is_admitted(&arch) {
                    return Some(arch);
                }
                let gap = self.gap(&arch);
                if closest.as_ref().is_none_or(|(least, _)| gap < *least) {
                    closest = Some((gap, arch));
                }
            }
            if let Some(found) = closest.and_then(|(_, from)| self.walk(from, below)) {
                return Some(found);
            }
        }
        None
    }

    fn neighbours(&self, arch: &Arch) -> Result<Vec<Arch>> {
        let mut neighbours = self.space.neighbours(arch)?;
        neighbours.retain(|arch| self.is_admitted(arch));
        Ok(neighbours)
    }

    fn mutate(&self, arch: &Arch, below: &mut dyn FnMut(u64) -> u64) -> Result<Arch> {
        for _ in 0..PATIENCE {
            let mutant = self.space.mutate(arch, below)?;
            if self.admits(&mutant)? {
                return Ok(mutant);
            }
        }
        Ok(arch.clone())
    }

    fn features(&self, arch: &Arch) -> Result<Vec<f64>> {
        self.space.features(arch)
    }

    fn canonical_network(&self, arch: &Arch) -> Result<Option<Network>> {
        self.space.canonical_network(arch)
    }

    fn key(&self, arch: &Arch) -> Result<Option<String>> {
        self.space.key(arch)
    }

    fn graph(&self, arch: &Arch) -> Result<Vec<Part>> {
        self.space.graph(arch)
    }

    fn drawing(&self, arch: &Arch) -> Result<Drawing> {
        self.space.drawing(arch)
    }
}

/// Choices whose architecture breaks a limit make no architecture.
impl Encoded for Constrained {
    fn choices(&self) -> &[usize] {
        self.space.encoded().map_or(&[], |codes| codes.choices())
    }

    fn encode(&self, arch: &Arch) -> Result<Vec<usize>> {
        encoded(self.space.as_ref(), "a sequence of choices")?.encode(arch)
    }

    fn decode(&self, choices: &[usize]) -> Option<Arch> {
        self.space.encoded()?.decode(choices).filter(|arch| self.is_admitted(arch))
    }
}
