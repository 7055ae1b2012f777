//! The entropies of the features between a network's blocks, from which two of AZ-NAS's proxies are computed.

use super::{Measured, Measurement, Needs, PassKind};
use crate::engine::{Observer, View, Watch};
use crate::network::Network;
use crate::score::Status;
use nalgebra::DMatrix;

/// What AZ-NAS adds to a share before it takes its logarithm.
const SMALL: f64 = 1e-8;

/// The pass that shows the features whose entropies are measured.
pub(super) fn boundaries() -> Needs {
    Needs::Passes(&[PassKind::NormalImages], Watch { boundaries: true, ..Watch::default() })
}

/// A score computed from the entropies, in nats, at all boundaries of a network in order. There is none where features do not vary.
pub(super) struct Entropies<F> {
    score: F,
    boundaries: Vec<Measured>,
}

impl<F: Fn(&[f64]) -> Measured> Entropies<F> {
    /// A measurement of `net` that has seen nothing yet.
    pub fn of(net: &Network, score: F) -> Self {
        Entropies { score, boundaries: vec![Err(Status::Constant); net.boundaries().len()] }
    }
}

impl<F: Fn(&[f64]) -> Measured> Observer for Entropies<F> {
    fn boundary(&mut self, boundary: usize, value: &View<'_>) {
        let channels = value.shape().channels;
        self.boundaries[boundary] = entropy(channels, value.covariance());
    }
}

impl<F: Fn(&[f64]) -> Measured> Measurement for Entropies<F> {
    fn finish(self: Box<Self>) -> Measured {
        let entropies = self.boundaries.into_iter().collect::<Result<Vec<f64>, Status>>()?;
        (self.score)(&entropies)
    }
}

/// Entropy of the eigenvalues of a covariance matrix, each as a share of their sum.
fn entropy(channels: usize, covariance: Vec<f64>) -> Measured {
    let total: f64 = (0..channels).map(|c| covariance[c * channels + c]).sum();
    if total == 0.0 {
        return Err(Status::Constant);
    }
    if !total.is_finite() {
        return Err(Status::Overflow);
    }
    let eigenvalues = DMatrix::from_vec(channels, channels, covariance).symmetric_eigenvalues();
    // Rounding may make eigenvalues negative.
    let shares = eigenvalues.iter().map(|value| value.max(0.0) / total);
    Ok(shares.map(|share| -share * (share + SMALL).ln()).sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_independent_channels_have_the_largest_entropy() {
        let largest = entropy(4, DMatrix::<f64>::identity(4, 4).as_slice().to_vec()).unwrap();
        assert!((largest - 4f64.ln()).abs() < 1e-7, "{largest}");
        let one = entropy(2, vec![1.0, 1.0, 1.0, 1.0]).unwrap();
        assert!(one.abs() < 1e-7, "{one}");
        assert_eq!(entropy(2, vec![0.0; 4]), Err(Status::Constant));
    }
}
