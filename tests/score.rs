//! Whole scoring runs of the built program: the rows are the same however a run is split or interrupted, and nothing is lost.

mod support;

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use support::{TINY, refuses, rows, run, score, zeronas};

const SAMPLE: &str = "--sample 12 --sample-seed 3 --proxies naswot,synflow,grad_norm,params,flops";

/// The file is the same as that of a run with all proxies, and existing scores are not computed again.
#[test]
fn proxies_are_added_to_a_finished_file() {
    let dir = tempfile::tempdir().unwrap();
    for (name, end) in [("few", "csv"), ("few", "parquet")] {
        let job = format!("--sample 12 --seeds 2 --out {name}.{end}");
        score(dir.path(), &format!("{job} --proxies params,naswot"));
        let said = score(dir.path(), &format!("{job} --add-proxies synflow,flops --resume"));
        assert!(said.contains("12 architectures"), "{said}");
        score(dir.path(), &format!("--sample 12 --seeds 2 --proxies params,naswot,synflow,flops --out all.{end}"));
        if end == "csv" {
            assert_eq!(rows(dir.path(), "few.csv"), rows(dir.path(), "all.csv"));
            let manifest =
                |name: &str| fs::read_to_string(dir.path().join(format!("{name}.csv.manifest.json"))).unwrap();
            assert_eq!(manifest("few"), manifest("all"));
        }
        // Again there is nothing to do.
        let said = score(dir.path(), &format!("{job} --add-proxies synflow,flops --resume"));
        assert!(said.contains(" 0 of them scored"), "{said}");
        assert!(!dir.path().join(format!("few.{end}.added.journal")).exists());
    }
    let tiny = TINY.join(" ");
    let again = |more: &str| format!("score {tiny} --sample 12 --seeds 2 {more} --resume");
    refuses(
        dir.path(),
        &again("--out few.csv --add-proxies zen,params"),
        &["--add-proxies", "few.csv has params already"],
    );
    refuses(dir.path(), &again("--out none.csv --add-proxies zen"), &["--add-proxies", "there is no none.csv"]);
    refuses(
        dir.path(),
        &again("--out few.csv --add-proxies zen --exact"),
        &["few.csv", "exact was false and is true now"],
    );
    refuses(dir.path(), &again("--out few.csv --add-proxies zenn"), &["unknown proxy `zenn` (did you mean `zen`?)"]);
    score(dir.path(), "--sample 3 --proxies NAS-WOT,gradnorm --out forgiven.csv");
    assert!(rows(dir.path(), "forgiven.csv")[2].contains(",grad_norm,"));
    refuses(dir.path(), "score --sample 3 --shard 1/4 --out part.csv", &["--shard", "of 4 parts some would be empty"]);
}

#[test]
fn scores_do_not_depend_on_threads() {
    let dir = tempfile::tempdir().unwrap();
    score(dir.path(), &format!("{SAMPLE} --threads 1 --out one.csv"));
    score(dir.path(), &format!("{SAMPLE} --threads 2 --out two.csv"));
    score(dir.path(), &format!("{SAMPLE} --threads 3 --at-once 2 --out shared.csv"));
    let said = score(dir.path(), &format!("{SAMPLE} --threads 3 --memory 2GiB --out within.csv"));
    assert!(said.contains("networks at a time: 3, each of which takes up to"), "{said}");
    let one = rows(dir.path(), "one.csv");
    assert_eq!(one.len(), 1 + 12 * 5);
    assert_eq!(one[0], "space,arch,key,proxy,seed,score,ln_score,status");
    assert_eq!(one, rows(dir.path(), "two.csv"));
    assert_eq!(one, rows(dir.path(), "shared.csv"));
    assert_eq!(one, rows(dir.path(), "within.csv"));
    refuses(dir.path(), &format!("score {SAMPLE} --at-once 0 --out no.csv"), &["--at-once: must be at least 1"]);
    let limited = |more: &str| format!("score {SAMPLE} --out no.csv --memory {more}");
    refuses(dir.path(), &limited("1MiB"), &["--memory: is too little", "takes", "--batch-size"]);
    refuses(dir.path(), &limited("much"), &["--memory", "`much` is not a memory size", "16GiB"]);
    refuses(dir.path(), &limited("4GiB --engine candle"), &["--memory", "reference engine", "--at-once"]);
}

