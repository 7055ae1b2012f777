//! Exported networks: whole, and the same to whoever reads them.
//!
//! `EXPORTED=DIR cargo test --release --test export` leaves the files there with images and logits beside them, for
//! `python/tests/exported.py` to run in ONNX Runtime and PyTorch.

use std::collections::HashSet;
use std::path::PathBuf;
use zeronas::export::{Format, Model, write};
use zeronas_proxies::Batch;
use zeronas_proxies::engine::{CandleEngine, Engine, Normalisation, Pass, Precision};
use zeronas_proxies::network::{Form, Init, Network, RunningStatistics, Weights};
use zeronas_random::Stream;

const IMAGES: usize = 3;

/// The golden networks, which hold every layer kind and setting, with weights and statistics off their starting points.
fn models() -> impl Iterator<Item = Model> {
    include_str!("golden/networks.jsonl").lines().map(|line| {
        let case: serde_json::Value = serde_json::from_str(line).unwrap();
        let form: Form = serde_json::from_value(case["network"].clone()).unwrap();
        let network = form.network().unwrap();
        let (weights, running) = (Weights::initialise(&network, Init::Perturbed, 5), running(&network));
        let notes = [("classes".to_owned(), "a \"b\"\nc".to_owned())].into();
        Model { name: case["name"].as_str().unwrap().into(), network, weights, running, notes }
    })
}

fn running(net: &Network) -> RunningStatistics {
    let mut running = RunningStatistics::new(net);
    for (layer, channels) in running.layers_mut() {
        let stream = Stream::new(&net.layer(layer).name, 7);
        channels.mean.iter_mut().zip(0..).for_each(|(mean, i)| *mean = stream.uniform(i) as f32 - 0.5);
        channels.variance.iter_mut().zip(1000..).for_each(|(var, i)| *var = 0.3 + stream.uniform(i) as f32);
    }
    running
}

fn numbers(values: impl Iterator<Item = f64>) -> Vec<u8> {
    values.flat_map(|value| (value as f32).to_le_bytes()).collect()
}

#[test]
fn every_layer_has_a_form_in_onnx_and_in_pytorch() {
    let kept = std::env::var_os("EXPORTED").map(PathBuf::from);
    let dir = tempfile::tempdir().unwrap();
    let folder = kept.clone().unwrap_or_else(|| dir.path().to_owned());
    for model in models() {
        let out = folder.join(&model.name);
        let torch = write(&model, Format::Torch, &out).unwrap();
        let onnx = write(&model, Format::Onnx, &out.join("model.onnx")).unwrap();
        assert_eq!((torch.files.len(), onnx.files.len()), (2, 1));
        let bytes = std::fs::read(out.join("model.safetensors")).unwrap();
        let stored = safetensors::SafeTensors::deserialize(&bytes).unwrap();
        let names: HashSet<&str> = stored.names().into_iter().collect();
        assert_eq!(names.len(), model.tensors().len(), "{}", model.name);
        let source = std::fs::read_to_string(out.join("model.py")).unwrap();
        for name in names {
            let module = name.rsplit_once('.').unwrap().0;
            assert!(source.contains(&format!("self.{module} = ")), "{}: {name}", model.name);
        }
        if kept.is_some() {
            let (net, stream) = (&model.network, Stream::new("exported", 0));
            let shape = net.input_shape();
            let pixels = (0..(IMAGES * shape.len()) as u64).map(|i| stream.normal(i) as f32).collect();
            let batch = Batch::new(pixels, vec![0; IMAGES], shape).unwrap();
            let normalisation = Normalisation::Running(&model.running);
            let pass = Pass { batch: &batch, normalisation, precision: Precision::F64 };
            let outcome = CandleEngine::cpu().run(net, &model.weights, &pass, &mut []).unwrap();
            std::fs::write(out.join("images.bin"), numbers(batch.images().iter().copied())).unwrap();
            std::fs::write(out.join("logits.bin"), numbers(outcome.logits.into_iter())).unwrap();
        }
    }
}
