//! Damaged files of every kind that commands read: bytes changed, removed and inserted. The result is always an answer or an error that
//! names the file; nothing panics or crashes the process.

mod support;

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use support::{images, run, score, zeronas};
use zeronas::job::MergeRequest;
use zeronas::report::average::average;
use zeronas::report::scores::{Columns, Scores};
use zeronas::search::Record;
use zeronas::space::Made;
use zeronas::space::Networks;
use zeronas_datasets::BenchmarkTable;
use zeronas_datasets::table::list;
use zeronas_datasets::table::official::{Official, sheet};

/// How often each file is damaged.
const TIMES: u64 = 300;

/// A small random generator, so that every run does the same damage.
struct Dice(u64);

impl Dice {
    fn below(&mut self, count: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % count.max(1)
    }
}

/// Returns the bytes with one to ten changes, removals or insertions, or truncated.
fn damaged(whole: &[u8], seed: u64) -> Vec<u8> {
    let (mut dice, mut bytes) = (Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15)), whole.to_vec());
    let kind = dice.below(8);
    if kind == 0 {
        bytes.truncate(dice.below(whole.len()));
        return bytes;
    }
    for _ in 0..=dice.below(10) {
        let at = dice.below(bytes.len());
        let byte = dice.below(256) as u8;
        match (kind % 3, bytes.is_empty()) {
            (_, true) => bytes.push(byte),
            (0, _) => bytes[at] = byte,
            (1, _) => drop(bytes.remove(at)),
            _ => bytes.insert(at, byte),
        }
    }
    bytes
}

/// Damages `file` many times and calls `read` each time, which returns the error, if any.
fn withstands(file: &Path, read: &dyn Fn() -> Option<String>) {
    let whole = fs::read(file).unwrap();
    assert_eq!(read(), None, "{} is whole", file.display());
    let mut refused = 0;
    for seed in 0..TIMES {
        let bytes = damaged(&whole, seed);
        fs::write(file, &bytes).unwrap();
        let Ok(said) = catch_unwind(AssertUnwindSafe(read)) else {
            let kept = std::env::temp_dir().join(format!("damage-{seed}"));
            fs::write(&kept, &bytes).unwrap();
            panic!("{} under damage {seed} (kept at {})", file.display(), kept.display());
        };
        refused += usize::from(said.is_some());
        if let Some(said) = said {
            assert!(said.len() > 10, "damage {seed}: {said}");
        }
    }
    fs::write(file, whole).unwrap();
    assert!(refused > TIMES as usize / 4, "{}: only {refused} of {TIMES} noticed", file.display());
}

fn said<T, E: std::fmt::Display>(result: Result<T, E>) -> Option<String> {
    result.err().map(|error| error.to_string())
}

#[test]
fn damaged_score_files_and_tables_are_errors() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    score(dir.path(), "--sample 9 --proxies params,synflow,flops --top 0 --out s.parquet");
    score(dir.path(), "--sample 9 --proxies params,synflow,flops --top 0 --out s.csv");
    for index in 1..=2 {
        score(dir.path(), &format!("--sample 9 --proxies params --shard {index}/2 --top 0 --out part{index}.parquet"));
    }
    let scores = |path: &Path| {
        let read = Scores::read(&[path], &Columns::default());
        said(read.and_then(|scores| {
            Made::of(scores.files.iter().map(|file| (file.path.as_path(), file.manifest.as_ref())))?;
            Ok(average(&scores)?)
        }))
    };
    withstands(&at("s.parquet"), &|| scores(&at("s.parquet")));
    withstands(&at("s.csv"), &|| scores(&at("s.csv")));
    withstands(&at("s.csv.manifest.json"), &|| scores(&at("s.csv")));
    let parts: Vec<PathBuf> = ["part1.parquet", "part2.parquet"].map(at).into();
    withstands(&parts[1], &|| {
        let merged = said(MergeRequest::new(parts.clone(), at("all.parquet")).run());
        let _ = fs::remove_file(at("all.parquet"));
        merged
    });
    let wide = "net;nwot;zen\n(4, 0, 3, 1, 4, 3);260,5;None\n(2, 4, 0, 0, 3, 2);270,25;3e20\n";
    fs::write(at("wide.csv"), wide.encode_utf16().flat_map(u16::to_be_bytes).collect::<Vec<_>>()).unwrap();
    withstands(&at("wide.csv"), &|| scores(&at("wide.csv")));
    fs::write(at("t.jsonl"), "{\"arch\": \"a\", \"acc\": 1.5}\n{\"arch\": \"b\", \"acc\": 2}\n").unwrap();
    withstands(&at("t.jsonl"), &|| said(BenchmarkTable::open(&at("t.jsonl")).and_then(|table| table.column("acc"))));
    let other = concat!(env!("CARGO_MANIFEST_DIR"), "/datasets/tests/data/other_types.parquet");
    fs::copy(other, at("types.parquet")).unwrap();
    withstands(&at("types.parquet"), &|| {
        let table = match BenchmarkTable::open(&at("types.parquet")) {
            Ok(table) => table,
            Err(error) => return Some(error.to_string()),
        };
        table.numeric_columns().iter().find_map(|name| said(table.column(name)))
    });
    fs::write(at("archs.txt"), "\u{feff}|a~0|\n# mine\n  |b~0|\n").unwrap();
    let listed = list(&at("archs.txt"), None).unwrap();
    for seed in 0..TIMES {
        fs::write(at("archs.txt"), damaged("\u{feff}|a~0|\n# mine\n  |b~0|\n".as_bytes(), seed)).unwrap();
        assert!(list(&at("archs.txt"), None).is_err() || listed.len() == 2, "any line is a line");
    }
}

