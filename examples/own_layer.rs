//! Your own block, built from existing layers: that of GhostNet, which computes half of its channels from the other half by a cheap
//! depthwise convolution. It runs on every engine without changes, and this program compares it with the plain block.
//!
//! ```text
//! cargo run --release --example own_layer
//! ```

use zeronas_proxies::engine::{CandleEngine, FusedEngine, FusedSettings};
use zeronas_proxies::network::{
    Activation, BatchNorm, Concat, Conv, GlobalAverage, LayerId, Linear, Network, NetworkBuilder, Op, Shape,
};
use zeronas_proxies::{Batch, Protocol, Result, Scorer, proxy};

/// Convolution, batch norm, ReLU. Every layer has a name, which determines its initial weights.
fn plain(net: &mut NetworkBuilder, name: &str, conv: Conv, input: LayerId) -> Result<LayerId> {
    let conv = net.add(format!("{name}.conv"), Op::Conv(conv), &[input])?;
    let norm = net.add(format!("{name}.bn"), Op::BatchNorm(BatchNorm::new()), &[conv])?;
    net.add(format!("{name}.relu"), Op::Activation(Activation::Relu), &[norm])
}

/// A 3x3 convolution to half of the channels at stride 2; the other half is computed from these, channel by channel.
fn ghost(net: &mut NetworkBuilder, name: &str, channels: usize, input: LayerId) -> Result<LayerId> {
    let half = channels / 2;
    let primary = plain(net, &format!("{name}.primary"), Conv::same(half, 3, 2), input)?;
    let cheap = plain(net, &format!("{name}.cheap"), Conv::same(half, 3, 1).grouped(half), primary)?;
    net.add(format!("{name}.concat"), Op::Concat(Concat), &[primary, cheap])
}

/// Three blocks and a linear classifier.
fn network(of_ghosts: bool) -> Result<Network> {
    let mut net = NetworkBuilder::new(Shape::new(3, 32, 32))?;
    let mut value = net.input();
    for (name, channels) in [("block0", 16), ("block1", 32), ("block2", 64)] {
        value = match of_ghosts {
            true => ghost(&mut net, name, channels, value)?,
            false => plain(&mut net, name, Conv::same(channels, 3, 2), value)?,
        };
    }
    let pooled = net.add("head.pool", Op::GlobalAverage(GlobalAverage), &[value])?;
    let logits = net.add("head.fc", Op::Linear(Linear::new(10)), &[pooled])?;
    net.finish(logits)
}

/// Prints the parameters and scores of both networks, and checks that the engines agree on them.
pub fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
    let batch = Batch::noise(16, Shape::new(3, 32, 32), "images", 0);
    let proxies = || proxy::find(&["naswot", "synflow"]);
    let mut fast = Scorer::new(proxies()?, Protocol::default(), FusedEngine::new(FusedSettings::default()));
    let mut reference = Scorer::new(proxies()?, Protocol::default(), CandleEngine::cpu());
    for (name, of_ghosts) in [("plain", false), ("ghost", true)] {
        let net = network(of_ghosts)?;
        println!("{name}  {} parameters, {} FLOPs", net.parameter_count(), net.flops());
        let pairs = fast.score(&net, &[&batch], 0)?.into_iter().zip(reference.score(&net, &[&batch], 0)?);
        for (score, other) in pairs {
            let (Some(value), Some(other)) = (score.value, other.value) else { continue };
            assert!((value - other).abs() <= 1e-3 * other.abs(), "{}: {value} and {other}", score.proxy);
            println!("{name}  {}  {value:.3}", score.proxy);
        }
    }
    Ok(())
}
