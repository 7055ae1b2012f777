//! Damaged Parquet files. This is a separate test binary because it silences the panic messages of the decoder.

use std::fs::{self, File};
use std::panic;

use polars::prelude::{ParquetWriter, df};
use zeronas_datasets::BenchmarkTable;

/// Whatever the damage, the result is an error or a table, never a panic.
#[test]
fn damage_is_an_error_and_never_a_panic() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.parquet");
    let names: Vec<String> = (0..500).map(|i| format!("|{i}|")).collect();
    let values: Vec<Option<f64>> = (0..500).map(|i| (i % 7 > 0).then_some(f64::from(i))).collect();
    let mut frame = df!("arch" => names, "x" => values).unwrap();
    ParquetWriter::new(File::create(&path).unwrap()).finish(&mut frame).unwrap();
    let whole = fs::read(&path).unwrap();
    let opens = |bytes: &[u8]| {
        fs::write(&path, bytes).unwrap();
        panic::catch_unwind(|| BenchmarkTable::open(&path).is_ok())
    };

    panic::set_hook(Box::new(|_| ()));
    let cut: Vec<_> = (0..whole.len()).step_by(97).map(|length| opens(&whole[..length]).ok()).collect();
    let damaged: Vec<_> = (0..whole.len())
        .step_by(13)
        .map(|at| {
            let mut bytes = whole.clone();
            bytes[at] ^= 0x14;
            opens(&bytes).ok()
        })
        .collect();
    let _ = panic::take_hook();

    assert!(cut.iter().all(|opened| *opened == Some(false)), "{cut:?}");
    assert!(damaged.iter().all(Option::is_some), "{damaged:?}");
    assert!(damaged.contains(&Some(false)));
}