#[test]
fn scores_do_not_depend_on_threads_inside_one_network() {
    let dir = tempfile::tempdir().unwrap();
    let arch = "|nor_conv_3x3~0|+|avg_pool_3x3~0|nor_conv_3x3~1|+|skip_connect~0|nor_conv_1x1~1|nor_conv_3x3~2|";
    fs::write(dir.path().join("arch.txt"), arch).unwrap();
    let settings = "score --archs arch.txt --channels 16 --cells 1 --batch-size 37";
    for threads in 1..4 {
        let output = run(dir.path(), &format!("{settings} --threads {threads} --out {threads}.csv"));
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(rows(dir.path(), "1.csv"), rows(dir.path(), &format!("{threads}.csv")), "{threads} threads");
    }
}

#[test]
fn shards_together_are_the_whole() {
    let dir = tempfile::tempdir().unwrap();
    let sample = "--sample 40 --proxies naswot,grad_norm --seeds 2";
    score(dir.path(), &format!("{sample} --out whole.csv"));
    let mut parts = Vec::new();
    for shard in ["1/3", "2/3", "3/3"] {
        let name = format!("{}.csv", &shard[..1]);
        score(dir.path(), &format!("{sample} --shard {shard} --out {name}"));
        parts.extend(rows(dir.path(), &name).split_off(1));
    }
    let mut whole = rows(dir.path(), "whole.csv").split_off(1);
    whole.sort();
    parts.sort();
    assert_eq!(parts, whole);
}

#[test]
fn the_order_of_architectures_does_not_matter() {
    let dir = tempfile::tempdir().unwrap();
    score(dir.path(), "--sample 10 --out drawn.csv");
    let drawn = rows(dir.path(), "drawn.csv").split_off(1);
    let mut archs: Vec<&str> = drawn.iter().map(|row| row.split(',').nth(1).unwrap()).collect();
    archs.dedup();
    archs.reverse();
    fs::write(dir.path().join("archs.txt"), format!("# reversed\n\n{}  # comment\n", archs.join("\n"))).unwrap();
    score(dir.path(), "--archs archs.txt --out reversed.csv");
    let mut reversed = rows(dir.path(), "reversed.csv").split_off(1);
    let mut drawn = drawn;
    drawn.sort();
    reversed.sort();
    assert_eq!(drawn, reversed);
}

/// Settings under which 150 networks take a few seconds: long enough to be stopped in the middle.
const SLOW: &str = "score --sample 150 --batch-size 16 --channels 8 --cells 1 --top 0";

/// Starts a slow run that writes `name`, and returns it once its journal holds a few results.
fn started(folder: &Path, name: &str) -> Child {
    let mut child = zeronas(folder).args(SLOW.split(' ')).args(["--out", name]).stderr(Stdio::piped()).spawn().unwrap();
    while journal_lines(folder, name) < 5 && child.try_wait().unwrap().is_none() {
        std::thread::sleep(Duration::from_millis(2));
    }
    child
}

fn journal_lines(folder: &Path, name: &str) -> usize {
    fs::read_to_string(folder.join(format!("{name}.journal"))).map_or(0, |text| text.lines().count())
}

/// Returns N and S from `NAME: A architectures, N networks, S of them scored in ...`.
fn counts(stderr: &str) -> (usize, usize) {
    let number_before = |unit: &str| {
        let (before, _) = stderr.split_once(unit).unwrap();
        before.rsplit(' ').next().unwrap().parse().unwrap()
    };
    (number_before(" networks"), number_before(" of them"))
}

