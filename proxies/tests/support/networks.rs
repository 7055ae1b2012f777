//! The cases of `tests/golden/networks.jsonl`.

use serde_json::Value;
use zeronas_proxies::engine::{Engine, Normalisation, Objective, Pass, Precision, Watch, Watcher};
use zeronas_proxies::network::{Form, Init, Network, Shape, Weights};
use zeronas_proxies::proxy::naswot::Kernel;
use zeronas_proxies::proxy::zen;
use zeronas_proxies::{Batch, Protocol, Scorer, proxy};
use zeronas_random::Stream;

/// The proxies that have reference values.
const PROXIES: [&str; 14] = [
    "params",
    "flops",
    "naswot",
    "synflow",
    "synflow_bn",
    "grad_norm",
    "grad_norm_global",
    "snip",
    "plain",
    "fisher",
    "grasp",
    "jacob_cov",
    "zico",
    "l2_norm",
];

/// A network with its reference values.
pub struct Case {
    pub name: String,
    json: Value,
    pub net: Network,
    pub batches: [Batch; 2],
    init: Init,
    seed: u64,
}

/// Makes an engine.
pub type Make = fn() -> Box<dyn Engine>;

/// Numbers stand as numbers or as "inf", "-inf", "nan".
fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| value.as_str().unwrap().parse().unwrap())
}

impl Case {
    fn new(line: &str) -> Case {
        let json: Value = serde_json::from_str(line).unwrap();
        let form: Form = serde_json::from_value(json["network"].clone()).unwrap();
        let net = form.network().unwrap();
        let init = match json["init_scheme"].as_str().unwrap() {
            "unit" => Init::KaimingUniform,
            "perturbed" => Init::Perturbed,
            other => panic!("unknown scheme {other}"),
        };
        let seed = json["seed"].as_u64().unwrap();
        let images = json["batch"].as_u64().unwrap() as usize;
        let batches = [0, 1].map(|index| synthetic(index, images, net.input_shape(), seed, net.classes() as u64));
        Case { name: json["name"].as_str().unwrap().into(), json, net, batches, init, seed }
    }

    /// All cases.
    pub fn all() -> Vec<Case> {
        include_str!("../../../tests/golden/networks.jsonl").lines().map(Case::new).collect()
    }

    /// The reference value of a proxy; `None` where it is rounding alone.
    fn expected(&self, proxy: &str) -> Option<f64> {
        self.json["proxies"].get(proxy).map(number)
    }

    /// What a deviation in 32 bits is relative to: a difference of large terms is measured by the terms.
    fn size(&self, proxy: &str, precision: Precision) -> f64 {
        let value = match (proxy, precision) {
            ("plain", Precision::F32) => self.expected("snip").unwrap(),
            ("grasp", Precision::F32) => number(&self.json["grasp_size"]),
            _ => self.expected(proxy).unwrap(),
        };
        // What cancels out has no size of its own.
        if value.abs() < 1e-9 { 1.0 } else { value.abs() }
    }

    /// Logits of the first minibatch, and the kernel of codes.
    fn run(&self, engine: Make, precision: Precision) -> (Vec<f64>, Kernel) {
        let pass = Pass { batch: &self.batches[0], normalisation: Normalisation::Batch, precision };
        let mut kernel = Kernel::default();
        let watcher = Watcher::new(Watch { relu_distances: true, ..Watch::default() }, &mut kernel);
        let weights = Weights::initialise(&self.net, self.init, self.seed);
        let outcome = engine().run(&self.net, &weights, &pass, &mut [watcher]).unwrap();
        (outcome.logits, kernel)
    }

