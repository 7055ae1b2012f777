//! The spaces beyond NATS-Bench and NAS-Bench-101: their networks, the published counts of every row, and every command on each of them.

mod support;

use rayon::prelude::*;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::process::Output;
use support::{shared, zeronas};
use zeronas::space::{self, Networks, SearchSpace, sample};
use zeronas_datasets::BenchmarkTable;
use zeronas_proxies::network::{Network, Op};

const DARTS_V2: &str = "|sep_conv_3x3~0|sep_conv_3x3~1|+|sep_conv_3x3~0|sep_conv_3x3~1|+|skip_connect~0|sep_conv_3x3~1|+\
    |skip_connect~0|dil_conv_3x3~2|;|max_pool_3x3~0|max_pool_3x3~1|+|max_pool_3x3~1|skip_connect~2|+|max_pool_3x3~0|skip_connect~2|+\
    |max_pool_3x3~1|skip_connect~2|";

const DILATED: &str = "|dil_conv_5x5~0|dil_conv_3x3~1|+|sep_conv_5x5~1|dil_conv_5x5~2|+|dil_conv_3x3~0|sep_conv_5x5~2|+\
    |dil_conv_5x5~1|sep_conv_3x3~4|;|dil_conv_3x3~0|sep_conv_5x5~1|+|dil_conv_5x5~0|sep_conv_3x3~2|+|sep_conv_3x3~1|dil_conv_5x5~3|+\
    |sep_conv_5x5~0|dil_conv_3x3~1|";

const NASLIB: &str = "|max_pool_3x3~0|sep_conv_3x3~1|+|avg_pool_3x3~0|dil_conv_3x3~2|+|skip_connect~1|max_pool_3x3~3|+\
    |sep_conv_5x5~0|avg_pool_3x3~1|;|avg_pool_3x3~0|max_pool_3x3~1|+|sep_conv_3x3~0|skip_connect~1|+|max_pool_3x3~0|dil_conv_5x5~2|+\
    |skip_connect~0|avg_pool_3x3~3|";

const POOLS: &str = "|max_pool_3x3~0|avg_pool_3x3~1|+|skip_connect~0|avg_pool_3x3~2|+|max_pool_3x3~1|skip_connect~3|+\
    |avg_pool_3x3~2|max_pool_3x3~4|;|avg_pool_3x3~0|skip_connect~1|+|skip_connect~0|max_pool_3x3~2|+|avg_pool_3x3~1|max_pool_3x3~3|+\
    |skip_connect~0|avg_pool_3x3~4|";

const SKIPS: &str = "|skip_connect~0|skip_connect~1|+|skip_connect~0|skip_connect~2|+|skip_connect~1|sep_conv_3x3~2|+\
    |skip_connect~0|skip_connect~4|;|skip_connect~0|skip_connect~1|+|skip_connect~1|dil_conv_3x3~2|+|skip_connect~0|skip_connect~3|+\
    |skip_connect~2|skip_connect~4|";

const SMALL_IMAGES: &str = "|sep_conv_5x5~0|avg_pool_3x3~1|+|dil_conv_3x3~0|max_pool_3x3~1|+|skip_connect~0|sep_conv_3x3~3|+\
    |max_pool_3x3~2|dil_conv_5x5~3|;|max_pool_3x3~0|dil_conv_3x3~1|+|avg_pool_3x3~1|sep_conv_5x5~2|+|skip_connect~0|dil_conv_5x5~1|+\
    |sep_conv_3x3~3|max_pool_3x3~4|";

