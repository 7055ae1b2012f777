//! What the rest of the program knows about a benchmark: one value, in the benchmark's own folder.

use super::SearchSpace;
use crate::Result;
use crate::recipe::NamedRecipe;
use serde_json::Value;

/// Everything that is known about a benchmark besides its space.
pub struct Benchmark {
    /// The space's name.
    pub name: &'static str,
    /// A one-line description.
    pub about: &'static str,
    /// How architectures are written: the benchmark's own notation first, then the others that are read.
    pub notation: &'static str,
    /// An example architecture.
    pub example: &'static str,
    /// The settings of its networks that can be changed.
    pub macro_settings: &'static [MacroSetting],
    /// Opens the space with its defaults, except for the macro settings that are given.
    pub open: Open,
    /// Where its numbers come from.
    pub source: &'static str,
    /// The published protocols that apply to it.
    pub protocols: &'static [&'static str],
    /// How its networks were trained, as far as that is known and fits one machine.
    pub recipes: &'static [NamedRecipe],
    /// The proxies whose log-rank sum is its default aggregate, or the one proxy that is: what the other spaces choose for it. A space
    /// that took no part in that choice has what all of them choose together.
    pub aggregate: Option<&'static [&'static str]>,
    /// What the benchmark's own package answers, where that is more than the row of a table.
    pub query: Option<&'static dyn super::query::Answers>,
    /// Reads what is published about it besides the official files.
    pub import: Option<super::import::Read>,
    /// What NASLib calls it.
    pub naslib: Option<Naslib>,
}

/// What NASLib calls a benchmark.
#[derive(Clone, Copy, Debug)]
pub struct Naslib {
    /// Its name.
    pub name: &'static str,
    /// The data sets, each with the name of the metric that `val_accuracy` is on it.
    pub metrics: &'static [(&'static str, &'static str)],
}

impl Naslib {
    /// The name of the metric that `val_accuracy` is on a data set.
    pub(super) fn metric(&self, dataset: &str) -> String {
        let known = self.metrics.iter().find(|(known, _)| *known == dataset);
        known.map_or_else(|| format!("{dataset}_val_accuracy"), |(_, metric)| (*metric).to_owned())
    }
}

/// Makes a space with the macro settings that are given.
pub type Open = fn(&[(&str, Value)]) -> Result<Box<dyn SearchSpace>>;

/// A setting of a space's networks that no architecture decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MacroSetting {
    /// Its name, in manifests too.
    pub name: &'static str,
    /// The placeholder for its value in help texts.
    pub value: &'static str,
    /// A short description.
    pub about: &'static str,
    /// The values that it can take.
    pub values: Values,
}

/// The values that a macro setting can take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Values {
    /// A whole number.
    Numbers,
    /// One of these words.
    Words(&'static [&'static str]),
}

impl MacroSetting {
    /// A setting whose value is a number.
    pub(super) const fn number(name: &'static str, value: &'static str, about: &'static str) -> Self {
        MacroSetting { name, value, about, values: Values::Numbers }
    }

    /// A setting whose value is a word.
    pub(super) const fn word(name: &'static str, about: &'static str, words: &'static [&'static str]) -> Self {
        MacroSetting { name, value: "NAME", about, values: Values::Words(words) }
    }

    /// The width of the networks.
    pub(super) const CHANNELS: Self =
        MacroSetting::number("channels", "C", "Output channels of the stem, or of the nodes in the first cells");

    /// The number of classes.
    pub(super) const CLASSES: Self = MacroSetting::number("classes", "K", "Number of classes");

    /// The side of the images.
    pub(super) const RESOLUTION: Self = MacroSetting::number("resolution", "SIDE", "Side of the images");
}
