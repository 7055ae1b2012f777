//! Whole searches of the built program: published numbers, the same history however a search is interrupted, and reports.

mod support;

use polars::prelude::*;
use std::collections::HashMap;
use std::fs::{self, File};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;
use support::{refuses, run, shared, zeronas};

/// Runs the program, which must succeed, and returns what it printed.
fn succeeds(folder: &Path, words: &str) -> String {
    let output = run(folder, words);
    assert!(output.status.success(), "zeronas {words}\n{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn read(folder: &Path, name: &str) -> DataFrame {
    ParquetReader::new(File::open(folder.join(name)).unwrap()).finish().unwrap()
}

/// The history of a search without the seconds that it measured.
fn history(folder: &Path, name: &str) -> DataFrame {
    read(folder, &format!("{name}/history.parquet")).drop_many(["wall_seconds", "scoring_seconds"])
}

/// A number in the first row of a table.
fn number(table: &DataFrame, column: &str) -> f64 {
    table.column(column).unwrap().cast(&DataType::Float64).unwrap().f64().unwrap().get(0).unwrap()
}

/// Writes `widths.csv`: the 4^5 architectures of nats-sss without wide stages; their value rises with the widths of early stages,
/// and their cost is one second per 8 channels of width.
fn narrow_table(folder: &Path) {
    let rows = (0..1024_usize).map(|number| {
        let widths: Vec<usize> = (0..5).map(|stage| 8 * (number / 4_usize.pow(stage) % 4 + 1)).collect();
        let arch = widths.iter().map(usize::to_string).collect::<Vec<_>>().join(":");
        let value: usize = widths.iter().zip(1..).map(|(width, stage)| width / stage).sum();
        format!("{arch},{value},{},{}\n", widths.iter().sum::<usize>() / 8, widths[4])
    });
    fs::write(folder.join("widths.csv"), format!("arch,value,cost,last\n{}", rows.collect::<String>())).unwrap();
}

const NARROW: &str = "search --space nats-sss --evaluate table --table widths.csv --feedback value";

/// Begins a search in `killed` and kills it once its journal has this many lines.
fn kill(folder: &Path, words: &str, lines: usize) {
    let journal = folder.join("killed/journal.jsonl");
    let written = || fs::read_to_string(&journal).map_or(0, |text| text.lines().count());
    let arguments = words.split_whitespace();
    let mut child = zeronas(folder).args(arguments).args(["--out", "killed"]).stderr(Stdio::null()).spawn().unwrap();
    while written() < lines && child.try_wait().unwrap().is_none() {
        std::thread::sleep(Duration::from_millis(2));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(!folder.join("killed/history.parquet").exists(), "killed too late to prove anything");
}

/// Dong et al. 2021 (NATS-Bench) and Mellor et al. 2021 (table 2): 500 runs of 12,000 simulated seconds with twelve epochs of
/// training as feedback; the mean test accuracy of the picks after 200 epochs.
#[test]
#[ignore = "needs nats_tss.parquet and nats_tss_hp12_c10.csv in ../shared/data"]
fn published_figures_are_reproduced() {
    let (table, costs) = (shared("data/nats_tss.parquet"), shared("data/nats_tss_hp12_c10.csv"));
    let dir = tempfile::tempdir().unwrap();
    for (strategy, published) in [("random", 93.70), ("rea", 93.92), ("reinforce", 93.85)] {
        let tables = format!("--table {} {}", table.display(), costs.display());
        succeeds(
            dir.path(),
            &format!(
                "search --strategy {strategy} --evaluate table {tables} --feedback valid12_c10 --cost cost12_s \
                 --final c10_test_200 --budget seconds=12000 --runs 500 --out {strategy}"
            ),
        );
        let summary = read(dir.path(), &format!("{strategy}/summary.parquet"));
        let found = number(&summary, "final_mean");
        assert!((found - published).abs() < 0.15, "{strategy}: {found}, published {published}");
        let seconds = number(&summary, "seconds_mean");
        assert!((12_000.0..12_200.0).contains(&seconds), "{seconds}");
    }
    let summary = fs::read_to_string(dir.path().join("rea/summary.csv")).unwrap();
    assert!(
        summary.starts_with("strategy,runs,evaluations_mean,seconds_mean,final_mean,final_std\nrea,500,"),
        "{summary}"
    );
}

#[test]
fn every_strategy_runs_to_its_budget_the_same_on_any_threads() {
    let dir = tempfile::tempdir().unwrap();
    narrow_table(dir.path());
    for strategy in ["random", "local", "rea", "genetic", "reinforce", "lstm", "nsga2", "bananas"] {
        let search = |out: &str, threads: usize| {
            let words = format!("{NARROW} --strategy {strategy} --budget evaluations=40 --runs 3 --threads {threads}");
            succeeds(dir.path(), &format!("{words} --out {out}"));
        };
        search("one", 1);
        search("two", 2);
        let one = history(dir.path(), "one");
        assert_eq!(one.height(), 3 * 40, "{strategy}");
        assert!(one.equals_missing(&history(dir.path(), "two")), "{strategy}");
        let runs = read(dir.path(), "one/runs.parquet");
        assert!(number(&runs, "missing") > 0.0, "{strategy} is told nothing of wide architectures");
        fs::remove_dir_all(dir.path().join("one")).unwrap();
        fs::remove_dir_all(dir.path().join("two")).unwrap();
    }
}

#[test]
fn the_first_of_several_limits_ends_a_run() {
    let dir = tempfile::tempdir().unwrap();
    narrow_table(dir.path());
    for (limits, ended) in [
        ("--budget evaluations=30 seconds=100000", "evaluations"),
        ("--budget evaluations=3000 --budget seconds=100", "seconds"),
        ("--budget evaluations=3000 target=50", "target"),
        ("--budget evaluations=3000,patience=20", "patience"),
        ("--budget evaluations=1000000 wall=0.2", "wall"),
    ] {
        succeeds(dir.path(), &format!("{NARROW} --cost cost --strategy random {limits} --runs 1 --out {ended}"));
        let runs = read(dir.path(), &format!("{ended}/runs.parquet"));
        assert_eq!(runs.column("ended_by").unwrap().str().unwrap().get(0), Some(ended));
    }
}

#[test]
fn a_killed_search_goes_on_to_the_same_history() {
    let dir = tempfile::tempdir().unwrap();
    let words = "search --channels 4 --cells 1 --strategy rea --evaluate proxy:logrank(naswot,grad_norm) --runs 2 \
                 --budget evaluations=40";
    let journal = dir.path().join("killed/journal.jsonl");
    kill(dir.path(), words, 30);
    let first = recorded_wall(&fs::read_to_string(&journal).unwrap());
    // A kill in the middle of a write leaves half a line.
    fs::write(&journal, fs::read_to_string(&journal).unwrap() + "{\"steps\":{\"run\":0,").unwrap();

    refuses(dir.path(), &format!("{words} --out killed"), &["killed/journal.jsonl", "--resume"]);
    refuses(dir.path(), &format!("{words} --seed 1 --out killed --resume"), &["journal.jsonl", "seed was 0 and is 1"]);
    succeeds(dir.path(), &format!("{words} --out killed --resume"));
    succeeds(dir.path(), &format!("{words} --out whole"));
    assert!(history(dir.path(), "killed").equals_missing(&history(dir.path(), "whole")));
    assert!(!journal.exists());
    if let Some((run, wall)) = first {
        let kept = read(dir.path(), "killed/history.parquet");
        let runs: Vec<u64> = kept.column("run").unwrap().u64().unwrap().iter().flatten().collect();
        let place = runs.iter().position(|number| *number == run).unwrap();
        assert_eq!(
            kept.column("wall_seconds").unwrap().f64().unwrap().get(place),
            Some(wall),
            "step 1 stays as it was"
        );
    }
    assert_valued_among_their_run(&history(dir.path(), "whole"));
    // A finished search is shown again, and not started again unless asked for.
    assert!(succeeds(dir.path(), &format!("{words} --out killed --resume")).contains("killed/report.html"));
    refuses(dir.path(), &format!("{words} --out killed"), &["killed", "finished search", "--resume"]);
}

/// An aggregate's values depend on the set: all values of a run are computed on the same set, and the last incumbent is the best.
fn assert_valued_among_their_run(history: &DataFrame) {
    let count = |name: &str| -> Vec<u64> { history.column(name).unwrap().u64().unwrap().iter().flatten().collect() };
    let (runs, incumbents) = (count("run"), count("incumbent"));
    let archs: Vec<&str> = history.column("arch").unwrap().str().unwrap().iter().flatten().collect();
    let objectives: Vec<f64> = history.column("objective").unwrap().f64().unwrap().iter().flatten().collect();
    let mut start = 0;
    for run in runs.chunk_by(|a, b| a == b) {
        let objectives = &objectives[start..start + run.len()];
        let mut known: HashMap<&str, f64> = HashMap::new();
        for (arch, value) in archs[start..].iter().zip(objectives) {
            assert_eq!(known.entry(arch).or_insert(*value), value, "{arch}");
        }
        start += run.len();
        let pick = objectives[incumbents[start - 1] as usize - 1];
        assert!(objectives.iter().all(|value| *value <= pick));
    }
}

#[test]
fn a_killed_search_by_the_recurrent_policy_goes_on_to_the_same_history() {
    let dir = tempfile::tempdir().unwrap();
    narrow_table(dir.path());
    let words = format!("{NARROW} --strategy lstm --budget evaluations=200 --runs 2 --threads 1");
    kill(dir.path(), &words, 10);
    succeeds(dir.path(), &format!("{words} --out killed --resume"));
    succeeds(dir.path(), &format!("{words} --out whole"));
    assert!(history(dir.path(), "killed").equals_missing(&history(dir.path(), "whole")));
}

#[test]
#[ignore = "needs ../shared/data/nats_sss.parquet"]
fn the_whole_of_nats_sss_is_searched_without_gaps() {
    let table = shared("data/nats_sss.parquet");
    let dir = tempfile::tempdir().unwrap();
    for strategy in ["random", "rea", "lstm"] {
        let words = format!(
            "search --space nats-sss --strategy {strategy} --evaluate table --table {} --feedback c10_test_90 \
             --budget evaluations=100 --runs 3 --out {strategy}",
            table.display()
        );
        succeeds(dir.path(), &words);
        let runs = read(dir.path(), &format!("{strategy}/runs.parquet"));
        assert_eq!((number(&runs, "evaluations"), number(&runs, "missing")), (100.0, 0.0));
        // The table's best is 93.65, its median 91.
        let found = number(&read(dir.path(), &format!("{strategy}/summary.parquet")), "final_mean");
        assert!((92.5..93.66).contains(&found), "{strategy}: {found}");
    }
}

/// The run and wall seconds of the first step in a journal.
fn recorded_wall(journal: &str) -> Option<(u64, f64)> {
    let lines = journal.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    let mut first = lines.filter_map(|line| {
        let steps = line.get("steps")?;
        Some((steps["run"].as_u64()?, steps["steps"][0]["wall"].as_f64()?))
    });
    first.next()
}

#[test]
#[ignore = "needs ../shared/data/nb101_part.parquet"]
fn a_table_of_a_part_of_nb101_is_searched_with_gaps_counted() {
    let table = shared("data/nb101_part.parquet");
    let dir = tempfile::tempdir().unwrap();
    for strategy in ["random", "rea", "lstm"] {
        let table = format!("--table {} --feedback test_acc_108_mean3", table.display());
        let text = succeeds(
            dir.path(),
            &format!(
                "search --space nb101 --strategy {strategy} --evaluate table {table} --budget evaluations=50 --runs 2 \
                 --out {strategy}"
            ),
        );
        assert!(text.contains("0.9") && text.contains("missing: proposals that have no value"), "{text}");
        let runs = read(dir.path(), &format!("{strategy}/runs.parquet"));
        assert_eq!(number(&runs, "evaluations"), 50.0);
        assert!(number(&runs, "missing") > 0.0);
    }
}

#[test]
fn a_staged_search_trains_the_best_by_proxy() {
    let dir = tempfile::tempdir().unwrap();
    narrow_table(dir.path());
    let score = "score --space nats-sss --archs widths.csv --proxies params,flops --out scores.parquet";
    succeeds(dir.path(), score);
    let words = "search --space nats-sss --strategy every --evaluate staged:params,3 --scores scores.parquet --table widths.csv \
                 --feedback value --cost cost --runs 2 --out staged";
    succeeds(dir.path(), words);
    let steps = read(dir.path(), "staged/history.parquet");
    assert_eq!(steps.height(), 2 * (1024 + 3));
    let runs = read(dir.path(), "staged/runs.parquet");
    assert_eq!(runs.column("pick").unwrap().str().unwrap().get(0), Some("32:32:32:32:32"));
    // A total width of 20 x 8 in the widest architecture, and of 19 x 8 in the next two.
    assert_eq!(number(&runs, "seconds"), 20.0 + 2.0 * 19.0);

    let list = "shortlist scores.parquet --space nats-sss --table widths.csv --feedback value --cost cost --final value \
                --aggregate both=meanrank(params,flops) --most 3 --out list";
    let text = succeeds(dir.path(), list);
    assert!(text.contains("params") && text.contains("both") && text.contains("(58 s)"), "{text}");
    let table = read(dir.path(), "list/shortlist.parquet");
    assert!(fs::read_to_string(dir.path().join("list/report.html")).unwrap().contains("of the best of the K best"));
    assert_eq!(table.height(), 3 * 3);
}

#[test]
fn the_best_of_a_staged_search_are_really_trained() {
    let dir = tempfile::tempdir().unwrap();
    let words = "search --channels 4 --cells 1 --strategy random --evaluate staged:params,2 --train quick --epochs 1 \
                 --budget evaluations=20 --runs 2 --out trained";
    succeeds(dir.path(), words);
    let steps = read(dir.path(), "trained/history.parquet");
    assert_eq!(steps.height(), 2 * (20 + 2));
    let accuracies: Vec<f64> = steps.column("valid_accuracy").unwrap().f64().unwrap().iter().flatten().collect();
    assert!(accuracies.len() == 4 && accuracies.iter().all(|accuracy| (0.0..=100.0).contains(accuracy)));
    let runs = read(dir.path(), "trained/runs.parquet");
    assert_eq!(runs.column("ended_by").unwrap().str().unwrap().get(0), Some("trained"));
    assert!(number(&runs, "seconds") > 0.0);
    assert_eq!(number(&runs, "final_valid_accuracy"), accuracies[0].max(accuracies[1]), "what was trained for");
    // What is trained stays trained: a search that has lost the rest finds the same.
    fs::remove_file(dir.path().join("trained/history.parquet")).unwrap();
    succeeds(dir.path(), &format!("{words} --resume"));
    assert!(history(dir.path(), "trained").equals_missing(&steps.drop_many(["wall_seconds", "scoring_seconds"])));
}

#[test]
fn searches_are_compared_on_one_page() {
    let dir = tempfile::tempdir().unwrap();
    narrow_table(dir.path());
    for strategy in ["random", "rea"] {
        let words = format!("{NARROW} --strategy {strategy} --cost cost --budget evaluations=60 --runs 8");
        succeeds(dir.path(), &format!("{words} --out {strategy}"));
    }
    for (out, strategy) in [("front", "nsga2"), ("sample", "random")] {
        let words =
            format!("{NARROW} --strategy {strategy} --minimise last --budget evaluations=60 --runs 3 --out {out}");
        succeeds(dir.path(), &words);
    }
    let text = succeeds(dir.path(), "search-report random rea front sample --out report");
    for part in ["A less B", "hypervolume", "value, last"] {
        assert!(text.contains(part), "{text}");
    }
    let page = fs::read_to_string(dir.path().join("report/report.html")).unwrap();
    for part in
        ["Run against run", "Several objectives", "picks by the very column", "<svg", "Regret", "runs that picked it"]
    {
        assert!(page.contains(part), "{part}");
    }
    for table in ["finals", "curves", "pairs", "fronts", "hypervolumes"] {
        assert!(read(dir.path(), &format!("report/{table}.parquet")).height() > 0);
        assert!(dir.path().join(format!("report/{table}.csv")).exists());
    }
    let names: Vec<String> = fs::read_dir(dir.path().join("report/figures"))
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    for figure in
        ["incumbent_value_evaluations.svg", "regret_value_seconds.svg", "hypervolume.svg", "front_value_last.svg"]
    {
        assert!(names.iter().any(|name| name == figure), "{figure} in {names:?}");
    }
    refuses(dir.path(), "search-report random rea --out rea", &["--out", "one of the searches"]);
    refuses(dir.path(), "search-report random widths --out report", &["widths", "no finished search"]);
}

#[test]
fn bad_input_is_named() {
    let dir = tempfile::tempdir().unwrap();
    narrow_table(dir.path());
    // One architecture has no cost, the other no value.
    fs::write(dir.path().join("gaps.csv"), "arch,value,cost\n8:8:8:8:8,50,\n8:8:8:8:16,,2\n").unwrap();
    let search = |more: &str| format!("search --space nats-sss --out s {more}");
    let table = |more: &str| search(&format!("--strategy rea --evaluate table --table widths.csv {more}"));
    for (words, parts) in [
        (search("--strategy tabu --evaluate table"), &["--strategy", "tabu", "rea"][..]),
        (search("--strategy rea --evaluate oracle"), &["--evaluate", "table, proxy:EXPRESSION or staged:"]),
        (search("--strategy rea --evaluate table --feedback value"), &["--table", "is needed"]),
        (search("--strategy rea --evaluate proxy:magic --budget evaluations=1"), &["magic"]),
        (search("--strategy rea --evaluate staged:params,0 --table widths.csv"), &["--evaluate", "K is 0"]),
        (
            search("--strategy rea --evaluate staged:params,2 --train quick --epochs 0 --budget evaluations=9"),
            &["--epochs"],
        ),
        (
            search("--strategy rea --evaluate proxy:params --train quick --budget evaluations=9"),
            &["--train", "staged:"],
        ),
        (table("--budget evaluations=9"), &["--feedback", "must name a column"]),
        (table("--feedback accuracy --budget evaluations=9"), &["--feedback", "`accuracy`", "value, cost, last"]),
        (table("--feedback value --cost time --budget seconds=9"), &["--cost", "`time`", "widths.csv"]),
        (table("--feedback value --final test --budget evaluations=9"), &["--final", "`test`"]),
        (table("--feedback value --minimise cost,cost --budget evaluations=9"), &["--minimise", "already"]),
        (table("--feedback value"), &["--budget", "empty"]),
        (table("--feedback value --budget evaluations=0"), &["--budget", "from 1"]),
        (table("--feedback value --budget seconds=5"), &["--budget", "--cost"]),
        (table("--feedback value --budget evaluations=5 evaluations=6"), &["--budget", "twice"]),
        (table("--feedback value --budget epochs=5"), &["--budget", "must read evaluations=N"]),
        (table("--feedback value --budget wall=1e-9"), &["--budget", "before its first evaluation"]),
        (table("--feedback value --budget evaluations=9 --runs 0"), &["--runs"]),
        (table("--feedback value --budget evaluations=9 --threads 0"), &["--threads"]),
        (
            search("--strategy genetic --population 2 --evaluate table --table widths.csv --feedback value"),
            &["--tournament", "population of 2"],
        ),
        (
            search("--strategy rea --evaluate proxy:params --table widths.csv --cost cost --budget seconds=9"),
            &["--cost", "proxy:params trains nothing"],
        ),
        (
            search("--strategy rea --evaluate staged:params,2 --train quick --cost cost --budget evaluations=9"),
            &["--train", "--cost"],
        ),
        (
            search("--strategy every --evaluate table --table gaps.csv --feedback value --cost cost"),
            &["--evaluate", "none of the 32768 proposals"],
        ),
        (table("--feedback value --budget evaluations=9 --runs 18446744073709551615"), &["--runs", "at most 1000000"]),
        (table("--feedback value --budget evaluations=9 --threads 100000"), &["--threads", "at most 1024"]),
        (
            table("--feedback value --budget evaluations=9 --warmup 18446744073709551615 --guide params"),
            &["--warmup", "at most 1000000"],
        ),
        (
            "shortlist s --space nats-sss --table widths.csv --feedback value --final value --most 99999999999".into(),
            &["--most", "at most 100000"],
        ),
        (
            "shortlist s --space nats-sss --table widths.csv --feedback value --final value --draws 99999999999".into(),
            &["--draws", "at most 100000"],
        ),
        (table("--feedback value --budget evaluations=9 --hidden 8"), &["--hidden", "rea has no such setting"]),
        (table("--feedback value --budget evaluations=9 --random-moves 0.5"), &["--moves"]),
        (table("--feedback value --budget evaluations=9 --moves --scores absent.parquet"), &["absent.parquet"]),
        (table("--feedback value --budget evaluations=9 --resume --space nats-tss"), &["--space"]),
        (
            "search --strategy rea --evaluate table --table widths.csv --feedback value --out s".into(),
            &["widths.csv", "row 1"],
        ),
    ] {
        refuses(dir.path(), &words, parts);
    }
    assert!(!dir.path().join("s/history.parquet").exists() && !dir.path().join("s/journal.jsonl").exists());
    let words = "search --space nats-sss --strategy random --evaluate staged:params,2 --table gaps.csv --feedback value \
                 --cost cost --runs 1 --budget evaluations=3 --out untrained";
    refuses(dir.path(), words, &["--evaluate", "none of the 3 networks", "--feedback"]);
}
