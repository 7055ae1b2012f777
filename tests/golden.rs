//! The engines and the proxies against the reference values of all three spaces.

mod support;

use std::collections::BTreeMap;
use support::golden::{Case, Tested, assert_close, check_scores, check_zen, limit_in_float32, number};
use zeronas_proxies::Status;
use zeronas_proxies::engine::Precision;
use zeronas_proxies::network::{NetworkBuilder, Weights};
use zeronas_proxies::proxy::Measured;
use zeronas_proxies::proxy::naswot::Kernel;
use zeronas_random::fnv1a64;

#[test]
fn parameters_are_the_reference_ones_and_counts_are_exact() {
    for case in Case::all() {
        let mut tensors = String::new();
        for parameter in case.net.parameters() {
            let sides: Vec<String> = parameter.shape.iter().map(usize::to_string).collect();
            tensors += &format!("{} {}\n", parameter.name, sides.join("x"));
        }
        assert_eq!(case.net.parameters().len() as u64, case.json["tensors"], "{}", case.name);
        let hash = format!("{:016x}", fnv1a64(tensors.as_bytes()));
        assert_eq!(hash, case.json["tensors_fnv1a64"], "{}:\n{tensors}", case.name);
        assert_eq!(case.net.parameter_count() as f64, case.expected("params"), "{}", case.name);
        assert_eq!(case.net.flops() as f64, case.expected("flops"), "{}", case.name);
    }
}

#[test]
fn generated_weights_and_images_are_those_of_the_reference_bit_for_bit() {
    let cases: Vec<Case> = Case::all().into_iter().filter(|case| case.json["weights_bits"].is_string()).collect();
    assert_eq!(cases.len(), 11);
    for case in cases {
        let weights = Weights::initialise(&case.net, case.init, case.seed);
        let bits = bits_of(weights.tensors().iter().flat_map(|tensor| tensor.iter().copied()));
        assert_eq!(bits, case.json["weights_bits"], "{}", case.name);
        for (index, batch) in case.batches.iter().enumerate() {
            let bits = bits_of(batch.images().iter().map(|&pixel| pixel as f32));
            assert_eq!(bits, case.json["images_bits"][index], "{}", case.name);
        }
    }
}

/// FNV-1a over the bits of these numbers, one number per step.
fn bits_of(values: impl Iterator<Item = f32>) -> String {
    let step = |hash: u64, value: f32| (hash ^ u64::from(value.to_bits())).wrapping_mul(0x0000_0100_0000_01B3);
    format!("{:016x}", values.fold(0xCBF2_9CE4_8422_2325, step))
}

#[test]
fn every_value_is_met_in_float64() {
    Tested::ANYWHERE.into_iter().for_each(meets_every_value);
}

#[test]
#[cfg_attr(not(feature = "emulation"), ignore = "needs --features emulation and a C++ compiler")]
fn every_value_is_met_in_float64_by_the_emulation() {
    meets_every_value(Tested::Emulated);
}

fn meets_every_value(engine: Tested) {
    engine.cases().iter().for_each(|case| case.check_in_float64(engine));
}

#[test]
fn float32_stays_within_the_limits_of_float32() {
    Tested::ANYWHERE.into_iter().for_each(stays_within_the_limits_of_float32);
}

#[test]
#[cfg_attr(not(feature = "emulation"), ignore = "needs --features emulation and a C++ compiler")]
fn float32_stays_within_the_limits_of_float32_on_the_emulation() {
    stays_within_the_limits_of_float32(Tested::Emulated);
}

fn stays_within_the_limits_of_float32(engine: Tested) {
    let mut errors: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    for case in engine.cases() {
        let logits = case.run(engine, Precision::F32, &mut Kernel::default());
        assert_close(&case.name, "loss", case.loss(&logits), case.expected("loss"), 1e-4);
        let of_case = check_scores(&case, engine, Precision::F32, limit_in_float32);
        check_zen(&case, engine, Precision::F32, 1e-4);
        of_case.into_iter().for_each(|(proxy, error)| errors.entry(proxy).or_default().push(error));
    }
    for (proxy, mut errors) in errors {
        errors.sort_by(f64::total_cmp);
        let (median, largest) = (errors[errors.len() / 2], errors[errors.len() - 1]);
        println!("{engine:?}: {proxy} in float32, {} cases: median error {median:e}, {largest:e}", errors.len());
        if !["jacob_cov", "zico"].contains(&proxy) {
            assert!(median <= 1e-5, "{engine:?}: median error of {proxy} {median:e}");
        }
    }
}