#[test]
fn a_killed_run_goes_on_and_ends_with_the_same_rows() {
    let dir = tempfile::tempdir().unwrap();
    let mut child = started(dir.path(), "killed.csv");
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(!dir.path().join("killed.csv").exists(), "killed too late to prove anything");
    let kept = journal_lines(dir.path(), "killed.csv") - 1;
    // A kill in the middle of a write leaves half a line.
    let journal = dir.path().join("killed.csv.journal");
    fs::write(&journal, fs::read_to_string(&journal).unwrap() + "{\"network\":\"nor_co").unwrap();

    refuses(dir.path(), &format!("{SLOW} --out killed.csv"), &["killed.csv.journal", "--resume"]);
    let resumed = run(dir.path(), &format!("{SLOW} --out killed.csv --resume"));
    let stderr = String::from_utf8(resumed.stderr).unwrap();
    assert!(resumed.status.success(), "{stderr}");
    assert!(run(dir.path(), &format!("{SLOW} --out whole.csv")).status.success());
    assert_eq!(rows(dir.path(), "killed.csv"), rows(dir.path(), "whole.csv"));
    assert!(!journal.exists());
    let (networks, scored) = counts(&stderr);
    // The line that was being written when the kill came may or may not have been complete.
    assert!(scored <= networks - kept + 1, "finished networks were computed again: {stderr}");
}

#[cfg(unix)]
#[test]
fn an_interrupted_run_says_how_to_go_on() {
    let dir = tempfile::tempdir().unwrap();
    let child = started(dir.path(), "stopped.csv");
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(stderr.contains("interrupted after") && stderr.contains("--resume"), "{stderr}");
    assert!(journal_lines(dir.path(), "stopped.csv") >= 5);
}

#[cfg(unix)]
#[test]
fn a_full_disk_loses_nothing() {
    let dir = tempfile::tempdir().unwrap();
    // A limit on file size stands in for a full disk: once its signal is ignored, writing past the limit is an error.
    let limited = format!("trap '' XFSZ; ulimit -f 4; exec {} {SLOW} --out full.csv", env!("CARGO_BIN_EXE_zeronas"));
    let output = Command::new("sh").args(["-c", &limited]).current_dir(dir.path()).output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(stderr.contains("full.csv.journal cannot be written"), "{stderr}");
    let kept = journal_lines(dir.path(), "full.csv") - 1;
    assert!(kept > 0);
    let resumed = run(dir.path(), &format!("{SLOW} --out full.csv --resume"));
    let stderr = String::from_utf8(resumed.stderr).unwrap();
    assert!(resumed.status.success(), "{stderr}");
    let (networks, scored) = counts(&stderr);
    assert!(scored <= networks - kept + 1, "{stderr}");
    assert!(run(dir.path(), &format!("{SLOW} --out whole.csv")).status.success());
    assert_eq!(rows(dir.path(), "full.csv"), rows(dir.path(), "whole.csv"));
}

#[test]
fn a_finished_file_is_refused_without_resume_and_left_alone_with_it() {
    let dir = tempfile::tempdir().unwrap();
    score(dir.path(), "--sample 3 --out done.parquet");
    let before = fs::read(dir.path().join("done.parquet")).unwrap();
    refuses(dir.path(), "score --sample 3 --out done.parquet", &["done.parquet", "--resume"]);
    assert!(score(dir.path(), "--sample 3 --out done.parquet --resume").contains("0 of them scored"));
    assert_eq!(fs::read(dir.path().join("done.parquet")).unwrap(), before);
}

