//! A search strategy in your own loop of ask and tell: evolution towards many multiply-accumulates with few parameters.
//!
//! ```text
//! cargo run --release --example search
//! ```

use std::sync::Arc;
use zeronas::space::{self, Arch, SearchSpace};
use zeronas::strategy::{self, Evaluated, Start};

/// The value of an architecture. Any function will do, such as a training of your own. `None` if it has no value.
fn worth(space: &dyn SearchSpace, arch: &Arch) -> Result<Option<f64>, zeronas::Error> {
    let network = space.canonical_network(arch)?;
    Ok(network.map(|network| network.flops() as f64 / network.parameter_count() as f64))
}

/// Prints the best of two hundred evaluations.
pub fn main() -> Result<(), Box<dyn std::error::Error>> {
    let space: Arc<dyn SearchSpace> = space::as_published("nats-tss")?.into();
    let recipe = strategy::find("rea", &[("population", 20.into())])?;
    let mut search = recipe.start(Start::new(space.clone(), 0, 0))?;

    let mut best: Option<Evaluated> = None;
    let mut evaluations = 0;
    while evaluations < 200 {
        let mut seen = Vec::new();
        for arch in search.ask()? {
            if let Some(value) = worth(space.as_ref(), &arch)? {
                seen.push(Evaluated { arch, objectives: vec![value] });
            }
        }
        evaluations += seen.len();
        search.tell(&seen)?;
        let better = |one: &Evaluated| best.as_ref().is_none_or(|best| one.objectives[0] > best.objectives[0]);
        if let Some(found) = seen.into_iter().filter(better).max_by(|a, b| a.objectives[0].total_cmp(&b.objectives[0]))
        {
            best = Some(found);
        }
    }
    if let Some(Evaluated { arch, objectives }) = best {
        println!("{arch}: {:.1} multiply-accumulates per parameter", objectives[0]);
    }
    Ok(())
}
