//! Exported networks: they are complete, and the same for every reader; trained ones classify pictures.
//!
//! `EXPORTED=DIR cargo test --release --test export` leaves the files in that folder, together with images and logits, for
//! `python/tests/exported.py` to run in ONNX Runtime and PyTorch.

mod support;

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};
use support::{pictures, refuses, run};
use zeronas::export::{Format, Model, write};
use zeronas_proxies::Batch;
use zeronas_proxies::engine::{CandleEngine, Engine, Normalisation, Pass, Precision};
use zeronas_proxies::network::{Form, Init, Network, RunningStatistics, Weights};
use zeronas_random::Stream;

const IMAGES: usize = 3;

/// The golden networks, which contain every layer kind and setting, with weights and statistics that differ from their initial values.
fn models() -> impl Iterator<Item = Model> {
    include_str!("golden/networks.jsonl").lines().map(|line| {
        let case: serde_json::Value = serde_json::from_str(line).unwrap();
        let form: Form = serde_json::from_value(case["network"].clone()).unwrap();
        let network = form.network().unwrap();
        let (weights, running) = (Weights::initialise(&network, Init::Perturbed, 5), running(&network));
        let notes = [("classes".to_owned(), "a \"b\"\nc".to_owned())].into();
        Model { name: case["name"].as_str().unwrap().into(), network, weights, running, preparation: None, notes }
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
        let bytes = fs::read(out.join("model.safetensors")).unwrap();
        let stored = safetensors::SafeTensors::deserialize(&bytes).unwrap();
        let names: HashSet<&str> = stored.names().into_iter().collect();
        assert_eq!(names.len(), model.tensors().len(), "{}", model.name);
        let source = fs::read_to_string(out.join("model.py")).unwrap();
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
            fs::write(out.join("images.bin"), numbers(batch.images().iter().copied())).unwrap();
            fs::write(out.join("logits.bin"), numbers(outcome.logits.into_iter())).unwrap();
        }
    }
}

/// Trains on such pictures, to a folder `trained`.
fn train(folder: &Path) {
    pictures(&folder.join("pics"), [24, 20], [8, 4]);
    succeeds(
        folder,
        "train --arch 6111 --channels 4 --cells 1 --images pics --recipe quick --epochs 2 --batch-size 8 --exact --resolution 16 --out trained",
    );
}

fn succeeds(folder: &Path, words: &str) -> String {
    let output = run(folder, words);
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "zeronas {words}\n{stderr}");
    stderr
}

const OWN: &str = r#"{"input": [1, 9, 7], "layers": [
    {"name": "type", "op": "conv", "channels": 4, "kernel": 3},
    {"name": "to", "op": "batch_norm"},
    {"name": "average_pool", "op": "average_pool", "kernel": 2, "padding": [1, 0, 0, 1]},
    {"name": "mean", "op": "global_average"},
    {"name": "half", "op": "linear", "features": 3}
], "output": "half"}"#;

#[test]
fn networks_of_all_origins_are_exported_to_all_formats() {
    let dir = tempfile::tempdir().unwrap();
    train(dir.path());
    fs::write(dir.path().join("own.json"), OWN).unwrap();
    let origins =
        [("--trained trained", "trained"), ("--network own.json", "own"), ("--arch 6111 --classes 3", "6111")];
    for (words, out) in origins {
        let [onnx, torch] = [("onnx", format!("{out}.onnx")), ("torch", out.to_owned() + "-torch")]
            .map(|(format, out)| succeeds(dir.path(), &format!("export {words} --to {format} --out {out}")));
        // Both say how many parameters there are.
        assert_eq!(onnx.rsplit(": ").next(), torch.rsplit(": ").next(), "{words}");
        assert!(onnx.starts_with(&format!("{out}.onnx: ")), "{onnx}");
        assert!(torch.starts_with(&format!("{out}-torch/model.py, {out}-torch/model.safetensors: ")), "{torch}");
    }
    // What is known about the images is exported, too.
    let text = |name: &str| String::from_utf8_lossy(&fs::read(dir.path().join(name)).unwrap()).into_owned();
    for (name, known) in [("trained.onnx", r#"["ape","bee","cat"]"#), ("trained-torch/model.py", r#"    "cat","#)] {
        assert!(text(name).contains(known), "{name}");
    }
    for key in ["class_names", "image_side", "image_resize", "image_pixels", "image_mean", "image_std"] {
        let is_there = |name: &str| text(name).contains(key);
        assert!(is_there("trained.onnx") && is_there("trained-torch/model.safetensors"), "{key}");
        assert!(!is_there("6111.onnx"), "{key}");
    }
    assert!(text("trained-torch/model.py").contains("\nRESIZE = \"centre crop, then scaled\"\n"));
    assert!(!text("own-torch/model.py").contains("def preprocess"));
}

#[test]
fn what_cannot_be_exported_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let (network, weights) = (dir.path().join("trained/network.json"), dir.path().join("trained/weights.safetensors"));
    let refuses = |words: &str, parts: &[&str]| refuses(dir.path(), &format!("export {words}"), parts);
    refuses("--to onnx --out x.onnx", &["--network", "--arch, --network or --trained"]);
    refuses("--arch 6111 --trained trained --to onnx --out x.onnx", &["--arch", "--trained"]);
    refuses("--arch 6111 --out x.onnx", &["--to"]);
    refuses("--arch 6111 --to keras --out x.onnx", &["keras", "onnx, torch"]);
    refuses("--arch 99999 --to onnx --out x.onnx", &["99999"]);
    refuses("--trained trained --to onnx --out x.onnx", &["network.json"]);
    train(dir.path());
    for (file, damaged, parts) in [
        (&network, r#"{"input": [3, 8, 8], "layers": []}"#, &["network.json"][..]),
        (&weights, "", &["weights.safetensors", "cannot be read"]),
    ] {
        let whole = fs::read(file).unwrap();
        fs::write(file, damaged).unwrap();
        refuses("--trained trained --to torch --out x", parts);
        fs::write(file, whole).unwrap();
    }
    let text = fs::read_to_string(&network).unwrap();
    fs::write(&network, text.replace("stem.conv", "stem.other")).unwrap();
    refuses("--trained trained --to torch --out x", &["weights.safetensors", "stem.other.weight"]);
    fs::write(&network, text).unwrap();
    fs::write(dir.path().join("file"), "").unwrap();
    let output = run(dir.path(), "export --trained trained --to torch --out file");
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8(output.stderr).unwrap().contains("file cannot be made"));
    assert!(!dir.path().join("x.onnx").exists());
}

