//! Your own proxy next to one that comes with zeronas: both observe the same pass.
//!
//! ```text
//! cargo run --release --example own_proxy
//! ```

use std::sync::Arc;
use zeronas::space;
use zeronas_proxies::engine::{FusedEngine, FusedSettings, Observer, Values, Watch};
use zeronas_proxies::network::{Network, Parameter, Role};
use zeronas_proxies::proxy::{self, Cost, Direction, Measured, Measurement, Needs, PassKind, Proxy, ProxyInfo, Scale};
use zeronas_proxies::{Batch, Protocol, Scorer, Status};

/// The largest gradient of any weight.
struct LargestGradient;

impl Proxy for LargestGradient {
    fn info(&self) -> ProxyInfo {
        ProxyInfo {
            name: "largest_gradient",
            direction: Direction::Higher,
            scale: Scale::Linear,
            cost: Cost::Backward,
            summary: "the largest gradient of any weight",
            source: "an example",
        }
    }

    fn needs(&self) -> Needs {
        Needs::Passes(&[PassKind::Data], Watch { weight_gradients: true, ..Watch::default() })
    }

    fn measure(&self, _net: &Network) -> Box<dyn Measurement> {
        Box::new(Largest(0.0))
    }
}

/// The largest gradient of one network so far.
struct Largest(f64);

impl Observer for Largest {
    // Called for every parameter, while the backward pass goes by.
    fn weight(&mut self, parameter: &Parameter, _value: Values<'_>, gradient: Values<'_>) {
        if parameter.role == Role::Weight {
            self.0 = (0..gradient.len()).map(|i| gradient.get(i).abs()).fold(self.0, f64::max);
        }
    }
}

impl Measurement for Largest {
    fn finish(self: Box<Self>) -> Measured {
        // A status says why there is no value; here a network whose loss does not depend on its weights.
        if self.0 > 0.0 { Ok(self.0) } else { Err(Status::Zero) }
    }
}

/// Prints both scores of one architecture.
pub fn main() -> Result<(), Box<dyn std::error::Error>> {
    let space = space::find("nats-tss", &[("channels", 8), ("cells", 1)])?;
    let arch =
        space.parse("|nor_conv_3x3~0|+|nor_conv_3x3~0|skip_connect~1|+|none~0|nor_conv_1x1~1|nor_conv_3x3~2|")?;
    let network = space.network(&arch)?;
    let batch = Batch::noise(16, network.input_shape(), "images", 0);

    let proxies: Vec<Arc<dyn Proxy>> =
        proxy::find_among(&["largest_gradient", "grad_norm"], &[Arc::new(LargestGradient)])?;
    let mut scorer = Scorer::new(proxies, Protocol::default(), FusedEngine::new(FusedSettings::default()));
    for score in scorer.score(&network, &[&batch], 0)? {
        println!("{}  {:?}  {}", score.proxy, score.value, score.status);
    }
    Ok(())
}
