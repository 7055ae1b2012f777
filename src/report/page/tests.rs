use std::fs;

use super::super::average::average;
use super::super::fixture::{scores, target};
use super::super::join::Direction;
use super::super::report;
use super::*;

/// A page about `proxy`, with a manifest of the report and a score file that carries none.
fn written(proxy: &str) -> (tempfile::TempDir, String) {
    let lines: String = (0..60)
        .map(|i| format!("a{i:02},{proxy},0,{},,ok,0.5\na{i:02},params,0,{},,ok,\n", (i * 7) % 60, (i * 11) % 50))
        .collect();
    let scores = scores(&lines);
    let readings = average(&scores).unwrap();
    let values: Vec<(String, f64)> = (0..60).map(|i| (format!("a{i:02}"), 40.0 + i as f64)).collect();
    let acc = target("acc", &values.iter().map(|(arch, value)| (arch.as_str(), *value)).collect::<Vec<_>>());
    let settings = Settings { bootstrap: 20, ..Settings::default() };
    let made = report(&readings, std::slice::from_ref(&acc), None, &|_| Direction::Higher, &settings).unwrap();
    let manifest = serde_json::json!({"subset": {"rule": "all", "kept": 60, "scored": 60}, "version": "0"});
    let folder = tempfile::tempdir().unwrap();
    let about = About {
        manifest: &manifest,
        files: &scores.files,
        settings: &settings,
        direction: &|_| Direction::Higher,
        space: None,
        extra: &Extra::default(),
        alternatives: &[],
        at: 0,
        columns: vec![("size".to_owned(), vec![Some(1.0); 60])],
    };
    write(&Folder::create(folder.path(), &manifest).unwrap(), &made, &readings, &[acc], &about).unwrap();
    let page = fs::read_to_string(folder.path().join("report.html")).unwrap();
    (folder, page)
}

#[test]
fn the_page_stands_alone() {
    let (_folder, page) = written("zen");
    for outside in ["src=", "href=\"http", "url(", "@import", "<script src", "<link rel=\"stylesheet\""] {
        assert!(!page.contains(outside), "{outside}");
    }
    for part in ["60 of 60 scored architectures", ">acc</h2>", "Is one better than another?", "carries no manifest"] {
        assert!(page.contains(part), "{part}");
    }
    let (body, _) = page.split_once("<script").unwrap();
    assert_eq!(body.matches("<figure").count(), body.matches("</svg>").count());
    assert!(!body.contains("NaN") && !body.contains("inf,"));
}

#[test]
fn figures_are_files_with_literal_colours_and_follow_the_scheme_in_the_page() {
    let (folder, page) = written("zen");
    let names =
        ["correlations_acc", "scatter_acc_zen", "best_decile_acc_zen", "deciles_acc", "top_best_acc", "cost_acc"];
    for name in names.into_iter().chain(["top_precision_acc", "proxy_spearman", "better_acc"]) {
        let svg = fs::read_to_string(folder.path().join(format!("figures/{name}.svg"))).unwrap();
        assert!(svg.starts_with("<svg ") && svg.contains("<title>") && !svg.contains("var("), "{name}");
    }
    assert!(page.contains("var(--ink)") && !page.contains("#1F2328\""));
}

#[test]
fn names_mean_themselves() {
    let (folder, page) = written("<b>&");
    assert!(!page.contains("<b>&\"") && page.contains("&lt;b&gt;&amp;"));
    assert!(folder.path().join("figures/scatter_acc__b__.svg").exists());
}
