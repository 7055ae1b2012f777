//! A job in parts, by `--shard` or by Slurm, and `zeronas merge`.

mod support;

use std::fs;
use std::path::Path;
use std::process::Output;
use support::{TINY, refuses, rows, run, score, zeronas};
use zeronas::job::MergeRequest;

const JOB: &str = "--sample 500 --sample-seed 6 --proxies synflow,params --seeds 2";

fn part(folder: &Path, index: usize, count: usize, more: &str, end: &str) {
    score(folder, &format!("{JOB} {more} --shard {index}/{count} --out part{index}{end}"));
}

fn merged(folder: &Path, words: &str) -> String {
    let output = run(folder, &format!("merge {words}"));
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{stderr}");
    stderr
}

#[test]
fn parts_put_together_are_the_whole_in_its_order() {
    let dir = tempfile::tempdir().unwrap();
    score(dir.path(), &format!("{JOB} --out whole.csv"));
    (1..=4).for_each(|index| part(dir.path(), index, 4, "", if index == 2 { ".csv" } else { ".parquet" }));
    let said = merged(dir.path(), "part3.parquet part1.parquet part2.csv part4.parquet --out merged.csv");
    assert!(said.contains("500 architectures, 2000 rows, from 4 parts"), "{said}");
    assert_eq!(rows(dir.path(), "merged.csv"), rows(dir.path(), "whole.csv"));
    let manifest = |name: &str| fs::read_to_string(dir.path().join(format!("{name}.manifest.json"))).unwrap();
    assert_eq!(manifest("merged.csv"), manifest("whole.csv"));
    merged(dir.path(), "part1.parquet part2.csv part3.parquet part4.parquet --out merged.parquet");
    let said = score(dir.path(), &format!("{JOB} --out merged.parquet --resume"));
    assert!(said.contains(" 0 of them scored"), "a merged file is a finished one: {said}");
    refuses(dir.path(), "merge part1.parquet --out merged.csv", &["merged.csv", "exists"]);
}

#[test]
fn what_is_missing_or_twice_or_of_another_job_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let small = "--sample 40 --proxies params";
    for index in 1..=3 {
        score(dir.path(), &format!("{small} --shard {index}/3 --out part{index}.parquet"));
    }
    let refused = |parts: &str, words: &[&str]| refuses(dir.path(), &format!("merge {parts} --out all.parquet"), words);
    refused("part1.parquet", &["missing: 2/3, 3/3"]);
    refused("part1.parquet part3.parquet", &["missing: 2/3"]);
    fs::copy(dir.path().join("part2.parquet"), dir.path().join("again.parquet")).unwrap();
    refused("part1.parquet part2.parquet again.parquet part3.parquet", &["again.parquet", "part 2/3", "part2.parquet"]);
    score(dir.path(), &format!("{small} --seed 5 --shard 2/3 --out other.parquet"));
    refused("part1.parquet other.parquet part3.parquet", &["other.parquet", "part1.parquet", "seed is 5, there 0"]);
    score(dir.path(), &format!("{small} --shard 2/4 --out fourth.parquet"));
    refused("part1.parquet fourth.parquet", &["fourth.parquet", "one of 4 parts, that of 3"]);
    score(dir.path(), &format!("{small} --out whole.parquet"));
    refused("whole.parquet", &["whole.parquet", "is no part"]);
    fs::write(dir.path().join("text.parquet"), "no table").unwrap();
    refused("text.parquet part2.parquet", &["text.parquet", "text.parquet"]);
    assert!(!dir.path().join("all.parquet").exists());
}

