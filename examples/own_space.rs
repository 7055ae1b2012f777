//! Your own search space: plain networks of three convolutions whose widths are searched, here with regularised evolution.
//!
//! ```text
//! cargo run --release --example own_space
//! ```

use serde_json::{Map, Value};
use std::sync::Arc;
use zeronas::space::{Arch, Encoded, SearchSpace};
use zeronas::strategy::{self, Evaluated, Start};
use zeronas::{Error, Result};
use zeronas_proxies::engine::{FusedEngine, FusedSettings};
use zeronas_proxies::network::{
    Activation, BatchNorm, Conv, GlobalAverage, Linear, Network, NetworkBuilder, Op, Shape,
};
use zeronas_proxies::{Batch, Protocol, Scorer, proxy};

/// Widths that each layer can have.
const WIDTHS: [usize; 4] = [4, 8, 16, 32];

/// Architectures are written as `8-16-32`.
struct Plain {
    classes: usize,
    resolution: usize,
}

impl Plain {
    fn widths(text: &str) -> Result<Vec<usize>> {
        let bad = |reason: String| Error::Architecture { text: text.into(), reason };
        let width = |word: &str| {
            let known = WIDTHS.into_iter().find(|width| width.to_string() == word);
            known.ok_or_else(|| bad(format!("`{word}` is none of the widths {WIDTHS:?}")))
        };
        let widths = text.split('-').map(width).collect::<Result<Vec<usize>>>()?;
        if widths.len() == 3 { Ok(widths) } else { Err(bad(format!("has {} widths, not 3", widths.len()))) }
    }

    fn written(widths: &[usize]) -> Arch {
        Arch::new(widths.iter().map(usize::to_string).collect::<Vec<_>>().join("-"))
    }
}

impl SearchSpace for Plain {
    fn name(&self) -> &str {
        "plain"
    }

    // What all networks of the space have in common.
    fn macro_settings(&self) -> Map<String, Value> {
        let settings = [("classes", self.classes), ("resolution", self.resolution)];
        settings.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect()
    }

    fn read(&self, text: &str) -> Result<Arch> {
        Plain::widths(text).map(|widths| Plain::written(&widths))
    }

    fn network(&self, arch: &Arch) -> Result<Network> {
        let mut net = NetworkBuilder::new(Shape::new(3, self.resolution, self.resolution))?;
        let mut value = net.input();
        for (i, width) in Plain::widths(arch.as_str())?.into_iter().enumerate() {
            value = net.add(format!("block{i}.conv"), Op::Conv(Conv::same(width, 3, 2)), &[value])?;
            value = net.add(format!("block{i}.bn"), Op::BatchNorm(BatchNorm::new()), &[value])?;
            value = net.add(format!("block{i}.relu"), Op::Activation(Activation::Relu), &[value])?;
        }
        let pooled = net.add("head.pool", Op::GlobalAverage(GlobalAverage), &[value])?;
        let logits = net.add("head.fc", Op::Linear(Linear::new(self.classes)), &[pooled])?;
        Ok(net.finish(logits)?)
    }

    // A sequence of choices: this gives the space random draws, mutations, crossovers and neighbours.
    fn encoded(&self) -> Option<&dyn Encoded> {
        Some(self)
    }
}

impl Encoded for Plain {
    fn choices(&self) -> &[usize] {
        const COUNTS: [usize; 3] = [WIDTHS.len(); 3];
        &COUNTS
    }

    fn encode(&self, arch: &Arch) -> Result<Vec<usize>> {
        let place = |width| WIDTHS.iter().position(|&known| known == width).unwrap_or_default();
        Ok(Plain::widths(arch.as_str())?.into_iter().map(place).collect())
    }

    fn decode(&self, choices: &[usize]) -> Option<Arch> {
        Some(Plain::written(&choices.iter().map(|&choice| WIDTHS[choice]).collect::<Vec<_>>()))
    }
}

/// Prints the best architecture by `naswot` of forty evaluations.
pub fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
    let space = Arc::new(Plain { classes: 10, resolution: 32 });
    let batch = Batch::noise(16, Shape::new(3, 32, 32), "images", 0);
    let engine = FusedEngine::new(FusedSettings::default());
    let mut scorer = Scorer::new(proxy::find(&["naswot"])?, Protocol::default(), engine);

    let mut search = strategy::find("rea", &[])?.start(Start::new(space.clone(), 0, 0))?;
    let mut all: Vec<Evaluated> = Vec::new();
    while all.len() < 40 {
        let mut seen = Vec::new();
        for arch in search.ask()? {
            if let Some(value) = scorer.score(&space.network(&arch)?, &[&batch], 0)?[0].value {
                seen.push(Evaluated { arch, objectives: vec![value] });
            }
        }
        search.tell(&seen)?;
        all.extend(seen);
    }
    if let Some(best) = all.iter().max_by(|a, b| a.objectives[0].total_cmp(&b.objectives[0])) {
        println!("{}  naswot {:.1}", best.arch, best.objectives[0]);
    }
    Ok(())
}
