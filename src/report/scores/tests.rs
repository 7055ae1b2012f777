use std::fs::{self, File};

use polars::prelude::*;
use tempfile::{TempDir, tempdir};

use super::super::fixture::csv;
use super::*;
use std::path::PathBuf;

const GOOD: &str = "a,naswot,0,1.5,,ok,0.1\nb,naswot,0,,,singular,\n";

fn files(contents: &[&str]) -> (TempDir, Vec<PathBuf>) {
    let folder = tempdir().unwrap();
    let write = |(index, text): (usize, &&str)| {
        let path = folder.path().join(format!("part{index}.csv"));
        fs::write(&path, text).unwrap();
        path
    };
    let paths = contents.iter().enumerate().map(write).collect();
    (folder, paths)
}

fn error_of(contents: &[&str]) -> String {
    let (_folder, paths) = files(contents);
    Scores::read(&paths, &Columns::default()).unwrap_err().to_string()
}

fn parquet(folder: &TempDir, manifest: &str) -> PathBuf {
    let path = folder.path().join("scores.parquet");
    let texts = |text: [&'static str; 2]| text.to_vec();
    let mut table = df!(
        "space" => texts(["nats-tss"; 2]), "arch" => texts(["a", "b"]), "key" => texts(["k"; 2]),
        "proxy" => texts(["naswot"; 2]), "seed" => [7_i64, 8], "score" => [Some(1.5_f32), None],
        "ln_score" => [None::<f64>; 2], "status" => texts(["ok", "singular"]), "seconds" => [0.25, 0.5],
    )
    .unwrap();
    let metadata = KeyValueMetadata::from_static(vec![("zeronas".into(), manifest.into())]);
    let file = File::create(&path).unwrap();
    ParquetWriter::new(file).with_key_value_metadata(Some(metadata)).finish(&mut table).unwrap();
    path
}

#[test]
fn shards_are_read_as_one() {
    let (_folder, paths) = files(&[&csv(GOOD), &csv("a,naswot,1,2.5,,ok,0.1\na,synflow,0,,9,ok,0.1\n")]);
    let scores = Scores::read(&paths, &Columns::default()).unwrap();
    assert_eq!((scores.space.as_deref(), scores.rows.len(), scores.files.len()), (Some("nats-tss"), 4, 2));
    assert_eq!(
        (scores.archs.as_slice(), scores.proxies.as_slice()),
        (&["a".into(), "b".into()][..], &["naswot".into(), "synflow".into()][..])
    );
    assert!(matches!(&scores.rows[2].outcome, Outcome::Bad(status) if status == "singular"));
}

#[test]
fn parquet_gives_rows_and_manifest() {
    let folder = tempdir().unwrap();
    let scores = Scores::read(&[parquet(&folder, r#"{"version": "1"}"#)], &Columns::default()).unwrap();
    assert_eq!(scores.rows[1].seed, 8);
    assert!(matches!(scores.rows[0].outcome, Outcome::Ok { score: Some(1.5), ln_score: None }));
    assert_eq!(scores.files[0].manifest, Some(serde_json::json!({"version": "1"})));
}

#[test]
fn a_manifest_that_is_not_json_is_an_error() {
    let folder = tempdir().unwrap();
    let error = Scores::read(&[parquet(&folder, "{")], &Columns::default()).unwrap_err();
    assert!(error.to_string().contains("scores.parquet: its manifest is damaged"), "{error}");
}

#[test]
fn a_csv_file_has_its_manifest_beside_it() {
    let (folder, paths) = files(&[&csv(GOOD)]);
    assert_eq!(Scores::read(&paths, &Columns::default()).unwrap().files[0].manifest, None);
    fs::write(folder.path().join("part0.csv.manifest.json"), "[1]").unwrap();
    assert_eq!(Scores::read(&paths, &Columns::default()).unwrap().files[0].manifest, Some(serde_json::json!([1])));
}

#[test]
fn a_repeated_evaluation_names_both_places() {
    let error = error_of(&[&csv(GOOD), &csv("z,naswot,0,1,,ok,1\na,naswot,0,1.5,,ok,1\n")]);
    for part in ["naswot of a with seed 0", "part0.csv row 1", "part1.csv row 2"] {
        assert!(error.contains(part), "{error}");
    }
}

#[test]
fn a_missing_column_is_named() {
    let error = error_of(&["space,arch,proxy,seed,ln_score,seconds\nnats-tss,a,naswot,0,1,1\n"]);
    assert!(error.contains("part0.csv has no column `score`"), "{error}");
}

#[test]
fn architecture_proxy_and_score_are_enough() {
    let text = "arch,proxy,score,note\na,zen,1.5,x\nb,zen,None,x\na,ntk,inf,x\n";
    let (_folder, paths) = files(&[text]);
    let scores = Scores::read(&paths, &Columns::default()).unwrap();
    assert_eq!(
        (scores.space, scores.rows[0].seed, scores.proxies.as_slice()),
        (None, 0, &["zen".into(), "ntk".into()][..])
    );
    let bad: Vec<&Outcome> = scores.rows.iter().map(|row| &row.outcome).collect();
    let expected = [
        Outcome::Ok { score: Some(1.5), ln_score: None },
        Outcome::Bad("empty".into()),
        Outcome::Bad("infinite".into()),
    ];
    assert_eq!(bad, expected.iter().collect::<Vec<_>>());
    assert!(ScoreFile::told(&scores.files)[0].ends_with("left out: `note` (is no column of a score file)"));
}

#[test]
fn a_folder_of_parts_is_read_with_its_manifest() {
    let (folder, _) = files(&[&csv(GOOD), &csv("c,naswot,0,1,,ok,1\n")]);
    fs::write(folder.path().join("_manifest.json"), r#"{"space": "nats-tss"}"#).unwrap();
    let scores = Scores::read(&[folder.path()], &Columns::default()).unwrap();
    assert_eq!((scores.rows.len(), scores.files.len()), (3, 2));
    assert!(scores.files.iter().all(|file| file.manifest == Some(serde_json::json!({"space": "nats-tss"}))));
}

#[test]
fn empty_files_are_named() {
    assert!(error_of(&[""]).contains("part0.csv has no rows"));
    assert!(error_of(&[&csv("")]).contains("part0.csv has no rows"));
}

#[test]
fn what_is_not_there_is_named_and_the_content_says_what_is_read() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("scores.parquet");
    let error = Scores::read(&[&path], &Columns::default()).unwrap_err();
    assert!(error.to_string().contains("cannot read") && error.to_string().contains("scores.parquet"), "{error}");
    fs::write(&path, csv(GOOD)).unwrap();
    assert_eq!(Scores::read(&[&path], &Columns::default()).unwrap().rows.len(), 2);
}

#[test]
fn wrong_cells_are_named() {
    let cases = [
        ("a,naswot,0,1,,ok,1\nb,naswot,0,much,,ok,1\n", "row 2, column `score`: `much` is not a number"),
        ("a,naswot,0,NaN,,ok,1\n", "row 1, column `score`: NaN is not a finite number"),
        ("a,naswot,0,1,-inf,ok,1\n", "row 1, column `ln_score`: -inf is not a finite number"),
        ("a,naswot,0,,,ok,1\n", "row 1, column `score`: the status is ok and there is no score"),
        ("a,naswot,-1,1,,ok,1\n", "row 1, column `seed`: `-1` is not a whole number"),
        ("a,naswot,,1,,ok,1\n", "row 1, column `seed`: the cell is empty"),
        ("a,naswot,0,1,,,1\n", "row 1, column `status`: the cell is empty"),
    ];
    for (lines, expected) in cases {
        let error = error_of(&[&csv(lines)]);
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn two_search_spaces_do_not_mix() {
    let other = csv("a,naswot,5,1,,ok,1\n").replace("nats-tss", "nats-sss");
    let error = error_of(&[&csv(GOOD), &other]);
    assert!(error.contains("part1.csv, row 1: space `nats-sss` after `nats-tss`"), "{error}");
}
