//! What the program shows: tables that fit, lines for programs, colours, settings from files, and how far jobs are.

mod support;

use serde_json::Value;
use std::collections::HashSet;
use std::fs;
use std::path::Path;
use support::{images, refuses, run, score, zeronas};

/// The program's stdout; it must succeed.
fn stdout(folder: &Path, words: &str) -> String {
    let output = run(folder, words);
    assert!(output.status.success(), "{words}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Scores of 40 architectures of the embedded benchmark in `scores.csv`.
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

#[test]
fn tables_fit_and_no_word_is_broken() {
    let dir = tempfile::tempdir().unwrap();
    scores(dir.path());
    for command in SHOWN {
        let whole = stdout(dir.path(), command);
        let known: HashSet<&str> = whole.split_whitespace().collect();
        for width in [80, 100, 200] {
            let shown = stdout(dir.path(), &format!("{command} --width {width}"));
            let hint = ["left", "out:", "--wide", "shows", "them", "them,", "and", "architectures", "in", "full"];
            for line in shown.lines() {
                let words: Vec<&str> = line.split_whitespace().collect();
                assert!(line.chars().count() <= width || words.len() == 1, "{command}: {width} columns: {line}");
                for word in words {
                    // A name in the list of what is left out has a comma or semicolon behind it.
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
    // One that is looked at is one object, and a network its JSON.
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