/// The golden networks that belong to a space: name, space, architecture, and the macro settings that are not the defaults.
fn golden() -> Vec<(&'static str, &'static str, &'static str, Value)> {
    let transnas =
        |channels: usize, resolution: usize| json!({"channels": channels, "classes": 10, "resolution": resolution});
    let accel = || json!({"classes": 10, "resolution": 64});
    vec![
        (
            "accel_nb_plain",
            "accel-nb",
            "e1k3l1se0|e1k5l1se0|e4k3l1se0|e1k5l2se0|e4k5l1se0|e1k3l1se0|e1k5l1se0",
            accel(),
        ),
        (
            "accel_nb_plain_perturbed",
            "accel-nb",
            "e4k5l1se0|e6k3l1se0|e1k3l2se0|e4k3l1se0|e1k5l1se0|e6k3l1se0|e1k3l1se0",
            accel(),
        ),
        ("accel_nb_se", "accel-nb", "e1k3l1se1|e4k3l1se1|e1k5l1se1|e6k3l1se1|e1k5l1se1|e4k3l1se1|e1k3l1se1", accel()),
        (
            "accel_nb_se_perturbed",
            "accel-nb",
            "e6k3l1se0|e1k5l2se1|e4k5l1se0|e1k3l1se1|e6k3l1se0|e1k5l2se1|e4k3l1se0",
            accel(),
        ),
        (
            "accel_nb_silu_perturbed",
            "accel-nb",
            "e1k5l1se1|e6k3l1se0|e1k3l1se1|e4k5l1se1|e1k3l1se0|e1k5l1se1|e6k3l1se1",
            json!({"classes": 10, "resolution": 64, "activation": "silu"}),
        ),
        ("nb301_darts_v2", "nb301", DARTS_V2, json!({"channels": 4, "layers": 6})),
        ("nb301_dilated", "nb301", DILATED, json!({"channels": 6, "layers": 3})),
        ("nb301_naslib", "nb301", NASLIB, json!({"channels": 4, "layers": 3, "variant": "naslib"})),
        ("nb301_pools", "nb301", POOLS, json!({"channels": 8, "layers": 6})),
        ("nb301_skips", "nb301", SKIPS, json!({"channels": 8, "layers": 5, "classes": 100})),
        ("nb301_small_images", "nb301", SMALL_IMAGES, json!({"channels": 8, "layers": 4, "resolution": 24})),
        ("nb_macro_00000000", "nb-macro", "00000000", json!({})),
        ("nb_macro_02010201_perturbed", "nb-macro", "02010201", json!({"channels": 16})),
        ("nb_macro_11111111_perturbed", "nb-macro", "11111111", json!({"channels": 8})),
        ("nb_macro_22212220", "nb-macro", "22212220", json!({"channels": 8})),
        ("transnas_macro_111114", "transnas-macro", "111114", transnas(8, 32)),
        ("transnas_macro_12343_perturbed", "transnas-macro", "12343", transnas(8, 64)),
        ("transnas_macro_3434_perturbed", "transnas-macro", "3434", transnas(4, 96)),
        ("transnas_macro_4324", "transnas-macro", "4324", transnas(8, 64)),
        ("transnas_micro_000000", "transnas-micro", "000000", transnas(8, 64)),
        ("transnas_micro_111111_perturbed", "transnas-micro", "111111", transnas(16, 64)),
        ("transnas_micro_121323_odd", "transnas-micro", "121323", transnas(8, 72)),
        ("transnas_micro_213213", "transnas-micro", "213213", transnas(12, 64)),
        ("transnas_micro_302101_perturbed", "transnas-micro", "302101", transnas(16, 64)),
        ("transnas_micro_333333", "transnas-micro", "333333", transnas(8, 64)),
    ]
}

fn built(name: &str, settings: &Value) -> Box<dyn SearchSpace> {
    let asked: Vec<(&str, Value)> =
        settings.as_object().unwrap().iter().map(|(k, v)| (k.as_str(), v.clone())).collect();
    space::find(name, &asked).unwrap()
}

/// `golden_networks` in the proxies' crate checks the proxies' values on these networks.
#[test]
fn networks_are_the_golden_ones() {
    let lines = include_str!("golden/networks.jsonl").lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let known: Vec<Value> = lines.collect();
    let golden = golden();
    assert_eq!(known.iter().filter(|case| !case["name"].as_str().unwrap().starts_with("op_")).count(), golden.len());
    for (case, name, arch, settings) in golden {
        let space = built(name, &settings);
        let network = space.network(&space.parse(arch).unwrap()).unwrap();
        let expected = known.iter().find(|known| known["name"] == case).unwrap();
        let networks = Networks::parse(&[expected["network"].to_string()]).unwrap();
        let expected = networks.network(&space::enumerate(&networks).unwrap().next().unwrap()).unwrap();
        assert_eq!(network.boundaries(), expected.boundaries(), "{case}");
        for (layer, expected) in network.layers().iter().zip(expected.layers()) {
            assert_eq!(layer, expected, "{case}");
        }
        assert_eq!(network, expected, "{case}");
    }
}

/// Compares all known counts of every row with the row's network.
fn check_rows(file: &str, space: &dyn SearchSpace, columns: [&str; 2], counts: fn(&Network) -> [u64; 2]) -> usize {
    let table = BenchmarkTable::open(&shared(&format!("data/{file}"))).unwrap();
    let [params, flops] = columns.map(|column| table.column(column).unwrap());
    let rows: Vec<(&str, [Option<f64>; 2])> =
        table.architectures().zip(params.into_iter().zip(flops).map(|(params, flops)| [params, flops])).collect();
    rows.par_iter().for_each(|(text, expected)| {
        let network = space.network(&space.parse(text).unwrap()).unwrap();
        assert_eq!(counts(&network).map(|count| Some(count as f64)), *expected, "{text}");
    });
    rows.len()
}

