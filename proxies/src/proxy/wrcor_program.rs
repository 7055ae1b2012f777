//! `wrcor_program`: `wrcor` as its authors' program computes it.
//!
//! ```text
//! K     = that of `wrcor`, but of a ReLU in a ReLU-conv-bn block |P(A_u)| counts twice, and |P| of the loss gradient by the
//!         convolution's output comes on top; of any other ReLU in such a network the output stands for the input
//! score = ln | det K |
//! ```
//!
//! The program looks for `ReLU` in the names of module classes, which finds the blocks called `ReLUConvBN` as well as the ReLU inside each
//! of them, and the head's ReLU works in place. The blocks of NAS-Bench-101 are conv-bn-ReLU and have another name: there the score
//! equals that of `wrcor`. The two cases are told apart by the network's graph.

use super::wrcor::{Kernel, outputs_and_gradients};
use super::{Cost, Direction, Measurement, Needs, Proxy, ProxyInfo, Scale};
use crate::network::Network;

/// Weighted correlations of activations and gradients, blocks taken for ReLUs.
pub struct WrCorProgram;

impl Proxy for WrCorProgram {
    fn info(&self) -> ProxyInfo {
        ProxyInfo {
            name: "wrcor_program",
            direction: Direction::Higher,
            scale: Scale::Linear,
            cost: Cost::Backward,
            summary: "wrcor with ReLU-conv-bn blocks taken for ReLUs as well",
            source: "Jing et al. 2024, WRCor (the published program)",
        }
    }

    fn needs(&self) -> Needs {
        outputs_and_gradients()
    }

    fn measure(&self, net: &Network) -> Box<dyn Measurement> {
        Box::new(Kernel::of_program(net))
    }
}
