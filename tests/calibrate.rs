//! Calibrations of the built program: on the embedded table, and on trainings that are cut short and resumed.

mod support;

use serde_json::Value;
use std::fs;
use std::path::Path;
use support::{images, refuses, run, score};
use zeronas::report::chosen::default_aggregate;

fn succeeds(folder: &Path, words: &str) -> String {
    let output = run(folder, words);
    assert!(output.status.success(), "zeronas {words}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn json(path: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn a_table_calibrates_and_the_verdict_is_an_aggregate_everywhere() {
    let dir = tempfile::tempdir().unwrap();
    let default = default_aggregate(Some("nats-tss"));
    let mut proxies = ["naswot", "synflow", "params", "flops"].map(str::to_owned).to_vec();
    proxies.extend(default.members.iter().filter(|member| !proxies.contains(member)).cloned().collect::<Vec<_>>());
    score(dir.path(), &format!("--archs zeronas-mini --proxies {} --out scores.parquet", proxies.join(",")));
    let words = "calibrate scores.parquet --benchmark zeronas-mini --target test_accuracy --networks 100 --out mini";
    let said = succeeds(dir.path(), words);
    let found = json(&dir.path().join("mini/calibrated.json"));
    let expression = found["aggregate"].as_str().unwrap_or_else(|| panic!("{said}"));
    assert!(said.contains(&format!("verdict: {}", found["says"].as_str().unwrap())), "{said}");
    assert!(said.contains("combination") && said.contains(&default.to_string()) && said.contains("first 90"));
    assert_eq!((found["networks"].as_u64(), found["fitted_on"]["space"].as_str()), (Some(100), Some("nats-tss")));
    let rows = fs::read_to_string(dir.path().join("mini/candidates.csv")).unwrap();
    // All proxies, the default, and the combination; a tau of each with 10, 20, ... 100 labels.
    assert_eq!(rows.lines().count(), 1 + proxies.len() + 2, "{rows}");
    let curve = fs::read_to_string(dir.path().join("mini/curve.csv")).unwrap();
    assert_eq!(curve.lines().count(), 1 + 10 * (proxies.len() + 2));
    assert_eq!(fs::read_to_string(dir.path().join("mini/networks.csv")).unwrap().lines().count(), 101);
    assert_eq!(succeeds(dir.path(), words), said, "the same again");

    let report = "report scores.parquet --benchmark zeronas-mini --target test_accuracy --bootstrap 20";
    let said = succeeds(dir.path(), &format!("{report} --aggregate mini/calibrated.json --out report"));
    assert!(said.contains("logrank("), "{said}");
    let manifest = json(&dir.path().join("report/manifest.json"));
    assert_eq!(manifest["aggregates"][0]["aggregate"].as_str(), Some(expression));
    let search = "search --strategy random --budget evaluations=20 --scores scores.parquet";
    succeeds(dir.path(), &format!("{search} --evaluate proxy:mini/calibrated.json --out found"));
    assert_eq!(
        json(&dir.path().join("found/manifest.json"))["evaluate"].as_str(),
        Some(&*format!("proxy:{expression}"))
    );
}

#[test]
fn trainings_are_resumed_and_repeated() {
    let dir = tempfile::tempdir().unwrap();
    images(dir.path());
    score(dir.path(), "--sample 40 --sample-seed 3 --proxies naswot,params --out scores.csv");
    let words = |more: &str| {
        format!(
            "calibrate scores.csv --networks 10 --seeds 2 --repeated 2 --images cifar --recipe quick --epochs 1 --batch-size 20 \
             --draws 50 --out out {more}"
        )
    };
    let said = succeeds(dir.path(), &words(""));
    assert!(said.contains("ceiling: ") && said.contains("from 2 networks"), "{said}");
    assert!(said.contains("note: the default, logrank(") && said.contains("takes no part: the score files have no "));
    let trainings = dir.path().join("out/trainings");
    let all = || {
        let folders =
            fs::read_dir(&trainings).unwrap().flat_map(|folder| fs::read_dir(folder.unwrap().path()).unwrap());
        folders.map(|folder| folder.unwrap().path()).collect::<Vec<_>>()
    };
    assert_eq!(all().len(), 12, "ten networks, two of them twice");
    let networks = fs::read_to_string(dir.path().join("out/networks.csv")).unwrap();
    assert_eq!(networks.lines().filter(|row| row.split(',').nth(2).unwrap().contains(' ')).count(), 2, "{networks}");

    refuses(dir.path(), &words(""), &["out", "--resume"]);
    let kept = all()[0].join("checkpoint.safetensors");
    let before = fs::metadata(&kept).unwrap().modified().unwrap();
    for lost in &all()[10..] {
        fs::remove_dir_all(lost).unwrap();
    }
    fs::remove_file(dir.path().join("out/calibrated.json")).unwrap();
    assert_eq!(succeeds(dir.path(), &words("--resume")), said, "what was lost is trained again, to the same");
    assert_eq!(all().len(), 12);
    assert_eq!(fs::metadata(&kept).unwrap().modified().unwrap(), before, "what was there is left as it was");
    refuses(dir.path(), &words("--resume --learning-rate 0.5"), &["cannot be resumed with other settings"]);
}

#[test]
fn what_cannot_be_calibrated_is_named() {
    let dir = tempfile::tempdir().unwrap();
    images(dir.path());
    score(dir.path(), "--sample 15 --sample-seed 3 --proxies naswot,params --out scores.csv");
    let training = "--images cifar --recipe quick --out out";
    for (words, parts) in [
        (format!("--networks 9 {training}"), vec!["--networks", "at least 10"]),
        (format!("--networks 16 {training}"), vec!["--networks", "asks for 16", "different networks"]),
        (format!("--networks 10 --seeds 0 {training}"), vec!["--seeds", "at least 1"]),
        (format!("--networks 10 --valid-split own {training}"), vec!["--valid-split"]),
        (format!("--networks 10 --aggregate logrank(zen,naswot) {training}"), vec!["no proxy `zen`"]),
        ("--networks 10 --benchmark zeronas-mini --target none --out out".into(), vec!["`none`", "test_accuracy"]),
        ("--networks 10 --out out".into(), vec!["--images"]),
    ] {
        refuses(dir.path(), &format!("calibrate scores.csv {words}"), &parts);
    }
    assert!(!dir.path().join("out").exists(), "a refused run leaves nothing behind");
    fs::write(dir.path().join("nothing.json"), r#"{"aggregate": null, "says": "train"}"#).unwrap();
    let report =
        "report scores.csv --benchmark zeronas-mini --target test_accuracy --out report --aggregate nothing.json";
    refuses(dir.path(), report, &["nothing.json", "recommends no aggregate: train"]);
}
