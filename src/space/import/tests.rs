//! Small files in the forms that benchmarks publish.

use super::*;
use std::fs;
use zeronas_datasets::table::official::api::Answer;

/// The table of these files in one folder.
fn table(files: &[(&str, &str)], asked: Option<&str>) -> Result<(String, Vec<(String, Answer)>)> {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fs::write(folder.path().join(name), text).unwrap();
    }
    let (benchmark, sheet) = Published::open(folder.path())?.table(asked)?;
    let space = crate::space::as_published(benchmark.name)?;
    let archs: Vec<crate::space::Arch> = sheet.archs().to_vec();
    let rows = archs.iter().map(|arch| (arch.to_string(), sheet.find(space.as_ref(), arch).unwrap().unwrap()));
    Ok((benchmark.name.to_owned(), rows.collect()))
}

fn named(values: &[(&str, f64)]) -> Answer {
    values.iter().map(|(name, value)| ((*name).to_owned(), Some(*value))).collect()
}

#[test]
fn nas_bench_macro_is_read() {
    let file = r#"{"02012100": {"test_acc": [89.5, 88.9, 89.1], "mean_acc": 89.2, "std": 0.2, "params": 890666, "flops": 47327744}}"#;
    let (name, rows) = table(&[("nas-bench-macro_cifar10.json", file)], None).unwrap();
    assert_eq!((name.as_str(), rows.len(), rows[0].0.as_str()), ("nb-macro", 1, "02012100"));
    let expected = [
        ("c10_test_run0_pct", 89.5),
        ("c10_test_run1_pct", 88.9),
        ("c10_test_run2_pct", 89.1),
        ("c10_test_mean_pct", 89.2),
        ("params", 890_666.0),
        ("flops", 47_327_744.0),
    ];
    assert_eq!(rows[0].1, named(&expected));
}

#[test]
fn accel_nasbench_is_read_and_a_second_training_kept_apart() {
    let blocks: Vec<String> = (0..7)
        .map(|i| format!(r#""block{i}_e": 4, "block{i}_k": 5, "block{i}_l": 2, "block{i}_se": {}"#, i == 3))
        .collect();
    let result = |accuracy: f64| {
        format!(
            r#"{{"architecture": {{{}}}, "metrics": {{"val_top1": {accuracy}, "val_top5": 90.5, "train_time": 7.5}},
            "model_info": {{"macs": 1.5, "params": 2.50116}},
            "platform_perf": {{"latency_zcu102": {{"latency_mean": 5.5, "latency_std": null}}}}}}"#,
            blocks.join(", ")
        )
    };
    let (name, rows) = table(&[("result_10.json", &result(61.0)), ("result_9.json", &result(60.0))], None).unwrap();
    let arch = "e4k5l2se0|e4k5l2se0|e4k5l2se0|e4k5l2se1|e4k5l2se0|e4k5l2se0|e4k5l2se0";
    assert_eq!((name.as_str(), rows.len(), rows[0].0.as_str()), ("accel-nb", 1, arch));
    let expected = [
        ("val_top1_pct", 60.0),
        ("val_top5_pct", 90.5),
        ("train_time_s", 7.5),
        ("params", 2_501_160.0),
        ("macs", 1_500_000.0),
        ("zcu102_latency_ms", 5.5),
        ("val_top1_pct_repeat1", 61.0),
    ];
    assert_eq!(rows[0].1, named(&expected));
}

#[test]
fn nas_bench_301_is_read() {
    let edge = |cell: &str, number: usize| {
        format!(r#""NetworkSelectorDatasetInfo:darts:edge_{cell}_{number}": "skip_connect""#)
    };
    let edges: Vec<String> = ["normal", "reduce"]
        .iter()
        .flat_map(|cell| [0, 1, 2, 3, 5, 6, 9, 10].map(|number| edge(cell, number)))
        .collect();
    let file = format!(
        r#"{{"optimized_hyperparamater_config": {{{}, "NetworkSelectorDatasetInfo:darts:layers": 8,
        "NetworkSelectorDatasetInfo:darts:init_channels": 32, "OptimizerSelector:optimizer": "sgd"}},
        "info": [{{"val_accuracy": 93.5, "model_parameters": 12345}}], "test_accuracy": 92.5, "runtime": 100}}"#,
        edges.join(", ")
    );
    let (name, rows) = table(&[("results_0.json", &file)], Some("nb301")).unwrap();
    assert_eq!((name.as_str(), rows.len()), ("nb301", 1));
    let expected = [
        ("val_accuracy_pct", 93.5),
        ("test_accuracy_pct", 92.5),
        ("runtime_s", 100.0),
        ("trained_params", 12_345.0),
        ("trained_channels", 32.0),
        ("trained_layers", 8.0),
    ];
    assert_eq!(rows[0].1, named(&expected));
}

