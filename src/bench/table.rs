//! The benchmark's table.

use polars::prelude::*;

use super::SPACE;
use super::build::{Found, Trained};
use crate::space::{Arch, SearchSpace};

/// A row an architecture. `test_accuracy`, `test_loss` and `train_accuracy` are means over its trainings, and
/// `test_accuracy_seedS` is that of one of them, empty where there is none; `params` and `flops` are those of the network as
/// written. Accuracies are in percent.
pub(super) fn table(archs: &[Arch], found: &Found, seeds: u64) -> PolarsResult<DataFrame> {
    let trainings =
        |arch: &Arch| -> Vec<&Trained> { (0..seeds).filter_map(|seed| found.get(&(arch.to_string(), seed))).collect() };
    let mean = |name: &str, of: fn(&Trained) -> f64| {
        let values = archs.iter().map(|arch| {
            let trainings = trainings(arch);
            trainings.iter().map(|one| of(one)).sum::<f64>() / trainings.len() as f64
        });
        Column::new(name.into(), values.collect::<Vec<_>>())
    };
    let mut columns = vec![
        Column::new("arch".into(), archs.iter().map(Arch::as_str).collect::<Vec<_>>()),
        mean("test_accuracy", |one| one.test_accuracy),
        mean("test_loss", |one| one.test_loss),
        mean("train_accuracy", |one| one.train_accuracy),
    ];
    columns.extend((0..seeds).map(|seed| {
        let accuracy = |arch: &Arch| Some(found.get(&(arch.to_string(), seed))?.test_accuracy);
        Column::new(format!("test_accuracy_seed{seed}").into(), archs.iter().map(accuracy).collect::<Vec<_>>())
    }));
    let networks = archs.iter().filter_map(|arch| SPACE.network(arch).ok());
    let (params, flops): (Vec<u64>, Vec<u64>) = networks.map(|net| (net.parameter_count(), net.flops())).unzip();
    columns.extend([Column::new("params".into(), params), Column::new("flops".into(), flops)]);
    DataFrame::new(archs.len(), columns)
}
