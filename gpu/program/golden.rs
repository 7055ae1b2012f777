//! The golden cases on a device, all of them in one process.

use crate::device::Named;
use crate::support::golden::{self, Tested};
use crate::{Flags, Outcome, say};
use serde_json::json;
use std::any::Any;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Instant;
use zeronas_proxies::engine::cuda::Cuda;
use zeronas_proxies::engine::{CudaEngine, Engine, Precision};

#[path = "../../proxies/tests/support/networks.rs"]
mod networks;

/// The device that is checked.
static DEVICE: RwLock<Option<Arc<Cuda>>> = RwLock::new(None);

pub fn engine() -> Box<dyn Engine> {
    let device = DEVICE.read().unwrap_or_else(PoisonError::into_inner);
    Box::new(CudaEngine::new(device.clone().expect("the device is open before cases run")))
}

/// A case of either kind.
enum Case {
    OfSpace(golden::Case),
    OfLayers(networks::Case),
}

impl Case {
    fn all() -> Vec<Case> {
        let layers = networks::Case::all().into_iter().map(Case::OfLayers);
        layers.chain(golden::Case::all().into_iter().map(Case::OfSpace)).collect()
    }

    fn name(&self) -> &str {
        match self {
            Case::OfSpace(case) => &case.name,
            Case::OfLayers(case) => &case.name,
        }
    }

    /// Multiply-accumulates, all images together.
    fn work(&self) -> u64 {
        match self {
            Case::OfSpace(case) => case.net.flops() * case.batches[0].size() as u64,
            Case::OfLayers(case) => case.net.flops() * case.batches[0].size() as u64,
        }
    }

    /// Errors in 32 bits by proxy; in 64 bits none are told. Panics where a value is wrong, as the tests do.
    fn check(&self, precision: Precision) -> Vec<(&'static str, f64)> {
        let tested = Tested::Emulated;
        match (self, precision) {
            (Case::OfSpace(case), Precision::F64) => {
                case.check_in_float64(tested);
                Vec::new()
            }
            (Case::OfLayers(case), Precision::F64) => {
                case.check_in_float64(engine);
                Vec::new()
            }
            (Case::OfSpace(case), Precision::F32) => {
                golden::check_zen(case, tested, precision, 1e-4);
                golden::check_scores(case, tested, precision, golden::limit_in_float32)
            }
            (Case::OfLayers(case), Precision::F32) => case.check(engine, precision, networks::limit_in_float32),
        }
    }
}

/// What a panic says.
fn said(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned())).unwrap_or_default()
}

/// Runs all cases in both precisions; whether all are met. A case that is not is told at once.
pub fn run(name: &str, flags: &Flags) -> Outcome<bool> {
    check(Named::read(name)?.open()?, flags, &|wrong| say(&json!({ "wrong": wrong })))
}

/// Runs the cases that `--most` and `--only` admit on a device, and tells of each that is not met; whether all are.
pub fn check(cuda: Arc<Cuda>, flags: &Flags, tell: &(dyn Fn(String) + Sync)) -> Outcome<bool> {
    let (most, only): (Option<u64>, Option<String>) = (flags.value("--most")?, flags.value("--only")?);
    let threads = flags.value("--threads")?.unwrap_or(8);
    *DEVICE.write().unwrap_or_else(PoisonError::into_inner) = Some(cuda);
    let admitted = |case: &Case| {
        most.is_none_or(|most| case.work() <= most) && only.as_ref().is_none_or(|only| case.name() == only)
    };
    let (cases, left_out): (Vec<Case>, Vec<Case>) = Case::all().into_iter().partition(admitted);
    if cases.is_empty() {
        return Err("there is no such case".into());
    }
    // What goes wrong is told as a figure.
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| ()));
    let mut all_met = true;
    for precision in [Precision::F64, Precision::F32] {
        let start = Instant::now();
        let (next, wrong) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let errors: Mutex<BTreeMap<&str, Vec<f64>>> = Mutex::default();
        std::thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| {
                    while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                        match catch_unwind(AssertUnwindSafe(|| case.check(precision))) {
                            Ok(found) => {
                                let mut errors = errors.lock().unwrap_or_else(PoisonError::into_inner);
                                found
                                    .into_iter()
                                    .for_each(|(proxy, error)| errors.entry(proxy).or_default().push(error));
                            }
                            Err(panic) => {
                                wrong.fetch_add(1, Ordering::Relaxed);
                                tell(format!("{}: {}", case.name(), said(panic.as_ref())));
                            }
                        }
                    }
                });
            }
        });
        let wrong = wrong.into_inner();
        all_met &= wrong == 0;
        let middle = |mut errors: Vec<f64>| {
            errors.sort_by(f64::total_cmp);
            errors[errors.len() / 2]
        };
        let errors = errors.into_inner().unwrap_or_else(PoisonError::into_inner);
        let errors: BTreeMap<&str, f64> = errors.into_iter().map(|(proxy, errors)| (proxy, middle(errors))).collect();
        say(&json!({
            "bits": if precision == Precision::F64 { 64 } else { 32 }, "cases": cases.len(), "left_out": left_out.len(), "not_met": wrong,
            "seconds": start.elapsed().as_secs_f64(), "median_errors": errors,
        }));
    }
    std::panic::set_hook(hook);
    Ok(all_met)
}
