//! Tests of the engine on the emulated device, against the Candle engine, on networks of every layer kind.

use super::emulation::{compiled, library};
use super::source::source;
use super::{Cuda, CudaEngine, Driver, Emulation, Tuning, cache, nvrtc};
use crate::engine::tests::random;
use crate::engine::tests::{
    IMAGES, Seen, assert_alike, batch, batch_of, mobile_networks, networks, norm_networks, passes, run, running,
    wide_cell,
};
use crate::engine::walk;
use crate::engine::{CandleEngine, Engine, FusedEngine, Normalisation, Pass, Precision, Watch, Watcher};
use crate::network::{Init, Network, Weights};
use crate::{Batch, Error, Protocol, Scorer, proxy};
use std::process::Command;
use std::sync::Arc;

const PLENTY: usize = 1 << 32;

/// An emulated device.
fn device(capacity: usize) -> Arc<Cuda> {
    Cuda::on(Emulation::new(capacity).unwrap())
}

/// The devices to test on: the emulation, and a GPU if this machine has one.
fn devices() -> impl Iterator<Item = Arc<Cuda>> {
    std::iter::once(device(PLENTY)).chain(Cuda::open(0))
}

/// Runs tests of this file again in a separate process that finds a stand-in for the driver, so that the calls to the driver are checked
/// without it.
#[test]
#[ignore = "needs NVRTC on LD_LIBRARY_PATH, a C++ compiler, and no GPU"]
fn what_the_driver_is_asked_is_what_it_can_do() {
    const STAND_IN: &str = "STAND_IN_F32";
    if std::env::var_os(STAND_IN).is_some() {
        let device = Cuda::open(0).unwrap();
        assert_eq!(device.name(), "cuda:0, stand-in");
        device.probe().unwrap();
        let graphs = Cuda::on(Driver::open(0, Tuning { graphs: 1, ..Tuning::default() }).unwrap());
        check_together(&graphs);
        return;
    }
    let [single, double] =
        [Precision::F32, Precision::F64].map(|precision| compiled(&source(precision, &Tuning::default())).unwrap());
    // Compiled here, so that the other process does not need NVRTC, which looks for the driver itself and asks more of it.
    for (precision, tuning) in [(Precision::F32, Tuning::default()), (Precision::F64, Tuning::of_doubles())] {
        nvrtc::cubin(precision, &tuning, "sm_90").unwrap();
    }
    let what = [include_str!("stand_in.c")];
    let library = cache::file(&what, "c", |to| std::fs::write(to, what[0]).map_err(|e| panic!("{e}"))).unwrap();
    let folder = library.with_extension("stand-in");
    std::fs::create_dir_all(&folder).unwrap();
    let made = folder.join("libcuda.so.1");
    let compiler =
        Command::new("cc").args(["-shared", "-fPIC", "-w", "-o"]).args([&made, &library]).arg("-ldl").status();
    assert!(compiler.unwrap().success());
    let paths = std::env::var("LD_LIBRARY_PATH").unwrap_or_default();
    let again = Command::new(std::env::current_exe().unwrap())
        // One at a time: the stand-in has one stream, and what one test launches must not get into what another collects as a graph.
        .args([
            "--test-threads=1",
            "--include-ignored",
            "every_layer_kind_and_fusion_gives",
            "the_same_bits_alone",
            "what_the_driver_is_asked",
        ])
        .env("LD_LIBRARY_PATH", format!("{}:{paths}", folder.display()))
        .env(STAND_IN, single)
        .env("STAND_IN_F64", double)
        .output()
        .unwrap();
    assert!(again.status.success(), "{}", String::from_utf8_lossy(&again.stdout));
}

#[test]
fn without_a_gpu_a_message_says_what_is_missing() {
    if let Err(error) = Cuda::open(0) {
        let message = error.to_string();
        assert!(
            message.contains("cuda")
                && ["libcuda", "driver", "devices", "NVRTC"].iter().any(|what| message.contains(what)),
            "{message}"
        );
    }
    assert!(matches!(Cuda::open(usize::MAX), Err(Error::Device { .. })));
}

fn all_networks() -> impl Iterator<Item = (&'static str, Network)> {
    networks().into_iter().chain([wide_cell()]).chain(mobile_networks()).chain(norm_networks())
}

