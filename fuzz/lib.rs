//! Fuzzing of the readers of official benchmark files.
//!
//! ```text
//! cargo install cargo-fuzz
//! python fuzz/seeds.py
//! cargo +nightly fuzz run pickle -- -rss_limit_mb=1024 -max_total_time=300
//! ```
//!
//! Targets: `pickle` (the opcodes, behind the start of the old format of torch.save, which has no checksum), `tfrecord`
//! (the metrics and the JSON inside sound frames) and `file` (whole files of each kind).

use std::fs;
use std::ops::ControlFlow;

use zeronas_datasets::Result;
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
