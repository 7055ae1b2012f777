//! The columns of a sheet. A single traversal yields their names and the values of a row, so both have the same order.

use std::fmt::{self, Display};

use super::super::api::{costs, mean, sets};
use super::super::record::{Point, Record, Run};
use super::super::{Benchmark, Group};

/// The name of a column, formatted only when it is needed.
pub(super) struct Name<'a> {
    what: &'a str,
    unit: &'static str,
    /// The data set and its trainings, as far as they are part of the name.
    group: Option<(&'a str, Option<Training>)>,
}

#[derive(Clone, Copy)]
struct Training {
    epochs: u32,
    halfway: bool,
    repetition: Repetition,
}

/// The runs that a column covers.
#[derive(Clone, Copy)]
enum Repetition {
    All,
    Mean,
    Seed(u32),
    Run(u32),
}

impl Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.what, self.unit)?;
        let Some((dataset, training)) = self.group else { return Ok(()) };
        write!(f, "_{}", dataset.to_ascii_lowercase().replace('-', "_"))?;
        let Some(Training { epochs, halfway, repetition }) = training else { return Ok(()) };
        write!(f, "_{epochs}ep{}", if halfway { "_halfway" } else { "" })?;
        match repetition {
            Repetition::All => Ok(()),
            Repetition::Mean => write!(f, "_mean"),
            Repetition::Seed(seed) => write!(f, "_seed{seed}"),
            Repetition::Run(run) => write!(f, "_run{run}"),
        }
    }
}

type Visit<'v> = &'v mut dyn FnMut(Name<'_>, Option<f64>);

/// Visits the columns of a wide row, with the values of `record`.
pub(super) fn walk(benchmark: Benchmark, groups: &[Group], record: Option<&Record>, visit: Visit<'_>) {
    let nb101 = benchmark == Benchmark::Nb101;
    for (place, group) in groups.iter().enumerate() {
        let dataset = group.dataset.as_str();
        if groups[..place].iter().all(|earlier| earlier.dataset != dataset) {
            walk_costs(benchmark, dataset, record, visit);
        }
        let runs = record.map_or(Vec::new(), |record| record.runs_of(dataset, group.epochs));
        if !nb101 {
            let seconds = mean(runs.iter().filter(|run| run.latency.is_some()).map(|run| run.latency));
            let training = Training { epochs: group.epochs, halfway: false, repetition: Repetition::All };
            let group = Some((dataset, Some(training)));
            visit(Name { what: "latency", unit: "_seconds", group }, seconds);
        }
        for halfway in [false, true].into_iter().take(1 + usize::from(nb101)) {
            let mut one = |repetition, runs: &[&Run]| {
                let training = Training { epochs: group.epochs, halfway, repetition };
                let group = Some((dataset, Some(training)));
                for &set in sets(benchmark, dataset) {
                    walk_set(benchmark, set, halfway, runs, &mut |what, unit, value| {
                        visit(Name { what, unit, group }, value)
                    });
                }
            };
            one(Repetition::Mean, &runs);
            for &seed in &group.seeds {
                let place = runs.iter().position(|run| run.seed == seed);
                let repetition = if nb101 { Repetition::Run(seed) } else { Repetition::Seed(seed) };
                one(repetition, place.map_or(&[], |place| &runs[place..=place]));
            }
        }
    }
}

/// Visits the columns of a row that is one run.
pub(super) fn walk_run(benchmark: Benchmark, run: Option<&Run>, visit: Visit<'_>) {
    let mut plain = |what: &str, unit, value| visit(Name { what, unit, group: None }, value);
    plain("params", "", run.map(|run| run.params));
    if benchmark != Benchmark::Nb101 {
        plain("flops", "", run.and_then(|run| run.flops));
        plain("latency", "_seconds", run.and_then(|run| run.latency));
    }
    let runs: Vec<&Run> = run.into_iter().collect();
    let known = sets(benchmark, run.map_or("", |run| &run.dataset));
    for halfway in [false, true].into_iter().take(1 + usize::from(benchmark == Benchmark::Nb101)) {
        // The labels of all data sets: a data set without some of the image sets has their columns all the same.
        for &(label, _) in sets(benchmark, "") {
            let set = known.iter().find(|(known, _)| *known == label).map_or("", |(_, set)| set);
            let mut named = |what: &str, unit, value| match halfway {
                true => plain(&format!("halfway_{what}"), unit, value),
                false => plain(what, unit, value),
            };
            walk_set(benchmark, (label, set), halfway, &runs, &mut named);
        }
    }
}

fn walk_costs(benchmark: Benchmark, dataset: &str, record: Option<&Record>, visit: Visit<'_>) {
    if benchmark == Benchmark::Nb101 {
        let first = record.and_then(|record| record.runs.first());
        return visit(Name { what: "params", unit: "", group: None }, first.map(|run| run.params));
    }
    let longest = record.and_then(|record| {
        let of_dataset = record.runs.iter().filter(|run| run.dataset == dataset);
        of_dataset.map(|run| run.epochs).max().map(|epochs| record.runs_of(dataset, epochs))
    });
    let costs = longest.map(|runs| costs(&runs)).unwrap_or_default();
    let of = |name: &str| costs.iter().find(|(known, _)| known == name).and_then(|(_, value)| *value);
    for what in ["params", "flops"] {
        let count = of(what).map(|millions| (millions * 1e6).round());
        visit(Name { what, unit: "", group: Some((dataset, None)) }, count);
    }
}

/// Visits the available values of a set, given by its name in columns and its name in the files.
fn walk_set(
    benchmark: Benchmark,
    (label, set): (&str, &str),
    halfway: bool,
    runs: &[&Run],
    visit: &mut dyn FnMut(&str, &'static str, Option<f64>),
) {
    let of = |value: fn(&Point) -> Option<f64>| value_of(runs, set, halfway, value);
    visit(label, "_accuracy", of(|point| point.accuracy));
    if benchmark != Benchmark::Nb101 {
        visit(label, "_loss", of(|point| point.loss));
    }
    if benchmark != Benchmark::Nb101 || label == "train" {
        visit(label, "_seconds", of(|point| point.seconds));
    }
}

/// Returns the mean of the runs' values at the end of their training, or halfway.
fn value_of(runs: &[&Run], set: &str, halfway: bool, value: fn(&Point) -> Option<f64>) -> Option<f64> {
    mean(runs.iter().map(|run| {
        let points = run.curve(set)?;
        value(if halfway { points.0.first()? } else { points.last()? })
    }))
}