/// A pass without second derivatives, which are left to the host.
pub(super) fn on_device((pass, watch): (Pass<'_>, Watch)) -> (Pass<'_>, Watch) {
    (pass, Watch { curvature: false, ..watch })
}

#[test]
#[cfg_attr(not(feature = "emulation"), ignore = "needs --features emulation and a C++ compiler")]
fn every_layer_kind_and_fusion_gives_what_candle_gives() {
    for device in devices() {
        for (name, net) in all_networks() {
            let batch = batch(net.input_shape(), net.classes());
            let passes = [Precision::F64, Precision::F32].map(|precision| passes(&batch, precision).map(on_device));
            for (i, (double, single)) in passes[0].iter().zip(&passes[1]).enumerate() {
                let expected = run(&mut CandleEngine::cpu(), &net, *double);
                let mut engine = CudaEngine::new(Arc::clone(&device));
                let what = format!("{}, {name}, pass {i}", device.name());
                assert_alike(&what, &run(&mut engine, &net, *double), &expected, 1e-11, true);
                assert_alike(&what, &run(&mut engine, &net, *single), &expected, 1e-3, false);
            }
        }
    }
}

#[test]
#[cfg_attr(not(feature = "emulation"), ignore = "needs --features emulation and a C++ compiler")]
fn running_statistics_give_what_candle_gives() {
    for device in devices() {
        for (name, net) in all_networks() {
            let (batch, running) = (batch(net.input_shape(), net.classes()), running(&net));
            for i in 0..3 {
                let [double, single] = [Precision::F64, Precision::F32].map(|precision| {
                    let (pass, watch) = on_device(passes(&batch, precision)[i]);
                    (Pass { normalisation: Normalisation::Running(&running), ..pass }, watch)
                });
                let expected = run(&mut CandleEngine::cpu(), &net, double);
                let mut engine = CudaEngine::new(Arc::clone(&device));
                assert_alike(&format!("{name}, pass {i}"), &run(&mut engine, &net, double), &expected, 1e-11, true);
                assert_alike(&format!("{name}, pass {i}"), &run(&mut engine, &net, single), &expected, 1e-3, false);
            }
        }
    }
}

/// Each of several threads runs all networks in a different order, so that every launch holds a different mixture.
#[test]
#[cfg_attr(not(feature = "emulation"), ignore = "needs --features emulation and a C++ compiler")]
fn a_run_gives_the_same_bits_alone_and_together_with_others() {
    devices().for_each(|device| check_together(&device));
}

fn check_together(device: &Arc<Cuda>) {
    let nets: Vec<_> = all_networks().collect();
    let batches: Vec<Batch> = nets.iter().map(|(_, net)| batch(net.input_shape(), net.classes())).collect();
    let all: Vec<(usize, Precision, usize)> = (0..nets.len())
        .flat_map(|i| [(i, Precision::F32, 1), (i, Precision::F32, 2), (i, Precision::F64, 3)])
        .collect();
    let run_one = |engine: &mut CudaEngine, (i, precision, pass): (usize, Precision, usize)| {
        let (outcome, seen) = run(engine, &nets[i].1, on_device(passes(&batches[i], precision)[pass]));
        (outcome.logits, seen)
    };
    let mut alone = CudaEngine::new(Arc::clone(device));
    let expected: Vec<_> = all.iter().map(|&what| run_one(&mut alone, what)).collect();
    std::thread::scope(|scope| {
        for step in [1, 5, 7] {
            let (device, all, expected, run_one) = (Arc::clone(device), &all, &expected, &run_one);
            scope.spawn(move || {
                let mut engine = CudaEngine::new(device);
                for place in (0..all.len()).map(|i| i * step % all.len()) {
                    assert_eq!(run_one(&mut engine, all[place]), expected[place], "{:?}", all[place]);
                }
            });
        }
    });
}

#[test]
#[cfg_attr(not(feature = "emulation"), ignore = "needs --features emulation and a C++ compiler")]
fn an_objective_gives_the_same_bits_whatever_else_is_seen_of_a_run() {
    let device = device(PLENTY);
    for (name, net) in all_networks() {
        let batch = batch(net.input_shape(), net.classes());
        let weights = Weights::initialise(&net, Init::Perturbed, 3);
        let mut engine = CudaEngine::new(Arc::clone(&device));
        for (pass, watch) in passes(&batch, Precision::F32).map(on_device) {
            let mut alone = Seen::default();
            engine.run(&net, &weights, &pass, &mut [Watcher::new(watch, &mut alone)]).unwrap();
            let (_, [together, _]) = run(&mut engine, &net, (pass, watch));
            assert_eq!(alone.in_order(), together, "{name}");
        }
    }
}

/// Second derivatives are computed on the host, which must not also compute whatever else is asked for.
#[test]
#[cfg_attr(not(feature = "emulation"), ignore = "needs --features emulation and a C++ compiler")]
fn no_score_depends_on_what_else_is_scored() {
    let device = device(PLENTY);
    let (_, net) = wide_cell();
    let batch = batch(net.input_shape(), net.classes());
    let score = |names: &[&str]| {
        let mut scorer =
            Scorer::new(proxy::find(names).unwrap(), Protocol::default(), CudaEngine::new(Arc::clone(&device)));
        scorer.score(&net, &[&batch, &batch], 1).unwrap()
    };
    let all = score(&["all"]);
    for together in &all {
        let alone = &score(&[together.proxy])[0];
        assert_eq!((alone.value, alone.status), (together.value, together.status), "{}", together.proxy);
    }
    let grasp = |scores: &[crate::Score]| scores.iter().find(|score| score.proxy == "grasp").unwrap().value;
    let mut host = Scorer::new(proxy::find(&["grasp"]).unwrap(), Protocol::default(), FusedEngine::default());
    assert_eq!(grasp(&all), grasp(&host.score(&net, &[&batch], 1).unwrap()));
}

#[test]
#[cfg_attr(not(feature = "emulation"), ignore = "needs --features emulation and a C++ compiler")]
fn what_is_not_a_number_stays_so() {
    for (device, (name, net)) in devices().flat_map(|device| all_networks().map(move |net| (Arc::clone(&device), net)))
    {
        let shape = net.input_shape();
        let mut images: Vec<f32> = batch(shape, net.classes()).images().iter().map(|&x| x as f32).collect();
        images[0] = f32::NAN;
        let labels = (0..IMAGES as u32).map(|n| n % net.classes() as u32).collect();
        let batch = Batch::new(images, labels, shape).unwrap();
        let mut engine = CudaEngine::new(Arc::clone(&device));
        let (outcome, _) = run(&mut engine, &net, passes(&batch, Precision::F32)[2]);
        assert!(outcome.logits.iter().any(|logit| logit.is_nan()), "{name}: {:?}", outcome.logits);
    }
}

/// Four threads on a device with memory for two of the networks at a time and hardly more.
#[test]
#[cfg_attr(not(feature = "emulation"), ignore = "needs --features emulation and a C++ compiler")]
fn where_memory_runs_out_fewer_networks_run_at_a_time_and_scores_stay() {
    let (_, net) = wide_cell();
    let batch = batch_of(16, net.input_shape(), net.classes());
    let proxies = || proxy::find(&["naswot", "synflow", "grad_norm", "fisher"]).unwrap();
    let score = |device: Arc<Cuda>| {
        let mut scorer = Scorer::new(proxies(), Protocol::default(), CudaEngine::new(device));
        let scores =
            |seed| scorer.score(&net, &[&batch], seed).map(|scores| scores.into_iter().map(|s| s.value).collect());
        (0..6).map(scores).collect::<Result<Vec<Vec<Option<f64>>>, Error>>()
    };
    let expected = score(device(PLENTY)).unwrap();
    let needed = (1..).map(|i| i << 18).find(|&bytes| score(device(bytes)).is_ok()).unwrap();
    let scarce = device(2 * needed);
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(|| score(Arc::clone(&scarce)))).collect();
        for thread in threads {
            assert_eq!(thread.join().unwrap().unwrap(), expected);
        }
    });
    let error = score(device(1 << 18)).unwrap_err();
    assert!(matches!(error, Error::DeviceMemory { .. }), "{error}");
}

