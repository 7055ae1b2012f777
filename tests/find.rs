//! `zeronas find`: from pictures to a trained network, in one go, within limits, and continued after a stop at any step.

mod support;

use std::fs;
use std::path::Path;
use support::{pictures, refuses, run};
use tempfile::TempDir;

const SPACE: &str = include_str!("support/small.toml");

const FIND: &str = "find --images pictures --space mine.toml --limit params=150..2000 --sample 10 --top 2 --rungs 1,2 --epochs 3 \
     --train-batch-size 8 --batch-size 8 --out best";

/// A folder with pictures and a space of its own.
fn prepared() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    pictures(&dir.path().join("pictures"), [12, 12], [12, 5]);
    fs::write(dir.path().join("mine.toml"), SPACE).unwrap();
    dir
}

/// What `find` wrote for programs.
fn found(folder: &Path) -> serde_json::Value {
    serde_json::from_slice(&fs::read(folder.join("best/found.json")).unwrap()).unwrap()
}

#[test]
fn pictures_become_a_trained_and_exported_network() {
    let dir = prepared();
    let output = run(dir.path(), FIND);
    let (stdout, stderr) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert!(output.status.success(), "{stderr}");
    let read = |name: &str| fs::read(dir.path().join("best").join(name)).unwrap();
    let found = found(dir.path());
    // The terminal and the file have the same summary, each in its own form.
    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(words(&stdout), words(&String::from_utf8(read("found.txt")).unwrap()));
    assert_eq!(
        (found["space"].as_str(), found["scored"].as_u64(), found["confirmed"].as_u64()),
        (Some("mine"), Some(10), Some(2))
    );
    assert_eq!(found["by_chance"].as_u64(), Some(2), "all of those that are trained against each other");
    assert!(stdout.contains("all were drawn at random"), "{stdout}");
    assert!(stderr.contains("all drawn at random because 36 training images are few"), "{stderr}");
    assert_eq!((found["epochs"].as_u64(), found["test_images"].as_u64()), (Some(3), Some(15)));
    let params = found["params"].as_u64().unwrap();
    assert!((150..=2000).contains(&params), "{found}");
    // The network that was trained and exported is the one that was found.
    let network: serde_json::Value = serde_json::from_slice(&read("trained/network.json")).unwrap();
    assert_eq!(network["input"], serde_json::json!([3, 12, 12]));
    for file in
        ["scores.parquet", "confirmed/confirmed.csv", "trained/weights.safetensors", "model.onnx", "torch/model.py"]
    {
        assert!(!read(file).is_empty(), "{file}");
    }
    let predicted = run(dir.path(), "predict --trained best/trained --images pictures/test --out predictions.csv");
    assert!(predicted.status.success());
    let right = fs::read_to_string(dir.path().join("predictions.csv")).unwrap();
    let right = right.lines().filter(|line| {
        ["ape", "bee", "cat"]
            .iter()
            .any(|class| line.starts_with(&format!("{class}/")) && line.contains(&format!(",{class},")))
    });
    let accuracy = 100.0 * right.count() as f64 / 15.0;
    assert!((accuracy - found["test_accuracy"].as_f64().unwrap()).abs() < 1e-9, "{accuracy} {found}");

    // Nothing is done twice, and nothing is overwritten unless asked for.
    refuses(dir.path(), FIND, &["best", "--resume"]);
    fs::remove_file(dir.path().join("best/found.txt")).unwrap();
    let again = run(dir.path(), &format!("{FIND} --resume"));
    assert!(again.status.success(), "{}", String::from_utf8_lossy(&again.stderr));
    assert_eq!(String::from_utf8(again.stdout).unwrap(), stdout);
}

/// A tight budget leaves time for an epoch or two, and a continued run keeps to the original plan.
#[test]
fn a_budget_of_time_says_how_many_epochs_there_are() {
    let dir = prepared();
    let words = FIND.replace("--epochs 3", "--budget wall=1s");
    let output = run(dir.path(), &words);
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{stderr}");
    assert!(stderr.contains("is about enough for ") && stderr.contains("wall=1 s leaves time for "), "{stderr}");
    let epochs = || found(dir.path())["epochs"].as_u64().unwrap();
    let planned = epochs();
    assert!((1..=500).contains(&planned));
    fs::remove_file(dir.path().join("best/found.json")).unwrap();
    let again = run(dir.path(), &format!("{words} --resume"));
    assert!(again.status.success(), "{}", String::from_utf8_lossy(&again.stderr));
    assert_eq!(epochs(), planned);
    refuses(dir.path(), &FIND.replace("--out best", "--budget wall=1s --out other"), &["--budget", "--epochs"]);
    refuses(dir.path(), &FIND.replace("--epochs 3", "--budget 30m"), &["--budget", "wall=30m"]);
}

#[test]
fn limits_that_nothing_keeps_to_are_told_before_anything_is_done() {
    let dir = prepared();
    refuses(dir.path(), &format!("{FIND} --by-chance 3"), &["--by-chance", "2"]);
    refuses(dir.path(), &FIND.replace("150..2000", "10"), &["--limit", "params=10", "the closest has params"]);
    assert!(!dir.path().join("best/scores.parquet").exists());
}

/// With several seeds trainings are judged by their means; by an aggregate of one's own half of the architectures are chosen; and when
/// another pick is found, the training of the one before is kept.
#[test]
fn with_several_seeds_the_last_ones_are_trained_again() {
    let dir = prepared();
    let words = FIND.replace("--rungs 1,2", "--rungs 2 --seeds 2 --aggregate logrank(params)");
    let output = run(dir.path(), &words);
    let (stdout, stderr) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert!(output.status.success() && stdout.contains("at the last rung with 2 seeds"), "{stdout}{stderr}");
    let found = found(dir.path());
    assert_eq!(found["seeds"].as_u64(), Some(2));
    assert_eq!(found["by_chance"].as_u64(), Some(1), "half of them, since what they are ranked by was chosen");
    assert!(found["valid_accuracy_sd"].is_f64(), "{found}");

    let manifest = dir.path().join("best/trained/manifest.json");
    let pick = found["arch"].as_str().unwrap();
    let other = fs::read_to_string(&manifest).unwrap().replace(pick, "another");
    fs::write(&manifest, other).unwrap();
    let again = run(dir.path(), &format!("{words} --resume"));
    let stderr = String::from_utf8(again.stderr).unwrap();
    assert!(
        again.status.success() && stderr.contains("the training of another, the pick before, is kept in"),
        "{stderr}"
    );
    assert!(dir.path().join("best/trained-1/weights.safetensors").exists());
    assert!(dir.path().join("best/trained/weights.safetensors").exists());
}
