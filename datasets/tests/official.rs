//! The official files: they yield the numbers of the benchmarks' own packages, the same in every form of file, and an error for
//! each possible fault. `tests/data/official/make.py` made the small files and the golden answers.

mod shared;

use std::collections::HashMap;
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use serde_json::Value;
use shared::shared;
use zeronas_datasets::table::official::{Coverage, Official, Record, Sink, Wanted, api};
use zeronas_datasets::{BenchmarkTable, Error, Result};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/official").join(name)
}

fn golden(name: &str) -> Vec<Value> {
    let all: Value = serde_json::from_slice(&fs::read(fixture("golden.json")).unwrap()).unwrap();
    all[name].as_array().unwrap().clone()
}

#[derive(Default)]
struct All(Vec<Record>);

impl Sink for All {
    fn record(&mut self, record: Record) -> Result<ControlFlow<()>> {
        self.0.push(record);
        Ok(ControlFlow::Continue(()))
    }
}

fn read(path: &Path) -> Result<(Vec<Record>, Coverage)> {
    let mut all = All::default();
    let coverage = Official::open(path)?.read_into(&mut all)?;
    Ok((all.0, coverage))
}

fn names(answer: &[(String, Option<f64>)]) -> serde_json::Map<String, Value> {
    answer.iter().map(|(name, value)| (name.clone(), Value::from(*value))).collect()
}

/// Every answer of nats_bench 1.8, to the last bit.
fn equals_nats_bench(root: &Path, rows: &[Value]) {
    assert!(rows.len() > 100);
    let mut records = HashMap::new();
    for row in rows {
        let key = (row[0].as_str().unwrap(), row[1].as_u64().unwrap());
        let record = records.entry(key).or_insert_with_key(|(folder, index)| {
            Official::open(&root.join(folder)).unwrap().find(&Wanted::Index(*index)).unwrap()
        });
        let dataset = row[2].as_str().unwrap();
        let epochs = row[3].as_str().unwrap().parse().unwrap();
        let pick = row[4].as_u64().map_or(api::Pick::Mean, |seed| api::Pick::Seed(seed as u32));
        let at_epoch = row[5].as_u64().map(|epoch| epoch as u32);
        let info = api::more_info(record, dataset, epochs, at_epoch, pick).unwrap();
        assert_eq!(Value::Object(names(&info)), row[6], "{row}");
        let cost = api::cost_info(record, dataset, epochs).unwrap();
        assert_eq!(Value::Object(names(&cost)), row[7], "{row}");
    }
}

#[test]
fn small_folders_answer_as_nats_bench() {
    equals_nats_bench(&fixture(""), &golden("tiny"));
}

#[test]
#[ignore = "needs ../shared/data/nats_official_sample"]
fn real_records_answer_as_nats_bench() {
    let root = shared("data/nats_official_sample");
    equals_nats_bench(&root, &golden("real"));
}

#[test]
#[ignore = "needs ../shared/data/nats_official_sample"]
fn real_folders_read_as_far_as_they_go() {
    let root = shared("data/nats_official_sample");
    let (records, coverage) = read(&root.join("NATS-tss-v1_0-3ffb9-simple")).unwrap();
    assert_eq!(records.iter().map(|record| record.index).collect::<Vec<_>>(), [Some(0), Some(11), Some(284)]);
    assert_eq!(coverage, Coverage { found: 3, expected: Some(15_625), missing: vec![1, 2, 3, 4, 5] });
    let (_, coverage) = read(&root.join("NATS-sss-v1_0-50262-simple")).unwrap();
    assert_eq!((coverage.found, coverage.expected), (3, Some(32_768)));
}

#[test]
fn one_long_pickle_holds_what_the_folder_holds() {
    for (name, missing) in [("NATS-tss-v1_0-3ffb9", vec![3]), ("NATS-sss-v1_0-50262", vec![])] {
        let (folder, coverage) = read(&fixture(&format!("{name}-simple"))).unwrap();
        let path = fixture(&format!("{name}.pickle.pbz2"));
        let (whole, _) = read(&path).unwrap();
        assert_eq!(folder, whole);
        assert_eq!(coverage.missing, missing);
        let wanted = Wanted::Architecture(whole[1].architecture.clone());
        assert_eq!(Official::open(&path).unwrap().find(&wanted).unwrap(), whole[1]);
    }
}

