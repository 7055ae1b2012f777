//! Scores as other tools write them: one row an architecture, one column a proxy.
//!
//! Architectures stand in `arch` or `arch_str`, or are numbered by the benchmark in `index`. A cell that holds NaN, an
//! infinity or nothing is no score: it becomes a bad row with a status that says which of them it was.

use std::collections::HashMap;
use std::path::Path;

use super::super::columns::Columns;
use super::super::error::{Error, Result};
use super::{Outcome, Reader, Row};

/// Columns that are never proxies unless asked for.
const NOT_PROXIES: [&str; 5] = ["index", "arch", "arch_str", "seed", "seconds"];

/// How tables of other tools are read.
#[derive(Clone, Debug, Default)]
pub struct WideColumns {
    /// The columns that are proxies; all numeric ones where none is named.
    pub proxies: Vec<String>,
    /// The architecture that each number of a column `index` stands for.
    pub archs_by_index: HashMap<u64, String>,
}

impl Reader {
    pub(super) fn wide(&mut self, path: &Path, columns: &Columns, settings: &WideColumns) -> Result<()> {
        let archs = architectures(path, columns, settings)?;
        let seeds = if columns.has("seed") { columns.integer("seed")? } else { vec![0; columns.len()] };
        let proxies = if settings.proxies.is_empty() {
            let names = columns.names().into_iter();
            names.filter(|name| !NOT_PROXIES.contains(&name.as_str()) && columns.is_numeric(name)).collect()
        } else {
            settings.proxies.clone()
        };
        if proxies.is_empty() {
            return Err(Error::NoProxyColumn { file: path.to_owned(), found: columns.names().join(", ") });
        }
        for name in &proxies {
            let proxy = self.proxies.index_of(name);
            for (row, score) in columns.number(name)?.into_iter().enumerate() {
                self.rows.push(Row {
                    proxy,
                    arch: self.archs.index_of(&archs[row]),
                    seed: seeds[row],
                    outcome: outcome(score),
                    seconds: None,
                    file: self.files.len(),
                    line: row + 1,
                });
            }
        }
        Ok(())
    }
}

fn architectures(path: &Path, columns: &Columns, settings: &WideColumns) -> Result<Vec<String>> {
    if let Some(name) = ["arch", "arch_str"].into_iter().find(|name| columns.has(name)) {
        return columns.text(name);
    }
    if !columns.has("index") {
        return Err(Error::NoArchitecture { file: path.to_owned(), found: columns.names().join(", ") });
    }
    let arch = |(row, index): (usize, u64)| {
        let unknown = || format!("the benchmark has no architecture of index {index}");
        settings.archs_by_index.get(&index).cloned().ok_or_else(|| columns.cell(row, "index", unknown()))
    };
    columns.integer("index")?.into_iter().enumerate().map(arch).collect()
}

fn outcome(score: Option<f64>) -> Outcome {
    let status = match score {
        Some(score) if score.is_finite() => return Outcome::Ok { score: Some(score), ln_score: None },
        Some(score) if score.is_nan() => "nan",
        Some(score) if score > 0.0 => "infinite",
        Some(_) => "minus_infinite",
        None => "empty",
    };
    Outcome::Bad(status.into())
}

#[cfg(test)]
mod tests {
    use super::super::{Outcome, Scores};
    use super::*;

    fn read(text: &str, settings: &WideColumns) -> Result<Scores> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("other.csv");
        std::fs::write(&path, text).unwrap();
        Scores::read(&[path], settings)
    }

    #[test]
    fn numeric_columns_are_proxies_and_what_is_no_number_is_a_status() {
        let text = "arch,seed,nwot,zen,origin\na,3,1.5,-inf,us\nb,3,NaN,,us\nc,3,2,inf,us\n";
        let scores = read(text, &WideColumns::default()).unwrap();
        assert_eq!((scores.proxies.as_slice(), scores.rows[0].seed), (&["nwot".into(), "zen".into()][..], 3));
        let statuses: Vec<&str> = scores
            .rows
            .iter()
            .map(|row| match &row.outcome {
                Outcome::Ok { .. } => "ok",
                Outcome::Bad(status) => status.as_str(),
            })
            .collect();
        assert_eq!(statuses, ["ok", "nan", "ok", "minus_infinite", "empty", "infinite"]);
    }

    #[test]
    fn named_columns_and_benchmark_numbers_are_taken() {
        let archs_by_index = HashMap::from([(7, "a".to_owned()), (9, "b".to_owned())]);
        let settings = WideColumns { proxies: vec!["zen".into()], archs_by_index };
        let scores = read("index,nwot,zen\n9,1,2\n7,3,4\n", &settings).unwrap();
        assert_eq!(
            (scores.archs.as_slice(), scores.proxies.as_slice()),
            (&["b".into(), "a".into()][..], &["zen".into()][..])
        );
        let error = read("index,zen\n9,1\n8,2\n", &settings).unwrap_err().to_string();
        assert!(error.contains("row 2, column `index`: the benchmark has no architecture of index 8"), "{error}");
    }

    #[test]
    fn what_is_missing_or_wrong_is_named() {
        let cases = [
            ("name,zen\na,1\n", "neither a column `proxy` nor one that names architectures"),
            ("arch,origin\na,us\n", "no column of scores"),
            ("arch,zen\na,1\n,2\n", "row 2, column `arch`: the cell is empty"),
            ("arch,zen\na,1\na,2\n", "zen of a with seed 0 occurs twice"),
        ];
        for (text, expected) in cases {
            let error = read(text, &WideColumns::default()).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
        let asked = WideColumns { proxies: vec!["nwot".into()], ..WideColumns::default() };
        assert!(read("arch,zen\na,1\n", &asked).unwrap_err().to_string().contains("no column `nwot`"));
    }
}