#[test]
fn damaged_official_files_networks_and_searches_are_errors() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    let official = Path::new(env!("CARGO_MANIFEST_DIR")).join("datasets/tests/data/official");
    for name in [
        "nasbench_tiny.tfrecord",
        "NATS-tss-v1_0-3ffb9.pickle.pbz2",
        "NAS-Bench-201-zip.pth",
        "NAS-Bench-201-legacy.pth",
    ] {
        fs::copy(official.join(name), at(name)).unwrap();
        withstands(&at(name), &|| {
            let out = at("official.parquet");
            let _ = fs::remove_file(&out);
            let imported = Official::open(&at(name))
                .and_then(|official| sheet::import(&official, &out, sheet::Rows::Architectures, &mut |_, _| ()));
            said(imported)
        });
    }
    let arch = "|skip_connect~0|+|none~0|nor_conv_3x3~1|+|none~0|none~1|skip_connect~2|";
    let output = zeronas(dir.path()).args(["show", "--json", "--arch", arch]).output().unwrap();
    fs::write(at("network.json"), &output.stdout).unwrap();
    withstands(&at("network.json"), &|| said(Networks::read(&[at("network.json")])));
    let search = "search --strategy random --evaluate proxy:params --budget evaluations=5 --runs 2 --channels 4 --cells 1 --out found";
    let output = run(dir.path(), search);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    for name in ["found/history.parquet", "found/runs.parquet"] {
        withstands(&at(name), &|| said(Record::read(&at("found"))));
    }
}

/// Journals and checkpoints are read by the program alone.
#[test]
fn damaged_journals_and_checkpoints_are_errors() {
    let dir = tempfile::tempdir().unwrap();
    images(dir.path());
    let exits = |words: &str, file: &Path, times: u64| {
        let whole = fs::read(file).unwrap();
        for seed in 0..times {
            fs::write(file, damaged(&whole, seed)).unwrap();
            let output = run(dir.path(), words);
            let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(matches!(output.status.code(), Some(0..=2)), "damage {seed}: {:?} {stderr}", output.status);
            assert!(!stderr.contains("panicked"), "damage {seed}: {stderr}");
            // A journal whose manifest is lost is started again; the results of such a run must not be read by the next one.
            for left in ["j.csv", "j.csv.manifest.json", "trained/weights.safetensors"] {
                let _ = fs::remove_file(dir.path().join(left));
            }
        }
        fs::write(file, whole).unwrap();
    };
    let journal = dir.path().join("j.csv.journal");
    let job = "--sample 6 --proxies params,naswot --top 0 --out j.csv";
    score(dir.path(), job);
    let scored = fs::read_to_string(dir.path().join("j.csv.manifest.json")).unwrap();
    let lines: String = (0..6).map(|i| format!("{{\"network\":\"{i}\",\"seed\":0,\"scores\":[]}}\n")).collect();
    fs::write(&journal, format!("{}\n{lines}", scored.trim())).unwrap();
    fs::remove_file(dir.path().join("j.csv")).unwrap();
    exits(&format!("score {} {job} --resume", support::TINY.join(" ")), &journal, 25);
    let train = "train --arch |nor_conv_1x1~0|+|none~0|none~1|+|skip_connect~0|none~1|none~2| --channels 4 --cells 1 --images cifar \
                 --recipe quick --epochs 1 --batch-size 100 --out trained";
    assert!(run(dir.path(), train).status.success());
    exits(&format!("{train} --resume"), &dir.path().join("trained/checkpoint.safetensors"), 25);
}
