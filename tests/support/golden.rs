//! Reference cases: networks with the values that plain PyTorch computed for them in float64.
//!
//! `tests/golden/README.md` says where they come from and what the lines of its files hold.

use super::rounding;
use serde_json::Value;
use zeronas::space::nb101::{Module, Operation};
use zeronas::space::{NatsSss, NatsTss, Nb101, SearchSpace};
use zeronas_proxies::engine::{
    CandleEngine, Engine, FusedEngine, FusedSettings, Normalisation, Objective, Observer, Pass, Precision, Watch,
    Watcher,
};
use zeronas_proxies::network::{Init, Network, Shape, Weights};
use zeronas_proxies::proxy::naswot::Kernel;
use zeronas_proxies::proxy::{Measured, zen};
use zeronas_proxies::{Batch, Protocol, Score, Scorer, Status, proxy};
use zeronas_random::Stream;

/// The proxies that have reference values.
pub const PROXIES: [&str; 16] = [
    "naswot",
    "naswot_bayeswatch",
    "synflow",
    "synflow_bn",
    "synflow_reduce_bn",
    "grad_norm",
    "grad_norm_global",
    "snip",
    "plain",
    "fisher",
    "grasp",
    "jacob_cov",
    "zico",
    "l2_norm",
    "params",
    "flops",
];

/// One golden case with its network and minibatch rebuilt.
pub struct Case {
    pub name: String,
    pub json: Value,
    pub net: Network,
    /// Two minibatches; proxies that take only one take the first.
    pub batches: [Batch; 2],
    pub init: Init,
    pub seed: u64,
}

/// The engines that all cases run on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tested {
    Candle,
    Fused,
    FusedExact,
    /// The engine for CUDA devices, its kernels on the CPU.
    Emulated,
}

/// The largest number of multiply-accumulates, over all images of a case, with which the case runs on the emulation.
const EMULATED: u64 = 150_000_000;

impl Tested {
    /// Those that every machine has.
    pub const ANYWHERE: [Tested; 3] = [Tested::Candle, Tested::Fused, Tested::FusedExact];

    /// The cases that this engine runs: all of them; only small ones of every space for the emulation, which is slow.
    pub fn cases(self) -> Vec<Case> {
        let work = |case: &Case| case.net.flops() * case.batches[0].size() as u64;
        Case::all().into_iter().filter(|case| self != Tested::Emulated || work(case) <= EMULATED).collect()
    }

    pub fn engine(self) -> Box<dyn Engine> {
        match self {
            Tested::Emulated => super::emulated(1 << 33),
            Tested::Candle => Box::new(CandleEngine::cpu()),
            Tested::Fused => Box::new(FusedEngine::new(FusedSettings::default())),
            Tested::FusedExact => Box::new(FusedEngine::new(FusedSettings { exact: true, threads: 1 })),
        }
    }
}

/// Parses a number, which is written as a number or as "inf", "-inf" or "nan".
pub fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| value.as_str().unwrap().parse().unwrap())
}

impl Case {
    fn new(line: &str) -> Case {
        let json: Value = serde_json::from_str(line).unwrap();
        let net = network(&json["network"]);
        let init = match json["init_scheme"].as_str().unwrap() {
            "unit" => Init::KaimingUniform,
            "perturbed" => Init::Perturbed,
            other => panic!("unknown scheme {other}"),
        };
        let seed = json["seed"].as_u64().unwrap();
        let images = json["batch"].as_u64().unwrap() as usize;
        Case {
            name: json["name"].as_str().unwrap().into(),
            batches: [0, 1].map(|index| synthetic(index, images, seed, net.classes() as u64)),
            json,
            net,
            init,
            seed,
        }
    }

    /// All cases.
    pub fn all() -> Vec<Case> {
        let files = [
            include_str!("../golden/nb101.jsonl"),
            include_str!("../golden/sss.jsonl"),
            include_str!("../golden/tss.jsonl"),
        ];
        files.into_iter().flat_map(str::lines).map(Case::new).collect()
    }

    /// The reference value of a proxy.
    pub fn expected(&self, proxy: &str) -> f64 {
        let key = match proxy {
            "flops" => "flops_natsbench",
            // NAS-Bench-101 has no blocks between stages, and no ReLU that is counted twice.
            "synflow_reduce_bn" if self.json["network"]["space"] == "nb101" => "synflow",
            "naswot_bayeswatch" if self.json["network"]["space"] == "nb101" => "naswot",
            proxy => proxy,
        };
        number(&self.json["proxies"][key])
    }

