//! What can go wrong with a report, each naming the file, row, column or target at fault.

use std::path::PathBuf;

use polars::error::PolarsError;

/// Why a report could not be made. Rows are counted from 1, without the header.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    // Reading score files.
    /// The file is not there or may not be read.
    #[error("cannot open {}", file.display())]
    Open {
        /// The score file or its manifest.
        file: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file is not what its name says.
    #[error("{} cannot be read as {format} (score files are Parquet, or CSV where the name ends in .csv)", file.display())]
    Format {
        /// The score file.
        file: PathBuf,
        /// `CSV` or `Parquet`.
        format: &'static str,
        /// What the reader met.
        source: PolarsError,
    },
    /// The file has no rows.
    #[error("{} holds no scores", file.display())]
    Empty {
        /// The score file.
        file: PathBuf,
    },
    /// A column of the score format is absent.
    #[error("{} has no column `{column}` (its columns are {found})", file.display())]
    MissingColumn {
        /// The score file.
        file: PathBuf,
        /// The column looked for.
        column: String,
        /// The columns there are.
        found: String,
    },
    /// A column holds another type than the score format says.
    #[error("{}: column `{column}` should hold {expected}, and holds {found}", file.display())]
    ColumnType {
        /// The score file.
        file: PathBuf,
        /// The column.
        column: String,
        /// What the format says.
        expected: &'static str,
        /// What is there.
        found: String,
    },
    /// One cell is wrong.
    #[error("{}, row {row}, column `{column}`: {problem}", file.display())]
    Cell {
        /// The score file.
        file: PathBuf,
        /// The row.
        row: usize,
        /// The column.
        column: String,
        /// What is wrong, with the value.
        problem: String,
    },
    /// The score files speak of more than one search space.
    #[error("{}, row {row}: space `{found}` after `{first}`; a report is about one search space", file.display())]
    MixedSpaces {
        /// The score file.
        file: PathBuf,
        /// The row.
        row: usize,
        /// Its space.
        found: String,
        /// The space of the first row read.
        first: String,
    },
    /// The same evaluation occurs twice.
    #[error(
        "{proxy} of {arch} with seed {seed} occurs twice: {} row {first_row}, and {} row {second_row}",
        first.display(), second.display()
    )]
    Duplicate {
        /// The proxy.
        proxy: String,
        /// The architecture.
        arch: String,
        /// The seed.
        seed: u64,
        /// The file that has it first.
        first: PathBuf,
        /// The row there.
        first_row: usize,
        /// The file that has it again.
        second: PathBuf,
        /// The row there.
        second_row: usize,
    },
    /// The manifest of a score file is not JSON.
    #[error("the manifest of {} is not JSON", file.display())]
    Manifest {
        /// The score file.
        file: PathBuf,
        /// Where it breaks.
        source: serde_json::Error,
    },

    /// A table of scores has no column that says which architecture a row is.
    #[error(
        "{} has neither a column `proxy` nor one that names architectures (`arch`, `arch_str`, or the benchmark's `index`); \
         its columns are {found}", file.display()
    )]
    NoArchitecture {
        /// The score file.
        file: PathBuf,
        /// The columns there are.
        found: String,
    },
    /// A table of scores has no column of numbers.
    #[error("{} has no column of scores: none of its columns holds numbers ({found})", file.display())]
    NoProxyColumn {
        /// The score file.
        file: PathBuf,
        /// The columns there are.
        found: String,
    },

    // Choosing and combining.
    /// A subset rule that cannot be applied.
    #[error("--subset {rule}: {reason}")]
    Subset {
        /// The rule as given.
        rule: String,
        /// Why.
        reason: String,
    },
    /// An aggregate that cannot be made.
    #[error("--aggregate {name}: {reason}")]
    Aggregate {
        /// Its name.
        name: String,
        /// Why.
        reason: String,
    },
    /// What partial correlations should be given is neither a proxy nor a column.
    #[error("--given {name}: there is neither a proxy nor a numeric benchmark column of that name; there are {known}")]
    Given {
        /// The name.
        name: String,
        /// The names there are.
        known: String,
    },
    /// A name on the command line is not that of a proxy in the files.
    #[error("{flag} {name}: the scores have no such proxy; there are {known}")]
    UnknownProxy {
        /// The flag.
        flag: &'static str,
        /// The name.
        name: String,
        /// The proxies there are.
        known: String,
    },
    /// Two runs that share nothing cannot be compared.
    #[error("{} and {} have no {what} in common ({of_a} against {of_b})", a.display(), b.display())]
    NothingToCompare {
        /// The first file.
        a: PathBuf,
        /// The second file.
        b: PathBuf,
        /// `proxy` or `architecture`.
        what: &'static str,
        /// Some of those of the first.
        of_a: String,
        /// Some of those of the second.
        of_b: String,
    },

    // Joining with the benchmark.
    /// The benchmark table cannot be read.
    #[error(transparent)]
    Benchmark(#[from] zeronas_datasets::Error),
    /// No target was named and there is more than one candidate, or none.
    #[error("name the column to compare with by --target; the benchmark's numeric columns are: {candidates}")]
    TargetNeeded {
        /// The benchmark's numeric columns.
        candidates: String,
    },
    /// The benchmark has no such numeric column.
    #[error("the benchmark has no numeric column `{target}`; its numeric columns are: {candidates}")]
    UnknownTarget {
        /// The target asked for.
        target: String,
        /// The benchmark's numeric columns.
        candidates: String,
    },
    /// No scored architecture has a value of the target.
    #[error(
        "none of the {scored} scored architectures has a value of `{target}` in the benchmark (the first is {arch})"
    )]
    NothingInCommon {
        /// The target.
        target: String,
        /// How many architectures were scored.
        scored: usize,
        /// One of them, to compare with the benchmark's spelling.
        arch: String,
    },

    // Writing.
    /// A result cannot be written.
    #[error("cannot write {}", file.display())]
    Write {
        /// The file or folder.
        file: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A result table cannot be made or written.
    #[error("cannot write the table {}", file.display())]
    WriteTable {
        /// The file.
        file: PathBuf,
        /// Why.
        source: PolarsError,
    },
    /// A figure cannot be drawn.
    #[error("cannot draw {figure}: {reason}")]
    Draw {
        /// The figure.
        figure: String,
        /// Why.
        reason: String,
    },
}

/// A result of this module.
pub type Result<T> = std::result::Result<T, Error>;
