//! `zeronas import`: a benchmark's official files as one Parquet table.

use std::path::PathBuf;
use std::time::Instant;

use indicatif::{ProgressBar, ProgressStyle};
use zeronas_datasets::table::official::sheet::{self, Rows};
use zeronas_datasets::table::official::{Coverage, Official};

use crate::results::check_out;
use crate::space::Benchmark;
use crate::space::import::{Published, Sheet, rewritten};
use crate::{Error, Result, space};

/// Turn a benchmark's official files into one Parquet table
///
/// Reads NAS-Bench-101 (.tfrecord), NATS-Bench (its "-simple" folder or its .pickle.pbz2) and NAS-Bench-201 (.pth), checks
/// every checksum there is, and executes nothing of what is in the files. Folders with some of the architectures give a table
/// with these.
///
/// The table has one row per architecture: `index` (NAS-Bench-101 `module_hash`), `arch`, `params_D` and `flops_D` (counts),
/// `latency_seconds_D_Eep`; and for data set D, E epochs and each of `mean`, `seed777`, ... the columns
/// `train_accuracy_D_Eep_mean`, `train_loss_...`, `train_seconds_...` (of the whole training), and the same for `valid`,
/// `test` and `valtest`. Accuracies are in percent; those of NAS-Bench-101 are fractions, its repetitions are `run0` to
/// `run2`, and it has `..._Eep_halfway_...` besides.
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

    /// Table to make; an existing file is not replaced
    #[arg(long, value_name = "TABLE")]
    out: PathBuf,

    /// One row per training (architecture, data set, epochs, seed) instead of one per architecture
    #[arg(long)]
    runs: bool,

    #[arg(long, value_name = "SPACE", help = format!("Refuse files of another search space than this: {}", space::names()))]
    space: Option<String>,
}

/// Makes the table.
///
/// # Errors
/// Names the file, record or byte at fault.
pub fn run(args: &ImportArgs) -> Result<()> {
    let started = Instant::now();
    if check_out(&args.out)? {
        return Err(Error::flag(
            "--out",
            format!("{}: the table is Parquet, and its name ends in .parquet", args.out.display()),
        ));
    }
    if Published::is_one(&args.official) {
        return made(args, Published::open(&args.official)?.table(args.space.as_deref())?);
    }
    if [".csv", ".csv.gz", ".tsv", ".parquet"].iter().any(|end| args.official.to_string_lossy().ends_with(end)) {
        return made(args, rewritten(&args.official, args.space.as_deref())?);
    }
    let official = Official::open(&args.official)?;
    if let Some(space) = &args.space {
        official.expect(space)?;
    }
    let rows = if args.runs { Rows::Runs } else { Rows::Architectures };
    let bar = bar();
    let imported = sheet::import(&official, &args.out, rows, &mut |done, total| {
        bar.set_length(total);
        bar.set_position(done);
    });
    bar.finish_and_clear();
    let (coverage, rows) = imported?;
    let seconds = started.elapsed().as_secs_f64();
    let (out, space) = (args.out.display(), official.benchmark().name());
    eprintln!("{out}: {rows} rows from {} architectures of {space} in {seconds:.1} s", coverage.found);
    if let Some(note) = absent(&coverage) {
        eprintln!("{note}");
    }
    Ok(())
}

/// Makes the table of what is published beside the official files.
fn made(args: &ImportArgs, (benchmark, sheet): (&Benchmark, Sheet)) -> Result<()> {
    if args.runs {
        return Err(Error::flag("--runs", "these files have no trainings one by one; only the official ones do"));
    }
    let (rows, columns) = (sheet.len(), sheet.names().count());
    sheet.write(&args.out)?;
    eprintln!("{}: {rows} architectures of {} and {columns} columns", args.out.display(), benchmark.name);
    Ok(())
}

/// Says what of the benchmark was not there.
fn absent(coverage: &Coverage) -> Option<String> {
    let absent = coverage.expected?.saturating_sub(coverage.found);
    let named: Vec<String> = coverage.missing.iter().map(u64::to_string).collect();
    let more = if absent > named.len() as u64 { ", ..." } else { "" };
    (absent > 0).then(|| format!("not there: {absent} architectures (index {}{more})", named.join(", ")))
}

/// A progress bar on a terminal's stderr; nothing elsewhere.
fn bar() -> ProgressBar {
    let bar = ProgressBar::no_length();
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {percent} %  {elapsed} gone, {eta} to go") {
        bar.set_style(style);
    }
    bar
}