    /// Checks all proxies within limits; their errors.
    pub fn check(&self, engine: Make, precision: Precision, limit: impl Fn(&str) -> f64) -> Vec<(&'static str, f64)> {
        let protocol = Protocol { init: self.init, precision };
        let mut scorer = Scorer::new(proxy::find(&PROXIES).unwrap(), protocol, engine());
        let scores = scorer.score(&self.net, &self.batches.each_ref(), self.seed).unwrap();
        let mut scores: Vec<_> = scores.into_iter().map(|score| (score.proxy, score.value)).collect();
        let weights = Weights::initialise(&self.net, self.init, self.seed);
        let zen = zen::on(engine().as_mut(), &self.net, &weights, self.batches.each_ref(), precision).unwrap();
        scores.push(("zen", zen.ok()));
        let mut errors = Vec::new();
        for (proxy, value) in scores {
            let what = format!("{}, {precision:?}: {proxy}", self.name);
            match self.expected(proxy) {
                // No weight gets two gradients: nothing to add up.
                Some(0.0) if proxy == "zico" => assert_eq!(value, None, "{what}"),
                Some(expected) if expected.is_finite() => {
                    let value = value.unwrap_or_else(|| panic!("{what} has no value, expected {expected}"));
                    let error = (value - expected).abs() / self.size(proxy, precision);
                    assert!(error <= limit(proxy), "{what} is {value}, expected {expected}: off by {error:e}");
                    errors.push((proxy, error));
                }
                // Undefined, infinite, or rounding alone: a status.
                _ => assert_eq!(value, None, "{what}"),
            }
        }
        errors
    }

    /// Checks everything in 64 bits: logits, loss, codes, and the proxies.
    pub fn check_in_float64(&self, engine: Make) {
        let (logits, kernel) = self.run(engine, Precision::F64);
        let loss = Objective::CrossEntropy.evaluate(&logits, self.batches[0].labels()).0;
        let expected = self.expected("loss").unwrap();
        assert!((loss - expected).abs() <= 1e-9 * expected, "{}: loss {loss}, expected {expected}", self.name);
        let rows = self.json["logits"].as_array().unwrap();
        let expected: Vec<f64> = rows.iter().flat_map(|row| row.as_array().unwrap()).map(number).collect();
        let largest = expected.iter().fold(0.0f64, |largest, logit| largest.max(logit.abs()));
        for (got, expected) in logits.iter().zip(&expected) {
            assert!((got - expected).abs() <= 1e-9 * largest, "{}: logit {got}, expected {expected}", self.name);
        }
        let matrix = kernel.matrix();
        let pairs: Vec<u64> = matrix.iter().enumerate().flat_map(|(i, row)| row[i..].to_vec()).collect();
        let expected: Vec<u64> = serde_json::from_value(self.json["naswot_pairs"].clone()).unwrap_or_default();
        assert!(pairs == expected || expected.iter().all(|&pair| pair == 0), "{}: codes", self.name);
        self.check(engine, Precision::F64, |proxy| if ["grasp", "zico"].contains(&proxy) { 1e-7 } else { 1e-9 });
    }
}

/// Minibatch `index`: every pixel a little of its own and more of its 8x8 block's.
fn synthetic(index: usize, images: usize, shape: Shape, seed: u64, classes: u64) -> Batch {
    let Shape { channels, height, width } = shape;
    let (blocks_down, blocks_across) = (height.div_ceil(8), width.div_ceil(8));
    let own = Stream::new(&format!("input.{index}"), seed);
    let block = Stream::new(&format!("input.{index}.block"), seed);
    let pixel = |i: usize| {
        let (column, row, plane) = (i % width, i / width % height, i / width / height);
        let at = (plane * blocks_down + row / 8) * blocks_across + column / 8;
        let part = |u: f64| 2.0 * u - 1.0;
        (0.75 * part(own.uniform(i as u64)) + 1.5 * part(block.uniform(at as u64))) as f32
    };
    let labels = Stream::new(&format!("labels.{index}"), seed);
    let labels = (0..images as u64).map(|n| ((labels.bits(n) >> 33) % classes) as u32).collect();
    Batch::new((0..images * channels * height * width).map(pixel).collect(), labels, shape).unwrap()
}

/// What a proxy may be off by in 32 bits.
pub fn limit_in_float32(proxy: &str) -> f64 {
    match proxy {
        "naswot" => 5e-6,
        "grad_norm" | "grad_norm_global" | "snip" | "fisher" => 2e-2,
        "plain" | "grasp" | "jacob_cov" => 1e-3,
        "l2_norm" => 1e-6,
        "zico" => 5e-2,
        "zen" => 1e-4,
        _ => 1e-9,
    }
}
