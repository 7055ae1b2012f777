//! A trained network's predictions for the test images, and its mistakes.

use crate::device::Device;
use crate::export::from_training;
use crate::listener::Stop;
use crate::predict::{likeliest, logits_of};
use crate::train::loader::plain_batch;
use crate::{Error, Result};
use std::path::Path;
use std::sync::atomic::Ordering;
use zeronas_datasets::ImageSet;
use zeronas_datasets::image::Normaliser;
use zeronas_proxies::engine::FusedSettings;

/// Images held in memory at a time. The number changes no result.
const AT_ONCE: usize = 64;

/// A network's predictions for the test images.
pub(super) struct Judged {
    /// The names of the classes.
    pub classes: Vec<String>,
    /// The confusion matrix: how many images of each class (first index) were predicted as each class (second index).
    pub taken: Vec<Vec<usize>>,
    /// The misclassified images, those with the most confident predictions first.
    pub wrong: Vec<Wrong>,
}

/// A misclassified image.
pub(super) struct Wrong {
    /// Its place in the set.
    pub image: usize,
    pub is: usize,
    pub taken_for: usize,
    /// The probability that the network gives to the wrong class.
    pub probability: f64,
}

impl Judged {
    /// Runs the network of a training on these images, on the CPU.
    pub fn of(trained: &Path, test: &ImageSet, settings: FusedSettings, stop: &Stop) -> Result<Self> {
        let model = from_training(trained)?;
        let preparation =
            model.preparation.as_ref().ok_or_else(|| Error::Internal("a training without its images".into()))?;
        let classes: Vec<String> = (0..model.network.classes()).map(|class| preparation.class_name(class)).collect();
        let mut judged = Judged { taken: vec![vec![0; classes.len()]; classes.len()], classes, wrong: Vec::new() };
        let normaliser = Normaliser::from(preparation.statistics);
        let mut engine = Device::Cpu.open()?.engine(settings);
        for index in 0..test.len().div_ceil(AT_ONCE) {
            if stop.load(Ordering::Relaxed) {
                return Err(Error::Interrupted { done: index * AT_ONCE, total: test.len(), what: "test images" });
            }
            let batch = plain_batch(test, &normaliser, AT_ONCE, index)?;
            let logits = logits_of(&model, engine.as_mut(), &batch)?;
            for (place, logits) in logits.chunks_exact(judged.classes.len()).enumerate() {
                judged.add(index * AT_ONCE + place, test.label(index * AT_ONCE + place) as usize, logits);
            }
        }
        judged.wrong.sort_by(|a, b| b.probability.total_cmp(&a.probability));
        Ok(judged)
    }

    fn add(&mut self, image: usize, is: usize, logits: &[f64]) {
        let (taken_for, probabilities) = likeliest(logits);
        self.taken[is][taken_for] += 1;
        if taken_for != is {
            self.wrong.push(Wrong { image, is, taken_for, probability: probabilities[taken_for] });
        }
    }

    /// Returns the number of correctly classified images, and of all images.
    pub fn right(&self) -> [usize; 2] {
        let all = self.taken.iter().flatten().sum();
        [(0..self.classes.len()).map(|class| self.taken[class][class]).sum(), all]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_are_counted_and_the_surest_mistakes_come_first() {
        let classes = ["ape", "bee", "cat"].map(String::from).to_vec();
        let mut judged = Judged { taken: vec![vec![0; 3]; 3], classes, wrong: Vec::new() };
        for (image, is, logits) in
            [(0, 0, [2.0, 1.0, 0.0]), (1, 0, [0.0, 0.5, 0.0]), (2, 2, [1.0, 1.0, 0.0]), (3, 1, [0.0, 9.0, 9.0])]
        {
            judged.add(image, is, &logits);
        }
        assert_eq!(judged.taken, [[1, 1, 0], [0, 1, 0], [1, 0, 0]]);
        assert_eq!(judged.right(), [2, 4]);
        let wrong: Vec<_> = judged.wrong.iter().map(|wrong| (wrong.image, wrong.is, wrong.taken_for)).collect();
        assert_eq!(wrong, [(1, 0, 1), (2, 2, 0)]);
        assert!((judged.wrong[1].probability - 1.0 / (2.0 + (-1.0_f64).exp())).abs() < 1e-12);
    }
}
