//! The benchmark that comes with the program: how it is built, and what a first run reports on it.

mod support;

use std::fs;
use std::path::Path;
use std::process::Command;
use support::{images, refuses, run, zeronas};
use zeronas::bench::SPACE;
use zeronas::space::SearchSpace;
use zeronas_datasets::BenchmarkTable;

/// The flags of a build that takes a few seconds.
fn words(more: &str) -> String {
    format!("bench build --images cifar --archs 5 --repeated 2 --seeds 2 --train-images 192 --epochs 2 {more}")
}

fn built(folder: &Path, more: &str) {
    let output = run(folder, &words(more));
    assert!(output.status.success(), "{more}: {}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_killed_build_goes_on_to_the_same_table() {
    let dir = tempfile::tempdir().unwrap();
    images(dir.path());
    built(dir.path(), "--out whole --threads 1");
    let table = |out: &str| fs::read_to_string(dir.path().join(out).join("zeronas_mini.csv")).unwrap();
    let whole = table("whole");
    let rows: Vec<Vec<&str>> = whole.lines().map(|line| line.split(',').collect()).collect();
    assert_eq!(
        rows[0].join(","),
        "arch,test_accuracy,test_loss,train_accuracy,test_accuracy_seed0,test_accuracy_seed1,params,flops"
    );
    assert_eq!(rows.len(), 6);
    for (place, row) in rows[1..].iter().enumerate() {
        assert_eq!(row[5].is_empty(), place >= 2, "the first two are trained twice: {row:?}");
    }

    let line = words("--out killed --threads 2");
    let mut child = zeronas(dir.path()).args(line.split_whitespace()).spawn().unwrap();
    let journal = dir.path().join("killed/trainings.jsonl");
    let lines = || fs::read_to_string(&journal).map_or(0, |text| text.lines().count());
    while lines() < 3 && child.try_wait().unwrap().is_none() {
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    refuses(dir.path(), &line, &["trainings.jsonl", "--resume"]);
    refuses(dir.path(), &format!("{line} --resume --epochs 3"), &["epochs"]);
    built(dir.path(), "--out killed --resume");
    assert_eq!(table("killed"), whole);
    // A smaller benchmark is a part of a larger one.
    let less = line.replace("--archs 5", "--archs 3").replace("--repeated 2", "--repeated 1");
    assert!(run(dir.path(), &format!("{less} --resume")).status.success());
    assert_eq!(table("killed").lines().last(), whole.lines().nth(3));
    assert!(dir.path().join("killed/manifest.json").exists());
}

#[test]
fn bad_flags_are_named() {
    let dir = tempfile::tempdir().unwrap();
    images(dir.path());
    for (more, parts) in [
        ("--images cifar --train-images 192 --archs 0", &["--archs"][..]),
        ("--images cifar --train-images 192 --archs 6000", &["--archs", "5424"]),
        ("--images cifar --train-images 192 --epochs 0", &["--epochs"]),
        ("--images cifar --train-images 192 --archs 200 --repeated 500", &["--repeated", "500", "200"]),
        ("--images cifar --train-images 192 --seeds 0", &["--seeds"]),
        ("--images cifar --train-images 192 --threads 0", &["--threads"]),
        ("--images cifar --train-images 201", &["--train-images", "200"]),
        ("--images cifar", &["--train-images", "50000"]),
        ("--images cifar/data_batch_1.bin --train-images 40", &["test images"]),
        ("--images absent", &["absent"]),
    ] {
        refuses(dir.path(), &format!("bench build --out t {more}"), parts);
    }
    assert!(!dir.path().join("t").exists(), "a refused build leaves nothing behind");
}

#[test]
fn the_table_in_the_program_is_what_its_manifest_says() {
    let table = BenchmarkTable::open("zeronas-mini".as_ref()).unwrap();
    let manifest: serde_json::Value = serde_json::from_str(zeronas_datasets::table::mini::MANIFEST).unwrap();
    let settings = zeronas::bench::Settings::default();
    assert_eq!(manifest["archs"], table.len());
    // Every default setting of `bench build` is the one that the table was built with.
    let defaults = serde_json::to_value(&settings).unwrap();
    for (name, value) in defaults.as_object().unwrap() {
        assert_eq!(&manifest[name], value, "{name}");
    }
    assert_eq!(manifest["figures"], serde_json::Value::from(SPACE.macro_settings()));
    let archs: Vec<String> = settings.architectures().unwrap().iter().map(ToString::to_string).collect();
    assert_eq!(table.architectures().collect::<Vec<_>>(), archs);
    let accuracy = table.column("test_accuracy").unwrap();
    let seed = |seed: usize| table.column(&format!("test_accuracy_seed{seed}")).unwrap();
    assert_eq!(seed(0).iter().flatten().count(), archs.len());
    assert_eq!(seed(2).iter().flatten().count(), settings.repeated);
    assert!(accuracy.iter().flatten().all(|accuracy| (10.0..100.0).contains(accuracy)));
    for (row, arch) in archs.iter().enumerate() {
        let net = SPACE.network(&SPACE.parse(arch).unwrap()).unwrap();
        assert_eq!(table.column("params").unwrap()[row], Some(net.parameter_count() as f64), "{arch}");
    }
    let shown = Command::new(env!("CARGO_BIN_EXE_zeronas")).args(["bench", "show"]).output().unwrap();
    assert_eq!(String::from_utf8(shown.stdout).unwrap(), zeronas_datasets::table::mini::MANIFEST);
}

/// The first command of the README.
#[test]
fn a_first_run_says_how_the_scores_go_with_real_accuracies() {
    let dir = tempfile::tempdir().unwrap();
    let words = "score --benchmark zeronas-mini --out scores.parquet --resume";
    let output = run(dir.path(), words);
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(stdout.starts_with("best 10 of "), "{stdout}");
    for proxy in ["naswot", "synflow", "grad_norm"] {
        let row = stdout.lines().find(|line| line.trim_start().starts_with("test_accuracy") && line.contains(proxy));
        let row = row.unwrap_or_else(|| panic!("no row of {proxy} in\n{stdout}"));
        assert_eq!(row.matches('[').count(), 2, "{row}");
    }
    let again = run(dir.path(), words);
    assert_eq!(String::from_utf8(again.stdout).unwrap(), stdout);
    refuses(
        dir.path(),
        "score --sample 3 --benchmark zeronas-mini --target no --out x.csv",
        &["`no`", "test_accuracy"],
    );
    assert!(!dir.path().join("x.csv").exists());
    // The networks are those that were trained, unless a flag changes them.
    let figures = |words: &str, out: &str| {
        let output =
            run(dir.path(), &format!("score --benchmark zeronas-mini --proxies params --top 0 --out {out} {words}"));
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let manifest = fs::read_to_string(dir.path().join(format!("{out}.manifest.json"))).unwrap();
        let manifest: serde_json::Value = serde_json::from_str(&manifest).unwrap();
        (manifest["channels"].as_u64(), manifest["cells"].as_u64())
    };
    assert_eq!(figures("", "own.csv"), (Some(8), Some(1)));
    assert_eq!(figures("--channels 4", "other.csv"), (Some(4), Some(1)));
    refuses(
        dir.path(),
        "score --benchmark zeronas-mini --space nats-sss --out x.csv",
        &["--space", "nats-sss", "zeronas-mini is of nats-tss"],
    );
}
