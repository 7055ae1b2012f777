//! How much of a `synflow_bn` is rounding, determined by a symmetry.
//!
//! An image of ones is its own transpose, and so is everything that is computed from it. Kernels with rows and columns exchanged
//! therefore give exactly the same score, computed in another order. The difference between the two scores of one program is
//! rounding. On some networks most of the score is: channels of an image of ones become constant, a batch norm cancels their
//! gradient up to rounding, and every norm on the way back makes the rest up to 1 / sqrt(1e-5) = 316 times larger.

use super::golden::{Case, Tested};
use zeronas_proxies::Batch;
use zeronas_proxies::engine::{Normalisation, Pass, Precision, Watcher};
use zeronas_proxies::network::{Parameter, Weights};
use zeronas_proxies::proxy::{self, Needs};

/// The cases in which the two scores of the reference itself differ by a relative error above 1e-9, and that error; in all others
/// it is at most 2.2e-10. From the reference in float64, with kernels transposed by
/// `{name: w.transpose(2, 3) if w.dim() == 4 else w for name, w in params.items()}`.
const OF_REFERENCE: [(&str, f64); 14] = [
    ("nb101_truncation", 2.5e-9),
    ("nb101_pruned_perturbed", 1.7e-8),
    ("nb101_pruned", 3.2e-8),
    ("tss_sparse", 1.8e-7),
    ("tss_random_03", 1.2e-4),
    ("tss_conv1x1_perturbed", 3.4e-3),
    ("nb101_pools_perturbed", 2.1e-2),
    ("nb101_pools", 9.2e-2),
    ("nb101_pools_m3", 0.1),
    ("tss_conv1x1", 0.15),
    ("nb101_random_04", 0.35),
    ("nb101_random_00", 0.36),
    ("nb101_direct_perturbed", 0.87),
    ("nb101_direct", 1.0),
];

/// If the rounding error is above this, a score means nothing.
const ALL: f64 = 1e-3;

/// How far an engine's `synflow_bn` may be from the reference: a relative error of 1e-9, or 100 times the rounding error of either;
/// `None` if that leaves nothing to compare.
pub fn limit_of_synflow_bn(case: &Case, engine: Tested) -> Option<f64> {
    let reference = OF_REFERENCE.into_iter().find(|(name, _)| *name == case.name).map_or(0.0, |(_, rounding)| rounding);
    let rounding = of_synflow_bn(case, engine).max(reference);
    (rounding < ALL).then_some((100.0 * rounding).max(1e-9))
}

/// The relative difference between an engine's two scores.
fn of_synflow_bn(case: &Case, engine: Tested) -> f64 {
    let weights = Weights::initialise(&case.net, case.init, case.seed);
    let transposed = Weights::from_lookup(&case.net, |parameter| {
        let place = case.net.parameters().iter().position(|other| other.name == parameter.name)?;
        Some(transposed(parameter, &weights.tensors()[place]))
    });
    let [one, other] = [weights, transposed.unwrap()].map(|weights| synflow_bn(case, engine, &weights));
    if one == other { 0.0 } else { (one - other).abs() / one.abs().max(other.abs()) }
}

fn synflow_bn(case: &Case, engine: Tested, weights: &Weights) -> f64 {
    let proxy = &proxy::find(&["synflow_bn"]).unwrap()[0];
    let Needs::Passes(_, watch) = proxy.needs() else { panic!("synflow_bn needs a pass") };
    let mut measurement = proxy.measure(&case.net);
    let ones = Batch::ones(case.net.input_shape());
    let pass = Pass { batch: &ones, normalisation: Normalisation::Batch, precision: Precision::F64 };
    let watcher = Watcher::new(watch, measurement.as_mut());
    engine.engine().run(&case.net, &weights.absolute(), &pass, &mut [watcher]).unwrap();
    measurement.finish().unwrap()
}

/// Exchanges rows and columns of a kernel; other parameters stay as they are.
fn transposed(parameter: &Parameter, values: &[f32]) -> Vec<f32> {
    let &[_, _, rows, columns] = parameter.shape.as_slice() else { return values.to_vec() };
    let kernels = values.chunks_exact(rows * columns);
    let turned =
        |kernel: &[f32]| (0..rows * columns).map(|i| kernel[i % rows * columns + i / rows]).collect::<Vec<_>>();
    kernels.flat_map(turned).collect()
}