#[test]
fn naslibs_files_are_read_in_both_forms() {
    let part = r#"[{"idx": "7", "arch": "(1, 3, 0, 3, 2, 1)", "zen": {"score": 88.5, "time": 2.5}, "val_accuracy": 52.5},
        {"idx": "8", "arch": "(0, 3, 1, 2, 0, 3)", "zen": {"score": -1e8, "time": 2.0}, "val_accuracy": 53.5}]"#;
    let files = [("benchmark--transbench101_micro--class_scene--0.json", part)];
    let (name, rows) = table(&files, None).unwrap();
    assert_eq!((name.as_str(), rows.len(), rows[0].0.as_str()), ("transnas-micro", 2, "64-41414-1_30_321"));
    let measured = [("class_scene_valid_top1_pct", 52.5), ("class_scene_zen", 88.5), ("class_scene_zen_seconds", 2.5)];
    let by_name = |mut row: Answer| {
        row.sort_by(|a, b| a.0.cmp(&b.0));
        row
    };
    assert_eq!(by_name(rows[0].1.clone()), named(&measured));
    let failed = by_name(rows[1].1.clone());
    assert_eq!(failed.iter().map(|(_, value)| *value).collect::<Vec<_>>(), [Some(53.5), None, Some(2.0)]);

    let whole = r#"{"nasbench201": {"cifar100": {"(4, 0, 3, 1, 4, 3)": {"params": 0.434196, "snip": 123.5, "val_accuracy": 68.5}}}}"#;
    let (name, rows) = table(&[("zc_nasbench201.json", whole)], None).unwrap();
    assert_eq!(name, "nats-tss");
    assert_eq!(rows[0].0, "|avg_pool_3x3~0|+|skip_connect~0|none~1|+|nor_conv_1x1~0|avg_pool_3x3~1|nor_conv_1x1~2|");
    let expected = [("cifar100_params", 434_196.0), ("cifar100_snip", 123.5), ("cifar100_val_accuracy", 68.5)];
    assert_eq!(by_name(rows[0].1.clone()), named(&expected));
}

#[test]
fn what_is_not_known_or_damaged_is_told() {
    let error = |files: &[(&str, &str)], asked| table(files, asked).unwrap_err().to_string();
    assert!(error(&[("a.json", "{}")], None).contains("no published file that is known"));
    assert!(error(&[("a.json", "[1, 2]")], Some("nb-macro")).contains("no published file of nb-macro"));
    assert!(error(&[("a.json", "{")], None).contains("a.json: EOF"));
    assert!(error(&[("a.txt", "")], None).contains("no JSON file"));
    let bad = r#"{"0201210x": {"test_acc": [1], "mean_acc": 1}}"#;
    assert!(error(&[("a.json", bad)], None).contains("a.json: architecture `0201210x`"));
    let part = r#"[{"arch": "(9, 3, 0, 3, 2, 1)", "val_accuracy": 52.5}]"#;
    let files = [("benchmark--transbench101_micro--class_scene--0.json", part)];
    assert!(error(&files, None).contains("not `9`"));
    assert!(error(&files, Some("nb-macro")).contains("not `9`"));
    let good = part.replace('9', "1");
    assert!(error(&[(files[0].0, &good)], Some("nb-macro")).contains("is of transnas-micro, not of nb-macro"));
}

#[test]
fn a_table_in_another_notation_gets_the_benchmarks() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hw.csv");
    fs::write(&path, "net,edgegpu_latency\n\"(4, 0, 3, 1, 4, 3)\",5.5\n\"(2, 4, 0, 0, 3, 2)\",6.5\n").unwrap();
    let (benchmark, sheet) = rewritten(&path, Some("nats-tss")).unwrap();
    assert_eq!((benchmark.name, sheet.len()), ("nats-tss", 2));
    let arch = "|avg_pool_3x3~0|+|skip_connect~0|none~1|+|nor_conv_1x1~0|avg_pool_3x3~1|nor_conv_1x1~2|";
    assert_eq!(sheet.archs()[0].as_str(), arch);
    let space = crate::space::as_published("nats-tss").unwrap();
    assert_eq!(sheet.find(space.as_ref(), &sheet.archs()[0]).unwrap(), Some(named(&[("edgegpu_latency", 5.5)])));
    let error = rewritten(&path, Some("nb-macro")).err().unwrap().to_string();
    assert!(error.contains("hw.csv: row 1: architecture"), "{error}");
}
