//! The cost of the proxies of NAS-Bench-Suite-Zero compared with `grad_norm` alone, in CPU seconds of one thread, measured
//! alternately, for the 12 networks of `benches/peer/archs_tss12.txt` or those of the given file, on a mini-batch of 64.
//!
//! `cargo bench --bench suite -- [FILE]`

mod subjects;

use cpu_time::ThreadTime;
use subjects::{Subject, subjects};
use zeronas_proxies::engine::FusedEngine;
use zeronas_proxies::{Protocol, Scorer, proxy};

const ROUNDS: usize = 5;

fn main() {
    let subjects = subjects();
    let mut scorers = ["grad_norm", "suite-zero"].map(|name| {
        let proxies = proxy::find(&[name]).expect("they exist");
        Scorer::new(proxies, Protocol::default(), FusedEngine::default())
    });
    // Creates the buffers that are reused from here on.
    for scorer in &mut scorers {
        subjects.iter().for_each(|subject| _ = seconds(scorer, subject));
    }
    println!("CPU seconds, medians of {ROUNDS} rounds in turns");
    println!("grad_norm suite-zero ratio  architecture");
    let mut totals = [0.0; 2];
    for subject in &subjects {
        let rounds: Vec<[f64; 2]> =
            (0..ROUNDS).map(|_| scorers.each_mut().map(|scorer| seconds(scorer, subject))).collect();
        let medians = [0, 1].map(|i| median(rounds.iter().map(|round| round[i]).collect()));
        totals.iter_mut().zip(medians).for_each(|(total, median)| *total += median / subjects.len() as f64);
        print_row(medians, &subject.name);
    }
    print_row(totals, "mean");
}

/// Returns the CPU seconds to score a network.
fn seconds(scorer: &mut Scorer, Subject { net, batch, .. }: &Subject) -> f64 {
    let start = ThreadTime::now();
    scorer.score(net, &[batch], 0).expect("scores");
    start.elapsed().as_secs_f64()
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn print_row([one, all]: [f64; 2], name: &str) {
    println!("{one:<9.4} {all:<10.4} {:<6.2} {name}", all / one);
}