/// The weights that observers see come from the host, but gradients and codes are computed from the device's weights, which are
/// generated there if their origin is known and copied otherwise. The same weights must give the same bits either way.
#[test]
#[cfg_attr(not(feature = "emulation"), ignore = "needs --features emulation and a C++ compiler")]
fn weights_that_are_made_on_the_device_are_those_of_the_host_bit_for_bit() {
    let initialisers = [
        Init::TorchDefault,
        Init::KaimingUniform,
        Init::KaimingNormal,
        Init::Gaussian,
        Init::VarianceScaling,
        Init::Perturbed,
    ];
    for (device, init) in devices().flat_map(|device| initialisers.map(|init| (Arc::clone(&device), init))) {
        for (name, net) in all_networks() {
            let batch = batch(net.input_shape(), net.classes());
            let made = Weights::initialise(&net, init, 5);
            for made in [made.absolute(), made] {
                let mut copied = made.clone();
                copied.tensors_mut().for_each(drop);
                assert!(made.origin().is_some() && copied.origin().is_none());
                for precision in [Precision::F32, Precision::F64] {
                    let (pass, watch) = on_device(passes(&batch, precision)[1]);
                    let [from_counters, from_host] = [&made, &copied].map(|weights| {
                        let mut seen = Seen::default();
                        let mut engine = CudaEngine::new(Arc::clone(&device));
                        engine.run(&net, weights, &pass, &mut [Watcher::new(watch, &mut seen)]).unwrap();
                        seen.in_order()
                    });
                    assert_eq!(from_counters, from_host, "{name}, {init:?}, {precision:?}");
                }
            }
        }
    }
}

