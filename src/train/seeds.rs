//! Trainings of one architecture with several seeds: where they are, and how much they vary.

use std::path::{Path, PathBuf};

/// Most trainings of one architecture.
pub(crate) const MOST_SEEDS: usize = 1000;

/// The folder of a training with this seed, among those of one architecture.
pub(crate) fn folder_of_seed(parent: &Path, seed: u64) -> PathBuf {
    parent.join(format!("seed{seed}"))
}

/// The variance of a single training, and its degrees of freedom, from several groups of trainings that differ by their seeds alone.
/// `None` where no group has two.
pub(crate) fn pooled_variance<'a>(groups: impl IntoIterator<Item = &'a [f64]>) -> Option<(f64, usize)> {
    let (mut sum, mut freedom) = (0.0, 0);
    for group in groups.into_iter().filter(|group| !group.is_empty()) {
        sum += squares(group);
        freedom += group.len() - 1;
    }
    (freedom > 0).then(|| (sum / freedom as f64, freedom))
}

/// The sum of the squared distances from the mean.
pub(crate) fn squares(values: &[f64]) -> f64 {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    values.iter().map(|value| (value - mean).powi(2)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_say_together_how_much_trainings_vary() {
        assert_eq!(pooled_variance([[80.0, 82.0].as_slice(), &[70.0], &[60.0, 60.0, 63.0]]), Some((8.0 / 3.0, 3)));
        assert_eq!(pooled_variance([[80.0].as_slice(), &[]]), None);
    }
}