#[test]
fn damaged_parts_are_named() {
    let dir = tempfile::tempdir().unwrap();
    for index in 1..=2 {
        score(dir.path(), &format!("--sample 6 --proxies params,flops --shard {index}/2 --out part{index}.csv"));
    }
    let damaged = |file: &str, good: &str, bad: &str, words: &[&str]| {
        let path = dir.path().join(file);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(good), "{text}");
        fs::write(&path, text.replace(good, bad)).unwrap();
        refuses(dir.path(), "merge part1.csv part2.csv --out all.csv", words);
        fs::write(&path, text).unwrap();
    };
    let manifest = |good: &str, bad: &str, words: &[&str]| {
        let second = dir.path().join("part2.csv.manifest.json");
        let text = fs::read_to_string(&second).unwrap();
        fs::write(&second, text.replace(good, bad)).unwrap();
        damaged("part1.csv.manifest.json", good, bad, words);
        fs::write(&second, text).unwrap();
    };
    manifest("\"seeds\":1", "\"seeds\":0", &["part1.csv", "damaged", "--seeds"]);
    manifest("\"seeds\":1", "\"seeds\":4611686018427387904", &["part1.csv", "6 rows for 3 architectures"]);
    manifest("\"archs\":6", "\"archs\":18446744073709551615", &["all.csv", "architecture 7 of", "is missing"]);
    manifest("\"archs\":6", "\"archs\":5", &["all.csv", "architecture 6 of 5 is beyond the last"]);
    manifest("\"count\":2", "\"count\":9223372036854775807", &["missing: 3/", "more"]);
    manifest("\"count\":2", "\"count\":0", &["part1.csv", "is no part"]);
    damaged("part1.csv.places.json", "2", "1", &["all.csv", "is there twice"]);
    damaged("part1.csv.places.json", "[", "[6,", &["part1.csv", "6 rows for 4 architectures"]);
    damaged("part1.csv.places.json", "[", "", &["part1.csv", "places are damaged"]);
    damaged("part1.csv", "params", "flops", &["part1.csv", "row 1 is out of place"]);
    damaged("part1.csv", "score,ln_score", "ln_score,score", &["part1.csv", "other columns"]);
    merged(dir.path(), "part1.csv part2.csv --out all.csv");
}

#[test]
fn a_part_that_is_cut_off_is_named() {
    let dir = tempfile::tempdir().unwrap();
    score(dir.path(), "--sample 9 --proxies params,synflow --shard 1/1 --out part.parquet");
    let (part, out) = (dir.path().join("part.parquet"), dir.path().join("all.parquet"));
    let whole = fs::read(&part).unwrap();
    for length in (0..whole.len()).step_by(97) {
        fs::write(&part, &whole[..length]).unwrap();
        let error = MergeRequest::new(vec![part.clone()], &out).run().unwrap_err().to_string();
        assert!(error.contains("part.parquet"), "{length} bytes: {error}");
    }
    fs::write(&part, &whole).unwrap();
    MergeRequest::new(vec![part], &out).run().unwrap();
}

/// Runs a job as a task of a job array, with Slurm's variables and these flags.
fn task(folder: &Path, variables: &[(&str, &str)], words: &str) -> Output {
    let mut command = zeronas(folder);
    command.arg("score").args(TINY).args(words.split_whitespace()).envs(variables.iter().copied());
    command.output().unwrap()
}

#[test]
fn a_task_of_a_job_array_scores_its_part() {
    let dir = tempfile::tempdir().unwrap();
    let job = "--sample 30 --proxies params";
    for id in ["1", "3", "5"] {
        let variables = [
            ("SLURM_ARRAY_TASK_ID", id),
            ("SLURM_ARRAY_TASK_COUNT", "3"),
            ("SLURM_ARRAY_TASK_MIN", "1"),
            ("SLURM_ARRAY_TASK_STEP", "2"),
        ];
        let output = task(dir.path(), &variables, &format!("{job} --out task{id}.parquet"));
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    merged(dir.path(), "task1.parquet task3.parquet task5.parquet --out merged.csv");
    score(dir.path(), &format!("{job} --out whole.csv"));
    assert_eq!(rows(dir.path(), "merged.csv"), rows(dir.path(), "whole.csv"));

    let one = [("SLURM_ARRAY_TASK_ID", "2"), ("SLURM_ARRAY_TASK_COUNT", "3")];
    let output = task(dir.path(), &one, &format!("{job} --shard 1/1 --out all.csv"));
    assert!(output.status.success());
    assert_eq!(rows(dir.path(), "all.csv"), rows(dir.path(), "whole.csv"), "--shard says otherwise");

    let output = task(dir.path(), &one[..1], &format!("{job} --out no.csv"));
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("--shard: is not given, and SLURM_ARRAY_TASK_ID"));
}
