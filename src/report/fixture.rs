//! Small score files and targets for the tests of this module.

use super::join::Target;
use super::scores::{Columns, Scores};

/// Columns of [`scores`]' lines; a space is added to each.
pub const HEADER: &str = "arch,proxy,seed,score,ln_score,status,seconds";

/// The CSV text of a score file with these lines.
pub fn csv(lines: &str) -> String {
    let rows: String = lines.lines().map(|line| format!("{line},nats-tss\n")).collect();
    format!("{HEADER},space\n{rows}")
}

/// Scores as read from a CSV file with these lines.
pub fn scores(lines: &str) -> Scores {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("scores.csv");
    std::fs::write(&path, csv(lines)).unwrap();
    Scores::read(&[path], &Columns::default()).unwrap()
}

/// A benchmark column.
pub fn target(name: &str, values: &[(&str, f64)]) -> Target {
    let values = values.iter().map(|&(arch, value)| (arch.to_owned(), value)).collect();
    Target { name: name.to_owned(), values }
}