#[test]
fn architectures_that_are_one_network_share_its_scores() {
    let dir = tempfile::tempdir().unwrap();
    // The same chain of three convolutions over other nodes, one with a dead edge next to it, and a cell that is cut off.
    let archs = [
        "|nor_conv_3x3~0|+|none~0|nor_conv_1x1~1|+|none~0|none~1|skip_connect~2|",
        "|skip_connect~0|+|none~0|nor_conv_3x3~1|+|none~0|none~1|nor_conv_1x1~2|",
        "|nor_conv_3x3~0|+|nor_conv_3x3~0|none~1|+|none~0|nor_conv_1x1~1|none~2|",
        "|nor_conv_3x3~0|+|none~0|none~1|+|none~0|none~1|none~2|",
    ];
    fs::write(dir.path().join("archs.txt"), archs.join("\n")).unwrap();
    let said = score(dir.path(), "--archs archs.txt --proxies naswot,params --out shared.csv");
    assert!(said.contains("4 architectures, 1 networks, 1 of them scored"), "{said}");
    let mut found: HashMap<(String, String), (String, String, String)> = HashMap::new();
    for row in rows(dir.path(), "shared.csv").split_off(1) {
        let cells: Vec<String> = row.split(',').map(String::from).collect();
        let [_, arch, key, proxy, _, score, _, status] = cells.try_into().unwrap();
        found.insert((arch, proxy), (key, score, status));
    }
    let get = |i: usize, proxy: &str| found[&(archs[i].to_owned(), proxy.to_owned())].clone();
    assert_eq!(get(0, "naswot").0, "nor_conv_3x3(0);nor_conv_1x1(1);2");
    assert_eq!(get(0, "naswot"), get(1, "naswot"));
    assert_eq!(get(0, "naswot"), get(2, "naswot"));
    assert_eq!(get(3, "naswot"), (String::new(), String::new(), "disconnected".into()));
    // Parameters are those of the architecture as written, dead edges too.
    assert_eq!(get(0, "params").1, get(1, "params").1);
    assert_ne!(get(0, "params").1, get(2, "params").1);
    assert_eq!(get(3, "params").2, "ok");
}

#[test]
fn as_written_scores_even_a_network_that_is_cut_off() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("none.txt"), "|none~0|+|none~0|none~1|+|none~0|none~1|none~2|").unwrap();
    score(dir.path(), "--archs none.txt --as-written --init kaiming-uniform --out none.csv");
    let status: Vec<String> = rows(dir.path(), "none.csv").split_off(1);
    assert!(status[0].ends_with("naswot,0,,,singular"), "{status:?}");
    assert!(status[1].ends_with("synflow,0,0.0,,ok"), "{status:?}");
    assert!(status[2].ends_with("grad_norm,0,0.0,,ok"), "{status:?}");
}

#[test]
fn a_sample_is_the_start_of_a_larger_one_and_may_come_from_a_table() {
    let dir = tempfile::tempdir().unwrap();
    score(dir.path(), "--sample 4 --proxies params --out four.csv");
    score(dir.path(), "--sample 6 --proxies params --out six.csv");
    assert_eq!(rows(dir.path(), "four.csv"), rows(dir.path(), "six.csv")[..5]);
    let archs: Vec<String> =
        rows(dir.path(), "six.csv")[1..].iter().map(|row| row.split(',').nth(1).unwrap().to_owned()).collect();
    let table: String = archs.iter().enumerate().map(|(i, arch)| format!("{arch},{i}\n")).collect();
    fs::write(dir.path().join("table.csv"), format!("arch_str,accuracy\n{table}")).unwrap();
    score(dir.path(), "--sample 3 --from table.csv --proxies params --out from.csv");
    for row in &rows(dir.path(), "from.csv")[1..] {
        assert!(archs.iter().any(|arch| arch == row.split(',').nth(1).unwrap()));
    }
    refuses(dir.path(), "score --sample 7 --from table.csv --out no.csv", &["--sample", "7 of 6"]);
}

