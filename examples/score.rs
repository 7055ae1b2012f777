//! Scores a few architectures of NAS-Bench-201's space with three proxies, on the images that come with zeronas.
//!
//! ```text
//! cargo run --release --example score
//! ```

use zeronas::space;
use zeronas_datasets::{ImageSet, Order, Source};
use zeronas_proxies::engine::{FusedEngine, FusedSettings};
use zeronas_proxies::network::Shape;
use zeronas_proxies::{Batch, Protocol, Scorer, proxy};

/// Prints a line per architecture and proxy.
pub fn main() -> Result<(), Box<dyn std::error::Error>> {
    let space = space::find("nats-tss", &[("channels", 8), ("cells", 1)])?;

    let images = Source::Set(ImageSet::embedded()).minibatch(0, 0, 64, Order::Shuffled)?;
    let batch = Batch::new(images.pixels, images.labels, Shape::new(3, 32, 32))?;

    let engine = FusedEngine::new(FusedSettings::default());
    let proxies = proxy::find(&["naswot", "synflow", "grad_norm"])?;
    let mut scorer = Scorer::new(proxies, Protocol::default(), engine);

    for arch in space::sample(space.as_ref(), space::Sampler::Uniform, 5, 0)? {
        // `None` where no path leads from the images to the output.
        let Some(network) = space.canonical_network(&arch)? else {
            println!("{arch}  disconnected");
            continue;
        };
        for score in scorer.score(&network, &[&batch], 0)? {
            println!("{arch}  {}  {:?}  {}", score.proxy, score.value, score.status);
        }
    }
    Ok(())
}
