//! Fuzzing of the readers of official benchmark files, of image files, of tables and of networks in JSON.
//!
//! ```text
//! cargo install cargo-fuzz
//! python fuzz/seeds.py
//! cargo +nightly fuzz run pickle -- -rss_limit_mb=1024 -max_total_time=300
//! ```
//!
//! Targets: `pickle` (the opcodes, behind the start of the old format of torch.save, which has no checksum), `tfrecord` (the
//! metrics and the JSON inside sound frames), `file` (whole files of each kind), `table` (tables and lists of any format),
//! `network` (a network in JSON) and `images` (pictures, batches, records and arrays; `datasets/tests/data/images` has
//! seeds, to which the byte that chooses the kind is to be put in front).

use std::fs;
use std::ops::ControlFlow;

use zeronas_datasets::Result;
use zeronas_datasets::image::{Found, Reading};
use zeronas_datasets::table::official::api::{self, Pick};
use zeronas_datasets::table::official::{Benchmark, Official, Record, Sink, Wanted};

/// Reads `bytes` as a file whose name ends in `extension`, in every way there is.
pub fn read(extension: &str, bytes: &[u8]) {
    let folder = if fs::metadata("/dev/shm").is_ok() { "/dev/shm".into() } else { std::env::temp_dir() };
    let path = folder.join(format!("zeronas-fuzz-{}{extension}", std::process::id()));
    fs::write(&path, bytes).expect("a writable temporary folder");
    if let Ok(official) = Official::open(&path) {
        let _ = official.read_into(&mut Asks(official.benchmark()));
        let _ = official.find(&Wanted::Index(1));
    }
    let _ = fs::remove_file(&path);
}

/// Reads `bytes` as a picture in a class's folder, or as a file that is a set by itself.
pub fn read_images(kind: u8, bytes: &[u8]) {
    let root = if fs::metadata("/dev/shm").is_ok() { "/dev/shm".into() } else { std::env::temp_dir() };
    let folder = root.join(format!("zeronas-fuzz-images-{}", std::process::id()));
    let class = folder.join("class");
    fs::create_dir_all(&class).expect("a writable temporary folder");
    let (path, set) = match kind % 3 {
        0 => (class.join("picture.png"), folder.clone()),
        1 => (folder.join("set"), folder.join("set")),
        _ => (folder.join("images.npy"), folder.join("images.npy")),
    };
    fs::write(&path, bytes).expect("a writable temporary folder");
    let reading = Reading { classes: (kind > 127).then_some(43), skip_damaged: kind & 64 != 0 };
    if let Ok(found) = Found::open(&set, &reading) {
        let _ = found.read(8).map(|splits| splits.line());
    }
    let _ = fs::remove_file(&path);
}

/// Asks for everything that a record has.
struct Asks(Benchmark);

impl Sink for Asks {
    fn record(&mut self, record: Record) -> Result<ControlFlow<()>> {
        for run in &record.runs {
            for pick in [Pick::Mean, Pick::Seed(run.seed), Pick::Random(0)] {
                if self.0 == Benchmark::Nb101 {
                    let _ = api::cell(&record, run.epochs, true, pick);
                    continue;
                }
                let _ = api::more_info(&record, &run.dataset, run.epochs, None, pick);
                let _ = api::cost_info(&record, &run.dataset, run.epochs);
            }
        }
        Ok(ControlFlow::Continue(()))
    }
}

/// Reads a table and all its columns in every way, and a list.
pub fn table(bytes: &[u8]) {
    use zeronas_datasets::table::file::TableFile;
    use zeronas_datasets::table::list;
    let path = std::env::temp_dir().join(format!("zeronas-fuzz-{}.table", std::process::id()));
    if let Ok(table) = TableFile::of_bytes(&path, bytes.to_vec()) {
        for name in table.names() {
            let _ = (table.texts(name), table.numeric(name), table.wholes(name));
        }
        if let Ok(benchmark) = zeronas_datasets::BenchmarkTable::of(table, None) {
            benchmark.numeric_columns().iter().for_each(|name| drop(benchmark.column(name)));
        }
    }
    if std::fs::write(&path, bytes).is_ok() {
        let _ = list(&path, None);
    }
    let _ = std::fs::remove_file(&path);
}