#[test]
fn scores_and_a_table_make_a_report() {
    let dir = tempfile::tempdir().unwrap();
    score(dir.path(), "--sample 30 --seeds 2 --out scores.parquet");
    let archs = run(dir.path(), "score --sample 30 --proxies params --out archs.csv --top 3");
    let ranking = String::from_utf8(archs.stdout).unwrap();
    assert!(ranking.starts_with("best 3 of 30 architectures by mean rank"), "{ranking}");
    let table: String = rows(dir.path(), "archs.csv")[1..]
        .iter()
        .map(|row| row.split(',').collect::<Vec<_>>())
        .map(|cells| format!("{},{}\n", cells[1], cells[5]))
        .collect();
    fs::write(dir.path().join("table.csv"), format!("arch,accuracy\n{table}")).unwrap();
    let report = run(dir.path(), "report scores.parquet --benchmark table.csv --out report --bootstrap 50");
    let printed = String::from_utf8(report.stdout).unwrap();
    assert!(report.status.success(), "{}", String::from_utf8_lossy(&report.stderr));
    for proxy in ["naswot", "synflow", "grad_norm"] {
        assert!(printed.contains(proxy), "{printed}");
    }
    let manifest = fs::read_to_string(dir.path().join("report/manifest.json")).unwrap();
    assert!(manifest.contains("images_fingerprint"), "{manifest}");
}

#[test]
fn a_protocol_is_what_its_settings_are_and_its_manifest_names_it() {
    let dir = tempfile::tempdir().unwrap();
    for (protocol, settings) in [
        ("zero-cost-nas", "--proxies grad_norm,snip,grasp,fisher,synflow_reduce_bn,jacob_cov --augment --as-written"),
        ("naswot", "--proxies naswot_bayeswatch --as-written"),
        ("nas-bench-suite-zero --proxies snip", "--proxies snip --augment --as-written"),
        (
            "az-nas",
            "--proxies az_expressivity,az_progressivity,az_trainability,flops --init kaiming-normal --images noise --as-written",
        ),
        ("zico", "--proxies zico --init kaiming-normal --as-written"),
        (
            "vkdnw",
            "--proxies vkdnw_dim,vkdnw,flops,az_expressivity,az_trainability,jacob_cov --init kaiming-normal --as-written",
        ),
    ] {
        let name = protocol.split(' ').next().unwrap();
        score(dir.path(), &format!("--sample 3 --protocol {protocol} --out {name}.csv"));
        score(dir.path(), &format!("--sample 3 {settings} --out {name}-spelled.csv"));
        assert_eq!(
            rows(dir.path(), &format!("{name}.csv")),
            rows(dir.path(), &format!("{name}-spelled.csv")),
            "{name}"
        );
        let manifest = fs::read_to_string(dir.path().join(format!("{name}.csv.manifest.json"))).unwrap();
        assert!(manifest.contains(&format!("\"protocol\":\"{name}\"")), "{manifest}");
    }
    score(dir.path(), "--sample 3 --proxies snip --as-written --out plain.csv");
    let augmented = rows(dir.path(), "nas-bench-suite-zero.csv");
    assert_ne!(augmented, rows(dir.path(), "plain.csv"), "augmented images are others");
}

