//! Limits that architectures have to keep to: on parameters, memory, or a latency in a table, for example.

mod constrained;

pub use constrained::{Columns, Constrained};

use super::{Arch, SearchSpace};
use crate::number;
use std::cell::OnceCell;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use zeronas_proxies::network::Network;

/// A quantity of an architecture that can be limited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Measure {
    /// A property of its network.
    Network(Extent),
    /// Milliseconds that its network takes for one image: measured on this machine, or predicted from the operator table at this path.
    Latency(Option<PathBuf>),
    /// Its value in a column of a table.
    Column(String),
}

/// A property of a network that is measured without running it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// Parameters of the network as it is written, as the proxy `params` counts them.
    Params,
    /// Multiply-accumulates for one image, as the proxy `flops` counts them.
    Flops,
    /// Parameters without those of dead layers.
    EffectiveParams,
    /// Multiply-accumulates without those of dead layers.
    EffectiveFlops,
    /// Largest number of convolutions and linear layers on a path.
    Depth,
    /// Peak memory of the activations during inference on one image, in bytes, with 32-bit floats: see [`Network::peak_activations`].
    PeakMemory,
    /// The same in 8-bit integers.
    PeakMemoryInt8,
}

impl Extent {
    const ALL: [(&'static str, Extent); 7] = [
        ("params", Extent::Params),
        ("flops", Extent::Flops),
        ("effective_params", Extent::EffectiveParams),
        ("effective_flops", Extent::EffectiveFlops),
        ("depth", Extent::Depth),
        ("peak_memory", Extent::PeakMemory),
        ("peak_memory_int8", Extent::PeakMemoryInt8),
    ];

    /// Measures it; `None` if the network cannot be built, or if the live part is measured and no path leads through the network.
    fn of(self, nets: &Nets<'_>) -> Option<f64> {
        let measure: fn(&Network) -> u64 = match self {
            Extent::Params | Extent::EffectiveParams => Network::parameter_count,
            Extent::Flops | Extent::EffectiveFlops => Network::flops,
            Extent::Depth => |net| net.depth() as u64,
            Extent::PeakMemory => |net| 4 * net.peak_activations(),
            Extent::PeakMemoryInt8 => Network::peak_activations,
        };
        let net = match self {
            Extent::Params | Extent::Flops => nets.written(),
            _ => nets.canonical(),
        };
        net.map(|net| measure(net) as f64)
    }
}

/// An architecture's networks, each built at most once.
struct Nets<'a> {
    space: &'a dyn SearchSpace,
    arch: &'a Arch,
    written: OnceCell<Option<Network>>,
    canonical: OnceCell<Option<Network>>,
}

impl<'a> Nets<'a> {
    fn new(space: &'a dyn SearchSpace, arch: &'a Arch) -> Self {
        Nets { space, arch, written: OnceCell::new(), canonical: OnceCell::new() }
    }

    fn written(&self) -> Option<&Network> {
        self.written.get_or_init(|| self.space.network(self.arch).ok()).as_ref()
    }

    fn canonical(&self) -> Option<&Network> {
        self.canonical.get_or_init(|| self.space.canonical_network(self.arch).ok().flatten()).as_ref()
    }
}

/// A limit: a measure with the least and the largest value that it may have.
#[derive(Clone, Debug, PartialEq)]
pub struct Constraint {
    /// What is measured.
    pub measure: Measure,
    /// The least value, if there is one.
    pub least: Option<f64>,
    /// The largest value, if there is one.
    pub most: Option<f64>,
}

impl Constraint {
    /// Whether a value keeps to it.
    pub fn admits(&self, value: f64) -> bool {
        self.least.is_none_or(|least| value >= least) && self.most.is_none_or(|most| value <= most)
    }

    /// The measure's name.
    pub fn name(&self) -> &str {
        match &self.measure {
            Measure::Network(extent) => Extent::ALL.iter().find(|(_, of)| of == extent).map_or("", |(name, _)| name),
            Measure::Latency(_) => LATENCY,
            Measure::Column(name) => name,
        }
    }

    /// The measure as limits spell it: its name and, for a predicted latency, the operator table.
    pub fn spelt(&self) -> String {
        match &self.measure {
            Measure::Latency(Some(table)) => format!("{LATENCY}@{}", table.display()),
            _ => self.name().to_owned(),
        }
    }