#[test]
fn pictures_are_classified_as_the_training_did() {
    let dir = tempfile::tempdir().unwrap();
    train(dir.path());
    let said = succeeds(dir.path(), "predict --trained trained --images pics/test --out p.csv --threads 1");
    assert_eq!(said, "p.csv: 12 pictures\n");
    let text = fs::read_to_string(dir.path().join("p.csv")).unwrap();
    let mut lines = text.lines();
    let header = "image,class,probability,probability_ape,probability_bee,probability_cat";
    assert_eq!(lines.next(), Some(header));
    let rows: Vec<Vec<&str>> = lines.map(|line| line.split(',').collect()).collect();
    let right = rows.iter().filter(|row| row[0].starts_with(&format!("{}/", row[1]))).count();
    let history = fs::read_to_string(dir.path().join("trained/history.csv")).unwrap();
    let history: Vec<Vec<&str>> = history.lines().map(|line| line.split(',').collect()).collect();
    let place = history[0].iter().position(|&name| name == "test_accuracy").unwrap();
    let accuracy: f64 = history.last().unwrap()[place].parse().unwrap();
    assert!((accuracy - 100.0 * right as f64 / rows.len() as f64).abs() < 1e-9, "{accuracy}: {right}");
    for row in &rows {
        let numbers: Vec<f64> = row[2..].iter().map(|number| number.parse().unwrap()).collect();
        assert!((numbers[1..].iter().sum::<f64>() - 1.0).abs() < 1e-12, "{row:?}");
        assert_eq!(numbers[0], numbers[1..].iter().copied().fold(0.0, f64::max));
    }

    succeeds(dir.path(), "predict --trained trained --images pics/test --out q.csv --threads 2");
    assert_eq!(text, fs::read_to_string(dir.path().join("q.csv")).unwrap());
    succeeds(dir.path(), "predict --trained trained --images pics/test/bee/3.png --out one.csv");
    let one = fs::read_to_string(dir.path().join("one.csv")).unwrap();
    let row = text.lines().find(|line| line.starts_with("bee/3.png,")).unwrap();
    assert_eq!(one, format!("{header}\npics/test/{row}\n"));
}

#[test]
fn what_cannot_be_classified_is_named() {
    let dir = tempfile::tempdir().unwrap();
    train(dir.path());
    fs::create_dir(dir.path().join("none")).unwrap();
    fs::write(dir.path().join("pics/test/bee/9.png"), "no picture").unwrap();
    let refuses = |words: &str, parts: &[&str]| refuses(dir.path(), &format!("predict {words}"), parts);
    refuses("--trained trained --images none --out p.csv", &["none", "no picture"]);
    refuses("--trained trained --images missing --out p.csv", &["missing"]);
    refuses("--trained trained --images trained/history.csv --out p.csv", &["history.csv"]);
    refuses("--trained trained --images pics/test --out p.csv", &["bee/9.png"]);
    refuses("--trained trained --images pics/train --out p.txt", &["--out", "p.txt"]);
    refuses("--trained trained --images pics/train --out away/p.csv", &["--out", "away"]);
    refuses("--trained trained --images pics/train --out p.csv --threads 0", &["--threads"]);
    refuses("--trained none --images pics/train --out p.csv", &["none/network.json"]);
    assert!(!dir.path().join("p.csv").exists());
}
