//! `zeronas import` and `zeronas query` on small versions of official files (`datasets/tests/data/official`), whose answers are
//! checked against the benchmarks' own packages in the crate's tests.

mod support;

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use support::{refuses, run, shared};
use zeronas_datasets::BenchmarkTable;

const TSS: &str = "NATS-tss-v1_0-3ffb9-simple";
const SSS: &str = "NATS-sss-v1_0-50262.pickle.pbz2";
const CELLS: &str = "nasbench_tiny.tfrecord";

fn official(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("datasets/tests/data/official").join(name)
}

/// Runs the program, which must succeed, and returns its stdout and stderr.
fn works(folder: &Path, words: &str) -> (String, String) {
    let output = run(folder, words);
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "zeronas {words}\n{stderr}");
    (String::from_utf8(output.stdout).unwrap(), stderr)
}

fn query(folder: &Path, words: &str) -> Value {
    serde_json::from_str(&works(folder, &format!("query --json {words}")).0).unwrap()
}

fn import(folder: &Path, name: &str, more: &str) -> String {
    works(folder, &format!("import {} {more}", official(name).display())).1
}

#[test]
fn a_table_answers_as_the_files_that_it_was_made_of() {
    let dir = tempfile::tempdir().unwrap();
    for (name, which, schedules, seeds) in [
        (TSS, "--index 2", &[200][..], "mean 777 random"),
        (SSS, "--arch 8:8:8:8:16", &[12], "mean 888 random"),
        (CELLS, "--hash 00005c142e6f48ac74fdcf73e3439874", &[108], "mean 2 random"),
    ] {
        import(dir.path(), name, &format!("--out {name}.parquet"));
        let datasets: &[&str] =
            if name == CELLS { &["cifar10"] } else { &["cifar10-valid", "cifar10", "ImageNet16-120"] };
        for (dataset, epochs) in datasets.iter().flat_map(|d| schedules.iter().map(move |e| (d, e))) {
            for seed in seeds.split(' ') {
                let asked = format!("{which} --dataset {dataset} --epochs {epochs} --seed {seed} --draw 5");
                let files = query(dir.path(), &format!("{asked} {}", official(name).display()));
                let table = query(dir.path(), &format!("{asked} {name}.parquet"));
                assert_eq!((&files["query"], &files["seed"]), (&table["query"], &table["seed"]), "{asked}");
                // The tiny trainings are shorter than the names of their schedules say; a table has only these names.
                for (field, value) in files["more_info"].as_object().into_iter().flatten() {
                    let per_time = field.ends_with("per-time");
                    assert!(per_time || *value == table["more_info"][field], "{asked} {field}");
                }
                for field in ["flops", "latency"] {
                    let [files, table] = [&files, &table].map(|reply| reply["cost_info"][field].as_f64());
                    assert!(files.zip(table).is_none_or(|(f, t)| (f - t).abs() < 1e-9 * f), "{asked} {field}");
                }
            }
        }
    }
}

#[test]
#[ignore = "needs ../shared/data/nats_official_sample"]
fn real_records_come_through_unchanged() {
    let root = shared("data/nats_official_sample");
    let dir = tempfile::tempdir().unwrap();
    let folder = root.join(TSS).display().to_string();
    let said = works(dir.path(), &format!("import {folder} --space nats-tss --out t.parquet")).1;
    assert!(said.contains("3 rows from 3 architectures of nats-tss"), "{said}");
    assert!(said.contains("not there: 15622 architectures (index 1, 2, 3, 4, 5, ...)"), "{said}");
    for dataset in ["cifar10-valid", "cifar10", "cifar100", "ImageNet16-120"] {
        for (epochs, seed) in [(200, "999"), (12, "mean")] {
            let asked = format!("--index 284 --dataset {dataset} --epochs {epochs} --seed {seed}");
            let [files, table] = [&folder, "t.parquet"]
                .map(|source| query(dir.path(), &format!("{asked} {source}"))["more_info"].clone());
            assert_eq!(files, table, "{asked}");
        }
    }
    // nats_bench 1.8: api.get_more_info(284, "cifar10", hp="200", is_random=False)["test-accuracy"]
    let accuracy = query(dir.path(), "--index 284 t.parquet")["more_info"]["test-accuracy"].as_f64();
    let table = BenchmarkTable::open(&dir.path().join("t.parquet")).unwrap();
    assert_eq!(table.column("test_accuracy_cifar10_200ep_mean").unwrap()[2], accuracy);
}

