//! An observer of an engine: the share of active units of each ReLU, layer by layer, in one forward pass.
//!
//! ```text
//! cargo run --release --example observer
//! ```

use zeronas::space;
use zeronas_proxies::Batch;
use zeronas_proxies::engine::{
    BitMatrix, Engine, FusedEngine, FusedSettings, Normalisation, Observer, Pass, Precision, Watch, Watcher,
};
use zeronas_proxies::network::{Init, LayerId, Weights};

/// The share of active units of each ReLU, in the order in which they run.
#[derive(Default)]
struct Active(Vec<(LayerId, f64)>);

impl Observer for Active {
    // One row per image, one bit per unit.
    fn relu_codes(&mut self, layer: LayerId, codes: &BitMatrix) {
        let on: u32 = (0..codes.rows()).flat_map(|row| codes.row(row)).map(|word| word.count_ones()).sum();
        self.0.push((layer, f64::from(on) / (codes.rows() * codes.columns()) as f64));
    }
}

/// Prints a line per ReLU.
pub fn main() -> Result<(), Box<dyn std::error::Error>> {
    let space = space::find("nats-tss", &[("channels", 8), ("cells", 1)])?;
    let arch =
        space.parse("|nor_conv_3x3~0|+|nor_conv_3x3~0|skip_connect~1|+|none~0|nor_conv_1x1~1|nor_conv_3x3~2|")?;
    let network = space.network(&arch)?;
    let weights = Weights::initialise(&network, Init::TorchDefault, 0);
    let batch = Batch::noise(16, network.input_shape(), "images", 0);

    let mut active = Active::default();
    let watch = Watch { relu_codes: true, ..Watch::default() };
    let pass = Pass { batch: &batch, normalisation: Normalisation::Batch, precision: Precision::F32 };
    let mut engine = FusedEngine::new(FusedSettings::default());
    engine.run(&network, &weights, &pass, &mut [Watcher::new(watch, &mut active)])?;

    for (layer, share) in active.0 {
        println!("{:<30} {:.1} % of units on", network.layer(layer).name, 100.0 * share);
    }
    Ok(())
}
