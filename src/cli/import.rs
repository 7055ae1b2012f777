//! `zeronas import`: a benchmark's official files as one Parquet table.

use super::progress::Bar;
use super::terminal::{done, say};
use std::path::PathBuf;
use std::time::Instant;
use zeronas::space::import::{ImportRequest, Imported};
use zeronas::{Result, space};

/// Turn a benchmark's official files into one Parquet table
///
/// Reads NAS-Bench-101 (.tfrecord), NATS-Bench (its "-simple" folder or its .pickle.pbz2) and NAS-Bench-201 (.pth), verifies
/// every checksum there is, and executes nothing that is in the files. A folder with only some of the architectures gives a table
/// of those.
///
/// The table has one row per architecture: `index` (NAS-Bench-101 `module_hash`), `arch`, `params_D` and `flops_D` (counts),
/// `latency_seconds_D_Eep`; and for data set D, E epochs and each of `mean`, `seed777`, ... the columns
/// `train_accuracy_D_Eep_mean`, `train_loss_...`, `train_seconds_...` (of the whole training), and the same for `valid`,
/// `test` and `valtest`. Accuracies are in percent. NAS-Bench-101 differs: its accuracies are fractions, its repetitions are
/// `run0` to `run2`, and it also has `..._Eep_halfway_...`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  zeronas import NATS-tss-v1_0-3ffb9-simple --out table.parquet
  zeronas import nasbench_only108.tfrecord --out table.parquet
  zeronas import NATS-sss-v1_0-50262-simple --runs --out runs.parquet")]
pub struct ImportArgs {
    /// File or folder as the benchmark publishes it
    #[arg(value_name = "FILE-OR-FOLDER")]
    official: PathBuf,

    /// Table to write; an existing file is not replaced
    #[arg(long, value_name = "TABLE")]
    out: PathBuf,

    /// One row per training (architecture, data set, epochs, seed) instead of one per architecture
    #[arg(long)]
    runs: bool,

    #[arg(long, value_name = "SPACE", help = format!("Accept only files of this search space: {}", space::names()))]
    space: Option<String>,
}

/// Makes the table.
///
/// # Errors
/// Names the file, record or byte at fault.
pub fn run(args: ImportArgs) -> Result<()> {
    let started = Instant::now();
    let request = ImportRequest { official: args.official, out: args.out, runs: args.runs, space: args.space };
    let bar = Bar::of("bytes");
    let imported = request.run(&bar)?;
    drop(bar);
    let (out, seconds) = (request.out.display(), started.elapsed().as_secs_f64());
    let Imported { benchmark, archs, rows, columns, .. } = imported;
    let sentence = match columns {
        Some(columns) => format!("{out}: {archs} architectures of {benchmark} and {columns} columns"),
        None => format!("{out}: {rows} rows from {archs} architectures of {benchmark} in {seconds:.1} s"),
    };
    if let Some(note) = imported.absent() {
        say(&note.to_string());
    }
    done(
        &sentence,
        [
            ("out", out.to_string().into()),
            ("benchmark", benchmark.into()),
            ("architectures", archs.into()),
            ("rows", rows.into()),
            ("seconds", seconds.into()),
        ],
    )
}
