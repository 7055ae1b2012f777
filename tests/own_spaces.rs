//! Spaces described by a file, in every command that takes a space.

mod support;

use std::fs;
use std::path::Path;
use support::{pictures, refuses, run};

const SPACE: &str = "\
resolution = 8
classes = 3

[stem]
channels = [4, 8]

[[stage]]
block = ['plain', 'residual', 'mbconv']
channels = [4, 8, 12]
depth = [1, 2]
stride = 2
kernel = [3, 5]
vary = 'block'
";

fn succeeds(folder: &Path, words: &str) -> String {
    let output = run(folder, words);
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "zeronas {words}\n{stderr}");
    String::from_utf8(output.stdout).unwrap() + &stderr
}

#[test]
fn every_command_takes_a_file_as_its_space() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path();
    fs::write(folder.join("mine.toml"), SPACE).unwrap();
    succeeds(folder, "score --space mine.toml --all --proxies naswot,params --batch-size 4 --out scores.parquet");
    let shown = succeeds(folder, "show --space mine.toml --arch c4|d2.c8/plain.k3/mbconv.k5");
    assert!(
        shown.contains("stage 1, block 2: mbconv, 8 channels, kernel 5") && shown.contains("space         mine"),
        "{shown}"
    );

    // The manifest holds the content of the file, so that later commands do not need the file.
    fs::rename(folder.join("mine.toml"), folder.join("kept.toml")).unwrap();
    succeeds(folder, "search --scores scores.parquet --evaluate proxy:params --strategy every --out searched");
    let picks = fs::read_to_string(folder.join("searched/picks.csv")).unwrap();
    assert!(picks.lines().nth(1).unwrap().contains('|'), "{picks}");
    pictures(&folder.join("pictures"), [8, 8], [4, 4]);
    let trained = "--images pictures --recipe quick --rungs 1 --batch-size 4";
    succeeds(folder, &format!("confirm scores.parquet --top 2 {trained} --out confirmed"));
}

#[test]
fn another_file_of_the_same_name_is_another_space() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path();
    fs::write(folder.join("mine.toml"), SPACE).unwrap();
    succeeds(folder, "score --space mine.toml --sample 4 --proxies params --batch-size 4 --out scores.parquet");
    fs::write(folder.join("mine.toml"), SPACE.replace("[4, 8, 12]", "[4, 8, 16]")).unwrap();
    refuses(
        folder,
        "search --space mine.toml --scores scores.parquet --evaluate proxy:params --strategy every --out searched",
        &["--space", "describes other networks than those that scores.parquet was scored on"],
    );
    refuses(folder, "score --space missing.toml --sample 4 --out x.parquet", &["missing.toml", "cannot be read"]);
    fs::write(folder.join("bad.toml"), "[[stage]]\nblok = 'plain'\n").unwrap();
    refuses(
        folder,
        "score --space bad.toml --sample 4 --out x.parquet",
        &["bad.toml", "line 2", "unknown field `blok`"],
    );
    refuses(folder, "score --space bad.toml --cells 3 --sample 4 --out x.parquet", &["bad.toml"]);
}

#[test]
fn limits_and_strategies_hold_on_the_mobile_space() {
    let dir = tempfile::tempdir().unwrap();
    let words = "search --space mobile --strategy rea --evaluate proxy:flops --limit params=300k..600k \
                 --budget evaluations=12 --runs 2 --batch-size 2 --out searched";
    let said = succeeds(dir.path(), words);
    let picks = fs::read_to_string(dir.path().join("searched/picks.csv")).unwrap();
    let header: Vec<&str> = picks.lines().next().unwrap().split(',').collect();
    let params = header.iter().position(|name| *name == "params").unwrap();
    let found: f64 = picks.lines().nth(1).unwrap().split(',').nth(params).unwrap().parse().unwrap();
    assert!((300_000.0..=600_000.0).contains(&found), "{picks}\n{said}");
}
