//! The benchmark's table.

use std::collections::HashMap;

use polars::prelude::*;
use serde::{Deserialize, Serialize};

use crate::space::{Arch, Mini, SearchSpace};

/// The result of a training, as a line of the journal. It has no numbers if the training diverged.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Trained {
    pub arch: String,
    pub seed: u64,
    /// Accuracy on the training images as seen in the last epoch, in percent.
    pub train_accuracy: Option<f64>,
    /// In percent.
    pub test_accuracy: Option<f64>,
    /// Mean cross entropy.
    pub test_loss: Option<f64>,
}

/// The finished trainings, by architecture and seed.
pub(super) type Found = HashMap<(String, u64), Trained>;

/// One row per architecture. `test_accuracy`, `test_loss` and `train_accuracy` are means over its trainings, and
/// `test_accuracy_seedS` is that of a single training. They are empty if a training diverged, the latter also if there is none.
/// `params` and `flops` are those of the network as written. Accuracies are in percent.
pub(super) fn table(space: &Mini, archs: &[Arch], found: &Found, seeds: u64) -> PolarsResult<DataFrame> {
    let trainings =
        |arch: &Arch| -> Vec<&Trained> { (0..seeds).filter_map(|seed| found.get(&(arch.to_string(), seed))).collect() };
    let mean = |name: &str, of: fn(&Trained) -> Option<f64>| {
        let values = archs.iter().map(|arch| {
            let trainings = trainings(arch);
            let sum: Option<f64> = trainings.iter().map(|one| of(one)).sum();
            Some(sum? / trainings.len() as f64)
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
        let accuracy = |arch: &Arch| found.get(&(arch.to_string(), seed))?.test_accuracy;
        Column::new(format!("test_accuracy_seed{seed}").into(), archs.iter().map(accuracy).collect::<Vec<_>>())
    }));
    let networks = archs.iter().filter_map(|arch| space.network(arch).ok());
    let (params, flops): (Vec<u64>, Vec<u64>) = networks.map(|net| (net.parameter_count(), net.flops())).unzip();
    columns.extend([Column::new("params".into(), params), Column::new("flops".into(), flops)]);
    DataFrame::new(archs.len(), columns)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::SPACE;
    use crate::space::Enumerable;

    #[test]
    fn an_architecture_of_which_a_training_diverged_has_no_mean() {
        let archs: Vec<Arch> = (0..2).map(|place| SPACE.nth(100 + place)).collect();
        let trained = |place: usize, seed, accuracy| Trained {
            arch: archs[place].to_string(),
            seed,
            train_accuracy: accuracy,
            test_accuracy: accuracy,
            test_loss: accuracy,
        };
        let all =
            [trained(0, 0, Some(40.0)), trained(0, 1, Some(50.0)), trained(1, 0, Some(60.0)), trained(1, 1, None)];
        let found = all.into_iter().map(|one| ((one.arch.clone(), one.seed), one)).collect();
        let table = table(&SPACE, &archs, &found, 2).unwrap();
        let values = |name: &str| table.column(name).unwrap().f64().unwrap().iter().collect::<Vec<_>>();
        assert_eq!(values("test_accuracy"), [Some(45.0), None]);
        assert_eq!(values("test_loss"), [Some(45.0), None]);
        assert_eq!(values("test_accuracy_seed0"), [Some(40.0), Some(60.0)]);
        assert_eq!(values("test_accuracy_seed1"), [Some(50.0), None]);
    }
}
