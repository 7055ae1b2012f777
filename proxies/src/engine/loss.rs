//! Objectives on the logits. Logits are few, so every engine evaluates objectives here, in f64.

use super::Objective;

impl Objective {
    /// Returns the value of the objective, summed over its rounds, and its gradient with respect to the logits (`labels.len()` x
    /// classes, row-major). Both are zero if the objective is not a function of the logits.
    pub fn evaluate(self, logits: &[f64], labels: &[u32]) -> (f64, Vec<f64>) {
        match self {
            Objective::CrossEntropy => cross_entropy(logits, labels),
            Objective::LogitSum | Objective::ImageLogits | Objective::ClassLogits => {
                (logits.iter().sum(), vec![1.0; logits.len()])
            }
            Objective::Signs => (0.0, vec![0.0; logits.len()]),
        }
    }

    /// The number of backward passes for a batch of `images` images with `logits` logits in total.
    pub(crate) fn rounds(self, images: usize, logits: usize) -> usize {
        match self {
            Objective::ImageLogits => images,
            Objective::ClassLogits => logits / images,
            _ => 1,
        }
    }

    /// The gradient with respect to the logits in one of its rounds.
    pub(crate) fn by_logits(self, round: usize, logits: &[f64], labels: &[u32]) -> Vec<f64> {
        let (_, mut gradient) = self.evaluate(logits, labels);
        let classes = logits.len() / labels.len();
        let counts = |i: usize| match self {
            Objective::ImageLogits => i / classes == round,
            Objective::ClassLogits => i % classes == round,
            _ => true,
        };
        gradient.iter_mut().enumerate().filter(|(i, _)| !counts(*i)).for_each(|(_, g)| *g = 0.0);
        gradient
    }

    /// The directional derivative along `tangent` of the gradient with respect to the logits.
    pub(crate) fn gradient_tangent(self, logits: &[f64], tangent: &[f64], labels: &[u32]) -> Vec<f64> {
        let Objective::CrossEntropy = self else { return vec![0.0; logits.len()] };
        let classes = logits.len() / labels.len();
        let mut moved = Vec::with_capacity(logits.len());
        for (logits, tangent) in logits.chunks_exact(classes).zip(tangent.chunks_exact(classes)) {
            let (_, probabilities) = softmax(logits);
            let mean: f64 = probabilities.iter().zip(tangent).map(|(p, t)| p * t).sum();
            moved.extend(probabilities.iter().zip(tangent).map(|(p, t)| p * (t - mean) / labels.len() as f64));
        }
        moved
    }
}

/// Logarithm of the sum of the logits' exponentials, and each exponential as a share of that sum.
fn softmax(logits: &[f64]) -> (f64, Vec<f64>) {
    let largest = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let powers: Vec<f64> = logits.iter().map(|&x| (x - largest).exp()).collect();
    let total: f64 = powers.iter().sum();
    (total.ln() + largest, powers.into_iter().map(|power| power / total).collect())
}

/// Mean over the batch of `-ln softmax(logits)[label]`.
fn cross_entropy(logits: &[f64], labels: &[u32]) -> (f64, Vec<f64>) {
    let images = labels.len() as f64;
    let mut loss = 0.0;
    let mut gradient = Vec::with_capacity(logits.len());
    for (row, &label) in logits.chunks_exact(logits.len() / labels.len()).zip(labels) {
        let (ln_total, probabilities) = softmax(row);
        loss += ln_total - row[label as usize];
        gradient.extend(probabilities.into_iter().enumerate().map(|(class, probability)| {
            let target = if class == label as usize { 1.0 } else { 0.0 };
            (probability - target) / images
        }));
    }
    (loss / images, gradient)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cross_entropy_of_equal_logits_is_ln_classes() {
        let (loss, gradient) = Objective::CrossEntropy.evaluate(&[5.0; 8], &[0, 3]);
        assert!((loss - 4f64.ln()).abs() < 1e-15);
        assert_eq!(gradient[..4], [-0.375, 0.125, 0.125, 0.125]);
        assert!(gradient[4..].iter().sum::<f64>().abs() < 1e-16);
    }

    #[test]
    fn rounds_differentiate_one_image_or_one_class_each() {
        let (logits, labels) = ([0.0; 6], [0, 1]);
        let rounds = |objective: Objective| {
            let rounds = 0..objective.rounds(2, 6);
            rounds.map(|round| objective.by_logits(round, &logits, &labels)).collect::<Vec<_>>()
        };
        assert_eq!(rounds(Objective::ImageLogits), [[1.0, 1.0, 1.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 1.0, 1.0, 1.0]]);
        let classes = rounds(Objective::ClassLogits);
        assert_eq!(
            classes,
            [[1.0, 0.0, 0.0, 1.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0, 1.0, 0.0], [0.0, 0.0, 1.0, 0.0, 0.0, 1.0]]
        );
    }

    #[test]
    fn cross_entropy_does_not_overflow() {
        let (loss, gradient) = Objective::CrossEntropy.evaluate(&[1e4, -1e4], &[1]);
        assert_eq!(loss, 2e4);
        assert_eq!(gradient, [1.0, -1.0]);
    }
}