/// Both formats of torch.save (PyTorch 2.15), with weights inside, which are skipped.
#[test]
fn nas_bench_201_in_both_formats() {
    let (zip, _) = read(&fixture("NAS-Bench-201-zip.pth")).unwrap();
    let (legacy, _) = read(&fixture("NAS-Bench-201-legacy.pth")).unwrap();
    assert_eq!(zip, legacy);
    assert_eq!(zip.iter().map(|record| record.index).collect::<Vec<_>>(), [Some(0), Some(1)]);
    let seeds = |epochs| zip[0].runs_of("cifar100", epochs).iter().map(|run| run.seed).collect::<Vec<_>>();
    assert_eq!((seeds(200), seeds(12)), (vec![777, 888], vec![777]));
    // The short trainings have no times.
    let info = api::more_info(&zip[0], "cifar10-valid", 12, None, api::Pick::Mean).unwrap();
    assert_eq!(info.iter().find(|(name, _)| name == "train-per-time").unwrap().1, None);
    assert!(info.iter().find(|(name, _)| name == "valid-accuracy").unwrap().1.is_some());
}

#[test]
fn cells_of_nas_bench_101() {
    let (records, _) = read(&fixture("nasbench_tiny.tfrecord")).unwrap();
    assert_eq!(records.len(), 3);
    assert_eq!(records[1].architecture, "0110000100010000;conv1x1-bn-relu,conv3x3-bn-relu");
    assert_eq!(records[2].architecture, "0100;");
    let golden = golden("nasbench101");
    for (place, row) in golden.iter().enumerate() {
        let record = &records[place / 6];
        assert_eq!(record.module_hash.as_deref(), row[0].as_str());
        let epochs = row[1].as_u64().unwrap() as u32;
        for halfway in [true, false] {
            let answer = api::cell(record, epochs, halfway, api::Pick::Seed(place as u32 % 3)).unwrap();
            let numbers: Vec<f64> = answer.numbers[1..].iter().map(|(_, value)| value.unwrap()).collect();
            assert_eq!(serde_json::json!(numbers), row[if halfway { 3 } else { 4 }]);
        }
    }
    let official = Official::open(&fixture("nasbench_tiny.tfrecord")).unwrap();
    for wanted in [Wanted::Hash("F".repeat(32)), Wanted::Architecture("0100;".to_owned())] {
        assert_eq!(official.find(&wanted).unwrap(), records[2]);
    }
    let answer = api::cell(&records[1], 108, false, api::Pick::Mean).unwrap();
    assert_eq!(answer.module_adjacency, [[0, 1, 1, 0], [0, 0, 0, 1], [0, 0, 0, 1], [0, 0, 0, 0]]);
    assert_eq!(answer.module_operations, ["input", "conv1x1-bn-relu", "conv3x3-bn-relu", "output"]);
}

#[test]
fn a_random_run_is_one_of_them_and_depends_on_the_seed_alone() {
    let (records, _) = read(&fixture("NATS-tss-v1_0-3ffb9-simple")).unwrap();
    let answer = |pick| api::more_info(&records[0], "cifar10", 200, None, pick).unwrap();
    let single = [777, 888, 999].map(|seed| answer(api::Pick::Seed(seed)));
    let mut drawn: Vec<usize> = (0..20)
        .map(|seed| {
            assert_eq!(answer(api::Pick::Random(seed)), answer(api::Pick::Random(seed)));
            single.iter().position(|one| *one == answer(api::Pick::Random(seed))).unwrap()
        })
        .collect();
    drawn.sort_unstable();
    drawn.dedup();
    assert_eq!(drawn, [0, 1, 2]);
}

#[test]
fn what_is_not_there_is_named() {
    let open = |name| Official::open(&fixture(name)).unwrap();
    let tss = open("NATS-tss-v1_0-3ffb9-simple");
    let message = tss.find(&Wanted::Index(3)).unwrap_err().to_string();
    assert!(message.ends_with("has no architecture of index 3: it lacks the file 000003.pickle.pbz2"), "{message}");
    let message = tss.find(&Wanted::Index(4)).unwrap_err().to_string();
    assert!(message.ends_with("has no architecture of index 4"), "{message}");
    let message = tss.expect("nats-sss").unwrap_err().to_string();
    assert!(message.ends_with("holds nats-tss architectures, not nats-sss"), "{message}");
    let record = tss.find(&Wanted::Index(0)).unwrap();
    for (dataset, epochs, pick, part) in [
        ("cifar10", 90, api::Pick::Mean, "no training on cifar10 with 90 epochs; it has: cifar10-valid with 12 epochs"),
        ("svhn", 200, api::Pick::Mean, "no training on svhn"),
        ("cifar10", 200, api::Pick::Seed(111), "no run of seed 111; it has: 777, 888, 999"),
    ] {
        let message = api::more_info(&record, dataset, epochs, None, pick).unwrap_err().to_string();
        assert!(message.contains(part), "{message}");
    }
    let message = api::more_info(&record, "cifar10", 200, Some(7), api::Pick::Mean).unwrap_err().to_string();
    assert!(message.contains("no epoch 7 (from 0); it has: 0, 1, 2"), "{message}");
    let cells = open("nasbench_tiny.tfrecord");
    let message = cells.find(&Wanted::Index(0)).unwrap_err().to_string();
    assert!(message.ends_with("have no index, ask by hash or cell"), "{message}");
    let folder = tempfile::tempdir().unwrap();
    assert!(matches!(Official::open(folder.path()), Err(Error::NotOfficial { .. })));
    assert!(matches!(Official::open(Path::new("none.tfrecord")), Err(Error::Read { .. })));
    let message = Official::open(&fixture("make.py")).unwrap_err().to_string();
    assert!(message.contains("make.py is no official benchmark file"), "{message}");
}

