//! `zeronas latency`, and limits on latency: measured, and predicted from a table of operators.

mod support;

use std::fs;
use std::path::Path;
use support::{refuses, run};
use zeronas_datasets::table::file::TableFile;

const SPACE: &str = include_str!("support/small.toml");

fn succeeds(folder: &Path, words: &str) -> [String; 2] {
    let output = run(folder, words);
    let [stdout, stderr] = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
    assert!(output.status.success(), "zeronas {words}\n{stderr}");
    [stdout, stderr]
}

/// A column of a table.
fn numbers(folder: &Path, table: &str, column: &str) -> Vec<Option<f64>> {
    TableFile::open(&folder.join(table)).unwrap().numbers(column).unwrap()
}

/// Fills in the table for a device on which operators take 1 ms, and convolutions with more than 4 channels 10 ms.
fn fill(path: &Path) {
    let text = fs::read_to_string(path).unwrap();
    let filled = text.lines().enumerate().map(|(row, line)| match line {
        header if row == 0 => header.to_owned(),
        wide if wide.starts_with("conv,") && !wide.contains("channels=4 ") => format!("{wide}10"),
        other => format!("{other}1"),
    });
    fs::write(path, filled.collect::<Vec<_>>().join("\n") + "\n").unwrap();
}

#[test]
fn a_table_of_operators_keeps_a_search_to_what_a_device_can_do() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("mine.toml"), SPACE).unwrap();
    let [_, told] = succeeds(dir.path(), "latency template --space mine.toml --resolution 12 --out device.csv");
    assert!(told.contains("device.csv: ") && told.contains(" without `ms`; of "), "{told}");
    let score =
        "score --space mine.toml --resolution 12 --proxies params --sample 10 --sampler benchmark --out scores.csv";
    let limit = "--limit latency_ms@device.csv=35";
    refuses(dir.path(), &format!("{score} {limit}"), &["device.csv", "has no `ms` for conv"]);

    fill(&dir.path().join("device.csv"));
    let [_, told] = succeeds(dir.path(), &format!("{score} {limit}"));
    assert!(told.contains("by latency_ms@device.csv=35"), "{told}");
    let search = "search --space mine.toml --resolution 12 --strategy random --evaluate proxy:params --budget evaluations=15 \
                  --images noise --batch-size 4 --out found";
    let [stdout, _] = succeeds(dir.path(), &format!("{search} {limit}"));
    assert!(stdout.contains("next: zeronas train --space mine.toml --arch '"), "{stdout}");
    let latency = numbers(dir.path(), "found/picks.csv", "latency_ms@device.csv")[0].unwrap();
    assert!(latency <= 35.0 && latency == latency.round(), "{latency}");
    let network = fs::read_to_string(dir.path().join("found/networks/run-0.json")).unwrap();
    assert!(network.contains(r#""input":[3,12,12]"#), "{network}");

    // One row less, and architectures with this operator cannot be judged.
    let text = fs::read_to_string(dir.path().join("device.csv")).unwrap();
    let fewer: Vec<&str> = text.lines().filter(|line| !line.starts_with("global_average")).collect();
    fs::write(dir.path().join("device.csv"), fewer.join("\n")).unwrap();
    fs::remove_dir_all(dir.path().join("found")).unwrap();
    refuses(dir.path(), &format!("{search} {limit}"), &["device.csv", "has no row for global_average"]);
}

#[test]
fn a_table_is_filled_in_here_and_compared_with_whole_networks() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("mine.toml"), SPACE).unwrap();
    succeeds(dir.path(), "latency template --space mine.toml --resolution 12 --out here.csv");
    succeeds(dir.path(), "latency measure here.csv --repeats 3");
    let times: Vec<f64> = numbers(dir.path(), "here.csv", "ms").into_iter().map(Option::unwrap).collect();
    assert!(times.iter().all(|time| *time >= 0.0) && times.iter().any(|time| *time > 0.0), "{times:?}");
    let before = fs::read(dir.path().join("here.csv")).unwrap();
    let [_, told] = succeeds(dir.path(), "latency measure here.csv");
    assert!(told.contains(" 0 of them measured now"), "{told}");
    assert_eq!(fs::read(dir.path().join("here.csv")).unwrap(), before);

    let check = "latency check here.csv --space mine.toml --resolution 12 --sample 5 --sampler benchmark --repeats 3 --out checked";
    let [stdout, _] = succeeds(dir.path(), check);
    assert!(stdout.contains("over 5 networks: Spearman ") && stdout.contains("Kendall "), "{stdout}");
    let [low, median, high] = ["measured_ms_low", "measured_ms", "measured_ms_high"].map(|name| {
        numbers(dir.path(), "checked/latency.csv", name).into_iter().map(Option::unwrap).collect::<Vec<_>>()
    });
    assert_eq!(median.len(), 5);
    assert!((0..5).all(|row| 0.0 < low[row] && low[row] <= median[row] && median[row] <= high[row]));
    refuses(dir.path(), "latency check here.csv --space nats-tss --sample 2", &["here.csv", "has no row for"]);
    refuses(dir.path(), "latency check here.csv --space mine.toml", &["--archs", "--sample"]);
    refuses(dir.path(), "latency measure nowhere.csv", &["nowhere.csv"]);
}

#[test]
fn what_is_measured_here_limits_as_well() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("mine.toml"), SPACE).unwrap();
    let score =
        "score --space mine.toml --resolution 12 --proxies params --sample 5 --sampler benchmark --out scores.csv";
    refuses(dir.path(), &format!("{score} --limit latency_ms=0.000001"), &["latency_ms", "the closest has latency_ms"]);
    let [_, told] = succeeds(dir.path(), &format!("{score} --limit latency_ms=1000"));
    assert!(told.contains("left out: none"), "{told}");
}
