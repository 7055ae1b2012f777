//! Whole scoring runs in the other spaces.

mod support;

use serde_json::Value;
use std::fs;
use std::path::Path;
use support::{refuses, rows, run};

/// Runs `zeronas score`, which must succeed, and returns its manifest.
fn score(folder: &Path, words: &str, out: &str) -> Value {
    let output = run(folder, &format!("score --batch-size 8 --top 0 {words} --out {out}"));
    assert!(output.status.success(), "{words}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_str(&fs::read_to_string(folder.join(format!("{out}.manifest.json"))).unwrap()).unwrap()
}

/// A row without its architecture, which is quoted.
fn measured(row: &str) -> &str {
    row.rsplit_once('"').unwrap().1
}

#[test]
fn a_sample_of_nb101_is_scored_and_its_figures_are_in_the_manifest() {
    let dir = tempfile::tempdir().unwrap();
    let words = "--space nb101 --sample 4 --stem 8 --modules 1 --proxies naswot,synflow,grad_norm,params,flops";
    let manifest = score(dir.path(), words, "nb101.csv");
    for (name, value) in [("stem", 8), ("stacks", 3), ("modules", 1), ("classes", 10), ("resolution", 32)] {
        assert_eq!(manifest[name], value, "{name}");
    }
    assert_eq!((&manifest["space"], &manifest["sampler"]), (&"nb101".into(), &"uniform".into()));
    assert!(manifest.get("channels").is_none());
    let rows = rows(dir.path(), "nb101.csv").split_off(1);
    assert_eq!(rows.len(), 4 * 5);
    assert!(rows.iter().all(|row| row.starts_with("nb101,") && row.ends_with(",ok")), "{rows:?}");
}

#[test]
fn a_sample_of_nats_sss_is_scored() {
    let dir = tempfile::tempdir().unwrap();
    let words = "--space nats-sss --sample 2 --classes 12 --resolution 16 --images synthetic";
    let manifest = score(dir.path(), words, "sss.csv");
    assert_eq!((&manifest["classes"], &manifest["resolution"]), (&12.into(), &16.into()));
    let rows = rows(dir.path(), "sss.csv").split_off(1);
    assert_eq!(rows.len(), 2 * 3);
    assert!(rows.iter().all(|row| row.starts_with("nats-sss,") && row.ends_with(",ok")), "{rows:?}");
}

#[test]
fn the_benchmarks_sampler_is_named_in_the_manifest() {
    let dir = tempfile::tempdir().unwrap();
    let words = "--space nb101 --sample 5 --proxies params";
    let manifest = score(dir.path(), &format!("{words} --sampler benchmark"), "benchmark.csv");
    assert_eq!(manifest["sampler"], "benchmark");
    score(dir.path(), words, "uniform.csv");
    assert_ne!(rows(dir.path(), "benchmark.csv"), rows(dir.path(), "uniform.csv"));
}

#[test]
fn isomorphic_cells_are_scored_once_but_not_as_written() {
    let dir = tempfile::tempdir().unwrap();
    // The second is the first with its vertices swapped; the third adds a vertex without a path to the output.
    let archs = "0110000100010000;conv3x3-bn-relu,maxpool3x3\n0110000100010000;maxpool3x3,conv3x3-bn-relu\n\
                 0111000001000010000000000;conv3x3-bn-relu,maxpool3x3,conv1x1-bn-relu\n";
    fs::write(dir.path().join("archs.txt"), archs).unwrap();
    // Nine channels for two vertices: the split goes by their order.
    let words = "--space nb101 --archs archs.txt --stem 9 --stacks 1 --modules 1 --proxies naswot";
    score(dir.path(), words, "canonical.csv");
    let canonical = rows(dir.path(), "canonical.csv").split_off(1);
    assert!(canonical.windows(2).all(|pair| measured(&pair[0]) == measured(&pair[1])), "{canonical:?}");
    score(dir.path(), &format!("{words} --as-written"), "written.csv");
    let written = rows(dir.path(), "written.csv").split_off(1);
    assert_ne!(measured(&written[0]), measured(&written[1]));
}

#[test]
fn architectures_go_by_index_or_hash_where_a_table_is_at_hand() {
    let dir = tempfile::tempdir().unwrap();
    let (cell, hash) = ("0100;", "0123456789abcdef0123456789abcdef");
    fs::write(dir.path().join("t.csv"), format!("arch,index,module_hash,accuracy\n{cell},7,{hash},1\n")).unwrap();
    for name in ["7", hash] {
        let shown = run(dir.path(), &format!("show --space nb101 --arch {name} --from t.csv"));
        let text = String::from_utf8(shown.stdout).unwrap();
        assert!(text.starts_with(&format!("architecture  {cell}")), "{text}");
    }
    fs::write(dir.path().join("names.txt"), format!("{hash}\n")).unwrap();
    let words = "score --space nb101 --archs names.txt --from t.csv --proxies params --out s.csv";
    assert!(run(dir.path(), words).status.success());
    assert!(fs::read_to_string(dir.path().join("s.csv")).unwrap().contains(cell));
    refuses(dir.path(), "show --space nb101 --arch 8 --from t.csv", &["t.csv", "`8`"]);
}
