//! Your own networks: from JSON to scores.

mod support;

use std::fs;
use support::{refuses, rows, run, score};

const PAGE: &str = include_str!("../docs/network.md");

#[test]
fn the_documented_network_is_scored_alike_by_both_engines() {
    let dir = tempfile::tempdir().unwrap();
    let (_, example) = PAGE.split_once("```json\n").unwrap();
    fs::write(dir.path().join("small.json"), example.split_once("```").unwrap().0).unwrap();
    let scored = |more: &str, out: &str| -> Vec<(String, f64)> {
        let proxies = "naswot,synflow,grad_norm,zico,az_progressivity,params";
        let words = format!("score --network small.json --proxies {proxies} --batch-size 16 --out {out} {more}");
        let output = run(dir.path(), &words);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let rows = rows(dir.path(), out).split_off(1);
        let cells = |row: &String| row.split(',').map(str::to_owned).collect::<Vec<_>>();
        rows.iter()
            .map(cells)
            .map(|cells| {
                assert_eq!((cells[0].as_str(), cells[1].as_str(), cells[2].len()), ("network", "small", 64));
                assert_eq!(cells[7], "ok");
                (cells[3].clone(), cells[5].parse().unwrap())
            })
            .collect()
    };
    let (fused, candle) = (scored("", "fused.csv"), scored("--engine candle --dtype f64", "candle.csv"));
    for ((proxy, fused), (_, candle)) in fused.iter().zip(&candle) {
        assert!((fused - candle).abs() <= 1e-3 * candle.abs(), "{proxy}: {fused} {candle}");
    }
    let params = fused.iter().find(|(proxy, _)| proxy == "params").unwrap().1;
    assert_eq!(params, (16 * 27 + 32 + 32 * 16 * 9 + 64 + 32 * 16 + 330) as f64);
}

#[test]
fn a_benchmarks_network_has_the_same_scores_from_its_json() {
    let dir = tempfile::tempdir().unwrap();
    let arch = "|nor_conv_3x3~0|+|skip_connect~0|none~1|+|avg_pool_3x3~0|nor_conv_1x1~1|nor_conv_1x1~2|";
    let shown = run(dir.path(), &format!("show --arch {arch} --channels 4 --cells 1 --json"));
    fs::write(dir.path().join("it.json"), shown.stdout).unwrap();
    let proxies = "--proxies naswot,synflow,synflow_reduce_bn,grad_norm,zen,flops --as-written";
    score(dir.path(), &format!("--arch {arch} {proxies} --out space.csv"));
    let output = run(dir.path(), &format!("score --network it.json --batch-size 8 {proxies} --out network.csv"));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let scores = |name: &str| -> Vec<String> {
        rows(dir.path(), name).iter().map(|row| row.split(',').skip(3).collect::<Vec<_>>().join(",")).collect()
    };
    assert_eq!(scores("space.csv"), scores("network.csv"));
}

#[test]
fn both_engines_run_what_no_benchmark_has() {
    let dir = tempfile::tempdir().unwrap();
    // Padding wider than the kernel: some windows see no pixel.
    let wide = |stride: usize| {
        format!(
            r#"{{"input": [3, 32, 32], "layers": [
                {{"name": "a", "op": "conv", "channels": 4, "kernel": 3, "padding": 4, "stride": {stride}}},
                {{"name": "b", "op": "conv", "channels": 4, "kernel": 1, "padding": 2, "stride": {stride}}},
                {{"name": "relu", "op": "relu"}}, {{"name": "pool", "op": "global_average"}},
                {{"name": "fc", "op": "linear", "features": 10}}]}}"#
        )
    };
    (1..=3).for_each(|stride| fs::write(dir.path().join(format!("stride{stride}.json")), wide(stride)).unwrap());
    let scores = |engine: &str| -> Vec<f64> {
        let files = "stride1.json stride2.json stride3.json";
        let words = format!("--proxies grad_norm,synflow,naswot --batch-size 4 --engine {engine} --out {engine}.csv");
        let output = run(dir.path(), &format!("score --network {files} {words}"));
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let rows = rows(dir.path(), &format!("{engine}.csv")).split_off(1);
        rows.iter().map(|row| row.split(',').nth(5).unwrap().parse().unwrap()).collect()
    };
    for (fused, candle) in scores("fused").iter().zip(scores("candle")) {
        assert!((fused - candle).abs() <= 1e-4 * candle.abs(), "{fused} {candle}");
    }
}