#[test]
fn columns_carry_their_units_and_runs_their_seeds() {
    let dir = tempfile::tempdir().unwrap();
    let said = import(dir.path(), TSS, "--out t.parquet");
    assert!(said.contains("not there: 1 architectures (index 3)"), "{said}");
    let table = BenchmarkTable::open(&dir.path().join("t.parquet")).unwrap();
    let columns = table.numeric_columns();
    for name in [
        "index",
        "params_cifar100",
        "flops_cifar10",
        "latency_seconds_cifar10_200ep",
        "train_seconds_cifar10_12ep_mean",
    ] {
        assert!(columns.iter().any(|column| column == name), "{name} in {columns:?}");
    }
    assert_eq!(table.row_of_index(2), Some(2));
    assert_eq!(table.column("params_cifar10").unwrap()[0], Some(101_313.0));

    import(dir.path(), TSS, "--runs --out r.parquet");
    let frame = polars_rows(&dir.path().join("r.parquet"));
    // Three architectures, four data sets, 2 + 3 seeds.
    assert_eq!(frame.0, 3 * 4 * 5);
    assert_eq!(frame.1[..6], ["index", "arch", "dataset", "epochs", "seed", "params"]);

    import(dir.path(), CELLS, "--out c.parquet");
    let cells = BenchmarkTable::open(&dir.path().join("c.parquet")).unwrap();
    assert_eq!(cells.row_of("0100;"), Some(2));
    assert_eq!(cells.row_of_hash("ffffffffffffffffffffffffffffffff"), Some(2));
    assert!(cells.column("test_accuracy_cifar10_108ep_halfway_run2").unwrap()[2].unwrap() <= 1.0);
}

fn polars_rows(path: &Path) -> (usize, Vec<String>) {
    use polars::prelude::{ParquetReader, SerReader};
    let frame = ParquetReader::new(fs::File::open(path).unwrap()).finish().unwrap();
    (frame.height(), frame.get_column_names().iter().map(|name| name.to_string()).collect())
}

#[test]
fn an_import_leaves_a_whole_table_or_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let bytes = fs::read(official(CELLS)).unwrap();
    fs::write(dir.path().join("cut.tfrecord"), &bytes[..bytes.len() - 1]).unwrap();
    refuses(dir.path(), "import cut.tfrecord --out t.parquet", &["cut.tfrecord", "record 18", "ends after"]);
    assert!(!dir.path().join("t.parquet").exists() && !dir.path().join("t.parquet.unfinished").exists());
    fs::write(dir.path().join("t.parquet"), "mine").unwrap();
    let words = format!("import {} --out t.parquet", official(CELLS).display());
    refuses(dir.path(), &words, &["t.parquet is there already"]);
    assert_eq!(fs::read(dir.path().join("t.parquet")).unwrap(), b"mine");
    let output = run(dir.path(), &format!("import {} --out no/t.parquet", official(CELLS).display()));
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn what_cannot_be_answered_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let [tss, cells] = [TSS, CELLS].map(|name| official(name).display().to_string());
    import(dir.path(), TSS, "--out t.parquet");
    refuses(dir.path(), &format!("import {tss} --space nats-sss --out s.parquet"), &["nats-tss", "not nats-sss"]);
    for (words, parts) in [
        (format!("--index 0 --space nb101 {tss}"), &["nats-tss", "not nb101"][..]),
        ("--index 0 --space nb101 t.parquet".to_owned(), &["nats-tss", "not nb101"]),
        (format!("--index 3 {tss}"), &["index 3", "000003.pickle.pbz2"]),
        ("--index 3 t.parquet".to_owned(), &["t.parquet has no architecture of index 3"]),
        (format!("--index 0 {cells}"), &["by hash"]),
        (format!("--index 0 --epochs 90 {tss}"), &["cifar10 with 90 epochs", "it has"]),
        ("--index 0 --epochs 90 t.parquet".to_owned(), &["t.parquet", "cifar10 with 90 epochs"]),
        (format!("--index 0 --dataset svhn {tss}"), &["no training on svhn; it has: cifar10-valid"]),
        (format!("--index 0 --seed 5 {tss}"), &["seed 5", "777, 888, 999"]),
        ("--index 0 --seed 5 t.parquet".to_owned(), &["seed 5", "777, 888, 999"]),
        (format!("--index 0 --seed five {tss}"), &["--seed", "random"]),
        (format!("--index 0 --halfway {tss}"), &["--halfway"]),
        ("--index 0 --at-epoch 1 t.parquet".to_owned(), &["--at-epoch"]),
        (format!("--hash {} --at-epoch 1 {cells}", "f".repeat(32)), &["--at-epoch", "--halfway"]),
        (format!("--index 0 --arch a {tss}"), &["--index", "--arch"]),
    ] {
        refuses(dir.path(), &format!("query {words}"), parts);
    }
}

#[test]
fn any_table_shows_its_row() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("t.csv"), "arch,index,acc\na,4,0.5\nb,7,\n").unwrap();
    let reply = json!({ "architecture": "b", "index": 7, "columns": { "index": 7, "acc": null } });
    assert_eq!(query(dir.path(), "--index 7 t.csv"), reply);
    let (text, _) = works(dir.path(), "query --arch a t.csv");
    assert!(text.lines().any(|line| line.split_whitespace().collect::<Vec<_>>() == ["acc", "0.5"]), "{text}");
}