    /// Returns the logits of the case's minibatch; the observer receives the distances between ReLU codes.
    pub fn run(&self, engine: Tested, precision: Precision, observer: &mut dyn Observer) -> Vec<f64> {
        let pass = Pass { batch: &self.batches[0], normalisation: Normalisation::Batch, precision };
        let watcher = Watcher::new(Watch { relu_distances: true, ..Watch::default() }, observer);
        let weights = Weights::initialise(&self.net, self.init, self.seed);
        engine.engine().run(&self.net, &weights, &pass, &mut [watcher]).unwrap().logits
    }

    /// Mean cross entropy.
    pub fn loss(&self, logits: &[f64]) -> f64 {
        Objective::CrossEntropy.evaluate(logits, self.batches[0].labels()).0
    }

    /// `zen` on the case's weights and images.
    pub fn zen(&self, engine: Tested, precision: Precision) -> Measured {
        let weights = Weights::initialise(&self.net, self.init, self.seed);
        zen::on(engine.engine().as_mut(), &self.net, &weights, self.batches.each_ref(), precision).unwrap()
    }

    /// Checks everything in 64 bits: loss, logits, codes, and the proxies.
    pub fn check_in_float64(&self, engine: Tested) {
        let mut kernel = Kernel::default();
        let got = self.run(engine, Precision::F64, &mut kernel);
        let name = format!("{engine:?}, {}", self.name);
        assert_close(&name, "loss", self.loss(&got), self.expected("loss"), 1e-9);
        let logits: Vec<f64> = self.json["logits"]
            .as_array()
            .unwrap()
            .iter()
            .flat_map(|row| row.as_array().unwrap().iter().map(number))
            .collect();
        let largest = logits.iter().fold(0.0f64, |largest, logit| largest.max(logit.abs()));
        for (got, expected) in got.iter().zip(&logits) {
            assert!((got - expected).abs() <= 1e-9 * largest, "{name}: logit {got}, expected {expected}");
        }
        let pairs: Vec<u64> = serde_json::from_value(self.json["naswot_pairs"].clone()).unwrap();
        let upper = kernel.matrix().into_iter().enumerate().flat_map(|(i, row)| row.into_iter().skip(i));
        assert_eq!(upper.collect::<Vec<u64>>(), pairs, "{name}");
        let limit = |proxy: &str| if ["grasp", "zico"].contains(&proxy) { 1e-7 } else { 1e-9 };
        check_scores(self, engine, Precision::F64, limit);
        check_zen(self, engine, Precision::F64, 1e-9);
    }

    /// Scores the case with these proxies.
    pub fn scores(&self, engine: Tested, proxies: &[&str], precision: Precision) -> Vec<Score> {
        let protocol = Protocol { init: self.init, precision };
        let mut scorer = Scorer::new(proxy::find(proxies).unwrap(), protocol, engine.engine());
        scorer.score(&self.net, &self.batches.each_ref(), self.seed).unwrap()
    }
}

/// The allowed error of a proxy in 32 bits.
pub fn limit_in_float32(proxy: &str) -> f64 {
    match proxy {
        "naswot" | "naswot_bayeswatch" => 5e-6,
        "grad_norm" | "grad_norm_global" | "snip" | "fisher" | "grasp" => 2e-2,
        "plain" | "jacob_cov" => 1e-3,
        "l2_norm" => 1e-6,
        "zico" => 5e-2,
        _ => 1e-9,
    }
}

/// Builds the network that a case describes.
fn network(json: &Value) -> Network {
    let field = |key: &str| json[key].as_u64().unwrap() as usize;
    let build = |space: &dyn SearchSpace, arch: &str| space.network(&space.parse(arch).unwrap()).unwrap();
    match json["space"].as_str().unwrap() {
        "tss" => {
            let space = NatsTss { channels: field("C"), cells: field("N"), classes: field("classes"), resolution: 32 };
            build(&space, json["arch"].as_str().unwrap())
        }
        "sss" => {
            let widths: Vec<String> = json["channels"].as_array().unwrap().iter().map(Value::to_string).collect();
            build(&NatsSss { classes: field("classes"), resolution: 32 }, &widths.join(":"))
        }
        "nb101" => {
            let (stem, stacks, modules) = (field("stem"), field("stacks"), field("modules"));
            let space = Nb101 { stem, stacks, modules, classes: field("classes"), resolution: 32 };
            space.network_of(&module(json)).unwrap()
        }
        other => panic!("unknown space {other}"),
    }
}

