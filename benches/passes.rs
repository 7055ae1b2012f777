//! The cost of scoring, pass by pass, in CPU seconds of one thread, for the 12 networks of `benches/peer/archs_tss12.txt` or
//! those of the given file, on a mini-batch of 64.
//!
//! `cargo bench --bench passes -- [FILE]`

mod subjects;

use cpu_time::ThreadTime;
use subjects::{Subject, subjects};
use zeronas_proxies::engine::{
    BitMatrix, Distances, Engine, FusedEngine, Normalisation, Objective, Observer, Outcome, Pass, Precision, Watch,
    Watcher,
};
use zeronas_proxies::network::{Init, LayerId, Network, Weights};
use zeronas_proxies::proxy::naswot::Kernel;
use zeronas_proxies::{Batch, Protocol, Scorer, proxy};

const ROUNDS: usize = 5;

struct Blind;

impl Observer for Blind {}

/// Keeps the codes, so that the kernel can be timed separately.
#[derive(Default)]
struct Codes(Vec<(LayerId, BitMatrix)>);

impl Observer for Codes {
    fn relu_codes(&mut self, layer: LayerId, codes: &BitMatrix) {
        self.0.push((layer, codes.clone()));
    }
}

/// Page faults of this process so far, if the system reports them.
fn page_faults() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    stat.rsplit(')').next().and_then(|rest| rest.split_whitespace().nth(7)?.parse().ok()).unwrap_or(0)
}

fn peak_memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or("VmHWM: unknown").to_string()
}

/// Returns the least CPU time of several rounds.
fn least(mut work: impl FnMut()) -> f64 {
    (0..ROUNDS).fold(f64::INFINITY, |least, _| {
        let start = ThreadTime::now();
        work();
        least.min(start.elapsed().as_secs_f64())
    })
}

/// Returns the CPU seconds of: weights, forward pass, ReLU codes, backward pass, naswot's kernel, synflow's pass.
fn passes(Subject { net, batch, .. }: &Subject, engine: &mut FusedEngine) -> [f64; 6] {
    let weights = Weights::initialise(net, Init::default(), 0);
    let codes = Watch { relu_codes: true, ..Watch::default() };
    let both = Watch { weight_gradients: true, ..codes };
    let initialise = least(|| drop(Weights::initialise(net, Init::default(), 0)));
    let forward = least(|| drop(run(engine, net, &weights, data(batch), Watch::default(), &mut Blind)));
    let coded = least(|| drop(run(engine, net, &weights, data(batch), codes, &mut Blind)));
    let backward = least(|| drop(run(engine, net, &weights, data(batch), both, &mut Blind)));
    let mut seen = Codes::default();
    run(engine, net, &weights, data(batch), codes, &mut seen);
    // ReLUs that read the same value share its codes.
    seen.0.dedup_by(|one, other| one.1 == other.1);
    let images = batch.size();
    let mut pairs = vec![0; images * (images - 1) / 2];
    let kernel = least(|| {
        let mut kernel = Kernel::default();
        for (layer, codes) in &seen.0 {
            codes.distances(&mut pairs);
            kernel.relu_distances(*layer, &Distances { images, units: codes.columns(), pairs: &pairs });
        }
    });
    let ones = Batch::ones(batch.shape());
    let flow = Pass { normalisation: Normalisation::Removed, precision: Precision::F64, ..data(&ones) };
    let gradients = Watch { objective: Objective::LogitSum, weight_gradients: true, ..Watch::default() };
    let flow = least(|| drop(run(engine, net, &weights.absolute(), flow, gradients, &mut Blind)));
    [initialise, forward, coded - forward, backward - coded, kernel, flow]
}

fn data(batch: &Batch) -> Pass<'_> {
    Pass { batch, normalisation: Normalisation::Batch, precision: Precision::F32 }
}

fn run(
    engine: &mut FusedEngine,
    net: &Network,
    weights: &Weights,
    pass: Pass<'_>,
    watch: Watch,
    observer: &mut dyn Observer,
) -> Outcome {
    engine.run(net, weights, &pass, &mut [Watcher::new(watch, observer)]).expect("the batch fits")
}

fn main() {
    let subjects = subjects();
    let proxies = proxy::find(&["naswot", "synflow", "grad_norm"]).expect("they exist");
    let mut scorer = Scorer::new(proxies, Protocol::default(), FusedEngine::default());
    let mut rounds = |count: usize| {
        let (start, faults) = (ThreadTime::now(), page_faults());
        for Subject { net, batch, .. } in (0..count).flat_map(|_| &subjects) {
            scorer.score(net, &[batch], 0).expect("scores");
        }
        let seconds = start.elapsed().as_secs_f64() / (count * subjects.len()) as f64;
        (seconds, page_faults() - faults)
    };
    let (first, _) = rounds(1);
    let (steady, faults) = rounds(ROUNDS);
    println!("naswot + synflow + grad_norm: {first:.4} s an architecture the first time, then {steady:.4} s");
    println!("{faults} page faults in {ROUNDS} rounds of {}; {}", subjects.len(), peak_memory());
    drop(scorer);

    let mut engine = FusedEngine::default();
    println!("weights  forward  codes    backward kernel   flow     sum      MFLOP architecture");
    let mut totals = [0.0; 6];
    for subject in &subjects {
        let times = passes(subject, &mut engine);
        totals.iter_mut().zip(times).for_each(|(total, time)| *total += time / subjects.len() as f64);
        print_row(times, &format!("{:<5} {}", subject.net.flops() / 1_000_000, subject.name));
    }
    print_row(totals, "mean");
}

fn print_row(times: [f64; 6], name: &str) {
    times.iter().chain([&times.iter().sum()]).for_each(|time| print!("{time:<8.4} "));
    println!("{name}");
}
