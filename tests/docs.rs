//! What README and book show: links that lead somewhere, examples that run.

mod support;

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use support::{score, zeronas};

const README: &str = include_str!("../README.md");
const SUMMARY: &str = include_str!("../docs/SUMMARY.md");

/// Pages that `docs/build.sh` makes.
const MADE: [&str; 2] = ["docs/cli.md", "docs/formulas.md"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All pages of README and book, and other files written for readers.
fn pages() -> Vec<PathBuf> {
    let markdown = |folder: &str| {
        let files = fs::read_dir(root().join(folder)).unwrap().map(|file| file.unwrap().path());
        files.filter(|path| path.extension().is_some_and(|ending| ending == "md")).collect::<Vec<_>>()
    };
    let made = |path: &PathBuf| MADE.iter().any(|made| path.ends_with(made));
    let pages = ["", "docs", "gpu", "datasets/data"].into_iter().flat_map(markdown);
    pages.filter(|path| !made(path)).collect()
}

/// The lines outside code blocks.
fn prose(text: &str) -> impl Iterator<Item = &str> {
    let mut code = false;
    text.lines().filter(move |line| {
        let fence = line.trim_start().starts_with("```");
        code ^= fence;
        !code && !fence
    })
}

/// The targets of a page's links, those to other sites left out.
fn links(text: &str) -> Vec<String> {
    let after = prose(text).flat_map(|line| line.split("](").skip(1));
    let targets = after.filter_map(|rest| rest.split_once(')')).map(|(target, _)| target.to_owned());
    targets.filter(|target| !target.contains("://")).collect()
}

/// The names by which a page's headings can be linked to.
fn anchors(text: &str) -> HashSet<String> {
    let headings = prose(text).filter(|line| line.starts_with('#')).map(|line| line.trim_start_matches('#').trim());
    let kept = |letter: char| letter.is_alphanumeric() || "-_ ".contains(letter);
    headings
        .map(|heading| heading.to_lowercase().chars().filter(|c| kept(*c)).collect::<String>().replace(' ', "-"))
        .collect()
}

/// Returns the page; if it only includes a file, that file.
fn read(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    match text.trim().strip_prefix("{{#include ").and_then(|rest| rest.strip_suffix("}}")) {
        Some(included) => fs::read_to_string(path.parent().unwrap().join(included)).unwrap(),
        None => text,
    }
}

#[test]
fn the_readme_is_short_and_says_how_to_run_and_test() {
    assert!(README.lines().count() <= 200, "{} lines", README.lines().count());
    assert!(README.lines().any(|line| line.starts_with("cargo run --release -- ")));
    assert!(README.lines().any(|line| line == "cargo test --release"));
}

#[test]
fn every_link_leads_somewhere() {
    for page in pages() {
        for link in links(&fs::read_to_string(&page).unwrap()) {
            let (file, anchor) = link.split_once('#').unwrap_or((&link, ""));
            let target = if file.is_empty() { page.clone() } else { page.parent().unwrap().join(file) };
            if MADE.iter().any(|made| target.ends_with(made) || root().join(made) == target) {
                continue;
            }
            assert!(target.exists(), "{}: {link} leads nowhere", page.display());
            if !anchor.is_empty() {
                let known = anchors(&read(&target));
                assert!(known.contains(anchor), "{}: {link}: the page has {known:?}", page.display());
            }
        }
    }
}

#[test]
fn the_books_summary_has_every_page_once() {
    let listed = links(SUMMARY);
    let distinct: HashSet<&String> = listed.iter().collect();
    assert_eq!(listed.len(), distinct.len(), "{listed:?}");
    for page in fs::read_dir(root().join("docs")).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap())
    {
        let is_page = page.ends_with(".md") && page != "SUMMARY.md";
        assert!(!is_page || distinct.contains(&page), "docs/SUMMARY.md lacks {page}");
    }
}

