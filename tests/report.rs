//! Whole reports and comparisons of the built program.

mod support;

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use support::{refuses, run, score, shared};

/// Runs the program, which must succeed, and returns what it printed.
fn printed(folder: &Path, words: &str) -> String {
    let output = run(folder, words);
    assert!(output.status.success(), "zeronas {words}\n{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The rows of a CSV table, each a map from column to cell.
fn table(folder: &Path, name: &str) -> Vec<HashMap<String, String>> {
    let text = fs::read_to_string(folder.join(name)).unwrap();
    let mut lines = text.lines();
    let header: Vec<String> = lines.next().unwrap().split(',').map(String::from).collect();
    lines.map(|line| header.iter().cloned().zip(line.split(',').map(String::from)).collect()).collect()
}

/// Makes scores of `count` architectures, and a table with a value for each of them.
fn scores_and_table(folder: &Path, count: usize) {
    score(folder, &format!("--sample {count} --proxies naswot,params,flops --out s.csv"));
    let scores = table(folder, "s.csv");
    let of = |proxy: &'static str| scores.iter().filter(move |row| row["proxy"] == proxy);
    let rows: String = of("params")
        .zip(of("flops"))
        .enumerate()
        .map(|(i, (params, flops))| {
            let accuracy = 50.0 + params["score"].parse::<f64>().unwrap() / 1e4 + (i % 7) as f64;
            format!("{},{accuracy},{},5,{i}\n", params["arch"], flops["score"])
        })
        .collect();
    fs::write(folder.join("t.csv"), format!("arch,accuracy,macs,same,index\n{rows}")).unwrap();
}

#[test]
fn pages_are_made_of_scores_comparisons_and_folders() {
    let dir = tempfile::tempdir().unwrap();
    scores_and_table(dir.path(), 40);
    let page = |name: &str| fs::read_to_string(dir.path().join(name)).unwrap();
    let best = table(dir.path(), "s.csv")[0]["arch"].clone();

    assert_eq!(printed(dir.path(), "view s.csv"), "page: s.html\n");
    for part in ["The best by mean rank", &best, "<svg class=\"cell\"", "id=\"data\""] {
        assert!(page("s.html").contains(part), "{part}");
    }
    score(dir.path(), "--sample 40 --proxies naswot --seed 1 --out other.csv");
    let said = printed(dir.path(), "compare s.csv other.csv --bootstrap 0 --out comparison");
    assert!(said.contains("page: comparison/report.html"), "{said}");
    assert!(page("comparison/report.html").contains("B naswot"));

    printed(dir.path(), "aggregates s.csv --benchmark t.csv --target accuracy --out aggregates");
    assert!(page("aggregates/report.html").contains("logrank(naswot,<wbr>params)"));

    printed(
        dir.path(),
        "report s.csv --benchmark t.csv --target accuracy --bootstrap 0 --subset all,no-dead-edges --out report",
    );
    for part in
        ["The best architectures", "Subsets side by side", "no-dead-edges/report.html", "What the best are made of"]
    {
        assert!(page("report/report.html").contains(part), "{part}");
    }
    assert!(table(dir.path(), "report/operations.csv").iter().any(|row| row["group"] == "best 1 %"));

    assert_eq!(printed(dir.path(), "view ."), "page: ./index.html\n");
    for name in ["s.html", "comparison/report.html", "aggregates/report.html", "report/no-dead-edges/report.html"] {
        assert!(page("index.html").contains(&format!("<a href=\"{name}\">")), "{name}");
    }
    let svg = printed(dir.path(), "show --svg --arch 5000");
    assert!(svg.starts_with("<svg xmlns=") && svg.contains("class=\"edge"), "{svg}");
}

#[test]
fn what_was_measured_more_than_once_says_how_far_it_agrees_with_itself() {
    let dir = tempfile::tempdir().unwrap();
    printed(dir.path(), "score --benchmark zeronas-mini --proxies naswot --seeds 2 --top 0 --out s.csv");
    printed(dir.path(), "report s.csv --benchmark zeronas-mini --bootstrap 0 --out report");
    let of = |row: &HashMap<String, String>, column: &str| row[column].parse::<f64>().unwrap();
    let spread = &table(dir.path(), "report/seed_spread.csv")[0];
    assert!(spread["seeds"] == "2" && of(spread, "spearman_mean") > 0.9, "{spread:?}");
    assert!(of(spread, "ceiling") > of(spread, "spearman_mean"), "{spread:?}");
    // The table has the accuracies of three trainings.
    let page = fs::read_to_string(dir.path().join("report/report.html")).unwrap();
    assert!(page.contains("test_accuracy_seed0, test_accuracy_seed1, test_accuracy_seed2"));
}

#[test]
fn subsets_aggregates_and_given_reach_the_tables() {
    let dir = tempfile::tempdir().unwrap();
    scores_and_table(dir.path(), 60);
    let report = "report s.csv --benchmark t.csv --target accuracy --bootstrap 20 --out";
    printed(dir.path(), &format!("{report} all --aggregate both=logrank(naswot,params) --given macs"));
    let all = table(dir.path(), "all/summary.csv");
    assert_eq!(all.iter().map(|row| row["proxy"].as_str()).collect::<Vec<_>>(), ["naswot", "params", "flops", "both"]);
    assert!(all.iter().all(|row| row["n"] == "60"));
    // Here, flops are the benchmark's MACs, so nothing is left after they are controlled for.
    assert!(all[2]["partial_spearman"].is_empty() && !all[0]["partial_spearman"].is_empty());

    let said = printed(dir.path(), &format!("{report} few --subset no-dead-edges,accuracy>51"));
    let few: usize = table(dir.path(), "few/summary.csv")[0]["n"].parse().unwrap();
    assert!(few < 60 && said.contains(&format!("{few} of 60 scored architectures")), "{said}");
    let manifest = fs::read_to_string(dir.path().join("few/manifest.json")).unwrap();
    assert!(manifest.contains("no-dead-edges, accuracy>51"), "{manifest}");

    printed(dir.path(), &format!("{report} one --subset unique,valid"));
    let keys: std::collections::HashSet<String> = table(dir.path(), "s.csv")
        .into_iter()
        .filter(|row| row["status"] == "ok" && !row["key"].is_empty())
        .map(|row| row["key"].clone())
        .collect();
    assert_eq!(table(dir.path(), "one/summary.csv")[0]["n"], keys.len().to_string());
}

#[test]
fn what_cannot_be_ranked_is_said_and_not_nan() {
    let dir = tempfile::tempdir().unwrap();
    scores_and_table(dir.path(), 40);
    let said = printed(dir.path(), "report s.csv --benchmark t.csv --target same --bootstrap 10 --out flat");
    assert!(said.contains("all values of the target are equal"), "{said}");
    let bad = fs::read_to_string(dir.path().join("s.csv")).unwrap();
    let mut lines = bad.lines();
    let header = lines.next().unwrap();
    let none: Vec<String> = lines
        .filter(|line| line.contains(",naswot,"))
        .map(|line| {
            let cells: Vec<&str> = line.split(',').collect();
            format!("{},{},{},naswot,0,,,singular,1", cells[0], cells[1], cells[2])
        })
        .collect();
    fs::write(dir.path().join("bad.csv"), format!("{header}\n{}\n", none.join("\n"))).unwrap();
    for policy in ["worst", "drop"] {
        let words =
            format!("report bad.csv --benchmark t.csv --target accuracy --bad {policy} --bootstrap 10 --out bad");
        let said = printed(dir.path(), &words);
        assert!(said.contains("no architecture has a score"), "{said}");
        for file in ["bad/summary.csv", "bad/report.html", "bad/pairs_long.csv"] {
            let text = fs::read_to_string(dir.path().join(file)).unwrap();
            // The scripts of a page contain NaN.
            let text = text.split("<script").next().unwrap();
            assert!(!text.contains("NaN") && !text.contains("inf"), "{file}");
        }
    }
}

#[test]
fn another_tools_table_is_a_score_file() {
    let dir = tempfile::tempdir().unwrap();
    scores_and_table(dir.path(), 40);
    let rows: String = table(dir.path(), "t.csv")
        .iter()
        .enumerate()
        .map(|(i, row)| format!("{},{},{}\n", row["index"], row["macs"], if i == 3 { "-inf" } else { "1.5" }))
        .collect();
    fs::write(dir.path().join("theirs.csv"), format!("index,macs,flat\n{rows}")).unwrap();
    let said =
        printed(dir.path(), "report theirs.csv s.csv --benchmark t.csv --target accuracy --bootstrap 10 --out r");
    assert!(said.contains("minus_infinite 1"), "{said}");
    let found = table(dir.path(), "r/summary.csv");
    let of = |proxy: &str| found.iter().find(|row| row["proxy"] == proxy).unwrap();
    assert_eq!(of("macs")["spearman"], of("flops")["spearman"], "the same numbers by another name");
    let words = "compare s.csv theirs.csv --match flops=macs --benchmark t.csv --bootstrap 10 --out c";
    let said = printed(dir.path(), words);
    assert!(said.contains("flops / macs") && said.contains("not both files carry a manifest"), "{said}");
    let agreement = &table(dir.path(), "c/agreement.csv")[0];
    assert_eq!(
        (agreement["n"].as_str(), agreement["equal"].as_str(), agreement["spearman"].as_str()),
        ("40", "40", "1.0")
    );
}

#[test]
fn two_runs_are_compared_with_what_their_manifests_differ_in() {
    let dir = tempfile::tempdir().unwrap();
    score(dir.path(), "--sample 30 --proxies naswot,params --out a.parquet");
    score(dir.path(), "--sample 40 --proxies naswot,params --seed 1 --out b.csv");
    let said = printed(dir.path(), "compare a.parquet b.csv --bootstrap 20 --rows 3 --out c");
    for part in ["naswot: what moves most", "the manifests differ in", "archs_sha256", "seed", "only B"] {
        assert!(said.contains(part), "{part} is not in\n{said}");
    }
    let found = table(dir.path(), "c/agreement.csv");
    let params = found.iter().find(|row| row["a"] == "params").unwrap();
    assert_eq!((params["n"].as_str(), params["only_a"].as_str(), params["only_b"].as_str()), ("30", "0", "10"));
    assert_eq!((params["equal"].as_str(), params["spearman"].as_str()), ("30", "1.0"));
    assert!(table(dir.path(), "c/settings.csv").iter().any(|row| (
        row["setting"].as_str(),
        row["a"].as_str(),
        row["b"].as_str()
    ) == ("seed", "0", "1")));
    assert_eq!(table(dir.path(), "c/rows.csv").len(), 2 * 30);
    assert_eq!(table(dir.path(), "c/only.csv").iter().filter(|row| row["run"] == "b").count(), 2 * 10);
    let same = printed(dir.path(), "compare a.parquet a.parquet --bootstrap 0");
    assert!(same.contains("the manifests are the same") && !same.contains("what moves most"), "{same}");
}

/// 9,445 of the 15,625 have no dead edges: the subset of NAS-Bench-Suite-Zero.
#[test]
#[ignore = "needs nats_tss_published_scores.parquet and nats_tss.parquet in ../shared/data"]
fn published_scores_go_through_as_they_are() {
    let (scores, benchmark) = (shared("data/nats_tss_published_scores.parquet"), shared("data/nats_tss.parquet"));
    let dir = tempfile::tempdir().unwrap();
    let words = format!(
        "report {} --benchmark {} --target c10_test_200 --proxy-columns c10_freerea_naswot --bad drop --bootstrap 0 \
         --space nats-tss --out",
        scores.display(),
        benchmark.display()
    );
    printed(dir.path(), &format!("{words} all"));
    let row = &table(dir.path(), "all/summary.csv")[0];
    assert_eq!((row["n"].as_str(), row["bad"].as_str()), ("15424", "minus_infinite 201"));
    assert!(row["spearman"].starts_with("0.78490") && row["kendall"].starts_with("0.59805"));
    let said = printed(dir.path(), &format!("{words} clean --subset no-dead-edges"));
    assert!(said.contains("9445 of 15625 scored architectures"), "{said}");
}

#[test]
fn the_default_aggregate_of_a_file_that_lacks_its_proxies_says_what_to_score() {
    let dir = tempfile::tempdir().unwrap();
    score(dir.path(), "--benchmark zeronas-mini --sample 12 --proxies naswot --top 0 --out s.csv");
    let words =
        "report s.csv --benchmark zeronas-mini --target test_accuracy --bootstrap 20 --out r --aggregate default";
    refuses(dir.path(), words, &["there is no proxy `", "zeronas score ... --add-proxies", "--resume"]);
}
