//! The engines and the proxies against reference values that plain PyTorch computed in float64.
//!
//! Origin: `shared/golden/*.json`, made by `shared/peer/zcref.py`; limits from `shared/golden/README.md`.

mod support;

use serde_json::Value;
use std::path::PathBuf;
use zeronas::space::{NatsTss, SearchSpace, Skeleton};
use zeronas_proxies::engine::{
    CandleEngine, Engine, FusedEngine, FusedSettings, Normalisation, Objective, Observer, Outcome, Pass, Precision,
    Watch,
};
use zeronas_proxies::network::{Init, Network, Shape, Weights};
use zeronas_proxies::proxy::naswot::Kernel;
use zeronas_proxies::{Batch, Protocol, Score, Scorer, Status, proxy};
use zeronas_random::Stream;

/// One golden case with its network and minibatch rebuilt.
struct Case {
    name: String,
    json: Value,
    path: PathBuf,
    net: Network,
    batch: Batch,
    init: Init,
    seed: u64,
}

/// The engines that every case goes through.
#[derive(Clone, Copy, Debug)]
enum Tested {
    Candle,
    Fused,
    /// The fused engine with direct convolutions only.
    Exact,
}

impl Tested {
    const ALL: [Tested; 3] = [Tested::Candle, Tested::Fused, Tested::Exact];
    const EXACT: FusedSettings = FusedSettings { exact: true };

    fn scorer(self, protocol: Protocol) -> Scorer {
        let proxies = proxy::find(&["naswot", "synflow", "grad_norm", "params", "flops"]).unwrap();
        match self {
            Tested::Candle => Scorer::new(proxies, protocol, CandleEngine::cpu()),
            Tested::Fused => Scorer::new(proxies, protocol, FusedEngine::default()),
            Tested::Exact => Scorer::new(proxies, protocol, FusedEngine::new(Tested::EXACT)),
        }
    }

    fn engine(self) -> Box<dyn Engine> {
        match self {
            Tested::Candle => Box::new(CandleEngine::cpu()),
            Tested::Fused => Box::new(FusedEngine::default()),
            Tested::Exact => Box::new(FusedEngine::new(Tested::EXACT)),
        }
    }
}

/// Numbers stand as numbers or as "inf", "-inf", "nan".
fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| value.as_str().unwrap().parse().unwrap())
}

impl Case {
    fn load(path: PathBuf) -> Case {
        let json: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        let network = &json["network"];
        let field = |key: &str| network[key].as_u64().unwrap() as usize;
        let skeleton = Skeleton { channels: field("C"), cells: field("N"), classes: field("classes"), resolution: 32 };
        let arch = NatsTss.parse(network["arch"].as_str().unwrap()).unwrap();
        let net = NatsTss.network(&arch, &skeleton).unwrap();
        let init = match json["init_scheme"].as_str().unwrap() {
            "unit" => Init::KaimingUniform,
            "perturbed" => Init::Perturbed,
            other => panic!("unknown scheme {other}"),
        };
        let seed = json["seed"].as_u64().unwrap();
        let images = json["batch"].as_u64().unwrap() as usize;
        Case {
            name: json["name"].as_str().unwrap().into(),
            batch: synthetic(images, seed, skeleton.classes as u64),
            json,
            path,
            net,
            init,
            seed,
        }
    }

    /// All cases of the topology space.
    fn all() -> Vec<Case> {
        let Some(folder) = support::shared("golden") else { return Vec::new() };
        let mut paths: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        let is_case = |path: &PathBuf| {
            let name = path.file_name().unwrap().to_string_lossy();
            name.starts_with("tss_") && name.ends_with(".json")
        };
        paths.into_iter().filter(is_case).map(Case::load).collect()
    }

    fn expected(&self, key: &str) -> f64 {
        number(&self.json["proxies"][key])
    }

    fn run(&self, engine: Tested, precision: Precision, observer: &mut dyn Observer) -> Outcome {
        let pass = Pass {
            batch: &self.batch,
            objective: Objective::CrossEntropy,
            normalisation: Normalisation::Batch,
            precision,
            watch: Watch { relu_codes: true, ..Watch::default() },
        };
        let weights = Weights::initialise(&self.net, self.init, self.seed);
        engine.engine().run(&self.net, &weights, &pass, &mut [observer]).unwrap()
    }

    fn scores(&self, engine: Tested, precision: Precision) -> Vec<Score> {
        let mut scorer = engine.scorer(Protocol { init: self.init, precision });
        scorer.score(&self.net, &self.batch, self.seed).unwrap()
    }
}

/// The generator's images and labels, as the golden README defines them (`input.0`, `input.0.block`, `labels.0`).
fn synthetic(images: usize, seed: u64, classes: u64) -> Batch {
    let (pixel, block) = (Stream::new("input.0", seed), Stream::new("input.0.block", seed));
    let values = (0..images * 3 * 32 * 32).map(|i| {
        let (plane, h, w) = (i / 1024, i / 32 % 32, i % 32);
        let v = block.uniform(((plane * 4 + h / 8) * 4 + w / 8) as u64);
        (0.75 * (2.0 * pixel.uniform(i as u64) - 1.0) + 1.5 * (2.0 * v - 1.0)) as f32
    });
    let labels = Stream::new("labels.0", seed);
    let labels = (0..images as u64).map(|i| labels.below(i, classes) as u32);
    Batch::new(values.collect(), labels.collect(), Shape::new(3, 32, 32)).unwrap()
}