fn plain(network: &Network) -> [u64; 2] {
    [network.parameter_count(), network.flops()]
}

/// Returns the FLOPs without the additions of biases, which tables of the MobileNet-like spaces do not count.
fn multiplications(network: &Network) -> u64 {
    let additions: usize = network
        .layers()
        .iter()
        .map(|layer| match &layer.op {
            Op::Conv(conv) if conv.bias => layer.shape.len(),
            Op::Linear(linear) if linear.bias => linear.features,
            _ => 0,
        })
        .sum();
    network.flops() - additions as u64
}

#[test]
#[ignore = "needs the tables of ../shared/data, which are other people's"]
fn counts_are_those_of_every_row_of_nb_macro() {
    let space = built("nb-macro", &json!({}));
    let counts = |network: &Network| [network.parameter_count(), multiplications(network)];
    assert_eq!(check_rows("nb_macro.parquet", space.as_ref(), ["params", "flops"], counts), 6_561);
}

/// The table's multiplications also include four per output of a batch norm, and the inputs and outputs of global averages.
#[test]
#[ignore = "needs the tables of ../shared/data, which are other people's"]
fn counts_are_those_of_every_row_of_accel_nb() {
    let space = built("accel-nb", &json!({}));
    let counts = |network: &Network| {
        let more = network.layers().iter().map(|layer| match layer.op {
            Op::BatchNorm(_) => 4 * layer.shape.len(),
            Op::GlobalAverage(_) => layer.shape.len() + network.layer(layer.inputs[0]).shape.len(),
            _ => 0,
        });
        [network.parameter_count(), multiplications(network) + more.sum::<usize>() as u64]
    };
    assert_eq!(check_rows("accel_nb.parquet", space.as_ref(), ["params", "macs"], counts), 5_125);
}

#[test]
#[ignore = "needs the tables of ../shared/data, which are other people's"]
fn counts_are_those_of_every_row_of_nb301() {
    let space = built("nb301", &json!({}));
    assert_eq!(check_rows("nb301.parquet", space.as_ref(), ["params", "flops"], plain), 2_500);
}

#[test]
#[ignore = "needs the tables of ../shared/data, which are other people's"]
fn counts_are_those_of_every_row_of_transnas() {
    for (name, file, rows) in
        [("transnas-micro", "transnas_micro.parquet", 4_096), ("transnas-macro", "transnas_macro.parquet", 3_256)]
    {
        let space = built(name, &json!({}));
        assert_eq!(check_rows(file, space.as_ref(), ["params", "flops"], plain), rows);
        let table = BenchmarkTable::open(&shared(&format!("data/{file}"))).unwrap();
        let mut known: Vec<&str> = table.architectures().collect();
        let mut all: Vec<String> = space::enumerate(space.as_ref()).unwrap().map(|arch| arch.to_string()).collect();
        known.sort_unstable();
        all.sort_unstable();
        assert_eq!(known, all);
    }
}

fn command(folder: &Path, words: &[&str]) -> Output {
    zeronas(folder).args(words).output().unwrap()
}

