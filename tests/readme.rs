//! What the README shows, run.

mod support;

use std::fs;
use std::path::Path;
use std::process::Command;
use support::score;

const README: &str = include_str!("../README.md");

/// The README's Python, a part for each library.
fn snippets() -> Vec<&'static str> {
    let (_, rest) = README.split_once("```python\n").expect("a block of Python");
    let (block, _) = rest.split_once("```").expect("its end");
    block.split("\n\n").collect()
}

/// What the interpreter in `PYTHON`, else `python3`, prints.
fn python(folder: &Path, program: &str) -> String {
    let interpreter = std::env::var("PYTHON").unwrap_or_else(|_| "python3".into());
    let output = Command::new(interpreter).args(["-c", program]).current_dir(folder).output().unwrap();
    assert!(output.status.success(), "{program}\n{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The example's documentation is compiled and run; the README repeats it from the proxy on.
#[test]
fn the_proxy_of_the_readme_is_the_documented_one() {
    let documented = include_str!("../proxies/src/proxy/mod.rs");
    let lines = documented.lines().map_while(|line| line.strip_prefix("//!"));
    let text: Vec<&str> = lines.map(|line| line.strip_prefix(' ').unwrap_or(line)).collect();
    let text = text.join("\n");
    let (_, example) = text.split_once("pub struct GradSum;").expect("the example");
    let (example, _) = example.split_once("```").expect("its end");
    assert!(README.contains(&format!("pub struct GradSum;{example}```")), "{example}");
}

#[test]
#[ignore = "needs pandas, polars and pyarrow in the Python that PYTHON names, else in python3"]
fn polars_and_pandas_load_a_score_file_as_the_readme_says() {
    let dir = tempfile::tempdir().unwrap();
    score(dir.path(), "--sample 12 --sample-seed 3 --proxies naswot,synflow --out scores.parquet");
    score(dir.path(), "--sample 12 --sample-seed 3 --proxies naswot,synflow --out scores.csv");
    let csv = fs::read_to_string(dir.path().join("scores.csv")).unwrap();
    let of_naswot = |line: &&str| line.contains(",naswot,") && line.contains(",ok,");
    let sum: f64 =
        csv.lines().filter(of_naswot).map(|line| line.rsplit(',').nth(3).unwrap().parse::<f64>().unwrap()).sum();
    let tell = "\nprint(' '.join(sorted(set(wide.columns) - {'arch'})), repr(float(wide['naswot'].sum())))";
    let snippets = snippets();
    assert_eq!(snippets.len(), 2);
    for snippet in snippets {
        let told = python(dir.path(), &format!("{snippet}{tell}"));
        let (proxies, told) = told.trim().rsplit_once(' ').unwrap();
        assert_eq!(proxies, "naswot synflow");
        let told: f64 = told.parse().unwrap();
        assert!((told - sum).abs() < 1e-9 * sum, "{snippet}\n{told} {sum}");
    }
}
