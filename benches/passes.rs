//! What scoring costs, pass by pass, in CPU seconds of one thread: the 12 networks of `shared/peer/archs_tss12.txt` or
//! those of the file given, on a mini-batch of 64.
//!
//! `cargo bench --bench passes -- [FILE]`

use cpu_time::ThreadTime;
use zeronas::space::{NatsTss, SearchSpace, Skeleton};
use zeronas_proxies::engine::{
    BitMatrix, Engine, FusedEngine, Normalisation, Objective, Observer, Outcome, Pass, Precision, Watch,
};
use zeronas_proxies::network::{Init, LayerId, Network, Weights};
use zeronas_proxies::proxy::naswot::Kernel;
use zeronas_proxies::{Batch, Protocol, Scorer, proxy};
use zeronas_random::Stream;

const IMAGES: usize = 64;
const ROUNDS: usize = 5;

struct Blind;

impl Observer for Blind {}

/// Keeps the codes, so that the kernel can be timed alone.
#[derive(Default)]
struct Codes(Vec<(LayerId, BitMatrix)>);

impl Observer for Codes {
    fn relu_codes(&mut self, layer: LayerId, codes: &BitMatrix) {
        self.0.push((layer, codes.clone()));
    }
}

/// Page faults of this process so far, where the system tells.
fn page_faults() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    stat.rsplit(')').next().and_then(|rest| rest.split_whitespace().nth(7)?.parse().ok()).unwrap_or(0)
}

fn peak_memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or("VmHWM: unknown").to_string()
}

/// The least CPU time of several rounds.
fn least(mut work: impl FnMut()) -> f64 {
    (0..ROUNDS).fold(f64::INFINITY, |least, _| {
        let start = ThreadTime::now();
        work();
        least.min(start.elapsed().as_secs_f64())
    })
}

fn run(engine: &mut FusedEngine, net: &Network, weights: &Weights, batch: &Batch, watch: Watch) -> Outcome {
    let pass = Pass {
        batch,
        objective: Objective::CrossEntropy,
        normalisation: Normalisation::Batch,
        precision: Precision::F32,
        watch,
    };
    engine.run(net, weights, &pass, &mut [&mut Blind]).expect("the batch fits")
}

fn main() {
    let path = std::env::args().skip(1).find(|argument| !argument.starts_with("--"));
    let path = path.unwrap_or_else(|| concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/peer/archs_tss12.txt").into());
    let Ok(text) = std::fs::read_to_string(&path) else {
        eprintln!("SKIPPED: no architectures at {path}");
        return;
    };
    let skeleton = Skeleton { channels: 16, cells: 5, classes: 10, resolution: 32 };
    let mut engine = FusedEngine::default();
    let proxies = proxy::find(&["naswot", "synflow", "grad_norm"]).expect("they exist");
    let mut scorer = Scorer::new(proxies, Protocol::default(), FusedEngine::default());
    println!("init     forward  codes    backward K        flow     score    MFLOP architecture");
    let (mut totals, mut count) = ([0.0; 7], 0);
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let arch = NatsTss.parse(line.trim()).expect("an architecture");
        let net = NatsTss.network(&arch, &skeleton).expect("a network");
        let shape = net.input_shape();
        let stream = Stream::new("images", 0);
        let images = (0..IMAGES * shape.len()).map(|i| stream.normal(i as u64) as f32).collect();
        let batch = Batch::new(images, (0..IMAGES as u32).map(|n| n % 10).collect(), shape).expect("a batch");
        let weights = Weights::initialise(&net, Init::default(), 0);
        let codes = Watch { relu_codes: true, ..Watch::default() };
        let both = Watch { weight_gradients: true, ..codes };
        let init = least(|| drop(Weights::initialise(&net, Init::default(), 0)));
        let forward = least(|| drop(run(&mut engine, &net, &weights, &batch, Watch::default())));
        let coded = least(|| drop(run(&mut engine, &net, &weights, &batch, codes)));
        let backward = least(|| drop(run(&mut engine, &net, &weights, &batch, both)));
        let mut seen = Codes::default();
        let pass = Pass {
            batch: &batch,
            objective: Objective::CrossEntropy,
            normalisation: Normalisation::Batch,
            precision: Precision::F32,
            watch: codes,
        };
        engine.run(&net, &weights, &pass, &mut [&mut seen]).expect("the batch fits");
        let kernel = least(|| {
            let mut kernel = Kernel::default();
            seen.0.iter().for_each(|(layer, codes)| kernel.relu_codes(*layer, codes));
        });
        let ones = Batch::ones(shape);
        let flow_pass = Pass {
            batch: &ones,
            objective: Objective::LogitSum,
            normalisation: Normalisation::Removed,
            precision: Precision::F64,
            watch: Watch { weight_gradients: true, ..Watch::default() },
        };
        let flow = least(|| {
            engine.run(&net, &weights.absolute(), &flow_pass, &mut [&mut Blind]).expect("the batch fits");
        });
        let faults = page_faults();
        let score = least(|| drop(scorer.score(&net, &batch, 0).expect("scores")));
        let faults = page_faults() - faults;
        let times = [init, forward, coded - forward, backward - coded, kernel, flow, score];
        for (total, time) in totals.iter_mut().zip(times) {
            *total += time;
            print!("{:<8.4} ", time);
        }
        count += 1;
        println!("{:<5} {} ({faults} page faults)", net.flops() / 1_000_000, line.trim());
    }
    totals.iter().for_each(|total| print!("{:<8.4} ", total / f64::from(count.max(1))));
    println!("mean of {count}; {}", peak_memory());
}