#[test]
fn a_file_in_anothers_place_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let from = fixture("NATS-tss-v1_0-3ffb9-simple");
    fs::copy(from.join("meta.pickle.pbz2"), folder.path().join("meta.pickle.pbz2")).unwrap();
    fs::copy(from.join("000000.pickle.pbz2"), folder.path().join("000001.pickle.pbz2")).unwrap();
    let message = read(folder.path()).unwrap_err().to_string();
    assert!(message.contains("000001.pickle.pbz2: its content: is of |avg_pool"), "{message}");
    let size = fixture("NATS-sss-v1_0-50262-simple");
    fs::copy(size.join("000000.pickle.pbz2"), folder.path().join("000001.pickle.pbz2")).unwrap();
    assert!(read(folder.path()).unwrap_err().to_string().contains("is of 8:8:8:8:8"));
}

#[test]
fn what_stands_there_twice_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("twice.tfrecord");
    let bytes = fs::read(fixture("nasbench_tiny.tfrecord")).unwrap();
    fs::write(&path, bytes.repeat(2)).unwrap();
    let message = read(&path).unwrap_err().to_string();
    assert!(message.contains("cell 00005c142e6f48ac74fdcf73e3439874 has more than 3 runs of 4 epochs"), "{message}");

    // The second architecture's index, which follows a reference to the text "arch_index", becomes 0 as the first one's.
    let mut bytes = fs::read(fixture("NAS-Bench-201-legacy.pth")).unwrap();
    let find = |bytes: &[u8], part: &[u8]| bytes.windows(part.len()).position(|window| window == part).unwrap();
    let text = find(&bytes, b"arch_indexq") + b"arch_indexq".len();
    let reference = [b'h', bytes[text], b'K', 1];
    let second = find(&bytes, &reference);
    bytes[second + 3] = 0;
    let path = folder.path().join("twice.pth");
    fs::write(&path, &bytes).unwrap();
    let message = read(&path).unwrap_err().to_string();
    assert!(message.contains("twice.pth: byte ") && message.contains("architecture 0 "), "{message}");
}

/// Damage anywhere causes an error, never a panic and never a different number: all the forms except the old one of torch.save
/// have checksums.
#[test]
fn damaged_files_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    for (name, checked) in [
        ("nasbench_tiny.tfrecord", true),
        ("NATS-tss-v1_0-3ffb9.pickle.pbz2", true),
        ("NAS-Bench-201-zip.pth", false),
        ("NAS-Bench-201-legacy.pth", false),
    ] {
        let whole = fs::read(fixture(name)).unwrap();
        let path = folder.path().join(name);
        let sound = read(&fixture(name)).unwrap().0;
        let read_bytes = |bytes: &[u8]| {
            fs::write(&path, bytes).unwrap();
            read(&path)
        };
        let step = whole.len() / 60;
        for at in (0..whole.len()).step_by(step) {
            let mut bytes = whole.clone();
            bytes[at] ^= 1 << (at % 8);
            match read_bytes(&bytes) {
                Err(error) => assert!(error.to_string().contains(name), "{error}"),
                Ok((records, _)) => assert!(!checked || records == sound, "{name}: byte {at}"),
            }
            match read_bytes(&whole[..at]) {
                Err(error) => assert!(error.to_string().contains(name), "{error}"),
                // A cut between two records, or after what is read.
                Ok((records, _)) => {
                    assert!(sound.starts_with(&records) || name.contains("nasbench"), "{name} cut at {at}")
                }
            }
        }
    }
}

#[test]
#[ignore = "needs ../shared/data/nb101_part.parquet"]
fn part_of_nas_bench_101_opens_as_a_table() {
    let path = shared("data/nb101_part.parquet");
    let table = BenchmarkTable::open(&path).unwrap();
    assert_eq!(table.len(), 44_640);
    let cells: Vec<&str> = table.architectures().collect();
    for row in (0..table.len()).step_by(4001) {
        assert_eq!(table.row_of(cells[row]), Some(row));
        let index = table.column("index").unwrap()[row].unwrap() as u64;
        assert_eq!(table.row_of_index(index), Some(row));
    }
    assert!(cells.iter().all(|cell| cell.starts_with('0') && cell.contains(';')));
}
