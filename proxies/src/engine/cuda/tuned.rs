//! Tests of kernels with other tunings: on the emulation against the Candle engine, and compiled by NVRTC, with the registers and memory
//! that the compiler reports.

use super::source::{Kernel, source};
use super::tests::on_device;
use super::{Cuda, CudaEngine, Emulation, Tuning, nvrtc};
use crate::engine::tests::{assert_alike, batch, networks, norm_networks, passes, run, wide_cell};
use crate::engine::{CandleEngine, Precision};
use crate::network::Network;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The variants that still differ when kernels are compiled for the CPU.
fn variants_there() -> Vec<Tuning> {
    let mut variants: Vec<Tuning> = Vec::new();
    for tuning in Tuning::variants() {
        let there = Tuning { blocks: Tuning::default().blocks, graphs: 0, ..tuning };
        if there != Tuning::default() && !variants.contains(&there) {
            variants.push(there);
        }
    }
    variants
}

#[test]
#[cfg_attr(not(feature = "emulation"), ignore = "needs --features emulation and a C++ compiler")]
fn every_variant_gives_what_candle_gives() {
    let nets: Vec<(&str, Network)> = networks().into_iter().chain([wide_cell()]).chain(norm_networks()).collect();
    let batches: Vec<_> = nets.iter().map(|(_, net)| batch(net.input_shape(), net.classes())).collect();
    let expected = nets
        .iter()
        .zip(&batches)
        .map(|((_, net), batch)| run(&mut CandleEngine::cpu(), net, on_device(passes(batch, Precision::F64)[1])));
    let expected: Vec<_> = expected.collect();
    for tuning in variants_there() {
        let device = Cuda::on(Emulation::tuned(1 << 32, tuning).unwrap());
        for (((name, net), batch), expected) in nets.iter().zip(&batches).zip(&expected) {
            let mut engine = CudaEngine::new(Arc::clone(&device));
            let what = format!("{tuning}, {name}");
            // Mistakes show in 64 bits; only tensor cores split 32-bit numbers in two.
            let limits = [(Precision::F64, 1e-11), (Precision::F32, 1e-3)];
            for (precision, limit) in limits.into_iter().take(1 + tuning.tensor_cores as usize) {
                let seen = run(&mut engine, net, on_device(passes(batch, precision)[1]));
                assert_alike(&what, &seen, expected, limit, precision == Precision::F64);
            }
        }
    }
}

/// What the compiler reports about a kernel.
#[derive(Clone, Copy, Debug, Default)]
struct Report {
    registers: usize,
    shared: usize,
    spilled: usize,
}

impl Report {
    /// Occupancy of a multiprocessor of an H100 or H200 in percent. It has 65,536 registers, given to warps in steps of 256, and 227 KiB of
    /// shared memory, of which each block takes 1 KiB more than it asks for. It holds at most 32 blocks and 64 warps.
    fn occupancy(self) -> usize {
        let warps = super::source::BLOCK as usize / 32;
        let by_registers = 65_536 / ((self.registers * 32).next_multiple_of(256) * warps);
        let by_memory = 227 * 1024 / (self.shared + 1024);
        by_registers.min(by_memory).min(32).min(64 / warps) * warps * 100 / 64
    }
}

/// What the compiler reports about each kernel.
fn reports(log: &str) -> BTreeMap<String, Report> {
    let mut found: BTreeMap<String, Report> = BTreeMap::new();
    let mut kernel = String::new();
    // The number before these words.
    let before = |line: &str, words: &str| -> Option<usize> {
        line.split_once(words)?.0.trim().rsplit(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
    };
    for line in log.lines() {
        if let Some(name) = line.split('\'').nth(1).filter(|_| line.contains("Compiling entry function")) {
            kernel = name.to_owned();
        }
        if let Some(bytes) = before(line, "bytes spill stores") {
            found.entry(kernel.clone()).or_default().spilled = bytes;
        }
        if let Some(registers) = before(line, "registers") {
            let report = found.entry(kernel.clone()).or_default();
            report.registers = registers;
            report.shared = before(line, "bytes smem").unwrap_or(0);
        }
    }
    found
}

/// H100 and H200, the newest, and the oldest that NVRTC 13 knows.
#[test]
#[ignore = "needs NVRTC on LD_LIBRARY_PATH"]
fn kernels_compile_for_gpus_and_spill_nothing() {
    let mut table = String::from(
        "| kernel | f32: registers | shared bytes | occupancy | f64: registers | shared bytes | occupancy |\n",
    );
    table += "| --- | --- | --- | --- | --- | --- | --- |\n";
    for architecture in ["sm_90", "sm_100", "sm_75"] {
        let tunings = [(Precision::F32, Tuning::default()), (Precision::F64, Tuning::of_doubles())];
        let [single, double] = tunings
            .map(|(precision, tuning)| reports(&nvrtc::compile(&source(precision, &tuning), architecture).unwrap().1));
        for kernel in Kernel::ALL {
            table += &format!("| `{}` |", kernel.name()).repeat(usize::from(architecture == "sm_90"));
            for reports in [&single, &double] {
                let report = reports[kernel.name()];
                assert_eq!(report.spilled, 0, "{architecture}: {} spills", kernel.name());
                if architecture == "sm_90" {
                    table += &format!(" {} | {} | {} % |", report.registers, report.shared, report.occupancy());
                }
            }
            table += if architecture == "sm_90" { "\n" } else { "" };
        }
    }
    println!("{table}");
    let error = nvrtc::compile("nonsense", "sm_90").unwrap_err();
    assert!(error.to_string().contains("sm_90"), "{error}");
}

/// Variants need not be good, but they must compile. What they spill is printed.
#[test]
#[ignore = "needs NVRTC on LD_LIBRARY_PATH"]
fn every_variant_compiles_for_gpus() {
    for tuning in Tuning::variants() {
        let log = nvrtc::compile(&source(Precision::F32, &tuning), "sm_90").unwrap().1;
        let reports = reports(&log);
        let most = |name: &str, of: fn(Report) -> usize| {
            let reports = reports.iter().filter(|(kernel, _)| kernel.starts_with(name));
            reports.map(|(_, report)| of(*report)).max().unwrap()
        };
        println!(
            "{:40} conv: {} registers, {} bytes spilled; gradient: {} registers, {} bytes spilled",
            tuning.to_string(),
            most("conv_", |report| report.registers),
            most("conv_", |report| report.spilled),
            most("weight_gradient_", |report| report.registers),
            most("weight_gradient_", |report| report.spilled),
        );
    }
}