/// The README's recipes, as a new user runs them one after the other, with pictures of their own.
#[test]
fn the_recipes_of_the_readme_run() {
    let dir = tempfile::tempdir().unwrap();
    pictures(&dir.path().join("photos"));
    let (_, recipes) = README.split_once("## Three recipes").expect("the recipes");
    let (recipes, _) = recipes.split_once("\n## ").expect("their end");
    let blocks: Vec<&str> = recipes.split("```sh\n").skip(1).map(|rest| rest.split_once("```").unwrap().0).collect();
    assert_eq!(blocks.len(), 3);
    for line in blocks.concat().replace("\\\n", " ").lines() {
        let words = shlex::split(line).expect("quotes in pairs");
        assert_eq!(words[0], "zeronas");
        let output = zeronas(dir.path()).args(&words[1..]).output().unwrap();
        assert!(output.status.success(), "{line}\n{}", String::from_utf8_lossy(&output.stderr));
    }
    assert!(dir.path().join("report/report.html").exists());
    assert!(dir.path().join("found/report.html").exists());
    assert!(dir.path().join("best/trained/weights.safetensors").exists());
}

/// Makes two classes of 80 pictures each, red and blue ones, all with different brightness.
fn pictures(folder: &Path) {
    for (class, channel) in [("red", 0), ("blue", 2)] {
        for part in ["train", "test"] {
            fs::create_dir_all(folder.join(part).join(class)).unwrap();
        }
        for picture in 0..80u8 {
            let pixel = |x: u32, _| {
                let mut colour = [picture, (x % 7) as u8 * 30, picture];
                colour[channel] = 130 + picture;
                image::Rgb(colour)
            };
            let part = if picture % 8 == 0 { "test" } else { "train" };
            let path = folder.join(part).join(class).join(format!("{picture}.png"));
            image::RgbImage::from_fn(32, 32, pixel).save(path).unwrap();
        }
    }
}

/// The example's documentation is compiled and run, in the crate's documentation and as the page itself.
#[test]
fn the_proxy_of_the_book_is_the_documented_one() {
    let documented = include_str!("../proxies/src/proxy/mod.rs");
    let lines = documented.lines().map_while(|line| line.strip_prefix("//!"));
    let text: Vec<&str> = lines.map(|line| line.strip_prefix(' ').unwrap_or(line)).collect();
    let text = text.join("\n");
    let (_, example) = text.split_once("pub struct GradSum;").expect("the example");
    let (example, _) = example.split_once("```").expect("its end");
    let page = include_str!("../docs/adding-a-proxy.md");
    assert!(page.contains(&format!("pub struct GradSum;{example}```")), "{example}");
}

/// What the interpreter in `PYTHON`, else `python3`, prints.
fn python(folder: &Path, program: &str) -> String {
    let interpreter = std::env::var("PYTHON").unwrap_or_else(|_| "python3".into());
    let output = Command::new(interpreter).args(["-c", program]).current_dir(folder).output().unwrap();
    assert!(output.status.success(), "{program}\n{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
#[ignore = "needs pandas, polars and pyarrow in the Python that PYTHON names, else in python3"]
fn polars_and_pandas_load_a_score_file_as_the_book_says() {
    let (_, rest) = include_str!("../docs/files.md").split_once("```python\n").expect("a block of Python");
    let (block, _) = rest.split_once("```").expect("its end");
    let snippets: Vec<&str> = block.split("\n\n").collect();
    assert_eq!(snippets.len(), 2);

    let dir = tempfile::tempdir().unwrap();
    score(dir.path(), "--sample 12 --sample-seed 3 --proxies naswot,synflow --out scores.parquet");
    score(dir.path(), "--sample 12 --sample-seed 3 --proxies naswot,synflow --out scores.csv");
    let csv = fs::read_to_string(dir.path().join("scores.csv")).unwrap();
    let of_naswot = |line: &&str| line.contains(",naswot,") && line.contains(",ok,");
    let sum: f64 =
        csv.lines().filter(of_naswot).map(|line| line.rsplit(',').nth(3).unwrap().parse::<f64>().unwrap()).sum();
    let tell = "\nprint(' '.join(sorted(set(wide.columns) - {'arch'})), repr(float(wide['naswot'].sum())))";
    for snippet in snippets {
        let told = python(dir.path(), &format!("{snippet}{tell}"));
        let (proxies, told) = told.trim().rsplit_once(' ').unwrap();
        assert_eq!(proxies, "naswot synflow");
        let told: f64 = told.parse().unwrap();
        assert!((told - sum).abs() < 1e-9 * sum, "{snippet}\n{told} {sum}");
    }
}