#[test]
fn epe_nas_is_met_in_every_space() {
    Tested::ANYWHERE.into_iter().for_each(meets_epe_nas);
}

#[test]
#[cfg_attr(not(feature = "emulation"), ignore = "needs --features emulation and a C++ compiler")]
fn epe_nas_is_met_in_every_space_by_the_emulation() {
    meets_epe_nas(Tested::Emulated);
}

/// Expected: from the reference's input Jacobian by the code that `proxies/src/proxy/epe_nas.rs` quotes.
fn meets_epe_nas(engine: Tested) {
    let expected = BTreeMap::from([
        ("nb101_pools", 21.689061260537922),
        ("sss_8_8_8_8_8", 71.35436366331116),
        ("tss_best", 15.166546181872992),
        ("tss_mix_perturbed", 78.20684887225225),
    ]);
    let cases = Case::all();
    for case in &cases {
        let Some(&expected) = expected.get(case.name.as_str()) else { continue };
        // ln |C| of almost uncorrelated images magnifies float32's error, most of all for plain sums (nb101_pools).
        let single = if engine == Tested::Emulated { 1e-1 } else { 5e-2 };
        for (precision, limit) in [(Precision::F64, 1e-9), (Precision::F32, single)] {
            let got = case.scores(engine, &["epe_nas"], precision)[0].value.unwrap();
            assert_close(&format!("{engine:?}, {}", case.name), "epe_nas", got, expected, limit);
        }
    }
}

/// The formulas of AZ-NAS and TE-NAS, computed by PyTorch in float64 (plain automatic differentiation over the reference's
/// networks; images and signs by the same generator): az_expressivity, az_progressivity, az_trainability on `noise.0`,
/// ntk on the case's minibatch. Where there is no value, the status: features that are zero, a cell that passes its input on, a kernel
/// without full rank.
const BETWEEN_BLOCKS: [(&str, [Measured; 4]); 7] = [
    (
        "tss_tiny_mix_perturbed",
        [Ok(10.455284338822565), Ok(0.02823772791347512), Ok(-0.13804473712248627), Ok(33.21091096191901)],
    ),
    ("tss_skip", [Ok(37.70669135539856), Ok(-0.3788698120961831), Ok(-3.2822758323866563), Ok(564.44333216806)]),
    (
        "tss_none_perturbed",
        [Err(Status::Constant), Err(Status::Constant), Ok(-882351.2197581249), Err(Status::Singular)],
    ),
    ("tss_halfdead", [Ok(56.83362411319092), Ok(0.0), Err(Status::Constant), Ok(21.301341456048185)]),
    (
        "nb101_resnet_m1_perturbed",
        [Ok(12.06924016872149), Ok(0.00590564744637101), Ok(-0.16871440184351108), Ok(12.741515927641887)],
    ),
    (
        "nb101_truncation_m3_perturbed",
        [Ok(25.39327830191363), Ok(-0.4421319432848838), Ok(-0.16355833034335815), Ok(4.557886397657326)],
    ),
    (
        "sss_8_8_8_8_8",
        [Ok(11.605925136674996), Ok(-0.19689997837423023), Ok(-0.06314205636704733), Ok(7.7053463474564685)],
    ),
];

#[test]
fn scores_between_blocks_and_of_single_images_are_met_in_float64() {
    Tested::ANYWHERE.into_iter().for_each(meets_scores_between_blocks);
}

#[test]
#[cfg_attr(not(feature = "emulation"), ignore = "needs --features emulation and a C++ compiler")]
fn scores_between_blocks_and_of_single_images_are_met_in_float64_by_the_emulation() {
    meets_scores_between_blocks(Tested::Emulated);
}

fn meets_scores_between_blocks(engine: Tested) {
    let names = ["az_expressivity", "az_progressivity", "az_trainability", "ntk"];
    for case in Case::all() {
        let Some((_, expected)) = BETWEEN_BLOCKS.into_iter().find(|(name, _)| *name == case.name) else { continue };
        for (score, expected) in case.scores(engine, &names, Precision::F64).iter().zip(expected) {
            let what = format!("{engine:?}, {}, {}", case.name, score.proxy);
            assert_eq!(score.status, expected.err().unwrap_or(Status::Ok), "{what}: {score:?}");
            if let (Some(got), Ok(expected)) = (score.value, expected) {
                let limit = 1e-9 * expected.abs().max(1.0);
                assert!((got - expected).abs() <= limit, "{what}: {got}, expected {expected}");
            }
        }
    }
}

