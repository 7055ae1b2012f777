//! `az_trainability`: whether gradients pass through the blocks of a network without growing or fading.
//!
//! ```text
//! F_i   = value at boundary i of the network: output of the stem (i = 0), then of each block
//! s_i   = random signs like F_i,  g_i = gradient of sum(F_i * s_i) by F_(i-1)
//! M_i   = g_i^T s_i / (images * pixels of F_i), channels x channels; where block i halves the side, the four pixels of g_i that
//!         lie under one of s_i stand side by side as channels
//! t_i   = 2 - sigma - 1 / (sigma + 1e-6), sigma the largest singular value of M_i
//! score = mean over i of t_i
//! ```
//!
//! The images are noise, every pixel N(0, 1), as many as the minibatch has; batch norms use their statistics. The signs are the same
//! for all networks and seeds. AZ-NAS starts from He's normal initialisation, here `--init kaiming-normal`. Range: 0 and below; t_i is
//! about -1e6 for a block through which nothing passes. Status `constant` where a block passes its input on unchanged (AZ-NAS: minus
//! infinity) or the side of its output does not divide that of its input, `undefined` where a network has no blocks.

use super::{Cost, Direction, Measured, Measurement, Needs, PassKind, Proxy, ProxyInfo, Scale};
use crate::engine::{Objective, Observer, Signs, Values, View, Watch};
use crate::network::{Network, Shape};
use crate::score::Status;
use nalgebra::DMatrix;

/// Mean effect of blocks on gradients.
pub struct AzTrainability;

struct Blocks {
    /// Shapes at the boundaries.
    shapes: Vec<Shape>,
    /// t_i of each block, or why there is none.
    terms: Vec<Measured>,
}

impl Proxy for AzTrainability {
    fn info(&self) -> ProxyInfo {
        ProxyInfo {
            name: "az_trainability",
            direction: Direction::Higher,
            scale: Scale::Linear,
            cost: Cost::Backward,
            summary: "whether gradients pass blocks without growing or fading",
            source: "Lee & Ham 2024, AZ-NAS",
        }
    }

    fn needs(&self) -> Needs {
        let watch = Watch { objective: Objective::Signs, boundary_gradients: true, ..Watch::default() };
        Needs::Passes(&[PassKind::NormalImages], watch)
    }

    fn measure(&self, net: &Network) -> Box<dyn Measurement> {
        let boundaries = net.boundaries();
        let shapes = boundaries.iter().map(|&id| net.layer(id).shape).collect();
        Box::new(Blocks { shapes, terms: Vec::new() })
    }
}

impl Observer for Blocks {
    fn boundary_gradient(&mut self, boundary: usize, gradient: &View<'_>) {
        let shape = self.shapes[boundary + 1];
        let signs = Signs::new(boundary + 1, shape).images(0..gradient.images());
        let strides = [shape.len(), 1, shape.width * shape.channels, shape.channels];
        let signs = View::strided(Values::F32(&signs), gradient.images(), shape, strides);
        self.terms.push(term(gradient, &signs));
    }
}

/// t of a block, from the gradient with respect to its input and the signs at its output.
fn term(gradient: &View<'_>, signs: &View<'_>) -> Measured {
    let (input, output) = (gradient.shape(), signs.shape());
    let step = input.height / output.height;
    if (input.height, input.width) != (step * output.height, step * output.width) || gradient.equals(signs) {
        return Err(Status::Constant);
    }
    let places = (0..step).flat_map(|row| (0..step).map(move |column| [row, column]));
    let products: Vec<f64> = places.flat_map(|place| gradient.sampled(step, place).cross(signs)).collect();
    let products = DMatrix::from_row_slice(products.len() / output.channels, output.channels, &products);
    let squares = products.tr_mul(&products).symmetric_eigenvalues();
    let sigma = squares.max().max(0.0).sqrt() / (gradient.images() * output.area()) as f64;
    Ok(2.0 - sigma - 1.0 / (sigma + 1e-6))
}

impl Measurement for Blocks {
    fn finish(self: Box<Self>) -> Measured {
        let terms = self.terms.into_iter().collect::<Result<Vec<f64>, Status>>()?;
        if terms.is_empty() {
            return Err(Status::Undefined);
        }
        Ok(terms.iter().sum::<f64>() / terms.len() as f64)
    }
}
