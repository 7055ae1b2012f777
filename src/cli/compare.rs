//! `zeronas compare`: two runs against each other.

use std::path::{Path, PathBuf};

use serde_json::json;

use super::reading::{Bad, ReadArgs};
use crate::report::average::{Readings, average};
use crate::report::compare::{agreements, differences, text, write};
use crate::report::scores::ScoreFile;
use crate::report::{Error, Settings};
use crate::results::Folder;

/// Compare two runs: other seeds, batches or protocols, or another tool's scores
///
/// For each proxy that both files have: rank agreement with its 95 % interval, the architectures that move most, and how many
/// have a score in only one file. Also names the settings in which the manifests differ.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  zeronas compare seed0.parquet seed1.parquet
  zeronas compare ours.parquet theirs.csv --match naswot=nwot --out comparison")]
pub struct CompareArgs {
    /// Score file of the first run, or another tool's table
    a: PathBuf,

    /// Score file of the second run
    b: PathBuf,

    /// Compare this proxy of A with one of another name in B
    #[arg(long = "match", value_name = "A=B", value_delimiter = ',', value_parser = two_names)]
    matches: Vec<(String, String)>,

    /// Benchmark table, needed where a table of scores has only the benchmark's `index`
    #[arg(long, value_name = "TABLE")]
    benchmark: Option<PathBuf>,

    #[command(flatten)]
    read: ReadArgs,

    /// How architectures without a score count
    #[arg(long, value_enum, default_value_t = Bad::Worst)]
    bad: Bad,

    /// Bootstrap draws for the intervals; 0 leaves them out
    #[arg(long, value_name = "N", default_value_t = 1000)]
    bootstrap: usize,

    /// Seed of the bootstrap draws
    #[arg(long, default_value_t = 0)]
    seed: u64,

    /// Print this many architectures that move most for each proxy
    #[arg(long, value_name = "N", default_value_t = 5)]
    rows: usize,

    /// Folder for agreement, rows, only (architectures in one run) and settings as CSV and Parquet
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

fn two_names(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((a, b)) if !a.is_empty() && !b.is_empty() => Ok((a.into(), b.into())),
        _ => Err("must read A=B, a proxy of the first file and one of the second".into()),
    }
}

/// Compares and prints.
///
/// # Errors
/// Names the file, row or flag at fault, and says so where the files have nothing in common.
pub fn run(args: &CompareArgs) -> crate::Result<()> {
    let text = make(args)?;
    crate::print(&(text + "\n"))
}

fn make(args: &CompareArgs) -> crate::Result<String> {
    let benchmark = args.benchmark.as_deref().map(|path| args.read.archs.open(path)).transpose()?;
    let mut columns = args.read.columns(benchmark.as_ref(), &[])?;
    let mut read = |path: &Path| -> crate::Result<(Readings, ScoreFile)> {
        let mut scores = args.read.scores(&[path], &columns)?;
        // The other file may write its architectures in a way that several spaces have.
        columns.space = columns.space.take().or(scores.space.take());
        Ok((average(&scores)?, scores.files.swap_remove(0)))
    };
    let ((a, file_a), (b, file_b)) = (read(&args.a)?, read(&args.b)?);
    let names = names(args, &a, &b)?;
    let settings = Settings { bad: args.bad.into(), bootstrap: args.bootstrap, seed: args.seed, ..Settings::default() };
    let found = agreements(&a, &b, &names, &|proxy| args.read.direction(proxy), &settings);
    if found.iter().all(|one| one.moves.is_empty()) {
        return Err(nothing(args, "architecture", &a.archs, &b.archs).into());
    }
    let differing = differences(file_a.manifest.as_ref(), file_b.manifest.as_ref());
    if let Some(out) = &args.out {
        let manifest = json!({
            "command": "compare",
            "version": env!("CARGO_PKG_VERSION"),
            "bad": settings.bad.name(),
            "bootstrap": args.bootstrap,
            "seed": args.seed,
            "a": file_a.described(),
            "b": file_b.described(),
        });
        write(&Folder::create(out, &manifest)?, &found, differing.as_deref())?;
    }
    let intervals = match args.bootstrap {
        0 => String::new(),
        draws => {
            format!("\nin brackets: 95 % interval over {draws} resamples of the architectures, seed {}", args.seed)
        }
    };
    Ok(format!(
        "A {}\nB {}\n{}{intervals}",
        args.a.display(),
        args.b.display(),
        text(&found, differing.as_deref(), args.rows)
    ))
}

/// Proxies of one name, and those that --match joins.
fn names(args: &CompareArgs, a: &Readings, b: &Readings) -> Result<Vec<(String, String)>, Error> {
    let of = |readings: &Readings| readings.proxies.iter().map(|proxy| proxy.proxy.clone()).collect::<Vec<_>>();
    let (of_a, of_b) = (of(a), of(b));
    for (first, second) in &args.matches {
        for (name, known) in [(first, &of_a), (second, &of_b)] {
            if !known.contains(name) {
                return Err(Error::UnknownProxy { flag: "--match", name: name.clone(), known: known.join(", ") });
            }
        }
    }
    let matched = |name: &String| args.matches.iter().any(|(first, second)| first == name || second == name);
    let same = of_a.iter().filter(|name| of_b.contains(name) && !matched(name));
    let names: Vec<_> = args.matches.iter().cloned().chain(same.map(|name| (name.clone(), name.clone()))).collect();
    if names.is_empty() { Err(nothing(args, "proxy", &of_a, &of_b)) } else { Ok(names) }
}

fn nothing(args: &CompareArgs, what: &'static str, of_a: &[String], of_b: &[String]) -> Error {
    let some = |all: &[String]| {
        let more = if all.len() > 3 { ", ..." } else { "" };
        all.iter().take(3).cloned().collect::<Vec<_>>().join(", ") + more
    };
    Error::NothingToCompare { a: args.a.clone(), b: args.b.clone(), what, of_a: some(of_a), of_b: some(of_b) }
}
