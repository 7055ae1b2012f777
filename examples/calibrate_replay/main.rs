//! Replays `zeronas calibrate` on tables that contain all accuracies.
//!
//! ```text
//! cargo run --release --example calibrate_replay -- REPEATS SCORES@TABLE@TARGET[@AGGREGATE] ... > replay.csv
//! ```
//!
//! Samples 10, 20, 50 and 100 networks REPEATS times from each table, as the command does, and ranks all the others by the calibration's
//! choice. This is compared with the number of parameters, FLOPs, the default aggregate, the best candidate, and two predictors on the
//! same features: ridge regression and boosted trees. Where the verdict is that nothing carries signal, parameters take the choice's place.

mod ground;
mod trees;

use ground::{Drawn, Ground};
use rayon::prelude::*;
use std::error::Error;

const NETWORKS: [usize; 4] = [10, 20, 50, 100];

/// The ways to rank that are reported, in this order: see [`Drawn::ways`].
const WAYS: [&str; 7] = ["choice", "params", "flops", "default", "combination", "ridge", "trees"];

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [repeats, grounds @ ..] = &words[..] else { return Err("REPEATS SCORES@TABLE@TARGET[@AGGREGATE] ...".into()) };
    let repeats: u64 = repeats.parse()?;
    print!("ground,target,archs,networks,nothing,right,tau_best");
    WAYS.iter().for_each(|way| print!(",tau_{way},top_{way}"));
    print!(",tau_over_params,tau_over_params_low,tau_over_params_high,worse_by_.02,top_over_params");
    println!(",top_over_params_low,top_over_params_high");
    for words in grounds {
        let ground = Ground::read(words)?;
        for networks in NETWORKS.into_iter().filter(|networks| 2 * networks <= ground.labelled()) {
            let drawn = (0..repeats).into_par_iter().map(|seed| ground.draw(networks, seed));
            line(&ground, networks, &drawn.collect::<Result<Vec<_>, _>>()?);
        }
    }
    Ok(())
}

/// Prints a line of the table.
fn line(ground: &Ground, networks: usize, drawn: &[Drawn]) {
    let mean = |of: &dyn Fn(&Drawn) -> f64| drawn.iter().map(of).sum::<f64>() / drawn.len() as f64;
    let share = |of: &dyn Fn(&Drawn) -> bool| mean(&|one| if of(one) { 1.0 } else { 0.0 });
    // The mean with its 95 % interval over the draws.
    let spread = |of: &dyn Fn(&Drawn) -> f64| {
        let centre = mean(of);
        let variance = mean(&|one| (of(one) - centre).powi(2));
        let half = 1.96 * (variance / (drawn.len() as f64 - 1.0)).sqrt();
        format!("{centre:.4},{:.4},{:.4}", centre - half, centre + half)
    };
    let Ground { name, target, .. } = ground;
    print!("{name},{target},{},{networks}", ground.labelled());
    print!(",{:.3},{:.3},{:.4}", share(&|one| one.nothing), share(&|one| one.right()), mean(&|one| one.best));
    for way in 0..WAYS.len() {
        // The scores may lack the aggregate.
        match drawn.iter().all(|one| one.ways[way].is_some()) {
            true => {
                let of = |one: &Drawn| one.ways[way].unwrap_or_default();
                print!(",{:.4},{:.3}", mean(&|one| of(one).0), mean(&|one| of(one).1));
            }
            false => print!(",,"),
        }
    }
    let over = |one: &Drawn| one.of(0).0 - one.of(1).0;
    let top = |one: &Drawn| one.of(0).1 - one.of(1).1;
    println!(",{},{:.3},{}", spread(&over), share(&|one| over(one) < -0.02), spread(&top));
}
