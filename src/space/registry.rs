//! The list of benchmarks. A new one needs its folder and a line here.

use super::designed::DESIGN;
use super::{Benchmark, Designed, SearchSpace, accel_nb, designed, mobile, nats, nb_macro, nb101, nb301, transnas};
use crate::{Error, Result};
use serde_json::Value;
use zeronas_datasets::nearest;

/// All benchmarks, in the order in which they are listed.
static ALL: &[&Benchmark] = &[
    &nats::TSS,
    &nats::SSS,
    &nb101::BENCHMARK,
    &nb301::BENCHMARK,
    &transnas::MICRO,
    &transnas::MACRO,
    &nb_macro::BENCHMARK,
    &accel_nb::BENCHMARK,
    &mobile::BENCHMARK,
];

/// The space that is used if none is named.
pub const DEFAULT: &str = nats::TSS.name;

/// All benchmarks.
pub fn all() -> impl Iterator<Item = &'static Benchmark> {
    ALL.iter().copied()
}

/// The names of all spaces, separated by commas.
pub fn names() -> String {
    all().map(|benchmark| benchmark.name).collect::<Vec<_>>().join(", ")
}

/// The default aggregate of other spaces: what all spaces that took part in the choice choose together.
const ELSEWHERE: &[&str] = &["az_expressivity", "meco_opt"];

/// The proxies whose log-rank sum is the default aggregate of a space, whether it is a benchmark's or not.
pub(crate) fn ranked_by(space: Option<&str>) -> &'static [&'static str] {
    space.and_then(benchmark).and_then(|benchmark| benchmark.aggregate).unwrap_or(ELSEWHERE)
}

/// The macro settings of the space called `name`.
pub(super) fn macro_settings(name: &str) -> Vec<&'static str> {
    match benchmark(name) {
        Some(benchmark) => benchmark.macro_settings.iter().map(|setting| setting.name).collect(),
        None => designed::SETTINGS.into(),
    }
}

/// The benchmark of this name.
pub fn benchmark(name: &str) -> Option<&'static Benchmark> {
    all().find(|benchmark| benchmark.name == name)
}

/// Opens the space called `name` with the benchmark's macro settings, except for those in `asked`; or the space that the file `name`
/// describes, or that `asked` describes, as manifests do. An error names the setting at fault: one that the space does not have, or with
/// which no network can be built.
pub fn find<V: Clone + Into<Value>>(name: &str, asked: &[(&str, V)]) -> Result<Box<dyn SearchSpace>> {
    let asked: Vec<(&str, Value)> = asked.iter().map(|(name, value)| (*name, value.clone().into())).collect();
    let described = asked.iter().find(|(name, _)| *name == DESIGN).map(|(_, design)| design);
    if let Some(design) = described {
        return Ok(Box::new(Designed::of_manifest(design, &asked)?));
    }
    if Designed::is_file(name) {
        return Ok(Box::new(Designed::read(name.as_ref(), &asked)?));
    }
    let unknown = || {
        let all: Vec<&str> = all().map(|benchmark| benchmark.name).collect();
        let hint = nearest(name, &all).map(|near| format!(" (did you mean `{near}`?)")).unwrap_or_default();
        let reason = format!(
            "`{name}` is not a space{hint}; there are {}, and files of your own, ending in .toml, .json or .yaml",
            names()
        );
        Error::setting("space", reason)
    };
    (benchmark(name).ok_or_else(unknown)?.open)(&asked)
}

/// Opens the space called `name` with the benchmark's own macro settings.
///
/// # Errors
/// As [`find`].
pub fn as_published(name: &str) -> Result<Box<dyn SearchSpace>> {
    find::<Value>(name, &[])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::Values;
    use std::collections::HashSet;

    fn default_of(benchmark: &Benchmark) -> Box<dyn SearchSpace> {
        (benchmark.open)(&[]).unwrap()
    }

    #[test]
    fn descriptors_are_those_of_their_spaces() {
        let names: HashSet<&str> = all().map(|benchmark| benchmark.name).collect();
        assert_eq!(names.len(), all().count());
        for benchmark in all() {
            let space = default_of(benchmark);
            assert_eq!(space.name(), benchmark.name);
            let settings: HashSet<String> = space.macro_settings().into_iter().map(|(name, _)| name).collect();
            let described: HashSet<String> = benchmark.macro_settings.iter().map(|one| one.name.to_owned()).collect();
            assert_eq!(settings, described, "{}", benchmark.name);
            assert!(settings.contains("classes") && settings.contains("resolution"));
            let example = space.parse(benchmark.example).unwrap();
            assert!(space.canonical_network(&example).unwrap().is_some(), "{}", benchmark.name);
        }
    }

    #[test]
    fn one_setting_is_of_one_kind_in_all_spaces() {
        let mut words: std::collections::HashMap<&str, bool> = std::collections::HashMap::new();
        for setting in all().flat_map(|benchmark| benchmark.macro_settings) {
            let is_word = matches!(setting.values, Values::Words(_));
            assert_eq!(*words.entry(setting.name).or_insert(is_word), is_word, "{}", setting.name);
        }
    }

    #[test]
    fn choices_are_read_back_in_every_space_and_every_edit_is_one_of_it() {
        for benchmark in all() {
            let space = default_of(benchmark);
            let codes = space.encoded().unwrap();
            assert!(codes.choices().iter().all(|&count| count > 1), "{}", benchmark.name);
            let archs = crate::space::sample(space.as_ref(), crate::space::Sampler::Benchmark, 10, 3).unwrap();
            let stream = zeronas_random::Stream::new("edits", 0);
            let mut places = 0..;
            let mut below = |n| stream.below(places.next().unwrap(), n);
            for arch in archs {
                let decoded = codes.decode(&codes.encode(&arch).unwrap()).unwrap();
                assert_eq!(space.key(&decoded).unwrap(), space.key(&arch).unwrap());
                assert_eq!(space.read(arch.as_str()).unwrap(), arch);
                let mutant = space.mutate(&arch, &mut below).unwrap();
                let neighbours = space.neighbours(&arch).unwrap();
                assert!(!neighbours.is_empty() && !neighbours.contains(&arch), "{arch}");
                for edited in neighbours.iter().take(20).chain([&mutant]) {
                    assert_eq!(space.read(edited.as_str()).unwrap(), *edited);
                }
                assert_eq!(space.features(&arch).unwrap().len(), space.features(&mutant).unwrap().len());
            }
        }
    }

    #[test]
    fn an_unknown_space_is_refused_with_those_there_are() {
        let error = as_published("nats").err().unwrap().to_string();
        assert!(error.starts_with("`space=`: `nats` is not a space") && error.contains(DEFAULT), "{error}");
    }
}