#[test]
fn a_proxy_that_finds_nothing_to_look_at_has_no_score() {
    let dir = tempfile::tempdir().unwrap();
    let flat = r#"{"input": [3, 32, 32], "layers": [
        {"name": "flat", "op": "flatten"}, {"name": "fc", "op": "linear", "features": 10}]}"#;
    fs::write(dir.path().join("flat.json"), flat).unwrap();
    let proxies = "zen,naswot,az_expressivity,az_progressivity,az_trainability";
    let output =
        run(dir.path(), &format!("score --network flat.json --proxies {proxies} --batch-size 4 --out flat.csv"));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    for row in rows(dir.path(), "flat.csv").split_off(1) {
        assert_eq!(row.split(',').skip(5).take(3).collect::<Vec<_>>(), ["", "", "undefined"], "{row}");
    }
}

#[test]
fn another_network_of_the_same_name_is_another_job() {
    let dir = tempfile::tempdir().unwrap();
    let write = |features: usize| {
        let text = format!(
            r#"{{"name": "it", "input": [3, 32, 32], "layers": [
                {{"name": "conv", "op": "conv", "channels": {features}, "kernel": 3}},
                {{"name": "pool", "op": "global_average"}}, {{"name": "fc", "op": "linear", "features": 10}}]}}"#
        );
        fs::write(dir.path().join("it.json"), text).unwrap();
    };
    let words = "score --network it.json --proxies params --out it.csv --resume";
    write(4);
    assert!(run(dir.path(), words).status.success());
    assert!(run(dir.path(), words).status.success());
    write(5);
    refuses(dir.path(), words, &["it.csv", "networks-sha256"]);
}

#[test]
fn a_network_that_cannot_be_is_refused_by_file_and_layer() {
    let dir = tempfile::tempdir().unwrap();
    let layers = r#"{"input": [3, 32, 32], "layers": [{"name": "act", "op": "mish"}]}"#;
    fs::write(dir.path().join("mine.json"), layers).unwrap();
    refuses(dir.path(), "score --network mine.json --out s.csv", &["mine.json", "layer `act`", "mish"]);
    refuses(dir.path(), "score --network mine.json --cells 1 --out s.csv", &["--cells"]);
    fs::write(dir.path().join("mine.json"), "{").unwrap();
    refuses(dir.path(), "score --network mine.json --out s.csv", &["mine.json", "line 1"]);
}

/// A fast engine leaves what it does not support to the reference engine, and the manifest records for how many networks.
#[test]
fn what_the_engine_does_not_take_is_counted_as_run_on_the_reference() {
    let dir = tempfile::tempdir().unwrap();
    let plain = r#"{"name": "plain", "input": [3, 8, 8], "layers": [
        {"name": "conv", "op": "conv", "channels": 4, "kernel": 3, "padding": 1}, {"name": "act", "op": "relu"},
        {"name": "mean", "op": "global_average"}, {"name": "fc", "op": "linear", "features": 3}], "output": "fc"}"#;
    fs::write(dir.path().join("plain.json"), plain).unwrap();
    // Windows of 141 and 161 pixels.
    for (name, dilation) in [("one", 70), ("two", 80)] {
        let wide = plain.replace(r#""padding": 1"#, &format!(r#""padding": {dilation}, "dilation": {dilation}"#));
        fs::write(dir.path().join(format!("{name}.json")), wide.replace("plain", name)).unwrap();
    }
    let words = |more: &str, out: &str| {
        let files = "--network plain.json one.json two.json";
        format!("score {files} --proxies grad_norm,params --images synthetic --batch-size 4 --top 0 --out {out} {more}")
    };
    let manifest = |out: &str| {
        let text = fs::read_to_string(dir.path().join(format!("{out}.manifest.json"))).unwrap();
        serde_json::from_str::<serde_json::Value>(&text).unwrap()
    };
    let output = run(dir.path(), &words("", "all.csv"));
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(told.contains("2 networks have layers that the fused engine does not take"), "{told}");
    assert_eq!((&manifest("all.csv")["on_reference"], &manifest("all.csv")["engine"]), (&2.into(), &"fused".into()));
    let succeeds = |words: String| assert!(run(dir.path(), &words).status.success(), "{words}");
    succeeds(words("--resume", "all.csv"));
    for part in 1..=2 {
        succeeds(words(&format!("--shard {part}/2"), &format!("part{part}.csv")));
    }
    succeeds("merge part1.csv part2.csv --out merged.csv".into());
    assert_eq!(manifest("merged.csv"), manifest("all.csv"));
    succeeds(words("--engine candle", "candle.csv"));
    assert!(manifest("candle.csv").get("on_reference").is_none());
}
