//! `ntk`: condition number of the neural tangent kernel.
//!
//! ```text
//! f_n   = sum of the logits of image n of a minibatch
//! J_n   = gradient of f_n by all weights of convolutions, linear layers and batch norms (their scales)
//! Theta = J J^T, images x images
//! score = largest / smallest eigenvalue of Theta
//! ```
//!
//! Batch norms use the statistics of the minibatch, so J_n depends on all images; one backward pass per image makes this by far
//! the most expensive proxy, and the gradients of all images are held in memory at once. Lower is said to be better. Range: 1 and up,
//! compared by its logarithm. TE-NAS uses 72 images, He's normal initialisation and the mean over three seeds. In 32-bit floats, an
//! eigenvalue below a millionth of the largest is rounding. Status `singular` where the smallest is not positive beyond rounding in
//! 64 bits, as in a network whose logits do not depend on the images; TE-NAS uses 1e5 there.

use super::{Cost, Direction, Measured, Measurement, Needs, PassKind, Proxy, ProxyInfo, Scale};
use crate::engine::{Objective, Observer, Pass, Precision, Values, View, Watch};
use crate::network::{Network, Parameter, Role, Shape};
use crate::score::Status;
use nalgebra::DMatrix;

/// Number of weights summed over at a time, which keeps sums in 32-bit floats short.
const RUN: usize = 1024;

/// Condition number of the kernel of all weights.
pub struct Ntk;

/// Gradients, image by image, each padded with zeros to `len` numbers, a multiple of [`RUN`].
struct Jacobian {
    len: usize,
    images: usize,
    rows: Rows,
}

/// Numbers as the engine computes them.
enum Rows {
    F32(Vec<f32>),
    F64(Vec<f64>),
}

impl Proxy for Ntk {
    fn info(&self) -> ProxyInfo {
        ProxyInfo {
            name: "ntk",
            direction: Direction::Lower,
            scale: Scale::Log,
            cost: Cost::EachImage,
            summary: "condition number of the neural tangent kernel",
            source: "Chen et al. 2021, TE-NAS",
        }
    }

    fn needs(&self) -> Needs {
        let watch = Watch { objective: Objective::ImageLogits, weight_gradients: true, ..Watch::default() };
        Needs::Passes(&[PassKind::Data], watch)
    }

    fn measure(&self, net: &Network) -> Box<dyn Measurement> {
        let counted = net.parameters().iter().filter(|parameter| is_counted(parameter));
        let len = counted.map(Parameter::len).sum::<usize>().next_multiple_of(RUN);
        Box::new(Jacobian { len, images: 0, rows: Rows::F32(Vec::new()) })
    }
}

/// Whether a parameter's name ends in `weight`.
fn is_counted(parameter: &Parameter) -> bool {
    matches!(parameter.role, Role::Weight | Role::Scale { .. })
}

impl Jacobian {
    /// Pads the row of the latest image to its full length.
    fn fill(&mut self) {
        let end = self.images * self.len;
        match &mut self.rows {
            Rows::F32(rows) => rows.resize(end, 0.0),
            Rows::F64(rows) => rows.resize(end, 0.0),
        }
    }
}

impl Observer for Jacobian {
    fn start(&mut self, pass: &Pass<'_>) {
        let room = self.len * pass.batch.size();
        self.rows = match pass.precision {
            Precision::F32 => Rows::F32(Vec::with_capacity(room)),
            Precision::F64 => Rows::F64(Vec::with_capacity(room)),
        };
    }

    fn round(&mut self, round: usize) {
        self.fill();
        self.images = round + 1;
    }

    fn weight(&mut self, parameter: &Parameter, _value: Values<'_>, gradient: Values<'_>) {
        if is_counted(parameter) {
            match (&mut self.rows, gradient) {
                (Rows::F32(rows), Values::F32(gradient)) => rows.extend_from_slice(gradient),
                (Rows::F64(rows), Values::F64(gradient)) => rows.extend_from_slice(gradient),
                (Rows::F32(rows), Values::F64(gradient)) => rows.extend(gradient.iter().map(|&g| g as f32)),
                (Rows::F64(rows), Values::F32(gradient)) => rows.extend(gradient.iter().map(|&g| f64::from(g))),
            }
        }
    }
}

impl Measurement for Jacobian {
    fn finish(mut self: Box<Self>) -> Measured {
        self.fill();
        let Jacobian { len, images, rows } = &*self;
        let values = match rows {
            Rows::F32(rows) => Values::F32(rows),
            Rows::F64(rows) => Values::F64(rows),
        };
        // Images take the place of channels here, and runs of weights that of images.
        let rows = View::strided(values, len / RUN, Shape::new(*images, 1, RUN), [RUN, *len, 0, 1]);
        let kernel = DMatrix::from_vec(*images, *images, rows.squares());
        if kernel.iter().any(|value| !value.is_finite()) {
            return Err(Status::Overflow);
        }
        let eigenvalues = kernel.symmetric_eigenvalues();
        let (smallest, largest) = (eigenvalues.min(), eigenvalues.max());
        if smallest <= *images as f64 * f64::EPSILON * largest {
            return Err(Status::Singular);
        }
        Ok(largest / smallest)
    }
}
