//! Loss and accuracy over the images seen so far.

use serde::{Deserialize, Serialize};
use zeronas_proxies::Batch;
use zeronas_proxies::engine::Objective;

/// Sums over images.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Tally {
    /// Images counted.
    pub images: u64,
    /// Sum of their cross entropies.
    loss: f64,
    /// Images whose class has the largest logit.
    first: u64,
    /// Images whose class is among the five largest logits.
    five: u64,
}

/// A network's output for a batch.
#[derive(Clone, Debug)]
pub struct Looked {
    /// Images x classes, row-major.
    pub logits: Vec<f64>,
    /// Mean cross entropy.
    pub loss: f64,
}

impl Looked {
    /// Computes the loss from the logits.
    pub fn new(logits: Vec<f64>, batch: &Batch) -> Self {
        Looked { loss: Objective::CrossEntropy.evaluate(&logits, batch.labels()).0, logits }
    }
}

/// Loss and accuracy on a set of images.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measures {
    /// Mean cross entropy.
    pub loss: f64,
    /// Images classified correctly, in percent.
    pub accuracy: f64,
    /// Images whose class is among the five likeliest, in percent.
    pub top5: f64,
}

impl Tally {
    /// Counts a batch. Of equal logits the earlier class counts as the larger.
    pub fn add(&mut self, batch: &Batch, looked: &Looked) {
        let classes = looked.logits.len() / batch.size();
        for (logits, &label) in looked.logits.chunks_exact(classes).zip(batch.labels()) {
            let own = logits[label as usize];
            let before = |(class, &logit): (usize, &f64)| logit > own || (logit == own && class < label as usize);
            let place = logits.iter().enumerate().filter(|&entry| before(entry)).count();
            self.first += u64::from(place == 0);
            self.five += u64::from(place < 5);
        }
        self.images += batch.size() as u64;
        self.loss += looked.loss * batch.size() as f64;
    }

    /// The means; `None` before any image.
    pub fn measures(&self) -> Option<Measures> {
        let images = self.images as f64;
        let percent = |count: u64| 100.0 * count as f64 / images;
        (self.images > 0).then(|| Measures {
            loss: self.loss / images,
            accuracy: percent(self.first),
            top5: percent(self.five),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use zeronas_proxies::network::Shape;

    #[test]
    fn the_first_and_the_first_five_count() {
        let batch = |labels: Vec<u32>| {
            let shape = Shape::new(1, 1, 1);
            Batch::new(vec![0.0; labels.len()], labels, shape).unwrap()
        };
        let looked = |logits: &[[f64; 7]], loss| Looked { logits: logits.concat(), loss };
        let falling = [7.0, 6.0, 5.0, 4.0, 3.0, 2.0, 1.0];
        let mut tally = Tally::default();
        assert_eq!(tally.measures(), None);
        tally.add(&batch(vec![0, 4, 5]), &looked(&[falling; 3], 1.0));
        tally.add(&batch(vec![1]), &looked(&[[0.0; 7]], 3.0));
        assert_eq!(tally.measures(), Some(Measures { loss: 1.5, accuracy: 25.0, top5: 75.0 }));
    }
}
