//! `--device`: the program on the emulation of a CUDA device.

mod support;

use support::{refuses, rows, run, score};

/// In f64 with direct convolutions, the two differ only in the order of sums. Every proxy of suite-zero, in all three spaces.
#[test]
#[cfg_attr(not(feature = "emulation"), ignore = "needs --features emulation and a C++ compiler")]
fn scores_are_those_of_the_cpu_however_many_networks_run_at_a_time() {
    let dir = tempfile::tempdir().unwrap();
    let what = "--sample 6 --sample-seed 3 --proxies suite-zero --top 0 --dtype f64";
    score(dir.path(), &format!("{what} --engine fused --out cpu.csv"));
    for threads in [1, 4] {
        score(dir.path(), &format!("{what} --device emulation --threads {threads} --out device{threads}.csv"));
    }
    let [cpu, one, four] = ["cpu.csv", "device1.csv", "device4.csv"].map(|name| rows(dir.path(), name));
    assert_eq!(one, four);
    assert_eq!(cpu.len(), one.len());
    for (cpu, device) in cpu.iter().zip(&one).skip(1) {
        let fields = |row: &str| row.split(',').map(str::to_owned).collect::<Vec<_>>();
        for (expected, got) in fields(cpu).iter().zip(&fields(device)) {
            match (expected.parse::<f64>(), got.parse::<f64>()) {
                (Ok(expected), Ok(got)) => {
                    assert!((got - expected).abs() <= 1e-8 * expected.abs(), "{cpu}\n{device}")
                }
                _ => assert_eq!(expected, got, "{cpu}\n{device}"),
            }
        }
    }
    let manifest = std::fs::read_to_string(dir.path().join("device1.csv.manifest.json")).unwrap();
    let manifest: serde_json::Value = serde_json::from_str(&manifest).unwrap();
    assert_eq!((&manifest["device"], &manifest["engine"]), (&"emulation".into(), &"cuda".into()));
}

#[test]
#[cfg_attr(not(feature = "emulation"), ignore = "needs --features emulation and a C++ compiler")]
fn a_training_on_a_device_learns_what_one_on_the_cpu_learns() {
    let dir = tempfile::tempdir().unwrap();
    let arch = "|nor_conv_3x3~0|+|avg_pool_3x3~0|skip_connect~1|+|none~0|nor_conv_1x1~1|skip_connect~2|";
    let losses = |device: &str| -> Vec<f64> {
        let words = "train --channels 4 --cells 1 --images embedded --recipe quick --valid-split 128 --epochs 2 --batch-size 32";
        let output = run(dir.path(), &format!("{words} --arch {arch} --device {device} --out {device}"));
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let history = std::fs::read_to_string(dir.path().join(device).join("history.csv")).unwrap();
        let mut lines = history.lines().map(|line| line.split(',').collect::<Vec<_>>());
        let column = lines.next().unwrap().iter().position(|name| *name == "train_loss").unwrap();
        lines.map(|fields| fields[column].parse().unwrap()).collect()
    };
    let (cpu, device) = (losses("cpu"), losses("emulation"));
    assert_eq!(cpu.len(), 2);
    for (cpu, device) in cpu.iter().zip(&device) {
        assert!((cpu - device).abs() < 1e-3 * cpu, "{cpu}, {device}");
    }
}

/// The same architectures in the same order, and a manifest that names the device.
#[test]
#[cfg_attr(not(feature = "emulation"), ignore = "needs --features emulation and a C++ compiler")]
fn a_search_on_a_device_finds_what_one_on_the_cpu_finds() {
    let dir = tempfile::tempdir().unwrap();
    let found = |device: &str| -> Vec<String> {
        let words = "search --channels 4 --cells 1 --strategy genetic --evaluate proxy:naswot --batch-size 8 --budget evaluations=12";
        let output = run(dir.path(), &format!("{words} --runs 1 --device {device} --out {device}"));
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let picks = std::fs::read_to_string(dir.path().join(device).join("picks.csv")).unwrap();
        let mut lines = picks.lines().map(|line| line.split(',').map(str::to_owned).collect::<Vec<_>>());
        let arch = lines.next().unwrap().iter().position(|name| name == "arch").unwrap();
        lines.map(|fields| fields[arch].clone()).collect()
    };
    assert_eq!(found("cpu"), found("emulation"));
    let manifest = |device: &str| std::fs::read_to_string(dir.path().join(device).join("manifest.json")).unwrap();
    assert!(manifest("emulation").contains("\"device\": \"emulation\"") && !manifest("cpu").contains("\"device\""));
}

/// Creates a cache folder for the test, with the kernels that this user has compiled and this tuning file for the device.
#[cfg(all(unix, feature = "emulation"))]
fn keep(folder: &std::path::Path, tuning: &str) {
    let users = std::env::var_os("XDG_CACHE_HOME").map(std::path::PathBuf::from);
    let users = users.unwrap_or_else(|| std::path::PathBuf::from(std::env::var_os("HOME").unwrap()).join(".cache"));
    let (kernels, own) = (users.join("zeronas/kernels"), folder.join("cache/zeronas"));
    std::fs::create_dir_all(&kernels).unwrap();
    std::fs::create_dir_all(own.join("tuning")).unwrap();
    if !own.join("kernels").exists() {
        std::os::unix::fs::symlink(kernels, own.join("kernels")).unwrap();
    }
    std::fs::write(own.join("tuning/emulation.json"), tuning).unwrap();
}

