//! `epe_nas`: how similarly the logits react to images of one class.
//!
//! ```text
//! J_n   = d(sum of all logits of the batch) / d(image n)
//! C_c   = correlation matrix of the rows of J of class c, for each class with at least two images
//! e_c   = sum over i, j of ln(|C_c,ij| + k), k = 1e-5
//! score = sum over classes of |e_c|                                    up to 100 classes
//!       = sum over pairs of classes (c, d) of |e_c / n_c - e_d / n_d|, over the number of classes seen, beyond
//! ```
//!
//! The number of classes that selects the formula is that of the network's logits; n_c is the number of images of class c. The score grows
//! with the batch, so only scores with the same batch size are comparable. The published program also counts a class of one image, as
//! 1e-5. Statuses are those of `jacob_cov`; `constant` also where no two images share a class.

use super::jacobian::{Correlation, before, correlation, input_gradient};
use super::{Cost, Direction, Measured, Measurement, Needs, Proxy, ProxyInfo, Scale};
use crate::engine::{Observer, Pass, View};
use crate::network::Network;
use crate::score::Status;
use nalgebra::DMatrix;

/// Correlations between the gradients with respect to images of one class.
pub struct EpeNas;

struct Classes {
    classes: usize,
    labels: Vec<u32>,
    correlation: Correlation,
}

/// k.
const OFFSET: f64 = 1e-5;

/// Largest number of classes for which sums are added up instead of compared.
const FEW: usize = 100;

impl Proxy for EpeNas {
    fn info(&self) -> ProxyInfo {
        ProxyInfo {
            name: "epe_nas",
            direction: Direction::Higher,
            scale: Scale::Linear,
            cost: Cost::Backward,
            summary: "correlations of the gradients by images of one class",
            source: "Lopes et al. 2021, EPE-NAS",
        }
    }

    fn needs(&self) -> Needs {
        input_gradient()
    }

    fn measure(&self, net: &Network) -> Box<dyn Measurement> {
        Box::new(Classes { classes: net.classes(), labels: Vec::new(), correlation: before(net) })
    }
}

impl Observer for Classes {
    fn start(&mut self, pass: &Pass<'_>) {
        self.labels = pass.batch.labels().to_vec();
    }

    fn input_gradient(&mut self, gradient: &View<'_>) {
        if !matches!(self.correlation, Err(Status::Constant)) {
            self.correlation = correlation(gradient);
        }
    }
}

impl Classes {
    /// e_c and n_c of each class with at least two images.
    fn sums(&self, correlation: &DMatrix<f64>) -> Vec<(f64, f64)> {
        let members = |class: usize| (0..self.labels.len()).filter(move |&n| self.labels[n] as usize == class);
        let sums = (0..self.classes).map(|class| {
            let terms =
                members(class).flat_map(|i| members(class).map(move |j| (correlation[(i, j)].abs() + OFFSET).ln()));
            (terms.sum(), members(class).count() as f64)
        });
        sums.filter(|(_, images)| *images > 1.0).collect()
    }
}

impl Measurement for Classes {
    fn finish(self: Box<Self>) -> Measured {
        let sums = self.sums(self.correlation.as_ref().map_err(|status| *status)?);
        if sums.is_empty() {
            return Err(Status::Constant);
        }
        if self.classes <= FEW {
            return Ok(sums.iter().map(|(sum, _)| sum.abs()).sum());
        }
        let means = || sums.iter().map(|(sum, images)| sum / images);
        let differences = means().flat_map(|one| means().map(move |other| (one - other).abs()));
        Ok(differences.sum::<f64>() / sums.len() as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Values;
    use crate::network::Shape;

    /// Expected values from NumPy, J being the pixels below as 5 rows of 12 and y the labels:
    ///
    /// ```text
    /// for c in set(y):
    ///     r = J[y == c]
    ///     if len(r) > 1:
    ///         s = np.sum(np.log(np.abs(np.corrcoef(r)) + 1e-5)); e.append(s / len(r) if classes > 100 else s)
    /// sum(abs(a) for a in e)                                    # classes <= 100
    /// sum(abs(a - b) for a in e for b in e) / len(e)            # else
    /// ```
    #[test]
    fn few_classes_are_added_up_and_many_compared() {
        let pixels: Vec<f64> = (0..60).map(f64::from).map(|i| (i * i * 0.37 + 0.2 * i).sin()).collect();
        let gradient = View::contiguous(Values::F64(&pixels), 5, Shape::new(3, 2, 2));
        for (classes, expected) in [(10, 17.792009414029632), (101, 1.4946227351562493)] {
            let labels = vec![7, 3, 7, 3, 7];
            let seen = Classes { classes, labels, correlation: correlation(&gradient) };
            let got = Box::new(seen).finish().unwrap();
            assert!((got - expected).abs() <= 1e-12 * expected, "{classes} classes: {got}");
        }
    }

    #[test]
    fn classes_of_one_image_and_gradients_of_one_value_are_constant() {
        let finish = |labels, pixels: &[f64]| {
            let gradient = View::contiguous(Values::F64(pixels), 2, Shape::new(2, 1, 1));
            Box::new(Classes { classes: 10, labels, correlation: correlation(&gradient) }).finish()
        };
        assert_eq!(finish(vec![0, 1], &[1.0, 2.0, 4.0, 3.0]), Err(Status::Constant));
        assert_eq!(finish(vec![0, 0], &[1.0, 2.0, 0.3, 0.3]), Err(Status::Constant));
        assert_eq!(finish(vec![0, 0], &[1.0, 2.0, f64::NAN, 0.3]), Err(Status::Overflow));
        assert!(finish(vec![0, 0], &[1.0, 2.0, 4.0, 3.0]).is_ok());
    }
}
