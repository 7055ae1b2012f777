//! The engines and the proxies against what plain PyTorch computed for networks of all layer kinds and settings.
//!
//! `tests/golden/README.md` says where the values come from. The cases called `op_...` are small and hold every kind and odd setting
//! between them; the others are networks of search spaces.

#[path = "support/networks.rs"]
mod networks;

use networks::{Case, Make, limit_in_float32};
use std::collections::BTreeMap;
use zeronas_proxies::engine::{CandleEngine, Engine, FusedEngine, FusedSettings, Precision};

fn reference() -> Box<dyn Engine> {
    Box::new(CandleEngine::cpu())
}

fn fused() -> Box<dyn Engine> {
    Box::new(FusedEngine::default())
}

fn exact() -> Box<dyn Engine> {
    Box::new(FusedEngine::new(FusedSettings { exact: true, threads: 1 }))
}

#[test]
fn every_value_is_met_in_float64() {
    meets_every_value(reference, Case::all());
}

#[test]
fn every_value_is_met_in_float64_by_the_fused_engine() {
    meets_every_value(fused, Case::all());
}

fn meets_every_value(engine: Make, cases: Vec<Case>) {
    cases.iter().for_each(|case| case.check_in_float64(engine));
}

#[test]
fn float32_stays_within_the_limits_of_float32() {
    stays_within_the_limits_of_float32(reference, Case::all());
}

#[test]
fn float32_stays_within_the_limits_of_float32_on_the_fused_engine() {
    for engine in [fused, exact] {
        stays_within_the_limits_of_float32(engine, Case::all());
    }
}

fn stays_within_the_limits_of_float32(engine: Make, cases: Vec<Case>) {
    let mut errors: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    for case in cases {
        let of_case = case.check(engine, Precision::F32, limit_in_float32);
        of_case.into_iter().for_each(|(proxy, error)| errors.entry(proxy).or_default().push(error));
    }
    for (proxy, mut errors) in errors {
        errors.sort_by(f64::total_cmp);
        let (median, largest) = (errors[errors.len() / 2], errors[errors.len() - 1]);
        println!("{proxy} in float32, {} cases: median error {median:e}, {largest:e}", errors.len());
        assert!(median <= 1e-5 || proxy == "zico", "{proxy}: median error {median:e}");
    }
}

#[cfg(feature = "emulation")]
mod emulated {
    use super::*;
    use zeronas_proxies::engine::CudaEngine;
    use zeronas_proxies::engine::cuda::{Cuda, Emulation};

    fn emulated() -> Box<dyn Engine> {
        Box::new(CudaEngine::new(Cuda::on(Emulation::new(1 << 33).unwrap())))
    }

    /// Those that hold every layer kind and setting. Of the search spaces' networks, which are slow there, none.
    fn small() -> Vec<Case> {
        Case::all().into_iter().filter(|case| case.name.starts_with("op_")).collect()
    }

    #[test]
    fn the_small_cases_are_met_in_float64_by_the_emulation() {
        let cases = small();
        assert_eq!(cases.len(), 28);
        meets_every_value(emulated, cases);
    }

    #[test]
    fn the_small_cases_stay_within_the_limits_of_float32_on_the_emulation() {
        stays_within_the_limits_of_float32(emulated, small());
    }
}
