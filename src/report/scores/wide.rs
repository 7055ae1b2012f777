//! Scores as other tools write them: one row per architecture, one column per proxy.
//!
//! A cell that holds NaN, an infinity or nothing is not a score: it becomes a bad row whose status says which of them it was.

use zeronas_datasets::table::Key;
use zeronas_datasets::table::file::TableFile;

use super::super::error::Error;
use super::{Column, Columns, Outcome, Reader, Row};

impl Reader {
    pub(super) fn wide(&mut self, table: &TableFile, key: &Key, columns: &Columns) -> crate::Result<Vec<Column>> {
        let archs = columns.architectures(table, key, key.architectures(table)?)?;
        let seeds = if table.has("seed") { table.full_wholes("seed")? } else { vec![0; table.rows()] };
        let mut read = Vec::new();
        for name in table.names().iter().filter(|name| !key.columns().contains(&name.as_str())) {
            let scores = match columns.proxy(table, name)? {
                Ok(scores) => scores,
                Err(why) => {
                    read.push(Column::left_out(name, &why));
                    continue;
                }
            };
            read.push(Column { name: name.clone(), left_out: None });
            let proxy = self.proxies.index_of(name);
            for (row, score) in scores.into_iter().enumerate() {
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
        if columns.proxies.is_empty() && read.iter().all(|column| column.left_out.is_some()) {
            let left_out = read.iter().map(|column| {
                let why = column.left_out.as_deref().unwrap_or_default();
                format!("`{}` {why}", column.name)
            });
            let found = left_out.collect::<Vec<_>>().join("; ");
            return Err(Error::NoProxies { file: table.path().to_owned(), found }.into());
        }
        Ok(read)
    }
}

/// The outcome of a score in a table without statuses.
pub(super) fn outcome(score: Option<f64>) -> Outcome {
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
    use super::super::{ScoreFile, Scores};
    use super::*;
    use std::collections::HashMap;

    fn read(text: &str, settings: &Columns) -> crate::Result<Scores> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("other.csv");
        std::fs::write(&path, text).unwrap();
        Scores::read(&[path], settings)
    }

    #[test]
    fn numeric_columns_are_proxies_and_what_is_no_number_is_a_status() {
        let text = "arch,seed,nwot,zen,origin\na,3,1.5,-inf,us\nb,3,NaN,,us\nc,3,2,inf,us\n";
        let scores = read(text, &Columns::default()).unwrap();
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
        let settings = Columns { proxies: vec!["zen".into()], archs_by_index, ..Columns::default() };
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
            ("name,zen\na,1\n", "no column that names architectures"),
            ("arch,origin\na,us\n", "no column of scores"),
            ("arch,zen\na,1\n,2\n", "row 2, column `arch`: the cell is empty"),
            ("arch,zen\na,1\na,2\n", "zen of a with seed 0 occurs twice"),
        ];
        for (text, expected) in cases {
            let error = read(text, &Columns::default()).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
        let asked = Columns { proxies: vec!["nwot".into()], ..Columns::default() };
        assert!(read("arch,zen\na,1\n", &asked).unwrap_err().to_string().contains("no file has a column of this name"));
    }

    #[test]
    fn every_column_is_said_to_be_taken_or_left_out() {
        let text = ",arch,nwot,time=[s],rank,origin,acc\n0,a,1,0.1,1,us,9\n1,b,None,0.1,2,us,8\n";
        let scores = read(text, &Columns { targets: vec!["acc".into()], ..Columns::default() }).unwrap();
        assert_eq!(scores.proxies, ["nwot"]);
        let told = ScoreFile::told(&scores.files).remove(0);
        let expected = "proxies nwot; left out: a column (has no name), `time=[s]` (is a time), `rank` (is a rank), `origin` (is no column \
                        of numbers: row 1: `us` is not a number), `acc` (is the target)";
        assert!(told.ends_with(expected), "{told}");
        assert_eq!(scores.files[0].described()["left_out"]["rank"], "is a rank");
    }

    #[test]
    fn files_of_one_tool_share_columns_that_say_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let paths = [("one", "arch,nwot,params\na,1,7\nb,2,8\n"), ("two", "arch,zen,params\na,3,7\nb,4,8\n")].map(
            |(name, text)| {
                let path = folder.path().join(name);
                std::fs::write(&path, text).unwrap();
                path
            },
        );
        let scores = Scores::read(&paths, &Columns::default()).unwrap();
        assert_eq!(
            (scores.proxies.as_slice(), scores.rows.len()),
            (&["nwot".into(), "params".into(), "zen".into()][..], 6)
        );
        let asked = Columns { proxies: vec!["nwot".into(), "zen".into()], ..Columns::default() };
        assert_eq!(Scores::read(&paths, &asked).unwrap().proxies, ["nwot", "zen"]);
        std::fs::write(&paths[1], "arch,zen,params\na,3,7\nb,4,9\n").unwrap();
        let error = Scores::read(&paths, &Columns::default()).unwrap_err().to_string();
        assert!(error.contains("params of b") && error.contains("proxy_columns"), "{error}");
    }
}