/// Logarithm and cosine of all numbers that a stream can hold, by the kernels' source and by the host's library.
#[test]
#[cfg_attr(not(feature = "emulation"), ignore = "needs --features emulation and a C++ compiler")]
fn logarithms_and_cosines_are_those_of_the_host_bit_for_bit() {
    const SHOW: &str = "
        extern \"C\" void show(double* u, double* logarithms, double* cosines, int count) {
            for (int i = 0; i < count; ++i) logarithms[i] = logarithm(u[i]), cosines[i] = cosine_of_turn(u[i]);
        }";
    type Show = unsafe extern "C" fn(*const f64, *mut f64, *mut f64, i32);
    let library = library(&[&source(Precision::F32, &Tuning::default()), SHOW].concat()).unwrap();
    // SAFETY: that is the function's signature.
    let show = unsafe { library.get::<Show>("show") }.unwrap();
    const ALL: usize = 1 << 24;
    const PART: usize = 1 << 16;
    let (mut logarithms, mut cosines) = ([0.0; PART].to_vec(), [0.0; PART].to_vec());
    for start in (0..ALL).step_by(PART) {
        let uniform: Vec<f64> = (start..start + PART).map(|i| (i as f64 + 0.5) / ALL as f64).collect();
        // SAFETY: there are as many of each.
        unsafe { show(uniform.as_ptr(), logarithms.as_mut_ptr(), cosines.as_mut_ptr(), PART as i32) };
        for ((u, logarithm), cosine) in uniform.iter().zip(&logarithms).zip(&cosines) {
            assert_eq!(logarithm.to_bits(), libm::log(*u).to_bits(), "{u}");
            assert_eq!(cosine.to_bits(), libm::cos(std::f64::consts::TAU * u).to_bits(), "{u}");
        }
    }
}

#[test]
#[cfg_attr(not(feature = "emulation"), ignore = "needs --features emulation and a C++ compiler")]
fn random_networks_give_what_candle_gives() {
    let device = device(PLENTY);
    for number in 0..60 {
        let net = random::network(number, &|op| walk::refused(op).is_none());
        let batch = batch(net.input_shape(), net.classes());
        for (i, pass) in passes(&batch, Precision::F64).map(on_device).into_iter().enumerate() {
            let expected = run(&mut CandleEngine::cpu(), &net, pass);
            let mut engine = CudaEngine::new(Arc::clone(&device));
            let what = format!("network {number}, pass {i}");
            assert_alike(&what, &run(&mut engine, &net, pass), &expected, 1e-9, true);
        }
    }
}