/// The cell of an nb101 case; one of them has more edges than the benchmark allows.
fn module(json: &Value) -> Module {
    let matrix: Vec<Vec<u8>> = serde_json::from_value(json["matrix"].clone()).unwrap();
    let ops: Vec<String> = serde_json::from_value(json["ops"].clone()).unwrap();
    let operation = |name: &String| Operation::ALL.into_iter().find(|operation| operation.name() == name).unwrap();
    let ops: Vec<Operation> = ops[1..ops.len() - 1].iter().map(operation).collect();
    let pairs = (0..matrix.len()).flat_map(|to| (0..to).map(move |from| (from, to)));
    let edges = pairs.enumerate().map(|(place, (from, to))| u32::from(matrix[from][to]) << place).sum();
    Module::new(matrix.len(), edges, &ops).unwrap()
}

/// The generator's images and labels, as the golden README defines them (`input.0`, `input.0.block`, `labels.0`).
fn synthetic(index: usize, images: usize, seed: u64, classes: u64) -> Batch {
    let stream = |name: &str| Stream::new(&name.replace('#', &index.to_string()), seed);
    let (pixel, block) = (stream("input.#"), stream("input.#.block"));
    let values = (0..images * 3 * 32 * 32).map(|i| {
        let (plane, h, w) = (i / 1024, i / 32 % 32, i % 32);
        let v = block.uniform(((plane * 4 + h / 8) * 4 + w / 8) as u64);
        (0.75 * (2.0 * pixel.uniform(i as u64) - 1.0) + 1.5 * (2.0 * v - 1.0)) as f32
    });
    let labels = stream("labels.#");
    let labels = (0..images as u64).map(|i| labels.below(i, classes) as u32);
    Batch::new(values.collect(), labels.collect(), Shape::new(3, 32, 32)).unwrap()
}

/// Fails if the relative error is above `limit`.
pub fn assert_close(name: &str, what: &str, got: f64, expected: f64, limit: f64) {
    let error = (got - expected).abs() / expected.abs().max(f64::MIN_POSITIVE);
    assert!(got == expected || error <= limit, "{name}: {what} is {got:e}, expected {expected:e}, off by {error:e}");
}

/// Compares all proxies, and returns the relative error of each with a value to compare. If the reference is not finite, the score must
/// have the status that explains it. In f32, the errors of differences of large terms are relative to these terms: of `plain` to
/// `snip`, of `grasp` to the sum of the layers' sizes.
pub fn check_scores(
    case: &Case,
    engine: Tested,
    precision: Precision,
    limit: impl Fn(&str) -> f64,
) -> Vec<(&'static str, f64)> {
    let name = format!("{engine:?}, {}", case.name);
    let mut errors = Vec::new();
    for score in case.scores(engine, &PROXIES, precision) {
        // The two gradients are equal but for rounding.
        if score.proxy == "zico" && !case.net.is_connected() {
            continue;
        }
        let expected = case.expected(score.proxy);
        let Some(got) = score.value else {
            let reason = match score.proxy {
                // A row of zeros has no correlation with another; the reference has zeros where no gradient comes.
                "jacob_cov" if expected.is_nan() => Status::Disconnected,
                _ if expected == f64::NEG_INFINITY => Status::Singular,
                proxy => panic!("{name}: {proxy} is {}, not {expected:e}", score.status),
            };
            assert_eq!(score.status, reason, "{name}: {}", score.proxy);
            continue;
        };
        let size = match (score.proxy, precision) {
            ("plain", Precision::F32) => case.expected("snip"),
            ("grasp", Precision::F32) => case.json["grasp_size"].as_f64().unwrap_or(f64::NAN),
            _ => expected.abs(),
        };
        let error = if got == expected { 0.0 } else { (got - expected).abs() / size };
        let limit = match score.proxy {
            "synflow_bn" => rounding::limit_of_synflow_bn(case, engine),
            proxy => Some(limit(proxy)),
        };
        let Some(limit) = limit else { continue };
        assert!(error <= limit, "{name}: {} is {got:e}, not {expected:e}: off by {error:e}", score.proxy);
        if score.proxy == "synflow" {
            assert_eq!(score.ln_value, Some(got).filter(|&value| value > 0.0).map(f64::ln), "{name}");
        }
        errors.push((score.proxy, error));
    }
    errors
}

/// Compares `zen` on given weights. A reference of minus infinity stands for features that do not depend on the images.
pub fn check_zen(case: &Case, engine: Tested, precision: Precision, limit: f64) {
    let (name, expected) = (format!("{engine:?}, {}", case.name), case.expected("zen"));
    match case.zen(engine, precision) {
        Ok(got) => assert_close(&name, "zen", got, expected, limit),
        Err(status) => assert_eq!((status, expected), (Status::Zero, f64::NEG_INFINITY), "{name}"),
    }
}