/// Runs the program, which must succeed, and returns what it printed.
fn succeeds(folder: &Path, words: &[&str]) -> String {
    let output = command(folder, words);
    assert!(output.status.success(), "zeronas {words:?}\n{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Runs every command that takes a space on the space with these flags. `arch` is one of its architectures.
fn every_command(name: &str, settings: &[&str], arch: &str) {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path();
    let flags: Vec<&str> = ["--space", name].iter().chain(settings).copied().collect();
    let with = |before: &[&'static str], after: &[&'static str]| -> Vec<String> {
        before.iter().chain(&flags).chain(after).map(|word| (*word).to_owned()).collect()
    };
    let succeeds = |words: Vec<String>| succeeds(folder, &words.iter().map(String::as_str).collect::<Vec<_>>());

    let shown = succeeds([with(&["show"], &["--all-layers", "--arch"]), vec![arch.to_owned()]].concat());
    assert!(shown.contains("canonical key") && shown.contains("head.fc"), "{shown}");

    let score = ["--sample", "6", "--sampler", "benchmark", "--batch-size", "2", "--top", "0", "--out", "scores.csv"];
    succeeds([with(&["score", "--proxies", "naswot,flops,params"], &score)].concat());
    let rows = support::rows(folder, "scores.csv").split_off(1);
    assert_eq!(rows.len(), 6 * 3);
    assert!(rows.iter().all(|row| row.starts_with(name)), "{rows:?}");

    // A table in which smaller networks are better, so that no proxy equals its column.
    let space_of = |settings: &[&str]| {
        let asked: Vec<(&str, Value)> = settings
            .chunks(2)
            .map(|pair| (&pair[0][2..], pair[1].parse::<u64>().map_or_else(|_| pair[1].into(), Value::from)))
            .collect();
        space::find(name, &asked).unwrap()
    };
    let space = space_of(settings);
    let archs = sample(space.as_ref(), space::Sampler::Benchmark, 6, 0).unwrap();
    let lines = archs.iter().map(|arch| {
        let count = space.network(arch).unwrap().parameter_count();
        format!("\"{arch}\",{},{}\n", 1e9 / count as f64, count / 1000)
    });
    fs::write(folder.join("table.csv"), format!("arch,accuracy,seconds\n{}", lines.collect::<String>())).unwrap();

    let report = ["report", "scores.csv", "--benchmark", "table.csv", "--target", "accuracy", "--out", "report"];
    succeeds(report.map(str::to_owned).into());
    assert!(folder.join("report").is_dir());

    let target = ["--table", "table.csv", "--feedback", "accuracy", "--final", "accuracy", "--out", "list"];
    succeeds(with(&["shortlist", "scores.csv"], &target));
    assert!(folder.join("list/shortlist.csv").exists());

    let grounds = ["aggregates", "scores.csv", "--benchmark", "table.csv", "--target", "accuracy"];
    let aggregates = succeeds(grounds.map(str::to_owned).to_vec());
    assert!(aggregates.contains("logrank(") && aggregates.contains("naswot"), "{aggregates}");

    let query = ["query".to_owned(), "table.csv".into(), "--space".into(), name.into(), "--arch".into()];
    let answer = succeeds([query.to_vec(), vec![archs[0].to_string()]].concat());
    assert!(answer.contains("accuracy") && answer.contains(archs[0].as_str()), "{answer}");

    for strategy in ["random", "every", "local", "rea", "genetic", "reinforce", "lstm", "nsga2", "bananas"] {
        let words = [
            with(
                &["search", "--evaluate", "proxy:params", "--budget", "evaluations=12", "--runs", "1", "--strategy"],
                &[],
            ),
            vec![strategy.to_owned()],
        ];
        // The strategy's name must follow its flag.
        let mut words = words.concat();
        let place = words.iter().position(|word| word == "--strategy").unwrap();
        let last = words.pop().unwrap();
        words.insert(place + 1, last);
        words.extend(["--out".to_owned(), format!("search-{strategy}")]);
        let size = space.enumerable().unwrap().size();
        if strategy == "every" && size > 10_000_000 {
            let output = command(folder, &words.iter().map(String::as_str).collect::<Vec<_>>());
            let stderr = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.code() == Some(2) && stderr.contains(&size.to_string()), "{stderr}");
            continue;
        }
        succeeds(words);
        assert!(folder.join(format!("search-{strategy}/history.parquet")).exists(), "{strategy}");
    }

    let training =
        ["--images", "embedded", "--recipe", "quick", "--batch-size", "32", "--rungs", "1", "--out", "confirmed"];
    let confirmed = succeeds(with(&["confirm", "scores.csv", "--top", "1"], &training));
    assert!(confirmed.contains("pick: "), "{confirmed}");
}

#[test]
fn every_command_runs_on_nb301() {
    every_command("nb301", &["--channels", "2", "--layers", "2"], DARTS_V2);
}

#[test]
fn every_command_runs_on_transnas_micro() {
    let settings = ["--channels", "4", "--classes", "10", "--resolution", "32"];
    every_command("transnas-micro", &settings, "64-41414-1_30_321");
}

#[test]
fn every_command_runs_on_transnas_macro() {
    let settings = ["--channels", "4", "--classes", "10", "--resolution", "32"];
    every_command("transnas-macro", &settings, "64-4324-basic");
}

#[test]
fn every_command_runs_on_nb_macro() {
    every_command("nb-macro", &["--channels", "2"], "12021120");
}

#[test]
fn every_command_runs_on_accel_nb() {
    let settings = ["--classes", "10", "--resolution", "32"];
    every_command("accel-nb", &settings, "e1k3l1se1|e6k3l2se1|e6k5l2se1|e6k3l3se1|e6k5l3se1|e6k5l4se1|e6k3l1se1");
}