/// If no boundaries are marked, the boundaries that are found are the same, except where a cell has no convolution, or a single path
/// through several: this holds for 46 of 53 connected networks.
#[test]
fn boundaries_that_are_found_are_mostly_the_marked_ones() {
    let mut agreed: BTreeMap<String, [usize; 2]> = BTreeMap::new();
    for case in Case::all() {
        let Some(net) = case.net.live_part().unwrap() else { continue };
        let mut builder = NetworkBuilder::new(net.input_shape()).unwrap();
        for layer in &net.layers()[1..] {
            builder.add(layer.name.clone(), layer.op.clone(), &layer.inputs).unwrap();
        }
        let unmarked = builder.finish(net.output()).unwrap();
        // A block that passes its input on marks a value twice.
        let mut marked = net.boundaries().to_vec();
        marked.dedup();
        let counts = agreed.entry(case.json["network"]["space"].as_str().unwrap().to_owned()).or_default();
        counts[0] += usize::from(unmarked.boundaries() == marked);
        counts[1] += 1;
    }
    let expected = [("nb101", [20, 21]), ("sss", [6, 6]), ("tss", [20, 26])];
    assert_eq!(agreed, expected.map(|(space, counts)| (space.to_owned(), counts)).into());
}

/// The allowed error of each of the newer proxies in float32. Counts of signs and of units that change jump with rounding.
fn limit_of_newer(proxy: &str) -> f64 {
    match proxy {
        "vkdnw_dim" => 0.0,
        "madnas" | "deepmad" => 1e-12,
        "epsinas" => 1e-9,
        "vkdnw" | "gradsign" | "gradsign_mean" => 5e-3,
        "meco_opt" => 5e-5,
        "epads" | "epads_mean" | "dextr" => 2e-3,
        "intrain" => 1e-2,
        _ => 1e-5,
    }
}

/// Checks every newer proxy in `tests/golden/newer_proxies.jsonl`, on the cases that this engine runs.
fn meets_newer_proxies(engine: Tested, precision: Precision) {
    let expected: BTreeMap<String, serde_json::Value> = include_str!("golden/newer_proxies.jsonl")
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
        .map(|case| (case["name"].as_str().unwrap().to_owned(), case["proxies"].clone()))
        .collect();
    let mut met = 0;
    for case in engine.cases() {
        let Some(expected) = expected.get(&case.name).and_then(|proxies| proxies.as_object()) else { continue };
        let names: Vec<&str> = expected.keys().map(String::as_str).collect();
        for score in case.scores(engine, &names, precision) {
            let what = format!("{engine:?}, {precision:?}, {}", case.name);
            let expected = number(&expected[score.proxy]);
            let Some(got) = score.value else {
                assert!(expected.is_nan(), "{what}: {} is {}, not {expected:e}", score.proxy, score.status);
                continue;
            };
            let limit = if precision == Precision::F64 { 1e-9 } else { limit_of_newer(score.proxy) };
            // Values below this are rounding errors.
            let least = if ["vkdnw", "epsinas"].contains(&score.proxy) { 1e-3 } else { 1e-12 };
            let error = (got - expected).abs() / expected.abs().max(least);
            assert!(error <= limit, "{what}: {} is {got:e}, expected {expected:e}, off by {error:e}", score.proxy);
        }
        met += 1;
    }
    assert!(met >= if engine == Tested::Emulated { 3 } else { 26 }, "{met} cases");
}

#[test]
fn newer_proxies_are_met_in_float64() {
    meets_newer_proxies(Tested::Fused, Precision::F64);
}

#[test]
fn newer_proxies_are_met_in_float32() {
    meets_newer_proxies(Tested::Fused, Precision::F32);
}

#[test]
#[ignore = "takes the reference engine minutes"]
fn newer_proxies_are_met_by_the_reference_engine() {
    meets_newer_proxies(Tested::Candle, Precision::F64);
}

#[test]
#[cfg_attr(not(feature = "emulation"), ignore = "needs --features emulation and a C++ compiler")]
fn newer_proxies_are_met_in_float64_by_the_emulation() {
    meets_newer_proxies(Tested::Emulated, Precision::F64);
}