fn assert_close(name: &str, what: &str, got: f64, expected: f64, limit: f64) {
    let error = (got - expected).abs() / expected.abs().max(f64::MIN_POSITIVE);
    assert!(got == expected || error <= limit, "{name}: {what} is {got:e}, expected {expected:e}, off by {error:e}");
}

#[test]
fn parameters_are_the_reference_ones_and_counts_are_exact() {
    for case in Case::all() {
        let shapes = case.json["param_shapes"].as_object().unwrap();
        assert_eq!(case.net.parameters().len(), shapes.len(), "{}", case.name);
        for parameter in case.net.parameters() {
            let shape: Vec<usize> = serde_json::from_value(shapes[&parameter.name].clone()).unwrap();
            assert_eq!(parameter.shape, shape, "{}: {}", case.name, parameter.name);
        }
        assert_eq!(case.net.parameter_count() as f64, case.expected("params"), "{}", case.name);
        assert_eq!(case.net.flops() as f64, case.expected("flops_natsbench"), "{}", case.name);
    }
}

#[test]
fn generated_weights_and_images_equal_the_stored_ones_bit_for_bit() {
    for case in Case::all().into_iter().filter(|case| case.json["stored_weights"] == true) {
        let bytes = std::fs::read(case.path.with_extension("safetensors")).unwrap();
        let stored = safetensors::SafeTensors::deserialize(&bytes).unwrap();
        let floats = |name: &str| -> Vec<f32> {
            let data = stored.tensor(name).unwrap().data().to_vec();
            data.chunks_exact(4).map(|bytes| f32::from_le_bytes(bytes.try_into().unwrap())).collect()
        };
        let weights = Weights::initialise(&case.net, case.init, case.seed);
        for (parameter, values) in case.net.parameters().iter().zip(weights.tensors()) {
            assert_eq!(*values, floats(&format!("param.{}", parameter.name)), "{}: {}", case.name, parameter.name);
        }
        assert_eq!(case.batch.images(), floats("input.0"), "{}", case.name);
    }
}

#[test]
fn every_value_is_met_in_float64() {
    for (engine, case) in Tested::ALL.into_iter().flat_map(|engine| Case::all().into_iter().map(move |c| (engine, c))) {
        let mut kernel = Kernel::default();
        let outcome = case.run(engine, Precision::F64, &mut kernel);
        let name = format!("{engine:?}, {}", case.name);
        assert_close(&name, "loss", outcome.loss, case.expected("loss"), 1e-9);
        let detail = &case.json["detail"];
        let logits: Vec<f64> = detail["logits"]
            .as_array()
            .unwrap()
            .iter()
            .flat_map(|row| row.as_array().unwrap().iter().map(number))
            .collect();
        let largest = logits.iter().fold(0.0f64, |largest, logit| largest.max(logit.abs()));
        for (got, expected) in outcome.logits.iter().zip(&logits) {
            assert!((got - expected).abs() <= 1e-9 * largest, "{name}: logit {got}, expected {expected}");
        }
        let expected: Vec<Vec<u64>> = serde_json::from_value(detail["naswot_K"].clone()).unwrap();
        assert_eq!(kernel.matrix(), expected, "{name}");
        check_scores(&case, engine, Precision::F64, |_| 1e-9);
    }
}

#[test]
fn float32_stays_within_the_limits_of_float32() {
    for engine in Tested::ALL {
        let mut grad_norm_errors = Vec::new();
        for case in Case::all() {
            let outcome = case.run(engine, Precision::F32, &mut Kernel::default());
            assert_close(&case.name, "loss", outcome.loss, case.expected("loss"), 1e-4);
            let scores = check_scores(&case, engine, Precision::F32, |proxy| match proxy {
                "naswot" => 5e-6,
                "grad_norm" => 2e-2,
                _ => 1e-9,
            });
            let (got, expected) = (scores[2].value.unwrap(), case.expected("grad_norm"));
            grad_norm_errors.push(if got == expected { 0.0 } else { (got - expected).abs() / expected });
        }
        grad_norm_errors.sort_by(f64::total_cmp);
        if let Some(median) = grad_norm_errors.get(grad_norm_errors.len() / 2) {
            println!("{engine:?}: grad_norm in float32, median error {median:e} of {} cases", grad_norm_errors.len());
            assert!(*median <= 1e-5, "{engine:?}: median error of grad_norm {median:e}");
        }
    }
}

/// Compares all five proxies; a value of minus infinity stands for a singular kernel.
fn check_scores(case: &Case, engine: Tested, precision: Precision, limit: impl Fn(&str) -> f64) -> Vec<Score> {
    let name = format!("{engine:?}, {}", case.name);
    let scores = case.scores(engine, precision);
    for score in &scores {
        let key = if score.proxy == "flops" { "flops_natsbench" } else { score.proxy };
        match (score.value, case.expected(key)) {
            (Some(got), expected) => assert_close(&name, score.proxy, got, expected, limit(score.proxy)),
            (None, expected) => {
                assert_eq!((score.status, expected), (Status::Singular, f64::NEG_INFINITY), "{name}");
            }
        }
    }
    let synflow = &scores[1];
    assert_eq!(synflow.ln_value, synflow.value.filter(|&v| v > 0.0).map(f64::ln), "{name}");
    scores
}
