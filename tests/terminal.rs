//! The program's output: tables that fit, lines for programs, colours, settings from files, and the progress of jobs.

mod support;

use serde_json::Value;
use std::collections::HashSet;
use std::fs;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::Duration;
use support::{images, pictures, refuses, run, score, zeronas};

/// Runs the program, which must succeed, and returns its stdout.
fn stdout(folder: &Path, words: &str) -> String {
    let output = run(folder, words);
    assert!(output.status.success(), "{words}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Scores 40 architectures of the embedded benchmark into `scores.csv`.
fn scores(folder: &Path) {
    score(folder, "--sample 40 --from zeronas-mini --proxies params,ntk,naswot,synflow --seed 3 --out scores.csv");
}

/// Commands whose output has tables.
const SHOWN: [&str; 6] = [
    "proxies",
    "report scores.csv --benchmark zeronas-mini --target test_accuracy --bootstrap 50 --out report",
    "compare scores.csv scores.csv --bootstrap 50",
    "shortlist scores.csv --table zeronas-mini --feedback test_accuracy --final test_accuracy --most 3 --draws 2",
    "score --sample 40 --from zeronas-mini --channels 4 --cells 1 --batch-size 8 --proxies params,ntk,naswot,synflow --seed 3 --out \
     scores.csv --resume --benchmark zeronas-mini --target test_accuracy",
    "status scores.csv",
];

/// Whether a line is wider than the terminal though it could be broken between two words.
fn is_too_wide(line: &str, width: usize) -> bool {
    line.chars().count() > width && line.split_whitespace().count() > 1
}

/// More commands whose output is laid out, but which have no kinds of rows of their own, or none in this folder.
const LAID_OUT: [&str; 4] = [
    "show --channels 4 --cells 1 --all-layers --arch \
     |nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|skip_connect~0|nor_conv_1x1~1|nor_conv_3x3~2|",
    "show --space nb101 --arch 0110000100010000;conv3x3-bn-relu,conv1x1-bn-relu",
    "aggregates scores.csv --benchmark zeronas-mini --target test_accuracy",
    "query zeronas-mini --arch |skip_connect~0|+|none~0|none~1|+|nor_conv_1x1~0|skip_connect~1|skip_connect~2|",
];

#[test]
fn tables_fit_and_no_word_is_broken() {
    let dir = tempfile::tempdir().unwrap();
    scores(dir.path());
    for command in SHOWN.into_iter().chain(LAID_OUT) {
        let whole = stdout(dir.path(), command);
        let known: HashSet<&str> = whole.split_whitespace().collect();
        for width in [80, 100, 200] {
            let shown = stdout(dir.path(), &format!("{command} --width {width}"));
            let hint = ["left", "out:", "--wide", "shows", "them", "them,", "and", "architectures", "in", "full"];
            for line in shown.lines() {
                let words: Vec<&str> = line.split_whitespace().collect();
                assert!(!is_too_wide(line, width), "{command}: {width} columns: {line}");
                for word in words {
                    // A name in the list of columns that were left out is followed by a comma or semicolon.
                    let bare = word.trim_end_matches([',', ';']);
                    let is_known = known.contains(word) || known.contains(bare) || hint.contains(&word);
                    assert!(
                        is_known || word.starts_with('#') || word.parse::<f64>().is_ok(),
                        "{command}: {word} in {line}"
                    );
                }
            }
        }
    }
}

/// A command of every kind; each uses the results of those before it.
const EVERY: [&str; 24] = [
    "score --sample 40 --from zeronas-mini --channels 4 --cells 1 --batch-size 8 --proxies params,ntk,naswot,synflow --seed 3 --out \
     s.csv --benchmark zeronas-mini",
    "score --sample 9 --proxies params --shard 1/2 --out part1.csv",
    "score --sample 9 --proxies params --shard 2/2 --out part2.csv",
    "merge part1.csv part2.csv --out parts.csv",
    "report s.csv --benchmark zeronas-mini --bootstrap 20 --aggregate both=logrank(naswot,synflow) --out report",
    "compare s.csv s.csv --bootstrap 20 --out comparison",
    "view s.csv",
    "aggregates s.csv --benchmark zeronas-mini --target test_accuracy --out aggregates",
    "search --strategy random --evaluate table --table zeronas-mini --feedback test_accuracy --budget evaluations=9 --runs 2 --out found",
    "search --channels 4 --cells 1 --strategy genetic --evaluate proxy:logrank(naswot,synflow) --budget evaluations=4 --runs 1 --out \
     other",
    "search-report found other --out searches",
    "shortlist s.csv --table zeronas-mini --feedback test_accuracy --final test_accuracy --most 3 --draws 2 --out shortlist",
    "train --arch |nor_conv_3x3~0|+|none~0|none~1|+|none~0|skip_connect~1|none~2| --channels 4 --cells 1 --images cifar --recipe quick \
     --epochs 1 --batch-size 50 --out trained",
    "confirm s.csv --top 2 --rungs 1 --channels 4 --cells 1 --images cifar --recipe quick --batch-size 50 --out confirmed",
    "find --images cifar --space nats-tss --channels 4 --cells 1 --sample 5 --top 2 --rungs 1 --epochs 1 --batch-size 50 --out best",
    "predict --trained trained --images pictures --out predictions.csv",
    "export --trained trained --to onnx --out model.onnx",
    "calibrate s.csv --networks 10 --benchmark zeronas-mini --target test_accuracy --out calibrated",
    "latency template --channels 4 --cells 1 --sample 4 --out operators.csv",
    "latency measure operators.csv --repeats 2",
    "latency check operators.csv --channels 4 --cells 1 --sample 4 --repeats 2",
    "bench build --images cifar --archs 2 --repeated 1 --seeds 2 --train-images 100 --epochs 1 --out mini",
    "status s.csv found trained confirmed calibrated mini",
    "man --out manual",
];

#[test]
fn every_command_fits_into_80_columns() {
    let dir = tempfile::tempdir().unwrap();
    images(dir.path());
    pictures(&dir.path().join("pictures"), [32, 32], [0, 1]);
    for command in EVERY {
        let output = run(dir.path(), &format!("{command} --width 80"));
        let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        assert!(output.status.success(), "{command}: {said}");
        for line in said.lines() {
            assert!(!is_too_wide(line, 80), "{command}: {line}");
        }
    }
    let refused = run(dir.path(), "status s.csv none --width 20");
    assert_eq!(refused.status.code(), Some(2));
    let said = String::from_utf8(refused.stderr).unwrap();
    assert!(said.starts_with("error: none: there\n") && said.lines().all(|line| line.len() <= 20), "{said}");
}

/// Starts a scoring of a few seconds, and waits until its journal holds a few results.
fn begun(folder: &Path) -> Child {
    let words = "score --sample 150 --batch-size 16 --channels 8 --cells 1 --top 0 --out s.csv";
    let mut child = zeronas(folder).args(words.split(' ')).stderr(Stdio::null()).spawn().unwrap();
    let lines = || fs::read_to_string(folder.join("s.csv.journal")).map_or(0, |text| text.lines().count());
    while lines() < 5 && child.try_wait().unwrap().is_none() {
        std::thread::sleep(Duration::from_millis(2));
    }
    child
}

#[test]
fn status_follows_a_job_from_its_start_to_its_end() {
    let dir = tempfile::tempdir().unwrap();
    // On a busy machine, a job may have finished before its status is read.
    let status = (0..20).find_map(|_| {
        let mut child = begun(dir.path());
        let running = stdout(dir.path(), "status s.csv");
        child.kill().unwrap();
        child.wait().unwrap();
        let is_over = fs::remove_file(dir.path().join("s.csv")).is_ok();
        (!is_over).then_some(running)
    });
    let row = |status: &str| status.lines().nth(1).unwrap().split('\t').map(str::to_owned).collect::<Vec<_>>();
    let running = row(&status.expect("no job was caught while it was running"));
    assert_eq!((running[2].as_str(), running[4].as_str()), ("running", "≤ 150"));
    let done = |row: &[String]| row[3].parse::<usize>().unwrap();
    assert!((4..150).contains(&done(&running)) && running[6].starts_with("≤ "), "{running:?}");

    let cut = row(&stdout(dir.path(), "status s.csv"));
    assert_eq!((cut[2].as_str(), cut[6].as_str()), ("cut off", "-"));
    assert!(done(&cut) >= done(&running), "{cut:?}");

    stdout(dir.path(), "score --sample 150 --batch-size 16 --channels 8 --cells 1 --top 0 --out s.csv --resume");
    let finished = row(&stdout(dir.path(), "status s.csv"));
    assert_eq!((finished[2].as_str(), &finished[3]), ("finished", &finished[4]));
}

#[test]
fn status_tells_of_the_other_paths_where_one_is_no_job() {
    let dir = tempfile::tempdir().unwrap();
    scores(dir.path());
    let output = run(dir.path(), "status none scores.csv neither");
    let (told, said) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert_eq!(output.status.code(), Some(2));
    assert!(told.contains("scores.csv\tscore\tfinished\t40\t40"), "{told}");
    let errors: Vec<&str> = said.lines().collect();
    assert!(
        errors[0].starts_with("error: none: there is no job") && errors[1].starts_with("error: neither:"),
        "{said}"
    );
}

#[test]
fn what_goes_into_a_pipe_is_tab_separated_and_whole() {
    let dir = tempfile::tempdir().unwrap();
    scores(dir.path());
    let text = stdout(dir.path(), SHOWN[1]);
    let header: Vec<&str> = text.lines().next().unwrap().split('\t').collect();
    assert_eq!(header[..4], ["target", "proxy", "better", "n"]);
    let row = text.lines().find(|line| line.starts_with("test_accuracy\tntk\tlower\t")).unwrap();
    assert_eq!(row.split('\t').count(), header.len());
    for name in ["summary.md", "summary.tex"] {
        assert!(fs::read_to_string(dir.path().join("report").join(name)).unwrap().contains("naswot"), "{name}");
    }
}

#[test]
fn json_is_an_object_per_line_with_full_numbers() {
    let dir = tempfile::tempdir().unwrap();
    scores(dir.path());
    for command in SHOWN {
        let text = stdout(dir.path(), &format!("{command} --json"));
        let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert!(lines.iter().all(|line| line["kind"].is_string()), "{text}");
        assert!(lines.iter().any(|line| line["kind"] != "note" && line["kind"] != "done"), "{text}");
    }
    let text = stdout(dir.path(), &format!("{} --json", SHOWN[1]));
    let mut lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let naswot = lines.find(|line| line["proxy"] == "naswot").unwrap();
    // The same as in the table that the report writes.
    let summary = fs::read_to_string(dir.path().join("report/summary.csv")).unwrap();
    let mut rows = summary.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let header = rows.next().unwrap();
    let row = rows.find(|row| row[1] == "naswot").unwrap();
    for (name, cell) in header.iter().zip(row).filter(|(name, _)| naswot.get(name).is_some_and(Value::is_f64)) {
        assert_eq!(naswot[name].as_f64(), cell.parse().ok(), "{name}");
    }
    assert!(naswot["spearman_lo"].is_f64() && naswot["partial_spearman"].is_f64());
    // An architecture that is shown is one object, namely the JSON of its network.
    let arch = "|nor_conv_3x3~0|+|none~0|none~1|+|none~0|skip_connect~1|none~2|";
    let network = zeronas(dir.path()).args(["show", "--arch", arch, "--json"]).output().unwrap();
    assert!(serde_json::from_slice::<Value>(&network.stdout).unwrap()["layers"].is_array());
}

#[test]
fn words_beside_the_results_and_colours_are_as_asked_for() {
    let dir = tempfile::tempdir().unwrap();
    scores(dir.path());
    let quiet = run(dir.path(), &format!("{} --quiet", SHOWN[4]));
    assert!(quiet.status.success() && quiet.stderr.is_empty() && !quiet.stdout.is_empty());
    let verbose = run(dir.path(), "proxies --verbose");
    assert!(String::from_utf8_lossy(&verbose.stderr).contains("took 0."), "{verbose:?}");
    let coloured = |words: &str, no_color: bool| {
        let mut command = zeronas(dir.path());
        command.args(words.split_whitespace());
        if no_color {
            command.env("NO_COLOR", "1");
        }
        let output = command.output().unwrap();
        String::from_utf8([output.stdout, output.stderr].concat()).unwrap().contains('\u{1b}')
    };
    for (words, no_color, expected) in [
        ("compare none.csv none.csv --color always", false, true),
        ("compare none.csv none.csv --color=never", false, false),
        ("compare none.csv none.csv", true, false),
        ("compare --color always", false, true),
        ("proxies --width 80 --color always", false, true),
        ("proxies --width 80", false, false),
    ] {
        assert_eq!(coloured(words, no_color), expected, "{words}");
    }
}

/// A CSV score file without the times of its rows.
fn rows(folder: &Path, name: &str) -> Vec<String> {
    support::rows(folder, name)
}

#[test]
fn any_result_can_be_made_again_by_one_line() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| fs::read_to_string(dir.path().join(name)).unwrap();
    scores(dir.path());
    stdout(dir.path(), "score --like scores.csv --out again.csv");
    assert_eq!(rows(dir.path(), "again.csv"), rows(dir.path(), "scores.csv"));
    stdout(dir.path(), "score --like scores.csv --seed 4 --out other.csv");
    assert_ne!(rows(dir.path(), "other.csv"), rows(dir.path(), "scores.csv"), "what is given overrides");
    stdout(dir.path(), SHOWN[1]);
    stdout(dir.path(), "report --like report --out again");
    assert_eq!(at("again/summary.csv"), at("report/summary.csv"));
    assert_eq!(at("again/run.toml"), at("report/run.toml"));
    let search = "search --strategy random --evaluate table --table zeronas-mini --feedback test_accuracy --budget evaluations=10 \
                  --runs 3 --seed 5 --out found";
    stdout(dir.path(), search);
    stdout(dir.path(), "search --like found --out found-again");
    assert_eq!(at("found-again/picks.csv"), at("found/picks.csv"));
    refuses(dir.path(), "report --like scores.csv --out x", &["scores.csv", "no settings of zeronas report"]);
    refuses(dir.path(), "report --like found --out x", &["run.toml", "settings of zeronas search"]);
    fs::write(dir.path().join("run.toml"), "sampel = 3\n").unwrap();
    refuses(dir.path(), "score --config run.toml --out x.csv", &["run.toml", "`sampel`", "did you mean `sample`"]);
}

#[test]
fn curves_are_kept_while_networks_are_trained_and_searched() {
    let dir = tempfile::tempdir().unwrap();
    images(dir.path());
    let arch = "|nor_conv_3x3~0|+|none~0|none~1|+|none~0|skip_connect~1|none~2|";
    let words = "--channels 4 --cells 1 --images cifar --recipe quick --epochs 2 --batch-size 50 --out trained --log jsonl,tensorboard";
    let trained = zeronas(dir.path()).args(["train", "--arch", arch]).args(words.split(' ')).output().unwrap();
    assert!(trained.status.success(), "{}", String::from_utf8_lossy(&trained.stderr));
    let lines = fs::read_to_string(dir.path().join("trained/log.jsonl")).unwrap();
    let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.iter().map(|line| line["step"].as_u64().unwrap()).collect::<Vec<_>>(), [1, 2]);
    assert!(lines.iter().all(|line| line["loss/train"].is_f64() && line["accuracy/test"].is_f64()));
    let events = |folder: &str| fs::read_dir(dir.path().join(folder)).unwrap().count();
    assert_eq!(events("trained/log"), 1);
    let search = "search --strategy random --evaluate table --table zeronas-mini --feedback test_accuracy --budget evaluations=4 \
                  --runs 2 --out found --log tensorboard";
    stdout(dir.path(), search);
    assert_eq!((events("found/log/run-0"), events("found/log/run-1")), (1, 1));
    let status = stdout(dir.path(), "status trained found");
    for row in ["trained\ttrain\tfinished\t2\t2\tepochs", "found\tsearch\tfinished\t2\t2\truns"] {
        assert!(status.contains(row), "{row}: {status}");
    }
}

#[test]
fn manual_pages_are_printed_and_written() {
    let dir = tempfile::tempdir().unwrap();
    assert!(stdout(dir.path(), "man score").contains(".TH"));
    stdout(dir.path(), "man --out pages");
    assert!(dir.path().join("pages/zeronas-bench-build.1").exists());
    assert!(!dir.path().join("pages/run.toml").exists(), "they are no results");
    refuses(dir.path(), "man scor", &["`scor`"]);
}
