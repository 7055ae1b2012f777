//! `vkdnw_dim`: the number of parameter tensors.
//!
//! ```text
//! score = number of parameter tensors of the network as its benchmark writes it, dead ones and all
//! ```
//!
//! VKDNW ranks by this dimension before it looks at `vkdnw`: the aggregate of both is `vkdnw_single`. Static; weights and biases count
//! separately: one for each convolution, two for each batch norm and linear layer. Range: 0 and up.

use super::known::Known;
use super::{Cost, Direction, Measurement, Needs, Proxy, ProxyInfo, Scale};
use crate::network::Network;

/// Number of parameter tensors.
pub struct VkdnwDim;

impl Proxy for VkdnwDim {
    fn info(&self) -> ProxyInfo {
        ProxyInfo {
            name: "vkdnw_dim",
            direction: Direction::Higher,
            scale: Scale::Linear,
            cost: Cost::Static,
            summary: "number of parameter tensors as the benchmark writes the network",
            source: "Tybl & Neumann 2025, VKDNW",
        }
    }

    fn needs(&self) -> Needs {
        Needs::Written
    }

    fn measure(&self, net: &Network) -> Box<dyn Measurement> {
        Box::new(Known(net.parameters().len() as u64))
    }
}