/// A tuning decides the last bits of scores, so the manifest names it, and a score file cannot be continued under another one.
#[test]
#[cfg(all(unix, feature = "emulation"))]
fn the_tuning_that_is_kept_for_a_device_is_used_and_told() {
    let dir = tempfile::tempdir().unwrap();
    let score = |device: &str, out: &str, more: &str| {
        let words =
            "score --channels 8 --cells 1 --batch-size 8 --sample 3 --sample-seed 3 --proxies grad_norm --top 0";
        let words = format!("{words} --device {device} --out {out} {more}");
        let mut program = support::zeronas(dir.path());
        let output =
            program.env("XDG_CACHE_HOME", dir.path().join("cache")).args(words.split_whitespace()).output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let device = |out: &str| -> serde_json::Value {
        let manifest = std::fs::read_to_string(dir.path().join(format!("{out}.manifest.json"))).unwrap();
        serde_json::from_str::<serde_json::Value>(&manifest).unwrap()["device"].clone()
    };
    let kind = serde_json::to_value(zeronas_proxies::engine::cuda::Emulation::kind()).unwrap();
    let kept = |what: &str, value: &str| {
        let mut kept = kind.clone();
        kept["tuning"] = "gradient_blocks=1024,networks=8".into();
        kept[what] = value.into();
        kept.to_string()
    };

    keep(dir.path(), &kept("tuning", "gradient_blocks=1024,networks=8"));
    let (code, told) = score("emulation", "kept.csv", "");
    assert_eq!(code, Some(0), "{told}");
    assert!(told.contains("emulation uses the tuning that is kept for it: gradient_blocks=1024,networks=8"), "{told}");
    assert_eq!(device("kept.csv"), "emulation,gradient_blocks=1024");
    let (code, told) = score("emulation,usual", "usual.csv", "");
    assert!(code == Some(0) && !told.contains("tuning"), "{told}");
    assert_eq!(device("usual.csv"), "emulation");
    // A score file that is made again with `--like` uses the same tuning.
    let mut again = support::zeronas(dir.path());
    let again = again.env("XDG_CACHE_HOME", dir.path().join("cache"));
    let output = again.args(["score", "--like", "usual.csv", "--out", "again.csv"]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8(output.stderr).unwrap());
    assert_eq!(device("again.csv"), "emulation");
    assert_eq!(rows(dir.path(), "again.csv"), rows(dir.path(), "usual.csv"));
    let (code, told) = score("emulation", "usual.csv", "--resume");
    assert_eq!(code, Some(2), "{told}");
    assert!(told.contains("device was \"emulation\" and is \"emulation,gradient_blocks=1024\" now"), "{told}");

    for (file, part) in [
        (kept("driver", "another compiler"), "is out of date: it is for the driver another compiler"),
        (kept("kernels", "0123"), "is out of date: it is for the kernels 0123"),
        (kept("tuning", "gradient_blocks=7"), "is damaged: `gradient_blocks` may be"),
        ("{\"device\": ".into(), "is damaged: "),
    ] {
        keep(dir.path(), &file);
        let _ = std::fs::remove_file(dir.path().join("ignored.csv"));
        let (code, told) = score("emulation", "ignored.csv", "");
        assert_eq!(code, Some(0), "{told}");
        let line =
            told.lines().find(|line| line.contains("emulation leaves the tuning that is kept for it aside")).unwrap();
        assert!(line.contains("emulation.json") && line.contains(part), "{line}");
        assert_eq!(device("ignored.csv"), "emulation");
        assert_eq!(rows(dir.path(), "ignored.csv"), rows(dir.path(), "usual.csv"));
    }
}

#[test]
fn a_device_that_there_is_not_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    refuses(dir.path(), "score --sample 1 --out s.csv --device gpu", &["--device", "cuda:N"]);
}

#[test]
#[cfg_attr(not(feature = "emulation"), ignore = "needs --features emulation and a C++ compiler")]
fn an_engine_that_does_not_fit_the_device_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let words = "score --sample 1 --out s.csv --device emulation --engine fused";
    refuses(dir.path(), words, &["--engine", "fused", "emulation"]);
}

/// The emulation is for tests: a released program does not have it.
#[cfg(not(feature = "emulation"))]
#[test]
fn a_build_without_the_emulation_does_not_know_it() {
    let dir = tempfile::tempdir().unwrap();
    refuses(dir.path(), "score --sample 1 --out s.csv --device emulation", &["--device", "cuda:N"]);
}

/// A build with the `cuda` feature says what is missing instead.
#[cfg(not(feature = "cuda"))]
#[test]
fn a_build_without_cuda_says_so() {
    let dir = tempfile::tempdir().unwrap();
    refuses(
        dir.path(),
        "score --sample 1 --out s.csv --device cuda:1",
        &["--device", "cuda:1", "without CUDA", "gpu/build.sh"],
    );
    assert!(std::fs::read_dir(dir.path()).unwrap().next().is_none(), "nothing was left behind");
}
