//! The errors of reports; each names the file, row, column or target at fault.

use std::path::PathBuf;

/// Why a report could not be made. Rows are counted from 1, without the header.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    // Reading score files.
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
    /// The score files are of more than one search space.
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
        "{evaluation} occurs twice: {} row {first_row}, and {} row {second_row}{}",
        first.display(), second.display(), if *wide { "; name the columns that are proxies by `proxy_columns=`" } else { "" }
    )]
    Duplicate {
        /// Proxy, architecture and seed, in words.
        evaluation: String,
        /// The file that has it first.
        first: PathBuf,
        /// The row there.
        first_row: usize,
        /// The file that has it again.
        second: PathBuf,
        /// The row there.
        second_row: usize,
        /// Whether both files have a column per proxy.
        wide: bool,
    },

    /// A table of scores has no column that is a proxy.
    #[error("{} has no column of scores: {found}; name those that are proxies by `proxy_columns=`", file.display())]
    NoProxies {
        /// The score file.
        file: PathBuf,
        /// Its columns, and why each of them is not a proxy.
        found: String,
    },
    /// No table of scores has a column that was asked for.
    #[error(
        "`proxy_columns=` {column}: no file has a column of this name{}; there are {found}",
        hint.as_ref().map(|hint| format!(" (did you mean `{hint}`?)")).unwrap_or_default()
    )]
    NoProxyColumn {
        /// The column.
        column: String,
        /// A column with a similar name.
        hint: Option<String>,
        /// The columns there are.
        found: String,
    },

    // Choosing and combining.
    /// A subset rule that cannot be applied.
    #[error("`subset=` {rule}: {reason}")]
    Subset {
        /// The rule as given.
        rule: String,
        /// Why.
        reason: String,
    },
    /// An aggregate that cannot be made.
    #[error("`aggregate=` {name}: {reason}")]
    Aggregate {
        /// Its name.
        name: String,
        /// Why.
        reason: String,
    },
    /// What partial correlations should control for is neither a proxy nor a column.
    #[error(
        "`given=` {name}: there is neither a proxy nor a numeric benchmark column of that name{}; there are {known}",
        meant(name, known)
    )]
    Given {
        /// The name.
        name: String,
        /// The names there are.
        known: String,
    },
    /// A setting names a proxy that is not in the files.
    #[error("`{setting}=` {name}: the scores have no such proxy{}; there are {known}", meant(name, known))]
    UnknownProxy {
        /// The setting that names it.
        setting: &'static str,
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
        /// Some of what the first file has.
        of_a: String,
        /// Some of what the second file has.
        of_b: String,
    },

    // Joining with the benchmark.
    /// The benchmark table cannot be read.
    #[error(transparent)]
    Benchmark(#[from] zeronas_datasets::Error),
    /// No target was named and there is more than one candidate, or none.
    #[error("name the column to compare with by `target=`; the benchmark's numeric columns are: {candidates}")]
    TargetNeeded {
        /// The benchmark's numeric columns.
        candidates: String,
    },
    /// The benchmark has no such numeric column.
    #[error(
        "the benchmark has no numeric column `{target}`{}; its numeric columns are: {candidates}",
        meant(target, candidates)
    )]
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

    /// A figure cannot be drawn.
    #[error("cannot draw {figure}: {reason}")]
    Draw {
        /// The figure.
        figure: String,
        /// Why.
        reason: String,
    },
}

/// Returns a hint at the name closest to `name` in a list separated by commas; empty where none is close.
pub(super) fn meant(name: &str, known: &str) -> String {
    let known: Vec<&str> = known.split(", ").collect();
    zeronas_datasets::nearest(name, &known).map(|near| format!(" (did you mean `{near}`?)")).unwrap_or_default()
}

/// The result type of this module.
pub type Result<T> = std::result::Result<T, Error>;