/// `tests/golden/newer_100_tss.csv`: the newer proxies of the same networks on the same images, from the same reference in float32. Both
/// sides have rounding errors, each as far from float64 as `tests/golden.rs` allows. `intrain`, which uses noise, has the labels of
/// noise there.
#[test]
#[ignore = "takes minutes: expensive proxies of 100 networks"]
fn the_newer_proxies_of_real_images_are_reproduced() {
    let images = concat!(env!("CARGO_MANIFEST_DIR"), "/datasets/data/cifar10_256.bin");
    let dir = tempfile::tempdir().unwrap();
    let (mut lines, known) =
        (include_str!("golden/newer_100_tss.csv").lines(), include_str!("golden/cifar10_100_tss.csv"));
    let proxies: Vec<&str> = lines.next().unwrap().split(',').collect();
    let on_images = proxies.iter().copied().filter(|proxy| *proxy != "intrain").collect::<Vec<_>>().join(",");
    let mut networks = 0;
    for (line, network) in lines.zip(known.lines().skip(1)) {
        let network: Vec<&str> = network.split(',').collect();
        let (arch, seed) = (network[0], network[1]);
        let scored = |proxies: &str, images: &str| {
            let output = zeronas(dir.path())
                .args(["score", "--arch", arch, "--seed", seed, "--proxies", proxies, "--top", "0", "--out", "s.csv"])
                .args(["--init", "kaiming-uniform", "--as-written", "--image-order", "file", "--images", images])
                .output()
                .unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            let rows = rows(dir.path(), "s.csv").split_off(1);
            fs::remove_file(dir.path().join("s.csv")).unwrap();
            rows
        };
        let rows = [scored(&on_images, images), scored("intrain", "noise")].concat();
        assert_eq!(rows.len(), proxies.len());
        let expected: HashMap<&str, &str> = proxies.iter().copied().zip(line.split(',')).collect();
        for row in &rows {
            let row: Vec<&str> = row.split(',').collect();
            let (proxy, expected): (_, f64) = (row[3], expected[row[3]].parse().unwrap());
            let Ok(got) = row[5].parse::<f64>() else {
                assert!(expected.is_nan(), "{arch}: {proxy} is {}, not {expected}", row[7]);
                continue;
            };
            let limit = match proxy {
                "vkdnw" | "gradsign" | "gradsign_mean" | "intrain" => 1e-2,
                "epads" | "epads_mean" | "dextr" => 4e-3,
                "meco_opt" => 1e-4,
                _ => 2e-5,
            };
            let error = (got - expected).abs() / expected.abs().max(1e-3);
            assert!(error <= limit, "{arch}: {proxy} is {got:e}, expected {expected:e}: off by {error:e}");
        }
        networks += 1;
    }
    assert_eq!(networks, 100);
}

/// `tests/golden/cifar10_100_tss.csv`: 100 networks on the first 64 images of CIFAR-10 in PyTorch float32 (synflow float64).
#[test]
fn the_reference_scores_on_real_images_are_reproduced() {
    let images = concat!(env!("CARGO_MANIFEST_DIR"), "/datasets/data/cifar10_256.bin");
    let dir = tempfile::tempdir().unwrap();
    let mut lines = include_str!("golden/cifar10_100_tss.csv").lines();
    let header: Vec<&str> = lines.next().unwrap().split(',').collect();
    let column = |name: &str| header.iter().position(|h| *h == name).unwrap();
    let mut errors = Vec::new();
    for line in lines {
        let cells: Vec<&str> = line.split(',').collect();
        let output = zeronas(dir.path())
            .args(["score", "--arch", cells[column("arch")], "--seed", cells[column("seed")], "--images"])
            .arg(images)
            .args(["--init", "kaiming-uniform", "--as-written", "--image-order", "file", "--out", "s.csv"])
            .args(["--proxies", "naswot,synflow,grad_norm,params", "--top", "0"])
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        for row in rows(dir.path(), "s.csv").split_off(1) {
            let row: Vec<&str> = row.split(',').collect();
            let (proxy, got) = (row[3], row[5].parse().unwrap_or(f64::NEG_INFINITY));
            let expected: f64 = cells[column(proxy)].parse().unwrap();
            let error = if got == expected { 0.0 } else { (got - expected).abs() / expected.abs() };
            let limit = match proxy {
                "naswot" => 5e-6,
                "grad_norm" => 2e-2,
                "synflow" => 1e-9,
                _ => 0.0,
            };
            assert!(error <= limit, "{}: {proxy} {got:e}, expected {expected:e}", cells[column("arch")]);
            if proxy == "grad_norm" {
                errors.push(error);
            }
        }
        fs::remove_file(dir.path().join("s.csv")).unwrap();
    }
    errors.sort_by(f64::total_cmp);
    assert_eq!(errors.len(), 100);
    println!("grad_norm on 100 networks: median error {:e}, largest {:e}", errors[50], errors[99]);
}