    /// How far a value is from what is admitted, relative to the bound; 0 where it is admitted.
    fn distance(&self, value: f64) -> f64 {
        let beyond = |bound: f64, by: f64| by.max(0.0) / bound.abs().max(f64::MIN_POSITIVE);
        let below = self.least.map_or(0.0, |least| beyond(least, least - value));
        let above = self.most.map_or(0.0, |most| beyond(most, value - most));
        below.max(above)
    }
}

/// The name of the latency measure.
const LATENCY: &str = "latency_ms";

/// The names of all measures but columns.
fn names() -> String {
    let names = Extent::ALL.iter().map(|(name, _)| *name).chain([LATENCY]);
    names.collect::<Vec<_>>().join(", ")
}

/// Returns the measure of this name. `latency_ms@` is followed by the path of an operator table.
fn measure(name: &str) -> Measure {
    let plain = name.replace('-', "_");
    if let Some((_, extent)) = Extent::ALL.iter().find(|(known, _)| *known == plain) {
        return Measure::Network(*extent);
    }
    match name.split_once('@') {
        Some((before, path)) if before.replace('-', "_") == LATENCY => Measure::Latency(Some(path.into())),
        _ if plain == LATENCY => Measure::Latency(None),
        _ => Measure::Column(name.to_owned()),
    }
}

/// Reads `params=200k` (at most), `depth=10..` (at least) or `flops=10M..30M` (a range); numbers may have a unit, as in `1.5M` or `256KiB`.
/// A name that is neither an [`Extent`] nor the latency stands for a column of a table.
impl FromStr for Constraint {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let form = || format!("`{text}` is no limit: NAME=MOST, NAME=LEAST.. or NAME=LEAST..MOST, such as params=200k");
        let (name, range) = text.split_once('=').ok_or_else(form)?;
        let name = name.trim();
        if name.is_empty() || range.trim().is_empty() {
            return Err(form());
        }
        let read = |text: &str| number::read(text.trim()).map(Some);
        let (least, most) = match range.split_once("..") {
            None => (None, read(range)?),
            Some((least, most)) => {
                let bound = |text: &str| if text.trim().is_empty() { Ok(None) } else { read(text) };
                (bound(least)?, bound(most)?)
            }
        };
        match (least, most) {
            (None, None) => return Err(form()),
            (Some(least), Some(most)) if least > most => return Err(format!("`{text}`: {least} is above {most}")),
            _ => {}
        }
        Ok(Constraint { measure: measure(name), least, most })
    }
}

impl fmt::Display for Constraint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.spelt())?;
        match (self.least, self.most) {
            (Some(least), Some(most)) => write!(f, "={least}..{most}"),
            (Some(least), None) => write!(f, "={least}.."),
            (None, Some(most)) => write!(f, "={most}"),
            (None, None) => f.write_str("=.."),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_read_with_their_units() {
        for (text, shown) in [
            ("params=200k", "params=200000"),
            ("flops = 10M .. 30M", "flops=10000000..30000000"),
            ("peak-memory=256KiB", "peak_memory=262144"),
            ("depth=10..", "depth=10.."),
            ("edge_latency_ms=..5.5", "edge_latency_ms=5.5"),
            ("latency_ms=5ms", "latency_ms=5"),
            ("latency-ms@phones/one.csv=2..5", "latency_ms@phones/one.csv=2..5"),
        ] {
            let limit: Constraint = text.parse().unwrap();
            assert_eq!(limit.to_string(), shown);
            assert_eq!(shown.parse::<Constraint>().unwrap(), limit);
        }
        assert!("params=1".parse::<Constraint>().unwrap().measure == Measure::Network(Extent::Params));
        for text in ["params", "=3", "params=", "params=..", "params=3..2", "params=few", "params=NaN", "depth=3Q"] {
            let error = text.parse::<Constraint>().unwrap_err();
            assert!(error.contains('`'), "{text}: {error}");
        }
    }

    #[test]
    fn a_range_admits_its_ends() {
        let limit: Constraint = "x=2..4".parse().unwrap();
        let admitted = [1.9, 2.0, 3.0, 4.0, 4.1, f64::NAN].map(|value| limit.admits(value));
        assert_eq!(admitted, [false, true, true, true, false, false]);
    }
}
