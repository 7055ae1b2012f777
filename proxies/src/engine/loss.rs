//! Objectives on the logits. They are few numbers, so every engine computes them here, in f64.

use super::Objective;

impl Objective {
    /// Value of the objective and its gradient by the logits (`labels.len()` x classes, row-major).
    pub fn evaluate(self, logits: &[f64], labels: &[u32]) -> (f64, Vec<f64>) {
        match self {
            Objective::CrossEntropy => cross_entropy(logits, labels),
            Objective::LogitSum => (logits.iter().sum(), vec![1.0; logits.len()]),
        }
    }
}

/// Mean over the batch of `-ln softmax(logits)[label]`.
fn cross_entropy(logits: &[f64], labels: &[u32]) -> (f64, Vec<f64>) {
    let images = labels.len() as f64;
    let mut loss = 0.0;
    let mut gradient = Vec::with_capacity(logits.len());
    for (row, &label) in logits.chunks_exact(logits.len() / labels.len()).zip(labels) {
        let largest = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let total: f64 = row.iter().map(|&x| (x - largest).exp()).sum();
        loss += total.ln() + largest - row[label as usize];
        gradient.extend(row.iter().enumerate().map(|(class, &x)| {
            let target = if class == label as usize { 1.0 } else { 0.0 };
            ((x - largest).exp() / total - target) / images
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
    fn cross_entropy_does_not_overflow() {
        let (loss, gradient) = Objective::CrossEntropy.evaluate(&[1e4, -1e4], &[1]);
        assert_eq!(loss, 2e4);
        assert_eq!(gradient, [1.0, -1.0]);
    }
}
